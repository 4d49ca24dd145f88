//! Which repository is shown where: what the configuration says of its sources, then what write-ups that
//! are files of a repository tell by their addresses. No secret of a source is read.

use std::path::Path;

use crate::config::SourceConfig;
use crate::model::forge::Forges;
use crate::sources::git::page_of_clone;
use crate::store::RegistryWriteup;

/// The repositories of the configured sources, by their names.
pub fn configured(sources: &[SourceConfig]) -> Forges {
    let mut forges = Forges::default();
    for source in sources.iter().filter(|source| source.kind == "git") {
        let said = |key: &str| source.params.get(key).and_then(toml::Value::as_str);
        let cloned = said("url").or_else(|| said("path"));
        let named = said("name").or_else(|| {
            // As the source names itself: by its folder.
            let place = said("path").or(cloned)?;
            let last = Path::new(place).file_name()?.to_str()?;
            Some(last.strip_suffix(".git").unwrap_or(last))
        });
        let web = said("web").map(str::to_owned);
        if let Some((name, web)) = named.zip(web.or_else(|| page_of_clone(cloned?))) {
            forges.add(name, &web);
        }
    }
    forges
}

/// The same with what the registry tells. A restricted write-up tells of nothing.
pub fn with_registry(mut forges: Forges, registry: &[RegistryWriteup]) -> Forges {
    for writeup in registry.iter().filter(|writeup| !writeup.restricted) {
        if let Some(url) = &writeup.url {
            forges.learn(&writeup.id, url);
        }
    }
    forges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(kind: &str, params: &str) -> SourceConfig {
        SourceConfig {
            id: "s".to_owned(),
            kind: kind.to_owned(),
            params: toml::from_str(params).unwrap(),
        }
    }

    #[test]
    fn a_configured_repository_is_known_by_its_name() {
        let forges = configured(&[
            source(
                "git",
                "path = \"/srv/git/shop.git\"\nweb = \"https://github.com/o/shop\"",
            ),
            source(
                "git",
                "path = \"/srv/x\"\nname = \"rfcs\"\nweb = \"https://github.com/o/rfcs\"",
            ),
            source(
                "git",
                "path = \"/srv/clones/tools\"\nurl = \"https://ada:key@github.com/o/tools.git\"",
            ),
            source("git", "path = \"/srv/git/nowhere\""),
            source(
                "git",
                "path = \"/srv/git/shop.wiki\"\nurl = \"https://github.com/o/shop.wiki.git\"",
            ),
            source(
                "mediawiki",
                "name = \"wiki\"\nweb = \"https://wiki.example.org\"",
            ),
        ]);
        for (name, known) in [
            ("shop", true),
            ("rfcs", true),
            ("tools", true),
            ("nowhere", false),
            ("wiki", false),
        ] {
            let address = forges.address(&format!("{name}@0af3:a.md"));
            assert_eq!(
                address,
                known.then(|| format!("https://github.com/o/{name}/blob/0af3/a.md"))
            );
        }
        assert_eq!(
            forges.address("shop.wiki@0af3:Disk full.md#L3").as_deref(),
            Some("https://github.com/o/shop/wiki/Disk-full")
        );
    }

    #[test]
    fn a_restricted_write_up_tells_of_nothing() {
        let mut writeup = RegistryWriteup {
            id: "rfcs:a.md".to_owned(),
            url: Some("https://github.com/o/rfcs/blob/main/a.md".to_owned()),
            ..RegistryWriteup::default()
        };
        let known = |writeup: &RegistryWriteup| {
            let registry = std::slice::from_ref(writeup);
            with_registry(Forges::default(), registry).address("rfcs@0af3")
        };
        assert_eq!(
            known(&writeup).as_deref(),
            Some("https://github.com/o/rfcs/commit/0af3")
        );
        writeup.restricted = true;
        assert_eq!(known(&writeup), None);
    }
}
