//! Writes rows into the staging file, one transaction at a time.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

use super::worker::Worker;
use super::{cells, statement};
use crate::engines::{Loader, Result};
use crate::model::batch::Batch;
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// A loader: its turn lasts from `begin` to `commit`.
pub struct Writer {
    worker: Arc<Worker>,
    gate: Arc<Gate<()>>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Writer {
    pub fn new(worker: Arc<Worker>, gate: Arc<Gate<()>>) -> Writer {
        Writer {
            worker,
            gate,
            turn: None,
        }
    }

    async fn run(&self, sql: &'static str, action: &'static str) -> Result<()> {
        self.worker
            .call(move |connection| {
                connection
                    .execute_batch(sql)
                    .map_err(|cause| statement(action, cause))
            })
            .await
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

    async fn clear(&mut self, table: &Table, _: &crate::model::batch::Chunk) -> Result<()> {
        Err(crate::engines::Error::statement(
            format!("clear {}", table.name),
            "not resumed",
        ))
    }

    async fn commit(&mut self, _: crate::engines::Mark<'_>) -> Result<()> {
        self.run("COMMIT", "commit rows in staging").await?;
        self.turn = None;
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        let rolled = self.worker.call(|connection| roll_back(connection)).await;
        self.turn = None;
        rolled
    }
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
