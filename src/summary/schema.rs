//! The JSON Schema of `summary.json`.

use serde_json::Value as Json;

use super::document::Document;

/// JSON Schema (draft 2020-12) of the document.
pub fn summary() -> Json {
    schemars::schema_for!(Document).to_value()
}

#[cfg(test)]
mod tests {
    /// A change of shape shows here, and asks for a new version of `SCHEMA`.
    #[test]
    fn the_shape_is_known() {
        insta::assert_json_snapshot!("summary_schema", super::summary());
    }
}
