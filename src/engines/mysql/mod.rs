//! The MySQL family: MariaDB and MySQL are flavours of one engine, told apart by product and version.
//!
//! Rows go from the text protocol of the source into prepared statements of the target as bytes, never decoded. The one rule: names are quoted by `dialect::quote`, values are hex
//! literals or bound; nothing else is formatted into SQL.

mod bent;
mod catalog;
mod chunks;
mod definers;
mod definition;
mod dialect;
mod drawing;
mod facts;
mod fold;
mod grants;
mod guard;
mod history;
mod inside;
mod link;
mod loader;
mod marks;
mod objects;
mod outside;
mod qualifiers;
mod query;
mod reading;
mod script;
mod sequences;
mod session;
mod snapshot;
mod spell;
mod swap;
mod target;
mod tokens;
mod typed;
mod undo;
mod watch;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::dialect::{Dialect, Script};
use super::{
    Answer, ConnectOptions, Engine, Opening, Replaced, Result, Server, Shown, Snapshot, Target,
    TargetWork, Undo,
};
use crate::model::catalog::{Catalog, Table};
use crate::model::endpoint::{Address, Endpoint, nearest};
use crate::model::pace::{Compress, Room};
use crate::model::spelling::{Spelled, Wish};
use crate::model::survey::{DatabaseSummary, Databases, Finding, Product, Role, Survey, WritePath};
use crate::model::units::{Bytes, Rows, counted};
use dialect::text;
use grants::Grants;
pub(super) use session::is_transient;
use session::{Purpose, Session};

/// The databases that belong to the server itself.
const SYSTEM: &[&str] = &[
    "mysql",
    "information_schema",
    "performance_schema",
    "sys",
    "ndbinfo",
];

pub struct MySql;

#[async_trait]
impl Engine for MySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn schemes(&self) -> &'static [(&'static str, Option<u16>)] {
        &[("mysql", Some(3306)), ("mariadb", Some(3306))]
    }

    async fn connect(
        &self,
        endpoint: &Endpoint,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Server>> {
        let place = Place {
            endpoint: endpoint.clone(),
            options: options.clone(),
            is_slow: Arc::default(),
        };
        let mut session = place.open(Purpose::Definitions).await?;
        let version = session.rows("read the version", "SELECT VERSION()").await?;
        let flavour = Flavour::read(&version.first().map(|row| row.text(0)).unwrap_or_default());
        facts::prepare(&mut session).await?;
        let product = Product {
            engine: "mysql".into(),
            flavour: flavour.name().into(),
            version: flavour.text.clone(),
        };
        Ok(Box::new(MySqlServer {
            place,
            flavour,
            product,
            session: Mutex::new(session),
        }))
    }

    fn script(&self) -> Option<&'static dyn Script> {
        Some(&dialect::MySqlDialect)
    }

    async fn fingerprint(
        &self,
        endpoint: &Endpoint,
        options: &ConnectOptions,
    ) -> Result<Option<String>> {
        let Address::Network(network) = &endpoint.address else {
            return Ok(None);
        };
        let shown = wire::fingerprint(network, options.timeout).await;
        shown
            .map(Some)
            .map_err(|cause| super::Error::statement("read the server's certificate", cause))
    }
}

/// Where to connect, as often as needed.
#[derive(Clone)]
pub(super) struct Place {
    endpoint: Endpoint,
    options: ConnectOptions,
    /// Whether the link is slow, once that was measured.
    is_slow: Arc<OnceCell<bool>>,
}

impl Place {
    async fn open(&self, purpose: Purpose) -> Result<Session> {
        let compress = match (purpose, self.options.compress) {
            (Purpose::Definitions, _) | (_, Compress::Off) => false,
            (_, Compress::On) => true,
            (_, Compress::Auto) => self.is_slow().await?,
        };
        Session::open(&self.endpoint, &self.options, purpose, compress).await
    }

    /// A socket is never slow. Behind a port of this machine may be a tunnel to another one.
    async fn is_slow(&self) -> Result<bool> {
        let is_socket = match &self.endpoint.address {
            Address::Network(network) => network.socket.is_some(),
            _ => false,
        };
        let measured = async {
            if is_socket {
                return Ok(false);
            }
            let mut session = Box::pin(self.open(Purpose::Definitions)).await?;
            let is_slow = link::is_slow(&mut session).await;
            session.close().await;
            is_slow
        };
        self.is_slow.get_or_try_init(|| measured).await.copied()
    }
}

/// Product and version of a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flavour {
    mariadb: bool,
    text: String,
}

impl Flavour {
    /// From what `VERSION()` says: `10.11.6-MariaDB-0+deb12u1-log`, `8.4.3`.
    fn read(version: &str) -> Flavour {
        let text = version.split('-').next().unwrap_or_default().to_string();
        Flavour {
            mariadb: version.to_lowercase().contains("mariadb"),
            text,
        }
    }

    fn name(&self) -> &'static str {
        if self.mariadb { "MariaDB" } else { "MySQL" }
    }
}

/// An open server. Its one session serves short questions; copies open their own.
pub struct MySqlServer {
    place: Place,
    flavour: Flavour,
    product: Product,
    session: Mutex<Session>,
}

#[async_trait]
impl Server for MySqlServer {
    fn product(&self) -> &Product {
        &self.product
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &dialect::MySqlDialect
    }

    /// MySQL has an id of its own; MariaDB is known by its host, port and data folder.
    async fn identity(&self) -> Result<String> {
        let sql = match self.flavour.mariadb {
            true => "SELECT CONCAT_WS(':', @@hostname, @@port, @@datadir)",
            false => "SELECT @@server_uuid",
        };
        let rows = self
            .session()
            .await?
            .rows("read the server's identity", sql)
            .await?;
        Ok(rows.first().map(|row| row.text(0)).unwrap_or_default())
    }

    /// MariaDB says how many processors it has, in the size that its pool of threads would have.
    async fn room(&self) -> Result<Room> {
        let processors = match self.flavour.mariadb {
            true => "@@GLOBAL.thread_pool_size",
            false => "NULL",
        };
        let sql = format!(
            "SELECT @@GLOBAL.max_connections, {processors}; SHOW GLOBAL STATUS WHERE Variable_name = 'Threads_connected'"
        );
        let mut session = self.session().await?;
        let answers = session.results("ask how much it bears", &sql).await?;
        let row = |answer: usize| answers.get(answer).and_then(|rows| rows.first());
        let most = row(0).map(|row| row.number(0));
        let taken = row(1).map(|row| row.number(1));
        Ok(Room {
            processors: row(0)
                .map(|row| row.number(1))
                .filter(|processors| *processors > 0),
            connections: most
                .zip(taken)
                .map(|(most, taken)| most.saturating_sub(taken)),
        })
    }

    async fn load(&self, counter: &str) -> Result<u64> {
        let sql = format!("SHOW GLOBAL STATUS WHERE Variable_name = {}", text(counter));
        let mut session = self.session().await?;
        let rows = session.rows("ask how busy the server is", &sql).await?;
        let shown = rows.first().map(|row| row.text(1));
        match shown.as_ref().map(|shown| shown.parse()) {
            Some(Ok(number)) => Ok(number),
            shown => Err(super::Error::Refused {
                problem: match shown {
                    Some(_) => format!("{counter} of {} is no number", self.product),
                    None => format!("{} has no status counter {counter}", self.product),
                },
                mend:
                    "name one that SHOW GLOBAL STATUS lists with a number, such as Threads_running"
                        .into(),
            }),
        }
    }

    async fn hindrances(&self, source: &str, role: Role) -> Result<Vec<Finding>> {
        let mut session = self.session().await?;
        let sql = "SHOW GRANTS; SELECT CURRENT_USER()";
        let answers = session.results("read the grants", sql).await?;
        let [lines, user] = &answers[..] else {
            return Ok(Vec::new());
        };
        let account = user
            .first()
            .map(|row| account(&row.text(0)))
            .unwrap_or_default();
        let lines: Vec<String> = lines.iter().map(|row| row.text(0)).collect();
        let needed: &[&str] = match role {
            Role::Source => &["SELECT", "LOCK TABLES"],
            Role::Target => &["SELECT"],
        };
        let missing = Grants::read(&account, &lines).lacks(source, needed);
        Ok(missing.into_iter().collect())
    }

    async fn databases(&self) -> Result<Databases> {
        let answers = self
            .session()
            .await?
            .results("list databases", include_str!("sql/databases.sql"))
            .await?;
        let [names, sizes, keyed] = &answers[..] else {
            return Ok(Databases::default());
        };
        let mut databases = Databases::default();
        for name in names.iter().map(|row| row.text(0)) {
            if is_hidden(&name) {
                databases.hidden += 1;
                continue;
            }
            let size = sizes.iter().find(|row| row.text(0) == name);
            let number = |column| size.map(|row| row.number(column)).unwrap_or_default();
            let keyed = keyed.iter().find(|row| row.text(0) == name);
            let keyed = keyed.map(|row| row.number(1)).unwrap_or_default();
            let keyless = number(1).saturating_sub(keyed) as usize;
            databases.listed.push(DatabaseSummary {
                tables: number(1) as usize,
                rows: Rows(number(2)),
                bytes: Bytes(number(3)),
                flags: (keyless > 0)
                    .then(|| format!("{} without key", counted(keyless, "table")))
                    .into_iter()
                    .collect(),
                name,
            });
        }
        databases
            .listed
            .sort_by(|left, right| left.name.cmp(&right.name));
        Ok(databases)
    }

    async fn names(&self) -> Result<Vec<String>> {
        let sql = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA";
        let rows = self.session().await?.rows("list databases", sql).await?;
        let names = rows.iter().map(|row| row.text(0));
        let mut names: Vec<String> = names.filter(|name| !is_hidden(name)).collect();
        names.sort();
        Ok(names)
    }

    async fn catalog(&self, database: &str) -> Result<Option<Catalog>> {
        if is_hidden(database) {
            return Ok(None);
        }
        catalog::read(&mut *self.session().await?, &self.flavour, database).await
    }

    async fn survey(&self, database: &str, role: Role) -> Result<Survey> {
        if is_hidden(database) {
            return Err(super::Error::Refused {
                problem: format!("{database} belongs to the server itself"),
                mend: "system databases are neither read nor written".into(),
            });
        }
        let mut session = self.session().await?;
        let known = session
            .results(
                "read the server's settings",
                "SHOW GRANTS; SELECT CURRENT_USER(); \
                 SELECT @@GLOBAL.read_only, @@GLOBAL.innodb_read_only; \
                 SELECT COLLATION_NAME FROM information_schema.COLLATIONS \
                  UNION SELECT CONCAT(CHARACTER_SET_NAME, '_', COLLATION_NAME) \
                          FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY",
            )
            .await?;
        let [lines, user, settings, collations] = &known[..] else {
            return Err(super::Error::Mismatch(
                "the server answered with too few results".into(),
            ));
        };
        let lines: Vec<String> = lines.iter().map(|row| row.text(0)).collect();
        let account = user
            .first()
            .map(|row| account(&row.text(0)))
            .unwrap_or_default();
        // Newer servers spell the kinds of read-only as words.
        let is_on = |column: usize| {
            let row = settings.first();
            row.is_some_and(|row| !["0", "OFF", ""].contains(&row.text(column).as_str()))
        };
        let mut facts = facts::read(&mut session, &lines).await?;
        let grants = Grants::read(&account, &lines);
        let mut findings = grants.findings(database, role);
        if role == Role::Target && is_on(0) {
            let super_too = match self.flavour.mariadb {
                true => "",
                false => "SET GLOBAL super_read_only = 0; ",
            };
            findings.push(Finding {
                problem: "the target is read-only".into(),
                mend: format!("{super_too}SET GLOBAL read_only = 0; or choose the primary server"),
            });
        }
        if role == Role::Target && is_on(1) {
            findings.push(Finding {
                problem: "the target is read-only (innodb_read_only)".into(),
                mend: "start the server without innodb_read_only, or choose another".into(),
            });
        }
        let catalog = catalog::read(&mut session, &self.flavour, database).await?;
        if catalog.is_none() && role == Role::Source {
            return Err(self.no_database(&mut session, database).await);
        }
        if let Some(catalog) = catalog.as_ref().filter(|_| role == Role::Source) {
            facts.broken = facts::broken(&mut session, catalog).await?;
        }
        facts.denied = catalog.iter().flat_map(|it| grants.denied(it)).collect();
        Ok(Survey {
            product: self.product.clone(),
            database: database.to_string(),
            catalog,
            collations: collations
                .iter()
                .flat_map(|row| full(&row.text(0)))
                .collect(),
            findings,
            unseen: grants.unseen(&self.flavour, database),
            facts,
            write_paths: match session.takes_bulk() {
                true => vec![WritePath::Bulk, WritePath::Insert],
                false => vec![WritePath::Insert],
            },
        })
    }

    fn spell(&self, from: &Survey, to: &Survey, wish: Wish) -> Spelled {
        spell::spell(from, to, wish)
    }

    /// One that is there counts as it is spelled there; a new one as the server will spell it.
    async fn spelled(&self, database: &str) -> Result<String> {
        let sql = format!(
            "SELECT @@GLOBAL.lower_case_table_names; \
             SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE LOWER(SCHEMA_NAME) = LOWER({})",
            text(database)
        );
        let mut session = self.session().await?;
        let answers = session
            .results("look how the server spells the database", &sql)
            .await?;
        let value = answers.first().and_then(|rows| rows.first());
        let value = value.map(|row| row.number(0)).unwrap_or_default();
        let mut names = answers.get(1).into_iter().flatten().map(|row| row.text(0));
        let same = |name: &String| fold::lower(name) == fold::lower(database);
        Ok(match value {
            0 => database.to_string(),
            1 => fold::lower(database),
            _ => names.find(same).unwrap_or(database.to_string()),
        })
    }

    async fn is_same_server(&self, other: &dyn Server) -> Result<bool> {
        let name = format!("mae:{}", uuid::Uuid::now_v7().simple());
        let guard = self.plant(&name).await?;
        let seen = other.sees(&name).await;
        drop(guard);
        seen
    }

    async fn plant(&self, name: &str) -> Result<Box<dyn Send>> {
        let mut session = self.place.open(Purpose::Definitions).await?;
        session
            .rows(
                "take a lock",
                &format!("SELECT GET_LOCK({}, 0)", text(name)),
            )
            .await?;
        Ok(Box::new(session))
    }

    async fn sees(&self, name: &str) -> Result<bool> {
        let sql = format!("SELECT IS_USED_LOCK({}) IS NOT NULL", text(name));
        let rows = self.session().await?.rows("look for a lock", &sql).await?;
        Ok(rows.first().is_some_and(|row| row.number(0) == 1))
    }

    async fn snapshot(
        &self,
        database: &str,
        tables: &[Table],
        readers: usize,
    ) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(
            snapshot::MySqlSnapshot::open(&self.place, &self.flavour, database, tables, readers)
                .await?,
        ))
    }

    async fn locked(
        &self,
        database: &str,
        tables: &[Table],
        readers: usize,
    ) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(
            snapshot::MySqlSnapshot::open_locked(&self.place, database, tables, readers).await?,
        ))
    }

    async fn target(&self, work: &TargetWork, opening: &Opening) -> Result<Box<dyn Target>> {
        Ok(Box::new(
            target::MySqlTarget::open(&self.place, &self.flavour, work, opening).await?,
        ))
    }

    async fn shows(&self, run: &str, _: &str) -> Result<Shown> {
        let mut session = self.session().await?;
        match marks::noted_run(&mut session, run).await? {
            Some(noted) => marks::shown(&mut session, &noted).await,
            None => Ok(Shown::Nothing),
        }
    }

    async fn undos(&self) -> Result<Vec<Undo>> {
        undo::list(&mut *self.session().await?).await
    }

    async fn replaced(&self, undo: &Undo) -> Result<Replaced> {
        undo::replaced(&mut *self.session().await?, undo).await
    }

    async fn drop_undo(&self, undo: &Undo) -> Result<()> {
        undo::drop_undo(&mut *self.session().await?, undo).await
    }

    async fn settle(&self, database: &str) -> Result<Vec<String>> {
        undo::settle(&self.place, &mut *self.session().await?, database).await
    }

    async fn prune(&self, keep: &[String]) -> Result<Vec<String>> {
        undo::prune(&self.place, &mut *self.session().await?, keep).await
    }

    async fn query(&self, database: Option<&str>, sql: &str) -> Result<Answer> {
        query::run(&self.place, database, sql).await
    }
}

impl MySqlServer {
    /// The session for short questions: a new one where the last was lost.
    async fn session(&self) -> Result<MutexGuard<'_, Session>> {
        let mut session = self.session.lock().await;
        if session.is_lost() {
            *session = self.place.open(Purpose::Definitions).await?;
            facts::prepare(&mut session).await?;
        }
        Ok(session)
    }

    async fn no_database(&self, session: &mut Session, database: &str) -> super::Error {
        let rows = session
            .rows("list databases", "SHOW DATABASES")
            .await
            .unwrap_or_default();
        let names: Vec<String> = rows
            .iter()
            .map(|row| row.text(0))
            .filter(|name| !is_hidden(name))
            .collect();
        let near = nearest(database, names.iter().map(String::as_str));
        super::Error::NoDatabase {
            database: database.to_string(),
            near,
        }
    }
}

/// The names of a collation as columns have them: MariaDB lists `uca1400_ai_ci` once for all character sets.
fn full(listed: &str) -> Vec<String> {
    let charsets = ["utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"];
    let full = charsets.map(|charset| format!("{charset}_{listed}"));
    let mut names = vec![listed.to_string()];
    if listed.starts_with("uca1400_") {
        names.extend(full);
    }
    names
}

/// Whether a database is kept from lists and selections: the server's own, and ours.
fn is_hidden(database: &str) -> bool {
    SYSTEM
        .iter()
        .any(|system| system.eq_ignore_ascii_case(database))
        || database.starts_with("_maestro")
}

/// `user@host` as `CURRENT_USER()` prints it, quoted.
fn account(current: &str) -> String {
    let (user, host) = current.rsplit_once('@').unwrap_or((current, "%"));
    format!("{}@{}", dialect::quote(user), dialect::quote(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_the_flavour() {
        let mariadb = Flavour::read("10.11.6-MariaDB-0+deb12u1-log");
        assert_eq!(
            (mariadb.name(), mariadb.text.as_str()),
            ("MariaDB", "10.11.6")
        );
        assert_eq!(Flavour::read("9.7.1").name(), "MySQL");
    }

    #[test]
    fn system_databases_and_our_own_are_hidden() {
        assert!(
            is_hidden("mysql") && is_hidden("INFORMATION_SCHEMA") && is_hidden("_maestro_1a_s")
        );
        assert!(!is_hidden("shop"));
    }
}
