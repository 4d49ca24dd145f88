//! Annotations: entered by hand, listed, taken back.

use anyhow::bail;
use chrono::NaiveDate;

use super::meetings::{later, unique};
use super::people::BY_HAND;
use crate::collect::lost_annotation;
use crate::indicators::{AnnotationFact, Context};
use crate::model::{ActsOn, Annotation, Body, Event, Millis};
use crate::store::{AnnotationRow, Store};

/// Those that stand, the oldest first.
pub fn standing(rows: &[AnnotationRow]) -> Vec<AnnotationFact> {
    let standing = rows.iter().filter(|row| !row.removed);
    let fact = |row: &AnnotationRow| {
        Some(AnnotationFact {
            on: NaiveDate::from_epoch_days(row.day)?,
            text: row.text.clone(),
            acts_on: ActsOn::from_name(&row.acts_on)?,
        })
    };
    standing.filter_map(fact).collect()
}

/// Those whose day has come.
pub(super) async fn facts(store: &Store, context: &Context) -> anyhow::Result<Vec<AnnotationFact>> {
    let mut all = standing(&store.annotations().await?);
    all.retain(|one| context.calendar.midnight(one.on) < context.as_of);
    Ok(all)
}

/// One more event, the last word on this annotation: it is added, or taken back.
///
/// # Errors
/// What would not be kept as it is, and what is there already or not at all, in words; no randomness for the
/// event's id.
pub fn event(said: &[AnnotationRow], annotation: Annotation, now: Millis) -> anyhow::Result<Event> {
    if let Some(lost) = lost_annotation(&annotation) {
        bail!("{lost}");
    }
    let before = said
        .iter()
        .find(|row| row.day == annotation.on.to_epoch_days() && row.text == annotation.text);
    let stands = before.filter(|row| !row.removed);
    match (stands, annotation.removed) {
        (None, true) => bail!("there is no such annotation"),
        (Some(row), false) if row.acts_on == annotation.acts_on.name() => {
            bail!("this annotation is there already")
        }
        _ => {}
    }
    Ok(Event {
        source: BY_HAND.into(),
        id: unique("annotation")?,
        subject: String::new(),
        time: now,
        version: later(before.map_or(0, |row| row.version), now),
        body: Body::Annotation(annotation),
    })
}

/// What it does, for the audit log.
pub fn deed(annotation: &Annotation) -> String {
    let done = if annotation.removed {
        "took back"
    } else {
        "entered"
    };
    format!("{done} the annotation of {}", annotation.on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(removed: bool) -> Annotation {
        Annotation {
            on: "2026-03-01".parse().unwrap(),
            text: "New template".to_owned(),
            acts_on: ActsOn::Writeups,
            removed,
        }
    }

    fn row(removed: bool, version: u64) -> AnnotationRow {
        AnnotationRow {
            day: annotation(false).on.to_epoch_days(),
            text: "New template".to_owned(),
            acts_on: "writeups".to_owned(),
            removed,
            version,
        }
    }

    #[test]
    fn the_later_word_comes_after_the_earlier() {
        let now = 1_780_000_000_000;
        let first = event(&[], annotation(false), now).unwrap();
        let said = row(false, u64::from(first.version) << 32);
        // In the same second.
        let second = event(std::slice::from_ref(&said), annotation(true), now).unwrap();
        assert!(second.version > first.version);
        assert!(event(&[said], annotation(false), now).is_err());
        assert!(event(&[], annotation(true), now).is_err());
        assert!(event(&[row(true, 1)], annotation(true), now).is_err());
        assert!(event(&[row(true, 1)], annotation(false), now).is_ok());
    }

    #[test]
    fn what_was_taken_back_does_not_stand() {
        assert_eq!(standing(&[row(true, 1)]), []);
        assert_eq!(standing(&[row(false, 1)])[0].on, annotation(false).on);
    }
}
