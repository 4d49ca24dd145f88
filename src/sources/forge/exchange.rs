//! A token for questions, in exchange for what a source signs in with (OAuth 2.0, RFC 6749). Neither stands
//! in any message.

use serde_json::Value;
use url::Url;

use super::time::wait;
use super::{Stop, shown};
use crate::model::Millis;
use crate::sources::{LOOK, SourceError};

/// An answer stays far below this, bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// How long whoever gives tokens is left alone if they do not say, ms.
const WAIT: Millis = 60_000;

/// Sends a form to where tokens are had. `why` puts a refusal in words, of which only those that it knows
/// itself: others may tell whose secret it is.
pub(in crate::sources) fn exchanged(
    at: &Url,
    form: &str,
    now: Millis,
    why: impl Fn(&Value) -> String,
) -> Result<String, Stop> {
    let failed = |reason: &str, retryable: bool| {
        Stop::Failed(SourceError::Remote {
            name: shown(at),
            reason: reason.to_owned(),
            retryable,
        })
    };
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(LOOK))
        .http_status_as_error(false)
        // What is shown is for this address alone.
        .max_redirects(0)
        .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let answered = agent
        .post(at.as_str())
        .content_type("application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .send(form);
    let mut response =
        answered.map_err(|error| failed(&format!("cannot be reached: {error}"), true))?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER);
    let body = body.read_to_vec().unwrap_or_default();
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let token = answer["access_token"].as_str().filter(|token| {
        let plain = token.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
        plain && !token.is_empty()
    });
    match (status, token) {
        (200..=299, Some(token)) => Ok(token.to_owned()),
        (200..=299, None) => Err(failed("gives no token", false)),
        (429, _) => {
            let header = response.headers().get("retry-after");
            let told = header.and_then(|value| wait(value.to_str().ok()?, now));
            let wait = told.unwrap_or(WAIT);
            let reason = "gives no token for now (status 429)".to_owned();
            Err(Stop::Later(reason, Some(now.saturating_add(wait))))
        }
        (500..=599, _) => Err(failed(&format!("answers with status {status}"), true)),
        _ => {
            let reason = format!("gives no token (status {status}){}", why(&answer));
            Err(failed(&reason, false))
        }
    }
}
