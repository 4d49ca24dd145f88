//! Who may see the pages: `[access]`, `server.public_url` and how long the audit log is kept.

use std::net::IpAddr;

use axum::http::HeaderName;
use serde_json::{Value as Json, json};

use super::environment::Environment;
use super::reader::Reader;
use super::{Origin, Origins, Secret};

/// The variable with the client's secret at the provider.
pub(super) const SECRET: &str = "READBACK_OIDC_CLIENT_SECRET";

/// What a reader may do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at pages and published numbers.
    Viewer,
    /// Also the registry and imports.
    Coordinator,
    /// Also the audit log.
    Admin,
}

impl Role {
    /// Every role, the smallest first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Coordinator, Role::Admin];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Coordinator => "coordinator",
            Role::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How readers sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessMode {
    /// Not at all: pages are for this machine alone.
    Loopback,
    /// At an OpenID provider.
    Oidc(OidcConfig),
    /// A reverse proxy says who it is.
    Proxy(ProxyConfig),
    /// With passwords kept here.
    Password,
}

impl AccessMode {
    /// As it stands in the file.
    pub fn name(&self) -> &'static str {
        match self {
            AccessMode::Loopback => "loopback",
            AccessMode::Oidc(_) => "oidc",
            AccessMode::Proxy(_) => "proxy",
            AccessMode::Password => "password",
        }
    }
}

/// The OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcConfig {
    /// Its address, under which it describes itself.
    pub issuer: String,
    /// What Readback is called there.
    pub client_id: String,
    /// What Readback proves that with, where the provider asks for it.
    pub client_secret: Option<Secret>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the groups.
    pub roles_claim: String,
}

/// The reverse proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// The header with the account.
    pub user_header: String,
    /// The header with the groups, separated by commas.
    pub groups_header: String,
}

/// Which groups have which role; `*` is everybody who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Viewers.
    pub viewer: Vec<String>,
    /// Coordinators.
    pub coordinator: Vec<String>,
    /// Admins.
    pub admin: Vec<String>,
    /// Who may see restricted write-ups without being coordinator or admin.
    pub restricted: Vec<String>,
}

impl Groups {
    /// The greatest role of somebody in these groups, and whether restricted write-ups may be seen;
    /// `None` where there is no role.
    pub fn role(&self, groups: &[String]) -> Option<(Role, bool)> {
        let is_in = |wanted: &[String]| wanted.iter().any(|one| one == "*" || groups.contains(one));
        let role = if is_in(&self.admin) {
            Role::Admin
        } else if is_in(&self.coordinator) {
            Role::Coordinator
        } else if is_in(&self.viewer) {
            Role::Viewer
        } else {
            return None;
        };
        Some((role, role > Role::Viewer || is_in(&self.restricted)))
    }

    fn is_empty(&self) -> bool {
        self.viewer.is_empty() && self.coordinator.is_empty() && self.admin.is_empty()
    }
}

/// Addresses with a common beginning, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8` or one address.
    pub fn parse(text: &str) -> Option<Network> {
        let (base, bits) = match text.split_once('/') {
            None => (text, None),
            Some((base, bits)) => (base, Some(bits.parse::<u8>().ok()?)),
        };
        let base: IpAddr = base.parse().ok()?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Network { base, bits })
    }

    /// Whether an address is one of these.
    pub fn holds(&self, address: IpAddr) -> bool {
        let cut = |value: u128, width: u8| {
            let shift = u32::from(width - self.bits);
            value.checked_shr(shift).unwrap_or(0)
        };
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let of = |ip: std::net::Ipv4Addr| cut(u128::from(u32::from(ip)), 32);
                of(base) == of(address)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                cut(u128::from(base), 128) == cut(u128::from(address), 128)
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// `[access]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessConfig {
    /// How readers sign in.
    pub mode: AccessMode,
    /// Who has which role.
    pub groups: Groups,
    /// Where a reverse proxy may come from.
    pub trusted: Vec<Network>,
    /// Pictures of single write-ups (`/embed/…`) are for whoever asks, signed in or not: proxies of
    /// pictures and pages of other places can't sign in.
    pub embeds: bool,
}

impl AccessConfig {
    /// Every value that holds, by its key; a secret is told as set.
    pub(super) fn tell(&self, put: &mut impl FnMut(&str, Json)) {
        put("access.mode", self.mode.name().into());
        put("access.embeds", self.embeds.into());
        if self.mode != AccessMode::Loopback {
            let trusted = self.trusted.iter().map(Network::to_string);
            put("access.trusted", trusted.collect());
        }
        match &self.mode {
            AccessMode::Loopback | AccessMode::Password => return,
            AccessMode::Oidc(oidc) => {
                put("access.issuer", oidc.issuer.as_str().into());
                put("access.client_id", oidc.client_id.as_str().into());
                if oidc.client_secret.is_some() {
                    put("access.client_secret", "(set)".into());
                }
                put("access.scopes", json!(oidc.scopes));
                put("access.roles_claim", oidc.roles_claim.as_str().into());
            }
            AccessMode::Proxy(proxy) => {
                put("access.user_header", proxy.user_header.as_str().into());
                put("access.groups_header", proxy.groups_header.as_str().into());
            }
        }
        let groups = &self.groups;
        for (name, list) in [
            ("viewer", &groups.viewer),
            ("coordinator", &groups.coordinator),
            ("admin", &groups.admin),
            ("restricted", &groups.restricted),
        ] {
            put(&format!("access.{name}"), json!(list));
        }
    }
}

/// The keys that only one mode understands.
const OF_OIDC: [&str; 6] = [
    "issuer",
    "client_id",
    "client_secret",
    "client_secret_file",
    "scopes",
    "roles_claim",
];
const OF_PROXY: [&str; 2] = ["user_header", "groups_header"];
const OF_GROUPS: [&str; 4] = ["viewer", "coordinator", "admin", "restricted"];

/// Reads `[access]`; `public_url` is where readers find the pages.
pub(super) fn access(
    reader: &mut Reader<'_>,
    environment: &Environment,
    origins: &mut Origins,
    public_url: Option<&str>,
) -> AccessConfig {
    let name = reader.text("mode").unwrap_or_else(|| "loopback".to_owned());
    let known = ["loopback", "oidc", "proxy", "password"];
    if !known.contains(&name.as_str()) {
        let words = format!("{name:?} is unknown; valid are {}", known.join(", "));
        reader.problem("mode", words);
    }
    let is = |mode: &str| name == mode;
    for (keys, fits) in [
        (&OF_OIDC[..], is("oidc")),
        (&OF_PROXY, is("proxy")),
        (&["trusted"], !is("loopback")),
        (&OF_GROUPS, is("oidc") || is("proxy")),
    ] {
        // Beside an unknown mode every key may be right.
        for key in keys
            .iter()
            .filter(|_| !fits && known.contains(&name.as_str()))
        {
            if reader.holds(key) {
                reader.problem(key, format!("is given, but mode is {name:?}"));
            }
        }
    }
    let secret = secret(reader, environment, origins);
    let issuer = reader.parsed(
        "issuer",
        "the address of an OpenID provider, https://… (http only on this machine)",
        |text| is_safe(text).then(|| text.to_owned()),
    );
    let client_id = reader.text("client_id");
    let scopes = reader.each("scopes", "a scope such as groups", word);
    let claim = reader.parsed("roles_claim", "the name of a claim", word);
    let before = reader.problems().len();
    let trusted = reader.each(
        "trusted",
        "an address or a network such as 10.0.0.0/8",
        Network::parse,
    );
    let trusted_is_wrong = reader.problems().len() > before;
    let header = |text: &str| text.parse::<HeaderName>().ok().map(|name| name.to_string());
    let valid = "the name of a header";
    let user_header = reader.parsed("user_header", valid, header);
    let groups_header = reader.parsed("groups_header", valid, header);
    let mut groups = |key: &str| reader.each(key, "the name of a group, or *", group);
    let groups = Groups {
        viewer: groups("viewer"),
        coordinator: groups("coordinator"),
        admin: groups("admin"),
        restricted: groups("restricted"),
    };
    if (is("oidc") || is("proxy")) && groups.is_empty() {
        let words = "is missing, as are coordinator and admin: nobody could see anything; viewer = \
             [\"*\"] lets in everybody who is signed in";
        reader.problem("viewer", words.to_owned());
    }
    let mode = match name.as_str() {
        "oidc" => {
            if public_url.is_none() {
                let words =
                    "\"oidc\" needs server.public_url, where the provider sends readers back to";
                reader.problem("mode", words.to_owned());
            }
            for (key, missing) in [
                ("issuer", !reader.was_given("issuer")),
                ("client_id", client_id.is_none()),
            ] {
                if missing {
                    reader.problem(key, "is missing; mode \"oidc\" needs it".to_owned());
                }
            }
            AccessMode::Oidc(OidcConfig {
                issuer: issuer.unwrap_or_default(),
                client_id: client_id.unwrap_or_default(),
                client_secret: secret,
                scopes,
                roles_claim: claim.unwrap_or_else(|| "groups".to_owned()),
            })
        }
        "proxy" => {
            // What is wrong with an entry is told already.
            let wrong = match (reader.was_given("trusted"), trusted_is_wrong) {
                (false, _) => Some("is missing"),
                (true, false) if trusted.is_empty() => {
                    Some("is empty: nobody would be believed, and nobody could sign in")
                }
                _ => None,
            };
            if let Some(wrong) = wrong {
                let words = format!(
                    "{wrong}; valid is a list of the addresses that the proxy comes from, such as \
                     [\"10.0.0.0/8\"]"
                );
                reader.problem("trusted", words);
            }
            AccessMode::Proxy(ProxyConfig {
                user_header: user_header.unwrap_or_else(|| "x-forwarded-user".to_owned()),
                groups_header: groups_header.unwrap_or_else(|| "x-forwarded-groups".to_owned()),
            })
        }
        "password" => AccessMode::Password,
        _ => AccessMode::Loopback,
    };
    let embeds = reader.flag("embeds").unwrap_or(false);
    reader.finish();
    AccessConfig {
        mode,
        groups,
        trusted,
        embeds,
    }
}

fn secret(
    reader: &mut Reader<'_>,
    environment: &Environment,
    origins: &mut Origins,
) -> Option<Secret> {
    let (in_file, plain) = (
        reader.text("client_secret_file"),
        reader.text("client_secret"),
    );
    if let Some(secret) = environment.get(SECRET) {
        let origin = Origin::Environment(SECRET.to_owned());
        origins.insert("access.client_secret".to_owned(), origin);
        return Some(Secret(secret));
    }
    let Some(path) = in_file else {
        return plain.map(Secret);
    };
    if let Some(origin) = origins.get("access.client_secret_file").cloned() {
        origins.insert("access.client_secret".to_owned(), origin);
    }
    let found = super::password_in(&path);
    found
        .map(Secret)
        .map_err(|problem| reader.problem("client_secret_file", problem))
        .ok()
}

/// What is sent there must not be read on the way.
fn is_safe(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url
            .strip_prefix("https://")
            .is_some_and(|rest| !rest.is_empty() && !rest.contains('@'));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    is_loopback_host(host)
}

/// Whether a host, with or without its port, is this machine by its name.
pub fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, _)) => name,
            None => return false,
        },
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn word(text: &str) -> Option<String> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control();
    (!text.is_empty() && text.chars().all(fits)).then(|| text.to_owned())
}

/// Names of groups hold blanks, but no commas: a header separates them by these.
fn group(text: &str) -> Option<String> {
    let fits = !text.trim().is_empty() && !text.contains([',', '\n', '\r']);
    fits.then(|| text.trim().to_owned())
}

/// Where readers find the pages: scheme and host, and nothing behind it.
pub(super) fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (scheme, host) = text.split_once("://")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let valid = matches!(scheme, "http" | "https") && !host.is_empty() && host.bytes().all(fits);
    valid.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_own() {
        let holds = |network: &str, address: &str| {
            let network = Network::parse(network).unwrap();
            network.holds(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.200.3.4") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1"));
        for odd in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/-1",
            "*",
            "fd00::/129",
        ] {
            assert_eq!(Network::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_greatest_role_holds() {
        let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let groups = Groups {
            viewer: named(&["*"]),
            coordinator: named(&["sre"]),
            admin: named(&["leads"]),
            restricted: named(&["legal"]),
        };
        let of = |names: &[&str]| groups.role(&named(names));
        assert_eq!(of(&[]), Some((Role::Viewer, false)));
        assert_eq!(of(&["legal"]), Some((Role::Viewer, true)));
        assert_eq!(of(&["sre"]), Some((Role::Coordinator, true)));
        assert_eq!(of(&["sre", "leads"]), Some((Role::Admin, true)));
        let few = Groups {
            viewer: named(&["staff"]),
            ..Groups::default()
        };
        assert_eq!(few.role(&named(&["legal"])), None);
    }

    #[test]
    fn a_public_address_is_an_origin() {
        assert_eq!(
            origin("https://Read.Example.org/").as_deref(),
            Some("https://read.example.org")
        );
        assert_eq!(
            origin("http://[::1]:8080").as_deref(),
            Some("http://[::1]:8080")
        );
        for odd in [
            "",
            "read.example.org",
            "https://",
            "https://a/b",
            "ftp://a",
            "https://u@a",
        ] {
            assert_eq!(origin(odd), None, "{odd}");
        }
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:1",
            "[::1]:2",
            "a.localhost",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "x", "localhost.example.org", "10.0.0.1", "[::2]"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
