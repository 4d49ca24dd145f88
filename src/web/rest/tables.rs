//! The tables there are. Their rows are those of the published tables, made by the same functions from the
//! same summary: nothing is counted here.

use serde_json::Value as Json;

use super::table::{Cell, Column, Kind, Table, or};
use crate::charts::reading;
use crate::jobs::published;

const fn column(name: &'static str, kind: Kind, means: &'static str) -> Column {
    Column {
        name,
        kind,
        may_lack: false,
        means,
    }
}

/// A column that may lack a value.
const fn maybe(name: &'static str, kind: Kind, means: &'static str) -> Column {
    Column {
        may_lack: true,
        ..column(name, kind, means)
    }
}

const WITHHELD: Column = column(
    "suppressed",
    Kind::Flag,
    "A number of this row is withheld: too few people stand behind it, or it would tell another such number",
);

/// Every table.
pub(super) static ALL: [&Table; 7] = [
    &INDICATORS,
    &NUMBERS,
    &SERIES,
    &WRITEUPS,
    &REVIEWS,
    &SLICES,
    &HEALTH,
];

pub(super) static INDICATORS: Table = Table {
    name: "indicators",
    what: "The indicators: what each says, and in what it is counted. /api/v1/indicators/{code} has one with \
           its results.",
    columns: &[
        column("code", Kind::Text, "Its code, such as R3"),
        column("title", Kind::Text, "Its title"),
        maybe("unit", Kind::Text, "In what it is counted"),
        maybe("version", Kind::Integer, "The version of its definition"),
        maybe("layer", Kind::Text, "What kind of sign it is"),
        maybe(
            "state",
            Kind::Flag,
            "Whether it moves by itself when people stop writing",
        ),
        maybe("says", Kind::Text, "What it says, in a sentence"),
    ],
    rows: indicators,
    tells_writeups: false,
};

pub(super) static NUMBERS: Table = Table {
    name: "numbers",
    what: "Every number and word of every indicator, a row each: the table `published_indicator`.",
    columns: &[
        column("code", Kind::Text, "The indicator"),
        column("name", Kind::Text, "Its title"),
        column(
            "path",
            Kind::Text,
            "The place in its results, as a JSON pointer",
        ),
        maybe("value", Kind::Number, "The number"),
        maybe("text", Kind::Text, "What is no number"),
        WITHHELD,
    ],
    rows: numbers,
    tells_writeups: false,
};

pub(super) static SERIES: Table = Table {
    name: "series",
    what: "What is told by month or quarter: the table `published_series`.",
    columns: &[
        column("code", Kind::Text, "The indicator"),
        column("series", Kind::Text, "Which of its series"),
        column("month", Kind::Day, "The first day of the month or quarter"),
        column("name", Kind::Text, "Which number"),
        maybe("value", Kind::Number, "The number"),
        WITHHELD,
    ],
    rows: series,
    tells_writeups: false,
};

pub(super) static WRITEUPS: Table = Table {
    name: "writeups",
    what: "The write-ups, by id: the table `published_writeup`. /api/v1/writeups/{id} has one with its links \
           and its reads by age.",
    columns: &[
        column("id", Kind::Text, "Its id"),
        column("title", Kind::Text, "Its title"),
        maybe("url", Kind::Text, "Its address"),
        maybe("published_at", Kind::Instant, "When it was published"),
        maybe("owner_team", Kind::Text, "The team that owns it"),
        maybe("template", Kind::Text, "Its template"),
        maybe("age_days", Kind::Integer, "Days since publication"),
        maybe("words", Kind::Integer, "Words of prose"),
        maybe("reads", Kind::Integer, "Reads"),
        maybe("readers", Kind::Integer, "People who read it"),
        maybe("late_reads", Kind::Integer, "Reads months later"),
        maybe(
            "late_readers",
            Kind::Integer,
            "People who read it months later",
        ),
        maybe(
            "readers_trailing",
            Kind::Integer,
            "People who read it lately",
        ),
        maybe("still_read", Kind::Flag, "It is still read"),
        maybe("last_read_week", Kind::Text, "The week of its last read"),
        maybe("comments", Kind::Integer, "Comments"),
        maybe("late_comments", Kind::Integer, "Comments months later"),
        column("links_live", Kind::Integer, "Links that stand"),
        column("links_created", Kind::Integer, "Links ever made"),
        WITHHELD,
    ],
    rows: writeups,
    tells_writeups: true,
};

pub(super) static REVIEWS: Table = Table {
    name: "reviews",
    what: "The reviews, the newest first: the table `published_review`.",
    columns: &[
        column("meeting", Kind::Text, "Which one"),
        column("date", Kind::Day, "Its day"),
        maybe("writeup", Kind::Text, "The id of its write-up"),
        maybe("title", Kind::Text, "The write-up's title"),
        maybe("attendees", Kind::Integer, "How many came"),
        maybe(
            "need_not_have_come",
            Kind::Integer,
            "How many of them need not have come",
        ),
        column(
            "not_recorded",
            Kind::Flag,
            "Nobody said who came: no number is known, and none is withheld",
        ),
        WITHHELD,
    ],
    rows: reviews,
    tells_writeups: true,
};

pub(super) static SLICES: Table = Table {
    name: "slices",
    what: "The parts of the write-ups that are told by themselves: those of one team, template, tag or year. \
           /api/v1/slices/{by}/{name} has one with its curve and trend.",
    columns: &[
        column("by", Kind::Text, "team, template, tag or year"),
        column("name", Kind::Text, "Which one"),
        maybe("writeups", Kind::Integer, "Write-ups in it"),
        maybe("reads", Kind::Integer, "Reads"),
        maybe("late_reads", Kind::Integer, "Reads months later"),
        WITHHELD,
    ],
    rows: slices,
    tells_writeups: false,
};

pub(super) static HEALTH: Table = Table {
    name: "health",
    what: "How the measurement went, a row a number or word: the table `published_health`.",
    columns: &[
        column("path", Kind::Text, "Its place, as a JSON pointer"),
        maybe("value", Kind::Number, "The number"),
        maybe("text", Kind::Text, "What is no number"),
        WITHHELD,
    ],
    rows: health,
    tells_writeups: false,
};

fn indicators(summary: &Json) -> Vec<Vec<Cell>> {
    let all = summary["indicators"].as_object().into_iter().flatten();
    let rows = all.map(|(code, indicator)| {
        let text = |name: &str| or(indicator[name].as_str().map(str::to_owned), Cell::Text);
        vec![
            Cell::Text(code.clone()),
            Cell::Text(reading::text(indicator, "title").to_owned()),
            text("unit"),
            or(indicator["version"].as_i64(), Cell::Integer),
            text("layer"),
            or(indicator["state"].as_bool(), Cell::Flag),
            text("says"),
        ]
    });
    rows.collect()
}

fn numbers(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = published::indicators(summary).into_iter().map(|row| {
        vec![
            Cell::Text(row.code),
            Cell::Text(row.name),
            Cell::Text(row.path),
            or(row.value, Cell::Number),
            or(row.text, Cell::Text),
            Cell::Flag(row.suppressed),
        ]
    });
    rows.collect()
}

fn series(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = published::months(summary).into_iter().map(|row| {
        vec![
            Cell::Text(row.code),
            Cell::Text(row.series),
            Cell::Day(row.month),
            Cell::Text(row.name),
            or(row.value, Cell::Number),
            Cell::Flag(row.suppressed),
        ]
    });
    rows.collect()
}

fn writeups(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = published::writeups(summary).into_iter().map(|row| {
        vec![
            Cell::Text(row.id),
            Cell::Text(row.title),
            or(row.url, Cell::Text),
            or(row.published_at, Cell::Instant),
            or(row.owner_team, Cell::Text),
            or(row.template, Cell::Text),
            or(row.age_days, Cell::Integer),
            or(row.words, Cell::Integer),
            or(row.reads, Cell::Integer),
            or(row.readers, Cell::Integer),
            or(row.late_reads, Cell::Integer),
            or(row.late_readers, Cell::Integer),
            or(row.readers_trailing, Cell::Integer),
            or(row.still_read, Cell::Flag),
            or(row.last_read_week, Cell::Text),
            or(row.comments, Cell::Integer),
            or(row.late_comments, Cell::Integer),
            Cell::Integer(row.links_live),
            Cell::Integer(row.links_created),
            Cell::Flag(row.suppressed),
        ]
    });
    rows.collect()
}

fn reviews(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = published::reviews(summary).into_iter().map(|row| {
        vec![
            Cell::Text(row.meeting),
            Cell::Day(row.date),
            or(row.writeup, Cell::Text),
            or(row.title, Cell::Text),
            or(row.attendees, Cell::Integer),
            or(row.need_not_have_come, Cell::Integer),
            Cell::Flag(row.not_recorded),
            Cell::Flag(row.suppressed),
        ]
    });
    rows.collect()
}

fn slices(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = reading::list(summary, "slices").iter().map(|slice| {
        vec![
            Cell::Text(reading::text(slice, "by").to_owned()),
            Cell::Text(reading::text(slice, "name").to_owned()),
            or(slice["writeups"].as_i64(), Cell::Integer),
            or(slice["reads"].as_i64(), Cell::Integer),
            or(slice["late_reads"].as_i64(), Cell::Integer),
            Cell::Flag(slice["suppressed"] == true),
        ]
    });
    rows.collect()
}

fn health(summary: &Json) -> Vec<Vec<Cell>> {
    let rows = published::health(summary).into_iter().map(|row| {
        vec![
            Cell::Text(row.path),
            or(row.value, Cell::Number),
            or(row.text, Cell::Text),
            Cell::Flag(row.suppressed),
        ]
    });
    rows.collect()
}
