//! How a number came about: what it says, what it is made of with counts at every step, the statements that
//! were asked, with which parameters, and what it can't tell. Made from a published summary alone, so that
//! nothing is told here that is withheld there; never a row of a person.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::charts::reading::{Cell, cell, text};
use crate::indicators::{self, NOISED, Spec};
use crate::model::{Millis, Parameters, to_rfc3339};
use crate::pages::{PageError, numbers};
use crate::store::told::{made_by, query};

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
    /// The windows and limits that it was made with.
    pub parameters: Map<String, Value>,
    /// Who was watching, of the kinds of events that it rests on: rows of `health.coverage`.
    pub coverage: Vec<Value>,
    /// What became of the events of each kind.
    pub steps: Vec<Steps>,
    /// The statements that were asked.
    pub asked: Vec<Asked>,
    /// Where events get their labels before that: files and views of `sql/`.
    pub made_by: Vec<String>,
    /// What it says now.
    pub results: Value,
    /// How the indicator takes in the write-up that was asked for, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What the summary says of the write-up that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writeup: Option<Value>,
    /// Which of its numbers in an earlier report are others by now, and what may have caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restated: Option<Value>,
}

/// What became of the events of one kind, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Steps {
    /// The kind of event.
    pub kind: String,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What is counted.
    pub what: String,
    /// How many; null where it is withheld or not known.
    pub n: Option<u64>,
    /// Whether they are left out here.
    pub left_out: bool,
    /// The number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
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
    let Origin { kinds, asked, made } = Origin::of(spec);
    let named = |name: &&str| Some(((*name).to_owned(), summary["parameters"].get(name)?.clone()));
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
        parameters: spec
            .parameters()
            .iter()
            .chain(&["k"])
            .filter_map(named)
            .collect(),
        coverage: watching(coverage.map_or(&[], Vec::as_slice), &kinds),
        steps: kinds.iter().map(|kind| steps(summary, kind)).collect(),
        asked,
        made_by: made,
        results: said["results"].clone(),
        part: None,
        writeup,
        restated: None,
    })
}

/// Explains P3, whose numbers no summary has: only an export draws them, and each costs privacy.
pub fn explanation_of_noise(parameters: &Parameters, as_of: Millis) -> Explanation {
    let spec = &NOISED;
    let told = spec.told(parameters);
    let Origin { asked, made, .. } = Origin::of(spec);
    let by_name = parameters.by_name();
    let named = spec.parameters().into_iter();
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
        asked,
        made_by: made,
        results: Value::Object(Map::new()),
        part: None,
        writeup: None,
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
    made: Vec<String>,
}

impl Origin {
    fn of(spec: &Spec) -> Self {
        let queries: Vec<_> = spec.facts.iter().filter_map(|name| query(name)).collect();
        let mut kinds: Vec<&str> = queries.iter().flat_map(|one| one.kinds).copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let made_by = kinds.iter().flat_map(|kind| made_by(kind));
        let mut made: Vec<String> = made_by
            .map(|name| match name.starts_with("resolved_") {
                true => format!("the view {name} of sql/migrations"),
                false => format!("sql/queries/{name}.sql"),
            })
            .collect();
        made.dedup();
        let asked = queries.iter().map(|one| Asked {
            file: format!("sql/queries/{}.sql", one.name),
            sql: one.sql.trim_end().to_owned(),
        });
        Origin {
            asked: asked.collect(),
            made,
            kinds,
        }
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

/// Reasons for which events are left out, in the order in which they are tried.
const REASONS: [(&str, &str); 6] = [
    ("future", "what is at or after as_of"),
    ("unknown_writeup", "what leads to no registered write-up"),
    ("after_delete", "what came after the write-up was deleted"),
    ("bot", "what robots, rooms, service accounts and agents did"),
    ("excluded", "what people did who are excluded by hand"),
    (
        "not_counted",
        "what is generated, of a rewritten history, or doubled",
    ),
];

/// What happens to reads after that.
const OF_READS: [(&str, &str); 4] = [
    ("self", "contributors' own"),
    ("draft", "before publication"),
    ("other_source", "what another source saw better"),
    ("double_click_removed", "double clicks"),
];

fn steps(summary: &Value, kind: &str) -> Steps {
    let received = &summary["health"]["received"]["by_kind"][kind];
    let mut steps = vec![step(received, "events", "events, each id once", false)];
    let apart = REASONS.iter().filter(|(name, _)| {
        // Not every kind can have these: they are told where they left something out.
        !matches!(*name, "not_counted" | "excluded") || received.get(*name).is_some_and(|n| *n != 0)
    });
    steps.extend(apart.map(|(name, what)| step(received, name, what, true)));
    steps.push(step(received, "kept", "kept", false));
    let reads = &summary["health"]["reads"];
    if kind == "read" {
        let more = OF_READS
            .iter()
            .filter(|(name, _)| reads.get(*name).is_some());
        steps.extend(more.map(|(name, what)| step(reads, name, what, true)));
    }
    if kind == "read_count" {
        steps.push(step(
            reads,
            "aggregated_rows",
            "of them counts of one day",
            false,
        ));
        steps.push(step(reads, "aggregated_reads", "reads in those", false));
    }
    Steps {
        kind: kind.to_owned(),
        steps,
    }
}

fn step(parent: &Value, name: &str, what: &str, left_out: bool) -> Step {
    let found = cell(parent, name);
    let number = parent.get(name).and_then(Value::as_u64);
    Step {
        what: what.to_owned(),
        // Of a kind that nobody sent there is nothing.
        n: if parent.is_null() { Some(0) } else { number },
        left_out,
        suppressed: found == Cell::Withheld,
    }
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
            for step in &steps.steps {
                let sign = if step.left_out { "-" } else { " " };
                writeln!(out, "  {sign} {:>12}  {}", said(step), step.what)?;
            }
        }
        writeln!(out, "\nWho was watching")?;
        if self.coverage.is_empty() {
            writeln!(out, "  nobody")?;
        }
        for row in &self.coverage {
            let until = row["to"]
                .as_str()
                .map_or(String::new(), |to| format!(" until {to}"));
            let events = row["events"]
                .as_u64()
                .map_or("withheld".to_owned(), |n| n.to_string());
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
            for (name, value) in numbers(writeup) {
                writeln!(out, "  {name} = {value}")?;
            }
        }
        if let Some(restated) = &self.restated {
            write_restated(out, restated)?;
        }
        for asked in &self.asked {
            writeln!(out, "\n{}\n", asked.file)?;
            for line in asked.sql.lines() {
                writeln!(out, "    {line}")?;
            }
        }
        if !self.made_by.is_empty() {
            writeln!(
                out,
                "\nWhat they ask is made by {}.",
                self.made_by.join(", ")
            )?;
        }
        Ok(())
    }
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
    match step.n {
        Some(n) => n.to_string(),
        None if step.suppressed => "withheld".to_owned(),
        None => "–".to_owned(),
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
            "parameters": { "late_days": 90, "horizon_days": 365, "k": 5, "wpm_fast": 300 },
            "indicators": { "L3": {
                "title": "Tail share", "version": 2, "says": "Much.", "definition": "S.", "caveat": "None.",
                "results": { "tail_share": { "num": 19, "den": 80 } },
            } },
            "writeups": [{ "id": "inc-1", "reads": 7 }],
            "health": {
                "received": { "by_kind": { "read": {
                    "events": 110, "future": 1, "unknown_writeup": 2, "after_delete": 0, "bot": 4,
                    "excluded": 0, "not_counted": 0, "kept": 103,
                } } },
                "reads": {
                    "self": 3, "draft": null, "double_click_removed": 2, "aggregated_rows": 4,
                    "aggregated_reads": 9, "suppressed": true,
                },
                "coverage": [
                    { "scope": "log", "kind": "read", "from": "2024-01-01T00:00:00Z", "to": null, "events": 110 },
                    { "scope": "git", "kind": "link", "from": "2024-01-01T00:00:00Z", "to": null, "events": 5 },
                ],
            },
        })
    }

    #[test]
    fn a_number_is_told_from_events_on() {
        let told = explanation(&summary(), "l3", Some("inc-1")).unwrap();
        assert_eq!(told.parameters.len(), 3);
        assert_eq!(told.coverage.len(), 1);
        // The statements are long, and a test of their own holds them.
        let told = Explanation {
            asked: Vec::new(),
            ..told
        };
        insta::assert_snapshot!(told.to_text());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let unknown = explanation(&summary(), "L99", None).unwrap_err();
        assert!(unknown.to_string().contains("L99"));
        let unknown = explanation(&summary(), "L3", Some("inc-2")).unwrap_err();
        assert!(unknown.to_string().contains("inc-2"));
    }
}
