//! The OpenAPI document, made from the table that the router itself uses; and the schemas of all that comes in
//! (events) and goes out (the summary, explanations, what commands and addresses answer). The `utoipa` crate
//! would describe each handler by attributes of its own, beside that table and free to differ from it.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Keep};
use super::api::{Operation, ROUTES};
use super::problem::{Refusal, Segment};
use super::rest;
use crate::jobs::{explain, noised};
use crate::sources::events;
use crate::summary::{schema, shapes};

/// Every schema by its name, made once.
fn all() -> &'static [(String, Vec<u8>)] {
    static ALL: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let events = events::schemas().into_iter();
        let events = events.map(|(name, schema)| (name, schema.to_value()));
        let out = [
            ("explanation.v1".to_owned(), explain::schema()),
            ("noised.v1".to_owned(), noised::schema()),
            ("summary.v1".to_owned(), schema::summary()),
        ];
        // What is no JSON a test has seen.
        let shapes = shapes::all().unwrap_or_default();
        events
            .chain(out)
            .chain(shapes)
            .map(|(name, mut json)| {
                if let Some(fields) = json.as_object_mut() {
                    fields.insert("$id".to_owned(), address(&name).into());
                }
                (name, format!("{json:#}\n").into_bytes())
            })
            .collect()
    })
}

pub(super) fn address(name: &str) -> String {
    format!("/v1/schemas/{name}.json")
}

/// `GET /v1/schemas`
pub(super) async fn schemas(headers: HeaderMap) -> Response<Body> {
    let list = all()
        .iter()
        .map(|(name, _)| json!({ "name": name, "address": address(name) }));
    let body = json!({ "schemas": list.collect::<Vec<_>>() });
    found(&headers, "application/json", format!("{body:#}\n"))
}

/// `GET /v1/schemas/{name}`
pub(super) async fn schema(headers: HeaderMap, Segment(name): Segment) -> Response<Body> {
    let name = name.strip_suffix(".json").unwrap_or(&name);
    match all().iter().find(|(known, _)| known == name) {
        Some((_, body)) => {
            Answer::found("application/schema+json", body.clone(), Keep::Ask).respond(&headers)
        }
        None => {
            let known: Vec<_> = all().iter().map(|(name, _)| name.as_str()).collect();
            let words = format!("no such schema; there are {}", known.join(", "));
            Refusal::new(StatusCode::NOT_FOUND, words).respond()
        }
    }
}

/// `GET /openapi.json`
pub(super) async fn document(headers: HeaderMap) -> Response<Body> {
    found(&headers, "application/json", format!("{:#}\n", openapi()))
}

fn found(headers: &HeaderMap, kind: &'static str, text: String) -> Response<Body> {
    Answer::found(kind, text.into_bytes(), Keep::Ask).respond(headers)
}

/// What every address takes and answers.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let mut methods = Map::new();
        let segments = route.path.split('{').skip(1);
        let parameters = segments.map(|rest| {
            let name = rest.split('}').next().unwrap_or(rest);
            json!({
                "name": name, "in": "path", "required": true,
                "schema": { "type": "string", "minLength": 1 },
            })
        });
        let parameters: Vec<Value> = parameters.collect();
        if !parameters.is_empty() {
            methods.insert("parameters".to_owned(), parameters.into());
        }
        for operation in route.operations {
            methods.insert(
                operation.method.to_owned(),
                described(route.path, operation),
            );
        }
        paths.insert(route.path.to_owned(), methods.into());
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Readback",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Events in, published numbers out. Names of people become keyed pseudonyms \
                before anything is written; no address takes or gives a person.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": { "type": "http", "scheme": "basic" },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "readback",
                    "description": "Somebody who has signed in, from a page of this server, in the role that \
                        the address takes. Over HTTPS the cookie is called __Host-readback; behind a proxy that \
                        says who it is there is none",
                },
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "description": "Problem details, RFC 9457",
                    "properties": {
                        "type": { "type": "string" },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                        "accepted": { "type": "integer" },
                        "rejected": { "$ref": "#/components/schemas/Rejected" },
                        "untold": { "type": "integer" },
                    },
                },
                "NotImported": {
                    "type": "object",
                    "description": "Problem details, RFC 9457, with the receipt of a file that was gone through",
                    "properties": {
                        "type": { "type": "string" },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                        "rejected": { "type": "integer", "description": "How many entries" },
                        "problems": {
                            "type": "array",
                            "description": "What is wrong with each",
                            "items": { "type": "object", "required": ["place", "field", "reason"] },
                        },
                    },
                },
                "Accepted": {
                    "type": "object",
                    "required": ["accepted", "rejected"],
                    "properties": {
                        "accepted": { "type": "integer", "description": "Events that stand on the disk" },
                        "rejected": { "$ref": "#/components/schemas/Rejected" },
                        "untold": {
                            "type": "integer",
                            "description": "Refused events beyond the thousand that are listed",
                        },
                        "left_out": {
                            "type": "object",
                            "description": "What was left out on purpose, by reason",
                            "additionalProperties": { "type": "integer" },
                        },
                        "notes": { "type": "array", "items": { "type": "string" } },
                        "repeated": { "type": "boolean" },
                    },
                },
                "Rejected": {
                    "type": "array",
                    "description": "What is wrong, field by field: an event with several things wrong \
                        stands here several times under its index",
                    "items": {
                        "type": "object",
                        "required": ["index", "field", "reason"],
                        "properties": {
                            "index": { "type": "integer", "description": "Which event, from 0" },
                            "place": { "type": "string" },
                            "field": { "type": "string" },
                            "reason": { "type": "string" },
                        },
                    },
                },
            },
        },
    })
}

const IMPORTS: &str = "/v1/imports/{kind}";

/// Whether a person with the role may do what a token may.
fn takes_people(path: &str) -> bool {
    path == IMPORTS || path.starts_with("/v1/writeups")
}

/// The media type of an answer, and its schema; nothing where it has none.
fn body(path: &str, method: &str, status: u16) -> Option<(&'static str, String)> {
    let component = |name: &str| format!("#/components/schemas/{name}");
    let shape = match (path, method, status) {
        ("/readyz", _, _) => Some("ready.v1"),
        ("/readyz/{part}", _, 200 | 503) => Some("ready-part.v1"),
        ("/summary.json", _, 200) => Some("summary.v1"),
        ("/v1/writeups", _, 200) => Some("writeups-listed.v1"),
        ("/v1/writeups/unregistered", _, 200) => Some("targets-listed.v1"),
        ("/v1/writeups/{id}", "get", 200) => Some("writeup.v1"),
        _ => None,
    };
    if let Some(shape) = shape {
        return Some(("application/json", address(shape)));
    }
    match status {
        202 => Some(("application/json", component("Accepted"))),
        400.. if path == IMPORTS => Some(("application/problem+json", component("NotImported"))),
        400.. => Some(("application/problem+json", component("Problem"))),
        _ => None,
    }
}

fn described(path: &str, operation: &Operation) -> Value {
    let mut responses = Map::new();
    for (status, meaning) in operation.answers {
        let mut response = json!({ "description": meaning });
        if let Some((media, schema)) = body(path, operation.method, *status) {
            response["content"] = json!({ media: { "schema": { "$ref": schema } } });
        }
        if let Some(content) = rest::bodies(path, *status) {
            response["content"] = content;
        }
        responses.insert(status.to_string(), response);
    }
    let mut described = json!({
        "summary": operation.summary,
        "description": operation.description,
        "responses": responses,
    });
    if operation.token {
        described["security"] = json!([{ "bearer": [] }, { "basic": [] }]);
        if let ("/v1/hooks/{source}", Some(ways)) = (path, described["security"].as_array_mut()) {
            // A signature instead.
            ways.push(json!({}));
        }
        if let (true, Some(ways)) = (takes_people(path), described["security"].as_array_mut()) {
            ways.push(json!({ "session": [] }));
        }
    }
    if path.starts_with(rest::INDEX.path) {
        // On this machine, where nobody signs in, nothing has to be shown.
        described["security"] = json!([{ "bearer": [] }, { "basic": [] }, { "session": [] }, {}]);
    }
    if !operation.takes.is_empty() {
        let content = operation.takes.iter().map(|media| {
            let schema = match path {
                "/v1/events" if *media == "application/cloudevents+json" => {
                    json!({ "$ref": address("cloudevent") })
                }
                "/v1/events" if *media == "application/cloudevents-batch+json" => {
                    json!({ "type": "array", "items": { "$ref": address("cloudevent") } })
                }
                _ => json!({}),
            };
            ((*media).to_owned(), json!({ "schema": schema }))
        });
        let content: Map<_, _> = content.collect();
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if let Some(parameters) = rest::parameters(path) {
        described["parameters"] = parameters;
    }
    if path == IMPORTS {
        let named = |name: &str, means: &str| {
            json!({
                "name": name, "in": "query", "description": means, "schema": { "type": "string" },
            })
        };
        described["parameters"] = json!([
            named("source", "The source of its events; else the kind's name"),
            named("file", "The file's name, where the kind goes by it"),
            named("dry_run", "true: say what would come of it, and store nothing"),
            {
                "name": "params", "in": "query", "style": "form", "explode": true,
                "description": "Parameters of the kind, each under its own name",
                "schema": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        ]);
    }
    if matches!(path, "/beacon.js" | "/b") {
        described["parameters"] = json!([{
            "name": "source", "in": "query", "schema": { "type": "string" },
            "description": "The id of a source of the kind beacon; may be left out where there is just one",
        }]);
    }
    if operation.method == "put" {
        described["parameters"] = json!([{
            "name": "statementId", "in": "query", "required": true, "schema": { "type": "string" },
        }]);
    }
    described
}
