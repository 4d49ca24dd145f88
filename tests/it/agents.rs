//! AI agents: a class of their own, told beside the reads of people and never among them, however they are
//! known: by their user agent, by the event's own word, by the account that they use.

use readback::collect::Keys;
use readback::config::{Accounts, Secret};
use readback::jobs::machines::{Configured, Machines};
use readback::model::Parameters;
use serde_json::{Value, json};

use super::binary::Home;
use super::way::{Way, event, instant};

const AS_OF: &str = "2026-04-01T00:00:00Z";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A read of INC-1 at an hour of 2 March, with these data.
fn read(id: &str, hour: u32, data: Value) -> String {
    event(
        "read",
        id,
        "INC-1",
        &format!("2026-03-02T{hour:02}:00:00Z"),
        data,
    )
}

async fn registered(name: &str) -> Option<Way> {
    let way = Way::within(name, chrono_tz::UTC).await?;
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    Some(way)
}

fn reads(summary: &Value) -> [&Value; 3] {
    [
        &summary["indicators"]["R1"]["results"]["total_reads"],
        &summary["health"]["received"]["bot"],
        &summary["health"]["reads"]["agents"],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_told_beside_people() {
    let Some(way) = registered("agents").await else {
        return;
    };
    let mut lines: Vec<String> = (0..6)
        .map(|n| {
            read(
                &format!("p{n}"),
                n,
                json!({ "person": format!("r{n}@example.org") }),
            )
        })
        .collect();
    // Six people sent an agent; one agent came by itself, a robot is none.
    lines.extend((0..6).map(|n| {
        let data = json!({ "person": format!("r{n}@example.org"), "agent": "assistant" });
        read(&format!("a{n}"), n, data)
    }));
    lines.push(read("own", 7, json!({ "agent": "crawler", "bot": true })));
    lines.push(read("robot", 7, json!({ "bot": true })));
    assert_eq!(way.events(&lines).await.rejected, 0);
    way.derive().await;
    let summary = way.report_only(instant(AS_OF), 5).await.json();
    assert_eq!(reads(&summary), [6, 8, 7]);
    assert_eq!(summary["indicators"]["R3"]["results"]["readers"], 6);
    assert_eq!(summary["writeups"][0]["agents"], json!({ "reads": 7 }));
    // Agents of six people: with k = 7 nobody is told how often.
    let summary = way.report_only(instant(AS_OF), 7).await.json();
    assert_eq!(summary["health"]["reads"]["agents"], Value::Null);
    // Nor by what is left of all lines.
    let received = &summary["health"]["received"];
    assert_eq!(received["bot"], Value::Null, "{received:#}");
    let kept = received["kept"].as_object().expect("kinds");
    assert!(kept.values().any(Value::is_null), "{received:#}");
    assert_eq!(summary["health"]["reads"]["suppressed"], true);
    assert_eq!(
        summary["writeups"][0]["agents"],
        json!({ "reads": null, "suppressed": true })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_turns_out_to_be_an_agent_restates_history() {
    let Some(way) = registered("agents_accounts").await else {
        return;
    };
    let mut lines: Vec<String> = (0..5)
        .map(|n| {
            read(
                &format!("h{n}"),
                n,
                json!({ "person": "helper@example.org" }),
            )
        })
        .collect();
    lines.push(read("s", 9, json!({ "person": "svc" })));
    lines.push(read("p", 9, json!({ "person": "ada@example.org" })));
    way.events(&lines).await;
    let before = way.report(instant(AS_OF)).await.json();
    assert_eq!(before["indicators"]["R1"]["results"]["total_reads"], 7);
    assert!(before["health"]["reads"].get("agents").is_none());
    assert!(before["writeups"][0].get("agents").is_none());

    let secret = |name: &str| Secret(name.to_owned());
    let accounts = Accounts {
        agents: vec![secret("Helper@example.org")],
        services: vec![secret("account:svc")],
    };
    let machines = Machines::of(&accounts, &way.keys).expect("accounts");
    let configured = Configured {
        machines,
        ..Configured::default()
    };
    way.derive_by(&Parameters::default(), &configured).await;
    let after = way.report_only(instant(AS_OF), 5).await.json();
    assert_eq!(after["health"]["received"]["bot"], 6);
    // The account is nobody: no k people stand behind it, and nobody at all.
    assert_eq!(after["health"]["reads"]["agents"], 5);
    let after = way.report_only(instant(AS_OF), 1).await.json();
    assert_eq!(after["indicators"]["R1"]["results"]["total_reads"], 1);
    assert_eq!(after["indicators"]["R3"]["results"]["readers"], 1);
    // Said no more, all is as before.
    let again = way.report(instant(AS_OF)).await.json();
    assert_eq!(again["indicators"], before["indicators"]);
    assert_eq!(again["health"], before["health"]);
}

/// A line in Combined Log Format.
fn line(minute: u32, user: &str, agent: &str) -> String {
    format!(
        "192.0.2.7 - {user} [02/Mar/2026:10:{minute:02}:00 +0000] \"GET /inc-1 HTTP/1.1\" 200 9 \"-\" \"{agent}\"\n"
    )
}

#[test]
fn the_program_tells_agents_of_a_log_and_names_a_changed_account_as_the_cause() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let writeup = event(
        "writeup",
        "w",
        "INC-1",
        "2026-03-01T00:00:00Z",
        json!({ "id": "INC-1", "url": "https://wiki.example.org/inc-1", "published_at": "2026-03-01T00:00:00Z" }),
    );
    let events = home.file("events.ndjson", writeup + "\n");
    let gpt = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)";
    let log: String = [
        line(1, "ada", BROWSER),
        line(2, "zzhelper", BROWSER),
        line(3, "-", gpt),
        line(4, "-", "Claude-User/1.0; +https://example.org"),
        line(5, "-", "Googlebot/2.1"),
    ]
    .concat();
    let log = home.file("access.log", log);
    home.done(&["import", "events", &events, "--set", "privacy.k=1"]);
    let base = "base=https://wiki.example.org";
    home.done(&["import", "access-log", &log, "--param", base]);
    let report = |out: &str, more: &[&str]| -> Value {
        let usual = ["report", "--as-of", AS_OF, "--out", out];
        home.done(&[&usual[..], more].concat());
        let bytes = std::fs::read(home.path(out).join("summary.json")).expect("a summary");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let before = report("before", &[]);
    assert_eq!(reads(&before), [2, 3, 2]);

    home.file(
        "readback.toml",
        "[accounts]\nagents = [\"access_log:zzhelper\"]\n",
    );
    let earlier = home.path("before").join("summary.json");
    let after = report("after", &["--since", &earlier.to_string_lossy()]);
    assert_eq!(reads(&after), [1, 4, 3]);
    let restated = std::fs::read(home.path("after").join("restatements.json")).expect("a file");
    let restated: Value = serde_json::from_slice(&restated).expect("JSON");
    assert_eq!(restated["causes"][0]["path"], "parameters.accounts");
    let page = std::fs::read_to_string(home.path("after").join("index.html")).expect("a page");
    assert!(page.contains("And 3 reads by AI agents"), "{page}");
    let checked = home.done(&["check", "--no-engine"]);
    assert!(checked.out.contains("accounts.agents"), "{}", checked.out);
    assert!(!checked.out.contains("zzhelper"), "{}", checked.out);

    home.file(
        "readback.toml",
        "[accounts]\nservices = [\"githb:zzhelper\", 7]\n",
    );
    let wrong = home.run(&["check", "--no-engine"]);
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.err.contains("accounts.services: entry 2"),
        "{}",
        wrong.err
    );
    assert!(!wrong.err.contains("zzhelper"), "{}", wrong.err);
}

#[test]
fn keys_of_a_house_are_those_of_its_accounts() {
    let of = |secret| {
        let accounts = Accounts {
            agents: vec![Secret("helper@example.org".to_owned())],
            services: Vec::new(),
        };
        let machines = Machines::of(&accounts, &Keys::new([secret; 32])).expect("accounts");
        machines.print().expect("a number")
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}
