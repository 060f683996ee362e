//! The marks of a staging file: which ranges of which table are there, each written with its rows.
//!
//! They lie in a table of the staging file, and are taken out of it before the file becomes live.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::statement;
use crate::engines::{Error, Mark, Result, StagedChunk, StagedTable};
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// The table of the marks; no table of a user may be called so.
pub const NAME: &str = "_maestro_chunks";

const MAKE: &str = "CREATE TABLE IF NOT EXISTS _maestro_chunks (
  table_name TEXT NOT NULL,
  chunk INTEGER NOT NULL,
  range TEXT NOT NULL,
  rows INTEGER,
  PRIMARY KEY (table_name, chunk)
) WITHOUT ROWID";

/// A mark as it is stored; `rows` is None until the range is committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub table: String,
    pub number: usize,
    pub chunk: Chunk,
    pub rows: Option<Rows>,
}

impl Row {
    pub fn of(mark: &Mark<'_>) -> Row {
        Row {
            table: mark.table.name.clone(),
            number: mark.number,
            chunk: mark.chunk.clone(),
            rows: Some(mark.rows),
        }
    }
}

/// Makes the table of the marks, and writes these into it if it was not there.
pub fn make(connection: &Connection, rows: &[Row]) -> rusqlite::Result<()> {
    if connection.table_exists(Some("main"), NAME)? {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(MAKE)?;
    for row in rows {
        set(&transaction, row)?;
    }
    transaction.commit()
}

/// Writes one mark.
pub fn set(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let range = serde_json::to_string(&row.chunk)
        .map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
    let rows = row.rows.map(|rows| rows.0 as i64);
    connection
        .prepare_cached("INSERT OR REPLACE INTO _maestro_chunks VALUES (?1, ?2, ?3, ?4)")?
        .execute((&row.table, row.number as i64, range, rows))
        .map(drop)
}

/// Forgets the marks of a table.
pub fn forget(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    connection
        .execute(
            "DELETE FROM _maestro_chunks WHERE table_name = ?1",
            [&table.name],
        )
        .map(drop)
}

/// Remembers all ranges of a table, none of them loaded.
pub fn cut(connection: &Connection, table: &Table, chunks: &[Chunk]) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    forget(&transaction, table)?;
    for (number, chunk) in chunks.iter().enumerate() {
        let row = Row {
            table: table.name.clone(),
            number,
            chunk: chunk.clone(),
            rows: None,
        };
        set(&transaction, &row)?;
    }
    transaction.commit()
}

/// The rows that a mark tells; None while the range is not committed.
pub fn committed(
    connection: &Connection,
    table: &Table,
    number: usize,
) -> rusqlite::Result<Option<Rows>> {
    let sql = "SELECT rows FROM _maestro_chunks WHERE table_name = ?1 AND chunk = ?2";
    let rows: Option<Option<i64>> = connection
        .query_row(sql, (&table.name, number as i64), |row| row.get(0))
        .optional()?;
    Ok(rows.flatten().map(|rows| Rows(rows.max(0) as u64)))
}

/// All marks, in the order of tables and ranges.
pub fn all(connection: &Connection) -> Result<Vec<Row>> {
    let failed = |cause| statement("read the marks of the staging file", cause);
    if !connection
        .table_exists(Some("main"), NAME)
        .map_err(failed)?
    {
        return Ok(Vec::new());
    }
    let sql =
        "SELECT table_name, chunk, range, rows FROM _maestro_chunks ORDER BY table_name, chunk";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let found = statement
        .query_map([], |row| {
            let (number, rows): (i64, Option<i64>) = (row.get(1)?, row.get(3)?);
            Ok((row.get(0)?, number, row.get::<_, String>(2)?, rows))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(failed)?;
    found
        .into_iter()
        .map(|(table, number, range, rows)| {
            Ok(Row {
                table,
                number: number.max(0) as usize,
                chunk: serde_json::from_str(&range)
                    .map_err(|cause| Error::statement("read a mark of the staging file", cause))?,
                rows: rows.map(|rows| Rows(rows.max(0) as u64)),
            })
        })
        .collect()
}

/// Marks by their tables.
pub fn tables_of(rows: Vec<Row>) -> Vec<StagedTable> {
    by_table(rows)
        .into_iter()
        .map(|(name, chunks)| StagedTable { name, chunks })
        .collect()
}

fn by_table(rows: Vec<Row>) -> BTreeMap<String, Vec<StagedChunk>> {
    let mut marks = BTreeMap::<String, Vec<StagedChunk>>::new();
    for row in rows {
        marks.entry(row.table).or_default().push(StagedChunk {
            chunk: row.chunk,
            rows: row.rows,
        });
    }
    marks
}

/// The tables of a staging file with their marks.
pub fn staged(connection: &Connection) -> Result<Vec<StagedTable>> {
    let mut marks = by_table(all(connection)?);
    let tables = tables(connection).map_err(|cause| statement("read the staging file", cause))?;
    Ok(tables
        .into_iter()
        .map(|name| StagedTable {
            chunks: marks.remove(&name).unwrap_or_default(),
            name,
        })
        .collect())
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema
  WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> ?1 ORDER BY name";
    connection
        .prepare(sql)?
        .query_map([NAME], |row| row.get(0))?
        .collect()
}

/// Takes the marks out of the file; their bytes do not stay behind in free pages.
pub fn remove(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    let removed = connection.execute_batch("DROP TABLE IF EXISTS main._maestro_chunks");
    connection.pragma_update(None, "secure_delete", false)?;
    removed
}
