//! Reviews in the summary: of one review the total and how many need not have come, by quarter the
//! roles; never who. `judge` says what of it may be told.

mod gather;
mod habit;
mod judge;
mod months;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::cohorts::{Lone, Month};
use super::meetings::{Meetings, retellings};
use super::writeups::{Both, is_there};
use crate::indicators::{Context, Windows};
use crate::model::Millis;
use crate::store::{MeetingFact, RegistryWriteup};
use crate::summary::suppress;

use gather::{Quarter, ROLES, Review, gather};
use judge::{Shown, judge};
use months::months;

/// What the summary tells of reviews.
pub(super) struct Lists {
    /// Every review, newest first. Reviews of restricted write-ups alone are not in the list of everybody.
    pub(super) reviews: Both,
    /// The attendance of every quarter, oldest first.
    pub(super) quarters: Vec<Json>,
    /// Numbers of indicators that would tell what is withheld in these lists: code and place.
    pub(super) betrayed: Vec<(&'static str, &'static str)>,
    /// The months in which somebody came to a review, by name, and what all who came in one would tell.
    pub(super) months: BTreeMap<String, Month>,
    /// Meetings in which what had happened before was told again.
    pub(super) retellings: Option<Json>,
    /// The reviews, in the order of the fuller list, with their hashes: never told.
    pub(super) listed: Vec<Listed>,
}

/// A review of the lists, for those who say something of it.
pub(super) struct Listed {
    /// Its name in the fuller list.
    pub(super) id: String,
    /// Its name in the list of everybody, and what it is about there, if it is there.
    pub(super) open: Option<(String, Option<String>)>,
    /// Its hash.
    pub(super) hash: String,
    /// When it began.
    pub(super) at: Millis,
    /// What it was about.
    pub(super) title: Option<String>,
    /// How many came to it, if anybody says so: never told.
    pub(super) came: Option<u64>,
}

/// Every review and every quarter. `observed` is when contributions to each write-up were being observed: of
/// those that it lacks it is not known.
pub(super) fn lists(
    context: &Context,
    meetings: &Meetings,
    (registry, observed): (&[RegistryWriteup], &[Windows]),
    k: u32,
) -> anyhow::Result<Lists> {
    let known = (registry, observed);
    let (reviews, quarters) =
        gather(&meetings.reviews, known, context).context("the list of reviews")?;
    let registry = |at: &usize| registry.get(*at);
    let is_open = |review: &Review| {
        let mut known = review.writeups.iter().filter_map(registry).peekable();
        known.peek().is_none() || known.any(|writeup| !writeup.restricted)
    };
    let hidden: Vec<bool> = reviews.iter().map(|review| !is_open(review)).collect();
    let full = judge(&reviews, &vec![false; reviews.len()], &quarters, k.into());
    let open = judge(&reviews, &hidden, &quarters, k.into());
    let told = |review: &Review, shown: Shown, restricted: bool| {
        // The first that this reader may see.
        let mut known = review.writeups.iter().filter_map(registry);
        let writeup = known.find(|writeup| restricted || !writeup.restricted);
        let mut told = one(review, shown, context, writeup);
        if let Some(fact) = meetings.known.get(&review.meeting) {
            beside(&mut told, fact, (tells_acts(review, shown, k), k));
            // Beside a number alone: where that is withheld, nothing is said of who else was there.
            if shown.attendees && review.recorded && fact.or_more() {
                told["or_more"] = json!(true);
            }
        }
        Told {
            place: Place::of(review, &told, meetings.known.get(&review.meeting)),
            name: name(context, review.planned_at, review.at),
            is_planned: review.planned_at.is_some(),
            told,
            hash: review.meeting.clone(),
        }
    };
    let all = reviews.iter().zip(&full.reviews);
    let of_full = all.map(|(review, shown)| told(review, *shown, true));
    // Whoever sees the fuller lists has the others, too: what one withholds must not stand in another.
    let listed = reviews
        .iter()
        .zip(&hidden)
        .zip(open.reviews.iter().zip(&full.reviews));
    let of_open = listed
        .filter(|((_, hidden), _)| !**hidden)
        .map(|((review, _), (open, full))| told(review, open.and(*full), false));
    // What a review does not tell, its quarter does not count.
    let mut acts: BTreeMap<&str, Acts> = BTreeMap::new();
    let judged = hidden.iter().zip(open.reviews.iter().zip(&full.reviews));
    for (review, (hidden, (open, full))) in reviews.iter().zip(judged) {
        let shown = if *hidden { *full } else { open.and(*full) };
        let fact = meetings.known.get(&review.meeting);
        if let Some(fact) = fact.filter(|_| tells_acts(review, shown, k)) {
            acts.entry(&review.quarter).or_default().add(fact, k);
        }
    }
    let habits = habit::changed(&quarters, k.into());
    let by_quarter = quarters
        .iter()
        .zip(open.quarters.iter().zip(&full.quarters))
        .map(|((name, quarter), (open, full))| {
            let shown = std::array::from_fn(|at| open[at] && full[at]);
            let mut told = by_role(name, quarter, &shown);
            if let Some(acts) = acts.get(name.as_str()) {
                acts.tell(&mut told);
            }
            if habits.contains(name.as_str()) {
                told["invitation_habit_changed"] = json!(true);
            }
            told
        });
    let each = hidden.iter().zip(open.reviews.iter().zip(&full.reviews));
    let said =
        each.map(
            |(hidden, (open, full))| match (full.attendees, *hidden || open.attendees) {
                (false, _) => Lone::Withheld,
                (true, true) => Lone::Told,
                (true, false) => Lone::ToSome,
            },
        );
    let months = months(&reviews, said, context, k);
    let quarters = by_quarter.collect();
    let (open_list, full_list) = (in_order(of_open.collect()), in_order(of_full.collect()));
    let id = |told: &Json| told["meeting"].as_str().unwrap_or_default().to_owned();
    let title = |told: &Json| told["title"].as_str().map(str::to_owned);
    let mut open_ids: BTreeMap<&str, (String, Option<String>)> = BTreeMap::new();
    for (told, hash) in &open_list {
        open_ids.insert(hash, (id(told), title(told)));
    }
    let by_hash: BTreeMap<&str, &Review> = reviews
        .iter()
        .map(|review| (review.meeting.as_str(), review))
        .collect();
    let listed = full_list.iter().map(|(told, hash)| Listed {
        id: id(told),
        open: open_ids.remove(hash.as_str()),
        hash: hash.clone(),
        at: by_hash.get(hash.as_str()).map_or(0, |review| review.at),
        title: title(told),
        came: by_hash
            .get(hash.as_str())
            .and_then(|review| review.recorded.then_some(review.attended)),
    });
    let listed = listed.collect();
    let only = |list: Vec<(Json, String)>| list.into_iter().map(|(told, _)| told).collect();
    Ok(Lists {
        reviews: Both {
            open: only(open_list),
            full: only(full_list),
        },
        quarters,
        betrayed: [open.betrayed, full.betrayed].concat(),
        retellings: retellings(&meetings.retold, k).context("retellings")?,
        listed,
        months,
    })
}

/// Whether it is told what came of a review. It is of acts, and no count of people; but of a review to
/// which few came, or nobody knows how many, it would be what these few did.
fn tells_acts(review: &Review, shown: Shown, k: u32) -> bool {
    k <= 1 || (shown.attendees && review.attended >= k.into())
}

/// Adds what is known of a review beside its attendees.
fn beside(told: &mut Json, fact: &MeetingFact, (tells_acts, k): (bool, u32)) {
    if fact.open == Some(true) {
        told["open"] = json!(true);
    }
    if fact.mandatory == Some(true) {
        told["all_had_to_come"] = json!(true);
    }
    let acts = [("accounts", fact.accounts), ("changes", fact.changes)];
    for (name, number) in acts {
        match number {
            Some(number) if tells_acts => told[name] = json!(number),
            Some(_) => told["suppressed"] = json!(true),
            None => {}
        }
    }
    match fact.watched {
        Some(_) if tells_acts && tells_watched(fact, k) => told["watched"] = json!(fact.watched),
        Some(_) => told["suppressed"] = json!(true),
        None => {}
    }
}

/// Whether it is told how many watched the recording: they are people, none or many.
fn tells_watched(fact: &MeetingFact, k: u32) -> bool {
    let watched = fact.watched.map(u64::from);
    watched.is_some_and(|people| !suppress::count_is_withheld(people, k.into()))
}

/// What came of the reviews of a quarter, as far as somebody says it.
#[derive(Default)]
struct Acts {
    accounts: Option<u64>,
    changes: Option<u64>,
    watched: Option<u64>,
    /// Of how many reviews it is said.
    reviews: u64,
}

impl Acts {
    fn add(&mut self, fact: &MeetingFact, k: u32) {
        let sum = |all: &mut Option<u64>, one: Option<u32>| {
            if let Some(one) = one {
                *all = Some(all.unwrap_or(0) + u64::from(one));
            }
        };
        sum(&mut self.accounts, fact.accounts);
        sum(&mut self.changes, fact.changes);
        let watched = fact.watched.filter(|_| tells_watched(fact, k));
        sum(&mut self.watched, watched);
        self.reviews += u64::from(fact.accounts.or(fact.changes).or(watched).is_some());
    }

    fn tell(&self, quarter: &mut Json) {
        if self.reviews == 0 {
            return;
        }
        quarter["accounts"] = json!(self.accounts);
        quarter["changes"] = json!(self.changes);
        quarter["watched"] = json!(self.watched);
        quarter["reviews_with_acts"] = json!(self.reviews);
    }
}

/// Where a review stands among those that began at the same instant: by what is always told of it, and then by
/// what was counted. What is withheld moves none, so that each has one name however much of it is told.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: Millis,
    told: [String; 6],
    attended: u64,
    need_not: u64,
    acts: [Option<u32>; 3],
}

impl Place {
    fn of(review: &Review, told: &Json, fact: Option<&MeetingFact>) -> Self {
        let always = [
            "writeup",
            "title",
            "not_recorded",
            "mandatory",
            "open",
            "restricted",
        ];
        Place {
            at: review.at,
            told: always.map(|name| told[name].to_string()),
            attended: review.attended,
            need_not: review.need_not,
            acts: fact.map_or([None; 3], |fact| {
                [fact.accounts, fact.changes, fact.watched]
            }),
        }
    }
}

/// A review as it is told, before it has its name among the others.
struct Told {
    place: Place,
    name: String,
    is_planned: bool,
    told: Json,
    hash: String,
}

/// What a meeting is called: by when it was to begin, which no other meeting and no list of who came changes. What
/// nobody planned is called by the quarter of an hour next to its start, for the minute is that of whoever came
/// first.
pub(super) fn name(context: &Context, planned_at: Option<Millis>, at: Millis) -> String {
    const QUARTER: Millis = 15 * 60 * 1000;
    let about = || (at + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    let clock = context.calendar.clock(planned_at.unwrap_or_else(about));
    clock.format("%Y-%m-%dT%H:%M").to_string()
}

/// The same with a number, where another one is called so.
pub(super) fn apart(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbers = (2..).map(|nth| format!("{name}/{nth}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbers);
    let free = names.find(|name| !taken.contains(name));
    let free = free.unwrap_or_else(|| name.to_owned());
    taken.insert(free.clone());
    free
}

/// Newest first. A meeting is known to the store by a keyed hash; here it is called by its hour, so that the
/// same events give the same bytes whatever the key. Of several of one hour the numbers go by what they are about,
/// those that were planned first: who came to one should not give its name to another.
fn in_order(mut reviews: Vec<Told>) -> Vec<(Json, String)> {
    let title = |one: &Told| one.told["title"].as_str().map(str::to_owned);
    reviews.sort_by(|a, b| {
        (&a.name, !a.is_planned, title(a), &a.place).cmp(&(
            &b.name,
            !b.is_planned,
            title(b),
            &b.place,
        ))
    });
    let mut taken = BTreeSet::new();
    for one in &mut reviews {
        one.name = apart(&one.name, &mut taken);
    }
    reviews.sort_by(|a, b| b.place.cmp(&a.place));
    let named = reviews.into_iter().map(|mut one| {
        one.told["meeting"] = json!(one.name);
        (one.told, one.hash)
    });
    named.collect()
}

fn one(
    review: &Review,
    shown: Shown,
    context: &Context,
    writeup: Option<&RegistryWriteup>,
) -> Json {
    let title = writeup.map(|writeup| writeup.title.as_ref().unwrap_or(&writeup.id));
    let mut json = json!({
        // Where nobody says who came it is not known: no nought.
        "attendees": (shown.attendees && review.recorded).then_some(review.attended),
        // Nor of people without a name.
        "need_not_have_come": (shown.need_not
            && review.recorded
            && review.planned
            && (!review.named.is_empty() || review.attended == 0))
            .then_some(review.need_not),
        "date": context.calendar.date(review.at).to_string(),
        // Only what is listed has a page; a write-up that is deleted by now keeps its title.
        "writeup": writeup
            .filter(|writeup| is_there(writeup, context.as_of))
            .map(|writeup| &writeup.id),
        "title": title,
    });
    if !review.recorded {
        json["not_recorded"] = json!(true);
    }
    // Of what nobody planned it is not known who had to come.
    if review.recorded && !review.planned {
        json["not_planned"] = json!(true);
    }
    if review.mandatory {
        json["mandatory"] = json!(true);
    }
    if !(shown.attendees && shown.need_not) {
        json["suppressed"] = json!(true);
    }
    if writeup.is_some_and(|writeup| writeup.restricted) {
        json["restricted"] = json!(true);
    }
    json
}

fn by_role(name: &str, quarter: &Quarter, shown: &[bool; ROLES.len()]) -> Json {
    let mut roles = serde_json::Map::new();
    for (role, shown) in ROLES.iter().zip(shown) {
        let all = quarter.roles.get(role).map_or(0, |presences| presences.all);
        roles.insert((*role).to_owned(), json!(shown.then_some(all)));
    }
    if shown.contains(&false) {
        roles.insert("suppressed".to_owned(), json!(true));
    }
    json!({
        "quarter": name,
        "reviews": quarter.meetings.len(),
        "not_recorded": quarter.meetings.len() - quarter.recorded.len(),
        "by_role": roles,
    })
}
