//! Confluence that does not answer, or answers with something else; what `readback check` says of it.

use readback::sources::{self, SourceError};
use serde_json::{Value, json};

use super::confluence::{CHOSEN, content};
use super::confluence_pulled::Source;
use super::confluence_wiki::{ADA, BOB, Wiki, version};
use super::polled_forge::{NOW, short};

#[test]
fn what_does_not_answer_is_said_clearly() {
    let refused = |reply: (u16, Vec<(&'static str, String)>, Value), more: &str| {
        let wiki = Wiki::new(true, content());
        wiki.content().tired = Some((0, reply));
        let mut source = Source::new(&wiki, more);
        let error = source.pull(NOW).err().expect("refused");
        assert!(source.checkpoint.is_none());
        let retryable = matches!(
            error,
            SourceError::Remote {
                retryable: true,
                ..
            }
        );
        (error.to_string(), retryable)
    };
    for (status, said, retried) in [
        (401, "status 401); check token_file", false),
        (403, "status 403); check token_file", false),
        (
            404,
            "neither Confluence Cloud nor Data Center answers there; check url",
            false,
        ),
        (502, "status 502", true),
    ] {
        let reply = (
            status,
            Vec::new(),
            json!({ "message": format!("no, {ADA}") }),
        );
        let (error, retryable) = refused(reply, CHOSEN);
        assert!(error.contains(said) && !error.contains("zz"), "{error}");
        assert_eq!(retryable, retried, "{error}");
    }
    // Something else than what is meant.
    let edition = format!("{CHOSEN}edition = \"cloud\"\n");
    for rubbish in [
        json!("<html>"),
        json!([]),
        json!({}),
        json!({ "results": 5 }),
        json!(null),
    ] {
        let (error, _) = refused((200, Vec::new(), rubbish), &edition);
        assert!(error.contains("check url"), "{error}");
    }
    let (error, _) = refused((200, Vec::new(), json!({ "results": [] })), &edition);
    assert!(error.contains("the space \"SRE\" is not there"), "{error}");
}

/// Objects that are none of what they should be are passed over; one that is not answered stays for the
/// next pull.
#[test]
fn rubbish_in_lists_does_not_stop_the_rest() {
    let wiki = Wiki::new(true, content());
    let mut source = Source::new(&wiki, CHOSEN);
    source.pull(NOW).expect("a pull");
    wiki.content()
        .page(100)
        .versions
        .push(version(30, BOB, "<p>new</p>"));
    // The fourteenth question is about the write-up.
    for cut in 10..14 {
        wiki.content().tired = Some((
            cut,
            (500, Vec::new(), json!({ "results": [{ "id": "x" }, 5] })),
        ));
        let heard = source.pull(NOW + 1000).expect("a pull");
        assert!(
            heard.notes.iter().any(|note| note.contains("status 500")),
            "{:?}",
            heard.notes
        );
    }
    wiki.content().tired = None;
    let heard = source.pull(NOW + 2000).expect("a pull");
    let edits = short(&heard)
        .iter()
        .filter(|id| id.contains("version:100:4"))
        .count();
    assert!(edits <= 1);
    assert_eq!(short(&source.pull(NOW + 3000).expect("a pull")), [""; 0]);
    source.checkpoint = Some("{\"writeups\": 5}".to_owned());
    let heard = source.pull(NOW + 4000).expect("a pull");
    assert!(
        heard.notes[0].starts_with("the checkpoint cannot be read"),
        "{:?}",
        heard.notes
    );
}

#[test]
fn readback_check_asks() {
    let look = |wiki: &Wiki, more: &str| {
        let source = Source::new(wiki, more);
        match sources::find("confluence").and_then(|kind| kind.probe) {
            Some(sources::Probe::Remote(look)) => look(source.params.clone(), &source.setting()),
            _ => panic!("a probe"),
        }
    };
    let cloud = Wiki::new(true, content());
    let said = look(&cloud, CHOSEN).expect("an answer");
    assert_eq!(said.said, "Confluence Cloud answers; 1 write-up");
    let center = Wiki::new(false, content());
    let said = look(&center, "spaces = [\"SRE\"]\n").expect("an answer");
    assert_eq!(
        said.said,
        "Confluence Data Center answers; all pages of 1 space"
    );
    let refused = look(&cloud, "spaces = [\"GONE\"]\n").expect_err("refused");
    assert!(refused.to_string().contains("\"GONE\""), "{refused}");
    let refused = look(&cloud, "spaces = [\"~zzada\"]\n").expect_err("refused");
    assert!(!refused.to_string().contains("zzada"), "{refused}");
}
