//! Pages of a MediaWiki whose titles hold more than letters, from the wiki and its access log into a report:
//! however a reader's browser spelled the address, the read is the page's.

use serde_json::{Value, json};

use super::binary::Home;
use super::polled_forge::{Asked, Forge, Reply, ok};

/// Number, title and address of a page, and a title that leads to it.
type Known = (u64, &'static str, &'static str, &'static str);

const PAGES: [Known; 3] = [
    (
        10,
        "Incidents/Queue (2026)",
        "/wiki/Incidents/Queue_(2026)",
        "Queue overflow",
    ),
    (
        11,
        "DNS: what's next, again?",
        "/wiki/DNS:_what%27s_next,_again%3F",
        "DNS-Ausfall (alt)",
    ),
    (
        12,
        "R&D; a + b = c",
        "/wiki/R%26D;_a_%2B_b_%3D_c",
        "Sums: a, b/c",
    ),
];

/// The same pages as browsers and programs ask for them.
const ASKED: [&str; 21] = [
    "/w/index.php?title=Incidents/Queue_(2026)",
    "/w/index.php?title=Incidents%2FQueue_%282026%29",
    "/w/index.php?title=Incidents%2fQueue%20(2026)&action=view",
    "/w/index.php?title=Incidents/Queue_(2026)&oldid=70",
    "/wiki/Incidents/Queue_(2026)",
    "/wiki/Incidents%2FQueue_%282026%29?oldid=70",
    "/w/index.php?title=Queue_overflow",
    "/w/index.php?title=DNS:_what%27s_next,_again%3F",
    "/w/index.php?title=DNS%3A_what's_next%2C_again?",
    "/w/index.php?title=DNS%3A+what%27s+next%2C+again%3F",
    "/wiki/DNS%3A_what's_next%2C_again%3F",
    "/wiki/DNS-Ausfall_%28alt%29",
    "/w/index.php?title=DNS-Ausfall_(alt)",
    "/w/index.php?title=R%26D;_a_%2B_b_=_c",
    "/w/index.php?title=R%26D%3B_a_%2B_b_%3D_c",
    "/wiki/R&D;_a_+_b_=_c",
    "/wiki/R%26D%3B_a_%2B_b_%3D_c",
    "/w/index.php?title=Sums:_a,_b/c",
    "/w/index.php?title=Sums%3A_a%2C_b%2Fc",
    "/wiki/Sums%3A_a%2C_b/c",
    "/w/index.php?curid=12",
];

fn wiki(asked: &Asked, _: &str) -> Reply {
    let target = &asked.target;
    let pages = |of: fn(&Known) -> Value| {
        let pages: Vec<Value> = PAGES.iter().map(of).collect();
        ok(json!({ "query": { "pages": pages } }))
    };
    if target.contains("list=") {
        ok(json!({ "query": { "users": [], "logevents": [] } }))
    } else if target.contains("rvprop=content") {
        ok(json!({ "query": { "pages": [] } }))
    } else if target.contains("prop=revisions") {
        ok(json!({ "query": { "pages": [{ "pageid": 10, "revisions": [{
            "revid": 101, "parentid": 0, "timestamp": "2024-01-01T00:00:00Z", "user": "Grace",
            "userid": 7, "size": 100, "minor": false, "tags": [] }] }] } }))
    } else {
        assert!(
            target.contains("gcmtitle=Category%3APost-mortems"),
            "{target}"
        );
        pages(|(id, title, path, other)| {
            json!({ "pageid": id, "ns": 0, "title": title, "lastrevid": 101,
                "canonicalurl": format!("https://wiki.example.org{path}"),
                "redirects": [{ "title": other }] })
        })
    }
}

#[test]
fn a_read_is_its_pages_however_its_address_is_spelled() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let forge = Forge::new(wiki);
    let lines = ASKED.iter().enumerate().map(|(at, path)| {
        format!(
            "192.0.2.7 - reader{at} [01/Feb/2024:13:00:{at:02} +0000] \"GET {path} HTTP/1.1\" 200 9 \"-\" \
             \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"\n"
        )
    });
    home.file("access.log", lines.collect::<String>());
    let api = &forge.address;
    home.file(
        "readback.toml",
        format!(
            "[privacy]\nk = 1\n\
             [[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"{api}/w/api.php\"\n\
             category = \"Post-mortems\"\ntalk = false\nlinks = false\nviews = false\n\
             [[source]]\nid = \"log\"\nkind = \"access-log\"\nbase = \"https://wiki.example.org\"\n\
             path = \"access.log\"\nwiki = \"mediawiki\"\n"
        ),
    );
    home.done(&["scan"]);
    let out = home.path("report");
    home.done(&["report", "--out", &out.to_string_lossy()]);
    let summary = std::fs::read_to_string(out.join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let received = &summary["health"]["received"];
    assert_eq!(received["unknown_writeup"], 0, "{received}");
    let total = &summary["indicators"]["R1"]["results"]["total_reads"];
    assert_eq!(*total, ASKED.len(), "{}", summary["indicators"]["R1"]);
}
