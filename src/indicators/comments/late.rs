//! C1, late comments: is it still discussed months later?

use polars::prelude::*;

use crate::indicators::frames::{counts, dated, scalar, sums_by_age};
use crate::indicators::observed::comparable;
use crate::indicators::shapes::{clustered, proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results};
use crate::stats::ratio;

/// C1.
pub(in crate::indicators) struct LateComments;

static SPEC: Spec = Spec {
    code: "C1",
    title: "Late comments",
    unit: "share",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_comments"],
    says: "Whether write-ups are still discussed {late_later}.",
    definition: "First form: comments at an age >= {late_days} days of all comments on dated \
        write-ups, Wilson's 95 % interval; comments on a draft count as young. Second, comparable \
        form: sum of y / sum of x over write-ups whose comments were observed without a gap for \
        their first {horizon_days} days, x = comments at an age in [0, {horizon_days}) days, y = \
        those in [{late_days}, {horizon_days}), interval with write-ups as clusters as in L3 (none \
        below five write-ups). Comments deleted before as_of are gone; an edit of a comment is no \
        new one; robots and importers (more than ten comments of one source at one instant) are \
        left out. not_yet_observed counts write-ups old enough whose {first_year} of comments \
        {year_was} not observed whole. {watched_by_the_same}",
    caveat: "The share of all comments is a state: it grows when people stop writing. The share of \
        the {first_years} comments is the comparable one. Few comments are written at all, so look \
        at the numbers behind the share.",
};

impl Indicator for LateComments {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        late_comments(facts, context).map_err(|source| IndicatorError::of("C1", source))
    }
}

fn late_comments(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let parameters = &context.parameters;
    let (late, horizon) = (parameters.late_days, parameters.horizon_days);
    let ms = |days: u32| i64::from(days) * DAY_MS;

    let ages = facts
        .comments
        .clone()
        .lazy()
        .join(
            dated(facts)?,
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Inner),
        )
        .select([
            col("writeup"),
            (col("at") - col("published")).alias("age"),
            lit(1u64).alias("weight"),
        ]);
    let row = ages
        .clone()
        .select([
            len().alias("dated"),
            col("age")
                .gt_eq(lit(ms(late)))
                .sum()
                .cast(DataType::UInt64)
                .alias("late"),
        ])
        .collect()?;
    let first = |name: &str| counts(&row, name).map(|all| all.first().copied().unwrap_or(0));
    let (dated, late_count) = (first("dated")?, first("late")?);

    let chosen = comparable(facts, context, horizon, |writeup| {
        writeup.comments_observed_for(horizon, context.as_of)
    });
    let pairs = sums_by_age(ages, &chosen.writeups, ms(late), ms(horizon))?;
    let comments = Results::new()
        .with("comments", scalar(facts.comments.clone().lazy(), len())?)
        .with("dated", dated)
        .with("late", late_count)
        .with("late_share", proportion(late_count, dated));
    // Comments are not people; nothing here is withheld.
    let comparable = clustered(&ratio(&pairs, 1.0), |value| value, |value| value);
    Ok(Results::new()
        .with("comments", comments)
        .with("late_share_horizon", comparable)
        .with("not_yet_observed", chosen.not_yet_observed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{comments, context, day, empty, writeup};
    use crate::model::Value;
    use crate::stats::examples::{close, one};

    fn field(results: &Results, map: &str, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get(map) else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().clone()
    }

    #[test]
    fn the_limit_belongs_to_late() {
        let mut facts = empty();
        facts.writeups = vec![writeup("w", Some(day(0.0))), writeup("undated", None)];
        let mut rows: Vec<_> = [0.5, 3.0, 89.99, 90.0, 200.0]
            .map(|age| (0, day(age), Some(1), false))
            .to_vec();
        rows.push((1, day(1.0), Some(1), false));
        facts.comments = comments(&rows);
        let found = late_comments(&facts, &context()).unwrap();
        assert_eq!(field(&found, "comments", "comments"), Value::Int(6));
        assert_eq!(field(&found, "comments", "dated"), Value::Int(5));
        assert_eq!(field(&found, "comments", "late"), Value::Int(2));
        let Value::Map(share) = field(&found, "comments", "late_share") else {
            panic!()
        };
        let Some(Value::Float(lo)) = share.get("lo") else {
            panic!()
        };
        assert!(close(*lo, &one("C1", 0).expect["lo"]));
    }

    #[test]
    fn the_comparable_form_leaves_drafts_and_the_unwatched_out() {
        let mut facts = empty();
        let mut gap = writeup("gap", Some(day(0.0)));
        gap.comments_steady = Windows(vec![(day(10.0), day(400.0))]);
        facts.writeups = ["a", "b", "c", "d"]
            .map(|id| writeup(id, Some(day(0.0))))
            .to_vec();
        facts.writeups.push(gap);
        let mut rows = Vec::new();
        for (writeup, early, late) in [(0, 7, 3), (1, 4, 0), (3, 4, 2), (4, 5, 5)] {
            rows.extend((0..early).map(|i| (writeup, day(f64::from(i)), None, false)));
            rows.extend((0..late).map(|i| (writeup, day(90.0 + f64::from(i)), None, false)));
        }
        rows.extend([(0, day(-1.0), None, false), (0, day(365.0), None, false)]);
        facts.comments = comments(&rows);
        let found = late_comments(&facts, &context()).unwrap();
        let expect = one("C1", 1).expect;
        for name in ["num", "den", "ratio"] {
            let Value::Float(value) = field(&found, "late_share_horizon", name) else {
                panic!()
            };
            assert!(close(value, &expect[name]), "{name}");
        }
        assert_eq!(
            field(&found, "late_share_horizon", "lo"),
            Value::Null,
            "four clusters"
        );
        assert_eq!(field(&found, "comments", "dated"), Value::Int(32));
        assert_eq!(found.get("not_yet_observed"), Some(&Value::Int(1)));
    }

    #[test]
    fn no_comments_no_share() {
        let found = late_comments(&empty(), &context()).unwrap();
        assert_eq!(field(&found, "comments", "late_share"), Value::Null);
        assert_eq!(field(&found, "comments", "late"), Value::Int(0));
    }
}
