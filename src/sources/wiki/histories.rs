//! What pulls of a wiki come to, whatever happens between them and in them: what is there is told, and what
//! is gone is not kept.

use proptest::prelude::*;

use super::scripted::{BEGIN, Question, Remark, Scripted, There};
use crate::sources::collected::Collected;

/// A wiki with a write-up, and a page that leads to it and to a write-up elsewhere.
fn wiki() -> Scripted {
    let mut wiki =
        Scripted::new()
            .with("disk", true, &[])
            .with("guide", false, &["wiki:disk", "code:1"]);
    wiki.register("code:1");
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
    wiki
}

fn ids(heard: &Collected) -> Vec<&str> {
    heard.events.iter().map(|event| event.id.as_str()).collect()
}

#[test]
fn a_page_that_one_pull_misses_keeps_its_links() {
    let mut wiki = wiki();
    for id in ["guide", "disk"] {
        wiki.hidden.insert(id.to_owned());
    }
    assert_eq!(ids(&wiki.pull()), [""; 0]);
    assert_eq!(ids(&wiki.pull()), [""; 0]);
    // Missed twice, with a pull between that found it.
    wiki.hidden.insert("guide".to_owned());
    assert_eq!(ids(&wiki.pull()), [""; 0]);
}

#[test]
fn a_page_that_returns_unchanged_has_its_links_again() {
    let mut wiki = wiki();
    wiki.page("disk").leads_to.insert("code:1".to_owned());
    wiki.page("disk").updated = wiki.now;
    wiki.pull();
    for id in ["guide", "disk"] {
        wiki.page(id).is_there = false;
    }
    wiki.pull();
    let gone = wiki.pull();
    let expected = [
        "deleted:disk",
        "link:disk:code:1",
        "link:guide:code:1",
        "link:guide:wiki:disk",
    ];
    assert_eq!(ids(&gone), expected);
    for id in ["guide", "disk"] {
        wiki.page(id).is_there = true;
    }
    let back = wiki.pull();
    for id in expected {
        let version = |heard: &Collected| {
            let events = heard.events.iter().filter(|event| event.id == id);
            events.map(|event| event.version).max()
        };
        assert!(version(&back) > version(&gone), "{id}");
    }
    assert_eq!(wiki.odds(), [""; 0]);
    // It was looked at, and its address is known.
    let link = &wiki.ledger["link:guide:code:1"].body;
    assert!(
        format!("{link:?}").contains("https://wiki.example.org/guide"),
        "{link:?}"
    );
}

#[test]
fn a_comment_is_gone_when_it_is_missed_for_long_and_may_come_back() {
    let mut wiki = wiki();
    let (created, name) = (wiki.now, "comment:disk.c");
    let remark = |is_there| Remark {
        is_there,
        created,
        updated: created,
    };
    let has = |wiki: &mut Scripted, is_there: bool| {
        wiki.page("disk")
            .comments
            .insert("c".to_owned(), remark(is_there));
        wiki.pull();
        wiki.stands(name)
    };
    assert!(has(&mut wiki, true));
    assert!(has(&mut wiki, false), "missed once");
    assert!(has(&mut wiki, true));
    assert!(has(&mut wiki, false), "missed once more");
    // Who was not asked for it did not miss it.
    wiki.refused
        .insert((Question::Belongings, "disk".to_owned()));
    assert!(has(&mut wiki, false));
    assert!(!has(&mut wiki, false));
    assert!(has(&mut wiki, true), "it came back");
}

#[test]
fn what_is_refused_is_asked_again_and_stops_nothing() {
    let mut wiki = wiki().with("dns", true, &[]);
    wiki.register("code:2");
    let refuse = |wiki: &mut Scripted| {
        for (question, id) in [
            (Question::Whole, "dns"),
            (Question::Belongings, "dns"),
            (Question::Links, "guide"),
        ] {
            wiki.refused.insert((question, id.to_owned()));
        }
    };
    let now = wiki.now;
    for (id, to) in [("guide", "code:2"), ("disk", "code:2")] {
        wiki.page(id).leads_to.insert(to.to_owned());
        wiki.page(id).updated = now;
    }
    refuse(&mut wiki);
    let heard = wiki.pull();
    assert_eq!(
        heard.notes,
        [
            "questions about single pages that were not answered, and are asked again: 3 (wiki: answers with \
          status 500); pages that wait for their links to be read: 1"
        ]
    );
    assert!(wiki.stands("page:dns"), "as it is listed");
    assert!(wiki.links("disk", "code:2") && !wiki.links("guide", "code:2"));
    let later = wiki.now;
    wiki.page("disk").leads_to.clear();
    wiki.page("disk").updated = later;
    refuse(&mut wiki);
    wiki.pull();
    assert!(!wiki.links("disk", "code:2"), "the others go on");
    let heard = wiki.pull();
    assert_eq!(heard.notes, [""; 0]);
    assert_eq!(wiki.odds(), [""; 0]);
    assert_eq!(ids(&wiki.pull()), [""; 0]);
}

#[test]
fn what_changes_without_a_change_of_the_page_is_told_and_wins() {
    let mut wiki = wiki();
    for label in 1..20 {
        wiki.page("disk").label = label;
        wiki.pull();
        assert_eq!(wiki.odds(), [""; 0], "{label}");
    }
    // What is known is not lost to a question that is refused once.
    wiki.page("disk").label = 20;
    wiki.refused.insert((Question::Whole, "disk".to_owned()));
    assert_eq!(ids(&wiki.pull()), [""; 0]);
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
    // A checkpoint that is lost, and a clock that was set back.
    wiki.page("disk").label = 21;
    wiki.checkpoint = Some("{}x".to_owned());
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
    wiki.page("disk").label = 22;
    wiki.now -= 7_200_000;
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
}

#[test]
fn a_write_up_that_came_back_while_a_checkpoint_was_lost_is_there() {
    let mut wiki = wiki();
    wiki.page("disk").is_there = false;
    wiki.pull();
    wiki.pull();
    wiki.page("disk").is_there = true;
    wiki.checkpoint = Some("[]".to_owned());
    wiki.left = Some(1);
    wiki.pull();
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
}

#[test]
fn pages_of_long_ago_are_gone_through_again_some_in_each_pull() {
    let mut wiki = wiki();
    for number in 0..1500 {
        wiki = wiki.with(&format!("old{number}"), false, &["code:2"]);
        let id = format!("old{number}");
        wiki.page(&id).updated = BEGIN - 1000 * i64::from(1 + number % 7);
    }
    // What was changed before the last look was not seen, as pages made before the first pull are.
    wiki.pull();
    wiki.register("code:2");
    let count = |wiki: &Scripted| {
        let links = wiki.ledger.keys().filter(|id| id.ends_with("code:2"));
        links.count()
    };
    wiki.pull();
    assert_eq!(count(&wiki), 1000);
    // More come to be known meanwhile: all are gone through once more after that.
    wiki.register("code:3");
    wiki.page("old3").leads_to.insert("code:3".to_owned());
    wiki.pull();
    assert_eq!(count(&wiki), 1500);
    wiki.pull();
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
    assert_eq!(ids(&wiki.pull()), [""; 0]);
}

#[test]
fn a_page_that_was_not_changed_keeps_its_links_whatever_write_ups_are_called() {
    let mut wiki = wiki();
    wiki.renamed.insert("wiki:disk".to_owned());
    wiki.register("code:2");
    wiki.pull();
    assert_eq!(wiki.odds(), [""; 0]);
    wiki.page("guide").updated = wiki.now;
    wiki.pull();
    assert!(
        !wiki.links("guide", "wiki:disk"),
        "it was changed, and does not lead there"
    );
}

#[test]
fn checkpoints_of_earlier_versions_are_read() {
    let mut wiki = wiki();
    let checkpoint = serde_json::json!({
        "not_before": null, "after": null, "looked": null,
        "pages": { "disk": { "updated": BEGIN, "gone": null, "missed": 0, "comments": { "c": [BEGIN, BEGIN] } } },
        "links": { "names": "x", "since": BEGIN, "done": 0, "begun": null, "pages": { "guide": { "updated": BEGIN,
            "place": "docs", "to": { "code:1": { "at": BEGIN, "version": 1, "removed": null } } } } },
    });
    wiki.checkpoint = Some(checkpoint.to_string());
    let heard = wiki.pull();
    assert_eq!(heard.notes, [""; 0]);
    assert_eq!(wiki.odds(), [""; 0]);
    wiki.pull();
    assert!(!wiki.stands("comment:disk.c"), "it was not there");
}

/// What happens between two pulls, or in the next.
#[derive(Clone, Debug)]
enum Step {
    Edit(usize, Vec<bool>),
    Label(usize),
    Go(usize),
    Return(usize),
    Promote(usize, bool),
    Say(usize, usize),
    Unsay(usize, usize),
    Resay(usize, usize),
    Register(usize),
    Hide(usize),
    Refuse(Question, usize),
    CutOff(u32),
    Pull,
}

const PAGES: [&str; 5] = ["a", "b", "c", "d", "e"];
const REMARKS: [&str; 2] = ["x", "y"];
const TARGETS: [&str; 7] = [
    "wiki:a", "wiki:b", "wiki:c", "wiki:d", "wiki:e", "code:1", "code:2",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let page = 0..PAGES.len();
    let remark = 0..REMARKS.len();
    let question = prop_oneof![
        Just(Question::Whole),
        Just(Question::Belongings),
        Just(Question::Fate),
        Just(Question::Links),
    ];
    let leads_to = prop::collection::vec(prop::bool::weighted(0.3), TARGETS.len());
    let step = prop_oneof![
        4 => (page.clone(), leads_to).prop_map(|(page, to)| Step::Edit(page, to)),
        1 => page.clone().prop_map(Step::Label),
        2 => page.clone().prop_map(Step::Go),
        2 => page.clone().prop_map(Step::Return),
        2 => (page.clone(), any::<bool>()).prop_map(|(page, is)| Step::Promote(page, is)),
        2 => (page.clone(), remark.clone()).prop_map(|(page, one)| Step::Say(page, one)),
        2 => (page.clone(), remark.clone()).prop_map(|(page, one)| Step::Unsay(page, one)),
        1 => (page.clone(), remark).prop_map(|(page, one)| Step::Resay(page, one)),
        1 => (5..TARGETS.len()).prop_map(Step::Register),
        2 => page.clone().prop_map(Step::Hide),
        3 => (question, page).prop_map(|(question, page)| Step::Refuse(question, page)),
        1 => (0_u32..20).prop_map(Step::CutOff),
        8 => Just(Step::Pull),
    ];
    prop::collection::vec(step, 1..60)
}

fn take(step: &Step, wiki: &mut Scripted) {
    wiki.now += 1000;
    let now = wiki.now;
    let page_of = |wiki: &mut Scripted, page: usize| -> There {
        let known = wiki.pages.entry(PAGES[page].to_owned());
        known.or_default().clone()
    };
    let put = |wiki: &mut Scripted, page: usize, change: &dyn Fn(&mut There)| {
        let mut there = page_of(wiki, page);
        change(&mut there);
        wiki.pages.insert(PAGES[page].to_owned(), there);
    };
    match step {
        Step::Edit(page, to) => put(wiki, *page, &|there| {
            there.is_there = true;
            there.is_sought = false;
            there.updated = now;
            there.words += 1;
            let leads_to = TARGETS.iter().zip(to).filter(|(_, leads)| **leads);
            there.leads_to = leads_to.map(|(to, _)| (*to).to_owned()).collect();
        }),
        Step::Label(page) => put(wiki, *page, &|there| there.label += 1),
        Step::Go(page) => {
            let link = format!("link:{}:", PAGES[*page]);
            let linking = wiki
                .ledger
                .keys()
                .any(|id| id.starts_with(&link) && wiki.stands(id));
            let is_told = wiki.ledger.contains_key(&format!("page:{}", PAGES[*page]));
            put(wiki, *page, &|there| {
                there.is_sought |= there.is_there && (linking || is_told);
                there.is_there = false;
            });
        }
        // As it was, if it ever was. What nobody looks for is found by its change.
        Step::Return(page) => put(wiki, *page, &|there| {
            there.is_there |= there.updated > 0;
            if !std::mem::take(&mut there.is_sought) && there.updated > 0 {
                there.updated = now;
            }
        }),
        Step::Promote(page, is) => put(wiki, *page, &|there| there.is_writeup = *is),
        Step::Say(page, one) => put(wiki, *page, &|there| {
            let known = there.comments.get(REMARKS[*one]);
            let said = Remark {
                is_there: true,
                created: known.map_or(now, |known| known.created),
                updated: now,
            };
            there.comments.insert(REMARKS[*one].to_owned(), said);
        }),
        Step::Unsay(page, one) | Step::Resay(page, one) => put(wiki, *page, &|there| {
            if let Some(remark) = there.comments.get_mut(REMARKS[*one]) {
                remark.is_there = matches!(step, Step::Resay(..));
            }
        }),
        Step::Register(target) => {
            if wiki.known.iter().all(|one| one.id != TARGETS[*target]) {
                wiki.register(TARGETS[*target]);
            }
        }
        Step::Hide(page) => {
            wiki.hidden.insert(PAGES[*page].to_owned());
        }
        Step::Refuse(question, page) => {
            wiki.refused.insert((*question, PAGES[*page].to_owned()));
        }
        Step::CutOff(left) => wiki.left = Some(*left),
        Step::Pull => {
            wiki.pull();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    /// Whatever happened, two pulls in which nothing happens tell all of it as it is.
    #[test]
    fn what_was_told_comes_to_what_is_there(steps in steps()) {
        let mut wiki = Scripted::new();
        for step in &steps {
            take(step, &mut wiki);
        }
        wiki.hidden.clear();
        wiki.refused.clear();
        wiki.left = None;
        // A pull that goes on where another was cut off asks for the rest alone.
        let is_cut_off = steps.iter().any(|step| matches!(step, Step::CutOff(_)));
        for _ in 0..2 + usize::from(is_cut_off) {
            wiki.pull();
        }
        prop_assert_eq!(wiki.odds(), [""; 0]);
        let heard = wiki.pull();
        prop_assert!(heard.events.is_empty(), "{:?}", ids(&heard));
    }
}
