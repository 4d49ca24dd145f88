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
use super::told::{Asking, view};
use super::tray::Dropped;
use super::understood::{of_same, refused};
use super::who::Who;
use super::written;
use crate::jobs::ingest::Ingested;
use crate::jobs::preview::is_list;
use crate::jobs::undo::{Covered, Unknown, called};
use crate::jobs::upload::{Desk, Upload};
use crate::model::Millis;
use crate::pages::Page;
use crate::store::{Imported, Store};

/// The longest form of what was corrected in a file.
const LONGEST: usize = 1 << 20;

const NOT_HERE: &str = "Only `readback serve` takes files of meetings.";
const GONE: &str = "the file is not kept any more, it was for half an hour; drop it again";
const NOT_KEPT: &str = "That file is not kept any more: it was brought in, or half an hour went by. To look at it \
     again, drop it again.";
const MORE_LISTS: &str =
    "Another list of this meeting was brought in, which you have not looked at: look again.";
const MORE_FILES: &str =
    "Another file of the same was brought in, which you have not looked at: look again.";
const FEWER: &str = "What was brought in of the same was taken back since you looked: look again.";

/// What it takes to bring a file in: what it is called, and what the audit log says of it.
type Brought = (u64, String);

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
        let ticket = wanted.file.as_str();
        if let Some(file) = state.tray.of(ticket, &form, bench.now) {
            let asking = Asking::of(&file.said, ticket.to_owned());
            return bench.shown(asking, file).await;
        }
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
            gone: if ticket.is_empty() { "" } else { NOT_KEPT },
            ..Asking::default()
        };
        let view = view(bench.desk()?, &asking, None, (&imports, &[]));
        Ok((StatusCode::OK, Box::new(view)))
    };
    match shown_page.await {
        Ok((status, view)) => show(&shown, status, &Page::Import(view)),
        Err(refusal) => refuse(&refusal),
    }
}

/// `POST /reviews/import`: does it and sends on to a page, so that a browser that goes back finds one.
pub(super) async fn act(State(state): State<AppState>, request: HttpRequest) -> Response<Body> {
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
                    bench.said(form, now).await
                });
                doing.await.unwrap_or_else(|_| {
                    let words = "this could not be done; the log of the server says why";
                    Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words))
                })
            }
        }
    };
    match done.await {
        Ok(address) => see(&address),
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

/// The page of a file that waits.
fn page_of(ticket: &str) -> String {
    format!("/reviews/import?file={}", encode(ticket))
}

/// Where somebody works at a file.
pub(super) struct Bench {
    pub(super) state: AppState,
    pub(super) store: Box<Store>,
    pub(super) parts: Arc<Parts>,
    pub(super) who: Who,
    pub(super) now: Millis,
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

    pub(super) fn desk(&self) -> Result<&Desk, Refusal> {
        self.parts.desk.as_ref().ok_or_else(not_here)
    }

    pub(super) async fn imports(&self) -> Result<Vec<Imported>, Refusal> {
        in_time(self.desk()?.imports(&self.store, self.now)).await
    }

    /// A file was dropped.
    async fn dropped(
        &self,
        headers: &HeaderMap,
        (bytes, held): (Vec<u8>, Held),
        now: Millis,
    ) -> Result<String, Refusal> {
        let Parted { form, file, name } = parted(headers, bytes).await?;
        own(&self.state, headers, form.get("form"))?;
        let (bytes, _held) = body::opened(file, held).await?;
        if bytes.is_empty() {
            let words = "no file was chosen, or it is empty; drop one onto the page";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, words));
        }
        self.kept(bytes, name, form, now)
    }

    /// Somebody wrote down who came.
    fn written(&self, form: Form, now: Millis) -> Result<String, Refusal> {
        let bytes = written::table(&form)?;
        // What was said of the list itself is in it; of the file nothing is said yet.
        let fields = vec![("form".to_owned(), form.get("form").to_owned())];
        self.kept(bytes, written::NAME.to_owned(), Form::new(fields), now)
    }

    /// A file waits for somebody to look at it: where.
    fn kept(
        &self,
        bytes: Vec<u8>,
        name: String,
        form: Form,
        now: Millis,
    ) -> Result<String, Refusal> {
        let file = Dropped {
            bytes: Arc::new(bytes),
            name,
            at: now,
            owner: form.get("form").to_owned(),
            said: Arc::new(form),
            doubt: "",
        };
        let ticket = self.state.tray.keep(file);
        let ticket = ticket.map_err(|error| away(anyhow::anyhow!("no randomness: {error}")))?;
        Ok(page_of(&ticket))
    }

    /// Something was said of a file that was dropped, or of an import.
    async fn said(&self, form: Form, now: Millis) -> Result<String, Refusal> {
        if form.get("do") == "undo" {
            return self.undone(form.get("import")).await;
        }
        if form.get("do") == "write" {
            return self.written(form, now);
        }
        let (ticket, owner) = (form.get("file").to_owned(), form.get("form").to_owned());
        let tray = &self.state.tray;
        let gone = || Refusal::new(StatusCode::CONFLICT, GONE);
        match form.get("do") {
            "look" => match tray.say((&ticket, &owner), form, now) {
                true => Ok(page_of(&ticket)),
                false => Err(gone()),
            },
            "confirm" => {
                let _alone = self.desk()?.alone().await;
                // Whoever presses twice means it once.
                let file = tray.take(&ticket, &owner, now).ok_or_else(gone)?;
                let asking = Asking::of(&form, ticket.clone());
                match self.brought(&asking, file.clone()).await {
                    Ok(Ok(brought)) => self.settled(&asking, brought).await,
                    Ok(Err(doubt)) => {
                        let said = Arc::new(form);
                        tray.back(
                            ticket.clone(),
                            Dropped {
                                said,
                                doubt,
                                ..file
                            },
                        );
                        Ok(page_of(&ticket))
                    }
                    Err(refusal) => {
                        tray.back(ticket, file);
                        Err(refusal)
                    }
                }
            }
            _ => {
                let words = "do: valid are look, write, confirm and undo";
                Err(Refusal::new(StatusCode::BAD_REQUEST, words))
            }
        }
    }

    async fn undone(&self, name: &str) -> Result<String, Refusal> {
        let desk = self.desk()?;
        let _alone = desk.alone().await;
        let undone = desk.undo(&self.store, name, self.now).await;
        let one = undone.map_err(|error| {
            if let Some(unknown) = error.downcast_ref::<Unknown>() {
                return Refusal::new(StatusCode::NOT_FOUND, unknown.to_string());
            }
            match error.downcast_ref::<Covered>() {
                Some(covered) => Refusal::new(StatusCode::CONFLICT, covered.to_string()),
                None => away(error),
            }
        })?;
        self.note_undo(&one).await?;
        self.parts.hurry();
        Ok("/reviews/import?said=undone".to_owned())
    }

    async fn note_undo(&self, one: &Imported) -> Result<(), Refusal> {
        let (mark, words) = self.who.told(&format!("{} as {}", one.reader, one.source));
        match self.state.access.note_undo(mark, words).await {
            true => Ok(()),
            false => Err(unwritten()),
        }
    }

    /// Brings a file in, unless what stands is not what whoever says so looked at: it would take the place of
    /// something else than they saw, or none.
    async fn brought(
        &self,
        asking: &Asking,
        file: Dropped,
    ) -> Result<Result<Brought, &'static str>, Refusal> {
        let meetings = self.meetings().await?;
        let kind = self.kind(asking, &file).await?;
        let reading = self.look(kind, asking, (&file, &meetings)).await?;
        let imports = self.imports().await?;
        let stands = of_same(kind.name, &reading.seen, &imports);
        let stands: BTreeSet<String> = stands.map(|one| called(one.import)).collect();
        if stands != asking.stood {
            return Ok(Err(match stands.is_subset(&asking.stood) {
                true => FEWER,
                false if is_list(kind.name) => MORE_LISTS,
                false => MORE_FILES,
            }));
        }
        let deed = format!("{} as {}", kind.name, reading.order.source);
        let upload = Upload {
            order: reading.order,
            name: file.name,
            bytes: file.bytes.to_vec(),
            now: self.now,
            scope: self.who.scope(),
            dry_run: false,
            meeting: reading.meeting.map(|one| one.hash),
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
        Ok(Ok((import, deed)))
    }

    /// A file was brought in: that is written down, and what it takes the place of goes.
    async fn settled(&self, asking: &Asking, (import, deed): Brought) -> Result<String, Refusal> {
        let (mark, words) = self.who.told(&deed);
        if !self.state.access.note_import(mark, words).await {
            return Err(unwritten());
        }
        for name in asking.replaces.intersection(&asking.stood) {
            match self.desk()?.supersede(&self.store, (name, import)).await {
                Ok(one) => self.note_undo(&one).await?,
                // Somebody did so meanwhile, on the command line.
                Err(error) if error.is::<Unknown>() => {}
                Err(error) => return Err(away(error)),
            }
        }
        // What came in is seen, and offered, after the next report.
        self.parts.hurry();
        let name = called(import);
        Ok(format!("/reviews/import?said={}", encode(&name)))
    }
}

fn unwritten() -> Refusal {
    Refusal::later("it is done, and can't be written into the audit log")
}
