//! The clock behind L5 and L6: when a write-up went quiet, and how often it was read again. Shared
//! so that the two can't disagree.

use polars::prelude::*;

use crate::indicators::frames::{counts, index, ints};
use crate::indicators::{Context, Facts};
use crate::model::DAY_MS;

/// What the clock says of all write-ups that could be watched.
pub(super) struct Clock {
    /// One for each write-up observed from publication on.
    pub(super) lives: Vec<Life>,
    /// Dated and published, but not being observed at publication.
    pub(super) not_yet_observed: usize,
}

/// One write-up on the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Life {
    /// Days from publication until it was declared quiet, or until observation ended.
    pub(super) days: f64,
    /// It was declared quiet.
    pub(super) quiet: bool,
    /// Gaps long enough that ended with a read.
    pub(super) revivals: u64,
}

/// Runs the clock from publication to the end of life, of observation or `as_of`, whichever comes
/// first; a gap in observation or a change of who watches ends it.
pub(super) fn clock(facts: &Facts, context: &Context) -> PolarsResult<Clock> {
    let (mut writeups, mut published, mut end) = (Vec::new(), Vec::new(), Vec::new());
    let mut not_yet_observed = 0;
    for (number, writeup) in facts.writeups.iter().enumerate() {
        let (Some(from), Some(age)) = (writeup.published_at, writeup.observed_age(context.as_of))
        else {
            continue;
        };
        match writeup.reads_steady.until(from) {
            Some(until) => {
                writeups.push(index(number));
                published.push(from);
                end.push(until.min(from + age));
            }
            None => not_yet_observed += 1,
        }
    }
    let watched = df!("writeup" => writeups, "published" => published, "end" => end)?;
    let lives = lives(
        facts,
        watched,
        i64::from(context.parameters.quiet_days) * DAY_MS,
    )?;
    Ok(Clock {
        lives,
        not_yet_observed,
    })
}

/// `watched` has `writeup`, `published` and `end`. A gap is from the last read of one row of
/// `daily` to the first of the next: between two reads of one row lies less than a day.
fn lives(facts: &Facts, watched: DataFrame, quiet_ms: i64) -> PolarsResult<Vec<Life>> {
    let by_writeup = || [col("writeup")];
    let gaps = facts
        .daily
        .clone()
        .lazy()
        .join(
            watched.clone().lazy(),
            by_writeup(),
            by_writeup(),
            JoinArgs::new(JoinType::Inner),
        )
        .filter(
            col("last_at")
                .gt_eq(col("published"))
                .and(col("first_at").lt(col("end"))),
        )
        .sort(["writeup", "first_at"], SortMultipleOptions::default())
        .with_column(
            col("last_at")
                .shift(lit(1))
                .over(by_writeup())?
                .alias("before"),
        )
        .with_column(col("before").fill_null(col("published")))
        .with_column(
            (col("first_at") - col("before"))
                .gt_eq(lit(quiet_ms))
                .alias("gap"),
        )
        .group_by(by_writeup())
        .agg([
            col("gap").sum().cast(DataType::UInt64).alias("revivals"),
            col("before").filter(col("gap")).min().alias("quiet_from"),
            col("last_at").max().alias("last"),
        ]);
    let last = || col("last").fill_null(col("published"));
    let table = watched
        .lazy()
        .join(
            gaps,
            by_writeup(),
            by_writeup(),
            JoinArgs::new(JoinType::Left),
        )
        .sort(["writeup"], SortMultipleOptions::default())
        .with_column(
            when(col("quiet_from").is_not_null())
                .then(col("quiet_from"))
                .when((col("end") - last()).gt_eq(lit(quiet_ms)))
                .then(last())
                .otherwise(lit(NULL))
                .cast(DataType::Int64)
                .alias("quiet_from"),
        )
        .select([
            col("revivals"),
            col("quiet_from").is_not_null().alias("quiet"),
            when(col("quiet_from").is_not_null())
                .then(col("quiet_from") + lit(quiet_ms) - col("published"))
                .otherwise(col("end") - col("published"))
                .alias("life"),
        ])
        .collect()?;
    let rows = ints(&table, "life")?
        .into_iter()
        .zip(counts(&table, "quiet")?);
    Ok(rows
        .zip(counts(&table, "revivals")?)
        .map(|((life, quiet), revivals)| Life {
            days: life.unwrap_or(0) as f64 / DAY_MS as f64,
            quiet: quiet == 1,
            revivals,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, empty, read_facts, writeup};
    use crate::indicators::{Windows, WriteupFact};
    use crate::stats::examples::{numbers, one};

    /// A write-up observed for so many days until `as_of`, at day 400.
    fn observed(days: f64) -> WriteupFact {
        writeup("w", Some(day(400.0 - days)))
    }

    #[test]
    fn fits_the_worked_examples() {
        let example = one("L5", 0);
        let cases = example.input["cases"].as_array().unwrap();
        let mut rows = Vec::new();
        let mut writeups = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            writeups.push(observed(case[1].as_f64().unwrap()));
            rows.extend(
                numbers(&case[0])
                    .into_iter()
                    .map(|age| (number as u32, age, 1)),
            );
        }
        // The store promises no order.
        rows.reverse();
        let found = clock(&read_facts(writeups, &rows), &context())
            .unwrap()
            .lives;
        for (life, expected) in found
            .iter()
            .zip(example.expect["T_event"].as_array().unwrap())
        {
            assert_eq!(life.days, expected[0].as_f64().unwrap());
            assert_eq!(u64::from(life.quiet), expected[1].as_u64().unwrap());
        }

        for (index, observed_days) in [(0, 400.0), (1, 300.0)] {
            let example = one("L6", index);
            let ages = numbers(&example.input["ages"]);
            let rows: Vec<_> = ages.into_iter().map(|age| (0, age, 1)).collect();
            let found = clock(
                &read_facts(vec![observed(observed_days)], &rows),
                &context(),
            )
            .unwrap();
            let life = found.lives[0];
            assert_eq!(life.revivals, example.expect["revivals"].as_u64().unwrap());
            if let Some(at) = example.expect["declared_quiet_at"].as_f64() {
                assert_eq!((life.days, life.quiet), (at, true));
            }
        }
    }

    #[test]
    fn a_gap_in_observation_ends_the_clock() {
        let mut outage = observed(400.0);
        outage.reads_steady = Windows(vec![(day(0.0), day(100.0)), (day(110.0), day(400.0))]);
        let mut late = observed(400.0);
        late.reads_steady = Windows(vec![(day(1.0), day(400.0))]);
        let mut deleted = observed(400.0);
        deleted.deleted_at = Some(day(60.0));
        let facts = read_facts(
            vec![
                outage,
                late,
                deleted,
                writeup("undated", None),
                writeup("future", Some(day(401.0))),
            ],
            &[(0, 50.0, 1), (0, 300.0, 1), (1, 5.0, 1), (2, 59.0, 1)],
        );
        let found = clock(&facts, &context()).unwrap();
        assert_eq!(found.not_yet_observed, 1);
        assert_eq!(
            found.lives,
            [
                Life {
                    days: 100.0,
                    quiet: false,
                    revivals: 0
                },
                Life {
                    days: 60.0,
                    quiet: false,
                    revivals: 0
                },
            ]
        );
    }

    #[test]
    fn reads_within_one_day_are_one_row() {
        let mut facts = read_facts(vec![observed(200.0)], &[(0, 10.0, 3)]);
        // The row's last read is half a day after its first: the gap starts there.
        let later = facts.daily.column("last_at").unwrap().i64().unwrap() + DAY_MS / 2;
        facts
            .daily
            .with_column(later.with_name("last_at".into()).into_column())
            .unwrap();
        let found = clock(&facts, &context()).unwrap();
        assert_eq!(
            found.lives,
            [Life {
                days: 100.5,
                quiet: true,
                revivals: 0
            }]
        );
    }

    #[test]
    fn no_write_ups_no_lives() {
        assert!(clock(&empty(), &context()).unwrap().lives.is_empty());
    }
}
