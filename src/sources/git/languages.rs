//! What the common languages call a comment and a string, and which files are theirs.

use super::language::{Language, between, docstring, literal, plain, quote, raw};

const C_BLOCK: &[(&str, &str)] = &[("/*", "*/")];
const C: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[
        between("R\"(", ")\""),
        quote("\"", false),
        quote("'", false),
    ],
    nests: false,
};
// A lifetime is no string.
const RUST: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[
        literal("'\"'"),
        literal("'\\\"'"),
        between("r##\"", "\"##"),
        between("r#\"", "\"#"),
        between("r\"", "\""),
        quote("\"", true),
    ],
    nests: true,
};
const CSHARP: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[
        raw("\"\"\""),
        between("@\"", "\""),
        quote("\"", false),
        quote("'", false),
    ],
    nests: false,
};
const DART: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[
        raw("\"\"\""),
        raw("'''"),
        quote("\"", false),
        quote("'", false),
    ],
    nests: true,
};
const D: Language = Language {
    line: &["//"],
    block: &[("/*", "*/"), ("/+", "+/")],
    strings: &[raw("`"), quote("\"", true), quote("'", false)],
    nests: false,
};
const SCRIPT: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false), quote("`", true)],
    nests: false,
};
const GO: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false), raw("`")],
    nests: false,
};
const PHP: Language = Language {
    line: &["//", "#"],
    block: C_BLOCK,
    strings: &[quote("\"", true), quote("'", true)],
    nests: false,
};
const JVM: Language = Language {
    line: &["//"],
    block: C_BLOCK,
    strings: &[raw("\"\"\""), quote("\"", false), quote("'", false)],
    nests: false,
};
/// As Java's, but comments can hold comments.
const KOTLIN: Language = Language { nests: true, ..JVM };
const PYTHON: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[
        docstring("\"\"\""),
        docstring("'''"),
        quote("\"", false),
        quote("'", false),
    ],
    nests: false,
};
const SHELL: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[quote("\"", true), raw("'")],
    nests: false,
};
const PERL: Language = Language {
    line: &["#"],
    block: &[
        ("\n=pod", "\n=cut"),
        ("\n=head", "\n=cut"),
        ("\n=over", "\n=cut"),
        ("\n=item", "\n=cut"),
        ("\n=begin", "\n=cut"),
    ],
    strings: &[quote("\"", true), quote("'", true)],
    nests: false,
};
const ELIXIR: Language = Language {
    line: &["#"],
    block: &[
        ("@doc \"\"\"", "\"\"\""),
        ("@moduledoc \"\"\"", "\"\"\""),
        ("@typedoc \"\"\"", "\"\"\""),
        ("@doc \"", "\""),
    ],
    strings: &[raw("\"\"\""), quote("\"", true), quote("'", true)],
    nests: false,
};
const JULIA: Language = Language {
    line: &["#"],
    block: &[("#=", "=#")],
    strings: &[docstring("\"\"\""), quote("\"", true)],
    nests: true,
};
const NIM: Language = Language {
    line: &["#"],
    block: &[("#[", "]#")],
    strings: &[raw("\"\"\""), quote("\"", false)],
    nests: true,
};
const COFFEE: Language = Language {
    line: &["#"],
    block: &[("###", "###")],
    strings: &[raw("\"\"\""), quote("\"", true), quote("'", true)],
    nests: false,
};
const HASH: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[quote("\"", false)],
    nests: false,
};
const SCHEMA: Language = Language {
    line: &["#"],
    block: &[],
    strings: &[docstring("\"\"\""), quote("\"", false)],
    nests: false,
};
const JSONNET: Language = Language {
    line: &["//", "#"],
    block: C_BLOCK,
    strings: &[quote("\"", true), quote("'", true)],
    nests: false,
};
pub(super) const MATLAB: Language = Language {
    line: &["%"],
    block: &[("%{", "%}")],
    strings: &[plain("\"")],
    nests: false,
};
const ERLANG: Language = Language {
    line: &["%"],
    block: &[],
    strings: &[quote("\"", true)],
    nests: false,
};
const PROLOG: Language = Language {
    line: &["%"],
    block: C_BLOCK,
    strings: &[quote("\"", true), quote("'", true)],
    nests: false,
};
const LEAN: Language = Language {
    line: &["--"],
    block: &[("/-", "-/")],
    strings: &[quote("\"", true)],
    nests: true,
};
const APPLESCRIPT: Language = Language {
    line: &["--", "#"],
    block: &[("(*", "*)")],
    strings: &[quote("\"", true)],
    nests: true,
};
const COBOL: Language = Language {
    line: &["*>", "*"],
    block: &[],
    strings: &[plain("\""), plain("'")],
    nests: false,
};
const SMALLTALK: Language = Language {
    line: &[],
    block: &[("\"", "\"")],
    strings: &[raw("'")],
    nests: false,
};
const TEMPLATE: Language = Language {
    line: &[],
    block: &[
        ("{#", "#}"),
        ("{{!--", "--}}"),
        ("@*", "*@"),
        ("<!--", "-->"),
    ],
    strings: &[],
    nests: false,
};
const RUBY: Language = Language {
    line: &["#"],
    block: &[("\n=begin", "\n=end")],
    strings: &[quote("\"", true), quote("'", true)],
    nests: false,
};
const HCL: Language = Language {
    line: &["#", "//"],
    block: C_BLOCK,
    strings: &[quote("\"", false)],
    nests: false,
};
const NIX: Language = Language {
    line: &["#"],
    block: C_BLOCK,
    strings: &[raw("''"), quote("\"", true)],
    nests: false,
};
const POWERSHELL: Language = Language {
    line: &["#"],
    block: &[("<#", "#>")],
    strings: &[raw("\""), raw("'")],
    nests: false,
};
const SQL: Language = Language {
    line: &["--"],
    block: C_BLOCK,
    strings: &[raw("'")],
    nests: false,
};
const LUA: Language = Language {
    line: &["--"],
    block: &[("--[[", "]]")],
    strings: &[quote("\"", false), quote("'", false)],
    nests: false,
};
const HASKELL: Language = Language {
    line: &["--"],
    block: &[("{-", "-}")],
    strings: &[quote("\"", false)],
    nests: true,
};
const ADA: Language = Language {
    line: &["--"],
    block: &[],
    strings: &[raw("\"")],
    nests: false,
};
const LISP: Language = Language {
    line: &[";"],
    block: &[("#|", "|#")],
    strings: &[quote("\"", true)],
    nests: true,
};
const ASSEMBLY: Language = Language {
    line: &[";", "#", "//"],
    block: C_BLOCK,
    strings: &[quote("\"", false)],
    nests: false,
};
const PERCENT: Language = Language {
    line: &["%"],
    block: &[],
    strings: &[],
    nests: false,
};
const ML: Language = Language {
    line: &[],
    block: &[("(*", "*)")],
    strings: &[quote("\"", true)],
    nests: true,
};
const FSHARP: Language = Language {
    line: &["//"],
    block: &[("(*", "*)")],
    strings: &[quote("\"", true)],
    nests: true,
};
const PASCAL: Language = Language {
    line: &["//"],
    block: &[("{", "}"), ("(*", "*)")],
    strings: &[raw("'")],
    nests: false,
};
const MARKUP: Language = Language {
    line: &["//"],
    block: &[("<!--", "-->"), ("/*", "*/")],
    strings: &[quote("\"", false)],
    nests: false,
};
const CSS: Language = Language {
    line: &[],
    block: C_BLOCK,
    strings: &[quote("\"", false), quote("'", false)],
    nests: false,
};
const BASIC: Language = Language {
    line: &["'"],
    block: &[],
    strings: &[raw("\"")],
    nests: false,
};
const FORTRAN: Language = Language {
    line: &["!"],
    block: &[],
    strings: &[raw("'"), raw("\"")],
    nests: false,
};
const VIM: Language = Language {
    line: &["\""],
    block: &[],
    strings: &[],
    nests: false,
};
const BATCH: Language = Language {
    line: &["::", "REM ", "rem "],
    block: &[],
    strings: &[],
    nests: false,
};

/// Languages by file extension, lower case.
pub(super) const EXTENSIONS: &[(&[&str], Language)] = &[
    (
        &[
            "c", "h", "cc", "cpp", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ino", "m", "mm",
            "zig", "v", "sv", "svh", "cu", "cuh", "metal",
        ],
        C,
    ),
    (
        &[
            "proto", "thrift", "capnp", "sol", "glsl", "hlsl", "wgsl", "vala", "less", "scss",
            "sass", "styl", "cls", "trigger", "bicep", "hx", "as", "re", "res", "move", "cairo",
            "odin", "gleam", "sas", "pug", "stan",
        ],
        C,
    ),
    (&["cs", "csx"], CSHARP),
    (&["dart"], DART),
    (&["d"], D),
    (&["java", "groovy", "gradle"], JVM),
    (&["kt", "kts", "scala", "sc", "swift"], KOTLIN),
    (&["rs"], RUST),
    (
        &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts"],
        SCRIPT,
    ),
    (&["go"], GO),
    (&["php", "phtml"], PHP),
    (
        &["py", "pyi", "pyx", "pyw", "bzl", "star", "vy", "mojo"],
        PYTHON,
    ),
    (&["ex", "exs"], ELIXIR),
    (&["jl"], JULIA),
    (&["nim", "nims"], NIM),
    (&["coffee"], COFFEE),
    (
        &[
            "sh", "bash", "zsh", "fish", "ksh", "csh", "awk", "r", "tcl", "cmake", "mk", "nu",
        ],
        SHELL,
    ),
    (
        &[
            "gd",
            "rego",
            "gn",
            "gni",
            "ninja",
            "bb",
            "bbclass",
            "feature",
            "robot",
            "pp",
            "raku",
            "rakumod",
            "dockerfile",
            "sed",
        ],
        HASH,
    ),
    (&["graphql", "gql"], SCHEMA),
    (&["jsonnet", "libsonnet"], JSONNET),
    (&["pl", "pm", "t"], PERL),
    (&["rb", "rake", "gemspec", "podspec", "cr"], RUBY),
    (&["tf", "hcl", "tfvars"], HCL),
    (&["nix"], NIX),
    (&["ps1", "psm1", "psd1"], POWERSHELL),
    (&["sql", "psql", "plsql", "pls"], SQL),
    (&["lua"], LUA),
    (&["hs", "lhs", "elm", "purs", "idr", "agda"], HASKELL),
    (&["lean"], LEAN),
    (&["adb", "ads", "vhd", "vhdl"], ADA),
    (
        &[
            "lisp", "lsp", "cl", "el", "scm", "ss", "rkt", "clj", "cljs", "cljc", "edn", "wat",
        ],
        LISP,
    ),
    (&["asm", "s"], ASSEMBLY),
    (&["tex", "bib"], PERCENT),
    (&["erl", "hrl"], ERLANG),
    (&["pro", "prolog"], PROLOG),
    (&["ml", "mli", "sml", "sig"], ML),
    (&["fs", "fsi", "fsx"], FSHARP),
    (&["pas", "dpr", "lpr"], PASCAL),
    (&["vue", "svelte", "astro", "jsp", "erb", "ejs"], MARKUP),
    (
        &["j2", "jinja", "jinja2", "twig", "hbs", "cshtml", "razor"],
        TEMPLATE,
    ),
    (&["css"], CSS),
    (&["vb", "bas", "vbs"], BASIC),
    (&["f", "f77", "f90", "f95", "f03", "f08", "for"], FORTRAN),
    (&["cbl", "cob", "cpy"], COBOL),
    (&["st"], SMALLTALK),
    (&["applescript"], APPLESCRIPT),
    (&["vim"], VIM),
    (&["bat", "cmd"], BATCH),
];

/// Languages by file name, lower case.
pub(super) const NAMES: &[(&str, Language)] = &[
    ("makefile", SHELL),
    ("gnumakefile", SHELL),
    ("dockerfile", SHELL),
    ("containerfile", SHELL),
    ("justfile", SHELL),
    ("vagrantfile", RUBY),
    ("rakefile", RUBY),
    ("gemfile", RUBY),
    ("jenkinsfile", JVM),
    ("brewfile", RUBY),
    ("podfile", RUBY),
    ("fastfile", RUBY),
    ("earthfile", SHELL),
    ("caddyfile", HASH),
    ("meson.build", HASH),
    ("sconstruct", PYTHON),
    ("cmakelists.txt", SHELL),
    ("build", PYTHON),
    ("workspace", PYTHON),
    ("tiltfile", PYTHON),
];
