//! Comments, by language: enough of each language's syntax to tell whether a place in a file is
//! inside a comment. Strings are known too, so that an address in a literal is no comment.

use super::languages::{EXTENSIONS, MATLAB, NAMES};

/// What a language calls a comment and a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Language {
    /// Begin a comment that ends with the line.
    pub(super) line: &'static [&'static str],
    /// Begin and end a comment.
    pub(super) block: &'static [(&'static str, &'static str)],
    /// Begin and end a string.
    pub(super) strings: &'static [Quote],
    /// A comment with an end can hold another one.
    pub(super) nests: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    open: &'static str,
    close: &'static str,
    /// A backslash takes the meaning from the next character.
    escapes: bool,
    /// It may hold line breaks; otherwise it ends with the line.
    lines: bool,
    /// At the start of a line it documents what follows: a comment in all but syntax.
    documents: bool,
}

pub(super) const fn quote(mark: &'static str, lines: bool) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: true,
        lines,
        documents: false,
    }
}

pub(super) const fn raw(mark: &'static str) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: false,
        lines: true,
        documents: false,
    }
}

/// A string within a line in which a backslash means itself.
pub(super) const fn plain(mark: &'static str) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: false,
        lines: false,
        documents: false,
    }
}

/// A string of any lines between two marks.
pub(super) const fn between(open: &'static str, close: &'static str) -> Quote {
    Quote {
        open,
        close,
        escapes: false,
        lines: true,
        documents: false,
    }
}

/// A character that would begin a string if it stood alone.
pub(super) const fn literal(text: &'static str) -> Quote {
    between(text, "")
}

pub(super) const fn docstring(mark: &'static str) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: true,
        lines: true,
        documents: true,
    }
}

/// The language of a file, by its name and extension in lower case.
pub(super) fn of(name: &str, extension: &str) -> Option<&'static Language> {
    let by_name = NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, language)| language);
    by_name.or_else(|| {
        EXTENSIONS
            .iter()
            .find(|(known, _)| known.contains(&extension))
            .map(|(_, language)| language)
    })
}

/// The same where one extension is that of two languages: by what stands in the file.
pub(super) fn of_text(name: &str, extension: &str, text: &[u8]) -> Option<&'static Language> {
    let is_objective = || {
        OBJECTIVE
            .iter()
            .any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
    };
    match extension {
        "m" if !is_objective() => Some(&MATLAB),
        _ => of(name, extension),
    }
}

/// What stands in a file of Objective-C and in none of MATLAB.
const OBJECTIVE: &[&str] = &[
    "@interface",
    "@implementation",
    "@protocol",
    "#import",
    "#include",
];

impl Language {
    /// For each of the ascending offsets, whether it lies inside a comment.
    pub(super) fn comments(&self, text: &[u8], offsets: &[usize]) -> Vec<bool> {
        // Most bytes begin nothing, and are passed over at a glance.
        let mut begins = [false; 256];
        for open in self.openings() {
            if let Some(first) = open.as_bytes().first() {
                begins[usize::from(*first)] = true;
            }
        }
        let mut answers = Vec::with_capacity(offsets.len());
        let mut at = 0;
        while at < text.len() && answers.len() < offsets.len() {
            let (end, comment) = match begins[usize::from(text[at])] {
                true => self.token(text, at),
                false => {
                    let rest = &mut text[at..].iter();
                    let more = rest.position(|byte| begins[usize::from(*byte)]);
                    (more.map_or(text.len(), |more| at + more), false)
                }
            };
            while let Some(&offset) = offsets.get(answers.len()) {
                if offset >= end {
                    break;
                }
                answers.push(comment);
            }
            at = end;
        }
        answers.resize(offsets.len(), false);
        answers
    }

    fn openings(&self) -> impl Iterator<Item = &'static str> {
        let blocks = self.block.iter().map(|(open, _)| *open);
        let strings = self.strings.iter().map(|quote| quote.open);
        blocks.chain(self.line.iter().copied()).chain(strings)
    }

    /// The end of the comment, string or single byte at `at`, and whether it is a comment.
    fn token(&self, text: &[u8], at: usize) -> (usize, bool) {
        let rest = &text[at..];
        for (open, close) in self.block {
            if rest.starts_with(open.as_bytes()) {
                return (at + self.past(rest, open, close), true);
            }
        }
        for open in self.line {
            if rest.starts_with(open.as_bytes()) && begins_comment(text, at, open) {
                return (at + line_end(rest), true);
            }
        }
        for quote in self.strings {
            if rest.starts_with(quote.open.as_bytes()) {
                let documents = quote.documents && begins_line(text, at);
                return (at + quote.end(rest), documents);
            }
        }
        (at + 1, false)
    }

    /// How long a comment is that has an end.
    fn past(&self, text: &[u8], open: &str, close: &str) -> usize {
        let mut at = open.len();
        let mut depth = 1;
        while depth > 0 {
            let Some(end) = memchr::memmem::find(&text[at..], close.as_bytes()) else {
                return text.len();
            };
            let inside = &text[at..at + end];
            if self.nests && open != close {
                depth += memchr::memmem::find_iter(inside, open.as_bytes()).count();
            }
            at += end + close.len();
            depth -= 1;
        }
        at
    }
}

impl Quote {
    fn end(&self, text: &[u8]) -> usize {
        let mut at = self.open.len();
        let Some(&last) = self.close.as_bytes().first() else {
            return at;
        };
        while at < text.len() {
            let Some(more) = memchr::memchr3(last, b'\\', b'\n', &text[at..]) else {
                break;
            };
            at += more;
            if self.escapes && text[at] == b'\\' {
                at += 2;
            } else if text[at..].starts_with(self.close.as_bytes()) {
                return at + self.close.len();
            } else if !self.lines && text[at] == b'\n' {
                return at;
            } else {
                at += 1;
            }
        }
        text.len()
    }
}

/// `$#`, `a#b` and `https://` begin no comment.
fn begins_comment(text: &[u8], at: usize, open: &str) -> bool {
    let Some(&before) = text[..at].last() else {
        return true;
    };
    match open {
        "#" => before.is_ascii_whitespace() || b")]};,\"'".contains(&before),
        "//" => before != b':',
        "%" => before != b'\\',
        "\"" => begins_line(text, at),
        // The seventh column of a punched card.
        "*" => column(text, at) == 6,
        "::" | "REM " | "rem " => begins_line(text, at),
        _ => true,
    }
}

fn begins_line(text: &[u8], at: usize) -> bool {
    text[..at]
        .iter()
        .rev()
        .take_while(|b| **b != b'\n')
        .all(u8::is_ascii_whitespace)
}

fn line_end(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

fn column(text: &[u8], at: usize) -> usize {
    at - memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_told_apart() {
        let cases: &[(&str, &str, &[bool])] = &[
            (
                "rs",
                "let u = \"X\"; // X\nfn f<'a>() {} // X\n/* a\nX */ X",
                &[false, true, true, true, false],
            ),
            (
                "py",
                "\"\"\"Doc X\n\"\"\"\ns = \"\"\"X\"\"\"  # X\n",
                &[true, false, true],
            ),
            ("sh", "curl https://X # X\necho $#X", &[false, true, false]),
            ("go", "u := `X // X` // X", &[false, false, true]),
            ("js", "'it\\'s // X'; // X", &[false, true]),
            ("sql", "select 'X' -- X", &[false, true]),
            ("hs", "{- X -} x = \"X\" -- X", &[true, false, true]),
            ("css", "/* X */ a { b: url(X) }", &[true, false]),
            ("lua", "--[[ a\nX ]] X -- X", &[true, false, true]),
            (
                "rs",
                "let q = '\"'; // X\nlet r = r#\"a\" // X\"#; X",
                &[true, false, false],
            ),
            ("rs", "/* a /* b */ X */ X", &[true, false]),
            ("java", "/* a /* b */ X", &[false]),
            (
                "cs",
                "var p = @\"c:\\\"; // X\nvar s = \"\"\"// X\"\"\";",
                &[true, false],
            ),
            (
                "ex",
                "@doc \"\"\"\nX\n\"\"\"\ndef a, do: \"X\" # X",
                &[true, false, true],
            ),
            ("jl", "#= a #= b =# X =# X", &[true, false]),
            (
                "pl",
                "my $a = \"X\"; # X\n\n=pod\n\nX\n\n=cut\n\nX",
                &[false, true, true, false],
            ),
            (
                "cbl",
                "000100* X\n000200     DISPLAY 'X' *> X",
                &[true, false, true],
            ),
            ("m", "x = [1 2]'; % X\n%{\nX\n%}\nX", &[true, true, false]),
            ("cpp", "auto s = R\"(\" // X)\"; // X", &[false, true]),
            (
                "graphql",
                "\"\"\"\nX\n\"\"\"\ntype A { a: B } # X",
                &[true, true],
            ),
            ("erl", "A = \"X\", % X", &[false, true]),
            ("st", "\"X\" a := 'X'", &[true, false]),
            ("j2", "{# X #} X <!-- X -->", &[true, false, true]),
        ];
        for (extension, text, expected) in cases {
            let offsets: Vec<usize> = text.match_indices('X').map(|(at, _)| at).collect();
            let language =
                of_text("", extension, text.as_bytes()).expect("the extension is in the table");
            assert_eq!(
                language.comments(text.as_bytes(), &offsets),
                *expected,
                "{text}"
            );
        }
    }

    #[test]
    fn an_extension_has_one_language() {
        let mut all: Vec<&str> = EXTENSIONS
            .iter()
            .flat_map(|(names, _)| *names)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn the_common_languages_are_known() {
        let common = [
            "py", "c", "cpp", "java", "cs", "js", "vb", "r", "sql", "pas", "f90", "m", "go", "rs",
            "php", "pl", "adb", "s", "cbl", "swift", "kt", "lua", "rb", "dart", "scala", "jl",
            "hs", "ts", "sh", "ps1", "ex", "erl", "clj", "fs", "ml", "lisp", "scm", "pro",
            "groovy", "mm", "zig", "nim", "d", "sol", "tf", "nix", "vhdl", "sv", "css", "scss",
            "vue", "proto", "graphql", "cmake", "bicep", "tcl",
        ];
        for extension in common {
            assert!(of("", extension).is_some(), "{extension}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_does(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "//", "/*", "*/", "\"", "'", "\\", "\n", "#", "x", "\"\"\"", "<!--", "--", "{-", "`", "\u{e9}",
            ]), 0..16),
        ) {
            let text = pieces.concat().into_bytes();
            let offsets: Vec<usize> = (0..text.len()).collect();
            for (_, language) in EXTENSIONS {
                proptest::prop_assert_eq!(language.comments(&text, &offsets).len(), offsets.len());
            }
        }
    }
}
