//! A worker: it takes what is next, moves the rows, and proves each table when its last range is there.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backon::BackoffBuilder as _;
use futures::future::{join, try_join};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::aim::Speed;
use super::queue::{Brought, Left, Next, Piece, Queue, Work};
use super::straight::begin;
use super::{CHANNEL, Pair};
use crate::engines::{self, BatchLimit, Loader, Mark, Snapshot, StagedTable, Target, kill};
use crate::model::batch::{Batch, Chunk};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};
use crate::run::event::{Event, Listener};
use crate::run::pace::Pace;
use crate::run::{Error, Verify};

/// A table of so many rows has its keys built when all rows are there.
const LONG: Rows = Rows(20_000);
/// How often a range is loaded again after an error that may pass, from and to how long between.
const TRIES: usize = 6;
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Which side of a copy failed.
pub(super) enum Failure {
    Reading(Error),
    Loading(Error),
}

#[derive(Default)]
pub(super) struct Progress {
    /// Ranges still to copy; None until the table is cut.
    left: Option<usize>,
    pub rows: Rows,
    pub bytes: Bytes,
    started: Option<Instant>,
    ended: Option<Instant>,
}

impl Progress {
    pub fn took(&self) -> Duration {
        let ended = self.ended.unwrap_or_else(Instant::now);
        self.started
            .map(|started| ended - started)
            .unwrap_or_default()
    }
}

pub(super) struct Shared {
    pub tables: Vec<Pair>,
    pub progress: Vec<Mutex<Progress>>,
    pub queue: Mutex<Queue>,
    /// What an earlier try has loaded.
    pub staged: Mutex<Vec<StagedTable>>,
    pub changed: Notify,
    pub speed: Speed,
    pub database: String,
    pub snapshot: Arc<dyn Snapshot>,
    pub target: Arc<dyn Target>,
    pub listener: Arc<dyn Listener>,
    /// The source's database, where rows are copied inside the server.
    pub inside: Option<String>,
    pub limit: BatchLimit,
    pub pace: Arc<Pace>,
    pub verify: Verify,
    pub stop: CancellationToken,
}

impl Shared {
    pub async fn work(&self, reader: usize) -> Result<(), Error> {
        let mut loader = self.target.loader(reader).await?;
        while let Some(work) = self.next(reader).await {
            if self.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            let brought = match work {
                Work::Range(table, piece) => {
                    self.piece(reader, &mut loader, table, &piece).await?;
                    continue;
                }
                Work::Table(table) => self.cut(reader, &mut loader, table).await,
                Work::Group(group) => self.group(reader, &mut loader, group).await,
            };
            let (brought, done) = match brought {
                Ok(brought) => (brought, Ok(())),
                Err(error) => (Brought::Nothing, Err(error)),
            };
            self.queue
                .lock()
                .expect("no worker panicked")
                .opened(reader, brought);
            self.changed.notify_waiters();
            done?;
        }
        Ok(())
    }

    /// The next piece of work; waits while somebody may still bring some.
    async fn next(&self, worker: usize) -> Option<Work> {
        loop {
            let waiting = self.changed.notified();
            let next = self.queue.lock().expect("no worker panicked").next(worker);
            match next {
                Next::Do(work) => return Some(work),
                Next::Done => return None,
                Next::Wait if self.stop.is_cancelled() => return None,
                Next::Wait => {}
            }
            tokio::select! {
                () = waiting => {}
                () = self.stop.cancelled() => return None,
            }
        }
    }

    /// Cuts a table into ranges.
    async fn cut(
        &self,
        reader: usize,
        loader: &mut Box<dyn Loader>,
        index: usize,
    ) -> Result<Brought, Error> {
        let table = &self.tables[index];
        self.started(index);
        let pieces = self.pieces(reader, table).await?;
        let is_fresh = pieces.iter().all(|piece| piece.left == Left::Nothing);
        if is_fresh && (pieces.len() > 1 || table.from.rows >= LONG) {
            loader.defer_keys(&table.to).await?;
        }
        self.progress[index]
            .lock()
            .expect("no worker panicked")
            .left = Some(pieces.len());
        Ok(Brought::Ranges(index, pieces))
    }

    pub(super) fn started(&self, index: usize) {
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
                let aim = self.aim(&table.from);
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
            Left::Staged => {
                let loader = loader.as_mut();
                self.unchanged(reader, loader, table, &piece.chunk).await?
            }
            _ => None,
        };
        let rows = match staged {
            Some(rows) => {
                self.moved(index, rows, Bytes(0));
                rows
            }
            None => {
                let started = Instant::now();
                let rows = self.copy(reader, loader, index, piece).await?;
                self.speed.saw(&table.from, rows, started.elapsed());
                rows
            }
        };
        let last = {
            let mut progress = self.progress[index].lock().expect("no worker panicked");
            progress.rows += rows;
            progress.left = progress.left.map(|left| left - 1);
            progress.left == Some(0)
        };
        match last {
            true => self.finish(reader, loader, index).await,
            false => Ok(()),
        }
    }

    /// The rows of a staged range when they are those of the source, under the snapshot of now.
    async fn unchanged(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        table: &Pair,
        chunk: &Chunk,
    ) -> Result<Option<Rows>, Error> {
        let (there, here) = try_join(
            self.snapshot.digest(reader, &table.from, chunk),
            loader.digest(&table.to, chunk),
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
        let mut pauses = self.pauses();
        loop {
            let cause = match self
                .copy_once(reader, loader.as_mut(), index, piece, clear)
                .await
            {
                Ok(rows) => return Ok(rows),
                Err(Failure::Loading(error)) if error.is_transient() => error,
                Err(Failure::Loading(error) | Failure::Reading(error)) => return Err(error),
            };
            self.pause(table, &mut pauses, cause).await?;
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
        let loaded = match self.straight(loader, index, piece, clear).await? {
            Some(loaded) => loaded,
            None => self.pass(reader, loader, index, piece, clear).await?,
        };
        kill::point("chunk-loaded");
        let mark = Mark {
            table: &table.to,
            number: piece.number,
            chunk: &piece.chunk,
            rows: loaded,
        };
        let committed = loader.commit(&[mark]).await;
        committed.map_err(|error| Failure::Loading(error.into()))?;
        kill::point("chunk-committed");
        Ok(loaded)
    }

    /// Reads a range in batches and loads them; returns the rows that both sides count.
    async fn pass(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        index: usize,
        piece: &Piece,
        clear: bool,
    ) -> Result<Rows, Failure> {
        let table = &self.tables[index];
        let (sink, batches) = mpsc::channel(CHANNEL);
        let read = async {
            self.snapshot
                .read(reader, &table.from, &piece.chunk, self.limit, sink)
                .await
                .map_err(|error| Failure::Reading(error.into()))
        };
        let load = async {
            if let Err(error) = begin(loader, table, piece, clear).await {
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
        Ok(loaded)
    }

    async fn load(
        &self,
        loader: &mut dyn Loader,
        index: usize,
        mut batches: mpsc::Receiver<Batch>,
    ) -> Result<Rows, Failure> {
        let mut loaded = Rows(0);
        while let Some(batch) = batches.recv().await {
            loaded += self.batch(loader, index, &batch).await?;
        }
        Ok(loaded)
    }

    /// Loads a batch; the server must say that it took all of its rows.
    pub(super) async fn batch(
        &self,
        loader: &mut dyn Loader,
        index: usize,
        batch: &Batch,
    ) -> Result<Rows, Failure> {
        let table = &self.tables[index].to;
        let taken = self.pace.take(batch.rows(), batch.bytes(), &self.stop);
        taken.await.map_err(Failure::Reading)?;
        let rows = loader.load(table, batch).await;
        let rows = rows.map_err(|error| Failure::Loading(error.into()))?;
        if rows != batch.rows() {
            let error = mismatch(table, "sent", batch.rows(), "written", rows);
            return Err(Failure::Reading(error));
        }
        self.moved(index, rows, batch.bytes());
        Ok(rows)
    }

    pub(super) fn moved(&self, index: usize, rows: Rows, bytes: Bytes) {
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

    /// Ends a table whose rows are all there: what waited for them is added, and it is proven.
    async fn finish(
        &self,
        reader: usize,
        loader: &mut Box<dyn Loader>,
        index: usize,
    ) -> Result<(), Error> {
        let table = &self.tables[index];
        self.build_keys(loader, reader, table).await?;
        if self.verify != Verify::None {
            let tables = [&table.to];
            let (there, here) = try_join(
                self.snapshot.count(reader, &table.from),
                loader.counts(&tables),
            )
            .await?;
            self.agree(index, there, here[0])?;
        }
        if self.verify == Verify::Checksum {
            self.same_digest(reader, loader.as_mut(), index).await?;
        }
        self.done(index);
        Ok(())
    }

    /// Builds the keys that waited for the rows. A connection that is lost meanwhile may have built them or not.
    async fn build_keys(
        &self,
        loader: &mut Box<dyn Loader>,
        reader: usize,
        table: &Pair,
    ) -> Result<(), Error> {
        let mut pauses = self.pauses();
        loop {
            let built = async {
                let keys = loader.missing_keys(&table.to).await?;
                if keys.is_empty() {
                    return Ok(());
                }
                self.listener.on(&Event::Phase {
                    database: self.database.clone(),
                    phase: format!("indexing {}", table.to.name),
                });
                kill::point("keys-missing");
                loader.build_keys(&table.to, &keys).await?;
                kill::point("keys-built");
                Ok::<(), engines::Error>(())
            };
            let cause = match built.await.map_err(Error::from) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_transient() => error,
                Err(error) => return Err(error),
            };
            self.pause(table, &mut pauses, cause).await?;
            *loader = self.target.loader(reader).await?;
        }
    }

    /// Whether both sides hold as many rows as were copied.
    pub(super) fn agree(&self, index: usize, there: Rows, here: Rows) -> Result<(), Error> {
        let loaded = self.progress[index]
            .lock()
            .expect("no worker panicked")
            .rows;
        match there == loaded && here == loaded {
            true => Ok(()),
            false => Err(mismatch(
                &self.tables[index].to,
                "in the source",
                there,
                "in the target",
                here,
            )),
        }
    }

    pub(super) async fn same_digest(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        index: usize,
    ) -> Result<(), Error> {
        let table = &self.tables[index];
        let whole = Chunk::whole();
        if self
            .unchanged(reader, loader, table, &whole)
            .await?
            .is_some()
        {
            return Ok(());
        }
        let text = format!(
            "table {}: the digests of source and copy differ",
            table.to.name
        );
        Err(engines::Error::Mismatch(text).into())
    }

    pub(super) fn done(&self, index: usize) {
        let (rows, bytes, took) = {
            let mut progress = self.progress[index].lock().expect("no worker panicked");
            progress.ended = Some(Instant::now());
            (progress.rows, progress.bytes, progress.took())
        };
        self.listener.on(&Event::TableDone {
            database: self.database.clone(),
            table: self.tables[index].to.name.clone(),
            rows,
            bytes,
            took,
        });
    }

    /// The pauses between the tries of something that may pass.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        backon::ExponentialBuilder::default()
            .with_min_delay(PAUSE.0)
            .with_max_delay(PAUSE.1)
            .with_max_times(TRIES)
            .with_jitter()
            .build()
    }

    /// Says why something is tried again, and waits; the cause is the error when there was enough of it.
    pub(super) async fn pause(
        &self,
        table: &Pair,
        pauses: &mut (impl Iterator<Item = Duration> + Send),
        cause: Error,
    ) -> Result<(), Error> {
        if self.stop.is_cancelled() {
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
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.stop.cancelled() => Err(Error::Stopped),
        }
    }
}

pub(super) fn mismatch(
    table: &Table,
    left: &str,
    expected: Rows,
    right: &str,
    found: Rows,
) -> Error {
    engines::Error::Mismatch(format!(
        "table {}: {expected} rows {left}, {found} {right}",
        table.name
    ))
    .into()
}
