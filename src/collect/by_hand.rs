//! What is said of write-ups by hand is kept as it was said, or refused: whoever says it can say it
//! otherwise. (Of what sources bring, names of people are left out, and the rest is kept.)

use std::borrow::Cow;

use super::Rejection;
use super::names::{forget_mail, is_mail};
use crate::model::target::{nameless, names_somebody};
use crate::model::written::is_unseen;
use crate::model::{Annotation, Identity, LONGEST_ANNOTATION, Story, Whom, Writeup};
use crate::sources::machine::holds_address;

/// The longest title, team, template or tag, characters; it has to fit on a page.
const LONGEST: usize = 300;
/// The longest id, address or other name of a page, bytes.
const LONGEST_NAME: usize = 2048;

/// Why a description would not be kept as it is.
pub fn lost(w: &Writeup<Identity>) -> Option<Rejection> {
    let dated = w.dated_aliases.iter().map(|dated| &dated.alias);
    let aliases = w.aliases.iter().chain(dated);
    let names = [("id", &w.id)].into_iter();
    let names = names
        .chain(w.url.iter().map(|url| ("url", url)))
        .chain(aliases.map(|alias| ("aliases", alias)))
        .chain(w.merged_into.iter().map(|id| ("merged_into", id)));
    let assigned = w.assignments.iter().flatten();
    let assigned = assigned.filter_map(|one| match &one.whom {
        Whom::Team(team) => Some(team),
        Whom::Newcomers | Whom::Everybody => None,
    });
    let teams = w.owner_team.iter().chain(&w.contributor_teams);
    let words = teams.chain(assigned).map(|team| ("team", team));
    let words = words
        .chain(w.template.iter().map(|name| ("template", name)))
        .chain(w.tags.iter().map(|tag| ("tags", tag)));
    names
        .filter_map(of_name)
        .chain(w.title.iter().filter_map(|title| of_title(title)))
        .chain(words.filter_map(of_word))
        .next()
}

/// Why a count of a story round would not be kept as it is.
pub fn lost_story(story: &Story) -> Option<Rejection> {
    let title = |(field, title): (&'static str, &String)| {
        of_title(title).map(|lost| Rejection { field, ..lost })
    };
    let label = story.label.iter().map(|label| ("label", label));
    std::iter::once(("round", &story.round))
        .chain(label)
        .find_map(title)
}

/// Why an annotation would not be kept as it is.
pub fn lost_annotation(annotation: &Annotation) -> Option<Rejection> {
    let text = annotation.text.as_str();
    let length = text.chars().count();
    if text.trim().is_empty() {
        return rejection("text", "is empty; valid are a few words on what changed");
    }
    if length > LONGEST_ANNOTATION {
        let words = format!("has {length} characters; valid are at most {LONGEST_ANNOTATION}");
        return rejection("text", words);
    }
    if holds_address(text) {
        let words = "holds an address of mail or of a machine; valid are words that name nobody";
        return rejection("text", words);
    }
    unseen("text", text)
}

fn of_name((field, name): (&'static str, &String)) -> Option<Rejection> {
    // An id that is one is refused by the intake.
    if field != "id" && is_mail(name) {
        return rejection(field, "is a mail address; valid is the name of a page");
    }
    if let Some(begin) = name.strip_suffix('*')
        && let Cow::Owned(spelled) = nameless(begin)
        && names_somebody(begin, &spelled)
    {
        return rejection(
            field,
            "is a pattern for somebody's own pages; valid is one that names nobody",
        );
    }
    if name.len() > LONGEST_NAME {
        let words = format!("has {} bytes; valid are at most {LONGEST_NAME}", name.len());
        return rejection(field, words);
    }
    unseen(field, name)
}

fn of_title(title: &str) -> Option<Rejection> {
    let mut kept = title.to_owned();
    forget_mail(&mut kept);
    if kept != title {
        return rejection("title", "holds a mail address; valid is a title without it");
    }
    long("title", title).or_else(|| unseen("title", title))
}

fn of_word((field, word): (&'static str, &String)) -> Option<Rejection> {
    if holds_address(word) {
        let words = "holds an address of mail or of a machine; valid is the name of a group";
        return rejection(field, words);
    }
    long(field, word).or_else(|| unseen(field, word))
}

fn long(field: &'static str, text: &str) -> Option<Rejection> {
    let length = text.chars().count();
    let words = || format!("has {length} characters; valid are at most {LONGEST}");
    (length > LONGEST)
        .then(words)
        .and_then(|words| rejection(field, words))
}

/// Somebody who types has no use for what is not written.
fn unseen(field: &'static str, text: &str) -> Option<Rejection> {
    let words = "holds characters that nobody sees; valid is plain text";
    text.chars()
        .any(is_unseen)
        .then(|| rejection(field, words))
        .flatten()
}

fn rejection(field: &'static str, reason: impl Into<String>) -> Option<Rejection> {
    let reason = reason.into();
    Some(Rejection { field, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_names_nobody_and_is_short() {
        let of = |text: &str| {
            lost_annotation(&Annotation {
                on: chrono::NaiveDate::MIN,
                text: text.to_owned(),
                acts_on: crate::model::ActsOn::Writeups,
                removed: false,
            })
        };
        assert_eq!(of("New template"), None);
        assert_eq!(of(&"x".repeat(LONGEST_ANNOTATION)), None);
        for text in [
            "",
            "  ",
            "as @ada wished",
            "from 203.0.113.77",
            "a\u{202e}b",
            &"x".repeat(121),
        ] {
            assert_eq!(of(text).map(|lost| lost.field), Some("text"), "{text}");
        }
    }

    #[test]
    fn what_would_not_be_kept_is_refused() {
        let plain = || Writeup::<Identity>::new("INC-1".to_owned());
        assert_eq!(lost(&plain()), None);
        let fine = Writeup {
            title: Some("Why 10.9.8.7 went away @ noon".to_owned()),
            aliases: vec!["https://wiki.example.org/display/~ada/Post".to_owned()],
            tags: vec!["dns".to_owned()],
            ..plain()
        };
        assert_eq!(lost(&fine), None);
        let some = |text: &str| Some(text.to_owned());
        for (field, writeup) in [
            (
                "aliases",
                Writeup {
                    aliases: vec!["ada@example.org".to_owned()],
                    ..plain()
                },
            ),
            (
                "url",
                Writeup {
                    url: some("mailto:ada@example.org"),
                    ..plain()
                },
            ),
            (
                "merged_into",
                Writeup {
                    merged_into: some("ada@example.org"),
                    ..plain()
                },
            ),
            ("id", Writeup::new("RTL\u{202e}gnp".to_owned())),
            ("id", Writeup::new("x".repeat(2049))),
            (
                "title",
                Writeup {
                    title: some("by ada@example.org"),
                    ..plain()
                },
            ),
            (
                "title",
                Writeup {
                    title: some("\u{1b}[31m"),
                    ..plain()
                },
            ),
            (
                "title",
                Writeup {
                    title: Some("x".repeat(301)),
                    ..plain()
                },
            ),
            (
                "team",
                Writeup {
                    owner_team: some("10.9.8.7"),
                    ..plain()
                },
            ),
            (
                "tags",
                Writeup {
                    tags: vec!["@ada".to_owned()],
                    ..plain()
                },
            ),
        ] {
            assert_eq!(lost(&writeup).map(|lost| lost.field), Some(field));
        }
    }
}
