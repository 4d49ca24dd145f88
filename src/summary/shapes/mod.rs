//! The JSON Schema of every shape that the program puts out beside the summary: what commands print with
//! `--json`, and what addresses answer. One file for each shape and version, `NAME.vN.json`. A field may be
//! added to a version; for anything else there is a new one, and a test holds every shape to what it was.

use include_dir::{Dir, include_dir};
use serde_json::{Error, Value as Json};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/summary/shapes");

/// Every shape by name and version (`import.v1`), in their order.
///
/// # Errors
/// A file is no JSON, which a test sees first.
pub fn all() -> Result<Vec<(String, Json)>, Error> {
    let files = FILES.files().filter_map(|file| {
        let name = file.path().file_name()?.to_str()?;
        Some((name.strip_suffix(".json")?.to_owned(), file.contents()))
    });
    let mut all = files
        .map(|(name, text)| Ok((name, serde_json::from_slice(text)?)))
        .collect::<Result<Vec<(String, Json)>, Error>>()?;
    all.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(all)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_shape_is_a_schema_with_a_version() {
        let all = super::all().unwrap();
        assert!(all.len() > 30);
        for (name, schema) in all {
            let (_, version) = name.rsplit_once(".v").expect(&name);
            assert!(version.parse::<u32>().is_ok(), "{name}");
            assert_eq!(
                schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
                "{name}"
            );
            assert!(
                schema["title"].is_string() && schema["type"].is_string(),
                "{name}"
            );
        }
    }
}
