//! `wikijs`: pages of Wiki.js 2 as write-ups, with their edits, comments and the pages that link to them,
//! from its GraphQL API.
//!
//! `answer` reads what Wiki.js says of its things, `api` asks; the rest is what all wikis have (`wiki`).

mod answer;
mod api;

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::model::Millis;

use super::forge::{self, Client};
use super::wiki::{self, House, Places};
use super::{Kind, Probe, Pull, Setting, Sight, Sink, SourceError, decode};

/// The kind.
pub static KIND: Kind = Kind {
    name: "wikijs",
    summary: "Wiki.js 2: pages as write-ups, their edits, comments and links, from its GraphQL API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "wikijs"
kind = "wikijs"
api = "https://wiki.example.org/graphql"
paths = ["postmortems"]
token_file = "/run/secrets/wikijs-key"
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    api: String,
    #[serde(default)]
    paths: Vec<String>,
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

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(WikiJs::new(decode(params)?, setting)?))
}

/// An installation.
struct WikiJs {
    house: House,
    api: Url,
    authorization: Option<String>,
    paths: Vec<String>,
    tags: Vec<String>,
}

impl WikiJs {
    fn new(params: Params, setting: &Setting) -> Result<WikiJs, SourceError> {
        let given = forge::Params {
            token_file: params.token_file,
            ..forge::Params::default()
        };
        let spelled = |list: &[String], mark: char| -> Vec<String> {
            let words = list.iter().map(|word| word.trim().trim_matches(mark));
            words.map(str::to_lowercase).collect()
        };
        let (paths, tags) = (spelled(&params.paths, '/'), spelled(&params.tags, '#'));
        let mut all = paths.iter().chain(&tags).peekable();
        if all.peek().is_none() || all.any(String::is_empty) {
            return Err(SourceError::Params(
                "give paths or tags: what the paths of write-ups begin with, such as \
                 [\"postmortems\"], or the tags that they have"
                    .to_owned(),
            ));
        }
        let house = House {
            keys: wiki::keys(&params.incident_keys)?,
            places: Places::new(params.onboarding, params.runbooks),
            comments: params.comments,
            links: params.links,
            ..House::new(setting)
        };
        Ok(WikiJs {
            house,
            api: given.api_of(&params.api)?,
            authorization: given.authorization("Bearer")?,
            paths,
            tags,
        })
    }

    /// Where people find the pages: the API's address without its end.
    fn base(&self) -> String {
        let api = self.api.as_str().trim_end_matches('/');
        api.strip_suffix("/graphql").unwrap_or(api).to_owned()
    }

    /// Whether a page is a write-up: it lies below one of the paths, or has one of the tags.
    fn is_writeup(&self, page: &answer::Page) -> bool {
        let path = page.path.to_lowercase();
        let below = |above: &String| {
            let rest = path.strip_prefix(above.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let tagged = |tag: &String| page.tags.iter().any(|one| one.to_lowercase() == *tag);
        page.is_public && (self.paths.iter().any(below) || self.tags.iter().any(tagged))
    }
}

/// Asks for the pages, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let wiki = WikiJs::new(decode(params)?, setting)?;
    let client = Client::new(&wiki.api, wiki.authorization.clone(), 0).for_a_look();
    let mut asking = api::Asking::new(&wiki, client);
    let pages = match asking.listed() {
        Ok(pages) => pages,
        Err(forge::Stop::Later(reason, _)) => return Ok(format!("answers, but {reason}").into()),
        Err(forge::Stop::Refused(error, _) | forge::Stop::Failed(error)) => return Err(error),
    };
    let writeups = pages.iter().filter(|page| wiki.is_writeup(page)).count();
    let all = Sight::answering(&[(pages.len(), "page", "pages")]);
    Ok(format!("{all}, {writeups} of them write-ups").into())
}

impl Pull for WikiJs {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let client = Client::new(&self.api, self.authorization.clone(), now);
        let mut asking = api::Asking::new(self, client);
        wiki::pull(&mut asking, &self.house, checkpoint, now, sink)
    }
}
