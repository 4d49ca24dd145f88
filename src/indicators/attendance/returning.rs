//! A7, repeat attendance and cohorts: do people come back?
//!
//! Which of the cohorts' numbers may be told is settled where all of them are known together:
//! `jobs::cohorts`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

use super::{Presence, presences, rows};
use crate::indicators::shapes::{Sides, fewest, people_proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec, Windows};
use crate::model::calendar::{month_of, next_month};
use crate::model::{Calendar, DAY_MS, Layer, Millis, Results, Value};

/// A7.
pub(in crate::indicators) struct Returning;

static SPEC: Spec = Spec {
    code: "A7",
    title: "Repeat attendance and cohorts",
    unit: "share",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_attendance"],
    says: "Whether people who came to a review come to another one.",
    definition: "A person's first review is the first that they attended (A1), where attendance had been \
        observed for {repeat_days} days without a gap before it by every source that delivers a good part of \
        it; of others the first is not known, and not_observed counts them. repeat: of those whose first was \
        at least {repeat_days} days ago, and was followed by {repeat_days} observed days, the share with \
        another in (first, first + {repeat_days} d]; Wilson's 95 % interval. Where people \
        are withheld below k > 1, whole cohorts are asked, and only so many of them that those left out are \
        none or at least k people. cohorts: by the local month of \
        the first, size = people; retained m = those of them who attended a review in the m-th month after \
        it. A month that is not over, or was not observed whole, has no entry: it is unknown, not 0. Where a \
        month's cohort has fewer than k people, the months of its quarter are put together, and m counts \
        from each person's own month. Where the only review of a month is withheld, so are the cohort of \
        that month and all who were retained in it, nobody included: added up they would be that review's \
        attendees. reviews_held = meetings that anybody attended, by local month.",
    caveat: "Whoever may come only to reviews of their own incidents comes again when there is another \
        incident. In months with fewer reviews fewer can come back: read the cohorts beside the reviews \
        that were held.",
};

impl Indicator for Returning {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        returning(facts, context).map_err(|source| IndicatorError::of("A7", source))
    }
}

/// Somebody who attended.
struct Guest {
    first: Millis,
    /// Whether it is known that nothing came before.
    known: bool,
    /// When they attended, in order.
    at: Vec<Millis>,
    /// The months in which they did.
    months: BTreeSet<i32>,
}

fn returning(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let span = i64::from(context.parameters.repeat_days) * DAY_MS;
    let observed = &facts.attendance_observed;
    let guests = guests(&presences(&rows(facts))?, observed, span, &context.calendar);
    let known: Vec<&Guest> = guests.iter().filter(|guest| guest.known).collect();
    let months = Months {
        calendar: &context.calendar,
        observed,
        as_of: context.as_of,
    };
    let cohorts = months.cohorts(&known, context.k);
    let asked = Asked {
        is_old: &|guest| context.as_of - guest.first >= span,
        is_followed: &|guest| observed.covers(guest.first, guest.first + span),
        all: guests.len() as u64,
    };
    let is_back = |guest: &Guest| {
        let mut later = guest.at.iter().filter(|at| **at > guest.first);
        later.any(|at| at - guest.first <= span)
    };
    let repeat = asked.repeat(&cohorts, &is_back, context.k);
    let unknown = (guests.len() - known.len()) as u64;
    let cohorts = cohorts.iter().map(|cohort| months.told(cohort));
    Ok(Results::new()
        .with("repeat", repeat)
        .with("cohorts", cohorts.collect::<Vec<_>>())
        .with("not_observed", Value::from(unknown).of_people(unknown))
        .with("reviews_held", months.held(facts)?))
}

/// Whom repeat asks.
struct Asked<'a> {
    is_old: &'a dyn Fn(&Guest) -> bool,
    is_followed: &'a dyn Fn(&Guest) -> bool,
    /// Everybody who attended.
    all: u64,
}

impl Asked<'_> {
    fn repeat(&self, cohorts: &[Cohort<'_>], is_back: &dyn Fn(&Guest) -> bool, k: u32) -> Value {
        let old: Vec<&Guest> = match k {
            0 | 1 => {
                let all = cohorts.iter().flat_map(|cohort| &cohort.guests);
                let all = all.map(|(_, guest)| *guest);
                all.filter(|guest| (self.is_old)(guest)).collect()
            }
            _ => self.whole(cohorts, u64::from(k)),
        };
        let asked: Vec<&&Guest> = old
            .iter()
            .filter(|guest| (self.is_followed)(guest))
            .collect();
        let back = asked.iter().filter(|guest| is_back(guest)).count() as u64;
        let n = asked.len() as u64;
        let sides = Sides {
            with: back,
            without: n - back,
            all: n,
        };
        // A1 tells everybody who attended; a gap keeps some of the cohorts out.
        let apart = [self.all - n, old.len() as u64 - n];
        match people_proportion(back, n, sides) {
            Value::Null => Value::Null,
            share => share.of_people(fewest(&apart)),
        }
    }

    /// The guests of the oldest cohorts, all of whom are old enough. Without the last of these, where those
    /// who are left out would be too few to be told.
    fn whole<'a>(&self, cohorts: &'a [Cohort<'a>], k: u64) -> Vec<&'a Guest> {
        let is_old =
            |cohort: &&Cohort<'_>| cohort.guests.iter().all(|(_, guest)| (self.is_old)(guest));
        let mut cohorts: Vec<&Cohort<'_>> = cohorts.iter().take_while(is_old).collect();
        loop {
            let guests: Vec<&Guest> = cohorts
                .iter()
                .flat_map(|cohort| &cohort.guests)
                .map(|(_, guest)| *guest)
                .collect();
            let followed = guests
                .iter()
                .filter(|guest| (self.is_followed)(guest))
                .count() as u64;
            let left = self.all - followed;
            if left == 0 || left >= k || cohorts.pop().is_none() {
                return guests;
            }
        }
    }
}

fn guests(
    presences: &[Presence],
    observed: &Windows,
    span: Millis,
    calendar: &Calendar,
) -> Vec<Guest> {
    let mut all: BTreeMap<i64, Vec<Millis>> = BTreeMap::new();
    for one in presences {
        all.entry(one.person).or_default().push(one.at);
    }
    let guests = all.into_values().filter_map(|mut at| {
        at.sort_unstable();
        let first = *at.first()?;
        let months = at.iter().map(|at| month(calendar.date(*at))).collect();
        Some(Guest {
            first,
            known: observed.covers(first - span, first),
            at,
            months,
        })
    });
    guests.collect()
}

/// A month as a number that goes up by one a month.
fn month(date: NaiveDate) -> i32 {
    date.year() * 12 + i32::try_from(date.month0()).unwrap_or(0)
}

/// The first day of that month.
fn first_day(month: i32) -> NaiveDate {
    let of_year = u32::try_from(month.rem_euclid(12)).unwrap_or(0) + 1;
    NaiveDate::from_ymd_opt(month.div_euclid(12), of_year, 1).unwrap_or_default()
}

/// The organisation's months, as far as attendance was observed in them.
struct Months<'a> {
    calendar: &'a Calendar,
    observed: &'a Windows,
    as_of: Millis,
}

/// Cohorts that are told as one: a month, or all months of a quarter.
struct Cohort<'a> {
    name: String,
    guests: Vec<(i32, &'a Guest)>,
}

impl Months<'_> {
    /// The first month that is not over.
    fn now(&self) -> i32 {
        month(self.calendar.date(self.as_of))
    }

    /// Whether all of a month lies behind, and was observed.
    fn is_whole(&self, month: i32) -> bool {
        let first = first_day(month);
        let midnight = |date| self.calendar.midnight(date);
        self.observed
            .covers(midnight(first), midnight(next_month(month_of(first))))
            && midnight(next_month(first)) <= self.as_of
    }

    /// Oldest first.
    fn cohorts<'a>(&self, known: &[&'a Guest], k: u32) -> Vec<Cohort<'a>> {
        let mut by_month: BTreeMap<i32, Vec<&'a Guest>> = BTreeMap::new();
        for guest in known {
            let first = month(self.calendar.date(guest.first));
            by_month.entry(first).or_default().push(*guest);
        }
        let small: BTreeSet<i32> = by_month
            .iter()
            .filter(|(_, guests)| (guests.len() as u64) < u64::from(k))
            .map(|(month, _)| month.div_euclid(3))
            .collect();
        let mut cohorts: BTreeMap<i32, Cohort<'_>> = BTreeMap::new();
        for (month, guests) in by_month {
            let quarter = month.div_euclid(3);
            let (at, name) = match small.contains(&quarter) {
                true => {
                    let (year, quarter) = (quarter.div_euclid(4), quarter.rem_euclid(4) + 1);
                    (month - month.rem_euclid(3), format!("{year}-Q{quarter}"))
                }
                false => (month, first_day(month).format("%Y-%m").to_string()),
            };
            let cohort = cohorts.entry(at).or_insert(Cohort {
                name,
                guests: Vec::new(),
            });
            cohort
                .guests
                .extend(guests.into_iter().map(|guest| (month, guest)));
        }
        cohorts.into_values().collect()
    }

    fn told(&self, cohort: &Cohort<'_>) -> Results {
        let firsts: BTreeSet<i32> = cohort.guests.iter().map(|(first, _)| *first).collect();
        let size = cohort.guests.len() as u64;
        let oldest = firsts.first().copied().unwrap_or_else(|| self.now());
        let mut retained = Results::new();
        for after in 0..self.now() - oldest {
            if !firsts.iter().all(|first| self.is_whole(first + after)) {
                continue;
            }
            let came = cohort
                .guests
                .iter()
                .filter(|(first, guest)| guest.months.contains(&(first + after)))
                .count() as u64;
            retained = retained.with(
                after.to_string(),
                Value::from(came).share_of_people(came, size),
            );
        }
        Results::new()
            .with("cohort", cohort.name.as_str())
            .with("size", Value::from(size).of_people(size))
            .with("retained", retained)
    }

    /// Meetings that anybody attended, those without a name included; from the first month to the last
    /// that is over.
    fn held(&self, facts: &Facts) -> PolarsResult<Value> {
        let frame = rows(facts)
            .filter(col("attended"))
            .group_by([col("meeting")])
            .agg([col("at").min()])
            .collect()?;
        let mut by_month: BTreeMap<i32, u64> = BTreeMap::new();
        for at in super::ints(&frame, "at")?.into_iter().flatten() {
            *by_month.entry(month(self.calendar.date(at))).or_default() += 1;
        }
        let first = by_month
            .keys()
            .next()
            .copied()
            .unwrap_or_else(|| self.now());
        let months = (first..self.now()).map(|month| {
            Results::new()
                .with("month", first_day(month).format("%Y-%m").to_string())
                .with("reviews", by_month.get(&month).copied().unwrap_or(0))
        });
        Ok(Value::from(months.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, at, attendance, context, empty, field};
    use crate::stats::examples::{close, numbers, one};

    fn came(meeting: &'static str, person: u32, when: &str) -> Row {
        Row {
            at: at(when),
            ..Row::walk_in(meeting, person)
        }
    }

    fn found(rows: &[Row], change: impl Fn(&mut Facts, &mut Context)) -> Results {
        let mut facts = Facts {
            attendance: attendance(rows),
            ..empty()
        };
        let mut context = context();
        change(&mut facts, &mut context);
        returning(&facts, &context).unwrap()
    }

    /// Name, size, and who came so many months later.
    type Told = (String, i64, Vec<(String, i64)>);

    fn cohorts(results: &Results) -> Vec<Told> {
        let whole = |value: &Value| match value.bare() {
            Value::Int(value) => *value,
            other => panic!("{other:?}"),
        };
        let Value::List(cohorts) = field(results, &["cohorts"]) else {
            panic!("{results:?}")
        };
        let told = cohorts.iter().map(|cohort| {
            let Value::Map(cohort) = cohort else {
                panic!("{cohort:?}")
            };
            let (Some(Value::Text(name)), Some(Value::Map(retained))) =
                (cohort.get("cohort"), cohort.get("retained"))
            else {
                panic!("{cohort:?}")
            };
            let months = retained.0.iter();
            let months = months.map(|(name, value)| (name.clone(), whole(value)));
            (
                name.clone(),
                whole(cohort.get("size").unwrap()),
                months.collect(),
            )
        });
        told.collect()
    }

    /// p, q and r come in January, p again in February and April, q in February.
    fn example() -> [Row; 6] {
        [
            came("jan", 1, "2025-01-10T10:00:00Z"),
            came("jan", 2, "2025-01-10T10:00:00Z"),
            came("end of jan", 3, "2025-01-31T10:00:00Z"),
            came("feb", 1, "2025-02-10T10:00:00Z"),
            came("feb", 2, "2025-02-10T10:00:00Z"),
            came("apr", 1, "2025-04-10T10:00:00Z"),
        ]
    }

    #[test]
    fn fits_the_worked_example_of_cohorts() {
        let results = found(&example(), |_, context| {
            context.as_of = at("2025-05-01T00:00:00Z")
        });
        let found = cohorts(&results);
        let [(name, 3, months)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(name, "2025-01");
        let retention = numbers(&one("A7", 0).expect["retention"]);
        assert_eq!(months.len(), retention.len());
        for (n, ((after, came), share)) in months.iter().zip(retention).enumerate() {
            assert_eq!(*after, n.to_string());
            assert!((*came as f64 / 3.0 - share).abs() < 1e-9, "{after}");
        }
    }

    #[test]
    fn a_month_that_is_not_over_or_was_not_watched_is_unknown() {
        let results = found(&example(), |_, context| {
            context.as_of = at("2025-04-30T23:59:59Z")
        });
        assert_eq!(cohorts(&results)[0].2.len(), 3, "April is not over");
        let results = found(&example(), |facts, context| {
            context.as_of = at("2025-05-01T00:00:00Z");
            let gap = (at("2025-02-03T00:00:00Z"), at("2025-02-04T00:00:00Z"));
            facts.attendance_observed = Windows(vec![(0, gap.0), (gap.1, i64::MAX / 4)]);
        });
        let names: Vec<String> = cohorts(&results)[0].2.iter().map(|m| m.0.clone()).collect();
        assert_eq!(names, ["0", "2", "3"]);
    }

    #[test]
    fn small_cohorts_are_put_together_by_the_quarter() {
        let mut rows = example().to_vec();
        rows.push(came("mar", 4, "2025-03-05T10:00:00Z"));
        rows.push(came("apr", 4, "2025-04-10T10:00:00Z"));
        rows.extend((10..15).map(|person| came("apr", person, "2025-04-10T10:00:00Z")));
        let results = found(&rows, |_, context| {
            context.k = 2;
            context.as_of = at("2025-06-01T00:00:00Z");
        });
        let found = cohorts(&results);
        let names: Vec<(&str, i64)> = found.iter().map(|c| (c.0.as_str(), c.1)).collect();
        assert_eq!(names, [("2025-Q1", 4), ("2025-04", 5)]);
        // In the month after their first came p, q and the one of March; whose second month is May.
        let of_quarter: Vec<i64> = found[0].2.iter().map(|month| month.1).collect();
        assert_eq!(of_quarter, [4, 3, 0]);
    }

    #[test]
    fn fits_the_worked_example_of_coming_back() {
        let example = one("A7", 1);
        let mut rows: Vec<Row> = (0..95)
            .map(|person| came("first", person, "2025-01-10T10:00:00Z"))
            .collect();
        // At the very end of the window, and a millisecond later.
        rows.extend((0..71).map(|person| came("second", person, "2025-07-09T10:00:00Z")));
        rows.push(came("third", 80, "2025-07-09T10:00:00.001Z"));
        // Too young to be asked.
        rows.push(came("late", 200, "2025-12-01T10:00:00Z"));
        let results = found(&rows, |_, _| ());
        for name in ["k", "n", "p", "lo", "hi"] {
            let value = match *field(&results, &["repeat", name]).bare() {
                Value::Int(value) => value as f64,
                Value::Float(value) => value,
                ref other => panic!("{name} {other:?}"),
            };
            assert!(close(value, &example.expect[name]), "{name} {value}");
        }
        // Everybody less those who were asked is one person.
        let Some(Value::Guarded(guard, _)) = results.get("repeat") else {
            panic!("{results:?}")
        };
        assert_eq!(*guard, crate::model::Guard::Count(1));
    }

    /// Everybody less those who are asked must not be few: the youngest cohort is not asked either.
    #[test]
    fn those_who_are_not_asked_are_none_or_many() {
        let mut rows: Vec<Row> = (0..30)
            .map(|n| came("jan", n, "2025-01-10T10:00:00Z"))
            .collect();
        rows.extend((30..36).map(|n| came("feb", n, "2025-02-10T10:00:00Z")));
        rows.extend((0..20).map(|n| came("mar", n, "2025-03-10T10:00:00Z")));
        let asked = |rows: &[Row], k| {
            let results = found(rows, |_, context| context.k = k);
            field(&results, &["repeat", "n"]).bare().clone()
        };
        assert_eq!(asked(&rows, 5), Value::Int(36), "nobody is left out");
        rows.push(came("now", 99, "2025-12-10T10:00:00Z"));
        assert_eq!(asked(&rows, 1), Value::Int(36));
        assert_eq!(
            asked(&rows, 5),
            Value::Int(30),
            "one is left out, and six with them"
        );
    }

    #[test]
    fn a_first_needs_observed_time_before_it() {
        let rows = [
            came("a", 1, "2025-06-30T00:00:00Z"),
            came("b", 2, "2025-06-29T00:00:00Z"),
        ];
        let results = found(&rows, |facts, _| {
            facts.attendance_observed = Windows(vec![(at("2025-01-01T00:00:00Z"), i64::MAX / 4)]);
        });
        // 180 days from the first of January end at the thirtieth of June.
        assert_eq!(cohorts(&results).len(), 1);
        assert_eq!(field(&results, &["not_observed"]).bare(), &Value::Int(1));
        assert_eq!(field(&results, &["repeat", "n"]).bare(), &Value::Int(1));
    }

    #[test]
    fn reviews_held_stand_beside() {
        let results = found(&example(), |_, context| {
            context.as_of = at("2025-05-01T00:00:00Z")
        });
        let Value::List(months) = field(&results, &["reviews_held"]) else {
            panic!("{results:?}")
        };
        let reviews: Vec<Value> = months
            .iter()
            .map(|month| match month {
                Value::Map(map) => map.get("reviews").unwrap().clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(reviews, [2_u64, 1, 0, 1].map(Value::from));
    }
}
