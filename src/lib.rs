//! Readback shows whether an organisation learns from its incidents.

pub mod charts;
pub mod indicators;
pub mod model;
pub mod pages;
pub mod sources;
pub mod web;
