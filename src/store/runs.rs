//! Runs and their steps: what was done, when, and how it ended.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Result, Store};
use crate::model::units::{Bytes, Rows};

/// How a run or a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Still at work, or its process died.
    Running,
    Done,
    /// Done, but counts or snapshot could not be proven.
    Unverified,
    /// Some databases failed, or objects were not copied.
    Partly,
    Failed,
    Refused,
    Interrupted,
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// UUIDv7.
    pub id: String,
    /// `sync` or `compare`.
    pub kind: &'static str,
    /// As they were named: `prod`, `prod/shop`.
    pub source: String,
    pub target: String,
    /// The command as it would be typed; without secrets.
    pub command: String,
}

/// A recorded run.
#[derive(Clone, Debug)]
pub struct Run {
    pub number: i64,
    pub id: String,
    pub kind: String,
    pub source: String,
    pub target: String,
    pub command: String,
    pub status: Status,
    pub started: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    /// The worst snapshot level of its databases.
    pub snapshot: Option<String>,
    /// `counts`, or None when not proven.
    pub verified: Option<String>,
    pub databases: u64,
    pub rows: Rows,
    pub bytes: Bytes,
    pub error: Option<String>,
    /// The process that runs it: a running run whose process is gone is shown as interrupted.
    pub process: u32,
}

/// A part of a run: a database (no table), a table, or an object.
#[derive(Clone, Debug)]
pub struct Step {
    pub database: String,
    /// The table or object; None for the database itself.
    pub what: Option<String>,
    pub status: Status,
    pub rows: Rows,
    pub bytes: Bytes,
    pub took: Duration,
    pub error: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    pub status: Status,
    pub snapshot: Option<String>,
    pub verified: Option<String>,
    pub error: Option<String>,
}

impl Store {
    /// Records that a run begins; returns its number, which a person types.
    pub fn begin(&self, run: &NewRun) -> Result<i64> {
        let _ = run;
        todo!()
    }

    /// Records a finished step.
    pub fn step(&self, run: i64, step: &Step) -> Result<()> {
        let _ = (run, step);
        todo!()
    }

    /// Records a line of the run's log: what `history log N` shows.
    pub fn log(&self, run: i64, line: &str) -> Result<()> {
        let _ = (run, line);
        todo!()
    }

    /// Records the end; the run's rows and bytes are the sums of its database steps.
    pub fn end(&self, run: i64, ending: &Ending) -> Result<()> {
        let _ = (run, ending);
        todo!()
    }

    /// The newest runs first, at most `limit`.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>> {
        let _ = limit;
        todo!()
    }

    pub fn run(&self, number: i64) -> Result<Option<Run>> {
        let _ = number;
        todo!()
    }

    pub fn steps(&self, run: i64) -> Result<Vec<Step>> {
        let _ = run;
        todo!()
    }

    /// The lines of a run's log with their times.
    pub fn log_lines(&self, run: i64) -> Result<Vec<(DateTime<Utc>, String)>> {
        let _ = run;
        todo!()
    }
}
