//! What bodies are wrapped in: `Content-Encoding` (gzip, deflate, zstd,
//! lz4) and ClickHouse's own blocks
//! (`decompress=1`, `compress=1`), both ways, piece by piece and with bounded memory.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::write::{GzEncoder, MultiGzDecoder, ZlibDecoder};
use lz4_flex::frame::FrameDecoder;
use tokio::sync::mpsc::Receiver;

use super::blocks::{self, Unpacker};
use super::exception::{CANNOT_DECOMPRESS, Exception, NETWORK_ERROR, UNKNOWN_COMPRESSION_METHOD};

/// The most that is unpacked at once: a small packed piece may stand for very much.
const SLICE: usize = 4 << 10;

/// What is read of LZ4 frames at once.
const FRAMES: usize = 256 << 10;

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
    /// LZ4's frames, which `clickhouse-connect` sends by default.
    Lz4,
}

impl Coding {
    /// The coding of a request's body.
    pub(super) fn of_request(name: &str) -> Result<Self, Exception> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "zstd" => Ok(Self::Zstd),
            "lz4" => Ok(Self::Lz4),
            other => Err(Exception::new(
                UNKNOWN_COMPRESSION_METHOD,
                &format!(
                    "Content-Encoding '{other}' is unknown; known are gzip, deflate, zstd, lz4, and decompress=1"
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
    source: Source,
    blocks: Option<Unpacker>,
    ended: bool,
}

/// Where the unwrapped bytes come from.
enum Source {
    /// Pieces pushed through a decoder.
    Pushed {
        body: Receiver<Result<Bytes, String>>,
        coding: Decoder,
        /// What came but is not unwrapped yet.
        packed: VecDeque<Bytes>,
    },
    /// A decoder that only reads.
    Read(Box<FrameDecoder<BodyReader>>),
}

/// A body as a reader.
struct BodyReader {
    body: Receiver<Result<Bytes, String>>,
    rest: Bytes,
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.body.blocking_recv() {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Err(io::Error::new(io::ErrorKind::BrokenPipe, error)),
                None => return Ok(0),
            }
        }
        let size = buffer.len().min(self.rest.len());
        buffer[..size].copy_from_slice(&self.rest.split_to(size));
        Ok(size)
    }
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
            Coding::Plain => Some(Decoder::Plain),
            Coding::Gzip => Some(Decoder::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Coding::Deflate => Some(Decoder::Deflate(Box::new(ZlibDecoder::new(Vec::new())))),
            Coding::Zstd => Some(Decoder::Zstd(Box::new(
                zstd::stream::write::Decoder::new(Vec::new()).map_err(broken)?,
            ))),
            Coding::Lz4 => None,
        };
        let source = match coding {
            Some(coding) => Source::Pushed {
                body,
                coding,
                packed: VecDeque::new(),
            },
            None => {
                let rest = Bytes::new();
                Source::Read(Box::new(FrameDecoder::new(BodyReader { body, rest })))
            }
        };
        Ok(Self {
            source,
            blocks: blocks.then(Unpacker::default),
            ended: false,
        })
    }

    /// The next bytes, or `None` at the end. Blocks the thread while none are there.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        while !self.ended {
            let (bytes, last) = self.source.next()?;
            self.ended = last;
            let bytes = match &mut self.blocks {
                Some(blocks) => {
                    let unpacked = blocks.push(&bytes)?;
                    if last {
                        blocks.finish()?;
                    }
                    unpacked.into()
                }
                None => bytes,
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl Source {
    /// Bytes, perhaps none, and whether they are the last.
    fn next(&mut self) -> Result<(Bytes, bool), Exception> {
        let (body, coding, packed) = match self {
            Self::Pushed {
                body,
                coding,
                packed,
            } => (body, coding, packed),
            Self::Read(frames) => return read_frames(frames),
        };
        if let Some(piece) = packed.pop_front() {
            return Ok((coding.decode(piece)?, false));
        }
        match body.blocking_recv() {
            Some(Ok(bytes)) if matches!(coding, Decoder::Plain) => Ok((bytes, false)),
            Some(Ok(mut bytes)) => {
                while !bytes.is_empty() {
                    let size = bytes.len().min(SLICE);
                    packed.push_back(bytes.split_to(size));
                }
                Ok((Bytes::new(), false))
            }
            Some(Err(error)) => Err(broken_off(&error)),
            None => Ok((coding.finish()?, true)),
        }
    }
}

fn read_frames(frames: &mut FrameDecoder<BodyReader>) -> Result<(Bytes, bool), Exception> {
    let mut buffer = vec![0; FRAMES];
    // A read of nothing ends a frame; a second one ends the body.
    for _ in 0..2 {
        let size = frames
            .read(&mut buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => broken_off(&error.to_string()),
                _ => broken(error),
            })?;
        if size > 0 {
            buffer.truncate(size);
            return Ok((buffer.into(), false));
        }
    }
    Ok((Bytes::new(), true))
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
            Coding::Plain | Coding::Deflate | Coding::Lz4 => Self::Plain,
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
    pub(super) fn encode(&mut self, piece: Bytes, flush: bool) -> io::Result<Bytes> {
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
    pub(super) fn finish(self) -> io::Result<Bytes> {
        match self {
            Self::Plain | Self::Blocks => Ok(Bytes::new()),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from),
            Self::Zstd(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}

fn broken_off(error: &str) -> Exception {
    Exception::new(
        NETWORK_ERROR,
        &format!("the body of the request broke off: {error}"),
    )
}

fn broken(error: io::Error) -> Exception {
    Exception::new(
        CANNOT_DECOMPRESS,
        &format!("the body cannot be unpacked: {error}"),
    )
}
