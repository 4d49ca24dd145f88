//! Asks a forge's REST API, one question at a time. It never waits: whoever is told to come back later
//! comes back at the next pull.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::{LOOK, MAX_VALUES, SourceError, is_dense};

use super::shown;
use super::time::{LONGEST_WAIT, wait};

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A page of a hundred texts stays far below this, bytes.
const MAX_ANSWER: u64 = 32 << 20;
/// Questions of one pull. What is left waits for the next one: other sources want their turn.
const MOST_QUESTIONS: u32 = 2_000;
/// Where a forge does not say how long to wait, ms.
const WAIT: Millis = 60_000;

/// How forges say that too much was asked, and Google does.
const LIMITS: &[&str] = &[
    "rate limit",
    "abuse detection",
    "ratelimitexceeded",
    "dailylimitexceeded",
    "quotaexceeded",
];

/// How Google says that a project may not ask this API before somebody switches it on.
const SWITCHED_OFF: &[&str] = &["accessnotconfigured", "service_disabled"];

/// How Google says that a token is not for this.
const NO_SCOPE: &[&str] = &[
    "access_token_scope_insufficient",
    "insufficient authentication scopes",
];

/// A refusal stays far below this, bytes.
const MAX_REFUSAL: u64 = 64 << 10;
/// How often one question is led on to another place.
const MOST_REDIRECTS: u32 = 5;
/// Questions refused one after the other, after which the forge as a whole is taken to be in trouble.
const MOST_REFUSALS: u32 = 50;
/// Questions of one pull that may take longer than [`TIMEOUT`].
const MOST_LATE: u32 = 3;

type Response = ureq::http::Response<ureq::Body>;

/// A connection to one forge.
pub(in crate::sources) struct Client {
    agent: ureq::Agent,
    api: Url,
    authorization: Option<String>,
    /// Another header of every question.
    header: Option<(&'static str, &'static str)>,
    now: Millis,
    /// The parameter that says where it is.
    parameter: &'static str,
    /// The parameter that says who we are.
    credential: &'static str,
    asked: u32,
    /// Refused one after the other.
    refusals: u32,
    /// Not answered in time.
    late: u32,
    /// The forge said that the next question is one too many, and when to come back.
    exhausted: Option<Millis>,
    /// Nothing is waited for longer.
    until: Option<Instant>,
}

/// What a question's body is.
#[derive(Clone, Copy)]
enum Written {
    /// A question that does not fit into an address, or something new.
    New,
    /// What becomes of something that is there.
    Change,
}

/// What was answered.
pub(in crate::sources) enum Reply {
    /// A page of a list, or an object.
    Page(Page),
    /// It is there, and the same as last time.
    Same,
    /// It is not there.
    Gone,
    /// It is not for us.
    Forbidden,
}

/// See [`Reply::Page`].
pub(in crate::sources) struct Page {
    /// What was answered.
    pub(in crate::sources) value: Value,
    /// What it is known by when it is asked for again.
    pub(in crate::sources) etag: Option<String>,
    /// Where the list goes on.
    pub(in crate::sources) next: Option<String>,
}

/// Why there was no answer.
pub(in crate::sources) enum Stop {
    /// The next pull goes on, not before this time if there is one.
    Later(String, Option<Millis>),
    /// This one question is not answered; others may be.
    Refused(SourceError, Blame),
    /// It did not work, and no other question will.
    Failed(SourceError),
}

/// What it is about a question that is not answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Blame {
    /// Its answer can't be made or read: one about a part of it may be another matter.
    Answer,
    /// The question itself.
    Question,
}

impl Stop {
    /// Whether the same question may be answered another time, or one about a part of it.
    pub(in crate::sources) fn is_passing(&self) -> bool {
        match self {
            Stop::Later(..) | Stop::Refused(_, Blame::Answer) => true,
            Stop::Refused(error, _) | Stop::Failed(error) => matches!(
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
    pub(in crate::sources) fn new(api: &Url, authorization: Option<String>, now: Millis) -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // Where it leads is looked at first: the token is for one scheme, host and port.
            .max_redirects(0)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            agent: config.new_agent(),
            api: api.clone(),
            authorization,
            header: None,
            now,
            parameter: "api",
            credential: "token_file",
            asked: 0,
            refusals: 0,
            late: 0,
            exhausted: None,
            until: None,
        }
    }

    /// The same, for a look before a pull.
    pub(in crate::sources) fn for_a_look(self) -> Client {
        self.within(LOOK)
    }

    /// The same, with so much time for all questions together.
    fn within(self, time: Duration) -> Client {
        let until = Some(Instant::now() + time);
        Client { until, ..self }
    }

    /// How long the next answer may take; nothing where there is no time left.
    fn patience(&self) -> Option<Duration> {
        let left = self.until.map_or(TIMEOUT, |until| {
            until.saturating_duration_since(Instant::now())
        });
        (!left.is_zero()).then(|| left.min(TIMEOUT))
    }

    /// The same, where its address is another parameter's.
    pub(in crate::sources) fn told_by(self, parameter: &'static str) -> Client {
        Client { parameter, ..self }
    }

    /// The same, where who we are is another parameter's.
    pub(in crate::sources) fn shown_by(self, credential: &'static str) -> Client {
        Client { credential, ..self }
    }

    /// The same, with one more header in every question.
    pub(in crate::sources) fn with(self, name: &'static str, value: &'static str) -> Client {
        let header = Some((name, value));
        Client { header, ..self }
    }

    /// The address of a path of the API.
    pub(in crate::sources) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.api.as_str().trim_end_matches('/'))
    }

    /// Whether it shows a token.
    pub(super) fn has_token(&self) -> bool {
        self.authorization.is_some()
    }

    /// Asks for an address, which should be one of this API.
    pub(in crate::sources) fn get(
        &mut self,
        address: &str,
        etag: Option<&str>,
    ) -> Result<Reply, Stop> {
        self.ask(address, etag, None)
    }

    /// Asks for an address whose answer is a text and no JSON; nothing where it is not there, or not for us.
    pub(in crate::sources) fn text(&mut self, address: &str) -> Result<Option<String>, Stop> {
        let url = self.own(Url::parse(address).ok(), "names a text that is elsewhere")?;
        let answered = self.send(&url, None, None).and_then(|mut response| {
            let text = match self.accepted(&mut response)? {
                None => Some(self.body(&mut response)?),
                Some(_) => None,
            };
            Ok(text.map(|text| String::from_utf8_lossy(&text).into_owned()))
        });
        self.counted(answered)
    }

    /// Asks a question that does not fit into an address.
    pub(in crate::sources) fn post(
        &mut self,
        address: &str,
        question: &str,
    ) -> Result<Reply, Stop> {
        self.ask(address, None, Some((Written::New, question)))
    }

    /// Says what becomes of something that is there.
    pub(in crate::sources) fn patch(&mut self, address: &str, change: &str) -> Result<Reply, Stop> {
        self.ask(address, None, Some((Written::Change, change)))
    }

    fn ask(
        &mut self,
        address: &str,
        etag: Option<&str>,
        question: Option<(Written, &str)>,
    ) -> Result<Reply, Stop> {
        let mut url = self.own(
            Url::parse(address).ok(),
            "names a next page that is elsewhere",
        )?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(&url, etag, question)?;
            // A repository that was renamed is found under its new address.
            let is_moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            let place = response.headers().get("location");
            match place.and_then(|place| place.to_str().ok()) {
                Some(place) if is_moved && question.is_none() => {
                    url = self.own(url.join(place).ok(), "leads to a place that is elsewhere")?;
                }
                _ => {
                    let reply = self.answer(response, &url);
                    return self.counted(reply);
                }
            }
        }
        let reply = Err(self.refused("leads from place to place"));
        self.counted(reply)
    }

    /// An address of this API: the token is for its scheme, host and port alone.
    fn own(&self, url: Option<Url>, fault: &str) -> Result<Url, Stop> {
        let url = url.filter(|url| {
            url.origin() == self.api.origin()
                && url.username().is_empty()
                && url.password().is_none()
        });
        let parameter = self.parameter;
        url.ok_or_else(|| self.refused(&format!("{fault}; {parameter} should be its own address")))
    }

    /// Where one question after the other is refused, the forge is asked no more.
    fn counted<T>(&mut self, reply: Result<T, Stop>) -> Result<T, Stop> {
        match reply {
            Err(Stop::Refused(error, blame)) => {
                self.refusals += 1;
                match self.refusals < MOST_REFUSALS {
                    true => Err(Stop::Refused(error, blame)),
                    false => Err(Stop::Failed(error)),
                }
            }
            other => {
                self.refusals = 0;
                other
            }
        }
    }

    /// Sends one question.
    fn send(
        &mut self,
        url: &Url,
        etag: Option<&str>,
        question: Option<(Written, &str)>,
    ) -> Result<Response, Stop> {
        if let Some(until) = self.exhausted {
            return Err(later("the limit of questions is used up", until));
        }
        if self.asked == MOST_QUESTIONS {
            let reason = format!("{MOST_QUESTIONS} questions are enough for one pull");
            return Err(Stop::Later(reason, None));
        }
        let Some(patience) = self.patience() else {
            let reason = format!("does not answer within {} seconds", LOOK.as_secs());
            return Err(Stop::Failed(self.error(&reason, true)));
        };
        self.asked += 1;
        let headers = [
            ("accept", Some("application/json")),
            ("authorization", self.authorization.as_deref()),
            ("if-none-match", etag),
        ];
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(self.header);
        let answered = match question {
            None => headers
                .fold(self.agent.get(url.as_str()), |request, (name, value)| {
                    request.header(name, value)
                })
                .config()
                .timeout_global(Some(patience))
                .build()
                .call(),
            Some((written, question)) => headers
                .fold(
                    match written {
                        Written::New => self.agent.post(url.as_str()),
                        Written::Change => self.agent.patch(url.as_str()),
                    },
                    |request, (name, value)| request.header(name, value),
                )
                .content_type("application/json")
                .config()
                .timeout_global(Some(patience))
                .build()
                .send(question),
        };
        answered.map_err(|error| match error {
            // What takes too long may be this one answer; where it is the forge, a few tell.
            ureq::Error::Timeout(_) if self.late < MOST_LATE => {
                self.late += 1;
                self.unanswered(&format!("does not answer in time: {error}"), true)
            }
            _ => Stop::Failed(self.error(&format!("cannot be reached: {error}"), true)),
        })
    }

    /// What an answer says.
    fn answer(&mut self, mut response: Response, url: &Url) -> Result<Reply, Stop> {
        if let Some(reply) = self.accepted(&mut response)? {
            return Ok(reply);
        }
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (etag, link) = (header("etag"), header("link"));
        let body = self.body(&mut response)?;
        if is_dense(&body) {
            let reason = format!("answers with more than {MAX_VALUES} values at once");
            return Err(self.unanswered(&reason, false));
        }
        let value: Value = serde_json::from_slice(&body).map_err(|_| {
            let check = self.parameter;
            let reason = format!("answers with something else than JSON; check {check}");
            self.unanswered(&reason, false)
        })?;
        let next = link
            .as_deref()
            .and_then(next_of)
            .or_else(|| next_in(&value, url));
        Ok(Reply::Page(Page { value, etag, next }))
    }

    /// What an answer says that has no body to read; nothing where it has one.
    fn accepted(&mut self, response: &mut Response) -> Result<Option<Reply>, Stop> {
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
        let is_told = header("retry-after").is_some();
        match status {
            // Of a comment at a line Gitea says no more than that it is there (204).
            204 | 304 => return Ok(Some(Reply::Same)),
            200..=299 => {}
            429 => return Err(later("asks to come back later (status 429)", until)),
            403 => {
                let words = refusal(response);
                let speaks_of = |all: &[&str]| all.iter().any(|one| words.contains(one));
                if is_used_up || is_told || speaks_of(LIMITS) {
                    let reason = "the limit of questions is used up (status 403)";
                    return Err(later(reason, until));
                }
                if speaks_of(SWITCHED_OFF) {
                    let reason = format!(
                        "is not switched on (status 403, SERVICE_DISABLED); the project of {} has to enable \
                         this API, in the Google Cloud console under \"APIs & Services\"",
                        self.credential
                    );
                    return Err(Stop::Failed(self.error(&reason, false)));
                }
                if speaks_of(NO_SCOPE) {
                    let reason = format!(
                        "refuses access (status 403, ACCESS_TOKEN_SCOPE_INSUFFICIENT): what is shown of {} was \
                         given for other scopes; the documentation of the kind names those that it needs",
                        self.credential
                    );
                    return Err(Stop::Failed(self.error(&reason, false)));
                }
                return Ok(Some(Reply::Forbidden));
            }
            404 | 410 => return Ok(Some(Reply::Gone)),
            401 => {
                let reason = format!("refuses access (status 401); check {}", self.credential);
                return Err(Stop::Failed(self.error(&reason, false)));
            }
            500..=599 => {
                return Err(self.unanswered(&format!("answers with status {status}"), true));
            }
            _ => {
                let reason = format!("answers with status {status}; check {}", self.parameter);
                return Err(self.refused(&reason));
            }
        }
        if is_used_up {
            self.exhausted = Some(until);
        }
        Ok(None)
    }

    /// The body of an answer.
    fn body(&self, response: &mut Response) -> Result<Vec<u8>, Stop> {
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        body.read_to_vec()
            .map_err(|error| self.unanswered(&format!("breaks off: {error}"), true))
    }

    /// Where a list that answered before is not for us any more: some limits are told in no other way.
    pub(super) fn forbidden(&self) -> Stop {
        later(
            "a list is refused that was answered just before (status 403)",
            self.now + WAIT,
        )
    }

    /// Until when a forge wants to be left alone.
    fn until(&self, header: &dyn Fn(&str) -> Option<String>) -> Millis {
        let number = |name: &str| header(name)?.trim().parse::<Millis>().ok();
        let after = header("retry-after").and_then(|text| wait(&text, self.now));
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

    /// Where an answer says that too much was asked, with status 200 and no header.
    pub(super) fn used_up(&self) -> Stop {
        later("the limit of questions is used up", self.now + WAIT)
    }

    /// A question that is itself at fault, or about something that is not there.
    pub(in crate::sources) fn refused(&self, reason: &str) -> Stop {
        Stop::Refused(self.error(reason, false), Blame::Question)
    }

    /// A question whose answer can't be had as it is.
    pub(in crate::sources) fn unanswered(&self, reason: &str, retryable: bool) -> Stop {
        Stop::Refused(self.error(reason, retryable), Blame::Answer)
    }

    fn error(&self, reason: &str, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: shown(&self.api),
            reason: reason.to_owned(),
            retryable,
        }
    }
}

/// What a refusal says, in small letters.
fn refusal(response: &mut Response) -> String {
    let body = response.body_mut().with_config().limit(MAX_REFUSAL);
    let body = body.read_to_vec().unwrap_or_default();
    String::from_utf8_lossy(&body).to_ascii_lowercase()
}

fn later(reason: &str, until: Millis) -> Stop {
    Stop::Later(reason.to_owned(), Some(until))
}

/// How a token is shown: as a bearer's, or, where a user's name stands before it, as a password.
pub(in crate::sources) fn authorization(scheme: &str, token: &str) -> String {
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
    use std::net::TcpListener;

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

    /// Takes questions and answers none, until it is let go of.
    fn silent() -> (Url, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = Url::parse(&format!("http://{address}/api")).expect("valid");
        (url, listener)
    }

    #[test]
    fn a_look_gives_up_after_its_time() {
        let (api, _held) = silent();
        let mut client = Client::new(&api, None, 0).within(Duration::from_millis(200));
        let address = client.address("/books");
        let Err(Stop::Refused(late, _)) = client.get(&address, None) else {
            panic!("nobody answers");
        };
        assert!(late.to_string().contains("does not answer in time"));
        // The time is for all questions together: another one is not even asked.
        let asked = client.asked;
        let Err(Stop::Failed(over)) = client.post(&address, "{}") else {
            panic!("there is no time left");
        };
        let words = over.to_string();
        assert!(
            words.ends_with("does not answer within 20 seconds"),
            "{words}"
        );
        assert_eq!(client.asked, asked);
        assert_eq!(Client::new(&api, None, 0).patience(), Some(TIMEOUT));
        let look = Client::new(&api, None, 0).for_a_look();
        assert!(look.patience().is_some_and(|time| time <= LOOK));
    }

    #[test]
    fn tokens_and_passwords() {
        assert_eq!(authorization("Bearer", "t"), "Bearer t");
        assert_eq!(authorization("token", "a:b"), "Basic YTpi");
    }
}
