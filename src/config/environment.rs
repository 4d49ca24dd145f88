//! The environment: `READBACK_SECTION_KEY` stands for `key` of `[section]` in the file.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The variables Readback looks at, taken once.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Variables that are no key of the file. The last two belong to the tests.
const APART: [&str; 6] = [
    "READBACK_CONFIG",
    "READBACK_DATA_DIR",
    "READBACK_LIBCHDB",
    "READBACK_ENGINE_PASSWORD",
    "READBACK_FIXTURES",
    "READBACK_LOG",
];

const SECTIONS: [&str; 5] = ["organisation", "parameters", "privacy", "engine", "server"];

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        let wanted = |name: &str| {
            name.starts_with("READBACK_")
                || matches!(
                    name,
                    "XDG_CACHE_HOME" | "XDG_RUNTIME_DIR" | "HOME" | "NO_COLOR"
                )
        };
        Environment(
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .filter(|(name, _)| wanted(name))
                .collect(),
        )
    }

    /// One of given variables.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Environment(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The user's cache folder for Readback.
    pub(super) fn cache_dir(&self) -> PathBuf {
        let base = self
            .get("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(self.get("HOME")?).join(".cache")))
            .unwrap_or_else(std::env::temp_dir);
        base.join("readback")
    }

    /// The user's folder for sockets, where there is one.
    pub fn runtime_dir(&self) -> Option<PathBuf> {
        self.get("XDG_RUNTIME_DIR").map(PathBuf::from)
    }

    /// Puts the variables over the file's values.
    pub(super) fn overlay(&self, table: &mut toml::Table, problems: &mut Vec<String>) {
        for (name, value) in &self.0 {
            let Some(rest) = name.strip_prefix("READBACK_") else {
                continue;
            };
            if APART.contains(&name.as_str()) || value.is_empty() {
                continue;
            }
            let rest = rest.to_ascii_lowercase();
            match rest.split_once('_').filter(|(section, _)| SECTIONS.contains(section)) {
                Some((section, key)) => {
                    set(table, &format!("{section}.{key}"), typed(value));
                }
                None => problems.push(format!(
                    "environment: {name}: no such setting; valid are READBACK_SECTION_KEY with a section of {}, and {}",
                    SECTIONS.join(", "),
                    APART[..4].join(", ")
                )),
            }
        }
    }
}

/// Sets `section.key` of a table.
pub(super) fn set(table: &mut toml::Table, path: &str, value: toml::Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((section, key)) => {
            let entry = table
                .entry(section.to_owned())
                .or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = entry {
                inner.insert(key.to_owned(), value);
            }
        }
    }
}

/// A variable's text as the TOML value it looks like, else as text.
fn typed(text: &str) -> toml::Value {
    let as_toml = format!("v = {text}").parse::<toml::Table>().ok();
    match as_toml.and_then(|mut table| table.remove("v")) {
        Some(value) if !value.is_datetime() => value,
        _ => toml::Value::String(text.to_owned()),
    }
}
