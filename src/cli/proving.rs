//! What `readback privacy prove` looks at.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value as Json;

use super::report;
use crate::app::House;
use crate::app::folder::DataFolder;
use crate::app::reporting::Reporting;
use crate::engine::{self, Endpoint, Password};
use crate::jobs::prove::{self, Check};
use crate::jobs::published::fingerprint;
use crate::pages;
use crate::store::{Column, Store};
use crate::{config, web};

/// How long the running program may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Files of the data folder that hold what people did, or words about it. The engine's own are looked
/// through by the engine; the key is no text.
const FILES: [&str; 3] = ["spool", "dead", "privacy.ndjson"];

/// Every promise. `log` is where the running program's log is kept.
pub(super) async fn all(house: &House, log: Option<&Path>) -> anyhow::Result<Vec<Check>> {
    let data = &house.config.data_dir;
    let reporting = Reporting::open(&house.config).await?;
    let last = match &reporting {
        Some(reporting) => reporting.published.last().await?,
        None => None,
    };
    let as_of = last.as_ref().map_or_else(super::now, |last| last.as_of);
    let (shown, truth) = report::shown_and_true(house, as_of).await?;
    let (shown, truth) = (serde_json::to_value(shown)?, serde_json::to_value(truth)?);
    let (pseudonyms, columns) = prove::pseudonyms(&house.store).await?;
    let mut checks = Vec::new();

    let (found, looked) = prove::columns_with_names(&house.store).await?;
    checks.push(Check::of(
        "no address in the store",
        &found,
        format!("{looked} columns of texts"),
    ));
    let (found, looked) = prove::files_with_names(data, &FILES)?;
    checks.push(Check::of(
        "no address in spool and dead letters",
        &found,
        format!("{looked} files"),
    ));
    checks.push(logged(log, &pseudonyms)?);
    let folder = DataFolder::look(data, None)?;
    let key = folder.context("the data folder is gone")?.key_file();
    let stores = [data.join("engine"), data.join("published")];
    checks.push(Check::of(
        "the key is its owner's and lies outside the store",
        &prove::key(&key, &stores),
        "mode 600",
    ));
    let found = prove::small_numbers(&shown, &truth, house.k);
    let words = format!(
        "every number of people is none, {} or more, or withheld",
        house.k
    );
    checks.push(Check::of("no number of few people", &found, words));

    let words = format!("{} pseudonyms, none in", pseudonyms.len());
    let mut found = Vec::new();
    let mut texts = vec![("summary.json".to_owned(), shown.to_string().into_bytes())];
    let of_pages = pages::report(&shown, &Json::Null, &Json::Null)?;
    texts.extend(
        of_pages
            .into_iter()
            .filter(|(path, _)| !path.ends_with(".png")),
    );
    let running = running(house.config.listen).await;
    let number = texts.len() + running.len();
    texts.extend(running);
    for (place, bytes) in &texts {
        if prove::holds_pseudonym(bytes, &pseudonyms) {
            found.push(place.clone());
        }
    }
    let looked = format!("{words} {number} pages, pictures and answers");
    checks.push(Check::of("no pseudonym in what is shown", &found, looked));
    let machines = prove::machines(&shown);
    let named = texts.iter().filter(|(place, bytes)| {
        !place.ends_with(".svg") && prove::names_somebody(bytes, &machines)
    });
    let found: Vec<String> = named.map(|(place, _)| place.clone()).collect();
    checks.push(Check::of(
        "no address in what is shown",
        &found,
        format!("{number} pages and answers"),
    ));

    match &reporting {
        None => checks.push(Check::skipped(
            "published tables",
            "none are written; `[reporting]` is not set",
        )),
        Some(reporting) => {
            let tables = reporting.published.store();
            let (found, looked) = prove::columns_with_names(tables).await?;
            checks.push(Check::of(
                "no address in published tables",
                &found,
                format!("{looked} columns"),
            ));
            let (found, looked) = prove::columns_with_pseudonyms(tables, &pseudonyms).await?;
            checks.push(Check::of(
                "no pseudonym in published tables",
                &found,
                format!("{looked} columns"),
            ));
            let promise = "published tables say what is stored, less what is withheld";
            checks.push(match last {
                None => Check::skipped(promise, "no report was published yet"),
                // Nobody can tell what it should say from what is stored now.
                Some(last) if last.fingerprint != fingerprint(&shown) => Check::skipped(
                    promise,
                    "events came since the last report, or something else changed what it would say; run \
                     `readback report`, and prove again",
                ),
                Some(_) => {
                    let standing = reporting.published.rows().await?;
                    let found = prove::differing(&standing, &shown);
                    Check::of(promise, &found, format!("{} numbers", standing.len()))
                }
            });
            checks.push(refused(house, &columns).await?);
        }
    }
    let found = prove::takes_a_person(&web::openapi());
    checks.push(Check::of(
        "no address of this program takes a person",
        &found,
        "every one of /openapi.json",
    ));
    if let Some(reporting) = reporting {
        reporting.close().await;
    }
    Ok(checks)
}

/// Whether the log names anybody. Readback writes it to standard error; where that is kept is the
/// operator's business.
fn logged(log: Option<&Path>, pseudonyms: &BTreeSet<u128>) -> anyhow::Result<Check> {
    let promise = "no address and no pseudonym in the log";
    let Some(path) = log else {
        return Ok(Check::skipped(
            promise,
            "it goes to standard error; name the file that it is kept in with --log FILE, where there is one",
        ));
    };
    let named = || format!("--log {}", path.display());
    let bytes = std::fs::read(path).with_context(named)?;
    let (found, lines) = prove::lines_with_names(&bytes, pseudonyms);
    Ok(Check::of(promise, &found, format!("{lines} lines")))
}

/// What the running program answers, if it runs.
async fn running(address: SocketAddr) -> Vec<(String, Vec<u8>)> {
    let asked = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let ask = |path: &str| {
            let answer = agent.get(format!("http://{address}{path}")).call();
            let body = answer
                .ok()
                .and_then(|mut answer| answer.body_mut().read_to_vec().ok());
            body.map(|body| (path.to_owned(), body))
        };
        ["/metrics", "/summary.json", "/openapi.json", "/privacy"]
            .iter()
            .filter_map(|path| ask(path))
            .collect()
    });
    asked.await.unwrap_or_default()
}

/// Whether the account of reporting tools gets at tables with pseudonyms.
async fn refused(house: &House, columns: &[Column]) -> anyhow::Result<Check> {
    let promise = "reporting tools get at no table with pseudonyms";
    let reporting = &house.config.reporting;
    let (Some(address), Some(file)) = (reporting.listen, &reporting.password_file) else {
        return Ok(Check::skipped(
            promise,
            "no account is known here; see `readback reporting grants`",
        ));
    };
    let password = config::password_in(&file.to_string_lossy());
    let password =
        password.map_err(|problem| anyhow::anyhow!("reporting.password_file: {problem}"))?;
    let endpoint = Endpoint::Remote {
        url: format!("http://{address}"),
        user: engine::USER.to_owned(),
        password: Password::new(password),
    };
    let account = Store::new(engine::client(&endpoint), &house.config.engine.database);
    let mut found = Vec::new();
    for column in columns {
        if account.pseudonyms(column).await.is_ok() {
            found.push(format!("{}.{}", column.table, column.name));
        }
    }
    Ok(Check::of(
        promise,
        &found,
        format!("{} columns asked for, all refused", columns.len()),
    ))
}
