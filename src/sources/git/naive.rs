//! The ledger against a model that knows nothing of differences between trees: it reads every file of
//! every commit of the branch with plain git. Histories are generated: lines are added, edited, moved
//! and removed, files renamed, commits reverted, branches merged, rebased, squashed, single commits
//! picked.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::model::{Body, DAY_MS, Millis, Place};
use crate::sources::KnownWriteup;

use super::tests::{Fixture, pull_at};

const KEYS: [&str; 3] = ["INC-100", "INC-101", "INC-102"];

/// A line with a reference: the key and the line.
type Line = (String, String);

/// What is compared of a link: key, where it was first written, since when, until when.
type Told = (String, String, Millis, Option<Millis>);

#[derive(Clone, Debug)]
struct Life {
    line: Line,
    origin: String,
    since: Millis,
    until: Option<Millis>,
}

/// A commit as plain git prints it.
struct Commit {
    id: String,
    parents: Vec<String>,
    at: Millis,
}

struct Model<'a> {
    repo: &'a Fixture,
    live: BTreeMap<String, Vec<Life>>,
    gone: Vec<(String, Life)>,
    over: Vec<Life>,
}

impl Model<'_> {
    fn commits(&self, arguments: &[&str]) -> Vec<Commit> {
        let format = "--format=%H %ct %P";
        let arguments = [&["log", "--reverse", "--topo-order", format], arguments].concat();
        let text = self.repo.git(&arguments);
        let commit = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let (id, at) = (words.next().expect("an id"), words.next().expect("a time"));
            Commit {
                id,
                at: at.parse::<Millis>().expect("seconds") * 1000,
                parents: words.filter(|word| !word.is_empty()).collect(),
            }
        };
        text.lines().map(commit).collect()
    }

    /// Every line with a key in every file, with its number.
    fn lines(&self, commit: &str) -> BTreeMap<String, Vec<(Line, usize)>> {
        let files = self.repo.git(&["ls-tree", "-r", "--name-only", commit]);
        let mut all = BTreeMap::new();
        for path in files.lines() {
            let text = self.repo.git(&["show", &format!("{commit}:{path}")]);
            let mut found = Vec::new();
            for (number, line) in text.lines().enumerate() {
                for key in KEYS.iter().filter(|key| line.contains(*key)) {
                    found.push((((*key).to_owned(), line.to_owned()), number + 1));
                }
            }
            all.insert(path.to_owned(), found);
        }
        all
    }

    /// Old names by new ones, as git finds them.
    fn renamed(&self, commit: &Commit) -> BTreeMap<String, String> {
        let Some(parent) = commit.parents.first() else {
            return BTreeMap::new();
        };
        let text = self
            .repo
            .git(&["diff-tree", "-r", "-M", "--name-status", parent, &commit.id]);
        let rename = |line: &str| {
            let words: Vec<&str> = line.split('\t').collect();
            match words[..] {
                [status, from, to] if status.starts_with('R') => {
                    Some((to.to_owned(), from.to_owned()))
                }
                _ => None,
            }
        };
        text.lines().filter_map(rename).collect()
    }

    /// Where a line was first written: in a commit that came with this one, or in this one.
    fn origin(
        &self,
        commit: &Commit,
        path: &str,
        (line, number): &(Line, usize),
    ) -> (String, Millis) {
        let written = |commit: &Commit, path: &str, number: usize| {
            (
                format!("shop@{}:{path}#L{number}", &commit.id[..12]),
                commit.at,
            )
        };
        if let [parent, ..] = &commit.parents[..] {
            for earlier in self.commits(&[&format!("{parent}..{}", commit.id)]) {
                if earlier.id == commit.id || earlier.parents.len() > 1 {
                    continue;
                }
                let before: BTreeSet<Line> = match earlier.parents.first() {
                    Some(parent) => self
                        .lines(parent)
                        .into_values()
                        .flatten()
                        .map(|(line, _)| line)
                        .collect(),
                    None => BTreeSet::new(),
                };
                for (path, lines) in self.lines(&earlier.id) {
                    let new = lines
                        .iter()
                        .find(|(found, _)| found == line && !before.contains(line));
                    if let Some((_, number)) = new {
                        return written(&earlier, &path, *number);
                    }
                }
            }
        }
        written(commit, path, *number)
    }

    fn step(&mut self, commit: &Commit) {
        let is_over =
            |(_, life): &(String, Life)| life.until.is_some_and(|until| commit.at - until > DAY_MS);
        let (over, gone) = std::mem::take(&mut self.gone)
            .into_iter()
            .partition(is_over);
        self.gone = gone;
        let over: Vec<(String, Life)> = over;
        self.over.extend(over.into_iter().map(|(_, life)| life));
        let renamed = self.renamed(commit);
        let mut before = std::mem::take(&mut self.live);
        let mut came = Vec::new();
        for (path, lines) in self.lines(&commit.id) {
            let from = renamed.get(&path).unwrap_or(&path);
            let mut lives = before.remove(from).unwrap_or_default();
            let mut kept = Vec::new();
            let mut unknown = Vec::new();
            for found in lines {
                match lives.iter().position(|life| life.line == found.0) {
                    Some(at) => kept.push(lives.remove(at)),
                    None => unknown.push(found),
                }
            }
            for found in unknown {
                match lives.iter().position(|life| life.line.0 == found.0.0) {
                    Some(at) => kept.push(Life {
                        line: found.0,
                        ..lives.remove(at)
                    }),
                    None => came.push((path.clone(), found)),
                }
            }
            // What is left of them went from this file.
            before
                .entry(format!("{from} left"))
                .or_default()
                .extend(lives);
            self.live.insert(path, kept);
        }
        let mut went: Vec<(String, Life)> = before
            .into_iter()
            .flat_map(|(path, lives)| {
                let path = path.trim_end_matches(" left").to_owned();
                lives.into_iter().map(move |life| (path.clone(), life))
            })
            .collect();
        for (path, found) in came {
            let same = |(_, life): &(String, Life)| life.line == found.0;
            let life = if let Some(at) = went.iter().position(same) {
                went.remove(at).1
            } else if let Some(at) = self.gone.iter().position(same) {
                Life {
                    until: None,
                    ..self.gone.remove(at).1
                }
            } else {
                let (origin, since) = self.origin(commit, &path, &found);
                Life {
                    line: found.0,
                    origin,
                    since,
                    until: None,
                }
            };
            self.live.entry(path).or_default().push(life);
        }
        for (path, mut life) in went {
            life.until = Some(commit.at.max(life.since));
            self.gone.push((path, life));
        }
    }

    /// All links in files.
    fn told(mut self) -> Vec<Told> {
        for commit in self.commits(&["--first-parent", "main"]) {
            self.step(&commit);
        }
        let live = self.live.into_values().flatten();
        let gone = self.gone.into_iter().map(|(_, life)| life);
        let told = |life: Life| (life.line.0, life.origin, life.since, life.until);
        let mut told: Vec<Told> = live.chain(gone).chain(self.over).map(told).collect();
        told.sort_unstable();
        told
    }
}

/// What the history's links in messages are: each key once for an author's time and text.
fn messages(repo: &Fixture) -> Vec<String> {
    let text = repo.git(&["log", "--format=%at%x00%B%x01", "main"]);
    let mut told = BTreeSet::new();
    for commit in text.split('\u{1}') {
        for key in KEYS.iter().filter(|key| commit.contains(*key)) {
            told.insert(format!("{key} {}", commit.trim()));
        }
    }
    told.iter()
        .filter_map(|told| Some(told.split_once(' ')?.0.to_owned()))
        .collect()
}

/// A history in the making. Every line is another one, so that nobody can doubt which went where.
struct Story {
    repo: Fixture,
    files: BTreeMap<String, Vec<String>>,
    count: u32,
    branches: u32,
}

impl Story {
    fn new() -> Story {
        let mut story = Story {
            repo: Fixture::new(),
            files: BTreeMap::new(),
            count: 0,
            branches: 0,
        };
        for name in ["docs/a.md", "docs/b.md", "src/c.rs"] {
            let lines = story.plain(name);
            story.files.insert(name.to_owned(), lines);
        }
        story.commit("begin", 1);
        story
    }

    fn plain(&mut self, name: &str) -> Vec<String> {
        (0..12)
            .map(|n| format!("plain {n} of {name} {}", self.next()))
            .collect()
    }

    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn reference(&mut self, key: usize) -> String {
        format!("see {} note {}", KEYS[key % 3], self.next())
    }

    fn commit(&mut self, message: &str, hours: i64) {
        for (path, lines) in &self.files {
            self.repo.write(path, &(lines.join("\n") + "\n"));
        }
        let text = format!("{message} {}", self.next());
        self.repo.commit_after(hours * 3600, &text);
    }

    /// Reads the files again, after git changed them.
    fn look(&mut self) {
        self.files.clear();
        for path in self.repo.git(&["ls-files"]).lines() {
            let text = self.repo.git(&["show", &format!("HEAD:{path}")]);
            self.files
                .insert(path.to_owned(), text.lines().map(str::to_owned).collect());
        }
    }

    fn step(&mut self, action: u8, file: usize, line: usize, hours: i64) {
        let names: Vec<String> = self.files.keys().cloned().collect();
        let name = names[file % names.len()].clone();
        let other = names[(file + 1) % names.len()].clone();
        let reference = self.reference(line);
        let lines = self.files.get_mut(&name).expect("a file");
        let at = line % (lines.len() + 1);
        let has_key = |line: &String| line.contains("INC-");
        let linked = lines.iter().position(has_key);
        match (action, linked) {
            (0, Some(linked)) => {
                let edited = format!("{} edited {}", lines[linked], self.count);
                lines[linked] = edited;
            }
            (1, Some(linked)) => drop(lines.remove(linked)),
            (2, Some(linked)) => {
                let moved = lines.remove(linked);
                self.files.entry(other).or_default().push(moved);
            }
            (3, _) => {
                self.repo.git(&["rm", "-q", &name]);
                let lines = self.files.remove(&name).expect("a file");
                let new = format!("moved/{}-{}", self.count, name.replace('/', "-"));
                self.files.insert(new, lines);
            }
            (4, _) => {
                lines.insert(at, reference);
                self.commit("too early", 1);
                self.repo.clock += hours * 3600;
                self.repo.git(&["revert", "--no-edit", "HEAD"]);
                self.look();
                return;
            }
            (9..=12, Some(linked)) => {
                // It goes and comes back, sooner or later than a day.
                let gone = lines.remove(linked);
                self.commit("take away", 1);
                let back = if action < 11 { &name } else { &other };
                self.files.entry(back.clone()).or_default().push(gone);
            }
            (5..=8, _) => return self.branch(action, line, hours),
            _ => lines.insert(at, reference),
        }
        self.commit(&format!("change {}", KEYS[line % 3]), hours);
        if line.is_multiple_of(5) {
            self.repo.clock += hours * 1800;
            self.repo.git(&["revert", "--no-edit", "HEAD"]);
            self.look();
        }
    }

    /// A branch with two commits, which comes to the main one in one of four ways.
    fn branch(&mut self, action: u8, line: usize, hours: i64) {
        self.branches += 1;
        let (side, own) = (
            format!("side{}", self.branches),
            format!("side/{}.md", self.branches),
        );
        self.repo.git(&["checkout", "-q", "-b", &side]);
        let mut lines = self.plain(&own);
        lines.push(self.reference(line));
        self.files.insert(own.clone(), lines);
        self.commit(&format!("side {}", KEYS[line % 3]), 1);
        let reference = self.reference(line + 1);
        self.files
            .get_mut(&own)
            .expect("a file")
            .insert(line % 10, reference);
        self.commit("side again", 1);
        self.repo.git(&["checkout", "-q", "main"]);
        self.look();
        let reference = self.reference(line + 2);
        let first = self.files.keys().next().cloned().expect("a file");
        self.files.get_mut(&first).expect("a file").push(reference);
        self.commit("meanwhile", hours);
        self.repo.clock += 3600;
        match action {
            5 => drop(self.repo.git(&[
                "merge", "-q", "--no-ff", "-X", "theirs", "-m", "merge", &side,
            ])),
            6 => {
                self.repo.git(&["checkout", "-q", &side]);
                self.repo.git(&["rebase", "-q", "main"]);
                self.repo.git(&["checkout", "-q", "main"]);
                self.repo.git(&["merge", "-q", "--ff-only", &side]);
            }
            7 => {
                self.repo.git(&["merge", "-q", "--squash", &side]);
                self.repo.git(&["commit", "-q", "-m", "squash"]);
            }
            _ => {
                self.repo.git(&["cherry-pick", &format!("{side}~1")]);
                self.repo.clock += 3600;
                self.repo.git(&[
                    "merge", "-q", "--no-ff", "-X", "theirs", "-m", "merge", &side,
                ]);
            }
        }
        self.look();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_what_every_commit_shows(
        steps in prop::collection::vec((0u8..18, 0usize..6, 0usize..40, prop::sample::select(vec![1i64, 5, 26, 30, 80])), 4..14),
        scans in prop::collection::vec(any::<bool>(), 14),
    ) {
        let mut story = Story::new();
        let known = || -> Vec<KnownWriteup> {
            KEYS.iter().map(|key| KnownWriteup { id: (*key).to_owned(), title: None, aliases: Vec::new() }).collect()
        };
        let mut heard = BTreeMap::new();
        let mut checkpoint: Option<String> = None;
        let more = format!("path = {:?}\nname = \"shop\"\nwriteups = []", story.repo.path().display().to_string());
        let last = steps.len() - 1;
        for (number, (action, file, line, hours)) in steps.into_iter().enumerate() {
            story.step(action, file, line, hours);
            if scans[number] || number == last {
                let (collected, next) = pull_at(story.repo.path(), &more, checkpoint.as_deref(), known());
                checkpoint = Some(next);
                for event in collected.events {
                    heard.insert(event.id.clone(), event);
                }
            }
        }
        let (mut files, mut in_messages) = (Vec::new(), Vec::new());
        for event in heard.into_values() {
            let Body::Link(link) = event.body else { continue };
            match link.place {
                Place::Commit => in_messages.push(event.subject),
                _ => files.push((event.subject, link.stands_in.unwrap_or_default(), event.time, link.removed_at)),
            }
        }
        files.sort_unstable();
        in_messages.sort_unstable();
        let model = Model { repo: &story.repo, live: BTreeMap::new(), gone: Vec::new(), over: Vec::new() };
        prop_assert_eq!(files, model.told());
        prop_assert_eq!(in_messages, messages(&story.repo));
    }
}
