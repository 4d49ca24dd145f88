//! The web: the door for events, and pages, charts and published numbers over HTTP. Two tables of
//! routes, one for programs and one for people; no record of who looked.

mod answer;
mod api;
mod auth;
mod body;
mod health;
mod openapi;
mod problem;
mod receive;
mod registry;
mod router;
mod serve;
pub mod tokens;
mod unread;

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::charts::{Chart, build};

pub use health::{Opened, Parts};
pub use openapi::openapi;
pub use receive::Door;
pub use router::router;
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
}

impl Published {
    /// A summary, made ready to be seen.
    pub fn new(summary: Value) -> Self {
        Published {
            charts: build::all(&summary),
            summary,
            terms: Value::Null,
        }
    }

    /// The same with the terms on which people are counted.
    #[must_use]
    pub fn with_terms(self, terms: Value) -> Self {
        Published { terms, ..self }
    }
}

/// What every request may use: the latest published summary, which a job replaces as a whole, and the
/// door with the parts behind it, where events are taken.
#[derive(Clone, Default)]
pub struct AppState {
    published: Arc<RwLock<Option<Arc<Published>>>>,
    door: Option<Arc<Door>>,
    parts: Option<Arc<Parts>>,
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
            published: Arc::default(),
            door: Some(door),
            parts: Some(parts),
        }
    }

    /// The latest summary, if one was computed.
    pub fn latest(&self) -> Option<Arc<Published>> {
        // A panic while the lock was held can't leave half a pointer behind.
        let published = self.published.read();
        published.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it; requests under way keep the one they began with.
    pub fn publish(&self, published: Published) {
        let mut latest = self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *latest = Some(Arc::new(published));
    }
}
