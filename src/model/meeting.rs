//! Meetings: what is known of one beside its attendees, the counts of story rounds, and what RFC 5545
//! lets a calendar say of an invitation. The words are closed lists here: whatever else stands in such a
//! field says nothing that Readback understands, and may be somebody's name.

use super::time::Millis;

/// One occurrence of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// As its source names it. The same name is the same occurrence, whichever source speaks of it.
    Named(String),
    /// As the store knows it, by a keyed hash. No event that comes from outside can say it.
    Known(u64),
}

/// What kind of meeting it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeetingForm {
    /// An incident is reviewed.
    Review,
    /// Stories of earlier incidents are told again.
    StorySession,
    /// They are told to those who are new.
    OnboardingTalk,
}

impl MeetingForm {
    /// Every form.
    pub const ALL: [MeetingForm; 3] = [
        MeetingForm::Review,
        MeetingForm::StorySession,
        MeetingForm::OnboardingTalk,
    ];

    /// The name in events, tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            MeetingForm::Review => "review",
            MeetingForm::StorySession => "story_session",
            MeetingForm::OnboardingTalk => "onboarding_talk",
        }
    }

    /// The form with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        MeetingForm::ALL
            .into_iter()
            .find(|form| form.name() == name)
    }
}

/// Where a meeting is held by video, by what names that for every tool: a number of Zoom's. A calendar says
/// where a meeting will be, a meeting tool where it was; what is the same place at about the same time is the
/// same meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// Its name; blank behind the door, where only `hash` is kept.
    pub name: String,
    /// Its keyed hash; 0 in front of the door.
    pub hash: u64,
    /// A calendar says so.
    pub is_planned: bool,
}

impl Venue {
    /// A venue with this name.
    pub const fn new(name: String, is_planned: bool) -> Self {
        Venue {
            name,
            hash: 0,
            is_planned,
        }
    }
}

/// What is known of a meeting beside its attendees; `None` where nobody says it. Several sources' words
/// are put together field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The occurrence.
    pub meeting: Occurrence,
    /// Attendees who spoke for ten seconds at least, without those who led.
    pub spoke: Option<u32>,
    /// The same of those who led.
    pub facilitators_spoke: Option<u32>,
    /// How long anybody spoke, ms.
    pub speaking_ms: Option<u64>,
    /// Length of the meeting, ms.
    pub meeting_ms: Option<u64>,
    /// How many gave their own account.
    pub accounts: Option<u32>,
    /// Changes to the write-up that came of it.
    pub changes: Option<u32>,
    /// How many watched its recording afterwards; they are no attendees.
    pub watched: Option<u32>,
    /// How many rooms and telephones were there, behind each of which may have been people whom nobody names.
    /// No event that comes from outside can say it.
    pub rooms: Option<u32>,
    /// What kind of meeting it was.
    pub form: Option<MeetingForm>,
    /// Everybody may come.
    pub open: Option<bool>,
    /// All of them had to come.
    pub mandatory: Option<bool>,
    /// Where it is held by video. No event that comes from outside can say it.
    pub venue: Option<Venue>,
}

impl Meeting {
    /// A meeting of which nothing else is said.
    pub const fn new(meeting: Occurrence) -> Self {
        Meeting {
            meeting,
            spoke: None,
            facilitators_spoke: None,
            speaking_ms: None,
            meeting_ms: None,
            accounts: None,
            changes: None,
            watched: None,
            rooms: None,
            form: None,
            open: None,
            mandatory: None,
            venue: None,
        }
    }
}

/// The version of what is said at an instant by those whose words have no version of their own: seconds
/// since 2000, twice, so that what is said later wins. 31 bits of seconds last until 2068.
pub fn version_at(at: Millis) -> u32 {
    const YEAR_2000: Millis = 946_684_800_000;
    let seconds = ((at - YEAR_2000) / 1000).clamp(0, (1 << 31) - 1);
    u32::try_from(seconds << 1).unwrap_or(0)
}

/// How many named an incident in a story round ("Which incident would you tell a new colleague about?").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The round, such as `2026-H2`.
    pub round: String,
    /// How many named it.
    pub count: u32,
    /// A short title of what is not written up.
    pub label: Option<String>,
}

/// ROLE (RFC 5545, 3.2.16).
pub const ROLES: [&str; 4] = [
    "CHAIR",
    "REQ-PARTICIPANT",
    "OPT-PARTICIPANT",
    "NON-PARTICIPANT",
];

/// PARTSTAT (RFC 5545, 3.2.12) of an event.
pub const ANSWERS: [&str; 5] = [
    "NEEDS-ACTION",
    "ACCEPTED",
    "DECLINED",
    "TENTATIVE",
    "DELEGATED",
];

/// The role as it is understood: a word that the RFC does not list counts as its default,
/// REQ-PARTICIPANT, as the RFC wants.
pub fn role(word: &str) -> &'static str {
    listed(&ROLES, word).unwrap_or("REQ-PARTICIPANT")
}

/// The answer as it is understood: a word that the RFC does not list counts as NEEDS-ACTION, as the
/// RFC wants.
pub fn answer(word: &str) -> &'static str {
    listed(&ANSWERS, word).unwrap_or("NEEDS-ACTION")
}

fn listed<const N: usize>(words: &[&'static str; N], word: &str) -> Option<&'static str> {
    let word = word.trim();
    words
        .iter()
        .find(|known| known.eq_ignore_ascii_case(word))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_no_list_holds_is_the_default() {
        assert_eq!(
            (role("chair"), role("ada@example.org")),
            ("CHAIR", "REQ-PARTICIPANT")
        );
        assert_eq!(
            (answer(" Accepted"), answer("X-ADA")),
            ("ACCEPTED", "NEEDS-ACTION")
        );
    }
}
