//! What an event of a calendar says, as Graph has it. Only what is asked for is taken out, one by one: an
//! error of a whole decoder would repeat what it met.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::uid;
use crate::model::{Calendar, DAY_MS, Millis, parse_rfc3339, to_rfc3339};
use crate::sources::Setting;
use crate::sources::icalendar::{Invitation, zones};

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Sort {
    /// A meeting that does not recur.
    Single,
    /// One of a series as the series has it.
    Occurrence,
    /// One of a series that was changed.
    Exception,
    /// The series itself, which is no meeting.
    Master,
}

impl Sort {
    /// As an entry of a list says it.
    pub(in crate::sources) fn of(value: &Value) -> Sort {
        match value["type"].as_str() {
            Some("occurrence") => Sort::Occurrence,
            Some("exception") => Sort::Exception,
            Some("seriesMaster") => Sort::Master,
            _ => Sort::Single,
        }
    }
}

/// One occurrence. No `Debug`: it holds addresses.
pub(in crate::sources) struct Event {
    pub(in crate::sources) id: String,
    /// As iCalendar has it, the series' where it recurs.
    pub(in crate::sources) uid: String,
    /// The start that the series gave it.
    original: Option<Millis>,
    pub(in crate::sources) at: Millis,
    pub(in crate::sources) length_ms: Option<u64>,
    pub(in crate::sources) title: String,
    pub(in crate::sources) categories: Vec<String>,
    /// In which a write-up may be named, the most telling first.
    pub(in crate::sources) texts: Vec<String>,
    pub(in crate::sources) invitations: Vec<Invitation>,
    pub(in crate::sources) is_cancelled: bool,
    /// It was not sent to anybody yet.
    pub(in crate::sources) is_draft: bool,
    /// Where it is joined.
    pub(in crate::sources) join_url: Option<String>,
    /// The organiser's name, as it is shown.
    pub(in crate::sources) chair: Option<String>,
    /// It is the organiser's copy: only that knows who answered what.
    pub(in crate::sources) is_own: bool,
}

/// The field that is missing or wrong.
pub(in crate::sources) struct Broken(pub(in crate::sources) &'static str);

impl Event {
    /// Reads an occurrence or a single meeting.
    pub(in crate::sources) fn read(value: &Value, setting: &Setting) -> Result<Event, Broken> {
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        let is_all_day = value["isAllDay"] == true;
        let calendar = Calendar::new(setting.timezone);
        // A whole day is the organisation's, as in iCalendar, whatever zone it is told in.
        let start = time(&value["start"]).ok_or(Broken("start"))?;
        let end = time(&value["end"]);
        let (at, end) = match is_all_day {
            true => {
                let day = |clock: NaiveDateTime| calendar.midnight(clock.date());
                (day(start.0), end.map(|end| day(end.0)))
            }
            false => (start.1, end.map(|end| end.1)),
        };
        let told = text("originalStart");
        let original = parse_rfc3339(told).map(|original| match is_all_day {
            // Midnight, told in this zone or that: the nearest day.
            true => chrono::DateTime::from_timestamp_millis(original + DAY_MS / 2)
                .map_or(original, |noon| calendar.midnight(noon.date_naive())),
            false => original,
        });
        let original = match Sort::of(value) {
            Sort::Occurrence => Some(original.unwrap_or(at)),
            Sort::Exception => Some(original.ok_or(Broken("originalStart"))?),
            Sort::Single | Sort::Master => None,
        };
        let uid = match (text("uid"), text("iCalUId")) {
            ("", "") => return Err(Broken("iCalUId")),
            ("", other) | (other, _) => uid::of_series(other),
        };
        let categories = value["categories"].as_array().into_iter().flatten();
        let length = end.and_then(|end| u64::try_from(end - at).ok());
        Ok(Event {
            id: text("id").to_owned(),
            uid,
            original,
            at,
            length_ms: length.filter(|length| *length > 0),
            title: text("subject").to_owned(),
            categories: categories
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            texts: texts(value),
            is_own: value["isOrganizer"] == true,
            invitations: invitations(value),
            is_draft: value["isDraft"] == true,
            join_url: filled(&value["onlineMeeting"]["joinUrl"]),
            chair: filled(&value["organizer"]["emailAddress"]["name"]),
            is_cancelled: value["isCancelled"] == true,
        })
    }

    /// The id of the meeting, the same that iCalendar gives it.
    pub(in crate::sources) fn meeting(&self) -> String {
        match self.original {
            Some(original) => format!("{}/{}", self.uid, to_rfc3339(original)),
            None => self.uid.clone(),
        }
    }
}

fn filled(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::trim);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A local time and its instant.
fn time(value: &Value) -> Option<(NaiveDateTime, Millis)> {
    let text = value["dateTime"].as_str()?;
    if let Some(at) = parse_rfc3339(text) {
        return Some((text.get(..19)?.parse().ok()?, at));
    }
    let clock: NaiveDateTime = text.parse().ok()?;
    let zone = value["timeZone"].as_str().unwrap_or("UTC");
    let at = match zone {
        "UTC" | "" => clock.and_utc().timestamp_millis(),
        other => zones::instant(other, clock)?,
    };
    Some((clock, at))
}

/// Title, text and places, in this order. Addresses that Outlook had led through its own guard are told as
/// they were written, too.
pub(in crate::sources) fn texts(value: &Value) -> Vec<String> {
    let places = value["locations"].as_array().into_iter().flatten();
    let places = places.chain([&value["location"]]);
    let places = places.flat_map(|place| [&place["displayName"], &place["locationUri"]]);
    let all = [&value["subject"], &value["body"]["content"]];
    let all = all.into_iter().chain(places).filter_map(Value::as_str);
    let mut texts: Vec<String> = Vec::new();
    for text in all.filter(|text| !text.is_empty()) {
        let guarded = unguarded(text);
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
        texts.extend(guarded);
    }
    texts
}

/// What stands behind the links of Safe Links, which keep the address in `url`.
fn unguarded(text: &str) -> Option<String> {
    const GUARD: &str = ".safelinks.protection.outlook.com/";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(GUARD) {
        let rest = text.get(at + GUARD.len()..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"'".contains(c));
        let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let query = query.replace("&amp;", "&");
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let url = pairs.find_map(|(name, value)| (name == "url").then(|| value.into_owned()));
        found.extend(url);
    }
    (!found.is_empty()).then(|| found.join("\n"))
}

/// Everybody who is invited, and the organiser.
///
/// Graph has a type for every attendee, as Exchange writes a ROLE for each into iCalendar: so the role is
/// stated, also where it is `required`, which Outlook fills in for whoever is put on its first line. Of
/// the organiser the type says nothing.
fn invitations(value: &Value) -> Vec<Invitation> {
    let organizer = &value["organizer"]["emailAddress"];
    let chair = organizer["address"].as_str().unwrap_or_default();
    let is_own = value["isOrganizer"] == true;
    let attendees = value["attendees"].as_array().into_iter().flatten();
    let mut all: Vec<Invitation> = attendees
        .map(|attendee| {
            let mut one = of_address(&attendee["emailAddress"]);
            let is_chair = !chair.is_empty() && one.address.eq_ignore_ascii_case(chair);
            let (role, cutype) = match attendee["type"].as_str() {
                Some("resource") => (None, Some("RESOURCE")),
                _ if is_chair => (None, None),
                Some("optional") => (Some("OPT-PARTICIPANT"), None),
                Some("required") => (Some("REQ-PARTICIPANT"), None),
                _ => (None, None),
            };
            one.role = role.map(str::to_owned);
            one.cutype = cutype.map(str::to_owned);
            one.partstat = answer(&attendee["status"], is_own).map(str::to_owned);
            one
        })
        .collect();
    if !chair.is_empty() || organizer["name"].is_string() {
        all.push(Invitation {
            organizer: true,
            ..of_address(organizer)
        });
    }
    all
}

fn of_address(value: &Value) -> Invitation {
    let text = |name: &str| value[name].as_str().unwrap_or_default().trim().to_owned();
    Invitation {
        address: text("address"),
        name: Some(text("name")).filter(|name| !name.is_empty()),
        ..Invitation::default()
    }
}

/// What somebody answered. In an attendee's copy nobody else's answer is told, so `none` says nothing there.
fn answer(status: &Value, is_own: bool) -> Option<&'static str> {
    match status["response"].as_str()? {
        "accepted" | "organizer" => Some("ACCEPTED"),
        "tentativelyAccepted" => Some("TENTATIVE"),
        "declined" => Some("DECLINED"),
        "notResponded" => Some("NEEDS-ACTION"),
        "none" if is_own => Some("NEEDS-ACTION"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Vocabulary;

    fn read(value: &Value) -> Result<Event, &'static str> {
        let setting = Setting {
            source: "reviews".to_owned(),
            timezone: chrono_tz::Europe::Berlin,
            writeups: Vec::new(),
            vocabulary: Vocabulary::default(),
        };
        Event::read(value, &setting).map_err(|Broken(field)| field)
    }

    fn told(time: &Value) -> Option<Millis> {
        let event = json!({ "iCalUId": "u", "start": time });
        read(&event).ok().map(|event| event.at)
    }

    #[test]
    fn times_are_read_in_whatever_zone_they_are_told() {
        let summer = parse_rfc3339("2026-06-15T08:00:00Z");
        for (clock, zone) in [
            ("2026-06-15T08:00:00.0000000", "UTC"),
            ("2026-06-15T10:00:00.0000000", "W. Europe Standard Time"),
            ("2026-06-15T10:00:00", "Europe/Berlin"),
            ("2026-06-15T08:00:00Z", "tzone://Microsoft/Custom"),
        ] {
            assert_eq!(
                told(&json!({ "dateTime": clock, "timeZone": zone })),
                summer
            );
        }
        for (clock, zone) in [
            ("2026-06-15T10:00:00", "tzone://Microsoft/Custom"),
            ("soon", "UTC"),
        ] {
            assert_eq!(told(&json!({ "dateTime": clock, "timeZone": zone })), None);
        }
    }

    #[test]
    fn whole_days_are_the_organisation_s() {
        let day = |original: &str| {
            let event = json!({ "iCalUId": "u", "type": "occurrence", "isAllDay": true,
                "start": { "dateTime": "2026-06-15T00:00:00.0000000", "timeZone": "UTC" },
                "end": { "dateTime": "2026-06-16T00:00:00.0000000", "timeZone": "UTC" },
                "originalStart": original });
            read(&event).map(|event| (event.meeting(), event.length_ms))
        };
        let expected = Ok(("u/2026-06-14T22:00:00Z".to_owned(), Some(86_400_000)));
        for original in ["2026-06-15T00:00:00Z", "2026-06-14T22:00:00Z", ""] {
            assert_eq!(day(original), expected, "{original}");
        }
    }

    #[test]
    fn a_changed_occurrence_has_to_say_which_it_is() {
        let start = json!({ "dateTime": "2026-06-15T08:00:00", "timeZone": "UTC" });
        let mut event = json!({ "iCalUId": "u", "type": "exception", "start": start });
        assert_eq!(read(&event).err(), Some("originalStart"));
        event["originalStart"] = json!("2026-06-14T08:00:00Z");
        assert_eq!(
            read(&event).map(|event| event.meeting()).ok().as_deref(),
            Some("u/2026-06-14T08:00:00Z")
        );
        event["iCalUId"] = json!("");
        assert_eq!(read(&event).err(), Some("iCalUId"));
        assert_eq!(read(&json!({ "iCalUId": "u" })).err(), Some("start"));
    }

    #[test]
    fn guarded_links_are_told_as_they_were_written() {
        let text = "see <https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwiki.example.org%2Fa\
                    &amp;data=05%7C01> and https://nam02.safelinks.protection.outlook.com/ap/w-59584e83/?url=\
                    https%3A%2F%2Fwiki.example.org%2Fb&data=x";
        let expected = "https://wiki.example.org/a\nhttps://wiki.example.org/b";
        assert_eq!(unguarded(text).as_deref(), Some(expected));
        assert_eq!(unguarded("https://wiki.example.org/a"), None);
    }
}
