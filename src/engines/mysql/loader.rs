//! Writes batches into staging: prepared multi-row INSERTs whose values are the source's bytes, untouched.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Arguments as _;
use sqlx::mysql::MySqlArguments;

use super::bent::Bent;
use super::dialect::{base, literal, placeholder, quote, text};
use super::marks::MARKS;
use super::session::{LITERAL, Row, STRICT, Session, number};
use super::{snapshot, target, typed};
use crate::engines::{Error, Loader, Mark, Result};
use crate::model::batch::{Batch, Chunk, Kind};
use crate::model::catalog::{Column, Index, Table};
use crate::model::units::{Bytes, Rows};

/// The most rows of one statement, and the most placeholders that the protocol counts.
const MOST_ROWS: usize = 256;
const MOST_PLACEHOLDERS: usize = 65_535;
/// What MySQL says of values against a rule of its own: a check, the syntax of JSON, the shape and the range of
/// geometries.
const BROKEN: &[u16] = &[3819, 3140, 1416, 3548, 3616, 3617];
/// How many collisions of a key are shown.
const COLLISIONS: usize = 3;
/// What a packet needs beside the values.
const OVERHEAD: u64 = 64 * 1024;

/// What a mark is bound to: the lock of the target database must not have changed hands.
pub struct Fence {
    pub target: String,
    pub epoch: u64,
}

/// A statement: one that is kept prepared, or one whose values are part of it.
enum Insert {
    Kept(Arc<str>),
    Once(String),
}

pub struct MySqlLoader {
    session: Session,
    fence: Fence,
    /// The database that rows go to.
    database: String,
    packet_limit: Bytes,
    /// The INSERT statements of the table last loaded, by their number of rows.
    table: String,
    statements: Vec<(usize, Arc<str>)>,
}

impl MySqlLoader {
    pub fn new(session: Session, database: &str, fence: Fence, packet_limit: Bytes) -> MySqlLoader {
        MySqlLoader {
            session,
            fence,
            database: database.to_string(),
            packet_limit,
            table: String::new(),
            statements: Vec::new(),
        }
    }

    fn statement(&mut self, table: &Table, rows: usize) -> Arc<str> {
        if self.table != table.name {
            self.table = table.name.clone();
            self.statements.clear();
        }
        if let Some((_, sql)) = self.statements.iter().find(|(known, _)| *known == rows) {
            return sql.clone();
        }
        let sql: Arc<str> = insert(&self.database, table, rows, &BTreeMap::new(), 0).into();
        self.statements.push((rows, sql.clone()));
        sql
    }

    fn refuse_oversize(&self, table: &Table, bytes: usize) -> Result<()> {
        if bytes as u64 + 1024 <= self.packet_limit.0 {
            return Ok(());
        }
        let needed = Bytes(bytes as u64 + 1024);
        Err(Error::Refused {
            problem: format!(
                "a row of {} with {} is larger than the target's max_allowed_packet of {}",
                table.name,
                Bytes(bytes as u64),
                self.packet_limit
            ),
            mend: format!(
                "SET GLOBAL max_allowed_packet = {}; on the target",
                needed.0.next_power_of_two()
            ),
        })
    }
}

/// The statement that inserts so many rows; `sets` belong to cells, the first of which has the number `from`.
fn insert(
    database: &str,
    table: &Table,
    rows: usize,
    sets: &BTreeMap<usize, String>,
    from: usize,
) -> String {
    let columns: Vec<String> = table.written().map(|column| quote(&column.name)).collect();
    let values: Vec<&str> = table.written().map(placeholder).collect();
    let tuple = |row: usize| {
        let cells = values.iter().enumerate().map(|(column, value)| {
            match sets.get(&(from + row * values.len() + column)) {
                Some(set) => format!("JSON_SET(CAST({value} AS JSON){set})"),
                None => value.to_string(),
            }
        });
        format!("({})", cells.collect::<Vec<_>>().join(","))
    };
    let tuples: Vec<String> = (0..rows).map(tuple).collect();
    format!(
        "INSERT INTO {}.{} ({}) VALUES {}",
        quote(database),
        quote(&table.name),
        columns.join(","),
        tuples.join(",")
    )
}

/// What is to be set in documents beside their text, by the number of the cell.
fn sets(table: &Table, batch: &Batch) -> Result<BTreeMap<usize, String>> {
    let columns: Vec<&Column> = table.written().collect();
    let typed = batch.cells().enumerate().filter(|(number, (kind, _))| {
        *kind == Kind::Typed && base(columns[number % columns.len()]) == "json"
    });
    typed
        .map(|(number, (_, cell))| {
            let (document, types) = typed::parts(cell);
            Ok((number, typed::overrides(document, types)?))
        })
        .collect()
}

/// The largest power of two that is a statement's number of rows, so that few statements are ever prepared.
fn most_rows(width: usize) -> usize {
    let bound = MOST_ROWS.min(MOST_PLACEHOLDERS / width.max(1)).max(1);
    1 << bound.ilog2()
}

#[async_trait]
impl Loader for MySqlLoader {
    async fn begin(&mut self) -> Result<()> {
        self.session
            .run("begin a chunk", "START TRANSACTION")
            .await
            .map(drop)
    }

    async fn load(&mut self, table: &Table, batch: &Batch) -> Result<Rows> {
        let action = format!("write table {}", table.name);
        let width = batch.width();
        let most = most_rows(width);
        let room = self.packet_limit.0.saturating_sub(OVERHEAD).max(1024) as usize;
        let sets = sets(table, batch)?;
        let mut sizes = row_sizes(batch);
        for (cell, set) in &sets {
            sizes[cell / width.max(1)] += set.len();
        }
        let bends: Vec<Bent> = table.written().map(Bent::of).collect();
        let mut cells = batch.cells();
        let mut done = 0;
        let mut loaded = Rows(0);
        while done < sizes.len() {
            self.refuse_oversize(table, sizes[done])?;
            let rows = take(&sizes[done..], most, room);
            let mut arguments = MySqlArguments::default();
            let bytes: usize = sizes[done..done + rows].iter().sum();
            arguments.reserve(rows * width, bytes + rows * width * 9);
            let mut bent = 0;
            let row = cells.by_ref().take(rows * width);
            for (bend, (kind, bytes)) in bends.iter().cycle().zip(row) {
                bent += u64::from(kind != Kind::Null && bend.holds(bytes));
                let value = match kind {
                    Kind::Null => None,
                    Kind::Typed => Some(typed::parts(bytes).0),
                    _ => Some(bytes),
                };
                arguments
                    .add(value)
                    .map_err(|cause| Error::statement(&action, cause))?;
            }
            let from = done * width;
            let sql = match sets.range(from..from + rows * width).next() {
                Some(_) => Insert::Once(insert(&self.database, table, rows, &sets, from)),
                None => Insert::Kept(self.statement(table, rows)),
            };
            let written = match bent {
                0 => self.insert(&action, sql, arguments).await,
                _ => self.insert_bent(&action, sql, arguments, bent).await,
            };
            let written = match written {
                Err(error) if number(&error) == Some(1062) => {
                    let cells: Vec<(Kind, &[u8])> = batch
                        .cells()
                        .skip(done * width)
                        .take(rows * width)
                        .collect();
                    Err(self.collision(table, &cells, error).await)
                }
                written => written,
            };
            loaded += Rows(written.map_err(|error| self.named(table, error))?);
            done += rows;
        }
        Ok(loaded)
    }

    async fn clear(&mut self, table: &Table, chunk: &Chunk) -> Result<()> {
        let sql = format!(
            "DELETE FROM {}.{}{}",
            quote(&self.database),
            quote(&table.name),
            snapshot::condition(chunk)
        );
        let action = format!("clear a range of {}", table.name);
        self.session.run(&action, &sql).await?;
        // Where transactions take back what was begun, the range is empty anyway.
        if table.keeps_history() && !table.transactional {
            let sql = format!(
                "DELETE HISTORY FROM {}.{}",
                quote(&self.database),
                quote(&table.name)
            );
            self.session.run(&action, &sql).await?;
        }
        Ok(())
    }

    /// The mark is written from the row of the epoch: none when another process has taken the lock since.
    async fn commit(&mut self, mark: Mark<'_>) -> Result<()> {
        let sql = format!(
            "INSERT INTO {}.{MARKS} (table_name, chunk, bounds, row_count) \
             SELECT {}, {}, {}, {} FROM _maestro.epochs WHERE database_name = {} AND epoch = {} \
             LOCK IN SHARE MODE ON DUPLICATE KEY UPDATE row_count = {}",
            quote(&self.database),
            text(&mark.table.name),
            mark.number,
            text(&target::bounds(mark.chunk)),
            mark.rows.0,
            text(&self.fence.target),
            self.fence.epoch,
            mark.rows.0
        );
        if self.session.run("mark a chunk", &sql).await? == 0 {
            self.rollback().await?;
            return Err(Error::Fenced);
        }
        self.session.run("commit a chunk", "COMMIT").await.map(drop)
    }

    async fn rollback(&mut self) -> Result<()> {
        self.session
            .run("take a chunk back", "ROLLBACK")
            .await
            .map(drop)
    }
}

impl MySqlLoader {
    async fn insert(
        &mut self,
        action: &str,
        sql: Insert,
        arguments: MySqlArguments,
    ) -> Result<u64> {
        match sql {
            Insert::Kept(sql) => self.session.run_prepared(action, sql, arguments).await,
            Insert::Once(sql) => self.session.run_once(action, sql, arguments).await,
        }
    }

    /// Writes without the strict mode what only so is written: each such value must be a warning, and nothing else.
    async fn insert_bent(
        &mut self,
        action: &str,
        sql: Insert,
        arguments: MySqlArguments,
        bent: u64,
    ) -> Result<u64> {
        let modes = |modes: &str| format!("SET SESSION sql_mode = '{modes}'");
        self.session.run(action, &modes(LITERAL)).await?;
        let written = self.insert(action, sql, arguments).await;
        let warnings = self
            .session
            .rows(action, "SELECT @@SESSION.warning_count")
            .await;
        self.session.run(action, &modes(STRICT)).await?;
        let (written, warnings) = (written?, warnings?);
        match warnings.first().map(|row| row.number(0)) {
            Some(warned) if warned == bent => Ok(written),
            warned => Err(Error::Mismatch(format!(
                "cannot {action}: {bent} values of the source are outside their type, but the target warned of {}",
                warned.unwrap_or_default()
            ))),
        }
    }

    /// Rows that the source tells apart have one key on the target (B04): a refusal with some of the values.
    async fn collision(&mut self, table: &Table, cells: &[(Kind, &[u8])], error: Error) -> Error {
        let Error::Statement { cause, .. } = &error else {
            return error;
        };
        let told = cause.to_string();
        let key = duplicate_key(table, &told);
        let columns = key.iter().flat_map(|key| &key.parts);
        let columns: Vec<&Column> = columns
            .filter_map(|part| table.column(&part.column))
            .collect();
        let collated = columns.iter().filter_map(|column| {
            let collation = column.collation.as_ref()?;
            Some(format!("{} under {collation}", column.name))
        });
        let collated: Vec<String> = collated.collect();
        let mut problem = format!(
            "rows of table {} that differ on the source have one key on the target: {told}",
            table.name
        );
        if let [column] = columns[..] {
            for values in self.equals(table, column, cells).await.unwrap_or_default() {
                problem += &format!("; equal there: {}", values.join(" and "));
            }
        }
        if !collated.is_empty() {
            problem += &format!(" ({})", collated.join(", "));
        }
        let mend = format!(
            "change one of the rows, or give the key's columns a collation that both sides know, as utf8mb4_bin, on \
             the source; or leave the table out: --exclude {}",
            table.name
        );
        Error::Refused { problem, mend }
    }

    /// Values of a text key, of these rows and of those in staging, that the target takes for one.
    async fn equals(
        &mut self,
        table: &Table,
        column: &Column,
        cells: &[(Kind, &[u8])],
    ) -> Result<Vec<Vec<String>>> {
        let position = table
            .written()
            .position(|written| written.name == column.name);
        let (Some(position), Some(_)) = (position, &column.charset) else {
            return Ok(Vec::new());
        };
        let values: Vec<String> = cells
            .chunks(table.written().count())
            .map(|row| row[position])
            .filter(|(kind, _)| *kind != Kind::Null)
            .map(|(_, bytes)| literal(column, bytes))
            .collect();
        let name = quote(&column.name);
        let selects: Vec<String> = values
            .iter()
            .map(|value| format!("SELECT {value} AS v"))
            .collect();
        let sql = format!(
            "SELECT GROUP_CONCAT(HEX(CONVERT(v USING utf8mb4)) ORDER BY HEX(v)) FROM ({} UNION ALL SELECT {name} FROM {}.{} \
             WHERE {name} IN ({})) AS known GROUP BY v HAVING COUNT(*) > 1 LIMIT {COLLISIONS}",
            selects.join(" UNION ALL "),
            quote(&self.database),
            quote(&table.name),
            values.join(", ")
        );
        let rows = self.session.rows("look for equal values", &sql).await?;
        let value = |hex: &str| String::from_utf8_lossy(&unhex(hex)).into_owned();
        let values = |row: &Row| {
            let mut values: Vec<String> = row.text(0).split(',').map(value).collect();
            values.sort();
            values.iter().map(|value| format!("'{value}'")).collect()
        };
        Ok(rows.iter().map(values).collect())
    }

    /// A refusal by the table's name, with the way on, where the rows are what the target does not take. Error 1153 is
    /// the server's own word for a packet above its limit, 1197 for a transaction above that of its binary log.
    fn named(&self, table: &Table, error: Error) -> Error {
        match number(&error) {
            Some(1153) => self
                .refuse_oversize(table, self.packet_limit.0 as usize)
                .err()
                .unwrap_or(error),
            Some(1197) => Error::Refused {
                problem: format!(
                    "a range of rows of {} is larger than the target's max_binlog_cache_size",
                    table.name
                ),
                mend: "SET GLOBAL max_binlog_cache_size = 18446744073709547520; on the target"
                    .into(),
            },
            Some(code) if BROKEN.contains(&code) => Error::Refused {
                problem: format!(
                    "the target does not take a row of table {}: {}",
                    table.name,
                    error.full()
                ),
                mend: format!(
                    "mend the row, or the rule, on the source; or leave the table out: --exclude {}",
                    table.name
                ),
            },
            _ => error,
        }
    }
}

/// The key that a duplicate is told of: `Duplicate entry 'x' for key 't.PRIMARY'`.
fn duplicate_key<'a>(table: &'a Table, told: &str) -> Option<&'a Index> {
    let name = told.rsplit('\'').nth(1)?;
    let known = |name: &str| table.indexes.iter().find(|index| index.name == name);
    known(name).or_else(|| known(name.strip_prefix(&table.name)?.strip_prefix('.')?))
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.filter_map(byte).collect()
}

fn row_sizes(batch: &Batch) -> Vec<usize> {
    let width = batch.width().max(1);
    let mut sizes = vec![0; batch.rows().0 as usize];
    for (position, (_, bytes)) in batch.cells().enumerate() {
        sizes[position / width] += bytes.len() + 9;
    }
    sizes
}

/// How many of the next rows go into one statement: a power of two that fits the packet.
fn take(sizes: &[usize], most: usize, room: usize) -> usize {
    let mut bytes = 0;
    let fitting = sizes.iter().take(most).take_while(|size| {
        bytes += **size;
        bytes <= room
    });
    1 << fitting.count().max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_powers_of_two_of_rows_within_the_packet() {
        assert_eq!(most_rows(10), 256);
        assert_eq!(most_rows(1000), 64);
        assert_eq!(most_rows(70_000), 1);
        assert_eq!(take(&[10; 100], 256, 10_000), 64);
        assert_eq!(take(&[10; 100], 256, 45), 4);
        assert_eq!(take(&[100], 256, 45), 1);
    }
}
