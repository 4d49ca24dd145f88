//! Links to files: which paths a text can mean, and whether it really links there.

use std::collections::BTreeSet;
use std::ops::Range;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};

use super::{Names, opening, thread};

/// Extensions of files that are documents and link to each other.
pub(in crate::sources) const DOCUMENTS: &[&str] = &[
    "md",
    "markdown",
    "mdx",
    "rst",
    "adoc",
    "asciidoc",
    "txt",
    "html",
    "htm",
    "org",
    "wiki",
    "mediawiki",
    "textile",
];

const SPACES: &AsciiSet = &CONTROLS.add(b' ');

/// Everything that an address may hold percent-encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Shorter parts of a name stand everywhere and would have to be looked at each time.
const MIN_PART: usize = 3;

/// Whether a name is a path in a repository; the short reference of a thread looks like one.
pub fn is_path(name: &str) -> bool {
    let document = name
        .rsplit_once('.')
        .is_some_and(|(_, extension)| DOCUMENTS.contains(&extension));
    let path = document || name.contains('/');
    path && !name.contains("://") && !has_scheme(name) && !thread::is_short(name)
}

/// Whether something comes before a colon in the first segment: a scheme, or another repository.
fn has_scheme(path: &str) -> bool {
    path.split('/')
        .next()
        .is_some_and(|first| first.contains(':'))
}

/// A path without the extension of a document.
pub(super) fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if DOCUMENTS.contains(&extension) => stem,
        _ => path,
    }
}

/// What to look for, given paths without extension: of each file name the part that nobody writes
/// in another way.
pub(super) fn needles<'a>(pages: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let names = pages
        .filter_map(|page| page.rsplit('/').next())
        .filter(|name| !name.is_empty());
    let mut needles = BTreeSet::new();
    for name in names {
        let plain = name.split(|c: char| !c.is_ascii_alphanumeric() && !"-._~".contains(c));
        match plain.max_by_key(|part| part.len()) {
            Some(part) if part.len() >= MIN_PART || part.len() == name.len() => {
                needles.insert(part.to_owned());
            }
            // Hardly anything is left: as it is, or wholly percent-encoded.
            _ => {
                needles.insert(name.to_owned());
                needles.insert(utf8_percent_encode(name, SPACES).to_string());
                needles.insert(utf8_percent_encode(name, RESERVED).to_string());
            }
        }
    }
    needles
}

/// The write-up that the path around a part of a file name links to, and where the path begins.
pub(super) fn at(
    text: &[u8],
    hit: Range<usize>,
    at: &str,
    names: &Names,
) -> Option<(usize, usize)> {
    if in_address(text, hit.start) {
        return None;
    }
    if let Some(opened) = opening::around(text, hit.clone(), at) {
        let (written, path) = opened_path(text, &opened, at)?;
        let page = || names.pages.get(page_of(&path)?).copied();
        let named = || names.stems.get(&*written).copied().flatten();
        let writeup = names.paths.get(&path).copied().or_else(page);
        let writeup = writeup.or_else(|| opened.wiki.then(named).flatten())?;
        return Some((opened.path.start, writeup));
    }
    // In running text only a whole path is distinctive enough.
    let before = text[..hit.start].iter().rev();
    let start = hit.start - before.take_while(|b| in_path(**b)).count();
    let end = hit.end + text[hit.end..].iter().take_while(|b| in_path(**b)).count();
    let written = std::str::from_utf8(&text[start..end]).ok()?;
    let written = percent_decode_str(written).decode_utf8().ok()?;
    let path = if written.starts_with("./") || written.starts_with("../") {
        resolve(written.trim_end_matches(['/', '.']), at)?
    } else {
        written.trim_matches(['/', '.']).to_owned()
    };
    let whole = path.contains('/');
    let writeup = whole.then(|| names.paths.get(&path).copied()).flatten()?;
    Some((start, writeup))
}

/// Links to files that are written with the extension of a document: where each path begins, and which it
/// is, from the root of the repository. `at` is the path of the text's file.
pub fn documents(text: &[u8], at: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for dot in memchr::memchr_iter(b'.', text) {
        let rest = &text[dot + 1..];
        let length = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let is_document = |known: &&str| known.as_bytes() == &rest[..length];
        if !DOCUMENTS.iter().any(is_document) || in_address(text, dot) {
            continue;
        }
        if let Some(opened) = opening::around(text, dot..dot + 1 + length, at)
            && let Some((_, path)) = opened_path(text, &opened, at)
        {
            found.push((opened.path.start, path));
        }
    }
    found.dedup();
    found
}

/// The path that a text links to, as it is written and from the root of the repository.
fn opened_path(text: &[u8], opened: &opening::Opened, at: &str) -> Option<(String, String)> {
    let written = std::str::from_utf8(&text[opened.path.clone()]).ok()?;
    let written = written.split(['#', '?']).next()?.trim().replace('\\', "");
    if !opened.wiki && has_scheme(&written) {
        return None;
    }
    let written = percent_decode_str(&written).decode_utf8().ok()?;
    if written.starts_with("//") || written.contains("://") {
        return None;
    }
    let path = resolve(&written, at)?;
    Some((written.into_owned(), path))
}

/// Whether this is within an address, of wherever it may be.
fn in_address(text: &[u8], at: usize) -> bool {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"<>\"'`()[]{}|".contains(b);
    let before = &text[at.saturating_sub(opening::REACH)..at];
    let start = before.iter().rposition(ends).map_or(0, |end| end + 1);
    before[start..].windows(3).any(|three| three == b"://")
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The page that a link without extension, or to the rendered page, means.
fn page_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    match name.rsplit_once('.') {
        Some((_, "html" | "htm")) => Some(without_extension(path)),
        Some((_, extension)) if DOCUMENTS.contains(&extension) => None,
        _ => Some(path),
    }
}

fn in_path(byte: u8) -> bool {
    !byte.is_ascii_control() && !b" <>()[]{}\"'`|*=,;:?#\\!".contains(&byte)
}

/// A path as seen from a file, without `.` and `..`; `None` if it leaves the repository.
fn resolve(written: &str, at: &str) -> Option<String> {
    let folder = if written.starts_with('/') {
        ""
    } else {
        folder(at)
    };
    let mut kept: Vec<&str> = Vec::new();
    for segment in folder.split('/').chain(written.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop()?;
            }
            _ => kept.push(segment),
        }
    }
    Some(kept.join("/"))
}
