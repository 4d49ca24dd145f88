//! Who opened documents, as the audit log of Drive tells it. It comes late, and is kept for half a year.

use crate::model::{DAY_MS, Millis, Read, to_rfc3339};
use crate::sources::forge::{Reply, Stop};
use crate::sources::google::{form, next};
use crate::sources::wiki::{Page, Run, Seen, Watched};

use super::answer;
use super::api::Asking;

/// Where the log is, below the API's address.
pub(super) const LOG: &str = "/activity/users/all/applications/drive";

/// What the log keeps.
pub(super) const KEPT_DAYS: u32 = 180;

/// How late a line can come, ms: Google speaks of minutes, and of up to three days.
const LATE: Millis = 3 * DAY_MS;

/// The log of a document is asked for again after this time, ms: it is one question or more for each, and
/// what it told of the last days is told again.
const AGAIN: Millis = 3 * 3_600_000;

/// What an agent is called that read in a person's name. Its own name may be somebody's.
const APP: &str = "an app of Google Workspace";

/// What is said where the log is not for us.
pub(super) const BLIND: &str = "the audit log is not for this account, so nobody's reads are told: give the scope \
                                admin.reports.audit.readonly and an administrator as audit_subject, or set reads = []";

impl Asking<'_> {
    /// Tells who opened a document since the last time.
    pub(super) fn opened(
        &mut self,
        page: &Page,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        // Until when was told is as far back as a line can come late.
        let is_early = seen
            .viewed
            .is_some_and(|told| run.now < told + LATE + AGAIN);
        if is_early || self.blind.is_some() || self.drive.reads.is_empty() {
            return Ok(());
        }
        let kept = run.now - Millis::from(KEPT_DAYS) * DAY_MS;
        let since = seen.viewed.map_or(kept, |told| told.max(kept));
        let drive = self.drive;
        for read in &drive.reads {
            let mut path = form(&[
                ("eventName", read),
                ("filters", &format!("doc_id=={}", page.id)),
                ("startTime", &to_rfc3339(since)),
                ("maxResults", "1000"),
                ("fields", answer::ACTIVITIES),
            ]);
            path.insert(0, '?');
            if !self.asked(&path, page, run)? {
                return Ok(());
            }
        }
        seen.viewed = Some(run.now - LATE);
        Ok(())
    }

    /// Goes through the log as far as a question asks for it. False where it is not for us.
    fn asked(&mut self, path: &str, page: &Page, run: &mut Run<'_>) -> Result<bool, Stop> {
        let mut part = String::new();
        loop {
            let answered = self.auditor().and_then(|client| {
                let address = client.address(&format!("{LOG}{path}{part}"));
                client.get(&address, None)
            });
            let list = match answered {
                Ok(Reply::Page(answer)) => answer.value,
                Ok(Reply::Same) => return Ok(true),
                Ok(Reply::Gone | Reply::Forbidden) => {
                    self.blind = Some(BLIND.to_owned());
                    return Ok(false);
                }
                // Everything else of the source goes on.
                Err(Stop::Refused(error, _) | Stop::Failed(error)) => {
                    self.blind = Some(format!("nobody's reads are told this time: {error}"));
                    return Ok(false);
                }
                Err(stop) => return Err(stop),
            };
            for activity in list["items"].as_array().into_iter().flatten() {
                match answer::opening(activity, &page.id, &self.drive.reads) {
                    Some(Ok(opening)) => {
                        let first = self.first.map_or(opening.at, |first| first.min(opening.at));
                        self.first = Some(first);
                        let read = Read {
                            person: opening.person,
                            bot: opening.is_robot,
                            agent: opening.is_app.then(|| APP.to_owned()),
                            ..Read::default()
                        };
                        let id = format!("view:{}:{}", page.id, opening.id);
                        let event = run.maker.opened(id, &page.id, read, (opening.at, 0));
                        run.sink.event(event);
                    }
                    Some(Err(reason)) => run.sink.left_out(reason),
                    None => {}
                }
            }
            match next(&list) {
                Some(token) => part = token,
                None => return Ok(true),
            }
        }
    }

    /// Tells until when the log was read. From the first line on that it had: since when it is kept, nothing
    /// says. After half a year without a pull there is a gap.
    pub(super) fn seen_until(&self, watched: &mut Option<Watched>, run: &mut Run<'_>) {
        if self.blind.is_some() || self.drive.reads.is_empty() {
            return;
        }
        let to = run.now - LATE - AGAIN;
        let kept = run.now - Millis::from(KEPT_DAYS) * DAY_MS;
        let known = watched.filter(|watched| watched.to >= kept);
        if known.is_some_and(|known| to < known.to + AGAIN) {
            return;
        }
        let from = known.map(|known| known.from).or(self.first);
        if let Some(from) = from.filter(|from| *from < to) {
            let window = Watched { from, to };
            run.sink.event(run.maker.watched(window, run.now));
            *watched = Some(window);
        }
    }
}
