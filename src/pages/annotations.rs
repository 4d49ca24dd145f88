//! What changed, and from when: the annotations, what T6 says of each and its picture, and for those who may
//! the forms to enter one and to take it back.

use serde::Serialize;
use serde_json::Value;

use super::view::{Figure, Frame};
use super::{Links, PageError, templates, words};
use crate::charts::build;
use crate::charts::reading::{self, Cell, cell};

/// The annotations there are now, and what forms bring along.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Annotated {
    /// What forms bring along.
    pub form: String,
    /// What was done a moment ago.
    pub said: &'static str,
    /// Each with `on`, `text` and `acts_on`, the oldest first.
    pub rows: Vec<Value>,
    /// What one can be expected to act on, each with `name`.
    pub choices: Vec<&'static str>,
}

#[derive(Serialize)]
struct Row {
    on: String,
    text: String,
    acts_on: &'static str,
    name: String,
    shown: String,
}

/// The page of annotations.
pub(super) fn render(
    summary: &Value,
    links: Links,
    annotated: &Annotated,
) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        desk: &'a Annotated,
        rows: Vec<Row>,
        choices: Vec<(&'static str, &'static str)>,
        definition: String,
        figures: Vec<Figure>,
    }
    let tested = reading::list(reading::results(summary, "T6"), "annotations");
    let row = |row: &Value| {
        let (on, text) = (reading::text(row, "on"), reading::text(row, "text"));
        let found = tested
            .iter()
            .find(|one| reading::text(one, "on") == on && reading::text(one, "text") == text);
        Row {
            on: on.to_owned(),
            text: text.to_owned(),
            acts_on: in_words(reading::text(row, "acts_on")),
            name: reading::text(row, "acts_on").to_owned(),
            shown: found.map_or_else(|| "From the next report on.".to_owned(), shown),
        }
    };
    let choices = annotated.choices.iter();
    let view = View {
        frame: Frame::new(summary, links, "registry", "What changed, and from when"),
        desk: annotated,
        rows: annotated.rows.iter().map(row).collect(),
        choices: choices.map(|name| (*name, in_words(name))).collect(),
        definition: links.definition("T6"),
        figures: build::charts(summary, "T6")
            .iter()
            .map(|chart| Figure::new(chart, links))
            .collect(),
    };
    templates::render("annotations.html", &view)
}

/// What a change is expected to act on.
pub(super) fn in_words(name: &str) -> &'static str {
    match name {
        "writeups" => "write-ups published from then on",
        "reviews" => "reviews held from then on",
        "reading" => "how all write-ups are found and read",
        "organisation" => "the organisation itself",
        _ => "",
    }
}

/// A ratio: 1.04 and 1.4 are not the same.
fn two(ratio: f64) -> String {
    format!("{ratio:.2}")
}

/// What came after each change that was entered, where it can be estimated: with its interval and what else may
/// explain it.
pub(super) fn changes(summary: &Value) -> Vec<String> {
    let tested = reading::list(reading::results(summary, "T6"), "annotations").iter();
    let estimated = tested.filter(|one| cell(&one["its"], "level_ratio").get().is_some());
    let zone = reading::zone(summary);
    let said = estimated.map(|one| {
        let (text, on) = (reading::text(one, "text"), reading::text(one, "on"));
        format!("{text}, {}: {}", words::date(on, zone), shown(one))
    });
    said.collect()
}

/// What T6 says of one.
pub(super) fn shown(tested: &Value) -> String {
    let its = &tested["its"];
    let number = |name: &str| cell(its, name).get().unwrap_or(0.0);
    let sides = format!(
        "{} months of publication before, {} after",
        words::count(number("before")),
        words::count(number("after"))
    );
    let told = match reading::text(its, "told") {
        "too early" => {
            return format!("Too early: {sides}; at least four on each side are needed.");
        }
        "no estimate" => return format!("It can't be estimated from {sides}."),
        _ => cell(its, "level_ratio"),
    };
    let limits = reading::list(its, "level_ratio_ci");
    let limits = match limits {
        [lo, hi] => lo.as_f64().zip(hi.as_f64()),
        _ => None,
    };
    match (told, limits) {
        (Cell::Value(ratio), Some((lo, hi))) => format!(
            "Write-ups published from then on are read {} times as much at the same age as the course before had let \
             expect (95 % interval {} to {}; {sides}; dispersion {}).{} {}{}",
            two(ratio),
            two(lo),
            two(hi),
            words::measure(number("dispersion")),
            match lo <= 1.0 && 1.0 <= hi {
                true => " An interval around 1 tells of no change, up or down.",
                false => "",
            },
            reading::text(tested, "beside"),
            match cell(tested, "concurrent").get() {
                Some(n) if n > 0.0 => format!(
                    " {} {} entered for the six months before or after.",
                    words::count(n),
                    words::plural(n, "other is", "others are")
                ),
                _ => String::new(),
            }
        ),
        _ => "Withheld: some months rest on too few readers.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_tells_what_came_after_a_change() {
        let its = json!({
            "told": "estimated", "before": 15, "after": 11, "level_ratio": 2.27,
            "level_ratio_ci": [1.41, 3.67], "dispersion": 10.3,
        });
        let early = json!({ "told": "too early", "before": 9, "after": 1, "level_ratio": null });
        let summary = json!({ "indicators": { "T6": { "results": { "annotations": [
            { "on": "2024-12-30", "text": "A new template", "beside": "One other change.", "its": its },
            { "on": "2026-05-30", "text": "Another", "beside": "One other change.", "its": early },
        ] } } } });
        let digest = super::super::digest(&summary);
        assert!(
            digest.contains(
                "A new template, 30 Dec 2024: Write-ups published from then on are read 2.27 times as much at the same age \
                 as the course before had let expect"
            ),
            "{digest}"
        );
        for part in ["1.41 to 3.67", "One other change."] {
            assert!(digest.contains(part), "{digest}");
        }
        assert!(!digest.contains("Another, 30 May"), "{digest}");
    }

    #[test]
    fn a_ratio_never_stands_without_its_interval_and_its_caveat() {
        let its = json!({
            "told": "estimated", "before": 6, "after": 5, "level_ratio": 1.65,
            "level_ratio_ci": [1.4, 1.94], "dispersion": 1.2,
        });
        let words = shown(&json!({ "its": its, "beside": "One other change.", "concurrent": 1 }));
        for part in [
            "1.65",
            "1.40",
            "1.94",
            "6 months",
            "One other change.",
            "1 other is",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert!(!words.contains("around 1"), "{words}");
        let around = json!({
            "told": "estimated", "before": 10, "after": 8, "level_ratio": 1.02,
            "level_ratio_ci": [0.8, 1.3], "dispersion": 0.0001,
        });
        let words = shown(&json!({ "its": around }));
        for part in ["An interval around 1 tells of no change", "dispersion 0)"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let early = json!({ "told": "too early", "before": 9, "after": 1, "level_ratio": null });
        assert!(shown(&json!({ "its": early })).starts_with("Too early: 9"));
        let withheld = json!({ "told": "estimated", "level_ratio": null, "suppressed": true });
        assert!(shown(&json!({ "its": withheld })).starts_with("Withheld"));
    }
}
