//! What of A7 may be told (INDICATORS P1). Its cohorts are a table whose numbers stand in sums that are
//! told elsewhere: everybody who attended is A1's, and repeat asks the older part of them, so that one
//! cohort may be had from the others; and in a month with a single review those who came of all cohorts
//! are that review's. Where that review is withheld, so is all that A7 tells of its month. Where several
//! were held, or somebody came without a name, all who came in the month less those of one review may be
//! a few: then some of its cohorts are withheld, so that nobody knows them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Results, Value};
use crate::summary::margins::Margins;

/// Who is told how many came to the only review of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// Whoever has it in the list.
    Told,
    /// Nobody.
    Withheld,
    /// Those who see restricted write-ups, and not the others who have it in the list.
    ToSome,
}

/// A month in which somebody came to a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Month {
    /// Who is told of its review, where there was only one.
    pub(super) lone: Option<Lone>,
    /// How many people came, those without a name left out.
    pub(super) people: u64,
    /// Few people who would be told by their number and what is told of its reviews.
    pub(super) few: Vec<u64>,
}

/// A cohort as A7 tells it.
struct Cohort {
    /// The first month in which its people may have come first, as a number that goes up by one a month.
    from: i32,
    /// The last one.
    to: i32,
    size: u64,
    /// How many came so many months later.
    retained: Vec<(i32, u64)>,
}

/// The places in the results of A7 that are withheld for what they would tell of others; `named` are the
/// months in which somebody came.
pub(super) fn withheld(results: &Results, named: &BTreeMap<String, Month>, k: u32) -> Vec<String> {
    let k = u64::from(k);
    let listed = list(results, "reviews_held").filter_map(|month| {
        let (at, _) = text(month, "month").and_then(months)?;
        Some((at, whole(month.get("reviews"))))
    });
    let held: BTreeMap<i32, u64> = listed.collect();
    let cohorts = list(results, "cohorts").filter_map(|entry| cohort(entry, &held));
    let cohorts: Vec<Cohort> = cohorts.collect();
    // One table serves all readers: what it keeps from some others could compute.
    if named.values().any(|month| month.lone == Some(Lone::ToSome)) {
        return everything(&cohorts);
    }
    let numbered = named.iter();
    let numbered = numbered.filter_map(|(name, month)| Some((months(name)?.0, month)));
    let numbered: BTreeMap<i32, &Month> = numbered.collect();
    let withheld = numbered
        .iter()
        .filter(|(_, month)| month.lone == Some(Lone::Withheld));
    let hidden: BTreeSet<i32> = withheld.map(|(at, _)| *at).collect();
    let unknown = whole(results.get("not_observed"));
    let asked = match results.get("repeat").map(Value::bare) {
        Some(Value::Map(repeat)) => whole(repeat.get("n")),
        _ => 0,
    };
    let table = Table::of(&cohorts, (unknown, asked), &numbered, &hidden);
    let judged = table.margins.judge(k);
    if judged.told.iter().take(table.sums).any(|told| !told) {
        return everything(&cohorts);
    }
    let is_shown = |cell: usize| judged.shown[cell];
    let mut places = Vec::new();
    if !is_shown(table.unknown) {
        places.push("/not_observed".to_owned());
    }
    for (row, (cohort, cells)) in cohorts.iter().zip(&table.rows).enumerate() {
        if !is_shown(cells.size) {
            places.extend(places_of(row, cohort));
            continue;
        }
        let few = cells.retained.iter().filter(|(_, cell)| !is_shown(*cell));
        // Nobody is nobody, but what is left would be the sum.
        let beside = cohort.retained.iter().map(|(after, _)| *after);
        let beside = beside.filter(|after| cohort.is_in(*after, &hidden));
        let all: BTreeSet<i32> = few.map(|(after, _)| *after).chain(beside).collect();
        places.extend(
            all.into_iter()
                .map(|after| format!("/cohorts/{row}/retained/{after}")),
        );
    }
    places
}

/// Where nothing in the table can be withheld in the place of others.
fn everything(cohorts: &[Cohort]) -> Vec<String> {
    let fixed = ["/repeat", "/repeat/n", "/not_observed"].map(str::to_owned);
    let rows = cohorts.iter().enumerate();
    let rows = rows.flat_map(|(row, cohort)| places_of(row, cohort));
    fixed.into_iter().chain(rows).collect()
}

fn places_of(row: usize, cohort: &Cohort) -> Vec<String> {
    let months = cohort.retained.iter();
    let months = months.map(|(after, _)| format!("/cohorts/{row}/retained/{after}"));
    [format!("/cohorts/{row}/size")]
        .into_iter()
        .chain(months)
        .collect()
}

impl Cohort {
    /// Whether so many months later it is one of these months, as far as that is known.
    fn is_in(&self, after: i32, months: &BTreeSet<i32>) -> bool {
        let mut own = months.range(self.from + after..=self.to + after);
        own.next().is_some()
    }

    /// How many came in this month, where their own month is known.
    fn came(&self, month: i32) -> u64 {
        let mut later = self.retained.iter();
        let later = later.find(|(after, _)| *after > 0 && self.from + after == month);
        match self.from == month {
            true => self.size,
            false => later.map_or(0, |(_, came)| *came),
        }
    }

    /// Whether it is told, and of which people, who came in this month.
    fn tells(&self, month: i32) -> bool {
        let mut told = self.retained.iter().map(|(after, _)| self.from + after);
        let all = self.from == month || told.any(|told| told == month);
        self.from > month || (self.from == self.to && all)
    }
}

/// The cohorts as cells.
struct Table {
    margins: Margins,
    /// How many sums concern all of the table; they stand before the others.
    sums: usize,
    unknown: usize,
    rows: Vec<Cells>,
}

struct Cells {
    size: usize,
    retained: Vec<(i32, usize)>,
}

impl Table {
    /// `hidden` are the months whose only review is withheld.
    fn of(
        cohorts: &[Cohort],
        (unknown, asked): (u64, u64),
        named: &BTreeMap<i32, &Month>,
        hidden: &BTreeSet<i32>,
    ) -> Table {
        let mut margins = Margins::default();
        let unknown = margins.cell(unknown);
        let sizes = cohorts.iter().map(|cohort| margins.cell(cohort.size));
        let sizes: Vec<usize> = sizes.collect();
        margins.sum(sizes.iter().copied().chain([unknown]).collect());
        // Repeat asks the oldest ones whole, unless a gap keeps some of their people out.
        let sum = |last: &usize| {
            cohorts
                .iter()
                .take(*last)
                .map(|cohort| cohort.size)
                .sum::<u64>()
        };
        if let Some(last) = (1..=cohorts.len()).find(|last| sum(last) == asked) {
            let (old, young) = sizes.split_at(last);
            margins.sum(old.to_vec());
            margins.sum(young.to_vec());
        }
        let sums = margins.sums();
        // What is withheld with the only review of a month goes like a few, who take others with them.
        let few = margins.cell(1);
        let mut of_month: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        let mut rows = Vec::new();
        for (cohort, size) in cohorts.iter().zip(sizes) {
            let mut retained = Vec::new();
            for (after, came) in &cohort.retained {
                // In their own month all of them came.
                if *after > 0 && *came > 0 {
                    let cell = margins.cell(least_part(*came, cohort.size));
                    margins.together(size, cell);
                    if cohort.is_in(*after, hidden) {
                        margins.together(few, cell);
                    }
                    retained.push((*after, cell));
                    of_month.entry(cohort.from + after).or_default().push(cell);
                }
            }
            if cohort.is_in(0, hidden) {
                margins.together(few, size);
            }
            of_month.entry(cohort.from).or_default().push(size);
            rows.push(Cells { size, retained });
        }
        for (at, cells) in of_month {
            let Some(month) = named.get(&at) else {
                continue;
            };
            if !cohorts.iter().all(|cohort| cohort.tells(at)) {
                continue;
            }
            if month.lone == Some(Lone::Told) {
                margins.sum(cells.clone());
            }
            // Others came whose first review is not known: then their number is not known, either.
            let came = cohorts.iter().map(|cohort| cohort.came(at)).sum::<u64>();
            if came == month.people {
                for few in &month.few {
                    let few = margins.cell(*few);
                    margins.tie(cells.clone(), vec![few]);
                }
            }
        }
        Table {
            margins,
            sums,
            unknown,
            rows,
        }
    }
}

/// The smaller side of those who came and those who did not, that holds anybody.
fn least_part(came: u64, size: u64) -> u64 {
    match size.saturating_sub(came) {
        0 => came,
        rest => came.min(rest),
    }
}

/// A quarter in which reviews were held in one month only is that month, once all of it is over.
fn cohort(entry: &Results, held: &BTreeMap<i32, u64>) -> Option<Cohort> {
    let (from, to) = text(entry, "cohort").and_then(months)?;
    let is_over = held.keys().next_back().is_some_and(|last| *last >= to);
    let own = held.range(from..=to).filter(|(_, reviews)| **reviews > 0);
    let own: Vec<i32> = own.map(|(month, _)| *month).collect();
    let (from, to) = match own.as_slice() {
        [only] if is_over => (*only, *only),
        _ => (from, to),
    };
    let Some(Value::Map(retained)) = entry.get("retained").map(Value::bare) else {
        return None;
    };
    let retained = retained.0.iter();
    let retained = retained.filter_map(|(after, came)| {
        let came = whole(Some(came));
        Some((after.parse().ok()?, came))
    });
    Some(Cohort {
        from,
        to,
        size: whole(entry.get("size")),
        retained: retained.collect(),
    })
}

fn text<'a>(entry: &'a Results, field: &str) -> Option<&'a str> {
    match entry.get(field) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The first and the last month of `2025-03`, or of `2025-Q1`.
fn months(name: &str) -> Option<(i32, i32)> {
    let (year, part) = name.split_once('-')?;
    let year: i32 = year.parse().ok()?;
    match part.strip_prefix('Q') {
        Some(quarter) => {
            let first = year * 12 + 3 * (quarter.parse::<i32>().ok()? - 1);
            Some((first, first + 2))
        }
        None => {
            let month = year * 12 + part.parse::<i32>().ok()? - 1;
            Some((month, month))
        }
    }
}

fn list<'a>(results: &'a Results, name: &str) -> impl Iterator<Item = &'a Results> {
    let values = match results.get(name).map(Value::bare) {
        Some(Value::List(values)) => values.as_slice(),
        _ => &[],
    };
    values.iter().filter_map(|value| match value.bare() {
        Value::Map(map) => Some(map),
        _ => None,
    })
}

fn whole(value: Option<&Value>) -> u64 {
    match value.map(Value::bare) {
        Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cohort by month, those who came in the months after it, and what of A7 stands beside it.
    fn places(cohorts: &[(&str, u64, &[u64])], asked: u64, lone: &[(&str, Lone)]) -> Vec<String> {
        beside(cohorts, asked, lone, [])
    }

    /// The same with months in which more than one review was held.
    fn beside<const N: usize>(
        cohorts: &[(&str, u64, &[u64])],
        asked: u64,
        lone: &[(&str, Lone)],
        several: [(String, Month); N],
    ) -> Vec<String> {
        let rows: Vec<Results> = cohorts
            .iter()
            .map(|(name, size, retained)| {
                let months = (1..)
                    .zip(*retained)
                    .fold(Results::new().with("0", *size), |all, (after, came)| {
                        all.with(after.to_string(), *came)
                    });
                Results::new()
                    .with("cohort", *name)
                    .with("size", *size)
                    .with("retained", months)
            })
            .collect();
        let held: Vec<Results> = lone
            .iter()
            .map(|(month, _)| Results::new().with("month", *month).with("reviews", 1_u64))
            .collect();
        let lone = lone.iter().map(|(month, lone)| {
            let month_of = Month {
                lone: Some(*lone),
                ..Month::default()
            };
            ((*month).to_owned(), month_of)
        });
        let named: BTreeMap<String, Month> = lone.chain(several).collect();
        let results = Results::new()
            .with("repeat", Results::new().with("k", 0_u64).with("n", asked))
            .with("cohorts", rows)
            .with("not_observed", 0_u64)
            .with("reviews_held", held);
        withheld(&results, &named, 5)
    }

    fn sizes(places: &[String]) -> Vec<&str> {
        let sizes = places.iter().filter(|place| place.ends_with("/size"));
        sizes.map(String::as_str).collect()
    }

    #[test]
    fn large_cohorts_are_told() {
        let found = places(
            &[("2024-11", 20, &[9, 8]), ("2025-04", 30, &[10, 0])],
            20,
            &[],
        );
        assert!(found.is_empty(), "{found:?}");
    }

    /// A1 tells everybody: three people of one cohort would be what is left of them.
    #[test]
    fn a_small_cohort_takes_the_next_with_it() {
        let all = [
            ("2024-10", 3, &[][..]),
            ("2024-11", 20, &[]),
            ("2024-12", 30, &[]),
        ];
        let found = places(&all, 53, &[]);
        assert_eq!(sizes(&found), ["/cohorts/0/size", "/cohorts/1/size"]);
    }

    /// Repeat tells those of the first two together, and A1 all: what it did not ask is a sum as well.
    #[test]
    fn what_repeat_does_not_ask_is_told_too() {
        let all = [
            ("2024-12", 20, &[][..]),
            ("2025-01", 40, &[]),
            ("2025-05", 3, &[]),
            ("2025-06", 30, &[]),
        ];
        let found = places(&all, 60, &[]);
        assert_eq!(sizes(&found), ["/cohorts/2/size", "/cohorts/3/size"]);
    }

    #[test]
    fn a_single_review_does_not_tell_who_came_of_a_cohort() {
        let all = [("2024-10", 20, &[8, 3][..]), ("2024-11", 20, &[9, 9])];
        assert_eq!(places(&all, 40, &[]), ["/cohorts/0/retained/2"]);
        // In December came three of October and nine of November, and it was one review.
        let found = places(&all, 40, &[("2024-12", Lone::Told)]);
        assert_eq!(found, ["/cohorts/0/retained/2", "/cohorts/1/retained/1"]);
    }

    /// Its people are those of all cohorts that came in its month, and nobody came of the others.
    #[test]
    fn the_cohorts_do_not_tell_a_review_that_is_withheld() {
        let all = [
            ("2024-09", 20, &[0, 9, 0][..]),
            ("2024-11", 20, &[9, 9]),
            ("2025-01", 30, &[10]),
        ];
        assert!(places(&all, 70, &[("2024-12", Lone::Told)]).is_empty());
        let found = places(&all, 70, &[("2024-12", Lone::Withheld)]);
        assert_eq!(found, ["/cohorts/0/retained/3", "/cohorts/1/retained/1"]);
        // Those who came first in it are a cohort, and the next is withheld so that it can't be had.
        let found = places(&all, 70, &[("2024-09", Lone::Withheld)]);
        assert_eq!(sizes(&found), ["/cohorts/0/size", "/cohorts/1/size"]);
    }

    #[test]
    fn a_quarter_with_reviews_in_one_month_is_that_month() {
        let all = [("2024-Q4", 20, &[8, 9][..]), ("2025-02", 20, &[9])];
        let found = places(&all, 40, &[("2024-11", Lone::Withheld)]);
        assert_eq!(sizes(&found), ["/cohorts/0/size", "/cohorts/1/size"]);
        let months = [("2024-11", Lone::Told), ("2025-01", Lone::Withheld)];
        assert_eq!(places(&all, 40, &months), ["/cohorts/0/retained/2"]);
    }

    /// All who came in December, less those who came to one of its reviews, are three.
    #[test]
    fn all_who_came_in_a_month_are_not_told_where_they_would_tell_a_few() {
        let all = [("2024-10", 20, &[8, 7][..]), ("2024-11", 20, &[9, 9])];
        let month = |people, few: &[u64]| {
            let few = few.to_vec();
            let month = Month {
                lone: None,
                people,
                few,
            };
            [("2024-12".to_owned(), month)]
        };
        assert!(beside(&all, 40, &[], month(16, &[])).is_empty());
        let found = beside(&all, 40, &[], month(16, &[3]));
        assert_eq!(found, ["/cohorts/0/retained/2"]);
        // Somebody else came, who is in no cohort: it is not known how many.
        assert!(beside(&all, 40, &[], month(17, &[3])).is_empty());
    }

    #[test]
    fn one_table_can_not_keep_a_review_from_some_readers_only() {
        let all = [("2024-10", 20, &[9][..]), ("2025-04", 30, &[])];
        let found = places(&all, 20, &[("2024-11", Lone::ToSome)]);
        assert_eq!(sizes(&found), ["/cohorts/0/size", "/cohorts/1/size"]);
        assert!(found.contains(&"/repeat/n".to_owned()), "{found:?}");
    }

    #[test]
    fn those_who_stayed_away_may_be_few_too() {
        let found = places(&[("2024-10", 20, &[18, 20]), ("2025-04", 30, &[])], 20, &[]);
        assert_eq!(found, ["/cohorts/0/retained/1"]);
    }
}
