//! Parts of the write-ups: those of one team, template, tag, source or year of publication, each told by itself.
//! Only these are offered, and of each only what no two of them, or one and the whole, tell of fewer than k
//! people by subtraction (INDICATORS section 9).

mod judge;
mod offered;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use super::coarse::coarse;
use super::columns::ints;
use super::compute::{Computed, aside};
use super::few::Shown;
use super::observe::Watch;
use super::writeups::is_listed;
use crate::indicators::{BLOCKS, Context, SlicePeople, of_slice};
use crate::store::Store;
use crate::summary::publish;
use offered::{By, Slice};

/// The slices of write-ups that everybody may see. `shown`: what the list tells of each write-up,
/// `t0`: what T0 tells.
pub(super) async fn told(
    store: &Store,
    context: &Context,
    computed: &Computed,
    (shown, t0, k): (&[Shown], Option<&Json>, u32),
) -> anyhow::Result<Vec<Json>> {
    let (observed, coverage) = (&computed.observed, &computed.coverage);
    let kinds = ["read", "read_count"];
    let watch = Watch::new(
        &kinds,
        observed,
        coverage,
        &computed.registry,
        context.as_of,
    );
    let slices = offered::offered(&computed.registry, &watch, context);
    if slices.is_empty() {
        return Ok(Vec::new());
    }
    let people = People::of(store, computed, &slices)
        .await
        .context("people by slice")?;
    // What is in no list tells nothing there.
    let shown: Vec<Shown> = (computed.registry.iter().zip(shown))
        .map(|(writeup, shown)| match is_listed(writeup, context.as_of) {
            true => shown.clone(),
            false => Shown::default(),
        })
        .collect();
    let late_days = context.parameters.late_days;
    let judged = judge::judge(
        &slices,
        &people,
        &shown,
        (&withheld_months(t0), late_days, k),
    );
    let still_read = judge::still_read(computed, &slices, context, k)?;
    let (facts, context) = (computed.facts.clone(), context.clone());
    let work = move || {
        let rows = slices.iter().zip(judged).zip(still_read);
        let mut all = Vec::new();
        for ((slice, judged), still_read) in rows {
            let Some(people) = judged else { continue };
            let people = SlicePeople {
                still_read,
                ..people
            };
            let members = slice.members(facts.writeups.len());
            let results = of_slice(&facts, &members, &people, &context)?;
            let mut told = publish(&results, k);
            told["by"] = json!(slice.by.name());
            told["name"] = json!(slice.name);
            settle(&mut told, slice.by, k);
            all.push(told);
        }
        Ok(all)
    };
    aside(work).await?
}

/// Takes out of what is told of a slice what its curve would tell more of: months and ages count the same reads,
/// so that a hole in one is what the other has more. Its trend is told coarsely, and not at all where more than
/// half of its months would be withheld. Write-ups of one year pass the window of ages once: what follows in it is no trend.
fn settle(told: &mut Json, by: By, k: u32) {
    let Json::Object(told) = told else { return };
    if k <= 1 && by != By::Cohort {
        return;
    }
    let months = told.remove("months").unwrap_or_default();
    let months = months.as_array().map_or(&[][..], Vec::as_slice);
    let few = months.iter().filter(|month| month["suppressed"] == true);
    let is_withheld = 2 * few.count() > months.len();
    match told.get_mut("trend") {
        Some(trend) if by != By::Cohort && !is_withheld => coarse(trend),
        Some(trend) if by != By::Cohort => *trend = json!({ "suppressed": true }),
        _ => {
            told.remove("trend");
        }
    }
}

/// What may be counted of a slice or of a write-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    /// All reads.
    All,
    /// Late ones.
    Late,
    /// Those of thirty days of age.
    Block(usize),
    /// Those of ages that no block is told of; of people those of the thirty days that had most.
    Later,
    /// Those of a month in the window, by its first day since 1970.
    Month(i32),
}

/// Write-ups that are in the same slices: whatever the slices tell, it does not tell these apart.
struct Cell {
    /// The slices, ascending.
    slices: Vec<usize>,
    /// Places in the registry.
    writeups: Vec<usize>,
    /// Distinct people behind their reads.
    people: HashMap<What, u64>,
}

/// Distinct people behind reads.
struct People {
    /// By place of the slice.
    slices: Vec<HashMap<What, u64>>,
    /// All write-ups, each in one of them.
    cells: Vec<Cell>,
    /// By place of the write-up in the registry: all reads, and late ones.
    writeups: Vec<HashMap<What, u64>>,
}

impl People {
    /// Nobody yet.
    fn new(slices: &[Slice], writeups: usize) -> Self {
        let mut of = vec![Vec::new(); writeups];
        for (number, slice) in slices.iter().enumerate() {
            for &at in &slice.writeups {
                of[at].push(number);
            }
        }
        let mut cells: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (at, slices) in of.into_iter().enumerate() {
            cells.entry(slices).or_default().push(at);
        }
        let cells = cells.into_iter().map(|(slices, writeups)| Cell {
            slices,
            writeups,
            people: HashMap::new(),
        });
        People {
            slices: vec![HashMap::new(); slices.len()],
            cells: cells.collect(),
            writeups: vec![HashMap::new(); writeups],
        }
    }

    async fn of(store: &Store, computed: &Computed, slices: &[Slice]) -> anyhow::Result<Self> {
        let mut people = People::new(slices, computed.registry.len());
        let numbers = |writeups: &Vec<usize>| -> Vec<u32> {
            writeups
                .iter()
                .map(|at| computed.registry[*at].number)
                .collect()
        };
        let groups = slices.iter().map(|slice| &slice.writeups);
        let groups = groups.chain(people.cells.iter().map(|cell| &cell.writeups));
        let groups: Vec<Vec<u32>> = groups.map(numbers).collect();
        let frame = store.slice_people(&computed.settings, &groups).await?;
        let index = super::writeups::index(computed);
        let [group, what, at, counted] =
            ["slice", "what", "at", "people"].map(|name| ints(&frame, name));
        let rows = group?
            .into_iter()
            .zip(what?)
            .zip(at?.into_iter().zip(counted?));
        for row in rows {
            let ((Some(group), Some(what)), (Some(at), Some(counted))) = row else {
                continue;
            };
            let what = match what {
                0 => What::All,
                1 => What::Late,
                2 => match usize::try_from(at)? {
                    block if block < BLOCKS => What::Block(block),
                    _ => What::Later,
                },
                _ => What::Month(i32::try_from(at)?),
            };
            if let Some(counts) = people.counts(group, &index) {
                let most = counts.entry(what).or_default();
                *most = u64::try_from(counted)?.max(*most);
            }
        }
        Ok(people)
    }

    /// What is counted of a group as the store numbers them: slices, then cells; write-ups below zero.
    fn counts(&mut self, group: i64, index: &HashMap<u32, u32>) -> Option<&mut HashMap<What, u64>> {
        let Ok(group) = usize::try_from(group) else {
            let number = u32::try_from(-1 - group).ok()?;
            return self.writeups.get_mut(*index.get(&number)? as usize);
        };
        match group.checked_sub(self.slices.len()) {
            Some(cell) => self.cells.get_mut(cell).map(|cell| &mut cell.people),
            None => self.slices.get_mut(group),
        }
    }

    /// The months in which anybody read, in order.
    fn months(&self) -> BTreeSet<i32> {
        let counted = self.cells.iter().flat_map(|cell| cell.people.keys());
        let months = counted.filter_map(|what| match what {
            What::Month(first) => Some(*first),
            _ => None,
        });
        months.collect()
    }
}

/// The months of which T0 tells no reads in the window, as their first days since 1970.
fn withheld_months(t0: Option<&Json>) -> Vec<i32> {
    let months = t0
        .and_then(|t0| t0.pointer("/results/series"))
        .and_then(Json::as_array);
    let withheld = months
        .into_iter()
        .flatten()
        .filter(|month| month["window_reads"].is_null());
    let first = |month: &Json| -> Option<i32> {
        let name = format!("{}-01", month["month"].as_str()?);
        let date = NaiveDate::parse_from_str(&name, "%Y-%m-%d").ok()?;
        i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
    };
    withheld.filter_map(first).collect()
}

/// The first day of a month from its days since 1970.
fn month(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(days.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(by: By, k: u32, months: &[Option<u64>]) -> Json {
        let month = |reads: &Option<u64>| match reads {
            Some(reads) => json!({ "window_reads": reads }),
            None => json!({ "window_reads": null, "suppressed": true }),
        };
        let mut told = json!({
            "curve": [],
            "months": months.iter().map(month).collect::<Vec<Json>>(),
            "trend": { "S": 62.0, "p": 0.2761, "recommended": { "verdict": "rising" } },
        });
        settle(&mut told, by, k);
        told
    }

    #[test]
    fn months_stand_beside_no_curve() {
        let coarse = json!({
            "curve": [],
            "trend": { "S": null, "p": 0.28, "recommended": { "verdict": "rising" }, "suppressed": true },
        });
        assert_eq!(told(By::Team, 5, &[Some(12), Some(7)]), coarse);
        assert_eq!(told(By::Team, 5, &[Some(12), None]), coarse);
        let withheld = json!({ "curve": [], "trend": { "suppressed": true } });
        assert_eq!(told(By::Team, 5, &[Some(12), None, None]), withheld);
        assert_eq!(told(By::Cohort, 5, &[Some(12)]), json!({ "curve": [] }));
        // Where nothing is withheld everything is told.
        assert_eq!(told(By::Team, 1, &[Some(12)])["trend"]["S"], 62.0);
    }
}
