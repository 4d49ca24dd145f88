//! The beacon in Chromium: readers who read, skim, switch tabs, fall asleep, come back, lose the
//! network. What they do stands in `tests/browser/beacon.mjs`, which knows the truth; here the real
//! door takes what their browsers send, and the two are compared.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use super::beacon::{SECRET, token};
use super::doorway::{MAIL, Row, open};
use super::visitor::apart;

/// One page view, as it really was.
#[derive(Debug, Deserialize)]
struct Truth {
    path: String,
    ms: u32,
    depth: u16,
    from: String,
    known: bool,
    bot: bool,
}

/// How far engaged time may be from the truth, ms.
const TOLERANCE: u32 = 500;

/// The readers' process; it ends with the test.
struct Readers(Child);

impl Drop for Readers {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_browsers_tell_is_what_was_read() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = std::env::var_os("CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    if !Path::new(&chromium).is_file() || !tests.join("node_modules/playwright-core").is_dir() {
        let words = "skipped: no Chromium, or tests/browser/node_modules is missing";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    }
    let child = Command::new("node")
        .arg(tests.join("beacon.mjs"))
        .arg(token(MAIL))
        .env("CHROMIUM", chromium)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("node runs");
    let mut readers = Readers(child);
    let mut said = BufReader::new(readers.0.stdout.take().expect("its words"));
    let (origin, mut said) = apart(move || {
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        (line.trim().to_owned(), said)
    })
    .await;
    assert!(origin.starts_with("http://127.0.0.1:"), "{origin:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let source = |id: &str, more: &str| {
        format!(
            "[[source]]\nid = {id:?}\nkind = \"beacon\"\norigins = [{origin:?}]\nsecret = {SECRET:?}\n{more}"
        )
    };
    let places = "onboarding = [\"/wiki/Welcome\"]\nwriteups = [\"/wiki/Incidents/\"]\n\
                  chat = [\"chat.example.org\"]\ncode = [\"git.example.org\"]\n";
    let sources = [
        source("wiki", places),
        source("hashed", "hash = true\n"),
        source("silent", "gpc = \"nothing\"\n"),
    ];
    let sources = sources.concat();
    let door = open(folder.path(), &sources, 1 << 30);
    let serving = door.serve().await;
    let address = format!("http://{}\n", serving.address);
    let mut input = readers.0.stdin.take().expect("its input");
    input.write_all(address.as_bytes()).expect("a line");
    let said = apart(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut said, &mut text).expect("its words");
        text
    })
    .await;
    assert!(said.contains("all is well"), "{said}");
    let truths = said.lines().filter(|line| line.starts_with('{'));
    let truths: Vec<Truth> = truths
        .map(|line| serde_json::from_str(line).expect("a truth"))
        .collect();
    assert!(truths.len() > 40, "{}", truths.len());

    let spooled = door.taken().await;
    let person = door.keys.pseudonym(&readback::model::Identity::bare(MAIL));
    compare(
        &origin,
        truths,
        &spooled.reads,
        u128::from_be_bytes(person.0),
    );
    // Every message that came was one of ours.
    assert_eq!(spooled.count("rejected"), 0);
}

fn compare(origin: &str, truths: Vec<Truth>, rows: &[Row], person: u128) {
    // One row an id, and of its versions the greatest: what the store keeps.
    let mut kept: BTreeMap<u64, &Row> = BTreeMap::new();
    for row in rows {
        let one = kept.entry(row.key).or_insert(row);
        if row.version > one.version {
            *one = row;
        }
    }
    assert!(
        kept.len() < rows.len(),
        "some views were told of more than once"
    );
    let mut views: Vec<&Row> = kept.into_values().collect();
    for truth in truths {
        let target = format!("{origin}{}", truth.path);
        let fits = |row: &&Row| {
            let told = row.engaged_ms.unwrap_or_default();
            row.target == target && told.abs_diff(truth.ms) <= TOLERANCE
        };
        let Some(at) = views.iter().position(fits) else {
            let seen = views.iter().filter(|row| row.target == target);
            panic!("{truth:?} is not among {:?}", seen.collect::<Vec<_>>());
        };
        let row = views.remove(at);
        assert_eq!(
            row.scroll_milli,
            Some(truth.depth * 10),
            "{truth:?} {row:?}"
        );
        assert_eq!(row.arrival, truth.from, "{truth:?}");
        assert_eq!(row.bot, truth.bot, "{truth:?}");
        let known = if truth.known { person } else { 0 };
        assert_eq!(row.person, known, "{truth:?}");
    }
    assert!(views.is_empty(), "nobody read this: {views:?}");
}
