//! What Google Meet's REST API says of conferences: JSON in, typed values out, pure. What is said in a
//! transcript is not even asked for.

use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::instant;
use crate::sources::presence::stays::Stay;

/// What is asked of conferences.
pub(super) const RECORDS: &str = "nextPageToken,conferenceRecords(name,startTime,endTime)";
/// What is asked of those who took part.
pub(super) const PARTICIPANTS: &str = "nextPageToken,participants(name,earliestStartTime,latestEndTime,signedinUser,anonymousUser,phoneUser)";
/// What is asked of their stays.
pub(super) const SESSIONS: &str = "nextPageToken,participantSessions(startTime,endTime)";
/// What is asked of transcripts.
pub(super) const TRANSCRIPTS: &str = "nextPageToken,transcripts(name,state)";
/// What is asked of their entries: who and when, and no word.
pub(super) const ENTRIES: &str = "nextPageToken,transcriptEntries(participant,startTime,endTime)";

/// Names are short.
const LONGEST: usize = 300;

/// A conference: somebody was there, in one go.
pub(super) struct Record {
    /// `conferenceRecords/ID`.
    pub(super) name: String,
    pub(super) start: Millis,
    /// Nothing while it goes on.
    pub(super) end: Option<Millis>,
}

/// Somebody who took part, or something. No `Debug`: it holds a name.
pub(super) struct Participant {
    /// `conferenceRecords/ID/participants/ID`.
    pub(super) name: String,
    pub(super) who: Who,
    /// From the first moment to the last.
    pub(super) stay: Option<Stay>,
}

/// What Meet knows somebody by.
pub(super) enum Who {
    /// An account's number, and the name that was shown.
    User(String, String),
    /// The name that somebody gave.
    Anonymous(String),
    Phone,
}

/// A name of the API's, which goes into addresses.
fn name(value: &Value) -> Option<String> {
    let name = value.as_str().filter(|name| name.len() <= LONGEST)?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    let is_plain = name.starts_with("conferenceRecords/") && name.bytes().all(known);
    is_plain.then(|| name.to_owned())
}

/// A conference, if it is one.
pub(super) fn record(value: &Value) -> Option<Record> {
    let start = instant(&value["startTime"])?;
    Some(Record {
        name: name(&value["name"])?,
        start,
        end: instant(&value["endTime"]).map(|end| end.max(start)),
    })
}

/// Somebody who took part.
pub(super) fn participant(value: &Value) -> Option<Participant> {
    let shown = |user: &str| {
        let shown = value[user]["displayName"].as_str().unwrap_or_default();
        shown.trim().to_owned()
    };
    let user = value["signedinUser"]["user"].as_str();
    let number = user.and_then(|user| user.strip_prefix("users/"));
    let number = number.filter(|id| {
        let plain = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && !id.is_empty() && id.len() <= LONGEST
    });
    let who = match number {
        Some(id) => Who::User(id.to_owned(), shown("signedinUser")),
        None if value["phoneUser"].is_object() => Who::Phone,
        None if value["anonymousUser"].is_object() => Who::Anonymous(shown("anonymousUser")),
        None => Who::Anonymous(shown("signedinUser")),
    };
    Some(Participant {
        name: name(&value["name"])?,
        who,
        stay: stay(&value["earliestStartTime"], &value["latestEndTime"]),
    })
}

/// One stay of somebody.
pub(super) fn session(value: &Value) -> Option<Stay> {
    stay(&value["startTime"], &value["endTime"])
}

fn stay(from: &Value, until: &Value) -> Option<Stay> {
    Some((instant(from)?, instant(until)))
}

/// A transcript, and whether it is complete.
pub(super) fn transcript(value: &Value) -> Option<(String, bool)> {
    let is_whole = matches!(value["state"].as_str(), Some("ENDED" | "FILE_GENERATED"));
    Some((name(&value["name"])?, is_whole))
}

/// Who spoke, as a participant, and when.
pub(super) fn entry(value: &Value) -> Option<(String, Stay)> {
    let (from, until) = stay(&value["startTime"], &value["endTime"])?;
    Some((name(&value["participant"])?, (from, Some(until?))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn participants_are_told_apart() {
        let of = |who: Value| {
            let mut value = json!({ "name": "conferenceRecords/c/participants/p" });
            value
                .as_object_mut()
                .expect("an object")
                .extend(who.as_object().cloned().expect("one"));
            participant(&value).map(|one| match one.who {
                Who::User(id, name) => format!("user {id} {name}"),
                Who::Anonymous(name) => format!("anonymous {name}"),
                Who::Phone => "phone".to_owned(),
            })
        };
        for (who, expected) in [
            (
                json!({ "signedinUser": { "user": "users/117", "displayName": " Ada " } }),
                "user 117 Ada",
            ),
            (
                json!({ "signedinUser": { "user": "users/a/b", "displayName": "Ada" } }),
                "anonymous Ada",
            ),
            (
                json!({ "anonymousUser": { "displayName": "Guest" } }),
                "anonymous Guest",
            ),
            (json!({ "phoneUser": { "displayName": "+1 5**" } }), "phone"),
            (json!({}), "anonymous "),
        ] {
            assert_eq!(of(who).as_deref(), Some(expected));
        }
        for odd in [
            "",
            "spaces/x",
            "conferenceRecords/a?b",
            "conferenceRecords/../../x",
        ] {
            assert!(participant(&json!({ "name": odd })).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read(text in "[a-zA-Z0-9/:.-]{0,30}") {
            let value = json!({ "name": text, "startTime": text, "endTime": text, "participant": text,
                "signedinUser": { "user": text }, "state": text });
            let _ = (record(&value), participant(&value), session(&value), transcript(&value), entry(&value));
        }
    }
}
