//! Which files of a place are databases, and what they are called.
//!
//! A file counts by its header, not by its ending; its name is its stem. Headers are read through SQLite's
//! own file layer: closing a file by other means drops every lock that this process holds on it.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, ffi};

use crate::engines::{Error, Hop, Result};

/// What our own files begin with, beside a user's databases.
pub const OURS: &str = "._maestro_";

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const EXTENSIONS: [&str; 3] = ["db", "sqlite", "sqlite3"];

/// An opened address. Paths are canonical, so that every alias leads to one place.
#[derive(Clone, Debug)]
pub enum Place {
    Folder(PathBuf),
    /// A server of one database. The file may not be there yet.
    File(PathBuf),
}

/// The databases of a place.
#[derive(Debug, Default)]
pub struct Listing {
    /// Path by name.
    pub databases: BTreeMap<String, PathBuf>,
    pub hidden: usize,
}

impl Place {
    pub fn open(path: &Path) -> Result<Place> {
        let refuse = |hop: Hop, mend: String, cause: std::io::Error| Error::Connect {
            place: path.display().to_string(),
            hop,
            mend,
            cause: cause.into(),
        };
        let connect = |mend: String, cause| refuse(Hop::Address, mend, cause);
        match path.canonicalize() {
            Ok(folder) if folder.is_dir() => match folder.read_dir() {
                Ok(_) => Ok(Place::Folder(folder)),
                Err(cause) => {
                    let mend = format!("chmod u+rx {}", folder.display());
                    Err(refuse(Hop::Privileges, mend, cause))
                }
            },
            Ok(file) if kind(&file) == Kind::Other => Err(connect(
                "name a folder of SQLite files, or one SQLite file".into(),
                std::io::Error::other("the file is no SQLite database, or it is encrypted"),
            )),
            Ok(file) => Ok(Place::File(file)),
            Err(cause) => match (folder_of(path), path.file_name()) {
                (Ok(folder), Some(name)) if has_extension(path) => {
                    Ok(Place::File(folder.join(name)))
                }
                _ => Err(connect(
                    format!(
                        "check the path; a new folder is made by: mkdir -p {}",
                        path.display()
                    ),
                    cause,
                )),
            },
        }
    }

    /// Where our own files lie.
    pub fn folder(&self) -> &Path {
        match self {
            Place::Folder(folder) => folder,
            Place::File(file) => file.parent().unwrap_or(Path::new("/")),
        }
    }

    /// # Errors
    /// When two files have one name.
    pub fn list(&self) -> Result<Listing> {
        let mut listing = Listing::default();
        match self {
            Place::File(file) => {
                if file.exists() {
                    listing.databases.insert(stem(file), file.clone());
                }
            }
            Place::Folder(folder) => {
                for file in files(folder)? {
                    listing.add(folder, file)?;
                }
            }
        }
        Ok(listing)
    }

    /// The file of a database. Only files of that name are looked into.
    pub fn find(&self, database: &str) -> Result<Option<PathBuf>> {
        let Place::Folder(folder) = self else {
            return Ok(self.list()?.databases.remove(database));
        };
        let mut listing = Listing::default();
        for file in files(folder)? {
            if stem(&file) == database {
                listing.add(folder, file)?;
            }
        }
        Ok(listing.databases.remove(database))
    }

    /// The path that a new database gets: its name with the ending that the databases there have.
    pub fn fresh(&self, database: &str) -> Result<PathBuf> {
        let refuse = |problem: String, mend: &str| Error::Refused {
            problem,
            mend: mend.into(),
        };
        if database.is_empty()
            || database.starts_with(['.'])
            || database.starts_with("_maestro")
            || database.contains(['/', '\0'])
        {
            return Err(refuse(
                format!("{database:?} cannot be the name of a database file"),
                "choose a name without / that does not begin with . or _maestro",
            ));
        }
        match self {
            Place::File(file) if stem(file) == database => Ok(file.clone()),
            Place::File(file) => Err(refuse(
                format!("{} holds one database, {}", file.display(), stem(file)),
                "name its folder instead, or map the database to that name",
            )),
            Place::Folder(folder) => {
                let path = folder.join(format!("{database}.{}", self.extension()?));
                match path.symlink_metadata() {
                    Ok(_) => Err(refuse(
                        format!("{} exists and is no SQLite database", path.display()),
                        "move that file away",
                    )),
                    Err(_) => Ok(path),
                }
            }
        }
    }

    /// The usual ending there: told by the names where they have one of the known endings.
    fn extension(&self) -> Result<String> {
        let mut paths = files(self.folder())?;
        paths.retain(|path| has_extension(path) && !stem(path).starts_with(['.', '_']));
        if paths.is_empty() {
            paths = self.list()?.databases.into_values().collect();
        }
        let mut endings = BTreeMap::new();
        for ending in paths.iter().filter_map(|path| path.extension()) {
            *endings
                .entry(ending.to_string_lossy().into_owned())
                .or_insert(0) += 1;
        }
        let usual = endings.into_iter().max_by_key(|(_, files)| *files);
        Ok(usual.map_or("db".into(), |(ending, _)| ending))
    }
}

impl Listing {
    fn add(&mut self, folder: &Path, file: PathBuf) -> Result<()> {
        if kind(&file) == Kind::Other {
            return Ok(());
        }
        let name = stem(&file);
        let Ok(path) = file.canonicalize() else {
            return Ok(());
        };
        let alias = path != file && path.parent() == Some(folder);
        if name.starts_with('.') || name.starts_with("_maestro") || alias {
            self.hidden += 1;
            return Ok(());
        }
        match self.databases.insert(name.clone(), path) {
            None => Ok(()),
            Some(other) => Err(Error::Refused {
                problem: format!(
                    "two files are named {name}: {} and {}",
                    other.display(),
                    file.display()
                ),
                mend: "rename one of them, or name the file instead of its folder".into(),
            }),
        }
    }
}

/// What a file is called as a database.
pub fn stem(file: &Path) -> String {
    file.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| Error::File {
        action: "list the folder".into(),
        path: folder.display().to_string(),
        cause,
    };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn folder_of(path: &Path) -> std::io::Result<PathBuf> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.canonicalize(),
        _ => Path::new(".").canonicalize(),
    }
}

fn has_extension(path: &Path) -> bool {
    path.extension().is_some_and(|ending| {
        EXTENSIONS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

#[derive(PartialEq)]
enum Kind {
    Database,
    Other,
}

/// A database begins with SQLite's header; an empty file counts by its ending.
fn kind(path: &Path) -> Kind {
    let empty = path.metadata().is_ok_and(|metadata| metadata.len() == 0);
    let database = match empty {
        true => has_extension(path),
        false => header(path).is_some_and(|header| header.starts_with(MAGIC)),
    };
    if database {
        Kind::Database
    } else {
        Kind::Other
    }
}

/// Whether a file is in WAL mode and nothing waits in its log: a reader that may not write would leave the
/// log's files behind.
pub fn is_idle_wal(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let waits = Path::new(&log)
        .metadata()
        .is_ok_and(|metadata| metadata.len() > 0);
    !waits && header(path).is_some_and(|header| header.starts_with(MAGIC) && header[18] == 2)
}

fn header(path: &Path) -> Option<[u8; 20]> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    raw(&Connection::open_with_flags(path, flags).ok()?)
}

/// The first bytes of a connection's file as they are on the disk, whatever locks are held.
pub fn raw<const LENGTH: usize>(connection: &Connection) -> Option<[u8; LENGTH]> {
    let mut header = [0u8; LENGTH];
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the connection outlives `file`, which SQLite owns; `header` has the length that is passed.
    let read = unsafe {
        let found = ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast::<c_void>(),
        );
        if found != ffi::SQLITE_OK || file.is_null() || (*file).pMethods.is_null() {
            return None;
        }
        let read = (*(*file).pMethods).xRead?;
        read(file, header.as_mut_ptr().cast(), header.len() as c_int, 0)
    };
    (read == ffi::SQLITE_OK).then_some(header)
}
