//! Who writes to a database, and what dead runs left: named locks, the marks in `_maestro.work`, the sweep.
//!
//! A run is dead when nobody holds the lock of its database; only then is anything of it removed.

use twox_hash::XxHash3_128;

use super::catalog::INCOMPLETE;
use super::dialect::{quote, text};
use super::session::Session;
use crate::engines::{Error, Result, TargetWork};

/// Takes the lock of a target database.
pub async fn lock(session: &mut Session, database: &str) -> Result<()> {
    let name = text(&lock_name(database));
    let sql = format!("SELECT GET_LOCK({name}, 0), IS_USED_LOCK({name})");
    let rows = session.rows("take the lock of the target", &sql).await?;
    match rows.first() {
        Some(row) if row.number(0) == 1 => Ok(()),
        row => Err(Error::Locked {
            database: database.to_string(),
            holder: format!(
                "connection {} on the target",
                row.map(|row| row.text(1)).unwrap_or_default()
            ),
        }),
    }
}

pub async fn release(session: &mut Session, database: &str) -> Result<()> {
    let sql = format!("SELECT RELEASE_LOCK({})", text(&lock_name(database)));
    session.rows("release a lock", &sql).await.map(drop)
}

fn lock_name(database: &str) -> String {
    format!("mae:{}", tag(database))
}

/// A short name for a database that fits wherever a name fits.
pub fn tag(database: &str) -> String {
    format!("{:024x}", XxHash3_128::oneshot(database.as_bytes()) >> 32)
}

/// Removes what dead runs left: a run is dead when nobody holds the lock of its database. A database that was
/// being filled in place goes only while it carries that run's marker.
pub async fn sweep(session: &mut Session, ours: &str) -> Result<Vec<String>> {
    let mut swept = Vec::new();
    let left = session
        .rows(
            "look for what dead runs left",
            "SELECT run, database_name, staging, old FROM _maestro.work",
        )
        .await?;
    for row in left {
        let (run, database, staging, old) = (row.text(0), row.text(1), row.text(2), row.text(3));
        if database != ours && lock(session, &database).await.is_err() {
            continue;
        }
        let filled_in_place = staging == database;
        let runs = markers(session, &database).await?.unwrap_or_default();
        if !filled_in_place || runs.contains(&run) {
            let dropped = session
                .run(
                    "sweep",
                    &format!("DROP DATABASE IF EXISTS {}", quote(&staging)),
                )
                .await;
            match dropped {
                // Another account's leftovers must not stop this run.
                Err(error @ Error::Statement { .. }) if database != ours => {
                    swept.push(format!(
                        "could not remove what run {run} left of {database}: {}",
                        error.full()
                    ));
                    release(session, &database).await?;
                    continue;
                }
                dropped => dropped?,
            };
            let what = if filled_in_place {
                "the half-filled database"
            } else {
                "the staging copy of"
            };
            swept.push(format!(
                "removed {what} {database} that run {} left",
                &run[..run.len().min(8)]
            ));
        }
        session
            .run("sweep", &format!("DROP DATABASE IF EXISTS {}", quote(&old)))
            .await?;
        let forget = format!(
            "DELETE FROM _maestro.work WHERE run = {} AND database_name = {}",
            text(&run),
            text(&database)
        );
        session.run("sweep", &forget).await?;
        if database != ours {
            release(session, &database).await?;
        }
    }
    Ok(swept)
}

/// A half-filled database that no work is noted for: the lock is ours, so nobody fills it any more.
pub async fn sweep_unnoted(session: &mut Session, work: &TargetWork) -> Result<Option<String>> {
    if work.before.is_some() || markers(session, &work.database).await?.is_none() {
        return Ok(None);
    }
    let drop = format!("DROP DATABASE {}", quote(&work.database));
    session.run("sweep", &drop).await?;
    Ok(Some(format!(
        "removed the half-filled database {}",
        work.database
    )))
}

/// The runs whose markers a half-filled database carries; None for any other database.
async fn markers(session: &mut Session, database: &str) -> Result<Option<Vec<String>>> {
    let sql = format!("SELECT run FROM {}.{INCOMPLETE}", quote(database));
    match session.rows("look for the marker", &sql).await {
        Ok(rows) => Ok(Some(rows.iter().map(|row| row.text(0)).collect())),
        Err(Error::Statement { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
