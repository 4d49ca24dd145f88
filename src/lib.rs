//! Readback shows whether an organisation learns from its incidents.

pub mod indicators;
pub mod model;
pub mod sources;
pub mod simulate;
