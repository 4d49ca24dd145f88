//! Fields that an event of a kind does not have. Events from elsewhere may bring them, and they are
//! ignored; whoever types one meant another.

use serde_json::{Map, Value};

use super::explain::fields;
use crate::model::{EventKind, Marks};

/// The first field of an event's data that no event of the kind has, and those that there are.
pub fn unknown(kind: EventKind, data: &Map<String, Value>) -> Option<(String, Vec<&'static str>)> {
    let known: Vec<&str> = fields(kind).collect();
    if let Some(field) = strange(data, &known) {
        return Some((field.to_owned(), known));
    }
    let nested: [(&str, &[&'static str]); 3] = [
        ("marks", &Marks::NAMES),
        ("alias_validity", &["alias", "from", "to"]),
        ("assignments", &["from", "to", "team", "newcomers"]),
    ];
    let nested = nested.into_iter().filter(|(name, _)| known.contains(name));
    nested.into_iter().find_map(|(name, known)| {
        let value = data.get(name)?;
        let each = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        let mut objects = each.iter().filter_map(Value::as_object);
        let field = objects.find_map(|object| strange(object, known))?;
        Some((format!("{name}.{field}"), known.to_vec()))
    })
}

fn strange<'a>(object: &'a Map<String, Value>, known: &[&str]) -> Option<&'a str> {
    let mut names = object.keys().map(String::as_str);
    names.find(|name| !known.contains(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_write_up_has_is_found() {
        let found = |value: Value| {
            let data = value.as_object().unwrap().clone();
            unknown(EventKind::Writeup, &data).map(|(field, known)| (field, known.len()))
        };
        assert_eq!(
            found(json!({ "title": "x", "marks": { "unclear": true } })),
            None
        );
        assert_eq!(
            found(json!({ "alias_validity": [{ "alias": "a" }], "marks": 3 })),
            None
        );
        assert_eq!(found(json!({ "titel": "x" })).unwrap().0, "titel");
        let nested = [
            (json!({ "marks": { "odd": true } }), "marks.odd", 4),
            (
                json!({ "alias_validity": [{}, { "til": 1 }] }),
                "alias_validity.til",
                3,
            ),
            (
                json!({ "assignments": [{ "teams": "x" }] }),
                "assignments.teams",
                4,
            ),
        ];
        for (data, field, known) in nested {
            assert_eq!(found(data), Some((field.to_owned(), known)));
        }
    }
}
