//! What saying something of a write-up does, in words for the audit log: which write-up, and what with it.

use super::NOT_DELETED;
use crate::model::Writeup;
use crate::model::target::nameless;

/// What is done by saying this: `registered INC-1`, `merged INC-2 into INC-1`. `is_new` where nothing
/// was said of it before.
pub fn deed(writeup: &Writeup, is_new: bool) -> String {
    let id = nameless(&writeup.id);
    let mut deeds: Vec<String> = Vec::new();
    let mut did = |words: &str| deeds.push(format!("{words} {id}"));
    if is_new {
        did("registered");
    }
    if writeup.restricted {
        did("restricted");
    }
    if writeup.opened {
        did("opened");
    }
    match writeup.deleted_at {
        Some(NOT_DELETED) => did("took back the retirement of"),
        Some(_) => did("retired"),
        None => {}
    }
    if writeup.assignments.is_some() {
        did("assignments of");
    }
    if !is_new {
        let is_gone =
            |span: (Option<_>, Option<_>)| span.0.zip(span.1).is_some_and(|(a, b)| a >= b);
        let mut dated = writeup.dated_aliases.iter();
        let mut gone = writeup.dated_aliases.iter();
        if gone.any(|one| is_gone((one.from, one.to))) {
            did("fewer names of");
        }
        if !writeup.aliases.is_empty() || dated.any(|one| !is_gone((one.from, one.to))) {
            did("more names of");
        }
    }
    match writeup.merged_into.as_deref() {
        Some(into) if into == writeup.id => did("split off"),
        Some(into) => deeds.push(format!("merged {id} into {}", nameless(into))),
        None => {}
    }
    match deeds.is_empty() {
        true => format!("more of {id}"),
        false => deeds.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DatedAlias;

    #[test]
    fn each_deed_has_its_words() {
        let new = || Writeup::new("INC-1".to_owned());
        let dated = |from, to| DatedAlias {
            alias: "a".to_owned(),
            from,
            to,
        };
        for (writeup, is_new, words) in [
            (new(), true, "registered INC-1"),
            (new(), false, "more of INC-1"),
            (
                Writeup {
                    restricted: true,
                    aliases: vec!["a".to_owned()],
                    ..new()
                },
                true,
                "registered INC-1, restricted INC-1",
            ),
            (
                Writeup {
                    opened: true,
                    ..new()
                },
                false,
                "opened INC-1",
            ),
            (
                Writeup {
                    deleted_at: Some(7),
                    ..new()
                },
                false,
                "retired INC-1",
            ),
            (
                Writeup {
                    deleted_at: Some(NOT_DELETED),
                    ..new()
                },
                false,
                "took back the retirement of INC-1",
            ),
            (
                Writeup {
                    aliases: vec!["a".to_owned()],
                    ..new()
                },
                false,
                "more names of INC-1",
            ),
            (
                Writeup {
                    dated_aliases: vec![dated(Some(0), Some(0))],
                    ..new()
                },
                false,
                "fewer names of INC-1",
            ),
            (
                Writeup {
                    dated_aliases: vec![dated(Some(7), None)],
                    ..new()
                },
                false,
                "more names of INC-1",
            ),
            (
                Writeup {
                    merged_into: Some("INC-2".to_owned()),
                    ..new()
                },
                false,
                "merged INC-1 into INC-2",
            ),
            (
                Writeup {
                    merged_into: Some("INC-1".to_owned()),
                    ..new()
                },
                false,
                "split off INC-1",
            ),
        ] {
            assert_eq!(deed(&writeup, is_new), words);
        }
    }

    #[test]
    fn a_deed_names_nobody() {
        let id = "https://wiki.example.org/x?user=zzmail.marker@people.example.org";
        let words = deed(&Writeup::new(id.to_owned()), true);
        assert!(!words.contains("zzmail"), "{words}");
    }
}
