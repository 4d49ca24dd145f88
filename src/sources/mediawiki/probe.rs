//! A look at the wiki before it is pulled: one question, with the credentials of the pull.

use crate::sources::{Setting, SourceError, decode};

use super::MediaWiki;
use super::client::Question;

/// Nobody has to be asked for more than read rights to be told these.
const WHO_AND_WHERE: Question<'static> = &[("meta", "siteinfo|userinfo"), ("siprop", "general")];

/// Asks the wiki who it is and as whom it sees us.
pub(super) fn look(params: toml::Table, setting: &Setting) -> Result<String, SourceError> {
    let mut wiki = MediaWiki::new(decode(params)?, setting)?;
    wiki.client = wiki.client.for_a_look();
    let mut said = String::new();
    let asked = wiki.client.all(WHO_AND_WHERE, |answer| {
        let query = &answer["query"];
        let site = query["general"]["sitename"].as_str().unwrap_or("the wiki");
        let user = &query["userinfo"];
        said = match user["name"].as_str().filter(|_| user["anon"] != true) {
            Some(name) => format!("{site} answers, as to {name}"),
            None => format!("{site} answers, as to anybody"),
        };
    });
    match (asked, wiki.client.asked_to_wait()) {
        (Err(error), Some(_)) => Ok(format!("answers, but {error}")),
        (asked, _) => asked.map(|()| said),
    }
}
