//! Wikis of forges, which are repositories of their own beside the code's (`REPO.wiki.git`): each file is a
//! page, and its address is no file's.

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::target::{canonical, host};

/// Files that are pages, by the ends of their names.
const PAGES: &[&str] = &[
    "md",
    "markdown",
    "mdown",
    "mkd",
    "mediawiki",
    "wiki",
    "textile",
    "rdoc",
    "org",
    "creole",
    "rst",
    "rest",
    "asciidoc",
    "adoc",
    "asc",
    "pod",
    "txt",
];

/// Where a repository's own address tells that it is a wiki.
const END: &str = ".wiki";

/// Where GitLab shows wikis, and where the others do.
const GITLAB: &str = "/-/wikis";
const OTHERS: &str = "/wiki";

/// The address of a wiki, from that of its repository; any other address as it is.
pub fn shown_at(web: String) -> String {
    match web.strip_suffix(END) {
        Some(code) if is_gitlab(code) => format!("{code}{GITLAB}"),
        Some(code) => format!("{code}{OTHERS}"),
        None => web,
    }
}

/// Whether this is the address of a wiki, and not that of a repository called `wiki`.
pub fn is_wiki(web: &str) -> bool {
    let path = web.split("://").nth(1).unwrap_or(web);
    // The host, an owner and a repository come before it.
    let is_below = path.matches('/').count() > 2;
    web.ends_with(GITLAB) || (web.ends_with(OTHERS) && is_below && !is_gitlab(web))
}

/// The addresses of a page of the wiki at `web`, the usual one first.
pub fn addresses(web: &str, path: &str, reserved: &'static AsciiSet) -> Vec<String> {
    let (page, is_page) = match path.rsplit_once('.') {
        Some((stem, end)) if PAGES.contains(&end) => (stem, true),
        _ => (path, false),
    };
    let name = page.rsplit('/').next().unwrap_or(page);
    // GitHub knows no folders of pages.
    let is_flat = is_page && host(web).is_some_and(|host| host.contains("github"));
    let shown = if is_flat { name } else { page };
    let shown = shown.replace(' ', "-");
    let written = utf8_percent_encode(&shown, reserved);
    let mut addresses = vec![canonical(&format!("{web}/{written}")).into_owned()];
    if is_page && page.eq_ignore_ascii_case("home") {
        addresses.insert(0, canonical(web).into_owned());
    }
    addresses
}

/// The path of a page as links of a wiki write its name: with spaces for dashes.
pub fn as_linked(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    name.contains('-')
        .then(|| format!("{folder}{}", name.replace('-', " ")))
}

fn is_gitlab(web: &str) -> bool {
    host(web).is_some_and(|host| host.contains("gitlab"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'?');

    #[test]
    fn wikis_are_told_from_repositories() {
        for (web, shown, wiki) in [
            (
                "https://github.com/x/shop.wiki",
                "https://github.com/x/shop/wiki",
                true,
            ),
            (
                "https://gitlab.com/x/y/shop.wiki",
                "https://gitlab.com/x/y/shop/-/wikis",
                true,
            ),
            (
                "https://git.example.org/x/shop/-/wikis",
                "https://git.example.org/x/shop/-/wikis",
                true,
            ),
            (
                "https://git.example.org/x/shop/wiki",
                "https://git.example.org/x/shop/wiki",
                true,
            ),
            (
                "https://github.com/x/wiki",
                "https://github.com/x/wiki",
                false,
            ),
            (
                "https://gitlab.com/x/y/wiki",
                "https://gitlab.com/x/y/wiki",
                false,
            ),
            (
                "https://github.com/x/shop",
                "https://github.com/x/shop",
                false,
            ),
        ] {
            let found = shown_at(web.to_owned());
            assert_eq!((found.as_str(), is_wiki(&found)), (shown, wiki), "{web}");
        }
    }

    #[test]
    fn pages_have_addresses_of_their_own() {
        let (github, gitlab) = (
            "https://github.com/x/shop/wiki",
            "https://gitlab.com/x/shop/-/wikis",
        );
        for (web, path, expected) in [
            (github, "Disk-full.md", "Disk-full"),
            (github, "pm/2026/Disk full.mediawiki", "Disk-full"),
            (github, "What-now?.md", "What-now%3F"),
            (github, "images/a b.png", "images/a-b.png"),
            (gitlab, "pm/disk-full.md", "pm/disk-full"),
        ] {
            assert_eq!(
                addresses(web, path, PLAIN),
                [format!("{web}/{expected}")],
                "{path}"
            );
        }
        assert_eq!(
            addresses(github, "Home.md", PLAIN),
            [github.to_owned(), format!("{github}/Home")]
        );
        assert_eq!(
            as_linked("pm/Disk-full.md").as_deref(),
            Some("pm/Disk full.md")
        );
        assert_eq!(as_linked("pm-2026/Disk.md"), None);
    }
}
