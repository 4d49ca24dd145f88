//! `beacon`: reads as the browsers of readers see them: how long a page was looked at and how far down,
//! and what kind of place its reader came from. Pages load `/beacon.js`, which sends to `/b`.
//!
//! `script` makes the script from `beacon.js`, `places` says what kinds of places there are, `message`
//! takes apart what comes, `token` says whose page it was.

mod message;
mod places;
mod script;
mod token;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Deserialize;
use url::Url;

use self::message::Message;
use self::token::{Named, People};
use super::forge::{self, Secrets};
use super::robots::Robots;
use super::visited::{Given, Visited, Wiki};
use super::{Delivery, Kind, Probe, Push, Setting, Sight, Sink, SourceError, decode};
use crate::model::{Body, Event, Read};

pub use self::script::Script;

/// The kind.
pub static KIND: Kind = Kind {
    name: "beacon",
    summary: "reads with their length and depth, from a small script in the pages themselves",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wiki"
kind = "beacon"
# Whose pages may send reads.
origins = ["https://wiki.example.org"]
# What signs the tokens that say who reads; without it readers stay unknown.
secret_file = "/run/secrets/readback-beacon"
# What a token's `sub` is, where it is no mail address: "account", "access-log" or "mediawiki".
people = "account"
# Without a key, a click or a scroll for so long, nobody counts as reading.
idle_s = 60
# The longest read.
cap_s = 1800
# What Global Privacy Control and Do Not Track mean: "ignore", "no-person" or "nothing".
gpc = "no-person"
dnt = "no-person"
# Pages that new colleagues are shown, and where write-ups lie: a path, or a host and a path.
onboarding = ["/wiki/Welcome"]
writeups = ["/wiki/Incidents/"]
chat = ["chat.example.org"]
code = ["git.example.org"]
# Which wiki it is: "confluence", "dokuwiki" or "mediawiki"; what it shows beside its pages is no read then.
# wiki = "mediawiki"
# Paths that are no documents; * stands for anything.
# exclude = ["/search/*"]
"#,
    push: Some(build),
    probe: Some(Probe::Local(look)),
    ..Kind::NOTHING
};

/// Every page view would be too much for a list of its own: the agents are remembered by their hashes.
static ROBOTS: LazyLock<Mutex<Robots>> = LazyLock::new(Mutex::default);

/// What a wish of the reader not to be followed means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Wish {
    /// Nothing.
    Ignore,
    /// The read counts, nobody knows whose it is.
    #[default]
    NoPerson,
    /// There is no read.
    Nothing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    origins: Vec<String>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
    #[serde(default)]
    people: People,
    #[serde(default = "a_minute")]
    idle_s: u32,
    #[serde(default = "half_an_hour")]
    cap_s: u32,
    #[serde(default)]
    gpc: Wish,
    #[serde(default)]
    dnt: Wish,
    #[serde(default)]
    hash: bool,
    #[serde(default = "yes")]
    canonical: bool,
    #[serde(default)]
    keep_query: Vec<String>,
    wiki: Option<Wiki>,
    #[serde(default)]
    useslash: bool,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    onboarding: Vec<String>,
    #[serde(default)]
    writeups: Vec<String>,
    #[serde(default)]
    chat: Vec<String>,
    #[serde(default)]
    mail: Vec<String>,
    #[serde(default)]
    code: Vec<String>,
    #[serde(default)]
    search: Vec<String>,
}

const fn a_minute() -> u32 {
    60
}

const fn half_an_hour() -> u32 {
    LONGEST_S
}

const fn yes() -> bool {
    true
}

/// The longest read that is believed (INDICATORS section 2), seconds.
const LONGEST_S: u32 = 1800;

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(Beacon::new(decode(params)?, setting)?))
}

/// What `readback check` says of it.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let beacon = Beacon::new(decode(params)?, setting)?;
    let who = match beacon.secrets.is_empty() {
        true => "no secret for tokens, so readers stay unknown",
        false => "readers are known by signed tokens",
    };
    let origins: Vec<&str> = beacon.origins.iter().map(String::as_str).collect();
    Ok(format!(
        "pages of {} load /beacon.js?source={}, {} bytes packed; {who}",
        origins.join(", "),
        script::encoded(&setting.source),
        beacon.script.packed.len()
    )
    .into())
}

/// Takes what the script sends.
struct Beacon {
    origins: BTreeSet<String>,
    secrets: Secrets,
    people: People,
    cap_ms: u32,
    gpc: Wish,
    dnt: Wish,
    hash: bool,
    visited: Visited,
    script: Script,
    source: Arc<str>,
}

impl Beacon {
    fn new(params: Params, setting: &Setting) -> Result<Self, SourceError> {
        let bounded =
            |name: &str, value: u32, from: u32, to: u32| match (from..=to).contains(&value) {
                true => Ok(value * 1000),
                false => Err(SourceError::Params(format!(
                    "{name}: is {value}; valid are {from} to {to} seconds"
                ))),
            };
        let idle_ms = bounded("idle_s", params.idle_s, 5, 600)?;
        let cap_ms = bounded("cap_s", params.cap_s, 10, LONGEST_S)?;
        if params.origins.is_empty() {
            return Err(SourceError::Params(
                "origins: is empty; valid are the beginnings of the addresses of pages that may send \
                 reads, such as \"https://wiki.example.org\""
                    .to_owned(),
            ));
        }
        let origins: Result<BTreeSet<String>, SourceError> =
            params.origins.iter().map(|text| origin(text)).collect();
        let origins = origins?;
        let given = forge::Params {
            secret: params.secret,
            secret_file: params.secret_file,
            previous_secret_file: params.previous_secret_file,
            ..forge::Params::default()
        };
        let visited = Visited::new(Given {
            wiki: params.wiki,
            useslash: params.useslash,
            exclude: params.exclude,
            keep_query: params.keep_query,
        })?;
        let hosts: Vec<String> = origins.iter().filter_map(|one| host_of(one)).collect();
        let given_places = places::Given {
            onboarding: &params.onboarding,
            writeups: &params.writeups,
            chat: &params.chat,
            mail: &params.mail,
            code: &params.code,
            search: &params.search,
        };
        let settings = script::Settings {
            source: script::encoded(&setting.source),
            idle: idle_ms,
            cap: cap_ms,
            away: LONGEST_S * 1000,
            gpc: params.gpc.step(),
            dnt: params.dnt.step(),
            hash: params.hash,
            // A page that is told by what stands behind the sign has one canonical address for all.
            canonical: params.canonical && !params.hash,
            keep: visited.names().map(str::to_lowercase).collect(),
            from: places::by_class(&given_places, &hosts)?,
        };
        Ok(Beacon {
            script: Script::new(&settings),
            secrets: given.secrets()?,
            people: params.people,
            cap_ms,
            gpc: params.gpc,
            dnt: params.dnt,
            hash: params.hash,
            source: setting.source.as_str().into(),
            origins,
            visited,
        })
    }

    /// Whether a page of ours sends this, as the browser says: no script can say it otherwise.
    fn is_ours(&self, delivery: &Delivery<'_>) -> Result<(), SourceError> {
        let from = delivery.header("origin").filter(|from| *from != "null");
        let ours = match (from, delivery.header("sec-fetch-site")) {
            (Some(from), _) => self.origins.contains(from),
            // Some policies hide the origin, and old browsers leave it out.
            (None, site) => matches!(site, Some("same-origin" | "same-site")),
        };
        match ours {
            true => Ok(()),
            false => Err(SourceError::Stranger(shown(from.unwrap_or("null")))),
        }
    }

    /// What the reader's browser asks for, and what that means here.
    fn wish(&self, delivery: &Delivery<'_>) -> Wish {
        let asks = |header: &str| delivery.header(header).map(str::trim) == Some("1");
        let of = |header: &str, wish: Wish| if asks(header) { wish } else { Wish::Ignore };
        of("sec-gpc", self.gpc).max(of("dnt", self.dnt))
    }

    /// The page of an address, without what does not choose it; else why it is none.
    fn page(&self, url: &Url) -> Result<String, &'static str> {
        let origin = url.origin().ascii_serialization();
        let query = url.query().map(|query| format!("?{query}"));
        let path = format!("{}{}", url.path(), query.unwrap_or_default());
        if let Some(reason) = self.visited.left_out(path.as_bytes()) {
            return Err(reason);
        }
        let named = "a mail address in the path";
        let mut page = origin + &self.visited.page(&path).ok_or(named)?;
        let fragment = url.fragment().filter(|_| self.hash).unwrap_or_default();
        if fragment.starts_with(['/', '!']) {
            page.push('#');
            page.push_str(&self.visited.fragment(fragment).ok_or(named)?);
        }
        Ok(page)
    }
}

impl Wish {
    /// As the script has it.
    fn step(self) -> u8 {
        match self {
            Wish::Ignore => 0,
            Wish::NoPerson => 1,
            Wish::Nothing => 2,
        }
    }
}

impl Push for Beacon {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        self.is_ours(delivery)?;
        let wish = self.wish(delivery);
        if wish == Wish::Nothing {
            sink.left_out("asked not to be counted");
            return Ok(());
        }
        let message = match Message::of(delivery.body) {
            Ok(message) => message,
            Err(problem) => {
                sink.problem(problem);
                return Ok(());
            }
        };
        if !self
            .origins
            .contains(&message.doc.origin().ascii_serialization())
        {
            sink.problem(message::problem(
                "doc",
                "is of another origin than those of this source",
            ));
            return Ok(());
        }
        let subject = match self.page(&message.doc) {
            Ok(subject) => subject,
            Err(reason) => {
                sink.left_out(reason);
                return Ok(());
            }
        };
        let person = match message.who.as_deref().filter(|token| !token.is_empty()) {
            None => None,
            Some(_) if wish == Wish::NoPerson => {
                sink.left_out("person: asked not to be known");
                None
            }
            Some(token) => {
                let when = token::When {
                    now: delivery.now,
                    age: message.age_ms,
                };
                match token::read(&self.secrets, &self.source, self.people, token, when) {
                    Named::Person(person) => Some(person),
                    Named::Nobody(reason) => {
                        sink.left_out(reason);
                        None
                    }
                }
            }
        };
        let agent = delivery.header("user-agent").unwrap_or_default();
        let sender = ROBOTS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .judge(agent.as_bytes());
        sink.event(Event {
            source: Arc::clone(&self.source),
            id: message.pid,
            subject,
            time: delivery.now.saturating_sub(message.age_ms),
            version: message.seq,
            body: Body::Read(Read {
                person,
                engaged_ms: Some(message.engaged_ms.min(self.cap_ms)),
                scroll_milli: Some(message.depth * 10),
                bot: sender.bot || message.bot,
                agent: sender.agent.map(str::to_owned),
                arrival: message.from.map(str::to_owned),
                ..Read::default()
            }),
        });
        Ok(())
    }

    fn script(&self) -> Option<&Script> {
        Some(&self.script)
    }
}

/// An origin as browsers write it.
fn origin(text: &str) -> Result<String, SourceError> {
    let url = Url::parse(text).ok().filter(|url| {
        let plain = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        plain && bare && url.username().is_empty() && url.password().is_none()
    });
    let url = url.ok_or_else(|| {
        // What was given may hold a password.
        SourceError::Params(
            "origins: one of them is no origin; valid is the beginning of an address, without path, user \
             and password, such as \"https://wiki.example.org\""
                .to_owned(),
        )
    })?;
    Ok(url.origin().ascii_serialization())
}

/// Host and port of an origin.
fn host_of(origin: &str) -> Option<String> {
    origin.split_once("://").map(|(_, host)| host.to_owned())
}

/// An origin for a message: any text may have been sent for one.
fn shown(origin: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:/[]".contains(c);
    match origin.len() <= 100 && origin.chars().all(plain) {
        true => origin.to_owned(),
        false => "\u{2026}".to_owned(),
    }
}

#[cfg(test)]
mod tests;
