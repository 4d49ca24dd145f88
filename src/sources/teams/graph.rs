//! Attendance reports as Microsoft Graph gives them: JSON, with instants that name their zone.
//!
//! Only strings and numbers that are asked for are taken out, one by one: an error of a whole decoder
//! would repeat what it met, and that may be somebody's name.

use serde_json::Value;

use crate::model::{DAY_MS, Millis, parse_rfc3339};
use crate::sources::presence::dates::{Order, Stamp};
use crate::sources::presence::people::People;
use crate::sources::presence::stays::Stay;
use crate::sources::presence::{Desk, Said};
use crate::sources::{Problem, Sink, SourceError, is_dense};

/// One report: a session of a meeting.
struct Report<'a> {
    id: &'a str,
    start: Option<Millis>,
    end: Option<Millis>,
    records: &'a [Value],
    /// What stands before the number of a record in messages.
    place: String,
}

/// Reads the file.
pub(super) fn read(
    desk: &Desk,
    name: &str,
    text: &str,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let refused = |reason: &str| SourceError::Format {
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    if is_dense(text.as_bytes()) {
        return Err(refused("holds too many values for an attendance report"));
    }
    let file: Value = serde_json::from_str(text).map_err(|error| {
        refused(&format!(
            "line {}: is no JSON as Graph writes it",
            error.line()
        ))
    })?;
    if file.get("@odata.nextLink").is_some() {
        sink.note(format!(
            "{name}: is one page of several (@odata.nextLink); import the others, too"
        ));
    }
    let reports = reports(&file).map_err(refused)?;
    if desk.meeting.is_none() {
        for report in &reports {
            one(desk, name, std::slice::from_ref(report), sink)?;
        }
        return Ok(());
    }
    let start = reports.iter().filter_map(|report| report.start).min();
    let end = reports.iter().filter_map(|report| report.end).max();
    match start.zip(end) {
        Some((start, end)) if end - start > DAY_MS && reports.len() > 1 => Err(refused(
            "its reports are of more than one day, so not of one occurrence; leave `meeting` away, or \
             import them one by one",
        )),
        _ => one(desk, name, &reports, sink),
    }
}

/// Makes one meeting of reports that were asked for one by one, each with its records.
pub(super) fn united(
    desk: &Desk,
    name: &str,
    answers: &[Value],
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let numbered = answers.iter().zip(1_usize..);
    let reports = numbered.map(|(item, number)| report(item, format!("report {number}, ")));
    let reports: Option<Vec<Report<'_>>> = reports.collect();
    let reports = reports.ok_or_else(|| SourceError::Format {
        name: name.to_owned(),
        reason: "has a report without attendanceRecords".to_owned(),
    })?;
    one(desk, name, &reports, sink)
}

/// The reports of a file: one, a list, or one without its frame.
fn reports(file: &Value) -> Result<Vec<Report<'_>>, &'static str> {
    const EXPAND: &str = "holds a report without its attendanceRecords; ask Graph with \
                          $expand=attendanceRecords";
    const OTHER: &str =
        "is no attendance report; it should have attendanceRecords, or be a list of those";
    if file.get("attendanceRecords").is_some() {
        return Ok(vec![report(file, String::new()).ok_or(OTHER)?]);
    }
    let list = file.get("value").unwrap_or(file).as_array().ok_or(
        match file.get("meetingStartDateTime") {
            Some(_) => EXPAND,
            None => OTHER,
        },
    )?;
    let is_report = |item: &Value| item.get("meetingStartDateTime").is_some();
    if list.iter().any(is_report) {
        let numbered = list.iter().zip(1_usize..);
        return numbered
            .map(|(item, number)| report(item, format!("report {number}, ")).ok_or(EXPAND))
            .collect();
    }
    let is_record = |item: &Value| {
        item.get("attendanceIntervals").is_some() || item.get("totalAttendanceInSeconds").is_some()
    };
    match list.iter().all(is_record) {
        true => Ok(vec![Report {
            id: "",
            start: None,
            end: None,
            records: list,
            place: String::new(),
        }]),
        false => Err(OTHER),
    }
}

fn report(item: &Value, place: String) -> Option<Report<'_>> {
    let instant = |field: &str| parse_rfc3339(item.get(field)?.as_str()?);
    Some(Report {
        id: item.get("id").and_then(Value::as_str).unwrap_or_default(),
        start: instant("meetingStartDateTime"),
        end: instant("meetingEndDateTime"),
        records: item.get("attendanceRecords")?.as_array()?,
        place,
    })
}

/// Makes one meeting of these reports.
fn one(
    desk: &Desk,
    name: &str,
    reports: &[Report<'_>],
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let mut people = People::default();
    for report in reports {
        for (record, number) in report.records.iter().zip(1_usize..) {
            take(
                record,
                &format!("{}record {number}", report.place),
                &mut people,
                sink,
            );
        }
    }
    let people = people.by_closed_stays();
    let start = reports.iter().filter_map(|report| report.start).min();
    let end = reports.iter().filter_map(|report| report.end).max();
    let said = (start.map(Stamp::Exact), end.map(Stamp::Exact));
    let bounds = desk.bounds(name, said, Order::Ymd, sink);
    let said = Said {
        key: reports.first().map_or("", |report| report.id),
        ..Said::default()
    };
    let meeting = desk.meeting(name, said, bounds, &people, sink)?;
    desk.emit(name, &meeting, &people, sink);
    Ok(())
}

/// Takes what one record says of one person.
fn take(record: &Value, place: &str, people: &mut People, sink: &mut dyn Sink) {
    let text = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default().trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let identity = record.get("identity");
    let of_identity = |field: &str| text(identity.and_then(|identity| identity.get(field)));
    let (email, shown) = (
        text(record.get("emailAddress")),
        of_identity("displayName").unwrap_or_default(),
    );
    let seconds = |value: &Value, field: &str| {
        let seconds = value.get(field).and_then(Value::as_u64);
        let positive = seconds.filter(|seconds| *seconds > 0);
        positive.map(|seconds| seconds.saturating_mul(1000))
    };
    let stated = seconds(record, "totalAttendanceInSeconds");
    let of_record = record
        .get("totalAttendanceInSeconds")
        .and_then(Value::as_u64);
    let intervals = record.get("attendanceIntervals").and_then(Value::as_array);
    let mut stays: Vec<Stay> = Vec::new();
    let mut unknown = 0_usize;
    for interval in intervals.into_iter().flatten() {
        let instant = |field: &'static str| match interval.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_str().and_then(parse_rfc3339) {
                Some(at) => Ok(Some(at)),
                None => Err(field),
            },
        };
        let ends =
            instant("joinDateTime").and_then(|joined| Ok((joined, instant("leaveDateTime")?)));
        let (joined, left) = match ends {
            Ok(ends) => ends,
            Err(field) => {
                sink.problem(Problem {
                    place: place.to_owned(),
                    field: field.to_owned(),
                    reason: "there should be an instant here, such as 2025-03-04T15:00:00Z"
                        .to_owned(),
                });
                continue;
            }
        };
        let length = seconds(interval, "durationInSeconds").and_then(|ms| i64::try_from(ms).ok());
        // Graph knows no length where it does not know both ends, and says nought.
        let is_nought = interval.get("durationInSeconds").and_then(Value::as_u64) == Some(0);
        match (joined, left, length) {
            (Some(joined), Some(left), _) => stays.push((joined, Some(left))),
            (Some(joined), None, Some(length)) => {
                stays.push((joined, Some(joined.saturating_add(length))));
            }
            (None, Some(left), Some(length)) => {
                stays.push((left.saturating_sub(length), Some(left)));
            }
            (Some(joined), None, None) if !is_nought || stated.is_some() => {
                stays.push((joined, None));
            }
            _ => unknown += 1,
        }
    }
    let has_any = intervals.is_some_and(|intervals| !intervals.is_empty());
    if has_any && stays.is_empty() && unknown == 0 {
        return;
    }
    if unknown > 0 {
        // What is known of the other stays is not all of it; what Graph states may be.
        stays.clear();
    }
    // An account tells apart who has no address; it is no name that other sources know.
    let index = match (&email, of_identity("id")) {
        (None, Some(account)) => people.keyed(account, &shown, None),
        (email, _) => people.index(&shown, email.as_deref()),
    };
    if let Some(person) = people.at(index) {
        if stays.is_empty() || stays.iter().any(|stay| stay.1.is_none()) {
            // Without any interval nought is a length like others.
            let nought = (!has_any && of_record == Some(0)).then_some(0);
            person.stated_ms = person.stated_ms.max(stated.or(nought));
        }
        person.stays.extend(stays);
    }
}
