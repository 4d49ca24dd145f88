//! Frames: a statement's answer as Arrow, read by polars.

use std::io::Cursor;

use clickhouse::query::Query;
use polars::io::SerReader;
use polars::io::ipc::IpcStreamReader;
use polars::prelude::DataFrame;

use super::{Named, StoreError};

/// The most bytes of one frame. Facts are bounded by write-ups and days; whatever is larger is a
/// mistake and must fail loudly instead of eating the machine.
const MAX_BYTES: usize = 1 << 30;

/// Fetches a frame.
pub(super) async fn fetch(query: Query, what: &'static str) -> Result<DataFrame, StoreError> {
    let mut cursor = query.fetch_bytes("ArrowStream").named(what)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = cursor.next().await.named(what)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BYTES {
            let text = format!("the answer is larger than {MAX_BYTES} bytes");
            let cause = polars::error::PolarsError::ComputeError(text.into());
            return Err(StoreError::Frame { what, cause });
        }
    }
    let mut frame = IpcStreamReader::new(Cursor::new(bytes))
        .finish()
        .map_err(|cause| StoreError::Frame { what, cause })?;
    frame.rechunk_mut();
    Ok(frame)
}
