//! L6, revivals: write-ups that went quiet and were read again.

use polars::prelude::PolarsResult;

use super::quiet::clock;
use crate::indicators::shapes::proportion;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// L6.
pub(in crate::indicators) struct Revivals;

static SPEC: Spec = Spec {
    code: "L6",
    title: "Revivals",
    unit: "revivals; write-ups",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_daily"],
    says: "Write-ups that went quiet for {quiet_time} and were read again.",
    definition: "A revival is a gap of at least {quiet_days} days, from publication or from a kept \
        read, that ends with a kept read; a first read that late is one too. Taken in: the \
        write-ups of L5, each until as_of, its deletion or the first gap in watching its reads. \
        share = write-ups with at least one revival of all taken in, Wilson's 95 % interval. \
        {watched_by_the_same}",
    caveat: "Old write-ups have had more time to come back, so the share grows by itself. The \
        reason may be a new incident, a newcomer or an audit: look at the write-up.",
};

impl Indicator for Revivals {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        revivals(facts, context).map_err(|source| IndicatorError::of("L6", source))
    }
}

fn revivals(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let clock = clock(facts, context)?;
    let revived = clock.lives.iter().filter(|life| life.revivals > 0).count() as u64;
    let all: u64 = clock.lives.iter().map(|life| life.revivals).sum();
    let guard = |value: Value| value.of_people(facts.totals.readers);
    let values = Results::new()
        .with("writeups_revived", guard(revived.into()))
        .with("revivals", guard(all.into()))
        .with(
            "share",
            match proportion(revived, clock.lives.len() as u64) {
                Value::Null => Value::Null,
                share => guard(share),
            },
        );
    Ok(Results::new()
        .with("revivals", values)
        .with("not_yet_observed", clock.not_yet_observed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, read_facts, writeup};

    fn field(results: &Results, name: &str) -> Value {
        let Some(Value::Map(map)) = results.get("revivals") else {
            panic!("{results:?}")
        };
        map.get(name).unwrap().bare().clone()
    }

    #[test]
    fn a_write_up_may_be_revived_twice() {
        let writeups = vec![writeup("a", Some(day(0.0))), writeup("b", Some(day(0.0)))];
        let rows = [
            (0, 1.0, 1),
            (0, 100.0, 1),
            (0, 200.0, 1),
            (1, 1.0, 1),
            (1, 50.0, 1),
        ];
        let found = revivals(&read_facts(writeups, &rows), &context()).unwrap();
        assert_eq!(field(&found, "revivals"), Value::Int(2));
        assert_eq!(field(&found, "writeups_revived"), Value::Int(1));
    }

    #[test]
    fn of_nothing_no_share() {
        let found = revivals(&empty(), &context()).unwrap();
        assert_eq!(field(&found, "revivals"), Value::Int(0));
        assert_eq!(field(&found, "share"), Value::Null);
    }
}
