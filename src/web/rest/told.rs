//! What the OpenAPI document says of `/api/v1`: what may stand behind the question mark, and what is answered.

use serde_json::{Value, json};

use super::super::openapi;
use super::asked::{Form, LAST, MOST, ROWS};
use super::table::Table;
use super::{INDEX, SUMMARY, address, tables};

/// What an address takes behind the question mark; nothing where it takes nothing, or stands elsewhere.
pub(in crate::web) fn parameters(path: &str) -> Option<Value> {
    at(path)?;
    let names = Form::ALL.map(Form::name);
    Some(json!([
        {
            "name": "format", "in": "query",
            "description": "The form of the table; else `Accept` says it. As CSV and Parquet it is given whole, \
                without page and per_page",
            "schema": { "type": "string", "enum": names },
        },
        {
            "name": "page", "in": "query",
            "description": "Which page, from 1; the header Link names those around it. What is behind the last \
                is empty",
            "schema": { "type": "integer", "minimum": 1, "maximum": LAST, "default": 1 },
        },
        {
            "name": "per_page", "in": "query", "description": "Rows on a page",
            "schema": { "type": "integer", "minimum": 1, "maximum": MOST, "default": ROWS },
        },
    ]))
}

/// What an answer of an address here holds, by media type.
pub(in crate::web) fn bodies(path: &str, status: u16) -> Option<Value> {
    let is_here = path == INDEX.path || path.starts_with("/api/v1/");
    match status {
        _ if !is_here => None,
        200 => Some(found(path)),
        400.. => {
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            Some(json!({ "application/problem+json": { "schema": schema } }))
        }
        _ => None,
    }
}

fn at(path: &str) -> Option<&'static Table> {
    tables::ALL.into_iter().find(|table| address(table) == path)
}

fn found(path: &str) -> Value {
    let Some(table) = at(path) else {
        let schema = match path {
            path if path == INDEX.path => index(),
            path if path == SUMMARY.path => json!({ "$ref": openapi::address("summary.v1") }),
            path => one(path),
        };
        return json!({ "application/json": { "schema": schema } });
    };
    let page = json!({
        "type": "object",
        "required": ["as_of", "total", "page", "per_page", "items"],
        "additionalProperties": false,
        "properties": {
            "as_of": {
                "type": "string", "format": "date-time",
                "description": "Events at or after this instant are not in it",
            },
            "total": { "type": "integer", "description": "Rows on all pages" },
            "page": { "type": "integer", "minimum": 1 },
            "per_page": { "type": "integer", "minimum": 1, "maximum": MOST },
            "items": { "type": "array", "maxItems": MOST, "items": table.schema() },
        },
    });
    json!({
        "application/json": { "schema": page },
        "text/csv": { "schema": { "type": "string" } },
        "application/vnd.apache.parquet": { "schema": { "type": "string", "format": "binary" } },
    })
}

fn index() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["as_of", "summary", "tables", "described"],
        "properties": {
            "as_of": { "type": "string", "format": "date-time" },
            "summary": text,
            "described": text,
            "tables": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "address", "what", "forms"],
                    "properties": {
                        "name": text, "address": text, "what": text,
                        "forms": { "type": "array", "items": text },
                    },
                },
            },
        },
    })
}

/// One of a list, as the summary has it.
fn one(path: &str) -> Value {
    let named = path.split(['{', '}']).filter(|part| !part.contains('/'));
    let names: Vec<&str> = named.filter(|part| !part.is_empty()).collect();
    let fields = names.iter().map(|name| {
        let text = json!({ "type": "string" });
        ((*name).to_owned(), text)
    });
    let fields: serde_json::Map<String, Value> = fields.collect();
    json!({ "type": "object", "required": names, "properties": fields })
}
