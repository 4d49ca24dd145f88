//! The signals at a glance: what each says now, and whether it is changing, in one short table. A
//! verdict stands only where a comparison over time is sound; a state never gets one.

use serde::Serialize;
use serde_json::Value;

use super::trend::Level;
use super::view::{Part, say};
use super::words::{self, count, percent};
use super::{Links, attendance, linked, opening, trend};
use crate::charts::reading::{self, Cell, Share, cell, share};

/// One row of the table.
#[derive(Serialize)]
pub(super) struct Sign {
    /// Code of the indicator; its section on the page.
    code: &'static str,
    name: String,
    now: Vec<Part>,
    /// A word such as `rising`, or that nothing can be compared.
    word: &'static str,
    change: Vec<Part>,
}

/// Words for a number that is not compared over time, and why.
const LEVEL: (&str, &str) = (NOT_COMPARED, "It is one share over all the time watched.");
const STOCK: (&str, &str) = (NOT_COMPARED, "It moves with the age of the stock.");
const STATE: (&str, &str) = (NOT_COMPARED, "Links pile up by themselves.");
const NOT_COMPARED: &str = "can't be compared";

/// The signs of a summary, in the order in which a leader asks.
pub(super) fn signs(summary: &Value, links: Links) -> Vec<Sign> {
    let verdict = trend::reads(summary);
    let row = |code, name: String, now: Option<String>, (word, change): (&'static str, &str)| {
        let told = now.is_some();
        let now = now.unwrap_or_else(|| opening::nothing(summary, code));
        Sign {
            code,
            name,
            now: say(links, code, &now),
            word: if told { word } else { "" },
            change: if told {
                say(links, if code == "T0" { "T1" } else { code }, change)
            } else {
                Vec::new()
            },
        }
    };
    let reads = trend::level(summary).map(|level| match level {
        Level::Now(level) => format!("Each read {level}."),
        Level::Past(said) => said,
    });
    let mut rows = vec![
        row(
            "T0",
            trend::subject(summary),
            reads,
            (verdict.word, &verdict.more),
        ),
        row(
            "L4",
            "Older write-ups, still read by others".to_owned(),
            of(&share(reading::results(summary, "L4"), "still_read")),
            STOCK,
        ),
        row(
            "A2",
            "Came to reviews, and need not have".to_owned(),
            attendance::headline(summary)
                .and_then(|(came, _)| of(&came))
                .or_else(|| per_review(summary)),
            LEVEL,
        ),
        row(
            "C1",
            "Comments that come months later".to_owned(),
            comments(summary),
            LEVEL,
        ),
        row(
            "K1",
            "Linked from the work".to_owned(),
            linked::of_all(summary).map(|(_, said)| format!("{said}.")),
            STATE,
        ),
    ];
    // What can be told first; both in the order above.
    rows.sort_by_key(|row| row.word.is_empty());
    rows
}

/// `«29» of «77», «38 %» (95 % interval 28 to 49).`
fn of(share: &Share) -> Option<String> {
    let p = percent(share.value.get()?);
    let sure = words::interval(share);
    Some(match (share.num, share.den) {
        (Cell::Value(num), Cell::Value(den)) => {
            format!("«{}» of «{}», «{p}» ({sure}).", count(num), count(den))
        }
        _ => format!("«{p}» ({sure})."),
    })
}

/// How many to a usual review, where a share would tell of few.
fn per_review(summary: &Value) -> Option<String> {
    if attendance::uninvited(summary) {
        return None;
    }
    let need_not = reading::results(summary, "A2").get("need_not")?;
    let middle = cell(need_not, "per_meeting_median").get()?;
    Some(format!(
        "«{}» people to a usual review.",
        words::middle(middle)
    ))
}

/// The comparable form: of the first year's comments.
fn comments(summary: &Value) -> Option<String> {
    let first_year = share(reading::results(summary, "C1"), "late_share_horizon");
    Some(format!("{} Of a first year's comments.", of(&first_year)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn where_the_share_would_tell_of_few_the_usual_review_is_told() {
        let mut summary = json!({"indicators": {"A2": {"results": {
            "need_not": {"k": null, "n": 1464, "p": null, "per_meeting_median": 11.0, "suppressed": true},
        }}}});
        assert_eq!(
            per_review(&summary).as_deref(),
            Some("«11» people to a usual review.")
        );
        summary["indicators"]["A2"]["results"]["need_not"]["per_meeting_median"] = Value::Null;
        assert_eq!(per_review(&summary), None);
    }
}
