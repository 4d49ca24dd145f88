//! D2, negative binomial regression: what goes with late reading, several descriptors at once.

use polars::prelude::PolarsResult;

use super::{LEAST_WRITEUPS, TOGETHER, Tail, blurred, blurred_limits, exact, tails};
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};
use crate::stats::{Counts, Unfit, Z95, negative_binomial, poisson_regression};

/// D2.
pub(in crate::indicators) struct Regression;

/// Digits of a coefficient where few people are withheld.
const DIGITS: i32 = 2;

static SPEC: Spec = Spec {
    code: "D2",
    title: "Regression of late reading",
    unit: "rate ratio",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &["fact_daily"],
    says: "Which descriptors of a write-up go with more reading {late_later} when the others are held \
        equal.",
    definition: "Write-ups and descriptors as in D1 (diagrams, hyperlinks, unexplained_per_1000, \
        contributors, log_words). y = reads at an age in [{late_days}, min(observed, {horizon_days})) \
        days is taken as negative binomial (NB2) with mean mu and variance mu + alpha mu^2, log mu = a \
        constant + the descriptors + log of the window's length; largest likelihood. A descriptor \
        enters if it is known of at least half of the write-ups and varies; write-ups of which one is \
        not known are left out; null below 10 write-ups for each descriptor (n and needed say how many \
        there are and would be). rate_ratio = e^coef for one more, with its 95 % interval. Where the \
        counts scatter no wider than Poisson's, or no alpha has the largest likelihood, it is a Poisson \
        regression whose errors are multiplied by the root of chi2/df (method: quasi_poisson); where no \
        finite coefficients fit, method is none. Where few people are withheld, coefficients have two \
        digits, and the constant, alpha, the likelihoods and the dispersion are not told: with them the \
        reads of single write-ups could be computed. {watched_by_the_same}",
    caveat: "Associated with, never causes: how severe an incident was, how large the team that owns \
        it, the write-up's age and whether it was announced are not in it. Descriptors that go \
        together share what either does. With few write-ups another one may turn a sign round.",
};

impl Indicator for Regression {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        regression(facts, context).map_err(|source| IndicatorError::of("D2", source))
    }
}

/// What is fitted.
struct Design {
    names: Vec<&'static str>,
    /// The constant first.
    columns: Vec<Vec<f64>>,
    y: Vec<f64>,
    offset: Vec<f64>,
}

/// What came of it.
struct Fitted {
    method: &'static str,
    coef: Vec<f64>,
    se: Vec<f64>,
    alpha: Option<f64>,
    loglik: Option<f64>,
    second_loglik: Option<f64>,
}

fn regression(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let (tails, _) = tails(facts, context)?;
    let design = design(&tails);
    let n = design.y.len();
    let needed = LEAST_WRITEUPS * design.names.len().max(1);
    let enough = n >= needed && !design.names.is_empty();
    let counts = Counts {
        y: &design.y,
        columns: &design.columns,
        offset: &design.offset,
    };
    let poisson = poisson_regression(&counts).filter(|_| enough);
    let fitted = enough.then(|| fit(&counts)).flatten();
    let method = match &fitted {
        Some(fitted) => Value::from(fitted.method),
        None if enough => Value::from("none"),
        None => Value::Null,
    };
    let place = |name: &str| match name {
        "const" => Some(0),
        name => Some(1 + design.names.iter().position(|own| *own == name)?),
    };
    let names = || ["const"].into_iter().chain(TOGETHER.map(|(name, _)| name));
    // Few write-ups are those of few.
    let guarded = |value: f64| Value::from(value).of_at_least(n as u64);
    let by_name = |of: &dyn Fn(&Fitted) -> &Vec<f64>| {
        names().fold(Results::new(), |results, name| {
            let value = fitted.as_ref().zip(place(name)).map(|(f, at)| of(f)[at]);
            let value = match value {
                None => Value::Null,
                Some(value) if name == "const" => exact(value, context),
                Some(value) => guarded(blurred(value, DIGITS, context)),
            };
            results.with(name, value)
        })
    };
    let ratios = design.names.iter().fold(Results::new(), |results, name| {
        let value = fitted.as_ref().zip(place(name)).map(|(fitted, at)| {
            let (coef, reach) = (fitted.coef[at], Z95 * fitted.se[at]);
            let limits = ((coef - reach).exp(), (coef + reach).exp());
            let (lo, hi) = blurred_limits(limits, DIGITS, context);
            Results::new()
                .with("ratio", guarded(blurred(coef.exp(), DIGITS, context)))
                .with("lo", guarded(lo))
                .with("hi", guarded(hi))
        });
        results.with(*name, value)
    });
    let told = |value: Option<f64>| value.map_or(Value::Null, |value| exact(value, context));
    let of_fit = |of: &dyn Fn(&Fitted) -> Option<f64>| told(fitted.as_ref().and_then(of));
    let negbin = Results::new()
        .with("n", n)
        .with("needed", needed)
        .with("method", method)
        .with("coef", by_name(&|fitted| &fitted.coef))
        .with("alpha", of_fit(&|fitted| fitted.alpha))
        .with("se", by_name(&|fitted| &fitted.se))
        .with("loglik", of_fit(&|fitted| fitted.loglik))
        .with("poisson_loglik", told(poisson.as_ref().map(|p| p.loglik)))
        .with(
            "pearson_dispersion_poisson",
            told(poisson.as_ref().and_then(|p| p.dispersion)),
        )
        // The likelihood again, term by term from the distribution: both must agree.
        .with(
            "second_route_loglik",
            of_fit(&|fitted| fitted.second_loglik),
        );
    Ok(Results::new()
        .with("negbin", negbin)
        .with("rate_ratios", ratios))
}

/// The descriptors that are known of enough write-ups and vary, of those of which all are known.
fn design(tails: &[Tail]) -> Design {
    let known = |of: fn(&super::WriteupFact) -> Option<f64>| -> Vec<Option<f64>> {
        tails.iter().map(|tail| of(tail.writeup)).collect()
    };
    let entering: Vec<(&'static str, Vec<Option<f64>>)> = TOGETHER
        .into_iter()
        .map(|(name, of)| (name, known(of)))
        .filter(|(_, values)| {
            let there = values.iter().flatten();
            2 * there.clone().count() >= tails.len().max(1) && varies(there)
        })
        .collect();
    let rows: Vec<usize> = (0..tails.len())
        .filter(|&row| entering.iter().all(|(_, values)| values[row].is_some()))
        .collect();
    let mut design = Design {
        names: Vec::new(),
        columns: vec![vec![1.0; rows.len()]],
        y: rows.iter().map(|&row| tails[row].reads as f64).collect(),
        offset: rows.iter().map(|&row| tails[row].days.ln()).collect(),
    };
    for (name, values) in entering {
        let column: Vec<f64> = rows.iter().filter_map(|&row| values[row]).collect();
        // It may have varied only where another one is not known.
        if varies(column.iter()) {
            design.names.push(name);
            design.columns.push(column);
        }
    }
    design
}

fn varies<'a>(mut values: impl Iterator<Item = &'a f64>) -> bool {
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn fit(counts: &Counts) -> Option<Fitted> {
    match negative_binomial(counts) {
        Ok(fit) => Some(Fitted {
            method: "negative_binomial",
            alpha: Some(fit.alpha),
            loglik: Some(fit.loglik),
            second_loglik: Some(fit.loglik_by_gamma(counts.y)),
            coef: fit.coef,
            se: fit.se,
        }),
        Err(Unfit::NotWider | Unfit::NoMaximum) => {
            let fit = poisson_regression(counts)?;
            Some(Fitted {
                method: "quasi_poisson",
                se: fit.se_quasi()?,
                coef: fit.coef,
                alpha: None,
                // A quasi-likelihood is none.
                loglik: None,
                second_loglik: None,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{context, day, field, number, read_facts, writeup};
    use crate::indicators::{Descriptors, WriteupFact};

    /// Write-ups with up to three diagrams, of which each goes with half as many reads again.
    fn facts(many: u32, wild: u64) -> Facts {
        let writeups = (0..many).map(|n| WriteupFact {
            first: Descriptors {
                diagrams: Some(n % 4),
                hyperlinks: (n % 3 == 0).then_some(n),
                quotations: Some(n),
                ..Descriptors::default()
            },
            ..writeup(&format!("w{n:02}"), Some(day(0.0)))
        });
        let reads: Vec<(u32, f64, u64)> = (0..many)
            .map(|n| {
                let level = 10.0 * 1.5_f64.powi(i32::try_from(n % 4).unwrap());
                let swing = if n / 4 % 2 == 0 { wild } else { 0 };
                (n, 100.0, level as u64 + swing)
            })
            .collect();
        read_facts(writeups.collect(), &reads)
    }

    fn value(results: &Results, path: &[&str]) -> f64 {
        match field(results, path).bare() {
            Value::Float(value) => *value,
            other => panic!("{path:?} {other:?}"),
        }
    }

    #[test]
    fn what_scatters_is_negative_binomial() {
        let results = regression(&facts(40, 25), &context()).unwrap();
        let of = |name: &str| field(&results, &["negbin", name]);
        assert_eq!(of("method"), Value::from("negative_binomial"));
        assert_eq!(of("n"), Value::Int(40));
        // Hyperlinks are known of a third, and enter not; the rest is not known.
        assert_eq!(of("needed"), Value::Int(10));
        assert_eq!(
            field(&results, &["negbin", "coef", "hyperlinks"]),
            Value::Null
        );
        assert!(value(&results, &["negbin", "alpha"]) > 0.01);
        let likelihoods = [["negbin", "loglik"], ["negbin", "second_route_loglik"]];
        let [own, second] = likelihoods.map(|path| value(&results, &path));
        assert!((own - second).abs() < 1e-8 * own.abs(), "{own} {second}");
        assert!(own > value(&results, &["negbin", "poisson_loglik"]));
        let ratio = value(&results, &["rate_ratios", "diagrams", "ratio"]);
        assert!((1.15..1.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn what_does_not_scatter_is_poissons() {
        let results = regression(&facts(40, 0), &context()).unwrap();
        let method = field(&results, &["negbin", "method"]);
        assert_eq!(method, Value::from("quasi_poisson"));
        assert_eq!(field(&results, &["negbin", "alpha"]), Value::Null);
        assert!(value(&results, &["negbin", "pearson_dispersion_poisson"]) < 1.0);
        let ratio = value(&results, &["rate_ratios", "diagrams", "ratio"]);
        assert!((ratio - 1.5).abs() < 0.05, "{ratio}");
    }

    #[test]
    fn too_few_write_ups_have_no_regression() {
        let results = regression(&facts(9, 5), &context()).unwrap();
        assert_eq!(number(&results, &["negbin", "n"]), Some(9.0));
        assert_eq!(field(&results, &["negbin", "method"]), Value::Null);
        assert_eq!(field(&results, &["negbin", "coef", "const"]), Value::Null);
        let nobody = regression(&facts(0, 0), &context()).unwrap();
        assert_eq!(number(&nobody, &["negbin", "needed"]), Some(10.0));
    }

    #[test]
    fn reads_that_one_side_has_none_of_have_no_regression() {
        let mut facts = facts(20, 0);
        for (n, writeup) in facts.writeups.iter_mut().enumerate() {
            writeup.first.diagrams = Some(u32::from(n >= 10));
        }
        let reads: Vec<(u32, f64, u64)> = (0..10).map(|n| (n, 100.0, 7)).collect();
        let facts = read_facts(facts.writeups, &reads);
        let results = regression(&facts, &context()).unwrap();
        assert_eq!(field(&results, &["negbin", "method"]), Value::from("none"));
    }

    #[test]
    fn no_sum_that_a_fit_keeps_is_told_where_people_are_withheld() {
        let closed = Context { k: 5, ..context() };
        let results = regression(&facts(40, 25), &closed).unwrap();
        for path in [
            &["negbin", "coef", "const"][..],
            &["negbin", "se", "const"],
            &["negbin", "alpha"],
            &["negbin", "loglik"],
            &["negbin", "poisson_loglik"],
            &["negbin", "pearson_dispersion_poisson"],
            &["negbin", "second_route_loglik"],
        ] {
            let Value::Guarded(guard, _) = field(&results, path) else {
                panic!("{path:?}")
            };
            assert_eq!(guard, crate::model::Guard::AtLeast(0), "{path:?}");
        }
        let ratio = value(&results, &["rate_ratios", "diagrams", "ratio"]);
        assert_eq!(ratio, (ratio * 10.0).round() / 10.0);
    }
}
