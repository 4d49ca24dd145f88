//! The team's list: write-ups with their latest sign of life first. Search, order and pages work
//! by the address alone. There is no column for authors and no order by readers.

use std::cmp::Reverse;

use serde::Serialize;
use serde_json::Value;

use super::links::encode;
use super::opening::Said;
use super::this_day::{self, Remembered};
use super::view::{self, Frame, Pager, Part, say_all};
use super::{Links, PageError, alive, health, linked, signals, templates, words};
use crate::charts::reading::{self, Cell, cell, share};
use crate::charts::{Plot, Theme, build, render_svg};

/// Rows on a page.
pub(super) const ROWS: usize = 50;

/// What of the list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Words to be found in title, id, team, template or tags; all of them.
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
    note: Vec<Part>,
    /// Of the usual list's first page alone.
    this_day: Vec<Remembered>,
    search: String,
    sort: &'static str,
    can_search: bool,
    action: String,
    sorts: Vec<(&'static str, bool, String)>,
    rows: Vec<Row>,
    definition: Definitions,
    /// Below so many people nothing is told.
    k: u64,
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
    restricted: bool,
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
    let signs = alive::Signs::of(summary);
    let found = sorted(filtered(all, &query.search), query.sort, &signs);
    let pages = found.len().div_ceil(ROWS).max(1);
    let page = query.page.clamp(1, pages);
    let start = (page - 1) * ROWS;
    let shown = found.iter().skip(start).take(ROWS);
    let rows: Vec<Row> = shown
        .map(|writeup| row(summary, links, writeup, &signs))
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
            shown => words::from_to(start, shown, found.len()),
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
        frame: Frame::new(
            summary,
            links,
            "writeups",
            "Which write-ups are still in use?",
        ),
        opening: match query.search.trim() {
            "" => say_all(links, &opening(summary, all)),
            search => say_all(links, &of_found(summary, search, &found, all.len())),
        },
        note: say_all(links, &note(summary, all)),
        this_day: match page == 1 && query.search.is_empty() && query.sort == Sort::Sign {
            true => this_day::of(summary, links),
            false => Vec::new(),
        },
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
        k: view::k(summary),
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

/// Such as: 85 of 88 write-ups older than three months are linked from the work. Of the 77 whose
/// readers are known, 29 were read by others in the last four weeks.
fn opening(summary: &Value, all: &[Value]) -> Vec<Said> {
    let all: Vec<&Value> = all.iter().collect();
    let mut said = match ages(summary, &all) {
        Ok(said) => said,
        Err(young) => return vec![("L4", young)],
    };
    let still = share(reading::results(summary, "L4"), "still_read");
    let lately = words::stretch(signals::days(summary, "trailing", 28.0));
    let read = match (still.num, still.den) {
        _ if health::missing(summary, "L4").is_some() => " Reads are not measured yet.".to_owned(),
        (Cell::Value(read), Cell::Value(known)) if known > 0.0 => format!(
            " Of the «{}» whose readers are known, «{}» {} read by others in the last {lately}.",
            words::count(known),
            words::count(read),
            words::plural(read, "was", "were"),
        ),
        _ => " How many are still read is not known.".to_owned(),
    };
    said.push(("L4", read));
    said
}

/// What the first words leave open: what linked means, and why fewer rows are marked than were
/// read. A row is marked only from k readers, and the share counts from three.
fn note(summary: &Value, all: &[Value]) -> Vec<Said> {
    let mut said = Vec::new();
    if health::missing(summary, "K1").is_none() {
        let linked = format!("Linked means: from {}.", linked::PLACES_SAID);
        said.push(("K1", linked));
    }
    let still = share(reading::results(summary, "L4"), "still_read");
    let marked = all.iter().filter(|writeup| is_marked(writeup)).count() as f64;
    match still.num.get().map(|read| (read, read - marked)) {
        Some((read, more)) if more > 0.0 => said.push((
            "L4",
            format!(
                " «{}» of the «{}» {} not marked as still read, so as not to speak of fewer than \
                 {} people.",
                words::count(more),
                words::count(read),
                words::plural(more, "is", "are"),
                view::k(summary)
            ),
        )),
        _ => {}
    }
    said
}

/// The same of the rows that were found.
fn of_found(summary: &Value, search: &str, found: &[&Value], all: usize) -> Vec<Said> {
    // These marks mean something in a sentence.
    let search = search.replace(['«', '»', '`'], "");
    let mut said = vec![(
        "L4",
        format!(
            "“{search}”: «{}» of «{}» {}.",
            words::count(found.len() as f64),
            words::count(all as f64),
            words::plural(all as f64, "write-up", "write-ups")
        ),
    )];
    if found.is_empty() {
        return said;
    }
    said.push(("L4", " ".to_owned()));
    match ages(summary, found) {
        Ok(more) => said.extend(more),
        Err(young) => {
            said.push(("L4", young));
            return said;
        }
    }
    if health::missing(summary, "L4").is_none() {
        let marked = found.iter().filter(|writeup| is_marked(writeup)).count() as f64;
        said.push((
            "L4",
            format!(
                " «{}» {} marked as still read.",
                words::count(marked),
                words::plural(marked, "is", "are")
            ),
        ));
    }
    said
}

/// How many are old, and of those how many are linked; or, where none is old, words for that.
fn ages(summary: &Value, writeups: &[&Value]) -> Result<Vec<Said>, String> {
    let late = signals::days(summary, "late", 90.0);
    let said = signals::age_words(late);
    let old: Vec<&&Value> = writeups
        .iter()
        .filter(|w| cell(w, "age_days").get().is_some_and(|age| age >= late))
        .collect();
    let dated = writeups.iter().any(|w| cell(w, "age_days").get().is_some());
    let all = writeups.len() as f64;
    match (writeups.len(), old.len()) {
        (0, _) => return Err("No write-up is known yet.".to_owned()),
        (_, 0) if !dated => return Err("The dates of these write-ups are not known.".to_owned()),
        (_, 0) => {
            return Err(format!(
                "«{}» {}, none of them older than {said}.",
                words::count(all),
                words::plural(all, "write-up", "write-ups")
            ));
        }
        _ => {}
    }
    let n = old.len() as f64;
    if health::missing(summary, "K1").is_some() {
        let known = format!(
            "«{}» {} older than {said}.",
            words::count(n),
            words::plural(n, "write-up is", "write-ups are")
        );
        return Ok(vec![("L4", known)]);
    }
    let linked = old.iter().filter(|w| linked::is_linked(w)).count() as f64;
    Ok(vec![(
        "K1",
        format!(
            "«{}» of «{}» {} older than {said} {} linked from the work.",
            words::count(linked),
            words::count(n),
            words::plural(n, "write-up", "write-ups"),
            words::plural(linked, "is", "are")
        ),
    )])
}

/// Whether its row says that it is still read.
pub(super) fn is_marked(writeup: &Value) -> bool {
    writeup.get("still_read").and_then(Value::as_bool) == Some(true)
        && cell(writeup, "readers_trailing") != Cell::Withheld
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
        let fields = ["title", "id", "owner_team", "template"]
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

fn sorted<'a>(mut writeups: Vec<&'a Value>, sort: Sort, signs: &alive::Signs) -> Vec<&'a Value> {
    let id = |w: &Value| reading::text(w, "id").to_owned();
    let born = |w: &Value| reading::text(w, "published_at").to_owned();
    match sort {
        Sort::Sign => writeups.sort_by_cached_key(|w| (Reverse(signs.latest(w)), id(w))),
        Sort::Newest => writeups.sort_by_cached_key(|w| (Reverse(born(w)), id(w))),
        // An undated write-up is neither old nor new: it goes last.
        Sort::Oldest => writeups.sort_by_cached_key(|w| (born(w).is_empty(), born(w), id(w))),
        Sort::Links => {
            writeups.sort_by_cached_key(|w| (Reverse(linked::live_links(w) as u64), id(w)));
        }
        Sort::Title => {
            writeups.sort_by_cached_key(|w| (reading::text(w, "title").to_lowercase(), id(w)));
        }
    }
    writeups
}

fn row(summary: &Value, links: Links, writeup: &Value, signs: &alive::Signs) -> Row {
    let id = reading::text(writeup, "id");
    Row {
        title: title(writeup),
        id: id.to_owned(),
        restricted: view::restricted(writeup),
        href: links.writeup(id),
        team: reading::text(writeup, "owner_team").to_owned(),
        age: cell(writeup, "age_days")
            .get()
            .map_or_else(|| "undated".to_owned(), words::age),
        sign: signs.words(writeup),
        still: if is_marked(writeup) { "still read" } else { "" },
        readers: readers(summary, writeup),
        links: measured(summary, "K1", || words::count(linked::live_links(writeup))),
        comments: measured(summary, "C1", || words::counted(cell(writeup, "comments"))),
        spark: sparkline(summary, writeup),
    }
}

/// A number, where some source delivers what it counts.
pub(super) fn measured(summary: &Value, code: &str, number: impl FnOnce() -> String) -> String {
    match health::missing(summary, code) {
        Some(_) => "–".to_owned(),
        None => number(),
    }
}

/// How many read it lately. Where reads are unknown, a nought would say that nobody did.
fn readers(summary: &Value, writeup: &Value) -> String {
    if alive::read_by_unknown(summary, writeup) {
        return "unknown".to_owned();
    }
    measured(summary, "L4", || {
        words::counted(cell(writeup, "readers_trailing"))
    })
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
