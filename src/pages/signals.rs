//! Each indicator in a leader's words, made from its results. Numbers stand between guillemets;
//! the page turns them into links to their definition.

use serde_json::Value;

use super::trend::Level;
use super::words::{count, counted, interval, measure, percent, plural, stretch};
use super::{
    assigned, attendance, citing, conversing, explore, health, linked, opening, reaching, survival,
    taking_part, trend,
};
use crate::charts::reading::{self, Cell, Share, cell, share};

/// What the results of an indicator say, or why they say nothing yet.
pub(super) fn sentence(summary: &Value, code: &str) -> String {
    told(summary, code).unwrap_or_else(|| opening::nothing(summary, code))
}

/// What the results of an indicator say, where they say something.
pub(super) fn told(summary: &Value, code: &str) -> Option<String> {
    let results = reading::results(summary, code);
    let late = days(summary, "late", 90.0);
    let quiet = days(summary, "quiet", 90.0);
    let said = match code {
        "R1" => number(results, "total_reads", |n| {
            format!(
                "Write-ups were opened «{}» {}.",
                count(n),
                plural(n, "time", "times")
            )
        }),
        "R2" => number(results, "unique_reads", |n| {
            format!(
                "There {} «{}» {} of reading.",
                plural(n, "was", "were"),
                count(n),
                plural(n, "sitting", "sittings")
            )
        }),
        "R3" => readers(results),
        "R4" => depth(results),
        "R5" => engaged(results),
        "R6" => page_counters(results),
        "R7" => counted_readers(summary, results),
        "L1" if health::seen_reads(summary) => curve(results),
        "L2" => half_life(results),
        "L3" => tail(results, late),
        "L4" => still_read(summary, results),
        "L5" => survival::readership(results, quiet),
        "L6" if opening::oldest(summary) >= quiet => revivals(results, quiet),
        "L7" => reaching::law(results),
        "L8" => reaching::awakenings(results),
        "L9" => reaching::bursts(results),
        "L10" => reaching::concentration(summary, results),
        "L11" => reaching::whole(summary, results),
        "L12" => reaching::teams(results),
        "L13" => reaching::newcomers(summary, results),
        "A1" => attendance::attendance(summary),
        "A2" => attendance::freely(summary),
        "A3" => attendance::invitations(summary),
        "A4" => taking_part::presence(results),
        "A5" => taking_part::talk(results),
        "A6" => taking_part::contribution(summary, results),
        "A7" => taking_part::returning(summary, results),
        "A8" => taking_part::teams(results),
        "C1" if opening::oldest(summary) >= late => comments(results, late),
        "C2" => commenters(results),
        "C3" => conversing::depth(results),
        "C4" => conversing::response(results),
        "E1" if opening::oldest(summary) >= late => conversing::edits(results, late),
        "K1" => linked::links(summary),
        "K2" => citing::ages(results),
        "K3" => survival::links(results),
        "K4" => citing::graph(summary, results),
        "K5" => citing::half_life(summary, results),
        "K6" => citing::late(summary, results),
        "T0" | "T1" => age_matched(summary),
        "D1" => explore::association(summary),
        "D2" => explore::regression(results),
        _ => explore::of_the_series(summary, code),
    }?;
    Some(said + &assigned::without(code, results).unwrap_or_default())
}

fn age_matched(summary: &Value) -> Option<String> {
    let verdict = trend::reads(summary);
    if verdict.word == "no data" {
        return None;
    }
    let level = trend::level(summary).map_or_else(String::new, |level| match level {
        Level::Now(level) => format!(" On average each was read {level}."),
        Level::Past(said) => format!(" {said}"),
    });
    Some(format!("{}{level}", verdict.sentence))
}

/// A window of the parameters, in days.
pub(super) fn days(summary: &Value, name: &str, usual: f64) -> f64 {
    let parameters = summary.get("parameters").unwrap_or(&Value::Null);
    let found = cell(parameters, name).get();
    found
        .or_else(|| cell(parameters, &format!("{name}_days")).get())
        .unwrap_or(usual)
}

/// An age as it is usually said.
pub(super) fn age_words(days: f64) -> String {
    if (days - 90.0).abs() < 0.5 {
        "three months".to_owned()
    } else {
        format!("{days:.0} days")
    }
}

fn number(results: &Value, key: &str, words: impl Fn(f64) -> String) -> Option<String> {
    cell(results, key).get().filter(|n| *n > 0.0).map(words)
}

/// `«45 %» (95 % interval 32 to 59)` of a share that is there.
pub(super) fn shared(share: &Share) -> Option<String> {
    let p = share.value.get()?;
    Some(format!("«{}» ({})", percent(p), interval(share)))
}

fn readers(results: &Value) -> Option<String> {
    let readers = cell(results, "readers").get().filter(|n| *n > 0.0)?;
    let days = counted(cell(results, "reader_days"));
    Some(format!(
        "«{}» {} read, on «{days}» person-days.",
        count(readers),
        plural(readers, "person", "people")
    ))
}

fn depth(results: &Value) -> Option<String> {
    let read = share(results, "read_share");
    let unknown = results
        .get("class")
        .map_or(Cell::Missing, |class| cell(class, "unknown"));
    let unknown = match unknown {
        Cell::Value(n) => format!(" Of «{}» more the depth is unknown.", count(n)),
        _ => String::new(),
    };
    Some(format!(
        "{} of the reader-days of known depth were long and deep enough to be read.{unknown}",
        shared(&read)?
    ))
}

fn engaged(results: &Value) -> Option<String> {
    let engaged = results.get("engaged")?;
    let half = cell(engaged, "median_s").get()?;
    let tenth = cell(engaged, "p90_s").get()?;
    Some(format!(
        "Half of the reads that lasted at all lasted longer than «{}», one in ten longer than «{}».",
        lasting(half),
        lasting(tenth)
    ))
}

/// A time in the unit in which it is said.
fn lasting(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{} s", measure(seconds))
    } else {
        format!("{} min", measure(seconds / 60.0))
    }
}

fn page_counters(results: &Value) -> Option<String> {
    let counted = results.get("counted")?;
    let counters = cell(counted, "counters").get().filter(|n| *n > 0.0)?;
    let views = cell(counted, "reads_unfiltered").get()?;
    let undated = cell(counted, "imputed").get().filter(|n| *n > 0.0);
    let undated = undated.map_or_else(String::new, |n| {
        format!(" Of «{}» the day is not known.", count(n))
    });
    Some(format!(
        "«{}» page {} counted «{}» {}, robots and authors among them.{undated}",
        count(counters),
        plural(counters, "counter", "counters"),
        count(views),
        plural(views, "view", "views")
    ))
}

fn counted_readers(summary: &Value, results: &Value) -> Option<String> {
    let readers = results.get("counted_readers")?;
    let hi = cell(readers, "hi").get()?;
    let writeups = cell(readers, "writeups").get()?;
    let lo = match cell(readers, "lo") {
        Cell::Withheld => "a few".to_owned(),
        lo => counted(lo),
    };
    Some(format!(
        "Where readers are counted and not named, on «{}» {}, between «{lo}» and «{}» people read \
         in the last {}.",
        count(writeups),
        plural(writeups, "write-up", "write-ups"),
        count(hi),
        stretch(days(summary, "trailing", 28.0))
    ))
}

fn curve(results: &Value) -> Option<String> {
    let curve = reading::list(results, "curve");
    let first = weekly(curve, 0.0, 1.0)?;
    // A quarter of a year each: single weeks of few write-ups jump.
    let later = [(40.0, 52.0), (26.0, 39.0), (13.0, 26.0)];
    let later = later
        .into_iter()
        .find_map(|(a, b)| Some((a, b, weekly(curve, a, b)?)))
        .map_or_else(String::new, |(from, to, rate)| {
            format!(
                ", and about «{}» times a week in weeks {from:.0} to {to:.0} of its age",
                measure(rate)
            )
        });
    Some(format!(
        "On average a write-up is read «{}» times in its first week{later}.",
        measure(first)
    ))
}

/// Reads a week over the weeks `[from, to)`; nothing if one is missing or withheld. Exposure comes
/// in write-up-days.
fn weekly(curve: &[Value], from: f64, to: f64) -> Option<f64> {
    let inside = |entry: &&Value| {
        cell(entry, "week")
            .get()
            .is_some_and(|w| w >= from && w < to)
    };
    let weeks: Vec<&Value> = curve.iter().filter(inside).collect();
    if (weeks.len() as f64) < to - from {
        return None;
    }
    let total = |key: &str| -> Option<f64> { weeks.iter().map(|week| cell(week, key).get()).sum() };
    let exposure = total("exposure").filter(|exposure| *exposure > 0.0)?;
    Some(7.0 * total("k")? / exposure)
}

fn half_life(results: &Value) -> Option<String> {
    let now = cell(results, "usage_half_life_sync_days").get()?;
    let first_year = cell(results, "usage_half_life_diachronous_days")
        .get()
        .map_or_else(String::new, |d| {
            format!(
                " Of a write-up's first year of reads, half have come by day «{}».",
                count(d)
            )
        });
    Some(format!(
        "Half of what was read lately was older than «{}» days.{first_year}",
        count(now)
    ))
}

/// The share never stands without its two levels (INDICATORS 0.5).
fn tail(results: &Value, late: f64) -> Option<String> {
    let tail = share(results, "tail_share");
    let of = results.get("tail_share").unwrap_or(&Value::Null);
    let levels = cell(of, "late_per_writeup")
        .get()
        .zip(cell(of, "early_per_writeup").get())
        .map_or_else(String::new, |(later, early)| {
            format!(
                " For each write-up that is «{}» reads later on, after «{}» early ones.",
                measure(later),
                measure(early)
            )
        });
    Some(format!(
        "{} of the reads of the first year come after day {late:.0}.{levels}",
        shared(&tail)?
    ))
}

fn still_read(summary: &Value, results: &Value) -> Option<String> {
    let still = share(results, "still_read");
    let said = shared(&still)?;
    let trailing = days(summary, "trailing", 28.0);
    let least = days(summary, "min_readers", 3.0);
    let daily = match cell(results, "late_reader_days_per_day") {
        Cell::Value(people) => format!(
            " On an average day «{}» {} something that old.",
            measure(people),
            plural(people, "person reads", "people read")
        ),
        _ => String::new(),
    };
    Some(format!(
        "«{}» of «{}» write-ups older than {}, {said}, {} read in the last {} by at least \
         {least:.0} people who did not write them.{daily}",
        counted(still.num),
        counted(still.den),
        age_words(days(summary, "late", 90.0)),
        plural(still.num.get().unwrap_or(0.0), "was", "were"),
        stretch(trailing)
    ))
}

fn revivals(results: &Value, quiet: f64) -> Option<String> {
    let found = results.get("revivals")?;
    let watched = share(found, "share").den.get().unwrap_or(0.0);
    let revived = cell(found, "writeups_revived").get()?;
    if watched == 0.0 && revived == 0.0 {
        return None;
    }
    let many = watched.max(revived);
    let of = if watched > 0.0 {
        format!(" of «{}»", count(watched))
    } else {
        String::new()
    };
    Some(format!(
        "«{}»{of} {} quiet for {quiet:.0} days and {} read again.",
        count(revived),
        plural(many, "write-up went", "write-ups went"),
        plural(revived, "was", "were")
    ))
}

fn comments(results: &Value, late: f64) -> Option<String> {
    let comments = results.get("comments")?;
    let late_share = share(comments, "late_share");
    let p = shared(&late_share)?;
    Some(format!(
        "«{}» of «{}» comments, {p}, came more than {} after the write-up.{}",
        counted(late_share.num),
        counted(late_share.den),
        age_words(late),
        shared(&share(results, "late_share_horizon")).map_or_else(String::new, |p| format!(
            " Of a first year's comments it is {p}."
        ))
    ))
}

fn commenters(results: &Value) -> Option<String> {
    let voices = results.get("commenters")?;
    let all = cell(voices, "distinct").get().filter(|n| *n > 0.0)?;
    let others = match cell(voices, "distinct_non_contributors") {
        Cell::Withheld => {
            "how many of them commented on write-ups that others wrote is withheld".to_owned()
        }
        others => format!(
            "«{}» of them commented on write-ups that others wrote",
            counted(others)
        ),
    };
    Some(format!("«{}» people commented; {others}.", count(all)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_of_a_week_are_seven_times_those_of_a_day() {
        // 90 write-ups watched through their first week: 630 write-up-days.
        let curve = [json!({"week": 0, "k": 28_260, "exposure": 630.0})];
        let summary = json!({
            "health": {"coverage": [{"kind": "read"}]},
            "indicators": {"L1": {"results": {"curve": curve}}},
        });
        assert_eq!(
            told(&summary, "L1").unwrap(),
            "On average a write-up is read «314» times in its first week."
        );
    }
}
