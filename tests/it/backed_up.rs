//! `readback backup` and `readback restore` by the real program: into another data folder, on another server,
//! and what is refused before anything is changed.

use std::fs;
use std::path::Path;

use super::binary::{Home, Listening, contents};
use super::forget::{bury, history};

const PASSWORD: &str = "only for tests";

/// The report of a data folder, all of it.
fn report(home: &Home, data: &str) -> Vec<u8> {
    let out = format!("report-of-{data}");
    let arguments = ["report", "--as-of", "2025-09-01", "--out", &out];
    home.done(&[&arguments[..], &["--data-dir", data]].concat());
    fs::read(home.path(&out).join("summary.json")).expect("a summary")
}

/// What a file of two folders says.
fn both(home: &Home, name: &str) -> (Vec<u8>, Vec<u8>) {
    let of = |data: &str| fs::read(home.path(data).join(name)).expect(name);
    (of("readback-data"), of("restored"))
}

#[test]
fn a_restored_folder_tells_the_same() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", "[reporting]\ntables = true\n");
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    home.done(&["opt-out", "add", "p5@example.org"]);
    home.done(&["token", "add", "collector"]);
    bury(&home);
    let before = report(&home, "readback-data");

    let said = home.done(&["backup", "kept"]);
    assert!(said.err.contains("key of the pseudonyms"), "{}", said.err);
    // Nothing of it stays with the engine.
    let left = fs::read_dir(home.data().join("engine/backups")).expect("a folder");
    assert_eq!(left.count(), 0);
    let is_private = |path: &Path| {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).expect("there").permissions().mode();
        mode & 0o077 == 0
    };
    assert!(is_private(&home.path("kept")) && is_private(&home.path("kept/data/key")));

    // What comes in afterwards is not in it.
    let more = super::forget::read("later", "p9@example.org", "2025-03-14T09:00:00Z");
    home.done(&["import", "events", &home.file("more.ndjson", more)]);
    assert_ne!(report(&home, "readback-data"), before);

    home.done(&["restore", "kept", "--data-dir", "restored"]);
    assert!(
        report(&home, "restored") == before,
        "the restored folder tells something else"
    );
    for name in ["key", "folder.json", "opted-out.json", "tokens.json"] {
        let (old, new) = both(&home, name);
        assert_eq!(old, new, "{name}");
    }
    let dead = home.done(&["dead", "list", "--json", "--data-dir", "restored"]);
    assert_eq!(dead.out, home.done(&["dead", "list", "--json"]).out);
    let published = contents(&home.path("restored/published/engine/store"));
    assert!(!published.is_empty());
    // It goes on as the other one did.
    let events = home.path("more.ndjson").display().to_string();
    home.done(&["import", "events", &events, "--data-dir", "restored"]);
    assert!(report(&home, "restored") == report(&home, "readback-data"));
}

#[test]
fn what_cannot_be_restored_is_said_and_nothing_changes() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let said = home.run(&["backup", "kept"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("is no data folder yet"), "{}", said.err);
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    home.done(&["backup", "kept"]);
    let refused = |arguments: &[&str], words: &str| {
        let said = home.run(arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    };
    refused(&["backup", "kept"], "already; name a new folder");
    refused(&["backup", "readback-data/kept"], "lies in the data folder");
    refused(&["backup", "other", "--disk", "backups"], "--disk: is for");
    refused(&["restore", "kept"], "is in use, it holds");
    refused(&["restore", "readback-data"], "has no backup.json");
    refused(
        &[
            "restore",
            "kept",
            "--set",
            "engine.database=other",
            "--data-dir",
            "new",
        ],
        "the backup is of \"readback\"",
    );
    let manifest = home.path("kept/backup.json");
    let text = fs::read_to_string(&manifest).expect("a file");
    let newest = format!("\"migration\":{}", readback::store::newest());
    let newer = text
        .replace(": ", ":")
        .replace(&newest, "\"migration\":9999");
    fs::write(&manifest, newer).expect("written");
    let restore = ["restore", "kept", "--data-dir", "new"];
    refused(&restore, "migration 9999");
    fs::write(&manifest, text).expect("written");
    let part = contents(&home.path("kept/store")).into_iter();
    let (part, bytes) = part
        .max_by_key(|(_, bytes)| bytes.len())
        .expect("the tables");
    fs::write(&part, &bytes[1..]).expect("written");
    refused(&restore, "is not as it was backed up");
    fs::remove_file(&part).expect("gone");
    refused(&restore, "is missing");
    fs::write(&part, bytes).expect("written");
    assert!(!home.path("new").exists());
    home.done(&restore);
}

#[test]
fn a_server_keeps_the_tables_itself() {
    let Some(server) = Home::with_engine() else {
        return;
    };
    let server = server.with("READBACK_ENGINE_PASSWORD", PASSWORD);
    let listening = Listening::start(&server);
    let config = |url: &str| {
        format!(
            "[engine]\nmode = \"remote\"\nuser = \"readback\"\nurl = \"{url}\"\ndatabase = \"own\"\n"
        )
    };
    let home = Home::new().with("READBACK_ENGINE_PASSWORD", PASSWORD);
    home.file("readback.toml", config(&listening.url));
    home.done(&["import", "events", &home.file("events.ndjson", history())]);
    let before = report(&home, "readback-data");
    home.done(&["backup", "kept"]);
    assert!(!home.path("kept/store").exists());
    let refused = home.run(&["restore", "kept", "--data-dir", "restored"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is there already"), "{}", refused.err);
    assert!(!refused.err.contains("is half restored"), "{}", refused.err);
    drop(listening);

    // Another server that was given the backup.
    let other = Home::with_engine().expect("a library");
    let other = other.with("READBACK_ENGINE_PASSWORD", PASSWORD);
    // Its folder is made first: a store of which nothing says how it was made is refused.
    drop(Listening::start(&other));
    let kept = server.data().join("engine/backups");
    for (path, bytes) in contents(&kept) {
        let path = path.strip_prefix(&kept).expect("below it");
        let name = Path::new("readback-data/engine/backups").join(path);
        other.file(&name.to_string_lossy(), bytes);
    }
    let listening = Listening::start(&other);
    home.file("readback.toml", config(&listening.url));
    home.done(&["restore", "kept", "--data-dir", "restored"]);
    assert!(report(&home, "restored") == before);
}
