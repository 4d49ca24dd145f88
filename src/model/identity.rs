//! Who did it, before and after the door: a raw identity as a source knows it, and the pseudonym
//! that is all Readback ever stores.

use std::fmt;

/// A person as a source names them. Lives in memory only, between a source and the intake.
///
/// `Debug` is blank on purpose: an identity must not reach a log line or a panic message.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The source kind that knows this name (`github`, `mediawiki`), empty for a bare string.
    pub source: &'static str,
    /// What the value is (`account`, `login`, `name`, `email`).
    pub kind: &'static str,
    /// The name itself.
    pub value: String,
}

impl Identity {
    /// A bare string, as events carry it: an e-mail address if it looks like one (an optional
    /// `mailto:` is taken off), otherwise kind `account` of no source.
    pub fn bare(value: &str) -> Self {
        let value = strip_mailto(value.trim());
        let kind = if looks_like_email(value) {
            "email"
        } else {
            "account"
        };
        Identity {
            source: "",
            kind,
            value: value.to_owned(),
        }
    }

    /// A name that only means something inside one source kind.
    pub fn of_source(source: &'static str, kind: &'static str, value: &str) -> Self {
        Identity {
            source,
            kind,
            value: value.to_owned(),
        }
    }

    /// Whether the value is an e-mail address, which has one pseudonym whatever source it came from.
    pub fn is_email(&self) -> bool {
        self.kind == "email" || looks_like_email(self.value.trim())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

fn strip_mailto(value: &str) -> &str {
    match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
        _ => value,
    }
}

fn looks_like_email(value: &str) -> bool {
    let Some((local, domain)) = memchr::memchr(b'@', value.as_bytes()).map(|at| value.split_at(at))
    else {
        return false;
    };
    let domain = &domain[1..];
    !local.is_empty()
        && !domain.is_empty()
        && memchr::memchr2(b'@', b'/', domain.as_bytes()).is_none()
        && !local.contains('/')
        && !has_space(value)
}

/// Nearly all names are ASCII, and this is asked for every event.
fn has_space(value: &str) -> bool {
    match value.is_ascii() {
        // What is a space for `char`; without an early end the compiler looks at many at once.
        true => value.bytes().fold(false, |found, byte| {
            found | matches!(byte, b' ' | 0x09..=0x0d)
        }),
        false => value.chars().any(char::is_whitespace),
    }
}

/// The first 16 bytes of an HMAC over an identity (INDICATORS P2). The key lies outside the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; 16]);

impl Pseudonym {
    /// From its 32 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        Some(Pseudonym(number.to_be_bytes()))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_string_is_an_address_or_an_account() {
        assert_eq!(
            Identity::bare("MAILTO:Ada@Example.org").value,
            "Ada@Example.org"
        );
        assert_eq!(Identity::bare("MAILTO:Ada@Example.org").kind, "email");
        assert_eq!(Identity::bare("p0001").kind, "account");
        assert_eq!(Identity::bare("@ada").kind, "account");
    }

    #[test]
    fn debug_shows_nobody() {
        assert!(!format!("{:?}", Identity::bare("ada@example.org")).contains("ada"));
    }
}
