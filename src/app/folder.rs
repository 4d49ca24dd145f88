//! The data folder: what is fixed when it is made (k) and where its key lies.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The smallest number of people that is shown, where nobody says otherwise (INDICATORS section 9).
pub const DEFAULT_K: u32 = 5;

/// An opened data folder.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The smallest number of people that is shown; fixed when the folder was made.
    pub k: u32,
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{path}: {cause}")]
    Io {
        /// The folder or a file in it.
        path: String,
        /// The system's error.
        #[source]
        cause: std::io::Error,
    },
    /// The folder's own file is broken.
    #[error("{path}: is not what readback wrote: {reason}")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration asks for another k.
    #[error(
        "privacy.k: {asked} is configured, but {path} was made with {fixed}; \
         k is fixed when a data folder is made, take a new folder for another"
    )]
    OtherK {
        /// The folder.
        path: String,
        /// The configured k.
        asked: u32,
        /// The folder's k.
        fixed: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    format: u32,
    k: u32,
}

impl DataFolder {
    /// Opens a folder, or makes one with `k`.
    pub fn open_or_create(path: &Path, k: Option<u32>) -> Result<Self, FolderError> {
        let named = |at: &Path, cause| FolderError::Io {
            path: at.display().to_string(),
            cause,
        };
        let file = path.join("folder.json");
        match std::fs::read(&file) {
            Ok(bytes) => {
                let fixed: Fixed =
                    serde_json::from_slice(&bytes).map_err(|error| FolderError::Broken {
                        path: file.display().to_string(),
                        reason: error.to_string(),
                    })?;
                if let Some(asked) = k
                    && asked != fixed.k
                {
                    let path = path.display().to_string();
                    return Err(FolderError::OtherK {
                        path,
                        asked,
                        fixed: fixed.k,
                    });
                }
                Ok(DataFolder {
                    path: path.to_owned(),
                    k: fixed.k,
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path).map_err(|cause| named(path, cause))?;
                private(path).map_err(|cause| named(path, cause))?;
                let k = k.unwrap_or(DEFAULT_K);
                let text = serde_json::json!({ "format": 1, "k": k }).to_string();
                std::fs::write(&file, text).map_err(|cause| named(&file, cause))?;
                Ok(DataFolder {
                    path: path.to_owned(),
                    k,
                })
            }
            Err(cause) => Err(named(&file, cause)),
        }
    }

    /// Where the folder's key lies: beside the store, not in it.
    pub fn key_file(&self) -> PathBuf {
        self.path.join("key")
    }
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k_is_fixed_when_the_folder_is_made() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("data");
        assert_eq!(DataFolder::open_or_create(&path, Some(7)).unwrap().k, 7);
        assert_eq!(DataFolder::open_or_create(&path, None).unwrap().k, 7);
        let error = DataFolder::open_or_create(&path, Some(5)).unwrap_err();
        assert!(
            matches!(
                error,
                FolderError::OtherK {
                    asked: 5,
                    fixed: 7,
                    ..
                }
            ),
            "{error}"
        );
    }
}
