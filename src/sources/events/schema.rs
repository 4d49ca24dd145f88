//! The JSON Schema of every event type, made from the shapes that the decoder itself fills, so
//! that what is published and what is accepted cannot drift apart.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::model::EventKind;

use super::wire::{
    AnnotationData, AttendanceData, CommentData, CoverageData, EditData, Envelope, LinkData,
    MeetingData, PersonData, ReadCountData, ReadData, StoryData, WriteupData,
};

/// One schema for the envelope (`cloudevent`) and one for the `data` of each type
/// (`org.readback.KIND.v1`), in the contract's order.
pub fn schemas() -> Vec<(String, Schema)> {
    let mut all = vec![("cloudevent".to_owned(), schema::<Envelope<'_>>())];
    all.extend(EventKind::ALL.into_iter().map(|kind| {
        let schema = match kind {
            EventKind::Read => schema::<ReadData<'_>>(),
            EventKind::ReadCount => schema::<ReadCountData<'_>>(),
            EventKind::Attendance => schema::<AttendanceData<'_>>(),
            EventKind::Comment => schema::<CommentData<'_>>(),
            EventKind::Edit => schema::<EditData<'_>>(),
            EventKind::Link => schema::<LinkData<'_>>(),
            EventKind::Writeup => schema::<WriteupData<'_>>(),
            EventKind::Person => schema::<PersonData<'_>>(),
            EventKind::Coverage => schema::<CoverageData<'_>>(),
            EventKind::Meeting => schema::<MeetingData<'_>>(),
            EventKind::Story => schema::<StoryData>(),
            EventKind::Annotation => schema::<AnnotationData<'_>>(),
        };
        (format!("org.readback.{}.v1", kind.name()), schema)
    }));
    all
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}
