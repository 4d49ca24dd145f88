//! The real program in a house of its own: an empty home, an empty environment but for the
//! engine's library, a data folder that is gone afterwards.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A home and what is run in it.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Home {
        Home {
            folder: tempfile::tempdir().expect("a folder"),
            variables: Vec::new(),
        }
    }

    /// A home whose commands find the engine's library; nothing where there is none.
    pub(crate) fn with_engine() -> Option<Home> {
        let library = super::engine::library()?;
        let home = Home::new();
        Some(home.with("READBACK_LIBCHDB", &library.to_string_lossy()))
    }

    /// Sets a variable for every command.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Home {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("readback-data")
    }

    /// Writes a file and gives its path as text.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder");
        }
        std::fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_readback"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("RUST_BACKTRACE", "0")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; it never panics, whatever it is given.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("a program");
        Said::of(&output, arguments)
    }

    /// Runs a command that has to succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.err);
        said
    }
}

impl Said {
    pub(crate) fn of(output: &Output, arguments: &[&str]) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = Said {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(
            said.code.is_some_and(|code| code != 101),
            "{arguments:?}: {said:?}"
        );
        assert!(
            !said.err.contains("panicked"),
            "{arguments:?}: {}",
            said.err
        );
        said
    }
}

/// `readback engine run --listen`, until it is dropped.
pub(crate) struct Listening {
    child: Child,
    pub(crate) url: String,
}

impl Listening {
    /// Starts it on a free port and waits for its word.
    pub(crate) fn start(home: &Home) -> Listening {
        Listening::at(home, "127.0.0.1:0")
    }

    /// The same at this address.
    pub(crate) fn at(home: &Home, address: &str) -> Listening {
        Listening::with(home, address, &[])
    }

    /// The same with more arguments.
    pub(crate) fn with(home: &Home, address: &str, more: &[&str]) -> Listening {
        let arguments = [&["engine", "run", "--listen", address], more].concat();
        let mut command = home.command(&arguments);
        let child = command.stderr(Stdio::piped()).spawn();
        let mut listening = Listening {
            child: child.expect("a program"),
            url: String::new(),
        };
        let stderr = listening.child.stderr.take().expect("its words");
        let mut heard = Vec::new();
        for line in BufReader::new(stderr).lines() {
            let line = line.expect("a line");
            if let Some((_, url)) = line.split_once(" and http://") {
                listening.url = format!("http://{url}");
                return listening;
            }
            heard.push(line);
        }
        panic!("the engine ended: {heard:?}");
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder with its bytes.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = super::lexed::files(folder).into_iter();
    files
        // Sockets and files that were merged away in the meantime can't be read.
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect()
}
