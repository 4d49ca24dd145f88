//! Readback shows whether an organisation learns from its incidents: do people really read the
//! write-ups, months later still, come to reviews without having to, comment, and link to them.
//!
//! ```text
//!     wikis               repositories            calendars, meetings
//!       v                        v                       v
//!     sources                bytes -> events (+ checkpoint)
//!       v
//!     collect                canonicalise, pseudonymise, stamp: Event<Identity> -> Record
//!       |  pushed: spool     durable queue; 202 is answered after fsync and never before
//!       v  jobs              one batch = one insert for each kind (ingest: files and scans; load: spool)
//!     store  -- HTTP -->     engine: a ClickHouse server, or the embedded one (child process)
//!       v  jobs::derive      landing -> derived tables
//!       v  jobs::compute     SQL answers facts as Arrow -> polars frames
//!     indicators             frames in, typed results out
//!       |--> summary         results -> versioned JSON, people withheld below k
//!       |--> charts, pages   summary -> SVG, PNG, HTML
//!       v
//!     web, cli
//! ```
//!
//! A module imports only from a lower layer; equals don't import each other. A test checks it.
//!
//! | layer | modules |
//! | --- | --- |
//! | 0 | `model` |
//! | 1 | `config`, `telemetry`, `stats` |
//! | 2 | `sources`, `spool`, `engine`, `store`, `indicators`, `charts`, `summary`, `simulate` |
//! | 3 | `collect`, `pages` |
//! | 4 | `jobs` |
//! | 5 | `app` |
//! | 6 | `web` |
//! | 7 | `cli`, `main` |
//!
//! What must be absent: indicators never import the store, sources never import store, spool or engine,
//! the store never imports the engine (it is given a client). Only `config` reads the environment,
//! only `telemetry` names metrics. SQL text lives in `sql/`.

/// The door allocates and frees a few small texts for every event; the system's allocator takes a tenth
/// of its time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// In reading order: the way of an event.
pub mod model;

pub mod sources;

pub mod collect;

pub mod spool;

pub mod store;

pub mod jobs;

pub mod stats;

pub mod indicators;

pub mod summary;

pub mod simulate;

pub mod config;

pub mod engine;

pub mod charts;

pub mod pages;

pub mod telemetry;

pub mod app;

pub mod web;

pub mod cli;
