//! Answers of api.php as values. Pure: JSON in, typed values out; both format versions, because
//! saved answers are often of the older one (pages by id, flags as empty strings).

use serde_json::Value;

use crate::model::{Identity, Millis, parse_rfc3339};

/// A page of the wiki.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Its number, which stays when the page is moved.
    pub(super) id: u64,
    /// Its title with namespace.
    pub(super) title: String,
    /// Its address.
    pub(super) url: Option<String>,
    /// Number of its talk page, if there is one.
    pub(super) talk: Option<u64>,
    /// Number of its last revision.
    pub(super) last_revision: u64,
    /// Titles that redirect to it.
    pub(super) redirects: Vec<String>,
    /// Pages that link to it.
    pub(super) linked_from: Vec<Source>,
}

/// A page that links to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Its number.
    pub(super) id: u64,
    /// It only redirects.
    pub(super) redirect: bool,
}

/// A version of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Revision {
    /// Its number.
    pub(super) id: u64,
    /// The number before; 0 for the first.
    pub(super) parent: u64,
    /// When it was saved.
    pub(super) at: Millis,
    /// Who saved it; nobody for visitors without account and for hidden names.
    pub(super) user: Option<String>,
    /// Called minor by its author.
    pub(super) minor: bool,
    /// Length of the page in bytes.
    pub(super) size: Option<u64>,
    /// It undoes others.
    pub(super) reverts: bool,
    /// What tells texts apart.
    pub(super) hash: Option<String>,
}

/// An error in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// MediaWiki's code for it.
    pub(super) code: String,
    /// Whether to ask again later.
    pub(super) retryable: bool,
}

/// The error in an answer, if it is one.
pub(super) fn refusal(answer: &Value) -> Option<Refusal> {
    let error = answer
        .get("error")
        .or_else(|| answer.get("errors")?.get(0))?;
    let code = error["code"].as_str().unwrap_or("unknown").to_owned();
    let retryable = matches!(
        code.as_str(),
        "maxlag" | "ratelimited" | "readonly" | "internal_api_error_DBQueryError"
    );
    Some(Refusal { code, retryable })
}

/// The parameters that ask for the rest, all of them; none if there is no rest.
pub(super) fn rest(answer: &Value) -> Vec<(String, String)> {
    let Some(rest) = answer["continue"].as_object() else {
        return Vec::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    rest.iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// The pages of an answer that exist.
pub(super) fn pages(answer: &Value) -> Vec<Page> {
    entries(&answer["query"]["pages"])
        .into_iter()
        .filter_map(page)
        .collect()
}

/// Numbers of the pages that were asked for and are not there any more.
pub(super) fn missing(answer: &Value) -> Vec<u64> {
    entries(&answer["query"]["pages"])
        .into_iter()
        .filter(|page| set(&page["missing"]))
        .filter_map(|page| page["pageid"].as_u64())
        .collect()
}

/// The revisions of the pages of an answer, and how many of them could not be read.
pub(super) fn revisions(answer: &Value) -> (Vec<Revision>, usize) {
    let all: Vec<&Value> = entries(&answer["query"]["pages"])
        .into_iter()
        .flat_map(|page| page["revisions"].as_array().into_iter().flatten())
        .collect();
    let read: Vec<Revision> = all.iter().filter_map(|value| revision(value)).collect();
    let unread = all.len() - read.len();
    (read, unread)
}

/// The text of the newest revision in an answer.
pub(super) fn content(answer: &Value) -> Option<&str> {
    let page = entries(&answer["query"]["pages"]).into_iter().next()?;
    let revision = &page["revisions"][0];
    let slot = &revision["slots"]["main"];
    [
        &slot["content"],
        &slot["*"],
        &revision["content"],
        &revision["*"],
    ]
    .into_iter()
    .find_map(Value::as_str)
}

/// The users of an answer who are bots.
pub(super) fn bots(answer: &Value) -> Vec<&str> {
    let users = answer["query"]["users"].as_array().into_iter().flatten();
    let bot = |user: &&Value| {
        user["groups"]
            .as_array()
            .is_some_and(|groups| groups.iter().any(|group| group == "bot"))
    };
    users
        .filter(bot)
        .filter_map(|user| user["name"].as_str())
        .collect()
}

/// Views of pages by day; a day of which nothing is known is left out.
pub(super) fn views(answer: &Value) -> Vec<(u64, String, u64)> {
    let of = |page: &Value| {
        let id = page["pageid"].as_u64();
        let days = page["pageviews"].as_object().into_iter().flatten();
        let known = days.filter_map(move |(day, count)| Some((id?, day.clone(), count.as_u64()?)));
        known.collect::<Vec<_>>()
    };
    let pages = entries(&answer["query"]["pages"]);
    pages.into_iter().flat_map(of).collect()
}

/// An entry of the wiki's log.
pub(super) struct Logged<'a> {
    /// Its number.
    pub(super) id: u64,
    /// The page that it is about, by the number that the page had.
    pub(super) page: u64,
    /// What the page was called.
    pub(super) title: &'a str,
    /// What was done.
    pub(super) action: &'a str,
    /// When.
    pub(super) at: Millis,
}

/// The entries of the log in an answer.
pub(super) fn log(answer: &Value) -> Vec<Logged<'_>> {
    let entries = answer["query"]["logevents"].as_array();
    let entry = |value: &'_ Value| -> Option<(u64, u64, Millis)> {
        // A page that is gone has no number but the one in the log.
        let page = [&value["logpage"], &value["pageid"]];
        let page = page
            .into_iter()
            .filter_map(Value::as_u64)
            .find(|id| *id > 0)?;
        let at = value["timestamp"].as_str().and_then(parse_rfc3339)?;
        Some((value["logid"].as_u64()?, page, at))
    };
    let known = entries.into_iter().flatten().filter_map(|value| {
        let (id, page, at) = entry(value)?;
        Some(Logged {
            id,
            page,
            title: value["title"].as_str()?,
            action: value["action"].as_str().unwrap_or_default(),
            at,
        })
    });
    known.collect()
}

/// Pages that lead to addresses elsewhere.
pub(super) fn outside(answer: &Value) -> Vec<(u64, &str)> {
    let entries = answer["query"]["exturlusage"].as_array();
    let known = entries.into_iter().flatten().filter_map(|value| {
        let page = value["pageid"].as_u64().filter(|id| *id > 0)?;
        Some((page, value["url"].as_str()?))
    });
    known.collect()
}

/// A user of this wiki.
pub(super) fn identity(user: &str) -> Identity {
    Identity::of_source("mediawiki", "name", user)
}

fn entries(pages: &Value) -> Vec<&Value> {
    match pages {
        Value::Array(pages) => pages.iter().collect(),
        Value::Object(pages) => pages.values().collect(),
        _ => Vec::new(),
    }
}

fn page(value: &Value) -> Option<Page> {
    if set(&value["missing"]) || set(&value["invalid"]) {
        return None;
    }
    let list = |name: &str| value[name].as_array().into_iter().flatten();
    let source = |from: &Value| {
        Some(Source {
            id: from["pageid"].as_u64().filter(|id| *id > 0)?,
            redirect: set(&from["redirect"]),
        })
    };
    Some(Page {
        id: value["pageid"].as_u64()?,
        title: value["title"].as_str()?.to_owned(),
        url: value["canonicalurl"]
            .as_str()
            .or_else(|| value["fullurl"].as_str())
            .map(str::to_owned),
        talk: value["talkid"].as_u64().filter(|id| *id > 0),
        last_revision: value["lastrevid"].as_u64().unwrap_or(0),
        redirects: list("redirects")
            .filter_map(|from| from["title"].as_str().map(str::to_owned))
            .collect(),
        linked_from: list("linkshere").filter_map(source).collect(),
    })
}

fn revision(value: &Value) -> Option<Revision> {
    let tags = value["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let reverting = ["mw-rollback", "mw-undo", "mw-manual-revert"];
    Some(Revision {
        id: value["revid"].as_u64()?,
        parent: value["parentid"].as_u64().unwrap_or(0),
        at: value["timestamp"].as_str().and_then(parse_rfc3339)?,
        user: user(value),
        minor: set(&value["minor"]),
        size: value["size"].as_u64(),
        reverts: tags.into_iter().any(|tag| reverting.contains(&tag)),
        hash: value["sha1"].as_str().map(str::to_owned),
    })
}

/// The account that saved a revision. An address in place of an account and a temporary account are
/// nobody: neither may become an identity.
fn user(revision: &Value) -> Option<String> {
    let nobody = ["anon", "temp", "userhidden"]
        .iter()
        .any(|flag| set(&revision[*flag]));
    let numberless = revision["userid"].as_u64() == Some(0);
    let name = revision["user"].as_str().and_then(account);
    name.filter(|_| !nobody && !numberless)
}

/// An account by what a wiki calls somebody, if it is one.
pub(super) fn account(name: &str) -> Option<String> {
    // Imported revisions name users of another wiki as `prefix>name`.
    let is_foreign = name.is_empty() || name.contains('>');
    let temporary = name.starts_with("~2") || name.starts_with("*Unregistered");
    (!is_foreign && !temporary && !is_address(name)).then(|| name.to_owned())
}

/// Also partly hidden ones: `192.0.2.xxx`.
fn is_address(name: &str) -> bool {
    let masked = name
        .to_ascii_lowercase()
        .replace("xxx", "0")
        .replace('*', "0");
    masked.parse::<std::net::IpAddr>().is_ok()
}

/// A flag: `true` in the newer format, an empty string in the older.
fn set(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let new = json!({"query": {"pages": [{"pageid": 7, "title": "A", "lastrevid": 9, "talkid": 8, "revisions": [
            {"revid": 9, "parentid": 3, "timestamp": "2024-03-05T10:00:00Z", "user": "Ada", "minor": true, "size": 5,
             "tags": ["mw-undo"]}]}, {"title": "B", "missing": true}]}});
        let old = json!({"query": {"pages": {"7": {"pageid": 7, "title": "A", "lastrevid": 9, "talkid": 8, "revisions": [
            {"revid": 9, "parentid": 3, "timestamp": "2024-03-05T10:00:00Z", "user": "Ada", "minor": "", "size": 5,
             "tags": ["mw-undo"]}]}, "-1": {"title": "B", "missing": ""}}}});
        assert_eq!(pages(&new), pages(&old));
        assert_eq!(revisions(&new), revisions(&old));
        let (found, unread) = revisions(&new);
        assert_eq!(
            (found.len(), unread, found[0].minor, found[0].reverts),
            (1, 0, true, true)
        );
        assert_eq!(pages(&new).len(), 1);
    }

    #[test]
    fn an_address_is_nobody() {
        for revision in [
            json!({"user": "192.0.2.7", "anon": true}),
            json!({"user": "192.0.2.7"}),
            json!({"user": "2001:db8::1"}),
            json!({"user": "192.0.2.xxx"}),
            json!({"user": "~2024-12345"}),
            json!({"user": "Ada", "temp": true}),
            json!({"userhidden": true}),
            json!({"user": "en>Ada"}),
            json!({"user": "Ada", "userid": 0}),
            json!({}),
        ] {
            assert_eq!(user(&revision), None, "{revision}");
        }
        assert_eq!(
            user(&json!({"user": "Ada", "userid": 4})).as_deref(),
            Some("Ada")
        );
    }

    #[test]
    fn the_rest_is_copied_whole() {
        let answer =
            json!({"continue": {"rvcontinue": "2016|2", "continue": "||", "n": 5, "x": null}});
        let mut found = rest(&answer);
        found.sort();
        let expected = [
            ("continue", "||"),
            ("n", "5"),
            ("rvcontinue", "2016|2"),
            ("x", ""),
        ];
        assert_eq!(
            found,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(rest(&json!({})).is_empty());
        let lag = json!({"error": {"code": "maxlag"}});
        assert_eq!(
            refusal(&lag),
            Some(Refusal {
                code: "maxlag".to_owned(),
                retryable: true
            })
        );
        assert!(
            !refusal(&json!({"errors": [{"code": "badtitle"}]}))
                .expect("an error")
                .retryable
        );
    }

    #[test]
    fn saved_answers_are_read() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            use std::io::Write;
            writeln!(std::io::stderr(), "skipped: READBACK_FIXTURES is not set")
                .expect("a terminal");
            return;
        };
        let read = |name: &str| -> Value {
            let path = std::path::Path::new(&fixtures).join("mediawiki").join(name);
            serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
        };
        let two = read("mediawiki_page_592384_revisions.json");
        let (found, unread) = revisions(&two);
        assert_eq!((found.len(), unread, rest(&two).len()), (2, 0, 0));
        assert_eq!((found[1].parent, found[1].user.is_some()), (0, true));
        let none = read("mediawiki_page_476589_revisions.json");
        assert_eq!(
            (
                revisions(&none).0.len(),
                rest(&none).len(),
                pages(&none).len()
            ),
            (0, 2, 1)
        );
        for name in [
            "namespaces",
            "pages_all_empty",
            "pages_allrevisions_empty",
            "siteinfo_1.23",
        ] {
            let answer = read(&format!("mediawiki_{name}.json"));
            assert!(
                pages(&answer).is_empty()
                    && revisions(&answer).0.is_empty()
                    && refusal(&answer).is_none()
            );
        }
    }
}
