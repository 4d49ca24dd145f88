//! `bookstack`: pages of BookStack as write-ups, with their edits, comments and the pages that link to
//! them, from its REST API.
//!
//! `answer` reads what BookStack says of its things, `api` asks; the rest is what all wikis have (`wiki`).

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
    name: "bookstack",
    summary: "BookStack: pages as write-ups, their edits, comments and links, from its REST API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "bookstack"
kind = "bookstack"
api = "https://books.example.org/api"
books = [13]
token_file = "/run/secrets/bookstack-token"
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
    #[serde(default, deserialize_with = "numbers")]
    books: Vec<u64>,
    #[serde(default, deserialize_with = "numbers")]
    shelves: Vec<u64>,
    token_file: Option<PathBuf>,
    onboarding: Option<Vec<String>>,
    runbooks: Option<Vec<String>>,
    #[serde(default = "wiki::yes")]
    comments: bool,
    #[serde(default = "wiki::yes")]
    links: bool,
}

/// Numbers, whether they are written as such or as texts.
fn numbers<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Vec<u64>, D::Error> {
    let given = Vec::<toml::Value>::deserialize(given)?;
    let number = |value: &toml::Value| {
        let number = match value {
            toml::Value::Integer(number) => u64::try_from(*number).ok(),
            toml::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| {
            let why =
                format!("{value} is no number; valid are those such as 13, which /api/books tells");
            serde::de::Error::custom(why)
        })
    };
    given.iter().map(number).collect()
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(BookStack::new(decode(params)?, setting)?))
}

/// An installation.
struct BookStack {
    house: House,
    api: Url,
    authorization: Option<String>,
    books: Vec<u64>,
    shelves: Vec<u64>,
}

impl BookStack {
    fn new(params: Params, setting: &Setting) -> Result<BookStack, SourceError> {
        let given = forge::Params {
            token_file: params.token_file,
            ..forge::Params::default()
        };
        if params.books.is_empty() && params.shelves.is_empty() {
            return Err(SourceError::Params(
                "give books or shelves: their numbers, such as books = [13]; /api/books tells them"
                    .to_owned(),
            ));
        }
        let token = given.token()?;
        if token.as_ref().is_some_and(|token| !token.contains(':')) {
            return Err(SourceError::Params(
                "token_file should hold the token's id and its secret with a colon between them"
                    .to_owned(),
            ));
        }
        let house = House {
            places: Places::new(params.onboarding, params.runbooks),
            comments: params.comments,
            links: params.links,
            ..House::new(setting)
        };
        Ok(BookStack {
            house,
            api: given.api_of(&params.api)?,
            authorization: token.map(|token| format!("Token {token}")),
            books: params.books,
            shelves: params.shelves,
        })
    }

    /// Where people find the pages: the API's address without its end.
    fn base(&self) -> String {
        let api = self.api.as_str().trim_end_matches('/');
        api.strip_suffix("/api").unwrap_or(api).to_owned()
    }
}

/// Asks for the books, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let wiki = BookStack::new(decode(params)?, setting)?;
    let mut client = Client::new(&wiki.api, wiki.authorization.clone(), 0).for_a_look();
    let shelves = wiki.shelves.iter().map(|shelf| format!("/shelves/{shelf}"));
    let books = wiki.books.iter().map(|book| format!("/books/{book}"));
    for path in shelves.chain(books) {
        let address = client.address(&path);
        let answer = client.get(&address, None);
        if let Some(reason) = super::wiki::is_there(&wiki.api, &path, answer)? {
            return Ok(reason.into());
        }
    }
    Ok(Sight::answering(&[
        (wiki.books.len(), "book", "books"),
        (wiki.shelves.len(), "shelf", "shelves"),
    ]))
}

impl Pull for BookStack {
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
