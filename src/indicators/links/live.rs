//! K1, live links by place: where write-ups have become part of the work.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::meant;
use crate::indicators::frames::counts;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Place, Results};

/// K1.
pub(in crate::indicators) struct LiveLinks;

static SPEC: Spec = Spec {
    code: "K1",
    title: "Live links by place",
    unit: "links; write-ups",
    version: 1,
    layer: Layer::L,
    state: true,
    says: "Where write-ups have become part of the work: code, commits, diagrams, other \
        write-ups, onboarding.",
    definition: "By place: created = links made before as_of; live = those of them neither \
        removed nor left without a target by then. Left out: links of a write-up to itself, links \
        on index pages, links that a template brought. writeups_linked = write-ups with a live \
        link in one of the five places of the talk; places per linked write-up = mean number of \
        those places with a live link to it. other_places shows the remaining places apart.",
    caveat: "Commits never go away and links pile up with the years. Places are never added up: a \
        line that a robot puts under a commit is cheap, a line in a diagram is not.",
};

impl Indicator for LiveLinks {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        live_links(facts).map_err(|source| IndicatorError::of("K1", source))
    }
}

fn live_links(facts: &Facts) -> PolarsResult<Results> {
    let links = meant(facts);
    let live = || col("ended_at").is_null();
    let places = links
        .clone()
        .group_by([col("place")])
        .agg([
            len().alias("created"),
            live().sum().cast(DataType::UInt64).alias("live"),
        ])
        .collect()?;
    let names: Vec<String> = places
        .column("place")?
        .str()?
        .iter()
        .map(|name| name.unwrap_or("").to_owned())
        .collect();
    let by_place = |column: &str| -> PolarsResult<BTreeMap<String, u64>> {
        Ok(names
            .iter()
            .cloned()
            .zip(counts(&places, column)?)
            .collect())
    };
    let (created, alive) = (by_place("created")?, by_place("live")?);

    // A frame of the five names to join with: one row a (write-up, place).
    let talk = df!("place" => Place::OF_THE_TALK.map(Place::name))?.lazy();
    let linked = links
        .filter(live())
        .join(
            talk,
            [col("place")],
            [col("place")],
            JoinArgs::new(JoinType::Inner),
        )
        .group_by([col("writeup")])
        .agg([col("place")
            .n_unique()
            .cast(DataType::UInt64)
            .alias("places")])
        .collect()?;
    let spread: u64 = counts(&linked, "places")?.iter().sum();
    let writeups = linked.height();

    let five = || Place::OF_THE_TALK.into_iter();
    let others = || {
        Place::ALL
            .into_iter()
            .filter(|place| !Place::OF_THE_TALK.contains(place))
    };
    let values = Results::new()
        .with("created", pick(five(), &created))
        .with("live", pick(five(), &alive))
        .with("writeups_linked", writeups)
        .with(
            "places_per_linked_writeup_mean",
            (writeups > 0).then(|| spread as f64 / writeups as f64),
        )
        .with(
            "other_places",
            Results::new()
                .with("created", pick(others(), &created))
                .with("live", pick(others(), &alive)),
        );
    Ok(Results::new().with("links", values))
}

/// One count for each place, 0 where there is none.
fn pick(places: impl Iterator<Item = Place>, counts: &BTreeMap<String, u64>) -> Results {
    places.fold(Results::new(), |results, place| {
        results.with(place.name(), counts.get(place.name()).copied().unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{LinkRow, empty, links};
    use crate::model::Value;

    fn field(results: &Results, path: &[&str]) -> Value {
        let mut value = Value::Map(results.clone());
        for name in path {
            let Value::Map(map) = &value else {
                panic!("{name} {value:?}")
            };
            value = map
                .get(name)
                .unwrap_or_else(|| panic!("{name} {map:?}"))
                .clone();
        }
        value
    }

    #[test]
    fn fits_the_worked_example() {
        let mut rows = vec![LinkRow::new(0, "commit", 1.0, None); 10];
        rows.extend(vec![LinkRow::new(1, "diagram", 1.0, None); 2]);
        rows.extend(vec![LinkRow::new(2, "diagram", 1.0, Some(9.0)); 4]);
        rows.push(LinkRow::new(0, "diagram", 1.0, Some(2.0)));
        rows.push(LinkRow::new(0, "runbook", 1.0, None));
        rows.push(LinkRow {
            own: true,
            ..LinkRow::new(3, "writeup", 1.0, None)
        });
        rows.push(LinkRow {
            role: Some("index"),
            ..LinkRow::new(3, "docs", 1.0, None)
        });
        rows.push(LinkRow {
            role: Some("template"),
            ..LinkRow::new(3, "onboarding", 1.0, None)
        });
        rows.push(LinkRow {
            role: Some("uptake"),
            ..LinkRow::new(1, "onboarding", 1.0, None)
        });
        let found = live_links(&Facts {
            links: links(&rows),
            ..empty()
        })
        .unwrap();
        for (path, count) in [
            (["links", "created", "commit"], 10),
            (["links", "live", "commit"], 10),
            (["links", "created", "diagram"], 7),
            (["links", "live", "diagram"], 2),
            (["links", "created", "writeup"], 0),
            (["links", "live", "onboarding"], 1),
        ] {
            assert_eq!(field(&found, &path), Value::Int(count), "{path:?}");
        }
        assert_eq!(
            field(&found, &["links", "other_places", "live", "runbook"]),
            Value::Int(1)
        );
        assert_eq!(
            field(&found, &["links", "other_places", "created", "docs"]),
            Value::Int(0)
        );
        assert_eq!(field(&found, &["links", "writeups_linked"]), Value::Int(2));
        assert_eq!(
            field(&found, &["links", "places_per_linked_writeup_mean"]),
            Value::Float(1.5)
        );
    }

    #[test]
    fn no_links_no_mean() {
        let found = live_links(&empty()).unwrap();
        assert_eq!(
            field(&found, &["links", "places_per_linked_writeup_mean"]),
            Value::Null
        );
        assert_eq!(
            field(&found, &["links", "live", "code_comment"]),
            Value::Int(0)
        );
    }
}
