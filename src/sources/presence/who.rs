//! Who of a list is a person. Meetings are also joined by programs that take notes, by rooms in which
//! any number of people sit, and by telephones that nobody knows. A person is known by an address, or by an
//! account that the tool itself tells; everybody else is somebody unknown.

use super::Manner;
use super::people::Attendee;
use crate::model::Identity;

/// Why a program is left out.
pub(super) const NOTE_TAKER: &str = "note-taker";
const ROOM: &str = "room";
const TELEPHONE: &str = "telephone";

/// What an entry of a list is.
pub(super) enum Sort {
    /// A person; `None`: somebody unknown.
    Person(Option<Identity>),
    /// Nobody in particular, and why.
    LeftOut(&'static str),
}

/// Words that programs have in their names and people don't.
const NOTE_TAKERS: [&str; 24] = [
    "notetaker",
    "note taker",
    "note-taker",
    "note taking",
    "otter.ai",
    "otterpilot",
    "fireflies",
    "read.ai",
    "read ai",
    "tl;dv",
    "tldv",
    "avoma",
    "meetgeek",
    "sembly",
    "supernormal",
    "circleback",
    "recall.ai",
    "fathom.video",
    "gong.io",
    "ai companion",
    "ai assistant",
    "meeting assistant",
    "meeting recorder",
    "recording bot",
];

/// What rooms are called; a person has at most one of these words, for a last name.
const ROOMS: [&str; 20] = [
    "meeting room",
    "meetingroom",
    "conference room",
    "conf room",
    "zoom room",
    "teams room",
    "board room",
    "boardroom",
    "huddle room",
    "war room",
    "phone booth",
    "besprechungsraum",
    "besprechungszimmer",
    "konferenzraum",
    "sitzungszimmer",
    "meetingraum",
    "salle de",
    "sala de ",
    "sala riunioni",
    "vergaderzaal",
];

/// Sorts an entry. `rooms` are the names and addresses of rooms that the parameters list, lower case.
pub(super) fn sort(entry: &Attendee, manner: Manner, rooms: &[String]) -> Sort {
    let name = entry.name.to_lowercase();
    let address = entry.email.as_deref().unwrap_or_default().to_lowercase();
    if rooms
        .iter()
        .any(|room| *room == name || (!address.is_empty() && *room == address))
    {
        return Sort::LeftOut(ROOM);
    }
    if is_note_taker(&name) {
        return Sort::LeftOut(NOTE_TAKER);
    }
    let is_telephone = entry.email.is_none() && is_telephone(&entry.name);
    if manner == Manner::Lenient {
        let known = match &entry.email {
            Some(email) => Some(Identity::bare(email)),
            None if is_telephone => None,
            None => Some(Identity::of_source("teams", "name", &entry.name)),
        };
        return Sort::Person(known);
    }
    // From the beginning of a word on: there are people called Lasalle.
    let padded = format!(" {name}").replace(['(', '-', '_', '/', '\''], " ");
    let is_room = ROOMS
        .iter()
        .any(|word| padded.contains(&format!(" {word}")));
    if is_room {
        Sort::LeftOut(ROOM)
    } else if is_telephone || (entry.email.is_none() && is_caller(&name)) {
        Sort::LeftOut(TELEPHONE)
    } else {
        // What is no address is a name, whatever column it stands in.
        let identity = entry.email.as_deref().map(Identity::bare);
        let identity = identity.filter(Identity::is_email);
        Sort::Person(identity.or_else(|| entry.account.clone()))
    }
}

/// Whether a name, in lower case, is that of a program which takes notes.
fn is_note_taker(name: &str) -> bool {
    NOTE_TAKERS.iter().any(|word| name.contains(word))
}

/// Why somebody of a table is left out, of whom it tells a name or an address alone.
pub(in crate::sources) fn left_out(shown: &str) -> Option<&'static str> {
    is_note_taker(&shown.to_lowercase()).then_some(NOTE_TAKER)
}

/// Whether this stands for a telephone: no name at all, or a number, whole or masked.
fn is_telephone(name: &str) -> bool {
    let marks = name
        .chars()
        .all(|c| c.is_ascii_digit() || "+*#-./() xX".contains(c));
    name.is_empty()
        || (marks
            && name
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '*')
                .count()
                >= 4)
}

/// What Zoom and Teams call those who dial in and are not known, lower case.
fn is_caller(name: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '_' | ' ' | '#');
    let word = name.trim_end_matches(digits);
    matches!(
        word,
        "call-in user"
            | "call in user"
            | "phone user"
            | "dial-in user"
            | "telephone"
            | "phone"
            | "pstn user"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(name: &str, email: Option<&str>) -> &'static str {
        let entry = Attendee {
            key: String::new(),
            stays: Vec::new(),
            name: name.to_owned(),
            email: email.map(str::to_owned),
            account: None,
            stated_ms: None,
        };
        let rooms = ["turing".to_owned(), "r2@example.org".to_owned()];
        match sort(&entry, Manner::Strict, &rooms) {
            Sort::Person(Some(_)) => "known",
            Sort::Person(None) => "unknown",
            Sort::LeftOut(reason) => reason,
        }
    }

    #[test]
    fn entries_are_people_or_not() {
        for (name, email, expected) in [
            ("Ada Lovelace", Some("ada@example.org"), "known"),
            ("Ada Lovelace", None, "unknown"),
            ("Ada Lovelace", Some("ada"), "unknown"),
            ("Emma Room", Some("emma@example.org"), "known"),
            ("Emma Room", None, "unknown"),
            ("Otter Brown", None, "unknown"),
            ("Grace's Notetaker (Otter.ai)", None, "note-taker"),
            (
                "Fireflies.ai Notetaker",
                Some("fred@example.org"),
                "note-taker",
            ),
            ("Konferenzraum 2", None, "room"),
            ("Boardroom", Some("board@example.org"), "room"),
            ("Turing", None, "room"),
            ("Second floor", Some("R2@example.org"), "room"),
            ("1415***1234", None, "telephone"),
            ("+49 30 *****17", None, "telephone"),
            ("Call-In User_1", None, "telephone"),
            ("", None, "telephone"),
            ("Phone Smith", None, "unknown"),
            ("Anne Lasalle Dean", None, "unknown"),
            ("Berlin-Meeting Room 4", None, "room"),
        ] {
            assert_eq!(sorted(name, email), expected, "{name}");
        }
    }
}
