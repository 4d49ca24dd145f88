//! The comments that DokuWiki's plugin `discussion` keeps beside a page, in PHP's own notation. Pure. Of
//! somebody who is not logged in the address is known, and their names are never read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{Identity, Millis, SENSIBLE};
use crate::sources::forge::second;
use crate::sources::wiki;

use super::changes::person;

/// Lists within lists.
const DEEPEST: u32 = 16;

/// A comment that is shown.
pub(super) struct Comment {
    /// Its name among those of its page.
    pub(super) id: String,
    /// Who wrote it.
    pub(super) person: Option<Identity>,
    /// The comment that it answers.
    pub(super) parent: Option<String>,
    /// Its length.
    pub(super) words: Option<u32>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
}

/// The comments of a page; `None` if this is no such list.
pub(super) fn comments(bytes: &[u8]) -> Option<Vec<Comment>> {
    let all = Notation { rest: bytes }.value(0)?;
    let comments = match &all["comments"] {
        Value::Object(comments) => comments,
        // A page that has none yet.
        _ => return all.is_object().then(Vec::new),
    };
    let shown = comments.iter().filter_map(|(id, one)| comment(id, one));
    let mut shown: Vec<Comment> = shown.collect();
    shown.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
    rename(&mut shown);
    Some(shown)
}

/// Gives comments names by when they were written: the plugin's own are made of who wrote them.
fn rename(comments: &mut [Comment]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut before = (None, 1);
    for comment in comments.iter_mut() {
        let written = second(comment.created);
        before = match before {
            (Some(last), count) if last == written => (Some(last), count + 1),
            _ => (Some(written), 1),
        };
        let name = match before.1 {
            1 => written.to_string(),
            count => format!("{written}.{count}"),
        };
        names.insert(std::mem::replace(&mut comment.id, name.clone()), name);
    }
    for comment in comments {
        comment.parent = comment
            .parent
            .take()
            .and_then(|parent| names.get(&parent).cloned());
    }
}

fn comment(id: &str, value: &Value) -> Option<Comment> {
    // What is hidden waits for a moderator, or was taken away by one.
    if value["show"] == false || value["show"] == 0 {
        return None;
    }
    let date = &value["date"];
    let created = instant(&date["created"]).or_else(|| instant(date))?;
    let user = &value["user"];
    let id_of_user = user["id"].as_str().or_else(|| user.as_str());
    // Older versions made a name of the machine's address for whom they did not know.
    let known = id_of_user.filter(|user| !user.starts_with("test"));
    let by_mail = || {
        let mail = user["mail"].as_str().or_else(|| value["mail"].as_str());
        let bare = Identity::bare(mail?);
        bare.is_email().then_some(bare)
    };
    let parent = value["parent"].as_str().filter(|parent| !parent.is_empty());
    Some(Comment {
        id: id.to_owned(),
        person: known.and_then(person).or_else(by_mail),
        parent: parent.map(str::to_owned),
        words: value["raw"].as_str().map(wiki::words),
        created,
        updated: instant(&date["modified"]).unwrap_or(created).max(created),
    })
}

fn instant(value: &Value) -> Option<Millis> {
    let seconds = value
        .as_i64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    let at = seconds.checked_mul(1000)?;
    SENSIBLE.contains(&at).then_some(at)
}

/// What PHP writes of values: `a:1:{s:2:"id";i:7;}`. Lengths are of bytes.
struct Notation<'a> {
    rest: &'a [u8],
}

impl<'a> Notation<'a> {
    fn value(&mut self, depth: u32) -> Option<Value> {
        let kind = *self.rest.first()?;
        if kind == b'N' {
            self.past(b"N;")?;
            return Some(Value::Null);
        }
        self.past(&[kind, b':'])?;
        match kind {
            b'b' => Some(Value::Bool(self.until(b';')? == "1")),
            b'i' => Some(Value::from(self.until(b';')?.parse::<i64>().ok()?)),
            b'd' => Some(Value::from(self.until(b';')?.parse::<f64>().ok()?)),
            b's' => {
                let text = self.text()?;
                self.past(b";")?;
                Some(Value::String(text))
            }
            b'a' if depth < DEEPEST => self.list(depth + 1),
            // Objects are none of ours.
            _ => None,
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let length: usize = self.until(b':')?.parse().ok()?;
        self.past(b"{")?;
        let mut list = Map::new();
        for _ in 0..length {
            let key = match self.value(depth)? {
                Value::String(key) => key,
                Value::Number(key) => key.to_string(),
                _ => return None,
            };
            let value = self.value(depth)?;
            list.insert(key, value);
        }
        self.past(b"}")?;
        Some(Value::Object(list))
    }

    fn text(&mut self) -> Option<String> {
        let length: usize = self.until(b':')?.parse().ok()?;
        self.past(b"\"")?;
        let text = self.rest.get(..length)?;
        self.rest = &self.rest[length..];
        self.past(b"\"")?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn until(&mut self, end: u8) -> Option<&'a str> {
        // No number is longer.
        let at = self.rest.iter().take(40).position(|byte| *byte == end)?;
        let found = std::str::from_utf8(&self.rest[..at]).ok()?;
        self.rest = &self.rest[at + 1..];
        Some(found)
    }

    fn past(&mut self, mark: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One comment, as PHP writes it.
    fn written(id: &str, user: &str, mail: &str, show: &str, more: &str) -> String {
        let text = |text: &str| format!("s:{}:\"{text}\";", text.len());
        format!(
            "{}a:5:{{{}a:3:{{{}{}{}{}{}{}}}{}a:1:{{{}i:1767258000;}}{}{}{}{show}{more}}}",
            text(id),
            text("user"),
            text("id"),
            text(user),
            text("name"),
            text("Ada \u{e9}"),
            text("mail"),
            text(mail),
            text("date"),
            text("created"),
            text("raw"),
            text("two words; \"so\""),
            text("show"),
        )
    }

    #[test]
    fn comments_are_read() {
        let one = written("a1", "ada", "ada@example.org", "b:1;", "s:6:\"parent\";N;");
        let two = written(
            "a2",
            "",
            "eve@example.org",
            "b:1;",
            "s:6:\"parent\";s:2:\"a1\";",
        );
        let hidden = written("a3", "ada", "", "b:0;", "s:6:\"parent\";N;");
        let old = written(
            "a4",
            "test192.0.2.7",
            "",
            "b:1;",
            "s:6:\"parent\";s:0:\"\";",
        );
        let all =
            format!("a:2:{{s:6:\"status\";i:1;s:8:\"comments\";a:4:{{{one}{two}{hidden}{old}}}}}");
        let found = comments(all.as_bytes()).expect("a list");
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                let who = one
                    .person
                    .as_ref()
                    .map(|who| (who.kind, who.value.as_str()));
                (one.id.as_str(), who, one.parent.as_deref(), one.words)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("1767258000", Some(("user", "ada")), None, Some(3)),
                (
                    "1767258000.2",
                    Some(("email", "eve@example.org")),
                    Some("1767258000"),
                    Some(3)
                ),
                ("1767258000.3", None, None, Some(3)),
            ]
        );
        assert!(comments(b"a:1:{s:6:\"status\";i:1;}").is_some_and(|none| none.is_empty()));
        for none in [
            &b""[..],
            b"N;",
            b"O:8:\"stdClass\":0:{}",
            b"a:9:{",
            b"s:99:\"a\";",
        ] {
            assert!(comments(none).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(text in "(a:[0-9]{1,3}:|[{};]|s:[0-9]{1,2}:\"|\"|i:[0-9]{1,20};|b:1;|N;|d:1e9;|comments|\u{e9}){0,40}") {
            let found = comments(text.as_bytes()).unwrap_or_default();
            prop_assert!(found.len() <= text.len());
        }

        #[test]
        fn texts_of_any_length_come_back(text in "\\PC{0,40}") {
            let notation = format!("s:{}:\"{text}\";", text.len());
            let mut notation = Notation { rest: notation.as_bytes() };
            prop_assert_eq!(notation.value(0), Some(Value::String(text)));
        }
    }
}
