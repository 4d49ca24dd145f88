//! Transcripts of meetings: how many spoke, and for how long anybody did. Off unless the series is
//! enabled, which is said in the invitation. What was said, who said it and for how long each spoke stay
//! in memory while the file is read; one event of the meeting leaves it.

use std::io::{BufRead, Read as _};

use serde::Deserialize;

use super::presence::dates::{Order, Stamp};
use super::presence::event_id;
use super::webvtt::{self, Spoken, Timing};
use super::{File, Kind, Setting, Sink, SourceError};
use crate::model::meeting::version_at;
use crate::model::{Body, Calendar, Event, Meeting, Millis, Occurrence, parse_rfc3339};

/// What people who are invited are told.
pub const INVITATION: &str = "The meeting is transcribed. From the transcript we count how many people \
     spoke and for how long anybody spoke; nothing of what is said, and nobody's name or time, is kept.";

/// Speaking, from transcripts.
pub static KIND: Kind = Kind {
    name: "transcript",
    summary: "how many spoke in a meeting, from transcripts in WebVTT of Teams, Zoom and Meet",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "transcript"
kind = "transcript"
# The series whose transcripts may be read: the UID of the calendar's event, or the beginning of the
# meetings' names and a *. None unless it stands here.
enabled_series = ["0h3k5reviews@example.org", "incident-review-*"]
# The occurrence, as attendance names it; better given with the file.
meeting = "incident-review-17"
# Who led, by the name that the transcript has: one, or a list.
facilitator = ["Grace Hopper"]
# The write-up that was reviewed.
writeup = "https://wiki.example.org/postmortems/2025-02-queue-overflow"
# When the meeting began, and the zone of that.
start = "2025-03-04T15:00"
timezone = "Europe/Berlin"
"#,
    file: Some(build),
    settled: &["enabled_series"],
    ..Kind::NOTHING
};

/// Transcripts of a day's meeting have less than a tenth of it.
const MOST_BYTES: u64 = 64 << 20;

/// Those who led.
#[derive(Deserialize)]
#[serde(untagged, expecting = "valid is a name or a list of names")]
pub(super) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    pub(super) fn all(self) -> Vec<String> {
        match self {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        }
    }
}

/// The series whose transcripts may be read: none but those that the configuration names.
pub(super) struct Enabled(Vec<String>);

impl Enabled {
    /// These series.
    ///
    /// # Errors
    /// One of them would be every meeting.
    pub(super) fn new(series: Vec<String>) -> Result<Enabled, SourceError> {
        match series.iter().find(|one| is_everything(one)) {
            Some(pattern) => Err(SourceError::Params(format!(
                "enabled_series: {pattern:?} stands for every meeting; each series has to be named"
            ))),
            None => Ok(Enabled(series)),
        }
    }

    /// Whether a meeting is of one of them.
    pub(super) fn holds(&self, meeting: &str) -> bool {
        self.0.iter().any(|one| is_of(meeting, one))
    }
}

/// Why a transcript of a meeting is not read whose series is not enabled, and how it is.
pub fn not_enabled(source: &str) -> String {
    format!(
        "is not read: transcripts are read only of series that are enabled. Tell those who are invited, in these words \
         or your own: \"{INVITATION}\" Then whoever runs Readback names the series in its configuration: [[source]] \
         id = {source:?}, kind = \"transcript\", enabled_series = [\"…\"], with the UID of the calendar's event. Where \
         it is enabled by the beginning of its meetings' names, give this one's name"
    )
}

/// The meeting in which somebody spoke.
pub(super) struct About<'a> {
    /// The source that tells of it.
    pub(super) source: &'a str,
    /// The occurrence.
    pub(super) meeting: &'a str,
    /// Its write-up; empty where none is known.
    pub(super) subject: String,
    /// When it began.
    pub(super) at: Millis,
    /// The version of what is told.
    pub(super) version: u32,
}

/// Whether a transcript says who spoke.
fn is_named(spoken: &Spoken) -> bool {
    spoken.speakers() > 0 || spoken.unknown_ms() < spoken.total_ms()
}

/// All that is told of who spoke: how many, how many of those who `led`, and for how long anybody did.
pub(super) fn speaking(spoken: &Spoken, led: &[&str], about: About<'_>) -> Event {
    let spoke = spoken.speakers_without(led);
    let led_spoke = spoken.speakers() - spoke;
    let count = |n: usize| is_named(spoken).then(|| u32::try_from(n).unwrap_or(u32::MAX));
    Event {
        source: about.source.into(),
        id: event_id(about.meeting, "speaking"),
        subject: about.subject,
        time: about.at,
        version: about.version,
        body: Body::Meeting(Meeting {
            spoke: count(spoke),
            facilitators_spoke: count(led_spoke).filter(|_| !led.is_empty()),
            speaking_ms: Some(spoken.total_ms()),
            ..Meeting::new(Occurrence::Named(about.meeting.to_owned()))
        }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(default)]
    enabled_series: Vec<String>,
    meeting: Option<String>,
    facilitator: Option<Names>,
    writeup: Option<String>,
    start: Option<String>,
    timezone: Option<String>,
}

struct Transcripts {
    enabled_series: Enabled,
    meeting: Option<String>,
    facilitators: Vec<String>,
    subject: Option<String>,
    start: Option<Millis>,
    changed: Millis,
    setting: Setting,
}

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    let params: Params = super::decode(params)?;
    let zone = match &params.timezone {
        None => setting.timezone,
        Some(name) => name.parse().map_err(|_| {
            SourceError::Params(format!(
                "timezone: {name:?} is no IANA zone such as \"Europe/Berlin\""
            ))
        })?,
    };
    let start = params.start.as_ref().map(|text| {
        let stamp = Stamp::parse(text).and_then(|stamp| stamp.at(Order::Ymd, &Calendar::new(zone)));
        stamp.ok_or_else(|| {
            SourceError::Params(format!(
                "start: {text:?} is no date and time such as \"2025-03-04T15:00\""
            ))
        })
    });
    Ok(Box::new(Transcripts {
        enabled_series: Enabled::new(params.enabled_series)?,
        meeting: params.meeting.filter(|meeting| !meeting.is_empty()),
        facilitators: params.facilitator.map_or_else(Vec::new, Names::all),
        subject: params.writeup,
        start: start.transpose()?,
        changed: 0,
        setting: setting.clone(),
    }))
}

fn is_everything(pattern: &str) -> bool {
    pattern.trim().trim_end_matches('*').is_empty()
}

/// Whether a meeting is of a series: the series itself, an occurrence of it (`UID/start`), or one whose
/// name begins so.
fn is_of(meeting: &str, series: &str) -> bool {
    match series.strip_suffix('*') {
        Some(beginning) => meeting.starts_with(beginning),
        None => {
            let rest = meeting.strip_prefix(series);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    }
}

impl Transcripts {
    /// The meeting, if its series is enabled.
    fn meeting(&self, name: &str) -> Result<&str, SourceError> {
        let refused = |reason: String| SourceError::Format {
            name: name.to_owned(),
            reason,
        };
        let Some(meeting) = &self.meeting else {
            let reason =
                "does not say which meeting it is of; set `meeting`, as attendance names it";
            return Err(refused(reason.to_owned()));
        };
        match self.enabled_series.holds(meeting) {
            true => Ok(meeting),
            // Without the meeting's name, which may hold somebody's.
            false => Err(refused(not_enabled(&self.setting.source))),
        }
    }

    /// When it began: as it is said, as its name has it, else when the file was made.
    fn at(&self, meeting: &str) -> Option<Millis> {
        let in_name = || parse_rfc3339(meeting.rsplit_once('/')?.1);
        self.start.or_else(in_name)
    }

    fn tell(&self, name: &str, meeting: &str, spoken: &Spoken, sink: &mut dyn Sink) {
        let led: Vec<&str> = self.facilitators.iter().map(String::as_str).collect();
        let is_named = is_named(spoken);
        if !is_named && spoken.total_ms() > 0 {
            sink.note(format!(
                "{name}: names no speakers, so how many spoke is not known"
            ));
        }
        let unheard = led.iter().filter(|name| spoken.of(name).is_none()).count();
        if is_named && unheard > 0 {
            sink.note(format!(
                "{name}: {unheard} of those who led are not among its speakers; is the name the one that the \
                 transcript has?"
            ));
        }
        let at = self.at(meeting);
        if at.is_none() {
            sink.note(format!(
                "{name}: does not say when the meeting began; the file's own time is taken (`start` sets \
                 another)"
            ));
        }
        let subject = self.subject.clone().or_else(|| {
            let known = self.setting.names().get(meeting).cloned();
            known.filter(|known| !known.is_empty())
        });
        let about = About {
            source: &self.setting.source,
            meeting,
            subject: subject.unwrap_or_default(),
            at: at.unwrap_or(self.changed),
            version: version_at(self.changed),
        };
        sink.event(speaking(spoken, &led, about));
    }
}

impl File for Transcripts {
    fn dated(&mut self, changed: Millis) {
        self.changed = changed;
    }

    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        // First, and before a byte of it is read.
        let meeting = self.meeting(name)?;
        let refused = |reason: String| SourceError::Format {
            name: name.to_owned(),
            reason,
        };
        let mut bytes = Vec::new();
        input
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|cause| SourceError::Io {
                name: name.to_owned(),
                cause,
            })?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(refused(format!(
                "has more than {MOST_BYTES} bytes; no transcript has"
            )));
        }
        // Graph's way of writing times takes in the standard's.
        let cues = match webvtt::lines(&bytes) {
            Some(cues) => cues,
            None => {
                webvtt::parse(&bytes, Timing::Graph).map_err(|error| refused(error.to_string()))?
            }
        };
        if cues.is_empty() {
            sink.note(format!("{name}: holds no speech"));
        }
        let spoken = webvtt::spoken(&cues);
        self.tell(name, meeting, &spoken, sink);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
