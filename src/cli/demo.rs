//! `readback demo`: the whole way in one command, on a simulated organisation or on the user's own
//! repository and log. Everything lies in a temporary folder and is gone afterwards.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use super::engine::Installing;
use super::import::tell;
use super::site_names::names_on_site;
use super::{privacy, progress, report, serve};
use crate::app::House;
use crate::config::{Config, DEFAULT_DATABASE, EngineMode};
use crate::jobs::ingest::{self, Import, Ingested, Scan, known_writeups};
use crate::model::{DAY_MS, Millis, to_rfc3339};
use crate::simulate::{self, Options};
use crate::sources::git::survey;
use crate::sources::{Kind, KnownWriteup};
use crate::summary::document::Document;

/// Where write-ups usually lie, when nobody says.
const USUAL_PLACES: [&str; 8] = [
    "**/postmortems/**/*.md",
    "**/post-mortems/**/*.md",
    "**/postmortem*/**/*.md",
    "**/incidents/**/*.md",
    "**/incident-reports/**/*.md",
    "**/retrospectives/**/*.md",
    "**/*postmortem*.md",
    "**/*post-mortem*.md",
];

/// Stands for the host of the user's log: only paths matter there.
const SITE: &str = "https://site.invalid";

/// What to show.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your own repository instead of a simulated organisation
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
    /// Which files of it are write-ups, such as 'docs/postmortems/*.md'; may be repeated
    #[arg(long, value_name = "GLOB", requires = "repo")]
    writeups: Vec<String>,
    /// A key that names an incident in commits and code, as a regular expression such as 'INC-[0-9]+'
    #[arg(long, value_name = "REGEX", requires = "repo")]
    incident_key: Vec<String>,
    /// An access log of the site that shows the repository's pages
    #[arg(long, value_name = "FILE", requires = "repo")]
    log: Vec<PathBuf>,
    /// Write the report to this folder as well
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// End after the report
    #[arg(long)]
    no_serve: bool,
    /// The address of the pages; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) async fn run(args: Args, mut config: Config) -> anyhow::Result<()> {
    if args.no_serve && args.out.is_none() {
        bail!(
            "with --no-serve nothing would be kept: name a folder with --out, or leave --no-serve out"
        );
    }
    // Whatever can be wrong with what the user named is known before the engine is started.
    let repo = match &args.repo {
        Some(repo) => Some(Own::find(&args, repo)?),
        None => None,
    };
    for log in &args.log {
        std::fs::File::open(log).with_context(|| format!("--log {}", log.display()))?;
    }
    let listener = match args.no_serve {
        true => None,
        false => Some(serve::bind(args.listen)?),
    };
    // What the terms say of it is what is done here, whatever the configuration says.
    if let Some(listener) = &listener {
        config.listen = listener
            .local_addr()
            .context("where the pages are served")?;
    }
    let folder = Temporary::new()?;
    config.data_dir = folder.0.join("data");
    // Whatever the configuration says, nothing simulated goes into a real store.
    config.engine.mode = EngineMode::Embedded;
    config.engine.database = DEFAULT_DATABASE.to_owned();
    config.reporting.tables = false;
    config.reporting.listen = None;
    config.organisation.simulated = args.repo.is_none();
    if let Some(repo) = &repo
        && let Some(name) = repo.root.file_name()
        && config.file.is_none()
    {
        config.organisation.name = name.to_string_lossy().into_owned();
    }
    if config.organisation.simulated {
        config.organisation.name = "Simulated organisation".to_owned();
        config.organisation.calendar.timezone = Options::default().timezone;
    }
    let installing = Installing::new();
    let opening = House::open(config, move |progress| installing.show(progress));
    let house = unless_told(opening).await?;
    let prepared = unless_told(prepare(&args, repo.as_ref(), &house, &folder)).await;
    let done = match prepared {
        Ok((document, terms)) => show(&args, &document, terms, listener).await,
        Err(error) => Err(error),
    };
    house.close().await;
    done
}

/// Does some work, unless Ctrl-C or SIGTERM comes first: what was begun is given up then, and the
/// folder goes with it.
async fn unless_told<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut signals = serve::Signals::new()?;
    tokio::select! {
        done = work => done,
        () = signals.next() => bail!("interrupted; nothing is kept"),
    }
}

/// Brings in what is to be shown, and sums it up.
async fn prepare(
    args: &Args,
    repo: Option<&Own>,
    house: &House,
    folder: &Temporary,
) -> anyhow::Result<(Document, Json)> {
    let as_of = match repo {
        None => simulated(house, folder).await?,
        Some(repo) => own(args, house, repo, folder).await?,
    };
    let document = report::summary(house, as_of).await?;
    if let Some(hint) = repo.and_then(|repo| unread(args, repo, &document)) {
        writeln!(std::io::stderr(), "note: {hint}")?;
    }
    Ok((document, privacy::noted(house).await?))
}

async fn show(
    args: &Args,
    document: &Document,
    terms: Json,
    listener: Option<tokio::net::TcpListener>,
) -> anyhow::Result<()> {
    if let Some(out) = &args.out {
        report::put_all(document, (&terms, &Json::Null), out)?;
        writeln!(std::io::stderr(), "report written to {}", out.display())?;
    }
    if let Some(listener) = listener {
        let state = crate::web::AppState::new(serve::published(document)?.with_terms(terms));
        serve::pages(listener, state).await?;
    }
    Ok(())
}

/// Simulates an organisation and imports its events. Returns the end of its time.
async fn simulated(house: &House, folder: &Temporary) -> anyhow::Result<Millis> {
    let options = Options::default();
    let path = folder.0.join("events.ndjson");
    let file = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
    let mut out = std::io::BufWriter::new(file);
    simulate::write(&options, &mut out)
        .and_then(|_| out.flush())
        .context("simulating")?;
    let kind = kind("events")?;
    let done = import(house, kind, toml::Table::new(), &path).await?;
    tell("the simulated organisation", &done, false)?;
    Ok(options.as_of())
}

/// Scans the user's repository and imports their logs. Returns now.
async fn own(args: &Args, house: &House, repo: &Own, folder: &Temporary) -> anyhow::Result<Millis> {
    let now = chrono::Utc::now().timestamp_millis();
    let root = repo.root.display().to_string();
    let mut params = toml::Table::new();
    params.insert("path".to_owned(), root.clone().into());
    params.insert("writeups".to_owned(), repo.globs.clone().into());
    params.insert("incident_keys".to_owned(), args.incident_key.clone().into());
    let bar = progress::spinner(&format!("reading the history of {root}"));
    let timezone = house.config.organisation.calendar.timezone;
    let source = "repository".to_owned();
    let scan = Scan {
        kind: kind("git")?,
        source,
        params,
        timezone,
        vocabulary: house.config.organisation.vocabulary.clone(),
        now,
        gate: house.gate(),
    };
    let done = ingest::scan(&house.store, &house.keys, scan).await;
    bar.finish_and_clear();
    tell(&root, &done?, false)?;
    if args.log.is_empty() {
        return Ok(now);
    }
    let known = known_writeups(&house.store).await?;
    let mut facts = site_names(&known);
    let mut params = toml::Table::new();
    params.insert("base".to_owned(), SITE.into());
    for log in &args.log {
        let done = import(house, kind("access-log")?, params.clone(), log).await?;
        tell(&log.display().to_string(), &done, false)?;
        facts.extend(watched(&done, facts.len(), now));
    }
    let path = folder.0.join("facts.ndjson");
    let mut lines = Vec::new();
    for fact in facts {
        serde_json::to_writer(&mut lines, &fact)?;
        lines.push(b'\n');
    }
    std::fs::write(&path, lines).with_context(|| path.display().to_string())?;
    import(house, kind("events")?, toml::Table::new(), &path).await?;
    Ok(now)
}

async fn import(
    house: &House,
    kind: &'static Kind,
    params: toml::Table,
    path: &Path,
) -> anyhow::Result<Ingested> {
    let size = std::fs::metadata(path).ok().map(|meta| meta.len());
    let bar = progress::bytes(&path.display().to_string(), size);
    let import = Import {
        kind,
        source: kind.name.to_owned(),
        params,
        timezone: house.config.organisation.calendar.timezone,
        path: path.to_owned(),
        progress: progress::counter(&bar),
        gate: house.gate(),
        now: super::now(),
        meeting: None,
    };
    let done = ingest::import(Some(&house.store), &house.keys, import).await;
    bar.finish_and_clear();
    done
}

/// The write-ups' addresses on a site made of the repository, as `writeup` events.
fn site_names(known: &[KnownWriteup]) -> Vec<Json> {
    let fact = |(id, names): (&str, Vec<String>)| {
        let aliases: Vec<String> = names.iter().map(|name| format!("{SITE}/{name}")).collect();
        event(
            "writeup",
            id.to_owned(),
            json!({ "id": id, "aliases": aliases }),
        )
    };
    names_on_site(known).into_iter().map(fact).collect()
}

/// That a log says nothing of the time after its end, as a `coverage` event; none if it is still
/// being written.
fn watched(log: &Ingested, number: usize, now: Millis) -> Option<Json> {
    let (first, last) = log.span?;
    let ended = now - last > 2 * DAY_MS;
    ended.then(|| {
        event(
            "coverage",
            format!("log {number}"),
            json!({
                "kind": "read",
                "scope": "access-log",
                "from": to_rfc3339(first),
                "to": to_rfc3339(last + 1),
            }),
        )
    })
}

fn event(kind: &str, id: String, data: Json) -> Json {
    json!({
        "specversion": "1.0",
        "type": format!("org.readback.{kind}.v1"),
        "source": "demo",
        "id": id,
        "time": "2000-01-01T00:00:00Z",
        "data": data,
    })
}

/// What the numbers can't say by themselves: that the log speaks of other pages.
fn unread(args: &Args, repo: &Own, document: &Document) -> Option<String> {
    let received = &document.health.received;
    let kept = received.kept.get("read").is_some_and(|n| *n != 0);
    if args.log.is_empty() || kept {
        return None;
    }
    let stem = repo
        .example
        .rsplit_once('.')
        .map_or(repo.example.as_str(), |(stem, _)| stem);
    Some(format!(
        "no read in the log is of a write-up; {} was looked for as /{stem}, with and without its folders \
         and an ending: is it the log of the site that shows these files?",
        repo.example
    ))
}

/// The user's repository, looked at before the engine is started.
struct Own {
    root: PathBuf,
    globs: Vec<String>,
    /// The path of a write-up.
    example: String,
}

impl Own {
    fn find(args: &Args, repo: &Path) -> anyhow::Result<Own> {
        let folder = repo
            .canonicalize()
            .with_context(|| format!("--repo {}", repo.display()))?;
        let globs = match args.writeups.as_slice() {
            [] => USUAL_PLACES.map(str::to_owned).to_vec(),
            given => given.to_vec(),
        };
        let found = survey(&folder, &globs)?;
        match found.fitting {
            Some(example) => Ok(Own {
                root: found.root,
                globs,
                example,
            }),
            None => bail!(no_writeups(args, &found.folders)),
        }
    }
}

fn no_writeups(args: &Args, folders: &[(String, usize)]) -> String {
    let mut text = match args.writeups.as_slice() {
        [] => "no write-ups in the usual places (postmortems, incidents, retrospectives, \
               incident-reports); say where yours are with --writeups"
            .to_owned(),
        given => format!(
            "no file fits --writeups {}; a glob begins at the repository's root",
            given.join(", ")
        ),
    };
    if folders.is_empty() {
        text.push_str(", such as --writeups 'docs/postmortems/*.md'");
        return text;
    }
    text.push_str("\nfolders with the most pages:");
    for (glob, files) in folders.iter().take(3) {
        text.push_str(&format!("\n  --writeups '{glob}'   {files} files"));
    }
    text
}

fn kind(name: &str) -> anyhow::Result<&'static Kind> {
    super::import::find(name)
}

/// A folder that is gone when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> anyhow::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let name = format!("readback-demo-{:016x}", u64::from_ne_bytes(random));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The engine of a demo that was given up takes a moment to let go.
        for _ in 0..50 {
            if std::fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        tracing::warn!(folder = %self.0.display(), "the demo's folder stays");
    }
}
