//! How each product speaks: the only code that knows the database drivers.
//!
//! An engine is one entry of [`ENGINES`] and a folder. What a plan or a run needs of a server goes through
//! the traits below, so neither ever learns a product's name.

pub mod backup;
pub mod dialect;
mod error;
mod mysql;
pub mod sqlite;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

pub use error::{Cause, Error, Hop, Result};

use crate::model::batch::{Batch, Chunk, Digest};
use crate::model::catalog::{Catalog, Object, Table};
use crate::model::endpoint::Endpoint;
use crate::model::survey::{Databases, Product, Role, SnapshotLevel, Survey};
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

/// How patient a connection is.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// For each hop of the login, and the deadline of a short statement.
    pub timeout: Duration,
}

/// An open endpoint.
#[async_trait]
pub trait Server: Send + Sync {
    fn product(&self) -> &Product;
    fn dialect(&self) -> &'static dyn Dialect;

    /// What tells this server from every other, the same through every address: plans and runs are bound to it.
    async fn identity(&self) -> Result<String>;

    /// The databases that a user may pick.
    async fn databases(&self) -> Result<Databases>;

    /// What one database holds; None when there is no such database. A fixed number of round trips.
    async fn catalog(&self, database: &str) -> Result<Option<Catalog>>;

    /// The catalog and the facts that a plan is made from.
    async fn survey(&self, database: &str, role: Role) -> Result<Survey>;

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

    /// Takes the lock of one target database, sweeps what dead runs left behind and makes the staging place.
    async fn target(&self, work: &TargetWork) -> Result<Box<dyn Target>>;

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
    async fn digest(&self, reader: usize, table: &Table) -> Result<Digest>;

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

/// What a run will do to one target database.
#[derive(Clone, Debug)]
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
}

/// One target database during one run: staging first, live at [`Target::swap`].
///
/// Until `swap` nothing that was there before is touched. Dropping a `Target` without `finish` or `discard`
/// leaves its staging for the next run's sweep.
#[async_trait]
pub trait Target: Send + Sync {
    /// What the sweep removed, a line each.
    fn swept(&self) -> &[String];
    /// Makes an empty table in staging.
    async fn create(&self, table: &Table) -> Result<()>;
    /// One more writer into staging.
    async fn loader(&self) -> Result<Box<dyn Loader>>;
    /// Adds what waits for all rows: foreign keys. Refuses where a kept table would lose its parent rows.
    async fn complete(&self) -> Result<()>;
    async fn count(&self, table: &Table) -> Result<Rows>;
    /// The digest of a staged table.
    async fn digest(&self, table: &Table) -> Result<Digest>;
    /// Makes the staged tables live, all at one moment.
    async fn swap(&self) -> Result<()>;
    /// Drops and makes the objects of the work; returns those that failed, each with its cause.
    async fn objects(&self) -> Result<Vec<(Object, Error)>>;
    /// Removes what the swap replaced, and the marks.
    async fn finish(&self) -> Result<()>;
    /// Removes staging; a database that was made new goes too.
    async fn discard(&self) -> Result<()>;
}

/// Writes rows into staging. Rows between `begin` and `commit` become visible together.
#[async_trait]
pub trait Loader: Send {
    async fn begin(&mut self) -> Result<()>;
    /// Returns the number of rows that the server says it took.
    async fn load(&mut self, table: &Table, batch: &Batch) -> Result<Rows>;
    async fn commit(&mut self) -> Result<()>;
    async fn rollback(&mut self) -> Result<()>;
}

/// The rows of a query, streamed.
pub struct Answer {
    pub columns: Vec<String>,
    /// A cell is None for NULL, else the bytes that the server prints.
    pub rows: mpsc::Receiver<Result<Vec<Option<Vec<u8>>>>>,
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
