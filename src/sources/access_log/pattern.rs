//! Lines by a pattern: what stands between the fields, and what each field says. `apache` and `nginx`
//! make patterns of the servers' own notations.
//!
//! Fields that may hold anything end at the first place from which the rest of the line fits; so users
//! with spaces and requests without quotes are read too. A line is given up after some thousand tries.

use std::borrow::Cow;

use chrono_tz::Tz;
use memchr::memmem;

use super::access::{Access, Fault, Parts, is_none, is_prefetch};
use super::clock::Clock;
use super::date;

/// Steps that may be taken with one line.
const PATIENCE: u32 = 5_000;

/// More fields than that no log has.
const MOST: usize = 200;

/// A compiled format.
#[derive(Clone, Debug, Default)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    /// Whether quotes and others are written with a backslash.
    escaped: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Field(Field),
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// As the format writes it.
    pub(super) name: String,
    pub(super) tells: Tells,
}

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    /// Nothing that is asked for; no blank stands in it.
    Word,
    /// Nothing that is asked for, whatever stands in it.
    Anything,
    Host,
    User,
    Time(Clock),
    /// The whole first line of the request.
    Request,
    Method,
    /// The path, perhaps with its query, or a whole URL.
    Path,
    Query,
    Status,
    Agent,
    Purpose,
}

impl Tells {
    /// What there should be, for people.
    fn expected(&self) -> &'static str {
        match self {
            Tells::Word | Tells::Host => "a word",
            Tells::Anything | Tells::User | Tells::Agent | Tells::Purpose => "a text",
            Tells::Time(Clock::Common) => "a time such as 10/Oct/2000:13:55:36 -0700",
            Tells::Time(Clock::Iso) => "a time such as 2000-10-10T13:55:36-07:00",
            Tells::Time(Clock::Pattern(_)) => "a time as the pattern says",
            Tells::Time(_) => "a number of a time since 1970",
            Tells::Request => "a request such as GET /page HTTP/1.1",
            Tells::Method => "a method such as GET",
            Tells::Path | Tells::Query => "a path",
            Tells::Status => "a status of three digits, or -",
        }
    }

    /// Whether no blank can stand in it.
    fn is_word(&self) -> bool {
        match self {
            Tells::Word | Tells::Host | Tells::Status | Tells::Method => true,
            Tells::Time(clock) => !matches!(clock, Clock::Common | Clock::Pattern(_)),
            _ => false,
        }
    }
}

impl Pattern {
    /// A pattern without pieces, of a server that escapes with a backslash or not.
    pub(super) fn new(escaped: bool) -> Pattern {
        Pattern {
            pieces: Vec::new(),
            escaped,
        }
    }

    /// What stands next in every line.
    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
        } else if let Some(Piece::Text(before)) = self.pieces.last_mut() {
            before.extend_from_slice(text.as_bytes());
        } else {
            self.pieces.push(Piece::Text(text.as_bytes().to_vec()));
        }
    }

    /// The next field. A query right behind its path is read with it.
    pub(super) fn field(&mut self, name: &str, tells: Tells) -> Result<(), String> {
        if let Some(Piece::Field(before)) = self.pieces.last() {
            if before.tells == Tells::Path && tells == Tells::Query {
                return Ok(());
            }
            // A path begins with a slash, and no host has one.
            if !(before.tells == Tells::Host && tells == Tells::Path) {
                return Err(format!(
                    "nothing stands between {} and {name}, so nobody can tell where one ends",
                    before.name
                ));
            }
        }
        if self.pieces.len() >= MOST {
            return Err(format!("it has more than {} fields", MOST / 2));
        }
        self.pieces.push(Piece::Field(Field {
            name: name.to_owned(),
            tells,
        }));
        Ok(())
    }

    /// The pattern, if time and target are among its fields; `missing` says by which of the notation.
    pub(super) fn complete(self, missing: [&str; 2]) -> Result<Pattern, String> {
        let told = |fits: fn(&Tells) -> bool| {
            let mut pieces = self.pieces.iter();
            pieces.any(|piece| matches!(piece, Piece::Field(field) if fits(&field.tells)))
        };
        let [time, target] = missing;
        if !told(|tells| matches!(tells, Tells::Time(_))) {
            return Err(format!("it has no time; add {time}"));
        }
        if !told(|tells| matches!(tells, Tells::Request | Tells::Path)) {
            return Err(format!("it does not tell the page; add {target}"));
        }
        if !told(|tells| *tells == Tells::Status) {
            return Err(
                "it has no status, so errors would count as reads; add %>s or $status".to_owned(),
            );
        }
        Ok(self)
    }

    /// Reads one line.
    pub(super) fn read<'a>(&self, line: &'a [u8], zone: Tz) -> Result<Access<'a>, Fault> {
        let mut walk = Walk {
            pattern: self,
            line,
            zone,
            found: Vec::with_capacity(self.pieces.len()),
            budget: PATIENCE,
            furthest: (0, 0),
        };
        if !walk.fits(0, 0) {
            return Err(self.fault(walk.furthest));
        }
        let found = walk.found;
        let mut parts = Parts {
            escaped: self.escaped,
            ..Parts::default()
        };
        for (piece, from, to) in found {
            if let Some(Piece::Field(field)) = self.pieces.get(piece) {
                put(&mut parts, &field.tells, &line[from..to], zone);
            }
        }
        parts.access()
    }

    fn fault(&self, (piece, at): (usize, usize)) -> Fault {
        let place = at + 1;
        match self.pieces.get(piece) {
            Some(Piece::Field(field)) => {
                let expected = field.tells.expected();
                let behind = match self.pieces.get(piece + 1) {
                    Some(Piece::Text(next)) => {
                        format!(", and {:?} behind it", String::from_utf8_lossy(next))
                    }
                    _ => String::new(),
                };
                Fault::new(
                    field.name.clone(),
                    format!("at byte {place} there should be {expected}{behind}"),
                )
            }
            Some(Piece::Text(text)) => {
                let before = piece
                    .checked_sub(1)
                    .and_then(|piece| self.pieces.get(piece));
                let name = match before {
                    Some(Piece::Field(field)) => field.name.clone(),
                    _ => String::new(),
                };
                let text = String::from_utf8_lossy(text);
                Fault::new(
                    name,
                    format!("from byte {place} on there should come {text:?}"),
                )
            }
            None => Fault::new(
                "",
                format!("it should end at byte {place}, or go on after a space"),
            ),
        }
    }
}

fn put<'a>(parts: &mut Parts<'a>, tells: &Tells, value: &'a [u8], zone: Tz) {
    let bytes = Cow::Borrowed(value);
    match tells {
        Tells::Word | Tells::Anything => {}
        Tells::Host => parts.host = Some(bytes),
        Tells::User => parts.user(bytes),
        Tells::Time(clock) => parts.at = parts.at.or_else(|| clock.read(value, zone)),
        Tells::Request => parts.request = Some(bytes),
        Tells::Method => parts.method = Some(bytes),
        Tells::Path => parts.path = Some(bytes),
        Tells::Query => parts.query = Some(bytes),
        Tells::Status => parts.status = status(value),
        Tells::Agent => parts.agent = Some(bytes),
        Tells::Purpose => parts.prefetch |= is_prefetch(value, b""),
    }
}

/// Three digits.
pub(super) fn status(text: &[u8]) -> Option<u16> {
    let digits = text.len() == 3 && text.iter().all(u8::is_ascii_digit);
    digits.then(|| {
        text.iter()
            .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
    })
}

/// A line being read.
struct Walk<'p, 'a> {
    pattern: &'p Pattern,
    line: &'a [u8],
    zone: Tz,
    /// Fields found: piece, begin, end.
    found: Vec<(usize, usize, usize)>,
    budget: u32,
    /// The last piece that something did not fit, and where.
    furthest: (usize, usize),
}

impl<'p> Walk<'p, '_> {
    /// Whether the line fits the pieces from here on. What was found stays where it does.
    fn fits(&mut self, piece: usize, at: usize) -> bool {
        if self.budget == 0 {
            return false;
        }
        self.budget -= 1;
        let pattern: &'p Pattern = self.pattern;
        let done = match pattern.pieces.get(piece) {
            None => matches!(self.line.get(at..), Some([] | [b' ' | b'\t', ..])),
            Some(Piece::Text(text)) => {
                self.line[at..].starts_with(text) && self.fits(piece + 1, at + text.len())
            }
            Some(Piece::Field(field)) => self.field(field, piece, at),
        };
        if !done && piece > self.furthest.0 {
            self.furthest = (piece, at);
        }
        done
    }

    fn field(&mut self, field: &Field, piece: usize, at: usize) -> bool {
        if field.tells == Tells::Time(Clock::Common) {
            return self.take(field, piece, at, at + date::LENGTH);
        }
        let (pattern, line) = (self.pattern, self.line);
        let rest = &line[at..];
        let blank = || rest.iter().position(|byte| matches!(byte, b' ' | b'\t'));
        let (quoted, next) = match pattern.pieces.get(piece + 1) {
            Some(Piece::Text(next)) => (next.starts_with(b"\""), next.as_slice()),
            Some(Piece::Field(_)) => (false, &b"/"[..]),
            None => {
                let end = match field.tells.is_word() {
                    true => blank().unwrap_or(rest.len()),
                    false => rest.len(),
                };
                return self.take(field, piece, at, at + end);
            }
        };
        let farthest = match field.tells.is_word() && !next.starts_with(b" ") {
            true => blank().unwrap_or(rest.len()),
            false => rest.len(),
        };
        for found in memmem::find_iter(rest, next) {
            if found > farthest || self.budget == 0 {
                return false;
            }
            let slashes = rest[..found]
                .iter()
                .rev()
                .take_while(|byte| **byte == b'\\');
            if quoted && pattern.escaped && slashes.count() % 2 == 1 {
                continue;
            }
            if self.take(field, piece, at, at + found) {
                return true;
            }
            if field.tells.is_word() && next.starts_with(b" ") {
                return false;
            }
        }
        false
    }

    /// Whether this is the field, and the rest of the line fits the rest of the pattern.
    fn take(&mut self, field: &Field, piece: usize, from: usize, to: usize) -> bool {
        let Some(value) = self.line.get(from..to) else {
            return false;
        };
        if !self.is_valid(&field.tells, value, from) {
            return false;
        }
        let kept = self.found.len();
        self.found.push((piece, from, to));
        let done = self.fits(piece + 1, to);
        if !done {
            self.found.truncate(kept);
        }
        done
    }

    fn is_valid(&self, tells: &Tells, value: &[u8], from: usize) -> bool {
        match tells {
            Tells::Time(clock) => clock.read(value, self.zone).is_some(),
            Tells::Status => is_none(value) || status(value).is_some(),
            // In quotes anything may be asked for; without them a request has to look like one.
            Tells::Request if from > 0 && self.line[from - 1] != b'"' => is_request(value),
            // What ends with a comma goes on: proxies are listed with blanks between them.
            Tells::Anything => !value.ends_with(b","),
            Tells::Request | Tells::User | Tells::Agent | Tells::Purpose => true,
            Tells::Path | Tells::Query => !value.contains(&b'"'),
            Tells::Word | Tells::Host | Tells::Method => {
                !value.iter().any(|byte| matches!(byte, b' ' | b'\t'))
            }
        }
    }
}

/// `GET /path HTTP/1.1`, or that there was none.
fn is_request(text: &[u8]) -> bool {
    if is_none(text) {
        return true;
    }
    let method = text
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let end = text.len().saturating_sub(9);
    method > 0
        && text.get(method) == Some(&b' ')
        && (text[end..].starts_with(b" HTTP/") || text[end + 1..].starts_with(b" HTTP/"))
}
