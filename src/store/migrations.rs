//! Brings an older store to this version: numbered SQL files, `PRAGMA user_version` counts those applied.
//!
//! A store of a newer version is refused, never changed.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Error, Result};

/// In order; the position plus one is the version. Never change one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_first.sql"),
    include_str!("migrations/002_journal.sql"),
    include_str!("migrations/003_plans.sql"),
];

pub(super) fn apply(connection: &mut Connection, path: &str) -> Result<()> {
    let fail = |cause| Error::of("prepare the store", path, cause);
    let known = u32::try_from(MIGRATIONS.len()).expect("there are few migrations");
    match version(connection).map_err(fail)? {
        version if version == known => return Ok(()),
        version if version > known => {
            return Err(Error::Newer {
                path: path.to_string(),
                program: program(connection),
            });
        }
        _ => {}
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    // Another process may have been faster.
    for migration in MIGRATIONS
        .iter()
        .skip(version(&transaction).map_err(fail)? as usize)
    {
        transaction.execute_batch(migration).map_err(fail)?;
    }
    transaction
        .execute(
            "INSERT INTO meta (key, value) VALUES ('program', ?1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [env!("CARGO_PKG_VERSION")],
        )
        .map_err(fail)?;
    transaction
        .pragma_update(None, "user_version", known)
        .map_err(fail)?;
    transaction.commit().map_err(fail)
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The version of the program that wrote a store of an unknown format.
fn program(connection: &Connection) -> Option<String> {
    connection
        .query_row("SELECT value FROM meta WHERE key = 'program'", [], |row| {
            row.get(0)
        })
        .optional()
        .ok()
        .flatten()
}
