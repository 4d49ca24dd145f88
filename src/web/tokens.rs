//! Bearer tokens: who may bring events, of which sources and kinds. Only hashes are kept. A token is
//! 256 random bits, so that a plain SHA-256 of it can't be turned back.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::collect::receive::Scope;
use crate::model::EventKind;
use crate::spool;

/// What every token begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "rb_";

/// How long what the file said is trusted: a token that was revoked is refused after it.
const TRUSTED: Duration = Duration::from_secs(1);

const FORMAT: u32 = 1;

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// SHA-256 of the token, hexadecimal.
    hash: String,
    /// The sources it may send events of; empty for all.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The kinds of events it may send; empty for all.
    #[serde(default)]
    pub types: Vec<String>,
    /// When it was made, RFC 3339.
    pub made_at: String,
}

impl Kept {
    /// What its holder may send.
    pub fn scope(&self) -> Scope {
        let kinds = self.types.iter();
        Scope {
            sources: self.sources.clone(),
            // Checked when the file was read.
            kinds: kinds
                .filter_map(|kind| EventKind::from_name(kind))
                .collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    tokens: Vec<Kept>,
}

/// Why the tokens can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not what Readback wrote.
    #[error("{path}: is not what readback wrote: {reason}")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is a token of this name.
    #[error("there is a token {0:?} already; take another name, or revoke it first")]
    Exists(String),
    /// There is none of this name.
    #[error("no token {name:?}; {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Which there are.
        known: String,
    },
    /// The name can't be shown in a line.
    #[error(
        "{0:?} is no name of a token; valid are 1 to 100 letters, digits, dots, dashes, underscores"
    )]
    Name(String),
    /// A star that stands for nothing.
    #[error("source {0:?}: valid are the name of a source, and a beginning followed by one *")]
    Source(String),
    /// A kind of event that is unknown.
    #[error("unknown type {name:?}; known are {known}")]
    Type {
        /// The name.
        name: String,
        /// Which there are.
        known: String,
    },
}

/// Reads all tokens; none where there is no file.
pub fn read(path: &Path) -> Result<Vec<Kept>, TokenError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(io(path, cause)),
    };
    let broken = |reason: String| TokenError::Broken {
        path: path.display().to_string(),
        reason,
    };
    let file: File = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
    if file.format != FORMAT {
        let words = format!("format {}, this program knows {FORMAT}", file.format);
        return Err(broken(words));
    }
    for token in &file.tokens {
        // A type that is not understood must not become "all types".
        check_types(&token.types)?;
    }
    Ok(file.tokens)
}

/// Makes a token and returns it; it is never shown again.
pub fn add(
    path: &Path,
    name: &str,
    sources: Vec<String>,
    types: Vec<String>,
    made_at: String,
) -> Result<String, TokenError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if name.is_empty() || name.len() > 100 || !name.bytes().all(fits) {
        return Err(TokenError::Name(name.to_owned()));
    }
    check_types(&types)?;
    let is_odd = |source: &&String| {
        let name = source.strip_suffix('*').unwrap_or(source);
        source.is_empty() || name.contains('*')
    };
    if let Some(odd) = sources.iter().find(is_odd) {
        return Err(TokenError::Source(odd.clone()));
    }
    let _lock = lock(path)?;
    let mut tokens = read(path)?;
    if tokens.iter().any(|token| token.name == name) {
        return Err(TokenError::Exists(name.to_owned()));
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| io(path, std::io::Error::other(error)))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    tokens.push(Kept {
        name: name.to_owned(),
        hash: hash(&token),
        sources,
        types,
        made_at,
    });
    write(path, tokens)?;
    Ok(token)
}

/// Takes a token away.
pub fn revoke(path: &Path, name: &str) -> Result<(), TokenError> {
    let _lock = lock(path)?;
    let mut tokens = read(path)?;
    let before = tokens.len();
    tokens.retain(|token| token.name != name);
    if tokens.len() == before {
        let names: Vec<_> = tokens.into_iter().map(|token| token.name).collect();
        return Err(TokenError::Unknown {
            name: name.to_owned(),
            known: match names.is_empty() {
                true => "there are none".to_owned(),
                false => format!("there are {}", names.join(", ")),
            },
        });
    }
    write(path, tokens)
}

/// Keeps other commands from changing the tokens at the same time. Not the data folder's turn: whoever
/// takes a token away does not wait for a report, or for an engine that is away.
fn lock(path: &Path) -> Result<std::fs::File, TokenError> {
    let path = path.with_extension("lock");
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let locked = file.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|cause| io(&path, cause))
}

fn check_types(types: &[String]) -> Result<(), TokenError> {
    match types
        .iter()
        .find(|name| EventKind::from_name(name).is_none())
    {
        None => Ok(()),
        Some(name) => Err(TokenError::Type {
            name: name.clone(),
            known: EventKind::ALL.map(EventKind::name).join(", "),
        }),
    }
}

fn write(path: &Path, tokens: Vec<Kept>) -> Result<(), TokenError> {
    let file = File {
        format: FORMAT,
        tokens,
    };
    // What was taken away must not be back after a power cut.
    serde_json::to_vec_pretty(&file)
        .map_err(std::io::Error::from)
        .and_then(|bytes| spool::replace(path, &bytes))
        .map_err(|cause| io(path, cause))
}

fn hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn io(path: &Path, cause: std::io::Error) -> TokenError {
    TokenError::Io {
        path: path.display().to_string(),
        cause,
    }
}

/// The tokens of a running door: the file, read again when it changed.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    tokens: Vec<Kept>,
    stamp: Option<(SystemTime, u64)>,
    looked: Instant,
}

impl Tokens {
    /// The tokens in a file, which need not be there yet.
    pub fn open(path: PathBuf) -> Result<Self, TokenError> {
        let stamp = stamp(&path);
        let tokens = read(&path)?;
        let looked = Instant::now();
        Ok(Tokens {
            path,
            seen: Mutex::new(Seen {
                tokens,
                stamp,
                looked,
            }),
        })
    }

    /// The token that was presented, if it is one.
    pub fn find(&self, presented: &str) -> Option<Kept> {
        let hash = hash(presented);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked.elapsed() > TRUSTED {
            self.look_again(&mut seen);
        }
        let find = |seen: &Seen| {
            let same = |token: &&Kept| bool::from(token.hash.as_bytes().ct_eq(hash.as_bytes()));
            seen.tokens.iter().find(same).cloned()
        };
        find(&seen).or_else(|| {
            // It may have been made a moment ago.
            self.look_again(&mut seen);
            find(&seen)
        })
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.tokens.is_empty()
    }

    fn look_again(&self, seen: &mut Seen) {
        seen.looked = Instant::now();
        let stamp = stamp(&self.path);
        if stamp == seen.stamp {
            return;
        }
        match read(&self.path) {
            Ok(tokens) => {
                seen.tokens = tokens;
                seen.stamp = stamp;
            }
            // A second later it may be whole; until then what was known holds.
            Err(error) => tracing::error!(%error, "the tokens can't be read"),
        }
    }
}

/// Tells whether a file is another than before: it is replaced as a whole.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let meta = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let inode = meta.len();
    Some((meta.modified().ok()?, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_one(path: &Path, name: &str, types: &[&str]) -> Result<String, TokenError> {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        let made_at = "2026-01-01T00:00:00Z".to_owned();
        add(path, name, vec!["wiki*".to_owned()], types, made_at)
    }

    #[test]
    fn a_star_stands_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let made = |name: &str, source: &str| {
            let sources = vec![source.to_owned()];
            add(&path, name, sources, Vec::new(), String::new()).is_ok()
        };
        assert!(made("a", "wiki*") && made("b", "wiki") && made("c", "*"));
        assert!(!made("d", "wi*ki") && !made("e", "wiki**") && !made("f", ""));
    }

    #[test]
    fn a_token_is_found_by_itself_and_kept_as_a_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let tokens = Tokens::open(path.clone()).unwrap();
        assert!(tokens.is_empty());
        let token = add_one(&path, "wiki", &["read"]).unwrap();
        let found = tokens.find(&token).unwrap();
        assert_eq!(found.name, "wiki");
        assert_eq!(found.scope().kinds, [EventKind::Read]);
        assert!(tokens.find(&token[..10]).is_none());
        assert!(tokens.find("").is_none());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&token[PREFIX.len()..]));
        let error = add_one(&path, "wiki", &[]).unwrap_err();
        assert!(matches!(error, TokenError::Exists(_)), "{error}");
        for (name, types) in [("a b", &[][..]), ("", &[]), ("x", &["view"])] {
            assert!(add_one(&path, name, types).is_err(), "{name}");
        }
        revoke(&path, "wiki").unwrap();
        let error = revoke(&path, "wiki").unwrap_err();
        assert_eq!(error.to_string(), "no token \"wiki\"; there are none");
        assert!(Tokens::open(path).unwrap().find(&token).is_none());
    }
}
