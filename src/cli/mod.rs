//! The command line: one file for each command. Data goes to standard output, words for people to
//! standard error; errors carry a hint; the exit codes are [`EXIT_CODES`].

mod access;
mod after_review;
mod annotate;
mod asking;
mod assign;
mod audit;
mod backup;
mod check;
mod collecting;
mod dead;
mod demo;
mod digest;
mod engine;
mod error;
mod explain;
mod follow;
mod forget;
mod import;
mod joining;
mod key;
mod links;
mod list;
mod looking;
mod meetings;
mod noised;
mod people;
mod plain;
mod posting;
mod preview;
mod privacy;
mod progress;
mod proving;
mod purge;
mod reads;
mod replacing;
mod report;
mod reporting;
mod restated;
mod retain;
mod scan;
mod serve;
mod simulate;
mod site_names;
mod token;
mod undo;
mod writeups;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::engine::EngineCommand;
use crate::config::{self, Environment, Flags};
use crate::jobs::order::typed;
use crate::model::Millis;
use crate::telemetry::{self, LogFormat};

/// Stands below `readback --help`: scripts decide by them.
const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   what was asked, the configuration or the input is wrong
  2   wrong usage of the command line
  3   the engine or a source is away
  70  a defect of Readback
  75  `engine run`: another engine runs on the data folder";

/// Shows whether an organisation learns from its incidents: reads, reviews, comments and links to
/// write-ups, months later. It never counts incidents, never shows MTTR, never ranks a person.
#[derive(Debug, Parser)]
#[command(name = "readback", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    /// The configuration [default: readback.toml, where it exists; env: READBACK_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where Readback keeps its data [default: readback-data; env: READBACK_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Any key of the configuration, such as organisation.timezone=Europe/Berlin; may be repeated
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, toml::Value)>,
    /// How log lines look
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole way at once: on a simulated organisation, or on your own repository and log
    Demo(demo::Args),
    /// Take events in, run the jobs on their schedule, and serve the pages
    Serve(serve::Args),
    /// Tokens of programs that bring events over HTTP, or read what is published
    #[command(subcommand)]
    Token(token::Command),
    /// Accounts of those who see the pages with a password
    #[command(subcommand)]
    Access(access::Command),
    /// Changes, sign-ins and looks at restricted write-ups
    #[command(subcommand)]
    Audit(audit::Command),
    /// What the store refused for good
    #[command(subcommand)]
    Dead(dead::Command),
    /// All that can't be had again, tables and keys included, as a folder
    Backup(backup::Args),
    /// A data folder again from what `backup` made
    Restore(backup::RestoreArgs),
    /// Check configuration, engine, sources and credentials
    Check(check::Args),
    /// Import files: events, access logs, attendance lists, calendars, payloads
    Import(import::Args),
    /// Pull the configured sources once: repositories, wikis
    Scan(scan::Args),
    /// Write the summary, charts, pages and a digest as of an instant
    Report(report::Args),
    /// The month in a page of sentences: print it, or send it by mail and into rooms of chats
    Digest(digest::Args),
    /// How a number came about: definition, counts at every step, statements, parameters, limits
    Explain(explain::Args),
    /// Before a write-up is published: what a reader may miss in it, as questions to its author
    Preview(preview::Args),
    /// Counts of readers with noise, for comparing in public: each export costs privacy
    Noised(noised::Args),
    /// Links to write-ups one by one, with where they stand; or those that lead to nothing
    Links(links::Args),
    /// How much was read, where readers came from, and what AI agents read beside them
    Reads(reads::Args),
    /// What is kept of people and on which terms: show, agree, prove
    Privacy(privacy::Args),
    /// What reporting tools may read
    #[command(subcommand)]
    Reporting(reporting::Command),
    /// Which pages are which write-ups: look, register, give names, retire
    #[command(subcommand)]
    Writeups(writeups::Command),
    /// What is known of meetings beside their attendees: own accounts, changes, what they were
    #[command(subcommand)]
    Meetings(meetings::Command),
    /// What changed, and from which day on: a new template, another wiki
    #[command(subcommand)]
    Annotate(annotate::Command),
    /// Counts of story rounds: which incident would you tell a new colleague about?
    #[command(subcommand)]
    Stories(meetings::Stories),
    /// Erase a person from everything that is kept
    Forget(forget::Args),
    /// People whose events are kept without them
    #[command(subcommand)]
    OptOut(forget::OptOut),
    /// The key that pseudonyms are made with
    #[command(subcommand)]
    Key(key::Command),
    /// Take away what is older than [retention] says
    Retain(retain::Args),
    /// Take away all that one source told, so that it may tell it anew
    Purge(purge::Args),
    /// Take back an import of a calendar, an attendance list or a transcript
    Undo(undo::Args),
    /// Which names are one person: rosters, look-alikes, merge, split, exclude
    #[command(subcommand)]
    People(people::Command),
    /// Write a simulated organisation's events
    Simulate(simulate::Args),
    /// What this program knows: kinds of sources, indicators
    List(list::Args),
    /// The embedded database engine
    #[command(subcommand)]
    Engine(EngineCommand),
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::of_process();
    let colour = environment.get("NO_COLOR").is_none()
        && std::io::IsTerminal::is_terminal(&std::io::stderr());
    telemetry::start(
        cli.log_format,
        environment.get("READBACK_LOG").as_deref(),
        colour,
    );
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return error::tell(&anyhow::Error::from(error)),
    };
    let done = runtime.block_on(dispatch(cli, environment));
    // A thread that still reads standard input must not hold the program.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error::tell(&error),
    }
}

async fn dispatch(cli: Cli, environment: Environment) -> anyhow::Result<()> {
    let flags = Flags {
        config: cli.config,
        data_dir: cli.data_dir,
        values: cli.settings,
    };
    let load = || config::load(&flags, &environment);
    match cli.command {
        Command::Demo(args) => demo::run(args, load()?).await,
        Command::Serve(args) => serve::run(args, load()?).await,
        Command::Token(command) => token::run(command, load()?).await,
        Command::Access(command) => access::run(command, load()?).await,
        Command::Audit(command) => audit::run(command, &load()?),
        Command::Dead(command) => dead::run(command, load()?).await,
        Command::Backup(args) => backup::run(args, load()?).await,
        Command::Restore(args) => backup::restore(args, load()?).await,
        Command::Check(args) => {
            let (config, problems) = config::look(&flags, &environment)?;
            check::run(args, config, problems).await
        }
        Command::Import(args) => import::run(args, load()?).await,
        Command::Scan(args) => scan::run(args, load()?).await,
        Command::Report(args) => report::run(args, load()?).await,
        Command::Digest(args) => digest::run(args, load()?).await,
        Command::Explain(args) => explain::run(args, load()?).await,
        Command::Preview(args) => preview::run(args, load()?).await,
        Command::Noised(args) => noised::run(args, load()?).await,
        Command::Links(args) => links::run(args, load()?).await,
        Command::Reads(args) => reads::run(args, load()?).await,
        Command::Privacy(args) => privacy::run(args, load()?).await,
        Command::Reporting(command) => reporting::run(command, &load()?),
        Command::Writeups(command) => writeups::run(command, load()?).await,
        Command::Meetings(command) => meetings::run(command, load()?).await,
        Command::Annotate(command) => annotate::run(command, load()?).await,
        Command::Stories(command) => meetings::stories(command, load()?).await,
        Command::Forget(args) => forget::run(args, load()?).await,
        Command::OptOut(command) => forget::opt_out(command, load()?).await,
        Command::Key(command) => key::run(command, load()?).await,
        Command::Retain(args) => retain::run(args, load()?).await,
        Command::Purge(args) => purge::run(args, load()?).await,
        Command::Undo(args) => undo::run(args, load()?).await,
        Command::People(command) => people::run(command, load()?).await,
        Command::Simulate(args) => simulate::run(args, &load()?),
        Command::List(args) => list::run(args, load),
        Command::Engine(EngineCommand::Run {
            supervised: Some(library),
            reporting_listen,
            password_file,
            ..
        }) => {
            let data = flags.data_dir.unwrap_or_default();
            let reporting = reporting_listen.zip(password_file);
            engine::supervised(&data, library, environment.runtime_dir(), reporting).await
        }
        Command::Engine(command) => engine::run(command, &load()?).await,
    }
}

/// What time it is, UTC ms.
fn now() -> Millis {
    chrono::Utc::now().timestamp_millis()
}

fn setting(text: &str) -> Result<(String, toml::Value), String> {
    pair(text).ok_or_else(|| "valid is SECTION.KEY=VALUE".to_owned())
}

/// A parameter of a kind of source has no section.
fn parameter(text: &str) -> Result<(String, toml::Value), String> {
    pair(text).ok_or_else(|| "valid is KEY=VALUE".to_owned())
}

fn pair(text: &str) -> Option<(String, toml::Value)> {
    let (key, value) = text.split_once('=')?;
    Some((key.trim().to_owned(), typed(value)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_are_typed() {
        assert_eq!(setting("privacy.k=1").unwrap().1, toml::Value::Integer(1));
        assert_eq!(
            setting("organisation.timezone=Europe/Berlin").unwrap().1,
            toml::Value::String("Europe/Berlin".to_owned())
        );
        assert!(setting("privacy.k").is_err());
    }
}
