//! What Exchange calls a meeting, and what calendars in iCalendar format call it.
//!
//! `iCalUId` of an occurrence has the day of the occurrence written into it; the UID of its series, which
//! iCalendar writes, has zeros there. And a meeting that came from another calendar program has that
//! program's UID packed into Exchange's own form ([MS-ASEMAIL] 3.1.4.7, [MS-OXCICAL] 2.1.3.1.1.20.26).

/// How identifiers of Exchange's own form begin.
const GLOBAL: &str = "040000008200E00074C5B7101A82E008";
/// Where the day of the occurrence stands in it, digits.
const DAY: std::ops::Range<usize> = 32..40;
/// Where the data begins, bytes.
const DATA: usize = 40;
/// How the data begins that is another program's UID.
const PACKED: &[u8] = b"vCal-Uid\x01\0\0\0";

/// The UID of the series, or of the single meeting, as iCalendar has it.
pub(super) fn of_series(text: &str) -> String {
    let text = text.trim();
    let Some(bytes) = global(text) else {
        return text.to_owned();
    };
    let data = bytes.get(DATA..).unwrap_or_default();
    let packed = data.strip_prefix(PACKED).map(|uid| {
        let end = uid.iter().position(|byte| *byte == 0);
        uid.get(..end.unwrap_or(uid.len())).unwrap_or_default()
    });
    if let Some(uid) = packed.and_then(|uid| std::str::from_utf8(uid).ok())
        && !uid.is_empty()
    {
        return uid.to_owned();
    }
    let mut text = text.to_ascii_uppercase();
    text.replace_range(DAY, "00000000");
    text
}

/// The bytes of an identifier of Exchange's own form.
fn global(text: &str) -> Option<Vec<u8>> {
    let begins = text.get(..GLOBAL.len())?.eq_ignore_ascii_case(GLOBAL);
    if !begins || text.len() < 2 * DATA || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let digits = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_have_the_uid_of_their_series() {
        let series = "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000B\
                      F0ED4B6E4EE94E9E39E3867B378EF3";
        let occurrence = series.replacen("0800000000E0", "0807D40910E0", 1);
        assert_ne!(series, occurrence);
        for text in [series, &occurrence, &occurrence.to_lowercase()] {
            assert_eq!(of_series(text), series);
        }
    }

    #[test]
    fn what_another_program_called_it_is_unpacked() {
        let packed = "040000008200E00074C5B7101A82E0080000000000000000000000000000000000000000330000007643616C2D556964\
                      010000007B38313431324433432D324132342D344539442D423230452D3131463742424539323739397D00";
        assert_eq!(of_series(packed), "{81412D3C-2A24-4E9D-B20E-11F7BBE92799}");
        let day = packed.replacen("E00800000000", "E00807E90304", 1);
        assert_eq!(of_series(&day), of_series(packed));
        for other in [
            "7kuk@google.com",
            " a ",
            "040000008200E00074C5B7101A82E008",
            "04zz",
            "",
        ] {
            assert_eq!(of_series(other), other.trim());
        }
    }
}
