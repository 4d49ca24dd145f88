//! Small JSON files of the data folder that carry the number of their format. What is wrong with one is
//! told by its place: what stands there may be a secret or a name.

use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::whole::replace;

/// What such a file can be wrong by.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
    /// The file is not what Readback wrote.
    #[error("{path}: is not what readback wrote: {reason}; put it back from your backup")]
    Broken {
        /// The file.
        path: String,
        /// Where it is wrong, and what would be valid.
        reason: String,
    },
}

impl DocumentError {
    /// The system refused.
    pub fn io(path: &Path, cause: io::Error) -> Self {
        DocumentError::Io {
            path: path.display().to_string(),
            cause,
        }
    }

    /// It is not what was written.
    pub fn broken(path: &Path, reason: impl Into<String>) -> Self {
        DocumentError::Broken {
            path: path.display().to_string(),
            reason: reason.into(),
        }
    }
}

#[derive(Deserialize)]
struct Numbered {
    format: u32,
}

/// Reads a file of this format, which is a field of `T`; `None` where there is no file.
pub fn read_document<T: DeserializeOwned>(
    path: &Path,
    format: u32,
) -> Result<Option<T>, DocumentError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(DocumentError::io(path, cause)),
    };
    let wrong = |error: serde_json::Error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => {
                "a field is missing, unknown or of another kind than it should be"
            }
            serde_json::error::Category::Eof => "it ends early",
            _ => "this is no JSON",
        };
        let place = format!("line {}, column {}", error.line(), error.column());
        DocumentError::broken(path, format!("{place}: {what}"))
    };
    // First: another format may have other fields.
    let numbered: Numbered = serde_json::from_slice(&bytes).map_err(wrong)?;
    if numbered.format != format {
        let words = format!(
            "format {}, this program knows {format}; it may be too old",
            numbered.format
        );
        return Err(DocumentError::broken(path, words));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(wrong)
}

/// Writes a file, whole or not at all. When this returns, it stands on the disk, its owner's alone.
pub fn write_document(path: &Path, document: &impl Serialize) -> Result<(), DocumentError> {
    serde_json::to_vec_pretty(document)
        .map_err(io::Error::from)
        .and_then(|bytes| replace(path, &bytes))
        .map_err(|cause| DocumentError::io(path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        format: u32,
        names: Vec<String>,
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.json");
        assert!(read_document::<File>(&path, 1).unwrap().is_none());
        let file = File {
            format: 1,
            names: vec!["zzsecret".to_owned()],
        };
        write_document(&path, &file).unwrap();
        assert_eq!(read_document(&path, 1).unwrap(), Some(file));
        for (text, words) in [
            ("", "line 1, column 0: it ends early"),
            ("{\"format\":1,\"names\":[\"zzsec", "it ends early"),
            ("zzsecret", "this is no JSON"),
            ("{\"format\":1}", "a field is missing"),
            (
                "{\"format\":1,\"names\":[\"zzsecret\",\n7]}",
                "line 2, column 1: a field",
            ),
            ("{\"format\":1,\"names\":[],\"zzsecret\":1}", "a field is"),
            // Whatever else it holds.
            ("{\"format\":2,\"zzsecret\":1}", "format 2"),
        ] {
            std::fs::write(&path, text).unwrap();
            let told = read_document::<File>(&path, 1).unwrap_err().to_string();
            assert!(told.contains(words), "{text}: {told}");
            assert!(!told.contains("zzsecret"), "{told}");
        }
    }
}
