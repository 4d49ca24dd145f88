//! Events as they are written down (CONTRACT, "In: events"): CloudEvents 1.0 with typed data.
//! These shapes are what the fast decoder fills and what the published JSON Schemas are made of.
//! Texts that become something else (instants, identities, places) are borrowed from the line.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::{MAX_COUNT, MAX_ENGAGED_S, MAX_SECONDS};

/// The envelope. Other attributes are accepted and ignored.
#[derive(Default, JsonSchema)]
#[schemars(title = "CloudEvents 1.0 envelope", inline)]
pub(super) struct Envelope<'a> {
    /// The version of CloudEvents, "1.0".
    #[schemars(required, extend("const" = "1.0"))]
    pub(super) specversion: Option<Text<'a>>,
    /// `org.readback.KIND.v1`.
    #[schemars(required, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    /// The connector instance that saw it; with `id` it names the event for ever.
    #[schemars(required, length(min = 1))]
    pub(super) source: Option<Text<'a>>,
    /// The source's own id of the event.
    #[schemars(required, length(min = 1))]
    pub(super) id: Option<Text<'a>>,
    /// The target: a write-up's id, an alias, or a URL.
    pub(super) subject: Option<Text<'a>>,
    /// When it happened, RFC 3339 with any offset.
    #[schemars(extend("format" = "date-time"))]
    pub(super) time: Option<Text<'a>>,
    /// What happened; its fields depend on `type`.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub(super) data: Data<'a>,
    /// The media type of `data`; one of JSON is valid, such as application/json.
    pub(super) datacontenttype: Option<Text<'a>>,
    /// `data` as base64 of its JSON text, in the place of `data`.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub(super) data_base64: Option<Text<'a>>,
}

/// `data` as far as it was understood while the envelope was read.
#[derive(Default)]
pub(super) enum Data<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// Of a read whose `type` came first, which is nearly every event: read in the same pass.
    Read(ReadData<'a>),
    /// Anything else, to be read when the type is known.
    Raw(&'a RawValue),
}

impl Data<'_> {
    /// Whether nothing is there.
    pub(super) fn is_absent(&self) -> bool {
        match self {
            Data::Absent => true,
            Data::Read(_) => false,
            Data::Raw(value) => value.get() == "null",
        }
    }
}

/// An object, or null for an empty one. serde alone would fill a struct from an array, too.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Object<T>, E> {
        Ok(Object(T::default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Somebody opened a write-up.
#[derive(JsonSchema, Default)]
pub(super) struct ReadData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// Who read: an e-mail address or an account. Never stored as it is.
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// The reader's team at that time.
    pub(super) team: Option<String>,
    /// The source's session.
    pub(super) session: Option<String>,
    /// Seconds for which the page was visible and focused.
    #[schemars(range(min = 0, max = MAX_ENGAGED_S))]
    pub(super) engaged_s: Option<f64>,
    /// Deepest point seen, as a share of the document.
    #[schemars(range(min = 0, max = 1))]
    pub(super) scroll: Option<f64>,
    /// The source knows that a robot did it.
    pub(super) bot: Option<bool>,
    /// An AI or program that acted for a person.
    pub(super) agent: Option<String>,
    /// Where the reader came from, as a class.
    pub(super) arrival: Option<String>,
    /// The reading was assigned.
    pub(super) assigned: Option<bool>,
}

/// A page counter's figure; a person is never named.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct ReadCountData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// `day` for the reads of one local day, `cumulative` for a running total.
    #[serde(borrow)]
    #[schemars(required, extend("enum" = ["day", "cumulative"]))]
    pub(super) granularity: Option<Text<'a>>,
    /// Reads.
    #[schemars(required, extend("maximum" = MAX_COUNT))]
    pub(super) count: Option<Whole>,
    /// Distinct readers, where the counter knows.
    #[schemars(extend("maximum" = MAX_COUNT))]
    pub(super) uniques: Option<Whole>,
}

/// An invitation to a review, a presence, or both: one occurrence of a meeting, one person.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct AttendanceData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// The occurrence.
    #[schemars(required, length(min = 1))]
    pub(super) meeting: Option<String>,
    /// Who; absent for a dial-in without identity.
    #[serde(borrow)]
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// Their team at that time.
    pub(super) team: Option<String>,
    /// RFC 5545 ROLE.
    #[serde(borrow)]
    pub(super) role: Option<Text<'a>>,
    /// RFC 5545 PARTSTAT.
    #[serde(borrow)]
    pub(super) partstat: Option<Text<'a>>,
    /// False where the calendar left ROLE out and the default was filled in.
    pub(super) role_stated: Option<bool>,
    /// The group or list that the invitation went to.
    pub(super) via: Option<String>,
    /// Length of the meeting, seconds.
    #[schemars(range(min = 0, max = MAX_SECONDS))]
    pub(super) meeting_s: Option<f64>,
    /// The host's own flag.
    pub(super) attended: Option<bool>,
    /// Seconds present.
    #[schemars(range(min = 0, max = MAX_SECONDS))]
    pub(super) present_s: Option<f64>,
    /// Seconds spoken.
    #[schemars(range(min = 0, max = MAX_SECONDS))]
    pub(super) spoke_s: Option<f64>,
    /// They had to come.
    pub(super) mandatory: Option<bool>,
}

/// A comment on a write-up. Its text is never kept.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct CommentData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// Who wrote it.
    #[serde(borrow)]
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// Their team at that time.
    pub(super) team: Option<String>,
    /// Id (in the same source) of the comment that it answers.
    pub(super) parent: Option<String>,
    /// Its length.
    pub(super) words: Option<Whole>,
    /// When it was deleted.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) deleted_at: Option<Text<'a>>,
}

/// A change to a write-up. Its text is never kept.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct EditData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// Who made it.
    #[serde(borrow)]
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// Their team at that time.
    pub(super) team: Option<String>,
    /// Words added.
    pub(super) words_added: Option<Whole>,
    /// Words removed.
    pub(super) words_removed: Option<Whole>,
    /// Sections touched.
    pub(super) sections: Option<Whole>,
    /// The source calls it minor.
    pub(super) minor: Option<bool>,
}

/// A link to a write-up; `subject` is the target, `time` the link's first day.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct LinkData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// Who made it.
    #[serde(borrow)]
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// Their team at that time.
    pub(super) team: Option<String>,
    /// What kind of place it stands in.
    #[serde(borrow)]
    #[schemars(required, extend("enum" = ["commit", "code_comment", "code", "diagram", "writeup",
        "onboarding", "runbook", "docs", "config", "ticket", "chat", "other"]))]
    pub(super) place: Option<Text<'a>>,
    /// Where it stands, without the line's text.
    pub(super) source: Option<String>,
    /// When it was removed.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) removed_at: Option<Text<'a>>,
    /// What part it plays.
    #[serde(borrow)]
    #[schemars(extend("enum" = ["follow_up", "uptake", "index", "template", null]))]
    pub(super) role: Option<Text<'a>>,
    /// How it is written: it leads to the write-up, or names its key or its title alone.
    #[serde(borrow)]
    #[schemars(extend("enum" = ["link", "key", "title", null]))]
    pub(super) form: Option<Text<'a>>,
    /// Why it is kept and not counted.
    #[serde(borrow)]
    #[schemars(extend("enum" = ["generated", "vendored", "unreachable", null]))]
    pub(super) label: Option<Text<'a>>,
}

/// A write-up as its source describes it; its id stands in `id` or in `subject`.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct WriteupData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// Its id.
    pub(super) id: Option<String>,
    /// Its title.
    pub(super) title: Option<String>,
    /// Its address.
    pub(super) url: Option<String>,
    /// Other names: URLs, page ids, incident keys, file paths. One that ends in * stands for all that
    /// begin like it.
    pub(super) aliases: Option<Vec<String>>,
    /// When it was published; the event's `time` is never used for it.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) published_at: Option<Text<'a>>,
    /// When it was deleted.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) deleted_at: Option<Text<'a>>,
    /// The team that had the incident.
    pub(super) owner_team: Option<String>,
    /// Its authors; their own reads are left out.
    #[serde(borrow)]
    pub(super) contributors: Option<Vec<Text<'a>>>,
    /// Their teams.
    pub(super) contributor_teams: Option<Vec<String>>,
    /// Who responded to the incident.
    #[serde(borrow)]
    pub(super) responders: Option<Vec<Text<'a>>>,
    /// Words of prose.
    pub(super) words: Option<Whole>,
    /// Diagrams.
    pub(super) diagrams: Option<Whole>,
    /// Hyperlinks.
    pub(super) hyperlinks: Option<Whole>,
    /// Acronyms.
    pub(super) acronyms: Option<Whole>,
    /// Acronyms that are not explained.
    pub(super) acronyms_unexplained: Option<Whole>,
    /// The template it was made from.
    pub(super) template: Option<String>,
    /// Tags.
    pub(super) tags: Option<Vec<String>>,
    /// Not everybody may see it.
    pub(super) restricted: Option<bool>,
    /// Who is told to read it and when; an empty list takes back what was said before.
    #[serde(borrow)]
    pub(super) assignments: Option<Vec<AssignmentData<'a>>>,
    /// Who reviewed it before it was published.
    #[serde(borrow)]
    pub(super) reviewers: Option<Vec<Text<'a>>>,
    /// Who led its review.
    #[serde(borrow)]
    pub(super) facilitators: Option<Vec<Text<'a>>>,
    /// Sources of data that it names.
    pub(super) data_sources: Option<Whole>,
    /// Passages in other people's words.
    pub(super) quotations: Option<Whole>,
    /// What somebody who read it found in it; set by hand. Absent is unknown, false is no.
    pub(super) marks: Option<MarksData>,
    /// The id of the write-up that this one is part of; its own id undoes it.
    pub(super) merged_into: Option<String>,
    /// Names that are its own for some time only; what is said of a name last holds.
    #[serde(borrow)]
    pub(super) alias_validity: Option<Vec<DatedAliasData<'a>>>,
}

/// Reading that is assigned; without `team` and `newcomers` to everybody.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct AssignmentData<'a> {
    /// From when, included.
    #[serde(borrow)]
    #[schemars(required, extend("format" = "date-time"))]
    pub(super) from: Option<Text<'a>>,
    /// Until when, excluded.
    #[serde(borrow)]
    #[schemars(required, extend("format" = "date-time"))]
    pub(super) to: Option<Text<'a>>,
    /// To who is in this team.
    pub(super) team: Option<String>,
    /// To who joined not long before.
    pub(super) newcomers: Option<bool>,
}

/// What somebody found in a write-up.
#[derive(serde::Deserialize, JsonSchema, Default)]
#[schemars(inline)]
pub(super) struct MarksData {
    /// It says what surprised people.
    pub(super) surprised: Option<bool>,
    /// It says what was difficult.
    pub(super) difficult: Option<bool>,
    /// It says what is still unclear.
    pub(super) unclear: Option<bool>,
    /// It gives more than one account.
    pub(super) several_accounts: Option<bool>,
}

/// A name and since when and until when it is the write-up's.
#[derive(serde::Deserialize, JsonSchema, Default)]
#[schemars(inline)]
pub(super) struct DatedAliasData<'a> {
    /// The name; one that ends in * stands for all that begin like it.
    #[schemars(required, length(min = 1))]
    pub(super) alias: Option<String>,
    /// From when, included; from the first if absent.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) from: Option<Text<'a>>,
    /// Until when, excluded; for ever if absent.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) to: Option<Text<'a>>,
}

/// An entry of the roster; the person stands in `person` or in `subject`.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct PersonData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// The person.
    #[serde(borrow)]
    #[schemars(extend("pattern" = "\\S"))]
    pub(super) person: Option<Text<'a>>,
    /// Other identities of theirs.
    #[serde(borrow)]
    pub(super) aliases: Option<Vec<Text<'a>>>,
    /// Their team.
    pub(super) team: Option<String>,
    /// When they joined the organisation.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) joined_at: Option<Text<'a>>,
    /// When they left it.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) left_at: Option<Text<'a>>,
    /// What the account stands for; a person if absent.
    #[serde(borrow)]
    #[schemars(extend("enum" = ["person", "room", "bot", "service", null]))]
    pub(super) kind: Option<Text<'a>>,
    /// Since when they have been in that team; else since they joined, else always.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) team_from: Option<Text<'a>>,
    /// Until when, excluded; else until the next team that is said.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) team_to: Option<Text<'a>>,
    /// Identities that are not theirs, whoever claims so.
    #[serde(borrow)]
    pub(super) apart: Option<Vec<Text<'a>>>,
    /// Their events are not counted (true), or are counted again (false).
    pub(super) excluded: Option<bool>,
}

/// When a source was really observing events of a kind.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct CoverageData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// The kind observed.
    #[serde(borrow)]
    #[schemars(required, extend("enum" = ["read", "read_count", "attendance", "comment", "edit",
        "link", "writeup", "person", "coverage", "meeting", "story", "annotation"]))]
    pub(super) kind: Option<Text<'a>>,
    /// A source, or the prefix of the targets that it watches.
    #[schemars(required, length(min = 1))]
    pub(super) scope: Option<String>,
    /// From when, included.
    #[serde(borrow)]
    #[schemars(required, extend("format" = "date-time"))]
    pub(super) from: Option<Text<'a>>,
    /// Until when, excluded; open if absent.
    #[serde(borrow)]
    #[schemars(extend("format" = "date-time"))]
    pub(super) to: Option<Text<'a>>,
}

/// What is known of a meeting beside its attendees; `subject` is the write-up, `time` when it began. It
/// names nobody.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct MeetingData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// The occurrence, as in attendance.
    #[schemars(required, length(min = 1))]
    pub(super) meeting: Option<String>,
    /// Attendees who spoke for ten seconds at least, without those who led.
    pub(super) spoke: Option<Whole>,
    /// The same of those who led.
    pub(super) facilitators_spoke: Option<Whole>,
    /// Seconds in which anybody spoke.
    #[schemars(range(min = 0, max = MAX_SECONDS))]
    pub(super) speaking_s: Option<f64>,
    /// Length of the meeting, seconds.
    #[schemars(range(min = 0, max = MAX_SECONDS))]
    pub(super) meeting_s: Option<f64>,
    /// How many gave their own account.
    pub(super) accounts: Option<Whole>,
    /// Changes to the write-up that came of it.
    pub(super) changes: Option<Whole>,
    /// How many watched its recording afterwards; they are no attendees.
    pub(super) watched: Option<Whole>,
    /// What kind of meeting it was; a review if nobody says.
    #[serde(borrow)]
    #[schemars(extend("enum" = ["review", "story_session", "onboarding_talk", null]))]
    pub(super) form: Option<Text<'a>>,
    /// Everybody may come.
    pub(super) open: Option<bool>,
    /// All of them had to come.
    pub(super) mandatory: Option<bool>,
}

/// How many named an incident in a story round; `subject` is the write-up, empty where there is none. It
/// names nobody.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct StoryData {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// The round, such as 2026-H2.
    #[schemars(required, length(min = 1))]
    pub(super) round: Option<String>,
    /// How many named it.
    #[schemars(required)]
    pub(super) count: Option<Whole>,
    /// A short title of what is not written up; needed where `subject` is empty.
    pub(super) label: Option<String>,
}

/// Something changed, from a day on: a new template, another wiki. It names nobody.
#[derive(serde::Deserialize, JsonSchema, Default)]
pub(super) struct AnnotationData<'a> {
    /// Corrections carry a greater one.
    pub(super) version: Option<Whole>,
    /// From this day on, in the organisation's zone.
    #[serde(borrow)]
    #[schemars(required, extend("format" = "date"))]
    pub(super) on: Option<Text<'a>>,
    /// What it was, in a few words that name nobody.
    #[schemars(required, length(min = 1, max = 120))]
    pub(super) text: Option<String>,
    /// What it is expected to act on.
    #[serde(borrow)]
    #[schemars(required, extend("enum" = ["writeups", "reviews", "reading", "organisation"]))]
    pub(super) acts_on: Option<Text<'a>>,
    /// It is taken back.
    pub(super) removed: Option<bool>,
}

/// A text that stays in the line unless it holds an escape. (`Option<Cow<str>>` alone would be
/// copied: serde borrows a bare `Cow` only.)
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl JsonSchema for Text<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Text")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A whole number from 0 on, also if written `3.0`: JSON knows no integers.
#[derive(Clone, Copy)]
pub(super) struct Whole(pub(super) u64);

impl Whole {
    /// The greatest whole number below which every one is exact in JSON's numbers.
    pub(super) const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 on")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Whole, E> {
        Ok(Whole(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Whole, E> {
        if value.fract() == 0.0 && (0.0..Whole::MAX_EXACT).contains(&value) {
            // Exact: checked to be whole, not negative and below 2^53.
            Ok(Whole(value as u64))
        } else {
            Err(E::custom("not a whole number from 0 on"))
        }
    }
}

impl JsonSchema for Whole {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Whole")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}
