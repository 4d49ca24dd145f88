//! What RFC 5545 lets a calendar say of an invitation. The words are closed lists here: whatever else
//! stands in such a field says nothing that Readback understands, and may be somebody's name.

/// ROLE (RFC 5545, 3.2.16).
pub const ROLES: [&str; 4] = [
    "CHAIR",
    "REQ-PARTICIPANT",
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
];

/// PARTSTAT (RFC 5545, 3.2.12) of an event.
pub const ANSWERS: [&str; 5] = [
    "NEEDS-ACTION",
    "ACCEPTED",
    "DECLINED",
    "TENTATIVE",
    "DELEGATED",
];

/// The role as it is understood: a word that the RFC does not list counts as its default,
/// REQ-PARTICIPANT, as the RFC wants.
pub fn role(word: &str) -> &'static str {
    listed(&ROLES, word).unwrap_or("REQ-PARTICIPANT")
}

/// The answer as it is understood: a word that the RFC does not list counts as NEEDS-ACTION, as the
/// RFC wants.
pub fn answer(word: &str) -> &'static str {
    listed(&ANSWERS, word).unwrap_or("NEEDS-ACTION")
}

fn listed<const N: usize>(words: &[&'static str; N], word: &str) -> Option<&'static str> {
    let word = word.trim();
    words
        .iter()
        .find(|known| known.eq_ignore_ascii_case(word))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_no_list_holds_is_the_default() {
        assert_eq!(
            (role("chair"), role("ada@example.org")),
            ("CHAIR", "REQ-PARTICIPANT")
        );
        assert_eq!(
            (answer(" Accepted"), answer("X-ADA")),
            ("ACCEPTED", "NEEDS-ACTION")
        );
    }
}
