//! Who may come in over TCP. The engine has no SQL users, so the door checks the one login itself,
//! in constant time. Over the Unix socket the permissions of its folder decide.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::exception::{AUTHENTICATION_FAILED, Exception};
use super::request::Login;
use crate::engine::Password;

/// The login that opens the door.
pub(super) struct Credentials {
    user: [u8; 32],
    password: [u8; 32],
}

impl Credentials {
    /// Keeps digests, which have one length whatever the words.
    pub(super) fn new(user: &str, password: &Password) -> Self {
        Self {
            user: digest(user),
            password: digest(password.reveal()),
        }
    }

    /// Checks a login; no user named means ClickHouse's `default`.
    pub(super) fn check(&self, login: &Login) -> Result<(), Exception> {
        let name = login.user.as_deref().unwrap_or("default");
        let user = digest(name);
        let password = digest(login.password.as_deref().unwrap_or_default());
        let same = user.ct_eq(&self.user) & password.ct_eq(&self.password);
        if bool::from(same) {
            return Ok(());
        }
        Err(Exception::new(
            AUTHENTICATION_FAILED,
            "Authentication failed: password is incorrect, or there is no user with such name.",
        ))
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
