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

/// Until when the pulls of a source wait, as its checkpoint tells it.
pub(in crate::sources) fn waits_until(checkpoint: &str) -> Option<Millis> {
    // Of all that is remembered; those who never wait remember other things.
    #[derive(Deserialize)]
    struct Waiting {
        not_before: Option<Millis>,
    }
    let waiting: Waiting = serde_json::from_str(checkpoint).ok()?;
    waiting.not_before
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
