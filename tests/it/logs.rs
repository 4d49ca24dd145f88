//! Access logs and page counts as a user has them: real logs of many servers, files that are being
//! written and rotated, Wikimedia's interface.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::binary::Home;
use super::way::{self, Way};

const BASE: &str = "base=https://wiki.example.org";

/// Every log of the published inputs: name, format, reads, bad lines.
const LOGS: [(&str, &str, u64, u64); 28] = [
    ("alb.log", "alb", 1, 0),
    ("amazon_cloudfront_web.log", "auto", 1, 0),
    ("apache_logs.first5000", "auto", 2184, 0),
    ("bunny-extended", "bunny", 5, 0),
    ("caddy__2.json", "auto", 0, 0),
    ("cmd__goatcounter__testdata__access_log", "auto", 2, 0),
    ("combined-vhost", "auto", 5, 0),
    ("common-vhost", "auto", 5, 0),
    ("common.log", "auto", 0, 0),
    ("common_encoding_big5.log", "auto", 0, 0),
    ("confluence_dc_access.log", "confluence", 0, 0),
    (
        "custom_regex_custom_date.log",
        "%h %l %u [%{%B - %d, %Y:%H:%M:%S}t] \"%r\" %>s %b",
        0,
        0,
    ),
    ("gandi.log", "gandi", 1, 0),
    ("icecast2.log", "icecast", 0, 0),
    ("iis_custom.log", "iis", 1, 0),
    ("logfile_access_log.0", "auto", 1, 0),
    ("logfile_bad_access_log.0", "auto", 1, 1),
    ("logfile_caddy_log.1", "caddy", 1, 0),
    ("logfile_cloudflare.json", "cloudflare", 0, 0),
    ("logfile_w3c.0", "auto", 0, 0),
    ("logfile_w3c.2", "w3c", 0, 0),
    ("logfile_w3c.4", "auto", 1, 0),
    ("logfile_w3c.6", "auto", 0, 0),
    ("ncsa_extended.log", "combined", 0, 0),
    ("nginx_json.log", "nginx-json", 2, 0),
    ("s3.log", "s3", 1, 0),
    ("splitted_date_and_time.log", "auto", 1, 0),
    ("traefik_json.log", "traefik", 1, 0),
];

#[test]
fn every_log_goes_through_its_format() {
    let Some(fixtures) = way::fixtures() else {
        return;
    };
    let logs = fixtures.join("access_logs");
    let home = Home::new();
    let mut wrong = Vec::new();
    for (name, format, reads, bad) in LOGS {
        let path = logs.join(name);
        let file = path.to_string_lossy();
        let format = format!("format={format}");
        let mut arguments = vec!["import", "access-log", &file, "--dry-run", "--json"];
        arguments.extend(["-p", BASE, "-p", &format]);
        let said = home.done(&arguments);
        let answer: Value = serde_json::from_str(&said.out).expect("JSON");
        let found = answer[0]["events"]["read"].as_u64().unwrap_or(0);
        let rejected = answer[0]["rejected"].as_u64();
        if (found, rejected) != (reads, Some(bad)) {
            wrong.push(format!("{name}: {found} reads, {}", said.err));
        }
        // Every line that is none is said why.
        let lines = std::fs::read(&path).expect("a log");
        let lines = lines.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count() as u64;
        let left_out = answer[0]["left_out"].as_object().expect("reasons").values();
        let left_out: u64 = left_out.filter_map(Value::as_u64).sum();
        if found + bad + left_out != lines {
            wrong.push(format!("{name}: of {lines} lines, {}", said.err));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let listed = std::fs::read_dir(&logs).expect("logs").count();
    assert_eq!(listed, LOGS.len(), "a log that is not tried");
}

#[tokio::test]
async fn counts_in_the_store_agree_with_an_unrelated_program() {
    let (Some(fixtures), Some(way)) = (way::fixtures(), Way::fresh("logs_apache").await) else {
        return;
    };
    let path = fixtures.join("access_logs/apache_logs.first5000");
    // The other program takes plain text for an asset.
    let params = "base = 'https://wiki.example.org'\nassets = ['txt']";
    let taken = way.import("access-log", "log", params, &path).await;
    let taken = taken.expect("an import");
    let again = way.import("access-log", "log", params, &path).await;
    assert_eq!(again.expect("an import").total(), taken.total());
    let expected = fixtures.join("EXPECTED/access_apache_logs.first5000.tsv");
    let expected = std::fs::read_to_string(expected).expect("counts");
    let expected = expected
        .lines()
        .find_map(|line| line.strip_prefix("get_200_304_nonbot_nonasset\t"));
    let people = way
        .count("SELECT count() FROM landing_read FINAL WHERE NOT bot")
        .await;
    assert_eq!(Some(people.to_string().as_str()), expected);
    let all = way.count("SELECT count() FROM landing_read FINAL").await;
    assert_eq!(all, taken.total());
}

#[test]
fn bad_lines_are_counted_and_nobody_is_named() {
    let home = Home::new();
    let good = "192.0.2.7 - ada [01/Feb/2024:12:00:52 +0000] \"GET /pm/1 HTTP/1.1\" 200 9\n";
    let bad = "192.0.2.7 - ada.lovelace@example.org [01/Feb/2024 12:00:52] \"GET /pm/1\" 200 9\n";
    let log = home.file("access.log", [good, &bad.repeat(700), good].concat());
    let said = home.done(&[
        "import",
        "access-log",
        &log,
        "--dry-run",
        "--json",
        "-p",
        BASE,
    ]);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&answer[0]["rejected"], &answer[0]["events"]["read"]),
        (&json!(700), &json!(2))
    );
    assert_eq!(answer[0]["problems"].as_array().map(Vec::len), Some(5));
    assert_eq!(answer[0]["problems"][0]["place"], "line 2");
    assert!(said.err.contains("and 695 more"), "{}", said.err);
    for name in ["192.0.2", "ada", "lovelace", "example.org [", "pm/1"] {
        assert!(
            !said.err.contains(name) && !said.out.contains(name),
            "{name}: {}",
            said.err
        );
    }
    for (format, words) in [
        ("%h %l %u %t \"%r\" %>s %Q", "\"%Q\" is no directive"),
        ("$remote_addr $request $status", "$time_local"),
        ("combine", "\"combine\" is no format"),
    ] {
        let format = format!("format={format}");
        let said = home.run(&[
            "import",
            "access-log",
            &log,
            "--dry-run",
            "-p",
            BASE,
            "-p",
            &format,
        ]);
        assert!(
            said.code != Some(0) && said.err.contains(words),
            "{format}: {}",
            said.err
        );
    }
}

fn line(second: u32, page: &str) -> String {
    format!(
        "192.0.2.7 - ada [01/Feb/2024:12:00:{second:02} +0000] \"GET /pm/{page} HTTP/1.1\" 200 9 \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"\n"
    )
}

fn append(path: &Path, text: &str) {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    file.expect("a file")
        .write_all(text.as_bytes())
        .expect("written");
}

#[tokio::test]
async fn a_log_is_followed_through_rotations() {
    let Some(way) = Way::fresh("logs_followed").await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
    let params = format!(
        "base = 'https://wiki.example.org'\npath = {:?}",
        log.display().to_string()
    );
    let scan = async || {
        let taken = way.scan("access-log", "log", &params).await;
        let taken = taken.expect("a scan");
        assert_eq!(taken.rejected, 0, "{:?}", taken.problems);
        taken.total()
    };
    let stored = async || way.count("SELECT count() FROM landing_read FINAL").await;
    assert_eq!(scan().await, 0, "no file yet");
    append(&log, &line(1, "a"));
    // Two requests of one second that leave the same line are two reads, also when a look comes between.
    append(&log, &line(2, "b"));
    assert_eq!(scan().await, 2);
    append(&log, &line(2, "b"));
    let half = line(3, "c");
    append(&log, &half[..40]);
    assert_eq!(scan().await, 1);
    append(&log, &half[40..]);
    assert_eq!(scan().await, 1);
    assert_eq!((scan().await, stored().await), (0, 4));

    // Renamed; the server writes one more line to it, and begins a new one.
    let first = folder.path().join("access.log.1");
    std::fs::rename(&log, &first).expect("renamed");
    append(&first, &line(4, "d"));
    append(&log, &line(5, "e"));
    assert_eq!((scan().await, stored().await), (2, 6));

    // Packed, and the next one copied and cut to nothing.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(&std::fs::read(&first).expect("a log"))
        .expect("packed");
    let second = folder.path().join("access.log.2.gz");
    std::fs::write(&second, packed.finish().expect("packed")).expect("written");
    append(&log, &line(6, "f"));
    std::fs::copy(&log, &first).expect("copied");
    std::fs::File::create(&log).expect("cut");
    assert_eq!((scan().await, stored().await), (1, 7));
    append(&log, &line(7, "g"));
    assert_eq!((scan().await, stored().await), (1, 8));
    assert_eq!(scan().await, 0);

    // With all of them named, and by hand, nothing counts twice.
    let all = params.replace("access.log", "access.log*");
    let taken = way.scan("access-log", "log", &all).await.expect("a scan");
    assert_eq!((taken.rejected, stored().await), (0, 8));
    for path in [&second, &first, &log] {
        let base = "base = 'https://wiki.example.org'";
        way.import("access-log", "log", base, path)
            .await
            .expect("an import");
    }
    assert_eq!(stored().await, 8);
}

#[test]
fn follow_goes_on_after_it_was_killed() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let log = home.file("logs/access.log", line(1, "a") + &line(2, "b"));
    let path = home.path("logs/access.log");
    let follow = || {
        let arguments = ["import", "access-log", &log, "--follow", "-p", BASE];
        let mut command = home.command(&arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("a program");
        let words = BufReader::new(child.stderr.take().expect("its words")).lines();
        (child, words)
    };
    let heard = |words: &mut std::io::Lines<BufReader<std::process::ChildStderr>>| {
        let mut words = words.map(|line| line.expect("a line"));
        let found = words.find(|line| line.contains(" about reads"));
        found.expect("it ended early")
    };
    let (mut child, mut words) = follow();
    assert!(heard(&mut words).contains("read 2 events about reads"));
    append(&path, &line(3, "c"));
    assert!(heard(&mut words).contains("read 1 event about reads"));
    child.kill().expect("killed");
    child.wait().expect("gone");
    append(&path, &line(4, "d"));
    let (mut child, mut words) = follow();
    let next = heard(&mut words);
    child.kill().expect("killed");
    child.wait().expect("gone");
    // What was loaded and not yet remembered is loaded again, and counts once.
    assert!(
        next.contains("read 1 event about reads") || next.contains("read 2 events about reads"),
        "{next}"
    );
    let said = home.run(&["import", "access-log", "-", "--follow", "-p", BASE]);
    assert!(
        said.err.contains("standard input can't be followed"),
        "{}",
        said.err
    );
}

#[test]
fn a_log_in_the_configuration() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let by_hand =
        "[[source]]\nid = \"old\"\nkind = \"access-log\"\nbase = \"https://old.example.org\"\n";
    let config = home.file("readback.toml", by_hand);
    let scan = ["--config", &config, "scan", "--json"];
    let said = home.run(&scan);
    assert!(
        said.code != Some(0) && said.err.contains("the path of an access-log"),
        "{}",
        said.err
    );

    let followed = "[[source]]\nid = \"wiki\"\nkind = \"access-log\"\nbase = \"https://wiki.example.org\"\n\
                    path = [\"logs/*/access.log*\"]\n";
    home.file("readback.toml", [by_hand, followed].concat());
    let check = ["--config", &config, "check"];
    let said = home.run(&check);
    assert!(
        said.err.contains("no such file is there"),
        "{} {}",
        said.out,
        said.err
    );
    home.file("logs/a/access.log", line(1, "a") + &line(2, "b"));
    home.file("logs/b/access.log.1", line(3, "c"));
    home.file("logs/b/access.log.2", "something else\n".repeat(3));
    let said = home.run(&check);
    assert!(
        said.out
            .contains("wiki (access-log): parameters are fine; 3 files"),
        "{}",
        said.out
    );
    let said = home.done(&scan);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(answer.as_array().map(Vec::len), Some(1), "{}", said.out);
    assert_eq!(answer[0]["events"], json!({ "read": 3 }));
    let problems = answer[0]["problems"].to_string();
    assert!(
        problems.contains("access.log.2") && !problems.contains("something"),
        "{problems}"
    );
    // What is something else is told once.
    let said = home.done(&scan);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&answer[0]["events"], &answer[0]["rejected"]),
        (&json!({}), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_read_again_by_other_parameters_replaces_what_it_gave() {
    let Some(way) = Way::within("logs_again", chrono_tz::UTC).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let text: String = (0..40).map(|n| line(n, &format!("p{n}"))).collect();
    std::fs::write(&path, text).expect("a log");
    for base in ["https://worng.example.org", "https://wiki.example.org"] {
        let params = format!("base = \"{base}\"");
        let taken = way.import("access-log", "wiki", &params, &path).await;
        assert_eq!(taken.expect("an import").total(), 40);
        let host = base.trim_start_matches("https://");
        let there =
            format!("SELECT count() FROM landing_read FINAL WHERE domain(target) = '{host}'");
        assert_eq!(way.count(&there).await, 40, "{base}");
    }
    assert_eq!(
        way.count("SELECT count() FROM landing_read FINAL").await,
        40
    );
}

#[test]
fn a_source_is_purged_and_told_anew() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let source = |id: &str, base: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\nkind = \"access-log\"\nbase = \"https://{base}.example.org\"\n\
             path = [\"logs/access.log\"]\n"
        )
    };
    let config = home.file("readback.toml", source("wiki", "worng"));
    home.file("logs/access.log", line(1, "a") + &line(2, "b"));
    let read = |said: &str| {
        let answer: Value = serde_json::from_str(said).expect("JSON");
        answer[0]["events"]["read"].as_u64().unwrap_or(0)
    };
    let run = |arguments: &[&str]| home.done(&[&["--config", &config], arguments].concat());
    assert_eq!(read(&run(&["scan", "--json"]).out), 2);
    assert_eq!(read(&run(&["scan", "--json"]).out), 0);
    // Other parameters: what is still there is read again, and told to be.
    home.file("readback.toml", source("wiki", "wiki"));
    let again = run(&["scan", "--json"]).out;
    assert!(
        read(&again) == 2 && again.contains("readback purge"),
        "{again}"
    );

    home.file("readback.toml", source("docs", "wiki"));
    let checked = run(&["check"]);
    assert!(checked.out.contains("`readback purge wiki`"), "{checked:?}");
    let counted = run(&["purge", "wiki", "--dry-run"]);
    assert!(counted.err.contains("2 reads would go"), "{counted:?}");
    let purged = run(&["purge", "wiki", "--json"]).out;
    let purged: Value = serde_json::from_str(&purged).expect("JSON");
    assert_eq!(
        purged,
        json!([{ "kind": "read", "events": 2, "removed": true }])
    );
    assert!(!run(&["check"]).out.contains("readback purge"));
    let unknown = home.run(&["--config", &config, "purge", "wiki"]);
    assert!(
        unknown.code != Some(0)
            && unknown
                .err
                .contains("no events of a source \"wiki\" are here"),
        "{unknown:?}"
    );
    let by_hand = home.run(&["--config", &config, "purge", "registry"]);
    assert!(by_hand.err.contains("readback writeups"), "{by_hand:?}");
    assert_eq!(read(&run(&["scan", "--json"]).out), 2);
    // The same name again begins at the beginning.
    run(&["purge", "docs"]);
    assert_eq!(read(&run(&["scan", "--json"]).out), 2);
    // A file of the same kind by hand is another source, and that is said.
    let file = home.file("more.log", line(3, "c"));
    let said = run(&["import", "access-log", &file, "-p", BASE]);
    assert!(
        said.err.contains("for the same pages say --source"),
        "{said:?}"
    );
}

/// Serves page counts for as long as the tests run; its address.
fn wikimedia() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut lines = BufReader::new(&stream).lines();
            let asked = lines.next().expect("a request").expect("a line");
            for line in lines {
                if line.expect("a line").is_empty() {
                    break;
                }
            }
            // What comes after the first pull asks for few days, and hears corrected figures.
            let (status, items) =
                if !asked.contains("/en.wikipedia/all-access/user/Big_outage%2FA/") {
                    (404, json!([]))
                } else if asked.contains("/2025122900/") || asked.contains("/2025122800/") {
                    (200, json!([{ "timestamp": "2025123000", "views": 9 }]))
                } else {
                    (
                        200,
                        json!([
                            { "timestamp": "2025122900", "views": 4 },
                            { "timestamp": "2025123000", "views": 5 },
                        ]),
                    )
                };
            let body = json!({ "items": items }).to_string();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length");
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).expect("sent");
        }
    });
    format!("http://{address}/api/rest_v1")
}

#[tokio::test]
async fn page_counts_are_replaced_and_not_added() {
    let Some(way) = Way::fresh("logs_pageviews").await else {
        return;
    };
    let page = "https://en.wikipedia.org/wiki/Big_outage/A";
    let unviewed = "https://de.wikipedia.org/wiki/Nie_gelesen";
    way.register(&[
        ("INC-1", &[page], "2025-12-01T00:00:00Z"),
        ("INC-2", &[unviewed], "2025-12-01T00:00:00Z"),
    ])
    .await;
    let sum = async || {
        way.count("SELECT toUInt64(sum(count)) FROM landing_read_count FINAL")
            .await
    };
    let params = format!("api = {:?}\nsince = '2025-12-01'", wikimedia());
    let taken = way
        .scan("pageviews", "wikipedia", &params)
        .await
        .expect("a scan");
    assert_eq!((taken.total(), taken.rejected, sum().await), (2, 0, 9));
    let taken = way
        .scan("pageviews", "wikipedia", &params)
        .await
        .expect("a scan");
    assert_eq!(taken.total(), 1);
    // The scans were at one instant; the greater figure of one version is not certain to win, one of
    // them does.
    assert!([9, 13].contains(&sum().await));

    // A dump of the same day has the same name, and is younger.
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("pageviews-20251230-user");
    let lines =
        "en.wikipedia Big_outage/A 7 desktop 20 A20\nen.wikipedia Big_outage/A 7 mobile-web 3 A3\n";
    std::fs::write(&dump, lines).expect("a dump");
    let taken = way
        .import("pageviews", "wikipedia", "", &dump)
        .await
        .expect("an import");
    assert_eq!((taken.total(), sum().await), (1, 27));
}
