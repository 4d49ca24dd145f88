//! The long tail (INDICATORS section 3): whether write-ups are still read months later.

pub(super) mod bursts;
pub(super) mod concentration;
pub(super) mod curve;
pub(super) mod decay;
pub(super) mod half_life;
pub(super) mod long;
mod quiet;
pub(super) mod revivals;
pub(super) mod share;
pub(super) mod sleeping;
pub(super) mod still_read;
pub(super) mod survival;
