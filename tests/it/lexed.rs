//! Rust source, taken apart just far enough for the tests of `tidy`: code without comments and
//! texts, the texts by themselves, and what is compiled for tests only set aside.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A source file.
pub(crate) struct Source {
    /// Its path from the package's root, with `/`.
    pub(crate) path: String,
    /// As it lies there.
    pub(crate) text: String,
    /// What is compiled into the program.
    pub(crate) program: Lexed,
    /// What is compiled for tests.
    pub(crate) tests: Lexed,
}

/// Code and texts of a piece of source; lines are kept.
#[derive(Default)]
pub(crate) struct Lexed {
    /// Code in which every comment and text is blank.
    pub(crate) code: String,
    /// Every text literal with its line.
    pub(crate) texts: Vec<(usize, String)>,
}

/// Every `.rs` file below a folder of the package, by path.
pub(crate) fn sources(folder: &str) -> impl Iterator<Item = &'static Source> {
    static ALL: OnceLock<Vec<Source>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        ["benches", "src", "tests"]
            .into_iter()
            .flat_map(read)
            .collect()
    });
    let below = format!("{folder}/");
    all.iter()
        .filter(move |source| source.path.starts_with(&below))
}

fn read(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = files(&root.join(folder));
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let texts: Vec<(String, String)> = paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("a source file");
            (relative(path), text)
        })
        .collect();
    // `#[cfg(test)] mod x;` makes a file of tests of `x.rs` or `x/mod.rs` beside it.
    let declared = regex::Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))? )?mod (\w+);");
    let declared = declared.expect("a pattern");
    let mut test_files = Vec::new();
    for (path, text) in &texts {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for found in declared.captures_iter(text) {
            test_files.push(format!("{folder}/{}.rs", &found[1]));
        }
    }
    texts
        .into_iter()
        .map(|(path, text)| {
            let all_tests = test_files.contains(&path) || !path.starts_with("src/");
            let at = match all_tests {
                true => 0,
                // By custom the tests come last.
                false => text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len()),
            };
            Source {
                program: lex(&text[..at], 1),
                tests: lex(&text[at..], 1 + text[..at].matches('\n').count()),
                path,
                text,
            }
        })
        .collect()
}

/// Every file below a folder, by path.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// A path from the package's root, with `/`.
pub(crate) fn relative(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.strip_prefix(root).expect("a file of the package");
    path.to_string_lossy().replace('\\', "/")
}

fn lex(text: &str, first_line: usize) -> Lexed {
    let mut lexed = Lexed::default();
    let mut rest = text;
    let mut line = first_line;
    while let Some(c) = rest.chars().next() {
        let length = token(rest);
        let (token, after) = rest.split_at(length);
        if token.len() == c.len_utf8() {
            lexed.code.push(c);
        } else {
            if !token.starts_with('/') && !token.starts_with('\'') {
                lexed.texts.push((line, token.to_owned()));
            }
            lexed.code.push(' ');
            lexed.code.extend(token.chars().filter(|c| *c == '\n'));
        }
        line += token.matches('\n').count();
        rest = after;
    }
    lexed
}

/// The length of the comment, text or character that begins here, else of one character of code.
fn token(rest: &str) -> usize {
    let c = rest.chars().next().map_or(0, char::len_utf8);
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |at| at + 2);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    for raw in ["r", "br"] {
        let Some(after) = rest.strip_prefix(raw) else {
            continue;
        };
        let hashes = after.len() - after.trim_start_matches('#').len();
        if after[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = raw.len() + hashes + 1;
            let found = rest[begin..].find(&end);
            return found.map_or(rest.len(), |at| begin + at + end.len());
        }
    }
    // `'a'` and `'\n'` are characters, `'a` is a lifetime.
    if let Some(after) = rest.strip_prefix('\'') {
        let mut chars = after.chars();
        let first = chars.next();
        if first == Some('\\') || chars.next() == Some('\'') {
            return quoted(rest, '\'');
        }
    }
    c
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn source_is_taken_apart() {
    let text = "use a::b; // \"no\"\nlet x = 'c'; fn f<'a>(s: &'a str) { r#\"raw \" text\"#; '\\''; \"t\\\"x\" }\n";
    let lexed = lex(text, 1);
    let texts: Vec<_> = lexed
        .texts
        .iter()
        .map(|(line, text)| (*line, &**text))
        .collect();
    assert_eq!(texts, [(2, "r#\"raw \" text\"#"), (2, "\"t\\\"x\"")]);
    assert!(
        lexed.code.contains("fn f<'a>(s: &'a str)"),
        "{}",
        lexed.code
    );
    assert!(!lexed.code.contains("no") && lexed.code.matches('\n').count() == 2);
}
