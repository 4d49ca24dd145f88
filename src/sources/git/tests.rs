//! Small repositories made with plain git, and the published histories if they are at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono_tz::Tz;

use crate::model::{Body, Event, Link, Millis, PersonKind, Place, Writeup};
use crate::sources::{KnownWriteup, Setting};

use super::*;
use crate::sources::collected::Collected;

impl Collected {
    pub(super) fn links(&self) -> Vec<(&Event, &Link)> {
        let mut links = Vec::new();
        for event in &self.events {
            if let Body::Link(link) = &event.body {
                links.push((event, link));
            }
        }
        links
    }

    pub(super) fn writeups(&self) -> Vec<&Writeup> {
        let mut writeups = Vec::new();
        for event in &self.events {
            if let Body::Writeup(writeup) = &event.body {
                writeups.push(&**writeup);
            }
        }
        writeups
    }

    /// The newest version of every event, by id.
    fn newest(&self) -> BTreeMap<String, (u32, Option<Millis>, Place)> {
        let mut newest = BTreeMap::new();
        for (event, link) in self.links() {
            let entry = newest
                .entry(event.id.clone())
                .or_insert((0, None, link.place));
            if event.version >= entry.0 {
                *entry = (event.version, link.removed_at, link.place);
            }
        }
        newest
    }
}

pub(super) struct Fixture {
    folder: tempfile::TempDir,
    pub(super) clock: i64,
}

const DAY: i64 = 86_400;
const START: i64 = 1_700_000_000;

impl Fixture {
    pub(super) fn new() -> Fixture {
        let fixture = Fixture {
            folder: tempfile::tempdir().expect("a folder"),
            clock: START,
        };
        fixture.git(&["init", "-q", "-b", "main"]);
        fixture
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let date = format!("{} +0000", self.clock);
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git is installed");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// Commits everything, a day after the commit before.
    pub(super) fn commit(&mut self, message: &str) -> Millis {
        self.commit_after(DAY, message)
    }

    pub(super) fn commit_after(&mut self, seconds: i64, message: &str) -> Millis {
        self.clock += seconds;
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.clock * 1000
    }

    pub(super) fn pull(
        &self,
        checkpoint: Option<&str>,
        others: Vec<KnownWriteup>,
    ) -> (Collected, String) {
        pull_at(self.path(), "", checkpoint, others)
    }
}

pub(super) fn pull_at(
    path: &Path,
    more: &str,
    checkpoint: Option<&str>,
    others: Vec<KnownWriteup>,
) -> (Collected, String) {
    let text = format!(
        "path = {:?}\nname = \"shop\"\nwriteups = [\"pm/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n{more}",
        path.display().to_string()
    );
    let text = if more.contains("writeups") {
        more.to_owned()
    } else {
        text
    };
    let setting = Setting {
        source: "repo".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups: others,
    };
    let mut source = build(toml::from_str(&text).expect("valid"), &setting).expect("valid");
    let mut heard = Collected::default();
    let next = source
        .pull(checkpoint, 0, &mut heard)
        .expect("a good repository");
    assert!(heard.problems.is_empty(), "{:?}", heard.problems);
    (heard, next)
}

pub(super) fn other(id: &str, aliases: &[&str]) -> KnownWriteup {
    KnownWriteup {
        id: id.to_owned(),
        title: None,
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
    }
}

#[test]
fn write_ups_are_files() {
    let mut repo = Fixture::new();
    repo.write(
        "pm/draft.md",
        "---\ntitle: Disk full\nauthors: [bob@example.org]\n---\nSee INC-1, three words.\n",
    );
    let added = repo.commit("Add");
    repo.git(&["mv", "pm/draft.md", "pm/INC-7-disk.md"]);
    repo.commit("Rename");
    let (heard, next) = repo.pull(None, Vec::new());
    let writeups = heard.writeups();
    assert_eq!(writeups.len(), 1);
    let writeup = writeups[0];
    assert_eq!(writeup.id, "shop:pm/INC-7-disk.md");
    assert_eq!(writeup.title.as_deref(), Some("Disk full"));
    assert_eq!(
        writeup.aliases,
        [
            "pm/INC-7-disk.md",
            "pm/draft.md",
            "shop:pm/draft.md",
            "INC-7"
        ]
    );
    assert_eq!(
        (writeup.published_at, writeup.deleted_at),
        (Some(added), None)
    );
    assert_eq!(writeup.contributors.len(), 2);
    assert!(
        !next.contains("example.org"),
        "a checkpoint holds no identity"
    );

    repo.git(&["rm", "-q", "pm/INC-7-disk.md"]);
    let gone = repo.commit("Remove");
    let (heard, _) = repo.pull(Some(&next), Vec::new());
    assert_eq!(heard.writeups()[0].deleted_at, Some(gone));
    assert_eq!(
        (heard.events[0].version, heard.events[0].id.as_str()),
        (1, "shop:writeup:pm/draft.md@1700086400")
    );
}

#[test]
fn a_link_lives_through_edits_moves_and_renames() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("Add");
    repo.write(
        "src/a.rs",
        "// one\n// why: INC-1\nfn a() {}\nconst U: &str = \"INC-1\";\n",
    );
    repo.write(
        "docs/arch.md",
        "[disk](../pm/INC-1.md)\n```mermaid\nA --> B: INC-1\n```\n",
    );
    repo.write(".mailmap", "Ada <ada@new.example.org> <ada@example.org>\n");
    let at = repo.commit("Explain, see INC-1");
    let (heard, next) = repo.pull(None, Vec::new());
    let mut places: Vec<&str> = heard
        .links()
        .iter()
        .map(|(_, link)| link.place.name())
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["code", "code_comment", "commit", "diagram", "docs"]
    );
    assert!(heard.links().iter().all(|(event, link)| {
        event.time == at
            && event.subject == "shop:pm/INC-1.md"
            && link
                .person
                .as_ref()
                .is_some_and(|p| p.value == "ada@new.example.org")
    }));
    let comment = heard
        .links()
        .into_iter()
        .find(|(_, link)| link.place == Place::CodeComment)
        .expect("there");
    let commit = &repo.git(&["rev-parse", "HEAD"])[..12];
    assert_eq!(
        comment.1.stands_in.as_deref(),
        Some(format!("shop@{commit}:src/a.rs#L2").as_str())
    );

    let (heard, same) = repo.pull(Some(&next), Vec::new());
    assert!(heard.events.is_empty());
    assert_eq!(same, next);

    // Moved within the file, edited, renamed with its file, moved to another file.
    repo.write(
        "src/a.rs",
        "fn a() {}\n    // the reason why: INC-1\nconst U: &str = \"INC-1\";\n",
    );
    repo.commit("Edit");
    repo.git(&["mv", "docs/arch.md", "docs/architecture.md"]);
    repo.commit("Rename");
    repo.write("src/a.rs", "fn a() {}\n    // the reason why: INC-1\n");
    repo.write("src/b.rs", "const U: &str = \"INC-1\";\n");
    repo.commit("Move");
    let (heard, next) = repo.pull(Some(&next), Vec::new());
    assert_eq!(heard.links().len(), 0);

    repo.git(&["rm", "-q", "src/b.rs"]);
    let gone = repo.commit("Remove");
    let (heard, next) = repo.pull(Some(&next), Vec::new());
    let links = heard.links();
    assert_eq!(links.len(), 1);
    assert_eq!(
        (links[0].0.version, links[0].1.removed_at, links[0].1.place),
        (1, Some(gone), Place::Code)
    );

    // A revert within a day: never gone. A day later: a new link.
    repo.clock += 3600;
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let (heard, next) = repo.pull(Some(&next), Vec::new());
    assert_eq!(
        (heard.links()[0].0.version, heard.links()[0].1.removed_at),
        (2, None)
    );
    repo.git(&["rm", "-q", "src/b.rs"]);
    repo.commit("Remove");
    repo.clock += 2 * DAY;
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let (again, _) = repo.pull(Some(&next), Vec::new());
    let versions: Vec<u32> = again
        .links()
        .iter()
        .map(|(event, _)| event.version)
        .collect();
    assert_eq!(versions, [3, 0]);

    // All at once tells the same as bit by bit.
    let (all, _) = repo.pull(None, Vec::new());
    let newest = all.newest();
    for (event, link) in again.links() {
        assert_eq!(
            (newest[&event.id].1, newest[&event.id].2),
            (link.removed_at, link.place)
        );
    }
    assert_eq!(newest.len(), 6);
}

#[test]
fn merges_rebases_and_cherry_picks_do_not_double() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("Add");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.py", "# INC-1\n");
    let written = repo.commit("On a branch, INC-1");
    repo.write("pm/INC-2.md", "# DNS\n");
    repo.write("lost.py", "# INC-1 too\n");
    repo.commit("More");
    repo.git(&["rm", "-q", "lost.py"]);
    repo.commit("Less");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.py", "# INC-2\n");
    repo.commit("Elsewhere");
    repo.clock += DAY;
    repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "side"]);
    let (heard, next) = repo.pull(None, Vec::new());
    let links: Vec<(Millis, Place, &str)> = {
        let mut links: Vec<_> = heard
            .links()
            .iter()
            .map(|(e, l)| (e.time, l.place, e.subject.as_str()))
            .collect();
        links.sort();
        links
    };
    let (one, two) = ("shop:pm/INC-1.md", "shop:pm/INC-2.md");
    assert_eq!(
        links,
        [
            (written, Place::Commit, one),
            (written, Place::CodeComment, one),
            ((START + 5 * DAY) * 1000, Place::CodeComment, two),
        ]
    );
    assert_eq!(heard.writeups().len(), 2);

    // The same change picked again, and the branch rebased: nothing new.
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["cherry-pick", "side~2"]);
    let (picked, _) = repo.pull(Some(&next), Vec::new());
    assert!(picked.notes.iter().any(|note| note.contains("rewritten")));
    let known: Vec<&String> = heard.events.iter().map(|event| &event.id).collect();
    assert!(
        picked
            .links()
            .iter()
            .all(|(event, _)| known.contains(&&event.id))
    );
}

#[test]
fn what_is_registered_late_is_found_in_old_history() {
    let mut repo = Fixture::new();
    repo.write(
        "a.yml",
        "url: https://wiki.example.org/x/1?utm_source=mail\r\n",
    );
    repo.write("pm/INC-1.md", "See https://wiki.example.org/x/1\n");
    repo.write("fixtures/a.go", "// https://wiki.example.org/x/1\n");
    repo.write(
        "media/a.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
    );
    repo.write("big.txt", &"x".repeat(2 * 1024 * 1024 + 1));
    repo.write("bin", "a\0b https://wiki.example.org/x/1");
    std::os::unix::fs::symlink("a.yml", repo.path().join("link.yml")).expect("made");
    let at = repo.commit("First");
    let (heard, next) = repo.pull(None, Vec::new());
    assert_eq!(heard.links().len(), 0);
    let wiki = || vec![other("w1", &["https://wiki.example.org/x/1/"])];
    let (heard, next) = repo.pull(Some(&next), wiki());
    let mut places: Vec<Place> = heard.links().iter().map(|(_, link)| link.place).collect();
    places.sort_unstable();
    assert_eq!(places, [Place::Writeup, Place::Config]);
    assert!(
        heard
            .links()
            .iter()
            .all(|(event, _)| event.subject == "w1" && event.time == at)
    );
    assert_eq!(heard.left_out["excluded path"], 1);
    assert_eq!(heard.left_out["file over 2 MiB"], 1);
    assert_eq!(heard.left_out["binary file"], 1);
    assert_eq!(heard.left_out["pointer of Git LFS"], 1);
    assert_eq!(heard.left_out["symbolic link"], 1);
    let (heard, _) = repo.pull(Some(&next), wiki());
    assert!(heard.events.is_empty());
}

#[test]
fn odd_repositories() {
    let empty = Fixture::new();
    let (heard, next) = empty.pull(None, Vec::new());
    assert!(heard.events.is_empty() && heard.notes[0].contains("no commits"));
    let (heard, _) = empty.pull(Some(&next), Vec::new());
    assert!(heard.events.is_empty());

    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("One");
    repo.write("a.py", "# INC-1\n");
    repo.commit("Two");
    let bare = tempfile::tempdir().expect("a folder");
    let target = bare.path().join("clone");
    let source = format!("file://{}", repo.path().display());
    repo.git(&[
        "clone",
        "-q",
        "--bare",
        "--depth",
        "1",
        &source,
        &target.display().to_string(),
    ]);
    let (heard, _) = pull_at(&target, "", None, Vec::new());
    assert!(heard.notes.iter().any(|note| note.contains("shallow")));
    assert_eq!(heard.links().len(), 1);

    let linked = repo.git(&["rev-parse", "HEAD"]);
    std::fs::create_dir_all(repo.path().join("libs/queue")).expect("made");
    let entry = format!("160000,{linked},libs/queue");
    repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    repo.commit("Three");
    let (heard, _) = repo.pull(None, Vec::new());
    let named = |note: &String| note.contains("submodules") && note.ends_with(": libs/queue");
    assert!(heard.notes.iter().any(named), "{:?}", heard.notes);
    assert_eq!(heard.left_out["submodule"], 1);

    let setting = Setting {
        source: "s".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups: Vec::new(),
    };
    let nowhere: toml::Table = toml::from_str("path = \"/nowhere/at/all\"").expect("valid");
    let mut source = build(nowhere, &setting).expect("valid");
    assert!(source.pull(None, 0, &mut Collected::default()).is_err());
}

#[test]
fn the_short_name_of_a_thread_is_found_like_its_address() {
    let mut repo = Fixture::new();
    repo.write("a.py", "# as example/handbook#13 says\n");
    repo.write("docs/b.md", "See docs/pm.md and example/handbook!7.\n");
    repo.commit("Retry\n\nexample/handbook#13 has it");
    let names = &["example/handbook#13", "example/handbook!7", "docs/pm.md"];
    let (heard, _) = repo.pull(None, vec![other("Q-1", names)]);
    let mut places: Vec<Place> = heard.links().iter().map(|(_, link)| link.place).collect();
    places.sort_unstable();
    // A path of another repository means nothing here.
    assert_eq!(places, [Place::Commit, Place::CodeComment, Place::Docs]);
}

#[test]
fn what_was_taken_out_before_does_not_stand_out_of_reach() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# The disk story\n");
    repo.commit("Tell it");
    repo.git(&["tag", "start"]);
    repo.write("a.py", "# INC-1 is why\n");
    repo.write("b.py", "# INC-1 is why, too\n");
    repo.commit("Retry");
    repo.git(&["rm", "-q", "b.py"]);
    repo.commit("Tidy");
    let (_, next) = repo.pull(None, Vec::new());
    repo.git(&["reset", "-q", "--hard", "start"]);
    repo.commit("Another");
    let (heard, _) = repo.pull(Some(&next), Vec::new());
    let words = "took back 0 links that history no longer shows; 1 more stands in commits";
    let told = heard.notes.iter().any(|note| note.contains(words));
    assert!(told, "{:?}", heard.notes);
}

#[test]
fn a_merge_can_bring_lines_of_its_own() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("Add");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.py", "# nothing\n");
    repo.commit("Side");
    repo.git(&["checkout", "-q", "main"]);
    repo.clock += DAY;
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    repo.write("a.py", "# nothing but INC-1\n");
    let merged = repo.commit("Merge by hand");
    let (heard, _) = repo.pull(None, Vec::new());
    let links = heard.links();
    assert_eq!(links.len(), 1);
    let commit = &repo.git(&["rev-parse", "HEAD"])[..12];
    assert_eq!(
        links[0].1.stands_in.as_deref(),
        Some(format!("shop@{commit}:a.py#L1").as_str())
    );
    assert_eq!(links[0].0.time, merged);
}

#[test]
fn longer_object_ids_and_addresses_at_a_forge() {
    let mut repo = Fixture {
        folder: tempfile::tempdir().expect("a folder"),
        clock: START,
    };
    repo.git(&["init", "-q", "-b", "trunk", "--object-format=sha256"]);
    repo.write("pm/1 disk.md", "# Disk\n");
    repo.write(
        "a.go",
        "// https://git.example.org/shop/-/blob/v1.2/pm/1%20disk.md?ref_type=tags#L1\n",
    );
    repo.commit("Add");
    let web = "web = \"https://git.example.org/shop\"\nbranch = \"trunk\"";
    let (heard, next) = pull_at(repo.path(), web, None, Vec::new());
    assert_eq!(heard.links().len(), 1);
    assert_eq!(
        heard.writeups()[0].url.as_deref(),
        Some("https://git.example.org/shop/blob/trunk/pm/1%20disk.md")
    );
    repo.write(
        "b.go",
        "// https://git.example.org/shop/raw/trunk/pm/1%20disk.md\n",
    );
    repo.commit("More");
    let (heard, _) = pull_at(repo.path(), web, Some(&next), Vec::new());
    assert_eq!(heard.links().len(), 1);
}

#[test]
fn bots_are_called_bots_once() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("Add");
    for (name, address) in [
        (
            "dependabot",
            "49699333+dependabot[bot]@users.noreply.github.com",
        ),
        ("renovate[bot]", "renovate@example.org"),
        ("Robot", "bot@example.org"),
    ] {
        let (name, address) = (format!("user.name={name}"), format!("user.email={address}"));
        for message in ["Bump for INC-1", "Again for INC-1"] {
            repo.clock += DAY;
            let commit = ["commit", "-q", "--allow-empty", "-m", message];
            let who = ["-c", name.as_str(), "-c", address.as_str()];
            repo.git(&[&who[..], &commit[..]].concat());
        }
    }
    let bots = |heard: &Collected| -> Vec<String> {
        let bots = heard.events.iter().filter_map(|event| match &event.body {
            Body::Person(person) if person.kind == PersonKind::Bot => Some(&person.person.value),
            _ => None,
        });
        bots.cloned().collect()
    };
    let (heard, next) = repo.pull(None, Vec::new());
    let expected = [
        "49699333+dependabot[bot]@users.noreply.github.com",
        "renovate@example.org",
    ];
    assert_eq!(
        (bots(&heard), heard.links().len()),
        (expected.map(str::to_owned).to_vec(), 6)
    );
    repo.clock += DAY;
    let bot = [
        "-c",
        "user.email=x[bot]@example.org",
        "-c",
        "user.name=renovate[bot]",
    ];
    repo.git(&[&bot[..], &["commit", "-q", "--allow-empty", "-m", "INC-1"]].concat());
    let (heard, _) = repo.pull(Some(&next), Vec::new());
    assert_eq!(bots(&heard), ["x[bot]@example.org"]);
}

#[test]
fn a_shallow_clone_that_is_deepened_is_read_again() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.write("a.py", "# INC-1\n");
    let first = repo.commit("One");
    repo.commit("Two");
    let clone = tempfile::tempdir().expect("a folder");
    let target = clone.path().join("clone").display().to_string();
    let source = format!("file://{}", repo.path().display());
    repo.git(&["clone", "-q", "--bare", "--depth", "1", &source, &target]);
    let (heard, next) = pull_at(target.as_ref(), "", None, Vec::new());
    assert_ne!(heard.links()[0].0.time, first);
    repo.git(&["-C", &target, "fetch", "-q", "--unshallow"]);
    let (heard, next) = pull_at(target.as_ref(), "", Some(&next), Vec::new());
    assert!(heard.notes.iter().any(|note| note.contains("beginning")));
    let said: Vec<_> = heard
        .links()
        .iter()
        .map(|(event, link)| (event.time == first, event.subject.clone(), link.removed_at))
        .collect();
    assert!(
        said.contains(&(true, "shop:pm/INC-1.md".to_owned(), None)),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|(_, subject, _)| subject == "shop:retracted"),
        "{said:?}"
    );
    let (heard, _) = pull_at(target.as_ref(), "", Some(&next), Vec::new());
    assert!(heard.events.is_empty());
}

/// Commits that strict readers refuse: each is read, and so is what comes after it.
#[test]
fn malformed_commits_do_not_end_the_walk() {
    for header in [
        "author A a@x 1735700000 +0000\ncommitter A <a@x> 1735700000 +0000",
        "author A <a@x> abc +0000\ncommitter A <a@x> Thu Jan 1 00:00:00 2015 +0000",
        "author A <a@x> 1735700000 +0000\nencoding ISO-8859-1\ncommitter A <a@x> 1735700000 +0000",
        "author A <a@x> 1735700000\ncommitter A <a@x> 1735700000 +0000",
        "author A <a@x>> 18446744073709551615 +0000\ncommitter A <a@x> 18446744073709551615 +0000",
        "committer A <a@x> 1735700000 +0000\nauthor A <a@x> 1735700000 +0000",
    ] {
        let mut repo = Fixture::new();
        repo.write("pm/INC-1.md", "# Disk\n");
        repo.write("a.py", "# INC-1\n");
        repo.commit("One");
        let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
        let parent = repo.git(&["rev-parse", "HEAD"]);
        let text = format!("tree {tree}\nparent {parent}\n{header}\n\nINC-1 odd\n");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let path = file.path().display().to_string();
        let odd = repo.git(&["hash-object", "-t", "commit", "-w", "--literally", &path]);
        repo.git(&["update-ref", "refs/heads/main", &odd]);
        repo.write("b.py", "# INC-1 too\n");
        repo.commit("After INC-1");
        let (heard, next) = repo.pull(None, Vec::new());
        assert_eq!(heard.links().len(), 4, "{header}");
        repo.commit("More INC-1");
        let (heard, _) = repo.pull(Some(&next), Vec::new());
        assert_eq!(heard.links().len(), 1, "{header}");
    }
}

#[test]
fn a_partial_clone_says_what_brings_the_rest() {
    let mut repo = Fixture::new();
    repo.write("pm/INC-1.md", "# Disk\n");
    repo.commit("One");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = tempfile::tempdir().expect("a folder");
    let target = clone.path().join("clone").display().to_string();
    let source = format!("file://{}", repo.path().display());
    repo.git(&[
        "clone",
        "-q",
        "--bare",
        "--filter=blob:none",
        &source,
        &target,
    ]);
    let setting = Setting {
        source: "s".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: Tz::UTC,
        writeups: Vec::new(),
    };
    let params = format!("path = {target:?}\nwriteups = [\"pm/*.md\", \"no/*.md\"]");
    let build = || build(toml::from_str(&params).expect("valid"), &setting).expect("valid");
    let failed = build().pull(None, 0, &mut Collected::default());
    let reason = failed.expect_err("incomplete").to_string();
    assert!(
        reason.contains("git fetch --refetch --no-filter"),
        "{reason}"
    );
    repo.git(&["-C", &target, "fetch", "-q", "--refetch", "--no-filter"]);
    let mut heard = Collected::default();
    build().pull(None, 0, &mut heard).expect("whole");
    assert!(
        heard
            .notes
            .iter()
            .any(|note| note.contains("\"no/*.md\" fits no file"))
    );
}
