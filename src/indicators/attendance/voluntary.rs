//! A2, voluntary attendance: who came though they did not have to.

use polars::prelude::*;

use super::duty::need_not;
use super::{came, planned, recorded, rows, sides};
use crate::indicators::frames::{counts, distinct_people, scalar};
use crate::indicators::shapes::{
    clustered, fewest, guarded_middle, limits_of_median, people_proportion,
};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{median, ratio};

/// A2.
pub(in crate::indicators) struct Voluntary;

static SPEC: Spec = Spec {
    code: "A2",
    title: "Voluntary attendance",
    unit: "share; people",
    version: 3,
    layer: Layer::L,
    state: false,
    facts: &["fact_attendance"],
    says: "How many of those who came to a review did not have to.",
    definition: "n = (meeting, person) who attended (A1), people without a name left out, and meetings that are \
        not planned: of which no source tells any invitation, nor anybody that all may or all have to come. Who \
        had to come to those is not known; not_planned = how many of them are recorded. \
        Voluntary: invited as OPT-PARTICIPANT or NON-PARTICIPANT, or not invited at all, and \
        neither a responder of the incident nor told to attend. CHAIR (the organiser too) \
        and REQ-PARTICIPANT are not voluntary; any role unknown to RFC 5545, and an invitation \
        without a role, count as REQ-PARTICIPANT, as the RFC asks. Share with Wilson's 95 % interval, and as \
        a ratio over meetings with the standard error between meetings (as in L3, no interval \
        below five). walk_ins = voluntary and not invited. The median is of voluntary attendees \
        over the other recorded meetings (A1), those without any included, with 95 % BCa bootstrap limits over \
        meetings (_lo, _hi), from eight on; not_recorded = how many meetings \
        nobody recorded. \
        need_not, the headline, and need_not_have_come of one review believe the calendar less: had_to_come are \
        responders, authors, whoever is in the chair, told to come, or named by themselves as required \
        (role_not_stated of them only because the calendar names no role); open_invitation are others who \
        were invited: as optional or for information, through one list with more than {large_list} people, or \
        to a meeting that is marked open, where nobody has to be named, or to which a group went whose members \
        are not known, of whoever no invitation names; uninvited are the rest. k of n = the last two, with Wilson's \
        interval; per_meeting_median (with such limits) and iqr = how many they are at a recorded meeting. Where people are withheld \
        below k > 1, fewer than k whom the two forms count otherwise in a quarter for one reason are counted \
        as in the strict one.",
    caveat: "Where the share of optional invitations jumps by a fifth of all from one quarter to the next (twenty \
        invitations each), half of the people are the same and as many come to a review, the quarter is marked: \
        the invitation habit changed. Calendars mark people as required by default, so more may have come freely than is \
        told here; those who came without an invitation are the sure part. Somebody told to come, \
        without a mark in the calendar, looks like a free guest.",
};

impl Indicator for Voluntary {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        all_forms(&rows(facts), context).map_err(|source| IndicatorError::of("A2", source))
    }
}

fn all_forms(rows: &LazyFrame, context: &Context) -> PolarsResult<Results> {
    let (rows, not_recorded) = recorded(rows)?;
    let (rows, not_planned) = planned(&rows)?;
    let results = with_and_without(&rows)?;
    let results = results.with("need_not", need_not(&rows, context)?);
    Ok(results
        .with("not_recorded", not_recorded)
        .with("not_planned", not_planned))
}

/// Where any had to come, the same beside it without them. Either number shows the difference between
/// the two: the second is withheld where few people stand between them.
fn with_and_without(rows: &LazyFrame) -> PolarsResult<Results> {
    let results = voluntary(rows)?;
    let told = distinct_people(rows.clone().filter(came().and(col("mandatory"))))?;
    if told == 0 {
        return Ok(results);
    }
    let others = rows.clone().filter(col("mandatory").not());
    let free = distinct_people(others.clone().filter(came()))?;
    let without = Value::from(voluntary(&others)?);
    Ok(results.with("without_mandatory", without.of_people(told).of_people(free)))
}

/// Stands where a calendar would name a role: came without an invitation.
const WALK_IN: &str = "";

fn voluntary(rows: &LazyFrame) -> PolarsResult<Results> {
    let people = sides(rows, came(), free())?;
    let meetings = rows
        .clone()
        .group_by([col("meeting")])
        .agg([
            came()
                .and(free())
                .sum()
                .cast(DataType::UInt64)
                .alias("voluntary"),
            came().sum().cast(DataType::UInt64).alias("attended"),
        ])
        // By what is summed up: a meeting's name is a keyed hash, and sums of fractions have an order.
        .sort(["attended", "voluntary"], SortMultipleOptions::default())
        .collect()?;
    let (free_per_meeting, all) = (
        counts(&meetings, "voluntary")?,
        counts(&meetings, "attended")?,
    );
    let sizes: Vec<f64> = free_per_meeting.iter().map(|&count| count as f64).collect();
    let pairs: Vec<(f64, f64)> = sizes
        .iter()
        .copied()
        .zip(all.iter().map(|&count| count as f64))
        .collect();

    // A3 withholds the share of walk-ins when few others came; their number beside that of all would
    // tell those few.
    let is_walk_in = free().and(col("invited").not());
    let walked = sides(rows, came(), is_walk_in.clone())?;
    let walk_ins = scalar(rows.clone().filter(came().and(is_walk_in)), len())?;
    // A3 counts those too who came without an invitation and had to.
    let had_to = came().and(col("invited").not()).and(free().not());
    let obliged = distinct_people(rows.clone().filter(had_to))?;

    let middle = |value: Option<f64>| guarded_middle(value, sizes.len(), people.with);
    let (lo, hi) = limits_of_median(&sizes, middle);
    let (k, n) = (free_per_meeting.iter().sum(), all.iter().sum());
    Ok(Results::new()
        .with("voluntary", people_proportion(k, n, people))
        .with(
            "voluntary_clustered",
            clustered(
                &ratio(&pairs, 1.0),
                |v| people.share(v),
                |v| people.total(v),
            ),
        )
        .with("voluntary_per_meeting_median", middle(median(&sizes)))
        .with("voluntary_per_meeting_median_lo", lo)
        .with("voluntary_per_meeting_median_hi", hi)
        .with(
            "walk_ins",
            walked.share(walk_ins).of_people(fewest(&[obliged])),
        ))
}

/// Did not have to come.
fn free() -> Expr {
    let role = || {
        when(col("role").is_not_null())
            .then(col("role"))
            .when(col("invited"))
            .then(lit("REQ-PARTICIPANT"))
            .otherwise(lit(WALK_IN))
    };
    role()
        .eq(lit(WALK_IN))
        .or(role().eq(lit("OPT-PARTICIPANT")))
        .or(role().eq(lit("NON-PARTICIPANT")))
        .and(col("responder").not())
        .and(col("mandatory").not())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, context};
    use crate::model::Value;
    use crate::stats::examples::{close, one};

    fn field(results: &Results, map: &str, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get(map) else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().clone()
    }

    #[test]
    fn fits_the_worked_example() {
        let roles = [
            "CHAIR",
            "REQ-PARTICIPANT",
            "REQ-PARTICIPANT",
            "REQ-PARTICIPANT",
            "OPT-PARTICIPANT",
            "OPT-PARTICIPANT",
            "OPT-PARTICIPANT",
            "OPT-PARTICIPANT",
            "OPT-PARTICIPANT",
            "NON-PARTICIPANT",
        ];
        let mut rows: Vec<Row> = roles
            .iter()
            .zip(0..)
            .map(|(role, person)| Row::invited("m", person, role))
            .collect();
        rows.push(Row {
            role: None,
            ..Row::invited("m", 10, "")
        });
        rows.extend((11..14).map(|person| Row::walk_in("m", person)));
        let mut dial_in = Row::walk_in("m", 0);
        dial_in.person = None;
        let mut absent = Row::invited("m", 20, "OPT-PARTICIPANT");
        absent.attended = false;
        rows.extend([dial_in, absent]);

        let found = voluntary(&attendance(&rows).lazy()).unwrap();
        let expect = one("A2", 0).expect;
        for name in ["p", "lo", "hi"] {
            let Value::Float(value) = *field(&found, "voluntary", name).bare() else {
                panic!()
            };
            assert!(close(value, &expect[name]), "{name} {value}");
        }
        assert_eq!(
            field(&found, "voluntary", "k"),
            Value::Int(9).share_of_people(9, 14)
        );
        assert_eq!(field(&found, "voluntary_clustered", "lo"), Value::Null);
        assert_eq!(
            found.get("walk_ins"),
            Some(&Value::Int(3).share_of_people(3, 14).of_people(0))
        );
        assert_eq!(
            found.get("voluntary_per_meeting_median"),
            Some(&Value::Float(9.0).of_people(9).of_at_least(1).of_people(9))
        );
    }

    #[test]
    fn responders_and_those_told_to_come_are_not_voluntary() {
        let mut responder = Row::walk_in("m", 1);
        responder.responder = true;
        let mut told = Row::invited("m", 2, "OPT-PARTICIPANT");
        told.mandatory = true;
        let rows = [responder, told, Row::invited("m", 3, "X-OBSERVER")];
        let found = voluntary(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, "voluntary", "k").bare(), &Value::Int(0));
        assert_eq!(field(&found, "voluntary", "n").bare(), &Value::Int(3));
    }

    #[test]
    fn those_told_to_come_are_left_out_beside_it() {
        let told = |person| Row {
            mandatory: true,
            ..Row::invited("m", person, "REQ-PARTICIPANT")
        };
        let rows = [
            told(1),
            told(2),
            Row::walk_in("m", 3),
            Row::invited("m", 4, "REQ-PARTICIPANT"),
        ];
        let found = with_and_without(&attendance(&rows).lazy()).unwrap();
        assert_eq!(field(&found, "voluntary", "n").bare(), &Value::Int(4));
        let Some(Value::Map(without)) = found.get("without_mandatory").map(Value::bare) else {
            panic!("{found:?}")
        };
        assert_eq!(field(without, "voluntary", "k").bare(), &Value::Int(1));
        assert_eq!(field(without, "voluntary", "n").bare(), &Value::Int(2));
        let found = with_and_without(&attendance(&rows[2..]).lazy()).unwrap();
        assert!(found.get("without_mandatory").is_none());
    }

    #[test]
    fn what_nobody_recorded_is_in_no_median() {
        let planned = Row {
            attended: false,
            recorded: false,
            ..Row::invited("planned", 9, "OPT-PARTICIPANT")
        };
        let mut rows: Vec<Row> = (0..4).map(|person| Row::walk_in("m", person)).collect();
        rows.push(planned);
        let found = all_forms(&attendance(&rows).lazy(), &context()).unwrap();
        assert_eq!(found.get("not_recorded"), Some(&Value::Int(1)));
        let usual = found.get("voluntary_per_meeting_median").map(Value::bare);
        assert_eq!(usual, Some(&Value::Float(4.0)));
        let Some(Value::Map(need_not)) = found.get("need_not").map(Value::bare) else {
            panic!("{found:?}")
        };
        let usual = need_not.get("per_meeting_median").map(Value::bare);
        assert_eq!(usual, Some(&Value::Float(4.0)));
    }

    #[test]
    fn nobody_came() {
        let found = voluntary(&attendance(&[]).lazy()).unwrap();
        assert_eq!(found.get("voluntary"), Some(&Value::Null));
        assert_eq!(field(&found, "voluntary_clustered", "ratio"), Value::Null);
    }
}
