//! L12, cross-team reach: does a write-up leave the team that had the incident?

use std::collections::BTreeMap;

use polars::prelude::{PolarsError, PolarsResult};

use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::{
    Sides, clustered, guarded_median, in_hundredths, limits_of_median, proportion,
};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{entropy, evenness, median, ratio};

/// L12.
pub(in crate::indicators) struct TeamReach;

static SPEC: Spec = Spec {
    code: "L12",
    title: "Cross-team reach",
    unit: "share; teams",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_reader_teams", "fact_teams", "fact_counts_only"],
    says: "Whether write-ups are read outside the team that had the incident, and by how many teams.",
    definition: "Of each write-up its distinct readers (R3) by team; the team is the one at their last read of \
        it: what the event says, else the roster's at that time, else what an earlier event said. Readers \
        whose team is unknown are left out. outside_share: n = (write-up, reader) of write-ups whose owning \
        team is known, k = those of another team; Wilson's 95 % interval. outside_share_clustered: the same \
        as a ratio of sums with the standard error between write-ups (L3's), no interval below five of \
        them. H = entropy of a write-up's readers over teams, in nats; median_effective_teams = median of e^H \
        over write-ups with at least as many such readers as is the smallest number of people that is shown; \
        median_evenness = median of H / ln K over the same ones, K = teams_in_roster (teams that somebody \
        on the roster was in before as_of), null where K = 1; _lo and _hi = 95 % BCa bootstrap limits of either \
        median over write-ups, from eight on. Where people are withheld, medians and their limits are told \
        in whole hundredths. unknown = write-ups whose sources count \
        readers and name none; they are in no other number.",
    caveat: "Teams are of different sizes: where the owning team is small, most of the company is outside. Of few \
        readers the number of teams comes out too small, by about (teams - 1) / (2 readers). After a \
        reorganisation colleagues of yesterday count as another team.",
};

impl Indicator for TeamReach {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        let results = team_reach(facts, context);
        results.map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

/// The readers of one write-up whose team is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByTeam {
    /// How many are of each team.
    pub teams: BTreeMap<String, u64>,
    /// Those whose team is not known.
    pub unknown: u64,
    /// Those of another team than the owning one; nothing where that one is unknown.
    pub outside: Option<u64>,
}

impl ByTeam {
    /// How many there are.
    pub fn known(&self) -> u64 {
        self.teams.values().sum()
    }
}

/// The readers of each write-up, by its place among them; those whom nobody read are not there.
pub fn by_writeup(facts: &Facts) -> Result<BTreeMap<usize, ByTeam>, PolarsError> {
    let frame = &facts.reach.teams;
    let (writeups, readers) = (ints(frame, "writeup")?, counts(frame, "readers")?);
    let teams = frame.column("team")?.str()?;
    let mut all: BTreeMap<usize, ByTeam> = BTreeMap::new();
    for ((writeup, team), readers) in writeups.into_iter().zip(teams.iter()).zip(readers) {
        let at = writeup.and_then(|at| usize::try_from(at).ok());
        let Some(at) = at.filter(|at| *at < facts.writeups.len()) else {
            continue;
        };
        let own = all.entry(at).or_default();
        match team.filter(|team| !team.is_empty()) {
            Some(team) => *own.teams.entry(team.to_owned()).or_default() += readers,
            None => own.unknown += readers,
        }
    }
    for (at, own) in &mut all {
        let owner = facts.writeups[*at].owner_team.as_deref();
        own.outside = owner.filter(|owner| !owner.is_empty()).map(|owner| {
            let others = own.teams.iter().filter(|(team, _)| *team != owner);
            others.map(|(_, readers)| readers).sum()
        });
    }
    Ok(all)
}

/// Distinct people behind all rows of one kind; they are the same in every row.
fn people(facts: &Facts, name: &str) -> PolarsResult<u64> {
    Ok(counts(&facts.reach.teams, name)?
        .first()
        .copied()
        .unwrap_or(0))
}

fn team_reach(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let all = by_writeup(facts)?;
    let people = |name| people(facts, name);
    let sides = Sides {
        with: people("outside")?,
        without: people("inside")?,
        all: people("compared")?,
    };
    // R3 tells all pairs of a write-up and a reader: those of unknown teams are what is left.
    let others = people("others")?;
    let split = |value: Value| sides.share(value).of_people(others);
    let total = |value: Value| sides.total(value).of_people(others);

    let owned = all.values().filter(|one| one.known() > 0);
    let pairs: Vec<(f64, f64)> = owned
        .filter_map(|one| Some((one.outside? as f64, one.known() as f64)))
        .collect();
    let found = ratio(&pairs, 1.0);
    let share = match proportion(found.num as u64, found.den as u64) {
        Value::Map(share) => share
            .0
            .into_iter()
            .fold(Results::new(), |share, (name, value)| {
                let value = if name == "n" {
                    total(value)
                } else {
                    split(value)
                };
                share.with(name, value)
            })
            .into(),
        other => other,
    };

    let enough = all
        .values()
        .filter(|one| one.known() >= u64::from(context.k.max(1)));
    let entropies: Vec<f64> = enough
        .filter_map(|one| entropy(&one.teams.values().copied().collect::<Vec<_>>()))
        .collect();
    let kinds = facts.reach.teams_in_roster;
    let effective: Vec<f64> = entropies.iter().map(|entropy| entropy.exp()).collect();
    let even: Vec<f64> = entropies
        .iter()
        .filter_map(|entropy| evenness(*entropy, kinds))
        .collect();
    let known = people("known")?;
    let told = |value: Option<f64>, values: &[f64]| {
        let value = value.map(|value| in_hundredths(value, context.k));
        guarded_median(value, values.len(), known)
    };
    let limits = |values: &[f64]| limits_of_median(values, |value| told(value, values));
    let (effective_lo, effective_hi) = limits(&effective);
    let (even_lo, even_hi) = limits(&even);
    let reach = Results::new()
        .with("teams_in_roster", kinds)
        .with("outside_share", share)
        .with("outside_share_clustered", clustered(&found, split, total))
        .with(
            "median_effective_teams",
            told(median(&effective), &effective),
        )
        .with("median_effective_teams_lo", effective_lo)
        .with("median_effective_teams_hi", effective_hi)
        .with("median_evenness", told(median(&even), &even))
        .with("median_evenness_lo", even_lo)
        .with("median_evenness_hi", even_hi)
        .with(
            "unknown",
            facts.writeups.iter().filter(|one| one.counts_only).count(),
        );
    Ok(Results::new().with("cross_team", reach))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, empty, field, is_told, reader_teams, writeup};
    use crate::stats::examples::{close, one};

    fn facts(rows: &[(u32, &str, u64)], people: [u64; 5]) -> Facts {
        let owned = |id: &str, owner: Option<&str>| {
            let mut owned = writeup(id, None);
            owned.owner_team = owner.map(str::to_owned);
            owned
        };
        let mut facts = Facts {
            writeups: vec![
                owned("a", Some("own")),
                owned("b", Some("own")),
                owned("c", None),
            ],
            ..empty()
        };
        facts.reach.teams = reader_teams(rows, people);
        facts.reach.teams_in_roster = 5;
        facts
    }

    #[test]
    fn fits_the_worked_examples() {
        for (at, readers) in [[8, 1, 1], [4, 3, 3]].into_iter().enumerate() {
            let rows = [
                (0, "own", readers[0]),
                (0, "b", readers[1]),
                (0, "c", readers[2]),
            ];
            let found = team_reach(&facts(&rows, [10; 5]), &context()).unwrap();
            let expect = one("L12", at).expect;
            let of = |name: &str| number_of(&found, &[name]);
            assert!(close(
                number_of(&found, &["outside_share", "p"]),
                &expect["outside_share"]
            ));
            assert!(close(
                of("median_effective_teams"),
                &expect["effective_teams"]
            ));
            assert!(close(of("median_evenness"), &expect["evenness"]));
        }
    }

    fn number_of(results: &Results, path: &[&str]) -> f64 {
        match field(results, &[&["cross_team"], path].concat()).bare() {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            other => panic!("{path:?} {other:?}"),
        }
    }

    #[test]
    fn whose_team_or_owner_is_unknown_is_left_out() {
        let rows = [
            (0, "own", 6),
            (0, "b", 2),
            (0, "", 9),
            (1, "", 4),
            (2, "b", 7),
        ];
        let mut facts = facts(&rows, [6, 2, 8, 20, 15]);
        facts.writeups[1].counts_only = true;
        facts.reach.teams_in_roster = 1;
        let found = team_reach(&facts, &context()).unwrap();
        assert_eq!(number_of(&found, &["outside_share", "k"]), 2.0);
        assert_eq!(number_of(&found, &["outside_share", "n"]), 8.0);
        assert_eq!(
            number_of(&found, &["outside_share_clustered", "clusters"]),
            1.0
        );
        assert_eq!(number_of(&found, &["unknown"]), 1.0);
        // The third has readers and no owner: one team, e^0.
        let both = [(0.811_278_124_459_132_8 * 2.0_f64.ln()).exp(), 1.0];
        let middle = number_of(&found, &["median_effective_teams"]);
        assert!((middle - f64::midpoint(both[0], both[1])).abs() < 1e-12);
        let even = field(&found, &["cross_team", "median_evenness"]);
        assert_eq!(even.bare(), &Value::Null);
    }

    #[test]
    fn either_side_and_what_is_left_out_are_many_or_none() {
        let rows: Vec<(u32, &str, u64)> =
            (0..3).flat_map(|w| [(w, "own", 8), (w, "b", 8)]).collect();
        let told = |people, path: &[&str]| {
            let found = team_reach(&facts(&rows, people), &context()).unwrap();
            is_told(&found, &[&["cross_team"], path].concat(), 5)
        };
        assert!(told([8, 8, 16, 0, 16], &["outside_share", "k"]));
        assert!(!told([8, 4, 12, 0, 16], &["outside_share", "k"]));
        assert!(!told([8, 4, 12, 0, 16], &["outside_share_clustered", "se"]));
        assert!(told([8, 4, 12, 0, 16], &["outside_share", "n"]));
        assert!(!told([4, 8, 12, 0, 16], &["outside_share", "p"]));
        assert!(!told([8, 8, 16, 3, 16], &["outside_share", "n"]));
        // A median of three write-ups is one of them.
        assert!(!told([8, 8, 16, 0, 16], &["median_effective_teams"]));
    }

    #[test]
    fn of_few_readers_nothing_enters_the_median() {
        let rows = [(0, "own", 3), (0, "b", 3), (1, "own", 4)];
        let of = |k: u32| {
            let context = Context { k, ..context() };
            let found = team_reach(&facts(&rows, [7, 3, 10, 0, 10]), &context).unwrap();
            field(&found, &["cross_team", "median_effective_teams"])
                .bare()
                .clone()
        };
        assert_eq!(of(1), Value::Float(1.5));
        assert_eq!(of(5), Value::Float(2.0));
        assert_eq!(of(8), Value::Null);
    }

    #[test]
    fn of_nothing_there_is_no_share() {
        let found = team_reach(&empty(), &context()).unwrap();
        assert_eq!(field(&found, &["cross_team", "outside_share"]), Value::Null);
    }
}
