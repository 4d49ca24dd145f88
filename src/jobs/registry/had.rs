//! Which teams had an incident: those that were said, and those that its people were in when the write-up
//! was published. A house with a roster need not name teams in every write-up.

use std::collections::{BTreeSet, HashMap};

use crate::model::Millis;
use crate::store::{RegistryTeam, RegistryWriteup};

/// The last instant that a team without an end holds at.
const LAST: Millis = Millis::MAX - 1;

/// Adds the teams of contributors and responders to those that were said. What has no day of publication is
/// still written: the teams of today have it.
pub(in crate::jobs) fn teams_that_had(writeups: &mut [RegistryWriteup], teams: &[RegistryTeam]) {
    let mut of_person: HashMap<u32, Vec<&RegistryTeam>> = HashMap::new();
    for team in teams {
        of_person.entry(team.number).or_default().push(team);
    }
    for writeup in writeups {
        let at = writeup.published_at.unwrap_or(LAST);
        let people = writeup.contributors.iter().chain(&writeup.responders);
        let teams = people.filter_map(|person| of_person.get(person)).flatten();
        let then = teams.filter(|team| (team.from_at..team.to_at).contains(&at));
        // In one order, so that the same house is the same registry.
        let then: BTreeSet<&String> = then.map(|team| &team.team).collect();
        for team in then {
            let is_said = writeup.owner_team.as_ref() == Some(team)
                || writeup.contributor_teams.contains(team);
            if !is_said {
                writeup.contributor_teams.push(team.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_had_what_its_people_had_then() {
        let team = |number: u32, from_at: i64, to_at: i64, team: &str| RegistryTeam {
            generation: 1,
            number,
            from_at,
            to_at,
            team: team.to_owned(),
        };
        let teams = [
            team(1, i64::MIN, 10, "payments"),
            team(1, 10, i64::MAX, "search"),
            team(2, 5, 20, "storage"),
            team(3, i64::MIN, i64::MAX, "owners"),
            team(4, i64::MIN, i64::MAX, "others"),
        ];
        let of = |published_at: Option<i64>| {
            let mut writeups = [RegistryWriteup {
                published_at,
                owner_team: Some("owners".to_owned()),
                contributor_teams: vec!["said".to_owned()],
                contributors: vec![2, 1, 9],
                responders: vec![3],
                reviewers: vec![4],
                ..RegistryWriteup::default()
            }];
            teams_that_had(&mut writeups, &teams);
            let [writeup] = writeups;
            writeup.contributor_teams
        };
        assert_eq!(of(Some(9)), ["said", "payments", "storage"]);
        assert_eq!(of(Some(10)), ["said", "search", "storage"]);
        assert_eq!(of(Some(20)), ["said", "search"]);
        assert_eq!(of(None), ["said", "search"]);
    }
}
