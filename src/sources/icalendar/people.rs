//! Who is invited: the attendees and the organiser of one event.

use calcard::icalendar::{
    ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarParameterValue,
    ICalendarProperty,
};

use crate::model::Identity;

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
}

/// Somebody who is expected.
pub(in crate::sources) struct Expected {
    pub(super) person: Identity,
    pub(super) role: String,
    pub(super) role_stated: bool,
    pub(super) partstat: Option<String>,
    pub(super) via: Option<String>,
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
    let address = |name| parameter(name).map(|text| without_mailto(&text).to_owned());
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
    }
}

/// The people among the invitations of one event, each once, and why others are left out.
///
/// The organiser is CHAIR, also where no ATTENDEE names them. Whoever has no ROLE has that of who
/// delegated to them, else REQ-PARTICIPANT. A role that the RFC does not know counts as
/// REQ-PARTICIPANT, as it says.
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
            Some("GROUP") => left_out("group"),
            _ => match invitation.person() {
                None => left_out("attendee without address or name"),
                Some(person) if people.iter().any(|known| same(&known.person, &person)) => {
                    left_out("attendee named twice");
                }
                Some(person) => {
                    let is_chair = chair.as_ref().is_some_and(|chair| same(chair, &person));
                    let role = invitation
                        .role
                        .clone()
                        .or_else(|| delegator_role(invitation, invitations));
                    people.push(Expected {
                        role_stated: role.is_some(),
                        role: role.map_or_else(|| default_role(is_chair), |role| known_role(&role)),
                        partstat: invitation.partstat.clone(),
                        via: invitation.member.clone(),
                        person,
                    });
                }
            },
        }
    }
    if let Some(person) = chair
        && !people.iter().any(|known| same(&known.person, &person))
    {
        people.push(Expected {
            person,
            role: "CHAIR".to_owned(),
            role_stated: false,
            partstat: organizer.and_then(|organizer| organizer.partstat.clone()),
            via: None,
        });
    }
    people
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
        }
    }

    /// Who it is: by address, else by the address in EMAIL, else by another kind of address (a
    /// directory entry, a number), else by name. Apple writes `invalid:nomail` where it has none.
    fn person(&self) -> Option<Identity> {
        let address = without_mailto(&self.address).trim();
        let by_address = Identity::bare(address);
        let email = self
            .email
            .as_deref()
            .map(|email| Identity::bare(without_mailto(email)));
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

fn same(a: &Identity, b: &Identity) -> bool {
    a.kind == b.kind && a.value.eq_ignore_ascii_case(&b.value)
}

/// The delegate inherits the ROLE of who delegated.
fn delegator_role(delegate: &Invitation, invitations: &[Invitation]) -> Option<String> {
    let from = delegate.delegated_from.as_deref()?;
    let delegator = invitations.iter().find(|other| {
        !other.organizer && without_mailto(&other.address).eq_ignore_ascii_case(from)
    })?;
    delegator.role.clone()
}

fn default_role(is_chair: bool) -> String {
    if is_chair { "CHAIR" } else { "REQ-PARTICIPANT" }.to_owned()
}

fn known_role(role: &str) -> String {
    match role {
        "CHAIR" | "OWNER" => "CHAIR",
        "OPT-PARTICIPANT" => "OPT-PARTICIPANT",
        "NON-PARTICIPANT" => "NON-PARTICIPANT",
        _ => "REQ-PARTICIPANT",
    }
    .to_owned()
}

fn without_mailto(text: &str) -> &str {
    match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &text[7..],
        _ => text,
    }
}
