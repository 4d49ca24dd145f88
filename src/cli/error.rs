//! What a failed command says, and with which exit code.

use std::io::Write as _;
use std::process::ExitCode;

use super::check::Findings;
use super::plain::lines;
use super::preview::Away;
use super::scan::Failures;
use crate::app::folder::FolderError;
use crate::app::posting::PostError;
use crate::config::Problems;
use crate::engine::{InstallError, RunError, StartError};
use crate::sources::SourceError;
use crate::store::{ForeignStore, MigrateError, StoreError};

/// Standard's name for a service that is away.
const UNAVAILABLE: u8 = 3;
const USER: u8 = 1;
/// Standard's name for an error of the program itself.
const DEFECT: u8 = 70;

/// Says what went wrong, with a hint where there is one, and gives the exit code.
pub(super) fn tell(error: &anyhow::Error) -> ExitCode {
    // `readback list indicators | head` is no failure. Whatever else breaks a pipe is wrapped.
    let closed = error.downcast_ref::<std::io::Error>();
    if closed.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    let (code, hint) = judge(error);
    // A closed standard error changes nothing about the exit code.
    let _ = writeln!(std::io::stderr(), "error: {}", lines(&words(error)));
    if let Some(hint) = hint {
        let _ = writeln!(std::io::stderr(), "\nhint: {hint}");
    }
    ExitCode::from(code)
}

/// An error and its causes in one line. Many an error repeats its cause at its own end, because it
/// is also shown without its chain; here nothing is said twice.
pub(super) fn words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.ends_with(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}

/// Whether what failed is away and may come back.
pub(super) fn is_away(error: &anyhow::Error) -> bool {
    judge(error).0 == UNAVAILABLE
}

/// The exit code of an error, and a hint where there is one.
pub(super) fn judge(error: &anyhow::Error) -> (u8, Option<&'static str>) {
    for cause in error.chain() {
        if let Some(run) = cause.downcast_ref::<RunError>() {
            return (run.exit_code(), None);
        }
        // What a task of ours died of.
        if cause.is::<tokio::task::JoinError>() {
            return (DEFECT, None);
        }
        if let Some(findings) = cause.downcast_ref::<Findings>() {
            return (if findings.away { UNAVAILABLE } else { USER }, None);
        }
        if cause.is::<Away>() {
            return (UNAVAILABLE, None);
        }
        if let Some(failures) = cause.downcast_ref::<Failures>() {
            return failures.judged;
        }
        if cause.is::<Problems>() {
            return (
                USER,
                Some("`readback check` checks the configuration; the README shows one"),
            );
        }
        if let Some(folder) = cause.downcast_ref::<FolderError>() {
            // What these need lies in this folder.
            let other = !matches!(
                folder,
                FolderError::NoList { .. }
                    | FolderError::Rotating { .. }
                    | FolderError::NoKey { .. }
            );
            return (USER, other.then_some("name another folder with --data-dir"));
        }
        if let Some(post) = cause.downcast_ref::<PostError>() {
            let code = if post.is_away() { UNAVAILABLE } else { USER };
            return (code, None);
        }
        if cause.is::<InstallError>() || cause.is::<StartError>() {
            return (
                UNAVAILABLE,
                Some("`readback engine status` tells which library is used"),
            );
        }
        if let Some(store) = cause.downcast_ref::<StoreError>() {
            return judge_store(store);
        }
        match cause.downcast_ref::<MigrateError>() {
            Some(MigrateError::Store(store)) => return judge_store(store),
            Some(MigrateError::Changed(_) | MigrateError::Newer { .. }) => return (USER, None),
            None => {}
        }
        if cause.is::<ForeignStore>() {
            return (USER, None);
        }
        match cause.downcast_ref::<SourceError>() {
            Some(SourceError::Remote { .. }) => {
                return (
                    UNAVAILABLE,
                    Some("`readback check` tries the source's credentials"),
                );
            }
            Some(SourceError::Params(_)) => {
                return (
                    USER,
                    Some("`readback list sources KIND` shows the parameters of a kind"),
                );
            }
            _ => {}
        }
    }
    (USER, None)
}

fn judge_store(error: &StoreError) -> (u8, Option<&'static str>) {
    if error.is_retryable() {
        let hint = "is the engine running? `readback check` tells";
        return (UNAVAILABLE, Some(hint));
    }
    match error.is_the_operators() {
        true => (USER, None),
        false => (DEFECT, None),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn nothing_is_said_twice() {
        let cause = std::io::Error::other("no such thing");
        let name = "a.log".to_owned();
        let error = Err::<(), _>(SourceError::Io { name, cause })
            .context("importing")
            .unwrap_err();
        assert_eq!(words(&error), "importing: a.log: no such thing");
    }
}
