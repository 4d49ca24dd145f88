//! Links that stand and lead to nothing: to write-ups that were deleted, and to targets that no write-up
//! has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::compute::Computed;
use crate::indicators::Context;
use crate::model::forge::Forges;
use crate::store::{GoneLink, RegistryWriteup, Store};
use crate::summary::document::LinkedButGone;

/// Links shown of one deleted write-up.
const MOST_EVIDENCE: usize = 10;

/// What two kinds of readers see.
pub(super) struct Both {
    /// For everybody.
    pub(super) open: LinkedButGone,
    /// For those who may see what is restricted.
    pub(super) full: LinkedButGone,
}

/// Both, as of then.
pub(super) async fn lists(
    store: &Store,
    context: &Context,
    computed: &Computed,
    forges: &Forges,
) -> anyhow::Result<Both> {
    let links = store.gone_links(&computed.settings).await?;
    let told = |sees_all: bool| told(&links, &computed.registry, sees_all, context, forges);
    Ok(Both {
        open: told(false),
        full: told(true),
    })
}

fn told(
    links: &[GoneLink],
    registry: &[RegistryWriteup],
    sees_all: bool,
    context: &Context,
    forges: &Forges,
) -> LinkedButGone {
    let seen = || links.iter().filter(|link| sees_all || !link.in_restricted);
    let mut of: BTreeMap<u32, Vec<&GoneLink>> = BTreeMap::new();
    for link in seen().filter(|link| link.writeup != 0) {
        of.entry(link.writeup).or_default().push(link);
    }
    let listed = registry
        .iter()
        .filter(|writeup| sees_all || !writeup.restricted);
    let deleted = listed
        .filter_map(|writeup| Some(one(writeup, of.get(&writeup.number)?, context, forges)))
        .collect();
    // Which targets these are is for the operator: they may be pages that nobody knows yet.
    let unknown: Vec<&GoneLink> = seen().filter(|link| link.writeup == 0).collect();
    let targets: BTreeSet<&str> = unknown.iter().map(|link| link.target.as_str()).collect();
    LinkedButGone {
        deleted,
        unknown_targets: targets.len() as u64,
        unknown_links: unknown.len() as u64,
    }
}

/// A deleted write-up, with its links by place and the newest of them.
fn one(writeup: &RegistryWriteup, links: &[&GoneLink], context: &Context, forges: &Forges) -> Json {
    let day = |at| context.calendar.date(at).to_string();
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    for link in links {
        *places.entry(&link.place).or_default() += 1;
    }
    let evidence: Vec<Json> = links
        .iter()
        .take(MOST_EVIDENCE)
        .map(|link| {
            let mut json = json!({
                "place": link.place,
                "stands_in": link.stands_in,
                "since": day(link.at),
            });
            if let Some(address) = forges.address(&link.stands_in) {
                json["href"] = address.into();
            }
            json
        })
        .collect();
    let mut json = json!({
        "id": writeup.id,
        "title": writeup.title.as_ref().unwrap_or(&writeup.id),
        "deleted": writeup.deleted_at.map(day),
        "links": places,
        "link_evidence": evidence,
    });
    if writeup.restricted {
        json["restricted"] = true.into();
    }
    json
}
