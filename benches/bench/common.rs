//! What all benchmarks share: the engine's library, the measured program, the arguments.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use readback::engine;

/// The installed engine; says so where there is none.
pub(crate) fn library(out: &mut impl Write) -> Option<PathBuf> {
    let named = std::env::var_os("READBACK_LIBCHDB").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cache = home.unwrap_or_default().join(".cache/readback");
    let found = engine::find(named.as_deref(), &cache).expect("a library");
    if found.is_none() {
        writeln!(out, "skipped: libchdb is not installed").expect("stdout");
    }
    found
}

/// The measured program with a data folder.
pub(crate) fn readback(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_readback"));
    command.arg("--data-dir").arg(data);
    command
        .args(["--set", "organisation.timezone=Europe/Berlin"])
        .args(["--set", "organisation.simulated=true"])
        .args(["--set", "privacy.k=1"]);
    command
}

/// All whole numbers among the program's arguments, or else these.
pub(crate) fn numbers_or(defaults: &[u64]) -> Vec<u64> {
    let named = std::env::args().filter_map(|argument| argument.parse().ok());
    let named: Vec<u64> = named.collect();
    if named.is_empty() {
        return defaults.to_vec();
    }
    named
}
