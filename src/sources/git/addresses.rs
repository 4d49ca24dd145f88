//! Addresses of write-ups at a forge: files below the repository's page that `writeups` fits.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use crate::model::target::canonical;
use crate::sources::links::{GITHUB_RAW, below_views};
use crate::sources::sites::Site;
use crate::sources::{SourceError, decode};

use super::params::{Checked, Params};
use super::repository::Repository;

/// The pages of the repository, and its files as they are; none where its address is not known, and where
/// it can't be opened, which is told elsewhere.
pub(super) fn sites(params: toml::Table) -> Vec<Site> {
    let checked = decode::<Params>(params).and_then(Params::check);
    checked.and_then(of).unwrap_or_default()
}

fn of(params: Checked) -> Result<Vec<Site>, SourceError> {
    if params.paths.writeups.is_empty() {
        return Ok(Vec::new());
    }
    let repository = Repository::open(&params.path, &params.name)?;
    let Some(web) = params.web.clone().or_else(|| repository.web()) else {
        return Ok(Vec::new());
    };
    let web = canonical(&web).into_owned();
    let files = match repository.head(params.branch.as_deref())? {
        Some(head) => repository.files(head)?,
        None => Vec::new(),
    };
    let files: BTreeSet<String> = files.into_iter().map(|(path, _)| path).collect();
    let raw = web.strip_prefix("https://github.com/");
    let raw = raw.map(|path| format!("https://{GITHUB_RAW}/{path}"));
    let tips = [(web, true), (raw.unwrap_or_default(), false)].map(|(base, views)| Tip {
        name: params.name.clone(),
        writeups: params.paths.writeups.clone(),
        files: files.clone(),
        base,
        views,
    });
    let site = |tip: Tip| {
        Site::new(
            &tip.base.clone(),
            Box::new(move |_, spelled| tip.look(spelled)),
        )
    };
    Ok(tips.into_iter().filter_map(site).collect())
}

/// What stands at the tip of a branch, and below which address.
struct Tip {
    name: String,
    writeups: super::glob::Globs,
    files: BTreeSet<String>,
    base: String,
    /// Whether a way to look at a file comes before its version.
    views: bool,
}

impl Tip {
    fn look(&self, spelled: &str) -> Option<String> {
        let rest = spelled.strip_prefix(&self.base)?.strip_prefix('/')?;
        let rest = rest.split('?').next()?;
        let below = match self.views {
            true => below_views(rest)?,
            false => rest,
        };
        let below = percent_decode_str(below).decode_utf8().ok()?;
        // A version can hold slashes itself, so every split is tried, the shortest version first.
        let paths = || below.match_indices('/').map(|(at, _)| &below[at + 1..]);
        // What is there is registered by the next scan, if at all.
        let is_there = |path: &str| {
            let folder = format!("{}/", path.trim_end_matches('/'));
            let first = self.files.range(folder.clone()..).next();
            self.files.contains(path) || first.is_some_and(|file| file.starts_with(&folder))
        };
        if paths().any(is_there) {
            return None;
        }
        let path = paths().find(|path| self.writeups.fit(path))?;
        Some(format!("{}:{path}", self.name))
    }
}
