//! On which day each token was last used, in a file of its own: the door must stay fast, and the file
//! with the tokens is not touched by what senders do.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{Millis, to_rfc3339};

/// The file is written so often at most.
const PAUSE: Millis = 60 * 1000;

/// The last days, and what of them is written.
pub(super) struct Used {
    path: PathBuf,
    days: Mutex<Days>,
}

#[derive(Default)]
struct Days {
    by_name: BTreeMap<String, String>,
    /// The number of the day that `today` is.
    day: Millis,
    today: String,
    written: Option<Millis>,
    fresh: bool,
}

impl Used {
    /// The days in a file; none where it is missing or broken: they are a help, and nothing rests on
    /// them.
    pub(super) fn open(path: PathBuf) -> Self {
        let days = Days {
            by_name: read(&path),
            ..Days::default()
        };
        Used {
            path,
            days: Mutex::new(days),
        }
    }

    /// A token was used.
    pub(super) fn note(&self, name: &str, now: Millis) {
        let mut days = self.days();
        let day = now.div_euclid(86_400_000);
        if days.today.is_empty() || day != days.day {
            days.day = day;
            days.today = to_rfc3339(now).get(..10).unwrap_or_default().to_owned();
        }
        if days.by_name.get(name) != Some(&days.today) {
            let today = days.today.clone();
            days.by_name.insert(name.to_owned(), today);
            days.fresh = true;
        }
        let due = days.written.is_none_or(|written| now - written >= PAUSE);
        if days.fresh && due {
            days.written = Some(now);
            self.write(&mut days);
        }
    }

    fn write(&self, days: &mut Days) {
        days.fresh = false;
        // Not synced: a power cut may cost a day, and the door does not wait for a disk.
        let done = serde_json::to_vec(&days.by_name)
            .map_err(std::io::Error::from)
            .and_then(|bytes| put(&self.path, &bytes));
        if let Err(error) = done {
            tracing::warn!(%error, "when tokens were last used can't be written down");
        }
    }

    fn days(&self) -> MutexGuard<'_, Days> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Used {
    fn drop(&mut self) {
        let mut days = self.days();
        if days.fresh {
            self.write(&mut days);
        }
    }
}

/// The last day of each token.
pub(super) fn read(path: &Path) -> BTreeMap<String, String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(&beside)?.write_all(bytes)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02T09:15:00Z
    const NOW: Millis = 1_772_442_900_000;

    #[test]
    fn the_last_day_is_written_once_a_minute_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens-used.json");
        let used = Used::open(path.clone());
        used.note("wiki", NOW);
        assert_eq!(read(&path)["wiki"], "2026-03-02");
        used.note("ci", NOW + 1000);
        assert!(!read(&path).contains_key("ci"), "too soon");
        used.note("wiki", NOW + PAUSE);
        assert_eq!(read(&path)["ci"], "2026-03-02");
        used.note("wiki", NOW + 86_400_000);
        used.note("late", NOW + 86_400_001);
        drop(used);
        let days = read(&path);
        assert_eq!(
            (&*days["wiki"], &*days["late"]),
            ("2026-03-03", "2026-03-03")
        );
        let again = Used::open(path.clone());
        again.note("ci", NOW + 86_400_000);
        assert_eq!(read(&path).len(), 3);
    }

    #[test]
    fn a_broken_file_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens-used.json");
        std::fs::write(&path, "[").unwrap();
        let used = Used::open(path.clone());
        used.note("wiki", NOW);
        assert_eq!(read(&path).len(), 1);
    }
}
