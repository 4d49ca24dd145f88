//! Small organisations, looked at through the decoder that reads real ones.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{Body, Event};
use crate::sources::events::decode;

fn small() -> Options {
    Options {
        reads: 4_000,
        people: 30,
        teams: 4,
        writeups: 40,
        days: 500,
        ..Options::default()
    }
}

fn lines(options: &Options) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = write(options, &mut bytes).expect("a vector takes everything");
    (bytes, summary)
}

fn events(options: &Options) -> Vec<Event> {
    let (bytes, summary) = lines(options);
    let events: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| decode(line).unwrap_or_else(|faults| panic!("{faults:?}")))
        .collect();
    assert_eq!(events.len() as u64, summary.lines);
    events
}

#[test]
fn the_same_options_give_the_same_bytes() {
    assert_eq!(lines(&small()), lines(&small()));
    assert_ne!(lines(&small()).0, lines(&Options { seed: 2, ..small() }).0);
}

#[test]
fn everything_the_contract_knows_is_in_it() {
    let options = small();
    let events = events(&options);
    let kinds: BTreeSet<_> = events.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds.len(), EventKind::ALL.len());
    let reads = events
        .iter()
        .filter(|event| event.body.kind() == EventKind::Read)
        .count();
    assert!((2_500..6_000).contains(&reads), "{reads} reads");
    assert!(events.iter().any(|event| event.time >= options.as_of()));
    assert!(
        events
            .iter()
            .any(|event| matches!(&event.body, Body::Read(read) if read.bot))
    );
    assert!(
        events
            .iter()
            .any(|event| matches!(&event.body, Body::Read(r) if r.agent.is_some()))
    );
    let gone = |event: &Event| matches!(&event.body, Body::Writeup(w) if w.deleted_at.is_some());
    assert!(events.iter().any(gone));
}

#[test]
fn an_id_names_one_event() {
    let mut seen: BTreeMap<_, Vec<Event>> = BTreeMap::new();
    for event in events(&small()) {
        seen.entry((event.source.clone(), event.id.clone()))
            .or_default()
            .push(event);
    }
    let mut copies = 0;
    for versions in seen.values() {
        for event in versions {
            let same = versions.iter().find(|other| other.version == event.version);
            assert_eq!(same, Some(event), "the same version says the same");
        }
        copies += versions.len() - 1;
    }
    assert!(copies > 20, "{copies} copies and corrections");
}

#[test]
fn a_cut_leaves_nothing_but_its_coverage() {
    let whole = small();
    let from = whole.as_of() - 300 * DAY_MS;
    let cut = Cut {
        from,
        to: from + 60 * DAY_MS,
    };
    let options = Options {
        cut: vec![cut],
        ..whole.clone()
    };
    let inside = |event: &Event| cut.from <= event.time && event.time < cut.to;
    let watched = |event: &Event| Cut::KINDS.contains(&event.body.kind());
    let (with, without) = (events(&options), events(&whole));
    assert!(!with.iter().any(|event| inside(event) && watched(event)));
    assert!(with.iter().any(|event| {
        matches!(&event.body, Body::Coverage(c) if c.from == cut.to && c.kind == EventKind::Read)
    }));
    // What is left is what was there before: a cut changes no chance.
    let rest = |events: &[Event]| {
        let ids = events
            .iter()
            .filter(|event| watched(event) && !inside(event));
        ids.map(|event| (event.source.clone(), event.id.clone()))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(rest(&with), rest(&without));
}

#[test]
fn more_reads_change_no_review() {
    let reviews = |options: &Options| {
        let all = events(options).into_iter();
        all.filter(|event| event.body.kind() == EventKind::Attendance)
            .map(|event| (event.id, event.time))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        reviews(&small()),
        reviews(&Options {
            reads: 100,
            ..small()
        })
    );
}

#[test]
fn nothing_at_all_is_an_organisation_too() {
    let options = Options {
        reads: 0,
        people: 0,
        teams: 0,
        writeups: 0,
        days: 0,
        ..small()
    };
    assert!(lines(&options).1.lines > 0);
}
