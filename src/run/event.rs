//! What a run tells while it works: for watching, never for resuming.

use std::time::Duration;

use crate::model::survey::SnapshotLevel;
use crate::model::units::{Bytes, Rows};

/// Something happened. Databases and tables are named as on the target.
#[derive(Clone, Debug)]
pub enum Event {
    /// Work on one database begins: number `index` of `of`, counted from 1.
    DatabaseStarted {
        database: String,
        index: usize,
        of: usize,
        tables: usize,
        rows: Rows,
        bytes: Bytes,
    },
    Snapshot {
        database: String,
        level: SnapshotLevel,
    },
    /// A new phase of one database: "creating 12 tables", "swapping", "views" …
    Phase {
        database: String,
        phase: String,
    },
    /// Rows are about to move; `rows` and `bytes` are estimates.
    TableStarted {
        database: String,
        table: String,
        rows: Rows,
        bytes: Bytes,
    },
    /// More rows of a table have been loaded.
    Moved {
        database: String,
        table: String,
        rows: Rows,
        bytes: Bytes,
    },
    /// A table is loaded and its count proven.
    TableDone {
        database: String,
        table: String,
        rows: Rows,
        bytes: Bytes,
        took: Duration,
    },
    DatabaseDone {
        database: String,
        rows: Rows,
        bytes: Bytes,
        took: Duration,
    },
    DatabaseFailed {
        database: String,
        cause: String,
    },
    /// Something a person should read: a retry, a sweep, a skipped object.
    Notice {
        text: String,
    },
}

/// Hears events as they happen. Must return at once.
pub trait Listener: Send + Sync {
    fn on(&self, event: &Event);
}

/// Hears nothing.
pub struct Silent;

impl Listener for Silent {
    fn on(&self, _: &Event) {}
}
