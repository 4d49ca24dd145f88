//! The sums that a statistician may think of, of all that a summary tells: equations between its numbers.

use std::collections::BTreeMap;

use readback::model::time::to_rfc3339;
use readback::model::{DAY_MS, parse_rfc3339};
use serde_json::{Value, json};

use super::attacked::{month, quarter};
use super::attacked_shapes::of_depth;
use super::attacked_slices::of_slices;

/// The place of a number, and whether it is added or taken away.
pub(super) type Term = (String, f64);

pub(super) fn plus(place: impl Into<String>) -> Term {
    (place.into(), 1.0)
}

pub(super) fn minus(place: impl Into<String>) -> Term {
    (place.into(), -1.0)
}

pub(super) fn rows<'a>(summary: &'a Value, name: &str) -> impl Iterator<Item = (usize, &'a Value)> {
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

pub(super) const L1: &str = "/indicators/L1/results/curve";
pub(super) const L10: &str = "/indicators/L10/results/concentration";
pub(super) const L11: &str = "/indicators/L11/results/reach";
pub(super) const L12: &str = "/indicators/L12/results/cross_team";
pub(super) const L13: &str = "/indicators/L13/results";
pub(super) const A1: &str = "/indicators/A1/results/attendance";
pub(super) const A2: &str = "/indicators/A2/results";
pub(super) const A3: &str = "/indicators/A3/results";
pub(super) const A4: &str = "/indicators/A4/results";
pub(super) const A6: &str = "/indicators/A6/results";
pub(super) const A7: &str = "/indicators/A7/results";
pub(super) const D2: &str = "/indicators/D2/results/negbin";
const E1: &str = "/indicators/E1/results";
pub(super) const A8: &str = "/indicators/A8/results";

/// Every sum that somebody may think of: what stands first is what the others add up to.
pub(super) fn equations(truth: &Value) -> Vec<Vec<Term>> {
    let mut all = of_writeups(truth);
    all.extend(of_reviews(truth));
    all.extend(of_cohorts(truth));
    all.extend(of_due_reviews(truth));
    all.extend(of_years(truth));
    all.extend(of_edits(truth));
    all.extend(of_slices(truth));
    all.extend(of_depth(truth));
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

/// T8 compares the last twelve months of T0 with the twelve before.
pub(super) fn of_years(truth: &Value) -> Vec<Vec<Term>> {
    let months = truth["indicators"]["T0"]["results"]["series"].as_array();
    let months = months.map_or(0, Vec::len);
    let Some(start) = months.checked_sub(24) else {
        return Vec::new();
    };
    let year = |from: usize, name: &str| {
        let each = (from..from + 12)
            .map(|at| plus(format!("/indicators/T0/results/series/{at}/window_reads")));
        let sum = minus(format!("/indicators/T8/results/year_on_year/{name}"));
        each.chain([sum]).collect()
    };
    vec![year(start, "k_before"), year(start + 12, "k_last")]
}

/// Edits by others, month by month and in all, where the edits of all months are all there are: at other ages
/// nothing is compared. And all edits, where everybody's name is known.
fn of_edits(truth: &Value) -> Vec<Vec<Term>> {
    let months = truth.pointer(&format!("{E1}/series"));
    let months = months
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let compared: u64 = (months.iter())
        .filter_map(|month| month["edits"].as_u64())
        .sum();
    let edits = truth.pointer(&format!("{E1}/edits/edits"));
    let cells = (0..months.len()).map(|at| plus(format!("{E1}/series/{at}/by_others")));
    let mut all = vec![vec![
        plus(format!("{E1}/edits/edits")),
        minus(format!("{E1}/by_others/n")),
    ]];
    if edits.and_then(Value::as_u64) == Some(compared) {
        all.push(cells.chain([minus(format!("{E1}/by_others/k"))]).collect());
    }
    all
}

/// The slices of a summary in the places that they have in another, empty where there is none.
pub(super) fn slices_in_place(truth: &Value, shown: &Value) -> Value {
    let mut shown = shown.clone();
    let is_same =
        |one: &Value, other: &Value| one["by"] == other["by"] && one["name"] == other["name"];
    let found: Vec<Value> = truth["slices"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|slice| {
            let all = shown["slices"].as_array().into_iter().flatten();
            let mut all = all.filter(|other| is_same(slice, other));
            all.next().cloned().unwrap_or(Value::Null)
        })
        .collect();
    shown["slices"] = found.into();
    shown
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
    // Where all were written within the year.
    all.push(of_all("reads", vec![minus(format!("{L10}/reads"))]));
    // How many readers were of another team than the owning one, and of any.
    let of_teams = |field: &str, total: &str| {
        let owned = rows(truth, "writeups").filter(|(_, one)| one["outside_team"].is_object());
        let each = owned.map(|(at, _)| plus(format!("/writeups/{at}/outside_team/{field}")));
        each.chain([minus(format!("{L12}/{total}"))])
            .collect::<Vec<Term>>()
    };
    for (field, share, clustered) in [("outside", "k", "num"), ("readers", "n", "den")] {
        all.push(of_teams(field, &format!("outside_share/{share}")));
        all.push(of_teams(
            field,
            &format!("outside_share_clustered/{clustered}"),
        ));
    }
    all.extend(rows(truth, "writeups").map(|(at, _)| {
        // Where the team of every reader is known.
        vec![
            plus(format!("/writeups/{at}/outside_team/readers")),
            minus(format!("/writeups/{at}/readers")),
        ]
    }));
    all.push(vec![
        plus(format!("{L12}/outside_share/n")),
        minus(pairs.to_owned()),
    ]);
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
