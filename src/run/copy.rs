//! Copies tables: a queue of tables and key ranges, several workers, each with a reader and a writer.
//!
//! Large tables are cut into ranges that all workers share. Every range counts rows read and rows written,
//! and a table is done when the sum equals what both sides count.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::future::try_join;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::event::{Event, Listener};
use super::{Error, Job, TableOutcome, Verify};
use crate::engines::{self, BatchLimit, Loader, Snapshot, Target};
use crate::model::batch::{Batch, Chunk};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};

/// What a range aims at: about half a second of work.
const CHUNK_BYTES: u64 = 16 << 20;
const CHUNK_ROWS: u64 = 100_000;
/// How long a stopped worker may take to end by itself.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
/// Fewer rows than this are no base for an average.
const BELIEVED: u64 = 1000;
/// A batch is full at this size; the next row may exceed it.
pub const BATCH_BYTES: Bytes = Bytes(1 << 20);
/// How many batches may wait between a reader and its writer.
pub const CHANNEL: usize = 2;

/// Copies all tables; the first error stops every worker.
pub async fn all(
    tables: Vec<Table>,
    snapshot: &Arc<dyn Snapshot>,
    target: &Arc<dyn Target>,
    job: &Job<'_>,
    database: &str,
) -> Result<Vec<TableOutcome>, Error> {
    let shared = Arc::new(Shared {
        queue: Mutex::new((0..tables.len()).map(Work::Table).collect()),
        progress: tables
            .iter()
            .map(|_| Mutex::new(Progress::default()))
            .collect(),
        cutting: Mutex::new(0),
        changed: Notify::new(),
        tables,
        database: database.to_string(),
        snapshot: snapshot.clone(),
        target: target.clone(),
        listener: job.listener.clone(),
        limit: BatchLimit {
            rows: job.batch,
            bytes: BATCH_BYTES,
        },
        verify: job.verify,
        // A worker that fails stops the others without stopping the whole batch of databases.
        stop: job.stop.child_token(),
    });
    let mut workers = JoinSet::new();
    for reader in 0..snapshot.level().readers {
        let shared = shared.clone();
        workers.spawn(async move { shared.work(reader).await });
    }
    let mut first = Ok(());
    let mut patience = Box::pin(async {
        job.stop.cancelled().await;
        tokio::time::sleep(PATIENCE).await;
    });
    let mut waits = true;
    loop {
        let ended = tokio::select! {
            ended = workers.join_next() => match ended {
                Some(ended) => ended,
                None => break,
            },
            // A worker that waits for a server cannot hear that it is to stop.
            () = &mut patience, if waits => {
                waits = false;
                workers.abort_all();
                continue;
            }
        };
        let ended = ended.unwrap_or_else(|ended| match ended.is_cancelled() {
            true => Err(Error::Stopped),
            false => {
                Err(engines::Error::Mismatch(format!("a worker ended abnormally: {ended}")).into())
            }
        });
        if ended.is_err() {
            shared.stop.cancel();
            shared.changed.notify_waiters();
        }
        // The cause comes first; the others only say that they were stopped.
        if first.is_ok() || matches!((&first, &ended), (Err(Error::Stopped), Err(_))) {
            first = ended;
        }
    }
    first?;
    if job.stop.is_cancelled() {
        return Err(Error::Stopped);
    }
    Ok(shared
        .tables
        .iter()
        .zip(&shared.progress)
        .map(|(table, progress)| {
            let progress = progress.lock().expect("no worker panicked");
            TableOutcome {
                name: table.name.clone(),
                rows: progress.rows,
                bytes: progress.bytes,
                took: progress.took(),
            }
        })
        .collect())
}

enum Work {
    Table(usize),
    Chunk(usize, Chunk),
}

#[derive(Default)]
struct Progress {
    /// Ranges still to copy; None until the table is cut.
    left: Option<usize>,
    rows: Rows,
    bytes: Bytes,
    started: Option<Instant>,
    ended: Option<Instant>,
}

impl Progress {
    fn took(&self) -> std::time::Duration {
        let ended = self.ended.unwrap_or_else(Instant::now);
        self.started
            .map(|started| ended - started)
            .unwrap_or_default()
    }
}

struct Shared {
    tables: Vec<Table>,
    progress: Vec<Mutex<Progress>>,
    queue: Mutex<VecDeque<Work>>,
    /// How many workers are cutting a table: their ranges are still to come.
    cutting: Mutex<usize>,
    changed: Notify,
    database: String,
    snapshot: Arc<dyn Snapshot>,
    target: Arc<dyn Target>,
    listener: Arc<dyn Listener>,
    limit: BatchLimit,
    verify: Verify,
    stop: CancellationToken,
}

impl Shared {
    async fn work(&self, reader: usize) -> Result<(), Error> {
        let mut loader = self.target.loader().await?;
        while let Some(work) = self.next().await {
            if self.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            match work {
                Work::Table(table) => self.cut(reader, table).await?,
                Work::Chunk(table, chunk) => {
                    self.copy(reader, loader.as_mut(), table, &chunk).await?;
                }
            }
        }
        Ok(())
    }

    /// The next piece of work; waits while somebody is still cutting a table.
    async fn next(&self) -> Option<Work> {
        loop {
            let waiting = self.changed.notified();
            {
                let mut cutting = self.cutting.lock().expect("no worker panicked");
                let work = self.queue.lock().expect("no worker panicked").pop_front();
                if let Some(work) = work {
                    *cutting += usize::from(matches!(work, Work::Table(_)));
                    return Some(work);
                }
                if *cutting == 0 || self.stop.is_cancelled() {
                    return None;
                }
            }
            tokio::select! {
                () = waiting => {}
                () = self.stop.cancelled() => return None,
            }
        }
    }

    async fn cut(&self, reader: usize, index: usize) -> Result<(), Error> {
        let table = &self.tables[index];
        self.progress[index]
            .lock()
            .expect("no worker panicked")
            .started = Some(Instant::now());
        self.listener.on(&Event::TableStarted {
            database: self.database.clone(),
            table: table.name.clone(),
            rows: table.rows,
            bytes: table.bytes,
        });
        let chunks = self.snapshot.chunks(reader, table, aim(table)).await;
        {
            let mut cutting = self.cutting.lock().expect("no worker panicked");
            *cutting -= 1;
            if let Ok(chunks) = &chunks {
                self.progress[index]
                    .lock()
                    .expect("no worker panicked")
                    .left = Some(chunks.len());
                let mut queue = self.queue.lock().expect("no worker panicked");
                chunks
                    .iter()
                    .rev()
                    .for_each(|chunk| queue.push_front(Work::Chunk(index, chunk.clone())));
            }
        }
        self.changed.notify_waiters();
        chunks?;
        Ok(())
    }

    async fn copy(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        index: usize,
        chunk: &Chunk,
    ) -> Result<(), Error> {
        let table = &self.tables[index];
        let (sink, batches) = mpsc::channel(CHANNEL);
        let read = async {
            self.snapshot
                .read(reader, table, chunk, self.limit, sink)
                .await
                .map_err(Error::from)
        };
        let (read, loaded) = try_join(read, self.load(loader, index, batches)).await?;
        if read != loaded {
            return Err(mismatch(table, "read", read, "written", loaded));
        }
        loader.commit().await?;
        let last = {
            let mut progress = self.progress[index].lock().expect("no worker panicked");
            progress.rows += loaded;
            progress.left = progress.left.map(|left| left - 1);
            progress.left == Some(0)
        };
        if last {
            self.prove(reader, index).await
        } else {
            Ok(())
        }
    }

    async fn load(
        &self,
        loader: &mut dyn Loader,
        index: usize,
        mut batches: mpsc::Receiver<Batch>,
    ) -> Result<Rows, Error> {
        let table = &self.tables[index];
        let mut loaded = Rows(0);
        loader.begin().await?;
        while let Some(batch) = batches.recv().await {
            if self.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            let rows = loader.load(table, &batch).await?;
            if rows != batch.rows() {
                return Err(mismatch(table, "sent", batch.rows(), "written", rows));
            }
            loaded += rows;
            self.progress[index]
                .lock()
                .expect("no worker panicked")
                .bytes += batch.bytes();
            self.listener.on(&Event::Moved {
                database: self.database.clone(),
                table: table.name.clone(),
                rows,
                bytes: batch.bytes(),
            });
        }
        Ok(loaded)
    }

    /// Proves a table by counts of both sides, or by digests.
    async fn prove(&self, reader: usize, index: usize) -> Result<(), Error> {
        let table = &self.tables[index];
        let loaded = self.progress[index]
            .lock()
            .expect("no worker panicked")
            .rows;
        if self.verify != Verify::None {
            let (there, here) =
                try_join(self.snapshot.count(reader, table), self.target.count(table)).await?;
            if there != loaded || here != loaded {
                return Err(mismatch(
                    table,
                    "in the source",
                    there,
                    "in the target",
                    here,
                ));
            }
        }
        if self.verify == Verify::Checksum {
            let (there, here) = try_join(
                self.snapshot.digest(reader, table),
                self.target.digest(table),
            )
            .await?;
            if there != here {
                let text = format!(
                    "table {}: the digests of source and copy differ",
                    table.name
                );
                return Err(engines::Error::Mismatch(text).into());
            }
        }
        let (bytes, took) = {
            let mut progress = self.progress[index].lock().expect("no worker panicked");
            progress.ended = Some(Instant::now());
            (progress.bytes, progress.took())
        };
        self.listener.on(&Event::TableDone {
            database: self.database.clone(),
            table: table.name.clone(),
            rows: loaded,
            bytes,
            took,
        });
        Ok(())
    }
}

fn mismatch(table: &Table, left: &str, expected: Rows, right: &str, found: Rows) -> Error {
    engines::Error::Mismatch(format!(
        "table {}: {expected} rows {left}, {found} {right}",
        table.name
    ))
    .into()
}

/// How many rows of a table make a range, by its average row. A server that has not counted a fresh table yet
/// says that it is nearly empty: then its average says nothing.
pub fn aim(table: &Table) -> Rows {
    if table.rows.0 < BELIEVED {
        return Rows(CHUNK_ROWS / 4);
    }
    let average = table.bytes.0 / table.rows.0.max(1);
    Rows((CHUNK_BYTES / average.max(1)).clamp(1, CHUNK_ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_wide_rows_are_shorter() {
        let table = |rows, bytes| Table {
            rows: Rows(rows),
            bytes: Bytes(bytes),
            ..Table::default()
        };
        assert_eq!(aim(&table(1_000_000, 100_000_000)), Rows(100_000));
        assert_eq!(aim(&table(1_000, 256 << 20)), Rows(62));
        assert_eq!(aim(&table(10_000, 0)), Rows(100_000));
        assert_eq!(aim(&table(3, 64 << 10)), Rows(25_000));
    }
}
