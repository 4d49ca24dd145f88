//! Writes one event as a line of JSON by hand: a hundred million of them must not take all day.

use chrono::{DateTime, Datelike, Timelike};

use crate::model::{EventKind, Millis};

/// A line being written; fields of `data` follow each other.
pub(super) struct Line {
    text: Vec<u8>,
    first: bool,
}

impl Line {
    /// Room for one line, to be used again and again.
    pub(super) fn new() -> Self {
        Line {
            text: Vec::with_capacity(512),
            first: true,
        }
    }

    /// Begins an event. An empty subject and a time of `None` are left out.
    pub(super) fn begin(
        &mut self,
        kind: EventKind,
        source: &str,
        id: &str,
        subject: &str,
        time: Option<Millis>,
    ) -> &mut Self {
        self.text.clear();
        self.first = true;
        self.raw("{\"specversion\":\"1.0\",\"type\":\"org.readback.")
            .raw(kind.name());
        self.raw(".v1\",\"source\":")
            .quoted(source)
            .raw(",\"id\":")
            .quoted(id);
        if !subject.is_empty() {
            self.raw(",\"subject\":").quoted(subject);
        }
        if let Some(time) = time {
            // One source writes its times with an offset, as real ones do.
            let offset = if source == "portal" { 60 } else { 0 };
            self.raw(",\"time\":").instant(time, offset);
        }
        self.raw(",\"data\":{")
    }

    /// Ends the event and shows it.
    pub(super) fn end(&mut self) -> &[u8] {
        self.text.extend_from_slice(b"}}");
        &self.text
    }

    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name).quoted(value)
    }

    pub(super) fn maybe(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(super) fn texts<'t>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = &'t str>,
    ) -> &mut Self {
        self.name(name).raw("[");
        for (n, value) in values.into_iter().enumerate() {
            if n > 0 {
                self.raw(",");
            }
            self.quoted(value);
        }
        self.raw("]")
    }

    pub(super) fn whole(&mut self, name: &str, value: u64) -> &mut Self {
        self.name(name).digits(value, 1)
    }

    /// A number of thousandths, written as a decimal fraction.
    pub(super) fn thousandths(&mut self, name: &str, value: u64) -> &mut Self {
        self.name(name).digits(value / 1000, 1);
        match value % 1000 {
            0 => self,
            rest => self.raw(".").digits(rest, 3),
        }
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.name(name).raw(if value { "true" } else { "false" })
    }

    pub(super) fn time(&mut self, name: &str, value: Option<Millis>) -> &mut Self {
        match value {
            Some(value) => self.name(name).instant(value, 0),
            None => self,
        }
    }

    fn name(&mut self, name: &str) -> &mut Self {
        if !self.first {
            self.raw(",");
        }
        self.first = false;
        self.quoted(name).raw(":")
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.text.extend_from_slice(text.as_bytes());
        self
    }

    /// Names in here hold no control characters; quotes and backslashes are escaped all the same.
    fn quoted(&mut self, text: &str) -> &mut Self {
        self.text.push(b'"');
        for byte in text.bytes() {
            if matches!(byte, b'"' | b'\\') {
                self.text.push(b'\\');
            }
            self.text.push(byte);
        }
        self.text.push(b'"');
        self
    }

    fn digits(&mut self, mut value: u64, least: usize) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        while value > 0 || digits.len() - at < least {
            at -= 1;
            // One decimal digit.
            digits[at] = b'0' + (value % 10) as u8;
            value /= 10;
        }
        self.text.extend_from_slice(&digits[at..]);
        self
    }

    fn instant(&mut self, at: Millis, offset_minutes: i64) -> &mut Self {
        let local = DateTime::from_timestamp_millis(at + offset_minutes * 60_000)
            .unwrap_or(DateTime::UNIX_EPOCH);
        // Simulated years have four digits.
        self.raw("\"")
            .digits(u64::from(local.year().unsigned_abs()), 4)
            .raw("-");
        self.digits(u64::from(local.month()), 2).raw("-");
        self.digits(u64::from(local.day()), 2).raw("T");
        self.digits(u64::from(local.hour()), 2).raw(":");
        self.digits(u64::from(local.minute()), 2).raw(":");
        self.digits(u64::from(local.second()), 2);
        if let rest @ 1.. = local.timestamp_subsec_millis() {
            self.raw(".").digits(u64::from(rest), 3);
        }
        match offset_minutes {
            0 => self.raw("Z\""),
            _ => {
                self.raw("+")
                    .digits(offset_minutes.unsigned_abs() / 60, 2)
                    .raw(":");
                self.digits(offset_minutes.unsigned_abs() % 60, 2).raw("\"")
            }
        }
    }
}
