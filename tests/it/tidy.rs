//! The house rules that a compiler does not know: layers, absences, where SQL and the environment
//! are, sizes of files, registries. The table of layers is read from `src/lib.rs` itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use readback::sources::KINDS;
use regex::Regex;

use super::lexed::{Source, files, relative, sources};

/// Stated beside the table: these hold even if somebody moves a module to another layer.
const ABSENT: [(&str, &[&str]); 5] = [
    ("indicators", &["store", "engine", "sources"]),
    ("sources", &["store", "engine", "spool", "collect"]),
    ("store", &["engine", "indicators"]),
    ("pages", &["store", "jobs", "engine"]),
    ("charts", &["store", "jobs", "engine"]),
];

/// Who may ask the process for what, apart from `config`.
const PROCESS: [(&str, &str); 3] = [
    ("src/engine/supervisor.rs", "current_exe"),
    ("src/engine/install.rs", "consts"),
    ("src/cli/demo.rs", "temp_dir"),
];

/// Words that begin a statement.
const SQL: [&str; 5] = [
    "SELECT ",
    "INSERT INTO",
    "CREATE TABLE",
    "ALTER TABLE",
    "DROP TABLE",
];

const UNFINISHED: [&str; 5] = [
    "todo!",
    "unimplemented!",
    "#[ignore",
    "allow(dead_code",
    "allow(unused",
];

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// Says all that is wrong at once.
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn lib() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    std::fs::read_to_string(path).expect("src/lib.rs")
}

/// The table of `src/lib.rs`: each module's layer.
fn layers() -> BTreeMap<String, u32> {
    let row = pattern(r"^//! \| (\d+) \| (.*) \|$");
    let name = pattern(r"`(\w+)`");
    let mut layers = BTreeMap::new();
    for line in lib().lines() {
        let Some(row) = row.captures(line) else {
            continue;
        };
        let layer = row[1].parse().expect("a number");
        for name in name.captures_iter(&row[2]) {
            let before = layers.insert(name[1].to_owned(), layer);
            assert_eq!(before, None, "{} has two layers", &name[1]);
        }
    }
    layers
}

/// The module of the first level that a file belongs to.
fn module(path: &str) -> &str {
    let path = path.strip_prefix("src/").expect("a file of the program");
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Which modules of the first level a file names, by line.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let one = pattern(r"\b(?:crate|readback)::(\w+)");
    let many = pattern(r"\b(?:crate|readback)::\{([^;]*)\};");
    let first = pattern(r"(?:^|,)\s*(\w+)");
    let mut found = Vec::new();
    for code in [&source.program.code, &source.tests.code] {
        let line = |at: usize| 1 + code[..at].matches('\n').count();
        for path in one.captures_iter(code) {
            found.push((
                line(path.get(1).map_or(0, |m| m.start())),
                path[1].to_owned(),
            ));
        }
        for group in many.captures_iter(code) {
            let at = line(group.get(0).map_or(0, |m| m.start()));
            let names = first.captures_iter(&group[1]);
            found.extend(names.map(|name| (at, name[1].to_owned())));
        }
    }
    found
}

#[test]
fn every_module_has_a_layer() {
    let declared = pattern(r"(?m)^(?:pub )?mod (\w+);");
    let lib = lib();
    let mut modules: BTreeSet<String> = declared
        .captures_iter(&lib)
        .map(|found| found[1].to_owned())
        .collect();
    modules.insert("main".to_owned());
    let known: BTreeSet<String> = layers().into_keys().collect();
    assert_eq!(modules, known);
}

#[test]
fn imports_go_down() {
    let layers = layers();
    let mut problems = Vec::new();
    for source in sources("src").filter(|s| s.path != "src/lib.rs") {
        let own = module(&source.path);
        let layer = layers[own];
        for (line, other) in imports(source) {
            let Some(&below) = layers.get(&other) else {
                problems.push(format!("{}:{line}: {other} has no layer", source.path));
                continue;
            };
            // The binary's root is one file beside the library's: it names the last layer.
            let down = below < layer || own == "main";
            if other != own && !down {
                problems.push(format!(
                    "{}:{line}: {own} (layer {layer}) imports {other} (layer {below})",
                    source.path
                ));
            }
        }
    }
    none(&problems);
}

#[test]
fn no_path_climbs_out_of_its_module() {
    let climbing = pattern(r"\b(?:super::)+");
    let mut problems = Vec::new();
    for source in sources("src").filter(|s| s.path != "src/lib.rs") {
        let parts = source.path.split('/').skip(1);
        let depth = parts.filter(|part| *part != "mod.rs").count();
        // Tests at the end of a file stand one level deeper.
        for (code, depth) in [
            (&source.program.code, depth),
            (&source.tests.code, depth + 1),
        ] {
            for climb in climbing.find_iter(code) {
                let steps = climb.as_str().matches("super").count();
                if steps >= depth {
                    problems.push(format!("{}: {}", source.path, climb.as_str()));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn what_must_be_absent_is_absent() {
    let mut problems = Vec::new();
    for source in sources("src") {
        let own = module(&source.path).to_owned();
        for (_, absent) in ABSENT.iter().filter(|(name, _)| *name == own) {
            for (line, other) in imports(source) {
                if absent.contains(&other.as_str()) {
                    problems.push(format!("{}:{line}: {own} imports {other}", source.path));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn only_config_reads_the_environment() {
    let path = pattern(r"\benv::(\w+)");
    let argument = pattern(r"\barg\([^)]*\benv\b");
    let mut problems = Vec::new();
    for source in sources("src") {
        let code = &source.program.code;
        let in_config = source.path.starts_with("src/config/");
        for found in path.captures_iter(code).filter(|_| !in_config) {
            if !PROCESS.contains(&(source.path.as_str(), &found[1])) {
                problems.push(format!("{}: env::{}", source.path, &found[1]));
            }
        }
        if !in_config && argument.is_match(code) {
            problems.push(format!("{}: an argument from the environment", source.path));
        }
        if code.contains("option_env!") || code.contains("use std::env;") {
            problems.push(format!("{}: the environment", source.path));
        }
    }
    none(&problems);
}

#[test]
fn sql_lies_in_its_folder() {
    let mut problems = Vec::new();
    for source in sources("src") {
        // The engine speaks the language itself: it recognises statements.
        if source.path.starts_with("src/engine/") {
            continue;
        }
        for (line, text) in &source.program.texts {
            if let Some(word) = SQL.iter().find(|word| text.contains(**word)) {
                problems.push(format!("{}:{line}: {word}", source.path));
            }
        }
    }
    none(&problems);
}

#[test]
fn every_statement_is_used_once() {
    let included = pattern(r"sql/queries/(\w+)\.sql");
    let named = pattern(r#"statement!\(\s*"(\w+)"\s*\)"#);
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources("src") {
        for found in included
            .captures_iter(&source.text)
            .chain(named.captures_iter(&source.text))
        {
            let users = uses.entry(found[1].to_owned()).or_default();
            users.push(source.path.clone());
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut problems = Vec::new();
    for path in files(&root.join("sql/queries")) {
        let name = relative(&path);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let users = uses.remove(&*stem.unwrap_or_default()).unwrap_or_default();
        if users.len() != 1 {
            problems.push(format!("{name}: used by {users:?}"));
        }
        let text = std::fs::read_to_string(&path).expect("a statement");
        if !text.starts_with("-- ") {
            problems.push(format!("{name}: does not say what it is for"));
        }
        if text.trim_end().ends_with(';') {
            problems.push(format!("{name}: ends with a semicolon"));
        }
    }
    problems.extend(
        uses.into_keys()
            .map(|name| format!("{name}: no such statement")),
    );
    none(&problems);
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (number, path) in (1..).zip(files(&root.join("sql/migrations"))) {
        let name = relative(&path);
        assert!(
            name.starts_with(&format!("sql/migrations/{number:04}_")),
            "{name}"
        );
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut problems = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let silent = sources(folder).filter(|source| {
            let first = source.text.lines().next().unwrap_or_default();
            !first.starts_with("//! ") || first.len() < 20
        });
        problems.extend(silent.map(|source| source.path.clone()));
    }
    none(&problems);
}

#[test]
fn files_are_small() {
    let lengths: Vec<(usize, String)> = ["src", "tests", "benches"]
        .into_iter()
        .flat_map(sources)
        .map(|source| (source.text.lines().count(), source.path.clone()))
        .collect();
    let long: Vec<String> = lengths
        .iter()
        .filter(|(lines, _)| *lines > 800)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&long);
    let fine = lengths.iter().filter(|(lines, _)| *lines < 500).count();
    assert!(
        fine * 10 >= lengths.len() * 9,
        "{fine} of {}",
        lengths.len()
    );
}

#[test]
fn nothing_is_unfinished() {
    let mut problems = Vec::new();
    for source in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        for code in [&source.program.code, &source.tests.code] {
            let found = UNFINISHED.iter().filter(|word| code.contains(**word));
            problems.extend(found.map(|word| format!("{}: {word}", source.path)));
        }
    }
    none(&problems);
}

#[test]
fn a_kind_of_source_is_named_as_its_file_and_listed() {
    let mut kinds = BTreeSet::new();
    for source in sources("src/sources") {
        if !source.program.code.contains("pub static KIND: Kind") {
            continue;
        }
        let stem = source.path.trim_start_matches("src/sources/");
        let stem = stem.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        kinds.insert(stem.replace('_', "-"));
    }
    let listed: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let expected: Vec<&str> = kinds.iter().map(String::as_str).collect();
    assert_eq!(listed, expected);
}
