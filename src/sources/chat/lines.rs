//! Messages as lines of JSON, from any chat.

use serde_json::Value;

use crate::sources::forge::{Action, Seen, hex, instant, sha256};

use super::{Message, channel, person};

/// Looks at a line.
pub(super) fn look<'v>(value: &'v Value, source: &str) -> Seen<'v> {
    if !value.is_object() {
        return Seen::Nothing("not an object");
    }
    let Some(time) = instant(&value["time"]) else {
        return Seen::Fault("time", "should be an RFC 3339 instant");
    };
    let Some(place) = value["channel"].as_str().filter(|place| !place.is_empty()) else {
        return Seen::Fault("channel", "should be a text");
    };
    let text = value["text"].as_str().unwrap_or_default();
    let url = value["url"].as_str().unwrap_or_default();
    if text.is_empty() && url.is_empty() {
        return Seen::Fault("text", "should be a text, or url an address");
    }
    let id = match value["id"].as_str().filter(|id| !id.is_empty()) {
        Some(id) => id.into(),
        // The line itself: the same when the file is read again.
        None => format!("line {}", hex(&sha256(value.to_string().as_bytes())[..8])).into(),
    };
    let message = Message {
        channel: channel(source, place),
        id,
        time,
        text: match (text, url) {
            ("", url) => url.into(),
            (text, "") => text.into(),
            (text, url) => format!("{url}\n{text}").into(),
        },
        hand: person(value["person"].as_str(), value["bot"] == true),
    };
    message.text(None, Action::Stands)
}
