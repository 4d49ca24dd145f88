//! In which order the dates of a file have day, month and year: all of them are asked before one is read.

use chrono::{Datelike as _, NaiveDateTime};

use super::Desk;
use super::dates::{Order, Stamp};
use crate::sources::{Sink, SourceError};

impl Desk {
    /// The order of the dates, with a note where it or the zone had to be assumed. `one_meeting` says
    /// that all are of one occurrence.
    ///
    /// # Errors
    /// A date that may be two days, or a time that the zone's clocks show twice or never, where such are
    /// refused.
    pub(in crate::sources) fn order(
        &self,
        name: &str,
        stamps: &[(&str, Stamp)],
        one_meeting: bool,
        sink: &mut dyn Sink,
    ) -> Result<Order, SourceError> {
        let local = stamps.iter().any(|(_, stamp)| stamp.is_local());
        if local && !self.zone_given {
            sink.note(format!(
                "{name}: its times name no zone; read in {}, the organisation's (`timezone` sets another)",
                self.calendar.timezone
            ));
        }
        let order = self.settled(name, stamps, one_meeting, sink)?;
        let doubtful = |(_, stamp): &&(&str, Stamp)| stamp.is_doubtful(order, &self.calendar);
        match stamps.iter().find(doubtful) {
            Some((place, stamp)) if self.is_strict() => Err(SourceError::Format {
                name: name.to_owned(),
                reason: format!(
                    "{place}: the clocks of {} showed {} twice or not at all; set `timezone` to a zone \
                     whose clocks are not changed, such as \"UTC\" or \"Etc/GMT-2\" (two hours ahead of it)",
                    self.calendar.timezone,
                    shown(stamp.local(order))
                ),
            }),
            _ => Ok(order),
        }
    }

    /// The order alone, see [`Desk::order`].
    pub(in crate::sources) fn settled(
        &self,
        name: &str,
        stamps: &[(&str, Stamp)],
        one_meeting: bool,
        sink: &mut dyn Sink,
    ) -> Result<Order, SourceError> {
        if let Some(order) = self.order {
            return Ok(order);
        }
        let all: Vec<Stamp> = stamps.iter().map(|(_, stamp)| *stamp).collect();
        let Decision { order, others } = decide(&all, one_meeting);
        if others.is_empty() {
            return Ok(order);
        }
        let possible = |stamp: Stamp| -> Vec<NaiveDateTime> {
            let orders = Order::ALL.into_iter();
            let orders = orders.filter(|one| *one == order || others.contains(one));
            let mut all: Vec<NaiveDateTime> = orders.filter_map(|one| stamp.local(one)).collect();
            all.dedup();
            all
        };
        let is_year = order == Order::Ymd || others.contains(&Order::Ymd);
        let open = stamps
            .iter()
            .map(|(place, stamp)| (place, possible(*stamp)));
        match open.into_iter().find(|(_, possible)| possible.len() > 1) {
            Some((place, possible)) if self.is_strict() => {
                let possible: Vec<String> = possible
                    .into_iter()
                    .map(|local| shown(Some(local)))
                    .collect();
                let orders = match is_year {
                    true => r#""dmy", "mdy" or "ymd""#,
                    false => r#""dmy" or "mdy""#,
                };
                Err(SourceError::Format {
                    name: name.to_owned(),
                    reason: format!(
                        "{place}: this date may be {}, and no other of the file settles it; set `date_order` to \
                         {orders}",
                        possible.join(" or ")
                    ),
                })
            }
            _ => {
                let year = match is_year {
                    true => ", year/month/day among them",
                    false => "",
                };
                sink.note(format!(
                    "{name}: its dates fit more than one order or none{year}; read as {order} (`date_order` sets \
                     another)"
                ));
                Ok(order)
            }
        }
    }
}

/// A date for a message.
fn shown(local: Option<NaiveDateTime>) -> String {
    local.map_or_else(
        || "no date".to_owned(),
        |local| local.format("%-d %B %Y %H:%M").to_string(),
    )
}

/// Teams, Zoom and Meet have no lists from before; nor has whoever writes a year with two digits.
const FIRST_YEAR: i32 = 2017;

/// What the dates of a file say about their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    /// The order to read them by.
    order: Order,
    /// Others that would have given other dates just as well: where there are any, the order is assumed.
    others: Vec<Order>,
}

/// Decides the order for all dates of a file.
///
/// The order that fewer dates contradict is right. Where `one_meeting` says that the file is about a
/// single meeting, dates more than two days apart contradict it too. If several orders are left and
/// differ, American AM and PM speak for month first, anything else for day first. A year of two digits
/// that is too early speaks against year first; where it speaks for that, nothing is settled.
fn decide(stamps: &[Stamp], one_meeting: bool) -> Decision {
    let local: Vec<Stamp> = stamps
        .iter()
        .filter(|stamp| stamp.is_local())
        .copied()
        .collect();
    let dates = |order: Order| -> Vec<Option<NaiveDateTime>> {
        local.iter().map(|stamp| stamp.local(order)).collect()
    };
    let against = |order: Order| -> usize {
        let dates = dates(order);
        let missing = dates.iter().filter(|date| date.is_none()).count();
        let (first, last) = (dates.iter().flatten().min(), dates.iter().flatten().max());
        let hours = first
            .zip(last)
            .map_or(0, |(first, last)| (*last - *first).num_hours());
        let is_no_year = |stamp: &&Stamp| {
            order == Order::Ymd
                && matches!(
                    stamp,
                    Stamp::Local {
                        year_first: false,
                        may_be_year: false,
                        ..
                    }
                )
        };
        let no_years = local.iter().filter(is_no_year).count();
        missing.max(no_years) + usize::from(one_meeting && hours > 48)
    };
    let least = Order::ALL.into_iter().map(against).min().unwrap_or(0);
    let left: Vec<Order> = Order::ALL
        .into_iter()
        .filter(|order| against(*order) == least)
        .collect();
    let american = local
        .iter()
        .any(|stamp| matches!(stamp, Stamp::Local { american: true, .. }));
    let is_early = |order: Order| local.iter().any(|stamp| stamp.is_early(order));
    let late: Vec<Order> = left
        .iter()
        .copied()
        .filter(|order| !is_early(*order))
        .collect();
    let preferred = match late.is_empty() {
        true => &left,
        false => &late,
    };
    let order = match preferred.contains(&Order::Mdy) && american {
        true => Order::Mdy,
        false => preferred.first().copied().unwrap_or(Order::Dmy),
    };
    let (own, own_is_early) = (dates(order), is_early(order));
    let is_other = |other: &Order| {
        let is_too_early = *other == Order::Ymd && is_early(*other) && !own_is_early;
        *other != order && !is_too_early && dates(*other) != own
    };
    Decision {
        order,
        others: left.into_iter().filter(is_other).collect(),
    }
}

impl Stamp {
    /// Whether this order makes of its two digits a year in which no meeting tool had lists of who came.
    fn is_early(self, order: Order) -> bool {
        matches!(self, Stamp::Local { year_first: false, numbers, .. } if numbers.iter().all(|number| *number < 100))
            && self
                .local(order)
                .is_some_and(|local| local.year() < FIRST_YEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(texts: &[&str], one_meeting: bool) -> Decision {
        let stamps: Vec<_> = texts
            .iter()
            .map(|text| Stamp::parse(text).unwrap())
            .collect();
        decide(&stamps, one_meeting)
    }

    #[test]
    fn the_whole_file_decides_the_order() {
        let sure = |order| Decision {
            order,
            others: Vec::new(),
        };
        let open = |order, others: &[Order]| Decision {
            order,
            others: others.to_vec(),
        };
        assert_eq!(
            decided(&["3/4/2022 9:00", "14/4/2022 9:00"], false),
            sure(Order::Dmy)
        );
        assert_eq!(
            decided(&["3/4/2022 9:00", "4/14/2022 9:00"], false),
            sure(Order::Mdy)
        );
        assert_eq!(decided(&["11/11/2022 9:00"], true), sure(Order::Dmy));
        assert_eq!(
            decided(&["11/12/2020 23:50", "12/12/2020 0:10"], true),
            sure(Order::Dmy)
        );
        assert_eq!(
            decided(&["11/30/2020 23:50", "12/1/2020 0:10"], true),
            sure(Order::Mdy)
        );
        assert_eq!(
            decided(
                &["3/4/2022 9:00", "14/4/2022 9:00", "31/31/2022 9:00"],
                false
            ),
            sure(Order::Dmy)
        );
        assert_eq!(
            decided(&["11/12/2020 9:00"], true),
            open(Order::Dmy, &[Order::Mdy])
        );
        assert_eq!(
            decided(&["11/12/2020 9:00 AM"], true),
            open(Order::Mdy, &[Order::Dmy])
        );
        assert_eq!(decided(&["2020-11-12 9:00"], true), sure(Order::Dmy));
        assert_eq!(decided(&[], true), sure(Order::Dmy));
    }

    #[test]
    fn a_year_of_two_digits_may_come_first() {
        let sure = |text: &str| {
            let Decision { order, others } = decided(&[text], true);
            others.is_empty().then_some(order)
        };
        // In the year 2014 there were no such lists.
        assert_eq!(sure("14/11/22, 9:29"), Some(Order::Dmy));
        assert_eq!(sure("14-11-22 9:29"), Some(Order::Dmy));
        // Only dots are never between a year and a month.
        assert_eq!(sure("22.03.23, 9:29"), Some(Order::Dmy));
        assert_eq!(sure("9/30/25, 9:29"), Some(Order::Mdy));
        for (text, order, others) in [
            ("25/03/14, 14:05", Order::Ymd, &[Order::Dmy][..]),
            ("25. 3. 14. 14:05", Order::Ymd, &[Order::Dmy]),
            ("22/03/23, 14:05", Order::Dmy, &[Order::Ymd]),
            ("11/10/12, 14:05", Order::Dmy, &[Order::Mdy, Order::Ymd]),
        ] {
            let others = others.to_vec();
            assert_eq!(decided(&[text], true), Decision { order, others }, "{text}");
        }
        // The day after tells.
        assert_eq!(
            decided(&["22/03/30 23:50", "22/04/01 0:10"], true),
            Decision {
                order: Order::Ymd,
                others: Vec::new()
            }
        );
    }
}
