//! Answers of both editions as values. Pure: JSON in, typed values out. What Cloud's second API and the
//! older one of Data Center call differently is the same here.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;

/// Somebody, as one of the editions names them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Who {
    /// The account, which stays.
    pub(super) identity: Identity,
    /// The name that they sign in with, where Data Center tells it beside the account.
    pub(super) name: Option<String>,
}

/// A page or a blog post.
#[derive(Clone, PartialEq)]
pub(super) struct Page {
    /// Its number, which stays when it is moved or renamed.
    pub(super) id: u64,
    /// It is a blog post.
    pub(super) blog: bool,
    /// Its title.
    pub(super) title: String,
    /// It lies in the trash, or not even there.
    pub(super) trashed: bool,
    /// Its last version.
    pub(super) version: Version,
    /// When it was made, where that is told.
    pub(super) created: Option<Millis>,
    /// The key of its space, where that is told.
    pub(super) space: Option<String>,
    /// The number of its space, likewise.
    pub(super) space_id: Option<String>,
    /// Its addresses for people, without what all addresses of the site begin with.
    pub(super) addresses: Vec<String>,
    /// What all addresses of the site begin with, where that is told.
    pub(super) base: Option<String>,
    /// Its labels, where they are told.
    pub(super) labels: Option<Vec<String>>,
    /// Whether not everybody may see it, where that is told.
    pub(super) restricted: Option<bool>,
}

/// One version of a page.
#[derive(Clone, PartialEq)]
pub(super) struct Version {
    /// Its number, from 1.
    pub(super) number: u32,
    /// When it was saved.
    pub(super) at: Millis,
    /// Who saved it.
    pub(super) who: Option<Who>,
    /// Called minor by its author.
    pub(super) minor: bool,
    /// What it says, in storage format, where that is told.
    pub(super) body: Option<String>,
}

/// A comment as it stands.
#[derive(Clone, PartialEq)]
pub(super) struct Comment {
    /// Its number.
    pub(super) id: u64,
    /// The comment that it answers.
    pub(super) parent: Option<u64>,
    /// Its last version.
    pub(super) version: Version,
    /// When and by whom it was written, where that is told apart from the last version.
    pub(super) written: Option<(Millis, Option<Who>)>,
    /// What it says, in storage format.
    pub(super) body: Option<String>,
    /// It stands at a place of the page, not below it.
    pub(super) inline: bool,
}

/// The objects of a list.
pub(super) fn results(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["results"].as_array().into_iter().flatten()
}

/// Where a list goes on, as a path behind the site's root, whatever stands before it: the editions tell it
/// with and without the root, and for another host than the one that was asked.
pub(super) fn next(answer: &Value, header: Option<&str>) -> Option<String> {
    let told = answer["_links"]["next"].as_str().or(header)?;
    ["/rest/api/", "/rest/experimental/", "/api/v2/"]
        .iter()
        .filter_map(|start| told.find(start))
        .min()
        .map(|at| told[at..].to_owned())
}

/// A number, which the newer API writes as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .filter(|number| *number > 0)
}

/// A page; `None` for what is none, or says neither number nor version.
pub(super) fn page(value: &Value) -> Option<Page> {
    let kind = value["type"].as_str();
    if kind.is_some_and(|kind| !matches!(kind, "page" | "blogpost")) {
        return None;
    }
    let links = &value["_links"];
    let addresses: Vec<String> = ["webui", "tinyui"]
        .iter()
        .filter_map(|name| links[*name].as_str().map(str::to_owned))
        .collect();
    let history = &value["history"];
    Some(Page {
        id: number(&value["id"])?,
        blog: kind == Some("blogpost"),
        title: value["title"].as_str()?.to_owned(),
        trashed: is_trashed(value),
        version: version(value.get("version")?)?,
        created: instant(&value["createdAt"]).or_else(|| instant(&history["createdDate"])),
        space: value["space"]["key"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| addresses.iter().find_map(|address| space_in(address))),
        space_id: number(&value["spaceId"]).map(|id| id.to_string()),
        addresses,
        base: links["base"].as_str().map(str::to_owned),
        labels: labels(&value["metadata"]["labels"]),
        restricted: restricted(&value["restrictions"]["read"]),
    })
}

/// Whether a page lies in the trash, or not even there.
pub(super) fn is_trashed(value: &Value) -> bool {
    matches!(value["status"].as_str(), Some("trashed" | "deleted"))
}

/// What a page says, in storage format.
pub(super) fn body(value: &Value) -> Option<&str> {
    value["body"]["storage"]["value"].as_str()
}

/// A version, as the last one of a page or as one of its history.
pub(super) fn version(value: &Value) -> Option<Version> {
    let held = body(&value["page"])
        .or_else(|| body(&value["blogpost"]))
        .or_else(|| body(&value["content"]));
    Some(Version {
        number: u32::try_from(number(&value["number"])?).ok()?,
        at: instant(&value["createdAt"]).or_else(|| instant(&value["when"]))?,
        who: account(&value["authorId"]).or_else(|| user(&value["by"])),
        minor: value["minorEdit"] == true,
        body: held.map(str::to_owned),
    })
}

/// A comment; `None` for what is none, or says neither number nor version.
pub(super) fn comment(value: &Value) -> Option<Comment> {
    let history = &value["history"];
    let above = value["ancestors"].as_array().and_then(|all| all.last());
    let above = above.filter(|above| above["type"].as_str().is_none_or(|kind| kind == "comment"));
    Some(Comment {
        id: number(&value["id"])?,
        parent: number(&value["parentCommentId"])
            .or_else(|| above.and_then(|above| number(&above["id"]))),
        version: version(value.get("version")?)?,
        written: instant(&history["createdDate"]).map(|at| (at, user(&history["createdBy"]))),
        body: body(value).map(str::to_owned),
        inline: false,
    })
}

/// The labels in a list of them.
pub(super) fn labels(value: &Value) -> Option<Vec<String>> {
    let labels = value["results"].as_array()?;
    let names = labels.iter().filter_map(|label| label["name"].as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// Whether reading is restricted to somebody.
pub(super) fn restricted(value: &Value) -> Option<bool> {
    let restrictions = value["restrictions"].as_object()?;
    let holds = |list: &Value| {
        let some = list["results"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        some || list["size"].as_u64().is_some_and(|size| size > 0)
    };
    Some(restrictions.values().any(holds))
}

/// Somebody by the account id of Cloud.
pub(super) fn account(value: &Value) -> Option<Who> {
    let id = value.as_str().filter(|id| !id.is_empty())?;
    Some(Who {
        identity: Identity::of_source("confluence", "account", id),
        name: None,
    })
}

/// Somebody by the key that Data Center has for them.
pub(super) fn keyed(value: &Value) -> Option<Who> {
    let key = value.as_str().filter(|key| !key.is_empty())?;
    Some(Who {
        identity: Identity::of_source("confluence", "key", key),
        name: None,
    })
}

/// Somebody as the older API describes them; nobody for visitors without account.
pub(super) fn user(value: &Value) -> Option<Who> {
    if value["type"] == "anonymous" {
        return None;
    }
    let name = value["username"].as_str().filter(|name| !name.is_empty());
    account(&value["accountId"])
        .or_else(|| {
            let who = keyed(&value["userKey"])?;
            let name = name.map(str::to_owned);
            Some(Who { name, ..who })
        })
        .or_else(|| {
            let identity = named(name?);
            Some(Who {
                identity,
                name: None,
            })
        })
}

/// Somebody by the name that they sign in with.
pub(super) fn named(name: &str) -> Identity {
    let bare = Identity::bare(name);
    match bare.is_email() {
        true => bare,
        false => Identity::of_source("confluence", "name", name),
    }
}

/// The key of a space in the address of a page.
fn space_in(address: &str) -> Option<String> {
    let rest = address
        .split_once("/spaces/")
        .or_else(|| address.split_once("/display/"))?
        .1;
    let key = rest.split('/').next().filter(|key| !key.is_empty())?;
    Some(key.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn both_editions_say_the_same() {
        let cloud = json!({"id": "7", "status": "current", "title": "Disk full", "spaceId": "3",
            "createdAt": "2026-01-05T10:00:00.000Z", "authorId": "712020:a",
            "version": {"createdAt": "2026-01-06T10:00:00.000Z", "number": 2, "minorEdit": true, "authorId": "712020:b"},
            "_links": {"webui": "/spaces/SRE/pages/7/Disk+full", "tinyui": "/x/Bw"}});
        let center = json!({"id": "7", "type": "page", "status": "current", "title": "Disk full",
            "space": {"key": "SRE"}, "history": {"createdDate": "2026-01-05T11:00:00.000+0100",
            "createdBy": {"type": "known", "userKey": "ff01", "username": "ada"}},
            "version": {"when": "2026-01-06T10:00:00.000Z", "number": 2, "minorEdit": true,
                "by": {"type": "known", "userKey": "ff02", "username": "bob"}},
            "metadata": {"labels": {"results": [{"name": "b"}, {"name": "a"}]}},
            "restrictions": {"read": {"restrictions": {"user": {"results": [], "size": 0}, "group": {"size": 1}}}},
            "_links": {"webui": "/display/SRE/Disk+full"}});
        let (one, two) = (
            page(&cloud).expect("a page"),
            page(&center).expect("a page"),
        );
        for page in [&one, &two] {
            assert_eq!(
                (page.id, page.version.number, page.version.minor),
                (7, 2, true)
            );
            assert_eq!(page.space.as_deref(), Some("SRE"));
            assert_eq!(page.created, Some(1_767_607_200_000));
            assert_eq!(page.version.at, 1_767_693_600_000);
            assert!(!page.trashed && !page.blog);
        }
        assert_eq!((one.labels, one.restricted), (None, None));
        let labels = ["a", "b"].map(str::to_owned).to_vec();
        assert_eq!((two.labels, two.restricted), (Some(labels), Some(true)));
        let who = two.version.who.expect("somebody");
        assert_eq!(
            (who.identity.kind, who.name.as_deref()),
            ("key", Some("bob"))
        );
    }

    #[test]
    fn lists_go_on_where_the_root_is() {
        for (answer, header, expected) in [
            (
                json!({"_links": {"next": "/wiki/api/v2/pages?cursor=a"}}),
                None,
                Some("/api/v2/pages?cursor=a"),
            ),
            (
                json!({"_links": {"next": "/rest/api/content?start=25", "base": "https://h/wiki"}}),
                None,
                Some("/rest/api/content?start=25"),
            ),
            (
                json!({}),
                Some("/wiki/api/v2/pages?cursor=b"),
                Some("/api/v2/pages?cursor=b"),
            ),
            (
                json!({"_links": {"next": "https://evil.example.org/steal"}}),
                None,
                None,
            ),
            (json!({"_links": {"next": null}}), None, None),
        ] {
            assert_eq!(next(&answer, header).as_deref(), expected, "{answer}");
        }
    }

    #[test]
    fn somebody_or_nobody() {
        assert!(user(&json!({"type": "anonymous", "username": "x"})).is_none());
        assert!(user(&json!(null)).is_none() && account(&json!("")).is_none());
        let mail =
            user(&json!({"type": "known", "username": "ada@example.org"})).expect("somebody");
        assert!(mail.identity.is_email());
        let named = user(&json!({"type": "known", "username": "ada"})).expect("somebody");
        assert_eq!(
            (named.identity.source, named.identity.kind),
            ("confluence", "name")
        );
    }

    #[test]
    fn answers_follow_the_comment_above_not_the_page() {
        let one = json!({"id": "9", "type": "comment", "version": {"number": 1, "when": "2026-01-06T10:00:00Z"},
            "ancestors": [{"id": "8", "type": "comment"}], "history": {"createdDate": "2026-01-06T09:00:00Z"}});
        let one = comment(&one).expect("a comment");
        assert_eq!(
            (one.parent, one.written.map(|(at, _)| at)),
            (Some(8), Some(1_767_690_000_000))
        );
        let top = json!({"id": "9", "version": {"number": 1, "createdAt": "2026-01-06T10:00:00Z"},
            "ancestors": [{"id": "7", "type": "page"}]});
        assert_eq!(comment(&top).expect("a comment").parent, None);
    }

    #[test]
    fn saved_answers_are_read() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            crate::sources::collected::skipped("READBACK_FIXTURES is not set");
            return;
        };
        let read = |name: &str| -> Value {
            let path = std::path::Path::new(&fixtures)
                .join("confluence")
                .join(name);
            serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
        };
        for (name, id, version) in [
            ("confluence_content_1_v1.json", 1, 1),
            ("confluence_content_3.json", 3, 3),
        ] {
            let value = read(name);
            let found = page(&value).expect(name);
            assert_eq!(
                (found.id, found.version.number, found.trashed),
                (id, version, false),
                "{name}"
            );
            assert!(found.created.is_some() && body(&value).is_some(), "{name}");
            let who = found.version.who.expect(name);
            assert!(who.identity.kind == "key" && who.name.is_some(), "{name}");
        }
        // Without the time of its version nothing can be told of a page.
        assert!(page(&read("confluence_content_1_v3.json")).is_none());
        let space = read("confluence_content_space.json");
        let chosen: Vec<u64> = results(&space)
            .filter_map(|one| number(&one["id"]))
            .collect();
        assert_eq!((chosen.as_slice(), next(&space, None)), (&[3][..], None));
        let empty = read("confluence_contents_empty.json");
        assert!(results(&empty).next().is_none() && next(&empty, None).is_none());
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(text in "[a-z0-9\"{}\\[\\]:,]{0,80}") {
            let value = serde_json::from_str::<Value>(&text).unwrap_or(Value::String(text));
            prop_assert!(page(&value).is_none());
            prop_assert!(comment(&value).is_none() && next(&value, None).is_none());
        }
    }
}
