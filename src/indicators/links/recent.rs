//! Links of the last year with the age of what they lead to: what K5 and K6 are made of.

use polars::prelude::PolarsResult;

use super::{Meant, each};
use crate::indicators::{Context, Facts};
use crate::model::{DAY_MS, Millis};

/// A link of the last `horizon` days to a dated write-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    pub(super) link: Meant,
    /// How old the write-up was then, ms; less than nothing for a draft.
    pub(super) age: Millis,
}

impl Recent {
    pub(super) fn days(&self) -> f64 {
        self.age as f64 / DAY_MS as f64
    }

    pub(super) fn is_of_draft(&self) -> bool {
        self.age < 0
    }
}

/// All of them, whether they still stand or not.
pub(super) fn recent(facts: &Facts, context: &Context) -> PolarsResult<Vec<Recent>> {
    let since = context.as_of - i64::from(context.parameters.horizon_days) * DAY_MS;
    let of_year = each(facts)?.into_iter().filter(|link| link.at >= since);
    let dated = of_year.filter_map(|link| {
        let published = facts.writeups.get(link.writeup)?.published_at?;
        Some(Recent {
            link,
            age: link.at - published,
        })
    });
    Ok(dated.collect())
}
