//! Events and requests that others wrote.

use serde_json::Value;

use super::http_tests::{borrowed, send, send_as};
use crate::sources::collected::skipped;

fn fixtures() -> Option<std::path::PathBuf> {
    let found = std::env::var_os("READBACK_FIXTURES");
    if found.is_none() {
        skipped("READBACK_FIXTURES is not set");
    }
    found.map(|root| std::path::Path::new(&root).join("cloudevents"))
}

#[test]
fn vectors_of_others_are_understood() {
    let Some(folder) = fixtures() else { return };
    let structured = "application/cloudevents+json";
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the folder") {
        let path = file.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        if !name.starts_with("v0") && !name.starts_with("v1") {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&path).expect(name);
        let mut event: Value = serde_json::from_str(&text).expect(name);
        let heard = send_as(structured, &text).expect(name);
        let fields = heard.entries[0].fields();
        let version = event["specversion"].as_str().expect(name).to_owned();
        let is_json = event["datacontenttype"]
            .as_str()
            .is_none_or(|given| given == "application/json");
        let mut expected = vec!["type"];
        expected.extend((!is_json).then_some("datacontenttype"));
        match &*version {
            "1.0" => assert_eq!(fields, expected, "{name}"),
            _ => assert!(fields.contains(&"specversion"), "{name}: {fields:?}"),
        }

        event["type"] = "org.readback.comment.v1".into();
        for (missing, value) in [("subject", "sub"), ("time", "2018-04-26T14:48:09+02:00")] {
            if event[missing].is_null() {
                event[missing] = value.into();
            }
        }
        let heard = send_as(structured, event.to_string()).expect(name);
        let fields = heard.entries[0].fields();
        match &*version {
            "1.0" => assert_eq!(fields, expected[1..], "{name}"),
            _ => assert!(fields.contains(&"specversion"), "{name}: {fields:?}"),
        }
    }
    assert!(seen >= 15, "{seen} vectors");
}

#[test]
fn examples_of_the_http_binding_are_understood() {
    let Some(folder) = fixtures() else { return };
    let text = std::fs::read_to_string(folder.join("features__http-protocol-binding.feature"))
        .expect("the feature");
    let mut seen = 0;
    for scenario in text.split("Scenario Outline:").skip(1) {
        let request = scenario.split("\"\"\"").nth(1).expect("a request");
        let request: Vec<&str> = request.trim().lines().map(str::trim).collect();
        let (head, body) = request.split_at(
            request
                .iter()
                .position(|line| line.is_empty())
                .expect("a body"),
        );
        let examples = scenario.split("Examples:").nth(1).expect("examples");
        let content_types = examples
            .lines()
            .map(|line| line.trim().trim_matches('|').trim());
        for content_type in content_types.filter(|text| text.contains('/')) {
            seen += 1;
            let headers: Vec<_> = head[1..]
                .iter()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| {
                    let value = value.replace("<contentType>", content_type);
                    (name.to_ascii_lowercase(), value)
                })
                .collect();
            let body = body.join("\n");
            let heard = send(&borrowed(&headers), &body).expect(content_type);
            assert_eq!(heard.entries.len(), 1, "{content_type}");
            assert_eq!(heard.entries[0].fields(), ["type"], "{content_type}");

            let ours =
                |text: &str| text.replace("com.example.someevent", "org.readback.comment.v1");
            let mut headers: Vec<_> = headers
                .into_iter()
                .map(|(name, value)| (name, ours(&value)))
                .collect();
            headers.push(("ce-subject".to_owned(), "sub".to_owned()));
            let body =
                ours(&body).replace("\"specversion\"", "\"subject\": \"sub\", \"specversion\"");
            let heard = send(&borrowed(&headers), &body).expect(content_type);
            assert_eq!(heard.signs(), "+", "{content_type}: {:?}", heard.entries);
        }
    }
    assert_eq!(seen, 4);
}
