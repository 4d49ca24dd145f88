//! A1, attendees per review: how many people came.

use polars::prelude::*;

use super::{came, is_planned, recorded, rows};
use crate::indicators::frames::{counts, distinct_people, scalar};
use crate::indicators::shapes::{fewest, guarded_middle, limits_of_median};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{median, quantile};

/// A1.
pub(in crate::indicators) struct Attendees;

static SPEC: Spec = Spec {
    code: "A1",
    title: "Attendees per review",
    unit: "people",
    version: 3,
    layer: Layer::H,
    state: false,
    facts: &["fact_attendance"],
    says: "How many people came to reviews.",
    definition: "Somebody attended a review (one occurrence of a meeting) if their presence over \
        all reconnects and devices, capped at the meeting's length, is at least {min_present_s} s, \
        or, without presence data, if the host said so; an answer to an invitation alone is no \
        attendance. Rooms, telephones that nobody knows and resources are dropped; or_more = recorded meetings at \
         which a list has rooms or telephones, so that their attendees are the fewest who came. A meeting about a \
         write-up that is {late_time} old or more, a story session or a talk to new colleagues retells: it is \
         counted apart from reviews, here and in every other indicator of them, unless somebody says that it was \
         one. attendees = attended rows, dial-ins without a \
         name included; people = distinct people who attended; rows = everybody invited or present. A meeting is \
         recorded where a meeting tool, an attendance list or a hand says of anybody in it that they came or \
         did not. meetings = recorded ones, not_recorded = the others, of which only invitations are known; \
         median and iqr (first and third quartile, type 7) of attendees over the recorded ones, those to \
         which nobody came included; median_per_meeting_lo and _hi = 95 % BCa bootstrap limits over \
         recorded meetings, from eight on.",
    caveat: "Being there is not taking part. Behind a room or a telephone may sit nobody new, one, or ten: \
        where there was one, the number of attendees is the least. One large review would move an average, so the \
        middle review is told. Reviews that nobody recorded may have been other reviews than those that \
        somebody did.",
};

impl Indicator for Attendees {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        attendees(&rows(facts)).map_err(|source| IndicatorError::of("A1", source))
    }
}

fn attendees(rows: &LazyFrame) -> PolarsResult<Results> {
    let (held, not_recorded) = recorded(rows)?;
    let meetings = held
        .group_by([col("meeting")])
        .agg([
            col("attended")
                .sum()
                .cast(DataType::UInt64)
                .alias("attendees"),
            col("or_more").max(),
        ])
        .sort(["meeting"], SortMultipleOptions::default())
        .collect()?;
    let per_meeting = counts(&meetings, "attendees")?;
    let or_more = scalar(meetings.clone().lazy().filter(col("or_more")), len())?;
    let sizes: Vec<f64> = per_meeting.iter().map(|&count| count as f64).collect();
    let people = distinct_people(rows.clone().filter(came()))?;
    let listed = distinct_people(rows.clone())?;
    // Rows less attendees are the absent, attendees less those with a name are dial-ins: what lies
    // between two numbers must be nobody or many, too.
    let absent = distinct_people(rows.clone().filter(came().not()))?;
    let dial_ins = scalar(
        rows.clone()
            .filter(col("attended").and(col("person").is_null())),
        len(),
    )?;

    // A2 leaves out those who came to what nobody planned.
    let unplanned = distinct_people(rows.clone().filter(came().and(is_planned().not())))?;

    let middle = |value: Option<f64>| guarded_middle(value, sizes.len(), people);
    let quartiles = match (quantile(&sizes, 0.25), quantile(&sizes, 0.75)) {
        (Some(first), Some(third)) => Value::List(vec![middle(Some(first)), middle(Some(third))]),
        _ => Value::Null,
    };
    let (lo, hi) = limits_of_median(&sizes, middle);
    let values = Results::new()
        .with("meetings", per_meeting.len())
        .with("not_recorded", not_recorded)
        .with("or_more", or_more)
        .with(
            "rows",
            Value::from(scalar(rows.clone(), len())?).of_people(fewest(&[listed, absent])),
        )
        .with(
            "attendees",
            Value::from(per_meeting.iter().sum::<u64>())
                .of_people(fewest(&[people, dial_ins, unplanned])),
        )
        .with("people", Value::from(people).of_people(people))
        .with("median_per_meeting", middle(median(&sizes)))
        .with("median_per_meeting_lo", lo)
        .with("median_per_meeting_hi", hi)
        .with("iqr", quartiles);
    Ok(Results::new().with("attendance", values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance};
    use crate::stats::examples::{close, numbers, one};

    fn field(results: &Results, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get("attendance") else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().clone()
    }

    #[test]
    fn fits_the_worked_example() {
        let example = one("A1", 0);
        let meetings = ["a", "b", "c", "d", "e"];
        let rows: Vec<Row> = numbers(&example.input["n"])
            .into_iter()
            .zip(meetings)
            .flat_map(|(n, meeting)| (0..n as u32).map(move |p| Row::invited(meeting, p, "CHAIR")))
            .collect();
        let found = attendees(&attendance(&rows).lazy()).unwrap();
        let Value::Float(middle) = *field(&found, "median_per_meeting").bare() else {
            panic!()
        };
        assert!(close(middle, &example.expect["median"]));
        let Value::List(quartiles) = field(&found, "iqr") else {
            panic!()
        };
        for (value, name) in quartiles.iter().zip(["q1", "q3"]) {
            let Value::Float(value) = *value.bare() else {
                panic!()
            };
            assert!(close(value, &example.expect[name]), "{name}");
        }
        assert_eq!(field(&found, "people"), Value::Int(80).of_people(80));
    }

    #[test]
    fn dial_ins_count_and_absentees_do_not() {
        let mut absent = Row::invited("a", 1, "OPT-PARTICIPANT");
        absent.attended = false;
        let mut dial_in = Row::walk_in("b", 0);
        dial_in.person = None;
        let rows = [absent, dial_in.clone(), dial_in, Row::walk_in("b", 1)];
        let found = attendees(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, "meetings"), Value::Int(2));
        assert_eq!(field(&found, "rows").bare(), &Value::Int(4));
        assert_eq!(field(&found, "attendees").bare(), &Value::Int(3));
        assert_eq!(field(&found, "people").bare(), &Value::Int(1));
        assert_eq!(
            field(&found, "median_per_meeting").bare(),
            &Value::Float(1.5)
        );
    }

    /// A plan of which nobody says who came is no review to which nobody came; a list that says so is.
    #[test]
    fn what_nobody_recorded_is_no_review_to_which_nobody_came() {
        let absent = |meeting, recorded| Row {
            attended: false,
            recorded,
            ..Row::invited(meeting, 9, "REQ-PARTICIPANT")
        };
        let mut rows = vec![absent("planned", false), absent("other plan", false)];
        rows.extend((0..4).map(|person| Row::walk_in("a", person)));
        let middle = |rows: &[Row]| {
            let found = attendees(&attendance(rows).lazy()).unwrap();
            assert_eq!(field(&found, "not_recorded"), Value::Int(2));
            let middle = field(&found, "median_per_meeting");
            (field(&found, "meetings"), middle.bare().clone())
        };
        assert_eq!(middle(&rows), (Value::Int(1), Value::Float(4.0)));
        rows.push(absent("empty", true));
        assert_eq!(middle(&rows), (Value::Int(2), Value::Float(2.0)));
    }

    #[test]
    fn meetings_with_rooms_are_those_to_which_more_may_have_come() {
        let mut rows: Vec<Row> = (0..9).map(|person| Row::walk_in("a", person)).collect();
        rows.push(Row::walk_in("b", 1));
        rows.iter_mut()
            .filter(|row| row.meeting == "a")
            .for_each(|row| row.or_more = true);
        rows.push(Row {
            recorded: false,
            attended: false,
            or_more: true,
            ..Row::invited("planned", 3, "CHAIR")
        });
        let found = attendees(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, "or_more"), Value::Int(1));
    }

    /// All attendees less those with a name, whom A2 tells, are the dial-ins.
    #[test]
    fn few_dial_ins_are_not_told_by_the_sum() {
        let mut rows: Vec<Row> = (0..9).map(|person| Row::walk_in("a", person)).collect();
        let mut dial_in = Row::walk_in("a", 0);
        dial_in.person = None;
        rows.extend([dial_in.clone(), dial_in]);
        let found = attendees(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, "attendees"), Value::Int(11).of_people(2));
    }

    #[test]
    fn no_meetings_no_median() {
        let found = attendees(&attendance(&[]).lazy()).unwrap();
        assert_eq!(field(&found, "median_per_meeting"), Value::Null);
        assert_eq!(field(&found, "meetings"), Value::Int(0));
    }
}
