//! Copying from table to table inside the server: the source's tables are locked for writing while it lasts.
//!
//! `INSERT … SELECT` reads outside a snapshot, so one more session holds `LOCK TABLES … READ` on all chosen tables,
//! from before the readers begin until all is counted. Were the lock lost on the way, its end would find that out.

use std::time::{Duration, Instant};

use super::dialect::quote;
use super::session::{Purpose, Session, number};
use super::{Place, history, snapshot};
use crate::engines::Result;
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// How often the lock is asked for; each try waits at most two seconds, so that the source never stalls.
const TRIES: usize = 5;

/// The session that holds the source's tables.
pub struct Held {
    session: Session,
    since: Instant,
}

impl Held {
    /// Locks all tables at one moment.
    ///
    /// # Errors
    /// One that may pass, where somebody keeps on writing to one of them.
    pub async fn take(place: &Place, database: &str, tables: &[Table]) -> Result<Held> {
        let mut session = place.open(Purpose::Definitions).await?;
        let patience = "SET SESSION lock_wait_timeout = 2";
        session.run("set the lock's patience", patience).await?;
        let sql = lock(database, tables);
        for again in (0..TRIES).rev() {
            match session.run("lock the source's tables", &sql).await {
                // 1205: somebody works there.
                Err(error) if number(&error) == Some(1205) && again > 0 => {}
                done => {
                    done?;
                    break;
                }
            }
        }
        Ok(Held {
            session,
            since: Instant::now(),
        })
    }

    /// Unlocks; returns for how long the tables were locked.
    ///
    /// # Errors
    /// The session was lost before: nobody knows since when the tables were written again.
    pub async fn release(mut self) -> Result<Duration> {
        self.session
            .run("unlock the source's tables", "UNLOCK TABLES")
            .await?;
        let held = self.since.elapsed();
        self.session.close().await;
        Ok(held)
    }
}

/// The statement that locks tables for writing by others.
pub fn lock(database: &str, tables: &[Table]) -> String {
    let names: Vec<String> = tables
        .iter()
        .map(|table| format!("{}.{} READ", quote(database), quote(&table.name)))
        .collect();
    format!("LOCK TABLES {}", names.join(", "))
}

/// Copies the rows of a range into a table of another database; returns how many the server says it took. Both
/// columns are of one type, so no value is printed or read on the way.
pub async fn pull(
    session: &mut Session,
    (source, from): (&str, &Table),
    (target, to): (&str, &Table),
    chunk: &Chunk,
) -> Result<Rows> {
    let columns: Vec<String> = from.written().map(|column| quote(&column.name)).collect();
    let columns = columns.join(", ");
    let place =
        |database: &str, table: &Table| format!("{}.{}", quote(database), quote(&table.name));
    let sql = format!(
        "INSERT INTO {} ({columns}) SELECT {columns} FROM {}{}",
        place(target, to),
        history::all(&place(source, from), from),
        snapshot::condition(chunk)
    );
    let action = format!("copy table {}", to.name);
    session.run(&action, &sql).await.map(Rows)
}
