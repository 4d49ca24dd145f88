//! An import as it is asked for, on the command line or over HTTP: of which kind, as which source, with
//! which parameters. What is wrong with these is said before any work.

use chrono_tz::Tz;

use crate::config::SourceConfig;
use crate::model::Vocabulary;
use crate::sources::{Kind, Setting, SourceError};

/// What to read and how.
#[derive(Clone)]
pub struct Order {
    /// The kind of file.
    pub kind: &'static Kind,
    /// The `source` of its events.
    pub source: String,
    /// The kind's parameters: those of the configured source of that id, under those that were given.
    pub params: toml::Table,
}

/// What is configured, as far as orders go by it.
#[derive(Clone, Copy)]
pub struct House<'a> {
    /// The `[[source]]`s.
    pub sources: &'a [SourceConfig],
    /// The organisation's zone.
    pub timezone: Tz,
}

/// Why something can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The kind has no files.
    #[error("{0} does not read files; `readback list sources` tells which kinds do")]
    NoFiles(&'static str),
    /// The configured source of this id is of another kind.
    #[error("the source {id:?} is configured as kind {configured:?}, not {kind:?}")]
    OtherKind {
        /// The source.
        id: String,
        /// Its kind.
        configured: String,
        /// What was asked for.
        kind: &'static str,
    },
    /// The parameter stands in the configuration alone.
    #[error(
        "{name} of {kind} can't be given with a file; it stands in the configuration of the source {id:?}"
    )]
    Settled {
        /// The kind.
        kind: &'static str,
        /// The source.
        id: String,
        /// The parameter.
        name: String,
    },
    /// The parameters don't fit the kind.
    #[error("parameters of {kind}: {cause}")]
    Params {
        /// The kind.
        kind: &'static str,
        /// What is wrong.
        #[source]
        cause: SourceError,
    },
}

impl Order {
    /// Puts together what is configured and what was given.
    ///
    /// # Errors
    /// The kind reads no files, or these parameters don't fit it.
    pub fn of(
        kind: &'static Kind,
        source: Option<String>,
        given: &[(String, toml::Value)],
        house: House<'_>,
    ) -> Result<Self, OrderError> {
        let build = kind.file.ok_or(OrderError::NoFiles(kind.name))?;
        let source = source.unwrap_or_else(|| kind.name.to_owned());
        if let Some((name, _)) = given
            .iter()
            .find(|(name, _)| kind.settled.contains(&name.as_str()))
        {
            return Err(OrderError::Settled {
                kind: kind.name,
                id: source,
                name: name.clone(),
            });
        }
        let setting = Setting {
            source: source.clone(),
            vocabulary: Vocabulary::default(),
            timezone: house.timezone,
            writeups: Vec::new(),
        };
        let mut params = toml::Table::new();
        let mut known = house.sources.iter();
        if let Some(configured) = known.find(|entry| entry.id == source) {
            if configured.kind != kind.name {
                return Err(OrderError::OtherKind {
                    id: source,
                    configured: configured.kind.clone(),
                    kind: kind.name,
                });
            }
            params.clone_from(&configured.params);
        }
        params.extend(given.iter().cloned());
        // A meeting may be called 20260301: what does not fit as a number may fit as a text.
        if let Err(cause) = build(params.clone(), &setting) {
            let texts = given.iter().map(|(key, value)| (key.clone(), text(value)));
            params.extend(texts);
            let kind = kind.name;
            build(params.clone(), &setting).map_err(|_| OrderError::Params { kind, cause })?;
        }
        Ok(Order {
            kind,
            source,
            params,
        })
    }
}

/// A parameter as somebody types it: what reads as a value of TOML is one, else it is a text.
pub fn typed(value: &str) -> toml::Value {
    let as_toml = format!("v = {value}").parse::<toml::Table>().ok();
    let typed = as_toml.and_then(|mut table| match table.len() {
        1 => table.remove("v"),
        // A line break made more of it.
        _ => None,
    });
    typed.unwrap_or_else(|| toml::Value::String(value.to_owned()))
}

fn text(value: &toml::Value) -> toml::Value {
    match value {
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Datetime(_) => {
            toml::Value::String(value.to_string())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources;

    fn order(kind: &str, source: &str, given: &[(&str, &str)]) -> Result<Order, OrderError> {
        let configured = SourceConfig {
            id: "wiki-log".to_owned(),
            kind: "access-log".to_owned(),
            params: toml::toml! { base = "https://wiki.example.org" },
        };
        let given: Vec<_> = given
            .iter()
            .map(|(key, value)| ((*key).to_owned(), typed(value)))
            .collect();
        let house = House {
            sources: &[configured],
            timezone: Tz::UTC,
        };
        let kind = sources::find(kind).expect("a kind");
        Order::of(kind, Some(source.to_owned()), &given, house)
    }

    #[test]
    fn what_is_given_lies_over_what_is_configured() {
        let plain = order("access-log", "wiki-log", &[]).unwrap();
        assert_eq!(
            plain.params["base"].as_str(),
            Some("https://wiki.example.org")
        );
        let other = order(
            "access-log",
            "wiki-log",
            &[("base", "https://b.example.org")],
        );
        assert_eq!(
            other.unwrap().params["base"].as_str(),
            Some("https://b.example.org")
        );
        let number = order("attendance-csv", "zoom", &[("meeting", "20260301")]).unwrap();
        assert_eq!(number.params["meeting"].as_str(), Some("20260301"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (kind, source, given, words) in [
            ("mediawiki", "wiki", vec![], "does not read files"),
            (
                "events",
                "wiki-log",
                vec![],
                "configured as kind \"access-log\"",
            ),
            ("access-log", "x", vec![], "parameters of access-log"),
            ("events", "x", vec![("zznone", "1")], "zznone"),
            (
                "transcript",
                "x",
                vec![("enabled_series", "[\"a\"]")],
                "stands in the configuration",
            ),
        ] {
            let error = order(kind, source, &given).err().expect("refused");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn a_line_break_makes_no_second_parameter() {
        let value = typed("1\nw = 2");
        assert_eq!(value.as_str(), Some("1\nw = 2"));
    }
}
