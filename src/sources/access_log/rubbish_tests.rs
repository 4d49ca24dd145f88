//! Lines that nobody planned: whatever stands in a log, no format panics, and what is said of a bad line
//! gives nothing of it away. And the two readers of Combined format agree.

use proptest::prelude::*;

use super::clock::Clock;
use super::columns::Columns;
use super::format::{Format, Reading};
use super::json::Keys;
use super::*;

const FORMATS: [&str; 10] = [
    "auto",
    "combined",
    "confluence",
    "alb",
    "s3",
    "bunny",
    "json",
    "w3c",
    "haproxy",
    "%{X-Forwarded-For}i %v %u [%{%Y-%m-%d %H:%M:%S}t] %m %U%q %>s %{User-Agent}i",
];

fn format(written: &str) -> Format {
    Format::of(written, None::<&Clock>).unwrap_or_else(|why| panic!("{written}: {why}"))
}

fn read<'a>(
    format: &Format,
    columns: &mut Columns,
    text: &'a [u8],
) -> Result<Found<'a>, access::Fault> {
    let reading = Reading {
        format,
        keys: &Keys::default(),
        captures: &["User-Agent".to_owned()],
        zone: chrono_tz::Europe::Berlin,
        cut_off: false,
    };
    reading.read(columns, text)
}

/// Pieces of lines of all formats, and anything between them.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"[10/Oct/2000:13:55:36 -0700]"[..],
        b"192.0.2.7",
        b"zoe.q@example.org",
        b"\"GET /zoe?q=1 HTTP/1.1\"",
        b"GET /zoe HTTP/1.1",
        b" 200 ",
        b"2024-02-01 12:00:52",
        b"2024-02-01T12:00:52.5Z",
        b"{\"ts\":1706788852,\"uri\":\"/zoe\",\"status\":200}",
        b"|",
        b"\t",
        b"\"",
        b"\\",
        b" - ",
        b"#Fields: date time cs-uri-stem sc-status",
        b"#Date: 2024-02-01",
        b"1706788852000",
    ]);
    let piece = prop_oneof![
        6 => known.prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_line_panics_and_no_message_tells(lines in prop::collection::vec(pieces(), 1..4)) {
        for written in FORMATS {
            let format = format(written);
            let mut columns = Columns::default();
            for line in &lines {
                if line.starts_with(b"#") {
                    columns.hear(line);
                    continue;
                }
                if let Err(fault) = read(&format, &mut columns, line) {
                    let told = format!("{} {} {}", fault.field, fault.reason, access::shape(line));
                    prop_assert!(!told.contains("zoe") && !told.contains("192.0"), "{told}");
                }
            }
        }
    }

    /// The fast reader of Combined format, and a pattern of the same format.
    #[test]
    fn fast_and_by_pattern(
        host in "(192\\.0\\.2\\.[1-9]|2001:db8::[1-9]|pc[0-9])",
        user in "(-|[a-z]{1,8}|[a-z]{1,4} [a-z]{1,4}|[A-Z]{2}\\\\\\\\[a-z]{3})",
        path in "/[a-zA-Z0-9/._~%?=&+ü ]{0,30}",
        status in 100_u16..600,
        agent in "(-|[a-zA-Z0-9/.;() ]{1,40}|a \\\\\"b\\\\\" c)",
    ) {
        let line = format!(
            "{host} - {user} [10/Oct/2000:13:55:36 -0700] \"GET {path} HTTP/1.1\" {status} 9 \"-\" \"{agent}\""
        );
        let fast = read(&format("combined"), &mut Columns::default(), line.as_bytes());
        let Ok(Found::Access(fast)) = fast else {
            return Err(TestCaseError::fail(format!("not read: {line}")));
        };
        for written in [
            "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"",
            "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"",
        ] {
            let slow = read(&format(written), &mut Columns::default(), line.as_bytes());
            let Ok(Found::Access(slow)) = slow else {
                return Err(TestCaseError::fail(format!("not read by {written}: {line}")));
            };
            prop_assert_eq!(fast.at, slow.at);
            prop_assert_eq!(fast.status, slow.status);
            prop_assert!(fast.path == slow.path && fast.user == slow.user, "{}", line);
            prop_assert!(fast.agent == slow.agent && fast.method == slow.method, "{}", line);
        }
    }
}
