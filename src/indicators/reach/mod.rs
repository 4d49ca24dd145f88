//! Reach: how far into the organisation write-ups come. Shares of people, of teams, of those who are new.

pub(super) mod newcomers;
pub(super) mod teams;
pub(super) mod whole;

use polars::prelude::DataFrame;

use super::Windows;

/// Facts of L12 and L13.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// L12: teams that somebody on the roster was in before `as_of`.
    pub teams_in_roster: u64,
    /// L12: readers by write-up and team: `writeup: u32, team: str` (at somebody's last read of it; empty if
    /// unknown), `readers: u64`; and in every row the same distinct people over all of them:
    /// `inside: u64` (of the owning team), `outside: u64` (of another), `compared: u64` (either),
    /// `others: u64` (whose team, or the owner, is unknown), `known: u64` (whose team is known).
    pub teams: DataFrame,
    /// L13: one row for everybody on the roster who joined in the last `horizon` days, nameless:
    /// `joined: i64, left: i64` (null if still there), `first_at: i64` (of their first read of a write-up
    /// that was published before they joined; null without any), `free_at: i64` (the same without reads
    /// that were assigned and those within a day of one).
    pub newcomers: DataFrame,
    /// L13: when every source watched that delivers a good part of the single reads, cut at `as_of`.
    pub observed: Windows,
}
