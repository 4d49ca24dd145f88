//! `readback import KIND FILE --look`: what a file of meetings would come to, people by name. It is told at
//! the terminal to whoever has the file, and nothing is stored.

use std::path::PathBuf;

use super::import::counted;
use super::joining::{Joining, in_words, look};
use super::plain::line;
use crate::app::House;
use crate::jobs::order::Order;
use crate::jobs::preview::{self, Preview, Seen, Somebody, Way, said_as};
use crate::model::Millis;

/// Meetings that are called off, which are told one by one.
const MOST_TAKEN_BACK: usize = 60;

/// Shows what these files would come to.
pub(super) async fn run(
    house: &House,
    (order, joining): (&Order, Option<&Joining>),
    files: &[PathBuf],
) -> anyhow::Result<()> {
    let timezone = house.config.organisation.calendar.timezone;
    for path in files {
        let name = path.display().to_string();
        let seen = match joining {
            Some(joining) => joining.read(house, order, path).await.map(|mut reading| {
                let told = joining.told(&reading, house);
                reading.seen.notes.extend(told);
                reading.seen
            }),
            None => preview::look(&house.store, &house.keys, look(house, order, path)?).await,
        };
        let seen = seen.map_err(|error| in_words(error, path))?;
        tell(&name, &seen, |at| {
            let local = house.config.organisation.calendar.clock(at);
            format!("{} ({timezone})", local.format("%Y-%m-%d %H:%M"))
        })?;
    }
    Ok(())
}

fn tell(name: &str, seen: &Preview, time: impl Fn(Millis) -> String) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let all = seen.meetings.len() + seen.more_meetings;
    line(
        &mut out,
        format_args!("{name}: {}", counted(all as u64, "meeting", "meetings")),
    )?;
    for meeting in &seen.meetings {
        line(&mut out, format_args!("  {}", head(meeting, &time)))?;
        for one in &meeting.people {
            line(&mut out, format_args!("    {}", person(one)))?;
        }
        if meeting.more_people > 0 {
            line(
                &mut out,
                format_args!("    and {} more", meeting.more_people),
            )?;
        }
        for (source, n) in &meeting.told_by {
            let presences = counted(*n, "presence", "presences");
            line(
                &mut out,
                format_args!("    told before by the source {source}: {presences}"),
            )?;
        }
        if meeting.invited_besides > 0 {
            let others = meeting.invited_besides;
            line(
                &mut out,
                format_args!("    invited, and not in this list: {others}"),
            )?;
        }
    }
    for (at, invitations) in seen.taken_back.iter().rev().take(MOST_TAKEN_BACK) {
        let invitations = counted(*invitations, "invitation", "invitations");
        let at = time(*at);
        line(
            &mut out,
            format_args!(
                "  called off {at}: takes {invitations} back, as far as they were brought in"
            ),
        )?;
    }
    let more = seen.taken_back.len().saturating_sub(MOST_TAKEN_BACK);
    if more > 0 {
        line(&mut out, format_args!("  called off besides: {more}"))?;
    }
    if seen.more_meetings > 0 {
        line(&mut out, format_args!("  and {} more", seen.more_meetings))?;
    }
    if seen.more_events > 0 {
        line(
            &mut out,
            format_args!(
                "  and {} more events, which are not looked at",
                seen.more_events
            ),
        )?;
    }
    for (kind, n) in &seen.others {
        line(&mut out, format_args!("  {n} of another kind: {kind}"))?;
    }
    for one in &seen.left_out {
        let name = match one.name.as_str() {
            "" => String::new(),
            name => format!(", {name}"),
        };
        line(
            &mut out,
            format_args!("  left out {}: {}{name}", one.times, one.reason),
        )?;
    }
    for note in &seen.notes {
        let note = said_as(Way::CommandLine, note);
        line(&mut out, format_args!("  note: {note}"))?;
    }
    for problem in &seen.problems {
        line(&mut out, format_args!("  rejected: {problem}"))?;
    }
    let untold = seen.rejected.saturating_sub(seen.problems.len() as u64);
    if untold > 0 {
        line(&mut out, format_args!("  rejected besides: {untold}"))?;
    }
    Ok(())
}

fn head(meeting: &Seen, time: &impl Fn(Millis) -> String) -> String {
    let mut words = time(meeting.at);
    if let Some(length) = meeting.length_ms {
        words += &format!(", {} minutes", length / 60_000);
    }
    words += &match (&meeting.writeup, meeting.subject.as_str()) {
        _ if meeting.about.is_some() => {
            let about = meeting.about.as_deref().unwrap_or_default();
            format!(", about {about}, as the meeting")
        }
        (Some(writeup), _) => format!(", about {}", writeup.id),
        (None, "") => ", about no known write-up".to_owned(),
        (None, subject) => format!(", about {subject}, which is no registered write-up"),
    };
    if let Some(spoken) = &meeting.spoken
        && let Some(spoke) = spoken.spoke
    {
        words += &format!(", {spoke} spoke");
    }
    words
}

fn person(one: &Somebody) -> String {
    let mut words = match (one.name.as_str(), &one.known_as) {
        ("", None) => "somebody without a name".to_owned(),
        ("", Some(known)) => known.clone(),
        (name, None) => format!("{name}: nobody knows who"),
        (name, Some(known)) if name == known => known.clone(),
        (name, Some(known)) => format!("{name}: {known}"),
    };
    let minutes = one.present_ms.map(|ms| ms / 60_000);
    words += &match (one.came, minutes) {
        (Some(true), Some(minutes)) => format!(", there for {minutes} minutes"),
        (Some(true), None) => ", came".to_owned(),
        (Some(false), _) => ", did not come".to_owned(),
        (None, _) => ", invited".to_owned(),
    };
    if let Some(role) = &one.role {
        let stated = if one.role_stated { "" } else { " (not stated)" };
        words += &format!(", {role}{stated}");
    }
    if let Some(answer) = &one.answer {
        words += &format!(", {answer}");
    }
    if let Some(via) = &one.via {
        words += &format!(", through {via}");
    }
    match one.is_invited {
        Some(true) if one.came.is_some() => words += ", was invited",
        Some(false) if one.came.is_some() => words += ", was not invited",
        _ => {}
    }
    if !one.may_be.is_empty() {
        words += &format!("; may be {}", one.may_be.join(" or "));
    }
    words
}
