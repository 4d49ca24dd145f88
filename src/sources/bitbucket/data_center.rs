//! What deliveries and replies of Bitbucket Data Center are about.

use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::{Action, At, Author, Hand, Seen, Text, instant, is_bot, of_millis};

use super::PUSH;

/// Looks at a value.
pub(super) fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let event = value["eventKey"].as_str().or(at.event).unwrap_or_default();
    match () {
        () if has("test") || event == "diagnostics:ping" => vec![Seen::Nothing("ping")],
        () if event == "repo:refs_changed" => vec![Seen::Nothing(PUSH)],
        () if has("eventKey") && has("comment") => vec![delivered(value, event, at)],
        () if has("eventKey") && has("pullRequest") => {
            let fields = &value["pullRequest"];
            let before = |field: &str| value[field].as_str();
            let (title, body) = (before("previousTitle"), before("previousDescription"));
            let action = match event {
                "pr:deleted" => Action::Deleted,
                "pr:modified" if title.is_some() || body.is_some() => {
                    // An empty description is null before, and missing now.
                    let none = value["previousDescription"].is_null().then_some("");
                    Action::Edited {
                        title,
                        body: body.or(none),
                    }
                }
                _ => Action::Stands,
            };
            vec![pull_request(fields, action, at)]
        }
        () if has("eventKey") => vec![Seen::Nothing("event without a text")],
        () if has("comment") && has("action") => {
            let file = value["commentAnchor"]["path"].as_str();
            let mut all = Vec::new();
            thread(&value["comment"], None, file, at, &mut all);
            all
        }
        () if has("action") => vec![Seen::Nothing("reply without a text")],
        () if has("toRef") => vec![pull_request(value, Action::Stands, at)],
        () if has("text") => {
            let file = value["anchor"]["path"].as_str();
            let mut all = Vec::new();
            thread(value, None, file, at, &mut all);
            all
        }
        () => vec![Seen::Nothing("reply without a text")],
    }
}

/// A comment of a delivery.
fn delivered<'v>(value: &'v Value, event: &str, at: &At<'_>) -> Seen<'v> {
    let page = link(&value["pullRequest"]).map(str::to_owned);
    let page = page.or_else(|| {
        let home = link(&value["repository"])?.trim_end_matches("/browse");
        Some(format!("{home}/commits/{}", value["commit"].as_str()?))
    });
    let fields = &value["comment"];
    let mut body = None;
    if event.ends_with(":edited") {
        body = value["previousComment"].as_str();
    }
    let action = match (event.ends_with(":deleted"), body) {
        (true, _) => Action::Deleted,
        (false, Some(_)) => Action::Edited { title: None, body },
        (false, None) => Action::Stands,
    };
    let file = fields["anchor"]["path"].as_str();
    let parent = value["commentParentId"].as_u64();
    let at = At {
        page: page.as_deref(),
        ..*at
    };
    comment(fields, parent, file, &at, action)
}

/// A comment of a reply with those that answer it.
fn thread<'v>(
    fields: &'v Value,
    parent: Option<u64>,
    file: Option<&str>,
    at: &At<'_>,
    all: &mut Vec<Seen<'v>>,
) {
    // Answers stand within each other; the reader of JSON allows 128 levels of them.
    all.push(comment(fields, parent, file, at, Action::Stands));
    for answer in fields["comments"].as_array().into_iter().flatten() {
        thread(answer, fields["id"].as_u64(), file, at, all);
    }
}

fn comment<'v>(
    fields: &'v Value,
    parent: Option<u64>,
    file: Option<&str>,
    at: &At<'_>,
    action: Action<'v>,
) -> Seen<'v> {
    let Some(number) = fields["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = time(&fields["createdDate"]) else {
        return Seen::Nothing("text without a time");
    };
    let home = at.page.and_then(repository);
    let file = home
        .zip(file)
        .map(|(home, file)| format!("{home}/browse/{file}"));
    let page = at.page.map(str::to_owned);
    Seen::Text(Box::new(Text {
        id: format!("comment:{number}"),
        address: at.page.map(|page| address(page, number)),
        on: Some(file.into_iter().chain(page).collect()),
        answers: parent.map(|number| format!("comment:{number}")),
        title: "",
        body: fields["text"].as_str().unwrap_or_default().into(),
        hand: Hand::Author(author(&fields["author"])),
        created,
        updated: time(&fields["updatedDate"]).unwrap_or(created).max(created),
        action,
    }))
}

/// The address of a comment.
fn address(page: &str, number: u64) -> String {
    match page.contains("/pull-requests/") {
        true => format!("{page}/overview?commentId={number}"),
        false => format!("{page}?commentId={number}"),
    }
}

fn pull_request<'v>(fields: &'v Value, action: Action<'v>, at: &At<'_>) -> Seen<'v> {
    // Repositories keep their numbers when they are renamed.
    let repository = fields["toRef"]["repository"]["id"].as_u64();
    let (Some(repository), Some(number)) = (repository, fields["id"].as_u64()) else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = time(&fields["createdDate"]) else {
        return Seen::Nothing("text without a time");
    };
    Seen::Text(Box::new(Text {
        id: format!("pull_request:{repository}#{number}"),
        address: link(fields).or(at.page).map(str::to_owned),
        on: None,
        answers: None,
        title: fields["title"].as_str().unwrap_or_default(),
        body: fields["description"].as_str().unwrap_or_default().into(),
        hand: Hand::Author(author(&fields["author"]["user"])),
        created,
        updated: time(&fields["updatedDate"]).unwrap_or(created).max(created),
        action,
    }))
}

/// Milliseconds since 1970; some versions write an instant.
fn time(value: &Value) -> Option<Millis> {
    of_millis(value).or_else(|| instant(value))
}

fn link(fields: &Value) -> Option<&str> {
    fields["links"]["self"][0]["href"].as_str()
}

/// The address of the repository of a page.
fn repository(page: &str) -> Option<&str> {
    let end = ["/pull-requests/", "/commits/"]
        .iter()
        .find_map(|part| page.find(part))?;
    Some(&page[..end])
}

/// `None` for an account without a name.
fn author(user: &Value) -> Option<Author> {
    let name = user["name"].as_str().filter(|name| !name.is_empty())?;
    let bot = user["type"] == "SERVICE" || is_bot(name);
    Some(Author::new("bitbucket", "name", name, bot))
}
