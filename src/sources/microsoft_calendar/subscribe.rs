//! Asks Graph to tell of changes, and goes on asking: a subscription ends by itself after some days. Where it
//! can't be had the pulls at their turn go on all the same, so that is a note and no error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::Params;
use crate::model::{Millis, to_rfc3339};
use crate::sources::forge::{self, Stop};
use crate::sources::icalendar::memory::hashed;
use crate::sources::microsoft::calendar::Site;
use crate::sources::microsoft::graph::Answer;
use crate::sources::microsoft::{Place, escaped};
use crate::sources::{Sink, SourceError};

/// How long a subscription is asked for: the longest for events is 4230 minutes.
const GOOD_FOR: Millis = 4_200 * 60_000;
/// So often it is renewed, and looked whether it is there still.
const RENEWED: Millis = 3_600_000;
/// The longest secret that Graph brings along.
const LONGEST_STATE: usize = 128;

const NEEDED: &str =
    "subscriptions need the permission that reading the calendar needs, Calendars.Read";

/// What is asked for.
pub(super) struct Subscriber {
    notify_url: String,
    state: String,
}

/// A subscription that we have.
#[derive(Serialize, Deserialize)]
pub(super) struct Subscription {
    id: String,
    /// When it was made or renewed.
    at: Millis,
    /// What it was made with, as a hash: another address or secret needs another one.
    of: String,
}

impl Subscriber {
    /// As the parameters say; nothing where they don't say where to tell.
    pub(super) fn new(params: &Params) -> Result<Option<Subscriber>, SourceError> {
        let Some(url) = &params.notify_url else {
            return Ok(None);
        };
        let wrong = |words: &str| Err(SourceError::Params(words.to_owned()));
        let is_fine = Url::parse(url).is_ok_and(|url| {
            url.scheme() == "https"
                && url.has_host()
                && url.query().is_none()
                && url.password().is_none()
        });
        if !is_fine {
            return wrong(
                "notify_url should be the https address of this source's hook, such as \
                 \"https://readback.example.org/v1/hooks/outlook\"",
            );
        }
        let state = match (&params.secret, &params.secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(file)) => forge::token(file).map_err(|error| match error {
                SourceError::Params(_) => {
                    SourceError::Params("secret_file should hold a secret on one line".to_owned())
                }
                other => other,
            })?,
            // A sample has no files.
            (None, None) => return Ok(None),
        };
        if state.len() > LONGEST_STATE {
            return wrong(
                "secret_file should hold at most 128 characters: Graph brings no more along",
            );
        }
        if state.starts_with("whsec_") {
            return wrong(
                "secret_file should not begin with whsec_: such a secret signs, and Graph signs nothing",
            );
        }
        let notify_url = url.clone();
        Ok(Some(Subscriber { notify_url, state }))
    }

    fn of(&self) -> String {
        hashed(&format!("{} {}", self.notify_url, self.state))
    }
}

/// Whether Graph tells us already.
#[derive(Clone, Copy)]
enum Told<'a> {
    /// By this subscription.
    Here(&'a str),
    /// By one with another secret or address, which ends by itself.
    Otherwise,
    /// By one that was forgotten, or not at all.
    Perhaps,
}

/// Sees to it that there is a subscription for each calendar.
pub(super) fn all(
    subscriber: &Subscriber,
    site: &mut Site,
    places: &[Place],
    (subscriptions, now): (&mut BTreeMap<String, Subscription>, Millis),
    sink: &mut dyn Sink,
) {
    let wanted: Vec<String> = places.iter().map(|place| hashed(&place.key())).collect();
    // Those of calendars that are not asked any more end by themselves.
    subscriptions.retain(|calendar, _| wanted.contains(calendar));
    for (place, calendar) in places.iter().zip(wanted) {
        let known = subscriptions.remove(&calendar);
        let is_ours = known
            .as_ref()
            .is_none_or(|known| known.of == subscriber.of());
        if is_ours && known.as_ref().is_some_and(|known| now < known.at + RENEWED) {
            subscriptions.extend(known.map(|known| (calendar, known)));
            continue;
        }
        let told = match (&known, is_ours) {
            (None, _) => Told::Perhaps,
            (Some(known), true) => Told::Here(&known.id),
            (Some(_), false) => Told::Otherwise,
        };
        match one(subscriber, site, place, told, now) {
            Ok(id) => {
                let of = subscriber.of();
                subscriptions.insert(calendar, Subscription { id, at: now, of });
            }
            Err(stop) => {
                let reason = match stop {
                    Stop::Later(reason, _) => reason,
                    Stop::Refused(error, _) | Stop::Failed(error) => error.to_string(),
                };
                sink.note(format!(
                    "Graph was not won to tell of changes ({}); they are asked for at their turn: {reason}. \
                     While it is asked it has to reach notify_url, so `readback serve` has to be there",
                    place.shown
                ));
                subscriptions.extend(known.map(|known| (calendar, known)));
            }
        }
    }
}

/// Renews a subscription, finds one that was forgotten, or makes one. Gives its id.
fn one(
    subscriber: &Subscriber,
    site: &mut Site,
    place: &Place,
    told: Told<'_>,
    now: Millis,
) -> Result<String, Stop> {
    let until = json!(to_rfc3339(now + GOOD_FOR));
    let renewal = json!({ "expirationDateTime": until });
    let renewed = |site: &mut Site, id: &str| {
        let path = format!("/subscriptions/{}", escaped(id));
        match site.graph.write(&path, (false, &renewal))? {
            Answer::There(_) => Ok(Some(id.to_owned())),
            Answer::Gone => Ok(None),
            Answer::Forbidden => Err(site.graph.forbidden(NEEDED)),
        }
    };
    let resource = site.find(place, false)?.resource();
    let there = match told {
        Told::Here(id) => Some(id.to_owned()),
        Told::Otherwise => None,
        Told::Perhaps => {
            let all = site
                .graph
                .list("/subscriptions", NEEDED)?
                .unwrap_or_default();
            let same = all.iter().find(|one| {
                one["notificationUrl"] == subscriber.notify_url.as_str()
                    && one["resource"] == resource.as_str()
            });
            same.and_then(|one| one["id"].as_str()).map(str::to_owned)
        }
    };
    if let Some(id) = there
        && let Some(id) = renewed(site, &id)?
    {
        return Ok(id);
    }
    let wanted = json!({ "changeType": "created,updated,deleted", "resource": resource,
        "notificationUrl": subscriber.notify_url, "lifecycleNotificationUrl": subscriber.notify_url,
        "clientState": subscriber.state, "expirationDateTime": until });
    match site.graph.write("/subscriptions", (true, &wanted))? {
        Answer::There(made) => match made["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(site.graph.refused("makes a subscription without an id")),
        },
        Answer::Gone => Err(site.graph.refused("has nothing to subscribe to")),
        Answer::Forbidden => Err(site.graph.forbidden(NEEDED)),
    }
}
