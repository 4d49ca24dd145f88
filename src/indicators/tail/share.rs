//! L3, tail share: of the first year's reading, how much happens months later.

use polars::prelude::PolarsResult;

use crate::indicators::assigned::{People, with_and_without};
use crate::indicators::frames::{reads_by_age, sums_by_age};
use crate::indicators::observed::comparable_reads;
use crate::indicators::shapes::{clustered, fewest, guarded};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::ratio;

/// L3.
pub(in crate::indicators) struct TailShare;

static SPEC: Spec = Spec {
    code: "L3",
    title: "Tail share after day {late_days}",
    unit: "share",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_daily", "fact_horizon_people"],
    says: "Of the {first_years} reading, how much happens {late_later}.",
    definition: "S = sum of y / sum of x over the write-ups whose reads were observed without a \
        gap for their first {horizon_days} days and that lived as long: x = kept reads at an age \
        in [0, {horizon_days}) days, y = those in [{late_days}, {horizon_days}). Write-ups without \
        a read stay in. Standard error with write-ups as clusters, sqrt(n/(n-1) * sum (y - S x)^2) \
        / sum x; 95 % interval S ± 1.96 se cut to [0, 1]; none below five write-ups. Beside it the \
        two levels, early (x - y) and late (y) reads per write-up. not_yet_observed counts \
        write-ups old enough whose {first_year} {year_was} not observed whole. \
        {watched_by_the_same}",
    caveat: "A share never stands alone: it also grows when fewer people read at first, so look at \
        both levels. Nothing in it is younger than {horizon_time}.",
};

impl Indicator for TailShare {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        let people: [People; 3] = [
            |totals| totals.people_diachronous,
            |totals| totals.people_horizon_early,
            |totals| totals.people_horizon_late,
        ];
        with_and_without(facts, &people, |facts| tail_share(facts, context))
            .map_err(|source| IndicatorError::of("L3", source))
    }
}

/// The places of the write-ups that are summed over.
pub fn taken_in(facts: &Facts, context: &Context) -> Vec<usize> {
    let chosen = comparable_reads(facts, context, context.parameters.horizon_days).writeups;
    chosen.into_iter().map(|at| at as usize).collect()
}

fn tail_share(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let (late, horizon) = (
        context.parameters.late_days,
        context.parameters.horizon_days,
    );
    let chosen = comparable_reads(facts, context, context.parameters.horizon_days);
    let pairs = sums_by_age(
        reads_by_age(facts),
        &chosen.writeups,
        late.into(),
        horizon.into(),
    )?;
    let found = ratio(&pairs, 1.0);

    let totals = &facts.totals;
    let all = totals.people_diachronous;
    let people = fewest(&[all, totals.people_horizon_early, totals.people_horizon_late]);
    let per_writeup = |reads: f64| (found.clusters > 0).then(|| reads / found.clusters as f64);
    let shares = clustered(
        &found,
        |value| value.of_people(people),
        |value: Value| value.of_people(all),
    )
    .with(
        "early_per_writeup",
        guarded(per_writeup(found.den - found.num), people),
    )
    .with("late_per_writeup", guarded(per_writeup(found.num), people));
    Ok(Results::new()
        .with("tail_share", shares)
        .with("not_yet_observed", chosen.not_yet_observed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, read_facts, writeup};
    use crate::stats::examples::{close, one};

    fn field(results: &Results, name: &str) -> Value {
        let Some(Value::Map(share)) = results.get("tail_share") else {
            panic!("{results:?}")
        };
        share.get(name).unwrap().bare().clone()
    }

    #[test]
    fn fits_the_worked_example_without_its_interval() {
        let year = |id: &str| writeup(id, Some(day(0.0)));
        let mut deleted = year("deleted");
        deleted.deleted_at = Some(day(364.0));
        let writeups = vec![
            year("a"),
            year("b"),
            year("c"),
            year("d"),
            writeup("young", Some(day(100.0))),
            writeup("undated", None),
            deleted,
        ];
        let rows = [
            (0, 0.5, 40),
            (0, 90.0, 9),
            (0, 364.9, 1),
            (0, 365.0, 7),
            (1, 1.0, 12),
            (1, 100.0, 8),
            (2, 89.9, 9),
            (2, 200.0, 1),
            (4, 95.0, 30),
            (5, 95.0, 30),
            (6, 95.0, 30),
        ];
        let found = tail_share(&read_facts(writeups, &rows), &context()).unwrap();
        let expect = one("L3", 0).expect;
        for name in ["num", "den", "ratio"] {
            let Value::Float(value) = field(&found, name) else {
                panic!("{name}")
            };
            assert!(close(value, &expect[name]), "{name} {value}");
        }
        assert_eq!(field(&found, "clusters"), Value::Int(4));
        assert_eq!(field(&found, "early_per_writeup"), Value::Float(61.0 / 4.0));
        assert_eq!(field(&found, "late_per_writeup"), Value::Float(19.0 / 4.0));
        for name in ["se", "lo", "hi"] {
            assert_eq!(field(&found, name), Value::Null, "below five clusters");
        }
    }

    #[test]
    fn five_write_ups_have_an_interval() {
        let writeups = (0..5)
            .map(|i| writeup(&i.to_string(), Some(day(f64::from(i)))))
            .collect();
        let rows = [
            (0, 1.0, 4),
            (1, 2.0, 6),
            (1, 100.0, 2),
            (2, 120.0, 1),
            (3, 5.0, 3),
        ];
        let found = tail_share(&read_facts(writeups, &rows), &context()).unwrap();
        assert!(matches!(field(&found, "lo"), Value::Float(_)));
    }

    #[test]
    fn no_write_ups_no_share() {
        let found = tail_share(&empty(), &context()).unwrap();
        assert_eq!(field(&found, "ratio"), Value::Null);
        assert_eq!(field(&found, "early_per_writeup"), Value::Null);
    }
}
