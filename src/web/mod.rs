//! The web: the door for events, and pages, charts and published numbers over HTTP. Two tables of
//! routes, one for programs and one for people; no record of who looked.

pub mod access;
mod annotations;
mod answer;
mod api;
pub mod audit;
mod auth;
mod beacon;
mod body;
mod bring;
mod desk;
mod embed;
mod forms;
mod fresh;
mod gate;
mod go;
mod health;
mod hidden;
mod imports;
mod look;
mod openapi;
mod problem;
mod receive;
mod registry;
mod rest;
mod router;
mod saying;
mod serve;
mod shown;
mod speaker;
pub mod tokens;
mod told;
mod trail;
mod tray;
mod understood;
mod unloaded;
mod unread;
mod used;
mod who;
mod written;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use serde_json::Value;

use crate::charts::{Chart, build};

use access::Access;
use hidden::Hidden;

pub use health::{Opened, Parts};
pub use openapi::openapi;
pub use receive::Door;
pub use router::{router, routes};
pub use serve::{places, serve};

/// A summary that may be seen, with its charts.
#[derive(Debug)]
pub struct Published {
    /// The summary, already suppressed.
    pub summary: Value,
    /// Its charts, in the order of its indicators.
    pub charts: Vec<Chart>,
    /// What `/privacy` tells beside it; null where it is not known.
    pub terms: Value,
    /// Which numbers of an earlier report are others by now, as `restate::told` says it; null where none was kept.
    pub restated: Value,
}

impl Published {
    /// A summary, made ready to be seen.
    pub fn new(summary: Value) -> Self {
        Published {
            charts: build::all(&summary),
            summary,
            terms: Value::Null,
            restated: Value::Null,
        }
    }

    /// The same with the terms on which people are counted.
    #[must_use]
    pub fn with_terms(self, terms: Value) -> Self {
        Published { terms, ..self }
    }

    /// The same with what is to be known of an earlier report.
    #[must_use]
    pub fn with_restated(self, restated: Value) -> Self {
        Published { restated, ..self }
    }
}

/// What was published last.
#[derive(Default)]
struct Latest {
    /// For everybody.
    open: Option<Arc<Published>>,
    /// For those who may see restricted write-ups; nothing where there are none.
    full: Option<Arc<Published>>,
}

/// What every request may use: the latest published summary, which a job replaces as a whole, and the
/// door with the parts behind it, where events are taken.
#[derive(Clone, Default)]
pub struct AppState {
    published: Arc<RwLock<Latest>>,
    access: Arc<Access>,
    hidden: Arc<Hidden>,
    door: Option<Arc<Door>>,
    parts: Option<Arc<Parts>>,
    tray: Arc<tray::Tray>,
}

impl AppState {
    /// Pages of this summary and nothing else.
    pub fn new(published: Published) -> Self {
        let state = AppState::default();
        state.publish(published);
        state
    }

    /// A door, and pages as soon as there is a summary.
    pub fn with_door(door: Arc<Door>, parts: Arc<Parts>) -> Self {
        AppState {
            hidden: Arc::clone(&door.hidden),
            door: Some(door),
            parts: Some(parts),
            ..AppState::default()
        }
    }

    /// The same, for those whom `access` lets in.
    pub fn with_access(self, access: Arc<Access>) -> Self {
        AppState { access, ..self }
    }

    /// The latest summary for everybody, if one was computed.
    pub fn latest(&self) -> Option<Arc<Published>> {
        self.read().open.clone()
    }

    /// The latest summary for those who may see restricted write-ups.
    pub(crate) fn latest_full(&self) -> Option<Arc<Published>> {
        let latest = self.read();
        latest.full.as_ref().or(latest.open.as_ref()).cloned()
    }

    /// Replaces it; requests under way keep the one they began with.
    pub fn publish(&self, published: Published) {
        self.publish_both(published, None);
    }

    /// The same with a fuller summary, which tells of restricted write-ups, too.
    pub fn publish_both(&self, open: Published, full: Option<Published>) {
        let fresh = Latest {
            open: Some(Arc::new(open)),
            full: full.map(Arc::new),
        };
        let mut latest = self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *latest = fresh;
    }

    fn read(&self) -> RwLockReadGuard<'_, Latest> {
        // A panic while the lock was held can't leave half a pointer behind.
        self.published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
