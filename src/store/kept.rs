//! The file of a SQLite database, under its name. SQLite goes on writing into a file that was deleted or replaced, and all of it
//! is lost with the last connection; so the name is looked at before every transaction and before every answer.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::StoreError;

/// The file that was opened.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Kept {
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let found = fs::metadata(path).map_err(|_| StoreError::Gone(path.to_owned()))?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Whether the name still means the file that was opened.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(()),
            _ => Err(StoreError::Gone(self.path.clone())),
        }
    }
}
