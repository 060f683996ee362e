//! Copies tables: a queue of tables and key ranges, several workers, each with a reader and a writer.
//!
//! Large tables are cut into ranges that all workers share. Every range counts rows read and rows written, its
//! mark is committed with its rows, and a table is done when the sum equals what both sides count. A range that
//! an earlier try has staged is digested on both sides, and copied again only where it differs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backon::BackoffBuilder as _;
use futures::future::{join, try_join};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::course::Course;
use super::event::{Event, Listener};
use super::pace::Pace;
use super::{Error, TableOutcome, Verify};
use crate::engines::{self, BatchLimit, Loader, Mark, Snapshot, StagedTable, Target, kill};
use crate::model::batch::{Batch, Chunk};
use crate::model::catalog::{Column, Table};
use crate::model::units::{Bytes, Rows};
use crate::plan::Route;

/// What a range aims at: about half a second of work.
const CHUNK_BYTES: u64 = 16 << 20;
const CHUNK_ROWS: u64 = 100_000;
/// How long a stopped worker may take to finish its range.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a range is loaded again after an error that may pass, from and to how long between.
const TRIES: usize = 6;
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// Fewer rows than this are no base for an average.
const BELIEVED: u64 = 1000;
/// A batch is full at this size; the next row may exceed it.
pub const BATCH_BYTES: Bytes = Bytes(1 << 20);
/// How many batches may wait between a reader and its writer.
pub const CHANNEL: usize = 2;

/// A table as the source reads it and as the target takes it.
pub struct Pair {
    pub from: Table,
    pub to: Table,
    /// Whether both sides have the key's values in one order: then a range is the same rows on both.
    is_ordered: bool,
}

impl Pair {
    /// `alike` says that both servers are of one product, where a collation of one name orders in one way.
    pub fn new(mut from: Table, to: &Table, alike: bool) -> Pair {
        if to.times().is_empty() {
            from.history = to.history.clone();
        }
        let is_ordered = from.key().is_none_or(|key| {
            key.parts.iter().all(|part| {
                let collation = |table: &Table| {
                    table
                        .column(&part.column)
                        .and_then(|column| column.collation.clone())
                };
                let (left, right) = (collation(&from), collation(to));
                left == right && (alike || left.is_none_or(|name| name.ends_with("_bin")))
            })
        });
        // What the target does not hold is neither read nor digested.
        from.columns
            .retain(|column| to.column(&column.name).is_some());
        for column in &mut from.columns {
            column.read_as = other_charset(column, to);
        }
        let mut to = to.clone();
        for column in from.columns.iter_mut().chain(&mut to.columns) {
            column.crosses = !alike;
        }
        Pair {
            from,
            to,
            is_ordered,
        }
    }
}

/// The character set of the target's column, where it is not that of the source's.
fn other_charset(column: &Column, to: &Table) -> Option<String> {
    let modern = |charset: &String| match charset.as_str() {
        "utf8" => "utf8mb3".to_string(),
        other => other.to_string(),
    };
    let wanted = to.column(&column.name)?.charset.as_ref()?;
    let kept = column.charset.as_ref()?;
    (modern(wanted) != modern(kept)).then(|| wanted.clone())
}

/// Copies all tables; the first error stops every worker. `staged` is what an earlier try has loaded already.
pub async fn all(
    tables: Vec<Pair>,
    staged: Vec<StagedTable>,
    snapshot: &Arc<dyn Snapshot>,
    target: &Arc<dyn Target>,
    course: &Course<'_>,
    verify: Verify,
) -> Result<Vec<TableOutcome>, Error> {
    let job = course.job;
    let pace = Pace::new(job.throttle, job.max_load);
    let shared = Arc::new(Shared {
        queue: Mutex::new((0..tables.len()).map(Work::Table).collect()),
        progress: tables
            .iter()
            .map(|_| Mutex::new(Progress::default()))
            .collect(),
        staged: Mutex::new(staged),
        cutting: Mutex::new(0),
        changed: Notify::new(),
        tables,
        database: course.plan.target.database.clone(),
        snapshot: snapshot.clone(),
        target: target.clone(),
        listener: job.listener.clone(),
        inside: (course.plan.route == Route::Server).then(|| course.plan.source.database.clone()),
        limit: pace.limit(BatchLimit {
            rows: job.batch,
            bytes: BATCH_BYTES,
        }),
        pace: pace.clone(),
        verify,
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
    let mut watch = Box::pin(pace.watch(job.source, job.listener.as_ref()));
    let mut watches = true;
    let mut halts = shared.inside.is_some();
    loop {
        let ended = tokio::select! {
            ended = workers.join_next() => match ended {
                Some(ended) => ended,
                None => break,
            },
            error = &mut watch, if watches => {
                watches = false;
                shared.stop.cancel();
                first = first.and(Err(error));
                continue;
            }
            // A statement that copies a whole table would not hear of the end before its own.
            () = shared.stop.cancelled(), if halts => {
                halts = false;
                if let Err(error) = target.halt().await {
                    tracing::warn!("the loaders go on for a while: {}", error.full());
                }
                continue;
            }
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
                name: table.to.name.clone(),
                rows: progress.rows,
                bytes: progress.bytes,
                took: progress.took(),
            }
        })
        .collect())
}

enum Work {
    Table(usize),
    Chunk(usize, Piece),
}

/// A range of a table, and what may be of it in staging.
struct Piece {
    number: usize,
    chunk: Chunk,
    left: Left,
}

/// What an earlier try left of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    /// Rows without a mark, where the table knows no transactions.
    Scraps,
    /// Rows with their mark: they may be those of an earlier moment.
    Staged,
}

/// Which side of a copy failed.
enum Failure {
    Reading(Error),
    Loading(Error),
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
    tables: Vec<Pair>,
    progress: Vec<Mutex<Progress>>,
    queue: Mutex<VecDeque<Work>>,
    /// What an earlier try has loaded.
    staged: Mutex<Vec<StagedTable>>,
    /// How many workers are cutting a table: their ranges are still to come.
    cutting: Mutex<usize>,
    changed: Notify,
    database: String,
    snapshot: Arc<dyn Snapshot>,
    target: Arc<dyn Target>,
    listener: Arc<dyn Listener>,
    /// The source's database, where rows are copied inside the server.
    inside: Option<String>,
    limit: BatchLimit,
    pace: Arc<Pace>,
    verify: Verify,
    stop: CancellationToken,
}

impl Shared {
    async fn work(&self, reader: usize) -> Result<(), Error> {
        let mut loader = self.target.loader(reader).await?;
        while let Some(work) = self.next().await {
            if self.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            match work {
                Work::Table(table) => self.cut(reader, table).await?,
                Work::Chunk(table, piece) => self.piece(reader, &mut loader, table, &piece).await?,
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
            table: table.to.name.clone(),
            rows: table.from.rows,
            bytes: table.from.bytes,
        });
        let pieces = self.pieces(reader, table).await;
        let cut = {
            let mut cutting = self.cutting.lock().expect("no worker panicked");
            *cutting -= 1;
            pieces.map(|pieces| {
                self.progress[index]
                    .lock()
                    .expect("no worker panicked")
                    .left = Some(pieces.len());
                let mut queue = self.queue.lock().expect("no worker panicked");
                for piece in pieces.into_iter().rev() {
                    queue.push_front(Work::Chunk(index, piece));
                }
            })
        };
        self.changed.notify_waiters();
        cut
    }

    /// The ranges of a table: those that an earlier try has cut, or new ones.
    async fn pieces(&self, reader: usize, table: &Pair) -> Result<Vec<Piece>, Error> {
        let known = {
            let mut staged = self.staged.lock().expect("no worker panicked");
            let position = staged
                .iter()
                .position(|staged| staged.name == table.to.name);
            position.map(|position| staged.swap_remove(position).chunks)
        };
        let known: Vec<Piece> = known
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(number, staged)| Piece {
                number,
                chunk: staged.chunk,
                left: match staged.rows {
                    Some(_) => Left::Staged,
                    None => Left::Scraps,
                },
            })
            .collect();
        if !known.is_empty() {
            return Ok(known);
        }
        let chunks = match table.is_ordered || self.snapshot.is_fixed() {
            true => {
                let aim = aim(&table.from);
                self.snapshot.chunks(reader, &table.from, aim).await?
            }
            false => vec![Chunk::whole()],
        };
        if chunks.len() > 1 {
            self.target.cut(&table.to, &chunks).await?;
        }
        let pieces = chunks.into_iter().enumerate().map(|(number, chunk)| Piece {
            number,
            chunk,
            left: Left::Nothing,
        });
        Ok(pieces.collect())
    }

    /// Copies a range, unless staging holds it as it is now; proves the table when it was the last one.
    async fn piece(
        &self,
        reader: usize,
        loader: &mut Box<dyn Loader>,
        index: usize,
        piece: &Piece,
    ) -> Result<(), Error> {
        let table = &self.tables[index];
        let staged = match piece.left {
            Left::Staged if self.snapshot.is_fixed() => {
                self.target.committed(&table.to, piece.number).await?
            }
            Left::Staged => self.unchanged(reader, table, &piece.chunk).await?,
            _ => None,
        };
        let rows = match staged {
            Some(rows) => {
                self.moved(index, rows, Bytes(0));
                rows
            }
            None => self.copy(reader, loader, index, piece).await?,
        };
        let last = {
            let mut progress = self.progress[index].lock().expect("no worker panicked");
            progress.rows += rows;
            progress.left = progress.left.map(|left| left - 1);
            progress.left == Some(0)
        };
        match last {
            true => self.prove(reader, index).await,
            false => Ok(()),
        }
    }

    /// The rows of a staged range when they are those of the source, under the snapshot of now.
    async fn unchanged(
        &self,
        reader: usize,
        table: &Pair,
        chunk: &Chunk,
    ) -> Result<Option<Rows>, Error> {
        let (there, here) = try_join(
            self.snapshot.digest(reader, &table.from, chunk),
            self.target.digest(&table.to, chunk),
        )
        .await?;
        Ok((there == here).then_some(here.rows))
    }

    /// Copies a range; what may pass is tried again, each time asking the mark first (B14, E06).
    async fn copy(
        &self,
        reader: usize,
        loader: &mut Box<dyn Loader>,
        index: usize,
        piece: &Piece,
    ) -> Result<Rows, Error> {
        let table = &self.tables[index];
        let mut clear = piece.left != Left::Nothing;
        let mut pauses = backon::ExponentialBuilder::default()
            .with_min_delay(PAUSE.0)
            .with_max_delay(PAUSE.1)
            .with_max_times(TRIES)
            .with_jitter()
            .build();
        loop {
            let cause = match self
                .copy_once(reader, loader.as_mut(), index, piece, clear)
                .await
            {
                Ok(rows) => return Ok(rows),
                Err(Failure::Loading(error)) if error.is_transient() => error,
                Err(Failure::Loading(error) | Failure::Reading(error)) => return Err(error),
            };
            if self.inside.is_some() && self.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            let Some(pause) = pauses.next() else {
                return Err(cause);
            };
            self.listener.on(&Event::Notice {
                text: format!(
                    "{}.{}: trying again: {}",
                    self.database,
                    table.to.name,
                    cause.full()
                ),
            });
            tokio::time::sleep(pause).await;
            *loader = self.target.loader(reader).await?;
            if let Some(rows) = self.target.committed(&table.to, piece.number).await? {
                // Rows of an earlier moment had their mark already: only new ones count.
                if piece.left != Left::Staged {
                    return Ok(rows);
                }
            }
            clear = true;
        }
    }

    async fn copy_once(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        index: usize,
        piece: &Piece,
        clear: bool,
    ) -> Result<Rows, Failure> {
        let table = &self.tables[index];
        let calm = self.pace.calm(&self.stop);
        calm.await.map_err(Failure::Reading)?;
        if let Some(database) = &self.inside {
            return self.pull(loader, database, index, piece, clear).await;
        }
        let (sink, batches) = mpsc::channel(CHANNEL);
        let read = async {
            self.snapshot
                .read(reader, &table.from, &piece.chunk, self.limit, sink)
                .await
                .map_err(|error| Failure::Reading(error.into()))
        };
        let load = async {
            let begun = async {
                loader.begin().await?;
                match clear {
                    true => loader.clear(&table.to, &piece.chunk).await,
                    false => Ok(()),
                }
            };
            if let Err(error) = begun.await {
                drop(batches);
                return Err(Failure::Loading(error.into()));
            }
            self.load(loader, index, batches).await
        };
        // A load that fails ends the reading through its channel, between two rows: broken off within one, the
        // reader's connection would not know where its next answer begins.
        let (read, loaded) = join(read, load).await;
        let (read, loaded) = (read?, loaded?);
        if read != loaded {
            let error = mismatch(&table.to, "read", read, "written", loaded);
            return Err(Failure::Reading(error));
        }
        kill::point("chunk-loaded");
        let mark = Mark {
            table: &table.to,
            number: piece.number,
            chunk: &piece.chunk,
            rows: loaded,
        };
        let committed = loader.commit(mark).await;
        committed.map_err(|error| Failure::Loading(error.into()))?;
        kill::point("chunk-committed");
        Ok(loaded)
    }

    /// Copies a range inside the server.
    async fn pull(
        &self,
        loader: &mut dyn Loader,
        database: &str,
        index: usize,
        piece: &Piece,
        clear: bool,
    ) -> Result<Rows, Failure> {
        let table = &self.tables[index];
        let pulled = async {
            loader.begin().await?;
            if clear {
                loader.clear(&table.to, &piece.chunk).await?;
            }
            let rows = loader
                .pull(database, &table.from, &table.to, &piece.chunk)
                .await?;
            kill::point("chunk-loaded");
            let mark = Mark {
                table: &table.to,
                number: piece.number,
                chunk: &piece.chunk,
                rows,
            };
            loader.commit(mark).await.map(|()| rows)
        };
        let rows = pulled
            .await
            .map_err(|error| Failure::Loading(error.into()))?;
        kill::point("chunk-committed");
        // The server moved them: how many bytes they are is known on the average only.
        let average = table.from.bytes.0 / table.from.rows.0.max(1);
        let bytes = Bytes(average.saturating_mul(rows.0));
        self.moved(index, rows, bytes);
        let taken = self.pace.take(rows, bytes, &self.stop);
        taken.await.map_err(Failure::Reading)?;
        Ok(rows)
    }

    async fn load(
        &self,
        loader: &mut dyn Loader,
        index: usize,
        mut batches: mpsc::Receiver<Batch>,
    ) -> Result<Rows, Failure> {
        let table = &self.tables[index];
        let mut loaded = Rows(0);
        while let Some(batch) = batches.recv().await {
            let taken = self.pace.take(batch.rows(), batch.bytes(), &self.stop);
            taken.await.map_err(Failure::Reading)?;
            let rows = loader.load(&table.to, &batch).await;
            let rows = rows.map_err(|error| Failure::Loading(error.into()))?;
            if rows != batch.rows() {
                let error = mismatch(&table.to, "sent", batch.rows(), "written", rows);
                return Err(Failure::Reading(error));
            }
            loaded += rows;
            self.moved(index, rows, batch.bytes());
        }
        Ok(loaded)
    }

    fn moved(&self, index: usize, rows: Rows, bytes: Bytes) {
        self.progress[index]
            .lock()
            .expect("no worker panicked")
            .bytes += bytes;
        self.listener.on(&Event::Moved {
            database: self.database.clone(),
            table: self.tables[index].to.name.clone(),
            rows,
            bytes,
        });
    }

    /// Proves a table by counts of both sides, or by digests.
    async fn prove(&self, reader: usize, index: usize) -> Result<(), Error> {
        let table = &self.tables[index];
        let loaded = self.progress[index]
            .lock()
            .expect("no worker panicked")
            .rows;
        if self.verify != Verify::None {
            let (there, here) = try_join(
                self.snapshot.count(reader, &table.from),
                self.target.count(&table.to),
            )
            .await?;
            if there != loaded || here != loaded {
                return Err(mismatch(
                    &table.to,
                    "in the source",
                    there,
                    "in the target",
                    here,
                ));
            }
        }
        if self.verify == Verify::Checksum {
            let (there, here) = try_join(
                self.snapshot.digest(reader, &table.from, &Chunk::whole()),
                self.target.digest(&table.to, &Chunk::whole()),
            )
            .await?;
            if there != here {
                let text = format!(
                    "table {}: the digests of source and copy differ",
                    table.to.name
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
            table: table.to.name.clone(),
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
