//! Google's calendars, kept by the test: what the API answers, as Google describes it, with pages, tokens of
//! changes and of pages, and deletions of which no more than an id is told; and a source that reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use readback::model::{parse_rfc3339, to_rfc3339};
use serde_json::{Value, json};

use super::calendar_server::Source;
use super::google::{key, parameter, token};
use super::polled_forge::{Asked, Forge, Reply, TOKEN, gone, ok};

/// A calendar: its items, each with the number of the change that it was touched by last.
#[derive(Default)]
pub(crate) struct Shelf {
    items: Vec<(u64, Value)>,
    changes: u64,
    /// Changes before this one are not told any more.
    oldest: u64,
    pub(crate) is_busy: bool,
}

/// What the test changes and the listener answers from.
#[derive(Clone)]
pub(crate) struct Shelves(pub(crate) Arc<Mutex<BTreeMap<String, Shelf>>>);

impl Shelves {
    pub(crate) fn new(calendars: &[&str]) -> Shelves {
        let shelves = calendars
            .iter()
            .map(|name| ((*name).to_owned(), Shelf::default()));
        Shelves(Arc::new(Mutex::new(shelves.collect())))
    }

    pub(crate) fn with<T>(&self, calendar: &str, does: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut all = self.0.lock().expect("no panic");
        does(all.get_mut(calendar).expect("a calendar"))
    }

    pub(crate) fn put(&self, calendar: &str, item: Value) {
        self.with(calendar, |shelf| {
            shelf.changes += 1;
            shelf.items.retain(|(_, known)| known["id"] != item["id"]);
            shelf.items.push((shelf.changes, item));
        });
    }

    /// It is deleted: only its id is told, and for an occurrence which one it was.
    pub(crate) fn delete(&self, calendar: &str, id: &str, is_bare: bool) {
        let known = self.with(calendar, |shelf| {
            let mut items = shelf.items.iter();
            items
                .find(|(_, item)| item["id"] == id)
                .map(|(_, item)| item.clone())
        });
        let known = known.expect("it is there");
        let mut item = json!({ "id": id, "status": "cancelled" });
        for name in ["recurringEventId", "originalStartTime"] {
            if !is_bare && known.get(name).is_some() {
                item[name] = known[name].clone();
            }
        }
        self.put(calendar, item);
    }

    /// It is gone, and so is what told of that.
    pub(crate) fn lose(&self, calendar: &str, id: &str) {
        self.with(calendar, |shelf| {
            shelf.changes += 1;
            shelf.items.retain(|(_, item)| item["id"] != id);
            shelf.oldest = shelf.changes;
        });
    }

    /// The answer to a list.
    pub(crate) fn list(&self, asked: &Asked) -> Reply {
        let path = asked.path().strip_prefix("/calendar/calendars/");
        let path = path.and_then(|path| path.strip_suffix("/events"));
        let name = percent_encoding::percent_decode_str(path.unwrap_or_default());
        let name = name.decode_utf8().expect("text").into_owned();
        let all = self.0.lock().expect("no panic");
        let Some(shelf) = all.get(&name) else {
            return gone();
        };
        let role = if shelf.is_busy {
            "freeBusyReader"
        } else {
            "reader"
        };
        let of = |name: &str| Some(parameter(asked, name)).filter(|text| !text.is_empty());
        if of("maxResults").as_deref() == Some("1") {
            return ok(json!({ "accessRole": role }));
        }
        assert_eq!(parameter(asked, "singleEvents"), "true");
        assert!(!parameter(asked, "fields").contains("displayName"));
        let since: u64 = match of("syncToken") {
            None => 0,
            Some(token) => {
                assert_eq!(
                    (of("timeMin"), of("timeMax")),
                    (None, None),
                    "not with a token"
                );
                token.trim_start_matches("sync").parse().expect("a number")
            }
        };
        if since < shelf.oldest && of("syncToken").is_some() {
            return (
                410,
                Vec::new(),
                json!({ "error": { "code": 410,
                "errors": [{ "reason": "fullSyncRequired" }] } }),
            );
        }
        let time = |name: &str| of(name).map(|text| parse_rfc3339(&text).expect("a time"));
        let (from, to) = (time("timeMin"), time("timeMax"));
        let at = |item: &Value, name: &str| parse_rfc3339(item[name]["dateTime"].as_str()?);
        let fits = |item: &Value| {
            from.is_none_or(|from| at(item, "end").is_none_or(|end| end > from))
                && to.is_none_or(|to| at(item, "start").is_none_or(|start| start < to))
        };
        let items = shelf.items.iter().filter(|(change, _)| *change > since);
        let items: Vec<&Value> = items
            .map(|(_, item)| item)
            .filter(|item| fits(item))
            .collect();
        let first: usize = match of("pageToken") {
            None => 0,
            Some(page) => page.trim_start_matches("page").parse().expect("a number"),
        };
        let rest = &items[first.min(items.len())..];
        let mut list = json!({ "accessRole": role, "timeZone": "UTC", "items": rest.iter().take(2).collect::<Vec<_>>() });
        match rest.len() > 2 {
            true => list["nextPageToken"] = json!(format!("page{}", first + 2)),
            false => list["nextSyncToken"] = json!(format!("sync{}", shelf.changes)),
        }
        ok(list)
    }
}

/// A meeting: id, start, people.
pub(crate) fn single(id: &str, start: &str, people: &[&str]) -> Value {
    let at = parse_rfc3339(start).expect("a time");
    let people = people
        .iter()
        .map(|who| json!({ "email": format!("{who}@example.org") }));
    json!({ "id": id, "status": "confirmed", "iCalUID": format!("{id}@google.com"), "summary": "Incident review",
        "start": { "dateTime": start }, "end": { "dateTime": to_rfc3339(at + 3_600_000) },
        "attendees": people.collect::<Vec<_>>() })
}

/// An occurrence of a series, where that put it.
pub(crate) fn one_of(series: &str, start: &str, people: &[&str]) -> Value {
    let id = format!("{series}_{}", start.replace([':', '-'], ""));
    let mut item = single(&id, start, people);
    item["iCalUID"] = json!(format!("{series}@google.com"));
    item["recurringEventId"] = json!(series);
    item["originalStartTime"] = json!({ "dateTime": start });
    item
}

/// Google with these calendars, and a source that reads them.
pub(crate) struct House {
    pub(crate) shelves: Shelves,
    pub(crate) forge: Forge,
    pub(crate) source: Source,
    _key: tempfile::NamedTempFile,
}

pub(crate) fn house(calendars: &[&str]) -> House {
    house_of(calendars, |_| None)
}

/// The same, with some answers of the test's own.
pub(crate) fn house_of(
    calendars: &[&str],
    mut instead: impl FnMut(&Asked) -> Option<Reply> + Send + 'static,
) -> House {
    let shelves = Shelves::new(calendars);
    let shown = shelves.clone();
    let forge = Forge::new(move |asked, own| {
        if asked.path() == "/token" {
            return token(asked, own);
        }
        let shown_token = format!("Bearer {TOKEN}-calendar");
        assert_eq!(asked.header("authorization"), shown_token);
        instead(asked).unwrap_or_else(|| shown.list(asked))
    });
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), key(&forge.address)).expect("written");
    let source = Source::new(
        "google-calendar",
        params(&forge.address, secret.path(), calendars),
    );
    House {
        shelves,
        forge,
        source,
        _key: secret,
    }
}

pub(crate) fn params(own: &str, key: &std::path::Path, calendars: &[&str]) -> String {
    format!(
        "api = \"{own}/calendar\"\nkey_file = {key:?}\nsubject = \"readback@example.org\"\n\
         calendars = {calendars:?}\nmatch = [\"(?i)review\"]\ngroups = [\"sre@example.org\"]"
    )
}
