//! Assignments of reading in the data of a write-up: into the model, and what is wrong with them.

use serde_json::Value;

use super::decode::{Refusal, in_order, instant, stated};
use super::explain::{self, present, shown, type_of};
use super::wire::AssignmentData;
use crate::model::{Assignment, Whom, parse_rfc3339};

/// All of a write-up.
pub(super) fn decode(list: Vec<AssignmentData<'_>>) -> Result<Vec<Assignment>, Refusal> {
    let one = |wire: AssignmentData<'_>| {
        let from = instant(wire.from)?.ok_or(Refusal::Value)?;
        let to = instant(wire.to)?.ok_or(Refusal::Value)?;
        in_order(Some(from), Some(to))?;
        let whom = match (stated(wire.team), wire.newcomers.unwrap_or(false)) {
            (Some(_), true) => return Err(Refusal::Value),
            (Some(team), false) => Whom::Team(team),
            (None, true) => Whom::Newcomers,
            (None, false) => Whom::Everybody,
        };
        Ok(Assignment { from, to, whom })
    };
    list.into_iter().map(one).collect()
}

/// What is wrong with one.
pub(super) fn explain(value: &Value) -> Option<String> {
    let Value::Object(fields) = value else {
        return Some(format!(
            "{} is no assignment; one has from, to, and team or newcomers",
            type_of(value)
        ));
    };
    for name in ["from", "to"] {
        match present(fields, name) {
            None => return Some(format!("{name}: missing; an RFC 3339 instant is valid")),
            Some(value) => {
                if let Some(reason) = explain::instant(value) {
                    return Some(format!("{name}: {reason}"));
                }
            }
        }
    }
    let at = |name: &str| present(fields, name)?.as_str().and_then(parse_rfc3339);
    if at("to") < at("from") {
        return Some("to: before from; it should be the later of the two".to_owned());
    }
    let (team, newcomers) = (present(fields, "team"), present(fields, "newcomers"));
    match (team, newcomers) {
        (Some(team), _) if !team.is_string() => Some(format!("team: {} is not text", shown(team))),
        (_, Some(flag)) if !flag.is_boolean() => {
            Some(format!("newcomers: {} is not true or false", shown(flag)))
        }
        (Some(_), Some(Value::Bool(true))) => {
            Some("team: stands beside newcomers; one of the two is valid".to_owned())
        }
        _ => None,
    }
}
