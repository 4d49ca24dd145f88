//! How a pull begins and ends, of whatever is asked over HTTP: what the last one remembered, whether it is
//! time, and what becomes of the answer that ended it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{Millis, to_rfc3339};
use crate::sources::{Sink, SourceError};

use super::client::Stop;

/// What the last pull remembered; nothing where that is another version's, which only means more work.
pub(in crate::sources) fn remembered<T: DeserializeOwned + Default>(
    checkpoint: Option<&str>,
    sink: &mut dyn Sink,
) -> T {
    let Some(text) = checkpoint.filter(|text| !text.is_empty()) else {
        return T::default();
    };
    serde_json::from_str(text).unwrap_or_else(|_| {
        sink.note("the checkpoint cannot be read; all is read from the beginning".to_owned());
        T::default()
    })
}

/// The same as a text for the next pull.
pub(in crate::sources) fn written<T: Serialize>(state: &T) -> Result<String, SourceError> {
    serde_json::to_string(state).map_err(|_| SourceError::Format {
        name: "checkpoint".to_owned(),
        reason: "cannot be written".to_owned(),
    })
}

/// Whether `what` is to be left alone still, as it asked for; says so.
pub(in crate::sources) fn is_too_early(
    not_before: Option<Millis>,
    now: Millis,
    what: &str,
    sink: &mut dyn Sink,
) -> bool {
    let Some(until) = not_before.filter(|until| now < *until) else {
        return false;
    };
    sink.note(format!("{what} is left alone until {}", to_rfc3339(until)));
    true
}

/// How the last pull ended, of all that is remembered; those who never wait remember other things.
#[derive(Default, Deserialize)]
struct Ended {
    not_before: Option<Millis>,
    refused: Option<String>,
}

impl Ended {
    fn of(checkpoint: &str) -> Ended {
        serde_json::from_str(checkpoint).unwrap_or_default()
    }
}

/// Until when the pulls of a source wait, as its checkpoint tells it.
pub(in crate::sources) fn waits_until(checkpoint: &str) -> Option<Millis> {
    Ended::of(checkpoint).not_before
}

/// What the last pull was refused, as its checkpoint tells it ([`refusal`]).
pub(in crate::sources) fn refused(checkpoint: &str) -> Option<String> {
    let reason = Ended::of(checkpoint).refused?;
    Some(format!("a part was refused to the last pull: {reason}"))
}

/// Whether the last pull was answered all that it asked, as its checkpoint tells it.
pub(in crate::sources) fn is_whole(checkpoint: &str) -> bool {
    let ended = Ended::of(checkpoint);
    ended.not_before.is_none() && ended.refused.is_none()
}

/// What ended a pull before it was whole, to be remembered as `refused`; nothing where the next pull only has
/// to wait.
pub(in crate::sources) fn refusal(ended: &Result<(), Stop>) -> Option<String> {
    match ended {
        Ok(()) | Err(Stop::Later(_, Some(_))) => None,
        Err(Stop::Later(reason, None)) => Some(reason.clone()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Some(error.to_string()),
    }
}

/// Until when the next pull waits, if the last answer asked for that. What ended a pull that had `got`
/// something is a note, and the next pull goes on from there; otherwise it is the pull's error.
pub(in crate::sources) fn concluded(
    ended: Result<(), Stop>,
    got: bool,
    sink: &mut dyn Sink,
) -> Result<Option<Millis>, SourceError> {
    let (reason, until) = match ended {
        Ok(()) => return Ok(None),
        Err(Stop::Later(reason, until)) => (reason, until),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) if !got => return Err(error),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => (error.to_string(), None),
    };
    sink.note(format!("{reason}; the next pull goes on from there"));
    Ok(until)
}
