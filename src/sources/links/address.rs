//! Addresses in running text: where one ends, and which write-up it names.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::target::{canonical, host};

use super::Names;

/// Where GitHub serves files as they are.
pub(in crate::sources) const GITHUB_RAW: &str = "raw.githubusercontent.com";

/// Ways to look at a file at a forge; a version and a path follow.
const VIEWS: &[&str] = &[
    "blob", "raw", "blame", "tree", "edit", "commits", "src", "history",
];

/// Pages of a forge that have parts of their own below them (`/pull/12/files`).
const THREADS: &[&str] = &[
    "/pull/",
    "/pulls/",
    "/issues/",
    "/merge_requests/",
    "/pull-requests/",
];

/// Every http(s) address of a text, and where it begins; marks of the text around it are not in it.
pub(in crate::sources) fn addresses(text: &[u8]) -> impl Iterator<Item = (usize, String)> {
    memchr::memmem::find_iter(text, b"://").filter_map(|colon| {
        let (start, written) = written(text, colon)?;
        let address = trimmed(written.split(is_mark).next()?);
        Some((start, address.replace("&amp;", "&")))
    })
}

/// What follows the way to look at a file, from the version on, in an address below a repository's page.
pub(in crate::sources) fn below_views(rest: &str) -> Option<&str> {
    let (view, below) = rest.strip_prefix("-/").unwrap_or(rest).split_once('/')?;
    VIEWS.contains(&view).then_some(below)
}

/// The write-up that the address around `://` at `colon` names, and where the address begins.
pub(super) fn at(text: &[u8], colon: usize, names: &Names) -> Option<(usize, usize)> {
    let (start, written) = written(text, colon)?;
    if !names.hosts.contains(&host(written)?) {
        return None;
    }
    let written = written.replace("&amp;", "&");
    // An address may end in a mark; mostly the mark belongs to the text around it.
    let cut = written.split(is_mark).next().unwrap_or(&written);
    let mut tried = None;
    let writeup = [&written, trimmed(&written), cut, trimmed(cut)]
        .into_iter()
        .filter(|address| tried.replace(address.len()) != Some(address.len()))
        .find_map(|address| named(address, names))?;
    Some((start, writeup))
}

/// The address around `://` at `colon` as far as it may reach, and where it begins.
fn written(text: &[u8], colon: usize) -> Option<(usize, &str)> {
    let scheme = match &text[..colon] {
        before if ends_with(before, b"https") => 5,
        before if ends_with(before, b"http") => 4,
        _ => return None,
    };
    let start = colon - scheme;
    if text[..start].last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let end = colon + 3 + length(&text[colon + 3..]);
    // A byte that is no UTF-8 ends it too.
    let written = text[start..end].utf8_chunks().next()?.valid();
    Some((start, written))
}

fn trimmed(address: &str) -> &str {
    address.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~'])
}

/// Quotation marks, ellipses, full stops and brackets of all scripts beyond ASCII.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '«' | '»' | '・')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}' | '\u{ff3b}'..='\u{ff65}')
}

/// Repository and path of an address that stands for a file in any version, if it is one.
pub(super) fn any_version(url: &str) -> Option<(&str, &str)> {
    for marker in ["/-/blob/HEAD/", "/blob/HEAD/", "/src/HEAD/"] {
        if let Some((repository, path)) = url.split_once(marker) {
            return (!path.is_empty()).then_some((repository, path));
        }
    }
    None
}

/// An address with brackets written plainly, for the finder alone: Markdown has to write `%29` where the
/// address has a bracket, and no wiki has two pages that differ in that.
pub(super) fn with_brackets(url: &str) -> Cow<'_, str> {
    match url.contains("%28") || url.contains("%29") {
        true => Cow::Owned(url.replace("%28", "(").replace("%29", ")")),
        false => Cow::Borrowed(url),
    }
}

fn named(address: &str, names: &Names) -> Option<usize> {
    let url = canonical(address);
    let url = with_brackets(&url);
    if let Some(&writeup) = names.urls.get(url.as_ref()) {
        return Some(writeup);
    }
    let page = url.split('?').next().unwrap_or(&url);
    thread(page)
        .and_then(|thread| names.urls.get(thread).copied())
        .or_else(|| file(page, names))
}

/// `…/pull/12` of `…/pull/12/files`.
fn thread(page: &str) -> Option<&str> {
    let (at, marker) = THREADS
        .iter()
        .find_map(|marker| page.find(marker).map(|at| (at, marker)))?;
    let number = &page[at + marker.len()..];
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && number[digits..].starts_with('/')).then(|| &page[..at + marker.len() + digits])
}

/// The write-up that is this file at a forge, in any version.
fn file(page: &str, names: &Names) -> Option<usize> {
    if names.files.is_empty() {
        return None;
    }
    if let Some(rest) = page
        .strip_prefix("https://")
        .and_then(|p| p.strip_prefix(GITHUB_RAW))
    {
        let mut slashes = rest.match_indices('/').map(|(at, _)| at).skip(2);
        let end = slashes.next()?;
        let repository = format!("https://github.com{}", &rest[..end]);
        return below_a_version(names.files.get(&repository)?, &rest[end + 1..]);
    }
    let mut from = "https://".len();
    while let Some(slash) = page[from..].find('/').map(|at| from + at) {
        let segment = page[slash + 1..].split('/').next().unwrap_or_default();
        let rest = page.get(slash + segment.len() + 2..).unwrap_or_default();
        if VIEWS.contains(&segment) {
            let repository = page[..slash].strip_suffix("/-").unwrap_or(&page[..slash]);
            if let Some(files) = names.files.get(repository) {
                return below_a_version(files, rest);
            }
        }
        from = slash + 1;
    }
    None
}

/// A version can hold slashes itself, so every split is tried, the shortest version first.
fn below_a_version(files: &HashMap<String, usize>, rest: &str) -> Option<usize> {
    rest.match_indices('/')
        .find_map(|(at, _)| files.get(&rest[at + 1..]).copied())
}

fn ends_with(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len() && text[text.len() - word.len()..].eq_ignore_ascii_case(word)
}

/// How far an address reaches. A closing bracket ends it unless it was opened inside.
fn length(text: &[u8]) -> usize {
    let mut open = 0u32;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            0..=b' '
            | 0x7f
            | b'<'
            | b'>'
            | b'"'
            | b'\''
            | b'`'
            | b'\\'
            | b'|'
            | b'^'
            | b'{'
            | b'}'
            | b'['
            | b']' => return at,
            b'(' => open += 1,
            b')' if open == 0 => return at,
            b')' => open -= 1,
            _ => {}
        }
    }
    text.len()
}
