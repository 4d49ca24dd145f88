//! Page views by day, from wikis with the extension PageViewInfo: counts without anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::model::{Body, Calendar, Event, Granularity, Millis, ReadCount};
use crate::sources::{Sink, SourceError};

use super::answer;
use super::{BATCH, Checkpoint, MediaWiki, joined};

/// The extension keeps no more.
const DAYS: &str = "60";

/// The newest days of a page may still grow; those before are settled.
const UNSETTLED: usize = 7;

impl MediaWiki {
    /// Tells of the views of these pages by day, as far as they are new. A wiki without the extension says
    /// nothing, and that is no error.
    pub(super) fn views(
        &self,
        pages: &[u64],
        state: &mut Checkpoint,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut viewed: BTreeMap<u64, BTreeMap<String, u64>> = BTreeMap::new();
        for some in pages.chunks(BATCH) {
            let some = joined(some);
            let question = [
                ("pageids", some.as_str()),
                ("prop", "pageviews"),
                ("pvipdays", DAYS),
            ];
            // A continuation repeats pages with what was not given yet.
            self.client.all(&question, |answer| {
                for (page, day, count) in answer::views(answer) {
                    viewed.entry(page).or_default().insert(day, count);
                }
            })?;
        }
        let calendar = Calendar::new(self.zone);
        let version = u32::try_from(now / 1000).unwrap_or(u32::MAX);
        for (page, days) in viewed.iter().filter(|(page, _)| pages.contains(page)) {
            let known = state.views.entry(*page).or_default();
            for (day, count) in days {
                let settled = known.keys().next().is_some_and(|first| day < first);
                let date = NaiveDate::parse_from_str(day, "%Y-%m-%d");
                let Ok(date) = date.map(|date| calendar.midnight(date)) else {
                    continue;
                };
                if settled || known.get(day) == Some(count) {
                    continue;
                }
                sink.event(Event {
                    source: Arc::clone(&self.maker.source),
                    id: format!("views:{page}:{day}"),
                    subject: self.maker.id(*page),
                    time: date,
                    version,
                    body: Body::ReadCount(ReadCount {
                        granularity: Granularity::Day,
                        count: *count,
                        uniques: None,
                    }),
                });
            }
            known.extend(days.clone());
            while known.len() > UNSETTLED {
                known.pop_first();
            }
        }
        Ok(())
    }
}
