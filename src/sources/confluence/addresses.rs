//! Addresses of write-ups in Confluence: pages of `spaces`, where all of their pages are write-ups. Where
//! a label, a parent or a question chooses them, no address tells one.

use url::Url;

use crate::model::target::canonical;
use crate::sources::decode;
use crate::sources::sites::Site;

use super::params::Params;

/// The pages of the site.
pub(super) fn sites(params: toml::Table) -> Vec<Site> {
    let checked = decode::<Params>(params).and_then(Params::checked);
    let Ok(checked) = checked else {
        return Vec::new();
    };
    let is_told = checked.chosen.is_none() && !checked.spaces.is_empty();
    let Some(base) = checked.site.or(checked.own).filter(|_| is_told) else {
        return Vec::new();
    };
    let spaces = checked.spaces;
    let below = Url::parse(&base).map(|url| url.path().trim_end_matches('/').to_owned());
    let below = below.unwrap_or_default();
    let port = Url::parse(&canonical(&base))
        .ok()
        .and_then(|url| url.port());
    let look = move |written: &Url, spelled: &str| {
        let is_here = Url::parse(spelled).is_ok_and(|url| url.port() == port);
        let path = written.path().strip_prefix(&below).filter(|_| is_here)?;
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let space = match segments[..] {
            ["spaces", space, "pages", number, ..] if number.parse::<u64>().is_ok() => space,
            ["spaces", space, "blog", _, _, _, ..] => space,
            ["display", space, title] if !title.is_empty() => space,
            _ => return None,
        };
        let is_ours = spaces.iter().any(|known| known.eq_ignore_ascii_case(space));
        // The key of a personal space names somebody.
        (is_ours && !space.starts_with('~')).then(|| spelled.to_owned())
    };
    Site::new(&base, Box::new(look)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(params: &str, address: &str) -> Option<String> {
        let params = toml::from_str(params).expect("valid");
        sites(params).iter().find_map(|site| site.writeup(address))
    }

    #[test]
    fn spaces_tell_write_ups() {
        let cloud = "url = \"https://example.atlassian.net\"\nspaces = [\"PM\"]";
        let own = "url = \"https://wiki.example.org:8443/c\"\nspaces = [\"PM\", \"~ada\"]";
        let chosen = "url = \"https://example.atlassian.net\"\nspaces = [\"PM\"]\nlabel = \"x\"";
        let page = "https://example.atlassian.net/wiki/spaces/PM/pages/77/A+night";
        for (params, address, fits) in [
            (cloud, page, true),
            (chosen, page, false),
            (
                cloud,
                "https://example.atlassian.net/wiki/spaces/HR/pages/77/A",
                false,
            ),
            (
                cloud,
                "https://example.atlassian.net/wiki/spaces/PM/overview",
                false,
            ),
            (cloud, "https://example.atlassian.net/browse/PM-7", false),
            (
                cloud,
                "https://other.atlassian.net/wiki/spaces/PM/pages/77/A",
                false,
            ),
            (
                own,
                "https://wiki.example.org:8443/c/display/PM/A+night",
                true,
            ),
            (own, "https://wiki.example.org/c/display/PM/A+night", false),
            (
                own,
                "https://wiki.example.org:8443/c/display/~ada/A+night",
                false,
            ),
            (
                own,
                "https://wiki.example.org:8443/display/PM/A+night",
                false,
            ),
        ] {
            let found = looks(params, address);
            assert_eq!(found.is_some(), fits, "{params} {address}: {found:?}");
        }
        assert_eq!(
            looks(cloud, page).as_deref(),
            Some("https://example.atlassian.net/wiki/pages/viewpage.action?pageId=77")
        );
    }
}
