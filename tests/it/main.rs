//! The integration tests: one binary, so that they share one engine.

mod checked;
mod demo;
mod engine;
mod engine_http;
mod engine_process;
mod fixtures;
mod house;
mod pages;
mod scanning;
mod simulated;
