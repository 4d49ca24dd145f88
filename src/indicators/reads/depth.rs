//! R4, depth of reading: who opened a write-up, and who can have read it.

use chrono::{Datelike as _, NaiveDate};
use polars::prelude::PolarsResult;

use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::{Sides, fewest, people_proportion};
use crate::indicators::{ClassTotal, Context, Facts, Indicator, IndicatorError, Spec, Totals};
use crate::model::{Guard, Layer, Results, Value};

/// R4.
pub(in crate::indicators) struct Depth;

static SPEC: Spec = Spec {
    code: "R4",
    title: "Depth of reading",
    unit: "reader-days; share",
    version: 3,
    layer: Layer::H,
    state: false,
    facts: &["fact_classes", "fact_depth_signs"],
    says: "How many of those who opened a write-up can have read it.",
    definition: "Each (write-up, person, local date) falls into one class. E = sum of engaged time \
        of the day's kept reads, s = deepest scroll, threshold = max({skim_min_s} s, \
        {read_fraction} of the words at {wpm_fast} words a minute), the words being those of the \
        last revision up to that day, or of the first that is known. read: E >= threshold, and s >= \
        {read_fraction} or s unknown. skimmed: not read, E >= {skim_min_s} s. opened: E < \
        {skim_min_s} s. unknown: no engaged time known, or the words are not. Read share = read / \
        (read + skimmed + opened) with Wilson's 95 % interval. deep_pairs = distinct (person, \
        write-up) with at least one day of class read. months = days of known depth, and of class read, at an \
        age (at their local noon) in [{late_days}, {late_days_twice}) days, by local month that is over; months without \
        such a day are left out. near_threshold = days by E / threshold: below in [0.8, 1), at in [1, 1.2), \
        above in [1.2, 1.4).",
    caveat: "It says who can have read, not who understood. Printouts, exports and reader views \
        count as opened at most, so the share is a lower bound; unknown days stand beside it and \
        may be the majority.",
};

impl Indicator for Depth {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        let found = cuts(facts).map_err(|source| IndicatorError::of(SPEC.code, source))?;
        Ok(depth(&facts.totals)
            .with("months", months(&found, context))
            .with("near_threshold", near(&found)))
    }
}

/// One row of `Facts::depth_signs`.
struct Cut {
    month: i64,
    near: i64,
    known: u64,
    read: u64,
    /// Of class read, of the others, of all, and of unknown depth.
    people: [u64; 4],
}

fn cuts(facts: &Facts) -> PolarsResult<Vec<Cut>> {
    let frame = &facts.depth_signs;
    let (month, near) = (ints(frame, "month")?, ints(frame, "near")?);
    let (known, read) = (counts(frame, "known")?, counts(frame, "read")?);
    let (readers, others) = (counts(frame, "readers")?, counts(frame, "others")?);
    let (people, unknown) = (counts(frame, "people")?, counts(frame, "unknown")?);
    Ok((0..people.len())
        .map(|row| Cut {
            month: month[row].unwrap_or(0),
            near: near[row].unwrap_or(0),
            known: known[row],
            read: read[row],
            people: [readers[row], others[row], people[row], unknown[row]],
        })
        .collect())
}

/// Reading beside opening, by month. What lies between the two numbers, and between them and T0's reads of the
/// month, must be nobody or many, too.
fn months(cuts: &[Cut], context: &Context) -> Vec<Results> {
    let now = context.calendar.date(context.as_of);
    let by_month = cuts.iter().filter(|cut| cut.near == 0 && cut.known > 0);
    let each = by_month.filter_map(|cut| {
        let day = i32::try_from(cut.month).ok()?;
        let first = NaiveDate::from_epoch_days(day)?;
        let is_over = (first.year(), first.month()) < (now.year(), now.month());
        is_over.then(|| {
            let people = fewest(&cut.people);
            Results::new()
                .with("month", first.format("%Y-%m").to_string())
                .with("known", Value::from(cut.known).of_people(people))
                .with("read", Value::from(cut.read).of_people(people))
        })
    });
    each.collect()
}

/// Days whose time lies around what reading takes; all of them or none.
fn near(cuts: &[Cut]) -> Results {
    let of = |near: i64| cuts.iter().find(|cut| cut.near == near);
    let fifths = [(1, "below"), (2, "at"), (3, "above")];
    let people = fifths.map(|(near, _)| of(near).map_or(0, |cut| cut.people[2]));
    let people = fewest(&people);
    fifths
        .into_iter()
        .fold(Results::new(), |results, (near, name)| {
            let days = of(near).map_or(0, |cut| cut.known);
            results.with(name, Value::from(days).of_people(people))
        })
}

fn depth(totals: &Totals) -> Results {
    let Totals {
        read,
        skimmed,
        opened,
        unknown,
        ..
    } = totals;
    let cell = |class: &ClassTotal| {
        let guard = Guard::Cell {
            group: "R4.class",
            people: class.people,
        };
        Value::Guarded(guard, Box::new(class.days.into()))
    };
    let classes = Results::new()
        .with("read", cell(read))
        .with("skimmed", cell(skimmed))
        .with("opened", cell(opened))
        // Only R3's days could hold these, where each was one write-up's; then they are withheld with them.
        .with(
            "unknown",
            Value::from(unknown.days).of_people(unknown.people),
        );
    // Somebody may be in several classes on different days, so the people in the complement are
    // not known exactly, and n less the classes shown would give away a withheld one: the share
    // goes when any class of it is too small.
    let people = Sides {
        with: read.people,
        without: fewest(&[skimmed.people, opened.people]),
        all: fewest(&[read.people, skimmed.people, opened.people]),
    };
    let classified = read.days + skimmed.days + opened.days;
    Results::new()
        .with("class", classes)
        .with(
            "read_share",
            people_proportion(read.days, classified, people),
        )
        .with(
            "deep_pairs",
            Value::from(totals.deep_pairs).of_people(fewest(&[
                read.people,
                skimmed.people,
                opened.people,
                unknown.people,
            ])),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, date, depth_signs, empty, field, is_told};

    fn class(days: u64, people: u64) -> ClassTotal {
        ClassTotal { days, people }
    }

    #[test]
    fn unknown_days_are_not_in_the_share() {
        let totals = Totals {
            read: class(30, 12),
            skimmed: class(8, 7),
            opened: class(2, 2),
            unknown: class(60, 20),
            ..Totals::default()
        };
        let results = depth(&totals);
        let Some(Value::Map(share)) = results.get("read_share") else {
            panic!("{results:?}")
        };
        assert_eq!(share.get("n").map(Value::bare), Some(&Value::Int(40)));
        assert_eq!(share.get("p").map(Value::bare), Some(&Value::Float(0.75)));
        // Two people opened only: nothing that would let one subtract them.
        assert_eq!(share.get("n"), Some(&Value::Int(40).of_people(2)));
        assert_eq!(
            share.get("k"),
            Some(&Value::Int(30).share_of_people(12, 14))
        );
    }

    #[test]
    fn months_that_are_over_set_reading_beside_opening() {
        let month = |year, month| date(year, month, 1);
        let told = |people| {
            let mut facts = empty();
            // The context looks back from 5 February 2026.
            let rows = [
                (month(2025, 12), 0, 40, 20),
                (month(2026, 2), 0, 9, 9),
                (0, 1, 7, 0),
                (0, 2, 30, 28),
            ];
            facts.depth_signs = depth_signs(&rows, people);
            Depth.compute(&facts, &context()).unwrap()
        };
        let results = told(9);
        let Some(Value::List(months)) = results.get("months") else {
            panic!("{results:?}")
        };
        let Value::Map(first) = &months[0] else {
            panic!("{months:?}")
        };
        assert_eq!(months.len(), 1);
        assert_eq!(first.get("month"), Some(&Value::from("2025-12")));
        let number = |name: &str| first.get(name).map(Value::bare).cloned();
        assert_eq!(
            (number("known"), number("read")),
            (Some(Value::Int(40)), Some(Value::Int(20)))
        );
        let at = |name: &str| field(&results, &["near_threshold", name]).bare().clone();
        assert_eq!(
            (at("below"), at("at"), at("above")),
            (Value::Int(7), Value::Int(30), Value::Int(0))
        );
        assert!(is_told(&results, &["near_threshold", "at"], 5));
        assert!(!is_told(&told(4), &["near_threshold", "above"], 5));
    }

    #[test]
    fn a_month_is_withheld_with_few_of_unknown_depth() {
        let told = |people| {
            let cut = Cut {
                month: date(2025, 12, 1).into(),
                near: 0,
                known: 40,
                read: 20,
                people,
            };
            let months = months(&[cut], &context());
            is_told(&months[0], &["known"], 5) && is_told(&months[0], &["read"], 5)
        };
        assert!(told([9, 9, 12, 0]) && told([9, 0, 9, 6]));
        // T0 tells all reads of the month: the rest would be theirs.
        assert!(!told([9, 9, 12, 2]));
        assert!(!told([2, 9, 9, 0]) && !told([9, 3, 9, 0]));
    }

    #[test]
    fn without_classified_days_there_is_no_share() {
        let totals = Totals {
            unknown: class(9, 9),
            ..Totals::default()
        };
        assert_eq!(depth(&totals).get("read_share"), Some(&Value::Null));
    }
}
