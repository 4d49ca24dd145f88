//! Readback shows whether an organisation learns from its incidents.

pub mod collect;
pub mod config;
pub mod indicators;
pub mod jobs;
pub mod model;
pub mod sources;
pub mod store;
pub mod summary;
