//! What deliveries and replies of Bitbucket Cloud are about.

use serde_json::Value;

use crate::sources::forge::{Action, At, Author, Hand, Seen, Text, instant, is_bot};

use super::PUSH;

/// Looks at a value.
pub(super) fn look<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let delivery = has("actor") && has("repository");
    let event = at.event.unwrap_or_default();
    let home = html(&value["repository"]);
    match () {
        () if delivery && has("comment") => {
            let (kind, page) = match () {
                () if has("pullrequest") => ("pullrequest_comment", html(&value["pullrequest"])),
                () if has("issue") => ("issue_comment", html(&value["issue"])),
                () => ("commit_comment", None),
            };
            let commit = value["commit"]["hash"].as_str();
            let commit = home
                .zip(commit)
                .map(|(home, hash)| format!("{home}/commits/{hash}"));
            let on = Place {
                page: page.map(str::to_owned).or(commit),
                home,
            };
            comment(kind, &value["comment"], &on, event.ends_with("_deleted"))
        }
        () if delivery && has("pullrequest") => {
            item("pull-requests", &value["pullrequest"], &value["changes"])
        }
        () if delivery && has("issue") => item("issues", &value["issue"], &value["changes"]),
        () if has("push") => Seen::Nothing(PUSH),
        () if delivery => Seen::Nothing("event without a text"),
        () => reply(value, at),
    }
}

/// Where a comment stands.
struct Place<'a> {
    page: Option<String>,
    home: Option<&'a str>,
}

/// An object of a REST reply, which says its type.
fn reply<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    let kind = value["type"].as_str().unwrap_or_default();
    let on = |parent: &str| Place {
        page: at.page.or_else(|| html(&value[parent])).map(str::to_owned),
        home: at.home,
    };
    match kind {
        "pullrequest_comment" => comment("pullrequest_comment", value, &on("pullrequest"), false),
        "issue_comment" => comment("issue_comment", value, &on("issue"), false),
        "commit_comment" => comment("commit_comment", value, &on("commit"), false),
        "pullrequest" => item("pull-requests", value, &Value::Null),
        "issue" => item("issues", value, &Value::Null),
        "commit" => Seen::Nothing("commit: the walk of the repository sees it"),
        _ => Seen::Nothing("reply without a text"),
    }
}

fn comment<'v>(kind: &'static str, fields: &'v Value, on: &Place<'_>, deleted: bool) -> Seen<'v> {
    let Some(number) = fields["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&fields["created_on"]) else {
        return Seen::Nothing("text without a time");
    };
    let body = fields["content"]["raw"].as_str().unwrap_or_default();
    let deleted = deleted || fields["deleted"] == true;
    let file = fields["inline"]["path"].as_str();
    let file = on
        .home
        .zip(file)
        .map(|(home, file)| format!("{home}/src/HEAD/{file}"));
    let parent = fields["parent"]["id"].as_u64();
    let text = Box::new(Text {
        id: format!("{kind}:{number}"),
        address: html(fields).map(str::to_owned),
        on: Some(
            file.into_iter()
                .chain(on.page.as_deref().map(page))
                .collect(),
        ),
        answers: parent.map(|number| format!("{kind}:{number}")),
        title: "",
        body: body.into(),
        hand: Hand::Author(author(&fields["user"])),
        created,
        updated: instant(&fields["updated_on"])
            .unwrap_or(created)
            .max(created),
        action: match deleted {
            true => Action::Deleted,
            false => Action::Stands,
        },
    });
    // A change of an issue's state is a comment without a text.
    match body.is_empty() && !deleted {
        true => Seen::Emptied(text, "comment without a text"),
        false => Seen::Text(text),
    }
}

/// The address of a page without what an issue's title adds to it.
fn page(address: &str) -> String {
    address.split('#').next().unwrap_or(address).to_owned()
}

/// A pull request or an issue.
fn item<'v>(folder: &str, fields: &'v Value, changes: &'v Value) -> Seen<'v> {
    let address = html(fields);
    let id = address.and_then(|address| id_of(address, folder, fields["id"].as_u64()?));
    let Some(id) = id else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&fields["created_on"]) else {
        return Seen::Nothing("text without a time");
    };
    let old = |field: &str| changes[field]["old"].as_str();
    let (title, body) = (old("title"), old("content").or_else(|| old("description")));
    let described = fields["description"].as_str();
    let user = match fields["author"].is_object() {
        true => &fields["author"],
        false => &fields["reporter"],
    };
    Seen::Text(Box::new(Text {
        id,
        address: address.map(str::to_owned),
        on: None,
        answers: None,
        title: fields["title"].as_str().unwrap_or_default(),
        body: described
            .or_else(|| fields["content"]["raw"].as_str())
            .unwrap_or_default()
            .into(),
        hand: Hand::Author(author(user)),
        created,
        updated: instant(&fields["updated_on"])
            .unwrap_or(created)
            .max(created),
        action: match title.is_some() || body.is_some() {
            true => Action::Edited { title, body },
            false => Action::Stands,
        },
    }))
}

/// `bitbucket.org/owner/name/issues/7`: the two have numbers of their own, and the address of an issue
/// goes on with its title.
fn id_of(address: &str, folder: &str, number: u64) -> Option<String> {
    let (_, place) = address.split_once("://")?;
    let repository = place
        .split_once(&format!("/{folder}/"))
        .map_or(place, |(repository, _)| repository);
    Some(format!(
        "{}/{folder}/{number}",
        repository.to_ascii_lowercase()
    ))
}

fn html(fields: &Value) -> Option<&str> {
    fields["links"]["html"]["href"].as_str()
}

/// `None` for an account that was deleted.
fn author(user: &Value) -> Option<Author> {
    let mut called = ["nickname", "username"]
        .iter()
        .filter_map(|field| user[*field].as_str());
    let bot = user["type"] == "app_user" || called.any(is_bot);
    let name = |kind: &str| user[kind].as_str().filter(|name| !name.is_empty());
    match name("account_id") {
        Some(name) => Some(Author::new("bitbucket", "account_id", name, bot)),
        None => Some(Author::new("bitbucket", "uuid", name("uuid")?, bot)),
    }
}
