//! The versions of a meeting's events: SEQUENCE first, and within one SEQUENCE the time, because answers change
//! without a new SEQUENCE; and what a pull tells after all of them.
//!
//! A version has 32 bits. The last is left for whether the write-up is known: of two readings of one file the one
//! that knew it counts. SEQUENCEs up to 7, nearly all there are, have three bits, and the time has the 28 behind
//! them: steps of four seconds from 2010 to 2044. The last nine years of SEQUENCE 7 are taken for what is greater:
//! the greater a SEQUENCE, the more bits it has, and the fewer the time. Up to a million SEQUENCEs are told apart
//! one by one, beyond that a thousand at a time.

use crate::model::Millis;

/// Bits of a time.
const TIME: u32 = 28;
/// From here on greater SEQUENCEs have their places.
const GREATER: u64 = 3 << 26;
/// Bits of the place of a greater one, and of what a pull tells behind them.
const PLACE: u32 = 25;
/// Of which the first say how many bits the SEQUENCE has.
const REST: u32 = 20;

/// The version of what a file states. Its time is its own or DTSTAMP, whichever is later: a file knows all that
/// was stamped before it was written, and many calendars leave DTSTAMP as it was.
pub(super) fn version(sequence: i64, time: Millis) -> u32 {
    let steps = steps(time);
    match u64::try_from(sequence).unwrap_or(0) {
        few @ ..7 => packed(few, steps),
        7 => packed(7, steps.min(GREATER - 1)),
        many => packed(7, GREATER + place(many - 7, steps)),
    }
}

/// The version of what a pull tells: newer than all that files state.
pub(super) fn pulled(now: Millis) -> u32 {
    let steps = steps(now) >> (TIME - PLACE);
    packed(7, GREATER + (1 << PLACE) + steps)
}

/// Steps of four seconds since 2010.
fn steps(time: Millis) -> u64 {
    const STEP: Millis = 4_000;
    const YEAR_2010: Millis = 1_262_304_000_000;
    let steps = u64::try_from(time.saturating_sub(YEAR_2010) / STEP).unwrap_or(0);
    steps.min((1 << TIME) - 1)
}

/// The place of a number from 1 on: how many bits it has, then these but the first, then as much of the time as
/// there is room for.
fn place(number: u64, steps: u64) -> u64 {
    let number = number.min(u64::from(u32::MAX));
    let bits = number.ilog2();
    let behind = number - (1 << bits);
    let rest = match REST.checked_sub(bits) {
        Some(room) => (behind << room) | (steps >> (TIME - room)),
        None => behind >> (bits - REST),
    };
    (u64::from(bits) << REST) | rest
}

fn packed(block: u64, steps: u64) -> u32 {
    u32::try_from((block << TIME | steps) << 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From 2010 to 2044.
    const TIMES: std::ops::Range<Millis> = 1_262_304_000_000..2_300_000_000_000;

    fn sequences() -> impl Strategy<Value = i64> {
        prop_oneof![0_i64..12, 0_i64..2_000, 0_i64..1_000_000]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_sequence_counts_and_then_the_time(
            one in sequences(), more in 1_i64..20, at in TIMES, then in TIMES, now in TIMES,
        ) {
            prop_assert!(version(one, at) < version(one + more, then), "{one} {more}");
            let (at, then) = (at.min(then), at.max(then));
            prop_assert!(version(one, at) <= version(one, then));
            prop_assert!(version(one, then) | 1 < pulled(now));
            prop_assert_eq!(version(one, at) & 1, 0);
        }

        #[test]
        fn any_number_has_a_version(sequence in any::<i64>(), more in 0_i64..1 << 31, at in -(1_i64 << 50)..1_i64 << 50) {
            prop_assert!(version(sequence, at) <= version(sequence.saturating_add(more), at));
            prop_assert!(version(sequence, at) | 1 < pulled(at));
        }
    }

    #[test]
    fn most_versions_are_what_they_were() {
        let at = 1_741_104_000_000;
        let steps = 119_700_000_u32;
        assert_eq!(version(0, at), steps << 1);
        assert_eq!(version(7, at), (7 << 28 | steps) << 1);
        assert!(version(8, at) > version(7, 2_000_000_000_000));
        // With ten SEQUENCEs more, times hours apart are told apart, with a thousand those weeks apart.
        let minute = 60_000;
        assert!(version(17, at + 150 * minute) > version(17, at));
        assert!(version(1_007, at + 20 * 24 * 60 * minute) > version(1_007, at));
        assert_eq!(pulled(i64::MAX) | 1, u32::MAX);
    }
}
