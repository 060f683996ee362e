//! One connection of the MySQL family, always over the text protocol, always with our own session settings.
//!
//! sqlx carries the packets. Two traps of the text protocol are kept away here: a row whose first column
//! reaches 16 MiB would vanish (callers select something small first), and zero dates would read as NULL in
//! the binary protocol (rows are never read through it).

use std::io;
use std::time::Duration;

use futures::TryStreamExt;
use secrecy::ExposeSecret;
use sqlx::mysql::{
    MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow,
    MySqlSslMode,
};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection, Either, Executor as _, Row as _,
    SqlSafeStr as _, Statement as _,
};
use tokio::time::timeout;

use super::pin::Relay;
use super::watch::Watch;
use crate::engines::{Cause, ConnectOptions, Error, Hop, Result};
use crate::model::endpoint::{Address, Endpoint, Network, Tls};

/// What a session is for: decides its character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Names and definitions: utf8mb4 both ways.
    Definitions,
    /// Rows: every column's bytes as they are stored, without any conversion (A01).
    Rows,
}

/// The modes under which rows are written: nothing is bent to fit (A07, A08, A09).
pub const STRICT: &str =
    "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION";
/// The modes under which definitions are read and made: as the server printed them.
pub const LITERAL: &str = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION";

/// What stays the same within a session, whoever carries it: the server's connection, and what was set.
const PROBE: &str = "SELECT CONNECTION_ID(), @@SESSION.time_zone, @@SESSION.sql_mode, \
                     @@SESSION.lock_wait_timeout, @@SESSION.character_set_client";

/// What to do about a certificate that nobody vouches for.
const UNVERIFIED: &str = "name the file of the certificate's authority with --tls-ca FILE, or trust this one \
                          certificate with --tls-pin SHA256; --tls insecure believes whoever answers";

/// A row as text: None is NULL.
#[derive(Clone, Debug)]
pub struct Row(pub Vec<Option<Vec<u8>>>);

impl Row {
    pub fn bytes(&self, column: usize) -> Option<&[u8]> {
        self.0.get(column)?.as_deref()
    }

    /// The text of a column; empty for NULL.
    pub fn text(&self, column: usize) -> String {
        self.optional(column).unwrap_or_default()
    }

    pub fn optional(&self, column: usize) -> Option<String> {
        self.bytes(column)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The number in a column; 0 for NULL.
    pub fn number(&self, column: usize) -> u64 {
        self.text(column).parse().unwrap_or_default()
    }
}

/// An open connection.
pub struct Session {
    connection: MySqlConnection,
    watch: Watch,
    /// Set when the connection was lost: nothing it says is believed any more.
    lost: bool,
    /// Stands between the driver and a server that is known by its certificate.
    _relay: Option<Relay>,
}

impl Session {
    /// Connects, logs in and sets the session up.
    ///
    /// # Errors
    /// [`Error::Connect`] with the hop that failed.
    pub async fn open(
        endpoint: &Endpoint,
        options: &ConnectOptions,
        purpose: Purpose,
    ) -> Result<Session> {
        let Address::Network(network) = &endpoint.address else {
            return Err(Error::Refused {
                problem: format!("{} is no server", endpoint.address),
                mend: String::new(),
            });
        };
        let mut login = MySqlConnectOptions::new()
            .username(&network.user)
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false)
            .statement_cache_capacity(64)
            .log_statements(tracing::log::LevelFilter::Off)
            .log_slow_statements(tracing::log::LevelFilter::Off, Duration::from_secs(1));
        let relay = relay(endpoint, network)?;
        let socket = relay
            .as_ref()
            .map(Relay::socket)
            .or_else(|| network.socket.clone());
        login = match &socket {
            Some(socket) => login.socket(socket),
            None => login.host(&network.host).port(network.port),
        };
        login = protect(login, network);
        if let Some(password) = &endpoint.password {
            login = login.password(password.expose_secret());
        }
        let connection = match timeout(options.timeout, login.connect()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(cause)) => return Err(unconnected(endpoint, network, relay.as_ref(), cause)),
            Err(elapsed) => {
                return Err(Error::Connect {
                    place: endpoint.address.to_string(),
                    hop: Hop::Tcp,
                    mend: format!(
                        "no answer within {} s; is a firewall between?",
                        options.timeout.as_secs()
                    ),
                    cause: elapsed.into(),
                });
            }
        };
        if network.socket.is_none() {
            super::nodelay::send_at_once(network.port);
        }
        let mut session = Session {
            connection,
            watch: Watch {
                endpoint: endpoint.clone(),
                options: options.clone(),
                id: 0,
            },
            lost: false,
            _relay: relay,
        };
        match timeout(options.timeout, session.prepare(purpose)).await {
            Ok(prepared) => prepared?,
            Err(elapsed) => {
                return Err(Error::Lost {
                    action: "the session was set up".into(),
                    cause: elapsed.into(),
                });
            }
        }
        Ok(session)
    }

    /// The connection's id on the server.
    pub fn id(&self) -> u64 {
        self.watch.id
    }

    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Remembers a loss.
    fn seen<T>(&mut self, result: Result<T>) -> Result<T> {
        self.lost |= matches!(result, Err(Error::Lost { .. }));
        result
    }

    fn refuse_lost(&self, action: &str) -> Result<()> {
        match self.lost {
            false => Ok(()),
            true => Err(Error::Lost {
                action: format!("it was to {action}"),
                cause: "the connection was lost before".into(),
            }),
        }
    }

    /// A character set alone means its old default collation, as the definitions of older servers do.
    async fn prepare(&mut self, purpose: Purpose) -> Result<()> {
        let (charset, modes) = match purpose {
            Purpose::Definitions => ("utf8mb4", LITERAL),
            Purpose::Rows => ("binary", STRICT),
        };
        let sql = format!(
            "SET SESSION /*M!110201 character_set_collations = '', */ sql_quote_show_create = 1; \
                 SET NAMES {charset}; \
                 SET SESSION sql_mode = '{modes}', time_zone = '+00:00', \
                 foreign_key_checks = 0, unique_checks = 1, wait_timeout = 28800, \
                 group_concat_max_len = 1073741824, \
                 net_write_timeout = 600, net_read_timeout = 600, sql_safe_updates = 0, \
                 autocommit = 1, completion_type = 0, \
                 sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_auto_is_null = 0, \
                 lock_wait_timeout = 60, innodb_lock_wait_timeout = 50 \
                 /*M!100300 , max_statement_time = 0, idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, \
                 idle_write_transaction_timeout = 0, system_versioning_alter_history = KEEP */ \
                 /*M!100600 , old_mode = 'UTF8_IS_UTF8MB3' */ \
                 /*!80000 , max_execution_time = 0, information_schema_stats_expiry = 0 */; \
                 SET SESSION TRANSACTION READ WRITE; \
                 {PROBE}"
        );
        let answers = self.results("set the session up", &sql).await?;
        let known = answers.last().and_then(|rows| rows.first());
        self.watch.id = known.map(|row| row.number(0)).unwrap_or_default();
        let again = self.rows("look whether the session is one", PROBE).await?;
        match (known, again.first()) {
            (Some(known), Some(again)) if known.0 == again.0 => Ok(()),
            _ => Err(self.pooled()),
        }
    }

    /// Why a session is none: settings, locks and snapshots would be those of somebody else (C10).
    pub fn pooled(&self) -> Error {
        let place = &self.watch.endpoint.address;
        Error::Refused {
            problem: format!(
                "{place} is a pooler that gives the statements of one session to several connections: no \
                 setting, lock or snapshot would hold"
            ),
            mend: "connect to the server itself, or to a pooler's port that pools whole sessions"
                .into(),
        }
    }

    /// All rows of one statement. `action` completes "cannot …" in an error.
    pub async fn rows(&mut self, action: &str, sql: &str) -> Result<Vec<Row>> {
        Ok(self
            .results(action, sql)
            .await?
            .into_iter()
            .next()
            .unwrap_or_default())
    }

    /// The rows of several statements in one packet: one round trip, one list for each statement.
    pub async fn results(&mut self, action: &str, sql: &str) -> Result<Vec<Vec<Row>>> {
        self.refuse_lost(action)?;
        let watch = self.watch.clone();
        let mut stream =
            sqlx::raw_sql(AssertSqlSafe(sql.to_string())).fetch_many(&mut self.connection);
        let collected = watch.over(action, async {
            let mut results = vec![Vec::new()];
            while let Some(part) = stream.try_next().await? {
                match part {
                    Either::Left(_) => results.push(Vec::new()),
                    Either::Right(row) => {
                        results
                            .last_mut()
                            .expect("a list is open")
                            .push(cells(&row)?);
                    }
                }
            }
            results.pop();
            Ok(results)
        });
        let collected = collected.await;
        drop(stream);
        self.seen(collected)
    }

    /// Runs statements that return nothing of interest; returns the affected rows.
    pub async fn run(&mut self, action: &str, sql: &str) -> Result<u64> {
        self.refuse_lost(action)?;
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_string())).execute(&mut self.connection);
        let done = self.watch.clone().over(action, statement).await;
        self.seen(done.map(|done| done.rows_affected()))
    }

    /// Runs one prepared statement, kept prepared under its text; returns the affected rows.
    pub async fn run_prepared(
        &mut self,
        action: &str,
        sql: std::sync::Arc<str>,
        arguments: MySqlArguments,
    ) -> Result<u64> {
        self.refuse_lost(action)?;
        let statement = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let done = self
            .watch
            .over(action, statement.execute(&mut self.connection))
            .await;
        self.seen(done.map(|done| done.rows_affected()))
    }

    /// Runs one prepared statement that is not likely to come again; returns the affected rows.
    pub async fn run_once(
        &mut self,
        action: &str,
        sql: String,
        arguments: MySqlArguments,
    ) -> Result<u64> {
        self.refuse_lost(action)?;
        let statement = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false);
        let done = self
            .watch
            .over(action, statement.execute(&mut self.connection))
            .await;
        self.seen(done.map(|done| done.rows_affected()))
    }

    /// The rows of one statement as a stream of sqlx rows, and who watches over each of them.
    pub fn stream<'a>(
        &'a mut self,
        sql: String,
    ) -> (
        futures::stream::BoxStream<'a, std::result::Result<MySqlRow, sqlx::Error>>,
        &'a Watch,
    ) {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut self.connection);
        (rows, &self.watch)
    }

    /// The names of a statement's columns; empty where the server cannot tell.
    pub async fn columns(&mut self, sql: String) -> Vec<String> {
        let statement = (&mut self.connection).prepare(AssertSqlSafe(sql).into_sql_str());
        let prepared = self.watch.over("name the columns", statement).await;
        let columns = prepared.map(|statement| {
            statement
                .columns()
                .iter()
                .map(|column| column.name().to_string())
                .collect()
        });
        columns.unwrap_or_default()
    }

    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}

/// The raw bytes of a text-protocol row.
pub fn cells(row: &MySqlRow) -> std::result::Result<Row, sqlx::Error> {
    (0..row.len())
        .map(|column| {
            row.try_get_unchecked::<Option<&[u8]>, _>(column)
                .map(|cell| cell.map(<[u8]>::to_vec))
        })
        .collect::<std::result::Result<_, _>>()
        .map(Row)
}

/// An error of a running statement: lost connections are told from refused statements.
pub fn failed(action: &str, cause: sqlx::Error) -> Error {
    match &cause {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Error::Lost {
            action: format!("it was to {action}"),
            cause: cause.into(),
        },
        sqlx::Error::Database(error) => Error::Statement {
            action: action.into(),
            cause: server_error(error.as_ref()).into(),
        },
        _ => Error::statement(action, cause),
    }
}

/// What a server answered, without the driver's words before it.
fn server_error(error: &dyn sqlx::error::DatabaseError) -> ServerError {
    let number = error
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(|error| error.number());
    ServerError {
        number,
        text: format!("{} (error {})", error.message(), number.unwrap_or_default()),
    }
}

/// What a server answered, with its number.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct ServerError {
    pub number: Option<u16>,
    text: String,
}

/// Whether a server's refusal may pass: too many connections, a shutdown, a lock, a deadlock, a killed statement
/// or connection, a definition that changed under a snapshot, a timeout of the network.
pub fn is_transient(cause: &(dyn std::error::Error + 'static)) -> bool {
    const PASSING: [u16; 14] = [
        1040, 1053, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1317, 1412, 1927, 3169, 4031,
    ];
    let number = cause
        .downcast_ref::<ServerError>()
        .and_then(|error| error.number);
    number.is_some_and(|number| PASSING.contains(&number))
}

/// The server's error number, where a statement failed at the server.
pub fn number(error: &Error) -> Option<u16> {
    let Error::Statement { cause, .. } = error else {
        return None;
    };
    cause.downcast_ref::<ServerError>()?.number
}

fn protect(login: MySqlConnectOptions, network: &Network) -> MySqlConnectOptions {
    match &network.tls {
        // A pinned server is verified by the relay, which the driver trusts.
        Tls::Insecure | Tls::Pinned(_) => login.ssl_mode(MySqlSslMode::Required),
        Tls::Authority(file) => login.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca(file),
        Tls::Verified if network.is_local() => login.ssl_mode(MySqlSslMode::Disabled),
        Tls::Verified => login.ssl_mode(MySqlSslMode::VerifyIdentity),
    }
}

fn relay(endpoint: &Endpoint, network: &Network) -> Result<Option<Relay>> {
    let Tls::Pinned(pin) = &network.tls else {
        return Ok(None);
    };
    Relay::start(network, pin)
        .map(Some)
        .map_err(|cause| Error::Connect {
            place: endpoint.address.to_string(),
            hop: Hop::Tls,
            mend: String::new(),
            cause: cause.into(),
        })
}

/// Why there is no connection: the relay knows better than the driver, which only saw it end.
fn unconnected(
    endpoint: &Endpoint,
    network: &Network,
    relay: Option<&Relay>,
    cause: sqlx::Error,
) -> Error {
    match relay.and_then(Relay::refusal) {
        // What the driver says of a server without TLS is clearer than the end that the relay met.
        _ if matches!(cause, sqlx::Error::Tls(_)) => connect_error(endpoint, network, cause),
        Some(refusal) if refusal.contains("certificate") => Error::Connect {
            place: endpoint.address.to_string(),
            hop: Hop::Tls,
            mend: "find out why it changed before you trust it: connections edit NAME --tls-pin SHA256"
                .to_string(),
            cause: refusal.trim_start_matches("unexpected error: ").into(),
        },
        Some(refusal) => connect_error(endpoint, network, sqlx::Error::Io(io::Error::other(refusal))),
        None => connect_error(endpoint, network, cause),
    }
}

fn connect_error(endpoint: &Endpoint, network: &Network, cause: sqlx::Error) -> Error {
    use std::io::ErrorKind;
    let (hop, mend) = match &cause {
        sqlx::Error::Tls(_) => (Hop::Tls, UNVERIFIED.to_string()),
        sqlx::Error::Io(error) if error.to_string().contains("certificate") => {
            (Hop::Tls, UNVERIFIED.to_string())
        }
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => (
                Hop::Tcp,
                format!(
                    "nothing listens at {}; is the server up, the port right?",
                    endpoint.address
                ),
            ),
            ErrorKind::NotFound | ErrorKind::PermissionDenied if network.socket.is_some() => (
                Hop::Address,
                "check the path and the mode of the socket".to_string(),
            ),
            _ if error.to_string().contains("lookup") => (
                Hop::Address,
                format!("check the host name {}", network.host),
            ),
            _ => (Hop::Tcp, "check host and port".to_string()),
        },
        sqlx::Error::Database(error) => {
            let number = error
                .try_downcast_ref::<MySqlDatabaseError>()
                .map(|error| error.number());
            match number {
                Some(1045 | 1698 | 1862 | 3118 | 4151) => (
                    Hop::Login,
                    "check user and password: connections edit NAME".to_string(),
                ),
                Some(1044 | 1227) => (Hop::Privileges, "ask for the missing GRANT".to_string()),
                _ => (Hop::Login, String::new()),
            }
        }
        _ => (Hop::Login, String::new()),
    };
    // The driver's own words before the cause say nothing a person needs.
    let cause: Cause = match cause {
        sqlx::Error::Io(error) => error.into(),
        sqlx::Error::Tls(error) => error,
        sqlx::Error::Database(error) => server_error(error.as_ref()).into(),
        other => other.into(),
    };
    Error::Connect {
        place: endpoint.address.to_string(),
        hop,
        mend,
        cause,
    }
}
