//! Asks api.php, politely: one question at a time, `maxlag` on each, waiting as long as the wiki
//! says before asking again.

use std::cell::Cell;
use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::shown;
use crate::sources::{LOOK, SourceError};

use super::answer;

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Revisions of 500 pages with content stay below this, bytes.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;
/// How often one question is asked.
const TRIES: u32 = 4;
/// Where the wiki does not say how long to wait.
const WAIT: Duration = Duration::from_secs(5);
/// A wiki that wants more patience is asked again at the next pull.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// No wiki means longer.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Seconds that a wiki's replicas may lag behind before it refuses us; the wikis' own advice.
const MAXLAG: &str = "5";

/// Answers to one question; two million revisions come in fewer. A test has no time for so many.
const MOST_ANSWERS: usize = if cfg!(test) { 20 } else { 10_000 };

/// A connection to one wiki.
pub(super) struct Client {
    agent: ureq::Agent,
    api: url::Url,
    token: Option<String>,
    /// Nothing is waited for longer.
    until: Option<Instant>,
    /// What was too long to be waited for.
    asked_to_wait: Cell<Option<Duration>>,
}

/// Names and values of a question.
pub(super) type Question<'a> = &'a [(&'a str, &'a str)];

impl Client {
    /// A client for this api.php.
    pub(super) fn new(api: url::Url, token: Option<String>) -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            agent: config.new_agent(),
            api,
            token,
            until: None,
            asked_to_wait: Cell::new(None),
        }
    }

    /// How long the wiki wants to be left alone, if that is what ended the last question, ms.
    pub(super) fn asked_to_wait(&self) -> Option<Millis> {
        let wait = self.asked_to_wait.get()?.min(DAY);
        Millis::try_from(wait.as_millis()).ok()
    }

    /// The same, for a look before a pull.
    pub(super) fn for_a_look(self) -> Client {
        self.within(LOOK)
    }

    /// The same, with so much time for all questions together.
    fn within(self, time: Duration) -> Client {
        let until = Some(Instant::now() + time);
        Client { until, ..self }
    }

    /// How long the next answer may take.
    fn patience(&self) -> Duration {
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        self.until.map_or(TIMEOUT, left).min(TIMEOUT)
    }

    /// Asks until there is no rest, and hands each answer to `take`.
    pub(super) fn all(
        &self,
        question: Question<'_>,
        mut take: impl FnMut(&Value),
    ) -> Result<(), SourceError> {
        let mut rest: Vec<(String, String)> = Vec::new();
        let mut asked = HashSet::new();
        for _ in 0..MOST_ANSWERS {
            let answer = self.one(question, &rest)?;
            take(&answer);
            let next = answer::rest(&answer);
            if next.is_empty() {
                return Ok(());
            }
            if !asked.insert(next.clone()) {
                return Err(self.failed("asks for the same continuation again and again", false));
            }
            rest = next;
        }
        let reason = format!("has more than {MOST_ANSWERS} answers to one question");
        Err(self.failed(&reason, false))
    }

    fn one(&self, question: Question<'_>, rest: &[(String, String)]) -> Result<Value, SourceError> {
        let mut address = self.api.clone();
        // What is in the rest replaces what was asked at first.
        let first = question
            .iter()
            .filter(|(name, _)| rest.iter().all(|(other, _)| other != name));
        let usual = [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", "2"),
            ("maxlag", MAXLAG),
        ];
        let is_left = |(name, _): &(&str, &str)| question.iter().all(|(other, _)| other != name);
        address
            .query_pairs_mut()
            .extend_pairs(usual.into_iter().filter(is_left))
            .extend_pairs(first)
            .extend_pairs(rest);
        let mut last = self.failed("was never asked", true);
        for attempt in 1..=TRIES {
            self.asked_to_wait.set(None);
            match self.attempt(address.as_str())? {
                Attempt::Answer(answer) => return Ok(answer),
                Attempt::Later(wait, reason, is_asked) => {
                    last = self.failed(&reason, true);
                    self.asked_to_wait.set(is_asked.then_some(wait));
                    let too_long =
                        wait > LONGEST_WAIT || self.until.is_some() && wait >= self.patience();
                    if attempt == TRIES || too_long {
                        break;
                    }
                    thread::sleep(wait);
                }
            }
        }
        Err(last)
    }

    fn attempt(&self, address: &str) -> Result<Attempt, SourceError> {
        let patience = self.patience();
        if patience.is_zero() {
            let reason = format!("does not answer within {} seconds", LOOK.as_secs());
            return Err(self.failed(&reason, true));
        }
        let mut request = self.agent.get(address);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.config().timeout_global(Some(patience)).build();
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return Err(self.failed(&format!("cannot be reached: {error}"), true)),
        };
        let status = response.status().as_u16();
        let header = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok());
        let is_told = header.is_some();
        let wait = header
            .and_then(|value| value.trim().parse().ok())
            .map_or(WAIT, Duration::from_secs);
        match status {
            200..=299 => {}
            429 => return Ok(Attempt::asked(wait, "status 429")),
            503 if is_told => return Ok(Attempt::asked(wait, "status 503")),
            500..=599 => {
                let reason = format!("answers with status {status}");
                return Ok(Attempt::Later(wait, reason, false));
            }
            401 | 403 => {
                let why = match self.token {
                    Some(_) => "check token_file",
                    None => {
                        "no token_file is set, and the wiki, or what stands before it, wants a login"
                    }
                };
                let reason = format!("refuses access (status {status}); {why}");
                return Err(self.failed(&reason, false));
            }
            _ => {
                let reason = format!("answers with status {status}; {}", self.elsewhere());
                return Err(self.failed(&reason, false));
            }
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_vec();
        let body = body.map_err(|error| self.failed(&format!("breaks off: {error}"), true))?;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| {
            let is_page = body.trim_ascii_start().starts_with(b"<");
            let reason = match (is_page, self.is_api()) {
                (true, true) => {
                    "answers with a page of HTML in place of JSON: a login may stand before the wiki, which \
                     has to let api.php through, or the folder in api is another one"
                        .to_owned()
                }
                _ => format!("answers with something else than JSON; {}", self.elsewhere()),
            };
            self.failed(&reason, false)
        })?;
        match answer::refusal(&answer) {
            None => Ok(Attempt::Answer(answer)),
            Some(refusal) if matches!(refusal.code.as_str(), "maxlag" | "ratelimited") => {
                Ok(Attempt::asked(wait, &refusal.code))
            }
            Some(refusal) if refusal.retryable => {
                let reason = format!("is busy ({})", refusal.code);
                Ok(Attempt::Later(wait, reason, false))
            }
            Some(refusal) => Err(self.refused(&refusal.code)),
        }
    }

    /// Whether the address is one that api.php can have.
    fn is_api(&self) -> bool {
        self.api.path().ends_with("/api.php")
    }

    /// What is to be done where something else answers.
    fn elsewhere(&self) -> &'static str {
        match self.is_api() {
            true => {
                "is api.php in another folder? /w/api.php, /api.php and /wiki/api.php are usual"
            }
            false => "api should end in api.php",
        }
    }

    /// A question that the wiki does not take, by its code for that.
    fn refused(&self, code: &str) -> SourceError {
        match code {
            "invalidcategory" => SourceError::Params(
                "category: the wiki says that this names no category (invalidcategory); valid is the name \
                 alone, such as \"Post-mortems\", or one behind Category: or the wiki's own word for it"
                    .to_owned(),
            ),
            "readapidenied" => self.failed(
                "shows its pages to those who are logged in only (readapidenied); token_file should hold the \
                 token of an account that may read",
                false,
            ),
            _ => self.failed(&format!("refuses the question ({code})"), false),
        }
    }

    fn failed(&self, reason: &str, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: shown(&self.api),
            reason: reason.to_owned(),
            retryable,
        }
    }
}

enum Attempt {
    Answer(Value),
    /// After so long, why, and whether the wiki asks for that.
    Later(Duration, String, bool),
}

impl Attempt {
    fn asked(wait: Duration, why: &str) -> Attempt {
        let seconds = wait.as_secs();
        Attempt::Later(wait, format!("asks to wait {seconds} s ({why})"), true)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_look_gives_up_after_its_time() {
        // It takes questions and answers none.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let api = url::Url::parse(&format!("http://{address}/api.php")).expect("valid");
        let client = Client::new(api.clone(), None).within(Duration::from_millis(200));
        for words in [
            "cannot be reached: timeout",
            "does not answer within 20 seconds",
        ] {
            let late = client
                .all(&[("meta", "siteinfo")], |_| ())
                .expect_err("nobody answers");
            assert!(late.to_string().contains(words), "{late}");
        }
        assert_eq!(Client::new(api.clone(), None).patience(), TIMEOUT);
        assert!(Client::new(api, None).for_a_look().patience() <= LOOK);
        drop(listener);
    }
}
