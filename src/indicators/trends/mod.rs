//! Trends (INDICATORS section 7): is it changing? Only age-matched, since a growing stock of
//! write-ups looks like learning and an ageing one like its opposite.

pub(super) mod age_matched;
pub(super) mod change;
mod cohorts;
pub(super) mod comparisons;
pub(super) mod edits;
mod exposure;
pub(super) mod interrupted;
pub(super) mod intervals;
pub(super) mod mann_kendall;
pub(super) mod seasons;
pub(super) mod segments;
mod series;
pub(super) mod slope;
mod week;

pub use series::Kept;

/// Fewer months than this have no test.
const MIN_MONTHS: usize = 12;
