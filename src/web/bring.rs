//! `/reviews/import`: a coordinator drops a calendar, an attendance list or a transcript, sees what was
//! understood, corrects who is who and which meeting it was, and confirms; or takes an import back. What a
//! file says of people is shown to whoever dropped it and to nobody else.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Response, StatusCode};

use super::AppState;
use super::access::signin::see;
use super::access::words::encode;
use super::body::{self, Held};
use super::desk::{Parted, own, parted, person, show, undone_at};
use super::forms::Form;
use super::health::Parts;
use super::look::{away, in_time, there};
use super::problem::Refusal;
use super::router::Asked;
use super::shown::Shown;
use super::told::{Asking, Offered, view, when};
use super::tray::Dropped;
use super::who::Who;
use crate::jobs::ingest::{Ingested, NotRead};
use crate::jobs::meetings::{self, Known};
use crate::jobs::order::Order;
use crate::jobs::preview::{OF_MEETINGS, Preview};
use crate::jobs::undo::{Unknown, called};
use crate::jobs::upload::{Busy, Desk, Upload};
use crate::model::{Millis, to_rfc3339};
use crate::pages::Page;
use crate::sources::{self, Kind};
use crate::store::{Imported, Store};

/// The longest form of what was corrected in a file.
const LONGEST: usize = 1 << 20;
/// A list that begins so near to a known meeting is probably of that, ms.
const NEAR: Millis = 90 * 60 * 1000;
/// Meetings that are offered.
const OFFERED: usize = 60;

const NOT_HERE: &str = "Only `readback serve` takes files of meetings.";
const GONE: &str = "the file is not kept any more, it was for half an hour; drop it again";

/// `GET /reviews/import`
pub(super) async fn page(
    State(state): State<AppState>,
    shown: Shown,
    wanted: Asked,
    request: HttpRequest,
) -> Response<Body> {
    let (who, form) = (person(&request), state.access.form(request.headers()));
    let shown_page = async {
        let bench = Bench::of(&state, who.ok_or_else(not_here)?)?;
        let imports = bench.imports().await?;
        let said = imports.iter().find(|one| called(one.import) == wanted.said);
        let said = match (wanted.said.as_str(), said) {
            ("undone", _) => "The import was taken back; what it had replaced stands again.",
            (_, Some(_)) => "The file was brought in.",
            _ => "",
        };
        let asking = Asking {
            form,
            said,
            ..Asking::default()
        };
        Ok(view(bench.desk()?, &asking, None, (&imports, &[])))
    };
    match shown_page.await {
        Ok(view) => show(&shown, StatusCode::OK, &Page::Import(Box::new(view))),
        Err(refusal) => refuse(&refusal),
    }
}

/// `POST /reviews/import`
pub(super) async fn act(
    State(state): State<AppState>,
    shown: Shown,
    request: HttpRequest,
) -> Response<Body> {
    let done = async {
        let headers = request.headers().clone();
        let bench = match person(&request).ok_or_else(not_here) {
            Ok(who) => Bench::of(&state, who),
            Err(refusal) => Err(refusal),
        };
        let (bench, door) = match bench.map(|bench| (bench, state.door.clone())) {
            Ok((bench, Some(door))) => (bench, door),
            other => {
                body::turn_away(request).await;
                return Err(other.err().unwrap_or_else(not_here));
            }
        };
        let (request, held) = door.read(request).await?;
        match is_multipart(&headers) {
            true => {
                bench
                    .dropped(&headers, (request.body, held), request.now)
                    .await
            }
            false => {
                if request.body.len() > LONGEST {
                    let words = format!("valid are at most {LONGEST} bytes");
                    return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, words));
                }
                let form = Form::of(&request.body);
                own(&state, &headers, form.get("form"))?;
                let now = request.now;
                // It goes on where whoever asked hangs up meanwhile: half a file is nobody's wish.
                let doing = tokio::spawn(async move {
                    let _held = held;
                    bench.said(&form, now).await
                });
                doing.await.unwrap_or_else(|_| {
                    let words = "this could not be done; the log of the server says why";
                    Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words))
                })
            }
        }
    };
    match done.await {
        Ok(Done::To(address)) => see(&address),
        Ok(Done::Show(status, view)) => show(&shown, status, &Page::Import(view)),
        Err(refusal) => refuse(&refusal),
    }
}

fn not_here() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, NOT_HERE)
}

fn refuse(refusal: &Refusal) -> Response<Body> {
    undone_at(refusal, "/reviews/import", "files of meetings")
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    media.is_some_and(|media| media.starts_with(b"multipart/form-data"))
}

/// What is answered.
enum Done {
    /// Elsewhere.
    To(String),
    /// The page.
    Show(StatusCode, Box<crate::pages::Import>),
}

/// Where somebody works at a file.
struct Bench {
    state: AppState,
    store: Box<Store>,
    parts: Arc<Parts>,
    who: Who,
    now: Millis,
}

/// A file with the way it is to be read.
struct Job {
    order: Order,
    /// The meeting's hash, and what it is about.
    meeting: Option<(u64, Option<String>)>,
}

impl Bench {
    fn of(state: &AppState, who: Who) -> Result<Bench, Refusal> {
        let (parts, store) = there(state)?;
        let door = state.door.as_ref().ok_or_else(not_here)?;
        Ok(Bench {
            state: state.clone(),
            store,
            parts: Arc::clone(parts),
            who,
            now: door.now(),
        })
    }

    fn desk(&self) -> Result<&Desk, Refusal> {
        self.parts.desk.as_ref().ok_or_else(not_here)
    }

    async fn imports(&self) -> Result<Vec<Imported>, Refusal> {
        in_time(self.desk()?.imports(&self.store, self.now)).await
    }

    /// Meetings that whoever asks may see, each with its name and what it is about; none before the first
    /// report.
    async fn meetings(&self) -> Vec<Offered> {
        let Ok(desk) = self.desk() else {
            return Vec::new();
        };
        let context = desk.context(self.now, self.parts.k);
        let known = match in_time(meetings::known(&self.store, &context)).await {
            Ok(known) => known,
            Err(_) => return Vec::new(),
        };
        let sees_all = self.who.sees_restricted();
        let offered = |known: Known| {
            let (id, title) = match (&known.open, sees_all) {
                (_, true) => (known.id.clone(), known.title.clone()),
                (Some((id, title)), false) => (id.clone(), title.clone()),
                (None, false) => return None,
            };
            Some(Offered { known, id, title })
        };
        known.into_iter().filter_map(offered).collect()
    }

    /// A file was dropped.
    async fn dropped(
        &self,
        headers: &HeaderMap,
        (bytes, held): (Vec<u8>, Held),
        now: Millis,
    ) -> Result<Done, Refusal> {
        let Parted { form, file, name } = parted(headers, bytes).await?;
        own(&self.state, headers, form.get("form"))?;
        let (bytes, _held) = body::opened(file, held).await?;
        if bytes.is_empty() {
            let words = "no file was chosen, or it is empty; drop one onto the page";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        let file = Dropped {
            bytes: Arc::new(bytes),
            name,
            at: now,
            owner: form.get("form").to_owned(),
        };
        let ticket = self.state.tray.keep(file.clone());
        let ticket = ticket.map_err(|error| away(anyhow::anyhow!("no randomness: {error}")))?;
        self.shown(Asking::of(&form, ticket), file).await
    }

    /// Something was said of a file that was dropped, or of an import.
    async fn said(&self, form: &Form, now: Millis) -> Result<Done, Refusal> {
        if form.get("do") == "undo" {
            return self.undone(form.get("import")).await;
        }
        let ticket = form.get("file").to_owned();
        let tray = &self.state.tray;
        let gone = || Refusal::new(StatusCode::CONFLICT, GONE);
        match form.get("do") {
            "look" => {
                let file = tray.of(&ticket, form.get("form"), now).ok_or_else(gone)?;
                self.shown(Asking::of(form, ticket), file).await
            }
            "confirm" => {
                // Whoever presses twice means it once.
                let file = tray.take(&ticket, form.get("form"), now).ok_or_else(gone)?;
                let asking = Asking::of(form, ticket.clone());
                match self.brought(&asking, file.clone()).await {
                    Ok(import) => self.settled(&asking, import).await,
                    Err(refusal) => {
                        tray.back(ticket, file);
                        Err(refusal)
                    }
                }
            }
            _ => {
                let words = "do: valid are look, confirm and undo";
                Err(Refusal::new(StatusCode::BAD_REQUEST, words))
            }
        }
    }

    async fn undone(&self, name: &str) -> Result<Done, Refusal> {
        let undone = self.desk()?.undo(&self.store, name, self.now).await;
        let one = undone.map_err(|error| match error.downcast_ref::<Unknown>() {
            Some(unknown) => Refusal::new(StatusCode::NOT_FOUND, unknown.to_string()),
            None => away(error),
        })?;
        self.note_undo(&one).await?;
        self.parts.hurry();
        Ok(Done::To("/reviews/import?said=undone".to_owned()))
    }

    async fn note_undo(&self, one: &Imported) -> Result<(), Refusal> {
        let (mark, words) = self.who.told(&format!("{} as {}", one.reader, one.source));
        match self.state.access.note_undo(mark, words).await {
            true => Ok(()),
            false => Err(unwritten()),
        }
    }

    /// The kind of a file, as it was said, or by what is in it.
    async fn kind(&self, asking: &Asking, file: &Dropped) -> Result<&'static Kind, Refusal> {
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

    fn job(
        &self,
        kind: &'static Kind,
        asking: &Asking,
        (meeting, by_plan): (Option<&Known>, bool),
    ) -> Result<Job, Refusal> {
        let bad = |words: String| Refusal::new(StatusCode::BAD_REQUEST, words);
        let mut params = asking.params(kind.name);
        if let Some(known) = meeting {
            if kind.name == "transcript" {
                let words = "a transcript is read by the name of its meeting, which tells whether its series is \
                             enabled; type it below";
                return Err(bad(words.to_owned()));
            }
            params.retain(|(name, _)| name != "meeting");
            let hash = known.hash().map_err(away)?;
            params.push(("meeting".to_owned(), meetings::known_as(hash).into()));
            if by_plan && !params.iter().any(|(name, _)| name == "start") {
                params.push(("start".to_owned(), to_rfc3339(known.at).into()));
            }
        }
        let source = match asking.source.as_str() {
            "" => self.desk()?.source_of(kind.name).map(str::to_owned),
            source => Some(source.to_owned()),
        };
        let order = self.desk()?.order(kind, source, &params);
        let order = order.map_err(|error| bad(error.to_string()))?;
        if !self.who.scope().takes_source(&order.source) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "this source is not yours",
            ));
        }
        let chosen = |known: &Known| Ok((known.hash()?, known.title.clone()));
        Ok(Job {
            order,
            meeting: meeting.map(chosen).transpose().map_err(away)?,
        })
    }

    /// What a file would come to, and how it is read for that: where it does not say when the meeting was,
    /// that was when the meeting was planned.
    async fn look(
        &self,
        kind: &'static Kind,
        asking: &Asking,
        (file, meeting): (&Dropped, Option<&Known>),
    ) -> Result<(Preview, Job), Refusal> {
        let job = self.job(kind, asking, (meeting, false))?;
        match self.read(&job, file).await {
            Err(refusal) if meeting.is_some() && !refusal.status.is_server_error() => {}
            read => return read.map(|seen| (seen, job)),
        }
        let job = self.job(kind, asking, (meeting, true))?;
        Ok((self.read(&job, file).await?, job))
    }

    async fn read(&self, job: &Job, file: &Dropped) -> Result<Preview, Refusal> {
        let seen = self.desk()?.look(
            &self.store,
            (job.order.clone(), Arc::clone(&file.bytes)),
            &file.name,
            (self.now, job.meeting.clone()),
        );
        seen.await
            .map_err(|error| refused(job.order.kind.name, error))
    }

    /// The page with what a file would come to, or with why nobody can tell.
    async fn shown(&self, mut asking: Asking, file: Dropped) -> Result<Done, Refusal> {
        asking.name.clone_from(&file.name);
        let mut meetings = self.meetings().await;
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
        if let Some(at) = seen
            .as_ref()
            .and_then(|seen| seen.meetings.first())
            .map(|one| one.at)
        {
            meetings.sort_by_key(|one| (one.known.at - at).abs());
        }
        if let Some(seen) = &seen {
            asking.doubts = self.doubts(&asking, seen, &meetings)?;
        }
        meetings.truncate(OFFERED);
        let view = view(self.desk()?, &asking, seen.as_ref(), (&imports, &meetings));
        Ok(Done::Show(status, Box::new(view)))
    }

    /// What should make somebody look twice.
    fn doubts(
        &self,
        asking: &Asking,
        seen: &Preview,
        meetings: &[Offered],
    ) -> Result<Vec<String>, Refusal> {
        let desk = self.desk()?;
        let mut doubts = Vec::new();
        let Some(one) = seen.meetings.first() else {
            return Ok(doubts);
        };
        if let Some(known) = chosen(asking, meetings)?
            && (known.at - one.at).abs() > NEAR
        {
            doubts.push(format!(
                "The file says {}, the meeting that is chosen began on {}. Is it another meeting, another zone, or \
                 another order of dates?",
                when(desk, one.at, None),
                when(desk, known.at, None)
            ));
        }
        let is_plan = one.people.iter().all(|person| person.came.is_none());
        if one.at > self.now && !is_plan {
            doubts.push(format!(
                "{} is still to come, and the file says who came.",
                when(desk, one.at, None)
            ));
        }
        Ok(doubts)
    }

    async fn seen(
        &self,
        asking: &mut Asking,
        file: &Dropped,
        meetings: &[Offered],
    ) -> Result<Preview, Refusal> {
        let kind = self.kind(asking, file).await?;
        kind.name.clone_into(&mut asking.kind);
        let known = chosen(asking, meetings)?;
        let (seen, _) = self.look(kind, asking, (file, known)).await?;
        let is_list = !matches!(kind.name, "icalendar" | "transcript");
        let ([one], true, true) = (&seen.meetings[..], is_list, asking.meeting.is_none()) else {
            return Ok(seen);
        };
        // A tool knows nothing of the calendar: its list would be another meeting beside the one invited to.
        let mut near = meetings
            .iter()
            .filter(|offered| (offered.known.at - one.at).abs() <= NEAR);
        let (Some(offered), None) = (near.next(), near.next()) else {
            return Ok(seen);
        };
        asking.meeting = Some(offered.told());
        let (seen, _) = self
            .look(kind, asking, (file, Some(&offered.known)))
            .await?;
        Ok(seen)
    }

    /// Brings a file in; returns what it is called, and what the audit log says of it.
    async fn brought(&self, asking: &Asking, file: Dropped) -> Result<(u64, String), Refusal> {
        let meetings = self.meetings().await;
        let kind = self.kind(asking, &file).await?;
        let known = chosen(asking, &meetings)?;
        let (_, Job { order, meeting }) = self.look(kind, asking, (&file, known)).await?;
        let deed = format!("{} as {}", kind.name, order.source);
        let upload = Upload {
            order,
            name: file.name,
            bytes: file.bytes.to_vec(),
            now: self.now,
            scope: self.who.scope(),
            dry_run: false,
            meeting: meeting.map(|(hash, _)| hash),
        };
        let done = self.desk()?.bring(&self.store, upload).await;
        let done: Ingested = done.map_err(|error| refused(kind.name, error))?;
        let import = done.import.ok_or_else(|| {
            let words = format!(
                "nothing was brought in: no entry of the file is one of {}",
                kind.name
            );
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
        })?;
        Ok((import, deed))
    }

    /// A file was brought in: that is written down, and what it takes the place of goes.
    async fn settled(
        &self,
        asking: &Asking,
        (import, deed): (u64, String),
    ) -> Result<Done, Refusal> {
        let (mark, words) = self.who.told(&deed);
        if !self.state.access.note_import(mark, words).await {
            return Err(unwritten());
        }
        let earlier: BTreeSet<&String> = asking.replaces.iter().collect();
        for name in earlier {
            match self.desk()?.supersede(&self.store, (name, import)).await {
                Ok(one) => self.note_undo(&one).await?,
                // Somebody did so meanwhile.
                Err(error) if error.is::<Unknown>() => {}
                Err(error) => return Err(away(error)),
            }
        }
        // What came in is seen, and offered, after the next report.
        self.parts.hurry();
        let name = called(import);
        Ok(Done::To(format!("/reviews/import?said={}", encode(&name))))
    }
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn chosen<'k>(asking: &Asking, meetings: &'k [Offered]) -> Result<Option<&'k Known>, Refusal> {
    let Some(meeting) = asking
        .meeting
        .as_deref()
        .filter(|meeting| !meeting.is_empty())
    else {
        return Ok(None);
    };
    let mut each = meetings.iter();
    match each.find(|offered| offered.told() == meeting) {
        Some(offered) => Ok(Some(&offered.known)),
        None => {
            let words = "the meeting is not the one that the page showed; choose it again";
            Err(Refusal::new(StatusCode::CONFLICT, words))
        }
    }
}

fn unwritten() -> Refusal {
    Refusal::later("it is done, and can't be written into the audit log")
}

fn refused(kind: &str, error: anyhow::Error) -> Refusal {
    if error.is::<Busy>() {
        return Refusal::later(error.to_string());
    }
    if let Some(NotRead(reason)) = error.downcast_ref() {
        let words = format!("the file can't be read as {kind}: {reason}");
        return Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    }
    away(error)
}
