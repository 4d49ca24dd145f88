//! K1, live links by place: where write-ups have become part of the work.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use polars::prelude::PolarsResult;

use super::{Meant, each, is_of_the_talk};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, LinkForm, LinkRole, Millis, Place, Results};

/// K1.
pub(in crate::indicators) struct LiveLinks;

/// Months that the picture goes back.
const MONTHS: i32 = 60;

static SPEC: Spec = Spec {
    code: "K1",
    title: "Live links by place",
    unit: "links; write-ups",
    version: 5,
    layer: Layer::L,
    state: true,
    facts: &["fact_links"],
    says: "Where write-ups have become part of the work: code, commits, diagrams, other \
        write-ups, onboarding.",
    definition: "By place: created = links made before as_of; live = those of them neither \
        removed nor left without a target by then. Left out: links of a write-up to itself, links \
        of which their source says that they stand on an index page or came with a template, links \
        removed before they were made. What one place says of write-ups that were merged is one link, from its first name \
        on until the last is gone. writeups_linked = write-ups with a live link in one of the five places of the talk; places \
        per linked write-up = mean number of those places with a live link to it. other_places \
        shows the remaining places apart. The same links, each in one of three: follow_up = made \
        until {follow_up_days} days after publication, or to an undated write-up whenever, by \
        somebody who wrote the write-up or responded, or in a team that did: one that the write-up names, or \
        that one of them was in when it was published; index = on a page that \
        at some instant of the link's life, when a link on it was made, had live links to more than \
        {index_writeups} write-ups, or to at least {index_team_least} and more than the share \
        {index_team_share} of those that one team had published by then, where write-ups without a team \
        are those of one; uptake = all others. What a source says of a link \
        comes first. by_form, of all and of each of the three: links that lead to the write-up (link), its key \
        alone, its title alone, and those whose source does not say. by_month: uptake that stood at the end of each \
        local month.",
    caveat: "Commits never go away and links pile up with the years. Places are never added up: a \
        line that a robot puts under a commit is cheap, a line in a diagram is not.",
};

impl Indicator for LiveLinks {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        live_links(facts, context).map_err(|source| IndicatorError::of("K1", source))
    }
}

fn live_links(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let links = each(facts)?;
    let of_part = |part: LinkRole| {
        let own = || links.iter().filter(move |link| link.part == part);
        of(own()).with("by_form", by_form(own))
    };
    let values = of(links.iter())
        .with("uptake", of_part(LinkRole::Uptake))
        .with("follow_up", of_part(LinkRole::FollowUp))
        .with("index", of_part(LinkRole::Index))
        .with("by_form", by_form(|| links.iter()))
        .with("by_month", by_month(&links, context));
    Ok(Results::new().with("links", values))
}

/// Some of the links by how they are written.
fn by_form<'a, L: Iterator<Item = &'a Meant>>(some: impl Fn() -> L) -> Results {
    let forms = LinkForm::ALL.into_iter();
    let forms = forms.map(|form| (form.name(), Some(form)));
    let forms = forms.chain([("unknown", None)]);
    forms.fold(Results::new(), |results, (name, form)| {
        results.with(name, counts(some().filter(move |link| link.form == form)))
    })
}

/// Links by place, made and standing.
#[derive(Default)]
struct Counted {
    created: BTreeMap<Place, u64>,
    live: BTreeMap<Place, u64>,
}

impl Counted {
    fn add(&mut self, link: &Meant) {
        *self.created.entry(link.place).or_default() += 1;
        if link.is_live() {
            *self.live.entry(link.place).or_default() += 1;
        }
    }

    fn in_places(&self, of_talk: bool) -> Results {
        let places = || {
            Place::ALL
                .into_iter()
                .filter(|p| is_of_the_talk(*p) == of_talk)
        };
        Results::new()
            .with("created", pick(places(), &self.created))
            .with("live", pick(places(), &self.live))
    }
}

fn counts<'a>(links: impl Iterator<Item = &'a Meant>) -> Results {
    let mut counted = Counted::default();
    links.for_each(|link| counted.add(link));
    counted.in_places(true)
}

/// What is told of some of the links.
fn of<'a>(links: impl Iterator<Item = &'a Meant>) -> Results {
    let mut counted = Counted::default();
    let mut linked: BTreeMap<usize, BTreeSet<Place>> = BTreeMap::new();
    for link in links {
        counted.add(link);
        if link.is_live() && is_of_the_talk(link.place) {
            linked.entry(link.writeup).or_default().insert(link.place);
        }
    }
    let spread: usize = linked.values().map(BTreeSet::len).sum();
    counted
        .in_places(true)
        .with("writeups_linked", linked.len())
        .with(
            "places_per_linked_writeup_mean",
            (!linked.is_empty()).then(|| spread as f64 / linked.len() as f64),
        )
        .with("other_places", counted.in_places(false))
}

/// One count for each place, 0 where there is none.
fn pick(places: impl Iterator<Item = Place>, counts: &BTreeMap<Place, u64>) -> Results {
    // In the order of their names, as the talk's five are told.
    let mut places: Vec<Place> = places.collect();
    places.sort_by_key(|place| place.name());
    places.into_iter().fold(Results::new(), |results, place| {
        results.with(place.name(), counts.get(&place).copied().unwrap_or(0))
    })
}

/// Uptake that stood at the end of each month, the last one being that before `as_of`: where a month begins
/// with it, nothing of that month is over.
fn by_month(links: &[Meant], context: &Context) -> Vec<Results> {
    let month = |at: Millis| {
        let date = context.calendar.date(at);
        date.year() * 12 + i32::try_from(date.month0()).unwrap_or(0)
    };
    let told = |link: &&Meant| link.is_uptake() && is_of_the_talk(link.place);
    let told: Vec<&Meant> = links.iter().filter(told).collect();
    let last = month(context.as_of - 1);
    let Some(first) = told.iter().map(|link| month(link.at)).min() else {
        return Vec::new();
    };
    let first = first.max(last - MONTHS + 1);
    // What changes in each month; what was before the first one is there in it.
    let mut changes: BTreeMap<(Place, i32), i64> = BTreeMap::new();
    for link in told {
        let mut change = |at, by| {
            *changes
                .entry((link.place, month(at).max(first)))
                .or_default() += by
        };
        change(link.at, 1);
        if let Some(ended) = link.ended_at {
            // A clock that is wrong must not take away what was not there.
            change(ended.max(link.at), -1);
        }
    }
    let mut standing: BTreeMap<Place, i64> = BTreeMap::new();
    (first..=last)
        .map(|month| {
            let name = format!("{}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1);
            let places = Place::OF_THE_TALK.into_iter();
            places.fold(Results::new().with("month", name), |results, place| {
                let now = standing.entry(place).or_default();
                *now += changes.get(&(place, month)).copied().unwrap_or(0);
                results.with(place.name(), *now)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{LinkRow, context, day, empty, field, links};
    use crate::model::Value;
    use crate::stats::examples::one;

    fn told(rows: &[LinkRow]) -> Results {
        let facts = Facts {
            links: links(rows),
            ..empty()
        };
        live_links(&facts, &context()).unwrap()
    }

    #[test]
    fn fits_the_worked_example() {
        let mut rows = vec![LinkRow::new(0, "commit", 1.0, None); 10];
        rows.extend(vec![LinkRow::new(1, "diagram", 1.0, None); 2]);
        rows.extend(vec![LinkRow::new(2, "diagram", 1.0, Some(9.0)); 4]);
        rows.push(LinkRow::new(0, "runbook", 1.0, None));
        rows.push(LinkRow {
            own: true,
            ..LinkRow::new(3, "writeup", 1.0, None)
        });
        rows.push(LinkRow::new(3, "docs", 1.0, None).stated("index"));
        rows.push(LinkRow::new(3, "onboarding", 1.0, None).stated("template"));
        rows.push(LinkRow::new(1, "onboarding", 1.0, None).stated("uptake"));
        let found = told(&rows);
        for (path, count) in [
            (["links", "created", "writeup"], 0),
            (["links", "live", "onboarding"], 1),
        ] {
            assert_eq!(field(&found, &path), Value::Int(count), "{path:?}");
        }
        let example = one("K1", 0);
        for side in ["created", "live"] {
            for place in ["commit", "diagram"] {
                let count = example.expect[side][place].as_i64().unwrap();
                let told = field(&found, &["links", side, place]);
                assert_eq!(told, Value::Int(count), "{side} {place}");
            }
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
        let found = live_links(&empty(), &context()).unwrap();
        assert_eq!(
            field(&found, &["links", "places_per_linked_writeup_mean"]),
            Value::Null
        );
        assert_eq!(
            field(&found, &["links", "live", "code_comment"]),
            Value::Int(0)
        );
    }

    #[test]
    fn every_link_plays_one_part_and_has_one_form() {
        let mut rows = vec![LinkRow::new(0, "commit", 1.0, None); 5];
        rows[1].part = "follow_up";
        rows[2].part = "index";
        rows[3].form = Some("key");
        rows[4].to = Some(2.0);
        rows.push(LinkRow::new(1, "ticket", 1.0, None));
        let found = told(&rows);
        for (path, count) in [
            (&["links", "live", "commit"][..], 4),
            (&["links", "uptake", "live", "commit"], 2),
            (&["links", "uptake", "created", "commit"], 3),
            (&["links", "follow_up", "live", "commit"], 1),
            (&["links", "index", "live", "commit"], 1),
            (&["links", "uptake", "writeups_linked"], 1),
            (&["links", "uptake", "other_places", "live", "ticket"], 1),
            (&["links", "by_form", "key", "live", "commit"], 1),
            (&["links", "by_form", "unknown", "live", "commit"], 3),
            (&["links", "by_form", "unknown", "created", "commit"], 4),
            (&["links", "by_form", "title", "live", "commit"], 0),
            (&["links", "uptake", "by_form", "key", "live", "commit"], 1),
            (
                &["links", "uptake", "by_form", "unknown", "live", "commit"],
                1,
            ),
            (
                &["links", "follow_up", "by_form", "unknown", "live", "commit"],
                1,
            ),
            (
                &["links", "follow_up", "by_form", "key", "created", "commit"],
                0,
            ),
            (
                &["links", "index", "by_form", "unknown", "live", "commit"],
                1,
            ),
        ] {
            assert_eq!(field(&found, path), Value::Int(count), "{path:?}");
        }
    }

    #[test]
    fn months_tell_what_stood_at_their_end() {
        let mut rows = vec![
            LinkRow::new(0, "diagram", 1.0, Some(40.0)),
            LinkRow::new(0, "diagram", 2.0, Some(3.0)),
            LinkRow::new(0, "diagram", 35.0, None),
            LinkRow::new(0, "ticket", 35.0, None),
            LinkRow::new(0, "diagram", 35.0, None),
        ];
        rows[4].part = "follow_up";
        let Value::List(months) = field(&told(&rows), &["links", "by_month"]) else {
            panic!("no list")
        };
        let told = |value: &Value| match value {
            Value::Map(map) => (field(map, &["month"]), field(map, &["diagram"])),
            other => panic!("{other:?}"),
        };
        let months: Vec<_> = months.iter().map(told).collect();
        // From January 2025 to day 400, in February 2026.
        assert_eq!(months.len(), 14);
        assert_eq!(months[0], (Value::from("2025-01"), Value::Int(1)));
        assert_eq!(months[1], (Value::from("2025-02"), Value::Int(1)));
        assert_eq!(months[13], (Value::from("2026-02"), Value::Int(1)));

        // Where February begins, nothing of it is over.
        let at = |as_of: Millis| {
            let facts = Facts {
                links: links(&rows),
                ..empty()
            };
            let context = Context { as_of, ..context() };
            let found = live_links(&facts, &context).unwrap();
            let Value::List(months) = field(&found, &["links", "by_month"]) else {
                panic!("no list")
            };
            months.len()
        };
        assert_eq!((at(day(396.0)), at(day(396.0) + 1)), (13, 14));

        let old = LinkRow::new(0, "diagram", -9_000.0, None);
        let Value::List(months) = field(&super::tests::told(&[old]), &["links", "by_month"]) else {
            panic!("no list")
        };
        assert_eq!(months.len(), 60);
        assert_eq!(told(&months[0]).1, Value::Int(1));
    }
}
