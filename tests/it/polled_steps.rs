//! Forges that cannot answer for a part of what they have: it is stepped over, told, and tried again; all
//! that can be had arrives, once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{prop_assert, prop_assert_eq};
use readback::model::{Millis, parse_rfc3339, to_rfc3339};
use readback::sources::unread;
use serde_json::{Value, json};

use super::binary::Home;
use super::polled_forge::{Asked, Forge, NOW, Reply, Source, ok, short, user};

const SHOP: &str = "/repos/example/shop";
const HOME: &str = "https://github.com/example/shop";
/// 2026-01-01T00:00:00Z.
const BEGIN: Millis = 1_767_225_600_000;

/// A parameter of a question.
fn number(asked: &Asked, name: &str) -> Option<usize> {
    let mut pairs = asked.target.split(['?', '&']);
    let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    value.parse().ok()
}

/// A page of comments 1 to `count`, the nth changed after n times `gap`; refused where one of it is `bad`.
fn comments(
    asked: &Asked,
    own: &str,
    (count, gap): (usize, Millis),
    is_bad: &dyn Fn(usize) -> bool,
) -> Reply {
    let time = |n: usize| to_rfc3339(BEGIN + Millis::try_from(n).expect("small") * gap);
    let since = asked.target.split("since=").nth(1);
    let since = since.map(|rest| {
        rest.split('&')
            .next()
            .unwrap_or_default()
            .replace("%3A", ":")
    });
    let since = since.map_or(0, |since| parse_rfc3339(&since).expect("a time"));
    let all: Vec<usize> = (1..=count)
        .filter(|n| parse_rfc3339(&time(*n)).expect("a time") >= since)
        .collect();
    let size = number(asked, "per_page").expect("a size");
    let page = number(asked, "page").unwrap_or(1);
    let start = all.len().min((page - 1) * size);
    let stop = all.len().min(start + size);
    let shown = &all[start..stop];
    if shown.iter().any(|n| is_bad(*n)) {
        return match size {
            // Or something that is no list.
            25 => ok(json!({ "message": "Server Error" })),
            _ => (502, Vec::new(), json!({})),
        };
    }
    let mut headers = Vec::new();
    if stop < all.len() {
        let query = asked.target.split('?').nth(1).unwrap_or_default();
        let others = query.split('&').filter(|pair| !pair.starts_with("page="));
        let others: Vec<&str> = others.collect();
        headers.push((
            "link",
            format!(
                "<{own}{}?{}&page={}>; rel=\"next\"",
                asked.path(),
                others.join("&"),
                page + 1
            ),
        ));
    }
    let said = shown.iter().map(|n| {
        json!({ "id": n, "user": user(), "body": "see INC-12", "issue_url": "x", "created_at": time(*n),
            "updated_at": time(*n), "html_url": format!("{HOME}/issues/7#issuecomment-{n}") })
    });
    (200, headers, said.collect())
}

/// A forge with these comments, and what sets which of them are bad.
fn ill(count: usize, gap: Millis) -> (Forge, Arc<Mutex<BTreeSet<usize>>>) {
    let bad = Arc::new(Mutex::new(BTreeSet::new()));
    let told = Arc::clone(&bad);
    let forge = Forge::new(move |asked, own| {
        let bad = told.lock().expect("no panic");
        let path = asked.path().strip_prefix(SHOP).unwrap_or_default();
        match path.strip_prefix("/issues/comments") {
            Some("") => comments(asked, own, (count, gap), &|n| bad.contains(&n)),
            Some(_) => (304, Vec::new(), Value::Null),
            None if asked.path() == "/graphql" => {
                ok(json!({ "data": { "repository": { "discussions": { "nodes": [] } } } }))
            }
            None => ok(json!([])),
        }
    });
    (forge, bad)
}

/// How often each comment's link came.
fn count(met: &mut BTreeMap<String, usize>, source: &mut Source) -> Vec<String> {
    let heard = source.pull(NOW).expect("a pull");
    for one in short(&heard) {
        *met.entry(one).or_default() += 1;
    }
    heard.notes
}

fn link(n: usize) -> String {
    format!("link issue_comment:{n}:link:w1")
}

#[test]
fn a_page_that_is_always_refused_is_stepped_over() {
    let (forge, bad) = ill(230, 600_000);
    bad.lock().expect("no panic").extend([137, 201]);
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let mut met = BTreeMap::new();
    for pull in 1..=2 {
        let notes = count(&mut met, &mut source);
        assert!(notes[0].contains("goes on from there"), "{notes:?}");
        // Some pages of the list may be had, none is lost sight of.
        assert!(!met.contains_key(&link(230)), "{pull}");
        let told = unread(source.checkpoint.as_deref().expect("one"));
        assert!(
            told[0].starts_with("a part was refused to the last pull: "),
            "{told:?}"
        );
        assert_eq!(told.len(), 1, "{told:?}");
    }
    forge.asked();
    let notes = count(&mut met, &mut source);
    let asked = forge.asked().len();
    // Fifty texts are looked at again.
    assert!(asked < 50 + 50, "{asked}");
    let all = |met: &BTreeMap<String, usize>| -> Vec<usize> {
        (1..=230).filter(|n| !met.contains_key(&link(*n))).collect()
    };
    assert_eq!(all(&met), [137, 201]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    let told = unread(source.checkpoint.as_deref().expect("one"));
    assert_eq!(told, notes);
    for note in &notes {
        assert!(
            note.starts_with(
                "example/shop: issue comments: what stands at /repos/example/shop/issues/comments?"
            ),
            "{note}"
        );
    }
    // Now one of them can be had, and later the other.
    bad.lock().expect("no panic").remove(&201);
    for _ in 0..3 {
        count(&mut met, &mut source);
    }
    assert_eq!(all(&met), [137]);
    assert_eq!(unread(source.checkpoint.as_deref().expect("one")).len(), 1);
    bad.lock().expect("no panic").clear();
    for _ in 0..8 {
        count(&mut met, &mut source);
    }
    assert_eq!(all(&met), [0; 0]);
    assert!(count(&mut met, &mut source).is_empty());
    assert!(met.values().all(|times| *times == 1), "{met:?}");
}

/// Where nothing behind it is answered either, it is the list that is ill.
#[test]
fn a_list_that_is_ill_is_waited_for() {
    let (forge, bad) = ill(230, 600_000);
    bad.lock().expect("no panic").extend(1..=230);
    let mut source = Source::new("github", &forge.address, &["INC-12"]);
    let mut met = BTreeMap::new();
    for _ in 0..6 {
        forge.asked();
        let notes = count(&mut met, &mut source);
        assert!(forge.asked().len() < 60);
        assert!(notes[0].contains("goes on from there"), "{notes:?}");
    }
    let told = unread(source.checkpoint.as_deref().expect("one"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("a part was refused"), "{told:?}");
    assert!(told[1].contains("refused pull after pull"), "{told:?}");
    bad.lock().expect("no panic").clear();
    count(&mut met, &mut source);
    assert_eq!(met.len(), 230);
    assert_eq!(unread(source.checkpoint.as_deref().expect("one")), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    /// Whatever can't be had, and for how long: the rest arrives, and then all of it, each once.
    #[test]
    fn all_that_can_be_had_arrives_once(
        many in 1..260_usize,
        gap in 1_000..200_000_i64,
        seeds in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let (forge, bad) = ill(many, gap);
        let ills: BTreeSet<usize> = seeds.iter().map(|seed| seed.index(many) + 1).collect();
        bad.lock().expect("no panic").extend(&ills);
        let mut source = Source::new("github", &forge.address, &["INC-12"]);
        let mut met = BTreeMap::new();
        for _ in 0..8 {
            count(&mut met, &mut source);
        }
        for n in 1..=many {
            // Where all of it is ill, nobody knows that it is not the list.
            prop_assert!(ills.contains(&n) || met.contains_key(&link(n)) || ills.len() == many, "{n}");
        }
        bad.lock().expect("no panic").clear();
        for _ in 0..12 {
            count(&mut met, &mut source);
        }
        prop_assert_eq!(met.len(), many);
        prop_assert!(met.values().all(|times| *times == 1), "{:?}", met);
        prop_assert!(unread(source.checkpoint.as_deref().expect("one")).is_empty());
    }
}

/// Lists that can't be asked for a stretch are read once more.
#[test]
fn a_list_without_order_is_read_again() {
    let bad = Arc::new(Mutex::new(true));
    let told = Arc::clone(&bad);
    let forge = Forge::new(move |asked, own| {
        let is_bad = *told.lock().expect("no panic");
        match asked.path().strip_prefix("/api/v1/repos/example/shop") {
            Some("/issues") => ok(json!([])),
            Some("/issues/comments") => {
                let (size, page) = (
                    number(asked, "limit").expect("a size"),
                    number(asked, "page").unwrap_or(1),
                );
                // The newest come first, and none says so.
                let all: Vec<usize> = (1..=70).rev().collect();
                let shown: Vec<usize> = all
                    .iter()
                    .copied()
                    .skip((page - 1) * size)
                    .take(size)
                    .collect();
                if is_bad && shown.contains(&42) {
                    return (500, Vec::new(), json!({}));
                }
                let next = format!(
                    "<{own}{}?limit={size}&page={}>; rel=\"next\"",
                    asked.path(),
                    page + 1
                );
                let headers = Vec::from_iter((page * size < 70).then_some(("link", next)));
                let said = shown.iter().map(|n| {
                    let time = to_rfc3339(BEGIN + Millis::try_from(*n).expect("small") * 600_000);
                    json!({ "id": n, "user": user(), "body": "INC-12", "created_at": time, "updated_at": time,
                        "html_url": format!("https://git.example.org/example/shop/issues/7#issuecomment-{n}") })
                });
                (200, headers, said.collect())
            }
            _ => (304, Vec::new(), Value::Null),
        }
    });
    let mut source = Source::new("gitea", &format!("{}/api/v1", forge.address), &["INC-12"]);
    let mut met = BTreeMap::new();
    for _ in 0..3 {
        count(&mut met, &mut source);
    }
    assert_eq!(met.len(), 69);
    for _ in 0..3 {
        let notes = count(&mut met, &mut source);
        assert_eq!(notes.len(), 1, "{notes:?}");
    }
    *bad.lock().expect("no panic") = false;
    for _ in 0..4 {
        count(&mut met, &mut source);
    }
    assert_eq!(met.len(), 70);
    assert!(met.values().all(|times| *times == 1), "{met:?}");
    assert!(count(&mut met, &mut source).is_empty());
}

/// The real program warns of it, and all works.
#[test]
fn check_tells_what_cannot_be_read() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let (forge, bad) = ill(30, 600_000);
    bad.lock().expect("no panic").insert(7);
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"forge\"\nkind = \"github\"\napi = \"{}\"\nrepositories = [\"example/shop\"]\n",
            forge.address
        ),
    );
    let add = ["writeups", "add", "INC-12", "--published", "2026-02-01"];
    home.done(&add);
    for _ in 0..3 {
        home.done(&["scan"]);
    }
    let said = home.done(&["check", "--offline"]);
    let words = "warning        source forge: example/shop: issue comments: what stands at /repos/example/shop/";
    assert!(said.out.contains(words), "{}", said.out);
    assert!(
        said.out.contains("all works, with 1 warning"),
        "{}",
        said.out
    );
    bad.lock().expect("no panic").clear();
    for _ in 0..3 {
        home.done(&["scan"]);
    }
    let said = home.done(&["check", "--offline"]);
    assert!(said.out.contains("all is well"), "{}", said.out);
}
