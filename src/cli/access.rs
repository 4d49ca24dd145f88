//! `readback access add | list | remove | passwd`: who may see the pages with a password, where
//! `[access] mode = "password"`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;

use super::audit::note;
use crate::app;
use crate::config::{AccessMode, Config, Role};
use crate::model::to_rfc3339;
use crate::web::access::{accounts, file};
use crate::web::audit::{Act, Audit};

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make an account; the password is asked for, or read as one line from standard input
    #[command(after_help = "\
A viewer sees the pages, a coordinator restricted write-ups, the registry and imports, too, an admin also
the audit log. A password has at least 12 characters; only its Argon2id hash is kept, in
DATA/access.json. The name of an account stands nowhere else.")]
    Add {
        /// Its name
        name: String,
        /// viewer, coordinator or admin
        #[arg(long, value_parser = role)]
        role: Role,
        /// A viewer who may see restricted write-ups
        #[arg(long)]
        restricted: bool,
    },
    /// The accounts there are
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take an account away; its sessions end within a second
    Remove {
        /// Its name
        name: String,
    },
    /// Give an account another password; its sessions end
    Passwd {
        /// Its name
        name: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let valid = || format!("valid are {}", Role::ALL.map(Role::name).join(", "));
    Role::named(text).ok_or_else(valid)
}

pub(super) async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let path = file(&config.data_dir);
    if let Command::List { json } = command {
        return list(&accounts::read(&path)?, json);
    }
    // The mark of an account needs the data folder's key.
    let (_, keys) = app::ready_folder(&config).await?;
    let audit = Audit::new(&config.data_dir, keys);
    match command {
        Command::Add {
            name,
            role,
            restricted,
        } => {
            let made_at = to_rfc3339(super::now());
            accounts::add(&path, &name, &password()?, (role, restricted), made_at)?;
            note(&config, Act::AccountAdded, &audit.mark(&name))?;
            writeln!(std::io::stderr(), "the account is made")?;
            if config.access.mode != AccessMode::Password {
                let mode = config.access.mode.name();
                writeln!(
                    std::io::stderr(),
                    "access.mode is {mode:?}; accounts are asked for where it is \"password\""
                )?;
            }
        }
        Command::Remove { name } => {
            accounts::remove(&path, &name)?;
            note(&config, Act::AccountRemoved, &audit.mark(&name))?;
            writeln!(std::io::stderr(), "the account is gone")?;
        }
        Command::Passwd { name } => {
            accounts::set_password(&path, &name, &password()?)?;
            note(&config, Act::AccountChanged, &audit.mark(&name))?;
            writeln!(std::io::stderr(), "the password is changed")?;
        }
        Command::List { .. } => {}
    }
    Ok(())
}

fn list(all: &[accounts::Account], json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let list = all.iter().map(|account| {
            json!({
                "name": account.name,
                "role": account.role,
                "restricted": account.restricted,
                "made_at": account.made_at,
            })
        });
        let list: Vec<_> = list.collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(());
    }
    for account in all {
        let sees = match account.restricted {
            true => ", sees restricted write-ups",
            false => "",
        };
        let (name, role, made_at) = (&account.name, &account.role, &account.made_at);
        writeln!(out, "{name}: {role}{sees}; made {made_at}")?;
    }
    if all.is_empty() {
        let words = "there are none; `readback access add NAME --role viewer` makes one";
        writeln!(std::io::stderr(), "{words}")?;
    }
    Ok(())
}

/// A password: typed twice and not shown, or a line of standard input.
fn password() -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let first = typed("Password: ")?;
    if typed("Once more: ")? != first {
        bail!("the two are not the same");
    }
    Ok(first)
}

fn typed(prompt: &str) -> anyhow::Result<String> {
    write!(std::io::stderr(), "{prompt}")?;
    let terminal = std::io::stdin();
    let shown = tcgetattr(&terminal).context("asking for a password")?;
    let mut hidden = shown.clone();
    hidden.local_modes -= LocalModes::ECHO;
    tcsetattr(&terminal, OptionalActions::Flush, &hidden).context("asking for a password")?;
    let line = line();
    tcsetattr(&terminal, OptionalActions::Now, &shown).context("asking for a password")?;
    writeln!(std::io::stderr())?;
    line
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    // What can't be read may be a password in another encoding: it is not told.
    read.map_err(|_| anyhow::anyhow!("the password can't be read; valid is a line of UTF-8"))?;
    if line.ends_with('\n') {
        line.pop();
    }
    if line.ends_with('\r') {
        line.pop();
    }
    Ok(line)
}
