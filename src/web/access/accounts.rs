//! Local accounts: names and hashed passwords in `access.json`, for a small installation. The names are
//! the operator's choice and stand in this file alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::config::Role;
use crate::spool::{DocumentError, read_document, write_document};
use crate::web::fresh::{self, Fresh};

const FORMAT: u32 = 1;

/// The shortest password, in characters.
const SHORTEST: usize = 12;
/// The longest, in bytes.
const LONGEST: usize = 1024;

/// Argon2id as OWASP asks for it: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A file that asks for more was not written here.
const MOST_MEMORY_KIB: u32 = 1 << 20;

/// So many passwords are checked at once: each takes its memory and a processor.
const AT_ONCE: usize = 2;
/// So many wait for that.
const WAITING: usize = 16;

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: String,
    /// A viewer who may see restricted write-ups.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restricted: bool,
    /// Its password, hashed.
    password: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
}

impl Account {
    fn role(&self) -> Role {
        // Checked when the file was read.
        Role::named(&self.role).unwrap_or(Role::Viewer)
    }

    /// Tells the record from what it was before.
    fn stamp(&self) -> u64 {
        let text = format!("{}\0{}\0{}", self.password, self.role, self.restricted);
        xxhash_rust::xxh3::xxh3_64(text.as_bytes())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    accounts: Vec<Account>,
}

/// Why the accounts can't be read or changed. No word repeats a name: it may be a person's.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] DocumentError),
    /// There is an account of this name.
    #[error(
        "there is an account of this name already; `readback access passwd` changes its password"
    )]
    Exists,
    /// There is none of this name.
    #[error("there is no account of this name; `readback access list` tells which there are")]
    Unknown,
    /// The name can't be shown in a line.
    #[error(
        "this is no name of an account; valid are 1 to 100 letters, digits and the signs . - _ @ +"
    )]
    Name,
    /// The password is too short or too long.
    #[error(
        "this password can't be taken; valid are at least {SHORTEST} characters and at most {LONGEST} \
         bytes in one line"
    )]
    Password,
    /// The hash can't be computed.
    #[error("the password can't be hashed: {0}")]
    Hash(String),
}

/// Reads all accounts; none where there is no file.
pub fn read(path: &Path) -> Result<Vec<Account>, AccountError> {
    let Some(file) = read_document::<File>(path, FORMAT)? else {
        return Ok(Vec::new());
    };
    for (n, account) in (1..).zip(&file.accounts) {
        if Role::named(&account.role).is_none() {
            let known = Role::ALL.map(Role::name).join(", ");
            let words = format!("account {n}: role: {:?}; known are {known}", account.role);
            return Err(DocumentError::broken(path, words).into());
        }
        if Hashed::parse(&account.password).is_none() {
            let words = format!("account {n}: password: is no Argon2id hash");
            return Err(DocumentError::broken(path, words).into());
        }
    }
    Ok(file.accounts)
}

/// Makes an account.
pub fn add(
    path: &Path,
    name: &str,
    password: &str,
    (role, restricted): (Role, bool),
    made_at: String,
) -> Result<(), AccountError> {
    let fits = |c: char| c.is_alphanumeric() || ".-_@+".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
        return Err(AccountError::Name);
    }
    let password = hashed(password)?;
    change(path, |accounts| {
        if accounts.iter().any(|account| account.name == name) {
            return Err(AccountError::Exists);
        }
        accounts.push(Account {
            name: name.to_owned(),
            role: role.name().to_owned(),
            restricted,
            password,
            made_at,
        });
        Ok(())
    })
}

/// Takes an account away.
pub fn remove(path: &Path, name: &str) -> Result<(), AccountError> {
    change(path, |accounts| {
        let before = accounts.len();
        accounts.retain(|account| account.name != name);
        match accounts.len() < before {
            true => Ok(()),
            false => Err(AccountError::Unknown),
        }
    })
}

/// Gives an account another password; its sessions end.
pub fn set_password(path: &Path, name: &str, password: &str) -> Result<(), AccountError> {
    let password = hashed(password)?;
    change(path, |accounts| {
        let account = accounts.iter_mut().find(|account| account.name == name);
        account.ok_or(AccountError::Unknown)?.password = password;
        Ok(())
    })
}

fn change(
    path: &Path,
    change: impl FnOnce(&mut Vec<Account>) -> Result<(), AccountError>,
) -> Result<(), AccountError> {
    let _lock = fresh::lock(path).map_err(|cause| DocumentError::io(path, cause))?;
    let mut accounts = read(path)?;
    change(&mut accounts)?;
    let file = File {
        format: FORMAT,
        accounts,
    };
    Ok(write_document(path, &file)?)
}

/// A hash and how it is computed.
struct Hashed {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Hashed {
    /// Reads `$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`.
    fn parse(text: &str) -> Option<Hashed> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = costs.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let hashed = Hashed {
            memory_kib: cost("m=")?,
            passes: cost("t=")?,
            lanes: cost("p=")?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        };
        let sane =
            hashed.memory_kib <= MOST_MEMORY_KIB && hashed.passes <= 64 && hashed.lanes <= 64;
        (parts.next().is_none() && sane && hashed.hash.len() >= 16 && hashed.salt.len() >= 8)
            .then_some(hashed)
    }

    /// What an account that is not there costs to check: as much as one that is.
    fn of_nobody() -> Hashed {
        Hashed {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: b"nobody has this.".to_vec(),
            hash: vec![0; 32],
        }
    }

    fn is_of(&self, password: &str) -> bool {
        let computed = self.compute(password);
        computed.is_ok_and(|computed| bool::from(computed.as_slice().ct_eq(&self.hash)))
    }

    fn compute(&self, password: &str) -> Result<Vec<u8>, argon2::Error> {
        let params = Params::new(
            self.memory_kib,
            self.passes,
            self.lanes,
            Some(self.hash.len()),
        )?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // The same password typed on another system may be composed otherwise.
        let password: String = password.nfc().collect();
        let mut hash = vec![0; self.hash.len()];
        argon.hash_password_into(password.as_bytes(), &self.salt, &mut hash)?;
        Ok(hash)
    }
}

/// A password as it is kept.
fn hashed(password: &str) -> Result<String, AccountError> {
    let fits = password.chars().count() >= SHORTEST
        && password.len() <= LONGEST
        && !password.contains(['\n', '\r', '\0']);
    if !fits {
        return Err(AccountError::Password);
    }
    let mut salt = vec![0; 16];
    getrandom::fill(&mut salt).map_err(|error| AccountError::Hash(error.to_string()))?;
    let wanted = Hashed {
        salt,
        ..Hashed::of_nobody()
    };
    let hash = wanted
        .compute(password)
        .map_err(|error| AccountError::Hash(error.to_string()))?;
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
        STANDARD_NO_PAD.encode(&wanted.salt),
        STANDARD_NO_PAD.encode(hash)
    ))
}

/// The accounts of a running server.
pub(in crate::web) struct Accounts {
    file: Fresh<Vec<Account>, AccountError>,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// What a sign-in with a password came to.
pub(in crate::web) enum Checked {
    /// It is right: role, whether restricted write-ups may be seen, and the record's stamp.
    Right(Role, bool, u64),
    /// Account or password is wrong; which of the two is not told.
    Wrong,
    /// Too many are being checked.
    Busy,
}

impl Accounts {
    /// The accounts in a file, which need not be there yet.
    pub(in crate::web) fn open(path: PathBuf) -> Result<Self, AccountError> {
        Ok(Accounts {
            file: Fresh::open(path, read)?,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Whether there is any.
    pub(in crate::web) fn is_empty(&self) -> bool {
        self.file.get().content.is_empty()
    }

    /// Whether the file is what it should be; where it is not, what was last known holds.
    pub(in crate::web) fn is_readable(&self) -> bool {
        self.file.is_readable()
    }

    /// The stamp of an account, if it is still there.
    pub(in crate::web) fn stamp(&self, name: &str) -> Option<u64> {
        let seen = self.file.get();
        let account = seen.content.iter().find(|account| account.name == name);
        account.map(Account::stamp)
    }

    /// Checks a password; it takes as long for an account that is not there.
    pub(in crate::web) async fn check(&self, name: &str, password: String) -> Checked {
        let account = {
            let mut seen = self.file.get();
            let find = |accounts: &[Account]| accounts.iter().find(|a| a.name == name).cloned();
            find(&seen.content).or_else(|| {
                // It may have been made a moment ago.
                self.file.look_again(&mut seen);
                find(&seen.content)
            })
        };
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING + AT_ONCE {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Checked::Busy;
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let hashed = account
            .as_ref()
            .and_then(|account| Hashed::parse(&account.password));
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let short = password.len() <= LONGEST;
            let is_there = hashed.is_some();
            let hashed = hashed.unwrap_or_else(Hashed::of_nobody);
            hashed.is_of(if short { &password } else { "" }) && is_there && short
        });
        let right = checked.await.unwrap_or(false);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match account.filter(|_| right) {
            None => Checked::Wrong,
            Some(account) => {
                let role = account.role();
                let sees = role > Role::Viewer || account.restricted;
                Checked::Right(role, sees, account.stamp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse battery";

    #[tokio::test]
    async fn a_password_is_checked_and_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.json");
        let accounts = Accounts::open(path.clone()).unwrap();
        assert!(accounts.is_empty());
        let made = || "2026-01-01T00:00:00Z".to_owned();
        add(&path, "ops", PASSWORD, (Role::Admin, false), made()).unwrap();
        let again = add(&path, "ops", PASSWORD, (Role::Admin, false), made());
        assert!(matches!(again, Err(AccountError::Exists)));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !text.contains(PASSWORD));
        let right = accounts.check("ops", PASSWORD.to_owned()).await;
        let Checked::Right(Role::Admin, true, stamp) = right else {
            panic!("not taken");
        };
        for (name, password) in [
            ("ops", "correct horse batter"),
            ("other", PASSWORD),
            ("ops", ""),
        ] {
            let found = accounts.check(name, password.to_owned()).await;
            assert!(matches!(found, Checked::Wrong), "{name} {password}");
        }
        set_password(&path, "ops", "another password").unwrap();
        let mut seen = accounts.file.seen();
        accounts.file.look_again(&mut seen);
        drop(seen);
        assert_ne!(accounts.stamp("ops"), Some(stamp));
        remove(&path, "ops").unwrap();
        assert!(matches!(remove(&path, "ops"), Err(AccountError::Unknown)));
    }

    #[test]
    fn an_account_that_is_not_there_costs_as_much() {
        let there = Hashed::parse(&hashed(PASSWORD).unwrap()).unwrap();
        let nobody = Hashed::of_nobody();
        let costs = |one: &Hashed| (one.memory_kib, one.passes, one.lanes, one.hash.len());
        assert_eq!(costs(&there), costs(&nobody));
        assert!(there.is_of(PASSWORD) && !nobody.is_of(PASSWORD));
        for odd in [
            "",
            "plain",
            "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAA$AAAA",
            "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAA$AAAA",
        ] {
            assert!(Hashed::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn what_can_not_be_taken_is_refused_without_repeating_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.json");
        let try_one = |name: &str, password: &str| {
            let made = add(&path, name, password, (Role::Viewer, false), String::new());
            made.map_err(|error| error.to_string())
        };
        let long = "x".repeat(LONGEST + 1);
        for password in ["", "elevenchars", "two\nlines and more", &long] {
            let words = try_one("ops", password).unwrap_err();
            assert!(
                words.contains("at least 12") && !words.contains("eleven"),
                "{words}"
            );
        }
        for name in ["", "a b", "a\"b", "zzsecret\n"] {
            let words = try_one(name, PASSWORD).unwrap_err();
            assert!(!words.contains("zzsecret"), "{words}");
        }
        assert!(!path.exists());
        // Twelve characters, whatever bytes they take.
        assert!(try_one("ops", "äöüäöüäöüäöü").is_ok());
        let broken = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path).unwrap_err().to_string()
        };
        let words = broken(
            r#"{"format":1,"accounts":[{"name":"zzsecret","role":"king","password":"","made_at":""}]}"#,
        );
        assert!(
            words.contains("account 1: role") && !words.contains("zzsecret"),
            "{words}"
        );
        assert!(!broken(r#"{"format":1,"accounts":[{"zzsecret":1}]}"#).contains("zzsecret"));
        assert!(broken(r#"{"format":2,"accounts":[]}"#).contains("format 2"));
    }
}
