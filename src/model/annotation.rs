//! Annotations: what somebody says changed, and from which day on. They are entered by hand before anybody
//! looks whether it shows, and T6 tests each.

use chrono::NaiveDate;

/// The longest text, characters: it stands at a line in a chart.
pub const LONGEST_ANNOTATION: usize = 120;

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// From this local day on.
    pub on: NaiveDate,
    /// What it was, in a few words that name nobody.
    pub text: String,
    /// What it is expected to act on.
    pub acts_on: ActsOn,
    /// It is taken back.
    pub removed: bool,
}

/// What a change is expected to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActsOn {
    /// Write-ups that are published from then on: a template, a guide.
    Writeups,
    /// Reviews that are held from then on: a format, an invitation to all.
    Reviews,
    /// How all write-ups are found and read: a new wiki, a newsletter.
    Reading,
    /// The organisation itself: a reorganisation, which may explain what others seem to do.
    Organisation,
}

impl ActsOn {
    /// Every one.
    pub const ALL: [ActsOn; 4] = [
        ActsOn::Writeups,
        ActsOn::Reviews,
        ActsOn::Reading,
        ActsOn::Organisation,
    ];

    /// Its name in events and commands.
    pub const fn name(self) -> &'static str {
        match self {
            ActsOn::Writeups => "writeups",
            ActsOn::Reviews => "reviews",
            ActsOn::Reading => "reading",
            ActsOn::Organisation => "organisation",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ActsOn::ALL.into_iter().find(|one| one.name() == name)
    }
}
