//! Attendance before indicators see it: what is known of the meeting and of its write-up is put to everybody
//! in it, and reviews are told from other meetings.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{
    BooleanChunked, DataFrame, Int64Chunked, IntoColumn, IntoSeries, PolarsResult,
};

use super::columns::{flags, ints, texts};
use crate::model::{MeetingForm, Millis};
use crate::store::{MeetingFact, RegistryWriteup};

/// Marks authors and responders of the write-up that a meeting is about: the meeting tool, which alone has
/// seen whoever came uninvited, need not know it.
pub(super) fn of_writeup(
    mut frame: DataFrame,
    registry: &[RegistryWriteup],
) -> PolarsResult<DataFrame> {
    let about: Vec<Option<(&RegistryWriteup, u32)>> = ints(&frame, "writeup")?
        .into_iter()
        .zip(ints(&frame, "person")?)
        .map(|(writeup, person)| {
            let writeup = registry.get(usize::try_from(writeup?).ok()?)?;
            Some((writeup, u32::try_from(person?).ok()?))
        })
        .collect();
    let is_in = |people: fn(&RegistryWriteup) -> &[u32]| {
        let rows = about.iter();
        rows.map(move |about| about.is_some_and(|(writeup, one)| people(writeup).contains(&one)))
    };
    let author: BooleanChunked = is_in(|writeup| &writeup.contributors).collect();
    let responder = is_in(|writeup| &writeup.responders).zip(flags(&frame, "responder")?);
    let responder: BooleanChunked = responder.map(|(known, own)| known || own).collect();
    for (name, flag) in [("author", author), ("responder", responder)] {
        frame.with_column(flag.with_name(name.into()).into_series().into_column())?;
    }
    Ok(frame)
}

/// Reviews, and meetings in which what had happened before was told again: those that are said to be, and,
/// where nobody says what a meeting was, those about a write-up that was `late` by then, milliseconds after
/// its publication.
pub(super) fn apart(
    mut frame: DataFrame,
    known: &BTreeMap<String, MeetingFact>,
    registry: &[RegistryWriteup],
    late: Millis,
) -> PolarsResult<(DataFrame, DataFrame)> {
    let meetings = texts(&frame, "meeting")?;
    let fact = |meeting: &Option<String>| known.get(meeting.as_ref()?);
    let form = |meeting: &Option<String>| MeetingForm::from_name(fact(meeting)?.form.as_ref()?);
    let old = told_late(&frame, registry, late)?;
    let is_review = |meeting: &Option<String>| match form(meeting) {
        Some(form) => form == MeetingForm::Review,
        None => meeting
            .as_ref()
            .is_none_or(|meeting| !old.contains(meeting)),
    };
    let reviews: BooleanChunked = meetings.iter().map(is_review).collect();
    let had_to =
        |meeting: &Option<String>| fact(meeting).is_some_and(|one| one.mandatory == Some(true));
    let mandatory = flags(&frame, "mandatory")?;
    let mandatory = meetings.iter().zip(mandatory);
    let mandatory: BooleanChunked = mandatory
        .map(|(meeting, own)| own || had_to(meeting))
        .collect();
    let mandatory = mandatory.with_name("mandatory".into());
    frame.with_column(mandatory.into_series().into_column())?;
    let is_open = |meeting| fact(meeting).is_some_and(|one| one.open == Some(true));
    let open: BooleanChunked = meetings.iter().map(is_open).collect();
    frame.with_column(open.with_name("open".into()).into_series().into_column())?;
    let or_more = |meeting| fact(meeting).is_some_and(MeetingFact::or_more);
    let or_more: BooleanChunked = meetings.iter().map(or_more).collect();
    let or_more = or_more.with_name("or_more".into());
    frame.with_column(or_more.into_series().into_column())?;
    let heard = |meeting| {
        let one = fact(meeting)?;
        Some(i64::from(one.spoke?) + i64::from(one.facilitators_spoke.unwrap_or(0)))
    };
    let heard: Int64Chunked = meetings.iter().map(heard).collect();
    frame.with_column(
        heard
            .with_name("spoke_count".into())
            .into_series()
            .into_column(),
    )?;
    let retold = !&reviews;
    Ok((frame.filter(&reviews)?, frame.filter(&retold)?))
}

/// Meetings about a write-up that had been there for so long. A meeting is whole on one side: rows that know
/// no write-up follow those that do.
fn told_late(
    frame: &DataFrame,
    registry: &[RegistryWriteup],
    late: Millis,
) -> PolarsResult<BTreeSet<String>> {
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let rows = texts(frame, "meeting")?.into_iter().zip(writeups).zip(at);
    let old = rows.filter_map(|((meeting, writeup), at)| {
        let published = registry
            .get(usize::try_from(writeup?).ok()?)?
            .published_at?;
        (at? >= published.saturating_add(late)).then_some(meeting?)
    });
    Ok(old.collect())
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn what_is_said_to_be_no_review_is_none() {
        let frame = df!(
            "meeting" => ["one", "said", "said", "two", "told"],
            "mandatory" => [false, false, true, true, false],
            "writeup" => [None::<u32>; 5],
            "at" => [0_i64; 5],
        )
        .unwrap();
        let apart = |known: &BTreeMap<String, MeetingFact>| apart(frame.clone(), known, &[], 90);
        let fact = |meeting: &str, form: Option<&str>, mandatory| MeetingFact {
            meeting: meeting.to_owned(),
            form: form.map(str::to_owned),
            mandatory,
            open: mandatory,
            spoke: mandatory.map(|_| 5),
            facilitators_spoke: mandatory.map(|_| 2),
            rooms: mandatory.map(|_| 1),
            ..MeetingFact::default()
        };
        let names = |frame: &DataFrame| -> Vec<String> {
            let meetings = texts(frame, "meeting").unwrap();
            meetings.into_iter().flatten().collect()
        };
        let (reviews, retold) = apart(&BTreeMap::new()).unwrap();
        assert_eq!((reviews.height(), retold.height()), (5, 0));
        let facts = [
            fact("one", Some("review"), Some(true)),
            fact("said", Some("onboarding_talk"), None),
            fact("told", None, None),
        ];
        let facts = facts.map(|one| (one.meeting.clone(), one)).into();
        let (reviews, retold) = apart(&facts).unwrap();
        assert_eq!(names(&retold), ["said", "said"]);
        assert_eq!(names(&reviews), ["one", "two", "told"]);
        assert_eq!(flags(&reviews, "mandatory").unwrap(), [true, true, false]);
        assert_eq!(flags(&reviews, "open").unwrap(), [true, false, false]);
        assert_eq!(flags(&reviews, "or_more").unwrap(), [true, false, false]);
        let heard = ints(&reviews, "spoke_count").unwrap();
        assert_eq!(heard, [Some(7), None, None]);
    }

    #[test]
    fn a_meeting_about_what_is_old_retells_it_unless_somebody_says_otherwise() {
        let published = |published_at| RegistryWriteup {
            published_at,
            ..RegistryWriteup::default()
        };
        let registry = [published(Some(1000)), published(None)];
        let frame = df!(
            "meeting" => ["early", "late", "late", "said", "undated", "none"],
            "mandatory" => [false; 6],
            "writeup" => [Some(0_u32), Some(0), None, Some(0), Some(1), None],
            "at" => [1089_i64, 1090, 1090, 5000, 5000, 5000],
        )
        .unwrap();
        let review = MeetingFact {
            meeting: "said".to_owned(),
            form: Some("review".to_owned()),
            ..MeetingFact::default()
        };
        let known = [("said".to_owned(), review)].into();
        let (reviews, retold) = apart(frame, &known, &registry, 90).unwrap();
        let names = |frame: &DataFrame| -> Vec<String> {
            let meetings = texts(frame, "meeting").unwrap();
            meetings.into_iter().flatten().collect()
        };
        assert_eq!(names(&retold), ["late", "late"]);
        assert_eq!(names(&reviews), ["early", "said", "undated", "none"]);
    }

    #[test]
    fn authors_and_responders_are_those_of_what_the_meeting_is_about() {
        let mut registry = [RegistryWriteup::default(), RegistryWriteup::default()];
        registry[0].contributors = vec![5];
        registry[1].responders = vec![5, 6];
        let frame = df!(
            "writeup" => [Some(0_u32), Some(1), None, Some(1)],
            "person" => [Some(5_u32), Some(6), Some(5), None],
            "responder" => [false, false, true, false],
        )
        .unwrap();
        let found = of_writeup(frame, &registry).unwrap();
        assert_eq!(
            flags(&found, "author").unwrap(),
            [true, false, false, false]
        );
        assert_eq!(
            flags(&found, "responder").unwrap(),
            [false, true, true, false]
        );
    }
}
