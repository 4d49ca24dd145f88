//! Lists that are asked for in GraphQL: what a page of a list says of the lists below its objects is asked
//! for before the list goes on, and what is still to be asked stands in the checkpoint.

use std::collections::BTreeMap;

use super::checkpoint::{Hole, Known, Progress, Task};
use super::client::{Blame, Page, Reply, Stop};
use super::poll::{Graph, List, Objects, Part, Polled};
use super::run::Run;
use super::spot::part;
use super::taken::{Stand, changed};

impl<D: Polled> Run<'_, D> {
    /// Reads such a list on from where it stands. Says whether it is there.
    pub(super) fn graph(
        &mut self,
        graph: &Graph,
        list: &List,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<bool, Stop> {
        if !self.client.has_token() {
            return Ok(true);
        }
        let place = Stand {
            list,
            home: None,
            since: progress.since,
        };
        let address = (graph.address)(self.api);
        if progress.tasks.is_empty() {
            // Where an earlier version stopped.
            let after = progress.next.take();
            progress.tasks.push(Task {
                after,
                ..Task::default()
            });
        }
        let (mut answered, mut stepping) = (false, false);
        while let Some(task) = progress.tasks.pop() {
            let question = (graph.question)(&list.root, &task).to_string();
            let page = match self.client.post(&address, &question) {
                Ok(Reply::Page(page)) => self.told(&page, &task, graph),
                Ok(Reply::Forbidden) if answered => Err(self.client.forbidden()),
                Ok(_) => Ok(None),
                Err(stop) => Err(stop),
            };
            match page {
                Ok(Some((parts, next))) => {
                    self.got = true;
                    (answered, progress.refused) = (true, 0);
                    let (deeper, is_old) = self.parts(&place, parts, progress, known);
                    if let Some(next) = next.filter(|_| !is_old && !task.alone) {
                        progress.tasks.push(Task {
                            after: Some(next),
                            size: None,
                            blind: false,
                            ..task
                        });
                    }
                    progress.tasks.extend(deeper);
                }
                // A thread that was deleted meanwhile has an end, too.
                Ok(None) if task.below.is_some() => {}
                Ok(None) => return Ok(false),
                Err(Stop::Refused(error, Blame::Answer)) => {
                    stepping |= progress.refuse();
                    let less = less(&task, graph).filter(|_| stepping && !progress.is_full());
                    let Some(less) = less else {
                        progress.tasks.push(task);
                        return Err(Stop::Refused(error, Blame::Answer));
                    };
                    if less.blind {
                        progress.leave(hole(list, progress, task));
                    }
                    progress.tasks.push(less);
                }
                Err(stop) => {
                    if stop.is_passing() {
                        progress.tasks.push(task);
                    } else {
                        progress.tasks.clear();
                    }
                    return Err(stop);
                }
            }
        }
        progress.end(false);
        Ok(true)
    }

    /// What an answer tells; `None` where it is not there, or not for us.
    fn told(&self, page: &Page, task: &Task, graph: &Graph) -> Result<Option<Objects>, Stop> {
        if let Some(told) = (graph.answer)(&page.value, task) {
            return Ok(Some(told));
        }
        let errors = page.value["errors"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let kinds = || errors.iter().filter_map(|error| error["type"].as_str());
        if kinds().any(|kind| kind == "RATE_LIMITED") {
            return Err(self.client.used_up());
        }
        // The others name what is not there, or not for us.
        match errors.iter().any(|error| error["type"].is_null()) {
            true => Err(self.client.unanswered("answers with an error", true)),
            false => Ok(None),
        }
    }

    /// Takes the parts of an answer. Says what is to be asked below them, the first last, and whether all
    /// that follows is old.
    fn parts(
        &mut self,
        place: &Stand<'_>,
        parts: Vec<Part>,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> (Vec<Task>, bool) {
        let (mut deeper, mut is_old) = (Vec::new(), false);
        for part in parts {
            match part {
                Part::Object(value) => {
                    let at = changed(&value);
                    // Each comes before what was said there, which may be older.
                    if value["title"].is_string()
                        && at.zip(place.since).is_some_and(|(at, since)| at < since)
                    {
                        is_old = true;
                        break;
                    }
                    progress.meet(at, self.now);
                    self.take(place, &value, known);
                }
                Part::Below(task) => deeper.push(task),
            }
        }
        deeper.reverse();
        (deeper, is_old)
    }
}

/// The question for a part of what was asked for, and at last for what follows alone.
fn less(task: &Task, graph: &Graph) -> Option<Task> {
    let size = task.size.unwrap_or((graph.size)(task));
    match (size, task.blind) {
        (_, true) => None,
        (0 | 1, false) => Some(Task {
            blind: true,
            ..task.clone()
        }),
        (size, false) => Some(Task {
            size: Some(part(size)),
            ..task.clone()
        }),
    }
}

/// What a single object is remembered by that could not be told.
fn hole(list: &List, progress: &Progress, task: Task) -> Hole {
    let after = task.after.as_deref().unwrap_or("the beginning");
    Hole {
        page: match &task.below {
            Some(below) => format!("{} {below} after {after}", list.name),
            None => format!("{} after {after}", list.name),
        },
        since: progress.since,
        from: None,
        until: None,
        task: Some(Task {
            alone: true,
            ..task
        }),
    }
}
