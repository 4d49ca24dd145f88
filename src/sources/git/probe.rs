//! A look at the repository before it is walked: does it open, and is the branch there?

use crate::sources::{Setting, SourceError, decode};

use super::params::Params;
use super::repository::Repository;

/// Opens the repository and finds the head of the branch.
pub(super) fn look(params: toml::Table, _: &Setting) -> Result<String, SourceError> {
    let params = decode::<Params>(params)?.check()?;
    if let Some(remote) = params.remote.as_ref().filter(|_| !params.path.exists()) {
        return Ok(format!("the first scan clones it from {}", remote.url()));
    }
    let repository = Repository::open(&params.path, &params.name)?;
    let head = repository.head(params.branch.as_deref())?;
    Ok(match head {
        Some(head) => format!("the repository opens, at {}", head.to_hex_with_len(12)),
        None => "the repository opens and has no commits yet".to_owned(),
    })
}
