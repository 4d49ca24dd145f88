//! `github`: webhook deliveries and saved API replies of GitHub. Comments on write-ups, links to
//! write-ups in the texts of issues, pull requests, discussions, reviews and comments, edits of write-ups
//! kept in a wiki.
//!
//! `payload` says what a delivery is about, `api` what to ask for; the rest is what all forges have (`forge`).

mod api;
mod payload;

use serde_json::Value;

use super::forge::{self, At, Dialect, Secrets, Seen};
use super::{Delivery, Kind, Probe, SourceError};

/// The kind.
pub static KIND: Kind = Kind {
    name: "github",
    summary: "GitHub: comments on write-ups and links to them, from webhooks or saved API replies",
    documentation: "\
Takes webhook deliveries (`issues`, `issue_comment`, `pull_request`, `pull_request_review`,
`pull_request_review_comment`, `commit_comment`, `discussion`, `discussion_comment`, `gollum`; content
type JSON or form), and files with saved deliveries or API replies: one JSON value, an array, or one value a line.

A comment is a `comment` event where the issue, pull request, commit or discussion it belongs to, or
the file it stands at, is a registered write-up (by its address; see `web` of the kind `git`). Any
text or title that refers to a write-up is a `link` event of the place `ticket`. Edits and deletions
replace what was sent before. An edit of a wiki page that is a write-up is an `edit` event; GitHub does
not say when it was made, so the time of the delivery counts. The text itself is never kept. Accounts of bots (GitHub's type `Bot`, or
a login that ends in `[bot]`) are described as bots, so that their comments are nobody's.

Issues and pull requests are known by repository and number, since webhooks and API replies give one
pull request different ids; after a repository was renamed its texts are new ones.

Point the webhook at `/v1/hooks/ID` of `readback serve`, where ID is the source's. With `secret` or
`secret_file` (the webhook's secret) a delivery without a right X-Hub-Signature-256 is refused;
without them the sender has to bring a token. While the secret is replaced, `previous_secret_file` holds
the one before it, which is taken too. GitHub signs no time: a delivery that is sent again, or
by somebody who saw it, is known by its id and by its body, and is taken once.

A `push` gives nothing here: the walk of the kind `git` sees the same commits in full. Comments on
what is registered later are not found afterwards; import saved API replies for those.",
    sample: r#"[[source]]
id = "github"
kind = "github"
secret_file = "/run/secrets/github-webhook"
"#,
    file: Some(forge::file::<GitHub>),
    pull: Some(forge::pull::<GitHub>),
    push: Some(forge::push::<GitHub>),
    probe: Some(Probe::Remote(forge::look::<GitHub>)),
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
