//! `readback people suggest`: look-alikes, told by their place in the operator's own file and by pseudonyms.

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;

use serde_json::json;

use super::super::import::counted;
use super::bring::tell_problems;
use super::{File, print, say};
use crate::app::House;
use crate::collect::Keys;
use crate::collect::roster::{self, Member};
use crate::jobs::roster::Everybody;
use crate::model::Pseudonym;

/// A name in events that may be somebody's.
struct Suggestion {
    place: String,
    way: String,
    person: Pseudonym,
    name: Pseudonym,
    /// Where others stand whose name it may be, too.
    others: Vec<String>,
}

pub(super) async fn suggest(house: &House, read: Vec<File>, as_json: bool) -> anyhow::Result<()> {
    let everybody = Everybody::now(&house.store).await?;
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for File { roster, .. } in read {
        problems.extend(roster.problems);
        let members = roster::unite(roster.entries, &mut problems);
        found.extend(look_alikes(&members, &everybody, &house.keys));
    }
    if as_json {
        let each = found.iter().map(|one| {
            json!({
                "place": one.place,
                "way": one.way,
                "person": one.person.to_string(),
                "name": one.name.to_string(),
                "others": one.others,
            })
        });
        return print(&each.collect());
    }
    let mut out = std::io::stdout().lock();
    for one in &found {
        let others = match one.others.is_empty() {
            true => String::new(),
            false => format!(" (also {})", one.others.join(", ")),
        };
        writeln!(out, "{}: {}{others}", one.place, one.way)?;
        writeln!(out, "  readback people merge {} {}", one.person, one.name)?;
    }
    drop(out);
    tell_problems(&problems)?;
    say(format_args!(
        "{} in events like somebody's of the roster and nobody's yet; nothing is merged by itself",
        counted(found.len() as u64, "name", "names")
    ))
}

fn look_alikes(members: &[Member], everybody: &Everybody, keys: &Keys) -> Vec<Suggestion> {
    let mut found = Vec::new();
    roster::alike(members, |alike| {
        let name = keys.pseudonym(&alike.identity);
        if !everybody.is_loose(name) {
            return;
        }
        let Some(member) = members.get(alike.member) else {
            return;
        };
        let Some(first) = member.identities.first() else {
            return;
        };
        let person = keys.pseudonym(first);
        if everybody.is_one(person, name) || everybody.is_held_apart(person, name) {
            return;
        }
        found.push(Suggestion {
            place: member.place.clone(),
            way: alike.way,
            person,
            name,
            others: Vec::new(),
        });
    });
    let mut places: HashMap<Pseudonym, BTreeSet<String>> = HashMap::new();
    for one in &found {
        let known = places.entry(one.name).or_default();
        known.insert(one.place.clone());
    }
    for one in &mut found {
        let known = places.get(&one.name).into_iter().flatten();
        one.others = known
            .filter(|place| **place != one.place)
            .cloned()
            .collect();
    }
    found
}
