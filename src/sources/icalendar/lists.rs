//! Who is behind the address of a group, as the configuration has it: calendars invite a list by one address, and
//! do not say who reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use super::people::{Invitation, without_mailto};
use crate::model::Identity;
use crate::sources::SourceError;

/// The members of a list: their addresses, or a file with one a line.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "valid is a list of addresses, or the path of a file with one a line"
)]
pub(in crate::sources) enum Members {
    Named(Vec<String>),
    File(PathBuf),
}

/// Lists as the parameters give them.
pub(in crate::sources) type Given = BTreeMap<String, Members>;

/// The members of lists by the address of the list, all in small letters. No `Debug`: it holds addresses.
#[derive(Default)]
pub(in crate::sources) struct Lists(BTreeMap<String, Vec<String>>);

impl Lists {
    /// From the parameters.
    ///
    /// # Errors
    /// Something is no address, a list is there twice or has nobody, or a file can't be read.
    pub(in crate::sources) fn new(given: &Given) -> Result<Lists, SourceError> {
        let mut lists = BTreeMap::new();
        for (name, members) in given {
            let list = address(name).ok_or_else(|| {
                SourceError::Params(format!(
                    "lists: {name:?} should be the address of a list, such as sre@example.org"
                ))
            })?;
            let addresses = match members {
                Members::Named(addresses) => read(&list, addresses.iter().map(String::as_str)),
                Members::File(path) => {
                    let text = std::fs::read_to_string(path).map_err(|cause| SourceError::Io {
                        name: path.display().to_string(),
                        cause,
                    })?;
                    read(&list, text.trim_start_matches('\u{feff}').lines())
                }
            }?;
            if lists.insert(list.clone(), addresses).is_some() {
                return Err(SourceError::Params(format!(
                    "lists: {list:?} is there twice; small letters and capitals are the same"
                )));
            }
        }
        Ok(Lists(lists))
    }

    /// What tells these lists from others.
    pub(in crate::sources) fn text(&self) -> String {
        match self.0.is_empty() {
            true => String::new(),
            false => format!("{:?}", self.0),
        }
    }

    /// The invitations, and behind them those of the members of lists, by the role of the list. Whoever is named
    /// besides is invited by name, and that comes first; and a calendar that names members knows better.
    pub(super) fn expanded(&self, invitations: &[Invitation]) -> Vec<Invitation> {
        let mut all = invitations.to_vec();
        if self.0.is_empty() {
            return all;
        }
        let named = |list: &str| {
            let of = |one: &Invitation| one.member.as_deref().map(small);
            invitations
                .iter()
                .any(|one| of(one).as_deref() == Some(list))
        };
        // A list that sends the invitation is nobody who leads the meeting.
        all.retain(|one| !(one.organizer && self.0.contains_key(&small(&one.address))));
        let mut members = Vec::new();
        for one in all.iter_mut().filter(|one| !one.organizer) {
            let list = small(&one.address);
            if !self.0.contains_key(&list) {
                continue;
            }
            one.cutype = Some("GROUP".to_owned());
            if named(&list) {
                continue;
            }
            members.extend(self.members(&list).into_iter().map(|address| Invitation {
                uid: one.uid.clone(),
                address,
                role: one.role.clone(),
                member: Some(list.clone()),
                is_listed: true,
                ..Invitation::default()
            }));
        }
        all.extend(members);
        all
    }

    /// Who reads a list, also through lists in it.
    fn members(&self, list: &str) -> BTreeSet<String> {
        let (mut people, mut met) = (BTreeSet::new(), BTreeSet::new());
        let mut lists = vec![list.to_owned()];
        while let Some(list) = lists.pop() {
            if !met.insert(list.clone()) {
                continue;
            }
            for member in self.0.get(&list).into_iter().flatten() {
                match self.0.contains_key(member) {
                    true => lists.push(member.clone()),
                    false => {
                        people.insert(member.clone());
                    }
                }
            }
        }
        people
    }
}

/// The addresses of a list; a line may be empty, or a remark behind `#`.
fn read<'a>(list: &str, lines: impl Iterator<Item = &'a str>) -> Result<Vec<String>, SourceError> {
    let mut all = BTreeSet::new();
    for (index, line) in lines.enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        // What stands there may be somebody's name: it is not repeated.
        let member = address(line).ok_or_else(|| {
            SourceError::Params(format!(
                "lists: {list:?}: entry {} should be an address such as ada@example.org",
                index + 1
            ))
        })?;
        all.insert(member);
    }
    match all.is_empty() {
        true => Err(SourceError::Params(format!(
            "lists: {list:?} names nobody; give the addresses of its members, or a file with one a line"
        ))),
        false => Ok(all.into_iter().collect()),
    }
}

fn small(address: &str) -> String {
    without_mailto(address).trim().to_lowercase()
}

fn address(text: &str) -> Option<String> {
    let address = small(text);
    let is_one = Identity::bare(&address).is_email() && !address.contains(char::is_whitespace);
    is_one.then_some(address)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::tests::{attendance, calendar, event, import, rows};

    #[test]
    fn members_are_invited_in_the_place_of_their_list() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        write!(
            file,
            "\u{feff}# who is on call\n\nmailto:Cleo@example.org\nDan@example.org # since May\n"
        )
        .expect("written");
        let params = format!(
            "lists = {{ \"SRE@example.org\" = {:?}, \"all@example.org\" = [\"ada@example.org\", \"b@example.org\"] }}",
            file.path()
        );
        let text = calendar(&event(
            "UID:a\nDTSTART:20250304T140000Z\n\
             ATTENDEE;CUTYPE=GROUP;ROLE=OPT-PARTICIPANT:mailto:sre@example.org\n\
             ATTENDEE:mailto:all@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:cleo@example.org\n",
        ));
        let found = import(&params, &text).expect("a calendar");
        assert_eq!(
            rows(&found),
            [
                "a cleo@example.org REQ-PARTICIPANT",
                "a cleo@example.org -?",
                "a dan@example.org OPT-PARTICIPANT",
                "a ada@example.org REQ-PARTICIPANT?",
                "a b@example.org REQ-PARTICIPANT?",
            ]
        );
        let via = |index: usize| attendance(&found.events[index]).via.clone();
        assert_eq!(
            [via(0), via(1), via(2), via(4)].map(|via| via.unwrap_or_default()),
            ["", "sre@example.org", "sre@example.org", "all@example.org"]
        );
        let left: Vec<_> = found.left_out.into_iter().collect();
        assert_eq!(left, [("group", 2)]);
        // A calendar that names members knows who they were.
        let named = calendar(&event(
            "UID:a\nDTSTART:20250304T140000Z\nATTENDEE;CUTYPE=GROUP:mailto:sre@example.org\n\
             ATTENDEE;MEMBER=\"mailto:sre@example.org\":mailto:eve@example.org\n",
        ));
        let found = import(&params, &named).expect("a calendar");
        assert_eq!(rows(&found), ["a eve@example.org REQ-PARTICIPANT?"]);
    }

    #[test]
    fn whoever_is_in_two_lists_has_to_come_where_one_says_so_and_a_list_leads_nothing() {
        let params = "lists = { \"few@example.org\" = [\"ada@example.org\", \"b@example.org\"], \
                      \"team@example.org\" = [\"ada@example.org\"] }";
        let text = calendar(&event(
            "UID:a\nDTSTART:20250304T140000Z\nORGANIZER:mailto:few@example.org\n\
             ATTENDEE;ROLE=OPT-PARTICIPANT:mailto:few@example.org\n\
             ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:team@example.org\n",
        ));
        let found = import(params, &text).expect("a calendar");
        let expected = [
            "a ada@example.org REQ-PARTICIPANT",
            "a b@example.org OPT-PARTICIPANT",
            "a ada@example.org -?",
        ];
        assert_eq!(rows(&found), expected);
    }
}
