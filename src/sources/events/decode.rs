//! One line of JSON into one event. The fast way fills typed structs that borrow from the line;
//! only when that fails is the line read again, slowly, to say what is wrong ([`super::explain`]).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{DeserializeSeed as _, Deserializer as _, Error as _, SeqAccess, Visitor};

use crate::model::{
    ActsOn, Annotation, Attendance, Body, Comment, Coverage, DatedAlias, Edit, Event, EventKind,
    Granularity, Identity, Link, LinkForm, LinkLabel, LinkRole, Marks, Meeting, MeetingForm,
    Millis, Occurrence, Person, PersonKind, Place, Read, ReadCount, Story, Writeup, parse_rfc3339,
};

use super::explain::explain;
use super::fill::Fill;
use super::wire::{
    AnnotationData, AttendanceData, CommentData, CoverageData, Data, DatedAliasData, EditData,
    Envelope, LinkData, MeetingData, Object, PersonData, ReadCountData, ReadData, StoryData, Text,
    Whole, WriteupData,
};
use super::{assigned, media};

/// The longest line that is read, and the longest event, bytes.
pub const MAX_LINE: usize = 1 << 20;

/// One thing wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field concerned (`time`, `data.scroll`), or empty.
    pub field: String,
    /// What is wrong, with the value, and what would be valid. Never an identity.
    pub reason: String,
}

impl Fault {
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Fault {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

/// Decodes one structured CloudEvent.
///
/// # Errors
/// Everything that is wrong with it, not only the first thing.
pub fn decode(line: &[u8]) -> Result<Event, Vec<Fault>> {
    if line.len() > MAX_LINE {
        let reason = format!("{} bytes long; an event has at most {MAX_LINE}", line.len());
        return Err(vec![Fault::new("", reason)]);
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        let reason = format!("not UTF-8 from byte {} on", error.valid_up_to() + 1);
        vec![Fault::new("", reason)]
    })?;
    quick(text).map_err(|refusal| explain(text, &refusal))
}

/// Why the fast way gave up; the slow way finds the words.
pub(super) enum Refusal {
    /// serde refused it.
    Json(serde_json::Error),
    /// A value is not what the contract allows.
    Value,
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Refusal::Json(error)
    }
}

/// The events of a JSON array in one pass, one after the other. False where anything is wrong with any
/// of them, and then somebody has to look at each, also at those that were taken. Lengths are not
/// looked at: `text` has at most [`MAX_LINE`] bytes.
pub(super) fn decode_all(text: &str, take: &mut dyn FnMut(Event)) -> bool {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_seq(All { take }).is_ok() && json.end().is_ok()
}

struct All<'t> {
    take: &'t mut dyn FnMut(Event),
}

impl<'de> Visitor<'de> for All<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let mut envelope = Envelope::default();
        let mut source = None;
        while array.next_element_seed(Fill(&mut envelope))?.is_some() {
            // The words are found by whoever looks at each.
            let event = understood(&mut envelope, &mut source);
            (self.take)(event.map_err(|_| A::Error::custom("a value"))?);
            envelope = Envelope::default();
        }
        Ok(())
    }
}

fn quick(text: &str) -> Result<Event, Refusal> {
    let mut envelope = Envelope::default();
    let mut json = serde_json::Deserializer::from_str(text);
    Fill(&mut envelope).deserialize(&mut json)?;
    json.end()?;
    understood(&mut envelope, &mut None)
}

/// Takes the data out of the envelope. The events of a batch mostly have one source: the last one is
/// shared by those that follow.
fn understood(envelope: &mut Envelope<'_>, last: &mut Option<Arc<str>>) -> Result<Event, Refusal> {
    let kind = envelope
        .kind
        .as_ref()
        .and_then(|kind| kind_of(&kind.0))
        .ok_or(Refusal::Value)?;
    if envelope
        .specversion
        .as_ref()
        .is_none_or(|version| version.0 != "1.0")
    {
        return Err(Refusal::Value);
    }
    let source = envelope
        .source
        .as_ref()
        .and_then(named)
        .ok_or(Refusal::Value)?;
    let id = envelope.id.as_ref().and_then(named).ok_or(Refusal::Value)?;
    let time = match envelope.time.as_ref().filter(|time| !time.0.is_empty()) {
        Some(time) => parse_rfc3339(&time.0).ok_or(Refusal::Value)?,
        None if needs_time(kind) => return Err(Refusal::Value),
        None => 0,
    };
    let subject = envelope.subject.as_ref().map_or("", |subject| &*subject.0);
    if needs_subject(kind) && subject.trim().is_empty() {
        return Err(Refusal::Value);
    }
    let declared = envelope.datacontenttype.as_ref().and_then(named);
    if declared.is_some_and(|declared| !media::is_json(declared)) {
        return Err(Refusal::Value);
    }
    let packed = envelope.data_base64.as_ref().and_then(named);
    let (version, body) = match (std::mem::take(&mut envelope.data), packed) {
        (Data::Read(wire), None) => (wire.version, Body::Read(read(wire)?)),
        (Data::Raw(data), None) => body(kind, data.get(), subject)?,
        (Data::Absent, None) => body(kind, "null", subject)?,
        (data, Some(packed)) if data.is_absent() => {
            let data = media::unpack(packed).map_err(|_| Refusal::Value)?;
            body(kind, &data, subject)?
        }
        (_, Some(_)) => return Err(Refusal::Value),
    };
    let subject = match &body {
        Body::Person(_) | Body::Coverage(_) | Body::Annotation(_) => String::new(),
        Body::Writeup(writeup) if subject.is_empty() => writeup.id.clone(),
        _ => subject.to_owned(),
    };
    let version = within(version)?.unwrap_or(0);
    let source = match last.take().filter(|last| **last == *source) {
        Some(same) => same,
        None => Arc::from(source),
    };
    *last = Some(Arc::clone(&source));
    Ok(Event {
        source,
        id: id.to_owned(),
        subject,
        time,
        version,
        body,
    })
}

/// The kind that a CloudEvents type names.
pub(super) fn kind_of(text: &str) -> Option<EventKind> {
    EventKind::from_name(text.strip_prefix("org.readback.")?.strip_suffix(".v1")?)
}

/// Whether `time` must be there.
pub(super) fn needs_time(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Writeup | EventKind::Person | EventKind::Coverage | EventKind::Annotation
    )
}

/// Whether `subject` must be there. A review may be about no single write-up.
pub(super) fn needs_subject(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Read
            | EventKind::ReadCount
            | EventKind::Comment
            | EventKind::Edit
            | EventKind::Link
    )
}

fn body(kind: EventKind, data: &str, subject: &str) -> Result<(Option<Whole>, Body), Refusal> {
    Ok(match kind {
        EventKind::Read => {
            let wire: ReadData<'_> = parse(data)?;
            (wire.version, Body::Read(read(wire)?))
        }
        EventKind::ReadCount => {
            let wire: ReadCountData<'_> = parse(data)?;
            (wire.version, Body::ReadCount(read_count(&wire)?))
        }
        EventKind::Attendance => {
            let wire: AttendanceData<'_> = parse(data)?;
            (wire.version, Body::Attendance(Box::new(attendance(wire)?)))
        }
        EventKind::Comment => {
            let wire: CommentData<'_> = parse(data)?;
            (wire.version, Body::Comment(comment(wire)?))
        }
        EventKind::Edit => {
            let wire: EditData<'_> = parse(data)?;
            (wire.version, Body::Edit(edit(wire)?))
        }
        EventKind::Link => {
            let wire: LinkData<'_> = parse(data)?;
            (wire.version, Body::Link(link(wire)?))
        }
        EventKind::Writeup => {
            let wire: WriteupData<'_> = parse(data)?;
            (
                wire.version,
                Body::Writeup(Box::new(writeup(wire, subject)?)),
            )
        }
        EventKind::Person => {
            let wire: PersonData<'_> = parse(data)?;
            (wire.version, Body::Person(Box::new(person(wire, subject)?)))
        }
        EventKind::Coverage => {
            let wire: CoverageData<'_> = parse(data)?;
            (wire.version, Body::Coverage(coverage(wire)?))
        }
        EventKind::Meeting => {
            let wire: MeetingData<'_> = parse(data)?;
            (wire.version, Body::Meeting(meeting(wire)?))
        }
        EventKind::Story => {
            let wire: StoryData = parse(data)?;
            (wire.version, Body::Story(story(wire, subject)?))
        }
        EventKind::Annotation => {
            let wire: AnnotationData<'_> = parse(data)?;
            (wire.version, Body::Annotation(annotation(wire)?))
        }
    })
}

fn parse<'a, T: Deserialize<'a> + Default>(data: &'a str) -> Result<T, Refusal> {
    Ok(serde_json::from_str::<Object<T>>(data)?.0)
}

fn read(wire: ReadData<'_>) -> Result<Read, Refusal> {
    Ok(Read {
        person: who(wire.person)?,
        team: stated(wire.team),
        session: stated(wire.session),
        engaged_ms: wire
            .engaged_s
            .map(millis)
            .transpose()?
            .map(narrow)
            .transpose()?,
        scroll_milli: wire.scroll.map(share).transpose()?,
        bot: wire.bot.unwrap_or(false),
        agent: stated(wire.agent),
        arrival: stated(wire.arrival),
        assigned: wire.assigned.unwrap_or(false),
    })
}

fn read_count(wire: &ReadCountData<'_>) -> Result<ReadCount, Refusal> {
    let granularity = match wire.granularity.as_ref().map(|text| &*text.0) {
        Some("day") => Granularity::Day,
        Some("cumulative") => Granularity::Cumulative,
        _ => return Err(Refusal::Value),
    };
    Ok(ReadCount {
        granularity,
        count: counted(wire.count.ok_or(Refusal::Value)?)?,
        uniques: wire.uniques.map(counted).transpose()?,
    })
}

fn attendance(wire: AttendanceData<'_>) -> Result<Attendance, Refusal> {
    Ok(Attendance {
        meeting: stated(wire.meeting).ok_or(Refusal::Value)?,
        person: who(wire.person)?,
        team: stated(wire.team),
        role: upper(wire.role),
        partstat: upper(wire.partstat),
        role_stated: wire.role_stated.unwrap_or(true),
        via: stated(wire.via),
        meeting_ms: wire.meeting_s.map(millis).transpose()?,
        attended: wire.attended,
        present_ms: wire.present_s.map(millis).transpose()?,
        spoke_ms: wire.spoke_s.map(millis).transpose()?,
        mandatory: wire.mandatory.unwrap_or(false),
        stay: None,
    })
}

fn comment(wire: CommentData<'_>) -> Result<Comment, Refusal> {
    Ok(Comment {
        person: who(wire.person)?,
        team: stated(wire.team),
        parent: stated(wire.parent),
        words: within(wire.words)?,
        deleted_at: instant(wire.deleted_at)?,
    })
}

fn edit(wire: EditData<'_>) -> Result<Edit, Refusal> {
    Ok(Edit {
        person: who(wire.person)?,
        team: stated(wire.team),
        words_added: within(wire.words_added)?,
        words_removed: within(wire.words_removed)?,
        sections: within(wire.sections)?,
        minor: wire.minor.unwrap_or(false),
    })
}

fn link(wire: LinkData<'_>) -> Result<Link, Refusal> {
    let place = wire
        .place
        .as_ref()
        .and_then(|text| Place::from_str(&text.0).ok());
    let role = one_of(wire.role, &LinkRole::ALL, LinkRole::name)?;
    let form = one_of(wire.form, &LinkForm::ALL, LinkForm::name)?;
    let label = one_of(wire.label, &LinkLabel::ALL, LinkLabel::name)?;
    Ok(Link {
        person: who(wire.person)?,
        team: stated(wire.team),
        place: place.ok_or(Refusal::Value)?,
        stands_in: stated(wire.source),
        removed_at: instant(wire.removed_at)?,
        role,
        form,
        label,
    })
}

/// The value of this name; an empty text is none.
fn one_of<T: Copy>(
    given: Option<Text<'_>>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Refusal> {
    let Some(given) = given.filter(|text| !text.0.is_empty()) else {
        return Ok(None);
    };
    let value = all.iter().copied().find(|value| name(*value) == given.0);
    value.map(Some).ok_or(Refusal::Value)
}

fn writeup(wire: WriteupData<'_>, subject: &str) -> Result<Writeup, Refusal> {
    let id = stated(wire.id).unwrap_or_else(|| subject.to_owned());
    if id.is_empty() {
        return Err(Refusal::Value);
    }
    Ok(Writeup {
        id,
        title: stated(wire.title),
        url: stated(wire.url),
        aliases: wire.aliases.unwrap_or_default(),
        published_at: instant(wire.published_at)?,
        deleted_at: instant(wire.deleted_at)?,
        owner_team: stated(wire.owner_team),
        contributors: everybody(wire.contributors)?,
        contributor_teams: wire.contributor_teams.unwrap_or_default(),
        responders: everybody(wire.responders)?,
        words: within(wire.words)?,
        diagrams: within(wire.diagrams)?,
        hyperlinks: within(wire.hyperlinks)?,
        acronyms: within(wire.acronyms)?,
        acronyms_unexplained: within(wire.acronyms_unexplained)?,
        template: stated(wire.template),
        tags: wire.tags.unwrap_or_default(),
        restricted: wire.restricted.unwrap_or(false),
        opened: wire.restricted == Some(false),
        assignments: wire.assignments.map(assigned::decode).transpose()?,
        reviewers: everybody(wire.reviewers)?,
        facilitators: everybody(wire.facilitators)?,
        data_sources: within(wire.data_sources)?,
        quotations: within(wire.quotations)?,
        marks: wire.marks.map_or_else(Marks::default, |marks| Marks {
            surprised: marks.surprised,
            difficult: marks.difficult,
            unclear: marks.unclear,
            several_accounts: marks.several_accounts,
        }),
        merged_into: stated(wire.merged_into),
        dated_aliases: dated(wire.alias_validity)?,
    })
}

fn dated(wire: Option<Vec<DatedAliasData<'_>>>) -> Result<Vec<DatedAlias>, Refusal> {
    let each = wire.unwrap_or_default().into_iter().map(|one| {
        let (from, to) = (instant(one.from)?, instant(one.to)?);
        in_order(from, to)?;
        let alias = stated(one.alias).ok_or(Refusal::Value)?;
        Ok(DatedAlias { alias, from, to })
    });
    each.collect()
}

fn person(wire: PersonData<'_>, subject: &str) -> Result<Person, Refusal> {
    let kind = wire
        .kind
        .as_ref()
        .filter(|text| !text.0.is_empty())
        .map(|text| person_kind(&text.0).ok_or(Refusal::Value));
    let (joined_at, left_at) = (instant(wire.joined_at)?, instant(wire.left_at)?);
    in_order(joined_at, left_at)?;
    let (team_from, team_to) = (instant(wire.team_from)?, instant(wire.team_to)?);
    in_order(team_from, team_to)?;
    Ok(Person {
        person: match who(wire.person)? {
            Some(person) => person,
            None => match Identity::bare(subject) {
                nobody if nobody.value.is_empty() => return Err(Refusal::Value),
                person => person,
            },
        },
        aliases: everybody(wire.aliases)?,
        team: stated(wire.team),
        joined_at,
        left_at,
        kind: kind.transpose()?.unwrap_or_default(),
        team_from,
        team_to,
        apart: everybody(wire.apart)?,
        excluded: wire.excluded,
    })
}

fn coverage(wire: CoverageData<'_>) -> Result<Coverage, Refusal> {
    let kind = wire
        .kind
        .as_ref()
        .and_then(|text| EventKind::from_name(&text.0));
    let from = instant(wire.from)?.ok_or(Refusal::Value)?;
    let to = instant(wire.to)?;
    in_order(Some(from), to)?;
    Ok(Coverage {
        kind: kind.ok_or(Refusal::Value)?,
        scope: stated(wire.scope).ok_or(Refusal::Value)?,
        from,
        to,
    })
}

fn meeting(wire: MeetingData<'_>) -> Result<Meeting, Refusal> {
    Ok(Meeting {
        meeting: Occurrence::Named(stated(wire.meeting).ok_or(Refusal::Value)?),
        spoke: within(wire.spoke)?,
        facilitators_spoke: within(wire.facilitators_spoke)?,
        speaking_ms: wire.speaking_s.map(millis).transpose()?,
        meeting_ms: wire.meeting_s.map(millis).transpose()?,
        accounts: within(wire.accounts)?,
        changes: within(wire.changes)?,
        watched: within(wire.watched)?,
        form: one_of(wire.form, &MeetingForm::ALL, MeetingForm::name)?,
        open: wire.open,
        mandatory: wire.mandatory,
        venue: None,
        rooms: None,
    })
}

fn story(wire: StoryData, subject: &str) -> Result<Story, Refusal> {
    let label = stated(wire.label);
    if subject.trim().is_empty() && label.is_none() {
        return Err(Refusal::Value);
    }
    Ok(Story {
        round: stated(wire.round).ok_or(Refusal::Value)?,
        count: within(wire.count)?.ok_or(Refusal::Value)?,
        label,
    })
}

fn annotation(wire: AnnotationData<'_>) -> Result<Annotation, Refusal> {
    let on = wire.on.and_then(|text| day(&text.0));
    Ok(Annotation {
        on: on.ok_or(Refusal::Value)?,
        text: stated(wire.text).ok_or(Refusal::Value)?,
        acts_on: one_of(wire.acts_on, &ActsOn::ALL, ActsOn::name)?.ok_or(Refusal::Value)?,
        removed: wire.removed.unwrap_or(false),
    })
}

/// A date such as 2026-03-01.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// A time that ends before it begins was mistyped, and nobody knows which of the two.
pub(super) fn in_order(begin: Option<Millis>, end: Option<Millis>) -> Result<(), Refusal> {
    match begin.zip(end) {
        Some((begin, end)) if end < begin => Err(Refusal::Value),
        _ => Ok(()),
    }
}

/// The kind of account with this name.
pub(super) fn person_kind(name: &str) -> Option<PersonKind> {
    PersonKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// The greatest number of seconds that is kept as engaged time: 32 bits of milliseconds.
pub(super) const MAX_ENGAGED_S: f64 = 4_294_967.0;
/// The greatest number of seconds that is kept of anything else: three years. Sums over tens of
/// millions of them fit into 64 bits of milliseconds.
pub(super) const MAX_SECONDS: f64 = 1e8;
/// The greatest count of one page counter's figure. Sums over millions of them fit into 64 bits.
pub(super) const MAX_COUNT: u64 = 1_000_000_000_000;

fn millis(seconds: f64) -> Result<u64, Refusal> {
    match (0.0..=MAX_SECONDS).contains(&seconds) {
        // At most 1e11: exact.
        true => Ok((seconds * 1000.0).round() as u64),
        false => Err(Refusal::Value),
    }
}

fn counted(number: Whole) -> Result<u64, Refusal> {
    match number.0 {
        count if count <= MAX_COUNT => Ok(count),
        _ => Err(Refusal::Value),
    }
}

fn narrow(millis: u64) -> Result<u32, Refusal> {
    u32::try_from(millis).map_err(|_| Refusal::Value)
}

fn share(share: f64) -> Result<u16, Refusal> {
    match (0.0..=1.0).contains(&share) {
        // At most 1000. Cut off, since a depth that was not reached is not reached; the tiny bit
        // is what 0.57 * 1000 lacks of 570.
        true => Ok((share * 1000.0 + 1e-9) as u16),
        false => Err(Refusal::Value),
    }
}

fn within(number: Option<Whole>) -> Result<Option<u32>, Refusal> {
    number
        .map(|number| u32::try_from(number.0).map_err(|_| Refusal::Value))
        .transpose()
}

pub(super) fn instant(text: Option<Text<'_>>) -> Result<Option<Millis>, Refusal> {
    let stated = text.filter(|text| !text.0.is_empty());
    stated
        .map(|text| parse_rfc3339(&text.0).ok_or(Refusal::Value))
        .transpose()
}

/// An empty name would make one person of everybody whose name is missing: refused.
fn who(text: Option<Text<'_>>) -> Result<Option<Identity>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let person = Identity::bare(&text.0);
    match person.value.is_empty() {
        true => Err(Refusal::Value),
        false => Ok(Some(person)),
    }
}

fn everybody(texts: Option<Vec<Text<'_>>>) -> Result<Vec<Identity>, Refusal> {
    let mut people = Vec::new();
    for text in texts.unwrap_or_default() {
        people.extend(who(Some(text))?);
    }
    Ok(people)
}

/// An empty text says as much as an absent one.
pub(super) fn stated(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn upper(text: Option<Text<'_>>) -> Option<String> {
    text.filter(|text| !text.0.is_empty())
        .map(|text| text.0.to_ascii_uppercase())
}

fn named<'t>(text: &'t Text<'_>) -> Option<&'t str> {
    Some(&*text.0).filter(|text| !text.is_empty())
}
