//! What the proofs find, and what they let be.

use serde_json::json;

use super::*;

#[test]
fn names_and_addresses_are_found_and_versions_are_not() {
    for text in [
        "ask ada@example.org",
        "ada%40example.org",
        "from 203.0.113.77",
        "(203.0.113.77)",
        "2001:db8:0:0:1:2:3:4",
        "at 2001:db8:1:2::",
    ] {
        assert!(names_somebody(text.as_bytes(), &BTreeSet::new()), "{text}");
    }
    for text in [
        "Upgrade to 10.0.17763.1",
        "http://10.0.0.5/wiki",
        "Mozilla/120.0.0.0",
        "libfoo-1.2.3.4",
        "v1.2.3.4",
        "12:30:45",
        "shop@a1b2c3d:docs/x.md#L4",
        "Outage @ noon",
    ] {
        assert!(!names_somebody(text.as_bytes(), &BTreeSet::new()), "{text}");
    }
}

#[test]
fn what_an_incident_happened_to_is_nobody() {
    let summary = json!({ "writeups": [{ "id": "INC-1", "title": "Why 10.9.8.7 went away", "tags": ["2001:db8:0:0:1:2:3:4"] }] });
    let machines = machines(&summary);
    assert!(!names_somebody(
        b"<h1>Why 10.9.8.7 went away</h1> 2001:db8:0:0:1:2:3:4",
        &machines
    ));
    assert!(names_somebody(b"10.9.8.7 read by 203.0.113.77", &machines));
    assert!(names_somebody(
        b"10.9.8.7 read by ada@example.org",
        &machines
    ));
}

#[test]
fn where_write_ups_are_found_is_nobody() {
    let none = BTreeSet::new();
    let page = b"<a href=\"http:&#x2f;&#x2f;10.0.0.5&#x2f;wiki\">";
    assert!(!names_somebody(page, &none));
    assert!(names_somebody(b"<td>10.0.0.5</td>", &none));
    let summary = json!({ "writeups": [{ "id": "INC-1", "url": "http://10.0.0.5:8080/wiki",
        "link_evidence": [{ "stands_in": "https://[2001:db8:0:0:1:2:3:4]/x" }] }] });
    let machines = machines(&summary);
    let shown = b"<td>10.0.0.5</td> https:&#x2f;&#x2f;[2001:db8:0:0:1:2:3:4]&#x2f;x";
    assert!(!names_somebody(shown, &machines));
    assert!(names_somebody(b"10.0.0.6", &machines));
}

#[test]
fn a_log_is_looked_through_line_by_line() {
    let one: u128 = 0xac5a_6c0e_31da_dbfe_2e28_2bae_3b4f_5e6c;
    let all = BTreeSet::from([one]);
    let log = format!(
        "INFO the pages are served url=\"http://127.0.0.1:8080\"\nWARN listens at 0.0.0.0:8080\n\
         ERROR from 203.0.113.77:4711\nINFO by ada@example.org\nDEBUG person={one:032x}\nINFO done\n"
    );
    let (found, lines) = lines_with_names(log.as_bytes(), &all);
    assert_eq!(lines, 6);
    let places = [
        "line 3: an address",
        "line 4: an address",
        "line 5: a pseudonym",
    ];
    assert_eq!(found, places);
    assert_eq!(lines_with_names(b"", &all), (Vec::new(), 0));
    // The engine's version has four numbers, too.
    let log = "INFO the engine answers version=\"26.7.2.1\"\n{\"version\":\"26.7.2.1\"}\n\
               INFO from=26.7.2.1 conversion=26.7.2.1\nINFO version=1.2.3.4 by 26.7.2.1\n";
    let (found, _) = lines_with_names(log.as_bytes(), &all);
    assert_eq!(found, ["line 3: an address", "line 4: an address"]);
}

#[test]
fn a_pseudonym_is_found_however_it_is_written() {
    let one: u128 = 0xac5a_6c0e_31da_dbfe_2e28_2bae_3b4f_5e6c;
    let all = BTreeSet::from([one]);
    for text in [
        format!("{one:032x}"),
        format!("\"{one:032X}\""),
        format!("person={one},"),
    ] {
        assert!(holds_pseudonym(text.as_bytes(), &all), "{text}");
    }
    for text in [
        format!("{:032x}", one + 1),
        format!("a{one:032x}"),
        "12".to_owned(),
    ] {
        assert!(!holds_pseudonym(text.as_bytes(), &all), "{text}");
    }
}

#[test]
fn a_number_of_few_is_found_by_its_place() {
    let of = |readers: Json, k: Json| {
        json!({
            "indicators": { "A2": { "results": { "voluntary": { "k": k, "n": 30 } } } },
            "writeups": [{ "id": "a", "readers": readers, "comments": 2 }],
        })
    };
    let truth = of(json!(3), json!(7));
    assert!(small_numbers(&of(Json::Null, json!(7)), &truth, 5).is_empty());
    assert_eq!(
        small_numbers(&of(json!(3), json!(7)), &truth, 5),
        ["writeups.0.readers tells fewer than 5 people"]
    );
    assert_eq!(
        small_numbers(&of(Json::Null, json!(9)), &truth, 5),
        ["indicators.A2.results.voluntary.k is not what is stored"]
    );
    let few = of(Json::Null, json!(2));
    assert_eq!(small_numbers(&few, &few, 5).len(), 1);
}

#[test]
fn rows_that_are_not_the_summarys_are_named() {
    let summary =
        json!({ "indicators": { "R3": { "results": { "readers": 7, "reader_days": 9 } } } });
    let stands = |place: &str, value| Standing {
        place: place.to_owned(),
        value: Some(value),
        suppressed: false,
    };
    let good = vec![
        stands("indicator/R3/readers", 7.0),
        stands("indicator/R3/reader_days", 9.0),
    ];
    let other = differing(&good, &summary);
    // Health is null where there is none.
    assert_eq!(other, ["health"]);
    let bad = differing(&[stands("indicator/R3/readers", 8.0)], &summary);
    assert_eq!(
        bad,
        ["health", "indicator/R3/reader_days", "indicator/R3/readers"]
    );
}

#[test]
fn an_address_that_takes_a_person_is_found() {
    let openapi = json!({ "paths": {
        "/v1/hooks/{source}": { "post": { "parameters": [{ "name": "source" }] } },
        "/people/{id}": {},
        "/readers/{reader}": { "get": {} },
        "/search": { "get": { "parameters": [{ "name": "user_name" }] } },
    } });
    let found = takes_a_person(&openapi);
    assert_eq!(found, ["/readers/{reader}", "get /search: user_name"]);
}

#[test]
fn a_key_that_others_may_open_or_that_lies_in_the_store_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "x").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let store = folder.path().join("engine");
    assert_eq!(
        key(&file, std::slice::from_ref(&store)),
        ["the key file's mode is 640, not 600"]
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(key(&file, &[store]).is_empty());
    assert_eq!(
        key(&file, &[folder.path().to_owned()]),
        ["the key file lies in the store"]
    );
    assert_eq!(key(&folder.path().join("none"), &[]).len(), 1);
}

#[test]
fn files_are_looked_through() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("spool/deep")).unwrap();
    std::fs::write(
        folder.path().join("spool/a"),
        b"\x00\xffada.lovelace@example.org\x01",
    )
    .unwrap();
    std::fs::write(folder.path().join("spool/deep/b"), b"\xff@\x00a@b.cd").unwrap();
    let (found, looked) = files_with_names(folder.path(), &["spool", "dead"]).unwrap();
    assert_eq!((found.len(), looked), (1, 2));
    assert!(found[0].ends_with("spool/a"));
}
