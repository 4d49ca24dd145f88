//! DokuWiki's logs of changes: one of each page, a line a change, with tabs between the fields. Pure.
//!
//! Fields are seconds since 1970, address of the machine, kind of change, page, user, summary, more, and by
//! how many bytes the page grew; older lines end earlier. Address and summary are never read.

use crate::model::{Identity, Millis, SENSIBLE};

/// A change of a page.
#[derive(Clone)]
pub(super) struct Change {
    /// When. In the name of a kept revision it stands in seconds.
    pub(super) at: Millis,
    /// What was done.
    pub(super) what: What,
    /// Who did it, where somebody was logged in.
    pub(super) user: Option<Identity>,
    /// Whether the page got longer, where that is said.
    pub(super) grows: Option<bool>,
}

/// What was done to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It was made, perhaps not for the first time.
    Created,
    /// It was changed.
    Edited,
    /// It was changed, and its editor calls that a minor matter.
    Minor,
    /// It was deleted.
    Deleted,
    /// An earlier text was put back.
    Reverted,
}

/// The changes of a log, oldest first, and how many lines are none.
pub(super) fn changes(log: &str) -> (Vec<Change>, usize) {
    let lines = log.lines().filter(|line| !line.trim().is_empty());
    let read: Vec<Option<Change>> = lines.map(change).collect();
    let all = read.len();
    let mut changes: Vec<Change> = read.into_iter().flatten().collect();
    changes.sort_by_key(|change| change.at);
    let unread = all - changes.len();
    (changes, unread)
}

fn change(line: &str) -> Option<Change> {
    let fields: Vec<&str> = line.split('\t').collect();
    let seconds: Millis = fields.first()?.trim().parse().ok()?;
    let at = seconds
        .checked_mul(1000)
        .filter(|at| SENSIBLE.contains(at))?;
    let what = match fields.get(2)?.trim() {
        "C" => What::Created,
        "E" => What::Edited,
        "e" => What::Minor,
        "D" => What::Deleted,
        "R" => What::Reverted,
        _ => return None,
    };
    let size = fields
        .get(7)
        .and_then(|size| size.trim().parse::<i64>().ok());
    Some(Change {
        at,
        what,
        user: fields.get(4).and_then(|user| person(user)),
        grows: size.map(|size| size > 0),
    })
}

/// A user of the wiki; some ways to log in name them by their addresses.
pub(super) fn person(user: &str) -> Option<Identity> {
    let user = user.trim();
    let bare = Identity::bare(user);
    match bare.is_email() {
        true => Some(bare),
        false if user.is_empty() => None,
        false => Some(Identity::of_source("dokuwiki", "user", user)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_all_ages_are_read() {
        let log = "1767258000\t192.0.2.7\tC\tpm:disk\tada\tmade\t\t120\n\
                   1767258200\t192.0.2.7\tE\tpm:disk\t\texternal edit\n\
                   1767258100\t192.0.2.7\te\tpm:disk\tben@example.org\t\t\t-4\r\n\n\
                   1767258300\t192.0.2.7\tD\tpm:disk\n\
                   1767258400\t192.0.2.7\tX\tpm:disk\tada\nnonsense\n99999999999999999999\t\tE\n";
        let (changes, unread) = changes(log);
        let told: Vec<_> = changes
            .iter()
            .map(|one| {
                (
                    one.at,
                    one.what,
                    one.user.as_ref().map(|user| user.kind),
                    one.grows,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (1_767_258_000_000, What::Created, Some("user"), Some(true)),
                (1_767_258_100_000, What::Minor, Some("email"), Some(false)),
                (1_767_258_200_000, What::Edited, None, None),
                (1_767_258_300_000, What::Deleted, None, None),
            ]
        );
        assert_eq!(unread, 3);
    }

    #[test]
    fn a_real_log_is_read() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
        };
        let path = std::path::Path::new(&fixtures).join("dokuwiki/mailinglist.changes");
        let log = std::fs::read_to_string(path).expect("readable");
        let (changes, unread) = changes(&log);
        assert_eq!((changes.len(), unread), (log.lines().count(), 0));
        assert_eq!(changes[0].what, What::Created);
        assert!(changes.iter().all(|one| one.user.is_some()));
    }

    proptest! {
        #[test]
        fn any_log_is_read(log in "([0-9]{9,10}|[a-zA-Z@.]{0,3}|\\t|\\n|\u{e9}){0,60}") {
            let (changes, unread) = changes(&log);
            prop_assert!(changes.len() + unread <= log.lines().count());
            prop_assert!(changes.is_sorted_by_key(|one| one.at));
        }
    }
}
