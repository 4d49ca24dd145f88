//! K5, cited half-life: how old is what people link to?

use polars::prelude::PolarsResult;

use super::is_of_the_talk;
use super::recent::{Recent, recent};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results};
use crate::stats::median;

/// K5.
pub(in crate::indicators) struct CitedHalfLife;

/// Steps of the drawn curve, days.
const STEP: u32 = 30;

/// The curve ends after so many steps, ten years.
const MOST_STEPS: u32 = 122;

static SPEC: Spec = Spec {
    code: "K5",
    title: "Cited half-life",
    unit: "days",
    version: 1,
    layer: Layer::X,
    state: true,
    facts: &["fact_links"],
    says: "How old the write-ups are that people link to.",
    definition: "cited_half_life_days = median of the age of the write-up when the link was made, \
        over links of the last {horizon_days} days to dated write-ups, in the five places of the \
        talk, whether they still stand or not. Links of a write-up to itself, links of which their \
        source says that they stand on an index page or came with a template are left out. \
        draft_links = those made before publication: they are in n and not in the median. curve: \
        the share of the others made to something at most so old. uptake says the same of links \
        alone that are neither follow-up nor on a page that lists.",
    caveat: "The more old write-ups there are, the older is what is linked to, whatever people do.",
};

impl Indicator for CitedHalfLife {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        cited(facts, context).map_err(|source| IndicatorError::of("K5", source))
    }
}

fn cited(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let mut links = recent(facts, context)?;
    links.retain(|recent| is_of_the_talk(recent.link.place));
    let all = half_life(&links);
    links.retain(|recent| recent.link.is_uptake());
    Ok(all.with("uptake", half_life(&links)))
}

fn half_life(links: &[Recent]) -> Results {
    let published = links.iter().filter(|recent| !recent.is_of_draft());
    let ages: Vec<f64> = published.map(Recent::days).collect();
    Results::new()
        .with("cited_half_life_days", median(&ages))
        .with("n", links.len())
        .with("draft_links", links.len() - ages.len())
        .with("curve", curve(ages))
}

/// The share of links to something at most so old, until it is all of them.
fn curve(mut ages: Vec<f64>) -> Vec<Results> {
    ages.sort_unstable_by(f64::total_cmp);
    let Some(oldest) = ages.last().copied() else {
        return Vec::new();
    };
    // Between 1 and the most, so that nothing is lost.
    let last = (oldest / f64::from(STEP))
        .ceil()
        .clamp(1.0, f64::from(MOST_STEPS)) as u32;
    let steps = (1..=last).map(|step| step * STEP);
    steps
        .map(|days| {
            let younger = ages.partition_point(|age| *age <= f64::from(days));
            Results::new()
                .with("age_days", days)
                .with("share", younger as f64 / ages.len() as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{LinkRow, context, day, empty, links, number, writeup};
    use crate::model::Value;
    use crate::stats::examples::{close, numbers, one};

    /// Links made at day 399 to write-ups of these ages.
    fn of(ages: &[f64], change: impl Fn(LinkRow) -> LinkRow) -> Results {
        let rows = (0..)
            .zip(ages)
            .map(|(w, _)| change(LinkRow::new(w, "diagram", 399.0, None)));
        let published = ages.iter().map(|age| Some(day(399.0 - age)));
        let writeups = published.map(|at| writeup("w", at)).collect();
        let facts = Facts {
            links: links(&rows.collect::<Vec<_>>()),
            writeups,
            ..empty()
        };
        cited(&facts, &context()).unwrap()
    }

    #[test]
    fn fits_the_worked_examples() {
        let found = of(&[2.0, 9.0, 80.0, 400.0, 700.0], |row| row);
        let half_life = number(&found, &["cited_half_life_days"]).unwrap();
        assert!(close(half_life, &one("K5", 0).expect["median"]));
        let draft = one("K5", 1);
        let found = of(&numbers(&draft.input["ages"]), |row| row);
        let half_life = number(&found, &["cited_half_life_days"]).unwrap();
        assert!(close(half_life, &draft.expect["median"]), "{half_life}");
        assert_eq!(number(&found, &["n"]), Some(3.0));
        assert!(close(
            number(&found, &["draft_links"]).unwrap(),
            &draft.expect["draft_links"]
        ));
    }

    #[test]
    fn the_curve_ends_when_it_holds_all() {
        let found = of(&[2.0, 9.0, 80.0, 400.0], |row| row);
        let Some(Value::List(curve)) = found.get("curve") else {
            panic!("{found:?}")
        };
        let point = |value: &Value| match value {
            Value::Map(map) => ["age_days", "share"].map(|name| number(map, &[name]).unwrap()),
            other => panic!("{other:?}"),
        };
        let points: Vec<[f64; 2]> = curve.iter().map(point).collect();
        assert_eq!(points.first(), Some(&[30.0, 0.5]));
        assert_eq!(points[2], [90.0, 0.75]);
        assert_eq!(points.last(), Some(&[420.0, 1.0]));
    }

    #[test]
    fn what_was_linked_earlier_or_elsewhere_is_not_cited_now() {
        let earlier = of(&[2.0], |row| LinkRow { from: 20.0, ..row });
        assert_eq!(number(&earlier, &["n"]), Some(0.0));
        assert_eq!(number(&earlier, &["cited_half_life_days"]), None);
        let elsewhere = of(&[2.0], |row| LinkRow {
            place: "ticket",
            ..row
        });
        assert_eq!(number(&elsewhere, &["n"]), Some(0.0));
        let follow_up = of(&[2.0], |row| LinkRow {
            part: "follow_up",
            ..row
        });
        assert_eq!(number(&follow_up, &["n"]), Some(1.0));
        assert_eq!(number(&follow_up, &["uptake", "n"]), Some(0.0));
    }
}
