//! Numbers and dates as a reader says them.

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;

use crate::charts::reading::{self, Cell, MONTHS, Share};

/// A whole number with its thousands apart.
pub(super) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut said = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    if value <= -0.5 {
        format!("−{said}")
    } else {
        said
    }
}

/// A measure: two figures that matter, no more.
pub(super) fn measure(value: f64) -> String {
    let size = value.abs();
    let said = if size >= 1000.0 {
        return count(value);
    } else if size >= 10.0 || size == 0.0 || (size.fract() < 1e-9 && size >= 1.0) {
        format!("{size:.0}")
    } else if size >= 1.0 {
        format!("{size:.1}")
    } else if size >= 0.1 {
        format!("{size:.2}")
    } else {
        let said = format!("{size:.3}");
        said.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if value < 0.0 && said != "0" {
        format!("−{said}")
    } else {
        said
    }
}

/// A median or a quartile of counts: whole, or with its halves and quarters.
pub(super) fn middle(value: f64) -> String {
    if value.fract().abs() < 1e-9 || value.abs() >= 1000.0 {
        return count(value);
    }
    let said = format!("{value:.2}");
    let said = said.trim_end_matches('0').trim_end_matches('.');
    said.replace('-', "−")
}

/// A count that may be withheld.
pub(super) fn counted(cell: Cell) -> String {
    match cell {
        Cell::Value(value) => count(value),
        Cell::Withheld => "withheld".to_owned(),
        Cell::Missing => "–".to_owned(),
    }
}

/// A share in per cent; small ones with one digit more.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 || percent > 99.0 && percent < 100.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// The interval of a share in words: `95 % interval 32 to 59`.
pub(super) fn interval(share: &Share) -> String {
    share.interval.map_or_else(
        || "no interval: too few".to_owned(),
        |(lo, hi)| format!("95 % interval {:.0} to {:.0}", lo * 100.0, hi * 100.0),
    )
}

/// One or many.
pub(super) fn plural<'a>(value: f64, one: &'a str, many: &'a str) -> &'a str {
    if (value - 1.0).abs() < 1e-9 {
        one
    } else {
        many
    }
}

/// The local day of an instant, or a date, as `12 Mar 2026`; what can't be read stays as it is.
pub(super) fn date(text: &str, zone: Tz) -> String {
    reading::day(text, zone).map_or_else(
        || text.to_owned(),
        |date| date.format("%-d %b %Y").to_string(),
    )
}

/// An ISO week `2026-W14` as the date of its Monday.
pub(super) fn monday(week: &str) -> Option<NaiveDate> {
    let (year, week) = week.split_once("-W")?;
    NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)
}

/// A month's number (year times twelve plus month less one) as `February 2027`.
pub(super) fn month(index: i32) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let place = index.rem_euclid(12) as usize;
    let name = NAMES
        .get(place)
        .or_else(|| MONTHS.get(place))
        .copied()
        .unwrap_or_default();
    format!("{name} {}", index.div_euclid(12))
}

/// An age in days as `9 weeks`, `14 months`, `3 years`.
pub(super) fn age(days: f64) -> String {
    let (value, one, many) = if days < 14.0 {
        (days.floor(), "day", "days")
    } else if days < 92.0 {
        ((days / 7.0).floor(), "week", "weeks")
    } else if days < 1095.0 {
        ((days / 30.4375).floor(), "month", "months")
    } else {
        ((days / 365.25).floor(), "year", "years")
    };
    format!("{value:.0} {}", plural(value, one, many))
}

/// Rows of a long list: `51 to 100 of 1,240`.
pub(super) fn from_to(start: usize, shown: usize, all: usize) -> String {
    let [first, last, all] = [start + 1, start + shown, all].map(|n| count(n as f64));
    format!("{first} to {last} of {all}")
}

/// The first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A place of links, for readers.
pub(super) fn place(name: &str) -> String {
    match name {
        "writeup" => "write-up".to_owned(),
        other => other.replace('_', " "),
    }
}

/// Places of this kind: `commits`.
pub(super) fn places(name: &str) -> String {
    match name {
        "code" => "the code".to_owned(),
        "docs" => "the docs".to_owned(),
        "config" => "config files".to_owned(),
        "chat" => "chat".to_owned(),
        "onboarding" => "onboarding pages".to_owned(),
        "writeup" => "other write-ups".to_owned(),
        "other" => "other places".to_owned(),
        name => format!("{}s", name.replace('_', " ")),
    }
}

/// Things in a row: `a, b and c`.
pub(super) fn row(things: &[String], last: &str) -> String {
    match things.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// A stretch of days in words: `four weeks`, `30 days`.
pub(super) fn stretch(days: f64) -> String {
    if (days - 28.0).abs() < 0.5 {
        "four weeks".to_owned()
    } else {
        format!("{} {}", count(days), plural(days, "day", "days"))
    }
}

/// Per cents that stand together, signed and with the same decimals: as few as show that none of
/// them is nought.
pub(super) fn signed_percents<const N: usize>(values: [f64; N]) -> [String; N] {
    let vanishes = |decimals: i32| {
        move |value: &f64| *value != 0.0 && value.abs() < 0.5 * 10f64.powi(-decimals)
    };
    let decimals = (1..3)
        .find(|decimals| !values.iter().any(vanishes(*decimals)))
        .unwrap_or(3);
    values.map(|value| {
        let sign = match value {
            v if v > 0.0 => "+",
            v if v < 0.0 => "−",
            _ => "",
        };
        format!("{sign}{:.*} %", decimals as usize, value.abs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(8412.0), "8,412");
        assert_eq!(count(1_234_567.0), "1,234,567");
        assert_eq!(count(0.0), "0");
        for (value, said) in [
            (2.0, "2"),
            (1.75, "1.75"),
            (12.5, "12.5"),
            (2_400.5, "2,400"),
            (0.0, "0"),
        ] {
            assert_eq!(middle(value), said);
        }
        assert_eq!(measure(11.4), "11");
        assert_eq!(measure(-0.151), "−0.15");
        assert_eq!(measure(9.0), "9");
        assert_eq!(measure(0.09), "0.09");
        assert_eq!(measure(0.0004), "0");
        assert_eq!(measure(-0.0004), "0");
        assert_eq!(percent(0.4512), "45 %");
        assert_eq!(percent(0.004), "0.4 %");
        assert_eq!(age(425.0), "13 months");
        assert_eq!(age(1084.0), "35 months");
        assert_eq!(age(1.5), "1 day");
        assert_eq!(month(2027 * 12 + 1), "February 2027");
    }

    #[test]
    fn rows_and_signs_read_well() {
        let things = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(row(&things, "and"), "a, b and c");
        assert_eq!(row(&things[..1], "and"), "a");
        assert_eq!(
            signed_percents([1.561, 0.053, 3.2]),
            ["+1.6 %", "+0.1 %", "+3.2 %"]
        );
        assert_eq!(signed_percents([0.02, -0.3]), ["+0.02 %", "−0.30 %"]);
        assert_eq!(signed_percents([0.0, 1.0]), ["0.0 %", "+1.0 %"]);
    }

    #[test]
    fn dates_read_well() {
        assert_eq!(
            date("2026-06-30T22:00:00Z", Tz::Europe__Berlin),
            "1 Jul 2026"
        );
        assert_eq!(date("2026-06-30T22:00:00Z", Tz::UTC), "30 Jun 2026");
        assert_eq!(date("2026-07-01", Tz::America__Los_Angeles), "1 Jul 2026");
        assert_eq!(date("soon", Tz::UTC), "soon");
        assert_eq!(
            monday("2026-W14").map(|d| d.to_string()).as_deref(),
            Some("2026-03-30")
        );
        assert_eq!(monday("week"), None);
    }
}
