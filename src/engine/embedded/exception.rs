//! Errors as ClickHouse words them: a code, a name, a text, and the HTTP status that goes with them.
//! Clients look at all of these, so the door keeps them to the letter.

use hyper::StatusCode;

/// An error of the engine or of the door, in ClickHouse's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    /// ClickHouse's error number.
    pub(super) code: u32,
    /// `Code: NN. DB::Exception: … (NAME)`.
    pub(super) text: String,
}

/// An error number with its name.
pub(super) struct Kind(u32, &'static str);

pub(super) const BAD_ARGUMENTS: Kind = Kind(36, "BAD_ARGUMENTS");
pub(super) const SYNTAX_ERROR: Kind = Kind(62, "SYNTAX_ERROR");
pub(super) const UNKNOWN_COMPRESSION_METHOD: Kind = Kind(89, "UNKNOWN_COMPRESSION_METHOD");
pub(super) const NETWORK_ERROR: Kind = Kind(210, "NETWORK_ERROR");
pub(super) const UNKNOWN_SETTING: Kind = Kind(115, "UNKNOWN_SETTING");
pub(super) const READONLY: Kind = Kind(164, "READONLY");
pub(super) const TOO_MANY_QUERIES: Kind = Kind(202, "TOO_MANY_SIMULTANEOUS_QUERIES");
pub(super) const CORRUPTED_DATA: Kind = Kind(246, "CORRUPTED_DATA");
pub(super) const CANNOT_DECOMPRESS: Kind = Kind(271, "CANNOT_DECOMPRESS");
pub(super) const TOO_LARGE: Kind = Kind(307, "TOO_MANY_BYTES");
pub(super) const DISABLED: Kind = Kind(344, "SUPPORT_IS_DISABLED");
pub(super) const AUTHENTICATION_FAILED: Kind = Kind(516, "AUTHENTICATION_FAILED");
pub(super) const UNKNOWN_EXCEPTION: Kind = Kind(1002, "UNKNOWN_EXCEPTION");

impl Exception {
    /// An error of the door itself.
    pub(super) fn new(kind: Kind, message: &str) -> Self {
        let Kind(code, name) = kind;
        Self {
            code,
            text: format!("Code: {code}. DB::Exception: {message} ({name})"),
        }
    }

    /// What the engine reported. libchdb wraps some errors in themselves, once or twice, with its
    /// version between; the innermost is what a server would have sent.
    pub(super) fn of_engine(text: &str) -> Self {
        let mut text = text.trim();
        while let Some(inner) = unwrap(text) {
            text = inner;
        }
        // The door adds the version itself, once.
        if let Some(at) = text.rfind(" (version ")
            && text.ends_with(')')
            && !text[at..].contains(". (")
        {
            text = text[..at].trim_end();
        }
        match code(text) {
            Some(code) => Self {
                code,
                text: text.to_owned(),
            },
            None => Self::new(UNKNOWN_EXCEPTION, text),
        }
    }

    /// The status that a ClickHouse server answers with for this code.
    pub(super) fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 516 => StatusCode::FORBIDDEN,
            6 | 25 | 26 | 27 | 33 | 36 | 38 | 41 | 42 | 43 | 44 | 53 | 62 | 69 | 72 | 117 | 246
            | 271 | 636 => StatusCode::BAD_REQUEST,
            16 | 46 | 47 | 50 | 56 | 60 | 63 | 73 | 81 | 89 | 115 => StatusCode::NOT_FOUND,
            159 => StatusCode::REQUEST_TIMEOUT,
            307 => StatusCode::PAYLOAD_TOO_LARGE,
            48 => StatusCode::NOT_IMPLEMENTED,
            202 | 210 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The number after `Code: `.
fn code(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("Code: ")?;
    digits[..digits.find('.')?].parse().ok()
}

/// What stands inside `Code: N. DB::Exception: Code: N. … (version V). (NAME)`.
fn unwrap(text: &str) -> Option<&str> {
    const MARK: &str = "DB::Exception: ";
    let inner = &text[text.find(MARK)? + MARK.len()..];
    if code(text).is_none() || code(inner).is_none() {
        return None;
    }
    let end = inner.rfind(" (version ").unwrap_or(inner.len());
    Some(inner[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_errors_are_unwrapped() {
        let plain = "Code: 60. DB::Exception: Unknown table 'x' (a. b). (UNKNOWN_TABLE)";
        assert_eq!(Exception::of_engine(plain).text, plain);
        assert_eq!(Exception::of_engine(plain).code, 60);
        let once = "Code: 115. DB::Exception: Code: 115. DB::Exception: Unknown setting 'n'. (UNKNOWN_SETTING) (version 26.7.2.1). (UNKNOWN_SETTING)";
        let inner = "Code: 115. DB::Exception: Unknown setting 'n'. (UNKNOWN_SETTING)";
        assert_eq!(Exception::of_engine(once).text, inner);
        let twice =
            format!("Code: 115. DB::Exception: {once} (version 26.7.2.1). (UNKNOWN_SETTING)");
        assert_eq!(Exception::of_engine(&twice).text, inner);
        let versioned =
            "Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT) (version 26.7.2.1)";
        assert_eq!(
            Exception::of_engine(versioned).text,
            "Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT)"
        );
        assert_eq!(
            Exception::of_engine("send_insert requires an INSERT query").code,
            1002
        );
    }
}
