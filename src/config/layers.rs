//! The values as they lie over each other, and which layer each came from.

use std::collections::BTreeMap;
use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line, by this flag.
    Flag(&'static str),
    /// This variable.
    Environment(String),
    /// The file.
    File,
    /// The data folder, which keeps what was fixed when it was made.
    Folder,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::File => f.write_str("file"),
            Origin::Folder => f.write_str("data folder"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Where the values of a configuration came from, by `section.key`. What is not here is a default.
pub type Origins = BTreeMap<String, Origin>;

/// The values so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) table: toml::Table,
    pub(super) origins: Origins,
}

impl Layers {
    /// The lowest layer.
    pub(super) fn of_file(table: toml::Table) -> Self {
        let mut origins = Origins::new();
        for (name, value) in &table {
            match value {
                toml::Value::Table(section) => origins.extend(
                    section
                        .keys()
                        .map(|key| (format!("{name}.{key}"), Origin::File)),
                ),
                _ => {
                    origins.insert(name.clone(), Origin::File);
                }
            }
        }
        Layers { table, origins }
    }

    /// Sets `section.key`, or a key of no section.
    pub(super) fn set(&mut self, path: &str, value: toml::Value, origin: Origin) {
        self.origins.insert(path.to_owned(), origin);
        match path.split_once('.') {
            None => {
                self.table.insert(path.to_owned(), value);
            }
            Some((section, key)) => {
                let entry = self
                    .table
                    .entry(section.to_owned())
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()));
                if let toml::Value::Table(inner) = entry {
                    inner.insert(key.to_owned(), value);
                }
            }
        }
    }
}
