//! An event of Google Calendar, as version 3 of its API states it: JSON in, typed values out, pure. Names of
//! people are not even asked for.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use serde_json::Value;

use super::led;
use crate::model::{Calendar, Millis, SENSIBLE, Vocabulary, parse_rfc3339};
use crate::sources::forge::instant;
use crate::sources::icalendar::Invitation;
use crate::sources::icalendar::reading::Stated;
use crate::sources::wiki;

/// What a token has to be for.
pub(in crate::sources) const SCOPE: &str =
    "https://www.googleapis.com/auth/calendar.events.readonly";

/// What is asked of events.
pub(in crate::sources) const ITEMS: &str = "items(id,status,iCalUID,recurringEventId,originalStartTime,start,end,\
     endTimeUnspecified,updated,sequence,eventType,summary,description,location,attachments(fileUrl),\
     organizer(email,self),attendeesOmitted,guestsCanSeeOtherGuests,attendees(email,organizer,resource,optional,\
     responseStatus,additionalGuests),conferenceData(conferenceId,notes,entryPoints(uri)),hangoutLink)";

/// Rooms and what else is booked.
const RESOURCES: &str = "@resource.calendar.google.com";

/// Calendars that have an address of their own, and whoever Google does not know.
const CALENDARS: &str = "calendar.google.com";

/// The zones that days are read in.
#[derive(Clone, Copy)]
pub(in crate::sources) struct Zones {
    /// Of the calendar.
    pub(in crate::sources) calendar: Tz,
    /// Of the organisation, in which iCalendar's days are read.
    pub(in crate::sources) organisation: Tz,
}

/// One item of a list.
pub(in crate::sources) struct Item {
    pub(in crate::sources) id: String,
    /// The series that it is of.
    pub(in crate::sources) series: Option<String>,
    pub(in crate::sources) state: State,
}

/// What became of it.
pub(in crate::sources) enum State {
    /// It is cancelled, or deleted; what else was known of it may not be told any more.
    Gone,
    /// It is no meeting: somebody's hours, place of work or birthday.
    Other,
    /// It can't be read, for this field.
    Broken(&'static str),
    /// It takes place.
    There(Box<Meeting>),
}

/// An event that is a meeting. No `Debug`: it holds addresses.
pub(in crate::sources) struct Meeting {
    uid: String,
    original: Option<Millis>,
    pub(in crate::sources) at: Millis,
    length_ms: Option<u64>,
    sequence: i64,
    stamped: Millis,
    pub(in crate::sources) title: String,
    pub(in crate::sources) texts: Vec<String>,
    invitations: Vec<Invitation>,
    /// Not all who are invited are told.
    pub(in crate::sources) is_partial: bool,
    /// People whom others bring along.
    pub(in crate::sources) guests: u64,
    /// What Google Meet calls the place where it is held.
    pub(in crate::sources) code: Option<String>,
}

impl Meeting {
    /// The same, as a calendar states it.
    pub(in crate::sources) fn stated(&self) -> Stated<'_> {
        Stated {
            uid: &self.uid,
            original: self.original,
            at: self.at,
            length_ms: self.length_ms,
            sequence: self.sequence,
            stamped: self.stamped,
            texts: &self.texts,
            invitations: &self.invitations,
        }
    }

    /// Until when it lasts, as planned.
    pub(in crate::sources) fn until(&self) -> Millis {
        let length = self.length_ms.and_then(|ms| Millis::try_from(ms).ok());
        self.at.saturating_add(length.unwrap_or(0))
    }
}

/// What an item says; nothing where it has no id. `groups` are addresses of groups, in small letters.
pub(in crate::sources) fn item(value: &Value, zones: Zones, groups: &[String]) -> Option<Item> {
    let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
    let state = match (text("status"), text("eventType")) {
        (Some("cancelled"), _) => State::Gone,
        (_, Some("default") | None) => match meeting(value, zones, groups) {
            Ok(meeting) => State::There(Box::new(meeting)),
            Err(field) => State::Broken(field),
        },
        _ => State::Other,
    };
    Some(Item {
        id: text("id")?.to_owned(),
        series: text("recurringEventId").map(str::to_owned),
        state,
    })
}

fn meeting(value: &Value, zones: Zones, groups: &[String]) -> Result<Meeting, &'static str> {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let uid = text("iCalUID").trim();
    let is_one_of = value["recurringEventId"].is_string();
    let at = moment(&value["start"], zones.calendar).ok_or("start")?;
    let end = moment(&value["end"], zones.calendar).filter(|_| value["endTimeUnspecified"] != true);
    let length = end.and_then(|end| u64::try_from(end - at).ok());
    // A day of iCalendar has no zone, and is read in the organisation's: so is what it says of itself here.
    let original = moment(&value["originalStartTime"], zones.organisation);
    if uid.is_empty() {
        return Err("iCalUID");
    }
    if is_one_of && original.is_none() {
        return Err("originalStartTime");
    }
    let attendees = || value["attendees"].as_array().into_iter().flatten();
    let is_hidden = value["guestsCanSeeOtherGuests"] == false && value["organizer"]["self"] != true;
    Ok(Meeting {
        uid: uid.to_owned(),
        original: original.filter(|_| is_one_of),
        at,
        length_ms: length.filter(|length| *length > 0),
        sequence: value["sequence"].as_i64().unwrap_or(0),
        stamped: instant(&value["updated"]).unwrap_or(0),
        title: text("summary").to_owned(),
        texts: texts(value),
        invitations: invitations(uid, value, groups),
        is_partial: value["attendeesOmitted"] == true || is_hidden,
        guests: attendees()
            .filter_map(|one| one["additionalGuests"].as_u64())
            .fold(0, u64::saturating_add),
        code: code(value),
    })
}

/// A time. Its offset counts, whatever zone stands beside it; a day begins in `zone`.
fn moment(value: &Value, zone: Tz) -> Option<Millis> {
    let midnight = |day: &str| {
        let day = day.parse::<NaiveDate>().ok()?;
        Some(Calendar::new(zone).midnight(day))
    };
    let clock = |text: &str| {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        let named = value["timeZone"]
            .as_str()
            .and_then(|name| name.parse().ok());
        let calendar = Calendar::new(named.unwrap_or(zone));
        Some(calendar.instant(local.date(), local.time()))
    };
    let at = match (value["dateTime"].as_str(), value["date"].as_str()) {
        (Some(text), _) => parse_rfc3339(text).or_else(|| clock(text)),
        (None, Some(day)) => midnight(day),
        (None, None) => None,
    };
    at.filter(|at| SENSIBLE.contains(at))
}

/// Title, attachments, what joins it by video, description, place: texts in which a write-up may be named.
fn texts(value: &Value) -> Vec<String> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let all = |list: &Value, name: &str| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|one| one[name].as_str()).map(led).collect()
    };
    let conference = &value["conferenceData"];
    let description = text("description");
    // People write it with links: these lead where the text does not say.
    let links = description.iter().flat_map(|html| {
        let (_, links) = wiki::of_html(html, &Vocabulary::default());
        links.into_iter().map(|link| led(&link))
    });
    let links: Vec<String> = links.collect();
    let mut texts: Vec<String> = text("summary").into_iter().collect();
    texts.extend(all(&value["attachments"], "fileUrl"));
    texts.extend(all(&conference["entryPoints"], "uri"));
    texts.extend(conference["notes"].as_str().map(str::to_owned));
    texts.extend(description);
    texts.extend(links);
    texts.extend(text("location"));
    texts
}

/// Who is invited. Google knows two kinds of guests: those whom somebody marked as optional, which is a
/// statement, and all others, of whom nobody said anything.
fn invitations(uid: &str, value: &Value, groups: &[String]) -> Vec<Invitation> {
    let attendees = value["attendees"].as_array().into_iter().flatten();
    let mut organizer = value["organizer"]["email"].as_str();
    let mut all: Vec<Invitation> = Vec::new();
    for attendee in attendees {
        let address = attendee["email"].as_str().unwrap_or_default().trim();
        let small = address.to_lowercase();
        let is_resource = attendee["resource"] == true || small.ends_with(RESOURCES);
        let is_organizer = attendee["organizer"] == true;
        if is_organizer && !address.is_empty() {
            organizer = Some(address);
        }
        let cutype = match is_resource {
            true => Some("RESOURCE"),
            false if groups.contains(&small) || is_calendar(address) => Some("GROUP"),
            false => None,
        };
        let is_optional = attendee["optional"] == true && !is_organizer;
        let mut invitation = Invitation::to(uid, address);
        invitation.role = is_optional.then(|| "OPT-PARTICIPANT".to_owned());
        invitation.partstat = answer(&attendee["responseStatus"]).map(str::to_owned);
        invitation.cutype = cutype.map(str::to_owned);
        all.push(invitation);
    }
    // A meeting that was made in a calendar of its own is organised by that, which is nobody.
    if let Some(address) = organizer.filter(|address| !is_calendar(address)) {
        let mut invitation = Invitation::to(uid, address);
        invitation.organizer = true;
        all.push(invitation);
    }
    all
}

fn is_calendar(address: &str) -> bool {
    let host = address
        .rsplit_once('@')
        .map(|(_, host)| host.to_lowercase());
    host.is_some_and(|host| host == CALENDARS || host.ends_with(&format!(".{CALENDARS}")))
}

fn answer(value: &Value) -> Option<&'static str> {
    Some(match value.as_str()? {
        "accepted" => "ACCEPTED",
        "declined" => "DECLINED",
        "tentative" => "TENTATIVE",
        _ => "NEEDS-ACTION",
    })
}

/// Meet's name of the place where it is held.
fn code(value: &Value) -> Option<String> {
    let stated = value["conferenceData"]["conferenceId"].as_str();
    let in_link = || {
        let link = value["hangoutLink"].as_str()?;
        let code = link.strip_prefix("https://meet.google.com/")?;
        code.split(['?', '/', '#']).next()
    };
    let code = stated.filter(|code| is_code(code)).or_else(in_link)?;
    is_code(code).then(|| code.to_ascii_lowercase())
}

/// Whether it is a name such as `abc-mnop-xyz`.
pub(in crate::sources) fn is_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let fits = |part: &&str| part.len() >= 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    parts.len() == 3 && parts.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::model::to_rfc3339;

    const ZONES: Zones = Zones {
        calendar: chrono_tz::Asia::Tokyo,
        organisation: chrono_tz::Europe::Berlin,
    };

    fn read(more: Value) -> Result<Box<Meeting>, &'static str> {
        let mut value = json!({ "id": "e", "status": "confirmed", "iCalUID": "u@google.com",
            "start": { "dateTime": "2025-03-04T15:00:00+01:00" }, "end": { "dateTime": "2025-03-04T16:00:00+01:00" } });
        for (name, field) in more.as_object().expect("an object") {
            value[name] = field.clone();
        }
        let groups = ["sre@example.org".to_owned()];
        match item(&value, ZONES, &groups).expect("an id").state {
            State::There(meeting) => Ok(meeting),
            State::Broken(field) => Err(field),
            State::Gone => Err("gone"),
            State::Other => Err("other"),
        }
    }

    #[test]
    fn the_offset_of_a_time_counts_and_days_have_a_zone() {
        let at = |start: Value| {
            let read = read(json!({ "start": start, "end": {} }));
            read.map(|meeting| to_rfc3339(meeting.at))
        };
        for (start, expected) in [
            (
                json!({ "dateTime": "2025-03-04T11:00:00-03:00", "timeZone": "UTC" }),
                "2025-03-04T14:00:00Z",
            ),
            (
                json!({ "dateTime": "2025-03-04T15:00:00", "timeZone": "Europe/Berlin" }),
                "2025-03-04T14:00:00Z",
            ),
            (
                json!({ "dateTime": "2025-03-04T15:00:00" }),
                "2025-03-04T06:00:00Z",
            ),
            (json!({ "date": "2025-03-04" }), "2025-03-03T15:00:00Z"),
        ] {
            assert_eq!(at(start.clone()).as_deref(), Ok(expected), "{start}");
        }
        for start in [
            json!(null),
            json!({}),
            json!({ "dateTime": "soon" }),
            json!({ "date": "9999-01-01" }),
        ] {
            assert_eq!(at(start.clone()).err(), Some("start"), "{start}");
        }
    }

    #[test]
    fn occurrences_are_called_as_in_icalendar() {
        let meeting = |more: Value| read(more).map(|meeting| meeting.stated().meeting());
        assert_eq!(meeting(json!({})).as_deref(), Ok("u@google.com"));
        let moved = json!({ "recurringEventId": "s",
            "originalStartTime": { "dateTime": "2025-03-03T15:00:00+01:00", "timeZone": "Europe/Berlin" } });
        assert_eq!(
            meeting(moved).as_deref(),
            Ok("u@google.com/2025-03-03T14:00:00Z")
        );
        // As a day without a zone is read there.
        let day = json!({ "recurringEventId": "s", "originalStartTime": { "date": "2025-03-04" } });
        assert_eq!(
            meeting(day).as_deref(),
            Ok("u@google.com/2025-03-03T23:00:00Z")
        );
        assert_eq!(
            meeting(json!({ "recurringEventId": "s" })).err(),
            Some("originalStartTime")
        );
        assert_eq!(meeting(json!({ "iCalUID": "" })).err(), Some("iCalUID"));
    }

    #[test]
    fn what_is_no_meeting_is_told_apart() {
        let state = |more: Value| read(more).err();
        assert_eq!(state(json!({ "status": "cancelled" })), Some("gone"));
        for kind in [
            "focusTime",
            "outOfOffice",
            "workingLocation",
            "birthday",
            "fromGmail",
        ] {
            assert_eq!(state(json!({ "eventType": kind })), Some("other"));
        }
        assert_eq!(state(json!({ "eventType": "default" })), None);
        let bare = item(&json!({ "id": "e_1", "status": "cancelled" }), ZONES, &[]);
        assert!(bare.is_some_and(|item| matches!(item.state, State::Gone)));
        assert!(item(&json!({ "status": "confirmed" }), ZONES, &[]).is_none());
    }

    #[test]
    fn guests_have_the_role_that_somebody_stated() {
        let meeting = read(
            json!({ "organizer": { "email": "ada@example.org" }, "attendees": [
            { "email": "ada@example.org", "organizer": true, "optional": true, "responseStatus": "accepted" },
            { "email": "bob@example.org", "responseStatus": "needsAction", "additionalGuests": 2 },
            { "email": "eve@example.org", "optional": true, "responseStatus": "tentative", "additionalGuests": 1 },
            { "email": "c_1@resource.calendar.google.com", "resource": true },
            { "email": "SRE@example.org" }, { "email": "c_2@group.calendar.google.com" } ],
            "guestsCanSeeOtherGuests": false }),
        );
        let meeting = meeting.unwrap_or_else(|field| panic!("{field}"));
        let shown = meeting.invitations.iter().map(|one| {
            let Invitation {
                address,
                role,
                partstat,
                cutype,
                organizer,
                ..
            } = one;
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!(
                "{address} {} {} {} {organizer}",
                text(role),
                text(partstat),
                text(cutype)
            )
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "ada@example.org  ACCEPTED  false",
                "bob@example.org  NEEDS-ACTION  false",
                "eve@example.org OPT-PARTICIPANT TENTATIVE  false",
                "c_1@resource.calendar.google.com   RESOURCE false",
                "SRE@example.org   GROUP false",
                "c_2@group.calendar.google.com   GROUP false",
                "ada@example.org    true",
            ]
        );
        assert_eq!((meeting.guests, meeting.is_partial), (3, true));
        let own = read(
            json!({ "organizer": { "email": "c_3@group.calendar.google.com", "self": true },
            "guestsCanSeeOtherGuests": false }),
        );
        assert!(own.is_ok_and(|own| own.invitations.is_empty() && !own.is_partial));
    }

    #[test]
    fn every_place_for_a_link_is_looked_at() {
        let meeting = read(
            json!({ "summary": "Review", "location": "https://l.example.org/",
            "attachments": [{ "fileUrl": "https://docs.google.com/document/d/1/edit" }, 7],
            "description": "<p>See <a href=\"https://www.google.com/url?q=https://w.example.org/1?a%3Db&amp;sa=D\">it</a>",
            "conferenceData": { "conferenceId": "abc-MNOP-xyz", "notes": "INC-7",
                "entryPoints": [{ "uri": "https://v.example.org/" }] } }),
        );
        let meeting = meeting.unwrap_or_else(|field| panic!("{field}"));
        for text in [
            "Review",
            "https://docs.google.com/document/d/1/edit",
            "https://v.example.org/",
            "INC-7",
            "https://w.example.org/1?a=b",
            "https://l.example.org/",
        ] {
            assert!(meeting.texts.iter().any(|one| one == text), "{text}");
        }
        assert_eq!(meeting.code.as_deref(), Some("abc-mnop-xyz"));
        let code = |more: Value| read(more).ok().and_then(|meeting| meeting.code);
        let link = json!({ "hangoutLink": "https://meet.google.com/abc-mnop-xyz?hs=1",
            "conferenceData": { "conferenceId": "123456789" } });
        assert_eq!(code(link).as_deref(), Some("abc-mnop-xyz"));
        assert_eq!(
            code(json!({ "hangoutLink": "https://zoom.example.org/abc-mnop-xyz" })),
            None
        );
    }

    proptest! {
        #[test]
        fn any_event_is_read(
            text in "[0-9TZ:.+-]{0,26}|[a-z@.<>\"=]{0,20}|2025-0[0-9]-[0-3][0-9]",
            other in "[a-z@-]{0,20}",
        ) {
            let value = json!({ "id": text, "iCalUID": other, "start": { "dateTime": text, "date": text },
                "end": { "date": text }, "originalStartTime": { "dateTime": text, "timeZone": other },
                "description": text, "hangoutLink": other, "attendees": [text, { "email": other }],
                "organizer": other, "recurringEventId": other });
            let _ = item(&value, ZONES, &[other]);
        }
    }
}
