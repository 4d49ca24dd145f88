//! `readback explain CODE`: how the numbers of an indicator came about.

use std::io::Write as _;
use std::path::PathBuf;

use super::engine::Installing;
use super::plain::{json, lines};
use super::report::{instant, restated_since, summaries};
use crate::app::House;
use crate::config::Config;
use crate::indicators::{self, NOISED};
use crate::jobs::explain::{Explanation, explanation, explanation_of_noise};
use crate::jobs::{report, restate};

/// What to explain.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The indicator, such as L3; `readback list indicators` names all
    code: String,
    /// What the summary says of this write-up beside it, by its id
    #[arg(long, value_name = "ID")]
    writeup: Option<String>,
    /// Events at or after it have not happened: an RFC 3339 instant or a date [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// An earlier summary.json (or its folder): which of its numbers are others by now, and why
    #[arg(long, value_name = "REPORT")]
    since: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    if args.code.eq_ignore_ascii_case(NOISED.code) {
        return explain_noise(&args, &config);
    }
    let Some(indicator) = indicators::find(&args.code) else {
        let codes = indicators::ALL.iter().map(|one| one.spec().code);
        let codes: Vec<&str> = codes.chain([NOISED.code]).collect();
        anyhow::bail!(
            "there is no indicator {:?}; valid are {}",
            args.code,
            codes.join(", ")
        );
    };
    let code = indicator.spec().code;
    let as_of = instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    let earlier = args
        .since
        .as_deref()
        .map(super::report::earlier)
        .transpose()?;
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = async {
        let reports = summaries(&house, as_of).await?;
        let restated = match &earlier {
            Some(earlier) => Some(restated_since(&house, earlier).await?),
            None => None,
        };
        let writeup = args.writeup.as_deref();
        let part = writeup.and_then(|writeup| reports.part(code, writeup));
        Ok::<_, anyhow::Error>((report::to_json(&reports.open)?, restated, part))
    };
    let done = done.await;
    house.close().await;
    let (bytes, restated, part) = done?;
    let summary = serde_json::from_slice(&bytes)?;
    let mut told = explanation(&summary, code, args.writeup.as_deref())?;
    told.part = part;
    told.restated = restated.map(|restated| restate::of(&restated, code));
    write(&told, args.json)
}

/// P3 has no numbers before somebody asks for them, and with them it would spend privacy.
fn explain_noise(args: &Args, config: &Config) -> anyhow::Result<()> {
    for (name, given) in [
        ("--writeup", args.writeup.is_some()),
        ("--since", args.since.is_some()),
    ] {
        if given {
            anyhow::bail!("{name}: P3 has no numbers in a report; `readback noised` draws them");
        }
    }
    let as_of = instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    write(&explanation_of_noise(&config.parameters, as_of), args.json)
}

fn write(told: &Explanation, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match as_json {
        true => writeln!(out, "{}", json(&serde_json::to_value(told)?)?)?,
        false => write!(out, "{}", lines(&told.to_text()))?,
    }
    Ok(())
}
