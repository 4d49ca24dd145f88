//! What a look at a source before it is pulled found, for `readback check`.

use std::fmt;

/// What is there, and what is no fault and yet not as it may be meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// What is there, in a few words.
    pub said: String,
    /// What the operator should know before nothing comes of it, a sentence each.
    pub doubts: Vec<String>,
}

impl Sight {
    /// So many of each kind of thing that was asked for, all of which answer.
    pub(super) fn answering(things: &[(usize, &str, &str)]) -> Sight {
        let told = things.iter().filter(|(count, _, _)| *count > 0);
        let words = told.map(|(count, one, many)| counted(*count, one, many));
        let words: Vec<String> = words.collect();
        let verb = match things.iter().map(|(count, _, _)| count).sum() {
            1 => "answers",
            _ => "answer",
        };
        format!("{} {verb}", words.join(" and ")).into()
    }

    /// The same, with a doubt.
    pub(super) fn doubting(mut self, doubt: impl Into<String>) -> Sight {
        self.doubts.push(doubt.into());
        self
    }
}

/// A number with the word that goes with it.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

impl From<String> for Sight {
    fn from(said: String) -> Sight {
        Sight {
            said,
            doubts: Vec::new(),
        }
    }
}

impl From<&str> for Sight {
    fn from(said: &str) -> Sight {
        said.to_owned().into()
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answers_and_several_answer() {
        let of = |books, shelves| {
            Sight::answering(&[(books, "book", "books"), (shelves, "shelf", "shelves")]).said
        };
        assert_eq!(of(1, 0), "1 book answers");
        assert_eq!(of(0, 2), "2 shelves answer");
        assert_eq!(of(1, 1), "1 book and 1 shelf answer");
    }
}
