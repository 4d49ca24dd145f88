//! Asks a forge's REST API, one question at a time. It never waits: whoever is told to come back later
//! comes back at the next pull.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::SourceError;

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A page of a hundred texts stays far below this, bytes.
const MAX_ANSWER: u64 = 32 << 20;
/// Questions of one pull. What is left waits for the next one: other sources want their turn.
const MOST_QUESTIONS: u32 = 2_000;
/// Where a forge does not say how long to wait, ms.
const WAIT: Millis = 60_000;
/// No forge means longer, ms: its limits are of an hour.
const LONGEST_WAIT: Millis = 24 * 3_600_000;

/// A connection to one forge.
pub(super) struct Client {
    agent: ureq::Agent,
    api: Url,
    authorization: Option<String>,
    now: Millis,
    asked: u32,
    /// The forge said that the next question is one too many, and when to come back.
    exhausted: Option<Millis>,
}

/// What was answered.
pub(super) enum Reply {
    /// A page of a list, or an object.
    Page(Page),
    /// The same as last time.
    Same,
    /// It is not there.
    Gone,
    /// It is not for us.
    Forbidden,
}

/// See [`Reply::Page`].
pub(super) struct Page {
    /// What was answered.
    pub(super) value: Value,
    /// What it is known by when it is asked for again.
    pub(super) etag: Option<String>,
    /// Where the list goes on.
    pub(super) next: Option<String>,
}

/// Why there was no answer.
pub(super) enum Stop {
    /// The next pull goes on, not before this time if there is one.
    Later(String, Option<Millis>),
    /// It did not work.
    Failed(SourceError),
}

impl Stop {
    /// Whether the same question may be answered another time.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Stop::Later(..) => true,
            Stop::Failed(error) => matches!(
                error,
                SourceError::Remote {
                    retryable: true,
                    ..
                }
            ),
        }
    }
}

impl Client {
    /// A client for this API, for one pull.
    pub(super) fn new(api: &Url, authorization: Option<String>, now: Millis) -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // A repository that was renamed is found under its new address, on the same host.
            .redirect_auth_headers(ureq::config::RedirectAuthHeaders::SameHost)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            agent: config.new_agent(),
            api: api.clone(),
            authorization,
            now,
            asked: 0,
            exhausted: None,
        }
    }

    /// The address of a path of the API.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.api.as_str().trim_end_matches('/'))
    }

    /// Whether it shows a token.
    pub(super) fn has_token(&self) -> bool {
        self.authorization.is_some()
    }

    /// Asks for an address, which should be one of this API.
    pub(super) fn get(&mut self, address: &str, etag: Option<&str>) -> Result<Reply, Stop> {
        self.ask(address, etag, None)
    }

    /// Asks a question that does not fit into an address.
    pub(super) fn post(&mut self, address: &str, question: &str) -> Result<Reply, Stop> {
        self.ask(address, None, Some(question))
    }

    fn ask(
        &mut self,
        address: &str,
        etag: Option<&str>,
        question: Option<&str>,
    ) -> Result<Reply, Stop> {
        let url = Url::parse(address).ok().filter(|url| {
            url.origin() == self.api.origin()
                && url.username().is_empty()
                && url.password().is_none()
        });
        // The token is for this host alone.
        let Some(url) = url else {
            return Err(self.failed(
                "names a next page that is elsewhere; api should be its own address",
                false,
            ));
        };
        if let Some(until) = self.exhausted {
            return Err(Stop::Later(
                "the limit of questions is used up".to_owned(),
                Some(until),
            ));
        }
        if self.asked == MOST_QUESTIONS {
            let reason = format!("{MOST_QUESTIONS} questions are enough for one pull");
            return Err(Stop::Later(reason, None));
        }
        self.asked += 1;
        let headers = [
            ("accept", Some("application/json")),
            ("authorization", self.authorization.as_deref()),
            ("if-none-match", etag),
        ];
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let answered = match question {
            None => headers
                .fold(self.agent.get(url.as_str()), |request, (name, value)| {
                    request.header(name, value)
                })
                .call(),
            Some(question) => headers
                .fold(self.agent.post(url.as_str()), |request, (name, value)| {
                    request.header(name, value)
                })
                .content_type("application/json")
                .send(question),
        };
        let mut response =
            answered.map_err(|error| self.failed(&format!("cannot be reached: {error}"), true))?;
        let header = |name: &str| {
            response
                .headers()
                .get(name)?
                .to_str()
                .ok()
                .map(str::to_owned)
        };
        let status = response.status().as_u16();
        let until = self.until(&header);
        let is_limit = |count: Option<String>| count.is_some_and(|count| count.trim() == "0");
        let is_used_up =
            is_limit(header("x-ratelimit-remaining")) || is_limit(header("ratelimit-remaining"));
        let (etag, link) = (header("etag"), header("link"));
        match status {
            200..=299 => {}
            304 => return Ok(Reply::Same),
            429 => return Err(later("asks to come back later (status 429)", until)),
            403 if is_used_up || header("retry-after").is_some() => {
                return Err(later(
                    "the limit of questions is used up (status 403)",
                    until,
                ));
            }
            403 => return Ok(Reply::Forbidden),
            404 | 410 => return Ok(Reply::Gone),
            401 => return Err(self.failed("refuses access (status 401); check token_file", false)),
            500..=599 => return Err(self.failed(&format!("answers with status {status}"), true)),
            _ => {
                return Err(self.failed(&format!("answers with status {status}; check api"), false));
            }
        }
        if is_used_up {
            self.exhausted = Some(until);
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_vec();
        let body = body.map_err(|error| self.failed(&format!("breaks off: {error}"), true))?;
        let value: Value = serde_json::from_slice(&body)
            .map_err(|_| self.failed("answers with something else than JSON; check api", false))?;
        let next = link
            .as_deref()
            .and_then(next_of)
            .or_else(|| next_in(&value, &url));
        Ok(Reply::Page(Page { value, etag, next }))
    }

    /// Until when a forge wants to be left alone.
    fn until(&self, header: &dyn Fn(&str) -> Option<String>) -> Millis {
        let number = |name: &str| header(name)?.trim().parse::<Millis>().ok();
        let after = number("retry-after").and_then(|seconds| seconds.checked_mul(1000));
        let reset = number("x-ratelimit-reset")
            .or_else(|| number("ratelimit-reset"))
            .and_then(|at| at.checked_mul(1000));
        let until = match (after, reset) {
            (Some(wait), _) => self.now.saturating_add(wait),
            (None, Some(at)) => at,
            (None, None) => self.now + WAIT,
        };
        until.clamp(self.now, self.now + LONGEST_WAIT)
    }

    fn failed(&self, reason: &str, retryable: bool) -> Stop {
        let host = self.api.host_str().unwrap_or_default();
        Stop::Failed(SourceError::Remote {
            name: format!("{host}{}", self.api.path()),
            reason: reason.to_owned(),
            retryable,
        })
    }
}

fn later(reason: &str, until: Millis) -> Stop {
    Stop::Later(reason.to_owned(), Some(until))
}

/// How a token is shown: as a bearer's, or, where a user's name stands before it, as a password.
pub(super) fn authorization(scheme: &str, token: &str) -> String {
    match token.contains(':') {
        true => format!("Basic {}", STANDARD.encode(token)),
        false => format!("{scheme} {token}"),
    }
}

/// The address that a header `Link` calls the next.
fn next_of(link: &str) -> Option<String> {
    link.split(',').find_map(|one| {
        let (address, rest) = one.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|part| {
            let part = part.trim();
            part.eq_ignore_ascii_case("rel=\"next\"") || part.eq_ignore_ascii_case("rel=next")
        });
        is_next.then(|| address.to_owned())
    })
}

/// The next page as both Bitbuckets tell it, in the body.
fn next_in(value: &Value, url: &Url) -> Option<String> {
    if let Some(next) = value["next"].as_str() {
        return Some(next.to_owned());
    }
    if value["isLastPage"] != false {
        return None;
    }
    let start = value["nextPageStart"].as_u64()?.to_string();
    let others: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| name != "start")
        .collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("start", &start);
    Some(next.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn next_pages_are_told_in_three_ways() {
        let link = "<https://h/a?page=1>; rel=\"prev\", <https://h/a?page=3>; rel=\"next\"";
        assert_eq!(next_of(link).as_deref(), Some("https://h/a?page=3"));
        for none in [
            "",
            "<https://h/a>; rel=\"last\"",
            "nonsense",
            "<x; rel=\"next\"",
        ] {
            assert_eq!(next_of(none), None, "{none}");
        }
        let url = Url::parse("https://h/a?state=ALL&start=0").expect("valid");
        let body = json!({ "isLastPage": false, "nextPageStart": 25 });
        assert_eq!(
            next_in(&body, &url).as_deref(),
            Some("https://h/a?state=ALL&start=25")
        );
        let body = json!({ "isLastPage": true, "nextPageStart": null });
        assert_eq!(next_in(&body, &url), None);
        let body = json!({ "next": "https://h/b" });
        assert_eq!(next_in(&body, &url).as_deref(), Some("https://h/b"));
        assert_eq!(next_in(&json!([]), &url), None);
    }

    #[test]
    fn tokens_and_passwords() {
        assert_eq!(authorization("Bearer", "t"), "Bearer t");
        assert_eq!(authorization("token", "a:b"), "Basic YTpi");
    }
}
