//! How far one write-up came out of the team that owns it, as the list of write-ups tells it.

use serde_json::{Value as Json, json};

use super::compute::Computed;
use crate::indicators::{ByTeam, Context, readers_by_team};
use crate::summary::margins::Margins;
use crate::summary::suppress;

/// The readers of each write-up by team, in the order of the registry.
pub(super) struct Outside(Vec<ByTeam>);

/// What may be told of all write-ups.
pub(super) struct Judged {
    /// Of each write-up, whether its readers of other teams may be told.
    pub(super) shown: Vec<bool>,
    /// Numbers of indicators that would tell what is withheld in the list: code and place.
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
}

/// What tells the readers of other teams of all write-ups together, in both forms.
const SHARES: [(&str, &str); 3] = [
    ("L12", "/cross_team/outside_share"),
    ("L12", "/cross_team/outside_share/n"),
    ("L12", "/cross_team/outside_share_clustered"),
];

/// The same of the denominator alone.
const DENOMINATOR: (&str, &str) = ("L12", "/cross_team/outside_share_clustered/den");

impl Outside {
    pub(super) fn of(computed: &Computed) -> anyhow::Result<Self> {
        let mut found = readers_by_team(&computed.facts)?;
        let all = 0..computed.registry.len();
        Ok(Outside(
            all.map(|at| found.remove(&at).unwrap_or_default())
                .collect(),
        ))
    }

    /// Judges the write-ups together: L12 tells the sum of the readers of other teams and of those of known
    /// teams, and the list how many readers each has (`readers`: whether it does). `listed`: whether it is in
    /// the list.
    pub(super) fn judge(&self, listed: &[bool], readers: &[bool], k: u32) -> Judged {
        let mut margins = Margins::default();
        let (mut outside, mut inside, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (one, (listed, readers)) in self.0.iter().zip(listed.iter().zip(readers)) {
            let Some(others) = one.outside else {
                places.push(None);
                continue;
            };
            let own = one.known() - others;
            let cells = match listed {
                true => [margins.cell(others), margins.cell(own)],
                false => [margins.unlisted(others), margins.unlisted(own)],
            };
            // Who is of no known team is what its readers have more.
            if *readers {
                let unknown = margins.unlisted(one.unknown);
                margins.sum(vec![cells[0], cells[1], unknown]);
            }
            margins.together(cells[0], cells[1]);
            margins.together(cells[1], cells[0]);
            outside.push(cells[0]);
            inside.push(cells[1]);
            places.push(Some(cells[0]));
        }
        let totals = [margins.sums(), margins.sums() + 1];
        margins.sum(outside);
        margins.sum(inside);
        let judged = margins.judge(k.into());
        let is_shown = |(at, place): (usize, Option<usize>)| {
            let few = suppress::count_is_withheld(self.0[at].unknown, k.into());
            // Where all readers are told, the few of unknown teams would be what is left of them.
            let is_left = few && readers.get(at) == Some(&true);
            place.is_some_and(|place| judged.shown[place]) && !is_left
        };
        let is_betrayed = totals
            .iter()
            .any(|sum| judged.told.get(*sum) == Some(&false));
        let betrayed = SHARES.iter().chain([&DENOMINATOR]).copied();
        Judged {
            shown: places.into_iter().enumerate().map(is_shown).collect(),
            betrayed: betrayed.filter(|_| is_betrayed).collect(),
        }
    }

    /// What is told of one write-up, by its place; nothing where its owner, or the team of every reader, is
    /// unknown.
    pub(super) fn told(&self, at: usize, shown: bool) -> Option<Json> {
        let one = self.0.get(at)?;
        let (outside, known) = (one.outside?, one.known());
        if known == 0 {
            return None;
        }
        Some(match shown {
            true => json!({
                "readers": known,
                "outside": outside,
                "share": outside as f64 / known as f64,
            }),
            false => json!({ "readers": null, "outside": null, "share": null, "suppressed": true }),
        })
    }
}

/// Whether each write-up is in a list.
pub(super) fn listed<T>(
    registry: &[T],
    context: &Context,
    is_listed: impl Fn(&T, i64) -> bool,
) -> Vec<bool> {
    registry
        .iter()
        .map(|writeup| is_listed(writeup, context.as_of))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(rows: &[(u64, u64, u64)]) -> Outside {
        let one = |&(outside, inside, unknown): &(u64, u64, u64)| ByTeam {
            teams: BTreeMap::from([("own".to_owned(), inside), ("b".to_owned(), outside)]),
            unknown,
            outside: Some(outside),
        };
        Outside(rows.iter().map(one).collect())
    }

    fn shown(rows: &[(u64, u64, u64)], listed: &[bool]) -> Vec<bool> {
        of(rows).judge(listed, &vec![true; rows.len()], 5).shown
    }

    #[test]
    fn a_few_outside_or_inside_take_another_write_up_with_them() {
        let many = (9, 12, 0);
        let all = [true; 4];
        assert_eq!(shown(&[many, many, many], &all), [true; 3]);
        for few in [(2, 12, 0), (9, 3, 0)] {
            let told = shown(&[few, many, (30, 30, 0), (40, 40, 0)], &all);
            assert_eq!(told, [false, false, true, true]);
        }
        // One that is in no list is what the sum has more.
        let told = shown(&[many, (30, 30, 0), (3, 30, 0)], &[true, true, false]);
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "{told:?}");
    }

    #[test]
    fn readers_of_unknown_teams_are_not_what_is_left() {
        let told = shown(&[(9, 12, 2), (9, 12, 0), (9, 12, 8)], &[true; 3]);
        assert!(!told[0] && told[2], "{told:?}");
        let hidden = of(&[(9, 12, 2)]).judge(&[true], &[false], 5);
        assert_eq!(hidden.shown, [true]);
    }

    #[test]
    fn the_sum_is_withheld_where_it_is_one_write_up_s() {
        let judged = of(&[(2, 12, 0)]).judge(&[true], &[true], 5);
        assert_eq!(judged.shown, [false]);
        assert!(judged.betrayed.contains(&SHARES[0]));
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let mut all = of(&[(9, 12, 0), (0, 0, 7)]);
        all.0.push(ByTeam::default());
        let json = all.told(0, true).unwrap();
        assert_eq!(
            (&json["outside"], &json["readers"]),
            (&json!(9), &json!(21))
        );
        assert_eq!(all.told(0, false).unwrap()["suppressed"], true);
        assert_eq!(all.told(1, true), None);
        assert_eq!(all.told(2, true), None);
    }
}
