//! Who is meant by the address of a group. Graph has groups among the attendees like people, so they are
//! told apart by asking for all groups once.

use std::collections::HashMap;

use serde_json::Value;

use crate::sources::forge::Stop;
use crate::sources::icalendar::Invitation;
use crate::sources::microsoft::escaped;
use crate::sources::microsoft::graph::Graph;

/// What the application needs for it.
pub(super) const NEEDED: &str = "expand_groups needs the application permission GroupMember.Read.All, and \
     User.ReadBasic.All for the members' addresses, both with an administrator's consent";

/// Every group with an address, and the members of those that were asked for. In memory only.
#[derive(Default)]
pub(super) struct Groups {
    /// Ids by addresses, in small letters; nothing before they were asked for.
    ids: Option<HashMap<String, String>>,
    /// Addresses of members by ids of groups.
    members: HashMap<String, Vec<String>>,
}

impl Groups {
    /// Puts the members of groups in their places.
    pub(super) fn expand(
        &mut self,
        invitations: &mut Vec<Invitation>,
        graph: &mut Graph,
    ) -> Result<(), Stop> {
        let mut invited = Vec::new();
        for one in invitations.iter_mut().filter(|one| !one.organizer) {
            let Some(id) = self.id(&one.address, graph)? else {
                continue;
            };
            one.cutype = Some("GROUP".to_owned());
            let members = self.members(&id, graph)?;
            invited.extend(members.iter().map(|address| Invitation {
                address: address.clone(),
                role: one.role.clone(),
                member: Some(one.address.clone()),
                ..Invitation::default()
            }));
        }
        // Who is named besides is invited by name, and that comes first.
        invitations.extend(invited);
        Ok(())
    }

    fn id(&mut self, address: &str, graph: &mut Graph) -> Result<Option<String>, Stop> {
        if self.ids.is_none() {
            self.ids = Some(ids(graph)?);
        }
        let ids = self.ids.as_ref();
        Ok(ids.and_then(|ids| ids.get(&address.to_lowercase()).cloned()))
    }

    fn members(&mut self, id: &str, graph: &mut Graph) -> Result<&[String], Stop> {
        if !self.members.contains_key(id) {
            let path = format!(
                "/groups/{}/transitiveMembers/microsoft.graph.user?$select=mail,userPrincipalName&$top=999",
                escaped(id)
            );
            let members = graph.list(&path, NEEDED)?.unwrap_or_default();
            let address = |member: &Value| {
                let address = member["mail"].as_str().filter(|mail| !mail.is_empty());
                let address = address.or_else(|| member["userPrincipalName"].as_str());
                address.map(str::to_owned)
            };
            let members = members.iter().filter_map(address).collect();
            self.members.insert(id.to_owned(), members);
        }
        Ok(self.members.get(id).map_or(&[], Vec::as_slice))
    }
}

/// The ids of all groups by each of their addresses.
fn ids(graph: &mut Graph) -> Result<HashMap<String, String>, Stop> {
    let path = "/groups?$filter=mailEnabled%20eq%20true&$select=id,mail,proxyAddresses&$top=999";
    let mut ids = HashMap::new();
    for group in graph.list(path, NEEDED)?.unwrap_or_default() {
        let Some(id) = group["id"].as_str() else {
            continue;
        };
        let others = group["proxyAddresses"].as_array().into_iter().flatten();
        let others = others.filter_map(Value::as_str);
        let others = others.filter_map(|address| address.get(5..).filter(|_| is_smtp(address)));
        for address in others.chain(group["mail"].as_str()) {
            ids.insert(address.to_lowercase(), id.to_owned());
        }
    }
    Ok(ids)
}

/// Whether an address is written as `SMTP:ada@example.org`.
fn is_smtp(address: &str) -> bool {
    address
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("smtp:"))
}

/// Whether groups may be asked for.
pub(super) fn look(graph: &mut Graph) -> Result<(), Stop> {
    let address = graph.address("/groups?$filter=mailEnabled%20eq%20true&$select=id&$top=1");
    match graph.get(&address)? {
        crate::sources::microsoft::graph::Answer::Forbidden => Err(graph.forbidden(NEEDED)),
        _ => Ok(()),
    }
}
