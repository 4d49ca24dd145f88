//! Which of several identical lines this is. Two requests of one second can leave the same bytes,
//! and both happened; the number keeps their ids apart and is the same at every import.

use std::collections::HashMap;
use std::mem;

use foldhash::fast::RandomState;

use crate::model::Millis;

/// A line is written when its request ends and names the time it came, so identical lines may stand
/// a while apart. They are recognised for at least so long, ms.
const WINDOW: Millis = 600_000;

/// At most twice so many lines are remembered: 12 MB.
const REMEMBERED: usize = 1 << 17;

/// How often a line was seen, by its hash.
type Lines = HashMap<u128, u32, RandomState>;

/// Counts identical lines within a window of time.
#[derive(Default)]
pub(super) struct Repeats {
    since: Millis,
    young: Lines,
    old: Lines,
}

impl Repeats {
    /// How many lines with this hash came before, counting from 0.
    pub(super) fn number(&mut self, hash: u128, at: Millis) -> u32 {
        if at >= self.since + WINDOW || self.young.len() >= REMEMBERED {
            self.old = mem::take(&mut self.young);
            self.since = self.since.max(at);
        }
        let before = self
            .young
            .get(&hash)
            .or_else(|| self.old.get(&hash))
            .copied()
            .unwrap_or(0);
        self.young.insert(hash, before.saturating_add(1));
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_within_the_window() {
        let mut repeats = Repeats::default();
        let start = 1_700_000_000_000;
        assert_eq!([7, 8, 7].map(|hash| repeats.number(hash, start)), [0, 0, 1]);
        assert_eq!(repeats.number(7, start + WINDOW), 2);
        assert_eq!(repeats.number(8, start), 1, "a line that was written late");
    }
}
