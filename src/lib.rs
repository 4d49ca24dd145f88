//! Readback shows whether an organisation learns from its incidents.

pub mod collect;
pub mod config;
pub mod indicators;
pub mod model;
pub mod sources;
pub mod stats;
pub mod store;
