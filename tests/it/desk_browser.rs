//! The pages of coordinators and administrators in Chromium: what is looked at stands in `tests/browser/desk.mjs`;
//! here the real program serves a home of its own.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::access_commands::typed;
use super::binary::Home;
use super::bringing::PASSWORD;
use super::served::Served;
use super::way::event;

/// A home with a write-up that was read and reviewed, a page that nobody registered, and a plan.
fn home() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file(
        "readback.toml",
        "[access]\nmode = \"password\"\n[organisation]\nname = \"Example\"\ntimezone = \"UTC\"\n",
    );
    let published = json!({
        "id": "INC-1", "title": "The queue that overflowed", "published_at": "2026-01-01T00:00:00Z",
        "aliases": ["https://wiki.example.org/a-very-long-address/that-goes-on/and-on/and-on/queue-overflow.md"],
        "owner_team": "shop",
    });
    let mut lines = vec![event(
        "writeup",
        "w",
        "INC-1",
        "2026-01-01T00:00:00Z",
        published,
    )];
    for person in 1..=9 {
        let who = format!("p{person}@example.org");
        let subject = if person % 3 == 0 {
            "https://wiki.example.org/unknown-page"
        } else {
            "INC-1"
        };
        let read = json!({ "person": who });
        let id = format!("r{person}");
        lines.push(event("read", &id, subject, "2026-02-03T10:00:00Z", read));
        let came = json!({
            "meeting": "m", "person": who, "role": "OPT-PARTICIPANT", "partstat": "ACCEPTED",
            "present_s": 3000, "meeting_s": 3600,
        });
        let id = format!("a{person}");
        lines.push(event(
            "attendance",
            &id,
            "INC-1",
            "2026-01-20T14:00:00Z",
            came,
        ));
    }
    let file = home.file("events.ndjson", lines.join("\n"));
    home.done(&["import", "events", &file]);
    Some(home)
}

#[test]
fn pages_of_coordinators_hold_in_a_browser() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = std::env::var_os("CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    if !Path::new(&chromium).is_file() || !tests.join("node_modules/playwright-core").is_dir() {
        let words = "skipped: no Chromium, or tests/browser/node_modules is missing";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    }
    let Some(home) = home() else { return };
    for (name, role) in [("cleo", "coordinator"), ("ann", "admin")] {
        typed(&home, &["add", name, "--role", role], PASSWORD);
    }
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let looked = std::process::Command::new("node")
        .arg(tests.join("desk.mjs"))
        .args([served.address(), "cleo", "ann", PASSWORD])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser/desk"))
        .env("CHROMIUM", chromium)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&looked.stdout);
    let errors = String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{said}\n{errors}");
    assert!(said.contains("all is well"), "{said}\n{errors}");
    served.stop();
}
