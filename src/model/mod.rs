//! What Readback talks about: events, write-ups, people, periods, results. No IO, no serde: the
//! shapes that are written down (JSON, rows, TOML) belong to the boundary that writes them.

pub mod annotation;
mod arrival;
pub mod calendar;
pub mod event;
pub mod forge;
pub mod forge_wiki;
pub mod identity;
pub mod meeting;
pub mod named;
pub mod params;
mod percent;
pub mod place;
pub mod record;
pub mod result;
mod same_page;
pub mod stay;
pub mod target;
pub mod terms;
pub mod time;
pub mod vocabulary;
pub mod written;

pub use annotation::{ActsOn, Annotation, LONGEST_ANNOTATION};
pub use arrival::{ARRIVALS, UNKNOWN_ARRIVAL};
pub use calendar::Calendar;
pub use event::{
    Assignment, Attendance, Body, Comment, Coverage, DatedAlias, Edit, Event, EventKind,
    Granularity, Link, LinkForm, LinkLabel, LinkRole, Marks, Person, PersonKind, RETRACTED, Read,
    ReadCount, Whom, Writeup,
};
pub use identity::{Identity, Pseudonym};
pub use meeting::{Meeting, MeetingForm, Occurrence, Story, Venue};
pub use params::Parameters;
pub use place::Place;
pub use record::Record;
pub use result::{Guard, Layer, Results, Value};
pub use stay::{Edge, Mark, StayEnd};
pub use terms::{PrivacyTerms, Term, TermChange};
pub use time::{DAY_MS, Millis, SENSIBLE, parse_rfc3339, to_rfc3339};
pub use vocabulary::{Vocabulary, WORDS_A_MINUTE};
