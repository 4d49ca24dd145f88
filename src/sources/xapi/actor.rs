//! Who did it: agents and groups, by their one inverse functional identifier.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::model::Identity;

use super::statement::{Faults, is_iri, present, type_of};

/// Who did it. No `Debug`: it names people.
pub(super) enum Actor {
    /// One person.
    Agent(Identity),
    /// Several, each named once; none where the group does not name them.
    Group(Vec<Identity>),
}

/// What identifies an agent.
const IDENTIFIERS: [&str; 4] = ["mbox", "mbox_sha1sum", "openid", "account"];
const ONE: &str = "exactly one of mbox, mbox_sha1sum, openid and account is valid";

/// So many faults tell enough of one statement.
const ENOUGH: usize = 16;

/// Reads an actor; `at` is its field. `None` where there are faults.
pub(super) fn actor(fields: &Map<String, Value>, at: &str, faults: &mut Faults) -> Option<Actor> {
    match present(fields, "objectType") {
        None => agent(fields, at, faults).map(Actor::Agent),
        Some(Value::String(kind)) if kind == "Agent" => agent(fields, at, faults).map(Actor::Agent),
        Some(Value::String(kind)) if kind == "Group" => group(fields, at, faults),
        Some(_) => {
            faults.add(
                format!("{at}.objectType"),
                "unknown; valid are \"Agent\" and \"Group\"",
            );
            None
        }
    }
}

fn agent(fields: &Map<String, Value>, at: &str, faults: &mut Faults) -> Option<Identity> {
    match identifiers(fields)[..] {
        [(name, value)] => identity(name, value, at, faults),
        [] => {
            faults.add(at, format!("names nobody; {ONE}"));
            None
        }
        ref several => {
            faults.add(at, format!("has {}; {ONE}", list(several)));
            None
        }
    }
}

fn group(fields: &Map<String, Value>, at: &str, faults: &mut Faults) -> Option<Actor> {
    let before = faults.len();
    let identifiers = identifiers(fields);
    match identifiers[..] {
        [] => {}
        // Who a group is, is not kept: its members are the people.
        [(name, value)] => drop(identity(name, value, at, faults)),
        ref several => faults.add(
            at,
            format!("has {}; a group has at most one", list(several)),
        ),
    }
    let mut members = Vec::new();
    let mut seen = HashSet::new();
    match present(fields, "member") {
        None if identifiers.is_empty() => faults.add(
            format!("{at}.member"),
            "missing; a group without an identifier needs its members",
        ),
        None => {}
        Some(Value::Array(list)) => {
            if list.is_empty() && identifiers.is_empty() {
                let reason = "empty; a group without an identifier needs its members";
                faults.add(format!("{at}.member"), reason);
            }
            for (index, one) in list.iter().enumerate() {
                if let Some(person) = member(one, &format!("{at}.member[{index}]"), faults)
                    && seen.insert(spelling(&person))
                {
                    members.push(person);
                }
                if faults.len() >= before + ENOUGH {
                    break;
                }
            }
        }
        Some(other) => {
            let reason = format!("{} is no list of agents", type_of(other));
            faults.add(format!("{at}.member"), reason);
        }
    }
    (faults.len() == before).then_some(Actor::Group(members))
}

fn member(value: &Value, at: &str, faults: &mut Faults) -> Option<Identity> {
    let Value::Object(fields) = value else {
        faults.add(
            at,
            format!("{} is no agent; an agent is an object", type_of(value)),
        );
        return None;
    };
    match present(fields, "objectType") {
        None => agent(fields, at, faults),
        Some(Value::String(kind)) if kind == "Agent" => agent(fields, at, faults),
        Some(_) => {
            let reason = "no agent; the members of a group are agents";
            faults.add(format!("{at}.objectType"), reason);
            None
        }
    }
}

fn identifiers(fields: &Map<String, Value>) -> Vec<(&'static str, &Value)> {
    IDENTIFIERS
        .into_iter()
        .filter_map(|name| Some((name, present(fields, name)?)))
        .collect()
}

fn list(identifiers: &[(&'static str, &Value)]) -> String {
    let names: Vec<_> = identifiers.iter().map(|(name, _)| *name).collect();
    names.join(" and ")
}

fn identity(name: &'static str, value: &Value, at: &str, faults: &mut Faults) -> Option<Identity> {
    let at = format!("{at}.{name}");
    if name == "account" {
        return account(value, &at, faults);
    }
    let Value::String(text) = value else {
        faults.add(at, format!("{} is not text", type_of(value)));
        return None;
    };
    let (found, reason) = match name {
        "mbox" => (
            mailbox(text),
            "no mailbox; mailto: and a mail address is valid",
        ),
        "openid" => {
            let found = is_iri(text).then(|| Identity::of_source("xapi", "openid", text));
            (found, "no OpenID; its address is valid")
        }
        _ => (checksum(text), "no SHA-1; 40 hexadecimal digits are valid"),
    };
    if found.is_none() {
        faults.add(at, reason);
    }
    found
}

fn mailbox(text: &str) -> Option<Identity> {
    let scheme = text.get(..7)?;
    // What follows is no address by itself if it has a scheme again, or parameters.
    let bare = Identity::bare(text);
    let plain = bare.is_email() && !bare.value.contains([':', '?']);
    (scheme.eq_ignore_ascii_case("mailto:") && plain).then_some(bare)
}

fn checksum(text: &str) -> Option<Identity> {
    let is_sha1 = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha1.then(|| Identity::of_source("xapi", "mbox_sha1sum", &text.to_ascii_lowercase()))
}

/// Many systems give people's addresses as account names: those are the same people elsewhere.
fn account(value: &Value, at: &str, faults: &mut Faults) -> Option<Identity> {
    let Value::Object(fields) = value else {
        let reason = format!(
            "{} is no account; an account has homePage and name",
            type_of(value)
        );
        faults.add(at, reason);
        return None;
    };
    let home = match present(fields, "homePage") {
        Some(Value::String(home)) if is_iri(home) => Some(home),
        None => {
            faults.add(
                format!("{at}.homePage"),
                "missing; the address of the system is valid",
            );
            None
        }
        Some(_) => {
            faults.add(
                format!("{at}.homePage"),
                "no IRI; the address of the system is valid",
            );
            None
        }
    };
    let name = match present(fields, "name") {
        Some(Value::String(name)) if !name.trim().is_empty() => Some(name),
        None => {
            faults.add(
                format!("{at}.name"),
                "missing; the name of an account is valid",
            );
            None
        }
        Some(_) => {
            let reason = "empty or no text; the name of an account is valid";
            faults.add(format!("{at}.name"), reason);
            None
        }
    };
    let (home, name) = (home?, name?);
    let bare = Identity::bare(name);
    match bare.is_email() {
        true => Some(bare),
        false => Some(Identity::of_source(
            "xapi",
            "account",
            &format!("{home}::{name}"),
        )),
    }
}

/// Addresses are the same in any case of letters.
fn spelling(person: &Identity) -> (String, String) {
    let value = match person.is_email() {
        true => person.value.to_lowercase(),
        false => person.value.clone(),
    };
    (person.kind.to_string(), value)
}
