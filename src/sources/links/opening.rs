//! What makes a path in a text a link: the brackets and words of Markdown, reStructuredText,
//! AsciiDoc, HTML and wikis before it, and what ends it after them.

use std::ops::Range;

/// A link's path is looked for this many bytes around a part of it.
pub(super) const REACH: usize = 512;

/// A path that a text links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Where it stands.
    pub(super) path: Range<usize>,
    /// It can be the bare name of a page, wherever that is.
    pub(super) wiki: bool,
}

/// What ends a path.
#[derive(Clone, Copy)]
enum End {
    /// A space, or a closing parenthesis that was not opened inside, or any of these.
    Word(&'static [u8]),
    /// One of these, in the same line.
    Any(&'static [u8]),
}

/// What opens a path, whether spaces may follow, and what ends the path. The nearest one before a
/// path counts; of two that end at the same place the longer stands first.
const OPENINGS: &[(&[u8], bool, End)] = &[
    (b"](<", false, End::Any(b">")),
    (b"](", true, End::Word(b"")),
    (b"]: <", false, End::Any(b">")),
    (b"]:", true, End::Word(b"")),
    (b"href=\"", false, End::Any(b"\"")),
    (b"href='", false, End::Any(b"'")),
    (b"href=", false, End::Word(b">")),
    (b"src=\"", false, End::Any(b"\"")),
    (b"src='", false, End::Any(b"'")),
    (b":doc:`", false, End::Any(b"`")),
    (b":ref:`", false, End::Any(b"`")),
    (b"link:", false, End::Word(b"[")),
    (b"xref:", false, End::Word(b"[,")),
    (b"include::", true, End::Word(b"[")),
    (b"[[", false, End::Any(b"]|")),
    (b"<", false, End::Any(b">")),
];

/// How openings end: nearly every byte of a text can be passed over at a glance.
const LAST: &[u8] = b"(<:\"'=`[";

/// The path around a part of it, if something makes it a link. `at` is the file's path.
pub(super) fn around(text: &[u8], hit: Range<usize>, at: &str) -> Option<Opened> {
    let line = memchr::memrchr(b'\n', &text[..hit.start]).map_or(0, |end| end + 1);
    let first = line.max(hit.start.saturating_sub(REACH));
    for start in (first..=hit.start).rev() {
        if text.get(start).is_some_and(is_space) {
            continue;
        }
        let before = &text[line..start];
        let spaces = before.iter().rev().take_while(|b| is_space(b)).count();
        let close = &before[..before.len() - spaces];
        if !close.last().is_some_and(|byte| LAST.contains(byte)) {
            continue;
        }
        let opening = OPENINGS.iter().find(|(opening, spaced, _)| {
            before.ends_with(opening) || *spaced && close.ends_with(opening)
        });
        if let Some((opening, _, end)) = opening {
            let mut start = start;
            let reach = text.len().min(start + REACH);
            let mut end = start + end.of(&text[start..reach]);
            let wiki = *opening == b"[[";
            if wiki && end < hit.start && text[end] == b'|' && is_named_last(at) {
                // `[[words|page]]` of the wikis that forges have.
                start = end + 1;
                end = start + End::Any(b"]|").of(&text[start..reach]);
            }
            let path = start..end;
            let is_around = start <= hit.start && end >= hit.end;
            return is_around.then_some(Opened { path, wiki });
        }
    }
    let end = memchr::memchr(b'\n', &text[hit.end..]).map_or(text.len(), |end| hit.end + end);
    let written = &text[line..end];
    let start = line
        + target(written).or_else(|| {
            let entry = at.ends_with(".rst") && in_toctree(&text[..line]);
            entry.then(|| indent(written))
        })?;
    (start <= hit.start).then_some(Opened {
        path: start..end,
        wiki: false,
    })
}

/// Whether links in a file like this may name the page behind the words: other wikis do it the other way
/// round.
fn is_named_last(at: &str) -> bool {
    ![".mediawiki", ".wiki"].iter().any(|end| at.ends_with(end))
}

impl End {
    fn of(self, text: &[u8]) -> usize {
        let line = memchr::memchr(b'\n', text).unwrap_or(text.len());
        let text = &text[..line];
        match self {
            End::Any(ends) => text.iter().position(|b| ends.contains(b)).unwrap_or(0),
            End::Word(ends) => {
                let mut open = 0u32;
                for (at, byte) in text.iter().enumerate() {
                    match byte {
                        b if b.is_ascii_whitespace() || ends.contains(b) => return at,
                        b'(' => open += 1,
                        b')' if open == 0 => return at,
                        b')' => open -= 1,
                        _ => {}
                    }
                }
                text.len()
            }
        }
    }
}

/// Where the address begins in `.. _name: address` or `__ address` of reStructuredText.
fn target(line: &[u8]) -> Option<usize> {
    let start = indent(line);
    if line[start..].starts_with(b"__ ") {
        return Some(start + 3);
    }
    let rest = line[start..].strip_prefix(b".. _")?;
    let colon = rest.windows(2).position(|two| two == b": ")?;
    Some(start + 4 + colon + 2)
}

/// Whether the line after this text is an entry of a table of contents of reStructuredText.
fn in_toctree(before: &[u8]) -> bool {
    let above = before.split(|byte| *byte == b'\n').rev().skip(1);
    for line in above.filter(|line| !line.trim_ascii().is_empty()) {
        if line.trim_ascii().starts_with(b".. toctree::") {
            return true;
        }
        if indent(line) == 0 {
            return false;
        }
    }
    false
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| is_space(b)).count()
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
