//! What a database holds: tables with their columns, keys and options, and the programs around them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::units::{Bytes, Rows};

/// One database as it is: what a plan is made from and what `compare` compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    pub database: String,
    /// Default character set, where the product has one.
    pub charset: Option<String>,
    /// Default collation, where the product has one.
    pub collation: Option<String>,
    /// Settings and counters of the whole database that a copy takes along (page size, sequence positions …), sorted
    /// by name. No difference: `compare` and fingerprints leave them out.
    pub options: Vec<(String, String)>,
    /// Sorted by name.
    pub tables: Vec<Table>,
    /// Views, triggers, routines, events …; sorted by kind, then by name (triggers in their firing order).
    pub objects: Vec<Object>,
}

impl Catalog {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub fn object(&self, kind: ObjectKind, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|object| object.kind == kind && object.name == name)
    }

    /// About how many rows and bytes all tables hold.
    pub fn size(&self) -> (Rows, Bytes) {
        (
            self.tables.iter().map(|table| table.rows).sum(),
            self.tables.iter().map(|table| table.bytes).sum(),
        )
    }
}

/// A base table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The primary key first, then by name.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    pub checks: Vec<Check>,
    /// Engine, row format, comment, partitioning … as the server prints them, sorted by name.
    pub options: Vec<(String, String)>,
    #[serde(default)]
    pub history: History,
    /// The sequences of the same database that its defaults draw from.
    #[serde(default)]
    pub sequences: Vec<String>,
    /// The statement that makes the table, as the server prints it.
    pub definition: String,
    /// The server's estimate.
    pub rows: Rows,
    /// Data and indexes, the server's estimate.
    pub bytes: Bytes,
    /// Whether a snapshot transaction covers it.
    pub transactional: bool,
}

impl Table {
    /// The columns that order and identify the rows: the primary key, else the first unique key without NULL.
    pub fn key(&self) -> Option<&Index> {
        let whole = |index: &&Index| {
            index.unique
                && index
                    .parts
                    .iter()
                    .all(|part| part.prefix.is_none() && self.is_required(&part.column))
        };
        self.indexes
            .iter()
            .filter(whole)
            .min_by_key(|index| !index.primary)
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn is_required(&self, column: &str) -> bool {
        self.column(column).is_some_and(|column| !column.nullable)
    }

    /// Whether the server keeps the rows of the past too (system versioning).
    pub fn keeps_history(&self) -> bool {
        self.options.iter().any(|(name, _)| name == "history")
    }

    /// The columns that tell since when and until when a row held; empty where only rows of the present are copied.
    pub fn times(&self) -> &[Column] {
        match &self.history {
            History::Copied(times) => times,
            History::None | History::Left(_) => &[],
        }
    }

    /// The columns that a copy writes: all that are not generated, and the times of the rows of the past.
    pub fn written(&self) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(|column| column.generated.is_none())
            .chain(self.times())
    }
}

/// What becomes of the rows of the past that the server keeps of a table (system versioning).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum History {
    /// It keeps none.
    #[default]
    None,
    /// They are copied, with these two columns: since when, and until when, a row held.
    Copied(Vec<Column>),
    /// They stay behind, for this reason.
    Left(String),
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The full type as the server spells it: `decimal(10,2) unsigned`.
    pub kind: String,
    pub nullable: bool,
    /// The default as the server prints it; an expression keeps its parentheses.
    pub default: Option<String>,
    /// The expression of a generated column.
    pub generated: Option<Generated>,
    pub charset: Option<String>,
    pub collation: Option<String>,
    pub comment: String,
    /// `auto_increment`, `on update …`, `invisible`: whatever else the server says.
    pub extra: String,
    /// The character set that its text is read in, where the other side of a copy keeps it in another one.
    #[serde(skip)]
    pub read_as: Option<String>,
    /// Whether the other side of a copy is of another product, which prints numbers in another way.
    #[serde(skip)]
    pub crosses: bool,
}

/// How a generated column comes about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    pub expression: String,
    pub stored: bool,
}

/// An index or key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub name: String,
    pub primary: bool,
    pub unique: bool,
    /// `BTREE`, `FULLTEXT`, `SPATIAL` …
    pub method: String,
    pub parts: Vec<IndexPart>,
    /// The condition of a partial index, comment, visibility …: whatever else the server says.
    pub extra: String,
}

/// One column or expression of an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexPart {
    /// The column; empty for an expression.
    pub column: String,
    pub expression: Option<String>,
    /// The number of characters of a prefix index.
    pub prefix: Option<u64>,
    pub descending: bool,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    /// The database of the parent, where it is another one.
    pub parent_database: Option<String>,
    pub parent: String,
    pub parent_columns: Vec<String>,
    pub on_update: String,
    pub on_delete: String,
}

/// A CHECK constraint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    pub expression: String,
}

/// The kinds of things beside tables, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectKind {
    Sequence,
    Package,
    PackageBody,
    Function,
    Procedure,
    View,
    Trigger,
    Event,
    /// A table that an extension keeps, such as SQLite's full-text tables.
    VirtualTable,
}

impl ObjectKind {
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Sequence => "sequence",
            ObjectKind::Package => "package",
            ObjectKind::PackageBody => "package body",
            ObjectKind::Function => "function",
            ObjectKind::Procedure => "procedure",
            ObjectKind::View => "view",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Event => "event",
            ObjectKind::VirtualTable => "virtual table",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A view, trigger, routine, event …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub kind: ObjectKind,
    pub name: String,
    /// The table that a trigger watches.
    pub table: Option<String>,
    /// The statement that makes it, as the server prints it.
    pub definition: String,
    /// What must be set in the session that makes it (`sql_mode`, `character_set_client` …), sorted by name.
    pub session: Vec<(String, String)>,
    /// Whose rights it runs with: `user@host`, or a role's name; None where the product has no such thing.
    #[serde(default)]
    pub definer: Option<String>,
    /// Why it cannot be copied, where that is so.
    pub obstacle: Option<String>,
}

impl Object {
    /// How plans and replies name it: `view order_totals`.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, nullable: bool) -> Column {
        Column {
            name: name.into(),
            nullable,
            ..Column::default()
        }
    }

    fn unique(name: &str, columns: &[&str]) -> Index {
        let parts = columns.iter().map(|column| IndexPart {
            column: column.to_string(),
            ..IndexPart::default()
        });
        Index {
            name: name.into(),
            unique: true,
            primary: name == "PRIMARY",
            parts: parts.collect(),
            ..Index::default()
        }
    }

    #[test]
    fn the_primary_key_is_preferred_over_other_unique_keys() {
        let table = Table {
            columns: vec![column("a", false), column("b", false)],
            indexes: vec![unique("a_key", &["a"]), unique("PRIMARY", &["b"])],
            ..Table::default()
        };
        assert_eq!(table.key().unwrap().name, "PRIMARY");
    }

    #[test]
    fn b05_a_nullable_or_prefix_unique_key_is_no_key() {
        let mut prefixed = unique("p", &["b"]);
        prefixed.parts[0].prefix = Some(10);
        let table = Table {
            columns: vec![column("a", true), column("b", false)],
            indexes: vec![unique("a_key", &["a"]), prefixed],
            ..Table::default()
        };
        assert_eq!(table.key(), None);
    }
}
