//! Where the ticks stand: round numbers, whole where the values are whole, months that a reader
//! counts in.

use super::reading::{MONTHS, count, month_name};

/// At most about `most` round values from 0 to beyond `top`; whole steps if `whole`.
pub(super) fn linear(top: f64, most: usize, whole: bool) -> Vec<f64> {
    let top = if top.is_finite() && top > 0.0 {
        top
    } else {
        1.0
    };
    let rough = top / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let mut step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(10.0 * power);
    if whole {
        step = step.max(1.0).round();
    }
    let count = (top / step - 1e-9).ceil().max(1.0) as usize;
    (0..=count).map(|i| i as f64 * step).collect()
}

/// Powers of ten from truly below `low` to above `high`, with halves (1, 3, 10) where they are few.
pub(super) fn logarithmic(low: f64, high: f64) -> Vec<f64> {
    let first = (low * 0.999).log10().floor() as i32;
    let last = high.log10().ceil().max(f64::from(first) + 1.0) as i32;
    let few = last - first <= 2;
    let mut ticks = Vec::new();
    for power in first..=last {
        let value = 10f64.powi(power);
        ticks.push(value);
        if few && power < last {
            ticks.push(3.0 * value);
        }
    }
    // Cut what lies a whole tick beyond the values.
    while ticks.len() > 2 && ticks.get(1).is_some_and(|second| *second < low * 0.999) {
        ticks.remove(0);
    }
    while ticks.len() > 2
        && ticks
            .get(ticks.len() - 2)
            .is_some_and(|before| *before >= high)
    {
        ticks.pop();
    }
    ticks
}

/// Months to label between two, with their words: the year where it starts or first shows.
pub(super) fn months(from: i32, to: i32, most: usize) -> Vec<(i32, String)> {
    let span = (to - from).max(1);
    let step = [1, 2, 3, 6, 12, 24, 36, 60, 120]
        .into_iter()
        .find(|step| span / step < most as i32)
        .unwrap_or(240);
    let first = from + (step - from.rem_euclid(step)).rem_euclid(step);
    let mut ticks = Vec::new();
    let mut month = first;
    while month <= to {
        let january = month.rem_euclid(12) == 0;
        let words = if ticks.is_empty() || january || step >= 12 {
            month_name(month)
        } else {
            MONTHS
                .get(month.rem_euclid(12) as usize)
                .copied()
                .unwrap_or_default()
                .to_owned()
        };
        ticks.push((month, words));
        month += step;
    }
    ticks
}

/// A tick's number: no digits that say nothing.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || value.abs() >= 1.0 && value.fract().abs() < 1e-9 {
        return count(value);
    }
    // Ticks are sums of round steps: as few digits as tell one from the next.
    let is_told = |digits: &i32| {
        let scaled = value * 10f64.powi(*digits);
        (scaled - scaled.round()).abs() < 1e-6
    };
    let digits = (1..6).find(is_told).unwrap_or(6) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_get_whole_ticks() {
        assert_eq!(linear(3.0, 4, true), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(linear(1.0, 4, true), [0.0, 1.0]);
        assert_eq!(linear(0.0, 4, true), [0.0, 1.0]);
        assert_eq!(linear(47.0, 4, true), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(linear(f64::NAN, 4, false).first(), Some(&0.0));
    }

    #[test]
    fn log_ticks_hold_the_values() {
        let ticks = logarithmic(0.04, 7.0);
        assert_eq!(ticks.first().map(|v| *v <= 0.04), Some(true));
        assert_eq!(ticks.last().map(|v| *v >= 7.0), Some(true));
    }

    #[test]
    fn months_are_round() {
        let ticks = months(2024 * 12 + 1, 2026 * 12 + 3, 5);
        let words: Vec<_> = ticks.into_iter().map(|(_, words)| words).collect();
        assert_eq!(words, ["Jul 2024", "Jan 2025", "Jul", "Jan 2026"]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(0.3), "0.3");
        assert_eq!(number(0.01), "0.01");
        assert_eq!(number(3.0 * 0.05), "0.15");
        assert_eq!(number(25_000.0), "25,000");
        assert_eq!(number(1.5), "1.5");
    }
}
