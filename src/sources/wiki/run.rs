//! One pull of a wiki: the list of write-ups, what belongs to each, what went, and links. A pull that is cut
//! off goes on at the page where it stood; what was told twice is told by the same ids.

use std::collections::BTreeSet;

use crate::model::Millis;
use crate::sources::forge::{Stop, concluded, is_too_early, refusal, remembered, written};
use crate::sources::{Sink, SourceError};

use super::checkpoint::{Checkpoint, Seen};
use super::events::{Maker, names, print};
use super::{Fate, House, Page, Wiki};

/// Pages with links, and such that went, that are looked for again in one pull.
const LOOKED_AT: usize = 40;

/// Answers one after the other that do not have something before it is taken to be gone, where the wiki does
/// not say so.
pub(super) const MISSED: u8 = 2;

/// Questions about pages that were missed, refused one after the other, after which the rest waits for the
/// next pull: a wiki that refuses too many is asked nothing more.
const REFUSED: usize = 20;

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

/// Pulls a wiki.
pub(in crate::sources) fn pull(
    wiki: &mut dyn Wiki,
    house: &House,
    checkpoint: Option<&str>,
    now: Millis,
    sink: &mut dyn Sink,
) -> Result<String, SourceError> {
    let mut state: Checkpoint = remembered(checkpoint, sink);
    let is_known = serde_json::from_str::<Checkpoint>;
    state.forgot |= checkpoint.is_some_and(|text| !text.is_empty() && is_known(text).is_err());
    if is_too_early(state.not_before.take(), now, house.what, sink) {
        return Ok(checkpoint.unwrap_or_default().to_owned());
    }
    let mut run = Run {
        now,
        maker: house.maker.clone(),
        sink,
        got: false,
        refused: None,
    };
    let ended = all(wiki, house, &mut state, &mut run);
    let waiting = state.links.turns.count();
    let single = run.refused.take().map(|(count, first)| {
        format!("questions about single pages that were not answered, and are asked again: {count} ({first})")
    });
    state.refused = refusal(&ended).or_else(|| single.clone());
    let mut left = Vec::from_iter(single);
    if waiting > 0 {
        left.push(format!(
            "pages that wait for their links to be read: {waiting}"
        ));
    }
    if !left.is_empty() {
        run.sink.note(left.join("; "));
    }
    state.not_before = concluded(ended, run.got, run.sink)?;
    written(&state)
}

fn all(
    wiki: &mut dyn Wiki,
    house: &House,
    state: &mut Checkpoint,
    run: &mut Run<'_>,
) -> Result<(), Stop> {
    let mut pages = wiki.pages(run)?;
    pages.sort_by(|one, other| one.id.cmp(&other.id));
    pages.dedup_by(|one, other| one.id == other.id);
    wiki.check(&told(state))?;
    run.got = true;
    let turns = &mut state.links.turns;
    turns.know(&run.maker, &house.setting, &pages, run.now);
    let after = state.after.take();
    for page in &pages {
        if after.as_ref().is_some_and(|after| page.id <= *after) {
            continue;
        }
        let mut seen = state.pages.get(&page.id).cloned().unwrap_or_default();
        let was_missed = std::mem::take(&mut seen.missed) > 0;
        let is_back = seen.gone.take().is_some();
        if is_back || state.forgot {
            tell_back(page, &mut seen, run);
        }
        if is_back || was_missed {
            // Others may have been looked at meanwhile.
            state.links.turns.wait(&page.id);
            state.links.back(&page.id, run);
        }
        let told = tell(wiki, page, &mut seen, run);
        if state.forgot {
            // It may have been told that it is called so no more.
            tell_names(page, &seen.names.clone(), None, &mut seen, run);
        }
        // What was told before the wiki fell silent was told.
        if told.is_ok() || !seen.told.is_empty() {
            state.pages.insert(page.id.clone(), seen);
        }
        told?;
        state.after = Some(page.id.clone());
    }
    state.after = None;
    state.forgot = false;
    wiki.watched(&mut state.watched, run);
    lost(wiki, &pages, state, run)?;
    // Before links: what came back is looked at, and a long look at all pages keeps nothing waiting.
    again(wiki, &pages, state, run)?;
    let links = wiki.links(&pages, &mut state.links, run);
    if run.pass(links)?.is_some() {
        state.links.turns.ended(run.now);
    }
    Ok(())
}

/// The pages that are there by what was told: write-ups, and others on which links stand.
fn told(state: &Checkpoint) -> BTreeSet<String> {
    let writeups = state.pages.iter();
    let writeups = writeups.filter(|(_, seen)| seen.gone.is_none());
    let writeups = writeups.map(|(id, _)| id.clone());
    let linking = state.links.told().map(str::to_owned);
    writeups.chain(linking).collect()
}

/// Tells that a page is there, whatever was told before.
fn tell_back(page: &Page, seen: &mut Seen, run: &mut Run<'_>) {
    let version = seen.next(page.updated, run.now);
    run.sink
        .event(run.maker.gone(&page.id, None, (run.now, version)));
}

/// Tells of a page as far as it is not told already: its description, and what belongs to it.
fn tell(wiki: &mut dyn Wiki, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
    let is_new = seen.updated != Some(page.updated);
    if is_new && seen.updated.is_some() && wiki.is_told() {
        // Deliveries may have told that it went, and not that it came back: it was changed since.
        tell_back(page, seen, run);
    }
    let listed = print(page);
    if seen.names.is_empty() && !seen.told.is_empty() {
        // It was described before its names were kept.
        seen.names = names(page);
    }
    if seen.listed != listed {
        let whole = wiki.whole(page);
        match run.pass(whole)? {
            Some(whole) => {
                describe(&whole, seen, run);
                called(&whole, seen, run);
                seen.listed = listed;
                seen.refused = 0;
            }
            None => {
                seen.refused = seen.refused.saturating_add(1);
                // What is known of it stands, unless no more is to be had.
                if seen.told.is_empty() || seen.refused >= MISSED {
                    describe(page, seen, run);
                }
            }
        }
    }
    let told = wiki.belongings(page, is_new, seen, run);
    if run.pass(told)?.is_some() {
        seen.updated = Some(page.updated);
    }
    Ok(())
}

/// Tells of a page, if not as it was told last.
fn describe(page: &Page, seen: &mut Seen, run: &mut Run<'_>) {
    // Of people it is not kept who they are, not even so.
    let told = print(page);
    if seen.told != told {
        let version = seen.next(page.updated, run.now);
        run.sink.event(run.maker.writeup(page, version));
        seen.told = told;
    }
}

/// Tells what a page was called until now, and is called again.
fn called(page: &Page, seen: &mut Seen, run: &mut Run<'_>) {
    let names = names(page);
    let before = std::mem::replace(&mut seen.names, names.clone());
    if before.is_empty() || before == names {
        return;
    }
    let gone: Vec<String> = before
        .iter()
        .filter(|name| !names.contains(name))
        .cloned()
        .collect();
    let new: Vec<String> = names
        .iter()
        .filter(|name| !before.contains(name))
        .cloned()
        .collect();
    tell_names(page, &gone, Some(run.now), seen, run);
    tell_names(page, &new, None, seen, run);
}

fn tell_names(
    page: &Page,
    names: &[String],
    until: Option<Millis>,
    seen: &mut Seen,
    run: &mut Run<'_>,
) {
    let when = (run.now, seen.next(page.updated, run.now));
    for name in names {
        run.sink
            .event(run.maker.called(&page.id, name, until, when));
    }
}

/// Some of these names from the one after the last on, in a circle.
fn in_turn<'a>(
    all: &'a BTreeSet<String>,
    after: Option<&str>,
) -> impl Iterator<Item = &'a String> + use<'a> {
    let after = after.unwrap_or_default().to_owned();
    let begin = after.clone();
    let later = all.iter().filter(move |id| **id > after);
    let earlier = all.iter().filter(move |id| **id <= begin);
    later.chain(earlier)
}

/// Tells of pages that were told of and are listed no more.
fn lost(
    wiki: &mut dyn Wiki,
    pages: &[Page],
    state: &mut Checkpoint,
    run: &mut Run<'_>,
) -> Result<(), Stop> {
    let listed: BTreeSet<&str> = pages.iter().map(|page| page.id.as_str()).collect();
    let known = state.pages.iter();
    let lost = known.filter(|(id, seen)| seen.gone.is_none() && !listed.contains(id.as_str()));
    let lost: BTreeSet<String> = lost.map(|(id, _)| id.clone()).collect();
    let mut refused = 0;
    for id in in_turn(&lost, state.sought.take().as_deref()) {
        let fate = wiki.fate(id);
        let Some(fate) = run.pass(fate)? else {
            refused += 1;
            if refused == REFUSED {
                state.sought = Some(id.clone());
                break;
            }
            continue;
        };
        refused = 0;
        let Some(seen) = state.pages.get_mut(id) else {
            continue;
        };
        let Fate::Gone(at) = fate else {
            if std::mem::take(&mut seen.missed) > 0 {
                state.links.turns.wait(id);
            }
            continue;
        };
        seen.missed = seen.missed.saturating_add(1);
        if at.is_some() || seen.missed >= MISSED {
            let at = at.unwrap_or(run.now);
            seen.gone = Some(at);
            let version = seen.next(at, run.now);
            run.sink
                .event(run.maker.gone(id, Some(at), (run.now, version)));
            state.links.gone(id, at, run);
        }
    }
    Ok(())
}

/// Looks for some of the pages again that links stand on, or that went: nobody tells when they go and when
/// they come back.
fn again(
    wiki: &mut dyn Wiki,
    pages: &[Page],
    state: &mut Checkpoint,
    run: &mut Run<'_>,
) -> Result<(), Stop> {
    let known = state.pages.iter();
    let gone = known.filter(|(_, seen)| seen.gone.is_some());
    let mut sought: BTreeSet<String> = gone.map(|(id, _)| id.clone()).collect();
    // Of write-ups it was asked just now.
    let others = state.links.standing().into_iter();
    sought.extend(others.filter(|id| !state.pages.contains_key(id)));
    for page in pages {
        sought.remove(&page.id);
    }
    let after = state.looked.take();
    for id in in_turn(&sought, after.as_deref()).take(LOOKED_AT) {
        state.looked = Some(id.clone());
        let fate = wiki.fate(id);
        match run.pass(fate)? {
            None => {}
            Some(Fate::Gone(at)) => state.links.missed(id, at, run),
            Some(Fate::Elsewhere) => {
                if let Some(seen) = state.pages.get_mut(id)
                    && seen.gone.take().is_some()
                {
                    let version = seen.next(run.now, run.now);
                    run.sink.event(run.maker.gone(id, None, (run.now, version)));
                    seen.missed = 0;
                    state.links.turns.wait(id);
                }
                state.links.back(id, run);
            }
        }
    }
    Ok(())
}
