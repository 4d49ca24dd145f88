//! Links that do not count: how many for which reason, and one by one.

use std::collections::BTreeMap;

use crate::app::House;
use crate::store::{FactSettings, LinksAsked, ListedLink, UncountedLink};

/// Why a link does not count, as the store has it, and what that means.
const REASONS: [(&str, &str); 9] = [
    ("own", "a write-up that names itself"),
    ("robot", "made by a robot"),
    ("generated", "in a file that a program wrote"),
    ("vendored", "in a file copied from others"),
    (
        "unreachable",
        "in a commit that the branch no longer leads to",
    ),
    ("template", "in a page that others begin as"),
    ("index", "on a list of write-ups"),
    ("after_deletion", "made after the write-up was deleted"),
    (
        "doubled",
        "one with another since their write-ups were merged",
    ),
];

/// Whether links that do not count for this reason are in the list of all links, too.
fn is_listed(reason: &str) -> bool {
    matches!(reason, "index" | "template")
}

/// A reason as it is given; empty is all.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let name = text.replace('-', "_");
    if name.is_empty() || REASONS.iter().any(|(known, _)| *known == name) {
        return Ok(name);
    }
    let known = REASONS.map(|(known, _)| super::part_words(known));
    Err(format!("valid are {}", known.join(", ")))
}

/// The reasons with what they mean, for the help.
pub(super) fn help() -> String {
    let each = REASONS.map(|(name, means)| format!("  {:<16}{means}", super::part_words(name)));
    format!(
        "Reasons why links do not count (--uncounted):\n{}\n",
        each.join("\n")
    )
}

/// How many links do not count, by reason.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// All of them.
    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// In words; nothing where all count.
    pub(super) fn words(&self) -> Option<String> {
        let each = REASONS.iter().filter_map(|(name, _)| {
            let n = self.0.get(*name)?;
            Some(format!("{n} {}", super::part_words(name)))
        });
        let each: Vec<String> = each.collect();
        (!each.is_empty()).then(|| each.join(", "))
    }

    /// What is said below a list without those that do not count for what they are; those that do not
    /// count for where they stand are in it. `whole`: whether the list shows all there are.
    pub(super) fn beside(self, whole: bool) -> Option<String> {
        let (listed, others) = self
            .0
            .into_iter()
            .partition(|(reason, _)| is_listed(reason));
        let (listed, others) = (Counts(listed), Counts(others));
        let of = |counts: &Counts, which: &str| {
            let does = match counts.total() {
                1 => "does",
                _ => "do",
            };
            let words = counts.words()?;
            Some(format!(
                "{which} {} {does} not count ({words})",
                counts.total()
            ))
        };
        let which = match whole {
            true => "of these,",
            false => "of all of them,",
        };
        let said = [of(&listed, which), of(&others, "beside these,")];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("{}; --uncounted lists them", said.join("; ")))
    }
}

/// Those asked for, the newest first, at most so many (0: all); and all of these reasons in counts.
pub(super) async fn list(
    house: &House,
    settings: &FactSettings,
    asked: &LinksAsked,
    limit: u64,
) -> anyhow::Result<(Vec<ListedLink>, Counts)> {
    let found = house.store.uncounted_links(settings, asked).await?;
    let mut counts = Counts::default();
    for link in &found {
        counts.0.insert(link.reason.clone(), link.of_reason);
    }
    let shown = match limit {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    Ok((found.into_iter().take(shown).map(listed).collect(), counts))
}

fn listed(link: UncountedLink) -> ListedLink {
    ListedLink {
        writeup: link.writeup,
        place: link.place,
        part: link.reason,
        form: link.form,
        stands_in: link.stands_in,
        at: link.at,
        ended_at: link.ended_at,
        removed: link.removed,
    }
}
