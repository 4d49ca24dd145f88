//! `readback links --gone`: whole addresses in repositories that look like write-ups of some source, and
//! that no write-up ever had.

use serde_json::{Value, json};

use super::binary::Home;
use super::repositories::Repository;
use super::way::event;

const CONFIG: &str = "\
[[source]]
id = \"papers\"
kind = \"git\"
path = \"papers\"
web = \"https://forge.example.org/org/papers\"
writeups = [\"postmortems/*.md\"]
incident_keys = [\"INC-[0-9]+\"]

[[source]]
id = \"code\"
kind = \"git\"
path = \"code\"
web = \"https://github.com/org/code\"
writeups = [\"incidents/*.md\"]

[[source]]
id = \"wiki\"
kind = \"mediawiki\"
api = \"https://wiki.example.org/w/api.php\"
prefix = \"Incident/\"

[[source]]
id = \"confluence\"
kind = \"confluence\"
url = \"https://example.atlassian.net\"
spaces = [\"PM\"]
";

/// What stands in the code, line by line, and whether it leads to a write-up that never was.
const LINES: [(&str, bool); 29] = [
    // Files of the other repository: one that is there, one that was, one that never was.
    (
        "https://forge.example.org/org/papers/blob/main/postmortems/disk.md",
        false,
    ),
    (
        "https://forge.example.org/org/papers/blob/v1/postmortems/old.md",
        false,
    ),
    (
        "https://forge.example.org/org/papers/blob/main/postmortems/never.md#why",
        true,
    ),
    (
        "https://forge.example.org/org/papers/-/raw/feature/x/postmortems/never%20ever.md?plain=1",
        true,
    ),
    (
        "https://forge.example.org/org/papers/blob/main/README.md",
        false,
    ),
    (
        "https://forge.example.org/org/papers/blob/main/postmortems/sub/never.md",
        false,
    ),
    (
        "https://forge.example.org/org/papers/tree/main/postmortems",
        false,
    ),
    ("https://forge.example.org/org/papers/issues/7", false),
    (
        "https://forge.example.org/org/papers-old/blob/main/postmortems/never.md",
        false,
    ),
    (
        "https://forge.example.org/org/papers/blob/main/postmortems/notes.txt",
        false,
    ),
    // Its own, and as they are; incidents/one.md is there.
    (
        "(see https://github.com/org/code/blob/main/incidents/never.md).",
        true,
    ),
    (
        "https://raw.githubusercontent.com/org/code/main/incidents/nowhere.md",
        true,
    ),
    (
        "https://github.com/org/code/blob/0af3c1d/incidents/one.md",
        false,
    ),
    (
        "https://www.github.com/org/code/blame/main/incidents/missing.md",
        true,
    ),
    (
        "https://www.github.com/org/code/edit/main/incidents/one.md",
        false,
    ),
    // The wiki: one that events told of, others.
    ("https://wiki.example.org/wiki/Incident/2024_queue", false),
    (
        "<a href=\"https://wiki.example.org/wiki/Incident/2024_never\">",
        true,
    ),
    (
        "https://ada:zzsecret@wiki.example.org/w/index.php?title=Incident/2023_never&amp;oldid=1",
        true,
    ),
    ("https://wiki.example.org/wiki/Handbook", false),
    ("https://wiki.example.org/wiki/User:Ada", false),
    (
        "https://web.archive.org/web/2020/https://wiki.example.org/wiki/Incident/2022_never",
        true,
    ),
    (
        "https://example.atlassian.net/wiki/spaces/PM/pages/77/A+night",
        true,
    ),
    (
        "https://example.atlassian.net/wiki/spaces/PM/pages/78/Another",
        false,
    ),
    (
        "https://example.atlassian.net/wiki/spaces/HR/pages/79/Pay",
        false,
    ),
    ("https://example.atlassian.net/browse/PM-7", false),
    // A key in it says which one is meant: it is told by its key, or known.
    ("https://wiki.example.org/wiki/Incident/INC-7", false),
    ("https://wiki.example.org/wiki/Incident/INC-99", true),
    (
        "https://elsewhere.example.com/wiki/Incident/2024_never",
        false,
    ),
    // A name that stands for all that begin like it.
    (
        "https://wiki.example.org/wiki/Incident/2021_queue/timeline",
        false,
    ),
];

#[test]
fn addresses_that_no_write_up_ever_had_are_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let papers = Repository::new(home.path("papers"));
    papers.write(
        "postmortems/disk.md",
        "# INC-7: the disk\n\nWhat happened, and why.\n",
    );
    papers.write("postmortems/old.md", "# The old one\n\nIt was long ago.\n");
    papers.commit("2024-03-01T09:00:00Z", "Tell it");
    papers.git(&["rm", "-q", "postmortems/old.md"]);
    papers.commit("2024-04-01T09:00:00Z", "Forget it");
    let code = Repository::new(home.path("code"));
    let text: String = LINES
        .iter()
        .map(|(line, _)| format!("# {line}\n"))
        .collect();
    code.write("links.py", text);
    code.write("incidents/one.md", "# One\n\nThis is one.\n");
    // What a message says stays, so it is told apart.
    let message =
        "Links\n\nAs https://forge.example.org/org/papers/blob/v1/postmortems/old.md has it.";
    code.commit("2024-05-01T09:00:00Z", message);
    home.file("readback.toml", CONFIG);
    let said = |id: &str, url: &str, alias: &str| {
        let data = json!({ "id": id, "title": "A story", "url": url, "aliases": [alias] });
        event("writeup", id, id, "2024-05-01T09:00:00Z", data)
    };
    let events = [
        said(
            "wiki-1",
            "https://wiki.example.org/wiki/Incident/2024_queue",
            "https://wiki.example.org/wiki/Incident/2021_queue*",
        ),
        said(
            "page-78",
            "https://example.atlassian.net/wiki/spaces/PM/pages/78",
            "A story",
        ),
    ];
    let file = home.file("events.ndjson", events.join("\n") + "\n");
    home.done(&["import", "events", &file]);
    home.done(&["scan", "papers"]);
    home.done(&["scan", "code"]);
    let listed = home.done(&["links", "--gone"]);
    for word in ["zzsecret", "ada", "Ada"] {
        assert!(!format!("{listed:?}").contains(word), "{word}: {listed:?}");
    }
    insta::assert_snapshot!("links_never_known", format!("{}{}", listed.out, listed.err));
    let said = home.done(&["links", "--gone", "--json", "--limit", "0"]);
    let gone: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    let old = gone
        .iter()
        .find(|one| one["writeup"] == "papers:postmortems/old.md");
    let old = old.expect("it is linked from a file and a message");
    let links = old["links"].as_array().map(Vec::len);
    assert_eq!((links, &old["to_mend"]), (Some(2), &json!(1)), "{old}");
    // However a file is looked at, it is the same.
    for view in ["blame", "edit", "raw", "blob"] {
        let address =
            format!("https://www.github.com/org/code/{view}/main/incidents/one.md?plain=1#L1");
        let shown = home.done(&["writeups", "show", &address]);
        assert!(shown.out.contains("code:incidents/one.md"), "{shown:?}");
    }
    let links = gone
        .iter()
        .filter(|one| one["writeup"].is_null())
        .flat_map(|one| one["links"].as_array().expect("links"));
    let mut lines: Vec<usize> = links
        .filter_map(|link| {
            link["stands_in"]
                .as_str()?
                .rsplit_once("#L")?
                .1
                .parse()
                .ok()
        })
        .collect();
    lines.sort_unstable();
    let expected = LINES.iter().enumerate().filter(|(_, (_, gone))| *gone);
    let expected: Vec<usize> = expected.map(|(number, _)| number + 1).collect();
    assert_eq!(lines, expected);
}
