//! Each indicator in a leader's words, made from its results. Numbers stand between guillemets;
//! the page turns them into links to their definition.

use serde_json::Value;

use super::words::{self, count, counted, interval, measure, percent, plural};
use super::{glance, opening};
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
    match code {
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
        "L6" if opening::oldest(summary) >= quiet => revivals(results, quiet),
        "A1" => attendance(results),
        "A2" => voluntary(summary, results),
        "A3" => invitations(results),
        "C1" if opening::oldest(summary) >= late => comments(results, late),
        "C2" => commenters(results),
        "K1" => links(results),
        "K3" => link_survival(results),
        "T0" | "T1" => age_matched(summary),
        _ => None,
    }
}

fn age_matched(summary: &Value) -> Option<String> {
    let verdict = super::trend::reads(summary);
    if verdict.word == "no data" {
        return None;
    }
    let late = days(summary, "late", 90.0);
    let level = super::trend::level(summary).map_or_else(String::new, |level| {
        format!(" A write-up of {} was read {level}.", window_words(late))
    });
    Some(format!("{}{level}", verdict.sentence))
}

/// The window of age that is compared: from `late` days to twice that.
fn window_words(late: f64) -> String {
    if (late - 90.0).abs() < 0.5 {
        "three to six months".to_owned()
    } else {
        format!("{late:.0} to {:.0} days", late * 2.0)
    }
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
        "{said} of the write-ups older than {} were read in the last {trailing:.0} days by at least \
         {least:.0} people who did not write them: «{}» of «{}».{daily}",
        age_words(days(summary, "late", 90.0)),
        counted(still.num),
        counted(still.den)
    ))
}

fn survival(results: &Value) -> Option<String> {
    let survival = results.get("readership_survival")?;
    let year = year(survival);
    let said = match (cell(survival, "median").get(), &year) {
        (Some(median), _) => {
            format!(
                "Half of the write-ups are still being read after «{}» days.",
                count(median)
            )
        }
        (None, Some(_)) => "More than half of the write-ups have not gone quiet yet.".to_owned(),
        (None, None) => return None,
    };
    let after = year.map_or_else(String::new, |year| {
        format!(" After a year {year} are not quiet yet.")
    });
    Some(format!("{said}{after}"))
}

/// `«93 %» (95 % interval 84 to 97)`: what stands after a year, if anything was watched that long.
/// Beyond that the curve only goes on for want of anything to see.
fn year(survival: &Value) -> Option<String> {
    let watched = reading::list(survival, "curve")
        .iter()
        .rev()
        .find_map(|step| {
            let at_risk = cell(step, "at_risk").get()?;
            (at_risk > 0.0).then(|| cell(step, "day").get())?
        });
    // The curve has a step for each week; the last one of a year is day 364.
    if watched.is_some_and(|day| day < 364.0) {
        return None;
    }
    let share = cell(survival, "S_365").get()?;
    let limits = cell(survival, "S_365_lo")
        .get()
        .zip(cell(survival, "S_365_hi").get());
    let sure = limits.map_or_else(String::new, |(lo, hi)| {
        format!(" (95 % interval {:.0} to {:.0})", lo * 100.0, hi * 100.0)
    });
    Some(format!("«{}»{sure}", percent(share)))
}

fn revivals(results: &Value, quiet: f64) -> Option<String> {
    let found = results.get("revivals")?;
    let watched = share(found, "share").den.get().unwrap_or(0.0);
    let revived = cell(found, "writeups_revived").get()?;
    if watched == 0.0 && revived == 0.0 {
        return None;
    }
    Some(format!(
        "«{}» of «{}» {} quiet for {quiet:.0} days and {} read again.",
        count(revived),
        count(watched.max(revived)),
        plural(watched, "write-up went", "write-ups went"),
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
                "; half of them had between «{}» and «{}»",
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

fn voluntary(summary: &Value, results: &Value) -> Option<String> {
    let came = glance::voluntary(summary);
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
        "«{}» of «{}» comments, {p}, came more than {late:.0} days after the write-up.{}",
        counted(late_share.num),
        counted(late_share.den),
        shared(&share(results, "late_share_horizon")).map_or_else(String::new, |p| format!(
            " Of a first year's comments it is {p}."
        ))
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

/// Place by place, never added up (INDICATORS K1).
fn links(results: &Value) -> Option<String> {
    let links = results.get("links")?;
    let linked = cell(links, "writeups_linked").get()?;
    let live = links.get("live")?.as_object()?;
    let mut live: Vec<(&str, f64)> = live
        .iter()
        .filter_map(|(place, n)| Some((place.as_str(), n.as_f64().filter(|n| *n > 0.0)?)))
        .collect();
    // The most first; ties by name, so that the order is settled.
    live.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let places: Vec<String> = live.iter().map(|(p, n)| words::places(p, *n)).collect();
    let said = match places.split_last() {
        None if linked == 0.0 => return None,
        None => return Some(format!("«{}» write-ups are linked.", count(linked))),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    };
    let many: f64 = live.iter().map(|(_, n)| n).sum();
    Some(format!(
        "{said} {} to «{}» {}.",
        plural(many, "links", "link"),
        count(linked),
        plural(linked, "write-up", "write-ups")
    ))
}

fn link_survival(results: &Value) -> Option<String> {
    let places = results.get("link_survival")?;
    let named = [
        ("code_comment", "code comments"),
        ("diagram", "diagrams"),
        ("onboarding", "onboarding pages"),
        ("writeup", "other write-ups"),
        ("commit", "commits"),
    ];
    let (place, year) = named
        .iter()
        .find_map(|(key, name)| Some((name, year(places.get(key)?)?)))?;
    Some(format!(
        "Of the links in {place} {year} still stand after a year."
    ))
}
