//! Counts of story rounds, as somebody says them by hand: "Which incident would you tell a new colleague about?"

use super::meetings::{later, unique};
use super::people::BY_HAND;
use super::registry::file::shown;
use crate::collect::lost_story;
use crate::model::{Body, Event, Millis, Story, parse_rfc3339};
use crate::store::StoryFact;

/// The count of one incident in a story round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The round, such as `2026-H2`.
    pub round: String,
    /// The write-up's id, or empty.
    pub subject: String,
    /// A short title where there is none.
    pub label: Option<String>,
    /// How many named it.
    pub count: u32,
}

impl Count {
    /// One more event, the last word on this incident in this round.
    ///
    /// # Errors
    /// What would not be kept as it is, in words; no randomness for its id.
    pub fn event(self, said: &[StoryFact], number: u32, now: Millis) -> anyhow::Result<Event> {
        // One that was named otherwise before can still be corrected.
        let is_said = said.iter().any(|one| one.round == self.round);
        if !is_round(&self.round) && !is_said {
            anyhow::bail!(
                "round: {} is no name of a round; valid is the year and its half, such as 2026-H1 or 2026-H2",
                shown(&self.round)
            );
        }
        if !is_said && !is_begun(&self.round, now) {
            anyhow::bail!(
                "round: {} has not begun; valid are this half of the year and those before",
                self.round
            );
        }
        let story = Story {
            round: self.round,
            count: self.count,
            label: self.label,
        };
        if let Some(lost) = lost_story(&story) {
            anyhow::bail!("{lost}");
        }
        let called = story.label.as_deref().unwrap_or_default();
        let same = |one: &&StoryFact| {
            one.round == story.round
                && one.writeup == number
                && (number != 0 || one.called == called)
        };
        let before = said.iter().filter(same).map(|one| one.version).max();
        Ok(Event {
            source: BY_HAND.into(),
            id: unique("story")?,
            subject: self.subject,
            time: now,
            version: later(before.unwrap_or(0), now),
            body: Body::Story(story),
        })
    }
}

/// Whether a round, which is called as it should, began anywhere on earth.
fn is_begun(round: &str, now: Millis) -> bool {
    let first = match round.split_once('-') {
        Some((year, "H1")) => format!("{year}-01-01T00:00:00+14:00"),
        Some((year, _)) => format!("{year}-07-01T00:00:00+14:00"),
        None => return true,
    };
    parse_rfc3339(&first).is_none_or(|first| first <= now)
}

/// Whether a story round is called so: it is held twice a year.
fn is_round(name: &str) -> bool {
    let Some((year, half)) = name.split_once('-') else {
        return false;
    };
    year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && matches!(half, "H1" | "H2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_halves_of_years() {
        for (name, expected) in [
            ("2026-H1", true),
            ("2026-H2", true),
            ("2026-H3", false),
            ("26-H1", false),
            ("2026-h1", false),
            ("2026", false),
            ("spring", false),
            ("", false),
        ] {
            assert_eq!(is_round(name), expected, "{name}");
        }
        let noon = |day: &str| parse_rfc3339(&format!("{day}T12:00:00Z")).unwrap();
        for (round, day, expected) in [
            ("2026-H1", "2025-12-30", false),
            ("2026-H1", "2026-01-01", true),
            ("2026-H2", "2026-06-29", false),
            ("2026-H2", "2026-07-01", true),
            ("2027-H2", "2026-11-27", false),
        ] {
            assert_eq!(is_begun(round, noon(day)), expected, "{round}");
        }
        let count = |round: &str| Count {
            round: round.to_owned(),
            subject: "INC-1".to_owned(),
            label: None,
            count: 0,
        };
        let refused = count("spring").event(&[], 1, 0).unwrap_err().to_string();
        assert!(
            refused.starts_with("round: \"spring\" is no name")
                && refused.contains("such as 2026-H1"),
            "{refused}"
        );
        let ahead = count("2027-H2").event(&[], 1, noon("2026-11-27"));
        let ahead = ahead.unwrap_err().to_string();
        assert!(ahead.contains("2027-H2 has not begun"), "{ahead}");
        let said = StoryFact {
            round: "spring".to_owned(),
            writeup: 1,
            called: String::new(),
            count: 4,
            version: 7,
        };
        assert!(
            count("spring").event(&[said], 1, 0).is_ok(),
            "it can be taken back"
        );
    }
}
