//! A4, presence fraction: do they stay?

use std::collections::BTreeSet;

use polars::prelude::*;

use super::{Presence as Present, meetings, over_meetings, people, presences, rows};
use crate::indicators::shapes::guarded_median;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{median, quantile};

/// A4.
pub(in crate::indicators) struct Presence;

static SPEC: Spec = Spec {
    code: "A4",
    title: "Presence fraction",
    unit: "share",
    version: 2,
    layer: Layer::H,
    state: false,
    facts: &["fact_attendance"],
    says: "Whether those who come to a review stay.",
    definition: "Over (meeting, person) who attended (A1), people without a name left out: presence over \
        all reconnects and devices, divided by the meeting's length, at most 1. The length is the one \
        that a meeting tool or list tells with who came, the longest of several; else the planned one. \
        Where somebody stayed longer than told, it is so long, but no longer than planned. Where there is no measured presence (the host's list alone) or no known length, the row is left \
        out. presence_fraction_median and iqr (first and third quartile) are of type 7; stayed counts \
        presences by tenths of the meeting, whole presences in the last.",
    caveat: "Being connected is not listening, and where nobody tells how long a meeting really was, one \
        that was planned too long looks as if people had left it.",
};

/// In how many parts a meeting is cut for the picture.
const PARTS: i64 = 10;

impl Indicator for Presence {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        presence(&rows(facts)).map_err(|source| IndicatorError::of("A4", source))
    }
}

fn presence(rows: &LazyFrame) -> PolarsResult<Results> {
    let all = presences(rows)?;
    let (known, unknown): (Vec<&Present>, Vec<&Present>) =
        all.iter().partition(|one| measured(one).is_some());
    let measures: Vec<(i64, i64)> = known.iter().filter_map(|one| measured(one)).collect();
    let fractions: Vec<f64> = measures
        .iter()
        .map(|(stayed, length)| *stayed as f64 / *length as f64)
        .collect();
    let who = people(known.iter().copied());
    let held = meetings(known.iter().copied());
    // All attendees are told by A2: those whose presence nobody measured are what is left.
    let apart = people(unknown.iter().copied());
    let middle = |q: Option<f64>| over_meetings(guarded_median(q, fractions.len(), who), held, &[]);
    let quartiles = match (quantile(&fractions, 0.25), quantile(&fractions, 0.75)) {
        (Some(first), Some(third)) => Value::List(vec![middle(Some(first)), middle(Some(third))]),
        _ => Value::Null,
    };
    let told = |value: Value| over_meetings(value, held, &[who, apart]);
    let (count, tenths) = match known.is_empty() {
        true => (Value::from(0_u64), Value::List(Vec::new())),
        false => (told(known.len().into()), told(stayed(&known))),
    };
    Ok(Results::new()
        .with("presence_fraction_median", middle(median(&fractions)))
        .with("iqr", quartiles)
        .with("presences", count)
        .with("meetings", held)
        .with("stayed", tenths))
}

/// How long of how long, where both are known.
fn measured(one: &Present) -> Option<(i64, i64)> {
    let length = one.length_ms?;
    Some((one.stayed_ms?.clamp(0, length), length))
}

/// Presences by tenths of the meeting. Their sum is told, so they are cells of one table.
fn stayed(known: &[&Present]) -> Value {
    let parts = (0..PARTS).map(|part| {
        let inside = known.iter().filter(|one| {
            let of_ten = measured(one).map(|(stayed, length)| stayed * PARTS / length);
            of_ten.map(|tenth| tenth.min(PARTS - 1)) == Some(part)
        });
        let inside: Vec<i64> = inside.map(|one| one.person).collect();
        let who: BTreeSet<i64> = inside.iter().copied().collect();
        Results::new()
            .with("from", part as f64 / PARTS as f64)
            .with(
                "presences",
                Value::from(inside.len()).cell("A4.stayed", who.len() as u64),
            )
    });
    Value::from(parts.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, field};
    use crate::stats::examples::{close, one};

    fn there(person: u32, stayed_s: i64, length_s: Option<i64>) -> Row {
        Row {
            stayed_ms: Some(stayed_s * 1000),
            length_ms: length_s.map(|s| s * 1000),
            ..Row::walk_in("m", person)
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let rows = [3600, 1800, 900, 3700];
        let rows: Vec<Row> = (0..)
            .zip(rows)
            .map(|(person, s)| there(person, s, Some(3600)))
            .collect();
        let found = presence(&attendance(&rows).lazy()).unwrap();
        let Value::Float(middle) = *field(&found, &["presence_fraction_median"]).bare() else {
            panic!("{found:?}")
        };
        assert!(close(middle, &one("A4", 0).expect["median"]), "{middle}");

        let unknown = [there(1, 900, None), there(2, 900, Some(0))];
        let found = presence(&attendance(&unknown).lazy()).unwrap();
        assert_eq!(found.get("presence_fraction_median"), Some(&Value::Null));
        assert!(one("A4", 1).expect["median"].is_null());
    }

    #[test]
    fn only_the_measured_presence_of_attendees_with_a_name_counts() {
        let mut by_hand = there(2, 0, Some(3600));
        by_hand.stayed_ms = None;
        let mut dial_in = there(3, 100, Some(3600));
        dial_in.person = None;
        let mut looked_in = there(4, 60, Some(3600));
        looked_in.attended = false;
        let rows = [there(1, 1800, Some(3600)), by_hand, dial_in, looked_in];
        let found = presence(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, &["presences"]).bare(), &Value::Int(1));
        let middle = field(&found, &["presence_fraction_median"]);
        assert_eq!(middle.bare(), &Value::Float(0.5));
        // Somebody whose presence was not measured would be what is left of all attendees.
        assert_eq!(
            field(&found, &["presences"]),
            Value::Int(1).of_at_least(1).of_people(1)
        );
    }

    #[test]
    fn tenths_add_up_and_the_end_is_in_the_last() {
        let rows: Vec<Row> = [(1, 3600), (2, 3599), (3, 3240), (4, 3239), (5, 400)]
            .map(|(person, s)| there(person, s, Some(3600)))
            .to_vec();
        let found = presence(&attendance(&rows).lazy()).unwrap();
        let Value::List(tenths) = field(&found, &["stayed"]).bare().clone() else {
            panic!("{found:?}")
        };
        let counts: Vec<Value> = tenths
            .iter()
            .map(|tenth| match tenth {
                Value::Map(map) => map.get("presences").unwrap().bare().clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [0, 1, 0, 0, 0, 0, 0, 0, 1, 3].map(Value::Int);
        assert_eq!(counts, expected);
    }
}
