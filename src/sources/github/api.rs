//! What GitHub's REST API is asked for.

use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::forge::{Covered, List, NODE, Order, Polled, Text};

use super::GitHub;
use super::discussions::GRAPH;

fn since(time: &str) -> String {
    format!("&since={time}")
}

impl Polled for GitHub {
    const API: Option<&'static str> = Some("https://api.github.com");

    fn lists(_api: &Url, repository: &str) -> Vec<List> {
        let root = format!("/repos/{repository}");
        let list = |name, path: &str, query: &str, order| List {
            name,
            path: format!("{root}{path}"),
            query: query.to_owned(),
            order,
            page: None,
            root: root.clone(),
        };
        let order = Order::Since(since);
        let sorted = "sort=updated&direction=asc&per_page=100";
        vec![
            // Pull requests are issues, too.
            list("issues", "/issues", &format!("state=all&{sorted}"), order),
            list("issue comments", "/issues/comments", sorted, order),
            list("review comments", "/pulls/comments", sorted, order),
            list(
                "commit comments",
                "/comments",
                "per_page=100",
                Order::Growing,
            ),
            list("discussions", "", "", Order::Graph(&GRAPH)),
        ]
    }

    fn home(api: &Url, repository: &str) -> Option<String> {
        match api.host_str()? {
            "api.github.com" => Some(format!("https://github.com/{repository}")),
            _ => Some(api.join(&format!("/{repository}")).ok()?.into()),
        }
    }

    fn places() -> &'static [Covered] {
        &[
            Covered {
                folder: "issues",
                lists: &["issue comments"],
            },
            Covered {
                folder: "pull",
                lists: &["issues", "issue comments", "review comments"],
            },
            Covered {
                folder: "blob",
                lists: &["review comments", "commit comments"],
            },
            Covered {
                folder: "commit",
                lists: &["commit comments"],
            },
            Covered {
                folder: "discussions",
                lists: &["discussions"],
            },
        ]
    }

    fn below(list: &List, value: &Value, _since: Option<Millis>) -> Vec<List> {
        let number = value["number"].as_u64();
        // Reviews have nothing below them, whatever they look like.
        let is_pull = value["pull_request"].is_object() && !list.path.ends_with("/reviews");
        let Some(number) = number.filter(|_| is_pull) else {
            return Vec::new();
        };
        let path = format!("{}/pulls/{number}/reviews", list.root);
        let page = value["html_url"].as_str();
        vec![list.under(path, "per_page=100", Order::Whole, page)]
    }

    fn path(list: &List, text: &Text<'_>, value: &Value) -> Option<String> {
        let root = &list.root;
        let path = match text.id.split_once(':') {
            Some(("issue_comment", id)) => format!("{root}/issues/comments/{id}"),
            Some(("pull_request_review_comment", id)) => format!("{root}/pulls/comments/{id}"),
            Some(("commit_comment", id)) => format!("{root}/comments/{id}"),
            Some(("pull_request_review", id)) => format!("{}/{id}", list.path),
            Some(("discussion" | "discussion_comment", _)) => {
                format!("{NODE}{}", value["node_id"].as_str()?)
            }
            _ => format!("{root}/issues/{}", text.id.rsplit_once('#')?.1),
        };
        Some(path)
    }
}
