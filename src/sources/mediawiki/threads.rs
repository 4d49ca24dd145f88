//! What was said on a talk page, as the extension DiscussionTools tells it: who said what, when, and in
//! answer to whom. Wikis without it are known by the revisions of their talk pages alone.
//!
//! A remark goes by the revision that it came with, so that it is the same one by whatever way it was seen;
//! the extension's own names of remarks hold names of people.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Body, Comment, Event, Identity, Millis, Vocabulary, parse_rfc3339};
use crate::sources::forge::second;
use crate::sources::{Sink, SourceError, wiki};

use super::MediaWiki;
use super::answer::{self, Page, Revision};
use super::client::Question;
use super::events::Maker;

/// What a wiki is asked for once.
const EXTENSIONS: Question<'static> = &[("meta", "siteinfo"), ("siprop", "extensions")];

/// What tells that it knows threads.
const DISCUSSION_TOOLS: &str = "DiscussionTools";

/// A signature has minutes, and is made at latest when the page is saved, ms.
const SIGNED: Millis = 120_000;

/// What was told of remarks on a page, by the names of events.
pub(super) type Told = BTreeSet<String>;

/// A remark in a thread.
struct Remark {
    /// The account that signed it.
    author: Option<String>,
    /// When, to the minute.
    at: Millis,
    /// The remark that it answers: its place among all.
    parent: Option<usize>,
    /// Its length.
    words: Option<u32>,
}

impl MediaWiki {
    /// Tells of the remarks on the talk page of a page that were not told of. False where the wiki does not
    /// know them.
    pub(super) fn threads(
        &mut self,
        page: &Page,
        (last, history): (u64, &[Revision]),
        told: &mut Told,
        sink: &mut dyn Sink,
    ) -> Result<bool, SourceError> {
        if !self.knows_threads()? {
            return Ok(false);
        }
        let last = last.to_string();
        let question = [
            ("action", "discussiontoolspageinfo"),
            ("oldid", last.as_str()),
            ("prop", "threaditemshtml"),
            ("excludesignatures", "1"),
        ];
        let mut remarks = None;
        let asked = self.client.all(&question, |answer| {
            remarks = remarks_of(answer, &self.vocabulary);
        });
        match asked {
            // A page that it can't take apart.
            Err(SourceError::Remote {
                retryable: false, ..
            }) => return Ok(false),
            other => other?,
        }
        let Some(remarks) = remarks else {
            return Ok(false);
        };
        let names = names(page.id, &remarks, history);
        for (remark, name) in remarks.iter().zip(&names) {
            if told.insert(name.clone()) {
                let parent = remark.parent.and_then(|parent| names.get(parent));
                sink.event(self.maker.remark(page, remark, name, parent));
            }
        }
        Ok(true)
    }

    fn knows_threads(&mut self) -> Result<bool, SourceError> {
        if let Some(knows) = self.knows_threads {
            return Ok(knows);
        }
        let mut knows = false;
        self.client.all(EXTENSIONS, |answer| {
            let extensions = answer["query"]["extensions"].as_array();
            let mut names = extensions.into_iter().flatten().map(|one| &one["name"]);
            knows |= names.any(|name| name == DISCUSSION_TOOLS);
        })?;
        self.knows_threads = Some(knows);
        Ok(knows)
    }
}

impl Maker {
    fn remark(&self, page: &Page, remark: &Remark, name: &str, parent: Option<&String>) -> Event {
        let person: Option<Identity> = remark.author.as_deref().map(answer::identity);
        Event {
            source: Arc::clone(&self.source),
            id: name.to_owned(),
            subject: self.id(page.id),
            time: remark.at,
            // More than the revision alone said.
            version: 1,
            body: Body::Comment(Comment {
                person,
                team: None,
                parent: parent.cloned(),
                words: remark.words,
                deleted_at: None,
            }),
        }
    }
}

/// The remarks of an answer, each before what answers it; `None` if it is no such answer.
fn remarks_of(answer: &Value, vocabulary: &Vocabulary) -> Option<Vec<Remark>> {
    let threads = answer["discussiontoolspageinfo"]["threaditemshtml"].as_array()?;
    let mut remarks = Vec::new();
    for thread in threads {
        gather(thread, None, vocabulary, &mut remarks);
    }
    Some(remarks)
}

fn gather(item: &Value, parent: Option<usize>, vocabulary: &Vocabulary, remarks: &mut Vec<Remark>) {
    let remark = (item["type"] == "comment")
        .then(|| remark(item, parent, vocabulary))
        .flatten();
    // A heading is nobody's remark; what stands below it answers nothing.
    let above = match remark {
        Some(remark) => {
            remarks.push(remark);
            Some(remarks.len() - 1)
        }
        None => parent,
    };
    for reply in item["replies"].as_array().into_iter().flatten() {
        gather(reply, above, vocabulary, remarks);
    }
}

fn remark(item: &Value, parent: Option<usize>, vocabulary: &Vocabulary) -> Option<Remark> {
    let html = item["html"].as_str();
    Some(Remark {
        author: item["author"].as_str().and_then(answer::account),
        at: item["timestamp"].as_str().and_then(parse_rfc3339)?,
        parent,
        words: html.map(|html| wiki::of_html(html, vocabulary).0.words),
    })
}

/// Names of events for remarks: those of the revisions that they came with, each taken once, and where that
/// is not known, of when they were made.
fn names(page: u64, remarks: &[Remark], history: &[Revision]) -> Vec<String> {
    let mut by_author: BTreeMap<Option<&str>, Vec<&Revision>> = BTreeMap::new();
    for revision in history {
        let author = revision.user.as_deref();
        by_author.entry(author).or_default().push(revision);
    }
    let mut taken = BTreeSet::new();
    let mut minutes: BTreeMap<Millis, u32> = BTreeMap::new();
    let named = remarks.iter().map(|remark| {
        let signed = remark.at..remark.at + SIGNED;
        let candidates = by_author.get(&remark.author.as_deref());
        let mut candidates = candidates.into_iter().flatten();
        let revision = candidates.find(|one| signed.contains(&one.at) && !taken.contains(&one.id));
        if let Some(revision) = revision {
            taken.insert(revision.id);
            return format!("talk:{}", revision.id);
        }
        let count = minutes.entry(remark.at).or_default();
        *count += 1;
        format!("thread:{page}:{}.{count}", second(remark.at))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sources::Pull as _;
    use crate::sources::collected::Collected;

    use super::super::tests::Wiki;
    use super::*;

    fn said(id: &str, author: &str, at: &str, replies: &[Value]) -> Value {
        json!({ "type": "comment", "level": 1, "id": id, "author": author, "timestamp": at, "replies": replies,
            "html": "<p>zzsecret <b>words</b></p>" })
    }

    fn revision(id: u64, at: &str, user: &str) -> Value {
        let parent = if id == 201 { 0 } else { id - 1 };
        json!({ "revid": id, "parentid": parent, "timestamp": at, "user": user, "size": id * 10, "minor": false })
    }

    /// A wiki with one page and its talk; `has` says whether it has the extension, and `can` whether that
    /// can take the talk page apart.
    fn wiki(has: bool, can: bool, later: bool) -> Wiki {
        Wiki::new(move |question| {
            let get = |name: &str| question.get(name).map_or("", String::as_str);
            let page = |id: u64, last: u64| json!({ "pageid": id, "title": "Disk full", "lastrevid": last, "talkid": 20 });
            let last = if later { 205 } else { 204 };
            let body = match (get("action"), get("meta"), get("prop"), get("pageids")) {
                ("discussiontoolspageinfo", ..) if !can => {
                    json!({ "error": { "code": "parsoid-fails" } })
                }
                ("discussiontoolspageinfo", ..) => {
                    assert_eq!(get("oldid"), last.to_string());
                    let mut replies = vec![
                        said("c-Bob-2", "Bob", "2024-01-05T00:00:00Z", &[]),
                        said(
                            "c-198.51.100.2-3",
                            "198.51.100.2",
                            "2024-01-07T00:00:00Z",
                            &[],
                        ),
                    ];
                    if later {
                        replies.push(said("c-Cem-4", "Cem", "2024-06-01T00:00:00Z", &[]));
                    }
                    let first = said("c-Ada-1", "Ada", "2024-01-04T00:00:00Z", &replies);
                    let moved = said("c-Eve-0", "Eve", "2023-01-04T00:00:00Z", &[]);
                    let heading = |replies: Value| json!({ "type": "heading", "id": "h-", "replies": replies, "html": "x" });
                    json!({ "discussiontoolspageinfo": { "threaditemshtml": [heading(json!([first, moved])), heading(json!([{}, 7]))] } })
                }
                (_, "siteinfo", ..) => {
                    let name = if has { "DiscussionTools" } else { "Cite" };
                    json!({ "query": { "extensions": [{ "type": "other", "name": name }, 7] } })
                }
                (_, _, "info", _) => json!({ "query": { "pages": [page(20, last)] } }),
                (_, _, "revisions", "20") => {
                    let mut all = vec![
                        revision(201, "2024-01-04T00:00:31Z", "Ada"),
                        revision(202, "2024-01-05T00:00:12Z", "Bob"),
                        revision(203, "2024-01-06T00:00:00Z", "Bob"),
                        revision(204, "2024-01-07T00:00:59Z", "198.51.100.2"),
                    ];
                    if later {
                        all.push(revision(205, "2024-06-01T00:01:00Z", "Cem"));
                    }
                    json!({ "query": { "pages": [{ "pageid": 20, "revisions": all }] } })
                }
                (_, _, "revisions", _) => json!({ "query": { "pages": [] } }),
                _ if get("generator") == "categorymembers" => {
                    json!({ "query": { "pages": [page(10, 103)] } })
                }
                _ => json!({ "query": {} }),
            };
            Some((200, "", body.to_string()))
        })
    }

    fn pull(wiki: &Wiki, checkpoint: Option<&str>) -> (Collected, String) {
        let quiet = "category = \"Category:Postmortems\"\nlinks = false\nviews = false\n";
        let mut heard = Collected::default();
        let next = wiki
            .source(quiet)
            .pull(checkpoint, 1_000, &mut heard)
            .expect("answers");
        for name in ["Ada", "Bob", "Cem", "Eve", "198.51", "zzsecret"] {
            assert!(!next.contains(name), "{name} in {next}");
        }
        heard
            .events
            .retain(|event| matches!(event.body, Body::Comment(_)));
        (heard, next)
    }

    #[test]
    fn threads_say_who_answers_whom() {
        let (heard, next) = pull(&wiki(true, true, false), None);
        let eve = "comment thread:10:1672790400.1 v1";
        assert_eq!(
            heard.ids(),
            [
                "comment talk:201 v1",
                "comment talk:202 v1",
                "comment talk:204 v1",
                eve
            ],
            "a revision that adds no remark is none"
        );
        let told: Vec<_> = heard
            .events
            .iter()
            .filter_map(|event| match &event.body {
                Body::Comment(one) => {
                    let who = one.person.as_ref().map(|who| who.value.as_str());
                    Some((who, one.parent.as_deref(), one.words))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [
                (Some("Ada"), None, Some(2)),
                (Some("Bob"), Some("talk:201"), Some(2)),
                (None, Some("talk:201"), Some(2)),
                (Some("Eve"), None, Some(2)),
            ]
        );
        let (heard, _) = pull(&wiki(true, true, false), Some(&next));
        assert!(heard.events.is_empty(), "nothing is new");
        let (heard, _) = pull(&wiki(true, true, true), Some(&next));
        assert_eq!(heard.ids(), ["comment talk:205 v1"]);
    }

    #[test]
    fn without_threads_revisions_have_to_do_and_have_the_same_names() {
        let plain = [
            "comment talk:201 v0",
            "comment talk:202 v0",
            "comment talk:203 v0",
            "comment talk:204 v0",
        ];
        for (has, can) in [(false, true), (true, false)] {
            let (heard, next) = pull(&wiki(has, can, false), None);
            assert_eq!(heard.ids(), plain);
            // Once the wiki knows threads, what was told is told again with more.
            let (heard, _) = pull(&wiki(true, true, true), Some(&next));
            let all = heard.ids();
            assert!(
                all.contains(&"comment talk:201 v1".to_owned()) && all.len() == 5,
                "{all:?}"
            );
        }
    }
}
