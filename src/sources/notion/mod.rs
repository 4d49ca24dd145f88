//! `notion`: pages of Notion's databases as write-ups, with their edits, comments and the pages that link to
//! them, from its REST API.
//!
//! `answer` reads what Notion says of its pages and comments, `blocks` what stands in a page, `api` asks; the
//! rest is what all wikis have (`wiki`).

mod answer;
mod api;
mod blocks;

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::model::Millis;

use super::forge::{self, Client};
use super::wiki::{self, House, Places};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode};

/// The kind.
pub static KIND: Kind = Kind {
    name: "notion",
    summary: "Notion: pages of databases as write-ups, their edits, comments and links, from its REST API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "notion"
kind = "notion"
databases = ["0123456789abcdef0123456789abcdef"]
token_file = "/run/secrets/notion-token"
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

/// What the answers are written in: databases that may have several sources of data.
const VERSION: (&str, &str) = ("notion-version", "2025-09-03");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default = "api")]
    api: String,
    databases: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    incident_keys: Vec<String>,
    onboarding: Option<Vec<String>>,
    runbooks: Option<Vec<String>>,
    #[serde(default = "wiki::yes")]
    comments: bool,
    #[serde(default = "wiki::yes")]
    links: bool,
}

fn api() -> String {
    "https://api.notion.com/v1".to_owned()
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Notion::new(decode(params)?, setting)?))
}

/// A workspace, as far as an integration sees it.
struct Notion {
    house: House,
    api: Url,
    authorization: Option<String>,
    databases: Vec<String>,
    tags: Vec<String>,
}

impl Notion {
    fn new(params: Params, setting: &Setting) -> Result<Notion, SourceError> {
        let given = forge::Params {
            token_file: params.token_file,
            ..forge::Params::default()
        };
        let databases = params.databases.iter().map(|text| answer::id_in(text));
        let databases: Option<Vec<String>> = databases.collect();
        let databases = databases.filter(|all| !all.is_empty()).ok_or_else(|| {
            SourceError::Params(
                "databases should name databases by their ids, of 32 hexadecimal digits, or by their \
                 addresses"
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
        Ok(Notion {
            house,
            api: given.api_of(&params.api)?,
            authorization: given.authorization("Bearer")?,
            databases,
            tags: params
                .tags
                .iter()
                .map(|tag| tag.trim().to_lowercase())
                .collect(),
        })
    }

    fn client(&self, now: Millis) -> Client {
        let (name, value) = VERSION;
        Client::new(&self.api, self.authorization.clone(), now).with(name, value)
    }

    /// Whether a page of a database is a write-up: any, or one with one of the tags.
    fn is_writeup(&self, page: &answer::Page) -> bool {
        let tagged = |tag: &String| page.tags.iter().any(|one| one.to_lowercase() == *tag);
        !page.is_gone && (self.tags.is_empty() || self.tags.iter().any(tagged))
    }
}

/// Asks for the databases, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let notion = Notion::new(decode(params)?, setting)?;
    let mut client = notion.client(0).for_a_look();
    for database in &notion.databases {
        let path = format!("/databases/{database}");
        let address = client.address(&path);
        let answer = client.get(&address, None);
        if let Some(reason) = wiki::is_there(&notion.api, &path, answer)? {
            return Ok(reason.into());
        }
    }
    let count = notion.databases.len();
    Ok(Sight::answering(&[(count, "database", "databases")]))
}

impl Pull for Notion {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut asking = api::Asking::new(self, self.client(now), now);
        wiki::pull(&mut asking, &self.house, checkpoint, now, sink)
    }
}
