//! Tests that stand on one screen are judged together (INDICATORS T7): what a reader meets is the p that is left
//! then, and the verdict that it bears.

use serde_json::Value;

use super::reading::{self, cell, text};
use crate::stats::benjamini_hochberg;

/// The level below which a test found something.
const LEVEL: f64 = 0.05;

/// A test, by the indicator that makes it and what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The indicator's code.
    pub code: &'static str,
    /// Which of its series, or which descriptor.
    pub of: String,
    /// Its p, judged with the others; `None` where it was not made or is withheld.
    pub adjusted: Option<f64>,
}

impl Judged {
    /// Whether it still finds something.
    pub fn finds(&self) -> bool {
        self.adjusted.is_some_and(|p| p < LEVEL)
    }
}

/// All tests of the page for those who look closer, Benjamini-Hochberg over those that were made.
pub fn exploring(summary: &Value) -> Vec<Judged> {
    let mut found: Vec<(&'static str, String, Option<f64>)> = Vec::new();
    for (code, of, place, name) in [
        ("T1", "trend", "/trend/recommended", "p"),
        ("T1", "cohort_trend", "/cohort_trend/recommended", "p"),
        ("T3", "months", "/months", "p"),
        ("T3", "cohorts", "/cohorts", "p"),
        ("T4", "pettitt", "/pettitt", "p_approx"),
    ] {
        let test = reading::results(summary, code).pointer(place);
        let p = test.and_then(|test| cell(test, name).get());
        found.push((code, of.to_owned(), p));
    }
    let descriptors = reading::results(summary, "D1").get("spearman");
    for (name, one) in descriptors.and_then(Value::as_object).into_iter().flatten() {
        if one.is_object() {
            found.push(("D1", name.clone(), cell(one, "p").get()));
        }
    }
    let made: Vec<f64> = found.iter().filter_map(|test| test.2).collect();
    let mut adjusted = benjamini_hochberg(&made).into_iter();
    let judged = found.into_iter().map(|(code, of, p)| Judged {
        code,
        of,
        adjusted: p.and_then(|_| adjusted.next()),
    });
    judged.collect()
}

/// One of them.
pub fn explored(summary: &Value, code: &str, of: &str) -> Option<f64> {
    let all = exploring(summary);
    let one = all.iter().find(|one| one.code == code && one.of == of)?;
    one.adjusted
}

/// What may be said of the age-matched series by month.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<'a> {
    /// `rising`, `falling`, `no clear trend`, `too early`; empty where there is none.
    pub verdict: &'a str,
    /// The p of the test behind it, judged with the others of the leader's page (T7).
    pub adjusted: Option<f64>,
    /// Whether months were compared with the same months of other years (T3).
    pub by_seasons: bool,
}

/// The verdict on the months: by the seasonal test as soon as there are two years (INDICATORS T3), else by T1; and
/// what does not stand beside the other tests of the leader's page is no clear trend.
pub fn of_months(summary: &Value) -> Told<'_> {
    let seasons = reading::results(summary, "T3").get("months");
    let seasons = seasons.map_or("", |months| text(months, "verdict"));
    let trend = reading::results(summary, "T1").pointer("/trend/recommended");
    let by_seasons = matches!(seasons, "rising" | "falling" | "no clear trend");
    let (code, of, verdict) = match by_seasons {
        true => ("T3", "months", seasons),
        false => (
            "T1",
            "trend",
            trend.map_or("", |found| text(found, "verdict")),
        ),
    };
    let tests = reading::list(reading::results(summary, "T7"), "tests").iter();
    let own = |test: &&Value| text(test, "code") == code && text(test, "of") == of;
    let adjusted = tests.clone().find(own);
    let adjusted = adjusted.and_then(|test| cell(test, "adjusted").get());
    let is_found = adjusted.is_none_or(|p| p < LEVEL);
    Told {
        verdict: match verdict {
            "rising" | "falling" if !is_found => "no clear trend",
            verdict => verdict,
        },
        adjusted,
        by_seasons,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_stands_by_the_seasons_and_beside_the_other_tests() {
        let of = |t1: &str, t3: &str, adjusted: [f64; 2]| {
            let tests = [
                json!({"code": "T1", "of": "trend", "adjusted": adjusted[0]}),
                json!({"code": "T3", "of": "months", "adjusted": adjusted[1]}),
            ];
            let summary = json!({"indicators": {
                "T1": {"results": {"trend": {"recommended": {"verdict": t1}}}},
                "T3": {"results": {"months": {"verdict": t3}}},
                "T7": {"results": {"tests": tests}},
            }});
            let told = of_months(&summary);
            (told.verdict.to_owned(), told.adjusted, told.by_seasons)
        };
        for (t1, t3, adjusted, expected) in [
            ("rising", "too early", [0.03, 1.0], ("rising", 0.03, false)),
            (
                "rising",
                "too early",
                [0.06, 1.0],
                ("no clear trend", 0.06, false),
            ),
            (
                "rising",
                "no clear trend",
                [0.03, 0.09],
                ("no clear trend", 0.09, true),
            ),
            (
                "no clear trend",
                "falling",
                [0.3, 0.02],
                ("falling", 0.02, true),
            ),
            (
                "rising",
                "rising",
                [0.03, 0.05],
                ("no clear trend", 0.05, true),
            ),
        ] {
            let (verdict, p, by_seasons) = expected;
            assert_eq!(
                of(t1, t3, adjusted),
                (verdict.to_owned(), Some(p), by_seasons)
            );
        }
        assert_eq!(of_months(&Value::Null).verdict, "");
    }

    #[test]
    fn one_descriptor_of_eight_is_no_finding() {
        let one = |p: f64| json!({"rho": 0.3, "p": p, "n": 40});
        let mut spearman = json!({"suppressed": false, "diagrams": one(0.02)});
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            spearman[name] = one(0.5);
        }
        spearman["unknown"] = json!({"rho": null, "p": null, "n": 3});
        let summary = json!({"indicators": {"D1": {"results": {"spearman": spearman}}}});
        let found = explored(&summary, "D1", "diagrams").unwrap();
        assert!((found - 0.16).abs() < 1e-12, "{found}");
        assert!(exploring(&summary).iter().all(|one| !one.finds()));
        assert_eq!(explored(&summary, "D1", "unknown"), None);
    }
}
