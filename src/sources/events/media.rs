//! What an event's data is packed in: media types and base64, as HTTP and CloudEvents write them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use serde_json::{Map, Value};

use super::decode::Fault;
use super::explain::{present, type_of};
use crate::sources::machine::holds_address;

/// A media type as far as it matters here.
pub(super) struct Media {
    /// Type and subtype, in lower case.
    pub(super) essence: String,
    /// The first character set that is named and is not UTF-8 or a part of it.
    pub(super) foreign: Option<String>,
}

impl Media {
    /// Reads it; `None` where the text is no media type. Parameters that nobody asks for may be
    /// malformed.
    pub(super) fn parse(text: &str) -> Option<Media> {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (kind, sub) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(sub) {
            return None;
        }
        let foreign = charsets(parameters).into_iter().find(|name| {
            !["utf-8", "utf8", "us-ascii", "ascii"].contains(&&*name.to_ascii_lowercase())
        });
        Some(Media { essence, foreign })
    }

    /// Whether what it names is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.essence == "application/json"
            || self.essence == "text/json"
            || self.essence.ends_with("+json")
    }
}

/// Whether a media type is one of JSON, with whatever parameters.
pub(super) fn is_json(text: &str) -> bool {
    // What nearly everybody writes.
    text == "application/json" || Media::parse(text).is_some_and(|media| media.is_json())
}

/// A media type for a message: without its parameters, in which a file's or a person's name may
/// stand, but for a character set that is not taken.
pub(super) fn told(text: &str) -> String {
    let essence = match text.split_once(';') {
        Some((essence, _)) => essence.trim(),
        None => text.trim(),
    };
    let foreign = Media::parse(text).and_then(|media| media.foreign);
    let told = match foreign {
        Some(charset) => [essence, "; charset=", harmless(&charset)].concat(),
        None => harmless(essence).to_owned(),
    };
    match holds_address(&told) {
        true => "…".to_owned(),
        false => told,
    }
}

fn harmless(word: &str) -> &str {
    match word.len() <= 80 && word.split('/').all(is_token) {
        true => word,
        false => "…",
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    let symbol = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(symbol)
}

/// Every character set that the parameters name.
fn charsets(mut rest: &str) -> Vec<String> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(value) = after.strip_prefix('=') else {
            rest = after.strip_prefix(';').unwrap_or("");
            continue;
        };
        let (value, after) = match quoted_string(value) {
            Some((value, after)) => (value, after),
            None => {
                let (value, after) = value.split_at(value.find(';').unwrap_or(value.len()));
                (value.trim().to_owned(), after)
            }
        };
        if name.trim().eq_ignore_ascii_case("charset") {
            found.push(value);
        }
        rest = after.split_once(';').map_or("", |(_, rest)| rest);
    }
    found
}

/// What stands between the double quotes with which a text begins, and what comes behind them.
/// RFC 9110, 5.6.4: a backslash takes the next character as it is.
pub(super) fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut inside = String::new();
    let mut letters = text.strip_prefix('"')?.chars();
    loop {
        match letters.next()? {
            '"' => return Some((inside, letters.as_str())),
            '\\' => inside.push(letters.next()?),
            letter => inside.push(letter),
        }
    }
}

/// The text in an event's `data_base64`, or what is wrong with it; no part of it is repeated.
pub(super) fn unpack(packed: &str) -> Result<String, &'static str> {
    let bytes = BASE64
        .decode(packed)
        .map_err(|_| "not base64 (RFC 4648, with its padding)")?;
    String::from_utf8(bytes).map_err(|_| "what it holds is not UTF-8")
}

/// Whether the data is of JSON by its own words.
pub(super) fn declared(fields: &Map<String, Value>, faults: &mut Vec<Fault>) -> bool {
    let reason = match present(fields, "datacontenttype") {
        None => return true,
        Some(Value::String(text)) if text.is_empty() || is_json(text) => return true,
        Some(Value::String(text)) => format!(
            "{:?} is not JSON; application/json is valid, or a type that ends in +json",
            told(text)
        ),
        Some(other) => format!("{} is not text", type_of(other)),
    };
    faults.push(Fault::new("datacontenttype", reason));
    false
}

/// The data, wherever it stands.
pub(super) fn data(
    fields: &Map<String, Value>,
) -> Result<Option<Cow<'_, Map<String, Value>>>, Fault> {
    let plain = present(fields, "data");
    let value = match present(fields, "data_base64") {
        Some(Value::String(text)) if !text.is_empty() => {
            let wrong = |reason: String| Fault::new("data_base64", reason);
            if plain.is_some() {
                return Err(wrong("stands beside data; one of the two is valid".into()));
            }
            let text = unpack(text).map_err(|reason| wrong(reason.into()))?;
            let held = serde_json::from_str(&text);
            held.map(|value| Some(Cow::Owned(value)))
                .map_err(|error| wrong(format!("what it holds is not JSON: {error}")))?
        }
        None | Some(Value::String(_)) => plain.map(Cow::Borrowed),
        Some(other) => {
            let reason = format!("{} is not text", type_of(other));
            return Err(Fault::new("data_base64", reason));
        }
    };
    match value {
        None => Ok(None),
        Some(Cow::Borrowed(Value::Object(data))) => Ok(Some(Cow::Borrowed(data))),
        Some(Cow::Owned(Value::Object(data))) => Ok(Some(Cow::Owned(data))),
        Some(value) if value.is_null() => Ok(None),
        Some(other) => {
            let reason = format!("{} is not an object", type_of(&other));
            Err(Fault::new("data", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_read_with_their_parameters() {
        for (text, json, foreign) in [
            ("application/json", true, None),
            ("Application/JSON ; Charset=\"UTF-8\"", true, None),
            ("text/json;charset=us-ascii;", true, None),
            ("application/vnd.a+json; a=\"; charset=utf-16\"", true, None),
            ("application/json; charset=latin1", true, Some("latin1")),
            (
                "text/plain; charset=utf-8; charset=utf-16",
                false,
                Some("utf-16"),
            ),
            ("text/plain; odd; \"; =", false, None),
            ("application/jsonx", false, None),
        ] {
            let media = Media::parse(text).expect(text);
            assert_eq!(
                (media.is_json(), media.foreign.as_deref()),
                (json, foreign),
                "{text}"
            );
        }
        for text in ["", "json", "a/b/c", "/json", "a b/json", "application/"] {
            assert!(Media::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_message_tells_no_parameter_but_the_character_set() {
        for (text, words) in [
            (
                "multipart/form-data; name=\"ada\"; boundary=x",
                "multipart/form-data",
            ),
            ("text/plain; charset=utf-16", "text/plain; charset=utf-16"),
            ("text/plain; charset=\"Ada L\"", "text/plain; charset=…"),
            ("json", "json"),
            ("Ada Lovelace", "…"),
            ("text/203.0.113.7", "…"),
        ] {
            assert_eq!(told(text), words);
        }
    }

    #[test]
    fn quotes_and_base64_are_taken_off() {
        assert_eq!(
            quoted_string(r#""a \"b\" \\c" d"#),
            Some((r#"a "b" \c"#.to_owned(), " d"))
        );
        assert!(quoted_string("\"open").is_none() && quoted_string("none").is_none());
        assert_eq!(unpack("e30=").as_deref(), Ok("{}"));
        for (packed, reason) in [("e30", "base64"), ("e3 0=", "base64"), ("/w==", "UTF-8")] {
            assert!(unpack(packed).expect_err(packed).contains(reason));
        }
    }
}
