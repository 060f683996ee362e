//! How each product speaks: the only code that knows the database drivers.
//!
//! An engine is one entry of [`ENGINES`] and a folder. What a plan or a run needs of a server goes through
//! the traits below, so neither ever learns a product's name.

pub mod backup;
pub mod dialect;
mod error;
mod guard;
pub mod kill;
mod mysql;
pub mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use error::{Cause, Error, Hop, Result};
pub use guard::Guard;

use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::{Catalog, Object, Table};
use crate::model::endpoint::Endpoint;
use crate::model::pace::{Compress, Room};
use crate::model::spelling::{Spelled, Wish};
use crate::model::survey::{Databases, Finding, Product, Role, SnapshotLevel, Survey, WritePath};
use crate::model::units::{Bytes, Rows};
use dialect::{Dialect, Script};

/// Every engine. Adding one is a module and a line here.
pub static ENGINES: &[&dyn Engine] = &[&mysql::MySql, &sqlite::Sqlite, &backup::Backup];

/// A product family.
#[async_trait]
pub trait Engine: Sync {
    /// The name that decides whether two sides may be synced: `mysql`, `sqlite`.
    fn name(&self) -> &'static str;
    /// The URL schemes that mean this engine, the usual one first, each with its default port.
    fn schemes(&self) -> &'static [(&'static str, Option<u16>)];
    async fn connect(
        &self,
        endpoint: &Endpoint,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Server>>;

    /// How its backups are spelled; None for an engine of which none are made.
    fn script(&self) -> Option<&'static dyn Script> {
        None
    }

    /// The SHA-256 fingerprint of the certificate that a server shows, whoever vouches for it; None where
    /// there is no such thing.
    async fn fingerprint(&self, _: &Endpoint, _: &ConnectOptions) -> Result<Option<String>> {
        Ok(None)
    }
}

/// How patient a connection is, and where an engine keeps what has no place on a server.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// For each hop of the login, and the deadline of a short statement.
    pub timeout: Duration,
    /// The state folder: the undos of database files lie below it.
    pub state: PathBuf,
    /// Whether rows are compressed on the wire.
    pub compress: Compress,
}

/// An open endpoint.
#[async_trait]
pub trait Server: Guard {
    fn product(&self) -> &Product;
    fn dialect(&self) -> &'static dyn Dialect;

    /// What tells this server from every other, the same through every address: plans and runs are bound to it.
    async fn identity(&self) -> Result<String>;

    /// What it has left for the workers of a copy.
    async fn room(&self) -> Result<Room> {
        Ok(Room::default())
    }

    /// What a status counter shows now: how busy the server is.
    ///
    /// # Errors
    /// [`Error::Refused`] where it has no such counter.
    async fn load(&self, counter: &str) -> Result<u64> {
        Err(Error::Refused {
            problem: format!("{} has no status counter {counter}", self.product()),
            mend: "leave --max-load out".into(),
        })
    }

    /// What keeps this account from its part of a copy inside the server: the source's locks and reads its
    /// tables, the target's reads them.
    async fn hindrances(&self, _source: &str, _role: Role) -> Result<Vec<Finding>> {
        Ok(Vec::new())
    }

    /// The databases that a user may pick.
    async fn databases(&self) -> Result<Databases>;

    /// Their names alone, sorted: that is quick, however much they hold.
    async fn names(&self) -> Result<Vec<String>> {
        let databases = self.databases().await?;
        Ok(databases.listed.into_iter().map(|it| it.name).collect())
    }

    /// What one database holds; None when there is no such database. A fixed number of round trips.
    async fn catalog(&self, database: &str) -> Result<Option<Catalog>>;

    /// The catalog and the facts that a plan is made from.
    async fn survey(&self, database: &str, role: Role) -> Result<Survey>;

    /// The source's catalog as this server, the target, takes and shows it.
    fn spell(&self, from: &Survey, _to: &Survey, _wish: Wish) -> Spelled {
        Spelled {
            catalog: from.catalog.clone().unwrap_or_default(),
            ..Spelled::default()
        }
    }

    /// A database's name as this server spells it, whether it is there or not.
    async fn spelled(&self, database: &str) -> Result<String> {
        Ok(database.to_string())
    }

    /// Whether `other` is this very server, reached whichever way.
    async fn is_same_server(&self, other: &dyn Server) -> Result<bool>;
    /// Takes a lock of this name for as long as the guard lives; part of [`Server::is_same_server`].
    async fn plant(&self, name: &str) -> Result<Box<dyn Send>>;
    /// Whether a lock of this name is held; part of [`Server::is_same_server`].
    async fn sees(&self, name: &str) -> Result<bool>;

    /// Opens up to `readers` readers on one moment of these tables.
    async fn snapshot(
        &self,
        database: &str,
        tables: &[Table],
        readers: usize,
    ) -> Result<Box<dyn Snapshot>>;

    /// Opens readers like [`Server::snapshot`], and locks these tables for writing until the snapshot is closed:
    /// for [`Loader::pull`].
    async fn locked(
        &self,
        _database: &str,
        _tables: &[Table],
        _readers: usize,
    ) -> Result<Box<dyn Snapshot>> {
        Err(inside(self.product()))
    }

    /// Takes the lock of one target database, settles what dead runs left of it, and opens its staging place.
    async fn target(&self, work: &TargetWork, opening: &Opening) -> Result<Box<dyn Target>>;

    /// What the target shows of a run: the truth about data, whatever a journal remembers.
    async fn shows(&self, run: &str, database: &str) -> Result<Shown>;

    /// The undos that are kept here, the newest first.
    async fn undos(&self) -> Result<Vec<Undo>>;

    /// The work of the run that left an undo, and what its tables looked like when it ended.
    async fn replaced(&self, undo: &Undo) -> Result<Replaced>;

    /// Drops an undo for good.
    async fn drop_undo(&self, undo: &Undo) -> Result<()>;

    /// Finishes, or takes back, a swap of this database in which a run died. A line for each.
    async fn settle(&self, _database: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Removes what dead runs left, except the staging of the runs in `keep`. A line for each removed thing.
    async fn prune(&self, keep: &[String]) -> Result<Vec<String>>;

    /// The rows of a statement that only reads; anything else is [`Error::Writes`].
    async fn query(&self, database: Option<&str>, sql: &str) -> Result<Answer>;
}

/// Readers that share one moment.
#[async_trait]
pub trait Snapshot: Send + Sync {
    fn level(&self) -> SnapshotLevel;

    /// Ranges of about `aim` rows that together are the whole table; one range where no key serves.
    async fn chunks(&self, reader: usize, table: &Table, aim: Rows) -> Result<Vec<Chunk>>;

    /// Sends the written columns of a chunk's rows, in batches of at most `limit`; returns how many rows were read.
    async fn read(
        &self,
        reader: usize,
        table: &Table,
        chunk: &Chunk,
        limit: BatchLimit,
        sink: mpsc::Sender<Batch>,
    ) -> Result<Rows>;

    async fn count(&self, reader: usize, table: &Table) -> Result<Rows>;

    /// The rows of several tables, in their order.
    async fn counts(&self, reader: usize, tables: &[&Table]) -> Result<Vec<Rows>> {
        let mut counts = Vec::new();
        for table in tables {
            counts.push(self.count(reader, table).await?);
        }
        Ok(counts)
    }

    /// Sends all rows of several tables, one table after the other, each batch with the table's position; returns how
    /// many rows of each were read.
    async fn read_each(
        &self,
        reader: usize,
        tables: &[&Table],
        limit: BatchLimit,
        sink: mpsc::Sender<(usize, Batch)>,
    ) -> Result<Vec<Rows>> {
        let mut counts = Vec::new();
        for (position, table) in tables.iter().enumerate() {
            let (own, mut batches) = mpsc::channel(1);
            let whole = Chunk::whole();
            let read = self.read(reader, table, &whole, limit, own);
            let pass = async {
                // Nobody listens any more: the reading ends with its own channel.
                while let Some(batch) = batches.recv().await {
                    if sink.send((position, batch)).await.is_err() {
                        break;
                    }
                }
                drop(batches);
            };
            let (read, ()) = futures::future::join(read, pass).await;
            counts.push(read?);
        }
        Ok(counts)
    }

    /// Whether its rows can never change: what was staged of them once stays right.
    fn is_fixed(&self) -> bool {
        false
    }

    /// The file that is read, where it may be read beside: what [`Loader::draw`] copies from.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Whether nobody has written to that file since the moment began: what is read of it now is the moment.
    async fn is_still(&self) -> bool {
        false
    }

    /// The digest of the rows of a chunk.
    async fn digest(&self, reader: usize, table: &Table, chunk: &Chunk) -> Result<Digest>;

    /// Where counters stand that are no rows: those of the sequences among `objects`, and of the tables. Each by the
    /// name that [`Target::count_on`] and the `options` of a catalog know.
    async fn counters(&self, _objects: &[Object]) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    /// Ends the snapshot. Returns the level that held to the end: tables outside transactions, changed
    /// meanwhile, make it inconsistent.
    async fn close(&self) -> Result<SnapshotLevel>;
}

/// How large a batch may grow: it is full when either bound is reached.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimit {
    pub rows: Rows,
    pub bytes: Bytes,
}

/// How a target is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Staging is made anew; the staging of an earlier, unfinished run of this database goes.
    Fresh,
    /// The staging of this very run is taken up again, or what it swapped is settled. Its dead predecessor is
    /// waited for.
    Resume,
    /// The tables that an earlier run replaced are the staging: nothing is loaded, they go live again.
    Undo(Undo),
}

/// What a target shows of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// No trace.
    Nothing,
    /// Staging is there, the live tables are the old ones.
    Staging,
    /// The staged tables are live; what follows the swap may be undone or half done.
    Swapped,
    /// The run came to its end here; its undo is kept.
    Kept,
}

/// The tables that a run replaced, kept as the way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The id of the run that left it.
    pub run: String,
    pub database: String,
    /// The place of the old tables: a database on the server, or a file.
    pub place: String,
    /// When it was left: seconds since 1970, UTC, by the server's clock.
    pub made: i64,
    pub tables: usize,
    pub bytes: Bytes,
}

/// What a run did, for taking it back.
#[derive(Clone, Debug)]
pub struct Replaced {
    pub work: TargetWork,
    /// Tables that were written since the run ended, each with how that is known.
    pub written: Vec<(String, String)>,
}

/// What a run will do to one target database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetWork {
    /// The run's id, a UUIDv7: it names what is made on the server.
    pub run: String,
    pub database: String,
    /// The character set and collation of a database that is made new.
    pub charset: Option<String>,
    pub collation: Option<String>,
    /// The source's catalog: what is copied from.
    pub source: Catalog,
    /// The target's catalog as it was planned against; None when the database is made new.
    pub before: Option<Catalog>,
    /// The tables that go live, by name.
    pub tables: Vec<String>,
    /// Tables that leave the target.
    pub removed: Vec<String>,
    /// Objects that are made or replaced, in order.
    pub objects: Vec<Object>,
    /// Objects that leave the target.
    pub dropped: Vec<Object>,
    /// Whether the database itself goes, once its tables are aside: a run that made it is taken back.
    pub vanishes: bool,
    /// How rows are written; None is the way that the target likes best.
    #[serde(default)]
    pub path: Option<WritePath>,
}

/// A table in staging, as far as it was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct StagedTable {
    pub name: String,
    /// All ranges of the table; empty when it was not cut yet.
    pub chunks: Vec<StagedChunk>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StagedChunk {
    pub chunk: Chunk,
    /// The rows that were committed; None when the chunk was not.
    pub rows: Option<Rows>,
}

/// What is written beside a chunk's rows, in the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    pub table: &'a Table,
    /// The number of the chunk within its table, from 0.
    pub number: usize,
    pub chunk: &'a Chunk,
    pub rows: Rows,
}

/// One target database during one run: staging first, live at [`Target::swap`].
///
/// Until `swap` nothing that was there before is touched. Dropping a `Target` without `finish` or `discard`
/// leaves its staging for a resume.
#[async_trait]
pub trait Target: Send + Sync {
    /// What the sweep removed, a line each.
    fn swept(&self) -> &[String];
    /// The tables that are in staging already, with their marks: empty unless the run is resumed.
    async fn staged(&self) -> Result<Vec<StagedTable>>;
    /// Makes an empty table in staging, in the place of one that may be there.
    async fn create(&self, table: &Table) -> Result<()>;
    /// Makes several. What the target does not take is told of all of them at once.
    async fn create_all(&self, tables: &[&Table]) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for table in tables {
            findings.extend(refused(self.create(table).await)?);
        }
        Ok(findings)
    }
    /// Remembers the ranges of a table that has several, before the first of them is loaded.
    async fn cut(&self, table: &Table, chunks: &[Chunk]) -> Result<()>;
    /// The rows that the mark of a chunk tells: None when it was never committed (E06).
    async fn committed(&self, table: &Table, number: usize) -> Result<Option<Rows>>;
    /// One more writer into staging; `lane` is its number, from 0.
    async fn loader(&self, lane: usize) -> Result<Box<dyn Loader>>;
    /// Brings the staged counters to where [`Snapshot::counters`] found the source's, once all rows are there.
    async fn count_on(&self, _counters: &[(String, String)]) -> Result<()> {
        Ok(())
    }
    /// Adds what waits for all rows: foreign keys. Refuses where a kept table would lose its parent rows.
    async fn complete(&self) -> Result<()>;
    /// Makes the staged tables live, all at one moment.
    async fn swap(&self) -> Result<()>;
    /// Drops and makes the objects of the work, and the foreign keys that cross its border; returns what failed, by
    /// its title, each with its cause.
    async fn objects(&self) -> Result<Vec<(String, Error)>>;
    /// Keeps what the swap replaced as the undo of the run, drops undos of this database beyond `keep`, and
    /// removes the marks. With `keep` 0 nothing is kept. Returns the undo.
    async fn finish(&self, keep: usize) -> Result<Option<Undo>>;
    /// Removes staging; a database that was made new goes too.
    async fn discard(&self) -> Result<()>;
    /// Ends what the loaders are doing, as they would not hear of it before their statements end.
    async fn halt(&self) -> Result<()> {
        Ok(())
    }
    /// Gives the lock back and leaves staging for a resume.
    async fn leave(&self) -> Result<()>;
}

/// A refusal as what is found of a table; any other error stays one.
fn refused(made: Result<()>) -> Result<Option<Finding>> {
    match made {
        Ok(()) => Ok(None),
        Err(Error::Refused { problem, mend }) => Ok(Some(Finding { problem, mend })),
        Err(error) => Err(error),
    }
}

/// Writes rows into staging. Rows between `begin` and `commit` become visible together.
#[async_trait]
pub trait Loader: Send {
    async fn begin(&mut self) -> Result<()>;
    /// Returns the number of rows that the server says it took.
    async fn load(&mut self, table: &Table, batch: &Batch) -> Result<Rows>;
    /// Copies the rows of a chunk from a database of the same server, under [`Server::locked`]; returns how many the
    /// server says it took.
    async fn pull(
        &mut self,
        _database: &str,
        _from: &Table,
        to: &Table,
        _chunk: &Chunk,
    ) -> Result<Rows> {
        Err(Error::Refused {
            problem: format!("rows of {} cannot be copied inside the server", to.name),
            mend: "leave --in-server out".into(),
        })
    }
    /// Copies the rows of a chunk straight from the snapshot's file; part of the transaction. Returns how many rows
    /// the database took and how many bytes they fill; None where it cannot be done, and nothing was.
    async fn draw(
        &mut self,
        _snapshot: &dyn Snapshot,
        _from: &Table,
        _to: &Table,
        _chunk: &Chunk,
    ) -> Result<Option<(Rows, Bytes)>> {
        Ok(None)
    }
    /// Removes the rows of a chunk that an earlier try may have left; part of the transaction.
    async fn clear(&mut self, table: &Table, chunk: &Chunk) -> Result<()>;
    /// Writes the marks and commits. When the connection is lost meanwhile, only [`Target::committed`] knows.
    async fn commit(&mut self, marks: &[Mark<'_>]) -> Result<()>;
    async fn rollback(&mut self) -> Result<()>;
    /// Takes the keys off an empty table that are better built when its rows are there.
    async fn defer_keys(&mut self, _: &Table) -> Result<()> {
        Ok(())
    }
    /// The keys that a table lacks in staging: also an earlier try may have taken them off.
    async fn missing_keys(&mut self, _: &Table) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// Builds what [`Loader::missing_keys`] has found.
    async fn build_keys(&mut self, _: &Table, _keys: &[String]) -> Result<()> {
        Ok(())
    }
    /// The staged rows of several tables, in their order.
    async fn counts(&mut self, tables: &[&Table]) -> Result<Vec<Rows>>;
    /// The digest of the staged rows of a chunk.
    async fn digest(&mut self, table: &Table, chunk: &Chunk) -> Result<Digest>;
}

/// The rows of a query, streamed.
pub struct Answer {
    pub columns: Vec<String>,
    /// A cell is None for NULL, else the bytes that the server prints.
    pub rows: mpsc::Receiver<Result<Vec<Option<Vec<u8>>>>>,
}

fn inside(product: &Product) -> Error {
    Error::Refused {
        problem: format!("{} cannot copy rows by itself", product.flavour),
        mend: "leave --in-server out".into(),
    }
}

/// The engine that a URL scheme means.
pub fn engine(scheme: &str) -> Option<&'static dyn Engine> {
    ENGINES
        .iter()
        .copied()
        .find(|engine| engine.schemes().iter().any(|(known, _)| *known == scheme))
}

/// All URL schemes with their default ports.
pub fn schemes() -> Vec<(&'static str, Option<u16>)> {
    ENGINES
        .iter()
        .flat_map(|engine| engine.schemes())
        .copied()
        .collect()
}

/// The fingerprint of the certificate that a server shows; None where it cannot be had.
pub async fn fingerprint(endpoint: &Endpoint, options: &ConnectOptions) -> Option<String> {
    engine(endpoint.address.scheme())?
        .fingerprint(endpoint, options)
        .await
        .ok()?
}

/// Opens an endpoint.
///
/// # Errors
/// [`Error::Connect`] names the hop that failed.
pub async fn open(endpoint: &Endpoint, options: &ConnectOptions) -> Result<Box<dyn Server>> {
    let scheme = endpoint.address.scheme();
    let engine = engine(scheme).ok_or_else(|| Error::Refused {
        problem: format!("{scheme} is no known kind of database"),
        mend: format!(
            "known: {}",
            schemes()
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    })?;
    engine.connect(endpoint, options).await
}
