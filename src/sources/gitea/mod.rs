//! `gitea`: webhook deliveries and saved API replies of Gitea, Forgejo and Gogs. Comments on write-ups,
//! links to write-ups in the texts of issues, pull requests and comments, edits of write-ups kept in a
//! wiki.
//!
//! `payload` says what a delivery is about, `api` what to ask for; the rest is what all forges have (`forge`).

mod api;
mod payload;

use serde_json::Value;

use super::forge::{self, At, Dialect, Secrets, Seen};
use super::{Delivery, Kind, Probe, SourceError};

/// The kind.
pub static KIND: Kind = Kind {
    name: "gitea",
    summary: "Gitea, Forgejo, Gogs: comments on write-ups and links to them, from webhooks, the API or its saved replies",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "forgejo"
kind = "gitea"
secret_file = "/run/secrets/forgejo-webhook"
"#,
    file: Some(forge::file::<Gitea>),
    pull: Some(forge::pull::<Gitea>),
    push: Some(forge::push::<Gitea>),
    probe: Some(Probe::Remote(forge::look::<Gitea>)),
    links: true,
    ..Kind::NOTHING
};

/// How Gitea and its kin speak.
struct Gitea;

/// The first of these headers that is there.
fn first<'h>(delivery: &Delivery<'h>, names: &[&str]) -> Option<&'h str> {
    names.iter().find_map(|name| delivery.header(name))
}

impl Dialect for Gitea {
    const SIGNS_JSON: bool = true;

    fn prove(secrets: &Secrets, delivery: &Delivery<'_>, signed: &[u8]) -> Result<(), SourceError> {
        let names = [
            "x-forgejo-signature",
            "x-gitea-signature",
            "x-gogs-signature",
        ];
        let own = first(delivery, &names).filter(|digits| !digits.is_empty());
        let hub = || {
            delivery
                .header("x-hub-signature-256")?
                .strip_prefix("sha256=")
        };
        match own.or_else(hub) {
            Some(digits) => secrets.hex(Some(digits.trim()), &[signed]),
            None => Err(SourceError::Unsigned("X-Gitea-Signature")),
        }
    }

    fn event<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        first(
            delivery,
            &[
                "x-forgejo-event",
                "x-gitea-event",
                "x-gogs-event",
                "x-github-event",
            ],
        )
    }

    fn delivery_id<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        first(
            delivery,
            &[
                "x-forgejo-delivery",
                "x-gitea-delivery",
                "x-gogs-delivery",
                "x-github-delivery",
            ],
        )
    }

    fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
        vec![payload::look(value, at)]
    }
}
