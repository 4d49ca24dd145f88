//! E1, late edits: do people help to change what a write-up says, months later, and people who did not
//! write it?

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use polars::prelude::PolarsResult;

use super::comparisons::Family;
use super::exposure::{AtRisk, Days};
use super::mann_kendall::trend;
use super::series::complete_months;
use crate::indicators::frames::ints;
use crate::indicators::observed::comparable;
use crate::indicators::shapes::{Sides, clustered, fewest, proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec, WriteupFact};
use crate::model::calendar::{month_of, next_month};
use crate::model::{DAY_MS, Layer, Millis, Results, Value};
use crate::stats::{ratio, wilson};

/// E1.
pub(in crate::indicators) struct LateEdits;

/// The first version is the one that stands so long after publication, as the descriptors have it
/// (INDICATORS section 8).
const FIRST_VERSION: Millis = 14 * DAY_MS;

static SPEC: Spec = Spec {
    code: "E1",
    title: "Late edits",
    unit: "share; edits per 100 write-up-working-days",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &[
        "fact_daily",
        "fact_edits",
        "fact_people_by_month",
        "fact_people_by_cohort",
    ],
    says: "Whether people still change what a write-up says {late_later}, and people who did not write \
        it.",
    definition: "An edit is a local day on which somebody changed a published, dated write-up, however \
        often they saved it; edits that their source calls minor, those of robots and of excluded \
        people, and those of drafts are left out. First form: edits at an age >= {late_days} days of \
        all, Wilson's 95 % interval. Second, comparable form: sum of y / sum of x over write-ups whose \
        edits were observed without a gap for their first {horizon_days} days, x = edits at an age in \
        [0, {horizon_days}) days, y = those in [{late_days}, {horizon_days}), interval with write-ups \
        as clusters as in L3 (none below five write-ups). by_others = edits by people who did not write \
        the first version, of all edits whose maker is known. The first version was written by whoever \
        is named first among its contributors, whoever changed it before it was 14 days old, and by \
        all of its contributors where one of them, other than the first, never changed it, since such \
        names do not come from the list of changes. series: by complete local month, edits at an age \
        in [{late_days}, {late_days_twice}) days on days observed whole, weekends included, exposure \
        as in T0's window_exposure with the days on which edits were observed, per_100 = 100 * edits / \
        exposure (null without exposure), and the same of edits by others. trend: T1 and T2 of per_100; its \
        verdict goes by the p that T7 leaves beside the other tests. \
        not_yet_observed counts write-ups old enough whose {first_year} of edits {year_was} not \
        observed whole. {watched_by_all}",
    caveat: "A late edit may be a new spelling that nobody called minor, a moved link or a true change \
        of mind: its text is never kept. The share of all edits is a state: it grows when people stop \
        writing; the comparable form and the series are not. Where a wiki names its editors as \
        contributors, and not whom the first version is by, somebody who wrote without ever saving \
        is not known. People whose names a source does not tell are in no share of others.",
};

impl Indicator for LateEdits {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        late_edits(facts, context).map_err(|source| IndicatorError::of("E1", source))
    }
}

/// A day on which somebody changed a published write-up.
struct Edit {
    writeup: usize,
    at: Millis,
    /// Since publication.
    age: Millis,
    person: Option<u32>,
    /// They did not write the first version; nobody's is not known to be another's.
    by_other: bool,
}

fn late_edits(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let parameters = &context.parameters;
    let ms = |days: u32| i64::from(days) * DAY_MS;
    let (late, horizon) = (ms(parameters.late_days), ms(parameters.horizon_days));
    let edits = edits(facts)?;
    let many = |test: &dyn Fn(&&Edit) -> bool| edits.iter().filter(test).count() as u64;
    let late_ones = many(&|edit| edit.age >= late);

    let chosen = comparable(facts, context, parameters.horizon_days, |writeup| {
        writeup.edits_observed_for(parameters.horizon_days, context.as_of)
    });
    let mut by_age: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for edit in edits.iter().filter(|edit| edit.age < horizon) {
        let sums = by_age.entry(edit.writeup).or_default();
        sums.0 += f64::from(u8::from(edit.age >= late));
        sums.1 += 1.0;
    }
    let pairs = chosen.writeups.iter();
    let pairs = pairs.map(|&n| by_age.get(&(n as usize)).copied().unwrap_or_default());
    let pairs: Vec<(f64, f64)> = pairs.collect();

    let months = months(facts, context, &edits);
    let window = tested(context, &edits, &months);
    let adjusted = Family::of(facts, context)?.adjusted("E1", "trend");
    Ok(Results::new()
        .with(
            "edits",
            Results::new()
                .with("edits", edits.len())
                .with("late", late_ones)
                .with("late_share", proportion(late_ones, edits.len() as u64)),
        )
        .with(
            "late_share_horizon",
            // Edits are not people; nothing here is withheld.
            clustered(&ratio(&pairs, 1.0), |value| value, |value| value),
        )
        .with("by_others", by_others(&edits, &months))
        .with("series", months.iter().map(Month::told).collect::<Vec<_>>())
        .with(
            "trend",
            Value::from(trend(&window.points, adjusted)).of_people(window.people),
        )
        .with("not_yet_observed", chosen.not_yet_observed))
}

/// What is tested.
pub(super) struct Window {
    /// Months from the first one on, and edits of each per 100 write-up-working-days.
    pub(super) points: Vec<(f64, f64)>,
    /// Distinct people behind the edits of these ages.
    pub(super) people: u64,
}

/// The series that T7 judges with others.
pub(super) fn window(facts: &Facts, context: &Context) -> PolarsResult<Window> {
    let edits = edits(facts)?;
    Ok(tested(context, &edits, &months(facts, context, &edits)))
}

fn tested(context: &Context, edits: &[Edit], months: &[Month]) -> Window {
    let late = i64::from(context.parameters.late_days) * DAY_MS;
    let points = months.iter().enumerate();
    let points =
        points.filter_map(|(number, month)| Some((number as f64, month.per_100(month.edits)?)));
    Window {
        points: points.collect(),
        people: distinct(edits.iter().filter(|e| (late..2 * late).contains(&e.age))),
    }
}

/// Edits by people who did not write the first version, of those whose maker is known.
fn by_others(edits: &[Edit], months: &[Month]) -> Value {
    let named = edits.iter().filter(|edit| edit.person.is_some());
    let (others, writers): (Vec<&Edit>, Vec<&Edit>) = named.partition(|edit| edit.by_other);
    let mut sides = Sides {
        with: distinct(others.iter().copied()),
        without: distinct(writers.iter().copied()),
        all: 0,
    };
    // Where all of them fell into one month, whoever is withheld there is told by the sum.
    let k = others.len() as u64;
    if let Some(only) = months.iter().find(|month| k > 0 && month.by_others == k) {
        sides.with = sides.with.min(only.fewest());
    }
    wilson(k, k + writers.len() as u64).map_or(Value::Null, |found| {
        Results::new()
            .with("k", sides.share(found.k))
            // Edits are not people.
            .with("n", found.n)
            .with("p", sides.share(found.p))
            .with("lo", sides.share(found.lo))
            .with("hi", sides.share(found.hi))
            .into()
    })
}

/// The edits of dated write-ups since their publication, write-up by write-up, by time.
fn edits(facts: &Facts) -> PolarsResult<Vec<Edit>> {
    let frame = &facts.edits;
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let people = ints(frame, "person")?;
    let mut by_writeup: BTreeMap<usize, Vec<(Millis, Option<u32>)>> = BTreeMap::new();
    for ((writeup, at), person) in writeups.into_iter().zip(at).zip(people) {
        let writeup = writeup.and_then(|writeup| usize::try_from(writeup).ok());
        if let (Some(writeup), Some(at)) = (writeup, at) {
            let person = person.and_then(|person| u32::try_from(person).ok());
            by_writeup.entry(writeup).or_default().push((at, person));
        }
    }
    let mut all = Vec::new();
    for (number, mut changes) in by_writeup {
        let Some(writeup) = facts.writeups.get(number) else {
            continue;
        };
        let Some(published) = writeup.published_at else {
            continue;
        };
        changes.sort_unstable();
        let writers = first_writers(writeup, published, &changes);
        let since = changes.into_iter().filter(|(at, _)| *at >= published);
        all.extend(since.map(|(at, person)| Edit {
            writeup: number,
            at,
            age: at - published,
            person,
            by_other: person.is_some_and(|person| !writers.contains(&person)),
        }));
    }
    Ok(all)
}

/// Who wrote the first version, so far as it is known (see the definition). Wikis name whoever ever
/// changed a page as a contributor, so to be named is not enough, but for who made the page.
fn first_writers(
    writeup: &WriteupFact,
    published: Millis,
    changes: &[(Millis, Option<u32>)],
) -> BTreeSet<u32> {
    let makers = |early: bool| -> BTreeSet<u32> {
        let until = changes
            .iter()
            .filter(|(at, _)| !early || *at < published + FIRST_VERSION);
        until.filter_map(|(_, person)| *person).collect()
    };
    let (ever, mut writers) = (makers(false), makers(true));
    writers.extend(writeup.maker);
    let stated = writeup
        .contributors
        .iter()
        .any(|person| Some(*person) != writeup.maker && !ever.contains(person));
    if stated {
        writers.extend(&writeup.contributors);
    }
    writers
}

fn distinct<'a>(edits: impl Iterator<Item = &'a Edit>) -> u64 {
    let people: BTreeSet<u32> = edits.filter_map(|edit| edit.person).collect();
    people.len() as u64
}

/// A month of edits at an age in `[late, 2 late)`.
struct Month {
    first: NaiveDate,
    working_days: u64,
    /// Write-up-working-days.
    exposure: i64,
    edits: u64,
    by_others: u64,
    /// Who did not write the first version, and who did, among those who edited.
    people: (BTreeSet<u32>, BTreeSet<u32>),
}

impl Month {
    fn per_100(&self, edits: u64) -> Option<f64> {
        (self.exposure > 0).then(|| 100.0 * edits as f64 / self.exposure as f64)
    }

    /// The people on the smaller side of those who edited: the month tells how they split.
    fn fewest(&self) -> u64 {
        let (others, writers) = &self.people;
        fewest(&[others.len() as u64, writers.len() as u64])
    }

    fn told(&self) -> Results {
        let cell = |value: Value| value.cell("others", self.fewest());
        Results::new()
            .with("month", self.first.format("%Y-%m").to_string())
            .with("working_days", self.working_days)
            .with("edits", self.edits)
            .with("exposure", self.exposure)
            .with("per_100", self.per_100(self.edits))
            .with("by_others", cell(self.by_others.into()))
            .with(
                "by_others_per_100",
                cell(self.per_100(self.by_others).into()),
            )
    }
}

/// Complete months from the first one on in which a write-up was old enough and its edits watched.
fn months(facts: &Facts, context: &Context, edits: &[Edit]) -> Vec<Month> {
    let firsts = complete_months(context, facts);
    let (Some(&first), Some(&last)) = (firsts.first(), firsts.last()) else {
        return Vec::new();
    };
    let days = Days::new(&context.calendar, first, next_month(last));
    let late = i64::from(context.parameters.late_days) * DAY_MS;
    let mut at_risk = AtRisk::new(&days);
    for writeup in &facts.writeups {
        if let Some(published) = writeup.published_at {
            let end = writeup.deleted_at.unwrap_or(Millis::MAX);
            let window = (published + late, end.min(published + 2 * late));
            at_risk.add(&days, &writeup.edits_observed, window.0, window.1);
        }
    }
    let at_risk = at_risk.by_day();
    let mut months: BTreeMap<NaiveDate, Month> = BTreeMap::new();
    for first in firsts {
        let start = days.place(first).max(0) as usize;
        let end = (days.place(next_month(first)).max(0) as usize).min(days.len());
        let working = || (start..end).filter(|&place| days.is_working(place));
        let month = Month {
            first,
            working_days: working().count() as u64,
            exposure: working().map(|place| at_risk[place]).sum(),
            edits: 0,
            by_others: 0,
            people: (BTreeSet::new(), BTreeSet::new()),
        };
        months.insert(first, month);
    }
    // Exposure is made of whole days, and so are the edits that are compared with it.
    for edit in edits.iter().filter(|e| (late..2 * late).contains(&e.age)) {
        let date = context.calendar.date(edit.at);
        let day = (
            context.calendar.midnight(date),
            date.succ_opt()
                .map_or(Millis::MAX, |next| context.calendar.midnight(next)),
        );
        let observed = &facts.writeups[edit.writeup].edits_observed;
        let month = months.get_mut(&month_of(date));
        if let Some(month) = month.filter(|_| observed.covers(day.0, day.1)) {
            month.edits += 1;
            month.by_others += u64::from(edit.by_other);
            let side = match edit.by_other {
                true => &mut month.people.0,
                false => &mut month.people.1,
            };
            side.extend(edit.person);
        }
    }
    let all = months.into_values();
    all.skip_while(|month| month.exposure == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{context, day, edits, empty, field, number, writeup};
    use crate::model::Guard;

    fn written_by(maker: u32, contributors: &[u32]) -> WriteupFact {
        WriteupFact {
            maker: Some(maker),
            contributors: contributors.to_vec(),
            ..writeup("w", Some(day(0.0)))
        }
    }

    fn found(writeups: Vec<WriteupFact>, rows: &[(u32, Millis, Option<u32>)]) -> Results {
        let facts = Facts {
            writeups,
            edits: edits(rows),
            ..empty()
        };
        late_edits(&facts, &context()).unwrap()
    }

    #[test]
    fn who_wrote_the_first_version_is_no_other() {
        let made = |maker, contributors: &[u32], changes: &[(f64, u32)]| -> Vec<u32> {
            let changes: Vec<_> = changes.iter().map(|&(at, p)| (day(at), Some(p))).collect();
            let writeup = written_by(maker, contributors);
            first_writers(&writeup, day(0.0), &changes)
                .into_iter()
                .collect()
        };
        // 1 made the page, 2 changed it in time, 3 and 4 came later: their names come from the history.
        let changes = [(-3.0, 5), (13.99, 2), (14.0, 3), (200.0, 4), (201.0, 1)];
        assert_eq!(made(1, &[1, 2, 3, 4], &changes), [1, 2, 5]);
        // 6 never changed it: somebody wrote these names down.
        assert_eq!(made(1, &[1, 3, 6], &changes), [1, 2, 3, 5, 6]);
        assert_eq!(made(1, &[1], &[]), [1]);
    }

    #[test]
    fn the_limit_belongs_to_late_and_drafts_are_writing() {
        let rows = [
            (0, day(-1.0), Some(1)),
            (0, day(89.99), Some(1)),
            (0, day(90.0), Some(2)),
            (0, day(200.0), None),
            (1, day(100.0), Some(2)),
        ];
        let writeups = vec![written_by(1, &[1]), writeup("undated", None)];
        let results = found(writeups, &rows);
        let of = |path: &[&str]| match field(&results, path).bare() {
            Value::Int(n) => *n as f64,
            Value::Float(x) => *x,
            other => panic!("{path:?} {other:?}"),
        };
        assert_eq!(of(&["edits", "edits"]), 3.0);
        assert_eq!(of(&["edits", "late_share", "k"]), 2.0);
        assert_eq!(of(&["late_share_horizon", "num"]), 2.0);
        assert_eq!(of(&["late_share_horizon", "den"]), 3.0);
        assert_eq!(
            (of(&["by_others", "k"]), of(&["by_others", "n"])),
            (1.0, 2.0)
        );
        // One on each side: the share would tell who.
        let p = field(&results, &["by_others", "p"]);
        assert_eq!(p, Value::Float(0.5).share_of_people(1, 2));
    }

    #[test]
    fn months_compare_write_ups_of_one_age_where_they_were_watched() {
        // From 1 April to 30 June 2025 the write-up is 90 to 180 days old.
        let mut watched = written_by(1, &[1]);
        watched.edits_observed = Windows(vec![(day(0.0), day(120.0)), (day(121.0), day(400.0))]);
        let rows = [
            (0, day(91.5), Some(2)),
            (0, day(92.5), Some(1)),
            // Nobody watched on that day.
            (0, day(120.5), Some(3)),
            (0, day(185.0), Some(3)),
        ];
        let results = found(vec![watched], &rows);
        let Value::List(months) = field(&results, &["series"]) else {
            panic!("{results:?}")
        };
        let months: Vec<&Results> = months
            .iter()
            .map(|month| match month {
                Value::Map(month) => month,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(months[0].get("month"), Some(&Value::from("2025-04")));
        let told = |name: &str| number(months[0], &[name]);
        assert_eq!((told("edits"), told("exposure")), (Some(2.0), Some(22.0)));
        assert_eq!(told("per_100"), Some(100.0 * 2.0 / 22.0));
        assert_eq!(
            months[0].get("by_others"),
            Some(&Value::Int(1).cell("others", 1))
        );
        // The first of May was Thursday, and not watched.
        assert_eq!(number(months[1], &["working_days"]), Some(22.0));
        assert_eq!(number(months[1], &["exposure"]), Some(21.0));
        assert_eq!(number(months[1], &["edits"]), Some(0.0));
        let Value::Guarded(..) = field(&results, &["trend"]) else {
            panic!("{results:?}")
        };
    }

    #[test]
    fn a_sum_of_one_month_tells_no_more_than_the_month() {
        // Six others and the author, all in April; the author is one.
        let mut rows: Vec<_> = (2..8).map(|person| (0, day(91.0), Some(person))).collect();
        rows.push((0, day(92.0), Some(1)));
        let guard = |rows: &[(u32, Millis, Option<u32>)]| {
            let results = found(vec![written_by(1, &[1])], rows);
            match field(&results, &["by_others", "k"]) {
                Value::Guarded(guard, _) => guard,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(guard(&rows), Guard::Share { num: 1, den: 2 });
        // With one of May the months can't be told from their sum.
        rows.push((0, day(125.0), Some(8)));
        assert_eq!(guard(&rows), Guard::Share { num: 7, den: 8 });
    }

    #[test]
    fn those_who_stop_publishing_are_not_said_to_rise() {
        // One write-up a month for a year, then none: all are edited alike, and edits grow old.
        let writeups: Vec<WriteupFact> = (0..12)
            .map(|n| WriteupFact {
                maker: Some(1),
                ..writeup(&format!("w{n}"), Some(day(f64::from(n) * 30.0 - 700.0)))
            })
            .collect();
        let rows: Vec<(u32, Millis, Option<u32>)> = (0..12_u32)
            .flat_map(|n| {
                let ages = (1..).map(|month| month * 20).take_while(|age| *age < 700);
                ages.map(move |age| {
                    let at = f64::from(n) * 30.0 - 700.0 + f64::from(age);
                    (n, day(at), Some(2 + n))
                })
            })
            .collect();
        let results = found(writeups, &rows);
        let verdict = field(&results, &["trend", "recommended", "verdict"]);
        assert_ne!(verdict, Value::from("rising"), "{results:?}");
    }
}
