//! One moment, many readers: the ladder of ways to get there, and reading rows under it.
//!
//! MariaDB 1: consistent snapshots on every connection whose binary log positions agree. 2 (MySQL's first):
//! a global read lock while the transactions start. 3: table locks meanwhile. 4: one reader. The first that
//! works is taken and named.

use async_trait::async_trait;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};

use super::dialect::{at_or_after, before, quote, row_hash};
use super::inside::{self, Held};
use super::reading::Reading;
use super::session::{Purpose, Row, Session};
use super::{Flavour, Place, chunks, history, sequences};
use crate::engines::{BatchLimit, Error, Result, Snapshot};
use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::{Object, Table};
use crate::model::survey::SnapshotLevel;
use crate::model::units::Rows;

/// A reader holds the tables that it has read until the end, so it must not wait for others for long: who changes
/// definitions there may wait for the first and hold the second (C04).
const BEGIN: &str = "SET SESSION lock_wait_timeout = 5; \
                     SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                     START TRANSACTION WITH CONSISTENT SNAPSHOT";
/// How long positions may disagree before the next way is tried.
const CONVERGE: Duration = Duration::from_secs(2);
/// A query that has run for so long counts as long.
const LONG: Duration = Duration::from_millis(1_100);
/// How often a read lock is asked for; each try waits at most two seconds, so that the source never stalls.
const LOCK_TRIES: usize = 3;

pub struct MySqlSnapshot {
    database: String,
    readers: Vec<Mutex<Session>>,
    how: &'static str,
    /// For how long the source was locked when the snapshot began.
    locked: Option<Duration>,
    /// The lock that lasts until the end.
    held: Mutex<Option<Held>>,
    /// The tables that no transaction covers, and their checksums when the snapshot began.
    outside: Vec<String>,
    checksums: Vec<Option<String>>,
    /// Whether any of the tables has an AUTO_INCREMENT.
    counts_up: bool,
}

impl MySqlSnapshot {
    pub async fn open(
        place: &Place,
        flavour: &Flavour,
        database: &str,
        tables: &[Table],
        readers: usize,
    ) -> Result<MySqlSnapshot> {
        let mut sessions = sessions(place, readers).await?;
        let outside: Vec<String> = tables
            .iter()
            .filter(|table| !table.transactional)
            .map(|table| table.name.clone())
            .collect();
        let checksums = checksums(&mut sessions[0], database, &outside).await?;
        let (how, locked) = climb(place, flavour, database, tables, &mut sessions).await?;
        let readers = sessions.into_iter().map(Mutex::new).collect();
        Ok(MySqlSnapshot {
            database: database.to_string(),
            readers,
            how,
            locked,
            held: Mutex::new(None),
            outside,
            checksums,
            counts_up: tables.iter().any(counts_up),
        })
    }

    /// Readers of tables that stay locked until the snapshot is closed.
    pub async fn open_locked(
        place: &Place,
        database: &str,
        tables: &[Table],
        readers: usize,
    ) -> Result<MySqlSnapshot> {
        let mut sessions = sessions(place, readers).await?;
        let held = Held::take(place, database, tables).await?;
        for session in &mut sessions {
            session.run("begin the snapshot", BEGIN).await?;
        }
        Ok(MySqlSnapshot {
            database: database.to_string(),
            readers: sessions.into_iter().map(Mutex::new).collect(),
            how: "table locks",
            locked: None,
            held: Mutex::new(Some(held)),
            outside: Vec::new(),
            checksums: Vec::new(),
            counts_up: tables.iter().any(counts_up),
        })
    }

    fn place(&self, table: &Table) -> String {
        format!("{}.{}", quote(&self.database), quote(&table.name))
    }

    fn level_with(&self, consistent: bool, locked: Option<Duration>) -> SnapshotLevel {
        SnapshotLevel {
            consistent,
            how: self.how.to_string(),
            readers: self.readers.len(),
            locked,
        }
    }
}

async fn sessions(place: &Place, readers: usize) -> Result<Vec<Session>> {
    let mut sessions: Vec<Session> = Vec::new();
    for _ in 0..readers.max(1) {
        let session = place.open(Purpose::Rows).await?;
        if sessions.iter().any(|other| other.id() == session.id()) {
            return Err(session.pooled());
        }
        sessions.push(session);
    }
    Ok(sessions)
}

fn counts_up(table: &Table) -> bool {
    let mut columns = table.columns.iter();
    columns.any(|column| column.extra.contains("auto_increment"))
}

/// Tries the ladder; sessions that could not share the moment are dropped. Returns the way that worked, and for how
/// long it locked the source.
async fn climb(
    place: &Place,
    flavour: &Flavour,
    database: &str,
    tables: &[Table],
    sessions: &mut Vec<Session>,
) -> Result<(&'static str, Option<Duration>)> {
    if sessions.len() > 1 {
        if flavour.mariadb && agree(sessions).await? {
            return Ok(("same binary log position", None));
        }
        let table_locks = inside::lock(database, tables);
        for (how, lock) in [
            ("global read lock", "FLUSH TABLES WITH READ LOCK"),
            ("table locks", &table_locks),
        ] {
            if lock.starts_with("FLUSH") && is_busy(&mut sessions[0]).await? {
                continue;
            }
            if let Some(held) = begin_under(place, lock, sessions).await? {
                return Ok((how, Some(held)));
            }
        }
        sessions.truncate(1);
    }
    sessions[0].run("begin the snapshot", BEGIN).await?;
    Ok(("one reader", None))
}

/// Begins on every connection until all stand at one position of the binary log.
async fn agree(sessions: &mut [Session]) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < CONVERGE {
        let mut positions = Vec::new();
        for session in sessions.iter_mut() {
            let sql = format!("{BEGIN}; SHOW STATUS LIKE 'Binlog_snapshot_%'");
            let answers = session.results("begin the snapshot", &sql).await?;
            let status = answers
                .last()
                .map(|rows| rows.iter().map(|row| row.text(1)).collect::<Vec<_>>());
            positions.push(status.unwrap_or_default());
        }
        // Without a binary log there is no position: nothing is proven.
        if positions[0].iter().all(String::is_empty)
            || positions[0].first().is_none_or(String::is_empty)
        {
            return Ok(false);
        }
        if positions.iter().all(|position| *position == positions[0]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a query runs for longer than a moment. A flush that has to wait for it would let everybody else wait for
/// it too, even after the flush has given up (C05). What has just begun is looked at again, as it may be such a query.
/// Queries of other accounts are seen with PROCESS alone.
async fn is_busy(session: &mut Session) -> Result<bool> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(TIME >= 1), 0) FROM information_schema.PROCESSLIST \
               WHERE COMMAND IN ('Query', 'Execute') AND ID <> CONNECTION_ID()";
    for is_last in [false, true] {
        let rows = match session.rows("look for long queries", sql).await {
            // MySQL fails to list a statement of others with characters of four bytes: nobody knows what is running.
            Err(Error::Statement { .. }) => return Ok(true),
            rows => rows?,
        };
        let row = rows.first().cloned().unwrap_or(Row(Vec::new()));
        match (row.number(0), row.number(1)) {
            (0, _) => return Ok(false),
            (_, 0) if !is_last => tokio::time::sleep(LONG).await,
            (_, long) => return Ok(long > 0),
        }
    }
    Ok(false)
}

/// Begins on every connection while one more connection holds a lock; returns for how long it did. None when the lock
/// cannot be had.
async fn begin_under(
    place: &Place,
    lock: &str,
    sessions: &mut [Session],
) -> Result<Option<Duration>> {
    let mut holder = place.open(Purpose::Definitions).await?;
    holder
        .run(
            "set the lock's patience",
            "SET SESSION lock_wait_timeout = 2",
        )
        .await?;
    for _ in 0..LOCK_TRIES {
        match holder.run("lock the source", lock).await {
            Ok(_) => {
                let held = Instant::now();
                for session in sessions.iter_mut() {
                    session.run("begin the snapshot", BEGIN).await?;
                }
                holder.run("unlock the source", "UNLOCK TABLES").await?;
                let held = held.elapsed();
                tracing::info!(held_ms = held.as_millis() as u64, lock, "source was locked");
                holder.close().await;
                return Ok(Some(held));
            }
            // 1205: somebody works there; anything else will not get better.
            Err(error) if super::session::number(&error) == Some(1205) => continue,
            Err(Error::Statement { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    holder.close().await;
    Ok(None)
}

async fn checksums(
    session: &mut Session,
    database: &str,
    tables: &[String],
) -> Result<Vec<Option<String>>> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = tables
        .iter()
        .map(|table| format!("{}.{}", quote(database), quote(table)))
        .collect();
    let sql = format!("CHECKSUM TABLE {}", names.join(", "));
    let rows = session.rows("read checksums", &sql).await?;
    Ok(rows.iter().map(|row| row.optional(1)).collect())
}

#[async_trait]
impl Snapshot for MySqlSnapshot {
    fn level(&self) -> SnapshotLevel {
        self.level_with(true, self.locked)
    }

    async fn chunks(&self, reader: usize, table: &Table, aim: Rows) -> Result<Vec<Chunk>> {
        chunks::find(
            &mut *self.readers[reader].lock().await,
            &self.database,
            table,
            aim,
        )
        .await
    }

    async fn read(
        &self,
        reader: usize,
        table: &Table,
        chunk: &Chunk,
        limit: BatchLimit,
        sink: mpsc::Sender<Batch>,
    ) -> Result<Rows> {
        let reading = Reading::of(&self.place(table), table, chunk)?;
        let mut session = self.readers[reader].lock().await;
        session.send(&reading.action, &reading.sql).await?;
        let rows = reading.rows(&mut session, limit, &sink, |batch| batch);
        Ok(rows.await?.unwrap_or_default())
    }

    async fn read_each(
        &self,
        reader: usize,
        tables: &[&Table],
        limit: BatchLimit,
        sink: mpsc::Sender<(usize, Batch)>,
    ) -> Result<Vec<Rows>> {
        let whole = Chunk::whole();
        let readings = tables
            .iter()
            .map(|table| Reading::of(&self.place(table), table, &whole))
            .collect::<Result<Vec<_>>>()?;
        let sql: Vec<&str> = readings.iter().map(|it| it.sql.as_str()).collect();
        let mut session = self.readers[reader].lock().await;
        session.send("read small tables", &sql.join("; ")).await?;
        let mut read = Vec::new();
        for (position, reading) in readings.iter().enumerate() {
            let rows = reading.rows(&mut session, limit, &sink, |batch| (position, batch));
            match rows.await? {
                Some(rows) => read.push(rows),
                None => break,
            }
        }
        read.resize(tables.len(), Rows(0));
        Ok(read)
    }

    async fn count(&self, reader: usize, table: &Table) -> Result<Rows> {
        let counts = self.counts(reader, &[table]).await?;
        Ok(counts[0])
    }

    async fn counts(&self, reader: usize, tables: &[&Table]) -> Result<Vec<Rows>> {
        let mut session = self.readers[reader].lock().await;
        counts(&mut session, &self.database, tables).await
    }

    async fn digest(&self, reader: usize, table: &Table, chunk: &Chunk) -> Result<Digest> {
        digest(
            &mut *self.readers[reader].lock().await,
            &self.place(table),
            table,
            chunk,
        )
        .await
    }

    /// Read after the moment of the rows: never behind them (C11).
    async fn counters(&self, objects: &[Object]) -> Result<Vec<(String, String)>> {
        let mut first = self.readers[0].lock().await;
        let sequences = sequences::among(objects);
        let mut counters = sequences::positions(&mut first, &self.database, sequences).await?;
        if self.counts_up {
            counters.extend(sequences::counters(&mut first, &self.database).await?);
        }
        Ok(counters)
    }

    async fn close(&self) -> Result<SnapshotLevel> {
        let mut first = self.readers[0].lock().await;
        let after = checksums(&mut first, &self.database, &self.outside).await?;
        let locked = match self.held.lock().await.take() {
            Some(held) => Some(held.release().await?),
            None => self.locked,
        };
        Ok(self.level_with(after == self.checksums, locked))
    }
}

/// The rows of a chunk, as a WHERE clause; empty for the whole table.
pub fn condition(chunk: &Chunk) -> String {
    let from = chunk
        .from
        .as_ref()
        .map(|from| at_or_after(&chunk.key, from));
    let to = chunk.to.as_ref().map(|to| before(&chunk.key, to));
    let bounds: Vec<String> = from
        .into_iter()
        .chain(to)
        .map(|bound| format!("({bound})"))
        .collect();
    if bounds.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", bounds.join(" AND "))
    }
}

/// The exact numbers of rows of tables of a database, in one packet.
pub async fn counts(session: &mut Session, database: &str, tables: &[&Table]) -> Result<Vec<Rows>> {
    let Some(first) = tables.first() else {
        return Ok(Vec::new());
    };
    let sql: Vec<String> = tables
        .iter()
        .map(|table| {
            let place = format!("{}.{}", quote(database), quote(&table.name));
            format!("SELECT COUNT(*) FROM {}", history::all(&place, table))
        })
        .collect();
    let action = match tables.len() {
        1 => format!("count table {}", first.name),
        many => format!("count {many} tables, of which {} is the first", first.name),
    };
    let answers = session.results(&action, &sql.join("; ")).await?;
    let count = |rows: &Vec<Row>| Rows(rows.first().map(|row| row.number(0)).unwrap_or_default());
    let counts: Vec<Rows> = answers.iter().map(count).collect();
    match counts.len() == tables.len() {
        true => Ok(counts),
        false => Err(Error::Mismatch(format!(
            "cannot {action}: {} answers to {} questions",
            counts.len(),
            tables.len()
        ))),
    }
}

/// Rows and two sums of the halves of each row's SHA2-256 (B08–B11). No MD5: MySQL 9 has none by default.
pub async fn digest(
    session: &mut Session,
    place: &str,
    table: &Table,
    chunk: &Chunk,
) -> Result<Digest> {
    let half = |from: u8| format!("SUM(CAST(CONV(SUBSTRING(h, {from}, 16), 16, 10) AS UNSIGNED))");
    let sql = format!(
        "SELECT COUNT(*), COUNT(h), {}, {} FROM (SELECT {} AS h FROM {}{}) AS hashed",
        half(1),
        half(17),
        row_hash(table),
        history::all(place, table),
        condition(chunk)
    );
    let rows = session.rows(&format!("digest {place}"), &sql).await?;
    let row = rows.first().cloned().unwrap_or(Row(Vec::new()));
    if row.number(0) != row.number(1) {
        return Err(Error::Mismatch(format!(
            "a row of {place} is too long for the server to digest"
        )));
    }
    Ok(Digest {
        rows: Rows(row.number(0)),
        sums: format!("{}:{}", row.text(2), row.text(3)),
    })
}
