//! What `/reviews/import` is asked and what it shows: a form's fields, and a preview in words.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::forms::Form;
use super::understood::of_same;
use crate::jobs::preview::{OF_MEETINGS, Planned, Preview, Seen, Somebody, Way, said_as};
use crate::jobs::undo::called;
use crate::jobs::upload::Desk;
use crate::model::Millis;
use crate::pages::{Import, UNTITLED};
use crate::sources;
use crate::store::Imported;

/// A meeting that a file may be of, as whoever looks sees it.
pub(super) struct Offered(pub(super) Planned);

impl Offered {
    /// What stands for it in the form: its name, and its hash, since names are numbers of a day and what comes
    /// in moves them.
    pub(super) fn told(&self) -> String {
        format!("{}@{:016x}", self.0.id, self.0.hash)
    }

    /// Whether this stands for it in a form that was made before.
    pub(super) fn is(&self, told: &str) -> bool {
        let hash = told.rsplit_once('@').map(|(_, hash)| hash);
        hash == Some(format!("{:016x}", self.0.hash).as_str())
    }
}

/// What a form says of a file. No `Debug`: it holds names.
#[derive(Default)]
pub(super) struct Asking {
    /// What forms bring along.
    pub(super) form: String,
    /// What the file is asked for by.
    pub(super) ticket: String,
    /// What it is called.
    pub(super) name: String,
    /// What was done a moment ago.
    pub(super) said: &'static str,
    /// What is to be known of a file that was asked for and is not kept.
    pub(super) gone: &'static str,
    /// Why nobody can tell what it would come to.
    pub(super) wrong: String,
    /// What should make somebody look twice.
    pub(super) doubts: Vec<String>,
    pub(super) kind: String,
    pub(super) source: String,
    /// The meeting that it is of without any choice, in words; empty: one of its own.
    pub(super) own: String,
    /// The meeting that was chosen; empty: as the file says. Nothing before somebody chose.
    pub(super) meeting: Option<String>,
    /// Parameters of kinds, by their names.
    pub(super) given: Vec<(&'static str, String)>,
    /// Names of the file, with whose they are; nothing for no person.
    pub(super) people: Vec<(String, String)>,
    /// Earlier imports of the same that stood when the form was made.
    pub(super) stood: BTreeSet<String>,
    /// Those of them that this one takes the place of.
    pub(super) replaces: BTreeSet<String>,
}

/// Meetings that a file calls off, which are shown one by one.
const MOST_CALLED_OFF: usize = 60;

/// What stands for the meeting while nobody chose one.
const FIND_OUT: &str = "find-out";

/// Parameters that lists of attendance take; `called` is the meeting's name as somebody types it.
const OF_LISTS: [&str; 7] = [
    "called",
    "writeup",
    "start",
    "end",
    "timezone",
    "date_order",
    "rooms",
];
const OF_TRANSCRIPTS: [&str; 5] = ["called", "writeup", "start", "timezone", "facilitator"];
const OF_CALENDARS: [&str; 1] = ["writeup"];

/// The parameters of a kind that the form has fields for.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "icalendar" => &OF_CALENDARS,
        "transcript" => &OF_TRANSCRIPTS,
        _ => &OF_LISTS,
    }
}

impl Asking {
    /// What a form asks.
    pub(super) fn of(form: &Form, ticket: String) -> Self {
        let names = OF_LISTS.iter().chain(&["facilitator"]);
        let given = names.map(|name| (*name, form.get(name).to_owned()));
        let text = |name: String| form.get(&name).to_owned();
        let numbers = form
            .all()
            .filter_map(|(name, _)| name.strip_prefix("name-"));
        let people = numbers.filter_map(|number| {
            let (name, address) = (text(format!("name-{number}")), text(format!("is-{number}")));
            let is_nobody = form.get(&format!("nobody-{number}")) == "true";
            match (is_nobody, address.is_empty()) {
                (true, _) => Some((name, String::new())),
                (false, false) => Some((name, address)),
                (false, true) => None,
            }
        });
        let named = |field: &str| -> BTreeSet<String> {
            let own = form.all().filter(|(name, _)| *name == field);
            own.map(|(_, value)| value.to_owned()).collect()
        };
        Asking {
            form: form.get("form").to_owned(),
            ticket,
            kind: form.get("kind").to_owned(),
            source: form.get("source").to_owned(),
            meeting: Some(form.get("meeting"))
                .filter(|meeting| form.has("meeting") && *meeting != FIND_OUT)
                .map(str::to_owned),
            given: given.filter(|(_, value)| !value.is_empty()).collect(),
            people: people.filter(|(name, _)| !name.is_empty()).collect(),
            stood: named("stood"),
            replaces: named("replaces"),
            ..Asking::default()
        }
    }

    /// The parameters of a kind that were given.
    pub(super) fn params(&self, kind: &str) -> Vec<(String, toml::Value)> {
        let own = self
            .given
            .iter()
            .filter(|(name, _)| fields(kind).contains(name));
        let mut params: Vec<(String, toml::Value)> = own
            .map(|(name, value)| match *name {
                "called" => ("meeting".to_owned(), value.as_str().into()),
                "rooms" | "facilitator" => {
                    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
                    let lines: Vec<toml::Value> = lines.map(Into::into).collect();
                    ((*name).to_owned(), lines.into())
                }
                name => (name.to_owned(), value.as_str().into()),
            })
            .collect();
        if fields(kind).len() == OF_LISTS.len() && !self.people.is_empty() {
            let people = self.people.iter();
            let people: toml::Table = people
                .map(|(name, address)| (name.clone(), address.as_str().into()))
                .collect();
            params.push(("people".to_owned(), people.into()));
        }
        params
    }

    /// Whose a name was said to be.
    fn matched(&self, name: &str) -> Option<&str> {
        let mut people = self.people.iter();
        let found = people.find(|(known, _)| folded(known) == folded(name));
        found.map(|(_, address)| address.as_str())
    }
}

/// What was said of names, in fields that are numbered from here on.
fn said(people: &[(String, String)], number: u32) -> Vec<Value> {
    let each = people.iter().zip(number + 1..);
    let each = each
        .map(|((name, address), number)| json!({ "number": number, "name": name, "is": address }));
    each.collect()
}

/// A name as it is compared.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The page: what was asked, what a file would come to, the imports that there were, and the meetings that
/// it may be of.
pub(super) fn view(
    desk: &Desk,
    asking: &Asking,
    seen: Option<&Preview>,
    (imports, meetings): (&[Imported], &[Offered]),
) -> Import {
    let kinds = OF_MEETINGS.iter().filter_map(|name| sources::find(name));
    let kinds = kinds.map(|kind| json!({ "name": kind.name, "summary": kind.summary }));
    let is_of_meetings = |kind: &str| OF_MEETINGS.contains(&kind);
    let sources = desk.sources().filter(|(_, kind)| is_of_meetings(kind));
    let offered = meetings.iter().map(|one| {
        let value = one.told();
        let title = one.0.title.as_deref().unwrap_or(UNTITLED);
        json!({
            "chosen": asking.meeting.as_deref() == Some(value.as_str()),
            "value": value,
            "words": format!("{}: {title}", when(desk, one.0.at, None)),
        })
    });
    let given = OF_LISTS.iter().chain(&["facilitator"]);
    let given = given.map(|name| {
        let mut own = asking.given.iter().filter(|(known, _)| known == name);
        let value = own.next().map_or("", |(_, value)| value.as_str());
        ((*name).to_owned(), value.into())
    });
    let given: serde_json::Map<String, Value> = given.collect();
    Import {
        form: asking.form.clone(),
        said: asking.said,
        gone: asking.gone,
        kinds: kinds.collect(),
        sources: sources.map(|(id, _)| id.to_owned()).collect(),
        imports: imports.iter().map(|one| import(desk, one)).collect(),
        file: (!asking.ticket.is_empty()).then(|| {
            json!({
                "ticket": asking.ticket,
                "name": asking.name,
                "wrong": asking.wrong,
                "doubts": asking.doubts,
                "said": match seen {
                    Some(_) => Vec::new(),
                    None => said(&asking.people, 0),
                },
                "kind": asking.kind,
                "own": match (asking.own.as_str(), asking.kind.as_str()) {
                    ("", "transcript") => "the one whose name is typed below",
                    ("", _) => "a meeting of its own, as the file says",
                    (own, _) => own,
                },
                "source": asking.source,
                "given": given,
                "fields": fields(&asking.kind),
                "zone": desk.timezone().name(),
                "meetings": offered.collect::<Vec<_>>(),
                "seen": seen.map(|seen| preview(desk, asking, (seen, imports))),
            })
        }),
    }
}

fn import(desk: &Desk, one: &Imported) -> Value {
    let (first, last) = (desk.date(one.first_at), desk.date(one.last_at));
    json!({
        "name": called(one.import),
        "at": desk.clock(one.imported_at).format("%-d %b %Y, %H:%M").to_string(),
        "kind": one.reader,
        "source": one.source,
        "events": one.events,
        "meetings": one.meetings,
        "stands": one.standing > 0 && one.superseded_by == 0,
        "days": if first == last { first } else { format!("{first} to {last}") },
    })
}

/// When something is, on the organisation's clocks.
pub(super) fn when(desk: &Desk, at: Millis, length_ms: Option<u64>) -> String {
    let clock = desk.clock(at);
    let mut words = clock.format("%a %-d %b %Y, %H:%M").to_string();
    if let Some(length) = length_ms.and_then(|length| i64::try_from(length).ok()) {
        let end = desk.clock(at.saturating_add(length));
        words += &match end.date() == clock.date() {
            true => end.format(" to %H:%M").to_string(),
            false => end.format(" to %-d %b %Y, %H:%M").to_string(),
        };
    }
    words
}

fn preview(desk: &Desk, asking: &Asking, (seen, imports): (&Preview, &[Imported])) -> Value {
    let mut number = 0_u32;
    let own: Vec<u64> = seen.meetings.iter().map(|one| one.hash).collect();
    let stood = of_same(&asking.kind, seen, imports);
    let stood: Vec<&Imported> = stood.collect();
    let earlier = stood.iter().filter(|one| one.reader == asking.kind);
    // What it told of other meetings would go as well.
    let is_whole = |one: &Imported| {
        one.meetings as usize == one.hashes.len()
            && one.hashes.iter().all(|hash| own.contains(hash))
    };
    let earlier: Vec<(&Imported, bool)> = earlier.map(|one| (*one, is_whole(one))).collect();
    let is_list = fields(&asking.kind).len() == OF_LISTS.len();
    let meetings: Vec<Value> = seen
        .meetings
        .iter()
        .map(|one| {
            let gone = earlier.iter().filter(|(_, is_whole)| *is_whole);
            let gone: Vec<&Imported> = gone.map(|(one, _)| *one).collect();
            let mut told = meeting(desk, asking, (one, is_list), &mut number);
            told["told_by"] = json!(added_to(one, &gone).collect::<Vec<_>>());
            told
        })
        .collect();
    // What was said of names that stand in no row has to be said again with each form: they are nobody, or
    // the same person as another row.
    let asked = seen.meetings.iter().flat_map(|one| &one.people);
    let asked: Vec<String> = asked.map(|one| folded(&one.name)).collect();
    let others = asking
        .people
        .iter()
        .filter(|(name, _)| !asked.contains(&folded(name)));
    let others: Vec<(String, String)> = others.cloned().collect();
    let others = said(&others, number);
    let earlier = earlier.iter().map(|(one, is_whole)| {
        let mut told = import(desk, one);
        // What somebody said of it before stays said.
        let name = called(one.import);
        told["chosen"] = json!(match asking.stood.contains(&name) {
            true => asking.replaces.contains(&name),
            false => *is_whole,
        });
        told
    });
    let people: usize = seen
        .meetings
        .iter()
        .map(|one| one.people.len() + one.more_people)
        .sum();
    let called_off = seen.taken_back.iter().rev().take(MOST_CALLED_OFF);
    json!({
        "meetings": meetings,
        "more_meetings": seen.more_meetings,
        "more_events": seen.more_events,
        "people": people,
        "others": seen.others,
        "left_out": seen.left_out.iter().map(|one| {
            json!({ "reason": one.reason, "name": one.name, "times": one.times })
        }).collect::<Vec<_>>(),
        "said": others,
        "problems": seen.problems.iter().map(|one| {
            json!({ "place": one.place, "field": one.field, "reason": said_as(Way::Page, &one.reason) })
        }).collect::<Vec<_>>(),
        "rejected": seen.rejected,
        "notes": seen.notes.iter().map(|note| said_as(Way::Page, note)).collect::<Vec<_>>(),
        "stood": stood.iter().map(|one| called(one.import)).collect::<Vec<_>>(),
        "earlier": earlier.collect::<Vec<_>>(),
        "taken_back": called_off.map(|(at, n)| {
            json!({ "when": when(desk, *at, None), "invitations": n })
        }).collect::<Vec<_>>(),
        "more_taken_back": seen.taken_back.len().saturating_sub(MOST_CALLED_OFF),
        "empty": seen.meetings.is_empty() && seen.taken_back.is_empty(),
    })
}

fn meeting(desk: &Desk, asking: &Asking, (one, is_list): (&Seen, bool), number: &mut u32) -> Value {
    let people: Vec<Value> = one
        .people
        .iter()
        .map(|person| {
            *number += 1;
            somebody((desk, asking), person, is_list, *number)
        })
        .collect();
    let writeup = one.writeup.as_ref();
    // As A1 counts them.
    let least = desk.min_present_ms();
    let counts = |person: &&Somebody| {
        person.came == Some(true) && person.present_ms.is_none_or(|ms| ms >= least)
    };
    let came = one.people.iter().filter(counts).count();
    json!({
        "when": when(desk, one.at, one.length_ms),
        "about": one.about,
        "writeup": writeup.map(|writeup| writeup.title.as_ref().unwrap_or(&writeup.id)),
        "subject": one.subject,
        "people": people,
        "came": came,
        "more_people": one.more_people,
        "invited_besides": one.invited_besides,
        "spoke": one.spoken.as_ref().and_then(|spoken| {
            Some(spoken.spoke? + spoken.facilitators_spoke.unwrap_or(0))
        }),
    })
}

/// Sources that told before who came to a meeting, and to whose word that of a file would be added: none where
/// the file does not say who came, nor where all that a source told goes with imports whose place it takes.
fn added_to<'s>(one: &'s Seen, gone: &[&Imported]) -> impl Iterator<Item = Value> + use<'s> {
    let says_who_came = one.people.iter().any(|person| person.came.is_some());
    let goes = |source: &str| -> u64 {
        let own = gone.iter().filter(|import| import.source == source);
        let own = own.filter(|import| import.hashes.contains(&one.hash));
        own.map(|import| import.standing).sum()
    };
    let stays: Vec<&(String, u64)> = one
        .told_by
        .iter()
        .filter(|(source, presences)| says_who_came && *presences > goes(source))
        .collect();
    let stays = stays.into_iter();
    stays.map(|(source, n)| json!({ "source": source, "presences": n }))
}

fn somebody((desk, asking): (&Desk, &Asking), one: &Somebody, is_list: bool, number: u32) -> Value {
    let minutes = one.present_ms.map(|ms| ms / 60_000);
    let matched = asking.matched(&one.name);
    let is_short = one
        .present_ms
        .is_some_and(|ms| ms > 0 && ms < desk.min_present_ms());
    let came = match (one.came, minutes) {
        (Some(true), Some(minutes)) if is_short => format!("{minutes} minutes, too short to count"),
        (Some(true), Some(1)) => "1 minute".to_owned(),
        (Some(true), Some(minutes)) => format!("{minutes} minutes"),
        (Some(true), None) => "came".to_owned(),
        (Some(false), _) => "did not come".to_owned(),
        (None, _) => "invited".to_owned(),
    };
    let asks = is_list && !one.name.is_empty() && (!one.has_address() || matched.is_some());
    let role = one.role.as_ref().map(|role| match one.role_stated {
        true => role.clone(),
        false => format!("{role}, not stated"),
    });
    json!({
        "number": number,
        "name": one.name,
        "known_as": one.known_as,
        "came": came,
        "role": role,
        "answer": one.answer,
        "via": one.via,
        "invited": match (one.came, one.is_invited) {
            (Some(_), Some(true)) => "was invited",
            (Some(_), Some(false)) => "was not invited",
            _ => "",
        },
        // Only names that the list itself shows can be matched.
        "asks": asks,
        "is": matched.unwrap_or_default(),
        "may_be": one.may_be,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A meeting of whom a file says that somebody came, or was invited alone, and two sources told before.
    fn seen(came: Option<bool>) -> Seen {
        let person = Somebody {
            name: "a".to_owned(),
            known_as: None,
            role: None,
            answer: None,
            role_stated: true,
            via: None,
            came,
            present_ms: None,
            is_invited: None,
            may_be: Vec::new(),
        };
        Seen {
            hash: 7,
            named: None,
            at: 0,
            length_ms: None,
            subject: String::new(),
            writeup: None,
            about: None,
            people: vec![person],
            more_people: 0,
            invited_besides: 0,
            told_by: vec![("zoom".to_owned(), 6), ("teams".to_owned(), 4)],
            spoken: None,
        }
    }

    fn import(source: &str, hash: u64, standing: u64) -> Imported {
        Imported {
            import: 1,
            imported_at: 0,
            reader: "zoom".to_owned(),
            source: source.to_owned(),
            events: standing,
            meetings: 1,
            first_at: 0,
            last_at: 0,
            hashes: vec![hash],
            standing,
            superseded_by: 0,
        }
    }

    #[test]
    fn only_what_stays_adds_up() {
        let sources = |one: &Seen, gone: &[Imported]| -> Vec<String> {
            let gone: Vec<&Imported> = gone.iter().collect();
            let told = added_to(one, &gone);
            told.map(|told| told["source"].as_str().unwrap().to_owned())
                .collect()
        };
        let list = seen(Some(true));
        assert_eq!(sources(&list, &[]), ["zoom", "teams"]);
        assert_eq!(sources(&list, &[import("zoom", 7, 6)]), ["teams"]);
        // Some of it came another way, or it is of another meeting.
        assert_eq!(sources(&list, &[import("zoom", 7, 5)]), ["zoom", "teams"]);
        assert_eq!(sources(&list, &[import("zoom", 8, 6)]), ["zoom", "teams"]);
        // A calendar and a transcript tell nobody's presence.
        assert!(sources(&seen(None), &[]).is_empty());
    }
}
