//! What a delivery or an API reply is about: a text somebody wrote, or nothing for us. Told by the
//! event's name where there is one, else by shape.

use serde_json::Value;

/// What to do with a payload.
pub(super) enum Payload<'a> {
    /// Somebody's text.
    Text(Text<'a>),
    /// Nothing to take, and why.
    Nothing(&'static str),
}

/// A text: the body of an issue, a comment, …
pub(super) struct Text<'a> {
    /// GitHub's name for this kind of text; with the number it names the text for ever.
    pub(super) kind: &'static str,
    /// Its fields.
    pub(super) fields: &'a Value,
    /// It says something about something else: a comment, not the issue itself.
    pub(super) comment: bool,
    /// What happened to it.
    pub(super) action: Action<'a>,
}

/// What happened to a text.
#[derive(Clone, Copy)]
pub(super) enum Action<'a> {
    /// It is there, as given.
    Stands,
    /// It was edited; what title and body were before, where the edit was of them.
    Edited {
        title: Option<&'a str>,
        body: Option<&'a str>,
    },
    /// It is gone.
    Deleted,
}

impl<'a> Payload<'a> {
    /// Looks at a value. `event` is the `X-GitHub-Event` of a delivery.
    pub(super) fn of(event: Option<&str>, value: &'a Value) -> Payload<'a> {
        if !value.is_object() {
            return Payload::Nothing("not an object");
        }
        let event = match event {
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
            "reply" => return reply(value),
            "push" => return Payload::Nothing("push: the walk of the repository sees the commits"),
            "gollum" => return Payload::Nothing("gollum: pages of a wiki"),
            "ping" => return Payload::Nothing("ping"),
            "graphql" => return Payload::Nothing("GraphQL reply"),
            _ => return Payload::Nothing("event without a text"),
        };
        let fields = &value[fields];
        if !fields.is_object() {
            return Payload::Nothing("event without its object");
        }
        let action = match value["action"].as_str().unwrap_or_default() {
            "edited" => Action::Edited {
                title: value["changes"]["title"]["from"].as_str(),
                body: value["changes"]["body"]["from"].as_str(),
            },
            "deleted" | "transferred" => Action::Deleted,
            _ => Action::Stands,
        };
        Payload::Text(Text {
            kind,
            fields,
            comment,
            action,
        })
    }
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
fn reply(value: &Value) -> Payload<'_> {
    let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
    let address = value["html_url"].as_str().unwrap_or_default();
    let (kind, comment) = match () {
        () if has("issue_url") && address.contains("#issuecomment-") => ("issue_comment", true),
        () if address.contains("#discussion_r") => ("pull_request_review_comment", true),
        () if address.contains("#commitcomment-") => ("commit_comment", true),
        () if address.contains("#discussioncomment-") => ("discussion_comment", true),
        () if address.contains("#pullrequestreview-") => ("pull_request_review", true),
        () if has("sha") && has("commit") => {
            return Payload::Nothing("commit: the walk of the repository sees it");
        }
        () if has("number") && has("merge_commit_sha") => ("pull_request", false),
        () if has("number") && has("title") => ("issue", false),
        () => return Payload::Nothing("reply without a text"),
    };
    Payload::Text(Text {
        kind,
        fields: value,
        comment,
        action: Action::Stands,
    })
}
