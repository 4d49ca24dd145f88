//! What the operator decides: flag over `READBACK_*` over `readback.toml` over default. The only
//! module that reads the environment. Every problem is listed at once, each with its place, its
//! value and what would be valid.

mod access;
mod accounts;
mod effective;
mod engine;
mod environment;
mod layers;
mod posting;
mod privacy;
mod reader;
mod reporting;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::model::{Calendar, Parameters, Vocabulary};

pub use access::{
    AccessConfig, AccessMode, Groups, Network, OidcConfig, ProxyConfig, Role, is_loopback_host,
};
pub use accounts::Accounts;
pub use effective::Effective;
use engine::engine;
pub use engine::{EngineConfig, EngineMode};
pub use environment::Environment;
use layers::Layers;
pub use layers::{Origin, Origins};
pub use posting::{ChatConfig, ChatKind, MailConfig, MailTls, PostingConfig, ReviewMail};
pub use privacy::{AGEING, Mode, Retention};
use reader::Reader;
pub use secrets::{SecretFile, password_in};

/// The database with Readback's tables, where nobody says otherwise.
pub const DEFAULT_DATABASE: &str = "readback";

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from, if there is one.
    pub file: Option<PathBuf>,
    /// Where everything lies that Readback keeps on this machine.
    pub data_dir: PathBuf,
    /// The organisation.
    pub organisation: Organisation,
    /// Windows and limits of the indicators.
    pub parameters: Parameters,
    /// The smallest number of people that is shown; `None` where the file does not say, and then
    /// the data folder's own k holds.
    pub k: Option<u32>,
    /// Accounts that are no people.
    pub accounts: Accounts,
    /// What is kept of people; as with k, the data folder's own holds where the file does not say.
    pub mode: Option<Mode>,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// Who holds the key of the pseudonyms, in words for the page `/privacy`.
    pub key_holder: Option<String>,
    /// What reporting tools may read.
    pub reporting: ReportingConfig,
    /// ClickHouse.
    pub engine: EngineConfig,
    /// Where the door and the pages are.
    pub listen: SocketAddr,
    /// Where readers find the pages, scheme and host, if that is another address.
    pub public_url: Option<String>,
    /// How readers sign in, and what they may see.
    pub access: AccessConfig,
    /// Days that the audit log is kept.
    pub audit_days: u32,
    /// The spool.
    pub spool: SpoolConfig,
    /// When jobs run by themselves.
    pub schedule: Schedule,
    /// When the digest goes out of the house, and where.
    pub posting: PostingConfig,
    /// The sources, in the order of the file.
    pub sources: Vec<SourceConfig>,
    /// What sources see of all reads, by their ids, where the file says it.
    pub sees: BTreeMap<String, Sees>,
    /// The files with secrets that it names.
    pub secret_files: Vec<SecretFile>,
    /// Where its values came from.
    pub origins: Origins,
}

/// The organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its name on the pages.
    pub name: String,
    /// Its zone and holidays.
    pub calendar: Calendar,
    /// The data is simulated; every page says so.
    pub simulated: bool,
    /// What the words of write-ups are measured against.
    pub vocabulary: Vocabulary,
}

/// Published tables for reporting tools: what leaves the house, after suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportingConfig {
    /// They are written after each report.
    pub tables: bool,
    /// The database that they lie in: with an embedded engine that of a second engine over a second
    /// folder, with a server one beside Readback's own.
    pub database: String,
    /// Where the second engine listens for reporting tools.
    pub listen: Option<SocketAddr>,
    /// The file with the password that it asks for.
    pub password_file: Option<PathBuf>,
}

/// How much waits between the door and the store, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// MiB that may wait on the disk; beyond it the door refuses. As much may lie in dead letters.
    pub limit_mib: u32,
    /// Seconds until what came in is loaded, at most.
    pub load_seconds: u32,
}

/// When `readback serve` runs its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Minutes between two scans of the sources; 0 for never.
    pub scan_minutes: u32,
    /// Minutes between two computations of the pages; 0 for never, on a collector beside another one
    /// that computes.
    pub report_minutes: u32,
}

/// Text that `Debug` does not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One `[[source]]`.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// Its id: the `source` of its events.
    pub id: String,
    /// The name of its kind.
    pub kind: String,
    /// The kind's own keys.
    pub params: toml::Table,
}

/// What the command line says; each value wins over environment and file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// Any other value as `section.key` and its TOML value.
    pub values: Vec<(String, toml::Value)>,
}

/// What a source of reads sees of those of a write-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// A part of them, as the log of one of several servers does: parts add up.
    Part,
    /// All of them: two such sources see the same reads twice, and one of them counts.
    Whole,
}

impl Sees {
    /// The value with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "part" => Some(Sees::Part),
            "whole" => Some(Sees::Whole),
            _ => None,
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct Problems {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// One line each.
    pub list: Vec<String>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .file
            .as_deref()
            .unwrap_or(Path::new("the configuration"));
        let plural = if self.list.len() == 1 {
            "problem"
        } else {
            "problems"
        };
        write!(f, "{}: {} {plural}", name.display(), self.list.len())?;
        self.list
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// Loads and checks the configuration.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Config, Problems> {
    let (config, problems) = look(flags, environment)?;
    match problems.list.is_empty() {
        true => Ok(config),
        false => Err(problems),
    }
}

/// The configuration as far as it can be understood, defaults standing for what can't, and what is
/// wrong with it.
///
/// # Errors
/// The file can't be read at all.
pub fn look(flags: &Flags, environment: &Environment) -> Result<(Config, Problems), Problems> {
    let named = flags
        .config
        .clone()
        .or_else(|| environment.get("READBACK_CONFIG").map(Into::into));
    let file = named.clone().or_else(|| {
        let default = PathBuf::from("readback.toml");
        default.exists().then_some(default)
    });
    let mut problems = Vec::new();
    let table = match &file {
        None => toml::Table::new(),
        Some(path) => match read(path) {
            Ok(table) => table,
            Err(problem) => {
                return Err(Problems {
                    file,
                    list: vec![problem],
                });
            }
        },
    };
    let mut layers = Layers::of_file(table);
    environment.overlay(&mut layers, &mut problems);
    for (key, value) in &flags.values {
        layers.set(key, value.clone(), Origin::Flag("--set"));
    }
    let mut config = check(layers, file.clone(), environment, &mut problems);
    // The flag may be a path that is no text.
    if let Some(folder) = &flags.data_dir {
        config.data_dir.clone_from(folder);
        let origin = Origin::Flag("--data-dir");
        config.origins.insert("data_dir".to_owned(), origin);
    }
    let elsewhere = |problem: &String| {
        let key = problem.split(": ").next().unwrap_or_default();
        let origin = config.origins.get(key);
        origin.filter(|origin| **origin != Origin::File)
    };
    // Who opens the file would look in vain.
    let in_file = problems.is_empty() || problems.iter().any(|one| elsewhere(one).is_none());
    let list = problems.iter().map(|problem| match elsewhere(problem) {
        Some(origin) => format!("{problem} ({origin})"),
        None => problem.clone(),
    });
    let list = list.collect();
    let file = file.filter(|_| in_file);
    Ok((config, Problems { file, list }))
}

fn read(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    text.parse::<toml::Table>()
        .map_err(|error| error.to_string().trim_end().replace('\n', "\n  "))
}

fn check(
    layers: Layers,
    file: Option<PathBuf>,
    environment: &Environment,
    problems: &mut Vec<String>,
) -> Config {
    let Layers { table, mut origins } = layers;
    let secret_files = secrets::named(&table);
    let mut top = Reader::new("", table, problems);
    let data_dir = top.parsed("data_dir", "the path of a folder", |text| {
        (!text.is_empty()).then(|| PathBuf::from(text))
    });
    let organisation = organisation(&mut top.section("organisation"));
    let parameters = parameters(&mut top.section("parameters"));
    let accounts = accounts::read(&mut top.section("accounts"));
    let (k, mode, key_holder) = privacy::privacy(&mut top.section("privacy"));
    let (retention, audit_days) = privacy::retention(&mut top.section("retention"));
    let engine = engine(&mut top.section("engine"), environment, &mut origins);
    let embedded = matches!(engine.mode, EngineMode::Embedded);
    let reporting = reporting::read(&mut top.section("reporting"), embedded);
    let (listen, public_url) = server(&mut top.section("server"));
    let access = access::access(
        &mut top.section("access"),
        environment,
        &mut origins,
        public_url.as_deref(),
    );
    let spool = spool(&mut top.section("spool"));
    let schedule = schedule(&mut top.section("schedule"));
    let (day, hour) = posting::digest(&mut top.section("digest"));
    let mail = posting::mail(&mut top.section("mail"));
    let reviews = posting::reviews(&mut top.section("reviews"), mail.is_some());
    let chats = top.tables("chat");
    let posting = PostingConfig {
        day,
        hour,
        reviews,
        mail,
        chats: posting::chats(chats, top.problems()),
    };
    let sources = top.tables("source").into_iter().enumerate();
    let mut seen_by = BTreeMap::new();
    let sources: Vec<_> = sources
        .filter_map(|(n, mut table)| {
            let sees = sees(n, &mut table, top.problems());
            let source = source(n, table, top.problems())?;
            seen_by.extend(sees.map(|sees| (source.id.clone(), sees)));
            Some(source)
        })
        .collect();
    top.finish();
    let mut seen = BTreeSet::new();
    for source in &sources {
        if !seen.insert(source.id.clone()) {
            problems.push(format!("source: the id {:?} is given twice", source.id));
        }
    }
    Config {
        file,
        data_dir: data_dir.unwrap_or_else(|| PathBuf::from("readback-data")),
        organisation,
        parameters,
        accounts,
        k,
        mode,
        retention,
        key_holder,
        reporting,
        engine,
        listen,
        public_url,
        access,
        audit_days,
        spool,
        schedule,
        posting,
        sources,
        sees: seen_by,
        secret_files,
        origins,
    }
}

fn organisation(reader: &mut Reader<'_>) -> Organisation {
    let name = reader
        .text("name")
        .unwrap_or_else(|| "Our organisation".to_owned());
    let timezone = reader.parsed("timezone", "an IANA zone such as Europe/Berlin", |text| {
        text.parse::<Tz>().ok()
    });
    let holidays = reader.each("holidays", "a date such as 2026-12-25", |text| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
    });
    let simulated = reader.flag("simulated").unwrap_or(false);
    let names = |text: &str| {
        let name = text.trim();
        (!name.is_empty()).then(|| name.to_owned())
    };
    let mut vocabulary = Vocabulary {
        glossary: reader.each("glossary", "an abbreviation such as \"DNS\"", names),
        ..Vocabulary::default()
    };
    if reader.has("data_sources") {
        let valid = "a name such as \"Grafana\"";
        vocabulary.data_sources = reader.each("data_sources", valid, names);
    }
    reader.finish();
    Organisation {
        name,
        calendar: Calendar {
            timezone: timezone.unwrap_or(Tz::UTC),
            holidays: holidays.into_iter().collect(),
        },
        simulated,
        vocabulary,
    }
}

fn parameters(reader: &mut Reader<'_>) -> Parameters {
    let mut p = Parameters::default();
    reader.whole("double_click_s", 0, 3600, &mut p.double_click_s);
    reader.whole("late_days", 1, 3650, &mut p.late_days);
    reader.whole("horizon_days", 2, 3650, &mut p.horizon_days);
    reader.whole("recent_days", 1, 3650, &mut p.recent_days);
    reader.whole("trailing_days", 1, 365, &mut p.trailing_days);
    reader.whole("min_readers", 1, 1000, &mut p.min_readers);
    reader.whole("quiet_days", 1, 3650, &mut p.quiet_days);
    reader.share("read_fraction", &mut p.read_fraction);
    reader.whole("wpm_fast", 50, 2000, &mut p.wpm_fast);
    reader.whole("skim_min_s", 0, 3600, &mut p.skim_min_s);
    reader.whole("min_present_s", 0, 86_400, &mut p.min_present_s);
    reader.whole("contribution_days", 1, 365, &mut p.contribution_days);
    reader.whole("response_days", 1, 365, &mut p.response_days);
    reader.whole("newcomer_days", 1, 3650, &mut p.newcomer_days);
    reader.whole("repeat_days", 1, 3650, &mut p.repeat_days);
    reader.whole("large_list", 1, 100_000, &mut p.large_list);
    reader.whole("index_writeups", 1, 100_000, &mut p.index_writeups);
    reader.share("index_team_share", &mut p.index_team_share);
    reader.whole("index_team_least", 1, 100_000, &mut p.index_team_least);
    reader.whole("machine_writeups", 1, 1_000_000, &mut p.machine_writeups);
    reader.whole("machine_run", 1, 1_000_000, &mut p.machine_run);
    reader.whole("machine_gap_s", 1, 3600, &mut p.machine_gap_s);
    reader.whole("follow_up_days", 0, 3650, &mut p.follow_up_days);
    if p.late_days >= p.horizon_days {
        reader.problem(
            "late_days",
            format!("{} is not below horizon_days", p.late_days),
        );
    }
    reader.finish();
    p
}

fn server(reader: &mut Reader<'_>) -> (SocketAddr, Option<String>) {
    let listen = reader.parsed("listen", "an address such as 127.0.0.1:8080", |text| {
        text.parse::<SocketAddr>().ok()
    });
    let valid = "scheme and host of the pages, such as https://readback.example.org";
    let public_url = reader.parsed("public_url", valid, access::origin);
    reader.finish();
    let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
    (listen, public_url)
}

fn spool(reader: &mut Reader<'_>) -> SpoolConfig {
    let mut spool = SpoolConfig {
        limit_mib: 1024,
        load_seconds: 2,
    };
    reader.whole("limit_mib", 1, 1 << 20, &mut spool.limit_mib);
    reader.whole("load_seconds", 0, 3600, &mut spool.load_seconds);
    reader.finish();
    spool
}

fn schedule(reader: &mut Reader<'_>) -> Schedule {
    let mut schedule = Schedule {
        scan_minutes: 60,
        report_minutes: 60,
    };
    reader.whole("scan_minutes", 0, 10_080, &mut schedule.scan_minutes);
    reader.whole("report_minutes", 0, 1440, &mut schedule.report_minutes);
    reader.finish();
    schedule
}

/// What a source says that it sees; the kind knows nothing of it.
fn sees(n: usize, table: &mut toml::Table, problems: &mut Vec<String>) -> Option<Sees> {
    let given = table.remove("sees")?;
    let sees = given.as_str().and_then(Sees::from_name);
    if sees.is_none() {
        let n = n + 1;
        problems.push(format!(
            "source {n}: sees: {given} is not valid; valid are \"part\" and \"whole\""
        ));
    }
    sees
}

fn source(n: usize, mut params: toml::Table, problems: &mut Vec<String>) -> Option<SourceConfig> {
    let mut take = |key: &str| match params.remove(key) {
        Some(toml::Value::String(text)) if !text.trim().is_empty() => Some(text),
        Some(other) => {
            problems.push(format!("source {}: {key}: {other} is not a name", n + 1));
            None
        }
        None => {
            problems.push(format!("source {}: {key}: is missing", n + 1));
            None
        }
    };
    let (id, kind) = (take("id"), take("kind"));
    let id = id?;
    if id.contains('@') || id.contains("%40") {
        // The intake refuses events of such a source, one by one.
        let n = n + 1;
        problems.push(format!(
            "source {n}: id: holds what mail addresses hold; valid is a name such as wiki"
        ));
    }
    Some(SourceConfig {
        id,
        kind: kind?,
        params,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, environment: &[(&str, &str)]) -> Result<Config, Problems> {
        let environment = Environment::of(environment.iter().copied());
        let mut problems = Vec::new();
        let mut layers = Layers::of_file(text.parse().unwrap());
        environment.overlay(&mut layers, &mut problems);
        let config = check(layers, None, &environment, &mut problems);
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Problems {
                file: None,
                list: problems,
            })
        }
    }

    #[test]
    fn a_source_is_not_named_like_a_mail_address() {
        let text = "[[source]]\nid = \"ada@example.org\"\nkind = \"git\"\n";
        let problems = checked(text, &[]).unwrap_err().list;
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("source 1: id: holds") && !problems[0].contains("ada"));
    }

    #[test]
    fn nothing_is_a_valid_configuration() {
        let config = checked("", &[]).unwrap();
        assert_eq!(config.parameters, Parameters::default());
        assert_eq!(config.organisation.calendar.timezone, Tz::UTC);
    }

    #[test]
    fn every_problem_is_listed_at_once() {
        let problems = checked(
            r#"
            colour = "red"
            [organisation]
            timezone = "Berlin"
            holidays = ["2026-13-01"]
            [parameters]
            late_days = 400
            read_fraction = 1.5
            [privacy]
            k = 0
            [engine]
            mode = "remote"
            [[source]]
            kind = "git"
            "#,
            &[],
        )
        .unwrap_err();
        insta::assert_snapshot!(problems.to_string(), @r#"
        the configuration: 8 problems
          organisation.timezone: "Berlin" is not valid; valid is an IANA zone such as Europe/Berlin
          organisation.holidays: "2026-13-01" is not valid; valid is a date such as 2026-12-25
          parameters.read_fraction: 1.5 is not above 0 and at most 1
          parameters.late_days: 400 is not below horizon_days
          privacy.k: 0 is not a whole number from 1 to 1000
          engine.url: is missing; mode "remote" needs the address of a ClickHouse server, such as http://clickhouse:8123
          source 1: id: is missing
          colour: unknown key; known are access, accounts, chat, data_dir, digest, engine, mail, organisation, parameters, privacy, reporting, retention, reviews, schedule, server, source, spool
        "#);
    }

    #[test]
    fn sources_say_what_they_see() {
        let of = |sees: &str| {
            let text = format!("[[source]]\nid = \"log\"\nkind = \"access-log\"\n{sees}");
            checked(&text, &[])
        };
        let config = of("sees = \"whole\"").unwrap();
        assert_eq!(config.sees["log"], Sees::Whole);
        assert!(!config.sources[0].params.contains_key("sees"));
        assert!(of("").unwrap().sees.is_empty());
        let wrong = of("sees = \"half\"").unwrap_err().to_string();
        assert!(
            wrong.contains("\"half\"") && wrong.contains("\"part\" and \"whole\""),
            "{wrong}"
        );
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "[organisation]\ntimezone = \"UTC\"\n[privacy]\nk = 5";
        let environment = [
            ("READBACK_ORGANISATION_TIMEZONE", "Europe/Berlin"),
            ("READBACK_PRIVACY_K", "7"),
        ];
        let config = checked(text, &environment).unwrap();
        assert_eq!(config.organisation.calendar.timezone, Tz::Europe__Berlin);
        assert_eq!(config.k, Some(7));
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let environment = Environment::of([("READBACK_DATA_DIR", "from-environment")]);
        let mut flags = Flags::default();
        let folder = |flags: &Flags| {
            let config = load(flags, &environment).unwrap();
            let origin = config.origins["data_dir"].to_string();
            (config.data_dir.to_string_lossy().into_owned(), origin)
        };
        let expected = |folder: &str, origin: &str| (folder.to_owned(), origin.to_owned());
        assert_eq!(
            folder(&flags),
            expected("from-environment", "environment READBACK_DATA_DIR")
        );
        flags.values = vec![("data_dir".to_owned(), "set".into())];
        assert_eq!(folder(&flags), expected("set", "flag --set"));
        flags.data_dir = Some("flag".into());
        assert_eq!(folder(&flags), expected("flag", "flag --data-dir"));
    }

    #[test]
    fn what_would_be_misunderstood_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("password");
        std::fs::write(&empty, "\n").unwrap();
        let empty = format!(
            "[engine]\npassword_file = {:?}",
            empty.display().to_string()
        );
        for (text, problem) in [
            ("data_dir = \"\"", "data_dir: \"\" is not valid"),
            (&empty, "is empty; valid is a file with a password"),
            (
                "[engine]\nmode = \"remote\"\nurl = \"http://me:s3cret@host:8123\"",
                "READBACK_ENGINE_USER",
            ),
            (
                "[engine]\nurl = \"http://host:8123/?user=me&password=s3cret\"",
                "READBACK_ENGINE_PASSWORD",
            ),
        ] {
            let words = checked(text, &[]).unwrap_err().to_string();
            assert!(
                words.contains("1 problem\n") && words.contains(problem),
                "{words}"
            );
            assert!(!words.contains("s3cret"), "{words}");
        }
    }

    #[test]
    fn every_value_is_told_with_its_origin() {
        let text = "[organisation]\nname = \"O\"\n[parameters]\nlate_days = 60";
        let environment = [
            ("READBACK_PARAMETERS_QUIET_DAYS", "40"),
            ("READBACK_ENGINE_PASSWORD", "s3cret"),
        ];
        let all = checked(text, &environment)
            .unwrap()
            .effective(Some((7, Mode::Strict)), true);
        let told = |key: &str| {
            let one = all.iter().find(|one| one.key == key).unwrap();
            format!("{} ({})", one.value, one.origin)
        };
        assert_eq!(told("organisation.name"), "\"O\" (file)");
        assert_eq!(told("parameters.late_days"), "60 (file)");
        assert_eq!(
            told("parameters.quiet_days"),
            "40 (environment READBACK_PARAMETERS_QUIET_DAYS)"
        );
        assert_eq!(told("parameters.horizon_days"), "365 (default)");
        assert_eq!(told("privacy.k"), "7 (data folder)");
        assert_eq!(
            told("engine.password"),
            "\"(set)\" (environment READBACK_ENGINE_PASSWORD)"
        );
        assert!(!format!("{all:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_wrong_with_access_is_listed() {
        let text = r#"
            [server]
            public_url = "readback.example.org/pages"
            [access]
            mode = "oidc"
            issuer = "http://login.example.org"
            user_header = "x-user"
            trusted = ["10.0.0.0/40"]
        "#;
        let problems = checked(text, &[]).unwrap_err();
        insta::assert_snapshot!(problems.to_string());
        let proxy = "[access]\nmode = \"proxy\"\nviewer = [\"*\"]\nclient_id = \"x\"";
        let problems = checked(proxy, &[]).unwrap_err();
        insta::assert_snapshot!(problems.to_string());
    }

    #[test]
    fn the_secret_of_a_client_is_not_shown() {
        let text = r#"
            [server]
            public_url = "https://readback.example.org"
            [access]
            mode = "oidc"
            issuer = "https://login.example.org/realm"
            client_id = "readback"
            viewer = ["*"]
        "#;
        let config = checked(text, &[("READBACK_OIDC_CLIENT_SECRET", "s3cret")]).unwrap();
        let told = format!("{config:?} {:?}", config.effective(None, false));
        assert!(!told.contains("s3cret"));
        let AccessMode::Oidc(oidc) = config.access.mode else {
            panic!("another mode");
        };
        assert_eq!(oidc.client_secret, Some(Secret("s3cret".to_owned())));
    }

    #[test]
    fn an_unknown_variable_is_named() {
        let problems = checked("", &[("READBACK_PRIVCY_K", "7")]).unwrap_err();
        assert!(
            problems.to_string().contains("READBACK_PRIVCY_K"),
            "{problems}"
        );
    }
}
