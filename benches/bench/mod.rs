//! What the benchmarks share: an engine in a temporary folder, and what commands took.

mod common;
pub(crate) mod measure;
mod peak;

use std::path::Path;

use readback::app::folder::DataFolder;
use readback::collect::Keys;
use readback::engine::{Engine, EngineSettings};

pub(crate) use common::{library, numbers_or, readback};
pub(crate) use measure::{cpu, measure};
pub(crate) use peak::peak;

/// An engine of the measured program on a new data folder, and its process.
pub(crate) async fn engine(data: &Path, library: &Path) -> (Engine, u32) {
    // With k = 1, as [`readback`] has it: the data are simulated.
    let folder = DataFolder::open_or_create(data, Some(1)).expect("a data folder");
    Keys::open_or_create(&folder.key_file()).expect("a key");
    let mut settings = EngineSettings::of_this_program(data, library).expect("a program");
    settings.program = env!("CARGO_BIN_EXE_readback").into();
    let engine = Engine::start(settings).await.expect("an engine");
    let lock = std::fs::read_to_string(data.join("engine/lock")).expect("a lock");
    let process = lock.trim().strip_prefix("process ").expect("a process");
    (engine, process.parse().expect("a process number"))
}

/// Forgets the most that a process had until now.
pub(crate) fn forget_peak(process: u32) {
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").expect("a process of ours");
}
