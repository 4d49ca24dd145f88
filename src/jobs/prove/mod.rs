//! Proves the promises on the running system: no name and no address in what is stored, no number of
//! few people in what is shown, no pseudonym outside the store, no way to ask for a person. What is
//! found is told by its place, never by itself.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context as _;
use regex::bytes::Regex;
use serde_json::Value as Json;
use url::{Host, Url};

use super::coarse::as_told;
use super::published::rows;
use crate::store::published::{Rows, Standing};
use crate::store::{Column, Store};

/// A promise and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is promised.
    pub promise: &'static str,
    /// Whether it holds; `None` where there was nothing to look at.
    pub holds: Option<bool>,
    /// What was looked at, or found.
    pub words: String,
}

impl Check {
    /// It holds, having looked at this.
    pub fn holds(promise: &'static str, words: impl Into<String>) -> Self {
        Check {
            promise,
            holds: Some(true),
            words: words.into(),
        }
    }

    /// There was nothing to look at.
    pub fn skipped(promise: &'static str, words: impl Into<String>) -> Self {
        Check {
            promise,
            holds: None,
            words: words.into(),
        }
    }

    /// It holds where nothing was found.
    pub fn of(promise: &'static str, found: &[String], looked: impl Into<String>) -> Self {
        match found {
            [] => Check::holds(promise, looked),
            found => {
                let more = match found.len().saturating_sub(MOST_PLACES) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let places = found.iter().take(MOST_PLACES);
                let places: Vec<&str> = places.map(String::as_str).collect();
                Check {
                    promise,
                    holds: Some(false),
                    words: format!("{}{more}", places.join("; ")),
                }
            }
        }
    }
}

/// Places that are named for one promise.
const MOST_PLACES: usize = 10;

/// What looks like a mail address. In bytes that are no text shorter ones would come by chance.
const MAIL: &str = r"[A-Za-z0-9._%+-]{1,64}(@|%40)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}";
const LONG_MAIL: &str =
    r"[A-Za-z0-9._%+-]{3,64}(@|%40)[A-Za-z0-9-]{3,}(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}";
/// What looks like the network address of a machine. In the host of a link it is the link's, after a
/// letter or a slash a version.
const IPV4: &str = r"(^|[^0-9A-Za-z./-])(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}($|[^0-9A-Za-z.-])";
const IPV6: &str =
    r"(^|[^0-9A-Za-z:.])([0-9a-fA-F]{1,4}:){4,7}(:|[0-9a-fA-F]{1,4})($|[^0-9A-Za-z:])";

static TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&names(MAIL)).ok());
/// A slash as pages write it: what stands behind it is still the host of a link.
static SLASH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("(?i)&#(x2f|47);").ok());
static BYTES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?-u){LONG_MAIL}")).ok());

fn names(mail: &str) -> String {
    format!("{mail}|{IPV4}|{IPV6}")
}

/// Whether a text holds what looks like a mail or network address, other than of these machines.
pub fn names_somebody(text: &[u8], machines: &BTreeSet<IpAddr>) -> bool {
    let (Some(pattern), Some(slash)) = (TEXT.as_ref(), SLASH.as_ref()) else {
        return true;
    };
    let text = slash.replace_all(text, b"/");
    let mut found = pattern.find_iter(&text);
    found.any(|found| machine(found.as_bytes()).is_none_or(|one| !machines.contains(&one)))
}

/// The machines that write-ups of a summary speak of, in titles, names and places, and those that write-ups
/// are found at: an incident happens to machines, and says nothing of who read of it.
pub fn machines(summary: &Json) -> BTreeSet<IpAddr> {
    let texts = |value: &Json| value.as_str().map(str::to_owned);
    let list = |name: &str| summary[name].as_array().cloned().unwrap_or_default();
    let mut spoken: Vec<String> = Vec::new();
    for entry in list("writeups") {
        spoken.extend(
            ["id", "title", "url", "template"]
                .iter()
                .filter_map(|name| texts(&entry[*name])),
        );
        spoken.extend(
            entry["tags"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(texts),
        );
        let links = entry["link_evidence"].as_array().into_iter().flatten();
        spoken.extend(links.filter_map(|link| texts(&link["stands_in"])));
    }
    for review in list("reviews") {
        spoken.extend(
            ["writeup", "title"]
                .iter()
                .filter_map(|name| texts(&review[*name])),
        );
    }
    let hosts = spoken.iter().filter_map(|text| host(text));
    let found = spoken.iter().flat_map(|text| {
        let found = TEXT
            .iter()
            .flat_map(|pattern| pattern.find_iter(text.as_bytes()));
        found.filter_map(|found| machine(found.as_bytes()))
    });
    found.chain(hosts).collect()
}

/// The machine in whose name an address is, where it has no other one.
fn host(address: &str) -> Option<IpAddr> {
    match Url::parse(address).ok()?.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// The lines of a log that hold what looks like a mail or network address or is a pseudonym, and how many
/// there are. This machine's own addresses, which it listens at, are nobody's.
pub fn lines_with_names(log: &[u8], pseudonyms: &BTreeSet<u128>) -> (Vec<String>, usize) {
    let mut lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    // Behind the last end of a line stands none.
    lines.pop_if(|last| last.is_empty());
    let names = |line: &[u8]| match TEXT.as_ref() {
        None => true,
        Some(pattern) => pattern.find_iter(line).any(|found| {
            let before = line.get(..=found.start()).unwrap_or_default();
            !is_this_machine(found.as_bytes()) && !is_version(before)
        }),
    };
    let found = (1..).zip(&lines).filter_map(|(n, line)| {
        let what = match (names(line), holds_pseudonym(line, pseudonyms)) {
            (false, false) => return None,
            (true, _) => "an address",
            (false, true) => "a pseudonym",
        };
        Some(format!("line {n}: {what}"))
    });
    (found.collect(), lines.len())
}

/// Whether what follows is a version of the engine, which has four numbers, by the name of its field.
fn is_version(before: &[u8]) -> bool {
    let fields: [&[u8]; 3] = [b" version=", b" version=\"", b"\"version\":\""];
    fields.iter().any(|field| before.ends_with(field))
}

fn is_this_machine(found: &[u8]) -> bool {
    machine(found).is_some_and(|address| address.is_loopback() || address.is_unspecified())
}

/// The machine whose address was found, with what stands around it.
fn machine(found: &[u8]) -> Option<IpAddr> {
    let text = String::from_utf8_lossy(found);
    let text = text.trim_matches(|c: char| !c.is_ascii_hexdigit() && c != ':');
    let plain = || text.trim_end_matches(':').parse().ok();
    text.parse().ok().or_else(plain)
}

/// Columns that hold what pages are called: by people, after machines too. A mail address is somebody's
/// everywhere.
const OF_PAGES: [&str; 14] = [
    "aliases",
    "canonical",
    "dated_aliases",
    "id",
    "name",
    "names",
    "page",
    "path",
    "stands_in",
    "tags",
    "target",
    "title",
    "url",
    "writeup",
];

/// The columns of a database whose texts hold what looks like a mail or network address, and how many
/// columns were looked at.
pub async fn columns_with_names(store: &Store) -> anyhow::Result<(Vec<String>, usize)> {
    let (mut found, mut looked) = (Vec::new(), 0);
    let all = names(MAIL);
    for column in store
        .columns()
        .await?
        .iter()
        .filter(|column| column.is_text())
    {
        let pattern = match OF_PAGES.iter().any(|name| column.name.starts_with(name)) {
            true => MAIL,
            false => &all,
        };
        let texts = store.texts(column, pattern).await?;
        looked += 1;
        if texts.found > 0 {
            let (table, name) = (&column.table, &column.name);
            found.push(format!(
                "{table}.{name}: {} of {} values",
                texts.found, texts.rows
            ));
        }
    }
    Ok((found, looked))
}

/// Every pseudonym in a database, and in how many columns they are.
pub async fn pseudonyms(store: &Store) -> anyhow::Result<(BTreeSet<u128>, Vec<Column>)> {
    let columns = store.columns().await?;
    let columns: Vec<Column> = columns.into_iter().filter(Column::is_pseudonym).collect();
    let mut all = BTreeSet::new();
    for column in &columns {
        all.extend(store.pseudonyms(column).await?);
    }
    Ok((all, columns))
}

/// The columns of a database that hold a pseudonym as a text or a number, and how many were looked at.
pub async fn columns_with_pseudonyms(
    store: &Store,
    pseudonyms: &BTreeSet<u128>,
) -> anyhow::Result<(Vec<String>, usize)> {
    let (mut found, columns) = (Vec::new(), store.columns().await?);
    for column in &columns {
        if column.is_pseudonym() {
            found.push(format!(
                "{}.{} is made for pseudonyms",
                column.table, column.name
            ));
        }
        let values = store.values(column).await?;
        if values
            .iter()
            .any(|value| holds_pseudonym(value.as_bytes(), pseudonyms))
        {
            found.push(format!("{}.{}", column.table, column.name));
        }
    }
    Ok((found, columns.len()))
}

/// Whether a text holds one of these pseudonyms, in hexadecimal or decimal digits.
pub fn holds_pseudonym(text: &[u8], pseudonyms: &BTreeSet<u128>) -> bool {
    let runs = text.split(|byte| !byte.is_ascii_hexdigit());
    let words = runs.filter(|run| run.len() >= SHORTEST && run.len() <= LONGEST);
    let mut words = words.filter_map(|run| std::str::from_utf8(run).ok());
    words.any(|word| {
        let hex = (word.len() == 32).then(|| u128::from_str_radix(word, 16));
        let read = hex.into_iter().chain([word.parse()]);
        read.flatten().any(|number| pseudonyms.contains(&number))
    })
}

/// Digits of a pseudonym: a smaller number is one in some thousand millions.
const SHORTEST: usize = 28;
const LONGEST: usize = 39;

/// The files below folders that hold what looks like a mail address, and how many were looked at.
pub fn files_with_names(root: &Path, names: &[&str]) -> anyhow::Result<(Vec<String>, usize)> {
    let (mut found, mut looked) = (Vec::new(), 0);
    let mut open: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    while let Some(path) = open.pop() {
        let named = || path.display().to_string();
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).with_context(named)? {
                open.push(entry.with_context(named)?.path());
            }
            continue;
        }
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            // A segment that was loaded meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(named),
        };
        looked += 1;
        if BYTES
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(&bytes))
        {
            found.push(named());
        }
    }
    found.sort();
    Ok((found, looked))
}

/// What is wrong with where the key lies and who may open it.
pub fn key(file: &Path, stores: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    match std::fs::metadata(file) {
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            if mode != 0o600 {
                found.push(format!("the key file's mode is {mode:o}, not 600"));
            }
        }
        Err(error) => found.push(format!("the key file can't be looked at: {error}")),
    }
    let real = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let within = |store: &PathBuf| {
        let store = std::fs::canonicalize(store).unwrap_or_else(|_| store.clone());
        real.starts_with(store)
    };
    if stores.iter().any(within) {
        found.push("the key file lies in the store".to_owned());
    }
    found
}

/// Numbers that are people, wherever they stand.
const PEOPLE: [&str; 16] = [
    "readers",
    "outside",
    "late_readers",
    "readers_trailing",
    "attendees",
    "need_not_have_come",
    "people",
    "distinct",
    "distinct_non_contributors",
    "presences",
    "size",
    "not_observed",
    "had_to_come",
    "role_not_stated",
    "open_invitation",
    "uninvited",
];

/// Indicators whose shares are of people or their presences.
const SHARES: [&str; 10] = [
    "L11", "L12", "L13", "A2", "A3", "A4", "A5", "A6", "A7", "A8",
];

/// The places of a summary that tell fewer than `k` people, or something else than was computed.
/// `truth` is the same summary with nothing withheld.
pub fn small_numbers(summary: &Json, truth: &Json, k: u32) -> Vec<String> {
    let mut found = Vec::new();
    for part in [
        "indicators",
        "writeups",
        "reviews",
        "attendance_by_quarter",
        "health",
    ] {
        let truth = match part {
            "indicators" => as_told(&summary[part], &truth[part]),
            _ => truth[part].clone(),
        };
        compare(&summary[part], &truth, (k, part.to_owned()), &mut found);
    }
    found
}

fn compare(shown: &Json, truth: &Json, (k, place): (u32, String), found: &mut Vec<String>) {
    match (shown, truth) {
        (Json::Object(shown), Json::Object(truth)) => {
            let names: BTreeSet<&String> = shown.keys().chain(truth.keys()).collect();
            for name in names.into_iter().filter(|name| *name != "suppressed") {
                let of = |map: &serde_json::Map<String, Json>| {
                    map.get(name).cloned().unwrap_or_default()
                };
                compare(
                    &of(shown),
                    &of(truth),
                    (k, format!("{place}.{name}")),
                    found,
                );
            }
        }
        (Json::Array(shown), Json::Array(truth)) if shown.len() == truth.len() => {
            for (at, (shown, truth)) in shown.iter().zip(truth).enumerate() {
                compare(shown, truth, (k, format!("{place}.{at}")), found);
            }
        }
        // Withheld, or not known.
        (Json::Null, _) => {}
        (shown, truth) if shown != truth => found.push(format!("{place} is not what is stored")),
        (shown, _) if is_people(&place) => {
            let few = shown
                .as_f64()
                .is_some_and(|people| people > 0.0 && people < f64::from(k));
            if few {
                found.push(format!("{place} tells fewer than {k} people"));
            }
        }
        _ => {}
    }
}

fn is_people(place: &str) -> bool {
    let mut parts = place.split('.');
    let last = parts.next_back().unwrap_or_default();
    let share = SHARES
        .iter()
        .any(|code| place.starts_with(&format!("indicators.{code}.")));
    PEOPLE.contains(&last)
        || (share && matches!(last, "k" | "walk_ins"))
        || place.contains(".by_role.")
        || place.contains(".retained.")
}

/// The places of the published tables that are not what a summary says.
pub fn differing(standing: &[Standing], summary: &Json) -> Vec<String> {
    let expected = places(&rows(summary));
    let text = |place: &str, value: Option<f64>| format!("{place} {value:?}");
    let stands: BTreeSet<String> = standing
        .iter()
        .map(|row| text(&row.place, row.value))
        .collect();
    let expected: BTreeSet<String> = expected
        .iter()
        .map(|(place, value)| text(place, *value))
        .collect();
    let differ = stands.symmetric_difference(&expected);
    let place = |row: &String| {
        row.rsplit_once(' ')
            .map_or(row.clone(), |(place, _)| place.to_owned())
    };
    let places: BTreeSet<String> = differ.map(place).collect();
    places.into_iter().collect()
}

/// Every number of the rows and where it stands, named as `Published::rows` names the places.
fn places(rows: &Rows) -> Vec<(String, Option<f64>)> {
    let mut all = Vec::new();
    for row in &rows.indicators {
        all.push((format!("indicator/{}{}", row.code, row.path), row.value));
    }
    for row in &rows.health {
        all.push((format!("health{}", row.path), row.value));
    }
    for row in &rows.series {
        let month = chrono::NaiveDate::default() + chrono::Days::new(row.month.into());
        let place = format!("series/{}/{}/{month}/{}", row.code, row.series, row.name);
        all.push((place, row.value));
    }
    let number = |value: Option<i64>| value.map(|value| value as f64);
    for row in &rows.writeups {
        for (name, value) in [
            ("reads", row.reads),
            ("readers", row.readers),
            ("late_reads", row.late_reads),
            ("late_readers", row.late_readers),
            ("readers_trailing", row.readers_trailing),
        ] {
            all.push((format!("writeup/{}/{name}", row.id), number(value)));
        }
    }
    for row in &rows.reviews {
        for (name, value) in [
            ("attendees", row.attendees),
            ("need_not_have_come", row.need_not_have_come),
        ] {
            all.push((format!("review/{}/{name}", row.meeting), number(value)));
        }
    }
    all
}

/// The parts of an OpenAPI document that take a person.
pub fn takes_a_person(openapi: &Json) -> Vec<String> {
    let mut found = Vec::new();
    for (path, operations) in openapi["paths"].as_object().into_iter().flatten() {
        for segment in path.split('/') {
            if segment.starts_with('{') && is_person(segment) {
                found.push(path.clone());
            }
        }
        for (method, operation) in operations.as_object().into_iter().flatten() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default();
                if is_person(name) {
                    found.push(format!("{method} {path}: {name}"));
                }
            }
        }
    }
    found
}

/// Words for somebody.
const WORDS: [&str; 11] = [
    "person",
    "people",
    "user",
    "account",
    "mail",
    "actor",
    "reader",
    "member",
    "author",
    "pseudonym",
    "employee",
];

fn is_person(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests;
