//! Reads from the access log of a web server or proxy. Where the server knows who is logged in, each read
//! has a person.
//!
//! Lines of all formats become an `access`: Common and Combined by `line`, fast; others by a `pattern`
//! made of the notation of `apache` or `nginx`, by `columns` that the file names itself, by `json` or
//! `haproxy`. `format` chooses. What is a read is decided once, for all of them.
//!
//! The client's address is parsed and forgotten here. It is in no event, message or id.

mod access;
mod apache;
mod base;
mod clock;
mod columns;
mod date;
mod document;
mod files;
mod follow;
mod format;
mod haproxy;
mod json;
mod line;
mod lines;
mod nginx;
mod params;
mod pattern;
mod repeats;

use std::fmt::Write as _;
use std::io::{self, BufRead};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

pub use line::{Line, LineError, parse_line};

use self::access::{Access, Found};
use self::base::Base;
use self::columns::Columns;
use self::document::Assets;
use self::format::Reading;
use self::lines::for_each_line;
use self::params::{Params, Written};
use self::repeats::Repeats;
use super::forge::second;
use super::robots::{Robots, Verdict};
use super::visited::Visited;
use super::{File, Kind, Probe, Problem, Setting, Sink, SourceError, decode};
use crate::model::{Body, Event, Identity, Millis, Read};

/// Reads from access logs.
pub static KIND: Kind = Kind {
    name: "access-log",
    summary: "reads, from access logs of web servers, proxies and load balancers",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wiki-log"
kind = "access-log"
# The files to follow, if they are not imported by hand.
path = "/var/log/nginx/access.log*"
# What to put before the paths of the log.
base = "https://wiki.example.org"
# The log names the virtual host first, and it replaces the host of `base`.
vhost = false
# A name such as "confluence" or "haproxy", or the server's own LogFormat or log_format.
format = "auto"
# Take the authenticated user as the reader.
user = true
# Which wiki it is: "confluence", "dokuwiki" or "mediawiki"; its own requests are no reads then.
# wiki = "mediawiki"
# DokuWiki's setting `useslash`: slashes in names stand for colons.
# useslash = true
# More endings of files that are no documents.
assets = ["drawio"]
# Paths that are no documents; * stands for anything.
exclude = ["/healthz", "/static/*"]
# More query parameters that choose a page.
keep_query = ["thread"]
"#,
    file: Some(build),
    pull: Some(follow::build),
    probe: Some(Probe::Local(follow::look)),
    ..Kind::NOTHING
};

/// If so many lines at the start are all unreadable, the file is something else.
const PATIENCE: u64 = 1000;

/// Bad lines that are shown; the others are counted.
const EXAMPLES: u64 = 5;

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Ok(Box::new(access_log(params, setting)?))
}

/// The files to follow.
fn paths(params: &toml::Table) -> Result<Vec<String>, SourceError> {
    Ok(decode::<Params>(params.clone())?.path.list())
}

fn access_log(params: toml::Table, setting: &Setting) -> Result<AccessLog, SourceError> {
    let mut params: Params = decode(params)?;
    let written = params.written(setting.timezone)?;
    let visited = Visited::new(params.visited())?;
    Ok(AccessLog {
        base: Base::new(&params.base)?,
        vhost: params.vhost,
        written,
        captures: params.captures,
        user: params.user,
        assets: Assets::with(&params.assets),
        visited,
        robots: Robots::new(),
        source: setting.source.as_str().into(),
        version: 0,
    })
}

struct AccessLog {
    base: Base,
    vhost: bool,
    written: Written,
    captures: Vec<String>,
    user: bool,
    assets: Assets,
    visited: Visited,
    robots: Robots,
    source: Arc<str>,
    /// What was read by other parameters, or judged by older lists of robots, is replaced where a log is read
    /// again: the second in which it is read, UTC.
    version: u32,
}

/// What was seen in one file.
#[derive(Default)]
struct Seen {
    /// What stands before the number of a line, where it is one file of several.
    name: String,
    /// The number of the last line.
    number: u64,
    readable: u64,
    unreadable: u64,
    /// Messages of the same program that tell of no request.
    others: u64,
    with_agent: u64,
    reads: u64,
    reads_with_person: u64,
    repeats: Repeats,
    columns: Columns,
    /// A line that could not be read, where none could be: what it may be is told then.
    unread: Vec<u8>,
}

impl Seen {
    /// Whether nothing of the file looks like a log of requests.
    fn is_something_else(&self) -> bool {
        self.readable == 0 && (self.unreadable > 0 || self.others >= PATIENCE)
    }

    /// What is to be known of a file as a whole.
    fn notes(&self, name: &str, sink: &mut dyn Sink) {
        if self.reads > 0 && self.reads_with_person == 0 {
            sink.note(format!(
                "{name}: no read has an authenticated user, so reads can be counted but readers can't"
            ));
        }
        if self.reads > 0 && self.with_agent == 0 {
            sink.note(format!(
                "{name}: no line has a user agent, so robots can't be told from people"
            ));
        }
    }
}

impl File for AccessLog {
    fn begun(&mut self, now: Millis) {
        self.begin(now);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut seen = Seen::default();
        let ended = self.lines(input, &mut seen, sink);
        ended.map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        if seen.is_something_else() {
            return Err(SourceError::Format {
                name: name.to_owned(),
                reason: self.something_else(&seen),
            });
        }
        seen.notes(name, sink);
        Ok(())
    }
}

impl AccessLog {
    /// Says when reading begins.
    fn begin(&mut self, now: Millis) {
        self.version = second(now);
    }

    /// What is said of a file in which no line tells of a request.
    fn something_else(&self, seen: &Seen) -> String {
        let of = match seen.unreadable + seen.others {
            1 => "its first line does not tell".to_owned(),
            n => format!("none of its first {n} lines tells"),
        };
        let read_as = self.written.format.is_read_as();
        let advice = match format::guessed(&seen.unread, self.written.zone) {
            Some(name) => format!("it looks like format = {name:?}"),
            None => format::advice(),
        };
        format!("{of} of a request in {read_as}; {advice}")
    }

    /// Reads all lines of the input; stops early where nothing of it can be read.
    fn lines(
        &mut self,
        input: &mut dyn BufRead,
        seen: &mut Seen,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        for_each_line(input, |text, complete| {
            seen.number += 1;
            match text {
                Some(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                Some(text @ [b'#', ..]) => {
                    seen.columns.hear(text);
                    sink.left_out("comment line");
                }
                Some(text) => match self.parse(text, complete, seen) {
                    Ok(Found::Access(access)) => self.one(text, &access, seen, sink),
                    Ok(Found::Other(reason)) => {
                        seen.others += 1;
                        sink.left_out(reason);
                    }
                    Err(fault) => {
                        if seen.readable == 0 && seen.unread.is_empty() {
                            seen.unread = text.to_vec();
                        }
                        let reason =
                            format!("{}; the line is like {}", fault.reason, access::shape(text));
                        unread(seen, &fault.field, reason, sink);
                    }
                },
                None => unread(
                    seen,
                    "",
                    format!("longer than {} bytes", lines::LONGEST),
                    sink,
                ),
            }
            seen.readable > 0 || seen.unreadable < PATIENCE
        })
    }

    /// The line, if it has the format asked for. A last line without its end, shorter than all the
    /// lines before it, was cut off while it was written.
    fn parse<'a>(
        &self,
        text: &'a [u8],
        complete: bool,
        seen: &mut Seen,
    ) -> Result<Found<'a>, access::Fault> {
        let reading = Reading {
            format: &self.written.format,
            keys: &self.written.keys,
            captures: &self.captures,
            zone: self.written.zone,
            cut_off: !complete && seen.readable > 0 && seen.with_agent == seen.readable,
        };
        reading.read(&mut seen.columns, text)
    }

    /// Why this request is no read; `None` if it is one.
    fn left_out(&self, access: &Access<'_>) -> Option<&'static str> {
        let reason = document::left_out(access, &self.assets);
        reason.or_else(|| self.visited.left_out(&access.path))
    }

    /// The page that was asked for; `None` where its path names somebody.
    fn subject(&self, access: &Access<'_>) -> Option<String> {
        self.base.subject(access, self.vhost, &self.visited)
    }

    fn one(&mut self, text: &[u8], access: &Access<'_>, seen: &mut Seen, sink: &mut dyn Sink) {
        seen.readable += 1;
        seen.with_agent += u64::from(access.agent.is_some());
        if let Some(reason) = self.left_out(access) {
            return sink.left_out(reason);
        }
        let Some(subject) = self.subject(access) else {
            return sink.left_out("a mail address in the path");
        };
        let hash = hash(text);
        let sender = access.agent.as_deref();
        let Verdict { bot, agent } =
            sender.map_or_else(Verdict::default, |sender| self.robots.judge(sender));
        let read = Read {
            person: if self.user { person(access) } else { None },
            bot,
            agent: agent.map(str::to_owned),
            ..Read::default()
        };
        seen.reads += 1;
        seen.reads_with_person += u64::from(read.person.is_some());
        sink.event(Event {
            source: Arc::clone(&self.source),
            id: id(hash, seen.repeats.number(hash, access.at)),
            subject,
            time: access.at,
            version: self.version,
            body: Body::Read(read),
        });
    }

    /// Hears a line that was taken earlier: identical ones after it are further ones.
    fn hear(&self, text: &[u8], access: &Access<'_>, seen: &mut Seen) {
        if self.left_out(access).is_none() && self.subject(access).is_some() {
            seen.repeats.number(hash(text), access.at);
        }
    }
}

/// The authenticated user, if there is one.
fn person(access: &Access<'_>) -> Option<Identity> {
    let unescaped = access.escaped.then(|| line::unescape(&access.user));
    let name = String::from_utf8_lossy(unescaped.as_deref().unwrap_or(&access.user));
    let name = name.trim().trim_matches('"').trim();
    // How servers write that nobody has logged in.
    let nobody = ["", "-", "(null)", "anonymous"];
    if nobody.iter().any(|word| word.eq_ignore_ascii_case(name)) {
        return None;
    }
    let known = Identity::of_source("access-log", "user", name);
    Some(if known.is_email() {
        Identity::bare(name)
    } else {
        known
    })
}

/// What a line is known by: its bytes without its end.
fn hash(text: &[u8]) -> u128 {
    xxh3_128(text.strip_suffix(b"\r").unwrap_or(text))
}

/// The id of a read: the hash of its line in hexadecimal digits, and which of several like it this is.
fn id(hash: u128, number: u32) -> String {
    let mut id = String::with_capacity(36);
    // Formatting takes a tenth of the time of a whole line.
    for byte in hash.to_be_bytes() {
        for digit in [byte >> 4, byte & 0xf] {
            id.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    // Writing to a String can't fail.
    let _ = write!(id, "-{number}");
    id
}

/// Counts a line that could not be read; the first few are shown.
fn unread(seen: &mut Seen, field: &str, reason: String, sink: &mut dyn Sink) {
    seen.unreadable += 1;
    if seen.unreadable > EXAMPLES {
        return sink.rejected(Vec::new());
    }
    sink.problem(Problem {
        place: format!("{}line {}", seen.name, seen.number),
        field: field.to_owned(),
        reason,
    });
}

#[cfg(test)]
mod rubbish_tests;
#[cfg(test)]
mod tests;
