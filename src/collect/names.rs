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

/// `shop@1f2e3d4`, `shop@main:src/a.rs#L3`: a commit, or a file at a commit or branch. A host has a
/// dot.
fn is_in_repository(place: &str) -> bool {
    let Some((repository, rest)) = place.split_once('@') else {
        return false;
    };
    let (commit, path) = match rest.split_once(':') {
        Some((commit, path)) => (commit, Some(path)),
        None => (rest, None),
    };
    let hexadecimal = commit.len() >= 4 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
    let branch = path.is_some_and(|path| !path.is_empty()) && commit.bytes().all(named);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !repository.is_empty() && repository.chars().all(is_name) && (hexadecimal || branch)
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
            ("shop@01a2b3c", "shop@01a2b3c"),
            ("shop@main:src/cart.rs#L3", "shop@main:src/cart.rs#L3"),
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
