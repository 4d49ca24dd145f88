//! Small organisations. That real decoders take every line is tested in `tests/it/simulated.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::model::parse_rfc3339;

/// One line.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    source: String,
    id: String,
    subject: String,
    version: u64,
    /// 0 where the event states none.
    time: Millis,
    kind: EventKind,
    data: Value,
}

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

fn events(options: &Options) -> Vec<Seen> {
    let (bytes, summary) = lines(options);
    let events: Vec<_> = serde_json::Deserializer::from_slice(&bytes)
        .into_iter::<Value>()
        .map(|line| seen(&line.expect("JSON")))
        .collect();
    assert_eq!(events.len() as u64, summary.lines);
    events
}

fn seen(line: &Value) -> Seen {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let kind = text("type");
    let kind = kind
        .strip_prefix("org.readback.")
        .and_then(|kind| kind.strip_suffix(".v1"));
    Seen {
        source: text("source"),
        id: text("id"),
        subject: text("subject"),
        version: line["data"]["version"].as_u64().unwrap_or(0),
        time: parse_rfc3339(&text("time")).unwrap_or(0),
        kind: kind
            .and_then(EventKind::from_name)
            .expect("a kind of the contract"),
        data: line["data"].clone(),
    }
}

#[test]
fn the_same_options_give_the_same_bytes() {
    assert_eq!(lines(&small()), lines(&small()));
    assert_ne!(lines(&small()).0, lines(&Options { seed: 3, ..small() }).0);
}

#[test]
fn everything_the_contract_knows_is_in_it() {
    let options = small();
    let events = events(&options);
    let kinds: BTreeSet<_> = events.iter().map(|event| event.kind).collect();
    let by_hand = [EventKind::Meeting, EventKind::Story];
    let from_systems = EventKind::ALL
        .into_iter()
        .filter(|kind| !by_hand.contains(kind));
    assert_eq!(kinds, from_systems.collect());
    let reads = events
        .iter()
        .filter(|event| event.kind == EventKind::Read)
        .count();
    assert!((2_500..6_000).contains(&reads), "{reads} reads");
    assert!(events.iter().any(|event| event.time >= options.as_of()));
    for field in [
        "bot",
        "agent",
        "deleted_at",
        "removed_at",
        "present_s",
        "parent",
        "uniques",
    ] {
        assert!(
            events.iter().any(|event| !event.data[field].is_null()),
            "{field}"
        );
    }
}

#[test]
fn an_id_names_one_event() {
    let mut seen: BTreeMap<_, Vec<Seen>> = BTreeMap::new();
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
    let inside = |event: &Seen| cut.from <= event.time && event.time < cut.to;
    let watched = |event: &Seen| Cut::KINDS.contains(&event.kind);
    let (with, without) = (events(&options), events(&whole));
    assert!(!with.iter().any(|event| inside(event) && watched(event)));
    assert!(with.iter().any(|event| {
        event.kind == EventKind::Coverage
            && event.data["kind"] == "read"
            && event.data["from"].as_str().and_then(parse_rfc3339) == Some(cut.to)
    }));
    // What is left is what was there before: a cut changes no chance.
    let rest = |events: &[Seen]| {
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
        all.filter(|event| event.kind == EventKind::Attendance)
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
fn reviews_are_held_when_people_work() {
    let options = small();
    let calendar = options.calendar();
    for review in events(&options)
        .into_iter()
        .filter(|event| event.kind == EventKind::Attendance)
    {
        let date = calendar.date(review.time);
        assert!(calendar.is_working_day(date), "{date}");
        let hour = (review.time - calendar.midnight(date)) / 3_600_000;
        assert!((9..17).contains(&hour), "{date} {hour}");
    }
}

/// A transcript is there of a whole review or not at all, and some of those who came add to the write-up.
#[test]
fn people_speak_at_reviews_and_add_to_the_write_up() {
    let events = events(&small());
    let mut spoken: BTreeMap<String, bool> = BTreeMap::new();
    let mut came: BTreeMap<(String, String), Millis> = BTreeMap::new();
    let attendance = |event: &&Seen| event.kind == EventKind::Attendance && event.source == "meet";
    for event in events.iter().filter(attendance) {
        let meeting = event.data["meeting"]
            .as_str()
            .expect("a meeting")
            .to_owned();
        *spoken.entry(meeting).or_default() |= !event.data["spoke_s"].is_null();
        if let Some(person) = event.data["person"].as_str() {
            came.insert((event.subject.clone(), person.to_owned()), event.time);
        }
    }
    let transcripts = spoken.values().filter(|spoken| **spoken).count();
    let some = spoken.len() / 4..spoken.len();
    assert!(
        some.contains(&transcripts),
        "{transcripts} of {}",
        spoken.len()
    );
    let pages: BTreeMap<&str, &str> = events
        .iter()
        .filter(|event| event.kind == EventKind::Writeup)
        .filter_map(|event| Some((event.data["url"].as_str()?, event.subject.as_str())))
        .collect();
    let added = events.iter().filter(|event| {
        let person = event.data["person"].as_str().unwrap_or_default();
        let page = pages.get(event.subject.as_str()).unwrap_or(&"");
        let review = came.get(&((*page).to_owned(), person.to_owned()));
        let made = matches!(event.kind, EventKind::Comment | EventKind::Edit);
        made && review.is_some_and(|at| *at < event.time && event.time - at < 14 * DAY_MS)
    });
    let (added, all) = (added.count(), came.len());
    assert!(added * 20 > all && added * 2 < all, "{added} by {all}");
}

#[test]
fn a_link_is_no_older_than_the_write_up_it_stands_in() {
    let events = events(&small());
    let published: BTreeMap<String, Millis> = events
        .iter()
        .filter(|event| event.kind == EventKind::Writeup)
        .filter_map(|event| {
            let at = parse_rfc3339(event.data["published_at"].as_str()?)?;
            Some((event.data["url"].as_str()?.to_owned(), at))
        })
        .collect();
    let mut found = 0;
    for link in &events {
        let source = link.data["source"].as_str();
        let Some(at) = source.and_then(|source| published.get(source)) else {
            continue;
        };
        assert!(link.time >= *at, "{link:?}");
        found += 1;
    }
    assert!(found > 10, "{found} links");
}

#[test]
fn a_write_up_is_not_read_by_everybody() {
    let options = Options {
        people: 100,
        reads: 20_000,
        ..small()
    };
    let mut readers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Each has other names too: pages an id and an alias, people an account.
    for event in events(&options) {
        let person = event.data["person"].as_str().unwrap_or_default();
        let named = event.subject.contains("/incidents/") && person.contains('@');
        if event.kind == EventKind::Read && named {
            let all = readers.entry(event.subject).or_default();
            all.insert(person.to_owned());
        }
    }
    let mut counts: Vec<usize> = readers.values().map(BTreeSet::len).collect();
    counts.sort_unstable();
    let median = counts[counts.len() / 2];
    assert!((25..70).contains(&median), "{median} of about 100");
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
