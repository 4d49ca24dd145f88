//! Who works there: a fixed number of seats, each held by one person after another. Tenure is
//! exponential with a mean of twelve years, a seat stays empty for a month. A seat's team stays.

use crate::model::{DAY_MS, Millis};

use super::Options;
use super::dice::{Dice, Stream};
use super::names;

/// One person.
pub(super) struct Worker {
    pub(super) email: String,
    /// The account that the wiki knows, if it is another name of the same person.
    pub(super) account: Option<String>,
    pub(super) team: usize,
    pub(super) joined: Millis,
    pub(super) left: Option<Millis>,
}

/// Everybody who ever worked there, and who sits where today.
pub(super) struct People {
    pub(super) teams: Vec<String>,
    pub(super) workers: Vec<Worker>,
    /// Workers by seat, in the order in which they came.
    seats: Vec<Vec<usize>>,
    /// Today's worker of each seat.
    today: Vec<Option<usize>>,
    /// Workers who came within the last 90 days.
    newcomers: Vec<usize>,
    /// The instant that `today` is about.
    now: Option<Millis>,
}

/// So long that in three years a quarter of the seats change hands: everybody who ever read is
/// counted, and should not be many more than there are seats.
const TENURE_DAYS: f64 = 12.0 * 365.0;
/// Among very many people somebody would have joined before 1900, where times begin.
const MOST_TENURE_DAYS: f64 = 100.0 * 365.0;
const NEW_DAYS: i64 = 90;

impl People {
    pub(super) fn new(options: &Options, from: Millis, to: Millis) -> Self {
        let mut dice = Dice::new(options.seed, Stream::People);
        let teams: Vec<_> = (0..options.teams.max(1) as usize)
            .map(names::team)
            .collect();
        let count = options.people.max(1) as usize;
        let mut people = People {
            workers: Vec::with_capacity(count * 2),
            seats: Vec::with_capacity(count),
            today: vec![None; count],
            newcomers: Vec::new(),
            now: None,
            teams,
        };
        for seat in 0..count {
            let tenure = dice.exponential(TENURE_DAYS).min(MOST_TENURE_DAYS);
            let mut joined = from - days(30.0 + tenure);
            // Memoryless: who is there at the start stays as long as anybody new.
            let mut start = from;
            let mut line = Vec::new();
            loop {
                let left = start + days(1.0 + dice.exponential(TENURE_DAYS));
                let (email, account) = names::account(people.workers.len());
                line.push(people.workers.len());
                people.workers.push(Worker {
                    email,
                    account: dice.chance(0.4).then_some(account),
                    team: seat % people.teams.len(),
                    joined,
                    left: (left < to).then_some(left),
                });
                joined = left + days(30.0);
                start = joined;
                if joined >= to {
                    break;
                }
            }
            people.seats.push(line);
        }
        people
    }

    /// Moves to the month of an instant: near enough for the few who leave traces.
    pub(super) fn advance_to(&mut self, at: Millis) {
        self.advance(at - at.rem_euclid(30 * DAY_MS));
    }

    /// Moves to an instant.
    pub(super) fn advance(&mut self, at: Millis) {
        if self.now.replace(at) == Some(at) {
            return;
        }
        self.newcomers.clear();
        for (seat, line) in self.seats.iter().enumerate() {
            let present = line
                .iter()
                .copied()
                .find(|&worker| self.present(worker, at));
            self.today[seat] = present;
            let fresh = |worker: &usize| at - self.workers[*worker].joined < NEW_DAYS * DAY_MS;
            self.newcomers.extend(present.filter(fresh));
        }
    }

    fn present(&self, worker: usize, at: Millis) -> bool {
        let worker = &self.workers[worker];
        worker.joined <= at && worker.left.is_none_or(|left| at < left)
    }

    /// Somebody of today, the keen more often; of this team if one is named.
    pub(super) fn anybody(&self, team: Option<usize>, dice: &mut Dice) -> usize {
        // A few tries: empty seats are rare.
        for _ in 0..8 {
            let u = dice.unit();
            let seat = match team {
                None => (u * u.sqrt() * self.today.len() as f64) as usize,
                Some(team) => {
                    let teams = self.teams.len();
                    let size = (self.today.len() + teams - 1 - team) / teams;
                    team + teams * (u * size as f64) as usize
                }
            };
            if let Some(Some(worker)) = self.today.get(seat) {
                return *worker;
            }
        }
        self.today.iter().flatten().next().copied().unwrap_or(0)
    }

    /// Several different people of today.
    pub(super) fn several(&self, team: Option<usize>, n: usize, dice: &mut Dice) -> Vec<usize> {
        let mut found = Vec::with_capacity(n);
        for _ in 0..n * 3 {
            let worker = self.anybody(team, dice);
            if found.len() < n && !found.contains(&worker) {
                found.push(worker);
            }
        }
        found
    }

    /// Those who came within the last 90 days.
    pub(super) fn newcomers(&self) -> &[usize] {
        &self.newcomers
    }
}

/// Days as milliseconds.
pub(super) fn days(days: f64) -> Millis {
    (days * DAY_MS as f64) as Millis
}
