//! What a kind says of its parameters, in the words of where somebody can set them: the fields of the page,
//! or the command line. A kind speaks of `start`, and nobody who drops a file knows what that is.

/// Where somebody sets what a list leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `/reviews/import`.
    Page,
    /// `readback import`.
    CommandLine,
}

/// Each with the words of the page and those of the command line, the longest first.
const WORDS: [(&str, &str, &str); 12] = [
    (
        "set `meeting`, as attendance names it",
        "choose the meeting below",
        "say --meeting MEETING, as `readback meetings list` names it, or --param meeting=NAME, as attendance names it",
    ),
    (
        "set `meeting`, as UID/start, or say at what time of day the series begins",
        "choose the meeting below",
        "say --meeting MEETING, as `readback meetings list` names it, or in the configuration at what time of day the \
         series begins",
    ),
    (
        "set `meeting`",
        "choose the meeting below",
        "say --meeting MEETING, as `readback meetings list` names it, or --param meeting=NAME",
    ),
    (
        "set `start`, such as 2025-03-04T15:00",
        "choose the planned meeting below, or fill in “Start”, such as 2025-03-04T15:00",
        "say --meeting MEETING of a planned one, as `readback meetings list` names it, or \
         --param start=2025-03-04T15:00",
    ),
    (
        "set `end` to the meeting's end",
        "fill in “End” below",
        "say --param end=2025-03-04T16:00",
    ),
    (
        "set `date_order` to \"dmy\", \"mdy\" or \"ymd\"",
        "choose the order of dates below",
        "say --param date_order=dmy, mdy or ymd",
    ),
    (
        "set `date_order` to \"dmy\" or \"mdy\"",
        "choose the order of dates below",
        "say --param date_order=dmy or --param date_order=mdy",
    ),
    (
        "set `timezone` to a zone",
        "fill in a “Zone” below",
        "say --param timezone=… with a zone",
    ),
    (
        "`date_order` sets another",
        "“Order of dates” below sets another",
        "--param date_order=… sets another",
    ),
    (
        "`timezone` sets another",
        "“Zone” below sets another",
        "--param timezone=… sets another",
    ),
    (
        "`start` sets another",
        "“Start” below sets another",
        "--param start=… sets another",
    ),
    (
        "set `start`",
        "fill in “Start” below",
        "say --param start=…",
    ),
];

/// The words of a kind as they are said here.
pub fn said_as(way: Way, text: &str) -> String {
    WORDS
        .iter()
        .fold(text.to_owned(), |text, (own, page, line)| match way {
            Way::Page => text.replace(own, page),
            Way::CommandLine => text.replace(own, line),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_of_what_they_can_not_set() {
        let text = "does not say when the meeting was; set `start`, such as 2025-03-04T15:00";
        assert_eq!(
            said_as(Way::Page, text),
            "does not say when the meeting was; choose the planned meeting below, or fill in “Start”, such as \
             2025-03-04T15:00"
        );
        assert!(said_as(Way::CommandLine, text).contains("say --meeting MEETING of a planned one"));
        for (own, page, line) in WORDS {
            assert_eq!(said_as(Way::Page, own), page);
            assert_eq!(said_as(Way::CommandLine, own), line);
            assert!(!page.contains('`') && !page.contains("--"), "{page}");
        }
    }
}
