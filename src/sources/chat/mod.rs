//! `chat`: links to write-ups that people share in chats: from Slack, Mattermost and Microsoft Teams as
//! they happen, from any other as lines of JSON.
//!
//! `slack`, `mattermost`, `teams` and `lines` say what a message is; a message is a text like those of
//! forges (`forge`). Nothing anybody wrote is kept, and no channel is named.

mod lines;
mod mattermost;
mod slack;
mod teams;

use std::borrow::Cow;
use std::io::BufRead;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::{Millis, Place};

use super::forge::{self, Bots, Reader, Secret, Secrets, Seen, Text, hex, sha256};
use super::{Delivery, File, Kind, Problem, Push, Setting, Sink, SourceError, decode};

/// The kind.
pub static KIND: Kind = Kind {
    name: "chat",
    summary: "links to write-ups shared in chats: Slack, Mattermost, Microsoft Teams, or lines of JSON",
    documentation: include_str!("documentation.md"),
    sample: r#"[[source]]
id = "slack"
kind = "chat"
system = "slack"
secret_file = "/run/secrets/slack-signing"
"#,
    file: Some(build_file),
    push: Some(build_push),
    ..Kind::NOTHING
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    system: Option<System>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    previous_secret_file: Option<PathBuf>,
}

/// Who sends deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum System {
    Slack,
    Mattermost,
    Teams,
}

fn build_file(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    // Files have no sender, and where they are read the secret may be none.
    decode::<Params>(params)?;
    Ok(Box::new(Chat {
        system: None,
        secrets: Secrets::new(Vec::new()),
        reader: forge::reader(setting, Place::Chat),
    }))
}

fn build_push(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(Chat::new(decode(params)?, setting)?))
}

struct Chat {
    system: Option<System>,
    secrets: Secrets,
    reader: Reader,
}

impl Chat {
    fn new(params: Params, setting: &Setting) -> Result<Chat, SourceError> {
        let given = forge::Params {
            secret: params.secret,
            secret_file: params.secret_file,
            previous_secret_file: params.previous_secret_file,
            ..forge::Params::default()
        };
        let secrets = given.secrets_of(match params.system {
            Some(System::Teams) => Secret::encoded,
            _ => Secret::new,
        })?;
        // Each of the three proves by its secret who it is; lines prove nothing.
        if params.system.is_some() == secrets.is_empty() {
            return Err(SourceError::Params(
                "system and secret_file (or secret) belong together; valid systems are slack, mattermost and \
                 teams; deliveries of lines have neither, their sender brings a token"
                    .to_owned(),
            ));
        }
        Ok(Chat {
            system: params.system,
            secrets,
            reader: forge::reader(setting, Place::Chat),
        })
    }

    /// The value of a delivery, once it is known who sent it.
    fn value(&self, system: System, delivery: &Delivery<'_>) -> Result<Value, SourceError> {
        match system {
            System::Slack => slack::prove(&self.secrets, delivery)?,
            System::Teams => teams::prove(&self.secrets, delivery)?,
            System::Mattermost => return mattermost::value(&self.secrets, delivery),
        }
        forge::value(&forge::json(delivery)?)
    }

    fn take(&self, seen: Seen<'_>, place: &str, bots: &mut Bots, sink: &mut dyn Sink) {
        match seen {
            Seen::Text(text) => {
                self.reader.read(&text, None, None, bots, sink);
            }
            Seen::Page(_) => {}
            Seen::Emptied(_, reason) | Seen::Nothing(reason) => sink.left_out(reason),
            Seen::Fault(field, reason) => sink.problem(Problem {
                place: place.to_owned(),
                field: field.to_owned(),
                reason: reason.to_owned(),
            }),
        }
    }

    fn lines(
        &self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut bots = Bots::default();
        forge::values(name, input, sink, &mut |value, place, sink| {
            let seen = lines::look(value, &self.reader.source);
            self.take(seen, place, &mut bots, sink);
        })?;
        bots.tell(name, sink);
        Ok(())
    }
}

impl Push for Chat {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let Some(system) = self.system else {
            if super::is_dense(delivery.body) {
                return Err(SourceError::TooMany);
            }
            return self.lines("delivery", &mut &*delivery.body, sink);
        };
        let value = self.value(system, delivery)?;
        let source = &self.reader.source;
        let seen = match system {
            System::Slack => slack::look(&value, source),
            System::Mattermost => mattermost::look(&value, source),
            System::Teams => teams::look(&value, source, delivery.now),
        };
        let mut bots = Bots::default();
        self.take(seen, "delivery", &mut bots, sink);
        bots.tell("delivery", sink);
        Ok(())
    }

    fn is_signed(&self) -> bool {
        self.system.is_some()
    }

    fn delivery_id<'h>(&self, delivery: &Delivery<'h>) -> Option<&'h str> {
        match self.system? {
            System::Slack => slack::event_id(delivery.body),
            System::Mattermost | System::Teams => None,
        }
    }

    fn answer(&self, delivery: &Delivery<'_>) -> Option<Value> {
        match self.system? {
            System::Slack => slack::challenge(delivery.body),
            // What an outgoing webhook is answered is said in the channel: nothing.
            System::Mattermost => Some(json!({})),
            // It has to be something here.
            System::Teams => Some(json!({ "type": "message", "text": "Noted." })),
        }
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}

impl File for Chat {
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        self.lines(name, input, sink)
    }
}

/// What stands for a channel. It tells channels apart and says nothing of them; whoever knows the ids of
/// all channels can find out which it is.
fn channel(source: &str, id: &str) -> String {
    let digest = sha256(format!("{source}\u{1f}{id}").as_bytes());
    format!("chat:{}", hex(&digest[..6]))
}

/// A message.
struct Message<'a> {
    /// Where it was written.
    channel: String,
    /// Names it within its channel.
    id: Cow<'a, str>,
    /// When it was written.
    time: Millis,
    /// What of it is looked at.
    text: Cow<'a, str>,
    /// Who wrote it.
    hand: forge::Hand,
}

impl<'a> Message<'a> {
    /// The message as a text, after something happened to it at this time.
    fn text(self, updated: Option<Millis>, action: forge::Action<'a>) -> Seen<'a> {
        Seen::Text(Box::new(Text {
            id: format!("{}:{}", self.channel, self.id),
            address: Some(self.channel),
            on: None,
            answers: None,
            title: "",
            body: self.text,
            hand: self.hand,
            created: self.time,
            updated: updated.unwrap_or(self.time).max(self.time),
            action,
        }))
    }
}

/// Somebody in a chat.
fn person(id: Option<&str>, bot: bool) -> forge::Hand {
    let id = id.filter(|id| !id.is_empty());
    forge::Hand::Author(id.map(|id| forge::Author::new("chat", "account", id, bot)))
}
