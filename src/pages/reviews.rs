//! Reviews: how many came, how many need not have. For one review these two numbers only; roles
//! stand by the quarter.

use serde::Serialize;
use serde_json::Value;

use super::overview::{Signal, signal};
use super::view::{self, Frame, Pager, Part, say};
use super::{Links, PageError, health, panels, templates, words};
use crate::charts::reading::{self, Cell, cell};

/// Rows on a page.
const ROWS: usize = 50;

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    signals: Vec<Signal>,
    missing: Option<&'static health::Missing>,
    rows: Vec<Row>,
    attendees_href: String,
    need_not_href: String,
    pager: Pager,
}

#[derive(Serialize)]
struct Row {
    date: String,
    title: String,
    href: Option<String>,
    attendees: String,
    need_not: String,
}

/// How many pages there are.
pub(super) fn pages(summary: &Value) -> usize {
    reading::list(summary, "reviews")
        .len()
        .div_ceil(ROWS)
        .max(1)
}

/// The page of this number, from 1.
pub(super) fn render(summary: &Value, links: Links, number: usize) -> Result<String, PageError> {
    let reviews = newest_first(summary);
    let pages = pages(summary);
    let page = number.clamp(1, pages);
    let start = (page - 1) * ROWS;
    let rows: Vec<Row> = reviews
        .iter()
        .skip(start)
        .take(ROWS)
        .map(|review| row(summary, links, review))
        .collect();
    let pager = Pager {
        words: match rows.len() {
            0 => "none".to_owned(),
            shown => format!("{} to {} of {}", start + 1, start + shown, reviews.len()),
        },
        before: (page > 1).then(|| links.reviews(page - 1)),
        after: (page < pages).then(|| links.reviews(page + 1)),
    };
    let missing = health::missing(summary, "A1");
    let panels = panels::of(&["A1", "A2", "A3"])?;
    let signals = panels
        .iter()
        .filter(|_| page == 1 && missing.is_none())
        .filter(|panel| !reading::indicator(summary, &panel.code).is_null())
        .map(|panel| signal(summary, links, panel));
    let view = View {
        frame: Frame::new(summary, links, "reviews", "Who comes to reviews?"),
        opening: say(links, "A2", &opening(summary, &reviews)),
        signals: signals.collect(),
        missing,
        rows,
        attendees_href: links.definition("A1"),
        need_not_href: links.definition("A2"),
        pager,
    };
    templates::render("reviews.html", &view)
}

fn newest_first(summary: &Value) -> Vec<&Value> {
    let mut reviews: Vec<&Value> = reading::list(summary, "reviews").iter().collect();
    reviews.sort_by(|a, b| {
        let key = |r| (reading::text(r, "date"), reading::text(r, "meeting"));
        key(b).cmp(&key(a))
    });
    reviews
}

/// Such as: To the latest review, on 3 Jun 2026, 14 came; 9 of them need not have.
fn opening(summary: &Value, reviews: &[&Value]) -> String {
    let Some(latest) = reviews.first() else {
        return match health::missing(summary, "A1") {
            Some(_) => "Reviews are not measured yet.".to_owned(),
            None => "No review with attendance has been seen yet.".to_owned(),
        };
    };
    let date = words::date(reading::text(latest, "date"), reading::zone(summary));
    match (
        cell(latest, "attendees"),
        cell(latest, "need_not_have_come"),
    ) {
        (Cell::Value(all), Cell::Value(free)) => format!(
            "To the latest review, on {date}, «{}» came; «{}» of them need not have.",
            words::count(all),
            words::count(free)
        ),
        (Cell::Value(all), _) => format!(
            "To the latest review, on {date}, «{}» came; how many need not have is withheld.",
            words::count(all)
        ),
        _ => format!("The latest review was on {date}; its numbers are withheld."),
    }
}

fn row(summary: &Value, links: Links, review: &Value) -> Row {
    let writeup = reading::text(review, "writeup");
    let title = reading::text(review, "title");
    Row {
        date: words::date(reading::text(review, "date"), reading::zone(summary)),
        title: if title.is_empty() {
            "no write-up known".to_owned()
        } else {
            title.to_owned()
        },
        href: (!writeup.is_empty()).then(|| links.writeup(writeup)),
        attendees: words::people(cell(review, "attendees"), view::k(summary)),
        need_not: words::counted(cell(review, "need_not_have_come")),
    }
}
