//! Counts in wikitext: words of prose, links, quotations, abbreviations. An estimate: templates are not
//! expanded.

use crate::model::Vocabulary;
use crate::sources::prose::{Counts, Prose};

/// What is in a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// Words of prose.
    pub(super) words: u32,
    /// Links to pages or addresses.
    pub(super) links: u32,
    /// Passages in other people's words.
    pub(super) quotations: u32,
    /// Abbreviations and sources of data.
    pub(super) counts: Counts,
}

/// Links that are no references.
const ASIDE: &[&str] = &["[[File:", "[[Image:", "[[Category:"];

/// Measures a page.
pub(super) fn measure(text: &str, vocabulary: &Vocabulary) -> Measured {
    let quotations = text.to_ascii_lowercase().matches("<blockquote").count();
    let text = without(text, "<!--", "-->");
    let text = without(&text, "<syntaxhighlight", "</syntaxhighlight>");
    let text = without(&text, "<source", "</source>");
    let text = without(&text, "<pre", "</pre>");
    let text = without(&text, "{{", "}}");
    let links = text.matches("[[").count()
        + text.matches("http://").count()
        + text.matches("https://").count();
    let aside = ASIDE
        .iter()
        .map(|mark| text.matches(mark).count())
        .sum::<usize>();
    let prose = |word: &&str| {
        word.chars().any(char::is_alphanumeric)
            && !word.contains("://")
            && !word.starts_with(['|', '<', '{'])
            && !ASIDE.iter().any(|mark| word.starts_with(mark))
    };
    let words = text.split_whitespace().filter(prose).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Measured {
        words: number(words),
        links: number(links.saturating_sub(aside)),
        quotations: number(quotations),
        counts: prose_of(&text).counts(vocabulary),
    }
}

/// The text with its links: `[[Page|words]]`, `[https://address words]`.
fn prose_of(text: &str) -> Prose {
    let mut prose = Prose::default();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find('[') {
            prose.add(&rest[..at], false);
            let inside = rest[at..].trim_start_matches('[');
            let end = inside.find(']').unwrap_or(inside.len());
            let link = &inside[..end];
            let (target, words) = link.split_once(['|', ' ']).unwrap_or((link, link));
            if target.contains("://") {
                prose.leads_to(target);
            }
            if !ASIDE.iter().any(|mark| {
                mark.trim_start_matches('[')
                    == target.split_inclusive(':').next().unwrap_or_default()
            }) {
                prose.add(words, true);
            }
            rest = inside[end..].trim_start_matches(']');
        }
        prose.add(rest, false);
        prose.end();
    }
    prose
}

/// The text without everything from `open` to its `close`; nested ones go with the outermost.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut depth = 0usize;
    let mut rest = text;
    while !rest.is_empty() {
        let next_open = rest.find(open);
        let next_close = if depth > 0 { rest.find(close) } else { None };
        match (next_open, next_close) {
            (Some(at), end) if end.is_none_or(|end| at < end) => {
                if depth == 0 {
                    kept.push_str(&rest[..at]);
                }
                depth += 1;
                rest = &rest[at + open.len()..];
            }
            (_, Some(at)) => {
                depth -= 1;
                rest = &rest[at + close.len()..];
            }
            _ => {
                if depth == 0 {
                    kept.push_str(rest);
                }
                break;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_counted() {
        let text = "{{Infobox|a={{b}}|c=d}}\n== Disk full ==\nThe '''disk''' of [[Shop]] was full, \
                    see [https://example.org/x this].<!-- a comment -->\n<pre>not prose</pre>\n[[File:a.png]]\n* one";
        let counts = |text: &str| {
            let measured = measure(text, &Vocabulary::default());
            (measured.words, measured.links)
        };
        assert_eq!(counts(text), (11, 2));
        assert_eq!(counts("{{ never closed"), (0, 0));
        assert_eq!(counts("}} -->"), (0, 0));
    }

    #[test]
    fn abbreviations_and_quotations_are_counted() {
        let text = "The LB of [[Shop|the KV]] and [https://grafana.example.org/d/1 a DB].\n\
                    <blockquote>we saw nothing</blockquote> [[File:XY.png]] [ broken";
        let measured = measure(text, &Vocabulary::default());
        assert_eq!(measured.quotations, 1);
        let counts = measured.counts;
        assert_eq!((counts.acronyms, counts.unexplained), (3, 1));
        assert_eq!(counts.data_sources, 1);
    }
}
