//! Links that stand and lead to nothing: to deleted write-ups, and to targets that no write-up has.

use std::collections::{BTreeMap, BTreeSet};

use regex::bytes::Regex;
use serde_json::{Value, json};

use super::super::import::counted;
use super::super::writeups::columns;
use super::{Args, Telling, print, tell};
use crate::app::House;
use crate::config::SourceConfig;
use crate::model::{Millis, Place};
use crate::sources::links::Finder;
use crate::sources::sites::Site;
use crate::sources::{self, KnownWriteup, git};
use crate::store::{FactSettings, GoneLink, RegistryWriteup};

/// Those that were collected.
pub(super) async fn collected(
    args: &Args,
    house: &House,
    settings: &FactSettings,
    writeup: u32,
) -> anyhow::Result<Vec<Leads>> {
    let mut links = house.store.gone_links(settings).await?;
    let place = args.place.map(Place::name);
    links.retain(|link| {
        place.is_none_or(|place| link.place == place) && (writeup == 0 || link.writeup == writeup)
    });
    let collected = |link: GoneLink| Leads {
        since: Some(link.at),
        writeup: link.writeup,
        target: link.target,
        place: link.place,
        stands_in: link.stands_in,
        deleted: link.gone_at,
    };
    Ok(links.into_iter().map(collected).collect())
}

/// All names of all write-ups, for finding what an address leads to.
pub(super) fn known<'a>(writeups: impl Iterator<Item = &'a RegistryWriteup>) -> Vec<KnownWriteup> {
    let known = |writeup: &RegistryWriteup| {
        let dated = writeup.spans.iter().map(|(name, _, _)| name);
        KnownWriteup {
            id: writeup.id.clone(),
            title: None,
            aliases: writeup.names.iter().chain(dated).cloned().collect(),
        }
    };
    writeups.map(known).collect()
}

/// Names that stand at the tips of repositories and that no write-up has, and what is to be said of
/// repositories that can't be looked at. Keys and sites are those of any source: who cites them has none.
pub(super) fn in_repositories(
    sources: &[SourceConfig],
    is_known: &dyn Fn(&str) -> bool,
    writeups: &[KnownWriteup],
) -> (Vec<Leads>, Vec<String>) {
    let repositories = || sources.iter().filter(|one| one.kind == git::KIND.name);
    let patterns: BTreeSet<String> = repositories()
        .flat_map(|source| git::key_patterns(source.params.clone()))
        .collect();
    // They were compiled when the parameters were checked.
    let patterns: Vec<Regex> = patterns
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect();
    let each = sources.iter();
    let sites = each.filter_map(|source| {
        let sites = sources::find(&source.kind)?.sites?;
        Some(sites(source.params.clone()))
    });
    let sites: Vec<Site> = sites.flatten().collect();
    let finder = Finder::new(writeups);
    let known = git::Known {
        keys: &patterns,
        sites: &sites,
        name: is_known,
        address: &|address| !finder.find(address.as_bytes(), None).is_empty(),
    };
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for source in repositories() {
        let says_what = git::has_writeups(&source.params);
        if patterns.is_empty() && sites.is_empty() && !says_what {
            continue;
        }
        match git::unnamed(source.params.clone(), &known) {
            Ok(names) => found.extend(names.into_iter().map(|name| Leads {
                since: None,
                writeup: 0,
                target: name.target,
                place: name.place.name().to_owned(),
                stands_in: name.stands_in,
                deleted: None,
            })),
            Err(error) => notes.push(format!("source {} was not looked at: {error}", source.id)),
        }
    }
    (found, notes)
}

/// A link that stands and leads to nothing.
pub(super) struct Leads {
    /// Since when, where that was collected.
    since: Option<Millis>,
    /// The number of the deleted write-up; 0 where no write-up has the target.
    writeup: u32,
    target: String,
    pub(super) place: String,
    stands_in: String,
    /// When the write-up was.
    deleted: Option<Millis>,
}

/// Links to one deleted write-up, or to one target that is none.
struct Gone<'a> {
    id: Option<&'a str>,
    target: &'a str,
    deleted: Option<Millis>,
    places: BTreeSet<&'a str>,
    /// The newest first.
    links: Vec<&'a Leads>,
}

/// Tells them, by what they lead to: first those that somebody can mend, then those in commit messages.
pub(super) fn tell_gone(telling: &Telling, links: &[Leads], limit: u64) -> anyhow::Result<()> {
    if telling.json {
        let (gone, _) = by_target(telling, links, limit);
        return print(&gone.iter().map(|one| gone_json(telling, one)).collect());
    }
    let in_commits = |link: &&Leads| link.place == Place::Commit.name();
    let (stay, mend): (Vec<&Leads>, Vec<&Leads>) = links.iter().partition(in_commits);
    if !mend.is_empty() || stay.is_empty() {
        tell_some(telling, by_target(telling, mend, limit))?;
    }
    if !stay.is_empty() {
        tell("in commit messages, which nobody can change:")?;
        tell_some(telling, by_target(telling, stay, limit))?;
    }
    Ok(())
}

/// The first of what these links lead to (0: all), and how many there are.
fn by_target<'a>(
    telling: &'a Telling,
    links: impl IntoIterator<Item = &'a Leads>,
    limit: u64,
) -> (Vec<Gone<'a>>, u64) {
    let mut by: BTreeMap<(bool, u32, &str), Gone> = BTreeMap::new();
    for link in links {
        let key = (link.writeup == 0, link.writeup, link.target.as_str());
        let one = by.entry(key).or_insert_with(|| Gone {
            id: (link.writeup != 0).then(|| telling.id(link.writeup)),
            target: &link.target,
            deleted: link.deleted,
            places: BTreeSet::new(),
            links: Vec::new(),
        });
        one.places.insert(&link.place);
        one.links.push(link);
    }
    let all = by.len() as u64;
    let shown = match limit {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    (by.into_values().take(shown).collect(), all)
}

fn tell_some(telling: &Telling, (gone, all): (Vec<Gone<'_>>, u64)) -> anyhow::Result<()> {
    let rows = gone.iter().map(|one| {
        let why = match one.deleted {
            Some(at) => format!("deleted {}", telling.day(at)),
            None => "no write-up".to_owned(),
        };
        let places: Vec<&str> = one.places.iter().copied().collect();
        let newest = one.links.first().map_or("", |link| link.stands_in.as_str());
        [
            one.id.unwrap_or(one.target).to_owned(),
            why,
            counted(one.links.len() as u64, "link", "links"),
            places.join(", "),
            telling.evidence(newest),
        ]
    });
    columns(&rows.collect::<Vec<_>>())?;
    match (all, gone.len() as u64) {
        (0, _) => tell(
            "no link leads to a deleted or unknown write-up; of repositories, names that fit incident_keys, \
             writeups or the pages of wikis are looked for in what stands there now",
        ),
        (all, n) if n < all => tell(&format!(
            "{} of {} are shown; --limit 0 shows all",
            n,
            counted(all, "target", "targets")
        )),
        (all, _) => tell(&counted(all, "target", "targets")),
    }
}

fn gone_json(telling: &Telling, one: &Gone) -> Value {
    let in_files = one
        .links
        .iter()
        .filter(|link| link.place != Place::Commit.name());
    let links = one.links.iter().map(|link| {
        json!({
            "place": link.place,
            "first_seen": link.since.map(|at| telling.day(at)),
            "stands_in": link.stands_in,
            "address": telling.forges.address(&link.stands_in),
        })
    });
    json!({
        "writeup": one.id,
        "target": one.id.is_none().then_some(one.target),
        "deleted": one.deleted.map(|at| telling.day(at)),
        // What stands in commit messages stays.
        "to_mend": in_files.count(),
        "links": links.collect::<Vec<_>>(),
    })
}
