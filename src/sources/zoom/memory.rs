//! What a pull remembers for the next, none of which names anybody, and what it says at its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Event, Millis};
use crate::sources::Sink;

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Zoom wants to be left alone until then.
    pub(super) not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    pub(super) refused: Option<String>,
    /// Tells whether other write-ups are registered than last time.
    pub(super) names: String,
    /// Tells whether meetings are called otherwise than last time.
    pub(super) setup: String,
    /// Occurrences by the hash of what names them.
    pub(super) meetings: BTreeMap<String, Told>,
    /// Until when the meetings of a host were told, by the hash of who it is.
    pub(super) hosts: BTreeMap<String, Millis>,
}

/// An occurrence that was told of, or can't be.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    /// When it began.
    pub(super) at: Millis,
    /// What was told; nothing where there was nothing to tell.
    pub(super) print: Option<String>,
    /// Nothing more is to come.
    pub(super) is_settled: bool,
    /// It is about a write-up.
    pub(super) is_joined: bool,
    /// It was told under a name that no calendar has.
    pub(super) is_own: bool,
}

/// What could not be told, or not wholly.
#[derive(Default)]
pub(super) struct Counts {
    /// People who may sit behind a telephone or in a room.
    pub(super) hidden: u64,
    /// Meetings that Zoom has no report of any more.
    pub(super) forgotten: u64,
    /// Numbers that Zoom does not know.
    pub(super) unknown: u64,
    /// Hosts that Zoom does not know.
    pub(super) strangers: u64,
    /// Meetings of a series of the calendar that Zoom has not planned.
    pub(super) unplanned: u64,
    /// Lines that are not understood.
    pub(super) unread: u64,
}

impl Counts {
    pub(super) fn tell(&self, sink: &mut dyn Sink) {
        let mut say = |count: u64, words: &str| {
            if count > 0 {
                sink.note(format!("{words}: {count}"));
            }
        };
        say(
            self.hidden,
            "left out as rooms or telephones, behind which may sit nobody new, one, or ten",
        );
        say(
            self.forgotten,
            "meetings that Zoom has no report of (it keeps them for a year)",
        );
        say(
            self.unknown,
            "numbers of meetings that Zoom does not know, or that never took place",
        );
        say(self.strangers, "hosts that are no users of the account");
        say(
            self.unplanned,
            "meetings that are not joined to the series that `meetings` names, because Zoom has no schedule \
             of them; say at what time the series begins (`at`)",
        );
        say(
            self.unread,
            "lines of reports that are not understood: without any time, or more than are taken",
        );
    }
}

/// What events say, but for their versions.
pub(super) fn fingerprint(events: &[Event]) -> String {
    let each = events.iter().map(|event| {
        format!(
            "{} {} {} {:?}\n",
            event.id, event.subject, event.time, event.body
        )
    });
    each.collect()
}
