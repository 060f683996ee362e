//! What will be done: pure; surveys in, a plan out.
//!
//! A plan is for one target database. It says everything that a person confirms and everything that a run
//! needs; nothing is decided later.

pub mod brakes;
pub mod document;
pub mod options;
pub mod sync;

use serde::{Deserialize, Serialize};

use crate::model::catalog::{Object, Table};
pub use crate::model::spelling::{Mapped, NotCopied};
use crate::model::survey::{Finding, Product, WritePath};
use crate::model::units::{Bytes, Rows};

pub use brakes::{Allow, Facts, Figure, Verdict, brakes};
pub use document::{Document, Sealed, Sides};
pub use options::{Content, ExtraTables, SyncOptions, TableFilter};
pub use sync::{Answers, Probe, probes, sync};

/// Why no plan can be made: nothing has been written.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("{}", .0.iter().map(|finding| finding.problem.as_str()).collect::<Vec<_>>().join("; "))]
    Findings(Vec<Finding>),
}

/// What a run will do to one target database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub source: Side,
    pub target: Side,
    /// The tables that go live, the largest first.
    pub tables: Vec<TablePlan>,
    /// Tables that leave the target.
    pub removed: Vec<String>,
    /// Objects that are made or replaced, in the order of their making.
    pub objects: Vec<Object>,
    /// Objects that leave the target.
    pub dropped: Vec<Object>,
    /// What the source has and the target will not get, each with its reason.
    pub not_copied: Vec<NotCopied>,
    /// What the target spells in another way than the source.
    #[serde(default)]
    pub mapped: Vec<Mapped>,
    pub warnings: Vec<String>,
    /// The character set and collation of a database that is made new.
    pub charset: Option<String>,
    pub collation: Option<String>,
    /// How rows are written; None where the target has one way only.
    #[serde(default)]
    pub write_path: Option<WritePath>,
    #[serde(default)]
    pub route: Route,
}

/// Where rows go through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// From a moment of the source through this program.
    #[default]
    Client,
    /// From table to table inside the one server, while the source is locked for writing.
    Server,
}

/// One side of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Side {
    pub database: String,
    pub product: Product,
    /// Whether the database is there.
    pub exists: bool,
    /// The structure that the plan was made from: a run refuses when it has moved.
    #[serde(with = "hexadecimal")]
    pub fingerprint: u128,
}

/// One table of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TablePlan {
    /// As it will be on the target.
    pub table: Table,
    /// Its name on the source, where the target spells it in another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed: Option<String>,
    pub rows: RowsOf,
    /// Whether a live table of this name gives way.
    pub replaces: bool,
}

impl TablePlan {
    /// The table's name on the source.
    pub fn source_name(&self) -> &str {
        self.renamed.as_deref().unwrap_or(&self.table.name)
    }
}

/// Whose rows a table gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowsOf {
    Source,
    Nobody,
}

/// How dangerous a plan is: decides the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// There is nothing to do.
    Nothing,
    /// Only new things come.
    Adds,
    /// Live tables or objects are replaced or leave.
    Replaces,
}

/// A part of the work, for reading: what happens in it, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub title: &'static str,
    pub steps: Vec<String>,
}

/// A fingerprint in JSON: 32 digits.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{number:032x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = String::deserialize(from)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

impl Plan {
    /// About how many rows and bytes will move.
    pub fn size(&self) -> (Rows, Bytes) {
        let moving = || {
            self.tables
                .iter()
                .filter(|plan| plan.rows == RowsOf::Source)
                .map(|plan| &plan.table)
        };
        (
            moving().map(|table| table.rows).sum(),
            moving().map(|table| table.bytes).sum(),
        )
    }

    /// How rows get to the target, as a person reads it; None where none move or there is but one way.
    pub fn passage(&self) -> Option<String> {
        let path = self.write_path?;
        let moves = self.tables.iter().any(|plan| plan.rows == RowsOf::Source);
        moves.then(|| match self.route {
            Route::Client => format!("rows are written by {path}"),
            Route::Server => "rows are copied inside the server; the source's tables are locked for writing meanwhile"
                .to_string(),
        })
    }

    pub fn risk(&self) -> Risk {
        let replaced = self.tables.iter().any(|plan| plan.replaces);
        if replaced || !self.removed.is_empty() || !self.dropped.is_empty() {
            Risk::Replaces
        } else if self.tables.is_empty() && self.objects.is_empty() && self.target.exists {
            Risk::Nothing
        } else {
            Risk::Adds
        }
    }

    /// The plan as a person reads it.
    pub fn stages(&self) -> Vec<Stage> {
        let names = |tables: Vec<&TablePlan>| {
            tables
                .iter()
                .map(|plan| plan.table.name.clone())
                .collect::<Vec<_>>()
        };
        let (full, empty): (Vec<_>, Vec<_>) = self
            .tables
            .iter()
            .partition(|plan| plan.rows == RowsOf::Source);
        let (replaced, new): (Vec<_>, Vec<_>) = self.tables.iter().partition(|plan| plan.replaces);
        let database = if self.target.exists {
            Vec::new()
        } else {
            vec![self.target.database.clone()]
        };
        let titles = |objects: &[Object]| objects.iter().map(Object::title).collect::<Vec<_>>();
        [
            ("create database", database),
            ("copy rows of", names(full)),
            ("create without rows", names(empty)),
            ("add tables", names(new)),
            ("replace tables", names(replaced)),
            ("remove tables", self.removed.clone()),
            ("remove objects", titles(&self.dropped)),
            ("make objects", titles(&self.objects)),
        ]
        .into_iter()
        .filter(|(_, steps)| !steps.is_empty())
        .map(|(title, steps)| Stage { title, steps })
        .collect()
    }
}
