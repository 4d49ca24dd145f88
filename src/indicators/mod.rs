//! Every indicator: facts in, typed results out, pure. One file for each, listed once in [`ALL`].
//!
//! The store reduces events to facts (bounded frames, see [`Facts`]); an indicator turns frames
//! into numbers with polars and the statistics of `crate::stats`. An indicator never touches the
//! store, the clock or the configuration file.

mod assigned;
mod attendance;
mod comments;
mod descriptors;
mod frames;
mod links;
mod noised;
mod observed;
mod reach;
mod reads;
mod shapes;
mod slice;
mod tail;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod told;
mod trends;

use chrono::NaiveDate;
use polars::prelude::{DataFrame, PolarsError};

use crate::model::{ActsOn, Calendar, DAY_MS, Layer, Millis, Parameters, Results};

pub use assigned::beside;
pub(crate) use attendance::duties;
pub use noised::NOISED;
pub use reach::Reach;
pub use reach::teams::{ByTeam, by_writeup as readers_by_team};
pub(crate) use shapes::fewest;
pub use slice::{BLOCKS, SlicePeople, is_early, of_slice};
pub use tail::long::{LongTail, decay_horizon, is_there};
pub use tail::share::taken_in as in_tail_share;
pub use told::Told;
pub use trends::Kept;

/// Every indicator in the order of INDICATORS. A new one is one file, one `mod` line and one line
/// here.
pub static ALL: &[&dyn Indicator] = &[
    &reads::total::TotalReads,
    &reads::unique::UniqueReads,
    &reads::readers::Readers,
    &reads::depth::Depth,
    &reads::engaged::EngagedTime,
    &reads::counted::Counted,
    &reads::bounds::ReaderBounds,
    &tail::curve::ReadCurve,
    &tail::half_life::HalfLife,
    &tail::share::TailShare,
    &tail::still_read::StillRead,
    &tail::survival::ReadershipSurvival,
    &tail::revivals::Revivals,
    &tail::decay::Decay,
    &tail::sleeping::Sleeping,
    &tail::bursts::Bursts,
    &tail::concentration::Concentration,
    &reach::whole::WholeReach,
    &reach::teams::TeamReach,
    &reach::newcomers::Newcomers,
    &attendance::attendees::Attendees,
    &attendance::voluntary::Voluntary,
    &attendance::show_rate::ShowRate,
    &attendance::presence::Presence,
    &attendance::talk::Talk,
    &attendance::contribution::Contribution,
    &attendance::returning::Returning,
    &attendance::teams::Teams,
    &comments::late::LateComments,
    &comments::commenters::Commenters,
    &comments::conversation::Conversation,
    &comments::response::Response,
    &trends::edits::LateEdits,
    &links::live::LiveLinks,
    &links::age::LinkAge,
    &links::survival::LinkSurvival,
    &links::graph::CitationGraph,
    &links::cited::CitedHalfLife,
    &links::late::LateLinks,
    &trends::age_matched::AgeMatched,
    &trends::mann_kendall::Trend,
    &trends::slope::Slope,
    &trends::seasons::Seasons,
    &trends::change::ChangePoint,
    &trends::segments::Segments,
    &trends::interrupted::Interrupted,
    &trends::comparisons::Comparisons,
    &trends::intervals::Intervals,
    &descriptors::association::Association,
    &descriptors::regression::Regression,
];

/// The indicator with this code, in either case.
pub fn find(code: &str) -> Option<&'static dyn Indicator> {
    ALL.iter()
        .copied()
        .find(|indicator| indicator.spec().code.eq_ignore_ascii_case(code))
}

/// One indicator.
pub trait Indicator: Sync {
    /// What it is.
    fn spec(&self) -> &'static Spec;
    /// What it says of these facts.
    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError>;
}

/// What an indicator is, in words that stand beside every number of it. Title, `says`, definition
/// and caveat name parameters by placeholders such as `{late_days}`; [`Spec::told`] fills them in.
#[derive(Debug)]
pub struct Spec {
    /// Its code in INDICATORS.
    pub code: &'static str,
    /// Its short name.
    pub title: &'static str,
    /// Unit of its values.
    pub unit: &'static str,
    /// Raised whenever the same events would give another number.
    pub version: u32,
    /// Where it may be shown.
    pub layer: Layer,
    /// A state moves by itself when people stop writing; it is never drawn as a trend.
    pub state: bool,
    /// The statements whose answers it is made of, by their names in `sql/queries`; write-ups stand in the
    /// registry.
    pub facts: &'static [&'static str],
    /// What it says, in a leader's words.
    pub says: &'static str,
    /// The formula, complete: windows, exclusions, interval.
    pub definition: &'static str,
    /// What it can't tell.
    pub caveat: &'static str,
}

/// What the same events are looked at with.
#[derive(Clone, Debug)]
pub struct Context {
    /// Events at or after this instant have not happened yet.
    pub as_of: Millis,
    /// Days, months, holidays.
    pub calendar: Calendar,
    /// Windows and limits.
    pub parameters: Parameters,
    /// The smallest number of people that is shown: smaller cohorts are put together.
    pub k: u32,
}

/// The facts, frames as the store returns them. `writeup` is an index into [`Facts::writeups`];
/// only kept events are in here (duplicates, future, unknown, after deletion, robots are gone;
/// of reads also contributors' own and those before publication). All instants are `i64` UTC ms.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The registry, one entry a write-up, by id.
    pub writeups: Vec<WriteupFact>,
    /// Kept reads by write-up, local date and age. One row each with columns
    /// `writeup: u32, date: i32` (days since 1970, local), `age_day: i32` (floor of the elapsed age
    /// in days; null for an undated write-up), `reads: u64` (single reads plus daily counts),
    /// `single: u64` (without the daily counts), `first_at: i64, last_at: i64` (of the row's reads).
    /// At most one row for each write-up and day of reading, whatever the number of reads.
    pub daily: DataFrame,
    /// Distinct people behind `daily`, for suppression, over all dated write-ups:
    /// `age_week: i32, people: u64, anonymous: u64`.
    pub people_by_age_week: DataFrame,
    /// The same by local month of the read: `month: i32` (first day, days since 1970),
    /// `late: u64` (people with a read at age >= late), `window: u64` (age in [late, 2 late)).
    pub people_by_month: DataFrame,
    /// The same by local weekday of the read, all reads: `weekday: i32` (0 is Monday), `people: u64`.
    pub people_by_weekday: DataFrame,
    /// The same by publication month of the write-up, reads at age in [late, 2 late) of write-ups
    /// whose reads were observed for 2 late days: `month: i32, people: u64`.
    pub people_by_cohort: DataFrame,
    /// The last `trailing` days: `writeup: u32, readers: u64` (distinct people).
    pub trailing: DataFrame,
    /// R5: `engaged_ms: i64` (more than 0, cut at half an hour), `reads: u64`; one row a
    /// millisecond, so at most 1.8 million.
    pub engaged: DataFrame,
    /// R5: the same by `power: i32` (of two, of seconds; -1 is all below one, -2 no time at all),
    /// `reads: u64`, `people: u64` (distinct, of those who are known).
    pub engaged_bins: DataFrame,
    /// R4: person-days of known depth, of one cut a row. `month: i32` (first day, days since 1970), where `near:
    /// i32` is 0: those at an age in [late, 2 late). Else `month` is 0, and `near` the fifth in which the engaged
    /// time lies, 1 just below what reading takes to 3. `known: u64`; of these in class read (`read: u64`); and
    /// distinct people of that class, of the others, of all, and of days of unknown depth: `readers: u64,
    /// others: u64, people: u64, unknown: u64`.
    pub depth_signs: DataFrame,
    /// R6: one row a write-up with a cumulative counter: `writeup: u32, counters: u64, added: u64,
    /// imputed: u64, gaps: u64, resets: u64, corrections: u64`.
    pub counters: DataFrame,
    /// R7: one row a write-up whose readers of the last `trailing` days were counted and not named:
    /// `writeup: u32, lo: u64, hi: u64`.
    pub counted_people: DataFrame,
    /// Numbers that are one number each.
    pub totals: Totals,
    /// One row for each (meeting, person) and each dial-in: `meeting: str, writeup: u32` (null if
    /// unknown), `at: i64` (start), `person: u32` (null for a dial-in), `role: str` (null if absent;
    /// upper case), `partstat: str` (null if absent), `invited: bool`, `attended: bool`,
    /// `recorded: bool` (somebody says who came to the meeting), `planned: bool` (somebody says of anybody in it that
    /// they were invited, or had to come), `planned_at: i64` (when it was to begin; null if nobody says it),
    /// `mandatory: bool`, `responder: bool` (of the write-up's incident), `author: bool` (of the write-up),
    /// `open: bool` (everybody may come), `stated: bool` (the calendar names the role), `list: i64` (how
    /// many were invited through the same list; null for whoever is named too), `stayed_ms: i64` (over all
    /// reconnects and devices, at most the meeting's length; null without presence), `length_ms: i64`
    /// (null if unknown), `talked_ms: i64` (null where no transcript speaks of them), `spoke_count: i64` (how
    /// many spoke in the meeting, where only that is known), `team: str` (at that time; null if unknown).
    pub attendance: DataFrame,
    /// When attendance was being observed by every source that delivers a good part of it, cut at `as_of`.
    pub attendance_observed: Windows,
    /// One row for each instant at which somebody in `attendance` added to a reviewed write-up by a comment,
    /// an edit or a link: `writeup: u32, person: u32, at: i64`.
    pub contributions: DataFrame,
    /// One row a comment: `writeup: u32, at: i64, person: u32` (null if unknown),
    /// `contributor: bool`. Comments deleted before `as_of` are gone.
    pub comments: DataFrame,
    /// One row a comment, whatever became of it: `writeup: u32, id: i64, parent: i64` (the id of what it
    /// answers; null if nothing), `at: i64, deleted_at: i64` (null unless before `as_of`), `person: u32`
    /// (null if unknown), `counted: bool` (it is in `comments`), `meant: bool` (it is, or was deleted),
    /// `threaded: bool` (its source has comments that answer others).
    pub threads: DataFrame,
    /// One row for each write-up, person and local day with a change that is not minor: `writeup: u32,
    /// person: u32` (null if unknown), `at: i64` (the first of the day).
    pub edits: DataFrame,
    /// One row a link: `writeup: u32, place: str, at: i64, ended_at: i64` (removed, or the target
    /// deleted, before `as_of`; else null), `removed: bool` (ended by removal or a deleted target),
    /// `role: str` (as its source stated; null if it did not), `part: str` (the part it plays: what was
    /// stated, else what its page, its time and whoever made it tell), `form: str` (null if unknown),
    /// `stands_on: u32` (the write-up on whose page it stands; null if none), `own: bool` (a self-link).
    pub links: DataFrame,
    /// What somebody says changed before `as_of`, the oldest first.
    pub annotations: Vec<AnnotationFact>,
    /// What trends are made of, once it was: it begins as [`Kept::default`].
    pub series: Kept,
    /// L12, L13.
    pub reach: Reach,
    /// L7 to L10.
    pub long: LongTail,
    /// Where reads were assigned: what is known without them.
    pub assigned: Option<Box<Assigned>>,
}

/// What somebody says changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationFact {
    /// From this local day on.
    pub on: NaiveDate,
    /// What it was.
    pub text: String,
    /// What it is expected to act on.
    pub acts_on: ActsOn,
}

/// Facts with and without assigned reads.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The same facts without them: `daily`, `trailing`, and of `totals` what R1, R2, R3, L3, L4 and
    /// L11 take from it. The rest is as it is with them.
    pub without: Facts,
    /// Those parts of the totals over assigned reads alone.
    pub only: Totals,
}

/// A write-up as indicators need it.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteupFact {
    /// Its id.
    pub id: String,
    /// When it was published; an undated write-up counts in totals and in nothing by age.
    pub published_at: Option<Millis>,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
    /// Words of prose.
    pub words: Option<u32>,
    /// Not everybody may know of it: no result names it.
    pub restricted: bool,
    /// The team that owns it.
    pub owner_team: Option<String>,
    /// When its reads were being observed by all that watch it, cut at `as_of`: where rates of
    /// different times are compared.
    pub reads_observed: Windows,
    /// When its reads were being observed by the same sources all the time; where another joins or
    /// falls out a new window begins. What is followed from publication on lies in one of them.
    pub reads_steady: Windows,
    /// The same of its comments.
    pub comments_steady: Windows,
    /// When its comments, its edits or links to it were being observed.
    pub contributions_observed: Windows,
    /// When its edits were being observed by all that watch them.
    pub edits_observed: Windows,
    /// When its edits were being observed by the same sources all the time.
    pub edits_steady: Windows,
    /// Who is named as a contributor.
    pub contributors: Vec<u32>,
    /// Who is named first among them.
    pub maker: Option<u32>,
    /// What its text was at publication.
    pub first: Descriptors,
    /// No source that watches it ever names a reader: daily counts, or a log without users.
    pub counts_only: bool,
}

/// What a write-up's text was at its publication, so far as somebody counted it: as of the last that was
/// said in its first two weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptors {
    /// Words of prose.
    pub words: Option<u32>,
    /// Diagrams.
    pub diagrams: Option<u32>,
    /// Hyperlinks.
    pub hyperlinks: Option<u32>,
    /// Acronyms that nothing explains.
    pub acronyms_unexplained: Option<u32>,
    /// Who wrote it.
    pub contributors: Option<u32>,
    /// Teams of those.
    pub contributor_teams: Option<u32>,
    /// Sources of data that it names.
    pub data_sources: Option<u32>,
    /// Passages in other people's words.
    pub quotations: Option<u32>,
}

/// Half-open intervals of time, sorted and disjoint. Two may touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windows(pub Vec<(Millis, Millis)>);

impl Windows {
    /// The union of intervals in any order; empty ones are dropped.
    pub fn union(mut intervals: Vec<(Millis, Millis)>) -> Self {
        intervals.retain(|(from, to)| from < to);
        intervals.sort_unstable();
        let mut merged: Vec<(Millis, Millis)> = Vec::with_capacity(intervals.len());
        for (from, to) in intervals {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Windows(merged)
    }

    /// The time that lies inside both.
    #[must_use]
    pub fn intersection(&self, other: &Windows) -> Windows {
        let pairs = self
            .0
            .iter()
            .flat_map(|a| other.0.iter().map(move |b| (a, b)));
        Windows::union(pairs.map(|(a, b)| (a.0.max(b.0), a.1.min(b.1))).collect())
    }

    /// Milliseconds of `[from, to)` inside the windows.
    pub fn overlap(&self, from: Millis, to: Millis) -> i64 {
        self.0
            .iter()
            .map(|&(a, b)| (b.min(to) - a.max(from)).max(0))
            .sum()
    }

    /// Whether all of `[from, to)` lies inside.
    pub fn covers(&self, from: Millis, to: Millis) -> bool {
        self.0.iter().any(|&(a, b)| a <= from && to <= b)
    }

    /// The end of the window that holds `at`: observed from `at` without a gap until then.
    pub fn until(&self, at: Millis) -> Option<Millis> {
        self.0
            .iter()
            .find(|&&(a, b)| a <= at && at < b)
            .map(|&(_, b)| b)
    }
}

impl WriteupFact {
    /// INDICATORS section 3: `(min(as_of, deleted_at) - published_at) / day`, in ms; `None` if
    /// undated or not yet published.
    pub fn observed_age(&self, as_of: Millis) -> Option<Millis> {
        let end = self.deleted_at.map_or(as_of, |deleted| deleted.min(as_of));
        self.published_at
            .map(|published| end - published)
            .filter(|age| *age > 0)
    }

    /// Whether its reads were observed from publication for `days` without a gap or a change of
    /// who watches, and it lived as long: what a fixed horizon asks for.
    pub fn reads_observed_for(&self, days: u32, as_of: Millis) -> bool {
        self.observed_for(&self.reads_steady, days, as_of)
    }

    /// The same of its comments.
    pub fn comments_observed_for(&self, days: u32, as_of: Millis) -> bool {
        self.observed_for(&self.comments_steady, days, as_of)
    }

    /// The same of its edits.
    pub fn edits_observed_for(&self, days: u32, as_of: Millis) -> bool {
        self.observed_for(&self.edits_steady, days, as_of)
    }

    fn observed_for(&self, windows: &Windows, days: u32, as_of: Millis) -> bool {
        let span = i64::from(days) * DAY_MS;
        match (self.published_at, self.observed_age(as_of)) {
            (Some(published), Some(age)) => {
                age >= span && windows.covers(published, published + span)
            }
            _ => false,
        }
    }
}

/// Facts that are one number each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// R1: kept reads plus daily counts.
    pub total_reads: u64,
    /// R2.
    pub unique_reads: u64,
    /// R3: distinct people.
    pub readers: u64,
    /// R3: distinct (person, write-up).
    pub reader_writeup_pairs: u64,
    /// R3: distinct (person, local date).
    pub reader_days: u64,
    /// R3: write-ups of whose late reads of the last `recent` days half were made on one day by one team.
    pub bunched: u64,
    /// R4: person-days (write-up, person, local date) and distinct people, by class.
    pub read: ClassTotal,
    /// See `read`.
    pub skimmed: ClassTotal,
    /// See `read`.
    pub opened: ClassTotal,
    /// See `read`.
    pub unknown: ClassTotal,
    /// R4: distinct (person, write-up) with at least one day of class *read*.
    pub deep_pairs: u64,
    /// R5: distinct people behind the reads that lasted.
    pub engaged_people: u64,
    /// R5: distinct people behind all other kept reads; 0 where somebody without a name is among them.
    pub unengaged_people: u64,
    /// R5: the same of those whose engaged time is not known.
    pub untimed_people: u64,
    /// R7: people in the rosters in the last `trailing` days; `None` without a roster.
    pub headcount: Option<u64>,
    /// L2: median age of the reads of the last `recent` days, ms; exact, daily counts weighted.
    pub median_age_sync_ms: Option<f64>,
    /// People behind it.
    pub people_sync: u64,
    /// L2: median of ages < horizon over write-ups observed that long from publication, ms.
    pub median_age_diachronous_ms: Option<f64>,
    /// People behind it.
    pub people_diachronous: u64,
    /// L3: people behind the reads at an age in [0, late) of those write-ups.
    pub people_horizon_early: u64,
    /// L3: people behind the reads at an age in [late, horizon) of those write-ups.
    pub people_horizon_late: u64,
    /// L2: of each such write-up with at least ten such reads, the median age, ms.
    pub median_age_by_writeup_ms: Vec<f64>,
    /// L4: distinct (person, local date) with a late read in the last `trailing` days.
    pub late_reader_days: u64,
    /// Distinct people among them.
    pub late_readers: u64,
    /// L11: people on the roster in the last `recent` days.
    pub roster: u64,
    /// L11: those of them who read something in that time.
    pub roster_readers: u64,
}

impl Totals {
    /// How many people so many days rest on beside their own readers: where they are as many as those of R4's
    /// classes together, as where all read one write-up or nobody came twice, a class that is not told is what
    /// the others lack.
    fn fewest_of_days(&self, days: u64) -> u64 {
        let classes = [self.read, self.skimmed, self.opened, self.unknown];
        let all: u64 = classes.iter().map(|class| class.days).sum();
        match all == days {
            true => fewest(&classes.map(|class| class.people)),
            false => 0,
        }
    }
}

/// One class of R4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTotal {
    /// Person-days.
    pub days: u64,
    /// Distinct people.
    pub people: u64,
}

/// An indicator could not be computed: the facts are not the frames it was promised.
#[derive(Debug, thiserror::Error)]
pub enum IndicatorError {
    /// A frame lacks a column, or holds another type.
    #[error("{code}: {source}")]
    Frame {
        /// The indicator.
        code: &'static str,
        /// What polars says.
        source: PolarsError,
    },
}

impl IndicatorError {
    /// What polars says of a frame that this indicator was given.
    fn of(code: &'static str, source: PolarsError) -> Self {
        IndicatorError::Frame { code, source }
    }
}
