//! The shape of `summary.json`. Fields may be added, none renamed; `SCHEMA` is raised when one is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::notes::Note;

/// Names this shape and its version.
pub const SCHEMA: &str = "https://readback.dev/schemas/summary/v1";

/// All that is published of one organisation as of one instant. No clock, host or lag stands in
/// it: the same events, registry, parameters and `as_of` give the same bytes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// The shape's name and version.
    pub schema: String,
    /// Events at or after this instant are not in it (RFC 3339, UTC).
    pub as_of: String,
    /// Whose it is.
    pub organisation: Organisation,
    /// Windows and limits, by name.
    pub parameters: Map<String, Json>,
    /// What every indicator says, by code.
    pub indicators: Map<String, Json>,
    /// Signs that do not agree: what they may mean and what not; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Every write-up that is not deleted, by id; counts of people withheld below k.
    pub writeups: Vec<Json>,
    /// Every review, newest first: total, and how many need not have come.
    pub reviews: Vec<Json>,
    /// Attendance by role, a quarter each.
    pub attendance_by_quarter: Vec<Json>,
    /// Meetings in which what had happened before was told again (`meetings`), and how many people
    /// came to them (`people`); absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retellings: Option<Json>,
    /// Story rounds, newest first: which incidents people would tell a new colleague about (`told`,
    /// `not_written_up`), and how many named each; absent where there was none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story_rounds: Vec<Json>,
    /// Parts of the write-ups by themselves: those of one team, template, tag or year of publication (`by`,
    /// `name`), with reads and late ones (R1), the curve by thirty days of age (L1), the months of T0's window
    /// and T1's trend of them (not of a year, which passes it once), L4, C1 and K1. Offered are those of three write-ups and more, of which nothing
    /// is told by subtraction; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Json>,
    /// Links that stand and lead to nothing.
    pub linked_but_gone: LinkedButGone,
    /// Reads by the kind of place that their readers came from, of write-ups whose pages tell it (`class`,
    /// `reads`); absent where none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrivals: Vec<Json>,
    /// How the measurement went.
    pub health: Health,
}

/// Links that stand and whose target is gone.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LinkedButGone {
    /// Deleted write-ups that are still linked, by id, with their links by place and the newest of them.
    pub deleted: Vec<Json>,
    /// Targets that links lead to and that no write-up has.
    pub unknown_targets: u64,
    /// The links to them.
    pub unknown_links: u64,
}

/// Whose summary it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its IANA zone, for days and months.
    pub timezone: String,
    /// The events are simulated.
    pub simulated: bool,
    /// The smallest number of people that is shown.
    pub k: u32,
    /// Days off, apart from weekends: no working days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<String>,
    /// Registered write-ups that this reader may see, deleted ones included.
    pub writeups: u64,
    /// Of those, without a date of publication: in totals, and in nothing by age.
    pub undated: u64,
}

/// How the measurement went. Each received line is counted under exactly one reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Lines received.
    pub received: Received,
    /// What became of kept reads.
    pub reads: Reads,
    /// What one source saw of the reads that another saw; absent where no two watch a write-up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Compared>,
    /// When which source was watching.
    pub coverage: Vec<Coverage>,
}

/// Lines received, by what became of them: rejected, duplicate, future, unknown, after deletion,
/// robot, somebody excluded, removed, or kept; they add up to `lines`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Received {
    /// All of them.
    pub lines: u64,
    /// Not events: refused with a reason.
    pub rejected: u64,
    /// The same (source, id) again, corrections included.
    pub duplicate_id: u64,
    /// At or after `as_of`.
    pub future: u64,
    /// The target is no registered write-up.
    pub unknown_writeup: u64,
    /// At or after the write-up's deletion.
    pub after_delete: u64,
    /// By a robot, a room, a service account, or an agent; null where it would tell what a few people's
    /// agents, or a few accounts that read like programs, did.
    pub bot: Option<u64>,
    /// Taken away since, because they were old (`[retention]`); absent where nothing was.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed: u64,
    /// Links in generated and vendored files; absent where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generated: u64,
    /// Links in a history that was rewritten and that no branch leads to any more; absent where there
    /// are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreachable: u64,
    /// Links that are one with another since their write-ups were merged: the same evidence by another
    /// name of one write-up; absent where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub doubled: u64,
    /// By somebody who is excluded by hand: test accounts, Readback's own staff; null where they are
    /// fewer than `k`.
    #[serde(skip_serializing_if = "is_nought")]
    pub excluded: Option<u64>,
    /// The others, by kind; null where fewer than `k` people stand behind all of a kind.
    pub kept: Map<String, Json>,
    /// The same lines by kind, each once: sent again and refused lines are in none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<String, OfKind>,
    /// A number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
}

/// What became of the events of one kind: `events` is the sum of the others. Null where it would tell what a
/// few people did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfKind {
    /// All of them, each id once.
    pub events: Option<u64>,
    /// At or after `as_of`.
    pub future: Option<u64>,
    /// The target is no registered write-up.
    pub unknown_writeup: Option<u64>,
    /// At or after the write-up's deletion.
    pub after_delete: Option<u64>,
    /// By a robot, a room, a service account, or an agent.
    pub bot: Option<u64>,
    /// By somebody who is excluded by hand.
    pub excluded: Option<u64>,
    /// Links in generated files, in a history that was rewritten, or that are one with another.
    pub not_counted: Option<u64>,
    /// The others.
    pub kept: Option<u64>,
    /// A number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Where nobody is excluded, nothing is said of it.
fn is_nought(n: &Option<u64>) -> bool {
    *n == Some(0)
}

/// Kept reads, further on.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Reads {
    /// Daily counts of page counters.
    pub aggregated_rows: u64,
    /// Reads in them.
    pub aggregated_reads: u64,
    /// Contributors' own reads, left out; null where fewer than `k` people made them.
    #[serde(rename = "self")]
    pub own: Option<u64>,
    /// Reads before publication, left out; null as above.
    pub draft: Option<u64>,
    /// Of `draft`, counts of one day by page counters; the others are single reads. Absent where there are none, null
    /// with `draft`.
    #[serde(skip_serializing_if = "is_nought")]
    pub draft_counts: Option<u64>,
    /// Clicks that a later one of the same reader replaced; null where fewer than `k` people read.
    pub double_click_removed: Option<u64>,
    /// Reads, and daily counts, of days on which another source sees the page better, by the rule in the
    /// definition of R1; those by agents, authors and programs among them. Absent where there are none, null as
    /// above.
    #[serde(skip_serializing_if = "is_nought")]
    pub other_source: Option<u64>,
    /// Of `other_source`, counts of one day. Absent where there are none, null with `other_source`.
    #[serde(skip_serializing_if = "is_nought")]
    pub other_source_counts: Option<u64>,
    /// Reads without a person: reads count, people don't.
    pub anonymous: u64,
    /// Reads by AI agents, beside those of people and in no other number of reads; some of `received.bot`.
    /// Absent where there are none; null where fewer than `k` people are known for whom they read.
    #[serde(skip_serializing_if = "is_nought")]
    pub agents: Option<u64>,
    /// Reads of accounts that read as only programs do, by the limits `machine_…` among the parameters; some
    /// of `received.bot`. Absent where there are none; null where fewer than `k` accounts made them.
    #[serde(skip_serializing_if = "is_nought")]
    pub automated: Option<u64>,
    /// A number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
}

/// Two sources that saw the same write-ups, from the first to the last day on which both did. Robots, agents,
/// drafts and what is like a program's are left out; contributors' own reads and double clicks are in. How many
/// reads it were is not told: of one write-up it would be that one's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// The source that saw more.
    pub of: String,
    /// The one that saw less.
    pub seen_by: String,
    /// Write-ups that both saw.
    pub writeups: u64,
    /// What share of the first one's reads the second saw, in whole hundredths; null where either names fewer
    /// than `k` people, and somebody, who read there.
    pub share: Option<f64>,
    /// A number is withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
}

/// When a source was watching a kind of event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// The source, or the prefix of the targets it watched.
    pub scope: String,
    /// The kind of event.
    pub kind: String,
    /// From when (RFC 3339).
    pub from: String,
    /// Until when; null: still watching.
    pub to: Option<String>,
    /// It said so by a `coverage` event; otherwise taken from its first event.
    pub stated: bool,
    /// Events delivered, duplicates counted once; null where fewer than `k` people stand behind all
    /// of the kind.
    pub events: Option<u64>,
}
