//! Attendance of reviews (INDICATORS section 4): who comes, and who comes without having to.

pub(super) mod attendees;
pub(super) mod show_rate;
pub(super) mod voluntary;

use polars::prelude::*;

use super::Facts;
use super::frames::{distinct_people, with_flags};
use super::shapes::Sides;

/// The rows, ready to be asked.
fn rows(facts: &Facts) -> LazyFrame {
    with_flags(
        &facts.attendance,
        &["attended", "invited", "mandatory", "responder"],
    )
}

/// Came, and is known by name. A dial-in without identity counts in A1 only.
fn came() -> Expr {
    col("attended").and(col("person").is_not_null())
}

/// The people on both sides of a share of presences: of the rows in `base`, those in `part`.
fn sides(rows: &LazyFrame, base: Expr, part: Expr) -> PolarsResult<Sides> {
    let rows = rows.clone().filter(base);
    Ok(Sides {
        with: distinct_people(rows.clone().filter(part.clone()))?,
        without: distinct_people(rows.clone().filter(part.not()))?,
        all: distinct_people(rows)?,
    })
}
