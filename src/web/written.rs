//! Who came to a meeting, written by hand where no tool made a list: it becomes the plain table of
//! attendance, and goes on as if that had been dropped.

use axum::http::StatusCode;

use super::forms::Form;
use super::problem::Refusal;
use crate::sources::made_by_hand;

/// What such a list is called.
pub(super) const NAME: &str = "written by hand.csv";

/// So many may come without a name.
const MOST_UNNAMED: u32 = 10_000;

/// The table of what a form says: `start`, `people` one a line, `unnamed` how many more, `writeup`.
///
/// # Errors
/// Nobody came, or it is not said when.
pub(super) fn table(form: &Form) -> Result<Vec<u8>, Refusal> {
    let wrong = |words: String| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    let start = form.get("start");
    if start.is_empty() {
        let words = "start: when the meeting began is missing; valid is such as 2026-06-03T15:00";
        return Err(wrong(words.to_owned()));
    }
    let unnamed = match form.get("unnamed") {
        "" => 0,
        text => match text.parse::<u32>() {
            Ok(unnamed) if unnamed <= MOST_UNNAMED => unnamed,
            _ => {
                let words = format!("unnamed: {text:?} is not valid; valid is 0 to {MOST_UNNAMED}");
                return Err(wrong(words));
            }
        },
    };
    let people: Vec<&str> = form
        .get("people")
        .split(['\n', ',', ';'])
        .map(str::trim)
        .filter(|person| !person.is_empty())
        .collect();
    if people.is_empty() && unnamed == 0 {
        let words =
            "people: nobody is named, and unnamed is 0; name who came, one a line, or say how many";
        return Err(wrong(words.to_owned()));
    }
    let (meeting, writeup) = (made_by_hand(start), form.get("writeup"));
    let mut csv = csv::Writer::from_writer(Vec::new());
    let row = |person| [meeting.as_str(), person, start, writeup, "true"];
    let named = people.into_iter().map(row);
    let rows = [["meeting", "person", "start", "writeup", "attended"]]
        .into_iter()
        .chain(named)
        .chain((0..unnamed).map(|_| row("")));
    for row in rows {
        csv.write_record(row)
            .map_err(|error| wrong(format!("this list can't be written: {error}")))?;
    }
    csv.into_inner()
        .map_err(|error| wrong(format!("this list can't be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fields: &[(&str, &str)]) -> Result<String, String> {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let made = table(&Form::new(fields.collect()));
        made.map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|refusal| refusal.words())
    }

    #[test]
    fn what_is_written_becomes_a_table() {
        let made = said(&[
            ("start", "2026-06-03T15:00"),
            (
                "people",
                "ada@example.org\r\n Grace Hopper\n\nlin@example.org;eve@example.org",
            ),
            ("unnamed", "2"),
            ("writeup", "INC-7"),
        ]);
        insta::assert_snapshot!(made.unwrap());
    }

    #[test]
    fn what_is_missing_is_named() {
        for (fields, word) in [
            (&[("people", "ada@example.org")][..], "start"),
            (&[("start", "2026-06-03T15:00")], "people"),
            (
                &[("start", "2026-06-03T15:00"), ("unnamed", "few")],
                "unnamed: \"few\"",
            ),
            (
                &[("start", "2026-06-03T15:00"), ("unnamed", "-1")],
                "unnamed",
            ),
        ] {
            let words = said(fields).unwrap_err();
            assert!(words.starts_with(word) || words.contains(word), "{words}");
        }
    }
}
