//! Every address of the OpenAPI document, asked by schemathesis whatever the document allows and what it does
//! not, on the real program with its engine: no address fails, and each answer is one that is told there.

use serde_json::Value;

use super::binary::Home;
use super::door_clients::python;
use super::served::Served;
use super::way::{lines, small};

const SOURCES: &str = "[[source]]\nid = \"beacon\"\nkind = \"beacon\"\norigins = [\"https://wiki.example.org\"]\n\
                       [[source]]\nid = \"hook\"\nkind = \"events\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_address_answers_as_the_document_says() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("readback.toml", SOURCES);
    let path = home.file("events.ndjson", lines(&small()).join("\n") + "\n");
    home.done(&["import", "events", &path]);
    let made = |name: &str, more: &[&str]| {
        let said = home.done(&[&["token", "add", name], more].concat());
        said.out.trim().to_owned()
    };
    let token = made("any", &[]);
    let registry = made("registry", &["--source", "registry", "--type", "writeup"]);
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz", 200);
    let first = |table: &str, name: &str| {
        let rows = served.get(&format!("/api/v1/{table}")).json();
        rows["items"][0][name].as_str().map(str::to_owned)
    };
    let writeup = first("writeups", "id").expect("a write-up");
    let (by, name) = (first("slices", "by"), first("slices", "name"));
    let (by, name) = (by.expect("a part"), name.expect("a part"));
    let arguments = [served.address(), &token, &registry, &writeup, &by, &name];
    let Some(words) = python("doors.py", &arguments).await else {
        return;
    };
    let last = words.lines().last().expect("words");
    let told: Value = serde_json::from_str(last).expect("JSON");
    let asked = told["asked"].as_object().expect("operations");
    // Each is asked, and what gives something gives it.
    let document = served.get("/openapi.json").json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, _) in item.as_object().expect("methods") {
            // The document itself is what it reads first.
            if method == "parameters" || path == "/openapi.json" {
                continue;
            }
            let line = format!("{} {path}", method.to_uppercase());
            let statuses = asked.get(&line).and_then(Value::as_object);
            let statuses = statuses.unwrap_or_else(|| panic!("{line} was not asked: {words}"));
            let gave = statuses.keys().any(|status| status.starts_with('2'));
            assert!(gave || method != "get", "{line}: {statuses:?}");
        }
    }
    assert!(!served.log().contains("panicked"), "{}", served.log());
    served.stop();
}
