//! Every kind of source on inputs of its own: `tests/fixtures/sources/KIND/CASE/` holds
//! `source.toml` (the parameters, and under `setting` what the house knows), `input.*` or
//! `delivery.json`, and `expected.jsonl`: all that has to come out, in order. `UPDATE=1` writes
//! the expectations anew; look at the difference before you keep it.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use readback::sources::{self, Delivery, KINDS, Kind, KnownWriteup, Setting};
use serde::Deserialize;
use sha2::Sha256;

use super::shown::Shown;

/// When deliveries arrive: 2033-05-18T03:33:20Z.
const NOW: i64 = 2_000_000_000_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct House {
    timezone: Option<String>,
    #[serde(default)]
    writeups: Vec<Known>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    id: String,
    title: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).expect("a folder");
    let mut folders: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

#[test]
fn every_case_gives_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut problems = Vec::new();
    for kind in folders(&root) {
        let name = name_of(&kind).replace('_', "-");
        let known = sources::find(&name).unwrap_or_else(|| panic!("{name} is no kind"));
        for case in folders(&kind) {
            let shown = run(known, &case).text();
            assert_eq!(
                shown,
                run(known, &case).text(),
                "{}: not stable",
                case.display()
            );
            let path = case.join("expected.jsonl");
            if update {
                std::fs::write(&path, &shown).expect("an expectation");
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            if shown != expected {
                problems.push(format!(
                    "{}:\n{}",
                    path.display(),
                    difference(&expected, &shown)
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Every kind that reads files or deliveries has cases.
#[test]
fn no_kind_is_without_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    for kind in KINDS
        .iter()
        .filter(|kind| kind.file.is_some() || kind.push.is_some())
    {
        let folder = root.join(kind.name.replace('-', "_"));
        assert!(folder.is_dir(), "{} has no cases", kind.name);
    }
}

fn run(kind: &Kind, case: &Path) -> Shown {
    let text = std::fs::read_to_string(case.join("source.toml")).expect("source.toml");
    let mut params: toml::Table = text.parse().expect("TOML");
    if let Some(named) = params.remove("kind") {
        assert_eq!(named.as_str(), Some(kind.name), "{}", case.display());
    }
    let house: House = match params.remove("setting") {
        Some(setting) => setting.try_into().expect("a setting"),
        None => House::default(),
    };
    let setting = Setting {
        source: kind.name.to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: house
            .timezone
            .map_or(chrono_tz::UTC, |name| name.parse().expect("a zone")),
        writeups: house.writeups.into_iter().map(known).collect(),
    };
    let mut shown = Shown::default();
    let delivery = case.join("delivery.json");
    let done = if delivery.is_file() {
        let secret = params.get("secret").and_then(toml::Value::as_str);
        let (headers, body) = delivered(&delivery, secret);
        let push = kind.push.expect("the kind takes deliveries");
        let receiver = push(params.clone(), &setting).expect("parameters");
        let (headers, body, now) = (&headers[..], &body[..], NOW);
        receiver.receive(&Delivery { headers, body, now }, &mut shown)
    } else {
        let input = input(case);
        let file = kind.file.expect("the kind reads files");
        let mut reader = file(params, &setting).expect("parameters");
        let opened = std::fs::File::open(&input).expect("an input");
        // Small pieces: no reader may count on seeing a line at once.
        let mut pieces = BufReader::with_capacity(61, opened);
        reader.read(&name_of(&input), &mut pieces, &mut shown)
    };
    if let Err(error) = done {
        shown
            .lines
            .push(serde_json::json!({ "error": error.to_string() }));
    }
    shown
}

fn known(writeup: Known) -> KnownWriteup {
    KnownWriteup {
        id: writeup.id,
        title: writeup.title,
        aliases: writeup.aliases,
    }
}

fn input(case: &Path) -> PathBuf {
    let entries = std::fs::read_dir(case).expect("a folder");
    let mut inputs = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| name_of(path).starts_with("input."));
    let first = inputs.next();
    assert!(
        inputs.next().is_none(),
        "{}: several inputs",
        case.display()
    );
    first.unwrap_or_else(|| panic!("{}: no input", case.display()))
}

/// Headers and body of a delivery, signed where the source has a secret.
fn delivered(path: &Path, secret: Option<&str>) -> (Vec<(String, String)>, Vec<u8>) {
    let text = std::fs::read(path).expect("a delivery");
    let delivery: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let headers = delivery["headers"].as_object().expect("headers");
    let mut headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("a header").to_owned()))
        .collect();
    let body = serde_json::to_vec(&delivery["body"]).expect("JSON");
    let signed = headers
        .iter()
        .any(|(name, _)| name == "x-hub-signature-256");
    if let (Some(secret), false) = (secret, signed) {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(&body);
        let digest = mac.finalize().into_bytes();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        headers.push(("x-hub-signature-256".to_owned(), format!("sha256={hex}")));
    }
    (headers, body)
}

fn difference(expected: &str, shown: &str) -> String {
    let (expected, shown): (Vec<_>, Vec<_>) = (expected.lines().collect(), shown.lines().collect());
    let mut words = Vec::new();
    for at in 0..expected.len().max(shown.len()) {
        let (old, new) = (expected.get(at), shown.get(at));
        if old != new {
            let line = |line: Option<&&str>| line.map_or("(nothing)", |line| *line).to_owned();
            words.push(format!(
                "  {}: expected {}\n      found {}",
                at + 1,
                line(old),
                line(new)
            ));
        }
        if words.len() == 8 {
            break;
        }
    }
    words.join("\n")
}

/// The sample of every kind is TOML that the kind itself takes.
#[test]
fn every_sample_is_valid() {
    for kind in KINDS {
        let mut file: toml::Table = kind.sample.parse().expect("TOML");
        let Some(toml::Value::Array(mut list)) = file.remove("source") else {
            panic!("{}: the sample has no [[source]]", kind.name);
        };
        assert!(file.is_empty() && list.len() == 1, "{}", kind.name);
        let Some(toml::Value::Table(mut params)) = list.pop() else {
            panic!("{}: [[source]] is no table", kind.name);
        };
        assert!(
            params.remove("id").is_some_and(|id| id.is_str()),
            "{}",
            kind.name
        );
        let named = params.remove("kind").expect("a kind");
        assert_eq!(named.as_str(), Some(kind.name));
        assert!(
            !kind.summary.is_empty() && kind.documentation.len() > 100,
            "{}",
            kind.name
        );
        // Samples name files of secrets; those are read when the source is built.
        let folder = tempfile::tempdir().expect("a folder");
        for (name, value) in &mut params {
            if name.ends_with("_file") {
                let path = folder.path().join(name);
                // A key is more than a word.
                let words = match name.as_str() {
                    "key_file" => {
                        r#"{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c"}"#
                    }
                    _ => "only for:tests",
                };
                std::fs::write(&path, words).expect("a file");
                *value = path.display().to_string().into();
            }
        }
        let setting = Setting {
            source: "sample".to_owned(),
            vocabulary: readback::model::Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let told = |error: sources::SourceError| panic!("{}: {error}", kind.name);
        let mut abilities = 0;
        if let Some(build) = kind.file {
            build(params.clone(), &setting)
                .map(drop)
                .unwrap_or_else(told);
            abilities += 1;
        }
        if let Some(build) = kind.pull {
            build(params.clone(), &setting)
                .map(drop)
                .unwrap_or_else(told);
            abilities += 1;
        }
        if let Some(build) = kind.push {
            build(params.clone(), &setting)
                .map(drop)
                .unwrap_or_else(told);
            abilities += 1;
        }
        assert!(abilities > 0, "{} can do nothing", kind.name);
        params.insert("no_such_key".to_owned(), 1.into());
        let refused = match (kind.file, kind.pull) {
            (Some(build), _) => build(params, &setting).err(),
            (None, Some(build)) => build(params, &setting).err(),
            (None, None) => continue,
        };
        let refused = refused.map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("no_such_key"), "{}: {refused}", kind.name);
    }
}
