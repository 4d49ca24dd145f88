//! Unpacks what is packed with gzip or zstd; told by its first bytes, not by its name.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// Big reads: logs are large and the disk is not slow.
const BUFFER: usize = 1 << 20;

/// Unpacks gzip and zstd, several members too, by their magic numbers.
pub fn unpack(raw: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut reader = BufReader::with_capacity(BUFFER, raw);
    let start = reader.fill_buf()?;
    if start.starts_with(&GZIP) {
        let unpacked = MultiGzDecoder::new(reader);
        return Ok(Box::new(BufReader::with_capacity(BUFFER, unpacked)));
    }
    if start.starts_with(&ZSTD) {
        let unpacked = zstd::stream::read::Decoder::with_buffer(reader)?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER, unpacked)));
    }
    Ok(Box::new(reader))
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether a file that begins so is packed.
pub(super) fn is_packed(start: &[u8]) -> bool {
    start.starts_with(&GZIP) || start.starts_with(&ZSTD)
}
