//! The undos: what a run replaced, as a file in the state folder with its record beside it.
//!
//! The record is there before the file is, and says only at the end of the run that it is whole. A database
//! that was new has a record and no file.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::note::{self, Note};
use super::place::Place;
use super::staging::Way;
use super::{lock, prints, statement, worker};
use crate::engines::{Error, Replaced, Result, Undo};
use crate::model::units::{Bytes, Rows, counted};

/// An undo and the run that left it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub undo: Undo,
    /// Whether the run came to its end.
    pub whole: bool,
    pub note: Note,
}

impl Kept {
    /// Where the old content lies; None when the run made the database.
    pub fn file(&self, state: &Path) -> Option<PathBuf> {
        Some(file(state, &self.note)).filter(|file| file.exists())
    }
}

fn folder(state: &Path) -> PathBuf {
    state.join("undo")
}

/// The file of a run's undo.
pub fn file(state: &Path, note: &Note) -> PathBuf {
    let name = format!("{}_{}.db", lock::short(&note.run), note.name());
    folder(state).join(name)
}

fn record(state: &Path, note: &Note) -> PathBuf {
    file(state, note).with_extension("json")
}

/// Writes the record of an undo that is about to be made.
pub fn begin(state: &Path, note: &Note) -> Result<()> {
    write(state, note, false).map(drop)
}

/// The run is at its end: its undo counts from now on.
pub fn keep(state: &Path, note: &Note) -> Result<Undo> {
    write(state, note, true)
}

/// Keeps what a dead run replaced. False when that is gone: the undo was dropped before the run was settled.
pub fn keep_left(state: &Path, note: &Note) -> Result<bool> {
    let file = file(state, note);
    let is_there = file.try_exists().map_err(|cause| Error::File {
        action: "read the undo".into(),
        path: file.display().to_string(),
        cause,
    })?;
    match is_there || note.way == Way::New {
        true => keep(state, note).map(|_| true),
        false => discard(state, note).map(|()| false),
    }
}

/// The state folder that holds the undo of a note's run: the caller's only when that has its record.
///
/// # Errors
/// When that folder cannot be reached: the way back would be lost if the note went.
pub fn home(state: &Path, note: &Note) -> Result<PathBuf> {
    if record(state, note).exists() {
        return Ok(state.to_path_buf());
    }
    let home = note.home.as_deref().unwrap_or(state);
    let sought = match note.way {
        Way::New if home == state => return Ok(home.to_path_buf()),
        Way::New => home.to_path_buf(),
        _ => folder(home),
    };
    let cause = match sought.read_dir() {
        Ok(_) if note.home.is_some() => return Ok(home.to_path_buf()),
        Ok(_) => "it has no record of the run".to_string(),
        Err(cause) => cause.to_string(),
    };
    Err(Error::Refused {
        problem: format!(
            "run {} died while it swapped {}, and the folder of its undo cannot be read: {}: {cause}",
            note.run,
            note.live.display(),
            sought.display()
        ),
        mend: format!(
            "prune as the user of that run, with that folder in place; if it is gone for good, remove {}",
            note.path().display()
        ),
    })
}

fn write(state: &Path, note: &Note, whole: bool) -> Result<Undo> {
    let folder = folder(state);
    let is_new = !folder.exists();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|cause| Error::File {
            action: "make the folder of the undos".into(),
            path: folder.display().to_string(),
            cause,
        })?;
    if is_new {
        note::give(&folder, state);
    }
    let (file, record) = (file(state, note), record(state, note));
    let is_there = file.exists();
    let undo = Undo {
        run: note.run.clone(),
        database: note.database.clone(),
        place: match is_there {
            true => &file,
            false => &record,
        }
        .display()
        .to_string(),
        made: now(),
        tables: replaced_tables(note),
        bytes: Bytes(file.metadata().map_or(0, |metadata| metadata.len())),
    };
    let kept = Kept {
        undo: undo.clone(),
        whole,
        note: note.clone(),
    };
    note::write(&record, &kept)?;
    note::give(&record, &folder);
    Ok(undo)
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64)
}

/// How many tables of the old database a run replaces or removes.
fn replaced_tables(note: &Note) -> usize {
    let old = note.work.before.iter().flat_map(|before| &before.tables);
    old.filter(|table| match note.way {
        Way::New => false,
        Way::Mirror | Way::Vanish => true,
        Way::Chosen => {
            let mut changed = note.work.tables.iter().chain(&note.work.removed);
            changed.any(|name| name.eq_ignore_ascii_case(&table.name))
        }
    })
    .count()
}

/// Removes the undo of a run, whole or not.
pub fn discard(state: &Path, note: &Note) -> Result<()> {
    let failed = |path: &Path, cause| Error::File {
        action: "remove the undo".into(),
        path: path.display().to_string(),
        cause,
    };
    let (file, record) = (file(state, note), record(state, note));
    lock::remove(&file).map_err(|cause| failed(&file, cause))?;
    note::remove(&record).map_err(|cause| failed(&record, cause))
}

/// All records of a place, the newest first.
pub fn records(state: &Path, place: &Place) -> Result<Vec<Kept>> {
    let Ok(entries) = folder(state).read_dir() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "json")
            && let Some(kept) = note::read::<Kept>(&path)?
            && belongs(place, &kept.note)
        {
            found.push(kept);
        }
    }
    found.sort_by(|one, other| {
        let age = |kept: &Kept| (kept.undo.made, kept.undo.run.clone());
        age(other).cmp(&age(one))
    });
    Ok(found)
}

/// Whether a run wrote to a database of this place.
fn belongs(place: &Place, note: &Note) -> bool {
    match place {
        Place::File(file) => note.live == *file,
        Place::Folder(folder) => {
            note.folder() == folder
                || matches!(place.find(&note.database), Ok(Some(path)) if path == note.live)
        }
    }
}

/// The undos that are kept at a place, the newest first.
pub fn all(state: &Path, place: &Place) -> Result<Vec<Kept>> {
    let mut kept = records(state, place)?;
    kept.retain(|kept| kept.whole);
    Ok(kept)
}

/// The undo that a run left of a database.
pub fn find(state: &Path, place: &Place, run: &str, database: &str) -> Result<Option<Kept>> {
    let kept = all(state, place)?;
    Ok(kept
        .into_iter()
        .find(|kept| kept.undo.run == run && kept.undo.database == database))
}

/// Like [`find`], but it must be there.
pub fn expect(state: &Path, place: &Place, undo: &Undo) -> Result<Kept> {
    find(state, place, &undo.run, &undo.database)?.ok_or_else(|| Error::Refused {
        problem: format!("the undo of {} is gone: {}", undo.database, undo.place),
        mend: "list the undos that are there".into(),
    })
}

/// Drops the undos of a database beyond the newest `keep`.
pub fn thin(state: &Path, place: &Place, live: &Path, keep: usize) -> Result<()> {
    let mine = all(state, place)?;
    let mine = mine.iter().filter(|kept| kept.note.live == live);
    mine.skip(keep)
        .try_for_each(|kept| discard(state, &kept.note))
}

/// What a run did, and the tables that were written since it ended.
pub fn replaced(kept: &Kept) -> Result<Replaced> {
    Ok(Replaced {
        work: kept.note.work.clone(),
        written: written(&kept.note)?,
    })
}

fn written(note: &Note) -> Result<Vec<(String, String)>> {
    let say = |table: &String, how: String| (table.clone(), how);
    if !note.live.exists() {
        let gone = note.way != Way::Vanish;
        return Ok(Vec::from_iter(
            gone.then(|| say(&note.database, "the database is gone".into())),
        ));
    }
    let failed = |cause| statement(format!("read {}", note.live.display()), cause);
    let live = worker::reader(&note.live)?;
    let mut found = Vec::new();
    for then in &note.after {
        let now = prints::of(&live, [&then.table]).map_err(failed)?;
        let now = now.first().and_then(|print| print.digest.as_ref());
        match (&then.digest, now) {
            (Some(_), None) => found.push(say(&then.table, "it is gone".into())),
            (Some(then_is), Some(now)) if then_is.rows != now.rows => {
                let how = format!("{} then, {} now", rows(then_is.rows), rows(now.rows));
                found.push(say(&then.table, how));
            }
            (Some(then_is), Some(now)) if then_is != now => {
                found.push(say(&then.table, "its rows have changed".into()));
            }
            _ => {}
        }
    }
    if note.way != Way::Chosen {
        let known = |name: &String| note.after.iter().any(|print| print.table == *name);
        let mut made = prints::tables(&live).map_err(failed)?;
        made.retain(|name| !name.starts_with("sqlite_") && !known(name));
        found.extend(
            made.iter()
                .map(|name| say(name, "it was made since".into())),
        );
    }
    Ok(found)
}

fn rows(rows: Rows) -> String {
    counted(rows.0 as usize, "row")
}
