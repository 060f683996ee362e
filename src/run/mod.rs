//! Doing it: carries a plan out and tells what happens.
//!
//! Nothing live changes before every row is loaded and counted. Whatever goes wrong until then is discarded,
//! so a failed or stopped run leaves the target as it was.

pub mod backup;
pub mod compare;
mod copy;
pub mod event;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::engines::{self, Server, Snapshot, Target, TargetWork};
use crate::model::catalog::{Catalog, Table};
use crate::model::diff;
use crate::model::survey::SnapshotLevel;
use crate::model::units::{Bytes, Rows, counted};
use crate::plan::{Plan, RowsOf};
use event::{Event, Listener};

/// What a run works with.
pub struct Job<'a> {
    pub source: &'a dyn Server,
    pub target: &'a dyn Server,
    pub listener: Arc<dyn Listener>,
    /// The run's id, a UUIDv7.
    pub run: String,
    /// How many readers and writers work at once, at most.
    pub workers: usize,
    /// The most rows of one batch.
    pub batch: Rows,
    pub verify: Verify,
    pub stop: CancellationToken,
}

/// How success is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Rows read, rows written and both sides' counts agree.
    #[default]
    Count,
    /// And so do both sides' digests.
    Checksum,
    None,
}

/// Why a run did not reach its end. The target is as it was, unless `Behind` says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Engine(#[from] engines::Error),
    /// Exit code 130.
    #[error("stopped; the target is unchanged")]
    Stopped,
    /// Exit code 4.
    #[error("the {0} has changed since the plan was made")]
    Moved(&'static str),
    /// The tables are live, something after them failed.
    #[error("the tables are live, but the rest is not done")]
    Behind(#[source] engines::Error),
}

impl Error {
    /// The error with its causes, in one line.
    pub fn full(&self) -> String {
        match self {
            Error::Engine(error) => error.full(),
            Error::Behind(cause) => format!("{self}: {}", cause.full()),
            other => other.to_string(),
        }
    }
}

/// How a run ended for one database.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub tables: Vec<TableOutcome>,
    pub level: SnapshotLevel,
    pub verify: Verify,
    /// Objects that could not be made, each with its cause.
    pub failed_objects: Vec<(String, String)>,
    pub took: Duration,
}

/// One table that was copied.
#[derive(Clone, Debug, Default)]
pub struct TableOutcome {
    pub name: String,
    pub rows: Rows,
    pub bytes: Bytes,
    pub took: Duration,
}

impl Outcome {
    pub fn rows(&self) -> Rows {
        self.tables.iter().map(|table| table.rows).sum()
    }

    pub fn bytes(&self) -> Bytes {
        self.tables.iter().map(|table| table.bytes).sum()
    }

    /// Whether counts are proven and the snapshot held.
    pub fn is_verified(&self) -> bool {
        self.verify != Verify::None && self.level.consistent
    }
}

/// Carries out the plan of one database.
///
/// # Errors
/// See [`Error`]; all but [`Error::Behind`] leave the target as it was.
pub async fn execute(plan: &Plan, job: &Job<'_>) -> Result<Outcome, Error> {
    let started = Instant::now();
    let work = prepare(plan, job).await?;
    let phase = |phase: String| {
        job.listener.on(&Event::Phase {
            database: plan.target.database.clone(),
            phase,
        });
    };
    let target: Arc<dyn Target> = Arc::from(job.target.target(&work).await?);
    for text in target.swept() {
        job.listener.on(&Event::Notice { text: text.clone() });
    }
    let copied = match stage(plan, job, &target, &phase).await {
        Ok(copied) => copied,
        Err(error) => {
            // What the discard meets is the next run's to sweep; the first error is the one that counts.
            if let Err(left) = target.discard().await {
                let text = format!(
                    "staging could not be removed ({}); the next run will",
                    left.full()
                );
                job.listener.on(&Event::Notice { text });
            }
            return Err(error);
        }
    };
    phase("making views, triggers and routines".into());
    let failed = target.objects().await.map_err(Error::Behind)?;
    target.finish().await.map_err(Error::Behind)?;
    Ok(Outcome {
        tables: copied.tables,
        level: copied.level,
        verify: job.verify,
        failed_objects: failed
            .iter()
            .map(|(object, cause)| (object.title(), cause.full()))
            .collect(),
        took: started.elapsed(),
    })
}

struct Staged {
    tables: Vec<TableOutcome>,
    level: SnapshotLevel,
}

/// Everything up to the swap, and the swap: an error leaves the live tables as they were.
async fn stage(
    plan: &Plan,
    job: &Job<'_>,
    target: &Arc<dyn Target>,
    phase: &(dyn Fn(String) + Sync),
) -> Result<Staged, Error> {
    phase(format!("creating {}", counted(plan.tables.len(), "table")));
    for planned in &plan.tables {
        if job.stop.is_cancelled() {
            return Err(Error::Stopped);
        }
        target.create(&planned.table).await?;
    }
    let tables: Vec<Table> = plan
        .tables
        .iter()
        .filter(|plan| plan.rows == RowsOf::Source)
        .map(|plan| plan.table.clone())
        .collect();
    // Without rows to read there is nothing that readers must share.
    let workers = match tables.is_empty() {
        true => 1,
        false => job.workers,
    };
    let snapshot: Arc<dyn Snapshot> = Arc::from(
        job.source
            .snapshot(&plan.source.database, &tables, workers)
            .await?,
    );
    let level = snapshot.level();
    job.listener.on(&Event::Snapshot {
        database: plan.target.database.clone(),
        level,
    });
    let copied = copy::all(tables, &snapshot, target, job, &plan.target.database).await?;
    let level = snapshot.close().await?;
    phase("adding foreign keys".into());
    target.complete().await?;
    if job.stop.is_cancelled() {
        return Err(Error::Stopped);
    }
    unmoved(plan, job).await?;
    phase(format!("swapping {}", counted(plan.tables.len(), "table")));
    target.swap().await?;
    Ok(Staged {
        tables: copied,
        level,
    })
}

/// Both catalogs as they are now.
///
/// # Errors
/// [`Error::Moved`] when one is no longer what the plan was made from (C03).
async fn unmoved(plan: &Plan, job: &Job<'_>) -> Result<(Option<Catalog>, Option<Catalog>), Error> {
    let (from, to) = tokio::join!(
        job.source.catalog(&plan.source.database),
        job.target.catalog(&plan.target.database)
    );
    let (from, to) = (from?, to?);
    if diff::fingerprint(from.as_ref()) != plan.source.fingerprint {
        return Err(Error::Moved("source"));
    }
    if diff::fingerprint(to.as_ref()) != plan.target.fingerprint {
        return Err(Error::Moved("target"));
    }
    Ok((from, to))
}

async fn prepare(plan: &Plan, job: &Job<'_>) -> Result<TargetWork, Error> {
    let (from, to) = unmoved(plan, job).await?;
    Ok(TargetWork {
        run: job.run.clone(),
        database: plan.target.database.clone(),
        charset: plan.charset.clone(),
        collation: plan.collation.clone(),
        source: from.unwrap_or_default(),
        before: to,
        tables: plan
            .tables
            .iter()
            .map(|plan| plan.table.name.clone())
            .collect(),
        removed: plan.removed.clone(),
        objects: plan.objects.clone(),
        dropped: plan.dropped.clone(),
    })
}
