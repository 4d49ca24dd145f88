//! Trends over numbers of which some are withheld are told coarsely: what a test says in full precision
//! would tell the withheld numbers to whoever tries all small ones.

use serde_json::{Map, Value as Json, json};

/// Digits that are told of a slope or a limit.
const DIGITS: i32 = 2;

/// What of a test is withheld: exact functions of the numbers it rests on.
const EXACT: [&str; 9] = [
    "S",
    "var_s",
    "z",
    "tau_a",
    "tau_b",
    "K",
    "intercept",
    "intercept_scipy",
    "p_approx",
];

/// The tests over months and over cohorts, by code and place.
const OVER_MONTHS: [(&str, &str); 4] = [
    ("T1", "trend"),
    ("T2", "months"),
    ("T3", "months"),
    ("T4", "pettitt"),
];
const OVER_COHORTS: [(&str, &str); 4] = [
    ("T1", "cohort_trend"),
    ("T2", "cohorts"),
    ("T3", "cohorts"),
    ("T4", "cohort_pettitt"),
];

/// Makes the tests of a summary coarse whose numbers are not all told. `indicators`: by code.
pub(super) fn coarsen(indicators: &mut Map<String, Json>) {
    let is_withheld = |indicators: &Map<String, Json>, code: &str, place: &str| {
        let found = indicators.get(code).map(|one| &one["results"][place]);
        found.is_some_and(|found| found["suppressed"] == true)
    };
    let months = indicators
        .get("T0")
        .and_then(|t0| t0["results"]["series"].as_array());
    let months = months.is_some_and(|months| {
        let mut months = months.iter();
        months.any(|month| month["window_reads"].is_null() && month["suppressed"] == true)
    });
    let months =
        months || is_withheld(indicators, "T5", "pelt") || is_withheld(indicators, "T4", "pettitt");
    let cohorts = is_withheld(indicators, "T5", "cohort_pelt")
        || is_withheld(indicators, "T4", "cohort_pettitt");
    for (few, places) in [(months, OVER_MONTHS), (cohorts, OVER_COHORTS)] {
        for (code, place) in places.into_iter().filter(|_| few) {
            let found = indicators.get_mut(code);
            if let Some(found) = found.and_then(|one| one["results"].get_mut(place)) {
                coarse(found);
            }
        }
    }
    if months || cohorts {
        family(indicators.get_mut("T7"));
    }
}

/// The family's p are those of its tests, less certain.
fn family(t7: Option<&mut Json>) {
    let tests = t7.and_then(|t7| t7["results"]["tests"].as_array_mut());
    for test in tests.into_iter().flatten() {
        round(&mut test["adjusted"], Towards::Up);
    }
}

/// The indicators of a summary with nothing withheld, made as coarse as they are told: what is told can then be
/// compared with them.
pub(super) fn as_told(told: &Json, truth: &Json) -> Json {
    let mut truth = truth.clone();
    let mut is_coarse = false;
    for (code, place) in OVER_MONTHS.into_iter().chain(OVER_COHORTS) {
        if told[code]["results"][place]["suppressed"] == true
            && let Some(test) = truth.pointer_mut(&format!("/{code}/results/{place}"))
        {
            coarse(test);
            is_coarse = true;
        }
    }
    if is_coarse {
        family(truth.get_mut("T7"));
    }
    truth
}

/// A test, told coarsely.
pub(super) fn coarse(test: &mut Json) {
    let Some(fields) = test.as_object_mut() else {
        return;
    };
    let mut withheld = false;
    for (name, value) in fields.iter_mut() {
        match name.as_str() {
            exact if EXACT.contains(&exact) => {
                withheld |= !value.is_null();
                *value = Json::Null;
            }
            "lo" => round(value, Towards::Down),
            "hi" | "p" => round(value, Towards::Up),
            name if name.starts_with("slope") => round(value, Towards::Nearest),
            _ => coarse(value),
        }
    }
    // The rest is told: its verdict stands.
    if withheld {
        fields.insert("suppressed".to_owned(), json!(true));
    }
}

/// Where a rounded number lies.
#[derive(Clone, Copy)]
enum Towards {
    Down,
    Nearest,
    Up,
}

/// A number to few digits. Limits are rounded outwards: the interval holds what it held.
fn round(value: &mut Json, towards: Towards) {
    let Some(number) = value.as_f64().filter(|number| *number != 0.0) else {
        return;
    };
    let place = number.abs().log10().floor() as i32 + 1 - DIGITS;
    // Of 0.01 the reciprocal is exact in decimal notation, the number itself is not.
    let scaled = match place < 0 {
        true => number * 10_f64.powi(-place),
        false => number / 10_f64.powi(place),
    };
    let whole = match towards {
        Towards::Down => scaled.floor(),
        Towards::Nearest => scaled.round(),
        Towards::Up => scaled.ceil(),
    };
    let rounded = match place < 0 {
        true => whole / 10_f64.powi(-place),
        false => whole * 10_f64.powi(place),
    };
    *value = json!(rounded);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indicators(window_reads: Json, suppressed: bool) -> Map<String, Json> {
        let mut month = json!({ "month": "2026-01", "window_reads": window_reads });
        if suppressed {
            month["suppressed"] = json!(true);
        }
        let all = json!({
            "T0": { "results": { "series": [{ "month": "2025-12", "window_reads": 9 }, month] } },
            "T1": { "results": {
                "trend": {
                    "n": 30, "S": 62.0, "p": 0.2761, "theil_sen": { "slope": 0.3261, "lo": -0.3096, "hi": 0.8451 },
                    "recommended": { "var_s": 3900.2, "p": 0.3286, "verdict": "no clear trend" },
                    "percent_per_month": { "slope": 188.5, "lo": -2.335, "hi": 0.0 },
                },
                "cohort_trend": { "n": 12, "S": 17.0, "p": 0.2714 },
            } },
            "T7": { "results": { "tests": [{ "adjusted": 0.4931 }, { "adjusted": null }] } },
        });
        let Json::Object(all) = all else {
            unreachable!("an object")
        };
        all
    }

    #[test]
    fn what_is_all_told_stays_exact() {
        let mut told = indicators(json!(12), false);
        coarsen(&mut told);
        assert_eq!(told, indicators(json!(12), false));
        // A month of which nothing is known is not withheld.
        let mut unknown = indicators(Json::Null, false);
        coarsen(&mut unknown);
        assert_eq!(unknown, indicators(Json::Null, false));
    }

    #[test]
    fn a_month_that_is_withheld_makes_its_tests_coarse() {
        let mut told = indicators(Json::Null, true);
        coarsen(&mut told);
        let results = &told["T1"]["results"];
        assert_eq!(
            results["trend"],
            json!({
                "n": 30, "S": null, "p": 0.28, "theil_sen": { "slope": 0.33, "lo": -0.31, "hi": 0.85 },
                "recommended": { "var_s": null, "p": 0.33, "verdict": "no clear trend", "suppressed": true },
                "percent_per_month": { "slope": 190.0, "lo": -2.4, "hi": 0.0 },
                "suppressed": true,
            })
        );
        assert_eq!(results["cohort_trend"]["S"], 17.0, "other numbers");
        assert_eq!(told["T7"]["results"]["tests"][0]["adjusted"], 0.5);
    }
}
