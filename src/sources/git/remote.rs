//! Where a clone came from, as an address of the web.

use crate::model::target::{canonical, host};

/// The page of the repository that this address of git's is cloned from: `git@host:path.git`,
/// `ssh://git@host:22/path` and `https://user:secret@host/path.git` all become `https://host/path`.
/// `None` for files and bundles on a disk.
pub(crate) fn web(url: &str) -> Option<String> {
    let (place, path) = match url.split_once("://") {
        Some(("http" | "https", rest)) => rest.split_once('/')?,
        Some(("ssh" | "git" | "git+ssh", rest)) => {
            let (place, path) = rest.split_once('/')?;
            // That is the port of ssh, not of the web.
            (place.split(':').next()?, path)
        }
        Some(_) => return None,
        None => url
            .split_once(':')
            .filter(|(place, _)| !place.contains('/'))?,
    };
    let place = place.rsplit('@').next()?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let page = canonical(&format!("https://{place}/{path}")).into_owned();
    // A letter and a colon are a disk of Windows, and a forge has an owner before the name.
    let is_forge = host(&page)?.contains('.') && path.contains('/');
    is_forge.then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_know_their_page() {
        for (url, page) in [
            (
                "https://github.com/org/shop.git",
                Some("https://github.com/org/shop"),
            ),
            (
                "https://ada:token@Git.example.org:8443/a/b/shop/",
                Some("https://git.example.org:8443/a/b/shop"),
            ),
            (
                "git@github.com:org/shop.git",
                Some("https://github.com/org/shop"),
            ),
            (
                "ssh://git@git.example.org:2222/org/shop.git",
                Some("https://git.example.org/org/shop"),
            ),
            ("/srv/git/org/shop.git", None),
            ("./a:b/shop", None),
            ("C:\\git\\shop", None),
            ("C:/git/shop", None),
            ("file:///srv/git/shop.git", None),
            ("build:org/shop", None),
            ("https://github.com/", None),
            ("", None),
        ] {
            assert_eq!(web(url).as_deref(), page, "{url}");
        }
    }
}
