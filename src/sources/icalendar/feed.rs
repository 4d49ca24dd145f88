//! A calendar at an address, which answers with all of it: what subscribers to a calendar are given.

use serde::{Deserialize, Serialize};

use super::asking::{Asking, Place, Question};
use super::doubt::Doubt;
use super::memory::{Memory, Telling, choice, kept, setup_of, window};
use super::reading::{Reading, Window};
use super::{Params, Plan, decode};
use crate::model::Millis;
use crate::sources::collected::Collected;
use crate::sources::forge::{Blame, Stop, concluded, is_too_early, refusal, remembered, written};
use crate::sources::{Pull, Setting, Sight, Sink, SourceError};

/// What a pull hands to the next.
#[derive(Default, Serialize, Deserialize)]
struct Checkpoint {
    /// The server wants to be left alone until then.
    not_before: Option<Millis>,
    /// What the last pull was refused.
    #[serde(default)]
    refused: Option<String>,
    /// Whether an answer that lacks most of what was told is believed.
    #[serde(default)]
    doubt: Doubt,
    /// What the answer was known by.
    etag: Option<String>,
    modified: Option<String>,
    /// How it was read.
    setup: String,
    /// What of that is the configuration's.
    #[serde(default)]
    choice: String,
    /// When the first occurrence starts that lay behind the window.
    next: Option<Millis>,
    memory: Memory,
}

/// The place that the parameters name, if any.
pub(super) fn place(params: &Params) -> Result<Option<Place>, SourceError> {
    let token = params.token_file.as_deref();
    match (&params.url, &params.url_file) {
        (Some(_), Some(_)) => Err(SourceError::Params(
            "give url or url_file, not both".to_owned(),
        )),
        (Some(url), None) => Place::open(url, token).map(Some),
        (None, Some(file)) => Place::secret(file, token).map(Some),
        (None, None) if token.is_some() => Err(SourceError::Params(
            "token_file is for url or url_file; files need none".to_owned(),
        )),
        (None, None) => Ok(None),
    }
}

/// A feed.
pub(super) struct Feed {
    place: Option<Place>,
    reading: Reading,
    params: String,
}

impl Feed {
    pub(super) fn new(params: &Params, setting: &Setting) -> Result<Feed, SourceError> {
        let reading = params.reading(setting)?;
        // Another member is no other choice.
        let mut others = params.clone();
        others.lists.clear();
        Ok(Feed {
            place: place(params)?,
            reading,
            params: format!("{others:?}"),
        })
    }
}

/// Asks for the calendar, for `readback check`.
pub(super) fn look(
    params: toml::Table,
    setting: &Setting,
    is_online: bool,
) -> Result<Sight, SourceError> {
    let feed = Feed::new(&decode(params)?, setting)?;
    let Some(place) = &feed.place else {
        return Ok("nothing is asked: files are imported".into());
    };
    if !is_online {
        return Ok("not asked (--offline)".into());
    }
    let mut asking = Asking::new(place, 0).for_a_look();
    let answer = asking.ask(&place.url, &question((None, None)));
    let read = answer.and_then(|answer| {
        if !answer.is_fine() {
            return Err(asking.away(answer.status));
        }
        let body = (place.shown.as_str(), answer.body.as_slice());
        let nothing = Window::default();
        let take = &mut |_: Plan, _: &mut dyn Sink| {};
        let mut sink = Collected::default();
        let read = feed.reading.read(body, true, nothing, take, &mut sink);
        read.map_err(|reason| asking.failed(&reason, false))
    });
    match read {
        Ok(held) => Ok(format!(
            "a calendar of {} meetings and series, {} of which fit match",
            held.uids.len(),
            held.wanted
        )
        .into()),
        Err(Stop::Later(reason, _)) => Ok(reason.into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

fn question<'a>((etag, modified): (Option<&'a str>, Option<&'a str>)) -> Question<'a> {
    let mut headers = vec![("accept", "text/calendar")];
    headers.extend(etag.map(|etag| ("if-none-match", etag)));
    headers.extend(modified.map(|modified| ("if-modified-since", modified)));
    Question {
        method: "GET",
        headers,
        ..Question::default()
    }
}

impl Feed {
    /// Asks for all of it, and tells what is new. Says why not all that the answer lacks was taken back.
    fn ask(
        &self,
        place: &Place,
        state: &mut Checkpoint,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Stop> {
        let window = window(&self.reading, now);
        let setup = setup_of(&self.reading, &self.params);
        let is_read = state.setup == setup && state.next.is_none_or(|next| next >= window.to);
        let known = match is_read {
            true => (state.etag.as_deref(), state.modified.as_deref()),
            false => (None, None),
        };
        let mut asking = Asking::new(place, now);
        let answer = asking.ask(&place.url, &question(known))?;
        if answer.status == 304 && known != (None, None) {
            return Ok(None);
        }
        if !answer.is_fine() {
            return Err(asking.away(answer.status));
        }
        let setting = &self.reading.setting;
        let key = place.known_by();
        let choice = choice(setting, &self.params);
        let is_chosen_anew = !state.choice.is_empty() && state.choice != choice;
        let telling = Telling::new(&mut state.memory, setting, &key, (now, window));
        let mut telling = telling.keeping_past(is_chosen_anew);
        let mut take = |plan: Plan, sink: &mut dyn Sink| telling.tell(plan, sink);
        let body = (place.shown.as_str(), answer.body.as_slice());
        // Nothing is told of what turns out to be no calendar, or a part of one.
        let read = self.reading.read(body, true, window, &mut take, sink);
        let held = read.map_err(|reason| asking.failed(&reason, false))?;
        let believed = telling.missing_of_all(&held, &mut state.doubt, sink);
        if let Err(reason) = believed {
            // The same answer is another one: it is to be sent again.
            (state.etag, state.modified) = (None, None);
            return Ok(Some(reason));
        }
        state.etag = kept(answer.header("etag"));
        state.modified = kept(answer.header("last-modified"));
        state.setup = setup;
        state.choice = choice;
        state.next = held.next;
        Ok(None)
    }
}

impl Pull for Feed {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let Some(place) = &self.place else {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before.take(), now, "the calendar", sink) {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        let (ended, got) = match self.ask(place, &mut state, now, sink) {
            Ok(None) => (Ok(()), false),
            // What is not believed yet was an answer all the same.
            Ok(Some(reason)) => {
                let error = place.error(&reason, false);
                (Err(Stop::Refused(error, Blame::Answer)), true)
            }
            Err(stop) => (Err(stop), false),
        };
        state.refused = refusal(&ended);
        state.not_before = concluded(ended, got, sink)?;
        written(&state)
    }
}
