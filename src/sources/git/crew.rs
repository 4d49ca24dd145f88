//! Several threads on one repository, each with caches of its own that last from task to task.

use std::path::Path;

use gix::ObjectId;

use crate::sources::SourceError;

use super::repository::Repository;

/// More threads than this wait for memory rather than for each other.
const MOST: usize = 8;

/// A repository for each thread.
pub(super) struct Crew {
    hands: Vec<Repository>,
    indexes: Vec<gix::odb::pack::index::File>,
}

impl Crew {
    /// As many threads as there are processors.
    pub(super) fn of(repository: &Repository) -> Crew {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Crew {
            hands: (0..processors.min(MOST))
                .map(|_| repository.again())
                .collect(),
            indexes: indexes(repository),
        }
    }

    /// Whether trees are read next, of which neighbours share many, or contents, each of them once.
    pub(super) fn reads_trees(&mut self, trees: bool) {
        for hand in &mut self.hands {
            hand.reads_trees(trees);
        }
    }

    /// Does all the work and gives the results in the order of the items. Each thread takes
    /// neighbouring items: what one reads helps with the next.
    pub(super) fn each<T: Send, R: Send>(
        &mut self,
        items: Vec<T>,
        work: impl Fn(&Repository, T) -> Result<R, SourceError> + Sync,
    ) -> Result<Vec<R>, SourceError> {
        let share = items.len().div_ceil(self.hands.len()).max(1);
        let mut items = items.into_iter();
        let parts: Vec<Vec<T>> = self
            .hands
            .iter()
            .map(|_| items.by_ref().take(share).collect())
            .collect();
        let work = &work;
        let done: Vec<Result<Vec<R>, SourceError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = self
                .hands
                .iter_mut()
                .zip(parts)
                .filter(|(_, part)| !part.is_empty())
                .map(|(hand, part)| {
                    scope.spawn(move || part.into_iter().map(|item| work(hand, item)).collect())
                })
                .collect();
            let finish = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            threads.into_iter().map(finish).collect()
        });
        let mut all = Vec::new();
        for part in done {
            all.extend(part?);
        }
        Ok(all)
    }

    /// Where an object lies: read in this order, what others are built upon comes before them, and no
    /// disk has to seek. Objects outside packs come last.
    pub(super) fn place(&self, object: &ObjectId) -> (usize, u64) {
        for (number, index) in self.indexes.iter().enumerate() {
            if let Some(entry) = index.lookup(object) {
                return (number, index.pack_offset_at_index(entry));
            }
        }
        (usize::MAX, 0)
    }
}

/// The indexes of all packs, those of repositories that this one borrows from too. One that cannot
/// be read costs order, nothing else.
fn indexes(repository: &Repository) -> Vec<gix::odb::pack::index::File> {
    let store = repository.inner.objects.store_ref();
    let borrowed = store.alternate_db_paths().unwrap_or_default();
    let folders = std::iter::once(store.path().to_owned()).chain(borrowed);
    let hash = repository.inner.object_hash();
    let mut paths: Vec<_> = folders
        .filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_index(path))
        .collect();
    paths.sort_unstable();
    let open = |path| gix::odb::pack::index::File::at(path, hash).ok();
    paths.into_iter().filter_map(open).collect()
}

fn is_index(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "idx")
}
