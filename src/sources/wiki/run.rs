//! One pull of a wiki: the list of write-ups, what belongs to each, what went, and links. A pull that is cut
//! off goes on at the page where it stood; what was told twice is told by the same ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Millis;
use crate::sources::forge::{Stop, concluded, is_too_early, remembered, written};
use crate::sources::{Sink, SourceError};

use super::checkpoint::{Checkpoint, Seen};
use super::events::{Maker, Said};
use super::{Fate, House, Page, Wiki};

/// Pages with links that are looked for again in one pull.
const LOOKED_AT: usize = 50;

/// Pulls that do not find a page before it is taken to be gone, where the wiki does not say so.
const MISSED: u8 = 2;

/// What a pull works with.
pub(in crate::sources) struct Run<'a> {
    /// What time it is.
    pub(in crate::sources) now: Millis,
    /// Makes events.
    pub(in crate::sources) maker: Maker,
    /// Takes them.
    pub(in crate::sources) sink: &'a mut dyn Sink,
    /// Something was answered.
    got: bool,
    /// Questions about single pages that were refused, and why the first was.
    refused: Option<(u32, String)>,
}

impl Run<'_> {
    /// Goes on after a question about a single page that was refused. Says whether it was answered.
    pub(in crate::sources) fn pass<T>(
        &mut self,
        answer: Result<T, Stop>,
    ) -> Result<Option<T>, Stop> {
        match answer {
            Ok(answer) => {
                self.got = true;
                Ok(Some(answer))
            }
            Err(Stop::Refused(error, _)) => {
                let (count, _) = self.refused.get_or_insert_with(|| (0, error.to_string()));
                *count += 1;
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }
}

/// A page's comments by the wiki's name of each, and when they were written and changed.
pub(in crate::sources) type Comments = BTreeMap<String, (Millis, Millis)>;

impl Run<'_> {
    /// Tells of the comments of a page that were there and are no more; `named` gives the name that they
    /// were told by. Whose they were was not remembered.
    pub(in crate::sources) fn remember_comments(
        &mut self,
        page: &Page,
        seen: &mut Seen,
        there: Comments,
        named: impl Fn(&str, Millis) -> String,
    ) {
        let known = std::mem::replace(&mut seen.comments, there);
        for (id, (created, updated)) in known {
            if !seen.comments.contains_key(&id) {
                self.sink.event(self.maker.comment(Said {
                    id: &named(&id, created),
                    page: &page.id,
                    person: None,
                    parent: None,
                    words: None,
                    created,
                    updated,
                    deleted: Some(self.now),
                }));
            }
        }
    }
}

/// Pulls a wiki.
pub(in crate::sources) fn pull(
    wiki: &mut dyn Wiki,
    house: &House,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    if is_too_early(state.not_before.take(), now, "the wiki", sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    state.know(&house.setting, now);
    let mut run = Run {
        now,
        maker: house.maker.clone(),
        sink,
        got: false,
        refused: None,
    };
    let ended = all(wiki, &mut state, &mut run);
    if let Some((count, first)) = run.refused.take() {
        run.sink.note(format!(
            "questions about single pages that were not answered, and are left out: {count} ({first})"
        ));
    }
    state.not_before = concluded(ended, run.got, run.sink)?;
    written(&state)
}

fn all(wiki: &mut dyn Wiki, state: &mut Checkpoint, run: &mut Run<'_>) -> Result<(), Stop> {
    let mut pages = wiki.pages(run)?;
    run.got = true;
    pages.sort_by(|one, other| one.id.cmp(&other.id));
    pages.dedup_by(|one, other| one.id == other.id);
    let after = state.after.take();
    for page in &pages {
        if after.as_ref().is_some_and(|after| page.id <= *after) {
            continue;
        }
        let mut seen = state.pages.get(&page.id).cloned().unwrap_or_default();
        seen.missed = 0;
        if seen.gone.take().is_some() {
            run.sink.event(run.maker.gone(&page.id, None, run.now));
        }
        let is_new = seen.updated != Some(page.updated);
        if is_new {
            let whole = wiki.whole(page);
            let whole = run.pass(whole)?;
            run.sink
                .event(run.maker.writeup(whole.as_ref().unwrap_or(page)));
        }
        let told = wiki.belongings(page, is_new, &mut seen, run);
        if run.pass(told)?.is_some() {
            seen.updated = Some(page.updated);
        }
        state.pages.insert(page.id.clone(), seen);
        state.after = Some(page.id.clone());
    }
    state.after = None;
    wiki.watched(&mut state.watched, run);
    lost(wiki, &pages, state, run)?;
    let links = wiki.links(&pages, &mut state.links, run);
    run.pass(links)?;
    again(wiki, &pages, state, run)
}

/// Tells of pages that were told of and are listed no more.
fn lost(
    wiki: &mut dyn Wiki,
    pages: &[Page],
    state: &mut Checkpoint,
    run: &mut Run<'_>,
) -> Result<(), Stop> {
    let listed: BTreeSet<&str> = pages.iter().map(|page| page.id.as_str()).collect();
    let is_lost = |id: &str, gone: bool| !gone && !listed.contains(id);
    for (id, seen) in &mut state.pages {
        if !is_lost(id, seen.gone.is_some()) {
            continue;
        }
        let fate = wiki.fate(id);
        let Some(Fate::Gone(at)) = run.pass(fate)? else {
            seen.missed = 0;
            continue;
        };
        seen.missed = seen.missed.saturating_add(1);
        if at.is_some() || seen.missed >= MISSED {
            let at = at.unwrap_or(run.now);
            seen.gone = Some(at);
            run.sink.event(run.maker.gone(id, Some(at), run.now));
            state.links.gone(&run.maker, id, (at, run.now), run.sink);
        }
    }
    Ok(())
}

/// Looks for some of the pages again that links stand on: nobody tells when they go.
fn again(
    wiki: &mut dyn Wiki,
    pages: &[Page],
    state: &mut Checkpoint,
    run: &mut Run<'_>,
) -> Result<(), Stop> {
    let mut standing = state.links.standing();
    for page in pages {
        standing.remove(&page.id);
    }
    let after = state.looked.take().unwrap_or_default();
    let later = standing.iter().filter(|id| **id > after);
    let earlier = standing.iter().filter(|id| **id <= after);
    for id in later.chain(earlier).take(LOOKED_AT) {
        state.looked = Some(id.clone());
        let fate = wiki.fate(id);
        if let Some(Fate::Gone(at)) = run.pass(fate)? {
            let at = at.unwrap_or(run.now);
            state.links.gone(&run.maker, id, (at, run.now), run.sink);
        }
    }
    Ok(())
}
