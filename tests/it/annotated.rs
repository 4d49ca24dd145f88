//! Annotations: entered and taken back on the command line and by forms, checked, tested on publication
//! cohorts, and never found in the data.

use readback::model::Parameters;
use readback::simulate::Options;
use serde_json::{Value, json};

use super::access_commands::typed;
use super::access_roles::until;
use super::binary::Home;
use super::served::Served;
use super::visitor::{Visitor, field, header};
use super::way::{Way, event, lines};

fn annotation(id: &str, version: u32, on: &str, text: &str, removed: bool) -> String {
    let data = json!({
        "on": on, "text": text, "acts_on": "writeups", "removed": removed, "version": version,
    });
    event("annotation", id, "", "2026-01-01T00:00:00Z", data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_announced_is_tested_on_cohorts() {
    let options = Options {
        reads: 20_000,
        template_effect: 4.0,
        ..Options::default()
    };
    let Some(way) = Way::within("annotated", options.timezone).await else {
        return;
    };
    let mut events = lines(&options);
    let template = options.template_from.expect("a template");
    events.extend([
        // Too near the end, not there yet, and taken back.
        annotation(
            "late",
            0,
            &options.end.pred_opt().expect("a day").to_string(),
            "A guide",
            false,
        ),
        annotation("next", 0, "2099-01-01", "To come", false),
        annotation("gone", 0, "2025-01-01", "A mistake", false),
        annotation("gone", 1, "2025-01-01", "A mistake", true),
        // Nobody is named, and nothing is kept of what would name somebody.
        annotation("named", 0, "2025-02-01", "as ada@example.org wished", false),
        annotation("long", 0, "2025-02-01", &"x".repeat(121), false),
        event(
            "annotation",
            "when",
            "",
            "2026-01-01T00:00:00Z",
            json!({
                "on": "1 March", "text": "A guide", "acts_on": "writeups",
            }),
        ),
    ]);
    let taken = way.events(&events).await;
    assert_eq!(taken.rejected, 3, "{:?}", taken.problems);
    way.derive().await;
    let document = way
        .summary_by(options.as_of(), 1, Parameters::default())
        .await;
    let found = &document.indicators["T6"]["results"];
    let each = found["annotations"].as_array().expect("a list");
    let texts: Vec<&Value> = each.iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["A new template", "A guide"]);
    assert_eq!(each[0]["on"], template.to_string());
    let its = &each[0]["its"];
    assert_eq!(its["told"], "estimated", "{its}");
    let ratio = its["level_ratio"].as_f64().expect("a ratio");
    let lo = its["level_ratio_ci"][0].as_f64().expect("a limit");
    // Four times as readable; a small organisation scatters.
    assert!(ratio > 1.5 && lo > 1.0, "{its}");
    assert_eq!(each[1]["its"]["told"], "too early");
    assert_eq!(each[1]["its"]["level_ratio"], Value::Null);
    assert_eq!(found["its"], each[1]["its"]);
}

fn listed(home: &Home) -> Value {
    let said = home.done(&["annotate", "list", "--json"]);
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn entered_and_taken_back_on_the_command_line() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.done(&["annotate", "add", "2026-03-01", "New template"]);
    home.done(&[
        "annotate",
        "add",
        "2025-09-15",
        "New wiki",
        "--acts-on",
        "reading",
    ]);
    assert_eq!(
        listed(&home),
        json!([
            { "number": 1, "on": "2025-09-15", "text": "New wiki", "acts_on": "reading" },
            { "number": 2, "on": "2026-03-01", "text": "New template", "acts_on": "writeups" },
        ])
    );
    for (rest, words) in [
        (&["add", "2026-03-01", "New template"][..], "there already"),
        (
            &["add", "2026-03-01", "as ada@example.org wished"],
            "name nobody",
        ),
        (&["add", "2026-03-01", " "], "is empty"),
        (&["add", "soon", "New template"], "soon"),
        (
            &["add", "2026-03-01", "x", "--acts-on", "mood"],
            "organisation",
        ),
        (&["remove", "3"], "there are 2"),
        (&["remove", "0"], "there are 2"),
    ] {
        let refused = home.run(&[&["annotate"], rest].concat());
        assert!(
            refused.code != Some(0) && refused.err.contains(words),
            "{rest:?}: {refused:?}"
        );
    }
    home.done(&["annotate", "remove", "1"]);
    home.done(&["annotate", "remove", "1"]);
    home.done(&["annotate", "add", "2026-03-01", "New template"]);
    assert_eq!(listed(&home).as_array().map(Vec::len), Some(1));
    let audit = home.done(&["audit", "show"]).out;
    for words in [
        "entered the annotation of 2026-03-01",
        "took back the annotation of 2025-09-15",
    ] {
        assert!(audit.contains(words), "{audit}");
    }
}

#[test]
fn forms_enter_it_for_coordinators_alone() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", "[access]\nmode = \"password\"\n");
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let account = |name: &str, role: &str| {
        typed(
            &home,
            &["add", name, "--role", role],
            "correct horse battery",
        );
        let mut visitor = Visitor::of(served.address());
        let signed = visitor.sign_in(name, "correct horse battery");
        assert_eq!(signed.status, 303, "{name}");
        visitor
    };
    let (mut cleo, mut vic) = (account("cleo", "coordinator"), account("vic", "viewer"));
    let page = until(&mut cleo, "/annotations", |page| page.status == 200);
    assert!(page.text.contains("Nothing yet"), "{page:?}");
    let form = field(&page.text, "form");
    let add = |text: &'static str, on: &'static str| {
        [
            ("do", "add"),
            ("on", on),
            ("text", text),
            ("acts_on", "writeups"),
        ]
    };
    let mut all = vec![("form", form.as_str())];
    all.extend(add("New template", "2026-03-01"));
    assert_eq!(vic.get("/annotations").status, 403);
    assert_eq!(vic.send("/annotations", &all).status, 403);
    let done = cleo.send("/annotations", &all);
    assert_eq!(
        (done.status, header(&done, "location")),
        (303, "/annotations?said=add")
    );
    let page = cleo.get("/annotations?said=add").text;
    for words in [
        "What you entered stands",
        "New template",
        "From the next report on",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (text, on, status, words) in [
        ("New template", "2026-03-01", 422, "there already"),
        ("by ada@example.org", "2026-03-01", 422, "name nobody"),
        ("New wiki", "1 March", 400, "2026-03-01"),
    ] {
        let mut all = vec![("form", form.as_str())];
        all.extend(add(text, on));
        let refused = cleo.send("/annotations", &all);
        assert!(
            refused.status == status && refused.text.contains(words),
            "{text}: {refused:?}"
        );
    }
    all[1] = ("do", "remove");
    assert_eq!(cleo.send("/annotations", &all).status, 303);
    assert!(cleo.get("/annotations").text.contains("Nothing yet"));
    served.stop();
    let audit = home.done(&["audit", "show"]).out;
    assert!(
        audit.contains("took back the annotation of 2026-03-01"),
        "{audit}"
    );
}
