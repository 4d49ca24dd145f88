//! Lines out of a reader's own buffer, copied only where one crosses from one filling to the next.

use std::io::{self, BufRead, ErrorKind};

use memchr::memchr;

/// Longer lines are not kept in memory, bytes. Servers refuse requests of a tenth of it.
pub(super) const LONGEST: usize = 1 << 20;

/// Hands over every line without its line feed, and whether it had one; `None` for a line that is
/// longer than [`LONGEST`]. Stops early when told `false`.
pub(super) fn for_each_line(
    input: &mut dyn BufRead,
    mut each: impl FnMut(Option<&[u8]>, bool) -> bool,
) -> io::Result<()> {
    let mut carry = Carry::default();
    let mut first = true;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            break;
        }
        let mut rest = buffer;
        while let Some(end) = memchr(b'\n', rest) {
            let piece = &rest[..end];
            rest = &rest[end + 1..];
            let go_on = if carry.started {
                carry.push(piece);
                let go_on = each(carry.line().map(|line| without_mark(line, first)), true);
                carry.clear();
                go_on
            } else {
                each(
                    (piece.len() <= LONGEST).then(|| without_mark(piece, first)),
                    true,
                )
            };
            first = false;
            if !go_on {
                return Ok(());
            }
        }
        if !rest.is_empty() {
            carry.push(rest);
        }
        let taken = buffer.len();
        input.consume(taken);
    }
    if carry.started {
        each(carry.line().map(|line| without_mark(line, first)), false);
    }
    Ok(())
}

/// The start of a line whose end has not been seen yet.
#[derive(Default)]
struct Carry {
    bytes: Vec<u8>,
    started: bool,
    too_long: bool,
}

impl Carry {
    fn push(&mut self, piece: &[u8]) {
        self.started = true;
        if self.bytes.len() + piece.len() > LONGEST {
            self.too_long = true;
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    fn line(&self) -> Option<&[u8]> {
        (!self.too_long).then_some(self.bytes.as_slice())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.started = false;
        self.too_long = false;
    }
}

/// The line without a carriage return, the first one without a byte order mark.
fn without_mark(line: &[u8], first: bool) -> &[u8] {
    let line = if first {
        line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
    } else {
        line
    };
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor};

    fn lines(bytes: &[u8], capacity: usize) -> Vec<(Option<Vec<u8>>, bool)> {
        let mut found = Vec::new();
        let mut input = BufReader::with_capacity(capacity, Cursor::new(bytes.to_vec()));
        for_each_line(&mut input, |line, complete| {
            found.push((line.map(<[u8]>::to_vec), complete));
            true
        })
        .unwrap();
        found
    }

    #[test]
    fn the_buffer_makes_no_difference() {
        let text = b"\xef\xbb\xbfone\r\n\ntwo three\nfour";
        let expected = [
            ("one", true),
            ("", true),
            ("two three", true),
            ("four", false),
        ]
        .map(|(line, complete)| (Some(line.as_bytes().to_vec()), complete));
        for capacity in [5, 7, 9, 64] {
            assert_eq!(lines(text, capacity), expected, "{capacity}");
        }
        assert_eq!(lines(b"", 8), []);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut text = vec![b'x'; LONGEST + 1];
        text.extend_from_slice(b"\nshort\n");
        for capacity in [4096, 4 << 20] {
            assert_eq!(
                lines(&text, capacity),
                [(None, true), (Some(b"short".to_vec()), true)]
            );
        }
    }
}
