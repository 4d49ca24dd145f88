//! `[reporting]`: what reporting tools may read, and where.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::reader::Reader;
use super::{ReportingConfig, password_in};

/// The database with the published tables, where nobody says otherwise.
const DATABASE: &str = "readback_published";

/// Reads the section. Only an embedded engine has a second one beside it.
pub(super) fn read(reader: &mut Reader<'_>, embedded: bool) -> ReportingConfig {
    let tables = reader.flag("tables");
    let database = reader.parsed("database", "letters, digits and underscores", |text| {
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        fits.then(|| text.to_owned())
    });
    let listen = reader.parsed("listen", "an address such as 127.0.0.1:8124", |text| {
        text.parse::<SocketAddr>().ok()
    });
    let password_file = reader.text("password_file");
    match (listen, &password_file, tables) {
        (Some(_), _, _) if !embedded => reader.problem(
            "listen",
            "is for the embedded engine; with engine.mode = \"remote\" reporting tools ask the \
             server itself: set tables = true, and `readback reporting grants` prints their rights"
                .to_owned(),
        ),
        (Some(address), _, Some(false)) => reader.problem(
            "listen",
            format!("{address} is given, but tables = false; leave one of them out"),
        ),
        (Some(address), None, _) => reader.problem(
            "password_file",
            format!("is missing; listening on {address} needs a file with a password"),
        ),
        (Some(_), Some(path), _) => {
            if let Err(problem) = password_in(path) {
                reader.problem("password_file", problem);
            }
        }
        (None, Some(_), _) => reader.problem(
            "password_file",
            "is given, but no listen; valid is both or none".to_owned(),
        ),
        (None, None, _) => {}
    }
    reader.finish();
    ReportingConfig {
        tables: tables.unwrap_or(listen.is_some()),
        database: database.unwrap_or_else(|| DATABASE.to_owned()),
        listen,
        password_file: password_file.map(PathBuf::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, embedded: bool) -> (ReportingConfig, Vec<String>) {
        let mut problems = Vec::new();
        let table: toml::Table = text.parse().unwrap();
        let config = read(
            &mut Reader::new("reporting", table, &mut problems),
            embedded,
        );
        (config, problems)
    }

    #[test]
    fn off_by_default_and_on_with_an_address() {
        let (config, problems) = of("", true);
        assert!(problems.is_empty() && !config.tables);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "secret\n").unwrap();
        let text = format!("listen = \"127.0.0.1:8124\"\npassword_file = {file:?}");
        let (config, problems) = of(&text, true);
        assert!(problems.is_empty(), "{problems:?}");
        assert!(config.tables && config.listen.is_some());
        assert_eq!(of(&text, false).1.len(), 1);
    }

    #[test]
    fn a_half_setting_is_named() {
        for (text, key) in [
            ("listen = \"127.0.0.1:8124\"", "password_file"),
            ("listen = \"here\"", "listen"),
            ("password_file = \"/nowhere\"", "password_file"),
            ("database = \"a-b\"", "database"),
            ("listen = \"127.0.0.1:8124\"\ntables = false", "listen"),
        ] {
            let (_, problems) = of(text, true);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(key), "{problems:?}");
        }
    }
}
