//! The configuration that holds, value by value, with where each came from: `readback check` shows it.

use serde_json::{Value as Json, json};

use super::{Config, EngineMode, Mode, Origin};

/// A value that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Its key as in the file, `section.key`.
    pub key: String,
    /// The value; a secret is told as set.
    pub value: Json,
    /// Who said so.
    pub origin: Origin,
}

impl Config {
    /// Every value in the order of the file's sections, but for those of the sources. `privacy.k` and
    /// `privacy.mode` are those asked for, or `fixed`, which the data folder has or gets.
    pub fn effective(&self, fixed: Option<(u32, Mode)>, folder_made: bool) -> Vec<Effective> {
        let mut all = Vec::new();
        let mut put = |key: &str, value: Json| {
            let origin = self.origins.get(key).cloned();
            all.push(Effective {
                key: key.to_owned(),
                value,
                origin: origin.unwrap_or(Origin::Default),
            });
        };
        put("data_dir", self.data_dir.to_string_lossy().into());
        let organisation = &self.organisation;
        let calendar = &organisation.calendar;
        put("organisation.name", organisation.name.as_str().into());
        put("organisation.timezone", calendar.timezone.name().into());
        put("organisation.holidays", json!(calendar.holidays));
        put("organisation.simulated", organisation.simulated.into());
        let vocabulary = &organisation.vocabulary;
        put("organisation.glossary", json!(vocabulary.glossary));
        put("organisation.data_sources", json!(vocabulary.data_sources));
        for (name, value) in self.parameters.by_name() {
            put(&format!("parameters.{name}"), value);
        }
        for (key, list) in self.accounts.by_name() {
            if !list.is_empty() {
                put(
                    &format!("accounts.{key}"),
                    format!("({} set)", list.len()).into(),
                );
            }
        }
        if let Some(k) = fixed.map(|(k, _)| k).or(self.k) {
            put("privacy.k", k.into());
        }
        if let Some(mode) = fixed.map(|(_, mode)| mode).or(self.mode) {
            put("privacy.mode", mode.name().into());
        }
        for (key, days) in self.retention.by_name() {
            put(&format!("retention.{key}"), days.into());
        }
        if let Some(holder) = &self.key_holder {
            put("privacy.key_holder", holder.as_str().into());
        }
        let reporting = &self.reporting;
        put("reporting.tables", reporting.tables.into());
        if reporting.tables {
            put("reporting.database", reporting.database.as_str().into());
        }
        if let Some(address) = reporting.listen {
            put("reporting.listen", address.to_string().into());
        }
        if let Some(file) = &reporting.password_file {
            put("reporting.password_file", file.to_string_lossy().into());
        }
        let engine = &self.engine;
        match &engine.mode {
            EngineMode::Embedded => put("engine.mode", "embedded".into()),
            EngineMode::Remote { url, user, .. } => {
                put("engine.mode", "remote".into());
                put("engine.url", url.as_str().into());
                put("engine.user", user.as_str().into());
            }
        }
        put("engine.database", engine.database.as_str().into());
        if engine.password.is_some() {
            put("engine.password", "(set)".into());
        }
        if let Some(library) = &engine.libchdb {
            put("libchdb", library.to_string_lossy().into());
        }
        put("server.listen", self.listen.to_string().into());
        if let Some(url) = &self.public_url {
            put("server.public_url", url.as_str().into());
        }
        self.access.tell(&mut put);
        put("retention.audit_days", self.audit_days.into());
        put("spool.limit_mib", self.spool.limit_mib.into());
        put("spool.load_seconds", self.spool.load_seconds.into());
        put("schedule.scan_minutes", self.schedule.scan_minutes.into());
        put(
            "schedule.report_minutes",
            self.schedule.report_minutes.into(),
        );
        self.posting.tell(&mut put);
        let of_folder =
            |one: &&mut Effective| one.key.starts_with("privacy.") && one.origin == Origin::Default;
        for own in all.iter_mut().filter(of_folder).filter(|_| folder_made) {
            own.origin = Origin::Folder;
        }
        all
    }
}
