//! Discussions, which GitHub's REST API does not list: one question in GraphQL, and its answer in the shape
//! of replies of REST.

use serde_json::{Value, json};
use url::Url;

use crate::sources::forge::{Graph, Objects};

/// How discussions are asked for.
pub(super) static GRAPH: Graph = Graph {
    address,
    question,
    answer,
};

/// What was changed last comes first.
const QUESTION: &str = "query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: 25, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number title ...written
        comments(last: 100) { nodes { ...said replies(last: 50) { nodes { ...said } } } }
      }
    }
  }
}
fragment written on Discussion { databaseId body url createdAt updatedAt author { login __typename } }
fragment said on DiscussionComment { databaseId body url createdAt updatedAt author { login __typename } }";

/// Beside the REST API: `/graphql`, or `/api/graphql` where that one is `/api/v3`.
fn address(api: &Url) -> String {
    let api = api.as_str().trim_end_matches('/');
    format!("{}/graphql", api.strip_suffix("/v3").unwrap_or(api))
}

fn question(root: &str, after: Option<&str>) -> Value {
    let repository = root.trim_start_matches("/repos/");
    let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
    json!({ "query": QUESTION, "variables": { "owner": owner, "name": name, "after": after } })
}

/// Discussions, each followed by what was said there, and where the list goes on.
fn answer(value: &Value) -> Option<Objects> {
    let list = &value["data"]["repository"]["discussions"];
    let nodes = list["nodes"].as_array()?;
    let mut all = Vec::new();
    for node in nodes {
        let mut discussion = reply(node, None);
        for field in ["number", "title"] {
            discussion[field] = node[field].clone();
        }
        all.push(discussion);
        for comment in said(node, "comments") {
            all.push(reply(comment, None));
            for answer in said(comment, "replies") {
                all.push(reply(answer, comment["databaseId"].as_u64()));
            }
        }
    }
    let page = &list["pageInfo"];
    let next = page["endCursor"].as_str();
    let next = next.filter(|_| page["hasNextPage"] == true);
    Some((all, next.map(str::to_owned)))
}

fn said<'v>(node: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    node[field]["nodes"].as_array().into_iter().flatten()
}

/// The same object as REST would write it.
fn reply(node: &Value, parent: Option<u64>) -> Value {
    let author = &node["author"];
    json!({
        "id": node["databaseId"],
        "parent_id": parent,
        "body": node["body"],
        "html_url": node["url"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "user": { "login": author["login"], "type": author["__typename"] },
    })
}
