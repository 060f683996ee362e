//! Copies tables: a queue of tables and key ranges, several workers, each with a reader and a writer.
//!
//! Large tables are cut into ranges, which workers share when nothing else is left; small ones go together. Every range counts rows read and rows written, its
//! mark is committed with its rows, and a table is done when the sum equals what both sides count. A range that
//! an earlier try has staged is digested on both sides, and copied again only where it differs.

mod aim;
mod group;
mod queue;
mod straight;
mod worker;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::course::Course;
use super::pace::Pace;
use super::{Error, TableOutcome, Verify};
use crate::engines::{self, BatchLimit, Snapshot, StagedTable, Target};
use crate::model::catalog::{Column, Table};
use crate::model::units::Bytes;
use crate::plan::Route;
use aim::Speed;
pub use aim::aim;
use queue::Queue;
use worker::{Progress, Shared};

/// How long a stopped worker may take to finish its range.
const PATIENCE: Duration = Duration::from_secs(5);
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
    let inside = (course.plan.route == Route::Server).then(|| course.plan.source.database.clone());
    let readers = snapshot.level().readers;
    // What was staged earlier is looked at range by range, and a snapshot that is fixed knows its own ranges only.
    let (long, groups) = group::part(&tables, readers, |pair| {
        let known = staged.iter().any(|staged| staged.name == pair.to.name);
        !known && !snapshot.is_fixed() && inside.is_none()
    });
    let giant = group::giant(&tables, &long, readers);
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue::new(long, groups, giant)),
        progress: tables
            .iter()
            .map(|_| Mutex::new(Progress::default()))
            .collect(),
        staged: Mutex::new(staged),
        speed: Speed::default(),
        changed: Notify::new(),
        tables,
        database: course.plan.target.database.clone(),
        snapshot: snapshot.clone(),
        target: target.clone(),
        listener: job.listener.clone(),
        inside,
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
    for reader in 0..readers {
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
