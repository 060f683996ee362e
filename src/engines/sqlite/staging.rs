//! The file in which a copy is built, aside from what is live.
//!
//! It has the settings of the source, so that the copy is the same database. A run that dies leaves the file
//! for its resume; nobody else reads it.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::{catalog, draw, marks, quote, statement, text, worker};
use crate::engines::{Error, Result, TargetWork};
use crate::model::catalog::{Object, Table};

/// The pages that are kept in memory while rows are appended or checked, in KiB (negative, as SQLite spells it): none
/// of them is needed twice.
const LOADING: i64 = -4_000;
/// And while indexes are sorted.
const SORTING: i64 = -32_000;

/// How the staged tables become live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The database is new: the staging file gets its name.
    New,
    /// Nothing of the old database stays: the file is overwritten as a whole.
    Mirror,
    /// Something stays: the chosen tables are replaced in one transaction.
    Chosen,
    /// The database itself goes.
    Vanish,
}

impl Way {
    pub fn of(work: &TargetWork) -> Way {
        if work.vanishes {
            return Way::Vanish;
        }
        let Some(before) = &work.before else {
            return Way::New;
        };
        let named =
            |list: &[String], name: &str| list.iter().any(|other| other.eq_ignore_ascii_case(name));
        let table_stays = before
            .tables
            .iter()
            .any(|table| !named(&work.tables, &table.name) && !named(&work.removed, &table.name));
        let replaced = |object: &Object| {
            work.objects.iter().chain(&work.dropped).any(|other| {
                other.kind == object.kind && other.name.eq_ignore_ascii_case(&object.name)
            })
        };
        match table_stays || !before.objects.iter().all(replaced) {
            true => Way::Chosen,
            false => Way::Mirror,
        }
    }

    /// How a work takes another back: what stays as the undo has it, comes with the undo.
    pub fn back(work: &TargetWork) -> Way {
        let mut whole = work.clone();
        let before = work.before.iter().flat_map(|before| &before.objects);
        let stays = before.filter(|object| work.source.objects.contains(object));
        whole.objects.extend(stays.cloned());
        Way::of(&whole)
    }
}

/// Makes the file. Returns its connection and the mode that a published file gets.
pub fn make(path: &Path, settings: &[(String, String)]) -> Result<(Connection, u32)> {
    let failed = |cause| Error::File {
        action: "make the staging file".into(),
        path: path.display().to_string(),
        cause,
    };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(failed)?;
    // Closed before SQLite opens it: closing it later would drop SQLite's locks.
    drop(file);
    let connection = worker::writer(path)?;
    prepare(&connection, settings).map_err(|cause| statement("prepare the staging file", cause))?;
    Ok((connection, mode))
}

fn prepare(connection: &Connection, settings: &[(String, String)]) -> rusqlite::Result<()> {
    for name in [
        "page_size",
        "encoding",
        "auto_vacuum",
        "application_id",
        "user_version",
    ] {
        if let Some((_, value)) = settings.iter().find(|(setting, _)| setting == name) {
            connection.pragma_update(None, name, value)?;
        }
    }
    work_in(connection)
}

/// The journal is a file, so that a process may die; nothing is forced to the disk before the copy is whole.
fn work_in(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "truncate", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", false)?;
    connection.pragma_update(None, "cache_size", LOADING)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens the file of a dead run again, as far as its tables: what was made after the rows is made again.
/// None when the file is damaged or has other settings by now.
pub fn reopen(
    path: &Path,
    settings: &[(String, String)],
    rows: &[marks::Row],
) -> Option<Connection> {
    let connection = worker::writer(path).ok()?;
    let has = |name: &str| {
        let wanted = settings.iter().find(|(setting, _)| setting == name);
        wanted.is_none_or(|(_, value)| {
            catalog::pragma(&connection, name).is_ok_and(|found| found == *value)
        })
    };
    let fits = ["page_size", "encoding", "auto_vacuum"]
        .into_iter()
        .all(has);
    let ready = || -> rusqlite::Result<()> {
        prepare(&connection, settings)?;
        strip(&connection)?;
        marks::make(&connection, rows)
    };
    (fits && check(&connection).is_ok() && ready().is_ok()).then_some(connection)
}

/// Removes what [`complete`] made: rows are loaded without indexes and triggers.
fn strip(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT type, name FROM sqlite_schema
  WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY type = 'view'";
    let mut found: Vec<(String, String)> = Vec::new();
    catalog::each(connection, sql, |row| {
        found.push((row.get(0)?, row.get(1)?));
        Ok(())
    })?;
    for (kind, name) in found {
        connection.execute_batch(&format!("DROP {kind} IF EXISTS {}", quote(&name)))?;
    }
    if connection.table_exists(None, "sqlite_sequence")? {
        connection.execute_batch("DELETE FROM sqlite_sequence")?;
    }
    Ok(())
}

/// The CREATE TABLE alone.
pub fn bare(table: &Table) -> &str {
    text::statements(&table.definition)
        .first()
        .copied()
        .unwrap_or_default()
}

/// The CREATE INDEX statements.
pub fn indexes(table: &Table) -> Vec<&str> {
    text::statements(&table.definition)
        .into_iter()
        .skip(1)
        .collect()
}

/// Makes the indexes of a table, unless they came with its rows: all of them did, or none.
pub fn make_indexes(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM main.sqlite_schema
  WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE";
    if connection.prepare_cached(sql)?.exists([&table.name])? {
        return Ok(());
    }
    indexes(table)
        .into_iter()
        .try_for_each(|index| connection.execute_batch(index))
}

/// The tables of the work as the source defines them.
pub fn tables(work: &TargetWork) -> impl Iterator<Item = &Table> {
    work.tables
        .iter()
        .filter_map(|name| work.source.table(name))
}

/// Adds what waits for the rows: indexes, the positions of counters and, where the file becomes the
/// database, the objects. Returns the objects that could not be made.
pub fn complete(
    connection: &Connection,
    work: &TargetWork,
    way: Way,
) -> Result<Vec<(Object, Error)>> {
    let keep = |pages: i64| {
        connection
            .pragma_update(None, "cache_size", pages)
            .map_err(|cause| statement("prepare the staging file for its indexes", cause))
    };
    draw::detach(connection).map_err(|cause| statement("let the source's file go", cause))?;
    keep(SORTING)?;
    for table in tables(work) {
        make_indexes(connection, table).map_err(|cause| {
            statement(format!("make an index of the table {}", table.name), cause)
        })?;
        set_position(connection, work, table).map_err(|cause| {
            statement(
                format!("set the counter of the table {}", table.name),
                cause,
            )
        })?;
    }
    keep(LOADING)?;
    let failed = match way {
        Way::Chosen | Way::Vanish => Vec::new(),
        Way::New | Way::Mirror => make_objects(connection, &work.objects),
    };
    check(connection)?;
    Ok(failed)
}

/// Makes objects in their order; returns those that failed.
pub fn make_objects<'a>(
    connection: &Connection,
    objects: impl IntoIterator<Item = &'a Object>,
) -> Vec<(Object, Error)> {
    let mut failed = Vec::new();
    for object in objects
        .into_iter()
        .filter(|object| object.obstacle.is_none())
    {
        if let Err(cause) = connection.execute_batch(&object.definition) {
            let error = statement(format!("make the {}", object.title()), cause);
            failed.push((object.clone(), error));
        }
    }
    failed
}

/// An AUTOINCREMENT goes on where the source's stands, even where its last rows were deleted.
fn set_position(connection: &Connection, work: &TargetWork, table: &Table) -> rusqlite::Result<()> {
    let name = format!("{}{}", catalog::SEQUENCE, table.name);
    let Some((_, position)) = work
        .source
        .options
        .iter()
        .find(|(option, _)| *option == name)
    else {
        return Ok(());
    };
    if !connection.table_exists(None, "sqlite_sequence")? {
        return Ok(());
    }
    let position: i64 = position.parse().unwrap_or_default();
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
    let stands: Option<i64> = connection
        .query_row(sql, [&table.name], |row| row.get(0))
        .optional()?;
    match stands {
        Some(stands) if stands >= position => Ok(()),
        Some(_) => connection
            .execute(
                "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1",
                (&table.name, position),
            )
            .map(drop),
        None => connection
            .execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                (&table.name, position),
            )
            .map(drop),
    }
}

pub fn check(connection: &Connection) -> Result<()> {
    let verdict: String = connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(|cause| statement("check the staging file", cause))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        problem => Err(Error::Mismatch(format!(
            "the staging file is not sound: {problem}"
        ))),
    }
}
