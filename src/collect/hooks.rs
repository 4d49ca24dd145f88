//! The configured sources that take deliveries, built anew whenever the write-ups change that they
//! look for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono_tz::Tz;
use tokio::sync::Notify;

use crate::model::Vocabulary;
use crate::sources::{Kind, KnownWriteup, Push, Setting, SourceError};

/// The sources by their ids.
pub struct Hooks {
    timezone: Tz,
    sources: BTreeMap<String, Source>,
    built: RwLock<BTreeMap<String, Arc<dyn Push>>>,
    /// The sources that a delivery asked to be pulled, and that were not yet.
    asked: Mutex<BTreeSet<String>>,
    asking: Notify,
}

struct Source {
    kind: &'static Kind,
    params: toml::Table,
}

/// A source that was asked for.
pub enum Hook {
    /// It takes deliveries.
    Ready(Arc<dyn Push>),
    /// It looks for write-ups and nobody has said yet which there are.
    Unaware,
    /// There is no such source, or it takes no deliveries; these do.
    Unknown(Vec<String>),
}

impl Hooks {
    /// Takes the sources that take deliveries: id, kind, parameters. Those that look for write-ups
    /// wait for [`Hooks::know`].
    pub fn new(
        sources: impl IntoIterator<Item = (String, &'static Kind, toml::Table)>,
        timezone: Tz,
    ) -> Result<Self, (String, SourceError)> {
        let takes = sources
            .into_iter()
            .filter(|(_, kind, _)| kind.push.is_some());
        let hooks = Hooks {
            timezone,
            sources: takes
                .map(|(id, kind, params)| (id, Source { kind, params }))
                .collect(),
            built: RwLock::default(),
            asked: Mutex::default(),
            asking: Notify::new(),
        };
        hooks.build(&[], |push| !push.knows_writeups())?;
        Ok(hooks)
    }

    /// These are the write-ups from now on.
    ///
    /// # Errors
    /// A source can't be built any more, its secret's file is gone for instance; the others are, and
    /// it stays as it was.
    pub fn know(&self, writeups: &[KnownWriteup]) -> Result<(), (String, SourceError)> {
        self.build(writeups, |_| true)
    }

    /// The source of this id.
    pub fn find(&self, id: &str) -> Hook {
        let built = self.built.read().unwrap_or_else(PoisonError::into_inner);
        match (built.get(id), self.sources.contains_key(id)) {
            (Some(push), _) => Hook::Ready(Arc::clone(push)),
            (None, true) => Hook::Unaware,
            (None, false) => Hook::Unknown(self.sources.keys().cloned().collect()),
        }
    }

    /// This source should be pulled soon: a delivery said that there is something new.
    pub fn ask(&self, id: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert(id.to_owned());
        self.asking.notify_one();
    }

    /// Waits until sources should be pulled, and gives their ids, each once however often it was asked for.
    pub async fn asked(&self) -> BTreeSet<String> {
        loop {
            let asked = {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *asked)
            };
            if !asked.is_empty() {
                return asked;
            }
            self.asking.notified().await;
        }
    }

    /// The ids of the sources of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<&str> {
        let own = self
            .sources
            .iter()
            .filter(|(_, source)| source.kind.name == kind);
        own.map(|(id, _)| id.as_str()).collect()
    }

    fn build(
        &self,
        writeups: &[KnownWriteup],
        wanted: impl Fn(&dyn Push) -> bool,
    ) -> Result<(), (String, SourceError)> {
        let mut failed = Ok(());
        for (id, source) in &self.sources {
            let Some(build) = source.kind.push else {
                continue;
            };
            let setting = Setting {
                source: id.clone(),
                vocabulary: Vocabulary::default(),
                timezone: self.timezone,
                writeups: writeups.to_vec(),
            };
            match build(source.params.clone(), &setting) {
                Ok(push) if wanted(&*push) => {
                    let mut built = self.built.write().unwrap_or_else(PoisonError::into_inner);
                    built.insert(id.clone(), Arc::from(push));
                }
                Ok(_) => {}
                Err(error) => failed = Err((id.clone(), error)),
            }
        }
        failed
    }
}
