//! What the files of a place show of a run, and the end of what dead runs left.
//!
//! A run is dead when its database's lock can be taken. One that swapped gets its undo, one that did not
//! leaves nothing.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lock::{self, Lock};
use super::note::{self, Note, State};
use super::place::{self, OURS, Place};
use super::staging::Way;
use super::undo::Kept;
use super::{prints, statement, undo, worker};
use crate::engines::{Error, Replaced, Result, Shown};

/// Where the files of a database lie, and how they are called.
pub fn seat(place: &Place, database: &str) -> Result<(PathBuf, String)> {
    Ok(match place.find(database)? {
        Some(live) => (
            live.parent().unwrap_or(place.folder()).to_path_buf(),
            place::stem(&live),
        ),
        None => (place.folder().to_path_buf(), database.to_string()),
    })
}

/// What a place shows of a run.
pub fn shows(place: &Place, state: &Path, run: &str, database: &str) -> Result<Shown> {
    let (folder, name) = seat(place, database)?;
    match Note::read(&folder, run, &name)? {
        Some(note) => shown(&note, state),
        None if undo::find(state, place, run, database)?.is_some() => Ok(Shown::Kept),
        None => Ok(Shown::Nothing),
    }
}

/// What a note and the files that it names show.
///
/// # Errors
/// When the run died in its swap and the live file was written since: it is neither old nor new.
pub fn shown(note: &Note, state: &Path) -> Result<Shown> {
    let swapped = match (note.state, note.way) {
        (State::Staging, _) => false,
        (State::Swapped, _) => true,
        (State::Swapping, Way::New) => is_published(note),
        (State::Swapping, Way::Vanish) => !note.live.exists(),
        (State::Swapping, Way::Mirror | Way::Chosen) => is_new(note, state)?,
    };
    Ok(match swapped {
        true => Shown::Swapped,
        false => Shown::Staging,
    })
}

/// Whether the live file is the staging file: linked to it, or in its place.
fn is_published(note: &Note) -> bool {
    let Ok(live) = note.live.metadata() else {
        return false;
    };
    match note.staging().metadata() {
        Ok(staging) => (staging.dev(), staging.ino()) == (live.dev(), live.ino()),
        Err(_) => true,
    }
}

/// Whether the live file holds the new tables, and not the old ones.
fn is_new(note: &Note, state: &Path) -> Result<bool> {
    let failed = |cause| statement(format!("read {}", note.live.display()), cause);
    let live = worker::reader(&note.live)?;
    let names = note.work.tables.iter().chain(&note.work.removed);
    let found = prints::of(&live, names.clone()).map_err(failed)?;
    let file = undo::file(&undo::home(state, note)?, note);
    if file.exists() {
        let old = worker::reader(&file)?;
        let is_old = match note.way {
            Way::Chosen => prints::of(&old, names).map_err(failed)? == found,
            _ => prints::are_same(&live, &old).map_err(failed)?,
        };
        if is_old {
            return Ok(false);
        }
    }
    let is_new =
        |print: &prints::Print| match note.after.iter().find(|new| new.table == print.table) {
            Some(new) => new == print,
            None => print.digest.is_none(),
        };
    if found.iter().all(is_new) {
        return Ok(true);
    }
    Err(Error::Refused {
        problem: format!(
            "a run died while it swapped {}, and the file was written meanwhile: it holds neither the old tables nor the new ones",
            note.live.display()
        ),
        mend: format!(
            "look at the file; what it held before the swap is in {}; prune keeps that as an undo",
            file.display()
        ),
    })
}

/// Brings a dead run to its end; the undos of other runs stay. Returns what was done.
///
/// # Errors
/// When it had begun to swap, and whoever ran it has the undo where it cannot be reached: nothing is changed.
pub fn settle(note: &Note, state: &Path) -> Result<String> {
    let staging = note.staging();
    let file = staging.file_name().unwrap_or_default().to_string_lossy();
    let database = &note.database;
    let home = match (undo::home(state, note), note.state) {
        (Ok(home), _) => home,
        // Nothing is live of it: what lies in its home is no undo.
        (Err(_), State::Staging) => state.to_path_buf(),
        (Err(error), _) => return Err(error),
    };
    let place = match home == state {
        true => String::new(),
        false => format!(" in {}", home.display()),
    };
    let line = match shown(note, state) {
        Ok(Shown::Swapped) => {
            let is_kept = undo::keep_left(&home, note)?;
            if let Some(undone) = &note.undone {
                drop_undone(&home, note, undone)?;
            }
            let undo = match is_kept {
                true => format!("is kept{place}"),
                false => "is gone".into(),
            };
            format!("{file}: an earlier run had swapped {database}; its undo {undo}")
        }
        Ok(_) => {
            undo::discard(&home, note)?;
            format!("{file}: a copy of {database} that an earlier run left unfinished")
        }
        Err(_) => {
            let undo = match undo::keep_left(&home, note)? {
                true => format!("is kept as an undo{place}"),
                false => "is gone".into(),
            };
            format!(
                "{file}: an earlier run died while it swapped {database}, which was written since; what it held before {undo}"
            )
        }
    };
    note.remove()?;
    Ok(line)
}

/// What the run of an undo did.
///
/// # Errors
/// When a rollback of it died after its swap: it is taken back already.
pub fn replaced(kept: &Kept, state: &Path) -> Result<Replaced> {
    let (folder, name) = (kept.note.folder(), kept.note.name());
    for short in ours(folder, &name).unwrap_or_default() {
        let record = folder.join(format!("{OURS}{short}_{name}.json"));
        if let Ok(Some(note)) = note::read::<Note>(&record)
            && note
                .undone
                .as_ref()
                .is_some_and(|undone| undone.run == kept.undo.run)
            && matches!(shown(&note, state), Ok(Shown::Swapped))
        {
            return Err(Error::Refused {
                problem: format!(
                    "a rollback of {} has swapped the old tables back already, and died before its end",
                    note.database
                ),
                mend: "prune ends it, and keeps what it replaced as an undo".into(),
            });
        }
    }
    undo::replaced(kept)
}

/// An undo that was taken back is none any more.
pub fn drop_undone(state: &Path, note: &Note, undone: &crate::engines::Undo) -> Result<()> {
    let place = Place::File(note.live.clone());
    match undo::find(state, &place, &undone.run, &undone.database)? {
        Some(kept) => undo::discard(state, &kept.note),
        None => Ok(()),
    }
}

/// Settles what dead runs left of a database, whose lock is held; the run of `except` stays. A line for each.
pub fn sweep(
    folder: &Path,
    name: &str,
    state: &Path,
    except: &dyn Fn(&Note) -> bool,
) -> Result<Vec<String>> {
    let failed = |path: &Path, cause| Error::File {
        action: "remove what an earlier run left".into(),
        path: path.display().to_string(),
        cause,
    };
    let mut swept = Vec::new();
    for short in ours(folder, name).map_err(|cause| failed(folder, cause))? {
        let staging = folder.join(format!("{OURS}{short}_{name}.db"));
        let record = staging.with_extension("json");
        let _ = std::fs::remove_file(staging.with_extension("new"));
        match note::read::<Note>(&record) {
            Ok(Some(note)) if except(&note) => {}
            Ok(Some(note)) => swept.push(settle(&note, state)?),
            Err(error) => return Err(unreadable(&record, name, &error)),
            Ok(None) => {
                lock::remove(&staging).map_err(|cause| failed(&staging, cause))?;
                swept.push(format!(
                    "{OURS}{short}_{name}.db: a copy of {name} that an earlier run left unfinished"
                ));
            }
        }
    }
    Ok(swept)
}

/// A note may be of another user or of a newer version, and tell of the only way back.
fn unreadable(record: &Path, name: &str, error: &Error) -> Error {
    let cause = match error {
        Error::File { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    Error::Refused {
        problem: format!(
            "an earlier run left {name} unfinished, and what it noted cannot be read: {}: {cause}",
            record.display()
        ),
        mend: "prune as the user of that run, with the version of maestro that made it; if nothing of that run is needed, remove the file".into(),
    }
}

/// The short ids of the runs that have files of a database here.
fn ours(folder: &Path, name: &str) -> std::io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in folder.read_dir()?.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = file.strip_prefix(OURS) else {
            continue;
        };
        if rest.starts_with("probe_") {
            lock::remove_old_probe(&entry.path());
        } else if let Some((short, named)) = parts(rest)
            && named == name
        {
            found.insert(short.to_string());
        }
    }
    Ok(found)
}

/// The short id and the database of `0a1b2c3d_shop.db` and `0a1b2c3d_shop.json`.
fn parts(rest: &str) -> Option<(&str, &str)> {
    let (short, rest) = (rest.get(..8)?, rest.get(8..)?.strip_prefix('_')?);
    let name = [".db", ".json", ".new"]
        .iter()
        .find_map(|ending| rest.strip_suffix(ending))?;
    let is_short = short.bytes().all(|letter| letter.is_ascii_hexdigit());
    is_short.then_some((short, name))
}

/// Removes what dead runs left at a place, but not the staging of the runs in `keep`. A line for each.
pub fn prune(place: &Place, state: &Path, keep: &[String]) -> Result<Vec<String>> {
    let mut swept = Vec::new();
    let mut refused = None;
    for (folder, name) in seats(place, state)? {
        let lock = match Lock::take(&folder, &name) {
            Ok(lock) => lock,
            Err(Error::Locked { .. }) => continue,
            Err(error) => return Err(error),
        };
        let stays = |note: &Note| {
            keep.contains(&note.run) && !matches!(shown(note, state), Ok(Shown::Swapped))
        };
        let done = sweep(&folder, &name, state, &stays)
            .and_then(|lines| Ok((lines, unfinished(place, state, &folder, &name, keep)?)));
        lock.release();
        match done {
            Ok((lines, more)) => swept.extend(lines.into_iter().chain(more)),
            // The other databases have nothing to do with it.
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    refused.map_or(Ok(swept), Err)
}

/// The databases of a place that have files of ours, each as [`seat`] tells it.
fn seats(place: &Place, state: &Path) -> Result<BTreeSet<(PathBuf, String)>> {
    let mut seats = BTreeSet::new();
    let here = place.folder();
    for entry in here.read_dir().into_iter().flatten().flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = file.strip_prefix(OURS) else {
            continue;
        };
        let locked = rest.strip_suffix(".lock");
        let is_here = |name: &&str| match place {
            Place::Folder(_) => true,
            Place::File(file) => place::stem(file) == **name,
        };
        let name = locked.or_else(|| parts(rest).map(|(_, name)| name));
        if let Some(name) = name.filter(is_here) {
            seats.insert((here.to_path_buf(), name.to_string()));
        }
    }
    // Links lead to databases elsewhere.
    for path in place.list()?.databases.into_values() {
        let (folder, name) = (path.parent().unwrap_or(here), place::stem(&path));
        if folder != here && ours(folder, &name).is_ok_and(|found| !found.is_empty()) {
            seats.insert((folder.to_path_buf(), name));
        }
    }
    for kept in undo::records(state, place)? {
        if !kept.whole {
            seats.insert((kept.note.folder().to_path_buf(), kept.note.name()));
        }
    }
    Ok(seats)
}

/// Removes undos of a database, whose lock is held, that no run will make whole; what the runs in `keep`
/// replaced stays.
fn unfinished(
    place: &Place,
    state: &Path,
    folder: &Path,
    name: &str,
    keep: &[String],
) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for kept in undo::records(state, place)? {
        let note = &kept.note;
        let is_here = note.folder() == folder && note.name() == name;
        let is_needed = keep.contains(&note.run) && kept.file(state).is_some();
        if kept.whole || !is_here || is_needed || note.path().exists() {
            continue;
        }
        undo::discard(state, note)?;
        removed.push(format!(
            "{}: an undo of {} that an earlier run left unfinished",
            undo::file(state, note).display(),
            note.database
        ));
    }
    Ok(removed)
}
