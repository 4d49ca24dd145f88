//! First words: the sentence that opens the leader's page, and kind words where there is nothing
//! to say yet, with the reason.

use serde_json::Value;

use super::signals::{age_words, days};
use super::words::{self, count, percent, plural};
use super::{attendance, health, linked, reaching, taking_part};
use crate::charts::reading::{self, Cell, cell, share};

/// Sources of reads there are, and none of their reads led here.
const NO_READ: &str = "No read of these write-ups has been seen, by these sources.";

/// Sources count, and name nobody.
const NO_READER: &str = "Reads are counted, readers are not known.";

/// A sentence and the indicator whose numbers it holds.
pub(super) type Said = (&'static str, String);

/// First words of the leader's page: what the sources there are can tell.
pub(super) fn opening(summary: &Value) -> Vec<Said> {
    if let Some(said) = still_read(summary) {
        return vec![("L4", said)];
    }
    if reading::list(summary, "writeups").is_empty() {
        let said = match health::anything(summary) {
            true => "Events have come in, but no write-up is known that they lead to.",
            false => "Nothing has been measured yet: no event has come in.",
        };
        return vec![("L4", said.to_owned())];
    }
    match health::missing(summary, "L4") {
        None => of_reads(summary),
        Some(_) => without_reads(summary),
    }
}

/// The small print under the first words, where they hold a share.
pub(super) fn under(summary: &Value) -> Option<String> {
    still_read(summary)?;
    let results = reading::results(summary, "L4");
    let sure = share(results, "still_read")
        .interval
        .map_or_else(String::new, |(lo, hi)| {
            format!(
                "; 95 % interval of the share: {:.0} % to {:.0} %",
                lo * 100.0,
                hi * 100.0
            )
        });
    let left_out: f64 = ["unknown", "not_observed"]
        .into_iter()
        .filter_map(|key| cell(results, key).get())
        .sum();
    let left_out = match left_out {
        n if n > 0.0 => format!(
            " Of {} more older {} it is not known.",
            count(n),
            plural(n, "write-up", "write-ups")
        ),
        _ => String::new(),
    };
    Some(format!(
        "Older means {} or more; read means opened by at least {:.0} people who did not write \
         it{sure}.{left_out}",
        age_words(days(summary, "late", 90.0)),
        days(summary, "min_readers", 3.0),
    ))
}

/// `«29» of «77» older write-ups («38 %») were read by others in the last four weeks.`
fn still_read(summary: &Value) -> Option<String> {
    let still = share(reading::results(summary, "L4"), "still_read");
    let (k, n, p) = (still.num.get()?, still.den.get()?, still.value.get()?);
    if n <= 0.0 {
        return None;
    }
    let lately = words::stretch(days(summary, "trailing", 28.0));
    // To be read by fewer is not to be unread, so where nothing is left to count the number is said.
    let least = days(summary, "min_readers", 3.0);
    let others = plural(least, "other", "others");
    if n == 1.0 {
        let by = match k > 0.0 {
            true => format!("at least {least:.0} {others}"),
            false => format!("fewer than {least:.0} {others}"),
        };
        return Some(format!(
            "The one older write-up was read by {by} in the last {lately}."
        ));
    }
    if k == 0.0 {
        return Some(format!(
            "«0» of «{}» older write-ups («0 %») were read by at least {least:.0} {others} in the last {lately}.",
            count(n)
        ));
    }
    Some(format!(
        "«{}» of «{}» older write-ups («{}») {} read by others in the last {lately}.",
        count(k),
        count(n),
        percent(p),
        plural(k, "was", "were")
    ))
}

/// First words where reads are measured, and the long tail can't be told.
fn of_reads(summary: &Value) -> Vec<Said> {
    let results = reading::results(summary, "L4");
    let some = |key: &str| cell(results, key).get().is_some_and(|n| n > 0.0);
    let late = days(summary, "late", 90.0);
    let all = known(summary);
    let dated = |writeup: &Value| cell(writeup, "age_days").get().is_some();
    if !reading::list(summary, "writeups").iter().any(dated) {
        let said = format!("{all}; when they were published is not, so nothing is told by age.");
        return vec![("L4", said)];
    }
    if oldest(summary) < late {
        let read = cell(reading::results(summary, "R3"), "readers")
            .get()
            .filter(|people| *people > 0.0)
            .map(|people| {
                let them = match reading::list(summary, "writeups").len() {
                    1 => "it",
                    _ => "them",
                };
                let said = format!(
                    " So far «{}» {} read {them}.",
                    count(people),
                    plural(people, "person has", "people have")
                );
                ("R3", said)
            });
        let young = format!(
            "{all}, younger than {}: the long tail is still to come.",
            age_words(late)
        );
        return std::iter::once(("L4", young))
            .chain(read)
            .chain(first_old(summary, late))
            .collect();
    }
    let opened = match cell(reading::results(summary, "R1"), "total_reads") {
        Cell::Value(n) if n > 0.0 => format!(
            ", and {} opened «{}» {}",
            plural(
                reading::list(summary, "writeups").len() as f64,
                "was",
                "were"
            ),
            count(n),
            plural(n, "time", "times")
        ),
        // Nothing can be told of readers of pages that nobody was seen to open.
        Cell::Value(_) => return vec![("R1", format!("{all}. {NO_READ}"))],
        Cell::Withheld | Cell::Missing => String::new(),
    };
    let why = if some("not_observed") {
        not_watched(summary)
    } else if some("unknown") {
        NO_READER.to_owned()
    } else {
        "How many older write-ups are still read can't be told.".to_owned()
    };
    vec![("R1", format!("{all}{opened}. {why}"))]
}

/// Why the last weeks can't be told: they were not watched whole.
pub(super) fn not_watched(summary: &Value) -> String {
    let until = health::reads_until(summary);
    let last = until.map_or_else(String::new, |last| format!(", and {last}"));
    format!(
        "How many older write-ups are still read can't be told: the last {:.0} days must be watched \
         whole{last}.",
        days(summary, "trailing", 28.0)
    )
}

/// First words where no source delivers reads: what the others say.
fn without_reads(summary: &Value) -> Vec<Said> {
    let said = freely(summary)
        .or_else(|| late_comments(summary))
        .or_else(|| linked(summary));
    let names: Vec<String> = health::health(summary)
        .missing
        .iter()
        .map(|sign| sign.name.to_owned())
        .collect();
    let missing = format!(
        " {} are not measured yet.",
        words::capital(&words::row(&names, "and"))
    );
    match said {
        Some(said) => vec![said, ("L4", missing)],
        None => vec![("L4", format!("{}.", known(summary))), ("L4", missing)],
    }
}

fn freely(summary: &Value) -> Option<Said> {
    if attendance::uninvited(summary) {
        let came = attendance::came(summary)?;
        return Some(("A1", format!("{came}. {}", attendance::not_known())));
    }
    let (came, words) = attendance::headline(summary)?;
    let held = attendance::meetings(summary).held as f64;
    Some((
        "A2",
        format!(
            "«{}» of those who came to «{}» {} {words}.",
            percent(came.value.get()?),
            count(held),
            plural(held, "review", "reviews")
        ),
    ))
}

fn late_comments(summary: &Value) -> Option<Said> {
    let comments = reading::results(summary, "C1").get("comments")?;
    let late = share(comments, "late_share");
    let (k, n) = (late.num.get()?, late.den.get().filter(|n| *n > 0.0)?);
    let age = age_words(days(summary, "late", 90.0));
    (oldest(summary) >= days(summary, "late", 90.0)).then(|| {
        (
            "C1",
            format!(
                "«{}» of «{}» {} came more than {age} after the write-up.",
                count(k),
                count(n),
                plural(n, "comment", "comments")
            ),
        )
    })
}

fn linked(summary: &Value) -> Option<Said> {
    let (linked, of_all) = linked::of_all(summary)?;
    Some((
        "K1",
        format!(
            "{of_all} {} linked from {}.",
            plural(linked, "is", "are"),
            linked::PLACES_SAID
        ),
    ))
}

/// `«98» write-ups are known`.
fn known(summary: &Value) -> String {
    let all = reading::list(summary, "writeups").len() as f64;
    format!(
        "«{}» {} known",
        count(all),
        plural(all, "write-up is", "write-ups are")
    )
}

/// When the first one is old enough.
fn first_old(summary: &Value, late: f64) -> Option<Said> {
    let zone = reading::zone(summary);
    let first = reading::list(summary, "writeups")
        .iter()
        .filter_map(|writeup| reading::day(reading::text(writeup, "published_at"), zone))
        .min()?
        .checked_add_days(chrono::Days::new(late as u64))?;
    let said = format!(
        " The oldest turns {} old on {}.",
        age_words(late),
        first.format("%-d %b %Y")
    );
    Some(("L4", said))
}

/// Kind words for results that are not there.
pub(super) fn nothing(summary: &Value, code: &str) -> String {
    // Of a plan nothing is withheld, and of duty nothing is known.
    let duty = ["A1", "A2", "A3"].contains(&code) && attendance::uninvited(summary);
    if code.starts_with('A') && (duty || attendance::only_planned(summary)) {
        return attendance::nothing(summary);
    }
    if holds_withheld(reading::results(summary, code)) {
        let k = super::view::k(summary);
        return format!(
            "Withheld: it would speak of fewer than {k} people, or let them be worked out."
        );
    }
    if let Some(missing) = health::missing(summary, code) {
        return format!(
            "Not measured yet: no source has delivered {}.",
            missing.name
        );
    }
    let late = age_words(days(summary, "late", 90.0));
    let l4 = reading::results(summary, "L4");
    let some = |key: &str| cell(l4, key).get().is_some_and(|n| n > 0.0);
    if let Some(reason) = reaching::nothing(code) {
        return reason.to_owned();
    }
    match code {
        "A1" | "A2" | "A3" => attendance::nothing(summary),
        "A4" | "A5" | "A6" | "A7" | "A8" => match attendance::meetings(summary).held {
            0 => attendance::nothing(summary),
            _ => taking_part::nothing(summary, code),
        },
        "L4" | "C1" | "E1" if oldest(summary) < days(summary, "late", 90.0) => {
            format!("Nothing to say yet: no write-up is older than {late}.")
        }
        "L4" if !health::seen_reads(summary) => NO_READ.to_owned(),
        "L4" if some("not_observed") => not_watched(summary),
        "L4" if some("unknown") => NO_READER.to_owned(),
        "L6" if oldest(summary) < days(summary, "quiet", 90.0) => {
            "Nothing to say yet: no write-up is old enough to have gone quiet.".to_owned()
        }
        "L6" => {
            "Nothing to say yet: no write-up was watched long enough to go quiet and come back."
                .to_owned()
        }
        "L3" => {
            "Nothing to say yet: it needs write-ups whose whole first year was watched.".to_owned()
        }
        "L5" => {
            "Nothing to say yet: no write-up was watched for three months from its first day on."
                .to_owned()
        }
        "K3" => {
            "Nothing to say yet: links in commits stay, and none has been seen in code comments, diagrams, onboarding pages or other write-ups.".to_owned()
        }
        "T0" | "T1" => super::trend::reads(summary).sentence,
        _ => match code.chars().next() {
            Some('C') => "Nothing to say yet: no comment of the right age has been seen.",
            Some('E') => "Nothing to say yet: no edit of a published write-up has been seen.",
            Some('D') => "Nothing to say yet: of too few write-ups that were watched for half a year is known what they are made of.",
            Some('K') => return no_link(summary, code),
            _ => "Nothing to say yet: no read of the right age has been seen.",
        }
        .to_owned(),
    }
}

/// Why nothing is said of links.
fn no_link(summary: &Value, code: &str) -> String {
    let nothing = "Nothing to say yet: no link has been seen.";
    match code {
        "K4" => "No write-up that everybody may see links to another.".to_owned(),
        "K2" | "K5" | "K6" => linked::none_yet(summary).unwrap_or_else(|| match code {
            // There were some, or K1 would say the same.
            "K2" if linked::links(summary).is_some() => "No uptake stands.".to_owned(),
            _ if linked::links(summary).is_some() => {
                let days = days(summary, "horizon", 365.0);
                format!("No uptake of the last {days:.0} days leads to a write-up with a date.")
            }
            _ => nothing.to_owned(),
        }),
        _ => nothing.to_owned(),
    }
}

fn holds_withheld(value: &Value) -> bool {
    match value {
        Value::Object(map) => reading::suppressed(value) || map.values().any(holds_withheld),
        Value::Array(list) => list.iter().any(holds_withheld),
        _ => false,
    }
}

/// The age of the oldest write-up, in days.
pub(super) fn oldest(summary: &Value) -> f64 {
    let ages = reading::list(summary, "writeups")
        .iter()
        .filter_map(|writeup| cell(writeup, "age_days").get());
    ages.fold(0.0, f64::max)
}

/// The window of age that is compared: from `late` days to twice that.
pub(super) fn window_words(late: f64) -> String {
    if (late - 90.0).abs() < 0.5 {
        "three to six months".to_owned()
    } else {
        format!("{late:.0} to {:.0} days", late * 2.0)
    }
}
