//! Repositories for tests: made with git itself, every commit at an instant of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository on a disk.
pub(crate) struct Repository {
    path: PathBuf,
}

impl Repository {
    /// Makes one, on the branch `main`.
    pub(crate) fn new(path: PathBuf) -> Repository {
        std::fs::create_dir_all(&path).expect("a folder");
        let repository = Repository { path };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Commits all that was written, at this instant of RFC 3339.
    pub(crate) fn commit(&self, at: &str, message: &str) {
        self.git(&["add", "-A"]);
        let done = self
            .command(&["commit", "-q", "--allow-empty", "-m", message])
            .env("GIT_AUTHOR_DATE", at)
            .env("GIT_COMMITTER_DATE", at)
            .output();
        succeeded(&done.expect("git is installed"));
    }

    /// Runs git here, and gives what it says.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let done = self.command(arguments).output();
        succeeded(&done.expect("git is installed"))
    }

    /// Makes a history of a stream as `git fast-import` takes it.
    pub(crate) fn import(&self, stream: &str) {
        let file = self.path.join(".git/stream");
        std::fs::write(&file, stream).expect("a file");
        let done = self
            .command(&["fast-import", "--quiet"])
            .stdin(std::fs::File::open(&file).expect("a file"))
            .output();
        succeeded(&done.expect("git is installed"));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.path)
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }
}

fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
