//! Transcripts of the three tools; those that nobody enabled.

use super::*;
use crate::sources::collected::Collected;
use crate::sources::presence::trial;

const ENABLED: &str = "enabled_series = [\"u1@example.org\", \"incident-*\"]\n";

fn import(params: &str, text: &str) -> Result<Collected, SourceError> {
    trial::import(build, params, "review.vtt", text.as_bytes())
}

fn meeting(found: &Collected) -> &Meeting {
    match &found.events[..] {
        [
            Event {
                body: Body::Meeting(meeting),
                ..
            },
        ] => meeting,
        _ => panic!("not one meeting"),
    }
}

const TEAMS: &str = "WEBVTT\n\n9f/1-0\n00:00:00.000 --> 00:00:12.000\n<v Zzada Lovelace>zzword one</v>\n\n\
    00:00:12.000 --> 00:00:21.000\n<v Zzgrace Hopper>two</v>\n\n\
    00:00:21.000 --> 00:00:40.000\n<v Zzalan Turing>three</v>\n\n\
    00:00:30.000 --> 00:00:45.000\n<v Zzada Lovelace>at once</v>\n";

#[test]
fn what_is_stored_is_one_event_without_names() {
    let params = format!(
        "{ENABLED}meeting = \"incident-7\"\nfacilitator = \"Zzalan Turing\"\nwriteup = \"pm-12\"\n\
         start = \"2025-03-04T15:00\""
    );
    let found = import(&params, TEAMS).unwrap();
    let said = meeting(&found);
    assert_eq!(
        (said.spoke, said.facilitators_spoke, said.speaking_ms),
        (Some(1), Some(1), Some(45_000))
    );
    assert_eq!(said.meeting, Occurrence::Named("incident-7".to_owned()));
    let event = &found.events[0];
    assert_eq!(
        (event.subject.as_str(), event.time),
        ("pm-12", 1_741_096_800_000)
    );
    let all = format!("{:?} {:?}", found.events, found.notes);
    assert!(!all.contains("Zz") && !all.contains("zzword"), "{all}");
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn other_tools_write_otherwise() {
    let zoom = "WEBVTT\n\n1\n00:00:00.000 --> 00:00:11.000\nAda: one\n\n\
        2\n00:00:11.000 --> 00:00:19.000\nGrace: two\n\n3\n00:00:19.000 --> 00:00:29.500\nGrace: three\n";
    let graph = "WEBVTT\n\n0:0:0.0 --> 0:0:11.0\n<v User Name>a</v>\n";
    // What Graph calls metadataContent, as JSON on one line or on several; one speaker is not named.
    let lines = "WEBVTT\n\n00:00:00.000 --> 00:00:11.000\n{\"startDateTime\":\"2023-03-08T10:10:17.248Z\",\
        \"endDateTime\":\"2023-03-08T10:10:28.248Z\",\"speakerName\":\"Zzada Lovelace\",\
        \"spokenText\":\"zzword {\",\"spokenLanguage\":\"en-us\"}\n\n\
        0:0:11.0 --> 0:0:30.0\n{\n\"speakerName\": \"Zzgrace Hopper\",\n\"spokenText\": \"<v zz>two\"\n}\n\n\
        0:0:30.0 --> 0:0:35.0\n{\"speakerName\":null,\"spokenText\":\"three\"}\n\n\
        0:0:35.0 --> 0:0:40.0\n{\"speakerName\":\"Zzada Lovelace\",\"spokenText\":\"\"}\n";
    let nobody = "WEBVTT\n\n00:00.000 --> 00:20.000\nAnd so on\n";
    for (text, spoke, speaking_ms) in [
        (zoom, Some(2), 29_500),
        (lines, Some(2), 35_000),
        (graph, Some(1), 11_000),
        (nobody, None, 20_000),
        ("WEBVTT\n", None, 0),
    ] {
        // An occurrence of a series, which says its time.
        let id = "meeting = \"u1@example.org/2025-03-04T14:00:00Z\"";
        let found = import(&format!("{ENABLED}{id}"), text).unwrap();
        let said = meeting(&found);
        assert_eq!(
            (said.spoke, said.speaking_ms),
            (spoke, Some(speaking_ms)),
            "{text}"
        );
        assert_eq!(said.facilitators_spoke, None);
        assert_eq!(found.events[0].time, 1_741_096_800_000);
        assert_eq!(found.notes.is_empty(), spoke.is_some(), "{:?}", found.notes);
    }
}

#[test]
fn only_what_is_enabled_is_read() {
    let refusal = |params: &str| trial::refusal(import(params, TEAMS));
    for meeting in ["incidental", "u1@example.organic", "u1", "U1@example.org"] {
        let said = refusal(&format!("{ENABLED}meeting = {meeting:?}"));
        assert!(
            said.contains(INVITATION) && said.contains("enabled_series"),
            "{meeting}: {said}"
        );
        assert!(!said.contains(meeting), "{said}");
    }
    let off = refusal("meeting = \"incident-7\"");
    assert!(off.contains(INVITATION), "{off}");
    assert!(refusal(ENABLED).contains("set `meeting`"));
    for pattern in ["*", "", " **"] {
        let said = refusal(&format!(
            "enabled_series = [{pattern:?}]\nmeeting = \"incident-7\""
        ));
        assert!(said.contains("every meeting"), "{said}");
    }
    let no_vtt = import(&format!("{ENABLED}meeting = \"incident-7\""), "1\n00:00");
    assert!(trial::refusal(no_vtt).contains("WEBVTT"));
}

#[test]
fn who_led_and_is_not_heard_is_told_without_a_name() {
    let params = format!(
        "{ENABLED}meeting = \"incident-7\"\nfacilitator = [\"Zznobody\", \"Zzalan Turing\"]"
    );
    let found = import(&params, TEAMS).unwrap();
    assert_eq!(meeting(&found).spoke, Some(1));
    let notes = found.notes.join("\n");
    assert!(
        notes.contains("1 of those who led") && notes.contains("`start`"),
        "{notes}"
    );
    assert!(!notes.contains("Zz"), "{notes}");
}

#[test]
fn the_documentation_has_the_invitation() {
    let words = |text: &str| {
        let words = text.split_whitespace().filter(|word| *word != ">");
        words.collect::<Vec<_>>().join(" ")
    };
    assert!(words(KIND.documentation).contains(&words(INVITATION)));
}
