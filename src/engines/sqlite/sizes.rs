//! How many rows and bytes each table holds.
//!
//! Exact while the file is small. Of a large one only tables without rowids are scanned, so what is told is an
//! estimate: the statistics of ANALYZE, else the largest rowid.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{catalog, cells, quote};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};

/// Up to this size rows are counted and pages are attributed exactly.
const SMALL: u64 = 64 << 20;

/// Fills in the rows and bytes of all tables.
pub fn measure(connection: &Connection, tables: &mut [Table]) -> rusqlite::Result<()> {
    let number = |name: &str| -> rusqlite::Result<u64> {
        Ok(catalog::pragma(connection, name)?
            .parse()
            .unwrap_or_default())
    };
    let file = number("page_count")? * number("page_size")?;
    let statistics = if file > SMALL {
        statistics(connection)?
    } else {
        BTreeMap::new()
    };
    for table in tables.iter_mut() {
        table.rows = match statistics.get(&table.name) {
            Some(rows) => Rows(*rows),
            None => Rows(rows(connection, table, file)?),
        };
    }
    let pages = if file > SMALL {
        BTreeMap::new()
    } else {
        pages(connection)?
    };
    let all = tables.iter().map(|table| table.rows.0).sum::<u64>().max(1);
    for table in tables {
        let share = (u128::from(file) * u128::from(table.rows.0) / u128::from(all)) as u64;
        table.bytes = Bytes(pages.get(&table.name).copied().unwrap_or(share));
    }
    Ok(())
}

fn rows(connection: &Connection, table: &Table, file: u64) -> rusqlite::Result<u64> {
    let name = quote(&table.name);
    let exact = file <= SMALL || cells::is_without_rowid(table);
    let rowid = cells::rowid_name(table).filter(|_| !exact);
    let sql = match rowid {
        Some(rowid) => format!("SELECT max({rowid}) FROM {name}"),
        None => format!("SELECT count(*) FROM {name}"),
    };
    let rows: Option<i64> = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(rows.unwrap_or_default().max(0) as u64)
}

fn statistics(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut rows = BTreeMap::<String, u64>::new();
    if connection.table_exists(None, "sqlite_stat1")? {
        catalog::each(connection, "SELECT tbl, stat FROM sqlite_stat1", |row| {
            let (table, figures): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let first: Option<u64> = figures
                .as_deref()
                .and_then(|text| text.split(' ').next()?.parse().ok());
            if let Some(first) = first {
                let rows = rows.entry(table).or_insert(first);
                *rows = first.max(*rows);
            }
            Ok(())
        })?;
    }
    Ok(rows)
}

fn pages(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut pages = BTreeMap::new();
    catalog::each(connection, include_str!("sql/sizes.sql"), |row| {
        pages.insert(row.get(0)?, row.get::<_, i64>(1)?.max(0) as u64);
        Ok(())
    })?;
    Ok(pages)
}
