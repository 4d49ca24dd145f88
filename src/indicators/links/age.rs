//! K2, age of live links: are old references alive?

use polars::prelude::PolarsResult;

use super::{Meant, by_place, each, talk_and_others, uptake};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Millis, Results, Value};
use crate::stats::quantile;

/// K2.
pub(in crate::indicators) struct LinkAge;

static SPEC: Spec = Spec {
    code: "K2",
    title: "Age of live links",
    unit: "days",
    version: 1,
    layer: Layer::X,
    state: true,
    facts: &["fact_links"],
    says: "How old the links are that still stand.",
    definition: "Quantiles (type 7) of as_of - at in days, over the n links that K1 counts as live in \
        the five places of the talk: the quartiles, and below what nine in ten lie. by_place says the \
        same place by place, uptake of those links alone that are neither follow-up nor on a page \
        that lists, uptake_by_place of these place by place, other_places of the remaining places.",
    caveat: "It grows by a day a day where nothing new is linked and nothing goes. Commits never go \
        away: look at the places one by one.",
};

impl Indicator for LinkAge {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        link_age(facts, context.as_of).map_err(|source| IndicatorError::of("K2", source))
    }
}

fn link_age(facts: &Facts, as_of: Millis) -> PolarsResult<Results> {
    let mut live = each(facts)?;
    live.retain(Meant::is_live);
    let (talk, others) = talk_and_others(live);
    let uptake = uptake(&talk);
    Ok(Results::new()
        .with("live_age_days", ages(&talk, as_of))
        .with("by_place", by_place(&talk, |links| ages(links, as_of)))
        .with("uptake", ages(&uptake, as_of))
        .with(
            "uptake_by_place",
            by_place(&uptake, |links| ages(links, as_of)),
        )
        .with("other_places", ages(&others, as_of)))
}

fn ages(links: &[Meant], as_of: Millis) -> Value {
    let ages: Vec<f64> = links
        .iter()
        .map(|link| (as_of - link.at) as f64 / DAY_MS as f64)
        .collect();
    Results::new()
        .with("n", ages.len())
        .with("p25", quantile(&ages, 0.25))
        .with("median", quantile(&ages, 0.5))
        .with("p75", quantile(&ages, 0.75))
        .with("p90", quantile(&ages, 0.9))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{LinkRow, context, empty, links, number};
    use crate::stats::examples::{close, one};

    fn of(rows: &[LinkRow]) -> Results {
        let facts = Facts {
            links: links(rows),
            ..empty()
        };
        link_age(&facts, context().as_of).unwrap()
    }

    /// Links of these ages at day 400.
    fn aged(ages: &[f64]) -> Vec<LinkRow> {
        let rows = ages.iter();
        rows.map(|age| LinkRow::new(0, "diagram", 400.0 - age, None))
            .collect()
    }

    #[test]
    fn fits_the_worked_examples() {
        let mut rows = aged(&[10.0, 30.0, 100.0, 400.0]);
        // None of these is live, meant, or in one of the five places.
        rows.push(LinkRow::new(0, "diagram", 1.0, Some(9.0)));
        rows.push(LinkRow::new(0, "diagram", 1.0, None).stated("index"));
        rows.push(LinkRow::new(0, "ticket", 1.0, None));
        let found = of(&rows);
        for name in ["p25", "median", "p75", "p90"] {
            let value = number(&found, &["live_age_days", name]).unwrap();
            assert!(close(value, &one("K2", 0).expect[name]), "{name} {value}");
        }
        assert_eq!(number(&found, &["live_age_days", "n"]), Some(4.0));
        assert_eq!(number(&found, &["by_place", "diagram", "n"]), Some(4.0));
        assert_eq!(number(&found, &["by_place", "commit", "median"]), None);
        assert_eq!(number(&found, &["other_places", "median"]), Some(399.0));

        let found = of(&aged(&[12.5]));
        for name in ["p25", "median", "p75", "p90"] {
            let value = number(&found, &["live_age_days", name]).unwrap();
            assert!(
                close(value, &one("K2", 1).expect["median"]),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn follow_up_is_told_apart() {
        let mut rows = aged(&[10.0, 30.0]);
        rows[0].part = "follow_up";
        let found = of(&rows);
        assert_eq!(number(&found, &["uptake", "median"]), Some(30.0));
        assert_eq!(
            number(&found, &["uptake_by_place", "diagram", "n"]),
            Some(1.0)
        );
        assert_eq!(number(&found, &["live_age_days", "median"]), Some(20.0));
    }
}
