//! Whose page it was: a signed token that the wiki, or what signs readers in before it, puts into the
//! page. It is checked, becomes a name for the door, and is forgotten.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::Secrets;

/// The longest token.
const LONGEST: usize = 2048;
/// The longest that a token may hold from now on.
const LIFETIME: Millis = 24 * 3_600_000;
/// A page view that began with a good token keeps its reader for so long.
const VIEW: Millis = 12 * 3_600_000;

/// What the `sub` of a token is, where it is no mail address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum People {
    /// What events carry as `person`.
    #[default]
    Account,
    /// A user of the web server, as in access logs.
    AccessLog,
    /// A user name in MediaWiki.
    Mediawiki,
}

/// What a token says.
pub(super) enum Named {
    /// This is who reads.
    Person(Identity),
    /// It says nothing that is believed, and why.
    Nobody(&'static str),
}

/// When a token is looked at.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub(super) now: Millis,
    /// How long ago the page view began.
    pub(super) age: Millis,
}

/// Reads a token: a JSON Web Token of the algorithm HS256 with `aud` (the source), `sub` (who) and
/// `exp`.
pub(super) fn read(
    secrets: &Secrets,
    source: &str,
    people: People,
    token: &str,
    when: When,
) -> Named {
    if secrets.is_empty() {
        return Named::Nobody("person: token, but the source has no secret");
    }
    match claims(secrets, token) {
        Some(claims) => believed(&claims, source, people, when),
        None => Named::Nobody("person: token not valid"),
    }
}

/// What it claims, if it is signed.
fn claims(secrets: &Secrets, token: &str) -> Option<Value> {
    let token = token.trim();
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    if token.len() > LONGEST {
        return None;
    }
    secrets.base64url(signature, &[signed.as_bytes()]).ok()?;
    let decoded = |part: &str| -> Option<Value> {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let header = decoded(header)?;
    (header["alg"] == "HS256").then(|| decoded(payload))?
}

fn believed(claims: &Value, source: &str, people: People, when: When) -> Named {
    let for_us = match &claims["aud"] {
        Value::String(one) => one == source,
        Value::Array(all) => all.iter().any(|one| one == source),
        _ => false,
    };
    let ends = claims["exp"].as_i64().and_then(|s| s.checked_mul(1000));
    let sub = claims["sub"].as_str().map(str::trim);
    let (true, Some(ends), Some(sub)) = (for_us, ends, sub.filter(|sub| !sub.is_empty())) else {
        return Named::Nobody("person: token not valid");
    };
    // The page was opened while it was good; how long it stays open is the reader's business.
    if ends <= when.now - when.age.clamp(0, VIEW) {
        return Named::Nobody("person: token expired");
    }
    if ends > when.now + LIFETIME {
        return Named::Nobody("person: token good for too long");
    }
    Named::Person(identity(people, sub))
}

fn identity(people: People, sub: &str) -> Identity {
    let bare = Identity::bare(sub);
    if bare.is_email() {
        return bare;
    }
    match people {
        People::Account => bare,
        People::AccessLog => Identity::of_source("access-log", "user", sub),
        People::Mediawiki => Identity::of_source("mediawiki", "name", sub),
    }
}
