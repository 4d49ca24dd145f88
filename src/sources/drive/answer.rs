//! What Google says of files, comments, revisions and what was done with them. Pure: JSON in, typed values
//! out. Names of people are taken where there is nothing better, and nothing else of what they wrote but its
//! length.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;
use crate::sources::wiki;

/// A document of Google Docs.
pub(super) const DOCUMENT: &str = "application/vnd.google-apps.document";
/// A folder.
pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
/// A file that stands for another one.
pub(super) const SHORTCUT: &str = "application/vnd.google-apps.shortcut";

/// What is asked of a file.
pub(super) const FILE: &str = "id,name,mimeType,createdTime,modifiedTime,trashed,trashedTime,\
                               owners(emailAddress,permissionId),\
                               lastModifyingUser(emailAddress,permissionId),\
                               shortcutDetails(targetId,targetMimeType)";

/// What is asked of comments.
pub(super) const COMMENTS: &str = "nextPageToken,comments(id,createdTime,modifiedTime,deleted,content,\
                                   author(displayName,emailAddress),replies(id,createdTime,modifiedTime,\
                                   deleted,content,author(displayName,emailAddress)))";

/// What is asked of revisions.
pub(super) const REVISIONS: &str =
    "nextPageToken,revisions(id,modifiedTime,lastModifyingUser(emailAddress,permissionId))";

/// What is asked of the audit log: no address of a machine.
pub(super) const ACTIVITIES: &str = "nextPageToken,items(id(time,uniqueQualifier),\
                                     actor(callerType,email,applicationInfo(impersonation)),events(name,parameters))";

/// Ids are longer than any word.
const SHORTEST: usize = 10;

/// A service's account, as its address ends.
const SERVICE: &str = ".gserviceaccount.com";

/// A file of Drive.
#[derive(Clone)]
pub(super) struct File {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) title: String,
    /// What it is.
    pub(super) what: What,
    /// When it was made.
    pub(super) created: Millis,
    /// When somebody changed it last.
    pub(super) updated: Millis,
    /// Whose it is; of a file of a shared drive it is nobody's.
    pub(super) owners: Vec<Identity>,
    /// Who changed it last.
    pub(super) editor: Option<Identity>,
    /// It lies in the trash; since when is told in shared drives alone.
    pub(super) trashed: Option<Option<Millis>>,
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A document of Google Docs.
    Document,
    /// A folder.
    Folder,
    /// It stands for the document with this id.
    ShortcutTo(String),
    /// It stands for the folder with this id.
    ShortcutInto(String),
    /// Something else.
    Other,
}

/// A comment, or an answer to one.
pub(super) struct Comment {
    /// Its name.
    pub(super) id: String,
    /// The comment that it answers.
    pub(super) parent: Option<String>,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// Its length; nothing where it is deleted.
    pub(super) words: Option<u32>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last, or deleted.
    pub(super) updated: Millis,
    /// It is deleted.
    pub(super) is_deleted: bool,
}

/// A revision.
pub(super) struct Revision {
    /// Its number.
    pub(super) id: String,
    /// Who made it.
    pub(super) author: Option<Identity>,
    /// When.
    pub(super) at: Millis,
}

/// Somebody opened a document, or something did.
pub(super) struct Opening {
    /// What the log knows it by.
    pub(super) id: String,
    /// When.
    pub(super) at: Millis,
    /// Who, where it was a person with an account.
    pub(super) person: Option<Identity>,
    /// A program did it for itself.
    pub(super) is_robot: bool,
    /// A program did it in a person's name.
    pub(super) is_app: bool,
}

/// The id in a text: an id itself, or an address of a file, a folder or a shared drive.
pub(super) fn id_in(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = |id: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        id.len() >= SHORTEST && id.bytes().all(known)
    };
    if fits(text) {
        // No word is that: ids hold digits or both cases.
        let is_word = !text.bytes().any(|byte| byte.is_ascii_digit());
        return (!is_word).then(|| text.to_owned());
    }
    let url = url::Url::parse(text).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let behind = segments.windows(2).find_map(|pair| match pair {
        ["d" | "folders", id] => Some((*id).to_owned()),
        _ => None,
    });
    let stated = || {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(name, value)| (name == "id").then(|| value.into_owned()))
    };
    behind.or_else(stated).filter(|id| fits(id))
}

/// Whether it is a program's account.
fn is_service(value: &Value) -> bool {
    let address = value["emailAddress"].as_str().unwrap_or_default();
    address.trim().to_ascii_lowercase().ends_with(SERVICE)
}

/// Somebody as files name them: by address, or where that is not shown by what permissions call them.
fn person(value: &Value) -> Option<Identity> {
    if is_service(value) {
        return None;
    }
    let address = value["emailAddress"].as_str().map(Identity::bare);
    let address = address.filter(Identity::is_email);
    address.or_else(|| {
        let id = value["permissionId"].as_str().filter(|id| !id.is_empty())?;
        Some(Identity::of_source("drive", "user", id))
    })
}

/// Somebody as comments name them: the address is hardly ever told.
fn author(value: &Value) -> Option<Identity> {
    let address = value["emailAddress"].as_str().map(Identity::bare);
    let address = address.filter(Identity::is_email);
    address.or_else(|| {
        let name = value["displayName"].as_str().map(str::trim)?;
        // How people are called whose account is gone, or who have none.
        let is_nobody = name.is_empty() || name == "Anonymous";
        (!is_nobody).then(|| Identity::of_source("drive", "name", name))
    })
}

/// A file, if it is one.
pub(super) fn file(value: &Value) -> Option<File> {
    let created = instant(&value["createdTime"])?;
    let shortcut = &value["shortcutDetails"];
    let target = shortcut["targetId"].as_str().and_then(id_in);
    let what = match (value["mimeType"].as_str()?, target) {
        (DOCUMENT, _) => What::Document,
        (FOLDER, _) => What::Folder,
        (SHORTCUT, Some(target)) => match shortcut["targetMimeType"].as_str() {
            Some(DOCUMENT) => What::ShortcutTo(target),
            Some(FOLDER) => What::ShortcutInto(target),
            _ => What::Other,
        },
        _ => What::Other,
    };
    let owners = value["owners"].as_array().into_iter().flatten();
    let is_trashed = value["trashed"] == true;
    Some(File {
        id: value["id"].as_str().and_then(id_in)?,
        title: value["name"].as_str().unwrap_or_default().trim().to_owned(),
        what,
        created,
        updated: instant(&value["modifiedTime"])
            .unwrap_or(created)
            .max(created),
        owners: owners.filter_map(person).collect(),
        editor: person(&value["lastModifyingUser"]),
        trashed: is_trashed.then(|| instant(&value["trashedTime"])),
    })
}

/// A comment and the answers to it. What has no words is none: it resolved the comment or opened it again,
/// or it is what stands over a suggested change. Answers to that are comments of their own.
pub(super) fn comments(value: &Value) -> Vec<Comment> {
    let Some(id) = value["id"].as_str().filter(|id| !id.is_empty()) else {
        return Vec::new();
    };
    let first = comment(value, id.to_owned(), None);
    let parent = first.as_ref().map(|first| first.id.clone());
    let replies = value["replies"].as_array().into_iter().flatten();
    let replies = replies.filter_map(|reply| {
        let own = reply["id"].as_str().filter(|own| !own.is_empty())?;
        comment(reply, format!("{id}/{own}"), parent.clone())
    });
    let replies: Vec<Comment> = replies.collect();
    first.into_iter().chain(replies).collect()
}

fn comment(value: &Value, id: String, parent: Option<String>) -> Option<Comment> {
    let created = instant(&value["createdTime"])?;
    let is_deleted = value["deleted"] == true;
    let words = wiki::words(value["content"].as_str().unwrap_or_default());
    (is_deleted || words > 0).then(|| Comment {
        id,
        parent,
        author: author(&value["author"]),
        words: (!is_deleted).then_some(words),
        created,
        updated: instant(&value["modifiedTime"])
            .unwrap_or(created)
            .max(created),
        is_deleted,
    })
}

/// A revision, if it is one that a person made.
pub(super) fn revision(value: &Value) -> Option<Revision> {
    if is_service(&value["lastModifyingUser"]) {
        return None;
    }
    Some(Revision {
        id: value["id"].as_str().filter(|id| !id.is_empty())?.to_owned(),
        author: person(&value["lastModifyingUser"]),
        at: instant(&value["modifiedTime"])?,
    })
}

/// What the log says of an activity with a document: that it was opened, why that is no read, or nothing.
pub(super) fn opening(
    value: &Value,
    document: &str,
    reads: &[String],
) -> Option<Result<Opening, &'static str>> {
    let at = instant(&value["id"]["time"])?;
    let qualifier = value["id"]["uniqueQualifier"].as_str()?;
    let parameter = |event: &Value, name: &str| -> Option<Value> {
        let parameters = event["parameters"].as_array()?;
        let found = parameters.iter().find(|one| one["name"] == name)?;
        let value = found.get("value").or_else(|| found.get("boolValue"));
        value.cloned()
    };
    let events: Vec<&Value> = value["events"].as_array()?.iter().collect();
    let mut openings = events.iter().filter(|event| {
        let name = event["name"].as_str().unwrap_or_default();
        let is_of_it = parameter(event, "doc_id").is_some_and(|id| id == document);
        is_of_it && reads.iter().any(|read| read == name)
    });
    let first = openings.next()?;
    let is_primary = |event: &Value| parameter(event, "primary_event") != Some(false.into());
    if !is_primary(first) && !openings.any(|event| is_primary(event)) {
        return Some(Err("side effect of something else"));
    }
    let actor = &value["actor"];
    let address = actor["email"].as_str().unwrap_or_default();
    let known = Some(Identity::bare(address)).filter(Identity::is_email);
    let is_robot =
        actor["callerType"] == "KEY" || address.trim().to_ascii_lowercase().ends_with(SERVICE);
    let app = &actor["applicationInfo"];
    let is_app = app["impersonation"] == true || parameter(first, "api_method").is_some();
    Some(Ok(Opening {
        id: format!("{qualifier}@{at}"),
        at,
        person: known.filter(|_| !is_robot && !is_app),
        is_robot,
        is_app: is_app && !is_robot,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_abcde";

    #[test]
    fn ids_are_found_however_they_are_written() {
        for text in [
            ID.to_owned(),
            format!(" {ID} "),
            format!("https://docs.google.com/document/d/{ID}/edit?tab=t.0#heading=h.1"),
            format!("https://docs.google.com/document/u/1/d/{ID}"),
            format!("https://drive.google.com/drive/u/0/folders/{ID}?usp=sharing"),
            format!("https://drive.google.com/open?id={ID}"),
            format!("https://drive.google.com/file/d/{ID}/view"),
        ] {
            assert_eq!(id_in(&text).as_deref(), Some(ID), "{text}");
        }
        for none in [
            "",
            "Postmortems",
            "post mortems of 2026",
            "https://drive.google.com/drive/my-drive",
            "https://docs.google.com/document/d/x/edit",
        ] {
            assert_eq!(id_in(none), None, "{none}");
        }
    }

    #[test]
    fn what_has_no_words_is_no_comment() {
        let of = |content: Value, deleted: bool| {
            json!({ "id": "c", "createdTime": "2026-01-02T09:00:00Z", "content": content, "deleted": deleted,
                "author": { "displayName": "Ada Example" }, "replies": [
                    { "id": "r", "createdTime": "2026-01-03T09:00:00Z", "content": "", "action": "resolve" },
                    { "id": "s", "createdTime": "2026-01-03T10:00:00Z", "content": "two words", "action": "reopen" },
                    7] })
        };
        let names = |value: &Value| {
            let all = comments(value).into_iter();
            all.map(|one| (one.id, one.parent, one.words))
                .collect::<Vec<_>>()
        };
        let (head, reply) = ("c".to_owned(), "c/s".to_owned());
        assert_eq!(
            names(&of(json!("One."), false)),
            [
                (head.clone(), None, Some(1)),
                (reply.clone(), Some(head.clone()), Some(2))
            ]
        );
        // What stands over a suggestion has no words.
        assert_eq!(
            names(&of(json!(null), false)),
            [(reply.clone(), None, Some(2))]
        );
        assert_eq!(
            names(&of(json!(null), true)),
            [(head.clone(), None, None), (reply, Some(head), Some(2))]
        );
        let nobody = json!({ "id": "c", "createdTime": "2026-01-02T09:00:00Z", "content": "x",
            "author": { "displayName": "Anonymous" } });
        assert!(comments(&nobody)[0].author.is_none());
        for odd in [json!(null), json!({}), json!({ "id": "c" }), json!([1])] {
            assert!(comments(&odd).is_empty());
        }
    }

    fn activity(actor: Value, parameters: Value) -> Value {
        let mut all = vec![json!({ "name": "doc_id", "value": "doc" })];
        all.extend(parameters.as_array().cloned().unwrap_or_default());
        json!({ "id": { "time": "2026-01-02T09:00:00.123Z", "uniqueQualifier": "-17" }, "actor": actor,
            "events": [{ "type": "access", "name": "edit", "parameters": all },
                { "type": "access", "name": "view", "parameters": all }] })
    }

    #[test]
    fn people_robots_and_programs_are_told_apart() {
        let reads = ["view".to_owned()];
        let of = |value: &Value| {
            opening(value, "doc", &reads)
                .expect("of it")
                .expect("a read")
        };
        let ada = json!({ "callerType": "USER", "email": "ada@example.org" });
        let read = of(&activity(ada.clone(), json!([])));
        assert_eq!(read.id, "-17@1767344400123");
        assert!(read.person.is_some() && !read.is_robot && !read.is_app);
        let nobody = of(&activity(
            json!({ "profileId": "105250506097979753968" }),
            json!([]),
        ));
        assert!(nobody.person.is_none() && !nobody.is_robot && !nobody.is_app);
        for robot in [
            json!({ "email": "x@p.iam.gserviceaccount.com" }),
            json!({ "callerType": "KEY", "key": "SYSTEM" }),
        ] {
            let read = of(&activity(robot, json!([])));
            assert!(read.person.is_none() && read.is_robot && !read.is_app);
        }
        let app = json!({ "email": "ada@example.org",
            "applicationInfo": { "applicationName": "Search of ours", "impersonation": true } });
        let read = of(&activity(app, json!([])));
        assert!(read.person.is_none() && !read.is_robot && read.is_app);
        let method = json!([{ "name": "api_method", "value": "drive.files.get" }]);
        assert!(of(&activity(ada.clone(), method)).is_app);
        let aside = json!([{ "name": "primary_event", "boolValue": false }]);
        let aside = activity(ada.clone(), aside);
        assert!(matches!(opening(&aside, "doc", &reads), Some(Err(_))));
        assert!(opening(&activity(ada, json!([])), "other", &reads).is_none());
        for odd in [
            json!(null),
            json!({ "events": 7 }),
            json!({ "id": { "time": "x" } }),
        ] {
            assert!(opening(&odd, "doc", &reads).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_through(text in "(https://|d/|folders/|[?]id=|[a-z0-9/_-]){0,20}") {
            if let Some(id) = id_in(&text) {
                prop_assert!(text.contains(&id));
            }
        }
    }
}
