//! Tells whether two addresses lead to one place: a hidden file is made at one and looked for at the other.
//!
//! A folder and a file in it are one place, for the file is a database of both; two files in one folder are not.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::place::{OURS, Place};
use crate::engines::{Error, Result};

/// The hidden file; gone when dropped.
#[derive(Debug)]
pub struct Probe(PathBuf);

impl Probe {
    /// Makes the file of this name at a place.
    pub fn plant(place: &Place, name: &str) -> Result<Probe> {
        match place {
            Place::Folder(folder) => Probe::make(folder.join(probe(name))),
            Place::File(file) => Probe::make(place.folder().join(probe(name) + &tail(file))),
        }
    }

    /// Whether a file of this name was made at this place.
    pub fn shows(place: &Place, name: &str) -> bool {
        let start = probe(name);
        let own = match place {
            Place::Folder(_) => None,
            Place::File(file) => Some(format!("{start}{}", tail(file))),
        };
        let is_it = |found: &str| match &own {
            None => found.starts_with(&start),
            Some(own) => found == start || found == own,
        };
        place.folder().read_dir().is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| is_it(&entry.file_name().to_string_lossy()))
        })
    }

    /// Tries whether a folder can be written.
    pub fn try_folder(folder: &Path) -> Result<()> {
        let name = uuid::Uuid::now_v7().to_string();
        Probe::make(folder.join(probe(&name))).map(drop)
    }

    fn make(path: PathBuf) -> Result<Probe> {
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match made {
            Ok(_) => Ok(Probe(path)),
            Err(cause) => Err(Error::File {
                action: "make the file".into(),
                path: path.display().to_string(),
                cause,
            }),
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn probe(name: &str) -> String {
    let plain = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    format!("{OURS}probe_{}", plain.collect::<String>())
}

/// The ending keeps it from being taken for a database.
fn tail(file: &Path) -> String {
    format!(
        "_{}.probe",
        file.file_name().unwrap_or_default().to_string_lossy()
    )
}
