//! How a pull steps over what a forge cannot answer: a page that is refused pull after pull is read in
//! smaller and smaller parts, what of it is refused even so is left out, and is tried again some pulls later.

use std::collections::BTreeMap;

use crate::model::Millis;

use super::checkpoint::{Hole, Known, Progress};
use super::client::{Blame, Page, Reply, Stop};
use super::poll::{List, Order, Polled};
use super::run::Run;
use super::spot::{Spot, part};
use super::taken::{changed, objects};

/// Questions about parts of one page that may be refused; what is left then is left out as it is. One bad
/// object of a hundred takes five, and a forge that refuses everything is asked no more than this.
const MOST_PARTS: u32 = 24;

/// Pages after one of which no part is answered that are asked for: where none is, it is the list that
/// is ill, and nothing is stepped over.
const AHEAD: u32 = 4;

/// What came of a page that was read in parts.
pub(super) struct Split {
    /// Some of its objects are left out.
    pub(super) is_lossy: bool,
    /// The newest change met before the first of these.
    pub(super) before: Option<Millis>,
    /// Where the list goes on.
    pub(super) next: Option<String>,
}

/// Takes an answer.
type Take<'t, 'r, D> = &'t mut dyn FnMut(&mut Run<'r, D>, &Page) -> Result<(), Stop>;

impl<'r, D: Polled> Run<'r, D> {
    /// Reads a page that is refused in parts. `None` where its address does not tell how, or where nothing
    /// behind it is answered either.
    pub(super) fn split(
        &mut self,
        address: &str,
        take: Take<'_, 'r, D>,
    ) -> Result<Option<Split>, Stop> {
        let Some(spot) = Spot::of(address) else {
            return Ok(None);
        };
        let mut split = Split {
            is_lossy: false,
            before: None,
            next: None,
        };
        let (mut answered, mut refused) = (false, 1);
        let mut newest = None;
        let mut parts = Vec::new();
        let left = |split: &mut Split, newest: Option<Millis>| {
            if !split.is_lossy {
                (split.is_lossy, split.before) = (true, newest);
            }
        };
        match spot.size {
            1 => left(&mut split, None),
            size => push(&mut parts, spot.offset, size),
        }
        while let Some((offset, size)) = parts.pop() {
            if refused >= MOST_PARTS {
                left(&mut split, newest);
                break;
            }
            match self.page_of(&spot.at(offset, size), None) {
                Ok(Reply::Page(page)) => {
                    answered |= !objects(&page.value).is_empty();
                    take(self, &page)?;
                    newest = newest.max(objects(&page.value).iter().filter_map(changed).max());
                    if page.next.is_none() {
                        return Ok(answered.then_some(split));
                    }
                }
                Ok(Reply::Forbidden) => return Err(self.client.forbidden()),
                Ok(_) => return Ok(None),
                Err(Stop::Refused(_, Blame::Answer)) => {
                    refused += 1;
                    match size {
                        1 => left(&mut split, newest),
                        size => push(&mut parts, offset, size),
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        let mut offset = spot.offset + spot.size;
        for _ in 0..AHEAD {
            let next = spot.at(offset, spot.size);
            if answered {
                split.next = Some(next);
                return Ok(Some(split));
            }
            match self.page_of(&next, None) {
                Ok(Reply::Page(page)) if !objects(&page.value).is_empty() => answered = true,
                Err(Stop::Refused(_, Blame::Answer)) => offset += spot.size,
                Ok(_) => return Ok(None),
                Err(stop) => return Err(stop),
            }
        }
        Ok(None)
    }

    /// Tries again what could not be read of a list, where that can be asked for by itself.
    pub(super) fn retry(
        &mut self,
        list: &List,
        home: Option<&str>,
        progress: &mut Progress,
        known: &mut BTreeMap<String, Known>,
    ) -> Result<(), Stop> {
        if !progress.is_due() || !is_by_stretch(list.order) {
            return Ok(());
        }
        let mut holes = std::mem::take(&mut progress.holes).into_iter();
        let mut ended = Ok(());
        for hole in holes.by_ref() {
            let address = list.first(&self.client, hole.from);
            let mut again = Progress::again(&hole, address, self.now);
            match self.list(list, home, &mut again, known) {
                // Without a token none is asked in GraphQL.
                Ok(true) if !again.is_begun() => {
                    progress.holes.append(&mut again.holes);
                    continue;
                }
                Ok(_) | Err(Stop::Refused(..)) => {}
                Err(stop) => ended = Err(stop),
            }
            progress.holes.push(hole);
            if ended.is_err() {
                break;
            }
        }
        progress.holes.extend(holes);
        progress.put_off();
        ended
    }

    /// What is told of an address: what stands behind the API's own.
    pub(super) fn below_api(&self, address: &str) -> String {
        let root = self.client.address("");
        address.strip_prefix(&root).unwrap_or(address).to_owned()
    }

    /// Remembers a stretch of a list that could not be read.
    pub(super) fn leave(
        &self,
        list: &List,
        page: String,
        progress: &mut Progress,
        (from, until): (Option<Millis>, Option<Millis>),
    ) {
        let since = progress.since;
        // Of others it is not known where they stand by time.
        let (from, until) = match list.order {
            Order::Since(_) => (from, until),
            _ => (None, None),
        };
        progress.leave(Hole {
            page,
            since,
            from,
            until,
            task: None,
        });
    }
}

/// Whether a stretch of such a list can be asked for by itself.
pub(super) fn is_by_stretch(order: Order) -> bool {
    matches!(order, Order::Since(_) | Order::Graph(_))
}

/// The parts of a stretch, the first of them last.
fn push(parts: &mut Vec<(u64, u64)>, offset: u64, size: u64) {
    let size_of_part = part(size);
    let count = size / size_of_part.max(1);
    parts.extend(
        (0..count)
            .rev()
            .map(|n| (offset + n * size_of_part, size_of_part)),
    );
}
