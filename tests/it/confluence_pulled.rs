//! A source that pulls the Confluence of `confluence_wiki`, and what it brings as text.

use std::io::Write as _;

use readback::model::{Body, Event, Identity, Millis, to_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, KnownWriteup, Setting, SourceError};

use super::confluence_wiki::Wiki;
use super::polled_forge::{TOKEN, WORDS};

/// A source of ours, pulled several times.
pub(crate) struct Source {
    pub(crate) params: toml::Table,
    pub(crate) writeups: Vec<KnownWriteup>,
    pub(crate) checkpoint: Option<String>,
    _token: tempfile::NamedTempFile,
}

impl Source {
    pub(crate) fn new(wiki: &Wiki, more: &str) -> Source {
        let mut token = tempfile::NamedTempFile::new().expect("a file");
        writeln!(token, "{TOKEN}").expect("written");
        let params = format!(
            "url = \"{}\"\ntoken_file = {:?}\n{more}",
            wiki.url(),
            token.path()
        );
        Source {
            params: params.parse().expect("TOML"),
            writeups: Vec::new(),
            checkpoint: None,
            _token: token,
        }
    }

    pub(crate) fn setting(&self) -> Setting {
        Setting {
            source: "wiki".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: self.writeups.clone(),
        }
    }

    pub(crate) fn pull(&mut self, now: Millis) -> Result<Collected, SourceError> {
        let build = sources::find("confluence")
            .and_then(|kind| kind.pull)
            .expect("a kind");
        let mut pull = build(self.params.clone(), &self.setting())?;
        let mut heard = Collected::default();
        let next = pull.pull(self.checkpoint.as_deref(), now, &mut heard)?;
        let notes = heard.notes.join("\n");
        let problems = format!("{:?}", heard.problems);
        for text in [TOKEN, WORDS, "zz"] {
            for held in [&next, &notes, &problems] {
                assert!(!held.contains(text), "{text} in {held}");
            }
        }
        assert!(heard.problems.is_empty(), "{problems}");
        self.checkpoint = Some(next);
        Ok(heard)
    }
}

/// What came, an event a line with all that it says, in its order.
pub(crate) fn told(heard: &Collected) -> String {
    heard
        .events
        .iter()
        .map(|event| line(event) + "\n")
        .collect()
}

fn line(event: &Event) -> String {
    let name = |who: &Identity| format!("{}:{}", who.kind, who.value);
    let by = |who: &Option<Identity>| who.as_ref().map_or("nobody".to_owned(), name);
    let rest = match &event.body {
        Body::Writeup(page) => format!(
            "title {:?}, url {:?}, aliases {:?}, published {:?}, deleted {:?}, by {:?}, words {:?}, diagrams {:?}, \
             links {:?}, tags {:?}, restricted {}, opened {}",
            page.title,
            page.url,
            page.aliases,
            page.published_at.map(to_rfc3339),
            page.deleted_at.map(to_rfc3339),
            page.contributors.iter().map(name).collect::<Vec<_>>(),
            page.words,
            page.diagrams,
            page.hyperlinks,
            page.tags,
            page.restricted,
            page.opened,
        ),
        Body::Edit(edit) => format!(
            "by {}, words +{:?} -{:?}, minor {}",
            by(&edit.person),
            edit.words_added,
            edit.words_removed,
            edit.minor
        ),
        Body::Comment(comment) => format!(
            "by {}, answers {:?}, words {:?}, deleted {:?}",
            by(&comment.person),
            comment.parent,
            comment.words,
            comment.deleted_at.map(to_rfc3339)
        ),
        Body::Link(link) => format!(
            "by {}, {} in {:?}, {:?}, removed {:?}",
            by(&link.person),
            link.place.name(),
            link.stands_in,
            link.form,
            link.removed_at.map(to_rfc3339)
        ),
        Body::ReadCount(count) => format!(
            "{:?} {} {:?}",
            count.granularity, count.count, count.uniques
        ),
        Body::Read(read) => format!("by {}", by(&read.person)),
        Body::Person(person) => format!(
            "{} is {:?}, also {:?}",
            name(&person.person),
            person.kind,
            person.aliases.iter().map(name).collect::<Vec<_>>()
        ),
        other => format!("{:?}", other.kind()),
    };
    let (kind, time) = (event.body.kind().name(), to_rfc3339(event.time));
    format!(
        "{kind} {} of {:?} at {time} v{}: {rest}",
        event.id, event.subject, event.version
    )
}
