//! What the door makes of messages: whose they may be, which of them counts, who is known, and how much
//! the script weighs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;
use crate::model::{Identity, Millis, Vocabulary};
use crate::sources::collected::Collected;

/// 2026-03-02T09:15:00Z
const NOW: Millis = 1_772_442_900_000;
const WIKI: &str = "https://wiki.example.org";
const SECRET: &str = "zz-a-secret-of-the-tests";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

fn beacon(more: &str) -> Result<Beacon, SourceError> {
    let text = format!("origins = [{WIKI:?}, \"http://localhost:8080\"]\n{more}");
    let setting = Setting {
        source: "wiki".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::Tz::UTC,
        writeups: Vec::new(),
    };
    Beacon::new(decode(toml::from_str(&text).unwrap())?, &setting)
}

fn built(more: &str) -> Beacon {
    beacon(more).unwrap_or_else(|error| panic!("{error}"))
}

fn message(more: &Value) -> Value {
    let mut message = json!({
        "pid": "1-22-333-4444", "seq": 2, "doc": "https://wiki.example.org/a", "ms": 12_345,
        "depth": 80, "age": 20_000, "from": "chat", "bot": false,
    });
    let fields = message.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    message
}

/// Headers of a browser that shows a page of ours, and these; an empty one is not sent.
fn headers(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let usual = [("origin", WIKI), ("user-agent", BROWSER)];
    let kept = usual
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more.iter().filter(|(_, value)| !value.is_empty()))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn taken(
    beacon: &Beacon,
    more: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Result<Collected, SourceError> {
    let mut sink = Collected::default();
    let headers = headers(more);
    let delivery = Delivery {
        headers: &headers,
        body: body.as_ref(),
        now: NOW,
    };
    beacon.receive(&delivery, &mut sink)?;
    Ok(sink)
}

fn one(beacon: &Beacon, more: &[(&str, &str)], body: &Value) -> Collected {
    taken(beacon, more, body.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

fn read(event: &Event) -> &Read {
    match &event.body {
        Body::Read(read) => read,
        _ => panic!("no read"),
    }
}

#[test]
fn a_message_is_the_state_of_a_read() {
    let found = one(&built(""), &[], &message(&json!({})));
    let [event] = &found.events[..] else {
        panic!("{:?}", found.problems);
    };
    assert_eq!((&*event.source, &*event.id), ("wiki", "1-22-333-4444"));
    assert_eq!(event.subject, "https://wiki.example.org/a");
    assert_eq!((event.time, event.version), (NOW - 20_000, 2));
    let expected = Read {
        engaged_ms: Some(12_345),
        scroll_milli: Some(800),
        arrival: Some("chat".to_owned()),
        ..Read::default()
    };
    assert!(*read(event) == expected);
    // It is no longer than the cap, and the class is one of those there are.
    let odd = message(&json!({ "ms": 86_400_000, "from": "https://zz.example.org/secret" }));
    let found = one(&built("cap_s = 600"), &[], &odd);
    let read = read(&found.events[0]);
    assert_eq!(read.engaged_ms, Some(600_000));
    assert_eq!(read.arrival.as_deref(), Some("other"));
}

#[test]
fn a_page_of_a_wiki_is_one_however_it_is_looked_at() {
    let media = built("wiki = \"mediawiki\"\nexclude = [\"/wiki/Help:*\"]");
    let doku = built("wiki = \"dokuwiki\"");
    let slashed = built("wiki = \"dokuwiki\"\nuseslash = true");
    let of = |beacon: &Beacon, doc: &str| {
        let doc = format!("{WIKI}{doc}");
        one(beacon, &[], &message(&json!({ "doc": doc })))
    };
    for (beacon, doc, subject) in [
        (
            &media,
            "/w/index.php?title=X&action=view",
            "/w/index.php?title=X",
        ),
        (
            &media,
            "/w/index.php?title=X&oldid=70",
            "/w/index.php?title=X",
        ),
        (&media, "/wiki/X?oldid=70", "/wiki/X"),
        (&media, "/wiki/A;_b", "/wiki/A;_b"),
        (
            &doku,
            "/doku.php?id=postmortems;queue",
            "/doku.php?id=postmortems:queue",
        ),
        (
            &doku,
            "/doku.php?id=pm/queue&rev=1",
            "/doku.php?id=pm_queue",
        ),
        (&slashed, "/doku.php?id=pm/queue", "/doku.php?id=pm:queue"),
    ] {
        let found = of(beacon, doc);
        assert_eq!(found.events[0].subject, format!("{WIKI}{subject}"), "{doc}");
    }
    for (beacon, doc, reason) in [
        (
            &media,
            "/w/index.php?title=X&action=edit",
            "no page of MediaWiki",
        ),
        (
            &media,
            "/w/index.php?title=X&action=history",
            "no page of MediaWiki",
        ),
        (&media, "/wiki/X?diff=8&oldid=7", "no page of MediaWiki"),
        (
            &media,
            "/wiki/Special:RecentChanges",
            "no page of MediaWiki",
        ),
        (&media, "/wiki/Help:Contents", "excluded"),
        (&doku, "/doku.php?id=x&do=edit", "no page of DokuWiki"),
    ] {
        let found = of(beacon, doc);
        assert!(found.events.is_empty(), "{doc}");
        assert_eq!(found.left_out.get(reason), Some(&1), "{doc}");
    }
    for (more, words) in [
        ("useslash = true", "useslash: is a setting of DokuWiki"),
        ("wiki = \"notion\"", "unknown variant `notion`"),
        ("exclude = [\"help\"]", "exclude: \"help\" fits no path"),
    ] {
        let refused = beacon(more).map(drop).expect_err(words).to_string();
        assert!(refused.contains(words), "{refused}");
    }
}

#[test]
fn only_what_chooses_the_page_is_kept_of_its_address() {
    let plain = built("keep_query = [\"thread\"]");
    let hashed = built("hash = true");
    for (beacon, doc, subject) in [
        (
            &plain,
            "/a?user=ada&Thread=2&utm_source=x&token=zz#top",
            "/a?Thread=2",
        ),
        (&plain, "/w/index.php?title=X;v=1", "/w/index.php?title=X"),
        (&plain, "/", "/"),
        (&plain, "/a#/b", "/a"),
        (&hashed, "/#/b?id=3&token=zz", "/#/b?id=3"),
        (&hashed, "/#!/b", "/#!/b"),
        (&hashed, "/a#top", "/a"),
    ] {
        let found = one(
            beacon,
            &[],
            &message(&json!({ "doc": format!("{WIKI}{doc}") })),
        );
        assert_eq!(found.events[0].subject, format!("{WIKI}{subject}"), "{doc}");
    }
    for doc in ["/people/ada%40example.org/x", "/people/ada@example.org"] {
        let found = one(
            &plain,
            &[],
            &message(&json!({ "doc": format!("{WIKI}{doc}") })),
        );
        assert!(found.events.is_empty(), "{doc}");
        assert_eq!(found.left_out["a mail address in the path"], 1, "{doc}");
    }
}

#[test]
fn only_pages_of_its_origins_may_send() {
    let beacon = built("");
    for (headers, takes) in [
        (&[][..], true),
        (&[("origin", "http://localhost:8080")], true),
        (&[("origin", "http://localhost:8081")], false),
        (&[("origin", "http://wiki.example.org")], false),
        (
            &[("origin", "https://wiki.example.org.evil.example")],
            false,
        ),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", "")], false),
        (
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            false,
        ),
        (&[("origin", "null"), ("sec-fetch-site", "same-site")], true),
        (&[("origin", ""), ("sec-fetch-site", "same-origin")], true),
        (
            &[
                ("origin", "https://evil.example"),
                ("sec-fetch-site", "same-site"),
            ],
            false,
        ),
    ] {
        let done = taken(&beacon, headers, message(&json!({})).to_string());
        match done {
            Ok(found) => assert!(takes && found.events.len() == 1, "{headers:?}"),
            Err(error) => {
                assert!(!takes, "{headers:?}: {error}");
                assert!(matches!(error, SourceError::Stranger(_)), "{error}");
            }
        }
    }
    // One of ours does not speak for another.
    let other = message(&json!({ "doc": "https://other.example.org/a" }));
    assert_eq!(one(&beacon, &[], &other).problems[0].field, "doc");
    let odd = "https://ada@example.org/<script>";
    let error = taken(&beacon, &[("origin", odd)], "{}").err().unwrap();
    assert!(!error.to_string().contains("ada"), "{error}");
}

#[test]
fn rubbish_is_told_by_field_and_never_repeated() {
    let beacon = built("");
    let wrong = |more: Value| message(&more).to_string();
    for (body, field) in [
        (String::new(), ""),
        ("zzrubbish".to_owned(), ""),
        ("[]".to_owned(), ""),
        ("[".repeat(5000), ""),
        (wrong(json!({ "pid": "zz zz zz zz" })), "pid"),
        (wrong(json!({ "pid": "zz" })), "pid"),
        (wrong(json!({ "pid": 12_345_678 })), "pid"),
        (wrong(json!({ "seq": 0 })), "seq"),
        (wrong(json!({ "seq": "zz" })), "seq"),
        (wrong(json!({ "seq": 4_294_967_296_u64 })), "seq"),
        (wrong(json!({ "doc": "/zz" })), "doc"),
        (wrong(json!({ "doc": "javascript:zz" })), "doc"),
        (wrong(json!({ "ms": -1 })), "ms"),
        (wrong(json!({ "ms": 1.5 })), "ms"),
        (wrong(json!({ "depth": 101 })), "depth"),
        (wrong(json!({ "age": 1_000_000_000_000_u64 })), "age"),
        (wrong(json!({ "age": null })), "age"),
    ] {
        let found = taken(&beacon, &[], &body).unwrap_or_else(|error| panic!("{error}"));
        assert!(found.events.is_empty(), "{body}");
        let [problem] = &found.problems[..] else {
            panic!("{body}");
        };
        assert_eq!(problem.field, field, "{body}");
        assert!(!problem.to_string().contains("zz"), "{problem}");
    }
}

#[test]
fn programs_are_told_by_agent_and_by_their_own_word() {
    let beacon = built("");
    let plain = message(&json!({}));
    let driven = message(&json!({ "bot": true }));
    for (agent, body, is_bot) in [
        (BROWSER, &plain, false),
        (BROWSER, &driven, true),
        ("Googlebot/2.1", &plain, true),
        ("", &plain, true),
    ] {
        let found = one(&beacon, &[("user-agent", agent)], body);
        assert_eq!(read(&found.events[0]).bot, is_bot, "{agent}");
    }
}

/// A token as any library makes it.
fn minted(secret: &str, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn token(more: &Value) -> String {
    let mut claims = json!({ "aud": "wiki", "sub": "ada@example.org", "exp": NOW / 1000 + 3600 });
    let fields = claims.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    minted(SECRET, &json!({ "alg": "HS256", "typ": "JWT" }), &claims)
}

/// Who reads by this token, or why nobody is believed to.
fn reader(beacon: &Beacon, token: &str, age: Millis) -> Result<Identity, &'static str> {
    let found = one(beacon, &[], &message(&json!({ "who": token, "age": age })));
    // The read counts, whoever it was.
    let person = read(&found.events[0]).person.clone();
    person.ok_or_else(|| found.left_out.keys().next().copied().unwrap_or("silence"))
}

#[test]
fn a_token_says_who_reads_or_nobody_does() {
    let beacon = built(&format!("secret = {SECRET:?}"));
    let hours = |n: i64| NOW / 1000 + n * 3600;
    let valid = token(&json!({}));
    let ada = Identity::bare("ada@example.org");
    assert!(reader(&beacon, &valid, 0) == Ok(ada.clone()));
    assert!(reader(&beacon, &token(&json!({ "aud": ["x", "wiki"] })), 0) == Ok(ada.clone()));
    assert!(reader(&beacon, "", 0) == Err("silence"));
    let (invalid, expired) = ("person: token not valid", "person: token expired");
    let hs = json!({ "alg": "HS256" });
    let claims = json!({ "aud": "wiki", "sub": "eve", "exp": hours(1) });
    let none = minted(SECRET, &json!({ "alg": "none" }), &claims);
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    let mut tampered = valid.clone();
    tampered.replace_range(40..41, if &valid[40..41] == "A" { "B" } else { "A" });
    for (token, reason) in [
        (token(&json!({ "aud": "other" })), invalid),
        (token(&json!({ "aud": null })), invalid),
        (token(&json!({ "sub": " " })), invalid),
        (token(&json!({ "exp": "soon" })), invalid),
        (token(&json!({ "exp": i64::MAX })), invalid),
        (token(&json!({ "exp": hours(-1) })), expired),
        (token(&json!({ "exp": NOW / 1000 })), expired),
        (
            token(&json!({ "exp": hours(25) })),
            "person: token good for too long",
        ),
        (minted("another secret", &hs, &claims), invalid),
        (minted(SECRET, &json!({ "alg": "HS512" }), &claims), invalid),
        (none, invalid),
        (unsigned, invalid),
        (tampered, invalid),
        (format!("{valid}{}", "A".repeat(2048)), invalid),
        ("a.b.c".to_owned(), invalid),
        ("ada@example.org".to_owned(), invalid),
    ] {
        assert!(reader(&beacon, &token, 0) == Err(reason), "{token}");
    }
    // A page stays its reader's while it is open, for half a day.
    let ended = token(&json!({ "exp": hours(-3) }));
    assert!(reader(&beacon, &ended, 4 * 3_600_000) == Ok(ada));
    assert!(reader(&beacon, &token(&json!({ "exp": hours(-13) })), 86_400_000) == Err(expired));
    let blind = built("");
    assert!(reader(&blind, &valid, 0) == Err("person: token, but the source has no secret"));
    // What is no mail address is what the source says it is.
    let login = token(&json!({ "sub": "Ada" }));
    for (people, expected) in [
        ("account", Identity::bare("Ada")),
        ("mediawiki", Identity::of_source("mediawiki", "name", "Ada")),
        (
            "access-log",
            Identity::of_source("access-log", "user", "Ada"),
        ),
    ] {
        let beacon = built(&format!("secret = {SECRET:?}\npeople = {people:?}"));
        assert!(reader(&beacon, &login, 0) == Ok(expected), "{people}");
    }
}

#[test]
fn the_secret_before_this_one_is_taken_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old");
    std::fs::write(&path, "an older secret\n").unwrap();
    let beacon = built(&format!(
        "secret = {SECRET:?}\nprevious_secret_file = {path:?}"
    ));
    let claims = json!({ "aud": "wiki", "sub": "ada", "exp": NOW / 1000 + 60 });
    for secret in [SECRET, "an older secret"] {
        let token = minted(secret, &json!({ "alg": "HS256" }), &claims);
        assert!(
            reader(&beacon, &token, 0) == Ok(Identity::bare("ada")),
            "{secret}"
        );
    }
}

#[test]
fn wishes_of_readers_hold_at_the_door() {
    let who = token(&json!({}));
    let body = message(&json!({ "who": who }));
    let (ignore, person, nothing) = ("ignore", "no-person", "nothing");
    // What the two settings are, what the browser sends, and what is left: 2 all, 1 no person, 0 nothing.
    for (gpc, dnt, sent, left) in [
        (person, person, &[][..], 2),
        (person, person, &[("sec-gpc", "1")], 1),
        (person, person, &[("dnt", "1")], 1),
        (person, person, &[("dnt", "0")], 2),
        (ignore, ignore, &[("sec-gpc", "1"), ("dnt", "1")], 2),
        (nothing, person, &[("sec-gpc", "1")], 0),
        (nothing, person, &[("dnt", "1")], 1),
        (person, nothing, &[("sec-gpc", "1"), ("dnt", "1")], 0),
        (ignore, nothing, &[("sec-gpc", "1")], 2),
    ] {
        let beacon = built(&format!(
            "secret = {SECRET:?}\ngpc = {gpc:?}\ndnt = {dnt:?}"
        ));
        let found = one(&beacon, sent, &body);
        let known = found
            .events
            .first()
            .map(|event| read(event).person.is_some());
        let got = known.map_or(0, |known| 1 + usize::from(known));
        assert_eq!(got, left, "{gpc} {dnt} {sent:?}");
        assert_eq!(
            found.left_out.len(),
            usize::from(left < 2),
            "{gpc} {dnt} {sent:?}"
        );
    }
}

#[test]
fn what_is_wrong_with_the_parameters_is_told() {
    for (more, word) in [
        ("idle_s = 1", "idle_s: is 1; valid are 5 to 600"),
        ("cap_s = 3600", "cap_s: is 3600"),
        ("gpc = \"sometimes\"", "sometimes"),
        ("chat = [\"\"]", "chat: one of them is no place"),
        ("code = [\"git example\"]", "code: one of them is no place"),
        ("secret = \"a\"\nsecret_file = \"b\"", "not both"),
    ] {
        let error = beacon(more).err().unwrap_or_else(|| panic!("{more}"));
        assert!(error.to_string().contains(word), "{more}: {error}");
    }
    let setting = Setting {
        source: "wiki".to_owned(),
        vocabulary: Vocabulary::default(),
        timezone: chrono_tz::Tz::UTC,
        writeups: Vec::new(),
    };
    for origins in [
        "[]",
        "[\"wiki.example.org\"]",
        "[\"https://wiki.example.org/a\"]",
        "[\"https://ada:zzsecret@wiki.example.org\"]",
        "[\"ftp://wiki.example.org\"]",
    ] {
        let params = toml::from_str(&format!("origins = {origins}")).unwrap();
        let error = build(params, &setting)
            .err()
            .unwrap_or_else(|| panic!("{origins}"));
        let words = error.to_string();
        assert!(
            words.contains("origins") && !words.contains("zzsecret"),
            "{words}"
        );
    }
}

#[test]
fn the_script_is_small_and_asks_for_nothing() {
    let sample: toml::Table = toml::from_str(KIND.sample).unwrap();
    let mut params = sample["source"][0].as_table().unwrap().clone();
    params.retain(|key, _| !["id", "kind", "secret_file"].contains(&key));
    let more: String = params
        .iter()
        .filter(|(key, _)| *key != "origins")
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    for beacon in [built(""), built(&more)] {
        let script = &beacon.script;
        assert!(script.packed.len() < 2048, "{}", script.packed.len());
        for word in [
            "SETTINGS",
            "cookie",
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "caches",
            "canvas",
            "userAgent",
            "language",
            "screen",
            "//",
            "http",
        ] {
            assert!(!script.text.contains(word), "{word}");
        }
        let mut unpacked = String::new();
        let mut reader = flate2::read::GzDecoder::new(&script.packed[..]);
        std::io::Read::read_to_string(&mut reader, &mut unpacked).unwrap();
        assert_eq!(unpacked, script.text);
    }
    let said = look(
        toml::from_str(&format!("origins = [{WIKI:?}]")).unwrap(),
        &Setting {
            source: "the wiki".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::Tz::UTC,
            writeups: Vec::new(),
        },
    );
    let said = said.unwrap_or_else(|error| panic!("{error}")).said;
    assert!(said.contains("/beacon.js?source=the%20wiki"), "{said}");
}

#[test]
fn places_are_tried_in_their_order() {
    let own = |texts: &[&str]| -> Vec<String> { texts.iter().map(|t| (*t).to_owned()).collect() };
    let given = places::Given {
        onboarding: &own(&["/wiki/Welcome", "https://Intranet.example.org/start"]),
        writeups: &own(&["/wiki/Incidents/"]),
        chat: &own(&["chat.example.org:8443"]),
        mail: &[],
        code: &[],
        search: &own(&["/index.php?search="]),
    };
    let hosts = own(&["wiki.example.org", "w.example.org"]);
    let all = places::by_class(&given, &hosts).unwrap_or_else(|error| panic!("{error}"));
    let classes: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(
        classes,
        [
            "onboarding",
            "writeup",
            "chat",
            "mail",
            "code",
            "search",
            "wiki"
        ]
    );
    assert_eq!(
        all["onboarding"],
        json!([
            "wiki.example.org|/wiki/Welcome",
            "w.example.org|/wiki/Welcome",
            "intranet.example.org|/start",
        ])
    );
    assert_eq!(all["chat"][0], "chat.example.org:8443");
    assert_eq!(all["search"][0], "wiki.example.org|/index.php?search=");
    assert_eq!(all["wiki"], json!(hosts));
    // Whatever the script may say is a class that the door knows.
    let known = classes.iter().chain(&["direct", "other"]);
    assert!(known.clone().all(|class| places::CLASSES.contains(class)));
    assert_eq!(known.count(), places::CLASSES.len());
}

/// How messages travel: which of the view's arrive, in which order, how often.
fn journeys() -> impl Strategy<Value = (Vec<(u32, u16)>, Vec<usize>)> {
    let steps = prop::collection::vec((0_u32..20_000, 0_u16..30), 1..12);
    steps.prop_flat_map(|steps| {
        let length = steps.len();
        let arrivals = prop::collection::vec(0..length, 1..30);
        (Just(steps), arrivals)
    })
}

proptest! {
    /// Lost, late, repeated: what is left is the state of the greatest sequence that came.
    #[test]
    fn the_latest_state_that_came_is_left((steps, arrivals) in journeys()) {
        let beacon = built("");
        let (mut ms, mut depth) = (0, 0);
        let mut states = Vec::new();
        for (index, (more, deeper)) in steps.iter().enumerate() {
            ms += more;
            depth = (depth + deeper).min(100);
            states.push(message(&json!({ "seq": index + 1, "ms": ms, "depth": depth, "age": ms })));
        }
        let mut found = Collected::default();
        for index in &arrivals {
            found.events.extend(one(&beacon, &[], &states[*index]).events);
        }
        // As the store does: one row an id, and of its versions the greatest.
        prop_assert!(found.events.iter().all(|event| event.id == found.events[0].id));
        let left = found.events.iter().max_by_key(|event| event.version);
        let left = read(left.expect("one came"));
        let last = &states[*arrivals.iter().max().expect("one came")];
        prop_assert_eq!(left.engaged_ms.map(u64::from), last["ms"].as_u64().map(|ms| ms.min(1_800_000)));
        prop_assert_eq!(left.scroll_milli.map(u64::from), last["depth"].as_u64().map(|d| d * 10));
    }

    #[test]
    fn nothing_that_is_sent_panics(body in any::<Vec<u8>>(), who in any::<String>(), doc in any::<String>()) {
        let beacon = built(&format!("secret = {SECRET:?}\nhash = true"));
        let _ = taken(&beacon, &[], body);
        let odd = message(&json!({ "who": who, "doc": format!("{WIKI}/{doc}") }));
        let found = one(&beacon, &[], &odd);
        prop_assert!(found.events.len() < 2);
    }
}
