//! How a product spells things: pure.

use crate::model::batch::Kind;
use crate::model::catalog::{Catalog, Table};

/// The spelling rules of one product.
pub trait Dialect: Send + Sync {
    /// A name, quoted whatever it contains (D10).
    fn quote(&self, name: &str) -> String;
}

/// How the files of a backup are spelled, so that the product's own client loads them too.
pub trait Script: Dialect {
    /// The settings that a file of rows begins with.
    fn opening(&self) -> &'static str;
    /// How the rows of a table are written.
    fn form(&self, table: &Table) -> Box<dyn Form>;
    /// The definitions of a database, file by file, in the order of their loading.
    fn definitions(&self, catalog: &Catalog) -> Vec<(Part, String)>;
}

/// The rows of one table as SQL: what `write` writes, `read` reads back to the same cell.
pub trait Form: Send + Sync {
    /// `INSERT INTO … VALUES`, before the first row of a statement.
    fn head(&self) -> &str;
    /// The number of cells of a row.
    fn width(&self) -> usize;
    fn write(&self, column: usize, kind: Kind, bytes: &[u8], to: &mut Vec<u8>);
    /// Reads the cell that `text` begins with; returns its kind and the length of what was read. None for
    /// anything that `write` would not have written.
    fn read(&self, column: usize, text: &[u8], cell: &mut Vec<u8>) -> Option<(Kind, usize)>;
}

/// What a file of definitions makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Database,
    /// A sequence, with where it stands.
    Sequence(String),
    Table(String),
    /// Routines, events and counters.
    Programs,
    View(String),
    /// The triggers of a table.
    Triggers(String),
}
