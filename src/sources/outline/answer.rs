//! What Outline says of its documents, comments, revisions and views. Pure: JSON in, typed values out. The
//! same in deliveries and in answers of the API.

use serde_json::Value;

use crate::model::{Identity, Millis};
use crate::sources::forge::instant;
use crate::sources::wiki::Page;

/// A document.
pub(super) struct Document<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// Its title.
    pub(super) title: &'a str,
    /// The end of its address, which stays when it is renamed.
    pub(super) short: Option<&'a str>,
    /// The path of its address.
    pub(super) path: Option<&'a str>,
    /// What it lies in.
    pub(super) collection: Option<&'a str>,
    /// The document that it lies under.
    pub(super) parent: Option<&'a str>,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// When it was published; drafts never were.
    pub(super) published: Option<Millis>,
    /// When it was archived or deleted.
    pub(super) gone: Option<Millis>,
    /// Who changed it last.
    pub(super) editor: Option<Identity>,
    /// Who wrote it.
    pub(super) contributors: Vec<Identity>,
    /// What it was made from.
    pub(super) template: Option<&'a str>,
    /// Its text in Markdown; empty where it was not given.
    pub(super) text: &'a str,
}

/// A comment.
pub(super) struct Comment<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// The document.
    pub(super) document: &'a str,
    /// The comment that it answers.
    pub(super) parent: Option<&'a str>,
    /// Who wrote it.
    pub(super) author: Option<Identity>,
    /// When it was written.
    pub(super) created: Millis,
    /// When it was changed last.
    pub(super) updated: Millis,
    /// Its length.
    pub(super) words: Option<u32>,
}

/// A revision of a document.
pub(super) struct Revision<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// The document.
    pub(super) document: &'a str,
    /// What the document was called then.
    pub(super) title: &'a str,
    /// Who made it.
    pub(super) author: Option<Identity>,
    /// When it was made.
    pub(super) created: Millis,
}

/// All that Outline keeps of one person's views of one document.
pub(super) struct View<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// The document.
    pub(super) document: &'a str,
    /// Who.
    pub(super) person: Option<Identity>,
    /// How often.
    pub(super) count: u64,
    /// The first time.
    pub(super) first: Millis,
    /// The last time.
    pub(super) last: Millis,
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value[field].as_str().filter(|text| !text.is_empty())
}

/// Somebody by what is named there, or by the object there.
fn person(value: &Value, id: &str, object: &str) -> Option<Identity> {
    let id = text(value, id).or_else(|| text(&value[object], "id"))?;
    Some(user(id))
}

/// A user of this workspace.
pub(super) fn user(id: &str) -> Identity {
    Identity::of_source("outline", "user", id)
}

/// A document, if it is one.
pub(super) fn document(value: &Value) -> Option<Document<'_>> {
    let ids = value["collaboratorIds"].as_array().into_iter().flatten();
    let ids = ids.filter_map(Value::as_str).filter(|id| !id.is_empty());
    let contributors = person(value, "createdById", "createdBy")
        .into_iter()
        .chain(ids.map(user));
    let created = instant(&value["createdAt"])?;
    Some(Document {
        id: text(value, "id")?,
        title: value["title"].as_str().unwrap_or_default().trim(),
        short: text(value, "urlId"),
        path: text(value, "url"),
        collection: text(value, "collectionId"),
        parent: text(value, "parentDocumentId"),
        updated: instant(&value["updatedAt"]).unwrap_or(created).max(created),
        published: instant(&value["publishedAt"]),
        gone: instant(&value["deletedAt"]).or_else(|| instant(&value["archivedAt"])),
        editor: person(value, "updatedById", "updatedBy"),
        contributors: contributors.collect(),
        template: text(value, "templateId"),
        text: value["text"].as_str().unwrap_or_default(),
    })
}

impl Document<'_> {
    /// Its address for people.
    pub(super) fn address(&self, origin: Option<&str>) -> Option<String> {
        let path = self.path?;
        if path.starts_with("https://") || path.starts_with("http://") {
            return Some(path.to_owned());
        }
        Some(format!("{}{path}", origin?))
    }

    /// As a write-up, without what is counted in it.
    pub(super) fn page(&self, origin: Option<&str>) -> Page {
        let mut names = vec![self.id.to_owned()];
        names.extend(self.short.map(str::to_owned));
        let short = origin.zip(self.short);
        names.extend(short.map(|(origin, short)| format!("{origin}/doc/{short}")));
        Page {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            url: self.address(origin),
            names,
            published: self.published,
            updated: self.updated,
            contributors: self.contributors.clone(),
            tags: Vec::new(),
            template: self.template.map(str::to_owned),
            measured: None,
        }
    }
}

/// The address of a document under another title.
pub(super) fn under_title(origin: &str, title: &str, short: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for letter in title.to_lowercase().chars() {
        match letter {
            letter if letter.is_alphanumeric() => slug.push(letter),
            ' ' | '-' | '_' | '/' if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    format!("{origin}/doc/{slug}-{short}")
}

/// A comment, if it is one.
pub(super) fn comment(value: &Value) -> Option<Comment<'_>> {
    let created = instant(&value["createdAt"])?;
    Some(Comment {
        id: text(value, "id")?,
        document: text(value, "documentId")?,
        parent: text(value, "parentCommentId"),
        author: person(value, "createdById", "createdBy"),
        created,
        updated: instant(&value["updatedAt"]).unwrap_or(created).max(created),
        words: value["data"].is_object().then(|| words(&value["data"])),
    })
}

/// A revision, if it is one.
pub(super) fn revision(value: &Value) -> Option<Revision<'_>> {
    Some(Revision {
        id: text(value, "id")?,
        document: text(value, "documentId")?,
        title: value["title"].as_str().unwrap_or_default().trim(),
        author: person(value, "createdById", "createdBy"),
        created: instant(&value["createdAt"])?,
    })
}

/// Views, if they are that.
pub(super) fn view(value: &Value) -> Option<View<'_>> {
    let first = instant(&value["firstViewedAt"])?;
    Some(View {
        id: text(value, "id")?,
        document: text(value, "documentId")?,
        person: person(value, "userId", "user"),
        count: value["count"].as_u64().unwrap_or(1).max(1),
        first,
        last: instant(&value["lastViewedAt"]).unwrap_or(first).max(first),
    })
}

/// The words of a text as the editor keeps it: a tree whose leaves are texts.
fn words(node: &Value) -> u32 {
    let mut open = vec![node];
    let mut all = 0_u32;
    while let Some(node) = open.pop() {
        if let Some(text) = node["text"].as_str() {
            all = all.saturating_add(crate::sources::wiki::words(text));
        }
        open.extend(node["content"].as_array().into_iter().flatten());
    }
    all
}

/// Where a text leads to documents of its own workspace: the ends of their addresses. `origin` is where
/// people find them; their editor writes addresses without it.
pub(super) fn leads_to<'t>(text: &'t str, origin: &str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("/doc/") {
        let before = &text[..at];
        let is_own = before.ends_with(origin)
            || before
                .chars()
                .next_back()
                .is_none_or(|c| matches!(c, '(' | '<' | '"' | '\'' | ' ' | '\n'));
        if !is_own {
            continue;
        }
        let rest = &text[at + "/doc/".len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '~' | '%'));
        let name = &rest[..end.unwrap_or(rest.len())];
        let short = name.rsplit('-').next().unwrap_or(name);
        if !short.is_empty() {
            found.push(short);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_counted_in_a_tree() {
        let data = json!({ "type": "doc", "content": [
            { "type": "paragraph", "content": [{ "type": "text", "text": "One two" }, { "type": "mention" }] },
            { "type": "paragraph", "content": [{ "type": "text", "text": "three" }] }] });
        assert_eq!(
            (words(&data), words(&json!([])), words(&json!(null))),
            (3, 0, 0)
        );
    }

    #[test]
    fn links_between_documents_have_no_host() {
        let origin = "https://o.example.org";
        let text = "see [a](/doc/disk-full-AbCdEf1234), <https://o.example.org/doc/x-y-ZZZZ567890#why>, \
                    https://other.example.org/doc/no-0123456789 and /doc/bare-short12345?x";
        assert_eq!(
            leads_to(text, origin),
            ["AbCdEf1234", "ZZZZ567890", "short12345"]
        );
        assert_eq!(
            under_title(origin, "Disk: full, again!", "AbC"),
            "https://o.example.org/doc/disk-full-again-AbC"
        );
    }

    /// A value of a schema of Outline's own description of its API.
    fn value(schema: &Value, all: &Value, depth: u32) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            return match depth {
                0 => Value::Null,
                _ => value(&all[name], all, depth - 1),
            };
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string"), Some("uuid")) => json!("0b6a2f3e-9f3a-4b9e-8a44-0d6a4c1f2a10"),
            (Some("string"), Some("date-time")) => json!("2026-01-02T09:00:00.000Z"),
            (Some("string"), _) => json!("a text"),
            (Some("number"), _) => json!(2),
            (Some("boolean"), _) => json!(false),
            (Some("array"), _) => json!([value(&schema["items"], all, depth)]),
            (Some("object"), _) => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields.map(|(name, field)| (name.clone(), value(field, all, depth)));
                Value::Object(fields.collect())
            }
            _ => Value::Null,
        }
    }

    #[test]
    fn what_outline_describes_is_read() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
        };
        let path = std::path::Path::new(&fixtures).join("outline/spec3.json");
        let text = std::fs::read(path).expect("readable");
        let spec: Value = serde_json::from_slice(&text).expect("JSON");
        let all = &spec["components"]["schemas"];
        let made = |name: &str| value(&all[name], all, 3);
        let (of_document, of_comment) = (made("Document"), made("Comment"));
        let (of_revision, of_view) = (made("Revision"), made("View"));
        let document = document(&of_document).expect("a document");
        assert!(document.short.is_some() && document.path.is_some() && document.editor.is_some());
        assert!(
            document.published.is_some() && document.gone.is_some() && !document.text.is_empty()
        );
        assert_eq!(document.contributors.len(), 2);
        let comment = comment(&of_comment).expect("a comment");
        assert!(comment.author.is_some() && comment.parent.is_some() && comment.words == Some(0));
        let revision = revision(&of_revision).expect("a revision");
        assert!(revision.author.is_some() && revision.title == "a text");
        let view = view(&of_view).expect("views");
        assert!(view.person.is_some() && view.count == 2);
        // What is asked is there to be asked.
        for method in [
            "documents.list",
            "documents.info",
            "comments.list",
            "revisions.list",
            "views.list",
            "collections.list",
            "collections.info",
        ] {
            assert!(spec["paths"][format!("/{method}")].is_object(), "{method}");
        }
    }

    proptest! {
        #[test]
        fn any_text_leads_somewhere_or_nowhere(text in "(/doc/|[a-z(\u{e9}-]|%20| ){0,40}") {
            for short in leads_to(&text, "https://o") {
                prop_assert!(text.contains(short));
            }
        }
    }
}
