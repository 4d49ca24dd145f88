//! The team's list: write-ups with their latest sign of life first. Search, order and pages work
//! by the address alone. There is no column for authors and no order by readers.

use std::cmp::Reverse;

use serde::Serialize;
use serde_json::Value;

use super::links::encode;
use super::view::{self, Frame, Pager, Part, say};
use super::{Links, PageError, alive, health, signals, templates, words};
use crate::charts::reading::{self, Cell, cell, share};
use crate::charts::{Plot, Theme, build, render_svg};

/// Rows on a page.
pub(super) const ROWS: usize = 50;

/// What of the list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Words to be found in title, id, team or tags; all of them.
    pub search: String,
    /// The order.
    pub sort: Sort,
    /// The page, from 1; 0 is taken for 1.
    pub page: usize,
}

/// Orders of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Latest sign of life first.
    #[default]
    Sign,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
    /// Most live links first.
    Links,
    /// By title.
    Title,
}

impl Sort {
    const ALL: [(Sort, &'static str, &'static str); 5] = [
        (Sort::Sign, "sign", "latest sign of life"),
        (Sort::Newest, "newest", "newest"),
        (Sort::Oldest, "oldest", "oldest"),
        (Sort::Links, "links", "live links"),
        (Sort::Title, "title", "title"),
    ];

    /// The order of this name; an unknown name is the usual order.
    pub fn named(name: &str) -> Sort {
        Sort::ALL
            .iter()
            .find(|(_, key, _)| *key == name)
            .map_or(Sort::Sign, |(sort, _, _)| *sort)
    }

    fn name(self) -> &'static str {
        Sort::ALL
            .iter()
            .find(|(sort, _, _)| *sort == self)
            .map_or("sign", |(_, key, _)| key)
    }
}

impl ListQuery {
    /// The query as it stands in an address, question mark included; empty for the usual list.
    pub(super) fn encode(&self) -> String {
        let mut parts = Vec::new();
        if !self.search.is_empty() {
            parts.push(format!("q={}", encode(&self.search)));
        }
        if self.sort != Sort::Sign {
            parts.push(format!("sort={}", self.sort.name()));
        }
        if self.page > 1 {
            parts.push(format!("page={}", self.page));
        }
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }
}

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    search: String,
    sort: &'static str,
    can_search: bool,
    action: String,
    sorts: Vec<(&'static str, bool, String)>,
    rows: Vec<Row>,
    definition: Definitions,
    missing: Vec<&'static health::Missing>,
    pager: Pager,
}

/// Addresses of the definitions behind the columns.
#[derive(Serialize)]
struct Definitions {
    readers: String,
    links: String,
    comments: String,
    reads: String,
}

#[derive(Serialize)]
struct Row {
    title: String,
    id: String,
    href: String,
    team: String,
    age: String,
    sign: String,
    still: &'static str,
    readers: String,
    links: String,
    comments: String,
    spark: String,
}

/// The page.
pub(super) fn render(
    summary: &Value,
    links: Links,
    query: &ListQuery,
) -> Result<String, PageError> {
    let all = reading::list(summary, "writeups");
    let found = sorted(filtered(all, &query.search), query.sort);
    let pages = found.len().div_ceil(ROWS).max(1);
    let page = query.page.clamp(1, pages);
    let start = (page - 1) * ROWS;
    let k = view::k(summary);
    let shown = found.iter().skip(start).take(ROWS);
    let rows: Vec<Row> = shown
        .map(|writeup| row(summary, links, writeup, k))
        .collect();
    let at = |page: usize| {
        links.writeups(&ListQuery {
            page,
            ..query.clone()
        })
    };
    let pager = Pager {
        words: match rows.len() {
            0 => "none".to_owned(),
            shown => format!("{} to {} of {}", start + 1, start + shown, found.len()),
        },
        before: (page > 1).then(|| at(page - 1)),
        after: (page < pages).then(|| at(page + 1)),
    };
    let sorts = Sort::ALL.iter().map(|(sort, _, words)| {
        let other = ListQuery {
            sort: *sort,
            page: 1,
            ..query.clone()
        };
        (*words, *sort == query.sort, links.writeups(&other))
    });
    let view = View {
        frame: Frame::new(summary, links, "writeups", "Which write-ups still live?"),
        opening: say(links, "L4", &opening(summary, all)),
        search: query.search.clone(),
        sort: query.sort.name(),
        can_search: links.can_search(),
        action: links.writeups(&ListQuery::default()),
        sorts: sorts.collect(),
        rows,
        definition: Definitions {
            readers: links.definition("L4"),
            links: links.definition("K1"),
            comments: links.definition("C1"),
            reads: links.definition("L1"),
        },
        missing: health::health(summary).missing,
        pager,
    };
    templates::render("writeups.html", &view)
}

/// How many pages the unfiltered list has.
pub(super) fn pages(summary: &Value) -> usize {
    reading::list(summary, "writeups")
        .len()
        .div_ceil(ROWS)
        .max(1)
}

/// Such as: Of 88 write-ups older than three months, 71 are linked from code, drawings, documents or
/// other write-ups; of the 77 whose readers are known, 29 were read by others in the last 28 days.
fn opening(summary: &Value, all: &[Value]) -> String {
    let late = signals::days(summary, "late", 90.0);
    let said = signals::age_words(late);
    let old: Vec<&Value> = all
        .iter()
        .filter(|w| cell(w, "age_days").get().is_some_and(|age| age >= late))
        .collect();
    let linked = old.iter().filter(|w| alive::stands(w)).count() as f64;
    match (all.len(), old.len()) {
        (0, _) => return "No write-up is known yet.".to_owned(),
        (1, 0) => return format!("«1» write-up, younger than {said}."),
        (n, 0) => return format!("«{n}» write-ups, all of them younger than {said}."),
        _ => {}
    }
    let still = share(reading::results(summary, "L4"), "still_read");
    let trailing = signals::days(summary, "trailing", 28.0);
    let read = match (still.num, still.den) {
        _ if health::missing(summary, "L4").is_some() => "reads are not measured yet".to_owned(),
        (Cell::Value(read), Cell::Value(known)) if known > 0.0 => format!(
            "of the «{}» whose readers are known, «{}» {} read by others in the last \
             {trailing:.0} days",
            words::count(known),
            words::count(read),
            words::plural(read, "was", "were")
        ),
        _ => "how many are still read is not known".to_owned(),
    };
    let n = old.len() as f64;
    format!(
        "Of «{}» {} older than {said}, «{}» {} linked from code, drawings, documents or other \
         write-ups; {read}.",
        words::count(n),
        words::plural(n, "write-up", "write-ups"),
        words::count(linked),
        words::plural(linked, "is", "are")
    )
}

fn filtered<'a>(all: &'a [Value], search: &str) -> Vec<&'a Value> {
    let wanted: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    let holds = |writeup: &Value| {
        if wanted.is_empty() {
            return true;
        }
        let tags = reading::list(writeup, "tags")
            .iter()
            .filter_map(Value::as_str);
        let fields = ["title", "id", "owner_team"]
            .into_iter()
            .map(|key| reading::text(writeup, key));
        let text = fields
            .chain(tags)
            .collect::<Vec<_>>()
            .join("\n")
            .to_lowercase();
        wanted.iter().all(|word| text.contains(word))
    };
    all.iter().filter(|writeup| holds(writeup)).collect()
}

fn sorted(mut writeups: Vec<&Value>, sort: Sort) -> Vec<&Value> {
    let id = |w: &Value| reading::text(w, "id").to_owned();
    let born = |w: &Value| reading::text(w, "published_at").to_owned();
    match sort {
        Sort::Sign => writeups.sort_by_cached_key(|w| (Reverse(alive::sign(w)), id(w))),
        Sort::Newest => writeups.sort_by_cached_key(|w| (Reverse(born(w)), id(w))),
        // An undated write-up is neither old nor new: it goes last.
        Sort::Oldest => writeups.sort_by_cached_key(|w| (born(w).is_empty(), born(w), id(w))),
        Sort::Links => {
            writeups.sort_by_cached_key(|w| (Reverse(alive::live_links(w) as u64), id(w)));
        }
        Sort::Title => {
            writeups.sort_by_cached_key(|w| (reading::text(w, "title").to_lowercase(), id(w)));
        }
    }
    writeups
}

fn row(summary: &Value, links: Links, writeup: &Value, k: u64) -> Row {
    let id = reading::text(writeup, "id");
    let live = alive::live_links(writeup);
    Row {
        title: title(writeup),
        id: id.to_owned(),
        href: links.writeup(id),
        team: reading::text(writeup, "owner_team").to_owned(),
        age: cell(writeup, "age_days")
            .get()
            .map_or_else(|| "undated".to_owned(), words::age),
        sign: alive::sign_words(summary, writeup),
        still: match writeup.get("still_read").and_then(Value::as_bool) {
            Some(true) if cell(writeup, "readers_trailing") != Cell::Withheld => "still read",
            _ => "",
        },
        readers: readers(summary, writeup, k),
        links: words::count(live),
        comments: words::counted(cell(writeup, "comments")),
        spark: sparkline(summary, writeup),
    }
}

/// How many read it lately. Where reads are unknown, a nought would say that nobody did.
fn readers(summary: &Value, writeup: &Value, k: u64) -> String {
    if alive::read_by_unknown(summary, writeup) {
        "unknown".to_owned()
    } else if health::missing(summary, "L4").is_some() {
        "–".to_owned()
    } else {
        words::people(cell(writeup, "readers_trailing"), k)
    }
}

/// The small picture, where there is anything to draw: reads of a known age.
fn sparkline(summary: &Value, writeup: &Value) -> String {
    let chart = build::sparkline(summary, writeup);
    match chart.plot {
        Plot::Nothing(_) => String::new(),
        _ => render_svg(&chart, Theme::Page),
    }
}

/// A write-up's title, or its id where it has none.
pub(super) fn title(writeup: &Value) -> String {
    match reading::text(writeup, "title").trim() {
        "" => reading::text(writeup, "id").to_owned(),
        title => title.to_owned(),
    }
}
