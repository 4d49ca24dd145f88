//! A statistician attacks a whole summary: every sum that is told in two places becomes an equation, and
//! no number that is withheld may come out of all of them together. The same summary with nothing
//! withheld tells which equations hold.

use std::collections::{BTreeMap, BTreeSet};

use readback::model::time::to_rfc3339;
use readback::model::{DAY_MS, parse_rfc3339};
use readback::simulate::Options;
use serde_json::{Value, json};

use super::way::{Way, lines};

/// The place of a number, and whether it is added or taken away.
type Term = (String, f64);

fn plus(place: impl Into<String>) -> Term {
    (place.into(), 1.0)
}

fn minus(place: impl Into<String>) -> Term {
    (place.into(), -1.0)
}

fn rows<'a>(summary: &'a Value, name: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    summary[name].as_array().expect("a list").iter().enumerate()
}

const ROLES: [&str; 6] = [
    "CHAIR",
    "REQ-PARTICIPANT",
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
    "walk_in",
    "unknown",
];
const FREE: [&str; 3] = ["OPT-PARTICIPANT", "NON-PARTICIPANT", "walk_in"];

const L1: &str = "/indicators/L1/results/curve";
const A1: &str = "/indicators/A1/results/attendance";
const A2: &str = "/indicators/A2/results";
const A3: &str = "/indicators/A3/results";
const A4: &str = "/indicators/A4/results";
const A6: &str = "/indicators/A6/results";
const A7: &str = "/indicators/A7/results";
const A8: &str = "/indicators/A8/results";

/// Every sum that somebody may think of: what stands first is what the others add up to.
fn equations(truth: &Value) -> Vec<Vec<Term>> {
    let mut all = of_writeups(truth);
    all.extend(of_reviews(truth));
    all.extend(of_cohorts(truth));
    all.extend(of_due_reviews(truth));
    let stayed = truth.pointer(&format!("{A4}/stayed"));
    let stayed = stayed.and_then(Value::as_array).map_or(0, Vec::len);
    let tenths = (0..stayed).map(|at| plus(format!("{A4}/stayed/{at}/presences")));
    all.push(tenths.chain([minus(format!("{A4}/presences"))]).collect());
    let share = "/indicators/R4/results";
    let classes = ["read", "skimmed", "opened"].map(|class| plus(format!("{share}/class/{class}")));
    all.push(
        [
            classes.to_vec(),
            vec![minus(format!("{share}/read_share/n"))],
        ]
        .concat(),
    );
    all.push(vec![
        plus(format!("{share}/class/read")),
        minus(format!("{share}/read_share/k")),
    ]);
    // Where nobody read two write-ups on a day.
    let days = ["read", "skimmed", "opened", "unknown"];
    let days = days.map(|class| plus(format!("{share}/class/{class}")));
    let of_all = minus("/indicators/R3/results/reader_days");
    all.push([days.to_vec(), vec![of_all]].concat());
    all
}

fn of_writeups(truth: &Value) -> Vec<Vec<Term>> {
    let mut all = Vec::new();
    let of_all = |field: &str, total: Vec<Term>| {
        let each = rows(truth, "writeups").map(|(at, _)| plus(format!("/writeups/{at}/{field}")));
        each.chain(total).collect::<Vec<Term>>()
    };
    let pairs = "/indicators/R3/results/reader_writeup_pairs";
    all.push(of_all("readers", vec![minus(pairs)]));
    all.push(of_all(
        "reads",
        vec![minus("/indicators/R1/results/total_reads")],
    ));
    let months = truth["indicators"]["T0"]["results"]["series"]
        .as_array()
        .expect("months");
    let months =
        (0..months.len()).map(|at| minus(format!("/indicators/T0/results/series/{at}/late_reads")));
    all.push(of_all("late_reads", months.collect()));
    let mut columns: BTreeMap<usize, Vec<Term>> = BTreeMap::new();
    for (at, writeup) in rows(truth, "writeups") {
        let bins = writeup["reads_by_age"].as_array().expect("a curve").len();
        let places = (0..bins).map(|bin| (bin, format!("/writeups/{at}/reads_by_age/{bin}")));
        let mut row = vec![minus(format!("/writeups/{at}/reads"))];
        for (bin, place) in places {
            row.push(plus(place.clone()));
            columns.entry(bin).or_default().push(plus(place));
        }
        all.push(row);
    }
    let weeks = truth
        .pointer(L1)
        .and_then(Value::as_array)
        .expect("a curve");
    for (at, week) in weeks.iter().enumerate() {
        let bin = usize::try_from(week["week"].as_u64().expect("a week")).expect("small") / 4;
        columns
            .entry(bin)
            .or_default()
            .push(minus(format!("{L1}/{at}/k")));
    }
    all.extend(columns.into_values());
    all
}

fn of_reviews(truth: &Value) -> Vec<Vec<Term>> {
    let mut all = Vec::new();
    let quarters: Vec<&str> = rows(truth, "attendance_by_quarter")
        .map(|(_, quarter)| quarter["quarter"].as_str().expect("a name"))
        .collect();
    let column = |roles: &[&str], total: Vec<Term>| -> Vec<Term> {
        let cells = (0..quarters.len()).flat_map(|at| {
            roles
                .iter()
                .map(move |role| plus(format!("/attendance_by_quarter/{at}/by_role/{role}")))
        });
        cells.chain(total).collect()
    };
    let attendees = || minus(format!("{A1}/attendees"));
    let freely = || minus(format!("{A2}/voluntary/k"));
    all.push(column(&ROLES, vec![attendees()]));
    all.push(column(&FREE, vec![freely()]));
    all.push(column(&["walk_in"], vec![minus(format!("{A2}/walk_ins"))]));
    all.push(column(
        &["walk_in"],
        vec![minus(format!("{A3}/walk_in_share/k"))],
    ));
    all.push(column(
        &["OPT-PARTICIPANT"],
        vec![minus(format!("{A3}/optional_yield/k"))],
    ));
    all.push(column(
        &["unknown"],
        vec![plus(format!("{A2}/voluntary/n")), attendees()],
    ));
    all.push(vec![
        minus(format!("{A2}/voluntary/n")),
        plus(format!("{A3}/walk_in_share/n")),
    ]);
    all.push(vec![
        minus(format!("{A2}/voluntary/k")),
        plus(format!("{A2}/voluntary_clustered/num")),
    ]);
    // The three classes beside the strict form, and beside roles.
    let need_not = |name: &str| format!("{A2}/need_not/{name}");
    let all_free = || minus(need_not("k"));
    all.push(vec![plus(need_not("k")), freely()]);
    all.push(vec![
        plus(need_not("n")),
        minus(format!("{A2}/voluntary/n")),
    ]);
    all.push(vec![
        plus(need_not("open_invitation")),
        plus(need_not("uninvited")),
        all_free(),
    ]);
    all.push(vec![
        plus(need_not("had_to_come")),
        plus(need_not("k")),
        minus(need_not("n")),
    ]);
    all.push(vec![
        plus(need_not("uninvited")),
        minus(format!("{A2}/walk_ins")),
    ]);
    all.push(column(&["walk_in"], vec![minus(need_not("uninvited"))]));
    all.push(column(
        &["OPT-PARTICIPANT", "NON-PARTICIPANT"],
        vec![minus(need_not("open_invitation"))],
    ));
    all.push(column(
        &["CHAIR", "REQ-PARTICIPANT"],
        vec![minus(need_not("had_to_come"))],
    ));
    let of_all = |field: &str, total: Term| {
        let each = rows(truth, "reviews").map(|(at, _)| plus(format!("/reviews/{at}/{field}")));
        each.chain([total]).collect::<Vec<Term>>()
    };
    all.push(of_all("attendees", attendees()));
    all.push(of_all("need_not_have_come", all_free()));
    // Where the two forms are alike.
    all.push(of_all("need_not_have_come", freely()));
    for (number, name) in quarters.iter().enumerate() {
        let own = rows(truth, "reviews").filter(|(_, review)| quarter(review) == *name);
        let own: Vec<usize> = own.map(|(at, _)| at).collect();
        for (field, roles) in [("attendees", &ROLES[..]), ("need_not_have_come", &FREE)] {
            let reviews = own.iter().map(|at| plus(format!("/reviews/{at}/{field}")));
            let roles = roles.iter();
            let roles =
                roles.map(|role| minus(format!("/attendance_by_quarter/{number}/by_role/{role}")));
            all.push(reviews.chain(roles).collect());
        }
    }
    all
}

/// Cohorts, of which A1 tells the sum, repeat a part, and a month's only review those who came in it.
fn of_cohorts(truth: &Value) -> Vec<Vec<Term>> {
    let list = |name: &str| -> Vec<Value> {
        let found = truth.pointer(&format!("{A7}/{name}"));
        found.and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let cohorts = list("cohorts");
    let size = |at: usize| plus(format!("{A7}/cohorts/{at}/size"));
    let others = [
        plus(format!("{A7}/not_observed")),
        minus(format!("{A1}/people")),
    ];
    let mut all = vec![(0..cohorts.len()).map(size).chain(others).collect()];
    for last in 0..=cohorts.len() {
        let asked = minus(format!("{A7}/repeat/n"));
        all.push((0..last).map(size).chain([asked]).collect());
    }
    for (at, cohort) in cohorts.iter().enumerate() {
        if cohort["retained"]["0"].is_number() {
            let own = minus(format!("{A7}/cohorts/{at}/retained/0"));
            all.push(vec![size(at), own]);
        }
    }
    let held = list("reviews_held");
    // Of a quarter nobody knows in which month its people came, unless one month only had reviews.
    let first = |cohort: &Value| -> Option<i64> {
        let name = cohort["cohort"].as_str()?;
        if !name.contains('Q') {
            return Some(month(name));
        }
        let own = held.iter().filter(|held| {
            let date =
                json!({ "date": format!("{}-01", held["month"].as_str().unwrap_or_default()) });
            quarter(&date) == name && held["reviews"] != 0
        });
        let own: Vec<i64> = own
            .filter_map(|held| Some(month(held["month"].as_str()?)))
            .collect();
        match own.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    };
    for held in &held {
        let name = held["month"].as_str().expect("a month");
        let own: Vec<usize> = rows(truth, "reviews")
            .filter(|(_, review)| {
                review["date"]
                    .as_str()
                    .is_some_and(|date| date.starts_with(name))
            })
            .map(|(at, _)| at)
            .collect();
        let [only] = own.as_slice() else { continue };
        let firsts: Vec<Option<i64>> = cohorts.iter().map(first).collect();
        let came = firsts.iter().enumerate().filter_map(|(at, first)| {
            let after = month(name) - (*first)?;
            let is_there = cohorts[at]["retained"][after.to_string()].is_number();
            is_there.then(|| plus(format!("{A7}/cohorts/{at}/retained/{after}")))
        });
        all.push(
            came.chain([minus(format!("/reviews/{only}/attendees"))])
                .collect(),
        );
    }
    all
}

/// A6 asks the reviews whose window is over, and A2 all of them. Of the day on which the last window closed
/// the hour is not told: whoever wonders tries both.
fn of_due_reviews(truth: &Value) -> Vec<Vec<Term>> {
    [true, false].map(|is_due| due(truth, is_due)).concat()
}

fn due(truth: &Value, at_the_edge: bool) -> Vec<Vec<Term>> {
    let (asked, named) = (
        format!("{A6}/contribution_after/n"),
        format!("{A2}/voluntary/n"),
    );
    let as_of = parse_rfc3339(truth["as_of"].as_str().expect("an instant")).expect("an instant");
    let edge = to_rfc3339(as_of - 14 * DAY_MS);
    let (mut old, mut young) = (Vec::new(), Vec::new());
    for (at, review) in rows(truth, "reviews") {
        let place = plus(format!("/reviews/{at}/attendees"));
        let is_due = match review["date"].as_str().expect("a date").cmp(&edge[..10]) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => at_the_edge,
        };
        if is_due { &mut old } else { &mut young }.push(place);
    }
    // Then it asks whom A2 asks. Of few reviews A6 withholds their number with its share; A2, which may be
    // told of one, tells it: no secret, so it is not looked for, and A2's stands in its place.
    if young.is_empty() {
        old.push(minus(named));
        return vec![old];
    }
    young.extend([plus(&asked), minus(named)]);
    old.push(minus(asked));
    vec![young, old]
}

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
fn month(name: &str) -> i64 {
    let (year, month) = name.split_once('-').expect("a month");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    number(year) * 12 + number(month) - 1
}

/// The truth with cohorts put together as they are shown.
fn put_together(truth: &Value, shown: &Value) -> Value {
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

fn quarter(review: &Value) -> String {
    let date = review["date"].as_str().expect("a date");
    let month: u32 = date[5..7].parse().expect("a month");
    format!("{}-Q{}", &date[..4], (month - 1) / 3 + 1)
}

/// What is withheld, and what of it the equations tell.
struct Attack {
    truth: BTreeMap<String, f64>,
    /// The equations between numbers that are withheld.
    rows: Vec<BTreeMap<String, f64>>,
}

impl Attack {
    fn of(truth: &Value, shown: &Value) -> Attack {
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
    fn told(&self) -> BTreeSet<String> {
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
fn is_secret(truth: &Value, place: &str, k: u32) -> bool {
    let number = |place: &str| truth.pointer(place).and_then(Value::as_i64);
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
fn small(seed: u64) -> Options {
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
        template_from: None,
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sums_of_a_summary_tell_what_is_withheld() {
    let mut used = BTreeSet::new();
    let mut failed = Vec::new();
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
            let attack = Attack::of(&put_together(&truth, &shown), &shown);
            let mut told = attack.told();
            told.retain(|place| is_secret(&truth, place, k));
            if !told.is_empty() {
                failed.push(format!("seed {seed}, k = {k}: {told:#?}"));
            }
            few(&shown, k, &format!("seed {seed}"));
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
    assert!(used.len() >= 3, "{used:?}");
}

/// No number of people between none and k stands anywhere.
fn few(shown: &Value, k: u32, what: &str) {
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
    // What lies between two numbers of presences is nobody's, or many people's.
    for (whole, part) in [
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
