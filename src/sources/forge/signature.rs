//! Who sent a delivery: secrets, and what senders make of them. All is compared in constant time, and
//! every secret is tried, so that an answer's time does not tell which of them it was.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::Millis;
use crate::sources::SourceError;

/// Secrets of Standard Webhooks begin so; what follows is the key in base64.
const STANDARD_WEBHOOKS: &str = "whsec_";

/// How old or how early a signed time may be.
const TOLERANCE: Millis = 5 * 60 * 1000;

/// A webhook's secret, ready to check with.
pub(in crate::sources) struct Secret {
    mac: Hmac<Sha256>,
    /// Of the secret itself, for senders who bring it.
    digest: [u8; 32],
    /// Whether it is a key of Standard Webhooks, which nobody brings.
    standard: bool,
}

impl Secret {
    /// From text, as the operator keeps it; a line break at the end is the editor's.
    pub(in crate::sources) fn new(text: &str) -> Result<Secret, SourceError> {
        let text = trimmed(text)?;
        let standard = text.strip_prefix(STANDARD_WEBHOOKS);
        let key = match standard {
            Some(encoded) => decoded(encoded)?,
            None => text.as_bytes().to_vec(),
        };
        Secret::of_key(&key, text, standard.is_some())
    }

    /// From text that is a key in base64.
    pub(in crate::sources) fn encoded(text: &str) -> Result<Secret, SourceError> {
        let text = trimmed(text)?;
        Secret::of_key(&decoded(text)?, text, false)
    }

    fn of_key(key: &[u8], text: &str, standard: bool) -> Result<Secret, SourceError> {
        let invalid = |_| SourceError::Params("the secret cannot be a key".to_owned());
        Ok(Secret {
            mac: Hmac::new_from_slice(key).map_err(invalid)?,
            digest: sha256(text.as_bytes()),
            standard,
        })
    }

    fn signs(&self, parts: &[&[u8]], given: &[u8]) -> bool {
        let mut mac = self.mac.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().as_slice().ct_eq(given).into()
    }
}

/// The secrets of a source: the one in use, and while it is replaced the one before it.
pub(in crate::sources) struct Secrets(Vec<Secret>);

impl Secrets {
    /// These.
    pub(in crate::sources) fn new(secrets: Vec<Secret>) -> Secrets {
        Secrets(secrets)
    }

    /// Whether there is none.
    pub(in crate::sources) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks a signature of these parts in 64 hexadecimal digits.
    pub(in crate::sources) fn hex(
        &self,
        digits: Option<&str>,
        parts: &[&[u8]],
    ) -> Result<(), SourceError> {
        let given = digits.and_then(of_hex).ok_or(SourceError::Signature)?;
        self.any(|secret| secret.signs(parts, &given))
    }

    /// What the secret in use makes of a text, in hexadecimal digits: an answer to whoever asks for a proof
    /// that we have it. Nothing where there is no secret.
    pub(in crate::sources) fn proof(&self, text: &[u8]) -> Option<String> {
        let mut mac = self.0.first()?.mac.clone();
        mac.update(text);
        Some(hex(mac.finalize().into_bytes().as_slice()))
    }

    /// Checks a signature of these parts in base64.
    pub(in crate::sources) fn base64(
        &self,
        text: &str,
        parts: &[&[u8]],
    ) -> Result<(), SourceError> {
        let given = STANDARD
            .decode(text.trim())
            .map_err(|_| SourceError::Signature)?;
        self.any(|secret| secret.signs(parts, &given))
    }

    /// Checks a signature of these parts in the base64 of tokens.
    pub(in crate::sources) fn base64url(
        &self,
        text: &str,
        parts: &[&[u8]],
    ) -> Result<(), SourceError> {
        let given = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| SourceError::Signature)?;
        self.any(|secret| secret.signs(parts, &given))
    }

    /// Checks the signatures of Standard Webhooks: `v1,BASE64`, several with spaces between them.
    pub(in crate::sources) fn standard(
        &self,
        signatures: &str,
        parts: &[&[u8]],
    ) -> Result<(), SourceError> {
        let given: Vec<Vec<u8>> = signatures
            .split_ascii_whitespace()
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .collect();
        self.any(|secret| {
            let signed = |given: &Vec<u8>| secret.signs(parts, given);
            given
                .iter()
                .fold(false, |found, given| found | signed(given))
        })
    }

    /// Checks a secret that the sender brought along.
    pub(in crate::sources) fn brought(&self, given: &str) -> Result<(), SourceError> {
        let digest = sha256(given.as_bytes());
        self.any(|secret| bool::from(secret.digest.ct_eq(&digest)) && !secret.standard)
    }

    fn any(&self, fits: impl Fn(&Secret) -> bool) -> Result<(), SourceError> {
        let fitting = self
            .0
            .iter()
            .fold(false, |found, secret| found | fits(secret));
        match fitting {
            true => Ok(()),
            false => Err(SourceError::Signature),
        }
    }
}

/// Checks that a signed time, in seconds as text, is about now.
pub(in crate::sources) fn recent(seconds: &str, now: Millis) -> Result<(), SourceError> {
    let at = seconds.trim().parse::<Millis>().ok();
    let at = at.and_then(|at| at.checked_mul(1000));
    let age = at.and_then(|at| now.checked_sub(at));
    match age.ok_or(SourceError::Signature)? {
        age if age.abs() <= TOLERANCE => Ok(()),
        age => Err(SourceError::NotNow(age / 1000)),
    }
}

/// A hash.
pub(in crate::sources) fn sha256(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Bytes in hexadecimal digits.
pub(in crate::sources) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn trimmed(text: &str) -> Result<&str, SourceError> {
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(SourceError::Params("the secret is empty".to_owned())),
        text => Ok(text),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, SourceError> {
    let decoded = STANDARD.decode(text).ok().filter(|key| !key.is_empty());
    decoded.ok_or_else(|| SourceError::Params("the secret should be a key in base64".to_owned()))
}

fn of_hex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const RIGHT: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn only_the_right_signature_passes() {
        let secrets = Secrets::new(vec![Secret::new("Jefe\n").expect("valid")]);
        assert!(secrets.hex(Some(RIGHT), &[BODY]).is_ok());
        assert!(
            secrets
                .hex(Some(&RIGHT.to_uppercase()), &[&BODY[..4], &BODY[4..]])
                .is_ok()
        );
        for wrong in [None, Some(""), Some("+1"), Some(&RIGHT[..63])] {
            let refused = secrets.hex(wrong, &[BODY]);
            assert!(matches!(refused, Err(SourceError::Signature)), "{wrong:?}");
        }
        assert!(secrets.hex(Some(RIGHT), &[&BODY[1..]]).is_err());
        assert!(Secret::new("\n").is_err() && Secret::new("whsec_?").is_err());
        assert!(Secret::encoded("").is_err());
    }

    #[test]
    fn a_secret_before_the_present_one_is_taken_too() {
        let secret = |text: &str| Secret::new(text).expect("valid");
        let two = || Secrets::new(vec![secret("new"), secret("Jefe")]);
        assert!(two().hex(Some(RIGHT), &[BODY]).is_ok());
        assert!(two().brought("Jefe").is_ok() && two().brought("new").is_ok());
        assert!(two().brought("old").is_err() && two().brought("").is_err());
        assert!(Secrets::new(Vec::new()).brought("").is_err());
        // A key that signs is never brought.
        let signing = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(
            Secrets::new(vec![secret(signing)])
                .brought(signing)
                .is_err()
        );
    }

    #[test]
    fn signed_times_are_of_now() {
        let now = 1_614_265_330_000;
        for (text, recent) in [
            ("1614265330", true),
            ("1614265030", true),
            ("1614265029", false),
            ("1614265630", true),
            ("1614265631", false),
            ("", false),
            ("-9223372036854775808", false),
            ("9223372036854775", false),
        ] {
            assert_eq!(super::recent(text, now).is_ok(), recent, "{text}");
        }
    }
}
