//! A look at the wiki before it is pulled: who answers, and how many pages are write-ups, with the credentials
//! of the pull.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sources::sight::counted;
use crate::sources::{Setting, Sight, SourceError, decode};

use super::client::Question;
use super::{MediaWiki, answer};

/// Nobody has to be asked for more than read rights to be told these.
const WHO_AND_WHERE: Question<'static> = &[("meta", "siteinfo|userinfo"), ("siprop", "general")];

/// Asks the wiki who it is, as whom it sees us, and for the list of write-ups.
pub(super) fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let mut wiki = MediaWiki::new(decode(params)?, setting)?;
    wiki.client = wiki.client.for_a_look();
    let (who, pages) = match (writeups(&wiki), wiki.client.asked_to_wait()) {
        (Err(error), Some(_)) => return Ok(format!("answers, but {error}").into()),
        (found, _) => found?,
    };
    let listed = &wiki.listed;
    let found = counted(pages, "page", "pages");
    let sight: Sight = format!("{who}; {found} {listed}").into();
    Ok(match pages {
        0 => sight.doubting(format!(
            "the wiki has no page {listed}, so there are no write-ups; pages of categories within a \
             category, and those that only redirect, are not among them"
        )),
        _ => sight,
    })
}

/// Who answers, and how many pages are write-ups, as far as can be in one question.
fn writeups(wiki: &MediaWiki) -> Result<(String, usize), SourceError> {
    let mut said = String::new();
    let mut pages = BTreeSet::new();
    for listing in &wiki.listing {
        let mut question: Vec<(&str, &str)> = listing
            .iter()
            .map(|(name, value)| match *name {
                // Only their numbers are of interest.
                "gcmlimit" | "gaplimit" => (*name, "max"),
                name => (name, value.as_str()),
            })
            .collect();
        question.extend(WHO_AND_WHERE);
        wiki.client.all(&question, |answer| {
            if said.is_empty() {
                said = who(&answer["query"]);
            }
            pages.extend(answer::pages(answer).iter().map(|page| page.id));
        })?;
    }
    Ok((said, pages.len()))
}

fn who(query: &Value) -> String {
    let site = query["general"]["sitename"].as_str().unwrap_or("the wiki");
    let user = &query["userinfo"];
    match user["name"].as_str().filter(|_| user["anon"] != true) {
        Some(name) => format!("{site} answers, as to {name}"),
        None => format!("{site} answers, as to anybody"),
    }
}
