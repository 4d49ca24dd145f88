//! The parameters of an access log.

use chrono_tz::Tz;
use serde::Deserialize;

use super::clock::Clock;
use super::format::Format;
use super::json::Keys;
use crate::sources::SourceError;
use crate::sources::visited::{Given, Wiki};

/// As written in the configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    #[serde(default)]
    pub(super) base: String,
    #[serde(default)]
    pub(super) vhost: bool,
    #[serde(default = "auto")]
    format: String,
    /// Keys of JSON.
    #[serde(default)]
    fields: Option<Keys>,
    /// How times are written.
    time: Option<String>,
    /// Of times that name no zone.
    timezone: Option<String>,
    /// The request headers that HAProxy captures.
    #[serde(default)]
    pub(super) captures: Vec<String>,
    /// Which wiki's pages are reads alone.
    wiki: Option<Wiki>,
    /// DokuWiki's setting of this name.
    #[serde(default)]
    useslash: bool,
    #[serde(default = "yes")]
    pub(super) user: bool,
    #[serde(default)]
    pub(super) assets: Vec<String>,
    /// Paths that are no documents.
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    keep_query: Vec<String>,
    /// The files to follow.
    #[serde(default)]
    pub(super) path: Paths,
}

/// One path or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "valid is a path or a list of paths")]
pub(super) enum Paths {
    One(String),
    Many(Vec<String>),
}

impl Default for Paths {
    fn default() -> Paths {
        Paths::Many(Vec::new())
    }
}

impl Paths {
    pub(super) fn list(self) -> Vec<String> {
        match self {
            Paths::One(path) => vec![path],
            Paths::Many(paths) => paths,
        }
    }
}

fn yes() -> bool {
    true
}

fn auto() -> String {
    "auto".to_owned()
}

/// How lines are written, checked.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) format: Format,
    pub(super) keys: Keys,
    pub(super) zone: Tz,
}

impl Params {
    /// What says which pages are reads.
    pub(super) fn visited(&mut self) -> Given {
        Given {
            wiki: self.wiki,
            useslash: self.useslash,
            exclude: std::mem::take(&mut self.exclude),
            keep_query: std::mem::take(&mut self.keep_query),
        }
    }

    /// How lines are written; times without a zone are those of the organisation where nothing else is
    /// said.
    pub(super) fn written(&mut self, organisation: Tz) -> Result<Written, SourceError> {
        let wrong = |key: &str, why: String| SourceError::Params(format!("{key}: {why}"));
        let clock = match &self.time {
            Some(pattern) => Some(Clock::pattern(pattern).map_err(|why| wrong("time", why))?),
            None => None,
        };
        let zone = match &self.timezone {
            Some(name) => name.parse().map_err(|_| {
                let why = format!("{name:?} is no zone; valid is one such as \"Europe/Berlin\"");
                wrong("timezone", why)
            })?,
            None => organisation,
        };
        // Keys say that it is JSON.
        let named = self.fields.is_some() && self.format == "auto";
        let format = match named {
            true => Format::Json,
            false => {
                Format::of(&self.format, clock.as_ref()).map_err(|why| wrong("format", why))?
            }
        };
        if self.format.trim() == "confluence" {
            self.wiki = self.wiki.or(Some(Wiki::Confluence));
        }
        let mut keys = self.fields.take().unwrap_or_default();
        keys.clock = clock;
        Ok(Written { format, keys, zone })
    }
}
