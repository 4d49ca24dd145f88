//! What Readback talks about: events, write-ups, people, periods, results. No IO, no serde: the
//! shapes that are written down (JSON, rows, TOML) belong to the boundary that writes them.

pub mod calendar;
pub mod event;
pub mod identity;
pub mod meeting;
pub mod params;
pub mod place;
pub mod record;
pub mod result;
pub mod target;
pub mod terms;
pub mod time;

pub use calendar::Calendar;
pub use event::{
    Attendance, Body, Comment, Coverage, Edit, Event, EventKind, Granularity, Link, LinkRole,
    Person, PersonKind, RETRACTED, Read, ReadCount, Writeup,
};
pub use identity::{Identity, Pseudonym};
pub use params::Parameters;
pub use place::Place;
pub use record::Record;
pub use result::{Guard, Layer, Results, Value};
pub use terms::{PrivacyTerms, Term, TermChange};
pub use time::{DAY_MS, Millis, parse_rfc3339, to_rfc3339};
