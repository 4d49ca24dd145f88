//! P3: nobody moves the sum of all counts by more than the bound, the noise is what it is said to be, and what it
//! costs is written down.

use chrono::NaiveDate;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use readback::indicators::Context;
use readback::jobs::compute;
use readback::jobs::noised::{Asked, FILE, Spent, export};
use readback::model::{Calendar, Parameters};
use readback::spool::lines;
use readback::stats::DiscreteLaplace;
use serde_json::{Value, json};

use super::binary::Home;
use super::way::{Way, event, instant};

/// Two write-ups, one always late; in each month of 2025 the busy one reads both and three others read the old
/// one in March alone, one of them twice.
fn events() -> Vec<String> {
    let read = |who: &str, month: u32, day: u32, subject: &str| {
        let time = format!("2025-{month:02}-{day:02}T10:00:00Z");
        let id = format!("{who} {subject} {month} {day}");
        event("read", &id, subject, &time, json!({ "person": who }))
    };
    let published =
        |id: &str, time: &str| event("writeup", id, id, time, json!({ "published_at": time }));
    let mut all = vec![
        published("old", "2024-01-01T00:00:00Z"),
        // Nobody knows how old it was.
        event(
            "writeup",
            "undated",
            "undated",
            "2024-01-01T00:00:00Z",
            json!({ "title": "undated" }),
        ),
        read("ada", 3, 9, "undated"),
    ];
    for month in 1..=12 {
        let young = format!("young-{month}");
        all.push(published(&young, &format!("2025-{month:02}-01T00:00:00Z")));
        all.push(read("busy", month, 5, "old"));
        all.push(read("busy", month, 6, &young));
    }
    for who in ["ada", "bob", "cyd"] {
        all.push(read(who, 3, 10, "old"));
    }
    all.push(read("ada", 3, 20, "old"));
    // Nobody's.
    all.push(event(
        "read",
        "nobody's",
        "old",
        "2025-03-11T10:00:00Z",
        json!({}),
    ));
    all
}

fn context() -> Context {
    Context {
        as_of: instant("2026-01-10T00:00:00Z"),
        calendar: Calendar::new(chrono_tz::Europe::Berlin),
        parameters: Parameters::default(),
        k: 5,
    }
}

fn month(text: &str) -> NaiveDate {
    format!("{text}-01").parse().expect("a month")
}

fn asked(milli: u32, bound: u32) -> Asked {
    Asked {
        milli: milli.try_into().expect("not 0"),
        bound: bound.try_into().expect("not 0"),
        first: month("2025-01"),
        last: month("2025-12"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_more_cells_than_the_bound() {
    let Some(way) = Way::fresh("noised_bound").await else {
        return;
    };
    way.events(&events()).await;
    let generation = way.derive().await.generation;
    let settings = compute::settings(&context(), generation);
    let year = month("2025-01").to_epoch_days()..month("2026-01").to_epoch_days();
    let march = month("2025-03").to_epoch_days();
    for (bound, of_busy) in [(1, 1), (3, 3), (10, 10), (24, 24), (100, 24)] {
        let rows = way
            .store
            .noised_readers(&settings, year.clone(), bound)
            .await;
        let rows = rows.expect("counts");
        let sum: u64 = rows.iter().map(|row| row.people).sum();
        assert_eq!(sum, of_busy + 3, "{bound}: {rows:?}");
        // A person is in a cell once, however often they read.
        let busiest = rows.iter().find(|row| row.month == march && row.is_late);
        let busiest = busiest.expect("readers of March").people;
        assert!((3..=4).contains(&busiest), "{bound}: {rows:?}");
        assert!(
            rows.iter()
                .all(|row| (row.month, row.is_late) == (march, true) || row.people == 1)
        );
    }
    // Months beside those that were asked for count for nothing.
    let one = march..month("2025-04").to_epoch_days();
    let rows = way
        .store
        .noised_readers(&settings, one, 1)
        .await
        .expect("counts");
    assert_eq!(rows.iter().map(|row| row.people).sum::<u64>(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_noise_is_what_it_is_said_to_be() {
    let Some(way) = Way::fresh("noised_noise").await else {
        return;
    };
    way.events(&events()).await;
    way.derive().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut random = || Ok(rng.next_u64());
    // Bound by 24, nothing is drawn by lot: the true counts are known.
    let noise = DiscreteLaplace::new(
        500.try_into().expect("not 0"),
        24.try_into().expect("not 0"),
    );
    let mut drawn = Vec::new();
    for n in 1..=60_u64 {
        let random = (path.as_path(), &mut random);
        let told = export(&way.store, &context(), asked(500, 24), random).await;
        let told = told.expect("an export");
        assert_eq!(told.cells.len(), 24, "every cell, also where nobody read");
        assert_eq!(told.noise.exports, n);
        assert!((told.noise.epsilon_so_far - 0.5 * n as f64).abs() < 1e-9);
        assert_eq!(told.noise.sd, noise.sd());
        drawn.extend(told.cells.iter().map(|cell| {
            let truth = match (cell.month.as_str(), cell.age.as_str()) {
                ("2025-03", "late") => 4,
                _ => 1,
            };
            cell.people - truth
        }));
    }
    let n = drawn.len() as f64;
    let mean = drawn.iter().sum::<i64>() as f64 / n;
    assert!(mean.abs() < 4.0 * noise.sd() / n.sqrt(), "{mean}");
    let variance = drawn.iter().map(|one| (one * one) as f64).sum::<f64>() / n;
    // The fourth moment of Laplace noise is six times the square of its variance.
    let error = noise.variance() * (5.0 / n).sqrt();
    assert!(
        (variance - noise.variance()).abs() < 4.0 * error,
        "{variance} {}",
        noise.variance()
    );
    let beyond = drawn
        .iter()
        .filter(|one| one.unsigned_abs() > noise.half_width());
    assert!((beyond.count() as f64) < n * 0.05 + 4.0 * (n * 0.05).sqrt());
    let record: Vec<Spent> = lines::read(&path).expect("a record");
    assert_eq!(record.len(), 60);
    assert_eq!(
        (record[0].from.as_str(), record[0].to.as_str()),
        ("2025-01", "2025-12")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_down_is_not_told() {
    let Some(way) = Way::fresh("noised_record").await else {
        return;
    };
    way.events(&events()).await;
    way.derive().await;
    let folder = tempfile::tempdir().expect("a folder");
    // No file can be made there.
    let path = folder.path().join("nowhere").join(FILE);
    let mut drawn = 0;
    let mut random = || {
        drawn += 1;
        Ok(0)
    };
    let random = (path.as_path(), &mut random);
    let told = export(&way.store, &context(), asked(1000, 1), random).await;
    assert!(told.is_err());
    assert_eq!(drawn, 0);
}

#[test]
fn the_command_draws_anew_and_adds_up() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file(
        "readback.toml",
        "[organisation]\ntimezone = \"Europe/Berlin\"\n",
    );
    let events = home.file("events.ndjson", events().join("\n"));
    home.done(&["import", "events", &events]);
    let draw = |epsilon: &str| -> Value {
        let arguments = [
            "noised",
            "--epsilon",
            epsilon,
            "--as-of",
            "2026-01-10",
            "--json",
        ];
        serde_json::from_str(&home.done(&arguments).out).expect("JSON")
    };
    let (one, other) = (draw("0.25"), draw("0.5"));
    assert_eq!(one["noise"]["epsilon_so_far"], 0.25);
    assert_eq!(other["noise"]["epsilon_so_far"], 0.75);
    assert_eq!(
        (&other["noise"]["bound"], &other["noise"]["exports"]),
        (&json!(10), &json!(2))
    );
    // Of 24 cells with a standard deviation of 28 and more, not all are alike twice.
    assert_ne!(one["cells"], other["cells"]);
    assert_eq!(one["cells"][0]["month"], "2025-01");
    let words = home
        .done(&["noised", "--epsilon", "1", "--as-of", "2026-01-10"])
        .out;
    assert!(
        words.contains("privacy spent so far: epsilon 1.75 in 3 exports"),
        "{words}"
    );
    assert!(words.contains("standard deviation 14.1"), "{words}");

    let explained = home.done(&["explain", "p3"]).out;
    assert!(
        explained.contains("sql/queries/noised_readers.sql"),
        "{explained}"
    );
    assert!(explained.contains("differentially private"), "{explained}");
    // Nothing is spent by what is refused, nor by explaining.
    for wrong in [
        &["noised"][..],
        &["noised", "--epsilon", "2"],
        &["noised", "--epsilon", "1", "--bound", "0"],
        &[
            "noised",
            "--epsilon",
            "1",
            "--to",
            "2026-01",
            "--as-of",
            "2026-01-10",
        ],
        &["explain", "P3", "--writeup", "old"],
    ] {
        assert_ne!(home.run(wrong).code, Some(0), "{wrong:?}");
    }
    let record: Vec<Spent> = lines::read(&home.data().join(FILE)).expect("a record");
    assert_eq!(record.len(), 3);
}
