//! Guessing passwords is slowed: each attempt on an account, and from the neighbourhood of an address,
//! makes the next one wait twice as long. Accounts and addresses are known here by hashes with a key of
//! this process, in memory alone.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Millis;

/// Attempts on one account that wait for nothing: people mistype.
const FREE_OF_ACCOUNT: u32 = 4;
/// Attempts from one neighbourhood that wait for nothing: an office shares an address.
const FREE_OF_PLACE: u32 = 20;
/// The longest wait of an account. Whoever guesses keeps its owner out that long.
const LONGEST_OF_ACCOUNT: Millis = 60 * 1000;
/// The longest wait of a neighbourhood.
const LONGEST_OF_PLACE: Millis = 15 * 60 * 1000;
/// After so long without an attempt nothing is known any more.
const FORGOTTEN: Millis = 24 * 3600 * 1000;
/// So many are known at once; beyond it those that were quiet longest are forgotten.
const MOST: usize = 100_000;

#[derive(Clone, Copy)]
struct Tried {
    attempts: u32,
    last: Millis,
    until: Millis,
}

/// What was tried lately.
#[derive(Default)]
pub(super) struct Throttle {
    keyed: RandomState,
    tried: Mutex<HashMap<u64, Tried>>,
}

/// Whose attempt it is.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    account: u64,
    place: Option<u64>,
}

impl Throttle {
    /// Takes an attempt, which counts as failed until it succeeded: many at once are many. Else the
    /// seconds until the next is taken.
    pub(super) fn take(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Attempt, u64> {
        let attempt = Attempt {
            account: self.keyed.hash_one(("account", account)),
            place: address.map(|address| self.keyed.hash_one(("place", place(address)))),
        };
        let mut tried = self.tried();
        let keys = [Some(attempt.account), attempt.place];
        let until = keys.iter().flatten().filter_map(|key| tried.get(key));
        let wait = until.map(|one| one.until - now).max().unwrap_or(0);
        if wait > 0 {
            return Err(u64::try_from(wait.div_euclid(1000) + 1).unwrap_or(1));
        }
        if tried.len() >= MOST {
            forget(&mut tried, now);
        }
        count(
            &mut tried,
            attempt.account,
            (FREE_OF_ACCOUNT, LONGEST_OF_ACCOUNT),
            now,
        );
        if let Some(place) = attempt.place {
            count(&mut tried, place, (FREE_OF_PLACE, LONGEST_OF_PLACE), now);
        }
        Ok(attempt)
    }

    /// It was no guess. What else came from there still counts: whoever has one account must not guess
    /// at others between two sign-ins.
    pub(super) fn succeeded(&self, attempt: Attempt) {
        let mut tried = self.tried();
        tried.remove(&attempt.account);
        if let Some(one) = attempt.place.and_then(|place| tried.get_mut(&place)) {
            one.attempts = one.attempts.saturating_sub(1);
        }
    }

    fn tried(&self) -> MutexGuard<'_, HashMap<u64, Tried>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(tried: &mut HashMap<u64, Tried>, key: u64, (free, longest): (u32, Millis), now: Millis) {
    let one = tried.entry(key).or_insert(Tried {
        attempts: 0,
        last: now,
        until: now,
    });
    if now - one.last > FORGOTTEN {
        one.attempts = 0;
    }
    one.attempts = one.attempts.saturating_add(1);
    one.last = now;
    if one.attempts > free {
        let doubled = (one.attempts - free - 1).min(20);
        one.until = now + (1000_i64 << doubled).min(longest);
    }
}

fn forget(tried: &mut HashMap<u64, Tried>, now: Millis) {
    tried.retain(|_, one| now - one.last <= FORGOTTEN);
    if tried.len() >= MOST {
        let mut last: Vec<Millis> = tried.values().map(|one| one.last).collect();
        let middle = last.len() / 2;
        let (_, median, _) = last.select_nth_unstable(middle);
        let median = *median;
        tried.retain(|_, one| one.last > median);
    }
}

/// What one person or office usually holds of the address space.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & !0xff).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !(u128::MAX >> 56)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_wrong_password_makes_the_next_wait_longer() {
        let throttle = Throttle::default();
        let mut now = 0;
        let mut waits = Vec::new();
        for n in 0..14 {
            // From everywhere, so that only the account counts.
            let from = address(&format!("203.0.{n}.1"));
            while let Err(seconds) = throttle.take("ops", from, now) {
                waits.push(seconds);
                now += i64::try_from(seconds).unwrap() * 1000;
            }
        }
        assert_eq!(waits, [2, 3, 5, 9, 17, 33, 61, 61, 61]);
        assert!(throttle.take("other", address("203.0.113.1"), now).is_ok());
    }

    #[test]
    fn many_accounts_from_one_place_wait_as_well() {
        let throttle = Throttle::default();
        let guess = |n: u32, from: &str| throttle.take(&format!("account{n}"), address(from), 0);
        let taken = (0..100).filter(|n| guess(*n, &format!("192.0.2.{n}")).is_ok());
        assert_eq!(taken.count(), 21);
        assert!(guess(200, "198.51.100.1").is_ok(), "another place");
        let taken = (300..400).filter(|n| guess(*n, &format!("2001:db8:0:{n}::1")).is_ok());
        assert_eq!(taken.count(), 21);
    }

    #[test]
    fn a_success_clears_the_account_and_not_the_place() {
        let throttle = Throttle::default();
        let from = address("192.0.2.1");
        for _ in 0..FREE_OF_ACCOUNT {
            assert!(throttle.take("ops", from, 0).is_ok());
        }
        let right = throttle.take("ops", from, 0).unwrap();
        throttle.succeeded(right);
        assert!(throttle.take("ops", from, 0).is_ok());
        for n in 0..40 {
            let _ = throttle.take(&format!("guessed{n}"), from, 0);
            if let Ok(own) = throttle.take("own", from, 0) {
                throttle.succeeded(own);
            }
        }
        assert!(
            throttle.take("last", from, 0).is_err(),
            "an own account does not help"
        );
        assert!(throttle.take("last", from, 2 * FORGOTTEN).is_ok());
    }
}
