//! What programs may ask of this server: the OpenAPI document as a page.

use serde::Serialize;
use serde_json::Value;

use super::view::Frame;
use super::{Links, PageError, templates};
use crate::charts::reading;

#[derive(Serialize)]
struct View<'a> {
    frame: Frame,
    about: &'a str,
    groups: Vec<Group<'a>>,
}

/// Addresses that belong together.
#[derive(Serialize)]
struct Group<'a> {
    id: &'static str,
    title: &'static str,
    operations: Vec<Operation<'a>>,
}

#[derive(Serialize)]
struct Operation<'a> {
    method: String,
    path: &'a str,
    summary: &'a str,
    description: &'a str,
    /// Who may, in words.
    asks: &'static str,
    parameters: Vec<Parameter<'a>>,
    /// Media types of what is sent.
    takes: Vec<&'a str>,
    answers: Vec<Reply<'a>>,
}

#[derive(Serialize)]
struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    required: bool,
    description: &'a str,
    valid: String,
}

#[derive(Serialize)]
struct Reply<'a> {
    status: &'a str,
    means: &'a str,
    /// Media types of what is given.
    gives: Vec<&'a str>,
}

/// The kinds of addresses: where each begins, and what they are called.
const GROUPS: [(&str, &str, &[&str]); 4] = [
    (
        "published",
        "What is published",
        &["/api/v1", "/summary.json"],
    ),
    ("events", "Bringing events", &["/v1/", "/xapi/", "/b"]),
    (
        "described",
        "Descriptions",
        &["/v1/schemas", "/openapi.json"],
    ),
    (
        "running",
        "Does it run",
        &["/healthz", "/readyz", "/metrics"],
    ),
];

/// The page.
pub(super) fn render(summary: &Value, links: Links, document: &Value) -> Result<String, PageError> {
    let mut groups: Vec<Group<'_>> = GROUPS
        .iter()
        .map(|(id, title, _)| Group {
            id,
            title,
            operations: Vec::new(),
        })
        .collect();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let group = groups.iter_mut().find(|group| group.id == group_of(path));
        if let Some(group) = group {
            group.operations.extend(operations(path, item));
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    let view = View {
        frame: Frame::new(summary, links, "api", "For programs"),
        about: reading::text(&document["info"], "description"),
        groups,
    };
    templates::render("api.html", &view)
}

/// Where an address belongs: to the group that names it closest.
fn group_of(path: &str) -> &'static str {
    let each = GROUPS
        .iter()
        .flat_map(|(id, _, starts)| starts.iter().map(move |start| (*id, *start)));
    let fits = each.filter(|(_, start)| path.starts_with(start));
    let closest = fits.max_by_key(|(_, start)| start.len());
    closest.map_or("events", |(id, _)| id)
}

fn operations<'a>(path: &'a str, item: &'a Value) -> impl Iterator<Item = Operation<'a>> {
    let shared = reading::list(item, "parameters");
    let methods = item.as_object().into_iter().flatten();
    let methods = methods.filter(|(name, _)| *name != "parameters");
    methods.map(move |(method, operation)| {
        let own = reading::list(operation, "parameters");
        let answers = operation["responses"].as_object().into_iter().flatten();
        Operation {
            method: method.to_uppercase(),
            path,
            summary: reading::text(operation, "summary"),
            description: reading::text(operation, "description"),
            asks: asks(path, operation),
            parameters: shared.iter().chain(own).map(parameter).collect(),
            takes: media(&operation["requestBody"]),
            answers: answers
                .map(|(status, answer)| Reply {
                    status,
                    means: reading::text(answer, "description"),
                    gives: media(answer),
                })
                .collect(),
        }
    })
}

fn asks(path: &str, operation: &Value) -> &'static str {
    let ways = reading::list(operation, "security");
    let takes = |name: &str| ways.iter().any(|way| way.get(name).is_some());
    match () {
        () if group_of(path) == "published" && takes("bearer") => {
            "whoever may see these pages, or a token for what is published"
        }
        () if takes("session") => "a token, or a coordinator who has signed in",
        () if takes("bearer") => "a token",
        () if group_of(path) == "published" => "whoever may see these pages",
        () => "nobody in particular",
    }
}

fn media(of: &Value) -> Vec<&str> {
    let content = of["content"].as_object().into_iter().flatten();
    content.map(|(media, _)| media.as_str()).collect()
}

fn parameter(parameter: &Value) -> Parameter<'_> {
    let schema = &parameter["schema"];
    let named = reading::list(schema, "enum").iter();
    let named: Vec<&str> = named.filter_map(Value::as_str).collect();
    let valid = match (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        _ => named.join(", "),
    };
    Parameter {
        name: reading::text(parameter, "name"),
        place: match reading::text(parameter, "in") {
            "path" => "in the address",
            _ => "behind the question mark",
        },
        required: parameter["required"] == true,
        description: reading::text(parameter, "description"),
        valid,
    }
}
