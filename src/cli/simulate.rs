//! `readback simulate`: a seeded organisation's events as NDJSON.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;

use super::progress;
use crate::config::Config;
use crate::model::time::to_rfc3339;
use crate::model::{Calendar, parse_rfc3339};
use crate::simulate::{self, Cut, Options};

/// The organisation.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The same seed and options give the same bytes
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Reads, about; up to 100 million and more
    #[arg(long, visible_alias = "events", default_value_t = Options::default().reads)]
    reads: u64,
    /// People
    #[arg(long, default_value_t = Options::default().people)]
    people: u32,
    /// Teams
    #[arg(long, default_value_t = Options::default().teams)]
    teams: u32,
    /// Write-ups, about
    #[arg(long, default_value_t = Options::default().writeups)]
    writeups: u32,
    /// Simulated days
    #[arg(long, default_value_t = Options::default().days)]
    days: u32,
    /// The day after the last
    #[arg(long, default_value_t = Options::default().end)]
    end: NaiveDate,
    /// A time in which nothing was recorded, as FROM/TO, dates or RFC 3339 instants; may be repeated
    #[arg(long, value_name = "FROM/TO")]
    cut: Vec<String>,
    /// Where to write; - is standard output
    #[arg(long, short, default_value = "-")]
    out: PathBuf,
}

/// People, teams and write-ups are held in memory.
const MOST: u32 = 1_000_000;
/// A century.
const MOST_DAYS: u32 = 36_525;

pub(super) fn run(args: Args, config: &Config) -> anyhow::Result<()> {
    for (option, value, least, most) in [
        ("--people", args.people, 1, MOST),
        ("--teams", args.teams, 1, MOST),
        ("--writeups", args.writeups, 1, MOST),
        ("--days", args.days, 30, MOST_DAYS),
    ] {
        if !(least..=most).contains(&value) {
            bail!("{option} {value}: valid are {least} to {most}");
        }
    }
    let calendar = config.organisation.calendar.clone();
    let cut = args
        .cut
        .iter()
        .map(|text| interval(text, &calendar))
        .collect::<Result<_, _>>()?;
    let options = Options {
        seed: args.seed,
        reads: args.reads,
        people: args.people,
        teams: args.teams,
        writeups: args.writeups,
        days: args.days,
        end: args.end,
        timezone: calendar.timezone,
        holidays: calendar.holidays,
        template_from: args
            .end
            .checked_sub_days(chrono::Days::new(u64::from(args.days / 2))),
        cut,
        ..Options::default()
    };
    let name = args.out.display().to_string();
    let bar = progress::bytes("simulating", None);
    let out: Box<dyn Write> = if name == "-" {
        Box::new(std::io::stdout().lock())
    } else {
        Box::new(File::create(&args.out).with_context(|| name.clone())?)
    };
    let mut out = BufWriter::with_capacity(1 << 20, bar.wrap_write(out));
    let written =
        simulate::write(&options, &mut out).and_then(|summary| out.flush().map(|()| summary));
    bar.finish_and_clear();
    match written {
        Ok(summary) => {
            let as_of = to_rfc3339(options.as_of());
            writeln!(
                std::io::stderr(),
                "{} events; report with --as-of {as_of}",
                summary.lines
            )?;
            Ok(())
        }
        // `readback simulate | head` is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error).context(name),
    }
}

fn interval(text: &str, calendar: &Calendar) -> anyhow::Result<Cut> {
    let wrong = || format!("--cut {text}: valid is FROM/TO, such as 2024-03-01/2024-04-01");
    let (from, to) = text.split_once('/').with_context(wrong)?;
    let instant = |text: &str| {
        let midnight = || {
            text.parse::<NaiveDate>()
                .ok()
                .map(|date| calendar.midnight(date))
        };
        parse_rfc3339(text).or_else(midnight)
    };
    match (instant(from), instant(to)) {
        (Some(from), Some(to)) if from < to => Ok(Cut { from, to }),
        _ => bail!(wrong()),
    }
}
