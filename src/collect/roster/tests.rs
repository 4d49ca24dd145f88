//! What rosters say, in four formats, and what is told of wrong ones.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::to_rfc3339;

fn calendar() -> Calendar {
    Calendar::new(chrono_tz::Europe::Berlin)
}

fn read_as(format: Format, text: &str) -> Roster {
    let calendar = calendar();
    let reading = Reading {
        calendar: &calendar,
        logins: &[&ACCOUNTS[0]],
    };
    read(format, text.as_bytes(), &reading).unwrap_or_else(|error| panic!("{error}"))
}

/// Entries and problems as lines; here names may be seen.
fn shown(roster: &Roster) -> String {
    let mut lines = Vec::new();
    for entry in &roster.entries {
        let names: Vec<String> = entry
            .identities
            .iter()
            .map(|one| format!("{}/{}={}", one.source, one.kind, one.value))
            .collect();
        let at = |at: Option<Millis>| at.map(to_rfc3339).unwrap_or_default();
        lines.push(format!(
            "{}: {} | {} {:?} {} {} {} {} {}",
            entry.place,
            names.join(", "),
            entry.kind.name(),
            entry.team.as_deref().unwrap_or_default(),
            at(entry.from),
            at(entry.to),
            at(entry.joined),
            at(entry.left),
            entry.name.as_deref().unwrap_or_default()
        ));
    }
    lines.extend(roster.problems.iter().map(ToString::to_string));
    lines.extend(roster.notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n")
}

#[test]
fn rows_say_who_is_where_and_when() {
    let roster = read_as(
        Format::Csv,
        "Email,email2,GitHub,github_2,access-log,team,from,to,joined,left,kind,name,salary\n\
         ada@example.org,Ada@Old.example.org,ada-l,,ada,search,,2026-03-01,2020-01-01,,person,Ada Lovelace,1\n\
         ada@example.org,,,,,payments,2026-03-01,,,2026-12-31T12:00:00Z,,,\n\
         a@example.org;b@example.org,,x;y,,,,,,,,bot,,\n\
         ,,,,,nobody,,,,,,,\n\
         eve,,,,,eve@example.org,soon,,,,human,,\n\
         late@example.org,,,,,,2026-03-01,2026-02-01,,,,,\n",
    );
    insta::assert_snapshot!("rows", shown(&roster));
}

#[test]
fn a_file_that_is_no_roster_is_refused_without_its_names() {
    let calendar = calendar();
    let reading = Reading {
        calendar: &calendar,
        logins: &[],
    };
    for (format, text) in [
        (Format::Csv, ""),
        (
            Format::Csv,
            "ada@example.org,search\nbob@example.org,search\n",
        ),
        (Format::Scim, "ada@example.org"),
        (Format::Scim, "7"),
    ] {
        let error = read(format, text.as_bytes(), &reading).err().unwrap();
        assert!(!error.contains("ada"), "{error}");
    }
}

#[test]
fn directories_fold_their_lines() {
    let roster = read_as(
        Format::Ldif,
        "version: 1\n# people\ndn: uid=ada,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
         uid: ada\ncn:: QWRhIEzDtnZlbGFjZQ==\nmail: ada@exam\n ple.org\nou: people\n\
         departmentNumber: search\nproxyAddresses: SMTP:ada.l@example.org\n\
         proxyAddresses: x500:/o=example\njpegPhoto:: /9j/4A==\n\n\
         dn: ou=groups,dc=example,dc=org\nou: groups\n\n\
         dn: uid=room1\nmail;lang-en: room1@example.org\nemployeeType: Room\n\n\
         dn: uid=eve\nchangetype: delete\nmail: eve@example.org\n\n\
         dn: uid=bob\nmail:: %%%\nmail: bob\nuid: bob\nwithout a colon\n",
    );
    insta::assert_snapshot!("ldif", shown(&roster));
}

#[test]
fn providers_list_their_users() {
    let text = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 4,
        "Resources": [
            {
                "userName": "ada", "active": true, "userType": "Employee",
                "name": { "givenName": "Ada", "familyName": "Lovelace" },
                "emails": [
                    { "value": "ada@home.example.org" },
                    { "value": "ada@example.org", "primary": true }
                ],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "search" },
                "meta": { "created": "2020-01-02T03:04:05Z", "lastModified": "2024-01-01T00:00:00Z" }
            },
            {
                "userName": "bob@example.org", "active": false,
                "meta": { "lastModified": "2025-06-01T00:00:00Z" }
            },
            { "userName": "ci", "userType": "Service", "active": false },
            "eve", {},
        ]
    });
    let roster = read_as(Format::Scim, &text.to_string());
    insta::assert_snapshot!("scim", shown(&roster));
}

#[test]
fn a_mailmap_unites_addresses() {
    let roster = read_as(
        Format::Mailmap,
        "# people\nAda <ada@example.org> <ada@laptop>\nAda <ADA@example.org> Lovelace <l@example.org>\n\
         Bob <bob@example.org>\n<eve@example.org> <mallory@example.org>\nbroken <eve\n",
    );
    insta::assert_snapshot!("mailmap", shown(&roster));
}

#[test]
fn the_format_is_guessed() {
    for (name, text, format) in [
        ("people.csv", "{", Format::Csv),
        (".mailmap", "", Format::Mailmap),
        ("-", "\n# c\ndn: uid=a\n", Format::Ldif),
        ("export", "version: 1\n", Format::Ldif),
        ("export", " [{}]", Format::Scim),
        ("export", "Ada <a@b> <c@d>", Format::Mailmap),
        ("export", "email,team\n", Format::Csv),
    ] {
        assert_eq!(
            Format::guess(Path::new(name), text),
            format,
            "{name} {text}"
        );
    }
    assert_eq!(Format::from_name("ldif"), Some(Format::Ldif));
    assert_eq!(text(b"\xff\xfea\x00"), "a");
    assert_eq!(text(b"M\xfcller"), "M\u{fc}ller");
}

#[test]
fn entries_of_one_person_are_dated_teams() {
    let mut roster = read_as(
        Format::Csv,
        "email,email2,team,from\nada@example.org,,new,2026-03-01\nADA@example.org,a@example.org,old,\n\
         ada@example.org,,other,2026-03-01\nbob@example.org,a@example.org,x,\n",
    );
    let members = unite(roster.entries, &mut roster.problems);
    assert_eq!(members.len(), 2);
    let teams: Vec<_> = members[0]
        .entries
        .iter()
        .map(|entry| entry.team.as_deref())
        .collect();
    assert_eq!(teams, [Some("old"), Some("new")]);
    assert_eq!(members[0].identities.len(), 2);
    let told: Vec<String> = roster.problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("line 4: is the person of line 2"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("line 5: has a name that the person of line 2"),
        "{told:?}"
    );
    let said = events(&members[0], "roster", 7);
    assert_eq!(said.len(), 2);
    assert_ne!(said[0].id, said[1].id);
    assert_eq!(said[0].id, id(&Identity::bare(" Ada@example.org"), 0));
}

#[test]
fn look_alikes_are_made_of_names_and_addresses() {
    let mut roster = read_as(
        Format::Csv,
        "email,name,github\nada.lovelace@example.org,\"M\u{fc}ller, Ada\",Ada-L\nb@example.net,,\n",
    );
    let members = unite(roster.entries, &mut roster.problems);
    let mut made = Vec::new();
    alike(&members, |one| {
        made.push((one.member, one.way, one.identity.value))
    });
    for (way, value) in [
        ("address flast@example.net", "alovelace@example.net"),
        ("address first.last@example.org", "ada.mueller@example.org"),
        ("github firstlast", "adamuller"),
        ("mediawiki flast", "Alovelace"),
        ("address of GitHub's own", "Ada-L@users.noreply.github.com"),
        ("icalendar_name first last", "Ada M\u{fc}ller"),
        ("icalendar_name last, first", "M\u{fc}ller, Ada"),
        ("access_log the same word", "ada.lovelace"),
    ] {
        let wanted = (0, way.to_owned(), value.to_owned());
        assert!(made.contains(&wanted), "{wanted:?}");
    }
    let own = |(_, _, value): &&(usize, String, String)| value == "ada.lovelace@example.org";
    assert!(!made.iter().any(|one| own(&one)));
}

proptest! {
    /// No text makes a reader panic, and no problem repeats a name that stands in it.
    #[test]
    fn anything_is_read(text in "[ -~\n\u{e4}:<>@,;\"{}\\[\\]]{0,200}", name in 0_usize..4) {
        let calendar = calendar();
        let reading = Reading { calendar: &calendar, logins: &[&ACCOUNTS[0]] };
        let (_, format) = Format::ALL[name];
        let marked = format!("{text}\nsecret@marker.example.org,secret@marker.example.org\n");
        match read(format, marked.as_bytes(), &reading) {
            Ok(mut roster) => {
                let members = unite(roster.entries, &mut roster.problems);
                prop_assert!(members.iter().all(|member| !member.identities.is_empty()));
                for problem in &roster.problems {
                    prop_assert!(!problem.to_string().contains("secret"), "{}", problem);
                }
                prop_assert!(!roster.notes.join("\n").contains("secret"));
            }
            Err(words) => prop_assert!(!words.contains("secret"), "{}", words),
        }
    }
}
