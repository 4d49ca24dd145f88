//! A statistician attacks a whole summary: every sum that is told in two places becomes an equation, and
//! no number that is withheld may come out of all of them together. The same summary with nothing
//! withheld tells which equations hold.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use readback::simulate::Options;
use serde_json::{Value, json};

use super::attacked_shapes::of_lorenz;
use super::attacked_sums::{
    A1, A2, A3, A4, A6, A7, A8, D2, L11, L12, L13, equations, of_years, rows, slices_in_place,
};
use super::way::{Way, lines};

/// All who came in a month, less those who came to one of its reviews, are nobody or many: where all its
/// cohorts are told, they add up to all who came.
fn of_months(shown: &Value, k: u32, what: &str) {
    let place = format!("{A7}/not_observed");
    if shown.pointer(&place) != Some(&json!(0)) {
        return;
    }
    let cohorts = shown.pointer(&format!("{A7}/cohorts"));
    let cohorts = cohorts.and_then(Value::as_array).expect("cohorts");
    let held = shown.pointer(&format!("{A7}/reviews_held"));
    for held in held.and_then(Value::as_array).expect("months") {
        let name = held["month"].as_str().expect("a month");
        let came = cohorts.iter().map(|cohort| {
            let first = cohort["cohort"].as_str().expect("a name");
            match first.contains('Q') {
                // Of a quarter it is known that nobody came before it.
                true => (first > quarter(&json!({ "date": format!("{name}-01") })).as_str())
                    .then_some(0),
                false if first > name => Some(0),
                false => cohort["retained"][(month(name) - month(first)).to_string()].as_i64(),
            }
        });
        let Some(came) = came.sum::<Option<i64>>() else {
            continue;
        };
        for (at, review) in rows(shown, "reviews") {
            let is_own = review["date"].as_str().expect("a date").starts_with(name);
            if let Some(attendees) = review["attendees"].as_i64().filter(|_| is_own) {
                let others = (came - attendees).abs();
                assert!(
                    others == 0 || others >= i64::from(k),
                    "{what}, k = {k}: {name}: {came}, and {attendees} to review {at}"
                );
            }
        }
    }
}

/// A month as a number that goes up by one a month.
pub(super) fn month(name: &str) -> i64 {
    let (year, month) = name.split_once('-').expect("a month");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    number(year) * 12 + number(month) - 1
}

/// The truth with cohorts put together as they are shown.
pub(super) fn put_together(truth: &Value, shown: &Value) -> Value {
    let list = |summary: &Value| -> Vec<Value> {
        let found = summary.pointer(&format!("{A7}/cohorts"));
        found.and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let months = list(truth);
    let cohorts: Vec<Value> = list(shown)
        .into_iter()
        .map(|mut cohort| {
            let name = cohort["cohort"].as_str().expect("a name").to_owned();
            let own: Vec<&Value> = months
                .iter()
                .filter(|month| {
                    let date = json!({ "date": format!("{}-01", month["cohort"].as_str().unwrap_or_default()) });
                    month["cohort"] == name.as_str() || quarter(&date) == name
                })
                .collect();
            let sum = |get: &dyn Fn(&Value) -> Option<u64>| own.iter().map(|month| get(month)).sum::<Option<u64>>();
            cohort["size"] = json!(sum(&|month| month["size"].as_u64()));
            for (after, came) in cohort["retained"].as_object_mut().into_iter().flatten() {
                *came = json!(sum(&|month| month["retained"][after.as_str()].as_u64()));
            }
            cohort
        })
        .collect();
    let mut truth = truth.clone();
    if let Some(place) = truth.pointer_mut(&format!("{A7}/cohorts")) {
        *place = cohorts.into();
    }
    // Where people are withheld whole cohorts are asked: another number than the truth's.
    let repeat = &shown["indicators"]["A7"]["results"]["repeat"];
    if repeat["n"].is_number() {
        truth["indicators"]["A7"]["results"]["repeat"] = repeat.clone();
    }
    truth
}

pub(super) fn quarter(review: &Value) -> String {
    let date = review["date"].as_str().expect("a date");
    let month: u32 = date[5..7].parse().expect("a month");
    format!("{}-Q{}", &date[..4], (month - 1) / 3 + 1)
}

/// What is withheld, and what of it the equations tell.
pub(super) struct Attack {
    pub(super) truth: BTreeMap<String, f64>,
    /// The equations between numbers that are withheld.
    rows: Vec<BTreeMap<String, f64>>,
}

impl Attack {
    pub(super) fn of(truth: &Value, shown: &Value) -> Attack {
        let number = |summary: &Value, place: &str| summary.pointer(place).and_then(Value::as_f64);
        let mut withheld = BTreeMap::new();
        let mut rows = Vec::new();
        for equation in equations(truth) {
            let values: Option<Vec<f64>> = equation
                .iter()
                .map(|(place, sign)| Some(sign * number(truth, place)?))
                .collect();
            // Only what holds can be used: unwatched days, deleted write-ups and restricted ones are
            // in one sum and not in the other.
            if values.is_none_or(|values| values.iter().sum::<f64>().abs() > 1e-6) {
                continue;
            }
            let mut row = BTreeMap::new();
            for (place, sign) in equation {
                if number(shown, &place).is_none() {
                    withheld.insert(place.clone(), number(truth, &place).expect("a number"));
                    *row.entry(place).or_default() += sign;
                }
            }
            rows.push(row);
        }
        Attack {
            truth: withheld,
            rows,
        }
    }

    /// Solves the equations, and narrows down what is left: whoever is withheld is somebody.
    pub(super) fn told(&self) -> BTreeSet<String> {
        let solved = solve(self.rows.clone());
        let all: Vec<&BTreeMap<String, f64>> = self.rows.iter().chain(&solved).collect();
        let least = |place: &String| f64::from(u8::from(self.truth[place] > 0.0));
        let mut ranges: BTreeMap<&String, (f64, f64)> = self
            .truth
            .keys()
            .map(|place| (place, (least(place), 1e9)))
            .collect();
        for _ in 0..50 {
            for row in &all {
                self.narrow(row, &mut ranges);
            }
        }
        let told = ranges.into_iter().filter(|(_, (from, to))| to - from < 0.5);
        told.map(|(place, _)| place.clone()).collect()
    }

    fn narrow<'a>(
        &'a self,
        row: &'a BTreeMap<String, f64>,
        ranges: &mut BTreeMap<&'a String, (f64, f64)>,
    ) {
        let total: f64 = row
            .iter()
            .map(|(place, factor)| factor * self.truth[place])
            .sum();
        for (place, factor) in row {
            let others = row.iter().filter(|(other, _)| *other != place);
            let (least, most) = others.fold((0.0, 0.0), |(least, most), (other, factor)| {
                let (from, to) = ranges[other];
                let (a, b) = (factor * from, factor * to);
                (least + f64::min(a, b), most + f64::max(a, b))
            });
            let (a, b) = ((total - most) / factor, (total - least) / factor);
            let (from, to) = ranges[place];
            let (low, high) = (f64::min(a, b) - 1e-6, f64::max(a, b) + 1e-6);
            ranges.insert(place, (from.max(low.ceil()), to.min(high.floor())));
        }
    }
}

/// Gauss and Jordan.
fn solve(mut rows: Vec<BTreeMap<String, f64>>) -> Vec<BTreeMap<String, f64>> {
    for place in 0..rows.len() {
        rows[place].retain(|_, factor| factor.abs() > 1e-9);
        let row = rows[place].clone();
        let Some((first, by)) = row.iter().next() else {
            continue;
        };
        for (at, other) in rows.iter_mut().enumerate() {
            if let Some(factor) = other.get(first).copied().filter(|_| at != place) {
                for (cell, value) in &row {
                    *other.entry(cell.clone()).or_default() -= factor / by * value;
                }
                other.retain(|_, factor| factor.abs() > 1e-9);
            }
        }
    }
    rows
}

/// Whether it matters that a withheld number comes out. The three classes of A2 are withheld together where
/// any of them, or of those whom they count and the strict form does not, is few: by itself each may be as
/// many as the strict form tells.
pub(super) fn is_secret(truth: &Value, place: &str, k: u32) -> bool {
    let number = |place: &str| truth.pointer(place).and_then(Value::as_i64);
    // Readers of known teams are withheld with those of another one. Where the team of each is known they
    // are all readers, which are told or not by themselves.
    if let Some(writeup) = place.strip_suffix("/outside_team/readers") {
        let all = number(&format!("{writeup}/readers"));
        return all != number(place) || all < Some(i64::from(k));
    }
    // Of a slice that is not offered nobody is told either.
    if place.starts_with("/slices/") && number(place) == Some(0) {
        return false;
    }
    // What a month's days of known depth are is withheld with how many of them were read; by themselves they are
    // as many as T0 tells, or more than anybody knows.
    if place.starts_with("/indicators/R4/results/months/") && place.ends_with("/known") {
        return number(&place.replace("/known", "/read")).is_none();
    }
    let of = |name: &str| number(&format!("{A2}/{name}"));
    let (Some(name), Some(own)) = (
        place.strip_prefix(&format!("{A2}/need_not/")),
        number(place),
    ) else {
        return true;
    };
    let (Some(n), Some(free), Some(walked_in)) =
        (of("voluntary/n"), of("voluntary/k"), of("walk_ins"))
    else {
        return true;
    };
    let strict = match name {
        "k" => free,
        "had_to_come" => n - free,
        "open_invitation" => free - walked_in,
        "uninvited" => walked_in,
        _ => return true,
    };
    [own, n - own, (own - strict).abs()]
        .into_iter()
        .any(|people| 0 < people && people < i64::from(k))
}

/// A small organisation whose every event is counted, so that sums agree: the attacker's best case.
pub(super) fn small(seed: u64) -> Options {
    Options {
        seed,
        reads: 500 + 150 * seed,
        people: 14 + 3 * u32::try_from(seed).expect("small"),
        teams: 3,
        writeups: 9,
        days: 420,
        counted: 0.0,
        late: 0.0,
        deleted: 0.0,
        // Half of the organisations have two templates.
        template_from: seed
            .is_multiple_of(2)
            .then(|| NaiveDate::from_ymd_opt(2025, 6, 1).expect("a day")),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sums_of_a_summary_tell_what_is_withheld() {
    let mut used = BTreeSet::new();
    let mut failed = Vec::new();
    let mut offered: BTreeSet<(String, String)> = BTreeSet::new();
    // The last two organisations have one write-up each, whose numbers are those of all.
    for seed in 1..=8 {
        let Some(way) = Way::fresh(&format!("attacked_{seed}")).await else {
            return;
        };
        let options = match seed {
            1..=6 => small(seed),
            _ => Options {
                writeups: 1,
                reads: 60,
                ..small(seed)
            },
        };
        way.events(&lines(&options)).await;
        way.derive().await;
        let truth = way.report_only(options.as_of(), 1).await.json();
        for k in [3, 5, 8] {
            let shown = way.report_only(options.as_of(), k).await.json();
            let attack = Attack::of(
                &put_together(&truth, &shown),
                &slices_in_place(&truth, &shown),
            );
            let mut told = attack.told();
            told.retain(|place| is_secret(&truth, place, k));
            if !told.is_empty() {
                failed.push(format!("seed {seed}, k = {k}: {told:#?}"));
            }
            few(&shown, k, &format!("seed {seed}"));
            let slices = shown["slices"].as_array();
            offered.extend(slices.into_iter().flatten().map(|slice| {
                let text = |name: &str| slice[name].as_str().expect("a text").to_owned();
                (text("by"), text("name"))
            }));
            of_lorenz(&truth, &shown, &format!("seed {seed}, k = {k}"));
            used.extend(
                attack
                    .truth
                    .into_keys()
                    .map(|place| place.split('/').nth(1).map(str::to_owned)),
            );
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // Something was withheld in every list, or nothing was tried.
    assert!(used.len() >= 4, "{used:?}");
    // Every kind of part was offered but sources, of which these have one (`attacked_sources`); and no tag that
    // ranks incidents.
    let kinds: BTreeSet<&str> = offered.iter().map(|(by, _)| by.as_str()).collect();
    let all = ["cohort", "tag", "team", "template"];
    assert!(kinds.is_superset(&BTreeSet::from(all)), "{kinds:?}");
    let refused = offered.iter().find(|(_, name)| name.contains("severity"));
    assert_eq!(refused, None);
}

/// Three years: two of them are compared, and write-ups are read at ages of which L1 tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn three_years_tell_no_more_than_one() {
    for seed in [2, 5] {
        let Some(way) = Way::fresh(&format!("attacked_years_{seed}")).await else {
            return;
        };
        let options = Options {
            days: 1_000,
            ..small(seed)
        };
        way.events(&lines(&options)).await;
        way.derive().await;
        let truth = way.report_only(options.as_of(), 1).await.json();
        assert_eq!(of_years(&truth).len(), 2);
        for k in [3, 5, 8] {
            let shown = way.report_only(options.as_of(), k).await.json();
            let mut told = Attack::of(
                &put_together(&truth, &shown),
                &slices_in_place(&truth, &shown),
            )
            .told();
            told.retain(|place| is_secret(&truth, place, k));
            assert!(told.is_empty(), "seed {seed}, k = {k}: {told:#?}");
        }
    }
}

/// No number of people between none and k stands anywhere.
pub(super) fn few(shown: &Value, k: u32, what: &str) {
    let fits = |value: &Value| value.as_u64().is_none_or(|n| n == 0 || n >= u64::from(k));
    for (at, writeup) in rows(shown, "writeups") {
        for field in ["readers", "late_readers", "readers_trailing"] {
            assert!(fits(&writeup[field]), "{what}: write-up {at}: {field}");
        }
        let (late, all) = (
            writeup["late_readers"].as_u64(),
            writeup["readers"].as_u64(),
        );
        if let (Some(late), Some(all)) = (late, all) {
            assert!(
                fits(&(all - late).into()),
                "{what}: write-up {at}: the others"
            );
        }
        let teams = &writeup["outside_team"];
        assert!(
            fits(&teams["outside"]) && fits(&teams["readers"]),
            "{what}: write-up {at}"
        );
        if let (Some(outside), Some(known)) = (teams["outside"].as_u64(), teams["readers"].as_u64())
        {
            let unknown = writeup["readers"].as_u64().map_or(0, |all| all - known);
            assert!(
                fits(&(known - outside).into()) && fits(&unknown.into()),
                "{what}: write-up {at}: its own team, or nobody's"
            );
        }
    }
    for (at, review) in rows(shown, "reviews") {
        let (came, free) = (&review["attendees"], &review["need_not_have_come"]);
        assert!(fits(came) && fits(free), "{what}: review {at}");
        if let (Some(came), Some(free)) = (came.as_u64(), free.as_u64()) {
            assert!(
                fits(&(came - free).into()),
                "{what}: review {at}: the others"
            );
        }
    }
    for (at, cohort) in shown
        .pointer(&format!("{A7}/cohorts"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        let size = &cohort["size"];
        assert!(fits(size), "{what}: cohort {at}");
        for (after, came) in cohort["retained"].as_object().expect("months") {
            assert!(
                after == "suppressed" || fits(came),
                "{what}: cohort {at}, {after}"
            );
            if let (Some(size), Some(came)) = (size.as_u64(), came.as_u64()) {
                assert!(
                    fits(&(size - came).into()),
                    "{what}: cohort {at}, {after}: the others"
                );
            }
        }
    }
    of_months(shown, k, what);
    let number = |place: &str| shown.pointer(place).and_then(Value::as_u64);
    // What lies between two numbers of people is nobody's, or many people's.
    for (whole, part) in [
        (format!("{L11}/n"), format!("{L11}/k")),
        (
            "/indicators/R3/results/readers".to_owned(),
            format!("{L11}/k"),
        ),
        (
            format!("{L12}/outside_share/n"),
            format!("{L12}/outside_share/k"),
        ),
        (format!("{L13}/newcomers/n"), format!("{L13}/newcomers/k")),
        (
            format!("{L13}/newcomers_km/n"),
            format!("{L13}/newcomers_km/events"),
        ),
        (format!("{A2}/voluntary/n"), format!("{A4}/presences")),
        (
            format!("{A2}/voluntary/n"),
            "/indicators/A5/results/spoke_share/n".to_owned(),
        ),
        (
            format!("{A2}/voluntary/n"),
            format!("{A6}/contribution_after/n"),
        ),
        (format!("{A2}/voluntary/n"), format!("{A8}/outside_share/n")),
        (
            format!("{A6}/contribution_after/n"),
            format!("{A6}/during/n"),
        ),
        (
            format!("{A6}/contribution_after/k"),
            format!("{A6}/during/k"),
        ),
        (format!("{A1}/people"), format!("{A7}/repeat/n")),
        (
            "/indicators/A5/results/spoke_share/n".to_owned(),
            "/indicators/A5/results/spoke_share/k".to_owned(),
        ),
        (
            format!("{A6}/contribution_after/n"),
            format!("{A6}/contribution_after/k"),
        ),
        (format!("{A6}/during/n"), format!("{A6}/during/k")),
        (format!("{A7}/repeat/n"), format!("{A7}/repeat/k")),
        (
            format!("{A8}/outside_share/n"),
            format!("{A8}/outside_share/k"),
        ),
        (
            format!("{A2}/need_not/k"),
            format!("{A2}/need_not/uninvited"),
        ),
        (
            format!("{A2}/need_not/had_to_come"),
            format!("{A2}/need_not/role_not_stated"),
        ),
        (
            format!("{A3}/walk_in_share/k"),
            format!("{A2}/need_not/uninvited"),
        ),
        (format!("{A3}/walk_in_share/k"), format!("{A2}/walk_ins")),
    ] {
        if let (Some(whole), Some(part)) = (number(&whole), number(&part)) {
            assert!(fits(&(whole - part).into()), "{what}: {whole} less {part}");
        }
        if let Some(part) = number(&part) {
            assert!(fits(&part.into()), "{what}: {part}");
        }
    }
    // What a regression keeps exactly would tell the reads of a write-up that is withheld.
    for name in [
        "coef/const",
        "alpha",
        "loglik",
        "poisson_loglik",
        "pearson_dispersion_poisson",
    ] {
        let place = format!("{D2}/{name}");
        assert!(
            shown.pointer(&place).is_some_and(Value::is_null),
            "{what}: {place}"
        );
    }
    let authors = rows(shown, "writeups").map(|(at, writeup)| (at, &writeup["descriptors"]));
    for (at, told) in authors {
        for told in [told, &told["at_publication"]] {
            assert!(fits(&told["contributors"]), "{what}: write-up {at}: {told}");
        }
    }
    let indicators = &shown["indicators"];
    for place in [
        "/R3/results/readers",
        "/A1/results/attendance/people",
        "/A1/results/attendance/median_per_meeting",
        "/C2/results/commenters/distinct",
        "/C2/results/commenters/distinct_non_contributors",
    ] {
        let value = indicators.pointer(place).and_then(Value::as_f64);
        assert!(
            value.is_none_or(|n| n == 0.0 || n >= f64::from(k)),
            "{what}: {place}"
        );
    }
    // Nothing of one person's is told by the second: days and weeks are as fine as it gets.
    for (at, writeup) in rows(shown, "writeups") {
        for evidence in writeup["link_evidence"].as_array().into_iter().flatten() {
            for field in ["since", "removed"] {
                let day = evidence[field].as_str().unwrap_or("2026-01-01");
                assert_eq!(day.len(), 10, "{what}: write-up {at}: {day}");
            }
        }
    }
    for row in shown["health"]["coverage"].as_array().into_iter().flatten() {
        let from = row["from"].as_str().expect("a time");
        // Midnight in Berlin, which is at 22 or 23 h in UTC.
        let midnight = from.ends_with("T22:00:00Z") || from.ends_with("T23:00:00Z");
        assert!(row["stated"] == true || midnight, "{what}: {row}");
    }
}
