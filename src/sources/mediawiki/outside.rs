//! Pages of the wiki that lead to write-ups elsewhere, by their addresses. The wiki keeps these links by
//! address and without history, as it keeps links between its pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::target::{canonical, host};
use crate::model::{Body, Event, Link, LinkForm, Millis, Place};
use crate::sources::links::Finder;
use crate::sources::{KnownWriteup, Sink, SourceError};

use super::answer::{self, Page};
use super::{Linked, MediaWiki};

/// Sites that are asked for in one pull, those with the most write-ups first.
const SITES: usize = 20;

impl MediaWiki {
    /// Tells of links that came and went since the last pull. `known` is brought up to date.
    pub(super) fn outside(
        &self,
        pages: &BTreeMap<u64, Page>,
        known: &mut BTreeMap<String, Linked>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let own = self.maker.id(0);
        let own = own.trim_end_matches('0');
        let elsewhere: Vec<KnownWriteup> = self
            .writeups
            .iter()
            .filter(|writeup| !writeup.id.starts_with(own))
            .cloned()
            .collect();
        let sites = sites(&elsewhere);
        let asked: BTreeSet<&str> = sites.iter().map(|site| site.host.as_str()).collect();
        let finder = Finder::new(&elsewhere);
        let mut standing: BTreeSet<(u64, &str)> = BTreeSet::new();
        for site in &sites {
            for protocol in ["https", "http"] {
                let question = [
                    ("list", "exturlusage"),
                    ("euquery", site.below.as_str()),
                    ("euprotocol", protocol),
                    ("euprop", "ids|url"),
                    ("eulimit", "max"),
                ];
                self.client.all(&question, |answer| {
                    for (from, url) in answer::outside(answer) {
                        let found = finder.find(url.as_bytes(), None);
                        let found = found
                            .iter()
                            .filter_map(|found| elsewhere.get(found.writeup));
                        standing.extend(found.map(|writeup| (from, writeup.id.as_str())));
                    }
                })?;
            }
        }
        for &(from, writeup) in &standing {
            let key = key(from, writeup);
            let Some(next) = Linked::standing(known.get(&key), now) else {
                continue;
            };
            sink.event(self.link_outside(pages, from, writeup, &next));
            known.insert(key, next);
        }
        for (name, linked) in known
            .iter_mut()
            .filter(|(_, linked)| linked.removed_at.is_none())
        {
            let Some((from, writeup)) = parts(name) else {
                continue;
            };
            // Only what was asked for can be missed.
            let writeup = elsewhere.iter().find(|known| known.id == writeup);
            let is_asked = |writeup: &&KnownWriteup| {
                addresses(writeup).any(|(host, _)| asked.contains(host.as_str()))
            };
            let Some(writeup) = writeup.filter(is_asked) else {
                continue;
            };
            if !standing.contains(&(from, writeup.id.as_str())) {
                linked.remove(now);
                sink.event(self.link_outside(pages, from, &writeup.id, linked));
            }
        }
        Ok(())
    }

    fn link_outside(
        &self,
        pages: &BTreeMap<u64, Page>,
        from: u64,
        writeup: &str,
        linked: &Linked,
    ) -> Event {
        let is_writeup = pages.contains_key(&from);
        Event {
            source: Arc::clone(&self.maker.source),
            id: format!("outside:{}", key(from, writeup)),
            subject: writeup.to_owned(),
            time: linked.at,
            version: linked.version,
            body: Body::Link(Link {
                person: None,
                team: None,
                place: match is_writeup {
                    true => Place::Writeup,
                    false => Place::Docs,
                },
                stands_in: match is_writeup {
                    true => Some(self.maker.id(from)),
                    false => self.maker.address(from),
                },
                removed_at: linked.removed_at,
                role: None,
                form: Some(LinkForm::Link),
                label: None,
            }),
        }
    }
}

/// A site with write-ups.
struct Site {
    host: String,
    /// What all their addresses begin with, without the scheme.
    below: String,
}

/// Hosts and addresses without scheme of a write-up.
fn addresses(writeup: &KnownWriteup) -> impl Iterator<Item = (String, String)> + use<'_> {
    let names = std::iter::once(&writeup.id).chain(&writeup.aliases);
    names.filter_map(|name| {
        let host = host(name)?;
        // A name that ends in a star stands for what begins so.
        let address = canonical(name.trim_end_matches('*')).into_owned();
        let (_, address) = address.split_once("://")?;
        Some((host, address.to_owned()))
    })
}

/// The sites of write-ups, each with the longest path that all of its write-ups lie below.
fn sites(writeups: &[KnownWriteup]) -> Vec<Site> {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (host, address) in writeups.iter().flat_map(addresses) {
        let (count, below) = found.entry(host).or_insert_with(|| (0, address.clone()));
        *count += 1;
        let same = below
            .char_indices()
            .zip(address.chars())
            .find(|((_, one), other)| one != other)
            .map_or(below.len().min(address.len()), |((at, _), _)| at);
        below.truncate(same);
    }
    let mut sites: Vec<(usize, Site)> = found
        .into_iter()
        .map(|(host, (count, below))| {
            // Not in the middle of a name; and what stands behind is written in several ways.
            let path = below.split(['?', '#', '%']).next().unwrap_or_default();
            let end = path.rfind('/').map_or(path.len(), |at| at + 1);
            let below = match path[..end].contains('/') {
                true => path[..end].to_owned(),
                false => host.clone(),
            };
            (count, Site { host, below })
        })
        .collect();
    sites.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.host.cmp(&b.host)));
    sites
        .into_iter()
        .map(|(_, site)| site)
        .take(SITES)
        .collect()
}

fn key(from: u64, writeup: &str) -> String {
    format!("{from}:{writeup}")
}

fn parts(key: &str) -> Option<(u64, &str)> {
    let (from, writeup) = key.split_once(':')?;
    Some((from.parse().ok()?, writeup))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_asked_for_below_what_its_write_ups_share() {
        let known = |id: &str, alias: &str| KnownWriteup {
            id: id.to_owned(),
            title: None,
            aliases: vec![alias.to_owned()],
        };
        let below = |writeups: &[KnownWriteup]| -> Vec<String> {
            sites(writeups).into_iter().map(|site| site.below).collect()
        };
        assert_eq!(
            below(&[
                known("a", "https://code.example.org/org/pm/blob/main/a.md"),
                known("b", "http://code.example.org/org/pm/blob/main/b\u{e9}.md"),
                known("c", "https://docs.example.org/x"),
            ]),
            ["code.example.org/org/pm/blob/main/", "docs.example.org/"]
        );
        assert_eq!(
            below(&[known("a", "https://a.example.org")]),
            ["a.example.org"]
        );
        assert_eq!(below(&[known("INC-1", "pm/a.md")]), [""; 0]);
    }
}
