//! Page views by day, from wikis with the extension PageViewInfo: counts without anybody. Where it forgot
//! days between two pulls, it is told that nobody watched then.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::model::{
    Body, Calendar, Coverage, DAY_MS, Event, EventKind, Granularity, Millis, ReadCount,
};
use crate::sources::forge::second;
use crate::sources::{Sink, SourceError};

use super::answer;
use super::{BATCH, Checkpoint, MediaWiki, VIEWS_KEPT, joined};

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
        let days = VIEWS_KEPT.to_string();
        for some in pages.chunks(BATCH) {
            let some = joined(some);
            let question = [
                ("pageids", some.as_str()),
                ("prop", "pageviews"),
                ("pvipdays", days.as_str()),
            ];
            // A continuation repeats pages with what was not given yet.
            self.client.all(&question, |answer| {
                for (page, day, count) in answer::views(answer) {
                    viewed.entry(page).or_default().insert(day, count);
                }
            })?;
        }
        viewed.retain(|page, _| pages.contains(page));
        let calendar = Calendar::new(self.zone);
        let version = second(now);
        if viewed.values().any(|days| !days.is_empty()) {
            self.forgotten(&viewed, state, (now, &calendar), sink);
        }
        for (page, days) in &viewed {
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

    /// Tells when views were watched, once days between two pulls can't be had any more. Until then they
    /// were from the first on, and that needs no telling.
    fn forgotten(
        &self,
        viewed: &BTreeMap<u64, BTreeMap<String, u64>>,
        state: &mut Checkpoint,
        (now, calendar): (Millis, &Calendar),
        sink: &mut dyn Sink,
    ) {
        let midnight = |day: &String| {
            let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
            Some(calendar.midnight(date))
        };
        let first = |days: &BTreeMap<String, u64>| days.keys().next().and_then(midnight);
        let known = state.views.values().filter_map(first).min();
        let from = state.viewed_from.or(known);
        let remembered = now - Millis::from(VIEWS_KEPT) * DAY_MS;
        let mut window = |from: Millis, to: Option<Millis>| {
            sink.event(Event {
                source: Arc::clone(&self.maker.source),
                id: format!("coverage:{}:{}", EventKind::ReadCount.name(), second(from)),
                subject: String::new(),
                time: from,
                version: second(now),
                body: Body::Coverage(Coverage {
                    kind: EventKind::ReadCount,
                    scope: self.maker.source.to_string(),
                    from,
                    to,
                }),
            });
        };
        state.viewed_from = match (from, state.pulled_at) {
            (Some(from), Some(until)) if until < remembered && from < until => {
                window(from, Some(until));
                window(remembered, None);
                Some(remembered)
            }
            (Some(from), _) => Some(from),
            (None, _) => viewed.values().filter_map(first).min(),
        };
    }
}
