//! What a command took: time, processor, memory.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::peak;

/// How long a command took, how long it had a processor, and the most memory it had.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) cpu: f64,
    pub(crate) peak_mib: f64,
}

/// Runs a command to its end. Its memory is looked at every few milliseconds: what it is after the
/// last look is not seen.
pub(crate) fn measure(command: &mut Command) -> Measured {
    let since = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let (mut peak_mib, mut busy) = (0.0_f64, 0.0_f64);
    let status = loop {
        peak_mib = peak_mib.max(peak(child.id()));
        busy = busy.max(cpu(child.id()));
        if let Some(status) = child.try_wait().expect("a process") {
            break status;
        }
        sleep(Duration::from_millis(5));
    };
    let seconds = since.elapsed().as_secs_f64();
    let mut words = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        std::io::Read::read_to_string(&mut stderr, &mut words).expect("words");
    }
    assert!(status.success(), "{words}");
    Measured {
        seconds,
        cpu: busy,
        peak_mib,
    }
}

/// Processor seconds of a process until now, all its threads; 0 if it is gone.
pub(crate) fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in brackets can hold spaces; behind it, user and system time are words 12 and 13.
    let words = stat.rsplit(')').next().unwrap_or_default();
    let ticks = words.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|word| word.parse::<f64>().ok()).sum();
    // The kernel counts hundredths wherever Linux runs (USER_HZ).
    ticks / 100.0
}
