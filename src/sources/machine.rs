//! Recognises addresses of machines in texts: whose machine it is, is nobody's business.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether an IP address stands anywhere in a text.
pub(super) fn names_machine(text: &str) -> bool {
    // Few texts hold what every address holds.
    if !text.contains(['.', ':']) {
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
