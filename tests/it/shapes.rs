//! Every shape of JSON has a schema: what commands and addresses really answer fits it, and what was published
//! under a version is still there, under it or under a later one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use readback::jobs::explain::explanation;
use readback::sources::events;
use readback::summary::{schema, shapes};
use serde_json::{Map, Value, json};

use super::binary::Home;
use super::doorway::{open, read};
use super::way::event;

/// What a value has that its schema does not allow, or lacks that it wants.
fn faults(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_one = |one: &Value| one == kind || (one == "number" && kind == "integer");
    let fits = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is_one),
        one => is_one(one),
    };
    if !fits {
        found.push(format!("{place}: is {kind}, not {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is none of {words:?}"));
    }
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                faults(&schema["items"], item, &format!("{place}[{at}]"), found);
            }
        }
        Value::Object(fields) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                if !fields.contains_key(name.as_str().expect("a name")) {
                    found.push(format!("{place}: {name} is missing"));
                }
            }
            for (name, field) in fields {
                let place = format!("{place}.{name}");
                match (
                    schema["properties"].get(name),
                    &schema["additionalProperties"],
                ) {
                    (Some(own), _) => faults(own, field, &place, found),
                    (None, Value::Bool(false)) => {
                        found.push(format!("{place}: is not in the schema"))
                    }
                    (None, other) => faults(other, field, &place, found),
                }
            }
        }
        _ => {}
    }
}

fn fits(name: &str, value: &Value) {
    let all = shapes::all().expect("schemas");
    let schema = all.iter().find(|(known, _)| known == name);
    let (_, schema) = schema.unwrap_or_else(|| panic!("{name} has no schema"));
    let mut found = Vec::new();
    faults(schema, value, name, &mut found);
    assert_eq!(
        found, [""; 0],
        "{name} has another shape than src/summary/shapes/{name}.json says: add what is new there, and for \
         anything else make a new version\n{value:#}"
    );
}

/// The same by a validator that others wrote, all at once; a loud word where there is none.
pub(crate) fn validated(told: &[(String, Value)]) {
    for (name, value) in told {
        // Of two shapes the schema is made from the code: their references are the validator's.
        if !matches!(name.as_str(), "summary.v1" | "explanation.v1") {
            fits(name, value);
        }
    }
    let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
        let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    };
    let out = schemas().into_iter().filter(|(_, (_, is_input))| !is_input);
    let out: Map<String, Value> = out.map(|(name, (schema, _))| (name, schema)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("told.json");
    let all = json!({ "schemas": out, "told": told });
    std::fs::write(&file, all.to_string()).expect("a file");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/shapes.py");
    let done = Command::new(python).arg(script).arg(&file).output();
    let done = done.expect("the validator runs");
    let words = String::from_utf8_lossy(&done.stdout);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words}{errors}");
}

const LINES: [(&str, &str, &str); 9] = [
    (
        "writeup",
        "INC-1",
        r#"{"id":"INC-1","title":"Disk full","aliases":["d1"],"published_at":"2026-02-01T00:00:00Z","contributors":["ada@example.org"]}"#,
    ),
    (
        "read",
        "INC-1",
        r#"{"person":"bob@example.org","engaged_s":30}"#,
    ),
    (
        "read",
        "https://wiki.example.org/unknown",
        r#"{"person":"bob@example.org"}"#,
    ),
    (
        "attendance",
        "INC-1",
        r#"{"meeting":"m1","person":"bob@example.org","present_s":3000,"meeting_s":3600}"#,
    ),
    (
        "meeting",
        "INC-1",
        r#"{"meeting":"m1","accounts":3,"watched":4,"open":true}"#,
    ),
    (
        "link",
        "INC-1",
        r#"{"person":"bob@example.org","place":"commit","source":"git:x@1"}"#,
    ),
    (
        "link",
        "INC-1",
        r#"{"person":"bob@example.org","place":"code","source":"git:x@3","role":"index"}"#,
    ),
    (
        "link",
        "https://wiki.example.org/nowhere",
        r#"{"person":"bob@example.org","place":"code","source":"git:x@2"}"#,
    ),
    ("story", "INC-1", r#"{"round":"2026-H1","count":7}"#),
];

const PLAN: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:p1\r\nDTSTART:20260309T140000Z\r\n\
    ATTENDEE;CUTYPE=ROOM:mailto:room@example.org\r\nATTENDEE:mailto:bob@example.org\r\nSUMMARY:INC-1\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

/// Everything that a command prints with `--json`, in a house where each has something to print.
#[test]
fn what_commands_print_fits_its_schema() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[retention]\nread_days = 30\n[[source]]\nid = \"plan\"\nkind = \"icalendar\"\n",
    );
    let lines = LINES.iter().enumerate().map(|(at, (kind, subject, data))| {
        let data = serde_json::from_str(data).expect("JSON");
        event(kind, &at.to_string(), subject, "2026-03-02T14:00:00Z", data)
    });
    let lines: Vec<String> = lines.chain(["{}".to_owned()]).collect();
    home.file("events.ndjson", lines.join("\n"));
    home.file("plan.ics", PLAN);
    home.file("draft.md", "# Disk full\nThe KV was full.\n");
    home.file(
        "people.csv",
        "email,team\nada@example.org,web\nbob@example.org,ops\nnobody\n",
    );
    let mut all_told: Vec<(String, Value)> = Vec::new();
    let mut told = |name: &str, arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--json"]).collect();
        let said = home.run(&arguments);
        let value = serde_json::from_str(&said.out);
        let value = value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said.err));
        all_told.push((format!("{name}.v1"), value));
    };
    told("import", "import events events.ndjson");
    told("import", "import icalendar plan.ics");
    told("import", "scan plan");
    home.done(&["annotate", "add", "2026-03-01", "New template"]);
    home.done(&["token", "add", "collector"]);
    let assign = "writeups assign INC-1 --team web --from 2026-03-01 --to 2026-04-01";
    home.done(&assign.split(' ').collect::<Vec<_>>());
    home.done(&["privacy", "agree", "--by", "works council"]);
    for (name, arguments) in [
        ("roster", "people import people.csv"),
        ("imports", "undo"),
        ("meetings", "meetings list"),
        ("stories", "stories list"),
        ("annotations", "annotate list"),
        ("tokens", "token list"),
        ("accounts", "access list"),
        ("audit", "audit show"),
        ("dead", "dead list"),
        ("retained", "retain --dry-run"),
        ("purged", "purge test --dry-run"),
        ("writeups", "writeups list"),
        ("writeup", "writeups show INC-1"),
        ("targets", "writeups list --unregistered"),
        ("assignments", "writeups assignments INC-1"),
        ("people", "people list"),
        ("alike", "people suggest --roster people.csv"),
        ("links", "links"),
        ("links-uncounted", "links --uncounted"),
        ("links-gone", "links --gone"),
        ("preview", "preview draft.md"),
        ("reads", "reads"),
        ("reads", "reads --writeup INC-1"),
        ("sources", "list sources"),
        ("source", "list sources zoom"),
        ("indicators", "list indicators"),
        ("indicator", "list indicators L3"),
        ("check", "check --offline"),
        ("engine", "engine status"),
        ("privacy", "privacy"),
        ("privacy-log", "privacy log"),
        ("privacy-proved", "privacy prove"),
        ("forgotten", "forget ada@example.org --dry-run"),
        (
            "explanation",
            "explain L4 --writeup INC-1 --as-of 2026-06-01",
        ),
    ] {
        told(name, arguments);
    }
    let young = home.done(&[
        "explain",
        "L3",
        "--writeup",
        "INC-1",
        "--as-of",
        "2026-06-01",
    ]);
    assert!(
        young.out.contains("INC-1 is in no sum of L3"),
        "{}",
        young.out
    );
    home.done(&["report", "--out", "rep", "--as-of", "2026-06-01"]);
    home.done(&[
        "report",
        "--out",
        "later",
        "--since",
        "rep",
        "--as-of",
        "2026-06-02",
    ]);
    let text = std::fs::read_to_string(home.path("later/restatements.json")).expect("a file");
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    all_told.push(("restatements.v1".to_owned(), parsed(&text)));
    let text = std::fs::read_to_string(home.path("later/summary.json")).expect("a file");
    let summary = parsed(&text);
    for indicator in readback::indicators::ALL {
        let told = explanation(&summary, indicator.spec().code, None).expect("an explanation");
        let told = serde_json::to_value(told).expect("JSON");
        all_told.push(("explanation.v1".to_owned(), told));
    }
    all_told.push(("summary.v1".to_owned(), summary));
    // The schema that lies beside a summary is the one that it is checked by here.
    let text = std::fs::read_to_string(home.path("later/summary.schema.json")).expect("a file");
    assert_eq!(parsed(&text), schema::summary());
    validated(&all_told);
    let stem = |name: &String| name.rsplit_once(".v").expect("a version").0.to_owned();
    let mut seen: BTreeSet<String> = all_told.iter().map(|(name, _)| stem(name)).collect();
    // The others are what addresses answer, below, and what chance makes (`noised`).
    let of_addresses = [
        "noised",
        "problem",
        "ready",
        "ready-part",
        "received",
        "targets-listed",
        "writeups-listed",
    ];
    seen.extend(of_addresses.map(str::to_owned));
    let out = schemas().into_iter().filter(|(_, (_, is_input))| !is_input);
    let known: BTreeSet<String> = out.map(|(name, _)| stem(&name)).collect();
    assert_eq!(seen, known);
}

#[tokio::test]
async fn what_addresses_answer_fits_its_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(
        folder.path(),
        "[[source]]\nid = \"beacon\"\nkind = \"events\"\n",
        1 << 20,
    );
    let token = door.token(&[], &[]);
    let batch = "application/cloudevents-batch+json";
    let mixed = json!([read("1", "INC-1"), { "id": 7 }]);
    let taken = door.events(&token, batch, mixed.to_string()).await;
    assert_eq!(taken.status, 202);
    let mut told = vec![("received.v1".to_owned(), taken.json())];
    let refused = door
        .events(&token, batch, json!([{ "id": 7 }]).to_string())
        .await;
    told.push(("problem.v1".to_owned(), refused.json()));
    for (name, path) in [
        ("problem.v1", "/v1/schemas/nothing"),
        ("problem.v1", "/v1/writeups"),
        ("ready.v1", "/readyz"),
        ("ready-part.v1", "/readyz/engine"),
    ] {
        let said = door.send(&format!("GET {path}"), &[], "").await;
        told.push((name.to_owned(), said.json()));
    }
    validated(&told);
    // Every one is served under its name.
    let list = door.send("GET /v1/schemas", &[], "").await.json();
    let names = list["schemas"].as_array().expect("a list").iter();
    let names: BTreeSet<&str> = names.filter_map(|one| one["name"].as_str()).collect();
    for (name, _) in shapes::all().expect("schemas") {
        assert!(names.contains(name.as_str()), "{name}");
    }
    assert!(names.contains("summary.v1") && names.contains("explanation.v1"));
}

/// The schemas that there are, and whether they are of what comes in.
fn schemas() -> BTreeMap<String, (Value, bool)> {
    let events = events::schemas().into_iter();
    let events = events.map(|(name, schema)| (name, (schema.to_value(), true)));
    let out = [
        (
            "explanation.v1".to_owned(),
            readback::jobs::explain::schema(),
        ),
        ("noised.v1".to_owned(), readback::jobs::noised::schema()),
        ("summary.v1".to_owned(), schema::summary()),
    ];
    let out = out.into_iter().chain(shapes::all().expect("schemas"));
    events
        .chain(out.map(|(name, schema)| (name, (schema, false))))
        .collect()
}

/// What breaks whoever relied on a schema as it was: of what goes out a field that is gone or may be missing
/// now, another type; of what comes in a field that is refused or wanted now.
fn broken(old: &Value, new: &Value, is_input: bool, place: &str, found: &mut Vec<String>) {
    const WORDS: [&str; 8] = [
        "title",
        "description",
        "$id",
        "$schema",
        "required",
        "properties",
        "type",
        "$defs",
    ];
    let (Value::Object(was), Value::Object(is)) = (old, new) else {
        if old != new {
            found.push(format!("{place}: was {old}, is {new}"));
        }
        return;
    };
    let set = |schema: &Map<String, Value>, name: &str| -> BTreeSet<String> {
        match schema.get(name) {
            Some(Value::Array(all)) => all.iter().map(Value::to_string).collect(),
            Some(one) => [one.to_string()].into(),
            None => BTreeSet::new(),
        }
    };
    // Of what goes out more may be promised, of what comes in less may be asked for.
    let (least, most) = match is_input {
        true => (is, was),
        false => (was, is),
    };
    if !set(least, "required").is_subset(&set(most, "required")) {
        found.push(format!("{place}: other fields are required"));
    }
    if !set(most, "type").is_subset(&set(least, "type")) {
        found.push(format!("{place}: another type"));
    }
    for part in ["properties", "$defs"] {
        let Some(Value::Object(fields)) = was.get(part) else {
            continue;
        };
        for (name, field) in fields {
            let place = format!("{place}.{name}");
            match is.get(part).and_then(|fields| fields.get(name)) {
                Some(now) => broken(field, now, is_input, &place, found),
                None => found.push(format!("{place}: is gone")),
            }
        }
    }
    let others = was.keys().chain(is.keys());
    let others: BTreeSet<&String> = others
        .filter(|name| !WORDS.contains(&name.as_str()))
        .collect();
    for name in others {
        let side = |schema: &Map<String, Value>| schema.get(name).cloned().unwrap_or_default();
        broken(
            &side(was),
            &side(is),
            is_input,
            &format!("{place} {name}"),
            found,
        );
    }
}

/// Kept in `tests/fixtures/schemas`: what was published under each version. To keep a new shape, or what was
/// added to one, run this test with READBACK_KEEP_SCHEMAS=1; it keeps nothing that breaks what was kept.
#[test]
fn no_shape_changes_without_a_version() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schemas");
    let keeps = std::env::var_os("READBACK_KEEP_SCHEMAS").is_some();
    let all = schemas();
    let mut kept = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).expect("the folder of kept schemas") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("a file");
        let old: Value = serde_json::from_str(&text).expect("JSON");
        kept.insert(name.clone());
        let Some((new, is_input)) = all.get(&name) else {
            // A version may end once there is a later one.
            let (stem, version) = name.rsplit_once(".v").expect("a version");
            let version: u32 = version.parse().expect("a number");
            let is_later = |known: &String| {
                let later = known
                    .strip_prefix(stem)
                    .and_then(|rest| rest.strip_prefix(".v"));
                later.is_some_and(|later| later.parse::<u32>().is_ok_and(|later| later > version))
            };
            assert!(
                all.keys().any(is_later),
                "{name} is gone, and no later version is there"
            );
            continue;
        };
        let mut found = Vec::new();
        broken(&old, new, *is_input, &name, &mut found);
        assert_eq!(
            found, [""; 0],
            "{name} breaks whoever relies on it: give the shape a new version"
        );
        if keeps && old != *new {
            std::fs::write(&path, format!("{new:#}\n")).expect("a file");
        } else {
            assert_eq!(
                &old, new,
                "{name} has more than is kept: run with READBACK_KEEP_SCHEMAS=1"
            );
        }
    }
    for (name, (schema, _)) in &all {
        if keeps && !kept.contains(name) {
            let path = folder.join(format!("{name}.json"));
            std::fs::write(path, format!("{schema:#}\n")).expect("a file");
        } else {
            assert!(
                kept.contains(name),
                "{name} is not kept: run with READBACK_KEEP_SCHEMAS=1"
            );
        }
    }
}

#[test]
fn what_breaks_a_schema_is_seen() {
    let old = json!({ "type": "object", "required": ["a"], "properties": {
        "a": { "type": "string", "description": "x" }, "b": { "type": ["integer", "null"] } } });
    let breaks = |new: Value, is_input| {
        let mut found = Vec::new();
        broken(&old, &new, is_input, "it", &mut found);
        !found.is_empty()
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        new
    };
    let added = with(&|new| new["properties"]["c"] = json!({ "type": "string" }));
    let said = with(&|new| new["properties"]["a"]["description"] = json!("y"));
    let gone = with(&|new| {
        new["properties"]
            .as_object_mut()
            .expect("fields")
            .remove("b");
    });
    let wanted = with(&|new| new["required"] = json!(["a", "b"]));
    let unwanted = with(&|new| new["required"] = json!([]));
    let typed = with(&|new| new["properties"]["a"]["type"] = json!("integer"));
    let narrowed = with(&|new| new["properties"]["b"]["type"] = json!("integer"));
    for (new, out, input) in [
        (added, false, false),
        (said, false, false),
        (gone, true, true),
        (wanted, false, true),
        (unwanted, true, false),
        (typed, true, true),
        (narrowed, false, true),
    ] {
        assert_eq!(
            (breaks(new.clone(), false), breaks(new.clone(), true)),
            (out, input),
            "{new}"
        );
    }
}
