//! Reading rows: the statement for a range of a table, and how its rows become batches.

use tokio::sync::mpsc::Sender;

use super::dialect::{base, printed};
use super::session::Session;
use super::wire::{Cells, Part};
use super::{history, snapshot, typed};
use crate::engines::{BatchLimit, Error, Result};
use crate::model::batch::{Batch, Chunk, Kind};
use crate::model::catalog::{Column, Table};
use crate::model::units::Rows;

/// The statement that reads rows of a table.
pub struct Reading<'a> {
    pub action: String,
    pub sql: String,
    table: &'a Table,
    columns: Vec<&'a Column>,
    /// The columns that are documents; the types of their values stand behind all columns, in this order.
    documents: Vec<usize>,
}

impl Reading<'_> {
    /// `place` is the table's full name.
    pub fn of<'a>(place: &str, table: &'a Table, chunk: &Chunk) -> Result<Reading<'a>> {
        let columns: Vec<&Column> = table.written().collect();
        if columns.is_empty() {
            return Err(Error::Mismatch(format!(
                "table {} has no column that can be written",
                table.name
            )));
        }
        let documents: Vec<usize> = (0..columns.len())
            .filter(|column| base(columns[*column]) == "json")
            .collect();
        let types = documents.iter();
        let types = types.map(|column| typed::types(&columns[*column].name));
        let list = columns.iter().map(|column| printed(column)).chain(types);
        let list: Vec<String> = list.collect();
        Ok(Reading {
            action: format!("read table {}", table.name),
            sql: format!(
                "SELECT {} FROM {}{}",
                list.join(", "),
                history::all(place, table),
                snapshot::condition(chunk)
            ),
            table,
            columns,
            documents,
        })
    }

    /// Sends the rows of the statement, whose turn it is to be answered, in batches; None when nobody takes them any
    /// more.
    pub async fn rows<T>(
        &self,
        session: &mut Session,
        limit: BatchLimit,
        sink: &Sender<T>,
        wrapped: impl Fn(Batch) -> T,
    ) -> Result<Option<Rows>> {
        let mut batch = Batch::new(self.columns.len());
        let mut rows = Rows(0);
        while let Part::Row(row) = session.next(&self.action).await? {
            self.take(row, &mut batch)?;
            rows += Rows(1);
            let is_full = batch.rows() >= limit.rows || batch.bytes() >= limit.bytes;
            if is_full && sink.send(wrapped(batch.renew())).await.is_err() {
                return Ok(None);
            }
        }
        if !batch.is_empty() && sink.send(wrapped(batch)).await.is_err() {
            return Ok(None);
        }
        Ok(Some(rows))
    }

    /// Adds a row to a batch.
    fn take(&self, row: &[u8], batch: &mut Batch) -> Result<()> {
        let mut cells = Cells::of(row);
        let short = || Error::Mismatch(format!("cannot {}: a row is cut short", self.action));
        if self.documents.is_empty() {
            for _ in 0..self.columns.len() {
                match cells.next().ok_or_else(short)? {
                    Some(bytes) => batch.push(Kind::Text, bytes),
                    None => batch.push(Kind::Null, b""),
                }
            }
            return Ok(());
        }
        let cells: Vec<Option<&[u8]>> = cells.collect();
        if cells.len() < self.columns.len() + self.documents.len() {
            return Err(short());
        }
        let (cells, types) = cells.split_at(self.columns.len());
        for (column, cell) in cells.iter().enumerate() {
            let document = self.documents.iter().position(|other| *other == column);
            match (cell, document) {
                (None, _) => batch.push(Kind::Null, b""),
                (Some(bytes), None) => batch.push(Kind::Text, bytes),
                (Some(bytes), Some(document)) => {
                    let types = types[document].unwrap_or_default();
                    let (kind, bytes) = typed::cell(bytes, types)
                        .map_err(|error| untyped(self.table, self.columns[column], &error))?;
                    batch.push(kind, &bytes);
                }
            }
        }
        Ok(())
    }
}

fn untyped(table: &Table, column: &Column, error: &Error) -> Error {
    Error::Refused {
        problem: format!("column {} of {}: {}", column.name, table.name, error.full()),
        mend: format!(
            "change the document, or leave the table out: --exclude {}",
            table.name
        ),
    }
}
