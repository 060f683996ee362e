//! Values as SQLite keeps them: each with its own type, whatever the column declares (A20).
//!
//! Reading, writing and digesting rows share the code here, so that a source and its copy are measured alike.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql};
use twox_hash::XxHash3_128;

use super::quote;
use crate::model::batch::{Batch, Chunk, Digest, Kind};
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// Whether a table keeps its rows by primary key alone.
pub fn is_without_rowid(table: &Table) -> bool {
    table
        .options
        .iter()
        .any(|(name, _)| name == "without rowid")
}

/// The column that is the rowid, where one is.
pub fn rowid_column(table: &Table) -> Option<&str> {
    let key = table
        .indexes
        .iter()
        .find(|index| index.primary && index.method == "ROWID")?;
    key.parts.first().map(|part| part.column.as_str())
}

/// How to name the rowid: by its column, else by a name that no column hides.
pub fn rowid_name(table: &Table) -> Option<String> {
    match rowid_column(table) {
        Some(column) => Some(quote(column)),
        None => hidden_rowid(table).map(String::from),
    }
}

/// The name of a rowid that is no column: it is copied as one cell more.
pub fn hidden_rowid(table: &Table) -> Option<&'static str> {
    let is_free = |name: &&str| {
        !table
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let hidden = !is_without_rowid(table) && rowid_column(table).is_none();
    ["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(is_free)
        .filter(|_| hidden)
}

/// What a copy writes: the columns that are not generated, and a hidden rowid as the last.
pub fn copied(table: &Table) -> Vec<String> {
    let columns = table.written().map(|column| quote(&column.name));
    columns
        .chain(hidden_rowid(table).map(String::from))
        .collect()
}

/// The rows of a chunk, as they are copied.
pub fn select(table: &Table, chunk: &Chunk) -> String {
    format!(
        "SELECT {} FROM {}{}",
        copied(table).join(", "),
        quote(&table.name),
        within(chunk)
    )
}

/// The condition of a chunk; nothing for a whole table.
pub fn within(chunk: &Chunk) -> String {
    let key = chunk
        .key
        .iter()
        .map(|column| quote(column))
        .collect::<Vec<_>>()
        .join(", ");
    let bound = |end: &Option<Vec<String>>, sign: &str| {
        end.as_ref()
            .map(|values| format!("({key}) {sign} ({})", values.join(", ")))
    };
    let bounds: Vec<_> = [bound(&chunk.from, ">="), bound(&chunk.to, "<")]
        .into_iter()
        .flatten()
        .collect();
    match bounds.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", bounds.join(" AND ")),
    }
}

/// Writes one row.
pub fn insert(table: &Table) -> String {
    let columns = copied(table);
    let marks = vec!["?"; columns.len()].join(", ");
    format!(
        "INSERT INTO {} ({}) VALUES ({marks})",
        quote(&table.name),
        columns.join(", ")
    )
}

/// Adds a value to a batch.
pub fn push(batch: &mut Batch, value: ValueRef<'_>) {
    let (kind, number, bytes) = parts(value);
    batch.push(kind, bytes.unwrap_or(&number));
}

fn parts(value: ValueRef<'_>) -> (Kind, [u8; 8], Option<&[u8]>) {
    match value {
        ValueRef::Null => (Kind::Null, [0; 8], Some(&[])),
        ValueRef::Integer(number) => (Kind::Integer, number.to_le_bytes(), None),
        ValueRef::Real(number) => (Kind::Real, number.to_le_bytes(), None),
        ValueRef::Text(bytes) => (Kind::Text, [0; 8], Some(bytes)),
        ValueRef::Blob(bytes) => (Kind::Blob, [0; 8], Some(bytes)),
    }
}

/// A cell of a batch, as a statement binds it.
pub struct Cell<'a>(pub Kind, pub &'a [u8]);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let number = || {
            <[u8; 8]>::try_from(self.1)
                .map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
        };
        Ok(match self.0 {
            Kind::Null => ToSqlOutput::Owned(Value::Null),
            Kind::Integer => ToSqlOutput::Owned(Value::Integer(i64::from_le_bytes(number()?))),
            Kind::Real => ToSqlOutput::Owned(Value::Real(f64::from_le_bytes(number()?))),
            Kind::Text | Kind::Typed => ToSqlOutput::Borrowed(ValueRef::Text(self.1)),
            Kind::Blob => ToSqlOutput::Borrowed(ValueRef::Blob(self.1)),
        })
    }
}

/// Loads the rows of a batch; returns how many the database took.
pub fn load(connection: &Connection, table: &Table, batch: &Batch) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare_cached(&insert(table))?;
    let mut cells = batch.cells();
    let mut loaded = 0;
    for _ in 0..batch.rows().0 {
        for position in 1..=batch.width() {
            if let Some((kind, bytes)) = cells.next() {
                statement.raw_bind_parameter(position, Cell(kind, bytes))?;
            }
        }
        loaded += statement.raw_execute()? as u64;
    }
    Ok(Rows(loaded))
}

/// How many rows a table holds.
pub fn count(connection: &Connection, table: &str) -> rusqlite::Result<Rows> {
    let sql = format!("SELECT count(*) FROM main.{}", quote(table));
    let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(Rows(rows.max(0) as u64))
}

/// The digest of the rows of a chunk: all columns, generated ones too; a hidden rowid is no data.
pub fn digest(connection: &Connection, table: &Table, chunk: &Chunk) -> rusqlite::Result<Digest> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| quote(&column.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM {}{}",
        columns.join(", "),
        quote(&table.name),
        within(chunk)
    );
    digest_of(connection, &sql)
}

/// The digest of all rows that a statement gives.
pub fn digest_of(connection: &Connection, sql: &str) -> rusqlite::Result<Digest> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let (mut number, mut sum, mut row_bytes) = (0u64, 0u128, Vec::new());
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        for position in 0..width {
            spell(row.get_ref(position)?, &mut row_bytes);
        }
        sum = sum.wrapping_add(XxHash3_128::oneshot(&row_bytes));
        number += 1;
    }
    Ok(Digest {
        rows: Rows(number),
        sums: format!("{sum:032x}"),
    })
}

/// A value as the digest sees it: its type, its length, its bytes, so that no two rows spell alike (B09).
fn spell(value: ValueRef<'_>, bytes: &mut Vec<u8>) {
    let (kind, number, text) = parts(value);
    let cell = text.unwrap_or(&number);
    bytes.push(match kind {
        Kind::Null => 0,
        Kind::Integer => 1,
        Kind::Real => 2,
        Kind::Text | Kind::Typed => 3,
        Kind::Blob => 4,
    });
    bytes.extend_from_slice(&(cell.len() as u64).to_le_bytes());
    bytes.extend_from_slice(cell);
}

/// A value as text, as SQLite's shell prints it; bytes that are no UTF-8 are replaced.
pub fn printed(value: ValueRef<'_>) -> rusqlite::Result<String> {
    let bytes = bytes(value).unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes that SQLite's shell prints; None for NULL.
pub fn bytes(value: ValueRef<'_>) -> Option<Vec<u8>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into_bytes()),
        ValueRef::Real(number) => Some(real(number).into_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
    }
}

/// The shortest digits that read back as the same number, spelled as SQLite does: `1.5`, `1.0e+300`, `Inf`.
fn real(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 {
            "Inf".into()
        } else {
            "-Inf".into()
        };
    }
    let text = format!("{number:?}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let digits = if digits.contains('.') {
        digits.to_string()
    } else {
        format!("{digits}.0")
    };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_is_printed_so_that_it_reads_back_the_same() {
        assert_eq!(real(1.0), "1.0");
        assert_eq!(real(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(real(1e300), "1.0e+300");
        assert_eq!(real(1.5e-7), "1.5e-07");
        assert_eq!(real(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn b09_the_border_between_two_cells_is_part_of_the_digest() {
        let spelled = |cells: [&str; 2]| {
            let mut bytes = Vec::new();
            cells
                .iter()
                .for_each(|cell| spell(ValueRef::Text(cell.as_bytes()), &mut bytes));
            bytes
        };
        assert_ne!(spelled(["x0", "y"]), spelled(["x", "0y"]));
    }

    #[test]
    fn a_name_hidden_by_a_column_is_not_taken_for_the_rowid() {
        let column = |name: &str| crate::model::catalog::Column {
            name: name.into(),
            ..Default::default()
        };
        let table = Table {
            columns: vec![column("RowID"), column("x")],
            ..Table::default()
        };
        assert_eq!(hidden_rowid(&table), Some("_rowid_"));
    }
}
