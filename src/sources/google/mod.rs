//! What the sources share that ask Google. It is no kind of source.
//!
//! `credentials` shows who we are, [`Access`] asks one API with that; `calendars` asks for events, and `event`
//! reads what is said of one.

pub(in crate::sources) mod calendars;
mod credentials;
pub(in crate::sources) mod event;

use serde_json::Value;
use url::Url;

use super::forge::{Client, Stop};
use crate::model::Millis;

pub(in crate::sources) use credentials::Key;

/// One API, and what it is shown.
pub(in crate::sources) struct Access<'a> {
    /// Its address.
    pub(in crate::sources) api: &'a Url,
    /// Nothing where it is asked without a token.
    pub(in crate::sources) key: Option<&'a Key>,
    /// What the token is for.
    pub(in crate::sources) scope: &'a str,
    /// In whose name it is asked, where that is not the account of the key.
    pub(in crate::sources) subject: Option<&'a str>,
}

impl Access<'_> {
    /// What asks it, with a token for one pull: it is good for an hour, longer than a pull takes.
    pub(in crate::sources) fn client(&self, now: Millis) -> Result<Client, Stop> {
        let key = self.key;
        let token = key.map(|key| key.authorization(self.scope, self.subject, now));
        Ok(Client::new(self.api, token.transpose()?, now).shown_by("key_file"))
    }
}

/// Parameters of a question.
pub(in crate::sources) fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// The parameter that asks for the next page of a list.
pub(in crate::sources) fn next(list: &Value) -> Option<String> {
    let token = list["nextPageToken"].as_str()?;
    (!token.is_empty()).then(|| format!("&{}", form(&[("pageToken", token)])))
}

/// Where a link leads: many that Google writes go by way of a page of its own that says so.
pub(in crate::sources) fn led(link: &str) -> String {
    let url = Url::parse(link).ok();
    let url = url.filter(|url| {
        let is_google = matches!(url.host_str(), Some("www.google.com" | "google.com"));
        is_google && url.path() == "/url"
    });
    let target = url.and_then(|url| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(name, value)| matches!(&*name, "q" | "url").then(|| value.into_owned()))
    });
    target.unwrap_or_else(|| link.to_owned())
}
