//! A Confluence made of a listener and pages of the test's own, as Cloud and as Data Center. What it
//! answers is written from the lists of fields, in both editions from the same pages.

use std::sync::{Arc, Mutex, MutexGuard};

use readback::model::{Millis, to_rfc3339};
use serde_json::{Value, json};

use super::polled_forge::{Asked, Forge, Reply, WORDS, gone, ok};

/// People, whom nothing but identities may name.
pub(crate) const ADA: &str = "712020:zzada";
pub(crate) const BOB: &str = "712020:zzbob";
pub(crate) const APP: &str = "712020:zzapp";

/// One version of a page or comment.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) at: Millis,
    pub(crate) who: &'static str,
    pub(crate) minor: bool,
    pub(crate) body: String,
}

/// A page.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) space: &'static str,
    pub(crate) status: &'static str,
    pub(crate) labels: Vec<&'static str>,
    pub(crate) restricted: bool,
    pub(crate) views: u64,
    pub(crate) versions: Vec<Version>,
}

/// A comment.
#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) page: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) inline: bool,
    pub(crate) versions: Vec<Version>,
}

/// What it holds, and how it behaves.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) pages: Vec<Page>,
    pub(crate) comments: Vec<Comment>,
    /// How many questions are answered before this one is given in place of all others.
    pub(crate) tired: Option<(u32, Reply)>,
}

impl Content {
    pub(crate) fn page(&mut self, id: u64) -> &mut Page {
        self.pages
            .iter_mut()
            .find(|page| page.id == id)
            .expect("a page")
    }
}

/// A version by somebody on a day of January 2026, at noon.
pub(crate) fn version(day: i64, who: &'static str, body: &str) -> Version {
    Version {
        at: 1_767_225_600_000 + (day - 1) * 86_400_000 + 43_200_000,
        who,
        minor: false,
        body: body.to_owned(),
    }
}

/// A page of the space SRE.
pub(crate) fn page(id: u64, title: &str, labels: &[&'static str], versions: &[Version]) -> Page {
    Page {
        id,
        title: title.to_owned(),
        space: "SRE",
        status: "current",
        labels: labels.to_vec(),
        restricted: false,
        views: 10,
        versions: versions.to_vec(),
    }
}

/// A site with its content.
pub(crate) struct Wiki {
    pub(crate) forge: Forge,
    content: Arc<Mutex<Content>>,
    cloud: bool,
}

impl Wiki {
    pub(crate) fn new(cloud: bool, content: Content) -> Wiki {
        let content = Arc::new(Mutex::new(content));
        let held = Arc::clone(&content);
        let forge = Forge::new(move |asked, own| {
            let mut content = held.lock().expect("no panic");
            if let Some((left, said)) = &mut content.tired {
                if *left == 0 {
                    return said.clone();
                }
                *left -= 1;
            }
            match cloud {
                true => of_cloud(&content, asked, own),
                false => of_center(&content, asked, own),
            }
        });
        Wiki {
            forge,
            content,
            cloud,
        }
    }

    pub(crate) fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no panic")
    }

    /// The address of its API.
    pub(crate) fn url(&self) -> String {
        format!(
            "{}{}",
            self.forge.address,
            if self.cloud { "/wiki" } else { "" }
        )
    }
}

/// A question taken apart.
struct Question<'a> {
    parts: Vec<&'a str>,
    pairs: Vec<(String, String)>,
}

impl<'a> Question<'a> {
    fn of(asked: &'a Asked) -> Question<'a> {
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        Question {
            parts: asked.path().split('/').skip(1).collect(),
            pairs: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        }
    }

    fn get(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

fn who(cloud: bool, name: &str) -> Value {
    let short = name.trim_start_matches("712020:");
    match cloud {
        true => json!(name),
        false => json!({ "type": "known", "username": short, "userKey": format!("ff-{short}"),
            "displayName": format!("{WORDS} {short}") }),
    }
}

fn version_of(cloud: bool, number: usize, version: &Version) -> Value {
    match cloud {
        true => {
            json!({ "number": number, "createdAt": to_rfc3339(version.at), "minorEdit": version.minor,
            "authorId": who(true, version.who), "message": WORDS })
        }
        false => {
            json!({ "number": number, "when": to_rfc3339(version.at), "minorEdit": version.minor,
            "by": who(false, version.who), "message": WORDS })
        }
    }
}

fn storage(version: &Version) -> Value {
    json!({ "storage": { "value": version.body, "representation": "storage" } })
}

/// A page of either edition at one of its versions, counted from 1.
fn shown(cloud: bool, page: &Page, number: usize, with_body: bool) -> Value {
    let (first, last) = (&page.versions[0], &page.versions[number - 1]);
    let title = page.title.replace(' ', "+");
    let mut value = match cloud {
        true => json!({ "id": page.id.to_string(), "status": page.status, "title": page.title,
            "spaceId": if page.space == "SRE" { "31" } else { "32" }, "authorId": first.who,
            "createdAt": to_rfc3339(first.at),
            "_links": { "webui": format!("/spaces/{}/pages/{}/{title}", page.space, page.id) } }),
        false => {
            json!({ "id": page.id.to_string(), "type": kind_of(page), "status": page.status, "title": page.title,
            "space": { "key": page.space },
            "history": { "createdDate": to_rfc3339(first.at), "createdBy": who(false, first.who) },
            "metadata": { "labels": { "results": labels(page) } },
            "restrictions": { "read": restriction(page) },
            "_links": { "webui": format!("/display/{}/{title}", page.space) } })
        }
    };
    value["version"] = version_of(cloud, number, last);
    if with_body {
        value["body"] = storage(last);
    }
    value
}

/// Posts are told by their titles here.
fn is_post(page: &Page) -> bool {
    page.title.starts_with("Post")
}

fn kind_of(page: &Page) -> &'static str {
    if is_post(page) { "blogpost" } else { "page" }
}

fn labels(page: &Page) -> Vec<Value> {
    page.labels
        .iter()
        .map(|label| json!({ "name": label, "prefix": "global" }))
        .collect()
}

fn restriction(page: &Page) -> Value {
    let size = u32::from(page.restricted);
    json!({ "operation": "read", "restrictions": { "user": { "results": [], "size": 0 },
        "group": { "results": [], "size": size } } })
}

fn commented(cloud: bool, comment: &Comment) -> Value {
    let (first, last) = (
        &comment.versions[0],
        comment.versions.last().expect("a version"),
    );
    let mut value = json!({ "id": comment.id.to_string(), "status": "current", "body": storage(last),
        "version": version_of(cloud, comment.versions.len(), last) });
    match (cloud, comment.parent) {
        (true, Some(parent)) => value["parentCommentId"] = json!(parent.to_string()),
        (true, None) => value["pageId"] = json!(comment.page.to_string()),
        (false, parent) => {
            value["type"] = json!("comment");
            value["history"] =
                json!({ "createdDate": to_rfc3339(first.at), "createdBy": who(false, first.who) });
            let above = parent.map(|id| json!({ "id": id.to_string(), "type": "comment" }));
            value["ancestors"] = above.into_iter().collect();
        }
    }
    value
}

/// The pages that a question of CQL finds: by labels, numbers, or all.
fn found<'c>(content: &'c Content, cql: &str) -> Vec<&'c Page> {
    let label = cql
        .split_once("label = \"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let ids = cql
        .split_once("id in (")
        .and_then(|(_, rest)| rest.split_once(')'));
    let ids = ids.map(|(ids, _)| ids.split(',').map(str::trim).collect::<Vec<_>>());
    let current = content.pages.iter().filter(|page| page.status == "current");
    let fits = |page: &&Page| {
        label.is_none_or(|(label, _)| page.labels.contains(&label))
            && ids
                .as_ref()
                .is_none_or(|ids| ids.contains(&page.id.to_string().as_str()))
            && !cql.contains("ancestor")
    };
    current.filter(fits).collect()
}

/// Two objects an answer, and where it goes on.
fn paged(asked: &Asked, question: &Question<'_>, name: &str, all: Vec<Value>) -> Value {
    let from: usize = question.get(name).parse().unwrap_or(0);
    let mut links = json!({ "base": "https://wiki.example.org/wiki" });
    if all.len() > from + 2 {
        let rest = format!("&{name}={from}");
        let target = asked.target.replace(&rest, "");
        links["next"] = json!(format!("{target}&{name}={}", from + 2));
    }
    let some: Vec<Value> = all.into_iter().skip(from).take(2).collect();
    json!({ "results": some, "_links": links })
}

fn of_cloud(content: &Content, asked: &Asked, _own: &str) -> Reply {
    let question = Question::of(asked);
    let list = |all: Vec<Value>| ok(paged(asked, &question, "cursor", all));
    let by_id = |id: &str| content.pages.iter().find(|page| page.id.to_string() == id);
    let with_body = question.get("body-format") == "storage";
    match question.parts[..] {
        ["wiki", "api", "v2", "spaces"] => list(vec![
            json!({ "id": "31", "key": "SRE" }),
            json!({ "id": "32", "key": "OPS" }),
        ]),
        ["wiki", "api", "v2", "blogposts"] => {
            let ids: Vec<&str> = question.get("id").split(',').collect();
            let all = content
                .pages
                .iter()
                .filter(|page| page.status == "current" && is_post(page));
            let all = all.filter(|page| ids == [""] || ids.contains(&page.id.to_string().as_str()));
            list(
                all.map(|page| shown(true, page, page.versions.len(), with_body))
                    .collect(),
            )
        }
        ["wiki", "api", "v2", "pages"] => {
            let ids: Vec<&str> = question.get("id").split(',').collect();
            let all = content
                .pages
                .iter()
                .filter(|page| page.status == "current" && !is_post(page));
            let all = all.filter(|page| ids == [""] || ids.contains(&page.id.to_string().as_str()));
            list(
                all.map(|page| shown(true, page, page.versions.len(), with_body))
                    .collect(),
            )
        }
        ["wiki", "api", "v2", "pages" | "blogposts", id] => match by_id(id) {
            None => gone(),
            Some(page) => {
                let number = question
                    .get("version")
                    .parse()
                    .unwrap_or(page.versions.len());
                ok(shown(true, page, number, with_body))
            }
        },
        ["wiki", "api", "v2", "pages" | "blogposts", id, "versions"] => {
            let page = by_id(id).expect("a page");
            let versions = page.versions.iter().enumerate().rev();
            let versions = versions.map(|(at, version)| {
                let mut value = version_of(true, at + 1, version);
                value["page"] = json!({ "id": id, "title": page.title, "body": storage(version) });
                value
            });
            list(versions.collect())
        }
        ["wiki", "api", "v2", "pages" | "blogposts", id, "labels"] => {
            list(labels(by_id(id).expect("a page")))
        }
        [
            "wiki",
            "api",
            "v2",
            "pages" | "blogposts",
            id,
            kind @ ("footer-comments" | "inline-comments"),
        ] => {
            let all = content.comments.iter().filter(|comment| {
                let inline = kind == "inline-comments";
                comment.page.to_string() == id
                    && comment.parent.is_none()
                    && comment.inline == inline
            });
            list(all.map(|comment| commented(true, comment)).collect())
        }
        ["wiki", "api", "v2", _, id, "children"] => {
            let parent: u64 = id.parse().expect("a number");
            let all = content
                .comments
                .iter()
                .filter(|comment| comment.parent == Some(parent));
            list(all.map(|comment| commented(true, comment)).collect())
        }
        ["wiki", "api", "v2", _, id, "versions", "1"] => {
            let id: u64 = id.parse().expect("a number");
            let comment = content.comments.iter().find(|comment| comment.id == id);
            ok(version_of(
                true,
                1,
                &comment.expect("a comment").versions[0],
            ))
        }
        ["wiki", "api", "v2", "users-bulk"] => {
            let ids = asked.body["accountIds"].as_array().expect("a list").iter();
            let kind = |id: &Value| if id == APP { "app" } else { "atlassian" };
            ok(
                json!({ "results": ids.map(|id| json!({ "accountId": id, "accountType": kind(id) }))
                .collect::<Vec<_>>() }),
            )
        }
        ["wiki", "rest", "api", "content", "search"] => {
            let all = found(content, question.get("cql")).into_iter();
            list(
                all.map(|page| json!({ "id": page.id.to_string(), "type": kind_of(page) }))
                    .collect(),
            )
        }
        [
            "wiki",
            "rest",
            "api",
            "content",
            id,
            "restriction",
            "byOperation",
            "read",
        ] => ok(restriction(by_id(id).expect("a page"))),
        ["wiki", "rest", "api", "analytics", "content", id, what] => {
            let views = by_id(id).expect("a page").views;
            let count = if what == "views" { views } else { views / 2 };
            ok(json!({ "id": id.parse::<u64>().expect("a number"), "count": count }))
        }
        _ => gone(),
    }
}

fn of_center(content: &Content, asked: &Asked, _own: &str) -> Reply {
    let question = Question::of(asked);
    let list = |all: Vec<Value>| ok(paged(asked, &question, "start", all));
    let by_id = |id: &str| content.pages.iter().find(|page| page.id.to_string() == id);
    let with_body = question.get("expand").contains("body.storage");
    let last = |page: &Page| shown(false, page, page.versions.len(), with_body);
    match question.parts[..] {
        ["rest", "api", "space"] => list(Vec::new()),
        ["rest", "api", "content"] => {
            let wants_posts = question.get("type") == "blogpost";
            let all = content
                .pages
                .iter()
                .filter(|page| page.status == "current" && is_post(page) == wants_posts);
            let all = all.filter(|page| page.space == question.get("spaceKey"));
            list(all.map(last).collect())
        }
        ["rest", "api", "content", "search"] => list(
            found(content, question.get("cql"))
                .into_iter()
                .map(last)
                .collect(),
        ),
        ["rest", "api", "content", id] => match by_id(id) {
            None => gone(),
            Some(page) => {
                let number = question
                    .get("version")
                    .parse()
                    .unwrap_or(page.versions.len());
                ok(shown(false, page, number, with_body))
            }
        },
        ["rest", "experimental", "content", id, "version"] => {
            let versions = by_id(id).expect("a page").versions.iter().enumerate().rev();
            list(
                versions
                    .map(|(at, version)| version_of(false, at + 1, version))
                    .collect(),
            )
        }
        ["rest", "api", "content", id, "child", "comment"] => {
            let all = content
                .comments
                .iter()
                .filter(|comment| comment.page.to_string() == id);
            list(all.map(|comment| commented(false, comment)).collect())
        }
        _ => gone(),
    }
}
