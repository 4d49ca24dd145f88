//! Reads nested results in the tests of this folder.

use crate::model::{Results, Value};

/// What stands at this path.
pub(super) fn field(results: &Results, path: &[&str]) -> Value {
    let mut value = Value::Map(results.clone());
    for name in path {
        let Value::Map(map) = &value else {
            panic!("{name} {value:?}")
        };
        value = map
            .get(name)
            .unwrap_or_else(|| panic!("{name} {map:?}"))
            .clone();
    }
    value
}

/// The number at this path; nothing where there is none.
pub(super) fn number(results: &Results, path: &[&str]) -> Option<f64> {
    match field(results, path) {
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    }
}
