//! Copying from table to table inside the server: the source's tables are locked for writing while it lasts.
//!
//! `INSERT … SELECT` reads outside a snapshot, so one more session holds `LOCK TABLES … READ` on all chosen tables,
//! from before the readers begin until all is counted. Were the lock lost on the way, its end would find that out.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::dialect::quote;
use super::session::{Purpose, Session, number};
use super::{Place, history, snapshot};
use crate::engines::{Error, Result};
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// How often the lock is asked for; each try waits at most two seconds, and others go on in between, so that the
/// source never stalls.
const TRIES: usize = 5;
const BETWEEN: Duration = Duration::from_secs(1);
/// The server gives the lock back by itself when it has heard nothing for a minute (C06).
const PATIENCE: &str = "SET SESSION lock_wait_timeout = 2, wait_timeout = 60";
/// How often it hears of us.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// The source's tables, held by a session of their own. Dropped, it gives them back.
pub struct Held {
    release: oneshot::Sender<()>,
    released: JoinHandle<Result<Duration>>,
}

impl Held {
    /// Locks all tables at one moment.
    ///
    /// # Errors
    /// One that may pass, where somebody keeps on writing to one of them.
    pub async fn take(place: &Place, database: &str, tables: &[Table]) -> Result<Held> {
        let mut session = place.open(Purpose::Definitions).await?;
        session.run("set the lock's patience", PATIENCE).await?;
        let sql = lock(database, tables);
        for again in (0..TRIES).rev() {
            match session.run("lock the source's tables", &sql).await {
                // 1205: somebody works there.
                Err(error) if number(&error) == Some(1205) && again > 0 => sleep(BETWEEN).await,
                done => {
                    done?;
                    break;
                }
            }
        }
        let (release, asked) = oneshot::channel();
        let released = tokio::spawn(hold(session, asked));
        Ok(Held { release, released })
    }

    /// Unlocks; returns for how long the tables were locked.
    ///
    /// # Errors
    /// The session was lost before: nobody knows since when the tables were written again.
    pub async fn release(self) -> Result<Duration> {
        let _ = self.release.send(());
        let lost = |cause| Error::statement("unlock the source's tables", cause);
        self.released.await.map_err(lost)?
    }
}

/// Shows signs of life until it is asked to unlock.
async fn hold(mut session: Session, mut asked: oneshot::Receiver<()>) -> Result<Duration> {
    let since = Instant::now();
    loop {
        tokio::select! {
            _ = &mut asked => break,
            () = sleep(SIGN_OF_LIFE) => drop(session.rows("hold the lock", "SELECT 1").await?),
        }
    }
    session
        .run("unlock the source's tables", "UNLOCK TABLES")
        .await?;
    let held = since.elapsed();
    session.close().await;
    Ok(held)
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
