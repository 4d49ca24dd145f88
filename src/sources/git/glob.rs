//! Globs over paths of a repository.

use gix::bstr::ByteSlice;
use gix::glob::wildmatch::Mode;

/// `{a,b}` several times in one glob makes no more globs than this.
const MAX_EXPANDED: usize = 256;

/// Globs. One without a slash is matched with the file's name alone; letter case does not matter.
#[derive(Clone, Debug)]
pub(super) struct Globs(Vec<Glob>);

#[derive(Clone, Debug)]
struct Glob {
    written: String,
    /// Without braces.
    patterns: Vec<String>,
    /// Over names alone.
    name_only: bool,
}

impl Globs {
    /// The given globs.
    pub(super) fn new(written: Vec<String>) -> Globs {
        Globs(written.into_iter().map(Glob::new).collect())
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them fits.
    pub(super) fn fit(&self, path: &str) -> bool {
        self.0.iter().any(|glob| glob.fits(path))
    }

    /// Those that fit none of these paths, as written.
    pub(super) fn idle<'a>(
        &'a self,
        paths: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = &'a str> {
        let idle = move |glob: &&Glob| !paths.clone().any(|path| glob.fits(path));
        self.0.iter().filter(idle).map(|glob| glob.written.as_str())
    }
}

impl Glob {
    fn new(written: String) -> Glob {
        // Paths begin at the root of the repository anyway.
        let rooted = written.strip_prefix("./").unwrap_or(&written);
        let pattern = rooted.trim_start_matches('/');
        Glob {
            name_only: !written.contains('/'),
            patterns: expand(pattern),
            written,
        }
    }

    fn fits(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let value = if self.name_only { name } else { path };
        self.patterns.iter().any(|pattern| {
            gix::glob::wildmatch(
                pattern.as_bytes().as_bstr(),
                value.as_bytes().as_bstr(),
                Mode::NO_MATCH_SLASH_LITERAL | Mode::IGNORE_CASE,
            )
        })
    }
}

/// Why a glob can fit nothing, if it cannot.
pub(super) fn wrong(glob: &str) -> Option<&'static str> {
    let (mut braces, mut class) = (0i32, false);
    let mut characters = glob.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '[' => class = true,
            ']' => class = false,
            '{' if !class => braces += 1,
            '}' if !class => braces -= 1,
            _ => {}
        }
        if braces < 0 {
            return Some("closes a brace that is not open");
        }
    }
    if glob.trim_matches(['.', '/', ' ']).is_empty() {
        Some("names no file")
    } else if class {
        Some("has a [ without ]")
    } else if braces > 0 {
        Some("has a { without }")
    } else {
        None
    }
}

/// `*.{md,rst}` as `*.md` and `*.rst`.
fn expand(glob: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![glob.to_owned()];
    while let Some(glob) = open.pop() {
        match split(&glob) {
            Some((before, choices, after)) if done.len() + open.len() < MAX_EXPANDED => {
                let choices = choices.iter().rev();
                open.extend(choices.map(|choice| format!("{before}{choice}{after}")));
            }
            _ => done.push(glob),
        }
    }
    done
}

/// What stands before the first brace, its choices, and what follows it.
fn split(glob: &str) -> Option<(&str, Vec<&str>, &str)> {
    let start = glob.find('{')?;
    let (mut depth, mut from) = (0, start + 1);
    let mut choices = Vec::new();
    for (at, character) in glob.char_indices().skip_while(|(at, _)| *at < start) {
        match character {
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(&glob[from..at]);
                from = at + 1;
            }
            '}' if depth == 1 => {
                choices.push(&glob[from..at]);
                return Some((&glob[..start], choices, &glob[at + 1..]));
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_as_people_write_them() {
        for (glob, path, fits) in [
            ("pm/*.md", "pm/1.md", true),
            ("./pm/*.md", "pm/1.md", true),
            ("/pm/*.md", "pm/1.md", true),
            ("PM/*.MD", "pm/1.md", true),
            ("*.md", "pm/1.md", true),
            ("./*.md", "pm/1.md", false),
            ("/*.md", "1.md", true),
            ("**/*.md", "1.md", true),
            ("pm/**", "pm/a/1.md", true),
            ("pm/*.md", "pm/a/1.md", false),
            ("*.{md,rst}", "pm/1.rst", true),
            ("{pm,rfc/{a,b}}/*.md", "rfc/b/1.md", true),
            ("{pm,rfc/{a,b}}/*.md", "rfc/c/1.md", false),
            ("pm/[0-9]*.md", "pm/1.md", true),
        ] {
            assert_eq!(Globs::new(vec![glob.to_owned()]).fit(path), fits, "{glob}");
            assert_eq!(wrong(glob), None, "{glob}");
        }
        for glob in ["pm/[", "*.{md,rst", "a}", "", "./", "/"] {
            assert!(wrong(glob).is_some(), "{glob}");
        }
        assert!(Globs::new(vec!["{a,b}".repeat(30)]).0[0].patterns.len() <= MAX_EXPANDED * 2);
        let globs = Globs::new(vec!["a/*.md".to_owned(), "b/*.md".to_owned()]);
        assert_eq!(
            globs.idle(["a/1.md"].into_iter()).collect::<Vec<_>>(),
            ["b/*.md"]
        );
    }
}
