//! `github`: webhook deliveries and saved API replies of GitHub. Comments on write-ups, and links to
//! write-ups in the texts of issues, pull requests, discussions, reviews and comments.
//!
//! `signature` checks who sent a delivery, `payload` says what it is about, `texts` makes events of
//! what somebody wrote. Nothing anybody wrote is kept.

mod payload;
mod signature;
mod texts;

use std::io::{BufRead, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::model::Millis;

use super::links::Finder;
use super::{Delivery, File, Kind, Problem, Push, Setting, Sink, SourceError, decode, is_dense};

use payload::Payload;
use signature::Secret;
use texts::{Bots, Reader};

/// The kind.
pub static KIND: Kind = Kind {
    name: "github",
    summary: "GitHub: comments on write-ups and links to them, from webhooks or saved API replies",
    documentation: "\
Takes webhook deliveries (`issues`, `issue_comment`, `pull_request`, `pull_request_review`,
`pull_request_review_comment`, `commit_comment`, `discussion`, `discussion_comment`; content type JSON
or form), and files with saved deliveries or API replies: one JSON value, an array, or one value a line.

A comment is a `comment` event where the issue, pull request, commit or discussion it belongs to, or
the file it stands at, is a registered write-up (by its address; see `web` of the kind `git`). Any
text or title that refers to a write-up is a `link` event of the place `ticket`. Edits and deletions
replace what was sent before. The text itself is never kept. Accounts of bots (GitHub's type `Bot`, or
a login that ends in `[bot]`) are described as bots, so that their comments are nobody's.

Issues and pull requests are known by repository and number, since webhooks and API replies give one
pull request different ids; after a repository was renamed its texts are new ones.

Point the webhook at `/v1/hooks/ID` of `readback serve`, where ID is the source's. With `secret` or
`secret_file` (the webhook's secret) a delivery without a right X-Hub-Signature-256 is refused;
without them the sender has to bring a token. GitHub signs no time: a delivery that is sent again, or
by somebody who saw it, is known by its id and by its body, and is taken once.

A `push` gives nothing here: the walk of the kind `git` sees the same commits in full. Comments on
what is registered later are not found afterwards; import saved API replies for those.",
    sample: r#"[[source]]
id = "github"
kind = "github"
secret_file = "/run/secrets/github-webhook"
"#,
    file: Some(build_file),
    pull: None,
    push: Some(build_push),
    probe: None,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    secret: Option<String>,
    secret_file: Option<PathBuf>,
}

fn build_file(params: toml::Table, setting: &Setting) -> Result<Box<dyn File>, SourceError> {
    Ok(Box::new(GitHub::new(decode(params)?, setting)?))
}

fn build_push(params: toml::Table, setting: &Setting) -> Result<Box<dyn Push>, SourceError> {
    Ok(Box::new(GitHub::new(decode(params)?, setting)?))
}

struct GitHub {
    secret: Option<Secret>,
    reader: Reader,
}

impl GitHub {
    fn new(params: Params, setting: &Setting) -> Result<GitHub, SourceError> {
        let secret = match (params.secret, params.secret_file) {
            (None, None) => None,
            (Some(secret), None) => Some(Secret::new(&secret)?),
            (None, Some(path)) => {
                let failed = |cause| SourceError::Io {
                    name: path.display().to_string(),
                    cause,
                };
                Some(Secret::new(
                    &std::fs::read_to_string(&path).map_err(failed)?,
                )?)
            }
            (Some(_), Some(_)) => {
                return Err(SourceError::Params(
                    "give secret or secret_file, not both".to_owned(),
                ));
            }
        };
        let reader = Reader {
            source: Arc::from(setting.source.as_str()),
            finder: Finder::new(&setting.writeups),
            ids: setting
                .writeups
                .iter()
                .map(|writeup| writeup.id.clone())
                .collect(),
        };
        Ok(GitHub { secret, reader })
    }

    fn take(
        &self,
        event: Option<&str>,
        value: &Value,
        place: &str,
        now: Option<Millis>,
        bots: &mut Bots,
        sink: &mut dyn Sink,
    ) {
        match Payload::of(event, value) {
            Payload::Text(text) => {
                if let Err((field, reason)) = self.reader.read(&text, now, bots, sink) {
                    let (place, field) = (place.to_owned(), field.to_owned());
                    sink.problem(Problem {
                        place,
                        field,
                        reason: reason.to_owned(),
                    });
                }
            }
            Payload::Nothing(reason) => sink.left_out(reason),
        }
    }
}

impl Push for GitHub {
    fn receive(&self, delivery: &Delivery<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let &Delivery { body, now, .. } = delivery;
        let header = |name: &str| delivery.header(name);
        if let Some(secret) = &self.secret {
            secret.check(header("x-hub-signature-256"), body)?;
        }
        // They send GitHub's headers beside their own.
        if header("x-gitea-event").is_some() || header("x-forgejo-event").is_some() {
            return Err(wrong(
                "is a delivery of Gitea or Forgejo; this address is for GitHub's",
            ));
        }
        if is_dense(body) {
            return Err(SourceError::TooMany);
        }
        let body = body.strip_prefix(MARK).unwrap_or(body);
        let form = body.starts_with(b"payload=").then(|| {
            let mut fields = url::form_urlencoded::parse(body);
            fields
                .find(|(name, _)| name == "payload")
                .map(|(_, value)| value.into_owned())
        });
        let is_form = header("content-type")
            .is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
        if is_form && form.is_none() {
            return Err(wrong(
                "is a form that does not begin with its field `payload`",
            ));
        }
        let value: Result<Value, _> = match form.flatten() {
            // In a form the brackets and commas of the JSON may be written in another way.
            Some(json) if is_dense(json.as_bytes()) => return Err(SourceError::TooMany),
            Some(json) => serde_json::from_str(&json),
            None => serde_json::from_slice(body),
        };
        let value = value.map_err(|error| wrong(&not_json(&error)))?;
        let mut bots = Bots::default();
        self.take(
            header("x-github-event"),
            &value,
            "delivery",
            Some(now),
            &mut bots,
            sink,
        );
        bots.tell("delivery", sink);
        Ok(())
    }

    fn is_signed(&self) -> bool {
        self.secret.is_some()
    }

    fn delivery_id<'h>(&self, delivery: &Delivery<'h>) -> Option<&'h str> {
        delivery.header("x-github-delivery")
    }

    fn knows_writeups(&self) -> bool {
        true
    }
}

impl File for GitHub {
    fn read(
        &mut self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<(), SourceError> {
        let mut number = 0;
        let mut bots = Bots::default();
        let input = without_mark(input).map_err(|cause| SourceError::Io {
            name: name.to_owned(),
            cause,
        })?;
        for value in serde_json::Deserializer::from_reader(input).into_iter::<Value>() {
            number += 1;
            match value {
                Ok(Value::Array(items)) => {
                    if items.is_empty() {
                        sink.left_out("empty reply");
                    }
                    for (index, item) in items.iter().enumerate() {
                        self.take(None, item, &format!("index {index}"), None, &mut bots, sink);
                    }
                }
                Ok(value) => self.take(
                    None,
                    &value,
                    &format!("value {number}"),
                    None,
                    &mut bots,
                    sink,
                ),
                // What could not be read, a packed file that was cut for instance, is not bad JSON.
                Err(error) if error.is_io() => {
                    return Err(SourceError::Io {
                        name: name.to_owned(),
                        cause: error.into(),
                    });
                }
                Err(error) if number == 1 => {
                    return Err(SourceError::Format {
                        name: name.to_owned(),
                        reason: not_json(&error),
                    });
                }
                Err(error) => {
                    let place = format!("value {number}");
                    sink.problem(Problem {
                        place,
                        field: String::new(),
                        reason: not_json(&error),
                    });
                    break;
                }
            }
        }
        bots.tell(name, sink);
        Ok(())
    }
}

/// The byte order mark that some editors and shells begin a file with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The input without a byte order mark at its beginning.
fn without_mark(input: &mut dyn BufRead) -> std::io::Result<impl Read> {
    let mut start = Vec::new();
    input.take(MARK.len() as u64).read_to_end(&mut start)?;
    if start == MARK {
        start.clear();
    }
    Ok(Cursor::new(start).chain(input))
}

/// Where JSON ends to be JSON, without the words found there.
fn not_json(error: &serde_json::Error) -> String {
    format!(
        "is not JSON from line {} column {} on",
        error.line(),
        error.column()
    )
}

fn wrong(reason: &str) -> SourceError {
    SourceError::Format {
        name: "delivery".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
