//! Documents that commands make: written to a file that only its owner reads, or to standard output.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("不能写入 {path}，请检查目录和权限，或者用 --out 另指文件")]
pub(super) struct NotWritten {
    pub(super) path: String,
    pub(super) source: io::Error,
}

/// Writes a document where it is wanted: to `out`, else to its `usual` file. Gives what to print: the document itself for `-` and where
/// it has no usual file, else where `what` was written.
pub(super) fn deliver(
    document: &str,
    out: Option<PathBuf>,
    usual: Option<String>,
    what: &str,
) -> Result<String, NotWritten> {
    match out.or(usual.map(PathBuf::from)) {
        Some(path) if path.as_os_str() != "-" => {
            write(&path, document.as_bytes())?;
            Ok(format!("{what}已写入 {}", path.display()))
        }
        _ => Ok(document.trim_end().to_owned()),
    }
}

/// Writes a file that only its owner can read, also where one that others could read stood before.
pub(super) fn write(path: &Path, document: &[u8]) -> Result<(), NotWritten> {
    let written = private(path, document);
    written.map_err(|source| NotWritten { path: path.display().to_string(), source })
}

fn private(path: &Path, document: &[u8]) -> io::Result<()> {
    let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(document)?;
    file.sync_all()
}
