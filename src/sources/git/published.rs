//! Published histories, if they are at hand, against what plain git counts in them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::tests::pull_at;

/// A published history, cloned into a folder of its own.
fn history(bundle: &str) -> Option<tempfile::TempDir> {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
        writeln!(std::io::stderr(), "skipped: READBACK_FIXTURES is not set").expect("a terminal");
        return None;
    };
    let bundle = Path::new(&fixtures).join("git_bundles").join(bundle);
    let folder = tempfile::tempdir().expect("a folder");
    let cloned = Command::new("git")
        .args(["clone", "-q", "--bare"])
        .arg(bundle)
        .arg(folder.path())
        .status();
    assert!(cloned.expect("git is installed").success());
    Some(folder)
}

/// The published count is of occurrences of a pattern in files at the tip; ours of links that stand.
/// Every difference has one of three reasons: proposals that the bundle does not hold are not
/// registered; several occurrences in one line are one link; the pattern knows no relative links.
#[test]
fn proposals_cite_each_other() {
    let Some(folder) = history("rust-rfcs.bundle") else {
        return;
    };
    let params = format!(
        "path = {:?}\nname = \"rfcs\"\nwriteups = [\"text/*.md\"]\nweb = \"https://github.com/rust-lang/rfcs\"\n\
         name_pattern = '^0*([0-9]+)-'\nname_aliases = [\"https://github.com/rust-lang/rfcs/pull/{{1}}\"]",
        folder.path().display().to_string()
    );
    let (heard, next) = pull_at(folder.path(), &params, None, Vec::new());
    assert!(
        heard
            .notes
            .iter()
            .any(|note| note.contains("walked 659 commits")),
        "{:?}",
        heard.notes
    );
    let next: serde_json::Value = serde_json::from_str(&next).expect("a checkpoint");
    let number = |path: &str| -> u32 {
        let digits = path
            .trim_start_matches("text/")
            .split('-')
            .next()
            .expect("a first part");
        digits.parse().expect("a number")
    };
    let mut numbers = BTreeMap::new();
    for entry in next["registry"]["entries"].as_array().expect("a list") {
        let path = entry["paths"]
            .as_array()
            .and_then(|paths| paths.last()?.as_str())
            .expect("a path");
        numbers.insert(entry["key"].as_str().expect("a key"), number(path));
    }
    let mut ours: BTreeMap<(String, u32), i64> = BTreeMap::new();
    for (path, links) in next["ledger"]["live"].as_object().expect("a table") {
        for link in links.as_array().expect("a list") {
            let target = numbers[link["target"].as_str().expect("a key")];
            *ours.entry((path.clone(), target)).or_default() += 1;
        }
    }
    let fixtures = std::env::var_os("READBACK_FIXTURES").expect("set, or there were no folder");
    let expected = Path::new(&fixtures).join("EXPECTED/git_rust-rfcs.doc_links.tsv");
    let expected = std::fs::read_to_string(expected).expect("readable");
    let mut theirs: BTreeMap<(String, u32), i64> = BTreeMap::new();
    let mut unregistered = 0;
    for line in expected.lines().skip(1) {
        let [path, target, count] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (target, count): (u32, i64) = (
            target.parse().expect("a number"),
            count.parse().expect("a count"),
        );
        if numbers.values().any(|known| *known == target) {
            *theirs.entry((path.to_owned(), target)).or_default() += count;
        } else {
            unregistered += count;
        }
    }
    assert_eq!((theirs.values().sum::<i64>(), unregistered), (408, 139));
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let difference = |key| ours.get(key).unwrap_or(&0) - theirs.get(key).unwrap_or(&0);
    let differences: Vec<_> = keys
        .into_iter()
        .map(|key| (key.0.as_str(), key.1, difference(key)))
        .filter(|d| d.2 != 0)
        .collect();
    assert_eq!(
        differences,
        [
            ("text/1733-trait-alias.md", 1733, -2), // two lines hold two each
            ("text/1983-nursery-deprecation.md", 1242, 1), // relative, as all below
            ("text/2071-impl-trait-type-alias.md", 2071, 1),
            ("text/2289-associated-type-bounds.md", 2071, 1),
            ("text/2289-associated-type-bounds.md", 2089, 1),
            ("text/2300-self-in-typedefs.md", 1647, 1),
            ("text/2302-tuple-struct-self-ctor.md", 1647, 1),
        ]
    );
}

#[test]
fn incident_pages_are_registered() {
    let Some(folder) = history("jenkins-status.bundle") else {
        return;
    };
    let params = format!(
        "path = {:?}\nname = \"status\"\nwriteups = [\"content/issues/*.md\"]",
        folder.path().display().to_string()
    );
    let (heard, _) = pull_at(folder.path(), &params, None, Vec::new());
    assert!(
        heard
            .notes
            .iter()
            .any(|note| note.contains("walked 675 commits")),
        "{:?}",
        heard.notes
    );
    // What was measured of revisions stands by itself.
    let (writeups, measured): (Vec<_>, Vec<_>) = heard
        .writeups()
        .into_iter()
        .partition(|writeup| writeup.title.is_some());
    assert!(measured.len() % 2 == 0 && measured.iter().all(|one| one.words.is_some()));
    let standing = writeups
        .iter()
        .filter(|writeup| writeup.deleted_at.is_none());
    // As plain git counts: 298 files, one of which is no page, and 7 pages deleted along the branch.
    assert_eq!((writeups.len(), standing.count()), (304, 297));
    assert!(
        writeups
            .iter()
            .all(|writeup| writeup.published_at.is_some())
    );
}
