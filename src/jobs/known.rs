//! The write-ups that deliveries are searched for, kept in a file as well: after a start the door
//! knows them before the engine answers.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::sources::KnownWriteup;
use crate::spool;

#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
}

/// What the file holds; `None` where there is none.
pub fn read(path: &Path) -> io::Result<Option<Vec<KnownWriteup>>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let written: Vec<Written> = serde_json::from_slice(&bytes)?;
    let known = |Written { id, title, aliases }| KnownWriteup { id, title, aliases };
    Ok(Some(written.into_iter().map(known).collect()))
}

/// Replaces the file, whole or not at all.
pub fn write(path: &Path, writeups: &[KnownWriteup]) -> io::Result<()> {
    let written: Vec<_> = writeups
        .iter()
        .map(|one| Written {
            id: one.id.clone(),
            title: one.title.clone(),
            aliases: one.aliases.clone(),
        })
        .collect();
    spool::replace(path, &serde_json::to_vec(&written)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writeups.json");
        assert_eq!(read(&path).unwrap(), None);
        let one = |title: Option<&str>| KnownWriteup {
            id: "INC-1".to_owned(),
            title: title.map(str::to_owned),
            aliases: vec!["https://wiki.example.org/1".to_owned()],
        };
        let known = vec![one(None), one(Some("Disk"))];
        write(&path, &known).unwrap();
        assert_eq!(read(&path).unwrap(), Some(known));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(read(&path).is_err());
    }
}
