//! K6, late links: how much of what is linked now is old?

use polars::prelude::PolarsResult;

use super::recent::{Recent, recent};
use super::{Meant, is_of_the_talk};
use crate::indicators::shapes::proportion;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Place, Results, Value};

/// K6.
pub(in crate::indicators) struct LateLinks;

static SPEC: Spec = Spec {
    code: "K6",
    title: "Late links",
    unit: "share",
    version: 1,
    layer: Layer::L,
    state: true,
    facts: &["fact_links"],
    says: "How much of what is linked now is older than {late_days} days.",
    definition: "Links of the last {horizon_days} days to write-ups that were at least {late_days} \
        days old then, of all links of that time to dated write-ups, in the five places of the \
        talk, whether they still stand or not; Wilson's 95 % interval; null where there are none. A \
        link made before publication counts as young. Links of a write-up to itself, links of which \
        their source says that they stand on an index page or came with a template are left out. \
        by_place says the same place by place; uptake of links alone that are neither follow-up nor \
        on a page that lists, uptake_by_place of these place by place; other_places of the remaining \
        places.",
    caveat: "It is a state: where fewer write-ups are published, more of what can be linked is old.",
};

impl Indicator for LateLinks {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        late_links(facts, context).map_err(|source| IndicatorError::of("K6", source))
    }
}

fn late_links(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let late = i64::from(context.parameters.late_days) * DAY_MS;
    let links = recent(facts, context)?;
    let share = |which: &dyn Fn(&Meant) -> bool| share(&links, late, which);
    let in_place = |place: Place, which: &dyn Fn(&Meant) -> bool| {
        share(&|link: &Meant| link.place == place && which(link))
    };
    let by_place = |which: &dyn Fn(&Meant) -> bool| {
        Place::OF_THE_TALK
            .into_iter()
            .fold(Results::new(), |results, place| {
                results.with(place.name(), in_place(place, which))
            })
    };
    let of_talk = |link: &Meant| is_of_the_talk(link.place);
    Ok(Results::new()
        .with("late_links", share(&of_talk))
        .with("by_place", by_place(&|_| true))
        .with("uptake", share(&|link| of_talk(link) && link.is_uptake()))
        .with("uptake_by_place", by_place(&Meant::is_uptake))
        .with("other_places", share(&|link| !of_talk(link))))
}

fn share(links: &[Recent], late: i64, which: &dyn Fn(&Meant) -> bool) -> Value {
    let (mut k, mut n) = (0, 0);
    for recent in links.iter().filter(|recent| which(&recent.link)) {
        n += 1;
        k += u64::from(recent.age >= late);
    }
    proportion(k, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        LinkRow, context, day, empty, field, links, number, writeup,
    };
    use crate::stats::examples::{close, one};

    #[test]
    fn fits_the_worked_examples() {
        let example = one("K6", 0);
        let [k, n] = ["k", "n"].map(|name| example.expect[name].as_u64().unwrap());
        // At day 300 the first write-up is 90 days old to the millisecond, the second a day less.
        let old = |i: u64| LinkRow::new(u32::from(i >= k), "commit", 300.0, None);
        let mut rows: Vec<LinkRow> = (0..n).map(old).collect();
        rows.push(LinkRow::new(0, "commit", 300.0, None).stated("template"));
        rows.push(LinkRow::new(0, "ticket", 300.0, None));
        rows.push(LinkRow::new(2, "commit", 300.0, None));
        rows[0].part = "follow_up";
        let writeups = vec![
            writeup("old", Some(day(210.0))),
            writeup("young", Some(day(211.0))),
            writeup("undated", None),
        ];
        let facts = Facts {
            links: links(&rows),
            writeups,
            ..empty()
        };
        let found = late_links(&facts, &context()).unwrap();
        for name in ["k", "n", "p", "lo", "hi"] {
            let value = number(&found, &["late_links", name]).unwrap();
            assert!(close(value, &example.expect[name]), "{name} {value}");
            assert_eq!(number(&found, &["by_place", "commit", name]), Some(value));
        }
        assert_eq!(number(&found, &["uptake", "n"]), Some(n as f64 - 1.0));
        assert_eq!(
            number(&found, &["uptake_by_place", "commit", "k"]),
            Some(k as f64 - 1.0)
        );
        assert_eq!(number(&found, &["other_places", "n"]), Some(1.0));
        assert_eq!(field(&found, &["by_place", "diagram"]), Value::Null);
    }

    #[test]
    fn no_links_no_share() {
        let found = late_links(&empty(), &context()).unwrap();
        assert!(one("K6", 1).expect["share"].is_null());
        assert_eq!(found.get("late_links"), Some(&Value::Null));
    }
}
