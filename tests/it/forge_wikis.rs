//! Wikis of forges: repositories beside the code's, whose files are pages with addresses of their own.

use readback::model::Body;
use readback::sources::collected::Collected;

use super::polled_forge::NOW;
use super::repositories::Repository;
use super::wikis::{Source, short};

/// A wiki as a forge's pages make one.
fn wiki(folder: &std::path::Path, remote: &str) -> Repository {
    let wiki = Repository::new(folder.join("shop.wiki"));
    wiki.git(&["remote", "add", "origin", remote]);
    wiki.write("Home.md", "# Shop\n\nStart with [[Onboarding]].\n");
    wiki.write(
        "Postmortem-Disk-full.md",
        "# The disk was full\n\nNo alert.\n",
    );
    wiki.commit(
        "2026-01-05T09:00:00Z",
        "Created Postmortem-Disk-full (markdown)",
    );
    wiki.write("Postmortem-DNS.md", "Like [[Postmortem Disk full]].\n");
    wiki.write(
        "Onboarding.md",
        "Read [[what happened|Postmortem Disk full]], then [this](Postmortem-DNS).\n",
    );
    wiki.write("_Sidebar.md", "[[Postmortem-DNS|about DNS]]\n");
    wiki.commit("2026-01-06T09:00:00Z", "Created Postmortem-DNS (markdown)");
    wiki.write(
        "Runbook.md",
        "See https://github.com/example/shop/wiki/Postmortem-DNS#why.\n",
    );
    wiki.write("Old.mediawiki", "[[Postmortem DNS|Postmortem Disk full]]\n");
    wiki.commit("2026-01-07T09:00:00Z", "Updated Runbook (markdown)");
    wiki
}

fn source(wiki: &Repository, more: &str) -> Source {
    let params = format!(
        "path = {:?}\nwriteups = [\"Postmortem-*.md\"]\n{more}",
        wiki.path()
    );
    Source::new("git", &params)
}

/// Where each write-up is found.
fn addresses(heard: &Collected) -> Vec<String> {
    let urls = heard.events.iter().filter_map(|event| match &event.body {
        Body::Writeup(writeup) => writeup.url.clone(),
        _ => None,
    });
    let mut urls: Vec<String> = urls.collect();
    urls.sort();
    urls
}

/// Which files link to which write-ups, and in what place.
fn links(heard: &Collected) -> Vec<String> {
    let links = heard.events.iter().filter_map(|event| match &event.body {
        Body::Link(link) => {
            let file = link
                .stands_in
                .as_deref()?
                .split([':', '#'])
                .nth(1)?
                .to_owned();
            Some(format!("{file} {} {}", link.place.name(), event.subject))
        }
        _ => None,
    });
    let mut links: Vec<String> = links.collect();
    links.sort();
    links
}

#[test]
fn a_wiki_at_github_has_pages_and_links_between_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let wiki = wiki(folder.path(), "https://github.com/example/shop.wiki.git");
    let mut source = source(&wiki, "");
    let heard = source.pull(NOW).expect("a pull");
    assert_eq!(
        addresses(&heard),
        [
            "https://github.com/example/shop/wiki/Postmortem-DNS",
            "https://github.com/example/shop/wiki/Postmortem-Disk-full",
        ]
    );
    assert_eq!(
        links(&heard),
        [
            "Old.mediawiki docs shop.wiki:Postmortem-DNS.md",
            "Onboarding.md onboarding shop.wiki:Postmortem-DNS.md",
            "Onboarding.md onboarding shop.wiki:Postmortem-Disk-full.md",
            "Postmortem-DNS.md writeup shop.wiki:Postmortem-Disk-full.md",
            "Runbook.md runbook shop.wiki:Postmortem-DNS.md",
            "_Sidebar.md docs shop.wiki:Postmortem-DNS.md",
        ]
    );
    assert_eq!(
        short(&source.pull(NOW + 1000).expect("a pull")),
        [""; 0],
        "nothing is new"
    );

    wiki.git(&["mv", "Postmortem-DNS.md", "Postmortem-Resolver.md"]);
    wiki.commit("2026-01-08T09:00:00Z", "Renamed");
    let heard = source.pull(NOW + 2000).expect("a pull");
    assert!(
        addresses(&heard)
            .contains(&"https://github.com/example/shop/wiki/Postmortem-Resolver".to_owned()),
        "{:?}",
        addresses(&heard)
    );
    let knows_both = heard.events.iter().any(|event| match &event.body {
        Body::Writeup(writeup) => {
            let has = |name: &str| writeup.aliases.iter().any(|alias| alias.ends_with(name));
            has("/wiki/Postmortem-DNS") && has("/wiki/Postmortem-Resolver")
        }
        _ => false,
    });
    assert!(knows_both, "the old address still leads there");
}

#[test]
fn wikis_elsewhere_are_told_by_web_or_by_where_they_came_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let wiki = wiki(folder.path(), "git@gitlab.example.org:x/shop.wiki.git");
    for (web, expected) in [
        (
            "",
            "https://gitlab.example.org/x/shop/-/wikis/Postmortem-DNS",
        ),
        (
            "web = \"https://git.example.org/x/shop/-/wikis\"",
            "https://git.example.org/x/shop/-/wikis/Postmortem-DNS",
        ),
        (
            "web = \"https://codeberg.org/x/shop/wiki\"",
            "https://codeberg.org/x/shop/wiki/Postmortem-DNS",
        ),
        (
            "web = \"https://git.example.org/x/shop\"",
            "https://git.example.org/x/shop/blob/main/Postmortem-DNS.md",
        ),
    ] {
        let heard = source(&wiki, web).pull(NOW).expect("a pull");
        assert_eq!(addresses(&heard)[0], expected, "{web}");
    }
}
