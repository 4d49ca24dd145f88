//! Interrupted time series: did the level of a series of counts jump at a time that was fixed before
//! anybody looked?

use super::Z95;
use super::glm::{Counts, poisson_regression};

/// One count, and what it was counted over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Its place in the calendar; places may be missing.
    pub time: u32,
    /// The count.
    pub count: u64,
    /// What it was counted over, more than 0.
    pub exposure: f64,
}

/// A fitted interrupted series.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// Constant, slope before, jump of the level, change of the slope; logarithms.
    pub coef: Vec<f64>,
    /// Their standard errors, scaled by the dispersion.
    pub se: Vec<f64>,
    /// Pearson's χ² by degrees of freedom: above 1 counts scatter more than Poisson's.
    pub dispersion: f64,
    /// How many times as high the level is right after.
    pub ratio: f64,
    /// Lower 95 % limit.
    pub lo: f64,
    /// Upper 95 % limit.
    pub hi: f64,
}

/// log E y = β₀ + β₁ t + β₂ [t ≥ t₀] + β₃ (t - t₀)₊ + log(exposure), Poisson with the standard errors of
/// quasi-Poisson (Pearson's χ²/df); the level ratio is e^β₂ with limits e^(β₂ ± z·se) (INDICATORS T6). Of few counts
/// the dispersion comes out below 1 by luck, where they stand on the course even 0: limits take it as 1 then, for
/// counts of independent reads scatter at least as Poisson's do.
/// `None` where it has no finite answer: nothing counted on one side, no more counts than coefficients.
pub fn interrupted(steps: &[Step], from: u32) -> Option<Interrupted> {
    let y: Vec<f64> = steps.iter().map(|step| step.count as f64).collect();
    let offset: Vec<f64> = steps.iter().map(|step| step.exposure.ln()).collect();
    let column = |value: fn(u32, u32) -> f64| -> Vec<f64> {
        steps.iter().map(|step| value(step.time, from)).collect()
    };
    let columns = [
        column(|_, _| 1.0),
        column(|time, _| f64::from(time)),
        column(|time, from| f64::from(u8::from(time >= from))),
        column(|time, from| f64::from(time.saturating_sub(from))),
    ];
    let fit = poisson_regression(&Counts {
        y: &y,
        columns: &columns,
        offset: &offset,
    })?;
    let se = fit.se_quasi()?;
    let (jump, error) = (*fit.coef.get(2)?, *se.get(2)?);
    let dispersion = fit.dispersion?;
    // Without the luck: the standard error of Poisson.
    let error = match dispersion < 1.0 {
        true => *fit.se().get(2)?,
        false => error,
    };
    let found = Interrupted {
        dispersion,
        ratio: jump.exp(),
        lo: (jump - Z95 * error).exp(),
        hi: (jump + Z95 * error).exp(),
        coef: fit.coef,
        se,
    };
    (found.lo.is_finite() && found.hi.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, each, numbers};

    #[test]
    fn fits_the_worked_examples() {
        for example in each().into_iter().filter(|example| example.id == "T6") {
            let counts = numbers(&example.input["k"]);
            let exposures = numbers(&example.input["e"]);
            let steps: Vec<Step> = (0..)
                .zip(counts.into_iter().zip(exposures))
                .map(|(time, (count, exposure))| Step {
                    time,
                    count: count as u64,
                    exposure,
                })
                .collect();
            let from = example.input["i0"].as_u64().unwrap() as u32;
            let found = interrupted(&steps, from).unwrap();
            let expect = &example.expect;
            let lists = [("coef", &found.coef), ("se_quasi", &found.se)];
            for (name, values) in lists {
                for (value, expected) in values.iter().zip(expect[name].as_array().unwrap()) {
                    assert!(close(*value, expected), "{name} {value} {expected}");
                }
            }
            assert!(close(found.dispersion, &expect["dispersion"]));
            assert!(close(found.ratio, &expect["level_ratio"]));
            assert!(found.lo < found.ratio && found.ratio < found.hi);
        }
    }

    #[test]
    fn counts_that_stand_on_the_course_leave_chance_its_part() {
        let step = |time| Step {
            time,
            count: if time < 4 { 20 } else { 40 },
            exposure: 1.0,
        };
        let steps: Vec<Step> = (0..8).map(step).collect();
        let found = interrupted(&steps, 4).unwrap();
        assert!((found.ratio - 2.0).abs() < 1e-9 && found.dispersion < 1e-9);
        // By hand: a line through four counts has at its first the variance 1/4 + 1.5²/5 of one of them, and one step
        // beyond its last 1/4 + 2.5²/5; of logarithms a count's variance is 1/20 and 1/40.
        let error = (1.5 / 20.0 + 0.7 / 40.0_f64).sqrt();
        for (limit, expected) in [(found.lo, -Z95 * error), (found.hi, Z95 * error)] {
            assert!(
                (limit / (2.0 * expected.exp()) - 1.0).abs() < 1e-6,
                "{found:?}"
            );
        }
    }

    #[test]
    fn nothing_counted_before_has_no_ratio() {
        let step = |time, count| Step {
            time,
            count,
            exposure: 10.0,
        };
        let steps: Vec<Step> = (0..10)
            .map(|t| step(t, if t < 5 { 0 } else { 7 }))
            .collect();
        assert_eq!(interrupted(&steps, 5), None);
        assert_eq!(interrupted(&steps[..3], 1), None);
    }
}
