//! What nobody of this repository wrote: files that a program made, and files of others that were
//! copied here. Links in them are kept and labelled. The conventions are those of GitHub's linguist:
//! the attributes `linguist-generated` and `linguist-vendored` of `.gitattributes` decide; then what a
//! file says of itself in its first lines; then its path.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::glob::pattern::Case;
use gix_attributes::search::{MetadataCollection, Outcome};
use gix_attributes::{Search, StateRef};

use crate::model::LinkLabel;
use crate::sources::SourceError;

use super::glob::Globs;
use super::place::is_document;
use super::repository::{MAX_BLOB, Repository};

/// How far into a file a program says that it wrote it, bytes and lines.
const HEAD: usize = 4096;
const LINES: usize = 24;

const FILE: &str = ".gitattributes";
const NAMES: [&str; 2] = ["linguist-generated", "linguist-vendored"];

/// The `.gitattributes` of the newest state: paths and contents.
pub(super) struct Attributes {
    files: Vec<(String, ObjectId)>,
    /// Paths of submodules in the newest state.
    pub(super) submodules: Vec<String>,
}

impl Attributes {
    /// Looks where they are.
    pub(super) fn at(repository: &Repository, head: ObjectId) -> Result<Attributes, SourceError> {
        let tree = repository.commit(head)?.tree;
        let tree = repository.inner.find_tree(tree);
        let tree = tree.map_err(|e| repository.failed(e))?;
        let files = tree.traverse().breadthfirst.files();
        let files = files.map_err(|e| repository.failed(e))?;
        let name = |path: &BStr| path.rsplit(|byte| *byte == b'/').next() == Some(FILE.as_bytes());
        let text = |path: &BStr| path.to_str_lossy().into_owned();
        let submodules = files.iter().filter(|file| file.mode.is_commit());
        let submodules = submodules
            .map(|file| text(file.filepath.as_bstr()))
            .collect();
        let mut files: Vec<(String, ObjectId)> = files
            .into_iter()
            .filter(|file| file.mode.is_blob() && name(file.filepath.as_bstr()))
            .map(|file| (text(file.filepath.as_bstr()), file.oid))
            .collect();
        // Those further down have the last word.
        files.sort_by_cached_key(|(path, _)| (path.matches('/').count(), path.clone()));
        Ok(Attributes { files, submodules })
    }

    /// Differs where other attributes hold.
    pub(super) fn print(&self) -> Vec<String> {
        let print = |(path, blob): &(String, ObjectId)| format!("{path} {blob}");
        self.files.iter().map(print).collect()
    }
}

/// Which files are what.
pub(super) struct Labels<'a> {
    vendored: &'a Globs,
    generated: &'a Globs,
    search: Search,
    names: MetadataCollection,
}

impl<'a> Labels<'a> {
    /// By these globs and attributes.
    pub(super) fn new(
        repository: &Repository,
        attributes: &Attributes,
        vendored: &'a Globs,
        generated: &'a Globs,
    ) -> Result<Labels<'a>, SourceError> {
        let mut search = Search::default();
        let mut names = MetadataCollection::default();
        for (path, blob) in &attributes.files {
            if repository.size(*blob)? > MAX_BLOB {
                continue;
            }
            let text = repository.content(*blob)?;
            search
                .add_patterns_buffer(
                    &text,
                    PathBuf::from(path),
                    Some(Path::new("")),
                    &mut names,
                    true,
                )
                .map_err(|e| repository.failed(e))?;
        }
        Ok(Labels {
            vendored,
            generated,
            search,
            names,
        })
    }

    /// The label of a file, if it has one.
    pub(super) fn of(&self, path: &str, text: &[u8]) -> Option<LinkLabel> {
        let [generated, vendored] = self.said(path);
        // A page can speak of programs without being the work of one.
        let says = || !is_document(path) && says_generated(text);
        if generated.unwrap_or_else(|| says() || self.generated.fit(path)) {
            return Some(LinkLabel::Generated);
        }
        vendored
            .unwrap_or_else(|| self.vendored.fit(path))
            .then_some(LinkLabel::Vendored)
    }

    /// What attributes say of both labels.
    fn said(&self, path: &str) -> [Option<bool>; 2] {
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&self.names, NAMES);
        let path = BStr::new(path);
        self.search.pattern_matching_relative_path(
            path,
            Case::Sensitive,
            Some(false),
            &mut outcome,
        );
        let mut said = [None; 2];
        for (said, found) in said.iter_mut().zip(outcome.iter_selected()) {
            *said = match found.assignment.state {
                StateRef::Set => Some(true),
                StateRef::Unset => Some(false),
                StateRef::Value(value) => Some(value.as_bstr() != "false"),
                StateRef::Unspecified => None,
            };
        }
        said
    }
}

/// What programs write into the head of a file; the last one only beside a wish to leave it alone.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "@generated",
        "generated by the protocol buffer compiler",
        "autogenerated by ",
        "auto-generated by ",
        "generated",
    ];
    let words = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostFirst)
        .build(words);
    words.ok()
});

/// `Code generated by protoc-gen-go. DO NOT EDIT.`, `@generated`, `Autogenerated by Thrift`.
fn says_generated(text: &[u8]) -> bool {
    let head = &text[..text.len().min(HEAD)];
    let lines = memchr::memchr_iter(b'\n', head).nth(LINES - 1);
    let head = &head[..lines.unwrap_or(head.len())];
    let mut words = WORDS.iter().flat_map(|words| words.find_iter(head));
    words.any(|found| {
        let quoted = head[..found.start()].last() == Some(&b'`');
        let is_plain = found.pattern().as_usize() < 4 && !quoted;
        is_plain || {
            let start = memchr::memrchr(b'\n', &head[..found.start()]).map_or(0, |at| at + 1);
            let line = head[start..].lines().next().unwrap_or_default();
            let line = line.to_ascii_lowercase();
            line.contains_str("do not edit") || line.contains_str("do not modify")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_that_they_wrote_a_file() {
        for text in [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x",
            "# @generated by tool\n",
            "/*\n * Autogenerated by Thrift Compiler (0.9)\n */",
        ] {
            assert!(says_generated(text.as_bytes()), "{text}");
        }
        let late = format!("{}// @generated\n", "\n".repeat(30));
        for text in [
            "",
            "// generates code",
            "// how the report is generated",
            "//! begins with `@generated`",
            &late,
        ] {
            assert!(!says_generated(text.as_bytes()), "{text}");
        }
    }
}
