//! Writes rows into the staging file, one transaction at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::join;
use rusqlite::Connection;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

use super::prints::Known;
use super::target::staged;
use super::worker::Worker;
use super::{cells, draw, marks, quote, statement};
use crate::engines::{Error, Loader, Mark, Result, Snapshot};
use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};

/// A loader: its turn lasts from `begin` to `commit`.
pub struct Writer {
    worker: Arc<Worker>,
    gate: Arc<Gate<()>>,
    turn: Option<OwnedMutexGuard<()>>,
    known: Arc<Mutex<Known>>,
}

impl Writer {
    /// What becomes `known` of the tables that are drawn, whole, from their source's file.
    pub fn new(worker: Arc<Worker>, gate: Arc<Gate<()>>, known: Arc<Mutex<Known>>) -> Writer {
        Writer {
            worker,
            gate,
            turn: None,
            known,
        }
    }
}

#[async_trait]
impl Loader for Writer {
    async fn begin(&mut self) -> Result<()> {
        if self.turn.is_none() {
            self.turn = Some(self.gate.clone().lock_owned().await);
        }
        // A loader that was dropped in mid-transaction has left its rows to be rolled back.
        self.worker
            .call(|connection| {
                roll_back(connection)?;
                connection
                    .execute_batch("BEGIN")
                    .map_err(|cause| statement("begin a transaction in staging", cause))
            })
            .await
    }

    async fn load(&mut self, table: &Table, batch: &Batch) -> Result<Rows> {
        let (table, batch) = (table.clone(), batch.clone());
        self.worker
            .call(move |connection| {
                cells::load(connection, &table, &batch).map_err(|cause| {
                    statement(format!("load rows of the table {}", table.name), cause)
                })
            })
            .await
    }

    async fn draw(
        &mut self,
        snapshot: &dyn Snapshot,
        from: &Table,
        to: &Table,
        chunk: &Chunk,
    ) -> Result<Option<(Rows, Bytes)>> {
        let Some(path) = snapshot.file().map(Path::to_path_buf) else {
            return Ok(None);
        };
        let attached = self
            .worker
            .call(move |connection| Ok(draw::attach(connection, &path).is_ok()))
            .await?;
        // Asked after the file is read: whoever writes to it now is not seen by this transaction.
        if !attached || !snapshot.is_still().await {
            return Ok(None);
        }
        let pour = {
            let (from, to, chunk) = (from.clone(), to.clone(), chunk.clone());
            let action = format!("load rows of the table {}", to.name);
            self.worker.call(move |connection| {
                draw::pour(connection, &from, &to, &chunk).map_err(|cause| statement(action, cause))
            })
        };
        // The other thread reads the same rows meanwhile, for what is noted of them at the swap.
        let digest = async {
            match draw::is_same(from, to, chunk) {
                true => snapshot.digest(0, from, chunk).await.ok(),
                false => None,
            }
        };
        let (poured, digest) = join(pour, digest).await;
        let poured = poured?;
        if let Some(digest) = digest {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(to.name.clone(), digest);
        }
        Ok(Some(poured))
    }

    async fn clear(&mut self, table: &Table, chunk: &Chunk) -> Result<()> {
        let sql = format!("DELETE FROM {}{}", quote(&table.name), cells::within(chunk));
        let action = format!("clear a range of the table {} in staging", table.name);
        self.worker
            .call(move |connection| {
                connection
                    .execute_batch(&sql)
                    .map_err(|cause| statement(action, cause))
            })
            .await
    }

    /// The mark and the commit are one job: nobody ever reads a mark that is not committed.
    async fn commit(&mut self, marks: &[Mark<'_>]) -> Result<()> {
        let rows: Vec<marks::Row> = marks.iter().map(marks::Row::of).collect();
        let committed = self
            .worker
            .call(move |connection| {
                let done = commit(connection, &rows);
                if done.is_err() {
                    let _ = roll_back(connection);
                }
                done
            })
            .await;
        self.turn = None;
        committed
    }

    async fn rollback(&mut self) -> Result<()> {
        let rolled = self.worker.call(|connection| roll_back(connection)).await;
        self.turn = None;
        rolled
    }

    async fn counts(&mut self, tables: &[&Table]) -> Result<Vec<Rows>> {
        let tables: Vec<Table> = tables.iter().map(|table| (*table).clone()).collect();
        self.worker
            .call(move |connection| {
                let count = |table: &Table| {
                    cells::count(connection, &table.name).map_err(|cause| staged(table, cause))
                };
                tables.iter().map(count).collect()
            })
            .await
    }

    async fn digest(&mut self, table: &Table, chunk: &Chunk) -> Result<Digest> {
        let (table, chunk) = (table.clone(), chunk.clone());
        self.worker
            .call(move |connection| {
                cells::digest(connection, &table, &chunk).map_err(|cause| staged(&table, cause))
            })
            .await
    }
}

fn commit(connection: &Connection, rows: &[marks::Row]) -> Result<()> {
    // A full disk makes SQLite roll back by itself: a mark alone would tell of rows that are not there.
    if connection.is_autocommit() {
        return Err(Error::statement(
            "commit rows in staging",
            "SQLite has rolled the transaction back",
        ));
    }
    rows.iter()
        .try_for_each(|row| marks::set(connection, row))
        .and_then(|()| connection.execute_batch("COMMIT"))
        .map_err(|cause| statement("commit rows in staging", cause))
}

/// Ends a transaction that is open.
pub fn roll_back(connection: &Connection) -> Result<()> {
    if connection.is_autocommit() {
        return Ok(());
    }
    connection
        .execute_batch("ROLLBACK")
        .map_err(|cause| statement("roll back rows in staging", cause))
}
