//! Health of the measurement: what was received and what became of it, and who was watching when.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, json};

use super::beside::Beside;
use super::columns::ints;
use super::compute::Computed;
use super::kinds;
use super::people::BY_HAND;
use crate::indicators::fewest;
use crate::model::Calendar;
use crate::model::time::to_rfc3339;
use crate::store::{ComparedRow, CoverageRow, HealthCounts, LabelCount, MERGED, Receipt, Store};
use crate::summary::document::{Compared, Coverage, Health, Reads, Received};
use crate::summary::suppress;

/// Labels of derived rows (sql/migrations/0017).
pub(super) const UNKNOWN: u8 = 1;
pub(super) const AFTER_DELETE: u8 = 2;
pub(super) const BOT: u8 = 3;
const OWN: u8 = 4;
const DRAFT: u8 = 5;
pub(super) const EXCLUDED: u8 = 6;
/// Links that a program wrote or that were copied here.
pub(super) const GENERATED: u8 = 7;
/// Links of a history that was rewritten.
pub(super) const UNREACHABLE: u8 = 8;
/// Reads that another source saw better.
const OTHER_SOURCE: u8 = 9;
/// Reads by AI agents.
pub(super) const AGENT: u8 = 10;
/// Reads as only programs read.
pub(super) const LIKE_MACHINE: u8 = 11;
/// Links that are one with another since their write-ups were merged.
pub(super) const DOUBLED: u8 = 12;

/// Which kinds rest on too few people to be told: fewer than `k` and more than nobody.
struct Few {
    reads: bool,
    attendance: bool,
    /// Those excluded who did anything.
    excluded: bool,
    /// Those for whom agents read, or who read like programs.
    machines: bool,
}

impl Few {
    fn of(
        computed: &Computed,
        excluded: u64,
        counts: &HealthCounts,
        k: u64,
    ) -> anyhow::Result<Self> {
        let meetings = &computed.meetings;
        let mut listed: BTreeSet<i64> = BTreeSet::new();
        for attendance in [&meetings.reviews, &meetings.retold] {
            listed.extend(ints(attendance, "person")?.into_iter().flatten());
        }
        let few = |people: u64| suppress::count_is_withheld(people, k);
        Ok(Few {
            reads: few(computed.facts.totals.readers),
            attendance: few(listed.len() as u64),
            excluded: few(excluded),
            machines: few(counts.agent_people) || few(counts.machine_people),
        })
    }

    fn hides(&self, kind: &str) -> bool {
        match kind {
            "read" => self.reads,
            "attendance" => self.attendance,
            _ => false,
        }
    }
}

/// Health as of the computed instant.
pub(super) async fn health(
    store: &Store,
    computed: &Computed,
    calendar: &Calendar,
    (k, beside): (u32, &Beside),
) -> anyhow::Result<Health> {
    let labels = store.labels(&computed.settings).await?;
    let counts = store.read_health(&computed.settings).await?;
    let excluded = store.excluded_people(&computed.settings).await?;
    let all_excluded = excluded.iter().find(|row| row.kind.is_empty());
    let few = Few::of(
        computed,
        all_excluded.map_or(0, |row| row.people),
        &counts,
        k.into(),
    )?;
    let of = |label: u8| {
        // Daily counts before publication are drafts as well; nobody's own.
        let own = labels.iter().filter(move |row| row.label == label);
        own.map(|row| row.before).sum::<u64>()
    };
    // What a few authors did themselves is theirs, and with all few readers the rest follows.
    let told = |n: u64, people: u64| {
        (!few.reads && !suppress::count_is_withheld(people, k.into())).then_some(n)
    };
    let own = told(of(OWN), counts.own_people);
    let draft = told(of(DRAFT), counts.draft_people);
    let double_click_removed = told(counts.clicks - counts.kept, 0);
    // What another source saw is told by those it names, and by those whom the better one names there.
    let other_people = fewest(&[counts.other_people, counts.compared_people]);
    let other_source = told(of(OTHER_SOURCE), other_people);
    // One that is missing is what the others lack of all reads: all of them go.
    let all = [own, draft, double_click_removed];
    let whole =
        all.iter().all(Option::is_some) && (of(OTHER_SOURCE) == 0 || other_source.is_some());
    let told = |n: Option<u64>| n.filter(|_| whole);
    // Of nothing there is nothing to be told.
    let counts_of = |label: u8, whole: Option<u64>| {
        let own = labels
            .iter()
            .filter(|row| row.label == label && row.kind == "read_count");
        let n: u64 = own.map(|row| row.before).sum();
        match n {
            0 => Some(0),
            n => told(whole).map(|_| n),
        }
    };
    let few_sent = suppress::count_is_withheld(counts.agent_people, k.into());
    let few_alike = suppress::count_is_withheld(counts.machine_people, k.into());
    let automated = (!few_alike).then_some(of(LIKE_MACHINE));
    let agents = (beside.total && !few_sent).then_some(of(AGENT));
    let compared = store.compared_sources(&computed.settings).await?;
    let mut received = received(
        &store.receipts().await?,
        &labels,
        &few,
        store.removed().await?,
    );
    received.by_kind = kinds::by_kind(&labels, &received, &excluded, (k.into(), few.machines));
    Ok(Health {
        received,
        reads: Reads {
            aggregated_rows: counts.aggregated_rows,
            aggregated_reads: counts.aggregated_reads,
            suppressed: !whole || agents.is_none() || automated.is_none(),
            own: told(own),
            draft: told(draft),
            draft_counts: counts_of(DRAFT, draft),
            double_click_removed: told(double_click_removed),
            // Nothing is as good as nothing to be told.
            other_source: if of(OTHER_SOURCE) == 0 {
                Some(0)
            } else {
                told(other_source)
            },
            other_source_counts: counts_of(OTHER_SOURCE, other_source),
            anonymous: counts.anonymous,
            agents,
            automated,
        },
        sources: compared
            .into_iter()
            .map(|pair| compare(pair, few.reads || !whole, k.into()))
            .collect(),
        coverage: coverage(computed, calendar, &few),
    })
}

/// Which of two sources saw more, and how much of it the other saw; not where that would tell, with how many
/// reads each told, what few people did.
fn compare(pair: ComparedRow, is_hidden: bool, k: u64) -> Compared {
    let one = (pair.one, pair.one_reads);
    let other = (pair.other, pair.other_reads);
    let (more, less) = match other.1 > one.1 {
        true => (other, one),
        false => (one, other),
    };
    // Each may name only a part of those who read.
    let people = fewest(&[pair.people, pair.one_people, pair.other_people]);
    let suppressed = is_hidden || suppress::count_is_withheld(people, k);
    let share = (more.1 > 0 && !suppressed).then(|| less.1 as f64 / more.1 as f64);
    Compared {
        of: more.0,
        seen_by: less.0,
        writeups: pair.writeups,
        share: share.map(|share| (share * 100.0).round() / 100.0),
        suppressed,
    }
}

fn received(receipts: &[Receipt], labels: &[LabelCount], few: &Few, removed: u64) -> Received {
    let mut received = Received::default();
    // What is said of people by hand has not been received, and to merge and split write-ups is no
    // measurement: a split takes a merge back without a trace.
    let by_hand = |receipt: &&Receipt| {
        receipt.kind == MERGED || (receipt.kind == "person" && receipt.source == BY_HAND)
    };
    for receipt in receipts.iter().filter(|receipt| !by_hand(receipt)) {
        received.lines += receipt.lines;
        if receipt.kind == "rejected" {
            received.rejected += receipt.lines;
        }
    }
    let mut kept: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut ids, mut excluded, mut bot) = (0, 0, 0);
    for row in labels {
        ids += row.before + row.future;
        received.future += row.future;
        match row.label {
            UNKNOWN => received.unknown_writeup += row.before,
            AFTER_DELETE => received.after_delete += row.before,
            BOT | AGENT | LIKE_MACHINE => bot += row.before,
            EXCLUDED => excluded += row.before,
            GENERATED => received.generated += row.before,
            // Only links have these; reads of another source are told under `reads` as well.
            UNREACHABLE => received.unreachable += row.before,
            DOUBLED => received.doubled += row.before,
            // Contributors' own reads and drafts were received well; what became of them is told
            // under `reads`.
            _ => *kept.entry(&row.kind).or_default() += row.before,
        }
    }
    received.removed = removed;
    received.duplicate_id = (received.lines - received.rejected).saturating_sub(ids + removed);
    received.excluded = (!few.excluded).then_some(excluded);
    // Robots are no people, but what a few people's machines did is this less the others.
    received.bot = (!few.machines).then_some(bot);
    // One that is missing is what the others lack of all lines: the smallest goes with it, of what people
    // do and is told nowhere else.
    let acts = |kind: &str| matches!(kind, "read" | "attendance" | "comment" | "edit" | "link");
    let seen = kept.iter().filter(|(kind, n)| **n > 0 && acts(kind));
    let smallest = seen.min_by_key(|(_, n)| **n).map(|(kind, _)| *kind);
    let few_left_out = few.excluded || few.machines;
    let alone = few_left_out && !kept.keys().any(|kind| few.hides(kind));
    let hides = |kind: &str| few.hides(kind) || (alone && smallest == Some(kind));
    received.suppressed = few_left_out || kept.keys().any(|kind| hides(kind));
    received.kept = kept
        .iter()
        .map(|(kind, n)| ((*kind).to_owned(), json!((!hides(kind)).then_some(n))))
        .collect::<Map<_, _>>();
    received
}

/// Who was watching by then: what begins at or after the instant is none of it, and what
/// ends later goes on.
fn coverage(computed: &Computed, calendar: &Calendar, few: &Few) -> Vec<Coverage> {
    let as_of = computed.settings.as_of;
    let mut delivered: BTreeMap<(&str, &str), (i64, u64)> = BTreeMap::new();
    for row in &computed.observed {
        let entry = delivered
            .entry((&row.source, &row.kind))
            .or_insert((row.first_at, 0));
        entry.0 = entry.0.min(row.first_at);
        entry.1 += row.events;
    }
    let told = |kind: &str, events: u64| (!few.hides(kind)).then_some(events);
    let mut list: Vec<Coverage> = computed
        .coverage
        .iter()
        .filter(|row| row.from_at < as_of)
        .map(|row| Coverage {
            scope: row.scope.clone(),
            kind: row.kind.clone(),
            from: to_rfc3339(row.from_at),
            to: row.to_at.filter(|to| *to <= as_of).map(to_rfc3339),
            stated: true,
            events: delivered
                .get(&(&*row.scope, &*row.kind))
                .map_or(Some(0), |(_, events)| told(&row.kind, *events)),
        })
        .collect();
    for ((source, kind), (first_at, events)) in delivered {
        // Whoever states when it watches is taken at its word, also where it said so of later days alone.
        let is_stated = |row: &CoverageRow| row.scope == source && row.kind == kind;
        if first_at < as_of && !computed.coverage.iter().any(is_stated) {
            list.push(Coverage {
                scope: source.to_owned(),
                kind: kind.to_owned(),
                // The instant of the first event is when somebody read or came: its day is told.
                from: to_rfc3339(calendar.midnight(calendar.date(first_at))),
                to: None,
                stated: false,
                events: told(kind, events),
            });
        }
    }
    list.sort_by(|a, b| (&a.scope, &a.kind, &a.from).cmp(&(&b.scope, &b.kind, &b.from)));
    list
}
