//! What Graph is asked of a meeting in Teams: its id, its attendance reports, its transcripts.

use serde_json::Value;
use url::Url;

use crate::model::{Millis, parse_rfc3339};
use crate::sources::forge::Stop;
use crate::sources::microsoft::graph::{Answer, Graph};
use crate::sources::microsoft::{escaped, quoted};

/// What the application needs for reports.
const NEEDED: &str = "attendance needs the application permissions OnlineMeetings.Read.All and \
     OnlineMeetingArtifact.Read.All with an administrator's consent, and an application access policy of Teams \
     that is granted to the organiser (New-CsApplicationAccessPolicy, Grant-CsApplicationAccessPolicy); such a \
     policy takes up to 30 minutes";

/// What it needs for transcripts.
pub(super) const NEEDED_TO_READ: &str = "transcripts need the application permission \
     OnlineMeetingTranscript.Read.All with an administrator's consent, the application access policy, and, in \
     the Teams admin center, that applications may read transcripts with the names of speakers";

/// A meeting as Teams knows it: all occurrences of a series are one.
pub(super) struct Online {
    /// Its path.
    path: String,
}

/// Something that went on from when until when: a session that was reported, or transcribed.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) start: Millis,
    pub(super) end: Millis,
    /// How many were there, where that is told.
    pub(super) count: u64,
}

/// Finds a meeting by where it is joined; nothing where Teams does not know it any more. It is asked for as its
/// organiser's, whom the address names; short addresses don't, and then it is the mailbox's.
pub(super) fn find(
    graph: &mut Graph,
    join_url: &str,
    mailbox: &str,
) -> Result<Option<Online>, Stop> {
    let organizer = organizer(join_url);
    let user = format!(
        "/users/{}",
        escaped(organizer.as_deref().unwrap_or(mailbox))
    );
    let address = format!(
        "{user}/onlineMeetings?$filter=JoinWebUrl%20eq%20{}",
        quoted(join_url)
    );
    let address = graph.address(&address);
    match graph.get(&address)? {
        Answer::There(answer) => {
            let id = answer["value"][0]["id"].as_str();
            let path = |id| format!("{user}/onlineMeetings/{}", escaped(id));
            Ok(id.map(|id| Online { path: path(id) }))
        }
        Answer::Gone => Ok(None),
        Answer::Forbidden => Err(graph.forbidden(NEEDED)),
    }
}

/// The organiser's id, which stands as JSON in the address: `context={"Tid":"…","Oid":"…"}`.
fn organizer(join_url: &str) -> Option<String> {
    let url = Url::parse(join_url).ok()?;
    let context = url.query_pairs().find(|(name, _)| name == "context")?.1;
    let context: Value = serde_json::from_str(&context).ok()?;
    let id = context["Oid"].as_str()?;
    let fits = |c: char| c.is_ascii_hexdigit() || c == '-';
    (!id.is_empty() && id.chars().all(fits)).then(|| id.to_owned())
}

impl Online {
    /// Its reports: one for each session. Graph lists the fifty latest.
    pub(super) fn reports(&self, graph: &mut Graph) -> Result<Vec<Session>, Stop> {
        let all = graph.list(&format!("{}/attendanceReports", self.path), NEEDED)?;
        let all = all.unwrap_or_default();
        Ok(all
            .iter()
            .filter_map(|one| session(one, "meetingStartDateTime", "meetingEndDateTime"))
            .collect())
    }

    /// A report with its records.
    pub(super) fn report(&self, graph: &mut Graph, id: &str) -> Result<Option<Value>, Stop> {
        let path = format!(
            "{}/attendanceReports/{}?$expand=attendanceRecords",
            self.path,
            escaped(id)
        );
        let address = graph.address(&path);
        match graph.get(&address)? {
            Answer::There(report) => Ok(Some(report)),
            Answer::Gone => Ok(None),
            Answer::Forbidden => Err(graph.forbidden(NEEDED)),
        }
    }

    /// Its transcripts.
    pub(super) fn transcripts(&self, graph: &mut Graph) -> Result<Vec<Session>, Stop> {
        let all = graph.list(&format!("{}/transcripts", self.path), NEEDED_TO_READ)?;
        let all = all.unwrap_or_default();
        Ok(all
            .iter()
            .filter_map(|one| session(one, "createdDateTime", "endDateTime"))
            .collect())
    }

    /// What was said when by whom, as WebVTT: with lines of JSON, else with voices.
    pub(super) fn transcript(&self, graph: &mut Graph, id: &str) -> Result<Option<String>, Stop> {
        let path = format!("{}/transcripts/{}", self.path, escaped(id));
        match graph.text(&format!("{path}/metadataContent"))? {
            Some(text) => Ok(Some(text)),
            None => graph.text(&format!("{path}/content?$format=text/vtt")),
        }
    }
}

fn session(value: &Value, start: &str, end: &str) -> Option<Session> {
    let instant = |field: &str| parse_rfc3339(value[field].as_str()?);
    let start = instant(start)?;
    Some(Session {
        id: value["id"].as_str()?.to_owned(),
        start,
        end: instant(end).unwrap_or(start).max(start),
        count: value["totalParticipantCount"].as_u64().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_organiser_stands_in_the_address() {
        let long = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_a%40thread.v2/0?context=%7b%22Tid%22%3a\
                    %2284bd8158%22%2c%22Oid%22%3a%22dc17674c-81d9%22%7d";
        assert_eq!(organizer(long).as_deref(), Some("dc17674c-81d9"));
        for other in [
            "https://teams.microsoft.com/meet/123?p=abc",
            "https://teams.microsoft.com/l/x?context=%7b%22Oid%22%3a%22..%2f..%22%7d",
            "https://teams.microsoft.com/l/x?context=zz",
            "zz",
        ] {
            assert_eq!(organizer(other), None, "{other}");
        }
    }
}
