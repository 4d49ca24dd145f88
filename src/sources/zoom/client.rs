//! Asks Zoom's API, one question at a time, as an app of the account (Server-to-Server OAuth). Its refusals
//! are told in words that say what to do; of Zoom's own words only codes are repeated, since the others may
//! name somebody. It never waits: whoever is told to come back later comes back at the next pull.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use crate::model::{DAY_MS, Millis, parse_rfc3339, to_rfc3339};
use crate::sources::forge::{self, Blame, Stop};
use crate::sources::{LOOK, MAX_VALUES, SourceError, is_dense};

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A page of 300 participants stays far below this, bytes.
const MAX_ANSWER: u64 = 32 << 20;
/// Questions of one pull. What is left waits for the next one: other sources want their turn.
const MOST_QUESTIONS: u32 = 2_000;
/// Where Zoom does not say how long to wait, ms: it counts questions by the second.
const WAIT: Millis = 2_000;

/// What a question needs the app to be allowed.
pub(super) struct Scope {
    /// As apps have it now.
    pub(super) name: &'static str,
    /// As apps of before 2024 have it.
    pub(super) classic: &'static str,
    /// What it lets the app read.
    pub(super) what: &'static str,
}

/// `/past_meetings/{number}/instances`
pub(super) const INSTANCES: Scope = Scope {
    name: "meeting:read:list_past_instances:admin",
    classic: "meeting:read:admin",
    what: "when meetings took place",
};
/// `/past_meetings/{uuid}`
pub(super) const PAST: Scope = Scope {
    name: "meeting:read:past_meeting:admin",
    classic: "meeting:read:admin",
    what: "when a meeting began and ended",
};
/// `/report/meetings/{uuid}/participants`
pub(super) const PARTICIPANTS: Scope = Scope {
    name: "report:read:list_meeting_participants:admin",
    classic: "report:read:admin",
    what: "who came to a meeting",
};
/// `/report/users/{user}/meetings`
pub(super) const HELD: Scope = Scope {
    name: "report:read:user:admin",
    classic: "report:read:admin",
    what: "which meetings a host held",
};
/// `/meetings/{number}`
pub(super) const PLANNED: Scope = Scope {
    name: "meeting:read:meeting:admin",
    classic: "meeting:read:admin",
    what: "when meetings are planned",
};

/// The app that asks. No `Debug`: it holds a secret.
pub(super) struct Account {
    pub(super) account: String,
    pub(super) client: String,
    pub(super) secret: String,
    pub(super) api: Url,
    pub(super) tokens: Url,
}

/// What was answered.
pub(super) enum Reply {
    /// This.
    Value(Value),
    /// It is not there, or not any more.
    Gone,
    /// The page that was asked for is not kept any more.
    Stale,
}

/// A connection to Zoom, for one pull.
pub(super) struct Client<'a> {
    account: &'a Account,
    agent: ureq::Agent,
    token: Option<Token>,
    now: Millis,
    asked: u32,
    /// A token was refused, and none was taken since.
    is_refused: bool,
    /// The day's questions are used up.
    exhausted: Option<Millis>,
    /// Nothing is waited for longer.
    until: Option<Instant>,
}

/// What questions are asked with.
struct Token {
    shown: String,
    /// What it is good for, where that is said.
    scopes: Option<String>,
}

impl<'a> Client<'a> {
    /// What asks for this account.
    pub(super) fn new(account: &'a Account, now: Millis) -> Client<'a> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // The token is for this address alone.
            .max_redirects(0)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            account,
            agent: config.new_agent(),
            token: None,
            now,
            asked: 0,
            is_refused: false,
            exhausted: None,
            until: None,
        }
    }

    /// The same, for a look before a pull.
    pub(super) fn for_a_look(self) -> Client<'a> {
        let until = Some(Instant::now() + LOOK);
        Client { until, ..self }
    }

    /// Whether the app may read this; `None` where Zoom does not say.
    pub(super) fn may(&mut self, scope: &Scope) -> Result<Option<bool>, Stop> {
        let token = self.token()?;
        let scopes = token.scopes.as_deref();
        Ok(scopes.map(|scopes| {
            let mut each = scopes.split([' ', ',']);
            each.any(|one| one == scope.name || one == scope.classic)
        }))
    }

    /// Asks for a path of the API, which this scope is needed for.
    pub(super) fn get(&mut self, path: &str, scope: &Scope) -> Result<Reply, Stop> {
        loop {
            if let Some(until) = self.exhausted {
                return Err(later("Zoom's limit of questions a day is used up", until));
            }
            if self.asked == MOST_QUESTIONS {
                let reason = format!("{MOST_QUESTIONS} questions are enough for one pull");
                return Err(Stop::Later(reason, None));
            }
            self.asked += 1;
            let patience = self.patience()?;
            let shown = self.token()?.shown.clone();
            let address = format!("{}{path}", self.account.api.as_str().trim_end_matches('/'));
            let answered = self
                .agent
                .get(address)
                .header("accept", "application/json")
                .header("authorization", shown)
                .config()
                .timeout_global(Some(patience))
                .build()
                .call();
            let response = answered.map_err(|error| self.unreachable(&error, false))?;
            let answer = Answer::of(response).map_err(|error| self.unreachable(&error, false))?;
            // A token is good for an hour, and a long pull takes longer.
            if answer.status == 401 && !self.is_refused {
                (self.is_refused, self.token) = (true, None);
                continue;
            }
            let reply = self.reply(&answer, scope)?;
            self.is_refused = false;
            return Ok(reply);
        }
    }

    /// What an answer says.
    fn reply(&mut self, answer: &Answer, scope: &Scope) -> Result<Reply, Stop> {
        let status = answer.status;
        match status {
            200..=299 if is_dense(&answer.body) => {
                let reason = format!("answers with more than {MAX_VALUES} values at once");
                return Err(self.refused(&reason, Blame::Answer, false));
            }
            200..=299 => {
                if answer.is_daily && answer.left == Some(0) {
                    self.exhausted = Some(self.tomorrow());
                }
                let value = serde_json::from_slice(&answer.body);
                return value.map(Reply::Value).map_err(|_| {
                    let reason = "answers with something else than JSON; check api";
                    self.refused(reason, Blame::Answer, false)
                });
            }
            500..=599 => {
                let reason = format!("answers with status {status}");
                return Err(self.refused(&reason, Blame::Answer, true));
            }
            _ => {}
        }
        let (code, words) = answer.refusal();
        let speaks_of = |all: &[&str]| all.iter().any(|one| words.contains(one));
        if status == 429 {
            let is_daily = answer.is_daily || speaks_of(&["daily", "per-day"]);
            return Err(match is_daily {
                true => later(
                    "Zoom's limit of questions a day is used up (status 429)",
                    answer.until(self.now).unwrap_or(self.tomorrow()),
                ),
                false => later(
                    "Zoom asks to come back later (status 429)",
                    answer.until(self.now).unwrap_or(self.now + WAIT),
                ),
            });
        }
        if matches!(code, 4700 | 4711 | 104) || speaks_of(&["does not contain scopes"]) {
            let Scope { name, what, .. } = scope;
            return Err(self.failed(&format!(
                "does not let the app read {what} (status {status}, code {code}); add the scope {name} to it \
                 in Zoom's App Marketplace, and activate it again"
            )));
        }
        if status == 401 {
            return Err(self.failed(&format!(
                "refuses access (status 401, code {code}); check account_id, client_id and client_secret_file, \
                 and that the app is activated"
            )));
        }
        // Code 200 is what accounts without reports are answered, whatever the words.
        let is_by_plan = (status, code) == (400, 200);
        if is_by_plan
            || speaks_of(&[
                "only available for paid",
                "paid account",
                "subscription plan",
            ])
        {
            let what = scope.what;
            return Err(self.failed(&format!(
                "does not tell {what} in this account's plan (status {status}, code {code}); the reports \
                 need a Pro plan or a higher one, and a host with a licence"
            )));
        }
        match (status, code) {
            // A report that is older than a year.
            (404 | 410, _) | (_, 1001 | 3001 | 12702) => Ok(Reply::Gone),
            (400, _) if speaks_of(&["next page token", "next_page_token"]) => Ok(Reply::Stale),
            (403, _) => Err(self.refused(
                &format!(
                    "is not for this app to tell {} (status 403, code {code}); the role of who made the app \
                     has to view reports and meetings",
                    scope.what
                ),
                Blame::Question,
                false,
            )),
            _ => Err(self.refused(
                &format!(
                    "does not tell {} (status {status}, code {code}); check api, numbers and hosts",
                    scope.what
                ),
                Blame::Question,
                false,
            )),
        }
    }

    /// What questions are asked with, asked for if need be.
    fn token(&mut self) -> Result<&Token, Stop> {
        let token = match self.token.take() {
            Some(token) => token,
            None => self.exchanged()?,
        };
        Ok(self.token.insert(token))
    }

    fn exchanged(&mut self) -> Result<Token, Stop> {
        let Account {
            account,
            client,
            secret,
            tokens,
            ..
        } = self.account;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "account_credentials");
        form.append_pair("account_id", account);
        let patience = self.patience()?.min(LOOK);
        let basic = STANDARD.encode(format!("{client}:{secret}"));
        let answered = self
            .agent
            .post(tokens.as_str())
            .content_type("application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .header("authorization", format!("Basic {basic}"))
            .config()
            .timeout_global(Some(patience))
            .build()
            .send(form.finish());
        let response = answered.map_err(|error| self.unreachable(&error, true))?;
        let answer = Answer::of(response).map_err(|error| self.unreachable(&error, true))?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |field: &str| {
            let text = value[field].as_str();
            text.filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        };
        let token = text("access_token").filter(|token| !token.is_empty());
        let wrong = |reason: &str, retryable| Stop::Failed(self.error(tokens, reason, retryable));
        match (answer.status, token) {
            (200..=299, Some(token)) => Ok(Token {
                shown: format!("Bearer {token}"),
                scopes: text("scope").map(str::to_owned),
            }),
            (200..=299, None) => Err(wrong("gives no token", false)),
            (429, _) => Err(later(
                "Zoom gives no token for now (status 429)",
                answer.until(self.now).unwrap_or(self.now + WAIT),
            )),
            (status @ 500..=599, _) => Err(wrong(&format!("answers with status {status}"), true)),
            (status, _) => {
                // Only words that are known: the others may tell whose key it is.
                let known = TOKEN_REFUSALS
                    .iter()
                    .find(|(name, _)| value["error"] == *name);
                let why = known.map_or("", |(_, why)| why);
                let reason = format!(
                    "gives no token (status {status}); check account_id, client_id and client_secret_file{why}"
                );
                Err(wrong(&reason, false))
            }
        }
    }

    /// How long the next answer may take.
    fn patience(&self) -> Result<Duration, Stop> {
        let left = self.until.map_or(TIMEOUT, |until| {
            until.saturating_duration_since(Instant::now())
        });
        match left.is_zero() {
            true => {
                let reason = format!("does not answer within {} seconds", LOOK.as_secs());
                let error = self.error(&self.account.api, &reason, true);
                Err(Stop::Failed(error))
            }
            false => Ok(left.min(TIMEOUT)),
        }
    }

    /// When the limits of a day begin anew: at midnight, UTC.
    fn tomorrow(&self) -> Millis {
        (self.now.div_euclid(DAY_MS) + 1) * DAY_MS
    }

    fn unreachable(&self, error: &ureq::Error, of_tokens: bool) -> Stop {
        let name = match of_tokens {
            true => &self.account.tokens,
            false => &self.account.api,
        };
        Stop::Failed(self.error(name, &format!("cannot be reached: {error}"), true))
    }

    fn failed(&self, reason: &str) -> Stop {
        Stop::Failed(self.error(&self.account.api, reason, false))
    }

    fn refused(&self, reason: &str, blame: Blame, retryable: bool) -> Stop {
        Stop::Refused(self.error(&self.account.api, reason, retryable), blame)
    }

    fn error(&self, name: &Url, reason: &str, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: forge::shown(name),
            reason: reason.to_owned(),
            retryable,
        }
    }
}

/// Why there is no token, in Zoom's words, and what to look at.
const TOKEN_REFUSALS: &[(&str, &str)] = &[
    (
        "invalid_client",
        ": the client or its secret is not known (invalid_client)",
    ),
    (
        "unsupported_grant_type",
        ": the app should be one of Server-to-Server OAuth, and be activated (unsupported_grant_type)",
    ),
    (
        "invalid_request",
        ": the account is not the app's, or the app is not activated (invalid_request)",
    ),
    ("invalid_grant", ": the app was deactivated (invalid_grant)"),
];

/// An answer, read to its end.
struct Answer {
    status: u16,
    /// Questions that are left.
    left: Option<u64>,
    /// Of a day, not of a second.
    is_daily: bool,
    after: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(|value| value.trim().to_owned())
        };
        let kind = header("x-ratelimit-type").unwrap_or_default();
        let (left, after) = (header("x-ratelimit-remaining"), header("retry-after"));
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        Ok(Answer {
            status,
            left: left.and_then(|left| left.parse().ok()),
            is_daily: kind.to_ascii_lowercase().contains("day")
                || kind.to_ascii_lowercase().contains("daily"),
            after,
            body: body.read_to_vec()?,
        })
    }

    /// The code of a refusal, 0 where there is none, and its words in small letters.
    fn refusal(&self) -> (i64, String) {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let words = value["message"].as_str().unwrap_or_default();
        let code = value["code"].as_i64().unwrap_or(0);
        (code, words.to_ascii_lowercase())
    }

    /// Until when to wait, in seconds or as a time.
    fn until(&self, now: Millis) -> Option<Millis> {
        let after = self.after.as_deref()?;
        let seconds = after.parse::<Millis>().ok();
        let wait = seconds.and_then(|seconds| now.checked_add(seconds.checked_mul(1000)?));
        let until = wait.or_else(|| parse_rfc3339(after))?;
        Some(until.clamp(now, now + DAY_MS))
    }
}

fn later(reason: &str, until: Millis) -> Stop {
    Stop::Later(reason.to_owned(), Some(until))
}

/// A part of a path. What would be taken for a slash is encoded twice, as Zoom wants it.
pub(super) fn encoded(part: &str) -> String {
    let once = utf8_percent_encode(part, NON_ALPHANUMERIC).to_string();
    match part.starts_with('/') || part.contains("//") {
        true => utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string(),
        false => once,
    }
}

/// The parameter of a page that is not the first.
pub(super) fn next(page: &str) -> String {
    match page {
        "" => String::new(),
        page => format!(
            "&next_page_token={}",
            utf8_percent_encode(page, NON_ALPHANUMERIC)
        ),
    }
}

/// The day of an instant, as Zoom wants it.
pub(super) fn day(at: Millis) -> String {
    to_rfc3339(at).chars().take(10).collect()
}
