//! What the configuration says of whom and of what reads come: accounts that are programs, as the derive job
//! knows them, by pseudonym; and sources that see all reads.

use std::collections::BTreeSet;

use anyhow::Context as _;
use xxhash_rust::xxh3::Xxh3;

use crate::collect::{Keys, roster};
use crate::config::{Accounts, Config, Sees};
use crate::model::Identity;
use crate::sources::{beacon, drive};
use crate::store::RegistryPerson;

/// What an account of a program is called in the registry of people.
const SERVICE: &str = "service";

/// Accounts of programs.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    agents: BTreeSet<u128>,
    services: BTreeSet<u128>,
}

/// What the configuration says of whom and of what reads come.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// Accounts of programs.
    pub machines: Machines,
    /// Sources that see all reads of what they watch, in the order of the configuration: of several of one
    /// fidelity the first that watches counts.
    pub wholes: Vec<String>,
}

impl Configured {
    /// What it says.
    pub fn of(config: &Config, keys: &Keys) -> anyhow::Result<Self> {
        let wholes = config.sources.iter().filter(|source| {
            // Every page view sends to every beacon that its page loads, and a log of audits holds all.
            let usual = [beacon::KIND.name, drive::KIND.name].contains(&source.kind.as_str());
            config
                .sees
                .get(&source.id)
                .map_or(usual, |sees| *sees == Sees::Whole)
        });
        Ok(Configured {
            machines: Machines::of(&config.accounts, keys)?,
            wholes: wholes.map(|source| source.id.clone()).collect(),
        })
    }
}

/// The accounts named in the configuration.
///
/// # Errors
/// One is no account; which one is told by its place.
fn named(accounts: &Accounts) -> anyhow::Result<[Vec<Identity>; 2]> {
    let mut lists = [Vec::new(), Vec::new()];
    for (list, (key, texts)) in lists.iter_mut().zip(accounts.by_name()) {
        for (n, text) in texts.iter().enumerate() {
            let identity = roster::identity(&text.0).map_err(anyhow::Error::msg);
            list.push(identity.with_context(|| format!("accounts.{key}: entry {}", n + 1))?);
        }
    }
    Ok(lists)
}

/// Whether all accounts named in the configuration can be accounts.
pub fn check(accounts: &Accounts) -> anyhow::Result<()> {
    named(accounts).map(drop)
}

impl Machines {
    /// Those that the configuration names.
    pub fn of(accounts: &Accounts, keys: &Keys) -> anyhow::Result<Self> {
        let [agents, services] = named(accounts)?.map(|list| {
            let pseudonyms = list.iter().map(|identity| keys.pseudonym(identity));
            pseudonyms.map(|one| u128::from_be_bytes(one.0)).collect()
        });
        Ok(Machines { agents, services })
    }

    /// One number for who they are; nothing where there are none.
    pub fn print(&self) -> Option<u64> {
        if self.agents.is_empty() && self.services.is_empty() {
            return None;
        }
        let mut hash = Xxh3::new();
        for list in [&self.agents, &self.services] {
            hash.update(&list.len().to_le_bytes());
            for one in list {
                hash.update(&one.to_le_bytes());
            }
        }
        Some(hash.digest())
    }

    /// Calls them programs in the registry, under all their names, and gives the numbers of agents.
    pub(super) fn mark(&self, people: &mut [RegistryPerson]) -> Vec<u32> {
        let numbers = |list: &BTreeSet<u128>| -> BTreeSet<u32> {
            let named = people.iter().filter(|one| list.contains(&one.pseudonym));
            named.map(|one| one.number).collect()
        };
        let (agents, services) = (numbers(&self.agents), numbers(&self.services));
        for person in people.iter_mut() {
            let is_one = agents.contains(&person.number) || services.contains(&person.number);
            // Who is excluded by hand stays so.
            if is_one && person.kind != super::people::EXCLUDED {
                SERVICE.clone_into(&mut person.kind);
            }
        }
        agents.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn accounts(agents: &[&str]) -> Accounts {
        Accounts {
            agents: agents.iter().map(|one| Secret((*one).to_owned())).collect(),
            services: vec![Secret("github:indexer".to_owned())],
        }
    }

    #[test]
    fn accounts_are_known_by_pseudonym_under_all_their_names() {
        let keys = Keys::new([7; 32]);
        let machines = Machines::of(&accounts(&["helper@example.org"]), &keys).unwrap();
        let row = |name: &str, number| RegistryPerson {
            generation: 1,
            pseudonym: u128::from_be_bytes(keys.pseudonym(&Identity::bare(name)).0),
            number,
            team: String::new(),
            kind: "person".to_owned(),
            joined_at: None,
            left_at: None,
        };
        let mut people = vec![
            row("Helper@example.org", 4),
            row("helper", 4),
            row("ada@example.org", 5),
        ];
        assert_eq!(machines.mark(&mut people), [4]);
        let kinds: Vec<&str> = people.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["service", "service", "person"]);
        assert!(machines.print().is_some() && Machines::default().print().is_none());
    }

    #[test]
    fn what_is_no_account_is_told_by_its_place_alone() {
        let wrong = check(&accounts(&["a@example.org", "githb:zzsomebody"])).unwrap_err();
        let words = format!("{wrong:#}");
        assert!(words.contains("accounts.agents: entry 2"), "{words}");
        assert!(!words.contains("zzsomebody"), "{words}");
    }
}
