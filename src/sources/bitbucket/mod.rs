//! `bitbucket`: webhook deliveries and saved API replies of Bitbucket, in the cloud and in the data
//! centre. Comments on write-ups, and links to write-ups in the texts of issues, pull requests and
//! comments.
//!
//! `cloud` and `data_center` say what their deliveries are about, `api` what to ask for; the rest is what all forges have
//! (`forge`).

mod api;
mod cloud;
mod data_center;

use serde_json::Value;

use super::forge::{self, At, Dialect, Secrets, Seen};
use super::{Delivery, Kind, Probe, SourceError};

/// The kind.
pub static KIND: Kind = Kind {
    name: "bitbucket",
    summary: "Bitbucket Cloud and Data Center: comments on write-ups and links to them, from webhooks, the API or its saved replies",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "bitbucket"
kind = "bitbucket"
secret_file = "/run/secrets/bitbucket-webhook"
"#,
    file: Some(forge::file::<Bitbucket>),
    pull: Some(forge::pull::<Bitbucket>),
    push: Some(forge::push::<Bitbucket>),
    probe: Some(Probe::Remote(forge::look::<Bitbucket>)),
    links: true,
    ..Kind::NOTHING
};

/// How both Bitbuckets speak.
struct Bitbucket;

const PUSH: &str = "push: the walk of the repository finds its links";

impl Dialect for Bitbucket {
    fn prove(secrets: &Secrets, delivery: &Delivery<'_>, signed: &[u8]) -> Result<(), SourceError> {
        let header = ["x-hub-signature", "x-hub-signature-256"]
            .iter()
            .find_map(|name| delivery.header(name));
        let header = header.ok_or(SourceError::Unsigned("X-Hub-Signature"))?;
        secrets.hex(header.trim().strip_prefix("sha256="), &[signed])
    }

    fn event<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        delivery.header("x-event-key")
    }

    fn delivery_id<'h>(delivery: &Delivery<'h>) -> Option<&'h str> {
        ["x-request-uuid", "x-request-id"]
            .iter()
            .find_map(|name| delivery.header(name))
    }

    fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
        if !value.is_object() {
            return vec![Seen::Nothing("not an object")];
        }
        // A page of a reply.
        if let Some(values) = value["values"].as_array() {
            return match values.is_empty() {
                true => vec![Seen::Nothing("empty reply")],
                false => values.iter().flat_map(|one| Self::look(one, at)).collect(),
            };
        }
        if is_data_center(value) {
            return data_center::look(value, at);
        }
        vec![cloud::look(value, at)]
    }
}

/// Whether a value is of the data centre: its deliveries say their event in the payload, and its objects
/// count time in milliseconds.
fn is_data_center(value: &Value) -> bool {
    let has = |field: &str| value.get(field).is_some();
    let of_comment = value["comment"].get("createdDate").is_some();
    has("eventKey") || has("createdDate") || has("toRef") || of_comment || value["test"] == true
}
