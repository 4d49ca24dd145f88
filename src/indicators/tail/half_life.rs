//! L2, usage half-life: half of what is read is older than this.

use crate::indicators::observed::comparable_reads;
use crate::indicators::shapes::{guarded, guarded_median, limits_of_median};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results};
use crate::stats::median;

/// L2.
pub(in crate::indicators) struct HalfLife;

static SPEC: Spec = Spec {
    code: "L2",
    title: "Usage half-life",
    unit: "days",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_median_age",
        "fact_median_age_people",
        "fact_median_age_by_writeup",
    ],
    says: "Half of what is read is older than this.",
    definition: "Synchronous: the median age, at the read, of the kept reads of the last \
        {recent_days} days. Diachronous: the median of the ages below {horizon_days} days of the \
        reads of write-ups whose reads were observed without a gap for their first {horizon_days} \
        days. Per write-up: the median over such write-ups with at least ten such reads of their \
        own median age, with 95 % BCa bootstrap limits over write-ups (_lo, _hi), from eight on. Age = read at - published at in elapsed days; a daily count stands at noon \
        with its count as weight; an even number gives the midpoint. not_yet_observed counts \
        write-ups old enough whose {first_year} {year_was} not observed whole. \
        {watched_by_the_same}",
    caveat: "The age of what was read lately is a state: it falls when much is published and grows \
        when nobody writes. Look at it beside the read curve, and never compare organisations by \
        it. The half-life of the {first_year} is comparable, and speaks of write-ups at least \
        {horizon_time} old.",
};

impl Indicator for HalfLife {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        Ok(half_life(facts, context))
    }
}

fn half_life(facts: &Facts, context: &Context) -> Results {
    let totals = &facts.totals;
    let days = |ms: f64| ms / DAY_MS as f64;
    let by_writeup = median(&totals.median_age_by_writeup_ms).map(days);
    let horizon = comparable_reads(facts, context, context.parameters.horizon_days);
    let medians: Vec<f64> = totals
        .median_age_by_writeup_ms
        .iter()
        .map(|&ms| days(ms))
        .collect();
    let middle =
        |value: Option<f64>| guarded_median(value, medians.len(), totals.people_diachronous);
    let (lo, hi) = limits_of_median(&medians, middle);
    Results::new()
        .with(
            "usage_half_life_sync_days",
            guarded(totals.median_age_sync_ms.map(days), totals.people_sync),
        )
        .with(
            "usage_half_life_diachronous_days",
            guarded(
                totals.median_age_diachronous_ms.map(days),
                totals.people_diachronous,
            ),
        )
        .with("per_writeup_median_of_medians", middle(by_writeup))
        .with("per_writeup_median_of_medians_lo", lo)
        .with("per_writeup_median_of_medians_hi", hi)
        .with("writeups", horizon.writeups.len())
        .with(
            "writeups_with_ten_reads",
            totals.median_age_by_writeup_ms.len(),
        )
        .with("not_yet_observed", horizon.not_yet_observed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, writeup};
    use crate::indicators::{Totals, Windows};
    use crate::model::Value;

    #[test]
    fn ages_become_days_and_nothing_stays_nothing() {
        let mut facts = empty();
        facts.totals = Totals {
            median_age_sync_ms: Some(6.5 * DAY_MS as f64),
            people_sync: 9,
            median_age_by_writeup_ms: vec![DAY_MS as f64, 4.0 * DAY_MS as f64],
            people_diachronous: 2,
            ..Totals::default()
        };
        let found = half_life(&facts, &context());
        assert_eq!(
            found.get("usage_half_life_sync_days"),
            Some(&Value::Float(6.5).of_people(9))
        );
        assert_eq!(
            found.get("usage_half_life_diachronous_days"),
            Some(&Value::Null)
        );
        assert_eq!(
            found.get("per_writeup_median_of_medians"),
            Some(&Value::Float(2.5).of_people(2).of_at_least(2))
        );
    }

    #[test]
    fn a_gap_in_the_first_year_is_named() {
        let mut facts = empty();
        let mut gap = writeup("gap", Some(day(0.0)));
        gap.reads_steady = Windows(vec![(day(0.0), day(100.0)), (day(101.0), day(400.0))]);
        facts.writeups = vec![
            gap,
            writeup("whole", Some(day(35.0))),
            writeup("young", Some(day(36.0))),
        ];
        let found = half_life(&facts, &context());
        assert_eq!(found.get("writeups"), Some(&Value::Int(1)));
        assert_eq!(found.get("not_yet_observed"), Some(&Value::Int(1)));
    }
}
