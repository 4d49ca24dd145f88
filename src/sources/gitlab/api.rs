//! What GitLab's REST API is asked for.

use serde_json::Value;
use url::Url;

use crate::model::Millis;
use crate::sources::forge::{List, Order, Polled, Text};

use super::GitLab;

fn since(time: &str) -> String {
    format!("&updated_after={time}")
}

impl Polled for GitLab {
    const API: Option<&'static str> = Some("https://gitlab.com/api/v4");

    fn lists(_api: &Url, repository: &str) -> Vec<List> {
        let root = format!("/projects/{}", repository.replace('/', "%2F"));
        let list = |name, path: &str| List {
            name,
            path: format!("{root}{path}"),
            query: "scope=all&order_by=updated_at&sort=asc&per_page=100".to_owned(),
            order: Order::Since(since),
            page: None,
            root: root.clone(),
        };
        vec![
            list("issues", "/issues"),
            list("merge requests", "/merge_requests"),
        ]
    }

    fn home(api: &Url, repository: &str) -> Option<String> {
        let site = api.as_str().split("/api/v4").next()?.trim_end_matches('/');
        Some(format!("{site}/{repository}"))
    }

    fn below(list: &List, value: &Value, _since: Option<Millis>) -> Vec<List> {
        let number = value["iid"].as_u64();
        let Some(number) = number.filter(|_| !list.path.ends_with("/notes")) else {
            return Vec::new();
        };
        // Nobody wrote anything there.
        if value["user_notes_count"] == 0 {
            return Vec::new();
        }
        let path = format!("{}/{number}/notes", list.path);
        let query = "sort=desc&order_by=updated_at&per_page=100";
        let page = value["web_url"].as_str();
        vec![list.under(path, query, Order::NewestFirst, page)]
    }

    fn path(list: &List, text: &Text<'_>, value: &Value) -> Option<String> {
        match text.id.split_once(':')? {
            ("note", id) => Some(format!("{}/{id}", list.path)),
            _ => Some(format!("{}/{}", list.path, value["iid"].as_u64()?)),
        }
    }
}
