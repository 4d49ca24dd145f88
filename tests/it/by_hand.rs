//! Who came, where no tool made a list: a coordinator writes it down, looks at what is understood, confirms,
//! and may take it back.

use serde_json::Value;

use super::access_commands::typed;
use super::bringing::{PASSWORD, fields, followed, home, review, sent};
use super::served::Served;
use super::visitor::{Visitor, field};

#[test]
fn who_came_is_written_down() {
    let Some(home) = home() else { return };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    typed(&home, &["add", "cleo", "--role", "coordinator"], PASSWORD);
    let mut cleo = Visitor::of(served.address());
    assert_eq!(cleo.sign_in("cleo", PASSWORD).status, 303);
    let form = field(&cleo.get("/reviews/import").text, "form");
    let people: Vec<String> = (1..=6)
        .map(|n| format!("p{n}@people.example.org"))
        .collect();
    let people = people.join("\r\n");
    let mut write = |start: &str, people: &str, unnamed: &str| {
        let said = [
            ("form", form.as_str()),
            ("do", "write"),
            ("start", start),
            ("people", people),
            ("unnamed", unnamed),
        ];
        let answer = cleo.send("/reviews/import", &said);
        followed(&mut cleo, answer)
    };
    let nobody = write("2026-03-10T14:02", "", "0");
    assert!(
        nobody.status == 422 && nobody.text.contains("nobody is named"),
        "{nobody:?}"
    );
    let never = write("yesterday", &people, "0");
    assert!(
        never.text.contains("is no date and time such as"),
        "{never:?}"
    );
    let named = write("2026-03-10T14:02", "p1@people.example.org\nIvo Ilg", "1").text;
    for words in ["Without an address: 1.", "Address of Ivo Ilg"] {
        assert!(named.contains(words), "{words}: {named}");
    }
    let unnamed = write("2026-03-10T14:02", &people, "2").text;
    assert!(!unnamed.contains("Without an address"), "{unnamed}");
    assert!(unnamed.contains("somebody unknown"), "{unnamed}");
    let seen = write("2026-03-10T14:02", &people, "");
    assert_eq!(seen.status, 200, "{seen:?}");
    assert!(
        seen.text.contains("About The queue that overflowed"),
        "the planned one of that hour: {}",
        seen.text
    );
    let done = sent(&mut cleo, &fields(&seen.text), "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    served.stop();
    assert_eq!(review(&home).0, 6, "all by name");
    let imports = home.done(&["undo", "--json"]).out;
    let imports: Value = serde_json::from_str(&imports).expect("JSON");
    home.done(&["undo", imports[0]["import"].as_str().expect("a name")]);
    assert!(review(&home).0.is_null(), "a plan again");
}
