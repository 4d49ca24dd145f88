//! One spelling of percent-encoding. A character that means the same encoded and not is written plainly; one
//! that divides an address stays as it was, since the two are different there: `%2F` in a path is no slash,
//! `%26` in a query begins no parameter, and what stands behind `;` or `+` is each server's own matter.

/// A part of an address, each divided by other characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Name,
    Value,
}

/// A path in the one spelling.
pub(super) fn path(text: &str) -> String {
    spelled(text, Part::Path)
}

/// A parameter of a query in the one spelling.
pub(super) fn parameter(text: &str) -> String {
    match text.split_once('=') {
        Some((name, value)) => {
            let mut written = spelled(name, Part::Name);
            written.push('=');
            written.push_str(&spelled(value, Part::Value));
            written
        }
        None => spelled(text, Part::Name),
    }
}

fn spelled(text: &str, part: Part) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let (byte, escaped) = match (byte, bytes.as_slice()) {
            (b'%', &[high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.nth(1);
                (digit(high) << 4 | digit(low), true)
            }
            _ => (byte, false),
        };
        let kept = match byte {
            // At the end of a segment it may stand for more.
            b'*' => !escaped && matches!(bytes.as_slice().first(), None | Some(b'/' | b'\\')),
            _ => is_plain(byte, part) || (!escaped && is_left(byte, part)),
        };
        if kept {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// What is written plainly, however it came.
fn is_plain(byte: u8, part: Part) -> bool {
    match byte {
        b'-' | b'.' | b'_' | b'~' => true,
        b'!' | b'$' | b'\'' | b'(' | b')' | b',' | b':' | b'@' => true,
        b'&' => part == Part::Path,
        b'/' | b'?' => part != Part::Path,
        b'=' => part != Part::Name,
        _ => byte.is_ascii_alphanumeric(),
    }
}

/// What stays plain where it came so.
fn is_left(byte: u8, part: Part) -> bool {
    match byte {
        b'&' | b'+' | b'/' | b';' | b'=' | b'?' => true,
        // Browsers take it for a slash.
        b'\\' => part == Part::Path,
        _ => false,
    }
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_divides_an_address_stays() {
        for (given, written) in [
            ("/a%2Fb", "/a%2Fb"),
            ("/a%3fb%23c%25d", "/a%3Fb%23c%25d"),
            ("/a%3Bb;c", "/a%3Bb;c"),
            ("/a%2Bb+c", "/a%2Bb+c"),
            ("/R%26D_%28a%29%3A_it%27s,=[1]", "/R&D_(a):_it's,=%5B1%5D"),
            ("/a*b%2A/c*", "/a%2Ab%2A/c*"),
            ("/a\\b%5c", "/a\\b%5C"),
        ] {
            assert_eq!(path(given), written, "{given}");
        }
        for (given, written) in [
            (
                "title=Incidents%2FQueue_%282026%29",
                "title=Incidents/Queue_(2026)",
            ),
            (
                "title=a%3Db=c%3f%26%2B+;%3B%23",
                "title=a=b=c?%26%2B+;%3B%23",
            ),
            ("a%3Db=c", "a%3Db=c"),
            ("a[]=1\\", "a%5B%5D=1%5C"),
            ("x/y", "x/y"),
        ] {
            assert_eq!(parameter(given), written, "{given}");
        }
    }

    /// As PHP, JavaScript and MediaWiki encode a part of an address, the last where it is a path.
    const WAYS: [AsciiSet; 3] = [
        NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'~'),
        NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'~')
            .remove(b'!')
            .remove(b'\'')
            .remove(b'(')
            .remove(b')'),
        NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'_')
            .remove(b'.')
            .remove(b'~')
            .remove(b'@')
            .remove(b'$')
            .remove(b'!')
            .remove(b'(')
            .remove(b')')
            .remove(b',')
            .remove(b':'),
    ];

    proptest! {
        /// However a text was encoded as a whole, it has one spelling, means the same, and no two texts share it.
        #[test]
        fn one_text_has_one_spelling(
            text in "[a-c /:()',?&=%+;#@!$\u{e4}~|-]{0,10}",
            other in "[a-c /:()',?&=%+;#@!$\u{e4}~|-]{0,10}",
        ) {
            for spell in [path, |text: &str| parameter(&format!("x={text}"))] {
                let all = WAYS.iter().map(|way| spell(&utf8_percent_encode(&text, way).to_string()));
                let mut all: Vec<String> = all.collect();
                let last = all.pop().unwrap_or_default();
                prop_assert!(all.iter().all(|one| *one == last), "{all:?} {last}");
                prop_assert_eq!(&spell(&last.replacen("x=", "", 1)), &last);
                let meant = percent_decode_str(&last).decode_utf8_lossy().into_owned();
                prop_assert_eq!(meant.trim_start_matches("x="), text.trim_start_matches("x="));
                let second = spell(&utf8_percent_encode(&other, &WAYS[0]).to_string());
                prop_assert_eq!(second == last, text == other);
            }
        }
    }
}
