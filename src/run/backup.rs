//! Saves a database: its rows, read in one moment by several workers, go to the files of a backup.
//!
//! A table is saved when the rows of its files are as many as the snapshot counts. Nothing here has a name
//! before all of it is on the disk: the writer sees to that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::try_join;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::event::{Event, Listener};
use super::{Error, TableOutcome, copy};
use crate::engines::backup::{ChunkFile, Database, TableRows, Writer};
use crate::engines::{self, BatchLimit, Server, Snapshot};
use crate::model::batch::{Batch, Chunk};
use crate::model::catalog::Table;
use crate::model::diff;
use crate::model::survey::Survey;
use crate::model::units::Rows;
use crate::plan::Plan;

/// What a backup works with.
pub struct Job<'a> {
    pub source: &'a dyn Server,
    pub writer: Arc<Writer>,
    pub listener: Arc<dyn Listener>,
    /// How many readers work at once, at most.
    pub workers: usize,
    /// The most rows of one batch.
    pub batch: Rows,
    pub stop: CancellationToken,
}

/// A database that was saved.
pub struct Saved {
    /// What the manifest says of it.
    pub database: Database,
    pub tables: Vec<TableOutcome>,
    pub took: Duration,
}

/// Saves one database. The plan is that of a copy to where nothing is yet.
///
/// # Errors
/// See [`Error`]: then the backup as a whole is to be discarded.
pub async fn save(plan: &Plan, survey: &Survey, job: &Job<'_>) -> Result<Saved, Error> {
    let started = Instant::now();
    let mut catalog = survey.catalog.clone().unwrap_or_default();
    let name = &plan.source.database;
    let tables: Vec<Table> = plan.tables.iter().map(|plan| plan.table.clone()).collect();
    // Without rows to read there is nothing that readers must share.
    let workers = if tables.is_empty() { 1 } else { job.workers };
    let snapshot = job.source.snapshot(name, &tables, workers).await?;
    let counters = snapshot.counters(&catalog.objects).await?;
    catalog.options.extend(counters);
    job.writer.define(&catalog).await?;
    let shared = Arc::new(Shared::new(tables, Arc::from(snapshot), job, name));
    job.listener.on(&Event::Snapshot {
        database: name.clone(),
        level: shared.snapshot.level(),
    });
    shared.all(Task::Cut).await?;
    shared.all(Task::Save).await?;
    let snapshot = shared.snapshot.close().await?;
    if diff::fingerprint(job.source.catalog(name).await?.as_ref()) != plan.source.fingerprint {
        return Err(Error::Moved("source"));
    }
    let (rows, tables) = shared.outcome();
    for table in &mut catalog.tables {
        if let Some(saved) = tables.iter().find(|saved| saved.name == table.name) {
            table.rows = saved.rows;
            table.bytes = table.bytes.max(saved.bytes);
        }
    }
    let not_saved = plan.not_copied.iter();
    Ok(Saved {
        database: Database {
            catalog,
            unseen: survey.unseen.clone(),
            snapshot,
            not_saved: not_saved
                .map(|item| (item.what.clone(), item.reason.clone()))
                .collect(),
            tables: rows,
        },
        tables,
        took: started.elapsed(),
    })
}

/// The two rounds: tables are cut into ranges, then the ranges are saved.
#[derive(Clone, Copy)]
enum Task {
    Cut,
    Save,
}

#[derive(Default)]
struct Progress {
    /// The files of each range, in the order of the key.
    files: Vec<Vec<ChunkFile>>,
    left: usize,
    outcome: TableOutcome,
    started: Option<Instant>,
}

struct Shared {
    database: String,
    tables: Vec<Table>,
    progress: Vec<Mutex<Progress>>,
    /// The tables to cut, then the ranges to save: table, number of the range, range.
    uncut: Mutex<VecDeque<usize>>,
    queue: Mutex<VecDeque<(usize, usize, Chunk)>>,
    snapshot: Arc<dyn Snapshot>,
    writer: Arc<Writer>,
    listener: Arc<dyn Listener>,
    limit: BatchLimit,
    stop: CancellationToken,
}

impl Shared {
    fn new(
        tables: Vec<Table>,
        snapshot: Arc<dyn Snapshot>,
        job: &Job<'_>,
        database: &str,
    ) -> Shared {
        Shared {
            database: database.to_string(),
            progress: tables.iter().map(|_| Mutex::default()).collect(),
            uncut: Mutex::new((0..tables.len()).collect()),
            queue: Mutex::default(),
            tables,
            snapshot,
            writer: job.writer.clone(),
            listener: job.listener.clone(),
            limit: BatchLimit {
                rows: job.batch,
                bytes: copy::BATCH_BYTES,
            },
            stop: job.stop.clone(),
        }
    }

    /// Does a round with every reader; the first error ends the others.
    async fn all(self: &Arc<Self>, task: Task) -> Result<(), Error> {
        let mut workers = JoinSet::new();
        for reader in 0..self.snapshot.level().readers {
            let shared = self.clone();
            workers.spawn(async move {
                let work = async {
                    match task {
                        Task::Cut => shared.cut(reader).await,
                        Task::Save => shared.save(reader).await,
                    }
                };
                tokio::select! {
                    done = work => done,
                    () = shared.stop.cancelled() => Err(Error::Stopped),
                }
            });
        }
        while let Some(ended) = workers.join_next().await {
            ended.unwrap_or_else(|ended| {
                let text = format!("a worker ended abnormally: {ended}");
                Err(engines::Error::Mismatch(text).into())
            })?;
        }
        Ok(())
    }

    async fn cut(&self, reader: usize) -> Result<(), Error> {
        loop {
            let Some(index) = lock(&self.uncut).pop_front() else {
                return Ok(());
            };
            let table = &self.tables[index];
            let chunks = self
                .snapshot
                .chunks(reader, table, copy::aim(table))
                .await?;
            {
                let mut progress = lock(&self.progress[index]);
                progress.left = chunks.len();
                progress.files = vec![Vec::new(); chunks.len()];
            }
            let chunks = chunks.into_iter().enumerate();
            lock(&self.queue).extend(chunks.map(|(number, chunk)| (index, number, chunk)));
        }
    }

    async fn save(&self, reader: usize) -> Result<(), Error> {
        loop {
            let Some((index, number, chunk)) = lock(&self.queue).pop_front() else {
                return Ok(());
            };
            let table = &self.tables[index];
            self.begin(index);
            let (sink, batches) = mpsc::channel(copy::CHANNEL);
            let read = async {
                let read = self.snapshot.read(reader, table, &chunk, self.limit, sink);
                read.await.map_err(Error::from)
            };
            let (read, files) = try_join(read, self.write(index, &chunk, batches)).await?;
            let written: Rows = files.iter().map(|file| file.rows).sum();
            if read != written {
                return Err(mismatch(table, read, "read", written));
            }
            let is_last = {
                let mut progress = lock(&self.progress[index]);
                progress.files[number] = files;
                progress.outcome.rows += written;
                progress.left -= 1;
                progress.left == 0
            };
            if is_last {
                self.prove(reader, index).await?;
            }
        }
    }

    fn begin(&self, index: usize) {
        let table = &self.tables[index];
        let mut progress = lock(&self.progress[index]);
        if progress.started.is_none() {
            progress.started = Some(Instant::now());
            self.listener.on(&Event::TableStarted {
                database: self.database.clone(),
                table: table.name.clone(),
                rows: table.rows,
                bytes: table.bytes,
            });
        }
    }

    async fn write(
        &self,
        index: usize,
        chunk: &Chunk,
        mut batches: mpsc::Receiver<Batch>,
    ) -> Result<Vec<ChunkFile>, Error> {
        let table = &self.tables[index];
        let mut pen = self.writer.pen(&self.database, table, chunk);
        while let Some(batch) = batches.recv().await {
            pen.push(&batch).await?;
            lock(&self.progress[index]).outcome.bytes += batch.bytes();
            self.listener.on(&Event::Moved {
                database: self.database.clone(),
                table: table.name.clone(),
                rows: batch.rows(),
                bytes: batch.bytes(),
            });
        }
        Ok(pen.finish().await?)
    }

    /// Proves a table by the count of the snapshot.
    async fn prove(&self, reader: usize, index: usize) -> Result<(), Error> {
        let table = &self.tables[index];
        let counted = self.snapshot.count(reader, table).await?;
        let mut progress = lock(&self.progress[index]);
        if counted != progress.outcome.rows {
            return Err(mismatch(
                table,
                counted,
                "in the source",
                progress.outcome.rows,
            ));
        }
        progress.outcome.took = progress
            .started
            .map(|start| start.elapsed())
            .unwrap_or_default();
        self.listener.on(&Event::TableDone {
            database: self.database.clone(),
            table: table.name.clone(),
            rows: progress.outcome.rows,
            bytes: progress.outcome.bytes,
            took: progress.outcome.took,
        });
        Ok(())
    }

    fn outcome(&self) -> (Vec<TableRows>, Vec<TableOutcome>) {
        let tables = self.tables.iter().zip(&self.progress);
        tables
            .map(|(table, progress)| {
                let progress = lock(progress);
                let rows = TableRows {
                    name: table.name.clone(),
                    rows: progress.outcome.rows,
                    chunks: progress.files.iter().flatten().cloned().collect(),
                };
                let outcome = TableOutcome {
                    name: table.name.clone(),
                    ..progress.outcome.clone()
                };
                (rows, outcome)
            })
            .unzip()
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mismatch(table: &Table, expected: Rows, whose: &str, found: Rows) -> Error {
    engines::Error::Mismatch(format!(
        "table {}: {expected} rows {whose}, {found} in the backup",
        table.name
    ))
    .into()
}
