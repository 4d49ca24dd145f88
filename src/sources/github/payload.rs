//! What a delivery or an API reply is about: texts somebody wrote, pages of a wiki, or nothing for us.
//! Told by the event's name where there is one, else by shape.

use serde_json::Value;

use crate::sources::forge::{Action, At, Author, Hand, Page, Seen, Text, instant};

/// Looks at a value.
pub(super) fn look<'v>(value: &'v Value, at: &At<'_>) -> Vec<Seen<'v>> {
    if !value.is_object() {
        return vec![Seen::Nothing("not an object")];
    }
    let event = match at.event {
        Some(event) => event,
        None => shape(value),
    };
    let (kind, fields, comment) = match event {
        "issues" => ("issue", "issue", false),
        "pull_request" => ("pull_request", "pull_request", false),
        "discussion" => ("discussion", "discussion", false),
        "issue_comment"
        | "commit_comment"
        | "discussion_comment"
        | "pull_request_review_comment" => (comment_kind(event), "comment", true),
        "pull_request_review" => ("pull_request_review", "review", true),
        "reply" => return vec![reply(value)],
        "gollum" => return pages(value),
        "push" => {
            return vec![Seen::Nothing(
                "push: the walk of the repository finds its links",
            )];
        }
        "ping" => return vec![Seen::Nothing("ping")],
        "graphql" => return vec![Seen::Nothing("GraphQL reply")],
        _ => return vec![Seen::Nothing("event without a text")],
    };
    let fields = &value[fields];
    if !fields.is_object() {
        return vec![Seen::Nothing("event without its object")];
    }
    let action = match value["action"].as_str().unwrap_or_default() {
        "edited" => Action::Edited {
            title: value["changes"]["title"]["from"].as_str(),
            body: value["changes"]["body"]["from"].as_str(),
        },
        "deleted" | "transferred" => Action::Deleted,
        _ => Action::Stands,
    };
    vec![text(kind, fields, comment, action)]
}

fn comment_kind(event: &str) -> &'static str {
    match event {
        "issue_comment" => "issue_comment",
        "commit_comment" => "commit_comment",
        "discussion_comment" => "discussion_comment",
        _ => "pull_request_review_comment",
    }
}

/// The event that a saved delivery came with.
fn shape(value: &Value) -> &'static str {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let delivery = has("repository") || has("sender");
    match () {
        () if delivery && has("comment") && has("issue") => "issue_comment",
        () if delivery && has("comment") && has("discussion") => "discussion_comment",
        () if delivery && has("comment") && has("pull_request") => "pull_request_review_comment",
        () if delivery && has("comment") => "commit_comment",
        () if delivery && has("review") && has("pull_request") => "pull_request_review",
        () if delivery && has("discussion") => "discussion",
        () if delivery && has("pull_request") => "pull_request",
        () if delivery && has("issue") => "issues",
        () if has("pages") => "gollum",
        () if has("pusher") || (has("ref") && has("commits")) => "push",
        () if has("zen") => "ping",
        () if has("data") && !has("id") => "graphql",
        () if delivery && has("action") => "other",
        () => "reply",
    }
}

/// An object of a REST reply.
fn reply(value: &Value) -> Seen<'_> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let address = value["html_url"].as_str().unwrap_or_default();
    let (kind, comment) = match () {
        () if has("issue_url") && address.contains("#issuecomment-") => ("issue_comment", true),
        () if address.contains("#discussion_r") => ("pull_request_review_comment", true),
        () if address.contains("#commitcomment-") => ("commit_comment", true),
        () if address.contains("#discussioncomment-") => ("discussion_comment", true),
        () if address.contains("#pullrequestreview-") => ("pull_request_review", true),
        () if has("sha") && has("commit") => {
            return Seen::Nothing("commit: the walk of the repository sees it");
        }
        () if has("number") && address.contains("/discussions/") => ("discussion", false),
        () if has("number") && has("merge_commit_sha") => ("pull_request", false),
        () if has("number") && has("title") => ("issue", false),
        () => return Seen::Nothing("reply without a text"),
    };
    text(kind, value, comment, Action::Stands)
}

/// The pages of a wiki. One that was created is not edited yet.
fn pages(value: &Value) -> Vec<Seen<'_>> {
    let pages = value["pages"].as_array().into_iter().flatten();
    let seen = pages.map(
        |page| match (page["action"].as_str(), page["html_url"].as_str()) {
            (Some("edited"), Some(address)) => Seen::Page(Page {
                address: address.to_owned(),
                revision: page["sha"].as_str().map(str::to_owned),
                author: author(&value["sender"]),
            }),
            (Some("edited"), None) => Seen::Nothing("wiki page without an address"),
            _ => Seen::Nothing("wiki page that was created"),
        },
    );
    let seen: Vec<_> = seen.collect();
    match seen.is_empty() {
        true => vec![Seen::Nothing("event without its object")],
        false => seen,
    }
}

const HOLLOW: &str = "review without a text";

fn text<'v>(kind: &'static str, fields: &'v Value, comment: bool, action: Action<'v>) -> Seen<'v> {
    let body = fields["body"].as_str().unwrap_or_default();
    // An approval by a click says nothing, unless words stood there before.
    let stood = match action {
        Action::Edited { body, .. } => body.is_some_and(|body| !body.is_empty()),
        _ => false,
    };
    let is_hollow = kind == "pull_request_review" && body.is_empty() && !stood;
    let fault = |field, reason| match is_hollow {
        true => Seen::Nothing(HOLLOW),
        false => Seen::Fault(field, reason),
    };
    let Some(number) = fields["id"].as_u64() else {
        return fault("id", "should be a number");
    };
    let created = instant(&fields["created_at"]).or_else(|| instant(&fields["submitted_at"]));
    let Some(created) = created else {
        return fault("created_at", "should be an RFC 3339 instant");
    };
    let Some(address) = fields["html_url"].as_str() else {
        return fault("html_url", "should be an address");
    };
    let answers = ["in_reply_to_id", "parent_id"]
        .iter()
        .find_map(|field| fields[field].as_u64());
    let text = Box::new(Text {
        id: common_id(kind, address).unwrap_or_else(|| format!("{kind}:{number}")),
        address: Some(address.to_owned()),
        on: comment.then(|| pages_of(address, fields["path"].as_str())),
        answers: answers.map(|number| format!("{kind}:{number}")),
        title: fields["title"].as_str().unwrap_or_default(),
        body: body.into(),
        hand: Hand::Author(author(&fields["user"])),
        created,
        updated: instant(&fields["updated_at"])
            .unwrap_or(created)
            .max(created),
        action,
    });
    match is_hollow {
        true => Seen::Emptied(text, HOLLOW),
        false => Seen::Text(text),
    }
}

/// What a comment may be about: the file it stands at, the page it stands on. GitHub shows a pull
/// request under two addresses.
fn pages_of(address: &str, path: Option<&str>) -> Vec<String> {
    let page = address.split('#').next().unwrap_or(address);
    let file = path.and_then(|path| Some(format!("{}/blob/HEAD/{path}", repository(page)?)));
    let other = page.replacen("/pull/", "/issues/", 1);
    let other = Some(other).filter(|other| other != page);
    file.into_iter()
        .chain([page.to_owned()])
        .chain(other)
        .collect()
}

/// `github.com/owner/name#7` of an issue or a pull request. A pull request is an issue too, with another
/// id there, but the number within the repository is one. The repository's name counts without case.
fn common_id(kind: &str, address: &str) -> Option<String> {
    if !matches!(kind, "issue" | "pull_request") {
        return None;
    }
    let repository = repository(address)?;
    let (_, place) = repository.split_once("://")?;
    let rest = address[repository.len()..].trim_start_matches('/');
    let (_, number) = rest.split_once('/')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{}#{number}", place.to_ascii_lowercase()))
}

/// `None` for an account that was deleted, which GitHub shows as null or as `ghost`.
fn author(user: &Value) -> Option<Author> {
    let login = user["login"]
        .as_str()
        .filter(|login| !login.is_empty() && *login != "ghost")?;
    let bot = user["type"] == "Bot" || login.ends_with("[bot]");
    Some(Author::new("github", "login", login, bot))
}

/// `https://host/owner/name` of any page of a repository.
fn repository(page: &str) -> Option<&str> {
    let end = page
        .match_indices('/')
        .nth(4)
        .map_or(page.len(), |(at, _)| at);
    page.starts_with("http").then(|| &page[..end])
}
