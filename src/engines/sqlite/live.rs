//! From staging to live: what was live is copied aside, the intent is noted, and then the swap happens.

use std::path::Path;

use rusqlite::Connection;

use super::note::{Note, State};
use super::prints::Known;
use super::staging::Way;
use super::watch::Watch;
use super::{marks, prints, publish, statement, swap, undo};
use crate::engines::{Error, Result, kill};
use crate::model::catalog::Object;

/// How often a file is copied aside anew because somebody wrote to it meanwhile.
const TRIES: usize = 5;

type Failed = Vec<(Object, Error)>;

/// Makes the staged tables live. Returns the objects that could not be made.
///
/// # Errors
/// After [`Error::Refused`] the live file is as it was and the staging file still good.
pub fn go(
    connection: &mut Connection,
    note: &mut Note,
    state: &Path,
    schema: i64,
    known: &Known,
) -> Result<Failed> {
    if note.way != Way::Vanish {
        strip(connection, note, known)?;
    }
    let done = swap(connection, note, state, schema);
    match &done {
        Ok(_) => {
            kill::point("swap-made");
            note.state = State::Swapped;
            // When this cannot be written, the files tell it.
            let _ = note.write();
        }
        // What failed in the midst of SQLite's work is left for the files to tell.
        Err(error) if note.state == State::Staging || matches!(error, Error::Refused { .. }) => {
            note.state = State::Staging;
            let _ = note.write();
            let _ = undo::discard(state, note);
        }
        Err(_) => {}
    }
    done
}

/// Takes the marks out of the staging file, after they are noted, and notes what the tables hold.
fn strip(connection: &Connection, note: &mut Note, known: &Known) -> Result<()> {
    let failed = |cause| statement("read the staging file", cause);
    let rows = marks::all(connection)?;
    if !rows.is_empty() {
        note.marks = rows;
        note.write()?;
    }
    marks::remove(connection).map_err(failed)?;
    let tables = match note.way {
        Way::Chosen => note.work.tables.clone(),
        _ => {
            let mut tables = prints::tables(connection).map_err(failed)?;
            tables.retain(|table| !table.starts_with("sqlite_"));
            tables
        }
    };
    note.after = prints::known(connection, &tables, known).map_err(failed)?;
    Ok(())
}

fn swap(connection: &mut Connection, note: &mut Note, state: &Path, schema: i64) -> Result<Failed> {
    match note.way {
        Way::New => {
            intend(note)?;
            let mode = note.mode.unwrap_or(0o600);
            publish::publish(connection, &note.staging(), &note.live, &note.work, mode)?;
            Ok(Failed::new())
        }
        Way::Mirror | Way::Chosen => overwrite(connection, note, state, schema),
        Way::Vanish => {
            let was_wal = swap::leave_wal(&note.live)?;
            let done = overwrite(connection, note, state, schema);
            if done.is_err() && was_wal {
                let _ = swap::enter_wal(&note.live);
            }
            done
        }
    }
}

fn overwrite(
    connection: &Connection,
    note: &mut Note,
    state: &Path,
    schema: i64,
) -> Result<Failed> {
    undo::begin(state, note)?;
    let aside = undo::file(state, note);
    for _ in 0..TRIES {
        let watch = Watch::copy(&note.live, &aside)?;
        kill::point("undo-copied");
        intend(note)?;
        kill::point("swap-noted");
        let live = &note.live;
        let done = match note.way {
            Way::Chosen => swap::replace(live, &note.staging(), &note.work, schema, &watch)?,
            Way::Vanish => swap::vanish(live, schema, &watch)?.map(|()| Failed::new()),
            _ => swap::mirror(connection, live, schema, &watch)?.map(|()| Failed::new()),
        };
        if let Some(failed) = done {
            return Ok(failed);
        }
    }
    Err(Error::Refused {
        problem: format!(
            "{} is in use: it was written each time that it was copied aside",
            note.live.display()
        ),
        mend: "stop the program that writes to it, then try again; nothing was changed".into(),
    })
}

/// From here on a crash is told by the files alone.
fn intend(note: &mut Note) -> Result<()> {
    note.state = State::Swapping;
    note.write()
}

/// The objects of a work that are not in the live file: their causes are gone with the run that died.
pub fn missing(note: &Note) -> Result<Failed> {
    let failed = |cause| statement(format!("read {}", note.live.display()), cause);
    if note.way == Way::Vanish {
        return Ok(Failed::new());
    }
    let live = super::worker::reader(&note.live)?;
    let mut missing = Failed::new();
    for object in &note.work.objects {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE";
        let found: i64 = live
            .query_row(sql, [&object.name], |row| row.get(0))
            .map_err(failed)?;
        if found == 0 && object.obstacle.is_none() {
            let error = Error::statement(
                format!("make the {}", object.title()),
                "the run died before it told why",
            );
            missing.push((object.clone(), error));
        }
    }
    Ok(missing)
}
