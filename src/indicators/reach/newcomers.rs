//! L13, newcomers reached: do people who are new read about what happened before they came?

use polars::prelude::{PolarsError, PolarsResult};

use crate::indicators::frames::ints;
use crate::indicators::shapes::{Sides, fewest, guarded_median, people_proportion};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Millis, Results, Value};
use crate::stats::KaplanMeier;

/// L13.
pub(in crate::indicators) struct Newcomers;

/// Days from joining at which the curve is read off.
const DAYS: [u32; 2] = [30, 90];

static SPEC: Spec = Spec {
    code: "L13",
    title: "Newcomers reached",
    unit: "share; days",
    version: 1,
    layer: Layer::L,
    state: false,
    facts: &["fact_newcomers"],
    says: "Whether people who are new read about what happened before they came.",
    definition: "newcomers: n = people on the roster who joined in [as_of - {horizon_days} d, as_of - \
        {newcomer_days} d), stayed for {newcomer_days} days, and whose first {newcomer_days} days were \
        observed; k = those with a kept read (R1) in [joined, joined + {newcomer_days} d) of a write-up that \
        was published before they joined. Wilson's 95 % interval. newcomers_km: of all who joined in \
        [as_of - {horizon_days} d, as_of) while reads were observed, the days from joining to the first such \
        read, censored at leaving, at as_of or where observation ends; Kaplan-Meier S(t) = share that has read \
        none after t days, with 95 % limits by Greenwood on the scale log(-log S); median = first t with \
        S <= 1/2, in whole days, rounded up, where people are withheld. Observed is when every source watched \
        that delivers a tenth or more of all single reads; newcomers who joined at another time, or whose \
        first {newcomer_days} days were not observed whole, are counted as not_observed. Rooms, programs and \
        people who are excluded by hand are not counted. From the numbers without assigned reading the reads at most \
        24 hours before or after an assigned one of the same newcomer are left out, too.",
    caveat: "Where everybody gets a list of links on the first day, reading is a task: the numbers without \
        assigned reading tell more. Opening is not learning. Sources that only count readers add nobody. Who \
        wrote a write-up is no newcomer to it. Few people join in {horizon_time}: look at the interval.",
};

impl Indicator for Newcomers {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        newcomers(facts, context).map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

/// Somebody who joined.
struct Newcomer {
    joined: Millis,
    left: Option<Millis>,
    /// Their first read of something older than themselves.
    first: Option<Millis>,
    /// The same, of their own accord.
    free: Option<Millis>,
}

fn newcomers(facts: &Facts, context: &Context) -> Result<Results, PolarsError> {
    let all = rows(facts)?;
    let group = Group::of(&all, facts, context);
    let first = |one: &Newcomer| one.first;
    let free = |one: &Newcomer| one.free;
    let results = group.told(&first, context).with(
        "not_observed",
        Value::from(group.unseen).of_people(group.unseen),
    );
    if facts.assigned.is_none() {
        return Ok(results);
    }
    // Whoever read nothing but what was assigned is what lies between the two.
    let ever =
        |of: &dyn Fn(&Newcomer) -> Option<Millis>| all.iter().filter(|n| of(n).is_some()).count();
    let assigned_only = group.reached(&first, context) - group.reached(&free, context);
    let ever_assigned_only = (ever(&first) - ever(&free)) as u64;
    let without = Value::from(group.told(&free, context))
        .of_people(fewest(&[assigned_only, ever_assigned_only]));
    Ok(results.with("without_assigned", without))
}

fn rows(facts: &Facts) -> PolarsResult<Vec<Newcomer>> {
    let frame = &facts.reach.newcomers;
    let (left, first) = (ints(frame, "left")?, ints(frame, "first_at")?);
    let free = ints(frame, "free_at")?;
    let joined = ints(frame, "joined")?.into_iter().enumerate();
    Ok(joined
        .filter_map(|(at, joined)| {
            Some(Newcomer {
                joined: joined?,
                left: left[at],
                first: first[at],
                free: free[at],
            })
        })
        .collect())
}

/// Who is asked what.
struct Group<'a> {
    /// Those of whom it is known whether they read in their first days.
    asked: Vec<&'a Newcomer>,
    /// Everybody who joined while reads were observed, and until when they were.
    lives: Vec<(&'a Newcomer, Millis)>,
    /// Those of whom it is not known.
    unseen: u64,
}

impl<'a> Group<'a> {
    fn of(all: &'a [Newcomer], facts: &Facts, context: &Context) -> Self {
        let (as_of, new) = (context.as_of, new_ms(context));
        let mut group = Group {
            asked: Vec::new(),
            lives: Vec::new(),
            unseen: 0,
        };
        for one in all {
            let observed = &facts.reach.observed;
            let until = observed.until(one.joined);
            let stayed = one.left.is_none_or(|left| left - one.joined >= new);
            let is_due = one.joined < as_of - new && stayed;
            let is_seen = match is_due {
                true => observed.covers(one.joined, one.joined + new),
                false => until.is_some(),
            };
            if is_due && is_seen {
                group.asked.push(one);
            }
            if let Some(until) = until {
                let end = until.min(as_of).min(one.left.unwrap_or(as_of));
                group.lives.push((one, end.max(one.joined)));
            }
            group.unseen += u64::from(!is_seen);
        }
        group
    }

    /// How many of those who are asked read in their first days.
    fn reached(&self, read: &dyn Fn(&Newcomer) -> Option<Millis>, context: &Context) -> u64 {
        let new = new_ms(context);
        let is_soon = |one: &&&Newcomer| read(one).is_some_and(|at| at < one.joined + new);
        self.asked.iter().filter(is_soon).count() as u64
    }

    fn told(&self, read: &dyn Fn(&Newcomer) -> Option<Millis>, context: &Context) -> Results {
        let (k, n) = (self.reached(read, context), self.asked.len() as u64);
        let people = Sides {
            with: k,
            without: n - k,
            all: n,
        };
        let lives: Vec<(f64, bool)> = self
            .lives
            .iter()
            .map(|&(one, end)| match read(one).filter(|at| *at < end) {
                Some(at) => (days(at - one.joined), true),
                None => (days(end - one.joined), false),
            })
            .collect();
        Results::new()
            .with("newcomers", people_proportion(k, n, people))
            .with("newcomers_km", curve(&lives, k, context.k))
    }
}

/// The curve, of which each end is somebody's first read: what it tells between two days, before the first
/// and after the last must be nobody's or many people's, and so must what it tells beside the share.
fn curve(lives: &[(f64, bool)], share_k: u64, k: u32) -> Results {
    let fit = KaplanMeier::fit(lives);
    let n = lives.len() as u64;
    let by = |day: u32| {
        let soon = lives
            .iter()
            .filter(|life| life.1 && life.0 <= f64::from(day));
        soon.count() as u64
    };
    let events = fit.events as u64;
    let beside = by(DAYS[1]).abs_diff(share_k);
    let mut before = 0;
    let mut results = Results::new();
    for day in DAYS {
        let came = by(day);
        let between = fewest(&[came - before, beside]);
        before = came;
        let told = |value: Option<f64>| match value {
            Some(value) => Value::from(value)
                .share_of_people(came, n)
                .of_people(between),
            None => Value::Null,
        };
        let point = fit.at(f64::from(day));
        results = results
            .with(format!("S_{day}"), told(point.map(|point| point.s)))
            .with(
                format!("S_{day}_lo"),
                told(point.and_then(|point| point.lo)),
            )
            .with(
                format!("S_{day}_hi"),
                told(point.and_then(|point| point.hi)),
            );
    }
    // It is the time of one of them: the day tells nothing that the hour would.
    let median = fit
        .median()
        .map(|days| if k > 1 { days.ceil() } else { days });
    let last = fewest(&[events - before, beside]);
    results
        .with("median", guarded_median(median, fit.events, n))
        .with("n", Value::from(n).of_people(n))
        .with(
            "events",
            Value::from(events)
                .share_of_people(events, n)
                .of_people(last),
        )
}

fn days(ms: Millis) -> f64 {
    ms as f64 / DAY_MS as f64
}

fn new_ms(context: &Context) -> Millis {
    i64::from(context.parameters.newcomer_days) * DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        Newcomer as Row, context, day, empty, field, is_told, newcomers as frame,
    };
    use crate::indicators::{Assigned, Totals, Windows};
    use crate::stats::examples::{close, numbers, one};

    fn facts(rows: &[Row]) -> Facts {
        let mut facts = empty();
        facts.reach.newcomers = frame(rows);
        facts.reach.observed = Windows(vec![(day(0.0), day(400.0))]);
        facts
    }

    /// Joined so many days after the start and read after so many more.
    fn joined(at: f64, read: Option<f64>) -> Row {
        let read = read.map(|after| day(at + after));
        (day(at), None, read, read)
    }

    fn check(results: &Results, path: &str, expect: &serde_json::Value) {
        for (name, expected) in expect.as_object().unwrap() {
            let value = match *field(results, &[path, name]).bare() {
                Value::Int(value) => value as f64,
                Value::Float(value) => value,
                ref other => panic!("{name} {other:?}"),
            };
            assert!(close(value, expected), "{name} {value}");
        }
    }

    #[test]
    fn fits_the_worked_examples() {
        let mut rows: Vec<Row> = (0..12)
            .map(|n| joined(100.0 + f64::from(n), Some(5.0)))
            .collect();
        // At the end of the time somebody is no longer new.
        rows.extend([None, Some(90.0), Some(120.0), None].map(|read| joined(200.0, read)));
        // Who left early, who joined lately and who came before reads were seen are not asked.
        rows.push((day(120.0), Some(day(209.9)), Some(day(121.0)), None));
        rows.push(joined(310.1, Some(3.0)));
        rows.push(joined(-1.0, Some(3.0)));
        let found = newcomers(&facts(&rows), &context()).unwrap();
        check(&found, "newcomers", &one("L13", 0).expect);
        assert_eq!(field(&found, &["not_observed"]).bare(), &Value::Int(1));

        let example = one("L13", 1);
        let ended = numbers(&example.input["E"]);
        let times = numbers(&example.input["T"]).into_iter().zip(ended);
        let rows: Vec<Row> = times
            .map(|(time, ended)| match ended > 0.0 {
                true => joined(300.0, Some(time)),
                false => (day(100.0), Some(day(100.0 + time)), None, None),
            })
            .collect();
        let found = newcomers(&facts(&rows), &context()).unwrap();
        check(&found, "newcomers_km", &example.expect);
    }

    #[test]
    fn a_gap_in_watching_ends_a_life_and_asks_nobody() {
        let mut facts = facts(&[joined(100.0, Some(50.0)), joined(100.0, Some(10.0))]);
        facts.reach.observed = Windows(vec![(day(0.0), day(130.0)), (day(140.0), day(400.0))]);
        let found = newcomers(&facts, &context()).unwrap();
        assert_eq!(found.get("newcomers"), Some(&Value::Null));
        assert_eq!(field(&found, &["not_observed"]).bare(), &Value::Int(2));
        let of = |name| field(&found, &["newcomers_km", name]).bare().clone();
        assert_eq!((of("n"), of("events")), (Value::Int(2), Value::Int(1)));
    }

    #[test]
    fn what_is_assigned_is_left_out_beside_it() {
        let mut rows: Vec<Row> = (0..20)
            .map(|n| joined(200.0, (n < 12).then_some(5.0)))
            .collect();
        let with = |rows: &[Row]| {
            let facts = facts(rows);
            let assigned = Assigned {
                without: facts.clone(),
                only: Totals::default(),
            };
            let facts = Facts {
                assigned: Some(Box::new(assigned)),
                ..facts
            };
            newcomers(&facts, &context()).unwrap()
        };
        for row in &mut rows[..6] {
            row.3 = None;
        }
        let place = ["without_assigned", "newcomers", "k"];
        assert_eq!(field(&with(&rows), &place).bare(), &Value::Int(6));
        assert!(is_told(&with(&rows), &place, 5));
        // Two read nothing else.
        for row in &mut rows[2..6] {
            row.3 = row.2;
        }
        assert!(!is_told(&with(&rows), &place, 5));
        assert!(is_told(&with(&rows), &["newcomers", "k"], 5));
    }

    #[test]
    fn a_curve_of_people_tells_no_few_of_them() {
        let many = |reads: &[f64]| -> Vec<Row> {
            let read = reads.iter().map(|after| joined(200.0, Some(*after)));
            read.chain((0..9).map(|_| joined(200.0, None))).collect()
        };
        let told = |reads: &[f64], name| {
            let context = Context { k: 5, ..context() };
            let found = newcomers(&facts(&many(reads)), &context).unwrap();
            is_told(&found, &["newcomers_km", name], 5)
        };
        let soon = [1.5, 2.0, 3.0, 4.0, 9.0, 9.5];
        assert!(told(&soon, "S_30") && told(&soon, "S_90") && told(&soon, "events"));
        let one_late = [&soon[..], &[50.0]].concat();
        assert!(told(&one_late, "S_30") && !told(&one_late, "S_90"));
        let one_later = [&soon[..], &[150.0]].concat();
        assert!(told(&one_later, "S_90") && !told(&one_later, "events"));
        assert!(!told(&soon[..4], "S_30") && !told(&soon[..4], "median"));
        let context = Context { k: 5, ..context() };
        let found = newcomers(&facts(&many(&[1.5; 12])), &context).unwrap();
        let median = field(&found, &["newcomers_km", "median"]);
        assert_eq!(median.bare(), &Value::Float(2.0));
    }
}
