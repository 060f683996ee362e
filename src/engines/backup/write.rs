//! Writing a backup: a folder `….partial` that is forced to the disk, read back, and only then gets its name.
//!
//! Everything is for its owner alone (F11). While a backup is written its folder is locked: what has no lock is
//! left of a process that died, and the next backup sweeps it.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::manifest::{ChunkFile, File, MANIFEST, Manifest, ROOT, root};
use super::rows::Text;
use super::{blocking, check, failed, names};
use crate::engines::dialect::{Form, Script};
use crate::engines::{Error, Result};
use crate::model::batch::{Batch, Chunk};
use crate::model::catalog::{Catalog, Table};
use crate::model::units::Rows;

/// What the name of an unfinished backup ends in.
pub const PARTIAL: &str = ".partial";

/// A file of rows ends at about this size, before compression.
const FILE: usize = 32 << 20;
/// Rows are compressed in pieces of about this size.
const PIECE: usize = 1 << 20;
const LEVEL: i32 = 3;

/// A backup that is being written. Dropped unfinished, it removes its folder.
pub struct Writer {
    /// The folder of its final name.
    folder: PathBuf,
    script: &'static dyn Script,
    state: Mutex<State>,
    /// Locked for as long as the backup is written.
    _lock: fs::File,
}

#[derive(Default)]
struct State {
    files: Vec<File>,
    /// How many files of rows each table has, by the start of their names.
    numbers: HashMap<(String, String), usize>,
    finished: bool,
}

impl Writer {
    /// Sweeps what dead processes left in `root`, and makes the folder `name` in it, still with another name.
    ///
    /// # Errors
    /// The folder cannot be made, or is there.
    pub async fn begin(
        root: PathBuf,
        name: String,
        script: &'static dyn Script,
    ) -> Result<(Writer, Vec<String>)> {
        blocking(move || {
            private_folders(&root)?;
            let swept = sweep(&root)?;
            let folder = root.join(name);
            let writer = Writer {
                _lock: locked(&partial(&folder))?,
                script,
                state: Mutex::default(),
                folder,
            };
            Ok((writer, swept))
        })
        .await
    }

    /// Removes what was written, once nothing is being written any more.
    pub async fn discard(mut self: Arc<Self>) {
        while let Err(busy) = Arc::try_unwrap(self) {
            self = busy;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the definitions of a database.
    pub async fn define(self: &Arc<Self>, catalog: &Catalog) -> Result<()> {
        let files = self.script.definitions(catalog);
        let database = catalog.database.clone();
        let writer = self.clone();
        blocking(move || {
            for (part, text) in files {
                writer.put(&names::definition(&database, &part), text.as_bytes())?;
            }
            Ok(())
        })
        .await
    }

    /// A pen for rows of one table.
    pub fn pen(self: &Arc<Self>, database: &str, table: &Table, range: &Chunk) -> Pen {
        Pen {
            writer: self.clone(),
            database: database.to_string(),
            table: table.name.clone(),
            range: range.clone(),
            form: self.script.form(table),
            text: Text::default(),
            rows: Rows(0),
            open: None,
            done: Vec::new(),
        }
    }

    /// Writes a file, forces it to the disk and keeps its hashes.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write(&partial(&self.folder).join(name), bytes)?;
        self.state().files.push(File::of(name, bytes));
        Ok(())
    }

    fn next_name(&self, database: &str, table: &str) -> String {
        let mut state = self.state();
        let key = (database.to_string(), table.to_string());
        let number = state.numbers.entry(key).or_default();
        *number += 1;
        names::rows(database, table, *number - 1)
    }

    /// Writes `metadata` and the manifest, reads everything back where the manifest says so, and gives the folder
    /// its name; returns the folder and the manifest. None when it was stopped before.
    ///
    /// # Errors
    /// What could not be written, or does not read back.
    pub async fn finish(
        self: Arc<Self>,
        mut manifest: Manifest,
        stop: CancellationToken,
    ) -> Result<Option<(PathBuf, Manifest)>> {
        blocking(move || {
            self.put("metadata", metadata(&manifest).as_bytes())?;
            let partial = partial(&self.folder);
            manifest.files = std::mem::take(&mut self.state().files);
            manifest
                .files
                .sort_by(|left, right| left.name.cmp(&right.name));
            let bytes = manifest.bytes()?;
            write(&partial.join(MANIFEST), &bytes)?;
            write(&partial.join(ROOT), root(&bytes).as_bytes())?;
            sync(&partial)?;
            if manifest.read_back {
                let report = check(&partial, &stop)?;
                if let Some(damage) = report.damage.first() {
                    return Err(Error::Mismatch(format!(
                        "what was written does not read back: {} {}",
                        damage.file, damage.what
                    )));
                }
            }
            if stop.is_cancelled() {
                return Ok(None);
            }
            fs::rename(&partial, &self.folder).map_err(failed("name the backup", &self.folder))?;
            self.state().finished = true;
            sync(self.folder.parent().unwrap_or(Path::new(".")))?;
            Ok(Some((self.folder.clone(), manifest)))
        })
        .await
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.state().finished
            && let Err(cause) = fs::remove_dir_all(partial(&self.folder))
        {
            tracing::warn!(
                "an unfinished backup is left in {}: {cause}",
                self.folder.display()
            );
        }
    }
}

/// Writes rows of one table, one file after the other.
pub struct Pen {
    writer: Arc<Writer>,
    database: String,
    table: String,
    range: Chunk,
    form: Box<dyn Form>,
    text: Text,
    /// The rows of the open file.
    rows: Rows,
    open: Option<Open>,
    done: Vec<ChunkFile>,
}

/// A file that grows in memory, compressed, and its size before.
struct Open {
    encoder: zstd::Encoder<'static, Vec<u8>>,
    size: usize,
}

impl Pen {
    /// Adds the rows of a batch.
    pub async fn push(&mut self, batch: &Batch) -> Result<()> {
        self.text.add(self.form.as_ref(), batch);
        self.rows += batch.rows();
        if self.text.len() >= PIECE {
            self.compress()?;
        }
        match self.open.as_ref().is_some_and(|open| open.size >= FILE) {
            true => self.end_file().await,
            false => Ok(()),
        }
    }

    /// Ends the last file; returns all of them.
    pub async fn finish(mut self) -> Result<Vec<ChunkFile>> {
        self.compress()?;
        self.end_file().await?;
        Ok(self.done)
    }

    fn compress(&mut self) -> Result<()> {
        let text = self.text.take();
        if text.is_empty() {
            return Ok(());
        }
        let failed = |cause| Error::statement("compress rows", cause);
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).map_err(failed)?;
                encoder.include_checksum(true).map_err(failed)?;
                let opening = self.writer.script.opening();
                encoder.write_all(opening.as_bytes()).map_err(failed)?;
                self.open.insert(Open { encoder, size: 0 })
            }
        };
        open.size += text.len();
        open.encoder.write_all(&text).map_err(failed)
    }

    async fn end_file(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let bytes = open
            .encoder
            .finish()
            .map_err(|cause| Error::statement("compress rows", cause))?;
        let file = self.writer.next_name(&self.database, &self.table);
        self.done.push(ChunkFile {
            file: file.clone(),
            rows: std::mem::take(&mut self.rows),
            range: self.range.clone(),
        });
        let writer = self.writer.clone();
        blocking(move || writer.put(&file, &bytes)).await
    }
}

/// What mydumper's loader looks for: the names behind the files, and their rows.
fn metadata(manifest: &Manifest) -> String {
    let mut text = format!("# Started dump at: {}\n", manifest.started);
    for database in &manifest.databases {
        let name = &database.catalog.database;
        for table in &database.tables {
            text.push_str(&format!(
                "\n[`{}`.`{}`]\nreal_table_name={}\nrows = {}\n",
                names::encoded(name),
                names::encoded(&table.name),
                table.name.replace('\n', "\\n"),
                table.rows.0
            ));
        }
    }
    text + &format!("\n# Finished dump at: {}\n", manifest.ended)
}

fn partial(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_os_string();
    name.push(PARTIAL);
    name.into()
}

/// Makes a folder with its parents, for the owner alone.
fn private_folders(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed("make the folder", folder))
}

/// Makes a new folder and locks it.
fn locked(folder: &Path) -> Result<fs::File> {
    loop {
        let made = fs::DirBuilder::new().mode(0o700).create(folder);
        made.map_err(failed("make the folder", folder))?;
        let lock = fs::File::open(folder).map_err(failed("open the folder", folder))?;
        lock.lock().map_err(failed("lock the folder", folder))?;
        // Somebody's sweep may have come between.
        if folder.exists() {
            return Ok(lock);
        }
    }
}

/// Removes unfinished backups that no process writes; a line for each.
fn sweep(root: &Path) -> Result<Vec<String>> {
    let mut swept = Vec::new();
    let entries = fs::read_dir(root).map_err(failed("read the folder", root))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_partial = name.strip_suffix(PARTIAL).is_some_and(names::is_folder);
        let Some(folder) = fs::File::open(&path)
            .ok()
            .filter(|_| is_partial && path.is_dir())
        else {
            continue;
        };
        if folder.try_lock().is_ok() {
            fs::remove_dir_all(&path).map_err(failed("remove an unfinished backup", &path))?;
            swept.push(format!("removed the unfinished backup {}", path.display()));
        }
    }
    Ok(swept)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(failed("write the backup", path))
}

/// Forces the entries of a folder to the disk.
fn sync(folder: &Path) -> Result<()> {
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed("write the folder", folder))
}
