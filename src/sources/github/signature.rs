//! Who sent a delivery: `X-Hub-Signature-256`, an HMAC over the raw body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::sources::SourceError;

/// A webhook's secret, ready to check with.
pub(super) struct Secret(Hmac<Sha256>);

impl Secret {
    /// From text, as the operator keeps it; a line break at the end is the editor's.
    pub(super) fn new(text: &str) -> Result<Secret, SourceError> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(SourceError::Params("the secret is empty".to_owned()));
        }
        let invalid = |_| SourceError::Params("the secret cannot be a key".to_owned());
        Hmac::new_from_slice(text.as_bytes())
            .map(Secret)
            .map_err(invalid)
    }

    /// Checks the header's value (`sha256=` and 64 hexadecimal digits) in constant time.
    pub(super) fn check(&self, header: Option<&str>, body: &[u8]) -> Result<(), SourceError> {
        let header = header.ok_or(SourceError::Unsigned("X-Hub-Signature-256"))?;
        let given = header.trim().strip_prefix("sha256=").and_then(digest);
        let given = given.ok_or(SourceError::Signature)?;
        let mut mac = self.0.clone();
        mac.update(body);
        let right = mac.finalize().into_bytes();
        if bool::from(right.as_slice().ct_eq(&given)) {
            Ok(())
        } else {
            Err(SourceError::Signature)
        }
    }
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
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

    #[test]
    fn only_the_right_signature_passes() {
        // RFC 4231, test case 2.
        let secret = Secret::new("Jefe\n").expect("valid");
        let body = b"what do ya want for nothing?";
        let right = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(secret.check(Some(right), body).is_ok());
        assert!(
            secret
                .check(Some(&right.to_uppercase().replace("SHA", "sha")), body)
                .is_ok()
        );
        for wrong in ["", "sha256=", &right[7..], "sha256=+1", &right[..70]] {
            let refused = secret.check(Some(wrong), body);
            assert!(matches!(refused, Err(SourceError::Signature)), "{wrong}");
        }
        let refused = secret.check(None, body).expect_err("no header");
        assert!(matches!(refused, SourceError::Unsigned(_)));
        assert!(
            refused
                .to_string()
                .contains("X-Hub-Signature-256 is missing")
        );
        assert!(
            secret
                .check(Some(right), b"what do ya want for nothing!")
                .is_err()
        );
        assert!(Secret::new("\n").is_err());
    }
}
