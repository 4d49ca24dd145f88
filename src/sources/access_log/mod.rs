//! Reads from the access log of a web server or proxy: Common or Combined format, also with the
//! virtual host in front. Where the server knows who is logged in, each read has a person.
//!
//! The client's address is parsed and forgotten here. It is in no event, message or id.

mod date;
mod document;
mod line;
mod lines;
pub(super) mod page;
mod repeats;

use std::borrow::Cow;
use std::io::BufRead;
use std::sync::Arc;

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_128;

pub use line::{Line, LineError, parse_line};

use self::document::Assets;
use self::lines::for_each_line;
use self::page::Pages;
use self::repeats::Repeats;
use super::robots::Robots;
use super::{File, Kind, Problem, Setting, Sink, SourceError, decode};
use crate::model::{Body, Event, Identity, Read};

/// Reads from access logs.
pub static KIND: Kind = Kind {
    name: "access-log",
    summary: "reads, from a web server's access log in Common or Combined format",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wiki-log"
kind = "access-log"
# What to put before the paths of the log.
base = "https://wiki.example.org"
# The log names the virtual host first, and it replaces the host of `base`.
vhost = false
# "auto", "common" or "combined".
format = "auto"
# Take the authenticated user as the reader.
user = true
# More endings of files that are no documents.
assets = ["drawio"]
# More query parameters that choose a page.
keep_query = ["thread"]
"#,
    file: Some(build),
    pull: None,
    push: None,
    probe: None,
};

/// If so many lines at the start are all unreadable, the file is something else.
const PATIENCE: u64 = 1000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Auto,
    Common,
    Combined,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    base: String,
    #[serde(default)]
    vhost: bool,
    #[serde(default)]
    format: Format,
    #[serde(default = "yes")]
    user: bool,
    #[serde(default)]
    assets: Vec<String>,
    #[serde(default)]
    keep_query: Vec<String>,
}

fn yes() -> bool {
    true
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let params: Params = decode(params)?;
    Ok(Box::new(AccessLog {
        base: Base::new(&params.base)?,
        vhost: params.vhost,
        format: params.format,
        user: params.user,
        assets: Assets::with(&params.assets),
        pages: Pages::with(&params.keep_query),
        robots: Robots::new(),
        source: setting.source.as_str().into(),
    }))
}

struct AccessLog {
    base: Base,
    vhost: bool,
    format: Format,
    user: bool,
    assets: Assets,
    pages: Pages,
    robots: Robots,
    source: Arc<str>,
}

/// What was seen in one file.
#[derive(Default)]
struct Seen {
    readable: u64,
    unreadable: u64,
    with_agent: u64,
    reads: u64,
    reads_with_person: u64,
    repeats: Repeats,
}

impl File for AccessLog {
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut seen = Seen::default();
        let mut number = 0_u64;
        let ended = for_each_line(input, |text, complete| {
            number += 1;
            match text {
                Some(b"") => {}
                Some([b'#', ..]) => sink.left_out("comment line"),
                Some(text) => match self.parse(text, complete, &seen) {
                    Ok(line) => self.one(text, &line, &mut seen, sink),
                    Err(error) => {
                        seen.unreadable += 1;
                        sink.problem(problem(number, error.field(), error.to_string()));
                    }
                },
                None => {
                    seen.unreadable += 1;
                    sink.problem(problem(
                        number,
                        "",
                        format!("longer than {} bytes", lines::LONGEST),
                    ));
                }
            }
            seen.readable > 0 || seen.unreadable < PATIENCE
        });
        ended.map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        conclude(name, &seen, sink)
    }
}

impl AccessLog {
    /// The line, if it has the format asked for. A last line without its end, shorter than all the
    /// lines before it, was cut off while it was written.
    fn parse<'a>(
        &self,
        text: &'a [u8],
        complete: bool,
        seen: &Seen,
    ) -> Result<Line<'a>, LineError> {
        let line = parse_line(text)?;
        let cut_off = !complete && seen.readable > 0 && seen.with_agent == seen.readable;
        match line.agent {
            None if self.format == Format::Combined || cut_off => Err(LineError::Referer),
            Some(_) if self.format == Format::Common => Ok(Line {
                referer: None,
                agent: None,
                ..line
            }),
            _ => Ok(line),
        }
    }

    fn one(&mut self, text: &[u8], line: &Line<'_>, seen: &mut Seen, sink: &mut dyn Sink) {
        seen.readable += 1;
        seen.with_agent += u64::from(line.agent.is_some());
        if let Some(reason) = document::left_out(line, &self.assets) {
            return sink.left_out(reason);
        }
        let Some(subject) = self.base.subject(line, self.vhost, &self.pages) else {
            return sink.left_out("a mail address in the path");
        };
        let hash = xxh3_128(text.strip_suffix(b"\r").unwrap_or(text));
        let read = Read {
            person: if self.user { person(line.user) } else { None },
            bot: line.agent.is_some_and(|agent| self.robots.is_robot(agent)),
            ..Read::default()
        };
        seen.reads += 1;
        seen.reads_with_person += u64::from(read.person.is_some());
        sink.event(Event {
            source: Arc::clone(&self.source),
            id: format!("{hash:032x}-{}", seen.repeats.number(hash, line.at)),
            subject,
            time: line.at,
            version: 0,
            body: Body::Read(read),
        });
    }
}

/// The authenticated user, if there is one.
fn person(user: &[u8]) -> Option<Identity> {
    let name = line::unescape(user);
    let name = String::from_utf8_lossy(&name);
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

fn conclude(name: &str, seen: &Seen, sink: &mut dyn Sink) -> Result<(), SourceError> {
    if seen.readable == 0 && seen.unreadable > 0 {
        return Err(SourceError::Format {
            name: name.to_owned(),
            reason: format!(
                "none of its first {} lines is in Common or Combined log format",
                seen.unreadable
            ),
        });
    }
    if seen.reads > 0 && seen.reads_with_person == 0 {
        sink.note(format!(
            "{name}: no read has an authenticated user, so reads can be counted but readers can't"
        ));
    }
    if seen.reads > 0 && seen.with_agent == 0 {
        sink.note(format!(
            "{name}: no line has a user agent, so robots can't be told from people"
        ));
    }
    Ok(())
}

fn problem(line: u64, field: &str, reason: String) -> Problem {
    Problem {
        place: format!("line {line}"),
        field: field.to_owned(),
        reason,
    }
}

/// What stands before the paths.
struct Base {
    scheme: String,
    host: String,
    folder: String,
}

impl Base {
    fn new(text: &str) -> Result<Self, SourceError> {
        let wrong = || {
            SourceError::Params(format!(
                "base: {text:?} is not the start of an address such as \"https://wiki.example.org\""
            ))
        };
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(wrong());
        }
        Ok(Base {
            scheme: url.scheme().to_owned(),
            host: url
                .port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            folder: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The page that was asked for, without what only says by whom and how; `None` where its path
    /// names somebody. Bytes that are no UTF-8 are percent-encoded.
    fn subject(&self, line: &Line<'_>, vhost: bool, pages: &Pages) -> Option<String> {
        let path = line::unescape(line.path);
        let path = pages.page(&document::text(&path))?;
        if document::is_whole_url(path.as_bytes()) {
            return Some(path);
        }
        let host = match line.vhost {
            Some(name) if vhost && name != b"-" => vhost_name(name),
            _ => Cow::Borrowed(self.host.as_str()),
        };
        Some([&self.scheme, "://", &host, &self.folder, &path].concat())
    }
}

/// The name of a virtual host without the port a browser would leave out.
fn vhost_name(name: &[u8]) -> Cow<'_, str> {
    let name = name
        .strip_suffix(b":443")
        .or_else(|| name.strip_suffix(b":80"))
        .unwrap_or(name);
    document::text(name)
}

#[cfg(test)]
mod tests;
