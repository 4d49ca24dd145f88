//! Who uses an engine that another command started. Each of them holds a shared lock on one file as
//! long as it lives, and a lock goes with its process, however that ends. The engine, once its parent
//! is gone, ends only when it has the lock alone; it keeps it, so that nobody joins an ending engine.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;

use super::place::Place;

/// A hold on the file; let go when dropped.
pub(super) struct Lease {
    _file: File,
}

impl Lease {
    /// Joins those who use the engine. `None` when it is about to end.
    pub(super) fn share(place: &Place) -> io::Result<Option<Self>> {
        let file = open(place)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until nobody uses the engine, and lets nobody in any more. Blocks the thread.
    pub(super) fn alone(place: &Place) -> io::Result<Self> {
        let file = open(place)?;
        file.lock()?;
        Ok(Self { _file: file })
    }

    /// Whether anybody uses the engine beside the one who started it.
    pub(super) fn is_shared(place: &Place) -> bool {
        let Ok(file) = open(place) else {
            return false;
        };
        // Either others share it, or the engine has it alone; only the first lets one more in.
        matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && file.try_lock_shared().is_ok()
    }
}

fn open(place: &Place) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(place.clients())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_waits_for_all_and_then_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::make(folder.path()).unwrap();
        assert!(!Lease::is_shared(&place));
        let one = Lease::share(&place).unwrap().unwrap();
        let two = Lease::share(&place).unwrap().unwrap();
        assert!(Lease::is_shared(&place));
        let engine = std::thread::spawn({
            let place = place.clone();
            move || Lease::alone(&place).unwrap()
        });
        drop(one);
        assert!(Lease::is_shared(&place));
        assert!(!engine.is_finished());
        drop(two);
        let engine = engine.join().unwrap();
        assert!(!Lease::is_shared(&place));
        assert!(Lease::share(&place).unwrap().is_none());
        drop(engine);
        assert!(Lease::share(&place).unwrap().is_some());
    }
}
