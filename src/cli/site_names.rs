//! The addresses under which makers of static sites (Hugo, Jekyll, MkDocs, Docusaurus, mdBook) show
//! the files of a repository: so that a log of such a site can be read without any set-up.

use std::collections::BTreeMap;

use crate::sources::KnownWriteup;

/// The paths of each write-up kept as a file (ids `NAME:PATH`), without the slash in front. A path
/// that two write-ups could have is nobody's.
pub(super) fn names_on_site(known: &[KnownWriteup]) -> BTreeMap<&str, Vec<String>> {
    let mut owners: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for writeup in known {
        let Some((_, path)) = writeup.id.split_once(':') else {
            continue;
        };
        for name in names(path) {
            owners
                .entry(name)
                .and_modify(|owner| {
                    if *owner != Some(writeup.id.as_str()) {
                        *owner = None;
                    }
                })
                .or_insert(Some(writeup.id.as_str()));
        }
    }
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, owner) in owners {
        if let Some(owner) = owner {
            names.entry(owner).or_default().push(name);
        }
    }
    names
}

/// What one file may be called: below any of its folders, with and without its ending, as a page or
/// as a folder.
fn names(path: &str) -> Vec<String> {
    let folders = path.match_indices('/').map(|(at, _)| at + 1);
    let mut names = Vec::new();
    for below in std::iter::once(0).chain(folders) {
        let path = &path[below..];
        names.push(path.to_owned());
        let folder_end = path.rfind('/').map_or(0, |at| at + 1);
        let (folder, file) = path.split_at(folder_end);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut stems = vec![format!("{folder}{stem}")];
        if matches!(stem, "index" | "_index" | "README") {
            stems = vec![folder.trim_end_matches('/').to_owned()];
        } else if let Some((date, title)) = dated(stem) {
            stems.push(format!("{folder}{}/{title}", date.replace('-', "/")));
        }
        for stem in stems.iter().filter(|stem| !stem.is_empty()) {
            names.push(stem.clone());
            names.push(format!("{stem}.html"));
            names.push(format!("{stem}/index.html"));
        }
    }
    names
}

/// Date and title of a file name such as `2024-03-05-disk-full`, as Jekyll shows it.
fn dated(stem: &str) -> Option<(&str, &str)> {
    let (date, title) = (stem.get(..10)?, stem.get(11..)?);
    let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (is_date && stem.as_bytes()[10] == b'-' && !title.is_empty()).then_some((date, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ids: &[&str]) -> Vec<KnownWriteup> {
        let writeup = |id: &&str| KnownWriteup {
            id: (*id).to_owned(),
            title: None,
            aliases: Vec::new(),
        };
        ids.iter().map(writeup).collect()
    }

    #[test]
    fn a_file_has_the_names_that_site_makers_give() {
        let known = known(&["status:content/issues/2024-03-05-disk.md", "no path"]);
        let names = names_on_site(&known);
        assert_eq!(names.len(), 1);
        let names = &names["status:content/issues/2024-03-05-disk.md"];
        for name in [
            "content/issues/2024-03-05-disk.md",
            "issues/2024-03-05-disk",
            "issues/2024-03-05-disk/index.html",
            "2024-03-05-disk.html",
            "2024/03/05/disk.html",
        ] {
            assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        }
    }

    #[test]
    fn what_two_could_be_called_is_nobodys() {
        let known = known(&["a:pm/x/README.md", "a:pm/y/README.md", "a:pm/y/x.md"]);
        let names = names_on_site(&known);
        let has = |id: &str, name: &str| names[id].iter().any(|known| known == name);
        assert!(has("a:pm/x/README.md", "pm/x") && has("a:pm/y/README.md", "y"));
        assert!(!has("a:pm/x/README.md", "README.md") && !has("a:pm/x/README.md", "x"));
        assert!(has("a:pm/y/x.md", "y/x.html") && !has("a:pm/y/x.md", "x"));
    }
}
