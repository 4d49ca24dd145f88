//! `gitlab`: webhook deliveries and saved API replies of GitLab. Comments on write-ups, links to
//! write-ups in the texts of issues, merge requests, snippets and notes, edits of write-ups kept in a
//! wiki.
//!
//! `payload` says what a delivery is about, `api` what to ask for; the rest is what all forges have (`forge`).

mod api;
mod payload;

use serde_json::Value;

use super::forge::{self, At, Dialect, Secrets, Seen, recent};
use super::{Delivery, Kind, Probe, SourceError};

/// The kind.
pub static KIND: Kind = Kind {
    name: "gitlab",
    summary: "GitLab: comments on write-ups and links to them, from webhooks, the API or its saved replies",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "gitlab"
kind = "gitlab"
secret_file = "/run/secrets/gitlab-webhook"
"#,
    file: Some(forge::file::<GitLab>),
    pull: Some(forge::pull::<GitLab>),
    push: Some(forge::push::<GitLab>),
    probe: Some(Probe::Remote(forge::look::<GitLab>)),
    links: true,
    ..Kind::NOTHING
};

/// How GitLab speaks.
struct GitLab;

impl Dialect for GitLab {
    /// A signature where there is one; else the secret itself, as older versions bring it.
    fn prove(secrets: &Secrets, delivery: &Delivery<'_>, signed: &[u8]) -> Result<(), SourceError> {
        let token = delivery.header("x-gitlab-token");
        let brought = || secrets.brought(token.ok_or(SourceError::Unsigned("X-Gitlab-Token"))?);
        match delivery.header("webhook-signature") {
            // A webhook can have both.
            Some(signatures) => {
                standard(secrets, signatures, delivery, signed).or_else(|error| match token {
                    Some(_) => brought(),
                    None => Err(error),
                })
            }
            None => brought(),
        }
    }

    fn event<'h>(_delivery: &Delivery<'h>) -> Option<&'h str> {
        // Every payload says what it is.
        None
    }

    fn delivery_id<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        ["idempotency-key", "webhook-id"]
            .iter()
            .find_map(|name| delivery.header(name))
    }

    fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
        vec![payload::look(value, at)]
    }
}

/// Checks the signatures of a signing token.
fn standard(
    secrets: &Secrets,
    signatures: &str,
    delivery: &Delivery<'_>,
    signed: &[u8],
) -> Result<(), SourceError> {
    let header = |name: &'static str| delivery.header(name).ok_or(SourceError::Unsigned(name));
    let (id, time) = (header("webhook-id")?, header("webhook-timestamp")?);
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", signed];
    secrets.standard(signatures, &parts)?;
    recent(time, delivery.now)
}
