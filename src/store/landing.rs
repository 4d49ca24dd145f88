//! Records into landing tables: one batch, one insert for each kind in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use clickhouse::{Row, RowOwned, RowWrite};
use serde::{Deserialize, Serialize};

use super::rows::{
    AnnotationRow, AttendanceRow, CommentRow, CoverageRow, EditRow, LinkRow, MeetingRow, PersonRow,
    ReadCountRow, ReadRow, ReceiptRow, StoryRow, WriteupRow,
};
use super::{Named, Store, StoreError, native};
use crate::model::{
    Assignment, Body, Edge, EventKind, Granularity, Link, Mark, MeetingForm, Millis, Pseudonym,
    Record, StayEnd, Whom,
};

const INSERT_READS: &str = include_str!("../../sql/queries/insert_reads.sql");

/// Records on their way into the store, already in the shape of rows.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Batch {
    pub(super) reads: Vec<ReadRow>,
    pub(super) read_counts: Vec<ReadCountRow>,
    pub(super) attendance: Vec<AttendanceRow>,
    pub(super) comments: Vec<CommentRow>,
    pub(super) edits: Vec<EditRow>,
    pub(super) links: Vec<LinkRow>,
    pub(super) writeups: Vec<WriteupRow>,
    pub(super) people: Vec<PersonRow>,
    pub(super) coverage: Vec<CoverageRow>,
    /// Lines by kind and source.
    pub(super) lines: BTreeMap<Cow<'static, str>, BTreeMap<String, u64>>,
    // Behind `lines`: what an earlier program packed ends there.
    pub(super) meetings: Vec<MeetingRow>,
    pub(super) stories: Vec<StoryRow>,
    pub(super) annotations: Vec<AnnotationRow>,
}

/// A batch that was packed by a program whose way of packing this one does not know, or that is
/// damaged.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Another way of packing.
    #[error("packed in the format {0:?}; this program reads {FORMAT}")]
    Format(Option<u8>),
    /// It can't be read.
    #[error("can't be unpacked: {0}")]
    Content(#[from] rmp_serde::decode::Error),
    /// It can't be written.
    #[error("can't be packed: {0}")]
    Write(#[from] rmp_serde::encode::Error),
}

/// What receipts call descriptions of write-ups that merge or split them.
pub const MERGED: &str = "merged";

/// The first byte of a packed batch.
const FORMAT: u8 = 1;

/// What a packed row usually takes, bytes.
const ROOM: usize = 192;

impl Batch {
    /// An empty one with room for so many events; nearly all are reads.
    pub fn expecting(events: usize) -> Self {
        Batch {
            reads: Vec::with_capacity(events),
            ..Batch::default()
        }
    }

    /// As bytes, for the spool: MessagePack, fields by their order.
    pub fn pack(&self) -> Result<Vec<u8>, PackError> {
        let mut bytes = Vec::with_capacity(128 + ROOM * self.len());
        bytes.push(FORMAT);
        rmp_serde::encode::write(&mut bytes, self)?;
        Ok(bytes)
    }

    /// From bytes.
    pub fn unpack(bytes: &[u8]) -> Result<Self, PackError> {
        match bytes.split_first() {
            Some((&FORMAT, packed)) => Ok(rmp_serde::from_slice(packed)?),
            other => Err(PackError::Format(other.map(|(format, _)| *format))),
        }
    }

    /// Takes all that another one holds.
    pub fn append(&mut self, other: Batch) {
        // Taken apart by name: a new kind can't be forgotten here.
        let Batch {
            reads,
            read_counts,
            attendance,
            comments,
            edits,
            links,
            writeups,
            people,
            coverage,
            lines,
            meetings,
            stories,
            annotations,
        } = other;
        self.reads.extend(reads);
        self.read_counts.extend(read_counts);
        self.attendance.extend(attendance);
        self.comments.extend(comments);
        self.edits.extend(edits);
        self.links.extend(links);
        self.writeups.extend(writeups);
        self.people.extend(people);
        self.coverage.extend(coverage);
        self.meetings.extend(meetings);
        self.stories.extend(stories);
        self.annotations.extend(annotations);
        for (kind, sources) in lines {
            let all = self.lines.entry(kind).or_default();
            for (source, n) in sources {
                *all.entry(source).or_default() += n;
            }
        }
    }

    /// Lines of events, by kind.
    pub fn kinds(&self) -> BTreeMap<&'static str, u64> {
        let mut kinds = BTreeMap::new();
        for (kind, sources) in &self.lines {
            let kind = match &**kind {
                MERGED => Some(EventKind::Writeup),
                kind => EventKind::from_name(kind),
            };
            if let Some(kind) = kind {
                *kinds.entry(kind.name()).or_default() += sources.values().sum::<u64>();
            }
        }
        kinds
    }

    /// What it says of write-ups.
    pub fn writeups(&self) -> &[WriteupRow] {
        &self.writeups
    }

    /// Whether it describes write-ups.
    pub fn has_writeups(&self) -> bool {
        !self.writeups.is_empty()
    }
}

impl Batch {
    /// Rows in it.
    pub fn len(&self) -> usize {
        self.reads.len()
            + self.read_counts.len()
            + self.attendance.len()
            + self.comments.len()
            + self.edits.len()
            + self.links.len()
            + self.writeups.len()
            + self.people.len()
            + self.coverage.len()
            + self.meetings.len()
            + self.stories.len()
            + self.annotations.len()
    }

    /// Nothing to store and nothing to acknowledge.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Lines that were received and rejected: they are in the receipt and nowhere else.
    pub fn rejected(&mut self, source: &str, lines: u64) {
        if lines > 0 {
            self.count("rejected", source, lines);
        }
    }

    /// Takes a record.
    pub fn push(&mut self, record: Record) {
        let Record {
            key,
            version,
            target,
            canonical,
            reference,
            page,
            event,
        } = record;
        let kind = match &event.body {
            Body::Writeup(writeup) if writeup.merged_into.is_some() => MERGED,
            body => body.kind().name(),
        };
        self.count(kind, &event.source, 1);
        let head = Head {
            key,
            version,
            at: event.time,
            source: event.source,
            target,
            canonical,
        };
        let id = event.id;
        match event.body {
            Body::Read(read) => self.reads.push(ReadRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                person: number(read.person),
                team: shared(read.team),
                session: reference,
                engaged_ms: read.engaged_ms,
                scroll_milli: read.scroll_milli,
                bot: read.bot,
                agent: shared(read.agent),
                arrival: shared(read.arrival),
                assigned: read.assigned,
            }),
            Body::ReadCount(count) => self.read_counts.push(ReadCountRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                granularity: match count.granularity {
                    Granularity::Day => 1,
                    Granularity::Cumulative => 2,
                },
                count: count.count,
                uniques: count.uniques,
            }),
            Body::Attendance(a) => self.attendance.push(AttendanceRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                meeting: reference,
                person: number(a.person),
                team: a.team.unwrap_or_default(),
                role: a.role.unwrap_or_default(),
                partstat: a.partstat.unwrap_or_default(),
                role_stated: a.role_stated,
                via: a.via.unwrap_or_default(),
                meeting_ms: a.meeting_ms,
                attended: a.attended,
                present_ms: a.present_ms,
                spoke_ms: a.spoke_ms,
                mandatory: a.mandatory,
                opening: mark(a.stay.as_deref(), |stay| &stay.opening),
                device: mark(a.stay.as_deref(), |stay| &stay.device),
                account: mark(a.stay.as_deref(), |stay| &stay.account),
                attendee: mark(a.stay.as_deref(), |stay| &stay.attendee),
                joined_at: edge(a.stay.as_deref(), Edge::Joined),
                left_at: edge(a.stay.as_deref(), Edge::Left),
            }),
            Body::Comment(comment) => self.comments.push(CommentRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                person: number(comment.person),
                team: comment.team.unwrap_or_default(),
                parent: reference,
                words: comment.words,
                deleted_at: comment.deleted_at,
            }),
            Body::Edit(edit) => self.edits.push(EditRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                person: number(edit.person),
                team: edit.team.unwrap_or_default(),
                words_added: edit.words_added,
                words_removed: edit.words_removed,
                sections: edit.sections,
                minor: edit.minor,
            }),
            Body::Link(Link {
                person,
                team,
                place,
                stands_in,
                removed_at,
                role,
                form,
                label,
            }) => {
                self.links.push(LinkRow {
                    key: head.key,
                    version: head.version,
                    at: head.at,
                    source: head.source,
                    target: head.target,
                    canonical: head.canonical,
                    person: number(person),
                    team: team.unwrap_or_default(),
                    place: place.name().to_owned(),
                    stands_in: stands_in.unwrap_or_default(),
                    page,
                    removed_at,
                    role: role.map_or("", |role| role.name()).to_owned(),
                    form: form.map_or("", |form| form.name()).to_owned(),
                    label: label.map_or("", |label| label.name()).to_owned(),
                });
            }
            Body::Writeup(w) => self.writeups.push(WriteupRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source.to_string(),
                id: if w.id.is_empty() { id } else { w.id },
                title: w.title,
                url: w.url,
                aliases: w.aliases,
                published_at: w.published_at,
                deleted_at: w.deleted_at,
                owner_team: w.owner_team,
                contributors: w.contributors.into_iter().map(bits).collect(),
                contributor_teams: w.contributor_teams,
                responders: w.responders.into_iter().map(bits).collect(),
                words: w.words,
                diagrams: w.diagrams,
                hyperlinks: w.hyperlinks,
                acronyms: w.acronyms,
                acronyms_unexplained: w.acronyms_unexplained,
                template: w.template,
                tags: w.tags,
                restricted: w.restricted,
                assigns: w.assignments.is_some(),
                assignments: w
                    .assignments
                    .unwrap_or_default()
                    .into_iter()
                    .map(told)
                    .collect(),
                reviewers: w.reviewers.into_iter().map(bits).collect(),
                facilitators: w.facilitators.into_iter().map(bits).collect(),
                data_sources: w.data_sources,
                quotations: w.quotations,
                surprised: w.marks.surprised,
                difficult: w.marks.difficult,
                unclear: w.marks.unclear,
                several_accounts: w.marks.several_accounts,
                merged_into: w.merged_into,
                dated_aliases: w
                    .dated_aliases
                    .into_iter()
                    .map(|dated| (dated.alias, dated.from, dated.to))
                    .collect(),
                opened: w.opened,
            }),
            Body::Person(person) => self.people.push(PersonRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source.to_string(),
                person: bits(person.person),
                aliases: person.aliases.into_iter().map(bits).collect(),
                team: person.team.unwrap_or_default(),
                joined_at: person.joined_at,
                left_at: person.left_at,
                kind: person.kind.name().to_owned(),
                team_from: person.team_from,
                team_to: person.team_to,
                apart: person.apart.into_iter().map(bits).collect(),
                excluded: person.excluded,
            }),
            Body::Coverage(coverage) => self.coverage.push(CoverageRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                kind: coverage.kind.name().to_owned(),
                scope: coverage.scope,
                from_at: coverage.from,
                to_at: coverage.to,
            }),
            Body::Meeting(meeting) => self.meetings.push(MeetingRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                meeting: reference,
                spoke: meeting.spoke,
                facilitators_spoke: meeting.facilitators_spoke,
                speaking_ms: meeting.speaking_ms,
                meeting_ms: meeting.meeting_ms,
                accounts: meeting.accounts,
                changes: meeting.changes,
                form: meeting.form.map_or("", MeetingForm::name).to_owned(),
                open: meeting.open,
                mandatory: meeting.mandatory,
                watched: meeting.watched,
                venue: meeting.venue.as_ref().map_or(0, |venue| venue.hash),
                venue_planned: meeting.venue.is_some_and(|venue| venue.is_planned),
                rooms: meeting.rooms,
            }),
            Body::Story(story) => self.stories.push(StoryRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                target: head.target,
                canonical: head.canonical,
                round: story.round,
                count: story.count,
                label: story.label.unwrap_or_default(),
            }),
            Body::Annotation(annotation) => self.annotations.push(AnnotationRow {
                key: head.key,
                version: head.version,
                at: head.at,
                source: head.source,
                day: annotation.on.to_epoch_days(),
                text: annotation.text,
                acts_on: annotation.acts_on.name().to_owned(),
                removed: annotation.removed,
            }),
        }
    }

    fn count(&mut self, kind: &'static str, source: &str, n: u64) {
        let sources = self.lines.entry(Cow::Borrowed(kind)).or_default();
        // A name is copied once, not for every line.
        match sources.get_mut(source) {
            Some(lines) => *lines += n,
            None => {
                sources.insert(source.to_owned(), n);
            }
        }
    }
}

impl Store {
    /// Inserts a batch; it stands when this returns. Events first, the receipt last: a batch that
    /// was cut short has none and is sent again under the same name.
    pub async fn load(&self, name: u128, batch: &Batch) -> Result<(), StoreError> {
        self.insert_reads(&batch.reads).await?;
        self.insert_all("landing_read_count", &batch.read_counts)
            .await?;
        self.insert_all("landing_attendance", &batch.attendance)
            .await?;
        self.insert_all("landing_comment", &batch.comments).await?;
        self.insert_all("landing_edit", &batch.edits).await?;
        self.insert_all("landing_link", &batch.links).await?;
        self.insert_all("landing_writeup", &batch.writeups).await?;
        self.insert_all("landing_person", &batch.people).await?;
        self.insert_all("landing_coverage", &batch.coverage).await?;
        self.insert_all("landing_meeting", &batch.meetings).await?;
        self.insert_all("landing_story", &batch.stories).await?;
        self.insert_all("landing_annotation", &batch.annotations)
            .await?;
        let receipts: Vec<_> = batch
            .lines
            .iter()
            .flat_map(|(kind, sources)| sources.iter().map(move |line| (kind, line)))
            .map(|(kind, (source, lines))| ReceiptRow {
                batch: name,
                kind: kind.to_string(),
                source: source.clone(),
                lines: *lines,
            })
            .collect();
        self.insert_all("receipt", &receipts).await
    }

    async fn insert_reads(&self, rows: &[ReadRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        // The data begins behind the statement's last line. That of two deliveries in one block the last
        // wins is found at merges, as for those in two: looking for it here takes three times as long as
        // all the rest.
        let mut insert = self
            .client
            .insert_formatted_with(INSERT_READS.trim_end())
            .with_setting("optimize_on_insert", "0");
        for piece in native::reads(rows) {
            insert.send(piece.into()).await.named("insert_reads")?;
        }
        insert.end().await.named("insert_reads")
    }

    /// Inserts rows into a table; nothing happens where there are none.
    pub(super) async fn insert_all<T>(
        &self,
        table: &'static str,
        rows: &[T],
    ) -> Result<(), StoreError>
    where
        T: RowOwned + RowWrite,
        for<'a> T: Row<Value<'a> = T>,
    {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = self.client.insert::<T>(table).await.named(table)?;
        for row in rows {
            insert.write(row).await.named(table)?;
        }
        insert.end().await.named(table)
    }
}

/// What every landing row begins with.
struct Head {
    key: u64,
    version: u64,
    at: Millis,
    source: Arc<str>,
    target: Arc<str>,
    canonical: Arc<str>,
}

fn told(assignment: Assignment) -> (i64, i64, String, bool) {
    let Assignment { from, to, whom } = assignment;
    match whom {
        Whom::Everybody => (from, to, String::new(), false),
        Whom::Team(team) => (from, to, team, false),
        Whom::Newcomers => (from, to, String::new(), true),
    }
}

/// A text of a row; none is empty, and takes no room.
fn shared(text: Option<String>) -> Arc<str> {
    text.map_or_else(Arc::default, Arc::from)
}

/// A pseudonym as the tables hold it.
pub(super) fn bits(pseudonym: Pseudonym) -> u128 {
    u128::from_be_bytes(pseudonym.0)
}

/// 0 is none.
fn mark(stay: Option<&StayEnd>, one: impl FnOnce(&StayEnd) -> &Mark) -> u64 {
    stay.map_or(0, |stay| one(stay).hash)
}

fn edge(stay: Option<&StayEnd>, edge: Edge) -> Option<i64> {
    stay.filter(|stay| stay.edge == edge).map(|stay| stay.at)
}

/// 0 is nobody.
fn number(pseudonym: Option<Pseudonym>) -> u128 {
    pseudonym.map_or(0, bits)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Event, Read};

    fn batch(source: &str, ids: std::ops::Range<u64>) -> Batch {
        let mut batch = Batch::default();
        for key in ids {
            batch.push(Record {
                key,
                version: 1,
                target: "INC-1".into(),
                canonical: "inc-1".into(),
                reference: 7,
                page: String::new(),
                event: Event {
                    source: Arc::from(source),
                    id: String::new(),
                    subject: String::new(),
                    time: 1_700_000_000_000,
                    version: 0,
                    body: Body::Read(Read {
                        person: Some(Pseudonym([9; 16])),
                        engaged_ms: Some(1500),
                        ..Read::default()
                    }),
                },
            });
        }
        batch
    }

    #[test]
    fn packed_batches_add_up() {
        let mut one = batch("wiki", 0..3);
        one.rejected("wiki", 2);
        let mut all = Batch::unpack(&one.pack().unwrap()).unwrap();
        all.append(Batch::unpack(&batch("beacon", 3..5).pack().unwrap()).unwrap());
        assert_eq!(all.len(), 5);
        assert_eq!(all.lines["read"]["wiki"], 3);
        assert_eq!(all.lines["rejected"]["wiki"], 2);
        assert_eq!(all.lines["read"]["beacon"], 2);
        assert_eq!(all.reads[4].key, 4);
        assert_eq!(all.reads[0].person, bits(Pseudonym([9; 16])));
        assert!(Batch::unpack(&[]).is_err());
        assert!(Batch::unpack(&[9, 1]).is_err());
        assert!(Batch::unpack(&[FORMAT, 0x93]).is_err());
    }

    /// An earlier program knew nothing of meetings, stories and annotations.
    #[test]
    fn what_an_earlier_program_packed_ends_earlier() {
        let packed = batch("wiki", 1..3).pack().unwrap();
        // Thirteen lists; without the last three, which are empty, it had ten.
        assert_eq!(
            (packed[1], &packed[packed.len() - 3..]),
            (0x9d, &[0x90, 0x90, 0x90][..])
        );
        let mut earlier = packed[..packed.len() - 3].to_vec();
        earlier[1] = 0x9a;
        let all = Batch::unpack(&earlier).unwrap();
        assert_eq!((all.len(), all.lines["read"]["wiki"]), (2, 2));
        assert!(all.meetings.is_empty() && all.stories.is_empty() && all.annotations.is_empty());
    }

    /// What lies in spools and dead letters was written by earlier programs. This is one of them: if
    /// this test fails, the order of fields has changed, and nobody can read them any more.
    #[test]
    fn what_was_packed_can_be_read() {
        let packed = batch("wiki", 1..2).pack().unwrap();
        let hex: String = packed.iter().map(|byte| format!("{byte:02x}")).collect();
        insta::assert_snapshot!(hex);
        // A row that ends early, as an older program wrote it, has defaults.
        let row: ReadRow = rmp_serde::from_slice(&[0x93, 1, 2, 3]).unwrap();
        assert_eq!(
            (row.key, row.version, row.at, row.assigned),
            (1, 2, 3, false)
        );
        let row: WriteupRow =
            rmp_serde::from_slice(&[0x95, 1, 2, 3, 0xa1, b'w', 0xa1, b'a']).unwrap();
        assert_eq!((row.id.as_str(), row.merged_into), ("a", None));
    }
}
