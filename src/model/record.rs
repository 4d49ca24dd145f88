//! An event after the door: pseudonymous, keyed, ready to be stored.

use std::sync::Arc;

use super::event::Event;
use super::identity::Pseudonym;

/// What the intake makes of an event, and the only thing the store takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Keyed 64-bit hash of (source, id): names the event for ever.
    pub key: u64,
    /// Version in the upper half, hash of the content in the lower: the greatest wins, and ties are
    /// settled the same way wherever and whenever the event arrives.
    pub version: u64,
    /// The subject as it was sent, without what names somebody.
    pub target: Arc<str>,
    /// The subject after canonicalisation.
    pub canonical: Arc<str>,
    /// Keyed hash of what the source calls session, meeting or parent; 0 where there is none.
    pub reference: u64,
    /// For a link: the canonical name of the page it stands in. Else empty.
    pub page: String,
    /// The event; its subject is blank now, and so are session, meeting and parent, of which only
    /// `reference` is kept.
    pub event: Event<Pseudonym>,
}
