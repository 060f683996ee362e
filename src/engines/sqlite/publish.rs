//! A new database gets its file: the staging file under its own name, whole and on the disk.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::statement;
use crate::engines::{Error, Result, TargetWork};

/// Closes the connection to the staging file; the thread keeps an empty one.
pub fn release(connection: &mut Connection) -> Result<()> {
    let failed = |cause| statement("close the staging file", cause);
    let empty = Connection::open_in_memory().map_err(failed)?;
    let old = std::mem::replace(connection, empty);
    old.flush_prepared_statement_cache();
    old.close().map_err(|(_, cause)| failed(cause))
}

/// Gives the staging file the name of a new database, in the journal mode that the source has.
pub fn publish(
    connection: &mut Connection,
    staging: &Path,
    live: &Path,
    work: &TargetWork,
    mode: u32,
) -> Result<()> {
    if work
        .source
        .options
        .iter()
        .any(|(name, value)| name == "journal_mode" && value == "wal")
    {
        connection
            .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
            .map_err(|cause| statement("set the journal mode of the copy", cause))?;
    }
    release(connection)?;
    let file = || -> std::io::Result<()> {
        // Every connection to it is closed: the file may be opened by other means now.
        let file = File::open(staging)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        give_name(staging, live)?;
        match live.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    file().map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists => Error::Refused {
            problem: format!("{} has appeared since the plan was made", live.display()),
            mend: "plan again".into(),
        },
        _ => Error::File {
            action: "make the database".into(),
            path: live.display().to_string(),
            cause,
        },
    })
}

/// Renames, but never over another file.
fn give_name(staging: &Path, live: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(staging, live) {
        Ok(()) => std::fs::remove_file(staging),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Err(cause),
        // A file system without hard links.
        Err(_) if live.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(staging, live),
    }
}
