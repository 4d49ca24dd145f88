//! SCIM 2.0 (RFC 7643) as identity providers export it: a list response, a list of users, or one user.

use serde_json::Value;

use super::{Entry, Reading, Roster, kind_of, moment};
use crate::model::Identity;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Reads the text.
pub(super) fn read(text: &str, reading: &Reading<'_>) -> Result<Roster, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        format!(
            "is not JSON at line {}, column {}",
            error.line(),
            error.column()
        )
    })?;
    let users: Vec<&Value> = match &value {
        Value::Array(users) => users.iter().collect(),
        Value::Object(fields) => {
            match fields.get("Resources").or_else(|| fields.get("resources")) {
                Some(Value::Array(users)) => users.iter().collect(),
                Some(_) => return Err("Resources is no list; a list of users is valid".to_owned()),
                None => vec![&value],
            }
        }
        _ => return Err("is no SCIM; a list response or a list of users is valid".to_owned()),
    };
    let mut roster = Roster::default();
    for (number, user) in (1..).zip(users) {
        one(&format!("user {number}"), user, reading, &mut roster);
    }
    if roster.entries.iter().any(|entry| entry.joined.is_some()) {
        let note = "when somebody joined is taken from meta.created, when somebody inactive left from \
                    meta.lastModified";
        roster.notes.push(note.to_owned());
    }
    Ok(roster)
}

fn one(place: &str, user: &Value, reading: &Reading<'_>, roster: &mut Roster) {
    if !user.is_object() {
        roster.problem(place, "", "is no object; a user is one");
        return;
    }
    let mut entry = Entry::new(place.to_owned());
    let mut emails: Vec<&Value> = user["emails"].as_array().into_iter().flatten().collect();
    emails.sort_by_key(|email| email["primary"] != true);
    for email in emails {
        let value = email["value"].as_str().or_else(|| email.as_str());
        match value.map(Identity::bare) {
            Some(mail) if mail.is_email() => entry.add(mail),
            _ => roster.problem(place, "emails", "is no mail address"),
        }
    }
    if let Some(login) = user["userName"].as_str() {
        match Identity::bare(login) {
            mail if mail.is_email() => entry.add(mail),
            _ => {
                for account in reading.logins {
                    entry.add(account.identity(login));
                }
            }
        }
    }
    let department = &user[ENTERPRISE]["department"];
    entry.team = department
        .as_str()
        .filter(|team| !team.trim().is_empty())
        .map(str::to_owned);
    if let Some(kind) = user["userType"].as_str() {
        entry.kind = kind_of(kind);
    }
    let mut date = |name: &str| {
        let text = user["meta"][name].as_str().unwrap_or_default();
        let found = moment(text, reading.calendar);
        found.unwrap_or_else(|reason| {
            roster.problem(place, &format!("meta.{name}"), reason);
            None
        })
    };
    entry.joined = date("created");
    if user["active"] == false {
        entry.left = date("lastModified");
        if entry.left.is_none() {
            let reason = "is false, and meta.lastModified does not say since when; they stay";
            roster.problem(place, "active", reason);
        }
    }
    entry.name = name(user);
    roster.take(entry);
}

fn name(user: &Value) -> Option<String> {
    let name = &user["name"];
    let both = name["givenName"].as_str().zip(name["familyName"].as_str());
    let both = both.map(|(given, family)| format!("{given} {family}"));
    let other = || name["formatted"].as_str().or(user["displayName"].as_str());
    both.or_else(|| other().map(str::to_owned))
}
