//! The parameters that all forges have.

use std::path::PathBuf;

use serde::Deserialize;

use crate::sources::SourceError;

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
}

impl Params {
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

/// What a file of a secret holds.
pub(super) fn text(path: &std::path::Path) -> Result<String, SourceError> {
    std::fs::read_to_string(path).map_err(|cause| SourceError::Io {
        name: path.display().to_string(),
        cause,
    })
}
