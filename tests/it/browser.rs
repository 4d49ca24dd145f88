//! The pages in Chromium, as their readers see them: every page at three widths, light and dark,
//! and the main path of each reader. What is looked at stands in `tests/browser`; here the real
//! program shows its demo and the browser is sent there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use readback::pages::STATEMENT;

use crate::engine::library;

#[test]
fn pages_hold_in_a_browser() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let Some(chromium) = chromium() else {
        skipped("no Chromium at CHROMIUM or /usr/bin/chromium");
        return;
    };
    if !tests.join("node_modules/playwright-core").is_dir() {
        skipped("tests/browser/node_modules is missing; `npm ci` in tests/browser");
        return;
    }
    let Some(library) = library() else { return };
    let (_demo, address) = demo(&library);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let looked = Command::new("node")
        .arg(tests.join("run.mjs"))
        .args([&address, STATEMENT])
        .arg(&out)
        .env("CHROMIUM", chromium)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&looked.stdout);
    let errors = String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{said}\n{errors}");
    assert!(said.contains("all is well"), "{said}\n{errors}");
}

fn skipped(why: &str) {
    writeln!(std::io::stdout(), "skipped: {why}").expect("stdout");
}

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("CHROMIUM")
        .filter(|path| !path.is_empty())
        .map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    path.is_file().then_some(path)
}

/// The demo's process; it ends with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // SIGTERM, so that it takes its temporary folder with it.
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// Starts the demo on a free port and reads the address that it prints.
fn demo(library: &Path) -> (Demo, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_readback"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env("READBACK_LIBCHDB", library)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let out = child.stdout.take().expect("its output is piped");
    let demo = Demo(child);
    let mut address = String::new();
    BufReader::new(out)
        .read_line(&mut address)
        .expect("it prints its address");
    let address = address.trim().to_owned();
    assert!(address.starts_with("http://127.0.0.1:"), "{address:?}");
    (demo, address)
}
