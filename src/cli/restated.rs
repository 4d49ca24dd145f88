//! Which numbers of an earlier report are others by now, found out by itself: `serve` keeps the first report of
//! each day, and on the next day computes it once more from what is known then. What differs is told on the
//! page behind each code, by how many numbers and why; the numbers themselves are for `--since`, since two that
//! differ by a person would tell of that person.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::report::restated_since;
use crate::app::House;
use crate::jobs::report::{self, Reports};
use crate::jobs::restate;
use crate::model::Calendar;
use crate::spool::{read_document, write_document};
use crate::summary::document::SCHEMA;

/// In the data folder.
const FILE: &str = "restated.json";
const FORMAT: u32 = 1;

/// The last report that was kept, and what came of the one before.
#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    report: Json,
    told: Option<Json>,
}

/// What the report of an earlier day would say now; nothing where none was kept. `reports` are those of now.
///
/// # Errors
/// The file can't be read or written, or the earlier report not be computed.
pub(super) async fn since_last(house: &House, reports: &Reports) -> anyhow::Result<Option<Json>> {
    let path = house.config.data_dir.join(FILE);
    let now: Json = serde_json::from_slice(&report::to_json(&reports.open)?)?;
    let kept: Option<Kept> = read_document(&path, FORMAT)?;
    // Of another shape it is compared with nothing.
    let kept = kept.filter(|kept| kept.report["schema"] == SCHEMA);
    let told = match kept {
        Some(kept) if !is_due(&kept.report, &now, &house.config.organisation.calendar)? => {
            return Ok(kept.told);
        }
        Some(kept) => Some(restate::told(&restated_since(house, &kept.report).await?)),
        None => None,
    };
    let kept = Kept {
        format: FORMAT,
        report: now,
        told,
    };
    write_document(&path, &kept)?;
    Ok(kept.told)
}

/// Whether the report that is kept is of an earlier day.
fn is_due(kept: &Json, now: &Json, calendar: &Calendar) -> anyhow::Result<bool> {
    let day = |report: &Json| Ok::<_, anyhow::Error>(calendar.date(restate::as_of(report)?));
    Ok(day(kept)? < day(now)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_looked_at_again_on_the_next_day() {
        let calendar = Calendar::new(chrono_tz::Europe::Berlin);
        let of = |at: &str| json!({ "as_of": at });
        let due = |kept, now| is_due(&of(kept), &of(now), &calendar).unwrap();
        assert!(!due("2026-06-01T00:00:00Z", "2026-06-01T21:59:00Z"));
        // Midnight in Berlin.
        assert!(due("2026-06-01T00:00:00Z", "2026-06-01T22:00:00Z"));
        assert!(!due("2026-06-02T00:00:00Z", "2026-06-01T00:00:00Z"));
        assert!(is_due(&json!({}), &of("2026-06-01T00:00:00Z"), &calendar).is_err());
    }
}
