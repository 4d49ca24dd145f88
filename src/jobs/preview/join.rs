//! Which of the meetings that are known a file is of, where it does not say so, and by which order its dates
//! are read: a tool knows nothing of the calendar, and its list would be another meeting beside the one that
//! people were invited to. A page and the command line join by the same rule.

use super::{Look, Preview, Seen, look};
use crate::collect::Keys;
use crate::jobs::ingest::NotRead;
use crate::jobs::meetings::known_as;
use crate::jobs::order::Order;
use crate::model::{DAY_MS, Millis, to_rfc3339};
use crate::sources::transcript;
use crate::store::Store;

/// A list that begins so near to a known meeting is probably of that, ms.
const NEAR: Millis = 90 * 60 * 1000;
/// An occurrence is called by the start that its series gave it; it may have been moved so far, in such steps,
/// ms.
const MOVED: Millis = 14 * DAY_MS;
const STEP: Millis = 15 * 60 * 1000;
/// What is said of dates that may be two, or were assumed to be one of them, names this.
const OPEN: &str = "`date_order`";
/// What it says where the year may come first.
const YEAR_FIRST: [&str; 2] = ["\"ymd\"", "year/month/day among them"];

/// A meeting that is known, and that a file may be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its keyed hash.
    pub hash: u64,
    /// When it began.
    pub at: Millis,
    /// Its name, as whoever asks sees it.
    pub id: String,
    /// What it is about, as far as they may see that.
    pub title: Option<String>,
}

/// What somebody said of which meeting a file is.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// Nothing: it is to be found out.
    FindOut,
    /// A meeting of its own, as the file says.
    Own,
    /// This one.
    This(Planned),
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing was to be: somebody said it, or it is no list of one meeting.
    Said,
    /// It is of this one, by its hour and what it is about.
    Joined(Planned),
    /// The file itself names this one.
    Named(Planned),
    /// The file names a meeting that is not known.
    Unknown,
    /// It may be of any of these.
    Several(Vec<Planned>),
    /// Those of that hour are about something else.
    Others,
    /// None of that hour is known.
    Nothing,
}

/// A file as it is read.
pub struct Reading {
    /// What it would come to.
    pub seen: Preview,
    /// How it is read for that.
    pub order: Order,
    /// The meeting that all of it is brought in as; nothing where the file says that itself.
    pub meeting: Option<Planned>,
    /// What was found out.
    pub fit: Fit,
    /// The order of its dates, where they do not tell.
    pub dates: Option<Dates>,
}

/// Dates that may be two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The order by which they are read, as `date_order` names it.
    pub order: &'static str,
    /// When the meeting was by that.
    pub at: Millis,
    /// And by the other.
    pub other: Millis,
    /// A meeting is known at that hour, and none by the other order; else it is a guess.
    pub is_planned: bool,
}

/// What is known, and what may be done without asking.
pub struct Known<'a> {
    /// The meetings that there are.
    pub planned: &'a [Planned],
    /// Dates that nothing settles are read by one order or the other, and whoever looks sees by which.
    pub assumes: bool,
}

/// Reads a file of meetings as what it is.
///
/// # Errors
/// [`NotRead`], or what the store says.
pub async fn read(
    (store, keys): (&Store, &Keys),
    look: Look,
    known: Known<'_>,
    chosen: Chosen,
) -> anyhow::Result<Reading> {
    let way = Way { store, keys, known };
    match chosen {
        Chosen::FindOut => way.found(look).await,
        Chosen::Own => way.dated(look, way.known.planned).await,
        Chosen::This(one) => way.of(look, one, Fit::Said).await,
    }
}

struct Way<'a> {
    store: &'a Store,
    keys: &'a Keys,
    known: Known<'a>,
}

impl Way<'_> {
    /// As the file says; of the meeting that it must be of, where it does not.
    async fn found(&self, asked: Look) -> anyhow::Result<Reading> {
        let planned = self.known.planned;
        let is_list = is_list(asked.order.kind.name);
        match self.dated(asked.clone(), planned).await {
            Ok(mut reading) => {
                if let ([one], true) = (&reading.seen.meetings[..], is_list) {
                    reading.fit = fit(one, planned);
                }
                match &reading.fit {
                    Fit::Joined(one) => {
                        let one = one.clone();
                        self.of(asked, one.clone(), Fit::Joined(one)).await
                    }
                    _ => Ok(reading),
                }
            }
            // What does not say which meeting it is of may tell its hour.
            Err(error)
                if is_list
                    && error.is::<NotRead>()
                    && !asked.order.params.contains_key("meeting") =>
            {
                let mut trial = asked.clone();
                trial.set("meeting", known_as(0));
                let reading = match self.dated(trial, planned).await {
                    Ok(reading) => reading,
                    Err(_) => return Err(error),
                };
                match &reading.seen.meetings[..] {
                    [seen] => match fit(seen, planned) {
                        Fit::Joined(one) => self.of(asked, one.clone(), Fit::Joined(one)).await,
                        _ => Err(error),
                    },
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// As that of a meeting; where it does not say when that was, that was when it was planned.
    async fn of(&self, mut asked: Look, one: Planned, fit: Fit) -> anyhow::Result<Reading> {
        let name = match asked.order.kind.name {
            "icalendar" => {
                let words = "a calendar says itself which meetings it holds; choose none";
                return Err(NotRead(words.to_owned()).into());
            }
            "transcript" => match of_series(self.keys, &asked.order.params, &one) {
                Some(name) => name,
                None => return Err(NotRead(transcript::not_enabled(&asked.order.source)).into()),
            },
            _ => known_as(one.hash),
        };
        asked.set("meeting", name);
        asked.meeting = Some((one.hash, one.title.clone()));
        let is_timed = asked.order.params.contains_key("start");
        if asked.order.kind.name == "transcript" && !is_timed {
            asked.set("start", to_rfc3339(one.at));
        }
        let near = std::slice::from_ref(&one);
        let reading = match self.dated(asked.clone(), near).await {
            Err(error) if error.is::<NotRead>() && !asked.order.params.contains_key("start") => {
                asked.set("start", to_rfc3339(one.at));
                self.dated(asked, near).await?
            }
            done => done?,
        };
        Ok(Reading {
            meeting: Some(one),
            fit,
            ..reading
        })
    }

    /// By the order of dates that the file tells; where it does not, by that which meets one of `near`.
    async fn dated(&self, asked: Look, near: &[Planned]) -> anyhow::Result<Reading> {
        let first = look(self.store, self.keys, asked.clone()).await;
        let told = match &first {
            Ok(seen) => seen.notes.iter().find(|note| note.contains(OPEN)).cloned(),
            Err(error) => {
                let reason = error.downcast_ref::<NotRead>();
                let reason = reason.map(|NotRead(reason)| reason.clone());
                reason.filter(|reason| reason.contains(OPEN))
            }
        };
        let is_open = told.is_some();
        let is_year = told.is_some_and(|told| YEAR_FIRST.iter().any(|words| told.contains(words)));
        if is_open
            && !asked.order.params.contains_key("date_order")
            && let Some(reading) = self
                .settled(&asked, near, (first.is_err(), is_year))
                .await?
        {
            return Ok(reading);
        }
        Ok(plain(first?, asked.order, None))
    }

    /// The file by one order of its dates, where both are possible and one meets a known meeting. Where none
    /// does, or both do, it is one of them only if `must`, and if that may be. The year comes first only if it may
    /// (`is_year`).
    async fn settled(
        &self,
        asked: &Look,
        near: &[Planned],
        (must, is_year): (bool, bool),
    ) -> anyhow::Result<Option<Reading>> {
        let mut read: Vec<(&'static str, Millis, Preview, Order)> = Vec::new();
        let orders = if is_year { 3 } else { 2 };
        for order in ["dmy", "mdy", "ymd"].into_iter().take(orders) {
            let mut trial = asked.clone();
            trial.set("date_order", order.to_owned());
            let own = trial.order.clone();
            match look(self.store, self.keys, trial).await {
                Ok(seen) => {
                    if let Some(at) = seen.meetings.first().map(|one| one.at) {
                        read.push((order, at, seen, own));
                    }
                }
                Err(error) if error.is::<NotRead>() => {}
                Err(error) => return Err(error),
            }
        }
        let [one, other] = &read[..] else {
            return Ok(None);
        };
        let (one_at, other_at) = (one.1, other.1);
        let meets = |at: Millis| near.iter().any(|known| (known.at - at).abs() <= NEAR);
        let (takes_other, is_planned) = match (meets(one_at), meets(other_at)) {
            _ if one_at == other_at => return Ok(None),
            (true, false) => (false, true),
            (false, true) => (true, true),
            _ if !(must && self.known.assumes) => return Ok(None),
            // A list is brought in soon after its meeting.
            _ => {
                let ago = |at: Millis| (at > asked.now, (asked.now - at).abs());
                (ago(other_at) < ago(one_at), false)
            }
        };
        let (own, other) = match takes_other {
            true => (read.pop(), one_at),
            false => (Some(read.swap_remove(0)), other_at),
        };
        Ok(own.map(|(order, at, seen, own)| {
            let dates = Dates {
                order,
                at,
                other,
                is_planned,
            };
            plain(seen, own, Some(dates))
        }))
    }
}

fn plain(seen: Preview, order: Order, dates: Option<Dates>) -> Reading {
    Reading {
        seen,
        order,
        meeting: None,
        fit: Fit::Said,
        dates,
    }
}

impl Look {
    /// Sets a parameter of the file's kind.
    fn set(&mut self, name: &str, value: String) {
        self.order.params.insert(name.to_owned(), value.into());
    }
}

/// Whether files of a kind are lists of who came.
pub fn is_list(kind: &str) -> bool {
    super::OF_MEETINGS.contains(&kind) && !matches!(kind, "icalendar" | "transcript")
}

/// The meeting that a list of one must be of. What the file itself calls it goes before the hour.
fn fit(seen: &Seen, planned: &[Planned]) -> Fit {
    if let Some(own) = planned.iter().find(|one| one.hash == seen.hash) {
        return Fit::Named(own.clone());
    }
    let near = |one: &&Planned| (one.at - seen.at).abs() <= NEAR;
    if let Some(name) = &seen.named {
        let folded = |text: &str| text.trim().to_lowercase();
        let is_it = |one: &&Planned| {
            let title = one.title.as_deref().map(folded);
            one.id == name.trim() || title == Some(folded(name))
        };
        let called: Vec<&Planned> = planned.iter().filter(is_it).collect();
        return match &called[..] {
            [] => Fit::Unknown,
            [one] => Fit::Joined((*one).clone()),
            // Of several of one name that of the hour.
            several => match only(several.iter().copied().filter(near).collect()) {
                Fit::Nothing => Fit::Unknown,
                fit => fit,
            },
        };
    }
    let of_hour: Vec<&Planned> = planned.iter().filter(near).collect();
    let Some(writeup) = &seen.writeup else {
        return only(of_hour);
    };
    let title = writeup.title.as_ref().unwrap_or(&writeup.id);
    let about = |title: Option<&String>| -> Vec<&Planned> {
        let each = of_hour.iter().copied();
        each.filter(|one| one.title.as_ref() == title).collect()
    };
    // Of what it is about first; of nothing that is known is as good as of anything.
    match (only(about(Some(title))), only(about(None))) {
        (Fit::Nothing, Fit::Nothing) if !of_hour.is_empty() => Fit::Others,
        (Fit::Nothing, of_nothing) => of_nothing,
        (of_it, _) => of_it,
    }
}

/// The one that there is.
fn only(fitting: Vec<&Planned>) -> Fit {
    match &fitting[..] {
        [] => Fit::Nothing,
        [one] => Fit::Joined((*one).clone()),
        several => Fit::Several(several.iter().copied().cloned().collect()),
    }
}

/// What a meeting is called, of a series whose transcripts may be read: only its hash is kept, so each name
/// that an occurrence of such a series can have is tried.
fn of_series(keys: &Keys, params: &toml::Table, one: &Planned) -> Option<String> {
    let series = params.get("enabled_series")?.as_array()?;
    let series = series.iter().filter_map(toml::Value::as_str);
    let is_it = |name: &String| keys.hash("meeting", name) == one.hash;
    series.into_iter().find_map(|series| {
        let uid = series.trim_end_matches('*').trim_end_matches('/');
        let starts = (-MOVED / STEP..=MOVED / STEP).map(|steps| one.at + steps * STEP);
        let occurrences = starts.map(|at| format!("{uid}/{}", to_rfc3339(at)));
        std::iter::once(uid.to_owned())
            .chain(occurrences)
            .find(is_it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::KnownWriteup;

    const HOUR: Millis = 3_600_000;

    fn planned(hash: u64, at: Millis, title: Option<&str>) -> Planned {
        Planned {
            hash,
            at,
            id: format!("2026-03-10/{hash}"),
            title: title.map(str::to_owned),
        }
    }

    fn seen(hash: u64, at: Millis, named: Option<&str>, about: Option<&str>) -> Seen {
        Seen {
            hash,
            named: named.map(str::to_owned),
            at,
            length_ms: None,
            subject: String::new(),
            writeup: about.map(|title| KnownWriteup {
                id: "INC".to_owned(),
                title: Some(title.to_owned()),
                aliases: Vec::new(),
            }),
            about: None,
            people: Vec::new(),
            more_people: 0,
            invited_besides: 0,
            told_by: Vec::new(),
            spoken: None,
        }
    }

    #[test]
    fn the_name_goes_before_what_it_is_about_and_that_before_the_hour() {
        let queue = planned(1, 10 * HOUR, Some("The queue"));
        let clock = planned(2, 11 * HOUR, Some("The clock"));
        let blank = planned(3, 10 * HOUR, None);
        let far = planned(4, 90 * HOUR, Some("The clock"));
        let all = [queue.clone(), clock.clone(), far];
        let joined = |one: &Planned| Fit::Joined(one.clone());
        for (one, of, expected) in [
            (seen(9, 10 * HOUR, None, None), &all[..1], joined(&queue)),
            (
                seen(9, 10 * HOUR, None, None),
                &all,
                Fit::Several(all[..2].to_vec()),
            ),
            (seen(9, 40 * HOUR, None, None), &all, Fit::Nothing),
            (
                seen(9, 10 * HOUR, None, Some("The clock")),
                &all,
                joined(&clock),
            ),
            (
                seen(9, 10 * HOUR, None, Some("The disk")),
                &all,
                Fit::Others,
            ),
            (
                seen(9, 10 * HOUR, None, Some("The disk")),
                &[queue.clone(), blank.clone()],
                joined(&blank),
            ),
            // The hour of one, the name of another, or of none.
            (
                seen(2, 10 * HOUR, Some("m2"), None),
                &all,
                Fit::Named(clock.clone()),
            ),
            (seen(9, 10 * HOUR, Some("m2"), None), &all, Fit::Unknown),
            (
                seen(9, 50 * HOUR, Some("the QUEUE"), None),
                &all,
                joined(&queue),
            ),
            (
                seen(9, 10 * HOUR, Some("2026-03-10/2"), None),
                &all,
                joined(&clock),
            ),
            (
                seen(9, 11 * HOUR, Some("The clock"), None),
                &all,
                joined(&clock),
            ),
            (
                seen(9, 50 * HOUR, Some("The clock"), None),
                &all,
                Fit::Unknown,
            ),
        ] {
            assert_eq!(fit(&one, of), expected, "{:?}", one.named);
        }
    }

    #[test]
    fn an_occurrence_of_an_enabled_series_is_found_by_its_hash() {
        let keys = Keys::new([7; 32]);
        let at = 1_772_409_600_000;
        let params = toml::toml! { enabled_series = ["other", "uid@example.org*"] };
        let found = |name: &str, at: Millis| {
            let one = planned(keys.hash("meeting", name), at, None);
            of_series(&keys, &params, &one)
        };
        let first = format!("uid@example.org/{}", to_rfc3339(at));
        // As planned, moved to the next day, alone, and of no such series.
        assert_eq!(found(&first, at), Some(first.clone()));
        assert_eq!(found(&first, at + DAY_MS + STEP), Some(first.clone()));
        assert_eq!(
            found("uid@example.org", at).as_deref(),
            Some("uid@example.org")
        );
        assert_eq!(found("third", at), None);
        assert_eq!(found(&first, at + 60 * DAY_MS), None);
    }
}
