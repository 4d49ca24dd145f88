//! The members of an event as they stand in its text, each for itself: one that can't be read, or stands
//! there twice, is told by its name, and those that nobody knows are not looked at.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::decode::Fault;
use super::explain::is_field;

/// Names and values, in their order.
pub(super) type Members<'a> = Vec<(String, &'a RawValue)>;

/// The attributes that are looked at.
const ATTRIBUTES: [&str; 9] = [
    "specversion",
    "type",
    "source",
    "id",
    "subject",
    "time",
    "data",
    "datacontenttype",
    "data_base64",
];

/// The members of an object, and nothing behind it.
pub(super) fn of(text: &str) -> Result<Members<'_>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let members = json.deserialize_map(Listed)?;
    json.end()?;
    Ok(members)
}

struct Listed;

impl<'de> Visitor<'de> for Listed {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The values of those that an event has a use for.
pub(super) fn values(members: Members<'_>, faults: &mut Vec<Fault>) -> Map<String, Value> {
    read(members, "", &|name| ATTRIBUTES.contains(&name), faults)
}

fn read(
    members: Members<'_>,
    prefix: &str,
    is_known: &dyn Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, text) in members.into_iter().filter(|(name, _)| is_known(name)) {
        let field = format!("{prefix}{name}");
        // Null counts as absent, but for the data as a whole.
        let before: Option<&Value> = values.get(&name);
        if before.is_some_and(|value| !value.is_null() || field == "data") {
            faults.push(Fault::new(field, "stands there twice; once is valid"));
            continue;
        }
        let value = match of(text.get()) {
            Ok(inner) if field == "data" => {
                Ok(Value::Object(read(inner, "data.", &is_field, faults)))
            }
            _ => serde_json::from_str(text.get()),
        };
        match value {
            Ok(value) => {
                values.insert(name, value);
            }
            Err(error) => {
                let reason = format!("can't be read: {}", words(&error, text.get()));
                faults.push(Fault::new(field, reason));
            }
        }
    }
    values
}

/// What is wrong with a text; of one line only the column is told, since the line is its place.
pub(super) fn words(error: &serde_json::Error, text: &str) -> String {
    let words = error.to_string();
    match text.trim().contains('\n') {
        true => words,
        false => words.replace(" at line 1 column ", " at column "),
    }
}
