//! Google Meet, kept by the test: what its API answers, as Google describes it, beside the calendars of
//! `google_shelves` and the directory; and a source that asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use readback::model::{Millis, parse_rfc3339};
use serde_json::{Value, json};

use super::calendar_server::Source;
use super::google::{key, parameter, token};
use super::google_shelves::Shelves;
use super::polled_forge::{Asked, Forge, Reply, TOKEN, gone, ok};

pub(crate) const REVIEWS: &str = "c_zoe1@group.calendar.google.com";
pub(crate) const CODE: &str = "abc-mnop-xyz";
pub(crate) const HOUR: Millis = 3_600_000;

/// What the API has, by paths: what stands in each list.
pub(crate) type Lists = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

pub(crate) struct House {
    pub(crate) shelves: Shelves,
    pub(crate) lists: Lists,
    pub(crate) forge: Forge,
    pub(crate) source: Source,
    pub(crate) key: tempfile::NamedTempFile,
}

/// The addresses of accounts.
const ACCOUNTS: [(&str, &str); 3] = [
    ("101", "zoe@example.org"),
    ("102", "uwe@example.org"),
    ("103", "ida@example.org"),
];

pub(crate) fn house(
    more: &str,
    mut instead: impl FnMut(&Asked) -> Option<Reply> + Send + 'static,
) -> House {
    let (shelves, lists) = (Shelves::new(&[REVIEWS]), Lists::default());
    let (shown, kept) = (shelves.clone(), Arc::clone(&lists));
    let forge = Forge::new(move |asked, own| {
        if asked.path() == "/token" {
            return token(asked, own);
        }
        if let Some(reply) = instead(asked) {
            return reply;
        }
        let part = asked.path().split('/').nth(1).unwrap_or_default();
        let shown_token = format!("Bearer {TOKEN}-{part}");
        assert_eq!(
            asked.header("authorization"),
            shown_token,
            "{}",
            asked.target
        );
        match part {
            "calendar" => shown.list(asked),
            "directory" => {
                assert_eq!(parameter(asked, "viewType"), "domain_public");
                let id = asked.path().rsplit('/').next();
                let found = ACCOUNTS.iter().find(|(known, _)| Some(*known) == id);
                found.map_or_else(gone, |(_, address)| ok(json!({ "primaryEmail": address })))
            }
            "meet" => listed(&kept.lock().expect("no panic"), asked),
            _ => gone(),
        }
    });
    let key_file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(key_file.path(), key(&forge.address)).expect("written");
    let source = Source::new("meet", params(&forge.address, key_file.path(), more));
    House {
        shelves,
        lists,
        forge,
        source,
        key: key_file,
    }
}

pub(crate) fn params(own: &str, key: &std::path::Path, more: &str) -> String {
    format!(
        "api = \"{own}/meet\"\ncalendar_api = \"{own}/calendar\"\ndirectory_api = \"{own}/directory\"\n\
         key_file = {key:?}\nsubject = \"readback@example.org\"\n{more}"
    )
}

/// A page of a list, two at a time.
fn listed(lists: &BTreeMap<String, Vec<Value>>, asked: &Asked) -> Reply {
    let path = asked.path().trim_start_matches("/meet/");
    let name = path.rsplit('/').next().unwrap_or_default();
    let field = match name {
        "entries" => "transcriptEntries",
        other => other,
    };
    assert!(
        !parameter(asked, "fields").contains("text"),
        "no word is asked for"
    );
    let mut all = lists.get(path).cloned().unwrap_or_default();
    if name == "conferenceRecords" && parameter(asked, "pageSize") != "1" {
        let filter = parameter(asked, "filter");
        let (code, since) = filter
            .split_once(" AND start_time>=")
            .expect("a code and a time");
        let code = code
            .trim_start_matches("space.meeting_code = ")
            .trim_matches('"')
            .to_owned();
        let since = parse_rfc3339(since.trim_matches('"'));
        all.retain(|record| {
            let start = record["startTime"].as_str().and_then(parse_rfc3339);
            record["code"] == code && start >= since
        });
    }
    let first: usize = parameter(asked, "pageToken").parse().unwrap_or(0);
    let rest = &all[first.min(all.len())..];
    let mut list = json!({ field: rest.iter().take(2).collect::<Vec<_>>() });
    if rest.len() > 2 {
        list["nextPageToken"] = json!((first + 2).to_string());
    }
    ok(list)
}

impl House {
    pub(crate) fn add(&self, path: &str, value: Value) {
        let mut lists = self.lists.lock().expect("no panic");
        lists.entry(path.to_owned()).or_default().push(value);
    }

    /// A conference with this id, from when until when.
    pub(crate) fn conference(&self, id: &str, code: &str, from: &str, until: Option<&str>) {
        let name = format!("conferenceRecords/{id}");
        self.add(
            "conferenceRecords",
            json!({ "name": name, "code": code, "startTime": from, "endTime": until }),
        );
    }

    /// Somebody at it: who, and from when until when each time.
    pub(crate) fn there(
        &self,
        conference: &str,
        id: &str,
        who: Value,
        stays: &[(&str, Option<&str>)],
    ) {
        let path = format!("conferenceRecords/{conference}/participants");
        let name = format!("{path}/{id}");
        let mut value = json!({ "name": name, "earliestStartTime": stays.first().map(|stay| stay.0),
            "latestEndTime": stays.last().and_then(|stay| stay.1) });
        value
            .as_object_mut()
            .expect("an object")
            .extend(who.as_object().cloned().expect("somebody"));
        self.add(&path, value);
        for (from, until) in stays {
            self.add(
                &format!("{name}/participantSessions"),
                json!({ "startTime": from, "endTime": until }),
            );
        }
    }

    pub(crate) fn end(&self, id: &str, until: &str) {
        let mut lists = self.lists.lock().expect("no panic");
        let name = format!("conferenceRecords/{id}");
        for record in lists.get_mut("conferenceRecords").expect("conferences") {
            if record["name"] == name {
                record["endTime"] = json!(until);
            }
        }
    }
}

pub(crate) fn user(number: &str) -> Value {
    json!({ "signedinUser": { "user": format!("users/{number}"), "displayName": "zzsecret Name" } })
}
