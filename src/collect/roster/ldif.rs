//! LDIF (RFC 2849) as directories export it: records of attributes with blank lines between them, long
//! lines folded, values that are not plain text in base64. Only content is read, no changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Entry, Reading, Roster, kind_of};
use crate::model::Identity;

/// An attribute, or what is wrong with its line.
struct Attribute {
    line: usize,
    /// Lower case, without options.
    name: String,
    value: Result<String, &'static str>,
}

/// Reads the text.
pub(super) fn read(text: &str, reading: &Reading<'_>) -> Roster {
    let mut roster = Roster::default();
    let mut record: Vec<Attribute> = Vec::new();
    let mut others = 0;
    for (line, text) in unfolded(text) {
        match text.is_empty() {
            true => others += one(std::mem::take(&mut record), reading, &mut roster),
            false => record.push(attribute(line, &text)),
        }
    }
    others += one(record, reading, &mut roster);
    if others > 0 {
        roster.notes.push(format!(
            "{others} records name nobody by mail or login (units, groups) and are left out"
        ));
    }
    roster
}

/// Lines as they were before they were folded, with the number of the first; comments are gone.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines.retain(|(_, line)| !line.starts_with('#'));
    lines
}

fn attribute(line: usize, text: &str) -> Attribute {
    let Some((name, value)) = text.split_once(':') else {
        return Attribute {
            line,
            name: String::new(),
            value: Err("has no colon; `attribute: value` is valid"),
        };
    };
    let name = name.split(';').next().unwrap_or_default();
    let value = if let Some(packed) = value.strip_prefix(':') {
        let bytes = STANDARD.decode(packed.trim());
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or("is no base64 of UTF-8 text")
    } else if value.starts_with('<') {
        Err("is an address of a file, which is not opened; a value is valid")
    } else {
        Ok(value.trim_start().to_owned())
    };
    Attribute {
        line,
        name: name.trim().to_lowercase(),
        value,
    }
}

/// Takes a record; 1 if it is nobody's.
fn one(record: Vec<Attribute>, reading: &Reading<'_>, roster: &mut Roster) -> usize {
    let content = |attribute: &&Attribute| attribute.name != "version";
    let Some(first) = record.iter().find(content).map(|attribute| attribute.line) else {
        return 0;
    };
    let place = format!("line {first}");
    if record
        .iter()
        .any(|attribute| attribute.name == "changetype")
    {
        roster.problem(
            &place,
            "changetype",
            "is a change; an export of content is valid",
        );
        return 0;
    }
    let mut entry = Entry::new(place);
    let (mut mails, mut logins) = (Vec::new(), Vec::new());
    let mut team: Option<(usize, String)> = None;
    for Attribute { line, name, value } in record {
        let ranked = match name.as_str() {
            "department" => Some(0),
            "departmentnumber" => Some(1),
            "ou" => Some(2),
            _ => None,
        };
        let wanted = ranked.is_some() || name.is_empty() || WANTED.contains(&name.as_str());
        let value = match value {
            Ok(value) => value,
            // Photographs are no text.
            Err(_) if !wanted => continue,
            Err(reason) => {
                roster.problem(&format!("line {line}"), &name, reason);
                continue;
            }
        };
        if let Some(rank) = ranked {
            if team.as_ref().is_none_or(|(known, _)| rank < *known) {
                team = Some((rank, value));
            }
            continue;
        }
        match name.as_str() {
            "uid" | "samaccountname" => logins.push(value),
            "employeetype" => entry.kind = kind_of(&value),
            "cn" | "displayname" if entry.name.is_none() => entry.name = Some(value),
            "proxyaddresses" => {
                let mail = value
                    .split_once(':')
                    .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("smtp"));
                mails.extend(mail.map(|(_, address)| address.to_owned()));
            }
            name if MAIL.contains(&name) => mails.push(value),
            _ => {}
        }
    }
    for mail in mails.iter().map(|mail| Identity::bare(mail)) {
        match mail.is_email() {
            true => entry.add(mail),
            false => roster.problem(&entry.place, "mail", "is no mail address"),
        }
    }
    for login in &logins {
        for account in reading.logins {
            entry.add(account.identity(login));
        }
    }
    entry.team = team.map(|(_, team)| team);
    match entry.identities.is_empty() {
        true => 1,
        false => {
            roster.take(entry);
            0
        }
    }
}

const MAIL: [&str; 6] = [
    "mail",
    "email",
    "rfc822mailbox",
    "mailalternateaddress",
    "maillocaladdress",
    "userprincipalname",
];

const WANTED: [&str; 10] = [
    "mail",
    "email",
    "rfc822mailbox",
    "mailalternateaddress",
    "maillocaladdress",
    "userprincipalname",
    "proxyaddresses",
    "uid",
    "samaccountname",
    "employeetype",
];
