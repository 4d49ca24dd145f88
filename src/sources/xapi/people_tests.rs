//! People: who did it, and that no message names them, whatever stands in a statement.

use proptest::prelude::*;
use serde_json::json;

use super::tests::{
    ID, NOW, PAGE, deliver, faults, forum, import, left_out, one, person, push, statement,
};
use super::*;

#[test]
fn people_have_one_identifier_each() {
    let sha1 = "CD9B00A5611F94EAA7B1661EDAB976068E364975";
    for (actor, source, kind, value) in [
        (
            json!({"mbox": "MAILTO:Ada@example.org"}),
            "",
            "email",
            "Ada@example.org".to_owned(),
        ),
        (
            json!({"mbox_sha1sum": sha1}),
            "xapi",
            "mbox_sha1sum",
            sha1.to_ascii_lowercase(),
        ),
        (
            json!({"openid": "https://id/ada"}),
            "xapi",
            "openid",
            "https://id/ada".to_owned(),
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": "ada"}, "mbox": null}),
            "xapi",
            "account",
            "https://lms::ada".to_owned(),
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": "ada@example.org"}}),
            "",
            "email",
            "ada@example.org".to_owned(),
        ),
    ] {
        let event = one(&statement("read", json!({"actor": actor})));
        let person = person(&event).expect("a person");
        assert_eq!(
            (person.source, person.kind, &person.value),
            (source, kind, &value)
        );
    }
    for (actor, field) in [
        (json!(null), "actor"),
        (json!("ada"), "actor"),
        (json!({}), "actor"),
        (
            json!({"objectType": "Robot", "mbox": "mailto:a@b"}),
            "actor.objectType",
        ),
        (
            json!({"mbox": "mailto:a@b", "openid": "https://id"}),
            "actor",
        ),
        (json!({"mbox": "ada@example.org"}), "actor.mbox"),
        (
            json!({"mbox": "mailto:mailto:ada@example.org"}),
            "actor.mbox",
        ),
        (json!({"mbox": 5}), "actor.mbox"),
        (json!({"mbox_sha1sum": "cd9b"}), "actor.mbox_sha1sum"),
        (json!({"openid": "ada"}), "actor.openid"),
        (json!({"account": "ada"}), "actor.account"),
        (
            json!({"account": {"homePage": "https://lms"}}),
            "actor.account.name",
        ),
        (
            json!({"account": {"homePage": "https://lms", "name": " "}}),
            "actor.account.name",
        ),
        (
            json!({"account": {"homePage": "lms", "name": "ada"}}),
            "actor.account.homePage",
        ),
        (
            json!({"account": {"name": "ada"}}),
            "actor.account.homePage",
        ),
        (json!({"objectType": "Group"}), "actor.member"),
        (json!({"objectType": "Group", "member": []}), "actor.member"),
        (json!({"objectType": "Group", "member": {}}), "actor.member"),
        (
            json!({"objectType": "Group", "member": [5]}),
            "actor.member[0]",
        ),
        (
            json!({"objectType": "Group", "member": [{"mbox": "x"}]}),
            "actor.member[0].mbox",
        ),
        (
            json!({"objectType": "Group", "member": [{"objectType": "Group"}]}),
            "actor.member[0].objectType",
        ),
    ] {
        let value = statement("read", json!({"actor": actor}));
        assert_eq!(faults(&value), [field], "{actor}");
    }
}

#[test]
fn each_member_of_a_group_is_one_event() {
    let group = json!({"objectType": "Group", "name": "Them", "member": [
        {"mbox": "mailto:ada@example.org"},
        {"mbox": "mailto:ADA@example.org"},
        {"account": {"homePage": "https://lms", "name": "bob"}},
    ]});
    let heard = deliver(&statement("attended", json!({"actor": group})));
    let ids: Vec<_> = heard.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, [format!("{ID}#1"), format!("{ID}#2")]);

    let unnamed = json!({"objectType": "Group", "mbox": "mailto:team@example.org"});
    let value = statement("attended", json!({"actor": unnamed}));
    assert_eq!(left_out(&value), "group without its members");
    let event = one(&statement("commented", json!({"actor": unnamed})));
    assert_eq!((&*event.id, person(&event)), (ID, None));

    // One comment of a forum is one, whoever wrote it.
    let mut posted = forum("posted", "2025-03-04T14:00:00Z", json!({}));
    posted["actor"] = json!({"objectType": "Group", "member": [
        {"mbox": "mailto:ada@example.org"}, {"mbox": "mailto:bob@example.org"},
    ]});
    assert_eq!(person(&one(&posted)), None);
}

/// Any JSON, out of the names that matter.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "Agent",
        "Group",
        "SubStatement",
        "StatementRef",
        "Activity",
        "mailto:a@b",
        ID,
        PAGE,
        "PT5S",
        "https://x/read",
        "https://x/attended",
        "https://x/posted",
        "https://x/discussion",
        "é",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "actor",
        "verb",
        "object",
        "objectType",
        "mbox",
        "account",
        "name",
        "homePage",
        "member",
        "context",
        "contextActivities",
        "parent",
        "grouping",
        "result",
        "duration",
        "statements",
        "definition",
        "type",
        "timestamp",
        "registration",
        "extensions",
        "x/session-id",
        "statement",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| {
                Value::Object(
                    fields
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

fn no_panic(bytes: &[u8]) {
    if let Ok(heard) = import(bytes) {
        assert_eq!(heard.problems.is_empty(), heard.rejected == 0);
    }
    let heard = push(&[], bytes)
        .map(|heard| heard.events.len())
        .unwrap_or_default();
    assert!(heard == 0 || !ids(bytes, NOW).is_empty());
    let _any_result_but_a_panic = with_id(bytes, ID).is_ok();
}

/// Names somebody, wherever it stands.
const MARKERS: [&str; 4] = [
    "zyxada",
    "mailto:zyxada@example.org",
    "zyxada@example.org",
    "mailto:zyxada at example",
];

/// Puts a text in place of the `nth` value, counted in depth.
fn replace(value: &mut Value, nth: &mut usize, text: &str) {
    if *nth == 0 {
        *value = Value::from(text);
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, nth, text)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|inner| replace(inner, nth, text)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        no_panic(&bytes);
    }

    #[test]
    fn values_never_panic(value in anything()) {
        no_panic(value.to_string().as_bytes());
        let mut whole = statement("read", json!({}));
        if let Value::Object(fields) = &value {
            for (key, value) in fields {
                whole[key] = value.clone();
            }
        }
        no_panic(whole.to_string().as_bytes());
    }

    /// Whatever field a name stands in, no problem, note or reason repeats it.
    #[test]
    fn nobody_is_named(
        nth in 0_usize..60,
        marker in prop::sample::select(&MARKERS[..]),
        verb in prop::sample::select(&["read", "attended", "commented", "posted", "deleted"][..]),
    ) {
        let mut value = statement(verb, json!({
            "actor": {"objectType": "Group", "name": marker, "member": [
                {"name": marker, "account": {"homePage": "https://lms", "name": marker}},
                {"name": marker, "mbox": "mailto:zyxada@example.org"},
            ]},
            "object": {"id": PAGE, "definition": {"type": "https://x/discussion"}},
            "result": {"duration": "PT1S", "response": marker},
            "stored": "2025-03-04T14:00:00Z",
            "context": {
                "registration": ID,
                "statement": {"id": ID},
                "extensions": {"https://x/session-id": "s"},
                "contextActivities": {"parent": [{"id": PAGE}], "grouping": [{"id": PAGE}]},
                "instructor": {"name": marker, "mbox": marker},
            },
        }));
        replace(&mut value, &mut nth.clone(), marker);
        let heard = deliver(&value);
        for problem in &heard.problems {
            prop_assert!(!problem.to_string().contains("zyxada"), "{problem}");
        }
        prop_assert!(heard.notes.is_empty());
        let error = with_id(value.to_string().as_bytes(), marker).expect_err("no UUID");
        prop_assert!(!error.to_string().contains("zyxada"));
    }
}
