//! The straight way: a loader that reads the source's file, or its server, itself, so that no row passes through here.

use super::Pair;
use super::aim::aim;
use super::queue::Piece;
use super::worker::{Failure, Shared};
use crate::engines::{self, Loader};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};

/// How many times as many rows a range has that goes the straight way: it takes about as long.
const TIMES: u64 = 16;

impl Shared {
    /// How many rows of a table make a range.
    pub(super) fn aim(&self, table: &Table) -> Rows {
        match self.snapshot.file() {
            Some(_) => Rows(aim(table).0.saturating_mul(TIMES)),
            None => self.speed.aim(table),
        }
    }

    /// Copies a range without its rows passing through here; None where they must.
    pub(super) async fn straight(
        &self,
        loader: &mut dyn Loader,
        index: usize,
        piece: &Piece,
        clear: bool,
    ) -> Result<Option<Rows>, Failure> {
        let table = &self.tables[index];
        let copied = async {
            if let Some(database) = &self.inside {
                begin(loader, table, piece, clear).await?;
                let (from, to) = (&table.from, &table.to);
                let rows = loader.pull(database, from, to, &piece.chunk).await?;
                // The server moved them: how many bytes they are is known on the average only.
                let average = from.bytes.0 / from.rows.0.max(1);
                return Ok(Some((rows, Bytes(average.saturating_mul(rows.0)))));
            }
            if self.snapshot.file().is_none() || self.pace.is_limited() {
                return Ok(None);
            }
            begin(loader, table, piece, clear).await?;
            let snapshot = self.snapshot.as_ref();
            loader
                .draw(snapshot, &table.from, &table.to, &piece.chunk)
                .await
        };
        let copied: engines::Result<Option<(Rows, Bytes)>> = copied.await;
        let copied = copied.map_err(|error| Failure::Loading(error.into()))?;
        let Some((rows, bytes)) = copied else {
            return Ok(None);
        };
        self.moved(index, rows, bytes);
        let taken = self.pace.take(rows, bytes, &self.stop);
        taken.await.map_err(Failure::Reading)?;
        Ok(Some(rows))
    }
}

/// Begins the transaction of a range.
pub(super) async fn begin(
    loader: &mut dyn Loader,
    table: &Pair,
    piece: &Piece,
    clear: bool,
) -> engines::Result<()> {
    loader.begin().await?;
    match clear {
        true => loader.clear(&table.to, &piece.chunk).await,
        false => Ok(()),
    }
}
