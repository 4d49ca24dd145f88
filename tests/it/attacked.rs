//! A statistician attacks a whole summary: every sum that is told in two places becomes an equation, and
//! no number that is withheld may come out of all of them together. The same summary with nothing
//! withheld tells which equations hold.

use std::collections::{BTreeMap, BTreeSet};

use readback::simulate::Options;
use serde_json::Value;

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

/// Every sum that somebody may think of: what stands first is what the others add up to.
fn equations(truth: &Value) -> Vec<Vec<Term>> {
    let mut all = of_writeups(truth);
    all.extend(of_reviews(truth));
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
    let of_all = |field: &str, total: Term| {
        let each = rows(truth, "reviews").map(|(at, _)| plus(format!("/reviews/{at}/{field}")));
        each.chain([total]).collect::<Vec<Term>>()
    };
    all.push(of_all("attendees", attendees()));
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
            let attack = Attack::of(&truth, &shown);
            let told = attack.told();
            assert!(told.is_empty(), "seed {seed}, k = {k}: {told:#?}");
            few(&shown, k, &format!("seed {seed}"));
            used.extend(
                attack
                    .truth
                    .into_keys()
                    .map(|place| place.split('/').nth(1).map(str::to_owned)),
            );
        }
    }
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
