//! Where a link to a write-up stands: one closed list, fixed by the contract.

use std::fmt;
use std::str::FromStr;

/// The place of a link (CONTRACT, "Link places").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A commit message.
    Commit,
    /// A comment in source code.
    CodeComment,
    /// Source code outside a comment, for instance a string literal.
    Code,
    /// An architecture diagram.
    Diagram,
    /// Another write-up.
    Writeup,
    /// An onboarding page.
    Onboarding,
    /// A runbook.
    Runbook,
    /// Any other documentation.
    Docs,
    /// A configuration file.
    Config,
    /// An issue, ticket or pull request.
    Ticket,
    /// A chat message.
    Chat,
    /// Anything else.
    Other,
}

impl Place {
    /// Every place, in the contract's order.
    pub const ALL: [Place; 12] = [
        Place::Commit,
        Place::CodeComment,
        Place::Code,
        Place::Diagram,
        Place::Writeup,
        Place::Onboarding,
        Place::Runbook,
        Place::Docs,
        Place::Config,
        Place::Ticket,
        Place::Chat,
        Place::Other,
    ];

    /// The five places the talk names; indicators that speak of places use these.
    pub const OF_THE_TALK: [Place; 5] = [
        Place::CodeComment,
        Place::Commit,
        Place::Diagram,
        Place::Onboarding,
        Place::Writeup,
    ];

    /// The name used in events, tables and results.
    pub const fn name(self) -> &'static str {
        match self {
            Place::Commit => "commit",
            Place::CodeComment => "code_comment",
            Place::Code => "code",
            Place::Diagram => "diagram",
            Place::Writeup => "writeup",
            Place::Onboarding => "onboarding",
            Place::Runbook => "runbook",
            Place::Docs => "docs",
            Place::Config => "config",
            Place::Ticket => "ticket",
            Place::Chat => "chat",
            Place::Other => "other",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlace(pub String);

impl fmt::Display for UnknownPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Place::ALL.iter().map(|p| p.name()).collect();
        write!(
            f,
            "unknown place {:?}; known are {}",
            self.0,
            known.join(", ")
        )
    }
}

impl std::error::Error for UnknownPlace {}

impl FromStr for Place {
    type Err = UnknownPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Place::ALL
            .into_iter()
            .find(|place| place.name() == text)
            .ok_or_else(|| UnknownPlace(text.to_owned()))
    }
}
