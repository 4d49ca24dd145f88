//! Who sees the pages: nobody but this machine, or readers who sign in at an OpenID provider, through a
//! reverse proxy or with a password. What a route asks for stands in the tables of routes; `gate`
//! enforces it.

pub mod accounts;
mod claims;
mod oidc;
mod peer;
mod sessions;
pub(super) mod signin;
mod throttle;
pub(super) mod words;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use self::accounts::{AccountError, Accounts};
use self::oidc::{Oidc, OidcError};
pub use self::peer::Peer;
pub(super) use self::peer::is_local;
use self::peer::{cookie, is_passed_on, only};
use self::sessions::{Sessions, form_token};
use self::throttle::Throttle;
use super::audit::{Act, Audit, AuditError, Entry};
use crate::collect::Keys;
use crate::config::{AccessConfig, AccessMode, Config, Groups, Network, Role, is_loopback_host};
use crate::model::Millis;
use crate::pages::Seat;

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Nothing: what it says is the same for everybody and tells nothing of the organisation.
    Public,
    /// It asks itself: for a token, a signature, or a page that may send.
    Own,
    /// To come from this machine, or a token for metrics.
    Metrics,
    /// To be let in as a viewer, or nothing where pictures are for everybody (`access.embeds`).
    Embed,
    /// To be let in as a viewer, or a token for what is published.
    Published,
    /// This role, or a greater one.
    Role(Role),
}

/// A reader who may see something.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The role.
    pub role: Role,
    /// Restricted write-ups may be seen.
    pub restricted: bool,
    /// The mark of the account in the audit log.
    pub who: Option<String>,
}

/// Why a reader sees nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// Nobody has signed in.
    SignIn,
    /// For everybody from elsewhere; the words say what to do.
    Words(&'static str),
    /// The role does not suffice.
    Role(Role),
}

/// Everything that decides who sees what.
pub struct Access {
    mode: AccessMode,
    groups: Groups,
    /// Where a reverse proxy may come from.
    trusted: Vec<Network>,
    embeds: bool,
    /// Scheme and host that readers use, where it is configured.
    origin: Option<String>,
    sessions: Sessions,
    throttle: Throttle,
    accounts: Option<Accounts>,
    oidc: Option<Arc<Oidc>>,
    audit: Option<Arc<Audit>>,
    now: fn() -> Millis,
}

/// Why access can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The local accounts.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// The configuration of the provider.
    #[error("{0}")]
    Config(String),
}

impl Default for Access {
    fn default() -> Self {
        Access {
            mode: AccessMode::Loopback,
            groups: Groups::default(),
            trusted: Vec::new(),
            embeds: false,
            origin: None,
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            accounts: None,
            oidc: None,
            audit: None,
            now: || 0,
        }
    }
}

/// Said where nobody may look from elsewhere.
const LOOPBACK: &str = "Pages are shown on this machine alone, since nobody has to sign in. To let \
     others see them, set [access] mode = \"oidc\", \"proxy\" or \"password\" in readback.toml; the \
     README says how. Events are taken all the same.";
/// Said where a proxy on this machine passes strangers on.
const PASSED_ON: &str = "Pages are shown on this machine alone, and this request was passed on by a \
     proxy. To let others see them, set [access] mode = \"proxy\" (or \"oidc\", \"password\") in \
     readback.toml; the README says how.";
/// Said where a name leads here that is not this machine's.
const RENAMED: &str = "Pages are shown on this machine alone, under http://localhost or an address \
     such as http://127.0.0.1.";
const UNTRUSTED: &str = "This request does not come from an address in access.trusted, so nobody's \
     account is taken from it.";
const UNNAMED: &str = "The proxy does not say who this is.";

impl Access {
    /// Access as it is configured, for a data folder with these keys.
    pub fn open(config: &Config, keys: Keys, now: fn() -> Millis) -> Result<Self, AccessError> {
        let AccessConfig {
            mode,
            groups,
            trusted,
            embeds,
        } = config.access.clone();
        let origin = config.public_url.clone();
        let accounts = match mode {
            AccessMode::Password => Some(Accounts::open(file(&config.data_dir))?),
            _ => None,
        };
        let oidc = match (&mode, &origin) {
            (AccessMode::Oidc(provider), Some(origin)) => {
                let oidc = Oidc::new(provider.clone(), origin);
                Some(oidc.map_err(|error: OidcError| AccessError::Config(error.to_string()))?)
            }
            _ => None,
        };
        Ok(Access {
            mode,
            groups,
            trusted,
            embeds,
            origin,
            accounts,
            oidc: oidc.map(Arc::new),
            audit: Some(Arc::new(Audit::new(&config.data_dir, keys))),
            now,
            ..Access::default()
        })
    }

    /// What the operator should know of it at the start.
    pub fn words(&self, listen: SocketAddr) -> Option<&'static str> {
        let is_local = listen.ip().to_canonical().is_loopback();
        let is_safe = self.is_https() || is_local;
        let no_account = self.accounts.as_ref().is_some_and(Accounts::is_empty);
        match &self.mode {
            AccessMode::Loopback if is_local => Some(
                "pages are for this machine alone, nobody signs in; [access] in readback.toml lets others in",
            ),
            AccessMode::Loopback => Some(
                "pages are refused, since this address can be reached from elsewhere and nobody signs in; \
                 set [access] mode = \"oidc\", \"proxy\" or \"password\" in readback.toml. Events are taken",
            ),
            AccessMode::Password if no_account => Some(
                "nobody can sign in yet; `readback access add NAME --role viewer` makes an account",
            ),
            AccessMode::Password | AccessMode::Oidc(_) if !is_safe => Some(
                "sessions can be read on the way: put a proxy with https in front, and its address into \
                 server.public_url",
            ),
            _ => None,
        }
    }

    /// Takes old days out of the audit log.
    pub fn forget(&self, days: u32) {
        let Some(audit) = &self.audit else { return };
        match audit.forget((self.now)(), days) {
            Ok(0) => {}
            Ok(gone) => tracing::info!(days = gone, "old days of the audit log are gone"),
            Err(error) => tracing::error!(%error, "the audit log can't be cleared"),
        }
    }

    /// Pictures of single write-ups are for whoever asks.
    pub(super) fn embeds(&self) -> bool {
        self.embeds
    }

    /// Where readers find the pages, scheme and host, if the operator says so.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Readers come over HTTPS.
    pub(super) fn is_https(&self) -> bool {
        let origin = self.origin.as_deref();
        origin.is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Whether anybody signs in.
    pub(super) fn has_sign_in(&self) -> bool {
        !matches!(self.mode, AccessMode::Loopback)
    }

    /// How readers sign in.
    pub(super) fn mode(&self) -> &'static str {
        self.mode.name()
    }

    /// Who it is, if that role suffices.
    pub(super) fn admit(
        &self,
        role: Role,
        peer: Peer,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Reader, Shut> {
        let reader = self.reader(peer, headers, uri)?;
        match reader.role >= role {
            true => Ok(reader),
            false => Err(Shut::Role(role)),
        }
    }

    fn reader(&self, peer: Peer, headers: &HeaderMap, uri: &Uri) -> Result<Reader, Shut> {
        match &self.mode {
            AccessMode::Loopback => {
                if !peer.is_here() || !peer.listens_locally {
                    return Err(Shut::Words(LOOPBACK));
                }
                if is_passed_on(headers) {
                    return Err(Shut::Words(PASSED_ON));
                }
                // A page of elsewhere may lead its own name to this machine.
                if !self.is_named(headers, uri) {
                    return Err(Shut::Words(RENAMED));
                }
                // Nobody has shown who it is, and others may work on this machine: what changes something
                // is the command line's, whose folder is its owner's alone.
                Ok(Reader {
                    role: Role::Viewer,
                    restricted: false,
                    who: None,
                })
            }
            AccessMode::Proxy(proxy) => {
                if !peer.address.is_some_and(|address| self.trusts(address)) {
                    return Err(Shut::Words(UNTRUSTED));
                }
                let account = only(headers, &proxy.user_header).ok_or(Shut::Words(UNNAMED))?;
                let groups = match headers.get_all(&proxy.groups_header).iter().count() {
                    0 => String::new(),
                    _ => only(headers, &proxy.groups_header).ok_or(Shut::Words(UNNAMED))?,
                };
                let groups: Vec<String> = groups
                    .split(',')
                    .map(|group| group.trim().to_owned())
                    .filter(|group| !group.is_empty())
                    .collect();
                let (role, restricted) =
                    self.groups.role(&groups).ok_or(Shut::Role(Role::Viewer))?;
                Ok(Reader {
                    role,
                    restricted,
                    who: self.mark(&account),
                })
            }
            AccessMode::Oidc(_) | AccessMode::Password => {
                let session = self.session(headers).ok_or(Shut::SignIn)?;
                Ok(session.1)
            }
        }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(address))
    }

    /// Where somebody is who tries to sign in: the last address that a proxy of ours was asked from.
    /// Nothing where an unnamed proxy on this machine asks for everybody, who would all be one.
    fn place(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        let address = peer.address?;
        if !self.trusts(address) {
            return (!address.is_loopback() || !is_passed_on(headers)).then_some(address);
        }
        let lines = headers.get_all("x-forwarded-for").iter();
        let hops: Vec<&str> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        let hops = hops.iter().rev().map(|hop| hop.trim().parse::<IpAddr>());
        // What stands in front of the first that can't be read, anybody may have written.
        let mut known = hops.map_while(Result::ok);
        known.find(|hop| !self.trusts(*hop)).or(Some(address))
    }

    /// The session of a request, and its id.
    fn session(&self, headers: &HeaderMap) -> Option<(String, Reader)> {
        let id = cookie(headers, self.cookie_name())?;
        let session = self.sessions.find(&id, (self.now)())?;
        if let Some((name, stamp)) = &session.account {
            // An account that was taken away or changed is signed out.
            let known = self.accounts.as_ref().and_then(|all| all.stamp(name));
            if known != Some(*stamp) {
                self.sessions.end(&id);
                return None;
            }
        }
        Some((id, session.reader))
    }

    /// Whether the request is for a name of this machine, or the configured one.
    fn is_named(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut names = headers.get_all(HOST).iter();
        let host = match (names.next(), names.next()) {
            (None, _) => uri.authority().map(|host| host.as_str().to_owned()),
            (Some(one), None) => match one.to_str() {
                Ok(host) => Some(host.to_owned()),
                Err(_) => return false,
            },
            (Some(_), Some(_)) => return false,
        };
        host.is_none_or(|host| {
            let own = self
                .origin
                .as_deref()
                .and_then(|origin| origin.split_once("://"));
            is_loopback_host(&host) || own.is_some_and(|(_, own)| own.eq_ignore_ascii_case(&host))
        })
    }

    /// Whether a request that changes something was made by a page of ours.
    pub(super) fn is_own_page(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get("sec-fetch-site") {
            return site.as_bytes() == b"same-origin";
        }
        let text = |name: HeaderName| only(headers, name.as_str());
        let (Some(origin), host) = (text(ORIGIN), text(HOST)) else {
            return false;
        };
        match (&self.origin, host) {
            (Some(own), _) => origin.eq_ignore_ascii_case(own),
            (None, Some(host)) => origin
                .split_once("://")
                .is_some_and(|(_, from)| from.eq_ignore_ascii_case(&host)),
            (None, None) => false,
        }
    }

    /// Writes down that a restricted write-up is looked at. Where that can't be done it is not shown.
    pub(super) async fn note_restricted(&self, reader: &Reader, id: &str) -> bool {
        self.note(Act::RestrictedSeen, reader.who.clone(), Some(id.to_owned()))
            .await
    }

    /// Writes down that the registry was changed.
    pub(super) async fn note_change(&self, who: Option<String>, what: String) -> bool {
        self.note(Act::RegistryChanged, who, Some(what)).await
    }

    /// Writes down that a file was imported.
    pub(super) async fn note_import(&self, who: Option<String>, what: String) -> bool {
        self.note(Act::FileImported, who, Some(what)).await
    }

    /// An import was taken back. False where that can't be written down.
    pub(super) async fn note_undo(&self, who: Option<String>, what: String) -> bool {
        self.note(Act::ImportUndone, who, Some(what)).await
    }

    /// The newest entries of the log first, without the first `skip`, and at most `take`.
    pub(super) async fn noted(&self, skip: usize, take: usize) -> Result<Vec<Entry>, AuditError> {
        let Some(audit) = self.audit.clone() else {
            return Ok(Vec::new());
        };
        let read = tokio::task::spawn_blocking(move || audit.newest(skip, take));
        // Who was cut off ends.
        read.await.unwrap_or_else(|_| Ok(Vec::new()))
    }

    /// Where a reader may go, beside the pages that everybody sees.
    pub(super) fn seat(&self, reader: Option<&Reader>) -> Seat {
        let may = |role: Role| reader.is_some_and(|reader| reader.role >= role);
        Seat {
            registry: may(Role::Coordinator),
            audit: may(Role::Admin) && self.audit.is_some(),
            noted: self.has_sign_in(),
        }
    }

    /// What a form of a page for this reader brings along; empty where nobody has a session, and then
    /// the page that a form is from is all that there is to go by.
    pub(super) fn form(&self, headers: &HeaderMap) -> String {
        let session = self.session(headers);
        session.map_or_else(String::new, |(id, _)| form_token(&id))
    }

    /// What keeps readers from signing in. Nothing is told that names anybody.
    pub(super) async fn trouble(&self) -> Option<String> {
        if let Some(accounts) = &self.accounts {
            let broken = !accounts.is_readable();
            return broken
                .then(|| "the accounts can't be read; `readback access list` says why".to_owned());
        }
        let oidc = self.oidc.clone()?;
        let now = (self.now)();
        let asked = signin::apart(&oidc.turns.clone(), move || oidc.is_there(now)).await;
        match asked {
            Some(true) => None,
            Some(false) => Some("the OpenID provider does not describe itself".to_owned()),
            None => Some("too many sign-ins wait for the OpenID provider".to_owned()),
        }
    }

    async fn note(&self, act: Act, who: Option<String>, what: Option<String>) -> bool {
        let Some(audit) = self.audit.clone() else {
            return true;
        };
        let now = (self.now)();
        let noted = tokio::task::spawn_blocking(move || {
            audit.note(now, act, who.as_deref(), what.as_deref())
        });
        match noted.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "the audit log can't be written");
                false
            }
            Err(_) => false,
        }
    }

    fn mark(&self, account: &str) -> Option<String> {
        self.audit.as_ref().map(|audit| audit.mark(account))
    }

    fn cookie_name(&self) -> &'static str {
        match self.is_https() {
            true => "__Host-readback",
            false => "readback",
        }
    }

    /// The cookie of a sign-in that is under way.
    fn begun_name(&self) -> &'static str {
        match self.is_https() {
            true => "__Host-readback-signin",
            false => "readback-signin",
        }
    }

    /// A cookie for this host alone, which no script reads.
    fn cookie(&self, name: &str, value: &str, seconds: Millis) -> Option<HeaderValue> {
        let secure = if self.is_https() { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).ok()
    }
}

/// The file with the local accounts.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("access.json")
}

#[cfg(test)]
mod tests;
