//! The rhythm of the week: how a Monday compares with the days around it.

use super::quantile::median;

/// Days of which each is compared with the mean: itself and three on either side, one of each weekday.
pub const DAYS_AROUND: i64 = 3;

/// A day and the seven days around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    /// 0 is Monday.
    pub weekday: usize,
    /// What happened on it.
    pub own: f64,
    /// What happened on all seven together.
    pub seven: f64,
}

/// The factor of one weekday.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// Days it rests on.
    pub days: usize,
    /// The median of day / centred seven-day mean; `None` without days.
    pub factor: Option<f64>,
}

/// The factors of Monday to Sunday: the median over days of day / mean of the seven days around it
/// (INDICATORS T3). Days around which nothing happened have no ratio. A weekday that is like any other
/// has the factor 1.
pub fn weekday_factors(days: &[Around]) -> [Factor; 7] {
    std::array::from_fn(|weekday| {
        let ratios: Vec<f64> = days
            .iter()
            .filter(|day| day.weekday == weekday && day.seven > 0.0)
            .map(|day| 7.0 * day.own / day.seven)
            .collect();
        Factor {
            days: ratios.len(),
            factor: median(&ratios),
        }
    })
}

/// Events a working day; `None` of a time without any.
pub fn per_working_day(events: u64, working_days: u64) -> Option<f64> {
    (working_days > 0).then(|| events as f64 / working_days as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::examples::{close, one};

    #[test]
    fn fits_the_worked_example() {
        let example = one("T3", 1);
        for (month, days) in [("march", 20), ("april", 21)] {
            assert!(close(
                per_working_day(40, days).unwrap(),
                &example.expect[month]
            ));
        }
        assert_eq!(per_working_day(40, 0), None);
    }

    #[test]
    fn a_quiet_sunday_has_a_small_factor() {
        let day = |weekday, own| Around {
            weekday,
            own,
            seven: 70.0,
        };
        let found = weekday_factors(&[day(0, 20.0), day(0, 10.0), day(0, 90.0), day(6, 0.0)]);
        assert_eq!(
            found[0],
            Factor {
                days: 3,
                factor: Some(2.0)
            }
        );
        assert_eq!(
            found[6],
            Factor {
                days: 1,
                factor: Some(0.0)
            }
        );
        assert_eq!(
            found[3],
            Factor {
                days: 0,
                factor: None
            }
        );
        let silent = Around {
            weekday: 2,
            own: 0.0,
            seven: 0.0,
        };
        assert_eq!(weekday_factors(&[silent])[2].factor, None);
    }
}
