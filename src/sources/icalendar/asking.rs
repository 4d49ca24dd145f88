//! Asks a calendar's server over HTTP, one question at a time: a feed by GET, a store of calendars by the
//! methods of WebDAV. It never waits: whoever is told to come back later comes back at the next pull.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Request};
use url::{Host, Url};

use crate::model::Millis;
use crate::sources::forge::{Blame, Stop, authorization, shown, token, wait};
use crate::sources::{LOOK, SourceError};

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often one question is led on to another place.
const MOST_REDIRECTS: u32 = 5;
/// Questions of one pull. What is left waits for the next one: other sources want their turn.
const MOST_QUESTIONS: u32 = 2_000;
/// Where a server does not say how long to wait, ms.
const WAIT: Millis = 60_000;
/// The longest answer, bytes: ten years of a busy calendar.
pub(in crate::sources) const LARGEST: u64 = 64 << 20;

/// Where a calendar is, and what is shown there. No `Debug`: both may be secret.
#[derive(Clone)]
pub(in crate::sources) struct Place {
    pub(in crate::sources) url: Url,
    /// How messages call it.
    pub(in crate::sources) shown: String,
    /// The parameter that says so.
    pub(in crate::sources) parameter: &'static str,
    authorization: Option<String>,
}

impl Place {
    /// At an address that everybody may know.
    pub(in crate::sources) fn open(
        given: &str,
        token_file: Option<&Path>,
    ) -> Result<Place, SourceError> {
        let url = address("url", given, token_file.is_some())?;
        // What Google calls the secret address, which lets everybody in who has it.
        if url
            .path()
            .split('/')
            .any(|part| part.starts_with("private-"))
        {
            return Err(SourceError::Params(
                "url is a secret address (private-…): write it into a file and name that as url_file"
                    .to_owned(),
            ));
        }
        Ok(Place {
            shown: shown(&url),
            url,
            parameter: "url",
            authorization: credentials(token_file)?,
        })
    }

    /// At the address of a page, as somebody types it.
    pub(in crate::sources) fn page(
        given: &str,
        token_file: Option<&Path>,
    ) -> Result<Place, SourceError> {
        let url = address("URL", given, token_file.is_some())?;
        Ok(Place {
            shown: shown(&url),
            url,
            parameter: "URL",
            authorization: credentials(token_file)?,
        })
    }

    /// At the address that a file holds, which is a secret itself.
    pub(in crate::sources) fn secret(
        file: &Path,
        token_file: Option<&Path>,
    ) -> Result<Place, SourceError> {
        let url = address("url_file", &token(file).map_err(of_url)?, true)?;
        Ok(Place {
            shown: format!("{}/…", url.origin().ascii_serialization()),
            url,
            parameter: "url_file",
            authorization: credentials(token_file)?,
        })
    }

    /// What only those know who may ask.
    pub(in crate::sources) fn known_by(&self) -> String {
        let shown = self.authorization.as_deref().unwrap_or_default();
        format!("{} {shown}", self.url)
    }

    /// An error of what is asked there.
    pub(in crate::sources) fn error(&self, reason: &str, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: self.shown.clone(),
            reason: reason.to_owned(),
            retryable,
        }
    }

    /// What to look at where we are not let in.
    fn credentials(&self) -> &'static str {
        match (&self.authorization, self.parameter) {
            (Some(_), _) => "the password or token in token_file is wrong, expired or withdrawn",
            (None, "url_file") => {
                "the secret address was reset or has expired; copy it anew into url_file"
            }
            (None, _) => "it wants a token or password; give token_file",
        }
    }
}

fn of_url(error: SourceError) -> SourceError {
    match error {
        SourceError::Params(_) => {
            SourceError::Params("url_file should hold an address on one line".to_owned())
        }
        other => other,
    }
}

fn credentials(token_file: Option<&Path>) -> Result<Option<String>, SourceError> {
    let token = token_file.map(token).transpose()?;
    Ok(token.map(|token| authorization("Bearer", &token)))
}

/// An address as a parameter gives it. What was given may be a secret, and is not repeated.
fn address(parameter: &str, given: &str, is_secret: bool) -> Result<Url, SourceError> {
    // What calendar programs are given to subscribe to; who serves that serves https today.
    let scheme = given.get(..9).map(str::to_ascii_lowercase);
    let given = match scheme.as_deref() {
        Some("webcal://") => format!("https://{}", &given[9..]),
        _ => given.to_owned(),
    };
    let url = Url::parse(&given).ok().filter(|url| {
        let fits = matches!(url.scheme(), "http" | "https") && url.has_host();
        fits && url.username().is_empty() && url.password().is_none()
    });
    let url = url.ok_or_else(|| {
        SourceError::Params(format!(
            "{parameter} should be an address that begins with https://, http:// or webcal://, without user \
             and password; these stand in token_file"
        ))
    })?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if is_secret && url.scheme() == "http" && !is_here {
        return Err(SourceError::Params(format!(
            "{parameter} should be an https address: in plain http the secret could be read on its way; http \
             is for this machine alone"
        )));
    }
    Ok(url)
}

/// A question.
#[derive(Default)]
pub(in crate::sources) struct Question<'a> {
    pub(in crate::sources) method: &'static str,
    pub(in crate::sources) headers: Vec<(&'static str, &'a str)>,
    pub(in crate::sources) body: String,
}

/// An answer that lets us go on, whatever its status.
pub(in crate::sources) struct Answer {
    pub(in crate::sources) status: u16,
    /// Where it was answered.
    pub(in crate::sources) url: Url,
    headers: HeaderMap,
    pub(in crate::sources) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub(in crate::sources) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the question was answered.
    pub(in crate::sources) fn is_fine(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A connection for one pull.
pub(in crate::sources) struct Asking<'p> {
    pub(in crate::sources) place: &'p Place,
    agent: ureq::Agent,
    now: Millis,
    asked: u32,
    /// Nothing is waited for longer.
    until: Option<Instant>,
}

impl<'p> Asking<'p> {
    /// Asks what is at this place.
    pub(in crate::sources) fn new(place: &'p Place, now: Millis) -> Asking<'p> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            // Where it leads is looked at first: what we show is for one scheme, host and port.
            .max_redirects(0)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Asking {
            place,
            agent: config.new_agent(),
            now,
            asked: 0,
            until: None,
        }
    }

    /// The same, for a look before a pull.
    pub(in crate::sources) fn for_a_look(self) -> Self {
        let until = Some(Instant::now() + LOOK);
        Asking { until, ..self }
    }

    /// Asks, and follows where that leads.
    pub(in crate::sources) fn ask(
        &mut self,
        url: &Url,
        question: &Question<'_>,
    ) -> Result<Answer, Stop> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let mut response = self.send(&url, question)?;
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            let header = |name: &str| headers.get(name)?.to_str().ok();
            let is_moved = matches!(status, 301 | 302 | 303 | 307 | 308);
            match header("location") {
                Some(place) if is_moved => {
                    url = self.led(&url, place)?;
                    continue;
                }
                _ => self.refusal(status, header("retry-after"))?,
            }
            let mut body = Vec::new();
            let reader = response.body_mut().as_reader();
            let read = reader.take(LARGEST + 1).read_to_end(&mut body);
            read.map_err(|error| self.failed(&format!("breaks off: {}", error.kind()), true))?;
            if body.len() as u64 > LARGEST {
                let reason = format!("answers with more than {} MiB", LARGEST >> 20);
                return Err(self.refused(&reason));
            }
            return Ok(Answer {
                status,
                url,
                headers,
                body,
            });
        }
        Err(self.failed("leads from place to place", false))
    }

    /// Where a redirect leads to, if we may go there.
    fn led(&self, from: &Url, place: &str) -> Result<Url, Stop> {
        let parameter = self.place.parameter;
        let to = from
            .join(place)
            .ok()
            .filter(|to| to.has_host() && to.username().is_empty() && to.password().is_none());
        let to = to.ok_or_else(|| self.failed("leads to a place that is none", false))?;
        let is_open = self.place.authorization.is_none();
        let is_safe = to.scheme() == "https" || to.scheme() == from.scheme();
        if to.origin() == from.origin() || (is_open && is_safe) {
            return Ok(to);
        }
        let host = to.origin().ascii_serialization();
        let reason = format!(
            "leads to a place that is elsewhere ({host}); {parameter} should be its address"
        );
        Err(self.failed(&reason, false))
    }

    /// An address that an answer names, where it is of this server.
    pub(in crate::sources) fn own(&self, base: &Url, href: &str) -> Result<Url, Stop> {
        let url = base.join(href).ok();
        let own = url.filter(|url| {
            url.origin() == self.place.url.origin()
                && url.username().is_empty()
                && url.password().is_none()
        });
        own.ok_or_else(|| {
            let to = base.join(href).ok();
            let host = to.map_or_else(String::new, |to| to.origin().ascii_serialization());
            let parameter = self.place.parameter;
            self.failed(
                &format!(
                    "names a place that is elsewhere ({host}); {parameter} should be its address"
                ),
                false,
            )
        })
    }

    fn send(
        &mut self,
        url: &Url,
        question: &Question<'_>,
    ) -> Result<ureq::http::Response<ureq::Body>, Stop> {
        if self.asked == MOST_QUESTIONS {
            let reason = format!("{MOST_QUESTIONS} questions are enough for one pull");
            return Err(Stop::Later(reason, None));
        }
        let left = self.until.map_or(TIMEOUT, |until| {
            until.saturating_duration_since(Instant::now())
        });
        if left.is_zero() {
            let reason = format!("does not answer within {} seconds", LOOK.as_secs());
            return Err(self.failed(&reason, true));
        }
        self.asked += 1;
        let mut request = Request::builder().method(question.method).uri(url.as_str());
        for (name, value) in &question.headers {
            request = request.header(*name, *value);
        }
        if let Some(authorization) = &self.place.authorization {
            request = request.header("authorization", authorization);
        }
        if question.body.is_empty() {
            let request = request.body(());
            self.sent(request, left)
        } else {
            let request = request
                .header("content-type", "application/xml; charset=utf-8")
                .body(question.body.as_str());
            self.sent(request, left)
        }
    }

    fn sent<B: ureq::AsSendBody>(
        &self,
        request: Result<Request<B>, ureq::http::Error>,
        left: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, Stop> {
        // What is wrong with it may quote it.
        let request = request.map_err(|_| self.failed("is no address that can be asked", false))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(left.min(TIMEOUT)))
            .build();
        self.agent.run(request).map_err(|error| {
            let reason = match &error {
                ureq::Error::Timeout(_) => "does not answer in time".to_owned(),
                ureq::Error::HostNotFound => "cannot be reached: host not found".to_owned(),
                ureq::Error::Io(error) => format!("cannot be reached: {}", error.kind()),
                // The others may quote the address.
                _ if self.place.parameter == "url_file" => "cannot be reached".to_owned(),
                error => format!("cannot be reached: {error}"),
            };
            self.failed(&reason, true)
        })
    }

    /// Ends the pull where no other question would be answered either.
    fn refusal(&self, status: u16, retry_after: Option<&str>) -> Result<(), Stop> {
        let wait = retry_after.and_then(|text| wait(text, self.now));
        match (status, wait) {
            (429, _) | (503, Some(_)) => {
                let until = self.now.saturating_add(wait.unwrap_or(WAIT));
                let reason = format!("asks to come back later (status {status})");
                Err(Stop::Later(reason, Some(until)))
            }
            (401, _) => {
                let words = self.place.credentials();
                Err(self.failed(&format!("refuses access (status 401): {words}"), false))
            }
            // 507 says that an answer has no room, and what else to ask.
            (500..=599, _) if status != 507 => {
                Err(self.failed(&format!("answers with status {status}"), true))
            }
            _ => Ok(()),
        }
    }

    /// Says that it is not there, or not for us.
    pub(in crate::sources) fn away(&self, status: u16) -> Stop {
        let place = self.place;
        let reason = match status {
            403 => format!("is forbidden (status 403): {}", place.credentials()),
            404 | 410 if place.parameter == "url_file" => {
                format!("is not there (status {status}): {}", place.credentials())
            }
            404 | 410 => format!("is not there (status {status}); check {}", place.parameter),
            _ => format!("answers with status {status}; check {}", place.parameter),
        };
        self.failed(&reason, false)
    }

    /// Ends the pull.
    pub(in crate::sources) fn failed(&self, reason: &str, retryable: bool) -> Stop {
        Stop::Failed(self.place.error(reason, retryable))
    }

    /// Ends this question alone: one about a part of it may be another matter.
    pub(in crate::sources) fn refused(&self, reason: &str) -> Stop {
        Stop::Refused(self.place.error(reason, false), Blame::Answer)
    }
}
