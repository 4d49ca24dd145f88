//! Where evidence opens: `repo@commit:path#L12` as an address at the forge that shows the repository.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::forge_wiki;
use super::target::{host, without_user};

/// What a path of an address may not hold as it is.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`');

/// How forges write the address of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// GitHub, and what is like it.
    GitHub,
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
    /// Bitbucket Cloud.
    Bitbucket,
    /// Bitbucket Data Center.
    DataCenter,
}

impl Style {
    fn of(web: &str) -> Style {
        let host = host(web).unwrap_or_default();
        let is = |name: &str| host.contains(name);
        if host == "bitbucket.org" {
            Style::Bitbucket
        } else if is("bitbucket") {
            Style::DataCenter
        } else if is("gitlab") {
            Style::GitLab
        } else if is("gitea") || is("forgejo") || is("codeberg") {
            Style::Gitea
        } else {
            Style::GitHub
        }
    }
}

/// A repository's page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    web: String,
    style: Style,
}

/// The pages of repositories, by the names under which evidence speaks of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forges(BTreeMap<String, Shown>);

impl Forges {
    /// A repository of this name is shown at this address. What is no address of the web is passed over.
    pub fn add(&mut self, name: &str, web: &str) {
        self.keep(name, web, None);
    }

    /// Learns from a write-up that is a file of a repository: `shop:doc/7.md` at
    /// `https://forge.example.org/org/shop/blob/main/doc/7.md`. What is known stays.
    pub fn learn(&mut self, id: &str, url: &str) {
        let Some((name, path)) = id.split_once(':').filter(|(_, path)| !path.is_empty()) else {
            return;
        };
        if self.0.contains_key(name) {
            return;
        }
        for mark in ["/-/wikis", "/wiki"] {
            let web = url
                .rfind(&format!("{mark}/"))
                .map(|at| &url[..at + mark.len()]);
            let is_of = |web: &&str| {
                let pages = || forge_wiki::addresses(web, path, IN_PATH);
                forge_wiki::is_wiki(web) && pages().iter().any(|page| page == url)
            };
            if let Some(web) = web.filter(is_of) {
                self.keep(name, web, None);
                return;
            }
        }
        if !decoded(url).ends_with(&format!("/{path}")) {
            return;
        }
        for (mark, style) in [
            ("/-/blob/", Some(Style::GitLab)),
            ("/src/commit/", Some(Style::Gitea)),
            ("/src/branch/", Some(Style::Gitea)),
            ("/blob/", Some(Style::GitHub)),
            ("/src/", None),
        ] {
            if let Some((web, _)) = url.split_once(mark) {
                self.keep(name, web, style);
                return;
            }
        }
    }

    fn keep(&mut self, name: &str, web: &str, style: Option<Style>) {
        let lower = web.to_ascii_lowercase();
        let is_web = lower.starts_with("https://") || lower.starts_with("http://");
        if !is_web || web.contains(['?', '#', '"', '<', '>']) || web.contains(char::is_whitespace) {
            return;
        }
        let web = without_user(web.trim_end_matches('/')).into_owned();
        let web = forge_wiki::shown_at(web);
        let style = style.unwrap_or_else(|| Style::of(&web));
        self.0.insert(name.to_owned(), Shown { web, style });
    }

    /// The address of `repo@commit:path#L12` or `repo@commit`; nothing for other evidence, and where the
    /// repository's page is not known.
    pub fn address(&self, stands_in: &str) -> Option<String> {
        let (name, rest) = stands_in.split_once('@')?;
        let Shown { web, style } = self.0.get(name)?;
        let (commit, file) = match rest.split_once(':') {
            Some((commit, file)) => (commit, Some(file)),
            None => (rest, None),
        };
        // A branch may hold slashes, and then the path could begin anywhere.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if commit.is_empty() || !commit.chars().all(plain) {
            return None;
        }
        // What stood on a page of a wiki is shown as it is now: without its history, and in no line.
        if forge_wiki::is_wiki(web) {
            let path = file.map(|file| file.rsplit_once("#L").map_or(file, |(path, _)| path))?;
            return forge_wiki::addresses(web, path, IN_PATH).into_iter().next();
        }
        let Some(file) = file else {
            let view = match style {
                Style::GitLab => "/-/commit/",
                Style::Bitbucket | Style::DataCenter => "/commits/",
                Style::GitHub | Style::Gitea => "/commit/",
            };
            return Some(format!("{web}{view}{commit}"));
        };
        let (path, line) = match file.rsplit_once("#L") {
            Some((path, line)) if line.parse::<u32>().is_ok() => (path, Some(line)),
            _ => (file, None),
        };
        let path = utf8_percent_encode(path, IN_PATH);
        let line = |mark: &str| line.map_or_else(String::new, |line| format!("{mark}{line}"));
        Some(match style {
            Style::GitHub => format!("{web}/blob/{commit}/{path}{}", line("#L")),
            Style::GitLab => format!("{web}/-/blob/{commit}/{path}{}", line("#L")),
            Style::Gitea => format!("{web}/src/commit/{commit}/{path}{}", line("#L")),
            Style::Bitbucket => format!("{web}/src/{commit}/{path}{}", line("#lines-")),
            Style::DataCenter => format!("{web}/browse/{path}?at={commit}{}", line("#")),
        })
    }
}

fn decoded(url: &str) -> String {
    percent_decode_str(url).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(web: &str, stands_in: &str) -> Option<String> {
        let mut forges = Forges::default();
        forges.add("shop", web);
        forges.address(stands_in)
    }

    #[test]
    fn every_forge_has_its_own_spelling() {
        for (web, line, commit) in [
            (
                "https://github.com/o/shop/",
                "/blob/0af3/a%20b.rs#L7",
                "/commit/0af3",
            ),
            (
                "https://gitlab.example.org/o/shop",
                "/-/blob/0af3/a%20b.rs#L7",
                "/-/commit/0af3",
            ),
            (
                "https://codeberg.org/o/shop",
                "/src/commit/0af3/a%20b.rs#L7",
                "/commit/0af3",
            ),
            (
                "https://bitbucket.org/o/shop",
                "/src/0af3/a%20b.rs#lines-7",
                "/commits/0af3",
            ),
            (
                "https://bitbucket.example.org/projects/O/repos/shop",
                "/browse/a%20b.rs?at=0af3#7",
                "/commits/0af3",
            ),
        ] {
            let base = web.trim_end_matches('/');
            let whole = |rest: &str| Some(format!("{base}{rest}"));
            assert_eq!(at(web, "shop@0af3:a b.rs#L7"), whole(line), "{web}");
            assert_eq!(at(web, "shop@0af3"), whole(commit), "{web}");
        }
    }

    #[test]
    fn pages_of_wikis_have_addresses_of_their_own() {
        for (web, stands_in, page) in [
            (
                "https://github.com/o/shop/wiki",
                "shop@0af3:Disk full.md#L7",
                Some("https://github.com/o/shop/wiki/Disk-full"),
            ),
            (
                "https://github.com/o/shop/wiki",
                "shop@0af3:Home.md",
                Some("https://github.com/o/shop/wiki"),
            ),
            (
                "https://gitlab.example.org/o/shop/-/wikis",
                "shop@0af3:pm/Disk-full.md#L7",
                Some("https://gitlab.example.org/o/shop/-/wikis/pm/Disk-full"),
            ),
            ("https://github.com/o/shop/wiki", "shop@0af3", None),
            (
                "https://github.com/o/shop.wiki",
                "shop@0af3:Disk-full.md",
                Some("https://github.com/o/shop/wiki/Disk-full"),
            ),
            // A repository that is called so.
            (
                "https://github.com/o/wiki",
                "shop@0af3:a.md",
                Some("https://github.com/o/wiki/blob/0af3/a.md"),
            ),
        ] {
            assert_eq!(at(web, stands_in).as_deref(), page, "{web} {stands_in}");
        }
        let mut forges = Forges::default();
        forges.learn(
            "shop.wiki:Disk-full.md",
            "https://github.com/o/shop/wiki/Disk-full",
        );
        assert_eq!(
            forges.address("shop.wiki@0af3:On-call.md#L2").as_deref(),
            Some("https://github.com/o/shop/wiki/On-call")
        );
    }

    #[test]
    fn what_is_not_known_has_no_address() {
        let web = "https://github.com/o/shop";
        for other in [
            "store@0af3:a.rs",
            "shop",
            "shop@",
            "shop@a b:c",
            "shop@a/b:c",
            "TASK-7",
            "",
        ] {
            assert_eq!(at(web, other), None, "{other}");
        }
        for odd in [
            "javascript:alert(1)",
            "",
            "ssh://git@h/x",
            "https://h/x?a=b",
            "https://h/ x",
        ] {
            assert_eq!(at(odd, "shop@0af3"), None, "{odd}");
        }
        assert_eq!(
            at("https://ada:secret@forge.example.org/shop", "shop@0af3"),
            Some("https://forge.example.org/shop/commit/0af3".to_owned())
        );
        // A name with a mark in it is no line.
        assert_eq!(
            at(web, "shop@0af3:a#L.md"),
            Some("https://github.com/o/shop/blob/0af3/a%23L.md".to_owned())
        );
    }

    #[test]
    fn a_write_up_of_a_repository_tells_where_it_is_shown() {
        let told = |id: &str, url: &str| {
            let mut forges = Forges::default();
            forges.learn(id, url);
            forges.address("rfcs@0af3:x.md#L1")
        };
        let gitlab = "https://code.example.org/o/rfcs/-/blob/main/text/1%20a.md";
        assert_eq!(
            told("rfcs:text/1 a.md", gitlab).as_deref(),
            Some("https://code.example.org/o/rfcs/-/blob/0af3/x.md#L1")
        );
        assert_eq!(
            told("rfcs:a.md", "https://github.com/o/rfcs/blob/main/a.md").as_deref(),
            Some("https://github.com/o/rfcs/blob/0af3/x.md#L1")
        );
        for (id, url) in [
            ("INC-1", "https://wiki.example.org/blob/INC-1"),
            ("rfcs:a.md", "https://github.com/o/rfcs/blob/main/b.md"),
            ("rfcs:", "https://github.com/o/rfcs/blob/main/"),
        ] {
            assert_eq!(told(id, url), None, "{id}");
        }
    }
}
