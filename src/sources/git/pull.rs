//! One pull: from where the last one ended, or from the beginning of history where what was said
//! of it may no longer hold. Either way the events sent so far then say what history says now.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use crate::model::{Millis, forge_wiki};
use crate::sources::{KnownWriteup, Setting, Sink, SourceError};

use super::checkpoint::{Basis, Checkpoint, fingerprint};
use super::crew::Crew;
use super::events::{Made, Maker};
use super::labels::{Attributes, Labels};
use super::ledger::Ledger;
use super::params::Checked;
use super::probe::idle_glob;
use super::registry::Registry;
use super::repository::{Range, Repository};
use super::scan::Scanner;
use super::told::{self, Told};
use super::walk;

/// Pulls, and returns the next checkpoint.
pub(super) fn pull(
    params: &Checked,
    setting: &Setting,
    given: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let name = &params.name;
    if let Some(remote) = &params.remote {
        remote.bring(&params.path)?;
    }
    let repository = Repository::open(&params.path, name)?;
    let Some(head) = repository.head(params.branch.as_deref())? else {
        // There were commits: what is gone would stand for ever.
        if given.and_then(Checkpoint::read).is_some() {
            return Err(repository.without_head());
        }
        sink.note(format!("{name}: has no commits yet"));
        return Ok(given.unwrap_or_default().to_owned());
    };
    let web = params.web.clone().or_else(|| repository.web());
    let maker = Maker {
        source: setting.source.as_str().into(),
        params,
        repository: &repository,
        web: web.map(forge_wiki::shown_at),
        branch: repository.branch_name(params.branch.as_deref()),
        zone: setting.timezone,
        vocabulary: &setting.vocabulary,
    };
    let attributes = Attributes::at(&repository, head)?;
    let mut basis = Basis {
        head: head.to_string(),
        root: String::new(),
        settings: fingerprint(&(
            &params.fingerprint,
            &maker.web,
            &maker.branch,
            setting.timezone.name(),
            format!("{:?}", setting.vocabulary),
            attributes.print(),
        )),
        edge: fingerprint(&repository.edge()),
        known: String::new(),
    };
    let mut start = since(&repository, head, given, &basis, sink)?;
    start.told.begin(now);
    let nothing_new = start.range.mainline.is_empty();
    let mut crew = Crew::of(&repository);
    let remembered = match nothing_new {
        true => walk::Remembered::default(),
        false => walk::writeups(
            &mut crew,
            &repository,
            &mut start.range,
            &params.paths.writeups,
            &mut start.registry,
        )?,
    };
    writeups(&maker, &mut start, sink)?;
    // Write-ups registered elsewhere may be new even where no commit is.
    let known = maker.known(&start.registry, &setting.writeups);
    basis.known = known_fingerprint(&known);
    if basis.known == start.known {
        if nothing_new {
            return Ok(given.unwrap_or_default().to_owned());
        }
        start.range.rewind();
    } else {
        if !start.anew {
            sink.note(format!(
                "{name}: names of write-ups came, went or changed hands; the whole history is read again for links to them"
            ));
        }
        start.anew = true;
        start.ledger = Ledger::default();
        start.range = whole(&repository, head)?;
    }
    let present = start.registry.standing();
    for glob in params.paths.writeups.idle(present.paths.keys().copied()) {
        sink.note(format!("{name}: {}", idle_glob(glob)));
    }
    if !attributes.submodules.is_empty() {
        sink.note(format!(
            "{name}: submodules are not followed; each can be a source of its own: {}",
            attributes.submodules.join(", ")
        ));
    }
    if repository.is_shallow() {
        sink.note(format!(
            "{name}: is a shallow clone; links older than its history count from there (`git fetch --unshallow` brings the rest)"
        ));
    }
    let labels = Labels::new(
        &repository,
        &attributes,
        &params.paths.vendored,
        &params.paths.generated,
    )?;
    let scanner = Scanner::new(&params.paths, labels, &params.incident_keys, &known);
    let subjects: HashMap<String, String> = known
        .iter()
        .map(|(key, writeup)| (key.clone(), writeup.id.clone()))
        .collect();
    let walk = walk::Links {
        crew: &mut crew,
        maker: &maker,
        scanner: &scanner,
        subjects: &subjects,
        ledger: &mut start.ledger,
        sink,
    };
    basis.root = match start.range.mainline.first() {
        Some(first) if start.anew => first.to_string(),
        _ => std::mem::take(&mut start.root),
    };
    let messages = walk.walk(&mut start.range, remembered)?;
    links(&maker, &subjects, messages, &mut start, sink)?;
    Checkpoint::new(basis, start.registry, start.ledger, start.told).write()
}

/// Where a pull begins.
struct Start {
    /// Fingerprint of the write-ups that the ledger was made for.
    known: String,
    /// The commit at which the history began then.
    root: String,
    registry: Registry,
    ledger: Ledger,
    told: Told,
    /// The commits to visit.
    range: Range,
    /// They are all of history: what they do not show is not there.
    anew: bool,
}

/// The state before and the commits since; from the beginning where there is no state that fits.
fn since(
    repository: &Repository,
    head: gix::ObjectId,
    given: Option<&str>,
    basis: &Basis,
    sink: &mut dyn Sink,
) -> Result<Start, SourceError> {
    let mut told = Told::default();
    if let Some(before) = given.and_then(Checkpoint::read) {
        let changed = if before.basis.settings != basis.settings {
            "the settings changed"
        } else if before.basis.edge != basis.edge {
            "a shallow clone got another beginning"
        } else {
            "the branch was rewritten"
        };
        let fits = before.basis.settings == basis.settings && before.basis.edge == basis.edge;
        let last = gix::ObjectId::from_hex(before.basis.head.as_bytes()).ok();
        let range = match last.filter(|_| fits) {
            Some(last) => repository.range(head, Some(last))?,
            None => None,
        };
        if let Some(range) = range {
            return Ok(Start {
                known: before.basis.known,
                root: before.basis.root,
                registry: before.registry,
                ledger: before.ledger,
                told: before.told,
                range,
                anew: false,
            });
        }
        sink.note(format!(
            "{changed} since the last pull; the history is read again, and what it no longer shows is taken back"
        ));
        told = before.told;
    }
    Ok(Start {
        known: String::new(),
        root: String::new(),
        registry: Registry::default(),
        ledger: Ledger::default(),
        told,
        range: whole(repository, head)?,
        anew: true,
    })
}

fn whole(repository: &Repository, head: gix::ObjectId) -> Result<Range, SourceError> {
    repository
        .range(head, None)?
        .ok_or_else(|| repository.failed("the history has no beginning"))
}

/// Differs where other references would be found; the order of names does not matter.
fn known_fingerprint(known: &[(String, KnownWriteup)]) -> String {
    let mut names: Vec<(&str, &str, Option<&str>, Vec<&str>)> = known
        .iter()
        .map(|(key, writeup)| {
            let mut aliases: Vec<&str> = writeup.aliases.iter().map(String::as_str).collect();
            aliases.sort_unstable();
            aliases.dedup();
            (
                key.as_str(),
                writeup.id.as_str(),
                writeup.title.as_deref(),
                aliases,
            )
        })
        .collect();
    names.sort_unstable();
    fingerprint(&names)
}

/// Reads the texts of write-ups that changed, keeps their names, and sends the events of those and
/// of all whose names others took or left.
fn writeups(maker: &Maker<'_>, start: &mut Start, sink: &mut dyn Sink) -> Result<(), SourceError> {
    let mut documents = BTreeMap::new();
    for (at, entry) in start.registry.entries.iter_mut().enumerate() {
        if entry.changed {
            let document = maker.document(entry)?;
            entry.names = maker.names(entry, &document);
            entry.title.clone_from(&document.title);
            documents.insert(at, document);
        }
    }
    let standing = start.registry.standing();
    let mut prints = Vec::with_capacity(start.registry.entries.len());
    for (at, entry) in start.registry.entries.iter().enumerate() {
        let names = (
            maker.id_of(entry, &standing),
            maker.aliases(entry, &standing),
        );
        let print = fingerprint(&names);
        let document = match documents.remove(&at) {
            Some(document) => Some(document),
            None if print != entry.named => Some(maker.document(entry)?),
            None => None,
        };
        if let Some(document) = document {
            let revisions = maker.revisions(entry, &standing, &document)?;
            let made = maker.writeup(entry, &standing, document)?;
            say(maker, &mut start.told, made, &entry.blob, sink);
            for made in revisions {
                say(maker, &mut start.told, made, "", sink);
            }
        }
        prints.push(print);
    }
    for (entry, print) in start.registry.entries.iter_mut().zip(prints) {
        entry.named = print;
        entry.changed = false;
    }
    if start.anew {
        let lost = start
            .told
            .retract_writeups(&maker.source, &maker.params.name);
        lost.into_iter().for_each(|event| sink.event(event));
    }
    Ok(())
}

/// A number and its noun.
fn counted(n: usize, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {one}{s}")
}

/// Sends the events of links that came or went, and of those that are no longer there.
fn links(
    maker: &Maker<'_>,
    subjects: &HashMap<String, String>,
    messages: Vec<Made>,
    start: &mut Start,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let mut in_messages = 0;
    for made in messages {
        let id = &made.event.id;
        // The first in the order of the walk stands for all copies, also in later pulls.
        if start.told.found(id) || !start.anew && start.told.stands(id) {
            sink.left_out("commit message repeated by a rebase or cherry-pick");
            continue;
        }
        in_messages += 1;
        say(maker, &mut start.told, made, "", sink);
    }
    let changed = start.ledger.take_changed();
    sink.note(format!(
        "{}: walked {}; {} in messages, {} in files came or went, {} stand",
        maker.params.name,
        counted(start.range.len(), "commit"),
        counted(in_messages, "link"),
        counted(changed.len(), "link"),
        start.ledger.standing(),
    ));
    for life in changed {
        if let Some(subject) = subjects.get(&life.target) {
            let made = maker.life(&life, subject)?;
            say(maker, &mut start.told, made, "", sink);
        }
    }
    if start.anew {
        let shallow = maker.repository.is_shallow();
        let (range, commits) = (&start.range, OnceCell::new());
        // What a shallow clone does not reach may be there all the same.
        let reached =
            |commit: &str| shallow || commits.get_or_init(|| range.shorts()).contains(commit);
        let lost = start
            .told
            .retract_links(&maker.source, &maker.params.name, reached);
        if !lost.is_empty() {
            let stands = lost.iter().filter_map(told::unreachable);
            let unreachable = stands.clone().count();
            // Those that were taken out before no longer stand anywhere.
            let standing = stands.filter(|stands| *stands).count();
            sink.note(format!(
                "{}: took back {} that history no longer shows; {standing} more {} in commits \
                 that the branch no longer leads to",
                maker.params.name,
                counted(lost.len() - unreachable, "link"),
                if standing == 1 { "stands" } else { "stand" },
            ));
        }
        lost.into_iter().for_each(|event| sink.event(event));
    }
    Ok(())
}

/// Sends an event if it says anything new.
fn say(maker: &Maker<'_>, told: &mut Told, made: Made, content: &str, sink: &mut dyn Sink) {
    if let Some(bot) = &made.bot {
        told.bot(&maker.source, bot)
            .into_iter()
            .for_each(|event| sink.event(event));
    }
    if let Some(event) = told.say(made.event, content) {
        sink.event(event);
    }
}
