//! L7, the law of decay: does reading have a half-life or a long tail?

use polars::prelude::PolarsResult;

use super::long::decay_horizon;
use crate::indicators::frames::{chosen, counts, ints};
use crate::indicators::shapes::fewest;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{DAY_MS, Layer, Results, Value};
use crate::stats::{Aged, Fit, decay};

/// L7.
pub(in crate::indicators) struct Decay;

/// Of fewer reads no law is fitted.
const LEAST_READS: u64 = 30;

static SPEC: Spec = Spec {
    code: "L7",
    title: "Law of decay",
    unit: "nats; days",
    version: 2,
    layer: Layer::X,
    state: false,
    facts: &["fact_read_ages", "fact_read_ages_people"],
    says: "Whether reading fades by a half-life or has a long tail: which law fits its ages.",
    definition: "Ages a of kept reads (R1, daily counts at their noon) of each write-up in (0, H), H = the time for \
        which its reads were observed from publication on by the same sources, at most {horizon_days} days; \
        write-ups with H of at least 30 days. An age below a minute counts as a minute. Four laws by largest \
        likelihood: exponential, Weibull, log-normal and Lomax (a shifted power law), each read with ln f(a) - ln \
        F(H): the level of a write-up and how young it is do not matter. Parameters in days (mu and sigma of ln \
        days); k = how many; aic = 2k - 2 loglik, bic = k ln n - 2 loglik for n reads; akaike_weight = \
        e^(-(aic - least aic)/2) as a share; ks = distance of Kolmogorov and Smirnov of F(a)/F(H) to the uniform \
        distribution. at_bound: the likelihood still grows at the end of where parameters were looked for, so compare \
        loglik and not them: it is the largest that the family can come to. Lomax of shape 0 is the density of \
        1/(scale + a); log-normal and Weibull become a power of the age there. Below 30 reads no law is fitted. Of \
        100,000 reads or less each age counts as it is; of more, ages that agree in their first eight binary digits \
        count as their mean: no age is off by more than 0.8 %, and no parameter moves by a ten-thousandth.",
    caveat: "Of thousands of reads every law is wrong in detail: the weights tell which is least wrong, ks how wrong. \
        Reads come in heaps (a review, a newsletter), so they know less than their number says. A law of all \
        write-ups together is nobody's own. {watched_by_the_same}",
};

impl Indicator for Decay {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        law(facts, context).map_err(|source| IndicatorError::of(SPEC.code, source))
    }
}

fn law(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let long = &facts.long;
    let ages = aged(facts)?;
    let n: u64 = ages.iter().map(|one| one.times).sum();
    let fits = Some(ages).filter(|_| n >= LEAST_READS);
    let fits = fits.and_then(|ages| decay(&ages));
    // R1 tells all reads, L3 those of the write-ups that were followed for all the days: what lies between.
    let people = fewest(&[long.old_people, long.young_people, long.other_people]);
    let told = |value: Value| value.of_people(people);
    let best = fits.iter().flatten().min_by(|a, b| a.aic.total_cmp(&b.aic));
    let best = best.map_or(Value::Null, |fit| told(fit.law.name().into()));
    let models = fits.as_ref().map_or(Value::Null, |fits| {
        let all = fits.iter().fold(Results::new(), |all, fit| {
            all.with(fit.law.name(), model(fit, &told))
        });
        all.into()
    });
    let taken_in = chosen(facts, |writeup| decay_horizon(writeup, context).is_some());
    let found = Results::new()
        .with("n", told(n.into()))
        .with("writeups", taken_in.len())
        .with("models", models)
        .with("best_aic", best);
    Ok(Results::new().with("decay", found))
}

fn aged(facts: &Facts) -> PolarsResult<Vec<Aged>> {
    let frame = &facts.long.ages;
    let (horizons, bins) = (ints(frame, "horizon")?, counts(frame, "bin")?);
    let ages = frame.column("age")?.f64()?.iter();
    let rows = ages.zip(counts(frame, "reads")?).zip(horizons).zip(bins);
    let day = DAY_MS as f64;
    Ok(rows
        .filter_map(|(((age, times), horizon), bin)| {
            Some(Aged {
                age: age? / day,
                until: horizon? as f64 / day,
                times,
                bin,
            })
        })
        .collect())
}

fn model(fit: &Fit, told: &impl Fn(Value) -> Value) -> Results {
    let names = fit.law.parameters();
    let parameters = names.iter().zip(fit.parameters);
    let parameters = parameters.fold(Results::new(), |all, (name, value)| {
        all.with(*name, told(value.into()))
    });
    Results::new()
        .with("params", parameters)
        .with("loglik", told(fit.loglik.into()))
        .with("k", names.len())
        .with("aic", told(fit.aic.into()))
        .with("bic", told(fit.bic.into()))
        .with("ks", told(fit.ks.into()))
        .with("at_bound", told(fit.at_bound.into()))
        .with("akaike_weight", told(fit.weight.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Windows;
    use crate::indicators::test_support::{
        context, day, empty, field, is_told, read_ages, writeup,
    };
    use crate::stats::examples::{close, numbers, one};

    /// Every age of the first worked example, so many times.
    fn facts(times: u64) -> Facts {
        let example = one("L7", 0);
        let rows: Vec<(i64, f64, u64)> = numbers(&example.input["ages"])
            .into_iter()
            .map(|age| (100 * DAY_MS, age * DAY_MS as f64, times))
            .collect();
        let mut facts = Facts {
            writeups: vec![
                writeup("a", Some(day(300.0))),
                writeup("b", Some(day(371.0))),
            ],
            ..empty()
        };
        facts.long.ages = read_ages(&rows);
        (facts.long.old_people, facts.long.young_people) = (9, 0);
        facts
    }

    #[test]
    fn the_laws_of_the_worked_example() {
        let found = law(&facts(3), &context()).unwrap();
        let number = |path: &[&str]| match field(&found, &[&["decay"], path].concat()).bare() {
            Value::Int(value) => *value as f64,
            Value::Float(value) => *value,
            other => panic!("{path:?} {other:?}"),
        };
        assert_eq!((number(&["n"]), number(&["writeups"])), (36.0, 1.0));
        let expect = one("L7", 0).expect;
        for name in ["exponential", "weibull", "lognormal", "lomax"] {
            // Thrice the reads, thrice the likelihood.
            let loglik = number(&["models", name, "loglik"]) / 3.0;
            assert!(close(loglik, &expect[name]["loglik"]), "{name} {loglik}");
        }
        let best = field(&found, &["decay", "best_aic"]);
        assert_eq!(best.bare(), &Value::Text("lomax".to_owned()));
        let bound = field(&found, &["decay", "models", "lomax", "at_bound"]);
        assert_eq!(bound.bare(), &Value::Bool(true));
    }

    #[test]
    fn of_fewer_than_thirty_reads_there_is_no_law() {
        let found = law(&facts(2), &context()).unwrap();
        assert_eq!(field(&found, &["decay", "n"]).bare(), &Value::Int(24));
        assert_eq!(field(&found, &["decay", "models"]), Value::Null);
        assert_eq!(field(&found, &["decay", "best_aic"]), Value::Null);
    }

    #[test]
    fn what_lies_beside_it_is_nobody_or_many() {
        let told = |young, other, path: &[&str]| {
            let mut facts = facts(3);
            (facts.long.young_people, facts.long.other_people) = (young, other);
            is_told(
                &law(&facts, &context()).unwrap(),
                &[&["decay"], path].concat(),
                5,
            )
        };
        assert!(told(0, 7, &["n"]) && told(9, 9, &["models", "weibull", "params", "shape"]));
        assert!(!told(2, 7, &["n"]));
        assert!(!told(9, 3, &["models", "weibull", "bic"]));
    }

    #[test]
    fn what_was_not_followed_for_a_month_is_left_out() {
        let followed = |windows: Vec<(i64, i64)>| {
            let mut one = writeup("a", Some(day(10.0)));
            one.reads_steady = Windows(windows);
            decay_horizon(&one, &context()).map(|ms| ms as f64 / DAY_MS as f64)
        };
        assert_eq!(followed(vec![(day(0.0), day(400.0))]), Some(365.0));
        assert_eq!(followed(vec![(day(0.0), day(60.0))]), Some(50.0));
        assert_eq!(followed(vec![(day(0.0), day(39.9))]), None);
        assert_eq!(followed(vec![(day(11.0), day(400.0))]), None);
    }
}
