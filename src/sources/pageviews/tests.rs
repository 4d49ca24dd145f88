//! The kind as a whole: a dump goes in, counts come out.

use super::*;
use crate::model::to_rfc3339;
use crate::sources::KnownWriteup;
use crate::sources::collected::Collected;

fn read(params: &str, name: &str, dump: &str) -> Result<Collected, SourceError> {
    let alias = |id: &str, alias: &str| KnownWriteup {
        id: id.to_owned(),
        title: None,
        aliases: vec![alias.to_owned()],
    };
    let setting = Setting {
        source: "wikipedia".to_owned(),
        vocabulary: crate::model::Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: vec![
            alias("INC-1", "https://en.wikipedia.org/wiki/Big_outage"),
            alias(
                "INC-2",
                "https://de.wikipedia.org/wiki/Gro%C3%9Fer_%22Ausfall%22",
            ),
        ],
    };
    let mut sink = Collected::default();
    let mut file = build_file(toml::from_str(params).unwrap(), &setting)?;
    file.dated(1_700_000_000_000);
    file.read(name, &mut dump.as_bytes(), &mut sink)?;
    Ok(sink)
}

fn shown(found: &Collected) -> Vec<String> {
    let each = found.events.iter().map(|event| {
        let Body::ReadCount(count) = &event.body else {
            panic!("no count");
        };
        let at = to_rfc3339(event.time);
        format!("{} | {} | {at} | {}", event.id, event.subject, count.count)
    });
    each.collect()
}

#[test]
fn an_hour() {
    let dump = "de Gro%C3%9Fer_\"Ausfall\" 3 0\nen - 7 0\nen Big_outage 4 0\nen Big_outage 5 0\n\
                en Other 9 0\nen.m Big_outage 2 0\nen Big outage 1 0\n";
    let found = read("", "pageviews-20240101-050000.gz", dump).unwrap();
    assert_eq!(
        shown(&found),
        [
            "2024-01-01T05 de de.wikipedia Großer_\"Ausfall\" | https://de.wikipedia.org/wiki/Gro%C3%9Fer_%22Ausfall%22 | 2024-01-01T05:00:00Z | 3",
            "2024-01-01T05 en en.wikipedia Big_outage | https://en.wikipedia.org/wiki/Big_outage | 2024-01-01T05:00:00Z | 5",
            "2024-01-01T05 en.m en.wikipedia Big_outage | https://en.wikipedia.org/wiki/Big_outage | 2024-01-01T05:00:00Z | 2",
        ]
    );
    assert!(
        found
            .events
            .iter()
            .all(|event| event.version == 1_700_000_000)
    );
    assert_eq!(found.rejected, 1);
    assert_eq!(
        (
            found.left_out["no title"],
            found.left_out["no registered write-up"]
        ),
        (1, 1)
    );
}

#[test]
fn a_day_and_a_month() {
    let dump = "en.wikipedia Big_outage 7 desktop 5 A2X3\nen.wikipedia Big_outage 7 mobile-web 6 B6\n\
                en.wikipedia Big_outage null desktop 1 C1\n\
                de.wikipedia \"Großer_\\\"Ausfall\\\"\" 8 desktop 4 A1^3\n";
    let counts = |found: &Collected| {
        let each = shown(found).into_iter().map(|line| {
            let parts: Vec<&str> = line.split(" | ").collect();
            format!("{} {}", &parts[0][..10], parts[3])
        });
        each.collect::<Vec<_>>()
    };
    let day = read("", "pageviews-20240101-user", dump).unwrap();
    assert_eq!(counts(&day), ["2024-01-01 4", "2024-01-01 12"]);
    let month = read("date = '2024-01'", "stdin", dump).unwrap();
    assert_eq!(
        counts(&month),
        [
            "2024-01-01 1",
            "2024-01-30 3",
            "2024-01-01 2",
            "2024-01-02 6",
            "2024-01-03 1",
            "2024-01-24 3"
        ]
    );
    assert_eq!(day.rejected + month.rejected, 0);
    // One day has one name, wherever it comes from.
    assert!(
        month
            .events
            .iter()
            .any(|event| event.id == day.events[0].id)
    );
}

#[test]
fn every_page_and_something_else() {
    let dump = "fr.b L'incident_? 2 0\nzz.q.q.q Foo 1 0\n";
    let found = read("all = true", "pageviews-20240101-000000", dump).unwrap();
    assert_eq!(
        shown(&found)[0],
        "2024-01-01T00 fr.b fr.wikibooks L'incident_? | https://fr.wikibooks.org/wiki/L'incident_%3F | 2024-01-01T00:00:00Z | 2"
    );
    assert_eq!(found.left_out["no known wiki"], 1);
    let junk = "x\n".repeat(2000);
    let refused = read("", "pageviews-20240101-000000", &junk);
    assert!(matches!(refused, Err(SourceError::Format { .. })));
    for (params, name) in [
        ("", "pageviews-20240101-spider"),
        ("", "access.log"),
        ("date = 'x'", "stdin"),
        ("access = 'x'", "stdin"),
        ("since = 'x'", "stdin"),
        ("api = 'x'", "stdin"),
    ] {
        assert!(read(params, name, "").is_err(), "{params} {name}");
    }
}

#[test]
fn lines_quoted_in_public() {
    let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
        return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
    };
    let path = std::path::PathBuf::from(fixtures)
        .join("wikimedia_pageviews/pageview_complete.monthly-user.sample.txt");
    let dump = std::fs::read_to_string(path).unwrap();
    let found = read("all = true\ndate = '2024-01'", "stdin", &dump).unwrap();
    assert_eq!(found.rejected, 0);
    // The days of each line add up to its total.
    let totals = dump
        .lines()
        .filter_map(|line| line.rsplit(' ').nth(1)?.parse::<u64>().ok());
    let counted = found.events.iter().map(|event| match &event.body {
        Body::ReadCount(count) => count.count,
        _ => 0,
    });
    assert_eq!(counted.sum::<u64>(), totals.sum::<u64>());
    assert!(
        found
            .events
            .iter()
            .any(|event| event.subject == "https://ar.wikipedia.org/wiki/%22")
    );
}
