//! The record of terms, DATA/privacy.ndjson: since when which terms hold, what changed, and which were
//! agreed to. One line an entry, by day; nothing in it is personal. Whoever computes a report looks
//! first whether the terms are still those of the record.

use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::terms::fingerprint;
use crate::model::{PrivacyTerms, TermChange};
use crate::sources::machine::{holds_address, holds_mail};
use crate::spool;
use crate::spool::lines::{self, LinesError};

/// The file's name in the data folder.
pub const FILE: &str = "privacy.ndjson";

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The local day.
    pub date: NaiveDate,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened to the terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum What {
    /// A term came, went or changed; the first ones came with the record.
    Term {
        /// Its name.
        name: String,
        /// What it was.
        old: Option<String>,
        /// What it is.
        new: Option<String>,
    },
    /// The terms were agreed to.
    Agreed {
        /// By which body.
        by: String,
        /// Which terms: [`fingerprint`].
        fingerprint: String,
    },
}

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Its lines, oldest first.
    pub entries: Vec<Entry>,
}

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// When.
    pub date: NaiveDate,
    /// By which body.
    pub by: String,
    /// To which terms.
    pub fingerprint: String,
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// It can't be read.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// Who agreed must not be named.
    #[error("--by: holds what mail addresses hold; valid is a body such as \"works council\"")]
    Personal,
    /// Nobody agreed.
    #[error("--by: is empty; valid is a body such as \"works council\"")]
    Nobody,
}

impl Ledger {
    /// Reads the record; empty where there is none.
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        Ok(Ledger {
            entries: lines::read(path)?,
        })
    }

    /// The terms of its last line.
    pub fn terms(&self) -> PrivacyTerms {
        self.entries
            .iter()
            .fold(PrivacyTerms::default(), |mut terms, entry| {
                if let What::Term { name, new, .. } = &entry.what {
                    terms.0.retain(|term| term.name != *name);
                    if let Some(value) = new {
                        return terms.with(name, value);
                    }
                }
                terms
            })
    }

    /// The last agreement.
    pub fn agreed(&self) -> Option<Agreed> {
        self.entries
            .iter()
            .rev()
            .find_map(|entry| match &entry.what {
                What::Agreed { by, fingerprint } => Some(Agreed {
                    date: entry.date,
                    by: by.clone(),
                    fingerprint: fingerprint.clone(),
                }),
                What::Term { .. } => None,
            })
    }

    /// The lines since the last agreement, or all of them.
    pub fn since_agreed(&self) -> &[Entry] {
        let is_agreed = |entry: &Entry| matches!(entry.what, What::Agreed { .. });
        let last = self.entries.iter().rposition(is_agreed);
        let from = last.map_or(0, |last| last + 1);
        self.entries.get(from..).unwrap_or_default()
    }

    /// Notes what of the terms is not as the record says. Says whether anything was.
    fn note(&mut self, terms: &PrivacyTerms, date: NaiveDate) -> bool {
        let changes = terms.since(&self.terms());
        let changed = !changes.is_empty();
        let lines = changes.into_iter().map(|change| {
            let TermChange { name, old, new } = change;
            let what = What::Term { name, old, new };
            Entry { date, what }
        });
        self.entries.extend(lines);
        changed
    }

    fn write(&self, path: &Path) -> Result<(), LedgerError> {
        let mut text = String::new();
        for entry in &self.entries {
            let line = serde_json::to_string(entry).map_err(|error| failed(path, error.into()))?;
            text.push_str(&line);
            text.push('\n');
        }
        spool::replace(path, text.as_bytes()).map_err(|cause| failed(path, cause))
    }
}

/// Notes changes of the terms, and gives the record. The caller holds the data folder's turn.
pub fn keep(path: &Path, terms: &PrivacyTerms, date: NaiveDate) -> Result<Ledger, LedgerError> {
    let mut ledger = Ledger::read(path)?;
    if ledger.note(terms, date) {
        ledger.write(path)?;
    }
    Ok(ledger)
}

/// Marks the present terms as agreed. The caller holds the data folder's turn.
pub fn agree(
    path: &Path,
    terms: &PrivacyTerms,
    by: &str,
    date: NaiveDate,
) -> Result<Ledger, LedgerError> {
    let by = by.split_whitespace().collect::<Vec<_>>().join(" ");
    if by.is_empty() {
        return Err(LedgerError::Nobody);
    }
    // A body agrees, not a person: the file is shown to everybody.
    if holds_mail(&by) || holds_address(&by) {
        return Err(LedgerError::Personal);
    }
    let mut ledger = Ledger::read(path)?;
    ledger.note(terms, date);
    ledger.entries.push(Entry {
        date,
        what: What::Agreed {
            by,
            fingerprint: fingerprint(terms),
        },
    });
    ledger.write(path)?;
    Ok(ledger)
}

fn failed(path: &Path, cause: std::io::Error) -> LedgerError {
    LedgerError::Io {
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    #[test]
    fn what_changed_since_the_agreement_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let first = PrivacyTerms::default()
            .with("k", "5")
            .with("source wiki", "mediawiki");
        assert_eq!(keep(&path, &first, day(1)).unwrap().entries.len(), 2);
        assert_eq!(keep(&path, &first, day(2)).unwrap().entries.len(), 2);
        let agreed = agree(&path, &first, " works   council ", day(3)).unwrap();
        assert!(agreed.since_agreed().is_empty());
        let second = PrivacyTerms::default()
            .with("k", "3")
            .with("source git", "git");
        let ledger = keep(&path, &second, day(4)).unwrap();
        let names = ledger.since_agreed().iter().map(|entry| match &entry.what {
            What::Term { name, old, new } => (name.as_str(), old.is_some(), new.is_some()),
            What::Agreed { .. } => panic!("agreed"),
        });
        let names: Vec<_> = names.collect();
        assert_eq!(
            names,
            [
                ("k", true, true),
                ("source git", false, true),
                ("source wiki", true, false)
            ]
        );
        assert_eq!(ledger.terms().canonical(), second.canonical());
        let agreed = ledger.agreed().unwrap();
        assert_eq!((agreed.by.as_str(), agreed.date), ("works council", day(3)));
        assert_eq!(agreed.fingerprint, fingerprint(&first));
        assert_ne!(agreed.fingerprint, fingerprint(&second));
        assert_eq!(Ledger::read(&path).unwrap(), ledger);
        let back = keep(&path, &first, day(5)).unwrap();
        assert_eq!(fingerprint(&back.terms()), agreed.fingerprint);
    }

    #[test]
    fn nobody_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for by in [
            "",
            " ",
            "ada@example.org",
            "Ada <ada@example.org>",
            "203.0.113.7",
        ] {
            let error = agree(&path, &PrivacyTerms::default(), by, day(1)).unwrap_err();
            assert!(
                by.trim().is_empty() || !error.to_string().contains(by),
                "{error}"
            );
        }
        assert!(!path.exists());
    }

    #[test]
    fn a_broken_line_is_named_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let terms = PrivacyTerms::default().with("k", "5");
        keep(&path, &terms, day(1)).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        // Cut off by a power cut: left out, and gone with the next change.
        std::fs::write(&path, format!("{text}{{\"date\":")).unwrap();
        let more = terms.with("mode", "strict");
        assert_eq!(keep(&path, &more, day(2)).unwrap().entries.len(), 2);
        text.push_str("{\"date\":7}\n");
        std::fs::write(&path, text).unwrap();
        let error = keep(&path, &more, day(2)).unwrap_err();
        assert!(error.to_string().contains("line 2 is not"), "{error}");
    }
}
