//! Where a meeting is held by video, as the texts of a calendar's event tell it: the number in a link to Zoom,
//! or behind the words "Meeting ID". What a meeting tool reports of that number is joined to the event by it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// A link to join a meeting, with its number. Accounts have names of their own in front of Zoom's.
#[expect(clippy::expect_used, reason = "a constant that a test compiles")]
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bhttps?://(?:[a-z0-9-]+\.)*(?:zoom\.us|zoomgov\.com|zoom\.com)/(?:j|w|wc(?:/join)?|s)/([0-9]{9,12})\b")
        .expect("a pattern")
});

/// How invitations name the number beside the link.
#[expect(clippy::expect_used, reason = "a constant that a test compiles")]
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:zoom meeting id|meeting[ -]id)\s*[:#]\s*([0-9]{3}[ -]?[0-9]{3,4}[ -]?[0-9]{3,4})\b")
        .expect("a pattern")
});

/// The name of a number of Zoom's: its digits alone, however it is written.
pub(super) fn zoom(number: &str) -> Option<String> {
    let between = |c: char| c.is_whitespace() || c == '-';
    let digits: String = number.chars().filter(|c| !between(*c)).collect();
    let fits = (9..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("zoom {digits}"))
}

/// The venue that these texts name. Links count before what stands beside them; where they name several
/// numbers it is not known which.
pub(super) fn of(texts: &[String]) -> Option<String> {
    let found = |pattern: &Regex| -> BTreeSet<String> {
        let each = texts.iter().flat_map(|text| pattern.captures_iter(text));
        each.filter_map(|found| zoom(found.get(1)?.as_str()))
            .collect()
    };
    let linked = found(&LINK);
    let all = match linked.is_empty() {
        // Other tools have ids of meetings, too.
        true if texts
            .iter()
            .any(|text| text.to_ascii_lowercase().contains("zoom")) =>
        {
            found(&SAID)
        }
        _ => linked,
    };
    let mut all = all.into_iter();
    all.next().filter(|_| all.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_of_zoom_is_found_wherever_it_stands() {
        let of = |texts: &[&str]| {
            of(&texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>())
        };
        let known = Some("zoom 81234567890".to_owned());
        for texts in [
            &["https://zoom.us/j/81234567890"][..],
            &[
                "Review",
                "<a href=\"https://acme.zoom.us/j/81234567890?pwd=aGk%3D#success\">join</a>",
            ],
            &[
                "HTTPS://US02WEB.ZOOM.US/w/81234567890",
                "Meeting ID: 812 3456 7890",
            ],
            &["Join Zoom Meeting\nMeeting ID: 812 3456 7890\nPasscode: 123456"],
            &[
                "https://acme.zoom.us/j/81234567890",
                "https://acme.zoom.us/j/81234567890?pwd=1",
            ],
        ] {
            assert_eq!(of(texts), known, "{texts:?}");
        }
        assert_eq!(
            of(&["https://acme.zoomgov.com/j/1601234567"]),
            Some("zoom 1601234567".to_owned())
        );
        for texts in [
            &[][..],
            &["https://zoom.us/my/ada", "https://zoom.us/j/12345"],
            &["https://notzoom.us.example.org/j/81234567890"],
            &["https://example.org/?u=zoom.us/j/81234567890"],
            // Which of the two is not known.
            &[
                "https://zoom.us/j/81234567890",
                "https://zoom.us/j/81234567891",
            ],
            // Of Teams.
            &["Microsoft Teams\nMeeting ID: 812 345 678 90"],
        ] {
            assert_eq!(of(texts), None, "{texts:?}");
        }
        assert_eq!(zoom("812-3456-7890"), known);
        assert_eq!(zoom("Review"), None);
    }
}
