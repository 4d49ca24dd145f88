//! Which repository a source holds, to find two sources that hold one: each link would count twice.

use std::path::PathBuf;

use gix::ObjectId;

use crate::sources::decode;

use super::header::Header;
use super::params::Params;
use super::remote;
use super::repository::Repository;

/// First parents that are followed to a root; a longer history is told apart by other marks alone.
const FOLLOWED: usize = 100_000;

/// By what a repository is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its name in ids.
    pub name: String,
    /// Where it is cloned from, in one spelling.
    pub url: Option<String>,
    /// Its folder, links followed.
    pub folder: Option<PathBuf>,
    /// The branch that is walked, as far as that is known.
    pub branch: Option<String>,
    /// The commit at which its history begins.
    pub root: Option<String>,
}

/// What a source with these parameters holds; nothing where they are wrong, which is told elsewhere.
pub fn held(params: toml::Table) -> Option<Held> {
    let params = decode::<Params>(params).ok()?.check().ok()?;
    let url = params.remote.as_ref().map(|remote| {
        let url = remote.url();
        remote::web(url).unwrap_or_else(|| url.trim_end_matches('/').to_owned())
    });
    let repository = Repository::open(&params.path, &params.name).ok();
    let given = params.branch.as_deref();
    Some(Held {
        name: params.name.clone(),
        url,
        folder: std::fs::canonicalize(&params.path).ok(),
        branch: match &repository {
            Some(repository) => repository.branch_name(given),
            None => params.branch.clone(),
        },
        root: root_of(repository.as_ref(), given),
    })
}

fn root_of(repository: Option<&Repository>, branch: Option<&str>) -> Option<String> {
    let repository = repository?;
    let head = repository.head(branch).ok()??;
    root(repository, head)
}

/// The commit at which the line of first parents begins; nothing where that is too far away.
pub(super) fn root(repository: &Repository, head: ObjectId) -> Option<String> {
    let mut at = head;
    for _ in 0..FOLLOWED {
        let commit = repository.inner.find_commit(at).ok()?;
        let parent = Header::read(&commit.data).parents().next();
        match parent.filter(|parent| repository.inner.has_object(parent)) {
            Some(parent) => at = parent,
            None => return Some(at.to_string()),
        }
    }
    None
}

/// What is to be said of sources that hold one repository, each by its id.
pub fn doubled(sources: &[(String, Held)]) -> Vec<String> {
    let mut said = Vec::new();
    for (at, (id, one)) in sources.iter().enumerate() {
        for (other_id, other) in &sources[at + 1..] {
            let Some(same) = same(one, other) else {
                continue;
            };
            let advice = match same {
                Same::Name => {
                    "their write-ups and links can't be told apart; give one of them another `name`"
                }
                // Each of them has links that the other has not.
                _ if one.branch != other.branch => {
                    "links in the history that both share count twice"
                }
                _ => "each of its links counts twice; keep one of them",
            };
            said.push(format!(
                "sources {id} and {other_id} {}: {advice}",
                same.words(one)
            ));
        }
    }
    said
}

#[derive(Clone, Copy)]
enum Same {
    Folder,
    Url,
    Root,
    Name,
}

impl Same {
    fn words(self, one: &Held) -> String {
        match self {
            Same::Folder => "lie in one folder".to_owned(),
            Same::Url => format!(
                "are cloned from one place, {}",
                one.url.as_deref().unwrap_or_default()
            ),
            Same::Root => format!(
                "hold one history, which begins at {}",
                one.root
                    .as_deref()
                    .unwrap_or_default()
                    .get(..12)
                    .unwrap_or_default()
            ),
            Same::Name => format!("call their repositories by one name, {:?}", one.name),
        }
    }
}

/// By which mark two sources hold one repository, the plainest first.
fn same(one: &Held, other: &Held) -> Option<Same> {
    let both = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
    if one.folder.is_some() && one.folder == other.folder {
        return Some(Same::Folder);
    }
    if both(one.url.as_deref(), other.url.as_deref()) {
        return Some(Same::Url);
    }
    if both(one.root.as_deref(), other.root.as_deref()) {
        return Some(Same::Root);
    }
    (one.name == other.name).then_some(Same::Name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_is_told_by_its_plainest_mark() {
        let of = |name: &str, url: Option<&str>, folder: Option<&str>, root: Option<&str>| Held {
            name: name.to_owned(),
            url: url.map(str::to_owned),
            folder: folder.map(PathBuf::from),
            branch: None,
            root: root.map(str::to_owned),
        };
        let a = of(
            "a",
            Some("https://h/x"),
            Some("/x"),
            Some("0123456789abcdef"),
        );
        for (other, words) in [
            (of("b", Some("https://h/x"), Some("/x"), None), "one folder"),
            (
                of("b", Some("https://h/x"), Some("/y"), None),
                "https://h/x",
            ),
            (
                of("b", None, None, Some("0123456789abcdef")),
                "0123456789ab:",
            ),
            (of("a", None, None, None), "another `name`"),
        ] {
            let said = doubled(&[("one".to_owned(), a.clone()), ("two".to_owned(), other)]);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(
                said[0].starts_with("sources one and two ") && said[0].contains(words),
                "{said:?}"
            );
        }
        let trunk = Held {
            branch: Some("trunk".to_owned()),
            ..a.clone()
        };
        let said = doubled(&[("one".to_owned(), a.clone()), ("two".to_owned(), trunk)]);
        let words = "one folder: links in the history that both share count twice";
        assert!(said[0].ends_with(words), "{said:?}");
        let other = of("b", None, None, None);
        let said = doubled(&[("one".to_owned(), other.clone()), ("two".to_owned(), a)]);
        assert!(said.is_empty(), "{said:?}");
    }

    #[test]
    fn addresses_of_one_place_are_one() {
        let of = |url: &str| {
            let text = format!("path = \"/srv/none\"\nurl = {url:?}");
            held(toml::from_str(&text).expect("parameters")).and_then(|held| held.url)
        };
        let page = of("https://forge.example.org/org/shop.git");
        assert!(page.is_some());
        assert_eq!(of("git@forge.example.org:org/shop.git"), page);
        assert_eq!(of("https://forge.example.org/org/shop/"), page);
        assert_ne!(of("https://forge.example.org/org/other"), page);
    }
}
