//! Text that came from outside, on its way to a terminal: what would move its cursor, change its colours
//! or turn letters round is written as an escape that does nothing.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::Write;

use serde_json::Value;

/// Whether a terminal, or whoever reads it, may take a character for something else than it shows.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text in one line.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// A text of several lines: its line breaks stay.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && acts(c))
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&acts) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match acts(c) {
            true => safe.extend(c.escape_default()),
            false => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Writes one line.
pub(super) fn line(out: &mut impl Write, words: Arguments<'_>) -> std::io::Result<()> {
    writeln!(out, "{}", shown(&words.to_string()))
}

/// JSON for people and programs: the same value, with escapes of its own.
pub(super) fn json(value: &Value) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c != '\n' && acts(c) {
            // None of them takes more than one unit.
            true => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => safe.push(c),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(
            shown("Disk full, \u{e9}t\u{e9}"),
            "Disk full, \u{e9}t\u{e9}"
        );
        assert_eq!(
            shown("a\u{1b}[2J\u{9b}1m\r\n\t"),
            "a\\u{1b}[2J\\u{9b}1m\\r\\n\\t"
        );
        assert_eq!(shown("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(lines("one\ntwo\u{7}"), "one\ntwo\\u{7}");
        let mut out = Vec::new();
        line(&mut out, format_args!("{}", "a\nb")).unwrap();
        assert_eq!(out, b"a\\nb\n");
    }

    proptest! {
        #[test]
        fn json_stays_what_it_is(text in ".*", odd in "[\u{7f}-\u{9f}\u{202a}-\u{202e}]*") {
            let value = json!({ "title": format!("{text}{odd}") });
            let safe = super::json(&value).unwrap();
            prop_assert!(!safe.chars().any(|c| c != '\n' && acts(c)));
            prop_assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), value);
        }
    }
}
