//! The table of reviews for other programs. It holds what the page shows, and no more.

use serde_json::Value;

use super::attendance::is_planned;
use crate::charts::plain;
use crate::charts::reading::{self, Cell, cell};

/// What is known where somebody recorded who came. Who need not have come is counted as A2's headline does.
const OF_PEOPLE: [&str; 2] = ["attendees", "need_not_have_come"];

/// What stands where a number is withheld.
const WITHHELD: &str = "withheld";

/// The reviews of a summary as CSV, the newest first.
///
/// # Errors
/// None that writing into memory has.
pub fn reviews_csv(summary: &Value) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "date",
        "write_up",
        "title",
        "not_recorded",
        "came",
        "need_not_have_come",
        "own_accounts",
        "changes",
        "watched_recording",
        "came_or_more",
    ])?;
    let mut reviews: Vec<&Value> = reading::list(summary, "reviews").iter().collect();
    reviews.sort_by_key(|review| std::cmp::Reverse(reading::text(review, "date")));
    for review in reviews {
        let not_recorded = is_planned(review);
        let number = |name: &str| match cell(review, name) {
            // Nothing is withheld of what nobody recorded.
            _ if not_recorded && OF_PEOPLE.contains(&name) => String::new(),
            Cell::Value(number) => format!("{number:.0}"),
            Cell::Withheld => WITHHELD.to_owned(),
            Cell::Missing => String::new(),
        };
        table.write_record([
            reading::text(review, "date").to_owned(),
            plain(reading::text(review, "writeup")),
            plain(reading::text(review, "title")),
            not_recorded.to_string(),
            number("attendees"),
            number("need_not_have_come"),
            number("accounts"),
            number("changes"),
            number("watched"),
            (review["or_more"] == Value::Bool(true)).to_string(),
        ])?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_withheld_is_said_to_be_and_no_title_is_a_formula() {
        let summary = json!({ "reviews": [
            { "date": "2026-05-04", "writeup": "INC-1", "title": "=HYPERLINK(\"x\")", "attendees": 14,
              "need_not_have_come": null, "suppressed": ["need_not_have_come"], "accounts": 3 },
            { "date": "2026-04-04", "attendees": null, "need_not_have_come": null, "not_recorded": true,
              "accounts": null, "suppressed": true },
            { "date": "2026-03-04", "attendees": 0, "need_not_have_come": 0 },
            { "date": "2026-06-04", "writeup": null, "title": null, "attendees": 9, "need_not_have_come": 6,
              "or_more": true },
        ] });
        let text = String::from_utf8(reviews_csv(&summary).unwrap()).unwrap();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows[0], "2026-06-04,,,false,9,6,,,,true");
        assert!(
            rows[1].starts_with("2026-05-04,INC-1,\"'=HYPERLINK("),
            "{}",
            rows[1]
        );
        assert_eq!(rows[2], "2026-04-04,,,true,,,withheld,,,false");
        assert_eq!(rows[3], "2026-03-04,,,false,0,0,,,,false");
    }
}
