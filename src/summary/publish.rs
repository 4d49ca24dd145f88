//! From results to JSON, with what must be withheld as `null` and `"suppressed": true` beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::margins::Margins;
use super::suppress;
use crate::model::{Guard, Results, Value};

/// The published form of results, with people below `k` withheld. Cells of one group are judged
/// together: those of one map, and in a list of maps those of the same name down the list.
pub fn publish(results: &Results, k: u32) -> Json {
    let k = u64::from(k);
    map(results, &hidden_in_map(results, k), k)
}

/// `hidden` are the positions of cells that go.
fn map(results: &Results, hidden: &BTreeSet<usize>, k: u64) -> Json {
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

/// A list; the maps in it share their cells.
fn list(values: &[Value], k: u64) -> Json {
    let hidden = hidden_in_list(values, k);
    let values = values.iter().zip(&hidden);
    values
        .map(|(value, hidden)| match value {
            Value::Map(results) => map(results, hidden, k),
            other => one(other, k).json(),
        })
        .collect()
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
        Value::List(values) => list(values, k),
        Value::Map(results) => map(results, &hidden_in_map(results, k), k),
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

/// Positions of the cells that go, over every group of cells in one map.
fn hidden_in_map(results: &Results, k: u64) -> BTreeSet<usize> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut places = Vec::new();
    let mut margins = of_groups(cells(results).flat_map(|(_, _, cell)| cell.groups));
    for (at, _, cell) in cells(results) {
        let number = margins.cell(cell.people);
        places.push(at);
        for group in cell.groups {
            groups.entry(group).or_default().push(number);
        }
    }
    groups.into_values().for_each(|group| margins.sum(group));
    let judged = places.into_iter().zip(margins.judge(k).shown);
    judged
        .filter(|(_, shown)| !shown)
        .map(|(at, _)| at)
        .collect()
}

/// The same for each element of a list. Fields of one group in one map stand for the same people,
/// so each field is judged down the list, never against its neighbours.
fn hidden_in_list(values: &[Value], k: u64) -> Vec<BTreeSet<usize>> {
    let mut columns: BTreeMap<&str, (Margins, Vec<Place>, Groups<'_>)> = BTreeMap::new();
    for (row, value) in values.iter().enumerate() {
        let Value::Map(results) = value else { continue };
        for (at, name, cell) in cells(results) {
            let (margins, places, groups) = columns.entry(name).or_insert_with(|| {
                let margins = of_groups(cell.groups.iter().copied());
                (margins, Vec::new(), Groups::new())
            });
            let number = margins.cell(cell.people);
            places.push((row, at));
            for group in cell.groups {
                groups.entry(group).or_default().push(number);
            }
        }
    }
    let mut hidden = vec![BTreeSet::new(); values.len()];
    for (mut margins, places, groups) in columns.into_values() {
        groups.into_values().for_each(|group| margins.sum(group));
        for ((row, at), shown) in places.into_iter().zip(margins.judge(k).shown) {
            if let (false, Some(places)) = (shown, hidden.get_mut(row)) {
                places.insert(at);
            }
        }
    }
    hidden
}

/// Groups of cells that one person may stand in several of, as their sum tells what they did.
const OF_SAME_PEOPLE: [&str; 2] = ["R4.class", "R5.histogram"];

fn of_groups<'a>(mut groups: impl Iterator<Item = &'a str>) -> Margins {
    match groups.any(|group| OF_SAME_PEOPLE.contains(&group)) {
        true => Margins::of_same_people(),
        false => Margins::default(),
    }
}

/// The row of a cell in a list, and where it stands in it.
type Place = (usize, usize);

/// The cells of each group, by their numbers.
type Groups<'a> = BTreeMap<&'a str, Vec<usize>>;

/// A cell, and the groups that it belongs to.
struct Cell {
    groups: Vec<&'static str>,
    people: u64,
}

/// Position, name and groups of every cell.
fn cells(results: &Results) -> impl Iterator<Item = (usize, &str, Cell)> {
    let fields = results.0.iter().enumerate();
    fields.filter_map(|(at, (name, value))| Some((at, name.as_str(), cell(value)?)))
}

fn cell(value: &Value) -> Option<Cell> {
    let Value::Guarded(Guard::Cell { group, people }, inner) = value else {
        return None;
    };
    let mut groups = vec![*group];
    let mut people = *people;
    // A cell may stand in several sums.
    if let Some(more) = cell(inner) {
        groups.extend(more.groups);
        people = people.min(more.people);
    }
    Some(Cell { groups, people })
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
        let cell = |people: u64| Value::from(people).cell("teams", people);
        let results = Results::new()
            .with("a", cell(12))
            .with("b", cell(3))
            .with("c", cell(7));
        let published = publish(&results, 5);
        assert_eq!(published["a"], 12);
        assert!(published["b"].is_null() && published["c"].is_null());
        assert_eq!(published["suppressed"], true);
    }

    #[test]
    fn cells_of_a_list_are_withheld_together() {
        let week = |week: u32, people: u64| {
            let cell = |value: u64| Value::from(value).cell("weeks", people);
            Results::new()
                .with("week", week)
                .with("k", cell(people * 10))
                .with("rate", cell(people))
        };
        let weeks = vec![week(0, 12), week(1, 3), week(2, 7), week(3, 0), week(4, 9)];
        let published = publish(&Results::new().with("curve", weeks), 5);
        let seen = |name: &str| -> Vec<bool> {
            let curve = published["curve"].as_array().unwrap();
            curve.iter().map(|week| !week[name].is_null()).collect()
        };
        // Week 1 alone could be had from a total: the next smallest goes with it.
        assert_eq!(seen("k"), [true, false, false, true, true]);
        assert_eq!(seen("rate"), seen("k"));
        assert_eq!(seen("week"), [true; 5]);
        assert_eq!(published["curve"][2]["suppressed"], true);
        assert!(published["curve"][3].get("suppressed").is_none());
    }

    #[test]
    fn groups_down_a_list_do_not_mix() {
        let month = |late: u64, window: u64| {
            Results::new()
                .with("late", Value::from(late).cell("late", late))
                .with("window", Value::from(window).cell("window", window))
        };
        let months = vec![month(9, 2), month(8, 3), month(7, 6)];
        let published = publish(&Results::new().with("series", months), 5);
        for (row, shown) in [false, false, true].into_iter().enumerate() {
            assert!(!published["series"][row]["late"].is_null());
            assert_eq!(!published["series"][row]["window"].is_null(), shown);
        }
    }

    #[test]
    fn guards_nest() {
        let median = |people: u64, meetings: u64| {
            Results::new().with(
                "median",
                Value::from(4_u64).of_people(people).of_at_least(meetings),
            )
        };
        assert_eq!(publish(&median(9, 5), 5)["median"], 4);
        assert!(publish(&median(9, 4), 5)["median"].is_null());
        assert!(publish(&median(4, 9), 5)["median"].is_null());
    }
}
