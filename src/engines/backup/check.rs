//! Reads every byte of a backup and says what is not as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::manifest::{Database, File, MANIFEST, Manifest, ROOT, TableRows, damaged, root};
use super::{failed, rows, script};
use crate::engines::dialect::Script;
use crate::engines::{BatchLimit, Result};
use crate::model::units::{Bytes, Rows};

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// None where the manifest cannot be read.
    pub manifest: Option<Manifest>,
    pub files: usize,
    pub bytes: Bytes,
    /// The rows that were read.
    pub rows: Rows,
    pub damage: Vec<Damage>,
    /// Whether it ended before every file was read.
    pub stopped: bool,
}

/// A file that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub file: String,
    pub what: String,
}

/// Only counted: one batch at a time is held.
const LIMIT: BatchLimit = BatchLimit {
    rows: Rows(1000),
    bytes: Bytes(1 << 20),
};

/// Checks the folder of a backup: the manifest and its hash, that exactly its files are there, every block of
/// every file, and that the rows read back in the number that the manifest says.
///
/// # Errors
/// The folder cannot be read at all; what is damaged is in the report.
pub fn check(folder: &Path, stop: &CancellationToken) -> Result<Report> {
    let mut report = Report::default();
    let there = listed(folder)?;
    let Some(manifest) = manifest(folder, &mut report) else {
        return Ok(report);
    };
    let known: BTreeSet<&str> = manifest
        .files
        .iter()
        .map(|file| file.name.as_str())
        .chain([MANIFEST, ROOT])
        .collect();
    for name in &there {
        if !known.contains(name.as_str()) {
            report.add(name, "is no part of the backup");
        }
    }
    let rows_of: BTreeMap<&str, (&Database, &TableRows, Rows)> = manifest
        .databases
        .iter()
        .flat_map(|database| {
            let tables = database.tables.iter();
            tables.flat_map(move |table| {
                let chunks = table.chunks.iter();
                chunks.map(move |chunk| (chunk.file.as_str(), (database, table, chunk.rows)))
            })
        })
        .collect();
    let Ok(script) = script(&manifest.product.engine) else {
        let what = format!(
            "names the engine {:?}, which is none",
            manifest.product.engine
        );
        report.add(MANIFEST, &what);
        return Ok(report);
    };
    for file in &manifest.files {
        if stop.is_cancelled() {
            report.stopped = true;
            return Ok(report);
        }
        match intact(folder, file) {
            Err(what) => report.add(&file.name, &what),
            Ok(bytes) => {
                report.files += 1;
                report.bytes += Bytes(file.size);
                if let Some((database, table, expected)) = rows_of.get(file.name.as_str()) {
                    match counted(script, database, table, &bytes) {
                        Ok(rows) if rows == *expected => report.rows += rows,
                        Ok(rows) => report.add(
                            &file.name,
                            &format!("holds {rows} rows instead of {expected}"),
                        ),
                        Err(what) => report.add(&file.name, &what),
                    }
                }
            }
        }
    }
    for name in rows_of.keys() {
        if manifest.file(name).is_none() {
            report.add(name, "is named for rows and has no hashes");
        }
    }
    for table in manifest
        .databases
        .iter()
        .flat_map(|database| &database.tables)
    {
        let sum: Rows = table.chunks.iter().map(|chunk| chunk.rows).sum();
        if sum != table.rows {
            let what = format!(
                "says {} rows of {}, its files {sum}",
                table.rows, table.name
            );
            report.add(MANIFEST, &what);
        }
    }
    report.manifest = Some(manifest);
    Ok(report)
}

impl Report {
    fn add(&mut self, file: &str, what: &str) {
        self.damage.push(Damage {
            file: file.to_string(),
            what: what.to_string(),
        });
    }
}

fn manifest(folder: &Path, report: &mut Report) -> Option<Manifest> {
    let read = |name: &str, report: &mut Report| match std::fs::read(folder.join(name)) {
        Ok(bytes) => Some(bytes),
        Err(cause) => {
            report.add(name, &format!("cannot be read: {cause}"));
            None
        }
    };
    let bytes = read(MANIFEST, report);
    let kept = read(ROOT, report);
    let bytes = bytes?;
    if kept.is_some_and(|kept| kept != root(&bytes).into_bytes()) {
        report.add(MANIFEST, &format!("and {ROOT} do not belong together"));
    }
    match Manifest::parse(&bytes) {
        Ok(manifest) => Some(manifest),
        Err(what) => {
            if report.damage.is_empty() {
                report.add(MANIFEST, &what);
            }
            None
        }
    }
}

fn listed(folder: &Path) -> Result<Vec<String>> {
    let action = "read the folder";
    let entries = std::fs::read_dir(folder).map_err(failed(action, folder))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed(action, folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The bytes of a file, where they are those that were written.
///
/// # Errors
/// What is wrong with it.
pub fn intact(folder: &Path, file: &File) -> std::result::Result<Vec<u8>, String> {
    let path = folder.join(&file.name);
    let size = match std::fs::symlink_metadata(&path) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err("is missing".into());
        }
        Err(cause) => return Err(format!("cannot be read: {cause}")),
        Ok(found) if !found.is_file() => return Err("is no file".into()),
        Ok(found) => found.len(),
    };
    if size != file.size {
        return Err(format!("has {size} bytes instead of {}", file.size));
    }
    let bytes = std::fs::read(&path).map_err(|cause| format!("cannot be read: {cause}"))?;
    match file.fault(&bytes) {
        Some(what) => Err(what),
        None => Ok(bytes),
    }
}

fn counted(
    script: &'static dyn Script,
    database: &Database,
    table: &TableRows,
    bytes: &[u8],
) -> std::result::Result<Rows, String> {
    let Some(definition) = database.catalog.table(&table.name) else {
        return Err("holds rows of no table".into());
    };
    let text = zstd::decode_all(bytes).map_err(|cause| format!("cannot be unpacked: {cause}"))?;
    let form = script.form(definition);
    rows::read(script.opening(), form.as_ref(), &text, LIMIT, |_| true)
        .map_err(|at| format!("holds no row at byte {at} of its text"))
}

/// The manifest of a backup whose files are all there in their size; nothing more is read.
///
/// # Errors
/// There is no backup, or the first thing that is wrong.
pub fn glance(folder: &Path) -> Result<Manifest> {
    let manifest = Manifest::load(folder)?;
    for file in &manifest.files {
        let path = folder.join(&file.name);
        let size = std::fs::symlink_metadata(&path)
            .ok()
            .map(|found| found.len());
        if size != Some(file.size) {
            let what = match size {
                None => "is missing".to_string(),
                Some(size) => format!("has {size} bytes instead of {}", file.size),
            };
            return Err(damaged(folder, &format!("{} {what}", file.name)));
        }
    }
    Ok(manifest)
}
