//! `readback reporting grants`: what an operator of a ClickHouse server runs so that reporting tools see
//! published tables and nothing else.

use std::io::Write as _;

use crate::config::{Config, EngineMode};

/// What to print.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// The statements that make a role and an account for reporting tools on a ClickHouse server
    Grants,
}

/// The statements, in their order, and the names in them that stand for configured ones.
const GRANTS: [&str; 5] = [
    include_str!("../../sql/grants/0001_create_role.sql"),
    include_str!("../../sql/grants/0002_grant_published.sql"),
    include_str!("../../sql/grants/0003_revoke_own.sql"),
    include_str!("../../sql/grants/0004_create_user.sql"),
    include_str!("../../sql/grants/0005_grant_role.sql"),
];

pub(super) fn run(command: Command, config: &Config) -> anyhow::Result<()> {
    let Command::Grants = command;
    if matches!(config.engine.mode, EngineMode::Embedded) {
        writeln!(
            std::io::stderr(),
            "note: engine.mode is \"embedded\", which has no accounts; `[reporting] listen` opens an \
             engine of published tables alone"
        )?;
    }
    let mut out = std::io::stdout().lock();
    for statement in GRANTS {
        let statement = statement
            .replace("readback_published", &config.reporting.database)
            .replace("readback_own", &config.engine.database);
        writeln!(out, "{};\n", statement.trim_end())?;
    }
    Ok(())
}
