//! K3, link survival: how long a link stays in the code or the diagram.

use polars::prelude::*;

use super::meant;
use crate::indicators::frames::{counts, ints};
use crate::indicators::shapes::survival;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, LinkRole, Millis, Place, Results};
use crate::stats::{KaplanMeier, LogRank, benjamini_hochberg, log_rank};

/// K3.
pub(in crate::indicators) struct LinkSurvival;

/// Ages at which the curves are read off, days.
const DAYS: [u32; 2] = [90, 365];

static SPEC: Spec = Spec {
    code: "K3",
    title: "Link survival",
    unit: "days; probability",
    version: 2,
    layer: Layer::L,
    state: false,
    facts: &["fact_links"],
    says: "How long a link stays in the code or the diagram.",
    definition: "By place, Kaplan-Meier of the life of links in days, from the first appearance to \
        removal; links still there are censored at as_of, and at the deletion of the write-up they \
        lead to, which ends the watching and not the link. Links of a write-up to itself, links on \
        index pages and links that a template brought are left out. median = link half-life, null \
        where more than half are still there; limits by Greenwood on the scale log(-log S); rmst = \
        mean life cut at day {horizon_days}. Log-rank test between the places that have links, df \
        = places less one; commit messages can't be changed, so they are counted here alone, drawn nowhere and not tested. uptake \
        says the same of links alone that are neither follow-up nor on a page that lists. adjusted = \
        Benjamini-Hochberg over the two tests, which stand on one page. They compare places and not times, give no \
        verdict and stand on no leader's page, so they are not among the tests of T7.",
    caveat: "A moved file keeps its links only where the source follows it. Lines of one file go \
        together with it: they are not independent, so the limits are too narrow and the test too \
        sure. Places with few removals say little: look at the numbers behind a curve.",
};

impl Indicator for LinkSurvival {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        link_survival(facts, context).map_err(|source| IndicatorError::of("K3", source))
    }
}

fn link_survival(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let lives = lives(facts, context.as_of)?;
    let uptake: Vec<Life> = lives
        .iter()
        .filter(|life| life.is_uptake)
        .cloned()
        .collect();
    let tests = [test(&lives), test(&uptake)];
    let made: Vec<f64> = tests.iter().flatten().map(|test| test.p).collect();
    let mut adjusted = benjamini_hochberg(&made).into_iter();
    let mut told = |lives: &[Life], test: Option<LogRank>| {
        let adjusted = test.and_then(|_| adjusted.next());
        of(lives, context.parameters.horizon_days).with(
            "logrank",
            Results::new()
                .with("chi2", test.map(|test| test.chi2))
                .with("df", test.map(|test| test.df))
                .with("p", test.map(|test| test.p))
                .with("adjusted", adjusted),
        )
    };
    let all = told(&lives, tests[0]);
    Ok(all.with("uptake", told(&uptake, tests[1])))
}

fn spans(lives: &[Life], place: Place) -> Vec<(f64, bool)> {
    let own = lives.iter().filter(|life| life.place == place.name());
    own.map(|life| life.span).collect()
}

/// The test between the places, without commit messages.
fn test(lives: &[Life]) -> Option<LogRank> {
    let places = Place::OF_THE_TALK.into_iter();
    let tested: Vec<Vec<(f64, bool)>> = places
        .filter(|place| *place != Place::Commit)
        .map(|place| spans(lives, place))
        .collect();
    log_rank(&tested)
}

/// The curves of some links, place by place.
fn of(lives: &[Life], horizon: u32) -> Results {
    let mut curves = Results::new();
    for place in Place::OF_THE_TALK {
        let fit = KaplanMeier::fit(&spans(lives, place));
        curves = curves.with(
            place.name(),
            // Links are no people.
            survival(&fit, &DAYS, horizon, |value| value),
        );
    }
    Results::new().with("link_survival", curves)
}

/// A link's life: days, and whether it ended.
#[derive(Clone)]
struct Life {
    place: String,
    span: (f64, bool),
    is_uptake: bool,
}

fn lives(facts: &Facts, as_of: Millis) -> PolarsResult<Vec<Life>> {
    let table = meant(facts)
        .select([
            col("place"),
            (col("ended_at").fill_null(lit(as_of)) - col("at")).alias("life"),
            col("removed")
                .and(col("ended_at").is_not_null())
                .alias("gone"),
            // As in the other indicators, a link of no known part is uptake.
            col("part")
                .cast(DataType::String)
                .neq(lit(LinkRole::FollowUp.name()))
                .and(
                    col("part")
                        .cast(DataType::String)
                        .neq(lit(LinkRole::Index.name())),
                )
                .fill_null(lit(true))
                .alias("uptake"),
        ])
        .collect()?;
    let spans = ints(&table, "life")?
        .into_iter()
        .zip(counts(&table, "gone")?)
        .zip(counts(&table, "uptake")?);
    let places = table.column("place")?.str()?.iter();
    Ok(places
        .zip(spans)
        .map(|(place, ((life, gone), uptake))| Life {
            place: place.unwrap_or("").to_owned(),
            // An end dated before the link is a clock that is wrong: no life at all.
            span: (life.unwrap_or(0).max(0) as f64 / DAY_MS as f64, gone == 1),
            is_uptake: uptake == 1,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{LinkRow, context, empty, links, number};
    use crate::stats::examples::{Example, close, numbers, one};

    /// Links with these lives; those not gone began so many days before day 400.
    fn rows(example: &Example, place: &'static str, t: &str, e: &str) -> Vec<LinkRow> {
        let lives = numbers(&example.input[t])
            .into_iter()
            .zip(numbers(&example.input[e]));
        lives
            .map(|(life, gone)| match gone > 0.0 {
                true => LinkRow::new(0, place, 1.0, Some(1.0 + life)),
                false => LinkRow::new(0, place, 400.0 - life, None),
            })
            .collect()
    }

    #[test]
    fn fits_the_worked_examples() {
        let (first, second) = (one("K3", 0), one("K3", 1));
        let mut all = rows(&first, "diagram", "T", "E");
        all.extend(rows(&second, "code_comment", "T2", "E2"));
        all.extend(vec![LinkRow::new(0, "commit", 3.0, None); 4]);
        all.push(LinkRow {
            own: true,
            ..LinkRow::new(0, "writeup", 3.0, Some(4.0))
        });
        let found = link_survival(
            &Facts {
                links: links(&all),
                ..empty()
            },
            &context(),
        )
        .unwrap();
        for name in [
            "S_90", "S_90_lo", "S_90_hi", "median", "rmst_365", "n", "events",
        ] {
            let value = number(&found, &["link_survival", "diagram", name]).unwrap();
            assert!(close(value, &first.expect[name]), "{name} {value}");
        }
        assert_eq!(number(&found, &["link_survival", "commit", "n"]), Some(4.0));
        assert_eq!(number(&found, &["link_survival", "commit", "median"]), None);
        assert_eq!(
            number(&found, &["link_survival", "writeup", "n"]),
            Some(0.0)
        );
        assert_eq!(number(&found, &["logrank", "df"]), Some(1.0));
        assert!(close(
            number(&found, &["logrank", "chi2"]).unwrap(),
            &second.expect["chi2"]
        ));
        assert!(close(
            number(&found, &["logrank", "p"]).unwrap(),
            &second.expect["p"]
        ));
    }

    #[test]
    fn follow_up_is_told_apart() {
        let mut rows = vec![LinkRow::new(0, "diagram", 1.0, Some(9.0)); 4];
        rows[1].part = "follow_up";
        rows[2].part = "index";
        let facts = Facts {
            links: links(&rows),
            ..empty()
        };
        let found = link_survival(&facts, &context()).unwrap();
        let n = |path: &[&str]| number(&found, path);
        assert_eq!(n(&["link_survival", "diagram", "n"]), Some(4.0));
        assert_eq!(n(&["uptake", "link_survival", "diagram", "n"]), Some(2.0));
        assert_eq!(n(&["uptake", "logrank", "p"]), None);
    }

    #[test]
    fn no_links_no_test() {
        let found = link_survival(&empty(), &context()).unwrap();
        assert_eq!(number(&found, &["logrank", "chi2"]), None);
        assert_eq!(number(&found, &["link_survival", "diagram", "S_90"]), None);
    }
}
