//! Files that say in a `#Fields:` line what their columns are: the W3C Extended format of IIS, and what
//! CloudFront and other content networks write.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use memchr::memchr;
use percent_encoding::percent_decode;

use super::access::{Access, Bytes, Fault, Parts, is_none, is_prefetch};
use super::clock::instant;
use super::pattern::status;
use crate::model::{DAY_MS, Millis};

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Nothing,
    Date,
    Time,
    Method,
    Path,
    Query,
    Status,
    Host,
    User,
    Agent,
    Purpose,
}

/// What is known of the columns of a file so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    roles: Vec<Role>,
    /// The day of `#Date:`, for lines with a time alone.
    day: Option<NaiveDate>,
    /// Whether times are those of the server's zone; the standard's are UTC.
    local: bool,
    /// The last time of a file whose lines name no day.
    last: Option<Millis>,
    /// The lines that said so, for whoever takes up the file in its middle.
    said: [String; 2],
}

impl Columns {
    /// Whether the columns are known.
    pub(super) fn are_known(&self) -> bool {
        !self.roles.is_empty()
    }

    /// The `#` lines that matter for what follows.
    pub(super) fn said(&self) -> impl Iterator<Item = &str> {
        self.said
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
    }

    /// Hears a line that begins with `#`.
    pub(super) fn hear(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if let Some(fields) = after(text, "#fields:") {
            let separator = if fields.contains('\t') { '\t' } else { ' ' };
            let names = fields.split(separator).map(str::trim);
            self.roles.clear();
            self.local = false;
            for name in names.filter(|name| !name.is_empty()) {
                let name = name.to_ascii_lowercase();
                self.local |= name.ends_with("-local");
                self.roles.push(role(&name));
            }
            text.clone_into(&mut self.said[0]);
        } else if let Some(date) = after(text, "#date:") {
            // `2002-05-02 17:42:15`, and what somebody wrote behind it.
            let day = date.trim().get(..10).unwrap_or_default();
            self.day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok();
            self.last = None;
            text.clone_into(&mut self.said[1]);
        }
    }

    /// Reads a line.
    pub(super) fn read<'a>(&mut self, line: &'a [u8], zone: Tz) -> Result<Access<'a>, Fault> {
        if self.roles.is_empty() {
            return Err(Fault::new("#Fields", "no #Fields: line came before it"));
        }
        let zone = if self.local { zone } else { Tz::UTC };
        let tabs = memchr(b'\t', line).is_some();
        let mut cells = Cells { rest: line, tabs };
        let mut parts = Parts::default();
        let (mut date, mut time) = (None, None);
        let mut count = 0;
        for role in &self.roles {
            let Some(cell) = cells.next() else { break };
            count += 1;
            match role {
                Role::Nothing => {}
                Role::Date => date = Some(cell),
                Role::Time => time = Some(cell),
                Role::Method => parts.method = Some(Cow::Borrowed(cell)),
                Role::Path => parts.path = Some(plain(cell, tabs, b"%20")),
                Role::Query => parts.query = Some(Cow::Borrowed(cell)),
                Role::Status => parts.status = self::status_of(cell)?,
                Role::Host => parts.host = Some(Cow::Borrowed(cell)),
                Role::User => parts.user(plain(cell, tabs, b" ")),
                Role::Agent => parts.agent = Some(agent(cell, tabs)),
                Role::Purpose => parts.prefetch |= is_prefetch(cell, b""),
            }
        }
        if count < self.roles.len() {
            let columns = self.roles.len();
            let reason = format!("it has {count} columns, and #Fields names {columns}");
            return Err(Fault::new("#Fields", reason));
        }
        parts.at = self.at(date, time, zone);
        if parts.at.is_none() {
            return Err(Fault::new(
                "date time",
                "there should be a date such as 2024-02-01 and a time such as 12:00:52",
            ));
        }
        parts.access()
    }

    fn at(&mut self, date: Option<&[u8]>, time: Option<&[u8]>, zone: Tz) -> Option<Millis> {
        let text = |cell| std::str::from_utf8(cell).ok();
        let time = NaiveTime::parse_from_str(text(time?)?, "%H:%M:%S%.f").ok()?;
        if let Some(date) = date {
            let date = NaiveDate::parse_from_str(text(date)?, "%Y-%m-%d").ok()?;
            return instant(date.and_time(time), zone);
        }
        // Of the day only the first line's is known; when the clock falls back it is the next day.
        let mut at = instant(self.day?.and_time(time), zone)?;
        if self.last.is_some_and(|last| at < last - DAY_MS / 2) {
            let next = self.day?.succ_opt()?;
            self.day = Some(next);
            self.said[1] = format!("#Date: {next}");
            at = instant(next.and_time(time), zone)?;
        }
        self.last = Some(at);
        Some(at)
    }
}

/// What stands behind a word in front, in any case.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let front = text.get(..word.len())?;
    front
        .eq_ignore_ascii_case(word)
        .then(|| &text[word.len()..])
}

fn role(name: &str) -> Role {
    match name {
        "date" | "date-local" => Role::Date,
        "time" | "time-local" => Role::Time,
        "cs-method" => Role::Method,
        "cs-uri-stem" | "cs-uri" => Role::Path,
        "cs-uri-query" => Role::Query,
        "sc-status" | "c-status" => Role::Status,
        "cs-host" | "cs(host)" | "x-host-header" => Role::Host,
        "cs-username" | "c-username" => Role::User,
        "cs(user-agent)" | "cs-user-agent" => Role::Agent,
        "cs(sec-purpose)" | "cs(purpose)" | "cs(x-purpose)" => Role::Purpose,
        _ => Role::Nothing,
    }
}

fn status_of(cell: &[u8]) -> Result<Option<u16>, Fault> {
    match status(cell) {
        None if !is_none(cell) => Err(Fault::new(
            "sc-status",
            "there should be a status of three digits, or -",
        )),
        status => Ok(status),
    }
}

/// Blanks are written as `+` where blanks part the columns; what is meant may be either, and nearly
/// always it is a blank.
fn plain<'a>(cell: &'a [u8], tabs: bool, blank: &[u8]) -> Bytes<'a> {
    if tabs || memchr(b'+', cell).is_none() {
        return Cow::Borrowed(cell);
    }
    let mut plain = Vec::with_capacity(cell.len() + 8);
    for &byte in cell {
        match byte {
            b'+' => plain.extend_from_slice(blank),
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// CloudFront encodes agents, and their per cent signs once more.
fn agent(cell: &[u8], tabs: bool) -> Bytes<'_> {
    let encoded = memchr(b'%', cell).is_some() && memchr(b' ', cell).is_none();
    match encoded {
        true => {
            let once: Vec<u8> = percent_decode(cell).collect();
            Cow::Owned(percent_decode(&once).collect())
        }
        // An agent that has blanks was quoted; its plus signs are its own.
        false if memchr(b' ', cell).is_some() => Cow::Borrowed(cell),
        false => plain(cell, tabs, b" "),
    }
}

/// The cells of a line, parted by tabs, or by blanks with quotes around what holds some.
struct Cells<'a> {
    rest: &'a [u8],
    tabs: bool,
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.tabs {
            if self.rest.is_empty() {
                return None;
            }
            let end = memchr(b'\t', self.rest).unwrap_or(self.rest.len());
            let cell = &self.rest[..end];
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            return Some(cell);
        }
        let start = self.rest.iter().position(|byte| *byte != b' ')?;
        let rest = &self.rest[start..];
        if let Some(inside) = rest.strip_prefix(b"\"")
            && let Some(end) = closing(inside)
        {
            self.rest = &inside[end + 1..];
            return Some(&inside[..end]);
        }
        let end = memchr(b' ', rest).unwrap_or(rest.len());
        self.rest = &rest[end..];
        Some(&rest[..end])
    }
}

/// Where a quoted cell ends: at a quote with a blank or nothing behind it.
fn closing(inside: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', inside).find(|end| matches!(inside.get(end + 1), None | Some(b' ')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    fn read<'a>(columns: &mut Columns, line: &'a str) -> Access<'a> {
        match columns.read(line.as_bytes(), Berlin) {
            Ok(access) => access,
            Err(fault) => panic!("{line}: {fault:?}"),
        }
    }

    #[test]
    fn iis() {
        let mut columns = Columns::default();
        assert!(columns.read(b"a b", Berlin).is_err());
        columns.hear(b"#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username cs(User-Agent) sc-status");
        let access = read(
            &mut columns,
            "2024-02-01 12:00:52 GET /Incident+7 id=3 ORG\\ada Mozilla/5.0+(X11) 200",
        );
        assert!(*access.path == *b"/Incident%207?id=3" && *access.user == *b"ORG\\ada");
        assert!(access.agent.as_deref() == Some(b"Mozilla/5.0 (X11)"));
        assert_eq!(access.at, 1_706_788_852_000);
        let few = columns.read(b"2024-02-01 12:00:52 GET", Berlin);
        assert!(few.is_err_and(|fault| fault.reason.contains("3 columns")));
        let bad = columns.read(b"2024-02-01 12:00:52 GET / - - - 2000", Berlin);
        assert!(bad.is_err_and(|fault| fault.field == "sc-status"));
    }

    #[test]
    fn local_times_and_quotes() {
        let mut columns = Columns::default();
        columns.hear(b"#Fields:  date-local time-local  cs-uri-stem cs(User-Agent) sc-status");
        let access = read(&mut columns, "2024-02-01 13:00:52.682 /a \"a\"b + c\" 200");
        assert_eq!(access.at, 1_706_788_852_682);
        assert!(access.agent.as_deref() == Some(b"a\"b + c"));
    }

    #[test]
    fn a_day_for_lines_without_one() {
        let mut columns = Columns::default();
        columns.hear(b"#Date: 2024-02-01 23:59:00");
        columns.hear(b"#Fields: time cs-uri-stem sc-status");
        let times = ["23:59:59 / 200", "23:59:58 / 200", "00:00:01 / 200"];
        let at: Vec<_> = times.map(|line| read(&mut columns, line).at).into();
        assert_eq!(at[2] - at[0], 2000);
        assert_eq!(at[0] - at[1], 1000);
        assert_eq!(columns.said().count(), 2);
    }

    #[test]
    fn tabs() {
        let mut columns = Columns::default();
        columns.hear(
            b"#Fields: date time cs-method cs-uri-stem sc-status cs(User-Agent) cs-uri-query",
        );
        let access = read(
            &mut columns,
            "2024-02-01\t12:00:52\tGET\t/a+b\t200\tMozilla/5.0%2520(X11)\t-",
        );
        assert!(*access.path == *b"/a+b");
        assert!(access.agent.as_deref() == Some(b"Mozilla/5.0 (X11)"));
    }
}
