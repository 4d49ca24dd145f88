//! What is found after a crash: ends that were cut off at any byte, bits that flipped, files that
//! only look like ours.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Entry, Recovered, Spool};
use super::{MANUAL, drained, entry, frame, open, payloads, size};

/// The files of segments in their order.
pub(super) fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "seg"))
        .collect();
    paths.sort();
    paths
}

fn some() -> Vec<Entry> {
    let marked = Entry {
        marks: vec![1, 2],
        ..entry(b"with marks")
    };
    // One holds what looks like the beginning of a frame.
    let like = entry(b"RBf1\x04\0\0\0RBf1");
    vec![entry(b"first"), entry(b""), marked, like, entry(&[9; 60])]
}

/// The length of a file of these entries.
fn length(entries: &[Entry]) -> u64 {
    entries.iter().map(size).sum()
}

fn contents(entries: &[Entry]) -> Vec<Vec<u8>> {
    entries.iter().map(|entry| entry.payload.clone()).collect()
}

async fn append(spool: &Spool, entries: &[Entry]) {
    for entry in entries {
        spool.append(entry).await.unwrap();
    }
}

/// A last segment that is cut at every byte: what is whole is there, the rest is gone, and it goes
/// on well behind it.
#[tokio::test]
async fn a_torn_end_is_cut_off_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _drain, _) = open(&folder.path().join("whole"), MANUAL);
    let entries = some();
    append(&spool, &entries).await;
    let path = segments(&folder.path().join("whole")).remove(0);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len() as u64, length(&entries));
    for cut in 0..=bytes.len() {
        let at = folder.path().join(cut.to_string());
        fs::create_dir(&at).unwrap();
        let torn = at.join(path.file_name().unwrap());
        fs::write(&torn, &bytes[..cut]).unwrap();
        // The next one may have been made ahead.
        if cut % 2 == 0 {
            fs::write(at.join(format!("{:012}-{:032x}.seg", 2, cut)), b"").unwrap();
        }
        let whole = (0..=entries.len())
            .rev()
            .find(|n| length(&entries[..*n]) <= cut as u64)
            .unwrap();
        let kept = length(&entries[..whole]);

        let (spool, drain, recovered) = open(&at, MANUAL);
        let expected = Recovered {
            segments: usize::from(whole > 0),
            entries: whole as u64,
            torn: cut as u64 - kept,
            damaged: 0,
        };
        assert_eq!(recovered, expected, "cut at {cut}");
        assert_eq!(spool.usage().bytes, kept);
        assert_eq!(spool.knows(&[2]), whole > 2);
        let left = fs::metadata(&torn).map_or(0, |file| file.len());
        assert_eq!(left, kept);
        spool.append(&entry(b"behind")).await.unwrap();
        spool.close().await;
        drop(drain);

        let (_, drain, recovered) = open(&at, MANUAL);
        assert_eq!((recovered.torn, recovered.damaged), (0, 0));
        let mut all = contents(&entries[..whole]);
        all.push(b"behind".to_vec());
        assert_eq!(drained(&drain), all, "cut at {cut}");
    }
}

/// A bit of a sealed segment, at every byte: the entry that it is in is set apart, the others are
/// there.
#[tokio::test]
async fn a_flipped_bit_costs_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    let entries = some();
    append(&spool, &entries).await;
    spool.seal().await;
    append(&spool, &entries[..1]).await;
    let path = segments(folder.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    let segment = drain.next().await;
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).unwrap();
        let hit = (0..entries.len())
            .rfind(|n| length(&entries[..*n]) <= at as u64)
            .unwrap();
        let content = segment.read().unwrap();
        let mut expected = contents(&entries);
        expected.remove(hit);
        assert_eq!(content.entries().collect::<Vec<_>>(), expected, "at {at}");
        let start = length(&entries[..hit]) as usize;
        let end = start + size(&entries[hit]) as usize;
        let damage: Vec<&[u8]> = content.damage().collect();
        assert_eq!(damage, [&flipped[start..end]], "at {at}");
    }
    // The last one stays, and is found when the spool is opened again.
    spool.close().await;
    drop(drain);
    let (_spool, drain, recovered) = open(folder.path(), MANUAL);
    let expected = Recovered {
        segments: 2,
        entries: entries.len() as u64,
        torn: 0,
        damaged: size(&entries[4]),
    };
    assert_eq!(recovered, expected);
    drain.done(&segment).unwrap();
    assert_eq!(drained(&drain), [b"first"]);
}

/// A bit of the last entry of the last segment: where its head is whole it was not cut off, and it is
/// kept as damage, also where it is all that there is.
#[tokio::test]
async fn a_damaged_end_is_no_torn_end() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(&folder.path().join("whole"), MANUAL);
    let entries = [entry(b"first"), entry(b"last")];
    append(&spool, &entries).await;
    spool.close().await;
    drop(drain);
    let path = segments(&folder.path().join("whole")).remove(0);
    let bytes = fs::read(&path).unwrap();
    let (one, both) = (length(&entries[..1]) as usize, bytes.len());
    let head = frame::framed(0);
    for (name, flipped, length, torn, damaged) in [
        ("body", one + head, both, 0, both - one),
        ("head", one + head - 1, both, both - one, 0),
        ("alone", head, one, 0, one),
        ("torn", one + head, both - 1, both - 1 - one, 0),
    ] {
        let at = folder.path().join(name);
        fs::create_dir(&at).unwrap();
        let mut bytes = bytes[..length].to_vec();
        bytes[flipped] ^= 1;
        fs::write(at.join(path.file_name().unwrap()), &bytes).unwrap();
        let (_spool, drain, recovered) = open(&at, MANUAL);
        let expected = Recovered {
            segments: 1,
            entries: u64::from(name != "alone"),
            torn: torn as u64,
            damaged: damaged as u64,
        };
        assert_eq!(recovered, expected, "{name}");
        let content = drain.next().await.read().unwrap();
        assert_eq!(content.entries().len() as u64, recovered.entries, "{name}");
        let found: usize = content.damage().map(<[u8]>::len).sum();
        assert_eq!(found, damaged, "{name}");
    }
}

/// A crash before the first entry of a segment was written, and one while the marks moved.
#[tokio::test]
async fn an_empty_segment_and_a_torn_mark_are_no_loss() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    append(&spool, &some()).await;
    spool.close().await;
    drop(drain);
    let first = segments(folder.path()).remove(0);
    let empty = folder.path().join(format!("{:012}-{:032x}.seg", 2, 7));
    fs::write(&empty, b"").unwrap();
    // Mark 1, and half of mark 2.
    let mut marks = 1_u128.to_le_bytes().to_vec();
    marks.extend(&2_u128.to_le_bytes()[..8]);
    fs::write(folder.path().join("marks"), &marks).unwrap();

    let (spool, drain, recovered) = open(folder.path(), MANUAL);
    assert_eq!((recovered.segments, recovered.torn), (1, 0));
    assert!(!empty.exists());
    append(&spool, &[entry(b"behind")]).await;
    let files = segments(folder.path());
    assert_eq!(files[0], first);
    assert!(files[1].file_name() > empty.file_name(), "{files:?}");
    spool.seal().await;
    let mut all = contents(&some());
    all.push(b"behind".to_vec());
    assert_eq!(drained(&drain), all);
    spool.close().await;
    drop(drain);
    let (spool, ..) = open(folder.path(), MANUAL);
    assert!(spool.knows(&[1]) && spool.knows(&[2]) && !spool.knows(&[3]));
}

/// Files that are none of ours neither stop the spool nor are touched.
#[tokio::test]
async fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["x.seg", "7-abc.seg", "+00000000001-00.seg", "notes.txt"];
    for name in names {
        fs::write(folder.path().join(name), b"of somebody else").unwrap();
    }
    fs::create_dir(folder.path().join("9.seg")).unwrap();
    let (spool, drain, recovered) = open(folder.path(), MANUAL);
    assert_eq!(recovered, Recovered::default());
    append(&spool, &some()).await;
    spool.seal().await;
    assert_eq!(payloads(&drain.next().await), contents(&some()));
    for name in names {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        assert_eq!(bytes, b"of somebody else");
    }
}
