//! HAProxy's own HTTP log (`option httplog`), with whatever syslog writes in front:
//! `… client:port [06/Feb/2009:12:14:14.655] frontend backend/server 10/0/30/69/109 200 … "GET / HTTP/1.1"`.

use std::borrow::Cow;

use chrono_tz::Tz;
use memchr::{memchr, memchr_iter, memrchr};

use super::access::{Access, Fault, Parts};
use super::clock::Clock;
use super::pattern::status;

/// How it writes times: in the zone of the machine.
const TIME: &str = "%d/%b/%Y:%H:%M:%S%.f";

/// Reads one line. `captures` says what stands in braces in front of the request, as the captured
/// headers are configured; users and agents come from there.
pub(super) fn read<'a>(line: &'a [u8], captures: &[String], zone: Tz) -> Result<Access<'a>, Fault> {
    let clock = Clock::Pattern(TIME.to_owned());
    let time = memchr_iter(b'[', line).find_map(|open| {
        let inside = &line[open + 1..];
        let inside = &inside[..memchr(b']', inside)?];
        Some((open + inside.len() + 2, clock.read(inside, zone)?))
    });
    let (behind, at) =
        time.ok_or_else(|| Fault::new("time", "there should be [06/Feb/2009:12:14:14.655] in it"))?;
    let rest = &line[behind..];
    let open = memchr(b'"', rest);
    let close = memrchr(b'"', rest);
    let (Some(open), Some(close)) = (open, close.filter(|close| Some(*close) > open)) else {
        return Err(Fault::new(
            "request",
            "it should end with a request in quotes",
        ));
    };
    let request = &rest[open + 1..close];
    // Frontend, backend with server, times, status.
    let mut words = rest[..open]
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let word = words.nth(3).unwrap_or_default();
    let answered = status(word);
    if answered.is_none() && word != b"-1" {
        return Err(Fault::new(
            "status",
            "after frontend, backend and times there should be a status of three digits",
        ));
    }
    let mut parts = Parts {
        at: Some(at),
        // Where nobody sent a request it writes <BADREQ>.
        request: Some(Cow::Borrowed(match request.first() {
            Some(b'<') => b"-",
            _ => request,
        })),
        status: answered,
        escaped: true,
        ..Parts::default()
    };
    for (name, value) in captures.iter().zip(captured(&rest[..open])) {
        match name.to_ascii_lowercase().as_str() {
            "user-agent" => parts.agent = Some(Cow::Borrowed(value)),
            "host" => parts.host = Some(Cow::Borrowed(value)),
            header if super::access::names_user(header) => parts.user(Cow::Borrowed(value)),
            header if super::access::names_purpose(header) => {
                parts.prefetch |= super::access::is_prefetch(value, b"");
            }
            _ => {}
        }
    }
    parts.access()
}

/// What was captured of the request, in its order.
fn captured(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inside = memchr(b'{', text).and_then(|open| {
        let inside = &text[open + 1..];
        Some(&inside[..memchr(b'}', inside)?])
    });
    inside
        .into_iter()
        .flat_map(|inside| inside.split(|byte| *byte == b'|'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    const LINE: &str = "Feb  6 12:14:14 lb haproxy[14389]: 192.0.2.7:33317 [06/Feb/2024:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {w.example.org|Mozilla/5.0 (X11)|ada} {} \"GET /a?b=1 HTTP/1.1\"";

    #[test]
    fn a_line_with_captures() {
        let captures = ["Host", "User-Agent", "X-Forwarded-User"].map(str::to_owned);
        let access = read(LINE.as_bytes(), &captures, Berlin).ok().unwrap();
        assert_eq!((access.at, access.status), (1_707_218_054_655, 200));
        assert!(*access.path == *b"/a?b=1" && *access.user == *b"ada");
        assert!(access.agent.as_deref() == Some(b"Mozilla/5.0 (X11)"));
        let without = read(LINE.as_bytes(), &[], Berlin).ok().unwrap();
        assert!(without.agent.is_none() && without.user.is_empty());
    }

    #[test]
    fn bad_lines() {
        for (line, field) in [
            (LINE.replace("06/Feb", "6.Feb"), "time"),
            (LINE.replace('"', "'"), "request"),
            (LINE.replace(" 200 ", " 20 "), "status"),
        ] {
            let fault = read(line.as_bytes(), &[], Berlin).err().unwrap();
            assert_eq!(fault.field, field);
        }
        let bad = LINE.replace("GET /a?b=1 HTTP/1.1", "<BADREQ>");
        let access = read(bad.as_bytes(), &[], Berlin).ok().unwrap();
        assert!(access.method.is_empty());
    }
}
