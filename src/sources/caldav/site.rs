//! A CalDAV server: where its calendars are (RFC 4791, 5397, 6764), and what has changed in one (RFC 6578).

use percent_encoding::percent_decode_str;
use url::Url;

use super::answer::{Element, Of, Response, escaped, parse, responses};
use crate::model::{Millis, to_rfc3339};
use crate::sources::forge::Stop;
use crate::sources::icalendar::asking::{Answer, Asking, Question};

/// What is wanted to know of a place.
const PLACE: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <d:propfind xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop><d:resourcetype/>\
    <d:displayname/><d:current-user-principal/><d:sync-token/><c:calendar-home-set/>\
    <c:supported-calendar-component-set/></d:prop></d:propfind>";

/// Parts of one answer about changes: a server that never ends is left alone.
const MOST_PARTS: usize = 500;

/// A calendar.
pub(super) struct Calendar {
    pub(super) url: Url,
    name: String,
}

/// What became of a meeting's resource.
pub(super) struct Change {
    pub(super) url: Url,
    /// The tag of what is there now; nothing where the server does not say.
    pub(super) etag: String,
}

/// What became of a calendar.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) there: Vec<Change>,
    pub(super) gone: Vec<Url>,
    /// What the server is asked with the next time.
    pub(super) token: Option<String>,
}

/// A meeting's resource as it is answered.
pub(super) struct Resource {
    pub(super) url: Url,
    pub(super) etag: String,
    /// Nothing where it is gone.
    pub(super) text: Option<String>,
}

/// A server that is asked.
pub(super) struct Site<'p> {
    asking: Asking<'p>,
}

impl<'p> Site<'p> {
    pub(super) fn new(asking: Asking<'p>) -> Site<'p> {
        Site { asking }
    }

    /// A calendar's answer that is not taken as it is; others may be.
    pub(super) fn refused(&self, reason: &str) -> Stop {
        self.asking.refused(reason)
    }

    /// The calendars of these names or paths; where none are given, the calendar that the address is.
    /// `is_told` says whether a message may name what is there.
    pub(super) fn calendars(
        &mut self,
        wanted: &[String],
        is_told: bool,
    ) -> Result<Vec<Calendar>, Stop> {
        let found = self.found()?;
        if wanted.is_empty() {
            return match found.len() {
                1 => Ok(found),
                _ => Err(self.no_calendar("calendars should say which to read", &found, is_told)),
            };
        }
        let mut chosen: Vec<Calendar> = Vec::new();
        for name in wanted {
            let one = found.iter().find(|calendar| calendar.is_called(name));
            let Some(one) = one else {
                let fault = format!("calendars: {name:?} is not there");
                return Err(self.no_calendar(&fault, &found, is_told));
            };
            if !chosen.iter().any(|known| known.url == one.url) {
                chosen.push(Calendar {
                    url: one.url.clone(),
                    name: one.name.clone(),
                });
            }
        }
        Ok(chosen)
    }

    fn no_calendar(&self, fault: &str, found: &[Calendar], is_told: bool) -> Stop {
        // Calendars are called by people's names; a log is not the place for them.
        let there = match is_told {
            true => {
                let names: Vec<_> = found
                    .iter()
                    .map(|one| format!("{:?} ({})", one.name, one.url.path()))
                    .collect();
                format!("there are {}", names.join(", "))
            }
            false => "`readback check` tells which are".to_owned(),
        };
        let words = match found.is_empty() {
            true => "no calendar is there".to_owned(),
            false => there,
        };
        self.asking.failed(&format!("{fault}; {words}"), false)
    }

    /// Every calendar that the address leads to.
    fn found(&mut self) -> Result<Vec<Calendar>, Stop> {
        let start = self.asking.place.url.clone();
        let mut place = self.about(&start, "0")?;
        if place.is_none() && start.path() == "/" {
            // Servers whose root is a page for people say here where their calendars are.
            let known = self.asking.own(&start, "/.well-known/caldav")?;
            place = self.about(&known, "0")?;
        }
        let Some((url, answer)) = place else {
            let reason = "answers, but not as a CalDAV server; check url";
            return Err(self.asking.failed(reason, false));
        };
        let own: Vec<Calendar> = self.calendars_in(&url, &answer)?;
        if !own.is_empty() {
            return Ok(own);
        }
        let mut homes = self.places(&url, &answer, Of::CalDav, "calendar-home-set")?;
        if homes.is_empty() {
            for principal in self.places(&url, &answer, Of::Dav, "current-user-principal")? {
                if let Some((url, answer)) = self.about(&principal, "0")? {
                    homes.extend(self.places(&url, &answer, Of::CalDav, "calendar-home-set")?);
                }
            }
        }
        // What says of no home may be one.
        if homes.is_empty() {
            homes.push(url);
        }
        let mut found = Vec::new();
        for home in homes {
            if let Some((url, answer)) = self.about(&home, "1")? {
                found.extend(self.calendars_in(&url, &answer)?);
            }
        }
        Ok(found)
    }

    fn calendars_in(&self, base: &Url, answer: &Element) -> Result<Vec<Calendar>, Stop> {
        let mut found = Vec::new();
        for response in responses(answer).filter(Response::is_calendar) {
            let name = response.text(Of::Dav, "displayname").unwrap_or_default();
            found.push(Calendar {
                url: self.asking.own(base, response.href)?,
                name: name.to_owned(),
            });
        }
        Ok(found)
    }

    /// The addresses in a property.
    fn places(&self, base: &Url, answer: &Element, of: Of, name: &str) -> Result<Vec<Url>, Stop> {
        let props = responses(answer).filter_map(|response| response.prop(of, name));
        let hrefs: Vec<_> = props.filter_map(Element::href).collect();
        let mut places = Vec::new();
        for href in hrefs {
            places.push(self.asking.own(base, href)?);
        }
        Ok(places)
    }

    /// What a place says of itself (depth 0) or of what lies in it, too (1). Nothing where it does not
    /// speak WebDAV.
    fn about(&mut self, url: &Url, depth: &'static str) -> Result<Option<(Url, Element)>, Stop> {
        let answer = self.send(url, "PROPFIND", depth, PLACE.to_owned())?;
        match answer.status {
            207 => {
                let read = self.read(&answer)?;
                Ok(Some((answer.url, read)))
            }
            403 => Err(self.asking.away(403)),
            200..=299 | 400 | 404 | 405 | 410 | 501 => Ok(None),
            status => Err(self.asking.away(status)),
        }
    }

    fn send(
        &mut self,
        url: &Url,
        method: &'static str,
        depth: &'static str,
        body: String,
    ) -> Result<Answer, Stop> {
        let question = Question {
            method,
            headers: vec![("depth", depth), ("accept", "application/xml, text/xml")],
            body,
        };
        self.asking.ask(url, &question)
    }

    fn read(&self, answer: &Answer) -> Result<Element, Stop> {
        let read = parse(&answer.body);
        let read = read.map_err(|reason| self.asking.refused(reason))?;
        match read.is(Of::Dav, "multistatus") || read.is(Of::Dav, "error") {
            true => Ok(read),
            false => Err(self
                .asking
                .refused("answers with something else than WebDAV; check url")),
        }
    }

    /// The calendar's token as it is now, where the server has them.
    pub(super) fn token(&mut self, calendar: &Url) -> Result<Option<String>, Stop> {
        let Some((_, answer)) = self.about(calendar, "0")? else {
            return Err(self.asking.away(404));
        };
        let token = responses(&answer).find_map(|one| one.text(Of::Dav, "sync-token"));
        Ok(token.map(str::to_owned))
    }

    /// What changed since a token; nothing where the server knows it no more.
    pub(super) fn since(&mut self, calendar: &Url, token: &str) -> Result<Option<Changes>, Stop> {
        let mut changes = Changes {
            token: Some(token.to_owned()),
            ..Changes::default()
        };
        for _ in 0..MOST_PARTS {
            let token = changes.token.as_deref().unwrap_or_default();
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><d:sync-collection xmlns:d=\"DAV:\">\
                 <d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level>\
                 <d:prop><d:getetag/></d:prop></d:sync-collection>",
                escaped(token)
            );
            let answer = self.send(calendar, "REPORT", "0", body)?;
            match answer.status {
                207 => {}
                // The calendar itself went, or the right to see it.
                404 | 410 => return Err(self.asking.away(answer.status)),
                403 if !self.is_about_token(&answer) => return Err(self.asking.away(403)),
                _ => return Ok(None),
            }
            let read = self.read(&answer)?;
            let next = read.child(Of::Dav, "sync-token").map(Element::text);
            let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
            let mut goes_on = false;
            for response in responses(&read) {
                let url = self.asking.own(&answer.url, response.href)?;
                if is_same(&url, calendar) {
                    // There is more than fits into one answer.
                    goes_on |= response.status == 507;
                } else if response.status == 404 || response.status == 410 {
                    changes.gone.push(url);
                } else if response.status < 300 && !url.path().ends_with('/') {
                    let etag = response.text(Of::Dav, "getetag").unwrap_or_default();
                    let etag = etag.to_owned();
                    changes.there.push(Change { url, etag });
                }
            }
            if next.is_none() || (goes_on && next == changes.token) {
                return Ok(None);
            }
            changes.token = next;
            if !goes_on {
                return Ok(Some(changes));
            }
        }
        Ok(None)
    }

    /// Whether a refusal is about the token and not about us.
    fn is_about_token(&self, answer: &Answer) -> bool {
        parse(&answer.body).is_ok_and(|read| {
            read.holds(Of::Dav, "valid-sync-token")
                || read.holds(Of::Dav, "number-of-matches-within-limits")
        })
    }

    /// Every meeting and series that has an occurrence from then on.
    pub(super) fn all(&mut self, calendar: &Url, from: Millis) -> Result<Vec<Change>, Stop> {
        let start: String = to_rfc3339(from)
            .chars()
            .filter(|letter| !matches!(letter, '-' | ':'))
            .collect();
        let start = start.split(['.', 'Z']).next().unwrap_or_default();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><c:calendar-query xmlns:d=\"DAV:\" \
             xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop><d:getetag/></d:prop><c:filter>\
             <c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\">\
             <c:time-range start=\"{start}Z\"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
        );
        let answer = self.send(calendar, "REPORT", "1", body)?;
        if answer.status != 207 {
            return Err(self.asking.away(answer.status));
        }
        let read = self.read(&answer)?;
        let mut found = Vec::new();
        for response in responses(&read) {
            let url = self.asking.own(&answer.url, response.href)?;
            if is_same(&url, calendar) && response.status == 507 {
                let reason = "holds more meetings than it lists; set from";
                return Err(self.asking.failed(reason, false));
            }
            if response.status < 300 && !is_same(&url, calendar) {
                let etag = response.text(Of::Dav, "getetag").unwrap_or_default();
                found.push(Change {
                    etag: etag.to_owned(),
                    url,
                });
            }
        }
        Ok(found)
    }

    /// These resources.
    pub(super) fn resources(
        &mut self,
        calendar: &Url,
        wanted: &[Change],
    ) -> Result<Vec<Resource>, Stop> {
        let hrefs: String = wanted
            .iter()
            .map(|one| format!("<d:href>{}</d:href>", escaped(one.url.path())))
            .collect();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><c:calendar-multiget xmlns:d=\"DAV:\" \
             xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop><d:getetag/><c:calendar-data/></d:prop>\
             {hrefs}</c:calendar-multiget>"
        );
        let answer = self.send(calendar, "REPORT", "1", body)?;
        if answer.status != 207 {
            return Err(self.asking.away(answer.status));
        }
        let read = self.read(&answer)?;
        let mut found = Vec::new();
        for response in responses(&read) {
            let url = self.asking.own(&answer.url, response.href)?;
            let text = response.text(Of::CalDav, "calendar-data");
            let is_gone = matches!(response.status, 404 | 410);
            // What was not asked for, or is refused, says nothing.
            if !wanted.iter().any(|one| is_same(&one.url, &url)) || (text.is_none() && !is_gone) {
                continue;
            }
            found.push(Resource {
                etag: response
                    .text(Of::Dav, "getetag")
                    .unwrap_or_default()
                    .to_owned(),
                text: text.map(str::to_owned),
                url,
            });
        }
        Ok(found)
    }
}

impl Calendar {
    fn is_called(&self, name: &str) -> bool {
        if !name.starts_with('/') {
            return self.name == name.trim();
        }
        let path = percent_decode_str(self.url.path()).decode_utf8_lossy();
        let name = percent_decode_str(name).decode_utf8_lossy();
        path.trim_end_matches('/') == name.trim_end_matches('/')
    }
}

/// Servers write addresses with and without the slash at their end, and letters in more than one way.
pub(super) fn is_same(one: &Url, other: &Url) -> bool {
    named(one) == named(other)
}

/// An address as it is compared.
pub(super) fn named(url: &Url) -> String {
    let path = percent_decode_str(url.path()).decode_utf8_lossy();
    path.trim_end_matches('/').to_owned()
}
