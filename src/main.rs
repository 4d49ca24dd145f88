//! The program `readback`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use readback::cli::engine::{EngineCommand, EngineConfig};
use readback::engine::{Password, RunError};

#[derive(Parser)]
#[command(name = "readback")]
enum Command {
    /// The embedded database engine
    #[command(subcommand)]
    Engine(EngineCommand),
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().collect();
    let mut data =
        PathBuf::from(std::env::var_os("READBACK_DATA_DIR").unwrap_or("readback-data".into()));
    if let Some(at) = arguments
        .iter()
        .position(|argument| argument == "--data-dir")
        && at + 1 < arguments.len()
    {
        data = PathBuf::from(arguments.remove(at + 1));
        arguments.remove(at);
    }
    let Command::Engine(command) = Command::parse_from(arguments);
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let config = EngineConfig {
        data,
        library: path("READBACK_LIBCHDB"),
        cache: path("XDG_CACHE_HOME")
            .or_else(|| path("HOME").map(|home| home.join(".cache")))
            .unwrap_or_default()
            .join("readback"),
        runtime: path("XDG_RUNTIME_DIR"),
        password: std::env::var("READBACK_ENGINE_PASSWORD")
            .ok()
            .map(Password::new),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match runtime.block_on(readback::cli::engine::run(command, &config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            match error.downcast_ref::<RunError>() {
                Some(error) => ExitCode::from(error.exit_code()),
                None => ExitCode::FAILURE,
            }
        }
    }
}
