//! Doing it: carries a plan out and tells what happens.
//!
//! Nothing live changes before every row is loaded and counted. A run that fails is discarded; one that is
//! stopped, or loses a server for good, leaves its staging to be taken up again. Either way the live tables are
//! what they were.

pub mod backup;
pub mod compare;
pub mod copy;
mod course;
pub mod event;
pub mod journal;
mod pace;
pub mod rollback;

use std::sync::Arc;
use std::time::Duration;

use backon::BackoffBuilder as _;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::engines::{self, Server, Undo};
use crate::model::catalog::Catalog;
use crate::model::diff;
use crate::model::pace::{Ceiling, Throttle};
use crate::model::survey::SnapshotLevel;
use crate::model::units::{Bytes, Rows};
use crate::plan::Plan;
use course::Course;
use event::{Event, Listener};
use journal::{Journal, State};

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
    /// The most that moves in a second, and how busy the source may be.
    pub throttle: Throttle,
    pub max_load: &'a [Ceiling],
    pub retry: Retry,
    /// How many undos of the database are kept, this run's included.
    pub keep: usize,
    pub journal: &'a dyn Journal,
    pub stop: CancellationToken,
}

/// How often a run is taken up again by itself after an error that may pass.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    pub attempts: usize,
    /// The longest pause before an attempt; the first is a second.
    pub delay: Duration,
}

/// How success is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    /// Exit code 130; staging is left for a resume.
    #[error("stopped; the live tables are unchanged")]
    Stopped,
    /// A server was lost, or a lock held, for longer than the retries last; staging is left for a resume.
    #[error("interrupted; the run can be resumed")]
    Lost(#[source] engines::Error),
    /// Exit code 4: what was staged is gone.
    #[error("a later run of the database, or prune, has removed what this run had staged")]
    Abandoned,
    /// Nothing is left to resume.
    #[error("the run is {0} already")]
    Over(&'static str),
    #[error(transparent)]
    Unwritten(#[from] journal::Unwritten),
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
            Error::Behind(cause) | Error::Lost(cause) => format!("{self}: {}", cause.full()),
            other => other.to_string(),
        }
    }

    /// Whether another try may succeed: a lost connection, a lock, a server that restarts.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Engine(error) | Error::Behind(error) => error.is_transient(),
            _ => false,
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
    /// The tables that were replaced, kept as the way back.
    pub undo: Option<Undo>,
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

/// Carries out the plan of one database, from the state that an earlier process left it in.
///
/// # Errors
/// See [`Error`]; all but [`Error::Behind`] leave the live tables as they were.
pub async fn execute(plan: &Plan, job: &Job<'_>, from: State) -> Result<Outcome, Error> {
    let course = Course::new(plan, job, from);
    let mut pauses = backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(job.retry.delay)
        .with_factor(3.0)
        .with_max_times(job.retry.attempts)
        .build();
    let mut begun = from != State::Planned;
    loop {
        let error = match course.attempt(begun).await {
            Err(error) if error.is_transient() => error,
            ended => return ended,
        };
        let Some(pause) = pauses.next() else {
            return Err(match error {
                Error::Engine(cause) => Error::Lost(cause),
                other => other,
            });
        };
        job.listener.on(&Event::Notice {
            text: format!(
                "{}: going on in {} s: {}",
                plan.target.database,
                pause.as_secs(),
                error.full()
            ),
        });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = job.stop.cancelled() => return Err(match error {
                // The tables may be live already.
                Error::Engine(cause) if course.state() >= State::SwapIntent => Error::Lost(cause),
                Error::Behind(cause) => Error::Behind(cause),
                _ => Error::Stopped,
            }),
        }
        begun = true;
    }
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
