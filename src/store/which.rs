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

/// What one statement says of all reads, of those not assigned and of those assigned.
#[derive(Clone, Copy, Debug, Default)]
pub struct Each<T>([T; 3]);

impl<T: Copy + Default> Each<T> {
    /// From the statement's rows, which come in this order.
    pub(super) fn of_rows(rows: &[T]) -> Self {
        Each([0, 1, 2].map(|at| rows.get(at).copied().unwrap_or_default()))
    }

    /// What it says of these.
    pub fn of(&self, which: Which) -> T {
        self.0[usize::from(which.number())]
    }
}
