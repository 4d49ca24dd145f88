//! A simulated organisation goes the whole way, and an independent program says whether the report
//! is right: `tests/checker/check.py`, which knows INDICATORS and the events and nothing else.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use readback::jobs::report::to_json;
use readback::model::{DAY_MS, Parameters};
use readback::simulate::{Cut, Options, write};
use readback::summary::document::Document;

use super::way::Way;

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_a_whole_history_is_right() {
    let options = Options {
        reads: 20_000,
        sleepers: 0.1,
        ..Options::default()
    };
    let summary = checked("whole", &options, Parameters::default()).await;
    if let Some(summary) = summary {
        // Write-ups are named only where something is found.
        for (code, list) in [("L8", "beauty_top"), ("L9", "bursts")] {
            let named = summary.indicators[code]["results"][list].as_array();
            assert!(
                named.is_some_and(|named| named.len() > 2),
                "{code}: {named:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_a_history_with_gaps_is_right() {
    let options = Options {
        reads: 20_000,
        sleepers: 0.1,
        seed: 5,
        ..Options::default()
    };
    let start = options.as_of() - i64::from(options.days) * DAY_MS;
    let day = |n: i64| start + n * DAY_MS;
    let cut = |from, to| Cut {
        from: day(from),
        to: day(to),
    };
    let options = Options {
        cut: vec![cut(-1, 150), cut(500, 530)],
        ..options
    };
    checked("gaps", &options, Parameters::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_that_links_play_are_right_by_other_rules() {
    let options = Options {
        reads: 5_000,
        seed: 11,
        ..Options::default()
    };
    // Many a page of a small organisation is a list by these.
    let parameters = Parameters {
        index_writeups: 3,
        index_team_share: 0.2,
        index_team_least: 2,
        follow_up_days: 90,
        ..Parameters::default()
    };
    let summary = checked("rules", &options, parameters).await;
    if let Some(summary) = summary {
        let links = &summary.indicators["K1"]["results"]["links"];
        for part in ["uptake", "follow_up", "index"] {
            let linked = links[part]["writeups_linked"].as_u64();
            assert!(linked.is_some_and(|n| n > 5), "{part}: {links}");
        }
    }
}

/// Simulates, imports, reports, and asks the checker.
async fn checked(name: &str, options: &Options, parameters: Parameters) -> Option<Document> {
    let database = format!("checked_{name}");
    let way = Way::within(&database, options.timezone).await?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("checked_{name}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let events = folder.join("events.ndjson");
    let mut file = std::fs::File::create(&events).expect("a file");
    let simulated = write(options, &mut file).expect("events");

    let taken = way.file("events", &events).await;
    assert_eq!((taken.total(), taken.rejected), (simulated.lines, 0));
    way.derive().await;
    let document = way.summary_by(options.as_of(), 1, parameters).await;
    let report = folder.join("summary.json");
    std::fs::write(&report, to_json(&document).expect("JSON")).expect("a file");

    agrees(&events, &report, options.timezone.name());
    Some(document)
}

/// Asks the checker whether a report is what these events say; a loud word where there is none.
pub(crate) fn agrees(events: &Path, report: &Path, timezone: &str) {
    let Some(python) = std::env::var_os("CHECKER_PYTHON") else {
        let words = "skipped: CHECKER_PYTHON is not set (tests/checker/requirements.txt)";
        writeln!(std::io::stdout(), "{words}").expect("stdout");
        return;
    };
    let checker = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checker/check.py");
    let checked = Command::new(python)
        .arg(checker)
        .args([events, report])
        .args(["--tz", timezone])
        .output()
        .expect("the checker runs");
    let words = String::from_utf8_lossy(&checked.stdout);
    let errors = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{words}{errors}");
}
