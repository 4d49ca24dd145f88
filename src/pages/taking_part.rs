//! What people do at reviews and after them, in words: whether they stay, speak, add to the write-up, come
//! again, and from which teams they come.

use serde_json::Value;

use super::signals::{days, shared};
use super::words::{count, measure, percent, plural};
use crate::charts::reading::{self, cell, share};

/// A4.
pub(super) fn presence(results: &Value) -> Option<String> {
    let usual = cell(results, "presence_fraction_median").get()?;
    let first = reading::list(results, "iqr")
        .first()
        .and_then(Value::as_f64);
    let most = first.map_or_else(String::new, |quarter| {
        format!(", and three in four for at least «{}»", percent(quarter))
    });
    Some(format!(
        "Half of those who came were there for at least «{}» of the review{most}.",
        percent(usual)
    ))
}

/// A5.
pub(super) fn talk(results: &Value) -> Option<String> {
    let spoke = shared(&share(results, "spoke_share"))?;
    let meetings = cell(results, "talk_gini_meetings").get();
    let unequal = cell(results, "talk_gini_median")
        .get()
        .zip(meetings)
        .map_or_else(String::new, |(gini, meetings)| {
            format!(
                " In the middle one of «{}» {}, talk was shared with a Gini of «{}»: 0 is all alike, \
                 near 1 one voice.",
                count(meetings),
                plural(meetings, "review", "reviews"),
                measure(gini)
            )
        });
    Some(format!(
        "{spoke} of those who came to reviews with a transcript spoke.{unequal}"
    ))
}

/// A6.
pub(super) fn contribution(summary: &Value, results: &Value) -> Option<String> {
    let after = shared(&share(results, "contribution_after"))?;
    let within = days(summary, "contribution", 14.0);
    let during = shared(&share(results, "during")).map_or_else(String::new, |during| {
        format!(" {during} did so while it was held.")
    });
    Some(format!(
        "{after} of those who came added to the write-up within {within:.0} days, by a comment, an edit or \
         a link.{during}"
    ))
}

/// A7.
pub(super) fn returning(summary: &Value, results: &Value) -> Option<String> {
    let back = shared(&share(results, "repeat"))?;
    let within = days(summary, "repeat", 180.0);
    Some(format!(
        "{back} of those who came for the first time came to another review within {within:.0} days."
    ))
}

/// A8.
pub(super) fn teams(results: &Value) -> Option<String> {
    let outside = shared(&share(results, "outside_share"))?;
    let usual = cell(results, "teams_per_meeting_median")
        .get()
        .map_or_else(String::new, |teams| {
            format!(
                " To a usual review people of «{}» {} come.",
                measure(teams),
                plural(teams, "team", "teams")
            )
        });
    Some(format!(
        "{outside} of those who came were of another team than the one that had the incident.{usual}"
    ))
}

/// Why nothing is said of them where people came.
pub(super) fn nothing(summary: &Value, code: &str) -> String {
    let why = match code {
        "A4" => "no source has measured how long people were there".to_owned(),
        "A5" => "no review has a transcript".to_owned(),
        "A6" => {
            let within = days(summary, "contribution", 14.0);
            let unobserved = cell(reading::results(summary, code), "reviews_not_observed");
            match unobserved.get().filter(|n| *n > 0.0) {
                Some(n) => format!(
                    "comments, edits and links are not watched, or were not in the {within:.0} days after {} {}",
                    count(n),
                    plural(n, "review of a write-up", "reviews of write-ups")
                ),
                None => format!("no review of a write-up was held {within:.0} days ago or earlier"),
            }
        }
        "A7" => {
            let span = days(summary, "repeat", 180.0);
            format!(
                "it needs people whose first review was {span:.0} days ago, after {span:.0} days in which \
                 attendance was watched"
            )
        }
        _ => "no team is known of those who came, or of the write-ups".to_owned(),
    };
    format!("Nothing to say yet: {why}.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::signals::sentence;
    use super::*;

    fn summary(code: &str, results: &Value) -> Value {
        json!({
            "reviews": [{"date": "2026-01-05", "attendees": 9}],
            "health": {"coverage": [{"kind": "attendance", "scope": "meet"}]},
            "parameters": {"contribution_days": 10, "repeat_days": 150},
            "indicators": {code: {"results": results}},
        })
    }

    #[test]
    fn what_is_known_is_said() {
        let half = json!({"k": 10, "n": 20, "p": 0.5, "lo": 0.3, "hi": 0.7});
        for (code, results, said) in [
            (
                "A4",
                json!({"presence_fraction_median": 0.95, "iqr": [0.8, 1.0]}),
                "Half of those who came were there for at least «95 %» of the review, and three in four for \
                 at least «80 %».",
            ),
            (
                "A5",
                json!({"spoke_share": half, "talk_gini_median": 0.62, "talk_gini_meetings": 9}),
                "«50 %» (95 % interval 30 to 70) of those who came to reviews with a transcript spoke. In \
                 the middle one of «9» reviews, talk was shared with a Gini of «0.62»: 0 is all alike, near \
                 1 one voice.",
            ),
            (
                "A6",
                json!({"contribution_after": half, "during": {"k": 1, "n": 20, "p": 0.05, "lo": 0.01, "hi": 0.2}}),
                "«50 %» (95 % interval 30 to 70) of those who came added to the write-up within 10 days, by \
                 a comment, an edit or a link. «5 %» (95 % interval 1 to 20) did so while it was held.",
            ),
            (
                "A7",
                json!({"repeat": half}),
                "«50 %» (95 % interval 30 to 70) of those who came for the first time came to another \
                 review within 150 days.",
            ),
            (
                "A8",
                json!({"outside_share": half, "teams_per_meeting_median": 6.0}),
                "«50 %» (95 % interval 30 to 70) of those who came were of another team than the one that \
                 had the incident. To a usual review people of «6» teams come.",
            ),
        ] {
            assert_eq!(sentence(&summary(code, &results), code), said);
        }
    }

    #[test]
    fn what_is_not_known_has_a_reason_of_its_own() {
        let mut reasons = std::collections::BTreeSet::new();
        for code in ["A4", "A5", "A6", "A7", "A8"] {
            let said = sentence(&summary(code, &json!({})), code);
            assert!(said.starts_with("Nothing to say yet: "), "{said}");
            reasons.insert(said);
        }
        assert_eq!(reasons.len(), 5);
        let unwatched = json!({"contribution_after": null, "reviews_not_observed": 4});
        assert_eq!(
            sentence(&summary("A6", &unwatched), "A6"),
            "Nothing to say yet: comments, edits and links are not watched, or were not in the 10 days after 4 \
             reviews of write-ups."
        );
        let withheld = json!({"spoke_share": null, "suppressed": true});
        let said = sentence(&summary("A5", &withheld), "A5");
        assert!(said.starts_with("Withheld: "), "{said}");
    }
}
