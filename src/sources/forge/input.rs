//! The JSON of deliveries and files, however it is wrapped.

use std::borrow::Cow;
use std::io::{BufRead, Cursor, Read};

use serde_json::Value;

use crate::sources::{Delivery, Problem, Sink, SourceError, is_dense};

/// The byte order mark that some editors and shells begin a file with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The JSON of a delivery: its body, or the field `payload` of a form.
pub(in crate::sources) fn json<'b>(delivery: &Delivery<'b>) -> Result<Cow<'b, [u8]>, SourceError> {
    if is_dense(delivery.body) {
        return Err(SourceError::TooMany);
    }
    let body = delivery.body.strip_prefix(MARK).unwrap_or(delivery.body);
    let form = body.starts_with(b"payload=").then(|| {
        let mut fields = url::form_urlencoded::parse(body);
        fields
            .find(|(name, _)| name == "payload")
            .map(|(_, value)| value.into_owned())
    });
    let is_form = delivery
        .header("content-type")
        .is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    if is_form && form.is_none() {
        return Err(wrong(
            "is a form that does not begin with its field `payload`",
        ));
    }
    match form.flatten() {
        // In a form the brackets and commas of the JSON may be written in another way.
        Some(json) if is_dense(json.as_bytes()) => Err(SourceError::TooMany),
        Some(json) => Ok(Cow::Owned(json.into_bytes())),
        None => Ok(Cow::Borrowed(body)),
    }
}

/// JSON as a value.
pub(in crate::sources) fn value(json: &[u8]) -> Result<Value, SourceError> {
    serde_json::from_slice(json).map_err(|error| wrong(&not_json(&error)))
}

/// Hands over the values of a file with their places: one value, an array, or one value a line.
pub(in crate::sources) fn values(
    name: &str,
    input: &mut dyn BufRead,
    sink: &mut dyn Sink,
    take: &mut dyn FnMut(&Value, &str, &mut dyn Sink),
) -> Result<(), SourceError> {
    let mut number = 0;
    let input = without_mark(input).map_err(|cause| SourceError::Io {
        name: name.to_owned(),
        cause,
    })?;
    for value in serde_json::Deserializer::from_reader(input).into_iter::<Value>() {
        number += 1;
        match value {
            Ok(Value::Array(items)) => {
                if items.is_empty() {
                    sink.left_out("empty reply");
                }
                for (index, item) in items.iter().enumerate() {
                    take(item, &format!("index {index}"), sink);
                }
            }
            Ok(value) => take(&value, &format!("value {number}"), sink),
            // What could not be read, a packed file that was cut for instance, is not bad JSON.
            Err(error) if error.is_io() => {
                return Err(SourceError::Io {
                    name: name.to_owned(),
                    cause: error.into(),
                });
            }
            Err(error) if number == 1 => {
                return Err(SourceError::Format {
                    name: name.to_owned(),
                    reason: not_json(&error),
                });
            }
            Err(error) => {
                sink.problem(Problem {
                    place: format!("value {number}"),
                    field: String::new(),
                    reason: not_json(&error),
                });
                break;
            }
        }
    }
    Ok(())
}

/// The input without a byte order mark at its beginning.
fn without_mark(input: &mut dyn BufRead) -> std::io::Result<impl Read> {
    let mut start = Vec::new();
    input.take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(Cursor::new(start).chain(input))
}

/// Where JSON ends to be JSON, without the words found there.
fn not_json(error: &serde_json::Error) -> String {
    format!(
        "is not JSON from line {} column {} on",
        error.line(),
        error.column()
    )
}

/// A delivery that is not what the kind takes.
pub(in crate::sources) fn wrong(reason: &str) -> SourceError {
    SourceError::Format {
        name: "delivery".to_owned(),
        reason: reason.to_owned(),
    }
}
