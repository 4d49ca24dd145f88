//! Discussions, which GitHub's REST API does not list: questions in GraphQL, and their answers in the shape
//! of replies of REST. A question brings the beginning of each thread; what follows is asked for by itself.

use serde_json::{Value, json};
use url::Url;

use crate::sources::forge::{Graph, Objects, Part, Task};

/// How discussions are asked for.
pub(super) static GRAPH: Graph = Graph {
    address,
    question,
    answer,
    size,
    one,
};

/// Discussions of a question: with the beginnings of their threads they take 5 of the 5,000 points that
/// there are for an hour.
const DISCUSSIONS: u64 = 20;
/// Comments or answers of a question about one thread, which takes a point or two.
const SAID: u64 = 100;

/// What was changed last comes first.
const LIST: &str = "query($owner: String!, $name: String!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title ...written
        comments(first: 25) { pageInfo { hasNextPage endCursor } nodes { ...thread } }
      }
    }
  }
}
fragment written on Discussion { id databaseId body url createdAt updatedAt author { login __typename } }";
const COMMENTS: &str = "query($id: ID!, $first: Int!, $after: String) {
  node(id: $id) { ... on Discussion {
    comments(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { ...thread } }
  } }
}";
const REPLIES: &str = "query($id: ID!, $first: Int!, $after: String) {
  node(id: $id) { ... on DiscussionComment {
    replies(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { ...said } }
  } }
}";
const THREAD: &str = "
fragment thread on DiscussionComment {
  ...said replies(first: 20) { pageInfo { hasNextPage endCursor } nodes { ...said } }
}";
const SAYING: &str = "
fragment said on DiscussionComment { id databaseId body url createdAt updatedAt author { login __typename } }";
/// Where the list goes on, without anything that may be hard to tell.
const BLIND: [&str; 3] = [
    "query($owner: String!, $name: String!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
    }
  }
}",
    "query($id: ID!, $first: Int!, $after: String) {
  node(id: $id) { ... on Discussion {
    comments(first: $first, after: $after) { pageInfo { hasNextPage endCursor } }
  } }
}",
    "query($id: ID!, $first: Int!, $after: String) {
  node(id: $id) { ... on DiscussionComment {
    replies(first: $first, after: $after) { pageInfo { hasNextPage endCursor } }
  } }
}",
];

/// Beside the REST API: `/graphql`, or `/api/graphql` where that one is `/api/v3`.
fn address(api: &Url) -> String {
    let api = api.as_str().trim_end_matches('/');
    format!("{}/graphql", api.strip_suffix("/v3").unwrap_or(api))
}

fn size(task: &Task) -> u64 {
    match task.below {
        Some(_) => SAID,
        None => DISCUSSIONS,
    }
}

fn question(root: &str, task: &Task) -> Value {
    let first = task.size.unwrap_or_else(|| size(task));
    let [list, comments, replies] = match task.blind {
        true => BLIND.map(str::to_owned),
        false => [
            format!("{LIST}{THREAD}{SAYING}"),
            format!("{COMMENTS}{THREAD}{SAYING}"),
            format!("{REPLIES}{SAYING}"),
        ],
    };
    let (query, mut variables) = match (&task.below, task.comment) {
        (None, _) => {
            let repository = root.trim_start_matches("/repos/");
            let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
            (list, json!({ "owner": owner, "name": name }))
        }
        (Some(id), None) => (comments, json!({ "id": id })),
        (Some(id), Some(_)) => (replies, json!({ "id": id })),
    };
    variables["first"] = first.into();
    variables["after"] = json!(task.after);
    json!({ "query": query, "variables": variables })
}

/// Whether it is still there.
fn one(id: &str) -> Value {
    json!({ "query": "query($id: ID!) { node(id: $id) { id } }", "variables": { "id": id } })
}

/// Discussions, each followed by what was said there, and where the list goes on.
fn answer(value: &Value, task: &Task) -> Option<Objects> {
    let data = &value["data"];
    let list = match (&task.below, task.comment) {
        (None, _) => &data["repository"]["discussions"],
        (Some(_), None) => &data["node"]["comments"],
        (Some(_), Some(_)) => &data["node"]["replies"],
    };
    if !list.is_object() {
        return None;
    }
    let mut all = Vec::new();
    for node in nodes(list) {
        match (&task.below, task.comment) {
            (None, _) => {
                let mut discussion = reply(node, None);
                for field in ["number", "title"] {
                    discussion[field] = node[field].clone();
                }
                all.push(Part::Object(discussion));
                let comments = &node["comments"];
                for comment in nodes(comments) {
                    thread(comment, &mut all);
                }
                below(node, comments, None, &mut all);
            }
            (Some(_), None) => thread(node, &mut all),
            (Some(_), parent) => all.push(Part::Object(reply(node, parent))),
        }
    }
    Some((all, next(list)))
}

/// A comment, what answers it, and where more of that is.
fn thread(comment: &Value, all: &mut Vec<Part>) {
    let number = comment["databaseId"].as_u64();
    all.push(Part::Object(reply(comment, None)));
    let replies = &comment["replies"];
    all.extend(nodes(replies).map(|answer| Part::Object(reply(answer, number))));
    if number.is_some() {
        below(comment, replies, number, all);
    }
}

/// What of a list below an object is to be asked for by itself.
fn below(node: &Value, list: &Value, comment: Option<u64>, all: &mut Vec<Part>) {
    if let (Some(after), Some(id)) = (next(list), node["id"].as_str()) {
        all.push(Part::Below(Task {
            below: Some(id.to_owned()),
            comment,
            after: Some(after),
            ..Task::default()
        }));
    }
}

/// The objects of a list; those that could not be told are null.
fn nodes(list: &Value) -> impl Iterator<Item = &Value> {
    let nodes = list["nodes"].as_array().into_iter().flatten();
    nodes.filter(|node| node.is_object())
}

/// Where a list goes on.
fn next(list: &Value) -> Option<String> {
    let page = &list["pageInfo"];
    let next = page["endCursor"].as_str();
    let next = next.filter(|_| page["hasNextPage"] == true);
    next.map(str::to_owned)
}

/// The same object as REST would write it.
fn reply(node: &Value, parent: Option<u64>) -> Value {
    let author = &node["author"];
    json!({
        "id": node["databaseId"],
        "node_id": node["id"],
        "parent_id": parent,
        "body": node["body"],
        "html_url": node["url"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "user": { "login": author["login"], "type": author["__typename"] },
    })
}
