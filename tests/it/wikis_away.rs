//! A wiki's folder, or a part of it, that is away for a while: nothing that is only away is gone for good.

use super::polled_forge::NOW;
use super::wikis::short;
use super::wikis_dokuwiki::wiki;

#[test]
fn a_folder_that_is_away_is_no_wiki_without_pages() {
    let wiki = wiki();
    let mut source = wiki.source();
    source.pull(NOW).expect("a pull");
    let (pages, away) = (wiki.path("pages"), wiki.path("away"));
    std::fs::rename(&pages, &away).expect("moved");
    std::fs::create_dir(&pages).expect("a folder");
    let folder = wiki.0.path().display().to_string();
    for words in [
        "has no page in its folder pages; is what it lies on away?",
        "has 5 of 5 pages no more that were there at the last pull",
    ] {
        let said = source.pull(NOW + 3_600_000).map(drop).expect_err("refused");
        let said = said.to_string();
        assert!(said.contains(words) && said.contains(&folder), "{said}");
        wiki.write("pages/other.txt", b"Another.");
    }
    std::fs::remove_dir_all(&pages).expect("removed");
    std::fs::rename(&away, &pages).expect("moved back");
    assert_eq!(
        short(&source.pull(NOW + 7_200_000).expect("a pull")),
        [""; 0]
    );
    // What was deleted in the wiki is gone, however much that is.
    let mut at = NOW / 1000;
    for page in [
        "pm:disk_full",
        "pm:dns",
        "pm:start",
        "runbooks:disks",
        "talk:pm:disk_full",
    ] {
        at += 1;
        wiki.delete(page, at);
    }
    let heard = source.pull(NOW + 10_800_000).expect("a pull");
    assert!(
        short(&heard).contains(&"-writeup deleted:pm:dns".to_owned()),
        "{:?}",
        short(&heard)
    );
}

#[test]
fn a_page_that_returns_unchanged_has_its_links_again() {
    let wiki = wiki();
    let mut source = wiki.source();
    source.pull(NOW).expect("a pull");
    let (page, away) = (wiki.path("pages/runbooks/disks.txt"), wiki.path("away.txt"));
    std::fs::rename(&page, &away).expect("moved");
    let mut at = NOW;
    let mut pull = || {
        at += 3_600_000;
        let mut told = short(&source.pull(at).expect("a pull"));
        told.dedup();
        told
    };
    let links = [
        "link link:runbooks:disks:code:inc-9",
        "link link:runbooks:disks:wiki:pm:disk_full",
    ];
    assert_eq!(pull(), [""; 0], "missed once");
    assert_eq!(pull(), links.map(|link| format!("-{link}")));
    std::fs::rename(&away, &page).expect("moved back");
    assert_eq!(pull(), links);
    assert_eq!(pull(), [""; 0]);
}
