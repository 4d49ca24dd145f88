//! The attendance list of Teams until 2021, which the organiser could download during the meeting:
//! `Full Name, User Action, Timestamp`, one row for each coming and going. The last going is missing
//! for everybody who was still there.

use std::collections::{BTreeMap, HashSet};

use crate::model::Millis;
use crate::sources::presence::dates::Stamp;
use crate::sources::presence::stays::Stay;
use crate::sources::presence::text::Row;

/// A row of the list.
pub(super) struct Action {
    /// Where it stands.
    pub(super) place: String,
    /// The name shown in the meeting.
    pub(super) name: String,
    /// Came, or went.
    pub(super) joined: bool,
    /// When.
    pub(super) stamp: Stamp,
}

/// Whether the file looks like such a list: three columns, dates in the third. In English its header
/// is enough, so that dates that can't be read are told as what they are.
pub(super) fn is_log(rows: &[Row]) -> bool {
    match rows {
        [header, ..] if header.cell(0).eq_ignore_ascii_case("full name") => header.filled() == 3,
        [header, first, ..] => {
            header.filled() == 3
                && first.filled() == 3
                && Stamp::parse(header.cell(2)).is_none()
                && Stamp::parse(first.cell(2)).is_some()
        }
        _ => false,
    }
}

/// What the words for going have in them, in the languages that we know, lower case.
const GOING: [&str; 34] = [
    "left",
    "verlassen",
    "quitt",
    "abbandon",
    "abandon",
    "sali\u{f3}",
    "sali\u{f2}",
    "uscit",
    "saiu",
    "verlaten",
    "vertrokken",
    "l\u{e4}mnade",
    "forlod",
    "forlot",
    "poistui",
    "opu\u{15b}ci",
    "opuszcz",
    "opusti",
    "deixou",
    "ayr\u{131}ld",
    "kil\u{e9}p",
    "t\u{e1}voz",
    "αποχώρ",
    "вийш",
    "вышел",
    "나감",
    "나갔",
    "退室",
    "odesz",
    "odpojil",
    "покинул",
    "退出",
    "離開",
    "离开",
];

/// Reads the list; what can't be read is named by place and column.
///
/// The actions are words in the downloader's language. Nobody goes before they come, so a word that
/// is the first about somebody means coming, and all others mean going. A list may have been downloaded when
/// somebody's coming was not in it any more: words that are known to mean going do, and where none would be left
/// for it, the one that is the first most seldom.
pub(super) fn parse(rows: &[Row]) -> (Vec<Action>, Vec<(String, &'static str)>) {
    let rows = rows.get(1..).unwrap_or_default();
    let mut people = HashSet::new();
    // How often each word is the first of somebody, and how often it is not.
    let mut words: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows {
        let (first, later) = words.entry(row.cell(1).to_lowercase()).or_default();
        match people.insert(row.cell(0)) {
            true => *first += 1,
            false => *later += 1,
        }
    }
    let goes = |word: &str| GOING.iter().any(|known| word.contains(known));
    let mut coming: HashSet<String> = words
        .iter()
        .filter(|(word, (first, _))| *first > 0 && !goes(word))
        .map(|(word, _)| word.clone())
        .collect();
    if coming.len() > 1 && coming.len() == words.len() {
        let share = |word: &&String| {
            let (first, later) = words.get(*word).copied().unwrap_or_default();
            // Per thousand, so that it can be ordered.
            first * 1000 / (first + later).max(1)
        };
        let seldom = coming
            .iter()
            .min_by_key(|word| (share(word), *word))
            .cloned();
        // Words that are never anything but the first are for coming.
        if let Some(word) = seldom.filter(|word| share(&word) < 1000) {
            coming.remove(&word);
        }
    }
    let mut actions = Vec::new();
    let mut unread = Vec::new();
    for row in rows {
        let word = row.cell(1).to_lowercase();
        match Stamp::parse(row.cell(2)) {
            None => unread.push((row.place(), "Timestamp")),
            Some(_) if word.is_empty() => unread.push((row.place(), "User Action")),
            Some(stamp) => actions.push(Action {
                place: row.place(),
                name: row.cell(0).to_owned(),
                joined: coming.contains(&word) || word.starts_with("joined"),
                stamp,
            }),
        }
    }
    (actions, unread)
}

/// The stays of one person from their comings and goings. Somebody who came twice with two devices is
/// there until the second has gone. The second result counts goings of somebody who was not there.
pub(super) fn stays(mut actions: Vec<(Millis, bool)>) -> (Vec<Stay>, usize) {
    // At one instant coming goes first, so that a stay of no length is closed.
    actions.sort_by_key(|&(at, joined)| (at, !joined));
    let mut stays = Vec::new();
    let mut since = None;
    let mut devices = 0_usize;
    let mut strays = 0;
    for (at, joined) in actions {
        match (joined, since) {
            (true, None) => {
                since = Some(at);
                devices = 1;
            }
            (true, Some(_)) => devices += 1,
            (false, Some(_)) if devices > 1 => devices -= 1,
            (false, Some(from)) => {
                stays.push((from, Some(at)));
                since = None;
            }
            (false, None) => strays += 1,
        }
    }
    stays.extend(since.map(|from| (from, None)));
    (stays, strays)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comings_and_goings_make_stays() {
        let (found, strays) = stays(vec![(1, true), (5, false), (7, true), (9, false)]);
        assert_eq!((found, strays), (vec![(1, Some(5)), (7, Some(9))], 0));
        let (found, _) = stays(vec![
            (1, true),
            (2, true),
            (5, false),
            (7, false),
            (8, true),
        ]);
        assert_eq!(found, [(1, Some(7)), (8, None)]);
        assert_eq!(stays(vec![(3, false)]), (Vec::new(), 1));
        assert_eq!(stays(vec![(3, false), (3, true)]).0, [(3, Some(3))]);
    }
}
