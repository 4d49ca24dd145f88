//! The digest on its way out: a real mail server, rooms of chats, a dry run, and what is told when it can't go.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::binary::Home;
use super::polled_forge::{Forge, Reply, gone, ok};
use super::served::Served;
use super::way::event;

/// aiosmtpd, until it is dropped.
pub(super) struct Mailbox {
    child: Child,
    pub(super) port: u16,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Mailbox {
    /// Starts it; says so where there is none.
    pub(super) fn start(refuse: &[&str]) -> Option<Mailbox> {
        let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
            let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
            writeln!(std::io::stdout(), "{words}").expect("stdout");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/mailbox.py");
        let mut child = Command::new(python)
            .arg(script)
            .args(refuse)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python");
        let out = child.stdout.take().expect("its words");
        let mut lines = BufReader::new(out).lines();
        let port = lines.next().expect("a line").expect("a line");
        Some(Mailbox {
            child,
            port: port.parse().expect("a port"),
            lines,
        })
    }

    /// The next letter, as a mail program of somebody else reads it.
    pub(super) fn letter(&mut self) -> Value {
        let line = self.lines.next().expect("a letter").expect("a letter");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home with reads of one old write-up, and these sections in its configuration.
fn home(sections: &str) -> Option<Home> {
    let home = Home::with_engine()?;
    let config = format!(
        "[organisation]\nname = \"Ædes & Söhne\"\n[privacy]\nk = 1\n[server]\n\
         public_url = \"https://readback.example.org\"\n{sections}"
    );
    home.file("readback.toml", config);
    let published = json!({"published_at": "2025-01-01T00:00:00Z", "title": "Half a *day*"});
    let mut lines = vec![event(
        "writeup",
        "w",
        "INC-1",
        "2025-01-01T00:00:00Z",
        published,
    )];
    for (month, day) in (5..7).flat_map(|month| (10..20).map(move |day| (month, day))) {
        let time = format!("2025-{month:02}-{day}T10:00:00Z");
        let person = json!({ "person": format!("reader-{day}") });
        lines.push(event(
            "read",
            &format!("r{month} {day}"),
            "INC-1",
            &time,
            person,
        ));
    }
    let file = home.file("events.ndjson", lines.join("\n"));
    home.done(&["import", "events", &file]);
    Some(home)
}

pub(super) fn mail(port: u16, to: &str) -> String {
    format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
         from = \"Readback <readback@example.org>\"\nto = [{to}]\n"
    )
}

const AS_OF: [&str; 2] = ["--as-of", "2025-07-01"];

#[test]
fn the_digest_comes_by_mail_and_into_rooms() {
    let Some(mut mailbox) = Mailbox::start(&[]) else {
        return;
    };
    let forge = Forge::new(|_, _| (200, Vec::new(), json!("ok")));
    let to = "\"leads@example.org\", \"Ada <ada@example.org>\"";
    let Some(home) = home(&mail(mailbox.port, to)) else {
        return;
    };
    let mut rooms = mail(mailbox.port, to);
    for kind in ["slack", "teams", "mattermost"] {
        let url = home.file(kind, format!("{}/{kind}/zzsecret\n", forge.address));
        rooms.push_str(&format!(
            "[[chat]]\nkind = \"{kind}\"\nurl_file = {url:?}\n"
        ));
        rooms.push_str(&format!("name = \"{kind}\"\n"));
    }
    let config = std::fs::read_to_string(home.path("readback.toml")).expect("a file");
    let config = config.split("[mail]").next().expect("its beginning");
    home.file("readback.toml", format!("{config}{rooms}"));

    let printed = home.done(&[&["digest"], &AS_OF[..]].concat());
    assert!(
        printed
            .out
            .starts_with("# Readback, Ædes &amp; Söhne: 1 Jul 2025\n"),
        "{printed:?}"
    );

    // What would go, and nobody gets anything.
    let dry = home.done(&[&["digest", "--send", "--dry-run"], &AS_OF[..]].concat());
    assert!(dry.err.contains("mail would get:") && dry.err.contains("chat teams would get:"));
    assert!(
        dry.out
            .contains("To: leads@example.org, Ada <ada@example.org>"),
        "{}",
        dry.out
    );
    assert!(!dry.out.contains("zzsecret"), "{}", dry.out);
    assert!(forge.asked().is_empty());

    let sent = home.done(&[&["digest", "--send"], &AS_OF[..]].concat());
    assert_eq!(
        sent.err
            .lines()
            .filter(|line| line.starts_with("sent: "))
            .count(),
        4,
        "{}",
        sent.err
    );
    let letter = mailbox.letter();
    assert_eq!(
        letter["to"],
        json!(["leads@example.org", "ada@example.org"])
    );
    assert_eq!(letter["defects"], json!([]));
    assert_eq!(letter["subject"], "Readback, Ædes & Söhne: 1 Jul 2025");
    let parts = letter["parts"].as_array().expect("parts");
    let of = |kind: &str| -> Vec<&Value> {
        let fit = parts.iter().filter(|part| part["type"] == kind);
        fit.collect()
    };
    let text = of("text/plain")[0]["text"].as_str();
    assert!(
        text.expect("a text")
            .contains("https://readback.example.org")
    );
    let html = of("text/html")[0]["text"].as_str();
    let html = html.expect("a page");
    assert!(html.contains("Half a *day*"), "{html}");
    let pictures = of("image/png");
    assert!(!pictures.is_empty());
    for picture in pictures {
        let id = picture["id"].as_str().expect("an id");
        let id = id.trim_start_matches('<').trim_end_matches('>');
        assert!(html.contains(&format!("cid:{id}")), "{id}");
        assert!(picture["bytes"].as_u64() > Some(1000));
    }
    let asked = forge.asked();
    let rooms: Vec<(&str, &str)> = asked
        .iter()
        .map(|one| (one.path(), one.header("content-type")))
        .collect();
    let json = "application/json";
    assert_eq!(
        rooms,
        [
            ("/slack/zzsecret", json),
            ("/teams/zzsecret", json),
            ("/mattermost/zzsecret", json)
        ]
    );
    assert!(
        asked[0].body["text"]
            .as_str()
            .expect("a text")
            .contains("*Old and still read*")
    );
    let card = &asked[1].body["attachments"][0]["content"];
    assert_eq!(card["type"], "AdaptiveCard");
    assert!(card["body"].as_array().is_some_and(|body| body.len() > 2));
    assert!(
        asked[2].body["text"]
            .as_str()
            .expect("a text")
            .contains("## Old and still read")
    );

    // One of them alone.
    home.done(&[&["digest", "--send", "--only", "teams"], &AS_OF[..]].concat());
    assert_eq!(forge.asked().len(), 1);
    let unknown = home.run(&["digest", "--send", "--only", "irc"]);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown
            .err
            .contains("valid are mail, chat slack, chat teams, chat mattermost")
    );
}

#[test]
fn what_cannot_go_is_told_without_addresses_and_keeps_nothing_from_others() {
    let Some(mut mailbox) = Mailbox::start(&["nobody"]) else {
        return;
    };
    let mut closed = 0;
    let forge = Forge::new(move |_, _| -> Reply {
        closed += 1;
        if closed == 1 { gone() } else { ok(json!("ok")) }
    });
    let Some(home) = home(&mail(mailbox.port, "\"nobody@example.org\"")) else {
        return;
    };
    let config = std::fs::read_to_string(home.path("readback.toml")).expect("a file");
    let url = home.file("room", format!("{}/zzsecret", forge.address));
    let room = format!("[[chat]]\nkind = \"slack\"\nname = \"leads\"\nurl_file = {url:?}\n");
    home.file("readback.toml", format!("{config}{room}"));
    let send = [&["digest", "--send"], &AS_OF[..]].concat();
    let refused = home.run(&send);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(
        refused.err.contains("refuses the mail: ") && refused.err.contains("no such user"),
        "{}",
        refused.err
    );
    assert!(
        refused
            .err
            .contains("chat leads: its address refuses the message (status 404)")
    );
    assert!(
        !refused.err.contains("nobody@") && !refused.err.contains("zzsecret"),
        "{}",
        refused.err
    );

    // The room gets it all the same.
    let refused = home.run(&send);
    assert!(refused.err.contains("sent: chat leads"), "{}", refused.err);

    // A server that is away may come back.
    home.file(
        "readback.toml",
        config.replace(&format!("port = {}", mailbox.port), "port = 1"),
    );
    let away = home.run(&send);
    assert_eq!(away.code, Some(3), "{}", away.err);
    assert!(
        away.err.contains("the mail server 127.0.0.1:1 is away"),
        "{}",
        away.err
    );

    // An address that is none, and nowhere to send to.
    home.file(
        "readback.toml",
        config.replace("Readback <readback@example.org>", "Readback"),
    );
    let wrong = home.run(&send);
    assert!(wrong.err.contains("mail.from: "), "{}", wrong.err);
    home.file(
        "readback.toml",
        config.split("[mail]").next().expect("its beginning"),
    );
    let nowhere = home.run(&send);
    assert!(
        nowhere.err.contains("nowhere to send to"),
        "{}",
        nowhere.err
    );

    // Nothing but what was meant to went to the mailbox.
    home.file("readback.toml", config.replace("nobody@", "leads@"));
    home.done(&send);
    assert_eq!(mailbox.letter()["to"], json!(["leads@example.org"]));
}

#[test]
fn a_server_sends_what_is_due_once() {
    let Some(mut mailbox) = Mailbox::start(&[]) else {
        return;
    };
    // Every day of a month is the first one or later.
    let due = format!(
        "{}[digest]\nday = 1\nhour = 0\n",
        mail(mailbox.port, "\"leads@example.org\"")
    );
    let Some(home) = home(&due) else {
        return;
    };
    // Others went in other months.
    let file = home.data().join("digest.json");
    let earlier = json!({ "format": 1, "month": "2020-01", "ways": ["mail"] });
    std::fs::write(&file, earlier.to_string()).expect("a file");
    let served = Served::start(&home, &[], &[]);
    let letter = mailbox.letter();
    assert_eq!(letter["to"], json!(["leads@example.org"]));
    served.counts("readback_job_runs_total{job=\"digest\",outcome=\"done\"} 1");
    served.stop();
    let noted = std::fs::read_to_string(&file).expect("a file");
    assert!(noted.contains("\"mail\""), "{noted}");

    // Whoever starts it again gets the pages, and no second letter.
    let served = Served::start(&home, &[], &[]);
    served.counts("readback_job_runs_total{job=\"report\",outcome=\"done\"} 1");
    served.stop();
    home.done(&["digest", "--send", "--as-of", "2025-07-02"]);
    assert!(
        mailbox.letter()["subject"]
            .as_str()
            .expect("a text")
            .ends_with("2 Jul 2025")
    );
}
