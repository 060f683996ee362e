//! One moment of a database: a single read transaction on a connection of its own.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::{RwLock, mpsc};

use super::worker::{self, Worker};
use super::{cells, quote, statement, watch};
use crate::engines::{BatchLimit, Error, Result, Snapshot};
use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::Table;
use crate::model::survey::SnapshotLevel;
use crate::model::units::Rows;

pub struct Moment {
    path: PathBuf,
    open: RwLock<Option<Open>>,
}

struct Open {
    reader: Worker,
    /// Never within a transaction: it sees what others commit.
    witness: Worker,
    /// What the witness saw before the moment began.
    version: i64,
}

impl Moment {
    /// The moment begins here: SQLite takes it at the first read.
    pub async fn open(path: PathBuf) -> Result<Moment> {
        let (file, beside) = (path.clone(), path.clone());
        let witness = Worker::open(move || worker::reader(&beside)).await?;
        let version = witness.call(|connection| version(connection)).await?;
        let open = move || {
            let connection = worker::reader(&file)?;
            connection
                .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")
                .map_err(|cause| statement("begin a read transaction", cause))?;
            Ok(connection)
        };
        let open = Open {
            reader: Worker::open(open).await?,
            witness,
            version,
        };
        Ok(Moment {
            path,
            open: RwLock::new(Some(open)),
        })
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self.open.read().await.as_ref() {
            Some(open) => open.reader.call(work).await,
            None => Err(Error::statement("read on", "the snapshot has ended")),
        }
    }
}

/// The number that SQLite gives to what others committed, as this connection sees it.
fn version(connection: &Connection) -> Result<i64> {
    watch::version(connection).map_err(|cause| statement("read the state of the file", cause))
}

fn failed(table: &str) -> impl Fn(rusqlite::Error) -> Error {
    move |cause| statement(format!("read the table {table}"), cause)
}

#[async_trait]
impl Snapshot for Moment {
    fn level(&self) -> SnapshotLevel {
        SnapshotLevel {
            consistent: true,
            how: "one read transaction".into(),
            readers: 1,
            locked: None,
        }
    }

    async fn chunks(&self, _: usize, table: &Table, aim: Rows) -> Result<Vec<Chunk>> {
        let Some(key) = cells::rowid_column(table).map(String::from) else {
            return Ok(vec![Chunk::whole()]);
        };
        let name = table.name.clone();
        self.call(move |connection| {
            let found = boundaries(connection, &name, &key, aim).map_err(failed(&name))?;
            Ok(Chunk::between(&[key], found))
        })
        .await
    }

    async fn read(
        &self,
        _: usize,
        table: &Table,
        chunk: &Chunk,
        limit: BatchLimit,
        sink: mpsc::Sender<Batch>,
    ) -> Result<Rows> {
        let sql = cells::select(table, chunk);
        let name = table.name.clone();
        self.call(move |connection| send(connection, &sql, limit, &sink, &name))
            .await
    }

    async fn count(&self, _: usize, table: &Table) -> Result<Rows> {
        let table = table.clone();
        self.call(move |connection| {
            cells::count(connection, &table.name).map_err(failed(&table.name))
        })
        .await
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }

    async fn is_still(&self) -> bool {
        let open = self.open.read().await;
        let Some(open) = open.as_ref() else {
            return false;
        };
        let now = open.witness.call(|connection| version(connection)).await;
        now.is_ok_and(|version| version == open.version)
    }

    async fn digest(&self, _: usize, table: &Table, chunk: &Chunk) -> Result<Digest> {
        let (table, chunk) = (table.clone(), chunk.clone());
        self.call(move |connection| {
            cells::digest(connection, &table, &chunk).map_err(failed(&table.name))
        })
        .await
    }

    /// The connection is closed when this returns: no file of the log stays behind.
    async fn close(&self) -> Result<SnapshotLevel> {
        if let Some(open) = self.open.write().await.take() {
            open.witness.close().await;
            open.reader.close().await;
        }
        Ok(self.level())
    }
}

/// The key of every `aim`-th row.
fn boundaries(
    connection: &Connection,
    table: &str,
    key: &str,
    aim: Rows,
) -> rusqlite::Result<Vec<Vec<String>>> {
    let (table, key) = (quote(table), quote(key));
    let step = aim.0.clamp(1, i64::MAX as u64) as i64;
    let sql =
        format!("SELECT {key} FROM {table} WHERE {key} >= ?1 ORDER BY {key} LIMIT 1 OFFSET ?2");
    let mut statement = connection.prepare(&sql)?;
    let mut found = Vec::new();
    let mut from = i64::MIN;
    loop {
        let mut rows = statement.query([from, step])?;
        let Some(row) = rows.next()? else {
            return Ok(found);
        };
        from = row.get(0)?;
        found.push(vec![from.to_string()]);
    }
}

fn send(
    connection: &Connection,
    sql: &str,
    limit: BatchLimit,
    sink: &mpsc::Sender<Batch>,
    table: &str,
) -> Result<Rows> {
    let mut statement = connection.prepare(sql).map_err(failed(table))?;
    let width = statement.column_count();
    let mut rows = statement.query([]).map_err(failed(table))?;
    let (mut batch, mut sent) = (Batch::new(width), 0);
    while let Some(row) = rows.next().map_err(failed(table))? {
        for position in 0..width {
            cells::push(&mut batch, row.get_ref(position).map_err(failed(table))?);
        }
        sent += 1;
        if batch.rows() >= limit.rows || batch.bytes() >= limit.bytes {
            hand_over(
                sink,
                std::mem::replace(&mut batch, Batch::new(width)),
                table,
            )?;
        }
    }
    if !batch.is_empty() {
        hand_over(sink, batch, table)?;
    }
    Ok(Rows(sent))
}

fn hand_over(sink: &mpsc::Sender<Batch>, batch: Batch, table: &str) -> Result<()> {
    sink.blocking_send(batch).map_err(|_| {
        Error::statement(
            format!("read the table {table}"),
            "whoever took its rows has stopped",
        )
    })
}
