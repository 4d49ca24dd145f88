//! What the script sends: one object of JSON, the state of one page view so far.

use serde_json::{Map, Value};
use url::Url;

use super::places::CLASSES;
use crate::model::Millis;
use crate::sources::Problem;

/// The oldest page view of which something is heard: a lid that was closed for a holiday, not more.
const OLDEST_MS: u64 = 7 * 86_400_000;

/// The state of a page view.
pub(super) struct Message {
    /// Names the view.
    pub(super) pid: String,
    /// Greater in each message of the view.
    pub(super) seq: u32,
    /// The page.
    pub(super) doc: Url,
    /// Time visible and in focus so far.
    pub(super) engaged_ms: u32,
    /// The deepest that was seen, percent.
    pub(super) depth: u16,
    /// How long ago the view began.
    pub(super) age_ms: Millis,
    /// What kind of place its reader came from.
    pub(super) from: Option<&'static str>,
    /// The page's token.
    pub(super) who: Option<String>,
    /// The browser says that a program drives it.
    pub(super) bot: bool,
}

impl Message {
    /// From a body. What is wrong is told without what was sent: it may be anything.
    pub(super) fn of(body: &[u8]) -> Result<Self, Problem> {
        let value: Option<Value> = serde_json::from_slice(body).ok();
        let Some(Value::Object(fields)) = value else {
            let words = "is not what the script sends: an object of JSON with pid, seq, doc, ms, depth \
                         and age";
            return Err(problem("", words));
        };
        let pid = text(&fields, "pid").filter(|pid| is_id(pid));
        let doc = text(&fields, "doc").and_then(|doc| Url::parse(doc).ok());
        let seq = whole(&fields, "seq", 1, u64::from(u32::MAX))?;
        let depth = whole(&fields, "depth", 0, 100)?;
        let age = whole(&fields, "age", 0, OLDEST_MS)?;
        // More than this is cut off anyway.
        let engaged = whole(&fields, "ms", 0, OLDEST_MS)?;
        Ok(Message {
            pid: pid.map(str::to_owned).ok_or_else(|| {
                problem(
                    "pid",
                    "names no page view; valid are 8 to 100 letters, digits, - and _",
                )
            })?,
            doc: doc
                .ok_or_else(|| problem("doc", "is not the address of a page, with its host"))?,
            seq: u32::try_from(seq).unwrap_or(u32::MAX),
            engaged_ms: u32::try_from(engaged).unwrap_or(u32::MAX),
            depth: u16::try_from(depth).unwrap_or(100),
            age_ms: Millis::try_from(age).unwrap_or_default(),
            from: text(&fields, "from").map(class),
            who: text(&fields, "who").map(str::to_owned),
            bot: fields.get("bot") == Some(&Value::Bool(true)),
        })
    }
}

/// One of the classes there are.
fn class(given: &str) -> &'static str {
    let known = CLASSES.iter().find(|class| **class == given);
    known.copied().unwrap_or("other")
}

fn text<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    fields.get(name).and_then(Value::as_str)
}

fn whole(
    fields: &Map<String, Value>,
    name: &'static str,
    from: u64,
    to: u64,
) -> Result<u64, Problem> {
    let value = fields.get(name).and_then(Value::as_u64);
    let value = value.filter(|value| (from..=to).contains(value));
    value.ok_or_else(|| {
        let words = format!("should be a whole number from {from} to {to}");
        problem(name, &words)
    })
}

fn is_id(pid: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (8..=100).contains(&pid.len()) && pid.bytes().all(plain)
}

/// Something that is wrong with a message.
pub(super) fn problem(field: &str, reason: &str) -> Problem {
    Problem {
        place: "delivery".to_owned(),
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}
