//! What bodies are wrapped in: `Content-Encoding` (gzip, deflate, zstd) and ClickHouse's own blocks
//! (`decompress=1`, `compress=1`), both ways, piece by piece and with bounded memory.

use std::collections::VecDeque;
use std::io::Write;

use bytes::Bytes;
use flate2::write::{GzEncoder, MultiGzDecoder, ZlibDecoder};
use tokio::sync::mpsc::Receiver;

use super::blocks::{self, Unpacker};
use super::exception::{CANNOT_DECOMPRESS, Exception, NETWORK_ERROR, UNKNOWN_COMPRESSION_METHOD};

/// The most that is unpacked at once: a small packed piece may stand for very much.
const SLICE: usize = 4 << 10;

/// A coding of HTTP that the door knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// None.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, as HTTP means it.
    Deflate,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// The coding of a request's body.
    pub(super) fn of_request(name: &str) -> Result<Self, Exception> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "zstd" => Ok(Self::Zstd),
            other => Err(Exception::new(
                UNKNOWN_COMPRESSION_METHOD,
                &format!(
                    "Content-Encoding '{other}' is unknown; known are gzip, deflate, zstd, and decompress=1"
                ),
            )),
        }
    }

    /// The coding to answer in, of those that the client accepts.
    pub(super) fn of_answer(accepted: &str) -> Self {
        let accepts = |name: &str| {
            accepted.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                parts
                    .next()
                    .is_some_and(|coding| coding.eq_ignore_ascii_case(name))
                    && !parts.any(|part| part == "q=0" || part == "q=0.0")
            })
        };
        if accepts("zstd") {
            Self::Zstd
        } else if accepts("gzip") {
            Self::Gzip
        } else {
            Self::Plain
        }
    }
}

/// A body that comes in, unwrapped.
pub(super) struct Input {
    body: Receiver<Result<Bytes, String>>,
    coding: Decoder,
    blocks: Option<Unpacker>,
    /// What came but is not unwrapped yet.
    packed: VecDeque<Bytes>,
    ended: bool,
}

enum Decoder {
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Deflate(Box<ZlibDecoder<Vec<u8>>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, Vec<u8>>>),
}

impl Input {
    /// Wraps the channel that the body comes through.
    pub(super) fn new(
        body: Receiver<Result<Bytes, String>>,
        coding: Coding,
        blocks: bool,
    ) -> Result<Self, Exception> {
        let coding = match coding {
            Coding::Plain => Decoder::Plain,
            Coding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Coding::Deflate => Decoder::Deflate(Box::new(ZlibDecoder::new(Vec::new()))),
            Coding::Zstd => Decoder::Zstd(Box::new(
                zstd::stream::write::Decoder::new(Vec::new()).map_err(broken)?,
            )),
        };
        Ok(Self {
            body,
            coding,
            blocks: blocks.then(Unpacker::default),
            packed: VecDeque::new(),
            ended: false,
        })
    }

    /// The next bytes, or `None` at the end. Blocks the thread while none are there.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        loop {
            if let Some(piece) = self.packed.pop_front() {
                let mut bytes = self.coding.decode(piece)?;
                if let Some(blocks) = &mut self.blocks {
                    bytes = blocks.push(&bytes)?.into();
                }
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
                continue;
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.blocking_recv() {
                Some(Ok(bytes)) => self.take(bytes),
                Some(Err(error)) => {
                    return Err(Exception::new(
                        NETWORK_ERROR,
                        &format!("the body of the request broke off: {error}"),
                    ));
                }
                None => {
                    self.ended = true;
                    let rest = self.coding.finish()?;
                    if let Some(blocks) = &mut self.blocks {
                        let unpacked = blocks.push(&rest)?;
                        blocks.finish()?;
                        return Ok(Some(unpacked.into()).filter(|bytes: &Bytes| !bytes.is_empty()));
                    }
                    return Ok(Some(rest).filter(|bytes| !bytes.is_empty()));
                }
            }
        }
    }

    fn take(&mut self, mut bytes: Bytes) {
        if matches!(self.coding, Decoder::Plain) {
            self.packed.push_back(bytes);
            return;
        }
        while !bytes.is_empty() {
            let size = bytes.len().min(SLICE);
            self.packed.push_back(bytes.split_to(size));
        }
    }
}

impl Decoder {
    fn decode(&mut self, piece: Bytes) -> Result<Bytes, Exception> {
        match self {
            Self::Plain => Ok(piece),
            Self::Gzip(decoder) => {
                decoder.write_all(&piece).map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
            Self::Deflate(decoder) => {
                decoder.write_all(&piece).map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
            Self::Zstd(decoder) => {
                decoder.write_all(&piece).map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }

    fn finish(&mut self) -> Result<Bytes, Exception> {
        match self {
            Self::Plain => Ok(Bytes::new()),
            Self::Gzip(decoder) => {
                decoder.try_finish().map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
            Self::Deflate(decoder) => {
                decoder.try_finish().map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
            Self::Zstd(decoder) => {
                decoder.flush().map_err(broken)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }
}

/// Wraps what goes out.
pub(super) enum Encoder {
    /// As it is.
    Plain,
    /// ClickHouse's blocks.
    Blocks,
    /// gzip.
    Gzip(GzEncoder<Vec<u8>>),
    /// zstd.
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
}

impl Encoder {
    /// The encoder of an answer. Blocks win: the client asked for them by name.
    pub(super) fn new(coding: Coding, blocks: bool) -> Self {
        if blocks {
            return Self::Blocks;
        }
        match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::fast())),
            Coding::Zstd => zstd::stream::write::Encoder::new(Vec::new(), 1)
                .map_or(Self::Plain, |encoder| Self::Zstd(Box::new(encoder))),
            Coding::Plain | Coding::Deflate => Self::Plain,
        }
    }

    /// The `Content-Encoding` of the answer.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Blocks => None,
            Self::Gzip(_) => Some("gzip"),
            Self::Zstd(_) => Some("zstd"),
        }
    }

    /// Wraps a piece; with `flush` all of it can be read by the client at once.
    pub(super) fn encode(&mut self, piece: Bytes, flush: bool) -> std::io::Result<Bytes> {
        match self {
            Self::Plain => Ok(piece),
            Self::Blocks => Ok(blocks::pack(&piece).into()),
            Self::Gzip(encoder) => {
                encoder.write_all(&piece)?;
                if flush {
                    encoder.flush()?;
                }
                Ok(std::mem::take(encoder.get_mut()).into())
            }
            Self::Zstd(encoder) => {
                encoder.write_all(&piece)?;
                if flush {
                    encoder.flush()?;
                }
                Ok(std::mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// Ends the wrapping.
    pub(super) fn finish(self) -> std::io::Result<Bytes> {
        match self {
            Self::Plain | Self::Blocks => Ok(Bytes::new()),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from),
            Self::Zstd(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}

fn broken(error: std::io::Error) -> Exception {
    Exception::new(
        CANNOT_DECOMPRESS,
        &format!("the body cannot be unpacked: {error}"),
    )
}
