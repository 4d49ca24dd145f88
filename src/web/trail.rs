//! `/audit`: the audit log for admins. What says when a person was there is told by the day.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::AppState;
use super::audit::Entry;
use super::desk::{refuse, show};
use super::problem::Refusal;
use super::router::Asked;
use super::shown::Shown;
use crate::pages::Page;

/// Entries on a page.
const ROWS: usize = 100;
/// Further back than so many pages nobody leafs; the command line shows all.
const MOST_PAGES: usize = 1000;

/// `GET /audit`
pub(super) async fn page(
    State(state): State<AppState>,
    shown: Shown,
    asked: Asked,
) -> Response<Body> {
    let page = asked.page().min(MOST_PAGES);
    let found = state.access.noted((page - 1) * ROWS, ROWS + 1).await;
    match found {
        Ok(mut entries) => {
            let more = entries.len() > ROWS && page < MOST_PAGES;
            entries.truncate(ROWS);
            let rows = entries.iter().map(row).collect();
            show(
                &shown,
                StatusCode::OK,
                &Page::Audit(rows, (page, ROWS, more)),
            )
        }
        Err(error) => {
            tracing::error!(%error, "the audit log can't be read");
            let words = "the audit log can't be read; the log of the server says why";
            refuse(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words))
        }
    }
}

fn row(entry: &Entry) -> serde_json::Value {
    json!({
        "at": entry.told_at(),
        "act": entry.act.name().replace('-', " "),
        "what": entry.what,
        "who": entry.who,
        "by_command": entry.is_of_command(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::audit::Act;

    #[test]
    fn what_somebody_did_is_told_by_the_day() {
        let entry = |act, who: Option<&str>| Entry {
            at: "2026-03-02T09:15:00Z".to_owned(),
            act,
            who: who.map(str::to_owned),
            what: None,
        };
        let at = |entry: &Entry| row(entry)["at"].clone();
        assert_eq!(at(&entry(Act::TokenAdded, None)), "2026-03-02T09:15:00Z");
        for entry in [
            entry(Act::SignedIn, Some("zz")),
            entry(Act::SignInRefused, None),
            entry(Act::RegistryChanged, Some("zz")),
        ] {
            assert_eq!(at(&entry), "2026-03-02");
        }
    }
}
