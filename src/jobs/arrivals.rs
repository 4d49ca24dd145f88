//! Which links are followed: reads by the kind of place that their readers came from, of each write-up and
//! of all together.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::compute::Computed;
use super::writeups::index;
use crate::model::{ARRIVALS, UNKNOWN_ARRIVAL};
use crate::store::Store;
use crate::summary::margins::Margins;

/// Kinds of places, and reads of which none is known.
const CLASSES: usize = ARRIVALS.len() + 1;

/// Reads and the people known among their readers, by kind of place.
type Row = [(u64, u64); CLASSES];

/// Reads by the kind of place that their readers came from.
#[derive(Default)]
pub(super) struct Arrivals {
    /// By place in the registry; only write-ups some reads of which tell it.
    rows: HashMap<usize, Row>,
    totals: Row,
}

/// What may be told of them.
#[derive(Default)]
pub(super) struct Judged {
    rows: HashMap<usize, [bool; CLASSES]>,
    totals: [bool; CLASSES],
}

impl Arrivals {
    /// As of then.
    pub(super) async fn of(store: &Store, computed: &Computed) -> anyhow::Result<Self> {
        let found = store.arrivals(&computed.settings).await;
        let index = index(computed);
        let mut arrivals = Arrivals::default();
        for one in found.context("where readers came from")? {
            let at = index
                .get(&one.writeup)
                .and_then(|at| usize::try_from(*at).ok());
            let row = match (one.writeup, at) {
                (0, _) => &mut arrivals.totals,
                (_, Some(at)) => arrivals.rows.entry(at).or_default(),
                (_, None) => continue,
            };
            let class = names().position(|name| name == one.class);
            if let Some(cell) = class.and_then(|class| row.get_mut(class)) {
                *cell = (one.reads, one.people);
            }
        }
        Ok(arrivals)
    }

    /// What may be told where the readers of these write-ups are, or are not. The reads of a write-up are
    /// the sum of its kinds, those of a kind the sum over write-ups, and all reads are told, too.
    pub(super) fn judge(&self, readers: &[bool], k: u64) -> Judged {
        let mut margins = Margins::of_same_people();
        let totals = self.totals.map(|(_, people)| margins.cell(people));
        let mut rows: Vec<(usize, Option<usize>, [usize; CLASSES])> = Vec::new();
        let mut order: Vec<&usize> = self.rows.keys().collect();
        order.sort();
        for at in order {
            let is_told = readers.get(*at).copied().unwrap_or(false);
            let cells = self.rows[at].map(|(_, people)| match is_told {
                true => margins.cell(people),
                false => margins.unlisted(people),
            });
            let sum = is_told.then(|| margins.sums());
            if is_told {
                margins.sum(cells.to_vec());
            }
            rows.push((*at, sum, cells));
        }
        for (class, total) in totals.iter().enumerate() {
            margins.tie(
                vec![*total],
                rows.iter().map(|(_, _, cells)| cells[class]).collect(),
            );
        }
        let of_all = margins.sums();
        margins.sum(totals.to_vec());
        let judged = margins.judge(k);
        // Where a sum tells what is withheld, nothing of it is told.
        let may = |sum: usize, cells: &[usize; CLASSES]| {
            let keeps = judged.told.get(sum).copied().unwrap_or(false);
            cells.map(|cell| keeps && judged.shown[cell])
        };
        Judged {
            totals: may(of_all, &totals),
            rows: rows
                .iter()
                .filter_map(|(at, sum, cells)| Some((*at, may((*sum)?, cells))))
                .collect(),
        }
    }

    /// What is told of one write-up, by its place in the registry, where both judgements allow it; nothing
    /// where its readers are withheld, or nobody tells where they came from.
    pub(super) fn told(&self, at: usize, one: &Judged, other: &Judged) -> Option<Json> {
        let (own, one, other) = (
            self.rows.get(&at)?,
            one.rows.get(&at)?,
            other.rows.get(&at)?,
        );
        Some(list(own, one, other))
    }

    /// What is told of all together.
    pub(super) fn all(&self, one: &Judged, other: &Judged) -> Vec<Json> {
        match list(&self.totals, &one.totals, &other.totals) {
            Json::Array(list) => list,
            _ => Vec::new(),
        }
    }
}

/// The names of the cells of a row.
fn names() -> impl Iterator<Item = &'static str> {
    ARRIVALS.into_iter().chain([UNKNOWN_ARRIVAL])
}

fn list(row: &Row, one: &[bool; CLASSES], other: &[bool; CLASSES]) -> Json {
    let cells = names().zip(row).zip(one.iter().zip(other));
    let seen = cells.filter(|((_, (reads, _)), _)| *reads > 0);
    seen.map(|((class, (reads, _)), shown)| match shown {
        (true, true) => json!({ "class": class, "reads": reads }),
        _ => json!({ "class": class, "reads": null, "suppressed": true }),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(rows: &[Vec<u64>]) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for (at, people) in rows.iter().enumerate() {
            let row = arrivals.rows.entry(at).or_default();
            for (class, people) in people.iter().enumerate().take(CLASSES) {
                row[class] = (2 * people, *people);
                arrivals.totals[class].0 += 2 * people;
                arrivals.totals[class].1 += people;
            }
        }
        arrivals
    }

    #[test]
    fn a_kind_that_few_came_by_takes_another_with_it() {
        let arrivals = of(&[vec![12, 3, 9], vec![20, 30, 40]]);
        let judged = arrivals.judge(&[true, true], 5);
        let told = arrivals.told(0, &judged, &judged).expect("a list");
        assert!(told[1]["reads"].is_null() && told[1]["suppressed"] == true);
        let hidden = |at: usize| {
            judged.rows[&at][..3]
                .iter()
                .filter(|shown| !**shown)
                .count()
        };
        assert!(hidden(0) >= 2, "{:?}", judged.rows);
        // The other write-up's must not tell it by what they lack of all.
        let column = [0, 1].map(|at| judged.rows[&at][1]);
        assert!(column == [false, false] || !judged.totals[1]);
    }

    #[test]
    fn where_readers_are_withheld_nothing_is_said_of_their_ways() {
        let arrivals = of(&[vec![12, 8, 9], vec![20, 30, 40]]);
        let judged = arrivals.judge(&[false, true], 5);
        assert!(arrivals.told(0, &judged, &judged).is_none());
        assert!(arrivals.told(1, &judged, &judged).is_some());
        assert!(Arrivals::default().all(&judged, &judged).is_empty());
    }

    proptest! {
        /// Whatever is told, no cell of few people is, nor one that is what the others lack.
        #[test]
        fn no_small_cell_can_be_had(
            rows in prop::collection::vec(prop::collection::vec(0_u64..20, 4), 1..5),
            k in 2_u64..7,
        ) {
            let arrivals = of(&rows);
            let judged = arrivals.judge(&vec![true; rows.len()], k);
            for (at, people) in rows.iter().enumerate() {
                let shown = &judged.rows[&at];
                let small = |class: &usize| (1..k).contains(&people[*class]);
                prop_assert!((0..4).filter(small).all(|class| !shown[class]));
                let hidden = (0..4).filter(|class| !shown[*class] && people[*class] > 0).count();
                // One that is alone is told by the sum; then it is not told which ones hold anybody.
                let silent = shown.iter().all(|shown| !shown);
                // Those that are hidden may all be the same people.
                let most = (0..4).filter(|class| !shown[*class]).map(|class| people[class]).max();
                let any = (0..4).any(|class| shown[class] && people[class] > 0);
                prop_assert!(hidden == 0 || !any || most.is_some_and(|most| most >= k), "{:?}", shown);
                prop_assert!(hidden != 1 || silent || !(0..4).any(|class| small(&class)), "{:?}", shown);
            }
        }
    }
}
