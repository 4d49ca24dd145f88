//! The worked examples of L7 to L13 that only the whole way can show.

use readback::model::time::to_rfc3339;
use readback::model::{DAY_MS, parse_rfc3339};
use serde_json::{Value, json};

use super::worked::{Events, LATER, close, example, of};

/// Whoever read first, and so on: everybody is somebody else.
fn reads(events: &mut Events, subject: &str, published: i64, ages: &[f64]) {
    for (n, age) in ages.iter().enumerate() {
        let at = published + (age * DAY_MS as f64).round() as i64;
        events.read(subject, &to_rfc3339(at), &format!("{subject} {n}"));
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list").iter();
    list.map(|n| n.as_f64().expect("a number")).collect()
}

/// L7 example 1, thrice so that there are enough reads: a deletion ends the watching after 100 days, and what
/// comes within a minute counts as a minute.
#[tokio::test]
async fn ages_of_reads_have_a_law() {
    let published = parse_rfc3339("2025-01-01T00:00:00Z").expect("an instant");
    let input = example_input("L7", 0);
    let mut events = Events::default();
    events.watched("read");
    for id in ["a", "b", "c"] {
        let at = |days: i64| to_rfc3339(published + days * DAY_MS);
        events.writeup(id, json!({ "published_at": at(0), "deleted_at": at(100) }));
        reads(&mut events, id, published, &numbers(&input["ages"]));
        // Neither at the very instant of publication nor before it.
        reads(&mut events, id, published, &[0.0]);
    }
    let Some(results) = events.results("l7", chrono_tz::UTC, LATER).await else {
        return;
    };
    close(&results, "L7.decay.n", 36.0);
    close(&results, "L7.decay.writeups", 3.0);
    let expect = example("L7", 0);
    for law in ["exponential", "weibull", "lognormal", "lomax"] {
        let loglik = 3.0 * expect[law]["loglik"].as_f64().expect("a number");
        close(&results, &format!("L7.decay.models.{law}.loglik"), loglik);
    }
    assert_eq!(*of(&results, "L7.decay.best_aic"), "lomax");
}

/// What is given for an example, by its place among those of a code.
fn example_input(code: &str, at: usize) -> Value {
    let text = include_str!("../vectors/worked_examples.json");
    let all: Vec<Value> = serde_json::from_str(text).expect("JSON");
    let mut own = all.into_iter().filter(|one| one["id"] == code);
    own.nth(at).expect("an example")["input"].take()
}

/// L8 example 1: a read at first, and ten after five months.
#[tokio::test]
async fn a_sleeping_write_up_wakes_up() {
    let published = parse_rfc3339("2024-06-01T00:00:00Z").expect("an instant");
    let mut events = Events::default();
    events.watched("read");
    events.writeup("w", json!({ "published_at": to_rfc3339(published) }));
    let woken = (0..10).map(|n| 150.0 + f64::from(n) * 2.5);
    // The bin in which it is looked at is not whole.
    let unfinished = (0..20).map(|n| 180.25 + f64::from(n) * 0.1);
    let ages: Vec<f64> = [29.999]
        .into_iter()
        .chain(woken)
        .chain(unfinished)
        .collect();
    reads(&mut events, "w", published, &ages);
    let as_of = to_rfc3339(published + 209 * DAY_MS);
    let Some(results) = events.results("l8", chrono_tz::UTC, &as_of).await else {
        return;
    };
    let top = &of(&results, "L8.beauty_top")[0];
    let expect = example("L8", 0);
    assert_eq!(top["writeup"], "w");
    for name in ["B", "t_m", "t_a", "c_tm"] {
        assert_eq!(top[name].as_f64(), expect[name].as_f64(), "{name}");
    }
}

/// L9 example 1 in weeks of New York, where a Monday begins at four or five o'clock UTC: the rest of the 40 reads
/// of each week is of a write-up without a date.
#[tokio::test]
async fn weeks_of_a_burst_are_local() {
    let input = example_input("L9", 0);
    let mut events = Events::default();
    events.watched("read");
    // Sunday evening there; the first whole week begins on 6 January.
    events.writeup("w", json!({ "published_at": "2025-01-06T04:00:00Z" }));
    events.writeup("other", json!({}));
    let first = parse_rfc3339("2025-01-06T05:00:00Z").expect("an instant");
    for (week, n) in (0_i64..).zip(numbers(&input["r"])) {
        let n = n as i64;
        for reader in 0..40 {
            let subject = if reader < n { "w" } else { "other" };
            // From the first minute of the week to its last.
            let at = first + week * 7 * DAY_MS + reader * (7 * DAY_MS - 60_000) / 39;
            events.read(subject, &to_rfc3339(at), &format!("{week} {reader}"));
        }
    }
    let as_of = "2025-03-03T05:00:00Z";
    let Some(results) = events
        .results("l9", chrono_tz::America::New_York, as_of)
        .await
    else {
        return;
    };
    let found = &of(&results, "L9.bursts")[0];
    let expect = example("L9", 0);
    assert_eq!(
        (&found["writeup"], &found["first_week"]),
        (&json!("w"), &json!("2025-W02"))
    );
    for name in ["p0", "p1", "n"] {
        assert_eq!(found[name].as_f64(), expect[name].as_f64(), "{name}");
    }
    let (burst, expected) = (&found["bursts"][0], &expect["bursts"][0]);
    assert_eq!(
        (&burst["begin"], &burst["end"]),
        (&expected["begin"], &expected["end"])
    );
    let weight = |burst: &Value| burst["weight"].as_f64().expect("a number");
    assert!((weight(burst) - weight(expected)).abs() < 1e-9, "{burst}");
}

/// L10 example 1 and the edge of its year, which cuts through a local day; counts stand at its noon.
#[tokio::test]
async fn a_year_of_reading_begins_within_a_day() {
    let mut events = Events::default();
    events.watched("read");
    let published = json!({ "published_at": "2023-01-01T00:00:00Z" });
    for (id, n) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        events.writeup(id, published.clone());
        for reader in 0..n {
            events.read(id, "2025-02-01T12:00:00Z", &format!("{id} {reader}"));
        }
    }
    // As of six o'clock; a year before, and a millisecond.
    events.read("a", "2024-06-01T05:59:59.999Z", "early");
    for (day, count) in [("2024-05-31", 50), ("2024-06-01", 2)] {
        let data = json!({ "granularity": "day", "count": count });
        events.add("read_count", "d", &format!("{day}T00:00:00Z"), data);
    }
    // The fourth has two more of its counter, and the third two of that first day; a read without a date is none.
    for person in ["first", "second"] {
        events.read("c", "2024-06-01T06:00:00Z", person);
    }
    events.writeup("undated", json!({}));
    events.read("undated", "2025-02-01T12:00:00Z", "somebody");
    let as_of = "2025-06-01T06:00:00Z";
    let Some(results) = events.results("l10", chrono_tz::UTC, as_of).await else {
        return;
    };
    let number = |name: &str, expected: f64| {
        close(&results, &format!("L10.concentration.{name}"), expected);
    };
    number("writeups", 4.0);
    number("reads", 14.0);
    number("zero_read", 0.0);
    // 1, 2, 5 and 6.
    number("gini", 18.0 / 56.0);
    number("hhi", 66.0 / 196.0);
    number("top20_share", 6.0 / 14.0);
}

/// L11 example 2 with one more reader: six on the roster, one who left before the window, one who was never
/// on it.
#[tokio::test]
async fn reach_is_of_those_on_the_roster() {
    let mut events = Events::default();
    events.watched("read");
    events.writeup("w", json!({ "published_at": "2025-01-01T00:00:00Z" }));
    let person = |n: usize| format!("p{n}@example.org");
    for n in 0..7 {
        let left = (n == 6).then_some("2025-02-01T00:00:00Z");
        let data = json!({ "person": person(n), "team": "a", "left_at": left });
        events.add("person", &person(n), "2025-01-01T00:00:00Z", data);
    }
    // A robot is nobody, and who is excluded is not counted.
    let robot = json!({ "person": "robot", "team": "a", "kind": "bot" });
    events.add("person", "robot", "2025-01-01T00:00:00Z", robot);
    for n in 0..8 {
        events.read("w", "2025-05-01T12:00:00Z", &person(n));
    }
    let Some(results) = events.results("l11", chrono_tz::UTC, LATER).await else {
        return;
    };
    let expect = example("L11", 1);
    for name in ["k", "n", "p", "lo", "hi"] {
        let expected = expect[name].as_f64().expect("a number");
        close(&results, &format!("L11.reach.{name}"), expected);
    }
}

/// L12: the team is the one at the last read, by the event's word or the roster's.
#[tokio::test]
async fn readers_are_of_the_team_they_read_in() {
    let mut events = Events::default();
    let owned = json!({ "published_at": "2025-01-01T00:00:00Z", "owner_team": "own" });
    events.writeup("w", owned);
    for (person, from, team) in [
        ("moved", "2020-01-01", "own"),
        ("moved", "2025-03-01", "b"),
        ("stays", "2020-01-01", "own"),
        ("c", "2020-01-01", "c"),
    ] {
        let data =
            json!({ "person": person, "team": team, "team_from": format!("{from}T00:00:00Z") });
        events.add("person", person, "2025-01-01T00:00:00Z", data);
    }
    for (person, date) in [
        ("moved", "2025-02-01"),
        ("moved", "2025-04-01"),
        ("stays", "2025-02-01"),
        ("c", "2025-02-01"),
        ("unknown", "2025-02-01"),
    ] {
        events.read("w", &format!("{date}T12:00:00Z"), person);
    }
    // A guest whose events once named a team, and somebody whose event knows better than the roster.
    for (person, date, team) in [
        ("guest", "2025-02-01", json!("d")),
        ("guest", "2025-02-02", Value::Null),
        ("c", "2025-02-03", json!("own")),
    ] {
        let data = json!({ "person": person, "team": team });
        events.add("read", "w", &format!("{date}T12:00:00Z"), data);
    }
    let Some(results) = events.results("l12", chrono_tz::UTC, LATER).await else {
        return;
    };
    // own: stays, c; b: moved; d: guest; nobody knows of the fifth.
    close(&results, "L12.cross_team.outside_share.k", 2.0);
    close(&results, "L12.cross_team.outside_share.n", 4.0);
    close(&results, "L12.cross_team.teams_in_roster", 3.0);
    let entropy = 0.5 * 2.0_f64.ln() + 0.5 * 4.0_f64.ln();
    close(
        &results,
        "L12.cross_team.median_effective_teams",
        entropy.exp(),
    );
    close(
        &results,
        "L12.cross_team.median_evenness",
        entropy / 3.0_f64.ln(),
    );
    let teams = &results["writeups"][0]["outside_team"];
    assert_eq!(*teams, json!({ "readers": 4, "outside": 2, "share": 0.5 }));
}

/// L13: reads of what was there before somebody came, with and without those that were a task.
#[tokio::test]
async fn newcomers_read_what_is_older_than_they_are() {
    let mut events = Events::default();
    events.watched("read");
    events.writeup("old", json!({ "published_at": "2024-06-01T00:00:00Z" }));
    events.writeup("new", json!({ "published_at": "2025-01-20T00:00:00Z" }));
    let joined = parse_rfc3339("2025-01-10T00:00:00Z").expect("an instant");
    let at = |day: f64| to_rfc3339(joined + (day * DAY_MS as f64) as i64);
    let came = |events: &mut Events, person: &str, day: f64, left: Option<f64>| {
        let data = json!({ "person": person, "joined_at": at(day), "left_at": left.map(at) });
        events.add("person", person, "2025-01-01T00:00:00Z", data);
    };
    for person in ["soon", "late", "younger", "told", "never"] {
        came(&mut events, person, 0.0, None);
    }
    came(&mut events, "left", 0.0, Some(60.0));
    events.read("old", &at(5.0), "soon");
    events.read("old", &at(90.0), "late");
    events.read("new", &at(30.0), "younger");
    events.read("old", &at(12.0), "left");
    // A task on the first day, a link beside it, and a read of one's own two days later.
    for (day, assigned) in [(0.5, true), (1.5, false), (2.75, false)] {
        let data = json!({ "person": "told", "assigned": assigned });
        events.add("read", "old", &at(day), data);
    }
    let Some(results) = events.results("l13", chrono_tz::UTC, LATER).await else {
        return;
    };
    let number = |path: &str, expected: f64| close(&results, &format!("L13.{path}"), expected);
    number("newcomers.k", 2.0);
    number("newcomers.n", 5.0);
    number("newcomers_km.n", 6.0);
    number("newcomers_km.events", 4.0);
    // The first of six ends after half a day, or after three quarters more than two.
    number("newcomers_km.S_30", 0.5);
    number("newcomers_km.median", 12.0);
    number("without_assigned.newcomers.k", 2.0);
    number("without_assigned.newcomers_km.S_30", 0.5);
    assert_eq!(*of(&results, "L13.not_observed"), 0);
}
