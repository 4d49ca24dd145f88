//! The page of one write-up: is it still read, where is it linked from, who came to its review.
//! Evidence shows places and dates, never a person.

use serde::Serialize;
use serde_json::Value;

use super::links::outside;
use super::view::{self, Figure, Frame, Part, say};
use super::{Links, PageError, alive, health, list, templates, words};
use crate::charts::build;
use crate::charts::reading::{self, Cell, cell};

/// Rows of evidence on the page.
const MOST_LINKS: usize = 100;

#[derive(Serialize)]
struct View {
    frame: Frame,
    id: String,
    url: Option<String>,
    opening: Vec<Part>,
    facts: Vec<Fact>,
    about: Vec<(&'static str, String)>,
    chart: Figure,
    curve_href: String,
    links: Vec<LinkRow>,
    more_links: usize,
    reviews: Vec<ReviewRow>,
    reviews_watched: bool,
    links_watched: bool,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    href: String,
}

#[derive(Serialize)]
struct LinkRow {
    place: String,
    stands_in: String,
    href: Option<String>,
    since: String,
    removed: Option<String>,
}

#[derive(Serialize)]
struct ReviewRow {
    date: String,
    attendees: String,
    need_not: String,
}

/// The page.
pub(super) fn render(summary: &Value, links: Links, id: &str) -> Result<String, PageError> {
    let writeup = reading::list(summary, "writeups")
        .iter()
        .find(|writeup| reading::text(writeup, "id") == id)
        .ok_or_else(|| PageError::UnknownWriteup(id.to_owned()))?;
    render_one(summary, links, writeup)
}

/// The page of a write-up that was found.
pub(super) fn render_one(
    summary: &Value,
    links: Links,
    writeup: &Value,
) -> Result<String, PageError> {
    let k = view::k(summary);
    let evidence = reading::list(writeup, "link_evidence");
    let id = reading::text(writeup, "id");
    let url = reading::text(writeup, "url");
    let view = View {
        frame: Frame::new(summary, links, "writeups", &list::title(writeup)),
        id: id.to_owned(),
        url: outside(url).map(str::to_owned),
        opening: say(links, "L4", &opening(summary, writeup, k)),
        facts: facts(links, writeup, k),
        about: about(summary, writeup),
        chart: Figure::without_files(&build::read_curve(summary, writeup)),
        curve_href: links.definition("L1"),
        links: evidence
            .iter()
            .take(MOST_LINKS)
            .map(|link| link_row(summary, link))
            .collect(),
        more_links: evidence.len().saturating_sub(MOST_LINKS),
        reviews: reading::list(summary, "reviews")
            .iter()
            .filter(|review| reading::text(review, "writeup") == id)
            .map(|review| review_row(summary, review))
            .collect(),
        reviews_watched: health::missing(summary, "A1").is_none(),
        links_watched: health::missing(summary, "K1").is_none(),
    };
    templates::render("writeup.html", &view)
}

/// Such as: 14 months old; linked from a code comment and the onboarding; 11 people read it lately.
fn opening(summary: &Value, writeup: &Value, k: u64) -> String {
    let age = cell(writeup, "age_days").get().map_or_else(
        || "Undated".to_owned(),
        |days| format!("«{}» old", words::age(days)),
    );
    let live = writeup
        .get("links")
        .and_then(|links| links.get("live"))
        .and_then(Value::as_object);
    let places: Vec<String> = live
        .into_iter()
        .flatten()
        .filter(|(_, n)| n.as_f64().is_some_and(|n| n > 0.0))
        .map(|(place, n)| words::places(place, n.as_f64().unwrap_or(0.0)))
        .collect();
    let linked = match places.split_last() {
        None => "no link to it seen".to_owned(),
        Some((only, [])) => format!("linked from {only}"),
        Some((last, rest)) => format!("linked from {} and {last}", rest.join(", ")),
    };
    let read = match cell(writeup, "readers_trailing") {
        Cell::Value(0.0) if alive::read_by_unknown(summary, writeup) => {
            "read by somebody unknown in the last four weeks".to_owned()
        }
        Cell::Value(0.0) if health::missing(summary, "L4").is_some() => {
            "reads are not measured yet".to_owned()
        }
        Cell::Value(0.0) => "no reader seen in the last four weeks".to_owned(),
        Cell::Value(1.0) => "«1» person read it in the last four weeks".to_owned(),
        Cell::Value(n) => format!(
            "«{}» people read it in the last four weeks",
            words::count(n)
        ),
        Cell::Withheld => format!("fewer than {k} people read it in the last four weeks"),
        Cell::Missing => "its readers are not known".to_owned(),
    };
    format!("{age}; {linked}; {read}.")
}

fn facts(links: Links, writeup: &Value, k: u64) -> Vec<Fact> {
    let fact = |name, value, code: &str| Fact {
        name,
        value,
        href: links.definition(code),
    };
    vec![
        fact("reads", words::counted(cell(writeup, "reads")), "R1"),
        fact("readers", words::people(cell(writeup, "readers"), k), "R3"),
        fact(
            "reads months later",
            words::counted(cell(writeup, "late_reads")),
            "L3",
        ),
        fact("live links", words::count(alive::live_links(writeup)), "K1"),
        fact("comments", words::counted(cell(writeup, "comments")), "C1"),
        fact(
            "comments months later",
            words::counted(cell(writeup, "late_comments")),
            "C1",
        ),
    ]
}

fn about(summary: &Value, writeup: &Value) -> Vec<(&'static str, String)> {
    let tags: Vec<&str> = reading::list(writeup, "tags")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let zone = reading::zone(summary);
    let rows = [
        (
            "Published",
            words::date(reading::text(writeup, "published_at"), zone),
        ),
        (
            "Deleted",
            words::date(reading::text(writeup, "deleted_at"), zone),
        ),
        ("Team", reading::text(writeup, "owner_team").to_owned()),
        ("Template", reading::text(writeup, "template").to_owned()),
        ("Tags", tags.join(", ")),
        ("Latest sign of life", alive::sign_words(summary, writeup)),
    ];
    rows.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn link_row(summary: &Value, link: &Value) -> LinkRow {
    let zone = reading::zone(summary);
    let removed = reading::text(link, "removed");
    let stands_in = reading::text(link, "stands_in");
    LinkRow {
        place: words::place(reading::text(link, "place")),
        href: outside(stands_in).map(str::to_owned),
        stands_in: stands_in.to_owned(),
        since: words::date(reading::text(link, "since"), zone),
        removed: (!removed.is_empty()).then(|| words::date(removed, zone)),
    }
}

fn review_row(summary: &Value, review: &Value) -> ReviewRow {
    ReviewRow {
        date: words::date(reading::text(review, "date"), reading::zone(summary)),
        attendees: words::people(cell(review, "attendees"), view::k(summary)),
        need_not: words::counted(cell(review, "need_not_have_come")),
    }
}
