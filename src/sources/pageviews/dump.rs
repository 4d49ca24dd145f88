//! Lines of dumps: `en Main_Page 42 0` of an hour, and
//! `en.wikipedia Main_Page 15580374 desktop 42 A1B41` of a day or, by days, of a month.

use std::collections::BTreeMap;

use super::period::Period;
use super::wiki::{self, Page, Wanted};
use super::{Maker, Sink};

/// So many pages are held at once; files are sorted, so what belongs together stands together.
const HELD: usize = 100_000;

/// If so many lines at the start are all unreadable, the file is something else.
const PATIENCE: u64 = 1000;

/// What a file says so far.
pub(super) struct Tally<'a> {
    period: Period,
    /// `None` for every page.
    wanted: Option<&'a Wanted>,
    maker: &'a Maker,
    held: BTreeMap<Page, Views>,
    readable: u64,
    unreadable: u64,
}

/// Views of a page by day of the month and by what is counted apart: sites, and pages of that title.
type Views = BTreeMap<(u32, String), u64>;

impl<'a> Tally<'a> {
    pub(super) fn new(period: Period, wanted: Option<&'a Wanted>, maker: &'a Maker) -> Tally<'a> {
        Tally {
            period,
            wanted,
            maker,
            held: BTreeMap::new(),
            readable: 0,
            unreadable: 0,
        }
    }

    /// Whether nothing of it looks like page counts.
    pub(super) fn is_something_else(&self) -> bool {
        self.readable == 0 && self.unreadable >= PATIENCE
    }

    /// Takes a line; says what is wrong with it.
    pub(super) fn line(&mut self, line: &[u8], sink: &mut dyn Sink) -> Result<(), String> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            return Ok(());
        }
        let Some(row) = Row::of(text, self.period) else {
            self.unreadable += 1;
            return Err(match self.period {
                Period::Hour(_) => "there should be code, title, views and bytes",
                _ => "there should be wiki, title, page id, access, views and views by hour or day",
            }
            .to_owned());
        };
        self.readable += 1;
        if matches!(row.title.as_str(), "-" | "") {
            sink.left_out("no title");
            return Ok(());
        }
        if row.wiki.is_empty() {
            sink.left_out("no known wiki");
            return Ok(());
        }
        let page = match self.wanted {
            Some(wanted) => wanted.page(&row.wiki, &wiki::plain(&row.title)).cloned(),
            None => Some(Page::of(&row.wiki, &wiki::plain(&row.title))),
        };
        let Some(page) = page else {
            sink.left_out("no registered write-up");
            return Ok(());
        };
        if self.held.len() >= HELD && !self.held.contains_key(&page) {
            self.finish(sink);
        }
        let views = self.held.entry(page).or_default();
        for (day, count) in row.days {
            let known = views.entry((day, row.apart.clone())).or_default();
            *known = count.max(*known);
        }
        Ok(())
    }

    /// Hands over what is held.
    pub(super) fn finish(&mut self, sink: &mut dyn Sink) {
        for (page, views) in std::mem::take(&mut self.held) {
            let mut days: BTreeMap<(u32, String), u64> = BTreeMap::new();
            for ((day, apart), count) in views {
                // Sites of one hour stand far apart in the file, so they are events of their own.
                let apart = match self.period {
                    Period::Hour(_) => format!(" {apart}"),
                    _ => String::new(),
                };
                let sum = days.entry((day, apart)).or_default();
                *sum = sum.saturating_add(count);
            }
            for ((day, apart), count) in days {
                if let Some((name, at)) = self.period.when(day) {
                    sink.event(
                        self.maker
                            .count(&page, &format!("{name}{apart}"), at, count),
                    );
                }
            }
        }
    }
}

/// One line.
struct Row {
    wiki: String,
    title: String,
    /// What is counted apart from other lines of the same page.
    apart: String,
    /// Views by day of the month; of an hour or a day it is day 1.
    days: Vec<(u32, u64)>,
}

impl Row {
    fn of(text: &str, period: Period) -> Option<Row> {
        if let Period::Hour(_) = period {
            let mut words = text.split(' ');
            let code = words.next()?;
            let title = words.next()?;
            let count = words.next()?.parse().ok()?;
            let rest = words.next();
            if words.next().is_some() || rest.is_some_and(|bytes| bytes.parse::<u64>().is_err()) {
                return None;
            }
            return Some(Row {
                // What is no wiki that we know is no registered page either.
                wiki: wiki::by_code(code).unwrap_or_default(),
                title: title.to_owned(),
                apart: code.to_owned(),
                days: vec![(1, count)],
            });
        }
        let (wiki, rest) = text.split_once(' ')?;
        let (title, rest) = title(rest)?;
        let mut words = rest.split(' ');
        let (id, access, total) = (words.next()?, words.next()?, words.next()?);
        let slots = words.next()?;
        if words.next().is_some() {
            return None;
        }
        let total: u64 = total.parse().ok()?;
        let days = match period {
            Period::Month(_) => by_day(slots)?,
            _ => vec![(1, total)],
        };
        Some(Row {
            wiki: wiki.to_owned(),
            title,
            apart: format!("{id} {access}"),
            days,
        })
    }
}

/// The title and what follows it. One that holds quotes stands in quotes itself.
fn title(text: &str) -> Option<(String, &str)> {
    let Some(inside) = text.strip_prefix('"') else {
        let (title, rest) = text.split_once(' ')?;
        return Some((title.to_owned(), rest));
    };
    let mut title = String::new();
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => title.push(characters.next()?.1),
            '"' => return Some((title, inside.get(at + 1..)?.strip_prefix(' ')?)),
            other => title.push(other),
        }
    }
    None
}

/// `A1B41`: one view on the first day, 41 on the second; behind Z come `[ \ ] ^ _`.
fn by_day(slots: &str) -> Option<Vec<(u32, u64)>> {
    let mut days = Vec::new();
    let mut rest = slots;
    while let Some(letter) = rest.chars().next() {
        let day = u32::from(letter).checked_sub(u32::from('A'))? + 1;
        rest = rest.get(1..).filter(|_| day <= 31)?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        days.push((day, rest[..end].parse().ok()?));
        rest = &rest[end..];
    }
    (!days.is_empty()).then_some(days)
}
