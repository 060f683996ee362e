//! Statements that only read, on a connection of their own that the server holds to it.

use futures::TryStreamExt;
use sqlx::{Column as _, Row as _};
use tokio::sync::mpsc;

use super::Place;
use super::dialect::quote;
use super::session::{Purpose, cells, failed, number};
use crate::engines::{Answer, Error, Result};

/// The server's refusals of a write in a READ ONLY transaction.
const READ_ONLY: [u16; 2] = [1792, 1290];
/// Statements that a READ ONLY transaction does not hold back.
const BESIDE: [&str; 12] = [
    "set", "grant", "revoke", "flush", "reset", "kill", "lock", "unlock", "shutdown", "commit",
    "start", "begin",
];

/// Streams the rows of one statement.
///
/// # Errors
/// [`Error::Writes`] when it would change something: the transaction is READ ONLY, and statements that end
/// or escape a transaction are refused by their first word.
pub async fn run(place: &Place, database: Option<&str>, sql: &str) -> Result<Answer> {
    let sql = sql.trim().trim_end_matches(';').to_string();
    if is_refused(&sql) {
        return Err(Error::Writes);
    }
    let mut session = place.open(Purpose::Definitions).await?;
    if let Some(database) = database {
        session
            .run("use the database", &format!("USE {}", quote(database)))
            .await?;
    }
    session
        .run("begin to read", "START TRANSACTION READ ONLY")
        .await?;
    let (found, columns) = tokio::sync::oneshot::channel();
    let (sink, rows) = mpsc::channel(256);
    tokio::spawn(async move {
        let mut found = Some(found);
        let mut stream = session.stream(sql.clone());
        loop {
            match stream.try_next().await {
                Ok(Some(row)) => {
                    if let Some(found) = found.take() {
                        let names = row
                            .columns()
                            .iter()
                            .map(|column| column.name().to_string())
                            .collect();
                        let _ = found.send(Ok(names));
                    }
                    let row = cells(&row)
                        .map(|row| row.0)
                        .map_err(|cause| failed("read a row", cause));
                    if sink.send(row).await.is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(cause) => {
                    let error = refused(failed("run the query", cause));
                    match found.take() {
                        Some(found) => drop(found.send(Err(error))),
                        None => drop(sink.send(Err(error)).await),
                    }
                    return;
                }
            }
        }
        drop(stream);
        if let Some(found) = found.take() {
            // Rows bring the names of their columns; where there are none, the statement is asked.
            let _ = found.send(Ok(session.columns(sql).await));
        }
    });
    let columns = columns.await.unwrap_or_else(|_| Ok(Vec::new()))?;
    Ok(Answer { columns, rows })
}

fn is_refused(sql: &str) -> bool {
    let first = sql
        .split(|c: char| !c.is_ascii_alphabetic())
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    // Several statements in one text, or a version comment, could leave the transaction.
    BESIDE.contains(&first.to_lowercase().as_str())
        || sql.contains(';')
        || sql.contains("/*!")
        || sql.contains("/*M!")
}

fn refused(error: Error) -> Error {
    match number(&error) {
        Some(code) if READ_ONLY.contains(&code) => Error::Writes,
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_escape_a_read_only_transaction_are_refused() {
        for sql in [
            "SET GLOBAL x=1",
            "flush tables",
            "SELECT 1; DROP TABLE t",
            "/*!50000 DROP TABLE t */",
            "commit",
        ] {
            assert!(is_refused(sql), "{sql}");
        }
        assert!(!is_refused("SELECT * FROM settings"));
    }
}
