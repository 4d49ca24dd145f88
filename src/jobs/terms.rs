//! The running configuration as terms that concern people: what the page `/privacy` tells and what a
//! works council agrees to.

use sha2::{Digest as _, Sha256};

use crate::config::{AGEING, AccessMode, Config, EngineMode, Mode};
use crate::model::PrivacyTerms;
use crate::sources;

/// The terms that hold with this configuration on a data folder with this `k` and mode. A setting that
/// concerns people is one more line here.
pub fn of(config: &Config, k: u32, mode: Mode) -> PrivacyTerms {
    let terms = PrivacyTerms::default()
        .with(SMALLEST_NUMBER, k.to_string())
        .with(MODE, mode.name())
        .with(KEY_HOLDER, key_holder(config))
        .with("store", store(config))
        .with("reporting tools", reporting(config))
        .with("pages are served at", config.listen.to_string())
        .with("readers sign in", signing_in(&config.access.mode))
        .with("audit log", format!("kept for {} days", config.audit_days));
    let groups = &config.access.groups;
    let roles = [
        ("viewers", &groups.viewer),
        ("coordinators", &groups.coordinator),
        ("admins", &groups.admin),
        (
            "restricted write-ups are seen by coordinators, admins, and",
            &groups.restricted,
        ),
    ];
    let terms = roles
        .into_iter()
        .filter(|(_, groups)| !groups.is_empty())
        .fold(terms, |terms, (role, groups)| {
            terms.with(role, named(groups))
        });
    let terms = AGEING.iter().fold(terms, |terms, (kind, _)| {
        let limits = &config.retention.events;
        let value = match limits.iter().find(|(of, _)| of == kind) {
            Some((_, days)) => format!("kept for {days} days"),
            None => "kept without a limit".to_owned(),
        };
        terms.with(format!("{} events", kind.name().replace('_', " ")), value)
    });
    config.sources.iter().fold(terms, |terms, source| {
        let known = sources::find(&source.kind).map_or("an unknown kind", |kind| kind.summary);
        let value = format!("{}: {known}", source.kind);
        terms.with(format!("{SOURCE}{}", source.id), value)
    })
}

/// The name of the term that says from how many people on a number is shown.
pub const SMALLEST_NUMBER: &str = "smallest number of people";
/// The name of the term that says what is kept of people.
pub const MODE: &str = "mode";
/// The name of the term that says who holds the key.
pub const KEY_HOLDER: &str = "key holder";
/// How the names of the terms of sources begin.
pub const SOURCE: &str = "source ";
/// Said where nobody is named.
pub const NOBODY: &str = "nobody is named; whoever runs this machine can read the key";

fn key_holder(config: &Config) -> String {
    config
        .key_holder
        .clone()
        .unwrap_or_else(|| NOBODY.to_owned())
}

fn signing_in(mode: &AccessMode) -> &'static str {
    match mode {
        AccessMode::Loopback => "not at all; pages are shown on this machine alone",
        AccessMode::Oidc(_) => "at an OpenID provider",
        AccessMode::Proxy(_) => "at a proxy in front of it",
        AccessMode::Password => "with a password of their own",
    }
}

/// Groups by their names. What holds an address may be somebody's.
fn named(groups: &[String]) -> String {
    let each = groups.iter().map(|group| match group.contains('@') {
        true => "(an address)",
        false => group,
    });
    each.collect::<Vec<_>>().join(", ")
}

fn store(config: &Config) -> String {
    match &config.engine.mode {
        EngineMode::Embedded => "a folder on this machine".to_owned(),
        EngineMode::Remote { .. } => "a ClickHouse server elsewhere".to_owned(),
    }
}

fn reporting(config: &Config) -> String {
    let reporting = &config.reporting;
    match (reporting.tables, reporting.listen) {
        (false, _) => "none may ask".to_owned(),
        (true, Some(address)) => format!("may read published tables at {address}, with a password"),
        (true, None) => format!("may read published tables in {}", reporting.database),
    }
}

/// Tells one version of the terms from another.
pub fn fingerprint(terms: &PrivacyTerms) -> String {
    let digest = Sha256::digest(terms.canonical().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
