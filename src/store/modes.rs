//! The home folder is for its owner alone: folders 0700, files 0600.
//!
//! Wider modes are mended with a notice. A folder that others share on purpose (the sticky bit of a
//! temporary folder, the user's own home, the root) keeps its mode; the files in it are still private.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::{Error, Result};

const FOLDER: u32 = 0o700;
pub(super) const FILE: u32 = 0o600;
const STICKY: u32 = 0o1000;

/// Makes the folder and an empty store file where they are missing; mends what is there.
pub(super) fn prepare(home: &Path, store: &str) -> Result<Vec<String>> {
    make_folder(home)?;
    let file = home.join(store);
    let made = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(FILE)
        .open(&file);
    made.map_err(|cause| failed("open the store", &file, cause))?;
    mend(home)
}

/// Makes a private folder with its parents.
fn make_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(FOLDER)
        .create(folder)
        .map_err(|cause| failed("make the folder", folder, cause))
}

/// Mends the modes of a home folder and of what maestro keeps in it; a line for each that was too wide.
pub fn mend(home: &Path) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    match mode(home) {
        Some(mode) if is_shared(home, mode) => {
            if mode & 0o077 != 0 {
                notices.push(format!(
                    "{} is shared with other users (mode {:04o}); maestro's files in it are private",
                    home.display(),
                    mode
                ));
            }
        }
        _ => notices.extend(narrow(home, FOLDER)?),
    }
    for name in [
        "store.db",
        "store.db-wal",
        "store.db-shm",
        "config.yaml",
        "vault.key",
    ] {
        notices.extend(narrow(&home.join(name), FILE)?);
    }
    let logs = home.join("logs");
    notices.extend(narrow(&logs, FOLDER)?);
    for entry in fs::read_dir(&logs).into_iter().flatten().flatten() {
        notices.extend(narrow(&entry.path(), FILE)?);
    }
    Ok(notices)
}

/// Whether others than the owner may read, write or enter.
pub fn is_too_wide(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o077 != 0 && !is_shared(path, mode))
}

/// Mends one mode; a notice when it was too wide.
pub(super) fn narrow(path: &Path, wanted: u32) -> Result<Option<String>> {
    let Some(found) = mode(path).filter(|mode| mode & 0o077 != 0) else {
        return Ok(None);
    };
    match fs::set_permissions(path, fs::Permissions::from_mode(wanted)) {
        Ok(()) => Ok(Some(format!(
            "{} was open to other users (mode {:04o}); it now has mode {wanted:04o}",
            path.display(),
            found
        ))),
        // Another process removed it: the files of WAL come and go.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed("make private", path, cause)),
    }
}

/// The permission bits; None where nothing is there.
fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path)
        .ok()
        .map(|metadata| metadata.mode() & 0o7777)
}

fn is_shared(path: &Path, mode: u32) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    let own = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    path.is_dir() && (mode & STICKY != 0 || path.parent().is_none() || Some(path) == own)
}

fn failed(action: &'static str, path: &Path, cause: io::Error) -> Error {
    Error::File {
        action,
        path: path.display().to_string(),
        cause,
    }
}
