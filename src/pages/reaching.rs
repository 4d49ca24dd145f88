//! In a leader's words: how far write-ups reach, and what the long tail looks like under the glass (L7 to L13).

use serde_json::Value;

use super::signals::{days, shared};
use super::words::{self, count, counted, measure, percent, plural};
use crate::charts::reading::{self, Cell, cell, share};

/// L11.
pub(super) fn whole(summary: &Value, results: &Value) -> Option<String> {
    let reach = share(results, "reach");
    Some(format!(
        "«{}» of «{}» people on the roster, {}, read a write-up in the last {:.0} days.",
        counted(reach.num),
        counted(reach.den),
        shared(&reach)?,
        days(summary, "recent", 90.0)
    ))
}

/// L12.
pub(super) fn teams(results: &Value) -> Option<String> {
    let found = results.get("cross_team")?;
    let said = shared(&share(found, "outside_share_clustered"))?;
    let spread = cell(found, "median_effective_teams").get();
    let spread = spread.map_or_else(String::new, |teams| {
        format!(
            " The readers of a usual write-up are spread as widely as «{}» {} of one size would be.",
            measure(teams),
            plural(teams, "team", "teams")
        )
    });
    Some(format!(
        "{said} of the readers of write-ups are of another team than the one that had the incident.{spread}"
    ))
}

/// L13.
pub(super) fn newcomers(summary: &Value, results: &Value) -> Option<String> {
    let new = share(results, "newcomers");
    let window = days(summary, "newcomer", 90.0);
    let median = results.get("newcomers_km");
    let median = median.and_then(|curve| cell(curve, "median").get());
    let median = median.map_or_else(String::new, |days| {
        format!(
            " Half had done so after «{}» {}.",
            count(days.ceil()),
            plural(days.ceil(), "day", "days")
        )
    });
    Some(format!(
        "«{}» of «{}» newcomers, {}, read something older than themselves in their first {window:.0} days.{median}",
        counted(new.num),
        counted(new.den),
        shared(&new)?
    ))
}

/// L7.
pub(super) fn law(results: &Value) -> Option<String> {
    let found = results.get("decay")?;
    let n = cell(found, "n").get()?;
    let best = reading::text(found, "best_aic");
    let (name, says) = law_words(best)?;
    let models = found.get("models").unwrap_or(&Value::Null);
    let aic = |law: &str| cell(models.get(law)?, "aic").get();
    let near: Vec<String> = LAWS
        .iter()
        .filter(|law| **law != best)
        .filter(|law| {
            aic(law)
                .zip(aic(best))
                .is_some_and(|(one, least)| (one - least).abs() < NEAR_AIC)
        })
        .filter_map(|law| Some(law_words(law)?.0.to_owned()))
        .collect();
    let n = count(n);
    if near.is_empty() {
        // Where the likelihood grew to the end, the law is the best and its parameters are not known.
        let end = match models.get(best).and_then(|fit| fit.get("at_bound")) {
            Some(Value::Bool(true)) => {
                " It fits ever better towards the end of what it can be, so only its kind is known."
            }
            _ => "",
        };
        return Some(format!(
            "Of four laws, the ages of «{n}» reads are described best by {name}: {says}.{end}"
        ));
    }
    Some(format!(
        "The ages of «{n}» reads are described about as well by {name} as by {}: these laws can't be told apart, and \
         so neither whether there is a long tail.",
        words::row(&near, "and by")
    ))
}

/// The names of L7's laws.
const LAWS: [&str; 4] = ["exponential", "weibull", "lognormal", "lomax"];
/// Laws whose AIC differ by less describe about as well (Burnham and Anderson's rule of thumb).
const NEAR_AIC: f64 = 2.0;

/// A law's name, and what it says.
fn law_words(law: &str) -> Option<(&'static str, &'static str)> {
    Some(match law {
        "exponential" => ("an exponential law", "reading has a half-life"),
        "weibull" => (
            "a stretched exponential",
            "it fades fast at first and ever slower, without a long tail",
        ),
        "lognormal" => (
            "a log-normal law",
            "it fades fast at first, with a tail that thins out",
        ),
        "lomax" => (
            "a shifted power law",
            "there is a long tail, and no half-life",
        ),
        _ => return None,
    })
}

/// L8.
pub(super) fn awakenings(results: &Value) -> Option<String> {
    let looked_at = cell(results, "writeups").get().filter(|n| *n > 0.0)?;
    let woken = cell(results, "awakened").get()?;
    Some(format!(
        "«{}» of «{}» {} read most after having been read less for a time.",
        count(woken),
        count(looked_at),
        plural(looked_at, "write-up was", "write-ups were")
    ))
}

/// L9.
pub(super) fn bursts(results: &Value) -> Option<String> {
    let looked_at = cell(results, "looked_at").get().filter(|n| *n > 0.0)?;
    let many = cell(results, "writeups").get()?;
    Some(format!(
        "«{}» of «{}» {} a burst of attention after the first week.",
        count(many),
        count(looked_at),
        plural(looked_at, "write-up had", "write-ups had")
    ))
}

/// L10.
pub(super) fn concentration(summary: &Value, results: &Value) -> Option<String> {
    let found = results.get("concentration")?;
    let top = cell(found, "top20_share").get()?;
    let many = cell(found, "writeups").get()?;
    let alike = match cell(found, "effective_number") {
        Cell::Value(alike) => format!(
            " It is as uneven as if «{}» were read alike and the others never.",
            count(alike)
        ),
        _ => String::new(),
    };
    Some(format!(
        "The most read fifth of «{}» {} got «{}» of the reads of the last {:.0} days.{alike}",
        count(many),
        plural(many, "write-up", "write-ups"),
        percent(top),
        days(summary, "horizon", 365.0)
    ))
}

/// Why one of them says nothing; nothing of other codes.
pub(super) fn nothing(code: &str) -> Option<&'static str> {
    Some(match code {
        "L7" => {
            "Nothing to say yet: it needs thirty reads of write-ups that were watched for a month from their first day on."
        }
        "L8" => {
            "Nothing to say yet: no write-up was watched for three months from its first day on, and read."
        }
        "L9" => "Nothing to say yet: no write-up is a whole week old.",
        "L10" => "Nothing to say yet: no write-up with a date was read lately.",
        "L11" => {
            "Nothing to say yet: it needs a roster, and a source that names readers and watched all the time."
        }
        "L12" => "Nothing to say yet: no team is known of those who read, or of the write-ups.",
        "L13" => {
            "Nothing to say yet: the roster knows nobody who joined while reads were watched and has been there for long enough."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::signals::sentence;
    use super::*;

    fn summary(code: &str, results: &Value) -> Value {
        json!({
            "parameters": {"recent_days": 80, "newcomer_days": 60, "horizon_days": 300},
            "health": {"coverage": [{"kind": "read", "scope": "wiki"}]},
            "indicators": {code: {"results": results}},
        })
    }

    #[test]
    fn what_is_known_is_said() {
        let half = json!({"k": 10, "n": 20, "p": 0.5, "lo": 0.3, "hi": 0.7});
        for (code, results, said) in [
            (
                "L11",
                json!({"reach": half, "without_assigned": {"reach": {"p": 0.25, "lo": 0.1, "hi": 0.5}}}),
                "«10» of «20» people on the roster, «50 %» (95 % interval 30 to 70), read a write-up in the \
                 last 80 days. Without assigned reading: «25 %» (95 % interval 10 to 50).",
            ),
            (
                "L12",
                json!({"cross_team": {"outside_share_clustered": half, "median_effective_teams": 4.2}}),
                "«50 %» (95 % interval 30 to 70) of the readers of write-ups are of another team than the one \
                 that had the incident. The readers of a usual write-up are spread as widely as «4.2» teams \
                 of one size would be.",
            ),
            (
                "L13",
                json!({"newcomers": half, "newcomers_km": {"median": 13.2},
                       "without_assigned": {"suppressed": true}}),
                "«10» of «20» newcomers, «50 %» (95 % interval 30 to 70), read something older than \
                 themselves in their first 60 days. Half had done so after «14» days. Without assigned \
                 reading: withheld, too few people stand between the two numbers.",
            ),
            (
                "L7",
                json!({"decay": {"n": 900, "best_aic": "lomax"}}),
                "Of four laws, the ages of «900» reads are described best by a shifted power law: there is a \
                 long tail, and no half-life.",
            ),
            (
                "L7",
                json!({"decay": {"n": 40, "best_aic": "weibull", "models": {
                    "exponential": {"aic": 110.0}, "weibull": {"aic": 100.0}, "lognormal": {"aic": 100.25},
                    "lomax": {"aic": 102.1}}}}),
                "The ages of «40» reads are described about as well by a stretched exponential as by a log-normal \
                 law: these laws can't be told apart, and so neither whether there is a long tail.",
            ),
            (
                "L7",
                json!({"decay": {"n": 400, "best_aic": "lomax", "models": {
                    "weibull": {"aic": 110.0}, "lomax": {"aic": 100.0, "at_bound": true}}}}),
                "Of four laws, the ages of «400» reads are described best by a shifted power law: there is a long \
                 tail, and no half-life. It fits ever better towards the end of what it can be, so only its kind is \
                 known.",
            ),
            (
                "L8",
                json!({"writeups": 40, "awakened": 2}),
                "«2» of «40» write-ups were read most after having been read less for a time.",
            ),
            (
                "L9",
                json!({"looked_at": 40, "writeups": 6}),
                "«6» of «40» write-ups had a burst of attention after the first week.",
            ),
            (
                "L10",
                json!({"concentration": {"writeups": 40, "top20_share": 0.62, "effective_number": 15.4}}),
                "The most read fifth of «40» write-ups got «62 %» of the reads of the last 300 days. It is \
                 as uneven as if «15» were read alike and the others never.",
            ),
        ] {
            assert_eq!(sentence(&summary(code, &results), code), said);
        }
    }

    #[test]
    fn what_is_not_known_has_a_reason_of_its_own() {
        let mut reasons = std::collections::BTreeSet::new();
        for code in ["L7", "L8", "L9", "L10", "L11", "L12", "L13"] {
            let said = sentence(&summary(code, &json!({})), code);
            assert!(said.starts_with("Nothing to say yet: "), "{code} {said}");
            reasons.insert(said);
        }
        assert_eq!(reasons.len(), 7);
    }
}
