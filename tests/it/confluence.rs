//! Confluence is pulled, as Cloud and as Data Center: the listener and its pages are in `confluence_wiki`,
//! what goes wrong in `confluence_refused`, deliveries in `confluence_sent`.

use readback::model::{Body, Event, Millis, Place};
use readback::sources::KnownWriteup;
use serde_json::{Value, json};

use super::binary::Home;
use super::confluence_pulled::{Source, told};
use super::confluence_wiki::{ADA, APP, BOB, Comment, Content, Wiki, page, version};
use super::polled_forge::{NOW, WORDS, short};

const HOUR: Millis = 3_600_000;
pub(crate) const CHOSEN: &str =
    "spaces = [\"SRE\", \"OPS\"]\nlabel = \"postmortem\"\nrunbook = [\"title:how to\"]\n";

/// A write-up of three versions, a page that links to it in each way, a page that greets the new ones.
pub(crate) fn content() -> Content {
    let report = |more: &str| format!("<h2>Disk</h2><p>the disk was full {more}</p>");
    let link = "<p>read <ac:link><ri:page ri:content-title=\"Disk full\" /></ac:link></p>";
    let smart = "<p><a href=\"https://wiki.example.org/wiki/spaces/SRE/pages/100/Old+name\" \
                 data-card-appearance=\"inline\">x</a></p>";
    let comment = |id, parent, inline, versions: &[_]| Comment {
        id,
        page: 100,
        parent,
        inline,
        versions: versions.to_vec(),
    };
    let mut minor = version(3, BOB, &report("and slow"));
    minor.minor = true;
    Content {
        pages: vec![
            page(
                100,
                "Disk full",
                &["postmortem", "storage"],
                &[
                    version(2, ADA, &report("")),
                    minor,
                    version(28, APP, &report("and very slow indeed")),
                ],
            ),
            page(
                101,
                "How to clean a disk",
                &[],
                &[
                    version(1, ADA, "<p>no link</p>"),
                    version(4, BOB, link),
                    version(5, ADA, &format!("{link}<p>more</p>")),
                ],
            ),
            page(102, "Welcome", &["onboarding"], &[version(6, BOB, smart)]),
            page(103, "Notes", &[], &[version(7, BOB, "<p>nothing</p>")]),
        ],
        comments: vec![
            comment(
                900,
                None,
                false,
                &[
                    version(8, BOB, &format!("<p>I {WORDS}</p>")),
                    version(9, ADA, "<p>one two three</p>"),
                ],
            ),
            comment(901, Some(900), false, &[version(10, ADA, "<p>yes</p>")]),
            comment(902, None, true, &[version(11, BOB, "<p>here too</p>")]),
        ],
        tired: None,
    }
}

#[test]
fn all_of_cloud_comes_once() {
    let wiki = Wiki::new(true, content());
    let mut source = Source::new(&wiki, CHOSEN);
    let heard = source.pull(NOW).expect("a pull");
    insta::assert_snapshot!("confluence_cloud", told(&heard));
    assert!(
        wiki.forge
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").starts_with("Bearer "))
    );
    // Nothing is new, and the counters were read this hour.
    let again = source.pull(NOW + 1).expect("a pull");
    assert_eq!((short(&again), again.notes), (vec![], vec![]));
    let later = source.pull(NOW + HOUR).expect("a pull");
    assert_eq!(
        short(&later),
        [format!("read_count views:100:{}", (NOW + HOUR) / HOUR)]
    );
    // What is registered under the ids that it was given changes nothing.
    source.writeups = vec![KnownWriteup {
        id: "wiki:100".to_owned(),
        title: None,
        aliases: Vec::new(),
    }];
    assert_eq!(
        short(&source.pull(NOW + HOUR + 1).expect("a pull")),
        [""; 0]
    );
    // Without a checkpoint the events are the same.
    source.checkpoint = None;
    assert_eq!(told(&source.pull(NOW).expect("a pull")), told(&heard));
}

#[test]
fn all_of_data_center_comes_once() {
    let wiki = Wiki::new(false, content());
    let mut source = Source::new(
        &wiki,
        &format!("{CHOSEN}log_names = true\nsite = \"https://wiki.example.org/wiki\"\n"),
    );
    let heard = source.pull(NOW).expect("a pull");
    insta::assert_snapshot!("confluence_data_center", told(&heard));
    assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
    let again = source.pull(NOW + 1).expect("a pull");
    assert_eq!(short(&again), [""; 0]);
}

#[test]
fn changes_are_told_once() {
    let wiki = Wiki::new(true, content());
    let mut source = Source::new(&wiki, &format!("{CHOSEN}counters = false\n"));
    source.pull(NOW).expect("a pull");
    {
        let mut content = wiki.content();
        let page = content.page(100);
        // Moved, renamed, restricted, and another version.
        page.title = "Disk very full".to_owned();
        page.space = "OPS";
        page.restricted = true;
        page.versions
            .push(version(30, BOB, "<p>the disk was full</p>"));
        // The link is gone from one page, and comes to another.
        content
            .page(102)
            .versions
            .push(version(31, BOB, "<p>gone</p>"));
        let link = "<p><ac:link><ri:page ri:space-key=\"OPS\" ri:content-title=\"Disk very full\"/></ac:link></p>";
        content.page(103).versions.push(version(31, APP, link));
        content.comments[0]
            .versions
            .push(version(31, BOB, "<p>one</p>"));
        content.comments.remove(1);
    }
    let heard = source.pull(NOW + 1000).expect("a pull");
    assert_eq!(
        short(&heard),
        [
            "-link link:102:wiki:100",
            "comment comment:900",
            "edit version:100:4",
            "link link:103:wiki:100",
            "person 712020:zzapp",
            "writeup early:100",
            "writeup latest:100",
            "writeup page:100",
        ]
    );
    let of = |id: &str| {
        heard
            .events
            .iter()
            .find(|event| event.id == id)
            .expect("an event")
    };
    let Body::Writeup(page) = &of("page:100").body else {
        panic!("a write-up");
    };
    assert!(page.restricted && page.id == "wiki:100");
    let moved = "https://wiki.example.org/wiki/spaces/OPS/pages/100/Disk+very+full";
    assert_eq!(page.url.as_deref(), Some(moved));
    let Body::Comment(comment) = &of("comment:900").body else {
        panic!("a comment");
    };
    // Its first version's time and author, its last one's words.
    assert_eq!(
        (comment.words, of("comment:900").time),
        (Some(1), version(8, BOB, "").at)
    );
    let first = comment.person.as_ref().map(|who| who.value.as_str());
    assert_eq!(first, Some(BOB));
    let (gone, come) = (of("link:102:wiki:100"), of("link:103:wiki:100"));
    let Body::Link(link) = &gone.body else {
        panic!("a link");
    };
    assert_eq!(
        (link.removed_at, gone.version),
        (Some(version(31, BOB, "").at), 1)
    );
    assert_eq!(come.time, version(31, APP, "").at);
    // Once is no proof: the comment is gone when it is missed twice.
    let heard = source.pull(NOW + 2000).expect("a pull");
    assert_eq!(short(&heard), ["-comment comment:901"]);
    wiki.content().page(100).restricted = false;
    let heard = source.pull(NOW + 3000).expect("a pull");
    let of = |id: &str| {
        heard
            .events
            .iter()
            .find(|event| event.id == id)
            .expect("an event")
    };
    let Body::Writeup(page) = &of("page:100").body else {
        panic!("a write-up");
    };
    assert!(page.opened && !page.restricted);
    // The place changes with the page's label.
    wiki.content().page(103).labels.push("onboarding");
    let heard = source.pull(NOW + 4000).expect("a pull");
    let places: Vec<(Place, u32, Millis)> = heard.events.iter().filter_map(place).collect();
    assert_eq!(places, [(Place::Onboarding, 1, version(31, APP, "").at)]);
}

fn place(event: &Event) -> Option<(Place, u32, Millis)> {
    match &event.body {
        Body::Link(link) => Some((link.place, event.version, event.time)),
        _ => None,
    }
}

#[test]
fn pages_that_are_gone_and_come_back() {
    for cloud in [true, false] {
        let wiki = Wiki::new(cloud, content());
        let mut source = Source::new(&wiki, &format!("{CHOSEN}counters = false\n"));
        source.pull(NOW).expect("a pull");
        // In the trash.
        wiki.content().page(100).status = "trashed";
        let heard = source.pull(NOW + 1000).expect("a pull");
        assert_eq!(short(&heard), ["-writeup deleted:100"]);
        assert_eq!(short(&source.pull(NOW + 2000).expect("a pull")), [""; 0]);
        wiki.content().page(100).status = "current";
        let heard = source.pull(NOW + 3000).expect("a pull");
        assert_eq!(short(&heard), ["writeup deleted:100"]);
        // Not to be found: twice.
        let page = wiki.content().pages.remove(0);
        assert_eq!(short(&source.pull(NOW + 4000).expect("a pull")), [""; 0]);
        let heard = source.pull(NOW + 5000).expect("a pull");
        assert_eq!(short(&heard), ["-writeup deleted:100"]);
        wiki.content().pages.insert(0, page);
        source.pull(NOW + 6000).expect("a pull");
        // Without its label it stays what it was; a page with links that is gone takes them along.
        wiki.content().page(100).labels.clear();
        let guide = wiki.content().pages.remove(2);
        source.writeups = vec![KnownWriteup {
            id: "wiki:100".to_owned(),
            title: None,
            aliases: Vec::new(),
        }];
        assert_eq!(short(&source.pull(NOW + 7000).expect("a pull")), [""; 0]);
        let heard = source.pull(NOW + 8000).expect("a pull");
        assert_eq!(short(&heard), ["-link link:102:wiki:100"]);
        wiki.content().pages.insert(2, guide);
        let told = short(&source.pull(NOW + 9000).expect("a pull"));
        assert!(
            told.contains(&"link link:102:wiki:100".to_owned()),
            "{told:?}"
        );
    }
}

/// Wherever it is cut off, nothing is lost and nothing comes twice.
#[test]
fn a_pull_that_was_cut_off_goes_on() {
    let mut whole = content();
    whole.pages.push(page(
        104,
        "Queue full",
        &["postmortem"],
        &[version(8, ADA, "<p>a queue</p>")],
    ));
    let wiki = Wiki::new(true, whole);
    let mut expected = short(&Source::new(&wiki, CHOSEN).pull(NOW).expect("a pull"));
    expected.dedup();
    let questions = u32::try_from(wiki.forge.asked().len()).expect("few");
    assert!(questions > 25, "{questions}");
    for cut in (8..questions).step_by(3) {
        let mut source = Source::new(&wiki, CHOSEN);
        let tired = (429, vec![("retry-after", "120".to_owned())], json!({}));
        wiki.content().tired = Some((cut, tired));
        let heard = source.pull(NOW).expect("what there was");
        assert!(
            heard.notes.iter().any(|note| note.contains("429")),
            "{:?}",
            heard.notes
        );
        wiki.forge.asked();
        // Left alone until then.
        let alone = source.pull(NOW + 119_000).expect("nothing");
        assert!(
            alone.events.is_empty() && wiki.forge.asked().is_empty(),
            "{cut}"
        );
        wiki.content().tired = None;
        let mut all = short(&heard);
        all.extend(short(&source.pull(NOW + 120_000).expect("the rest")));
        all.extend(short(&source.pull(NOW + 121_000).expect("what was before")));
        all.sort();
        all.dedup();
        assert_eq!(all, expected, "{cut}");
    }
}

#[test]
fn links_of_other_write_ups_and_keys() {
    let mut content = content();
    content.page(103).versions[0].body =
        "<p>see INC-12 and https://github.com/example/shop/issues/7, or \
        <a href=\"https://wiki.example.org/wiki/display/SRE/Disk+full\">that</a></p>"
            .to_owned();
    let wiki = Wiki::new(true, content);
    let mut source = Source::new(
        &wiki,
        &format!("{CHOSEN}counters = false\ncomments = false\n"),
    );
    source.pull(NOW).expect("a pull");
    let known = |id: &str, alias: &str| KnownWriteup {
        id: id.to_owned(),
        title: None,
        aliases: vec![alias.to_owned()],
    };
    source.writeups = vec![
        known("w1", "INC-12"),
        known("w2", "https://github.com/example/shop/issues/7"),
    ];
    // However long ago the page was changed.
    let heard = source.pull(NOW + 5000 * HOUR).expect("a pull");
    assert_eq!(short(&heard), ["link link:103:w1", "link link:103:w2"]);
    // And by another name of one that was known.
    wiki.content().page(102).versions[0].body = "<p>INC-13</p>".to_owned();
    assert_eq!(
        short(&source.pull(NOW + 5001 * HOUR).expect("a pull")),
        [""; 0]
    );
    source.writeups[0].aliases.push("INC-13".to_owned());
    let named = source.pull(NOW + 5002 * HOUR).expect("a pull");
    assert!(
        short(&named).contains(&"link link:102:w1".to_owned()),
        "{:?}",
        short(&named)
    );
    assert!(
        heard
            .events
            .iter()
            .all(|event| event.time == version(7, BOB, "").at)
    );
}

/// Blog posts are pages; their comments, edits, deletions and links are found in the same way.
#[test]
fn posts_are_write_ups() {
    for cloud in [true, false] {
        let mut content = content();
        let link = "<ac:link><ri:page ri:content-title=\"Disk full\"/></ac:link>";
        let versions = [version(3, ADA, "<p>a cache</p>"), version(4, BOB, link)];
        content
            .pages
            .push(page(105, "Post of a cache", &["postmortem"], &versions));
        content.comments.push(Comment {
            id: 910,
            page: 105,
            parent: None,
            inline: false,
            versions: vec![version(5, BOB, "<p>yes</p>")],
        });
        let wiki = Wiki::new(cloud, content);
        let mut source = Source::new(&wiki, &format!("{CHOSEN}counters = false\n"));
        let heard = short(&source.pull(NOW).expect("a pull"));
        for id in [
            "comment comment:910",
            "edit version:105:2",
            "link link:105:wiki:100",
            "writeup page:105",
        ] {
            assert!(heard.iter().any(|one| one == id), "{id} in {heard:?}");
        }
        assert_eq!(short(&source.pull(NOW + 1000).expect("a pull")), [""; 0]);
        wiki.content().page(105).status = "trashed";
        let heard = short(&source.pull(NOW + 2000).expect("a pull"));
        assert_eq!(heard, ["-link link:105:wiki:100", "-writeup deleted:105"]);
    }
}

/// The real program: what is pulled stands in the tables, the checkpoint beside it; the next scan goes on.
#[test]
fn a_scan_asks_the_wiki() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let wiki = Wiki::new(true, content());
    let source = |more: &str| format!("[[source]]\nid = \"wiki\"\nkind = \"confluence\"\n{more}");
    // One that only takes deliveries is not scanned.
    home.file("readback.toml", source("secret = \"x\"\n"));
    let said = home.run(&["scan"]);
    assert!(
        said.err.contains("no source that can be scanned"),
        "{}",
        said.err
    );
    home.file(
        "readback.toml",
        source(&format!("url = \"{}\"\n{CHOSEN}", wiki.url())),
    );
    let said = home.done(&["check"]);
    assert!(format!("{}{}", said.out, said.err).contains("Confluence Cloud answers"));
    let scan = || {
        let said = home.done(&["scan", "--json"]);
        let all: Value = serde_json::from_str(&said.out).expect("JSON");
        all[0]["events"].clone()
    };
    let first = scan();
    for (kind, count) in [("comment", 3), ("edit", 2), ("link", 2), ("read_count", 1)] {
        assert_eq!(first[kind], json!(count), "{first}");
    }
    let second = scan();
    for kind in ["comment", "edit", "link", "writeup", "person"] {
        assert!(second[kind].is_null(), "nothing is new: {second}");
    }
    let listed = home.done(&["writeups", "list"]).out;
    assert!(
        listed.contains("Disk full") && listed.contains("wiki:100"),
        "{listed}"
    );
}
