//! Hand-made facts for the tests of indicators: frames with every column and no rows, and short
//! ways to fill them.

use chrono::NaiveDate;
use polars::prelude::*;

use super::{Context, Descriptors, Facts, Kept, LongTail, Reach, Totals, Windows, WriteupFact};
use crate::model::{Calendar, DAY_MS, Guard, Millis, Parameters, Results, Value, parse_rfc3339};

/// 2025-01-01T00:00:00Z, the day from which tests count.
pub(super) const START: Millis = 1_735_689_600_000;

/// So many days after [`START`].
pub(super) fn day(days: f64) -> Millis {
    START + (days * DAY_MS as f64).round() as i64
}

/// An instant.
pub(super) fn at(text: &str) -> Millis {
    parse_rfc3339(text).unwrap()
}

/// Looked at 400 days after [`START`], in UTC, with the default parameters.
pub(super) fn context() -> Context {
    Context {
        as_of: day(400.0),
        calendar: Calendar::new(chrono_tz::UTC),
        parameters: Parameters::default(),
        k: 1,
    }
}

/// A write-up, watched from publication (or for ever, if undated) to the end of time.
pub(super) fn writeup(id: &str, published_at: Option<Millis>) -> WriteupFact {
    let always = Windows(vec![(published_at.unwrap_or(0), i64::MAX / 4)]);
    WriteupFact {
        id: id.to_owned(),
        published_at,
        deleted_at: None,
        words: None,
        restricted: false,
        owner_team: None,
        reads_observed: always.clone(),
        reads_steady: always.clone(),
        comments_steady: always.clone(),
        contributions_observed: always.clone(),
        edits_observed: always.clone(),
        edits_steady: always,
        contributors: Vec::new(),
        maker: None,
        first: Descriptors::default(),
        counts_only: false,
    }
}

/// One row of `daily`: a write-up read once at an age in days. Its publication is taken from
/// `writeups`; an undated one is read so many days after [`START`].
pub(super) fn reads(writeups: &[WriteupFact], rows: &[(u32, f64, u64)]) -> DataFrame {
    let instants: Vec<Millis> = rows
        .iter()
        .map(|&(writeup, age, _)| {
            let from = writeups[writeup as usize].published_at.unwrap_or(START);
            from + (age * DAY_MS as f64).round() as i64
        })
        .collect();
    let ages: Vec<Option<i32>> = rows
        .iter()
        .map(|&(writeup, age, _)| {
            writeups[writeup as usize]
                .published_at
                .map(|_| age.floor() as i32)
        })
        .collect();
    let counts: Vec<u64> = rows.iter().map(|row| row.2).collect();
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "date" => instants.iter().map(|at| at.div_euclid(DAY_MS) as i32).collect::<Vec<i32>>(),
        "age_day" => ages,
        "reads" => counts.clone(),
        "single" => counts,
        "first_at" => instants.clone(),
        "last_at" => instants,
    )
    .unwrap()
}

/// One row of `attendance`, most of it usual: invited as required, came.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) meeting: &'static str,
    pub(super) writeup: Option<u32>,
    pub(super) at: Millis,
    pub(super) person: Option<u32>,
    pub(super) role: Option<&'static str>,
    pub(super) partstat: Option<&'static str>,
    pub(super) invited: bool,
    pub(super) attended: bool,
    pub(super) recorded: bool,
    pub(super) planned: bool,
    pub(super) mandatory: bool,
    pub(super) responder: bool,
    pub(super) author: bool,
    pub(super) open: bool,
    pub(super) or_more: bool,
    pub(super) grouped: bool,
    pub(super) stated: bool,
    pub(super) list: Option<i64>,
    pub(super) stayed_ms: Option<i64>,
    pub(super) length_ms: Option<i64>,
    pub(super) talked_ms: Option<i64>,
    pub(super) spoke_count: Option<i64>,
    pub(super) team: Option<&'static str>,
}

impl Row {
    /// Somebody invited with this role, who came.
    pub(super) fn invited(meeting: &'static str, person: u32, role: &'static str) -> Self {
        Row {
            meeting,
            writeup: Some(0),
            at: START,
            person: Some(person),
            role: Some(role),
            partstat: Some("ACCEPTED"),
            invited: true,
            attended: true,
            recorded: true,
            planned: true,
            mandatory: false,
            responder: false,
            author: false,
            open: false,
            or_more: false,
            grouped: false,
            stated: true,
            list: None,
            stayed_ms: None,
            length_ms: None,
            talked_ms: None,
            spoke_count: None,
            team: None,
        }
    }

    /// Somebody who came without an invitation.
    pub(super) fn walk_in(meeting: &'static str, person: u32) -> Self {
        Row {
            role: None,
            partstat: None,
            invited: false,
            ..Row::invited(meeting, person, "")
        }
    }
}

/// The frame of these rows.
pub(super) fn attendance(rows: &[Row]) -> DataFrame {
    fn all<T>(rows: &[Row], get: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(get).collect()
    }
    df!(
        "meeting" => all(rows, |row| row.meeting),
        "writeup" => all(rows, |row| row.writeup),
        "at" => all(rows, |row| row.at),
        "person" => all(rows, |row| row.person),
        "role" => all(rows, |row| row.role),
        "partstat" => all(rows, |row| row.partstat),
        "invited" => all(rows, |row| row.invited),
        "attended" => all(rows, |row| row.attended),
        "recorded" => all(rows, |row| row.recorded),
        "planned" => all(rows, |row| row.planned),
        "planned_at" => all(rows, |row| row.planned.then_some(row.at)),
        "mandatory" => all(rows, |row| row.mandatory),
        "responder" => all(rows, |row| row.responder),
        "author" => all(rows, |row| row.author),
        "open" => all(rows, |row| row.open),
        "or_more" => all(rows, |row| row.or_more),
        "grouped" => all(rows, |row| row.grouped),
        "stated" => all(rows, |row| row.stated),
        "list" => all(rows, |row| row.list),
        "stayed_ms" => all(rows, |row| row.stayed_ms),
        "length_ms" => all(rows, |row| row.length_ms),
        "talked_ms" => all(rows, |row| row.talked_ms),
        "spoke_count" => all(rows, |row| row.spoke_count),
        "team" => all(rows, |row| row.team),
    )
    .unwrap()
}

/// The frame of contributions `(writeup, person, at)`.
pub(super) fn contributions(rows: &[(u32, u32, Millis)]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "person" => rows.iter().map(|row| row.1).collect::<Vec<u32>>(),
        "at" => rows.iter().map(|row| row.2).collect::<Vec<i64>>(),
    )
    .unwrap()
}

/// The frame of comments `(writeup, at, person, contributor)`.
pub(super) fn comments(rows: &[(u32, Millis, Option<u32>, bool)]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "at" => rows.iter().map(|row| row.1).collect::<Vec<i64>>(),
        "person" => rows.iter().map(|row| row.2).collect::<Vec<Option<u32>>>(),
        "contributor" => rows.iter().map(|row| row.3).collect::<Vec<bool>>(),
    )
    .unwrap()
}

/// One row of `threads`.
#[derive(Clone)]
pub(super) struct CommentRow {
    pub(super) id: i64,
    pub(super) parent: Option<i64>,
    /// Days after [`START`].
    pub(super) at: f64,
    /// The same.
    pub(super) deleted: Option<f64>,
    pub(super) person: Option<u32>,
    pub(super) counted: bool,
    pub(super) meant: bool,
    pub(super) threaded: bool,
}

impl CommentRow {
    /// A comment with an id, made so many days after [`START`] by a person of that number, in a tool that
    /// knows of answers.
    pub(super) fn new(id: i64, parent: Option<i64>) -> Self {
        CommentRow {
            id,
            parent,
            at: id as f64,
            deleted: None,
            person: u32::try_from(id).ok(),
            counted: true,
            meant: true,
            threaded: true,
        }
    }
}

/// The frame of these comments, on the first write-up.
pub(super) fn threads(rows: &[CommentRow]) -> DataFrame {
    df!(
        "writeup" => vec![0u32; rows.len()],
        "id" => rows.iter().map(|row| row.id).collect::<Vec<i64>>(),
        "parent" => rows.iter().map(|row| row.parent).collect::<Vec<Option<i64>>>(),
        "at" => rows.iter().map(|row| day(row.at)).collect::<Vec<i64>>(),
        "deleted_at" => rows.iter().map(|row| row.deleted.map(day)).collect::<Vec<Option<i64>>>(),
        "person" => rows.iter().map(|row| row.person).collect::<Vec<Option<u32>>>(),
        "counted" => rows.iter().map(|row| row.counted).collect::<Vec<bool>>(),
        "meant" => rows.iter().map(|row| row.meant).collect::<Vec<bool>>(),
        "threaded" => rows.iter().map(|row| row.threaded).collect::<Vec<bool>>(),
    )
    .unwrap()
}

/// The frame of edits `(writeup, at, person)`.
pub(super) fn edits(rows: &[(u32, Millis, Option<u32>)]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "at" => rows.iter().map(|row| row.1).collect::<Vec<i64>>(),
        "person" => rows.iter().map(|row| row.2).collect::<Vec<Option<u32>>>(),
    )
    .unwrap()
}

/// One row of `links`.
#[derive(Clone)]
pub(super) struct LinkRow {
    pub(super) writeup: u32,
    pub(super) place: &'static str,
    pub(super) from: f64,
    pub(super) to: Option<f64>,
    pub(super) role: Option<&'static str>,
    pub(super) part: &'static str,
    pub(super) form: Option<&'static str>,
    pub(super) stands_on: Option<u32>,
    pub(super) own: bool,
}

impl LinkRow {
    /// A link made `from` days after [`START`] and, if it was, removed `to` days after.
    pub(super) fn new(writeup: u32, place: &'static str, from: f64, to: Option<f64>) -> Self {
        LinkRow {
            writeup,
            place,
            from,
            to,
            role: None,
            part: "uptake",
            form: None,
            stands_on: None,
            own: false,
        }
    }

    /// The same with a part that its source stated.
    pub(super) fn stated(self, role: &'static str) -> Self {
        LinkRow {
            role: Some(role),
            part: role,
            ..self
        }
    }
}

/// The frame of these links.
pub(super) fn links(rows: &[LinkRow]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.writeup).collect::<Vec<u32>>(),
        "place" => rows.iter().map(|row| row.place).collect::<Vec<&str>>(),
        "at" => rows.iter().map(|row| day(row.from)).collect::<Vec<i64>>(),
        "ended_at" => rows.iter().map(|row| row.to.map(day)).collect::<Vec<Option<i64>>>(),
        "removed" => rows.iter().map(|row| row.to.is_some()).collect::<Vec<bool>>(),
        "role" => rows.iter().map(|row| row.role).collect::<Vec<Option<&str>>>(),
        "part" => rows.iter().map(|row| row.part).collect::<Vec<&str>>(),
        "form" => rows.iter().map(|row| row.form).collect::<Vec<Option<&str>>>(),
        "stands_on" => rows.iter().map(|row| row.stands_on).collect::<Vec<Option<u32>>>(),
        "own" => rows.iter().map(|row| row.own).collect::<Vec<bool>>(),
    )
    .unwrap()
}

/// The frame of readers `(writeup, team, readers)`; beside them the people inside, outside, compared, others
/// and known.
pub(super) fn reader_teams(rows: &[(u32, &str, u64)], people: [u64; 5]) -> DataFrame {
    let same = |people: u64| vec![people; rows.len()];
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "team" => rows.iter().map(|row| row.1).collect::<Vec<&str>>(),
        "readers" => rows.iter().map(|row| row.2).collect::<Vec<u64>>(),
        "inside" => same(people[0]),
        "outside" => same(people[1]),
        "compared" => same(people[2]),
        "others" => same(people[3]),
        "known" => same(people[4]),
    )
    .unwrap()
}

/// Joined, left, first read and first read of their own accord.
pub(super) type Newcomer = (Millis, Option<Millis>, Option<Millis>, Option<Millis>);

/// The frame of newcomers.
pub(super) fn newcomers(rows: &[Newcomer]) -> DataFrame {
    df!(
        "joined" => rows.iter().map(|row| row.0).collect::<Vec<i64>>(),
        "left" => rows.iter().map(|row| row.1).collect::<Vec<Option<i64>>>(),
        "first_at" => rows.iter().map(|row| row.2).collect::<Vec<Option<i64>>>(),
        "free_at" => rows.iter().map(|row| row.3).collect::<Vec<Option<i64>>>(),
    )
    .unwrap()
}

/// The frame of reads `(writeup, Monday, reads, people)`.
pub(super) fn reads_by_week(rows: &[(u32, i32, u64, u64)]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "week" => rows.iter().map(|row| row.1).collect::<Vec<i32>>(),
        "reads" => rows.iter().map(|row| row.2).collect::<Vec<u64>>(),
        "people" => rows.iter().map(|row| row.3).collect::<Vec<u64>>(),
    )
    .unwrap()
}

/// The frame of reads `(writeup, bin, reads, people)`.
pub(super) fn reads_by_thirty(rows: &[(u32, u32, u64, u64)]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "bin" => rows.iter().map(|row| row.1).collect::<Vec<u32>>(),
        "reads" => rows.iter().map(|row| row.2).collect::<Vec<u64>>(),
        "people" => rows.iter().map(|row| row.3).collect::<Vec<u64>>(),
    )
    .unwrap()
}

/// The frame of reads `(writeup, reads)` of a year, with the people behind all of them and behind all others.
pub(super) fn reads_of_year(rows: &[(u32, u64)], people: [u64; 2]) -> DataFrame {
    df!(
        "writeup" => rows.iter().map(|row| row.0).collect::<Vec<u32>>(),
        "reads" => rows.iter().map(|row| row.1).collect::<Vec<u64>>(),
        "own_people" => rows.iter().map(|row| row.1.min(9)).collect::<Vec<u64>>(),
        "inside" => vec![people[0]; rows.len()],
        "outside" => vec![people[1]; rows.len()],
    )
    .unwrap()
}

/// The frame of cuts `(month, near, known, read)`, each of so many people on either side.
pub(super) fn depth_signs(rows: &[(i32, i32, u64, u64)], people: u64) -> DataFrame {
    let of = |which: fn(&(i32, i32, u64, u64)) -> u64| rows.iter().map(which).collect::<Vec<u64>>();
    let people: Vec<u64> = vec![people; rows.len()];
    df!(
        "month" => rows.iter().map(|row| row.0).collect::<Vec<i32>>(),
        "near" => rows.iter().map(|row| row.1).collect::<Vec<i32>>(),
        "known" => of(|row| row.2),
        "read" => of(|row| row.3),
        "readers" => people.clone(),
        "others" => people.clone(),
        "people" => people.clone(),
        "unknown" => people,
    )
    .unwrap()
}

/// The frame of ages `(horizon, age, reads)`, ms.
pub(super) fn read_ages(rows: &[(Millis, f64, u64)]) -> DataFrame {
    df!(
        "horizon" => rows.iter().map(|row| row.0).collect::<Vec<i64>>(),
        "bin" => (0..rows.len() as u64).collect::<Vec<u64>>(),
        "reads" => rows.iter().map(|row| row.2).collect::<Vec<u64>>(),
        "age" => rows.iter().map(|row| row.1).collect::<Vec<f64>>(),
    )
    .unwrap()
}

/// Frames with every column and no rows.
pub(super) fn empty() -> Facts {
    Facts {
        writeups: Vec::new(),
        daily: reads(&[], &[]),
        people_by_age_week: df!(
            "age_week" => Vec::<i32>::new(),
            "people" => Vec::<u64>::new(),
            "anonymous" => Vec::<u64>::new(),
        )
        .unwrap(),
        people_by_month: df!(
            "month" => Vec::<i32>::new(),
            "late" => Vec::<u64>::new(),
            "window" => Vec::<u64>::new(),
        )
        .unwrap(),
        people_by_weekday: df!("weekday" => Vec::<i32>::new(), "people" => Vec::<u64>::new())
            .unwrap(),
        people_by_cohort: df!("month" => Vec::<i32>::new(), "people" => Vec::<u64>::new()).unwrap(),
        trailing: df!("writeup" => Vec::<u32>::new(), "readers" => Vec::<u64>::new()).unwrap(),
        engaged: df!("engaged_ms" => Vec::<i64>::new(), "reads" => Vec::<u64>::new()).unwrap(),
        engaged_bins: df!(
            "power" => Vec::<i32>::new(),
            "reads" => Vec::<u64>::new(),
            "people" => Vec::<u64>::new(),
        )
        .unwrap(),
        depth_signs: depth_signs(&[], 0),
        counters: df!(
            "writeup" => Vec::<u32>::new(),
            "counters" => Vec::<u64>::new(),
            "added" => Vec::<u64>::new(),
            "imputed" => Vec::<u64>::new(),
            "gaps" => Vec::<u64>::new(),
            "resets" => Vec::<u64>::new(),
            "corrections" => Vec::<u64>::new(),
        )
        .unwrap(),
        counted_people: df!(
            "writeup" => Vec::<u32>::new(),
            "lo" => Vec::<u64>::new(),
            "hi" => Vec::<u64>::new(),
        )
        .unwrap(),
        totals: Totals::default(),
        attendance: attendance(&[]),
        attendance_observed: Windows(vec![(0, i64::MAX / 4)]),
        contributions: contributions(&[]),
        comments: comments(&[]),
        threads: threads(&[]),
        edits: edits(&[]),
        links: links(&[]),
        annotations: Vec::new(),
        series: Kept::default(),
        reach: Reach {
            teams: reader_teams(&[], [0; 5]),
            newcomers: newcomers(&[]),
            ..Reach::default()
        },
        long: LongTail {
            weeks: reads_by_week(&[]),
            thirties: reads_by_thirty(&[]),
            year: reads_of_year(&[], [0; 2]),
            ages: read_ages(&[]),
            ..LongTail::default()
        },
        assigned: None,
    }
}

/// Facts about these write-ups and these reads, nothing else.
pub(super) fn read_facts(writeups: Vec<WriteupFact>, rows: &[(u32, f64, u64)]) -> Facts {
    Facts {
        daily: reads(&writeups, rows),
        writeups,
        ..empty()
    }
}

/// A date as days since 1970.
pub(super) fn date(year: i32, month: u32, day: u32) -> i32 {
    NaiveDate::from_ymd_opt(year, month, day)
        .unwrap()
        .to_epoch_days()
}

/// What stands at this path.
pub(super) fn field(results: &Results, path: &[&str]) -> Value {
    let mut value = Value::Map(results.clone());
    for name in path {
        let Value::Map(map) = value.bare() else {
            panic!("{name} {value:?}")
        };
        value = map
            .get(name)
            .unwrap_or_else(|| panic!("{name} {map:?}"))
            .clone();
    }
    value
}

/// The number at this path; nothing where there is none.
pub(super) fn number(results: &Results, path: &[&str]) -> Option<f64> {
    match field(results, path) {
        Value::Int(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    }
}

/// Whether what stands at this path is told where fewer than `k` people are withheld. Cells are not judged.
pub(super) fn is_told(results: &Results, path: &[&str], k: u64) -> bool {
    let few = |people: u64| 0 < people && people < k;
    let mut value = Value::Map(results.clone());
    let mut path = path.iter();
    loop {
        value = match value {
            Value::Guarded(guard, inner) => {
                let withheld = match guard {
                    Guard::Count(people) => few(people),
                    Guard::Share { num, den } => few(num) || few(den) || few(den - num),
                    Guard::AtLeast(many) => many < k,
                    Guard::Cell { .. } => false,
                };
                if withheld {
                    return false;
                }
                *inner
            }
            Value::Null => return false,
            Value::Map(map) => match path.next() {
                Some(name) => map.get(name).unwrap().clone(),
                None => return true,
            },
            _ => return true,
        };
    }
}
