//! What BookStack says of its pages, comments and of what was done. Pure: JSON in, typed values out. A
//! person is a number in some answers and an object in others.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;

/// A page.
pub(super) struct Page {
    /// Its number.
    pub(super) id: u64,
    /// Its title.
    pub(super) name: String,
    /// The end of its address.
    pub(super) slug: String,
    /// The book that it lies in.
    pub(super) book: u64,
    /// It is none that people read.
    pub(super) is_aside: bool,
    /// When it was made.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// Who made it.
    pub(super) author: Option<Identity>,
    /// Who changed it last.
    pub(super) editor: Option<Identity>,
    /// Its tags.
    pub(super) tags: Vec<String>,
    /// Its text in HTML, where it was given.
    pub(super) html: Option<String>,
}

/// A comment.
pub(super) struct Comment {
    /// Its number.
    pub(super) id: u64,
    /// Its number on its page.
    pub(super) local: Option<u64>,
    /// The page.
    pub(super) page: u64,
    /// The number on the page of the comment that it answers.
    pub(super) parent: Option<u64>,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
}

/// An entry of the audit log. The address of the machine in it is never read.
pub(super) struct Done {
    /// Who.
    pub(super) person: Option<Identity>,
    /// When.
    pub(super) at: Millis,
}

/// Somebody, as a number or as an object with one.
pub(super) fn person(value: &Value) -> Option<Identity> {
    let number = value.as_u64().or_else(|| value["id"].as_u64());
    let number = number.filter(|number| *number > 0)?;
    Some(Identity::of_source(
        "bookstack",
        "user",
        &number.to_string(),
    ))
}

/// The values of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value["data"].as_array().map_or(&[], Vec::as_slice)
}

/// A page, if it is one.
pub(super) fn page(value: &Value) -> Option<Page> {
    let is = |field: &str| value[field] == true || value[field] == 1;
    let created = instant(&value["created_at"])?;
    let tags = value["tags"].as_array().into_iter().flatten();
    let tag = |tag: &Value| {
        let name = tag["name"].as_str().filter(|name| !name.is_empty())?;
        Some(match tag["value"].as_str().unwrap_or_default() {
            "" => name.to_owned(),
            value => format!("{name}: {value}"),
        })
    };
    Some(Page {
        id: value["id"].as_u64().filter(|id| *id > 0)?,
        name: value["name"].as_str().unwrap_or_default().trim().to_owned(),
        slug: value["slug"].as_str().unwrap_or_default().to_owned(),
        book: value["book_id"].as_u64()?,
        is_aside: is("draft") || is("template"),
        created,
        updated: instant(&value["updated_at"])
            .unwrap_or(created)
            .max(created),
        author: person(&value["created_by"]),
        editor: person(&value["updated_by"]),
        tags: tags.filter_map(tag).collect(),
        html: value["html"].as_str().map(str::to_owned),
    })
}

/// A comment on a page, if it is one.
pub(super) fn comment(value: &Value) -> Option<Comment> {
    if value["commentable_type"]
        .as_str()
        .is_some_and(|kind| kind != "page")
    {
        return None;
    }
    let created = instant(&value["created_at"])?;
    Some(Comment {
        id: value["id"].as_u64()?,
        local: value["local_id"].as_u64(),
        page: value["commentable_id"].as_u64()?,
        parent: value["parent_id"].as_u64().filter(|parent| *parent > 0),
        author: person(&value["created_by"]),
        created,
        updated: instant(&value["updated_at"])
            .unwrap_or(created)
            .max(created),
    })
}

/// An entry of the audit log, if it is one.
pub(super) fn done(value: &Value) -> Option<Done> {
    Some(Done {
        person: person(&value["user_id"]).or_else(|| person(&value["user"])),
        at: instant(&value["created_at"])?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_numbers_or_objects() {
        for value in [json!(7), json!({ "id": 7, "name": "Ada", "slug": "ada" })] {
            assert_eq!(person(&value).map(|one| one.value).as_deref(), Some("7"));
        }
        for nobody in [
            json!(null),
            json!(0),
            json!("Ada"),
            json!({ "name": "Ada" }),
        ] {
            assert!(person(&nobody).is_none(), "{nobody}");
        }
    }

    #[test]
    fn a_saved_delivery_is_read() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
        };
        let path = std::path::Path::new(&fixtures).join("bookstack/webhook.page_update.json");
        let value: Value =
            serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
        let found = page(&value["related_item"]).expect("a page");
        assert_eq!((found.id, found.book, found.is_aside), (2432, 13, false));
        // An object there, a number in the revision.
        let revision = &value["related_item"]["current_revision"];
        assert!(found.author.is_some() && found.author == person(&revision["created_by"]));
        assert_eq!(found.updated, 1_639_261_510_000);
    }
}
