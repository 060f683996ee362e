//! One connection of the MySQL family, always over the text protocol, always with our own session settings.
//!
//! [`wire`] carries the packets. Rows are never read through the binary protocol, where zero dates would read as NULL.

use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::watch::Watch;
use super::wire::{
    self, Cells, PIN_DIFFERS, Parameters, Part, Refusal, Statement, Unconnected, Wire,
};
use crate::engines::{Cause, ConnectOptions, Error, Hop, Result};
use crate::model::endpoint::{Address, Endpoint, Network};

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
    /// From a row of the text protocol.
    pub fn of(row: &[u8]) -> Row {
        Row(Cells::of(row)
            .map(|cell| cell.map(<[u8]>::to_vec))
            .collect())
    }

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
    wire: Wire,
    watch: Watch,
    /// Set when the connection was lost: nothing it says is believed any more.
    lost: bool,
}

impl Session {
    /// Connects, logs in and sets the session up; compressed where that is asked for and the server can.
    ///
    /// # Errors
    /// [`Error::Connect`] with the hop that failed.
    pub async fn open(
        endpoint: &Endpoint,
        options: &ConnectOptions,
        purpose: Purpose,
        compress: bool,
    ) -> Result<Session> {
        let Address::Network(network) = &endpoint.address else {
            return Err(Error::Refused {
                problem: format!("{} is no server", endpoint.address),
                mend: String::new(),
            });
        };
        let password = endpoint.password.as_ref();
        let password = password.map(|password| password.expose_secret());
        let connect = wire::connect(network, password.unwrap_or_default(), compress);
        let wire = match timeout(options.timeout, connect).await {
            Ok(Ok(wire)) => wire,
            Ok(Err(cause)) => return Err(unconnected(endpoint, network, cause)),
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
        let moved = wire.moved();
        let mut session = Session {
            wire,
            watch: Watch {
                endpoint: endpoint.clone(),
                options: options.clone(),
                id: 0,
                moved,
            },
            lost: false,
        };
        match timeout(options.timeout, session.set_up(purpose)).await {
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
    async fn set_up(&mut self, purpose: Purpose) -> Result<()> {
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
        let wire = &mut self.wire;
        let collected = self.watch.over(action, async {
            wire.query(sql).await?;
            let mut results = vec![Vec::new()];
            loop {
                match wire.next().await? {
                    Part::Row(row) => results
                        .last_mut()
                        .expect("a list is open")
                        .push(Row::of(row)),
                    Part::Done(_) => results.push(Vec::new()),
                    Part::End => break,
                }
            }
            results.pop();
            Ok(results)
        });
        let collected = collected.await;
        self.seen(collected)
    }

    /// Runs statements that return nothing of interest; returns the affected rows.
    pub async fn run(&mut self, action: &str, sql: &str) -> Result<u64> {
        self.refuse_lost(action)?;
        let wire = &mut self.wire;
        let done = self.watch.over(action, async {
            wire.query(sql).await?;
            wire.affected().await
        });
        let done = done.await;
        self.seen(done)
    }

    /// Whether one packet may bring the rows of many executions of a prepared statement.
    pub fn takes_bulk(&self) -> bool {
        self.wire.takes_bulk
    }

    pub async fn prepare(&mut self, action: &str, sql: &str) -> Result<Statement> {
        self.refuse_lost(action)?;
        let prepared = self.watch.over(action, self.wire.prepare(sql)).await;
        self.seen(prepared)
    }

    /// Runs a prepared statement; returns the affected rows.
    pub async fn execute(&mut self, action: &str, parameters: Parameters) -> Result<u64> {
        self.refuse_lost(action)?;
        let done = self.watch.over(action, self.wire.execute(parameters)).await;
        self.seen(done)
    }

    /// Lets the server forget a prepared statement.
    pub async fn forget(&mut self, statement: Statement) -> Result<()> {
        let action = "let a statement go";
        self.refuse_lost(action)?;
        let done = self.watch.over(action, self.wire.forget(statement)).await;
        self.seen(done)
    }

    /// Sends statements whose rows are taken one by one, by [`Session::next`].
    pub async fn send(&mut self, action: &str, sql: &str) -> Result<()> {
        self.refuse_lost(action)?;
        let sent = self.watch.over(action, self.wire.query(sql)).await;
        self.seen(sent)
    }

    /// The next part of the answer to what was sent. It costs nothing but its own bytes when it has arrived already.
    pub async fn next(&mut self, action: &str) -> Result<Part<'_>> {
        loop {
            match self.wire.advance() {
                Ok(true) => break,
                Ok(false) => {}
                Err(cause) => return self.seen(Err(failed(action, cause))),
            }
            let filled = self.watch.over(action, self.wire.fill()).await;
            self.seen(filled)?;
        }
        Ok(self.wire.part())
    }

    /// The names of the columns of the rows that come.
    pub fn columns(&self) -> &[String] {
        &self.wire.columns
    }

    /// The names of a statement's columns; empty where the server cannot tell.
    pub async fn name_columns(&mut self, sql: &str) -> Vec<String> {
        let named = self
            .watch
            .over("name the columns", self.wire.name_columns(sql))
            .await;
        named.unwrap_or_default()
    }

    pub async fn close(self) {
        let _ = timeout(self.watch.options.timeout, self.wire.quit()).await;
    }
}

/// An error of a running statement: lost connections are told from refused statements.
pub fn failed(action: &str, cause: wire::Error) -> Error {
    match cause {
        wire::Error::Refused(refusal) => Error::statement(action, refusal),
        cause => Error::Lost {
            action: format!("it was to {action}"),
            cause: cause.into(),
        },
    }
}

/// Whether a server's refusal may pass: too many connections, a shutdown, a lock, a deadlock, a killed statement
/// or connection, a definition that changed under a snapshot, a timeout of the network.
pub fn is_transient(cause: &(dyn std::error::Error + 'static)) -> bool {
    const PASSING: [u16; 14] = [
        1040, 1053, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1317, 1412, 1927, 3169, 4031,
    ];
    let refusal = cause.downcast_ref::<Refusal>();
    refusal.is_some_and(|refusal| PASSING.contains(&refusal.number))
}

/// The server's error number, where a statement failed at the server.
pub fn number(error: &Error) -> Option<u16> {
    let Error::Statement { cause, .. } = error else {
        return None;
    };
    Some(cause.downcast_ref::<Refusal>()?.number)
}

fn unconnected(endpoint: &Endpoint, network: &Network, failed: Unconnected) -> Error {
    use std::io::ErrorKind;
    let Unconnected { mut hop, cause } = failed;
    let cause = match cause.downcast() {
        Ok(cause) => match *cause {
            wire::Error::Refused(refusal) => Cause::from(refusal),
            cause => cause.into(),
        },
        Err(cause) => cause,
    };
    let refusal = cause.downcast_ref::<Refusal>().map(|it| it.number);
    let kind = cause.downcast_ref::<std::io::Error>();
    let kind = kind.map(std::io::Error::kind);
    let text = cause.to_string();
    let mend = match (hop, refusal) {
        (_, Some(1045 | 1698 | 1862 | 3118 | 4151)) => {
            "check user and password: connections edit NAME".to_string()
        }
        (_, Some(1044 | 1227)) => {
            hop = Hop::Privileges;
            "ask for the missing GRANT".to_string()
        }
        (Hop::Tls, _) if text.contains(PIN_DIFFERS) => {
            "find out why it changed before you trust it: connections edit NAME --tls-pin SHA256"
                .to_string()
        }
        (Hop::Tls, _) => UNVERIFIED.to_string(),
        (Hop::Address, _) if network.socket.is_some() => {
            "check the path and the mode of the socket".to_string()
        }
        (Hop::Address, _) => format!("check the host name {}", network.host),
        (Hop::Tcp, _) if kind == Some(ErrorKind::ConnectionRefused) => format!(
            "nothing listens at {}; is the server up, the port right?",
            endpoint.address
        ),
        (Hop::Tcp, _) => "check host and port".to_string(),
        _ => String::new(),
    };
    Error::Connect {
        place: endpoint.address.to_string(),
        hop,
        mend,
        cause,
    }
}
