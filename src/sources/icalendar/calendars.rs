//! From the bytes of a file to the calendars in it.

use std::sync::LazyLock;

use calcard::icalendar::{ICalendar, ICalendarMethod, ICalendarProperty, ICalendarValue};
use calcard::{Entry, Parser};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use regex::Regex;

/// The text of a file: by its byte order mark, else UTF-8, else what Windows calls ANSI.
pub(super) fn decoded(bytes: &[u8]) -> String {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => WINDOWS_1252,
    };
    encoding.decode_with_bom_removal(bytes).0.into_owned()
}

const CONTACT: &str = "a contact stands among the events; it is not read";
const OUTSIDE: &str = "a line stands outside of every calendar; it is not read";

/// Whether this problem of a text means that events of it are missing.
pub(super) fn is_loss(problem: &str) -> bool {
    problem != CONTACT && problem != OUTSIDE
}

/// A rule that ends after nought occurrences. calcard passes over that COUNT, and the rule would go on for ever.
static COUNTS_NOUGHT: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant")]
    Regex::new(r"(?im)^(RRULE[;:][^\r\n]*\bCOUNT=)[+-]?0+(;|\r?$)").expect("a pattern")
});

/// The calendars of a text, and what is wrong with the rest of it.
pub(super) fn parse(text: &str) -> (Vec<ICalendar>, Vec<&'static str>) {
    // No number: so it is a rule that can't be read.
    let text = COUNTS_NOUGHT.replace_all(text, "${1}none$2");
    let mut parser = Parser::new(&text);
    let mut calendars = Vec::new();
    let mut problems = Vec::new();
    let mut lines = text.lines().rev().map(str::trim);
    let last = lines.find(|line| !line.is_empty());
    let ends = ["END:VCALENDAR", "END:VCARD"];
    let is_end = |line: &str| ends.iter().any(|end| line.eq_ignore_ascii_case(end));
    if !last.is_none_or(is_end) {
        problems.push("the file ends in the middle of a calendar; the rest of it is missing");
    }
    loop {
        let problem = match parser.entry() {
            Entry::Eof => break,
            Entry::ICalendar(calendar) => {
                calendars.push(calendar);
                continue;
            }
            Entry::VCard(_) => CONTACT,
            Entry::InvalidLine(_) => OUTSIDE,
            Entry::TooManyComponents => "a calendar holds too much; the rest is not read",
            _ => "a component does not end where it should; it is not read",
        };
        // Once is enough: a wrong file may hold thousands of such lines.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    (calendars, problems)
}

/// The METHOD of a calendar: what its sender wants of it.
pub(super) fn method(calendar: &ICalendar) -> Option<&ICalendarMethod> {
    let root = calendar.components.first()?;
    match root.property(&ICalendarProperty::Method)?.values.first()? {
        ICalendarValue::Method(method) => Some(method),
        _ => None,
    }
}

/// Whether a message with this METHOD tells of one attendee only.
pub(super) fn is_answer(method: &ICalendarMethod) -> bool {
    matches!(
        method,
        ICalendarMethod::Reply
            | ICalendarMethod::Refresh
            | ICalendarMethod::Counter
            | ICalendarMethod::Declinecounter
    )
}
