//! What is remembered, in one SQLite file: connections, runs and their steps, the prompt's history.
//!
//! Several processes use it at once: WAL, one writer at a time, every change one short transaction. The
//! folder has mode 0700 and its files 0600. `synchronous = NORMAL`: a killed process loses nothing, a power
//! cut at most the last transactions; the journal alone waits for the disk.

pub mod connections;
mod error;
pub mod journal;
mod lines;
mod migrations;
mod modes;
pub mod plans;
mod process;
pub mod runs;
pub mod secrets;
mod vault;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{ErrorCode, OpenFlags, Transaction, TransactionBehavior};

pub use connections::{Connection, Unreadable};
pub use error::{Error, Result};
pub use journal::{JobRecord, Part};
pub use lines::redacted;
pub use modes::{is_too_wide, mend};
pub use plans::KeptPlan;
pub use runs::{Ending, NewRun, Run, Status, Step};
pub use secrets::Password;
pub use vault::{Kept, Protection, Vault};

/// The file's name in the home folder.
pub const FILE: &str = "store.db";

/// How long a writer waits for another process.
pub const BUSY: Duration = Duration::from_secs(10);

/// Up to this size the pages are checked at every start; `doctor` checks all of them always.
const CHECKED_AT_START: u64 = 16 * 1024 * 1024;

/// The open store of one home folder.
pub struct Store {
    connection: Mutex<rusqlite::Connection>,
    path: PathBuf,
    /// The key of the vault, while this process holds it.
    opened: Mutex<Option<vault::Opened>>,
}

impl Store {
    /// Opens the store in `home`, makes what is missing, mends modes that are too wide. The lines returned are notices for the user.
    pub fn open(home: &Path) -> Result<(Store, Vec<String>)> {
        let mut notices = modes::prepare(home, FILE)?;
        let path = home.join(FILE);
        let shown = path.display().to_string();
        let fail = |cause| Error::of("open the store", &shown, cause);
        let mut connection = connect(&path).map_err(fail)?;
        migrations::apply(&mut connection, &shown)?;
        let size = std::fs::metadata(&path).map_or(0, |file| file.len());
        if size <= CHECKED_AT_START {
            check(&connection, "quick_check", &shown)?;
        }
        let store = Store {
            connection: Mutex::new(connection),
            path,
            opened: Mutex::default(),
        };
        notices.extend(store.mend_key_file());
        Ok((store, notices))
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Reads every page and index and checks that they agree.
    pub fn check(&self) -> Result<()> {
        check(&self.lock(), "integrity_check", &self.shown())
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        // A panic elsewhere rolled its transaction back: the connection is usable.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads. `action` completes the sentence "cannot …".
    fn read<T>(
        &self,
        action: &str,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        work(&self.lock()).map_err(|cause| Error::of(action, &self.shown(), cause))
    }

    /// Changes something in one transaction that holds the writer's lock from its start.
    fn write<T>(
        &self,
        action: &str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut connection = self.lock();
        let change = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        change().map_err(|cause| Error::of(action, &self.shown(), cause))
    }

    /// As [`Store::write`], for work that may refuse: then nothing has changed. What it changed is on the disk
    /// when this returns, even if the power fails.
    fn change<T>(
        &self,
        action: &str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut connection = self.lock();
        let fail = |cause| self.failed(action, cause);
        let synchronous = |connection: &rusqlite::Connection, level| {
            connection.pragma_update(None, "synchronous", level)
        };
        synchronous(&connection, "FULL").map_err(fail)?;
        let changed = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit().map_err(fail)?;
                Ok(value)
            });
        synchronous(&connection, "NORMAL").map_err(fail)?;
        changed
    }

    /// Moves what was written into the file itself, so that nothing old stays beside it.
    fn checkpoint(&self) {
        // While another process reads, it stays for the next time: nothing depends on it.
        let _ = self
            .lock()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    fn failed(&self, action: &str, cause: rusqlite::Error) -> Error {
        Error::of(action, &self.shown(), cause)
    }
}

impl Store {
    /// Like `write`, and the change is on the disk when this returns.
    fn write_through<T>(
        &self,
        action: &str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let set = |mode: &str| {
            let pragma = self.lock().pragma_update(None, "synchronous", mode);
            pragma.map_err(|cause| Error::of(action, &self.shown(), cause))
        };
        set("FULL")?;
        let done = self.write(action, work);
        set("NORMAL")?;
        done
    }
}

fn connect(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    patient(|| connection.pragma_update(None, "journal_mode", "WAL"))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is replaced is overwritten: a password that has left the store is not left in its free pages.
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(connection)
}

/// Tries again while another process is switching the same new file to WAL: SQLite does not wait there itself.
fn patient<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let start = Instant::now();
    loop {
        match work() {
            Err(cause)
                if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < BUSY =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

fn check(connection: &rusqlite::Connection, pragma: &str, path: &str) -> Result<()> {
    let action = "check the store";
    let answer: String = connection
        .query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0))
        .map_err(|cause| Error::of(action, path, cause))?;
    match answer.as_str() {
        "ok" => Ok(()),
        problem => Err(Error::Corrupt {
            action: action.into(),
            path: path.into(),
            cause: problem.to_string().into(),
        }),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod test {
    use super::*;

    /// A new store in a folder that lives as long as the first value.
    pub(super) fn store() -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(home.path()).unwrap();
        (home, store)
    }
}
