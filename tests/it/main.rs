//! The integration tests: one binary, so that they share one engine.

mod browser;
mod checked;
mod engine;
mod engine_http;
mod engine_process;
mod pages;
mod simulated;
