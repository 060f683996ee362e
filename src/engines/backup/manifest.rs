//! What a backup says of itself: where it came from, what it holds, and the hash of every mebibyte of its files.
//!
//! `manifest.blake3` holds the hash of `manifest.json`, in the form that `b3sum --check` reads. So one hash vouches
//! for the manifest, and the manifest for every other file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::failed;
use crate::engines::{Error, Result};
use crate::model::batch::Chunk;
use crate::model::catalog::Catalog;
use crate::model::survey::{Product, SnapshotLevel, Unseen};
use crate::model::units::{Bytes, Rows};

/// The version of the layout.
pub const FORMAT: u32 = 1;
pub const MANIFEST: &str = "manifest.json";
pub const ROOT: &str = "manifest.blake3";
/// The bytes that one hash covers.
pub const BLOCK: usize = 1 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program that made it, with its version.
    pub made_by: String,
    pub id: String,
    /// When it began and ended, as RFC 3339.
    pub started: String,
    pub ended: String,
    pub origin: Origin,
    pub product: Product,
    /// Whether every file was read back before the backup got its name.
    pub read_back: bool,
    pub databases: Vec<Database>,
    /// Every file but the manifest and its hash, sorted by name.
    pub files: Vec<File>,
}

/// Where a backup came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The connection's name, or the address of a place that was not saved.
    pub connection: String,
    /// The address, without a password.
    pub address: String,
    /// What tells the server from every other.
    pub server: String,
}

/// One database of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Database {
    /// As it was; the tables' numbers of rows are exact.
    pub catalog: Catalog,
    /// What the server may have hidden.
    pub unseen: Option<Unseen>,
    pub snapshot: SnapshotLevel,
    /// What is not in the backup, each with its reason.
    pub not_saved: Vec<(String, String)>,
    pub tables: Vec<TableRows>,
}

/// The rows of one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableRows {
    pub name: String,
    pub rows: Rows,
    pub chunks: Vec<ChunkFile>,
}

/// A file of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChunkFile {
    pub file: String,
    pub rows: Rows,
    /// The key range that it belongs to; a large range has several files.
    pub range: Chunk,
}

/// A file, and what it must be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    pub name: String,
    pub size: u64,
    /// BLAKE3 of each mebibyte, in hex.
    pub blocks: Vec<String>,
}

impl File {
    pub fn of(name: &str, bytes: &[u8]) -> File {
        File {
            name: name.to_string(),
            size: bytes.len() as u64,
            blocks: bytes.chunks(BLOCK).map(hash).collect(),
        }
    }

    /// What is wrong with these bytes; None when they are those that were written.
    pub fn fault(&self, bytes: &[u8]) -> Option<String> {
        if bytes.len() as u64 != self.size {
            let found = bytes.len();
            return Some(format!("has {found} bytes instead of {}", self.size));
        }
        let blocks = bytes.chunks(BLOCK).map(hash);
        let wrong = blocks
            .zip(&self.blocks)
            .position(|(found, kept)| found != *kept);
        if self.blocks.len() != bytes.len().div_ceil(BLOCK) {
            return Some("has another number of blocks".into());
        }
        wrong.map(|at| format!("differs within its mebibyte {}", at + 1))
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// What `manifest.blake3` holds.
pub fn root(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", hash(manifest))
}

impl Manifest {
    pub fn bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|cause| Error::statement("write the manifest", cause))
    }

    /// Reads the manifest of a folder; its hash must fit.
    ///
    /// # Errors
    /// The folder holds no backup, the manifest is damaged, or a later version wrote it.
    pub fn load(folder: &Path) -> Result<Manifest> {
        let path = folder.join(MANIFEST);
        let bytes = match std::fs::read(&path) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::Refused {
                    problem: format!("{} holds no backup: it has no {MANIFEST}", folder.display()),
                    mend: "backup list shows what is there".into(),
                });
            }
            read => read.map_err(failed("read the manifest", &path))?,
        };
        let path = folder.join(ROOT);
        let kept = std::fs::read(&path).map_err(failed("read the hash of the manifest", &path))?;
        if kept != root(&bytes).into_bytes() {
            return Err(damaged(
                folder,
                "its manifest does not have the hash that vouches for it",
            ));
        }
        Manifest::parse(&bytes).map_err(|what| damaged(folder, &what))
    }

    /// Reads a manifest's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|cause| format!("its manifest cannot be read: {cause}"))?;
        if manifest.format != FORMAT {
            return Err(format!(
                "its layout is version {}, this program knows {FORMAT}",
                manifest.format
            ));
        }
        let plain = |name: &str| !name.contains('/') && name != ".." && !name.is_empty();
        match manifest.files.iter().find(|file| !plain(&file.name)) {
            Some(file) => Err(format!(
                "its manifest names {:?}, which is no file",
                file.name
            )),
            None => Ok(manifest),
        }
    }

    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases
            .iter()
            .find(|database| database.catalog.database == name)
    }

    pub fn file(&self, name: &str) -> Option<&File> {
        self.files
            .binary_search_by(|file| file.name.as_str().cmp(name))
            .ok()
            .map(|at| &self.files[at])
    }

    pub fn rows(&self) -> Rows {
        let tables = self.databases.iter().flat_map(|database| &database.tables);
        tables.map(|table| table.rows).sum()
    }

    /// The size of all files that the manifest vouches for.
    pub fn bytes_on_disk(&self) -> Bytes {
        Bytes(self.files.iter().map(|file| file.size).sum())
    }
}

pub fn damaged(folder: &Path, what: &str) -> Error {
    Error::Mismatch(format!(
        "the backup {} is damaged: {what}",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e13_a_fault_names_its_mebibyte() {
        let mut bytes = vec![7; 2 * BLOCK + 5];
        let file = File::of("a", &bytes);
        assert_eq!(file.fault(&bytes), None);
        bytes[BLOCK] ^= 1;
        assert_eq!(file.fault(&bytes).unwrap(), "differs within its mebibyte 2");
        assert!(
            file.fault(&bytes[1..])
                .unwrap()
                .contains("bytes instead of")
        );
        assert_eq!(File::of("empty", b"").fault(b""), None);
    }
}
