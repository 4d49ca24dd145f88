//! One event in binary mode (CloudEvents 1.0.2, HTTP protocol binding, 3.1): its attributes are
//! `ce-*` headers, its data is the body. It is put together as the structured event that it stands
//! for and then judged as every other.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::http::whole;
use super::{Fault, MAX_LINE, decode, media, report};
use crate::sources::{Delivery, Sink};

/// Attributes that Readback knows and that stand in headers. Others are extensions.
const ATTRIBUTES: [&str; 6] = ["specversion", "type", "source", "id", "subject", "time"];

/// Whether the headers carry an event, if perhaps not all of it.
pub(super) fn is_binary(delivery: &Delivery<'_>) -> bool {
    ["ce-specversion", "ce-id", "ce-type", "ce-source"]
        .into_iter()
        .any(|name| delivery.header(name).is_some())
}

/// Takes the event, or tells everything that is wrong with it.
pub(super) fn take(delivery: &Delivery<'_>, body: &[u8], sink: &mut dyn Sink) {
    let mut envelope = Envelope::default();
    envelope.attributes(delivery.headers);
    envelope.data(delivery.header("content-type").map_or("", str::trim), body);
    match envelope.judge() {
        Ok(event) => sink.event(event),
        Err(faults) => report(sink, "event 1", faults),
    }
}

/// The structured event, as far as it could be put together.
#[derive(Default)]
struct Envelope {
    members: Vec<String>,
    faults: Vec<Fault>,
}

impl Envelope {
    fn attributes(&mut self, headers: &[(String, String)]) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in headers {
            let Some(attribute) = name.strip_prefix("ce-") else {
                continue;
            };
            if seen.contains(&attribute) {
                self.fault(attribute, "given in more than one header");
                continue;
            }
            seen.push(attribute);
            match attribute {
                "datacontenttype" => self.fault(attribute, "its place is the header content-type"),
                "data" | "data_base64" => self.fault(attribute, "the place of data is the body"),
                _ => match decoded(value) {
                    Some(text) if ATTRIBUTES.contains(&attribute) => self.text(attribute, text),
                    Some(_) => {}
                    None => self.fault(attribute, "not UTF-8 after percent-decoding"),
                },
            }
        }
    }

    fn data(&mut self, content_type: &str, body: &[u8]) {
        let body = body.trim_ascii();
        if body.is_empty() {
            return;
        }
        if body.len() > MAX_LINE {
            let reason = format!("{} bytes long; it has at most {MAX_LINE}", body.len());
            return self.fault("data", reason);
        }
        if !content_type.is_empty() {
            self.text("datacontenttype", content_type.to_owned());
            if !media::is_json(content_type) {
                // It is there, and is not looked at.
                return self.text("data", String::new());
            }
        }
        // One value and no more: what follows it would become an attribute.
        match whole(body) {
            Ok(data) => self.members.push(format!("\"data\":{}", data.get())),
            Err(reason) => self.fault("data", reason),
        }
    }

    fn text(&mut self, attribute: &str, text: String) {
        self.members
            .push(format!("\"{attribute}\":{}", Value::String(text)));
    }

    /// Once for each attribute. Names of extensions are repeated if CloudEvents allows them.
    fn fault(&mut self, attribute: &str, reason: impl Into<String>) {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let field = match attribute.len() <= 20 && attribute.bytes().all(plain) {
            true => attribute,
            false => "extension",
        };
        if self.faults.iter().all(|known| known.field != field) {
            self.faults.push(Fault::new(field, reason));
        }
    }

    fn judge(self) -> Result<crate::model::Event, Vec<Fault>> {
        let judged = decode(["{", &self.members.join(","), "}"].concat().as_bytes());
        if self.faults.is_empty() {
            return judged;
        }
        let mut faults = self.faults;
        // What could not be read is not missing besides.
        let told = |field: &str| {
            let whole = field.split_once('.').map_or(field, |(whole, _)| whole);
            faults.iter().any(|fault| fault.field == whole)
        };
        let mut rest = judged.err().unwrap_or_default();
        rest.retain(|fault| !told(&fault.field));
        faults.append(&mut rest);
        Err(faults)
    }
}

/// A header's value as the text that it stands for; `None` where that is not UTF-8.
fn decoded(value: &str) -> Option<String> {
    let value = value.trim();
    let quoted = media::quoted_string(value).filter(|(_, after)| after.is_empty());
    let value = quoted.as_ref().map_or(value, |(inside, _)| inside);
    let text = percent_decode_str(value).decode_utf8().ok()?;
    Some(text.into_owned())
}
