//! SQLite: a folder of database files, or one file.
//!
//! Each connection lives on a thread of its own (`worker`), so the async side never blocks. A copy is built
//! in a staging file and becomes live in one transaction (`target`, `swap`, `publish`); a live file is only ever
//! written through SQLite itself, never renamed over (E17). What it held before is copied aside first (`undo`,
//! `watch`); a note beside it tells after a crash how far a run came (`note`, `settle`).

mod catalog;
mod cells;
mod draw;
mod ground;
mod guard;
mod live;
mod loader;
mod lock;
mod marks;
mod note;
mod place;
mod prints;
mod probe;
mod publish;
mod query;
mod script;
mod server;
mod settle;
mod sizes;
mod snapshot;
mod staging;
mod swap;
mod target;
mod text;
mod undo;
mod watch;
mod worker;

#[cfg(test)]
mod tests;

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags};

use super::dialect::{Dialect, Script};
use super::{ConnectOptions, Engine, Error, Result, Server};
use crate::model::endpoint::{Address, Endpoint};

/// The engine.
pub struct Sqlite;

#[async_trait]
impl Engine for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn schemes(&self) -> &'static [(&'static str, Option<u16>)] {
        &[("sqlite", None)]
    }

    fn script(&self) -> Option<&'static dyn Script> {
        Some(&Spelling)
    }

    async fn connect(
        &self,
        endpoint: &Endpoint,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Server>> {
        match &endpoint.address {
            Address::File { path, .. } => {
                Ok(Box::new(server::Files::open(path, &options.state).await?))
            }
            Address::Network(_) => Err(Error::Refused {
                problem: format!("{} is no file or folder", endpoint.address),
                mend: "name a path: sqlite:./folder".into(),
            }),
        }
    }
}

/// How SQLite spells things.
pub struct Spelling;

impl Dialect for Spelling {
    fn quote(&self, name: &str) -> String {
        quote(name)
    }
}

/// A name in double quotes.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A failed statement: `action` completes the sentence "cannot …". SQLite's own words are kept, without its
/// error number and the text of the statement.
fn statement(action: impl Into<String>, cause: rusqlite::Error) -> Error {
    let told = match cause {
        rusqlite::Error::SqliteFailure(_, Some(told)) => told,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    };
    Error::statement(action, told)
}

/// Makes a new database file and runs a script in it, all in one transaction.
///
/// # Errors
/// When the file exists, cannot be made, or a statement fails.
pub fn create(path: &Path, sql: &str) -> Result<()> {
    let action = || format!("make the database {}", path.display());
    if path.exists() {
        return Err(Error::Refused {
            problem: format!("{} exists", path.display()),
            mend: "choose another name, or remove the file first".into(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|connection| connection.execute_batch(&format!("BEGIN;\n{sql}\n;COMMIT;")))
        .map_err(|cause| statement(action(), cause))
}
