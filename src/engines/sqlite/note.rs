//! What must be known of a run after a crash: a hidden file beside the database that it writes.
//!
//! It is written as a whole or not at all, and is on the disk before what it announces begins.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::lock;
use super::marks::Row;
use super::place;
use super::prints::Print;
use super::staging::Way;
use crate::engines::{Error, Result, TargetWork, Undo};

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Staging,
    /// The swap was about to begin: whether it happened is seen at the live file.
    Swapping,
    Swapped,
}

/// A run at one database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    pub run: String,
    pub database: String,
    pub state: State,
    pub way: Way,
    pub live: PathBuf,
    /// The state folder of whoever ran it, where its undo lies. None in a note that does not tell it.
    #[serde(default)]
    pub home: Option<PathBuf>,
    /// The marks, once they were taken out of the staging file.
    pub marks: Vec<Row>,
    /// What the tables hold once they are live.
    pub after: Vec<Print>,
    /// The mode of the live file.
    pub mode: Option<u32>,
    /// The undo that this run takes back.
    pub undone: Option<Undo>,
    pub work: TargetWork,
}

impl Note {
    /// Where our files of this database lie.
    pub fn folder(&self) -> &Path {
        self.live.parent().unwrap_or(Path::new("/"))
    }

    /// What the files of this database are called.
    pub fn name(&self) -> String {
        place::stem(&self.live)
    }

    pub fn staging(&self) -> PathBuf {
        lock::staging(self.folder(), &self.run, &self.name())
    }

    pub fn path(&self) -> PathBuf {
        path(self.folder(), &self.run, &self.name())
    }

    pub fn write(&self) -> Result<()> {
        write(&self.path(), self)
    }

    /// The note of a run; None where there is none.
    pub fn read(folder: &Path, run: &str, name: &str) -> Result<Option<Note>> {
        let note: Option<Note> = read(&path(folder, run, name))?;
        Ok(note.filter(|note| note.run == run))
    }

    /// Removes the staging file and the note, in this order: what is left is still told by the note.
    pub fn remove(&self) -> Result<()> {
        let failed = |path: &Path, cause| Error::File {
            action: "remove the staging file".into(),
            path: path.display().to_string(),
            cause,
        };
        let staging = self.staging();
        lock::remove(&staging).map_err(|cause| failed(&staging, cause))?;
        remove(&self.path()).map_err(|cause| failed(&self.path(), cause))
    }
}

fn path(folder: &Path, run: &str, name: &str) -> PathBuf {
    lock::staging(folder, run, name).with_extension("json")
}

/// Removes a file that may be gone.
pub fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// Gives what was made in a folder to the folder's owner: a run may be settled by root.
pub fn give(made: &Path, folder: &Path) {
    if let (Ok(made_as), Ok(owner)) = (made.metadata(), folder.metadata())
        && made_as.uid() != owner.uid()
    {
        let _ = chown(made, Some(owner.uid()), Some(owner.gid()));
    }
}

/// Reads a value; None where there is no such file.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let failed = |cause: std::io::Error| Error::File {
        action: "read what a run noted".into(),
        path: path.display().to_string(),
        cause,
    };
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|cause| failed(cause.into())),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed(cause)),
    }
}

/// Writes a value: whole, on the disk, readable by its owner alone.
pub fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let fresh = path.with_extension("new");
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|cause| {
        let _ = std::fs::remove_file(&fresh);
        Error::File {
            action: "note how far the run is".into(),
            path: path.display().to_string(),
            cause,
        }
    })
}
