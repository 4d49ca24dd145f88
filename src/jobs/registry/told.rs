//! A write-up of the registry as others may see it: nobody in it is named, and few people are not counted.

use serde_json::{Map, Value, json};

use super::Registry;
use super::names::{EVER, NEVER};
use crate::model::{Marks, Millis, to_rfc3339};
use crate::store::RegistryWriteup;
use crate::summary::suppress;

/// How many people, unless they are too few to be told.
pub fn people(count: usize, k: u32) -> Value {
    match suppress::count_is_withheld(count as u64, k.into()) {
        true => format!("fewer than {k}").into(),
        false => count.into(),
    }
}

/// What is measured of a write-up's text and authors, by name, at its publication and now.
pub fn descriptors(writeup: &RegistryWriteup, k: u32) -> [(&'static str, Value, Value); 9] {
    let authors = |count: Option<u32>| match count.map(usize::try_from) {
        Some(Ok(count)) => people(count, k),
        _ => Value::Null,
    };
    let some = |count: usize| u32::try_from(count).ok().filter(|count| *count > 0);
    let w = writeup;
    [
        ("words", json!(w.first_words), json!(w.words)),
        ("diagrams", json!(w.first_diagrams), json!(w.diagrams)),
        ("hyperlinks", json!(w.first_hyperlinks), json!(w.hyperlinks)),
        ("acronyms", json!(w.first_acronyms), json!(w.acronyms)),
        (
            "acronyms_unexplained",
            json!(w.first_acronyms_unexplained),
            json!(w.acronyms_unexplained),
        ),
        (
            "data_sources",
            json!(w.first_data_sources),
            json!(w.data_sources),
        ),
        ("quotations", json!(w.first_quotations), json!(w.quotations)),
        (
            "contributors",
            authors(w.first_contributors),
            authors(some(w.contributors.len())),
        ),
        (
            "contributor_teams",
            json!(w.first_contributor_teams),
            json!(some(w.contributor_teams.len())),
        ),
    ]
}

/// The roles that people have in a write-up, and how many have each.
pub fn roles(writeup: &RegistryWriteup) -> [(&'static str, usize); 4] {
    [
        ("contributors", writeup.contributors.len()),
        ("responders", writeup.responders.len()),
        ("reviewers", writeup.reviewers.len()),
        ("facilitators", writeup.facilitators.len()),
    ]
}

/// The marks of a write-up.
pub fn marks(writeup: &RegistryWriteup) -> Marks {
    Marks {
        surprised: writeup.surprised,
        difficult: writeup.difficult,
        unclear: writeup.unclear,
        several_accounts: writeup.several_accounts,
    }
}

/// Since when and until when a name is a write-up's; `None` for no end.
pub fn span((_, from, to): &(String, Millis, Millis)) -> (Option<Millis>, Option<Millis>) {
    let from = Some(*from).filter(|from| *from != EVER);
    (from, Some(*to).filter(|to| *to != NEVER))
}

/// All that is known of a write-up.
pub fn whole(registry: &Registry, writeup: &RegistryWriteup, k: u32) -> Value {
    let mut value = brief(writeup, k);
    let dated = writeup.spans.iter().map(|dated| {
        let (from, to) = span(dated);
        json!({ "alias": dated.0, "from": from.map(to_rfc3339), "to": to.map(to_rfc3339) })
    });
    let measured = descriptors(writeup, k);
    let (first, latest): (Map<_, _>, Map<_, _>) = measured
        .into_iter()
        .map(|(name, first, latest)| ((name.to_owned(), first), (name.to_owned(), latest)))
        .unzip();
    let parts: Vec<&str> = registry.parts(writeup).map(|part| &*part.id).collect();
    value["names"] = json!(writeup.names);
    value["alias_validity"] = dated.collect();
    value["descriptors"] = json!({ "at_publication": first, "latest": latest });
    value["merged_into"] = json!(registry.whole(writeup).map(|whole| &whole.id));
    value["parts"] = json!(parts);
    value["said_by"] = json!(registry.sources(&writeup.id));
    value
}

/// What a list shows of a write-up.
pub fn brief(writeup: &RegistryWriteup, k: u32) -> Value {
    let people: Map<String, Value> = roles(writeup)
        .into_iter()
        .map(|(role, count)| (role.to_owned(), people(count, k)))
        .collect();
    let marks: Map<String, Value> = Marks::NAMES
        .into_iter()
        .zip(marks(writeup).values())
        .map(|(name, mark)| (name.to_owned(), json!(mark)))
        .collect();
    json!({
        "id": writeup.id,
        "title": writeup.title,
        "url": writeup.url,
        "names": writeup.names,
        "published_at": writeup.published_at.map(to_rfc3339),
        "deleted_at": writeup.deleted_at.map(to_rfc3339),
        "owner_team": writeup.owner_team,
        "template": writeup.template,
        "words": writeup.words,
        "tags": writeup.tags,
        "restricted": writeup.restricted,
        "people": people,
        "marks": marks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_people_are_not_counted() {
        assert_eq!(people(0, 5), 0);
        assert_eq!(people(1, 5), "fewer than 5");
        assert_eq!(people(4, 5), "fewer than 5");
        assert_eq!(people(5, 5), 5);
        assert_eq!(people(1, 1), 1);
    }
}
