//! `readback noised`: counts of readers with noise, for comparing in public (INDICATORS P3).

use std::io::Write as _;
use std::num::NonZeroU32;

use anyhow::{Context as _, bail};
use chrono::{Datelike as _, Months, NaiveDate};

use super::engine::Installing;
use super::plain::{json, line};
use super::report::{derived, instant};
use crate::app::House;
use crate::config::Config;
use crate::indicators::Context;
use crate::jobs::noised::{Asked, FILE, Noised, export, of_the_system};
use crate::model::calendar::month_of;

/// Stands below `readback noised --help`.
const HELP: &str = "\
Every export costs privacy: the epsilons of all of them add up, and the sum so far is told each time
(record: noised.ndjson in the data folder). Noise is drawn anew by every run, so ask once, and hand out
that one answer. With epsilon 1 and a bound of 10 the noise has a standard deviation of 14 people:
useless for teams of twenty. `readback explain P3` says the rest.";

/// What to export.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// What this export may cost, from 0.001 to 1: the smaller, the more noise
    #[arg(long, value_name = "E", value_parser = thousandths)]
    epsilon: NonZeroU32,
    /// In how many cells one person may be at most, 1 to 240; a month has two, young write-ups and late ones
    #[arg(long, value_name = "C", default_value = "10", value_parser = bound)]
    bound: NonZeroU32,
    /// The first month, as YYYY-MM [default: eleven months before the last]
    #[arg(long, value_name = "MONTH", value_parser = month)]
    from: Option<NaiveDate>,
    /// The last month, over by then [default: the last one that is over]
    #[arg(long, value_name = "MONTH", value_parser = month)]
    to: Option<NaiveDate>,
    /// Events at or after it have not happened: an RFC 3339 instant or a date [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Ten years of months are more than anybody compares.
const MOST_MONTHS: i32 = 120;

fn thousandths(text: &str) -> Result<NonZeroU32, String> {
    let value: f64 = text.parse().map_err(|_| VALID_EPSILON.to_owned())?;
    let milli = (value * 1000.0).round();
    // Compared in this way, what is no number is refused, too.
    if !((1.0..=1000.0).contains(&milli) && (value * 1000.0 - milli).abs() < 1e-6) {
        return Err(VALID_EPSILON.to_owned());
    }
    NonZeroU32::new(milli as u32).ok_or_else(|| VALID_EPSILON.to_owned())
}

const VALID_EPSILON: &str = "valid is a number from 0.001 to 1 with at most three decimals";

fn bound(text: &str) -> Result<NonZeroU32, String> {
    let number: Option<NonZeroU32> = text.parse().ok();
    number
        .filter(|number| number.get() <= 240)
        .ok_or_else(|| "valid is a whole number from 1 to 240".to_owned())
}

fn month(text: &str) -> Result<NaiveDate, String> {
    let found = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
    // The years of all events.
    found
        .filter(|month| (1900..2300).contains(&month.year()))
        .ok_or_else(|| "valid is a month such as 2026-03".to_owned())
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let calendar = config.organisation.calendar.clone();
    let as_of = instant(args.as_of.as_deref(), &calendar)?;
    let over = month_of(calendar.date(as_of)) - Months::new(1);
    let (first, last) = months(args.from, args.to, over)?;
    let asked = Asked {
        milli: args.epsilon,
        bound: args.bound,
        first,
        last,
    };
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = told(&house, as_of, asked).await;
    house.close().await;
    let told = done?;
    let mut out = std::io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", json(&serde_json::to_value(&told)?)?)?,
        false => write(&mut out, &told)?,
    }
    Ok(())
}

async fn told(house: &House, as_of: i64, asked: Asked) -> anyhow::Result<Noised> {
    // One at a time, so that what is spent adds up.
    let _turn = derived(house).await?;
    let context = Context {
        as_of,
        calendar: house.config.organisation.calendar.clone(),
        parameters: house.config.parameters.clone(),
        k: house.k,
    };
    let path = house.config.data_dir.join(FILE);
    let random = (path.as_path(), &mut of_the_system);
    export(&house.store, &context, asked, random)
        .await
        .context("counts with noise")
}

/// The first and the last month; `over` is the last one that is over.
fn months(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    over: NaiveDate,
) -> anyhow::Result<(NaiveDate, NaiveDate)> {
    let name = |month: NaiveDate| month.format("%Y-%m").to_string();
    let last = to.unwrap_or(over);
    if last > over {
        bail!(
            "--to {}: is not over; valid are months up to {}",
            name(last),
            name(over)
        );
    }
    let first = from.unwrap_or(last - Months::new(11));
    if first > last {
        bail!(
            "--from {}: is after the last month, {}",
            name(first),
            name(last)
        );
    }
    if first + Months::new(MOST_MONTHS.unsigned_abs()) <= last {
        bail!(
            "--from {}: is too early; valid are at most {MOST_MONTHS} months up to {}",
            name(first),
            name(last)
        );
    }
    Ok((first, last))
}

fn write(out: &mut impl std::io::Write, told: &Noised) -> std::io::Result<()> {
    line(
        out,
        format_args!(
            "month    age    people, +/- {} in 95 of 100",
            told.noise.half_width_95
        ),
    )?;
    for cell in &told.cells {
        line(
            out,
            format_args!("{}  {:<5}  {:>6}", cell.month, cell.age, cell.people),
        )?;
    }
    let noise = &told.noise;
    line(
        out,
        format_args!(
            "epsilon {}, one person in at most {} cells: noise of standard deviation {:.1}",
            noise.epsilon, noise.bound, noise.sd
        ),
    )?;
    line(
        out,
        format_args!(
            "privacy spent so far: epsilon {} in {} export{}",
            noise.epsilon_so_far,
            noise.exports,
            if noise.exports == 1 { "" } else { "s" }
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epsilon_is_thousandths() {
        assert_eq!(thousandths("0.25").map(NonZeroU32::get), Ok(250));
        assert_eq!(thousandths("1").map(NonZeroU32::get), Ok(1000));
        for wrong in [
            "0", "-1", "1.001", "0.0004", "0.00125", "NaN", "inf", "much",
        ] {
            assert_eq!(thousandths(wrong), Err(VALID_EPSILON.to_owned()), "{wrong}");
        }
        assert!(bound("0").is_err() && bound("241").is_err() && bound("240").is_ok());
    }

    #[test]
    fn months_are_over_and_in_order() {
        let day = |text: &str| month(text).unwrap();
        let over = day("2026-06");
        let of = |from: Option<&str>, to: Option<&str>| {
            months(from.map(day), to.map(day), over).map_err(|error| error.to_string())
        };
        assert_eq!(of(None, None), Ok((day("2025-07"), over)));
        assert_eq!(of(Some("2026-06"), None), Ok((over, over)));
        assert!(
            of(None, Some("2026-07"))
                .unwrap_err()
                .contains("up to 2026-06")
        );
        assert!(
            of(Some("2026-06"), Some("2026-05"))
                .unwrap_err()
                .contains("after")
        );
        assert!(of(Some("2016-07"), None).is_ok());
        assert!(
            of(Some("2016-06"), None)
                .unwrap_err()
                .contains("at most 120")
        );
    }
}
