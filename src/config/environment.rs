//! The environment: `READBACK_SECTION_KEY` stands for `key` of `[section]` in the file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::layers::{Layers, Origin};

/// The variables Readback looks at, taken once.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// Our variables whose values are no text.
    garbled: Vec<String>,
}

/// Variables that are no key of the file. The last two belong to the tests.
const APART: [&str; 7] = [
    "READBACK_CONFIG",
    "READBACK_DATA_DIR",
    "READBACK_LIBCHDB",
    "READBACK_ENGINE_PASSWORD",
    super::access::SECRET,
    "READBACK_FIXTURES",
    "READBACK_LOG",
];

const SECTIONS: [&str; 14] = [
    "access",
    "accounts",
    "digest",
    "mail",
    "organisation",
    "parameters",
    "privacy",
    "retention",
    "engine",
    "server",
    "spool",
    "schedule",
    "reporting",
    "reviews",
];

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
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        let mut environment = Environment::default();
        for (name, value) in std::env::vars_os().filter_map(named) {
            match value.into_string() {
                _ if !wanted(&name) => {}
                Ok(value) => {
                    environment.variables.insert(name, value);
                }
                // A folder of ours must not be another one than was named; whether there is a
                // home or a cache, others decide.
                Err(_) if name.starts_with("READBACK_") => environment.garbled.push(name),
                Err(_) => {}
            }
        }
        environment
    }

    /// One of given variables.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Environment {
            variables: variables.into_iter().map(owned).collect(),
            garbled: Vec::new(),
        }
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
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
    pub(super) fn overlay(&self, layers: &mut Layers, problems: &mut Vec<String>) {
        for name in &self.garbled {
            problems.push(format!(
                "environment: {name}: is not UTF-8; valid is UTF-8 text"
            ));
        }
        if let Some(folder) = self.get("READBACK_DATA_DIR") {
            let origin = Origin::Environment("READBACK_DATA_DIR".to_owned());
            layers.set("data_dir", toml::Value::String(folder), origin);
        }
        for (name, value) in &self.variables {
            let Some(rest) = name.strip_prefix("READBACK_") else {
                continue;
            };
            if APART.contains(&name.as_str()) || value.is_empty() {
                continue;
            }
            let rest = rest.to_ascii_lowercase();
            match rest.split_once('_').filter(|(section, _)| SECTIONS.contains(section)) {
                Some((section, key)) => {
                    let origin = Origin::Environment(name.clone());
                    layers.set(&format!("{section}.{key}"), typed(value), origin);
                }
                None => problems.push(format!(
                    "environment: {name}: no such setting; valid are READBACK_SECTION_KEY with a section of {}, and {}",
                    SECTIONS.join(", "),
                    APART[..5].join(", ")
                )),
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
