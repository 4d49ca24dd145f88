//! `[engine]`: which ClickHouse, and how it is reached.

use std::path::PathBuf;

use super::environment::Environment;
use super::layers::{Origin, Origins};
use super::reader::Reader;
use super::secrets::password_in;
use super::{DEFAULT_DATABASE, Secret};

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
    /// The password of a server, or the one that an embedded engine asks of TCP clients.
    pub password: Option<Secret>,
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

/// Reads it.
pub(super) fn engine(
    reader: &mut Reader<'_>,
    environment: &Environment,
    origins: &mut Origins,
) -> EngineConfig {
    let mode = reader.text("mode").unwrap_or_else(|| "embedded".to_owned());
    let url = reader.text("url");
    let user = reader.text("user").unwrap_or_else(|| "default".to_owned());
    let in_file = reader.text("password_file");
    let database = reader.parsed("database", "letters, digits and underscores", |text| {
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        fits.then(|| text.to_owned())
    });
    let password = match (environment.get("READBACK_ENGINE_PASSWORD"), in_file) {
        (Some(password), _) => {
            let origin = Origin::Environment("READBACK_ENGINE_PASSWORD".to_owned());
            origins.insert("engine.password".to_owned(), origin);
            Some(password)
        }
        (None, Some(path)) => {
            if let Some(origin) = origins.get("engine.password_file").cloned() {
                origins.insert("engine.password".to_owned(), origin);
            }
            password_in(&path)
                .map_err(|problem| reader.problem("password_file", problem))
                .ok()
        }
        (None, None) => None,
    };
    let password = password.map(Secret);
    let mode = match (mode.as_str(), url) {
        // Shown in words and logs, an address would take its password along.
        (_, Some(url)) if names_a_login(&url) => {
            let words = "holds a user or a password; leave them out of the address and set \
                READBACK_ENGINE_USER (or engine.user) and READBACK_ENGINE_PASSWORD (or \
                engine.password_file)";
            reader.problem("url", words.to_owned());
            EngineMode::Embedded
        }
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
                password: password.clone().unwrap_or_default(),
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
    let libchdb = environment.get("READBACK_LIBCHDB").map(PathBuf::from);
    if libchdb.is_some() {
        let origin = Origin::Environment("READBACK_LIBCHDB".to_owned());
        origins.insert("libchdb".to_owned(), origin);
    }
    EngineConfig {
        mode,
        database: database.unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
        libchdb,
        cache_dir: environment.cache_dir(),
        runtime_dir: environment.runtime_dir(),
        password,
    }
}

/// Whether an address holds `user:password@`, or a password among its parameters.
fn names_a_login(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('@') || rest.contains("password=")
}
