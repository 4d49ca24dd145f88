//! What Wiki.js says of its pages, of what was done to them, and of comments. Pure: JSON in, typed values
//! out. People are numbers; their names, addresses and machines are never asked for.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;

/// Stands for everybody who is not logged in.
const GUEST: i64 = 2;

/// A page, as the list of all has it.
#[derive(Clone)]
pub(super) struct Page {
    /// Its number.
    pub(super) id: i64,
    /// Its path.
    pub(super) path: String,
    /// Its language.
    pub(super) locale: String,
    /// Its title.
    pub(super) title: String,
    /// Whether it is published, and for more than one person.
    pub(super) is_public: bool,
    /// When it was made.
    pub(super) created: Millis,
    /// When it was changed, moved or rendered last.
    pub(super) updated: Millis,
    /// Its tags.
    pub(super) tags: Vec<String>,
}

/// An earlier version of a page. The one that came after it took its place.
#[derive(Clone)]
pub(super) struct Version {
    /// Its number; a later one has a greater.
    pub(super) id: i64,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// The path before it, where the page was moved then.
    pub(super) moved_from: Option<String>,
}

/// How a version came to be an earlier one.
pub(super) struct Replaced {
    /// When.
    pub(super) at: Millis,
    /// By a change of the text; a move makes one, too.
    pub(super) is_edit: bool,
}

/// A comment.
pub(super) struct Comment {
    /// Its number.
    pub(super) id: i64,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// Its text in HTML.
    pub(super) html: Option<String>,
}

/// Somebody by their number.
pub(super) fn person(value: &Value) -> Option<Identity> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let number = number.filter(|number| *number > 0 && *number != GUEST)?;
    Some(Identity::of_source("wikijs", "user", &number.to_string()))
}

/// A page, if it is one.
pub(super) fn page(value: &Value) -> Option<Page> {
    let text = |field: &str| Some(value[field].as_str()?.to_owned());
    let created = instant(&value["createdAt"])?;
    let path = text("path").filter(|path| !path.is_empty())?;
    let title = text("title").filter(|title| !title.trim().is_empty());
    let tags = value["tags"].as_array().into_iter().flatten();
    let last = path.rsplit('/').next().unwrap_or(&path).to_owned();
    Some(Page {
        id: value["id"].as_i64().filter(|id| *id > 0)?,
        locale: text("locale")?,
        title: title.unwrap_or(last),
        is_public: value["isPublished"] != false && value["isPrivate"] != true,
        created,
        updated: instant(&value["updatedAt"]).unwrap_or(created).max(created),
        tags: tags
            .filter_map(|tag| Some(tag.as_str()?.to_owned()))
            .collect(),
        path,
    })
}

/// An earlier version, if it is one.
pub(super) fn version(value: &Value) -> Option<Version> {
    let before = value["valueBefore"]
        .as_str()
        .filter(|path| !path.is_empty());
    let is_moved = value["actionType"] == "move";
    Some(Version {
        id: value["versionId"].as_i64()?,
        author: person(&value["authorId"]),
        moved_from: before.filter(|_| is_moved).map(str::to_owned),
    })
}

/// How a version came to be an earlier one, if that is said.
pub(super) fn replaced(value: &Value) -> Option<Replaced> {
    let action = value["action"].as_str()?;
    Some(Replaced {
        at: instant(&value["createdAt"])?,
        is_edit: !matches!(action, "moved" | "deleted"),
    })
}

/// A comment, if it is one.
pub(super) fn comment(value: &Value) -> Option<Comment> {
    let created = instant(&value["createdAt"])?;
    Some(Comment {
        id: value["id"].as_i64()?,
        author: person(&value["authorId"]),
        created,
        updated: instant(&value["updatedAt"]).unwrap_or(created).max(created),
        html: value["render"].as_str().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_numbers_and_guests_nobody() {
        for value in [json!(7), json!("7")] {
            assert_eq!(person(&value).map(|one| one.value).as_deref(), Some("7"));
        }
        for nobody in [
            json!(2),
            json!(0),
            json!(-1),
            json!(null),
            json!("Ada"),
            json!([]),
        ] {
            assert!(person(&nobody).is_none(), "{nobody}");
        }
    }

    #[test]
    fn pages_that_are_none_are_left_out() {
        let whole = json!({ "id": 3, "path": "pm/disk", "locale": "en", "title": " ", "isPublished": true,
            "isPrivate": false, "createdAt": "2026-01-02T09:00:00.000Z", "updatedAt": "2025-01-02T09:00:00.000Z",
            "tags": ["a", 5] });
        let found = page(&whole).expect("a page");
        assert_eq!(
            (found.title.as_str(), found.tags.len(), found.is_public),
            ("disk", 1, true)
        );
        assert_eq!(found.updated, found.created);
        for field in ["id", "path", "locale", "createdAt"] {
            let mut part = whole.clone();
            part[field] = Value::Null;
            assert!(page(&part).is_none(), "{field}");
        }
    }
}
