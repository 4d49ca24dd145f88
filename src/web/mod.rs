//! The web: pages, charts and published numbers over HTTP. One table of routes, no state but the
//! latest published summary, and no record of who looked.

mod answer;
mod router;
pub mod tokens;

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::charts::{Chart, build};

pub use router::router;

/// A summary that may be seen, with its charts.
#[derive(Debug)]
pub struct Published {
    /// The summary, already suppressed.
    pub summary: Value,
    /// Its charts, in the order of its indicators.
    pub charts: Vec<Chart>,
}

impl Published {
    /// A summary, made ready to be seen.
    pub fn new(summary: Value) -> Self {
        Published {
            charts: build::all(&summary),
            summary,
        }
    }
}

/// What every request may read: the latest published summary, which a job replaces as a whole.
#[derive(Clone, Debug)]
pub struct AppState {
    published: Arc<RwLock<Arc<Published>>>,
}

impl AppState {
    /// A state that begins with this summary.
    pub fn new(published: Published) -> Self {
        AppState {
            published: Arc::new(RwLock::new(Arc::new(published))),
        }
    }

    /// The latest summary.
    pub fn latest(&self) -> Arc<Published> {
        // A panic while the lock was held can't leave half a pointer behind.
        Arc::clone(
            &self
                .published
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Replaces it; requests under way keep the one they began with.
    pub fn publish(&self, published: Published) {
        *self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(published);
    }
}
