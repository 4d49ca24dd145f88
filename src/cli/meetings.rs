//! `readback meetings …` and `readback stories …`: what is said by hand of meetings, and counts of story
//! rounds.

use std::io::Write as _;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::audit::note;
use super::engine::Installing;
use super::plain::{self, line};
use super::report::derived;
use super::writeups::hand;
use crate::app::House;
use crate::config::Config;
use crate::indicators::Context;
use crate::jobs::meetings::{self, Known, UNSAID, Words};
use crate::jobs::preview::Planned;
use crate::jobs::registry::Registry;
use crate::jobs::stories::Count;
use crate::model::target::nameless;
use crate::model::{DAY_MS, MeetingForm, Millis};
use crate::web::audit::Act;

/// How far ahead planned meetings are listed.
const AHEAD: Millis = 60 * DAY_MS;

/// What to do with meetings.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The meetings there are, with what is said of them by hand
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say something of a meeting; what is left out stays as it was said
    Set(Said),
}

/// What is said of a meeting.
#[derive(Debug, clap::Args)]
pub(super) struct Said {
    /// The meeting, as `readback meetings list` and the page of reviews name it: 2026-06-03T15:00
    id: String,
    /// How many gave their own account; none takes back what was said
    #[arg(long, value_name = "N|none", value_parser = number)]
    accounts: Option<u32>,
    /// Changes to the write-up that came of it; none takes back what was said
    #[arg(long, value_name = "N|none", value_parser = number)]
    changes: Option<u32>,
    /// How many watched its recording afterwards, who are no attendees; none takes back what was said
    #[arg(long, value_name = "N|none", value_parser = number)]
    watched: Option<u32>,
    /// What it was: review, story_session or onboarding_talk
    #[arg(long, value_name = "FORM", value_parser = form)]
    form: Option<MeetingForm>,
    /// Whether everybody may come
    #[arg(long, value_name = "true|false")]
    open: Option<bool>,
    /// Whether all of them had to come
    #[arg(long, value_name = "true|false")]
    mandatory: Option<bool>,
    /// The write-up that it was about, by its id or any other name, whatever calendar and lists say
    #[arg(long, value_name = "WRITE-UP")]
    writeup: Option<String>,
}

/// What to do with story rounds.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Stories {
    /// What was counted
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Count how many named an incident; a later count replaces it, and 0 takes it back
    Add {
        /// The round: the year and its half, such as 2026-H2
        round: String,
        /// The write-up, by its id, its title or any other name; or a short title of what is not written up
        what: String,
        /// How many named it
        count: u32,
        /// It is not written up, though its title may look like a name
        #[arg(long)]
        not_written_up: bool,
    },
}

/// More people, or changes, than any meeting has.
const MOST: u32 = 100_000;

fn number(text: &str) -> Result<u32, String> {
    match text.parse() {
        _ if text == "none" => Ok(UNSAID),
        Ok(number) if number <= MOST => Ok(number),
        _ => Err(format!("valid are whole numbers up to {MOST}, and none")),
    }
}

fn form(text: &str) -> Result<MeetingForm, String> {
    MeetingForm::from_name(text).ok_or_else(|| {
        let known = MeetingForm::ALL.map(MeetingForm::name);
        format!("valid are {}", known.join(", "))
    })
}

/// The meetings that a file may be of.
pub(super) async fn planned(house: &House) -> anyhow::Result<Vec<Planned>> {
    let known = {
        let _turn = derived(house).await?;
        meetings::known(&house.store, &context(house)).await?
    };
    let each = known.into_iter().map(|one| {
        Ok(Planned {
            hash: one.hash()?,
            at: one.at,
            id: one.id,
            title: one.title,
        })
    });
    each.collect()
}

/// The id of the write-up of this name.
async fn writeup(house: &House, name: &str) -> anyhow::Result<String> {
    let registry = Registry::now(&house.store).await?;
    let known = registry.entry(name);
    let known = known
        .with_context(|| format!("no write-up is called {name:?}; `readback writeups list`"))?;
    Ok(registry.whole(known).unwrap_or(known).id.clone())
}

fn of_name<'a>(known: &'a [Known], id: &str) -> anyhow::Result<&'a Known> {
    let Some(meeting) = known.iter().find(|one| one.id == id) else {
        bail!("no meeting is called {id:?}; `readback meetings list` shows those there are");
    };
    Ok(meeting)
}

fn context(house: &House) -> Context {
    Context {
        as_of: super::now(),
        calendar: house.config.organisation.calendar.clone(),
        parameters: house.config.parameters.clone(),
        k: house.k,
    }
}

/// The same with what is planned: that a meeting is open, or that all must come, is known before it.
fn ahead(house: &House) -> Context {
    let context = context(house);
    Context {
        as_of: context.as_of.saturating_add(AHEAD),
        ..context
    }
}

async fn open(config: Config) -> anyhow::Result<House> {
    let installing = Installing::new();
    House::open(config, move |progress| installing.show(progress)).await
}

/// `readback meetings …`
pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let house = open(config).await?;
    let done = act(command, &house).await;
    house.close().await;
    done
}

async fn act(command: Command, house: &House) -> anyhow::Result<()> {
    let (known, astray) = {
        let _turn = derived(house).await?;
        meetings::known_and_astray(&house.store, &ahead(house), super::now()).await?
    };
    match command {
        Command::List { json } => {
            list(&known, house, json)?;
            for one in astray {
                line(
                    &mut std::io::stderr(),
                    format_args!(
                        "{}: {} was said of it, and it is planned no more; where another meeting took its place, say it again of that",
                        one.id, one.said
                    ),
                )?;
            }
            Ok(())
        }
        Command::Set(said) => set(&known, said, house).await,
    }
}

async fn set(known: &[Known], said: Said, house: &House) -> anyhow::Result<()> {
    let meeting = of_name(known, &said.id)?;
    let words = Words {
        accounts: said.accounts,
        changes: said.changes,
        watched: said.watched,
        form: said.form,
        open: said.open,
        mandatory: said.mandatory,
        writeup: match &said.writeup {
            None => None,
            Some(name) => Some(writeup(house, name).await?),
        },
    };
    if words.is_empty() {
        bail!(
            "nothing is said; valid are --accounts, --changes, --watched, --form, --open, --mandatory and --writeup"
        );
    }
    let checked = words.check(meeting, house.k, super::now());
    checked.map_err(anyhow::Error::msg)?;
    let deed = words.deed(&meeting.id);
    let event = words.event(meeting, super::now())?;
    meetings::say(&hand(house), event)
        .await
        .context("nothing was said of the meeting")?;
    note(&house.config, Act::RegistryChanged, &deed)?;
    line(
        &mut std::io::stderr(),
        format_args!("{}: {deed}", meeting.id),
    )?;
    Ok(())
}

fn list(known: &[Known], house: &House, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let form = |one: &Known| one.fact.form.clone().unwrap_or_else(|| "review".to_owned());
    let now = super::now();
    if as_json {
        let each = known.iter().map(|one| {
            json!({
                "id": one.id,
                "title": one.title,
                "form": form(one),
                "form_said": one.fact.form.is_some(),
                "planned": one.at >= now,
                "told_again": one.retold,
                "accounts": one.fact.accounts,
                "changes": one.fact.changes,
                "watched": one.fact.watched,
                "open": one.fact.open,
                "mandatory": one.fact.mandatory,
            })
        });
        writeln!(out, "{}", plain::json(&each.collect())?)?;
        return Ok(());
    }
    for one in known {
        let mut words = vec![match (&one.fact.form, one.retold) {
            (None, true) => "told again".to_owned(),
            _ => form(one).replace('_', " "),
        }];
        words.extend((one.at >= now).then(|| "planned".to_owned()));
        words.extend(one.fact.accounts.map(|n| format!("accounts {n}")));
        words.extend(one.fact.changes.map(|n| format!("changes {n}")));
        words.extend(one.fact.watched.map(|n| format!("watched {n}")));
        words.extend(one.fact.open.map(|open| format!("open {open}")));
        words.extend(one.fact.mandatory.map(|all| format!("mandatory {all}")));
        let title = one.title.as_deref().unwrap_or(crate::pages::UNTITLED);
        line(
            &mut out,
            format_args!("{}  {title}  {}", one.id, words.join(", ")),
        )?;
    }
    if known.is_empty() {
        let zone = house.config.organisation.calendar.timezone;
        line(
            &mut std::io::stderr(),
            format_args!(
                "no meeting is known; attendance brings them in (days are those of {zone})"
            ),
        )?;
    }
    Ok(())
}

/// `readback stories …`
pub(super) async fn stories(command: Stories, config: Config) -> anyhow::Result<()> {
    let house = open(config).await?;
    let done = match command {
        Stories::List { json } => listed(&house, json).await,
        Stories::Add {
            round,
            what,
            count,
            not_written_up,
        } => add(&house, (round, what, count), not_written_up).await,
    };
    house.close().await;
    done
}

async fn add(
    house: &House,
    (round, what, count): (String, String, u32),
    not_written_up: bool,
) -> anyhow::Result<()> {
    let (said, numbered) = {
        let _turn = derived(house).await?;
        meetings::stories(&house.store, &context(house)).await?
    };
    let registry = Registry::now(&house.store).await?;
    let named = registry.entry(&what).or_else(|| registry.titled(&what));
    let known = named.filter(|_| !not_written_up);
    let known = known.map(|known| registry.whole(known).unwrap_or(known));
    // A title has several words; one word that is no write-up was mistyped.
    if known.is_none() && !not_written_up && !what.trim().contains(char::is_whitespace) {
        bail!(
            "no write-up is called {what:?}; `readback writeups list` shows those there are, and \
             --not-written-up says that it is a title"
        );
    }
    let number = known.and_then(|known| {
        let own = numbered.iter().find(|one| one.id == known.id)?;
        Some(own.number)
    });
    let told = known.map_or_else(
        || format!("{what:?}"),
        |known| nameless(&known.id).into_owned(),
    );
    let deed = format!(
        "counted {} in the story round {round}",
        match known {
            Some(_) => told.as_str(),
            None => "what is not written up",
        }
    );
    let count = Count {
        round,
        subject: known.map(|known| known.id.clone()).unwrap_or_default(),
        label: known.is_none().then(|| what.trim().to_owned()),
        count,
    };
    let event = count.event(&said, number.unwrap_or(0), super::now())?;
    meetings::say(&hand(house), event)
        .await
        .context("nothing was counted")?;
    note(&house.config, Act::RegistryChanged, &deed)?;
    line(&mut std::io::stderr(), format_args!("counted {told}"))?;
    Ok(())
}

async fn listed(house: &House, as_json: bool) -> anyhow::Result<()> {
    let (said, registry) = {
        let _turn = derived(house).await?;
        meetings::stories(&house.store, &context(house)).await?
    };
    let known = |number: u32| registry.iter().find(|one| one.number == number);
    let told: Vec<_> = said.iter().filter(|one| one.count > 0).collect();
    let mut out = std::io::stdout().lock();
    if as_json {
        let each = told.iter().map(|one| {
            json!({
                "round": one.round,
                "writeup": known(one.writeup).map(|writeup| &writeup.id),
                "label": Some(&one.called).filter(|_| one.writeup == 0),
                "count": one.count,
            })
        });
        writeln!(out, "{}", plain::json(&each.collect())?)?;
        return Ok(());
    }
    for one in &told {
        let what = match known(one.writeup) {
            Some(writeup) => writeup.id.clone(),
            None => format!("{:?}, not written up", one.called),
        };
        line(
            &mut out,
            format_args!("{}  {what}  {}", one.round, one.count),
        )?;
    }
    if told.is_empty() {
        line(
            &mut std::io::stderr(),
            format_args!("no story round was counted"),
        )?;
    }
    Ok(())
}
