//! `readback scan [SOURCE]`: pulls configured sources once; those that look for links a second time if a
//! source after them told of write-ups that they can link to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;

use super::engine::Installing;
use super::error::{judge, words};
use super::import::{as_json, counted, find, tell};
use super::plain::line;
use super::progress;
use crate::app::House;
use crate::config::{Config, SourceConfig};
use crate::jobs::ingest::Ingested;
use crate::jobs::scan::{self, Listener, Source, Way};
use crate::sources::git;

/// What to pull.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ids of configured sources [default: all that can be pulled]
    sources: Vec<String>,
    /// The result as JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let ids: Vec<_> = config
        .sources
        .iter()
        .map(|source| source.id.as_str())
        .collect();
    for id in &args.sources {
        if !ids.contains(&id.as_str()) {
            let configured = if ids.is_empty() {
                "none".to_owned()
            } else {
                ids.join(", ")
            };
            bail!("no source {id:?} is configured; configured are {configured}");
        }
    }
    let mut wanted = Vec::new();
    for source in &config.sources {
        let kind = find(&source.kind)?;
        let named = args.sources.contains(&source.id);
        if named || (args.sources.is_empty() && kind.is_pulled(&source.params)) {
            wanted.push(Source {
                id: source.id.clone(),
                kind,
                params: source.params.clone(),
            });
        }
    }
    if wanted.is_empty() {
        bail!(
            "no source that can be scanned is configured; add a [[source]] of kind git or of a wiki, with repositories at a forge, or with the path of an access-log, to readback.toml"
        );
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let mut scanned = Scanned::of(&house.config.sources);
    let timezone = house.config.organisation.calendar.timezone;
    let way = Way {
        store: &house.store,
        keys: &house.keys,
        timezone,
        vocabulary: &house.config.organisation.vocabulary,
        now: super::now,
        gate: house.gate(),
    };
    let done = match house.scan_turn().await {
        Ok(_turn) => scan::run(&way, wanted, &mut scanned).await,
        Err(error) => Err(error),
    };
    let old = super::retain::again(&house).await;
    house.close().await;
    done?;
    old.context("what is older than [retention] keeps")?;
    if args.json {
        writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&scanned.outcomes)?
        )?;
    }
    scanned
        .failures()
        .map_or(Ok(()), |failures| Err(failures.into()))
}

/// Sources that could not be scanned. What is wrong with each stands in its own line.
#[derive(Debug)]
pub(super) struct Failures {
    failed: Vec<String>,
    /// How many were scanned.
    all: usize,
    /// The gravest of their exit codes, and its hint.
    pub(super) judged: (u8, Option<&'static str>),
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = counted(self.all as u64, "source", "sources");
        let failed = self.failed.join(", ");
        write!(f, "{} of {sources} failed: {failed}", self.failed.len())
    }
}

impl std::error::Error for Failures {}

/// What came of it.
struct Scanned {
    bar: Option<ProgressBar>,
    outcomes: Vec<serde_json::Value>,
    /// Repositories, in the order of the configuration, and what each holds as far as that is known.
    repositories: Vec<(SourceConfig, Option<git::Held>)>,
    /// What was said of those that hold one history.
    doubled: BTreeSet<String>,
    /// How the last scan of each source ended: with an exit code and a hint where it failed.
    ended: Vec<String>,
    failed: BTreeMap<String, (u8, Option<&'static str>)>,
}

impl Scanned {
    fn of(sources: &[SourceConfig]) -> Scanned {
        let repositories = sources
            .iter()
            .filter(|source| source.kind == git::KIND.name);
        let held = |source: &SourceConfig| (source.clone(), git::held(source.params.clone()));
        // Where there is one alone, there is nothing to compare it with.
        let repositories = match repositories.clone().count() {
            0 | 1 => Vec::new(),
            _ => repositories.map(held).collect(),
        };
        Scanned {
            bar: None,
            outcomes: Vec::new(),
            repositories,
            doubled: BTreeSet::new(),
            ended: Vec::new(),
            failed: BTreeMap::new(),
        }
    }

    /// What is to be said of a repository that another source holds, too, as `readback check` says it. Once
    /// it was scanned: a clone may have been made only then.
    fn doubled(&mut self, id: &str) -> Vec<String> {
        let known = self.repositories.iter().position(|(one, _)| one.id == id);
        let Some(at) = known else {
            return Vec::new();
        };
        let (source, held) = &mut self.repositories[at];
        *held = git::held(source.params.clone());
        let named = |(source, held): &(SourceConfig, Option<git::Held>)| {
            Some((source.id.clone(), held.clone()?))
        };
        let (before, rest) = self.repositories.split_at(at);
        let Some(own) = rest.first().and_then(named) else {
            return Vec::new();
        };
        let earlier = before.iter().filter_map(named);
        let earlier = earlier.map(|other| [other, own.clone()]);
        let later = rest.iter().skip(1).filter_map(named);
        let later = later.map(|other| [own.clone(), other]);
        let said = earlier.chain(later).flat_map(|pair| git::doubled(&pair));
        let said: Vec<String> = said.collect();
        let doubled = &mut self.doubled;
        said.into_iter()
            .filter(|words| doubled.insert(words.clone()))
            .collect()
    }

    fn failures(&self) -> Option<Failures> {
        let judged = self.failed.values().max_by_key(|(code, _)| *code)?;
        let failed = self.ended.iter().filter(|id| self.failed.contains_key(*id));
        Some(Failures {
            failed: failed.cloned().collect(),
            all: self.ended.len(),
            judged: *judged,
        })
    }
}

/// What went wrong with a source; it may say the name that the line begins with.
fn of_source(id: &str, words: &str) -> String {
    let bare = words.strip_prefix(&format!("source {id}: "));
    let bare = bare.unwrap_or(words);
    let bare = bare.strip_prefix(&format!("{id}: ")).unwrap_or(bare);
    format!("{id}: {bare}")
}

impl Listener for Scanned {
    fn begins(&mut self, id: &str) {
        self.bar = Some(progress::spinner(&format!("scanning {id}")));
    }

    fn again(&mut self, ids: &[&str]) -> anyhow::Result<()> {
        let were = if ids.len() == 1 { "was" } else { "were" };
        line(
            &mut std::io::stderr(),
            format_args!(
                "{} {were} scanned before write-ups came or changed: once more, for links to them",
                ids.join(", ")
            ),
        )?;
        Ok(())
    }

    fn ended(&mut self, id: &str, outcome: anyhow::Result<Ingested>) -> anyhow::Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if !self.ended.iter().any(|known| known == id) {
            self.ended.push(id.to_owned());
        }
        match outcome {
            Ok(mut done) => {
                self.failed.remove(id);
                done.notes.extend(self.doubled(id));
                tell(id, &done, false)?;
                self.outcomes.push(as_json(id, &done));
            }
            // One source that is away must not keep the others from being scanned.
            Err(error) => {
                let said = of_source(id, &words(&error));
                line(&mut std::io::stderr(), format_args!("{said}"))?;
                self.failed.insert(id.to_owned(), judge(&error));
            }
        }
        Ok(())
    }
}
