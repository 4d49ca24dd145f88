//! Who is invited: the attendees and the organiser of one event.

use std::borrow::Cow;

use calcard::icalendar::{
    ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarParameterValue,
    ICalendarProperty,
};
use percent_encoding::percent_decode_str;

use crate::model::Identity;
use crate::sources::{Sink, presence};

/// An attendee, or the organiser, as the calendar has them. No `Debug`: it holds an address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Invitation {
    /// The event's UID, empty if it has none.
    pub uid: String,
    /// It stands in ORGANIZER, not in ATTENDEE.
    pub organizer: bool,
    /// The value of the property, with `mailto:` where that is written.
    pub address: String,
    /// ROLE, upper case, where it is stated.
    pub role: Option<String>,
    /// PARTSTAT, upper case, where it is stated.
    pub partstat: Option<String>,
    /// CUTYPE, upper case, where it is stated.
    pub cutype: Option<String>,
    /// The group of MEMBER.
    pub(in crate::sources) member: Option<String>,
    /// Who delegated.
    pub(in crate::sources) delegated_from: Option<String>,
    /// The address, where the property's value is another one.
    pub(in crate::sources) email: Option<String>,
    /// The name that is shown.
    pub(in crate::sources) name: Option<String>,
    /// The configuration says that they are of the group, and not the calendar.
    pub(in crate::sources) is_listed: bool,
}

/// Somebody who is expected, or a group of whose members none is named.
pub(in crate::sources) struct Expected {
    /// Nobody of a group: whoever comes through it can't be told from others who come.
    pub(super) person: Option<Identity>,
    /// Empty where another entry says it, and this one only that they are in a list, too.
    pub(super) role: String,
    pub(super) role_stated: bool,
    pub(super) partstat: Option<String>,
    pub(super) via: Option<String>,
    /// The configuration says that the group has them.
    pub(super) is_listed: bool,
}

/// Every attendee and organiser of a component, rooms included, in the order of the file.
pub(super) fn invitations(component: &ICalendarComponent) -> Vec<Invitation> {
    let uid = component.uid().unwrap_or_default();
    component
        .entries
        .iter()
        .filter(|entry| {
            matches!(
                entry.name,
                ICalendarProperty::Attendee | ICalendarProperty::Organizer
            )
        })
        .map(|entry| invitation(uid, entry))
        .collect()
}

fn invitation(uid: &str, entry: &ICalendarEntry) -> Invitation {
    let parameter = |name: ICalendarParameterName| {
        let text = entry
            .parameter(&name)
            .and_then(ICalendarParameterValue::as_text)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let upper = |name| parameter(name).map(|text| text.to_uppercase());
    let address = |name| parameter(name).map(|text| without_mailto(&text).into_owned());
    Invitation {
        uid: uid.to_owned(),
        organizer: entry.name == ICalendarProperty::Organizer,
        address: entry
            .values
            .first()
            .and_then(|value| value.as_text())
            .unwrap_or_default()
            .to_owned(),
        role: upper(ICalendarParameterName::Role),
        partstat: upper(ICalendarParameterName::Partstat),
        cutype: upper(ICalendarParameterName::Cutype),
        member: address(ICalendarParameterName::Member),
        delegated_from: address(ICalendarParameterName::DelegatedFrom),
        email: parameter(ICalendarParameterName::Email),
        name: parameter(ICalendarParameterName::Cn),
        is_listed: false,
    }
}

/// The people among the invitations of one event, each once, and why others are left out.
///
/// The organiser is CHAIR, whatever an ATTENDEE says of them. Whoever has no ROLE has that of who
/// delegated to them, else that of the group by which they were invited, else REQ-PARTICIPANT. A role that
/// the RFC does not know counts as REQ-PARTICIPANT, as it says.
pub(in crate::sources) fn expected(
    invitations: &[Invitation],
    mut left_out: impl FnMut(&'static str),
) -> Vec<Expected> {
    let organizer = invitations.iter().find(|invitation| invitation.organizer);
    let chair = organizer.and_then(Invitation::person);
    let mut people: Vec<Expected> = Vec::new();
    for invitation in invitations
        .iter()
        .filter(|invitation| !invitation.organizer)
    {
        match invitation.cutype.as_deref() {
            Some("ROOM") => left_out("room"),
            Some("RESOURCE") => left_out("resource"),
            Some("GROUP") => {
                left_out("group");
                people.extend(group(invitation, invitations));
            }
            _ => match invitation.person() {
                None => left_out("attendee without address or name"),
                Some(_) if invitation.is_note_taker() => left_out("note-taker"),
                Some(person) if is_among(&people, &person) => {
                    // Whoever is required in one of two invitations has to come; but who is in a list and invited by
                    // name, too, is invited as the name is.
                    let counts = |one: &Expected| one.is_listed || !invitation.is_listed;
                    if invitation.role.as_deref() == Some("REQ-PARTICIPANT") {
                        has_to_come(&mut people, &person, counts);
                    }
                    match invitation.is_listed {
                        // They make the list as large as it is, and nothing else.
                        true => people.push(Expected {
                            person: Some(person),
                            role: String::new(),
                            role_stated: false,
                            partstat: None,
                            via: invitation.member.clone(),
                            is_listed: true,
                        }),
                        false => left_out("attendee named twice"),
                    }
                }
                Some(person) => {
                    let is_chair = chair.as_ref().is_some_and(|chair| same(chair, &person));
                    let role = stated_role(invitation, invitations);
                    people.push(Expected {
                        role_stated: role.is_some(),
                        role: match (is_chair, role) {
                            (true, _) => "CHAIR".to_owned(),
                            (false, role) => known_role(role.unwrap_or_default()).to_owned(),
                        },
                        partstat: invitation.partstat.clone(),
                        via: invitation.member.clone(),
                        is_listed: invitation.is_listed,
                        person: Some(person),
                    });
                }
            },
        }
    }
    if let Some(person) = chair
        && !is_among(&people, &person)
    {
        people.push(Expected {
            person: Some(person),
            role: "CHAIR".to_owned(),
            role_stated: false,
            partstat: organizer.and_then(|organizer| organizer.partstat.clone()),
            via: None,
            is_listed: false,
        });
    }
    people
}

/// Says of an event to which nobody is invited by name that it is none.
pub(in crate::sources) fn look(people: &[Expected], sink: &mut dyn Sink) {
    if people.iter().all(|one| one.person.is_none()) {
        sink.left_out("event without attendees");
    }
}

impl Expected {
    /// What tells them from the others of a meeting.
    pub(super) fn key(&self) -> String {
        let via = self.via.as_deref().unwrap_or_default();
        match &self.person {
            // Nobody is called so.
            Some(person) if self.role.is_empty() => {
                format!("\u{1f}in {via} {}", person.value).to_lowercase()
            }
            Some(person) => person.value.to_lowercase(),
            // No person is called so.
            None => format!(
                "\u{1f}group {}",
                self.via.as_deref().unwrap_or_default().to_lowercase()
            ),
        }
    }
}

impl Invitation {
    /// Of a calendar that says the same in words of its own; nothing of it is stated yet.
    pub(in crate::sources) fn to(uid: &str, address: &str) -> Invitation {
        Invitation {
            uid: uid.to_owned(),
            organizer: false,
            address: address.to_owned(),
            role: None,
            partstat: None,
            cutype: None,
            member: None,
            delegated_from: None,
            email: None,
            name: None,
            is_listed: false,
        }
    }

    /// Whether it is a program that takes notes: those are invited like people.
    fn is_note_taker(&self) -> bool {
        let name = self.name.as_deref();
        name.is_some_and(presence::takes_notes)
    }

    /// Who it is: by address, else by the address in EMAIL, else by another kind of address (a
    /// directory entry, a number), else by name. Apple writes `invalid:nomail` where it has none.
    fn person(&self) -> Option<Identity> {
        let address = without_mailto(&self.address);
        let address = address.trim();
        let by_address = Identity::bare(address);
        let email = self
            .email
            .as_deref()
            .map(|email| Identity::bare(&without_mailto(email)));
        let other = || {
            let usable = !address.is_empty() && !address.eq_ignore_ascii_case("invalid:nomail");
            usable.then(|| Identity::of_source("icalendar", "address", address))
        };
        let name = || {
            Some(Identity::of_source(
                "icalendar",
                "name",
                self.name.as_deref()?,
            ))
        };
        if by_address.is_email() {
            Some(by_address)
        } else {
            email
                .filter(Identity::is_email)
                .or_else(other)
                .or_else(name)
        }
    }
}

fn is_among(people: &[Expected], person: &Identity) -> bool {
    let mut known = people.iter().filter_map(|known| known.person.as_ref());
    known.any(|known| same(known, person))
}

/// Makes an optional invitation of somebody a required one, if it is one that counts.
fn has_to_come(people: &mut [Expected], person: &Identity, counts: impl Fn(&Expected) -> bool) {
    let is_own = |one: &&mut Expected| one.person.as_ref().is_some_and(|own| same(own, person));
    let own = people.iter_mut().filter(is_own).filter(|one| counts(one));
    for one in own.filter(|one| one.role != "CHAIR" && !one.role.is_empty()) {
        "REQ-PARTICIPANT".clone_into(&mut one.role);
        one.role_stated = true;
    }
}

/// A group, unless an attendee is said to be of it: then its members are named one by one.
fn group(group: &Invitation, invitations: &[Invitation]) -> Option<Expected> {
    let address = without_mailto(&group.address);
    let address = address.trim();
    let is_of_it = |one: &Invitation| {
        let of = one.member.as_deref().map(without_mailto);
        of.is_some_and(|of| of.eq_ignore_ascii_case(address))
    };
    if address.is_empty() || invitations.iter().any(is_of_it) {
        return None;
    }
    let role = group.role.as_deref();
    Some(Expected {
        person: None,
        role: known_role(role.unwrap_or_default()).to_owned(),
        role_stated: role.is_some(),
        partstat: None,
        via: Some(address.to_owned()),
        is_listed: false,
    })
}

fn same(a: &Identity, b: &Identity) -> bool {
    a.kind == b.kind && a.value.eq_ignore_ascii_case(&b.value)
}

/// The ROLE that is stated of somebody: their own, or that of who delegated to them, however often it was passed
/// on, or that of the group whose members they or one of these are.
fn stated_role<'i>(invitation: &'i Invitation, invitations: &'i [Invitation]) -> Option<&'i str> {
    let attendee = |address: &str| {
        let mut others = invitations.iter().filter(|other| !other.organizer);
        others.find(|other| without_mailto(&other.address).eq_ignore_ascii_case(address))
    };
    let mut one = invitation;
    // Everybody is asked once at most, also where people delegate to each other in a circle.
    for _ in invitations {
        if let Some(role) = &one.role {
            return Some(role);
        }
        let delegator = one.delegated_from.as_deref().and_then(attendee);
        let group = || {
            let group = attendee(one.member.as_deref()?)?;
            (group.cutype.as_deref() == Some("GROUP")).then_some(group)
        };
        one = delegator.or_else(group)?;
    }
    one.role.as_deref()
}

fn known_role(role: &str) -> &'static str {
    match role {
        "CHAIR" | "OWNER" => "CHAIR",
        "OPT-PARTICIPANT" => "OPT-PARTICIPANT",
        "NON-PARTICIPANT" => "NON-PARTICIPANT",
        _ => "REQ-PARTICIPANT",
    }
}

/// The address of a `mailto:` address (RFC 6068): without what follows a question mark, and with the characters
/// that are written as `%` and their number. Whatever else stands there stays as it is.
pub(super) fn without_mailto(text: &str) -> Cow<'_, str> {
    match text.split_at_checked(7) {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto:") => {
            let address = address.split('?').next().unwrap_or_default();
            let decoded = percent_decode_str(address).decode_utf8();
            decoded.unwrap_or(Cow::Borrowed(address))
        }
        _ => Cow::Borrowed(text),
    }
}
