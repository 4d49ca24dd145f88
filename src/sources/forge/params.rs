//! The parameters that all forges have.

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use crate::sources::SourceError;

use super::client::authorization;
use super::signature::{Secret, Secrets};

/// See the documentation of the kinds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sources) struct Params {
    /// The webhook's secret.
    pub(in crate::sources) secret: Option<String>,
    /// Where it stands.
    pub(in crate::sources) secret_file: Option<PathBuf>,
    /// Where the one before it stands, which is taken too.
    pub(in crate::sources) previous_secret_file: Option<PathBuf>,
    /// The address of the API.
    pub(in crate::sources) api: Option<String>,
    /// What is pulled.
    #[serde(default)]
    pub(in crate::sources) repositories: Vec<String>,
    /// Where the token for it stands.
    pub(in crate::sources) token_file: Option<PathBuf>,
}

impl Params {
    /// The address of the API; the repositories should be of the form that all forges have.
    pub(in crate::sources) fn api_of(&self, api: &str) -> Result<Url, SourceError> {
        let wrong = self.repositories.iter().find(|name| !is_repository(name));
        if let Some(name) = wrong {
            return Err(SourceError::Params(format!(
                "repositories: {name:?} should be OWNER/NAME, as in its address"
            )));
        }
        address("api", api, self.token_file.is_some())
    }

    /// What the API is shown of the token.
    pub(in crate::sources) fn authorization(
        &self,
        scheme: &str,
    ) -> Result<Option<String>, SourceError> {
        let token = self.token()?;
        Ok(token.map(|token| authorization(scheme, &token)))
    }

    /// The token itself.
    pub(in crate::sources) fn token(&self) -> Result<Option<String>, SourceError> {
        self.token_file.as_deref().map(token).transpose()
    }

    /// The secrets, each ready to check with.
    pub(in crate::sources) fn secrets(&self) -> Result<Secrets, SourceError> {
        self.secrets_of(Secret::new)
    }

    /// The same, where the kind has a way of its own to read them.
    pub(in crate::sources) fn secrets_of(
        &self,
        read: fn(&str) -> Result<Secret, SourceError>,
    ) -> Result<Secrets, SourceError> {
        let mut secrets = Vec::new();
        match (&self.secret, &self.secret_file) {
            (None, None) => {}
            (Some(secret), None) => secrets.push(read(secret)?),
            (None, Some(path)) => secrets.push(read(&text(path)?)?),
            (Some(_), Some(_)) => {
                return Err(SourceError::Params(
                    "give secret or secret_file, not both".to_owned(),
                ));
            }
        }
        if let Some(path) = &self.previous_secret_file {
            if secrets.is_empty() {
                return Err(SourceError::Params(
                    "previous_secret_file is beside secret_file, not in its place".to_owned(),
                ));
            }
            secrets.push(read(&text(path)?)?);
        }
        Ok(Secrets::new(secrets))
    }
}

/// The address of an API as a parameter gives it.
pub(in crate::sources) fn address(
    parameter: &str,
    given: &str,
    has_token: bool,
) -> Result<Url, SourceError> {
    let url = Url::parse(given).ok();
    let url = url.filter(|url| {
        let fits = matches!(url.scheme(), "http" | "https") && url.has_host();
        fits && url.username().is_empty() && url.password().is_none()
    });
    // What was given may hold a password.
    let url = url.ok_or_else(|| {
        SourceError::Params(format!(
            "{parameter} should be the http(s) address of the REST API, without user and password"
        ))
    })?;
    if has_token && url.scheme() == "http" && !is_loopback(&url) {
        return Err(SourceError::Params(format!(
            "{parameter} should be an https address where there is a token_file: in plain http the token \
             could be read on its way; http is for this machine alone"
        )));
    }
    Ok(url)
}

/// An address as messages name it: as it is configured, with scheme and port, without whatever may hold a
/// secret.
pub(in crate::sources) fn shown(address: &Url) -> String {
    let mut shown = address.clone();
    // What has no host has no user either.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    shown.as_str().trim_end_matches('/').to_owned()
}

/// The token that a file holds.
pub(in crate::sources) fn token(path: &std::path::Path) -> Result<String, SourceError> {
    let token = text(path)?;
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(SourceError::Params(
            "token_file should hold a token on one line".to_owned(),
        ));
    }
    Ok(token.to_owned())
}

/// Whether an address is on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Two names at least, of the characters that forges allow.
fn is_repository(name: &str) -> bool {
    let fits = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        !part.is_empty() && part != "." && part != ".." && part.chars().all(known)
    };
    name.contains('/') && name.split('/').all(fits)
}

/// What a file of a secret holds.
pub(super) fn text(path: &std::path::Path) -> Result<String, SourceError> {
    std::fs::read_to_string(path).map_err(|cause| SourceError::Io {
        name: path.display().to_string(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_as_they_are_configured() {
        for (given, expected) in [
            ("https://api.example.org", "https://api.example.org"),
            (
                "http://127.0.0.1:8080/api/v4/",
                "http://127.0.0.1:8080/api/v4",
            ),
            (
                "https://ada:zzsecret@wiki.example.org:8443/w/api.php?token=zzsecret#zzsecret",
                "https://wiki.example.org:8443/w/api.php",
            ),
        ] {
            assert_eq!(shown(&Url::parse(given).expect("valid")), expected);
        }
    }
}
