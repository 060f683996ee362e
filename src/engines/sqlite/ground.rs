//! What is found before a target is opened: the lock, what dead runs left, and what the staging file is made of.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::lock::{self, Lock};
use super::note::{Note, State};
use super::place::Place;
use super::staging::{self, Way};
use super::undo::{self, Kept};
use super::{catalog, marks, settle, statement, swap, watch, worker};
use crate::engines::{Error, Opening, Result, Shown, TargetWork};
use crate::model::catalog::{Object, ObjectKind};

pub struct Ground {
    pub note: Note,
    pub base: Base,
    /// The state of the live schema when the run began.
    pub schema: i64,
    pub lock: Lock,
    pub swept: Vec<String>,
}

/// What the staging file begins as.
pub enum Base {
    /// An empty file with these settings.
    Empty(Vec<(String, String)>),
    /// The file that a dead process left, if it is still good.
    Left(Vec<(String, String)>),
    /// What an undo holds.
    Undo(PathBuf, Option<u32>),
    /// There is nothing to load: the database goes, or the swap has happened.
    Nothing,
}

/// Takes the lock, settles what dead runs left, and finds what the staging file must fit to.
pub fn prepare(place: &Place, state: &Path, work: TargetWork, opening: &Opening) -> Result<Ground> {
    let (folder, name) = settle::seat(place, &work.database)?;
    let lock = match opening {
        Opening::Resume => Lock::wait(&folder, &name)?,
        _ => Lock::take(&folder, &name)?,
    };
    let found = settled(place, state, work, opening, (&folder, &name));
    match found {
        Ok((note, base, schema, swept)) => Ok(Ground {
            note,
            base,
            schema,
            lock,
            swept,
        }),
        Err(error) => {
            lock.release();
            Err(error)
        }
    }
}

type Found = (Note, Base, i64, Vec<String>);

fn settled(
    place: &Place,
    state: &Path,
    work: TargetWork,
    opening: &Opening,
    (folder, name): (&Path, &str),
) -> Result<Found> {
    let left = match opening {
        Opening::Fresh => None,
        Opening::Resume | Opening::Undo(_) => Note::read(folder, &work.run, name)?,
    };
    let is_left = |note: &Note| left.as_ref().is_some_and(|left| left.run == note.run);
    let swept = settle::sweep(folder, name, state, &is_left)?;
    if let Some(note) = &left
        && settle::shown(note, state)? == Shown::Swapped
    {
        let mut note = note.clone();
        note.state = State::Swapped;
        return Ok((note, Base::Nothing, 0, swept));
    }
    let (note, base, schema) = open(place, state, work, opening, left)?;
    Ok((note, base, schema, swept))
}

fn open(
    place: &Place,
    state: &Path,
    work: TargetWork,
    opening: &Opening,
    left: Option<Note>,
) -> Result<(Note, Base, i64)> {
    let undone = match opening {
        Opening::Undo(undo) => Some(undo.clone()),
        Opening::Resume => left.as_ref().and_then(|left| left.undone.clone()),
        Opening::Fresh => None,
    };
    let kept = undone
        .as_ref()
        .map(|undo| undo::expect(state, place, undo))
        .transpose()?;
    let found = place.find(&work.database)?;
    let way = match (&kept, &found) {
        (Some(_), None) if !work.vanishes => Way::New,
        (Some(_), Some(_)) => Way::back(&work),
        _ => Way::of(&work),
    };
    if kept.is_some() && way == Way::Chosen {
        refuse_alone(&work)?;
    }
    let live = match (&found, way) {
        (Some(path), Way::New) => return Err(moved(&path.display().to_string(), "has appeared")),
        (Some(path), _) => path.clone(),
        (None, Way::New) => absent(place, &work, kept.as_ref())?,
        (None, _) => return Err(moved(&work.database, "is gone")),
    };
    let (settings, schema) = settings(&live, &work, way)?;
    let mut note = Note {
        run: work.run.clone(),
        database: work.database.clone(),
        state: State::Staging,
        way,
        mode: match way {
            Way::New => None,
            _ => mode(&live),
        },
        live,
        home: std::path::absolute(state).ok(),
        marks: Vec::new(),
        after: Vec::new(),
        undone,
        work,
    };
    let base = match (kept, left) {
        _ if way == Way::Vanish => Base::Nothing,
        (Some(kept), _) => Base::Undo(file(&kept, state)?, kept.note.mode),
        (None, Some(left)) if left.way == way && left.live == note.live => {
            note.marks = left.marks;
            note.mode = left.mode;
            Base::Left(settings)
        }
        (None, _) => Base::Empty(settings),
    };
    Ok((note, base, schema))
}

/// Where a database that is not there will lie: where it was, if it was there before.
fn absent(place: &Place, work: &TargetWork, kept: Option<&Kept>) -> Result<PathBuf> {
    match kept {
        Some(kept) if !kept.note.live.exists() => Ok(kept.note.live.clone()),
        _ => place.fresh(&work.database),
    }
}

/// A virtual table comes back with the whole file only.
fn refuse_alone(work: &TargetWork) -> Result<()> {
    let present = |object: &&Object| {
        let before = work.before.iter().flat_map(|before| &before.objects);
        before.into_iter().any(|other| other == *object)
    };
    let lost = work
        .objects
        .iter()
        .find(|object| object.kind == ObjectKind::VirtualTable && !present(object));
    match lost {
        None => Ok(()),
        Some(object) => Err(Error::Refused {
            problem: format!(
                "the {} comes back only with the whole file, and {} holds what was made since",
                object.title(),
                work.database
            ),
            mend: "take away what was made since the run, then try again".into(),
        }),
    }
}

fn file(kept: &Kept, state: &Path) -> Result<PathBuf> {
    kept.file(state).ok_or_else(|| Error::Refused {
        problem: format!(
            "the undo of {} has no tables: its run made the database",
            kept.undo.database
        ),
        mend: "list the undos that are there".into(),
    })
}

fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.metadata().ok()?;
    Some(metadata.permissions().mode())
}

fn moved(what: &str, how: &str) -> Error {
    Error::Refused {
        problem: format!("{what} {how} since the plan was made"),
        mend: "plan again".into(),
    }
}

/// The source's settings, but where the live file cannot change: tables that are moved into it share its
/// encoding, and the page size of a file in WAL mode is fixed. With them the state of the live schema.
fn settings(live: &Path, work: &TargetWork, way: Way) -> Result<(Vec<(String, String)>, i64)> {
    let source = work.source.options.clone();
    if way == Way::New {
        return Ok((source, 0));
    }
    let failed = |cause| statement(format!("read {}", live.display()), cause);
    let reader = worker::reader(live)?;
    let schema = swap::schema(&reader).map_err(failed)?;
    let own = catalog::settings(&reader).map_err(failed)?;
    let is_wal = own
        .iter()
        .any(|(name, value)| name == "journal_mode" && value == "wal");
    let fixed = |name: &str| way == Way::Chosen || (is_wal && name == "page_size");
    let kept = source.into_iter().filter(|(name, _)| !fixed(name));
    let fixed = own.iter().filter(|(name, _)| fixed(name)).cloned();
    Ok((kept.chain(fixed).collect(), schema))
}

/// Opens the staging file that a note tells of, and writes the note. What was made new does not stay behind
/// a failure.
pub fn stage(note: &mut Note, base: Base) -> Result<Connection> {
    let is_new = matches!(base, Base::Empty(_) | Base::Undo(..));
    let staged = fill(note, base);
    if staged.is_err() && is_new {
        let _ = note.remove();
    }
    staged
}

fn fill(note: &mut Note, base: Base) -> Result<Connection> {
    let path = note.staging();
    let failed = |cause| statement("prepare the staging file", cause);
    let connection = match base {
        Base::Nothing => Connection::open_in_memory().map_err(failed)?,
        Base::Left(settings) => match staging::reopen(&path, &settings, &note.marks) {
            Some(connection) => connection,
            None => {
                lock::remove(&path).map_err(|cause| Error::File {
                    action: "make the staging file anew".into(),
                    path: path.display().to_string(),
                    cause,
                })?;
                empty(note, &settings)?
            }
        },
        Base::Empty(settings) => empty(note, &settings)?,
        Base::Undo(file, mode) => {
            lock::remove(&path).map_err(|cause| Error::File {
                action: "make the staging file anew".into(),
                path: path.display().to_string(),
                cause,
            })?;
            let (mut connection, usual) = staging::make(&path, &[])?;
            if note.way == Way::New {
                note.mode = mode.or(Some(usual));
            }
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(&file, flags)
                .and_then(|undo| watch::pour(&undo, &mut connection))
                .map_err(|cause| statement(format!("copy the undo {}", file.display()), cause))?;
            connection
        }
    };
    note.write()?;
    Ok(connection)
}

fn empty(note: &mut Note, settings: &[(String, String)]) -> Result<Connection> {
    let (connection, mode) = staging::make(&note.staging(), settings)?;
    marks::make(&connection, &[]).map_err(|cause| statement("prepare the staging file", cause))?;
    note.marks.clear();
    if note.way == Way::New {
        note.mode = Some(mode);
    }
    Ok(connection)
}
