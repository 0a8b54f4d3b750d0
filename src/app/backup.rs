//! A copy of the database for safe keeping. The key never goes with it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::open::{DATABASE, make_directory, make_private};
use super::{App, AppError};
use crate::store::{CopiedBureau, Store};

/// What a backup has written.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BackedUp {
    /// The copy.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made, in microseconds since 1970: what is purged later, it still holds.
    pub made_at_us: i64,
    /// What it holds.
    pub bureaus: Vec<CopiedBureau>,
}

/// Beside the copy: when it was made and what it holds.
const ABOUT: &str = "backup.json";

impl App {
    /// Copies the database as of one moment into a directory that is empty or not there yet, beside a serving
    /// process, and looks the copy through. It has its name only when it is whole.
    pub async fn backup(&self, directory: &Path) -> Result<BackedUp, AppError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| AppError::File { path, source }
        };
        if self.config.database.is_some() {
            return Err(AppError::UsePgDump(directory.to_owned()));
        }
        if fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(AppError::NotEmpty(directory.to_owned()));
        }
        make_directory(directory)?;
        let made_at_us = self.clock.now().0;
        if fs::metadata(directory).map_err(failed(directory))?.mode() & 0o077 != 0 {
            return Err(AppError::OpenToOthers { path: directory.to_owned(), mode: "700" });
        }
        let (file, part) = (directory.join(DATABASE), directory.join(format!("{DATABASE}.part")));
        make_private(&part)?;
        let copied = async {
            self.context.store.copy_to(&part).await?;
            File::open(&part).and_then(|copy| copy.sync_all()).map_err(failed(&part))?;
            Ok::<_, AppError>(Store::look_through(&part).await?)
        };
        let bureaus = match copied.await {
            Ok(bureaus) => bureaus,
            Err(error) => {
                // What it holds is of no use; that it cannot be removed either is reported by the next backup.
                let _ = fs::remove_file(&part);
                return Err(error);
            }
        };
        fs::rename(&part, &file).map_err(failed(&file))?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed(directory))?;
        let bytes = fs::metadata(&file).map_err(failed(&file))?.len();
        let made = BackedUp { file, bytes, made_at_us, bureaus };
        let about = directory.join(ABOUT);
        make_private(&about)?;
        let json = serde_json::to_vec_pretty(&made).map_err(|error| failed(&about)(error.into()))?;
        fs::write(&about, json).map_err(failed(&about))?;
        Ok(made)
    }
}
