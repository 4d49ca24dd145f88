//! What bodies are wrapped in: `Content-Encoding` (gzip, deflate, zstd, lz4) and ClickHouse's own
//! blocks (`decompress=1`, `compress=1`), both ways, piece by piece and with bounded memory.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use tokio::sync::mpsc::Receiver;

use super::blocks::{self, Unpacker};
use super::exception::{CANNOT_DECOMPRESS, Exception, NETWORK_ERROR, UNKNOWN_COMPRESSION_METHOD};
use super::lz4::Frames;

/// The most that is unpacked at once: a small packed piece may stand for very much.
const SLICE: usize = 256 << 10;

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
}

/// Where the unwrapped bytes come from.
enum Source {
    /// Nothing is wrapped, or nothing has come yet: a coding begins with its first byte, so that an
    /// empty body is one whatever its coding.
    Body(Receiver<Result<Bytes, String>>, Coding),
    /// A decoder. It fails when the body ends within a frame; a cut body must not pass for a short one.
    Coded(Box<dyn Read + Send>),
    /// All is read.
    Ended,
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

impl Input {
    /// Wraps the channel that the body comes through.
    pub(super) fn new(body: Receiver<Result<Bytes, String>>, coding: Coding, blocks: bool) -> Self {
        Self {
            source: Source::Body(body, coding),
            blocks: blocks.then(Unpacker::default),
        }
    }

    /// The next bytes, or `None` at the end. Blocks the thread while none are there.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        loop {
            let bytes = self.source.next()?;
            let Some(blocks) = &mut self.blocks else {
                return Ok(bytes);
            };
            let Some(bytes) = bytes else {
                blocks.finish()?;
                return Ok(None);
            };
            let unpacked = blocks.push(&bytes)?;
            if !unpacked.is_empty() {
                return Ok(Some(unpacked.into()));
            }
        }
    }
}

impl Source {
    /// Bytes, at least one, or `None` at the end.
    fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Ended => return Ok(None),
                Self::Body(mut body, coding) => match body.blocking_recv() {
                    None => return Ok(None),
                    Some(Err(error)) => return Err(broken_off(&error)),
                    Some(Ok(bytes)) if bytes.is_empty() => *self = Self::Body(body, coding),
                    Some(Ok(bytes)) if coding == Coding::Plain => {
                        *self = Self::Body(body, coding);
                        return Ok(Some(bytes));
                    }
                    Some(Ok(rest)) => {
                        *self = Self::Coded(reader(coding, BodyReader { body, rest })?)
                    }
                },
                Self::Coded(mut reader) => {
                    let mut buffer = vec![0; SLICE];
                    let size = reader
                        .read(&mut buffer)
                        .map_err(|error| match error.kind() {
                            io::ErrorKind::BrokenPipe => broken_off(&error.to_string()),
                            _ => broken(error),
                        })?;
                    if size == 0 {
                        return Ok(None);
                    }
                    buffer.truncate(size);
                    *self = Self::Coded(reader);
                    return Ok(Some(buffer.into()));
                }
            }
        }
    }
}

/// The decoder of a coding. Frames may follow each other where the coding knows that.
fn reader(coding: Coding, body: BodyReader) -> Result<Box<dyn Read + Send>, Exception> {
    Ok(match coding {
        Coding::Plain => Box::new(body),
        Coding::Gzip => Box::new(MultiGzDecoder::new(body)),
        Coding::Deflate => Box::new(ZlibDecoder::new(body)),
        Coding::Zstd => Box::new(zstd::stream::read::Decoder::new(body).map_err(broken)?),
        Coding::Lz4 => Box::new(Frames::new(body)),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    const CODINGS: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Zstd, Coding::Lz4];

    fn packed(coding: Coding, text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::fast();
        match coding {
            Coding::Plain => text.to_vec(),
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Deflate => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Zstd => zstd::stream::encode_all(text, 1).unwrap(),
            Coding::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    /// Reads a body that comes in pieces of a size.
    fn unpacked(coding: Coding, body: &[u8], piece: usize) -> Result<Vec<u8>, Exception> {
        let (pieces, received) = tokio::sync::mpsc::channel(body.len() / piece + 1);
        for piece in body.chunks(piece) {
            pieces.try_send(Ok(Bytes::copy_from_slice(piece))).unwrap();
        }
        drop(pieces);
        let mut input = Input::new(received, coding, false);
        let mut all = Vec::new();
        while let Some(bytes) = input.next()? {
            assert!(bytes.len() <= SLICE.max(piece));
            all.extend_from_slice(&bytes);
        }
        assert!(input.next()?.is_none(), "the end stays the end");
        Ok(all)
    }

    #[test]
    fn bodies_are_unpacked_however_they_are_cut_in_pieces() {
        let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        for coding in CODINGS {
            let body = packed(coding, &text);
            for piece in [1, 977, body.len()] {
                let all = unpacked(coding, &body, piece).unwrap();
                assert!(all == text, "{coding:?} in pieces of {piece}");
            }
            assert_eq!(unpacked(coding, b"", 1).unwrap(), b"", "{coding:?}");
        }
        for coding in [Coding::Gzip, Coding::Zstd, Coding::Lz4] {
            let two = [packed(coding, b"one, "), packed(coding, b"two")].concat();
            assert_eq!(
                unpacked(coding, &two, 3).unwrap(),
                b"one, two",
                "{coding:?}"
            );
        }
    }

    #[test]
    fn a_cut_body_is_an_error_wherever_it_is_cut() {
        let text = "some words, some more words\n".repeat(40);
        for coding in CODINGS {
            let body = packed(coding, text.as_bytes());
            for end in 1..body.len() {
                let error = unpacked(coding, &body[..end], 7).err();
                let words = error.map(|error| error.text).unwrap_or_default();
                assert!(
                    words.contains("cannot be unpacked"),
                    "{coding:?} cut at {end}: {words}"
                );
            }
            // The second of two frames is cut.
            if coding != Coding::Deflate {
                let two = [&body[..], &body[..body.len() - 1]].concat();
                assert!(unpacked(coding, &two, two.len()).is_err(), "{coding:?}");
            }
        }
    }
}
