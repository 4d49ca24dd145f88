//! Who is who, with the real program: rosters in, look-alikes, merges and splits, people left out. What is
//! said of names restates history, touches no event, and shows nobody.

use std::collections::BTreeSet;

use readback::collect::roster::ACCOUNTS;
use readback::jobs::roster::{Everybody, Word};
use readback::model::{Identity, Pseudonym};
use regex::Regex;
use serde_json::{Value, json};

use super::binary::Home;
use super::lexed::sources;
use super::way::{Way, event, lines, small};

const ROSTER: &str = "\
email,email2,github,team,from,to,joined,left,kind,name
ada.lovelace@example.org,,,payments,,,2020-01-01,,,Ada Lovelace
ada.lovelace@example.org,,,search,2025-03-01,,,,,
bob@example.org,bob@old.example.org,bob-gh,search,,,,,,Bob Builder
ci@example.org,,,,,,,,bot,
";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_roster_is_read_once() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let file = home.file("people.csv", ROSTER);
    let dry = home.done(&["people", "import", &file, "--dry-run"]);
    assert_eq!(dry.err, "would take 3 people\n");
    assert!(!home.data().exists());
    let first = home.done(&["people", "import", &file]);
    assert_eq!(first.err, "took 3 people: 3 new, 0 changed, 0 as before\n");
    let again = home.done(&["people", "import", &file, "--json"]);
    let again = json_of(&again.out);
    assert_eq!(
        (&again["new"], &again["changed"], &again["same"]),
        (&json!(0), &json!(0), &json!(3))
    );
    // Bob is gone from the file, Ada has one team less, somebody is new, and one row is wrong.
    let changed =
        "email;team\nada.lovelace@example.org;search\neve@example.org;search\nnobody;search\n";
    let file = home.file("later.csv", changed);
    let said = home.done(&["people", "import", &file]);
    insta::assert_snapshot!("later", said.err.replace(&file, "later.csv"));
    let said = home.done(&["people", "import", &file]);
    assert!(
        said.err.contains("0 new, 0 changed, 2 as before"),
        "{}",
        said.err
    );
    let mailmap = home.file(
        ".mailmap",
        "Ada <ada.lovelace@example.org> <ada@laptop.example.org>\n",
    );
    let said = home.done(&["people", "import", &mailmap]);
    assert!(said.err.contains("1 new"), "{}", said.err);
    let said = home.run(&["people", "import", &mailmap, "--source", "registry"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let wrong = home.file("wrong.csv", "name,phone\nada@example.org,7\n");
    let said = home.run(&["people", "import", &wrong]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(
        said.err.contains("the header names no column with people"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("ada@"), "{}", said.err);
    // A team that was taken back is not the last word, and nobody small is told.
    let listed = json_of(&home.done(&["people", "list", "--json"]).out);
    let rows = listed.as_array().expect("a list");
    let people = rows.iter().filter(|row| row["kind"] == "person");
    assert!(
        people
            .clone()
            .all(|row| row["people"].is_null() && row["suppressed"] == true)
    );
    let teams: BTreeSet<_> = people.map(|row| row["team"].to_string()).collect();
    assert_eq!(teams, BTreeSet::from(["\"search\"".to_owned()]));
    assert!(
        rows.contains(&json!({ "kind": "bot", "team": null, "people": 1 })),
        "{rows:?}"
    );
}

#[test]
fn look_alikes_are_merged_by_hand_alone() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let home = home.with("READBACK_PRIVACY_K", "1");
    let read = |id: &str, person: &str| {
        let data = json!({ "person": person });
        event(
            "read",
            id,
            "INC-1",
            &format!("2025-03-02T0{id}:00:00Z"),
            data,
        )
    };
    let events = [
        read("1", "ada.lovelace@example.org"),
        read("2", "alovelace"),
        read("3", "somebody.else@example.org"),
        read("4", "bob@old.example.org"),
    ];
    let file = home.file("events.ndjson", events.join("\n"));
    home.done(&["import", "events", &file]);
    home.done(&["writeups", "add", "INC-1", "--published", "2025-03-01"]);
    let roster = home.file("people.csv", ROSTER);
    home.done(&["people", "import", &roster]);
    let report = |out: &str| {
        home.done(&["report", "--as-of", "2025-07-01", "--out", out]);
        std::fs::read(home.path(out).join("summary.json")).expect("a summary")
    };
    let readers = |bytes: &[u8]| {
        let summary: Value = serde_json::from_slice(bytes).expect("JSON");
        summary["indicators"]["R3"]["results"]["readers"].as_u64()
    };
    let before = report("before");
    assert_eq!(readers(&before), Some(4));
    let suggested = home.done(&["people", "suggest", "--roster", &roster]);
    assert!(
        suggested.out.starts_with("line 2: account flast\n"),
        "{}",
        suggested.out
    );
    assert_eq!(suggested.out.lines().count(), 2, "{}", suggested.out);
    // The digits of a pseudonym may spell "ada" by chance; they are no word that stands alone.
    let told = suggested.out.to_lowercase();
    let words: Vec<&str> = told.split(|c: char| !c.is_alphanumeric()).collect();
    let pseudonyms = words.iter().filter(|word| word.len() == 32);
    assert_eq!(pseudonyms.count(), 2, "{told}");
    for name in ["ada", "lovelace", "bob", "somebody"] {
        let holds = |word: &&str| word.len() != 32 && word.contains(name);
        assert!(!words.iter().any(holds), "{told}");
    }
    // Whose it is can't be told where two may have it.
    let twins = format!("{ROSTER}a.lovelace@example.org,,,,,,,,,Alan Lovelace\n");
    let twins = home.file("twins.csv", twins);
    let said = home.done(&["people", "suggest", "--roster", &twins]);
    assert!(
        said.out.contains("line 2: account flast (also line 6)"),
        "{}",
        said.out
    );
    let listed = home.done(&["people", "suggest", "--roster", &roster, "--json"]);
    let listed = json_of(&listed.out);
    let pair = ["person", "name"].map(|name| listed[0][name].as_str().expect("hex").to_owned());
    assert_eq!(readers(&report("still")), Some(4));

    let said = home.done(&["people", "merge", &pair[0], &pair[1]]);
    assert!(said.err.starts_with("they are one person;"), "{}", said.err);
    assert_eq!(readers(&report("merged")), Some(3));
    let said = home.done(&["people", "merge", "alovelace", "ada.lovelace@example.org"]);
    assert_eq!(said.err, "they are one person already\n");
    let said = home.done(&["people", "suggest", "--roster", &roster]);
    assert_eq!(said.out, "");
    let said = home.done(&[
        "people",
        "split",
        "account:alovelace",
        "ADA.Lovelace@example.org",
    ]);
    assert!(said.err.starts_with("they are two people;"), "{}", said.err);
    assert_eq!(report("split"), before);
    // What the roster unites is held apart as well; what was held apart is not suggested again.
    home.done(&["people", "split", "bob@example.org", "bob@old.example.org"]);
    assert_eq!(
        home.done(&["people", "suggest", "--roster", &roster]).out,
        ""
    );

    home.done(&["people", "exclude", "alovelace"]);
    let excluded: Value = serde_json::from_slice(&report("excluded")).expect("JSON");
    assert_eq!(excluded["health"]["received"]["excluded"], 1);
    assert_eq!(excluded["health"]["received"]["kept"]["read"], 3);
    assert_eq!(excluded["indicators"]["R3"]["results"]["readers"], 3);
    home.done(&["people", "include", "alovelace"]);
    assert_eq!(report("included"), before);

    for (words, told) in [
        (
            vec!["merge", "alovelace", "ALOVELACE"],
            "knows the second name",
        ),
        (
            vec!["merge", "alovelace", "alovelace"],
            "both are the same name",
        ),
        (
            vec!["merge", "nokind:x", "alovelace"],
            "the first name: is nobody",
        ),
        (
            vec!["exclude", "00000000000000000000000000000007"],
            "knows this name",
        ),
    ] {
        let said = home.run(&[&["people"], words.as_slice()].concat());
        assert_eq!(said.code, Some(1), "{words:?}: {}", said.err);
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
        assert!(
            !said.err.to_lowercase().contains("lovelace"),
            "{}",
            said.err
        );
    }
}

/// One number over all that landed of events, people's own entries left out.
async fn checksum(way: &Way) -> Vec<u64> {
    let mut sums = Vec::new();
    for table in [
        "read",
        "read_count",
        "attendance",
        "comment",
        "edit",
        "link",
        "writeup",
    ] {
        let sql = format!(
            "SELECT sum(cityHash64(toString(tuple(*)))) FROM (SELECT * FROM landing_{table} FINAL)"
        );
        sums.push(way.count(&sql).await);
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_takes_a_merge_back_without_a_trace() {
    let Some(way) = Way::fresh("merged_people").await else {
        return;
    };
    let options = small();
    let events = lines(&options);
    way.events(&events).await;
    let (one, other) = readers(&events);
    let name = |who: &str| -> Pseudonym { way.keys.pseudonym(&Identity::bare(who)) };
    let (one, other) = (name(&one), name(&other));
    way.derive().await;
    let before = way.summary(options.as_of(), 1).await;
    let sums = checksum(&way).await;
    let say = async |word: Word| {
        let everybody = Everybody::now(&way.store).await.expect("people");
        let said = everybody.say(&way.store, &way.keys, &way.gate, word, options.as_of());
        said.await.expect("said");
        way.derive().await;
        way.summary(options.as_of(), 1).await
    };
    let number = |document: &readback::summary::document::Document| {
        document.indicators["R3"]["results"]["readers"]
            .as_u64()
            .expect("a number")
    };
    let merged = say(Word::One(one, other)).await;
    assert_eq!(number(&merged), number(&before) - 1);
    let split = say(Word::Two(one, other)).await;
    let bytes = |document| readback::jobs::report::to_json(document).expect("JSON");
    assert!(bytes(&split) == bytes(&before));
    assert_eq!(checksum(&way).await, sums);
    // Few people are left out: their number is withheld, and what would give it away.
    say(Word::Counts(one, false)).await;
    let few = way.summary(options.as_of(), 5).await;
    let received = serde_json::to_value(&few.health.received).expect("JSON");
    assert_eq!(
        (&received["excluded"], &received["suppressed"]),
        (&Value::Null, &json!(true))
    );
    let kept = received["kept"].as_object().expect("an object");
    assert_eq!(
        kept.values().filter(|n| n.is_null()).count(),
        1,
        "{received}"
    );
}

/// Two people who read and were never one.
fn readers(events: &[String]) -> (String, String) {
    let mut people = BTreeSet::new();
    for line in events {
        let event = json_of(line);
        let person = event["data"]["person"].as_str().unwrap_or_default();
        if event["type"] == "org.readback.read.v1" && person.contains('@') {
            people.insert(person.to_owned());
        }
    }
    let mut people = people.into_iter();
    (
        people.next().expect("a reader"),
        people.next_back().expect("another"),
    )
}

#[test]
fn every_kind_of_account_that_a_source_makes_has_a_column() {
    let made =
        Regex::new(r#"(?:of_source|Author::new)\(\s*"([a-z-]+)",\s*"(\w+)""#).expect("a pattern");
    let mut kinds = BTreeSet::new();
    for source in sources("src/sources").filter(|source| !source.path.contains("test")) {
        for found in made.captures_iter(&source.text) {
            kinds.insert((found[1].to_owned(), found[2].to_owned()));
        }
    }
    let listed: BTreeSet<_> = ACCOUNTS
        .iter()
        .filter(|account| !account.source.is_empty())
        .map(|account| (account.source.to_owned(), account.kind.to_owned()))
        .collect();
    assert_eq!(kinds, listed);
    // The help lists them, too.
    let help = Home::new().done(&["people", "import", "--help"]).out;
    for account in &ACCOUNTS {
        let line = format!("  {:<19}{}", account.name, account.says);
        assert!(help.contains(&line), "{line}");
    }
}
