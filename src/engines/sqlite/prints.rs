//! What a database holds, as figures that can be compared later: rows and digest of each table.
//!
//! Tables are read as they are, all their columns, whatever a catalog says of them.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{cells, quote};
use crate::model::batch::Digest;

/// A table at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    pub table: String,
    /// None where there is no such table.
    pub digest: Option<Digest>,
}

/// Digests that were made of the source's rows while they were copied, by the names of the copies.
pub type Known = BTreeMap<String, Digest>;

/// The prints of these tables; what is known of one is not read again, as long as it has as many rows.
pub fn known(
    connection: &Connection,
    tables: &[String],
    known: &Known,
) -> rusqlite::Result<Vec<Print>> {
    let mut prints = Vec::new();
    for table in tables {
        let digest = match known.get(table) {
            Some(digest) if cells::count(connection, table)? == digest.rows => Some(digest.clone()),
            _ => None,
        };
        match digest {
            None => prints.extend(of(connection, [table])?),
            digest => prints.push(Print {
                table: table.clone(),
                digest,
            }),
        }
    }
    Ok(prints)
}

/// The prints of these tables.
pub fn of<'a>(
    connection: &Connection,
    tables: impl IntoIterator<Item = &'a String>,
) -> rusqlite::Result<Vec<Print>> {
    tables
        .into_iter()
        .map(|table| {
            let digest = match connection.table_exists(Some("main"), table.as_str())? {
                true => {
                    let sql = format!("SELECT * FROM main.{}", quote(table));
                    Some(cells::digest_of(connection, &sql)?)
                }
                false => None,
            };
            Ok(Print {
                table: table.clone(),
                digest,
            })
        })
        .collect()
}

/// All tables that hold rows of their own; those of SQLite itself too, but no virtual ones.
pub fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type IN ('table', 'shadow') AND name <> 'sqlite_schema' ORDER BY name";
    connection
        .prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Whether two databases hold the same: their schemas, and the rows of all tables.
pub fn are_same(one: &Connection, other: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema";
    if cells::digest_of(one, sql)? != cells::digest_of(other, sql)? {
        return Ok(false);
    }
    for table in tables(one)? {
        if of(one, [&table])? != of(other, [&table])? {
            return Ok(false);
        }
    }
    Ok(true)
}
