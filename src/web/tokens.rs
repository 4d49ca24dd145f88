//! Bearer tokens: who may bring events, of which sources and kinds. Only hashes are kept. A token is
//! 256 random bits, so that a plain SHA-256 of it can't be turned back.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::fresh::{self, Fresh};
use super::used::Used;
use crate::collect::receive::Scope;
use crate::model::{EventKind, Millis, to_rfc3339};
use crate::spool::{DocumentError, read_document, write_document};

/// What every token begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "rb_";

/// The type of a token that reads metrics and sends nothing.
pub const METRICS: &str = "metrics";

/// The type of a token that reads what is published at `/api/v1` and sends nothing.
pub const PUBLISHED: &str = "published";

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
    /// The kinds of events it may send; empty for all. `metrics` or `published` alone is no kind: it
    /// reads that.
    #[serde(default)]
    pub types: Vec<String>,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// When its secret was last changed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<String>,
    /// The secret before that, as long as it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Before>,
}

/// A secret that is being replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    /// SHA-256 of it, hexadecimal.
    hash: String,
    /// Until when it is taken, RFC 3339.
    until: String,
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

    /// Whether it reads metrics, and nothing else.
    pub fn is_for_metrics(&self) -> bool {
        self.types.iter().any(|kind| kind == METRICS)
    }

    /// Whether it reads what is published, and nothing else.
    pub fn is_for_published(&self) -> bool {
        self.types.iter().any(|kind| kind == PUBLISHED)
    }

    /// Until when the secret before this one is taken, where it still is.
    pub fn overlaps_until(&self, now: Millis) -> Option<&str> {
        let before = self.before.as_ref()?;
        (now < until(before)).then_some(before.until.as_str())
    }

    /// Whether a secret of this hash is its own, now.
    fn is_of(&self, hash: &str, now: Millis) -> bool {
        let same = |own: &str| bool::from(own.as_bytes().ct_eq(hash.as_bytes()));
        let before = self.before.as_ref();
        same(&self.hash) || before.is_some_and(|before| same(&before.hash) && now < until(before))
    }
}

/// The instant until when a secret is taken; long ago where that can't be read.
fn until(before: &Before) -> Millis {
    chrono::DateTime::parse_from_rfc3339(&before.until)
        .map_or(Millis::MIN, |until| until.timestamp_millis())
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
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] DocumentError),
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
    let Some(file) = read_document::<File>(path, FORMAT)? else {
        return Ok(Vec::new());
    };
    for (n, token) in (1..).zip(&file.tokens) {
        // A type that is not understood must not become "all types".
        check_types(&token.types)
            .map_err(|error| DocumentError::broken(path, format!("token {n}: {error}")))?;
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
    let token = secret(path)?;
    tokens.push(Kept {
        name: name.to_owned(),
        hash: hash(&token),
        sources,
        types,
        made_at,
        rotated_at: None,
        before: None,
    });
    write(path, tokens)?;
    Ok(token)
}

/// Gives a token another secret and returns it. The one before is taken for `grace` more milliseconds,
/// so that senders can change over; the one before that no longer.
pub fn rotate(path: &Path, name: &str, grace: Millis, now: Millis) -> Result<String, TokenError> {
    let _lock = lock(path)?;
    let mut tokens = read(path)?;
    let Some(kept) = tokens.iter_mut().find(|token| token.name == name) else {
        return Err(unknown(name, &tokens));
    };
    let token = secret(path)?;
    let before = std::mem::replace(&mut kept.hash, hash(&token));
    kept.before = (grace > 0).then(|| Before {
        hash: before,
        until: to_rfc3339(now.saturating_add(grace)),
    });
    kept.rotated_at = Some(to_rfc3339(now));
    write(path, tokens)?;
    Ok(token)
}

fn secret(path: &Path) -> Result<String, TokenError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| io(path, std::io::Error::other(error)))?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)))
}

fn unknown(name: &str, tokens: &[Kept]) -> TokenError {
    let names: Vec<_> = tokens.iter().map(|token| token.name.as_str()).collect();
    TokenError::Unknown {
        name: name.to_owned(),
        known: match names.is_empty() {
            true => "there are none".to_owned(),
            false => format!("there are {}", names.join(", ")),
        },
    }
}

/// Takes a token away.
pub fn revoke(path: &Path, name: &str) -> Result<(), TokenError> {
    let _lock = lock(path)?;
    let mut tokens = read(path)?;
    let before = tokens.len();
    tokens.retain(|token| token.name != name);
    if tokens.len() == before {
        return Err(unknown(name, &tokens));
    }
    write(path, tokens)
}

fn lock(path: &Path) -> Result<std::fs::File, TokenError> {
    fresh::lock(path).map_err(|cause| io(path, cause))
}

fn check_types(types: &[String]) -> Result<(), TokenError> {
    if types == [METRICS] || types == [PUBLISHED] {
        return Ok(());
    }
    match types
        .iter()
        .find(|name| EventKind::from_name(name).is_none())
    {
        None => Ok(()),
        Some(name) => Err(TokenError::Type {
            name: name.clone(),
            known: format!(
                "{}, and {METRICS} or {PUBLISHED} by itself",
                EventKind::ALL.map(EventKind::name).join(", ")
            ),
        }),
    }
}

fn write(path: &Path, tokens: Vec<Kept>) -> Result<(), TokenError> {
    let file = File {
        format: FORMAT,
        tokens,
    };
    // What was taken away must not be back after a power cut.
    Ok(write_document(path, &file)?)
}

fn hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn io(path: &Path, cause: std::io::Error) -> TokenError {
    DocumentError::io(path, cause).into()
}

/// The tokens of a running door: the file, read again when it changed, and when each was last used.
pub struct Tokens {
    file: Fresh<Vec<Kept>, TokenError>,
    used: Used,
}

impl Tokens {
    /// The tokens in a file, which need not be there yet.
    pub fn open(path: PathBuf) -> Result<Self, TokenError> {
        Ok(Tokens {
            used: Used::open(used(&path)),
            file: Fresh::open(path, read)?,
        })
    }

    /// The token that was presented, if it is one.
    pub fn find(&self, presented: &str, now: Millis) -> Option<Kept> {
        let hash = hash(presented);
        let mut seen = self.file.get();
        let find = |tokens: &[Kept]| tokens.iter().find(|one| one.is_of(&hash, now)).cloned();
        let found = find(&seen.content).or_else(|| {
            // It may have been made a moment ago.
            self.file.look_again(&mut seen);
            find(&seen.content)
        });
        drop(seen);
        if let Some(token) = &found {
            self.used.note(&token.name, now);
        }
        found
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.file.seen().content.is_empty()
    }
}

/// On which day each token was last used, by its name.
pub fn last_used(path: &Path) -> std::collections::BTreeMap<String, String> {
    super::used::read(&used(path))
}

/// The file of that, beside the one with the tokens.
fn used(path: &Path) -> PathBuf {
    path.with_file_name("tokens-used.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_one(path: &Path, name: &str, types: &[&str]) -> Result<String, TokenError> {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        let made_at = "2026-01-01T00:00:00Z".to_owned();
        add(path, name, vec!["wiki*".to_owned()], types, made_at)
    }

    const NOW: Millis = 1_772_442_900_000;

    #[test]
    fn a_secret_is_replaced_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let first = add_one(&path, "wiki", &["read"]).unwrap();
        let second = rotate(&path, "wiki", 3_600_000, NOW).unwrap();
        let tokens = Tokens::open(path.clone()).unwrap();
        let is_taken = |token: &str, now: Millis| tokens.find(token, now).is_some();
        assert!(is_taken(&first, NOW + 3_599_999) && is_taken(&second, NOW));
        assert!(!is_taken(&first, NOW + 3_600_000) && is_taken(&second, NOW + 3_600_000));
        assert_eq!(tokens.find(&second, NOW).unwrap().types, ["read"]);
        let third = rotate(&path, "wiki", 0, NOW).unwrap();
        let tokens = Tokens::open(path.clone()).unwrap();
        for old in [&first, &second] {
            assert!(tokens.find(old, NOW).is_none());
        }
        assert!(tokens.find(&third, NOW).is_some());
        let error = rotate(&path, "other", 0, NOW).unwrap_err();
        assert_eq!(error.to_string(), "no token \"other\"; there are wiki");
    }

    #[test]
    fn a_token_that_reads_is_for_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let found = |name: &str| {
            let token = add_one(&path, name, &[name]).unwrap();
            let tokens = Tokens::open(path.clone()).unwrap();
            tokens.find(&token, NOW).unwrap()
        };
        let (metrics, published) = (found("metrics"), found("published"));
        assert!(metrics.is_for_metrics() && !metrics.is_for_published());
        assert!(published.is_for_published() && !published.is_for_metrics());
        for types in [
            ["metrics", "read"],
            ["published", "read"],
            ["metrics", "published"],
        ] {
            assert!(add_one(&path, "both", &types).is_err(), "{types:?}");
        }
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
        let found = tokens.find(&token, NOW).unwrap();
        assert_eq!(found.name, "wiki");
        assert_eq!(found.scope().kinds, [EventKind::Read]);
        assert!(tokens.find(&token[..10], NOW).is_none());
        assert!(tokens.find("", NOW).is_none());
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
        assert!(Tokens::open(path).unwrap().find(&token, NOW).is_none());
    }
}
