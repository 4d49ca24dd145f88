//! The program `readback`; see `readback::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    readback::cli::run()
}
