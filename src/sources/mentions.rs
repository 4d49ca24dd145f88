//! Which registered write-up a text speaks of: a meeting's title or description names it by its
//! address, its id or an incident key.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::{KnownWriteup, SourceError};

/// Finds the names of write-ups in text.
pub struct Mentions {
    names: AhoCorasick,
    /// The write-up of each name.
    ids: Vec<String>,
}

impl Mentions {
    /// Of all the write-ups' ids and aliases, looks for those that can't be an ordinary word: with a
    /// digit and at least four characters, or with at least eight. Addresses are found with and
    /// without their scheme.
    pub fn new(writeups: &[KnownWriteup]) -> Result<Self, SourceError> {
        let names = writeups.iter().flat_map(|writeup| {
            std::iter::once(&writeup.id)
                .chain(&writeup.aliases)
                .map(|name| (without_scheme(name), &writeup.id))
                .filter(|(name, _)| is_distinctive(name))
        });
        let (names, ids): (Vec<&str>, Vec<String>) =
            names.map(|(name, id)| (name, id.clone())).unzip();
        let names = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(names)
            .map_err(|error| {
                SourceError::Params(format!("too many names of write-ups: {error}"))
            })?;
        Ok(Mentions { names, ids })
    }

    /// The id of the write-up that these texts mention. The first text with a mention decides; in it
    /// the longest name, and of names of one length the first.
    pub fn find<'a, 't>(&'a self, texts: impl IntoIterator<Item = &'t str>) -> Option<&'a str> {
        texts.into_iter().find_map(|text| self.find_in(text))
    }

    fn find_in(&self, text: &str) -> Option<&str> {
        let mut best: Option<(usize, usize)> = None;
        for found in self.names.find_overlapping_iter(text) {
            let longer = best.is_none_or(|(length, _)| found.len() > length);
            if longer && stands_alone(text.as_bytes(), found.range()) {
                best = Some((found.len(), found.pattern().as_usize()));
            }
        }
        best.map(|(_, pattern)| self.ids[pattern].as_str())
    }
}

fn without_scheme(name: &str) -> &str {
    let name = name.trim();
    let bare = name
        .strip_prefix("https://")
        .or_else(|| name.strip_prefix("http://"));
    bare.unwrap_or(name).trim_end_matches('/')
}

fn is_distinctive(name: &str) -> bool {
    name.len() >= 8 || (name.len() >= 4 && name.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether no letter, digit, hyphen or underscore touches the name: `INC-12` is not in `INC-123`.
fn stands_alone(text: &[u8], range: std::ops::Range<usize>) -> bool {
    let part_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    !before.is_some_and(part_of_a_name) && !text.get(range.end).is_some_and(part_of_a_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_texts() {
        let writeup = |id: &str, aliases: &[&str]| KnownWriteup {
            id: id.to_owned(),
            title: None,
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        };
        let mentions = Mentions::new(&[
            writeup("w1", &["INC-12", "https://wiki.example.org/pm/12/"]),
            writeup("w2", &["INC-123", "dns"]),
            writeup("w3", &["https://wiki.example.org/pm/12/part-2"]),
        ])
        .unwrap();
        for (text, expected) in [
            ("Review of INC-12", Some("w1")),
            ("review: inc-123!", Some("w2")),
            ("INC-1234, XINC-12, dns, w1", None),
            ("see http://wiki.example.org/pm/12#top", Some("w1")),
            ("see <https://wiki.example.org/pm/12/part-2>", Some("w3")),
            ("", None),
        ] {
            assert_eq!(mentions.find([text]), expected, "{text}");
        }
        assert_eq!(mentions.find(["nothing", "INC-123", "INC-12"]), Some("w2"));
        assert_eq!(Mentions::new(&[]).unwrap().find(["INC-12"]), None);
    }
}
