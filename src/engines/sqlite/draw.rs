//! Copies rows straight from the source's file, which the connection of the staging file reads beside its own.
//!
//! SQLite then moves a whole table record by record, and its indexes as they are sorted already. Whatever it
//! does not move so is read and written row by row, as a batch would be.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::Connection;

use super::{cells, place, quote, staging};
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};

/// What the source's file is called on the connection of the staging file.
const SOURCE: &str = "_maestro_source";

/// Reads the source's file beside the staging file, in the transaction that is open.
pub fn attach(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    if !is_attached(connection)? {
        let mode = match place::is_idle_wal(path) {
            true => "rw",
            false => "ro",
        };
        let address = format!("file:{}?mode={mode}", escaped(path));
        connection.execute(&format!("ATTACH ?1 AS {SOURCE}"), [address])?;
    }
    let sql = format!("SELECT count(*) FROM {SOURCE}.sqlite_schema");
    connection.query_row(&sql, [], |_| Ok(()))
}

/// Lets the source's file go.
pub fn detach(connection: &Connection) -> rusqlite::Result<()> {
    match is_attached(connection)? {
        true => connection.execute_batch(&format!("DETACH {SOURCE}")),
        false => Ok(()),
    }
}

fn is_attached(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM pragma_database_list WHERE name = ?1")?
        .exists([SOURCE])
}

/// A path in a URI: each byte that could mean something there is spelled as a number.
fn escaped(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    path.as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| match plain(byte) {
            true => char::from(*byte).to_string(),
            false => format!("%{byte:02x}"),
        })
        .collect()
}

/// Copies the rows of a chunk; returns how many there were, and how many bytes the staging file grew by.
pub fn pour(
    connection: &Connection,
    from: &Table,
    to: &Table,
    chunk: &Chunk,
) -> rusqlite::Result<(Rows, Bytes)> {
    let before = size(connection)?;
    let sql = match is_same(from, to, chunk) && is_plain(to) {
        true => {
            // They come along sorted: no need to make them from the rows.
            staging::make_indexes(connection, to)?;
            let all = format!("{} SELECT * FROM {}", into(to), source(from));
            match keeps_rowids(connection, to, &all)? {
                true => all,
                false => listed(from, to, chunk),
            }
        }
        false => listed(from, to, chunk),
    };
    let rows = connection.execute(&sql, [])?;
    let grown = size(connection)?.saturating_sub(before);
    Ok((Rows(rows as u64), Bytes(grown)))
}

/// All columns that a copy writes, and a hidden rowid, by their names.
fn listed(from: &Table, to: &Table, chunk: &Chunk) -> String {
    format!(
        "{} ({}) SELECT {} FROM {}{}",
        into(to),
        cells::copied(to).join(", "),
        cells::copied(from).join(", "),
        source(from),
        cells::within(chunk)
    )
}

fn into(table: &Table) -> String {
    format!("INSERT INTO main.{}", quote(&table.name))
}

fn source(table: &Table) -> String {
    format!("{SOURCE}.{}", quote(&table.name))
}

/// Whether a chunk is a whole table, of one definition on both sides.
pub fn is_same(from: &Table, to: &Table, chunk: &Chunk) -> bool {
    chunk.from.is_none() && chunk.to.is_none() && from.definition == to.definition
}

/// Whether `*` takes what a copy writes: where columns are generated, it does not.
fn is_plain(table: &Table) -> bool {
    table.written().count() == table.columns.len()
}

/// Whether a statement leaves rowids as they are: where no column holds them, SQLite numbers rows anew unless
/// it moves them as whole records under their old rowids.
fn keeps_rowids(connection: &Connection, table: &Table, sql: &str) -> rusqlite::Result<bool> {
    if cells::hidden_rowid(table).is_none() {
        return Ok(true);
    }
    let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
    let steps = statement
        .query_map([], |row| row.get(1))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(steps
        .windows(2)
        .any(|pair| pair[0] == "Rowid" && pair[1] == "RowCell"))
}

fn size(connection: &Connection) -> rusqlite::Result<u64> {
    let number =
        |name| connection.pragma_query_value(Some("main"), name, |row| row.get::<_, i64>(0));
    Ok((number("page_count")? * number("page_size")?).max(0) as u64)
}
