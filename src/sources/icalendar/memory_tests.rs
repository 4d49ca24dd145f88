//! What is asked again and again ends where the last answer alone would lead.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::doubt::Doubt;
use super::memory::{Memory, Telling, window};
use super::reading::Reading;
use super::tests::{calendar, event, setting};
use super::*;
use crate::model::{RETRACTED, parse_rfc3339, to_rfc3339};
use crate::sources::collected::Collected;

const BOUNDS: &str = "from = '2025-01-01T00:00:00Z'\nto = '2025-07-01T00:00:00Z'\nkey = 'INC-\\d+'";
/// In the midst of it.
const NOW: &str = "2025-04-01T00:00:00Z";

/// A source that pulls, and what its events amount to.
struct Pulled {
    reading: Reading,
    checkpoint: String,
    /// The newest version of each event.
    newest: BTreeMap<String, Event>,
}

impl Pulled {
    fn new(params: &str) -> Pulled {
        let params: Params = toml::from_str(params).unwrap();
        Pulled {
            reading: params.reading(&setting()).unwrap(),
            checkpoint: serde_json::to_string(&Memory::default()).unwrap(),
            newest: BTreeMap::new(),
        }
    }

    /// Pulls a calendar, and says how many events that made.
    fn pull(&mut self, bytes: &[u8], now: Millis) -> usize {
        let mut memory: Memory = serde_json::from_str(&self.checkpoint).unwrap();
        let window = window(&self.reading, now);
        let mut telling = Telling::new(&mut memory, &setting(), "secret", (now, window));
        let mut heard = Collected::default();
        let mut take = |plan: Plan, sink: &mut dyn Sink| telling.tell(plan, sink);
        let read = self
            .reading
            .read(("feed", bytes), true, window, &mut take, &mut heard);
        let (held, mut doubt) = (read.unwrap(), Doubt::default());
        // Whatever is not believed at once is believed the second time.
        if telling
            .missing_of_all(&held, &mut doubt, &mut heard)
            .is_err()
        {
            let again = telling.missing_of_all(&held, &mut doubt, &mut heard);
            assert_eq!(again, Ok(()));
        }
        self.checkpoint = serde_json::to_string(&memory).unwrap();
        for name in ["@", "example", "zoe", "uid"] {
            assert!(!self.checkpoint.contains(name), "{}", self.checkpoint);
        }
        for event in &heard.events {
            let known = self.newest.insert(event.id.clone(), event.clone());
            assert!(known.is_none_or(|known| known.version < event.version));
        }
        heard.events.len()
    }

    /// What stands.
    fn rows(&self) -> BTreeSet<String> {
        let standing = |event: &&Event| !event.subject.ends_with(RETRACTED);
        self.newest.values().filter(standing).map(row).collect()
    }
}

/// All that an event says.
fn row(event: &Event) -> String {
    let Body::Attendance(said) = &event.body else {
        panic!("no attendance");
    };
    let person = said.person.as_ref().map(|person| person.value.as_str());
    format!(
        "{} {:?} {} {person:?} {:?} {} {:?} {:?} {:?}",
        said.meeting,
        event.subject,
        to_rfc3339(event.time),
        said.role,
        said.role_stated,
        said.partstat,
        said.via,
        said.meeting_ms
    )
}

fn imported(params: &str, bytes: &[u8]) -> BTreeSet<String> {
    let mut heard = Collected::default();
    let mut reader = build_file(toml::from_str(params).unwrap(), &setting()).unwrap();
    reader.read("f.ics", &mut &*bytes, &mut heard).unwrap();
    let standing = |event: &&Event| !event.subject.ends_with(RETRACTED);
    heard.events.iter().filter(standing).map(row).collect()
}

fn at(text: &str) -> Millis {
    parse_rfc3339(text).unwrap()
}

/// A meeting of some time in March or April 2025, or a series that begins then.
#[derive(Clone, Debug)]
struct Meeting {
    day: u32,
    weeks: Option<u32>,
    people: BTreeSet<(u8, u8)>,
    without: BTreeSet<u32>,
    moved: Option<(u32, bool)>,
    cancelled: bool,
    about: u8,
}

impl Meeting {
    fn text(&self, uid: usize) -> String {
        let day = |week: u32| {
            let first = chrono::NaiveDate::from_ymd_opt(2025, 3, 1).unwrap();
            let day = first + chrono::TimeDelta::days(i64::from(self.day + 7 * week));
            day.format("%Y%m%d").to_string()
        };
        let people: String = self
            .people
            .iter()
            .map(|(who, how)| {
                let how = [
                    "",
                    ";ROLE=OPT-PARTICIPANT",
                    ";PARTSTAT=DECLINED",
                    ";ROLE=CHAIR",
                ][usize::from(*how)];
                format!("ATTENDEE{how}:mailto:zoe{who}@example.org\n")
            })
            .collect();
        let about = ["Lunch", "INC-1", "INC-2"][usize::from(self.about)];
        let status = if self.cancelled {
            "STATUS:CANCELLED\n"
        } else {
            ""
        };
        let mut series = format!(
            "UID:uid{uid}\nDTSTART:{}T140000Z\nSUMMARY:{about}\n{people}{status}",
            day(0)
        );
        if let Some(weeks) = self.weeks {
            series.push_str(&format!("RRULE:FREQ=WEEKLY;COUNT={weeks}\n"));
            for week in &self.without {
                series.push_str(&format!("EXDATE:{}T140000Z\n", day(*week)));
            }
        }
        let mut text = event(&series);
        if let (Some((week, is_off)), Some(_)) = (self.moved, self.weeks) {
            let what = match is_off {
                true => "STATUS:CANCELLED\n".to_owned(),
                false => format!("SUMMARY:moved {about}\nATTENDEE:mailto:zoe9@example.org\n"),
            };
            text.push_str(&event(&format!(
                "UID:uid{uid}\nRECURRENCE-ID:{}T140000Z\nDTSTART:{}T090000Z\n{what}",
                day(week),
                day(week + 1)
            )));
        }
        text
    }
}

fn meeting() -> impl Strategy<Value = Meeting> {
    let people = btree_set((0..5_u8, 0..4_u8), 0..5);
    let without = btree_set(0..4_u32, 0..3);
    let moved = option::of((0..5_u32, any::<bool>()));
    (
        0..60_u32,
        option::of(1..20_u32),
        people,
        without,
        moved,
        0..5_u8,
        0..3_u8,
    )
        .prop_map(|(day, weeks, people, without, moved, off, about)| Meeting {
            day,
            weeks,
            people,
            without,
            moved,
            cancelled: off == 0,
            about,
        })
}

/// A calendar that reaches back to the first day of the window.
fn whole(meetings: &[Option<Meeting>]) -> Vec<u8> {
    let mut text = event("UID:first\nDTSTART:20250101T090000Z\nATTENDEE:mailto:zoe@example.org\n");
    for (uid, meeting) in meetings.iter().enumerate() {
        text.extend(meeting.as_ref().map(|meeting| meeting.text(uid)));
    }
    calendar(&text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn versions_of_a_calendar_end_in_the_last(
        versions in vec(vec(option::of(meeting()), 4), 1..6),
        hurried in any::<bool>(),
    ) {
        let mut pulled = Pulled::new(BOUNDS);
        let mut now = at(NOW);
        for version in &versions {
            let bytes = whole(version);
            pulled.pull(&bytes, now);
            prop_assert_eq!(pulled.rows(), imported(BOUNDS, &bytes));
            prop_assert_eq!(pulled.pull(&bytes, now), 0, "nothing is told twice");
            now += if hurried { 0 } else { 3_600_000 };
        }
    }
}

const ZOE: &str = "ATTENDEE:mailto:zoe@example.org\n";

#[test]
fn what_a_feed_forgets_for_its_age_stays() {
    let single =
        |uid: &str, day: &str| event(&format!("UID:uid{uid}\nDTSTART:{day}T140000Z\n{ZOE}"));
    let series = event(&format!(
        "UID:uids\nDTSTART:20240101T140000Z\nRRULE:FREQ=WEEKLY;UNTIL=20240201T000000Z\n{ZOE}"
    ));
    let mut pulled = Pulled::new("from = '2024-01-01'\nto = '2026-01-01'");
    let all = [
        series.clone(),
        single("1", "20250110"),
        single("2", "20250310"),
        single("3", "20250510"),
    ];
    let now = at(NOW);
    pulled.pull(&calendar(&all.concat()), now);
    assert_eq!(pulled.rows().len(), 8);
    // It goes back to March: what was before is not remembered, however long the series is there.
    let later = [
        series.clone(),
        single("2", "20250310"),
        single("3", "20250510"),
    ];
    assert_eq!(pulled.pull(&calendar(&later.concat()), now), 0);
    // What is planned and what should be remembered is taken back.
    let none = [series, single("0", "20250301")];
    assert_eq!(pulled.pull(&calendar(&none.concat()), now), 3);
    let rows = pulled.rows();
    assert_eq!(rows.len(), 7, "{rows:?}");
    assert!(rows.iter().any(|row| row.starts_with("uid1 ")));
    // It comes back, as it was.
    pulled.pull(&calendar(&all.concat()), now);
    assert_eq!(pulled.rows().len(), 8);
}

#[test]
fn what_the_window_left_behind_stays_and_what_it_comes_to_is_told() {
    let series = |until: &str| {
        calendar(&event(&format!(
            "UID:uids\nDTSTART:20250106T140000Z\nRRULE:FREQ=WEEKLY;UNTIL={until}\n{ZOE}"
        )))
    };
    let mut pulled = Pulled::new("");
    let weekly = series("20300101T000000Z");
    let first = pulled.pull(&weekly, at("2025-01-01T00:00:00Z"));
    assert_eq!(first, 8, "60 days ahead");
    assert_eq!(pulled.pull(&weekly, at("2025-01-08T00:00:00Z")), 1);
    // Two years and a half later the first half of a year is out of sight, and is not taken back.
    pulled.pull(&weekly, at("2027-07-01T00:00:00Z"));
    let before = pulled.rows().len();
    let taken_back = pulled.pull(&series("20250401T000000Z"), at("2027-07-01T00:00:00Z"));
    let rows = pulled.rows();
    assert_eq!(rows.len(), before - taken_back);
    assert_eq!(rows.iter().min().map(|row| &row[5..15]), Some("2025-01-06"));
}

#[test]
fn seats_name_nobody_and_order_does_not_matter() {
    let with = |people: &[&str]| {
        let people: String = people
            .iter()
            .map(|who| format!("ATTENDEE:mailto:{who}@example.org\n"))
            .collect();
        calendar(&event(&format!(
            "UID:uid\nDTSTART:20250304T140000Z\n{people}"
        )))
    };
    let mut pulled = Pulled::new(BOUNDS);
    let now = at(NOW);
    assert_eq!(pulled.pull(&with(&["zoe1", "zoe2", "zoe3"]), now), 3);
    assert_eq!(pulled.pull(&with(&["zoe3", "zoe1", "zoe2"]), now), 0);
    let ids: BTreeSet<String> = pulled.newest.keys().cloned().collect();
    assert_eq!(
        pulled.pull(&with(&["zoe4"]), now),
        3,
        "one sits, two seats are empty"
    );
    assert_eq!(pulled.rows(), imported(BOUNDS, &with(&["zoe4"])));
    assert_eq!(ids, pulled.newest.keys().cloned().collect());
    for event in pulled
        .newest
        .values()
        .filter(|event| event.subject.ends_with(RETRACTED))
    {
        let Body::Attendance(said) = &event.body else {
            panic!("no attendance");
        };
        assert!(said.person.is_none() && said.role.is_none() && said.partstat.is_none());
    }
}
