//! A scan of a wiki and of a repository whose write-ups it cites: what comes out does not depend on which is
//! scanned first.

use super::binary::{Home, Said};
use super::scanning::{all_links, two};

/// A house with a wiki whose old pages cite write-ups of a repository, both in this order, and its words of
/// one scan.
fn wiki_and_papers(order: [&str; 2]) -> Option<(Home, Said)> {
    let home = Home::with_engine()?;
    two(&home);
    let folder = home.path("wiki");
    for (name, text) in [
        ("pm/own", "====== Our own ======\nText."),
        ("guide", "See INC-7, [[pm:own]]"),
        (
            "old",
            "https://forge.example.org/org/papers/blob/main/postmortems/dns.md",
        ),
    ] {
        let file = folder.join(format!("pages/{name}.txt"));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        std::fs::write(&file, text).expect("written");
        // Long before anybody scans.
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_714_500_000);
        let opened = std::fs::File::options().write(true).open(&file);
        opened.expect("opened").set_modified(at).expect("set");
    }
    let each = order.map(|id| match id {
        "papers" => {
            "[[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\n\
             web = \"https://forge.example.org/org/papers\"\n\
             writeups = [\"postmortems/*.md\"]\nincident_keys = [\"INC-[0-9]+\"]\n"
        }
        _ => {
            "[[source]]\nid = \"wiki\"\nkind = \"dokuwiki\"\npath = \"wiki\"\n\
             url = \"https://wiki.example.org/\"\nnamespaces = [\"pm\"]\n"
        }
    });
    home.file("readback.toml", each.join("\n"));
    let said = home.done(&["scan"]);
    Some((home, said))
}

#[test]
fn links_of_a_wiki_do_not_depend_on_the_order_of_sources() {
    let Some((papers_first, said)) = wiki_and_papers(["papers", "wiki"]) else {
        return;
    };
    let words = |id: &str| format!("{id} was scanned before write-ups came or changed: once more");
    assert!(said.err.contains(&words("papers")), "{}", said.err);
    let Some((wiki_first, said)) = wiki_and_papers(["wiki", "papers"]) else {
        return;
    };
    assert!(said.err.contains(&words("wiki")), "{}", said.err);
    let links = all_links(&papers_first);
    assert_eq!(links.len(), 3, "{links:?}");
    assert_eq!(all_links(&wiki_first), links);
    let again = wiki_first.done(&["scan"]);
    assert!(!again.err.contains("once more"), "{}", again.err);
}
