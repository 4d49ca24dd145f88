//! What kind of place a link in a file is: by the file's path, and within it by the line.

use gix::bstr::ByteSlice;

use crate::model::Place;
use crate::sources::links::{DOCUMENTS, Found};

use super::glob::Globs;
use super::language::{self, Language};
use super::marks::Marks;

const DIAGRAMS: &[&str] = &[
    "mmd",
    "mermaid",
    "puml",
    "plantuml",
    "pu",
    "iuml",
    "dot",
    "gv",
    "d2",
    "drawio",
    "dio",
    "svg",
    "excalidraw",
    "dsl",
    "c4",
];
/// A document that nobody links to by its path alone.
const NOTEBOOK: &str = "ipynb";
const CONFIGURATION: &[&str] = &[
    "yml",
    "yaml",
    "toml",
    "json",
    "jsonc",
    "json5",
    "ini",
    "cfg",
    "conf",
    "properties",
    "env",
    "xml",
    "plist",
    "cue",
    "dhall",
    "service",
    "csv",
    "tsv",
];
/// Languages of code blocks that are drawn as diagrams.
pub(super) const DRAWN: &[&str] = &[
    "mermaid",
    "plantuml",
    "puml",
    "dot",
    "graphviz",
    "d2",
    "ditaa",
    "structurizr",
];

/// Which paths are what; the parameters of the same names.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// Registered write-ups.
    pub(super) writeups: Globs,
    /// Onboarding pages.
    pub(super) onboarding: Globs,
    /// What the front matter of onboarding pages says.
    pub(super) onboarding_fields: Marks,
    /// Runbooks.
    pub(super) runbook: Globs,
    /// Documentation, besides what its extension says.
    pub(super) docs: Globs,
    /// What others wrote and was copied here.
    pub(super) vendored: Globs,
    /// What programs wrote.
    pub(super) generated: Globs,
    /// What pages begin as.
    pub(super) templates: Globs,
    /// Left out altogether.
    pub(super) exclude: Globs,
}

/// The places of references found in a file, in their order.
pub(super) fn of(paths: &Paths, path: &str, text: &[u8], found: &[Found]) -> Vec<Place> {
    match Kind::of(paths, path, text) {
        Kind::Whole(place) => vec![place; found.len()],
        Kind::Document(place) => {
            let diagrams = diagram_lines(text);
            let inside = |line| {
                diagrams
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&line))
            };
            found
                .iter()
                .map(|f| {
                    if inside(f.line) {
                        Place::Diagram
                    } else {
                        place
                    }
                })
                .collect()
        }
        Kind::Code(language) => {
            let offsets: Vec<usize> = found.iter().map(|f| f.offset).collect();
            // Within a line the order of write-ups can differ from that of offsets.
            let mut ascending = offsets.clone();
            ascending.sort_unstable();
            let answers = language.comments(text, &ascending);
            let comment = |offset| match ascending.binary_search(offset) {
                Ok(at) => answers[at],
                Err(_) => false,
            };
            offsets
                .iter()
                .map(|o| {
                    if comment(o) {
                        Place::CodeComment
                    } else {
                        Place::Code
                    }
                })
                .collect()
        }
    }
}

/// Whether a file is written to be read.
pub(super) fn is_document(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is = |known: &&str| known.eq_ignore_ascii_case(extension);
    DOCUMENTS.iter().chain([&NOTEBOOK]).any(is)
}

enum Kind {
    Whole(Place),
    /// Fenced diagrams stand apart.
    Document(Place),
    Code(&'static Language),
}

impl Kind {
    fn of(paths: &Paths, path: &str, text: &[u8]) -> Kind {
        let name = file_name(path).to_ascii_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let document = is_document(&name);
        if paths.writeups.fit(path) {
            return Kind::Document(Place::Writeup);
        }
        if DIAGRAMS.contains(&extension) || name.ends_with(".excalidraw.json") {
            return Kind::Whole(Place::Diagram);
        }
        let code = language::of_text(&name, extension, text);
        // A program for onboarding is a program; its texts are onboarding.
        if code.is_none()
            && (paths.onboarding.fit(path) || document && paths.onboarding_fields.fit(text))
        {
            return Kind::Document(Place::Onboarding);
        }
        if code.is_none() && paths.runbook.fit(path) {
            return Kind::Document(Place::Runbook);
        }
        match code {
            Some(language) => Kind::Code(language),
            None if document || paths.docs.fit(path) => Kind::Document(Place::Docs),
            None if CONFIGURATION.contains(&extension) => Kind::Whole(Place::Config),
            None => Kind::Whole(Place::Other),
        }
    }
}

/// First and last lines of diagrams that are written in a page: in fences of Markdown, in blocks of
/// reStructuredText (`.. graphviz::`) and of AsciiDoc (`[plantuml]` before `----`).
fn diagram_lines(text: &[u8]) -> Vec<(u32, u32)> {
    let mut blocks = fenced(text);
    blocks.extend(directed(text));
    blocks
}

/// Blocks that a directive or an attribute begins.
fn directed(text: &[u8]) -> Vec<(u32, u32)> {
    let mut blocks = Vec::new();
    let mut lines = (1u32..).zip(text.lines()).peekable();
    while let Some((from, line)) = lines.next() {
        let indented = line.len() - line.trim_start().len();
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix(b".. ")
            .filter(|_| line.ends_with(b"::") || line.contains_str(":: "))
        {
            if !is_drawn(name) {
                continue;
            }
            let mut to = from;
            let inside = |line: &[u8]| {
                line.trim().is_empty() || line.len() - line.trim_start().len() > indented
            };
            while let Some((number, _)) = lines.next_if(|(_, line)| inside(line)) {
                to = number;
            }
            blocks.push((from, to));
        } else if line.strip_prefix(b"[").is_some_and(is_drawn) {
            let fence = |line: &[u8]| {
                let line = line.trim();
                line.len() >= 4
                    && (line.iter().all(|b| *b == b'-') || line.iter().all(|b| *b == b'.'))
            };
            if lines.next_if(|(_, line)| fence(line)).is_none() {
                continue;
            }
            let to = lines.by_ref().find(|(_, line)| fence(line));
            blocks.push((from, to.map_or(u32::MAX, |(number, _)| number)));
        }
    }
    blocks
}

/// Whether this begins with the name of a language of diagrams.
fn is_drawn(name: &[u8]) -> bool {
    let word = name.trim_start().to_ascii_lowercase();
    let end = word.iter().position(|b| !b.is_ascii_alphanumeric());
    let word = &word[..end.unwrap_or(word.len())];
    word == b"uml" || DRAWN.iter().any(|known| known.as_bytes() == word)
}

fn fenced(text: &[u8]) -> Vec<(u32, u32)> {
    let mut blocks = Vec::new();
    let mut open: Option<(u32, bool)> = None;
    for (number, line) in (1u32..).zip(text.lines()) {
        let line = line.trim_start();
        let Some(info) = line
            .strip_prefix(b"```")
            .or_else(|| line.strip_prefix(b"~~~"))
        else {
            continue;
        };
        match open.take() {
            Some((from, true)) => blocks.push((from, number)),
            Some((_, false)) => {}
            None => {
                let info = info
                    .trim_start_with(|c| "`~{. ".contains(c))
                    .to_ascii_lowercase();
                open = Some((
                    number,
                    DRAWN.iter().any(|fence| info.starts_with(fence.as_bytes())),
                ));
            }
        }
    }
    if let Some((from, true)) = open {
        blocks.push((from, u32::MAX));
    }
    blocks
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::links::Form;

    #[test]
    fn diagrams_in_pages() {
        let rst = b"a\n\n.. graphviz::\n\n   digraph { b }\n\nc\n.. note::\n\n   d\n";
        assert_eq!(diagram_lines(rst), [(3, 6)]);
        let adoc = b"[plantuml, target=x]\n----\na -> b\n----\nc\n[source]\n----\nd\n----\n";
        assert_eq!(diagram_lines(adoc), [(1, 4)]);
        let md = b"```mermaid\na\n```\nb\n~~~ text\nc\n~~~\n";
        assert_eq!(diagram_lines(md), [(1, 3)]);
        assert_eq!(diagram_lines(b"[d2]\n\ntext\n"), []);
    }

    #[test]
    fn paths_say_what_a_place_is() {
        let paths = super::super::params::tests::paths(&["postmortems/*.md"]);
        let text = b"one\n```mermaid\ntwo\n```\n";
        let found = |line, offset| Found {
            writeup: 0,
            line,
            offset,
            form: Form::Url,
        };
        for (path, places) in [
            ("postmortems/1.md", [Place::Writeup, Place::Diagram]),
            (
                "docs/onboarding/day-one.md",
                [Place::Onboarding, Place::Diagram],
            ),
            ("ops/Runbooks/dns.rst", [Place::Runbook, Place::Diagram]),
            ("README.md", [Place::Docs, Place::Diagram]),
            ("postmortems/deep/1.md", [Place::Docs, Place::Diagram]),
            ("a/system.puml", [Place::Diagram, Place::Diagram]),
            ("deploy/app.yaml", [Place::Config, Place::Config]),
            ("onboarding/setup.py", [Place::Code, Place::Code]),
            ("LICENSE", [Place::Other, Place::Other]),
        ] {
            assert_eq!(
                of(&paths, path, text, &[found(1, 0), found(3, 15)]),
                places,
                "{path}"
            );
        }
        let marked = b"---\ntags: [onboarding]\n---\none\n";
        for (path, place) in [
            ("docs/day-one.md", Place::Onboarding),
            ("deploy/app.yaml", Place::Config),
            ("postmortems/1.md", Place::Writeup),
        ] {
            assert_eq!(of(&paths, path, marked, &[found(4, 30)]), [place], "{path}");
        }
        assert!(paths.exclude.fit("a/fixtures/b/c.js"));
        assert!(paths.vendored.fit("a/node_modules/b/c.js"));
        assert!(paths.vendored.fit("vendor/x.go"));
        assert!(paths.vendored.fit("lib/third-party/x.go"));
        assert!(!paths.vendored.fit("src/vendors.rs"));
        assert!(paths.generated.fit("api/shop_pb2_grpc.py"));
        assert!(paths.templates.fit("docs/Postmortem-Template.md"));
        assert!(!paths.templates.fit("src/template.rs"));
    }
}
