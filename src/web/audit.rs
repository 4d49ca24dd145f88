//! The audit log: changes, sign-ins and looks at restricted write-ups, a file a day in the data folder.
//! Nobody's reading of other pages stands in it. Accounts are keyed marks: who has the file can't tell
//! whose they are without the data folder's key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::collect::Keys;
use crate::model::{Millis, to_rfc3339};
use crate::spool::lines::{self, LinesError};

/// So many refused sign-ins of a day are written down; whoever tries more fills no disk.
const MOST_REFUSED: u32 = 10_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A token was made.
    TokenAdded,
    /// A token got another secret.
    TokenRotated,
    /// A token was taken away.
    TokenRevoked,
    /// An account was made.
    AccountAdded,
    /// An account got another password.
    AccountChanged,
    /// An account was taken away.
    AccountRemoved,
    /// The registry was changed by hand.
    RegistryChanged,
    /// A file was imported over HTTP.
    FileImported,
    /// An import was taken back.
    ImportUndone,
    /// Something about privacy was changed.
    PrivacyChanged,
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// Somebody could not sign in.
    SignInRefused,
    /// A restricted write-up was looked at.
    RestrictedSeen,
}

impl Act {
    /// Whether it is shown by days alone: it says when a person was there.
    pub fn is_of_somebody(self) -> bool {
        matches!(
            self,
            Act::SignedIn | Act::SignedOut | Act::SignInRefused | Act::RestrictedSeen
        )
    }

    /// As it stands in the file.
    pub fn name(self) -> &'static str {
        match self {
            Act::TokenAdded => "token-added",
            Act::TokenRotated => "token-rotated",
            Act::TokenRevoked => "token-revoked",
            Act::AccountAdded => "account-added",
            Act::AccountChanged => "account-changed",
            Act::AccountRemoved => "account-removed",
            Act::RegistryChanged => "registry-changed",
            Act::FileImported => "file-imported",
            Act::ImportUndone => "import-undone",
            Act::PrivacyChanged => "privacy-changed",
            Act::SignedIn => "signed-in",
            Act::SignedOut => "signed-out",
            Act::SignInRefused => "sign-in-refused",
            Act::RestrictedSeen => "restricted-seen",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub act: Act,
    /// The mark of whoever did it; nothing for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The name of a token, the id of a write-up, the mark of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

impl Entry {
    /// Whether a command did it: of others stands there who they are.
    pub fn is_of_command(&self) -> bool {
        let is_told = |what: &str| what.contains(", by ");
        let is_of_somebody = self.act.is_of_somebody() || self.who.is_some();
        !is_of_somebody && !self.what.as_deref().is_some_and(is_told)
    }

    /// When, as it is told: by the day where it says when a person was there.
    pub fn told_at(&self) -> &str {
        match self.is_by_day() {
            true => self.at.get(..10).unwrap_or_default(),
            false => &self.at,
        }
    }

    fn is_by_day(&self) -> bool {
        self.act.is_of_somebody() || self.who.is_some()
    }
}

/// Puts behind the others of a day those that are told by it, in an order of their own: the place of one
/// between the others would tell its hour.
fn untimed(day: &mut [Entry]) {
    day.sort_by(|a, b| match (a.is_by_day(), b.is_by_day()) {
        (true, true) => (&a.who, a.act, &a.what).cmp(&(&b.who, b.act, &b.what)),
        // The others stay as they are.
        (a, b) => a.cmp(&b),
    });
}

/// Why the log can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file or folder.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// A file of it can't be read or written.
    #[error(transparent)]
    Lines(#[from] LinesError),
}

/// The log of a data folder.
pub struct Audit {
    folder: PathBuf,
    keys: Keys,
    /// The day of the last refused sign-in, and how many it had.
    refused: Mutex<(String, u32)>,
}

impl Audit {
    /// The log in a data folder.
    pub fn new(data_dir: &Path, keys: Keys) -> Self {
        Audit {
            folder: folder(data_dir),
            keys,
            refused: Mutex::default(),
        }
    }

    /// What an account is known by here.
    pub fn mark(&self, account: &str) -> String {
        format!("{:032x}", self.keys.mark("access", account.as_bytes()))
    }

    /// Writes down what happened.
    pub fn note(
        &self,
        now: Millis,
        act: Act,
        who: Option<&str>,
        what: Option<&str>,
    ) -> Result<(), AuditError> {
        if act == Act::SignInRefused {
            let day = to_rfc3339(now).get(..10).unwrap_or_default().to_owned();
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            if refused.0 != day {
                *refused = (day, 0);
            }
            refused.1 = refused.1.saturating_add(1);
            if refused.1 > MOST_REFUSED {
                return Ok(());
            }
        }
        note(&self.folder, now, act, (who, what))
    }

    /// The newest entries first, in each day those that are told by the day at its end; without the
    /// first `skip`, and at most `take`. Older days than these are not read.
    pub fn newest(&self, skip: usize, take: usize) -> Result<Vec<Entry>, AuditError> {
        let mut found = Vec::new();
        let mut skip = skip;
        for (_, path) in files(&self.folder)?.into_iter().rev() {
            let mut day = lines::read::<Entry>(&path)?;
            day.reverse();
            untimed(&mut day);
            let gone = skip.min(day.len());
            skip -= gone;
            found.extend(day.into_iter().skip(gone).take(take - found.len()));
            if found.len() == take {
                break;
            }
        }
        Ok(found)
    }

    /// Takes away the days that are older than `days`. Says how many those were.
    pub fn forget(&self, now: Millis, days: u32) -> Result<usize, AuditError> {
        let today = to_rfc3339(now);
        let today = today
            .get(..10)
            .and_then(|day| day.parse::<NaiveDate>().ok());
        let mut gone = 0;
        for (day, path) in files(&self.folder)? {
            let age = today.map(|today| today.signed_duration_since(day).num_days());
            if age.is_some_and(|age| age > i64::from(days)) {
                std::fs::remove_file(&path).map_err(|cause| io(&path, cause))?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

/// Writes down what the command line did in a data folder.
pub fn note_command(
    data_dir: &Path,
    now: Millis,
    act: Act,
    what: Option<&str>,
) -> Result<(), AuditError> {
    note(&folder(data_dir), now, act, (None, what))
}

fn note(
    folder: &Path,
    now: Millis,
    act: Act,
    (who, what): (Option<&str>, Option<&str>),
) -> Result<(), AuditError> {
    let at = to_rfc3339(now);
    let path = folder.join(format!("{}.ndjson", at.get(..10).unwrap_or_default()));
    let entry = Entry {
        at,
        act,
        who: who.map(str::to_owned),
        what: what.map(str::to_owned),
    };
    make(folder).map_err(|cause| io(folder, cause))?;
    Ok(lines::append(&path, &entry)?)
}

/// Everything since a day, oldest first; in each day what is told by the day stands at its end.
pub fn read(data_dir: &Path, since: Option<NaiveDate>) -> Result<Vec<Entry>, AuditError> {
    let mut entries = Vec::new();
    for (day, path) in files(&folder(data_dir))? {
        if since.is_none_or(|since| day >= since) {
            let mut day = lines::read::<Entry>(&path)?;
            untimed(&mut day);
            entries.extend(day);
        }
    }
    Ok(entries)
}

/// How often something that tells of a person happened on each day.
pub fn by_day(entries: &[Entry]) -> BTreeMap<(String, Act), usize> {
    let mut days = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.act.is_of_somebody()) {
        let day = entry.at.get(..10).unwrap_or_default().to_owned();
        *days.entry((day, entry.act)).or_default() += 1;
    }
    days
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("audit")
}

/// The files with their days, oldest first. What else lies there is not ours.
fn files(folder: &Path) -> Result<Vec<(NaiveDate, PathBuf)>, AuditError> {
    let listed = match std::fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(io(folder, cause)),
    };
    let mut files = Vec::new();
    for file in listed {
        let path = file.map_err(|cause| io(folder, cause))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let day = name.and_then(|name| name.strip_suffix(".ndjson")?.parse().ok());
        files.extend(day.map(|day| (day, path)));
    }
    files.sort();
    Ok(files)
}

fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn io(path: &Path, cause: std::io::Error) -> AuditError {
    AuditError::Io {
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Millis = 86_400_000;
    /// 2026-03-02T09:15:00Z
    const NOW: Millis = 1_772_442_900_000;

    #[test]
    fn what_is_written_is_read_and_forgotten_by_days() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), Keys::new([7; 32]));
        let mark = audit.mark("ada@example.org");
        assert_ne!(
            mark,
            Audit::new(folder.path(), Keys::new([8; 32])).mark("ada@example.org")
        );
        audit
            .note(NOW - 3 * DAY, Act::TokenAdded, None, Some("wiki"))
            .unwrap();
        audit.note(NOW, Act::SignedIn, Some(&mark), None).unwrap();
        audit.note(NOW, Act::SignedIn, Some(&mark), None).unwrap();
        let all = read(folder.path(), None).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(
            (all[0].act, all[0].what.as_deref()),
            (Act::TokenAdded, Some("wiki"))
        );
        let today = "2026-03-02".parse().unwrap();
        assert_eq!(read(folder.path(), Some(today)).unwrap().len(), 2);
        let days = by_day(&all);
        assert_eq!(
            days.get(&("2026-03-02".to_owned(), Act::SignedIn)),
            Some(&2)
        );
        assert_eq!(days.len(), 1);
        for file in std::fs::read_dir(folder.path().join("audit")).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let path = file.unwrap().path();
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            assert!(!std::fs::read_to_string(&path).unwrap().contains("ada"));
        }
        let acts = |skip, take| {
            let found = audit.newest(skip, take).unwrap();
            found.iter().map(|entry| entry.act).collect::<Vec<_>>()
        };
        assert_eq!(acts(0, 2), [Act::SignedIn, Act::SignedIn]);
        assert_eq!(acts(1, 5), [Act::SignedIn, Act::TokenAdded]);
        assert_eq!(acts(3, 5), []);
        assert_eq!(audit.forget(NOW, 3).unwrap(), 0);
        assert_eq!(audit.forget(NOW, 2).unwrap(), 1);
        assert_eq!(read(folder.path(), None).unwrap().len(), 2);
    }

    #[test]
    fn no_place_tells_the_hour_of_a_person() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), Keys::new([7; 32]));
        let said = |at, act, who: Option<&str>, what: &str| {
            audit.note(at, act, who, Some(what)).unwrap();
        };
        // The same day in another order of hours.
        let orders = [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 4, 2], [2, 4, 5, 1, 3, 0]];
        let mut seen = Vec::new();
        for (n, order) in orders.into_iter().enumerate() {
            let day = NOW + DAY * i64::try_from(n).unwrap();
            for at in order {
                let (act, who, what) = [
                    (Act::SignedIn, Some("b"), "x"),
                    (Act::RegistryChanged, Some("b"), "opened INC-2"),
                    (Act::RegistryChanged, Some("a"), "opened INC-1"),
                    (Act::RestrictedSeen, Some("a"), "INC-1"),
                    (Act::RestrictedSeen, Some("a"), "INC-1"),
                    (Act::SignInRefused, None, ""),
                ][at];
                said(day, act, who, what);
                said(day, Act::TokenAdded, None, "wiki");
            }
            let told = |entries: &[Entry]| {
                let told = entries.iter().filter(|entry| entry.is_by_day());
                let told = told.map(|one| (one.who.clone(), one.act, one.what.clone()));
                told.collect::<Vec<_>>()
            };
            let today = audit.newest(0, 12).unwrap();
            assert!(today[..6].iter().all(|one| one.act == Act::TokenAdded));
            let since = to_rfc3339(day)[..10].parse().unwrap();
            assert_eq!(
                told(&today),
                told(&read(folder.path(), Some(since)).unwrap())
            );
            seen.push(told(&today[6..]));
        }
        assert!(
            seen[0].len() == 6 && seen.iter().all(|one| *one == seen[0]),
            "{seen:?}"
        );
    }

    #[test]
    fn refused_sign_ins_fill_no_disk() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), Keys::new([7; 32]));
        *audit.refused.lock().unwrap() = ("2026-03-02".to_owned(), MOST_REFUSED - 1);
        for _ in 0..3 {
            audit.note(NOW, Act::SignInRefused, None, None).unwrap();
        }
        assert_eq!(read(folder.path(), None).unwrap().len(), 1);
        audit
            .note(NOW + DAY, Act::SignInRefused, None, None)
            .unwrap();
        assert_eq!(read(folder.path(), None).unwrap().len(), 2);
    }

    #[test]
    fn a_broken_line_is_named_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("audit")).unwrap();
        let file = folder.path().join("audit/2026-03-02.ndjson");
        std::fs::write(&file, "{\"at\":\"zzsecret\"}\n").unwrap();
        let words = read(folder.path(), None).unwrap_err().to_string();
        assert!(
            words.contains("line 1") && !words.contains("zzsecret"),
            "{words}"
        );
    }
}
