//! A reader with a browser's manners: keeps cookies, fills in forms, goes on where it is sent only when
//! told to. And a server with the access that a test asks for.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use readback::collect::Keys;
use readback::config::{self, Environment, Flags};
use readback::model::Millis;
use readback::web::access::Access;
use readback::web::{Published, router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::doorway::{Doorway, open};
use super::served::{PATIENCE, Reply};

/// A word that stands in a restricted write-up alone: in its id, title and address.
pub(crate) const MARKER: &str = "zzrestricted";

/// Somebody at a browser.
pub(crate) struct Visitor {
    address: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// More lines for every request.
    pub(crate) more: String,
}

impl Visitor {
    pub(crate) fn of(address: &str) -> Visitor {
        Visitor {
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            more: String::new(),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", b"")
    }

    /// What this server's pages are.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a form as a page of this server does.
    pub(crate) fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let origin = format!("Origin: {}\r\n", self.origin());
        self.send_from(&origin, path, fields)
    }

    /// The same from elsewhere.
    pub(crate) fn send_from(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let head = format!("{from}Content-Type: application/x-www-form-urlencoded\r\n");
        self.ask("POST", path, &head, form.finish().as_bytes())
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let cookies = match pairs.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", pairs.join("; ")),
        };
        let (length, more) = (body.len(), &self.more);
        let host = match head.contains("Host:") {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address),
        };
        let text = format!(
            "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n\
             {cookies}{more}{head}\r\n"
        );
        stream.write_all(text.as_bytes()).expect("a request");
        // Who is refused early may not read on.
        let _ = stream.write_all(body);
        let raw = raw(stream);
        for cookie in raw.1 {
            let (pair, _) = cookie.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a value");
            match value.is_empty() {
                true => _ = self.cookies.remove(name),
                false => _ = self.cookies.insert(name.to_owned(), value.to_owned()),
            }
        }
        raw.0
    }

    /// The same place in another browser.
    pub(crate) fn anew(&self) -> Visitor {
        Visitor::of(&self.address)
    }

    /// Signs in with a password.
    pub(crate) fn sign_in(&mut self, account: &str, password: &str) -> Reply {
        let page = self.get("/signin");
        let form = field(&page.text, "form");
        let fields = [
            ("account", account),
            ("password", password),
            ("form", &form),
        ];
        self.send("/signin", &fields)
    }
}

/// An answer and the cookies that it sets, as they were sent.
fn raw(mut stream: TcpStream) -> (Reply, Vec<String>) {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let answer = super::engine_http::answer(&bytes);
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| value.trim().to_owned())
    };
    let cookies = answer.head.lines().filter_map(line).collect();
    let reply = Reply {
        status: answer.status,
        text: String::from_utf8_lossy(&answer.body).into_owned(),
        head: answer.head,
    };
    (reply, cookies)
}

/// The value of a hidden field.
pub(crate) fn field(html: &str, name: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no field {name}: {html}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// A header of an answer; empty where it is missing.
pub(crate) fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let lines = reply.head.lines().filter_map(|line| line.split_once(':'));
    let mut values = lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim());
    values.next().unwrap_or_default()
}

/// A page without the one script that belongs to it.
pub(crate) fn unscripted(html: &str) -> String {
    let own = "<script src=\"[^\"<>]*assets(?:/|&#x2f;)page\\.js[^\"<>]*\" defer></script>";
    let own = regex::Regex::new(own).expect("a pattern");
    own.replace(html, "").into_owned()
}

/// A clock that a test sets.
pub(crate) static CLOCK: AtomicI64 = AtomicI64::new(super::doorway::NOW);

pub(crate) fn clock() -> Millis {
    CLOCK.load(Ordering::SeqCst)
}

/// A server with access as it is configured, and both summaries.
pub(crate) struct Guarded {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) door: Doorway,
    pub(crate) address: String,
    _stop: oneshot::Sender<()>,
}

impl Guarded {
    /// Serves at a free port of `host`; the file may name its address as `ADDRESS`.
    pub(crate) async fn at(host: &str, file: &str, now: fn() -> Millis) -> Guarded {
        let listener = TcpListener::bind(host).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("readback.toml");
        std::fs::write(&path, file.replace("ADDRESS", &address)).expect("a file");
        let flags = Flags {
            config: Some(path),
            data_dir: Some(folder.path().to_owned()),
            ..Flags::default()
        };
        let nothing: [(&str, &str); 0] = [];
        let config = config::load(&flags, &Environment::of(nothing));
        let config = config.unwrap_or_else(|problems| panic!("{problems}"));
        let door = open(folder.path(), "", 1 << 30);
        let access = Access::open(&config, Keys::new([7; 32]), now).expect("access");
        let state = door.state.clone().with_access(Arc::new(access));
        state.publish_both(open_summary(), Some(full_summary()));
        let (stop, stopped) = oneshot::channel::<()>();
        let metrics = Some(Arc::clone(&door.metrics));
        let router = router(state);
        tokio::spawn(async move {
            let stopped = async {
                // A guard that is gone says the same.
                let _ = stopped.await;
            };
            readback::web::serve(listener, router, 64, metrics, stopped).await;
        });
        Guarded {
            folder,
            door,
            address,
            _stop: stop,
        }
    }

    pub(crate) async fn start(file: &str, now: fn() -> Millis) -> Guarded {
        Guarded::at("127.0.0.1:0", file, now).await
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::of(&self.address)
    }
}

fn summary() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/pages/small.json"
    );
    let text = std::fs::read_to_string(path).expect("a summary");
    serde_json::from_str(&text).expect("JSON")
}

fn open_summary() -> Published {
    Published::new(summary())
}

/// The same with a restricted write-up and its review.
fn full_summary() -> Published {
    let mut full = summary();
    let list = full["writeups"].as_array_mut().expect("write-ups");
    let mut hidden = list[0].clone();
    hidden["id"] = json!(MARKER);
    hidden["title"] = json!(format!("The {MARKER} outage"));
    hidden["url"] = json!(format!("https://wiki.example.org/{MARKER}"));
    hidden["restricted"] = json!(true);
    list.push(hidden);
    let reviews = full["reviews"].as_array_mut().expect("reviews");
    reviews.push(json!({
        "meeting": "2026-06-01/9", "date": "2026-06-01", "writeup": MARKER, "title": format!("The {MARKER} outage"),
        "attendees": 12, "need_not_have_come": 6, "restricted": true,
    }));
    Published::new(full)
}

/// Runs what asks and waits beside the server.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("a thread")
}
