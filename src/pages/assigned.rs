//! What an indicator says without assigned reading and without those who had to come, beside what it
//! says of all. Nothing where nothing was assigned.

use chrono_tz::Tz;
use serde_json::Value;

use super::words::{self, counted, interval, percent};
use crate::charts::reading::{self, Cell, cell, share, suppressed};

/// One more sentence, with a space before it.
pub(super) fn without(code: &str, results: &Value) -> Option<String> {
    let (name, words) = match code {
        "A2" => (
            "without_mandatory",
            "Of those alone whom nobody had told to come",
        ),
        _ => ("without_assigned", "Without assigned reading"),
    };
    let results = results.get(name)?;
    let said = match suppressed(results) {
        true => "withheld, too few people stand between the two numbers".to_owned(),
        false => number(code, results)?,
    };
    Some(format!(" {words}: {said}."))
}

/// Who was told to read a write-up, and when; nothing where nobody was.
pub(super) fn told(writeup: &Value, zone: Tz) -> String {
    let each = reading::list(writeup, "assigned").iter().map(|one| {
        let whom = match (reading::text(one, "team"), &one["newcomers"]) {
            ("", Value::Bool(true)) => "newcomers".to_owned(),
            ("", _) => "everybody".to_owned(),
            (team, _) => format!("team {team}"),
        };
        let at = |key: &str| words::date(reading::text(one, key), zone);
        format!("{whom}, from {} until {}", at("from"), at("to"))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn number(code: &str, results: &Value) -> Option<String> {
    let told = |key: &str| match cell(results, key) {
        Cell::Missing => None,
        found => Some(format!("«{}»", counted(found))),
    };
    let of = |key: &str| {
        let found = share(results, key);
        let p = found.value.get()?;
        Some(format!("«{}» ({})", percent(p), interval(&found)))
    };
    match code {
        "R1" => Some(format!("{} times", told("total_reads")?)),
        "R2" => Some(format!("{} sittings", told("unique_reads")?)),
        "R3" => Some(format!(
            "{} people on {} person-days",
            told("readers")?,
            told("reader_days")?
        )),
        "L3" => of("tail_share"),
        "L4" => of("still_read"),
        "L11" => of("reach"),
        "L13" => of("newcomers"),
        "A2" => of("voluntary"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_was_told_to_read_is_told() {
        let writeup = json!({ "assigned": [
            { "from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "team": "search", "newcomers": false },
            { "from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "team": null, "newcomers": true },
        ]});
        assert_eq!(
            told(&writeup, Tz::UTC),
            "team search, from 1 Mar 2026 until 1 Apr 2026; newcomers, from 1 Mar 2026 until 1 Apr 2026"
        );
        assert_eq!(told(&json!({}), Tz::UTC), "");
    }

    #[test]
    fn it_stands_beside_the_number() {
        let results = json!({ "without_assigned": { "total_reads": 1200 } });
        assert_eq!(
            without("R1", &results).unwrap(),
            " Without assigned reading: «1,200» times."
        );
        let share = json!({ "k": 3, "n": 4, "p": 0.75, "lo": 0.3, "hi": 0.95 });
        let results = json!({ "without_mandatory": { "voluntary": share } });
        assert_eq!(
            without("A2", &results).unwrap(),
            " Of those alone whom nobody had told to come: «75 %» (95 % interval 30 to 95)."
        );
        assert_eq!(without("R1", &json!({ "total_reads": 3 })), None);
        let hidden = json!({ "without_assigned": { "total_reads": null, "suppressed": true } });
        assert!(without("R1", &hidden).unwrap().contains("withheld"));
    }
}
