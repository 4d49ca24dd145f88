//! How a number came about: what it says, what it is made of with counts at every step, the statements that
//! were asked, with which parameters, and what it can't tell. Made from a published summary alone, so that
//! nothing is told here that is withheld there; never a row of a person.

mod of_writeup;
mod steps;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::charts::reading::text;
use crate::indicators::{self, NOISED, Spec};
use crate::model::{Millis, Parameters, to_rfc3339};
use crate::pages::{PageError, numbers};
use crate::store::told::{Made, made_by, query};

pub use steps::{Step, Steps};

/// Names the shape of an explanation and its version.
pub const SCHEMA: &str = "https://readback.dev/schemas/explanation/v1";

/// JSON Schema (draft 2020-12) of an explanation.
pub fn schema() -> Value {
    schemars::schema_for!(Explanation).to_value()
}

/// How the numbers of one indicator came about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// The shape's name and version.
    pub schema: String,
    /// The indicator's code.
    pub code: String,
    /// Its name.
    pub title: String,
    /// The unit of its values.
    pub unit: String,
    /// The version of its definition.
    pub version: u64,
    /// `L` a sign, `H` health of the measurement, `X` for a closer look.
    pub layer: String,
    /// It moves by itself when people stop writing.
    pub state: bool,
    /// Events at or after this instant are not in it.
    pub as_of: String,
    /// What it says.
    pub says: String,
    /// The formula.
    pub definition: String,
    /// What it can't tell.
    pub caveat: String,
    /// The windows and limits that it was made with, and the zone and the days off of its calendar: those that its
    /// words name, and those that are bound when its statements are sent.
    pub parameters: Map<String, Value>,
    /// Who was watching, of the kinds of events that it rests on: rows of `health.coverage`.
    pub coverage: Vec<Value>,
    /// What became of the events of each kind.
    pub steps: Vec<Steps>,
    /// The statements that were asked.
    pub asked: Vec<Asked>,
    /// Where events get their labels before that: files and views of `sql/`.
    pub made_by: Vec<String>,
    /// Their texts.
    pub made: Vec<Asked>,
    /// What it says now.
    pub results: Value,
    /// How the indicator takes in the write-up that was asked for, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What the summary says of the write-up that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writeup: Option<Value>,
    /// How each number that the indicator tells of that write-up comes out of what it tells of all; absent where it
    /// tells none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writeup_steps: Vec<Steps>,
    /// Which of its numbers in an earlier report are others by now, and what may have caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restated: Option<Value>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Asked {
    /// Its file.
    pub file: String,
    /// Its text; `{name:Type}` are bound when it is sent.
    pub sql: String,
}

/// Explains an indicator of the summary, by its code in either case; `writeup` is the id of a write-up.
pub fn explanation(
    summary: &Value,
    code: &str,
    writeup: Option<&str>,
) -> Result<Explanation, PageError> {
    let unknown = || PageError::UnknownIndicator(code.to_owned());
    let spec = indicators::find(code).ok_or_else(unknown)?.spec();
    let said = summary["indicators"].get(spec.code).ok_or_else(unknown)?;
    let writeup = writeup.map(|id| row_of(summary, id)).transpose()?;
    let origin = Origin::of(spec);
    let named = |name: &str| Some((name.to_owned(), summary["parameters"].get(name)?.clone()));
    let of_calendar = |name: &str| {
        let known = summary["organisation"].get(name)?.clone();
        Some((name.to_owned(), known))
    };
    let coverage = summary["health"]["coverage"].as_array();
    Ok(Explanation {
        schema: SCHEMA.to_owned(),
        code: spec.code.to_owned(),
        title: text(said, "title").to_owned(),
        unit: spec.unit.to_owned(),
        version: said["version"].as_u64().unwrap_or(spec.version.into()),
        layer: spec.layer.name().to_owned(),
        state: spec.state,
        as_of: text(summary, "as_of").to_owned(),
        says: text(said, "says").to_owned(),
        definition: text(said, "definition").to_owned(),
        caveat: text(said, "caveat").to_owned(),
        parameters: origin
            .parameters(spec)
            .into_iter()
            .chain(["k"])
            .filter_map(named)
            .chain(["timezone", "holidays"].into_iter().filter_map(of_calendar))
            .collect(),
        coverage: watching(coverage.map_or(&[], Vec::as_slice), &origin.kinds),
        steps: steps::all(summary, spec.code, &origin.kinds),
        asked: origin.asked,
        made_by: origin.made_by,
        made: origin.made,
        results: said["results"].clone(),
        part: None,
        writeup_steps: (writeup.as_ref())
            .map(|row| of_writeup::of_writeup(summary, spec.code, row))
            .unwrap_or_default(),
        writeup,
        restated: None,
    })
}

/// Explains P3, whose numbers no summary has: only an export draws them, and each costs privacy.
pub fn explanation_of_noise(parameters: &Parameters, as_of: Millis) -> Explanation {
    let spec = &NOISED;
    let told = spec.told(parameters);
    let origin = Origin::of(spec);
    let by_name = parameters.by_name();
    let named = origin.parameters(spec).into_iter();
    let named = named.filter_map(|name| Some((name.to_owned(), by_name.get(name)?.clone())));
    Explanation {
        schema: SCHEMA.to_owned(),
        code: spec.code.to_owned(),
        title: told.title,
        unit: spec.unit.to_owned(),
        version: spec.version.into(),
        layer: spec.layer.name().to_owned(),
        state: spec.state,
        as_of: to_rfc3339(as_of),
        says: told.says,
        definition: told.definition,
        caveat: told.caveat,
        parameters: named.collect(),
        coverage: Vec::new(),
        steps: Vec::new(),
        asked: origin.asked,
        made_by: origin.made_by,
        made: origin.made,
        results: Value::Object(Map::new()),
        part: None,
        writeup: None,
        writeup_steps: Vec::new(),
        restated: None,
    }
}

/// Where the numbers of an indicator come from.
struct Origin {
    /// Kinds of events.
    kinds: Vec<&'static str>,
    /// The statements that are asked.
    asked: Vec<Asked>,
    /// Where events get their labels before that.
    made_by: Vec<String>,
    made: Vec<Asked>,
}

/// What is bound when a statement is sent, and the parameters that it is made of.
const BOUND: [(&str, &[&str]); 11] = [
    ("depth_milli", &["read_fraction"]),
    ("double_click_ms", &["double_click_s"]),
    ("follow_up_ms", &["follow_up_days"]),
    ("index_team_least", &["index_team_least"]),
    ("index_team_share", &["index_team_share"]),
    ("index_writeups", &["index_writeups"]),
    ("late", &["late_days"]),
    ("min_present_ms", &["min_present_s"]),
    ("ms_per_word", &["wpm_fast", "read_fraction"]),
    ("newcomer_ms", &["newcomer_days"]),
    ("skim_ms", &["skim_min_s"]),
];

/// Who reads as only programs do is found by these before reads are labelled.
const OF_MACHINES: [&str; 3] = ["machine_writeups", "machine_run", "machine_gap_s"];

impl Origin {
    fn of(spec: &Spec) -> Self {
        let queries: Vec<_> = spec.facts.iter().filter_map(|name| query(name)).collect();
        let mut kinds: Vec<&str> = queries.iter().flat_map(|one| one.kinds).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let made = || kinds.iter().flat_map(|kind| made_by(kind));
        let texts = made().map(|one| Asked {
            file: one.file(),
            sql: one.sql().trim_end().to_owned(),
        });
        let asked = queries.iter().map(|one| Asked {
            file: format!("sql/queries/{}.sql", one.name),
            sql: one.sql.trim_end().to_owned(),
        });
        Origin {
            asked: asked.collect(),
            made_by: made().map(Made::named).collect(),
            made: texts.collect(),
            kinds,
        }
    }

    /// The parameters that the words name, and those that are bound in the statements; in the order of the
    /// alphabet.
    fn parameters(&self, spec: &Spec) -> BTreeSet<&'static str> {
        let mut found: BTreeSet<&str> = spec.parameters().into_iter().collect();
        for Asked { sql, .. } in self.asked.iter().chain(&self.made) {
            let bound = BOUND.iter();
            let bound = bound.filter(|(name, _)| sql.contains(&format!("{{{name}:")));
            found.extend(bound.flat_map(|(_, made_of)| *made_of));
        }
        if self.kinds.contains(&"read") {
            found.extend(OF_MACHINES);
        }
        found
    }
}

/// Rows of those kinds. What a source delivered stands in the first of its windows.
fn watching(coverage: &[Value], kinds: &[&str]) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    for row in coverage {
        if !kinds.contains(&text(row, "kind")) {
            continue;
        }
        let mut row = row.clone();
        let again = |one: &Value| one["scope"] == row["scope"] && one["kind"] == row["kind"];
        if rows.iter().any(again)
            && let Some(row) = row.as_object_mut()
        {
            row.remove("events");
        }
        rows.push(row);
    }
    rows
}

fn row_of(summary: &Value, id: &str) -> Result<Value, PageError> {
    let rows = summary["writeups"].as_array().into_iter().flatten();
    rows.into_iter()
        .find(|row| row["id"] == id)
        .cloned()
        .ok_or_else(|| PageError::UnknownWriteup(id.to_owned()))
}

impl Explanation {
    /// The same for somebody at a terminal.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a text does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "{}  {}  (version {}, {})",
            self.code, self.title, self.version, self.unit
        )?;
        writeln!(out, "as of {}\n", self.as_of)?;
        wrapped(out, "What it says", &self.says)?;
        wrapped(out, "How it is counted", &self.definition)?;
        wrapped(out, "What it can't tell", &self.caveat)?;
        writeln!(out, "Made with")?;
        for (name, value) in &self.parameters {
            writeln!(out, "  {name} = {value}")?;
        }
        for steps in &self.steps {
            writeln!(out, "\nFrom events to facts: {}", steps.kind)?;
            write_steps(out, steps)?;
        }
        writeln!(out, "\nWho was watching")?;
        if self.coverage.is_empty() {
            writeln!(out, "  nobody")?;
        }
        for row in &self.coverage {
            let until = row["to"]
                .as_str()
                .map_or(String::new(), |to| format!(" until {to}"));
            // What a source delivered in all its windows stands in the first of them.
            let events = match row.get("events") {
                None => "told above".to_owned(),
                Some(n) => n.as_u64().map_or("withheld".to_owned(), |n| n.to_string()),
            };
            let (scope, kind, from) = (text(row, "scope"), text(row, "kind"), text(row, "from"));
            writeln!(
                out,
                "  {scope}: {kind} since {from}{until}, events: {events}"
            )?;
        }
        writeln!(out, "\nIts numbers")?;
        for (name, value) in numbers(&self.results) {
            writeln!(out, "  {name} = {value}")?;
        }
        if let Some(writeup) = &self.writeup {
            writeln!(out, "\nThe write-up {}", text(writeup, "id"))?;
            if let Some(part) = &self.part {
                wrapped(out, "", part)?;
            }
            for steps in &self.writeup_steps {
                writeln!(out, "  To {}", steps.kind)?;
                write_steps(out, steps)?;
            }
            writeln!(out, "  All that is told of it")?;
            for (name, value) in numbers(writeup) {
                writeln!(out, "  {name} = {value}")?;
            }
        }
        if let Some(restated) = &self.restated {
            write_restated(out, restated)?;
        }
        write_statements(out, &self.asked)?;
        if !self.made_by.is_empty() {
            writeln!(
                out,
                "\nWhat they ask is made by {}.",
                self.made_by.join(", ")
            )?;
        }
        write_statements(out, &self.made)?;
        Ok(())
    }
}

fn write_steps(out: &mut String, steps: &Steps) -> std::fmt::Result {
    for step in &steps.steps {
        let sign = if step.left_out { "-" } else { " " };
        writeln!(out, "  {sign} {:>12}  {}", said(step), step.what)?;
    }
    Ok(())
}

fn write_statements(out: &mut String, statements: &[Asked]) -> std::fmt::Result {
    for asked in statements {
        writeln!(out, "\n{}\n", asked.file)?;
        for line in asked.sql.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

/// What an earlier report would say now.
fn write_restated(out: &mut String, restated: &Value) -> std::fmt::Result {
    writeln!(out, "\nSince the report as of {}", text(restated, "as_of"))?;
    let rows = |name: &str| restated[name].as_array().cloned().unwrap_or_default();
    let changes = rows("changes");
    if changes.is_empty() {
        return writeln!(out, "  all its numbers stand");
    }
    for change in changes {
        let path = text(&change, "path");
        if change["suppressed"] == true {
            writeln!(out, "  {path}: changed, by how much is withheld")?;
            continue;
        }
        writeln!(
            out,
            "  {path}: {} is {} by now",
            change["before"], change["after"]
        )?;
    }
    for cause in rows("causes") {
        let (kind, path) = (text(&cause, "kind"), text(&cause, "path"));
        if cause["suppressed"] == true {
            writeln!(out, "  cause: {kind}: {path}: changed by few")?;
            continue;
        }
        writeln!(
            out,
            "  cause: {kind}: {path}: {} is {} by now",
            cause["before"], cause["after"]
        )?;
    }
    Ok(())
}

fn said(step: &Step) -> String {
    match (step.n, &step.value) {
        (Some(n), _) => n.to_string(),
        (None, Some(value)) => value.to_string(),
        (None, None) if step.suppressed => "withheld".to_owned(),
        (None, None) => "–".to_owned(),
    }
}

/// A heading and a paragraph of lines that fit a terminal.
fn wrapped(out: &mut String, heading: &str, paragraph: &str) -> std::fmt::Result {
    const WIDTH: usize = 96;
    writeln!(out, "{heading}")?;
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "  {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "  {line}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::indicators::ALL;
    use crate::store::told::FACTS;

    #[test]
    fn every_statement_that_is_named_is_known_and_every_known_one_is_named() {
        let specs = || ALL.iter().map(|one| one.spec()).chain([&NOISED]);
        for spec in specs() {
            assert!(!spec.facts.is_empty(), "{} names no statement", spec.code);
            for name in spec.facts {
                assert!(query(name).is_some(), "{}: {name}", spec.code);
            }
        }
        for one in FACTS {
            let named = specs().any(|spec| spec.facts.contains(&one.name));
            assert!(named, "{} is named by no indicator", one.name);
        }
    }

    fn summary() -> Value {
        json!({
            "as_of": "2026-01-01T00:00:00Z",
            "organisation": { "timezone": "Europe/Berlin", "holidays": ["2025-12-25"], "writeups": 120, "undated": 1 },
            "parameters": { "late_days": 90, "horizon_days": 365, "k": 5, "wpm_fast": 300, "double_click_s": 30 },
            "indicators": { "L3": {
                "title": "Tail share", "version": 2, "says": "Much.", "definition": "S.", "caveat": "None.",
                "results": { "tail_share": { "num": 19, "den": 80 } },
            } },
            "writeups": [{ "id": "inc-1", "reads": 7 }],
            "health": {
                "received": { "lines": 130, "rejected": 1, "duplicate_id": 14, "by_kind": { "read": {
                    "events": 110, "future": 1, "unknown_writeup": 2, "after_delete": 0, "bot": 4,
                    "excluded": 0, "not_counted": 0, "kept": 103,
                } } },
                "reads": {
                    "self": 3, "draft": null, "double_click_removed": 2, "aggregated_rows": 4,
                    "aggregated_reads": 9, "suppressed": true,
                },
                "coverage": [
                    { "scope": "log", "kind": "read", "from": "2024-01-01T00:00:00Z", "to": null, "events": 110 },
                    { "scope": "log", "kind": "read", "from": "2025-06-24T00:00:00Z", "to": null, "events": 110 },
                    { "scope": "git", "kind": "link", "from": "2024-01-01T00:00:00Z", "to": null, "events": 5 },
                ],
            },
        })
    }

    #[test]
    fn a_number_is_told_from_events_on() {
        let told = explanation(&summary(), "l3", Some("inc-1")).unwrap();
        assert_eq!(told.coverage.len(), 2);
        // What reads rest on is bound where they are made.
        assert_eq!(told.parameters["double_click_s"], 30);
        assert!(
            told.made
                .iter()
                .any(|one| one.sql.contains("{double_click_ms:Int64}"))
        );
        // The statements are long, and a test of their own holds them.
        let told = Explanation {
            asked: Vec::new(),
            made: Vec::new(),
            ..told
        };
        insta::assert_snapshot!(told.to_text());
    }

    #[test]
    fn parameters_are_those_that_are_bound() {
        for (code, bound) in [
            ("A4", &["min_present_s"][..]),
            (
                "K3",
                &[
                    "follow_up_days",
                    "index_team_least",
                    "index_team_share",
                    "index_writeups",
                ],
            ),
            ("T4", &["late_days", "double_click_s", "machine_run"]),
            ("R2", &["double_click_s", "newcomer_days"]),
        ] {
            let spec = indicators::find(code).unwrap().spec();
            let found = Origin::of(spec).parameters(spec);
            for name in bound {
                assert!(found.contains(name), "{code}: {name} is not in {found:?}");
            }
        }
        let known = Parameters::default().by_name();
        for one in ALL {
            let found = Origin::of(one.spec()).parameters(one.spec());
            assert!(
                found.iter().all(|name| known.contains_key(*name)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let unknown = explanation(&summary(), "L99", None).unwrap_err();
        assert!(unknown.to_string().contains("L99"));
        let unknown = explanation(&summary(), "L3", Some("inc-2")).unwrap_err();
        assert!(unknown.to_string().contains("inc-2"));
    }
}
