//! What `.deploy/` starts is a command that there is, with a configuration that is understood.

use std::path::{Path, PathBuf};

use readback::config::{self, Environment, Flags};
use yaml_rust2::{Yaml, YamlLoader};

use super::binary::Home;

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(".deploy")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(place(name)).expect(name)
}

#[test]
fn the_configuration_of_the_containers_is_understood() {
    let documents = YamlLoader::load_from_str(&text("compose.yaml")).expect("YAML");
    let services = &documents[0]["services"];
    let password = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(password.path(), "secret").expect("a file");
    let password = password.path().to_str().expect("a path");
    let example = place("readback.toml.example");
    let variables = services["readback"]["environment"]
        .as_hash()
        .expect("variables");
    let text = |value: &Yaml| value.as_str().expect("a text").to_owned();
    let mut variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    for (name, value) in &mut variables {
        match name.as_str() {
            "READBACK_CONFIG" => *value = example.to_string_lossy().into_owned(),
            "READBACK_ENGINE_PASSWORD_FILE" => password.clone_into(value),
            _ => {}
        }
    }
    let environment = Environment::of(variables.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    let config = config::load(&Flags::default(), &environment);
    let config = config.unwrap_or_else(|problems| panic!("{problems}"));
    assert!(matches!(
        config.engine.mode,
        config::EngineMode::Remote { .. }
    ));
    // Both sides of the server are given the same account.
    let server = &services["clickhouse"]["environment"];
    let of = |name: &str| {
        variables
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    assert_eq!(
        server["CLICKHOUSE_USER"].as_str(),
        of("READBACK_ENGINE_USER")
    );
    assert_eq!(
        server["CLICKHOUSE_DB"].as_str(),
        Some(config.engine.database.as_str())
    );
}

#[test]
fn image_and_unit_start_what_there_is() {
    let container = text("Containerfile");
    for line in container.lines().filter(|line| line.starts_with("COPY ")) {
        let copied = line.split_whitespace().skip(1);
        let copied: Vec<&str> = copied.filter(|word| !word.starts_with("--from")).collect();
        for name in copied
            .iter()
            .rev()
            .skip(1)
            .filter(|name| !name.starts_with('/'))
        {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            assert!(path.exists(), "{line}");
        }
    }
    let command = container.lines().find_map(|line| line.strip_prefix("CMD "));
    let command: Vec<String> = serde_json::from_str(command.expect("a command")).expect("a list");
    let unit = text("readback.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.expect("a command").split_whitespace().skip(1);
    let start: Vec<String> = start.map(str::to_owned).collect();
    let home = Home::new();
    for words in [command, start] {
        // The help of a command is told only where all of the words before it are understood.
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let said = home.done(&words);
        assert!(
            said.out.contains("Usage: readback serve"),
            "{words:?}: {}",
            said.out
        );
    }
}
