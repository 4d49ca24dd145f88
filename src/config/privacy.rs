//! How much of people is kept, and how long: `[privacy]` and `[retention]`.

use super::reader::Reader;
use crate::model::EventKind;

/// What is kept of people. Fixed when a data folder is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Keyed pseudonyms; people are counted, and withheld below k.
    #[default]
    Strict,
    /// No pseudonym at all: what happened is counted, and nobody is told from anybody else.
    CountsOnly,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 2] = [Mode::Strict, Mode::CountsOnly];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Strict => "strict",
            Mode::CountsOnly => "counts-only",
        }
    }

    /// The mode with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// How long what is kept is kept, days; without a limit where none is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Until an event of a kind goes altogether.
    pub events: Vec<(EventKind, u32)>,
}

/// Kinds of events that can go by age, and their keys. A registered write-up has no age, nor has what a
/// source says of when it was watching.
pub const AGEING: [(EventKind, &str); 8] = [
    (EventKind::Read, "read_days"),
    (EventKind::ReadCount, "read_count_days"),
    (EventKind::Attendance, "attendance_days"),
    (EventKind::Comment, "comment_days"),
    (EventKind::Edit, "edit_days"),
    (EventKind::Link, "link_days"),
    (EventKind::Meeting, "meeting_days"),
    (EventKind::Story, "story_days"),
];

/// A hundred years.
const LONGEST: u32 = 36_525;

impl Retention {
    /// Nothing is ever taken away.
    pub fn is_endless(&self) -> bool {
        self.events.is_empty()
    }

    /// Every limit by its key.
    pub fn by_name(&self) -> Vec<(&'static str, u32)> {
        let events = AGEING.iter().filter_map(|(kind, key)| {
            let own = self.events.iter().find(|(of, _)| of == kind);
            own.map(|(_, days)| (*key, *days))
        });
        events.collect()
    }
}

/// `[privacy]`: k, mode, and who holds the key, where they are said.
pub(super) fn privacy(reader: &mut Reader<'_>) -> (Option<u32>, Option<Mode>, Option<String>) {
    let mut k = 0;
    let given = reader.whole("k", 1, 1000, &mut k);
    let mode = reader.parsed("mode", "\"strict\" or \"counts-only\"", Mode::from_name);
    // It stands on a page: an office, not somebody's address.
    let key_holder = reader.parsed(
        "key_holder",
        "an office such as \"data protection\"",
        |text| (!text.trim().is_empty() && !text.contains('@')).then(|| text.trim().to_owned()),
    );
    reader.finish();
    (given.then_some(k), mode, key_holder)
}

/// `[retention]`: how long events are kept, and how long the audit log, days.
pub(super) fn retention(reader: &mut Reader<'_>) -> (Retention, u32) {
    let mut days = |key| {
        let mut days = 0;
        reader.whole(key, 1, LONGEST, &mut days).then_some(days)
    };
    let retention = Retention {
        events: AGEING
            .iter()
            .filter_map(|(kind, key)| Some((*kind, days(key)?)))
            .collect(),
    };
    let mut audit_days = 365;
    reader.whole("audit_days", 1, 3650, &mut audit_days);
    reader.finish();
    (retention, audit_days)
}
