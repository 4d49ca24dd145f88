//! `readback check`: is everything as it has to be? Every problem is named, not just the first, and
//! nothing is made: no folder, no key, no table.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::asking::{self, Limits, Question};
use super::{error, import, privacy};
use crate::app::collector;
use crate::app::look::{self, Before, Checkpoints, Ground, Tables};
use crate::config::{Config, Effective, EngineMode, Problems, SourceConfig};
use crate::jobs::machines;
use crate::model::Vocabulary;
use crate::model::target::without_user;
use crate::sources::{Kind, LOOK, Probe, Setting, Sight, SourceError, git};
use crate::web::access::{self, accounts};
use crate::web::{audit, tokens};

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave the engine alone: check configuration and sources only
    #[arg(long)]
    no_engine: bool,
    /// Ask no source over the network
    #[arg(long)]
    offline: bool,
    /// As JSON on standard output
    #[arg(long)]
    json: bool,
}

/// What is not as it has to be.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The engine or a source is away.
    pub(super) away: bool,
    list: Vec<String>,
}

impl Findings {
    fn add(&mut self, what: &str, error: &anyhow::Error) {
        self.away |= error::is_away(error);
        self.list.push(format!("{what}: {}", error::words(error)));
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = import::counted(self.list.len() as u64, "problem", "problems");
        write!(f, "{count} found\n  {}", self.list.join("\n  "))
    }
}

impl std::error::Error for Findings {}

/// What was looked at, in the order in which it is told.
struct Checked {
    file: Option<String>,
    folder: String,
    made: Option<bool>,
    k: Option<u32>,
    settings: Vec<Effective>,
    sources: Vec<(SourceConfig, Option<String>)>,
    engine: Option<(String, Option<Tables>)>,
    doubts: Vec<String>,
    findings: Findings,
}

pub(super) async fn run(args: Args, config: Config, mut problems: Problems) -> anyhow::Result<()> {
    if !problems.list.is_empty() {
        // Nothing is asked by a configuration that is wrong; what it says of sources is looked at.
        problems
            .list
            .extend(config.sources.iter().flat_map(|source| {
                let wrong = wrong_parameters(&config, source).into_iter();
                wrong.map(|error| format!("source {}: {}", source.id, error::words(&error)))
            }));
        return Err(problems.into());
    }
    let mut findings = Findings::default();
    // Whether there are senders, who need no source.
    let mut is_sent_to = false;
    let ground = look::ground(&config)
        .map_err(|error| findings.add("data folder", &error))
        .ok();
    if ground.as_ref().is_some_and(|ground| ground.made) {
        for error in look::contents(&config) {
            findings.add("data folder", &error);
        }
        match tokens::read(&collector::tokens(&config)) {
            Ok(tokens) => is_sent_to = !tokens.is_empty(),
            Err(error) => findings.add("tokens", &error.into()),
        }
        if let Err(error) = accounts::read(&access::file(&config.data_dir)) {
            findings.add("accounts", &error.into());
        }
        if let Err(error) = audit::read(&config.data_dir, None) {
            findings.add("audit log", &error.into());
        }
        // What can't be read is told above.
        if let Ok(Some(lost)) = privacy::lost_agreement(&config) {
            findings.add("terms", &anyhow::Error::msg(lost));
        }
    }
    if let Err(error) = machines::check(&config.accounts) {
        findings.add("configuration", &error);
    }
    let mut sources = Vec::new();
    let mut odd_sources = Vec::new();
    for (source, seen) in ask(&config, args.offline).await? {
        let what = format!("source {}", source.id);
        let seen = seen.map_err(|error| {
            findings.add(&what, &error);
            let said = error::words(&error);
            for other in wrong_parameters(&config, &source) {
                if error::words(&other) != said {
                    findings.add(&what, &other);
                }
            }
        });
        let seen = seen.ok().map(|seen| {
            let doubts = seen.doubts.iter();
            odd_sources.extend(doubts.map(|doubt| format!("source {}: {doubt}", source.id)));
            seen.said
        });
        sources.push((source, seen));
    }
    let (mut engine, mut before) = (None, Before::default());
    if let (false, Some(ground)) = (args.no_engine, &ground) {
        let what = match &config.engine.mode {
            EngineMode::Embedded => "embedded".to_owned(),
            EngineMode::Remote { url, .. } => url.clone(),
        };
        let tables = look::tables(&config, ground)
            .await
            .map_err(|error| findings.add(&format!("engine {what}"), &error));
        let (tables, found) = tables.ok().unzip();
        engine = Some((what, tables));
        before = found.unwrap_or_default();
    }
    let mut doubts = look::doubts(&config);
    if config.sources.is_empty() && !is_sent_to {
        doubts.push(NOTHING.to_owned());
    }
    doubts.append(&mut odd_sources);
    doubts.extend(look::unread(&before.checkpoints));
    doubts.extend(look::left(&before.left));
    doubts.extend(look::strangers(before.acquainted));
    let now = super::now();
    doubts.extend(look::waiting(&before.checkpoints, now));
    for one in &before.taken {
        match one.words(now) {
            Some(words) if one.is_lost(now) => findings.list.push(words),
            words => doubts.extend(words),
        }
    }
    let repositories = config.sources.clone();
    let looking = move || of_repositories(&repositories, &before.checkpoints);
    let (odd, lost) = tokio::task::spawn_blocking(looking).await?;
    doubts.extend(odd);
    for (id, error) in lost {
        findings.add(&format!("source {id}"), &error.into());
    }
    let made = ground.as_ref().map(|ground| ground.made);
    let k = ground.as_ref().map(|ground: &Ground| ground.k);
    let checked = Checked {
        file: config.file.as_ref().map(|file| file.display().to_string()),
        folder: config.data_dir.display().to_string(),
        made,
        k,
        settings: config.effective(
            ground.as_ref().map(|ground| (ground.k, ground.mode)),
            made == Some(true),
        ),
        sources,
        engine,
        doubts,
        findings,
    };
    let text = match args.json {
        true => serde_json::to_string_pretty(&checked.json())? + "\n",
        false => checked.words(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    match checked.findings.list.is_empty() {
        true => Ok(()),
        false => Err(checked.findings.into()),
    }
}

/// What is told where nobody collects anything, and nobody sends it.
const NOTHING: &str = "no source is configured and no token is given out, so nothing is collected: begin with a \
                       [[source]] in the configuration (`readback list sources` names the kinds, `readback list \
                       sources KIND` shows one), or with `readback token add` for what is sent";

/// Whether there is such a kind, and the parameters fit it.
fn parameters(config: &Config, source: &SourceConfig) -> anyhow::Result<(&'static Kind, Setting)> {
    let setting = Setting {
        source: source.id.clone(),
        vocabulary: Vocabulary::default(),
        timezone: config.organisation.calendar.timezone,
        writeups: Vec::new(),
    };
    let kind = import::find(&source.kind)?;
    kind.check(source.params.clone(), &setting)?;
    // What is asked for has parameters of its own, which files do not need.
    if let (Some(_), Some(build), true) = (kind.file, kind.pull, kind.is_pulled(&source.params)) {
        build(source.params.clone(), &setting)?;
    }
    Ok((kind, setting))
}

/// All that is wrong with the parameters. What reads them ends at the first problem: it is asked again without
/// the parameter at fault, or with that of the kind's sample, as long as one is found.
fn wrong_parameters(config: &Config, source: &SourceConfig) -> Vec<anyhow::Error> {
    let check = |params: &toml::Table| {
        let params = params.clone();
        let asked = SourceConfig {
            params,
            ..source.clone()
        };
        parameters(config, &asked).err()
    };
    let sample = sample(source);
    let mut params = source.params.clone();
    // What was taken from the sample: once each.
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(error) = check(&params) {
        let said = error::words(&error);
        // That it is missing then is no other problem.
        let is_another = |key: &str, rest: &toml::Table| {
            check(rest).is_none_or(|other| {
                let other = error::words(&other);
                other != said
                    && !other.contains(&format!("`{key}`"))
                    && !other.contains(&format!("{key}: "))
            })
        };
        let missing = missing(&said);
        let keys = params.keys().map(String::as_str).chain(missing);
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        let next = keys.iter().find_map(|key| {
            let mut rest = params.clone();
            if rest.remove(key).is_some() && is_another(key, &rest) {
                return Some((rest, None));
            }
            // A file of the sample is not there.
            let own = sample.get(key).filter(|_| !key.ends_with("_file"));
            let own = own.filter(|_| !taken.contains(key))?;
            rest.insert(key.clone(), own.clone());
            is_another(key, &rest).then(|| (rest, Some(key.clone())))
        });
        found.push(error);
        match next {
            Some((rest, own)) => {
                params = rest;
                taken.extend(own);
            }
            None => break,
        }
    }
    found
}

/// The parameters of the sample of a source's kind.
fn sample(source: &SourceConfig) -> toml::Table {
    let Ok(kind) = import::find(&source.kind) else {
        return toml::Table::new();
    };
    let sample: Option<toml::Table> = toml::from_str(kind.sample).ok();
    let sources = sample.as_ref().and_then(|sample| sample.get("source"));
    let own = sources.and_then(|sources| sources.get(0)?.as_table());
    own.cloned().unwrap_or_default()
}

/// The parameter that an error misses.
fn missing(said: &str) -> Option<&str> {
    let (_, name) = said.split_once("missing field `")?;
    name.split('`').next()
}

/// How many sources are asked at the same time.
const AT_ONCE: usize = 8;
/// How long sources are begun with, and how much longer for each further [`AT_ONCE`] of them: a house with
/// hundreds of repositories has many that answer soon.
const BEGIN: Duration = Duration::from_secs(5);
const MORE: Duration = Duration::from_secs(5);
/// How long the last one may take. A look is ended a little sooner, Git with its helpers.
const LAST: Duration = LOOK.saturating_add(Duration::from_secs(5));

fn limits(sources: usize) -> Limits {
    let rounds = u32::try_from(sources.saturating_sub(1) / AT_ONCE).unwrap_or(u32::MAX);
    let begin = BEGIN.saturating_add(MORE.saturating_mul(rounds));
    Limits {
        at_once: AT_ONCE,
        begin,
        whole: begin.saturating_add(LAST),
    }
}

/// Every source, in the order of the configuration, and what is seen of it.
async fn ask(
    config: &Config,
    offline: bool,
) -> anyhow::Result<Vec<(SourceConfig, anyhow::Result<Sight>)>> {
    let sources = config.sources.iter();
    let questions = sources.map(|source| question(config, source, offline));
    let questions: Vec<_> = questions.collect();
    let limits = limits(questions.len());
    let asking = move || asking::all(questions, limits);
    let answers = tokio::task::spawn_blocking(asking).await?;
    let told = config.sources.iter().zip(answers);
    let told = told.map(|(source, answer)| {
        let late = || Err(no_answer(source, limits.whole).into());
        (source.clone(), answer.unwrap_or_else(late))
    });
    Ok(told.collect())
}

/// Whether the parameters fit, and what the source pulls from is there. Says what was seen.
fn question(
    config: &Config,
    source: &SourceConfig,
    offline: bool,
) -> Question<anyhow::Result<Sight>> {
    let (kind, setting) = match parameters(config, source) {
        Ok(known) => known,
        Err(error) => return Box::new(move || Err(error)),
    };
    let params = source.params.clone();
    Box::new(move || {
        let fine = "parameters are fine";
        let seen = match kind.probe {
            None => return Ok(fine.into()),
            Some(Probe::Remote(_)) if offline => {
                return Ok(format!("{fine}; not asked (--offline)").into());
            }
            Some(Probe::Local(look) | Probe::Remote(look)) => look(params, &setting)?,
            Some(Probe::Both(look)) => look(params, &setting, !offline)?,
        };
        Ok(Sight {
            said: format!("{fine}; {seen}"),
            ..seen
        })
    })
}

/// What is told of a source that is not waited for any more.
fn no_answer(source: &SourceConfig, whole: Duration) -> SourceError {
    let place = ["url", "api", "path"]
        .iter()
        .find_map(|name| source.params.get(*name)?.as_str());
    let place = without_user(place.unwrap_or(source.kind.as_str()));
    SourceError::Remote {
        // A query can hold a secret.
        name: place.split('?').next().unwrap_or_default().to_owned(),
        reason: format!("gave no answer within {} seconds", whole.as_secs()),
        retryable: true,
    }
}

/// What is odd about repositories: one that is another one than at the last scan, one without the
/// write-ups that are looked for, two sources that hold one. And what is wrong: one whose branch is gone.
fn of_repositories(
    sources: &[SourceConfig],
    before: &Checkpoints,
) -> (Vec<String>, Vec<(String, SourceError)>) {
    let sources = sources
        .iter()
        .filter(|source| source.kind == git::KIND.name);
    let (mut odd, mut lost) = (Vec::new(), Vec::new());
    let mut held = Vec::new();
    for source in sources {
        let checkpoint = before.get(&source.id);
        let gone =
            checkpoint.and_then(|checkpoint| git::lost_branch(source.params.clone(), checkpoint));
        lost.extend(gone.map(|error| (source.id.clone(), error)));
        let another = checkpoint
            .and_then(|checkpoint| git::another_than_before(source.params.clone(), checkpoint));
        odd.extend(another.map(|words| format!("source {}: {words}", source.id)));
        let idle = git::idle_writeups(source.params.clone()).into_iter();
        odd.extend(idle.map(|words| format!("source {}: {words}", source.id)));
        held.extend(git::held(source.params.clone()).map(|held| (source.id.clone(), held)));
    }
    odd.extend(git::doubled(&held));
    (odd, lost)
}

impl Checked {
    fn words(&self) -> String {
        let file = self.file.as_deref().unwrap_or("none; defaults hold");
        let mut lines = vec![
            format!("configuration  {file}"),
            format!("data folder    {}", self.folder_words()),
        ];
        lines.extend(self.settings.iter().map(|setting| {
            let value = match &setting.value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            let key = &setting.key;
            format!("  {key:<30} {value}  ({})", setting.origin)
        }));
        for (source, said) in &self.sources {
            if let Some(said) = said {
                lines.push(format!(
                    "source         {} ({}): {said}",
                    source.id, source.kind
                ));
            }
        }
        if let Some((what, Some(tables))) = &self.engine {
            lines.push(format!("engine         {what}: {}", tables_words(*tables)));
        }
        if let Some(k) = self.k {
            lines.push(format!("privacy        people below {k} are withheld"));
        }
        let doubts = self.doubts.iter();
        lines.extend(doubts.map(|doubt| format!("warning        {doubt}")));
        if self.findings.list.is_empty() && self.doubts.is_empty() {
            lines.push("all is well".to_owned());
        } else if self.findings.list.is_empty() {
            let count = import::counted(self.doubts.len() as u64, "warning", "warnings");
            lines.push(format!("all works, with {count}"));
        }
        lines.join("\n") + "\n"
    }

    fn folder_words(&self) -> String {
        match (self.made, self.k) {
            (Some(false), Some(k)) => format!("{} (will be made, k = {k})", self.folder),
            _ => self.folder.clone(),
        }
    }

    fn json(&self) -> Json {
        let settings = self.settings.iter().map(|setting| {
            json!({
                "key": setting.key,
                "value": setting.value,
                "from": setting.origin.to_string(),
            })
        });
        let sources = self.sources.iter().map(|(source, said)| {
            json!({ "id": source.id, "kind": source.kind, "ok": said.is_some(), "said": said })
        });
        let engine = self.engine.as_ref().map(|(what, tables)| {
            let said = tables.map(tables_words);
            json!({ "engine": what, "ok": said.is_some(), "said": said })
        });
        json!({
            "configuration": self.file,
            "data_folder": { "path": self.folder, "made": self.made, "k": self.k },
            "settings": settings.collect::<Vec<_>>(),
            "sources": sources.collect::<Vec<_>>(),
            "engine": engine,
            "warnings": self.doubts,
            "problems": self.findings.list,
        })
    }
}

fn tables_words(tables: Tables) -> String {
    match tables {
        Tables::NoLibrary => {
            "its library is not installed yet; the first command that needs it, or \
            `readback engine install`, fetches it"
                .to_owned()
        }
        Tables::NoStore => "its library is there; not started, there is no store yet".to_owned(),
        Tables::None => "answers; the tables will be made".to_owned(),
        Tables::Behind(n) => {
            let migrations = import::counted(n as u64, "migration", "migrations");
            format!("answers; {migrations} to come with the next command")
        }
        Tables::Current => "answers, tables are up to date".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_sources_have_more_time() {
        for (sources, seconds) in [(0, 30), (1, 30), (8, 30), (9, 35), (500, 340)] {
            assert_eq!(limits(sources).whole.as_secs(), seconds, "{sources}");
        }
    }

    #[test]
    fn who_gives_no_answer_is_told_by_its_address() {
        let params = "api = \"https://ada:zzsecret@wiki.example.org:8443/api.php?t=zzsecret\"";
        let source = SourceConfig {
            id: "wiki".to_owned(),
            kind: "mediawiki".to_owned(),
            params: toml::from_str(params).expect("valid"),
        };
        let late = no_answer(&source, Duration::from_secs(60)).to_string();
        assert_eq!(
            late,
            "https://wiki.example.org:8443/api.php: gave no answer within 60 seconds"
        );
    }
}
