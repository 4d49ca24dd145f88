//! A program that is given a time: what it says, or its end and that of all that it started. Git leaves
//! the network to helpers, which live on when git alone is ended.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// What is waited for.
enum Heard {
    Said(Vec<u8>),
    Complained(Vec<u8>),
    Ended(io::Result<ExitStatus>),
}

/// What a program says that ends within this time, all of it together. One that does not is ended with
/// its helpers: it runs in a group of its own.
pub(super) fn within(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let until = Instant::now() + limit;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    hear(child.stdout.take(), sender.clone(), Heard::Said);
    hear(child.stderr.take(), sender.clone(), Heard::Complained);
    // It takes its leave here even where nobody listens any more.
    std::thread::spawn(move || sender.send(Heard::Ended(child.wait())));
    let (mut said, mut complained, mut ended) = (None, None, None);
    loop {
        (said, complained, ended) = match (said, complained, ended) {
            (Some(stdout), Some(stderr), Some(status)) => {
                return Ok(Some(Output {
                    status,
                    stdout,
                    stderr,
                }));
            }
            (said, complained, ended) => {
                let left = until.saturating_duration_since(Instant::now());
                match receiver.recv_timeout(left) {
                    Ok(Heard::Said(bytes)) => (Some(bytes), complained, ended),
                    Ok(Heard::Complained(bytes)) => (said, Some(bytes), ended),
                    Ok(Heard::Ended(status)) => (said, complained, Some(status?)),
                    Err(_) => {
                        // All of them may have ended just now.
                        let _ = kill_process_group(group, Signal::KILL);
                        return Ok(None);
                    }
                }
            }
        };
    }
}

/// Sends all that comes through a pipe, read in a thread of its own.
fn hear<P: Read + Send + 'static>(
    pipe: Option<P>,
    sender: mpsc::Sender<Heard>,
    heard: fn(Vec<u8>) -> Heard,
) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What can't be read was not said, and nobody may listen any more.
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        sender.send(heard(bytes))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]).stdin(Stdio::null());
        command
    }

    #[test]
    fn a_program_that_ends_is_heard() {
        let said = within(
            &mut script("echo one; echo two >&2; exit 3"),
            Duration::from_secs(60),
        );
        let said = said.expect("a program").expect("an end");
        assert_eq!(
            (&said.stdout[..], &said.stderr[..], said.status.code()),
            (&b"one\n"[..], &b"two\n"[..], Some(3))
        );
        let mut missing = Command::new("/nonexistent/program");
        assert!(within(&mut missing, Duration::from_secs(60)).is_err());
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_its_helpers() {
        for text in [
            // It waits for its helper, as git does.
            "tail -f /dev/null <&0 & wait",
            // The helper is left alone, and holds on to what git said.
            "tail -f /dev/null <&0 & exit 0",
            // It has said all and hangs.
            "exec >/dev/null 2>&1; tail -f /dev/null",
            "exec tail -f /dev/null",
        ] {
            // Whoever lives holds the other end.
            let (mut end, held) = io::pipe().expect("a pipe");
            let mut command = script(text);
            command.stdin(held);
            let ended = within(&mut command, Duration::from_millis(300));
            assert!(ended.expect("a program").is_none(), "{text}");
            drop(command);
            let mut rest = Vec::new();
            // This comes to an end when nobody is left.
            end.read_to_end(&mut rest).expect("an end");
            assert!(rest.is_empty(), "{text}");
        }
    }
}
