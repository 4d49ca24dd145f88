//! Who sees the pages, tried from outside: nobody who has not signed in, nobody whom a foreign header
//! names, nobody who guesses.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use readback::config::Role;
use readback::model::Millis;
use readback::web::access::{Right, accounts, file};
use readback::web::{audit, routes};

use super::doorway::NOW;
use super::visitor::{Guarded, MARKER, apart, clock, field, header, unscripted};

const PASSWORD: &str = "correct horse battery";
const BY_PASSWORD: &str = "[access]\nmode = \"password\"\n";
const BY_PROXY: &str = "[access]\nmode = \"proxy\"\ntrusted = [\"127.0.0.0/8\"]\nviewer = [\"staff\"]\n\
     coordinator = [\"sre\"]\nadmin = [\"leads\"]\nrestricted = [\"legal\"]\n";

fn account(guarded: &Guarded, name: &str, role: Role, restricted: bool) {
    let path = file(guarded.folder.path());
    accounts::add(&path, name, PASSWORD, (role, restricted), String::new()).expect("an account");
}

/// An address for a route, with something for each of its parameters.
fn address(path: &str) -> String {
    path.replace("{source}", "beacon")
        .replace("{name}", "l1-read-curve.svg")
        .replace("{part}", "door")
        .replace("{id}", MARKER)
        .replace("{code}", "L1")
        .replace("{*path}", "style.css")
        .replace("{*name}", MARKER)
        .replace("{picture}", "badge.svg")
}

/// The headers that every answer has, and the words that none has.
fn decent(what: &str, reply: &super::served::Reply) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(header(reply, name), value, "{what}: {}", reply.head);
    }
    // Forms say where they are from; nothing else does.
    let from = header(reply, "referrer-policy");
    assert!(
        ["no-referrer", "same-origin"].contains(&from),
        "{what}: {from}"
    );
    let policy = header(reply, "content-security-policy");
    let strict =
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'");
    assert!(strict, "{what}: {policy}");
    // Scripts come from here alone, and none stands in a page.
    let scripts = policy.split(';').map(str::trim);
    let mut scripts = scripts.filter(|one| one.starts_with("script-src"));
    assert!(
        scripts.all(|one| one == "script-src 'self'"),
        "{what}: {policy}"
    );
    assert!(
        header(reply, "permissions-policy").contains("camera=()"),
        "{what}"
    );
    assert!(!unscripted(&reply.text).contains("<script"), "{what}");
}

#[tokio::test]
async fn whoever_has_not_signed_in_sees_nothing() {
    let modes = [
        ("password", "127.0.0.1:0", BY_PASSWORD),
        ("proxy", "127.0.0.1:0", BY_PROXY),
        ("loopback", "0.0.0.0:0", ""),
    ];
    for (mode, host, file) in modes {
        let guarded = Guarded::at(host, file, clock).await;
        let mut visitor = guarded.visitor();
        apart(move || {
            let mut closed = 0;
            for (path, right) in routes() {
                let reply = visitor.get(&address(path));
                let what = format!("{mode} {path}");
                decent(&what, &reply);
                assert!(
                    !reply.text.contains(MARKER) && reply.status != 500,
                    "{what}"
                );
                if matches!(right, Right::Role(_) | Right::Embed | Right::Published) {
                    closed += 1;
                    assert!([303, 401, 403].contains(&reply.status), "{what}: {reply:?}");
                    // Not a number, not a name.
                    assert!(!reply.text.contains("Forty People"), "{what}");
                    assert!(!reply.text.contains("write-ups"), "{what}: {reply:?}");
                }
            }
            assert!(closed > 7, "{closed}");
            // Nor is it told what there is.
            for path in [
                "/nowhere",
                "/writeups/none",
                "/charts/none.svg",
                "/definitions/zz",
            ] {
                let reply = visitor.get(path);
                assert!(
                    [303, 401, 403].contains(&reply.status),
                    "{mode} {path}: {reply:?}"
                );
                decent(path, &reply);
            }
            for line in [
                "POST /writeups",
                "DELETE /",
                "PUT /summary.json",
                "OPTIONS /",
            ] {
                let (method, path) = line.split_once(' ').expect("a method");
                let reply = visitor.ask(method, path, "", b"");
                assert!(
                    [401, 403].contains(&reply.status),
                    "{mode} {line}: {reply:?}"
                );
            }
            // The door has its own ways.
            assert_eq!(visitor.ask("POST", "/v1/events", "", b"{}").status, 401);
            assert_eq!(visitor.get("/healthz").status, 200);
            assert_eq!(visitor.get("/readyz/door").status, 200);
        })
        .await;
    }
}

#[tokio::test]
async fn on_this_machine_pages_are_open_to_it_alone() {
    let guarded = Guarded::start("", clock).await;
    let mut visitor = guarded.visitor();
    apart(move || {
        let reply = visitor.get("/writeups");
        assert_eq!(reply.status, 200);
        decent("/writeups", &reply);
        assert!(!reply.text.contains(MARKER), "nobody has shown who it is");
        let access = visitor.get("/readyz").json()["parts"]["access"].clone();
        assert_eq!(
            access,
            serde_json::json!({ "ok": true, "mode": "loopback" })
        );
        for line in [
            "X-Forwarded-For: 127.0.0.1\r\n",
            "Forwarded: for=127.0.0.1\r\n",
            "Host: readback.evil.example.org\r\n",
        ] {
            let reply = visitor.ask("GET", "/", line, b"");
            assert_eq!(reply.status, 403, "{line}");
            assert!(
                reply.text.contains("this machine alone"),
                "{line}: {reply:?}"
            );
        }
        // A tunnel may lead anybody to the metrics, too.
        assert_eq!(visitor.get("/metrics").status, 200);
        assert_eq!(
            visitor
                .ask("GET", "/metrics", "X-Forwarded-For: 1\r\n", b"")
                .status,
            401
        );
    })
    .await;
    let token = guarded.door.token(&[], &["metrics"]);
    let sender = guarded.door.token(&[], &[]);
    let mut visitor = guarded.visitor();
    apart(move || {
        let with = |token: &str| format!("X-Forwarded-For: 1\r\nAuthorization: Bearer {token}\r\n");
        assert_eq!(
            visitor.ask("GET", "/metrics", &with(&token), b"").status,
            200
        );
        assert_eq!(
            visitor.ask("GET", "/metrics", &with(&sender), b"").status,
            403
        );
        let refused = visitor.ask("POST", "/v1/events", &with(&token), b"{}");
        assert_eq!(refused.status, 403, "it sends nothing: {refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_program_reads_what_is_published_by_its_token_and_nothing_else() {
    for file in [BY_PASSWORD, BY_PROXY] {
        let guarded = Guarded::start(file, clock).await;
        let token = guarded.door.token(&[], &["published"]);
        let sender = guarded.door.token(&[], &["read"]);
        let mut visitor = guarded.visitor();
        apart(move || {
            let from = "X-Forwarded-For: 198.51.100.7\r\n";
            let with = |token: &str| format!("{from}Authorization: Bearer {token}\r\n");
            let published: Vec<&str> = routes()
                .filter(|(_, right)| *right == Right::Published)
                .map(|(path, _)| path)
                .collect();
            assert!(published.len() > 9, "{published:?}");
            for path in published {
                let path = address(path).replace("{by}", "team");
                let reply = visitor.ask("GET", &path, &with(&token), b"");
                // What is restricted is told like what is not there.
                let is_one = path.contains(MARKER) || path.contains("slices/");
                let expected = if is_one { 404 } else { 200 };
                assert_eq!(reply.status, expected, "{path}: {reply:?}");
                assert!(!reply.text.contains(MARKER), "{path}");
                let reply = visitor.ask("GET", &path, &with(&sender), b"");
                assert_eq!(reply.status, 403, "{path}: {reply:?}");
                assert!(reply.text.contains("--type published"), "{path}");
                for nobody in [with("rb_unknown"), from.to_owned()] {
                    let reply = visitor.ask("GET", &path, &nobody, b"");
                    assert!([401, 403].contains(&reply.status), "{path}: {reply:?}");
                }
            }
            for path in [
                "/",
                "/writeups",
                "/summary.json",
                "/feed.atom",
                "/registry",
                "/audit",
                "/metrics",
            ] {
                let reply = visitor.ask("GET", path, &with(&token), b"");
                assert!([303, 401, 403].contains(&reply.status), "{path}: {reply:?}");
            }
            for path in [
                "/v1/events",
                "/v1/writeups/INC-1",
                "/v1/imports/events",
                "/api/v1",
            ] {
                let reply = visitor.ask("POST", path, &with(&token), b"{}");
                assert!([403, 405].contains(&reply.status), "{path}: {reply:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn only_the_proxy_says_who_it_is() {
    let file = BY_PROXY.replace("127.0.0.0/8", "192.0.2.0/24");
    let untrusted = Guarded::start(&file, clock).await;
    let mut visitor = untrusted.visitor();
    apart(move || {
        for more in [
            "",
            "X-Forwarded-User: lea\r\nX-Forwarded-Groups: leads\r\n",
            "X-Forwarded-User: lea\r\nX-Forwarded-Groups: leads\r\nX-Forwarded-For: 192.0.2.1\r\n",
            "X-Forwarded-User: lea\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n",
        ] {
            let reply = visitor.ask("GET", "/", more, b"");
            assert_eq!(reply.status, 403, "{more}");
            assert!(!reply.text.contains("lea"), "{reply:?}");
        }
    })
    .await;
    let trusted = Guarded::start(BY_PROXY, clock).await;
    let mut visitor = trusted.visitor();
    apart(move || {
        let path = format!("/writeups/{MARKER}");
        let mut seen = |user: &str, groups: &str| {
            let head = format!("X-Forwarded-User: {user}\r\nX-Forwarded-Groups: {groups}\r\n");
            let first = visitor.ask("GET", "/", &head, b"").status;
            (first, visitor.ask("GET", &path, &head, b"").status)
        };
        assert_eq!(seen("lea", "leads"), (200, 200));
        assert_eq!(seen("cleo", "other , sre"), (200, 200));
        assert_eq!(seen("vera", "staff"), (200, 404));
        assert_eq!(seen("lou", "staff,legal"), (200, 200));
        assert_eq!(seen("mallory", "strangers"), (403, 403));
        assert_eq!(seen("", "leads"), (403, 403));
        // Who slips in a header of his own beside the proxy's is not believed.
        assert_eq!(seen("vera\r\nX-Forwarded-User: lea", "leads"), (403, 403));
        assert_eq!(
            seen("vera", "staff\r\nX-Forwarded-Groups: leads"),
            (403, 403)
        );
        // A form of elsewhere changes nothing, whatever the proxy says.
        let head = "X-Forwarded-User: lea\r\nX-Forwarded-Groups: leads\r\nOrigin: http://evil\r\n";
        assert_eq!(visitor.ask("POST", "/writeups", head, b"").status, 403);
    })
    .await;
    let noted = audit::read(trusted.folder.path(), None).expect("a log");
    assert_eq!(noted.len(), 3, "looks at the restricted one: {noted:?}");
    for entry in &noted {
        assert_eq!(
            (entry.act, entry.what.as_deref()),
            (audit::Act::RestrictedSeen, Some(MARKER))
        );
        assert_eq!(entry.who.as_ref().map(String::len), Some(32));
    }
}

#[tokio::test]
async fn a_session_begins_with_a_password_and_ends() {
    static NOW_HERE: AtomicI64 = AtomicI64::new(NOW);
    fn now() -> Millis {
        NOW_HERE.load(Ordering::SeqCst)
    }
    let guarded = Guarded::start(BY_PASSWORD, now).await;
    account(&guarded, "vera", Role::Viewer, false);
    account(&guarded, "cleo", Role::Coordinator, false);
    let folder = guarded.folder.path().to_owned();
    let (mut vera, mut cleo) = (guarded.visitor(), guarded.visitor());
    apart(move || {
        let away = vera.get("/writeups?q=a&sort=links");
        assert_eq!(away.status, 303);
        assert_eq!(
            header(&away, "location"),
            "/signin?next=%2Fwriteups%3Fq%3Da%26sort%3Dlinks"
        );
        let page = vera.get("/signin?next=%2Fwriteups%3Fq%3Da");
        assert_eq!(field(&page.text, "next"), "/writeups?q=a");
        let (form, before) = (field(&page.text, "form"), vera.cookies.clone());
        let fields = [
            ("account", "vera"),
            ("password", PASSWORD),
            ("form", &*form),
            ("next", "/writeups?q=a"),
        ];
        // From elsewhere, without the form's token, with another's: nobody is signed in.
        let evil = "Origin: http://evil.example.org\r\n";
        assert_eq!(vera.send_from(evil, "/signin", &fields).status, 403);
        vera.cookies = before.clone();
        assert_eq!(vera.send_from("", "/signin", &fields).status, 403);
        vera.cookies = before.clone();
        assert_eq!(vera.send("/signin", &fields[..2]).status, 403);
        vera.cookies = before;
        let done = vera.send("/signin", &fields);
        assert_eq!(
            (done.status, header(&done, "location")),
            (303, "/writeups?q=a")
        );
        let set = done
            .head
            .lines()
            .find(|line| line.contains(" readback="))
            .expect("a cookie");
        for word in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
            assert!(set.contains(word), "{set}");
        }
        let list = vera.get("/writeups");
        assert!(list.status == 200 && !list.text.contains(MARKER));
        let first = vera.cookies["readback"].clone();
        // Signing in again gives another id, and the first is good for nothing.
        vera.cookies.remove("readback");
        assert_eq!(vera.sign_in("vera", PASSWORD).status, 303);
        assert_ne!(vera.cookies["readback"], first);
        assert_eq!(cleo.sign_in("cleo", PASSWORD).status, 303);
        assert!(cleo.get("/writeups").text.contains(MARKER));
        assert_eq!(cleo.get(&format!("/writeups/{MARKER}")).status, 200);
        assert_eq!(vera.get(&format!("/writeups/{MARKER}")).status, 404);
        // Out, but only by a form of ours.
        let form = field(&cleo.get("/signin").text, "form");
        assert_eq!(cleo.send("/signout", &[("form", "x")]).status, 403);
        assert_eq!(
            cleo.send_from(evil, "/signout", &[("form", &form)]).status,
            403
        );
        assert_eq!(cleo.get("/").status, 200);
        let kept = cleo.cookies.clone();
        assert_eq!(cleo.send("/signout", &[("form", &form)]).status, 303);
        cleo.cookies = kept;
        assert_eq!(
            cleo.get("/").status,
            303,
            "the id is dead, not only forgotten"
        );
        // Idle for eight hours.
        NOW_HERE.fetch_add(8 * 3_600_000, Ordering::SeqCst);
        assert_eq!(vera.get("/").status, 303);
        assert_eq!(vera.get("/summary.json").status, 401);
    })
    .await;
    let log = std::fs::read_to_string(folder.join("audit/2026-03-02.ndjson")).expect("a log");
    for word in ["signed-in", "signed-out", "restricted-seen"] {
        assert!(log.contains(word), "{log}");
    }
    assert!(
        !log.contains("vera") && !log.contains("cleo") && !log.contains("127.0.0.1"),
        "{log}"
    );
}

#[tokio::test]
async fn an_account_that_is_gone_sees_nothing_any_more() {
    let guarded = Guarded::start(BY_PASSWORD, clock).await;
    account(&guarded, "vera", Role::Viewer, false);
    let path = file(guarded.folder.path());
    let mut vera = guarded.visitor();
    apart(move || {
        vera.sign_in("vera", PASSWORD);
        assert_eq!(vera.get("/").status, 200);
        accounts::set_password(&path, "vera", "another password").expect("a password");
        let since = std::time::Instant::now();
        while vera.get("/").status != 303 {
            assert!(since.elapsed() < super::served::PATIENCE);
        }
        assert_eq!(vera.sign_in("vera", PASSWORD).status, 401);
        assert_eq!(vera.sign_in("vera", "another password").status, 303);
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed() {
    static NOW_HERE: AtomicI64 = AtomicI64::new(NOW);
    fn now() -> Millis {
        NOW_HERE.load(Ordering::SeqCst)
    }
    let guarded = Guarded::start(BY_PASSWORD, now).await;
    account(&guarded, "ops", Role::Admin, false);
    let mut visitor = guarded.visitor();
    apart(move || {
        let mut taken = 0;
        let mut waits: Vec<i64> = Vec::new();
        for n in 0..16 {
            let reply = visitor.sign_in("ops", &format!("guess number {n}"));
            assert!(!reply.text.contains("guess number"), "{reply:?}");
            match reply.status {
                401 => taken += 1,
                429 => {
                    let wait = header(&reply, "retry-after").parse().expect("seconds");
                    waits.push(wait);
                    NOW_HERE.fetch_add(wait * 1000, Ordering::SeqCst);
                }
                other => panic!("{other}: {reply:?}"),
            }
        }
        assert_eq!(waits, [2, 3, 5, 9, 17, 33], "{taken} were taken");
        // Not even the right one, as long as it waits; and an unknown account is treated alike.
        NOW_HERE.fetch_add(120_000, Ordering::SeqCst);
        assert_eq!(visitor.sign_in("ops", "wrong again").status, 401);
        assert_eq!(visitor.sign_in("ops", PASSWORD).status, 429);
        NOW_HERE.fetch_add(120_000, Ordering::SeqCst);
        assert_eq!(visitor.sign_in("ops", PASSWORD).status, 303);
        let unknown = visitor.anew().sign_in("nobody", PASSWORD);
        let known = visitor.anew().sign_in("ops", "wrong once more");
        assert_eq!(unknown.status, known.status);
        let words = |text: &str| text.contains("do not belong together");
        assert!(words(&unknown.text) && words(&known.text));
    })
    .await;
    let refused = audit::read(guarded.folder.path(), None).expect("a log");
    let refused = refused
        .iter()
        .filter(|one| one.act == audit::Act::SignInRefused);
    assert!(refused.count() >= 12);
}

#[tokio::test]
async fn nobody_is_led_astray_after_signing_in() {
    let guarded = Guarded::start(BY_PASSWORD, clock).await;
    account(&guarded, "vera", Role::Viewer, false);
    let mut vera = guarded.visitor();
    apart(move || {
        for next in [
            "https://evil.example.org/",
            "//evil.example.org",
            "/\\evil.example.org",
            "/%0d%0aSet-Cookie:x",
            "javascript:alert(1)",
        ] {
            let wanted: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let page = vera.get(&format!("/signin?next={wanted}"));
            let form = field(&page.text, "form");
            let fields = [
                ("account", "vera"),
                ("password", PASSWORD),
                ("form", &*form),
                ("next", next),
            ];
            let done = vera.send("/signin", &fields);
            let location = header(&done, "location").to_owned();
            assert_eq!(done.status, 303);
            assert!(location == "/" || location == next, "{next}: {location}");
            assert!(
                location.starts_with('/') && !location.starts_with("//"),
                "{location}"
            );
            let out = field(&vera.get("/signin").text, "form");
            vera.send("/signout", &[("form", &out)]);
        }
    })
    .await;
}

#[tokio::test]
async fn behind_https_cookies_and_answers_say_so() {
    let file = format!("{BY_PASSWORD}[server]\npublic_url = \"https://readback.example.org\"\n");
    let guarded = Guarded::start(&file, clock).await;
    account(&guarded, "vera", Role::Viewer, false);
    let mut vera = guarded.visitor();
    apart(move || {
        let page = vera.get("/signin");
        assert!(header(&page, "strict-transport-security").starts_with("max-age="));
        let form = field(&page.text, "form");
        let fields = [
            ("account", "vera"),
            ("password", PASSWORD),
            ("form", &*form),
        ];
        let inner = "Origin: http://127.0.0.1\r\n";
        assert_eq!(vera.send_from(inner, "/signin", &fields).status, 403);
        let form = field(&vera.get("/signin").text, "form");
        let fields = [
            ("account", "vera"),
            ("password", PASSWORD),
            ("form", &*form),
        ];
        let origin = "Origin: https://readback.example.org\r\n";
        let done = vera.send_from(origin, "/signin", &fields);
        assert_eq!(done.status, 303, "{done:?}");
        let set = done
            .head
            .lines()
            .find(|line| line.contains("__Host-readback="))
            .expect("a cookie");
        assert!(
            set.contains("; Secure") && set.contains("HttpOnly"),
            "{set}"
        );
        assert_eq!(vera.get("/").status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_browser_signs_in_and_out() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = std::env::var_os("CHROMIUM").unwrap_or("/usr/bin/chromium".into());
    if !Path::new(&chromium).is_file() || !tests.join("node_modules/playwright-core").is_dir() {
        let words = "skipped: no Chromium, or tests/browser/node_modules is missing";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    }
    let guarded = Guarded::start(BY_PASSWORD, clock).await;
    account(&guarded, "vera", Role::Viewer, false);
    let (_, port) = guarded.address.rsplit_once(':').expect("a port");
    let port = port.to_owned();
    apart(move || {
        let looked = std::process::Command::new("node")
            .arg(tests.join("signin.mjs"))
            .args([&*port, "vera", PASSWORD])
            .env("CHROMIUM", chromium)
            .output()
            .expect("node runs");
        let said = String::from_utf8_lossy(&looked.stdout);
        let errors = String::from_utf8_lossy(&looked.stderr);
        assert!(looked.status.success(), "{said}\n{errors}");
        assert!(said.contains("all is well"), "{said}\n{errors}");
    })
    .await;
}
