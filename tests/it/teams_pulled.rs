//! Attendance and transcripts that Graph is asked for: sessions of one occurrence united, at the meeting that
//! the calendar has; transcripts of enabled series alone.

use std::collections::{BTreeMap, BTreeSet};

use readback::model::{Body, Meeting, Millis, Occurrence, parse_rfc3339};
use readback::sources::collected::Collected;
use readback::sources::{self, KnownWriteup, Setting};
use serde_json::{Value, json};

use super::calendar_server::{NOW, reply};
use super::outlook::{Invited, Online, Tenant, meeting, uid};
use super::way::{Way, fixtures};

pub(crate) const MAIL: &str = "reviews@example.org";
pub(crate) const OID: &str = "dc17674c-81d9";
pub(crate) const ZOE: Invited<'static> = ("zoe", "required", "accepted");

const WEEKS: &[(&str, &str)] = &[
    ("2025-03-04T14:00:00", "2025-03-04T14:00:00"),
    ("2025-03-11T14:00:00", "2025-03-11T14:00:00"),
    ("2025-03-18T14:00:00", "2025-03-19T09:00:00"),
];

pub(crate) fn join_url(name: &str) -> String {
    format!(
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_{name}%40thread.v2/0?context=%7b%22Oid%22%3a%22\
         {OID}%22%7d"
    )
}

/// A session: who was there from when until when, minutes after its start.
pub(crate) fn session(id: &str, start: &str, minutes: i64, people: &[(&str, i64, i64)]) -> Value {
    let begun = parse_rfc3339(start).expect("a time");
    let at = |minute: i64| readback::model::to_rfc3339(begun + minute * 60_000);
    let records = people.iter().map(|(who, from, until)| {
        let email = if who.starts_with('+') { Value::Null } else { json!(format!("{who}@example.org")) };
        json!({ "emailAddress": email, "role": "Presenter",
            "identity": { "id": format!("{who}-account"), "displayName": format!("{who} zzsecret") },
            "totalAttendanceInSeconds": (until - from) * 60,
            "attendanceIntervals": [{ "joinDateTime": at(*from), "leaveDateTime": at(*until) }] })
    });
    json!({ "id": id, "totalParticipantCount": people.len(), "meetingStartDateTime": at(0),
        "meetingEndDateTime": at(minutes), "attendanceRecords": records.collect::<Vec<_>>() })
}

/// Pulls, and sees to it that nothing of it names anybody.
pub(crate) struct Pulls {
    pub(crate) params: String,
    checkpoint: Option<String>,
}

impl Pulls {
    pub(crate) fn of(tenant: &Tenant, more: &str) -> Pulls {
        let params = tenant.params(&format!("mailboxes = [{MAIL:?}]\n{more}"));
        Pulls {
            params,
            checkpoint: None,
        }
    }

    pub(crate) fn pull(&mut self, now: Millis) -> Collected {
        let build = sources::find("teams")
            .and_then(|kind| kind.pull)
            .expect("a kind");
        let setting = Setting {
            source: "teams".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: vec![KnownWriteup {
                id: "w1".to_owned(),
                title: None,
                aliases: vec!["INC-7".to_owned()],
            }],
        };
        let mut pull = build(self.params.parse().expect("TOML"), &setting).expect("parameters");
        let mut heard = Collected::default();
        let next = pull
            .pull(self.checkpoint.as_deref(), now, &mut heard)
            .expect("a pull");
        let said = format!("{next} {:?} {:?}", heard.notes, heard.problems);
        for secret in [
            "zoe",
            "ben",
            "zzsecret",
            "zzword",
            "example.org",
            OID,
            "thread",
        ] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        self.checkpoint = Some(next);
        heard
    }
}

/// `meeting subject person minutes` of what was told.
pub(crate) fn rows(heard: &Collected) -> Vec<String> {
    let each = heard.events.iter().filter_map(|event| match &event.body {
        Body::Attendance(said) => {
            let meeting = said.meeting.split("867B3").last().expect("a UID");
            let person = said
                .person
                .as_ref()
                .map_or("nobody", |one| one.value.trim_end_matches("@example.org"));
            Some(format!(
                "{meeting} {} {person} {}",
                event.subject,
                said.present_ms? / 60_000
            ))
        }
        _ => None,
    });
    let mut rows: Vec<String> = each.collect();
    rows.sort();
    rows
}

pub(crate) fn with_series(tenant: &Tenant) {
    tenant.calendar(MAIL, |calendar| {
        calendar.series(1, "Review of INC-7", &[ZOE], WEEKS);
        calendar.change(1, |_, all| {
            for one in all {
                one["onlineMeeting"] = json!({ "joinUrl": join_url("a") });
            }
        });
        let mut other = meeting(2, "2025-03-05T14:00:00", "Lunch", &[ZOE]);
        other["onlineMeeting"] = json!({ "joinUrl": join_url("b") });
        calendar.set(other);
        calendar.set(meeting(
            3,
            "2025-03-06T14:00:00",
            "Review in a room",
            &[ZOE],
        ));
    });
}

#[test]
pub(crate) fn sessions_of_one_occurrence_are_united() {
    let tenant = Tenant::new();
    with_series(&tenant);
    let reports = vec![
        // Opened early, and opened again after a break; zoe was there twice.
        session(
            "r1",
            "2025-03-04T13:50:00Z",
            40,
            &[("zoe", 10, 40), ("ben", 10, 30), ("+49", 10, 20)],
        ),
        session("r2", "2025-03-04T14:40:00Z", 20, &[("zoe", 0, 20)]),
        // The moved one, and what is of none.
        session("r3", "2025-03-19T09:00:00Z", 60, &[("ben", 0, 60)]),
        session("r4", "2025-03-25T09:00:00Z", 5, &[("zoe", 0, 5)]),
    ];
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        reports,
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    let heard = pulls.pull(NOW);
    let expected = [
        "00001/2025-03-04T14:00:00Z w1 ben 20",
        "00001/2025-03-04T14:00:00Z w1 zoe 50",
        "00001/2025-03-18T14:00:00Z w1 ben 60",
    ];
    let named: Vec<String> = rows(&heard)
        .into_iter()
        .filter(|row| !row.contains("nobody"))
        .collect();
    assert_eq!(named, expected);
    let left_out = |heard: &Collected, reason: &str| heard.left_out.get(reason).copied();
    let reason = "session outside of every occurrence";
    assert_eq!(left_out(&heard, reason), Some(1), "{:?}", heard.left_out);
    let reason = "meeting without an address in Teams";
    assert_eq!(left_out(&heard, reason), Some(1), "{:?}", heard.left_out);
    // Of what did not change no report is asked for.
    tenant.targets();
    assert_eq!(pulls.pull(NOW).events.len(), 0);
    let later = tenant.targets();
    assert!(
        !later.iter().any(|target| target.contains("expand")),
        "{later:?}"
    );
    // Somebody joins again: the occurrence is told anew, and its events replace the earlier.
    let before: BTreeMap<String, u32> = heard
        .events
        .iter()
        .map(|event| (event.id.clone(), event.version))
        .collect();
    let again = session(
        "r5",
        "2025-03-19T10:10:00Z",
        20,
        &[("zoe", 0, 20), ("ben", 0, 10)],
    );
    tenant.outlook.lock().expect("no panic").online[0]
        .reports
        .push(again);
    let now = parse_rfc3339("2025-04-02T00:00:00Z").expect("a time");
    assert_eq!(pulls.pull(now).events.len(), 0, "it is too long ago");
    pulls.checkpoint = None;
    let heard = pulls.pull(now);
    assert!(
        rows(&heard).contains(&"00001/2025-03-18T14:00:00Z w1 ben 70".to_owned()),
        "{:?}",
        rows(&heard)
    );
    let newer = heard
        .events
        .iter()
        .filter_map(|event| Some((event.version, before.get(&event.id)?)));
    assert!(newer.into_iter().all(|(now, then)| now > *then));
}

#[test]
fn the_vendor_s_own_report_is_read() {
    let Some(folder) = fixtures() else {
        return;
    };
    let text = std::fs::read_to_string(
        folder.join("msgraph_attendance/meetingAttendanceReport.expand.json"),
    );
    let report: Value = serde_json::from_str(&text.expect("a report")).expect("JSON");
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |calendar| {
        let mut one = meeting(1, "2021-10-05T04:30:00", "INC-7", &[ZOE]);
        one["onlineMeeting"] = json!({ "joinUrl": "https://teams.microsoft.com/meet/1?p=a" });
        calendar.set(one);
    });
    let join_url = "https://teams.microsoft.com/meet/1?p=a".to_owned();
    let online = Online {
        name: "a",
        user: MAIL,
        join_url,
        reports: vec![report],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let now = parse_rfc3339("2021-10-06T00:00:00Z").expect("a time");
    let heard = Pulls::of(&tenant, "").pull(now);
    let told = heard.events.iter().map(|event| match &event.body {
        Body::Attendance(said) => (said.meeting.clone(), said.present_ms),
        _ => panic!("no attendance"),
    });
    assert_eq!(told.collect::<Vec<_>>(), [(uid(1), Some(1_152_601))]);
}

fn spoken(heard: &Collected) -> Vec<Meeting> {
    let each = heard.events.iter().filter_map(|event| match &event.body {
        Body::Meeting(said) => Some(said.clone()),
        _ => None,
    });
    each.collect()
}

#[test]
fn only_enabled_series_are_listened_to() {
    let tenant = Tenant::new();
    with_series(&tenant);
    let line = |from: u32, until: u32, who: &str| {
        let text = json!({ "speakerName": who, "spokenText": "zzword", "spokenLanguage": "en-us" });
        format!("0:0:{from}.0 --> 0:0:{until}.0\n{text}\n\n")
    };
    let lines = |lines: &[String]| Some(format!("WEBVTT\n\n{}", lines.concat()));
    let of = |id: &str, start: &str, end: &str| json!({ "id": id, "createdDateTime": start, "endDateTime": end });
    let transcripts = vec![
        (
            of("t1", "2025-03-04T14:00:10Z", "2025-03-04T14:30:00Z"),
            lines(&[
                line(0, 9, "zoe zzsecret"),
                line(10, 50, "uwe zzsecret"),
                line(50, 59, "ben zzsecret"),
            ]),
            None,
        ),
        (
            of("t2", "2025-03-04T14:40:00Z", "2025-03-04T14:50:00Z"),
            None,
            Some("WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v zoe zzsecret>zzword</v>\n".to_owned()),
        ),
    ];
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        transcripts,
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let heard = Pulls::of(&tenant, "match = [\"Review\"]").pull(NOW);
    assert_eq!(spoken(&heard), []);
    assert!(
        !tenant
            .targets()
            .iter()
            .any(|target| target.contains("transcripts"))
    );
    // One occurrence is not the series.
    let other = format!(
        "enabled_series = [\"{}/2025-03-11T14:00:00Z\"]\nmatch = [\"Review\"]",
        uid(1)
    );
    assert_eq!(spoken(&Pulls::of(&tenant, &other).pull(NOW)), []);
    assert!(
        !tenant
            .targets()
            .iter()
            .any(|target| target.contains("metadataContent"))
    );
    let mut pulls = Pulls::of(
        &tenant,
        &format!("enabled_series = [\"{}\"]\nmatch = [\"Review\"]", uid(1)),
    );
    let heard = pulls.pull(NOW);
    let expected = Meeting {
        // zoe spoke for 14 seconds in two parts, ben too short; uwe led.
        spoke: Some(1),
        facilitators_spoke: Some(1),
        speaking_ms: Some(63_320),
        ..Meeting::new(Occurrence::Named(format!(
            "{}/2025-03-04T14:00:00Z",
            uid(1)
        )))
    };
    assert_eq!(spoken(&heard), [expected]);
    assert_eq!(
        heard
            .events
            .iter()
            .map(|event| &*event.subject)
            .collect::<BTreeSet<_>>(),
        BTreeSet::from(["w1"])
    );
    assert_eq!(pulls.pull(NOW).events.len(), 0);
    // Names of speakers are not given to applications: it is said, and is asked again.
    pulls.checkpoint = None;
    let forbidden = json!({ "error": { "code": "Forbidden", "innerError": { "code": "SpeakerAttributionNotAllowed" } } });
    for form in ["t1/metadataContent", "t1/content", "transcripts%2Ft1"] {
        tenant.odd(form, reply(403, forbidden.to_string()));
    }
    let heard = pulls.pull(NOW);
    assert_eq!(spoken(&heard), []);
    assert!(
        heard.notes[0].contains("with the names of speakers"),
        "{:?}",
        heard.notes
    );
    assert_eq!(spoken(&pulls.pull(NOW)).len(), 1);
}

#[test]
fn what_may_not_be_asked_is_told() {
    let tenant = Tenant::new();
    with_series(&tenant);
    let report = session("r1", "2025-03-04T14:00:00Z", 40, &[("zoe", 10, 40)]);
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        reports: vec![report],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    tenant.odd("/onlineMeetings?", reply(403, "{}"));
    let heard = pulls.pull(NOW);
    assert_eq!(heard.events.len(), 0);
    let words = [
        "OnlineMeetingArtifact.Read.All",
        "New-CsApplicationAccessPolicy",
    ];
    assert!(
        words.iter().all(|one| heard.notes[0].contains(one)),
        "{:?}",
        heard.notes
    );
    // It is asked again; and told to wait it goes on later.
    tenant.odd(
        "attendanceReports/",
        (429, vec![("retry-after", "30".to_owned())], Vec::new()),
    );
    assert_eq!(pulls.pull(NOW).events.len(), 0);
    assert_eq!(pulls.pull(NOW + 60_000).events.len(), 1);
    for (params, words) in [
        (
            "mailboxes = [\"a\"]\nmeeting = \"x\"",
            "meeting is for files",
        ),
        (
            "mailboxes = [\"a\"]\nenabled_series = [\"*\"]",
            "stands for every meeting",
        ),
        ("mailboxes = []", "at least one mailbox"),
    ] {
        let params = format!("tenant = \"t\"\nclient_id = \"c\"\n{params}");
        let setting = Setting {
            source: "teams".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let kind = sources::find("teams").expect("a kind");
        let refused = kind
            .check(params.parse().expect("TOML"), &setting)
            .expect_err(words);
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

/// Through the intake: who was invited and who came are one row of one meeting.
#[tokio::test(flavor = "multi_thread")]
async fn invited_and_present_meet() {
    let Some(way) = Way::fresh("teams_pulled").await else {
        return;
    };
    let tenant = Tenant::new();
    with_series(&tenant);
    let report = session(
        "r1",
        "2025-03-04T14:00:00Z",
        60,
        &[("zoe", 0, 40), ("ben", 0, 30)],
    );
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        reports: vec![report],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let more = format!(
        "mailboxes = [{MAIL:?}]\nmatch = [\"Review of\"]\nkey = 'INC-\\d+'\nfrom = \"2025-01-01\""
    );
    let params = tenant.params(&more);
    way.scan("microsoft-calendar", "outlook", &params)
        .await
        .expect("a scan");
    let asked = params.replace("from = \"2025-01-01\"", "from = \"2025-02-01\"");
    way.scan("teams", "teams", &asked).await.expect("a scan");
    let meetings = "SELECT uniqExact(meeting) FROM landing_attendance FINAL";
    assert_eq!(way.count(meetings).await, 3);
    // zoe was invited and came, by one name at one meeting.
    let both = "SELECT count() FROM (SELECT meeting, person FROM landing_attendance FINAL GROUP BY ALL \
                HAVING uniqExact(source) = 2)";
    assert_eq!(way.count(both).await, 1);
    let came = "SELECT count() FROM landing_attendance FINAL WHERE present_ms > 0";
    assert_eq!(way.count(came).await, 2);
    for secret in ["zoe", "ben", "example.org", "zzsecret", "thread"] {
        for table in ["landing_attendance", "checkpoint"] {
            let sql = format!(
                "SELECT count() FROM {table} WHERE position(formatRow('JSONEachRow', *), '{secret}') > 0"
            );
            assert_eq!(way.count(&sql).await, 0, "{secret} in {table}");
        }
    }
}
