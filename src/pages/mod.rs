//! Pages and reports: HTML and Markdown as pure functions of a published summary.
//!
//! A page is `render(page, summary, links)`: no clock, no network, no state. The same functions
//! serve the web and write the static report; [`Links`] knows which of the two it is. Numbers come
//! in already suppressed, so a page can't show what a summary doesn't hold. Templates, style sheet
//! and the panels of the leader's page live in `dashboards/`.

mod after_review;
mod alive;
mod annotations;
mod api;
pub(crate) mod arrivals;
pub mod assets;
mod assigned;
mod attendance;
mod beside;
mod citing;
mod conversing;
mod copies;
mod definitions;
mod desk;
mod digest;
pub mod embed;
mod explore;
mod feed;
mod first_months;
mod glance;
mod health;
mod import;
mod ledger;
mod letter;
mod linked;
mod links;
mod list;
mod opening;
mod overview;
mod panels;
mod privacy;
mod quarter;
mod reaching;
mod report;
mod restated;
mod reviews;
mod sides;
mod signals;
mod slices;
mod stories;
mod survival;
mod table;
mod taking_part;
mod templates;
mod this_day;
mod trend;
mod undertaken;
mod view;
mod watched;
mod words;
mod writeup;

use serde_json::Value;

pub use after_review::{ToldReview, Untold, after_review, told_reviews};
pub use annotations::Annotated;
pub use definitions::numbers;
pub use desk::{Registry, Seat};
pub use digest::digest;
pub use feed::feed;
pub use import::Import;
pub use letter::{Letter, Picture, letter, room};
pub use links::Links;
pub use list::{ListQuery, Sort};
pub use report::report;
pub use restated::sentence as restated;
pub use reviews::{ByHand, Seated, UNTITLED, Unlisted};
pub use table::reviews_csv;
pub use writeup::{EXPLAINED, address_of};

/// What stands on top of every page and every digest, always and word for word.
pub const STATEMENT: &str = "People are always learning. These are signs that write-ups and \
     reviews are used; no study ties any of them to learning itself. A zero means: no sign seen \
     here, by these sources.";

/// The pages there are.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// The leader's page.
    Overview,
    /// The same with what an earlier report would say now (`crate::jobs::restate::told`).
    OverviewSince(Box<Value>),
    /// The team's list of write-ups.
    LongTail(ListQuery),
    /// One write-up, by its id.
    Writeup(String),
    /// The same on a server with an address of its own, scheme and host.
    WriteupAt(String, String),
    /// Reviews and who came; pages are counted from 1.
    Reviews(usize),
    /// The same for those who say something of them.
    ReviewsDesk(usize, Box<Seated>),
    /// Links to write-ups, and what leads to nothing.
    Links,
    /// Which parts of the write-ups there are.
    Slices,
    /// One of them: its kind and its name.
    Slice(String, String),
    /// A quarter on one printed page, by its name such as `2026-Q2`.
    Quarter(String),
    /// What is for those who look closer.
    Explore,
    /// Every indicator with its definition.
    Definitions,
    /// One indicator, by its code in either case, with how its numbers came about (`crate::jobs::explain`).
    Definition(String, Box<Value>),
    /// What is collected of people and on which terms (`crate::jobs`), as its record says.
    Privacy(Value),
    /// What programs may ask of this server, as its OpenAPI document says.
    Api(Box<Value>),
    /// The registry, for those who keep it.
    Registry(Box<Registry>),
    /// Files of meetings, for those who bring them in.
    Import(Box<Import>),
    /// What changed and from when, for those who enter it.
    Annotations(Box<Annotated>),
    /// What came of an import.
    Receipt(Value),
    /// A page of the audit log: its entries, its number from 1, entries on a page, whether more follow.
    Audit(Vec<Value>, (usize, usize, bool)),
    /// There is no such page.
    NotFound,
}

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// No write-up of this id is in the summary.
    #[error("there is no write-up {0:?}; the list of write-ups names all")]
    UnknownWriteup(String),
    /// No such part of the write-ups is in the summary.
    #[error("there are no write-ups of {0} {1:?}; the page of parts names all")]
    UnknownSlice(String, String),
    /// It is not over, or nothing was seen in it.
    #[error(
        "there is no quarter {0:?}; valid is one that is over and was watched, such as 2026-Q2"
    )]
    UnknownQuarter(String),
    /// No indicator of this code is in the summary.
    #[error("there is no indicator {0:?}; the page of definitions names all")]
    UnknownIndicator(String),
    /// A template does not fit what it is given: a mistake in Readback, not in the data.
    #[error("template of a page: {0}")]
    Template(#[from] minijinja::Error),
    /// The panels of a page can't be read.
    #[error("dashboards/pages: {0}")]
    Panels(#[from] toml::de::Error),
    /// A table can't be written.
    #[error("table of a chart: {0}")]
    Table(#[from] csv::Error),
    /// A file that belongs to the program is not in it.
    #[error("{0} is not among the files of dashboards/")]
    Asset(&'static str),
}

impl PageError {
    /// Whether the reader asked for something that isn't there.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            PageError::UnknownWriteup(_)
                | PageError::UnknownIndicator(_)
                | PageError::UnknownSlice(..)
                | PageError::UnknownQuarter(_)
        )
    }
}

/// The HTML of a page.
pub fn render(page: &Page, summary: &Value, links: Links) -> Result<String, PageError> {
    match page {
        Page::Overview => overview::render(summary, links, &Value::Null),
        Page::OverviewSince(told) => overview::render(summary, links, told),
        Page::LongTail(query) => list::render(summary, links, query),
        Page::Writeup(id) => writeup::render(summary, links, id, None),
        Page::WriteupAt(id, origin) => writeup::render(summary, links, id, Some(origin)),
        Page::Reviews(number) => reviews::render(summary, links, *number, None),
        Page::ReviewsDesk(number, seated) => reviews::render(summary, links, *number, Some(seated)),
        Page::Links => ledger::render(summary, links),
        Page::Slices => slices::index(summary, links),
        Page::Slice(by, name) => slices::one(summary, links, by, name),
        Page::Quarter(name) => quarter::render(summary, links, name),
        Page::Explore => explore::render(summary, links),
        Page::Definitions => definitions::render_all(summary, links),
        Page::Definition(code, explained) => {
            definitions::render_one(summary, links, code, explained)
        }
        Page::Api(document) => api::render(summary, links, document),
        Page::Privacy(terms) => privacy::render(summary, links, terms),
        Page::Registry(registry) => desk::registry(summary, links, registry),
        Page::Import(file) => import::render(summary, links, file),
        Page::Annotations(annotated) => annotations::render(summary, links, annotated),
        Page::Receipt(receipt) => desk::receipt(summary, links, receipt),
        Page::Audit(rows, page) => desk::audit(summary, links, rows, *page),
        Page::NotFound => view::message(
            summary,
            links,
            "There is no such page",
            "The address may be old, or mistyped. The write-ups are all in the list.",
        ),
    }
}
