//! Each day of reading beside the seven days around it, over the write-ups that were watched on all of
//! them: an outage or a new source is no rhythm.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use polars::prelude::PolarsResult;

use super::cohorts::epoch_date;
use super::exposure::Days;
use crate::indicators::frames::{counts, ints};
use crate::indicators::{Context, Facts};
use crate::stats::{Around, DAYS_AROUND};

/// Every day on which a write-up was watched, with three days on either side.
pub(super) fn around(facts: &Facts, context: &Context) -> PolarsResult<Vec<Around>> {
    let daily = &facts.daily;
    let dates = ints(daily, "date")?;
    let known = dates.iter().flatten().copied();
    let span = known
        .clone()
        .min()
        .and_then(epoch_date)
        .zip(known.max().and_then(epoch_date));
    let Some((first, last)) = span else {
        return Ok(Vec::new());
    };
    // Reads of a day count for the three days on either side, each with three on either side of its own.
    let reach = chrono::Days::new(2 * DAYS_AROUND.unsigned_abs() + 1);
    let (Some(first), Some(end)) = (first.checked_sub_days(reach), last.checked_add_days(reach))
    else {
        return Ok(Vec::new());
    };
    let days = Days::new(&context.calendar, first, end);
    let watched = watched(facts, &days);
    let mut sums: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let rows = dates
        .into_iter()
        .zip(ints(daily, "writeup")?)
        .zip(counts(daily, "reads")?);
    for ((date, writeup), reads) in rows {
        let place = date.and_then(epoch_date).map(|date| days.place(date));
        let own = writeup
            .and_then(|number| usize::try_from(number).ok())
            .and_then(|number| watched.get(number));
        let Some((place, own)) = place.zip(own) else {
            continue;
        };
        for centre in place - DAYS_AROUND..=place + DAYS_AROUND {
            let whole = own
                .iter()
                .any(|&(from, to)| from + DAYS_AROUND <= centre && centre + DAYS_AROUND < to);
            if whole {
                let day = sums.entry(centre).or_default();
                day.1 += reads;
                if centre == place {
                    day.0 += reads;
                }
            }
        }
    }
    Ok(sums
        .into_iter()
        .filter_map(|(place, (own, seven))| {
            let date: NaiveDate = first.checked_add_signed(chrono::TimeDelta::days(place))?;
            Some(Around {
                weekday: date.weekday().num_days_from_monday() as usize,
                own: own as f64,
                seven: seven as f64,
            })
        })
        .collect())
}

/// The whole days on which the reads of each write-up were observed.
fn watched(facts: &Facts, days: &Days) -> Vec<Vec<(i64, i64)>> {
    let whole = |&(from, to): &(i64, i64)| {
        let range = days.whole(from, to);
        (range.start as i64, range.end as i64)
    };
    facts
        .writeups
        .iter()
        .map(|writeup| writeup.reads_observed.0.iter().map(whole).collect())
        .collect()
}
