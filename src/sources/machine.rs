//! Recognises addresses of mail and of machines in texts: whose they are, is nobody's business.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether an address of mail, a handle, or the address of a machine stands anywhere in a text.
pub(crate) fn holds_address(text: &str) -> bool {
    holds_mail(text) || names_machine(text)
}

/// Whether a text holds what only mail addresses and handles hold, also as other scripts and web
/// addresses write it.
pub(crate) fn holds_mail(text: &str) -> bool {
    // Nearly no text holds any of the bytes that these begin with.
    let begin = memchr::memchr3(b'@', b'%', 0xef, text.as_bytes());
    let rest = begin.and_then(|at| text.get(at..));
    rest.is_some_and(|rest| AT.iter().any(|at| rest.contains(at)))
}

/// The sign of mail addresses, as other scripts and web addresses write it.
pub(crate) const AT: [&str; 5] = ["@", "\u{ff20}", "\u{fe6b}", "%40", "%2540"];

/// Whether an IP address stands anywhere in a text.
pub(super) fn names_machine(text: &str) -> bool {
    // Few texts hold what every address holds.
    if memchr::memchr2(b'.', b':', text.as_bytes()).is_none() {
        return false;
    }
    let old = |word: &str| word.parse::<Ipv4Addr>().is_ok();
    let new = |word: &str| word.len() > 2 && word.parse::<Ipv6Addr>().is_ok();
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|word| old(word.trim_matches('.')))
        || text
            .split(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != '.')
            .any(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail() {
        for text in [
            "ada@example.org",
            "by ada\u{ff20}example.org",
            "ada%40example.org",
            "@ada",
        ] {
            assert!(holds_mail(text) && holds_address(text), "{text}");
        }
        assert!(holds_address("from 203.0.113.77") && !holds_mail("203.0.113.77"));
        assert!(!holds_address("team of ada, 40%"));
    }

    #[test]
    fn addresses_of_machines() {
        for text in [
            "203.0.113.77",
            "from 203.0.113.77.",
            "203.0.113.77:443",
            "[2001:db8::1]:443",
            "::ffff:203.0.113.77",
        ] {
            assert!(names_machine(text), "{text}");
        }
        for text in [
            "",
            "ada",
            "1.2.3",
            "10:20:30",
            "a::b::c",
            "::",
            "J. R. Ada",
            "2025-03-04",
        ] {
            assert!(!names_machine(text), "{text}");
        }
    }
}
