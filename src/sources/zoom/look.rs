//! A look at what is asked, for `readback check`.

use crate::model::Millis;
use crate::sources::forge::Stop;
use crate::sources::{Setting, Sight, SourceError};

use super::Params;
use super::client::{Client, HELD, INSTANCES, PARTICIPANTS, PAST, PLANNED, Reply, day, encoded};
use super::pull::Meetings;

/// What is said where nobody can tell when a series is planned.
const UNJOINED: &str = "meetings names a series by its UID alone, which only the API can join to the calendar: \
     deliveries are told under Zoom's own name of the meeting; say at what time the series begins (`at`), or give \
     account_id";

/// Asks for the meetings and hosts, and whether the app may ask for the rest, for `readback check`.
pub(super) fn look(table: toml::Table, setting: &Setting) -> Result<Sight, SourceError> {
    if !table.contains_key("account_id") {
        let there = Sight::from("nothing is pulled");
        let mut own = table;
        return Ok(match Params::of(&mut own)?.reviews()?.asks_for_plans() {
            true => there.doubting(UNJOINED.to_owned()),
            false => there,
        });
    }
    let meetings = Meetings::new(table, setting)?;
    // Days are asked for, and a look is given none.
    let now = chrono::Utc::now().timestamp_millis();
    let mut client = Client::new(&meetings.account, now).for_a_look();
    match looked(&meetings, &mut client, now) {
        Ok(sight) => Ok(sight),
        Err(Stop::Later(reason, _)) => Ok(format!("answers, but {reason}").into()),
        Err(Stop::Refused(error, _) | Stop::Failed(error)) => Err(error),
    }
}

fn looked(meetings: &Meetings, client: &mut Client<'_>, now: Millis) -> Result<Sight, Stop> {
    let reviews = &meetings.zoom.reviews;
    let numbers: Vec<&str> = reviews.numbers().collect();
    let (mut unknown, mut strangers) = (0, 0);
    for number in &numbers {
        let path = format!("/past_meetings/{number}/instances");
        let reply = client.get(&path, &INSTANCES)?;
        unknown += usize::from(!matches!(reply, Reply::Value(_)));
    }
    for host in &meetings.hosts {
        let today = day(now);
        let path = format!(
            "/report/users/{}/meetings?from={today}&to={today}&page_size=30",
            encoded(host)
        );
        let reply = client.get(&path, &HELD)?;
        strangers += usize::from(!matches!(reply, Reply::Value(_)));
    }
    let hosts = meetings.hosts.len();
    let mut sight = Sight::answering(&[
        (numbers.len() - unknown, "meeting", "meetings"),
        (hosts - strangers, "host", "hosts"),
    ]);
    if unknown + strangers == numbers.len() + hosts {
        sight = "Zoom answers".into();
    }
    if unknown > 0 {
        sight = sight.doubting(format!(
            "numbers of meetings that Zoom does not know, or that never took place: {unknown}"
        ));
    }
    if strangers > 0 {
        sight = sight.doubting(format!(
            "hosts that are no users of the account: {strangers}"
        ));
    }
    let mut needed = vec![&PARTICIPANTS];
    if !numbers.is_empty() {
        needed.push(&PAST);
    }
    if reviews.asks_for_plans() {
        needed.push(&PLANNED);
    }
    for scope in needed {
        if client.may(scope)? == Some(false) {
            sight = sight.doubting(format!(
                "the app may not read {}: add the scope {} to it",
                scope.what, scope.name
            ));
        }
    }
    Ok(sight)
}
