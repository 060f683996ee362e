//! Writes batches into staging: prepared statements whose values are the source's bytes, untouched.
//!
//! MariaDB takes many rows of a one-row INSERT in one packet. Elsewhere, and for rows that need a look at the server's
//! warnings, an INSERT has a placeholder for each cell of several rows.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::bent::Bent;
use super::dialect::{base, literal, placeholder, quote, text};
use super::marks::MARKS;
use super::session::{LITERAL, Row, STRICT, Session, number};
use super::wire::{Parameters, Statement};
use super::{definition, inside, snapshot, target, typed};
use crate::engines::{Error, Loader, Mark, Result};
use crate::model::batch::{Batch, Chunk, Digest, Kind};
use crate::model::catalog::{Column, Index, Table};
use crate::model::survey::WritePath;
use crate::model::units::{Bytes, Rows};

/// The most rows of one statement, and the most placeholders that the protocol counts.
const MOST_ROWS: usize = 2048;
const MOST_PLACEHOLDERS: usize = 65_535;
/// What MySQL says of values against a rule of its own: a check, the syntax of JSON, the shape and the range of
/// geometries.
const BROKEN: &[u16] = &[3819, 3140, 1416, 3548, 3616, 3617];
/// The temporary files of a sort do not fit.
const NO_ROOM: u16 = 1878;
/// How many collisions of a key are shown.
const COLLISIONS: usize = 3;
/// The most bytes that go with a value: its length, and an indicator.
const AROUND: usize = 10;
/// What a packet needs beside the values.
const OVERHEAD: u64 = 64 * 1024;

/// What a mark is bound to: the lock of the target database must not have changed hands.
pub struct Fence {
    pub target: String,
    pub epoch: u64,
}

pub struct MySqlLoader {
    session: Session,
    fence: Fence,
    /// The database that rows go to.
    database: String,
    packet_limit: Bytes,
    is_bulk: bool,
    /// The INSERT statements of the table last loaded, by their number of rows.
    table: String,
    statements: Vec<(usize, Statement)>,
}

/// What of a batch is written as one statement.
struct Piece<'a> {
    batch: &'a Batch,
    /// The number of its first row in the batch, and how many it has.
    from: usize,
    rows: usize,
    /// The bytes of its values, with their lengths.
    bytes: usize,
}

impl<'a> Piece<'a> {
    fn cells(&self) -> impl Iterator<Item = (Kind, &'a [u8])> + Clone {
        self.batch.cells_of(self.from, self.rows)
    }

    fn values(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        self.cells().map(|(kind, bytes)| match kind {
            Kind::Null => None,
            Kind::Typed => Some(typed::parts(bytes).0),
            _ => Some(bytes),
        })
    }
}

impl MySqlLoader {
    /// `path` is how rows are to be written; None is the best way that the server knows.
    pub fn new(
        session: Session,
        database: &str,
        fence: Fence,
        packet_limit: Bytes,
        path: Option<WritePath>,
    ) -> MySqlLoader {
        let is_bulk = session.takes_bulk() && path != Some(WritePath::Insert);
        MySqlLoader {
            session,
            fence,
            database: database.to_string(),
            packet_limit,
            is_bulk,
            table: String::new(),
            statements: Vec::new(),
        }
    }

    /// The prepared INSERT of so many rows of a table.
    async fn statement(&mut self, table: &Table, rows: usize) -> Result<Statement> {
        if self.table != table.name {
            self.table = table.name.clone();
            for (_, statement) in std::mem::take(&mut self.statements) {
                self.session.forget(statement).await?;
            }
        }
        if let Some((_, kept)) = self.statements.iter().find(|(known, _)| *known == rows) {
            return Ok(*kept);
        }
        let sql = insert(&self.database, table, rows, &BTreeMap::new(), 0);
        let action = format!("write table {}", table.name);
        let statement = self.session.prepare(&action, &sql).await?;
        self.statements.push((rows, statement));
        Ok(statement)
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
        let width = batch.width().max(1);
        let room = self.packet_limit.0.saturating_sub(OVERHEAD).max(1024) as usize;
        let sets = sets(table, batch)?;
        let mut sizes: Vec<usize> = batch
            .row_sizes()
            .map(|size| size + width * AROUND)
            .collect();
        for (cell, set) in &sets {
            sizes[cell / width] += set.len();
        }
        let bends: Vec<Bent> = table.written().map(Bent::of).collect();
        let bends = Some(bends).filter(|bends| bends.iter().any(|bend| *bend != Bent::Nothing));
        let bent = |cells: &mut dyn Iterator<Item = (Kind, &[u8])>| -> u64 {
            let bends = bends.iter().flat_map(|bends| bends.iter().cycle());
            let holds = |(bend, (kind, bytes)): &(&Bent, (Kind, &[u8]))| {
                *kind != Kind::Null && bend.holds(bytes)
            };
            bends.zip(cells).filter(holds).count() as u64
        };
        // Warnings are counted by the statement, and a bulk is many.
        let is_bulk = self.is_bulk && bent(&mut batch.cells()) == 0;
        let mut done = 0;
        let mut loaded = Rows(0);
        while done < sizes.len() {
            self.refuse_oversize(table, sizes[done])?;
            let rows = match is_bulk {
                true => fitting(&sizes[done..], room),
                false => take(&sizes[done..], most_rows(width), room),
            };
            let piece = Piece {
                batch,
                from: done,
                rows,
                bytes: sizes[done..done + rows].iter().sum(),
            };
            let written = match is_bulk {
                true => self.write_bulk(table, &piece).await,
                false => {
                    let bent = bent(&mut piece.cells());
                    self.write(table, &piece, &sets, bent).await
                }
            };
            let written = match written {
                Err(error) if number(&error) == Some(1062) => {
                    let cells: Vec<(Kind, &[u8])> = piece.cells().collect();
                    Err(self.collision(table, &cells, error).await)
                }
                written => written,
            };
            loaded += Rows(written.map_err(|error| self.named(table, error))?);
            done += rows;
        }
        Ok(loaded)
    }

    async fn pull(
        &mut self,
        database: &str,
        from: &Table,
        to: &Table,
        chunk: &Chunk,
    ) -> Result<Rows> {
        let target = (self.database.as_str(), to);
        let pulled = inside::pull(&mut self.session, (database, from), target, chunk).await;
        pulled.map_err(|error| self.named(to, error))
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

    /// The marks are written from the row of the epoch: none when another process has taken the lock since.
    async fn commit(&mut self, marks: &[Mark<'_>]) -> Result<()> {
        let marks: Vec<String> = marks
            .iter()
            .map(|mark| {
                format!(
                    "SELECT {} AS t, {} AS n, {} AS b, {} AS r",
                    text(&mark.table.name),
                    mark.number,
                    text(&target::bounds(mark.chunk)),
                    mark.rows.0
                )
            })
            .collect();
        let sql = format!(
            "INSERT INTO {}.{MARKS} (table_name, chunk, bounds, row_count) \
             SELECT t, n, b, r FROM ({}) AS marks, _maestro.epochs WHERE database_name = {} AND epoch = {} \
             LOCK IN SHARE MODE ON DUPLICATE KEY UPDATE row_count = r",
            quote(&self.database),
            marks.join(" UNION ALL "),
            text(&self.fence.target),
            self.fence.epoch,
        );
        if self.session.run("mark a chunk", &sql).await? == 0 {
            self.rollback().await?;
            return Err(Error::Fenced);
        }
        self.session.run("commit a chunk", "COMMIT").await.map(drop)
    }

    /// Dropped from the table that was made whole: so everything that the server does not take of them is told before
    /// the load, and what is added again is what it took.
    async fn defer_keys(&mut self, table: &Table) -> Result<()> {
        let drops: Vec<String> = late_keys(table)
            .iter()
            .map(|(index, _)| format!("DROP KEY {}", quote(&index.name)))
            .collect();
        match drops.is_empty() {
            true => Ok(()),
            false => self.alter(table, "take the keys off", &drops).await,
        }
    }

    async fn missing_keys(&mut self, table: &Table) -> Result<Vec<String>> {
        let late = late_keys(table);
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            text(&self.database),
            text(&table.name)
        );
        let action = format!("look for the keys of {}", table.name);
        let rows = self.session.rows(&action, &sql).await?;
        let there: Vec<String> = rows.iter().map(|row| row.text(0)).collect();
        let missing = late
            .into_iter()
            .filter(|(index, _)| !there.contains(&index.name));
        Ok(missing.map(|(_, clause)| clause.to_string()).collect())
    }

    async fn build_keys(&mut self, table: &Table, keys: &[String]) -> Result<()> {
        let mut adds: Vec<String> = keys.iter().map(|key| format!("ADD {key}")).collect();
        match self.alter(table, "build the keys", &adds).await {
            // No room for sorting: row by row it needs none.
            Err(error) if number(&error) == Some(NO_ROOM) => {
                adds.push("ALGORITHM = COPY".into());
                self.alter(table, "build the keys", &adds).await
            }
            built => built,
        }
    }

    async fn counts(&mut self, tables: &[&Table]) -> Result<Vec<Rows>> {
        snapshot::counts(&mut self.session, &self.database, tables).await
    }

    async fn digest(&mut self, table: &Table, chunk: &Chunk) -> Result<Digest> {
        let place = format!("{}.{}", quote(&self.database), quote(&table.name));
        snapshot::digest(&mut self.session, &place, table, chunk).await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.session
            .run("take a chunk back", "ROLLBACK")
            .await
            .map(drop)
    }
}

/// The keys that are built when the rows are there. What counts rows up needs its key, and history is not to be altered.
fn late_keys(table: &Table) -> Vec<(&Index, &str)> {
    if !table.transactional || table.keeps_history() {
        return Vec::new();
    }
    definition::late_keys(table, |index| {
        let first = index.parts.first();
        let column = first.and_then(|part| table.column(&part.column));
        column.is_none_or(|column| column.extra.contains("auto_increment"))
    })
}

impl MySqlLoader {
    /// Alters a table by clauses as they are printed.
    async fn alter(&mut self, table: &Table, what: &str, clauses: &[String]) -> Result<()> {
        let sql = format!(
            "SET NAMES utf8mb4; SET SESSION sql_mode = '{LITERAL}' /*!80027 , innodb_ddl_buffer_size = 67108864 */; \
             ALTER TABLE {}.{} {}; SET NAMES binary; SET SESSION sql_mode = '{STRICT}'",
            quote(&self.database),
            quote(&table.name),
            clauses.join(", ")
        );
        let action = format!("{what} of {}", table.name);
        self.session.run(&action, &sql).await.map(drop)
    }

    /// Writes rows by many executions in one packet; how many the server says it took.
    async fn write_bulk(&mut self, table: &Table, piece: &Piece<'_>) -> Result<u64> {
        let action = format!("write table {}", table.name);
        let statement = self.statement(table, 1).await?;
        let parameters = Parameters::many(statement, piece.values(), piece.bytes);
        self.session.execute(&action, parameters).await
    }

    /// Writes rows by one statement, `bent` of whose values are known to be outside their type.
    async fn write(
        &mut self,
        table: &Table,
        piece: &Piece<'_>,
        sets: &BTreeMap<usize, String>,
        bent: u64,
    ) -> Result<u64> {
        let action = format!("write table {}", table.name);
        let width = piece.batch.width();
        let (first, end) = (piece.from * width, (piece.from + piece.rows) * width);
        // A statement with values of its own comes only once.
        let once = match sets.range(first..end).next() {
            Some(_) => {
                let sql = insert(&self.database, table, piece.rows, sets, first);
                Some(self.session.prepare(&action, &sql).await?)
            }
            None => None,
        };
        let statement = match once {
            Some(statement) => statement,
            None => self.statement(table, piece.rows).await?,
        };
        let parameters = Parameters::one(statement, piece.values(), piece.bytes);
        let written = match bent {
            0 => self.session.execute(&action, parameters).await,
            bent => self.write_bent(&action, parameters, bent).await,
        };
        // The first failure is the one that tells.
        let forgotten = match once {
            Some(statement) => self.session.forget(statement).await,
            None => Ok(()),
        };
        let written = written?;
        forgotten.map(|()| written)
    }

    /// Writes without the strict mode what only so is written: each such value must be a warning, and nothing else.
    async fn write_bent(&mut self, action: &str, parameters: Parameters, bent: u64) -> Result<u64> {
        let modes = |modes: &str| format!("SET SESSION sql_mode = '{modes}'");
        self.session.run(action, &modes(LITERAL)).await?;
        let written = self.session.execute(action, parameters).await;
        let warnings = self
            .session
            .rows(action, "SELECT @@SESSION.warning_count")
            .await;
        let strict = self.session.run(action, &modes(STRICT)).await;
        let (written, warnings) = (written?, warnings?);
        strict?;
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

/// How many of the next rows fit a packet: at least one.
fn fitting(sizes: &[usize], room: usize) -> usize {
    let mut bytes = 0;
    let fitting = sizes.iter().take_while(|size| {
        bytes += **size;
        bytes <= room
    });
    fitting.count().max(1)
}

/// How many of the next rows go into one statement: a power of two that fits the packet.
fn take(sizes: &[usize], most: usize, room: usize) -> usize {
    let most = most.min(sizes.len());
    1 << fitting(&sizes[..most], room).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_powers_of_two_of_rows_within_the_packet() {
        assert_eq!(most_rows(10), 2048);
        assert_eq!(most_rows(1000), 64);
        assert_eq!(most_rows(70_000), 1);
        assert_eq!(take(&[10; 100], 256, 10_000), 64);
        assert_eq!(take(&[10; 100], 256, 45), 4);
        assert_eq!(take(&[100], 256, 45), 1);
    }
}
