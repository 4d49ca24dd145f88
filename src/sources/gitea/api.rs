//! What the REST API of Gitea and Forgejo is asked for.

use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::forge::{Covered, List, Order, Polled, Text};

use super::Gitea;

fn since(time: &str) -> String {
    format!("&since={time}")
}

/// Whether a list is one of reviews, or of what belongs to one.
fn below_reviews(list: &List) -> bool {
    let path = list.path.strip_prefix(&list.root);
    path.is_some_and(|path| path.contains("/reviews"))
}

impl Polled for Gitea {
    const API: Option<&'static str> = None;
    const SCHEME: &'static str = "token";

    fn lists(_api: &Url, repository: &str) -> Vec<List> {
        let root = format!("/repos/{repository}");
        let list = |name, path: &str, query: &str| List {
            name,
            path: format!("{root}{path}"),
            query: query.to_owned(),
            order: Order::Unsorted(since),
            page: None,
            root: root.clone(),
        };
        vec![
            // Pull requests are issues, too.
            list("issues", "/issues", "state=all&limit=50"),
            list("comments", "/issues/comments", "limit=50"),
        ]
    }

    fn home(api: &Url, repository: &str) -> Option<String> {
        let site = api.as_str().split("/api/v1").next()?.trim_end_matches('/');
        Some(format!("{site}/{repository}"))
    }

    fn places() -> &'static [Covered] {
        &[
            Covered {
                folder: "issues",
                lists: &["comments"],
            },
            Covered {
                folder: "pulls",
                lists: &["issues", "comments"],
            },
            Covered {
                folder: "src",
                lists: &["issues"],
            },
        ]
    }

    fn below(list: &List, value: &Value, _since: Option<Millis>) -> Vec<List> {
        let pull = value["number"]
            .as_u64()
            .filter(|_| value["pull_request"].is_object() && !below_reviews(list));
        if let Some(number) = pull {
            let path = format!("{}/pulls/{number}/reviews", list.root);
            let page = value["html_url"].as_str();
            return vec![list.under(path, "limit=50", Order::Whole, page)];
        }
        let review = value["id"]
            .as_u64()
            .filter(|_| list.path.ends_with("/reviews"));
        match review.filter(|_| value["comments_count"].as_u64() != Some(0)) {
            Some(id) => {
                let path = format!("{}/{id}/comments", list.path);
                vec![list.under(path, "limit=50", Order::Whole, list.page.as_deref())]
            }
            None => Vec::new(),
        }
    }

    fn path(list: &List, text: &Text<'_>, _value: &Value) -> Option<String> {
        let root = &list.root;
        match text.id.split_once(':') {
            // Reviews are numbered in a row of their own.
            Some(("review", id)) => Some(format!("{}/{id}", list.path)),
            // Of comments of reviews this says that they are there, and no more.
            Some(("comment", id)) => Some(format!("{root}/issues/comments/{id}")),
            _ => Some(format!("{root}/issues/{}", text.id.rsplit_once('#')?.1)),
        }
    }
}
