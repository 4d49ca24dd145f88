//! Transcripts of meetings in `WebVTT`: who spoke for how long, and never what was said.
//!
//! The file is parsed as the standard says (<https://www.w3.org/TR/webvtt1/#file-parsing>), over bytes of
//! whatever kind; [`spoken`] then adds up the time of each speaker. Names of speakers live in memory only,
//! and none of these types can be printed.

mod cue_text;
mod speakers;

pub use speakers::{ENOUGH_MS, Spoken, spoken};

use crate::model::{Millis, parse_rfc3339};

/// One cue: a stretch of time and what is shown in it. No `Debug`: it holds what people said.
#[derive(Clone, PartialEq, Eq)]
pub struct Cue {
    /// What stands above its times, often a number or nothing.
    pub id: String,
    /// From when, ms since the beginning of the recording.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
    /// Its text, with tags and character references as they are written.
    pub text: String,
}

/// The file is no `WebVTT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no WebVTT; its first line should be WEBVTT, or begin with that and a space")]
pub struct NoWebVtt;

/// How the times of cues are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// As the standard wants it; other cues are passed over.
    Standard,
    /// Also as Microsoft Graph writes it in its own examples: fields of one digit, fractions of any
    /// length, and times before the beginning of the recording.
    Graph,
}

/// The cues of a file, in its order.
///
/// # Errors
/// The file does not begin as `WebVTT` does. Whatever follows is never an error: what is no cue is passed
/// over, as the standard says.
pub fn parse(bytes: &[u8], timing: Timing) -> Result<Vec<Cue>, NoWebVtt> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes)
        .replace('\0', "\u{fffd}")
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let rest = text.strip_prefix("WEBVTT").ok_or(NoWebVtt)?;
    if !(rest.is_empty() || rest.starts_with([' ', '\t', '\n'])) {
        return Err(NoWebVtt);
    }
    let mut input = Input { rest, timing };
    input.line();
    match input.rest.strip_prefix('\n') {
        Some(rest) => input.rest = rest,
        // Metadata goes on until an empty line, or until times.
        None => {
            input.block(true);
        }
    }
    let mut cues = Vec::new();
    loop {
        input.rest = input.rest.trim_start_matches('\n');
        if input.rest.is_empty() {
            return Ok(cues);
        }
        cues.extend(input.block(false));
    }
}

/// The cues of a file that has Graph's lines of metadata without the frame of `WebVTT`: a line of JSON for each,
/// with when it begins and ends. `None` for any other file.
pub fn lines(bytes: &[u8]) -> Option<Vec<Cue>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let cue = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let at = |field: &str| parse_rfc3339(value.get(field)?.as_str()?);
        Some(Cue {
            id: String::new(),
            from: at("startDateTime")?,
            until: at("endDateTime")?,
            text: line.to_owned(),
        })
    };
    lines.map(cue).collect()
}

/// What is left of the file.
struct Input<'a> {
    rest: &'a str,
    timing: Timing,
}

impl<'a> Input<'a> {
    /// Takes a line off, without its end.
    fn line(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line
    }

    /// Collects a block ("collect a `WebVTT` block"). Notes, styles and regions are blocks without times,
    /// and come to nothing here.
    fn block(&mut self, in_header: bool) -> Option<Cue> {
        let mut buffer = String::new();
        let mut cue: Option<Cue> = None;
        let mut seen_arrow = false;
        let mut lines = 0_usize;
        while !self.rest.is_empty() {
            let before = self.rest;
            let line = self.line();
            lines += 1;
            if line.contains("-->") {
                if in_header || !(lines == 1 || (lines == 2 && !seen_arrow)) {
                    // The times of the next cue, without the empty line before them.
                    self.rest = before;
                    break;
                }
                seen_arrow = true;
                cue = times(line, self.timing).map(|(from, until)| Cue {
                    id: std::mem::take(&mut buffer),
                    from,
                    until,
                    text: String::new(),
                });
            } else if line.is_empty() {
                break;
            } else {
                if !buffer.is_empty() {
                    buffer.push('\n');
                }
                buffer.push_str(line);
            }
        }
        cue.map(|cue| Cue {
            text: buffer,
            ..cue
        })
    }
}

/// `00:00:01.000 --> 00:00:02.000`; settings may follow.
fn times(line: &str, timing: Timing) -> Option<(Millis, Millis)> {
    let (from, rest) = timestamp(skip(line), timing)?;
    let (until, _) = timestamp(skip(skip(rest).strip_prefix("-->")?), timing)?;
    Some((from, until))
}

/// Without the white space at its beginning.
fn skip(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// Collects a timestamp: ms, and what comes after it.
fn timestamp(text: &str, timing: Timing) -> Option<(Millis, &str)> {
    let is_graph = timing == Timing::Graph;
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) if is_graph => (true, rest),
        _ => (false, text),
    };
    let two = |digits: &str| digits.len() == 2 || (is_graph && digits.len() == 1);
    let (first, mut rest) = digits(text)?;
    let first_value: Millis = first.parse().ok().filter(|value| *value < 1_000_000_000)?;
    let with_hours = !two(first) || first_value > 59;
    let (second, after) = digits(rest.strip_prefix(':')?)?;
    rest = after;
    if !two(second) {
        return None;
    }
    let (hours, minutes, seconds) = match rest.strip_prefix(':') {
        Some(after) => {
            let (third, after) = digits(after)?;
            rest = after;
            (first_value, second, two(third).then_some(third)?)
        }
        None if with_hours => return None,
        None => (0, first, second),
    };
    let (minutes, seconds): (Millis, Millis) = (minutes.parse().ok()?, seconds.parse().ok()?);
    let (fraction, rest) = digits(rest.strip_prefix('.')?)?;
    if minutes > 59 || seconds > 59 || !(fraction.len() == 3 || is_graph) {
        return None;
    }
    let thousandths: Millis = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let at = ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths;
    Some((if is_negative { -at } else { at }, rest))
}

/// The digits at the beginning, at least one, and the rest.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests;
