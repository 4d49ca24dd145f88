//! The spool from outside: what is acknowledged, in which order it comes out, and what happens when
//! it is full, closed, dropped, or the disk refuses.

mod crash;
mod dead;
mod model;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::{AppendError, Drain, Entry, Limits, Recovered, Segment, Spool, SpoolError, frame};

/// Seals only what it is told to.
const MANUAL: Limits = Limits {
    bytes: 1 << 20,
    seal_bytes: u64::MAX,
    seal_rows: u64::MAX,
    seal_after: Duration::MAX,
};

fn entry(payload: &[u8]) -> Entry {
    Entry {
        rows: 1,
        marks: Vec::new(),
        payload: payload.to_vec(),
    }
}

/// Bytes that an entry takes on the disk.
fn size(entry: &Entry) -> u64 {
    frame::framed(frame::length(entry.marks.len(), entry.payload.len())) as u64
}

/// Opens a spool whose last user has let go of it, or is about to on another thread.
fn open(folder: &Path, limits: Limits) -> (Spool, Drain, Recovered) {
    for _ in 0..1_000_000 {
        match Spool::open(folder, limits) {
            Err(SpoolError::Taken { .. }) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("the lock is never let go");
}

/// All payloads of a segment that has no damage.
fn payloads(segment: &Segment) -> Vec<Vec<u8>> {
    let content = segment.read().unwrap();
    assert_eq!(content.damage().count(), 0);
    content.entries().map(<[u8]>::to_vec).collect()
}

/// Takes out all that is sealed.
fn drained(drain: &Drain) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(segment) = drain.oldest() {
        all.extend(payloads(&segment));
        drain.done(&segment).unwrap();
    }
    all
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let one = entry(&[7; 75]);
    let limits = Limits {
        bytes: 2 * size(&one) + 10,
        ..MANUAL
    };
    let (spool, drain, _) = open(folder.path(), limits);
    spool.append(&one).await.unwrap();
    spool.append(&one).await.unwrap();
    let full = AppendError::Full {
        used: 2 * size(&one),
        limit: limits.bytes,
    };
    assert!(spool.usage().takes());
    // At once: it needs nothing of the writer.
    assert_eq!(
        spool.append(&one).now_or_never(),
        Some(Err(full.clone())),
        "{full}"
    );
    // Though some bytes are left.
    assert!(!spool.usage().takes());
    spool.seal().await;
    assert_eq!(spool.append(&one).await, Err(full));
    let segment = drain.next().await;
    drain.done(&segment).unwrap();
    assert_eq!(spool.usage().bytes, 0);
    assert!(spool.usage().takes());
    // What never fits says so, and keeps nobody out.
    let never = AppendError::NeverFits {
        size: size(&entry(&[7; 300])),
        limit: limits.bytes,
    };
    assert_eq!(spool.append(&entry(&[7; 300])).await, Err(never));
    assert!(spool.usage().takes());
    // Twice gives no room twice.
    spool.append(&one).await.unwrap();
    drain.done(&segment).unwrap();
    assert_eq!(spool.usage().bytes, size(&one));
}

/// One long entry that found no room keeps nobody out for ever.
#[tokio::test]
async fn what_found_no_room_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    let long = entry(&vec![7; 900_000]);
    let refused = async || spool.append(&long).await.unwrap_err();
    spool.append(&entry(&[7; 600_000])).await.unwrap();
    refused().await;
    assert_eq!(spool.usage().refused, size(&long));
    // A shorter one tells nothing about it.
    spool.append(&entry(b"one")).await.unwrap();
    assert!(!spool.usage().takes());
    spool.seal().await;
    drained(&drain);
    assert_eq!(spool.usage().refused, 0);
    spool.append(&entry(&[7; 200_000])).await.unwrap();
    refused().await;
    spool.seal().await;
    let first = drain.next().await;
    spool.append(&entry(b"one")).await.unwrap();
    drain.done(&first).unwrap();
    assert_eq!(spool.usage().refused, size(&long));
    spool.append(&long).await.unwrap();
    assert_eq!(spool.usage().refused, 0);
    assert!(spool.usage().takes());
}

/// A sealed segment that somebody removed: what it held may be sent again, and it takes no room.
#[tokio::test]
async fn what_is_lost_may_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    for (mark, payload) in [(1, b"one"), (2, b"two")] {
        let marked = Entry {
            marks: vec![mark],
            ..entry(payload)
        };
        spool.append(&marked).await.unwrap();
        spool.seal().await;
    }
    let done = drain.next().await;
    drain.done(&done).unwrap();
    let segment = drain.next().await;
    fs::remove_file(crash::segments(folder.path()).remove(0)).unwrap();
    drain.lost(&segment);
    assert!(drain.oldest().is_none());
    assert_eq!((spool.usage().bytes, spool.usage().segments), (0, 0));
    assert!(!spool.knows(&[2]));
    // It was done, and the file went with that.
    drain.lost(&done);
    assert!(spool.knows(&[1]));
}

#[tokio::test]
async fn what_is_too_long_or_has_too_many_marks_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        bytes: u64::MAX,
        ..MANUAL
    };
    let (spool, _drain, _) = open(folder.path(), limits);
    let long = Entry {
        payload: vec![0; frame::MAX_BODY],
        ..Entry::default()
    };
    let length = frame::MAX_BODY + 5;
    assert_eq!(spool.append(&long).await, Err(AppendError::TooLong(length)));
    let mut marked = Entry {
        marks: (0..256).collect(),
        ..Entry::default()
    };
    let refused = AppendError::TooManyMarks(256);
    assert!(refused.to_string().contains("at most 255"), "{refused}");
    assert_eq!(spool.append(&marked).await, Err(refused));
    assert!(!spool.knows(&marked.marks));
    assert_eq!(spool.usage().bytes, 0);
    marked.marks.pop();
    spool.append(&marked).await.unwrap();
    assert!(marked.marks.iter().all(|mark| spool.knows(&[*mark])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_share_commits_and_each_is_there_once() {
    const TASKS: u32 = 32;
    const EACH: u32 = 8;
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        seal_bytes: 2000,
        ..MANUAL
    };
    let (spool, drain, _) = open(folder.path(), limits);
    let tasks = (0..TASKS).map(|task| {
        let spool = spool.clone();
        tokio::spawn(async move {
            // Some of a task's entries wait at the same time, too.
            let numbers = (0..EACH).map(|n| (task * EACH + n).to_le_bytes());
            let entries: Vec<Entry> = numbers.map(|number| entry(&number)).collect();
            let (one, others) = entries.split_at(1);
            spool.append(&one[0]).await.unwrap();
            let others = join_all(others.iter().map(|entry| spool.append(entry))).await;
            assert!(others.iter().all(Result::is_ok));
        })
    });
    for task in join_all(tasks.collect::<Vec<_>>()).await {
        task.unwrap();
    }
    let commits = spool.usage().commits;
    assert!(commits < u64::from(TASKS * EACH), "{commits} commits");
    spool.seal().await;
    assert!(spool.usage().segments > 1);
    let all = drained(&drain);
    assert_eq!(all.len(), (TASKS * EACH) as usize);
    let each: BTreeSet<Vec<u8>> = all.into_iter().collect();
    assert_eq!(each.len(), (TASKS * EACH) as usize);
    assert_eq!(spool.usage().bytes, 0);
}

/// A segment that is filled by half has its successor made, which takes what comes next; one that nothing
/// came into goes.
#[tokio::test]
async fn the_next_segment_is_made_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        seal_rows: 4,
        ..MANUAL
    };
    let one = Entry {
        rows: 1,
        ..entry(b"one")
    };
    let (spool, drain, _) = open(folder.path(), limits);
    spool.append(&one).await.unwrap();
    assert_eq!(crash::segments(folder.path()).len(), 1);
    for _ in 0..4 {
        spool.append(&one).await.unwrap();
    }
    // The fourth filled the first; the fifth stands in the second, whose making was waited for.
    let files = crash::segments(folder.path());
    let lengths: Vec<u64> = files
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .collect();
    assert_eq!(lengths, [4 * size(&one), size(&one)]);
    spool.append(&one).await.unwrap();
    spool.close().await;
    assert_eq!(crash::segments(folder.path()), files);
    assert_eq!(drained(&drain).len(), 6);
    assert_eq!(spool.usage().bytes, 0);
}

#[tokio::test]
async fn a_segment_is_sealed_when_it_is_large_or_old_or_wanted() {
    let one = Entry {
        rows: 2,
        ..entry(b"one")
    };
    let by_rows = Limits {
        seal_rows: 3,
        ..MANUAL
    };
    let by_bytes = Limits {
        seal_bytes: size(&one) + 1,
        ..MANUAL
    };
    let by_age = Limits {
        seal_after: Duration::ZERO,
        ..MANUAL
    };
    for (limits, needs) in [(by_rows, 2_usize), (by_bytes, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let (spool, drain, _) = open(folder.path(), limits);
        for n in 1..=2 * needs {
            spool.append(&one).await.unwrap();
            assert_eq!(spool.usage().segments, n.div_ceil(needs), "{limits:?}");
        }
        let segment = drain.oldest().unwrap();
        assert_eq!(segment.rows, 2 * needs as u64);
        assert_eq!(segment.bytes, size(&one) * needs as u64);
        assert_eq!(payloads(&segment), vec![b"one"; needs]);
    }

    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), by_age);
    spool.append(&one).await.unwrap();
    let segment = drain.oldest().unwrap();
    // As long as one waits, the next may grow.
    spool.append(&one).await.unwrap();
    spool.append(&one).await.unwrap();
    assert_eq!(spool.usage().segments, 2);
    drain.done(&segment).unwrap();
    assert_eq!(payloads(&drain.next().await), [b"one", b"one"]);

    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    spool.seal().await;
    for _ in 0..50 {
        spool.append(&one).await.unwrap();
    }
    assert!(drain.oldest().is_none());
    spool.seal().await;
    spool.seal().await;
    assert_eq!(spool.usage().segments, 1);
    let id = drain.oldest().map(|segment| segment.id());
    // The same one until it is done.
    assert_eq!(Some(drain.next().await.id()), id);
    assert_eq!(drained(&drain).len(), 50);
}

/// Nobody brings anything: the writer seals by itself.
#[tokio::test]
async fn what_is_old_is_sealed_while_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        seal_after: Duration::from_millis(1),
        ..MANUAL
    };
    let (spool, drain, _) = open(folder.path(), limits);
    let (segment, appended) =
        tokio::join!(drain.next(), async { spool.append(&entry(b"one")).await });
    appended.unwrap();
    assert_eq!(payloads(&segment), [b"one"]);
}

#[tokio::test]
async fn a_closed_spool_takes_nothing_and_keeps_all() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    let one = entry(b"one");
    // All are asked for before the writer has done the first.
    let (appended, (), (), ()) = tokio::join!(
        spool.append(&one),
        spool.close(),
        spool.seal(),
        spool.close()
    );
    appended.unwrap();
    assert_eq!(spool.append(&one).await, Err(AppendError::Closed));
    spool.close().await;
    spool.seal().await;
    assert_eq!(spool.usage().bytes, size(&one));
    let segment = drain.oldest().unwrap();
    assert_eq!(payloads(&segment), [b"one"]);
    // What was taken out can be finished, and only then the folder is free.
    assert!(matches!(
        Spool::open(folder.path(), MANUAL),
        Err(SpoolError::Taken { .. })
    ));
    drain.done(&segment).unwrap();
    drop(drain);
    let (again, drain, recovered) = Spool::open(folder.path(), MANUAL).unwrap();
    assert_eq!(recovered, Recovered::default());
    assert!(drain.oldest().is_none());
    again.append(&one).await.unwrap();
}

#[tokio::test]
async fn a_folder_has_one_spool() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/yet/there");
    let (spool, drain, _) = open(&path, MANUAL);
    let Err(error) = Spool::open(&path, MANUAL) else {
        panic!("opened twice");
    };
    assert!(matches!(error, SpoolError::Taken { .. }), "{error}");
    assert!(error.to_string().contains("not/yet/there"), "{error}");
    assert_eq!(drain.folder(), path);
    spool.append(&entry(b"one")).await.unwrap();
}

/// The last handle ends the writer, which seals what it has; with the exit the lock is free.
#[tokio::test]
async fn a_dropped_spool_is_sealed_and_can_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    let other = spool.clone();
    spool.append(&entry(b"one")).await.unwrap();
    drop(spool);
    other.append(&entry(b"two")).await.unwrap();
    drop(other);
    let segment = drain.next().await;
    assert_eq!(payloads(&segment), [b"one", b"two"]);
    drop(drain);
    let (spool, drain, recovered) = open(folder.path(), MANUAL);
    let expected = Recovered {
        segments: 1,
        entries: 2,
        ..Recovered::default()
    };
    assert_eq!(recovered, expected);
    assert_eq!(drain.next().await.id(), segment.id());
    assert_eq!(spool.usage().bytes, segment.bytes);
}

#[tokio::test]
async fn a_disk_that_refuses_is_told_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let (spool, drain, _) = open(&path, MANUAL);
    let one = Entry {
        marks: vec![1],
        ..entry(b"one")
    };
    fs::remove_dir_all(&path).unwrap();
    for _ in 0..2 {
        let refused = spool.append(&one).await;
        assert!(matches!(refused, Err(AppendError::Disk(_))), "{refused:?}");
        let usage = spool.usage();
        assert_eq!(usage.bytes, 0);
        assert!(usage.failing.is_some() && !usage.takes());
        assert!(!spool.knows(&[1]));
    }
    fs::create_dir(&path).unwrap();
    spool.append(&one).await.unwrap();
    assert!(spool.knows(&[1]));
    let usage = spool.usage();
    assert_eq!((usage.bytes, &usage.failing), (size(&one), &None));
    assert!(usage.takes());
    spool.seal().await;
    assert_eq!(drained(&drain), [b"one"]);
}

/// A file without a name can still be written to: nothing is said to stand in it.
#[tokio::test]
async fn nothing_goes_into_a_segment_that_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let (spool, drain, _) = open(&path, MANUAL);
    let one = Entry {
        marks: vec![1],
        ..entry(b"one")
    };
    spool.append(&one).await.unwrap();
    fs::remove_dir_all(&path).unwrap();
    let refused = spool.append(&entry(b"two")).await;
    assert!(matches!(refused, Err(AppendError::Disk(_))), "{refused:?}");
    assert_eq!(spool.usage().bytes, 0);
    // It may be sent again.
    assert!(!spool.knows(&[1]));
    fs::create_dir(&path).unwrap();
    spool.append(&one).await.unwrap();
    for file in crash::segments(&path) {
        fs::remove_file(file).unwrap();
    }
    spool.seal().await;
    assert_eq!(spool.usage().segments, 0);
    spool.append(&one).await.unwrap();
    spool.seal().await;
    assert_eq!(drained(&drain), [b"one"]);
}

/// Whoever goes away in the middle leaves an entry or none, and never stops the queue.
#[tokio::test]
async fn those_who_go_away_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    for n in 0..20_u8 {
        // Asked for, and dropped at once.
        let _ = spool.append(&entry(&[n])).now_or_never();
        let _ = spool.seal().now_or_never();
        // Never asked for.
        drop(spool.append(&entry(b"never")));
    }
    let panicking = spool.clone();
    let panicked = tokio::spawn(async move {
        panicking.append(&entry(b"panic")).await.unwrap();
        panic!("on purpose");
    });
    assert!(panicked.await.is_err());
    spool.append(&entry(b"last")).await.unwrap();
    spool.seal().await;
    let waiting: u64 = spool.usage().bytes;
    let all = drained(&drain);
    let expected = (0..20_u8).map(|n| vec![n]);
    let expected: Vec<Vec<u8>> = expected
        .chain([b"panic".to_vec(), b"last".to_vec()])
        .collect();
    assert_eq!(all, expected);
    let sizes = all.iter().map(|payload| size(&entry(payload)));
    assert_eq!(waiting, sizes.sum::<u64>());
    assert_eq!(spool.usage().bytes, 0);
}

#[tokio::test]
async fn the_exit_waits_for_the_next_segment() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, drain, _) = open(folder.path(), MANUAL);
    assert!(drain.next().now_or_never().is_none());
    for n in 0..10_u8 {
        let (segment, ()) = tokio::join!(drain.next(), async {
            spool.append(&entry(&[n])).await.unwrap();
            spool.seal().await;
        });
        assert_eq!(payloads(&segment), [[n]]);
        drain.done(&segment).unwrap();
    }
}
