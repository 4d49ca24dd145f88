//! What Zoom reports of a number is joined to the review that a calendar plans there, by itself and by nothing
//! but the number and the time; what a hand says stays above it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::calendar_server::{calendar, event};
use super::way::{Way, event as told, instant};

const NUMBER: &str = "812 3456 7890";
const LINK: &str = "SUMMARY:Review of INC-1\nLOCATION:https://acme.zoom.us/j/81234567890?pwd=aGk\n";

/// A report of Zoom: so many people from this time of 24 February on (in Berlin) for forty minutes.
fn report(number: &str, time: &str, people: u32) -> String {
    let at = |minutes: u32| {
        let (hour, minute) = time.split_once(':').expect("a time");
        let minute: u32 = minute.parse::<u32>().expect("minutes") + minutes;
        let hour: u32 = hour.parse::<u32>().expect("an hour") + minute / 60;
        format!("02/24/2026 {hour:02}:{:02}:00 PM", minute % 60)
    };
    let rows: String = (1..=people)
        .map(|n| format!("P{n},p{n}@example.org,{},{},40\n", at(0), at(40)))
        .collect();
    format!(
        "Meeting ID,Topic,Start Time,End Time\n{number},Weekly,{},{}\n\n\
         Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)\n{rows}",
        at(0),
        at(40)
    )
}

struct House {
    way: Way,
    folder: tempfile::TempDir,
}

impl House {
    async fn new(database: &str) -> Option<House> {
        let way = Way::fresh(database).await?;
        way.register(&[
            ("INC-1", &[], "2026-02-01T00:00:00Z"),
            ("INC-2", &[], "2026-02-02T00:00:00Z"),
        ])
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        Some(House { way, folder })
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    async fn plan(&self, events: &[String]) {
        let path = self.file("plan.ics", &calendar(events));
        self.way.file("icalendar", &path).await;
    }

    async fn held(&self, name: &str, text: &str, params: &str) {
        let path = self.file(name, text);
        let taken = self.way.import("zoom", "zoom", params, &path).await;
        assert_eq!(taken.expect("an import").rejected, 0);
    }

    /// Every review: what it is about, and how many came; and A1.
    async fn reviews(&self) -> (Vec<(Value, Value)>, Value) {
        let report = self.way.report(instant("2026-06-01T00:00:00Z")).await;
        let document = report.json();
        let reviews = document["reviews"].as_array().expect("reviews").iter();
        let each = reviews.map(|one| (one["writeup"].clone(), one["attendees"].clone()));
        (
            each.collect(),
            document["indicators"]["A1"]["results"]["attendance"].clone(),
        )
    }
}

fn planned(uid: &str, time: &str, more: &str) -> String {
    let people = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];
    event(uid, &format!("20260224T{time}Z"), more, &people)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_of_the_review_that_is_planned_in_its_meeting() {
    let Some(house) = House::new("venues_joined").await else {
        return;
    };
    // The list comes first: what is planned may be told later.
    house
        .held("held.csv", &report(NUMBER, "03:02", 6), "")
        .await;
    let (alone, _) = house.reviews().await;
    assert_eq!(alone, [(json!(null), json!(6))]);
    let before = planned("before", "133000", &LINK.replace("INC-1", "INC-2"));
    house
        .plan(&[before, planned("review", "140000", LINK)])
        .await;
    let (joined, results) = house.reviews().await;
    let expected = [(json!("INC-1"), json!(6)), (json!("INC-2"), json!(null))];
    assert_eq!(joined, expected, "{results}");
    assert_eq!(
        (&results["meetings"], &results["not_recorded"]),
        (&json!(1), &json!(1))
    );
    // Opened again after a pause, it is the same review still; another day's is not, nor another number's.
    house
        .held("again.csv", &report(NUMBER, "03:50", 7), "")
        .await;
    assert_eq!(
        house.reviews().await.0,
        [(json!("INC-1"), json!(7)), (json!("INC-2"), json!(null))]
    );
    house
        .held("late.csv", &report(NUMBER, "09:00", 5), "")
        .await;
    house
        .held("other.csv", &report("999 9999 9999", "03:00", 5), "")
        .await;
    assert_eq!(house.reviews().await.0.len(), 4);
    // The store knows no number.
    let shown = house
        .way
        .count("SELECT count() FROM landing_meeting WHERE venue = 81234567890")
        .await;
    assert_eq!(shown, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_are_equally_near_and_of_a_hand_s_word_nothing_is_guessed() {
    let Some(house) = House::new("venues_apart").await else {
        return;
    };
    house
        .plan(&[
            planned("one", "134000", LINK),
            planned("two", "142000", &LINK.replace("INC-1", "INC-2")),
        ])
        .await;
    house
        .held("held.csv", &report(NUMBER, "03:00", 6), "")
        .await;
    let (reviews, _) = house.reviews().await;
    assert_eq!(reviews.len(), 3, "{reviews:?}");
    // Whoever brings a list in says which it is of, and that is not looked at again.
    house
        .held("said.csv", &report(NUMBER, "03:20", 7), "meeting = \"one\"")
        .await;
    let (reviews, _) = house.reviews().await;
    assert!(reviews.contains(&(json!("INC-1"), json!(7))), "{reviews:?}");
    assert!(
        reviews.contains(&(json!("INC-2"), json!(null))),
        "{reviews:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_by_hand_of_either_name_holds() {
    let Some(house) = House::new("venues_said").await else {
        return;
    };
    house.plan(&[planned("review", "140000", LINK)]).await;
    house
        .held("held.csv", &report(NUMBER, "03:02", 6), "")
        .await;
    let data = json!({ "meeting": "review", "form": "onboarding_talk" });
    let line = told("meeting", "s", "INC-1", "2026-02-24T14:00:00Z", data);
    house.way.events(&[line]).await;
    // It is a talk, and all who came to it came to that.
    assert_eq!(house.reviews().await.0, []);
}
