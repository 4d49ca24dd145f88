//! Trends (INDICATORS section 7): is it changing? Only age-matched, since a growing stock of
//! write-ups looks like learning and an ageing one like its opposite.

pub(super) mod age_matched;
mod cohorts;
pub(super) mod edits;
mod exposure;
pub(super) mod mann_kendall;
mod series;
