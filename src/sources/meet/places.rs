//! Which meeting a conference was: by what the configuration says of its code, or by the event of a calendar
//! that has this code.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde_json::Value;

use crate::model::{DAY_MS, Millis, to_rfc3339};
use crate::sources::SourceError;
use crate::sources::collected::Collected;
use crate::sources::forge::{Client, Stop};
use crate::sources::google::calendars::Calendars;
use crate::sources::google::event::{self, ITEMS, State, Zones, is_code};
use crate::sources::icalendar::reading::Reading;

/// Who opens a conference so much before its meeting, or goes on so long after it, is still at it.
const AROUND: Millis = 2 * 3_600_000;

/// Meetings of a series begin on the half hour, as far as nobody says when.
const STEP: Millis = 30 * 60_000;

/// An occurrence that conferences are of.
#[derive(Clone)]
pub(super) struct Occurrence {
    pub(super) meeting: String,
    pub(super) subject: String,
    /// When it begins, as planned.
    pub(super) at: Millis,
    until: Millis,
    /// The configuration says that it is one meeting and no series.
    pub(super) is_once: bool,
}

/// What the configuration says of a code.
enum Named {
    /// A meeting that takes place once.
    Once(String),
    /// A series, by its UID.
    Series(String),
}

/// The codes that are configured.
pub(super) struct Codes(BTreeMap<String, Named>);

impl Codes {
    /// Codes with meetings; a series ends in `/*`.
    pub(super) fn new(given: &BTreeMap<String, String>) -> Result<Codes, SourceError> {
        let read = |(code, meeting): (&String, &String)| {
            let code = code.trim().to_ascii_lowercase();
            if !is_code(&code) {
                return Err(SourceError::Params(format!(
                    "meetings: {code:?} should be a code of Google Meet, such as abc-mnop-xyz"
                )));
            }
            let named = match meeting.trim().strip_suffix("/*") {
                Some(series) => Named::Series(series.to_owned()),
                None => Named::Once(meeting.trim().to_owned()),
            };
            match &named {
                Named::Once(meeting) | Named::Series(meeting) if meeting.is_empty() => {
                    Err(SourceError::Params(format!(
                        "meetings: {code:?} should have the id of a meeting, or UID/* of a series"
                    )))
                }
                _ => Ok((code, named)),
            }
        };
        let all: Result<_, SourceError> = given.iter().map(read).collect();
        Ok(Codes(all?))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What conferences of one pull are joined to.
pub(super) struct Places<'a> {
    codes: &'a Codes,
    reading: &'a Reading,
    planned: BTreeMap<String, Vec<Occurrence>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(codes: &'a Codes, reading: &'a Reading) -> Places<'a> {
        Places {
            codes,
            reading,
            planned: BTreeMap::new(),
        }
    }

    /// Looks for meetings with a code in calendars.
    pub(super) fn plan(
        &mut self,
        calendars: &Calendars,
        client: &mut Client,
        (from, to): (Millis, Millis),
    ) -> Result<(), Stop> {
        let bounds = (to_rfc3339(from), to_rfc3339(to));
        let fields = format!("nextPageToken,timeZone,accessRole,{ITEMS}");
        for place in 0..calendars.ids().len() {
            let mut page: Option<String> = None;
            loop {
                let mut query = vec![
                    ("singleEvents", "true"),
                    ("maxResults", "2500"),
                    ("timeMin", bounds.0.as_str()),
                    ("timeMax", bounds.1.as_str()),
                    ("fields", fields.as_str()),
                ];
                query.extend(page.as_deref().map(|page| ("pageToken", page)));
                let list = calendars.events(client, place, &query)?;
                let list = list.ok_or_else(|| calendars.absent(place))?;
                self.take(&list);
                page = list["nextPageToken"].as_str().map(str::to_owned);
                if page.as_deref().is_none_or(str::is_empty) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, list: &Value) {
        let organisation = self.reading.setting.timezone;
        let named: Option<Tz> = list["timeZone"].as_str().and_then(|name| name.parse().ok());
        let zones = Zones {
            calendar: named.unwrap_or(organisation),
            organisation,
        };
        for value in list["items"].as_array().into_iter().flatten() {
            let Some(State::There(meeting)) = event::item(value, zones, &[]).map(|item| item.state)
            else {
                continue;
            };
            let Some(code) = meeting.code.clone() else {
                continue;
            };
            if !self.reading.wants(&meeting.title, &[], &meeting.texts) {
                continue;
            }
            // Whom the plan leaves out is told by the calendar's own source.
            let plan = self
                .reading
                .planned(&meeting.stated(), &mut Collected::default());
            let occurrence = Occurrence {
                meeting: plan.meeting,
                subject: plan.subject,
                at: plan.at,
                until: meeting.until(),
                is_once: false,
            };
            let all = self.planned.entry(code).or_default();
            if all.iter().all(|known| known.meeting != occurrence.meeting) {
                all.push(occurrence);
            }
        }
    }

    /// The codes whose conferences are asked for.
    pub(super) fn codes(&self) -> BTreeSet<String> {
        let configured = self.codes.0.keys();
        configured.chain(self.planned.keys()).cloned().collect()
    }

    /// The occurrence that a conference was of, which began then. `before` is that of the one before it with
    /// this code, and until when it lasted.
    pub(super) fn of(
        &self,
        code: &str,
        start: Millis,
        before: Option<&(Occurrence, Millis)>,
    ) -> Option<Occurrence> {
        let named = |uid: &str, meeting: String, at: Millis| Occurrence {
            subject: self.reading.subject(&[], (uid, &meeting)),
            meeting,
            at,
            until: at,
            is_once: false,
        };
        match self.codes.0.get(code) {
            Some(Named::Once(meeting)) => {
                return Some(Occurrence {
                    is_once: true,
                    ..named(meeting, meeting.clone(), start)
                });
            }
            Some(Named::Series(uid)) => {
                // The call broke off, and was taken up again.
                let goes_on = before.filter(|(_, until)| start <= until + STEP);
                if let Some((occurrence, _)) = goes_on {
                    return Some(occurrence.clone());
                }
                let at = (start + STEP / 2).div_euclid(STEP) * STEP;
                return Some(named(uid, format!("{uid}/{}", to_rfc3339(at)), at));
            }
            None => {}
        }
        let planned = self.planned.get(code)?.iter();
        let near = planned.filter(|one| (one.at - AROUND..=one.until + AROUND).contains(&start));
        near.min_by_key(|one| (start - one.at).abs()).cloned()
    }

    /// Whether so much time lies between two conferences that they can't be of one meeting.
    pub(super) fn is_apart(one: Millis, other: Millis) -> bool {
        (one - other).abs() > DAY_MS
    }
}
