//! The parameters of a `[[source]]` of Confluence, checked.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::model::Place;
use crate::sources::SourceError;
use crate::sources::forge::{self, Client, address, authorization, token};

use super::Edition;

/// See the documentation of the kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    url: Option<String>,
    site: Option<String>,
    edition: Option<Edition>,
    user: Option<String>,
    token_file: Option<PathBuf>,
    #[serde(default)]
    spaces: Vec<String>,
    label: Option<String>,
    parent: Option<u64>,
    cql: Option<String>,
    #[serde(default)]
    onboarding: Vec<String>,
    #[serde(default)]
    runbook: Vec<String>,
    #[serde(default)]
    writeup: Vec<String>,
    #[serde(default = "yes")]
    comments: bool,
    #[serde(default = "yes")]
    links: bool,
    #[serde(default = "yes")]
    counters: bool,
    #[serde(default)]
    log_names: bool,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

/// Parameters that fit.
pub(super) struct Checked {
    /// Where the site is asked.
    pub(super) url: Option<Url>,
    /// What the addresses of its pages begin with, where that is said.
    pub(super) site: Option<String>,
    /// The same, as long as nobody says otherwise.
    pub(super) own: Option<String>,
    /// What it is, where that is said or can be seen.
    pub(super) edition: Option<Edition>,
    /// What is shown of the token.
    authorization: Option<String>,
    /// The keys of the spaces that are looked through.
    pub(super) spaces: Vec<String>,
    /// The question that finds the write-ups; all pages of the spaces where there is none.
    pub(super) chosen: Option<String>,
    /// Which pages are what kind of place, the first that fits.
    pub(super) places: Vec<(Place, Mark)>,
    /// Whether comments are read.
    pub(super) comments: bool,
    /// Whether links are looked for.
    pub(super) links: bool,
    /// Whether counters are read.
    pub(super) counters: bool,
    /// Whether names in access logs are names in this Confluence.
    pub(super) log_names: bool,
    /// The webhook's secrets.
    pub(super) secrets: forge::Secrets,
}

/// How pages of a kind are told.
pub(super) enum Mark {
    /// They are found by this question.
    Cql(String),
    /// Their title has these words, lower case.
    Title(String),
}

impl Params {
    /// The parameters as they are used.
    pub(super) fn checked(self) -> Result<Checked, SourceError> {
        let has_token = self.token_file.is_some();
        let url = self.url.as_deref();
        let url = url
            .map(|url| address("url", url, has_token))
            .transpose()?
            .map(whole);
        let site = self.site.as_deref();
        let site = site
            .map(|site| address("site", site, false))
            .transpose()?
            .map(whole);
        let token = self.token_file.as_deref().map(token).transpose()?;
        let shown = match (&self.user, token) {
            (Some(user), Some(token)) => Some(authorization("Basic", &format!("{user}:{token}"))),
            (None, Some(token)) => Some(authorization("Bearer", &token)),
            (_, None) => None,
        };
        let is_key = |key: &String| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "~_-.".contains(c))
        };
        if !self.spaces.iter().all(is_key) {
            return Err(wrong(
                "spaces should be keys of spaces, as in their addresses",
            ));
        }
        let chosen = chosen(&self)?;
        if url.is_some() && chosen.is_none() && self.spaces.is_empty() {
            return Err(wrong(
                "say which pages are write-ups: by spaces, or by one of label, parent and cql",
            ));
        }
        let host = url.as_ref().and_then(|url| url.host_str());
        let seen = host.filter(|host| is_cloud(host)).map(|_| Edition::Cloud);
        let places = places(&self)?;
        let secrets = forge::Params {
            secret: self.secret,
            secret_file: self.secret_file,
            previous_secret_file: self.previous_secret_file,
            ..forge::Params::default()
        };
        // Through the gateway of Atlassian pages are asked for, but not looked at.
        let own = url.as_ref().filter(|url| url.host_str() != Some(GATEWAY));
        Ok(Checked {
            site: site.as_ref().map(plain),
            own: own.map(plain),
            edition: self.edition.or(seen),
            authorization: shown,
            spaces: self.spaces,
            chosen,
            places,
            comments: self.comments,
            links: self.links,
            counters: self.counters,
            log_names: self.log_names,
            secrets: secrets.secrets()?,
            url,
        })
    }
}

impl Checked {
    /// A connection to the site, for one pull.
    pub(super) fn client(&self, url: &Url, now: crate::model::Millis) -> Client {
        Client::new(url, self.authorization.clone(), now).told_by("url")
    }
}

/// Where tokens of OAuth are shown.
const GATEWAY: &str = "api.atlassian.com";

fn is_cloud(host: &str) -> bool {
    host == GATEWAY || host.ends_with(".atlassian.net")
}

/// The address with the folder that Cloud has.
fn whole(mut url: Url) -> Url {
    let has_folder = url.path().trim_end_matches('/').ends_with("/wiki");
    if url.host_str().is_some_and(is_cloud) && !has_folder {
        let path = format!("{}/wiki", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn plain(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// The question that finds the write-ups.
fn chosen(params: &Params) -> Result<Option<String>, SourceError> {
    let of_pages = match (&params.label, params.parent, &params.cql) {
        (None, None, None) => return Ok(None),
        (Some(label), None, None) => format!("label = {}", quoted(label)?),
        (None, Some(parent), None) => format!("ancestor = {parent}"),
        (None, None, Some(cql)) if !cql.trim().is_empty() => format!("({cql})"),
        _ => return Err(wrong("give one of label, parent and cql")),
    };
    Ok(Some(within(&of_pages, &params.spaces)?))
}

/// A question for the pages of spaces.
fn within(question: &str, spaces: &[String]) -> Result<String, SourceError> {
    let mut cql = format!("type in (page, blogpost) and {question}");
    if !spaces.is_empty() {
        let keys = spaces
            .iter()
            .map(|key| quoted(key))
            .collect::<Result<Vec<_>, _>>()?;
        cql.push_str(&format!(" and space in ({})", keys.join(", ")));
    }
    Ok(cql)
}

/// A text in a question.
fn quoted(text: &str) -> Result<String, SourceError> {
    match text.is_empty() || text.contains(['"', '\\']) || text.chars().any(char::is_control) {
        true => Err(wrong(
            "labels and keys of spaces should be written without quotation marks and backslashes",
        )),
        false => Ok(format!("\"{text}\"")),
    }
}

/// Which pages are which kind of place.
fn places(params: &Params) -> Result<Vec<(Place, Mark)>, SourceError> {
    let mut places = Vec::new();
    for (place, name, given) in [
        (Place::Onboarding, "onboarding", &params.onboarding),
        (Place::Runbook, "runbook", &params.runbook),
        (Place::Writeup, "writeup", &params.writeup),
    ] {
        for mark in given {
            let known = match mark.split_once(':') {
                Some(("label", label)) => Some(format!("label = {}", quoted(label)?)),
                Some(("parent", id)) => {
                    let id: Option<u64> = id.parse().ok();
                    id.map(|id| format!("(ancestor = {id} or id = {id})"))
                }
                Some(("title", title)) if !title.trim().is_empty() => {
                    places.push((place, Mark::Title(title.trim().to_lowercase())));
                    continue;
                }
                _ => None,
            };
            let known = known.ok_or_else(|| {
                SourceError::Params(format!(
                    "{name}: {mark:?} should be label:NAME, parent:NUMBER or title:WORDS"
                ))
            })?;
            places.push((place, Mark::Cql(within(&known, &params.spaces)?)));
        }
        if given.is_empty() && place != Place::Writeup {
            let known = format!("label = {}", quoted(name)?);
            places.push((place, Mark::Cql(within(&known, &params.spaces)?)));
        }
    }
    Ok(places)
}

fn wrong(reason: &str) -> SourceError {
    SourceError::Params(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<Checked, String> {
        let params: Params = toml::from_str(text).map_err(|error| error.to_string())?;
        params.checked().map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_said_of_a_site() {
        let cloud = checked(
            "url = \"https://example.atlassian.net\"\nspaces = [\"SRE\"]\nlabel = \"postmortem\"",
        );
        let cloud = cloud.expect("valid");
        assert_eq!(
            cloud.own.as_deref(),
            Some("https://example.atlassian.net/wiki")
        );
        assert_eq!(cloud.edition, Some(Edition::Cloud));
        let chosen = "type in (page, blogpost) and label = \"postmortem\" and space in (\"SRE\")";
        assert_eq!(cloud.chosen.as_deref(), Some(chosen));
        let gateway = "url = \"https://api.atlassian.com/ex/confluence/123\"\ncql = \"title ~ x\"";
        let gateway = checked(gateway).expect("valid");
        assert_eq!((gateway.site, gateway.own), (None, None));
        let url = gateway.url.expect("an address");
        assert_eq!(
            url.as_str(),
            "https://api.atlassian.com/ex/confluence/123/wiki"
        );
        let center =
            checked("url = \"https://wiki.example.org/conf/\"\nparent = 7").expect("valid");
        assert_eq!(center.own.as_deref(), Some("https://wiki.example.org/conf"));
        assert_eq!((center.edition, center.places.len()), (None, 2));
        assert!(
            checked("secret = \"s\"")
                .expect("only deliveries")
                .url
                .is_none()
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let url = "url = \"https://wiki.example.org\"\n";
        for (given, expected) in [
            ("", "say which pages are write-ups"),
            ("label = \"a\"\nparent = 1", "one of label, parent and cql"),
            (
                "label = \"a\\\" or type = page\"",
                "without quotation marks",
            ),
            ("spaces = [\"A B\"]", "keys of spaces"),
            (
                "spaces = [\"A\"]\nrunbook = [\"colour:red\"]",
                "label:NAME, parent:NUMBER or title:WORDS",
            ),
            ("spaces = [\"A\"]\nedition = \"server\"", "cloud"),
            (
                "spaces = [\"A\"]\nprevious_secret_file = \"x\"",
                "beside secret_file",
            ),
        ] {
            let refused = checked(&format!("{url}{given}")).err().expect(given);
            assert!(
                refused.contains(expected) && !refused.contains("zzuser"),
                "{refused}"
            );
        }
        let refused = checked("url = \"ftp://ada:pw@h\"\nspaces = [\"A\"]")
            .err()
            .expect("refused");
        assert!(
            refused.starts_with("url should be") && !refused.contains("pw"),
            "{refused}"
        );
    }
}
