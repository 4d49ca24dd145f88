//! `pageviews`: how often pages of Wikimedia's wikis were viewed, from its dumps and its REST interface.
//! Page-counts: nobody is named in them, not even by a pseudonym.
//!
//! `wiki` knows names and addresses of wikis, `dump` reads lines of files, `period` what a file is about,
//! `rest` asks the interface.

mod dump;
mod period;
mod rest;
mod wiki;

use std::io::BufRead;
use std::sync::Arc;

use serde::Deserialize;

use self::dump::Tally;
use self::period::Period;
use self::wiki::Wanted;
use super::{File, Kind, Problem, Pull, Setting, Sink, SourceError, decode};
use crate::model::{Body, Event, Granularity, Millis, ReadCount};

/// The kind.
pub static KIND: Kind = Kind {
    name: "pageviews",
    summary: "page counts of Wikipedia and its kin, from Wikimedia's dumps and REST interface",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wikipedia"
kind = "pageviews"
# Where daily counts are asked for; without it only files are imported.
api = "https://wikimedia.org/api/rest_v1"
# The first day to ask for.
since = "2024-01-01"
"#,
    file: Some(build_file),
    pull: Some(build_pull),
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    api: Option<String>,
    since: Option<String>,
    /// `all-access`, `desktop`, `mobile-web` or `mobile-app`.
    #[serde(default = "all_access")]
    access: String,
    /// Also of pages that are no registered write-ups.
    #[serde(default)]
    all: bool,
    /// What a file is about, where its name does not say so.
    date: Option<String>,
}

fn all_access() -> String {
    "all-access".to_owned()
}

fn build_file(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let params: Params = decode(params)?;
    rest::check(&params)?;
    let given = params.date.as_deref().map(Period::given).transpose();
    Ok(Box::new(Dumps {
        given: given.map_err(SourceError::Params)?,
        all: params.all,
        wanted: Wanted::of(&setting.writeups),
        maker: Maker {
            source: setting.source.as_str().into(),
            version: 0,
        },
    }))
}

fn build_pull(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    let params: Params = decode(params)?;
    Ok(Box::new(rest::Rest::new(params, setting)?))
}

struct Dumps {
    given: Option<Period>,
    all: bool,
    wanted: Wanted,
    maker: Maker,
}

impl File for Dumps {
    fn dated(&mut self, changed: Millis) {
        self.maker.version = version(changed);
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let period = match self.given {
            Some(given) => given,
            None => Period::named(name).map_err(|reason| SourceError::Format {
                name: name.to_owned(),
                reason,
            })?,
        };
        let wanted = (!self.all).then_some(&self.wanted);
        if wanted.is_some_and(Wanted::is_empty) {
            sink.note(
                "no registered write-up has an address in a wiki of Wikimedia, so nothing is counted; \
                 `all = true` counts every page"
                    .to_owned(),
            );
        }
        let mut tally = Tally::new(period, wanted, &self.maker);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let read = input.read_until(b'\n', &mut line);
            let length = read.map_err(|cause| SourceError::Io {
                name: name.to_owned(),
                cause,
            })?;
            if length == 0 {
                break;
            }
            number += 1;
            if let Err(reason) = tally.line(&line, sink) {
                if tally.is_something_else() {
                    return Err(SourceError::Format {
                        name: name.to_owned(),
                        reason: "none of its first lines is one of page counts".to_owned(),
                    });
                }
                sink.problem(Problem {
                    place: format!("line {number}"),
                    field: String::new(),
                    reason,
                });
            }
        }
        tally.finish(sink);
        Ok(())
    }
}

/// Later figures replace earlier ones: seconds since 1970.
fn version(at: Millis) -> u32 {
    u32::try_from(at / 1000).unwrap_or(if at < 0 { 0 } else { u32::MAX })
}

/// Makes events.
struct Maker {
    source: Arc<str>,
    version: u32,
}

impl Maker {
    /// The count of a page; `when` says of which hour or day, in its id.
    fn count(&self, page: &wiki::Page, when: &str, at: Millis, count: u64) -> Event {
        Event {
            source: Arc::clone(&self.source),
            id: format!("{when} {} {}", page.wiki, page.title),
            subject: page.address.clone(),
            time: at,
            version: self.version,
            body: Body::ReadCount(ReadCount {
                granularity: Granularity::Day,
                count,
                uniques: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
