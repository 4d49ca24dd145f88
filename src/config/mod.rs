//! What the operator decides: flag over `READBACK_*` over `readback.toml` over default. The only
//! module that reads the environment. Every problem is listed at once, each with its place, its
//! value and what would be valid.

mod environment;
mod reader;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::model::{Calendar, Parameters};

pub use environment::Environment;
use reader::Reader;

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
    /// ClickHouse.
    pub engine: EngineConfig,
    /// Where the pages are served.
    pub listen: SocketAddr,
    /// The sources, in the order of the file.
    pub sources: Vec<SourceConfig>,
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
}

/// Which ClickHouse.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The child process of ours, or a server.
    pub mode: EngineMode,
    /// The database with Readback's tables.
    pub database: String,
    /// A `libchdb.so` that wins over the installed one.
    pub libchdb: Option<PathBuf>,
    /// Where the installed library is kept.
    pub cache_dir: PathBuf,
    /// The user's folder for sockets, where there is one.
    pub runtime_dir: Option<PathBuf>,
    /// The password that an embedded engine asks of TCP clients.
    pub listen_password: Option<Secret>,
}

/// How ClickHouse is reached.
#[derive(Clone, Debug)]
pub enum EngineMode {
    /// `readback engine` as a supervised child.
    Embedded,
    /// A server.
    Remote {
        /// Its HTTP address.
        url: String,
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
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
    let named = flags
        .config
        .clone()
        .or_else(|| environment.get("READBACK_CONFIG").map(Into::into));
    let file = named.clone().or_else(|| {
        let default = PathBuf::from("readback.toml");
        default.exists().then_some(default)
    });
    let mut problems = Vec::new();
    let mut table = match &file {
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
    environment.overlay(&mut table, &mut problems);
    for (key, value) in &flags.values {
        environment::set(&mut table, key, value.clone());
    }
    let data_dir = flags
        .data_dir
        .clone()
        .or_else(|| environment.get("READBACK_DATA_DIR").map(Into::into));
    let config = check(table, file.clone(), data_dir, environment, &mut problems);
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(Problems {
            file,
            list: problems,
        })
    }
}

fn read(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    text.parse::<toml::Table>()
        .map_err(|error| error.to_string().trim_end().replace('\n', "\n  "))
}

fn check(
    table: toml::Table,
    file: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    environment: &Environment,
    problems: &mut Vec<String>,
) -> Config {
    let mut top = Reader::new("", table, problems);
    let in_file = top.text("data_dir").map(PathBuf::from);
    let organisation = organisation(&mut top.section("organisation"));
    let parameters = parameters(&mut top.section("parameters"));
    let k = privacy(&mut top.section("privacy"));
    let engine = engine(&mut top.section("engine"), environment);
    let listen = server(&mut top.section("server"));
    let sources = top.tables("source").into_iter().enumerate();
    let sources: Vec<_> = sources
        .filter_map(|(n, table)| source(n, table, top.problems()))
        .collect();
    top.finish();
    let mut seen = BTreeSet::new();
    for source in &sources {
        if !seen.insert(source.id.clone()) {
            problems.push(format!("source: the id {:?} is given twice", source.id));
        }
    }
    let data_dir = data_dir
        .or(in_file)
        .unwrap_or_else(|| PathBuf::from("readback-data"));
    Config {
        file,
        data_dir,
        organisation,
        parameters,
        k,
        engine,
        listen,
        sources,
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
    reader.finish();
    Organisation {
        name,
        calendar: Calendar {
            timezone: timezone.unwrap_or(Tz::UTC),
            holidays: holidays.into_iter().collect(),
        },
        simulated,
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
    if p.late_days >= p.horizon_days {
        reader.problem(
            "late_days",
            format!("{} is not below horizon_days", p.late_days),
        );
    }
    reader.finish();
    p
}

fn privacy(reader: &mut Reader<'_>) -> Option<u32> {
    let mut k = 0;
    let given = reader.whole("k", 1, 1000, &mut k);
    reader.finish();
    given.then_some(k)
}

fn engine(reader: &mut Reader<'_>, environment: &Environment) -> EngineConfig {
    let mode = reader.text("mode").unwrap_or_else(|| "embedded".to_owned());
    let url = reader.text("url");
    let user = reader.text("user").unwrap_or_else(|| "default".to_owned());
    let in_file = reader.text("password_file");
    let database = reader.parsed("database", "letters, digits and underscores", |text| {
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        fits.then(|| text.to_owned())
    });
    let password = environment.get("READBACK_ENGINE_PASSWORD").or_else(|| {
        let path = in_file?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_end().to_owned()),
            Err(error) => {
                reader.problem("password_file", format!("{path:?} can't be read: {error}"));
                None
            }
        }
    });
    let listen_password = password.clone().map(Secret);
    let mode = match (mode.as_str(), url) {
        ("embedded", None) => EngineMode::Embedded,
        ("embedded", Some(url)) => {
            reader.problem(
                "url",
                format!(
                    "{url:?} is given, but mode is \"embedded\"; set mode = \"remote\" to use it"
                ),
            );
            EngineMode::Embedded
        }
        ("remote", Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            EngineMode::Remote {
                url,
                user,
                password: Secret(password.unwrap_or_default()),
            }
        }
        ("remote", Some(url)) => {
            reader.problem(
                "url",
                format!("{url:?} is no address; valid is http://HOST:8123 or https://…"),
            );
            EngineMode::Embedded
        }
        ("remote", None) => {
            reader.problem("url", "is missing; mode \"remote\" needs the address of a ClickHouse server, such as http://clickhouse:8123".to_owned());
            EngineMode::Embedded
        }
        (other, _) => {
            reader.problem(
                "mode",
                format!("{other:?} is unknown; valid are \"embedded\", \"remote\""),
            );
            EngineMode::Embedded
        }
    };
    reader.finish();
    EngineConfig {
        mode,
        database: database.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
        libchdb: environment.get("READBACK_LIBCHDB").map(Into::into),
        cache_dir: environment.cache_dir(),
        runtime_dir: environment.runtime_dir(),
        listen_password,
    }
}

fn server(reader: &mut Reader<'_>) -> SocketAddr {
    let listen = reader.parsed("listen", "an address such as 127.0.0.1:8080", |text| {
        text.parse::<SocketAddr>().ok()
    });
    reader.finish();
    listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)))
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
    Some(SourceConfig {
        id: id?,
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
        let mut table: toml::Table = text.parse().unwrap();
        environment.overlay(&mut table, &mut problems);
        let config = check(table, None, None, &environment, &mut problems);
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
          colour: unknown key; known are data_dir, engine, organisation, parameters, privacy, server, source
        "#);
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
    fn an_unknown_variable_is_named() {
        let problems = checked("", &[("READBACK_PRIVCY_K", "7")]).unwrap_err();
        assert!(
            problems.to_string().contains("READBACK_PRIVCY_K"),
            "{problems}"
        );
    }
}
