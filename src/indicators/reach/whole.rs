//! L11, reach: what part of the organisation reads write-ups at all.

use crate::indicators::assigned::readers_with_and_without;
use crate::indicators::shapes::Sides;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};
use crate::stats::wilson;

/// L11.
pub(in crate::indicators) struct WholeReach;

static SPEC: Spec = Spec {
    code: "L11",
    title: "Reach",
    unit: "share",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_reach", "fact_counts_only"],
    says: "What part of the organisation read any write-up in the last {recent_days} days.",
    definition: "n = people on the roster (with a team or a first day) who were there at some time in \
        [as_of - {recent_days} d, as_of): joined before as_of and not left before the window; rooms, \
        programs and people who are excluded by hand are in neither number. k = those of n with a kept \
        read (R1) that names them in that window. Wilson's 95 % interval. Whoever is not on the roster, such as a \
        contractor, is in neither number; what somebody read who left since stays. Null without a roster, \
        and where no write-up was watched all through the window by a source that names readers.",
    caveat: "Who opened one write-up once counts like who reads all of them, and opening is not learning. \
        Sources that only count readers, and reads without a person, add nobody: then this is a lower bound. \
        What people read of their own write-ups does not count. It grows when a newsletter goes round.",
};

impl Indicator for WholeReach {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        readers_with_and_without(
            facts,
            |totals| totals.roster_readers,
            |facts| Ok(Results::new().with("reach", reach(facts, context))),
        )
    }
}

fn reach(facts: &Facts, context: &Context) -> Value {
    let from = context.as_of - i64::from(context.parameters.recent_days) * DAY_MS;
    let is_watched = facts
        .writeups
        .iter()
        .any(|one| !one.counts_only && one.reads_observed.covers(from, context.as_of));
    let totals = &facts.totals;
    let found = wilson(totals.roster_readers, totals.roster).filter(|_| is_watched);
    let Some(found) = found else {
        return Value::Null;
    };
    let people = Sides {
        with: found.k,
        without: found.n - found.k,
        all: found.n,
    };
    // R3 tells everybody who ever read: those who are not among these are nobody or many.
    let others = totals.readers.saturating_sub(found.k);
    let split = |value: Value| people.share(value).of_people(others);
    Results::new()
        .with("k", split(found.k.into()))
        .with("n", people.total(found.n))
        .with("p", split(found.p.into()))
        .with("lo", split(found.lo.into()))
        .with("hi", split(found.hi.into()))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, field, is_told, writeup};
    use crate::indicators::{Assigned, Totals, Windows};
    use crate::stats::examples::{close, one};

    fn facts(readers: u64, roster: u64, ever: u64) -> Facts {
        Facts {
            writeups: vec![writeup("a", Some(day(0.0)))],
            totals: Totals {
                roster,
                roster_readers: readers,
                readers: ever,
                ..Totals::default()
            },
            ..empty()
        }
    }

    fn found(facts: &Facts) -> Results {
        WholeReach.compute(facts, &context()).unwrap()
    }

    #[test]
    fn fits_the_worked_examples() {
        for at in 0..2 {
            let expect = one("L11", at).expect;
            let number = |name: &str| expect[name].as_u64().unwrap();
            let results = found(&facts(number("k"), number("n"), 90));
            for name in ["k", "n", "p", "lo", "hi"] {
                let value = match *field(&results, &["reach", name]).bare() {
                    Value::Int(value) => value as f64,
                    Value::Float(value) => value,
                    ref other => panic!("{name} {other:?}"),
                };
                assert!(close(value, &expect[name]), "{name} {value}");
            }
        }
    }

    #[test]
    fn nothing_is_said_of_nobody_and_of_what_was_not_watched() {
        assert_eq!(found(&facts(0, 0, 0)).get("reach"), Some(&Value::Null));
        let mut counted = facts(0, 30, 0);
        counted.writeups[0].counts_only = true;
        assert_eq!(found(&counted).get("reach"), Some(&Value::Null));
        let mut late = facts(0, 30, 0);
        late.writeups[0].reads_observed = Windows(vec![(day(311.0), day(500.0))]);
        assert_eq!(found(&late).get("reach"), Some(&Value::Null));
    }

    #[test]
    fn few_are_told_neither_here_nor_by_what_is_left() {
        let told = |k, n, ever, name| is_told(&found(&facts(k, n, ever)), &["reach", name], 5);
        assert!(told(12, 30, 40, "k"));
        assert!(!told(3, 30, 40, "p"));
        assert!(!told(27, 30, 40, "p"));
        // Two people read earlier, and R3 tells fourteen.
        assert!(!told(12, 30, 14, "k") && told(12, 30, 14, "n"));
    }

    #[test]
    fn whoever_reads_only_what_is_assigned_is_told_of_many() {
        let with = |without: u64, only: u64| {
            let assigned = Assigned {
                without: facts(without, 40, without),
                only: facts(only, 40, only).totals,
            };
            Facts {
                assigned: Some(Box::new(assigned)),
                ..facts(20, 40, 20)
            }
        };
        let place = ["without_assigned", "reach", "k"];
        let results = found(&with(14, 9));
        assert_eq!(field(&results, &place).bare(), &Value::Int(14));
        assert!(is_told(&results, &place, 5));
        // Three read nothing else.
        assert!(!is_told(&found(&with(17, 9)), &place, 5));
    }
}
