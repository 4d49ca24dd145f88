//! `readback writeups assign | assignments | unassign`: who is told to read which write-up, and when.

use std::io::Write as _;

use anyhow::bail;
use serde_json::json;

use super::plain::{self, line};
use super::report::moment;
use super::writeups::say;
use crate::app::House;
use crate::jobs::registry::Registry;
use crate::model::{Assignment, Calendar, Whom, Writeup, to_rfc3339};
use crate::store::RegistryWriteup;

/// Who is told to read, and when.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The write-up's id, or any other name of it
    pub(super) id: String,
    /// From when: a date, or an RFC 3339 instant
    #[arg(long, value_name = "WHEN")]
    from: String,
    /// Until when, not included: a date, or an RFC 3339 instant
    #[arg(long, value_name = "WHEN")]
    to: String,
    #[command(flatten)]
    whom: To,
}

/// Whom it is said to.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct To {
    /// To who is in this team when they read
    #[arg(long)]
    team: Option<String>,
    /// To who joined not long before they read (parameters.newcomer_days)
    #[arg(long)]
    newcomers: bool,
    /// To everybody
    #[arg(long)]
    everybody: bool,
}

impl Args {
    /// What is meant.
    ///
    /// # Errors
    /// A wrong instant.
    pub(super) fn assignment(&self, calendar: &Calendar) -> anyhow::Result<Assignment> {
        let (from, to) = (
            moment("--from", &self.from, calendar)?,
            moment("--to", &self.to, calendar)?,
        );
        if to <= from {
            bail!("--to {:?}: is not after --from {:?}", self.to, self.from);
        }
        let whom = match &self.whom.team {
            Some(team) if team.trim().is_empty() => {
                bail!("--team: is empty; the name of a team is valid")
            }
            Some(team) => Whom::Team(team.clone()),
            None if self.whom.newcomers => Whom::Newcomers,
            None => Whom::Everybody,
        };
        Ok(Assignment { from, to, whom })
    }
}

/// Assigns.
pub(super) async fn assign(
    house: &House,
    registry: &Registry,
    known: &RegistryWriteup,
    assignment: Assignment,
) -> anyhow::Result<()> {
    let mut all = registry.assignments(&known.id);
    if all.contains(&assignment) {
        bail!("{}: this is assigned already", known.id);
    }
    all.push(assignment);
    let n = all.len();
    let writeup = Writeup {
        assignments: Some(all),
        ..registry.same(known)
    };
    say(house, registry, writeup).await?;
    line(
        &mut std::io::stderr(),
        format_args!("{}: assigned, number {n}", known.id),
    )?;
    Ok(())
}

/// Takes the nth assignment back.
pub(super) async fn unassign(
    house: &House,
    registry: &Registry,
    known: &RegistryWriteup,
    number: usize,
) -> anyhow::Result<()> {
    let mut all = registry.assignments(&known.id);
    if number == 0 || number > all.len() {
        bail!(
            "{}: has no assignment {number}; it has {}, and `readback writeups assignments` lists them",
            known.id,
            all.len()
        );
    }
    all.remove(number - 1);
    let writeup = Writeup {
        assignments: Some(all),
        ..registry.same(known)
    };
    say(house, registry, writeup).await?;
    line(
        &mut std::io::stderr(),
        format_args!("{}: assignment {number} is taken back", known.id),
    )?;
    Ok(())
}

/// Lists them.
pub(super) fn list(
    registry: &Registry,
    known: &RegistryWriteup,
    calendar: &Calendar,
    as_json: bool,
) -> anyhow::Result<()> {
    let all = registry.assignments(&known.id);
    let mut out = std::io::stdout().lock();
    if as_json {
        let each: Vec<_> = (1..)
            .zip(&all)
            .map(|(number, one)| {
                let team = match &one.whom {
                    Whom::Team(team) => Some(team),
                    Whom::Newcomers | Whom::Everybody => None,
                };
                json!({
                    "number": number,
                    "from": to_rfc3339(one.from),
                    "to": to_rfc3339(one.to),
                    "team": team,
                    "newcomers": one.whom == Whom::Newcomers,
                })
            })
            .collect();
        writeln!(out, "{}", plain::json(&each.into())?)?;
        return Ok(());
    }
    for (number, one) in (1..).zip(&all) {
        let whom = match &one.whom {
            Whom::Team(team) => format!("team {team}"),
            Whom::Newcomers => "newcomers".to_owned(),
            Whom::Everybody => "everybody".to_owned(),
        };
        let (from, to) = (calendar.date(one.from), calendar.date(one.to));
        line(&mut out, format_args!("{number}  {from} to {to}  {whom}"))?;
    }
    if all.is_empty() {
        line(
            &mut std::io::stderr(),
            format_args!("{}: nothing is assigned", known.id),
        )?;
    }
    Ok(())
}
