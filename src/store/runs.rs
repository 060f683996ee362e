//! Runs and their steps: what was done, when, and how it ended.
//!
//! A run whose process is gone without an end is read as interrupted; nothing is written for that.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, params};

use super::{Result, Store, process};
use crate::model::endpoint::redact;
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

impl Status {
    pub const ALL: [Status; 7] = [
        Status::Running,
        Status::Done,
        Status::Unverified,
        Status::Partly,
        Status::Failed,
        Status::Refused,
        Status::Interrupted,
    ];

    /// The word that is stored and shown: part of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Done => "done",
            Status::Unverified => "unverified",
            Status::Partly => "partly",
            Status::Failed => "failed",
            Status::Refused => "refused",
            Status::Interrupted => "interrupted",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl ToSql for Status {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Status> {
        let word = value.as_str()?;
        Status::ALL
            .into_iter()
            .find(|status| status.name() == word)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// UUIDv7.
    pub id: String,
    /// `sync`, `compare`, `backup` or `restore`.
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

/// The rows and bytes of a run are the sums of its databases.
const RUNS: &str = "
    SELECT number, id, kind, source, target, command, status, started, ended, snapshot, verified,
           (SELECT count(*) FROM steps WHERE run = runs.number AND what IS NULL),
           (SELECT coalesce(sum(rows), 0) FROM steps WHERE run = runs.number AND what IS NULL),
           (SELECT coalesce(sum(bytes), 0) FROM steps WHERE run = runs.number AND what IS NULL),
           error, process, started_as
    FROM runs";

impl Store {
    /// Records that a run begins; returns its number, which a person types.
    pub fn begin(&self, run: &NewRun) -> Result<i64> {
        self.write("record the run", |transaction| {
            transaction.execute(
                "INSERT INTO runs (id, kind, source, target, command, status, started, process, started_as)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    run.id,
                    run.kind,
                    run.source,
                    run.target,
                    super::redacted(&run.command),
                    Status::Running,
                    now(),
                    std::process::id(),
                    process::mark(),
                ],
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Records a finished step.
    pub fn step(&self, run: i64, step: &Step) -> Result<()> {
        self.write("record the step", |transaction| {
            transaction.execute(
                "INSERT INTO steps (run, \"database\", what, status, \"rows\", bytes, took, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    run,
                    step.database,
                    step.what,
                    step.status,
                    signed(step.rows.0),
                    signed(step.bytes.0),
                    i64::try_from(step.took.as_micros()).unwrap_or(i64::MAX),
                    step.error.as_deref().map(redact),
                ],
            )?;
            Ok(())
        })
    }

    /// Records a line of the run's log: what `history log N` shows.
    pub fn log(&self, run: i64, line: &str) -> Result<()> {
        self.write("record the line", |transaction| {
            transaction.execute(
                "INSERT INTO log (run, at, line) VALUES (?1, ?2, ?3)",
                params![run, now(), redact(line)],
            )?;
            Ok(())
        })
    }

    /// Records the end; the run's rows and bytes are the sums of its database steps.
    pub fn end(&self, run: i64, ending: &Ending) -> Result<()> {
        self.write("record the end of the run", |transaction| {
            transaction.execute(
                "UPDATE runs SET status = ?2, snapshot = ?3, verified = ?4, error = ?5, ended = ?6
                 WHERE number = ?1",
                params![
                    run,
                    ending.status,
                    ending.snapshot,
                    ending.verified,
                    ending.error.as_deref().map(redact),
                    now(),
                ],
            )?;
            Ok(())
        })
    }

    /// The newest runs first, at most `limit`.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>> {
        self.read("read the runs", |connection| {
            connection
                .prepare(&format!("{RUNS} ORDER BY number DESC LIMIT ?1"))?
                .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], read_run)?
                .collect()
        })
    }

    pub fn run(&self, number: i64) -> Result<Option<Run>> {
        self.read("read the run", |connection| {
            connection
                .query_row(&format!("{RUNS} WHERE number = ?1"), [number], read_run)
                .optional()
        })
    }

    /// The steps of a run in the order in which they ended.
    pub fn steps(&self, run: i64) -> Result<Vec<Step>> {
        self.read("read the steps", |connection| {
            connection
                .prepare(
                    "SELECT \"database\", what, status, \"rows\", bytes, took, error
                     FROM steps WHERE run = ?1 ORDER BY number",
                )?
                .query_map([run], read_step)?
                .collect()
        })
    }

    /// The lines of a run's log with their times.
    pub fn log_lines(&self, run: i64) -> Result<Vec<(DateTime<Utc>, String)>> {
        self.read("read the run's log", |connection| {
            connection
                .prepare("SELECT at, line FROM log WHERE run = ?1 ORDER BY number")?
                .query_map([run], |row| Ok((time(row.get(0)?), row.get(1)?)))?
                .collect()
        })
    }
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let process = row.get(15)?;
    let mark: Option<String> = row.get(16)?;
    let status = match row.get(6)? {
        Status::Running if !process::is_alive(process, mark.as_deref()) => Status::Interrupted,
        status => status,
    };
    Ok(Run {
        number: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        source: row.get(3)?,
        target: row.get(4)?,
        command: row.get(5)?,
        status,
        started: time(row.get(7)?),
        ended: row.get::<_, Option<i64>>(8)?.map(time),
        snapshot: row.get(9)?,
        verified: row.get(10)?,
        databases: unsigned(row.get(11)?),
        rows: Rows(unsigned(row.get(12)?)),
        bytes: Bytes(unsigned(row.get(13)?)),
        error: row.get(14)?,
        process,
    })
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<Step> {
    Ok(Step {
        database: row.get(0)?,
        what: row.get(1)?,
        status: row.get(2)?,
        rows: Rows(unsigned(row.get(3)?)),
        bytes: Bytes(unsigned(row.get(4)?)),
        took: Duration::from_micros(unsigned(row.get(5)?)),
        error: row.get(6)?,
    })
}

fn now() -> i64 {
    Utc::now().timestamp_micros()
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// SQLite counts with a sign.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests;
