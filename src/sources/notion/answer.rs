//! What Notion says of its pages and comments. Pure: JSON in, typed values out. Things are known by ids of 32
//! hexadecimal digits, which are written with dashes, without, and at the end of addresses.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;

/// Digits of an id.
const DIGITS: usize = 32;

/// A page.
#[derive(Clone)]
pub(super) struct Page {
    /// Its id.
    pub(super) id: String,
    /// Its title.
    pub(super) title: String,
    /// Its address, which holds its title.
    pub(super) url: Option<String>,
    /// Its address for everybody, where it has one.
    pub(super) public: Option<String>,
    /// When it was made.
    pub(super) created: Millis,
    /// When it was changed last, to the minute.
    pub(super) updated: Millis,
    /// Who made it.
    pub(super) author: Option<Identity>,
    /// Who changed it last.
    pub(super) editor: Option<Identity>,
    /// What was chosen for it in the database.
    pub(super) tags: Vec<String>,
    /// It lies in the trash.
    pub(super) is_gone: bool,
}

/// A comment.
pub(super) struct Comment {
    /// Its id.
    pub(super) id: String,
    /// The discussion that it is part of.
    pub(super) discussion: String,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// Its text.
    pub(super) text: String,
}

/// The id that a text ends in, its query and fragment aside: an id itself, or an address.
pub(super) fn id_in(text: &str) -> Option<String> {
    let path = text.split(['?', '#']).next().unwrap_or(text).trim();
    let end = path.trim_end_matches('/').rsplit('/').next()?;
    let plain: String = end.chars().filter(|c| *c != '-').collect();
    let from = plain.len().checked_sub(DIGITS)?;
    let id = plain.get(from..)?;
    let is_one = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| id.to_ascii_lowercase())
}

/// Pieces of text without what makes them look so.
pub(super) fn plain(rich: &Value) -> String {
    let pieces = rich.as_array().into_iter().flatten();
    pieces
        .filter_map(|piece| piece["plain_text"].as_str())
        .collect()
}

fn person(value: &Value) -> Option<Identity> {
    let id = value["id"].as_str().and_then(id_in)?;
    Some(Identity::of_source("notion", "user", &id))
}

/// A page, if it is one.
pub(super) fn page(value: &Value) -> Option<Page> {
    if value["object"] != "page" {
        return None;
    }
    let created = instant(&value["created_time"])?;
    let text = |field: &str| value[field].as_str().map(str::to_owned);
    let mut title = String::new();
    let mut tags = Vec::new();
    for property in value["properties"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        let name = |value: &Value| value["name"].as_str().map(str::to_owned);
        match property["type"].as_str().unwrap_or_default() {
            "title" => title = plain(&property["title"]),
            kind @ ("select" | "status") => tags.extend(name(&property[kind])),
            "multi_select" => {
                let chosen = property["multi_select"].as_array().into_iter().flatten();
                tags.extend(chosen.filter_map(name));
            }
            _ => {}
        }
    }
    Some(Page {
        id: value["id"].as_str().and_then(id_in)?,
        title: title.trim().to_owned(),
        url: text("url"),
        public: text("public_url"),
        created,
        updated: instant(&value["last_edited_time"])
            .unwrap_or(created)
            .max(created),
        author: person(&value["created_by"]),
        editor: person(&value["last_edited_by"]),
        tags,
        is_gone: value["in_trash"] == true || value["archived"] == true,
    })
}

/// A comment, if it is one.
pub(super) fn comment(value: &Value) -> Option<Comment> {
    let created = instant(&value["created_time"])?;
    Some(Comment {
        id: value["id"].as_str().and_then(id_in)?,
        discussion: value["discussion_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        author: person(&value["created_by"]),
        created,
        updated: instant(&value["last_edited_time"])
            .unwrap_or(created)
            .max(created),
        text: plain(&value["rich_text"]),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn ids_are_found_however_they_are_written() {
        for text in [
            "0123456789abcdef0123456789abcdef",
            "01234567-89ab-cdef-0123-456789ABCDEF",
            "https://www.notion.so/example/Disk-full-0123456789abcdef0123456789abcdef?pvs=4#x",
            "https://example.notion.site/Störung-0123456789abcdef0123456789abcdef/",
            "/0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(id_in(text).as_deref(), Some(ID), "{text}");
        }
        for none in [
            "",
            "0123",
            "https://www.notion.so/example",
            "ä0123456789abcdef0123456789abcde",
        ] {
            assert_eq!(id_in(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_through(text in "\\PC{0,60}") {
            if let Some(id) = id_in(&text) {
                prop_assert_eq!(id_in(&id), Some(id));
            }
        }
    }
}
