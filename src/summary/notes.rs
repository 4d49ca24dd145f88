//! Divergence notes: signs that do not agree, such as opening that rises while reading does not. Each is a
//! question to ask before a number is believed, never a verdict; each is made from numbers that are published
//! anyway, so it can tell nothing that they don't.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::stats::{Direction, mann_kendall, wilson};

/// Two signs that do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// Which one: `opened_not_read`, `came_not_freely`, `bunched_reads` or `time_at_threshold`.
    pub code: String,
    /// What it may mean and what not, in a leader's words.
    pub text: String,
    /// The indicators whose published numbers it rests on.
    pub rests_on: Vec<String>,
}

/// Fewer months than this are no series.
const MIN_MONTHS: usize = 12;

/// Fewer person-days around the threshold heap by chance.
const MIN_DAYS: u64 = 30;

/// Of three neighbouring fifths the middle one has a third where time is spent as it comes. It heaps where it
/// has more than half for certain.
const HEAP: f64 = 0.5;

/// The notes on these published indicators (by code, with their `results`) and reviews.
pub fn notes(indicators: &Map<String, Json>, reviews: &[Json]) -> Vec<Note> {
    let results = |code: &str| indicators.get(code).and_then(|one| one.get("results"));
    let of = |code: &str| results(code).unwrap_or(&Json::Null);
    let found = [
        opened_not_read(of("T0"), of("R4")),
        came_not_freely(reviews),
        bunched_reads(of("R3")),
        time_at_threshold(of("R4")),
    ];
    found.into_iter().flatten().collect()
}

fn note(code: &str, rests_on: &[&str], text: String) -> Note {
    Note {
        code: code.to_owned(),
        text,
        rests_on: rests_on.iter().map(|code| (*code).to_owned()).collect(),
    }
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

/// Where a series of a dozen months goes.
fn direction(points: &[(f64, f64)]) -> Option<Direction> {
    let test = mann_kendall(points).filter(|test| test.n >= MIN_MONTHS)?;
    Some(test.recommended.verdict)
}

/// Opens rise while reading is flat. Both are told for each write-up and working day at one age, by T0's own
/// exposure, so that neither a growing nor an ageing stock moves them.
fn opened_not_read(t0: &Json, r4: &Json) -> Option<Note> {
    let months: BTreeMap<&str, &Json> = list(&r4["months"])
        .filter_map(|month| Some((month["month"].as_str()?, month)))
        .collect();
    let (first, last) = (*months.keys().next()?, *months.keys().next_back()?);
    let (mut opened, mut read) = (Vec::new(), Vec::new());
    for (at, month) in (0_u32..).zip(list(&t0["series"])) {
        let Some(name) = month["month"].as_str() else {
            continue;
        };
        let exposure = month["window_exposure"].as_f64().filter(|days| *days > 0.0);
        // Before and after those months nobody measured time.
        let (Some(exposure), true) = (exposure, first <= name && name <= last) else {
            continue;
        };
        let days = match months.get(name) {
            None => Some((0.0, 0.0)),
            Some(month) => month["known"].as_f64().zip(month["read"].as_f64()),
        };
        if let Some((known, deep)) = days {
            opened.push((f64::from(at), known / exposure));
            read.push((f64::from(at), deep / exposure));
        }
    }
    let rises = direction(&opened)? == Direction::Rising;
    let flat = direction(&read)? != Direction::Rising;
    (rises && flat).then(|| {
        note(
            "opened_not_read",
            &["R4", "T0"],
            format!(
                "Over {} months older write-ups of one age are opened more and more, and not read more: the days on \
                 which somebody stayed long enough to read one show no rise. Links, announcements or a search may \
                 bring people who then look for something else. It does not say that they learn less: a printout, \
                 or what is quick to find, counts as opened alone.",
                opened.len()
            ),
        )
    })
}

/// Attendance rises while the share of those who need not have come falls, by month, over reviews of which both
/// are told.
fn came_not_freely(reviews: &[Json]) -> Option<Note> {
    let mut months: BTreeMap<u32, (u32, f64, f64)> = BTreeMap::new();
    for review in reviews {
        let told = review["attendees"]
            .as_f64()
            .zip(review["need_not_have_come"].as_f64());
        let month = review["date"].as_str().and_then(month_number);
        if let (Some((came, freely)), Some(month)) = (told.filter(|told| told.0 > 0.0), month) {
            let of = months.entry(month).or_default();
            *of = (of.0 + 1, of.1 + came, of.2 + freely);
        }
    }
    let by = |value: fn(&(u32, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        let each = months.iter();
        each.map(|(month, of)| (f64::from(*month), value(of)))
            .collect()
    };
    let came = by(|(held, came, _)| came / f64::from(*held));
    let freely = by(|(_, came, freely)| freely / came);
    let differ =
        direction(&came)? == Direction::Rising && direction(&freely)? == Direction::Falling;
    differ.then(|| {
        note(
            "came_not_freely",
            &["A1", "A2"],
            format!(
                "Over {} months with reviews more people come to each, and a smaller part of them need not have \
                 come. Invitations may have become wider or more binding. It does not say that those who had to \
                 come took less from it, nor that fewer came freely than before.",
                months.len()
            ),
        )
    })
}

/// A month that goes up by one, of a date.
fn month_number(date: &str) -> Option<u32> {
    let (year, month): (u32, u32) = (date.get(..4)?.parse().ok()?, date.get(5..7)?.parse().ok()?);
    Some(year * 12 + month)
}

/// Late reads of a write-up, half of which one team made on one day. Which write-up and which team is not told.
fn bunched_reads(r3: &Json) -> Option<Note> {
    let writeups = r3["bunched"].as_u64().filter(|writeups| *writeups > 0)?;
    let of = match writeups {
        1 => "one older write-up".to_owned(),
        many => format!("{many} older write-ups"),
    };
    Some(note(
        "bunched_reads",
        &["R3"],
        format!(
            "Of {of} at least half of the late reads came from one team on one day. A training, an exercise or a review \
             may stand behind it, and what looks like lasting interest may be one occasion. It does not say that \
             those reads were worth less, and who it was is told nowhere."
        ),
    ))
}

/// Engaged time heaped at what reading takes.
fn time_at_threshold(r4: &Json) -> Option<Note> {
    let near = &r4["near_threshold"];
    let [below, at, above] = ["below", "at", "above"].map(|name| near[name].as_u64());
    let (at, all) = (at?, below? + at? + above?);
    let share = wilson(at, all).filter(|share| all >= MIN_DAYS && share.lo > HEAP)?;
    Some(note(
        "time_at_threshold",
        &["R4"],
        format!(
            "Of {all} person-days whose time lies near what reading a write-up takes, {:.0} % lie just above it; a third \
             would be usual. A tool that keeps pages open, or a number that people work to, may stand behind it. It \
             does not say that they did not read.",
            share.p * 100.0
        ),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Months from 2024-01 on, each with the same exposure.
    fn series(months: u32) -> Vec<Json> {
        (0..months)
            .map(|n| json!({"month": name(n), "window_exposure": 200}))
            .collect()
    }

    fn name(n: u32) -> String {
        format!("{}-{:02}", 2024 + n / 12, n % 12 + 1)
    }

    fn depth(months: u32, of: impl Fn(u32) -> (u32, u32)) -> Json {
        let month = |n| {
            let (known, read) = of(n);
            json!({"month": name(n), "known": known, "read": read})
        };
        json!({"months": (0..months).map(month).collect::<Vec<Json>>()})
    }

    fn codes(indicators: &Json, reviews: &[Json]) -> Vec<String> {
        let found = notes(indicators.as_object().unwrap(), reviews);
        for note in &found {
            assert!(note.text.contains("does not say"), "{note:?}");
            assert!(!note.rests_on.is_empty());
        }
        found.into_iter().map(|note| note.code).collect()
    }

    fn opened(months: u32, of: impl Fn(u32) -> (u32, u32)) -> Vec<String> {
        let results = |results: Json| json!({ "results": results });
        let indicators = json!({
            "T0": results(json!({"series": series(months + 2)})),
            "R4": results(depth(months, of)),
        });
        codes(&indicators, &[])
    }

    #[test]
    fn opening_without_reading_is_noted() {
        // A sway, so that no series is all ties.
        let sway = |n: u32| n * 7 % 3;
        assert_eq!(
            opened(18, |n| (100 + 10 * n, 40 + sway(n))),
            ["opened_not_read"]
        );
        assert!(
            opened(18, |n| (100 + 10 * n, 40 + 5 * n)).is_empty(),
            "both rise"
        );
        assert!(
            opened(18, |n| (100 + sway(n), 40 + sway(n))).is_empty(),
            "both are flat"
        );
        assert!(opened(11, |n| (100 + 10 * n, 40)).is_empty(), "too early");
    }

    #[test]
    fn what_is_withheld_is_not_guessed() {
        let mut told = depth(18, |n| (100 + 10 * n, 40 + n % 2));
        for month in told["months"].as_array_mut().unwrap().iter_mut().take(7) {
            *month =
                json!({"month": month["month"], "known": null, "read": null, "suppressed": true});
        }
        let indicators = json!({
            "T0": {"results": {"series": series(18)}},
            "R4": {"results": told},
        });
        assert!(codes(&indicators, &[]).is_empty(), "eleven months are told");
    }

    fn reviews(months: u32, of: impl Fn(u32) -> (u32, u32)) -> Vec<Json> {
        let review = |n| {
            let (came, freely) = of(n);
            json!({"date": format!("{}-14", name(n)), "attendees": came, "need_not_have_come": freely})
        };
        (0..months).map(review).collect()
    }

    #[test]
    fn coming_without_choice_is_noted() {
        let nothing = json!({});
        let of = |reviews: &[Json]| codes(&nothing, reviews);
        assert_eq!(of(&reviews(14, |n| (20 + n, 12))), ["came_not_freely"]);
        assert!(
            of(&reviews(14, |n| (20 + n, 12 + n))).is_empty(),
            "they came freely"
        );
        assert!(
            of(&reviews(14, |n| (20, 19 - n))).is_empty(),
            "no more came"
        );
        assert!(of(&reviews(11, |n| (20 + n, 12))).is_empty(), "too early");
        let mut few = reviews(14, |n| (20 + n, 12));
        few[3]["need_not_have_come"] = Json::Null;
        few[4]["attendees"] = Json::Null;
        few[5]["attendees"] = Json::Null;
        assert!(of(&few).is_empty(), "eleven months are told");
    }

    #[test]
    fn a_day_of_one_team_is_noted_without_saying_whose() {
        let of = |bunched: u64| codes(&json!({"R3": {"results": {"bunched": bunched}}}), &[]);
        assert_eq!(of(2), ["bunched_reads"]);
        assert!(of(0).is_empty());
    }

    #[test]
    fn time_that_heaps_at_the_threshold_is_noted() {
        let of = |below: Json, at: u64, above: u64| {
            let near = json!({"below": below, "at": at, "above": above});
            codes(&json!({"R4": {"results": {"near_threshold": near}}}), &[])
        };
        assert_eq!(of(json!(6), 60, 8), ["time_at_threshold"]);
        assert!(of(json!(30), 40, 25).is_empty(), "time as it comes");
        assert!(of(json!(2), 20, 3).is_empty(), "too few days");
        assert!(of(Json::Null, 60, 8).is_empty(), "withheld");
    }
}
