//! One target database during one run.
//!
//! All loaders share one connection to the staging file, as SQLite has one writer anyway; a gate keeps the
//! transaction of one apart from those of the others.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::Mutex as Gate;

use super::loader::{self, Writer};
use super::lock::{self, Lock};
use super::place::{self, Place};
use super::staging::{self, Way};
use super::worker::{self, Worker};
use super::{catalog, cells, publish, statement, swap};
use crate::engines::{Error, Loader, Result, Target, TargetWork};
use crate::model::batch::Digest;
use crate::model::catalog::{Object, Table};
use crate::model::units::Rows;

pub struct Replica {
    work: Arc<TargetWork>,
    way: Way,
    live: PathBuf,
    staging: PathBuf,
    /// The mode that a new database's file gets.
    mode: u32,
    /// The state of the live schema when the run began.
    schema: i64,
    worker: Arc<Worker>,
    gate: Arc<Gate<()>>,
    lock: Mutex<Option<Lock>>,
    swept: Vec<String>,
    failed: Mutex<Vec<(Object, Error)>>,
}

/// What is known before the staging file is opened.
struct Ground {
    way: Way,
    live: PathBuf,
    staging: PathBuf,
    settings: Vec<(String, String)>,
    schema: i64,
    lock: Lock,
    swept: Vec<String>,
}

impl Replica {
    pub async fn open(place: Place, work: TargetWork) -> Result<Replica> {
        let work = Arc::new(work);
        let ground = {
            let work = work.clone();
            worker::blocking(move || prepare(&place, &work)).await?
        };
        let (sender, mode) = std::sync::mpsc::sync_channel(1);
        let (path, settings) = (ground.staging.clone(), ground.settings);
        let worker = Worker::open(move || {
            let (connection, mode) = staging::make(&path, &settings)?;
            let _ = sender.send(mode);
            Ok(connection)
        })
        .await?;
        Ok(Replica {
            work,
            way: ground.way,
            live: ground.live,
            staging: ground.staging,
            schema: ground.schema,
            mode: mode.try_recv().unwrap_or(0o600),
            worker: Arc::new(worker),
            gate: Arc::default(),
            lock: Mutex::new(Some(ground.lock)),
            swept: ground.swept,
            failed: Mutex::default(),
        })
    }

    /// Does something with the staging file while no loader is within a transaction.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.gate.lock().await;
        self.worker
            .call(move |connection| {
                loader::roll_back(connection)?;
                work(connection)
            })
            .await
    }

    fn keep(&self, failed: Vec<(Object, Error)>) {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(failed);
    }

    async fn end(&self) -> Result<()> {
        self.worker.call(publish::release).await?;
        let staging = self.staging.clone();
        let lock = self
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        worker::blocking(move || {
            let removed = lock::remove(&staging);
            if let Some(lock) = lock {
                lock.release();
            }
            removed.map_err(|cause| Error::File {
                action: "remove the staging file".into(),
                path: staging.display().to_string(),
                cause,
            })
        })
        .await
    }
}

/// Takes the lock, sweeps, and reads what the staging file must fit to.
fn prepare(place: &Place, work: &TargetWork) -> Result<Ground> {
    let way = Way::of(work);
    let live = match (place.find(&work.database)?, way) {
        (Some(path), Way::New) => return Err(moved(&path.display().to_string(), "has appeared")),
        (Some(path), _) => path,
        (None, Way::New) => place.fresh(&work.database)?,
        (None, _) => return Err(moved(&work.database, "is gone")),
    };
    let folder = live.parent().unwrap_or(place.folder()).to_path_buf();
    let name = place::stem(&live);
    let lock = Lock::take(&folder, &name)?;
    let swept = lock::sweep(&folder, &name)?;
    let (settings, schema) = settings(&live, work, way)?;
    Ok(Ground {
        settings,
        schema,
        staging: lock::staging(&folder, &work.run, &name),
        way,
        live,
        lock,
        swept,
    })
}

fn moved(what: &str, how: &str) -> Error {
    Error::Refused {
        problem: format!("{what} {how} since the plan was made"),
        mend: "plan again".into(),
    }
}

/// The source's settings, but where the live file cannot change: tables that are moved into it share its
/// encoding, and the page size of a file in WAL mode is fixed. With them the state of the live schema.
fn settings(
    live: &std::path::Path,
    work: &TargetWork,
    way: Way,
) -> Result<(Vec<(String, String)>, i64)> {
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

#[async_trait]
impl Target for Replica {
    fn swept(&self) -> &[String] {
        &self.swept
    }

    async fn create(&self, table: &Table) -> Result<()> {
        let table = table.clone();
        self.apart(move |connection| {
            connection
                .execute_batch(staging::bare(&table))
                .map_err(|cause| {
                    statement(format!("make the table {} in staging", table.name), cause)
                })
        })
        .await
    }

    async fn staged(&self) -> Result<Vec<crate::engines::StagedTable>> {
        Ok(Vec::new())
    }

    async fn cut(&self, _: &Table, _: &[crate::model::batch::Chunk]) -> Result<()> {
        Ok(())
    }

    async fn committed(&self, _: &Table, _: usize) -> Result<Option<Rows>> {
        Ok(None)
    }

    async fn leave(&self) -> Result<()> {
        self.end().await
    }

    async fn loader(&self, _: usize) -> Result<Box<dyn Loader>> {
        Ok(Box::new(Writer::new(
            self.worker.clone(),
            self.gate.clone(),
        )))
    }

    async fn complete(&self) -> Result<()> {
        let (work, way) = (self.work.clone(), self.way);
        let failed = self
            .apart(move |connection| staging::complete(connection, &work, way))
            .await?;
        self.keep(failed);
        Ok(())
    }

    async fn count(&self, table: &Table) -> Result<Rows> {
        let table = table.clone();
        self.worker
            .call(move |connection| {
                cells::count(connection, &table).map_err(|cause| staged(&table, cause))
            })
            .await
    }

    async fn digest(&self, table: &Table, _: &crate::model::batch::Chunk) -> Result<Digest> {
        let table = table.clone();
        self.worker
            .call(move |connection| {
                cells::digest(connection, &table).map_err(|cause| staged(&table, cause))
            })
            .await
    }

    async fn swap(&self) -> Result<()> {
        let (live, staging, mode) = (self.live.clone(), self.staging.clone(), self.mode);
        let (way, work, schema) = (self.way, self.work.clone(), self.schema);
        let failed = self
            .apart(move |connection| match way {
                Way::New => {
                    publish::publish(connection, &staging, &live, &work, mode).map(|()| Vec::new())
                }
                Way::Mirror => swap::mirror(connection, &live, schema).map(|()| Vec::new()),
                Way::Chosen => swap::replace(&live, &staging, &work, schema),
            })
            .await?;
        self.keep(failed);
        Ok(())
    }

    /// They went live with the tables.
    async fn objects(&self) -> Result<Vec<(Object, Error)>> {
        Ok(std::mem::take(
            &mut *self.failed.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    async fn finish(&self, _: usize) -> Result<Option<crate::engines::Undo>> {
        self.end().await.map(|()| None)
    }

    async fn discard(&self) -> Result<()> {
        self.end().await
    }
}

fn staged(table: &Table, cause: rusqlite::Error) -> Error {
    statement(format!("read the table {} in staging", table.name), cause)
}
