//! Bodies of requests: read in pieces under limits of size, time and memory, and unpacked.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout, timeout_at};

/// The longest body, packed or unpacked, bytes.
pub(super) const MAX_BODY: usize = 16 << 20;

/// Bytes of all bodies of known senders that are being received and gone through; beyond it the door
/// is busy.
pub(super) const MAX_RECEIVING: usize = 128 << 20;
/// The same of bodies whose sender is known only when they are whole, since their signature is over
/// all of it. Whoever holds this back keeps out others like himself and nobody else.
pub(super) const MAX_UNPROVEN: usize = 48 << 20;

/// The longest message of a page, and the room for all of those that are just coming in.
pub(super) const MAX_BEACON: usize = 8 << 10;
pub(super) const MAX_BEACONS: usize = 8 << 20;
/// How long one may take.
pub(super) const WHOLE_BEACON: Duration = Duration::from_secs(15);

/// How long a sender may pause within a body.
const PAUSE: Duration = Duration::from_secs(15);
/// How long a whole body may take: 16 MiB at half a megabit a second.
pub(super) const WHOLE: Duration = Duration::from_secs(300);
/// The same where nobody knows yet who sends it. Those who send deliveries are large machines, and a
/// body that trickles keeps others out.
pub(super) const WHOLE_UNPROVEN: Duration = Duration::from_secs(30);

/// What is read and thrown away of a body that is refused, so that its sender gets to read the
/// answer: who is cut off while sending sees a broken connection instead.
const DISCARDED: usize = 64 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(10);

/// zstd packs with a window that its frame names; this is the largest that is made room for.
const ZSTD_WINDOW_LOG: u32 = 24;

/// A piece that is unpacked at once.
const PIECE: usize = 64 << 10;

/// The memory that bodies share.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    used: Arc<AtomicUsize>,
    most: usize,
    /// How long one body may take.
    whole: Duration,
    /// The longest body.
    longest: usize,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    /// A budget of so many bytes, for bodies that may take so long.
    pub(super) fn of(most: usize, whole: Duration) -> Self {
        Budget {
            used: Arc::default(),
            most,
            whole,
            longest: MAX_BODY,
        }
    }

    /// The same for bodies of so many bytes at most.
    pub(super) fn up_to(self, longest: usize) -> Self {
        Budget { longest, ..self }
    }

    /// Whether not even a usual body has room any more.
    pub(super) fn is_full(&self) -> bool {
        self.used() + PIECE > self.most
    }

    /// Bytes that are held just now.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn hold(&self) -> Held {
        Held {
            budget: self.clone(),
            bytes: 0,
        }
    }
}

impl Held {
    /// Bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn more(&mut self, bytes: usize) -> Result<(), BodyError> {
        let most = self.budget.most;
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= most);
        let used = &self.budget.used;
        match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes += bytes;
                Ok(())
            }
            Err(_) => Err(BodyError::Busy),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// It is too long.
    #[error("the body is longer than {0} bytes, packed or unpacked; send it in parts")]
    TooLarge(usize),
    /// Its sender took too long.
    #[error("the body did not come within {} s, or paused for {} s", .0.as_secs(), PAUSE.as_secs())]
    Slow(Duration),
    /// Too much is being received at once.
    #[error("too much is being received at once; try again")]
    Busy,
    /// It is packed in another way.
    #[error("content encoding {0:?} is not taken; valid are gzip, zstd and identity")]
    Encoding(String),
    /// It can't be unpacked.
    #[error("the body is not what its content encoding {encoding} says: {reason}")]
    Packed {
        /// The encoding.
        encoding: &'static str,
        /// What the unpacker says.
        reason: String,
    },
    /// The connection broke.
    #[error("the body ends early")]
    Cut,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

/// Reads a body and unpacks it. What it takes of the budget is held until `Held` is dropped.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    budget: &Budget,
) -> Result<(Vec<u8>, Held), BodyError> {
    let mut body = body;
    let read = read_all(headers, &mut body, budget).await;
    let is_refused = matches!(
        read,
        Err(BodyError::TooLarge(_) | BodyError::Encoding(_) | BodyError::Busy)
    );
    if is_refused && !waits(headers) {
        discard(body).await;
    }
    let (packing, packed, held) = read?;
    match packing {
        Packing::None => Ok((packed, held)),
        packing => unpack_aside(packing, packed, held).await,
    }
}

/// Unpacks beside the threads that serve connections.
async fn unpack_aside(
    packing: Packing,
    packed: Vec<u8>,
    held: Held,
) -> Result<(Vec<u8>, Held), BodyError> {
    let mut held = held;
    let unpacked = tokio::task::spawn_blocking(move || {
        let unpacked = unpack(packing, &packed, &mut held)?;
        Ok((unpacked, held))
    });
    unpacked.await.unwrap_or(Err(BodyError::Cut))
}

/// Unpacks a file that is packed by itself, as its first bytes say, under the same limits.
pub(super) async fn opened(bytes: Vec<u8>, held: Held) -> Result<(Vec<u8>, Held), BodyError> {
    let packing = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        _ => return Ok((bytes, held)),
    };
    unpack_aside(packing, bytes, held).await
}

/// Does with the body of a request what is to be done where the request is refused for its head.
pub(super) async fn turn_away(request: Request) {
    if !waits(request.headers()) {
        discard(request.into_body()).await;
    }
}

/// Whether the sender waits to be asked for its body (RFC 9110, 10.1.1). To read of it is to ask for it.
fn waits(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

/// Reads what is left of a body that nobody wants, up to a limit.
async fn discard(mut body: Body) {
    let mut left = DISCARDED;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever sends longer than this is cut off.
    let _ = timeout(DISCARD_TIME, reading).await;
}

async fn read_all(
    headers: &HeaderMap,
    body: &mut Body,
    budget: &Budget,
) -> Result<(Packing, Vec<u8>, Held), BodyError> {
    let packing = packing(headers)?;
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let longest = budget.longest;
    if declared.is_some_and(|length| length > longest as u64) {
        return Err(BodyError::TooLarge(longest));
    }
    let mut held = budget.hold();
    let mut bytes = Vec::new();
    let whole = Instant::now() + budget.whole;
    loop {
        let until = whole.min(Instant::now() + PAUSE);
        let frame = match timeout_at(until, body.frame()).await {
            Err(_) => return Err(BodyError::Slow(budget.whole)),
            Ok(None) => return Ok((packing, bytes, held)),
            Ok(Some(Err(_))) => return Err(BodyError::Cut),
            Ok(Some(Ok(frame))) => frame,
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if bytes.len() + data.len() > longest {
            return Err(BodyError::TooLarge(longest));
        }
        held.more(data.len())?;
        bytes.extend_from_slice(data);
    }
}

/// Whether a body is packed, in a way that is known or not.
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    packing(headers) != Ok(Packing::None)
}

fn packing(headers: &HeaderMap) -> Result<Packing, BodyError> {
    let mut packing = Packing::None;
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().unwrap_or("?");
        for name in value.split(',').map(str::trim) {
            let one = match name.to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Packing::Gzip,
                "zstd" => Packing::Zstd,
                _ => return Err(BodyError::Encoding(told(name))),
            };
            if packing != Packing::None {
                return Err(BodyError::Encoding(told(value)));
            }
            packing = one;
        }
    }
    Ok(packing)
}

/// A header's value for a message, if it looks like encodings and nothing else.
fn told(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-, ".contains(&byte);
    match value.len() <= 40 && value.bytes().all(plain) {
        true => value.to_owned(),
        false => "…".to_owned(),
    }
}

/// Unpacks, up to the longest body: a few kilobytes can hold gigabytes.
fn unpack(packing: Packing, packed: &[u8], held: &mut Held) -> Result<Vec<u8>, BodyError> {
    let broken = |encoding: &'static str| {
        move |error: std::io::Error| BodyError::Packed {
            encoding,
            reason: error.to_string(),
        }
    };
    match packing {
        Packing::None => Ok(packed.to_vec()),
        Packing::Gzip => drain(
            flate2::bufread::MultiGzDecoder::new(packed),
            broken("gzip"),
            held,
        ),
        Packing::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(packed).map_err(broken("zstd"))?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG)
                .map_err(broken("zstd"))?;
            drain(decoder, broken("zstd"), held)
        }
    }
}

fn drain(
    mut unpacker: impl Read,
    broken: impl Fn(std::io::Error) -> BodyError,
    held: &mut Held,
) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let n = unpacker.read(&mut piece).map_err(&broken)?;
        if n == 0 {
            return Ok(bytes);
        }
        if bytes.len() + n > MAX_BODY {
            return Err(BodyError::TooLarge(MAX_BODY));
        }
        held.more(n)?;
        bytes.extend_from_slice(&piece[..n]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    async fn taken(encoding: &str, body: Vec<u8>) -> Result<Vec<u8>, BodyError> {
        let budget = Budget::of(MAX_RECEIVING, WHOLE);
        let mut headers = HeaderMap::new();
        if !encoding.is_empty() {
            headers.insert(CONTENT_ENCODING, encoding.parse().expect("a value"));
        }
        let read = read(&headers, Body::from(body), &budget).await;
        let done = read.map(|(bytes, held)| {
            assert!(budget.used() >= bytes.len());
            drop(held);
            bytes
        });
        assert_eq!(budget.used(), 0);
        done
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).expect("a vector");
        packer.finish().expect("a vector")
    }

    #[tokio::test]
    async fn packed_and_plain_bodies_are_one() {
        let text = b"{}\n".repeat(1000);
        let zstd = zstd::stream::encode_all(&text[..], 1).expect("packed");
        for (encoding, body) in [
            ("", text.clone()),
            ("identity", text.clone()),
            ("gzip", gzip(&text)),
            ("X-GZIP", gzip(&text)),
            ("zstd", zstd.clone()),
            ("identity, zstd", zstd.clone()),
        ] {
            assert_eq!(taken(encoding, body).await, Ok(text.clone()), "{encoding}");
        }
        for (encoding, body) in [
            ("gzip", text.clone()),
            ("gzip", gzip(&text)[..20].to_vec()),
            ("zstd", zstd[..zstd.len() - 3].to_vec()),
            ("zstd", text.clone()),
        ] {
            let error = taken(encoding, body).await.unwrap_err();
            assert!(matches!(error, BodyError::Packed { .. }), "{error}");
        }
        for encoding in ["br", "deflate", "gzip, gzip", "zstd, gzip"] {
            let error = taken(encoding, text.clone()).await.unwrap_err();
            assert!(matches!(error, BodyError::Encoding(_)), "{error}");
        }
    }

    #[tokio::test]
    async fn a_packed_file_is_opened_under_the_same_limits() {
        let budget = Budget::of(MAX_RECEIVING, WHOLE);
        let opened = async |bytes: Vec<u8>| {
            let opened = opened(bytes, budget.hold()).await;
            opened.map(|(bytes, _held)| bytes)
        };
        let text = b"line\n".to_vec();
        let zstd = zstd::stream::encode_all(&text[..], 1).expect("packed");
        for bytes in [text.clone(), gzip(&text), zstd] {
            assert_eq!(opened(bytes).await, Ok(text.clone()));
        }
        let bomb = gzip(&vec![0; MAX_BODY + 1]);
        assert_eq!(opened(bomb).await, Err(BodyError::TooLarge(MAX_BODY)));
        let cut = gzip(&text)[..12].to_vec();
        let error = opened(cut).await.unwrap_err();
        assert!(matches!(error, BodyError::Packed { .. }), "{error}");
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test]
    async fn what_is_too_long_is_refused_packed_or_not() {
        let exact = vec![b' '; MAX_BODY];
        assert_eq!(
            taken("", exact.clone()).await.map(|b| b.len()),
            Ok(MAX_BODY)
        );
        assert_eq!(
            taken("gzip", gzip(&exact)).await.map(|b| b.len()),
            Ok(MAX_BODY)
        );
        let longer = vec![b' '; MAX_BODY + 1];
        for (encoding, body) in [
            ("", longer.clone()),
            ("gzip", gzip(&longer)),
            (
                "zstd",
                zstd::stream::encode_all(&longer[..], 1).expect("packed"),
            ),
        ] {
            assert_eq!(
                taken(encoding, body).await,
                Err(BodyError::TooLarge(MAX_BODY))
            );
        }
    }
}
