//! What a pull is refused for good: it is told by the running program's log, by its health, by `check`, and by
//! the age of the last whole pull; and it is asked for again.

use readback::jobs::ingest::{self, Scan};
use readback::model::{DAY_MS, Millis, Vocabulary};
use readback::sources;
use serde_json::json;

use super::binary::Home;
use super::calendar_server::{NOW, reply};
use super::outlook::{Online, Tenant, meeting};
use super::served::Served;
use super::teams_pulled::{MAIL, OID, Pulls, ZOE, join_url, rows, session, with_series};
use super::way::Way;

fn known(tenant: &Tenant) {
    let online = Online {
        name: "a",
        user: OID,
        join_url: join_url("a"),
        reports: vec![session("r1", "2025-03-04T14:00:00Z", 60, &[("zoe", 0, 40)])],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_was_refused_a_part_is_not_whole() {
    let Some(way) = Way::fresh("refused_parts").await else {
        return;
    };
    let tenant = Tenant::new();
    with_series(&tenant);
    known(&tenant);
    tenant.calendar("more@example.org", |_| {});
    let both = format!("mailboxes = [{MAIL:?}, \"more@example.org\"]");
    let params = tenant.params(&format!("{both}\nmatch = [\"Review\"]"));
    let scan = async |now: Millis| {
        let scan = Scan {
            kind: sources::find("teams").expect("a kind"),
            source: "teams".to_owned(),
            params: toml::from_str(&params).expect("TOML"),
            timezone: chrono_tz::UTC,
            vocabulary: Vocabulary::default(),
            now,
            gate: way.gate.clone(),
        };
        let done = ingest::scan(&way.store, &way.keys, scan).await;
        done.expect("a scan").unread
    };
    let whole = async || way.store.last_pulls().await.expect("an answer");
    let refuse = || tenant.odd("users/more", reply(403, "{}"));
    // None was whole yet: what grows is the time since the first.
    for pull in 0..2 {
        refuse();
        let told = scan(NOW + pull * DAY_MS).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("Calendars.Read"), "{told:?}");
        assert_eq!(whole().await, [("teams".to_owned(), NOW)]);
    }
    assert_eq!(scan(NOW + 2 * DAY_MS).await, [""; 0]);
    assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    refuse();
    assert_eq!(scan(NOW + 3 * DAY_MS).await.len(), 1);
    assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    // Told to wait, nothing is asked the next time, and that is no whole pull either.
    let wait = (429, vec![("retry-after", "3600".to_owned())], Vec::new());
    tenant.odd("calendarView", wait);
    for minutes in [0, 1] {
        scan(NOW + 4 * DAY_MS + minutes * 60_000).await;
        assert_eq!(whole().await, [("teams".to_owned(), NOW + 2 * DAY_MS)]);
    }
}

#[test]
fn a_refusal_is_told_by_log_health_and_check() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let tenant = Tenant::new();
    tenant.calendar(MAIL, |_| {});
    let params = tenant.params(&format!("mailboxes = [{MAIL:?}, \"zoe@example.org\"]"));
    home.file(
        "readback.toml",
        format!("[[source]]\nid = \"reviews\"\nkind = \"teams\"\n{params}\n"),
    );
    tenant.odd("users/zoe", reply(403, "{}"));
    let served = Served::start(&home, &[], &[]);
    let since = std::time::Instant::now();
    while served.get("/readyz").json()["parts"]["unread"] != 1 {
        assert!(since.elapsed().as_secs() < 60, "{}", served.log());
    }
    let log = served.log();
    for words in ["a part of a source can't be read", "Calendars.Read"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    assert!(!log.contains("example.org"), "{log}");
    let said = home.done(&["check", "--offline"]);
    assert!(
        said.out
            .contains("source reviews: a part was refused to the last pull"),
        "{}",
        said.out
    );
    served.stop();
}

#[test]
fn a_mailbox_that_is_named_later_is_read_as_far_back() {
    let tenant = Tenant::new();
    with_series(&tenant);
    known(&tenant);
    tenant.calendar("more@example.org", |calendar| {
        let mut one = meeting(9, "2025-01-09T14:00:00", "Review of INC-7", &[ZOE]);
        one["onlineMeeting"] = json!({ "joinUrl": join_url("m") });
        calendar.set(one);
    });
    let online = Online {
        name: "m",
        user: OID,
        join_url: join_url("m"),
        reports: vec![session("m1", "2025-01-09T14:00:00Z", 60, &[("ben", 0, 30)])],
        ..Online::default()
    };
    tenant.outlook.lock().expect("no panic").online.push(online);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    assert_eq!(pulls.pull(NOW).events.len(), 1);
    let both = format!("mailboxes = [{MAIL:?}, \"more@example.org\"]");
    pulls.params = pulls
        .params
        .replace(&format!("mailboxes = [{MAIL:?}]"), &both);
    assert_eq!(rows(&pulls.pull(NOW + DAY_MS)), ["00009 w1 ben 30"]);
}

#[test]
fn a_meeting_that_was_unknown_is_asked_for_again() {
    let tenant = Tenant::new();
    with_series(&tenant);
    let mut pulls = Pulls::of(&tenant, "match = [\"Review\"]");
    assert_eq!(pulls.pull(NOW).events.len(), 0);
    // Not at every pull: there may be many that never come.
    tenant.targets();
    pulls.pull(NOW + 60_000);
    let asked = tenant.targets();
    assert!(
        !asked.iter().any(|one| one.contains("onlineMeetings")),
        "{asked:?}"
    );
    known(&tenant);
    let told = rows(&pulls.pull(NOW + 30 * DAY_MS));
    assert_eq!(told, ["00001/2025-03-04T14:00:00Z w1 zoe 40"]);
    // Then it is known, and the past rests.
    tenant.targets();
    pulls.pull(NOW + 32 * DAY_MS);
    let asked = tenant.targets();
    assert!(
        !asked.iter().any(|one| one.contains("onlineMeetings")),
        "{asked:?}"
    );
}
