//! Meetings: reviews and retellings apart, what is said of a meeting by hand, and story rounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context as _;
use polars::prelude::{DataFrame, PolarsResult};
use serde_json::{Value as Json, json};

use super::columns::{flags, ints, texts};
use super::compute::{renumber, settings};
use super::occasions::{apart, of_writeup};
use super::people::BY_HAND;
use super::registry::Hand;
use super::reviews::{self, Listed};
use super::writeups::{Both, is_there};
use crate::collect::Intake;
use crate::indicators::Context;
use crate::model::meeting::version_at;
use crate::model::{Body, DAY_MS, Event, Meeting, MeetingForm, Millis, Occurrence};
use crate::store::{Batch, FactSettings, MeetingFact, RegistryWriteup, Store, StoryFact};
use crate::summary::suppress;

/// Who came to meetings, and what is known of these beside.
pub struct Meetings {
    /// Who came to reviews, as `Facts::attendance`.
    pub(super) reviews: DataFrame,
    /// Who came to meetings in which what had happened before was told again.
    pub(super) retold: DataFrame,
    /// What is known of a meeting, by its hash.
    pub(super) known: BTreeMap<String, MeetingFact>,
}

impl Meetings {
    /// As the store is asked by these settings; `registry` numbers the write-ups anew.
    pub(super) async fn of(
        store: &Store,
        context: &Context,
        settings: &FactSettings,
        registry: &[RegistryWriteup],
    ) -> anyhow::Result<Self> {
        let min_present_ms = u64::from(context.parameters.min_present_s) * 1000;
        let index: HashMap<u32, u32> = (0..)
            .zip(registry)
            .map(|(index, writeup)| (writeup.number, index))
            .collect();
        let attendance = store.attendance(settings, min_present_ms).await?;
        let attendance = renumber(attendance, &index)?;
        let attendance = of_writeup(attendance, registry)?;
        let known = store.meetings(settings).await?;
        let known = known.into_iter().map(|one| (one.meeting.clone(), one));
        let known: BTreeMap<String, MeetingFact> = known.collect();
        let late = Millis::from(context.parameters.late_days) * DAY_MS;
        let (reviews, retold) = apart(attendance, &known, registry, late)?;
        Ok(Meetings {
            reviews,
            retold,
            known,
        })
    }
}

/// How many meetings told of what had happened before, and how many people came to them; nothing
/// where there were none.
pub(super) fn retellings(retold: &DataFrame, k: u32) -> PolarsResult<Option<Json>> {
    // To what is only planned, or nobody recorded, nobody is known to have come.
    let meetings = texts(retold, "meeting")?.into_iter();
    let meetings = meetings.zip(flags(retold, "recorded")?);
    let meetings: BTreeSet<String> = meetings
        .filter(|(_, recorded)| *recorded)
        .filter_map(|(meeting, _)| meeting)
        .collect();
    if meetings.is_empty() {
        return Ok(None);
    }
    let (mut named, mut dial_ins) = (BTreeSet::new(), 0_u64);
    let attended = flags(retold, "attended")?;
    for (person, attended) in ints(retold, "person")?.into_iter().zip(attended) {
        match person {
            _ if !attended => {}
            Some(person) => _ = named.insert(person),
            None => dial_ins += 1,
        }
    }
    let people = named.len() as u64 + dial_ins;
    // A few without a name beside many, or the other way round, are a few.
    let few = |people: u64| suppress::count_is_withheld(people, k.into());
    let withheld = few(people) || few(dial_ins);
    let mut told = json!({
        "meetings": meetings.len(),
        "people": (!withheld).then_some(people),
    });
    if withheld {
        told["suppressed"] = json!(true);
    }
    Ok(Some(told))
}

/// Story rounds, the newest first: what was told, and how many told it. A count of few people is withheld.
pub(super) fn rounds(
    stories: &[StoryFact],
    registry: &[RegistryWriteup],
    as_of: Millis,
    k: u32,
) -> Both {
    let by_number: HashMap<u32, &RegistryWriteup> = registry
        .iter()
        .map(|writeup| (writeup.number, writeup))
        .collect();
    let told = |sees_all: bool| -> Vec<Json> {
        let mut rounds: BTreeMap<&str, (Vec<Json>, Vec<Json>)> = BTreeMap::new();
        for story in stories.iter().filter(|story| story.count > 0) {
            let withheld = suppress::count_is_withheld(story.count.into(), k.into());
            let mut told = json!({ "count": (!withheld).then_some(story.count) });
            if withheld {
                told["suppressed"] = json!(true);
            }
            let (written, unwritten) = rounds.entry(&story.round).or_default();
            if story.writeup == 0 {
                told["title"] = json!(story.called);
                unwritten.push(told);
                continue;
            }
            let Some(writeup) = by_number.get(&story.writeup) else {
                continue;
            };
            if writeup.restricted && !sees_all {
                continue;
            }
            let id = Some(&writeup.id).filter(|_| is_there(writeup, as_of));
            told["writeup"] = json!(id);
            told["title"] = json!(writeup.title.as_ref().unwrap_or(&writeup.id));
            if writeup.restricted {
                told["restricted"] = json!(true);
            }
            written.push(told);
        }
        let rounds = rounds.into_iter().rev();
        let rounds = rounds
            .filter(|(_, (written, unwritten))| !(written.is_empty() && unwritten.is_empty()));
        let rounds = rounds.map(|(round, (written, unwritten))| {
            json!({ "round": round, "told": written, "not_written_up": unwritten })
        });
        rounds.collect()
    };
    Both {
        open: told(false),
        full: told(true),
    }
}

/// A meeting as somebody who says something of it knows it.
pub struct Known {
    /// Its hour, as the page of reviews shows it to those who see what is restricted; with a number where
    /// several begin then.
    pub id: String,
    /// The same for everybody else, and what it is about to them; none where they do not see it.
    pub open: Option<(String, Option<String>)>,
    /// When it began.
    pub at: Millis,
    /// What it was about.
    pub title: Option<String>,
    /// What had happened before was told again in it: it is no review.
    pub retold: bool,
    /// How many came to it, if anybody says so. For checks alone.
    pub came: Option<u64>,
    /// What is known of it beside its attendees.
    pub fact: MeetingFact,
}

/// What a meeting is called in the ids of events that a file says of it, where only its hash is known.
pub fn known_as(hash: u64) -> String {
    format!("{KNOWN}{hash:016x}")
}

/// How such a name begins.
const KNOWN: &str = "known ";

/// Whether a meeting is called by its hash.
pub(super) fn is_known(name: &str) -> bool {
    name.starts_with(KNOWN)
}

impl Known {
    /// Its keyed hash, as events carry it.
    ///
    /// # Errors
    /// The store's is no such number.
    pub fn hash(&self) -> anyhow::Result<u64> {
        u64::from_str_radix(&self.fact.meeting, 16).context("the meeting's hash")
    }
}

/// Every meeting, reviews as the pages list them, the newest first, then retellings.
pub async fn known(store: &Store, context: &Context) -> anyhow::Result<Vec<Known>> {
    Ok(known_and_astray(store, context, Millis::MAX).await?.0)
}

/// What was said of a meeting to come that nobody plans any more: when a series is moved, its occurrences are
/// others, and what was said of the earlier ones counts for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// When it was to be held.
    pub at: Millis,
    /// Its name then.
    pub id: String,
    /// What was said.
    pub said: String,
}

/// The same with what is astray of the meetings from `now` on, the next first.
pub async fn known_and_astray(
    store: &Store,
    context: &Context,
    now: Millis,
) -> anyhow::Result<(Vec<Known>, Vec<Astray>)> {
    let (settings, registry) = asked(store, context).await?;
    let mut meetings = Meetings::of(store, context, &settings, &registry).await?;
    let listed = reviews::lists(context, &meetings, (&registry, &[]), context.k)?.listed;
    let taken = listed.iter().map(|one| one.id.clone()).collect();
    let retold = retold(&meetings.retold, context, &registry, taken)?;
    let listed = listed.into_iter().map(|one| (one, false));
    let each = listed.chain(retold.into_iter().map(|one| (one, true)));
    let known = each.map(|(one, retold)| {
        let fact = meetings.known.remove(&one.hash);
        Known {
            retold,
            id: one.id,
            open: one.open,
            at: one.at,
            title: one.title,
            came: one.came,
            fact: fact.unwrap_or_else(|| MeetingFact {
                meeting: one.hash,
                ..MeetingFact::default()
            }),
        }
    });
    let known: Vec<Known> = known.collect();
    let left = meetings.known.into_values();
    let astray = left.filter(|fact| fact.held_at >= now).filter_map(|fact| {
        let said = [
            fact.form.clone(),
            fact.open.map(|open| format!("open {open}")),
            fact.mandatory.map(|all| format!("mandatory {all}")),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| Astray {
            at: fact.held_at,
            id: reviews::name(context, None, fact.held_at),
            said: said.join(", "),
        })
    });
    let mut astray: Vec<Astray> = astray.collect();
    astray.sort_by_key(|one| one.at);
    Ok((known, astray))
}

/// The last word on each incident of each story round, and the registry that it speaks of.
pub async fn stories(
    store: &Store,
    context: &Context,
) -> anyhow::Result<(Vec<StoryFact>, Vec<RegistryWriteup>)> {
    let (settings, registry) = asked(store, context).await?;
    Ok((store.stories(&settings).await?, registry))
}

async fn asked(
    store: &Store,
    context: &Context,
) -> anyhow::Result<(FactSettings, Vec<RegistryWriteup>)> {
    let run = store.last_derive_run().await?;
    let (generation, _) =
        run.context("nothing has been derived yet; run `readback report` first")?;
    let mut registry = store.registry_writeups(generation).await?;
    registry.retain(|writeup| writeup.merged_into == 0);
    Ok((settings(context, generation), registry))
}

fn retold(
    frame: &DataFrame,
    context: &Context,
    registry: &[RegistryWriteup],
    mut taken: BTreeSet<String>,
) -> PolarsResult<Vec<Listed>> {
    let (writeups, at) = (ints(frame, "writeup")?, ints(frame, "at")?);
    let planned_at = ints(frame, "planned_at")?;
    type Retold<'a> = (Option<&'a RegistryWriteup>, Option<Millis>);
    let mut meetings: BTreeMap<(Millis, String), Retold<'_>> = BTreeMap::new();
    let rows = texts(frame, "meeting")?.into_iter().zip(writeups);
    for ((meeting, writeup), (at, planned_at)) in rows.zip(at.into_iter().zip(planned_at)) {
        let Some(meeting) = meeting else { continue };
        let writeup = writeup
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| registry.get(at));
        let entry = meetings.entry((at.unwrap_or(0), meeting)).or_default();
        *entry = (entry.0.or(writeup), entry.1.or(planned_at));
    }
    let mut listed: Vec<Listed> = meetings
        .into_iter()
        .map(|((at, hash), (writeup, planned_at))| {
            let id = reviews::apart(&reviews::name(context, planned_at, at), &mut taken);
            let title =
                |writeup: &RegistryWriteup| writeup.title.as_ref().unwrap_or(&writeup.id).clone();
            let title = writeup.map(title);
            let is_open = writeup.is_none_or(|writeup| !writeup.restricted);
            Listed {
                open: is_open.then(|| (id.clone(), title.clone())),
                id,
                hash,
                at,
                title,
                came: None,
            }
        })
        .collect();
    listed.reverse();
    Ok(listed)
}

/// A number that is not said any more. No meeting has so many people.
pub const UNSAID: u32 = u32::MAX;

/// What is said of a meeting by hand; what is left out stays as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// How many gave their own account.
    pub accounts: Option<u32>,
    /// Changes to the write-up that came of it.
    pub changes: Option<u32>,
    /// How many watched its recording afterwards.
    pub watched: Option<u32>,
    /// What kind of meeting it was.
    pub form: Option<MeetingForm>,
    /// Everybody may come.
    pub open: Option<bool>,
    /// All of them had to come.
    pub mandatory: Option<bool>,
    /// The id of the write-up that it was about.
    pub writeup: Option<String>,
}

impl Words {
    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Words::default()
    }

    /// What of it is not known already: a form repeats what its fields held, and who changes one does not say
    /// the others anew.
    #[must_use]
    pub fn besides(self, fact: &MeetingFact) -> Words {
        let form = self.form;
        Words {
            accounts: self.accounts.filter(|_| self.accounts != fact.accounts),
            changes: self.changes.filter(|_| self.changes != fact.changes),
            watched: self.watched.filter(|_| self.watched != fact.watched),
            form: form.filter(|form| fact.form.as_deref() != Some(form.name())),
            open: self.open.filter(|_| self.open != fact.open),
            mandatory: self.mandatory.filter(|_| self.mandatory != fact.mandatory),
            writeup: self.writeup,
        }
    }

    /// Whether it can be so. Of a review to which fewer than `k` came no more is told by that than that they
    /// were fewer.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, known: &Known, k: u32, now: Millis) -> Result<(), String> {
        let numbers = [
            ("accounts", self.accounts),
            ("changes", self.changes),
            ("watched", self.watched),
        ];
        let mut said = numbers
            .iter()
            .filter(|(_, n)| n.is_some_and(|n| n != UNSAID));
        if let (Some((name, _)), true) = (said.next(), known.at > now) {
            return Err(format!(
                "{name}: the meeting {} is still to come; valid before it are form, open, mandatory and writeup",
                known.id
            ));
        }
        let few = u64::from(k).saturating_sub(1);
        let is_few = known.came.is_some_and(|came| came <= few) && !known.fact.or_more();
        if let Some(accounts) = self.accounts.filter(|n| *n != UNSAID && is_few)
            && u64::from(accounts) > few
        {
            return Err(format!(
                "accounts: {accounts} gave their own account, and fewer than {k} came; valid are 0 to {few}"
            ));
        }
        let came = known.came.filter(|came| *came > few);
        if let (Some(accounts), Some(came)) = (self.accounts.filter(|n| *n != UNSAID), came)
            && u64::from(accounts) > came
        {
            return Err(format!(
                "accounts: {accounts} gave their own account, and {came} came; valid are 0 to {came}"
            ));
        }
        let is = |said: Option<bool>, known: Option<bool>| said.or(known) == Some(true);
        let says = self.open == Some(true) || self.mandatory == Some(true);
        if says && is(self.open, known.fact.open) && is(self.mandatory, known.fact.mandatory) {
            return Err(
                "open and mandatory: where everybody may come not all had to; say that one of them is false"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// One more event, the last word on all that it says.
    ///
    /// # Errors
    /// No randomness for its id.
    pub fn event(self, known: &Known, now: Millis) -> anyhow::Result<Event> {
        let hash = known.hash()?;
        Ok(Event {
            source: BY_HAND.into(),
            id: unique("meeting")?,
            subject: self.writeup.unwrap_or_default(),
            time: known.at,
            version: later(known.fact.version, now),
            body: Body::Meeting(Meeting {
                accounts: self.accounts,
                changes: self.changes,
                watched: self.watched,
                form: self.form,
                open: self.open,
                mandatory: self.mandatory,
                ..Meeting::new(Occurrence::Known(hash))
            }),
        })
    }

    /// What it does, for the audit log.
    pub fn deed(&self, id: &str) -> String {
        let said = [
            ("accounts", self.accounts.is_some()),
            ("changes", self.changes.is_some()),
            ("watched", self.watched.is_some()),
            ("form", self.form.is_some()),
            ("open", self.open.is_some()),
            ("mandatory", self.mandatory.is_some()),
            ("writeup", self.writeup.is_some()),
        ];
        let said = said.iter().filter(|(_, is_said)| *is_said);
        let said: Vec<&str> = said.map(|(name, _)| *name).collect();
        format!("said {} of the meeting {id}", said.join(", "))
    }
}

/// A version after the one that was said last, whose lower half is of its content.
pub(super) fn later(last: u64, now: Millis) -> u32 {
    let last = u32::try_from(last >> 32).unwrap_or(u32::MAX);
    version_at(now).max(last.saturating_add(1))
}

/// The id of an event that somebody says by hand.
pub(super) fn unique(what: &str) -> anyhow::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(format!("{what} {:032x}", u128::from_be_bytes(random)))
}

/// Says it: one event, which stands when this returns.
///
/// # Errors
/// What the intake refuses, with the field; what the store says.
pub async fn say(hand: &Hand<'_>, event: Event) -> anyhow::Result<()> {
    let mut name = [0; 16];
    getrandom::fill(&mut name).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let record = Intake::new(hand.keys.clone())
        .accept(event)
        .map_err(|rejection| anyhow::anyhow!("{rejection}"))?;
    let mut batch = Batch::default();
    batch.push(record);
    let _passed = hand
        .gate
        .pass()
        .await
        .context("waiting for the data folder")?;
    hand.store.load(u128::from_be_bytes(name), &batch).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn writeup(number: u32, published_at: Option<Millis>) -> RegistryWriteup {
        RegistryWriteup {
            number,
            published_at,
            ..RegistryWriteup::default()
        }
    }

    #[test]
    fn few_people_of_retellings_are_not_told() {
        // Nobody recorded who came to the second.
        let frame = |people: &[Option<u32>]| {
            let n = people.len();
            df!(
                "meeting" => [vec!["a"; n], vec!["b"]].concat(),
                "person" => [people, &[Some(9)]].concat(),
                "attended" => [vec![true; n], vec![false]].concat(),
                "recorded" => [vec![true; n], vec![false]].concat(),
            )
            .unwrap()
        };
        let told = |people: &[Option<u32>]| retellings(&frame(people), 5).unwrap();
        assert_eq!(told(&[]), None);
        let five = [Some(1), Some(2), Some(3), Some(4), Some(5)];
        assert_eq!(told(&five), Some(json!({ "meetings": 1, "people": 5 })));
        let withheld = json!({ "meetings": 1, "people": null, "suppressed": true });
        assert_eq!(told(&five[..4]), Some(withheld.clone()));
        // One person in five meetings is one.
        assert_eq!(told(&[Some(1); 5]), Some(withheld.clone()));
        assert_eq!(told(&[&five[..], &[None]].concat()), Some(withheld));
    }

    #[test]
    fn a_round_tells_few_people_s_words_without_their_number() {
        let story = |round: &str, writeup, called: &str, count| StoryFact {
            round: round.to_owned(),
            writeup,
            called: called.to_owned(),
            count,
            version: 1,
        };
        let mut registry = [writeup(1, Some(0)), writeup(2, Some(0))];
        registry[0].id = "INC-1".to_owned();
        registry[1].id = "INC-2".to_owned();
        registry[1].restricted = true;
        let stories = [
            story("2026-H1", 1, "", 7),
            story("2026-H1", 2, "", 9),
            story("2026-H2", 0, "The two clocks", 4),
            story("2026-H2", 1, "", 0),
        ];
        let rounds = rounds(&stories, &registry, DAY_MS, 5);
        let unwritten = json!([{ "title": "The two clocks", "count": null, "suppressed": true }]);
        let first = json!({ "writeup": "INC-1", "title": "INC-1", "count": 7 });
        assert_eq!(
            rounds.open,
            [
                json!({ "round": "2026-H2", "told": [], "not_written_up": unwritten }),
                json!({ "round": "2026-H1", "told": [first], "not_written_up": [] }),
            ]
        );
        assert_eq!(rounds.full[1]["told"][1]["restricted"], true);
        assert!(!json!(rounds.open).to_string().contains("INC-2"));
    }

    #[test]
    fn what_can_t_be_so_is_refused() {
        let known = |came: Option<u64>, at: Millis| Known {
            id: "2026-06-03T15:00".to_owned(),
            open: None,
            at,
            title: None,
            retold: false,
            came,
            fact: MeetingFact::default(),
        };
        let accounts = |n: u32| Words {
            accounts: Some(n),
            ..Words::default()
        };
        let watched = Words {
            watched: Some(1),
            ..Words::default()
        };
        let marked = Words {
            open: Some(true),
            ..Words::default()
        };
        for (words, came, at, k, wrong) in [
            (accounts(3), Some(2), 1, 1, "2 came; valid are 0 to 2"),
            (
                accounts(900),
                Some(2),
                1,
                5,
                "fewer than 5 came; valid are 0 to 4",
            ),
            (
                accounts(900),
                Some(0),
                1,
                5,
                "fewer than 5 came; valid are 0 to 4",
            ),
            (accounts(4), Some(2), 1, 5, ""),
            (accounts(900), None, 1, 5, ""),
            (accounts(UNSAID), Some(2), 1, 5, ""),
            (
                accounts(3),
                None,
                9,
                5,
                "accounts: the meeting 2026-06-03T15:00 is still to come",
            ),
            (
                watched,
                None,
                9,
                5,
                "watched: the meeting 2026-06-03T15:00 is still to come",
            ),
            (accounts(UNSAID), None, 9, 5, ""),
            (marked, None, 9, 5, ""),
        ] {
            let refused = words
                .check(&known(came, at), k, 5)
                .err()
                .unwrap_or_default();
            assert_eq!(refused.is_empty(), wrong.is_empty(), "{words:?}: {refused}");
            assert!(refused.contains(wrong), "{words:?}: {refused}");
        }
    }

    #[test]
    fn what_is_known_is_not_said_again() {
        let fact = MeetingFact {
            accounts: Some(4),
            form: Some("review".to_owned()),
            open: Some(true),
            ..MeetingFact::default()
        };
        let words = Words {
            accounts: Some(4),
            changes: Some(1),
            form: Some(MeetingForm::Review),
            open: Some(false),
            ..Words::default()
        };
        let new = words.besides(&fact);
        assert_eq!(
            new,
            Words {
                changes: Some(1),
                open: Some(false),
                ..Words::default()
            }
        );
        assert!(
            new.besides(&MeetingFact {
                changes: Some(1),
                open: Some(false),
                ..fact
            })
            .is_empty()
        );
    }

    #[test]
    fn the_last_word_has_the_greatest_version() {
        let now = 1_790_000_000_000;
        assert_eq!(later(0, now), version_at(now));
        let ahead = (u64::from(version_at(now) + 7) << 32) | 99;
        assert_eq!(later(ahead, now), version_at(now) + 8);
        assert_eq!(later(u64::MAX, now), u32::MAX);
    }
}
