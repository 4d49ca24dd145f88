//! Sign-in at an OpenID provider that others wrote and certified: it asks for PKCE, and its tokens are
//! checked with its own keys.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use readback::model::Millis;
use readback::web::audit;

use super::served::Reply;
use super::visitor::{Guarded, MARKER, Visitor, apart, header};

/// The provider's process; it ends when this is dropped.
struct Provider {
    child: Child,
    issuer: String,
    /// What it says further on; it would die of it if nobody could hear it.
    _out: BufReader<ChildStdout>,
}

impl Provider {
    /// Starts one that tells groups in the ID token (`id`) or beside it (`userinfo`).
    fn start(redirect: &str, groups: &str) -> Option<Provider> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            let words = "skipped: tests/oidc/node_modules is missing; `npm ci` in tests/oidc";
            writeln!(std::io::stdout(), "{words}").expect("stdout");
            return None;
        }
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .args([redirect, groups])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its words"));
        out.read_line(&mut line).expect("a line");
        let issuer = line.trim().to_owned();
        assert!(issuer.starts_with("http://"), "{issuer}");
        Some(Provider {
            child,
            issuer,
            _out: out,
        })
    }

    fn visitor(&self) -> Visitor {
        Visitor::of(self.issuer.trim_start_matches("http://"))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn clock() -> Millis {
    // The provider has a clock of its own, and its tokens are of now.
    chrono::Utc::now().timestamp_millis()
}

/// A server that sends its readers to a provider, on a port that the provider knows.
async fn guarded(groups: &str) -> Option<(Guarded, Provider)> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    drop(taken);
    let redirect = format!("http://{address}/signin/callback");
    let provider = Provider::start(&redirect, groups)?;
    let file = format!(
        "[server]\npublic_url = \"http://ADDRESS\"\n[access]\nmode = \"oidc\"\nissuer = \"{}\"\n\
         client_id = \"readback\"\nclient_secret = \"only for tests\"\nviewer = [\"staff\"]\n\
         coordinator = [\"coordinators\"]\nadmin = [\"sre-leads\"]\nrestricted = [\"legal\"]\n",
        provider.issuer
    );
    Some((
        Guarded::at(&address.to_string(), &file, clock).await,
        provider,
    ))
}

/// Path and query of an address.
fn path_of(address: &str) -> String {
    let url = url::Url::parse(address).unwrap_or_else(|error| panic!("{error}: {address:?}"));
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// A header as it was sent, which an address needs.
fn location(reply: &Reply) -> String {
    let leads = reply.status == 303 && !header(reply, "location").is_empty();
    assert!(leads, "{reply:?}");
    header(reply, "location").to_owned()
}

/// Goes to the provider and says who it is. Gives the address that leads back.
fn say(at_provider: &mut Visitor, start: &str, name: &str) -> String {
    let mut next = location(&at_provider.get(&path_of(start)));
    for _ in 0..6 {
        if next.contains("/signin/callback") {
            return next;
        }
        let path = match next.starts_with('/') {
            true => next.clone(),
            false => path_of(&next),
        };
        let reply = match path.starts_with("/interaction/") {
            true => {
                let fields = [("prompt", "login"), ("login", name), ("password", "any")];
                at_provider.send(&path, &fields)
            }
            false => at_provider.get(&path),
        };
        next = location(&reply);
    }
    panic!("{name} does not come back: {next}");
}

/// Signs in and gives the answer to the way back.
fn sign_in(reader: &mut Visitor, provider: &Provider, name: &str) -> Reply {
    let start = location(&reader.get("/signin/start?next=%2Fwriteups"));
    let back = say(&mut provider.visitor(), &start, name);
    reader.get(&path_of(&back))
}

#[tokio::test]
async fn groups_at_the_provider_become_roles_here() {
    for groups in ["id", "userinfo"] {
        let Some((guarded, provider)) = guarded(groups).await else {
            return;
        };
        let mut reader = guarded.visitor();
        apart(move || {
            let away = reader.get("/reviews");
            assert_eq!(location(&away), "/signin?next=%2Freviews");
            assert!(reader.get("/signin").text.contains("/signin/start"));
            let restricted = format!("/writeups/{MARKER}");
            for (name, seen) in [("lea", 200), ("cleo", 200), ("lou", 200), ("vera", 404)] {
                let mut reader = reader.anew();
                let done = sign_in(&mut reader, &provider, name);
                assert_eq!(location(&done), "/writeups", "{groups} {name}");
                assert_eq!(reader.get("/").status, 200, "{groups} {name}");
                assert_eq!(reader.get(&restricted).status, seen, "{groups} {name}");
            }
            // In none of the groups.
            let mut stranger = reader.anew();
            let refused = sign_in(&mut stranger, &provider, "mallory");
            assert_eq!(refused.status, 403, "{refused:?}");
            assert!(refused.text.contains("none of your groups"), "{refused:?}");
            assert_eq!(stranger.get("/").status, 303);
        })
        .await;
        let log = audit::read(guarded.folder.path(), None).expect("a log");
        let count = |act| log.iter().filter(|one| one.act == act).count();
        assert_eq!(count(audit::Act::SignedIn), 4);
        assert_eq!(count(audit::Act::SignInRefused), 1);
        let text = format!("{log:?}");
        for name in ["lea", "cleo", "lou", "vera", "mallory"] {
            assert!(!text.contains(&format!("\"{name}\"")), "{text}");
        }
    }
}

#[tokio::test]
async fn what_was_not_begun_here_is_not_believed() {
    let Some((guarded, provider)) = guarded("id").await else {
        return;
    };
    let mut reader = guarded.visitor();
    apart(move || {
        let start = location(&reader.get("/signin/start"));
        let asked = url::Url::parse(&start).expect("an address");
        let asked: Vec<String> = asked
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        for name in ["state", "nonce", "code_challenge"] {
            assert!(asked.iter().any(|one| one == name), "{asked:?}");
        }
        assert!(start.contains("code_challenge_method=S256"), "{start}");
        let back = path_of(&say(&mut provider.visitor(), &start, "lea"));
        // In another browser, which a stranger's link would be opened in.
        let mut other = reader.anew();
        let stray = other.get(&back);
        assert_eq!(stray.status, 400, "{stray:?}");
        assert_eq!(other.get("/").status, 303);
        // That has used the state up, also for whoever began.
        assert_eq!(reader.get(&back).status, 400);
        // Once through, and not a second time.
        let start = location(&reader.get("/signin/start"));
        let back = path_of(&say(&mut provider.visitor(), &start, "lea"));
        assert_eq!(reader.get(&back).status, 303);
        assert_eq!(reader.get("/").status, 200);
        assert_eq!(reader.get(&back).status, 400);
        // A code or an issuer that somebody made up.
        for (what, status) in [
            ("&code=made-up", 403),
            ("&code=x&iss=https%3A%2F%2Fevil.example.org", 502),
            ("&error=access_denied", 403),
            ("&error=%3Csvg%20onload%3Dx%3E", 403),
            ("", 403),
        ] {
            let mut reader = reader.anew();
            let start = location(&reader.get("/signin/start"));
            let start = url::Url::parse(&start).expect("an address");
            let state = start.query_pairs().find(|(name, _)| name == "state");
            let state = state.expect("a state").1.into_owned();
            let refused = reader.get(&format!("/signin/callback?state={state}{what}"));
            assert_eq!(refused.status, status, "{what}: {refused:?}");
            assert!(!refused.text.contains("<svg"), "{refused:?}");
            assert_eq!(reader.get("/").status, 303, "{what}");
        }
        for odd in [
            "/signin/callback",
            "/signin/callback?state=x&state=y",
            "/signin/callback?%ff",
        ] {
            assert_eq!(reader.anew().get(odd).status, 400, "{odd}");
        }
        // While the provider is away nobody new comes in; who is in stays.
        drop(provider);
        let mut late = reader.anew();
        let refused = late.get("/signin/start");
        assert!([303, 503].contains(&refused.status), "{refused:?}");
        assert_eq!(reader.get("/").status, 200);
    })
    .await;
}
