//! DokuWiki: a folder as it keeps one, made by the test, read from one pull to the next.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use readback::model::{Body, Millis};
use readback::sources::{self, KnownWriteup};
use serde_json::Value;

use super::binary::Home;
use super::polled_forge::{NOW, WORDS};
use super::wikis::{Source, short, told};

/// The machine of whoever changed a page, which must not be kept anywhere.
const MACHINE: &str = "203.0.113.7";

/// Seconds of 2026-01-05T09:00:00Z.
const DAY: i64 = 1_767_603_600;

/// A wiki's folder, written as DokuWiki writes it.
pub(super) struct Folder(pub(super) tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        for part in ["pages", "attic", "meta"] {
            std::fs::create_dir(folder.path(part)).expect("a folder");
        }
        folder
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        let folder = path.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("folders");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// A file below `meta`, with one more line.
    fn log(&self, path: &str, line: &str) {
        let log = self.path(&format!("meta/{path}.changes"));
        std::fs::create_dir_all(log.parent().expect("a folder")).expect("folders");
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(log);
        writeln!(file.expect("opened"), "{line}").expect("written");
    }

    /// A page as it was saved by a user, in seconds.
    fn save(&self, page: &str, at: i64, kind: &str, user: &str, text: &str) {
        let path = page.replace(':', "/");
        let file = self.write(&format!("pages/{path}.txt"), text.as_bytes());
        changed(&file, at);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).expect("packed");
        let packed = packed.finish().expect("packed");
        self.write(&format!("attic/{path}.{at}.txt.gz"), &packed);
        let size = text.len();
        let line = format!("{at}\t{MACHINE}\t{kind}\t{page}\t{user}\t{WORDS}\t\t{size}");
        self.log(&path, &line);
    }

    pub(super) fn delete(&self, page: &str, at: i64) {
        let path = page.replace(':', "/");
        std::fs::remove_file(self.path(&format!("pages/{path}.txt"))).expect("removed");
        self.log(&path, &format!("{at}\t{MACHINE}\tD\t{page}\tada\t\t\t-9"));
    }

    pub(super) fn source(&self) -> Source {
        let params = format!(
            "path = {:?}\nurl = \"https://wiki.example.org/\"\nnamespaces = [\"PM\"]\n\
             incident_keys = [\"INC-[0-9]+\"]",
            self.0.path()
        );
        let mut source = Source::new("dokuwiki", &params);
        source.known.push(KnownWriteup {
            id: "code:inc-9".to_owned(),
            title: None,
            aliases: vec!["https://code.example.org/INC-9".to_owned()],
        });
        source
    }
}

/// When a file was changed last.
fn changed(file: &Path, at: i64) {
    let at = Duration::from_secs(u64::try_from(at).expect("after 1970"));
    let opened = std::fs::File::options().write(true).open(file);
    let set = opened.expect("opened").set_modified(UNIX_EPOCH + at);
    set.expect("set");
}

/// The comments of a page as the plugin writes them: id, user, address, when, whether it is shown.
fn comments(all: &[(&str, &str, &str, i64, bool)]) -> Vec<u8> {
    let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
    let mut written = format!(
        "a:3:{{{}i:1;{}i:9;{}a:{}:{{",
        text("status"),
        text("number"),
        text("comments"),
        all.len()
    );
    for (id, user, mail, at, shown) in all {
        let parent = match *id {
            "c2" => text("c1"),
            _ => "N;".to_owned(),
        };
        let who = format!(
            "{}{}{}{}{}{}",
            text("id"),
            text(user),
            text("name"),
            text("Ada"),
            text("mail"),
            text(mail)
        );
        written += &format!(
            "{}a:6:{{{}a:3:{{{who}}}{}a:1:{{{}i:{at};}}{}{}{}{parent}{}a:0:{{}}{}b:{};}}",
            text(id),
            text("user"),
            text("date"),
            text("created"),
            text("raw"),
            text(WORDS),
            text("parent"),
            text("replies"),
            text("show"),
            i32::from(*shown),
        );
    }
    (written + "}}").into_bytes()
}

/// A wiki with two write-ups, a runbook, a page of somebody's own, and what was said.
pub(super) fn wiki() -> Folder {
    let wiki = Folder::new();
    wiki.save(
        "pm:disk_full",
        DAY,
        "C",
        "ada",
        "====== INC-7: Disk full ======\nNo alert.",
    );
    wiki.save(
        "pm:disk_full",
        DAY + 86_400,
        "E",
        "ben",
        "====== INC-7: Disk full ======\nSee [[dns]].",
    );
    wiki.save(
        "pm:disk_full",
        DAY + 90_000,
        "e",
        "cem",
        "====== INC-7: Disk full ======\nSee [[dns]]! {{tag>sev1}}",
    );
    wiki.save("pm:dns", DAY, "C", "ada", "It was DNS.");
    wiki.save("pm:start", DAY, "C", "ada", "[[disk full]]");
    wiki.save("runbooks:disks", DAY, "C", "ben", "Nothing yet.");
    wiki.save(
        "runbooks:disks",
        DAY + 3600,
        "E",
        "ben",
        "As in [[:PM:Disk full|this]], https://code.example.org/INC-9.",
    );
    wiki.save("user:zzada", DAY + 7200, "C", "zzada", "I read [[pm:dns]].");
    wiki.save("talk:pm:disk_full", DAY + 100_000, "C", "ben", WORDS);
    let line = |at: i64, kind: &str, size: i64| {
        format!(
            "{}\t{MACHINE}\t{kind}\ttalk:pm:disk_full\tcem\t\t\t{size}",
            DAY + at
        )
    };
    wiki.log("talk/pm/disk_full", &line(100_100, "E", 20));
    wiki.log("talk/pm/disk_full", &line(100_200, "E", -20));
    wiki.log("talk/pm/disk_full", &line(100_300, "e", 20));
    let all = [
        ("c1", "ada", "ada@example.org", DAY + 5000, true),
        ("c2", "", "eve@example.org", DAY + 6000, true),
        ("c3", "zzspam", "", DAY + 7000, false),
    ];
    wiki.write("meta/pm/dns.comments", &comments(&all));
    wiki
}

fn at(
    heard: &readback::sources::collected::Collected,
    id: &str,
) -> Option<(Millis, Option<Millis>)> {
    let event = heard.events.iter().find(|event| event.id == id)?;
    match &event.body {
        Body::Link(link) => Some((event.time, link.removed_at)),
        Body::Writeup(writeup) => Some((event.time, writeup.deleted_at)),
        _ => Some((event.time, None)),
    }
}

#[test]
fn a_folder_is_read_and_read_on() {
    let wiki = wiki();
    let mut source = wiki.source();
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(heard.notes, [""; 0]);
    let personal = heard
        .events
        .iter()
        .map(|event| event.id.clone())
        .find(|id| id.starts_with("link:~"))
        .expect("the page of somebody");
    assert_eq!(
        short(&heard),
        [
            "comment comment:pm:disk_full@talk@1767703600",
            "comment comment:pm:disk_full@talk@1767703700",
            "comment comment:pm:dns@1767608600",
            "comment comment:pm:dns@1767609600",
            "edit edit:pm:disk_full@1767690000",
            "edit edit:pm:disk_full@1767693600",
            "link link:pm:disk_full:wiki:pm:dns",
            "link link:pm:start:wiki:pm:disk_full",
            "link link:runbooks:disks:code:inc-9",
            "link link:runbooks:disks:wiki:pm:disk_full",
            &format!("link {personal}"),
            "writeup page:pm:disk_full",
            "writeup page:pm:dns",
        ]
    );
    let words = told(&heard);
    for secret in [MACHINE, WORDS, "zzspam", "eve@"] {
        assert!(!words.contains(secret), "{secret}");
    }
    let checkpoint = source.checkpoint.clone().unwrap_or_default();
    assert!(
        !checkpoint.contains("zzada") && !checkpoint.contains(MACHINE),
        "{checkpoint}"
    );
    // Each link since the revision that has it, not since the last change of its page.
    for (id, since) in [
        ("link:pm:disk_full:wiki:pm:dns", 86_400),
        ("link:runbooks:disks:wiki:pm:disk_full", 3600),
    ] {
        assert_eq!(at(&heard, id), Some(((DAY + since) * 1000, None)), "{id}");
    }
    for event in &heard.events {
        match &event.body {
            Body::Writeup(writeup) if writeup.id == "wiki:pm:disk_full" => {
                assert_eq!(writeup.title.as_deref(), Some("INC-7: Disk full"));
                assert_eq!(
                    writeup.url.as_deref(),
                    Some("https://wiki.example.org/doku.php?id=pm:disk_full")
                );
                for name in [
                    "https://wiki.example.org/pm/disk_full",
                    "https://wiki.example.org/doku.php/pm:disk_full",
                    "INC-7",
                ] {
                    assert!(writeup.aliases.iter().any(|alias| alias == name), "{name}");
                }
                assert_eq!(writeup.published_at, Some(DAY * 1000));
                // Who changed a trifle has not written it.
                let authors: Vec<_> = writeup
                    .contributors
                    .iter()
                    .map(|one| one.value.as_str())
                    .collect();
                assert_eq!(authors, ["ada", "ben"]);
                assert_eq!(
                    (writeup.tags.as_slice(), writeup.hyperlinks),
                    (&["sev1".to_owned()][..], Some(1))
                );
            }
            Body::Edit(edit) => assert_eq!(edit.minor, event.id.ends_with("693600")),
            Body::Comment(comment) if event.id.ends_with("@1767609600") => {
                assert_eq!(comment.parent.as_deref(), Some("comment:pm:dns@1767608600"));
                assert_eq!(comment.person.as_ref().map(|one| one.kind), Some("email"));
                assert_eq!(comment.words, Some(2));
            }
            Body::Link(link) => {
                let place = match event.id.split(':').nth(1) {
                    Some("runbooks") => "runbook",
                    Some("pm") if event.id.contains("disk_full:wiki:pm:dns") => "writeup",
                    _ => "docs",
                };
                assert_eq!(link.place.name(), place, "{}", event.id);
            }
            _ => {}
        }
    }
    assert_eq!(
        short(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );

    // A change, a comment taken away, one more said.
    let later = NOW / 1000 + 100;
    wiki.save(
        "pm:disk_full",
        later,
        "E",
        "dan",
        "====== INC-7: Disks full ======\nNothing.",
    );
    wiki.save(
        "runbooks:disks",
        later + 50,
        "E",
        "ben",
        "https://code.example.org/INC-9 alone",
    );
    let all = [
        ("c2", "", "eve@example.org", DAY + 6000, true),
        ("c4", "ben", "", later, true),
    ];
    wiki.write("meta/pm/dns.comments", &comments(&all));
    let heard = source.pull(NOW + 3_600_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-link link:pm:disk_full:wiki:pm:dns",
            "-link link:runbooks:disks:wiki:pm:disk_full",
            &format!("comment comment:pm:dns@{later}"),
            &format!("edit edit:pm:disk_full@{later}"),
            "writeup page:pm:disk_full",
        ]
    );
    assert_eq!(
        at(&heard, "link:runbooks:disks:wiki:pm:disk_full"),
        Some(((DAY + 3600) * 1000, Some((later + 50) * 1000)))
    );

    // A write-up and a page with a link go; the write-up comes back.
    wiki.delete("pm:dns", later + 4000);
    wiki.delete("runbooks:disks", later + 4100);
    wiki.delete("user:zzada", later + 4200);
    let heard = source.pull(NOW + 7_200_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-link link:runbooks:disks:code:inc-9",
            "-writeup deleted:pm:dns",
        ]
    );
    assert_eq!(
        at(&heard, "deleted:pm:dns").and_then(|(_, gone)| gone),
        Some((later + 4000) * 1000)
    );
    wiki.save("pm:dns", later + 8000, "C", "ada", "It is back.");
    let heard = source.pull(NOW + 10_800_000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-comment comment:pm:dns@1767608600",
            &format!("-link {personal}"),
            &format!("edit edit:pm:dns@{}", later + 8000),
            "writeup deleted:pm:dns",
            "writeup page:pm:dns",
        ]
    );
}

#[test]
fn a_write_up_that_is_registered_later_is_found_in_older_pages() {
    let wiki = wiki();
    wiki.save(
        "runbooks:mail",
        NOW / 1000 - 3 * 86_400,
        "C",
        "ben",
        "https://code.example.org/INC-10",
    );
    let mut source = wiki.source();
    source.pull(NOW).expect("a pull");
    source.known.push(KnownWriteup {
        id: "code:inc-10".to_owned(),
        title: None,
        aliases: vec!["https://code.example.org/INC-10".to_owned()],
    });
    let heard = source.pull(NOW + 3_600_000).expect("a pull");
    assert_eq!(short(&heard), ["link link:runbooks:mail:code:inc-10"]);
}

#[test]
fn what_is_no_wiki_and_what_is_broken_is_said() {
    let empty = Folder::new();
    let said = |source: &mut Source| source.pull(NOW).map(drop).expect_err("refused").to_string();
    let text = said(&mut empty.source());
    assert!(text.contains("has no page in its folder pages"), "{text}");
    empty.write("pages/start.txt", b"Welcome.");
    let text = said(&mut empty.source());
    assert!(text.contains("has no namespace \"pm\""), "{text}");
    std::fs::remove_file(empty.path("pages/start.txt")).expect("removed");
    std::fs::remove_dir(empty.path("pages")).expect("removed");
    let text = said(&mut empty.source());
    assert!(
        text.contains("path should be DokuWiki's data folder"),
        "{text}"
    );

    let wiki = wiki();
    wiki.log("pm/dns", "nonsense of zzada\nmore\t\tX");
    wiki.write("meta/pm/dns.comments", b"a:9:{half");
    wiki.write("pages/pm/odd.txt", &[0xff, 0xfe, b'[', b'[', b'x']);
    wiki.write(
        "attic/pm/disk_full.1767690000.txt.gz",
        &[0x1f, 0x8b, 8, 0, 1],
    );
    let mut source = wiki.source();
    let heard = source.pull(NOW).expect("the rest");
    assert_eq!(heard.notes.len(), 2, "{:?}", heard.notes);
    assert!(
        heard
            .notes
            .iter()
            .any(|note| note.contains("are left out: 2"))
    );
    assert!(
        heard
            .notes
            .iter()
            .all(|note| !note.contains("zzada") && !note.contains("dns"))
    );
    let told = short(&heard);
    assert!(told.contains(&"writeup page:pm:odd".to_owned()), "{told:?}");
    // Where a revision is not to be had, the link stands since the next one.
    assert_eq!(
        at(&heard, "link:pm:disk_full:wiki:pm:dns"),
        Some(((DAY + 90_000) * 1000, None))
    );

    for (wrong, words) in [
        ("namespaces = []", "namespaces should name"),
        (
            "url = \"wiki.example.org\"",
            "url should be the wiki's address",
        ),
        ("incident_keys = [\"(\"]", "incident_keys"),
        ("reads = true", "reads"),
    ] {
        let mut source = wiki.source();
        let more: toml::Table = wrong.parse().expect("TOML");
        source.params.extend(more);
        let text = said(&mut source);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_look_counts_the_pages() {
    let wiki = wiki();
    let source = wiki.source();
    let kind = sources::find("dokuwiki").expect("a kind");
    let Some(sources::Probe::Local(look)) = kind.probe else {
        panic!("it lies on a disk");
    };
    let said = look(source.params.clone(), &source.setting()).expect("there");
    assert_eq!(said.said, "6 pages, 2 of them write-ups");
}

#[test]
fn a_scan_registers_pages_under_all_their_addresses() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let wiki = wiki();
    home.file(
        "readback.toml",
        format!(
            "data_dir = \"data\"\n[[source]]\nid = \"wiki\"\nkind = \"dokuwiki\"\npath = {:?}\n\
             url = \"https://wiki.example.org/{{id}}\"\nnamespaces = [\"pm\"]\n",
            wiki.path("")
        ),
    );
    home.done(&["check", "--offline"]);
    let scanned = home.done(&["scan", "--json"]);
    let scanned: Value = serde_json::from_str(&scanned.out).expect("JSON");
    assert_eq!(scanned[0]["events"]["writeup"], 2, "{scanned}");
    assert_eq!(scanned[0]["events"]["link"], 4, "{scanned}");
    let listed = home.done(&[
        "writeups",
        "show",
        "https://wiki.example.org/doku.php?id=pm%3Adns",
    ]);
    assert!(
        listed.out.contains("https://wiki.example.org/pm:dns"),
        "{}",
        listed.out
    );
}
