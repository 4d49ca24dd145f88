//! How long somebody was there: the union of all their stays, within the meeting where its times are
//! known. Rejoins add up, two devices at once count once.

use crate::model::Millis;

/// One stay: from, and until where it is known.
pub(super) type Stay = (Millis, Option<Millis>);

/// The start and the end of the meeting, as far as known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) start: Option<Millis>,
    pub(super) end: Option<Millis>,
}

impl Bounds {
    /// The length of the meeting, ms.
    pub(super) fn length(self) -> Option<u64> {
        let (start, end) = self.start.zip(self.end)?;
        u64::try_from(end - start).ok().filter(|length| *length > 0)
    }
}

/// Time present, ms. A stay without an end lasts until the meeting's end; if that is unknown too, so
/// is the sum.
pub(super) fn present_ms(stays: &[Stay], bounds: Bounds) -> Option<u64> {
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
    use super::*;

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
