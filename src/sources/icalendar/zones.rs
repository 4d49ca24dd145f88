//! Local times of a calendar to instants. A time names its zone by an IANA name, by what Windows or
//! Outlook call it, or by a `VTIMEZONE` that the calendar brings along; or it names none and means
//! the organisation's.

use std::collections::HashMap;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz as Named;
use calcard::icalendar::timezone::TzResolver;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty,
    ICalendarValue,
};
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::expand::expand_rule;
use crate::model::{Calendar, Millis};

/// The zones that one calendar speaks of.
pub(super) struct Zones<'a> {
    named: TzResolver<&'a str>,
    own: HashMap<&'a str, Vec<Observance>>,
    organisation: Tz,
}

/// Standard or daylight time of a zone that only the calendar knows.
pub(super) struct Observance {
    /// Local times at which it begins, in order.
    onsets: Vec<NaiveDateTime>,
    offset: FixedOffset,
    /// Until it begins.
    before: FixedOffset,
}

/// Years until which a calendar's own zones are followed.
const LAST_YEAR: i32 = 2060;

/// The zone of one time.
#[derive(Clone, Copy)]
pub(super) enum Zone<'a> {
    Named(Tz),
    Fixed(FixedOffset),
    Own(&'a [Observance]),
}

/// A time as the calendar has it.
#[derive(Clone, Copy)]
pub(super) struct Local<'a> {
    /// The clock on the wall.
    pub(super) clock: NaiveDateTime,
    /// The zone of the wall.
    pub(super) zone: Zone<'a>,
    /// It is a whole day.
    pub(super) all_day: bool,
}

impl Local<'_> {
    /// The instant.
    pub(super) fn at(self) -> Millis {
        self.zone.instant(self.clock)
    }
}

impl Zone<'_> {
    /// The instant of a local time. A time that the clocks skip is told by the clock from before the
    /// gap, one that they repeat is the earlier (RFC 5545, 3.3.5).
    pub(super) fn instant(self, clock: NaiveDateTime) -> Millis {
        match self {
            Zone::Named(zone) => named_instant(zone, clock),
            Zone::Fixed(offset) => minus(clock, offset),
            Zone::Own(observances) => minus(clock, offset_of(observances, clock)),
        }
    }

    /// Where a day begins and ends.
    pub(super) fn day(self, day: NaiveDate) -> (Millis, Millis) {
        let midnight = day.and_time(NaiveTime::MIN);
        let next = midnight + TimeDelta::days(1);
        (self.instant(midnight), self.instant(next))
    }

    /// The local time of an instant.
    pub(super) fn clock(self, at: Millis) -> Option<NaiveDateTime> {
        match self {
            Zone::Named(zone) => Some(zone.timestamp_millis_opt(at).single()?.naive_local()),
            Zone::Fixed(offset) => Some(offset.timestamp_millis_opt(at).single()?.naive_local()),
            Zone::Own(observances) => {
                let utc = chrono::DateTime::from_timestamp_millis(at)?.naive_utc();
                // An hour around a change this may be off; it only bounds a recurrence.
                utc.checked_add_offset(offset_of(observances, utc))
            }
        }
    }
}

impl<'a> Zones<'a> {
    /// The zones of this calendar.
    pub(super) fn new(calendar: &'a ICalendar, organisation: Tz) -> Self {
        let named = calendar.build_tz_resolver();
        let own = calendar
            .components
            .iter()
            .filter(|component| component.component_type == ICalendarComponentType::VTimezone)
            .filter_map(|component| {
                let name = component
                    .property(&ICalendarProperty::Tzid)?
                    .values
                    .first()?
                    .as_text()?;
                let unknown = known(&named, name).is_none();
                let observances = unknown.then(|| observances(calendar, component))?;
                (!observances.is_empty()).then_some((name, observances))
            })
            .collect();
        Zones {
            named,
            own,
            organisation,
        }
    }

    /// The zone of times that name none, and of which nothing else tells it.
    pub(super) fn organisation(&self) -> Zone<'_> {
        Zone::Named(self.organisation)
    }

    /// The time of a property, in the zone it names; in `floating` if it names none.
    pub(super) fn local<'z>(
        &'z self,
        entry: &ICalendarEntry,
        time: &PartialDateTime,
        floating: Zone<'z>,
    ) -> Option<Local<'z>> {
        let parts = time.to_date_time()?;
        let zone = match (parts.offset, entry.tz_id()) {
            (Some(offset), _) => Zone::Fixed(offset),
            (None, Some(name)) => self.zone(name),
            (None, None) => floating,
        };
        Some(Local {
            clock: parts.date_time,
            zone,
            all_day: !time.has_time(),
        })
    }

    fn zone(&self, name: &str) -> Zone<'_> {
        if let Some(zone) = known(&self.named, name) {
            return Zone::Named(zone);
        }
        // What the calendar says of its own zone tells the summer's time too; an offset in a name does not.
        if let Some(observances) = self.own.get(name) {
            return Zone::Own(observances);
        }
        match (self.guessed(name), by_offset(name)) {
            (Some(zone), _) => Zone::Named(zone),
            (None, Some(offset)) => Zone::Fixed(offset),
            (None, None) => Zone::Named(self.organisation),
        }
    }

    /// The zone meant by a name that is not one, but like one.
    fn guessed(&self, name: &str) -> Option<Tz> {
        guessed(name).or_else(|| known(&self.named, unnumbered(name)?))
    }

    /// What is to be said of a zone with this name, if it is not understood as it was meant.
    pub(super) fn doubt(&self, name: &str) -> Option<String> {
        let is_own = || self.own.contains_key(name) || self.guessed(name).is_some();
        if known(&self.named, name).is_some() || is_own() {
            return None;
        }
        Some(match by_offset(name) {
            Some(offset) => {
                format!("zone {name:?} is known by its offset alone; read at {offset} all the year")
            }
            None => format!("zone {name:?} is not known; read in {}", self.organisation),
        })
    }
}

/// The zone that everybody calls so, or that Windows or Outlook do. Of `(UTC+01:00) Sarajevo` the words tell
/// it; a zone made of the offset alone would have no summer.
fn known(named: &TzResolver<&str>, name: &str) -> Option<Tz> {
    let name = told(name).map_or(name, |(_, words)| words);
    match named.resolve(name)? {
        Named::Tz(zone) => Some(zone),
        Named::Fixed(_) | Named::Floating => None,
    }
}

/// The offset and the words of a name such as `(UTC+05:30) Our Town` or `(GMT-08.00) Tijuana`.
fn told(name: &str) -> Option<(FixedOffset, &str)> {
    let (offset, words) = name.trim().strip_prefix('(')?.split_once(')')?;
    let offset = offset.trim();
    let offset = offset
        .strip_prefix("UTC")
        .or_else(|| offset.strip_prefix("GMT"))?
        .trim();
    let offset = match offset {
        "" => FixedOffset::east_opt(0)?,
        offset => signed(offset)?,
    };
    Some((offset, words.trim()))
}

/// The offset of `+05:30`, `-08.00`, `+0200` or `+1`.
fn signed(offset: &str) -> Option<FixedOffset> {
    let (sign, digits) = offset.split_at_checked(1)?;
    let together = || digits.split_at_checked(2).filter(|_| digits.len() == 4);
    let parts = digits.split_once([':', '.']).or_else(together);
    let (hours, minutes) = parts.unwrap_or((digits, "0"));
    let seconds = hours.parse::<u8>().ok().map(i32::from)? * 3600
        + minutes.parse::<u8>().ok().map(i32::from)? * 60;
    match sign {
        "+" => FixedOffset::east_opt(seconds),
        "-" => FixedOffset::east_opt(-seconds),
        _ => None,
    }
}

/// The offset in a name that is known by that alone, such as `(UTC+05:30) Our Town`, `GMT+0200` and `UTC-3`.
fn by_offset(name: &str) -> Option<FixedOffset> {
    let bare = || {
        let name = name.trim();
        let offset = ["UTC", "GMT"]
            .iter()
            .find_map(|zone| name.strip_prefix(zone));
        signed(offset?)
    };
    told(name).map(|(offset, _)| offset).or_else(bare)
}

/// A name without the number that Outlook puts behind it where a calendar has several of it, as in
/// `W. Europe Standard Time 1`.
fn unnumbered(name: &str) -> Option<&str> {
    let (zone, number) = name.trim().rsplit_once(' ')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(zone)
}

/// The instant of a local time in a zone that is called so; nothing where nobody knows the zone.
pub(in crate::sources) fn instant(zone: &str, clock: NaiveDateTime) -> Option<Millis> {
    let nothing = ICalendar {
        components: Vec::new(),
    };
    let zones = Zones::new(&nothing, Tz::UTC);
    let is_known = zones.doubt(zone).is_none() || by_offset(zone).is_some();
    is_known.then(|| zones.zone(zone).instant(clock))
}

/// The zone meant by a name of some registry, such as `/freeassociation.sourceforge.net/Asia/Tokyo`,
/// which ends with the usual one, by a name with a hyphen (`US-Eastern`), or by Microsoft's address of UTC.
fn guessed(name: &str) -> Option<Tz> {
    if name.trim().eq_ignore_ascii_case("tzone://Microsoft/Utc") {
        return Some(Tz::UTC);
    }
    let ending = |slashes: usize| {
        let slash = name.rmatch_indices('/').nth(slashes)?.0;
        name[slash + 1..].parse::<Tz>().ok()
    };
    let registered = name
        .starts_with('/')
        .then(|| ending(1).or_else(|| ending(2)))
        .flatten();
    registered.or_else(|| name.replacen('-', "/", 1).parse::<Tz>().ok())
}

/// The times of a `VTIMEZONE`.
fn observances(calendar: &ICalendar, zone: &ICalendarComponent) -> Vec<Observance> {
    let children = zone
        .component_ids
        .iter()
        .filter_map(|id| calendar.component_by_id(*id));
    children.filter_map(observance).collect()
}

fn observance(component: &ICalendarComponent) -> Option<Observance> {
    let time = |property: &ICalendarProperty| match component.property(property)?.values.first()? {
        ICalendarValue::PartialDateTime(time) => Some(time),
        _ => None,
    };
    let start = time(&ICalendarProperty::Dtstart)?.to_date_time()?.date_time;
    let offset = offset(time(&ICalendarProperty::Tzoffsetto)?)?;
    let before = time(&ICalendarProperty::Tzoffsetfrom).and_then(|stated| self::offset(stated));
    let mut onsets = vec![start];
    for entry in component.properties(&ICalendarProperty::Rrule) {
        if let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first() {
            let end = chrono::NaiveDate::from_ymd_opt(LAST_YEAR, 1, 1)?.and_time(start.time());
            onsets.extend(expand_rule(rule, start, end).unwrap_or_default());
        }
    }
    for entry in component.properties(&ICalendarProperty::Rdate) {
        onsets.extend(entry.values.iter().filter_map(|value| match value {
            ICalendarValue::PartialDateTime(time) => Some(time.to_date_time()?.date_time),
            _ => None,
        }));
    }
    onsets.sort_unstable();
    Some(Observance {
        onsets,
        offset,
        before: before.unwrap_or(offset),
    })
}

fn offset(stated: &PartialDateTime) -> Option<FixedOffset> {
    let seconds = i32::from(stated.tz_hour?) * 3600 + i32::from(stated.tz_minute.unwrap_or(0)) * 60;
    FixedOffset::east_opt(if stated.tz_minus { -seconds } else { seconds })
}

fn named_instant(zone: Tz, clock: NaiveDateTime) -> Millis {
    if zone.from_local_datetime(&clock).earliest().is_some() {
        return Calendar::new(zone).instant(clock.date(), clock.time());
    }
    // Gaps are at most a few hours; Samoa once skipped a whole day.
    let before = (1..=26 * 4)
        .map_while(|quarters| clock.checked_sub_signed(TimeDelta::minutes(15 * quarters)))
        .find_map(|before| zone.from_local_datetime(&before).latest());
    minus(
        clock,
        before.map_or_else(utc, |before| chrono::Offset::fix(before.offset())),
    )
}

fn utc() -> FixedOffset {
    chrono::Offset::fix(&chrono::Utc)
}

/// The offset of the observance that began last; before the first, that one's.
fn offset_of(observances: &[Observance], clock: NaiveDateTime) -> FixedOffset {
    let begun = |observance: &&Observance| {
        let before = observance.onsets.partition_point(|onset| *onset <= clock);
        before.checked_sub(1).map(|index| observance.onsets[index])
    };
    observances
        .iter()
        .filter(|observance| begun(observance).is_some())
        .max_by_key(begun)
        .or_else(|| {
            observances
                .iter()
                .min_by_key(|observance| observance.onsets.first().copied())
        })
        .map_or_else(utc, |observance| {
            let gap = observance.offset.local_minus_utc() - observance.before.local_minus_utc();
            let since = begun(&observance).map(|onset| (clock - onset).num_seconds());
            match since {
                Some(since) if since < i64::from(gap) => observance.before,
                _ => observance.offset,
            }
        })
}

fn minus(clock: NaiveDateTime, offset: FixedOffset) -> Millis {
    clock.and_utc().timestamp_millis() - Millis::from(offset.local_minus_utc()) * 1000
}
