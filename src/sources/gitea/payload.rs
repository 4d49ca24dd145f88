//! What a delivery or an API reply is about: a text somebody wrote, a page of a wiki, or nothing for us.
//! Told by shape: the names of events differ between Gitea, Forgejo, Gogs and their versions.

use serde_json::Value;

use crate::model::Millis;
use crate::sources::forge::{Action, At, Author, Hand, Page, Seen, Text, instant, is_bot};

/// Looks at a value.
pub(super) fn look<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    if !value.is_object() {
        return Seen::Nothing("not an object");
    }
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let delivery = has("repository") || has("sender");
    match at.event {
        Some("push") => return Seen::Nothing(PUSH),
        Some("wiki") => return page(value),
        _ => {}
    }
    match () {
        () if delivery && has("comment") && has("issue") => comment(value, &value["issue"], at),
        () if delivery && has("comment") && has("pull_request") => {
            comment(value, &value["pull_request"], at)
        }
        () if delivery && has("page") => page(value),
        () if delivery && has("review") => Seen::Nothing("review without an id"),
        () if delivery && has("pull_request") => item(value, &value["pull_request"], "pulls", at),
        () if delivery && has("issue") => item(value, &value["issue"], "issues", at),
        () if has("pusher") || (has("ref") && has("commits")) => Seen::Nothing(PUSH),
        () if delivery => Seen::Nothing("event without a text"),
        () => reply(value, at),
    }
}

const PUSH: &str = "push: the walk of the repository finds its links";

fn action(value: &Value) -> Action<'_> {
    match value["action"].as_str().unwrap_or_default() {
        "edited" => Action::Edited {
            title: value["changes"]["title"]["from"].as_str(),
            body: value["changes"]["body"]["from"].as_str(),
        },
        "deleted" => Action::Deleted,
        _ => Action::Stands,
    }
}

fn home(value: &Value) -> Option<&str> {
    value["repository"]["html_url"].as_str()
}

/// The address of an issue or a pull request; old versions leave it out.
fn address_of(home: Option<&str>, fields: &Value, folder: &str) -> Option<String> {
    match fields["html_url"].as_str() {
        Some(address) if !address.is_empty() => Some(address.to_owned()),
        _ => Some(format!("{}/{folder}/{}", home?, fields["number"].as_u64()?)),
    }
}

/// A comment of a delivery.
fn comment<'v>(value: &'v Value, on: &Value, at: &At<'_>) -> Seen<'v> {
    let is_pull = value["is_pull"] == true || on["pull_request"].is_object();
    let folder = if is_pull { "pulls" } else { "issues" };
    let page = address_of(home(value), on, folder);
    let fallback = instant(&on["updated_at"]);
    let (fields, home) = (&value["comment"], home(value));
    said(fields, page, home, action(value), fallback.or(at.now))
}

/// A comment at an issue, a pull request, or a line of one.
fn said<'v>(
    fields: &'v Value,
    page: Option<String>,
    home: Option<&str>,
    action: Action<'v>,
    fallback: Option<Millis>,
) -> Seen<'v> {
    let Some(number) = fields["id"].as_u64() else {
        return Seen::Nothing("text without an id");
    };
    // A review has a number of another row than comments, and no time but this.
    let is_review = fields["submitted_at"].is_string() && fields["created_at"].is_null();
    let kind = if is_review { "review" } else { "comment" };
    let updated = instant(&fields["updated_at"]);
    let written = ["created_at", "submitted_at"];
    let written = written.iter().find_map(|field| instant(&fields[field]));
    let Some(created) = written.or(updated).or(fallback) else {
        return Seen::Nothing("text without a time");
    };
    let address = fields["html_url"]
        .as_str()
        .filter(|address| !address.is_empty());
    let stands = address.map(|address| address.split('#').next().unwrap_or(address).to_owned());
    let file = fields["path"].as_str();
    let file = home
        .zip(file)
        .map(|(home, file)| format!("{home}/src/HEAD/{file}"));
    let mut on: Vec<String> = file.into_iter().chain(stands).chain(page).collect();
    // An issue that is a pull request is shown under both addresses.
    let others: Vec<String> = on.iter().filter_map(|page| other(page)).collect();
    on.extend(others);
    let body = fields["body"].as_str().unwrap_or_default();
    let text = Box::new(Text {
        id: format!("{kind}:{number}"),
        address: address.map(str::to_owned),
        on: Some(on),
        answers: None,
        title: "",
        body: body.into(),
        hand: Hand::Author(author(&fields["user"])),
        created,
        updated: updated.unwrap_or(created).max(created),
        action,
    });
    // An approval by a click says nothing.
    match is_review && body.is_empty() {
        true => Seen::Emptied(text, "review without a text"),
        false => Seen::Text(text),
    }
}

fn other(page: &str) -> Option<String> {
    let other = match page.contains("/pulls/") {
        true => page.replacen("/pulls/", "/issues/", 1),
        false => page.replacen("/issues/", "/pulls/", 1),
    };
    (other != page).then_some(other)
}

/// An issue or a pull request of a delivery.
fn item<'v>(value: &'v Value, fields: &'v Value, folder: &str, at: &At<'_>) -> Seen<'v> {
    described(
        fields,
        address_of(home(value), fields, folder),
        action(value),
        at.now,
    )
}

fn described<'v>(
    fields: &'v Value,
    address: Option<String>,
    action: Action<'v>,
    now: Option<Millis>,
) -> Seen<'v> {
    let id = address
        .as_deref()
        .and_then(|address| id_of(address, fields["number"].as_u64()?));
    let Some(id) = id else {
        return Seen::Nothing("text without an id");
    };
    let Some(created) = instant(&fields["created_at"]).or(now) else {
        return Seen::Nothing("text without a time");
    };
    Seen::Text(Box::new(Text {
        id,
        address,
        on: None,
        answers: None,
        title: fields["title"].as_str().unwrap_or_default(),
        body: fields["body"].as_str().unwrap_or_default().into(),
        hand: Hand::Author(author(&fields["user"])),
        created,
        updated: instant(&fields["updated_at"])
            .unwrap_or(created)
            .max(created),
        action,
    }))
}

/// `forge.example.org/owner/name#7` of an issue or a pull request, whose numbers are of one row. The
/// repository's name counts without case.
fn id_of(address: &str, number: u64) -> Option<String> {
    let (_, place) = address.split_once("://")?;
    let folder = ["/issues/", "/pulls/"]
        .iter()
        .find_map(|folder| place.rfind(folder))?;
    Some(format!("{}#{number}", place[..folder].to_ascii_lowercase()))
}

/// An edit of a wiki's page. One that was created is not edited yet.
fn page(value: &Value) -> Seen<'_> {
    let (Some(home), Some(page)) = (home(value), value["page"].as_str()) else {
        return Seen::Nothing("wiki page without an address");
    };
    match value["action"].as_str() {
        Some("created") => Seen::Nothing("wiki page that was created"),
        Some("deleted") => Seen::Nothing("wiki page that was deleted"),
        _ => Seen::Page(Page {
            address: format!("{home}/wiki/{}", page.replace(' ', "-")),
            revision: None,
            author: author(&value["sender"]),
        }),
    }
}

/// An object of a REST reply.
fn reply<'v>(value: &'v Value, at: &At<'_>) -> Seen<'v> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    if has("sha") && has("commit") {
        return Seen::Nothing("commit: the walk of the repository sees it");
    }
    if has("number") && has("title") {
        let address = address_of(at.home, value, "issues");
        return described(value, address, Action::Stands, None);
    }
    if !has("body") || has("tag_name") {
        return Seen::Nothing("reply without a text");
    }
    let page = ["pull_request_url", "issue_url"]
        .iter()
        .filter_map(|field| value[field].as_str())
        .find(|page| !page.is_empty());
    let page = at.page.or(page).map(str::to_owned);
    said(value, page, at.home, Action::Stands, None)
}

/// `None` for an account that was deleted, which is called `Ghost`.
fn author(user: &Value) -> Option<Author> {
    let name = user["login"]
        .as_str()
        .or_else(|| user["username"].as_str())?;
    if name.is_empty() || name.eq_ignore_ascii_case("ghost") {
        return None;
    }
    Some(Author::new("gitea", "login", name, is_bot(name)))
}
