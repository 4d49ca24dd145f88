//! Daily counts: the day of a counter that counts UTC days is the same one wherever the organisation is.

use serde_json::{Value, json};

use super::way::{Way, event, instant};

/// The counts of INC-1 by day, as the store has them.
async fn days(way: &Way) -> Vec<(String, u64)> {
    let sql = "SELECT toString(toDate32(date)), sum(count) FROM derived_count \
               WHERE (writeup, generation) IN (SELECT writeup, generation FROM derived_state FINAL) \
               AND label = 0 GROUP BY date ORDER BY date";
    let rows = way.client.query(sql).fetch_all::<(String, u64)>().await;
    rows.expect("rows")
}

fn count(id: &str, at: &str, granularity: &str, count: u64) -> String {
    let data = json!({ "granularity": granularity, "count": count });
    event("read_count", id, "INC-1", at, data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_a_utc_day_is_of_that_day_everywhere() {
    for (name, zone) in [
        ("counted_new_york", chrono_tz::America::New_York),
        ("counted_auckland", chrono_tz::Pacific::Auckland),
        ("counted_utc", chrono_tz::UTC),
    ] {
        let Some(way) = Way::within(name, zone).await else {
            return;
        };
        way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
            .await;
        way.events(&[
            count("a", "2026-03-08T00:00:00Z", "day", 3),
            // The night in which clocks go forward in New York.
            count("b", "2026-03-09T00:00:00Z", "day", 4),
            count("c", "2026-03-10T00:00:00+00:00", "day", 5),
        ])
        .await;
        way.derive().await;
        let expected = [("2026-03-08", 3), ("2026-03-09", 4), ("2026-03-10", 5)];
        assert_eq!(
            days(&way).await,
            expected.map(|(day, n)| (day.to_owned(), n)),
            "{name}"
        );
        let all = way
            .report_only(instant("2026-04-01T00:00:00Z"), 1)
            .await
            .json();
        assert_eq!(
            all["indicators"]["R1"]["results"]["total_reads"], 12,
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_a_local_day_is_of_that_day() {
    let Some(way) = Way::within("counted_local", chrono_tz::America::New_York).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    way.events(&[
        count("a", "2026-03-08T00:00:00-05:00", "day", 3),
        count("b", "2026-03-09T12:00:00-04:00", "day", 4),
        // A running total is read at an instant; which day that is, the place says.
        count("c", "2026-03-10T00:00:00Z", "cumulative", 900),
    ])
    .await;
    way.derive().await;
    let expected = [("2026-03-08", 3), ("2026-03-09", 904)];
    assert_eq!(
        days(&way).await,
        expected.map(|(day, n)| (day.to_owned(), n))
    );
}

/// A counter of UTC days beside a log of reads: on a day that the log watches the counter's figure is left
/// out, and not that of the day before.
#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_count_is_compared_with_the_same_day_of_reads() {
    let Some(way) = Way::within("counted_beside", chrono_tz::America::New_York).await else {
        return;
    };
    way.register(&[("INC-1", &[], "2026-03-01T00:00:00Z")])
        .await;
    let mut lines: Vec<String> = (0..10)
        .map(|n| {
            let at = format!("2026-03-10T{:02}:30:00Z", 12 + n);
            let read = event(
                "read",
                &format!("r{n}"),
                "INC-1",
                &at,
                json!({ "session": n.to_string() }),
            );
            read.replace("\"source\":\"test\"", "\"source\":\"log\"")
        })
        .collect();
    // The log watches on the 10th.
    for day in 4..17 {
        lines.push(count(
            &format!("c{day}"),
            &format!("2026-03-{day:02}T00:00:00Z"),
            "day",
            100,
        ));
    }
    assert_eq!(way.events(&lines).await.rejected, 0);
    way.derive().await;
    let counted = days(&way).await;
    let counted: Vec<&str> = counted.iter().map(|(day, _)| day.as_str()).collect();
    let expected: Vec<String> = (4..17)
        .filter(|day| *day != 10)
        .map(|day| format!("2026-03-{day:02}"))
        .collect();
    assert_eq!(counted, expected);
    let summary: Value = way
        .report_only(instant("2026-04-01T00:00:00Z"), 1)
        .await
        .json();
    assert_eq!(
        summary["indicators"]["R1"]["results"]["total_reads"],
        10 + 12 * 100
    );
}
