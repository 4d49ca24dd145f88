//! Addresses that a wiki gives one page: by its number, by number and title, and short. The number stays
//! when a page is moved or renamed, so it is the one spelling. And those that a forge gives one file.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The one path and query of a page that has several, from the segments of a path and the parameters of
/// a query in their one spelling; `None` where nothing is known of others.
pub(super) fn of(host: &str, segments: &[&str], query: &[Cow<'_, str>]) -> Option<String> {
    match host {
        "docs.google.com" | "drive.google.com" => google(segments, query),
        _ => confluence(segments, query),
    }
}

/// Ways to look at one file at a forge; a version and a path follow.
const VIEWS: [&str; 4] = ["blob", "raw", "blame", "edit"];

/// Parameters that only say how a file is shown.
const SHOWN: [&str; 4] = ["plain", "raw", "inline", "ref_type"];

/// Makes one way to look at a file at a forge of all: GitHub's, and those that GitLab has below `/-/`
/// wherever it stands. Other forges are not known by their addresses.
pub(super) fn file(host: &str, segments: &mut [&str], query: &mut Vec<String>) {
    let view = match host {
        "github.com" => Some(2),
        // A repository lies in a group.
        _ => segments
            .iter()
            .position(|segment| *segment == "-")
            .filter(|dash| *dash > 1)
            .map(|dash| dash + 1),
    };
    let Some([view, _, _, ..]) = view.and_then(|at| segments.get_mut(at..)) else {
        return;
    };
    if VIEWS.contains(view) {
        *view = VIEWS[0];
        query.retain(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default();
            !SHOWN.contains(&name)
        });
    }
}

/// `/x/AbC`, `/spaces/KEY/pages/123/Title` and `/pages/viewpage.action?pageId=123` of Confluence, each
/// perhaps below one folder (`/wiki`).
fn confluence(segments: &[&str], query: &[Cow<'_, str>]) -> Option<String> {
    let (folder, page) = match segments {
        [rest @ .., "x", tiny] => (rest, numbered(tiny)?),
        [rest @ .., "spaces", _, "pages", number] => (rest, number.parse().ok()?),
        [rest @ .., "spaces", _, "pages", number, _] => (rest, number.parse().ok()?),
        [rest @ .., "pages", "viewpage.action"] => (rest, stated(query)?),
        _ => return None,
    };
    let folder = match folder {
        [] => String::new(),
        [folder] => format!("/{folder}"),
        _ => return None,
    };
    Some(format!("{folder}/pages/viewpage.action?pageId={page}"))
}

/// The number in `pageId=`.
fn stated(query: &[Cow<'_, str>]) -> Option<u64> {
    let pairs = query
        .iter()
        .filter_map(|parameter| parameter.split_once('='));
    let mut numbers = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("pageId"));
    let (_, number) = numbers.next()?;
    number.parse().ok()
}

/// The number that a short link is made of: its bytes, the least first, as base64 of its own alphabet
/// without what is zero at the end.
fn numbered(tiny: &str) -> Option<u64> {
    let whole = tiny.len() <= 11 && !tiny.is_empty() && !tiny.ends_with('A');
    let mut code = tiny.replace('-', "/").replace('_', "+");
    let foreign = tiny.contains(['/', '+']);
    if !whole || foreign {
        return None;
    }
    while code.len() < 11 {
        code.push('A');
    }
    let bytes = STANDARD_NO_PAD.decode(code).ok()?;
    let number = u64::from_le_bytes(bytes.try_into().ok()?);
    (number > 0).then_some(number)
}

/// `/document/d/ID/edit` of Google Docs is looked at in several ways, by several accounts of one browser
/// (`/document/u/1/d/ID`), and in a domain (`/a/example.org/document/d/ID`). Drive's own addresses do not
/// say what the file is: `/file/d/ID/view`, `/open?id=ID`.
fn google(segments: &[&str], query: &[Cow<'_, str>]) -> Option<String> {
    let segments = match segments {
        ["a", _, rest @ ..] => rest,
        all => all,
    };
    let (kind, id) = match segments {
        ["open"] | ["u", _, "open"] => {
            let pairs = query
                .iter()
                .filter_map(|parameter| parameter.split_once('='));
            let mut ids = pairs.filter(|(name, id)| *name == "id" && !id.is_empty());
            return ids.next().map(|(_, id)| format!("/open?id={id}"));
        }
        [kind, "d", id] | [kind, "d", id, _] => (kind, id),
        [kind, "u", _, "d", id] | [kind, "u", _, "d", id, _] => (kind, id),
        _ => return None,
    };
    // `/d/e/ID` is a published copy, which has other addresses.
    let known = ["document", "spreadsheets", "presentation"];
    match (*kind, *id) {
        (_, "e") => None,
        ("file", id) => Some(format!("/open?id={id}")),
        (kind, id) => known.contains(&kind).then(|| format!("/{kind}/d/{id}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_links_are_numbers() {
        assert_eq!(numbered("AQ"), Some(1));
        assert_eq!(numbered("AbC"), Some(0x80_b001));
        for odd in ["", "A", "AQA", "a b", "AAAAAAAAAAAAB", "a/b"] {
            assert_eq!(numbered(odd), None, "{odd}");
        }
    }

    proptest! {
        /// No two short links are one page.
        #[test]
        fn a_number_has_one_short_link(number in 1u64..) {
            let code = STANDARD_NO_PAD.encode(number.to_le_bytes());
            let tiny = code.replace('/', "-").replace('+', "_");
            let tiny = tiny.trim_end_matches('A');
            prop_assert_eq!(numbered(tiny), Some(number));
        }
    }
}
