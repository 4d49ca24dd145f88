//! A4 to A8 the whole way: what a calendar, a meeting tool, a roster and a wiki say of one review is put
//! together before anything is counted.

use serde_json::{Value, json};

use super::way::{Way, event};

/// Events with ids of their own.
#[derive(Default)]
struct Events(Vec<String>);

impl Events {
    fn add(&mut self, kind: &str, subject: &str, time: &str, data: Value) -> &mut Self {
        let id = format!("e{}", self.0.len());
        self.0.push(event(kind, &id, subject, time, data));
        self
    }

    async fn results(&self, database: &str, as_of: &str) -> Option<Value> {
        Some(self.summary(database, as_of).await?["indicators"].clone())
    }

    async fn summary(&self, database: &str, as_of: &str) -> Option<Value> {
        let way = Way::within(database, chrono_tz::UTC).await?;
        let taken = way.events(&self.0).await;
        assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
        let document = way.document(as_of).await;
        Some(serde_json::to_value(document).expect("JSON"))
    }
}

fn of<'a>(results: &'a Value, code: &str) -> &'a Value {
    &results[code]["results"]
}

/// An hour's review of `a`, owned by payments; the calendar knows what it is of, the tool does not.
fn review() -> Events {
    let mut events = Events::default();
    let writeup = json!({
        "id": "a", "url": "https://wiki.example.org/a", "owner_team": "payments",
        "published_at": "2025-01-01T00:00:00Z",
    });
    events.add("writeup", "a", "2025-01-01T00:00:00Z", writeup);
    for (person, team) in [("r@example.org", "payments"), ("s@example.org", "search")] {
        let data = json!({ "person": person, "team": team, "joined_at": "2020-01-01T00:00:00Z" });
        events.add("person", "", "2020-01-01T00:00:00Z", data);
    }
    let invited = json!({
        "meeting": "m", "person": "r@example.org", "role": "CHAIR", "partstat": "ACCEPTED",
    });
    events.add("attendance", "a", "2025-02-03T10:00:00Z", invited);
    let mut there = |person: Value, data: Value| {
        let mut all = json!({ "meeting": "m", "meeting_s": 3600, "person": person });
        for (name, value) in data.as_object().expect("fields") {
            all[name] = value.clone();
        }
        events.add("attendance", "", "2025-02-03T10:00:00Z", all);
    };
    // The roster knows the teams of r and s; t says one, u has none, a phone has not even a name.
    there(
        json!("r@example.org"),
        json!({ "present_s": 3700, "spoke_s": 600 }),
    );
    there(
        json!("s@example.org"),
        json!({ "present_s": 900, "spoke_s": 200 }),
    );
    there(json!("s@example.org"), json!({ "present_s": 900 }));
    there(
        json!("t@example.org"),
        json!({ "present_s": 3600, "team": "web" }),
    );
    there(json!("u@example.org"), json!({ "present_s": 900 }));
    there(Value::Null, json!({ "present_s": 3600, "spoke_s": 50 }));
    there(
        json!("v@example.org"),
        json!({ "present_s": 299, "spoke_s": 50 }),
    );
    events
}

#[tokio::test]
async fn a_review_is_what_all_sources_say_of_it() {
    let events = review();
    let Some(results) = events
        .results("taking_part_once", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    // 1, 0.5, 1 and 0.25; the phone and whoever only looked in are left out.
    assert_eq!(of(&results, "A4")["presence_fraction_median"], 0.75);
    assert_eq!(of(&results, "A4")["presences"], 4);
    // r and s spoke, t and u did not, and 600, 200, 0, 0 s are unequal.
    assert_eq!(of(&results, "A5")["spoke_share"]["k"], 2);
    assert_eq!(of(&results, "A5")["spoke_share"]["n"], 4);
    assert_eq!(of(&results, "A5")["talk_gini_median"], 0.625);
    // Of r, s and t the team is known, and three teams came.
    assert_eq!(of(&results, "A8")["outside_share"]["k"], 2);
    assert_eq!(of(&results, "A8")["outside_share"]["n"], 3);
    assert_eq!(of(&results, "A8")["teams_per_meeting_median"], 3.0);
}

#[tokio::test]
async fn whoever_came_adds_to_the_write_up_in_its_days() {
    let mut events = review();
    let mut add = |kind: &str, subject: &str, time: &str, data: Value| {
        events.add(kind, subject, time, data);
    };
    let by = |person: &str| json!({ "person": format!("{person}@example.org") });
    // r edits while it is held; s comments at the very end of the window; t links from a commit; what u
    // says is too late, taken back, or stands on the page itself.
    add(
        "edit",
        "https://wiki.example.org/a",
        "2025-02-03T10:30:00Z",
        by("r"),
    );
    add("comment", "a", "2025-02-17T10:00:00Z", by("s"));
    let mut link = by("t");
    link["place"] = json!("commit");
    link["source"] = json!("shop@1234567");
    add("link", "a", "2025-02-10T10:00:00Z", link);
    add("comment", "a", "2025-02-17T10:00:00.001Z", by("u"));
    add("comment", "a", "2025-02-03T10:00:00Z", by("u"));
    let mut deleted = by("u");
    deleted["deleted_at"] = json!("2025-02-05T10:00:00Z");
    add("comment", "a", "2025-02-04T10:00:00Z", deleted);
    let mut own = by("u");
    own["place"] = json!("writeup");
    own["source"] = json!("https://wiki.example.org/a");
    add("link", "a", "2025-02-04T10:00:00Z", own);
    // Who was not there.
    add("comment", "a", "2025-02-04T10:00:00Z", by("w"));
    let Some(results) = events
        .results("taking_part_added", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let share = |name: &str| {
        let share = &of(&results, "A6")[name];
        [share["k"].clone(), share["n"].clone()]
    };
    assert_eq!(share("contribution_after"), [3, 4]);
    assert_eq!(share("during"), [1, 4]);
    // A review is asked when its window is over.
    let early = events
        .results("taking_part_early", "2025-02-17T09:59:59Z")
        .await;
    assert!(of(&early.expect("an engine"), "A6")["contribution_after"].is_null());
}

#[tokio::test]
async fn people_come_back_where_it_was_watched() {
    let mut events = Events::default();
    events.add("writeup", "a", "2025-01-01T00:00:00Z", json!({ "id": "a" }));
    for (person, days) in [
        ("p", &["2025-01-10", "2025-02-10", "2025-04-10"][..]),
        ("q", &["2025-01-10", "2025-02-10"]),
        ("r", &["2025-01-31"]),
        ("s", &["2025-05-05"]),
    ] {
        for day in days {
            let data =
                json!({ "meeting": day, "person": person, "present_s": 900, "meeting_s": 3600 });
            events.add("attendance", "a", &format!("{day}T10:00:00Z"), data);
        }
    }
    // Without a word on when it was watching, the source observed from its first event on: nobody is known
    // to have come for the first time but whoever came half a year later.
    let Some(results) = events
        .results("taking_part_dark", "2025-08-15T00:00:00Z")
        .await
    else {
        return;
    };
    assert!(
        of(&results, "A7")["repeat"].is_null(),
        "{}",
        of(&results, "A7")
    );
    assert_eq!(of(&results, "A7")["not_observed"], 4);

    let coverage = json!({ "kind": "attendance", "scope": "test", "from": "2024-01-01T00:00:00Z" });
    events.add("coverage", "", "2024-01-01T00:00:00Z", coverage);
    let results = events
        .results("taking_part_lit", "2025-08-15T00:00:00Z")
        .await;
    let results = results.expect("an engine");
    let found = of(&results, "A7");
    assert_eq!(found["not_observed"], 0);
    // s came too lately to be asked.
    assert_eq!([&found["repeat"]["k"], &found["repeat"]["n"]], [2, 3]);
    let cohorts = json!([
        {
            "cohort": "2025-01", "size": 3,
            "retained": { "0": 3, "1": 2, "2": 0, "3": 1, "4": 0, "5": 0, "6": 0 },
        },
        { "cohort": "2025-05", "size": 1, "retained": { "0": 1, "1": 0, "2": 0 } },
    ]);
    assert_eq!(found["cohorts"], cohorts);
    assert_eq!(
        found["reviews_held"][0],
        json!({ "month": "2025-01", "reviews": 2 })
    );
}

/// Sixteen were invited through a list and three of them came, as did one who was named as required, the
/// author and a responder, whom only the meeting tool has seen, and one more without an invitation.
#[tokio::test]
async fn who_need_not_have_come_is_told_in_three_classes() {
    let mut events = Events::default();
    let writeup = json!({
        "id": "a", "published_at": "2025-01-01T00:00:00Z", "contributors": ["w@example.org"],
        "responders": ["r@example.org"],
    });
    events.add("writeup", "a", "2025-01-01T00:00:00Z", writeup);
    let at = "2025-02-03T10:00:00Z";
    let invited = |meeting: &str, person: &str| {
        json!({
            "meeting": meeting, "person": format!("{person}@example.org"), "role": "REQ-PARTICIPANT",
        })
    };
    for n in 0..16 {
        let mut listed = invited("m", &format!("l{n}"));
        listed["via"] = json!("engineering@example.org");
        events.add("attendance", "a", at, listed);
    }
    events.add("attendance", "a", at, invited("m", "n"));
    events.add("attendance", "a", at, invited("open", "n"));
    events.add(
        "meeting",
        "a",
        at,
        json!({ "meeting": "open", "open": true }),
    );
    for (meeting, people) in [
        ("m", &["l0", "l1", "l2", "n", "w", "r", "u"][..]),
        ("open", &["n"]),
    ] {
        for person in people {
            let data = json!({
                "meeting": meeting, "person": format!("{person}@example.org"), "present_s": 900,
            });
            events.add("attendance", "", at, data);
        }
    }
    let Some(summary) = events
        .summary("taking_part_classes", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let found = of(&summary["indicators"], "A2");
    let classes = ["had_to_come", "open_invitation", "uninvited"];
    assert_eq!(
        classes.map(|name| found["need_not"][name].clone()),
        [3, 4, 1]
    );
    assert_eq!([&found["need_not"]["k"], &found["need_not"]["n"]], [5, 8]);
    assert_eq!(found["need_not"]["iqr"], json!([1.75, 3.25]));
    // The strict form believes the calendar, and does not ask for authors.
    assert_eq!([&found["voluntary"]["k"], &found["walk_ins"]], [2, 2]);
    // Of one review the headline is told, too.
    let reviews = summary["reviews"].as_array().expect("reviews");
    let mut numbers: Vec<[i64; 2]> = reviews
        .iter()
        .map(|one| {
            ["attendees", "need_not_have_come"].map(|name| one[name].as_i64().expect("a number"))
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [[1, 1], [7, 4]]);
}

/// A group was invited of which the calendar names nobody, and one more by name. Of the two who came, and whom
/// no invitation names, nobody knows that they did not come through the group; to another review one of them
/// came uninvited.
#[tokio::test]
async fn whoever_comes_where_a_group_was_invited_is_not_uninvited() {
    let mut events = Events::default();
    let writeup = json!({ "id": "a", "published_at": "2025-01-01T00:00:00Z" });
    events.add("writeup", "a", "2025-01-01T00:00:00Z", writeup);
    let at = "2025-02-03T10:00:00Z";
    let group =
        json!({ "meeting": "g", "via": "engineering@example.org", "role": "REQ-PARTICIPANT" });
    events.add("attendance", "a", at, group);
    for meeting in ["g", "alone"] {
        let named =
            json!({ "meeting": meeting, "person": "n@example.org", "role": "REQ-PARTICIPANT" });
        events.add("attendance", "a", at, named);
    }
    for (meeting, people) in [("g", &["n", "u", "v"][..]), ("alone", &["u"])] {
        for person in people {
            let data = json!({
                "meeting": meeting, "person": format!("{person}@example.org"), "present_s": 900,
            });
            events.add("attendance", "", at, data);
        }
    }
    let Some(results) = events
        .results("taking_part_group", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let need_not = &of(&results, "A2")["need_not"];
    let classes = ["had_to_come", "open_invitation", "uninvited"];
    assert_eq!(classes.map(|name| need_not[name].clone()), [1, 2, 1]);
    assert_eq!([&need_not["k"], &need_not["n"]], [3, 4]);
    // The group itself is nobody who stayed away.
    let came = &of(&results, "A1")["attendance"];
    assert_eq!([&came["people"], &came["median_per_meeting"]], [3.0, 2.0]);
    assert_eq!(of(&results, "A3")["walk_in_share"]["k"], 3);
}

/// A calendar knows three reviews: of one a list says who came, of one that nobody did, of one nobody says
/// anything.
#[tokio::test]
async fn what_nobody_recorded_is_no_review_to_which_nobody_came() {
    let mut events = Events::default();
    let writeup = json!({ "id": "a", "published_at": "2025-01-01T00:00:00Z" });
    events.add("writeup", "a", "2025-01-01T00:00:00Z", writeup);
    let there = [("held", Some(true)), ("empty", Some(false)), ("plan", None)];
    for ((meeting, attended), day) in there.into_iter().zip(3..) {
        let at = format!("2025-02-0{day}T10:00:00Z");
        for (n, role) in ["REQ-PARTICIPANT", "OPT-PARTICIPANT"]
            .into_iter()
            .enumerate()
        {
            let mut data = json!({
                "meeting": meeting, "person": format!("p{n}@example.org"), "role": role,
                "partstat": "ACCEPTED",
            });
            events.add("attendance", "a", &at, data.clone());
            if let Some(attended) = attended {
                data = json!({
                    "meeting": meeting, "person": format!("p{n}@example.org"), "attended": attended,
                });
                events.add("attendance", "a", &at, data);
            }
        }
    }
    let Some(summary) = events
        .summary("taking_part_recorded", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let results = &summary["indicators"];
    let attendance = &of(results, "A1")["attendance"];
    assert_eq!(
        [&attendance["meetings"], &attendance["not_recorded"]],
        [2, 1]
    );
    assert_eq!(attendance["median_per_meeting"], 1.0);
    let shares = of(results, "A3");
    for (name, k, n) in [("show_rate", 2, 4), ("optional_yield", 1, 2)] {
        assert_eq!([&shares[name]["k"], &shares[name]["n"]], [k, n], "{name}");
    }
    assert_eq!(shares["not_recorded"], 1);
    let free = of(results, "A2");
    assert_eq!(free["need_not"]["per_meeting_median"], 0.5);
    assert_eq!(free["voluntary_clustered"]["clusters"], 2);
    let told: Vec<_> = summary["reviews"]
        .as_array()
        .expect("reviews")
        .iter()
        .map(|one| {
            [
                &one["attendees"],
                &one["need_not_have_come"],
                &one["not_recorded"],
            ]
        })
        .collect();
    let null = &Value::Null;
    assert_eq!(
        told,
        [
            [null, null, &json!(true)],
            [&json!(0), &json!(0), null],
            [&json!(2), &json!(1), null],
        ]
    );
    assert_eq!(summary["attendance_by_quarter"][0]["not_recorded"], 1);
}

/// Planned for an hour, held for half of it; one who was there until the hour is over, and longer.
#[tokio::test]
async fn a_meeting_is_as_long_as_it_was_told_to_be() {
    let mut events = Events::default();
    let at = "2025-02-03T15:00:00Z";
    events.add(
        "writeup",
        "a",
        "2025-01-01T00:00:00Z",
        json!({ "id": "a", "published_at": "2025-01-01T00:00:00Z" }),
    );
    let stays = [
        ("short", &[1800, 1800][..]),
        ("long", &[1800, 2400, 2400]),
        ("longer", &[900, 5400]),
    ];
    for (meeting, stays) in stays {
        for (n, present) in stays.iter().enumerate() {
            let person = format!("p{n}@example.org");
            let data = json!({ "meeting": meeting, "person": person, "role": "REQ-PARTICIPANT",
                "meeting_s": 3600 });
            events.add("attendance", "a", at, data);
            let data = json!({ "meeting": meeting, "person": person, "present_s": present,
                "meeting_s": 1800 });
            events.add("attendance", "a", at, data);
        }
    }
    let Some(results) = events
        .results("taking_part_lengths", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    // 1, 1; 0.75, 1, 1; 0.25, 1: nobody is there for longer than it was planned.
    let found = of(&results, "A4");
    assert_eq!(found["presence_fraction_median"], 1.0);
    assert_eq!(found["iqr"], json!([0.875, 1.0]));
    assert_eq!(found["stayed"][9]["presences"], 5);
}

/// One review was planned; to another, of which no calendar says anything, six came.
#[tokio::test]
async fn to_what_nobody_planned_nobody_comes_uninvited() {
    let mut events = Events::default();
    let at = "2025-02-03T15:00:00Z";
    events.add(
        "writeup",
        "a",
        "2025-01-01T00:00:00Z",
        json!({ "id": "a", "published_at": "2025-01-01T00:00:00Z" }),
    );
    let person = |n: u32| format!("p{n}@example.org");
    for n in 0..2 {
        let data = json!({ "meeting": "planned", "person": person(n), "role": "REQ-PARTICIPANT" });
        events.add("attendance", "a", at, data);
    }
    for (meeting, people) in [("planned", 0..3), ("own", 0..6), ("open", 0..4)] {
        for n in people {
            let data = json!({ "meeting": meeting, "person": person(n), "present_s": 1800 });
            events.add("attendance", "a", at, data);
        }
    }
    events.add(
        "meeting",
        "a",
        at,
        json!({ "meeting": "open", "open": true }),
    );
    let Some(summary) = events
        .summary("taking_part_unplanned", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let results = &summary["indicators"];
    assert_eq!(of(results, "A1")["attendance"]["attendees"], 13);
    let walk_ins = &of(results, "A3")["walk_in_share"];
    assert_eq!([&walk_ins["k"], &walk_ins["n"]], [5, 7]);
    let free = of(results, "A2");
    assert_eq!([&free["voluntary"]["n"], &free["walk_ins"]], [7, 5]);
    assert_eq!(
        [&free["need_not"]["n"], &free["need_not"]["had_to_come"]],
        [7, 2]
    );
    for code in ["A2", "A3"] {
        assert_eq!(of(results, code)["not_planned"], 1, "{code}");
    }
    let roles = &summary["attendance_by_quarter"][0]["by_role"];
    assert_eq!([&roles["unknown"], &roles["walk_in"]], [6, 5]);
    let own = summary["reviews"].as_array().expect("reviews").iter();
    let own: Vec<&Value> = own.filter(|one| one["attendees"] == 6).collect();
    assert_eq!(
        (&own[0]["not_planned"], &own[0]["need_not_have_come"]),
        (&json!(true), &Value::Null)
    );
}

/// Two reviews, and a source of comments that began between them.
#[tokio::test]
async fn nobody_is_seen_to_add_where_nobody_looks() {
    let mut events = Events::default();
    events.add(
        "writeup",
        "a",
        "2025-01-15T00:00:00Z",
        json!({ "id": "a", "published_at": "2025-01-15T00:00:00Z" }),
    );
    for (meeting, day) in [("before", "2025-02-03"), ("after", "2025-04-03")] {
        for n in 0..2 {
            let data = json!({ "meeting": meeting, "person": format!("p{n}"), "attended": true });
            events.add("attendance", "a", &format!("{day}T10:00:00Z"), data);
        }
    }
    let Some(dark) = events
        .results("taking_part_unwatched", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let found = of(&dark, "A6");
    assert!(found["contribution_after"].is_null(), "{found}");
    assert_eq!(found["reviews_not_observed"], 2);
    let watched = json!({ "kind": "comment", "scope": "test", "from": "2025-02-10T00:00:00Z" });
    events.add("coverage", "", "2025-02-10T00:00:00Z", watched);
    let lit = events
        .results("taking_part_watched", "2025-06-01T00:00:00Z")
        .await;
    let found = of(lit.as_ref().expect("an engine"), "A6").clone();
    let share = &found["contribution_after"];
    assert_eq!([&share["k"], &share["n"]], [0, 2]);
    assert_eq!(found["reviews_not_observed"], 1);
}

/// The team that somebody is in by now is not the one that they were in.
#[tokio::test]
async fn teams_are_those_of_the_time() {
    let mut events = Events::default();
    let writeup = json!({ "id": "a", "owner_team": "web", "published_at": "2025-01-15T00:00:00Z" });
    events.add("writeup", "a", "2025-01-15T00:00:00Z", writeup);
    let words = [
        ("search", "2024-01-01", "2025-03-01"),
        ("web", "2025-03-01", "2030-01-01"),
    ];
    for (team, from, to) in words {
        let data = json!({
            "person": "p", "team": team, "team_from": format!("{from}T00:00:00Z"),
            "team_to": format!("{to}T00:00:00Z"),
        });
        events.add("person", "", &format!("{from}T00:00:00Z"), data);
    }
    for (meeting, day) in [("before", "2025-02-03"), ("after", "2025-04-03")] {
        let data = json!({ "meeting": meeting, "person": "p", "attended": true });
        events.add("attendance", "a", &format!("{day}T10:00:00Z"), data);
    }
    let Some(results) = events
        .results("taking_part_teams", "2025-06-01T00:00:00Z")
        .await
    else {
        return;
    };
    let outside = &of(&results, "A8")["outside_share"];
    assert_eq!([&outside["k"], &outside["n"]], [1, 2]);
}
