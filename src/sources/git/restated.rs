//! Pulling bit by bit while history grows, is rewritten, or is looked at in another way ends where a
//! first pull would end. Histories are scripts, some written for a case, many generated.

use std::collections::BTreeMap;

use crate::model::{Body, Event, Link, Place};
use crate::sources::collected::Collected;

use super::tests::{Fixture, pull_at};
use super::told;

/// A repository, what was heard of it so far, and how it is looked at.
struct Story {
    repo: Fixture,
    heard: BTreeMap<String, Event>,
    checkpoint: Option<String>,
    globs: String,
}

impl Story {
    fn new() -> Story {
        Story {
            repo: Fixture::new(),
            heard: BTreeMap::new(),
            checkpoint: None,
            globs: "\"pm/*.md\"".to_owned(),
        }
    }

    /// One line of a script: `write PATH TEXT`, `commit HOURS MESSAGE`, `wait HOURS`, `scan`,
    /// `globs LIST`, or
    /// arguments of git.
    fn step(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "write" => {
                let text = second.replace("\\n", "\n") + "\n";
                self.repo.write(first, &text);
            }
            "commit" => {
                let hours: i64 = first.parse().expect("hours");
                self.repo.commit_after(hours * 3600, second);
            }
            "globs" => self.globs = rest.to_owned(),
            "wait" => self.repo.clock += 3600 * first.parse::<i64>().expect("hours"),
            "scan" => self.scan(line),
            _ => {
                let arguments: Vec<&str> = line.split(' ').collect();
                self.repo.git(&arguments);
            }
        }
    }

    fn pull_from(&self, checkpoint: Option<&str>) -> (Collected, String) {
        let more = format!(
            "path = {:?}\nname = \"shop\"\nwriteups = [{}]\nincident_keys = [\"INC-[0-9]+\"]",
            self.repo.path().display().to_string(),
            self.globs
        );
        pull_at(self.repo.path(), &more, checkpoint, Vec::new())
    }

    fn scan(&mut self, context: &str) {
        let (heard, next) = self.pull_from(self.checkpoint.as_deref());
        hear(&mut self.heard, heard);
        let (again, same) = self.pull_from(Some(&next));
        assert!(again.events.is_empty() && same == next, "{context}");
        self.checkpoint = Some(next);
        let mut afresh = BTreeMap::new();
        hear(&mut afresh, self.pull_from(None).0);
        assert_eq!(said(&self.heard), said(&afresh), "{context}");
    }
}

/// As the store takes events: of one id the greatest version stands.
fn hear(all: &mut BTreeMap<String, Event>, heard: Collected) {
    for event in heard.events {
        let before = all.get(&event.id).map(|event| event.version);
        assert!(
            before.is_none_or(|version| version < event.version),
            "{event:?}"
        );
        all.insert(event.id.clone(), event);
    }
}

/// Events that are neither taken back nor out of reach.
fn standing(heard: &BTreeMap<String, Event>) -> impl Iterator<Item = &Event> {
    let reached = |event: &&Event| told::unreachable(event).is_none();
    let events = heard.values().filter(reached);
    events.filter(|event| event.subject != "shop:retracted")
}

/// What is said and not taken back.
fn said(heard: &BTreeMap<String, Event>) -> Vec<String> {
    standing(heard)
        .map(|event| {
            format!(
                "{} {} {} {:?}",
                event.id, event.subject, event.time, event.body
            )
        })
        .collect()
}

fn play(script: &str) -> Story {
    let mut story = Story::new();
    for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
        story.step(line);
    }
    story.scan(script);
    story
}

/// Each with its links in pages at the end: all, and those that stand.
const STORIES: &[(&str, usize, usize)] = &[
    // A link removed and picked again days later, its author's time kept.
    (
        "write pm/1.md # INC-1: x
        write docs/a.md hello
        commit 24 base
        write docs/a.md hello\\n[x](../pm/1.md)
        commit 24 link
        tag link
        scan
        write docs/a.md hello
        commit 72 unlink
        scan
        wait 48
        cherry-pick link",
        2,
        1,
    ),
    // Lines of one second in two commits.
    (
        "write pm/1.md # INC-1: x
        commit 24 base
        write docs/a.md [x](../pm/1.md)
        commit 24 one
        scan
        write docs/a.md [x](../pm/1.md)\\n\\n[x](../pm/1.md)
        commit 0 two",
        2,
        2,
    ),
    // A removal rewritten away.
    (
        "write pm/1.md # INC-1: x
        write pm/2.md # two
        write docs/a.md [x](../pm/1.md)
        commit 24 base
        branch keep
        scan
        rm -q docs/a.md pm/2.md
        commit 24 remove
        scan
        reset -q --hard keep
        write x more
        commit 24 more",
        1,
        1,
    ),
    // A link, a message and a write-up rewritten away, and brought back.
    (
        "write pm/1.md # INC-1: x
        commit 24 base
        branch keep
        write pm/2.md # two
        write docs/a.md [x](../pm/1.md)
        commit 24 link INC-1
        branch away
        scan
        reset -q --hard keep
        write x more
        commit 24 more
        scan
        reset -q --hard away",
        1,
        1,
    ),
    // Amended with its author's time, and with another.
    (
        "write pm/1.md # INC-1: x
        write docs/a.md [x](../pm/1.md)
        commit 24 base
        scan
        wait 24
        -c user.name=Bob commit -q --amend --no-edit
        scan
        -c user.name=Bob commit -q --amend --no-edit --reset-author",
        1,
        1,
    ),
    // Other globs.
    (
        "write pm/1.md # INC-1: x
        write notes/7.md # INC-7: y
        write docs/a.md [x](../pm/1.md) INC-7
        commit 24 INC-7
        globs \"pm/*.md\", \"notes/*.md\"
        scan
        globs \"pm/*.md\"",
        1,
        1,
    ),
    // A key that moves to another write-up, and one that was mistyped.
    (
        "write pm/1.md # INC-1: x
        write pm/2.md # other
        write docs/a.md INC-1\\nINC-11
        commit 24 INC-1
        scan
        write pm/1.md # x
        write pm/2.md # INC-1: other
        commit 24 keys
        scan
        write pm/2.md # INC-11: other
        commit 24 typo",
        1,
        1,
    ),
    // A path that another write-up takes, also when the first is gone for good.
    (
        "write pm/1.md # INC-1: x\\nlong text a\\nlong text b\\nlong text c
        write pm/3.md # INC-3: z\\nquite other\\nwords in here\\nof a third
        write docs/a.md [x](../pm/1.md)\\nINC-1\\nINC-3
        commit 24 base
        scan
        mv pm/1.md pm/old.md
        commit 24 move
        write pm/1.md # INC-2: new\\nsomething else
        commit 24 new
        scan
        rm -q pm/1.md
        commit 24 gone
        mv pm/3.md pm/1.md
        commit 24 taken",
        3,
        3,
    ),
    // A key goes with the text that is there.
    (
        "write pm/1.md # INC-1: x\\na\\nb\\nc
        commit 24 base
        rm -q pm/1.md
        write pm/one.md # INC-1: y\\nd\\ne\\nf
        commit 24 anew
        scan
        write docs/a.md INC-1
        commit 24 link",
        1,
        1,
    ),
    // Deleted and written again.
    (
        "write pm/1.md # INC-1: x\\na\\nb\\nc
        write docs/a.md [x](../pm/1.md)
        commit 24 base
        scan
        rm -q pm/1.md
        commit 48 gone
        scan
        write pm/1.md # INC-1: x\\na\\nb\\nc
        commit 168 again
        mv pm/1.md pm/one.md
        commit 24 rename
        scan
        mv pm/one.md pm/1.md
        commit 24 rename",
        1,
        1,
    ),
];

#[test]
fn what_history_no_longer_shows_is_taken_back() {
    for (script, all, alive) in STORIES {
        let story = play(script);
        let links: Vec<&Link> = standing(&story.heard)
            .filter_map(|event| match &event.body {
                Body::Link(link) if link.place == Place::Docs => Some(link),
                _ => None,
            })
            .collect();
        let live = links.iter().filter(|link| link.removed_at.is_none());
        assert_eq!((links.len(), live.count()), (*all, *alive), "{script}");
    }
}

/// A link in a history that was rewritten stays what it was, out of reach; when that history comes
/// back, the link does. What other settings no longer find is taken back altogether.
#[test]
fn what_was_rewritten_is_out_of_reach() {
    let mut story = play(
        "write pm/1.md # INC-1: x
        commit 24 base
        tag start
        write src/a.go // INC-1 is why
        commit 24 Because of INC-1
        tag lost
        scan
        reset -q --hard start
        write src/b.go // nothing
        commit 24 other",
    );
    let lost = |story: &Story| {
        let events = story
            .heard
            .values()
            .filter(|event| told::unreachable(event).is_some());
        let place = |event: &Event| match &event.body {
            Body::Link(link) => (
                link.place,
                link.stands_in.clone().is_some(),
                link.person.is_some(),
            ),
            _ => panic!("{event:?}"),
        };
        let mut places: Vec<_> = events
            .map(|event| (event.subject.clone(), place(event)))
            .collect();
        places.sort_unstable();
        places
    };
    let subject = || "shop:pm/1.md".to_owned();
    assert_eq!(
        lost(&story),
        [
            (subject(), (Place::Commit, true, false)),
            (subject(), (Place::CodeComment, true, false))
        ]
    );
    story.step("reset -q --hard lost");
    story.step("scan");
    assert_eq!(lost(&story), []);
    story.step("globs \"nothing/*.md\"");
    story.step("scan");
    assert_eq!(lost(&story), []);
    assert!(standing(&story.heard).all(|event| !matches!(event.body, Body::Link(_))));
}

/// A small generator of the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A change of a file: a write-up or a page with lines that refer to write-ups.
    fn change(&mut self, files: &mut BTreeMap<String, Vec<String>>) -> Vec<String> {
        let page = format!("docs/d{}.md", self.below(3));
        let writeup = format!("pm/w{}.md", self.below(4));
        let line = match self.below(2) {
            0 => format!("see [x](../{writeup}) {}", self.below(2)),
            _ => format!("INC-{} note {}", 100 + self.below(4), self.below(2)),
        };
        let lines = files.entry(page.clone()).or_default();
        let place = usize::try_from(self.below(lines.len() as u64 + 1)).expect("small");
        match self.below(10) {
            0..=3 => lines.insert(place, line),
            4 | 5 if place < lines.len() => drop(lines.remove(place)),
            6 if place < lines.len() => lines[place].push_str(" edited"),
            7 => {
                let mut text = vec![format!("# INC-{}: t", 100 + self.below(4))];
                text.extend((0..6).map(|n| format!("text {n} {}", self.below(3))));
                files.insert(writeup, text);
            }
            8 => drop(files.remove(&writeup)),
            _ => {
                let other = format!("pm/w{}.md", self.below(6));
                if let Some(text) = files.remove(&writeup) {
                    files.insert(other, text);
                }
            }
        }
        files
            .iter()
            .map(|(path, lines)| format!("write {path} {}", lines.join("\\n")))
            .collect()
    }
}

/// Histories with merges, reverts, resets and amendments, pulled at any time.
#[test]
fn generated_histories_are_told_alike_however_they_are_pulled() {
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let mut files = BTreeMap::new();
        let mut story = Story::new();
        let mut script = Vec::new();
        let mut commits = 0u64;
        for step in 0..14 {
            let commit = |dice: &mut Dice, files: &mut _| {
                let mut lines = vec!["rm -rqf --ignore-unmatch docs pm".to_owned()];
                lines.extend(dice.change(files));
                let hours = [0, 1, 25, 60][usize::try_from(dice.below(4)).expect("small")];
                let key = 100 + dice.below(4);
                lines.push(format!("commit {hours} step{step} INC-{key}"));
                lines
            };
            let mut lines = Vec::new();
            match dice.below(8) {
                0 if commits > 3 => {
                    commits -= 2;
                    lines.push(format!("reset -q --hard HEAD~{}", 1 + dice.below(2)));
                }
                1 if commits > 3 => {
                    lines.push("wait 20".to_owned());
                    lines.push(
                        "-c user.name=Bob commit -q --amend --no-edit --allow-empty".to_owned(),
                    );
                }
                2 | 3 if commits > 1 => {
                    lines.push(format!("checkout -q -b side{step}"));
                    lines.extend(commit(&mut dice, &mut files));
                    lines.push("checkout -q main".to_owned());
                    lines.push("wait 30".to_owned());
                    lines.push(format!("merge -q --no-ff -m merge{step} side{step}"));
                    if dice.below(2) == 0 {
                        // What the merge brought is reverted, and the revert too.
                        for _ in 0..2 {
                            lines.push("read-tree -u --reset HEAD^1".to_owned());
                            lines.push("commit 26 revert".to_owned());
                        }
                    }
                    commits += 2;
                }
                _ => {
                    lines.extend(commit(&mut dice, &mut files));
                    commits += 1;
                }
            }
            if dice.below(5) < 2 {
                lines.push("scan".to_owned());
            }
            for line in lines {
                story.step(&line);
                script.push(line);
            }
        }
        story.scan(&format!("seed {seed}:\n{}", script.join("\n")));
    }
}
