//! Sessions: random ids that a browser keeps in a cookie; here only their hashes are known, in memory.
//! A restart ends them all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::Reader;
use crate::model::Millis;

/// A session ends when nothing came of it for so long,
const IDLE: Millis = 8 * 3600 * 1000;
/// and after so long in any case.
pub(super) const LONGEST: Millis = 24 * 3600 * 1000;
/// So many there are at once; beyond it the one that was idle longest ends.
const MOST: usize = 100_000;

/// Who signed in, and since when.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) reader: Reader,
    /// A local account and what its record was: when that changes, the session ends.
    pub(super) account: Option<(String, u64)>,
    made: Millis,
    seen: Millis,
}

impl Session {
    fn lives(&self, now: Millis) -> bool {
        now - self.seen < IDLE && now - self.made < LONGEST
    }
}

/// All that live.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Begins one; gives the id for the cookie.
    pub(super) fn begin(
        &self,
        reader: Reader,
        account: Option<(String, u64)>,
        now: Millis,
    ) -> Result<String, getrandom::Error> {
        let id = random()?;
        let mut all = self.all();
        if all.len() >= MOST {
            all.retain(|_, session| session.lives(now));
        }
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, session)| session.seen)
        {
            let oldest = *oldest.0;
            all.remove(&oldest);
        }
        let session = Session {
            reader,
            account,
            made: now,
            seen: now,
        };
        all.insert(hash(&id), session);
        Ok(id)
    }

    /// The session of an id, if it lives; it was seen now.
    pub(super) fn find(&self, id: &str, now: Millis) -> Option<Session> {
        let key = hash(id);
        let mut all = self.all();
        let session = all.get_mut(&key)?;
        if !session.lives(now) {
            all.remove(&key);
            return None;
        }
        session.seen = session.seen.max(now);
        Some(session.clone())
    }

    /// Ends one; says whose it was.
    pub(super) fn end(&self, id: &str) -> Option<Session> {
        self.all().remove(&hash(id))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 256 random bits as text.
pub(super) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What an id is known by.
pub(super) fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

/// What a form of a page for this cookie brings along. Who can't read the cookie can't know it.
pub(super) fn form_token(id: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"readback form\0");
    digest.update(id.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;

    const HOUR: Millis = 3600 * 1000;

    fn reader() -> Reader {
        Reader {
            role: Role::Viewer,
            restricted: false,
            who: None,
        }
    }

    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let sessions = Sessions::default();
        let idle = sessions.begin(reader(), None, 0).unwrap();
        assert!(sessions.find(&idle, 7 * HOUR).is_some());
        assert!(
            sessions.find(&idle, 14 * HOUR).is_some(),
            "it was seen in between"
        );
        assert!(
            sessions.find(&idle, 22 * HOUR).is_none(),
            "eight hours of nothing"
        );
        let old = sessions.begin(reader(), None, 0).unwrap();
        for hour in 1..24 {
            assert!(sessions.find(&old, hour * HOUR).is_some(), "{hour}");
        }
        assert!(sessions.find(&old, 24 * HOUR).is_none());
        assert!(sessions.all().is_empty());
    }

    #[test]
    fn ids_are_random_and_not_kept() {
        let sessions = Sessions::default();
        let one = sessions.begin(reader(), None, 0).unwrap();
        let two = sessions.begin(reader(), None, 0).unwrap();
        assert_ne!(one, two);
        assert_eq!(one.len(), 43);
        assert!(sessions.find("", 0).is_none() && sessions.find(&one[1..], 0).is_none());
        let kept: Vec<u8> = sessions.all().keys().flatten().copied().collect();
        let kept = String::from_utf8_lossy(&kept).into_owned();
        assert!(!kept.contains(&one) && !kept.contains(&two));
        assert!(sessions.end(&one).is_some() && sessions.find(&one, 0).is_none());
        assert!(sessions.find(&two, 0).is_some());
        assert_ne!(form_token(&one), form_token(&two));
    }
}
