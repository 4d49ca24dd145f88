//! Dead letters: buried, listed, found, read, removed.

use std::fs;
use std::path::Path;

use super::super::{Dead, DeadError, Letter};

const FIRST: u128 = 0xabc0_0000_0000_0000_0000_0000_0000_0001;
const SECOND: u128 = 0xabd0_0000_0000_0000_0000_0000_0000_0002;

fn bury(dead: &Dead, batch: u128, payloads: &[&[u8]], at: i64) -> Result<(), DeadError> {
    dead.bury(batch, payloads.iter().copied(), "type mismatch", at)
}

fn read(letter: &Letter) -> Vec<Vec<u8>> {
    let content = letter.read().unwrap();
    assert_eq!(content.damage().count(), 0);
    content.entries().map(<[u8]>::to_vec).collect()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn letters_are_listed_in_order_and_give_back_what_was_buried() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dead");
    let dead = Dead::new(&path, 1 << 20);
    assert!(dead.letters().unwrap().is_empty());
    assert_eq!((dead.bytes().unwrap(), dead.count().unwrap()), (0, 0));
    bury(&dead, SECOND, &[b"two", b"", b"RBf1"], 5).unwrap();
    bury(&dead, FIRST, &[b"one"], 7).unwrap();
    let letters = dead.letters().unwrap();
    let batches: Vec<u128> = letters.iter().map(|letter| letter.batch).collect();
    assert_eq!(batches, [SECOND, FIRST]);
    assert_eq!(read(&letters[0]), [b"two".as_slice(), b"", b"RBf1"]);
    assert_eq!(read(&letters[1]), [b"one"]);
    let told = &letters[0].told;
    assert_eq!(
        (told.reason.as_str(), told.entries, told.at),
        ("type mismatch", 3, 5)
    );
    let bytes: u64 = letters.iter().map(|letter| letter.told.bytes).sum();
    assert_eq!(dead.bytes().unwrap(), bytes);
    for letter in letters {
        letter.remove().unwrap();
        // Twice is no error: it is gone.
        letter.remove().unwrap();
        assert!(matches!(letter.read(), Err(DeadError::Io { .. })));
    }
    assert!(is_empty(&path));
}

#[test]
fn a_letter_is_found_by_the_beginning_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let dead = Dead::new(folder.path(), 1 << 20);
    let unknown = |name: &str| match dead.find(name) {
        Err(error @ DeadError::Unknown { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(unknown("abc").contains("there are none"));
    bury(&dead, FIRST, &[b"one"], 1).unwrap();
    bury(&dead, SECOND, &[b"two"], 2).unwrap();
    assert_eq!(dead.find("abc").unwrap().batch, FIRST);
    assert_eq!(dead.find(" ABD\n").unwrap().batch, SECOND);
    let name = dead.find("abd").unwrap().name();
    assert_eq!(dead.find(&name).unwrap().batch, SECOND);
    let several = unknown("ab");
    assert!(several.contains("several begin like this"), "{several}");
    for wanted in ["", " ", "1", "abc1"] {
        let words = unknown(wanted);
        assert!(
            words.contains("there are ") && words.contains(&name),
            "{words}"
        );
    }
}

#[test]
fn burying_again_replaces_and_needs_no_other_room() {
    let folder = tempfile::tempdir().unwrap();
    let dead = Dead::new(folder.path(), 100);
    bury(&dead, FIRST, &[&[1; 50]], 1).unwrap();
    bury(&dead, FIRST, &[&[2; 60]], 2).unwrap();
    let letters = dead.letters().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(read(&letters[0]), [[2; 60]]);
    assert_eq!((letters[0].told.at, letters[0].told.bytes), (2, 85));
    assert_eq!(dead.bytes().unwrap(), 85);
    let full = bury(&dead, SECOND, &[b""], 3).unwrap_err();
    assert!(
        matches!(
            full,
            DeadError::Full {
                used: 85,
                limit: 100,
                ..
            }
        ),
        "{full}"
    );
    assert!(full.to_string().contains("readback dead list"), "{full}");
    assert_eq!(dead.letters().unwrap(), letters);
    letters[0].remove().unwrap();
    bury(&dead, SECOND, &[b""], 3).unwrap();
}

/// What a batch lost and what of it was refused are kept both.
#[test]
fn damage_lies_beside_the_entries_of_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let dead = Dead::new(folder.path(), 1 << 20);
    bury(&dead, FIRST, &[b"one"], 1).unwrap();
    dead.bury_damage(FIRST, b"RBf1 no frame", "damaged", 1)
        .unwrap();
    let letters = dead.letters().unwrap();
    assert_eq!((letters.len(), dead.count().unwrap()), (2, 2));
    assert!(letters.iter().all(|letter| letter.batch == FIRST));
    let found = dead.find(&letters[0].name()).unwrap();
    assert_eq!(read(&found), [b"one"]);
    let damaged = dead.find(&letters[1].name()).unwrap();
    let content = damaged.read().unwrap();
    assert_eq!(content.entries().len(), 0);
    assert_eq!(content.damage().collect::<Vec<_>>(), [b"RBf1 no frame"]);
    assert_eq!(damaged.told.entries, 0);
    found.remove().unwrap();
    assert_eq!(dead.letters().unwrap(), [damaged]);
}

/// A note that nobody can read stops neither the list nor the next burial.
#[test]
fn an_unreadable_note_is_listed_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dead = Dead::new(folder.path(), 1 << 20);
    bury(&dead, FIRST, &[b"one"], 1).unwrap();
    let note = folder.path().join(format!("{FIRST:032x}.json"));
    fs::write(&note, b"{\"reason\": 7").unwrap();
    fs::write(folder.path().join("notes.json"), b"of somebody else").unwrap();
    fs::write(folder.path().join("readme.txt"), b"of somebody else").unwrap();
    let upper = format!("{FIRST:032X}.json");
    for name in ["ab.json", "ab-damage.json", "+abc.json", upper.as_str()] {
        fs::write(folder.path().join(name), b"{}").unwrap();
    }
    bury(&dead, SECOND, &[b"two"], 2).unwrap();
    let letters = dead.letters().unwrap();
    assert_eq!((letters.len(), dead.count().unwrap()), (2, 2));
    assert!(letters[0].told.reason.contains("can't be read"));
    assert_eq!(letters[0].told.bytes, 28);
    assert_eq!(read(&letters[0]), [b"one"]);
    letters[0].remove().unwrap();
    assert_eq!(dead.letters().unwrap().len(), 1);
}

#[test]
fn a_folder_that_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dead");
    fs::write(&path, b"a file").unwrap();
    let dead = Dead::new(&path, 1 << 20);
    let error = bury(&dead, FIRST, &[b"one"], 1).unwrap_err();
    assert!(matches!(error, DeadError::Io { .. }), "{error}");
    assert!(error.to_string().contains("dead"), "{error}");
}
