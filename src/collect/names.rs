//! Recognises names of people in texts that are for something else.

/// Whether a text holds what only mail addresses and handles hold.
pub(super) fn has_address(text: &str) -> bool {
    text.contains('@')
}

/// Takes handles and mail addresses out of the name of a place, `slack:@ada` for instance. Web
/// addresses stay as they are: there `@` belongs to the page; so does `repo@commit:path`.
pub(super) fn forget_handle(place: &mut String) {
    if !has_address(place) || place.contains("://") || is_in_repository(place) {
        return;
    }
    let apart = |c: char| c.is_whitespace() || ":/,;<>()#".contains(c);
    *place = place
        .split_inclusive(apart)
        .map(|word| match word.chars().next_back() {
            _ if !has_address(word) => word,
            Some(end) if apart(end) => &word[word.len() - end.len_utf8()..],
            _ => "",
        })
        .collect();
}

fn is_in_repository(place: &str) -> bool {
    let commit = place
        .split_once('@')
        .and_then(|(_, rest)| Some(rest.split_once(':')?.0));
    commit.is_some_and(|commit| {
        commit.len() >= 4 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_nobody() {
        for (place, expected) in [
            ("slack:@ada", "slack:"),
            ("slack:@ada/p1700000000", "slack:/p1700000000"),
            ("ada@example.org", ""),
            ("list <ada@example.org>, 7", "list <>, 7"),
            (
                "handbook@1f2e:docs/@ada.md#L3",
                "handbook@1f2e:docs/@ada.md#L3",
            ),
            (
                "https://social.example.org/@sre/1",
                "https://social.example.org/@sre/1",
            ),
            ("slack:C024/17", "slack:C024/17"),
        ] {
            let mut text = place.to_owned();
            forget_handle(&mut text);
            assert_eq!(text, expected, "{place}");
        }
    }
}
