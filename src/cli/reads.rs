//! `readback reads`: how much was read and where readers came from, of all write-ups together or of one;
//! beside it what AI agents read.

use std::io::Write as _;

use serde_json::{Map, Value as Json};

use super::engine::Installing;
use super::plain::{line, shown};
use super::report::{instant, summary};
use crate::app::House;
use crate::charts::reading::{Cell, cell, results};
use crate::config::Config;
use crate::pages::arrivals::ways;

/// What to show.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of this write-up alone, by its id
    #[arg(long, value_name = "ID")]
    writeup: Option<String>,
    /// What was known then: an RFC 3339 instant or a date [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let as_of = instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let document = summary(&house, as_of).await;
    house.close().await;
    let told = told(&serde_json::to_value(document?)?, args.writeup.as_deref())?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", super::plain::json(&told)?)?;
        return Ok(());
    }
    for (what, number) in aligned(&rows(&told)) {
        line(&mut out, format_args!("{what}{number}"))?;
    }
    Ok(())
}

/// What is told, each with its number.
fn rows(told: &Json) -> Vec<(String, String)> {
    let counts = [
        ("reads", "reads"),
        ("readers", "readers"),
        ("by AI agents", "agents"),
    ];
    let counts = counts.into_iter().filter_map(|(what, key)| {
        let number = number(told, key)?;
        Some((what.to_owned(), number))
    });
    let ways = ways(told).into_iter();
    let ways = ways.map(|way| (format!("from {}", shown(way.from)), way.reads));
    counts.chain(ways).collect()
}

/// The same with the numbers below each other, behind the longest of what they are of.
fn aligned(rows: &[(String, String)]) -> impl Iterator<Item = (String, &str)> {
    let length = |text: &String| text.chars().count();
    let longest = rows.iter().map(|(what, _)| length(what)).max();
    let width = longest.map_or(0, |longest| (longest + 2).max(30));
    rows.iter()
        .map(move |(what, number)| (format!("{what:<width$}"), number.as_str()))
}

/// Reads, readers, agents and arrivals of a summary, or of one write-up in it.
fn told(summary: &Json, writeup: Option<&str>) -> anyhow::Result<Json> {
    let mut told = Map::new();
    let Some(id) = writeup else {
        put(&mut told, "reads", (results(summary, "R1"), "total_reads"));
        put(&mut told, "readers", (results(summary, "R3"), "readers"));
        put(&mut told, "agents", (&summary["health"]["reads"], "agents"));
        told.insert("arrivals".to_owned(), summary["arrivals"].clone());
        return Ok(Json::Object(told));
    };
    let mut list = summary["writeups"].as_array().into_iter().flatten();
    let Some(found) = list.find(|one| one["id"] == id) else {
        anyhow::bail!(
            "--writeup: no write-up of the pages has the id {id:?}; `readback writeups list` shows those there \
             are"
        );
    };
    told.insert("id".to_owned(), id.into());
    put(&mut told, "reads", (found, "reads"));
    put(&mut told, "readers", (found, "readers"));
    put(&mut told, "agents", (&found["agents"], "reads"));
    told.insert("arrivals".to_owned(), found["arrivals"].clone());
    Ok(Json::Object(told))
}

/// Puts a number under another name; what is withheld is told to be so, what is missing is left out.
fn put(told: &mut Map<String, Json>, key: &str, (parent, name): (&Json, &str)) {
    match cell(parent, name) {
        Cell::Missing => {}
        Cell::Value(_) => {
            told.insert(key.to_owned(), parent[name].clone());
        }
        Cell::Withheld => {
            told.insert(key.to_owned(), Json::Null);
            told.insert("suppressed".to_owned(), true.into());
        }
    }
}

/// A number as people read it; nothing where there is none.
fn number(told: &Json, key: &str) -> Option<String> {
    match cell(told, key) {
        Cell::Value(n) => Some(n.to_string()),
        Cell::Withheld => Some("withheld".to_owned()),
        Cell::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stand_below_each_other() {
        let told = json!({ "reads": 12, "arrivals": [{ "class": "direct", "reads": 7 }] });
        let rows = rows(&told);
        let lines: Vec<String> = aligned(&rows)
            .map(|(what, number)| format!("{what}{number}"))
            .collect();
        assert_eq!(
            lines,
            [
                "reads                             12",
                "from by address, or nobody knows  7",
            ]
        );
    }

    #[test]
    fn a_write_up_that_is_not_there_is_named() {
        let summary =
            json!({ "writeups": [{ "id": "INC-1", "reads": 4 }], "health": { "reads": {} } });
        let error = told(&summary, Some("INC-2")).unwrap_err().to_string();
        assert!(
            error.contains("INC-2") && error.contains("writeups list"),
            "{error}"
        );
        let one = told(&summary, Some("INC-1")).unwrap();
        assert_eq!(number(&one, "reads").as_deref(), Some("4"));
        assert_eq!(number(&one, "agents"), None);
        let all = told(&summary, None).unwrap();
        assert_eq!(number(&all, "reads"), None);
    }
}
