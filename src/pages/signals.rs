//! Each indicator in a leader's words, made from its results. Numbers stand between guillemets;
//! the page turns them into links to their definition.

use serde_json::Value;

use super::words::{count, counted, interval, measure, percent, plural};
use crate::charts::reading::{self, Cell, Share, cell, share};

/// What the results of an indicator say, or why they say nothing yet.
pub(super) fn sentence(summary: &Value, code: &str) -> String {
    let results = reading::results(summary, code);
    let late = days(summary, "late", 90.0);
    let said = match code {
        "R1" => number(results, "total_reads", |n| {
            format!(
                "Write-ups were opened «{}» {}.",
                count(n),
                plural(n, "time", "times")
            )
        }),
        "R2" => number(results, "unique_reads", |n| {
            format!("There were «{}» sittings of reading.", count(n))
        }),
        "R3" => readers(results),
        "R4" => depth(results),
        "L1" => curve(results),
        "L2" => half_life(results),
        "L3" => tail(results, late),
        "L4" => still_read(summary, results),
        "L5" => survival(results),
        "L6" if !reading::list(summary, "writeups").is_empty() => {
            revivals(results, days(summary, "quiet", 90.0))
        }
        "A1" => attendance(results),
        "A2" => voluntary(results),
        "A3" => invitations(results),
        "C1" => comments(results, late),
        "C2" => commenters(results),
        "K1" => links(results),
        "K3" => link_survival(results),
        "T0" | "T1" => Some(super::trend::reads(summary).sentence),
        _ => None,
    };
    said.unwrap_or_else(|| nothing(summary, code))
}

/// Opening sentence of the leader's page.
pub(super) fn opening(summary: &Value) -> (&'static str, String) {
    let still = share(reading::results(summary, "L4"), "still_read");
    if let (Cell::Value(k), Cell::Value(n), Cell::Value(p)) = (still.num, still.den, still.value)
        && n > 0.0
    {
        let trailing = days(summary, "trailing", 28.0);
        let (lo, hi) = still.interval.unwrap_or((p, p));
        return (
            "L4",
            format!(
                "Of «{}» {} older than {}, «{}» («{}», {:.0} to {:.0}) {} read in the last \
                 {trailing:.0} days by people who did not write {}.",
                count(n),
                plural(n, "write-up", "write-ups"),
                age_words(days(summary, "late", 90.0)),
                count(k),
                percent(p),
                lo * 100.0,
                hi * 100.0,
                plural(k, "was", "were"),
                plural(k, "it", "them"),
            ),
        );
    }
    let writeups = reading::list(summary, "writeups").len();
    if writeups == 0 {
        return (
            "L4",
            "No write-up is registered yet; signs will show here as they come.".to_owned(),
        );
    }
    let said = format!(
        "«{writeups}» write-ups are known; none whose readers are known is older than {} yet, so \
         the long tail is still to come.",
        age_words(days(summary, "late", 90.0))
    );
    ("L4", said)
}

/// A window of the parameters, in days.
pub(super) fn days(summary: &Value, name: &str, usual: f64) -> f64 {
    let parameters = summary.get("parameters").unwrap_or(&Value::Null);
    let found = cell(parameters, name).get();
    found
        .or_else(|| cell(parameters, &format!("{name}_days")).get())
        .unwrap_or(usual)
}

fn age_words(days: f64) -> String {
    if (days - 90.0).abs() < 0.5 {
        "three months".to_owned()
    } else {
        format!("{days:.0} days")
    }
}

/// Kind words for results that are not there.
fn nothing(summary: &Value, code: &str) -> String {
    let results = reading::results(summary, code);
    if holds_withheld(results) {
        let k = super::view::k(summary);
        return format!("Withheld: it would speak of fewer than {k} people.");
    }
    match code.chars().next() {
        Some('A') => "Nothing to say yet: no review with attendance has been seen.",
        Some('C') => "Nothing to say yet: no comment has been seen.",
        Some('K') => "Nothing to say yet: no link has been seen.",
        Some('L') if matches!(code, "L3" | "L5") => {
            "Nothing to say yet: it needs write-ups that were watched from their first day on, \
             for long enough."
        }
        _ => "Nothing to say yet: no read of the right age has been seen.",
    }
    .to_owned()
}

fn holds_withheld(value: &Value) -> bool {
    match value {
        Value::Object(map) => reading::suppressed(value) || map.values().any(holds_withheld),
        Value::Array(list) => list.iter().any(holds_withheld),
        _ => false,
    }
}

fn number(results: &Value, key: &str, words: impl Fn(f64) -> String) -> Option<String> {
    cell(results, key).get().filter(|n| *n > 0.0).map(words)
}

/// `«45 %» (95 % interval 32 to 59)` of a share that is there.
fn shared(share: &Share) -> Option<String> {
    let p = share.value.get()?;
    Some(format!("«{}» ({})", percent(p), interval(share)))
}

fn readers(results: &Value) -> Option<String> {
    let readers = cell(results, "readers").get().filter(|n| *n > 0.0)?;
    let days = counted(cell(results, "reader_days"));
    Some(format!(
        "«{}» people read, on «{days}» person-days.",
        count(readers)
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

fn curve(results: &Value) -> Option<String> {
    let curve = reading::list(results, "curve");
    let first = pooled(curve, 0.0, 1.0)?;
    // A quarter of a year each: single weeks of few write-ups jump.
    let later = [(40.0, 52.0), (26.0, 39.0), (13.0, 26.0)];
    let later = later
        .into_iter()
        .find_map(|(a, b)| Some((a, b, pooled(curve, a, b)?)));
    Some(match later {
        Some((from, to, rate)) => format!(
            "A write-up is read «{}» times in its first week; in weeks {from:.0} to {to:.0} of its \
             age «{}» times a week.",
            measure(first),
            measure(rate)
        ),
        None => format!(
            "A write-up is read «{}» times in its first week.",
            measure(first)
        ),
    })
}

/// Reads by exposure over the weeks `[from, to)`; nothing if a week is missing or withheld.
fn pooled(curve: &[Value], from: f64, to: f64) -> Option<f64> {
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
    Some(total("k")? / exposure)
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

fn tail(results: &Value, late: f64) -> Option<String> {
    let tail = share(results, "tail_share");
    Some(format!(
        "{} of the reads of the first year come after day {late:.0}.",
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
            " On a day, «{}» {} something that old.",
            measure(people),
            if (people - 1.0).abs() < 1e-9 {
                "person reads"
            } else {
                "people read"
            }
        ),
        _ => String::new(),
    };
    Some(format!(
        "{said} of the write-ups older than {} were read by at least {least:.0} others in the last \
         {trailing:.0} days: «{}» of «{}».{daily}",
        age_words(days(summary, "late", 90.0)),
        counted(still.num),
        counted(still.den)
    ))
}

fn survival(results: &Value) -> Option<String> {
    let survival = results.get("readership_survival")?;
    let year = cell(survival, "S_365").get();
    let said = match (cell(survival, "median").get(), year) {
        (Some(median), _) => {
            format!(
                "Half of the write-ups are still being read after «{}» days.",
                count(median)
            )
        }
        (None, Some(_)) => "More than half of the write-ups have not gone quiet yet.".to_owned(),
        (None, None) => return None,
    };
    let limits = cell(survival, "S_365_lo")
        .get()
        .zip(cell(survival, "S_365_hi").get());
    let after = match (year, limits) {
        (Some(s), Some((lo, hi))) => format!(
            " After a year it is «{}» (95 % interval {:.0} to {:.0}).",
            percent(s),
            lo * 100.0,
            hi * 100.0
        ),
        _ => String::new(),
    };
    Some(format!("{said}{after}"))
}

fn revivals(results: &Value, quiet: f64) -> Option<String> {
    let revived = cell(results.get("revivals")?, "writeups_revived").get()?;
    Some(format!(
        "«{}» {} quiet for {quiet:.0} days and {} read again.",
        count(revived),
        plural(revived, "write-up went", "write-ups went"),
        plural(revived, "was", "were")
    ))
}

fn attendance(results: &Value) -> Option<String> {
    let attendance = results.get("attendance")?;
    let meetings = cell(attendance, "meetings").get().filter(|n| *n > 0.0)?;
    let usual = cell(attendance, "median_per_meeting").get()?;
    let quartiles: Vec<f64> = reading::list(attendance, "iqr")
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let spread = match quartiles.as_slice() {
        [low, high] => {
            format!(
                "; to half of them between «{}» and «{}»",
                measure(*low),
                measure(*high)
            )
        }
        _ => String::new(),
    };
    Some(format!(
        "To a usual review «{}» people come, over «{}» reviews{spread}.",
        measure(usual),
        count(meetings)
    ))
}

fn voluntary(results: &Value) -> Option<String> {
    let mut came = share(results, "voluntary_clustered");
    if came.value.get().is_none() {
        came = share(results, "voluntary");
    }
    let usual = cell(results, "voluntary_per_meeting_median")
        .get()
        .map_or_else(String::new, |n| {
            format!(" In a usual review that is «{}» people.", measure(n))
        });
    Some(format!(
        "{} of those who came need not have.{usual}",
        shared(&came)?
    ))
}

fn invitations(results: &Value) -> Option<String> {
    let said = [
        ("show_rate", "of those who accepted came"),
        ("optional_yield", "of those invited as optional came"),
        ("walk_in_share", "of those who came were not invited"),
    ];
    let parts: Vec<String> = said
        .into_iter()
        .filter_map(|(key, words)| Some(format!("{} {words}", shared(&share(results, key))?)))
        .collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

fn comments(results: &Value, late: f64) -> Option<String> {
    let comments = results.get("comments")?;
    let late_share = share(comments, "late_share");
    let p = shared(&late_share)?;
    Some(format!(
        "«{}» of «{}» comments, {p}, came more than {late:.0} days after the write-up.",
        counted(late_share.num),
        counted(late_share.den)
    ))
}

fn commenters(results: &Value) -> Option<String> {
    let voices = results.get("commenters")?;
    let all = cell(voices, "distinct").get().filter(|n| *n > 0.0)?;
    let others = counted(cell(voices, "distinct_non_contributors"));
    Some(format!(
        "«{}» people commented; «{others}» of them had not written.",
        count(all)
    ))
}

fn links(results: &Value) -> Option<String> {
    let links = results.get("links")?;
    let live = links.get("live")?.as_object()?;
    let total: f64 = live.values().filter_map(Value::as_f64).sum();
    let linked = cell(links, "writeups_linked").get()?;
    if total == 0.0 && linked == 0.0 {
        return None;
    }
    Some(format!(
        "«{}» {} stand, to «{}» {}.",
        count(total),
        plural(total, "link", "links"),
        count(linked),
        plural(linked, "write-up", "write-ups")
    ))
}

fn link_survival(results: &Value) -> Option<String> {
    let code = results.get("link_survival")?.get("code_comment")?;
    let year = cell(code, "S_365").get()?;
    let limits = cell(code, "S_365_lo")
        .get()
        .zip(cell(code, "S_365_hi").get());
    let sure = limits.map_or_else(String::new, |(lo, hi)| {
        format!(" (95 % interval {:.0} to {:.0})", lo * 100.0, hi * 100.0)
    });
    Some(format!(
        "Of the links in code comments «{}» still stand after a year{sure}.",
        percent(year)
    ))
}
