//! An open place: what it holds, and what can be done there.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use rusqlite::Connection;

use super::place::Place;
use super::probe::Probe;
use super::snapshot::Moment;
use super::target::Replica;
use super::worker::{self, Worker};
use super::{Spelling, catalog, query, settle, undo};
use crate::engines::dialect::Dialect;
use crate::engines::{
    Answer, Error, Opening, Replaced, Result, Server, Shown, Snapshot, Target, TargetWork, Undo,
};
use crate::model::catalog::{Catalog, ObjectKind, Table};
use crate::model::endpoint::nearest;
use crate::model::survey::{DatabaseSummary, Databases, Finding, Product, Role, Survey};
use crate::model::units::{Bytes, Rows, counted};

/// A folder of databases, or one.
pub struct Files {
    place: Place,
    /// Where undos are kept.
    state: PathBuf,
    product: Product,
}

impl Files {
    pub async fn open(path: &Path, state: &Path) -> Result<Files> {
        let path = path.to_path_buf();
        Ok(Files {
            state: state.to_path_buf(),
            place: worker::blocking(move || Place::open(&path)).await?,
            product: Product {
                engine: "sqlite".into(),
                flavour: "SQLite".into(),
                version: rusqlite::version().into(),
            },
        })
    }

    pub(super) async fn with_place<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self.place.clone();
        worker::blocking(move || work(&place)).await
    }

    async fn with_state<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let state = self.state.clone();
        self.with_place(move |place| work(place, &state)).await
    }

    async fn find(&self, database: &str) -> Result<Option<PathBuf>> {
        let name = database.to_string();
        self.with_place(move |place| place.find(&name)).await
    }

    /// # Errors
    /// [`Error::NoDatabase`] with the nearest name.
    async fn file(&self, database: &str) -> Result<PathBuf> {
        let name = database.to_string();
        self.with_place(move |place| match place.find(&name)? {
            Some(path) => Ok(path),
            None => Err(Error::NoDatabase {
                near: nearest(&name, place.list()?.databases.keys().map(String::as_str)),
                database: name,
            }),
        })
        .await
    }

    /// What keeps a database from being written.
    async fn obstacles(&self, database: &str, file: Option<PathBuf>) -> Result<Vec<Finding>> {
        let name = database.to_string();
        self.with_place(move |place| {
            let folder = file
                .as_deref()
                .and_then(Path::parent)
                .unwrap_or(place.folder());
            let mut findings = Vec::from_iter(folder_finding(folder));
            findings.extend(match &file {
                Some(file) => file_finding(file),
                None => name_finding(place, &name),
            });
            Ok(findings)
        })
        .await
    }
}

#[async_trait]
impl Server for Files {
    fn product(&self) -> &Product {
        &self.product
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &Spelling
    }

    /// The folder or the file, whatever links lead to it.
    async fn identity(&self) -> Result<String> {
        self.with_place(|place| {
            let path = match place {
                Place::File(file) => file,
                Place::Folder(folder) => folder,
            };
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            Ok(real.display().to_string())
        })
        .await
    }

    async fn databases(&self) -> Result<Databases> {
        let listing = self.with_place(Place::list).await?;
        let mut listed = Vec::new();
        for (name, path) in listing.databases {
            listed.push(match inspect(&path, &name).await {
                Ok(catalog) => summary(&catalog, &path),
                Err(error) => unreadable(name, &path, &error),
            });
        }
        Ok(Databases {
            listed,
            hidden: listing.hidden,
        })
    }

    async fn catalog(&self, database: &str) -> Result<Option<Catalog>> {
        match self.find(database).await? {
            Some(path) => inspect(&path, database).await.map(Some),
            None => Ok(None),
        }
    }

    async fn survey(&self, database: &str, role: Role) -> Result<Survey> {
        let path = self.find(database).await?;
        let mut findings = match role {
            Role::Source => Vec::new(),
            Role::Target => self.obstacles(database, path.clone()).await?,
        };
        let catalog = match &path {
            None => None,
            Some(path) => match inspect(path, database).await {
                Ok(catalog) => Some(catalog),
                Err(error) => {
                    findings.push(Finding {
                        problem: format!("{} cannot be read: {}", path.display(), error.full()),
                        mend: "check the file with: PRAGMA integrity_check".into(),
                    });
                    None
                }
            },
        };
        Ok(Survey {
            product: self.product.clone(),
            database: database.to_string(),
            catalog,
            collations: Default::default(),
            findings,
            unseen: None,
            facts: Default::default(),
            write_paths: Vec::new(),
        })
    }

    async fn is_same_server(&self, other: &dyn Server) -> Result<bool> {
        let name = uuid::Uuid::now_v7().to_string();
        if let Ok(_planted) = self.plant(&name).await {
            return other.sees(&name).await;
        }
        // A folder that cannot be written: ask from the other side.
        match other.plant(&name).await {
            Ok(_planted) => self.sees(&name).await,
            Err(_) => Ok(false),
        }
    }

    /// A hidden file in the folder; every alias of the folder, and of a file in it, leads to it.
    async fn plant(&self, name: &str) -> Result<Box<dyn Send>> {
        let name = name.to_string();
        let probe = self
            .with_place(move |place| Probe::plant(place, &name))
            .await?;
        Ok(Box::new(probe))
    }

    async fn sees(&self, name: &str) -> Result<bool> {
        let name = name.to_string();
        self.with_place(move |place| Ok(Probe::shows(place, &name)))
            .await
    }

    async fn snapshot(&self, database: &str, _: &[Table], _: usize) -> Result<Box<dyn Snapshot>> {
        let path = self.file(database).await?;
        Ok(Box::new(Moment::open(path).await?))
    }

    async fn target(&self, work: &TargetWork, opening: &Opening) -> Result<Box<dyn Target>> {
        let (place, state) = (self.place.clone(), self.state.clone());
        let replica = Replica::open(place, state, work.clone(), opening.clone()).await?;
        Ok(Box::new(replica))
    }

    async fn shows(&self, run: &str, database: &str) -> Result<Shown> {
        let (run, database) = (run.to_string(), database.to_string());
        self.with_state(move |place, state| settle::shows(place, state, &run, &database))
            .await
    }

    async fn undos(&self) -> Result<Vec<Undo>> {
        let kept = self
            .with_state(|place, state| undo::all(state, place))
            .await?;
        Ok(kept.into_iter().map(|kept| kept.undo).collect())
    }

    async fn replaced(&self, undo: &Undo) -> Result<Replaced> {
        let undo = undo.clone();
        self.with_state(move |place, state| {
            settle::replaced(&undo::expect(state, place, &undo)?, state)
        })
        .await
    }

    async fn drop_undo(&self, undo: &Undo) -> Result<()> {
        let undo = undo.clone();
        self.with_state(move |place, state| {
            let kept = undo::expect(state, place, &undo)?;
            undo::discard(state, &kept.note)
        })
        .await
    }

    async fn prune(&self, keep: &[String]) -> Result<Vec<String>> {
        let keep = keep.to_vec();
        self.with_state(move |place, state| settle::prune(place, state, &keep))
            .await
    }

    async fn query(&self, database: Option<&str>, sql: &str) -> Result<Answer> {
        let path = match (database, &self.place) {
            (Some(database), _) => Some(self.file(database).await?),
            (None, Place::File(file)) => Some(file.clone()),
            (None, Place::Folder(_)) => None,
        };
        query::ask(path, sql).await
    }
}

async fn inspect(path: &Path, database: &str) -> Result<Catalog> {
    let (path, name) = (path.to_path_buf(), database.to_string());
    let worker = Worker::open(move || worker::reader(&path)).await?;
    let catalog = worker
        .call(move |connection| catalog::read(connection, &name))
        .await;
    worker.close().await;
    catalog
}

fn summary(catalog: &Catalog, path: &Path) -> DatabaseSummary {
    let keyless = catalog
        .tables
        .iter()
        .filter(|table| table.key().is_none())
        .count();
    let virtuals = catalog
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::VirtualTable)
        .count();
    let is_wal = catalog
        .options
        .iter()
        .any(|(name, value)| name == "journal_mode" && value == "wal");
    let mut flags = Vec::new();
    if keyless > 0 {
        flags.push(format!("{} without key", counted(keyless, "table")));
    }
    if virtuals > 0 {
        flags.push(counted(virtuals, "virtual table"));
    }
    if is_wal {
        flags.push("WAL".into());
    }
    DatabaseSummary {
        name: catalog.database.clone(),
        tables: catalog.tables.len(),
        rows: catalog.size().0,
        bytes: size(path),
        flags,
    }
}

fn unreadable(name: String, path: &Path, error: &Error) -> DatabaseSummary {
    DatabaseSummary {
        name,
        tables: 0,
        rows: Rows(0),
        bytes: size(path),
        flags: vec![format!("cannot be read: {}", error.full())],
    }
}

fn size(path: &Path) -> Bytes {
    Bytes(path.metadata().map_or(0, |metadata| metadata.len()))
}

fn folder_finding(folder: &Path) -> Option<Finding> {
    Probe::try_folder(folder).err().map(|error| Finding {
        problem: format!(
            "the folder {} cannot be written: {}",
            folder.display(),
            error.full()
        ),
        mend: format!("chmod u+w {}", folder.display()),
    })
}

fn name_finding(place: &Place, name: &str) -> Option<Finding> {
    match place.fresh(name) {
        Err(Error::Refused { problem, mend }) => Some(Finding { problem, mend }),
        _ => None,
    }
}

fn file_finding(file: &Path) -> Option<Finding> {
    let mend = || format!("chmod u+w {}", file.display());
    let is_marked = file
        .metadata()
        .is_ok_and(|metadata| metadata.permissions().readonly());
    let opened = worker::writer(file);
    let is_closed = match &opened {
        Ok(connection) => is_readonly(connection),
        Err(_) => true,
    };
    (is_marked || is_closed).then(|| Finding {
        problem: format!("{} is read-only", file.display()),
        mend: mend(),
    })
}

fn is_readonly(connection: &Connection) -> bool {
    connection.is_readonly("main").unwrap_or(true)
}
