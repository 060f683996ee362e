//! What decides whether a database may be written: its label, where it stands, what was done to it before.
//!
//! These are facts; what follows from them is decided in `plan::brakes`.

use serde::{Deserialize, Serialize};

use super::label::Label;

/// What a server says of itself and of one database. What the account may not see is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The label that is kept beside the data.
    pub label: Option<Label>,
    /// The server's own names in a replication.
    pub ids: Vec<String>,
    /// The servers that this one replicates from.
    pub upstream: Vec<Upstream>,
    /// Where the database was synced from, as [`whereabouts`](crate::engines::Guard::whereabouts) spells it.
    pub origins: Vec<String>,
}

/// A server that another one replicates from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// `host:port`, as the replica was told.
    pub place: String,
    /// One of the upstream's `ids`, where it is known.
    pub id: Option<String>,
}

/// How far a table's counter is, and when it was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tide {
    pub table: String,
    /// The next number that the table would give.
    pub next: Option<u64>,
    /// Seconds since 1970, where the server knows.
    pub written: Option<i64>,
}

/// The leave to apply one plan without a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The whole hash of the plan.
    pub plan: String,
    /// Who gave it.
    pub by: String,
    /// How long it holds, in seconds by the target server's clock.
    pub seconds: u64,
}
