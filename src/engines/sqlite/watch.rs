//! Copies a live file aside before it is overwritten, and sees whether anyone wrote to it since.
//!
//! The copy is one moment of the file. Whoever then holds the file's write lock asks [`Watch::is_moved`]: what
//! was written between the copy and the lock would be in neither.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{catalog, lock, place, statement, worker};
use crate::engines::{Error, Result};

/// Where the header counts the changes of a file that is not in WAL mode.
const COUNTER: std::ops::Range<usize> = 24..28;

/// A live file since it was copied.
pub struct Watch {
    connection: Connection,
    live: PathBuf,
    is_wal: bool,
    version: i64,
    counter: Vec<u8>,
}

impl Watch {
    /// Copies the file.
    pub fn copy(live: &Path, to: &Path) -> Result<Watch> {
        let failed = |cause| statement(format!("read {}", live.display()), cause);
        let connection = worker::writer(live)?;
        connection
            .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")
            .map_err(failed)?;
        let watch = Watch {
            is_wal: catalog::pragma(&connection, "journal_mode").map_err(failed)? == "wal",
            version: version(&connection).map_err(failed)?,
            counter: counter(&connection),
            live: live.to_path_buf(),
            connection,
        };
        copy(&watch.connection, to).map_err(|error| {
            let _ = lock::remove(to);
            error.told(live, to)
        })?;
        watch
            .connection
            .execute_batch("COMMIT")
            .map_err(|cause| statement(format!("read {}", live.display()), cause))?;
        Ok(watch)
    }

    /// Whether the file was written since; whoever asks holds its write lock on another connection.
    pub fn is_moved(&self) -> Result<bool> {
        if !self.is_wal {
            return Ok(counter(&self.connection) != self.counter);
        }
        version(&self.connection)
            .map(|version| version != self.version)
            .map_err(|cause| statement(format!("read {}", self.live.display()), cause))
    }

    /// The connection that copied; it holds no lock.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// The number that SQLite gives to what others committed, as this connection sees it.
pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// Empty for a file that has no header yet.
fn counter(connection: &Connection) -> Vec<u8> {
    place::raw::<28>(connection).map_or(Vec::new(), |header| header[COUNTER].to_vec())
}

enum Failure {
    Sql(rusqlite::Error),
    File(std::io::Error),
}

impl Failure {
    fn told(self, live: &Path, to: &Path) -> Error {
        let action = format!("keep what is in {} as the undo", live.display());
        match self {
            Failure::Sql(cause) => statement(format!("{action}, in {}", to.display()), cause),
            Failure::File(cause) => Error::File {
                action,
                path: to.display().to_string(),
                cause,
            },
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(cause: rusqlite::Error) -> Failure {
        Failure::Sql(cause)
    }
}

impl From<std::io::Error> for Failure {
    fn from(cause: std::io::Error) -> Failure {
        Failure::File(cause)
    }
}

/// Copies a database into a new file, on the disk, in the plain journal mode.
fn copy(from: &Connection, to: &Path) -> Result<(), Failure> {
    lock::remove(to)?;
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    // Closed before SQLite opens it: closing it later would drop SQLite's locks.
    drop(made);
    let mut copied = open(to)?;
    pour(from, &mut copied)?;
    copied.close().map_err(|(_, cause)| cause)?;
    // The header came along, and with it the journal mode.
    let copied = open(to)?;
    copied.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    copied.close().map_err(|(_, cause)| cause)?;
    File::open(to)?.sync_all()?;
    Ok(())
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", false)?;
    Ok(connection)
}

/// Copies all pages of a database that nobody else writes.
pub fn pour(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(from, to)?;
    while backup.step(-1)? != StepResult::Done {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Ok(())
}
