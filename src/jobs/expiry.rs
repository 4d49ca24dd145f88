//! What sources forget: how long ago each was taken from, against how long it remembers. It is told before
//! anything is lost, and what is lost is told by its days. A source that is pulled and was not for long is
//! told of, too, whatever it forgets.

use crate::model::time::to_rfc3339;
use crate::model::{DAY_MS, Millis};
use crate::sources::{Kind, Memory};
use crate::store::{Store, StoreError};

/// A configured source and when it was last taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub source: String,
    /// Its kind.
    pub kind: &'static str,
    /// It is pulled; of the others it is known when the last event happened that somebody brought.
    pub is_pulled: bool,
    /// When the last whole pull began, or the last event happened.
    pub at: Millis,
    /// What it forgets.
    memory: Option<&'static Memory>,
    /// After so long without a whole pull something is wrong, ms.
    patience: Millis,
}

/// Intervals of the schedule that may go by without a whole pull.
const INTERVALS: Millis = 3;

/// How long may go by without a whole pull where sources are pulled every so many minutes; a day where they
/// are not by us, or more often.
fn patience(scan_minutes: u32) -> Millis {
    (INTERVALS * Millis::from(scan_minutes) * 60_000).max(DAY_MS)
}

/// How a source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is about to be lost.
    Fine,
    /// More than half of the time is gone; so many days are left.
    Soon {
        /// Whole days.
        left: i64,
    },
    /// What happened in so many days can't be had any more.
    Lost {
        /// Days, begun ones included.
        days: i64,
        /// From this instant on.
        from: Millis,
        /// Up to this one.
        to: Millis,
    },
}

/// How what was last taken at an instant stands, where it is remembered for so many days.
pub fn standing(days: u32, at: Millis, now: Millis) -> Standing {
    let memory = i64::from(days) * DAY_MS;
    let age = now.saturating_sub(at);
    if age > memory {
        let lost = age - memory;
        return Standing::Lost {
            days: lost.div_euclid(DAY_MS) + i64::from(lost.rem_euclid(DAY_MS) > 0),
            from: at,
            to: now - memory,
        };
    }
    match age > memory / 2 {
        true => Standing::Soon {
            left: (memory - age) / DAY_MS,
        },
        false => Standing::Fine,
    }
}

impl Taken {
    /// How it stands.
    pub fn standing(&self, now: Millis) -> Standing {
        self.memory
            .map_or(Standing::Fine, |memory| standing(memory.days, self.at, now))
    }

    /// Whether what is lost can't be brought by anybody's hand either.
    pub fn is_lost(&self, now: Millis) -> bool {
        self.is_pulled && matches!(self.standing(now), Standing::Lost { .. })
    }

    /// What somebody has to know of it; nothing while it is fine.
    pub fn words(&self, now: Millis) -> Option<String> {
        let age = now.saturating_sub(self.at);
        let ago = plural(age / DAY_MS);
        let source = &self.source;
        let is_late = self.is_pulled && age > self.patience;
        let late = format!("source {source}: the last whole pull was {ago} ago");
        let Some(Memory { what, days, .. }) = self.memory else {
            return is_late.then(|| {
                format!(
                    "{late}; nothing is lost yet: `readback scan {source}` takes what came since"
                )
            });
        };
        let last = match self.is_pulled {
            true => format!("the last whole pull was {ago} ago"),
            false => format!("the last event that was imported is {ago} old"),
        };
        let known = format!("source {source}: {what}: forgotten after {days} days, and {last}");
        match (self.standing(now), self.is_pulled) {
            (Standing::Fine, _) if is_late => {
                let until = date(self.at + i64::from(*days) * DAY_MS);
                Some(format!(
                    "{late}; nothing is lost yet, and {what} will be from {until} on: `readback scan {source}` \
                     takes what came since"
                ))
            }
            (Standing::Fine, _) => None,
            (Standing::Soon { left }, true) => Some(format!(
                "{known}: the first day is lost in {}; `readback scan {source}` takes it",
                within(left)
            )),
            (Standing::Soon { left }, false) => Some(format!(
                "{known}: export what came since within {}",
                within(left)
            )),
            (Standing::Lost { days, from, to }, true) => Some(format!(
                "{known}: {} lost, from {} to {}; `readback scan {source}` takes what is left",
                is_or_are(days),
                date(from),
                date(to)
            )),
            (Standing::Lost { from, to, .. }, false) => Some(format!(
                "{known}: what happened from {} to {} can't be exported any more",
                date(from),
                date(to)
            )),
        }
    }
}

/// When each of these sources was last taken from: id, kind, and whether it is pulled, every so many minutes
/// or never by us (0). A source that never was has nothing to lose yet.
pub async fn taken(
    store: &Store,
    sources: &[(String, &'static Kind, bool)],
    scan_minutes: u32,
) -> Result<Vec<Taken>, StoreError> {
    let (pulls, events) = (store.last_pulls().await?, store.last_events().await?);
    let each = sources.iter().filter_map(|(id, kind, is_pulled)| {
        let known = if *is_pulled { &pulls } else { &events };
        let at = known.iter().find(|(source, _)| source == id)?.1;
        Some(Taken {
            source: id.clone(),
            kind: kind.name,
            is_pulled: *is_pulled,
            at,
            memory: kind.memory.as_ref(),
            patience: patience(scan_minutes),
        })
    });
    // Of what nobody pulls and what forgets nothing there is nothing to tell.
    Ok(each
        .filter(|one| one.is_pulled || one.memory.is_some())
        .collect())
}

fn plural(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The whole days that are left.
fn within(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        days => plural(days),
    }
}

fn is_or_are(days: i64) -> String {
    match days {
        1 => "1 day is".to_owned(),
        days => format!("{days} days are"),
    }
}

/// The day in UTC.
fn date(at: Millis) -> String {
    to_rfc3339(at).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources;

    fn of(kind: &str, is_pulled: bool, at: Millis) -> Taken {
        Taken {
            source: "wiki".to_owned(),
            kind: "mediawiki",
            is_pulled,
            at,
            memory: sources::find(kind).expect("a kind").memory.as_ref(),
            patience: patience(60),
        }
    }

    #[test]
    fn it_is_told_before_anything_is_lost_and_what_is_lost_by_its_days() {
        let told = |days: i64, is_pulled| {
            let kind = if is_pulled { "mediawiki" } else { "meet" };
            of(kind, is_pulled, 0)
                .words(days * DAY_MS)
                .unwrap_or_default()
        };
        insta::assert_snapshot!(
            [
                told(2, true),
                told(30, true),
                told(31, true),
                told(60, true),
                told(61, true),
                told(70, true),
                told(16, false),
                told(40, false),
            ]
            .join("\n")
        );
        assert_eq!(of("mediawiki", true, 0).words(DAY_MS), None);
        assert_eq!(of("git", false, 0).words(1000 * DAY_MS), None);
        assert!(!of("meet", false, 0).is_lost(1000 * DAY_MS));
    }

    #[test]
    fn a_source_that_is_not_pulled_any_more_is_told_of_whatever_it_forgets() {
        let git = |minutes, age| {
            let git = Taken {
                patience: patience(minutes),
                ..of("git", true, 0)
            };
            git.words(age)
        };
        for (minutes, days) in [(0, 1), (60, 1), (1440, 3), (10_080, 21)] {
            assert_eq!(git(minutes, days * DAY_MS), None, "{minutes}");
            let words = git(minutes, days * DAY_MS + 1).expect("words");
            assert!(
                words.contains("nothing is lost yet: `readback scan wiki`"),
                "{words}"
            );
        }
        assert!(!of("git", true, 0).is_lost(1000 * DAY_MS));
    }

    #[test]
    fn there_is_time_to_be_warned_in() {
        let forgets = sources::KINDS
            .iter()
            .filter_map(|kind| kind.memory.as_ref());
        assert!(forgets.clone().count() > 0 && forgets.clone().all(|memory| memory.days >= 2));
    }

    proptest! {
        /// Half of the time is no warning, all of it no loss; a clock that was set back says nothing.
        #[test]
        fn every_age_has_its_standing(days in 2_u32..400, age in -10 * DAY_MS..900 * DAY_MS) {
            let memory = i64::from(days) * DAY_MS;
            match standing(days, 7, 7 + age) {
                Standing::Fine => prop_assert!(age <= memory / 2),
                Standing::Soon { left } => {
                    prop_assert!(age > memory / 2 && age <= memory);
                    prop_assert!((0..=i64::from(days) / 2).contains(&left));
                }
                Standing::Lost { days: lost, from, to } => {
                    prop_assert!(age > memory && from == 7 && to - from == age - memory);
                    prop_assert!(lost >= 1 && (lost - 1) * DAY_MS < to - from && to - from <= lost * DAY_MS);
                }
            }
        }
    }
}
