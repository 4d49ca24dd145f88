//! The kind as a whole: a log goes in, events come out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::model::to_rfc3339;
use crate::sources::collected::Collected;

fn import(params: &str, log: &[u8]) -> Result<Collected, SourceError> {
    let setting = Setting {
        source: "wiki-log".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: Vec::new(),
    };
    let mut sink = Collected::default();
    build(toml::from_str(params).unwrap(), &setting)?.read("access.log", &mut &*log, &mut sink)?;
    Ok(sink)
}

fn read(event: &Event) -> &Read {
    match &event.body {
        Body::Read(read) => read,
        _ => panic!("no read"),
    }
}

const BASE: &str = "base = 'https://wiki.example.org/'";
const BROWSER: &str =
    "\"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"";

#[test]
fn ids_are_written_as_they_always_were() {
    for (hash, number) in [(0, 0), (0x0123_4567_89ab_cdef, 7), (u128::MAX, u32::MAX)] {
        assert_eq!(id(hash, number), format!("{hash:032x}-{number}"));
    }
}

#[test]
fn a_read_has_address_person_and_time() {
    let log = format!(
        "192.0.2.7 - ada [10/Oct/2000:13:55:36 -0700] \"GET /pm/1?pageId=7&user=ada HTTP/1.1\" 200 9 {BROWSER}\n\
         192.0.2.7 - Ada@Example.org [10/Oct/2000:13:55:37 -0700] \"GET /pm/2 HTTP/1.1\" 304 - {BROWSER}\n\
         192.0.2.7 - - [10/Oct/2000:13:55:38 -0700] \"GET /pm/3 HTTP/1.1\" 200 9 \"-\" \"-\"\n"
    );
    let found = import(BASE, log.as_bytes()).unwrap();
    let subjects: Vec<_> = found
        .events
        .iter()
        .map(|event| event.subject.as_str())
        .collect();
    assert_eq!(
        subjects,
        [
            "https://wiki.example.org/pm/1?pageId=7",
            "https://wiki.example.org/pm/2",
            "https://wiki.example.org/pm/3"
        ]
    );
    assert_eq!(to_rfc3339(found.events[0].time), "2000-10-10T20:55:36Z");
    let person = |index: usize| read(&found.events[index]).person.clone();
    assert!(person(0) == Some(Identity::of_source("access-log", "user", "ada")));
    assert!(person(1) == Some(Identity::bare("Ada@Example.org")));
    assert!(person(2).is_none() && read(&found.events[2]).bot && !read(&found.events[0]).bot);

    let without = import(&format!("{BASE}\nuser = false"), log.as_bytes()).unwrap();
    assert!(
        without
            .events
            .iter()
            .all(|event| read(event).person.is_none())
    );
    assert_eq!(without.notes.len(), 1);
}

#[test]
fn nobody_has_many_names() {
    for user in [
        "-",
        "\"-\"",
        "\"\"",
        "(null)",
        "Anonymous",
        "- -",
        "203.0.113.77 - ada",
    ] {
        let log = format!(
            "192.0.2.7 - {user} [10/Oct/2000:13:55:36 -0700] \"GET /pm/1 HTTP/1.1\" 200 9 {BROWSER}\n"
        );
        let found = import(BASE, log.as_bytes()).unwrap();
        assert!(read(&found.events[0]).person.is_none(), "{user}");
    }
}

#[test]
fn identical_lines_are_two_events_with_lasting_ids() {
    let line = format!("::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 9 {BROWSER}");
    let ids = |log: String| -> Vec<String> {
        import(BASE, log.as_bytes())
            .unwrap()
            .events
            .into_iter()
            .map(|event| event.id)
            .collect()
    };
    let first = ids(format!("{line}\n{line}\n"));
    assert_ne!(first[0], first[1]);
    assert_eq!(
        first,
        ids(format!("{line}\r\n{line}")),
        "the line's end is not part of it"
    );
}

#[test]
fn a_virtual_host_replaces_the_host_when_asked_to() {
    let log = b"docs.example.org:443 ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 9\n\
        docs.example.org:8443 ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET http://x.example.org/b HTTP/1.1\" 200 9\n";
    let subjects = |params: &str| -> Vec<String> {
        import(params, log)
            .unwrap()
            .events
            .into_iter()
            .map(|event| event.subject)
            .collect()
    };
    assert_eq!(
        subjects(BASE),
        ["https://wiki.example.org/a", "http://x.example.org/b"]
    );
    assert_eq!(
        subjects(&format!("{BASE}\nvhost = true")),
        ["https://docs.example.org/a", "http://x.example.org/b"]
    );
}

#[test]
fn what_is_left_out_is_counted() {
    let log = "# a comment\n\
        ::1 - - [10/Oct/2000:13:55:36 -0700] \"POST /a HTTP/1.1\" 200 9\n\
        ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 404 9\n\
        ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a.css HTTP/1.1\" 200 9\n\
        ::1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 408 -\n\
        ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 9 \"-\" \"Mozilla/5.0\" \"prefetch;prerender\"\n";
    let found = import(BASE, log.as_bytes()).unwrap();
    assert!(found.events.is_empty() && found.problems.is_empty());
    let reasons: Vec<_> = found.left_out.into_iter().collect();
    assert_eq!(
        reasons,
        [
            ("asset", 1),
            ("comment line", 1),
            ("no request", 1),
            ("not GET", 1),
            ("prefetch", 1),
            ("status not 200 or 304", 1)
        ]
    );
}

#[test]
fn problems_name_line_and_field_and_nobody() {
    let good = format!(
        "192.0.2.7 - ada [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 9 {BROWSER}\n"
    );
    let log = format!(
        "{good}192.0.2.7 ada [10/Oct/2000:13:55:36 -0700] \"GET\n{good}{}",
        &good[..70]
    );
    let found = import(BASE, log.as_bytes()).unwrap();
    assert_eq!(found.events.len(), 2);
    let places: Vec<_> = found
        .problems
        .iter()
        .map(|p| (p.place.as_str(), p.field.as_str()))
        .collect();
    assert_eq!(places, [("line 2", "client"), ("line 4", "referer")]);
    assert!(
        found
            .problems
            .iter()
            .all(|p| !p.to_string().contains("192.0.2.7") && !p.to_string().contains("ada"))
    );
}

#[test]
fn another_kind_of_file_is_refused() {
    let log = "{\"level\":\"info\"}\n".repeat(2000);
    assert!(matches!(
        import(BASE, log.as_bytes()),
        Err(SourceError::Format { .. })
    ));
    assert!(matches!(
        import("base = 'wiki'", b""),
        Err(SourceError::Params(_))
    ));
    assert!(import(BASE, b"").unwrap().events.is_empty());
}

/// Reads the real logs, and compares with counts made by an unrelated program.
#[test]
fn real_logs() {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from) else {
        return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
    };
    let logs = fixtures.join("access_logs");
    // Dialects of ours: all lines but the marked ones are read without a problem.
    for (name, lines, problems) in [
        ("common.log", 1, 0),
        ("common-vhost", 4, 0),
        ("combined-vhost", 4, 0),
        ("common_encoding_big5.log", 1, 0),
        ("ncsa_extended.log", 1, 0),
        ("icecast2.log", 1, 0),
        ("cmd__goatcounter__testdata__access_log", 2, 0),
        ("logfile_bad_access_log.0", 3, 1),
    ] {
        let bytes = fs::read(logs.join(name)).unwrap();
        let text = bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let results: Vec<_> = text.map(parse_line).collect();
        let bad = results.iter().filter(|result| result.is_err()).count();
        assert!(results.len() >= lines, "{name}: {} lines", results.len());
        assert_eq!(bad, problems, "{name}");
    }
    for entry in fs::read_dir(&logs).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let _any_result_but_a_panic = import(BASE, &bytes).is_ok();
    }

    let expected =
        fs::read_to_string(fixtures.join("EXPECTED/access_apache_logs.first5000.tsv")).unwrap();
    let expected: BTreeMap<&str, usize> = expected
        .lines()
        .filter_map(|line| {
            line.split_once('\t')
                .and_then(|(key, value)| Some((key, value.parse().ok()?)))
        })
        .collect();
    let bytes = fs::read(logs.join("apache_logs.first5000")).unwrap();
    let lines: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| parse_line(line).ok())
        .collect();
    assert_eq!(lines.len(), expected["matched"]);
    let mut robots = Robots::new();
    let robot_lines = lines
        .iter()
        .filter(|line| robots.is_robot(line.agent.unwrap_or(b"")))
        .count();
    assert_eq!(robot_lines, expected["ua_counter_robot"]);
    for status in [200, 206, 301, 304, 403, 404, 500] {
        let count = lines.iter().filter(|line| line.status == status).count();
        assert_eq!(
            count,
            expected[format!("status_{status}").as_str()],
            "{status}"
        );
    }

    // The other program also takes plain text for assets; to Readback a .txt may be a write-up.
    let found = import(&format!("{BASE}\nassets = ['txt']"), &bytes).unwrap();
    let people: Vec<_> = found
        .events
        .iter()
        .filter(|event| !read(event).bot)
        .collect();
    assert_eq!(people.len(), expected["get_200_304_nonbot_nonasset"]);
    for (page, count) in expected
        .iter()
        .filter_map(|(key, count)| Some((key.strip_prefix("page ")?, count)))
    {
        let address = format!("https://wiki.example.org{page}");
        let reads = people
            .iter()
            .filter(|event| event.subject.split('?').next() == Some(&address));
        assert_eq!(reads.count(), *count, "{page}");
    }
}
