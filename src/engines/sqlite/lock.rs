//! One run at a time for each database: a lock file beside it.
//!
//! The lock is the operating system's: it ends with the process, however that ends. The file is removed by
//! whoever holds the lock, so a lock counts only while the file is still the one in the folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::place::OURS;
use crate::engines::{Error, Result};

/// How long a resume waits for its predecessor to be gone.
const DYING: Duration = Duration::from_secs(10);
/// After this time a probe's owner is dead.
const PROBE_AGE: Duration = Duration::from_secs(3600);

/// The right to write to one database.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// # Errors
    /// [`Error::Locked`] names the process that holds it.
    pub fn take(folder: &Path, database: &str) -> Result<Lock> {
        let path = folder.join(format!("{OURS}{database}.lock"));
        let failed = |cause| Error::File {
            action: "lock the database through the file".into(),
            path: path.display().to_string(),
            cause,
        };
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(locked(database, &mut file)),
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
            if is_at(&file, &path) {
                sign(&mut file).map_err(failed)?;
                return Ok(Lock { path, _file: file });
            }
        }
    }

    /// Like [`Lock::take`], but waits for a process that may be about to end.
    pub fn wait(folder: &Path, database: &str) -> Result<Lock> {
        let deadline = Instant::now() + DYING;
        loop {
            match Lock::take(folder, database) {
                Err(Error::Locked { .. }) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                taken => return taken,
            }
        }
    }

    /// Removes the file, then gives the lock back.
    pub fn release(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn locked(database: &str, file: &mut File) -> Error {
    let mut process = String::new();
    let _ = file.read_to_string(&mut process);
    let holder = match process.trim() {
        "" => "another process".to_string(),
        process => format!("process {process}"),
    };
    Error::Locked {
        database: database.to_string(),
        holder,
    }
}

/// Where a run builds its copy.
pub fn staging(folder: &Path, run: &str, database: &str) -> PathBuf {
    folder.join(format!("{OURS}{}_{database}.db", short(run)))
}

/// Eight letters of a run's id: the end of a UUIDv7 is random, its beginning is the time.
pub fn short(run: &str) -> String {
    let letters: Vec<char> = run.chars().filter(char::is_ascii_alphanumeric).collect();
    let short: String = letters[letters.len().saturating_sub(8)..].iter().collect();
    format!("{short:0>8}")
}

/// Removes a staging file and what SQLite keeps beside it.
pub fn remove(staging: &Path) -> std::io::Result<()> {
    for ending in ["-journal", "-wal", "-shm", ""] {
        let mut name = staging.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(Path::new(&name)) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a probe whose owner is dead.
pub fn remove_old_probe(path: &Path) {
    if is_old(path) {
        let _ = std::fs::remove_file(path);
    }
}

fn is_old(path: &Path) -> bool {
    let age = path
        .metadata()
        .and_then(|metadata| metadata.modified())
        .map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age > PROBE_AGE)
}
