//! A log that is being written, taken up where the last look ended. A look costs nothing where nothing was
//! written; so `readback serve` may look as often as it likes.
//!
//! Where reading stands is remembered for each file by its device, inode and first bytes. A file that was
//! renamed, copied or packed begins as before and is read on; one that was cut to nothing begins anew. In
//! doubt a file is read from its beginning: events have the same ids, and none counts twice.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::files::{self, Found};
use super::lines::for_each_line;
use super::{AccessLog, Seen, access, access_log};
use crate::model::{DAY_MS, Millis};
use crate::sources::sight::counted;
use crate::sources::{Problem, Pull, Setting, Sight, Sink, SourceError};

/// So much before the last place is read once more, to know which lines were there already: identical
/// lines are numbered.
const BEFORE: u64 = 1 << 20;

/// How long a file is remembered that is not there any more. Somebody may bring it back, packed.
const REMEMBERED: Millis = 60 * DAY_MS;

/// Where reading stands, for all files.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checkpoint {
    files: Vec<Mark>,
    /// By which parameters they were read, but for the paths.
    #[serde(default)]
    rules: Option<String>,
}

/// Where reading stands in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The path that it was found under.
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    written: i64,
    /// How many of its first bytes are in `hash`.
    head: usize,
    hash: String,
    /// How far it was read, unpacked.
    offset: u64,
    lines: u64,
    /// What the file said of its columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    said: Vec<String>,
    /// The parameters by which nothing of it could be read; with others it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    /// When it was last seen.
    seen: Millis,
}

impl Mark {
    /// Whether a file begins like the one that this stands for.
    fn begins(&self, found: &Found) -> bool {
        let head = found.head.get(..self.head);
        self.head > 0 && head.is_some_and(|head| hash(head) == self.hash)
    }

    /// Whether it is the very file, by its place on the disk.
    fn is(&self, found: &Found) -> bool {
        (self.device, self.inode) == (found.device, found.inode)
    }

    /// Whether nothing happened to the file since.
    fn is_unchanged(&self, found: &Found) -> bool {
        self.is(found) && (self.size, self.written) == (found.size, found.written)
    }
}

/// Enough to tell a few files apart, and too little to find out by guessing which address stood there.
fn hash(head: &[u8]) -> String {
    format!("{:08x}", xxh3_128(head) & 0xffff_ffff)
}

/// Builds the puller.
pub(super) fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    let paths = super::paths(&params)?;
    if paths.is_empty() {
        return Err(SourceError::Params(
            "path: say which files to follow, such as \"/var/log/nginx/access.log*\"".to_owned(),
        ));
    }
    let given = hash(params.to_string().as_bytes());
    let mut rules = params.clone();
    rules.remove("path");
    let rules = hash(format!("{rules} {}", setting.timezone).as_bytes());
    let log = access_log(params, setting)?;
    Ok(Box::new(Follow {
        log,
        paths,
        given,
        rules,
    }))
}

/// Looks for `readback check`: whether there are such files, and whether they may be read.
pub(super) fn look(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    let paths = super::paths(&params)?;
    access_log(params, setting)?;
    if paths.is_empty() {
        return Ok("no path is given, so its files come by `readback import`".into());
    }
    let files = list(&paths)?;
    for file in &files {
        std::fs::File::open(file).map_err(|cause| SourceError::Io {
            name: file.display().to_string(),
            cause,
        })?;
    }
    match (files.len(), nothing(&paths)) {
        (0, Some(reason)) => Err(SourceError::Format {
            name: paths.join(", "),
            reason,
        }),
        (n, odd) => {
            let mut sight: Sight = counted(n, "file", "files").into();
            sight.doubts.extend(odd);
            Ok(sight)
        }
    }
}

/// What is said where one of the paths is none of a file; nothing where files are there for all.
fn nothing(paths: &[String]) -> Option<String> {
    let folders = files::folders(paths);
    if let Some(folder) = folders.first() {
        let folder = folder.trim_end_matches('/');
        return Some(format!(
            "path: {folder:?} is a folder; say which files in it, such as \"{folder}/*.log*\""
        ));
    }
    let is_empty =
        |path: &&String| files::list(std::slice::from_ref(path)).is_ok_and(|all| all.is_empty());
    let path = paths.iter().find(is_empty)?;
    Some(format!(
        "path: {path:?} fits no file: no such file is there"
    ))
}

fn list(paths: &[String]) -> Result<Vec<PathBuf>, SourceError> {
    files::list(paths).map_err(|cause| SourceError::Io {
        name: paths.join(", "),
        cause,
    })
}

struct Follow {
    log: AccessLog,
    paths: Vec<String>,
    /// The parameters, hashed.
    given: String,
    /// The same without the paths, and the zone.
    rules: String,
}

impl Pull for Follow {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        // An unreadable checkpoint only means more work: events have the same ids.
        let before: Checkpoint = checkpoint
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let is_other = before.rules.is_some_and(|rules| rules != self.rules);
        if is_other && !before.files.is_empty() {
            sink.note(
                "the parameters are others than before: all files that are still there are read again from \
                 their beginning; what is left out now and was taken before stays until `readback purge`"
                    .to_owned(),
            );
        }
        self.log.begin(now);
        let mut marks = before.files;
        if is_other {
            marks.clear();
        }
        let mut after = Vec::new();
        if let Some(words) = nothing(&self.paths) {
            sink.note(words);
        }
        let listed = self.with_rotated(list(&self.paths)?, &marks, sink);
        for found in listed {
            let place = known(&marks, &found);
            let mark = place.map(|place| marks[place].clone());
            if let Some(place) = place
                && marks[place].is(&found)
            {
                marks.remove(place);
            }
            match self.one(&found, mark.clone(), now, sink) {
                Ok(Some(mark)) => after.push(mark),
                Ok(None) => {}
                // One file that can't be read must not keep the others from being read.
                Err(error) => {
                    sink.problem(trouble(found.name(), error.to_string()));
                    after.extend(mark);
                }
            }
        }
        // Those that are gone may come back; a copy that was read on has its place taken over.
        marks.retain(|mark| {
            let again = |new: &Mark| new.hash == mark.hash && new.offset >= mark.offset;
            now - mark.seen < REMEMBERED && !after.iter().any(again)
        });
        after.append(&mut marks);
        Ok(serde_json::to_string(&Checkpoint {
            files: after,
            rules: Some(self.rules.clone()),
        })
        .unwrap_or_default())
    }
}

/// Which of the remembered files this one is.
fn known(marks: &[Mark], found: &Found) -> Option<usize> {
    let fits = marks
        .iter()
        .enumerate()
        .filter(|(_, mark)| mark.begins(found));
    let best = fits.max_by_key(|(_, mark)| (mark.is(found), mark.head, mark.offset));
    best.map(|(place, _)| place)
}

impl Follow {
    /// The files in the order in which they were written, and with them those that a rotation made of a
    /// file that was being read, whatever it is called now.
    fn with_rotated(
        &self,
        listed: Vec<PathBuf>,
        marks: &[Mark],
        sink: &mut dyn Sink,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        let mut look = |path: &Path, found: &mut Vec<Found>| match Found::look(path) {
            Ok(one) => found.push(one),
            // It may have been rotated away since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => sink.problem(trouble(path.display().to_string(), error.to_string())),
        };
        for path in &listed {
            look(path, &mut found);
        }
        let is_lost = |mark: &&Mark| !found.iter().any(|found| mark.begins(found));
        let lost: Vec<&Mark> = marks.iter().filter(is_lost).collect();
        let mut rotated = Vec::new();
        for mark in &lost {
            let mut now = files::siblings(&mark.path).unwrap_or_default();
            // Servers go on writing to a file that was renamed, until they are told.
            now.push(mark.path.clone());
            for path in now {
                let is_listed = listed.contains(&path);
                if !is_listed && !rotated.contains(&path) {
                    rotated.push(path);
                }
            }
        }
        let mut older = Vec::new();
        for path in rotated {
            look(&path, &mut older);
        }
        older.retain(|found| lost.iter().any(|mark| mark.begins(found)));
        older.append(&mut found);
        older
    }

    /// Reads what is new in a file, and says where it stands then; nothing of an empty file.
    fn one(
        &mut self,
        found: &Found,
        mark: Option<Mark>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> io::Result<Option<Mark>> {
        if found.head.is_empty() {
            return Ok(None);
        }
        if let Some(mark) = &mark
            && mark.is_unchanged(found)
            && mark
                .refused
                .as_ref()
                .is_none_or(|given| *given == self.given)
        {
            let mark = Mark {
                path: found.path.clone(),
                seen: now,
                ..mark.clone()
            };
            return Ok(Some(mark));
        }
        // A plain file that is shorter than what was read of it was written anew.
        let mark = mark.filter(|mark| found.packed || mark.offset <= found.size);
        let mark = mark.filter(|mark| mark.refused.is_none());
        let offset = mark.as_ref().map_or(0, |mark| mark.offset);
        let mut seen = Seen {
            name: format!("{} ", found.name()),
            number: mark.as_ref().map_or(0, |mark| mark.lines),
            // What was readable once is no other kind of file now.
            readable: u64::from(mark.is_some()),
            ..Seen::default()
        };
        for line in mark.iter().flat_map(|mark| &mark.said) {
            seen.columns.hear(line.as_bytes());
        }
        let start = offset.saturating_sub(BEFORE);
        let (mut input, end) = found.rest(start)?;
        let mut before = input.by_ref().take(offset - start);
        self.again(&mut before, start > 0, &mut seen)?;
        let mut counted = Counted {
            inner: input,
            bytes: 0,
        };
        self.log.lines(&mut counted, &mut seen, sink)?;
        let mut refused = None;
        if mark.is_none() {
            if seen.is_something_else() {
                let reason = self.log.something_else(&seen);
                sink.problem(trouble(found.name(), reason));
                refused = Some(self.given.clone());
            } else {
                seen.notes(&found.name(), sink);
            }
        }
        let read = match refused {
            Some(_) => 0,
            None => end.unwrap_or(offset + counted.bytes),
        };
        Ok(Some(Mark {
            path: found.path.clone(),
            device: found.device,
            inode: found.inode,
            size: found.size,
            written: found.written,
            head: found.head.len(),
            hash: hash(&found.head),
            offset: read,
            lines: seen.number,
            said: seen.columns.said().map(str::to_owned).collect(),
            refused,
            seen: now,
        }))
    }

    /// Hears lines once more that were taken before, so that identical ones go on being numbered.
    fn again(&self, input: &mut dyn io::BufRead, cut: bool, seen: &mut Seen) -> io::Result<()> {
        let mut cut = cut;
        let columns = seen.columns.clone();
        for_each_line(input, |text, complete| {
            // The first one is the end of a line where reading began in the midst of it.
            let whole = !std::mem::take(&mut cut);
            if let Some(text) = text
                && whole
                && let Ok(access::Found::Access(access)) = self.log.parse(text, complete, seen)
            {
                self.log.hear(text, &access, seen);
            }
            true
        })?;
        seen.columns = columns;
        Ok(())
    }
}

fn trouble(place: String, reason: String) -> Problem {
    Problem {
        place,
        field: String::new(),
        reason,
    }
}

/// Counts what is taken of an input.
struct Counted {
    inner: Box<dyn BufRead + Send>,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.read(buffer)?;
        self.bytes += taken as u64;
        Ok(taken)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.bytes += amount as u64;
    }
}
