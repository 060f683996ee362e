//! The way back: undos that runs have left, how a run ends with one, and what dead runs left half done.
//!
//! Nothing is dropped that somebody may still want: an undo goes when a newer one takes its place or a person says
//! so, staging goes when its run is dead and a new run of the same database, or `prune`, comes by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Place;
use super::dialect::{quote, text};
use super::marks::{self, MARKS, Noted};
use super::objects;
use super::session::{Purpose, Session, number};
use super::snapshot;
use super::target::MySqlTarget;
use crate::engines::{Error, Replaced, Result, Shown, Target, TargetWork, Undo};
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows, counted};

/// What a table looked like when its run ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    table: String,
    rows: u64,
}

/// Ends a run whose tables are live: what they replaced becomes its undo, older ones go.
pub async fn keep(
    target: &MySqlTarget,
    session: &mut Session,
    keep: usize,
) -> Result<Option<Undo>> {
    let (noted, work) = (&target.noted, &target.work);
    if work.vanishes {
        drop_if_empty(session, &work.database).await?;
    }
    if noted.staging != work.database {
        drop_database(session, &noted.staging).await?;
    }
    if let Some(old) = &noted.undo_of {
        marks::forget(session, old).await?;
    }
    let others = marks::noted(
        session,
        &format!(
            "database_name = {} AND state = 'kept' AND run <> {}",
            text(&work.database),
            text(&work.run)
        ),
    )
    .await?;
    if keep == 0 {
        drop_database(session, &noted.undo).await?;
        marks::forget(session, &work.run).await?;
    } else {
        let seen = marks::packed(&see(session, work, noted).await?)?;
        marks::enter(session, &work.run, "kept", ("seen", &seen)).await?;
    }
    for older in others.iter().skip(keep.saturating_sub(1)) {
        drop_database(session, &older.undo).await?;
        marks::forget(session, &older.run).await?;
    }
    if keep == 0 {
        return Ok(None);
    }
    let kept = list(session).await?;
    Ok(kept.into_iter().find(|undo| undo.run == work.run))
}

/// The tables that have just gone live: their rows by the marks, or counted where there are none.
async fn see(session: &mut Session, work: &TargetWork, noted: &Noted) -> Result<Vec<Seen>> {
    let is_undo = noted.undo_of.is_some();
    let marked = marked(session, &noted.undo).await?;
    let mut seen = Vec::new();
    for table in &work.tables {
        let rows = match marked.get(table) {
            // The marks of an undo are those of the run that was taken back.
            Some(rows) if !is_undo => *rows,
            _ => count(session, work, table).await?,
        };
        seen.push(Seen {
            table: table.clone(),
            rows,
        });
    }
    Ok(seen)
}

/// The rows of each table by the marks of its ranges.
async fn marked(session: &mut Session, undo: &str) -> Result<BTreeMap<String, u64>> {
    let sql = format!(
        "SELECT table_name, SUM(row_count) FROM {}.{MARKS} GROUP BY table_name",
        quote(undo)
    );
    let rows = session.rows("read the marks", &sql).await?;
    Ok(rows
        .iter()
        .map(|row| (row.text(0), row.number(1)))
        .collect())
}

/// The rows of a live table, those of the past with them where the run has copied them.
async fn count(session: &mut Session, work: &TargetWork, table: &str) -> Result<u64> {
    let known = work.source.table(table).cloned();
    let table = Table {
        name: table.to_string(),
        ..known.unwrap_or_default()
    };
    let counts = snapshot::counts(session, &work.database, &[&table]).await?;
    Ok(counts[0].0)
}

/// What the server knows of writes to a table since the swap.
struct Writes {
    /// When it was written last, where that was after the swap.
    since: Option<String>,
    /// Whether the server has forgotten: it was restarted since.
    is_forgotten: bool,
}

/// What the server knows of writes to the tables of a database since a run's swap.
async fn writes(
    session: &mut Session,
    run: &str,
    database: &str,
) -> Result<BTreeMap<String, Writes>> {
    let started = "NOW() - INTERVAL (SELECT VARIABLE_VALUE FROM {status} WHERE VARIABLE_NAME = 'UPTIME') SECOND";
    let sql = |status: &str| {
        format!(
            "SELECT TABLE_NAME, IF(UPDATE_TIME > made, UPDATE_TIME, NULL), UPDATE_TIME IS NULL AND made < {} \
               FROM information_schema.TABLES JOIN _maestro.runs ON run = {} \
              WHERE TABLE_SCHEMA = {} AND TABLE_TYPE <> 'VIEW'",
            started.replace("{status}", status),
            text(run),
            text(database)
        )
    };
    let action = "read when tables were written";
    // MySQL answers from a cache of a day otherwise; MariaDB has none, and does not know the setting.
    let uncached = session
        .run(action, "SET SESSION information_schema_stats_expiry = 0")
        .await;
    let status = match uncached {
        Ok(_) => "performance_schema.global_status",
        Err(error @ Error::Lost { .. }) => return Err(error),
        Err(_) => "information_schema.GLOBAL_STATUS",
    };
    let rows = session.rows(action, &sql(status)).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let writes = Writes {
                since: row.optional(1),
                is_forgotten: row.number(2) == 1,
            };
            (row.text(0), writes)
        })
        .collect())
}

/// The undos of this server, the newest first: also of a run that has not settled what follows its swap.
pub async fn list(session: &mut Session) -> Result<Vec<Undo>> {
    let noted = marks::noted(session, "state IN ('kept', 'swapping')").await?;
    if noted.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT TABLE_SCHEMA, SUM(TABLE_NAME <> '{MARKS}' AND TABLE_TYPE <> 'SEQUENCE'), SUM(TABLE_NAME = '{MARKS}'), \
                SUM(IF(TABLE_NAME = '{MARKS}', 0, COALESCE(DATA_LENGTH + INDEX_LENGTH, 0))) \
           FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE '\\\\_maestro\\\\_%' GROUP BY TABLE_SCHEMA"
    );
    let sizes = session.rows("measure the undos", &sql).await?;
    let undos = noted.into_iter().filter_map(|noted| {
        let size = sizes.iter().find(|row| row.text(0) == noted.undo)?;
        let is_swapped = noted.state == "kept" || size.number(2) > 0;
        is_swapped.then(|| Undo {
            tables: size.number(1) as usize,
            bytes: Bytes(
                size.text(3)
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .unwrap_or_default(),
            ),
            run: noted.run,
            database: noted.database,
            place: noted.undo,
            made: noted.made,
        })
    });
    Ok(undos.collect())
}

/// What a run did, and which of its tables were written since.
pub async fn replaced(session: &mut Session, undo: &Undo) -> Result<Replaced> {
    let work = marks::work(session, &undo.run).await?;
    let packed = marks::long(session, &undo.run, "seen").await?;
    let seen: Vec<Seen> = match packed.is_empty() {
        // The run has swapped and is not at its end: its marks are all there is.
        true => {
            let marked = marked(session, &undo.place).await?;
            let seen = marked.into_iter().map(|(table, rows)| Seen { table, rows });
            seen.collect()
        }
        false => {
            let json = zstd::decode_all(&packed[..])
                .map_err(|cause| Error::statement("read the note of the run", cause))?;
            serde_json::from_slice(&json)
                .map_err(|cause| Error::statement("read the note of the run", cause))?
        }
    };
    let now = writes(session, &undo.run, &work.database).await?;
    let mut found = Vec::new();
    for seen in &seen {
        let Some(writes) = now.get(&seen.table) else {
            found.push((seen.table.clone(), "it was dropped".to_string()));
            continue;
        };
        let rows = count(session, &work, &seen.table).await?;
        let how = match &writes.since {
            _ if rows != seen.rows => {
                format!("{} rows then, {} now", Rows(seen.rows), Rows(rows))
            }
            Some(written) => format!("last written {written} UTC"),
            None if writes.is_forgotten => {
                "the server has restarted since and cannot tell".to_string()
            }
            None => continue,
        };
        found.push((seen.table.clone(), how));
    }
    Ok(Replaced {
        work,
        written: found,
    })
}

/// Drops an undo for good.
pub async fn drop_undo(session: &mut Session, undo: &Undo) -> Result<()> {
    marks::lock(session, &undo.database).await?;
    let dropped = drop_locked(session, undo).await;
    marks::release(session, &undo.run, &undo.database).await?;
    dropped
}

async fn drop_locked(session: &mut Session, undo: &Undo) -> Result<()> {
    let noted = marks::noted_run(session, &undo.run).await?;
    if noted.is_some_and(|noted| noted.state != "kept") {
        return Err(Error::Refused {
            problem: format!(
                "the run that left the undo of {} is not at its end",
                undo.database
            ),
            mend: "resume it, or let prune finish its swap, first".into(),
        });
    }
    drop_database(session, &undo.place).await?;
    marks::forget(session, &undo.run).await
}

/// Settles the swap of one database in which a run died; a run that lives is left alone.
pub async fn settle(place: &Place, session: &mut Session, database: &str) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let condition = format!("state = 'swapping' AND database_name = {}", text(database));
    for noted in marks::noted(session, &condition).await? {
        if marks::lock(session, database).await.is_err() {
            continue;
        }
        let settled = settle_one(place, session, &noted, false).await;
        marks::release(session, &noted.run, database).await?;
        told.extend(settled?);
    }
    Ok(told)
}

/// Settles what dead runs left of the database whose lock is held; their staging goes: a new run begins. What they left
/// of other databases is not this run's: their next run, `resume` or `prune` settles it.
pub async fn settle_dead(
    place: &Place,
    session: &mut Session,
    work: &TargetWork,
) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let condition = format!(
        "state <> 'kept' AND database_name = {}",
        text(&work.database)
    );
    for noted in marks::noted(session, &condition).await? {
        told.extend(settle_one(place, session, &noted, true).await?);
    }
    if work.before.is_none() && marks::has_marks(session, &work.database).await? {
        drop_database(session, &work.database).await?;
        told.push(format!(
            "removed the half-filled database {}",
            work.database
        ));
    }
    Ok(told)
}

/// Finishes a swap that happened, takes one back that did not; staging is dropped where `also_staging` says so.
async fn settle_one(
    place: &Place,
    session: &mut Session,
    noted: &Noted,
    also_staging: bool,
) -> Result<Option<String>> {
    let short = marks::short(&noted.run);
    if noted.state == "swapping" {
        let work = marks::work(session, &noted.run).await?;
        let other = place.open(Purpose::Definitions).await?;
        let mut left = MySqlTarget::of(place, other, work, noted.clone());
        if marks::shown(session, noted).await? == Shown::Swapped {
            let failed = left.objects().await?;
            // The next run of the database thins its undos; settling drops none that somebody may be about to use.
            left.finish(usize::MAX).await?;
            let lost: Vec<String> = failed.into_iter().map(|(what, _)| what).collect();
            let but = match lost.is_empty() {
                true => String::new(),
                false => format!(", but for {}", lost.join(", ")),
            };
            return Ok(Some(format!(
                "finished the swap of {} that run {short} had begun{but}",
                noted.database
            )));
        }
        left.put_all_back().await?;
        if !also_staging {
            return Ok(Some(format!(
                "put back what run {short} had set aside of {} for a swap that did not happen",
                noted.database
            )));
        }
    }
    if !also_staging {
        return Ok(None);
    }
    // What its process has left at work would hold its tables.
    for connection in marks::holders(session, &noted.run).await? {
        marks::end(session, connection).await?;
    }
    drop_staging(session, noted).await?;
    Ok(Some(format!(
        "removed what the unfinished run {short} had staged of {}",
        noted.database
    )))
}

/// Removes the staging of a run and its note. What was set aside as an undo of another run stays.
pub async fn drop_staging(session: &mut Session, noted: &Noted) -> Result<()> {
    if marks::has_marks(session, &noted.undo).await? {
        return Err(Error::Mismatch(format!(
            "the tables of run {} are live: nothing of it is dropped",
            marks::short(&noted.run)
        )));
    }
    if noted.undo_of.is_none() {
        let in_place = noted.staging == noted.database;
        if !in_place || marks::has_marks(session, &noted.database).await? {
            drop_database(session, &noted.staging).await?;
        }
    }
    drop_database(session, &noted.undo).await?;
    marks::forget(session, &noted.run).await
}

/// Removes what dead runs left, but the staging of the runs in `keep`. What cannot be settled is told, and does not
/// keep the rest.
pub async fn prune(place: &Place, session: &mut Session, keep: &[String]) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for noted in marks::noted(session, "state <> 'kept'").await? {
        if keep.contains(&noted.run) || marks::lock(session, &noted.database).await.is_err() {
            continue;
        }
        let settled = settle_one(place, session, &noted, true).await;
        marks::release(session, &noted.run, &noted.database).await?;
        match settled {
            Ok(line) => told.extend(line),
            Err(error @ Error::Lost { .. }) => return Err(error),
            Err(error) => told.push(unsettled(&noted, &error)),
        }
    }
    told.extend(strays(session).await?);
    Ok(told)
}

fn unsettled(noted: &Noted, error: &Error) -> String {
    format!(
        "run {} of {} could not be settled: {}",
        marks::short(&noted.run),
        noted.database,
        error.full()
    )
}

/// Databases with our names that no note knows: empty ones go, those that hold tables are named.
async fn strays(session: &mut Session) -> Result<Vec<String>> {
    // The notes are read last: a run that begins meanwhile is known then.
    let rows = session
        .rows("list databases", "SHOW DATABASES LIKE '\\_maestro\\_%'")
        .await?;
    let readable = session
        .rows(
            "read what is noted of runs",
            "SELECT 1 FROM _maestro.runs LIMIT 1",
        )
        .await;
    if readable.is_err() {
        return Ok(Vec::new());
    }
    let noted = marks::noted(session, "TRUE").await?;
    let mut told = Vec::new();
    for name in rows.iter().map(|row| row.text(0)) {
        let is_known = noted
            .iter()
            .any(|noted| noted.staging == name || noted.undo == name);
        let of = name.rsplit('_').next().unwrap_or_default();
        if is_known || of.len() != 24 {
            continue;
        }
        let lock = text(&format!("mae:{of}"));
        let sql = format!(
            "SELECT IS_USED_LOCK({lock}) IS NULL, \
                    (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME <> '{MARKS}')",
            text(&name)
        );
        let found = session.rows("look for a lock", &sql).await?;
        match found.first().map(|row| (row.number(0), row.number(1))) {
            Some((1, 0)) => told.push(match drop_database(session, &name).await? {
                true => format!("removed {name}, which no run knows"),
                false => format!(
                    "{name} is empty and remains: the server cannot remove the files in its folder"
                ),
            }),
            Some((1, tables)) => told.push(format!(
                "{name} is known to no run and holds {}: look at it, then drop it yourself",
                counted(tables as usize, "table")
            )),
            _ => {}
        }
    }
    Ok(told)
}

/// Drops a database. False when an empty one remains, one of ours: a server that died while it dropped a database may
/// leave files in its folder, and cannot remove that ever after (error 1010). No run has to fail for it.
async fn drop_database(session: &mut Session, name: &str) -> Result<bool> {
    let sql = format!("DROP DATABASE IF EXISTS {}", quote(name));
    match session
        .run(&format!("drop the database {name}"), &sql)
        .await
    {
        Err(error)
            if number(&error) == Some(1010)
                && name.starts_with("_maestro_")
                && !objects::has_anything(session, name).await? =>
        {
            tracing::warn!("the empty database {name} remains: {}", error.full());
            Ok(false)
        }
        dropped => dropped.map(|_| true),
    }
}

/// Drops a database unless somebody has made something in it meanwhile.
async fn drop_if_empty(session: &mut Session, database: &str) -> Result<()> {
    match objects::has_anything(session, database).await? {
        true => Ok(()),
        false => drop_database(session, database).await.map(drop),
    }
}
