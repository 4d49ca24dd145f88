//! Links to files: which paths a text can mean, and whether it really links there.

use std::collections::BTreeSet;
use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::Names;

/// Extensions of files that are documents.
const DOCUMENTS: &[&str] = &[
    "md", "markdown", "mdx", "rst", "adoc", "asciidoc", "txt", "html", "htm", "org", "wiki",
    "textile",
];

const SPACES: &AsciiSet = &CONTROLS.add(b' ');

/// Whether a name is a path in a repository.
pub fn is_path(name: &str) -> bool {
    let document = name
        .rsplit_once('.')
        .is_some_and(|(_, extension)| DOCUMENTS.contains(&extension));
    (document || name.contains('/')) && !name.contains("://") && !name.contains(':')
}

/// A path without the extension of a document.
pub(super) fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if DOCUMENTS.contains(&extension) => stem,
        _ => path,
    }
}

/// The file names to look for, given paths without extension.
pub(super) fn needles<'a>(pages: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    pages
        .filter_map(|page| page.rsplit('/').next())
        .filter(|name| !name.is_empty())
        .map(|name| utf8_percent_encode(name, SPACES).to_string())
        .collect()
}

/// The write-up that the path around a file name links to, and where the path begins.
pub(super) fn at(
    text: &[u8],
    hit: Range<usize>,
    at: &str,
    names: &Names,
) -> Option<(usize, usize)> {
    let start = hit.start
        - text[..hit.start]
            .iter()
            .rev()
            .take_while(|b| in_path(**b))
            .count();
    let end = hit.end + text[hit.end..].iter().take_while(|b| in_path(**b)).count();
    let written = std::str::from_utf8(&text[start..end]).ok()?;
    let written = percent_decode_str(written).decode_utf8().ok()?;
    // The rest of an address of some other place.
    if written.starts_with("//") {
        return None;
    }
    let writeup = if is_link(&text[..start]) {
        let path = resolve(&written, at)?;
        let page = || names.pages.get(page_of(&path)?).copied();
        names.paths.get(&path).copied().or_else(page)
    } else {
        // In running text only a whole path is distinctive enough.
        let path = written.trim_start_matches("./").trim_matches(['/', '.']);
        path.contains('/')
            .then(|| names.paths.get(path).copied())
            .flatten()
    };
    writeup.map(|writeup| (start, writeup))
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

/// Whether what stands before a path makes it a link.
fn is_link(before: &[u8]) -> bool {
    const OPENINGS: &[&[u8]] = &[
        b"](",
        b"]:",
        b"](<",
        b"]: <",
        b"<",
        b"href=",
        b"href=\"",
        b"href='",
        b"src=\"",
        b"src='",
        b":doc:`",
        b":ref:`",
        b"link:",
        b"xref:",
        b"include::",
        b"[[",
    ];
    let spaces = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    let before = &before[..before.len() - spaces];
    OPENINGS.iter().any(|opening| before.ends_with(opening))
        && (spaces == 0 || before.ends_with(b"]:") || before.ends_with(b"]("))
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
