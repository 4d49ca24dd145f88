//! `readback engine install | status | run`: the embedded engine by hand.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use std::time::Duration;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app;
use crate::config::{self, Config};
use crate::engine::{self, Listen, Password, Progress, RunSettings};
use crate::store::cluster_schema;

/// What `readback engine` can do.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum EngineCommand {
    /// Fetch libchdb (160 MB) with npm into the cache folder
    Install,
    /// Say which library is used and whether an engine runs on the data folder
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the schema as a ClickHouse cluster has it: on every host, with replicated tables
    #[command(after_help = "\
To be run by clickhouse-client --multiquery on one host, whose macros {shard} and {replica} say where copies lie;
all hosts are one shard. Readback itself asks one of them ([engine] url). A newer program brings new migrations:
print it again, and run what is behind the last row of schema_migration. The engine parses these statements in
our tests; they were not run on a cluster.")]
    Schema {
        /// The cluster's name in the servers' configuration
        #[arg(long, value_name = "NAME", value_parser = cluster)]
        cluster: String,
    },
    /// Run the engine in the foreground
    Run {
        /// Serve this TCP address as well, such as 127.0.0.1:8123; needs a password in the configuration
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// Let TCP clients only read
        #[arg(long, requires = "listen")]
        read_only: bool,
        /// Serve the published tables alone, for Grafana and other tools, and only to be read
        #[arg(long, requires = "listen")]
        published: bool,
        /// How Readback starts its own engine: with this libchdb and no configuration, until standard
        /// input closes and nobody else uses it
        #[arg(
            long,
            hide = true,
            value_name = "LIBCHDB",
            conflicts_with = "listen",
            requires = "data_dir"
        )]
        supervised: Option<PathBuf>,
        /// How Readback lets reporting tools ask the engine of published tables
        #[arg(
            long,
            hide = true,
            value_name = "ADDR",
            requires = "supervised",
            requires = "password_file"
        )]
        reporting_listen: Option<SocketAddr>,
        /// The file with the password that they need
        #[arg(long, hide = true, value_name = "FILE", requires = "reporting_listen")]
        password_file: Option<PathBuf>,
    },
}

/// Runs the command.
pub(super) async fn run(command: EngineCommand, config: &Config) -> anyhow::Result<()> {
    match command {
        EngineCommand::Install => {
            let library = library(config).await?;
            writeln!(std::io::stdout(), "{}", library.display())?;
            Ok(())
        }
        EngineCommand::Schema { cluster } => {
            let mut out = std::io::stdout().lock();
            for statement in cluster_schema(&config.engine.database, &cluster) {
                writeln!(out, "{statement};\n")?;
            }
            Ok(())
        }
        EngineCommand::Status { json } => status(config, json).await,
        EngineCommand::Run {
            listen,
            read_only,
            published,
            ..
        } => {
            let listen = match (listen, &config.engine.password) {
                (None, _) => None,
                (Some(address), Some(password)) => Some(Listen {
                    address,
                    password: Password::new(password.0.clone()),
                    read_only: read_only || published,
                }),
                (Some(address), None) => anyhow::bail!(
                    "listening on {address} needs a password; set READBACK_ENGINE_PASSWORD or engine.password_file"
                ),
            };
            // A store without its folder's key and k would be nobody's.
            app::folder(config).await?;
            let folder = match published {
                true => app::reporting::folder(config)?,
                false => config.data_dir.join("engine"),
            };
            let settings = RunSettings {
                folder,
                library: library(config).await?,
                runtime: config.engine.runtime_dir.clone(),
                listen,
                supervised: false,
            };
            engine::run(settings, |socket, address| {
                let mut words = format!("engine ready on {}", socket.display());
                if let Some(address) = address {
                    words.push_str(&format!(" and http://{address}"));
                }
                // Words for people; a closed standard error changes nothing.
                let _ = writeln!(std::io::stderr(), "{words}");
                if address.is_some() {
                    let user = engine::USER;
                    let words = format!("clients log in as {user} with the configured password");
                    let _ = writeln!(std::io::stderr(), "{words}");
                }
            })
            .await?;
            Ok(())
        }
    }
}

fn cluster(name: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    match !name.is_empty() && name.bytes().all(fits) {
        true => Ok(name.to_owned()),
        false => Err("valid are letters, digits, underscores and dashes".to_owned()),
    }
}

/// Runs the engine for the command that started it. No configuration is read: the parent has read
/// its own, and another one may lie where the child looks.
pub(super) async fn supervised(
    data: &Path,
    library: PathBuf,
    runtime: Option<PathBuf>,
    reporting: Option<(SocketAddr, PathBuf)>,
) -> anyhow::Result<()> {
    let listen = match reporting {
        None => None,
        Some((address, file)) => {
            let password = config::password_in(&file.to_string_lossy());
            let password =
                password.map_err(|problem| anyhow::anyhow!("--password-file: {problem}"))?;
            Some(Listen {
                address,
                password: Password::new(password),
                read_only: true,
            })
        }
    };
    let settings = RunSettings {
        folder: data.join("engine"),
        library,
        runtime,
        listen,
        supervised: true,
    };
    engine::run(settings, |_, _| {}).await?;
    Ok(())
}

/// The library, fetched with a progress bar when it is not there yet.
async fn library(config: &Config) -> anyhow::Result<PathBuf> {
    let installing = Installing::new();
    app::library(config, move |progress| installing.show(progress)).await
}

/// Shows the engine's installation as it goes; a bar appears only when there is something to show.
pub(super) struct Installing(ProgressBar);

impl Installing {
    pub(super) fn new() -> Self {
        Installing(ProgressBar::hidden())
    }

    pub(super) fn show(&self, progress: Progress) {
        if self.0.is_hidden() {
            self.0.set_draw_target(ProgressDrawTarget::stderr());
            self.0.enable_steady_tick(Duration::from_millis(120));
        }
        show(&self.0, progress);
    }
}

impl Drop for Installing {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Waiting => {
            bar.set_message("waiting for another installation of the database engine");
        }
        Progress::Fetching => bar.set_message(format!(
            "fetching the database engine (libchdb {}, 160 MB) with npm",
            engine::LIBCHDB_VERSION
        )),
        Progress::Unpacking { done, total } => {
            if bar.length() != Some(total) {
                bar.set_length(total);
                bar.set_message("unpacking");
                let style = "{msg} {wide_bar} {bytes}/{total_bytes}";
                if let Ok(style) = ProgressStyle::with_template(style) {
                    bar.set_style(style);
                }
            }
            bar.set_position(done);
        }
    }
}

async fn status(config: &Config, json: bool) -> anyhow::Result<()> {
    let library = engine::find(config.engine.libchdb.as_deref(), &config.engine.cache_dir)?;
    let folder = config.data_dir.join("engine");
    let running = engine::running(&folder).await;
    let mut out = std::io::stdout();
    if json {
        let status = serde_json::json!({
            "library": library,
            "libchdb": engine::LIBCHDB_VERSION,
            "folder": folder,
            "socket": running,
        });
        writeln!(out, "{status}")?;
        return Ok(());
    }
    match library {
        Some(library) => writeln!(out, "library  {}", library.display())?,
        None => writeln!(out, "library  none; `readback engine install` fetches it")?,
    }
    writeln!(out, "folder   {}", folder.display())?;
    match running {
        Some(socket) => writeln!(out, "engine   runs on {}", socket.display())?,
        None => writeln!(out, "engine   does not run")?,
    }
    Ok(())
}
