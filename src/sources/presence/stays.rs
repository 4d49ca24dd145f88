//! How long somebody was there: the union of all their stays, within the meeting where its times are
//! known. Rejoins add up, two devices at once count once.

use crate::model::Millis;

/// One stay: from, and until where it is known.
pub(in crate::sources) type Stay = (Millis, Option<Millis>);

/// The start and the end of the meeting, as far as known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sources) struct Bounds {
    pub(in crate::sources) start: Option<Millis>,
    pub(in crate::sources) end: Option<Millis>,
}

impl Bounds {
    /// The length of the meeting, ms.
    pub(in crate::sources) fn length(self) -> Option<u64> {
        let (start, end) = self.start.zip(self.end)?;
        u64::try_from(end - start).ok().filter(|length| *length > 0)
    }
}

impl Bounds {
    /// Whether the stay has no moment within the meeting.
    pub(in crate::sources) fn is_outside(self, (from, until): Stay) -> bool {
        self.end.is_some_and(|end| from >= end)
            || self
                .start
                .zip(until)
                .is_some_and(|(start, until)| until <= start)
    }
}

/// Time present, ms. A stay without an end lasts until the meeting's end; if that is unknown too, so
/// is the sum.
pub(in crate::sources) fn present_ms(stays: &[Stay], bounds: Bounds) -> Option<u64> {
    let mut closed = Vec::with_capacity(stays.len());
    for &(from, until) in stays {
        let until = until.or(bounds.end)?;
        let from = bounds.start.map_or(from, |start| from.max(start));
        let until = bounds.end.map_or(until, |end| until.min(end));
        if from < until {
            closed.push((from, until));
        }
    }
    closed.sort_unstable();
    let mut total = 0;
    let mut reached = Millis::MIN;
    for (from, until) in closed {
        let from = from.max(reached);
        if from < until {
            total += until - from;
            reached = until;
        }
    }
    u64::try_from(total).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Second by second: is anybody of these stays there, and is the meeting on?
    fn counted(stays: &[Stay], bounds: Bounds) -> Option<u64> {
        if bounds.end.is_none() && stays.iter().any(|stay| stay.1.is_none()) {
            return None;
        }
        let there = |at: Millis| {
            let on = bounds.start.is_none_or(|start| start <= at)
                && bounds.end.is_none_or(|end| at < end);
            on && stays
                .iter()
                .any(|&(from, until)| from <= at && until.is_none_or(|until| at < until))
        };
        u64::try_from((0..400).filter(|at| there(*at)).count()).ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_union_is_what_a_clock_counts(
            stays in proptest::collection::vec((0_i64..300, proptest::option::weighted(0.9, 0_i64..300)), 0..12),
            start in proptest::option::of(0_i64..300),
            end in proptest::option::of(0_i64..300),
        ) {
            let bounds = Bounds { start, end };
            prop_assert_eq!(present_ms(&stays, bounds), counted(&stays, bounds));
            for stay in stays.iter().filter(|stay| stay.1.is_none_or(|until| until > stay.0)) {
                if bounds.is_outside(*stay) {
                    prop_assert!(present_ms(&[*stay], bounds).unwrap_or(0) == 0);
                }
            }
        }
    }

    #[test]
    fn stays_are_united_and_clipped() {
        let bounds = Bounds {
            start: Some(100),
            end: Some(200),
        };
        assert_eq!(
            present_ms(&[(110, Some(120)), (150, Some(160))], bounds),
            Some(20)
        );
        assert_eq!(
            present_ms(
                &[(110, Some(150)), (120, Some(130)), (140, Some(160))],
                bounds
            ),
            Some(50)
        );
        assert_eq!(present_ms(&[(0, Some(110)), (190, None)], bounds), Some(20));
        assert_eq!(present_ms(&[(300, Some(400))], bounds), Some(0));
        assert_eq!(
            present_ms(&[(110, Some(120)), (130, None)], Bounds::default()),
            None
        );
        assert_eq!(present_ms(&[(120, Some(110))], Bounds::default()), Some(0));
        assert_eq!(bounds.length(), Some(100));
        assert_eq!(
            Bounds {
                start: Some(5),
                end: Some(5)
            }
            .length(),
            None
        );
    }
}
