//! What is counted of a page of Markdown, for other kinds that keep such pages.

use chrono_tz::Tz;
use regex::Regex;

use crate::model::Vocabulary;
use crate::sources::wiki::Measured;

use super::document::{Reading, read};

/// What is counted of a page, and the incident keys in its title and its first heading.
pub(in crate::sources) fn counted(
    title: &str,
    text: &str,
    incident_keys: &[Regex],
    vocabulary: &Vocabulary,
) -> (Measured, Vec<String>) {
    let reading = Reading {
        incident_keys,
        // No date of the text is looked at.
        zone: Tz::UTC,
        vocabulary,
    };
    // The name of a file tells its format, and is looked through for keys.
    let document = read(&format!("{title}.md"), text, &reading);
    let measured = Measured {
        words: document.words,
        hyperlinks: document.hyperlinks,
        diagrams: document.diagrams,
        quotations: document.quotations,
        counts: document.counts,
    };
    (measured, document.keys)
}
