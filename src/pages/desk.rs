//! The pages of those who keep the registry: the registry with its forms, what came of an import, the
//! audit log. What they tell is no summary: it comes as it is shown.

use serde::Serialize;
use serde_json::Value;

use super::view::{Frame, Pager};
use super::{Links, PageError, templates, words};

/// Where a reader of a server may go, beside the pages that everybody sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// To the registry.
    pub registry: bool,
    /// To the audit log.
    pub audit: bool,
    /// Looks at restricted write-ups are written down.
    pub noted: bool,
}

/// The registry of write-ups, and what of it is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Registry {
    /// What forms bring along.
    pub form: String,
    /// Of which write-up something was said a moment ago.
    pub said: String,
    /// The words that were searched for.
    pub search: String,
    /// Write-ups, each with id, title, published, team, restricted, retired, names, more_names and parts.
    pub rows: Vec<Value>,
    /// Which page of how many write-ups this is: its number from 1, rows on a page, rows in all.
    #[serde(skip)]
    pub page: (usize, usize, usize),
    /// Targets without a write-up, each with target, events, first and last.
    pub targets: Vec<Value>,
    /// How many of these there are.
    #[serde(skip)]
    pub targets_total: usize,
    /// Kinds of files, each with name and summary.
    pub kinds: Vec<Value>,
    /// The ids of configured sources.
    pub sources: Vec<String>,
    /// What sources are about to forget.
    pub forgetting: Vec<String>,
}

/// The page of the registry.
pub(super) fn registry(
    summary: &Value,
    links: Links,
    registry: &Registry,
) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct Desk<'a> {
        #[serde(flatten)]
        registry: &'a Registry,
        pager: Pager,
        targets_words: String,
    }
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        desk: Desk<'a>,
    }
    let (page, most, all) = registry.page;
    let start = page.saturating_sub(1) * most;
    let address = |page: usize| {
        let search = super::links::encode(&registry.search);
        format!("/registry?q={search}&page={page}")
    };
    let pager = Pager {
        words: words::from_to(start, registry.rows.len(), all),
        before: (page > 1).then(|| address(page - 1)),
        after: (start + registry.rows.len() < all).then(|| address(page + 1)),
    };
    let targets_words = words::from_to(0, registry.targets.len(), registry.targets_total);
    let frame = Frame::new(summary, links, "registry", "The registry of write-ups");
    let view = View {
        frame: frame.with_forms(),
        desk: Desk {
            registry,
            pager,
            targets_words,
        },
    };
    templates::render("registry.html", &view)
}

/// What came of an import: kind, source, dry_run, accepted, events, left_out, rejected, problems,
/// untold, notes.
pub(super) fn receipt(summary: &Value, links: Links, receipt: &Value) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        receipt: &'a Value,
    }
    let frame = Frame::new(summary, links, "registry", "What came of the file");
    templates::render("receipt.html", &View { frame, receipt })
}

/// A page of the audit log: entries with at, act, what and who; its number from 1, rows on a page, and
/// whether there are more.
pub(super) fn audit(
    summary: &Value,
    links: Links,
    rows: &[Value],
    (page, most, more): (usize, usize, bool),
) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        rows: &'a [Value],
        pager: Pager,
    }
    let start = page.saturating_sub(1) * most;
    let [first, last] = [start + 1, start + rows.len()].map(|n| words::count(n as f64));
    let pager = Pager {
        words: format!("{first} to {last}"),
        before: (page > 1).then(|| format!("/audit?page={}", page - 1)),
        after: more.then(|| format!("/audit?page={}", page + 1)),
    };
    let frame = Frame::new(summary, links, "audit", "The audit log");
    templates::render("audit.html", &View { frame, rows, pager })
}
