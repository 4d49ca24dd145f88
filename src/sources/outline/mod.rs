//! `outline`: documents of Outline as write-ups, with who read them, their edits, comments and the
//! documents that link to them; from webhooks as they happen, and from the API.
//!
//! `answer` reads what Outline says of its things, `delivery` takes webhooks, `api` asks; the rest is what
//! all wikis have (`wiki`).

mod answer;
mod api;
mod delivery;

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::model::Millis;

use super::forge::{self, Client, Secrets};
use super::wiki::{self, House, Places};
use super::{Kind, Probe, Pull, Push, Setting, Sight, Sink, SourceError, decode};

/// The kind.
pub static KIND: Kind = Kind {
    name: "outline",
    summary: "Outline: documents as write-ups, who read them, edits, comments and links, from webhooks and the API",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "outline"
kind = "outline"
api = "https://outline.example.org/api"
collections = ["0b6a2f3e-9f3a-4b9e-8a44-0d6a4c1f2a10"]
token_file = "/run/secrets/outline-token"
secret_file = "/run/secrets/outline-webhook"
"#,
    pull: Some(build_pull),
    push: Some(build_push),
    probe: Some(Probe::Remote(look)),
    links: true,
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    api: Option<String>,
    #[serde(default)]
    collections: Vec<String>,
    #[serde(default)]
    parents: Vec<String>,
    token_file: Option<PathBuf>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
    #[serde(default)]
    incident_keys: Vec<String>,
    onboarding: Option<Vec<String>>,
    runbooks: Option<Vec<String>>,
    #[serde(default = "wiki::yes")]
    views: bool,
    #[serde(default = "wiki::yes")]
    comments: bool,
    #[serde(default = "wiki::yes")]
    links: bool,
}

fn build_pull(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Outline::new(decode(params)?, setting)?))
}

fn build_push(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(Outline::new(decode(params)?, setting)?))
}

/// A workspace.
struct Outline {
    house: House,
    api: Option<Url>,
    authorization: Option<String>,
    secrets: Secrets,
    collections: Vec<String>,
    parents: Vec<String>,
    views: bool,
}

impl Outline {
    fn new(params: Params, setting: &Setting) -> Result<Outline, SourceError> {
        let given = forge::Params {
            secret: params.secret,
            secret_file: params.secret_file,
            previous_secret_file: params.previous_secret_file,
            token_file: params.token_file,
            ..forge::Params::default()
        };
        let api = params.api.as_deref();
        let api = api.map(|api| given.api_of(api)).transpose()?;
        let is_pulled = !params.collections.is_empty() || !params.parents.is_empty();
        if is_pulled && api.is_none() {
            return Err(SourceError::Params(
                "collections and parents are asked for; give the address of the API as api, such as \
                 https://outline.example.org/api"
                    .to_owned(),
            ));
        }
        let wrong = params.collections.iter().map(|id| ("collections", id));
        let mut wrong = wrong.chain(params.parents.iter().map(|id| ("parents", id)));
        if let Some((name, id)) = wrong.find(|(_, id)| !is_uuid(id)) {
            return Err(SourceError::Params(format!(
                "{name}: {id:?} should be an id, such as 0b6a2f3e-9f3a-4b9e-8a44-0d6a4c1f2a10; the API tells \
                 them (collections.list, documents.list)"
            )));
        }
        let house = House {
            keys: wiki::keys(&params.incident_keys)?,
            places: Places::new(params.onboarding, params.runbooks),
            comments: params.comments,
            links: params.links,
            ..House::new(setting)
        };
        Ok(Outline {
            house,
            api,
            authorization: given.authorization("Bearer")?,
            secrets: given.secrets()?,
            collections: params.collections,
            parents: params.parents,
            views: params.views,
        })
    }

    /// Where people find the documents: the API's address without its path.
    fn origin(&self) -> Option<String> {
        let api = self.api.as_ref()?;
        Some(api.origin().ascii_serialization())
    }
}

/// Asks who the token is, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let outline = Outline::new(decode(params)?, setting)?;
    let Some(api) = outline.api.as_ref() else {
        return Ok("nothing is pulled".into());
    };
    let mut client = Client::new(api, outline.authorization.clone(), 0).for_a_look();
    for collection in &outline.collections {
        let question = serde_json::json!({ "id": collection });
        let address = client.address("/collections.info");
        let answer = client.post(&address, &question.to_string());
        if let Some(reason) = wiki::is_there(api, collection, answer)? {
            return Ok(reason.into());
        }
    }
    let count = outline.collections.len();
    Ok(Sight::answering(&[(count, "collection", "collections")]))
}

fn is_uuid(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(shape)
}

impl Pull for Outline {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let Some(api) = self.api.as_ref().filter(|_| {
            // Otherwise it only takes deliveries.
            !self.collections.is_empty() || !self.parents.is_empty()
        }) else {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        let client = Client::new(api, self.authorization.clone(), now);
        let mut asking = api::Asking::new(self, api, client);
        wiki::pull(&mut asking, &self.house, checkpoint, now, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Vocabulary;

    #[test]
    fn parameters_are_checked() {
        let setting = Setting {
            source: "outline".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let id = "0b6a2f3e-9f3a-4b9e-8a44-0d6a4c1f2a10";
        let built = |text: &str| {
            let built = build_pull(toml::from_str(text).expect("TOML"), &setting);
            built.map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(
            built(&format!(
                "api = \"https://o.example.org/api\"\ncollections = [\"{id}\"]"
            )),
            Ok(())
        );
        assert_eq!(built("secret = \"ol_whs_x\""), Ok(()));
        for (text, words) in [
            (format!("collections = [\"{id}\"]"), "address of the API"),
            (
                "api = \"https://o.example.org/api\"\nparents = [\"Postmortems\"]".to_owned(),
                "should be an id",
            ),
            ("api = \"o.example.org\"".to_owned(), "http(s) address"),
            ("incident_keys = [\"(\"]".to_owned(), "regular expression"),
            (
                "previous_secret_file = \"/x\"".to_owned(),
                "beside secret_file",
            ),
        ] {
            let refused = built(&text).expect_err("refused");
            assert!(refused.contains(words), "{refused}");
        }
    }
}
