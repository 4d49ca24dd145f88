//! Who is who after merges, splits, teams and exclusions.

use proptest::prelude::*;

use super::*;

fn entry(person: u128, aliases: &[u128]) -> PersonRow {
    PersonRow {
        source: "roster".to_owned(),
        person,
        aliases: aliases.to_vec(),
        kind: "person".to_owned(),
        ..PersonRow::default()
    }
}

fn by_hand(at: i64, person: u128, aliases: &[u128], apart: &[u128]) -> PersonRow {
    PersonRow {
        at,
        key: u64::try_from(at).unwrap(),
        source: BY_HAND.to_owned(),
        apart: apart.to_vec(),
        ..entry(person, aliases)
    }
}

fn numbered(landed: &[PersonRow]) -> Vec<u32> {
    let numbers = [(10, 1), (11, 2), (12, 3), (13, 4)];
    let people = people(1, &numbers, landed);
    people.rows.iter().map(|row| row.number).collect()
}

#[test]
fn an_alias_is_its_person_unless_two_claim_it() {
    assert_eq!(
        numbered(&[entry(10, &[12, 13]), entry(11, &[13])]),
        [1, 2, 1, 4]
    );
    // 11 has an entry of its own and is 10's other name; 12 and 13 claim each other.
    let entries = [
        entry(10, &[11]),
        entry(11, &[]),
        entry(12, &[13]),
        entry(13, &[12]),
    ];
    assert_eq!(numbered(&entries), [1, 1, 3, 3]);
}

#[test]
fn the_last_word_on_two_names_holds() {
    let merge = by_hand(1, 10, &[11], &[]);
    let split = by_hand(2, 11, &[], &[10]);
    let again = by_hand(3, 11, &[10], &[]);
    assert_eq!(numbered(std::slice::from_ref(&merge)), [1, 1, 3, 4]);
    assert_eq!(numbered(&[split.clone(), merge.clone()]), [1, 2, 3, 4]);
    assert_eq!(numbered(&[again, split, merge]), [1, 1, 3, 4]);
    // Split, merged and split again, the other way round: as it was after the first time.
    let words = [
        entry(10, &[11, 12]),
        by_hand(1, 11, &[], &[12]),
        by_hand(2, 11, &[12], &[]),
        by_hand(3, 12, &[], &[11]),
    ];
    assert_eq!(numbered(&words), [1, 1, 3, 4]);
}

#[test]
fn a_split_holds_apart_what_a_roster_unites() {
    let roster = entry(10, &[11, 12]);
    // The alias from its person, the person from the alias, two aliases.
    for (a, b, expected) in [
        (10, 11, [1, 2, 1, 4]),
        (11, 10, [1, 2, 1, 4]),
        (11, 12, [1, 1, 3, 4]),
    ] {
        let split = by_hand(1, a, &[], &[b]);
        assert_eq!(numbered(&[roster.clone(), split]), expected, "{a} {b}");
    }
    // Not by way of a third, either.
    let words = [
        by_hand(1, 10, &[13], &[]),
        by_hand(2, 13, &[12], &[]),
        by_hand(3, 10, &[], &[12]),
    ];
    assert_eq!(numbered(&words), [1, 2, 3, 1]);
}

#[test]
fn teams_have_their_time() {
    let dated = |team: &str, from: Option<i64>, to: Option<i64>| PersonRow {
        team: team.to_owned(),
        team_from: from,
        team_to: to,
        ..entry(10, &[])
    };
    let landed = [
        dated("search", Some(50), None),
        dated("payments", None, None),
        dated("away", Some(70), Some(80)),
        dated("back", Some(90), None),
    ];
    let known = people(1, &[(10, 1)], &landed);
    let teams: Vec<_> = known
        .teams
        .iter()
        .map(|team| (team.from_at, team.to_at, team.team.as_str()))
        .collect();
    assert_eq!(
        teams,
        [
            (i64::MIN, 50, "payments"),
            (50, 70, "search"),
            (70, 80, "away"),
            (90, i64::MAX, "back")
        ]
    );
    assert_eq!(known.rows[0].team, "back");
}

#[test]
fn without_dates_the_last_word_of_a_roster_holds() {
    let said = |at: i64, source: &str, team: &str, aliases: &[u128]| PersonRow {
        at,
        source: source.to_owned(),
        team: team.to_owned(),
        joined_at: Some(5),
        ..entry(10, aliases)
    };
    let names = PersonRow {
        at: 9,
        source: "mailmap".to_owned(),
        ..entry(10, &[12])
    };
    let landed = [
        said(1, "hr", "old", &[11]),
        said(2, "hr", "new", &[]),
        names,
    ];
    let known = people(1, &[(10, 1), (11, 2), (12, 3)], &landed);
    assert_eq!(known.teams.len(), 1);
    assert_eq!((known.teams[0].from_at, &*known.teams[0].team), (5, "new"));
    // The alias was taken back; a list of addresses takes nothing back.
    let seen: Vec<u32> = known.rows.iter().map(|row| row.number).collect();
    assert_eq!(seen, [1, 2, 1]);
    assert_eq!(known.rows[2].team, "new");
}

#[test]
fn somebody_is_excluded_under_all_their_names() {
    let said = |at: i64, person: u128, excluded: bool| PersonRow {
        excluded: Some(excluded),
        ..by_hand(at, person, &[], &[])
    };
    let kinds = |landed: &[PersonRow]| -> Vec<String> {
        let people = people(1, &[(10, 1), (11, 2), (12, 3)], landed);
        people.rows.into_iter().map(|row| row.kind).collect()
    };
    let roster = entry(10, &[11]);
    let out = said(1, 11, true);
    assert_eq!(
        kinds(&[roster.clone(), out.clone()]),
        ["excluded", "excluded", "person"]
    );
    assert_eq!(kinds(&[roster, out, said(2, 10, false)]), ["person"; 3]);
}

fn words() -> impl Strategy<Value = Vec<PersonRow>> {
    let names = || prop::collection::vec(0_u128..6, 0..3);
    let word = (0_u128..6, names(), names(), any::<bool>());
    prop::collection::vec(word, 0..8).prop_map(|words| {
        let row =
            |(at, (person, aliases, apart, hand)): (usize, (u128, Vec<u128>, Vec<u128>, bool))| {
                let at = i64::try_from(at).unwrap();
                let apart: Vec<u128> = if hand { apart } else { Vec::new() };
                PersonRow {
                    source: if hand { BY_HAND } else { "roster" }.to_owned(),
                    ..by_hand(at, person, &aliases, &apart)
                }
            };
        words.into_iter().enumerate().map(row).collect()
    })
}

proptest! {
    /// Whatever was said, the last word of two names keeps them apart; a merge that a split takes back
    /// leaves everything as it was; and the order in which rows come changes nothing.
    #[test]
    fn a_split_undoes_a_merge(landed in words(), a in 0_u128..6, b in 0_u128..6) {
        let both = pair(a, b);
        let spoken = |row: &PersonRow| {
            let others = row.aliases.iter().chain(&row.apart);
            row.source == BY_HAND && others.into_iter().any(|other| pair(row.person, *other) == both)
        };
        prop_assume!(a != b && !landed.iter().any(spoken));
        let all = |landed: &[PersonRow]| -> Vec<u128> {
            let names = Names::of(landed);
            (0..6).map(|name| names.stands_for(name)).collect()
        };
        let before = all(&landed);
        let [left, right] = [both.0, both.1].map(|name| usize::try_from(name).unwrap());
        let merged = [landed.clone(), vec![by_hand(100, a, &[b], &[])]].concat();
        let split = [merged.clone(), vec![by_hand(101, b, &[], &[a])]].concat();
        let after = all(&split);
        prop_assert_ne!(after[left], after[right]);
        if before[left] != before[right] {
            prop_assert_eq!(&before, &after);
        }
        let mut turned = merged.clone();
        turned.reverse();
        prop_assert_eq!(all(&merged), all(&turned));
    }
}
