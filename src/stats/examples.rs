//! Reads `tests/vectors/worked_examples.json` for the tests: every number of INDICATORS that was
//! computed by independent tools.

use serde_json::Value;

/// One worked example.
pub(crate) struct Example {
    pub(crate) id: String,
    pub(crate) input: Value,
    pub(crate) expect: Value,
}

impl Example {
    /// Visits every JSON object in what is expected.
    pub(crate) fn for_each_map(&self, visit: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
        fn walk(value: &Value, visit: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
            match value {
                Value::Object(map) => {
                    visit(map);
                    map.values().for_each(|value| walk(value, visit));
                }
                Value::Array(values) => values.iter().for_each(|value| walk(value, visit)),
                _ => {}
            }
        }
        walk(&self.expect, visit);
    }
}

/// All of them, in their order.
pub(crate) fn each() -> Vec<Example> {
    let text = include_str!("../../tests/vectors/worked_examples.json");
    let list: Vec<Value> = serde_json::from_str(text).unwrap();
    list.into_iter()
        .map(|mut entry| Example {
            id: entry["id"].as_str().unwrap().to_owned(),
            input: entry["input"].take(),
            expect: entry["expect"].take(),
        })
        .collect()
}

/// The example with this number among those of an id, counted from 0.
pub(crate) fn one(id: &str, index: usize) -> Example {
    each()
        .into_iter()
        .filter(|example| example.id == id)
        .nth(index)
        .unwrap()
}

/// A JSON list of numbers.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

/// The values of months 0, 1, 2 and so on.
pub(crate) fn monthly(values: &[f64]) -> Vec<(f64, f64)> {
    values
        .iter()
        .enumerate()
        .map(|(month, &value)| (month as f64, value))
        .collect()
}

/// Equal to one part in a thousand million; zero to 1e-12.
pub(crate) fn close(found: f64, expected: &Value) -> bool {
    let expected = expected.as_f64().unwrap();
    let slack = if expected == 0.0 {
        1e-12
    } else {
        1e-9 * expected.abs()
    };
    (found - expected).abs() <= slack
}
