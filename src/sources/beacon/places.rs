//! What kinds of places readers come from. The script tells them apart by the address that the browser
//! gives it, and sends the kind alone.

use serde_json::{Map, Value};

pub(super) use crate::model::ARRIVALS as CLASSES;
use crate::sources::SourceError;

/// What the configuration adds.
pub(super) struct Given<'a> {
    pub(super) onboarding: &'a [String],
    pub(super) writeups: &'a [String],
    pub(super) chat: &'a [String],
    pub(super) mail: &'a [String],
    pub(super) code: &'a [String],
    pub(super) search: &'a [String],
}

// Any part of a host between its dots: `gitlab` is `gitlab.example.org` as well. Apps say their own names.
const CHAT: [&str; 6] = [
    "slack.com",
    "com.Slack",
    "teams.microsoft.com",
    "teams.cloud.microsoft",
    "discord.com",
    "chat.google.com",
];
const MAIL: [&str; 3] = ["mail", "outlook", "com.google.android.gm"];
const CODE: [&str; 4] = ["github.com", "gitlab", "bitbucket", "dev.azure.com"];
const SEARCH: [&str; 4] = ["www.google", "bing.com", "duckduckgo.com", "search"];

/// The places of each kind, in the order in which they are tried: `host`, or `host|/path`.
pub(super) fn by_class(
    given: &Given<'_>,
    hosts: &[String],
) -> Result<Map<String, Value>, SourceError> {
    let kinds: [(&str, &str, &[String], &[&str]); 6] = [
        ("onboarding", "onboarding", given.onboarding, &[]),
        ("writeups", "writeup", given.writeups, &[]),
        ("chat", "chat", given.chat, &CHAT),
        ("mail", "mail", given.mail, &MAIL),
        ("code", "code", given.code, &CODE),
        ("search", "search", given.search, &SEARCH),
    ];
    let mut all = Map::new();
    for (parameter, class, own, usual) in kinds {
        let mut places = Vec::new();
        for one in own {
            places.extend(spelled(parameter, one, hosts)?);
        }
        places.extend(usual.iter().map(|place| (*place).to_owned()));
        if !places.is_empty() {
            all.insert(class.to_owned(), places.into());
        }
    }
    all.insert("wiki".to_owned(), hosts.to_vec().into());
    Ok(all)
}

/// A place as the script reads it. A path alone is one of the pages' own hosts.
fn spelled(parameter: &str, text: &str, hosts: &[String]) -> Result<Vec<String>, SourceError> {
    let place = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (host, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if text.is_empty() || !host.chars().all(plain) || path.contains('|') {
        return Err(SourceError::Params(format!(
            "{parameter}: one of them is no place; valid are a host (\"chat.example.org\"), a host with a \
             path (\"intranet.example.org/welcome\") and a path of the pages' own host (\"/wiki/Welcome\")"
        )));
    }
    let one = |host: &str| match path {
        "" => host.to_owned(),
        path => format!("{host}|{path}"),
    };
    Ok(match host {
        "" => hosts.iter().map(|host| one(host)).collect(),
        host => vec![one(&host.to_lowercase())],
    })
}
