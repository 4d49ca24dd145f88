//! `readback demo`: the whole way in one command, on a simulated organisation or on the user's own
//! repository and log. Everything lies in a temporary folder and is gone afterwards.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::engine::Installing;
use super::import::tell;
use super::{progress, report, serve};
use crate::app::House;
use crate::config::Config;
use crate::jobs::ingest::{self, Import, Scan, known_writeups};
use crate::model::Millis;
use crate::simulate::{self, Options};
use crate::sources::{self, Kind};

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
    if let Some(repo) = &args.repo
        && !repo.is_dir()
    {
        bail!("--repo {}: is no folder", repo.display());
    }
    for log in &args.log {
        std::fs::File::open(log).with_context(|| format!("--log {}", log.display()))?;
    }
    // Before the work, so that a taken address is known at once.
    let listener = match args.no_serve {
        true => None,
        false => Some(serve::bind(args.listen).await?),
    };
    let folder = Temporary::new()?;
    config.data_dir = folder.0.join("data");
    config.organisation.simulated = args.repo.is_none();
    if config.organisation.simulated {
        config.organisation.name = "Simulated organisation".to_owned();
        config.organisation.calendar.timezone = Options::default().timezone;
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = show(&args, &house, listener, &folder).await;
    house.close().await;
    done
}

async fn show(
    args: &Args,
    house: &House,
    listener: Option<tokio::net::TcpListener>,
    folder: &Temporary,
) -> anyhow::Result<()> {
    let as_of = match &args.repo {
        None => simulated(house, folder).await?,
        Some(repo) => own(args, house, repo, folder).await?,
    };
    let document = report::summary(house, as_of).await?;
    if let Some(out) = &args.out {
        report::put_all(&document, out)?;
        writeln!(std::io::stderr(), "report written to {}", out.display())?;
    }
    if let Some(listener) = listener {
        let state = crate::web::AppState::new(serve::published(&document)?);
        serve::pages(listener, state).await?;
    } else if args.out.is_none() {
        writeln!(
            std::io::stderr(),
            "nothing is kept: name a folder with --out, or leave out --no-serve"
        )?;
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
    import(house, kind, toml::Table::new(), &path).await?;
    Ok(options.as_of())
}

/// Scans the user's repository and imports their logs. Returns now.
async fn own(
    args: &Args,
    house: &House,
    repo: &Path,
    folder: &Temporary,
) -> anyhow::Result<Millis> {
    let now = chrono::Utc::now().timestamp_millis();
    let repo = repo
        .canonicalize()
        .with_context(|| repo.display().to_string())?;
    let globs = match args.writeups.as_slice() {
        [] => USUAL_PLACES.map(str::to_owned).to_vec(),
        given => given.to_vec(),
    };
    let mut params = toml::Table::new();
    params.insert("path".to_owned(), repo.display().to_string().into());
    params.insert("writeups".to_owned(), globs.clone().into());
    params.insert("incident_keys".to_owned(), args.incident_key.clone().into());
    let bar = progress::spinner(&format!("reading the history of {}", repo.display()));
    let timezone = house.config.organisation.calendar.timezone;
    let source = "repository".to_owned();
    let scan = Scan {
        kind: kind("git")?,
        source,
        params,
        timezone,
        now,
    };
    let done = ingest::scan(&house.store, &house.keys, scan).await;
    bar.finish_and_clear();
    tell(&repo.display().to_string(), &done?, false)?;
    let known = known_writeups(&house.store).await?;
    if known.is_empty() {
        bail!(
            "no write-ups were found at {}; name yours with --writeups, such as --writeups 'docs/postmortems/*.md'",
            globs.join(", ")
        );
    }
    if !args.log.is_empty() {
        let names = names_on_site(&known, &globs);
        let path = folder.0.join("names.ndjson");
        std::fs::write(&path, names).with_context(|| path.display().to_string())?;
        import(house, kind("events")?, toml::Table::new(), &path).await?;
    }
    for log in &args.log {
        let mut params = toml::Table::new();
        params.insert("base".to_owned(), SITE.into());
        import(house, kind("access-log")?, params, log).await?;
    }
    Ok(now)
}

async fn import(
    house: &House,
    kind: &'static Kind,
    params: toml::Table,
    path: &Path,
) -> anyhow::Result<()> {
    let size = std::fs::metadata(path).ok().map(|meta| meta.len());
    let bar = progress::bytes(&path.display().to_string(), size);
    let import = Import {
        kind,
        source: kind.name.to_owned(),
        params,
        timezone: house.config.organisation.calendar.timezone,
        path: path.to_owned(),
        progress: progress::counter(&bar),
    };
    let done = ingest::import(Some(&house.store), &house.keys, import).await;
    bar.finish_and_clear();
    tell(&path.display().to_string(), &done?, false)?;
    Ok(())
}

/// The addresses that static site makers give a file: with and without its folder, its ending, or a
/// slash at the end. As `writeup` events, one a line.
fn names_on_site(known: &[sources::KnownWriteup], globs: &[String]) -> String {
    let mut lines = String::new();
    for writeup in known {
        let Some((_, path)) = writeup.id.split_once(':') else {
            continue;
        };
        let mut paths = vec![path.to_owned()];
        for glob in globs {
            let fixed: &str = glob.split(['*', '?', '[', '{']).next().unwrap_or("");
            let folder = &fixed[..fixed.rfind('/').map_or(0, |at| at + 1)];
            paths.extend(path.strip_prefix(folder).map(str::to_owned));
        }
        let mut aliases: Vec<String> = Vec::new();
        for path in paths {
            let stem = path
                .rsplit_once('.')
                .map_or(path.as_str(), |(stem, _)| stem);
            let stem = stem
                .strip_suffix("/index")
                .or(stem.strip_suffix("/README"))
                .unwrap_or(stem);
            for name in [
                path.as_str(),
                stem,
                &format!("{stem}.html"),
                &format!("{stem}/index.html"),
            ] {
                aliases.push(format!("{SITE}/{name}"));
            }
        }
        aliases.sort();
        aliases.dedup();
        let line = serde_json::json!({
            "specversion": "1.0",
            "type": "org.readback.writeup.v1",
            "source": "demo",
            "id": writeup.id,
            "data": { "id": writeup.id, "aliases": aliases },
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    lines
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
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the demo's folder stays");
        }
    }
}
