//! `readback links`: the ledger of links, one by one, those that do not count, and those that lead to
//! nothing.

mod gone;
mod uncounted;

use std::collections::HashMap;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::engine::Installing;
use super::import::counted;
use super::plain::{self, line};
use super::writeups::columns;
use super::{progress, report};
use crate::app::House;
use crate::config::Config;
use crate::indicators::Context;
use crate::jobs::machines::Configured;
use crate::jobs::registry::Registry;
use crate::jobs::{compute, derive, forges};
use crate::model::forge::Forges;
use crate::model::{Calendar, LinkRole, Millis, Place};
use crate::store::{FactSettings, LinksAsked, ListedLink, RegistryWriteup};

use gone::Leads;
use uncounted::Counts;

const HELP: &str = "\
Examples:
  readback links --place diagram --live       diagrams that lead to write-ups now
  readback links --writeup INC-7 --uptake     what others made of one write-up
  readback links --removed --limit 0 --json   all that went, for a program
  readback links --gone                       what leads to deleted write-ups, or to none; what
                                              stands in commit messages, and stays, comes apart
  readback links --as-of 2026-01-01           what stood when the year began
  readback links --uncounted vendored         what does not count because it was copied from others

Follow-up are links that those who wrote a write-up or responded, and their teams, made until 30 days
after its publication ([parameters] follow_up_days); uptake are all others that stand on no list of
write-ups. Their teams are those that the write-up names, and those that they were in when it was
published. A list is a page that links to more than 20 write-ups (index_writeups), or to at least 5
(index_team_least) and over half (index_team_share) of a team's; write-ups without a team count as
one team's. The last column opens at the forge where the repository's address is known.

";

/// Which links.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{HELP}{}", uncounted::help()))]
pub(super) struct Args {
    /// Links in this kind of place alone
    #[arg(long, value_name = "PLACE", value_parser = place)]
    place: Option<Place>,
    /// Links to this write-up alone: its id, or any other name of it
    #[arg(long, value_name = "WRITEUP")]
    writeup: Option<String>,
    /// Links that still stand
    #[arg(long, conflicts_with = "removed")]
    live: bool,
    /// Links that went, or whose write-up did
    #[arg(long)]
    removed: bool,
    /// Links by others, or made later
    #[arg(long, conflicts_with = "follow_up")]
    uptake: bool,
    /// Links by those who had the incident, made soon
    #[arg(long)]
    follow_up: bool,
    /// Links that stand and lead to a deleted write-up, or to a target that no write-up has; with keys,
    /// files and addresses in repositories that fit incident_keys, writeups and the pages of wikis
    #[arg(long, conflicts_with_all = ["live", "removed", "uptake", "follow_up"])]
    gone: bool,
    /// Links that do not count, with the reason of each; or those of this reason alone
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        default_missing_value = "",
        value_parser = uncounted::reason,
        conflicts_with_all = ["uptake", "follow_up", "gone"]
    )]
    uncounted: Option<String>,
    /// Links at or after it have not been made, nor removed: an RFC 3339 instant, or a date (local
    /// midnight at its start) [default: now]
    #[arg(long, value_name = "T")]
    as_of: Option<String>,
    /// At most so many rows, the newest; 0 is all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn place(text: &str) -> Result<Place, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = Place::ALL.iter().map(|place| place.name()).collect();
        format!("valid are {}", known.join(", "))
    })
}

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let as_of = report::instant(args.as_of.as_deref(), &config.organisation.calendar)?;
    if let Some(given) = args.as_of.as_deref().filter(|_| as_of > super::now()) {
        bail!("--as-of {given:?} is still to come; valid are instants until now");
    }
    let installing = Installing::new();
    let house = House::open(config, move |progress| installing.show(progress)).await?;
    let done = list(&args, as_of, &house).await;
    house.close().await;
    done
}

/// What every row is told with.
struct Telling {
    /// Write-ups by their numbers.
    writeups: HashMap<u32, RegistryWriteup>,
    forges: Forges,
    calendar: Calendar,
    json: bool,
}

impl Telling {
    fn id(&self, number: u32) -> &str {
        self.writeups
            .get(&number)
            .map_or("", |writeup| writeup.id.as_str())
    }

    fn day(&self, at: Millis) -> String {
        self.calendar.date(at).to_string()
    }

    /// Where evidence opens, or what there is of it.
    fn evidence(&self, stands_in: &str) -> String {
        let address = self.forges.address(stands_in);
        address.unwrap_or_else(|| stands_in.to_owned())
    }
}

async fn list(args: &Args, as_of: Millis, house: &House) -> anyhow::Result<()> {
    let number_of = |registry: &Registry, writeups: &[RegistryWriteup]| {
        let Some(name) = &args.writeup else {
            return Ok(0);
        };
        let known = registry.entry(name).with_context(|| {
            format!(
                "--writeup: no write-up is called {name:?}; `readback writeups list` shows those there are"
            )
        })?;
        let whole = registry.whole(known).unwrap_or(known);
        let found = writeups.iter().find(|writeup| writeup.id == whole.id);
        found
            .map(|writeup| writeup.number)
            .with_context(|| format!("--writeup: {name:?} is not derived yet; ask again"))
    };
    let bar = progress::spinner("waiting for other commands");
    let turn = house.turn().await?;
    bar.set_message("deriving");
    let calendar = house.config.organisation.calendar.clone();
    let parameters = house.config.parameters.clone();
    let configured = Configured::of(&house.config, &house.keys)?;
    let derived = derive::run(&house.store, &calendar, &parameters, &configured).await?;
    let context = Context {
        as_of,
        calendar: calendar.clone(),
        parameters,
        k: house.k,
    };
    let settings = compute::settings(&context, derived.generation);
    let writeups = house.store.registry_writeups(derived.generation).await?;
    let registry = Registry::now(&house.store).await?;
    let number = number_of(&registry, &writeups)?;
    let configured = forges::configured(&house.config.sources);
    // The operator sees what is restricted, as in `writeups list`.
    let telling = Telling {
        forges: forges::with_registry(configured, &writeups),
        writeups: writeups.into_iter().map(|one| (one.number, one)).collect(),
        calendar,
        json: args.json,
    };
    bar.set_message("reading links");
    let mut rows = match args.gone {
        true => Rows::Gone(
            gone::collected(args, house, &settings, number).await?,
            Vec::new(),
        ),
        false => links(args, house, &settings, number).await?,
    };
    drop(turn);
    // What stands in a repository is looked at as it is now, and names no write-up.
    if let (Rows::Gone(links, notes), None, 0) = (&mut rows, &args.as_of, number) {
        bar.set_message("looking at repositories");
        let sources = house.config.sources.clone();
        let known = gone::known(telling.writeups.values());
        let looking =
            move || gone::in_repositories(&sources, &|name| registry.entry(name).is_some(), &known);
        let (found, said) = tokio::task::spawn_blocking(looking).await?;
        let place = args.place.map(Place::name);
        let fits = |link: &Leads| place.is_none_or(|place| link.place == place);
        links.extend(found.into_iter().filter(fits));
        *notes = said;
    }
    bar.finish_and_clear();
    match rows {
        Rows::Gone(links, notes) => {
            notes.iter().try_for_each(|note| tell(note))?;
            gone::tell_gone(&telling, &links, args.limit)
        }
        Rows::Counted(links, more, counts) => tell_links(&telling, &links, more, counts),
        Rows::Uncounted(links, counts) => tell_uncounted(&telling, &links, &counts),
    }
}

enum Rows {
    /// Links, and what is to be said of repositories.
    Gone(Vec<Leads>, Vec<String>),
    /// Links, whether there are more, and how many do not count, where that is told beside them.
    Counted(Vec<ListedLink>, bool, Counts),
    Uncounted(Vec<ListedLink>, Counts),
}

async fn links(
    args: &Args,
    house: &House,
    settings: &FactSettings,
    writeup: u32,
) -> anyhow::Result<Rows> {
    let part = match (args.uptake, args.follow_up) {
        (true, _) => LinkRole::Uptake.name(),
        (_, true) => LinkRole::FollowUp.name(),
        _ => "",
    };
    // One more than is shown tells that there are more.
    let most = match args.limit {
        0 => u64::from(u32::MAX),
        limit => limit.saturating_add(1),
    };
    let mut asked = LinksAsked {
        writeup,
        place: args.place.map_or("", Place::name).to_owned(),
        part: part.to_owned(),
        standing: (args.live || args.removed).then_some(args.live),
        most,
    };
    if let Some(reason) = &args.uncounted {
        asked.part.clone_from(reason);
        let (links, counts) = uncounted::list(house, settings, &asked, args.limit).await?;
        return Ok(Rows::Uncounted(links, counts));
    }
    let mut links = house.store.list_links(settings, &asked).await?;
    let more = links.len() as u64 == most;
    if more {
        links.pop();
    }
    // Those that do not count play no part; with one asked for, nothing is said of them.
    let counts = match part.is_empty() && !args.json {
        true => {
            asked.most = 1;
            uncounted::list(house, settings, &asked, 1).await?.1
        }
        false => Counts::default(),
    };
    Ok(Rows::Counted(links, more, counts))
}

/// What a link is called that plays this part.
fn part_words(part: &str) -> String {
    part.replace('_', "-")
}

fn tell_links(
    telling: &Telling,
    links: &[ListedLink],
    more: bool,
    uncounted: Counts,
) -> anyhow::Result<()> {
    if telling.json {
        return print_links(telling, links, "role");
    }
    tell_rows(telling, links)?;
    match (links.len() as u64, more) {
        (0, _) => tell("no such link is known; a scan finds them, and events bring them")?,
        (n, true) => tell(&format!(
            "the newest {} {} shown; --limit 0 shows all",
            counted(n, "link", "links"),
            are(n)
        ))?,
        (n, false) => tell(&counted(n, "link", "links"))?,
    }
    let beside = uncounted.beside(!more);
    beside.map_or(Ok(()), |words| tell(&words))
}

fn tell_uncounted(telling: &Telling, links: &[ListedLink], counts: &Counts) -> anyhow::Result<()> {
    if telling.json {
        return print_links(telling, links, "reason");
    }
    tell_rows(telling, links)?;
    let Some(words) = counts.words() else {
        return tell("there is no such link that does not count");
    };
    let all = counts.total();
    let noun = counted(all, "link does", "links do");
    tell(&format!("{noun} not count: {words}"))?;
    match links.len() as u64 {
        n if n < all => tell(&format!(
            "the newest {n} {} shown; --limit 0 shows all",
            are(n)
        )),
        _ => Ok(()),
    }
}

fn are(n: u64) -> &'static str {
    match n {
        1 => "is",
        _ => "are",
    }
}

fn print_links(telling: &Telling, links: &[ListedLink], part: &str) -> anyhow::Result<()> {
    print(
        &links
            .iter()
            .map(|link| link_json(telling, link, part))
            .collect(),
    )
}

fn tell_rows(telling: &Telling, links: &[ListedLink]) -> anyhow::Result<()> {
    let rows = links.iter().map(|link| {
        let until = match link.ended_at {
            None => "still there".to_owned(),
            Some(at) if link.removed => format!("removed {}", telling.day(at)),
            Some(at) => format!("write-up deleted {}", telling.day(at)),
        };
        let form = match link.form.as_str() {
            "" => "-",
            form => form,
        };
        [
            telling.id(link.writeup).to_owned(),
            link.place.clone(),
            form.to_owned(),
            part_words(&link.part),
            telling.day(link.at),
            until,
            telling.evidence(&link.stands_in),
        ]
    });
    columns(&rows.collect::<Vec<_>>())?;
    Ok(())
}

fn link_json(telling: &Telling, link: &ListedLink, part: &str) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "writeup": telling.id(link.writeup),
        "place": link.place,
        "form": said(&link.form),
        part: link.part,
        "first_seen": telling.day(link.at),
        "removed": link.ended_at.filter(|_| link.removed).map(|at| telling.day(at)),
        "writeup_deleted": link.ended_at.filter(|_| !link.removed).map(|at| telling.day(at)),
        "stands_in": said(&link.stands_in),
        "address": telling.forges.address(&link.stands_in),
    })
}

fn print(value: &Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", plain::json(value)?)?;
    Ok(())
}

fn tell(words: &str) -> anyhow::Result<()> {
    line(&mut std::io::stderr(), format_args!("{words}"))?;
    Ok(())
}
