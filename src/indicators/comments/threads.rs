//! Comments put together: threads where a comment says which one it answers, runs where it doesn't.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;

use crate::indicators::frames::{ints, with_flags};
use crate::model::Millis;

/// A comment, whatever became of it.
pub(super) struct Said {
    pub(super) writeup: u32,
    pub(super) at: Millis,
    /// When it was deleted, if it was.
    pub(super) deleted_at: Option<Millis>,
    pub(super) person: Option<i64>,
    /// It is not deleted, and no robot's, importer's or excluded person's.
    pub(super) counted: bool,
    /// It is no robot's, importer's or excluded person's; it may be deleted.
    pub(super) meant: bool,
    id: i64,
    parent: Option<i64>,
    /// Its source knows which comment answers which.
    threaded: bool,
}

/// All comments, by time.
pub(super) fn said(frame: &DataFrame) -> PolarsResult<Vec<Said>> {
    let frame = with_flags(frame, &["counted", "meant", "threaded"])
        .sort(["at", "id"], SortMultipleOptions::default())
        .collect()?;
    let column = |name: &str| ints(&frame, name);
    let [writeup, at, id] = ["writeup", "at", "id"].map(column);
    let (writeup, at, id) = (writeup?, at?, id?);
    let [deleted, person, parent] = ["deleted_at", "person", "parent"].map(column);
    let (deleted, person, parent) = (deleted?, person?, parent?);
    let [counted, meant, threaded] = ["counted", "meant", "threaded"].map(column);
    let (counted, meant, threaded) = (counted?, meant?, threaded?);
    let rows = (0..frame.height()).filter_map(|row| {
        Some(Said {
            // What belongs to no write-up of the list is nobody's thread.
            writeup: u32::try_from(writeup[row]?).ok()?,
            at: at[row]?,
            deleted_at: deleted[row],
            person: person[row],
            counted: counted[row] == Some(1),
            meant: meant[row] == Some(1),
            id: id[row]?,
            parent: parent[row],
            threaded: threaded[row] == Some(1),
        })
    });
    Ok(rows.collect())
}

/// A comment and all that answer it, and each other.
pub(super) struct Thread<'a> {
    /// What it begins with, counted or not.
    pub(super) root: &'a Said,
    /// What counts in it, by time, with its depth; the root has depth 0. Never empty.
    pub(super) comments: Vec<(&'a Said, u32)>,
}

impl Thread<'_> {
    /// The depth of its deepest comment.
    pub(super) fn depth(&self) -> u32 {
        let depths = self.comments.iter().map(|(_, depth)| *depth);
        depths.max().unwrap_or(0)
    }

    /// How many people speak in it.
    pub(super) fn people(&self) -> u64 {
        distinct(self.comments.iter().map(|(said, _)| *said))
    }
}

/// The threads of sources that know of answers.
pub(super) struct Threads<'a> {
    /// By the time of their roots.
    pub(super) threads: Vec<Thread<'a>>,
    /// Comments that answer one which nobody knows: each begins a thread.
    pub(super) orphans: usize,
    /// Whether any source knows of answers.
    pub(super) known: bool,
}

/// Puts comments under what they answer. Those that are not counted hold their thread together, and a
/// thread of them alone is none. Comments that answer each other in a circle are cut at the earliest.
pub(super) fn threads(all: &[Said]) -> Threads<'_> {
    let threaded: Vec<&Said> = all.iter().filter(|said| said.threaded).collect();
    let place: HashMap<i64, usize> = threaded
        .iter()
        .enumerate()
        .map(|(n, s)| (s.id, n))
        .collect();
    let above = |said: &Said| said.parent.and_then(|parent| place.get(&parent).copied());
    let is_orphan = |said: &&&Said| said.counted && said.parent.is_some() && above(said).is_none();
    let orphans = threaded.iter().filter(is_orphan).count();
    let mut parents: Vec<Option<usize>> = threaded.iter().map(|said| above(said)).collect();
    let places = placed(&mut parents);
    let mut by_root: Vec<Vec<(&Said, u32)>> = vec![Vec::new(); threaded.len()];
    for (said, (root, depth)) in threaded.iter().zip(places) {
        if said.counted {
            by_root[root].push((said, depth));
        }
    }
    let threads = threaded.iter().zip(by_root);
    let threads = threads.filter(|(_, comments)| !comments.is_empty());
    Threads {
        threads: threads
            .map(|(root, comments)| Thread { root, comments })
            .collect(),
        orphans,
        known: !threaded.is_empty(),
    }
}

/// The root and the depth of each; circles are cut at the first in the order given.
fn placed(parents: &mut [Option<usize>]) -> Vec<(usize, u32)> {
    let mut places: Vec<Option<(usize, u32)>> = vec![None; parents.len()];
    for start in 0..parents.len() {
        let mut way = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| places[at].is_none()) {
            if !seen.insert(at) {
                let from = way.iter().position(|&one| one == at).unwrap_or(0);
                let first = way[from..].iter().copied().min().unwrap_or(at);
                parents[first] = None;
                // The way up is another one now.
                way.clear();
                seen.clear();
                next = Some(start);
                continue;
            }
            way.push(at);
            next = parents[at];
        }
        for &at in way.iter().rev() {
            let above = parents[at].and_then(|above| places[above]);
            places[at] = Some(above.map_or((at, 0), |(root, depth)| (root, depth + 1)));
        }
    }
    let all = places.into_iter().enumerate();
    all.map(|(at, place)| place.unwrap_or((at, 0))).collect()
}

/// The comments of one write-up from sources that don't know of answers, each within `gap` of the one
/// before it.
pub(super) type Run<'a> = Vec<&'a Said>;

/// The runs, in no order that matters.
pub(super) fn runs(all: &[Said], gap: Millis) -> Vec<Run<'_>> {
    let mut flat: Vec<&Said> = all
        .iter()
        .filter(|said| said.counted && !said.threaded)
        .collect();
    // Stable: those of one write-up stay by time.
    flat.sort_by_key(|said| said.writeup);
    let goes_on = |a: &&Said, b: &&Said| a.writeup == b.writeup && b.at - a.at <= gap;
    flat.chunk_by(goes_on).map(<[&Said]>::to_vec).collect()
}

/// How many different people; whoever is not known is nobody.
pub(super) fn distinct<'a>(said: impl Iterator<Item = &'a Said>) -> u64 {
    let people: BTreeSet<i64> = said.filter_map(|said| said.person).collect();
    people.len() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(id: i64, parent: Option<i64>) -> Said {
        Said {
            writeup: 0,
            at: id,
            deleted_at: None,
            person: Some(id),
            counted: true,
            meant: true,
            id,
            parent,
            threaded: true,
        }
    }

    fn told(all: &[Said]) -> Vec<(i64, usize, u32)> {
        let threads = threads(all).threads;
        let told = threads
            .iter()
            .map(|t| (t.root.id, t.comments.len(), t.depth()));
        told.collect()
    }

    #[test]
    fn a_circle_is_cut_at_its_earliest() {
        // 5 answers 4, 4 answers 3, 3 answers 4; 6 answers itself.
        let all = [
            one(3, Some(4)),
            one(4, Some(3)),
            one(5, Some(4)),
            one(6, Some(6)),
        ];
        assert_eq!(told(&all), [(3, 3, 2), (6, 1, 0)]);
        assert_eq!(threads(&all).orphans, 0);
    }

    #[test]
    fn what_is_not_counted_holds_its_thread_together() {
        let gone = Said {
            counted: false,
            ..one(1, None)
        };
        let all = [gone, one(2, Some(1)), one(3, Some(2)), one(4, Some(99))];
        assert_eq!(told(&all), [(1, 2, 2), (4, 1, 0)]);
        assert_eq!(threads(&all).orphans, 1);
        // Nothing of a thread is left: it is none, and its orphan none either.
        let none = [Said {
            counted: false,
            ..one(1, Some(99))
        }];
        assert_eq!(told(&none), []);
        assert_eq!(threads(&none).orphans, 0);
    }

    #[test]
    fn a_run_ends_where_nobody_spoke_for_long_and_with_the_write_up() {
        let flat = |id: i64, writeup| Said {
            threaded: false,
            writeup,
            ..one(id, None)
        };
        let all = [flat(0, 1), flat(3, 2), flat(7, 1), flat(15, 1)];
        let sizes: Vec<usize> = runs(&all, 7).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1]);
        assert!(!threads(&all).known);
    }

    proptest! {
        /// Whatever answers whatever, every comment has its place once, below its root.
        #[test]
        fn everything_has_its_place(parents in prop::collection::vec(0_i64..20, 0..16)) {
            let all: Vec<Said> = (0..).zip(&parents).map(|(id, parent)| one(id, Some(*parent))).collect();
            let found = threads(&all);
            let counted: usize = found.threads.iter().map(|thread| thread.comments.len()).sum();
            prop_assert_eq!(counted, all.len());
            for thread in &found.threads {
                let of_root = thread.comments.iter().filter(|(_, depth)| *depth == 0);
                prop_assert_eq!(of_root.count(), 1);
                for (said, depth) in &thread.comments {
                    if *depth > 0 {
                        let above = thread.comments.iter().find(|(one, _)| Some(one.id) == said.parent);
                        prop_assert_eq!(above.map(|(_, above)| above + 1), Some(*depth));
                    }
                }
            }
        }
    }
}
