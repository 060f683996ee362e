//! Rows of one table on two servers of different products, as both print their bytes.

use crate::live::{Case, Place};

/// A column: its name, its type, its character set.
type Column = (String, String, Option<String>);

pub fn tables(place: &Place, database: &str) -> Vec<String> {
    let sql = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = '{database}' AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1"
    );
    let first = |row: crate::live::Cells| row[0].clone().unwrap();
    place.sql(&sql).into_iter().map(first).collect()
}

/// Asserts that every cell of a table is the same on both sides; numbers by value, all else by bytes.
#[track_caller]
pub fn same_rows(case: &Case, database: &str, table: &str) {
    let (from, to) = (
        columns(&case.a, database, table),
        columns(&case.b, database, table),
    );
    let names = |columns: &[Column]| {
        columns
            .iter()
            .map(|(name, _, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&from), names(&to), "columns of {table}");
    let changed = |position: usize| from[position].2 != to[position].2;
    let left = rows(&case.a, database, table, &from, changed);
    let right = rows(&case.b, database, table, &to, changed);
    assert_eq!(left.len(), right.len(), "rows of {table}");
    for (left, right) in left.iter().zip(&right) {
        assert!(left == right, "{table}: {left:?}\n{right:?}");
    }
}

fn columns(place: &Place, database: &str, table: &str) -> Vec<Column> {
    let sql = format!(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = '{database}' AND BINARY TABLE_NAME = '{}' AND GENERATION_EXPRESSION NOT LIKE 'ROW %'
         ORDER BY ORDINAL_POSITION",
        table.replace('\'', "''")
    );
    let column = |row: crate::live::Cells| {
        let charset = match row[1].as_deref() {
            Some("json" | "inet6" | "inet4" | "uuid") => Some("utf8mb4".into()),
            _ => row[2].clone(),
        };
        (row[0].clone().unwrap(), row[1].clone().unwrap(), charset)
    };
    let sql = sql.replace(
        "GENERATION_EXPRESSION NOT",
        "IFNULL(GENERATION_EXPRESSION, '') NOT",
    );
    place.sql(&sql).into_iter().map(column).collect()
}

fn rows(
    place: &Place,
    database: &str,
    table: &str,
    columns: &[Column],
    changed: impl Fn(usize) -> bool,
) -> Vec<Vec<String>> {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let cell = |(position, (name, kind, charset)): (usize, &Column)| {
        let name = quoted(name);
        match (kind.as_str(), charset) {
            ("float", _) => format!("CONCAT({name}+0e0)"),
            // A sum would be cut to 22 characters by MySQL.
            ("double", _) => format!("CAST({name} AS CHAR(60))"),
            ("inet6" | "inet4" | "uuid" | "json", _) => {
                format!("HEX(CONVERT(CONVERT({name}, CHAR) USING utf8mb4))")
            }
            (_, Some(_)) if changed(position) => format!("HEX(CONVERT({name} USING utf8mb4))"),
            ("bit" | "vector", _) => format!("HEX({name})"),
            (_, Some(_)) => format!("HEX({name})"),
            (kind, None) if kind.contains("bin") || kind.contains("blob") => format!("HEX({name})"),
            (kind, None)
                if kind.contains("point") || kind.contains("poly") || kind.contains("line") =>
            {
                format!("HEX({name})")
            }
            ("geometry" | "geometrycollection" | "geomcollection", None) => format!("HEX({name})"),
            _ => format!("CAST({name} AS CHAR)"),
        }
    };
    let list: Vec<String> = columns.iter().enumerate().map(cell).collect();
    let sql = format!(
        "SET SESSION time_zone = '+00:00'; SELECT {} FROM {}.{}",
        list.join(", "),
        quoted(database),
        quoted(table)
    );
    let text = |(cell, column): (Option<String>, &Column)| match (cell, column.1.as_str()) {
        (None, _) => "NULL".to_string(),
        (Some(number), "float" | "double") => {
            format!("{:x}", number.parse::<f64>().unwrap().to_bits())
        }
        (Some(text), _) => text,
    };
    let mut rows: Vec<Vec<String>> = place
        .sql(&sql)
        .into_iter()
        .map(|row| row.into_iter().zip(columns).map(text).collect())
        .collect();
    rows.sort();
    rows
}
