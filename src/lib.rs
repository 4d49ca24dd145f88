//! Readback shows whether an organisation learns from its incidents.

pub mod cli;
pub mod engine;
pub mod indicators;
pub mod model;
pub mod sources;
