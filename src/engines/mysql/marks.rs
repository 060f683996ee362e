//! What stands on the target's server about runs: named locks, epochs, and the rows of `_maestro.runs`.
//!
//! A run is dead when nobody holds its lock; only then is anything of it touched. The lock of a database names
//! no address, so every alias of a server meets it.

use std::time::{Duration, Instant};

use twox_hash::XxHash3_128;

use super::dialect::{hex, quote, text};
use super::session::{Session, number};
use crate::engines::{Error, Result, Shown, TargetWork};

/// The table of chunk marks. It travels with the tables: in staging it says what is loaded, a database that
/// holds it is incomplete, and in the undo it says that the swap has happened.
pub const MARKS: &str = "_maestro_incomplete";

/// How long a resume waits for its dead predecessor.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an ended connection may take to give its locks back.
const GIVEN_BACK: Duration = Duration::from_secs(5);
/// The most loaders of one run.
const LANES: usize = 64;
/// How many bytes of a long value travel in one statement.
const PIECE: usize = 256 * 1024;

/// A row of `_maestro.runs`.
#[derive(Clone, Debug)]
pub struct Noted {
    pub run: String,
    pub database: String,
    pub staging: String,
    pub undo: String,
    /// The run whose undo is the staging: it is never dropped.
    pub undo_of: Option<String>,
    pub state: String,
    /// Seconds since 1970, UTC.
    pub made: i64,
}

/// A short name for a database that fits wherever a name fits.
pub fn tag(database: &str) -> String {
    format!("{:024x}", XxHash3_128::oneshot(database.as_bytes()) >> 32)
}

/// The part of a run's id that names what it makes: the end of a UUIDv7 is random.
pub fn short(run: &str) -> String {
    let id: String = run.chars().filter(|c| *c != '-').collect();
    id[id.len().saturating_sub(12)..].to_string()
}

/// The lock of a target database.
pub fn lock_name(database: &str) -> String {
    format!("mae:{}", tag(database))
}

/// The lock of one of a run's loaders: whoever holds it is a connection of this run.
pub fn lane_name(run: &str, lane: usize) -> String {
    format!("mae:{}:{lane}", short(run))
}

/// Takes the lock of a target database for a run.
///
/// # Errors
/// [`Error::Locked`] names the connection that holds it.
pub async fn lock(session: &mut Session, database: &str) -> Result<()> {
    match grab(session, &lock_name(database)).await? {
        None => Ok(()),
        Some(holder) => Err(Error::Locked {
            database: database.to_string(),
            holder: format!("connection {holder} on the target"),
        }),
    }
}

/// Takes a lock without waiting; else the connection that holds it.
async fn grab(session: &mut Session, name: &str) -> Result<Option<u64>> {
    let name = text(name);
    let sql = format!("SELECT GET_LOCK({name}, 0), IS_USED_LOCK({name})");
    let rows = session.rows("take the lock of the target", &sql).await?;
    Ok(match rows.first() {
        Some(row) if row.number(0) == 1 => None,
        row => Some(row.map(|row| row.number(1)).unwrap_or_default()),
    })
}

/// Takes the lock of a target database for a run, and before it the lane of whoever holds it: a connection that was
/// lost with the lock in its hands is known by its lane, and ended by the next try (E05). `ended` says that
/// connections of this run were ended just now.
pub async fn hold(session: &mut Session, run: &str, database: &str, ended: bool) -> Result<()> {
    let ended = take_lane(session, run, HOLDER).await? || ended;
    let started = Instant::now();
    loop {
        match lock(session, database).await {
            // A connection gives its locks back one after the other.
            Err(Error::Locked { .. }) if ended && started.elapsed() < GIVEN_BACK => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
}

/// Takes the lock of a run's own lane, so that its connections are known; what an earlier try of the run left
/// there is ended first (E05). Answers whether there was something to end.
pub async fn take_lane(session: &mut Session, run: &str, lane: usize) -> Result<bool> {
    let name = lane_name(run, lane);
    let started = Instant::now();
    let mut ended = false;
    while let Some(holder) = grab(session, &name).await? {
        ended = true;
        end(session, holder).await?;
        if started.elapsed() > PATIENCE {
            return Err(still_there(run, holder));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(ended)
}

/// Ends the connections of a dead process of this run and takes the lock of its database. Returns what was waited
/// for, a line each.
pub async fn take_over(session: &mut Session, run: &str, database: &str) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let started = Instant::now();
    loop {
        let zombies = holders(session, run).await?;
        let Some(first) = zombies.first().copied() else {
            let ended = !told.is_empty();
            return hold(session, run, database, ended).await.map(|()| told);
        };
        if started.elapsed() > PATIENCE {
            return Err(still_there(run, first));
        }
        if told.is_empty() {
            let list: Vec<String> = zombies.iter().map(u64::to_string).collect();
            told.push(format!(
                "ended what the dead process left on the target: connection {}",
                list.join(", ")
            ));
        }
        for zombie in zombies {
            end(session, zombie).await?;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn still_there(run: &str, holder: u64) -> Error {
    Error::Refused {
        problem: format!(
            "connection {holder} on the target still belongs to run {}",
            short(run)
        ),
        mend: format!("KILL {holder}; on the target, then try again"),
    }
}

/// The connections that hold a lock of this run, but for our own.
pub async fn holders(session: &mut Session, run: &str) -> Result<Vec<u64>> {
    let lanes: Vec<String> = (0..=SECOND)
        .map(|lane| format!("IS_USED_LOCK({})", text(&lane_name(run, lane))))
        .collect();
    let sql = format!("SELECT {}", lanes.join(", "));
    let rows = session
        .rows("look for connections of the dead process", &sql)
        .await?;
    let mut found: Vec<u64> = rows
        .first()
        .map(|row| (0..=SECOND).map(|lane| row.number(lane)).collect())
        .unwrap_or_default();
    found.retain(|id| *id != 0 && *id != session.id());
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The lane of the session that holds the database's lock: one more than there are loaders.
pub const HOLDER: usize = LANES;
/// The lane of one more session that makes tables.
pub const SECOND: usize = LANES + 1;

pub async fn end(session: &mut Session, connection: u64) -> Result<()> {
    match session
        .run(
            "end a connection of the dead process",
            &format!("KILL {connection}"),
        )
        .await
    {
        // 1094: it has ended by itself.
        Err(error) if number(&error) == Some(1094) => Ok(()),
        done => done.map(drop),
    }
}

pub async fn release(session: &mut Session, run: &str, database: &str) -> Result<()> {
    let sql = format!(
        "SELECT RELEASE_LOCK({}), RELEASE_LOCK({})",
        text(&lane_name(run, HOLDER)),
        text(&lock_name(database))
    );
    session.rows("release a lock", &sql).await.map(drop)
}

/// Counts the epoch of a database up: the lock is held. Marks of an earlier epoch are refused from now on.
pub async fn next_epoch(session: &mut Session, database: &str) -> Result<u64> {
    let name = text(database);
    let sql = format!(
        "START TRANSACTION; \
         INSERT INTO _maestro.epochs (database_name, epoch) VALUES ({name}, 1) ON DUPLICATE KEY UPDATE epoch = epoch + 1; \
         SELECT epoch FROM _maestro.epochs WHERE database_name = {name}; \
         COMMIT"
    );
    let answers = session.results("count the epoch up", &sql).await?;
    let row = answers.iter().flatten().next();
    Ok(row.map(|row| row.number(0)).unwrap_or_default())
}

/// Writes a run down before its first write.
pub async fn note(session: &mut Session, noted: &Noted) -> Result<()> {
    let sql = format!(
        "INSERT INTO _maestro.runs (run, database_name, staging, kept_in, undo_of, state) VALUES ({}, {}, {}, {}, {}, {})",
        text(&noted.run),
        text(&noted.database),
        text(&noted.staging),
        text(&noted.undo),
        noted.undo_of.as_deref().map_or("NULL".into(), text),
        text(&noted.state)
    );
    session
        .run("note the run on the target", &sql)
        .await
        .map(drop)
}

/// The rows of a condition; none where no run ever was.
pub async fn noted(session: &mut Session, condition: &str) -> Result<Vec<Noted>> {
    let sql = format!(
        "SELECT run, database_name, staging, kept_in, undo_of, state, UNIX_TIMESTAMP(made) \
           FROM _maestro.runs WHERE {condition} ORDER BY made DESC, run DESC"
    );
    match session.rows("read what is noted of runs", &sql).await {
        Ok(rows) => Ok(rows
            .iter()
            .map(|row| Noted {
                run: row.text(0),
                database: row.text(1),
                staging: row.text(2),
                undo: row.text(3),
                undo_of: row.optional(4),
                state: row.text(5),
                made: row
                    .text(6)
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .unwrap_or_default(),
            })
            .collect()),
        // 1146: no such table, 1049: no such database, 1142: this account may not look.
        Err(error) if matches!(number(&error), Some(1146 | 1049 | 1142)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

pub async fn noted_run(session: &mut Session, run: &str) -> Result<Option<Noted>> {
    let found = noted(session, &format!("run = {}", text(run))).await?;
    Ok(found.into_iter().next())
}

/// Changes the state of a run, and with it one of its long values, in one transaction. `made` is the moment just
/// before the swap.
pub async fn enter(
    session: &mut Session,
    run: &str,
    state: &str,
    (column, value): (&str, &[u8]),
) -> Result<()> {
    let run = text(run);
    session
        .run("note the state of the run", "START TRANSACTION")
        .await?;
    let first = format!(
        "UPDATE _maestro.runs SET state = {}, made = IF({} = 'swapping', CURRENT_TIMESTAMP, made), {column} = '' WHERE run = {run}",
        text(state),
        text(state)
    );
    session.run("note the state of the run", &first).await?;
    for piece in value.chunks(PIECE) {
        let sql = format!(
            "UPDATE _maestro.runs SET {column} = CONCAT({column}, X'{}') WHERE run = {run}",
            hex(piece)
        );
        session.run("note the state of the run", &sql).await?;
    }
    session
        .run("note the state of the run", "COMMIT")
        .await
        .map(drop)
}

/// A long value of a run; empty where it was never written.
pub async fn long(session: &mut Session, run: &str, column: &str) -> Result<Vec<u8>> {
    let sql = format!(
        "SELECT 1, {column} FROM _maestro.runs WHERE run = {}",
        text(run)
    );
    let rows = session.rows("read what is noted of the run", &sql).await?;
    Ok(rows
        .first()
        .and_then(|row| row.bytes(1))
        .unwrap_or_default()
        .to_vec())
}

/// The work of a run, as it was noted before its swap.
pub async fn work(session: &mut Session, run: &str) -> Result<TargetWork> {
    let packed = long(session, run, "work").await?;
    let unreadable = |cause: Box<dyn std::error::Error + Send + Sync>| {
        Error::statement(format!("read the work of run {}", short(run)), cause)
    };
    let json = zstd::decode_all(&packed[..]).map_err(|cause| unreadable(cause.into()))?;
    serde_json::from_slice(&json).map_err(|cause| unreadable(cause.into()))
}

pub fn packed(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let action = "note the work of the run";
    let json = serde_json::to_vec(value).map_err(|cause| Error::statement(action, cause))?;
    zstd::encode_all(&json[..], 3).map_err(|cause| Error::statement(action, cause))
}

pub async fn forget(session: &mut Session, run: &str) -> Result<()> {
    let sql = format!("DELETE FROM _maestro.runs WHERE run = {}", text(run));
    session
        .run("clear the note of the run", &sql)
        .await
        .map(drop)
}

/// What the server shows of a noted run.
pub async fn shown(session: &mut Session, noted: &Noted) -> Result<Shown> {
    Ok(match noted.state.as_str() {
        "kept" => Shown::Kept,
        "swapping" if has_marks(session, &noted.undo).await? => Shown::Swapped,
        _ if has_marks(session, &noted.staging).await? => Shown::Staging,
        _ => Shown::Nothing,
    })
}

/// Whether a database holds the table of marks.
pub async fn has_marks(session: &mut Session, database: &str) -> Result<bool> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = '{MARKS}'",
        text(database)
    );
    let rows = session.rows("look for the marks", &sql).await?;
    Ok(rows.first().is_some_and(|row| row.number(0) > 0))
}

/// Makes the table of marks in a database.
pub async fn make_marks(session: &mut Session, database: &str) -> Result<()> {
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {}.{MARKS} ( \
           table_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
           chunk INT UNSIGNED NOT NULL, \
           bounds LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
           row_count BIGINT UNSIGNED NULL, \
           PRIMARY KEY (table_name, chunk)) ENGINE = InnoDB",
        quote(database)
    );
    session.run("make the table of marks", &sql).await.map(drop)
}
