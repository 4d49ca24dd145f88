//! The worked examples of INDICATORS that only the whole way can show: events in, SQL and all,
//! numbers out. What pure functions can show stands beside them.

use readback::model::time::to_rfc3339;
use readback::model::{DAY_MS, parse_rfc3339};
use serde_json::{Value, json};

use super::way::Way;

/// A small organisation of events, reported with k = 1.
#[derive(Default)]
pub(super) struct Events(Vec<Value>);

impl Events {
    pub(super) fn add(&mut self, kind: &str, subject: &str, time: &str, data: Value) -> &mut Self {
        let n = self.0.len();
        self.0.push(json!({
            "specversion": "1.0", "type": format!("org.readback.{kind}.v1"), "source": "test",
            "id": n.to_string(), "subject": subject, "time": time, "data": data,
        }));
        self
    }

    pub(super) fn writeup(&mut self, id: &str, data: Value) -> &mut Self {
        let mut data = data;
        data["id"] = json!(id);
        self.add("writeup", id, "2020-01-01T00:00:00Z", data)
    }

    pub(super) fn read(&mut self, subject: &str, time: &str, person: &str) -> &mut Self {
        self.add("read", subject, time, json!({ "person": person }))
    }

    pub(super) fn watched(&mut self, kind: &str) -> &mut Self {
        let data = json!({ "kind": kind, "scope": "test", "from": "2000-01-01T00:00:00Z" });
        self.add("coverage", "", "2020-01-01T00:00:00Z", data)
    }

    /// The indicators' results, by code.
    pub(super) async fn results(
        &self,
        name: &str,
        zone: chrono_tz::Tz,
        as_of: &str,
    ) -> Option<Value> {
        let way = Way::within(&format!("worked_{name}"), zone).await?;
        let lines: Vec<String> = self.0.iter().map(Value::to_string).collect();
        let taken = way.events(&lines).await;
        assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
        let document = way.document(as_of).await;
        Some(json!({
            "indicators": document.indicators,
            "health": serde_json::to_value(&document.health).expect("JSON"),
            "writeups": document.writeups,
        }))
    }
}

pub(super) fn of<'a>(results: &'a Value, path: &str) -> &'a Value {
    let (code, rest) = path.split_once('.').expect("CODE.path");
    rest.split('.')
        .fold(&results["indicators"][code]["results"], |value, name| {
            &value[name]
        })
}

pub(super) fn close(results: &Value, path: &str, expected: f64) {
    let found = of(results, path)
        .as_f64()
        .unwrap_or_else(|| panic!("{path} is no number"));
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{path}: {found}"
    );
}

/// What is expected of an example, by its place among those of a code.
pub(super) fn example(code: &str, at: usize) -> Value {
    let text = include_str!("../vectors/worked_examples.json");
    let all: Vec<Value> = serde_json::from_str(text).expect("JSON");
    let mut own = all.into_iter().filter(|one| one["id"] == code);
    own.nth(at).expect("an example")["expect"].take()
}

pub(super) const LATER: &str = "2025-06-01T00:00:00Z";

#[tokio::test]
async fn double_clicks_keep_the_last_of_a_chain() {
    // R1 examples 1 and 2, one write-up each; seconds after 10:01:00.
    for (name, clicks, kept) in [
        ("r1a", &[0, 29][..], 1),
        ("r1b", &[0, 35], 2),
        ("r1c", &[0, 25, 50, 85], 2),
        ("r1d", &[0, 30], 1),
        ("r1e", &[0, 31], 2),
    ] {
        let mut events = Events::default();
        events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
        for second in clicks {
            let time = to_rfc3339(1_740_823_260_000 + second * 1000);
            events.read("w", &time, "p");
        }
        let Some(results) = events.results(name, chrono_tz::UTC, LATER).await else {
            return;
        };
        assert_eq!(*of(&results, "R1.total_reads"), kept, "{name}");
        let removed = &results["health"]["reads"]["double_click_removed"];
        assert_eq!(*removed, clicks.len() - kept, "{name}");
    }
}

#[tokio::test]
async fn a_sitting_is_a_session_and_a_date_or_a_person_and_an_hour() {
    let cases = [
        ("r2a", None, ["13:35:00", "13:59:00"], 1),
        ("r2b", None, ["13:59:00", "14:01:00"], 2),
        ("r2c", Some("s1"), ["13:59:00", "14:01:00"], 1),
        ("r2d", Some("s1"), ["23:59:00", "24:01:00"], 2),
    ];
    for (name, session, times, units) in cases {
        let mut events = Events::default();
        events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
        for time in times {
            let time = match time.strip_prefix("24") {
                Some(rest) => format!("2025-03-02T00{rest}Z"),
                None => format!("2025-03-01T{time}Z"),
            };
            events.add(
                "read",
                "w",
                &time,
                json!({ "person": "p", "session": session }),
            );
        }
        let Some(results) = events.results(name, chrono_tz::UTC, LATER).await else {
            return;
        };
        assert_eq!(*of(&results, "R2.unique_reads"), units, "{name}");
    }
}

#[tokio::test]
async fn days_are_local_and_hours_are_not() {
    let cases = [
        (
            "r3a",
            chrono_tz::Europe::Berlin,
            ["2025-03-30T21:59:30Z", "2025-03-30T22:00:31Z"],
            2,
            2,
        ),
        (
            "r3b",
            chrono_tz::UTC,
            ["2025-03-30T21:59:30Z", "2025-03-30T22:00:31Z"],
            1,
            2,
        ),
        (
            "r3c",
            chrono_tz::Europe::Berlin,
            ["2024-10-27T00:59:50Z", "2024-10-27T01:59:50Z"],
            1,
            2,
        ),
    ];
    for (name, zone, times, days, units) in cases {
        let mut events = Events::default();
        events.writeup("w", json!({ "published_at": "2024-01-01T00:00:00Z" }));
        for time in times {
            events.read("w", time, "p");
        }
        let Some(results) = events.results(name, zone, LATER).await else {
            return;
        };
        assert_eq!(*of(&results, "R3.reader_days"), days, "{name}");
        assert_eq!(*of(&results, "R2.unique_reads"), units, "{name}");
    }
}

#[tokio::test]
async fn depth_is_judged_by_person_and_day() {
    let mut events = Events::default();
    events.writeup(
        "long",
        json!({ "published_at": "2025-01-01T00:00:00Z", "words": 1200 }),
    );
    events.writeup(
        "short",
        json!({ "published_at": "2025-01-01T00:00:00Z", "words": 40 }),
    );
    let mut visit = |person: &str, subject: &str, hour: u32, engaged: Value, scroll: Value| {
        let time = format!("2025-03-01T{hour:02}:00:00Z");
        let data = json!({ "person": person, "engaged_s": engaged, "scroll": scroll });
        events.add("read", subject, &time, data);
    };
    // Example 1: read, skimmed, opened, skimmed, read.
    visit("a", "long", 9, json!(200), json!(0.9));
    visit("b", "long", 9, json!(200), json!(0.5));
    visit("c", "long", 9, json!(5), json!(1.0));
    visit("d", "long", 9, json!(179.9), json!(0.9));
    visit("e", "long", 9, json!(180), Value::Null);
    // Example 2: two sittings make a read, no time is unknown, a short text is read in ten seconds.
    visit("f", "long", 9, json!(100), json!(0.4));
    visit("f", "long", 15, json!(90), json!(0.95));
    visit("g", "long", 9, Value::Null, Value::Null);
    visit("h", "short", 9, json!(10), json!(1.0));
    let Some(results) = events.results("r4", chrono_tz::UTC, LATER).await else {
        return;
    };
    for (class, days) in [("read", 4), ("skimmed", 2), ("opened", 1), ("unknown", 1)] {
        assert_eq!(*of(&results, &format!("R4.class.{class}")), days, "{class}");
    }
    assert_eq!(*of(&results, "R4.read_share.n"), 7);
    assert_eq!(*of(&results, "R4.deep_pairs"), 4);
}

#[tokio::test]
async fn words_are_those_of_the_revision_that_was_read() {
    let mut events = Events::default();
    let revisions = [("2023-12-01", 100), ("2024-06-01", 2000)];
    for (date, words) in revisions {
        let data = json!({ "id": "w", "published_at": "2023-12-01T00:00:00Z", "words": words });
        events.add("writeup", "w", &format!("{date}T00:00:00Z"), data);
    }
    // 100 s are enough for 100 words, not for 2,000; what came before any revision was the first.
    for (person, date) in [
        ("a", "2023-12-15"),
        ("b", "2024-05-31"),
        ("c", "2024-06-01"),
    ] {
        let data = json!({ "person": person, "engaged_s": 100 });
        events.add("read", "w", &format!("{date}T12:00:00Z"), data);
    }
    let Some(results) = events.results("r4_words", chrono_tz::UTC, LATER).await else {
        return;
    };
    for (class, days) in [("read", 2), ("skimmed", 1), ("unknown", 0)] {
        assert_eq!(*of(&results, &format!("R4.class.{class}")), days, "{class}");
    }
}

/// L5 and L6: five write-ups, ages of reads and days observed; deletion ends the watching.
#[tokio::test]
async fn readership_goes_quiet_and_comes_back() {
    let published = parse_rfc3339("2022-01-01T00:00:00Z").expect("an instant");
    let cases: [(&[i64], i64); 5] = [
        (&[1, 5, 20], 200),
        (&[2, 60, 130], 150),
        (&[], 300),
        (&[3, 30, 150, 160], 400),
        (&[10], 95),
    ];
    let mut events = Events::default();
    events.watched("read");
    for (n, (ages, observed)) in cases.into_iter().enumerate() {
        let id = format!("w{n}");
        let at = |day: i64| to_rfc3339(published + day * DAY_MS);
        events.writeup(
            &id,
            json!({ "published_at": at(0), "deleted_at": at(observed) }),
        );
        for (reader, age) in ages.iter().enumerate() {
            events.read(&id, &at(*age), &format!("p{reader}"));
        }
    }
    let Some(results) = events.results("l5", chrono_tz::UTC, LATER).await else {
        return;
    };
    let expected = [
        ("S_90", 0.8),
        ("S_90_lo", 0.203_809_263_267_639_04),
        ("S_90_hi", 0.969_179_788_866_742_7),
        ("median", 120.0),
        ("rmst_365", 176.666_666_666_666_66),
        ("n", 5.0),
        ("events", 3.0),
    ];
    for (name, value) in expected {
        close(&results, &format!("L5.readership_survival.{name}"), value);
    }
    assert_eq!(*of(&results, "L6.revivals.revivals"), 1);
    assert_eq!(*of(&results, "L6.revivals.writeups_revived"), 1);
}

/// L4 example 2 and L2 example 2.
#[tokio::test]
async fn counters_know_no_people_but_weigh_in_the_median() {
    let mut events = Events::default();
    events.watched("read").watched("read_count");
    for id in ["two", "three", "none", "counted"] {
        events.writeup(id, json!({ "published_at": "2025-01-01T00:00:00Z" }));
    }
    for (id, readers) in [("two", ["a", "a", "b"]), ("three", ["a", "b", "c"])] {
        for (n, person) in readers.into_iter().enumerate() {
            events.read(id, &format!("2025-05-2{n}T10:00:00Z"), person);
        }
    }
    let count = json!({ "granularity": "day", "count": 4 });
    events.add("read_count", "counted", "2025-05-20T00:00:00Z", count);
    let Some(results) = events.results("l4", chrono_tz::UTC, LATER).await else {
        return;
    };
    assert_eq!(*of(&results, "L4.still_read.k"), 1);
    assert_eq!(*of(&results, "L4.still_read.n"), 3);
    assert_eq!(*of(&results, "L4.unknown"), 1);
    close(&results, "L4.still_read.lo", 0.061_491_944_720_396_26);

    let mut events = Events::default();
    events.watched("read_count");
    events.writeup("w", json!({ "published_at": "2024-01-01T00:00:00Z" }));
    for (day, count) in [("2024-01-03", 3), ("2024-01-09", 1), ("2024-04-10", 4)] {
        let data = json!({ "granularity": "day", "count": count });
        events.add("read_count", "w", &format!("{day}T00:00:00Z"), data);
    }
    let Some(results) = events.results("l2", chrono_tz::UTC, LATER).await else {
        return;
    };
    close(&results, "L2.usage_half_life_diachronous_days", 54.5);
}

/// A1 example 2, A3 example 2: presence adds up over reconnects; nobody accepted is no rate.
#[tokio::test]
async fn presence_adds_up_over_reconnects() {
    let mut events = Events::default();
    events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    for (person, seconds) in [("a", &[299][..]), ("b", &[300]), ("c", &[200, 150])] {
        for seconds in seconds {
            let data = json!({ "meeting": "m", "person": person, "present_s": seconds });
            events.add("attendance", "w", "2025-02-01T10:00:00Z", data);
        }
    }
    // Somebody was invited, or nobody knows who need not have come.
    let data = json!({ "meeting": "m", "person": "d", "role": "REQ-PARTICIPANT" });
    events.add("attendance", "w", "2025-02-01T10:00:00Z", data);
    let Some(results) = events.results("a1", chrono_tz::UTC, LATER).await else {
        return;
    };
    assert_eq!(*of(&results, "A1.attendance.attendees"), 2);
    assert_eq!(*of(&results, "A1.attendance.rows"), 4);
    assert_eq!(*of(&results, "A3.show_rate"), Value::Null);
    assert_eq!(
        *of(&results, "A2.voluntary.k"),
        2,
        "both came without an invitation"
    );
}

/// C1 example 1, C2 examples 1 and 2.
#[tokio::test]
async fn comments_are_late_from_day_ninety_on() {
    let published = parse_rfc3339("2024-01-01T00:00:00Z").expect("an instant");
    let mut events = Events::default();
    events.writeup(
        "w",
        json!({ "published_at": to_rfc3339(published), "contributors": ["a"] }),
    );
    for (age, person) in [
        (0.5, Some("a")),
        (3.0, Some("b")),
        (89.99, Some("b")),
        (90.0, Some("c")),
        (200.0, None),
    ] {
        let at = to_rfc3339(published + (age * DAY_MS as f64) as i64);
        events.add("comment", "w", &at, json!({ "person": person }));
    }
    let Some(results) = events.results("c1", chrono_tz::UTC, LATER).await else {
        return;
    };
    assert_eq!(*of(&results, "C1.comments.late_share.k"), 2);
    assert_eq!(*of(&results, "C1.comments.late_share.n"), 5);
    close(
        &results,
        "C1.comments.late_share.lo",
        0.117_620_774_232_647_88,
    );
    assert_eq!(*of(&results, "C2.commenters.distinct"), 3);
    assert_eq!(*of(&results, "C2.commenters.distinct_non_contributors"), 2);
    assert_eq!(*of(&results, "C2.commenters.non_contributor_share.k"), 3);
}

/// K1 example 2: two ids are two links, a corrected one stays one; a self-link is none.
#[tokio::test]
async fn a_link_is_its_id() {
    let mut events = Events::default();
    let url = "https://wiki.example.org/w";
    events.writeup(
        "w",
        json!({ "published_at": "2024-01-01T00:00:00Z", "url": url }),
    );
    let link = |removed: Value| json!({ "place": "code_comment", "source": "r@1:a#L1", "removed_at": removed });
    events.add(
        "link",
        "w",
        "2024-02-01T00:00:00Z",
        link(json!("2024-03-01T00:00:00Z")),
    );
    events.add("link", "w", "2024-04-01T00:00:00Z", link(Value::Null));
    // The same link, moved: the collector keeps its id and sends a correction.
    let mut moved = events.0[2].clone();
    moved["data"]["version"] = json!(1);
    moved["data"]["source"] = json!("r@2:b#L9");
    events.0.push(moved);
    events.add(
        "link",
        "w",
        "2024-04-01T00:00:00Z",
        json!({ "place": "writeup", "source": url }),
    );
    let Some(results) = events.results("k1", chrono_tz::UTC, LATER).await else {
        return;
    };
    assert_eq!(*of(&results, "K1.links.created.code_comment"), 2);
    assert_eq!(*of(&results, "K1.links.live.code_comment"), 1);
    assert_eq!(
        *of(&results, "K1.links.created.writeup"),
        0,
        "a self-link does not count"
    );
    assert_eq!(results["health"]["received"]["duplicate_id"], 1);
}

#[tokio::test]
async fn increments_of_a_counter_tell_resets_and_gaps() {
    // R6 examples 1 and 2, one write-up each; a third falls by little.
    let mut events = Events::default();
    for (id, samples) in [
        ("reset", &[(0, 100), (24, 112), (48, 3), (72, 9)][..]),
        ("gap", &[(0, 50), (24, 57), (120, 97)]),
        ("corrected", &[(0, 100), (24, 95), (24, 94), (48, 99)]),
    ] {
        events.writeup(id, json!({ "published_at": "2025-01-01T00:00:00Z" }));
        for &(hour, count) in samples {
            let time = to_rfc3339(1_740_823_260_000 + hour * 3_600_000);
            let data = json!({ "granularity": "cumulative", "count": count });
            events.add("read_count", id, &time, data);
        }
    }
    let Some(results) = events.results("r6", chrono_tz::UTC, LATER).await else {
        return;
    };
    let counted = |name: &str| of(&results, &format!("R6.counted.{name}")).clone();
    assert_eq!(counted("reads_unfiltered"), 12 + 3 + 6 + 7 + 40 + 4);
    assert_eq!(counted("imputed"), 40);
    assert_eq!(
        json!([
            counted("counters"),
            counted("resets"),
            counted("gaps"),
            counted("corrections")
        ]),
        json!([3, 1, 1, 1])
    );
    // Never in one number with reads.
    assert_eq!(*of(&results, "R1.total_reads"), 0);
}

#[tokio::test]
async fn counted_people_are_between_two_numbers() {
    // R7 examples 1 and 2: ten people in the roster, and nobody named.
    let mut events = Events::default();
    for person in 0..10 {
        let data = json!({ "person": format!("p{person}"), "team": "t" });
        events.add("person", "", "2025-01-01T00:00:00Z", data);
    }
    events.writeup("daily", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    for (day, uniques) in [(20, 4), (21, 3), (22, 5)] {
        let data = json!({ "granularity": "day", "count": 9, "uniques": uniques });
        events.add(
            "read_count",
            "daily",
            &format!("2025-05-{day}T00:00:00Z"),
            data,
        );
    }
    let Some(results) = events.results("r7a", chrono_tz::UTC, LATER).await else {
        return;
    };
    let readers =
        |results: &Value, name: &str| of(results, &format!("R7.counted_readers.{name}")).clone();
    assert_eq!(readers(&results, "lo"), 5);
    assert_eq!(readers(&results, "hi"), 10);

    // Nine people since the counter began, six of them before the window of 28 days. Who came after
    // the sample before it may have come before it as well.
    let mut events = Events::default();
    events.writeup("since", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    for (time, uniques) in [("2025-04-01", 0), ("2025-05-04", 6), ("2025-05-30", 9)] {
        let data = json!({ "granularity": "cumulative", "count": uniques, "uniques": uniques });
        events.add("read_count", "since", &format!("{time}T00:00:00Z"), data);
    }
    let results = events
        .results("r7b", chrono_tz::UTC, LATER)
        .await
        .expect("an engine");
    assert_eq!(readers(&results, "lo"), 3);
    assert_eq!(readers(&results, "hi"), 9);
    assert_eq!(readers(&results, "headcount"), Value::Null);
}

#[tokio::test]
async fn engaged_time_is_cut_and_nought_is_left_out() {
    // R5 examples 1 and 2, by ten people of whom one left a tab open, and two who did not stay.
    let mut events = Events::default();
    events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    let times = [4, 8, 15, 16, 23, 42, 90, 160, 300, 610, 0, 0];
    for (person, seconds) in times.iter().enumerate() {
        let time = format!("2025-03-01T10:{person:02}:00Z");
        let data = json!({ "person": format!("p{person}"), "engaged_s": seconds });
        events.add("read", "w", &time, data);
    }
    let Some(results) = events.results("r5a", chrono_tz::UTC, LATER).await else {
        return;
    };
    for (name, expected) in [
        ("geometric_mean_s", 42.571_131_437_691_4),
        ("median_s", 32.5),
        ("p90_s", 331.0),
        ("lognormal_sigma", 1.550_038_625_813_539_2),
        // The root, to more digits than the example's search had.
        ("weibull_shape", 0.673_494_851_406_329_9),
        ("weibull_scale", 93.761_242_754_147_18),
    ] {
        close(&results, &format!("R5.engaged.{name}"), expected);
    }
    assert_eq!(*of(&results, "R5.engaged.n"), 10);
    let bars: Vec<Value> = of(&results, "R5.engaged.histogram")
        .as_array()
        .expect("bars")
        .iter()
        .map(|bar| json!([bar["from_s"], bar["below_s"], bar["reads"]]))
        .collect();
    assert_eq!(
        Value::from(bars),
        json!([
            [0.0, 0.0, 2],
            [4.0, 8.0, 1],
            [8.0, 16.0, 2],
            [16.0, 32.0, 2],
            [32.0, 64.0, 1],
            [64.0, 128.0, 1],
            [128.0, 256.0, 1],
            [256.0, 512.0, 1],
            [512.0, 1024.0, 1]
        ])
    );

    let mut events = Events::default();
    events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    for (person, seconds) in [60, 86_000].iter().enumerate() {
        let data = json!({ "person": format!("p{person}"), "engaged_s": seconds });
        events.add("read", "w", "2025-03-01T10:00:00Z", data);
    }
    let results = events
        .results("r5b", chrono_tz::UTC, LATER)
        .await
        .expect("an engine");
    close(&results, "R5.engaged.median_s", (60.0 + 1800.0) / 2.0);
}
