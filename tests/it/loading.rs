//! From the spool into the real engine: batches load in order and count once, whatever fails on the
//! way; what can't be loaded is set apart, alone and with its reason.

use std::fs;
use std::time::Duration;

use readback::engine::{self, Endpoint};
use readback::jobs::load::{self, Trouble};
use readback::spool::{Dead, Entry};
use readback::store::Store;
use readback::telemetry::Gauges;

use super::ground::{EAGER, Ground, Loading, NOW, PATIENCE, comment};
use super::unwilling::Unwilling;

#[tokio::test]
async fn a_batch_that_is_loaded_again_counts_once() {
    let Some(loading) = Loading::fresh("loading_again").await else {
        return;
    };
    for name in ["one", "two", "three"] {
        loading.ground.segment(name).await;
    }
    // As if the collector had died between the store's word and the segment's end.
    let kept: Vec<_> = loading
        .ground
        .segments()
        .into_iter()
        .map(|path| (fs::read(&path).expect("bytes"), path))
        .collect();
    assert_eq!(kept.len(), 3);
    loading.loader.rest().await.expect("loaded");
    assert!(loading.ground.segments().is_empty());
    assert_eq!(loading.ground.stored().await, (3, 3, 6));
    let Ground {
        way, spool, folder, ..
    } = loading.ground;
    spool.close().await;
    drop(loading.loader);
    for (bytes, path) in &kept {
        fs::write(path, bytes).expect("a segment");
    }
    let again = Loading::within(way, folder);
    assert_eq!(again.ground.spool.usage().segments, 3);
    again.loader.rest().await.expect("loaded");
    assert_eq!(again.ground.stored().await, (3, 3, 6));
    assert_eq!(again.ground.spool.usage().bytes, 0);
}

#[tokio::test]
async fn what_the_engine_refuses_for_good_is_buried_alone() {
    let Some(loading) = Loading::fresh("loading_refused").await else {
        return;
    };
    loading
        .ground
        .statement("ALTER TABLE landing_comment ADD CONSTRAINT short CHECK words < 100")
        .await;
    for n in 0..10 {
        let words = if n == 3 || n == 7 { 1_000 } else { 3 };
        loading.ground.take(&[comment(&n.to_string(), words)]).await;
    }
    loading.ground.spool.seal().await;
    loading.loader.rest().await.expect("loaded");
    assert_eq!(loading.ground.stored().await, (8, 0, 8));
    let letters = loading.letters();
    assert_eq!(letters.len(), 2);
    for letter in &letters {
        assert_eq!((letter.told.entries, letter.told.at), (1, NOW));
        let reason = &letter.told.reason;
        assert!(reason.contains("VIOLATED_CONSTRAINT"), "{reason}");
        assert!(!reason.contains("author"), "{reason}");
    }

    // Refused again, then taken once the cause is gone; the letter stays until it is removed.
    let refused = loading.again(&letters[0]).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(loading.letters(), letters);
    loading
        .ground
        .statement("ALTER TABLE landing_comment DROP CONSTRAINT short")
        .await;
    for _ in 0..2 {
        let done = loading.again(&letters[0]).await.expect("loaded");
        assert!(done.rows == 1 && done.is_all(), "{done:?}");
    }
    letters[0].remove().expect("removed");
    assert_eq!(loading.ground.stored().await, (9, 0, 9));
    letters[1].remove().expect("removed");
    assert!(loading.letters().is_empty());
}

#[tokio::test]
async fn what_is_no_batch_or_damaged_costs_nothing_else() {
    let Some(loading) = Loading::fresh("loading_damaged").await else {
        return;
    };
    loading.ground.take(&[comment("one", 3)]).await;
    let strange = Entry {
        rows: 1,
        payload: b"\x07 of another program".to_vec(),
        ..Entry::default()
    };
    loading
        .ground
        .spool
        .append(&strange)
        .await
        .expect("appended");
    loading.ground.take(&[comment("two", 3)]).await;
    loading.ground.spool.seal().await;
    loading.ground.take(&[comment("three", 3)]).await;
    loading.ground.take(&[comment("four", 3)]).await;
    loading.ground.spool.seal().await;
    let damaged = &loading.ground.segments()[1];
    let mut bytes = fs::read(damaged).expect("a segment");
    bytes[60] ^= 1;
    fs::write(damaged, bytes).expect("a segment");
    loading.loader.rest().await.expect("loaded");
    assert!(loading.ground.segments().is_empty());
    assert_eq!(loading.ground.stored().await, (3, 0, 3));
    let letters = loading.letters();
    let mut told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.told.entries, letter.told.reason.as_str()))
        .collect();
    told.sort_unstable();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].0, 0);
    assert!(told[0].1.contains("damaged"), "{told:?}");
    assert_eq!(
        told[1],
        (1, "packed in the format Some(7); this program reads 1")
    );
    for letter in &letters {
        let refused = loading.again(letter).await;
        assert!(refused.is_err(), "{refused:?}");
    }
}

/// A letter of good and bad entries: the good ones are loaded, once, and the others stay in it.
#[tokio::test]
async fn a_letter_gives_what_is_good_in_it() {
    let Some(loading) = Loading::fresh("loading_mixed").await else {
        return;
    };
    let ground = &loading.ground;
    let short = "ALTER TABLE landing_comment ADD CONSTRAINT short CHECK words < 100";
    for (n, words) in [3, 1_000, 1_000, 3, 3].into_iter().enumerate() {
        ground.take(&[comment(&n.to_string(), words)]).await;
    }
    ground.spool.seal().await;
    let segment = loading.loader.drain.oldest().expect("a segment");
    let content = segment.read().expect("content");
    let dead = &loading.loader.dead;
    dead.bury(7, content.entries(), "all of it", NOW)
        .expect("buried");
    let letter = || dead.find("0").expect("a letter");
    load::fit(&loading.loader.store, loading.loader.owner)
        .await
        .expect("tables");
    ground.statement(short).await;
    let done = loading.again(&letter()).await.expect("loaded");
    assert_eq!((done.rows, done.refused, done.is_all()), (3, 2, false));
    let reason = done.reason.expect("a reason");
    assert!(reason.contains("VIOLATED_CONSTRAINT"), "{reason}");
    assert_eq!(ground.stored().await, (3, 0, 3));
    let told = letter().told;
    assert_eq!((told.entries, told.at), (2, NOW));
    assert_eq!(told.reason, reason);
    assert!(loading.again(&letter()).await.is_err());

    // The last of its bytes is damaged: the other is loaded, and the letter stays.
    let file = ground
        .folder
        .path()
        .join("dead")
        .join(format!("{:032x}.frames", 7));
    let mut bytes = fs::read(&file).expect("frames");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&file, bytes).expect("frames");
    ground
        .statement("ALTER TABLE landing_comment DROP CONSTRAINT short")
        .await;
    for _ in 0..2 {
        let done = loading.again(&letter()).await.expect("loaded");
        assert_eq!((done.rows, done.refused, done.missing), (1, 0, 1));
        assert!(done.damaged > 0 && !done.is_all(), "{done:?}");
        assert_eq!(ground.stored().await, (4, 0, 4));
    }
    assert_eq!(loading.letters().len(), 1);
}

/// A segment that somebody removed is lost, and what it held may be sent again.
#[tokio::test]
async fn a_segment_that_was_removed_stops_nothing() {
    let Some(loading) = Loading::fresh("loading_removed").await else {
        return;
    };
    let ground = &loading.ground;
    let marked = Entry {
        rows: 1,
        marks: vec![7],
        payload: b"\x07 of another program".to_vec(),
    };
    ground.spool.append(&marked).await.expect("appended");
    ground.spool.seal().await;
    ground.segment("one").await;
    fs::remove_file(&ground.segments()[0]).expect("removed");
    loading.loader.rest().await.expect("loaded");
    assert_eq!(ground.stored().await, (1, 1, 2));
    assert!(!ground.spool.knows(&[7]));
    assert_eq!(ground.spool.usage().bytes, 0);
}

/// What can't be set apart stays in the spool.
#[tokio::test]
async fn a_full_dead_letter_folder_loses_nothing() {
    let Some(mut loading) = Loading::fresh("loading_dead").await else {
        return;
    };
    loading.ground.take(&[comment("one", 3)]).await;
    let strange = Entry {
        rows: 1,
        payload: b"\x07 of another program".to_vec(),
        ..Entry::default()
    };
    let spool = &loading.ground.spool;
    spool.append(&strange).await.expect("appended");
    spool.seal().await;
    let roomy = loading.loader.dead.clone();
    loading.loader.dead = Dead::new(&loading.ground.folder.path().join("dead"), 10);
    for _ in 0..2 {
        let full = loading.loader.rest().await.expect_err("no room");
        assert_eq!(full.words(), "the dead-letter folder is full");
        assert_eq!(loading.ground.segments().len(), 1);
    }
    loading.loader.dead = roomy;
    loading.loader.rest().await.expect("loaded");
    assert_eq!(loading.letters().len(), 1);
    assert_eq!(loading.ground.stored().await, (1, 0, 1));
    // However often it was tried.
    let metrics = loading.loader.metrics.encode(&Gauges::default());
    assert!(
        metrics.contains("readback_dead_letters_buried_total 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_newer_schema_is_waited_for() {
    let Some(loading) = Loading::fresh("loading_newer").await else {
        return;
    };
    loading.ground.segment("one").await;
    loading
        .ground
        .statement("INSERT INTO schema_migration VALUES (9999, '9999_of_tomorrow', 1)")
        .await;
    let mut running = loading.run();
    let known = running.until(|state| state.attempts >= 3).await;
    let words = known.trouble.expect("words");
    assert!(
        words.contains("is at migration 9999, this program knows"),
        "{words}"
    );
    assert_eq!(running.ground.spool.usage().segments, 1);
    let gone = "ALTER TABLE schema_migration DELETE WHERE number = 9999";
    let client = running
        .ground
        .way
        .client
        .clone()
        .with_setting("mutations_sync", "1");
    client.query(gone).execute().await.expect(gone);
    running.emptied().await;
    let loading = running.stop().await;
    assert_eq!(loading.ground.stored().await, (1, 1, 2));
    assert!(loading.letters().is_empty());
}

#[tokio::test]
async fn a_schema_that_went_is_made_again() {
    let Some(loading) = Loading::fresh("loading_older").await else {
        return;
    };
    loading.ground.segment("one").await;
    // The loader has seen that all is well.
    let mut running = loading.run();
    running.emptied().await;
    running
        .ground
        .statement("DROP DATABASE loading_older SYNC")
        .await;
    running.ground.segment("two").await;
    running.emptied().await;
    let loading = running.stop().await;
    assert_eq!(loading.ground.stored().await, (1, 1, 2));
}

#[tokio::test]
async fn somebody_elses_tables_are_left_alone() {
    let Some(mut loading) = Loading::fresh("loading_foreign").await else {
        return;
    };
    loading.ground.segment("one").await;
    let (fingerprint, k) = loading.loader.owner;
    loading
        .loader
        .store
        .claim(fingerprint, k)
        .await
        .expect("an answer")
        .expect("ours");
    for owner in [(fingerprint ^ 1, k), (fingerprint, k + 4)] {
        loading.loader.owner = owner;
        let refused = loading.loader.rest().await.expect_err("refused");
        assert!(matches!(refused, Trouble::Foreign(_)), "{refused}");
        assert_eq!(refused.words(), "the tables belong to another data folder");
    }
    assert_eq!(loading.ground.segments().len(), 1);
    loading.loader.owner = (fingerprint, k);
    loading.loader.rest().await.expect("loaded");
    assert_eq!(loading.ground.stored().await, (1, 1, 2));
}

#[tokio::test]
async fn an_engine_that_is_away_or_stuck_is_tried_again() {
    let Some(mut loading) = Loading::fresh("loading_away").await else {
        return;
    };
    loading.ground.segment("one").await;
    let real = loading.loader.store.clone();
    let socket = loading.ground.folder.path().join("engine.sock");
    let there = Store::new(
        engine::client(&Endpoint::Socket(socket.clone())),
        "loading_away",
    );
    loading.loader.store = there;
    let mut running = loading.run();
    running.troubled("the engine is away").await;
    let mut loading = running.stop().await;

    // It takes connections and never says a word.
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    loading.loader.pace.patience = Duration::from_millis(50);
    let mut running = loading.run();
    running
        .troubled("the engine has not answered for 0 s")
        .await;
    drop(listener);
    let mut loading = running.stop().await;

    loading.loader.pace = EAGER;
    loading.loader.store = real;
    let mut running = loading.run();
    running.emptied().await;
    let loading = running.stop().await;
    assert_eq!(loading.ground.stored().await, (1, 1, 2));
    assert!(loading.letters().is_empty());
}

/// Refusals that are not about the rows, at the very moment of the insert.
#[tokio::test]
async fn what_may_pass_is_never_buried() {
    let Some(mut loading) = Loading::fresh("loading_unwilling").await else {
        return;
    };
    loading.ground.segment("one").await;
    loading.ground.segment("two").await;
    let (unwilling, client) = Unwilling::start().await;
    let real = loading.loader.store.clone();
    loading.loader.store = Store::new(client, "loading_unwilling");
    let mut running = loading.run();
    for (code, name) in [
        (243, "NOT_ENOUGH_SPACE"),
        (164, "READONLY"),
        (241, "MEMORY_LIMIT_EXCEEDED"),
        (252, "TOO_MANY_PARTS"),
        (60, "UNKNOWN_TABLE"),
        (516, "AUTHENTICATION_FAILED"),
        (999, "KEEPER_EXCEPTION"),
    ] {
        unwilling.answer(Some(format!(
            "Code: {code}. DB::Exception: Cannot do it (VIOLATED_CONSTRAINT): later. ({name}) \
             (version 26.7.3.1)"
        )));
        running
            .troubled(&format!("the engine refuses: {name}"))
            .await;
    }
    // A proxy before the engine.
    unwilling.answer(Some("<html><h1>502 Bad Gateway</h1>".to_owned()));
    running.troubled("the engine refuses").await;
    assert_eq!(running.ground.spool.usage().segments, 2);
    unwilling.answer(None);
    running.emptied().await;
    // The first batch was tried until it stood, and only then the second.
    let tables = unwilling.tables();
    let tried = tables.len() - 6;
    assert!(
        tables[..tried].iter().all(|table| table == "landing_read"),
        "{tables:?}"
    );
    let batch = ["landing_read", "landing_comment", "receipt"];
    assert_eq!(tables[tried..], [batch, batch].concat());
    let mut loading = running.stop().await;
    loading.loader.store = real;
    assert_eq!(loading.ground.stored().await, (2, 2, 4));
    assert!(loading.letters().is_empty());
}

/// A column that another program made another is no fault of the rows.
#[tokio::test]
async fn a_table_that_changed_is_no_fault_of_the_rows() {
    let Some(loading) = Loading::fresh("loading_changed").await else {
        return;
    };
    loading.ground.segment("one").await;
    let mut running = loading.run();
    running.emptied().await;
    let text = "ALTER TABLE landing_comment MODIFY COLUMN words Nullable(String)";
    running.ground.statement(text).await;
    running.ground.segment("two").await;
    running.troubled("the engine refuses: INCORRECT_DATA").await;
    assert_eq!(running.ground.segments().len(), 1);
    let number = "ALTER TABLE landing_comment MODIFY COLUMN words Nullable(UInt32)";
    running.ground.statement(number).await;
    running.emptied().await;
    let loading = running.stop().await;
    assert_eq!(loading.ground.stored().await, (2, 2, 4));
    assert!(loading.letters().is_empty());
}

/// The engine's process dies with a batch on its way; the loader does not wait for its next turn.
#[tokio::test]
async fn a_killed_engine_is_loaded_as_soon_as_it_is_back() {
    let Some(library) = super::engine::library() else {
        return;
    };
    let Some(mut loading) = Loading::fresh("loading_killed").await else {
        return;
    };
    let data = tempfile::tempdir().expect("a folder");
    let settings = super::engine::settings(data.path(), &library);
    let engine = engine::Engine::start(settings).await.expect("an engine");
    let client = engine::client(engine.endpoint());
    loading.loader.store = Store::new(client.clone(), "loading_killed");
    loading.loader.engine = Some(engine.state());
    // Nobody would wait for that.
    loading.loader.pace.first_pause = 10 * PATIENCE;
    loading.loader.pace.last_pause = 10 * PATIENCE;
    loading.ground.way.client = client.with_database("loading_killed");
    loading.ground.segment("one").await;
    let mut running = loading.run();
    running.emptied().await;
    let lock = fs::read_to_string(data.path().join("engine/lock")).expect("a lock");
    let pid = lock.trim().strip_prefix("process ").expect("a process");
    let killed = std::process::Command::new("kill")
        .args(["-9", pid])
        .status();
    assert!(killed.expect("kill").success());
    running.ground.segment("two").await;
    running.emptied().await;
    let loading = running.stop().await;
    assert_eq!(loading.ground.stored().await, (2, 2, 4));
    assert_eq!(engine.state().borrow().starts, 2);
    engine.stop().await;
}
