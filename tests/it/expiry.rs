//! What sources forget: it is told before anything is lost, by `check`, at `/readyz`, in the metrics and on
//! the page of those who run it.

use readback::jobs::expiry::{Standing, taken};
use readback::model::DAY_MS;
use readback::sources;
use serde_json::{Value, json};

use super::binary::{Home, Listening};
use super::calendar_server::{Server, calendar, event as invitation, reply};
use super::http::Connection;
use super::served::Served;
use super::way::{Way, event, instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_is_noted_with_its_time() {
    let Some(way) = Way::within("expiry", chrono_tz::UTC).await else {
        return;
    };
    let data = json!({ "meeting": "m", "person": "ada@example.org", "role": "OPT-PARTICIPANT" });
    let line = event("attendance", "a", "INC-1", "2026-03-02T10:00:00Z", data);
    let line = line.replace("\"source\":\"test\"", "\"source\":\"lists\"");
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    way.events(&[line]).await;
    way.derive().await;
    let pulled_at = instant("2026-03-01T00:00:00Z");
    for version in 1_u32..3 {
        let at = pulled_at + i64::from(version) * DAY_MS;
        way.store
            .set_checkpoint("wiki", (version.into(), "{}"), at)
            .await
            .expect("a checkpoint");
    }
    let of = |id: &str, kind: &str, is_pulled| {
        (
            id.to_owned(),
            sources::find(kind).expect("a kind"),
            is_pulled,
        )
    };
    let configured = [
        of("wiki", "mediawiki", true),
        of("never", "mediawiki", true),
        of("lists", "meet", false),
        of("lists", "events", false),
    ];
    let taken = taken(&way.store, &configured, 60)
        .await
        .expect("what was taken");
    let told: Vec<(&str, i64)> = taken
        .iter()
        .map(|one| (one.source.as_str(), one.at))
        .collect();
    let came = instant("2026-03-02T10:00:00Z");
    assert_eq!(told, [("wiki", pulled_at + 2 * DAY_MS), ("lists", came)]);
    assert_eq!(taken[0].standing(pulled_at + 32 * DAY_MS), Standing::Fine);
    assert_eq!(
        taken[0].standing(pulled_at + 42 * DAY_MS),
        Standing::Soon { left: 20 }
    );
    assert!(taken[0].is_lost(pulled_at + 63 * DAY_MS));
    assert!(!taken[1].is_lost(pulled_at + 63 * DAY_MS));
}

/// A house with a wiki that was pulled so many days ago; nobody scans it now.
fn pulled(days: u32) -> Option<Home> {
    let home = Home::with_engine()?.with("READBACK_ENGINE_PASSWORD", "only for tests");
    home.file(
        "readback.toml",
        "[schedule]\nscan_minutes = 0\n[[source]]\nid = \"zzwiki\"\nkind = \"mediawiki\"\n\
         api = \"http://127.0.0.1:1/api.php\"\ncategory = \"Post-mortems\"\n",
    );
    home.done(&["report", "--out", "report"]);
    let listening = Listening::start(&home);
    let statement = format!(
        "INSERT INTO readback.checkpoint (source, version, value, pulled_at) \
         SELECT 'zzwiki', 1, '{{}}', toUnixTimestamp64Milli(now64(3)) - {days} * toInt64(86400000)"
    );
    let address = listening.url.strip_prefix("http://").expect("an address");
    let login = "X-ClickHouse-User: readback\r\nX-ClickHouse-Key: only for tests\r\n";
    let reply = Connection::open(address)
        .and_then(|mut connection| connection.post("/", login, statement.as_bytes()))
        .expect("an answer");
    assert_eq!(
        reply.status,
        200,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    drop(listening);
    Some(home)
}

#[test]
fn check_warns_at_half_and_fails_when_days_are_lost() {
    let Some(home) = pulled(10) else {
        return;
    };
    let fine = home.done(&["check", "--offline"]);
    assert!(!fine.out.contains("forgotten"), "{}", fine.out);
    assert!(
        format!("{}{}", fine.out, fine.err).contains("10 days ago; nothing is lost yet"),
        "{fine:?}"
    );
    let Some(home) = pulled(40) else {
        return;
    };
    let soon = home.done(&["check", "--offline", "--json"]);
    let soon: Value = serde_json::from_str(&soon.out).expect("JSON");
    let warning = soon["warnings"].as_array().expect("a list").iter();
    let warning: Vec<&str> = warning.filter_map(Value::as_str).collect();
    let told = |words: &&&str| words.contains("source zzwiki") && words.contains("40 days ago");
    assert_eq!(warning.iter().filter(told).count(), 1, "{warning:?}");
    let Some(home) = pulled(63) else {
        return;
    };
    let lost = home.run(&["check", "--offline"]);
    assert_eq!(lost.code, Some(1));
    assert!(lost.err.contains("days are lost, from 20"), "{}", lost.err);
}

#[test]
fn a_running_collector_tells_what_is_lost() {
    let Some(home) = pulled(63) else {
        return;
    };
    let served = Served::start(&home, &[], &[]);
    let jobs = served.until("/readyz/jobs", 503).text;
    assert!(
        jobs.contains("longer than it remembers") && !jobs.contains("zzwiki"),
        "{jobs}"
    );
    assert_eq!(served.get("/readyz").json()["parts"]["forgetting"], 1);
    let metrics = served.get("/metrics").text;
    let lag = "readback_source_lag_seconds{kind=\"mediawiki\"} ";
    let lag = metrics.lines().find_map(|line| line.strip_prefix(lag));
    let seconds: f64 = lag.expect("a metric").parse().expect("a number");
    assert!(
        (63.0 * 86_400.0..64.0 * 86_400.0).contains(&seconds),
        "{seconds}"
    );
    assert!(!metrics.contains("zzwiki"), "{metrics}");
}

/// This collector scans nothing, and hears of what a command scanned.
#[test]
fn a_scan_by_somebody_else_is_heard_of() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let server = Server::new(|_| {
        let meeting = invitation("first", "20260101T090000Z", "", &["p1"]);
        reply(200, calendar(&[meeting]))
    });
    home.file(
        "readback.toml",
        format!(
            "[schedule]\nscan_minutes = 0\nreport_minutes = 0\n[[source]]\nid = \"reviews\"\n\
             kind = \"icalendar\"\nurl = \"{}/f.ics\"\n",
            server.address
        ),
    );
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz", 200);
    let lag = "readback_source_lag_seconds{kind=\"icalendar\"}";
    assert!(!served.get("/metrics").text.contains(lag));
    home.done(&["scan"]);
    let since = std::time::Instant::now();
    while !served.get("/metrics").text.contains(lag) {
        assert!(since.elapsed().as_secs() < 60, "{}", served.log());
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
}
