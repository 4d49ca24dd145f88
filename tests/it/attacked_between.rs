//! An attacker with two reports: what one review changed is no number of few people.

use readback::model::{DAY_MS, Millis, to_rfc3339};
use readback::simulate::Options;
use serde_json::{Value, json};

use super::attacked::{few, small};
use super::way::{Way, event, leaves, lines};

const K: u32 = 5;

/// What counts meetings, not people.
const MEETINGS: [&str; 9] = [
    "meetings",
    "not_recorded",
    "not_planned",
    "or_more",
    "clusters",
    "talk_gini_meetings",
    "reviews_not_observed",
    "reviews",
    "month",
];

/// Every number of people over several reviews, with its place.
fn people(summary: &Value) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let codes = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"];
    for code in codes {
        let place = format!("/indicators/{code}/results");
        leaves(&place, &summary["indicators"][code]["results"], &mut found);
    }
    let quarters = summary["attendance_by_quarter"].as_array().expect("a list");
    for quarter in quarters {
        let place = format!("/quarters/{}", quarter["quarter"].as_str().expect("a name"));
        leaves(&place, &quarter["by_role"], &mut found);
    }
    let numbers = found.into_iter().filter(|(place, _)| {
        let name = place.rsplit('/').next().unwrap_or_default();
        !MEETINGS.contains(&name)
    });
    let numbers = numbers.filter_map(|(place, value)| Some((place, value.as_f64()?)));
    numbers.collect()
}

/// No number that stands in both differs by fewer than k people, and no share stands without its count.
fn tell_nothing(before: &Value, after: &Value, what: &str) {
    let (old, new) = (people(before), people(after));
    for (place, number) in &new {
        if let Some(share) = place.strip_suffix("/p") {
            let count = format!("{share}/k");
            assert!(
                new.iter().any(|(place, _)| *place == count),
                "{what}: {place}"
            );
        }
        let earlier = old.iter().find(|(other, _)| other == place);
        let change = earlier.map_or(0.0, |(_, earlier)| (number - earlier).abs());
        let is_count = number.fract() == 0.0 && *number >= f64::from(K);
        // Medians may move by one, which is no person.
        let is_count = is_count && !place.contains("median") && !place.contains("iqr");
        assert!(
            !is_count || change == 0.0 || change >= f64::from(K),
            "{what}: {place} is {number}, and was {earlier:?}"
        );
    }
}

/// A review by the people who came to it, or had accepted and did not; whoever has no answer was not invited.
fn review(
    subject: &str,
    meeting: &str,
    at: Millis,
    who: &[(String, Option<&str>, bool)],
) -> Vec<String> {
    let each = who.iter().map(|(person, role, attended)| {
        let mut data = json!({ "meeting": meeting, "person": person, "attended": attended,
            "meeting_s": 3600, "team": "web" });
        if *attended {
            data["present_s"] = json!(3000);
        }
        if let Some(role) = role {
            data["partstat"] = json!("ACCEPTED");
            data["role"] = json!(role);
        }
        event(
            "attendance",
            &format!("{meeting}-{person}"),
            subject,
            &to_rfc3339(at),
            data,
        )
    });
    each.collect()
}

fn guests(
    names: std::ops::Range<u32>,
    role: Option<&'static str>,
    attended: bool,
) -> Vec<(String, Option<&'static str>, bool)> {
    let each = names.map(|n| (format!("guest-{n}@example.org"), role, attended));
    each.collect()
}

/// What is told after one more review, a week later.
async fn two_reports(name: &str, options: &Options) -> Option<Vec<(String, f64)>> {
    let way = Way::fresh(name).await?;
    let as_of = options.as_of();
    way.events(&lines(options)).await;
    way.derive().await;
    let before = way.report_only(as_of, K).await.json();
    few(&before, K, "before");
    let subject = before["writeups"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    // Eleven came who had to, one who had accepted did not, and two came uninvited.
    let large = [
        guests(0..11, Some("REQ-PARTICIPANT"), true),
        guests(11..12, Some("OPT-PARTICIPANT"), false),
        guests(12..14, None, true),
    ]
    .concat();
    // One came who had accepted, and two uninvited.
    let little = [
        guests(11..12, Some("OPT-PARTICIPANT"), true),
        guests(13..15, None, true),
    ]
    .concat();
    let day = |days: Millis| as_of - days * DAY_MS / 2;
    let mut last = before;
    for (meeting, at, who) in [("large", day(7), large), ("little", day(3), little)] {
        way.events(&review(&subject, meeting, at, &who)).await;
        way.derive().await;
        let after = way.report_only(as_of, K).await.json();
        few(&after, K, meeting);
        tell_nothing(&last, &after, &format!("{name}, {meeting}"));
        // The same on the next day.
        let morrow = way.report_only(as_of + DAY_MS, K).await.json();
        tell_nothing(&last, &morrow, &format!("{name}, a day after {meeting}"));
        last = after;
    }
    // Nothing of a share waits for ever; of the review of three all that is told of others waits for the next.
    let next = guests(20..29, Some("OPT-PARTICIPANT"), true);
    way.events(&review(&subject, "next", as_of + DAY_MS, &next))
        .await;
    way.derive().await;
    let later = way.report_only(as_of + 9 * DAY_MS, K).await.json();
    Some(people(&later))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_review_between_two_reports_is_not_told() {
    two_reports("attacked_between", &small(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_in_an_organisation_of_forty() {
    let forty = Options {
        people: 40,
        teams: 4,
        writeups: 40,
        days: 700,
        reads: 1_500,
        ..small(5)
    };
    let Some(told) = two_reports("attacked_forty", &forty).await else {
        return;
    };
    for place in [
        "A1/results/attendance/attendees",
        "A3/results/optional_yield/k",
    ] {
        let place = format!("/indicators/{place}");
        assert!(told.iter().any(|(other, _)| *other == place), "{place}");
    }
}
