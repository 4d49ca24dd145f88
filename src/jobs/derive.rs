//! The derive job: a registry of what is known now, and derived rows for every write-up of which
//! something changed since: its events, its entry in the registry, the people, the parameters, or
//! this code. Landed events are never touched; a change restates history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::assigned;
use super::machines::Configured;
use super::people::people;
use super::registry::{Conflict, merge, names, pages, teams_that_had};
use crate::model::target::canonical as respelled;
use crate::model::{Calendar, DAY_MS, Millis, Parameters};
use crate::store::{
    DeriveSettings, Fingerprint, MachineLimits, RegistryAssignment, RegistryPerson, RegistryRows,
    RegistryTarget, RegistryTeam, RegistryWriteup, Store, StoreError,
};

/// Raised whenever the same landed events give other derived rows.
const CODE_VERSION: u32 = 15;

/// At most so many reads are derived by one statement: it holds their person-days in memory.
const READS_AT_ONCE: u64 = 8_000_000;

/// At most so many write-ups are named in one statement.
const WRITEUPS_AT_ONCE: usize = 4_000;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// The registry's generation that is now current.
    pub generation: u32,
    /// Write-ups whose derived rows were built again.
    pub rebuilt: usize,
    /// Write-ups that are registered.
    pub writeups: usize,
    /// Names that two write-ups claim.
    pub conflicts: Vec<Conflict>,
}

/// Runs the job. At most one runs at a time in one store: the caller holds the data folder's turn.
pub async fn run(
    store: &Store,
    calendar: &Calendar,
    parameters: &Parameters,
    configured: &Configured,
) -> anyhow::Result<Derived> {
    let last = store
        .last_derive_run()
        .await
        .context("derive: where it stood")?;
    let received = store.receipts_fingerprint().await?;
    let basis = basis(received, calendar, parameters, configured);
    if let Some((generation, _)) = last
        && store.derive_basis().await? == Some((generation, basis))
    {
        return unchanged(store, generation).await;
    }
    let generation = store.begin_derive().await?;
    let numbers = store
        .number_people()
        .await
        .context("derive: numbering people")?;
    let landed_people = store.landed_people().await?;
    let landed_writeups = store.landed_writeups().await?;
    let known_numbers: HashMap<_, _> = store.writeup_numbers().await?.into_iter().collect();
    let mut people = people(generation, &numbers, &landed_people);
    let agents = configured.machines.mark(&mut people.rows);
    let person_of: HashMap<u128, u32> = people
        .rows
        .iter()
        .map(|person| (person.pseudonym, person.number))
        .collect();
    let mut writeups = merge(generation, &landed_writeups, &known_numbers, &person_of);
    teams_that_had(&mut writeups, &people.teams);
    let (names, conflicts) = names(&writeups);
    let assignments = assigned::assignments(generation, &landed_writeups, &names);
    let pages = pages(&writeups);
    let targets = store.targets().await.context("derive: targets")?;
    let targets = targets
        .into_iter()
        .flat_map(|(target, canonical)| {
            // What landed was spelled by the rules of its time.
            let spelled = respelled(&canonical);
            let own = names.parts(&target, &spelled).into_iter();
            let own = own.map(|(from_ms, number)| {
                let page = pages.as_ref();
                let page = page.and_then(|pages| pages.number(&target, &spelled, from_ms));
                RegistryTarget {
                    generation,
                    from_ms,
                    number,
                    page: page.unwrap_or(number),
                    target: target.clone(),
                }
            });
            own.collect::<Vec<_>>()
        })
        .collect();
    let rows = RegistryRows {
        writeups,
        people: people.rows,
        teams: people.teams,
        assignments,
        targets,
    };

    // What an unfinished run left behind under the same generation must not be read twice.
    store.sweep_registry_from(generation).await?;
    store
        .write_registry(&rows)
        .await
        .context("derive: writing the registry")?;
    let landed = store
        .fingerprints(generation, Millis::MAX)
        .await
        .context("derive: what has landed")?;
    let common = common_fingerprint(calendar, parameters, (&rows.people, &agents), &numbers);
    let settings = DeriveSettings {
        generation,
        timezone: calendar.timezone.name().to_owned(),
        double_click_ms: i64::from(parameters.double_click_s) * 1000,
        newcomer_ms: i64::from(parameters.newcomer_days) * DAY_MS,
        agents,
        wholes: configured.wholes.clone(),
    };
    // What an unfinished run left behind is no stage of this one.
    store.clear_stage().await?;
    let shared = watched_by_several(&landed);
    let prints = match shared.is_empty() {
        true => Vec::new(),
        false => store
            .stage_watch(&settings)
            .await
            .context("derive: who watches when")?,
    };
    let watch = Watch::of(calendar, prints);
    let machines = store.find_machines(generation, limits(parameters)).await;
    let machines: HashMap<u32, u64> = machines
        .context("derive: who reads like a program")?
        .into_iter()
        .collect();
    let wanted = fingerprints(
        common,
        parameters,
        &rows,
        &landed,
        &(&shared, &watch, &machines),
    );
    let whole = total_fingerprint(&rows, &landed, &wanted);
    let current: HashMap<u32, u64> = store.derived_states().await?.into_iter().collect();
    let touched: Vec<(u32, u64)> = wanted
        .iter()
        .filter(|(writeup, fingerprint)| current.get(writeup) != Some(fingerprint))
        .map(|(writeup, fingerprint)| (*writeup, *fingerprint))
        .collect();
    let count = wholes(&rows.writeups);
    if let Some((generation, fingerprint)) = last
        && fingerprint == whole
        && touched.is_empty()
    {
        store.clear_stage().await?;
        store.sweep_registry_from(generation + 1).await?;
        store.set_derive_basis(generation, basis).await?;
        return Ok(Derived {
            generation,
            rebuilt: 0,
            writeups: count,
            conflicts,
        });
    }
    store.write_sources(generation, &landed).await?;
    let of_several = |writeup: &u32| shared.contains_key(writeup);
    let numbers =
        |part: &[(u32, u64)]| -> Vec<u32> { part.iter().map(|(writeup, _)| *writeup).collect() };
    for part in touched.chunks(WRITEUPS_AT_ONCE) {
        let (several, alone): (Vec<u32>, Vec<u32>) =
            numbers(part).into_iter().partition(of_several);
        stage(store, &settings, &alone, &several)
            .await
            .context("derive: resolving reads")?;
    }
    for part in parts(&touched, &landed) {
        let mut numbers = numbers(&part);
        store
            .derive(&settings, &numbers)
            .await
            .context("derive: building rows")?;
        numbers.retain(of_several);
        if !numbers.is_empty() {
            store
                .add_counted_days(&settings, &numbers)
                .await
                .context("derive: comparing sources")?;
        }
    }
    store.clear_stage().await?;
    store.finish_derive(generation, whole).await?;
    store.switch(generation, &touched).await?;
    store.sweep_derived().await.context("derive: sweeping")?;
    store
        .sweep_registry(generation)
        .await
        .context("derive: sweeping")?;
    store.set_derive_basis(generation, basis).await?;
    tracing::debug!(
        derive.generation = generation,
        derive.rebuilt = touched.len(),
        "derived"
    );
    Ok(Derived {
        generation,
        rebuilt: touched.len(),
        writeups: count,
        conflicts,
    })
}

async fn stage(
    store: &Store,
    settings: &DeriveSettings,
    alone: &[u32],
    shared: &[u32],
) -> Result<(), StoreError> {
    if !alone.is_empty() {
        store.stage(settings, alone).await?;
    }
    if !shared.is_empty() {
        store.stage_reconciled(settings, shared).await?;
    }
    Ok(())
}

/// Write-ups whose reads more than one source tells of, and which sources.
fn watched_by_several(landed: &[Fingerprint]) -> BTreeMap<u32, BTreeSet<&str>> {
    let mut sources: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for row in landed {
        let reads = matches!(row.kind.as_str(), "read" | "read_count");
        if reads && row.writeup != 0 {
            sources.entry(row.writeup).or_default().insert(&row.source);
        }
    }
    sources.retain(|_, names| names.len() > 1);
    sources
}

/// All that derived rows and registry are made from, in one number: what has been received, whose
/// receipts name every batch that landed, and by which rules it is read.
fn basis(
    received: u64,
    calendar: &Calendar,
    parameters: &Parameters,
    configured: &Configured,
) -> u64 {
    let rules = format!(
        "{received} {CODE_VERSION} {} {} {} {:?} {:?} {:?}",
        calendar.timezone.name(),
        parameters.double_click_s,
        parameters.newcomer_days,
        limits(parameters),
        configured.machines.print(),
        configured.wholes
    );
    xxh3_64(rules.as_bytes())
}

/// The last run once more: nothing has come since.
async fn unchanged(store: &Store, generation: u32) -> anyhow::Result<Derived> {
    let writeups = store.registry_writeups(generation).await?;
    let (_, conflicts) = names(&writeups);
    Ok(Derived {
        generation,
        rebuilt: 0,
        writeups: wholes(&writeups),
        conflicts,
    })
}

/// Write-ups that are part of no other.
fn wholes(writeups: &[RegistryWriteup]) -> usize {
    let wholes = writeups.iter().filter(|writeup| writeup.merged_into == 0);
    wholes.count()
}

/// What all derived rows depend on, whichever write-up they belong to.
fn common_fingerprint(
    calendar: &Calendar,
    parameters: &Parameters,
    (people, agents): (&[RegistryPerson], &[u32]),
    numbers: &[(u128, u32)],
) -> u64 {
    let mut hash = Xxh3::new();
    for agent in agents {
        hash.update(&agent.to_le_bytes());
    }
    hash.update(&CODE_VERSION.to_le_bytes());
    hash.update(calendar.timezone.name().as_bytes());
    hash.update(&parameters.double_click_s.to_le_bytes());
    let own: HashMap<u128, u32> = numbers.iter().copied().collect();
    for person in people {
        // Somebody new who is just a person changes nobody else's rows.
        if person.kind != "person" || own.get(&person.pseudonym) != Some(&person.number) {
            hash.update(&person.pseudonym.to_le_bytes());
            hash.update(&person.number.to_le_bytes());
            hash.update(person.kind.as_bytes());
        }
    }
    hash.digest()
}

/// Which sources watch a write-up together, when and how well each watches, and which reads are like a
/// program's.
type Seen<'a> = (
    &'a BTreeMap<u32, BTreeSet<&'a str>>,
    &'a Watch<'a>,
    &'a HashMap<u32, u64>,
);

/// On which days sources watch, and how well: for each day one number for it and all before, so that a new
/// day concerns nobody whose last read lies before it.
struct Watch<'a> {
    calendar: &'a Calendar,
    of: HashMap<String, Vec<(i32, u64)>>,
}

impl<'a> Watch<'a> {
    /// From numbers for each day, by source and day.
    fn of(calendar: &'a Calendar, prints: Vec<(String, i32, u64)>) -> Self {
        let mut of: HashMap<String, Vec<(i32, u64)>> = HashMap::new();
        for (source, date, print) in prints {
            let days = of.entry(source).or_default();
            let before = days.last().map_or(0, |(_, sum)| *sum);
            let own = xxh3_64(format!("{date} {print}").as_bytes());
            days.push((date, before.wrapping_add(own)));
        }
        Watch { calendar, of }
    }

    /// One number for the days of a source up to that of an instant. A daily figure may be of the day after, by
    /// UTC.
    fn upto(&self, source: &str, at: Millis) -> u64 {
        let last = self.calendar.date(at).to_epoch_days().saturating_add(1);
        let days = self.of.get(source).map_or(&[][..], Vec::as_slice);
        let behind = days.partition_point(|(date, _)| *date <= last);
        behind.checked_sub(1).map_or(0, |at| days[at].1)
    }
}

fn limits(parameters: &Parameters) -> MachineLimits {
    MachineLimits {
        writeups: parameters.machine_writeups,
        run: parameters.machine_run,
        gap_ms: i64::from(parameters.machine_gap_s) * 1000,
    }
}

/// What the derived rows of each registered write-up are to be made from.
fn fingerprints(
    common: u64,
    parameters: &Parameters,
    rows: &RegistryRows,
    landed: &[Fingerprint],
    (shared, watch, machines): &Seen<'_>,
) -> BTreeMap<u32, u64> {
    // When its sources watch, and how well, decides which of their reads count.
    let mut last: HashMap<u32, Millis> = HashMap::new();
    for row in landed
        .iter()
        .filter(|row| shared.contains_key(&row.writeup))
    {
        let known = last.entry(row.writeup).or_insert(row.last_at);
        *known = row.last_at.max(*known);
    }
    let watched = |writeup: u32| -> Vec<u64> {
        let names = shared.get(&writeup).into_iter().flatten();
        let until = last.get(&writeup).copied().unwrap_or_default();
        names.map(|name| watch.upto(name, until)).collect()
    };
    // Which of a write-up's targets are which page, where there are several.
    let mut pages: HashMap<u32, Xxh3> = HashMap::new();
    for target in rows.targets.iter().filter(|one| one.page != one.number) {
        let hash = pages.entry(target.number).or_default();
        hash.update(format!("{:?}", (&target.target, target.from_ms, target.page)).as_bytes());
    }
    let assigned = assigned::fingerprints(rows, parameters.newcomer_days);
    let mut events: HashMap<u32, u64> = HashMap::new();
    for row in landed
        .iter()
        .filter(|row| matches!(row.kind.as_str(), "read" | "read_count"))
    {
        let sum = events.entry(row.writeup).or_default();
        *sum = sum.wrapping_add(row.fingerprint).wrapping_add(row.events);
    }
    rows.writeups
        .iter()
        .map(|writeup| {
            let text = format!(
                "{common} {:?} {:?} {:?} {} {:?} {:?} {:?} {:?}",
                writeup.published_at,
                writeup.deleted_at,
                writeup.contributors,
                events.get(&writeup.number).copied().unwrap_or(0),
                assigned.get(&writeup.number),
                watched(writeup.number),
                machines.get(&writeup.number),
                pages.get(&writeup.number).map(Xxh3::digest)
            );
            (writeup.number, xxh3_64(text.as_bytes()))
        })
        .collect()
}

/// All that a run was made from: an equal one has nothing to do.
fn total_fingerprint(
    rows: &RegistryRows,
    landed: &[Fingerprint],
    wanted: &BTreeMap<u32, u64>,
) -> u64 {
    let mut hash = Xxh3::new();
    for writeup in &rows.writeups {
        let same = RegistryWriteup {
            generation: 0,
            ..writeup.clone()
        };
        hash.update(format!("{same:?}").as_bytes());
    }
    for person in &rows.people {
        let same = RegistryPerson {
            generation: 0,
            ..person.clone()
        };
        hash.update(format!("{same:?}").as_bytes());
    }
    for team in &rows.teams {
        let same = RegistryTeam {
            generation: 0,
            ..team.clone()
        };
        hash.update(format!("{same:?}").as_bytes());
    }
    for assignment in &rows.assignments {
        let same = RegistryAssignment {
            generation: 0,
            ..assignment.clone()
        };
        hash.update(format!("{same:?}").as_bytes());
    }
    for target in &rows.targets {
        hash.update(target.target.as_bytes());
        hash.update(&target.from_ms.to_le_bytes());
        hash.update(&target.number.to_le_bytes());
        hash.update(&target.page.to_le_bytes());
    }
    for row in landed {
        hash.update(format!("{row:?}").as_bytes());
    }
    for (writeup, fingerprint) in wanted {
        hash.update(&writeup.to_le_bytes());
        hash.update(&fingerprint.to_le_bytes());
    }
    hash.digest()
}

/// The touched write-ups in parts that one statement can hold.
fn parts(touched: &[(u32, u64)], landed: &[Fingerprint]) -> Vec<Vec<(u32, u64)>> {
    let mut reads: HashMap<u32, u64> = HashMap::new();
    for row in landed.iter().filter(|row| row.kind == "read") {
        *reads.entry(row.writeup).or_default() += row.events;
    }
    let mut parts: Vec<Vec<(u32, u64)>> = Vec::new();
    let mut size = u64::MAX;
    for writeup in touched {
        let own = reads.get(&writeup.0).copied().unwrap_or(0);
        let full = parts
            .last()
            .is_some_and(|part| part.len() >= WRITEUPS_AT_ONCE);
        if full || size.saturating_add(own) > READS_AT_ONCE {
            parts.push(Vec::new());
            size = 0;
        }
        size += own;
        if let Some(part) = parts.last_mut() {
            part.push(*writeup);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_a_bounded_number_of_reads() {
        let row = |writeup, events| Fingerprint {
            kind: "read".to_owned(),
            source: String::new(),
            writeup,
            first_at: 0,
            last_at: 0,
            events,
            named: 0,
            fingerprint: 0,
        };
        let landed = [row(1, READS_AT_ONCE), row(2, 1), row(3, 1)];
        let parts = parts(&[(1, 0), (2, 0), (3, 0)], &landed);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }
}
