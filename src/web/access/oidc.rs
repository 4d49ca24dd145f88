//! Sign-in at an OpenID provider: authorisation code with PKCE, state and nonce, bound to the browser
//! that began. The ID token's signature, issuer, audience, nonce and age are checked. Everything here
//! that asks the provider blocks.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClientAuthMethod, CoreGenderClaim, CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, TokenResponse, UserInfoClaims,
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::claims::{Claims, Extra, IdToken, NO_KEY, Provider, named, unbelievable, verifier};
use super::sessions::{hash, random};
use crate::config::{OidcConfig, is_loopback_host};
use crate::model::Millis;

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const LONGEST_ANSWER: u64 = 1 << 20;
/// What the provider says of itself is asked again after this.
const KNOWN: Millis = 3600 * 1000;
/// Where a key is missing it is asked sooner, but not for every forged token.
const KNOWN_AT_LEAST: Millis = 60 * 1000;
/// So long after it could not be asked nobody asks again.
const AWAY: Millis = 5 * 1000;
/// So many sign-ins ask it at once.
const AT_ONCE: usize = 8;
/// A sign-in takes so long at most.
pub(super) const BEGUN: Millis = 10 * 60 * 1000;
/// So many are under way at once; beyond it the oldest is forgotten.
const MOST: usize = 10_000;

/// Why nobody could be signed in. No word repeats what the provider said of a person.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcError {
    /// It can't be asked.
    #[error("the OpenID provider can't be asked: {0}")]
    Away(String),
    /// Nobody began this sign-in, or not in this browser, or too long ago.
    #[error("this sign-in was not begun in this browser, or more than ten minutes ago")]
    Stray,
    /// The provider did not sign anybody in.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// What it sent can't be believed.
    #[error("what the provider sent can't be believed: {0}")]
    Unbelievable(&'static str),
    /// What is configured can't be used.
    #[error("access: {0}")]
    Config(String),
}

/// Somebody whom the provider knows.
pub(super) struct Known {
    /// What the provider calls them.
    pub(super) subject: String,
    /// Their groups.
    pub(super) groups: Vec<String>,
    /// Where they wanted to go.
    pub(super) next: String,
}

/// What comes back from the provider in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Back {
    pub(super) code: String,
    pub(super) state: String,
    pub(super) error: String,
    pub(super) iss: String,
}

struct Begun {
    browser: [u8; 32],
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    next: String,
    at: Millis,
}

/// What came of asking the provider of itself.
#[derive(Default)]
struct Asked {
    known: Option<(Millis, Arc<Provider>)>,
    failed: Option<Millis>,
}

/// The provider and the sign-ins under way.
pub(super) struct Oidc {
    config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    agent: ureq::Agent,
    provider: Mutex<Asked>,
    /// Threads that wait for the provider are few, whoever asks for sign-ins.
    pub(super) turns: Arc<Semaphore>,
    begun: Mutex<HashMap<[u8; 32], Begun>>,
}

impl Oidc {
    /// Sign-in at this provider, which sends readers back to the origin of the pages. It is not asked
    /// for anything yet: it may be away when the server starts.
    pub(super) fn new(config: OidcConfig, origin: &str) -> Result<Self, OidcError> {
        let issuer = IssuerUrl::new(config.issuer.clone());
        let issuer = issuer.map_err(|error| OidcError::Config(format!("issuer: {error}")))?;
        let redirect = RedirectUrl::new(format!("{origin}/signin/callback"));
        let redirect =
            redirect.map_err(|error| OidcError::Config(format!("public_url: {error}")))?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // Who answers for the provider must not send us elsewhere.
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Ok(Oidc {
            config,
            issuer,
            redirect,
            agent: agent.into(),
            provider: Mutex::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            begun: Mutex::default(),
        })
    }

    /// Begins a sign-in in a browser that holds `browser` in a cookie. Gives the address to send it to.
    pub(super) fn begin(
        &self,
        browser: &str,
        next: String,
        now: Millis,
    ) -> Result<String, OidcError> {
        let provider = self.provider(now, KNOWN)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let failed = |error: getrandom::Error| OidcError::Away(error.to_string());
        let (state, nonce) = (random().map_err(failed)?, random().map_err(failed)?);
        let kept = state.clone();
        let scopes = self.config.scopes.iter().cloned().map(Scope::new);
        let (url, _, nonce) = provider
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        let mut begun = self.begun();
        if begun.len() >= MOST {
            begun.retain(|_, one| now - one.at < BEGUN);
        }
        if begun.len() >= MOST
            && let Some((oldest, _)) = begun.iter().min_by_key(|(_, one)| one.at)
        {
            let oldest = *oldest;
            begun.remove(&oldest);
        }
        let one = Begun {
            browser: hash(browser),
            nonce,
            verifier,
            next,
            at: now,
        };
        begun.insert(hash(&kept), one);
        Ok(url.to_string())
    }

    /// Ends a sign-in: who is it? Each state is good for one answer.
    pub(super) fn finish(
        &self,
        browser: &str,
        back: Back,
        now: Millis,
    ) -> Result<Known, OidcError> {
        let begun = self.begun().remove(&hash(&back.state));
        let begun = begun
            .filter(|one| one.browser == hash(browser) && (0..BEGUN).contains(&(now - one.at)))
            .ok_or(OidcError::Stray)?;
        // RFC 9207: an answer of another provider.
        if !back.iss.is_empty() && back.iss != self.issuer.as_str() {
            return Err(OidcError::Unbelievable("another issuer answered"));
        }
        if !back.error.is_empty() || back.code.is_empty() {
            return Err(OidcError::Refused(class(&back.error)));
        }
        let provider = self.provider(now, KNOWN)?;
        let request = provider.exchange_code(AuthorizationCode::new(back.code));
        let request = request.map_err(|error| OidcError::Away(error.to_string()))?;
        let answer = request
            .set_pkce_verifier(begun.verifier)
            .request(&|request| self.ask(request));
        let answer = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                OidcError::Refused(class(said.error().as_ref()))
            }
            RequestTokenError::Request(error) => OidcError::Away(error.to_string()),
            _ => OidcError::Unbelievable("the answer with the token can't be read"),
        })?;
        let token = answer
            .id_token()
            .ok_or(OidcError::Unbelievable("there is no ID token"))?;
        let checked = self.checked(&provider, token, &begun.nonce, now);
        let (provider, claims) = match checked {
            // The provider may have taken a new key into use.
            Err(OidcError::Unbelievable(NO_KEY)) => {
                let provider = self.provider(now, KNOWN_AT_LEAST)?;
                let claims = self.checked(&provider, token, &begun.nonce, now)?;
                (provider, claims)
            }
            other => (provider, other?),
        };
        let verifier = verifier(&provider, now);
        if let Some(expected) = claims.access_token_hash() {
            let actual = token
                .signing_alg()
                .ok()
                .zip(token.signing_key(&verifier).ok())
                .and_then(|(alg, key)| {
                    AccessTokenHash::from_token(answer.access_token(), alg, key).ok()
                });
            if actual.as_ref() != Some(expected) {
                return Err(OidcError::Unbelievable("the access token is another's"));
            }
        }
        let subject = claims.subject().clone();
        let claim = &self.config.roles_claim;
        let mut groups = named(&claims.additional_claims().all, claim);
        if groups.is_none() && provider.user_info_url().is_some() {
            // Some providers tell groups only here.
            let asked = provider.user_info(answer.access_token().clone(), Some(subject.clone()));
            let asked = asked.map_err(|error| OidcError::Away(error.to_string()))?;
            let told: UserInfoClaims<Extra, CoreGenderClaim> = asked
                .request(&|request| self.ask(request))
                .map_err(|_| OidcError::Unbelievable("what it says of the user can't be read"))?;
            groups = named(&told.additional_claims().all, claim);
        }
        Ok(Known {
            subject: subject.to_string(),
            groups: groups.unwrap_or_default(),
            next: begun.next,
        })
    }

    fn checked<'a>(
        &self,
        provider: &Provider,
        token: &'a IdToken,
        nonce: &Nonce,
        now: Millis,
    ) -> Result<&'a Claims, OidcError> {
        let claims = token.claims(&verifier(provider, now), nonce);
        claims.map_err(|error| OidcError::Unbelievable(unbelievable(&error)))
    }

    /// Whether the provider describes itself, or did an hour ago. It may have to be asked.
    pub(super) fn is_there(&self, now: Millis) -> bool {
        self.provider(now, KNOWN).is_ok()
    }

    /// The provider as it describes itself, not longer ago than `known`.
    fn provider(&self, now: Millis, known: Millis) -> Result<Arc<Provider>, OidcError> {
        let mut asked = self.provider.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: Millis, within: Millis| (0..within).contains(&(now - at));
        if let Some((at, provider)) = &asked.known
            && recent(*at, known)
        {
            return Ok(Arc::clone(provider));
        }
        // What was known an hour ago most likely still holds.
        let older = asked
            .known
            .as_ref()
            .map(|(_, provider)| Arc::clone(provider));
        if asked.failed.is_some_and(|at| recent(at, AWAY)) {
            let words = "it could not be asked a moment ago";
            return older.ok_or_else(|| OidcError::Away(words.to_owned()));
        }
        let found = CoreProviderMetadata::discover(&self.issuer, &|request| self.ask(request));
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let words = told(&error);
                tracing::warn!(
                    error = words,
                    "the OpenID provider does not describe itself"
                );
                asked.failed = Some(now);
                return older.ok_or(OidcError::Away(words));
            }
        };
        let posts = found
            .token_endpoint_auth_methods_supported()
            .is_some_and(|ways| !ways.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let secret = self.config.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.0.clone()));
        let id = ClientId::new(self.config.client_id.clone());
        let fresh = Provider::from_provider_metadata(found, id, secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(match posts {
                true => AuthType::RequestBody,
                false => AuthType::BasicAuth,
            });
        let fresh = Arc::new(fresh);
        asked.known = Some((now, Arc::clone(&fresh)));
        asked.failed = None;
        Ok(fresh)
    }

    /// Asks the provider over HTTP. Nothing goes where it could be read on the way.
    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, io::Error> {
        let uri = request.uri();
        let is_safe = uri.scheme_str() == Some("https")
            || uri
                .authority()
                .is_some_and(|host| is_loopback_host(host.as_str()));
        if !is_safe {
            let words = "the provider names an address without https";
            return Err(io::Error::other(words));
        }
        let (head, body) = request.into_parts();
        let answer = match body.is_empty() {
            true => self
                .agent
                .run(openidconnect::http::Request::from_parts(head, ())),
            false => self
                .agent
                .run(openidconnect::http::Request::from_parts(head, body)),
        };
        let (head, mut body) = answer.map_err(io::Error::other)?.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec();
        let body = body.map_err(io::Error::other)?;
        Ok(HttpResponse::from_parts(head, body))
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<[u8; 32], Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error code of the provider, as far as it is one (RFC 6749): it comes in an address that anybody
/// can make up.
fn class(error: &str) -> String {
    let is_code = !error.is_empty()
        && error.len() <= 40
        && error
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match is_code {
        true => error.to_owned(),
        false => "no reason given".to_owned(),
    }
}

/// What went wrong with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_from_an_address_is_a_code_or_nothing() {
        assert_eq!(class("access_denied"), "access_denied");
        for odd in [
            "",
            "<svg onload=x>",
            "zz@example.org",
            "Access",
            &"a".repeat(41),
        ] {
            assert_eq!(class(odd), "no reason given");
        }
    }

    #[test]
    fn nothing_is_asked_without_https() {
        let config = OidcConfig {
            issuer: "http://login.example.org".to_owned(),
            client_id: "readback".to_owned(),
            client_secret: None,
            scopes: Vec::new(),
            roles_claim: "groups".to_owned(),
        };
        let oidc = Oidc::new(config, "https://readback.example.org").unwrap();
        let words = oidc
            .begin("browser", "/".to_owned(), 0)
            .unwrap_err()
            .to_string();
        assert!(words.contains("without https"), "{words}");
        let again = oidc.begin("browser", "/".to_owned(), AWAY - 1).unwrap_err();
        assert!(again.to_string().contains("a moment ago"), "{again}");
        let later = oidc.begin("browser", "/".to_owned(), AWAY).unwrap_err();
        assert!(later.to_string().contains("without https"), "{later}");
        let stray = oidc.finish("browser", Back::default(), 0);
        assert!(matches!(stray, Err(OidcError::Stray)));
    }
}
