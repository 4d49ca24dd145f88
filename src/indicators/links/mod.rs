//! Links to write-ups (INDICATORS section 6): where they have become part of the work.

pub(super) mod live;
pub(super) mod survival;

use polars::prelude::*;

use super::Facts;
use super::frames::with_flags;
use crate::model::LinkRole;

/// Links that somebody meant: without self-links, index pages and what a template brought along.
fn meant(facts: &Facts) -> LazyFrame {
    let role_is = |role: LinkRole| col("role").eq(lit(role.name())).fill_null(lit(false));
    with_flags(&facts.links, &["own", "removed"]).filter(
        col("own")
            .or(role_is(LinkRole::Index))
            .or(role_is(LinkRole::Template))
            .not(),
    )
}
