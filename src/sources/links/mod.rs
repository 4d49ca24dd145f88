//! Finds references to registered write-ups in any text: commit messages, source files, comments.
//! Shared by sources; it is no kind of source.
//!
//! - [`Form::Title`], where asked for: a title word for word, if it has three words and twelve
//!   characters and no other write-up is called the same.
//!
//! One pass of an Aho-Corasick automaton over distinctive needles (`://`, incident keys, file
//! names) says where to look; exact checks decide. These forms are found:
//!
//! - [`Form::Url`]: an http(s) address that [`canonical`] equates with one of a write-up's names.
//!   Where a name has the shape `PREFIX/blob/HEAD/PATH` (GitHub, also `/-/blob/HEAD/`, `/src/HEAD/`),
//!   the same file on any branch, tag or commit is meant, looked at in any way (`raw`, `blame`, …).
//!   A thread at a forge is also found by its short reference, `org/repo#12` or `group/repo!12`.
//! - [`Form::Key`]: a name with a letter and a digit, such as `INC-1234`, verbatim between ASCII word
//!   boundaries. Names without both (titles, page numbers) are too common to be looked for.
//! - [`Form::Relative`]: a link of Markdown, reStructuredText, AsciiDoc, HTML or a wiki to a file,
//!   resolved against the folder of the text's own file; or a path with a folder written out, from
//!   the root of the repository or, where it begins with a dot, from the file's folder.

mod address;
mod opening;
mod relative;
mod thread;

use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use crate::model::LinkForm;
use crate::model::target::{canonical, host};

use super::KnownWriteup;

pub(in crate::sources) use address::{GITHUB_RAW, addresses, below_views};
pub(in crate::sources) use relative::DOCUMENTS;
pub use relative::{documents, is_path};

/// How a reference is written. The order is that of preference within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// An address.
    Url,
    /// A path, resolved.
    Relative,
    /// An incident key.
    Key,
    /// A title, word for word.
    Title,
}

impl Form {
    /// What the event of a link says of it.
    pub fn of_link(self) -> LinkForm {
        match self {
            Form::Url | Form::Relative => LinkForm::Link,
            Form::Key => LinkForm::Key,
            Form::Title => LinkForm::Title,
        }
    }
}

/// A reference found. A line that refers to one write-up several times does so once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The write-up: its index in the slice given to [`Finder::new`].
    pub writeup: usize,
    /// The line, from 1.
    pub line: u32,
    /// Where in the text the reference begins, bytes.
    pub offset: usize,
    /// How it is written.
    pub form: Form,
}

/// Looks for references to a fixed set of write-ups.
#[derive(Debug)]
pub struct Finder {
    automaton: Option<AhoCorasick>,
    needles: Vec<Needle>,
    names: Names,
}

#[derive(Debug)]
enum Needle {
    Scheme,
    Key(usize),
    Thread(usize),
    Title(usize),
    FileName,
}

/// The names of write-ups that are no keys. A name that two write-ups claim is the first one's.
#[derive(Debug, Default)]
struct Names {
    /// Canonical addresses.
    urls: HashMap<String, usize>,
    /// Hosts of `urls` and `files`, lower case.
    hosts: HashSet<String>,
    /// Files of repositories at a forge, by address of the repository, then by path.
    files: HashMap<String, HashMap<String, usize>>,
    /// Paths in the text's own repository.
    paths: HashMap<String, usize>,
    /// The same without file extension.
    pages: HashMap<String, usize>,
    /// File names without extension, for links of wikis; none where several write-ups share it.
    stems: HashMap<String, Option<usize>>,
}

impl Finder {
    /// A finder for these write-ups by their id and their other names.
    pub fn new(writeups: &[KnownWriteup]) -> Finder {
        Finder::build(writeups, false, &[])
    }

    /// The same, by their titles, and by all names that one of these patterns fits as a whole, however
    /// common they look.
    pub fn with_titles(writeups: &[KnownWriteup], keys: &[Regex]) -> Finder {
        Finder::build(writeups, true, keys)
    }

    fn build(writeups: &[KnownWriteup], by_title: bool, own: &[Regex]) -> Finder {
        let is_own = |name: &str| {
            let whole = |pattern: &Regex| {
                let found = pattern.find(name);
                found.is_some_and(|found| found.len() == name.len())
            };
            name.len() > 1 && own.iter().any(whole)
        };
        let mut names = Names::default();
        let mut keys: HashMap<&str, usize> = HashMap::new();
        let mut threads: BTreeMap<String, usize> = BTreeMap::new();
        let mut titles: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for (index, writeup) in writeups.iter().enumerate() {
            let title = writeup.title.as_deref().filter(|_| by_title);
            let title = title.map(str::trim);
            if let Some(title) = title.filter(|title| is_distinctive(title)) {
                let holder = titles.entry(title).or_insert(Some(index));
                holder.take_if(|holder| *holder != index);
            }
            for name in std::iter::once(&writeup.id).chain(&writeup.aliases) {
                let name = name.trim();
                if let Some(host) = host(name) {
                    names.hosts.insert(host);
                    names.add_url(name, index);
                    if let Some(short) = thread::short(&canonical(name)) {
                        threads.entry(short).or_insert(index);
                    }
                } else if thread::is_short(name) {
                    threads.entry(name.to_owned()).or_insert(index);
                } else if is_own(name) {
                    keys.entry(name).or_insert(index);
                } else if relative::is_path(name) {
                    names.add_path(name, index);
                } else if is_key(name) {
                    keys.entry(name).or_insert(index);
                }
            }
        }
        let mut patterns: Vec<String> = Vec::new();
        let mut needles = Vec::new();
        if !names.hosts.is_empty() {
            patterns.push("://".to_owned());
            needles.push(Needle::Scheme);
        }
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_unstable();
        for (key, index) in keys {
            patterns.push(key.to_owned());
            needles.push(Needle::Key(index));
        }
        for (short, index) in threads {
            patterns.push(short);
            needles.push(Needle::Thread(index));
        }
        for (title, index) in titles {
            if let Some(index) = index {
                patterns.push(title.to_owned());
                needles.push(Needle::Title(index));
            }
        }
        for file_name in relative::needles(names.pages.keys()) {
            patterns.push(file_name);
            needles.push(Needle::FileName);
        }
        // Only an absurd number of patterns can fail to build; then nothing is found rather than
        // the whole source lost.
        let automaton = (!patterns.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    .kind(Some(AhoCorasickKind::ContiguousNFA))
                    .build(&patterns)
                    .ok()
            })
            .flatten();
        Finder {
            automaton,
            needles,
            names,
        }
    }

    /// The write-up that the first of these texts to refer to any refers to first.
    pub fn first<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<usize> {
        texts.into_iter().find_map(|text| {
            let found = self.find(text.as_bytes(), None);
            found.first().map(|found| found.writeup)
        })
    }

    /// The references in a text, by line. `at` is the path of the text's file in its repository;
    /// without it no relative links are looked for.
    pub fn find(&self, text: &[u8], at: Option<&str>) -> Vec<Found> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut hits: Vec<(usize, Form, usize)> = Vec::new();
        for hit in automaton.find_overlapping_iter(text) {
            let (start, end) = (hit.start(), hit.end());
            let found = match self.needles[hit.pattern().as_usize()] {
                Needle::Scheme => {
                    address::at(text, start, &self.names).map(|(from, w)| (from, Form::Url, w))
                }
                Needle::Key(writeup) => {
                    stands_alone(text, start, end).then_some((start, Form::Key, writeup))
                }
                Needle::Thread(writeup) => (stands_alone(text, start, end)
                    && !thread::goes_on_before(text, start))
                .then_some((start, Form::Url, writeup)),
                Needle::Title(writeup) => {
                    stands_alone(text, start, end).then_some((start, Form::Title, writeup))
                }
                Needle::FileName => at
                    .and_then(|at| relative::at(text, start..end, at, &self.names))
                    .map(|(from, writeup)| (from, Form::Relative, writeup)),
            };
            hits.extend(found);
        }
        if hits.is_empty() {
            return Vec::new();
        }
        hits.sort_unstable();
        hits.dedup();
        one_a_line(text, &hits)
    }
}

impl Names {
    fn add_url(&mut self, name: &str, index: usize) {
        let url = canonical(name);
        let url = address::with_brackets(&url).into_owned();
        if let Some((repository, path)) = address::any_version(&url) {
            if repository.starts_with("https://github.com/") {
                self.hosts.insert(address::GITHUB_RAW.to_owned());
            }
            let files = self.files.entry(repository.to_owned()).or_default();
            files.entry(path.to_owned()).or_insert(index);
        }
        self.urls.entry(url).or_insert(index);
    }

    fn add_path(&mut self, name: &str, index: usize) {
        let path = name.trim_start_matches("./").trim_matches('/');
        self.paths.entry(path.to_owned()).or_insert(index);
        let page = relative::without_extension(path);
        let stem = page.rsplit('/').next().unwrap_or(page).to_owned();
        self.pages.entry(page.to_owned()).or_insert(index);
        let holder = self.stems.entry(stem).or_insert(Some(index));
        if *holder != Some(index) {
            *holder = None;
        }
    }
}

/// A name distinctive enough to be looked for in running text.
fn is_key(name: &str) -> bool {
    (4..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().any(|b| b.is_ascii_alphabetic())
        && name.bytes().any(|b| b.is_ascii_digit())
        && !name.contains(['\n', '\r', '/'])
}

/// A title that nobody writes by chance: of several words, and not a short one.
fn is_distinctive(title: &str) -> bool {
    title.split_whitespace().count() >= 3 && title.chars().count() >= 12 && !title.contains('\n')
}

/// Whether what stands there is no part of a longer word.
pub(super) fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    !text[..start].last().is_some_and(word) && !text.get(end).is_some_and(word)
}

fn one_a_line(text: &[u8], hits: &[(usize, Form, usize)]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::with_capacity(hits.len());
    let (mut line, mut counted) = (1u32, 0);
    for &(offset, form, writeup) in hits {
        line = line.saturating_add(newlines(&text[counted..offset]));
        counted = offset;
        let same_line = found.iter_mut().rev().take_while(|f| f.line == line);
        match same_line.into_iter().find(|f| f.writeup == writeup) {
            Some(earlier) if form < earlier.form => {
                earlier.form = form;
                earlier.offset = offset;
            }
            Some(_) => {}
            None => found.push(Found {
                writeup,
                line,
                offset,
                form,
            }),
        }
    }
    found
}

fn newlines(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<KnownWriteup> {
        let writeup = |id: &str, aliases: &[&str]| KnownWriteup {
            id: id.to_owned(),
            title: None,
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        };
        vec![
            writeup(
                "w0",
                &[
                    "https://wiki.example.org/x/AbC",
                    "INC-12",
                    "postmortems/0012-disk.md",
                ],
            ),
            writeup(
                "w1",
                &[
                    "https://github.com/org/repo/blob/HEAD/postmortems/0013-dns.md",
                    "INC-123",
                    "postmortems/0013-dns.md",
                    "https://github.com/org/repo/pull/13",
                ],
            ),
            writeup(
                "w2",
                &["The long outage", "4711", "postmortems/two words.md"],
            ),
        ]
    }

    fn found(text: &str, at: Option<&str>) -> Vec<(usize, u32, Form)> {
        let finder = Finder::new(&known());
        finder
            .find(text.as_bytes(), at)
            .iter()
            .map(|f| (f.writeup, f.line, f.form))
            .collect()
    }

    #[test]
    fn addresses_in_every_spelling() {
        for text in [
            "see https://wiki.example.org/x/AbC.",
            "(HTTP://WIKI.example.org:80/x/AbC/?utm_source=a#b)",
            "[a](https://wiki.example.org/x/AbC), b",
            "<https://wiki.example.org/x/AbC>",
            "\"https://wiki.example.org/x/AbC\\n\"",
            "**https://wiki.example.org/x/AbC**",
            "https://web.archive.org/web/2020/https://wiki.example.org/x/AbC",
            "href='https://ada@wiki.example.org/x/%41bC'",
            "https://wiki.example.org/x/AbC…",
            "“https://wiki.example.org/x/AbC”",
            "https://wiki.example.org/x/AbC.”",
            "https://wiki.example.org/x/AbC、and",
        ] {
            assert_eq!(found(text, None), [(0, 1, Form::Url)], "{text}");
        }
        for text in [
            "https://wiki.example.org/x/abc",
            "https://wiki.example.org/x/AbCd",
            "https://wiki.example.org/x",
            "https://other.example.org/x/AbC",
            "xhttps://wiki.example.org/x/AbC",
            "://wiki.example.org/x/AbC",
            "https://",
        ] {
            assert_eq!(found(text, None), [], "{text}");
        }
    }

    #[test]
    fn a_file_at_a_forge_on_any_version() {
        for text in [
            "https://github.com/org/repo/blob/main/postmortems/0013-dns.md#L3",
            "https://github.com/org/repo/blob/feature/x/postmortems/0013-dns.md?plain=1",
            "https://github.com/org/repo/raw/0123abc/postmortems/0013-dns.md",
            "https://www.github.com/org/repo/blame/main/postmortems/0013-dns.md",
            "https://github.com/org/repo/edit/main/postmortems/0013-dns.md",
            "https://raw.githubusercontent.com/org/repo/main/postmortems/0013-dns.md",
            "https://github.com/org/repo/pull/13/files",
        ] {
            assert_eq!(found(text, None), [(1, 1, Form::Url)], "{text}");
        }
        assert_eq!(
            found(
                "https://github.com/org/other/blob/main/postmortems/0013-dns.md",
                None
            ),
            []
        );
        assert_eq!(
            found("https://github.com/org/repo/blob/main/0013-dns.md", None),
            []
        );
        assert_eq!(found("https://github.com/org/repo/pull/131", None), []);
    }

    #[test]
    fn threads_by_their_short_references() {
        for text in ["Fixes org/repo#13.", "(org/repo#13)"] {
            assert_eq!(found(text, None), [(1, 1, Form::Url)], "{text}");
        }
        for text in [
            "org/repo#131",
            "an-org/repo#13",
            "x/org/repo#13",
            "org/repo!13",
            "Org/repo#13",
            "https://other.example/org/repo#13",
        ] {
            assert_eq!(found(text, None), [], "{text}");
        }
    }

    #[test]
    fn keys_between_word_boundaries() {
        assert_eq!(
            found("Fix INC-12, INC-123\nand INC-12", None),
            [(0, 1, Form::Key), (1, 1, Form::Key), (0, 2, Form::Key)]
        );
        assert_eq!(
            found(
                "XINC-12 INC-12a INC-1 inc-12 INC-12_b The long outage 4711",
                None
            ),
            []
        );
        assert_eq!(
            found("INC-12 https://wiki.example.org/x/AbC", None),
            [(0, 1, Form::Url)]
        );
    }

    #[test]
    fn relative_links_and_paths() {
        let link = [(0, 1, Form::Relative)];
        for (text, at) in [
            ("[a](0012-disk.md)", "postmortems/x.md"),
            (
                "[a](../postmortems/0012-disk.md#why \"title\")",
                "docs/x.md",
            ),
            ("[a]: ./0012-disk.md", "postmortems/x.md"),
            ("[a](<0012-disk.md>)", "postmortems/x.md"),
            ("`a <0012-disk.md>`_", "postmortems/x.rst"),
            (":doc:`0012-disk`", "postmortems/x.rst"),
            ("<a href=\"/postmortems/0012-disk.html\">", "x.html"),
            ("xref:0012-disk.md[a]", "postmortems/x.adoc"),
            ("[[0012-disk]]", "postmortems/x.md"),
            ("[[0012-disk|the disk]]", "docs/x.md"),
            (".. include:: 0012-disk.md", "postmortems/x.rst"),
            (".. _the disk: 0012-disk.md", "postmortems/x.rst"),
            ("__ 0012-disk.md", "postmortems/x.rst"),
            (
                ".. toctree::\n   :maxdepth: 1\n\n   other\n   0012-disk",
                "postmortems/x.rst",
            ),
            (".. toctree::\n\n   Disk <0012-disk>", "postmortems/x.rst"),
            ("see ../../postmortems/0012-disk.md.", "docs/sub/x.md"),
            ("and (postmortems/0012-disk.md)", "docs/sub/x.md"),
            ("// see postmortems/0012-disk.md", "src/deep/x.rs"),
        ] {
            let lines = newlines(text.as_bytes()) + 1;
            let link = link.map(|(writeup, _, form)| (writeup, lines, form));
            assert_eq!(found(text, Some(at)), link, "{text}");
        }
        for (text, at) in [
            ("see ../postmortems/0012-disk.md", "docs/sub/x.md"),
            ("see ./postmortems/0012-disk.md", "docs/x.md"),
            ("https://other.example/?f=postmortems/0012-disk.md", "x.md"),
            ("https://other.example/a,postmortems/0012-disk.md", "x.md"),
            ("   0012-disk\n", "postmortems/x.rst"),
            (".. note:: a\n\n   0012-disk", "postmortems/x.rst"),
            ("0012-disk.md", "postmortems/x.md"),
            ("[a](0012-disk.md)", "docs/x.md"),
            ("[a](0012-disk.mdx)", "postmortems/x.md"),
            (
                "[a](https://elsewhere.org/postmortems/0012-disk.md)",
                "x.md",
            ),
            ("[a](../../../0012-disk.md)", "postmortems/x.md"),
        ] {
            assert_eq!(found(text, Some(at)), [], "{text}");
        }
        assert_eq!(found("[a](0012-disk.md)", None), []);
        assert_eq!(
            found("[a](two%20words.md)", Some("postmortems/x.md")),
            [(2, 1, Form::Relative)]
        );
    }

    #[test]
    fn names_that_need_care() {
        let names = [
            "pm/größe-voll.md",
            "pm/two words.md",
            "pm/xyz (y).md",
            "pm/c++.md",
            "pm/中文.md",
            "pm/g:h.md",
        ];
        let writeups: Vec<KnownWriteup> = names
            .iter()
            .map(|name| KnownWriteup {
                id: (*name).to_owned(),
                title: None,
                aliases: Vec::new(),
            })
            .collect();
        let finder = Finder::new(&writeups);
        for (text, writeup) in [
            ("[a](../pm/größe-voll.md)", 0),
            ("[a](../pm/gr%C3%B6%c3%9fe-voll.md)", 0),
            ("[a](<../pm/two words.md>)", 1),
            ("[a]( <../pm/two words.md> 'b')", 1),
            ("[a]: <../pm/two words.md>", 1),
            ("[a](../pm/two%20words.md#x)", 1),
            ("<a href=\"../pm/two words.md\">", 1),
            ("[a](<../pm/xyz (y).md>)", 2),
            ("[a](../pm/xyz%20%28y%29.md)", 2),
            ("[a](../pm/xyz%20(y).md)", 2),
            ("[a](../pm/xyz%20\\(y\\).md)", 2),
            ("[a](../pm/c%2B%2B.md)", 3),
            ("[a](../pm/c++.md)", 3),
            ("[a](../pm/中文.md)", 4),
            ("[a](../pm/%E4%B8%AD%E6%96%87.md)", 4),
            ("[4](../pm/g:h.md)", 5),
            ("[4](/pm/g%3Ah.md)", 5),
        ] {
            let found = finder.find(text.as_bytes(), Some("docs/x.md"));
            let found: Vec<usize> = found.iter().map(|found| found.writeup).collect();
            assert_eq!(found, [writeup], "{text}");
        }
        // That is an address of another scheme, wherever it stands.
        assert!(finder.find(b"[4](g:h.md)", Some("pm/x.md")).is_empty());
        assert_eq!(finder.find(b"[4](./g:h.md)", Some("pm/x.md")).len(), 1);
    }

    #[test]
    fn brackets_in_addresses_are_written_in_two_ways() {
        let page = |name: &str| KnownWriteup {
            id: name.to_owned(),
            title: None,
            aliases: vec![format!("https://wiki.example.org/wiki/{name}")],
        };
        let finder = Finder::new(&[page("Disk_(full)"), page("DNS_%28down%29")]);
        for (text, writeup) in [
            ("https://wiki.example.org/wiki/Disk_(full)", 0),
            ("[a](https://wiki.example.org/wiki/Disk_%28full%29)", 0),
            ("[a](https://wiki.example.org/wiki/Disk_(full))", 0),
            ("https://wiki.example.org/wiki/DNS_(down)", 1),
            ("https://wiki.example.org/wiki/DNS_%28down%29#why", 1),
        ] {
            let found = finder.find(text.as_bytes(), None);
            let found: Vec<usize> = found.iter().map(|found| found.writeup).collect();
            assert_eq!(found, [writeup], "{text}");
        }
    }

    #[test]
    fn any_bytes_do() {
        let finder = Finder::new(&known());
        let text = b"\xff\xfehttps://wiki.example.org/x/AbC\xff INC-12\xff\r\n";
        assert_eq!(finder.find(text, Some("\u{e9}.md")).len(), 1);
        assert!(Finder::new(&[]).find(text, Some("")).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_does(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "https://", "github.com/org/repo", "/blob/", "HEAD", "/raw", "0013-dns", ".md", "../", "](", ")",
                "INC-12", "\n", " ", "\u{e9}", "%2", "postmortems/", ":doc:`", "pull/13", "wiki.example.org/x/AbC",
            ]), 0..12),
            noise in proptest::collection::vec(proptest::num::u8::ANY, 0..8),
        ) {
            let mut text = pieces.concat().into_bytes();
            text.extend(noise);
            let finder = Finder::new(&known());
            let lines = 1 + newlines(&text);
            for found in finder.find(&text, Some("postmortems/x.md")) {
                proptest::prop_assert!(found.line <= lines && found.offset < text.len());
                proptest::prop_assert!(newlines(&text[..found.offset]) + 1 == found.line);
            }
        }
    }
}
