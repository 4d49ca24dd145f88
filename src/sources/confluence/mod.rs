//! `confluence`: pages of Confluence Cloud or Data Center as write-ups, with their versions, comments and
//! counters of views, and links to them from other pages; who viewed and commented, as it happens, from
//! deliveries.
//!
//! `params` checks what was asked for, `site` asks, `answer` reads what came, `storage` takes pages apart,
//! `run` and `links` are a pull from its `checkpoint` on, `push` takes deliveries, `events` says what all
//! of it means.

mod addresses;
mod answer;
mod checkpoint;
mod events;
mod links;
mod params;
mod push;
mod run;
mod site;
mod storage;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::Millis;

use super::forge::{Client, Stop, concluded, is_too_early, refusal, remembered, written};
use super::{Kind, Probe, Pull, Push, Setting, Sight, Sink, SourceError, decode, sight::counted};

use addresses::sites;

use checkpoint::Checkpoint;
use params::{Checked, Params};
use run::Run;
use site::Site;

/// The kind.
pub static KIND: Kind = Kind {
    name: "confluence",
    summary: "Confluence Cloud and Data Center: pages as write-ups, their edits, comments, views and links",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "confluence"
kind = "confluence"
url = "https://example.atlassian.net/wiki"
user = "readback@example.org"
token_file = "/run/secrets/confluence-token"
spaces = ["SRE", "OPS"]
label = "postmortem"
onboarding = ["label:onboarding", "title:New here"]
runbook = ["parent:98304"]
secret_file = "/run/secrets/confluence-webhook"
"#,
    pull: Some(pull),
    push: Some(receiver),
    probe: Some(Probe::Remote(look)),
    sites: Some(sites),
    links: true,
    ..Kind::NOTHING
};

/// Which Confluence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Edition {
    /// Atlassian's own, with the newer API.
    Cloud,
    /// One that an organisation runs itself.
    DataCenter,
}

fn checked(params: toml::Table) -> Result<Checked, SourceError> {
    decode::<Params>(params)?.checked()
}

fn pull(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Confluence {
        params: checked(params)?,
        setting: setting.clone(),
    }))
}

fn receiver(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(push::Receiver::new(checked(params)?, setting)))
}

/// Asks which Confluence answers, and whether it has what is asked for, for `readback check`.
fn look(params: toml::Table, _setting: &Setting) -> Result<Sight, SourceError> {
    let params = checked(params)?;
    let Some(url) = &params.url else {
        return Ok("nothing is pulled; deliveries are taken".into());
    };
    match seen(&params, url) {
        Ok(said) => Ok(said.into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
        Err(Stop::Later(reason, _)) => Ok(format!("answers, but {reason}").into()),
    }
}

fn seen(params: &Checked, url: &Url) -> Result<String, Stop> {
    let mut site = meet(params, params.client(url, 0).for_a_look(), None)?;
    if !params.spaces.is_empty() {
        site.spaces(&params.spaces)?;
    }
    let name = match site.edition() {
        Edition::Cloud => "Confluence Cloud",
        Edition::DataCenter => "Confluence Data Center",
    };
    Ok(match &params.chosen {
        Some(cql) => {
            let found = counted(site.search(cql)?.len(), "write-up", "write-ups");
            format!("{name} answers; {found}")
        }
        None => {
            let spaces = counted(params.spaces.len(), "space", "spaces");
            format!("{name} answers; all pages of {spaces}")
        }
    })
}

/// The site, of the edition that is said, known or found out.
fn meet(params: &Checked, client: Client, known: Option<Edition>) -> Result<Site, Stop> {
    match params.edition.or(known) {
        Some(edition) => Ok(Site::new(client, edition)),
        None => Site::meet(client),
    }
}

struct Confluence {
    params: Checked,
    setting: Setting,
}

impl Pull for Confluence {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let Some(url) = &self.params.url else {
            // It only takes deliveries.
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before.take(), now, "the site", sink) {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        let (found, refused, ended) =
            match meet(&self.params, self.params.client(url, now), state.edition) {
                Ok(site) => {
                    state.edition = Some(site.edition());
                    let mut run = Run::new(&self.params, &self.setting, site, now, sink);
                    let ended = run.pull(&mut state);
                    run.tell();
                    (run.found, run.refused, ended)
                }
                Err(stop) => (false, None, Err(stop)),
            };
        let part = refused.as_ref().map(ToString::to_string);
        state.refused = refusal(&ended).or(part);
        // Until it is known which pages are write-ups nothing was got.
        state.not_before = concluded(ended, found, sink)?;
        if let Some(error) = refused {
            sink.note(format!(
                "not all was answered: {error}; the next pull asks again"
            ));
        }
        written(&state)
    }
}
