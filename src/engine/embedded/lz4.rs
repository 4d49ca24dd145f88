//! A row of LZ4 frames as one reader. `lz4_flex` takes an end of the input within a frame for the end
//! of the frame, so here the end comes to it as an error, and is an end only between two frames.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

/// How the decoder is told that nothing more comes; nothing else says it.
const ENDED: io::ErrorKind = io::ErrorKind::NotConnected;

/// Reads frames until their source ends.
pub(super) struct Frames<R: Read> {
    decoder: FrameDecoder<Source<R>>,
    /// What was taken of the source when the last frame ended.
    frame_end: u64,
}

struct Source<R> {
    reader: R,
    taken: u64,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            decoder: FrameDecoder::new(Source { reader, taken: 0 }),
            frame_end: 0,
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.decoder.read(buffer) {
                Ok(0) => self.frame_end = self.decoder.get_ref().taken,
                Err(error) if error.kind() == ENDED => {
                    if self.decoder.get_ref().taken == self.frame_end {
                        return Ok(0);
                    }
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "incomplete LZ4 frame",
                    ));
                }
                outcome => return outcome,
            }
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer)? {
            0 if !buffer.is_empty() => Err(ENDED.into()),
            size => {
                self.taken += size as u64;
                Ok(size)
            }
        }
    }
}
