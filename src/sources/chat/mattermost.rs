//! Outgoing webhooks of Mattermost, which bring their token in the body.

use serde_json::{Map, Value};

use crate::model::{Millis, SENSIBLE};
use crate::sources::forge::{Action, Secrets, Seen, is_bot, json, value as value_of};
use crate::sources::{Delivery, SourceError};

use super::{Message, channel, person};

/// The fields of a delivery, which is JSON or a form, once its token is known to be right.
pub(super) fn value(secrets: &Secrets, delivery: &Delivery<'_>) -> Result<Value, SourceError> {
    let is_form = delivery
        .header("content-type")
        .is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    let value = match is_form {
        true => {
            let fields = url::form_urlencoded::parse(delivery.body);
            let fields: Map<String, Value> = fields
                .take(MOST_FIELDS)
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect();
            Ok(Value::Object(fields))
        }
        false => json(delivery).and_then(|json| value_of(&json)),
    };
    // Who brings no right token is told nothing else.
    let token = value
        .as_ref()
        .ok()
        .and_then(|value| value["token"].as_str());
    secrets.brought(token.unwrap_or_default())?;
    value
}

/// Mattermost sends a dozen.
const MOST_FIELDS: usize = 100;

/// Looks at a delivery.
pub(super) fn look<'v>(value: &'v Value, source: &str) -> Seen<'v> {
    let text = |field: &str| value[field].as_str().filter(|text| !text.is_empty());
    let (Some(place), Some(id), Some(time)) = (
        text("channel_id"),
        text("post_id"),
        time(&value["timestamp"]),
    ) else {
        return Seen::Nothing("message without a channel or a time");
    };
    let bot = text("user_name").is_some_and(is_bot);
    let message = Message {
        channel: channel(source, place),
        id: id.into(),
        time,
        text: text("text").unwrap_or_default().into(),
        hand: person(text("user_id"), bot),
    };
    message.text(None, Action::Stands)
}

/// Milliseconds since 1970 in JSON, seconds in forms.
fn time(value: &Value) -> Option<Millis> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    let at = match SENSIBLE.contains(&number) {
        true => number,
        false => number.checked_mul(1000)?,
    };
    SENSIBLE.contains(&at).then_some(at)
}
