//! Signs that do not agree: an organisation in which every note stands, and one like it in which none does.

use chrono::{Days, Months, NaiveDate};
use readback::model::parse_rfc3339;
use readback::summary::document::Document;
use serde_json::json;

use super::way::{Way, event};

const AS_OF: &str = "2026-01-10T00:00:00Z";
/// Its fast reader takes a minute for three quarters.
const WORDS: u32 = 400;
/// Months in which something happens, from May 2024 on.
const MONTHS: u32 = 20;

/// Lines of events, each with an id of its own.
struct Lines {
    lines: Vec<String>,
    /// Whether what happens is odd.
    odd: bool,
}

impl Lines {
    fn add(&mut self, kind: &str, subject: &str, time: &str, data: serde_json::Value) {
        let id = format!("{kind} {}", self.lines.len());
        self.lines.push(event(kind, &id, subject, time, data));
    }

    fn writeup(&mut self, id: &str, published: NaiveDate) {
        let at = format!("{published}T08:00:00Z");
        let data = json!({"id": id, "published_at": at, "words": WORDS, "owner_team": "amber"});
        self.add("writeup", id, &at, data);
    }

    fn read(
        &mut self,
        id: &str,
        (day, person): (NaiveDate, u32),
        team: Option<&str>,
        engaged_s: u32,
    ) {
        let data = json!({
            "person": format!("reader-{person}"), "team": team, "engaged_s": engaged_s, "scroll": 0.9,
        });
        self.add(
            "read",
            id,
            &format!("{day}T{:02}:00:00Z", 9 + person % 9),
            data,
        );
    }

    /// More people open an old write-up each month; where nothing is odd, all of them read it.
    fn months(&mut self) {
        for n in 0..MONTHS {
            let month = first_month() + Months::new(n);
            let id = format!("month-{n}");
            // Some 120 days old by then.
            self.writeup(&id, month - Months::new(4));
            for person in 0..12 + 2 * n {
                let reads = !self.odd || person < 6 + n % 2;
                let day = month + Days::new(u64::from(person % 27));
                self.read(&id, (day, person), None, if reads { 200 } else { 4 });
            }
        }
    }

    /// A review each month, to which more people come each time.
    fn reviews(&mut self) {
        // Of no known age: about what is old a meeting would be no review.
        let data = json!({"id": "undated", "words": WORDS, "owner_team": "amber"});
        self.add("writeup", "undated", "2024-01-01T08:00:00Z", data);
        for n in 0..MONTHS {
            let day = first_month() + Months::new(n) + Days::new(9);
            let freely = if self.odd { 12 } else { 12 + n };
            for person in 0..20 + n {
                let role = match person < freely {
                    true => "OPT-PARTICIPANT",
                    false => "REQ-PARTICIPANT",
                };
                let data = json!({
                    "meeting": format!("review-{n}"), "person": format!("guest-{person}"),
                    "role": role, "attended": true,
                });
                self.add("attendance", "undated", &format!("{day}T13:00:00Z"), data);
            }
        }
    }

    /// Eight people of one team read what is old, on one day or on eight; three others do.
    fn occasion(&mut self) {
        self.writeup("old", ymd(2024, 1, 1));
        for person in 0..8 {
            let apart = if self.odd { 0 } else { 2 * u64::from(person) };
            let day = ymd(2025, 12, 1) + Days::new(apart);
            self.read("old", (day, person), Some("red"), 200);
        }
        for person in 20..23 {
            self.read("old", (ymd(2025, 11, 5), person), Some("blue"), 200);
        }
    }

    /// Forty people read something new, for as long as reading takes or for as long as it comes.
    fn threshold(&mut self) {
        self.writeup("new", ymd(2025, 11, 20));
        for person in 0..48 {
            let near = match person % 6 {
                0 => 50,
                1 => 80,
                _ => 62,
            };
            let as_it_comes = 49 + 34 * person / 47;
            let engaged_s = if self.odd { near } else { as_it_comes };
            let day = ymd(2025, 12, 3) + Days::new(u64::from(person % 20));
            self.read("new", (day, person), None, engaged_s);
        }
    }
}

fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn first_month() -> NaiveDate {
    ymd(2024, 5, 1)
}

async fn told(way: &Way, k: u32) -> Document {
    way.summary(parse_rfc3339(AS_OF).expect("an instant"), k)
        .await
}

async fn organisation(database: &str, odd: bool) -> Option<Way> {
    let way = Way::within(database, chrono_tz::UTC).await?;
    let mut lines = Lines {
        lines: Vec::new(),
        odd,
    };
    lines.occasion();
    lines.months();
    lines.reviews();
    lines.threshold();
    let taken = way.events(&lines.lines).await;
    assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
    way.derive().await;
    Some(way)
}

fn codes(document: &Document) -> Vec<&str> {
    document
        .notes
        .iter()
        .map(|note| note.code.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_note_stands_where_signs_do_not_agree() {
    let Some(way) = organisation("notes_odd", true).await else {
        return;
    };
    let document = told(&way, 1).await;
    let depth = &document.indicators["R4"]["results"];
    assert_eq!(
        codes(&document),
        [
            "opened_not_read",
            "came_not_freely",
            "bunched_reads",
            "time_at_threshold"
        ],
        "{depth:#}"
    );
    assert_eq!(
        depth["near_threshold"],
        json!({"below": 8, "at": 32, "above": 8})
    );
    let months = depth["months"].as_array().expect("a list");
    let last = months.last().expect("a month");
    assert_eq!(
        last["month"],
        format!(
            "{}",
            (first_month() + Months::new(MONTHS - 1)).format("%Y-%m")
        )
    );
    assert_eq!((&last["known"], &last["read"]), (&json!(50), &json!(7)));
    assert_eq!(months.len(), MONTHS as usize);
    // Eight people are enough to be spoken of, and no note says which team or which write-up.
    assert_eq!(document.indicators["R3"]["results"]["bunched"], 1);
    let said: Vec<&str> = document
        .notes
        .iter()
        .flat_map(|note| note.text.split(' '))
        .collect();
    assert!(!said.contains(&"red") && !said.contains(&"old"), "{said:?}");
    // Where nine are needed there is no bunch.
    let closed = told(&way, 9).await;
    assert_eq!(closed.indicators["R3"]["results"]["bunched"], 0);
    assert!(!codes(&closed).contains(&"bunched_reads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_note_stands_where_they_do() {
    let Some(way) = organisation("notes_even", false).await else {
        return;
    };
    let document = told(&way, 1).await;
    assert!(codes(&document).is_empty(), "{:#?}", document.notes);
    // What is not there is not in the file.
    let json = serde_json::to_value(&document).expect("JSON");
    assert!(json.get("notes").is_none());
    let months = document.indicators["R4"]["results"]["months"]
        .as_array()
        .expect("a list");
    assert!(months.iter().all(|month| month["known"] == month["read"]));
}
