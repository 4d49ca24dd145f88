//! The parameters of INDICATORS section 1. Changing one restates history visibly: they stand in
//! every result.

use serde::Serialize;
use serde_json::{Map, Value};

/// Limits and windows of the indicators, with the defaults of INDICATORS section 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameters {
    /// Two clicks at most this far apart are one read, s.
    pub double_click_s: u32,
    /// An age from which a sign is late, days.
    pub late_days: u32,
    /// The first year of a write-up, days.
    pub horizon_days: u32,
    /// The window of the synchronous half-life, days.
    pub recent_days: u32,
    /// The window in which a write-up is still read, days.
    pub trailing_days: u32,
    /// Readers that make a write-up still read.
    pub min_readers: u32,
    /// Days without a read after which a write-up has gone quiet.
    pub quiet_days: u32,
    /// Share of a text that a reader must have had time and scroll for.
    pub read_fraction: f64,
    /// Words a minute of a fast reader.
    pub wpm_fast: u32,
    /// Less engaged time than this is an opening only, s.
    pub skim_min_s: u32,
    /// Less presence than this is no attendance, s.
    pub min_present_s: u32,
    /// The window of contributions after a review, days.
    pub contribution_days: u32,
    /// The window of an answer, days.
    pub response_days: u32,
    /// How long somebody is new, days.
    pub newcomer_days: u32,
    /// The window of coming back, days.
    pub repeat_days: u32,
    /// An invitation through a list with more people than this is open to all of them.
    pub large_list: u32,
    /// A page with links to more write-ups than this is a list of them.
    pub index_writeups: u32,
    /// So is one with links to more than this share of a team's write-ups, ...
    pub index_team_share: f64,
    /// ... where these are at least so many.
    pub index_team_least: u32,
    /// More distinct write-ups than these by one reader in an hour are a program's.
    pub machine_writeups: u32,
    /// So are more than these in a row without engaged time, ...
    pub machine_run: u32,
    /// ... less than this apart, s.
    pub machine_gap_s: u32,
    /// How long after publication a link by those who had the incident is follow-up, days.
    pub follow_up_days: u32,
}

impl Parameters {
    /// Every value by its name, in the order of the fields.
    pub fn by_name(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(values)) => values,
            // Numbers under names are an object.
            _ => Map::new(),
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            double_click_s: 30,
            late_days: 90,
            horizon_days: 365,
            recent_days: 90,
            trailing_days: 28,
            min_readers: 3,
            quiet_days: 90,
            read_fraction: 0.75,
            wpm_fast: 300,
            skim_min_s: 10,
            min_present_s: 300,
            contribution_days: 14,
            response_days: 7,
            newcomer_days: 90,
            repeat_days: 180,
            large_list: 15,
            index_writeups: 20,
            index_team_share: 0.5,
            index_team_least: 5,
            machine_writeups: 60,
            machine_run: 20,
            machine_gap_s: 2,
            follow_up_days: 30,
        }
    }
}
