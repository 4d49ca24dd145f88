//! C2, distinct commenters: how many voices, apart from the authors'.

use polars::prelude::*;

use crate::indicators::frames::{distinct_people, scalar, with_flags};
use crate::indicators::shapes::{Sides, people_proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// C2.
pub(in crate::indicators) struct Commenters;

static SPEC: Spec = Spec {
    code: "C2",
    title: "Distinct commenters",
    unit: "people; share",
    version: 1,
    layer: Layer::H,
    state: false,
    facts: &["fact_comments"],
    says: "How many voices there are, apart from those who wrote.",
    definition: "distinct = different people with a comment; distinct_non_contributors = those \
        with a comment on a write-up that they did not contribute to; non_contributor_share = \
        such comments of all comments, Wilson's 95 % interval. A comment without a person counts \
        as a comment and as nobody.",
    caveat: "People counted for two write-ups or two weeks never add up, since one may stand in \
        both. Tools in which only those who wrote may comment show no other voices.",
};

impl Indicator for Commenters {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        commenters(&facts.comments).map_err(|source| IndicatorError::of("C2", source))
    }
}

fn commenters(frame: &DataFrame) -> PolarsResult<Results> {
    let named = with_flags(frame, &["contributor"]).filter(col("person").is_not_null());
    let others = named.clone().filter(col("contributor").not());
    let distinct = distinct_people(named.clone())?;
    let outside = distinct_people(others.clone())?;
    let values = Results::new()
        .with("distinct", Value::from(distinct).of_people(distinct))
        // Both numbers are shown, so what lies between them must be nobody or many, too.
        .with(
            "distinct_non_contributors",
            Value::from(outside).share_of_people(outside, distinct),
        )
        .with(
            "non_contributor_share",
            people_proportion(
                scalar(others, len())?,
                frame.height() as u64,
                Sides {
                    with: outside,
                    without: distinct - outside,
                    all: distinct,
                },
            ),
        );
    Ok(Results::new().with("commenters", values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{comments, day};
    use crate::stats::examples::{close, one};

    fn field(results: &Results, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get("commenters") else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().clone()
    }

    #[test]
    fn fits_the_worked_example() {
        let row = |person: Option<u32>, contributor| (0, day(1.0), person, contributor);
        let rows = [
            row(Some(1), true),
            row(Some(2), false),
            row(Some(2), false),
            row(Some(3), false),
        ];
        let found = commenters(&comments(&rows)).unwrap();
        assert_eq!(field(&found, "distinct"), Value::Int(3).of_people(3));
        assert_eq!(
            field(&found, "distinct_non_contributors"),
            Value::Int(2).share_of_people(2, 3)
        );
        let Value::Map(share) = field(&found, "non_contributor_share") else {
            panic!()
        };
        let Some(Value::Float(lo)) = share.get("lo").map(Value::bare) else {
            panic!()
        };
        assert!(close(*lo, &one("C2", 0).expect["share"]["lo"]));
    }

    #[test]
    fn nobody_is_no_person() {
        let found = commenters(&comments(&[(0, day(1.0), None, false)])).unwrap();
        assert_eq!(field(&found, "distinct").bare(), &Value::Int(0));
        let Value::Map(share) = field(&found, "non_contributor_share") else {
            panic!("{found:?}")
        };
        assert_eq!(share.get("n").map(Value::bare), Some(&Value::Int(1)));
        assert_eq!(share.get("k").map(Value::bare), Some(&Value::Int(0)));
        assert_eq!(
            field(&found, "distinct_non_contributors").bare(),
            &Value::Int(0)
        );
    }
}
