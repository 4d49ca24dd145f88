//! What the next pull needs to go on where this one ended. Holds no identity: authors are looked up
//! in the repository again.

use serde::{Deserialize, Serialize};

use crate::sources::SourceError;

use super::ledger::Ledger;
use super::registry::Registry;
use super::told::Told;

/// Raised when a checkpoint of an earlier program can no longer be used; the walk then begins anew
/// and its events have the same ids and greater versions.
const FORMAT: u32 = 3;

/// What a state holds for; where one differs, the history is read from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Basis {
    /// The last commit taken in, full hexadecimal id.
    pub(super) head: String,
    /// The commit at which the history begins, full hexadecimal id; empty where an earlier program wrote
    /// the checkpoint.
    #[serde(default)]
    pub(super) root: String,
    /// Fingerprint of the settings.
    pub(super) settings: String,
    /// Fingerprint of the edge of a shallow clone; it grows downwards when more is fetched.
    pub(super) edge: String,
    /// Fingerprint of the write-ups that were looked for.
    pub(super) known: String,
}

/// The state after a pull.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    format: u32,
    /// What the state holds for.
    pub(super) basis: Basis,
    /// The write-ups of the repository.
    pub(super) registry: Registry,
    /// The links.
    pub(super) ledger: Ledger,
    /// What was said.
    pub(super) told: Told,
}

impl Checkpoint {
    /// A checkpoint of this program.
    pub(super) fn new(basis: Basis, registry: Registry, ledger: Ledger, told: Told) -> Checkpoint {
        Checkpoint {
            format: FORMAT,
            basis,
            registry,
            ledger,
            told,
        }
    }

    /// Reads one; `None` if it is of another format.
    pub(super) fn read(text: &str) -> Option<Checkpoint> {
        let checkpoint: Checkpoint = serde_json::from_str(text).ok()?;
        (checkpoint.format == FORMAT).then_some(checkpoint)
    }

    /// As text.
    pub(super) fn write(&self) -> Result<String, SourceError> {
        serde_json::to_string(self).map_err(|error| SourceError::Format {
            name: "checkpoint".to_owned(),
            reason: format!("cannot be written: {error}"),
        })
    }
}

/// A short text that differs where the value differs.
pub(super) fn fingerprint(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}
