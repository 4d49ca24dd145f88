//! Who of a list is a person. Meetings are also joined by programs that take notes, by rooms in which
//! any number of people sit, and by telephones that nobody knows. A person is known by an address, or by an
//! account that the tool itself tells; everybody else is somebody unknown.

use super::people::Attendee;
use crate::model::Identity;

/// Why a program is left out.
pub(super) const NOTE_TAKER: &str = "note-taker";
/// Why a room is left out.
pub(in crate::sources) const ROOM: &str = "room";
const TELEPHONE: &str = "telephone";

/// What an entry of a list is.
pub(super) enum Sort {
    /// A person; `None`: somebody unknown.
    Person(Option<Identity>),
    /// Nobody in particular, and why.
    LeftOut(&'static str),
}

/// Words that programs have in their names and people don't.
const NOTE_TAKERS: [&str; 44] = [
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
    "gemini notes",
    "notes by gemini",
    "notes with gemini",
    "google gemini",
    "granola.ai",
    "granola notes",
    "fathom.ai",
    "fathom ai",
    "tactiq",
    "krisp.ai",
    "notta bot",
    "notta.ai",
    "notta ai",
    "airgram",
    "spinach.ai",
    "spinach ai",
    "chorus.ai",
    "leexi ai",
    "noota ai",
    "rewatch",
];

/// What programs are called that have nothing else for a name; somebody may have such a word for a first or
/// last name, and then has the other one, too.
const BARE_NOTE_TAKERS: [&str; 12] = [
    "otter",
    "granola",
    "fireflies",
    "fathom",
    "gemini",
    "copilot",
    "grain",
    "krisp",
    "bluedot",
    "notta",
    "noota",
    "spinach",
];

/// What rooms are called; a person has at most one of these words, for a last name.
const ROOMS: [&str; 42] = [
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
    "tagungsraum",
    "seminarraum",
    "konferenzsaal",
    "sitzungssaal",
    "sitzungsraum",
    "schulungsraum",
    "besprechungsecke",
    "salle réunion",
    "sala konferencyjna",
    "sala conferencias",
    "vergaderruimte",
    "vergaderkamer",
    "mötesrum",
    "möterum",
    "konferensrum",
    "møterom",
    "mødelokale",
    "neuvotteluhuone",
    "kokoushuone",
    // What Zoom calls the devices of rooms that it does not know.
    "room system",
    "h.323",
    "h323",
];

/// Words that a number behind them makes a room of: nobody is called Room 4, and some are called Room.
const NUMBERED: [&str; 13] = [
    "room",
    "rooms",
    "raum",
    "zimmer",
    "saal",
    "besprechung",
    "konferenz",
    "salle",
    "sala",
    "zaal",
    "studio",
    "booth",
    "auditorium",
];

/// Words for rooms in languages that write none apart.
const UNSPACED: [&str; 3] = ["会議室", "会议室", "회의실"];

/// Words for rooms that stand before the room's own name.
const HALLS: [&str; 4] = ["salle", "sala", "raum", "saal"];

/// Names and addresses that the parameters list, in lower case.
#[derive(Default)]
pub(super) struct Listed {
    rooms: Vec<String>,
    note_takers: Vec<String>,
}

impl Listed {
    /// These rooms and programs.
    pub(super) fn new(rooms: &[String], note_takers: &[String]) -> Listed {
        let small = |names: &[String]| {
            names
                .iter()
                .map(|name| name.trim().to_lowercase())
                .collect()
        };
        Listed {
            rooms: small(rooms),
            note_takers: small(note_takers),
        }
    }
}

/// Sorts an entry, after what is listed.
pub(super) fn sort(entry: &Attendee, listed: &Listed) -> Sort {
    let name = entry.name.to_lowercase();
    let address = entry.email.as_deref().unwrap_or_default().to_lowercase();
    let is_in = |list: &[String]| {
        let mut list = list.iter();
        list.any(|one| *one == name || (!address.is_empty() && *one == address))
    };
    if is_in(&listed.rooms) {
        return Sort::LeftOut(ROOM);
    }
    let is_bare = entry.email.is_none() && is_bare_note_taker(&name);
    if is_in(&listed.note_takers) || is_bare || is_note_taker(&name) {
        return Sort::LeftOut(NOTE_TAKER);
    }
    let is_telephone = entry.email.is_none() && is_telephone(&entry.name);
    if is_room(&name) || (entry.email.is_none() && is_hall(&name)) {
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

/// Whether a name, in lower case, is that of a room.
fn is_room(name: &str) -> bool {
    // From the beginning of a word on: there are people called Lasalle.
    let padded = format!(" {name}").replace(['(', '-', '_', '/', '\''], " ");
    let mut rooms = ROOMS.iter();
    rooms.any(|word| padded.contains(&format!(" {word}")))
        || UNSPACED.iter().any(|word| name.contains(word))
        || is_numbered_room(&padded)
}

/// Whether a name without an address, in lower case, is a room's own behind the word for rooms, as in Salle
/// Turing. Nobody is called Salle; of those called Sala some have addresses.
fn is_hall(name: &str) -> bool {
    let named = name.split_once(' ');
    named.is_some_and(|(word, own)| HALLS.contains(&word) && !own.trim().is_empty())
}

/// Whether a program has nothing else for a name, or is called after whose it is, lower case.
fn is_bare_note_taker(name: &str) -> bool {
    let of_somebody = [name.rsplit_once("'s "), name.rsplit_once("’s ")];
    let own = of_somebody.into_iter().flatten().map(|(_, own)| own);
    let mut names = own.chain([name]).map(str::trim);
    names.any(|name| BARE_NOTE_TAKERS.contains(&name))
}

/// Whether the last words are those of a room and its number, as in Room 4, Raum 3.12 and Room 12b; or all of
/// it, with a letter for a number.
fn is_numbered_room(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let number = |word: &str| {
        let word = word.trim_matches(['#', ')', ',']);
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let others = word.chars().filter(|c| !c.is_ascii_digit() && *c != '.');
        (1..=5).contains(&digits)
            && others.clone().count() <= 1
            && others.clone().all(char::is_alphabetic)
    };
    let letter = |word: &str| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    match words[..] {
        [room, which] => NUMBERED.contains(&room) && (number(which) || letter(which)),
        [.., room, which] => NUMBERED.contains(&room) && number(which),
        _ => false,
    }
}

/// Whether a name, in lower case, is that of a program which takes notes.
fn is_note_taker(name: &str) -> bool {
    NOTE_TAKERS.iter().any(|word| name.contains(word))
}

/// Whether a program that takes notes is called so.
pub(in crate::sources) fn takes_notes(shown: &str) -> bool {
    let name = shown.trim().to_lowercase();
    is_note_taker(&name) || is_bare_note_taker(&name)
}

/// Why somebody of a table is left out, of whom it tells a name or an address alone.
pub(super) fn left_out(shown: &str, listed: &Listed) -> Option<&'static str> {
    let name = shown.trim().to_lowercase();
    let is_address = name.contains('@');
    if listed.rooms.contains(&name) || (!is_address && (is_room(&name) || is_hall(&name))) {
        return Some(ROOM);
    }
    let is_listed = listed.note_takers.contains(&name);
    (is_listed || takes_notes(&name)).then_some(NOTE_TAKER)
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
        let own = |names: [&str; 2]| names.map(str::to_owned);
        let listed = Listed::new(
            &own(["Turing", "r2@example.org"]),
            &own(["Scribbler", "scribe@example.org"]),
        );
        match sort(&entry, &listed) {
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
            ("Room 4", None, "room"),
            ("Room 4", Some("r4@example.org"), "room"),
            ("room-12b", None, "room"),
            ("Raum 3.12", None, "room"),
            ("Room A", None, "room"),
            ("Zürich Room #7", None, "room"),
            ("Conference Room", None, "room"),
            ("Emma Room B", None, "unknown"),
            ("Anna Sala", None, "unknown"),
            ("Ada 4", None, "unknown"),
            ("Otter", None, "note-taker"),
            ("Ada's Granola", None, "note-taker"),
            ("Gemini notes", None, "note-taker"),
            ("Fireflies", None, "note-taker"),
            ("read.ai", None, "note-taker"),
            ("Otter", Some("otter@example.org"), "known"),
            ("Piers Read", None, "unknown"),
            ("Scribbler", None, "note-taker"),
            ("Notta Bot", None, "note-taker"),
            ("Theo Bot", None, "unknown"),
            ("Saal 3", None, "room"),
            ("Saal 3", Some("saal3@example.org"), "room"),
            ("Saal Turing", None, "room"),
            ("Besprechung 2", None, "room"),
            ("Besprechungsecke Nord", None, "room"),
            ("Mötesrum Björk", None, "room"),
            ("第2会議室", None, "room"),
            ("Hugo Saal", None, "unknown"),
            ("Salle Turing", None, "room"),
            ("Sala Verde", None, "room"),
            ("Sala Burton", Some("sala@example.org"), "known"),
            ("Salle", None, "unknown"),
            ("H.323/SIP Room System", None, "room"),
            ("Ada Lovelace", Some("Scribe@example.org"), "note-taker"),
        ] {
            assert_eq!(sorted(name, email), expected, "{name}");
        }
    }
}
