//! Who is who, as somebody says who looked at the list: names that it shows without an address, or that are
//! no person. What is said stays with the import; no name of it is kept.

use std::collections::{BTreeMap, HashMap};

use super::people::Attendee;
use crate::sources::SourceError;

/// Why somebody is left out of whom it was said.
pub(in crate::sources) const NOBODY: &str = "said to be no person";

/// The addresses of names, by the name in lower case; empty: no person.
pub(in crate::sources) struct Matches(HashMap<String, String>);

impl Matches {
    /// What `people` says: names as the list shows them, and whose they are.
    ///
    /// # Errors
    /// Something that is no address.
    pub(super) fn new(people: BTreeMap<String, String>) -> Result<Matches, SourceError> {
        let is_address =
            |text: &str| text.is_empty() || (text.contains('@') && !text.contains(' '));
        let mut each = people.iter();
        if let Some((name, _)) = each.find(|(_, address)| !is_address(address.trim())) {
            return Err(SourceError::Params(format!(
                "people: {name:?} should have a mail address, or \"\" if it is no person"
            )));
        }
        let each = people.iter();
        let each = each.map(|(name, address)| (folded(name), address.trim().to_owned()));
        Ok(Matches(each.collect()))
    }

    /// Whose this name is, if that was said; empty: nobody's.
    pub(in crate::sources) fn of(&self, name: &str) -> Option<&str> {
        self.0.get(&folded(name)).map(String::as_str)
    }

    /// The people as they are matched, and the names of those who are none. Two entries of one person are
    /// one, with the stays of both.
    pub(super) fn applied(&self, people: &[Attendee]) -> (Vec<Attendee>, Vec<String>) {
        if self.0.is_empty() {
            return (people.to_vec(), Vec::new());
        }
        let (mut all, mut nobody): (Vec<Attendee>, _) = (Vec::new(), Vec::new());
        let mut known: HashMap<String, usize> = HashMap::new();
        for person in people {
            let mut person = person.clone();
            match self.of(&person.name) {
                None => {}
                Some("") => {
                    nobody.push(person.name);
                    continue;
                }
                Some(address) => {
                    person.key = address.to_lowercase();
                    person.email = Some(address.to_owned());
                    person.account = None;
                }
            }
            let at = *known.entry(person.key.clone()).or_insert(all.len());
            match all.get_mut(at) {
                None => all.push(person),
                Some(same) => same.take(person),
            }
        }
        (all, nobody)
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, email: Option<&str>, stay: Option<(i64, i64)>) -> Attendee {
        Attendee {
            key: email.unwrap_or(name).to_lowercase(),
            stays: stay
                .map(|(from, to)| (from, Some(to)))
                .into_iter()
                .collect(),
            name: name.to_owned(),
            email: email.map(str::to_owned),
            stated_ms: stay.is_none().then_some(60_000),
            account: None,
        }
    }

    fn matches(pairs: &[(&str, &str)]) -> Result<Matches, SourceError> {
        let own = |(name, address): &(&str, &str)| ((*name).to_owned(), (*address).to_owned());
        Matches::new(pairs.iter().map(own).collect())
    }

    #[test]
    fn two_entries_of_one_person_are_one() {
        let people = [
            entry("Ada Lovelace", Some("ada@example.org"), Some((0, 20_000))),
            entry("Ada's phone", None, Some((10_000, 40_000))),
            entry("Wall screen", None, Some((0, 90_000))),
            entry("Grace", None, None),
        ];
        let said = matches(&[("ada's PHONE ", "Ada@example.org"), ("wall screen", "")]).unwrap();
        let (all, nobody) = said.applied(&people);
        assert_eq!(nobody, ["Wall screen"]);
        let told: Vec<_> = all
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.present_ms(super::super::stays::Bounds::default()),
                )
            })
            .collect();
        assert_eq!(
            told,
            [("Ada Lovelace", Some(40_000)), ("Grace", Some(60_000))]
        );
        assert!(matches(&[("Ada", "Ada Lovelace")]).is_err());
    }
}
