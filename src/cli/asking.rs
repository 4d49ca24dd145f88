//! Asks many at the same time, so that one that does not answer holds up nobody: a few at once, one time
//! for all of them, and the answers in the order of the questions.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How much is asked at once, and how long all of it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// So many at once.
    pub(super) at_once: usize,
    /// Nothing is begun later: what a question starts has an end of its own, and that should lie within
    /// the time.
    pub(super) begin: Duration,
    /// Nobody is waited for longer.
    pub(super) whole: Duration,
}

/// A question, and its answer.
pub(super) type Question<T> = Box<dyn FnOnce() -> T + Send>;

/// The answers, in the order of the questions; `None` where there was none in time.
pub(super) fn all<T: Send + 'static>(
    questions: Vec<Question<T>>,
    limits: Limits,
) -> Vec<Option<T>> {
    let began = Instant::now();
    let mut answers: Vec<Option<T>> = questions.iter().map(|_| None).collect();
    let threads = limits.at_once.min(questions.len());
    let waiting = Arc::new(Mutex::new(questions.into_iter().enumerate()));
    let (sender, receiver) = mpsc::channel();
    for _ in 0..threads {
        let (waiting, sender) = (Arc::clone(&waiting), sender.clone());
        // Who is not waited for any more ends with the program.
        std::thread::spawn(move || {
            loop {
                let next = waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .next();
                let Some((number, question)) = next.filter(|_| began.elapsed() < limits.begin)
                else {
                    return;
                };
                if sender.send((number, question())).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    // It ends when all threads have, too.
    while let Ok((number, answer)) =
        receiver.recv_timeout(limits.whole.saturating_sub(began.elapsed()))
    {
        answers[number] = Some(answer);
    }
    answers
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn limits(at_once: usize, whole: Duration) -> Limits {
        Limits {
            at_once,
            begin: LONG,
            whole,
        }
    }

    #[test]
    fn they_are_asked_at_the_same_time_and_told_in_their_order() {
        // Nobody answers before all are asked, and the last is the first to answer.
        let together = Arc::new(Barrier::new(8));
        let mut questions: Vec<Question<usize>> = Vec::new();
        let mut before: Option<mpsc::Sender<()>> = None;
        for number in 0..8 {
            let together = Arc::clone(&together);
            let (later, hear) = mpsc::channel();
            let tell = before.replace(later);
            questions.push(Box::new(move || {
                together.wait();
                // The one after it is done when its end of the channel is gone.
                let _ = hear.recv();
                drop(tell);
                number
            }));
        }
        drop(before);
        let answers = all(questions, limits(8, LONG));
        assert_eq!(answers, (0..8).map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_than_so_many_at_once() {
        let now = Arc::new(Mutex::new((0, 0)));
        let question = |number: usize| -> Question<usize> {
            let now = Arc::clone(&now);
            Box::new(move || {
                let mut count = now.lock().expect("a count");
                count.0 += 1;
                count.1 = count.1.max(count.0);
                drop(count);
                std::thread::yield_now();
                now.lock().expect("a count").0 -= 1;
                number
            })
        };
        let answers = all((0..100).map(question).collect(), limits(3, LONG));
        assert_eq!(answers, (0..100).map(Some).collect::<Vec<_>>());
        assert!(now.lock().expect("a count").1 <= 3);
        assert!(all::<usize>(Vec::new(), limits(3, LONG)).is_empty());
    }

    #[test]
    fn who_does_not_answer_in_time_holds_up_nobody() {
        let (held, never) = mpsc::channel::<()>();
        let questions: Vec<Question<&str>> = vec![
            Box::new(move || {
                // It ends with the test.
                let _ = never.recv();
                "late"
            }),
            Box::new(|| "in time"),
            Box::new(|| panic!("a question that breaks off")),
        ];
        let answers = all(questions, limits(3, Duration::from_millis(300)));
        assert_eq!(answers, [None, Some("in time"), None]);
        drop(held);
        // Where there is no time left to begin, nothing is.
        let none = Limits {
            begin: Duration::ZERO,
            ..limits(3, LONG)
        };
        let questions: Vec<Question<u8>> = vec![Box::new(|| 1)];
        assert_eq!(all(questions, none), [None]);
    }
}
