//! The two series that T0 shows and T1 tests: by month of the read, and by month of publication.

use std::sync::{Arc, OnceLock};

use chrono::{Months, NaiveDate};
use polars::prelude::*;

use super::cohorts::{Cohort, cohorts, epoch_date, months_between};
use super::exposure::{AtRisk, Days};
use crate::indicators::frames::{counts, index, ints};
use crate::indicators::shapes::{fewest, people_in_value};
use crate::indicators::{Context, Facts};
use crate::model::calendar::{month_of, next_month};
use crate::model::{Calendar, DAY_MS, Millis, Parameters};

/// Both series.
#[derive(Debug)]
pub(super) struct Series {
    /// Complete local months from the first one on in which a write-up was old enough and watched.
    pub(super) months: Vec<Month>,
    /// Publication months that have write-ups old enough and watched all the time.
    pub(super) cohorts: Vec<Cohort>,
    /// Write-ups old enough for a cohort and not watched all the time.
    pub(super) not_yet_observed: usize,
}

impl Series {
    /// What T1 tests by month: reads in the window per 100 write-up-working-days.
    pub(super) fn by_month(&self) -> Tested {
        let numbered = self.months.iter().enumerate();
        let values = numbered.filter_map(|(number, month)| {
            Some((number, month.window.per_100()?, month.window.certain))
        });
        Tested::new(self.months.first().map(|month| month.first), values)
    }

    /// What T1 tests by publication: reads per write-up. Cohorts keep their place in the calendar.
    pub(super) fn by_cohort(&self) -> Tested {
        let first = self.cohorts.first().map(|cohort| cohort.first);
        let values = self.cohorts.iter().filter_map(|cohort| {
            let number = usize::try_from(months_between(first?, cohort.first)).ok()?;
            Some((number, cohort.per_writeup(), cohort.people))
        });
        Tested::new(first, values)
    }
}

/// A series that is tested.
pub(super) struct Tested {
    first: Option<NaiveDate>,
    /// Months since the first, and values; months without data are left out.
    pub(super) points: Vec<(usize, f64)>,
    /// The most people who stand for certain behind one value.
    pub(super) people: u64,
    /// The fewest who do behind a value that anybody stands behind: what tells values of single months
    /// rests on these.
    pub(super) fewest: u64,
}

impl Tested {
    fn new(first: Option<NaiveDate>, values: impl Iterator<Item = (usize, f64, u64)>) -> Self {
        let (points, people): (Vec<_>, Vec<_>) = values
            .map(|(number, value, people)| ((number, value), people))
            .unzip();
        Tested {
            first,
            points,
            people: people.iter().copied().max().unwrap_or(0),
            fewest: fewest(&people),
        }
    }

    /// The points with the time as a number.
    pub(super) fn timed(&self) -> Vec<(f64, f64)> {
        let points = self.points.iter();
        points
            .map(|&(number, value)| (number as f64, value))
            .collect()
    }

    /// The values in their order.
    pub(super) fn values(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.1).collect()
    }

    /// The month of the value at this place, as `2026-03`.
    pub(super) fn month(&self, place: usize) -> Option<String> {
        let number = u32::try_from(self.points.get(place)?.0).ok()?;
        let month = self.first?.checked_add_months(Months::new(number))?;
        Some(month.format("%Y-%m").to_string())
    }
}

/// A month of reading.
#[derive(Debug)]
pub(super) struct Month {
    /// Its first day.
    pub(super) first: NaiveDate,
    /// Monday to Friday less holidays.
    pub(super) working_days: u64,
    /// Reads at an age of `late` days and more.
    pub(super) late: Band,
    /// Reads at an age in `[late, 2 late)`.
    pub(super) window: Band,
}

/// Reads at some ages, and what they are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Band {
    /// Reads, weekends included.
    pub(super) reads: u64,
    /// Those that are no page count, which names nobody.
    pub(super) single: u64,
    /// Distinct people behind the reads of these ages, those on days not observed included.
    pub(super) people: u64,
    /// How many of them stand for certain behind `reads`.
    pub(super) certain: u64,
    /// Write-up-working-days.
    pub(super) exposure: i64,
}

impl Band {
    /// Reads per 100 write-up-working-days; `None` without exposure.
    pub(super) fn per_100(&self) -> Option<f64> {
        (self.exposure > 0).then(|| 100.0 * self.reads as f64 / self.exposure as f64)
    }
}

/// The series once they were built: T0 to T8 ask for them, and every read of the history goes into them. A
/// copy of facts, which may be changed, has none.
#[derive(Debug, Default)]
pub struct Kept(OnceLock<(Looked, Arc<Series>)>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        Kept::default()
    }
}

/// What they depend on beside the facts.
type Looked = (Millis, Calendar, Parameters);

/// Both series, built once for the same facts and context.
pub(super) fn series(facts: &Facts, context: &Context) -> PolarsResult<Arc<Series>> {
    let looked = (
        context.as_of,
        context.calendar.clone(),
        context.parameters.clone(),
    );
    if let Some((with, series)) = facts.series.0.get()
        && *with == looked
    {
        return Ok(Arc::clone(series));
    }
    let series = Arc::new(build(facts, context)?);
    // Of another context there may be one already: that one stays.
    Ok(match facts.series.0.set((looked, Arc::clone(&series))) {
        Ok(()) | Err(_) => series,
    })
}

fn build(facts: &Facts, context: &Context) -> PolarsResult<Series> {
    let (cohorts, not_yet_observed) = cohorts(facts, context)?;
    let mut series = Series {
        months: months(context, facts),
        cohorts,
        not_yet_observed,
    };
    if let (Some(first), Some(last)) = (series.months.first(), series.months.last()) {
        let days = Days::new(&context.calendar, first.first, next_month(last.first));
        count_days(&mut series.months, &days, facts, context);
        // Before the first write-up came of age there was nothing to be read late.
        let begun = series
            .months
            .iter()
            .position(|month| month.late.exposure > 0);
        series.months.drain(..begun.unwrap_or(series.months.len()));
        count_reads(&mut series.months, &days, facts, context)?;
        name_people(&mut series.months, facts, context)?;
    }
    Ok(series)
}

/// The complete months since the first publication, still empty.
fn months(context: &Context, facts: &Facts) -> Vec<Month> {
    let months = complete_months(context, facts).into_iter();
    months
        .map(|first| Month {
            first,
            working_days: 0,
            late: Band::default(),
            window: Band::default(),
        })
        .collect()
}

/// The first days of the complete local months since the first publication.
pub(super) fn complete_months(context: &Context, facts: &Facts) -> Vec<NaiveDate> {
    let published = facts
        .writeups
        .iter()
        .filter_map(|writeup| writeup.published_at);
    let Some(first) = published.filter(|&at| at < context.as_of).min() else {
        return Vec::new();
    };
    let complete =
        |month: &NaiveDate| context.calendar.midnight(next_month(*month)) <= context.as_of;
    std::iter::successors(Some(month_of(context.calendar.date(first))), |&month| {
        Some(next_month(month))
    })
    .take_while(complete)
    .collect()
}

/// Working days and exposure.
fn count_days(months: &mut [Month], days: &Days, facts: &Facts, context: &Context) {
    let late = i64::from(context.parameters.late_days) * DAY_MS;
    let (mut at_late, mut at_window) = (AtRisk::new(days), AtRisk::new(days));
    for writeup in &facts.writeups {
        let Some(published) = writeup.published_at else {
            continue;
        };
        let end = writeup.deleted_at.unwrap_or(Millis::MAX);
        let windows = &writeup.reads_observed;
        at_late.add(days, windows, published + late, end);
        at_window.add(
            days,
            windows,
            published + late,
            end.min(published + 2 * late),
        );
    }
    let (at_late, at_window) = (at_late.by_day(), at_window.by_day());
    for month in months {
        let start = days.place(month.first).max(0) as usize;
        let end = days.place(next_month(month.first)).max(0) as usize;
        for place in (start..end.min(days.len())).filter(|&place| days.is_working(place)) {
            month.working_days += 1;
            month.late.exposure += at_late[place];
            month.window.exposure += at_window[place];
        }
    }
}

/// Late reads on days that were observed as a whole, the same days as those of the exposure.
fn count_reads(
    months: &mut [Month],
    days: &Days,
    facts: &Facts,
    context: &Context,
) -> PolarsResult<()> {
    let (mut writeups, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
    for (number, writeup) in facts.writeups.iter().enumerate() {
        for &(a, b) in &writeup.reads_observed.0 {
            let whole = days.whole(a, b);
            if !whole.is_empty() {
                writeups.push(index(number));
                from.push(days.epoch_day(whole.start));
                to.push(days.epoch_day(whole.end));
            }
        }
    }
    let windows = df!("writeup" => writeups, "from" => from, "to" => to)?.lazy();
    let observed = late_reads(facts, context)
        .join(
            windows,
            [col("writeup")],
            [col("writeup")],
            JoinArgs::new(JoinType::Inner),
        )
        .filter(
            col("date")
                .gt_eq(col("from"))
                .and(col("date").lt(col("to"))),
        );
    each_day(observed, |date, late, window| {
        if let Some(month) = month_at(months, date) {
            for (band, day) in [(&mut month.late, late), (&mut month.window, window)] {
                band.reads += day.reads;
                band.single += day.single;
            }
        }
    })
}

/// Reads of a day at some ages.
#[derive(Clone, Copy)]
struct Day {
    reads: u64,
    single: u64,
}

/// The rows of `daily` at a late age, with their reads as `late`, those in the window as `window`,
/// and of each those that are no page count.
fn late_reads(facts: &Facts, context: &Context) -> LazyFrame {
    let late = i64::from(context.parameters.late_days);
    let age = || col("age_day").cast(DataType::Int64);
    let in_window = |name: &str| {
        when(age().lt(lit(2 * late)))
            .then(col(name))
            .otherwise(lit(0u64))
    };
    facts
        .daily
        .clone()
        .lazy()
        .filter(age().gt_eq(lit(late)))
        .with_columns([
            col("reads").alias("late"),
            col("single").alias("late_single"),
            in_window("reads").alias("window"),
            in_window("single").alias("window_single"),
        ])
}

/// Sums by date of what is late, and of what lies in the window.
fn each_day(reads: LazyFrame, mut visit: impl FnMut(NaiveDate, Day, Day)) -> PolarsResult<()> {
    let names = ["late", "late_single", "window", "window_single"];
    let table = reads
        .group_by([col("date")])
        .agg(names.map(|name| col(name).sum()))
        .collect()?;
    let days = |reads: &str, single: &str| -> PolarsResult<Vec<Day>> {
        let both = counts(&table, reads)?
            .into_iter()
            .zip(counts(&table, single)?);
        Ok(both.map(|(reads, single)| Day { reads, single }).collect())
    };
    let sums = days("late", "late_single")?
        .into_iter()
        .zip(days("window", "window_single")?);
    for (date, (late, window)) in ints(&table, "date")?.into_iter().zip(sums) {
        if let Some(date) = date.and_then(epoch_date) {
            visit(date, late, window);
        }
    }
    Ok(())
}

/// Distinct people never add up over days: the store counts them by month.
fn name_people(months: &mut [Month], facts: &Facts, context: &Context) -> PolarsResult<()> {
    let mut all = vec![(0, 0); months.len()];
    let first = months.first().map(|month| month.first);
    each_day(late_reads(facts, context), |date, late, window| {
        let place = first.and_then(|first| usize::try_from(months_between(first, date)).ok());
        if let Some(sums) = place.and_then(|place| all.get_mut(place)) {
            sums.0 += late.single;
            sums.1 += window.single;
        }
    })?;
    let frame = &facts.people_by_month;
    let people = counts(frame, "late")?
        .into_iter()
        .zip(counts(frame, "window")?);
    for (date, (late, window)) in ints(frame, "month")?.into_iter().zip(people) {
        if let Some(month) = date
            .and_then(epoch_date)
            .and_then(|date| month_at(months, date))
        {
            month.late.people = late;
            month.window.people = window;
        }
    }
    for (month, (late, window)) in months.iter_mut().zip(all) {
        for (band, all) in [(&mut month.late, late), (&mut month.window, window)] {
            band.certain = people_in_value(band.people, all, band.single);
        }
    }
    Ok(())
}

/// The month of a date, if it is among them. They follow each other without a gap.
fn month_at(months: &mut [Month], date: NaiveDate) -> Option<&mut Month> {
    let place = months_between(months.first()?.first, date);
    months.get_mut(usize::try_from(place).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{at, context, date, day, empty, read_facts, writeup};

    /// 2025-01-01 is day 0, a Wednesday; day 90 is 1 April.
    #[test]
    fn months_count_reads_and_days_at_risk() {
        let mut deleted = writeup("deleted", Some(day(0.0)));
        deleted.deleted_at = Some(day(97.0));
        let writeups = vec![
            writeup("a", Some(day(0.0))),
            deleted,
            writeup("undated", None),
        ];
        let rows = [
            (0, 89.0, 100),
            (0, 90.0, 1),
            (0, 95.0, 2),
            (1, 96.0, 4),
            (0, 180.0, 8),
            (2, 100.0, 100),
        ];
        let mut facts = read_facts(writeups, &rows);
        facts.people_by_month = df!(
            "month" => [date(2025, 4, 1), date(2024, 4, 1)],
            "late" => [3u64, 9],
            "window" => [2u64, 9],
        )
        .unwrap();
        let found = series(&facts, &context()).unwrap();
        // As of 2026-02-05: April 2025, when the first was old enough, to January 2026.
        assert_eq!(found.months.len(), 10);
        let april = &found.months[0];
        // 22 working days for the first, 1 to 7 April (5 of them) for the deleted one.
        assert_eq!(april.working_days, 22);
        assert_eq!(
            april.late,
            Band {
                reads: 7,
                single: 7,
                people: 3,
                certain: 3,
                exposure: 27
            }
        );
        assert_eq!(
            april.window,
            Band {
                reads: 7,
                single: 7,
                people: 2,
                certain: 2,
                exposure: 27
            }
        );
        let june = &found.months[2];
        // Day 180 is 30 June: no longer in the window, a working day.
        assert_eq!(
            june.late,
            Band {
                reads: 8,
                single: 8,
                people: 0,
                certain: 0,
                exposure: 21
            }
        );
        assert_eq!(
            june.window,
            Band {
                reads: 0,
                single: 0,
                people: 0,
                certain: 0,
                exposure: 20
            }
        );
        assert_eq!(found.months[3].window.per_100(), None);
    }

    #[test]
    fn days_not_observed_are_in_neither_side() {
        let mut outage = writeup("outage", Some(day(0.0)));
        // Out from noon on 2 April to midnight at the start of 5 April (a Saturday).
        outage.reads_observed = Windows(vec![(day(0.0), day(91.5)), (day(94.0), day(400.0))]);
        let mut facts = read_facts(vec![outage], &[(0, 90.0, 1), (0, 91.2, 20), (0, 94.0, 4)]);
        facts.people_by_month =
            df!("month" => [date(2025, 4, 1)], "late" => [22u64], "window" => [9u64]).unwrap();
        let found = series(&facts, &context()).unwrap();
        // Of 22 working days the 2nd to the 4th are gone; reads on the half day too.
        assert_eq!(
            found.months[0].late,
            Band {
                reads: 5,
                single: 5,
                people: 22,
                certain: 2,
                exposure: 19
            }
        );
        // Twenty reads were left out; they may be all but one of the nine.
        assert_eq!(found.months[0].window.certain, 1);
    }

    #[test]
    fn months_are_local_and_end_where_the_clocks_change() {
        let mut context = context();
        context.calendar.timezone = chrono_tz::Europe::Berlin;
        // Midnight at the start of 1 April 2025 in Berlin is 22:00Z.
        let facts = read_facts(vec![writeup("a", Some(at("2024-10-02T23:30:00Z")))], &[]);
        context.as_of = at("2025-03-31T22:00:00Z");
        let found = series(&facts, &context).unwrap();
        assert_eq!(
            found
                .months
                .first()
                .map(|month| month.first.to_string())
                .as_deref(),
            Some("2025-01-01")
        );
        assert_eq!(found.months.len(), 3);
        context.as_of -= 1;
        assert_eq!(series(&facts, &context).unwrap().months.len(), 2);
    }

    #[test]
    fn the_same_facts_are_looked_at_once_and_others_again() {
        let facts = read_facts(vec![writeup("a", Some(day(0.0)))], &[(0, 95.0, 7)]);
        let context = context();
        let first = series(&facts, &context).unwrap();
        assert!(Arc::ptr_eq(&first, &series(&facts, &context).unwrap()));
        let later = Context {
            as_of: context.as_of + 100 * DAY_MS,
            ..context.clone()
        };
        assert_eq!(
            series(&facts, &later).unwrap().months.len(),
            first.months.len() + 3
        );
        let mut others = facts.clone();
        others.writeups.clear();
        assert!(series(&others, &context).unwrap().months.is_empty());
    }

    #[test]
    fn nothing_published_nothing_to_show() {
        let found = series(&empty(), &context()).unwrap();
        assert!(found.months.is_empty() && found.cohorts.is_empty());
    }
}
