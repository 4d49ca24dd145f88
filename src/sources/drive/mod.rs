//! `drive`: documents of Google Docs as write-ups, with who opened them, their edits, comments and the
//! documents that link to them, from the APIs of Drive and of the Admin SDK.
//!
//! `answer` reads what Google says of its things, `text` what stands in a document, `api` asks Drive,
//! `listing` for what lies where, `opened` the audit log; the rest is what all wikis have (`wiki`), and what
//! all that asks Google has (`google`).

mod answer;
mod api;
mod listing;
mod opened;
mod text;

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use crate::model::Millis;

use super::forge::{self, Client, Reply, Stop};
use super::google::{Access, Key};
use super::wiki::{self, House, Places};
use super::{Kind, Memory, Probe, Pull, Setting, Sight, Sink, SourceError, decode};

/// The kind.
pub static KIND: Kind = Kind {
    name: "drive",
    summary: "Google Docs: documents as write-ups, who opened them, edits, comments and links, from Google's APIs",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "drive"
kind = "drive"
folders = ["https://drive.google.com/drive/folders/0B1aBcDeFgHiJkLmNoPqRsTuVwXyZ"]
query = "name contains 'postmortem'"
subject = "readback@example.org"
key_file = "/run/secrets/google-key.json"
"#,
    pull: Some(build),
    probe: Some(Probe::Remote(look)),
    memory: Some(Memory {
        what: "who opened documents (the audit log of Drive)",
        days: opened::KEPT_DAYS,
    }),
    links: true,
    ..Kind::NOTHING
};

/// To list documents, read them and their comments.
const DRIVE: &str = "https://www.googleapis.com/auth/drive.readonly";

/// To read the audit log.
const AUDIT: &str = "https://www.googleapis.com/auth/admin.reports.audit.readonly";

/// Events of the audit log that can be taken for reads.
const OPENINGS: [&str; 4] = ["view", "preview", "download", "print"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default = "api")]
    api: String,
    #[serde(default = "reports")]
    reports_api: String,
    #[serde(default)]
    folders: Vec<String>,
    #[serde(default)]
    drives: Vec<String>,
    query: Option<String>,
    key_file: Option<PathBuf>,
    subject: Option<String>,
    audit_subject: Option<String>,
    #[serde(default = "openings")]
    reads: Vec<String>,
    #[serde(default)]
    incident_keys: Vec<String>,
    onboarding: Option<Vec<String>>,
    runbooks: Option<Vec<String>>,
    #[serde(default = "wiki::yes")]
    comments: bool,
    #[serde(default = "wiki::yes")]
    links: bool,
}

fn api() -> String {
    "https://www.googleapis.com/drive/v3".to_owned()
}

fn reports() -> String {
    "https://admin.googleapis.com/admin/reports/v1".to_owned()
}

fn openings() -> Vec<String> {
    vec!["view".to_owned(), "preview".to_owned()]
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Drive::new(decode(params)?, setting)?))
}

/// What an account sees of Drive.
struct Drive {
    house: House,
    api: Url,
    reports: Url,
    key: Option<Key>,
    subject: Option<String>,
    audit_subject: Option<String>,
    folders: Vec<String>,
    drives: Vec<String>,
    /// In Drive's own words.
    query: Option<String>,
    /// What counts as a read; nothing where the audit log is not asked.
    reads: Vec<String>,
}

impl Drive {
    fn new(params: Params, setting: &Setting) -> Result<Drive, SourceError> {
        let wrong = |text: String| Err(SourceError::Params(text));
        let query = params.query.filter(|query| !query.trim().is_empty());
        if params.folders.is_empty() && params.drives.is_empty() && query.is_none() {
            return wrong(
                "folders, drives or query should say which documents are write-ups; a query alone, such \
                 as \"name contains 'postmortem'\", looks through all that the account sees"
                    .to_owned(),
            );
        }
        let unknown = |read: &&String| !OPENINGS.contains(&read.as_str());
        if let Some(read) = params.reads.iter().find(unknown) {
            return wrong(format!(
                "reads: {read:?} is no event that opens a document; valid are {}",
                OPENINGS.join(", ")
            ));
        }
        let has_key = params.key_file.is_some();
        let house = House {
            keys: wiki::keys(&params.incident_keys)?,
            places: Places::new(params.onboarding, params.runbooks),
            comments: params.comments,
            links: params.links,
            what: "Google Drive",
            ..House::new(setting)
        };
        Ok(Drive {
            house,
            api: forge::address("api", &params.api, has_key)?,
            reports: forge::address("reports_api", &params.reports_api, has_key)?,
            key: params.key_file.as_deref().map(Key::read).transpose()?,
            audit_subject: params.audit_subject.or_else(|| params.subject.clone()),
            subject: params.subject,
            folders: ids("folders", &params.folders)?,
            drives: ids("drives", &params.drives)?,
            query: query.map(|query| query.trim().to_owned()),
            reads: params.reads,
        })
    }

    /// What asks Drive.
    fn client(&self, now: Millis) -> Result<Client, Stop> {
        let access = Access {
            api: &self.api,
            key: self.key.as_ref(),
            scope: DRIVE,
            subject: self.subject.as_deref(),
        };
        access.client(now)
    }

    /// What asks the audit log.
    fn auditor(&self, now: Millis) -> Result<Client, Stop> {
        let access = Access {
            api: &self.reports,
            key: self.key.as_ref(),
            scope: AUDIT,
            subject: self.audit_subject.as_deref(),
        };
        Ok(access.client(now)?.told_by("reports_api"))
    }
}

/// Folders or drives by their ids.
fn ids(parameter: &str, given: &[String]) -> Result<Vec<String>, SourceError> {
    let id = |text: &String| {
        answer::id_in(text).ok_or_else(|| {
            SourceError::Params(format!(
                "{parameter}: {text:?} should be an id, or an address such as \
                 https://drive.google.com/drive/folders/ID"
            ))
        })
    };
    given.iter().map(id).collect()
}

/// What ends a pull that asks for something that is not there.
fn absent(drive: &Drive, part: &str) -> SourceError {
    SourceError::Remote {
        name: forge::shown(&drive.api),
        reason: format!("{part} is not there, or not shared with the account of key_file"),
        retryable: false,
    }
}

/// Asks for the folders and drives, and for the newest line of the audit log, for `readback check`.
fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let drive = Drive::new(decode(params)?, setting)?;
    // What is shown to Google has a time, and a look is given none.
    let now = chrono::Utc::now().timestamp_millis();
    let answer = |stop: Stop| match stop {
        Stop::Refused(error, _) | Stop::Failed(error) => Err(error),
        Stop::Later(reason, _) => Ok(format!("answers, but {reason}").into()),
    };
    let mut client = match drive.client(now) {
        Ok(client) => client.for_a_look(),
        Err(stop) => return answer(stop),
    };
    let folders = drive.folders.iter().map(|id| {
        let path = format!("/files/{id}?fields=id&supportsAllDrives=true");
        ("folder", id, path)
    });
    let drives = drive.drives.iter().map(|id| {
        let path = format!("/drives/{id}?fields=id");
        ("shared drive", id, path)
    });
    for (name, id, path) in folders.chain(drives) {
        let address = client.address(&path);
        match client.get(&address, None) {
            Ok(Reply::Page(_) | Reply::Same) => {}
            Ok(Reply::Gone | Reply::Forbidden) => {
                return Err(absent(&drive, &format!("the {name} {id}")));
            }
            Err(stop) => return answer(stop),
        }
    }
    if drive.folders.is_empty() && drive.drives.is_empty() {
        let address = client.address("/files?pageSize=1&fields=files(id)");
        match client.get(&address, None) {
            Ok(Reply::Page(_) | Reply::Same) => {}
            Ok(Reply::Gone | Reply::Forbidden) => return Err(absent(&drive, "the list of files")),
            Err(stop) => return answer(stop),
        }
    }
    let there = match drive.folders.len() + drive.drives.len() {
        0 => "the list of files answers".into(),
        _ => Sight::answering(&[
            (drive.folders.len(), "folder", "folders"),
            (drive.drives.len(), "shared drive", "shared drives"),
        ]),
    };
    if drive.reads.is_empty() {
        return Ok(there);
    }
    let audited = drive.auditor(now).and_then(|client| {
        let mut client = client.for_a_look();
        let address = client.address(&format!("{}?maxResults=1", opened::LOG));
        client.get(&address, None)
    });
    Ok(match audited {
        Ok(Reply::Page(_) | Reply::Same) => format!("{there}, and so does the audit log").into(),
        Err(Stop::Later(reason, _)) => {
            format!("{there}; the audit log answers, but {reason}").into()
        }
        // All else is told all the same, and reads are what it is about.
        Ok(Reply::Gone | Reply::Forbidden) => there.doubting(opened::BLIND),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => {
            there.doubting(format!("{} ({error})", opened::BLIND))
        }
    })
}

impl Pull for Drive {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let mut asking = api::Asking::new(self, now);
        wiki::pull(&mut asking, &self.house, checkpoint, now, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Vocabulary;

    #[test]
    fn parameters_are_checked() {
        let setting = Setting {
            source: "drive".to_owned(),
            vocabulary: Vocabulary::default(),
            timezone: chrono_tz::UTC,
            writeups: Vec::new(),
        };
        let built = |text: &str| {
            let built = build(toml::from_str(text).expect("TOML"), &setting);
            built.map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(built("query = \"name contains 'postmortem'\""), Ok(()));
        assert_eq!(
            built("drives = [\"0ABcdefghijUk9PVA\"]\nreads = []"),
            Ok(())
        );
        for (text, words) in [
            ("", "which documents are write-ups"),
            ("query = \" \"", "which documents are write-ups"),
            ("folders = [\"Postmortems\"]\nreads = []", "should be an id"),
            (
                "query = \"x\"\nreads = [\"edit\"]",
                "valid are view, preview, download, print",
            ),
            (
                "query = \"x\"\nkey_file = \"/nowhere/key.json\"",
                "/nowhere/key.json",
            ),
            (
                "query = \"x\"\napi = \"http://drive.example.org\"\nkey_file = \"/x\"",
                "https address",
            ),
        ] {
            let refused = built(text).expect_err(text);
            assert!(refused.contains(words), "{refused}");
        }
    }
}
