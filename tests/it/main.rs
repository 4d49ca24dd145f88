//! The integration tests: one binary, so that they share one engine.

mod binary;
mod browser;
mod checked;
mod checking;
mod cli;
mod demo;
mod derive;
mod engine;
mod engine_http;
mod engine_process;
mod few;
mod fixtures;
mod lexed;
mod observed;
mod pages;
mod privacy;
mod rubbish;
mod same_bytes;
mod same_elsewhere;
mod scanning;
mod shown;
mod simulated;
mod sources;
mod tidy;
mod way;
mod worked;
