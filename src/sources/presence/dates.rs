//! Dates as spreadsheets and Teams write them: in the downloader's locale, without a zone, and
//! without a word on which number is the month. The whole file is asked before one date is read.

use std::fmt;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use serde::Deserialize;

use crate::model::{Calendar, Millis, parse_rfc3339};

/// The order of day, month and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::sources) enum Order {
    /// 14/11/2022
    Dmy,
    /// 11/14/2022
    Mdy,
    /// 2022/11/14
    Ymd,
}

impl Order {
    /// Every order, that of most places first.
    pub(in crate::sources) const ALL: [Order; 3] = [Order::Dmy, Order::Mdy, Order::Ymd];
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Dmy => "day/month/year",
            Order::Mdy => "month/day/year",
            Order::Ymd => "year/month/day",
        })
    }
}

/// A date and time as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Stamp {
    /// With its zone: nothing is left to decide.
    Exact(Millis),
    /// Three numbers and a time of day.
    Local {
        /// The numbers of the date, in the order in which they stand.
        numbers: [u32; 3],
        /// The first has four digits, so it is the year.
        year_first: bool,
        /// The first may be a year of two digits. Nobody writes `25.03.14` for one: where dots stand between the
        /// numbers and nothing else, the day comes first.
        may_be_year: bool,
        /// AM or PM in capitals stands there, as American English has it.
        american: bool,
        /// The time of day.
        time: NaiveTime,
    },
}

impl Stamp {
    /// Reads an instant with its zone, or any three numbers of a date and two or three of a time, with or
    /// without AM and PM: `14/11/22, 09:29:07`, `11/4/2020, 9:50:12 AM`, `2022-11-14 09:29`. A time that
    /// stands before its date is refused: its numbers would make a date.
    pub(in crate::sources) fn parse(text: &str) -> Option<Self> {
        if let Some(at) = parse_rfc3339(text).or_else(|| zoned(text)) {
            return Some(Stamp::Exact(at));
        }
        let mut numbers: Vec<(u32, usize)> = Vec::new();
        let mut letters = String::new();
        let mut previous = ' ';
        // What stands between the first two numbers.
        let mut between = String::new();
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                match numbers.last_mut() {
                    Some((number, width)) if previous.is_ascii_digit() && *width < 4 => {
                        *number = *number * 10 + digit;
                        *width += 1;
                    }
                    Some(_) if previous.is_ascii_digit() => return None,
                    _ => numbers.push((digit, 1)),
                }
            } else if c == ':' && numbers.len() < 4 {
                return None;
            } else if numbers.len() == 1 && !c.is_alphabetic() {
                between.push(c);
            } else if c.is_alphabetic() && !(c == 'T' && numbers.len() == 3) {
                letters.push(c);
            }
            previous = c;
        }
        if numbers.iter().skip(3).any(|(_, width)| *width > 2) {
            return None;
        }
        let afternoon = half_of_day(&letters)?;
        let (hour, minute, second) = match numbers.get(3..)? {
            [(hour, _), (minute, _)] => (*hour, *minute, 0),
            [(hour, _), (minute, _), (second, _)] => (*hour, *minute, *second),
            _ => return None,
        };
        let hour = match afternoon {
            None => hour,
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        };
        Some(Stamp::Local {
            numbers: [numbers[0].0, numbers[1].0, numbers[2].0],
            year_first: numbers[0].1 == 4,
            may_be_year: numbers[0].1 == 2 && between != ".",
            american: matches!(letters.as_str(), "AM" | "PM"),
            time: NaiveTime::from_hms_opt(hour, minute, second)?,
        })
    }

    /// Reads a date without a time, as the first instant of the day: `14/11/22`, `2022-11-14`.
    pub(in crate::sources) fn day(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_date = |c: char| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ' ');
        let numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|number| !number.is_empty());
        match text.chars().all(is_date) && numbers.count() == 3 {
            true => Stamp::parse(&format!("{text} 0:00")),
            false => None,
        }
    }

    /// Whether the zone is left open.
    pub(in crate::sources) fn is_local(self) -> bool {
        matches!(self, Stamp::Local { .. })
    }

    /// Whether the clocks of the zone showed this date and time twice, or never.
    pub(in crate::sources) fn is_doubtful(self, order: Order, calendar: &Calendar) -> bool {
        self.local(order).is_some_and(|local| {
            let found = calendar.timezone.from_local_datetime(&local);
            !matches!(found, LocalResult::Single(_))
        })
    }

    /// The local date and time under this order; `None` if there is no such date.
    pub(in crate::sources) fn local(self, order: Order) -> Option<NaiveDateTime> {
        let Stamp::Local {
            numbers: [a, b, c],
            year_first,
            time,
            ..
        } = self
        else {
            return None;
        };
        let (year, month, day) = match order {
            _ if year_first => (a, b, c),
            Order::Dmy => (c, b, a),
            Order::Mdy => (c, a, b),
            Order::Ymd => (a, b, c),
        };
        let year = if year < 100 { year + 2000 } else { year };
        if !(1900..2300).contains(&year) {
            return None;
        }
        Some(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_time(time))
    }

    /// The instant, in the calendar's zone where the text names none.
    pub(in crate::sources) fn at(self, order: Order, calendar: &Calendar) -> Option<Millis> {
        match self {
            Stamp::Exact(at) => Some(at),
            Stamp::Local { .. } => {
                let local = self.local(order)?;
                Some(calendar.instant(local.date(), local.time()))
            }
        }
    }
}

/// Which half of the day the letters in a date and time mean, inside `None` where they mean neither.
/// `None` for letters that are no such thing.
fn half_of_day(letters: &str) -> Option<Option<bool>> {
    /// The marks of the languages whose clocks have twelve hours, in lower case.
    const HALVES: [(&str, bool); 14] = [
        ("am", false),
        ("pm", true),
        ("de", false),
        ("du", true),
        ("上午", false),
        ("下午", true),
        ("午前", false),
        ("午後", true),
        ("오전", false),
        ("오후", true),
        ("πμ", false),
        ("μμ", true),
        ("öö", false),
        ("ös", true),
    ];
    /// What stands between date and time, or after them, and means nothing.
    const FILLING: [&str; 9] = ["à", "klo", "kl", "um", "uhr", "umuhr", "г", "гч", "ч"];
    let letters = letters.to_lowercase();
    let letters = letters.trim_start_matches("年月日");
    if letters.is_empty() || FILLING.contains(&letters) {
        return Some(None);
    }
    let half = HALVES.iter().find(|(mark, _)| *mark == letters)?;
    Some(Some(half.1))
}

/// Reads an instant that names its zone in one of the ways of ISO 8601 which RFC 3339 does not have: a time
/// without seconds, a space before it, an offset without its colon.
fn zoned(text: &str) -> Option<Millis> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let time = time.trim_end();
    let seconds = if time.matches(':').count() == 1 {
        ":00"
    } else {
        ""
    };
    let zone = match zone.split_at_checked(3) {
        Some((hours, "")) => format!("{hours}:00"),
        Some((hours, minutes)) => format!("{hours}:{}", minutes.trim_start_matches(':')),
        None => zone.to_uppercase(),
    };
    parse_rfc3339(&format!("{date}T{time}{seconds}{zone}"))
}

/// The units of lengths by the letters that they begin with, in the languages that we know, in small letters; of two
/// that fit the longer counts.
const UNITS: [(&str, u64); 26] = [
    ("h", 3_600_000),
    ("st", 3_600_000),
    ("tim", 3_600_000),
    ("t", 3_600_000),
    ("u", 3_600_000),
    ("go", 3_600_000),
    ("or", 3_600_000),
    ("ó", 3_600_000),
    ("ώ", 3_600_000),
    ("ч", 3_600_000),
    ("sa", 3_600_000),
    ("時", 3_600_000),
    ("小", 3_600_000),
    ("시", 3_600_000),
    ("m", 60_000),
    ("p", 60_000),
    ("dk", 60_000),
    ("λ", 60_000),
    ("м", 60_000),
    ("хв", 60_000),
    ("分", 60_000),
    ("분", 60_000),
    ("s", 1_000),
    ("с", 1_000),
    ("秒", 1_000),
    ("초", 1_000),
];

/// A length as Teams and Meet write it, `1h 2m 3s`, `19 min 26 s`, `1 Std. 2 Min.`, `1 godz. 5 min` or `1時間5分`,
/// ms. `None` in other languages, and where units don't get smaller.
pub(in crate::sources) fn duration(text: &str) -> Option<u64> {
    let mut total = 0_u64;
    let mut smallest = u64::MAX;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..unit].parse().ok()?;
        rest = rest[unit..].trim_start();
        let next = rest.find(|c: char| c.is_ascii_digit());
        let (unit, next) = rest.split_at(next.unwrap_or(rest.len()));
        let factor = factor(unit)?;
        if factor >= smallest || number >= 1_000_000 {
            return None;
        }
        smallest = factor;
        total += number * factor;
        rest = next;
    }
    (smallest < u64::MAX).then_some(total)
}

/// How long a unit is, ms: one word, perhaps with a stop behind it.
fn factor(unit: &str) -> Option<u64> {
    let unit = unit.trim().trim_end_matches(['.', ',']).to_lowercase();
    if unit.is_empty() || !unit.chars().all(char::is_alphabetic) {
        return None;
    }
    let fits = UNITS.iter().filter(|(begins, _)| unit.starts_with(begins));
    let longest = fits.max_by_key(|(begins, _)| begins.len())?;
    Some(longest.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_places() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let at = |text: &str, order: Order| Stamp::parse(text)?.at(order, &berlin);
        let expected = parse_rfc3339("2022-11-04T09:29:07+01:00");
        for (text, order) in [
            ("4/11/22, 09:29:07", Order::Dmy),
            ("11/4/2022, 9:29:07 AM", Order::Mdy),
            ("11/4/2022, 9:29:07\u{202f}AM", Order::Mdy),
            ("04.11.2022, 09:29:07", Order::Dmy),
            ("4-11-2022 9.29.07", Order::Dmy),
            ("4/11/2022, 9:29:07 a.m.", Order::Dmy),
            ("2022-11-04 09:29:07", Order::Dmy),
            ("2022-11-04T09:29:07", Order::Mdy),
            ("22/11/04 09:29:07", Order::Ymd),
            ("2022/11/4 上午9:29:07", Order::Dmy),
            ("2022年11月4日 上午9:29:07", Order::Dmy),
            ("2022. 11. 4. 오전 9:29:07", Order::Dmy),
            ("2022. 11. 04. de. 9:29:07", Order::Dmy),
            ("22. 11. 4. 오전 9:29:07", Order::Ymd),
            ("4/11/2022, 9:29:07 π.μ.", Order::Dmy),
            ("4.11.2022 klo 9.29.07", Order::Dmy),
            ("04/11/2022 à 09:29:07", Order::Dmy),
            ("04.11.2022 г., 9:29:07", Order::Dmy),
            ("4/11/2022, 9:29:07 a. m.", Order::Dmy),
            ("2022-11-04T08:29:07Z", Order::Dmy),
        ] {
            assert_eq!(at(text, order), expected, "{text}");
        }
        assert_eq!(
            at("1/2/2022 12:00 AM", Order::Dmy),
            parse_rfc3339("2022-02-01T00:00:00+01:00")
        );
        assert_eq!(
            at("1/2/2022 12:00 PM", Order::Dmy),
            parse_rfc3339("2022-02-01T12:00:00+01:00")
        );
        for text in [
            "",
            "soon",
            "4 Nov 2022 09:29",
            "4/11/2022",
            "4/11/2022 25:00",
            "4/11/22222 9:00",
            "4/11/2022 13:00 PM",
            "9:29:07 14/11/22",
            "9:29 14/11/22",
            "9.29.07 14.11.2022",
        ] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hours_that_come_twice_or_never_are_doubtful() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let doubtful = |text: &str| Stamp::parse(text).unwrap().is_doubtful(Order::Dmy, &berlin);
        assert!(doubtful("26.10.2025 02:30") && doubtful("30.03.2025 02:30"));
        assert!(!doubtful("26.10.2025 03:30") && !doubtful("2025-10-26T02:30:00Z"));
    }

    #[test]
    fn instants_with_a_zone_and_days_alone() {
        let exact = |text: &str| match Stamp::parse(text) {
            Some(Stamp::Exact(at)) => Some(crate::model::to_rfc3339(at)),
            _ => None,
        };
        for (text, expected) in [
            ("2026-03-04T14:00Z", Some("2026-03-04T14:00:00Z")),
            ("2026-03-04T14:00+01:00", Some("2026-03-04T13:00:00Z")),
            ("2026-03-04 14:00-0130", Some("2026-03-04T15:30:00Z")),
            ("2026-03-04 14:00:05 +01", Some("2026-03-04T13:00:05Z")),
            ("2026-03-04t14:00z", Some("2026-03-04T14:00:00Z")),
            ("2026-03-04T14Z", None),
            ("2026-03-04T14:00", None),
            ("2026-03-04 14:00 Zürich", None),
        ] {
            assert_eq!(exact(text).as_deref(), expected, "{text}");
        }
        let day = |text: &str| Stamp::day(text)?.local(Order::Dmy);
        let first = NaiveDate::from_ymd_opt(2026, 3, 4).and_then(|day| day.and_hms_opt(0, 0, 0));
        for text in ["2026-03-04", "4.3.2026", "04/03/26", " 4. 3. 2026 "] {
            assert_eq!(day(text), first, "{text}");
        }
        for text in [
            "",
            "4.3.",
            "4 3 20 26",
            "soon",
            "4.3.2026 15:00",
            "2026-03-04x",
        ] {
            assert_eq!(Stamp::day(text), None, "{text}");
        }
    }

    #[test]
    fn lengths() {
        for (text, expected) in [
            ("19m 26s", Some(1_166_000)),
            ("1h 2m 3s", Some(3_723_000)),
            ("19 min 26 sec", Some(1_166_000)),
            ("45s", Some(45_000)),
            ("1 Std. 6 Min. 50 Sek.", Some(4_010_000)),
            ("1 hr 2 min", Some(3_720_000)),
            ("1s 2m", None),
            ("2 timer", Some(7_200_000)),
            ("1h 5m 3s", Some(3_903_000)),
            ("1 Std. 5 Min.", Some(3_900_000)),
            ("1 godz. 5 min 3 sek.", Some(3_903_000)),
            ("1 tim 5 min 3 sek", Some(3_903_000)),
            ("1 t 5 min 3 sek.", Some(3_903_000)),
            ("1 u 5 min 3 sec", Some(3_903_000)),
            ("1 uur 5 minuten", Some(3_900_000)),
            ("1 hora 5 minutos", Some(3_900_000)),
            ("1\u{a0}h\u{202f}5 min", Some(3_900_000)),
            ("1時間5分3秒", Some(3_903_000)),
            ("1 小时 5 分钟 3 秒", Some(3_903_000)),
            ("1시간 5분 3초", Some(3_903_000)),
            ("1 ч 5 мин 3 с", Some(3_903_000)),
            ("1 sa 5 dk 3 sn", Some(3_903_000)),
            ("5 x", None),
            ("1 d", None),
            ("5 m 3", None),
            ("m", None),
            ("65", None),
            ("99999999999999999999 s", None),
            ("19:26", None),
            ("19", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
