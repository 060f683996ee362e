//! Statements that only read, on a connection of their own that the server holds to it.

use tokio::sync::mpsc;

use super::Place;
use super::dialect::quote;
use super::session::{Purpose, Row, number};
use super::wire::Part;
use crate::engines::{Answer, Error, Result};

/// The server's refusals of a write in a READ ONLY transaction.
const READ_ONLY: [u16; 2] = [1792, 1290];
/// The words that statements begin with which only read. All others are refused: a READ ONLY transaction does not
/// hold everything back.
const READS: [&str; 10] = [
    "select", "show", "describe", "desc", "explain", "with", "table", "values", "checksum", "help",
];

/// Streams the rows of one statement.
///
/// # Errors
/// [`Error::Writes`] when it would change something: the session is READ ONLY, and statements that do not begin
/// like a reading one are refused by their first word.
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
        .run(
            "begin to read",
            // For the session, too: a statement that ends the transaction would write in the next one.
            "SET SESSION TRANSACTION READ ONLY; START TRANSACTION READ ONLY",
        )
        .await?;
    let (found, columns) = tokio::sync::oneshot::channel();
    let (sink, rows) = mpsc::channel(256);
    tokio::spawn(async move {
        let mut found = Some(found);
        let mut answered = session.send("run the query", &sql).await;
        while answered.is_ok() {
            let row = match session.next("run the query").await {
                Ok(Part::Row(row)) => Row::of(row),
                Ok(Part::Done(_)) => continue,
                Ok(Part::End) => break,
                Err(cause) => {
                    answered = Err(cause);
                    break;
                }
            };
            if let Some(found) = found.take() {
                let _ = found.send(Ok(session.columns().to_vec()));
            }
            if sink.send(Ok(row.0)).await.is_err() {
                return;
            }
        }
        match (answered, found) {
            (Err(cause), Some(found)) => drop(found.send(Err(refused(cause)))),
            (Err(cause), None) => drop(sink.send(Err(refused(cause))).await),
            // Rows bring the names of their columns; where there are none, the statement is asked.
            (Ok(()), Some(found)) => drop(found.send(Ok(session.name_columns(&sql).await))),
            (Ok(()), None) => {}
        }
    });
    let columns = columns.await.unwrap_or_else(|_| Ok(Vec::new()))?;
    Ok(Answer { columns, rows })
}

fn is_refused(sql: &str) -> bool {
    let start = without_comments(sql).trim_start_matches(|c: char| c == '(' || c.is_whitespace());
    let first: String = start
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let lower = sql.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && c != '_');
    let to_file = words.any(|word| ["outfile", "dumpfile"].contains(&word));
    // Several statements in one text, or a version comment, could leave the transaction.
    !READS.contains(&first.to_lowercase().as_str())
        || to_file
        || sql.contains(';')
        || sql.contains("/*!")
        || lower.contains("/*m!")
}

/// The text after the comments and spaces that it begins with.
fn without_comments(sql: &str) -> &str {
    let rest = sql.trim_start();
    let after = |end: &str| rest.split_once(end).map_or("", |(_, rest)| rest);
    if rest.starts_with("/*") {
        without_comments(after("*/"))
    } else if rest.starts_with('#') || rest.starts_with("--") {
        without_comments(after("\n"))
    } else {
        rest
    }
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
            "DROP TABLE t",
            "TRUNCATE t",
            "ANALYZE DELETE FROM t",
            "call clean_up()",
            "/* all */ SET GLOBAL x=1",
            "-- all\nDROP TABLE t",
            "SELECT 1 INTO\n OUTFILE 'x'",
            "SELECT 1 INTO/**/DUMPFILE'x'",
            "",
        ] {
            assert!(is_refused(sql), "{sql}");
        }
        for sql in [
            "SELECT * FROM settings",
            "(select 1) union (select 2)",
            "/* all */ # of it\n SHOW TABLES",
            "WITH a AS (SELECT 1) SELECT * FROM a",
        ] {
            assert!(!is_refused(sql), "{sql}");
        }
    }
}
