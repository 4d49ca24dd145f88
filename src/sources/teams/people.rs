//! From the rows of Teams' lists to people.

use super::log::{self, Action};
use super::report::{Entry, Report};
use crate::model::Millis;
use crate::sources::Sink;
use crate::sources::presence::dates::Stamp;
use crate::sources::presence::no_such_date;
use crate::sources::presence::people::{Attendee, People};

/// The people of a report. Stays count; who has none keeps what the list of participants states.
pub(super) fn of_report(
    report: &Report,
    at: impl Fn(Stamp) -> Option<Millis>,
    sink: &mut dyn Sink,
) -> Vec<Attendee> {
    let mut people = People::default();
    let stay = |entry: &Entry, sink: &mut dyn Sink| {
        let (joined, left) = (at(entry.joined), entry.left.map(&at));
        match (joined, left) {
            (Some(joined), None) => Some((joined, None)),
            (Some(joined), Some(Some(left))) => Some((joined, Some(left))),
            _ => {
                no_such_date(&entry.place, sink);
                None
            }
        }
    };
    for entry in &report.stays {
        if let Some(stay) = stay(entry, sink) {
            people
                .of(&entry.name, entry.email.as_deref())
                .stays
                .push(stay);
        }
    }
    for entry in &report.participants {
        if entry.name.is_empty() && entry.email.is_none() && !report.stays.is_empty() {
            // Nothing ties this row to a stay, and the stays have been counted.
            continue;
        }
        let Some(stay) = stay(entry, sink) else {
            continue;
        };
        let person = people.of(&entry.name, entry.email.as_deref());
        if person.stays.is_empty() {
            person.stays.push(stay);
            person.stated_ms = entry.stated_ms;
        }
    }
    people.into_all()
}

/// The people of the older list.
pub(super) fn of_log(
    actions: Vec<Action>,
    at: impl Fn(Stamp) -> Option<Millis>,
    sink: &mut dyn Sink,
) -> Vec<Attendee> {
    let mut people = People::default();
    let mut moves: Vec<Vec<(Millis, bool)>> = Vec::new();
    for action in actions {
        let Some(at) = at(action.stamp) else {
            no_such_date(&action.place, sink);
            continue;
        };
        let index = people.index(&action.name, None);
        if moves.len() <= index {
            moves.resize_with(index + 1, Vec::new);
        }
        moves[index].push((at, action.joined));
    }
    let mut people = people.into_all();
    for (person, moves) in people.iter_mut().zip(moves) {
        let (stays, strays) = log::stays(moves);
        person.stays = stays;
        for _ in 0..strays {
            sink.left_out("departure of somebody who had not come");
        }
    }
    people.retain(|person| !person.stays.is_empty());
    people
}
