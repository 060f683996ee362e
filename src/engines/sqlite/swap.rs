//! The moment at which a copy becomes live: all or nothing for every reader, and for a crash.
//!
//! A file that anyone may have open is written by SQLite only: the backup API overwrites it in one
//! transaction, chosen tables are replaced in one, and only a database that is new gets its file by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::watch::Watch;
use super::worker::{self, PATIENCE};
use super::{catalog, cells, lock, quote, staging, statement};
use crate::engines::{Error, Result, TargetWork};
use crate::model::catalog::{Object, ObjectKind, Table};

/// Overwrites the live database with the staging file, in one transaction. Its journal mode stays.
/// None when the file was written since it was copied aside: then nothing was changed.
pub fn mirror(
    connection: &Connection,
    live: &Path,
    schema: i64,
    watch: &Watch,
) -> Result<Option<()>> {
    let failed = |cause| error(live, cause);
    let mut target = worker::writer(live)?;
    refuse_moved(&target, live, schema)?;
    target
        .busy_timeout(Duration::from_millis(100))
        .map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    let backup = Backup::new(connection, &mut target).map_err(failed)?;
    // No page at first: that takes the lock.
    let mut pages = 0;
    loop {
        match backup.step(pages).map_err(failed)? {
            StepResult::Done => return Ok(Some(())),
            StepResult::More if pages == 0 => {
                if watch.is_moved()? {
                    return Ok(None);
                }
                pages = -1;
            }
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => return Err(in_use(live)),
        }
    }
}

/// Replaces the chosen tables and objects of the live database in one transaction; the rest stays.
/// Returns the objects that could not be made; None when the file was written since it was copied aside.
pub fn replace(
    live: &Path,
    staged: &Path,
    work: &TargetWork,
    schema: i64,
    watch: &Watch,
) -> Result<Option<Vec<(Object, Error)>>> {
    let failed = |cause| error(live, cause);
    let mut connection = worker::writer(live)?;
    connection
        .execute("ATTACH ?1 AS staging", [staged.to_string_lossy()])
        .map_err(failed)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    refuse_moved(&transaction, live, schema)?;
    if watch.is_moved()? {
        return Ok(None);
    }
    let before = violations(&transaction, work).map_err(failed)?;
    drop_objects(&transaction, work).map_err(failed)?;
    for name in &work.removed {
        let sql = format!("DROP TABLE IF EXISTS main.{}", quote(name));
        transaction.execute_batch(&sql).map_err(failed)?;
    }
    for table in staging::tables(work) {
        let action = || format!("replace the table {} of {}", table.name, live.display());
        replace_table(&transaction, table, work).map_err(|cause| statement(action(), cause))?;
    }
    let made = staging::make_objects(&transaction, work.objects.iter().chain(kept_triggers(work)));
    refuse_orphans(&before, &violations(&transaction, work).map_err(failed)?)?;
    transaction.commit().map_err(failed)?;
    Ok(Some(made))
}

/// Removes the live file, once nobody uses it. None when it was written since it was copied aside.
pub fn vanish(live: &Path, schema: i64, watch: &Watch) -> Result<Option<()>> {
    let failed = |cause| error(live, cause);
    let connection = watch.connection();
    connection
        .execute_batch("BEGIN EXCLUSIVE")
        .map_err(failed)?;
    refuse_moved(connection, live, schema)?;
    if watch.is_moved()? {
        return Ok(None);
    }
    lock::remove(live).map_err(|cause| Error::File {
        action: "remove the database".into(),
        path: live.display().to_string(),
        cause,
    })?;
    Ok(Some(()))
}

/// Takes a file out of WAL mode, which only works when nobody else has it open. Returns whether it was in it.
pub fn leave_wal(live: &Path) -> Result<bool> {
    let failed = |cause| error(live, cause);
    let connection = worker::writer(live)?;
    let mode = |connection: &Connection| catalog::pragma(connection, "journal_mode");
    if mode(&connection).map_err(failed)? != "wal" {
        return Ok(false);
    }
    connection
        .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
        .map_err(failed)?;
    Ok(true)
}

/// Puts a file back into WAL mode.
pub fn enter_wal(live: &Path) -> Result<()> {
    worker::writer(live)?
        .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .map_err(|cause| error(live, cause))
}

/// The number that SQLite gives to each state of a schema.
pub fn schema(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "schema_version", |row| row.get(0))
}

/// What was made in the target while rows were loaded must not vanish unseen.
fn refuse_moved(connection: &Connection, live: &Path, expected: i64) -> Result<()> {
    match schema(connection).map_err(|cause| error(live, cause))? {
        found if found == expected => Ok(()),
        _ => Err(Error::Refused {
            problem: format!(
                "the tables of {} were changed during the run",
                live.display()
            ),
            mend: "plan again".into(),
        }),
    }
}

fn replace_table(live: &Connection, table: &Table, work: &TargetWork) -> rusqlite::Result<()> {
    let name = quote(&table.name);
    let old = work.before.as_ref().and_then(|before| {
        before
            .tables
            .iter()
            .find(|old| old.name.eq_ignore_ascii_case(&table.name))
    });
    let same = old.is_some_and(|old| old.definition == table.definition);
    match old {
        Some(_) if same => live.execute_batch(&format!("DELETE FROM main.{name}"))?,
        Some(old) => live.execute_batch(&format!("DROP TABLE main.{}", quote(&old.name)))?,
        None => {}
    }
    if !same {
        live.execute_batch(staging::bare(table))?;
    }
    let columns = cells::copied(table).join(", ");
    let copy = format!("INSERT INTO main.{name} ({columns}) SELECT {columns} FROM staging.{name}");
    live.execute_batch(&copy)?;
    if !same {
        for index in staging::indexes(table) {
            live.execute_batch(index)?;
        }
    }
    move_position(live, table)
}

fn move_position(live: &Connection, table: &Table) -> rusqlite::Result<()> {
    if !table
        .options
        .iter()
        .any(|(name, _)| name == "autoincrement")
    {
        return Ok(());
    }
    live.execute(
        "DELETE FROM main.sqlite_sequence WHERE name = ?1",
        [&table.name],
    )?;
    let sql = "INSERT INTO main.sqlite_sequence (name, seq)
               SELECT name, seq FROM staging.sqlite_sequence WHERE name = ?1";
    live.execute(sql, [&table.name]).map(drop)
}

/// Drops what leaves, what is replaced, and every trigger that would fire while rows are replaced.
fn drop_objects(live: &Connection, work: &TargetWork) -> rusqlite::Result<()> {
    let Some(before) = &work.before else {
        return Ok(());
    };
    let leaves = |object: &&Object| {
        is_listed(&work.objects, object) || is_listed(&work.dropped, object) || fires(work, object)
    };
    for object in before.objects.iter().rev().filter(leaves) {
        let what = match object.kind {
            ObjectKind::Trigger => "TRIGGER",
            ObjectKind::View => "VIEW",
            ObjectKind::VirtualTable if is_listed(&work.dropped, object) => "TABLE",
            _ => continue,
        };
        live.execute_batch(&format!(
            "DROP {what} IF EXISTS main.{}",
            quote(&object.name)
        ))?;
    }
    Ok(())
}

fn is_listed(list: &[Object], object: &Object) -> bool {
    list.iter()
        .any(|other| other.kind == object.kind && other.name.eq_ignore_ascii_case(&object.name))
}

/// Whether a trigger goes with something that is replaced: it fires on it, or vanishes with it.
fn fires(work: &TargetWork, object: &Object) -> bool {
    let Some(owner) = object
        .table
        .as_ref()
        .filter(|_| object.kind == ObjectKind::Trigger)
    else {
        return false;
    };
    let is_owner = |name: &String| name.eq_ignore_ascii_case(owner);
    work.tables.iter().any(is_owner)
        || work
            .objects
            .iter()
            .any(|view| view.kind == ObjectKind::View && is_owner(&view.name))
}

/// The target's own triggers on replaced tables: they are made again.
fn kept_triggers(work: &TargetWork) -> impl Iterator<Item = &Object> {
    let objects = work.before.iter().flat_map(|before| &before.objects);
    objects.filter(|object| {
        fires(work, object)
            && !is_listed(&work.objects, object)
            && !is_listed(&work.dropped, object)
    })
}

fn goes_live(work: &TargetWork, table: &str) -> bool {
    work.tables
        .iter()
        .any(|name| name.eq_ignore_ascii_case(table))
}

/// How many rows of a table (the first name) miss their row in another.
type Violations = BTreeMap<(String, String), u64>;

fn violations(live: &Connection, work: &TargetWork) -> rusqlite::Result<Violations> {
    let mut found = Violations::new();
    for name in concerned(work) {
        if !live.table_exists(Some("main"), name.as_str())? {
            continue;
        }
        let sql =
            "SELECT parent, count(*) FROM pragma_foreign_key_check(?1, 'main') GROUP BY parent";
        let mut statement = live.prepare_cached(sql)?;
        let mut rows = statement.query([name])?;
        while let Some(row) = rows.next()? {
            let (parent, count): (String, i64) = (row.get(0)?, row.get(1)?);
            // Rows that miss their parent in the source already are copied as they are.
            if !(goes_live(work, name) && goes_live(work, &parent)) {
                found.insert((name.clone(), parent), count.max(0) as u64);
            }
        }
    }
    Ok(found)
}

/// The tables whose foreign keys the work can break: those replaced, and those that refer to one that is
/// replaced or removed.
fn concerned(work: &TargetWork) -> Vec<&String> {
    let changes = |name: &String| {
        let mut changed = work.tables.iter().chain(&work.removed);
        changed.any(|other| other.eq_ignore_ascii_case(name))
    };
    let kept = work
        .before
        .iter()
        .flat_map(|before| &before.tables)
        .filter(|table| {
            !changes(&table.name) && table.foreign_keys.iter().any(|key| changes(&key.parent))
        });
    work.tables
        .iter()
        .chain(kept.map(|table| &table.name))
        .collect()
}

fn refuse_orphans(before: &Violations, after: &Violations) -> Result<()> {
    let more = |(place, count): &(&(String, String), &u64)| {
        **count > before.get(*place).copied().unwrap_or_default()
    };
    let problems: Vec<String> = after
        .iter()
        .filter(more)
        .map(|((child, parent), count)| {
            let had = before
                .get(&(child.clone(), parent.clone()))
                .copied()
                .unwrap_or_default();
            let rows = crate::model::units::counted((count - had) as usize, "row");
            format!("{rows} of {child} would refer to rows that {parent} does not have")
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        problem: problems.join("; "),
        mend: "sync the parent tables too, or mend those rows".into(),
    })
}

fn error(live: &Path, cause: rusqlite::Error) -> Error {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => in_use(live),
        _ => statement(format!("write to {}", live.display()), cause),
    }
}

pub fn in_use(live: &Path) -> Error {
    Error::Refused {
        problem: format!(
            "{} is in use: another program held its lock for {} seconds",
            live.display(),
            PATIENCE.as_secs()
        ),
        mend: "end that program's transaction, then try again; nothing was changed".into(),
    }
}
