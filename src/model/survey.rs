//! What is known of one side before a plan is made: the catalog, and the facts that decide as much.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, ObjectKind};
use super::spelling::Remark;
use super::units::{Bytes, Rows};

/// What kind of server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The engine's name, `mysql` or `sqlite`: only sides of one engine are synced.
    pub engine: String,
    /// What a person calls it: `MariaDB`, `MySQL`, `SQLite`.
    pub flavour: String,
    /// `10.11.19`
    pub version: String,
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.flavour, self.version)
    }
}

/// Which part a side plays in a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Source,
    Target,
}

/// One side of a plan.
#[derive(Clone, Debug)]
pub struct Survey {
    pub product: Product,
    pub database: String,
    /// None when the database does not exist.
    pub catalog: Option<Catalog>,
    /// The collations that the server knows; empty where the product has no such list.
    pub collations: BTreeSet<String>,
    /// What stands in the way of this side's part, each with its mend.
    pub findings: Vec<Finding>,
    /// Kinds of objects that the server may keep from this account, and what would show them: what only
    /// the other side has of them must not be taken for removed.
    pub unseen: Option<Unseen>,
    /// What decides how this side takes what the other one spells.
    pub facts: Facts,
    /// The ways in which rows can be written here, the best first; empty where there is nothing to choose.
    pub write_paths: Vec<WritePath>,
}

/// How rows are written to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WritePath {
    /// MariaDB's own command for many rows of one prepared statement.
    Bulk,
    /// Prepared INSERTs of many rows.
    Insert,
}

impl WritePath {
    /// As `--write-path` names it.
    pub fn name(self) -> &'static str {
        match self {
            WritePath::Bulk => "bulk",
            WritePath::Insert => "insert",
        }
    }
}

impl std::fmt::Display for WritePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            WritePath::Bulk => "the bulk protocol",
            WritePath::Insert => "prepared INSERTs",
        })
    }
}

/// What a server says of itself and of the account; all empty where the product has no such thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The account that is logged in: `user@host`.
    pub account: String,
    /// The accounts and roles that the server knows, as `user@host` and `role`; None where this account may not see
    /// them.
    pub accounts: Option<BTreeSet<String>>,
    /// `lower_case_table_names`: 0 tells `Users` from `users`, 1 and 2 do not.
    pub lower_case_names: u8,
    /// The largest statement that the server takes.
    pub packet: Bytes,
    /// Whether events fire.
    pub fires_events: bool,
    /// Why rows of the past cannot be written; None where they can.
    pub refuses_history: Option<String>,
    /// The databases that this account sees.
    pub databases: BTreeSet<String>,
    /// What the account may do everywhere: `SUPER`, `SET USER`, `ALL PRIVILEGES` …
    pub held: BTreeSet<String>,
    /// Accounts that only accounts like them may name as a definer; None where that may not be read.
    pub system_accounts: Option<BTreeSet<String>>,
    /// Whether functions and triggers are only taken from accounts that the binary log trusts.
    pub guards_functions: bool,
    /// What this server holds and no server would make again, with the reason.
    pub broken: BTreeMap<(ObjectKind, String), String>,
    /// What this account sees and may not read.
    pub denied: Vec<Remark>,
    /// The storage engines that tables may be made with; empty where that is not known.
    pub engines: BTreeSet<String>,
    /// The setting that makes, or wants, a primary key of every table, where it is on.
    pub wants_keys: Option<String>,
    /// Whether a TIMESTAMP that says nothing of a default gets one.
    pub stamps: bool,
}

/// Tables and objects that may be there although the catalog does not show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    pub kinds: Vec<ObjectKind>,
    /// Whether tables, with their triggers, and views are among them.
    #[serde(default)]
    pub tables: bool,
    /// The statement that shows them.
    pub mend: String,
}

/// Something that must be mended before the first write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub problem: String,
    /// The statement or setting that mends it.
    pub mend: String,
}

/// A line of `databases`.
#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseSummary {
    pub name: String,
    pub tables: usize,
    /// The server's estimate.
    pub rows: Rows,
    pub bytes: Bytes,
    /// Notes such as "2 tables without key".
    pub flags: Vec<String>,
}

/// What a server holds: the databases that a user may pick, sorted by name, and how many are kept from view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Databases {
    pub listed: Vec<DatabaseSummary>,
    pub hidden: usize,
}

/// How far the readers of a copy share one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotLevel {
    /// One moment for everything that is copied.
    pub consistent: bool,
    /// How it was reached: `binary log position`, `global read lock`, `one reader` …
    pub how: String,
    pub readers: usize,
    /// For how long nobody could write to the source; None where that was never so, or is not over yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<Duration>,
}
