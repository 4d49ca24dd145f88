//! A repository's `.mailmap`: addresses that stand on one line are one person's. Names are not looked at.

use gix::mailmap;

use super::{Entry, Roster, spelling};
use crate::model::Identity;

/// Reads the text.
pub(super) fn read(text: &str) -> Roster {
    let mut roster = Roster::default();
    for (number, line) in (1..).zip(text.lines()) {
        let place = format!("line {number}");
        match mailmap::parse(line.as_bytes()).next() {
            None => {}
            // Its words repeat the line.
            Some(Err(_)) => roster.problem(
                &place,
                "",
                "can't be read; `Name <address> <other address>` is valid",
            ),
            Some(Ok(line)) => {
                let addresses = [line.new_email(), Some(line.old_email())];
                take(
                    &place,
                    addresses.into_iter().flatten().map(ToString::to_string),
                    &mut roster,
                );
            }
        }
    }
    // Who has one address only is told nothing of.
    roster.entries.retain(|entry| entry.identities.len() > 1);
    roster
}

fn take(place: &str, addresses: impl Iterator<Item = String>, roster: &mut Roster) {
    let mut entry = Entry::new(place.to_owned());
    for address in addresses {
        match Identity::bare(&address) {
            mail if mail.is_email() => entry.add(mail),
            _ => entry.add(Identity::of_source("git", "account", address.trim())),
        }
    }
    let Some(first) = entry.identities.first().map(spelling) else {
        return;
    };
    let known = roster
        .entries
        .iter_mut()
        .find(|known| known.identities.first().map(spelling).as_ref() == Some(&first));
    match known {
        Some(known) => entry.identities.into_iter().for_each(|one| known.add(one)),
        None => roster.take(entry),
    }
}
