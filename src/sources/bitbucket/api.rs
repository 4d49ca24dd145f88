//! What the REST APIs of Bitbucket Cloud and Data Center are asked for. Which of the two it is, is seen
//! from the API's address.

use serde_json::Value;
use url::Url;

use crate::model::{DAY_MS, Millis};
use crate::sources::forge::{Covered, List, Order, Polled, Text, of_millis};

use super::Bitbucket;

/// Cloud lists open pull requests alone unless it is asked for the others.
const ANY_STATE: &str = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED";

/// How long a data centre is asked for comments on a pull request that was closed.
const AFTER_CLOSE: Millis = 28 * DAY_MS;

fn since(time: &str) -> String {
    format!("&q=updated_on%3E%3D{}", time.replace(':', "%3A"))
}

/// Whether this is the API of a data centre.
fn is_data_center(api: &Url) -> bool {
    api.path().contains("/rest/api")
}

impl Polled for Bitbucket {
    const API: Option<&'static str> = Some("https://api.bitbucket.org/2.0");

    fn lists(api: &Url, repository: &str) -> Vec<List> {
        let (root, order) = match (is_data_center(api), repository.split_once('/')) {
            (true, Some((project, name))) => {
                (format!("/projects/{project}/repos/{name}"), Order::Whole)
            }
            _ => (format!("/repositories/{repository}"), Order::Since(since)),
        };
        let list = |name, path: &str, query: &str| List {
            name,
            path: format!("{root}{path}"),
            query: query.to_owned(),
            order,
            page: None,
            root: root.clone(),
        };
        if is_data_center(api) {
            return vec![list(
                "pull requests",
                "/pull-requests",
                "state=ALL&limit=100",
            )];
        }
        let sorted = "sort=updated_on&pagelen=50";
        vec![
            list(
                "pull requests",
                "/pullrequests",
                &format!("{sorted}&{ANY_STATE}"),
            ),
            list("issues", "/issues", sorted),
        ]
    }

    fn home(api: &Url, repository: &str) -> Option<String> {
        (!is_data_center(api)).then(|| format!("https://bitbucket.org/{repository}"))
    }

    fn places() -> &'static [Covered] {
        &[
            Covered {
                folder: "pull-requests",
                lists: &["pull requests"],
            },
            Covered {
                folder: "issues",
                lists: &["issues"],
            },
        ]
    }

    fn below(list: &List, value: &Value, since: Option<Millis>) -> Vec<List> {
        let Some(number) = value["id"].as_u64().filter(|_| value["title"].is_string()) else {
            return Vec::new();
        };
        let path = format!("{}/{number}", list.path);
        if list.root.starts_with("/projects/") {
            // A comment does not change its pull request; those that are closed say when they were.
            let closed = of_millis(&value["closedDate"]).or(of_millis(&value["updatedDate"]));
            let is_old = closed
                .zip(since)
                .is_some_and(|(at, since)| at < since - AFTER_CLOSE);
            if is_old && value["open"] == false {
                return Vec::new();
            }
            let page = value["links"]["self"][0]["href"].as_str();
            let (path, query) = (format!("{path}/activities"), "limit=100");
            return vec![list.under(path, query, Order::Whole, page)];
        }
        if value["comment_count"] == 0 {
            return Vec::new();
        }
        let page = value["links"]["html"]["href"].as_str();
        let path = format!("{path}/comments");
        vec![list.under(
            path,
            "pagelen=100&sort=-updated_on",
            Order::NewestFirst,
            page,
        )]
    }

    fn path(list: &List, text: &Text<'_>, value: &Value) -> Option<String> {
        let in_center = list.root.starts_with("/projects/");
        match text.id.split_once(':') {
            Some(("comment", id)) => {
                let pull = list.path.strip_suffix("/activities")?;
                Some(format!("{pull}/comments/{id}"))
            }
            Some(("pull_request", _)) if in_center => {
                Some(format!("{}/{}", list.path, value["id"].as_u64()?))
            }
            Some(("pullrequest_comment" | "issue_comment", id)) => {
                Some(format!("{}/{id}", list.path))
            }
            _ => Some(format!("{}/{}", list.path, value["id"].as_u64()?)),
        }
    }
}
