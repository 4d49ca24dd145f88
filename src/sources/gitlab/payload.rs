//! What a delivery or an API reply is about: a text somebody wrote, a page of a wiki, or nothing for us.

use serde_json::Value;

use crate::sources::forge::{Action, At, Author, Hand, Page, Seen, Text, instant, is_bot};

/// Looks at a value.
pub(super) fn look<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    if !value.is_object() {
        return Seen::Nothing("not an object");
    }
    let kind = value["object_kind"].as_str();
    match kind.or_else(|| value["event_name"].as_str()) {
        Some("note") => note(value, at),
        Some("issue" | "work_item" | "incident") => described("issue", value),
        Some("merge_request") => described("merge_request", value),
        Some("wiki_page") => page(value),
        Some("push" | "tag_push" | "repository_update") => {
            Seen::Nothing("push: the walk of the repository finds its links")
        }
        Some(_) => Seen::Nothing("event without a text"),
        None => reply(value, at),
    }
}

/// Somebody's comment.
fn note<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    let fields = &value["object_attributes"];
    if !fields.is_object() {
        return Seen::Nothing("event without its object");
    }
    if fields["system"] == true {
        return Seen::Nothing("note that GitLab wrote");
    }
    let Some(number) = fields["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&fields["created_at"]).or(at.now) else {
        return Seen::Nothing("text without a time");
    };
    let address = fields["url"].as_str();
    let on = ["issue", "merge_request", "snippet"]
        .iter()
        .find_map(|field| value[field]["url"].as_str());
    let home = value["project"]["web_url"].as_str();
    let text = fields["note"].as_str();
    Seen::Text(Box::new(Text {
        id: format!("note:{number}"),
        address: address.map(str::to_owned),
        on: Some(pages_of([address, on], home, file_of(fields))),
        answers: None,
        title: "",
        body: text
            .or_else(|| fields["description"].as_str())
            .unwrap_or_default()
            .into(),
        hand: hand(value, fields),
        created,
        updated: instant(&fields["updated_at"])
            .unwrap_or(created)
            .max(created),
        action: match fields["action"].as_str() {
            Some("destroy" | "delete") => Action::Deleted,
            _ => Action::Stands,
        },
    }))
}

/// An issue or a merge request.
fn described<'v>(kind: &'static str, value: &'v Value) -> Seen<'v> {
    let fields = &value["object_attributes"];
    if !fields.is_object() {
        return Seen::Nothing("event without its object");
    }
    let before = |field: &str| value["changes"][field]["previous"].as_str();
    let (title, body) = (before("title"), before("description"));
    let action = match fields["action"].as_str() {
        Some("destroy" | "delete") => Action::Deleted,
        _ if title.is_some() || body.is_some() || cleared(value) => Action::Edited {
            title,
            // What had no description has it as null.
            body: body.or_else(|| cleared(value).then_some("")),
        },
        _ => Action::Stands,
    };
    let hand = hand(value, fields);
    if matches!((&hand, action), (Hand::Editor(_), Action::Stands)) {
        return Seen::Nothing("change by somebody else of something else than the text");
    }
    item(kind, fields, hand, action)
}

/// Whether there was no description before.
fn cleared(value: &Value) -> bool {
    let change = &value["changes"]["description"];
    change.is_object() && change["previous"].is_null()
}

fn item<'v>(kind: &'static str, fields: &'v Value, hand: Hand, action: Action<'v>) -> Seen<'v> {
    let Some(number) = fields["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&fields["created_at"]) else {
        return Seen::Nothing("text without a time");
    };
    let address = fields["url"]
        .as_str()
        .or_else(|| fields["web_url"].as_str());
    Seen::Text(Box::new(Text {
        id: format!("{kind}:{number}"),
        address: address.map(str::to_owned),
        on: None,
        answers: None,
        title: fields["title"].as_str().unwrap_or_default(),
        body: fields["description"].as_str().unwrap_or_default().into(),
        hand,
        created,
        updated: instant(&fields["updated_at"])
            .unwrap_or(created)
            .max(created),
        action,
    }))
}

/// An edit of a wiki's page. One that was created is not edited yet.
fn page(value: &Value) -> Seen<'_> {
    let fields = &value["object_attributes"];
    match (fields["action"].as_str(), fields["url"].as_str()) {
        (Some("create"), _) => Seen::Nothing("wiki page that was created"),
        (Some("delete"), _) => Seen::Nothing("wiki page that was deleted"),
        (_, Some(address)) => Seen::Page(Page {
            address: address.to_owned(),
            revision: fields["version_id"].as_str().map(str::to_owned),
            author: author(&value["user"]),
        }),
        (_, None) => Seen::Nothing("wiki page without an address"),
    }
}

/// An object of a REST reply.
fn reply<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let hand = || Hand::Author(author(&value["author"]));
    if has("noteable_type") && has("body") {
        return replied(value, at);
    }
    // Of the list of what happened, for the notes that no other list has.
    if has("action_name") && has("note") {
        return match value["note"]["noteable_type"].as_str() {
            Some("Commit") => replied(&value["note"], at),
            _ => Seen::Nothing("note that is listed where it stands"),
        };
    }
    if has("short_id") || has("parent_ids") {
        return Seen::Nothing("commit: the walk of the repository sees it");
    }
    let address = value["web_url"].as_str().unwrap_or_default();
    let kind = match () {
        () if !has("title") => return Seen::Nothing("reply without a text"),
        () if address.contains("/merge_requests/") => "merge_request",
        () if address.contains("/snippets/") => "snippet",
        () if has("iid") => "issue",
        () => return Seen::Nothing("reply without a text"),
    };
    item(kind, value, hand(), Action::Stands)
}

/// A note of a REST reply, which does not say where it stands.
fn replied<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    if value["system"] == true {
        return Seen::Nothing("note that GitLab wrote");
    }
    let Some(number) = value["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&value["created_at"]) else {
        return Seen::Nothing("text without a time");
    };
    Seen::Text(Box::new(Text {
        id: format!("note:{number}"),
        address: at.page.map(|page| format!("{page}#note_{number}")),
        on: Some(pages_of([at.page, None], at.home, file_of(value))),
        answers: None,
        title: "",
        body: value["body"].as_str().unwrap_or_default().into(),
        hand: Hand::Author(author(&value["author"])),
        created,
        updated: instant(&value["updated_at"])
            .unwrap_or(created)
            .max(created),
        action: Action::Stands,
    }))
}

/// The file that a note on a difference stands at.
fn file_of(fields: &Value) -> Option<&str> {
    let position = fields["position"]["new_path"].as_str();
    position.or_else(|| fields["st_diff"]["new_path"].as_str())
}

/// What a note may be about: the file it stands at, the page it stands on. GitLab shows a page with
/// `/-/` in its address and, as it did formerly, without.
fn pages_of(pages: [Option<&str>; 2], home: Option<&str>, file: Option<&str>) -> Vec<String> {
    let mut all = Vec::new();
    if let (Some(home), Some(file)) = (home, file) {
        all.push(format!("{home}/-/blob/HEAD/{file}"));
        all.push(format!("{home}/blob/HEAD/{file}"));
    }
    for page in pages.into_iter().flatten() {
        let page = page.split('#').next().unwrap_or(page);
        all.push(page.to_owned());
        for part in ["/issues/", "/merge_requests/", "/commit/", "/snippets/"] {
            let new = format!("/-{part}");
            if page.contains(&new) {
                all.push(page.replacen(&new, part, 1));
            } else if page.contains(part) {
                all.push(page.replacen(part, &new, 1));
            }
        }
    }
    all
}

/// Who is named beside a text: its author, or somebody else who acted. The author is named by number
/// alone; payloads of old versions give no number to compare with.
fn hand(value: &Value, fields: &Value) -> Hand {
    let actor = &value["user"];
    let number = |value: &Value| value.as_u64();
    let is_same = |user: &Value| match (number(&user["id"]), number(&fields["author_id"])) {
        (Some(user), Some(author)) => user == author,
        _ => false,
    };
    if number(&actor["id"]).is_none() || number(&fields["author_id"]).is_none() {
        return Hand::Author(author(actor));
    }
    if is_same(actor) {
        return Hand::Author(author(actor));
    }
    let others = ["assignees", "reviewers"].iter();
    let mut named = others.flat_map(|list| value[list].as_array().into_iter().flatten());
    match named.find(|user| is_same(user)) {
        Some(user) => Hand::Author(author(user)),
        None => Hand::Editor(author(actor)),
    }
}

/// `None` for an account that was deleted, which GitLab calls `ghost` and a number.
fn author(user: &Value) -> Option<Author> {
    let name = user["username"].as_str().filter(|name| !name.is_empty())?;
    let ghost = name.strip_prefix("ghost");
    if ghost.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let token =
        name.contains("_bot_") && (name.starts_with("project_") || name.starts_with("group_"));
    let bot = token || name.starts_with("service_account_") || is_bot(name);
    Some(Author::new("gitlab", "username", name, bot))
}
