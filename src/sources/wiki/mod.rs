//! What wikis that are asked have in common: pages as write-ups with what is counted in them, comments
//! and edits, links between pages, pages that go and come back. Shared by sources; it is no kind of source.
//!
//! A kind is a [`Wiki`]: it says which pages are write-ups and what belongs to each. `house` is what it is
//! made with, `run` pulls one from its `checkpoint` on, `events` says what was found, `comments` knows which
//! are there no more, `links` keeps what stands where, and `turns` which pages were looked at. Nothing
//! anybody wrote is kept.

mod checkpoint;
mod comments;
mod events;
mod house;
mod html;
mod links;
mod run;
mod targets;
mod turns;

use std::collections::BTreeSet;

use url::Url;

use crate::model::{Identity, Millis, Place, Vocabulary};

use super::SourceError;
use super::forge::{Blame, Reply, Stop, shown};
use super::prose::Counts;

pub(super) use checkpoint::{Seen, Watched};
pub(super) use comments::Hearing;
pub(super) use events::{Maker, Said, next, print};
pub(super) use house::{House, yes};
pub(super) use html::{of_html, plain, prose_of_html, resolved};
pub(super) use links::{Links, Stands};
pub(super) use run::{Run, pull};
pub(super) use targets::Targets;
pub(super) use turns::Turn;

/// A part of a wiki that was asked for by its name and is not there.
fn absent(api: &Url, part: &str) -> SourceError {
    SourceError::Remote {
        name: shown(api),
        reason: format!("{part} is not there, or not for the token of token_file"),
        retryable: false,
    }
}

/// What ends a pull that asks for such a part.
pub(super) fn missing(api: &Url, part: &str) -> Stop {
    Stop::Refused(absent(api, part), Blame::Question)
}

/// Whether a part of a wiki is there, for `readback check`: what is to be said instead, if it asks for
/// patience.
pub(super) fn is_there(
    api: &Url,
    part: &str,
    answer: Result<Reply, Stop>,
) -> Result<Option<String>, SourceError> {
    match answer {
        Ok(Reply::Page(_) | Reply::Same) => Ok(None),
        Ok(Reply::Gone | Reply::Forbidden) => Err(absent(api, part)),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
        Err(Stop::Later(reason, _)) => Ok(Some(format!("answers, but {reason}"))),
    }
}

/// A page that is a write-up, as a wiki tells of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The wiki's own name of it, which stays when it is renamed.
    pub(super) id: String,
    /// Its title.
    pub(super) title: String,
    /// Its address for people.
    pub(super) url: Option<String>,
    /// Its other names.
    pub(super) names: Vec<String>,
    /// When it was published.
    pub(super) published: Option<Millis>,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// Who wrote it.
    pub(super) contributors: Vec<Identity>,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// What it was made from.
    pub(super) template: Option<String>,
    /// What is counted in it, where its text is known.
    pub(super) measured: Option<Measured>,
}

/// What is counted in a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// Words of prose.
    pub(super) words: u32,
    /// Links.
    pub(super) hyperlinks: u32,
    /// Pictures and drawn code blocks.
    pub(super) diagrams: Option<u32>,
    /// Passages in other people's words.
    pub(super) quotations: Option<u32>,
    /// Abbreviations and sources of data.
    pub(super) counts: Counts,
}

/// What became of a page that is listed no more.
pub(super) enum Fate {
    /// It is gone since then, where the wiki says since when.
    Gone(Option<Millis>),
    /// It is there, and no write-up by the rules any more.
    Elsewhere,
}

/// A wiki that can be asked.
pub(super) trait Wiki {
    /// The pages that are write-ups now.
    fn pages(&mut self, run: &mut Run<'_>) -> Result<Vec<Page>, Stop>;

    /// Whether this may be the wiki that had these pages, by its names of them; asked once it was listed.
    fn check(&mut self, _told: &BTreeSet<String>) -> Result<(), Stop> {
        Ok(())
    }

    /// Whether deliveries tell of its pages, too.
    fn is_told(&self) -> bool {
        false
    }

    /// A page with what its list does not say of it, asked for where it was changed; as it is where there is
    /// no more.
    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        Ok(page.clone())
    }

    /// Tells what belongs to a page beside its description: edits, comments, reads. `is_new` where the page
    /// was changed since it was told of last.
    fn belongings(
        &mut self,
        page: &Page,
        is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop>;

    /// Tells since when and until when reads were seen, once all pages were gone through: of a wiki that
    /// keeps them for some time only.
    fn watched(&mut self, _watched: &mut Option<Watched>, _run: &mut Run<'_>) {}

    /// What became of a page, by the wiki's name of it.
    fn fate(&mut self, id: &str) -> Result<Fate, Stop>;

    /// Tells of links in pages that were changed since the last pull.
    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop>;
}

/// Which pages are onboarding pages and runbooks, by the words that their titles, or the names of what they
/// lie in, begin with.
pub(super) struct Places {
    onboarding: Vec<String>,
    runbooks: Vec<String>,
}

impl Places {
    /// By these words; by the usual ones where none are given.
    pub(super) fn new(onboarding: Option<Vec<String>>, runbooks: Option<Vec<String>>) -> Places {
        let words = |given: Option<Vec<String>>, usual: &str| -> Vec<String> {
            let given = given.unwrap_or_else(|| vec![usual.to_owned()]);
            given
                .iter()
                .map(|word| word.trim().to_lowercase())
                .collect()
        };
        Places {
            onboarding: words(onboarding, "onboarding"),
            runbooks: words(runbooks, "runbook"),
        }
    }

    /// The place of a page with this title that lies in what has these names.
    pub(super) fn of(&self, title: &str, within: &[&str]) -> Place {
        let names: Vec<String> = std::iter::once(&title)
            .chain(within)
            .map(|name| name.trim().to_lowercase())
            .collect();
        let begins = |words: &[String]| {
            let one =
                |word: &String| !word.is_empty() && names.iter().any(|name| name.starts_with(word));
            words.iter().any(one)
        };
        if begins(&self.onboarding) {
            Place::Onboarding
        } else if begins(&self.runbooks) {
            Place::Runbook
        } else {
            Place::Docs
        }
    }
}

/// The words of a text.
pub(super) fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

/// Patterns of incident keys.
pub(super) fn keys(patterns: &[String]) -> Result<Vec<regex::Regex>, SourceError> {
    let wrong = |pattern: &String| {
        SourceError::Params(format!(
            "incident_keys: {pattern:?} is not a regular expression"
        ))
    };
    patterns
        .iter()
        .map(|pattern| regex::Regex::new(pattern).map_err(|_| wrong(pattern)))
        .collect()
}

/// What is counted in a page of Markdown, and the incident keys in its title and first heading.
pub(super) fn of_markdown(
    title: &str,
    text: &str,
    keys: &[regex::Regex],
    vocabulary: &Vocabulary,
) -> (Measured, Vec<String>) {
    super::git::counted(title, text, keys, vocabulary)
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod scripted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_titles_and_by_what_they_lie_in() {
        let usual = Places::new(None, None);
        for (title, within, place) in [
            ("Onboarding: week one", &[][..], Place::Onboarding),
            (
                "Week one",
                &["Engineering", "onboarding"],
                Place::Onboarding,
            ),
            ("Runbook for disks", &[], Place::Runbook),
            ("On disks", &["Handbook"], Place::Docs),
        ] {
            assert_eq!(usual.of(title, within), place, "{title}");
        }
        let own = Places::new(
            Some(vec!["Welcome".to_owned(), " ".to_owned()]),
            Some(Vec::new()),
        );
        assert_eq!(own.of("welcome!", &[]), Place::Onboarding);
        assert_eq!(own.of("Runbook", &[]), Place::Docs);
    }
}
