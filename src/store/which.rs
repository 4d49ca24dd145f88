//! Which reads a fact is asked of: all of them, or those that were assigned, or the others.

/// Reads by whether they were assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Both.
    #[default]
    All,
    /// Of one's own accord.
    Unassigned,
    /// Assigned.
    Assigned,
}

impl Which {
    /// As statements know it.
    pub(super) const fn number(self) -> u8 {
        match self {
            Which::All => 0,
            Which::Unassigned => 1,
            Which::Assigned => 2,
        }
    }
}
