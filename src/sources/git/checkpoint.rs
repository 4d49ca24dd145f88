//! What the next pull needs to go on where this one ended. Holds no identity: authors are looked up
//! in the repository again.

use serde::{Deserialize, Serialize};

use crate::sources::SourceError;

use super::ledger::Ledger;
use super::registry::Registry;

/// Raised when a checkpoint of an earlier program can no longer be used; the walk then begins anew
/// and its events have the same ids.
const FORMAT: u32 = 1;

/// The state after a pull.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    format: u32,
    head: String,
    settings: String,
    /// Fingerprint of the write-ups that were looked for.
    pub(super) known: String,
    /// The write-ups of the repository.
    pub(super) registry: Registry,
    /// The links.
    pub(super) ledger: Ledger,
}

impl Checkpoint {
    /// A checkpoint at this head.
    pub(super) fn new(
        head: gix::ObjectId,
        settings: String,
        known: String,
        registry: Registry,
        ledger: Ledger,
    ) -> Checkpoint {
        Checkpoint {
            format: FORMAT,
            head: head.to_string(),
            settings,
            known,
            registry,
            ledger,
        }
    }

    /// Reads one; `None` if it is of another format or other settings.
    pub(super) fn read(text: &str, settings: &str) -> Option<Checkpoint> {
        let checkpoint: Checkpoint = serde_json::from_str(text).ok()?;
        (checkpoint.format == FORMAT && checkpoint.settings == settings).then_some(checkpoint)
    }

    /// As text.
    pub(super) fn write(&self) -> Result<String, SourceError> {
        serde_json::to_string(self).map_err(|error| SourceError::Format {
            name: "checkpoint".to_owned(),
            reason: format!("cannot be written: {error}"),
        })
    }

    /// The last commit taken in.
    pub(super) fn head(&self) -> Option<gix::ObjectId> {
        gix::ObjectId::from_hex(self.head.as_bytes()).ok()
    }
}

/// A short text that differs where the value differs.
pub(super) fn fingerprint(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}
