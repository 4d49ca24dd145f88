//! What stands at the tip of the branch and names a write-up that nobody has: keys that fit a pattern of
//! keys, links to files that would be write-ups, and addresses that a source's write-ups would have. The walk looks for registered names alone, so that
//! what it stores does not grow with every pattern; this is a look at one state, for a list of what is
//! broken.

use std::collections::BTreeSet;
use std::ops::Range;

use regex::bytes::Regex;

use crate::model::Place;
use crate::sources::links::{self, Form, Found};
use crate::sources::sites::Site;
use crate::sources::{SourceError, decode};

use super::changes::is_mail_in_path;
use super::labels::{Attributes, Labels};
use super::params::{Checked, Params};
use super::place;
use super::repository::{MAX_BLOB, Repository};
use super::scan::{is_binary, is_large_file};

/// A name that no write-up has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unnamed {
    /// A key, `repository:path`, or an address.
    pub target: String,
    /// What kind of place it stands in.
    pub place: Place,
    /// Where it stands: `repository@commit:path#L12`.
    pub stands_in: String,
}

/// The patterns of keys that these parameters give; none where they are wrong.
pub fn key_patterns(params: toml::Table) -> Vec<String> {
    let checked = decode::<Params>(params).and_then(Params::check);
    let keys = checked
        .map(|checked| checked.incident_keys)
        .unwrap_or_default();
    keys.iter().map(|key| key.as_str().to_owned()).collect()
}

/// Whether these parameters say which files are write-ups.
pub fn has_writeups(params: &toml::Table) -> bool {
    let globs = params.get("writeups").and_then(toml::Value::as_array);
    globs.is_some_and(|globs| !globs.is_empty())
}

/// What is known of names.
pub struct Known<'a> {
    /// Patterns of keys.
    pub keys: &'a [Regex],
    /// Where sources have their pages.
    pub sites: &'a [Site],
    /// Whether a write-up is called so.
    pub name: &'a dyn Fn(&str) -> bool,
    /// Whether an address leads to a write-up, however it is written.
    pub address: &'a dyn Fn(&str) -> bool,
}

/// What the repository names at its tip and no write-up is called. Copied and generated files, templates
/// and excluded paths are left out, and so are keys that stand for any key.
pub fn unnamed(params: toml::Table, known: &Known<'_>) -> Result<Vec<Unnamed>, SourceError> {
    let params = decode::<Params>(params)?.check()?;
    let repository = Repository::open(&params.path, &params.name)?;
    let Some(head) = repository.head(params.branch.as_deref())? else {
        return Ok(Vec::new());
    };
    let attributes = Attributes::at(&repository, head)?;
    let (vendored, generated) = (&params.paths.vendored, &params.paths.generated);
    let labels = Labels::new(&repository, &attributes, vendored, generated)?;
    let files = repository.files(head)?;
    let paths = files.iter().map(|(path, _)| path.as_str()).collect();
    let tip = Tip {
        params: &params,
        known,
        paths,
        commit: head.to_hex_with_len(12).to_string(),
    };
    let mut all = Vec::new();
    for (path, blob) in &files {
        let left_out = params.paths.exclude.fit(path)
            || params.paths.templates.fit(path)
            || is_mail_in_path(path.as_bytes());
        if left_out || repository.size(*blob)? > MAX_BLOB {
            continue;
        }
        let text = repository.content(*blob)?;
        if is_binary(&text) || is_large_file(&text) || labels.of(path, &text).is_some() {
            continue;
        }
        tip.look(path, &text, &mut all);
    }
    Ok(all)
}

struct Tip<'a> {
    params: &'a Checked,
    known: &'a Known<'a>,
    paths: BTreeSet<&'a str>,
    commit: String,
}

impl Tip<'_> {
    fn look(&self, path: &str, text: &[u8], all: &mut Vec<Unnamed>) {
        let mut found: BTreeSet<(u32, String)> = BTreeSet::new();
        let mut offsets: Vec<Found> = Vec::new();
        let mut targets = Vec::new();
        // Each pattern begins anew at the front; from name to name it is never far.
        let (mut at, mut before) = (0, 0);
        let lines = |range: Range<usize>| memchr::memchr_iter(b'\n', &text[range]).count();
        for (offset, form, target) in self.named(path, text) {
            before = match offset < at {
                true => before - lines(offset..at),
                false => before + lines(at..offset),
            };
            at = offset;
            let line = u32::try_from(before + 1).unwrap_or(u32::MAX);
            if found.insert((line, target.clone())) {
                offsets.push(Found {
                    writeup: 0,
                    line,
                    offset,
                    form,
                });
                targets.push(target);
            }
        }
        let places = place::of(&self.params.paths, path, text, &offsets);
        let each = targets.into_iter().zip(offsets).zip(places);
        all.extend(each.map(|((target, found), place)| Unnamed {
            target,
            place,
            stands_in: format!(
                "{}@{}:{path}#L{}",
                self.params.name, self.commit, found.line
            ),
        }));
    }

    /// Names in a text that are nobody's: where, in which form, and which.
    fn named(&self, path: &str, text: &[u8]) -> Vec<(usize, Form, String)> {
        let mut all = Vec::new();
        for pattern in self.known.keys {
            for hit in pattern.find_iter(text) {
                let stands_alone = links::stands_alone(text, hit.start(), hit.end());
                let Ok(key) = std::str::from_utf8(hit.as_bytes()) else {
                    continue;
                };
                if stands_alone && !is_any(key) && !(self.known.name)(key) {
                    all.push((hit.start(), Form::Key, key.to_owned()));
                }
            }
        }
        for (offset, linked) in links::documents(text, path) {
            let target = format!("{}:{linked}", self.params.name);
            // A file that is there is one that the next scan registers, or none of them.
            let is_there = self.paths.contains(linked.as_str());
            if !is_there && self.params.paths.writeups.fit(&linked) && !(self.known.name)(&target) {
                all.push((offset, Form::Relative, target));
            }
        }
        let named: BTreeSet<usize> = all.iter().map(|(offset, _, _)| *offset).collect();
        for (offset, address) in links::addresses(text) {
            let mut sites = self.known.sites.iter();
            let Some(target) = sites.find_map(|site| site.writeup(&address)) else {
                continue;
            };
            // A key in it says which one is meant.
            let has_key = named.range(offset..offset + address.len()).next().is_some();
            let is_called = |name: &str| (self.known.name)(name);
            if !has_key
                && !is_called(&target)
                && !is_called(&address)
                && !(self.known.address)(&address)
            {
                all.push((offset, Form::Url, target));
            }
        }
        all
    }
}

/// Whether a key stands for any key, as in INC-0000, INC-XXXX and PM-YYYY-NN.
fn is_any(key: &str) -> bool {
    let mut parts = key.split(|c: char| !c.is_ascii_alphanumeric());
    // The first part says whose keys these are.
    let numbers: Vec<&str> = match parts.next() {
        Some(first) if key.len() > first.len() => parts.filter(|part| !part.is_empty()).collect(),
        _ => vec![key.trim_start_matches(|c: char| !c.is_ascii_digit())],
    };
    let stands_for_any = |part: &str| {
        let letter = part.chars().next().unwrap_or('0');
        let is_one = part.chars().all(|c| c == letter);
        is_one && (letter == '0' || letter.is_ascii_alphabetic())
    };
    numbers.into_iter().all(stands_for_any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_keys_stand_for_any_key() {
        for (key, any) in [
            ("INC-0000", true),
            ("INC-XXXX", true),
            ("INC-nnn", true),
            ("PM-YYYY-NN", true),
            ("INC0000", true),
            ("INC-1000", false),
            ("INC-7", false),
            ("INC7", false),
            ("PM-2024-00", false),
            ("RFC 12", false),
        ] {
            assert_eq!(is_any(key), any, "{key}");
        }
    }
}
