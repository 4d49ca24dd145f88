//! Where events come from. One file for each kind of source; a kind owns its name, documentation,
//! sample configuration, parameters and tests, and is listed once in [`KINDS`].
//!
//! A kind has up to three abilities, each a trait with one method: [`File`] reads a file,
//! [`Pull`] goes and fetches (with a checkpoint), [`Push`] takes a delivery. All three hand events
//! to a [`Sink`] and know nothing of pseudonyms, spool or store.

pub mod access_log;
pub mod attendance_csv;
pub mod beacon;
pub mod bitbucket;
pub mod bookstack;
pub mod caldav;
pub mod chat;
pub mod collected;
pub mod confluence;
pub mod dokuwiki;
pub mod draft;
pub mod drive;
pub mod events;
mod forge;
pub mod git;
pub mod gitea;
pub mod github;
pub mod gitlab;
mod google;
pub mod google_calendar;
pub mod icalendar;
pub mod links;
pub(crate) mod machine;
pub mod mediawiki;
pub mod meet;
mod microsoft;
pub mod microsoft_calendar;
pub mod notion;
pub mod outline;
pub mod pageviews;
mod presence;
mod prose;
pub mod robots;
pub mod sight;
pub mod sites;
pub mod teams;
pub mod transcript;
pub mod unpack;
mod venue;
mod visited;
pub mod webvtt;
mod wiki;
pub mod wikijs;
pub mod xapi;
pub mod zoom;

use std::collections::HashMap;
use std::fmt;
use std::io::BufRead;
use std::time::Duration;

use chrono_tz::Tz;

use crate::model::{Event, Millis, Vocabulary};

pub use self::presence::{is_made, made_by_hand};
pub use self::sight::Sight;

/// Every kind of source, by name. A new source is one file, one `mod` line and one line here.
pub static KINDS: &[&Kind] = &[
    &access_log::KIND,
    &attendance_csv::KIND,
    &beacon::KIND,
    &bitbucket::KIND,
    &bookstack::KIND,
    &caldav::KIND,
    &chat::KIND,
    &confluence::KIND,
    &dokuwiki::KIND,
    &drive::KIND,
    &events::KIND,
    &git::KIND,
    &gitea::KIND,
    &github::KIND,
    &gitlab::KIND,
    &google_calendar::KIND,
    &icalendar::KIND,
    &mediawiki::KIND,
    &meet::KIND,
    &microsoft_calendar::KIND,
    &notion::KIND,
    &outline::KIND,
    &pageviews::KIND,
    &teams::KIND,
    &transcript::KIND,
    &wikijs::KIND,
    &xapi::KIND,
    &zoom::KIND,
];

/// The kind with this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// What can't be read of what a source pulls, as its checkpoint tells it: one sentence for each part.
pub fn unread(checkpoint: &str) -> Vec<String> {
    forge::unread(checkpoint)
}

/// Whether the last pull of a source was answered all that it asked, as its checkpoint tells it.
pub fn is_whole(checkpoint: &str) -> bool {
    forge::is_whole(checkpoint)
}

/// Until when a source leaves alone what it pulls from, because it was asked to, as its checkpoint tells it.
pub fn waits_until(checkpoint: &str) -> Option<Millis> {
    forge::waits_until(checkpoint)
}

/// One kind of source.
pub struct Kind {
    /// Its name in the configuration and on the command line.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// What it gives, what it can't see, where to get its input.
    pub documentation: &'static str,
    /// A complete `[[source]]` of the configuration; a test parses it.
    pub sample: &'static str,
    /// Builds the reader of files, if the kind can.
    pub file: Option<Build<dyn File>>,
    /// Builds the puller, if the kind can.
    pub pull: Option<Build<dyn Pull>>,
    /// Builds the receiver of deliveries, if the kind can.
    pub push: Option<Build<dyn Push>>,
    /// Takes a cheap look at what the source pulls from, for `readback check`.
    pub probe: Option<Probe>,
    /// Parameters that stand in the configuration alone: nobody gives them with a file.
    pub settled: &'static [&'static str],
    /// Parameters that say what to ask for, beside those of every kind: a source that has one is pulled.
    pub asked_for: &'static [&'static str],
    /// What the source forgets; the others can be asked for all of their past, or tell of it once and by
    /// themselves.
    pub memory: Option<Memory>,
    /// Its pulls look for the write-ups that are registered: for links to them, or meetings about them.
    pub links: bool,
    /// Where it has its write-ups, if an address alone tells what it leads to.
    pub sites: Option<fn(params: toml::Table) -> Vec<sites::Site>>,
}

/// How long what events are taken from remembers them. What nobody takes meanwhile is lost.
#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    /// What is forgotten.
    pub what: &'static str,
    /// After so many days; at least 2, since half of it is the time to be warned in.
    pub days: u32,
}

/// A look at what a source pulls from: whether it is there and lets us in. Fetches and stores
/// nothing; says in a few words what is there.
#[derive(Clone, Copy)]
pub enum Probe {
    /// At this machine's disks.
    Local(Look),
    /// Over the network.
    Remote(Look),
    /// At the disks first, then over the network where that may be used.
    Both(LookFurther),
}

/// See [`Probe`].
pub type Look = fn(params: toml::Table, setting: &Setting) -> Result<Sight, SourceError>;

/// The same, and whether the network may be used.
pub type LookFurther =
    fn(params: toml::Table, setting: &Setting, is_online: bool) -> Result<Sight, SourceError>;

/// Parameters that say what to ask for, of whatever kind.
const ASKED_FOR: &[&str] = &["repositories", "collections", "parents", "url", "url_file"];

impl Kind {
    /// A kind that can nothing, to be filled in.
    pub const NOTHING: Kind = Kind {
        name: "",
        summary: "",
        documentation: "",
        sample: "",
        file: None,
        pull: None,
        push: None,
        probe: None,
        settled: &[],
        asked_for: &[],
        memory: None,
        links: false,
        sites: None,
    };

    /// Whether a source with these parameters is pulled. A kind that takes deliveries or files, too, does
    /// so only where it is told what to ask for.
    pub fn is_pulled(&self, params: &toml::Table) -> bool {
        let told = |key: &str| params.contains_key(key);
        let by_files = self.file.is_none() || told("path") || told("api");
        let mut own = ASKED_FOR.iter().chain(self.asked_for);
        let is_asked = own.any(|name| told(name));
        self.pull.is_some() && (is_asked || (self.push.is_none() && by_files))
    }

    /// Whether these parameters fit. One ability is enough to tell; all decode the same.
    pub fn check(&self, params: toml::Table, setting: &Setting) -> Result<(), SourceError> {
        match (self.file, self.pull, self.push) {
            (Some(build), _, _) => build(params, setting).map(drop),
            (_, Some(build), _) => build(params, setting).map(drop),
            (_, _, Some(build)) => build(params, setting).map(drop),
            (None, None, None) => Ok(()),
        }
    }
}

/// Builds an ability from the parameters of one `[[source]]` (without `id` and `kind`).
pub type Build<T> = fn(params: toml::Table, setting: &Setting) -> Result<Box<T>, SourceError>;

/// What a source may know of the house it works for.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The `source` of its events: the id of the `[[source]]`.
    pub source: String,
    /// The organisation's zone, for times that name none.
    pub timezone: Tz,
    /// The write-ups registered so far: what links are looked for.
    pub writeups: Vec<KnownWriteup>,
    /// What the words of write-ups are measured against.
    pub vocabulary: Vocabulary,
}

/// A registered write-up as link finders need it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownWriteup {
    /// Its id.
    pub id: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Every other name of it: URLs, paths, incident keys.
    pub aliases: Vec<String>,
}

impl Setting {
    /// The ids of the registered write-ups by every exact name of theirs. A name that two write-ups
    /// claim is the first one's.
    pub fn names(&self) -> HashMap<String, String> {
        let mut names = HashMap::new();
        for writeup in &self.writeups {
            for name in std::iter::once(&writeup.id).chain(&writeup.aliases) {
                names
                    .entry(name.clone())
                    .or_insert_with(|| writeup.id.clone());
            }
        }
        names
    }
}

/// How long a look at a source before a pull may take, all of its questions together: somebody waits for it.
pub const LOOK: Duration = Duration::from_secs(20);

/// The most entries of one request. The longest body holds fewer events than that: more are something
/// else, and to say so of each would take minutes.
pub const MAX_ENTRIES: u64 = 150_000;

/// The most values of one request that is read as a whole. As values, nested arrays take hundreds of
/// times the room of their text; the longest body of real statements has 800000.
pub const MAX_VALUES: usize = 1_000_000;

/// Whether a body of JSON may hold more values than are taken of one request.
pub(crate) fn is_dense(body: &[u8]) -> bool {
    // Each value stands behind one of these, or alone; some stand in a text.
    body.len() > MAX_VALUES && memchr::memchr3_iter(b'[', b'{', b',', body).count() > MAX_VALUES
}

/// Takes what a source finds, in the order in which it finds it.
pub trait Sink {
    /// The next events stand in this line: should one be refused later on, that is its place.
    fn line(&mut self, _number: u64) {}
    /// What comes next belongs to this entry of the request, counted from 0. Where nobody says so,
    /// each event and each problem is an entry of its own.
    fn entry(&mut self, _index: u64) {}
    /// What the input calls whomever the next event, or what is left out next, is about. It is for the eyes of
    /// somebody who looks at a file before it is brought in, and is kept by nobody else.
    fn seen(&mut self, _name: &str) {}
    /// One event.
    fn event(&mut self, event: Event);
    /// Forgets what the delivery brought so far: it is gone through once more from its beginning.
    /// False where the sink can't, and then nothing is forgotten.
    fn restart(&mut self) -> bool {
        false
    }
    /// Something in the input that is no event and should have been: the rest goes on. It counts as
    /// one entry that was received; what is wrong with no entry in particular is a note.
    fn problem(&mut self, problem: Problem);
    /// One entry with all that is wrong with it: it counts once, however much that is.
    fn rejected(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.problem(problem);
        }
    }
    /// False once more came than is taken of one request: the source ends with
    /// [`SourceError::TooMany`].
    fn takes_more(&self) -> bool {
        true
    }
    /// Input left out on purpose, counted by reason (`not GET`, `asset`).
    fn left_out(&mut self, reason: &'static str);
    /// A sentence for the person at the terminal: what was assumed, what was seen.
    fn note(&mut self, text: String);
}

/// One thing wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `line 12`, `row 3`, `index 4`.
    pub place: String,
    /// The field concerned, or empty.
    pub field: String,
    /// What is wrong, with the value, and what would be valid. Never an identity.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "{}: {}", self.place, self.reason),
            field => write!(f, "{}: {field}: {}", self.place, self.reason),
        }
    }
}

/// Reads a file, already decompressed.
pub trait File: Send {
    /// Told before reading when the file was last changed; of standard input it is now. A kind whose
    /// files say no version of their own goes by it, so that a corrected file replaces the earlier.
    fn dated(&mut self, _changed: Millis) {}

    /// Told before reading when it begins. A kind whose events say no version of their own goes by it, so that
    /// a file that is read again by other parameters replaces what it gave before.
    fn begun(&mut self, _now: Millis) {}

    /// Reads all of it. `name` is the file's name without its folder, for ids and messages.
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError>;
}

/// Goes and fetches.
pub trait Pull: Send {
    /// Fetches all that is new since `checkpoint` (what the last pull returned; `None` the first
    /// time), and returns the next checkpoint. The caller stores it only after the events are safe.
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError>;
}

/// Takes a delivery.
pub trait Push: Send + Sync {
    /// Turns one request into events. Its entries are told in their order: the first that is an
    /// event or a problem has index 0.
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError>;

    /// Whether a delivery that `receive` takes proves by itself who sent it, by a signature for
    /// instance. Of the others the door asks a token.
    fn is_signed(&self) -> bool {
        false
    }

    /// What the sender calls this delivery, the same when it is sent again: it is taken once.
    /// `None` where the sender has no such name, and then every delivery is a new one.
    fn delivery_id<'h>(&self, _delivery: &Delivery<'h>) -> Option<&'h str> {
        None
    }

    /// What the sender is answered to a delivery that was taken, where it wants more than to hear what
    /// came of it.
    fn answer(&self, _delivery: &Delivery<'_>) -> Option<serde_json::Value> {
        None
    }

    /// What a sender is answered, in plain text and at once, who only asks whether somebody is here. Of such a
    /// delivery nothing is taken, and nobody has proved anything by it.
    fn challenge(&self, _delivery: &Delivery<'_>) -> Option<String> {
        None
    }

    /// Whether a delivery that `receive` takes says that there is something to be pulled: then the source is
    /// pulled soon, instead of at its next turn.
    fn asks_for_pull(&self, _delivery: &Delivery<'_>) -> bool {
        false
    }

    /// Whether it looks for the write-ups of its [`Setting`]: then it is built anew when they change.
    fn knows_writeups(&self) -> bool {
        false
    }

    /// The script that pages load to send to it. A source that has one takes what browsers send, at
    /// `/b` and without a token, and tells its own pages by their origin.
    fn script(&self) -> Option<&beacon::Script> {
        None
    }
}

/// What stands behind the question mark of a request's address is handed on beside its headers, under a name
/// that no header can have.
pub const QUERY: &str = ":query";

/// One request, as it came.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Its headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// Its body, unpacked and otherwise untouched.
    pub body: &'a [u8],
    /// When it came.
    pub now: Millis,
}

impl<'a> Delivery<'a> {
    /// The value of a header, by its name in lower case; the first where there are several.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A value that stands behind the question mark of the address, decoded; the first of this name.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.header(QUERY)?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
    }
}

/// Why a source could not do its work at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The parameters of the `[[source]]` don't fit the kind.
    #[error("{0}")]
    Params(String),
    /// The input is not what the kind reads.
    #[error("{name}: {reason}")]
    Format {
        /// The file or address.
        name: String,
        /// What is wrong and what would be valid.
        reason: String,
    },
    /// Reading failed.
    #[error("{name}: {cause}")]
    Io {
        /// The file or address.
        name: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The delivery is of a media type that the kind does not take.
    #[error("content type {given:?} is not taken; valid are {valid}")]
    Media {
        /// The content type.
        given: String,
        /// What would be valid.
        valid: &'static str,
    },
    /// The delivery holds more than is taken of one.
    #[error(
        "the request has more than {MAX_ENTRIES} entries, or {MAX_VALUES} values; send it in parts"
    )]
    TooMany,
    /// The delivery's signature is wrong.
    #[error("the signature does not fit the body")]
    Signature,
    /// The delivery's signature fits, and is not of now: its time is so many seconds ago, below none ahead.
    #[error(
        "the signature fits, but its time is {} s {}, and more than 300 s are not taken: check the clock, of this \
         machine or of the sender",
        .0.unsigned_abs(),
        if *.0 < 0 { "ahead" } else { "ago" }
    )]
    NotNow(i64),
    /// The delivery has no signature, and should have one.
    #[error("the header {0} is missing; give the webhook the secret that this source has")]
    Unsigned(&'static str),
    /// A page sent the delivery whose origin is not among those of the source.
    #[error(
        "pages of {0} may not send reads to this source; `origins` in its configuration names those that may"
    )]
    Stranger(String),
    /// A remote system answered with an error, or not at all.
    #[error("{name}: {reason}")]
    Remote {
        /// The address, without credentials.
        name: String,
        /// What it answered.
        reason: String,
        /// Whether to try again later.
        retryable: bool,
    },
}

/// Decodes the parameters of a `[[source]]`; unknown keys are refused by the kind's own type
/// (`#[serde(deny_unknown_fields)]`).
pub fn decode<P: serde::de::DeserializeOwned>(params: toml::Table) -> Result<P, SourceError> {
    params.try_into().map_err(|error: toml::de::Error| {
        // Which value it is stands at the end, and not in the message.
        let whole = error.to_string();
        let mut lines = whole.lines().rev();
        let key = lines.find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let message = error.message();
        SourceError::Params(match key {
            Some(key) => format!("{key}: {message}"),
            None => message.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_a_whole_source() {
        for kind in KINDS {
            let sample: toml::Table = toml::from_str(kind.sample).expect(kind.name);
            let mut source = sample["source"][0].as_table().expect(kind.name).clone();
            let id = source.remove("id").expect(kind.name);
            assert_eq!(
                source.remove("kind").expect(kind.name).as_str(),
                Some(kind.name)
            );
            // Secrets lie in files of the machine that has them.
            source.retain(|key, _| !key.ends_with("_file"));
            let setting = Setting {
                source: id.as_str().expect(kind.name).to_owned(),
                vocabulary: Vocabulary::default(),
                timezone: Tz::UTC,
                writeups: Vec::new(),
            };
            kind.check(source.clone(), &setting).expect(kind.name);
            source.insert("no_such_parameter".to_owned(), true.into());
            let refused = kind.check(source, &setting).expect_err(kind.name);
            assert!(
                refused.to_string().contains("no_such_parameter"),
                "{refused}"
            );
        }
    }
}
