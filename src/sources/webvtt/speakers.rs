//! Seconds by speaker. Teams tags voices (`<v Ada Lovelace>`), or has a line of JSON in each cue where Graph is
//! asked for the transcript's metadata; Zoom, and what is made of Meet's transcripts, begin a cue with the
//! name and a colon.

use std::collections::BTreeMap;

use super::Cue;
use super::cue_text::{Node, parse, resolved};
use crate::model::Millis;
use crate::sources::presence::stays::{Bounds, Stay, present_ms};

/// Who spoke for as long as this counts as somebody who spoke, ms.
pub const ENOUGH_MS: u64 = 10_000;

/// Longer is no name.
const LONGEST_NAME: usize = 64;
/// More words are no name.
const MOST_WORDS: usize = 6;

/// Who spoke in a meeting. No `Debug` and no way to list names: they are for counting, in memory.
pub struct Spoken {
    by_name: BTreeMap<String, u64>,
    total_ms: u64,
    unknown_ms: u64,
}

impl Spoken {
    /// From when until when who spoke; what one says at once in two ways counts once.
    pub(in crate::sources) fn of_stays(mut stays: BTreeMap<Option<String>, Vec<Stay>>) -> Spoken {
        let union = |stays: &[Stay]| present_ms(stays, Bounds::default()).unwrap_or(0);
        let all: Vec<Stay> = stays.values().flatten().copied().collect();
        let unknown_ms = stays.remove(&None).map_or(0, |stays| union(&stays));
        Spoken {
            total_ms: union(&all),
            unknown_ms,
            by_name: stays
                .into_iter()
                .filter_map(|(name, stays)| Some((name?, union(&stays))))
                .collect(),
        }
    }

    /// How many spoke for [`ENOUGH_MS`] and more.
    pub fn speakers(&self) -> usize {
        self.by_name.values().filter(|ms| **ms >= ENOUGH_MS).count()
    }

    /// The same without some, such as those who led the meeting.
    pub fn speakers_without(&self, names: &[&str]) -> usize {
        let counts =
            |(known, ms): &(&String, &u64)| !names.contains(&known.as_str()) && **ms >= ENOUGH_MS;
        self.by_name.iter().filter(counts).count()
    }

    /// How long somebody spoke, ms, by the name that the transcript has.
    pub fn of(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).copied()
    }

    /// How long anybody spoke, ms: what two say at once counts once.
    pub fn total_ms(&self) -> u64 {
        self.total_ms
    }

    /// How long somebody spoke whom the transcript does not name, ms.
    pub fn unknown_ms(&self) -> u64 {
        self.unknown_ms
    }
}

/// Adds up who spoke for how long. What one person says in cues that overlap counts once; a cue of
/// several voices is theirs one after the other, by the length of what they say.
pub fn spoken(cues: &[Cue]) -> Spoken {
    let mut parts: Vec<Vec<(Option<String>, usize)>> = Vec::with_capacity(cues.len());
    for cue in cues {
        parts.push(line(&cue.text).unwrap_or_else(|| {
            let mut voices = Vec::new();
            for node in &parse(&cue.text) {
                collect(node, None, &mut voices);
            }
            voices
        }));
    }
    let is_tagged = parts.iter().flatten().any(|(voice, _)| voice.is_some());
    if !is_tagged {
        by_colon(cues, &mut parts);
    }
    let mut stays: BTreeMap<Option<String>, Vec<Stay>> = BTreeMap::new();
    for (cue, voices) in cues.iter().zip(parts) {
        let letters: usize = voices.iter().map(|(_, letters)| letters).sum();
        let mut before = 0;
        for (voice, own) in voices {
            let share = |letters_before: usize| share(cue, letters_before, letters);
            let stay = (share(before), Some(share(before + own)));
            before += own;
            stays.entry(voice).or_default().push(stay);
        }
    }
    Spoken::of_stays(stays)
}

/// The instant at which so many letters of all have been said.
fn share(cue: &Cue, letters: usize, of: usize) -> Millis {
    let length = i128::from(cue.until.max(cue.from)) - i128::from(cue.from);
    let (letters, of) = (letters as i128, (of as i128).max(1));
    cue.from + Millis::try_from(length * letters / of).unwrap_or(0)
}

/// The voices of a cue in their order, with how many letters each says.
fn collect(node: &Node, voice: Option<&str>, voices: &mut Vec<(Option<String>, usize)>) {
    match node {
        Node::Text(text) => {
            let letters = text.chars().filter(|c| !c.is_whitespace()).count();
            let voice = voice.map(str::to_owned);
            match voices.last_mut() {
                _ if letters == 0 => {}
                Some((last, known)) if *last == voice => *known += letters,
                _ => voices.push((voice, letters)),
            }
        }
        Node::Tag(tag) => {
            let named = tag.name == "v" && !tag.annotation.is_empty();
            let voice = if named {
                Some(tag.annotation.as_str())
            } else {
                voice
            };
            for child in &tag.children {
                collect(child, voice, voices);
            }
        }
    }
}

/// Names the speakers of a transcript without tags by what stands before a colon. A colon also follows
/// other words: the file counts as such a transcript only if half of its cues begin with names, and what is not
/// written as a name is one only where it comes again.
fn by_colon(cues: &[Cue], parts: &mut [Vec<(Option<String>, usize)>]) {
    let found: Vec<Option<String>> = cues
        .iter()
        .map(|cue| before_colon(&cue.text).map(resolved))
        .collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for name in found.iter().flatten() {
        *times.entry(name).or_default() += 1;
    }
    let is_name = |name: &&str| is_written_as_name(name) || times.get(name) > Some(&1);
    let names: Vec<Option<&str>> = found
        .iter()
        .map(|name| name.as_deref().filter(is_name))
        .collect();
    let named = names.iter().flatten().count();
    if named * 2 < cues.len() {
        return;
    }
    for (name, voices) in names.iter().zip(parts) {
        if let Some(name) = name {
            for (voice, _) in voices {
                *voice = Some((*name).to_owned());
            }
        }
    }
}

/// What could be a name before a colon and a space, or before a colon at the end of the first line.
fn before_colon(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    let (name, after) = line.split_once(':')?;
    let name = name.trim();
    let is_name = name.chars().any(char::is_alphabetic)
        && name.chars().count() <= LONGEST_NAME
        && name.split_whitespace().count() <= MOST_WORDS
        && !name.contains(['<', '?', '!', '"'])
        && !HEADINGS.contains(&name.to_lowercase().as_str());
    (is_name && (after.is_empty() || after.starts_with(' '))).then_some(name)
}

/// What stands before a colon and is nobody, however it is written and however often it comes.
const HEADINGS: [&str; 28] = [
    "action",
    "actions",
    "action item",
    "action items",
    "agenda",
    "answer",
    "background",
    "conclusion",
    "decision",
    "example",
    "follow up",
    "follow-up",
    "for example",
    "impact",
    "next",
    "next step",
    "next steps",
    "note",
    "outcome",
    "question",
    "remember",
    "result",
    "root cause",
    "so",
    "summary",
    "timeline",
    "todo",
    "topic",
];

/// Words of names that are written small.
const PARTICLES: [&str; 36] = [
    "af", "al", "and", "av", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "di",
    "do", "dos", "du", "e", "el", "ibn", "la", "las", "le", "los", "of", "op", "te", "ten", "ter",
    "und", "van", "vom", "von", "y", "zu", "zum",
];

/// Whether each word begins as names do: not with a small letter. What stands in brackets may be anything, such
/// as pronouns; a script without small letters has nothing else to go by.
fn is_written_as_name(name: &str) -> bool {
    let mut depth = 0_usize;
    let outside: String = name
        .chars()
        .filter(|c| {
            depth += usize::from(matches!(c, '(' | '['));
            let is_outside = depth == 0;
            depth = depth.saturating_sub(usize::from(matches!(c, ')' | ']')));
            is_outside
        })
        .collect();
    let is_word = |word: &str| {
        let first = word.chars().find(|c| c.is_alphabetic());
        first.is_none_or(|first| !first.is_lowercase()) || word.chars().any(char::is_uppercase)
    };
    let mut words = outside.split_whitespace().peekable();
    words.peek().is_some()
        && words.clone().any(is_word)
        && words.all(|word| is_word(word) || PARTICLES.contains(&word))
}

/// What Graph says in a cue of `metadataContent`: who spoke, and how many letters.
fn line(text: &str) -> Option<Vec<(Option<String>, usize)>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        speaker_name: Option<String>,
        spoken_text: String,
    }
    let text = text.trim().strip_prefix('{').map(|_| text.trim())?;
    let line: Line = serde_json::from_str(text).ok()?;
    let letters = line
        .spoken_text
        .chars()
        .filter(|c| !c.is_whitespace())
        .count();
    let name = line.speaker_name.map(|name| name.trim().to_owned());
    let name = name.filter(|name| !name.is_empty());
    Some(if letters == 0 {
        Vec::new()
    } else {
        vec![(name, letters)]
    })
}
