//! What came of a review, by mail: once for each, to whom it is meant, with nothing that is withheld.

use chrono::{Days, NaiveDate, Utc};
use serde_json::json;

use super::binary::Home;
use super::posted::{Mailbox, mail};
use super::served::Served;
use super::way::event;

/// Who came to a review on this day, of whom the first `required` had to.
fn review(day: NaiveDate, subject: &str, people: u32, required: u32) -> Vec<String> {
    let time = format!("{day}T14:00:00Z");
    let each = (1..=people).map(|person| {
        let role = if person <= required {
            "REQ-PARTICIPANT"
        } else {
            "OPT-PARTICIPANT"
        };
        let data = json!({
            "meeting": format!("m {day}"), "person": format!("p{person}@example.org"), "role": role,
            "partstat": "ACCEPTED", "present_s": 3000, "meeting_s": 3600,
        });
        event(
            "attendance",
            &format!("{day} {person}"),
            subject,
            &time,
            data,
        )
    });
    each.collect()
}

/// A home with three reviews in the days before this one: of 14 people, and of two that are withheld.
fn home(sections: &str, today: NaiveDate) -> Option<Home> {
    let home = Home::with_engine()?;
    let config = format!(
        "[organisation]\nname = \"A\"\n[server]\npublic_url = \"https://readback.example.org\"\n{sections}"
    );
    home.file("readback.toml", config);
    let ago = |days| today.checked_sub_days(Days::new(days)).expect("a day");
    let published =
        json!({"published_at": format!("{}T00:00:00Z", ago(40)), "title": "Half a *day*"});
    let began = format!("{}T00:00:00Z", ago(39));
    let said = json!({ "meeting": format!("m {}", ago(14)), "accounts": 6, "changes": 5 });
    let mut lines = vec![
        event("writeup", "w", "INC-1", &began, published),
        event(
            "meeting",
            "s",
            "INC-1",
            &format!("{}T15:00:00Z", ago(14)),
            said,
        ),
    ];
    lines.extend(review(ago(14), "INC-1", 14, 5));
    lines.extend(review(ago(15), "INC-1", 3, 1));
    lines.extend(review(ago(16), "INC-1", 6, 0));
    let file = home.file("events.ndjson", lines.join("\n"));
    home.done(&["import", "events", &file]);
    Some(home)
}

const REVIEWS: &str =
    "[reviews]\nmail_after = 14\nmail_hour = 0\nmail_to = [\"reviews@example.org\"]\n";

#[test]
fn what_came_of_a_review_is_sent_once_and_nothing_of_those_withheld() {
    let Some(mut mailbox) = Mailbox::start(&[]) else {
        return;
    };
    let sections = format!("{}{REVIEWS}", mail(mailbox.port, "\"leads@example.org\""));
    let today = NaiveDate::from_ymd_opt(2026, 6, 17).expect("a day");
    let Some(home) = home(&sections, today) else {
        return;
    };
    let with = |more: &[&str]| {
        let all = [
            &["digest", "--as-of", "2026-06-17T01:00:00Z", "--review"],
            more,
        ]
        .concat();
        home.run(&all)
    };
    let told = "To the review on 3 Jun 2026, 14 came; 9 of them need not have come; 6 gave their own account; \
        5 changes to the write-up came of it.";
    let page = home.done(&[
        "digest",
        "--as-of",
        "2026-06-17T01:00:00Z",
        "--review",
        "due",
    ]);
    assert!(page.out.contains(told), "{page:?}");
    assert_eq!(
        page.out.matches("# After the review of").count(),
        1,
        "{page:?}"
    );

    // What would go, and nobody gets anything.
    let dry = with(&["due", "--send", "--dry-run"]);
    assert!(dry.out.contains("To: reviews@example.org"), "{dry:?}");
    assert!(
        dry.err
            .contains("mail of review 2026-06-03T14:00 would be:"),
        "{dry:?}"
    );
    assert!(!home.data().join("review-mails.json").exists());

    let sent = with(&["due", "--send"]);
    assert_eq!(sent.err.matches("sent: ").count(), 1, "{sent:?}");
    let letter = mailbox.letter();
    assert_eq!(letter["to"], json!(["reviews@example.org"]));
    assert_eq!(letter["defects"], json!([]));
    assert_eq!(
        letter["subject"],
        "Readback: After the review of 3 Jun 2026: Half a *day*"
    );
    let parts = letter["parts"].as_array().expect("parts");
    for kind in ["text/plain", "text/html"] {
        let part = parts.iter().find(|part| part["type"] == kind).expect(kind);
        let text = part["text"].as_str().expect("a text").replace("\r\n", "\n");
        assert!(text.contains(told), "{text}");
        assert!(
            text.contains("https://readback.example.org/writeups/INC-1"),
            "{text}"
        );
    }
    assert!(!parts.iter().any(|part| part["type"] == "image/png"));

    // Once for each.
    let again = with(&["due", "--send"]);
    assert!(again.err.contains("no review's mail is due"), "{again:?}");

    // Of the others nothing is told, also to who asks for one.
    for (name, why) in [
        ("2026-06-02T14:00", "its numbers are withheld"),
        ("2026-06-01T14:00", "its numbers are withheld"),
        (
            "2026-06-04T14:00",
            "no such review; `readback meetings list`",
        ),
    ] {
        let refused = with(&[name, "--send"]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(why), "{refused:?}");
    }

    // Where nobody set a day, whoever asks gets it all the same, and nothing is due.
    let config = std::fs::read_to_string(home.path("readback.toml")).expect("a file");
    home.file("readback.toml", config.replace(REVIEWS, ""));
    let never = with(&["due"]);
    assert!(
        never
            .err
            .contains("no mail is ever due; [reviews] mail_after"),
        "{never:?}"
    );
    with(&["2026-06-03T14:00", "--send"]);
    assert_eq!(mailbox.letter()["to"], json!(["leads@example.org"]));
}

#[test]
fn a_server_sends_what_is_due_of_reviews_once() {
    let Some(mut mailbox) = Mailbox::start(&[]) else {
        return;
    };
    let sections = format!("{}{REVIEWS}", mail(mailbox.port, "\"leads@example.org\""));
    // The server has its own clock.
    let Some(home) = home(&sections, Utc::now().date_naive()) else {
        return;
    };
    let file = home.data().join("review-mails.json");
    let earlier = json!({ "format": 1, "since": "2020-01-01", "sent": {} });
    std::fs::write(&file, earlier.to_string()).expect("a file");
    let served = Served::start(&home, &[], &[]);
    assert_eq!(mailbox.letter()["to"], json!(["reviews@example.org"]));
    served.counts("readback_job_runs_total{job=\"review_mail\",outcome=\"done\"} 1");
    served.stop();
    let noted = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(noted.matches("T14:00").count(), 1, "{noted}");

    // Whoever starts it again gets the pages, and no second letter.
    let served = Served::start(&home, &[], &[]);
    served.counts("readback_job_runs_total{job=\"report\",outcome=\"done\"} 1");
    served.stop();
    let same = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(same, noted);
}
