//! Rosters: who is in the organisation, under which names, in which team and when, as other systems
//! export it. Names that people are called by stay in memory, for suggestions alone.

mod accounts;
mod alike;
mod ldif;
mod mailmap;
mod rows;
mod scim;

use std::collections::HashMap;
use std::path::Path;

use crate::model::{Body, parse_rfc3339};
use crate::model::{Calendar, Event, Identity, Millis, Person, PersonKind};
use crate::sources::Problem;
use crate::sources::machine::holds_address;

pub use accounts::{ACCOUNTS, Account, account, identity, somebody};
pub use alike::{Alike, alike};
pub use rows::delimiter;

/// How a roster is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Rows with a header.
    Csv,
    /// RFC 2849.
    Ldif,
    /// SCIM 2.0 as JSON.
    Scim,
    /// A repository's `.mailmap`.
    Mailmap,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(&'static str, Format); 4] = [
        ("csv", Format::Csv),
        ("ldif", Format::Ldif),
        ("scim", Format::Scim),
        ("mailmap", Format::Mailmap),
    ];

    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Format::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| format)
    }

    /// What a file looks like, by its name, else by how it begins.
    pub fn guess(path: &Path, text: &str) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        let ending = name.rsplit('.').next().unwrap_or_default();
        match ending {
            "mailmap" => return Format::Mailmap,
            "ldif" | "ldf" => return Format::Ldif,
            "json" | "scim" => return Format::Scim,
            "csv" | "tsv" => return Format::Csv,
            _ => {}
        }
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let first = first.unwrap_or_default();
        let lower = first.to_lowercase();
        match first.as_bytes().first() {
            Some(b'{' | b'[') => Format::Scim,
            _ if lower.starts_with("version:") || lower.starts_with("dn:") => Format::Ldif,
            _ if first.contains('<') && first.contains('>') => Format::Mailmap,
            _ => Format::Csv,
        }
    }

    /// The source of what a file of this format says, where no other is named.
    pub const fn source(self) -> &'static str {
        match self {
            Format::Mailmap => "mailmap",
            _ => "roster",
        }
    }
}

/// How a roster is to be read.
pub struct Reading<'a> {
    /// For dates.
    pub calendar: &'a Calendar,
    /// What logins of directories (`uid`, `userName`) are accounts of.
    pub logins: &'a [&'static Account],
}

/// One entry of a roster. No `Debug`: it holds names.
pub struct Entry {
    /// Where it stands: `line 12`.
    pub place: String,
    /// Every name; the first is the person.
    pub identities: Vec<Identity>,
    /// Their team.
    pub team: Option<String>,
    /// Since when the team.
    pub from: Option<Millis>,
    /// Until when the team, excluded.
    pub to: Option<Millis>,
    /// When they joined.
    pub joined: Option<Millis>,
    /// When they left.
    pub left: Option<Millis>,
    /// What it is.
    pub kind: PersonKind,
    /// What they are called; for suggestions, never stored.
    pub name: Option<String>,
}

impl Entry {
    fn new(place: String) -> Self {
        Entry {
            place,
            identities: Vec::new(),
            team: None,
            from: None,
            to: None,
            joined: None,
            left: None,
            kind: PersonKind::Person,
            name: None,
        }
    }

    /// Adds a name unless it is there.
    fn add(&mut self, identity: Identity) {
        let is_there = |known: &Identity| spelling(known) == spelling(&identity);
        if !identity.value.trim().is_empty() && !self.identities.iter().any(is_there) {
            self.identities.push(identity);
        }
    }
}

/// One person of a roster, with all entries in the order of their dates.
pub struct Member {
    /// Where they stand first.
    pub place: String,
    /// Every name; the first is the person.
    pub identities: Vec<Identity>,
    /// What is said of them.
    pub entries: Vec<Entry>,
}

/// What was read.
#[derive(Default)]
pub struct Roster {
    /// The entries that are right.
    pub entries: Vec<Entry>,
    /// What is wrong with others; never an identity.
    pub problems: Vec<Problem>,
    /// What was assumed.
    pub notes: Vec<String>,
}

impl Roster {
    fn problem(&mut self, place: &str, field: &str, reason: impl Into<String>) {
        self.problems.push(Problem {
            place: place.to_owned(),
            field: field.to_owned(),
            reason: reason.into(),
        });
    }

    /// Takes an entry that makes sense.
    fn take(&mut self, mut entry: Entry) {
        let place = entry.place.clone();
        if entry.identities.is_empty() {
            self.problem(&place, "", "has no address and no account; one is needed");
            return;
        }
        for (first, second, begin, end) in [
            ("from", "to", entry.from, entry.to),
            ("joined", "left", entry.joined, entry.left),
        ] {
            if begin.zip(end).is_some_and(|(begin, end)| end < begin) {
                self.problem(&place, second, format!("lies before {first}"));
                return;
            }
        }
        if entry.team.as_deref().is_some_and(holds_address) {
            self.problem(
                &place,
                "team",
                "holds an address; the name of a team is valid",
            );
            entry.team = None;
        }
        self.entries.push(entry);
    }
}

/// Reads a roster.
///
/// # Errors
/// Why nothing of it can be read.
pub fn read(format: Format, bytes: &[u8], reading: &Reading<'_>) -> Result<Roster, String> {
    let text = text(bytes);
    match format {
        Format::Csv => rows::read(&text, reading),
        Format::Ldif => Ok(ldif::read(&text, reading)),
        Format::Scim => scim::read(&text, reading),
        Format::Mailmap => Ok(mailmap::read(&text)),
    }
}

/// The text of a file: UTF-8 or UTF-16 with its mark, else what spreadsheets of Windows write.
pub fn text(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(&bytes[mark..])
            .0
            .into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

/// Puts the entries of one person together; the first name says who it is. Entries that can't be told
/// apart, and names that two people have, are told.
pub fn unite(entries: Vec<Entry>, problems: &mut Vec<Problem>) -> Vec<Member> {
    let mut at: HashMap<(String, String), usize> = HashMap::new();
    let mut members: Vec<Member> = Vec::new();
    let mut tell = |place: &str, reason: String| {
        problems.push(Problem {
            place: place.to_owned(),
            field: String::new(),
            reason,
        });
    };
    for entry in entries {
        let Some(first) = entry.identities.first() else {
            continue;
        };
        let next = members.len();
        let place = *at.entry(spelling(first)).or_insert(next);
        let Some(member) = members.get_mut(place) else {
            members.push(Member {
                place: entry.place.clone(),
                identities: entry.identities.clone(),
                entries: vec![entry],
            });
            continue;
        };
        let same_time = |known: &&Entry| known.from == entry.from;
        if let Some(known) = member.entries.iter().find(same_time) {
            let words = format!(
                "is the person of {} again, with no other date from which the team holds; that one stands",
                known.place
            );
            tell(&entry.place, words);
            continue;
        }
        for identity in &entry.identities {
            if !member
                .identities
                .iter()
                .any(|known| spelling(known) == spelling(identity))
            {
                member.identities.push(identity.clone());
            }
        }
        member.entries.push(entry);
    }
    for member in &mut members {
        member.entries.sort_by_key(|entry| entry.from);
    }
    let mut owner: HashMap<(String, String), usize> = HashMap::new();
    for (number, member) in members.iter().enumerate() {
        for identity in &member.identities {
            let known = *owner.entry(spelling(identity)).or_insert(number);
            if let Some(other) = members.get(known).filter(|_| known != number) {
                let words = format!(
                    "has a name that the person of {} has, too; it stays a person of its own",
                    other.place
                );
                tell(&member.place, words);
            }
        }
    }
    members
}

/// What a source says of a person: one event for each entry, numbered in the order of their dates.
pub fn events(member: &Member, source: &str, now: Millis) -> Vec<Event> {
    let Some(person) = member.identities.first() else {
        return Vec::new();
    };
    let one = |(number, entry): (usize, &Entry)| Event {
        source: source.into(),
        id: id(person, number),
        subject: String::new(),
        time: now,
        version: 0,
        body: Body::Person(Box::new(Person {
            aliases: member.identities.iter().skip(1).cloned().collect(),
            team: entry.team.clone(),
            joined_at: entry.joined,
            left_at: entry.left,
            kind: entry.kind,
            team_from: entry.from,
            team_to: entry.to,
            ..Person::new(person.clone())
        })),
    };
    member.entries.iter().enumerate().map(one).collect()
}

/// The id of what is said of a person in the nth place. It goes no further than the event's key.
pub fn id(person: &Identity, number: usize) -> String {
    let (kind, value) = spelling(person);
    format!("{kind} {value} {number}")
}

/// What two spellings of one name have in common.
fn spelling(identity: &Identity) -> (String, String) {
    match identity.is_email() {
        true => (String::new(), identity.value.trim().to_lowercase()),
        false => (
            format!("{}{}", identity.source, identity.kind),
            identity.value.clone(),
        ),
    }
}

/// A date (local midnight at its start) or an instant; nothing where nothing stands.
fn moment(text: &str, calendar: &Calendar) -> Result<Option<Millis>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let date = text
        .strip_suffix("00:00:00")
        .unwrap_or(text)
        .trim_end_matches([' ', 'T']);
    let date = || date.parse().ok().map(|date| calendar.midnight(date));
    match parse_rfc3339(text).or_else(date) {
        Some(at) => Ok(Some(at)),
        None => Err(format!(
            "{} is no date; valid are 2026-03-01 and RFC 3339 instants",
            shown(text)
        )),
    }
}

/// A value that can be nobody's name.
fn shown(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_digit() || "-/.:TZ+ ".contains(c);
    match text.len() < 40 && text.chars().all(harmless) && !holds_address(text) {
        true => format!("{text:?}"),
        false => "what stands here".to_owned(),
    }
}

/// What an account is, in the words of directories.
fn kind_of(word: &str) -> PersonKind {
    match word.trim().to_lowercase().as_str() {
        "room" | "resource" | "equipment" => PersonKind::Room,
        "bot" | "robot" => PersonKind::Bot,
        "service" | "service account" | "system" | "application" => PersonKind::Service,
        _ => PersonKind::Person,
    }
}

#[cfg(test)]
mod tests;
