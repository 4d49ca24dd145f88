//! The compute job: facts from the store, as polars frames, and what every indicator says of them.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use polars::prelude::{ChunkApply, DataFrame, IntoColumn, IntoSeries};

use super::annotations;
use super::meetings::Meetings;
use super::observe::Watch;
use super::reached;
use crate::indicators::{
    self, Assigned, ClassTotal, Context, Descriptors, Facts, Totals, Windows, WriteupFact,
};
use crate::model::{DAY_MS, Millis, Parameters, Results};
use crate::store::{
    AgeWindow, CoverageRow, Each, FactSettings, LinkRules, ObservedRow, ReadingLimits,
    RegistryAssignment, RegistryWriteup, RosterCounts, Store, StoryFact, Which,
};

/// A write-up needs at least so many reads for a median age of its own (INDICATORS L2).
const LEAST_READS_FOR_MEDIAN: u64 = 10;

/// A team of fewer people is no bunch, whatever `k` is.
const LEAST_OF_TEAM: u32 = 5;

/// Facts and what they were made of.
pub struct Computed {
    /// How the store was asked.
    pub settings: FactSettings,
    /// The registry, in the order of `facts.writeups`.
    pub registry: Vec<RegistryWriteup>,
    /// Who is told to read what.
    pub assignments: Vec<RegistryAssignment>,
    /// Who delivered what.
    pub observed: Vec<ObservedRow>,
    /// What sources stated.
    pub coverage: Vec<CoverageRow>,
    /// Who came to meetings, and what is known of these beside.
    pub meetings: Meetings,
    /// What was told in story rounds.
    pub stories: Vec<StoryFact>,
    /// The facts.
    pub facts: Facts,
    /// What every indicator says, in their order.
    pub results: Vec<(&'static indicators::Spec, Results)>,
}

/// Asks the store for facts as of `context.as_of`, and every indicator for its results.
pub async fn run(store: &Store, context: &Context) -> anyhow::Result<Computed> {
    let generation = store
        .last_derive_run()
        .await?
        .map(|(generation, _)| generation)
        .context("nothing has been derived yet; run the derive job first")?;
    let settings = settings(context, generation);
    let mut registry = store.registry_writeups(generation).await?;
    // What is part of another write-up is seen there.
    registry.retain(|writeup| writeup.merged_into == 0);
    let observed = store.observed(generation, context.as_of).await?;
    let coverage = store.coverage().await?;
    let meetings = Meetings::of(store, context, &settings, &registry).await?;
    // What is told of reviews keeps to reviews.
    let reviews = meetings.reviews.clone();
    let seen = (&observed[..], &coverage[..], reviews);
    let facts = facts(store, context, &settings, &registry, seen).await?;
    let (facts, results) = apart(facts, context.clone()).await?;
    Ok(Computed {
        assignments: store.registry_assignments(generation).await?,
        stories: store.stories(&settings).await?,
        meetings,
        settings,
        registry,
        observed,
        coverage,
        facts,
        results,
    })
}

/// What every indicator says, in their order.
type Said = Vec<(&'static indicators::Spec, Results)>;

async fn apart(facts: Facts, context: Context) -> anyhow::Result<(Facts, Said)> {
    aside(move || {
        let results: anyhow::Result<Said> = indicators::ALL
            .iter()
            .map(|indicator| {
                let spec = indicator.spec();
                let said = indicator.compute(&facts, &context);
                Ok((
                    spec,
                    said.with_context(|| format!("indicator {}", spec.code))?,
                ))
            })
            .collect();
        results.map(|results| (facts, results))
    })
    .await?
}

/// Does the work of indicators in a thread of its own: it is not for a thread that serves requests, and polars
/// refuses to run inside a single-threaded runtime.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("indicators".to_owned())
        .spawn(move || {
            // Nobody listens any more when the report was given up.
            let _ = sender.send(work());
        })?;
    receiver.await.context("the indicators' thread ended early")
}

/// How the store is asked as of `context.as_of`.
pub fn settings(context: &Context, registry: u32) -> FactSettings {
    let parameters = &context.parameters;
    // A double click can reach over midnight: the day in which the last open one began is asked
    // of the reads themselves.
    let open = context.as_of - i64::from(parameters.double_click_s) * 1000;
    FactSettings {
        as_of: context.as_of,
        boundary: days(context.calendar.date(open)),
        timezone: context.calendar.timezone.name().to_owned(),
        registry,
        which: Which::All,
        late_days: i32::try_from(parameters.late_days).unwrap_or(i32::MAX),
        links: LinkRules {
            index_writeups: parameters.index_writeups.into(),
            index_team_share: parameters.index_team_share,
            index_team_least: parameters.index_team_least.into(),
            follow_up_ms: i64::from(parameters.follow_up_days) * DAY_MS,
        },
    }
}

fn days(date: chrono::NaiveDate) -> i32 {
    i32::try_from(
        date.signed_duration_since(chrono::NaiveDate::default())
            .num_days(),
    )
    .unwrap_or(i32::MAX)
}

async fn facts(
    store: &Store,
    context: &Context,
    settings: &FactSettings,
    registry: &[RegistryWriteup],
    (observed, coverage, reviews): (&[ObservedRow], &[CoverageRow], DataFrame),
) -> anyhow::Result<Facts> {
    let parameters = &context.parameters;
    let counts_only = store.counts_only(settings).await?;
    let writeups = writeups(context, registry, (observed, coverage), &counts_only);
    let index: HashMap<u32, u32> = (0..)
        .zip(registry)
        .map(|(index, writeup)| (writeup.number, index))
        .collect();
    let of_index = |frame: DataFrame| renumber(frame, &index);
    let (since, date) = since(context, parameters.trailing_days);
    let comparable = comparable(context, registry, &writeups);
    let known = (registry, &writeups[..], &comparable[..]);
    let seen = (registry, observed, coverage);
    let in_cohorts = numbers(registry, &writeups, |fact| {
        fact.reads_observed_for(2 * parameters.late_days, context.as_of)
    });
    // Two statements at a time: few use all cores from beginning to end, and more would take more memory.
    let one = async {
        let counted = Counted::of(store, context, settings, &comparable).await?;
        let totals = totals(store, context, settings, known, &counted).await?;
        let of_all = (registry, &writeups[..], totals.total_reads);
        let long = reached::long_tail(store, context, settings, of_all, &index).await?;
        anyhow::Ok((counted, totals, long))
    };
    let other = async {
        anyhow::Ok(Facts {
            daily: of_index(store.daily(settings).await?)?,
            people_by_age_week: store.people_by_age_week(settings).await?,
            people_by_month: store.people_by_month(settings).await?,
            people_by_weekday: store.people_by_weekday(settings).await?,
            people_by_cohort: store.people_by_cohort(settings, &in_cohorts).await?,
            trailing: of_index(store.trailing(settings, (since, date)).await?)?,
            engaged: store.engaged(settings).await?,
            engaged_bins: store.engaged_bins(settings).await?,
            depth_signs: store
                .depth_signs(settings, reading_limits(parameters))
                .await?,
            counters: of_index(store.counters(settings).await?)?,
            counted_people: of_index(store.counted_people(settings, since).await?)?,
            attendance: reviews,
            attendance_observed: attendance_observed(context, registry, (observed, coverage)),
            contributions: of_index(store.contributions(settings).await?)?,
            comments: of_index(store.comments(settings).await?)?,
            threads: of_index(store.threads(settings).await?)?,
            edits: of_index(store.edits(settings).await?)?,
            links: renumber_column(of_index(store.links(settings).await?)?, "stands_on", &index)?,
            reach: reached::reach(store, context, settings, seen, &index).await?,
            annotations: annotations::facts(store, context).await?,
            ..Facts::default()
        })
    };
    let ((counted, totals, long), other) = tokio::try_join!(one, other)?;
    let mut all = Facts {
        long,
        totals,
        writeups,
        ..other
    };
    if counted.totals.of(Which::Assigned).total_reads > 0 {
        let without = with(settings, Which::Unassigned);
        let daily = of_index(store.daily(&without).await?)?;
        let trailing = of_index(store.trailing(&without, (since, date)).await?)?;
        let totals = counted.read_totals(store, &without).await?;
        let only = with(settings, Which::Assigned);
        let only = counted.read_totals(store, &only).await?;
        let without = Facts {
            daily,
            trailing,
            totals,
            ..all.clone()
        };
        all.assigned = Some(Box::new(Assigned { without, only }));
    }
    Ok(all)
}

/// The instant so many days ago, and the local day (since 1970) in which it lies.
fn since(context: &Context, days_ago: u32) -> (Millis, i32) {
    let at = context.as_of - i64::from(days_ago) * DAY_MS;
    (at, days(context.calendar.date(at)))
}

fn with(settings: &FactSettings, which: Which) -> FactSettings {
    FactSettings {
        which,
        ..settings.clone()
    }
}

fn writeups(
    context: &Context,
    registry: &[RegistryWriteup],
    (observed, coverage): (&[ObservedRow], &[CoverageRow]),
    counts_only: &BTreeSet<u32>,
) -> Vec<WriteupFact> {
    let as_of = context.as_of;
    let reads = Watch::new(&["read", "read_count"], observed, coverage, registry, as_of);
    let comments = Watch::new(&["comment"], observed, coverage, registry, as_of);
    let edits = Watch::new(&["edit"], observed, coverage, registry, as_of);
    let links = Watch::new(&["link"], observed, coverage, registry, as_of);
    let contributions = |writeup: &RegistryWriteup| {
        let each = [&comments, &edits, &links].map(|watch| watch.windows(writeup).0);
        Windows::union(each.concat())
    };
    registry
        .iter()
        .map(|writeup| WriteupFact {
            id: writeup.id.clone(),
            published_at: writeup.published_at,
            deleted_at: writeup.deleted_at,
            words: writeup.words,
            restricted: writeup.restricted,
            owner_team: writeup.owner_team.clone(),
            reads_observed: reads.windows(writeup),
            reads_steady: reads.steady(writeup),
            comments_steady: comments.steady(writeup),
            contributions_observed: contributions(writeup),
            edits_observed: edits.windows(writeup),
            edits_steady: edits.steady(writeup),
            contributors: writeup.contributors.clone(),
            maker: Some(writeup.maker).filter(|number| *number != 0),
            first: Descriptors {
                words: writeup.first_words,
                diagrams: writeup.first_diagrams,
                hyperlinks: writeup.first_hyperlinks,
                acronyms_unexplained: writeup.first_acronyms_unexplained,
                contributors: writeup.first_contributors,
                contributor_teams: writeup.first_contributor_teams,
                data_sources: writeup.first_data_sources,
                quotations: writeup.first_quotations,
            },
            // A write-up of which only page counts come is never told.
            counts_only: counts_only.contains(&writeup.number) || !reads.names_people(writeup),
        })
        .collect()
}

fn attendance_observed(
    context: &Context,
    registry: &[RegistryWriteup],
    (observed, coverage): (&[ObservedRow], &[CoverageRow]),
) -> Windows {
    Watch::new(&["attendance"], observed, coverage, registry, context.as_of).together()
}

async fn totals(
    store: &Store,
    context: &Context,
    settings: &FactSettings,
    (registry, writeups, comparable): (&[RegistryWriteup], &[WriteupFact], &[u32]),
    counted: &Counted,
) -> anyhow::Result<Totals> {
    let parameters = &context.parameters;
    let limits = reading_limits(parameters);
    let mut totals = counted.read_totals(store, settings).await?;
    for class in store.classes(settings, limits).await? {
        let total = ClassTotal {
            days: class.days,
            people: class.people,
        };
        match class.class.as_str() {
            "read" => {
                totals.read = total;
                totals.deep_pairs = class.pairs;
            }
            "skimmed" => totals.skimmed = total,
            "opened" => totals.opened = total,
            _ => totals.unknown = total,
        }
    }
    let everything = numbers(registry, writeups, |_| true);
    let (from, date) = since(context, parameters.recent_days);
    let recent = AgeWindow {
        from,
        date,
        below_days: i32::MAX,
        writeups: &everything,
    };
    totals.median_age_sync_ms = store.median_age(settings, &recent).await?;
    let people = store.people_in_window(settings, &recent).await?;
    totals.people_sync = people.of(settings.which);
    let first_year = first_year(context, comparable);
    totals.median_age_diachronous_ms = store.median_age(settings, &first_year).await?;
    totals.bunched = store
        .bunched(settings, recent.from, context.k.max(LEAST_OF_TEAM))
        .await?;
    let engaged = store.engaged_people(settings).await?;
    totals.engaged_people = engaged.lasted;
    totals.unengaged_people = engaged.others;
    totals.untimed_people = engaged.untimed;
    let since = context.as_of - i64::from(parameters.trailing_days) * DAY_MS;
    totals.headcount = store.headcount(settings, since).await?;
    totals.median_age_by_writeup_ms = store
        .median_age_by_writeup(settings, &first_year, LEAST_READS_FOR_MEDIAN)
        .await?;
    Ok(totals)
}

fn reading_limits(parameters: &Parameters) -> ReadingLimits {
    ReadingLimits {
        skim_ms: parameters.skim_min_s * 1000,
        ms_per_word: 60_000.0 * parameters.read_fraction / f64::from(parameters.wpm_fast),
        depth_milli: thousandths(parameters.read_fraction),
    }
}

/// Write-ups whose first year can be compared.
fn comparable(
    context: &Context,
    registry: &[RegistryWriteup],
    writeups: &[WriteupFact],
) -> Vec<u32> {
    let horizon = context.parameters.horizon_days;
    numbers(registry, writeups, |fact| {
        fact.reads_observed_for(horizon, context.as_of)
    })
}

fn first_year<'a>(context: &Context, comparable: &'a [u32]) -> AgeWindow<'a> {
    AgeWindow {
        from: i64::MIN / 2,
        date: i32::MIN,
        below_days: i32::try_from(context.parameters.horizon_days).unwrap_or(i32::MAX),
        writeups: comparable,
    }
}

/// What is told with and without assigned reads, each asked once: R1, R3, L11, and the people behind L2 to L4.
struct Counted {
    totals: Each<RosterCounts>,
    /// People with an early read, and with a late one.
    horizon: Each<(u64, u64)>,
    /// Person-days, and people.
    late_readers: Each<(u64, u64)>,
    /// People on the roster, and those who read.
    reach: Each<(u64, u64)>,
    first_year: Each<u64>,
}

impl Counted {
    async fn of(
        store: &Store,
        context: &Context,
        settings: &FactSettings,
        comparable: &[u32],
    ) -> anyhow::Result<Self> {
        let window = first_year(context, comparable);
        let horizon = store.horizon_people(settings, window.below_days, comparable);
        let trailing = since(context, context.parameters.trailing_days);
        let recent = since(context, context.parameters.recent_days);
        Ok(Counted {
            totals: store.reader_totals(settings).await?,
            horizon: horizon.await?,
            late_readers: store.late_readers(settings, trailing).await?,
            reach: store.reach(settings, recent).await?,
            first_year: store.people_in_window(settings, &window).await?,
        })
    }

    /// The part of them that `settings` mean, with R2.
    async fn read_totals(&self, store: &Store, settings: &FactSettings) -> anyhow::Result<Totals> {
        let which = settings.which;
        let counts = self.totals.of(which);
        let (people_horizon_early, people_horizon_late) = self.horizon.of(which);
        let (late_reader_days, late_readers) = self.late_readers.of(which);
        let (roster, roster_readers) = self.reach.of(which);
        Ok(Totals {
            total_reads: counts.total_reads,
            unique_reads: store.unique_reads(settings).await?,
            readers: counts.readers,
            reader_writeup_pairs: counts.reader_writeup_pairs,
            reader_days: counts.reader_days,
            people_horizon_early,
            people_horizon_late,
            people_diachronous: self.first_year.of(which),
            late_reader_days,
            late_readers,
            roster,
            roster_readers,
            ..Totals::default()
        })
    }
}

/// A share in thousandths; 0.75 is 750.
fn thousandths(share: f64) -> u16 {
    // Between 0 and 1 by the configuration's own check.
    (share * 1000.0).round() as u16
}

fn numbers(
    registry: &[RegistryWriteup],
    writeups: &[WriteupFact],
    wanted: impl Fn(&WriteupFact) -> bool,
) -> Vec<u32> {
    let pairs = registry.iter().zip(writeups);
    pairs
        .filter(|(_, fact)| wanted(fact))
        .map(|(entry, _)| entry.number)
        .collect()
}

/// Puts indexes into the list of write-ups where the store has its own numbers.
pub fn renumber(frame: DataFrame, index: &HashMap<u32, u32>) -> anyhow::Result<DataFrame> {
    renumber_column(frame, "writeup", index)
}

/// The same of a column of another name; what is no write-up becomes null.
fn renumber_column(
    mut frame: DataFrame,
    column: &str,
    index: &HashMap<u32, u32>,
) -> anyhow::Result<DataFrame> {
    let numbers = frame.column(column)?.u32()?.clone();
    let indexes = numbers.apply(|number| number.and_then(|number| index.get(&number).copied()));
    frame.with_column(indexes.into_series().into_column())?;
    Ok(frame)
}
