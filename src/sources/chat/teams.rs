//! Outgoing webhooks of Microsoft Teams: messages that mention the webhook.

use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::{Action, Secrets, Seen, instant};
use crate::sources::{Delivery, SourceError};

use super::{Message, channel, person};

/// Checks who sent a delivery: `Authorization: HMAC BASE64` over its body.
pub(super) fn prove(secrets: &Secrets, delivery: &Delivery<'_>) -> Result<(), SourceError> {
    let header = delivery.header("authorization");
    let header = header.ok_or(SourceError::Unsigned("Authorization"))?;
    let signature = header.strip_prefix("HMAC ").ok_or(SourceError::Signature)?;
    secrets.base64(signature, &[delivery.body])
}

/// Looks at a delivery. Its text can be without the addresses of its links; the attachment has them.
pub(super) fn look<'v>(value: &'v Value, source: &str, now: Millis) -> Seen<'v> {
    if value["type"] != "message" {
        return Seen::Nothing("event without a text");
    }
    let data = &value["channelData"];
    let place = data["teamsChannelId"]
        .as_str()
        .or_else(|| data["channel"]["id"].as_str())
        .or_else(|| value["conversation"]["id"].as_str()?.split(';').next());
    let (Some(place), Some(id)) = (place, value["id"].as_str()) else {
        return Seen::Nothing("message without a channel or a time");
    };
    let attachments = value["attachments"].as_array().into_iter().flatten();
    let texts: Vec<&str> = attachments
        .filter_map(|one| one["content"].as_str())
        .chain(value["text"].as_str())
        .collect();
    let from = &value["from"];
    let user = from["aadObjectId"].as_str().or_else(|| from["id"].as_str());
    // People's ids begin with 29, those of programs with 28.
    let bot = from["id"].as_str().is_some_and(|id| id.starts_with("28:"));
    let message = Message {
        channel: channel(source, place),
        id: id.into(),
        time: instant(&value["timestamp"]).unwrap_or(now),
        text: texts.join("\n").into(),
        hand: person(user, bot),
    };
    message.text(None, Action::Stands)
}
