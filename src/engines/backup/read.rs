//! The rows of a backup: a chunk is some files, and a file is checked before its first row is handed on.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::manifest::{Manifest, TableRows, damaged};
use super::{blocking, check, rows};
use crate::engines::dialect::Script;
use crate::engines::{BatchLimit, Error, Result, Snapshot};
use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::{History, Object, Table};
use crate::model::survey::SnapshotLevel;
use crate::model::units::Rows;

/// The moment that a backup holds.
pub struct Past {
    pub folder: PathBuf,
    pub manifest: Arc<Manifest>,
    pub script: &'static dyn Script,
    pub database: String,
    pub readers: usize,
}

impl Past {
    fn rows(&self, table: &Table) -> Result<&TableRows> {
        let database = self.manifest.database(&self.database);
        let tables = database.into_iter().flat_map(|database| &database.tables);
        tables
            .into_iter()
            .find(|rows| rows.name == table.name)
            .ok_or_else(|| {
                let what = format!("it has no rows of table {}", table.name);
                damaged(&self.folder, &what)
            })
    }

    /// The table as it was; the rows of its files have its columns in its order.
    fn kept(&self, table: &Table) -> Result<&Table> {
        let database = self.manifest.database(&self.database);
        let kept = database.and_then(|database| database.catalog.table(&table.name));
        if let (Some(kept), History::Left(reason)) = (kept, &table.history)
            && !kept.times().is_empty()
        {
            return Err(Error::Refused {
                problem: format!(
                    "the backup holds rows of the past of table {}, and {reason}",
                    table.name
                ),
                mend:
                    "restore it to a server that takes them, or name the other tables with --table"
                        .into(),
            });
        }
        let names = |table: &Table| -> Vec<String> {
            table.written().map(|column| column.name.clone()).collect()
        };
        kept.filter(|kept| names(kept) == names(table))
            .ok_or_else(|| {
                let text = format!("table {} has other columns in the backup", table.name);
                Error::Mismatch(text)
            })
    }
}

#[async_trait]
impl Snapshot for Past {
    fn level(&self) -> SnapshotLevel {
        let kept = self.manifest.database(&self.database);
        SnapshotLevel {
            consistent: kept.is_some_and(|database| database.snapshot.consistent),
            how: format!("backup of {}", self.manifest.started),
            readers: self.readers,
            locked: None,
        }
    }

    /// The ranges that were read from the server; an empty table has one without a file.
    async fn chunks(&self, _: usize, table: &Table, _: Rows) -> Result<Vec<Chunk>> {
        let mut ranges: Vec<Chunk> = Vec::new();
        for file in &self.rows(table)?.chunks {
            if ranges.last() != Some(&file.range) {
                ranges.push(file.range.clone());
            }
        }
        match ranges.is_empty() {
            true => Ok(vec![Chunk::whole()]),
            false => Ok(ranges),
        }
    }

    async fn read(
        &self,
        _: usize,
        table: &Table,
        chunk: &Chunk,
        limit: BatchLimit,
        sink: mpsc::Sender<Batch>,
    ) -> Result<Rows> {
        if let Some(column) = table.columns.iter().find(|column| column.read_as.is_some()) {
            return Err(Error::Refused {
                problem: format!(
                    "column {} of {} is in {}, which the target does not know, and nobody translates what a backup holds",
                    column.name,
                    table.name,
                    column.charset.as_deref().unwrap_or_default()
                ),
                mend: format!(
                    "restore to a server that knows it, or --exclude {}",
                    table.name
                ),
            });
        }
        let files = self.rows(table)?.chunks.iter();
        let files: Vec<_> = files.filter(|file| file.range == *chunk).cloned().collect();
        let form = self.script.form(self.kept(table)?);
        let (folder, manifest, script) = (self.folder.clone(), self.manifest.clone(), self.script);
        blocking(move || {
            let mut read = Rows(0);
            for file in files {
                let fault = |what: &str| damaged(&folder, &format!("{} {what}", file.file));
                let entry = manifest
                    .file(&file.file)
                    .ok_or_else(|| fault("has no hashes"))?;
                let bytes = check::intact(&folder, entry).map_err(|what| fault(&what))?;
                let text = zstd::decode_all(&bytes[..])
                    .map_err(|cause| fault(&format!("cannot be unpacked: {cause}")))?;
                let send = |batch| sink.blocking_send(batch).is_ok();
                let rows = rows::read(script.opening(), form.as_ref(), &text, limit, send)
                    .map_err(|at| fault(&format!("holds no row at byte {at} of its text")))?;
                if rows != file.rows && !sink.is_closed() {
                    let what = format!("holds {rows} rows instead of {}", file.rows);
                    return Err(fault(&what));
                }
                read += rows;
            }
            Ok(read)
        })
        .await
    }

    async fn count(&self, _: usize, table: &Table) -> Result<Rows> {
        Ok(self.rows(table)?.rows)
    }

    async fn counters(&self, _: &[Object]) -> Result<Vec<(String, String)>> {
        let database = self.manifest.database(&self.database);
        let options = database.map(|database| database.catalog.options.clone());
        Ok(options.unwrap_or_default())
    }

    /// A backup never changes.
    fn is_fixed(&self) -> bool {
        true
    }

    async fn digest(&self, _: usize, _: &Table, _: &Chunk) -> Result<Digest> {
        Err(Error::Refused {
            problem: "a backup has no digests: only its server can make them".into(),
            mend: "compare --counts, or restore it under another name and compare that".into(),
        })
    }

    async fn close(&self) -> Result<SnapshotLevel> {
        Ok(self.level())
    }
}
