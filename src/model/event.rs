//! An event as it travels from a source to the store. `Event<Identity>` is what a source makes;
//! the intake turns it into `Event<Pseudonym>`, and only that type can be stored.

use std::sync::Arc;

use super::annotation::Annotation;
use super::identity::Identity;
use super::meeting::{Meeting, Story};
use super::place::Place;
use super::stay::StayEnd;
use super::time::Millis;

/// One thing that happened (CONTRACT, "In: events"). `P` says how people are named in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<P = Identity> {
    /// The connector instance that saw it; with `id` it names the event for ever.
    pub source: Arc<str>,
    /// The source's own id of it.
    pub id: String,
    /// The target as given: a write-up's id, an alias, a URL. Empty for `person` and `coverage`, and where a
    /// meeting or a story is about none.
    pub subject: String,
    /// When it happened. A `writeup`, `person`, `coverage` or `annotation` event may do without.
    pub time: Millis,
    /// Corrections carry a greater one.
    pub version: u32,
    /// What happened.
    pub body: Body<P>,
}

/// Ends the id of a write-up that is none: what a source takes back leads to it, and so to nothing
/// that is registered.
pub const RETRACTED: &str = ":retracted";

/// What happened, by kind. The large ones are boxed: nearly all events are reads, and they are moved
/// often.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<P = Identity> {
    /// Somebody opened a write-up.
    Read(Read<P>),
    /// A page counter's figure; a person is never named.
    ReadCount(ReadCount),
    /// Somebody was invited to a review, or was there.
    Attendance(Box<Attendance<P>>),
    /// Somebody commented on a write-up.
    Comment(Comment<P>),
    /// Somebody changed a write-up.
    Edit(Edit<P>),
    /// Somebody linked to a write-up.
    Link(Link<P>),
    /// A write-up is described.
    Writeup(Box<Writeup<P>>),
    /// A person of the roster is described.
    Person(Box<Person<P>>),
    /// A source says when it was watching.
    Coverage(Coverage),
    /// What is known of a meeting beside its attendees; nobody is named.
    Meeting(Meeting),
    /// One count of a story round; nobody is named.
    Story(Story),
    /// Something changed, as somebody says; nobody is named.
    Annotation(Annotation),
}

/// The kind of an event; its name is the middle of the CloudEvents type `org.readback.KIND.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// See [`Body::Read`].
    Read,
    /// See [`Body::ReadCount`].
    ReadCount,
    /// See [`Body::Attendance`].
    Attendance,
    /// See [`Body::Comment`].
    Comment,
    /// See [`Body::Edit`].
    Edit,
    /// See [`Body::Link`].
    Link,
    /// See [`Body::Writeup`].
    Writeup,
    /// See [`Body::Person`].
    Person,
    /// See [`Body::Coverage`].
    Coverage,
    /// See [`Body::Meeting`].
    Meeting,
    /// See [`Body::Story`].
    Story,
    /// See [`Body::Annotation`].
    Annotation,
}

impl EventKind {
    /// Every kind, in the contract's order.
    pub const ALL: [EventKind; 12] = [
        EventKind::Read,
        EventKind::ReadCount,
        EventKind::Attendance,
        EventKind::Comment,
        EventKind::Edit,
        EventKind::Link,
        EventKind::Writeup,
        EventKind::Person,
        EventKind::Coverage,
        EventKind::Meeting,
        EventKind::Story,
        EventKind::Annotation,
    ];

    /// The name in types, tables and results.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::Read => "read",
            EventKind::ReadCount => "read_count",
            EventKind::Attendance => "attendance",
            EventKind::Comment => "comment",
            EventKind::Edit => "edit",
            EventKind::Link => "link",
            EventKind::Writeup => "writeup",
            EventKind::Person => "person",
            EventKind::Coverage => "coverage",
            EventKind::Meeting => "meeting",
            EventKind::Story => "story",
            EventKind::Annotation => "annotation",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        EventKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl<P> Body<P> {
    /// The kind of this body.
    pub const fn kind(&self) -> EventKind {
        match self {
            Body::Read(_) => EventKind::Read,
            Body::ReadCount(_) => EventKind::ReadCount,
            Body::Attendance(_) => EventKind::Attendance,
            Body::Comment(_) => EventKind::Comment,
            Body::Edit(_) => EventKind::Edit,
            Body::Link(_) => EventKind::Link,
            Body::Writeup(_) => EventKind::Writeup,
            Body::Person(_) => EventKind::Person,
            Body::Coverage(_) => EventKind::Coverage,
            Body::Meeting(_) => EventKind::Meeting,
            Body::Story(_) => EventKind::Story,
            Body::Annotation(_) => EventKind::Annotation,
        }
    }
}

/// A read; engaged time in milliseconds, depth in thousandths of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Read<P = Identity> {
    /// Who read; `None` where the source cannot tell.
    pub person: Option<P>,
    /// The reader's team at that time.
    pub team: Option<String>,
    /// The source's session.
    pub session: Option<String>,
    /// Time visible and focused, ms.
    pub engaged_ms: Option<u32>,
    /// Deepest scroll, 0 to 1000.
    pub scroll_milli: Option<u16>,
    /// The source knows that a robot did it.
    pub bot: bool,
    /// An AI or program that acted for a person.
    pub agent: Option<String>,
    /// Where the reader came from, as a class.
    pub arrival: Option<String>,
    /// The reading was assigned.
    pub assigned: bool,
}

// Not derived: that would ask for `P: Default`, and there is no default person.
impl<P> Default for Read<P> {
    fn default() -> Self {
        Read {
            person: None,
            team: None,
            session: None,
            engaged_ms: None,
            scroll_milli: None,
            bot: false,
            agent: None,
            arrival: None,
            assigned: false,
        }
    }
}

/// How a page counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// The reads of one local day.
    Day,
    /// A running total.
    Cumulative,
}

/// A page counter's figure.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadCount {
    /// How it counts.
    pub granularity: Granularity,
    /// Reads.
    pub count: u64,
    /// Distinct readers, where the counter knows.
    pub uniques: Option<u64>,
}

/// An invitation to a review, a presence, or both. One occurrence of a meeting, one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Attendance<P = Identity> {
    /// The occurrence.
    pub meeting: String,
    /// Who; `None` for a dial-in without identity.
    pub person: Option<P>,
    /// Their team at that time.
    pub team: Option<String>,
    /// RFC 5545 ROLE, upper case.
    pub role: Option<String>,
    /// RFC 5545 PARTSTAT, upper case.
    pub partstat: Option<String>,
    /// False where the calendar left ROLE out and the default was filled in.
    pub role_stated: bool,
    /// The group or list that the invitation went to.
    pub via: Option<String>,
    /// Length of the meeting, ms.
    pub meeting_ms: Option<u64>,
    /// The host's own flag.
    pub attended: Option<bool>,
    /// Time present, ms.
    pub present_ms: Option<u64>,
    /// Time spoken, ms.
    pub spoke_ms: Option<u64>,
    /// They had to come.
    pub mandatory: bool,
    /// One end of a stay, where that is all that is told.
    pub stay: Option<Box<StayEnd>>,
}

impl<P> Attendance<P> {
    /// Whether it says that a group was invited of which nobody is known. It is nobody who comes or does not.
    pub const fn is_group(&self) -> bool {
        let says_who_came = self.attended.is_some() || self.present_ms.is_some();
        self.person.is_none() && self.via.is_some() && !says_who_came
    }

    /// Whether it only says that somebody who is invited by name is in a list that is invited, too.
    pub const fn is_beside_name(&self) -> bool {
        let says_who_came = self.attended.is_some() || self.present_ms.is_some();
        let says_more = self.role.is_some() || self.partstat.is_some() || says_who_came;
        self.person.is_some() && self.via.is_some() && !says_more
    }
}

/// A comment on a write-up. Its text is never kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment<P = Identity> {
    /// Who wrote it.
    pub person: Option<P>,
    /// Their team at that time.
    pub team: Option<String>,
    /// Id (in the same source) of the comment it answers.
    pub parent: Option<String>,
    /// Its length.
    pub words: Option<u32>,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
}

/// A change to a write-up. Its text is never kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit<P = Identity> {
    /// Who made it.
    pub person: Option<P>,
    /// Their team at that time.
    pub team: Option<String>,
    /// Words added.
    pub words_added: Option<u32>,
    /// Words removed.
    pub words_removed: Option<u32>,
    /// Sections touched.
    pub sections: Option<u32>,
    /// The source calls it minor.
    pub minor: bool,
}

/// What part a link plays; unlabelled links have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRole {
    /// Made by author, responder or owner team soon after publication.
    FollowUp,
    /// Made by anybody else, or later.
    Uptake,
    /// Stands on an index page.
    Index,
    /// Came with a template.
    Template,
}

impl LinkRole {
    /// Every role.
    pub const ALL: [LinkRole; 4] = [
        LinkRole::FollowUp,
        LinkRole::Uptake,
        LinkRole::Index,
        LinkRole::Template,
    ];

    /// The name in events and tables.
    pub const fn name(self) -> &'static str {
        match self {
            LinkRole::FollowUp => "follow_up",
            LinkRole::Uptake => "uptake",
            LinkRole::Index => "index",
            LinkRole::Template => "template",
        }
    }
}

/// How a link is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkForm {
    /// It leads to the write-up: an address, a path, a link of a wiki.
    Link,
    /// The incident's key alone.
    Key,
    /// The write-up's title alone.
    Title,
}

impl LinkForm {
    /// Every form.
    pub const ALL: [LinkForm; 3] = [LinkForm::Link, LinkForm::Key, LinkForm::Title];

    /// The name in events and tables.
    pub const fn name(self) -> &'static str {
        match self {
            LinkForm::Link => "link",
            LinkForm::Key => "key",
            LinkForm::Title => "title",
        }
    }
}

/// Why a link is kept and not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkLabel {
    /// It stands in what a program wrote.
    Generated,
    /// It stands in what others wrote and was copied here.
    Vendored,
    /// It stands in a history that no branch leads to any more.
    Unreachable,
}

impl LinkLabel {
    /// Every label.
    pub const ALL: [LinkLabel; 3] = [
        LinkLabel::Generated,
        LinkLabel::Vendored,
        LinkLabel::Unreachable,
    ];

    /// The name in events and tables.
    pub const fn name(self) -> &'static str {
        match self {
            LinkLabel::Generated => "generated",
            LinkLabel::Vendored => "vendored",
            LinkLabel::Unreachable => "unreachable",
        }
    }
}

/// A link to a write-up; the event's `subject` is the target, its `time` the link's first day.
#[derive(Clone, Debug, PartialEq)]
pub struct Link<P = Identity> {
    /// Who made it.
    pub person: Option<P>,
    /// Their team at that time.
    pub team: Option<String>,
    /// What kind of place it stands in.
    pub place: Place,
    /// Where it stands, without the line's text: `repo@commit:path#L12`, a page, an issue.
    pub stands_in: Option<String>,
    /// When it was removed.
    pub removed_at: Option<Millis>,
    /// What part it plays.
    pub role: Option<LinkRole>,
    /// How it is written, where its source can tell.
    pub form: Option<LinkForm>,
    /// Why it does not count, if it does not.
    pub label: Option<LinkLabel>,
}

/// A write-up as its source describes it. `None` means the source does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Writeup<P = Identity> {
    /// Its id in the registry.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// Other names: URLs, page ids, incident keys, file paths.
    pub aliases: Vec<String>,
    /// When it was published; never taken from the event's time.
    pub published_at: Option<Millis>,
    /// When it was deleted.
    pub deleted_at: Option<Millis>,
    /// The team that had the incident.
    pub owner_team: Option<String>,
    /// Its authors; their own reads are left out.
    pub contributors: Vec<P>,
    /// Their teams.
    pub contributor_teams: Vec<String>,
    /// Who responded to the incident; never voluntary attendees.
    pub responders: Vec<P>,
    /// Words of prose.
    pub words: Option<u32>,
    /// Diagrams.
    pub diagrams: Option<u32>,
    /// Hyperlinks.
    pub hyperlinks: Option<u32>,
    /// Acronyms.
    pub acronyms: Option<u32>,
    /// Acronyms that are not explained.
    pub acronyms_unexplained: Option<u32>,
    /// The template it was made from.
    pub template: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Not everybody may see it.
    pub restricted: bool,
    /// It is said that everybody may see it: what says nothing opens nothing that was restricted.
    pub opened: bool,
    /// Who is told to read it and when; an empty list takes back what was said before.
    pub assignments: Option<Vec<Assignment>>,
    /// Who reviewed it before it was published.
    pub reviewers: Vec<P>,
    /// Who led its review.
    pub facilitators: Vec<P>,
    /// Sources of data that it names.
    pub data_sources: Option<u32>,
    /// Passages in other people's words.
    pub quotations: Option<u32>,
    /// What somebody who read it found in it.
    pub marks: Marks,
    /// The write-up that this one is part of; its own id where it is one of its own again.
    pub merged_into: Option<String>,
    /// Names that were its own for some time only.
    pub dated_aliases: Vec<DatedAlias>,
}

/// Somebody is told to read a write-up: what they read of it in `[from, to)` is assigned reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// From when, included.
    pub from: Millis,
    /// Until when, excluded.
    pub to: Millis,
    /// Whom it was said to.
    pub whom: Whom,
}

/// Whom reading is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// All there are.
    Everybody,
    /// Who is in this team when they read.
    Team(String),
    /// Who joined not long before they read (`newcomer_days`).
    Newcomers,
}

/// What a reader found in a write-up, set by hand; `None` where nobody has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It says what surprised people.
    pub surprised: Option<bool>,
    /// It says what was difficult.
    pub difficult: Option<bool>,
    /// It says what is still unclear.
    pub unclear: Option<bool>,
    /// It gives more than one account.
    pub several_accounts: Option<bool>,
}

impl Marks {
    /// The names of the marks in events, in the order of [`Marks::values`].
    pub const NAMES: [&str; 4] = ["surprised", "difficult", "unclear", "several_accounts"];

    /// All of them.
    pub const fn values(self) -> [Option<bool>; 4] {
        [
            self.surprised,
            self.difficult,
            self.unclear,
            self.several_accounts,
        ]
    }

    /// The mark of this name.
    pub fn named(&mut self, name: &str) -> Option<&mut Option<bool>> {
        match name {
            "surprised" => Some(&mut self.surprised),
            "difficult" => Some(&mut self.difficult),
            "unclear" => Some(&mut self.unclear),
            "several_accounts" => Some(&mut self.several_accounts),
            _ => None,
        }
    }
}

/// A name that is a write-up's from one instant on (included) to another (excluded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedAlias {
    /// The name.
    pub alias: String,
    /// From when; from the first if absent.
    pub from: Option<Millis>,
    /// Until when; for ever if absent.
    pub to: Option<Millis>,
}

impl<P> Writeup<P> {
    /// A write-up of which nothing but the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Writeup {
            id: id.into(),
            title: None,
            url: None,
            aliases: Vec::new(),
            published_at: None,
            deleted_at: None,
            owner_team: None,
            contributors: Vec::new(),
            contributor_teams: Vec::new(),
            responders: Vec::new(),
            words: None,
            diagrams: None,
            hyperlinks: None,
            acronyms: None,
            acronyms_unexplained: None,
            template: None,
            tags: Vec::new(),
            restricted: false,
            opened: false,
            assignments: None,
            reviewers: Vec::new(),
            facilitators: Vec::new(),
            data_sources: None,
            quotations: None,
            marks: Marks::default(),
            merged_into: None,
            dated_aliases: Vec::new(),
        }
    }
}

/// What an account stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PersonKind {
    /// A human being.
    #[default]
    Person,
    /// A meeting room.
    Room,
    /// A robot.
    Bot,
    /// A service account.
    Service,
}

impl PersonKind {
    /// Every kind.
    pub const ALL: [PersonKind; 4] = [
        PersonKind::Person,
        PersonKind::Room,
        PersonKind::Bot,
        PersonKind::Service,
    ];

    /// The name in events and tables.
    pub const fn name(self) -> &'static str {
        match self {
            PersonKind::Person => "person",
            PersonKind::Room => "room",
            PersonKind::Bot => "bot",
            PersonKind::Service => "service",
        }
    }
}

/// An entry of the roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Person<P = Identity> {
    /// The person.
    pub person: P,
    /// Other identities of theirs.
    pub aliases: Vec<P>,
    /// Their team.
    pub team: Option<String>,
    /// When they joined the organisation.
    pub joined_at: Option<Millis>,
    /// When they left it.
    pub left_at: Option<Millis>,
    /// What the account stands for.
    pub kind: PersonKind,
    /// Since when they have been in that team; else since they joined, else always.
    pub team_from: Option<Millis>,
    /// Until when, excluded; else until the next team that is said.
    pub team_to: Option<Millis>,
    /// Identities that are not theirs, whoever claims so.
    pub apart: Vec<P>,
    /// Their events are not counted (true), or are counted again (false).
    pub excluded: Option<bool>,
}

impl<P> Person<P> {
    /// Somebody of whom nothing else is said.
    pub fn new(person: P) -> Self {
        Person {
            person,
            aliases: Vec::new(),
            team: None,
            joined_at: None,
            left_at: None,
            kind: PersonKind::Person,
            team_from: None,
            team_to: None,
            apart: Vec::new(),
            excluded: None,
        }
    }
}

/// When a source was really observing events of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The kind observed.
    pub kind: EventKind,
    /// A source, or the prefix of the targets it watches.
    pub scope: String,
    /// From when, included.
    pub from: Millis,
    /// Until when, excluded; open if absent.
    pub to: Option<Millis>,
}
