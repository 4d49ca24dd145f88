//! Daily counts of the registered pages from Wikimedia's REST interface, one question for each page.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

use super::period::noon;
use super::wiki::{Page, Wanted};
use super::{Maker, Params, version};
use crate::model::{DAY_MS, Millis};
use crate::sources::forge::shown;
use crate::sources::{Problem, Pull, Setting, Sink, SourceError};

/// A whole answer, from first byte to last.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Ten years of days stay far below this, bytes.
const MAX_ANSWER: u64 = 8 << 20;
/// Days that are asked for again: figures are corrected for a while.
const AGAIN: i64 = 3;
/// There is nothing before.
const BEGINNING: &str = "2015-07-01";

const ACCESS: [&str; 4] = ["all-access", "desktop", "mobile-web", "mobile-app"];

/// Whether what the interface is asked for makes sense.
pub(super) fn check(params: &Params) -> Result<(url::Url, NaiveDate), SourceError> {
    let api = params
        .api
        .as_deref()
        .unwrap_or("https://wikimedia.org/api/rest_v1");
    let url = url::Url::parse(api).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && !url.cannot_be_a_base());
    let url = url.ok_or_else(|| {
        SourceError::Params(
            "api: it should be an address such as \"https://wikimedia.org/api/rest_v1\"".to_owned(),
        )
    })?;
    let since = params.since.as_deref().unwrap_or(BEGINNING);
    let since = NaiveDate::parse_from_str(since, "%Y-%m-%d").map_err(|_| {
        SourceError::Params(format!(
            "since: {since:?} is no day; valid is one such as 2024-01-01"
        ))
    })?;
    if !ACCESS.contains(&params.access.as_str()) {
        let (given, valid) = (&params.access, ACCESS.join(", "));
        return Err(SourceError::Params(format!(
            "access: {given:?} is unknown; valid are {valid}"
        )));
    }
    Ok((url, since))
}

/// The interface.
pub(super) struct Rest {
    agent: ureq::Agent,
    api: url::Url,
    access: String,
    since: NaiveDate,
    wanted: Wanted,
    maker: Maker,
}

/// The last day that is known, by wiki and title.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checkpoint {
    pages: BTreeMap<String, NaiveDate>,
}

/// An answer.
#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// `2024010100`.
    timestamp: String,
    views: u64,
}

impl Rest {
    pub(super) fn new(params: Params, setting: &Setting) -> Result<Rest, SourceError> {
        let (api, since) = check(&params)?;
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent(concat!("readback/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Rest {
            agent: config.new_agent(),
            api,
            access: params.access,
            since,
            wanted: Wanted::of(&setting.writeups),
            maker: Maker {
                source: setting.source.as_str().into(),
                version: 0,
            },
        })
    }

    /// The daily counts of a page; a day without views is absent, and so is a page without any.
    fn ask(&self, page: &Page, from: NaiveDate, to: NaiveDate) -> Result<Vec<Item>, SourceError> {
        let mut url = self.api.clone();
        let day = |date: NaiveDate| date.format("%Y%m%d00").to_string();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["metrics", "pageviews", "per-article", &page.wiki])
                .extend([&self.access, "user", &page.title, "daily"])
                .extend([day(from), day(to)]);
        }
        let mut response = match self.agent.get(url.as_str()).call() {
            Ok(response) => response,
            Err(error) => return Err(self.failed(format!("cannot be reached: {error}"), true)),
        };
        match response.status().as_u16() {
            200..=299 => {}
            404 => return Ok(Vec::new()),
            status => {
                let retryable = status == 429 || status >= 500;
                return Err(self.failed(format!("answers with status {status}"), retryable));
            }
        }
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        let body = body
            .read_to_vec()
            .map_err(|error| self.failed(format!("breaks off: {error}"), true))?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| self.failed("answers with something else than items".to_owned(), false))?;
        Ok(answer.items)
    }

    fn failed(&self, reason: String, retryable: bool) -> SourceError {
        SourceError::Remote {
            name: shown(&self.api),
            reason,
            retryable,
        }
    }
}

impl Pull for Rest {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        // An unreadable checkpoint only means more work: events have the same ids.
        let mut state: Checkpoint = checkpoint
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        self.maker.version = version(now);
        let yesterday = DateTime::from_timestamp_millis(now - DAY_MS).map(|at| at.date_naive());
        let Some(yesterday) = yesterday.filter(|day| *day >= self.since) else {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        for (asked, page) in self.wanted.pages().into_iter().enumerate() {
            let key = format!("{} {}", page.wiki, page.title);
            let known = state.pages.get(&key);
            let from = known.map_or(self.since, |day| {
                let again = *day - chrono::Duration::days(AGAIN);
                again.max(self.since)
            });
            let items = match self.ask(&page, from, yesterday) {
                Ok(items) => items,
                // What was heard so far is kept; the others are asked for at the next pull.
                Err(error) if asked > 0 => {
                    sink.problem(Problem {
                        place: page.address.clone(),
                        field: String::new(),
                        reason: error.to_string(),
                    });
                    break;
                }
                Err(error) => return Err(error),
            };
            for item in items {
                let digits = item.timestamp.get(..8).unwrap_or_default();
                let Ok(date) = NaiveDate::parse_from_str(digits, "%Y%m%d") else {
                    sink.problem(Problem {
                        place: page.address.clone(),
                        field: "timestamp".to_owned(),
                        reason: "it should begin with year, month and day".to_owned(),
                    });
                    continue;
                };
                let event = self
                    .maker
                    .count(&page, &date.to_string(), noon(date), item.views);
                sink.event(event);
            }
            state.pages.insert(key, yesterday);
        }
        Ok(serde_json::to_string(&state).unwrap_or_default())
    }
}
