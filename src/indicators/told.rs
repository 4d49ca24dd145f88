//! The words of an indicator with the parameters filled in: a definition that stands beside a
//! number must say the windows and limits that the number was made with.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::Spec;
use crate::model::Parameters;

/// What of a [`Spec`] speaks of parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// See [`Spec::title`].
    pub title: String,
    /// See [`Spec::says`].
    pub says: String,
    /// See [`Spec::definition`].
    pub definition: String,
    /// See [`Spec::caveat`].
    pub caveat: String,
}

impl Spec {
    /// The words, with each `{placeholder}` replaced by what these parameters make of it: the name
    /// of a parameter, or one of [`phrase`]'s.
    pub fn told(&self, parameters: &Parameters) -> Told {
        let values = parameters.by_name();
        let fill = |text| fill(text, |name| value(name, parameters, &values));
        Told {
            title: fill(self.title),
            says: fill(self.says),
            definition: fill(self.definition),
            caveat: fill(self.caveat),
        }
    }
}

impl Spec {
    /// The parameters that its words name, in the order of the alphabet: those that its numbers were made with.
    pub fn parameters(&self) -> Vec<&'static str> {
        let mut found = std::collections::BTreeSet::new();
        for text in [self.title, self.says, self.definition, self.caveat] {
            fill(text, |name| {
                found.extend(parameter_of(name));
                Some(String::new())
            });
        }
        found.into_iter().collect()
    }
}

/// The parameter that a placeholder speaks of.
fn parameter_of(placeholder: &'static str) -> Option<&'static str> {
    match placeholder {
        "late_days_twice" | "late_time" | "late_later" | "late_window" => Some("late_days"),
        "quiet_time" => Some("quiet_days"),
        "horizon_time" | "first_year" | "first_years" | "year_was" => Some("horizon_days"),
        "watched_by_all" | "watched_by_the_same" => None,
        other => Some(other),
    }
}

/// An unknown placeholder stays as it is; a test sees to it that there is none.
fn fill<'a>(text: &'a str, mut value: impl FnMut(&'a str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, after)| Some((value(name)?, after)));
        match known {
            Some((value, after)) => {
                filled.push_str(&value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

fn value(name: &str, parameters: &Parameters, values: &Map<String, Json>) -> Option<String> {
    match values.get(name) {
        Some(value) => Some(value.to_string()),
        None => phrase(name, parameters),
    }
}

/// Where a sentence is better with words than with a number. The words hold for the default only;
/// any other value is told in days.
fn phrase(name: &str, parameters: &Parameters) -> Option<String> {
    let Parameters {
        late_days: late,
        horizon_days: horizon,
        quiet_days: quiet,
        ..
    } = *parameters;
    let twice = 2 * late;
    let usual = Parameters::default();
    let words = |usual: bool, words: &str, days: String| match usual {
        true => words.to_owned(),
        false => days,
    };
    let late_words = |text, days| words(late == usual.late_days, text, days);
    let year_words = |text, days| words(horizon == usual.horizon_days, text, days);
    Some(match name {
        "late_days_twice" => twice.to_string(),
        "late_time" => late_words("three months", format!("{late} days")),
        "late_later" => late_words("months later", format!("{late} or more days later")),
        "late_window" => late_words("three to six months", format!("{late} to {twice} days")),
        "quiet_time" => words(
            quiet == usual.quiet_days,
            "three months",
            format!("{quiet} days"),
        ),
        "horizon_time" => year_words("a year", format!("{horizon} days")),
        "first_year" => year_words("first year", format!("first {horizon} days")),
        "first_years" => year_words("first year's", format!("first {horizon} days'")),
        "year_was" => year_words("was", "were".to_owned()),
        "watched_by_all" => format!("{WATCHERS}; only days on which all of them watched count."),
        "watched_by_the_same" => {
            format!("{WATCHERS}; it is followed only as long as the same ones watch.")
        }
        _ => return None,
    })
}

/// Who is taken to watch (`crate::jobs::observe`).
const WATCHERS: &str = "A write-up is watched by every source that delivers a tenth or more of the \
    events of all write-ups with the same main source";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::{ALL, find};

    fn texts(told: Told) -> [String; 4] {
        [told.title, told.says, told.definition, told.caveat]
    }

    /// No value is another's or a default's.
    fn others() -> Parameters {
        Parameters {
            double_click_s: 41,
            late_days: 61,
            horizon_days: 307,
            recent_days: 47,
            trailing_days: 19,
            min_readers: 7,
            quiet_days: 53,
            read_fraction: 0.625,
            wpm_fast: 211,
            skim_min_s: 23,
            min_present_s: 601,
            contribution_days: 11,
            response_days: 6,
            newcomer_days: 71,
            repeat_days: 131,
            large_list: 12,
            index_writeups: 17,
            index_team_share: 0.375,
            index_team_least: 8,
            machine_writeups: 67,
            machine_run: 27,
            machine_gap_s: 4,
            follow_up_days: 37,
        }
    }

    #[test]
    fn every_placeholder_is_known_and_filled() {
        for indicator in ALL {
            let spec = indicator.spec();
            for parameters in [Parameters::default(), others()] {
                for text in texts(spec.told(&parameters)) {
                    assert!(!text.contains(['{', '}']), "{}: {text}", spec.code);
                    assert!(!text.contains("  "), "{} has a hole: {text}", spec.code);
                }
            }
        }
    }

    #[test]
    fn what_is_named_is_a_parameter() {
        let known = Parameters::default().by_name();
        for indicator in ALL {
            for name in indicator.spec().parameters() {
                assert!(
                    known.contains_key(name),
                    "{}: {name}",
                    indicator.spec().code
                );
            }
        }
        let l3 = find("L3").unwrap().spec().parameters();
        assert_eq!(l3, ["horizon_days", "late_days"]);
    }

    #[test]
    fn no_default_is_told_where_another_value_holds() {
        // Of confidence limits, degrees of freedom and the like there are others; these are not.
        let defaults = [
            "90",
            "180",
            "365",
            "28",
            "300",
            "30 s",
            "10 s",
            "0.75",
            "at least 3 ",
            "three months",
            "six months",
            "months later",
            "a year",
            "first year",
        ];
        for indicator in ALL {
            let spec = indicator.spec();
            for text in texts(spec.told(&others())) {
                // How long a small change takes to show is no parameter.
                let text = text.replace("take three years", "");
                for default in defaults {
                    assert!(!text.contains(default), "{}: {default}: {text}", spec.code);
                }
            }
        }
    }

    #[test]
    fn the_values_stand_where_they_belong() {
        for (code, words) in [
            ("L3", "Tail share after day 61"),
            ("L3", "how much happens 61 or more days later"),
            ("L3", "for their first 307 days"),
            ("L3", "[0, 307) days, y = those in [61, 307)"),
            ("L3", "whose first 307 days were not observed whole"),
            ("L4", "observed age >= 61 days"),
            ("L4", "[as_of - 19 d, as_of)"),
            ("L4", "at least 7 distinct people"),
            ("L4", "divided by 19."),
            ("T0", "in [61, 122) days"),
            ("T0", "write-ups of 61 to 122 days"),
            ("R4", "max(23 s, 0.625 of the words at 211 words a minute)"),
            ("R4", "s >= 0.625"),
            ("A1", "at least 601 s"),
            ("A6", "in (t, t + 11 d]"),
            ("A7", "another in (first, first + 131 d]"),
            ("R1", "at most 41 s apart"),
            ("L2", "of the last 47 days"),
            ("L5", "without any read T = 53)"),
            ("K1", "made until 37 days after publication"),
            ("K1", "had live links to more than 17 write-ups"),
            ("K1", "at least 8 and more than the share 0.375"),
            ("K5", "links of the last 307 days"),
            ("K6", "at least 61 days old then"),
        ] {
            let told = find(code).unwrap().spec().told(&others());
            assert!(texts(told.clone()).join(" ").contains(words), "{told:?}");
        }
    }

    #[test]
    fn who_watches_is_told_where_it_matters() {
        for (code, words) in [
            ("L1", "all of them watched"),
            ("T0", "all of them watched"),
            ("L4", "all of them watched"),
            ("L2", "the same ones watch"),
            ("L3", "the same ones watch"),
            ("L5", "the same ones watch"),
            ("L6", "the same ones watch"),
            ("C1", "the same ones watch"),
        ] {
            let told = find(code).unwrap().spec().told(&Parameters::default());
            assert!(told.definition.contains(words), "{told:?}");
        }
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        let value = |name: &str| (name == "a").then(|| "1".to_owned());
        assert_eq!(fill("{a} {b} {a", value), "1 {b} {a");
    }
}
