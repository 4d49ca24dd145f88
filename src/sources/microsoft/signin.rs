//! Shows Microsoft who we are: an application of the organisation's own with a secret (the client credentials
//! of OAuth 2.0). Neither the secret nor what is had for it stands in any message.

use std::path::Path;

use serde_json::Value;
use url::Url;

use super::graph::Graph;
use crate::model::Millis;
use crate::sources::SourceError;
use crate::sources::forge::{self, Client, Stop};

/// Where tokens are had, and what is asked with them, outside of national clouds.
const LOGIN: &str = "https://login.microsoftonline.com";
const GRAPH: &str = "https://graph.microsoft.com/v1.0";

/// What every question prefers: times in UTC, texts without HTML, and as many entries at once as are
/// answered soon.
const PREFER: &str =
    "outlook.timezone=\"UTC\", outlook.body-content-type=\"text\", odata.maxpagesize=100";

/// What the configuration says of it.
pub(in crate::sources) struct Given<'a> {
    pub(in crate::sources) tenant: &'a str,
    pub(in crate::sources) client_id: &'a str,
    /// Where the secret stands; in samples it is left out.
    pub(in crate::sources) secret_file: Option<&'a Path>,
    /// Other addresses than the usual ones.
    pub(in crate::sources) login: Option<&'a str>,
    pub(in crate::sources) graph: Option<&'a str>,
}

/// An application and its secret. No `Debug`.
pub(in crate::sources) struct Signin {
    tokens: Url,
    graph: Url,
    client_id: String,
    secret: Option<String>,
}

impl Signin {
    /// From the configuration.
    pub(in crate::sources) fn new(given: &Given<'_>) -> Result<Signin, SourceError> {
        let plain = |name: &str, text: &str, valid: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            match !text.is_empty() && text.chars().all(fits) {
                true => Ok(()),
                false => Err(SourceError::Params(format!(
                    "{name}: {text:?} should be {valid}, as the Entra admin center shows it"
                ))),
            }
        };
        plain("tenant", given.tenant, "the directory's id or domain")?;
        plain("client_id", given.client_id, "the application's id")?;
        let login = forge::address("login", given.login.unwrap_or(LOGIN), true)?;
        let graph = forge::address("graph", given.graph.unwrap_or(GRAPH), true)?;
        let tokens = format!(
            "{}/{}/oauth2/v2.0/token",
            login.as_str().trim_end_matches('/'),
            given.tenant
        );
        let tokens = Url::parse(&tokens)
            .map_err(|_| SourceError::Params("tenant makes no address".to_owned()))?;
        let secret = given.secret_file.map(forge::token).transpose();
        let secret = secret.map_err(|error| match error {
            SourceError::Params(_) => SourceError::Params(
                "client_secret_file should hold the secret's value on one line".to_owned(),
            ),
            other => other,
        });
        Ok(Signin {
            tokens,
            graph,
            client_id: given.client_id.to_owned(),
            secret: secret?,
        })
    }

    /// What only those know who may ask.
    pub(in crate::sources) fn known_by(&self) -> String {
        let secret = self.secret.as_deref().unwrap_or_default();
        format!("{} {} {secret}", self.tokens, self.client_id)
    }

    /// Signs in. The token is good for an hour, longer than a pull takes.
    pub(in crate::sources) fn graph(&self, now: Millis, is_look: bool) -> Result<Graph, Stop> {
        let token = self.token(now)?;
        let client = Client::new(&self.graph, Some(format!("Bearer {token}")), now)
            .told_by("graph")
            .shown_by("client_secret_file")
            .with("prefer", PREFER);
        let client = match is_look {
            true => client.for_a_look(),
            false => client,
        };
        Ok(Graph::new(client))
    }

    fn token(&self, now: Millis) -> Result<String, Stop> {
        let Some(secret) = &self.secret else {
            let error = SourceError::Params(
                "client_secret_file is missing; it should name the file with the application's secret"
                    .to_owned(),
            );
            return Err(Stop::Failed(error));
        };
        let scope = format!("{}/.default", self.graph.origin().ascii_serialization());
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", secret)
            .append_pair("scope", &scope);
        forge::exchanged(&self.tokens, &form.finish(), now, |answer| {
            let codes = answer["error_codes"].as_array();
            let mut codes = codes.into_iter().flatten().filter_map(Value::as_u64);
            let why = codes.find_map(|code| REFUSALS.iter().find(|(known, _)| *known == code));
            let why = why.map_or(
                "check tenant, client_id and client_secret_file",
                |(_, why)| why,
            );
            format!(": {why}")
        })
    }
}

/// Why there is no token, in Microsoft's numbers (AADSTS…), and what to look at.
const REFUSALS: &[(u64, &str)] = &[
    (
        7_000_215,
        "the secret in client_secret_file is not the application's; it should be the secret's value, not its id \
         (AADSTS7000215)",
    ),
    (
        7_000_222,
        "the secret in client_secret_file has expired; the application needs a new one (AADSTS7000222)",
    ),
    (
        700_016,
        "client_id is no application of this tenant (AADSTS700016)",
    ),
    (90_002, "tenant is not known (AADSTS90002)"),
    (
        900_023,
        "tenant is neither an id nor a domain (AADSTS900023)",
    ),
    (
        53_003,
        "a conditional access policy keeps the application out (AADSTS53003)",
    ),
    (
        7_000_112,
        "the application is disabled in this tenant (AADSTS7000112)",
    ),
];
