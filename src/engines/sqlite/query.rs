//! Questions: one statement that only reads, its rows streamed.

use std::path::PathBuf;

use rusqlite::{Connection, Statement};
use tokio::sync::{mpsc, oneshot};

use super::cells;
use super::statement;
use super::worker::{self, Worker};
use crate::engines::{Answer, Error, Result};

/// How many rows wait for the one who reads them.
const WAITING: usize = 64;
/// SQLite asks this often (in virtual machine steps) whether anyone still waits.
const STEPS: i32 = 10_000;

type Cells = Vec<Option<Vec<u8>>>;

/// Asks a database, or an empty one where none is named.
pub async fn ask(path: Option<PathBuf>, sql: &str) -> Result<Answer> {
    let worker = Worker::open(move || match path {
        Some(path) => worker::reader(&path),
        None => {
            Connection::open_in_memory().map_err(|cause| statement("open an empty database", cause))
        }
    })
    .await?;
    let (heading, columns) = oneshot::channel();
    let (sender, rows) = mpsc::channel(WAITING);
    let sql = sql.to_string();
    worker
        .start(move |connection| stream(connection, &sql, heading, sender))
        .await?;
    let columns = columns
        .await
        .map_err(|_| Error::statement("ask the database", "its thread has ended"))??;
    Ok(Answer { columns, rows })
}

fn stream(
    connection: &mut Connection,
    sql: &str,
    heading: oneshot::Sender<Result<Vec<String>>>,
    sender: mpsc::Sender<Result<Cells>>,
) {
    let listener = sender.clone();
    let watch = connection.progress_handler(STEPS, Some(move || listener.is_closed()));
    if let Err(cause) = watch {
        return drop(heading.send(Err(failed(cause))));
    }
    match prepare(connection, sql) {
        Err(error) => drop(heading.send(Err(error))),
        Ok(mut statement) => {
            let names = statement.column_names().map(String::from).collect();
            if heading.send(Ok(names)).is_ok() {
                send(&mut statement, &sender);
            }
        }
    }
    let _ = connection.progress_handler(0, None::<fn() -> bool>);
}

fn prepare<'a>(connection: &'a Connection, sql: &str) -> Result<Statement<'a>> {
    let statement = connection.prepare(sql).map_err(|cause| match cause {
        rusqlite::Error::MultipleStatement => Error::Refused {
            problem: "these are several statements".into(),
            mend: "ask one at a time".into(),
        },
        cause => failed(cause),
    })?;
    match (statement.readonly(), statement.column_count()) {
        (false, _) => Err(Error::Writes),
        (true, 0) => Err(Error::Refused {
            problem: "the statement returns no rows".into(),
            mend: "ask with SELECT, or a PRAGMA that tells something".into(),
        }),
        _ => Ok(statement),
    }
}

fn send(statement: &mut Statement<'_>, sender: &mpsc::Sender<Result<Cells>>) {
    let width = statement.column_count();
    let mut tell = || -> rusqlite::Result<()> {
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells = (0..width)
                .map(|position| row.get_ref(position).map(cells::bytes))
                .collect::<rusqlite::Result<Cells>>()?;
            if sender.blocking_send(Ok(cells)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    };
    if let Err(cause) = tell() {
        let _ = sender.blocking_send(Err(failed(cause)));
    }
}

fn failed(cause: rusqlite::Error) -> Error {
    statement("run the query", cause)
}
