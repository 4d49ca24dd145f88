//! `dokuwiki`: pages of DokuWiki as write-ups, with their edits, comments and the pages that link to
//! them, from the folder in which it keeps them.
//!
//! `folder` finds and reads files, `changes` their logs, `discussion` the comments of a plugin, `markup` a
//! page's text, `names` what links mean; `reading` puts them together. The rest is what all wikis have
//! (`wiki`).

mod changes;
mod discussion;
mod folder;
mod markup;
mod names;
mod reading;

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::Millis;

use super::wiki::{self, House, Places};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode, sight::counted};

use folder::Folder;
use names::Addresses;

/// A page's name as the wiki spells it, for those who meet it in addresses.
pub(super) fn spelled(name: &str) -> String {
    names::clean(name)
}

/// The kind.
pub static KIND: Kind = Kind {
    name: "dokuwiki",
    summary: "DokuWiki: pages as write-ups, their edits, comments and links, from its data folder",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "dokuwiki"
kind = "dokuwiki"
path = "/var/lib/dokuwiki/data"
url = "https://wiki.example.org/"
namespaces = ["postmortems"]
"#,
    pull: Some(build),
    probe: Some(Probe::Local(look)),
    links: true,
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    path: PathBuf,
    url: String,
    namespaces: Vec<String>,
    #[serde(default = "start")]
    start: String,
    #[serde(default = "talk")]
    talk: Vec<String>,
    #[serde(default)]
    incident_keys: Vec<String>,
    onboarding: Option<Vec<String>>,
    runbooks: Option<Vec<String>>,
    #[serde(default = "wiki::yes")]
    comments: bool,
    #[serde(default = "wiki::yes")]
    links: bool,
}

fn start() -> String {
    "start".to_owned()
}

fn talk() -> Vec<String> {
    vec!["talk".to_owned(), "discussion".to_owned()]
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(DokuWiki::new(decode(params)?, setting)?))
}

/// A wiki on this machine's disks.
struct DokuWiki {
    house: House,
    folder: Folder,
    addresses: Addresses,
    namespaces: Vec<String>,
    start: String,
    talk: Vec<String>,
}

impl DokuWiki {
    fn new(params: Params, setting: &Setting) -> Result<DokuWiki, SourceError> {
        let namespaces = params.namespaces.iter().map(|name| names::clean(name));
        let namespaces: Vec<String> = namespaces.collect();
        if namespaces.is_empty() || namespaces.iter().any(String::is_empty) {
            return Err(SourceError::Params(
                "namespaces should name those that hold write-ups, such as [\"postmortems\"]"
                    .to_owned(),
            ));
        }
        let addresses = Addresses::new(&params.url).ok_or_else(|| {
            SourceError::Params(
                "url should be the wiki's address, such as https://wiki.example.org/, or that of a page \
                 with {id} or {path} for its name"
                    .to_owned(),
            )
        })?;
        let house = House {
            keys: wiki::keys(&params.incident_keys)?,
            places: Places::new(params.onboarding, params.runbooks),
            comments: params.comments,
            links: params.links,
            ..House::new(setting)
        };
        Ok(DokuWiki {
            house,
            folder: Folder::new(params.path),
            addresses,
            namespaces,
            start: names::clean(&params.start),
            talk: params.talk.iter().map(|name| names::clean(name)).collect(),
        })
    }

    /// Whether a page is a write-up: what a namespace opens with lists others.
    fn is_writeup(&self, id: &str) -> bool {
        let within = |namespace: &String| {
            let rest = id.strip_prefix(namespace.as_str());
            rest.is_some_and(|rest| rest.starts_with(':'))
        };
        names::last(id) != self.start && self.namespaces.iter().any(within)
    }
}

/// Counts the pages, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let wiki = DokuWiki::new(decode(params)?, setting)?;
    let all = wiki.folder.pages()?;
    wiki.folder.has(&wiki.namespaces)?;
    let writeups = all.keys().filter(|id| wiki.is_writeup(id)).count();
    let pages = counted(all.len(), "page", "pages");
    Ok(format!("{pages}, {writeups} of them write-ups").into())
}

impl Pull for DokuWiki {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut reading = reading::Reading::new(self, now);
        wiki::pull(&mut reading, &self.house, checkpoint, now, sink)
    }
}
