//! What is told beside the reads of people and never added to them: reads by AI agents.

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::columns::ints;
use super::compute::{Computed, renumber};
use super::writeups::{index, is_listed, is_there};
use crate::indicators::Context;
use crate::store::{RegistryWriteup, Store};
use crate::summary::margins::Margins;

/// Reads beside those of people, write-up by write-up in the order of the registry.
pub(super) struct Beside {
    agents: Vec<u64>,
    /// Which of them everybody may see, and which those who see restricted write-ups.
    open: Vec<bool>,
    full: Vec<bool>,
    /// All of them together may be told.
    pub(super) total: bool,
}

impl Beside {
    /// As of then. A write-up's agents are withheld where fewer than `k` people are known to have sent
    /// them, and with them what would tell how many they were.
    pub(super) async fn of(
        store: &Store,
        context: &Context,
        computed: &Computed,
        k: u32,
    ) -> anyhow::Result<Self> {
        let frame = store.agent_reads(&computed.settings).await;
        let frame = frame.context("reads by AI agents")?;
        let frame = renumber(frame, &index(computed))?;
        let (reads, people) = (ints(&frame, "reads")?, ints(&frame, "people")?);
        let mut all = vec![(0, 0); computed.registry.len()];
        let rows = ints(&frame, "writeup")?
            .into_iter()
            .zip(reads.iter().zip(&people));
        for (writeup, (reads, people)) in rows {
            let at = writeup.and_then(|at| usize::try_from(at).ok());
            if let Some(own) = at.and_then(|at| all.get_mut(at)) {
                *own = (whole(*reads), whole(*people));
            }
        }
        let judge = |is_told: fn(&RegistryWriteup, i64) -> bool| {
            let mut margins = Margins::of_same_people();
            let entries = computed.registry.iter().zip(&all);
            let cells =
                entries.map(
                    |(writeup, (_, people))| match is_told(writeup, context.as_of) {
                        true => margins.cell(*people),
                        false => margins.unlisted(*people),
                    },
                );
            let cells = cells.collect();
            margins.sum(cells);
            margins.judge(k.into())
        };
        let (open, full) = (judge(is_listed), judge(is_there));
        let both = open.shown.iter().zip(&full.shown);
        Ok(Beside {
            open: both.map(|(open, full)| *open && *full).collect(),
            total: !open.told.contains(&false) && !full.told.contains(&false),
            full: full.shown,
            agents: all.into_iter().map(|(reads, _)| reads).collect(),
        })
    }

    /// What is told of one write-up, by its place; nothing where no agent read it.
    pub(super) fn told(&self, at: usize, sees_all: bool) -> Option<Json> {
        let shown = if sees_all { &self.full } else { &self.open };
        let reads = self.agents.get(at).copied().filter(|reads| *reads > 0)?;
        let shown = shown.get(at).copied().unwrap_or(false);
        Some(match shown {
            true => json!({ "reads": reads }),
            false => json!({ "reads": null, "suppressed": true }),
        })
    }
}

fn whole(n: Option<i64>) -> u64 {
    n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}
