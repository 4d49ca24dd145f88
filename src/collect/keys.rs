//! The secret of a data folder and what is made with it: pseudonyms and event keys. It lies in a
//! file beside the store, never in it: whoever has only the database can't try a staff list.

use std::hash::Hasher;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use siphasher::sip128::{Hasher128 as _, SipHasher24 as SipHasher24Long};
use unicode_normalization::UnicodeNormalization;

use super::left_out::LeftOut;
use crate::model::{Identity, Pseudonym};

/// What the key of events is made for.
const EVENT_KEYS: &[u8] = b"readback event keys";

/// The keys of one data folder.
#[derive(Clone)]
pub struct Keys {
    people: [u8; 32],
    events: [u8; 16],
    memory: [u8; 16],
    left_out: Arc<LeftOut>,
}

/// The key file is missing, unreadable or broken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The key file.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The file does not hold a key.
    #[error(
        "{path}: is not a key; valid are 64 hexadecimal digits, and after a rotation 32 more below them"
    )]
    Broken {
        /// The key file.
        path: String,
    },
}

impl Keys {
    /// Keys from 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        let derived = |purpose: &[u8]| {
            let mut key = [0; 16];
            key.copy_from_slice(&hmac(&secret, purpose)[..16]);
            key
        };
        Keys {
            people: secret,
            events: derived(EVENT_KEYS),
            memory: derived(b"readback names in memory"),
            left_out: Arc::default(),
        }
    }

    /// Keys with another secret for people; those of events stay, so that an event that comes again is
    /// the same one.
    #[must_use]
    pub fn rotated(&self, secret: [u8; 32]) -> Self {
        Keys {
            events: self.events,
            ..Keys::new(secret)
        }
    }

    /// The keys after the next rotation, from the file where they wait to be used: made there where there
    /// are none, taken up again where a rotation was cut off.
    pub fn next(&self, path: &Path) -> Result<Self, KeyError> {
        if let Some(keys) = Self::open(path)? {
            return Ok(keys);
        }
        let keys = self.rotated(fresh(path)?);
        write_secret(path, &keys.text()).map_err(|cause| io(path, cause))?;
        Ok(keys)
    }

    /// The same keys, for a data folder that leaves people out.
    #[must_use]
    pub fn leaving_out(self, left_out: LeftOut) -> Self {
        Keys {
            left_out: Arc::new(left_out),
            ..self
        }
    }

    /// Whose pseudonyms are not kept.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// The keys in a file; a new file, readable by its owner only, where there is none.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyError> {
        if let Some(keys) = Self::open(path)? {
            return Ok(keys);
        }
        let keys = Keys::new(fresh(path)?);
        write_secret(path, &keys.text()).map_err(|cause| io(path, cause))?;
        Ok(keys)
    }

    /// The keys in a file, if there is one.
    pub fn open(path: &Path) -> Result<Option<Self>, KeyError> {
        match std::fs::read_to_string(path) {
            Ok(text) => match Self::of_text(&text) {
                Some(keys) => Ok(Some(keys)),
                None => Err(KeyError::Broken {
                    path: path.display().to_string(),
                }),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(io(path, cause)),
        }
    }

    /// As in a file: the secret, and below it the key of events where it is not the one made of it.
    fn text(&self) -> String {
        let secret = encode_hex(&self.people);
        match self.events == Keys::new(self.people).events {
            true => secret,
            false => format!("{secret}\n{}", encode_hex(&self.events)),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.trim().lines();
        let keys = Keys::new(decode_hex(lines.next()?)?);
        match (lines.next(), lines.next()) {
            (None, _) => Some(keys),
            (Some(events), None) => {
                let events = decode_hex(events)?;
                Some(Keys { events, ..keys })
            }
            _ => None,
        }
    }

    /// The pseudonym of an identity. E-mail addresses: NFKC, lower case, trimmed (INDICATORS P2);
    /// anything else: source, kind, 0x1f and value as they are (CONTRACT).
    pub fn pseudonym(&self, identity: &Identity) -> Pseudonym {
        let full = if identity.is_email() {
            let address: String = identity.value.nfkc().collect::<String>().to_lowercase();
            hmac(&self.people, address.trim().as_bytes())
        } else {
            let text = format!(
                "{}{}\u{1f}{}",
                identity.source, identity.kind, identity.value
            );
            hmac(&self.people, text.as_bytes())
        };
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        Pseudonym(short)
    }

    /// What an identity is known by in memory: as good as its pseudonym at telling people apart, and
    /// sooner made. Its spellings are not united, and it is never stored.
    pub fn recall(&self, identity: &Identity) -> u128 {
        let mut hasher = SipHasher24Long::new_with_key(&self.memory);
        for text in [identity.source, identity.kind] {
            hasher.write(text.as_bytes());
            // As in `hash`.
            hasher.write_u8(0xff);
        }
        hasher.write(identity.value.as_bytes());
        hasher.finish128().as_u128()
    }

    /// The key of an event.
    pub fn event(&self, source: &str, id: &str) -> u64 {
        self.hash(source, id)
    }

    /// What something that was sent is known by, without keeping it.
    pub fn mark(&self, scope: &str, bytes: &[u8]) -> u128 {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.people).expect("HMAC takes a key of any length");
        mac.update(scope.as_bytes());
        mac.update(&[0xff]);
        mac.update(bytes);
        let full = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        u128::from_be_bytes(short)
    }

    /// Tells two secrets for people apart, and says nothing about either.
    pub fn people_mark(&self) -> u64 {
        let mut short = [0; 8];
        short.copy_from_slice(&hmac(&self.people, b"readback which key this is")[..8]);
        u64::from_be_bytes(short)
    }

    /// Tells two keys apart, and says nothing about either.
    pub fn fingerprint(&self) -> u64 {
        self.hash("readback", "whose tables are these")
    }

    /// The keyed hash of a name that only means something inside `scope`; never 0, which is kept
    /// for "none".
    pub fn hash(&self, scope: &str, name: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.events);
        hasher.write(scope.as_bytes());
        // No text holds this byte, so (scope, name) can't be read in two ways.
        hasher.write_u8(0xff);
        hasher.write(name.as_bytes());
        hasher.finish().max(1)
    }
}

/// A new secret for the file at `path`.
fn fresh(path: &Path) -> Result<[u8; 32], KeyError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| io(path, std::io::Error::other(error)))?;
    Ok(secret)
}

fn io(path: &Path, cause: std::io::Error) -> KeyError {
    KeyError::Io {
        path: path.display().to_string(),
        cause,
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length: `new_from_slice` can't fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut secret = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in secret.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// INDICATORS P2, both examples.
    #[test]
    fn pseudonyms_are_those_of_the_worked_examples() {
        let example = crate::stats::examples::one("P2", 0);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let keys = Keys::new(decode_hex(&text(&example.input["key_hex"])).unwrap());
        let message = text(&example.input["message"]);
        let same = crate::stats::examples::one("P2", 1).expect["same"].clone();
        assert_eq!(same, true);
        let spelt = ["Ada@Example.org ".to_owned(), format!("mailto:{message}")];
        for address in [message].into_iter().chain(spelt) {
            let pseudonym = keys.pseudonym(&Identity::bare(&address));
            assert_eq!(pseudonym.to_string(), text(&example.expect["pseudonym"]));
        }
    }

    #[test]
    fn accounts_keep_their_case() {
        let keys = Keys::new([7; 32]);
        let of = |value| keys.pseudonym(&Identity::of_source("github", "login", value));
        assert_ne!(of("Ada"), of("ada"));
        assert_ne!(of("ada"), keys.pseudonym(&Identity::bare("ada")));
    }

    #[test]
    fn a_key_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let first = Keys::open_or_create(&path).unwrap();
        let second = Keys::open_or_create(&path).unwrap();
        assert_eq!(first.people, second.people);
        // The events of a folder stay the same ones under its next key, also when it is read again.
        let next = first.next(&folder.path().join("key.next")).unwrap();
        let again = first.next(&folder.path().join("key.next")).unwrap();
        assert_eq!((next.people, next.events), (again.people, first.events));
        assert_ne!(next.people, first.people);
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(
            Keys::open_or_create(&path),
            Err(KeyError::Broken { .. })
        ));
    }
}
