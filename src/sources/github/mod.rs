//! `github`: webhook deliveries and saved API replies of GitHub. Comments on write-ups, links to
//! write-ups in the texts of issues, pull requests, discussions, reviews and comments, edits of write-ups
//! kept in a wiki.
//!
//! `payload` says what a delivery is about, `api` what to ask for; the rest is what all forges have (`forge`).

mod api;
mod discussions;
mod payload;

use serde_json::Value;

use super::forge::{self, At, Dialect, Secrets, Seen};
use super::{Delivery, Kind, Probe, SourceError};

/// The kind.
pub static KIND: Kind = Kind {
    name: "github",
    summary: "GitHub: comments on write-ups and links to them, from webhooks, the API or its saved replies",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "github"
kind = "github"
secret_file = "/run/secrets/github-webhook"
repositories = ["example/shop"]
token_file = "/run/secrets/github-token"
"#,
    file: Some(forge::file::<GitHub>),
    pull: Some(forge::pull::<GitHub>),
    push: Some(forge::push::<GitHub>),
    probe: Some(Probe::Remote(forge::look::<GitHub>)),
    links: true,
    ..Kind::NOTHING
};

/// How GitHub speaks.
struct GitHub;

impl Dialect for GitHub {
    fn prove(secrets: &Secrets, delivery: &Delivery<'_>, signed: &[u8]) -> Result<(), SourceError> {
        let header = delivery.header("x-hub-signature-256");
        let header = header.ok_or(SourceError::Unsigned("X-Hub-Signature-256"))?;
        secrets.hex(header.trim().strip_prefix("sha256="), &[signed])
    }

    fn foreign(delivery: &Delivery<'_>) -> Option<&'static str> {
        // They send GitHub's headers beside their own.
        let theirs = ["x-gitea-event", "x-forgejo-event", "x-gogs-event"];
        let is_theirs = theirs.iter().any(|name| delivery.header(name).is_some());
        is_theirs.then_some("is a delivery of Gitea, Forgejo or Gogs; this address is for GitHub's")
    }

    fn event<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        delivery.header("x-github-event")
    }

    fn delivery_id<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        delivery.header("x-github-delivery")
    }

    fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
        payload::look(value, at)
    }
}

#[cfg(test)]
mod tests;
