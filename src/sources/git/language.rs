//! Comments, by language: enough of each language's syntax to tell whether a place in a file is
//! inside a comment. Strings are known too, so that an address in a literal is no comment.

/// What a language calls a comment and a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Language {
    /// Begin a comment that ends with the line.
    line: &'static [&'static str],
    /// Begin and end a comment.
    block: &'static [(&'static str, &'static str)],
    /// Begin and end a string.
    strings: &'static [Quote],
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    open: &'static str,
    close: &'static str,
    /// A backslash takes the meaning from the next character.
    escapes: bool,
    /// It may hold line breaks; otherwise it ends with the line.
    lines: bool,
    /// At the start of a line it documents what follows: a comment in all but syntax.
    documents: bool,
}

const fn quote(mark: &'static str, lines: bool) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: true,
        lines,
        documents: false,
    }
}

const fn raw(mark: &'static str) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: false,
        lines: true,
        documents: false,
    }
}

const fn docstring(mark: &'static str) -> Quote {
    Quote {
        open: mark,
        close: mark,
        escapes: true,
        lines: true,
        documents: true,
    }
}

const C_BLOCK: &[(&str, &str)] = &[("/*", "*/")];
const C: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false)],
};
// A lifetime is no string.
const RUST: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", true)],
};
const SCRIPT: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false), quote("`", true)],
};
const GO: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false), raw("`")],
};
const PHP: Language = Language {
    line: &["//", "#"],
    block: C_BLOCK,
    strings: &[quote("\"", true), quote("'", true)],
};
const JVM: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[raw("\"\"\""), quote("\"", false), quote("'", false)],
};
const PYTHON: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[
        docstring("\"\"\""),
        docstring("'''"),
        quote("\"", false),
        quote("'", false),
    ],
};
const SHELL: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[quote("\"", true), raw("'")],
};
const RUBY: Language = Language {
    line: &["#"],
    block: &[("\n=begin", "\n=end")],
    strings: &[quote("\"", true), quote("'", true)],
};
const HCL: Language = Language {
    line: &["#", "//"],
    block: C_BLOCK,
    strings: &[quote("\"", false)],
};
const NIX: Language = Language {
    line: &["#"],
    block: C_BLOCK,
    strings: &[raw("''"), quote("\"", true)],
};
const POWERSHELL: Language = Language {
    line: &["#"],
    block: &[("<#", "#>")],
    strings: &[raw("\""), raw("'")],
};
const SQL: Language = Language {
    line: &["--"],
    block: C_BLOCK,
    strings: &[raw("'")],
};
const LUA: Language = Language {
    line: &["--"],
    block: &[("--[[", "]]")],
    strings: &[quote("\"", false), quote("'", false)],
};
const HASKELL: Language = Language {
    line: &["--"],
    block: &[("{-", "-}")],
    strings: &[quote("\"", false)],
};
const ADA: Language = Language {
    line: &["--"],
    block: &[],
    strings: &[raw("\"")],
};
const LISP: Language = Language {
    line: &[";"],
    block: &[("#|", "|#")],
    strings: &[quote("\"", true)],
};
const ASSEMBLY: Language = Language {
    line: &[";", "#", "//"],
    block: C_BLOCK,
    strings: &[quote("\"", false)],
};
const PERCENT: Language = Language {
    line: &["%"],
    block: &[],
    strings: &[],
};
const ML: Language = Language {
    line: &[],
    block: &[("(*", "*)")],
    strings: &[quote("\"", true)],
};
const FSHARP: Language = Language {
    line: &["//"],
    block: &[("(*", "*)")],
    strings: &[quote("\"", true)],
};
const PASCAL: Language = Language {
    line: &["//"],
    block: &[("{", "}"), ("(*", "*)")],
    strings: &[raw("'")],
};
const MARKUP: Language = Language {
    line: &["//"],
    block: &[("<!--", "-->"), ("/*", "*/")],
    strings: &[quote("\"", false)],
};
const CSS: Language = Language {
    line: &[],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false)],
};
const BASIC: Language = Language {
    line: &["'"],
    block: &[],
    strings: &[raw("\"")],
};
const FORTRAN: Language = Language {
    line: &["!"],
    block: &[],
    strings: &[raw("'"), raw("\"")],
};
const VIM: Language = Language {
    line: &["\""],
    block: &[],
    strings: &[],
};
const BATCH: Language = Language {
    line: &["::", "REM ", "rem "],
    block: &[],
    strings: &[],
};

/// Languages by file extension, lower case.
const EXTENSIONS: &[(&[&str], Language)] = &[
    (
        &[
            "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "hxx", "ino", "m", "mm", "cs", "d", "zig",
            "v", "sv",
        ],
        C,
    ),
    (
        &[
            "proto", "thrift", "capnp", "sol", "glsl", "hlsl", "wgsl", "cu", "dart", "vala",
            "less", "scss",
        ],
        C,
    ),
    (
        &[
            "java", "kt", "kts", "scala", "sc", "groovy", "gradle", "swift",
        ],
        JVM,
    ),
    (&["rs"], RUST),
    (
        &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"],
        SCRIPT,
    ),
    (&["go"], GO),
    (&["php"], PHP),
    (
        &[
            "py", "pyi", "pyx", "bzl", "star", "ex", "exs", "jl", "cr", "nim", "coffee",
        ],
        PYTHON,
    ),
    (
        &[
            "sh", "bash", "zsh", "fish", "ksh", "awk", "pl", "pm", "r", "tcl", "cmake", "mk",
        ],
        SHELL,
    ),
    (&["rb", "rake", "gemspec"], RUBY),
    (&["tf", "hcl", "tfvars"], HCL),
    (&["nix"], NIX),
    (&["ps1", "psm1"], POWERSHELL),
    (&["sql"], SQL),
    (&["lua"], LUA),
    (&["hs", "elm", "purs", "idr", "agda"], HASKELL),
    (&["adb", "ads", "vhd", "vhdl"], ADA),
    (
        &[
            "lisp", "cl", "el", "scm", "ss", "rkt", "clj", "cljs", "cljc", "edn",
        ],
        LISP,
    ),
    (&["asm", "s"], ASSEMBLY),
    (&["tex", "erl", "hrl", "bib"], PERCENT),
    (&["ml", "mli"], ML),
    (&["fs", "fsi", "fsx"], FSHARP),
    (&["pas", "pp", "dpr"], PASCAL),
    (&["vue", "svelte", "astro", "jsp", "erb", "ejs"], MARKUP),
    (&["css"], CSS),
    (&["vb", "bas", "vbs"], BASIC),
    (&["f", "f90", "f95", "f03", "for"], FORTRAN),
    (&["vim"], VIM),
    (&["bat", "cmd"], BATCH),
];

/// Languages by file name, lower case.
const NAMES: &[(&str, Language)] = &[
    ("makefile", SHELL),
    ("gnumakefile", SHELL),
    ("dockerfile", SHELL),
    ("containerfile", SHELL),
    ("justfile", SHELL),
    ("vagrantfile", RUBY),
    ("rakefile", RUBY),
    ("gemfile", RUBY),
    ("jenkinsfile", JVM),
    ("cmakelists.txt", SHELL),
    ("build", PYTHON),
    ("workspace", PYTHON),
    ("tiltfile", PYTHON),
];

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

impl Language {
    /// For each of the ascending offsets, whether it lies inside a comment.
    pub(super) fn comments(&self, text: &[u8], offsets: &[usize]) -> Vec<bool> {
        let mut answers = Vec::with_capacity(offsets.len());
        let mut at = 0;
        while at < text.len() && answers.len() < offsets.len() {
            let (end, comment) = self.token(text, at);
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

    /// The end of the comment, string or single byte at `at`, and whether it is a comment.
    fn token(&self, text: &[u8], at: usize) -> (usize, bool) {
        let rest = &text[at..];
        for (open, close) in self.block {
            if rest.starts_with(open.as_bytes()) {
                return (
                    at + open.len() + past(&rest[open.len()..], close.as_bytes()),
                    true,
                );
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
}

impl Quote {
    fn end(&self, text: &[u8]) -> usize {
        let mut at = self.open.len();
        while at < text.len() {
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

fn past(text: &[u8], close: &[u8]) -> usize {
    memchr::memmem::find(text, close).map_or(text.len(), |at| at + close.len())
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
        ];
        for (extension, text, expected) in cases {
            let offsets: Vec<usize> = text.match_indices('X').map(|(at, _)| at).collect();
            let language = of("", extension).expect("the extension is in the table");
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
