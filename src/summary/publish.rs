//! From results to JSON, with what must be withheld as `null` and `"suppressed": true` beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::suppress;
use crate::model::{Guard, Results, Value};

/// The published form of results, with people below `k` withheld.
pub fn publish(results: &Results, k: u32) -> Json {
    let k = u64::from(k);
    let hidden = hidden_cells(results, k);
    let mut object = Map::new();
    let mut suppressed = false;
    for (at, (name, value)) in results.0.iter().enumerate() {
        let json = if hidden.contains(&at) {
            withhold(value.bare())
        } else {
            one(value, k)
        };
        match json {
            Published::Shown(json) => {
                object.insert(name.clone(), json);
            }
            Published::Withheld(json) => {
                suppressed |= json.is_null();
                object.insert(name.clone(), json);
            }
        }
    }
    if suppressed {
        object.insert("suppressed".to_owned(), Json::Bool(true));
    }
    Json::Object(object)
}

enum Published {
    Shown(Json),
    Withheld(Json),
}

impl Published {
    fn json(self) -> Json {
        match self {
            Published::Shown(json) | Published::Withheld(json) => json,
        }
    }
}

fn one(value: &Value, k: u64) -> Published {
    Published::Shown(match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        // `From<f64> for Value` has made sure that it is finite; anything else is null in JSON.
        Value::Float(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(values) => Json::Array(values.iter().map(|v| one(v, k).json()).collect()),
        Value::Map(results) => publish(results, u32::try_from(k).unwrap_or(u32::MAX)),
        Value::Guarded(guard, inner) => {
            return if is_withheld(guard, k) {
                withhold(inner.bare())
            } else {
                one(inner, k)
            };
        }
    })
}

fn is_withheld(guard: &Guard, k: u64) -> bool {
    match guard {
        // A cell is judged with its fellows.
        Guard::Cell { .. } => false,
        Guard::Count(people) => suppress::count_is_withheld(*people, k),
        Guard::Share { num, den } => suppress::share_is_withheld(*num, *den, k),
        Guard::AtLeast(people) => *people < k,
    }
}

/// The same shape with every number gone.
fn withhold(value: &Value) -> Published {
    Published::Withheld(match value {
        Value::Map(results) => {
            let mut object: Map<String, Json> = results
                .0
                .iter()
                .map(|(name, value)| (name.clone(), withhold(value.bare()).json()))
                .collect();
            object.insert("suppressed".to_owned(), Json::Bool(true));
            Json::Object(object)
        }
        _ => Json::Null,
    })
}

/// Positions of the cells that go, over every group of cells in these results.
fn hidden_cells(results: &Results, k: u64) -> Vec<usize> {
    let mut groups: BTreeMap<&str, Vec<(usize, u64)>> = BTreeMap::new();
    for (at, (_, value)) in results.0.iter().enumerate() {
        if let Value::Guarded(Guard::Cell { group, people }, _) = value {
            groups.entry(group).or_default().push((at, *people));
        }
    }
    let mut hidden = Vec::new();
    for group in groups.values() {
        let people: Vec<u64> = group.iter().map(|(_, people)| *people).collect();
        let shown = suppress::cells(&people, k);
        hidden.extend(
            group
                .iter()
                .zip(shown)
                .filter(|(_, shown)| !shown)
                .map(|((at, _), _)| *at),
        );
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(k: u64, n: u64) -> Value {
        Value::from(Results::new().with("k", k).with("n", n).with("p", 0.5)).share_of_people(k, n)
    }

    #[test]
    fn a_withheld_value_is_null_and_says_so() {
        let results = Results::new()
            .with("readers", Value::from(3_u64).of_people(3))
            .with("reads", 40_u64)
            .with("share", share(2, 30));
        insta::assert_json_snapshot!(publish(&results, 5), @r#"
        {
          "readers": null,
          "reads": 40,
          "share": {
            "k": null,
            "n": null,
            "p": null,
            "suppressed": true
          },
          "suppressed": true
        }
        "#);
        assert_eq!(publish(&results, 1)["readers"], 3);
    }

    #[test]
    fn cells_are_withheld_together() {
        let cell = |people: u64| {
            Value::Guarded(
                Guard::Cell {
                    group: "teams",
                    people,
                },
                Box::new(Value::from(people)),
            )
        };
        let results = Results::new()
            .with("a", cell(12))
            .with("b", cell(3))
            .with("c", cell(7));
        let published = publish(&results, 5);
        assert_eq!(published["a"], 12);
        assert!(published["b"].is_null() && published["c"].is_null());
        assert_eq!(published["suppressed"], true);
    }
}
