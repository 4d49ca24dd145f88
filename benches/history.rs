//! The walk of a git history, lives of links included, against what plain git offers for the same
//! question, by turns in one run: `git log -p --all -G<regex>`, which shows every change of a line
//! that fits, and `git cat-file --batch-all-objects` into grep, which sees each content once and
//! knows no commit. `cargo bench --bench history [-- PATH [PATTERN]]`.
//!
//! Without a path the history is one of 50,000 commits that is made for it, the same each time. Of a
//! path the branch that HEAD names is cloned first, so that all three see the same commits. The names
//! looked for are those that fit the pattern (an extended regular expression) in the newest state.

#[path = "bench/measure.rs"]
mod measure;
#[path = "bench/peak.rs"]
mod memory;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use measure::{Measured, measure};
use memory::peak;
use readback::model::{Body, Event, Vocabulary};
use readback::sources::{KnownWriteup, Problem, Setting, Sink, find};

const ROUNDS: usize = 3;
const COMMITS: u32 = 50_000;
/// What the made history is full of.
const KEYS: &str = "INC-[0-9]+";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| *argument != "--bench")
        .collect();
    if let ["walk", path, names] = given[..] {
        return walk(Path::new(path), Path::new(names));
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let history = folder.path().join("history.git");
    match given.first() {
        Some(path) => {
            let clone = [
                "clone",
                "-q",
                "--bare",
                "--single-branch",
                "--no-tags",
                path,
            ];
            git(folder.path(), &[&clone[..], &["history.git"]].concat());
        }
        None => make(&history),
    }
    let pattern = given.get(1).copied().unwrap_or(KEYS);
    let names = folder.path().join("names");
    let known = names_in(&history, pattern);
    std::fs::write(
        &names,
        known
            .iter()
            .map(|name| format!("{name}\n"))
            .collect::<String>(),
    )
    .expect("a file");
    compare(&history, &names, pattern, known.len());
}

fn compare(history: &Path, names: &Path, pattern: &str, known: usize) {
    let mut out = std::io::stdout();
    let commits: f64 = git(history, &["rev-list", "--all", "--count"])
        .trim()
        .parse()
        .expect("a number");
    writeln!(
        out,
        "{commits} commits, {known} names of write-ups; medians of {ROUNDS} rounds"
    )
    .expect("stdout");
    // What is read of a disk for the first time is in memory afterwards.
    git(history, &["rev-list", "--all", "--objects", "--count"]);
    let mut rounds: [Vec<Measured>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let program = std::env::current_exe().expect("this program");
        rounds[0].push(measure(
            Command::new(program).arg("walk").arg(history).arg(names),
        ));
        rounds[1].push(measure(&mut shell(
            "exec git log -p --all -G\"$PATTERN\"",
            history,
            pattern,
        )));
        rounds[2].push(measure(&mut shell(
            "git cat-file --batch --batch-all-objects --unordered | LC_ALL=C grep -aEc \"$PATTERN\" > /dev/null",
            history,
            pattern,
        )));
    }
    writeln!(
        out,
        "{:<34}{:>9}{:>9}{:>12}{:>12}{:>8}",
        "", "wall s", "cpu s", "commits/s", "walk is", "MiB"
    )
    .expect("stdout");
    let walk = median(rounds[0].iter().map(|one| one.seconds));
    let cases = [
        "walk, with lives",
        "git log -p --all -G",
        "git cat-file --batch-all | grep",
    ];
    for (name, rounds) in cases.iter().zip(&rounds) {
        let seconds = median(rounds.iter().map(|one| one.seconds));
        // Of a pipe only the shell's own is seen.
        let mib = median(rounds.iter().map(|one| one.peak_mib));
        let cpu = median(rounds.iter().map(|one| one.cpu));
        let (mib, cpu) = match mib {
            mib if mib < 8.0 => ("-".to_owned(), "-".to_owned()),
            mib => (format!("{mib:.0}"), format!("{cpu:.2}")),
        };
        writeln!(
            out,
            "{name:<34}{seconds:>9.2}{cpu:>9}{:>12.0}{:>11.1}x{mib:>8}",
            commits / seconds,
            seconds / walk
        )
        .expect("stdout");
    }
    let (seconds, links) = again(history, names);
    writeln!(
        out,
        "with nothing new: {seconds:.3} s; {links} links were found"
    )
    .expect("stdout");
}

/// Walks once and says how much it found.
fn walk(path: &Path, names: &Path) {
    let mut count = Count::default();
    pull(path, names, None, &mut count);
    writeln!(
        std::io::stdout(),
        "{} links, {:.0} MiB",
        count.links,
        peak(std::process::id())
    )
    .expect("stdout");
}

/// How long a pull takes when there is nothing new, and what the first one found.
fn again(path: &Path, names: &Path) -> (f64, u64) {
    let mut count = Count::default();
    let checkpoint = pull(path, names, None, &mut count);
    let since = Instant::now();
    pull(path, names, Some(&checkpoint), &mut Count::default());
    (since.elapsed().as_secs_f64(), count.links)
}

fn pull(path: &Path, names: &Path, checkpoint: Option<&str>, count: &mut Count) -> String {
    let mut params = toml::Table::new();
    params.insert("path".to_owned(), path.display().to_string().into());
    let names = std::fs::read_to_string(names).expect("names");
    let writeup = |name: &str| KnownWriteup {
        id: name.to_owned(),
        title: None,
        aliases: vec![format!("https://wiki.example.org/incidents/{name}")],
    };
    let setting = Setting {
        source: "history".to_owned(),
        timezone: chrono_tz::Tz::UTC,
        writeups: names.lines().map(writeup).collect(),
        vocabulary: Vocabulary::default(),
    };
    let kind = find("git").expect("the kind");
    let build = kind.pull.expect("it pulls");
    let mut source = build(params, &setting).expect("a source");
    source
        .pull(checkpoint, 1_800_000_000_000, count)
        .expect("a walk")
}

#[derive(Default)]
struct Count {
    links: u64,
}

impl Sink for Count {
    fn event(&mut self, event: Event) {
        self.links += u64::from(matches!(event.body, Body::Link(_)));
    }
    fn problem(&mut self, problem: Problem) {
        panic!("{problem}");
    }
    fn left_out(&mut self, _reason: &'static str) {}
    fn note(&mut self, _text: String) {}
}

/// What fits the pattern in the newest state and in messages.
fn names_in(history: &Path, pattern: &str) -> BTreeSet<String> {
    let inside = "{ git grep -aohE \"$PATTERN\" HEAD; git log --format=%B | grep -aoE \"$PATTERN\"; } | sort -u";
    let output = shell(inside, history, pattern).output().expect("a shell");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// A history of a service: files of code, pages and configuration that are written, changed, moved
/// and deleted, with references to incidents here and there.
fn make(history: &PathBuf) {
    git(
        Path::new("."),
        &[
            "init",
            "-q",
            "--bare",
            "-b",
            "main",
            &history.display().to_string(),
        ],
    );
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(history)
        .stdin(Stdio::piped())
        .spawn()
        .expect("git");
    let mut pipe = BufWriter::new(import.stdin.take().expect("a pipe"));
    let mut random = Random(7);
    let mut files: Vec<(u32, Vec<String>)> = Vec::new();
    for commit in 0..COMMITS {
        let seconds = 1_500_000_000 + u64::from(commit) * 3600;
        let message = match random.below(20) {
            0 => format!("Retry the queue, see INC-{}", random.below(400)),
            _ => format!("Change {commit}"),
        };
        write!(
            pipe,
            "commit refs/heads/main\ncommitter Ada <ada@example.org> {seconds} +0000\ndata {}\n{message}\n",
            message.len()
        )
        .expect("git");
        for _ in 0..=random.below(2) {
            let number = if files.len() < 1500 && random.below(4) == 0 || files.is_empty() {
                let lines = (0..20 + random.below(200))
                    .map(|_| line(&mut random))
                    .collect();
                files.push((u32::try_from(files.len()).unwrap_or(0), lines));
                files.len() - 1
            } else {
                random.below(files.len() as u64) as usize
            };
            let (name, lines) = &mut files[number];
            for _ in 0..=random.below(6) {
                let at = random.below(lines.len() as u64) as usize;
                lines[at] = line(&mut random);
            }
            let text = lines.concat();
            let ending = ["rs", "py", "md", "yaml", "go"][*name as usize % 5];
            write!(
                pipe,
                "M 100644 inline src/part{}/deep{}/file{name}.{ending}\ndata {}\n{text}\n",
                *name % 40,
                *name % 7,
                text.len()
            )
            .expect("git");
        }
    }
    drop(pipe);
    assert!(import.wait().expect("git").success());
    git(history, &["repack", "-adq"]);
}

fn line(random: &mut Random) -> String {
    match random.below(600) {
        0 => format!("// see INC-{}\n", random.below(400)),
        1 => format!(
            "# https://wiki.example.org/incidents/INC-{}\n",
            random.below(400)
        ),
        _ => format!(
            "    value_{} = call(other_{}, \"{}\")\n",
            random.below(5000),
            random.below(5000),
            random.below(90_000)
        ),
    }
}

/// A generator of numbers that gives the same ones each time (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

fn shell(line: &str, folder: &Path, pattern: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(folder)
        .env("PATTERN", pattern);
    command
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
