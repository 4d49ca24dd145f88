//! The long tail (INDICATORS section 3): whether write-ups are still read months later.

pub(super) mod curve;
pub(super) mod half_life;
mod quiet;
pub(super) mod revivals;
pub(super) mod share;
pub(super) mod still_read;
pub(super) mod survival;
