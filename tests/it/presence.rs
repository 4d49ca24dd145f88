//! Who was there, from what Teams, Zoom and Meet let hosts download, with the real program: nobody's name
//! goes further than the door, the same list twice changes nothing, and who has no address is nobody's
//! double.

use serde_json::{Value, json};

use super::binary::{Home, contents};
use super::privacy::{ACCOUNT, EMAIL, NAME, PAGE, clean};
use super::way::event;

/// A list by its kind, with the parameters it needs, and what becomes of it.
struct List {
    kind: &'static str,
    text: String,
    params: &'static [&'static str],
    left_out: Value,
}

fn lists() -> [List; 4] {
    let teams = format!(
        "1. Summary\nMeeting title\tReview with {NAME}\nStart time\t14/03/2025, 15:00:00\n\
         End time\t14/03/2025, 16:00:00\n\n2. Participants\nName\tFirst join\n\n\
         3. In-Meeting activities\nName\tJoin time\tLeave time\tDuration\tEmail\tRole\n\
         {NAME}\t14/03/2025, 15:00:00\t14/03/2025, 15:40:00\t40m\t{EMAIL}\tOrganizer\n\
         {NAME}\t14/03/2025, 15:00:00\t14/03/2025, 15:40:00\t40m\t\tPresenter\n\
         {NAME}\t{NAME}\t14/03/2025, 15:40:00\t40m\t{EMAIL}\tPresenter\n\
         {NAME}'s Notetaker\t14/03/2025, 15:00:00\t14/03/2025, 15:40:00\t40m\t\tAttendee\n"
    );
    let graph = json!({
        "id": "r1", "meetingStartDateTime": "2025-04-14T14:00:00Z", "meetingEndDateTime": "2025-04-14T15:00:00Z",
        "attendanceRecords": [
            { "emailAddress": EMAIL, "role": NAME, "identity": { "id": ACCOUNT, "displayName": NAME },
              "attendanceIntervals": [
                { "joinDateTime": "2025-04-14T14:00:00Z", "leaveDateTime": "2025-04-14T14:30:00Z" },
                { "joinDateTime": NAME, "leaveDateTime": EMAIL } ] },
            { "emailAddress": "", "identity": { "id": ACCOUNT, "displayName": NAME },
              "totalAttendanceInSeconds": 1800 },
        ],
    });
    let zoom = format!(
        "Meeting ID,Topic,Start Time,End Time\n123,Review with {NAME},05/14/2025 03:00:00 PM,05/14/2025 04:00:00 PM\n\n\
         Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),In Waiting Room\n\
         {NAME},{EMAIL},05/14/2025 03:00:00 PM,05/14/2025 03:30:00 PM,30,No\n\
         {ACCOUNT} ({NAME}),,05/14/2025 03:00:00 PM,05/14/2025 03:30:00 PM,30,No\n\
         {NAME},{EMAIL},05/14/2025 02:50:00 PM,05/14/2025 03:00:00 PM,10,Yes\n\
         {NAME},{EMAIL},{NAME},{EMAIL},{ACCOUNT},No\n"
    );
    let meet = format!(
        "First name,Last name,Email,Duration,Time joined,Time exited\n\
         Zzfull,Marker,{EMAIL},30 min,15:00,15:30\n\
         Zzfull,Marker,,30 min,15:00,15:30\n\
         Zzfull,Marker,{EMAIL},{NAME},{NAME},{EMAIL}\n"
    );
    [
        List {
            kind: "teams",
            text: teams,
            params: &[],
            left_out: json!({ "note-taker": 1 }),
        },
        List {
            kind: "teams",
            text: graph.to_string(),
            params: &[],
            left_out: json!({}),
        },
        List {
            kind: "zoom",
            text: zoom,
            params: &[],
            left_out: json!({ "waiting room": 1 }),
        },
        List {
            kind: "meet",
            text: meet,
            params: &[
                "-p",
                "meeting=review-4",
                "-p",
                "start=2025-06-14T15:00",
                "-p",
                "end=2025-06-14T16:00",
            ],
            left_out: json!({}),
        },
    ]
}

#[test]
fn lists_of_three_tools_end_as_pseudonyms() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_LOG", "trace");
    home.file("readback.toml", "[privacy]\nk = 1\n");
    let writeup = event(
        "writeup",
        "w",
        PAGE,
        "2025-01-02T00:00:00Z",
        json!({ "id": "a", "url": PAGE, "title": "A", "published_at": "2025-04-10T00:00:00Z" }),
    );
    let path = home.file("writeups.ndjson", &writeup);
    home.done(&["import", "events", &path]);
    for round in 0..2 {
        for (number, list) in lists().into_iter().enumerate() {
            let path = home.file(&format!("list-{number}"), &list.text);
            let arguments = ["import", list.kind, &path, "--json", "-p", "writeup=a"];
            let said = home.done(&[&arguments[..], list.params].concat());
            clean(list.kind, said.out.as_bytes());
            clean(list.kind, said.err.as_bytes());
            let taken: Value = serde_json::from_str(&said.out).expect("JSON");
            let found = (&taken[0]["events"]["attendance"], &taken[0]["left_out"]);
            assert_eq!(
                found,
                (&json!(2), &list.left_out),
                "{}: {taken:#}",
                list.kind
            );
            assert_eq!(taken[0]["rejected"], 1, "{round}, {}: {taken:#}", list.kind);
        }
    }
    home.done(&["report", "--as-of", "2025-12-01"]);
    let summary =
        std::fs::read(home.path("readback-report").join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    let attendance = &summary["indicators"]["A1"]["results"]["attendance"];
    assert_eq!(attendance["meetings"], 4, "{attendance:#}");
    // Two came to each: somebody with an address, always the same, and somebody unknown.
    assert_eq!(attendance["attendees"], 8, "{attendance:#}");
    assert_eq!(attendance["people"], 1, "{attendance:#}");
    let key = home.data().join("key");
    for (path, bytes) in contents(&home.data()) {
        if path != key {
            clean(&path.display().to_string(), &bytes);
        }
    }
}

/// Behind a room or a telephone may sit nobody new, one, or ten: the number is the least who came, in the
/// indicator, in the list of reviews, and where it is shown.
#[test]
fn rooms_and_telephones_make_a_number_the_least() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", "[privacy]\nk = 1\n");
    let list = |day: &str, last: &str| {
        let mut text =
            "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes)\n".to_owned();
        for who in ["ada@example.org", "grace@example.org"] {
            text +=
                &format!("{who},{who},06/{day}/2025 03:00:00 PM,06/{day}/2025 03:30:00 PM,30\n");
        }
        text + &format!("{last},,06/{day}/2025 03:00:00 PM,06/{day}/2025 03:30:00 PM,30\n")
    };
    let meetings = [
        ("review-1", "14", "1415***1234"),
        ("review-2", "21", "Otter.ai"),
        ("review-3", "28", "Salle Turing"),
    ];
    for (meeting, day, last) in meetings {
        let path = home.file(&format!("{meeting}.csv"), list(day, last));
        home.done(&["import", "zoom", &path, "-p", &format!("meeting={meeting}")]);
    }
    home.done(&["report", "--as-of", "2025-12-01"]);
    let folder = home.path("readback-report");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a report");
    let summary: Value = serde_json::from_str(&read("summary.json")).expect("JSON");
    let attendance = &summary["indicators"]["A1"]["results"]["attendance"];
    assert_eq!(
        (&attendance["attendees"], &attendance["or_more"]),
        (&json!(6), &json!(2)),
        "{attendance:#}"
    );
    let reviews = summary["reviews"].as_array().expect("reviews");
    let told: Vec<_> = reviews
        .iter()
        .map(|one| (one["date"].as_str(), &one["attendees"], &one["or_more"]))
        .collect();
    assert_eq!(
        told,
        [
            (Some("2025-06-28"), &json!(2), &json!(true)),
            (Some("2025-06-21"), &json!(2), &Value::Null),
            (Some("2025-06-14"), &json!(2), &json!(true)),
        ]
    );
}
