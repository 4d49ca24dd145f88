//! The two ends of a stay, told one by one: a tool that speaks while a meeting is on knows that somebody comes,
//! and later that they leave, and never both at once. Which belong together is found out where all are known.

use super::Millis;

/// One end of a stay at a meeting, or the end of the meeting itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayEnd {
    /// What is told.
    pub edge: Edge,
    /// When it was.
    pub at: Millis,
    /// The meeting from one opening to its end: an occurrence can be opened more than once.
    pub opening: Mark,
    /// What comes and leaves: one device, once. Blank where it is the meeting that ends.
    pub device: Mark,
    /// Who is signed in on it, within this opening; blank where nobody is.
    pub account: Mark,
    /// The event of which this is a part: who it is as the tool's report of the same meeting tells them. Blank
    /// where it is not said who it is.
    pub attendee: Mark,
}

/// What is told of a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// They are there from then on.
    Joined,
    /// They are gone from then on.
    Left,
}

/// What tells something from others, without naming it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its name; blank behind the door, where only `hash` is kept.
    pub name: String,
    /// Its keyed hash; 0 in front of the door, and where there is no name.
    pub hash: u64,
}

impl Mark {
    /// A mark of this name.
    pub const fn new(name: String) -> Self {
        Mark { name, hash: 0 }
    }

    /// Puts a hash in the place of the name.
    pub fn hide(&mut self, hash: impl FnOnce(&str) -> u64) {
        let name = std::mem::take(&mut self.name);
        if !name.is_empty() {
            self.hash = hash(&name);
        }
    }
}

impl StayEnd {
    /// Its marks.
    pub const fn marks(&self) -> [&Mark; 4] {
        [&self.opening, &self.device, &self.account, &self.attendee]
    }
}
