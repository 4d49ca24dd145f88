//! What GitLab's REST API is asked for.

use serde_json::Value;
use url::Url;

use crate::model::{DAY_MS, Millis, parse_rfc3339, to_rfc3339};
use crate::sources::forge::{Covered, List, Order, Polled, Text};

use super::GitLab;

fn since(time: &str) -> String {
    format!("&updated_after={time}")
}

/// Days alone, and the one that is named is left out.
fn after(time: &str) -> String {
    let before = parse_rfc3339(time).map(|at| to_rfc3339(at - DAY_MS));
    let day = before.and_then(|before| before.get(..10).map(str::to_owned));
    day.map_or(String::new(), |day| format!("&after={day}"))
}

/// Snippets have no number of their repository.
fn number_of(list: &List, value: &Value) -> Option<u64> {
    let field = match list.name {
        "snippets" => "id",
        _ => "iid",
    };
    value[field].as_u64()
}

impl Polled for GitLab {
    const API: Option<&'static str> = Some("https://gitlab.com/api/v4");

    fn lists(_api: &Url, repository: &str) -> Vec<List> {
        let root = format!("/projects/{}", repository.replace('/', "%2F"));
        let list = |name, path: &str, query: &str, order| List {
            name,
            path: format!("{root}{path}"),
            query: query.to_owned(),
            order,
            page: None,
            root: root.clone(),
        };
        let sorted = "scope=all&order_by=updated_at&sort=asc&per_page=100";
        let happened = "action=commented&sort=asc&per_page=100";
        vec![
            list("issues", "/issues", sorted, Order::Since(since)),
            list(
                "merge requests",
                "/merge_requests",
                sorted,
                Order::Since(since),
            ),
            // The notes at commits stand in no other list.
            list("events", "/events", happened, Order::Since(after)),
            // They don't say whether there is a new note at them: each is asked for its own.
            list("snippets", "/snippets", "per_page=100", Order::Whole),
        ]
    }

    fn home(api: &Url, repository: &str) -> Option<String> {
        let site = api.as_str().split("/api/v4").next()?.trim_end_matches('/');
        Some(format!("{site}/{repository}"))
    }

    fn places() -> &'static [Covered] {
        &[
            Covered {
                folder: "-/issues",
                lists: &["issues"],
            },
            Covered {
                folder: "-/merge_requests",
                lists: &["merge requests"],
            },
            Covered {
                folder: "-/snippets",
                lists: &["snippets"],
            },
        ]
    }

    fn below(list: &List, value: &Value, _since: Option<Millis>) -> Vec<List> {
        let number = number_of(list, value);
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
            ("note", _) if list.path.ends_with("/events") => None,
            ("note", id) => Some(format!("{}/{id}", list.path)),
            _ => Some(format!("{}/{}", list.path, number_of(list, value)?)),
        }
    }
}
