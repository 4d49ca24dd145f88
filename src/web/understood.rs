//! `/reviews/import`: what a file that waits would come to. Which kind of file it is, which meeting it is of, by
//! which order its dates are read, and what should make somebody look twice.

use std::sync::Arc;

use axum::http::StatusCode;

use super::bring::Bench;
use super::look::{away, in_time};
use super::problem::Refusal;
use super::told::{Asking, Offered, view, when};
use super::tray::Dropped;
use super::written;
use crate::jobs::ingest::NotRead;
use crate::jobs::meetings::{self, Known};
use crate::jobs::preview::{
    Chosen, Dates, Fit, OF_MEETINGS, Planned, Preview, Reading, Way, is_list, said_as,
};
use crate::jobs::upload::Busy;
use crate::model::Millis;
use crate::pages::{Import, UNTITLED};
use crate::sources::{self, Kind};
use crate::store::Imported;

/// A file of other times than the meeting that is chosen is told, ms.
const APART: Millis = 90 * 60 * 1000;
/// Meetings that are offered.
const OFFERED: usize = 60;

impl Bench {
    /// Meetings that whoever asks may see, each with its name and what it is about; none before the first
    /// report.
    pub(super) async fn meetings(&self) -> Result<Vec<Offered>, Refusal> {
        let desk = self.desk()?;
        let context = desk.context(self.now, self.parts.k);
        let known = match in_time(meetings::known(&self.store, &context)).await {
            Ok(known) => known,
            Err(_) => return Ok(Vec::new()),
        };
        let sees_all = self.who.sees_restricted();
        let offered = |known: Known| {
            let (id, title) = match (known.open.clone(), sees_all) {
                (_, true) => (known.id.clone(), known.title.clone()),
                (Some((id, title)), false) => (id, title),
                (None, false) => return None,
            };
            let planned = known.hash().map(|hash| Planned {
                hash,
                at: known.at,
                id,
                title,
            });
            Some(planned.map(Offered))
        };
        let offered: anyhow::Result<Vec<Offered>> = known.into_iter().filter_map(offered).collect();
        offered.map_err(away)
    }

    /// The kind of a file, as it was said, or by what is in it.
    pub(super) async fn kind(
        &self,
        asking: &Asking,
        file: &Dropped,
    ) -> Result<&'static Kind, Refusal> {
        let valid = OF_MEETINGS.join(", ");
        if !asking.kind.is_empty() {
            let known = OF_MEETINGS.contains(&asking.kind.as_str());
            let known = known.then(|| sources::find(&asking.kind)).flatten();
            return known.ok_or_else(|| {
                let words = format!("kind: valid are {valid}");
                Refusal::new(StatusCode::BAD_REQUEST, words)
            });
        }
        let guessed = self.desk()?.guess(&file.name, &file.bytes).await;
        let guessed = guessed.map_err(|error| refused("a file of meetings", error))?;
        guessed.ok_or_else(|| {
            let words = format!(
                "nobody can tell what this file is; say it below. Files of meetings are {valid}"
            );
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
        })
    }

    /// What a file would come to, and how it is read for that.
    pub(super) async fn look(
        &self,
        kind: &'static Kind,
        asking: &Asking,
        (file, meetings): (&Dropped, &[Offered]),
    ) -> Result<Reading, Refusal> {
        let desk = self.desk()?;
        let chosen = match (asking.meeting.as_deref(), chosen(asking, meetings)?) {
            (None, _) => Chosen::FindOut,
            (Some(_), Some(offered)) => Chosen::This(offered.0.clone()),
            (Some(_), None) => Chosen::Own,
        };
        let mut params = asking.params(kind.name);
        if matches!(chosen, Chosen::This(_)) {
            params.retain(|(name, _)| name != "meeting");
        }
        let source = match asking.source.as_str() {
            "" => desk.source_of(kind.name).map(str::to_owned),
            source => Some(source.to_owned()),
        };
        let order = desk.order(kind, source, &params);
        let order =
            order.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        if !self.who.scope().takes_source(&order.source) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "this source is not yours",
            ));
        }
        let planned: Vec<Planned> = meetings.iter().map(|one| one.0.clone()).collect();
        let reading = desk.look(
            &self.store,
            (order, Arc::clone(&file.bytes)),
            (&file.name, self.now),
            (&planned, chosen),
        );
        reading.await.map_err(|error| refused(kind.name, error))
    }

    /// The page with what a file would come to, or with why nobody can tell.
    pub(super) async fn shown(
        &self,
        mut asking: Asking,
        file: Dropped,
    ) -> Result<(StatusCode, Box<Import>), Refusal> {
        asking.name.clone_from(&file.name);
        let mut meetings = self.meetings().await?;
        let seen = self.seen(&mut asking, &file, &meetings).await;
        let imports = self.imports().await?;
        let (status, seen) = match seen {
            Ok(seen) => (StatusCode::OK, Some(seen)),
            // The engine is away: to look again does not help.
            Err(refusal) if refusal.status.is_server_error() => return Err(refusal),
            Err(refusal) => {
                asking.wrong = sentence(&refusal.words());
                (refusal.status, None)
            }
        };
        let at = seen.as_ref().and_then(|seen| seen.meetings.first());
        if let Some(at) = at.map(|one| one.at) {
            meetings.sort_by_key(|one| (one.0.at - at).abs());
        }
        if !file.doubt.is_empty() {
            asking.doubts.insert(0, file.doubt.to_owned());
        }
        meetings.truncate(OFFERED);
        let view = view(self.desk()?, &asking, seen.as_ref(), (&imports, &meetings));
        Ok((status, Box::new(view)))
    }

    async fn seen(
        &self,
        asking: &mut Asking,
        file: &Dropped,
        meetings: &[Offered],
    ) -> Result<Preview, Refusal> {
        let kind = self.kind(asking, file).await?;
        kind.name.clone_into(&mut asking.kind);
        if let Some(one) = chosen(asking, meetings)? {
            asking.meeting = Some(one.told());
        }
        let reading = self.look(kind, asking, (file, meetings)).await?;
        let desk = self.desk()?;
        let called = |one: &Planned| {
            let title = one.title.as_deref().unwrap_or(UNTITLED);
            format!("{}: {title}", when(desk, one.at, None))
        };
        match &reading.fit {
            Fit::Joined(one) => asking.meeting = Some(Offered(one.clone()).told()),
            Fit::Named(one) => asking.own = format!("as the file says, {}", called(one)),
            _ => {}
        }
        asking
            .doubts
            .extend(doubt(&reading.fit, !meetings.is_empty()).map(str::to_owned));
        if let Some(dates) = reading.dates {
            asking.given.retain(|(name, _)| *name != "date_order");
            asking.given.push(("date_order", dates.order.to_owned()));
            asking
                .doubts
                .push(of_dates(dates, |at| when(desk, at, None)));
        }
        if let (Some(one), Some(known)) = (reading.seen.meetings.first(), &reading.meeting)
            && (known.at - one.at).abs() > APART
        {
            asking.doubts.push(format!(
                "The file says {}, the meeting that is chosen began on {}. Is it another meeting, another zone, or \
                 another order of dates?",
                when(desk, one.at, None),
                when(desk, known.at, None)
            ));
        }
        if file.name == written::NAME {
            let all = reading.seen.meetings.iter().flat_map(|one| &one.people);
            let unknown = all.filter(|one| one.known_as.is_some() && !one.has_address());
            asking.doubts.extend(by_name(unknown.count()));
        }
        if let Some(one) = reading.seen.meetings.first() {
            let is_plan = one.people.iter().all(|person| person.came.is_none());
            if one.at > self.now && !is_plan {
                asking.doubts.push(format!(
                    "{} is still to come, and the file says who came.",
                    when(desk, one.at, None)
                ));
            }
        }
        Ok(reading.seen)
    }
}

/// What somebody should know where no meeting could be chosen for them.
fn doubt(fit: &Fit, is_any_known: bool) -> Option<&'static str> {
    match fit {
        Fit::Said | Fit::Joined(_) | Fit::Named(_) => None,
        Fit::Unknown => Some(
            "The file names its meeting, and no meeting of that name is known. None is chosen: choose it below, if it \
             is one of these.",
        ),
        Fit::Several(_) => Some("More than one meeting fits, so none is chosen: choose it below."),
        Fit::Others => Some(
            "The file is about another write-up than the meetings of that hour, so none of these is chosen: choose it \
             below, if it is one of them.",
        ),
        Fit::Nothing if is_any_known => Some(
            "No meeting of that hour is known, so none is chosen: choose it below, if it is one of these.",
        ),
        Fit::Nothing => None,
    }
}

/// That so many were written down by name, where there are any.
fn by_name(people: usize) -> Option<String> {
    (people > 0).then(|| {
        format!(
            "Without an address: {people}. By a name nobody is known, so they count beside the same people by their \
             addresses: write the address beside each name below."
        )
    })
}

fn of_dates(dates: Dates, when: impl Fn(Millis) -> String) -> String {
    let order = match dates.order {
        "dmy" => "day, month, year",
        _ => "month, day, year",
    };
    let why = match dates.is_planned {
        true => "since a meeting is known at that hour",
        false => "which is a guess",
    };
    format!(
        "Its dates can be read in two ways, as {} or {}. They are read as the first, {order}, {why}; “Order of dates” \
         below sets the other.",
        when(dates.at),
        when(dates.other)
    )
}

/// Earlier imports that tell of meetings of this file, and stand: of all lists, or of files of the same kind.
pub(super) fn of_same<'i>(
    kind: &'i str,
    seen: &Preview,
    imports: &'i [Imported],
) -> impl Iterator<Item = &'i Imported> + use<'i> {
    let own: Vec<u64> = seen.meetings.iter().map(|one| one.hash).collect();
    imports.iter().filter(move |one| {
        let shares = one.hashes.iter().any(|hash| own.contains(hash));
        let is_same = one.reader == kind || (is_list(&one.reader) && is_list(kind));
        shares && is_same && one.standing > 0 && one.superseded_by == 0
    })
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn chosen<'k>(asking: &Asking, meetings: &'k [Offered]) -> Result<Option<&'k Offered>, Refusal> {
    let meeting = asking.meeting.as_deref();
    let Some(meeting) = meeting.filter(|meeting| !meeting.is_empty()) else {
        return Ok(None);
    };
    let mut each = meetings.iter();
    match each.find(|offered| offered.is(meeting)) {
        Some(offered) => Ok(Some(offered)),
        None => {
            let words = "the meeting is not the one that the page showed; choose it again";
            Err(Refusal::new(StatusCode::CONFLICT, words))
        }
    }
}

/// Why a file can't be read, in the words of the page.
pub(super) fn refused(kind: &str, error: anyhow::Error) -> Refusal {
    if error.is::<Busy>() {
        return Refusal::later(error.to_string());
    }
    if let Some(NotRead(reason)) = error.downcast_ref() {
        let reason = said_as(Way::Page, reason);
        let words = format!("the file can't be read as {kind}: {reason}");
        return Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    }
    away(error)
}
