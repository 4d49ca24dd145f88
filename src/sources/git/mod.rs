//! `git`: a local repository. Registers write-ups kept as files, and finds every reference to a
//! write-up in messages and files of the branch's history, with its life.
//!
//! | file | what it does |
//! | --- | --- |
//! | `params` | checks the parameters |
//! | `repository`, `changes` | read the object store: commits in order, files changed and renamed |
//! | `remote` | the page of the repository that a clone came from |
//! | `survey` | a first look, before anything is read |
//! | `registry`, `document` | the files that are write-ups, and what their text says |
//! | `scan`, `place`, `language` | references in a file, and what kind of place each stands in |
//! | `ledger` | the lives of links, pure |
//! | `walk` | takes the branch through registry and ledger |
//! | `events`, `checkpoint` | what goes out, what the next pull needs |

mod changes;
mod checkpoint;
mod document;
mod events;
mod language;
mod ledger;
mod params;
mod place;
mod probe;
mod registry;
mod remote;
mod repository;
mod scan;
mod survey;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Millis;

use super::{Kind, KnownWriteup, Probe, Pull, Setting, Sink, SourceError, decode};

use checkpoint::Checkpoint;
use events::Maker;
use ledger::Ledger;
use params::{Checked, Params};
use registry::Registry;
use repository::{Range, Repository};
use scan::Scanner;

pub use survey::{Survey, survey};

/// The kind.
pub static KIND: Kind = Kind {
    name: "git",
    summary: "A local git repository: write-ups kept as files, and links to write-ups in history",
    documentation: "\
Walks the history of one branch of a local repository, bare or with a worktree.

Files that fit `writeups` become write-ups: title and date from the front matter (`title`, `date`,
`published`), from lines such as `- Start Date: 2024-03-05`, or from the first heading and the commit
that added the file. The author of that commit and `authors` of the front matter are contributors.
`incident_keys` are regular expressions for keys in header, heading or file name; they become names of
the write-up, and so do `name_aliases`, made from the groups of `name_pattern` in the file's name.
With `web`, the address of the repository at a forge, every address of the file there is a name too;
where it is left out, the remote `origin` tells it, if it is on the web.

Links to any registered write-up are found in commit messages and in files. A link in a file lives
from the commit that first had it until the first commit of the branch without it; edited, moved and
renamed lines keep it, and what comes back within a day was never gone. Of commits that came in by a
merge, links count from the commit that wrote them, if they stood on the branch after the merge.
Links in messages are for ever; copies by rebase or cherry-pick count once.

`onboarding`, `runbook`, `docs` and `exclude` are globs over paths (`**/` for any folders; without a
slash over file names); giving one replaces its default. Excluded by default: vendored and generated
files and test data. Binary files and files over 2 MiB are left out and counted. Submodules and
symbolic links are not followed. A shallow clone begins where its history begins.

The source cannot see branches other than the one given, nor who read anything.",
    sample: r#"[[source]]
id = "shop"
kind = "git"
path = "/srv/git/shop.git"
web = "https://github.com/example/shop"
writeups = ["postmortems/*.md"]
incident_keys = ["INC-[0-9]+"]
"#,
    file: None,
    pull: Some(build),
    push: None,
    probe: Some(Probe::Local(probe::look)),
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    let params = decode::<Params>(params)?.check()?;
    Ok(Box::new(Git {
        params,
        setting: setting.clone(),
    }))
}

struct Git {
    params: Checked,
    setting: Setting,
}

impl Pull for Git {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        _now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        pull(&self.params, &self.setting, checkpoint, sink)
    }
}

fn pull(
    params: &Checked,
    setting: &Setting,
    given: Option<&str>,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let name = &params.name;
    let repository = Repository::open(&params.path, name)?;
    let Some(head) = repository.head(params.branch.as_deref())? else {
        sink.note(format!("{name}: has no commits yet"));
        return Ok(given.unwrap_or_default().to_owned());
    };
    let maker = Maker {
        source: Arc::from(setting.source.as_str()),
        params,
        repository: &repository,
        web: params.web.clone().or_else(|| repository.web()),
        branch: repository.branch_name(params.branch.as_deref()),
        zone: setting.timezone,
    };
    let settings = checkpoint::fingerprint(&(
        &params.fingerprint,
        &maker.web,
        &maker.branch,
        setting.timezone.name(),
    ));
    let before = given.and_then(|text| Checkpoint::read(text, &settings));
    let (before, mut range) = since(&repository, head, before, sink)?;
    // Write-ups registered elsewhere may be new even so.
    let nothing_new = range.mainline.is_empty();
    let mut registry = before.registry;
    if !nothing_new {
        walk::writeups(
            &repository,
            &mut range,
            &params.paths.writeups,
            &mut registry,
        )?;
    }
    read_writeups(&maker, &mut registry, sink)?;
    let known = maker.known(&registry, &setting.writeups);
    let print = known_fingerprint(&known);
    let mut ledger = before.ledger;
    if print == before.known {
        if nothing_new {
            return Ok(given.unwrap_or_default().to_owned());
        }
        range.rewind();
    } else {
        // Links to a write-up may be older than its registration.
        ledger = Ledger::default();
        range = whole(&repository, head)?;
    }
    if repository.is_shallow() {
        sink.note(format!(
            "{name}: is a shallow clone; links older than its history count from there (`git fetch --unshallow` brings the rest)"
        ));
    }
    let subjects: HashMap<String, String> = known
        .iter()
        .map(|(key, writeup)| (key.clone(), writeup.id.clone()))
        .collect();
    let mut scanner = Scanner::new(&repository, &params.paths, &known);
    let messages = walk::links(
        &mut range,
        &mut scanner,
        &mut ledger,
        &maker,
        &subjects,
        sink,
    )?;
    let changed = ledger.take_changed();
    sink.note(format!(
        "{name}: walked {} commits; {} links in messages, {} links in files came or went, {} stand",
        range.len(),
        messages.len(),
        changed.len(),
        ledger.standing(),
    ));
    for event in messages {
        sink.event(event);
    }
    for life in changed {
        if let Some(subject) = subjects.get(&life.target) {
            sink.event(maker.life(&life, subject)?);
        }
    }
    Checkpoint::new(head, settings, print, registry, ledger).write()
}

/// Where to go on: the state before and the commits since; from the start where there is no state
/// that fits.
fn since(
    repository: &Repository,
    head: gix::ObjectId,
    before: Option<Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(Checkpoint, Range), SourceError> {
    if let Some(before) = before {
        if let Some(range) = repository.range(head, before.head())? {
            return Ok((before, range));
        }
        sink.note(
            "the branch was rewritten since the last pull; its history is read again".to_owned(),
        );
    }
    Ok((Checkpoint::default(), whole(repository, head)?))
}

fn whole(repository: &Repository, head: gix::ObjectId) -> Result<Range, SourceError> {
    repository
        .range(head, None)?
        .ok_or_else(|| repository.failed("the history has no beginning"))
}

/// Differs where other references would be found; the order of names does not matter.
fn known_fingerprint(known: &[(String, KnownWriteup)]) -> String {
    let mut names: Vec<(&str, &str, Vec<&str>)> = known
        .iter()
        .map(|(key, writeup)| {
            let mut aliases: Vec<&str> = writeup.aliases.iter().map(String::as_str).collect();
            aliases.sort_unstable();
            aliases.dedup();
            (key.as_str(), writeup.id.as_str(), aliases)
        })
        .collect();
    names.sort_unstable();
    checkpoint::fingerprint(&names)
}

/// Reads the texts of write-ups that changed, keeps their names, and sends their events.
fn read_writeups(
    maker: &Maker<'_>,
    registry: &mut Registry,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let mut documents = Vec::new();
    for (at, entry) in registry
        .entries
        .iter_mut()
        .enumerate()
        .filter(|(_, entry)| entry.changed)
    {
        let document = maker.document(entry)?;
        entry.names = maker.names(entry, &document);
        entry.changed = false;
        documents.push((at, document));
    }
    for (at, document) in documents {
        sink.event(maker.writeup(&registry.entries[at], registry, document)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
