//! Deliveries of Slack's Events API.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::{Millis, SENSIBLE};
use crate::sources::forge::{Action, Secrets, Seen, recent};
use crate::sources::{Delivery, SourceError};

use super::{Message, channel, person};

/// Checks who sent a delivery: the signature is over its time and its body.
pub(super) fn prove(secrets: &Secrets, delivery: &Delivery<'_>) -> Result<(), SourceError> {
    let header = |name: &'static str, shown: &'static str| {
        delivery.header(name).ok_or(SourceError::Unsigned(shown))
    };
    let signature = header("x-slack-signature", "X-Slack-Signature")?;
    let time = header("x-slack-request-timestamp", "X-Slack-Request-Timestamp")?;
    let parts: [&[u8]; 4] = [b"v0:", time.as_bytes(), b":", delivery.body];
    secrets.hex(signature.trim().strip_prefix("v0="), &parts)?;
    recent(time, delivery.now)
}

/// What is read of the envelope without the rest.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a str>,
    #[serde(borrow)]
    event_id: Option<&'a str>,
}

/// What Slack calls the event; the same when it is sent again.
pub(super) fn event_id(body: &[u8]) -> Option<&str> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    envelope.event_id
}

/// The answer to the question whether anybody is there.
pub(super) fn challenge(body: &[u8]) -> Option<Value> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    if envelope.kind != Some("url_verification") {
        return None;
    }
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(json!({ "challenge": value["challenge"].as_str()? }))
}

/// Looks at a delivery.
pub(super) fn look<'v>(value: &'v Value, source: &str) -> Seen<'v> {
    let event = &value["event"];
    match value["type"].as_str() {
        Some("url_verification") => return Seen::Nothing("challenge"),
        Some("app_rate_limited") => return Seen::Nothing("Slack holds events back"),
        _ => {}
    }
    match event["type"].as_str() {
        Some("link_shared") => shared(event, source),
        Some("message") => message(event, source),
        _ => Seen::Nothing("event without a text"),
    }
}

/// Links of a message, without its text.
fn shared<'v>(event: &'v Value, source: &str) -> Seen<'v> {
    if event["source"] == "composer" {
        return Seen::Nothing("link in a message that is not sent yet");
    }
    let links = event["links"].as_array().into_iter().flatten();
    let urls: Vec<&str> = links.filter_map(|link| link["url"].as_str()).collect();
    let (Some(place), Some((id, time))) = (event["channel"].as_str(), stamp(&event["message_ts"]))
    else {
        return Seen::Nothing("message without a channel or a time");
    };
    let message = Message {
        channel: channel(source, place),
        id: id.into(),
        time,
        text: urls.join("\n").into(),
        hand: who(event),
    };
    message.text(None, Action::Stands)
}

/// A message, or what became of one.
fn message<'v>(event: &'v Value, source: &str) -> Seen<'v> {
    let (fields, before) = match event["subtype"].as_str() {
        None | Some("bot_message" | "file_share" | "me_message" | "thread_broadcast") => {
            (event, None)
        }
        Some("message_changed") => (
            &event["message"],
            event["previous_message"]["text"].as_str(),
        ),
        Some("message_deleted") => (&event["previous_message"], None),
        Some(_) => return Seen::Nothing("message that Slack wrote"),
    };
    let (Some(place), Some((id, time))) = (event["channel"].as_str(), stamp(&fields["ts"])) else {
        return Seen::Nothing("message without a channel or a time");
    };
    let action = match (event["subtype"].as_str(), before) {
        (Some("message_deleted"), _) => Action::Deleted,
        // Slack adds the preview of a link to the message: nobody edited it.
        (Some("message_changed"), before) if before == fields["text"].as_str() => {
            return Seen::Nothing("message that was changed by a preview");
        }
        (Some("message_changed"), Some(body)) => Action::Edited {
            title: None,
            body: Some(body),
        },
        _ => Action::Stands,
    };
    let changed = stamp(&event["event_ts"]).or_else(|| stamp(&event["ts"]));
    let message = Message {
        channel: channel(source, place),
        id: id.into(),
        time,
        text: fields["text"].as_str().unwrap_or_default().into(),
        hand: who(fields),
    };
    message.text(changed.map(|(_, at)| at), action)
}

fn who(fields: &Value) -> super::forge::Hand {
    let named = |field: &str| fields[field].as_str().filter(|name| !name.is_empty());
    let bot = named("bot_id").is_some() || named("app_id").is_some();
    let user = named("user").or_else(|| named("bot_id"));
    person(user, bot || user == Some("USLACKBOT"))
}

/// `1355517523.000005`: a message's name in its channel and the time when it was written.
fn stamp(value: &Value) -> Option<(&str, Millis)> {
    let text = value.as_str()?;
    let (seconds, rest) = text.split_once('.')?;
    let seconds: Millis = seconds.parse().ok()?;
    let millis: Millis = rest.get(..3)?.parse().ok()?;
    let at = seconds.checked_mul(1000)?.checked_add(millis)?;
    SENSIBLE.contains(&at).then_some((text, at))
}
