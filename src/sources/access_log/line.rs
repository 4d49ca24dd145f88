//! One line of an access log in Common or Combined format, with or without a virtual host in
//! front. The parser looks at bytes and copies none, because logs are large and not always UTF-8.
//!
//! What it stands: quoted fields with `\"` in them, users with spaces, `-` and empty requests,
//! paths with spaces, IPv6 clients, CRLF, anything behind the agent.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use super::date;
use crate::model::Millis;
use crate::sources::machine::names_machine;

/// A parsed line. Everything but the time points into the line as it was written: escapes are not
/// undone (see [`unescape`]), and `-` is left as it is.
///
/// There is no `Debug`: the client's address and the user's name must not reach a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The virtual host, where the log has one. It may carry a port.
    pub vhost: Option<&'a [u8]>,
    /// The client: an address or a host name. For parsing alone, nothing is ever made of it.
    pub host: &'a [u8],
    /// The authenticated user, `-` for none.
    pub user: &'a [u8],
    /// When the request came.
    pub at: Millis,
    /// The method, empty where the request is `-`.
    pub method: &'a [u8],
    /// The target as sent, with its query; usually a path, sometimes a whole URL.
    pub path: &'a [u8],
    /// The protocol, empty for HTTP/0.9.
    pub protocol: &'a [u8],
    /// The status of the answer.
    pub status: u16,
    /// Bytes sent; `None` for `-`.
    pub bytes: Option<u64>,
    /// The referring page; `None` in Common format.
    pub referer: Option<&'a [u8]>,
    /// The user agent; `None` in Common format.
    pub agent: Option<&'a [u8]>,
    /// What follows the agent, as some servers are told to write.
    pub rest: &'a [u8],
}

/// The first field of a line that could not be read. It says nothing about what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// No time in brackets.
    #[error("there is no [day/Month/year:hour:minute:second ±hhmm] in it")]
    Time,
    /// Less than client, ident and user before the time.
    #[error("before the time there should be client, ident and user")]
    Client,
    /// No quoted request after the time, or one that does not end.
    #[error("after the time there should be a request in quotes, and the quotes should close")]
    Request,
    /// No status after the request.
    #[error("after the request there should be a status of three digits")]
    Status,
    /// No number of bytes after the status.
    #[error("after the status there should be a number of bytes or -")]
    Bytes,
    /// A referer that does not end.
    #[error("after the bytes there should be a referer in quotes, and the quotes should close")]
    Referer,
    /// No agent after the referer, or one that does not end.
    #[error(
        "after the referer there should be a user agent in quotes, and the quotes should close"
    )]
    Agent,
}

impl LineError {
    /// The name of the field.
    pub const fn field(self) -> &'static str {
        match self {
            LineError::Time => "time",
            LineError::Client => "client",
            LineError::Request => "request",
            LineError::Status => "status",
            LineError::Bytes => "bytes",
            LineError::Referer => "referer",
            LineError::Agent => "agent",
        }
    }
}

/// Reads one line; a line end is not part of it, a carriage return may be.
///
/// A line that ends after the bytes is Common, one with referer and agent is Combined.
pub fn parse_line(line: &[u8]) -> Result<Line<'_>, LineError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (open, at) = time(line).ok_or(LineError::Time)?;
    let head = line[..open].strip_suffix(b" ").ok_or(LineError::Client)?;
    let Client { vhost, host, user } = client(head).ok_or(LineError::Client)?;
    let rest = &line[open + date::LENGTH + 2..];

    let (request, rest) = quoted(rest).ok_or(LineError::Request)?;
    let (method, path, protocol) = split_request(request);
    let (status, rest) = status(rest).ok_or(LineError::Status)?;
    let (bytes, rest) = bytes(rest).ok_or(LineError::Bytes)?;

    let mut parsed = Line {
        vhost,
        host,
        user,
        at,
        method,
        path,
        protocol,
        status,
        bytes,
        referer: None,
        agent: None,
        rest,
    };
    if rest.starts_with(b" \"") {
        let (referer, rest) = quoted(rest).ok_or(LineError::Referer)?;
        let (agent, rest) = quoted(rest).ok_or(LineError::Agent)?;
        parsed.referer = Some(referer);
        parsed.agent = Some(agent);
        parsed.rest = rest;
    }
    Ok(parsed)
}

/// Undoes the escapes of Apache and nginx: `\"`, `\\`, `\xhh`, and `\n`, `\r`, `\t` and their kin.
pub(super) fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', text) else {
        return Cow::Borrowed(text);
    };
    let mut plain = text[..first].to_vec();
    let mut rest = &text[first..];
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match rest {
            [b'x', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                plain.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            [escaped, after @ ..] => {
                plain.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'v' => 11,
                    other => *other,
                });
                rest = after;
            }
            [] => plain.push(b'\\'),
        }
    }
    Cow::Owned(plain)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// Where the bracket of the time stands, and the time. A user's name may hold brackets, so the
/// first one with a time in it counts.
fn time(line: &[u8]) -> Option<(usize, Millis)> {
    memchr_iter(b'[', line).find_map(|open| {
        let inside = line.get(open + 1..=open + date::LENGTH + 1)?;
        let at = date::parse(inside.strip_suffix(b"]")?)?;
        Some((open, at))
    })
}

/// Who asked whom.
struct Client<'a> {
    vhost: Option<&'a [u8]>,
    host: &'a [u8],
    user: &'a [u8],
}

/// Virtual host, client and user from what stands before the time.
///
/// Some servers are told to write more there, for instance all of X-Forwarded-For, in quotes, in
/// brackets or bare. Where a word that should be the user's is an ident or a machine, nobody can say
/// which word is the user, and there is none.
fn client(head: &[u8]) -> Option<Client<'_>> {
    let client = columns(head)?;
    let shifted = client.user.starts_with(b"- ") || is_machine(client.user);
    Some(Client {
        vhost: client
            .vhost
            .filter(|name| is_host_name(name) && !is_machine(name)),
        user: if shifted { b"-" } else { client.user },
        ..client
    })
}

fn is_host_name(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(byte))
}

pub(super) fn is_machine(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(names_machine)
}

/// With four words or more either the first is a virtual host or the user's name has spaces. It is
/// a virtual host if an address comes second, or the ident `-` third and not second.
fn columns(head: &[u8]) -> Option<Client<'_>> {
    let (first, rest) = word(head)?;
    let (second, rest) = word(rest)?;
    if let Some((third, user)) = word(rest)
        && second != b"-"
        && (is_address(second) || (third == b"-" && !is_address(first)))
    {
        return Some(Client {
            vhost: Some(first),
            host: second,
            user,
        });
    }
    (!rest.is_empty()).then_some(Client {
        vhost: None,
        host: first,
        user: rest,
    })
}

/// The part before the first space, and the part after it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // These words are too short for a vector search to pay.
    let space = text.iter().position(|byte| *byte == b' ')?;
    (space > 0).then(|| (&text[..space], &text[space + 1..]))
}

/// Looks like an IPv4 or IPv6 address.
fn is_address(text: &[u8]) -> bool {
    let dotted = text.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let colons = || {
        text.iter()
            .all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%'))
    };
    (dotted && memchr(b'.', text).is_some())
        || (memchr(b':', text).is_some_and(|at| memchr(b':', &text[at + 1..]).is_some())
            && colons())
}

/// The inside of the quotes that follow one space, and what comes after them.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b" \"")?;
    let mut from = 0;
    loop {
        let found = from + memchr2(b'"', b'\\', &inside[from..])?;
        if inside[found] == b'"' {
            return Some((&inside[..found], &inside[found + 1..]));
        }
        from = found + 2;
        if from > inside.len() {
            return None;
        }
    }
}

/// Method, path and protocol; all empty where no request was read.
pub(super) fn split_request(request: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let Some((method, rest)) = word(request) else {
        return (b"", b"", b"");
    };
    // Nearly every request ends with the eight bytes of `HTTP/1.1` or `HTTP/2.0`.
    let usual = rest
        .len()
        .checked_sub(9)
        .filter(|at| rest[*at..].starts_with(b" HTTP/"));
    match usual.or_else(|| memrchr(b' ', rest)) {
        Some(last) if rest[last + 1..].starts_with(b"HTTP/") => {
            (method, &rest[..last], &rest[last + 1..])
        }
        _ => (method, rest, b""),
    }
}

fn status(text: &[u8]) -> Option<(u16, &[u8])> {
    match text {
        [
            b' ',
            a @ b'1'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            rest @ ..,
        ] if matches!(rest, [] | [b' ', ..]) => {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Some((digit(a) * 100 + digit(b) * 10 + digit(c), rest))
        }
        _ => None,
    }
}

fn bytes(text: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let text = text.strip_prefix(b" ")?;
    let end = memchr(b' ', text).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    if number == b"-" {
        return Some((None, rest));
    }
    // 18 digits fit in 64 bits: what is longer or not a number is refused before it is added up.
    let digits = (1..=18).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
    digits.then(|| {
        let value = number
            .iter()
            .fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
        (Some(value), rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "[10/Oct/2000:13:55:36 -0700]";

    fn read(text: &str) -> Line<'_> {
        match parse_line(text.as_bytes()) {
            Ok(line) => line,
            Err(error) => panic!("{}: {error}", error.field()),
        }
    }

    #[test]
    fn common_and_combined() {
        let text = format!("192.0.2.7 - frank {TIME} \"GET /a?b=c HTTP/1.1\" 200 2326");
        let line = read(&text);
        assert_eq!(
            (line.host, line.user, line.at),
            (&b"192.0.2.7"[..], &b"frank"[..], 971_211_336_000)
        );
        assert_eq!(
            (line.method, line.path, line.protocol),
            (&b"GET"[..], &b"/a?b=c"[..], &b"HTTP/1.1"[..])
        );
        assert_eq!(
            (line.status, line.bytes, line.agent),
            (200, Some(2326), None)
        );

        let text = format!("{text} \"-\" \"Mozilla/5.0 \\\"x\\\"\" \"prefetch\"\r");
        let line = read(&text);
        assert_eq!(
            (line.referer, line.agent),
            (Some(&b"-"[..]), Some(&b"Mozilla/5.0 \\\"x\\\""[..]))
        );
        assert_eq!(line.rest, b" \"prefetch\"");
    }

    #[test]
    fn what_stands_before_the_time() {
        let cases = [
            ("2001:db8::1 - -", None, "2001:db8::1", "-"),
            (
                "wiki.example.org:443 2001:db8::1 - ada",
                Some("wiki.example.org:443"),
                "2001:db8::1",
                "ada",
            ),
            (
                "wiki.example.org pc7.example.org - ada",
                Some("wiki.example.org"),
                "pc7.example.org",
                "ada",
            ),
            (
                "192.0.2.7 - Ada de Lovelace",
                None,
                "192.0.2.7",
                "Ada de Lovelace",
            ),
            (
                "w.example.org 192.0.2.7 - Ada de Lovelace",
                Some("w.example.org"),
                "192.0.2.7",
                "Ada de Lovelace",
            ),
            ("192.0.2.7 - a[b] c", None, "192.0.2.7", "a[b] c"),
            // More than the format has; whose name is whose nobody can tell.
            ("198.51.100.1, 192.0.2.7 - ada", None, "192.0.2.7", "ada"),
            (
                "198.51.100.1, 10.2.2.2 192.0.2.7 - -",
                None,
                "10.2.2.2",
                "-",
            ),
            (
                "198.51.100.1, 10.2.2.2 192.0.2.7 - ada",
                None,
                "10.2.2.2",
                "-",
            ),
            (
                "\"198.51.100.1, 10.2.2.2\" 192.0.2.7 - ada",
                None,
                "\"198.51.100.1,",
                "-",
            ),
            ("\"198.51.100.1\" 192.0.2.7 - ada", None, "192.0.2.7", "ada"),
            ("pc7.example.org, 192.0.2.7 - ada", None, "192.0.2.7", "ada"),
            ("192.0.2.7 (198.51.100.1) - -", None, "192.0.2.7", "-"),
            ("192.0.2.7 - ada 198.51.100.1:443", None, "192.0.2.7", "-"),
            (
                "2001:db8::1, 192.0.2.7 192.0.2.8 - -",
                None,
                "192.0.2.7",
                "-",
            ),
        ];
        for (head, vhost, host, user) in cases {
            let text = format!("{head} {TIME} \"GET / HTTP/1.1\" 304 -");
            let line = read(&text);
            assert!(line.vhost == vhost.map(str::as_bytes), "{head}");
            assert!(
                line.host == host.as_bytes() && line.user == user.as_bytes(),
                "{head}"
            );
            assert_eq!(line.bytes, None);
        }
    }

    #[test]
    fn requests_of_all_sorts() {
        let cases: [(&str, [&[u8]; 3]); 5] = [
            ("-", [b"", b"", b""]),
            ("", [b"", b"", b""]),
            ("GET /old", [b"GET", b"/old", b""]),
            ("GET /a b HTTP/1.0", [b"GET", b"/a b", b"HTTP/1.0"]),
            ("\\x16\\x03\\x01", [b"", b"", b""]),
        ];
        for (request, [method, path, protocol]) in cases {
            let text = format!("::1 - - {TIME} \"{request}\" 400 0");
            let line = read(&text);
            assert!(
                (line.method, line.path, line.protocol) == (method, path, protocol),
                "{request}"
            );
        }
        let mut bytes = format!("::1 - - {TIME} \"GET /").into_bytes();
        bytes.extend_from_slice(b"\xa9\xfa\" 200 1");
        assert!(parse_line(&bytes).is_ok_and(|line| line.path == b"/\xa9\xfa"));
    }

    #[test]
    fn a_bad_line_names_its_field() {
        let cases = [
            (String::new(), LineError::Time),
            (TIME.to_owned(), LineError::Client),
            (
                format!("192.0.2.7 {TIME} \"GET / HTTP/1.1\" 200 1"),
                LineError::Client,
            ),
            (
                format!("192.0.2.7 - - {}", TIME.replace("Oct", "Okt")),
                LineError::Time,
            ),
            (format!("192.0.2.7 - - {TIME} \"GET /"), LineError::Request),
            (
                format!("192.0.2.7 - - {TIME} \"GET /\\"),
                LineError::Request,
            ),
            (
                format!("192.0.2.7 - - {TIME} \"GET / HTTP/1.1\" 20"),
                LineError::Status,
            ),
            (
                format!("192.0.2.7 - - {TIME} \"GET / HTTP/1.1\" 200"),
                LineError::Bytes,
            ),
            (
                format!("192.0.2.7 - - {TIME} \"GET / HTTP/1.1\" 200 99999999999999999999"),
                LineError::Bytes,
            ),
            (
                format!("192.0.2.7 - - {TIME} \"GET / HTTP/1.1\" 200 1 \"-"),
                LineError::Referer,
            ),
            (
                format!("192.0.2.7 - - {TIME} \"GET / HTTP/1.1\" 200 1 \"-\" \"Moz"),
                LineError::Agent,
            ),
        ];
        for (text, error) in cases {
            assert!(parse_line(text.as_bytes()).err() == Some(error), "{text}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(&*unescape(b"plain"), b"plain");
        assert_eq!(
            &*unescape(br#"a\"b\\c\xc3\xa4\n\"#),
            "a\"b\\cä\n\\".as_bytes()
        );
    }
}
