//! Segments: files of frames, each with a number that gives their order and a random id. The one
//! with the greatest number is written to, but for one that may be made ahead and is empty; the others
//! are sealed and never change.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::frame::{self, Found};
use super::whole::sync_folder;

const ENDING: &str = "seg";

/// The name of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) number: u64,
    pub(super) id: u128,
}

impl Name {
    /// A new one with this number.
    pub(super) fn new(number: u64) -> io::Result<Self> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let id = u128::from_le_bytes(id);
        Ok(Name { number, id })
    }

    pub(super) fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{:012}-{:032x}.{ENDING}", self.number, self.id))
    }

    fn of(path: &Path) -> Option<Self> {
        if path.extension()? != ENDING {
            return None;
        }
        let (number, id) = path.file_stem()?.to_str()?.split_once('-')?;
        Some(Name {
            number: number.parse().ok()?,
            id: u128::from_str_radix(id, 16).ok()?,
        })
    }
}

/// A sealed segment: a batch on its way to the store.
#[derive(Clone, Debug)]
pub struct Segment {
    pub(super) name: Name,
    pub(super) path: PathBuf,
    /// Its length, bytes.
    pub bytes: u64,
    /// Rows that it makes in the store.
    pub rows: u64,
    pub(super) marks: Vec<u128>,
}

impl Segment {
    /// Names what is in it for ever: it never changes once it is sealed.
    pub fn id(&self) -> u128 {
        self.name.id
    }

    /// Reads all of it. Blocks the thread.
    pub fn read(&self) -> io::Result<Content> {
        let mut bytes = fs::read(&self.path)?;
        // Behind it may stand what could neither be written nor taken off again.
        bytes.truncate(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        Content::of(bytes, self.name.id)
    }
}

/// What a segment holds.
#[derive(Debug)]
pub struct Content {
    bytes: Vec<u8>,
    found: Found,
}

impl Content {
    pub(super) fn of(bytes: Vec<u8>, id: u128) -> io::Result<Self> {
        let found = frame::scan(&bytes, id);
        Ok(Content { bytes, found })
    }

    /// The payloads of its entries, in their order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let frames = self.found.frames.iter();
        frames.map(|frame| &self.bytes[frame.payload.clone()])
    }

    /// Bytes that were entries once and are none now, between others or behind the last.
    pub fn damage(&self) -> impl Iterator<Item = &[u8]> {
        let end = self.found.end..self.bytes.len();
        let ranges = self.found.damage.iter().cloned().chain([end]);
        let ranges: Vec<Range<usize>> = ranges.filter(|range| !range.is_empty()).collect();
        ranges.into_iter().map(|range| &self.bytes[range])
    }
}

/// What was found when a spool was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Segments with entries, or with what is left of them.
    pub segments: usize,
    /// Entries that wait in them.
    pub entries: u64,
    /// Bytes at the end of the last segment that are the beginning of an entry at most: nobody was
    /// told that they are safe. They are gone.
    pub torn: u64,
    /// Bytes that were whole once and are damaged.
    pub damaged: u64,
}

/// Goes through the segments of a folder, oldest first. A torn end is cut off, a segment of which
/// nothing is left is removed, as is one that was made ahead: the last is the last that holds anything.
/// Gives the number for the next segment.
pub(super) fn recover(folder: &Path) -> io::Result<(Vec<Segment>, u64, Recovered)> {
    let mut names: Vec<Name> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // What only looks like a segment is none of ours.
        names.extend(Name::of(&path).filter(|name| name.path(folder) == path));
    }
    names.sort_unstable();
    let next = names.last().map_or(1, |last| last.number.saturating_add(1));
    let (mut segments, mut recovered) = (Vec::new(), Recovered::default());
    let mut last = None;
    for name in &names {
        if fs::metadata(name.path(folder))?.len() > 0 {
            last = Some(*name);
        }
    }
    for name in names {
        let path = name.path(folder);
        let bytes = fs::read(&path)?;
        let found = frame::scan(&bytes, name.id);
        let torn = (bytes.len() - found.reach) as u64;
        recovered.damaged += found
            .damage
            .iter()
            .map(|range| range.len() as u64)
            .sum::<u64>();
        // Behind the last whole entry, but with all its bytes: it was not cut off.
        recovered.damaged += (found.reach - found.end) as u64;
        let mut length = bytes.len() as u64;
        if Some(name) == last {
            recovered.torn = torn;
            length = found.reach as u64;
            if torn > 0 {
                let file = File::options().write(true).open(&path)?;
                file.set_len(length)?;
                file.sync_all()?;
            }
        } else {
            recovered.damaged += torn;
        }
        if length == 0 {
            fs::remove_file(&path)?;
            continue;
        }
        recovered.segments += 1;
        recovered.entries += found.frames.len() as u64;
        let frames = found.frames;
        segments.push(Segment {
            name,
            path,
            bytes: length,
            rows: frames.iter().map(|frame| u64::from(frame.rows)).sum(),
            marks: frames.into_iter().flat_map(|frame| frame.marks).collect(),
        });
    }
    sync_folder(&folder.join(ENDING))?;
    Ok((segments, next, recovered))
}
