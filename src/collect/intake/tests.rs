//! Events in, records or rejections out: nobody is named.

use super::*;
use crate::model::{DatedAlias, Place};

fn intake() -> Intake {
    Intake::new(Keys::new([1; 32]))
}

fn read(id: &str, person: &str) -> Event {
    Event {
        source: "wiki".into(),
        id: id.to_owned(),
        subject: "https://Wiki.example.org/a?utm_source=mail".to_owned(),
        time: 1,
        version: 0,
        body: Body::Read(Read {
            person: Some(Identity::bare(person)),
            session: Some("s1".to_owned()),
            ..Read::default()
        }),
    }
}

#[test]
fn the_same_event_gets_the_same_stamp_and_another_content_another() {
    let (a, b) = (
        intake().accept(read("1", "ada@example.org")).unwrap(),
        intake().accept(read("1", "ada@example.org")).unwrap(),
    );
    assert_eq!(a, b);
    let other = intake().accept(read("1", "bob@example.org")).unwrap();
    assert_eq!(a.key, other.key);
    assert_ne!(a.version, other.version);
}

#[test]
fn nothing_raw_is_left() {
    let record = intake().accept(read("1", "ada@example.org")).unwrap();
    let shown = format!("{record:?}");
    assert!(!shown.contains("ada"), "{shown}");
    assert_eq!(&*record.canonical, "https://wiki.example.org/a");
    assert_ne!(record.reference, 0);
}

#[test]
fn a_roster_entry_is_known_by_its_key_alone() {
    let event = |id: &str| Event {
        id: id.to_owned(),
        subject: "mailto:ada@example.org".to_owned(),
        source: "https://hr.example.org".into(),
        body: Body::Person(Box::new(Person {
            team: Some("ada@example.org".to_owned()),
            ..Person::new(Identity::bare("ada@example.org"))
        })),
        ..read(id, "ada@example.org")
    };
    let record = intake().accept(event("ada@example.org")).unwrap();
    let shown = format!("{record:?}");
    assert!(!shown.contains("ada"), "{shown}");
    let other = intake().accept(event("bob@example.org")).unwrap();
    assert_ne!(record.key, other.key);
}

#[test]
fn a_name_in_the_wrong_field_is_not_stored() {
    let mut event = read("1", "x");
    let Body::Read(fields) = &mut event.body else {
        panic!("a read")
    };
    let address = || Some("ada@example.org".to_owned());
    (fields.team, fields.agent, fields.arrival) = (address(), address(), address());
    event.subject = "//ada:secret@wiki.example.org/a?to=https%3A%2F%2Fada%40h%2Fx".to_owned();
    let shown = format!("{:?}", intake().accept(event).unwrap());
    assert!(!shown.contains("ada"), "{shown}");
    assert!(shown.contains("unnamed"), "an agent's read stays one");
}

#[test]
fn a_writeup_is_known_without_who_copied_its_address() {
    let text = |text: &str| text.to_owned();
    let event = Event {
        subject: text("https://ada:pw@wiki.example.org/INC-9"),
        body: Body::Writeup(Box::new(Writeup {
            aliases: vec![text("https://ada@wiki.example.org/9")],
            template: Some(text("made by ada%40example.org")),
            tags: vec![
                text("dns"),
                text("ada\u{ff20}example.org"),
                text("10.20.30.40"),
            ],
            contributor_teams: vec![text("storage"), text("10.20.30.40")],
            reviewers: vec![Identity::bare("ada@example.org")],
            facilitators: vec![Identity::bare("ada")],
            merged_into: Some(text("https://ada:pw@wiki.example.org/INC-8")),
            dated_aliases: ["https://ada@wiki.example.org/8", "ada@example.org"]
                .map(|alias| DatedAlias {
                    alias: text(alias),
                    from: Some(1),
                    to: None,
                })
                .into(),
            ..Writeup::new("https://ada:pw@wiki.example.org/INC-9")
        })),
        ..read("1", "x")
    };
    let record = intake().accept(event).unwrap();
    let shown = format!("{record:?}");
    for hidden in ["ada", "pw", "10.20.30.40"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    let Body::Writeup(writeup) = &record.event.body else {
        panic!("a write-up")
    };
    assert_eq!(writeup.id, "https://wiki.example.org/INC-9");
    assert_eq!(*record.canonical, *canonical(&writeup.id));
    assert_eq!(
        (&writeup.tags[..], &writeup.template),
        (&[text("dns")][..], &None)
    );
    assert_eq!(writeup.contributor_teams, ["storage"]);
    let roles = (writeup.reviewers.len(), writeup.facilitators.len());
    assert_eq!(roles, (1, 1));
    let whole = Some("https://wiki.example.org/INC-8");
    assert_eq!(writeup.merged_into.as_deref(), whole);
    let [dated] = &writeup.dated_aliases[..] else {
        panic!("{shown}")
    };
    assert_eq!(dated.alias, "https://wiki.example.org/8");
}

#[test]
fn a_person_is_no_source_and_no_writeup() {
    let refused = |source: &str, subject: &str, body: Option<Body<Identity>>| {
        let mut event = read("1", "x");
        event.source = source.into();
        event.subject = subject.to_owned();
        event.body = body.unwrap_or(event.body);
        intake().accept(event).err().map(|rejection| {
            let shown = rejection.to_string();
            assert!(!shown.contains("ada") && !shown.contains("pw"), "{shown}");
            rejection.field
        })
    };
    for address in [
        "ada@example.org",
        "mailto:ada@example.org",
        "ada%40example.org",
    ] {
        assert_eq!(refused(address, "INC-9", None), Some("source"), "{address}");
        assert_eq!(refused("wiki", address, None), Some("subject"), "{address}");
        let writeup = Body::Writeup(Box::new(Writeup::new(address)));
        assert_eq!(refused("wiki", "INC-9", Some(writeup)), Some("data.id"));
        let coverage = Body::Coverage(crate::model::Coverage {
            kind: crate::model::EventKind::Read,
            scope: address.to_owned(),
            from: 0,
            to: None,
        });
        assert_eq!(refused("wiki", "", Some(coverage)), Some("data.scope"));
    }
    for source in [
        "https://ada@feeds.example.org/",
        "https://ada:pw@feeds.example.org/",
        "//ada@feeds.example.org/",
    ] {
        assert_eq!(refused(source, "INC-9", None), Some("source"), "{source}");
    }
    assert_eq!(refused("https://wiki.example.org", "", None), None);
}

#[test]
fn a_line_of_a_repository_stands_in_its_file() {
    let link = |stands_in: &str| {
        page_of(&Body::Link(Link {
            person: None,
            team: None,
            place: Place::Docs,
            stands_in: Some(stands_in.to_owned()),
            removed_at: None,
            role: None,
            form: None,
            label: None,
        }))
    };
    assert_eq!(
        link("rfcs@0123456789ab:text/0001-x.md#L3"),
        "rfcs:text/0001-x.md"
    );
    assert_eq!(link("shop@0123456789ab:pm/c#d.md#L12"), "shop:pm/c#d.md");
    assert_eq!(link("shop@0123456789ab"), "shop@0123456789ab");
    assert_eq!(
        link("https://wiki.example.org/a/"),
        canonical("https://wiki.example.org/a/")
    );
}

#[test]
fn an_empty_id_is_refused() {
    let rejection = intake().accept(read(" ", "x")).unwrap_err();
    assert_eq!(rejection.to_string(), "id: is empty");
}

fn said(subject: &str, body: Body) -> Event {
    Event {
        subject: subject.to_owned(),
        body,
        ..read("m1", "x")
    }
}

#[test]
fn a_meeting_is_known_by_its_hash_whoever_speaks_of_it() {
    let meeting = |meeting: Occurrence| {
        let body = Body::Meeting(crate::model::Meeting {
            accounts: Some(3),
            ..crate::model::Meeting::new(meeting)
        });
        intake().accept(said("INC-9", body)).unwrap()
    };
    let named = || Occurrence::Named("zzada/review".to_owned());
    let attendance = Body::Attendance(Box::new(Attendance {
        meeting: "zzada/review".to_owned(),
        person: None,
        team: None,
        role: None,
        partstat: None,
        role_stated: true,
        via: None,
        meeting_ms: None,
        attended: None,
        present_ms: None,
        spoke_ms: None,
        mandatory: false,
        stay: Some(Box::new(crate::model::StayEnd {
            edge: crate::model::Edge::Joined,
            at: 7,
            opening: crate::model::Mark::new("zzuuid".to_owned()),
            device: crate::model::Mark::new("zzdevice".to_owned()),
            account: crate::model::Mark::default(),
            attendee: crate::model::Mark::new("zzada".to_owned()),
        })),
    }));
    let attendance = intake().accept(said("INC-9", attendance)).unwrap();
    let Body::Attendance(hidden) = &attendance.event.body else {
        panic!("attendance");
    };
    let marks = hidden.stay.as_ref().map(|stay| stay.marks());
    assert!(marks.is_some_and(|marks| marks.iter().all(|mark| mark.name.is_empty())));
    let marks = marks.map(|marks| marks.map(|mark| mark.hash));
    assert!(marks.is_some_and(|[opening, device, account, attendee]| {
        opening > 0
            && device > 0
            && account == 0
            && attendee == intake().keys.event("wiki", "zzada")
    }));
    let record = meeting(named());
    assert_eq!(record.reference, attendance.reference);
    assert_eq!(
        meeting(Occurrence::Known(attendance.reference)).reference,
        attendance.reference
    );
    let shown = format!("{record:?}");
    assert!(!shown.contains("zzada"), "{shown}");
}

#[test]
fn a_story_names_nobody() {
    let story = |round: &str, label: &str| {
        let body = Body::Story(crate::model::Story {
            round: round.to_owned(),
            count: 7,
            label: Some(label.to_owned()),
        });
        intake().accept(said("", body))
    };
    let record = story("2026-H2", "The night, by zzada@example.org").unwrap();
    let shown = format!("{record:?}");
    assert!(
        !shown.contains("zzada") && shown.contains("The night"),
        "{shown}"
    );
    for round in ["zzada@example.org", "2026 zzada@example.org", "10.9.8.7"] {
        let refused = story(round, "x").unwrap_err();
        assert_eq!(refused.field, "data.round");
        assert!(!refused.to_string().contains("zzada"), "{refused}");
    }
}
