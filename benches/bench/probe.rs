//! The yardstick of the door: parse, append, sync what waits in one go, answer.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::oneshot;

/// What the probe looks at of an event.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    source: &'a str,
    id: &'a str,
    subject: &'a str,
    time: &'a str,
    data: IgnoredAny,
}

type Waiting = (Bytes, oneshot::Sender<()>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    arrived: Condvar,
    syncs: Mutex<Vec<f64>>,
}

/// A file and the thread that appends to it.
pub(crate) struct Probe {
    queue: Arc<Queue>,
}

impl Probe {
    pub(crate) fn start(path: &Path) -> Probe {
        let queue = Arc::new(Queue::default());
        let mut file = File::create(path).expect("a file");
        let shared = Arc::clone(&queue);
        // It ends with the process.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            loop {
                let mut waiting = shared.waiting.lock().expect("a lock");
                while waiting.is_empty() {
                    waiting = shared.arrived.wait(waiting).expect("a lock");
                }
                let all = std::mem::take(&mut *waiting);
                drop(waiting);
                bytes.clear();
                all.iter()
                    .for_each(|(body, _)| bytes.extend_from_slice(body));
                file.write_all(&bytes).expect("a disk");
                let since = Instant::now();
                file.sync_data().expect("a disk");
                let took = since.elapsed().as_secs_f64();
                shared.syncs.lock().expect("a lock").push(took);
                for (_, done) in all {
                    // Whoever left needs no answer.
                    let _ = done.send(());
                }
            }
        });
        Probe { queue }
    }

    /// p50 and p99 of its syncs, ms.
    pub(crate) fn syncs(&self) -> (f64, f64) {
        let mut syncs = self.queue.syncs.lock().expect("a lock").clone();
        syncs.sort_by(f64::total_cmp);
        let at = |share: f64| syncs[((syncs.len() - 1) as f64 * share) as usize] * 1e3;
        (at(0.5), at(0.99))
    }
}

pub(crate) fn router(probe: Arc<Probe>) -> Router {
    Router::new()
        .route("/v1/events", post(take))
        .layer(DefaultBodyLimit::max(16 << 20))
        .with_state(probe)
}

async fn take(State(probe): State<Arc<Probe>>, body: Bytes) -> StatusCode {
    let understood = match body.first() {
        Some(b'[') => serde_json::from_slice::<Vec<Event<'_>>>(&body).map(|events| {
            events.iter().for_each(look);
        }),
        _ => serde_json::from_slice::<Event<'_>>(&body).map(|event| look(&event)),
    };
    if understood.is_err() {
        return StatusCode::BAD_REQUEST;
    }
    let (done, answer) = oneshot::channel();
    {
        let mut waiting = probe.queue.waiting.lock().expect("a lock");
        waiting.push((body, done));
        if waiting.len() == 1 {
            probe.queue.arrived.notify_one();
        }
    }
    match answer.await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn look(event: &Event<'_>) {
    std::hint::black_box((
        event.kind,
        event.source,
        event.id,
        event.subject,
        event.time,
        &event.data,
    ));
}
