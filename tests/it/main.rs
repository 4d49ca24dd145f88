//! The integration tests: one binary, so that they share one engine.

mod checked;
mod derive;
mod engine;
mod engine_http;
mod engine_process;
mod lexed;
mod pages;
mod same_bytes;
mod shown;
mod simulated;
mod sources;
mod tidy;
mod way;
