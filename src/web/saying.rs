//! `/reviews` for coordinators: the page that everybody sees, with forms that say something of a meeting or
//! count a story round. What a form says goes the way of all events, through the spool.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, Response, StatusCode};
use tokio::time::timeout;

use super::AppState;
use super::access::signin::see;
use super::desk::{show, taken, undone_at};
use super::forms::Form;
use super::imports::desk;
use super::look::{Look, away, in_time, there};
use super::problem::Refusal;
use super::receive::Door;
use super::router::Asked;
use super::shown::Shown;
use super::who::Who;
use crate::collect::receive::{Request, Terms};
use crate::indicators::Context;
use crate::jobs::meetings::{self, Known, Words};
use crate::jobs::people::BY_HAND;
use crate::jobs::stories::Count;
use crate::model::target::nameless;
use crate::model::{DAY_MS, Event, MeetingForm, Millis};
use crate::pages::{ByHand, Page, Seated, UNTITLED, Unlisted};
use crate::sources::{Delivery, Push, Sink, SourceError};

const NOT_HERE: &str = "Only `readback serve` takes what is said of meetings.";

/// How far ahead planned reviews are shown.
const AHEAD: Millis = 60 * DAY_MS;
/// How long the page waits for them.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many of them, and of those that are told again.
const UNLISTED: usize = 20;

/// `GET /reviews` for those who may say something.
pub(super) async fn page(
    state: &AppState,
    shown: &Shown,
    asked: &Asked,
    (who, headers): (Option<Who>, &HeaderMap),
) -> Option<Response<Body>> {
    if !shown.seat.registry || state.door.is_none() || shown.latest.is_none() {
        return None;
    }
    // Fixed words: the address may come from a link of somebody else's.
    let said = match asked.said.as_str() {
        "meeting" => "What you said of the meeting stands on the disk.",
        "story" => "Your count stands on the disk.",
        _ => "",
    };
    // Neither is a reason to keep anybody waiting.
    let (unlisted, by_hand) = match who {
        Some(who) => tokio::join!(
            timeout(PATIENCE, unlisted(state, &who)),
            timeout(PATIENCE, by_hand(state, &who)),
        ),
        None => (Ok(Ok(Default::default())), Ok(Ok(BTreeMap::new()))),
    };
    let (upcoming, retold, astray) = unlisted.ok().and_then(Result::ok).unwrap_or_default();
    let seated = Seated {
        form: state.access.form(headers),
        said,
        upcoming,
        astray,
        retold,
        by_hand: by_hand.ok().and_then(Result::ok).unwrap_or_default(),
    };
    let page = Page::ReviewsDesk(asked.page(), Box::new(seated));
    Some(show(shown, StatusCode::OK, &page))
}

/// Meetings that stand in no list of reviews: those that are planned, the next first, and those in which
/// what had happened before was told again, the latest first. And what was said of meetings that nobody plans.
async fn unlisted(
    state: &AppState,
    who: &Who,
) -> Result<(Vec<Unlisted>, Vec<Unlisted>, Vec<(String, String)>), Refusal> {
    let (parts, store) = there(state)?;
    let now = state.door.as_ref().map_or(0, |door| door.now());
    let (_, desk) = desk(state).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, NOT_HERE))?;
    let context = desk.context(now.saturating_add(AHEAD), parts.k);
    let known = in_time(meetings::known_and_astray(&store, &context, now)).await?;
    let (known, astray) = known;
    let (mut planned, held): (Vec<_>, Vec<_>) = known.into_iter().partition(|one| one.at >= now);
    planned.sort_by_key(|one| one.at);
    let sees_restricted = who.sees_restricted();
    let when = |at: Millis| desk.clock(at).format("%a %-d %b %Y, %H:%M").to_string();
    let told = |known: Vec<Known>| -> Vec<Unlisted> {
        let told = known.into_iter().filter_map(|one| {
            let at = one.at;
            let (meeting, by_hand) = shown_by_hand(one, sees_restricted)?;
            Some(Unlisted {
                when: when(at),
                title: by_hand.title.clone().unwrap_or_else(|| UNTITLED.to_owned()),
                meeting,
                by_hand,
            })
        });
        told.take(UNLISTED).collect()
    };
    let retold = held.into_iter().filter(|one| one.retold).collect();
    let astray = astray.into_iter().take(UNLISTED);
    let astray = astray.map(|one| (when(one.at), one.said));
    Ok((told(planned), told(retold), astray.collect()))
}

/// What is said of meetings by hand, as whoever may say it sees them. It is what they typed themselves: no list
/// that others see tells it of a review to which few came.
async fn by_hand(state: &AppState, who: &Who) -> Result<BTreeMap<String, ByHand>, Refusal> {
    let (parts, store) = there(state)?;
    let now = state.door.as_ref().map_or(0, |door| door.now());
    let context = context(state, (now, parts.k))?;
    let known = in_time(meetings::known(&store, &context)).await?;
    let sees_restricted = who.sees_restricted();
    let said = known.into_iter();
    let said = said.filter_map(|one| shown_by_hand(one, sees_restricted));
    Ok(said.collect())
}

/// The name of a meeting and what is said of it by hand; nothing where whoever looks may not see it.
fn shown_by_hand(one: Known, sees_restricted: bool) -> Option<(String, ByHand)> {
    let (id, title) = match (one.open, sees_restricted) {
        (_, true) => (one.id, one.title),
        (Some(open), false) => open,
        (None, false) => return None,
    };
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    let flag = |flag: Option<bool>| flag.map_or_else(String::new, |flag| flag.to_string());
    let said = ByHand {
        title,
        accounts: number(one.fact.accounts),
        changes: number(one.fact.changes),
        watched: number(one.fact.watched),
        form: one.fact.form.unwrap_or_default(),
        open: flag(one.fact.open),
        mandatory: flag(one.fact.mandatory),
    };
    Some((id, said))
}

/// `POST /reviews/meeting`
pub(super) async fn meeting(State(state): State<AppState>, request: HttpRequest) -> Response<Body> {
    done(&state, request, "meeting").await
}

/// `POST /reviews/story`
pub(super) async fn story(State(state): State<AppState>, request: HttpRequest) -> Response<Body> {
    done(&state, request, "story").await
}

async fn done(state: &AppState, request: HttpRequest, what: &'static str) -> Response<Body> {
    match take(state, request, what).await {
        Ok(()) => see(&format!("/reviews?said={what}")),
        Err(refusal) => undone_at(&refusal, "/reviews", "the reviews"),
    }
}

async fn take(state: &AppState, request: HttpRequest, what: &'static str) -> Result<(), Refusal> {
    let (who, door, form, _held) = taken(state, request, NOT_HERE).await?;
    // One after the other: of two words in one instant the later one is the last.
    let _turn = door.unloaded.turn().await?;
    let look = Look::to_speak(state, &who).await?;
    let now = door.now();
    let (event, deed) = match what {
        "meeting" => {
            // Something may be said of a meeting that is planned: that it is open, or that all must come.
            let ahead = context(state, (now.saturating_add(AHEAD), look.k))?;
            of_meeting(&look, (&ahead, now), &who, &form).await?
        }
        _ => of_story(&look, &context(state, (now, look.k))?, &form).await?,
    };
    say(&door, event, &who).await?;
    let (mark, words) = who.told(&deed);
    match state.access.note_change(mark, words).await {
        true => Ok(()),
        false => Err(Refusal::later(
            "it is done, and can't be written into the audit log",
        )),
    }
}

fn context(state: &AppState, (now, k): (Millis, u32)) -> Result<Context, Refusal> {
    let Some((_, desk)) = desk(state) else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, NOT_HERE));
    };
    Ok(desk.context(now, k))
}

async fn of_meeting(
    look: &Look,
    (context, now): (&Context, Millis),
    who: &Who,
    form: &Form,
) -> Result<(Event, String), Refusal> {
    let words = Words {
        accounts: number("accounts", form.get("accounts"))?,
        changes: number("changes", form.get("changes"))?,
        watched: number("watched", form.get("watched"))?,
        form: match form.get("meeting_form") {
            "" => None,
            name => Some(MeetingForm::from_name(name).ok_or_else(|| {
                bad("meeting_form: valid are review, story_session and onboarding_talk")
            })?),
        },
        open: flag("open", form.get("open"))?,
        mandatory: flag("mandatory", form.get("mandatory"))?,
        writeup: match form.get("writeup") {
            "" => None,
            name => {
                let known = look.entry(name)?;
                let whole = look.registry.whole(known).unwrap_or(known);
                Some(whole.id.clone())
            }
        },
    };
    if words.is_empty() {
        return Err(bad("the form says nothing; fill in one of its fields"));
    }
    let known = in_time(meetings::known(&look.store, context)).await?;
    let id = form.get("meeting");
    let sees_restricted = who.sees_restricted();
    // What came in since the page was made may have moved the others of its day.
    let shown = Some(form.get("title")).filter(|title| *title != UNTITLED);
    let is_it =
        |own: &str, title: &Option<String>| own == id && title.as_deref().map(str::trim) == shown;
    let found = known.iter().find(|one| match (&one.open, sees_restricted) {
        (_, true) => is_it(&one.id, &one.title),
        (Some((own, title)), false) => is_it(own, title),
        (None, false) => false,
    });
    let Some(meeting) = found else {
        let words = "the meeting is not the one that the page showed; open the page again";
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    };
    let words = words.besides(&meeting.fact);
    if words.is_empty() {
        return Err(bad("the form says nothing new; change one of its fields"));
    }
    let checked = words.check(meeting, look.k, now);
    checked.map_err(|wrong| bad(&wrong))?;
    let deed = words.deed(id);
    let event = words.event(meeting, now).map_err(away)?;
    Ok((event, deed))
}

async fn of_story(look: &Look, context: &Context, form: &Form) -> Result<(Event, String), Refusal> {
    let count = number("count", form.get("count"))?.ok_or_else(|| bad("count: is empty"))?;
    let (name, label, round) = (form.get("writeup"), form.get("label"), form.get("round"));
    let (said, numbered) = in_time(meetings::stories(&look.store, context)).await?;
    let (subject, number) = match (name, label) {
        ("", "") => return Err(bad("name the write-up, or give a short title")),
        ("", _) => (String::new(), 0),
        (name, "") => {
            let known = look.entry(name)?;
            let whole = look.registry.whole(known).unwrap_or(known);
            let own = numbered.iter().find(|one| one.id == whole.id);
            (whole.id.clone(), own.map_or(0, |own| own.number))
        }
        _ => return Err(bad("give the write-up or a short title, not both")),
    };
    let told = match subject.is_empty() {
        true => "what is not written up".to_owned(),
        false => nameless(&subject).into_owned(),
    };
    let deed = format!("counted {told} in the story round {round}");
    let count = Count {
        round: round.to_owned(),
        label: Some(label)
            .filter(|label| !label.is_empty())
            .map(str::to_owned),
        subject,
        count,
    };
    let event = count.event(&said, number, context.as_of);
    let event =
        event.map_err(|lost| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, lost.to_string()))?;
    Ok((event, deed))
}

fn bad(words: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, words)
}

fn number(name: &str, text: &str) -> Result<Option<u32>, Refusal> {
    match text {
        "" => Ok(None),
        text => match text.parse::<u32>() {
            Ok(number) if number <= MOST => Ok(Some(number)),
            _ => Err(bad(&format!(
                "{name}: valid are whole numbers up to {MOST}"
            ))),
        },
    }
}

/// More people, or changes, than any meeting has.
const MOST: u32 = 100_000;

fn flag(name: &str, text: &str) -> Result<Option<bool>, Refusal> {
    match text {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(bad(&format!("{name}: valid are true and false"))),
    }
}

/// Hands one event over, as if it had come.
struct One(Event);

impl Push for One {
    fn receive(&self, _: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        sink.event(self.0.clone());
        Ok(())
    }
}

/// Hands over what somebody says by hand.
pub(super) async fn say(door: &Arc<Door>, event: Event, who: &Who) -> Result<(), Refusal> {
    let terms = Terms {
        scope: who.scope(),
        source: BY_HAND.to_owned(),
        whole: false,
    };
    let request = Request {
        now: door.now(),
        ..Request::default()
    };
    let saying = door.unloaded.saying();
    let received = door.take(Arc::new(One(event)), request, terms).await?;
    drop(saying);
    match received.rejected {
        0 => Ok(()),
        _ => Err(Refusal::of_events(&received)),
    }
}
