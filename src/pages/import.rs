//! The page where a coordinator drops files of meetings. What a file says of people is shown to whoever dropped
//! it, and no page that is kept holds it.

use serde::Serialize;
use serde_json::Value;

use super::view::Frame;
use super::{Links, PageError, templates};

/// Files of meetings, and what one of them would come to. No `Debug`: it holds names.
#[derive(Clone, Default, PartialEq, Serialize)]
pub struct Import {
    /// What forms bring along.
    pub form: String,
    /// What was done a moment ago.
    pub said: &'static str,
    /// What is to be known of a file that was asked for and is not kept.
    pub gone: &'static str,
    /// Kinds of files, each with name and summary.
    pub kinds: Vec<Value>,
    /// The ids of configured sources of these kinds.
    pub sources: Vec<String>,
    /// Imports that can be taken back, each with name, at, kind, source, events, meetings and days.
    pub imports: Vec<Value>,
    /// The file that was dropped: ticket, name, wrong, kind, source, given, fields, zone, meetings, and seen,
    /// what it would come to.
    pub file: Option<Value>,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Import(…)")
    }
}

/// The page.
pub(super) fn render(summary: &Value, links: Links, import: &Import) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        desk: &'a Import,
    }
    let title = match &import.file {
        Some(_) => "What this file would come to",
        None => "Bring in calendars, attendance lists and transcripts",
    };
    let frame = Frame::new(summary, links, "reviews", title).with_forms();
    templates::render(
        "import.html",
        &View {
            frame,
            desk: import,
        },
    )
}
